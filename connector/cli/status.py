"""`status`: is it running, what is out, what waits for you, what the services still allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

from connector.cli.frame import (
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    present,
    print_json,
    remembered,
    told,
)

if TYPE_CHECKING:
    from connector.assemble import State
    from connector.config import Loaded


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird status --json")(status)


def status(*, config: ConfigOption = None, company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """Show how things stand. Looks only at what is on record here; calls no service."""
    with told(), remembered(config) as (loaded, state):
        from connector.lock import running

        found = {
            "running": running(loaded.state_dir),
            "companies": {one: _company(loaded, state, one) for one in company_ids(loaded, company)},
        }
        if as_json:
            print_json(found)
        else:
            _print(found)


def _company(loaded: Loaded, state: State, company_id: str) -> dict[str, Any]:
    from connector.assemble import company_settings, limits
    from connector.signin.company import custody_of
    from state.store import HINTS_SINCE, INBOUND_SINCE, LEDGER_CURSOR

    now = present()
    settings = company_settings(loaded, company_id)
    row = state.queries.company(company_id)

    def read(name: str) -> datetime | None:
        cursor = state.queries.cursor(company_id, name)
        return cursor.moved_at if cursor else None

    budgets = {}
    for limit in limits(loaded, settings):
        reads, writes = state.queries.calls_since(company_id, limit.service, now - limit.window)
        used = reads + (writes if limit.writes_count else 0)
        budgets[limit.service] = {"used": used, "allowed": limit.calls, "days": limit.window // timedelta(days=1)}
    entry = custody_of(loaded.state_dir).book.get(company_id) if (loaded.state_dir / "tokens").is_dir() else None
    return {
        "name": settings.name,
        "enabled": settings.enabled,
        "ledger": settings.ledger.kind,
        "books": row.ledger_name if row else None,
        "connected": entry is not None,
        "sign_in": _ages(loaded, entry.connection, now) if entry is not None else [],
        "read": {"ledger": read(LEDGER_CURSOR), "payments": read(HINTS_SINCE), "replies": read(INBOUND_SINCE)},
        "counts": state.queries.counts(company_id),
        "attention": len(state.queries.attention(company_id)),
        "last_text_at": state.queries.last_text_at(company_id),
        "budgets": budgets,
    }


def _ages(loaded: Loaded, connection: str, now: datetime) -> list[dict[str, Any]]:
    from adapters.oauth.ages import ages
    from connector.errors import DuebirdError
    from connector.signin.company import custody_of

    try:
        tokens = custody_of(loaded.state_dir).store.load(connection)
    except DuebirdError as error:
        return [{"what": "sign-in", "ends_at": None, "warn": True, "meaning": str(error)}]
    if tokens is None:
        return []
    return [
        {"what": one.what, "ends_at": one.ends_at, "warn": one.weight != "ok", "meaning": one.meaning}
        for one in ages(tokens, now)
    ]


def _print(found: dict[str, Any]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    holder = found["running"]
    if holder is None:
        console.print(Text("Duebird is not running. Start it: duebird run", style="yellow"))
    else:
        console.print(f"Duebird is running (process {holder.get('pid', '?')} on {holder.get('host', '?')}).")
    now = present()
    for company_id, one in found["companies"].items():
        counts = one["counts"]
        state = "" if one["enabled"] else ", left alone by the settings"
        books = one["books"] or one["ledger"]
        console.print(Text.assemble((f"\n{one['name']}", "bold"), f"  {company_id}, {books}{state}"))
        if not one["connected"]:
            console.print(Text(f"  Not connected. Type: duebird connect {company_id}", style="yellow"))
        console.print(
            f"  {counts['open']} open invoices, {counts['texts']} texts sent, {counts['booked']} payments booked, "
            f"{counts['planned']} waiting to be done, {counts['uncertain']} in doubt"
        )
        for service, at in one["read"].items():
            console.print(f"  {service} last read {_ago(at, now)}")
        for service, budget in one["budgets"].items():
            span = "a day" if budget["days"] == 1 else f"{budget['days']} days"
            console.print(f"  calls to {service}: {budget['used']:,} of {budget['allowed']:,} in {span}")
        for age in one["sign_in"]:
            if age["ends_at"] is not None:
                style = "bold yellow" if age["warn"] else ""
                console.print(Text(f"  {age['what']} ends {age['ends_at']:%Y-%m-%d}: {age['meaning']}", style=style))
        if one["attention"]:
            console.print(Text(f"  {one['attention']} things need you. Type: duebird attention", style="bold yellow"))


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = int((now - at).total_seconds())
    for size, word in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word} ago"
    return f"{max(seconds, 0)} seconds ago"
