"""`status`: is it running, what is out, what waits for you, what the services still allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import typer

from connector.cli.frame import (
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    glances,
    hanging,
    local,
    present,
    print_json,
    screen,
    told,
    zone_of,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from connector.config import Loaded
    from connector.domain.cadence import Limit
    from state.glance import Glances

TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}
NEARLY_SPENT: Final = 0.8  # of a budget: from here on the daemon looks less often
WIDTH: Final = 9  # of the words at the left


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird status --company acme")(status)


def status(*, config: ConfigOption = None, company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """Show how things stand. Looks only at what is on record here; calls no service."""
    with told(), glances(config) as (loaded, found):
        from connector.lock import running

        ids = company_ids(loaded, company)
        holder = running(loaded.state_dir)
        companies = {one: _company(loaded, found, one) for one in ids}
        if as_json:
            print_json({"running": holder, "companies": companies})
            return
        console = screen()
        _print_running(console, holder)
        for one, facts in companies.items():
            console.print()
            _print(console, one, facts, zone_of(loaded, one))


def _company(loaded: Loaded, found: Glances, company_id: str) -> dict[str, Any]:
    from connector.companies import company_settings, limits
    from connector.signin.company import custody_of
    from state.names import CLOCK_SKEW, HINTS_SINCE, INBOUND_SINCE, LEDGER_CURSOR

    now = present()
    settings = company_settings(loaded, company_id)
    allowed = limits(loaded, settings)
    glance = found.glance(company_id, {limit.service: now - limit.window for limit in allowed})

    def read(name: str) -> datetime | None:
        return glance.cursors[name][1] if name in glance.cursors else None

    entry = custody_of(loaded.state_dir).book.get(company_id) if (loaded.state_dir / "tokens").is_dir() else None
    pause, recovery, elsewhere = glance.pause, glance.recovery, glance.elsewhere
    return {
        "name": settings.name,
        "enabled": settings.enabled,
        "ledger": settings.ledger.kind,
        "books": glance.books,
        "connected": entry is not None,
        "sign_in": _ages(loaded, entry.connection, now) if entry is not None else [],
        "paused": {"since": pause.since, "why": pause.why} if pause else None,
        "recovering": {"since": recovery.since, "why": recovery.why} if recovery else None,
        "elsewhere": {"host": elsewhere.host, "at": elsewhere.at} if elsewhere else None,
        "read": {"ledger": read(LEDGER_CURSOR), "payments": read(HINTS_SINCE), "replies": read(INBOUND_SINCE)},
        "counts": glance.counts,
        "attention": glance.attention,
        "last_text_at": glance.last_text_at,
        "budgets": {limit.service: _budget_of(limit, *glance.calls[limit.service]) for limit in allowed},
        "clock_off_by_seconds": int(glance.cursors[CLOCK_SKEW][0]) if CLOCK_SKEW in glance.cursors else 0,
    }


def _budget_of(limit: Limit, reads: int, writes: int) -> dict[str, int]:
    used = reads + (writes if limit.writes_count else 0)
    return {"used": used, "allowed": limit.calls, "days": limit.window // timedelta(days=1)}


def _ages(loaded: Loaded, connection: str, now: datetime) -> list[dict[str, Any]]:
    from adapters.oauth.ages import ages
    from connector.errors import DuebirdError
    from connector.signin.company import custody_of

    try:
        tokens = custody_of(loaded.state_dir).store.load(connection)
    except DuebirdError as error:
        return [{"what": "unreadable", "ends_at": None, "warn": True, "meaning": str(error)}]
    if tokens is None:
        return []
    return [
        {"what": one.what, "ends_at": one.ends_at, "warn": one.weight != "ok", "meaning": one.meaning}
        for one in ages(tokens, now)
    ]


# ------------------------------------------------------------------------------------------------- on the screen


def _print_running(console: Console, holder: dict[str, object] | None) -> None:
    from rich.text import Text

    if holder is None:
        console.print(Text("Duebird is not running. Start it: duebird run", style="yellow"))
    else:
        console.print(f"Duebird is running (process {holder.get('pid', '?')} on {holder.get('host', '?')}).")


def _print(console: Console, company_id: str, one: dict[str, Any], zone: ZoneInfo) -> None:
    from rich.text import Text

    books = f"{TITLES[one['ledger']]}: {one['books']}" if one["books"] else TITLES[one["ledger"]]
    console.print(Text.assemble((one["name"], "bold"), f"  ({company_id}, {books})"))
    for head, body, warns in _lines(company_id, one, zone):
        hanging(console, Text(head, style="dim"), Text(body, style="bold yellow" if warns else ""), width=WIDTH)


def _lines(company_id: str, one: dict[str, Any], zone: ZoneInfo) -> list[tuple[str, str, bool]]:
    """What is said of a company, each with its head and whether it is a warning."""
    counts, last = one["counts"], one["last_text_at"]
    sent = f"{counts['texts']:,} sent" + (f", the last on {local(last, zone)}" if last else "")
    lines = [
        ("invoices", f"{counts['open']:,} open", False),
        ("texts", sent, False),
        ("payments", f"{counts['booked']:,} booked", False),
    ]
    if not one["enabled"]:
        lines.insert(0, ("disabled", "left alone: enabled = false in the configuration", True))
    if one["paused"]:
        why = f" ({one['paused']['why']})" if one["paused"]["why"] else ""
        since = local(one["paused"]["since"], zone)
        lines.insert(0, ("paused", f"no texts since {since}{why}. To go on: duebird resume {company_id}", True))
    lines[:0] = _standing(company_id, one, zone)
    if counts["planned"]:
        lines.append(("planned", f"{counted(counts['planned'], 'thing')} to be done", False))
    if counts["uncertain"]:
        lines.append(("in doubt", f"{counted(counts['uncertain'], 'thing')}, being looked up at the service", True))
    lines.append(("last read", _reads(one["read"]), False))
    for service, budget in one["budgets"].items():
        lines.append((*_budget(service, budget),))
    lines += _sign_in(company_id, one, zone)
    if one["clock_off_by_seconds"]:
        off = f"this computer's clock is off by {one['clock_off_by_seconds']:,} seconds: set it right"
        lines.append(("clock", f"{off}, or texts go out at wrong hours", True))
    if one["attention"]:
        lines.append(("needs you", f"{counted(one['attention'], 'thing')}. Type: duebird attention", True))
    return lines


def _standing(company_id: str, one: dict[str, Any], zone: ZoneInfo) -> list[tuple[str, str, bool]]:
    """What keeps this computer from working on it at all."""
    if one["recovering"]:
        since = local(one["recovering"]["since"], zone)
        why = f"nothing is texted or booked since {since}: {one['recovering']['why']}"
        return [("recovery", f"{why}. Type: duebird recover {company_id}", True)]
    if one["elsewhere"]:
        heard = local(one["elsewhere"]["at"], zone)
        who = f'the computer "{one["elsewhere"]["host"]}" works on it, last heard of {heard}; this one does nothing'
        return [("elsewhere", f"{who}. Type: duebird attention", True)]
    return []


def _reads(read: dict[str, datetime | None]) -> str:
    now = present()
    if all(at is None for at in read.values()):
        return "never"
    return ", ".join(f"{what} {_ago(at, now)}" for what, at in read.items())


def _budget(service: str, budget: dict[str, int]) -> tuple[str, str, bool]:
    span = "a day" if budget["days"] == 1 else f"{budget['days']} days"
    warns = budget["used"] >= NEARLY_SPENT * budget["allowed"]
    slower = ": it looks less often now" if warns else ""
    return "calls", f"{TITLES[service]} {budget['used']:,} of {budget['allowed']:,} in {span}{slower}", warns


def _sign_in(company_id: str, one: dict[str, Any], zone: ZoneInfo) -> list[tuple[str, str, bool]]:
    again = f"Type: duebird connect {company_id}"
    if not one["connected"]:
        return [("sign-in", f"not connected. {again}", True)]
    lines = []
    for age in one["sign_in"]:
        if age["what"] == "access":
            continue  # an hour's pass that is renewed by itself tells nobody anything
        if age["ends_at"] is None:
            lines.append(("sign-in", f"{age['meaning']} {again}", True))
            continue
        word = "ended" if age["ends_at"] < present() else "ends"
        ends = f"{word} {age['ends_at'].astimezone(zone):%d %b %Y}: {age['meaning']}"
        lines.append(("sign-in", f"{ends}. {again}" if age["warn"] else ends, age["warn"]))
    return lines or [("sign-in", "connected", False)]


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = int((now - at).total_seconds())
    for size, word in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word} ago"
    return f"{counted(max(seconds, 0), 'second')} ago"
