"""`status`: is it running, what is out, what waits for you, what the services still allow."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

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
    typed,
    zone_of,
)

if TYPE_CHECKING:
    from pathlib import Path
    from zoneinfo import ZoneInfo

    from rich.console import Console

    from connector.config import Loaded
    from connector.domain.cadence import Limit
    from state.glance import Glances

TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}
NEARLY_SPENT: Final = 0.8  # of a budget: from here on the daemon looks less often
WIDTH: Final = 10  # of the words at the left
FEW: Final = 3  # companies told in full; of more, one line each, and in full what needs a person


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird status --company acme")(status)


def status(*, config: ConfigOption = None, company: CompanyOption = None, as_json: JsonOption = False) -> None:
    """Show how things stand. Looks only at what is on record here; calls no service."""
    with told(), glances(config) as (loaded, found):
        from connector.lock import running

        ids = company_ids(loaded, company)
        holder = running(loaded.state_dir) or found.daemon()
        companies = {one: _company(loaded, found, one) for one in ids}
        if as_json:
            print_json({"running": holder, "companies": companies})
            return
        console = screen()
        lines = {one: _lines(one, facts, zone_of(loaded, one), config) for one, facts in companies.items()}
        if len(companies) > FEW:
            _print_many(console, companies, lines)
            _print_running(console, holder, config)
            _print_needy(console, lines, config)
            return
        _print_running(console, holder, config)
        for one, facts in companies.items():
            console.print()
            _print(console, one, facts, lines[one])


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
        "draft": {"since": glance.draft.since} if glance.draft and settings.approval.draft_first else None,
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


class Line(NamedTuple):
    """What is said of a company. `needs_you`: it waits for a person, or will if nobody looks."""

    head: str
    body: str
    warns: bool = False
    needs_you: bool = False


def _print_running(console: Console, holder: dict[str, object] | None, config: Path | None) -> None:
    from rich.text import Text

    if holder is None:
        console.print(Text(f"Duebird is not running. Start it: {typed('run', config)}", style="yellow"))
    else:
        console.print(f"Duebird is running (process {holder.get('pid', '?')} on {holder.get('host', '?')}).")


def _print(console: Console, company_id: str, one: dict[str, Any], lines: list[Line]) -> None:
    from rich.text import Text

    books = f"{TITLES[one['ledger']]}: {one['books']}" if one["books"] else TITLES[one["ledger"]]
    console.print(Text.assemble((one["name"], "bold"), f"  ({company_id}, {books})"))
    for line in lines:
        body = Text(line.body, style="bold yellow" if line.warns else "")
        hanging(console, Text(line.head, style="dim"), body, width=WIDTH)


def _print_many(console: Console, companies: dict[str, dict[str, Any]], lines: dict[str, list[Line]]) -> None:
    """A line for each company."""
    from rich.table import Table
    from rich.text import Text

    now = present()
    table = Table(box=None, pad_edge=False)
    for title in ("company", "needs", "open", "texts", "last text", "booked", "books read"):
        table.add_column(title, no_wrap=True, justify="right" if title in {"open", "texts", "booked"} else "left")
    for one, facts in companies.items():
        counts = facts["counts"]
        mark = Text("" if facts["enabled"] else "off", style="dim")
        if any(line.needs_you for line in lines[one]):
            mark = Text("you", style="bold yellow")
        last = _ago(facts["last_text_at"], now) if facts["last_text_at"] else ""
        figures = (f"{counts['open']:,}", f"{counts['texts']:,}", last, f"{counts['booked']:,}")
        table.add_row(Text(one), mark, *figures, _ago(facts["read"]["ledger"], now))
    console.print(table)
    console.print()


def _print_needy(console: Console, lines: dict[str, list[Line]], config: Path | None) -> None:
    """What needs a person, of all companies together: last, where a terminal stands still."""
    from rich.text import Text

    needy = {one: found for one in lines if (found := [line for line in lines[one] if line.needs_you])}
    width = max((len(one) for one in needy), default=0)
    for one, found in needy.items():
        said = "\n".join(f"{line.head}: {line.body}" for line in found)
        hanging(console, Text(one, style="bold"), Text(said, style="yellow"), width=width, indent=0)
    if needy:
        word = "needs" if len(needy) == 1 else "need"
        said = f"{len(needy)} of {len(lines)} companies {word} you: {', '.join(needy)}."
        console.print(Text(said, style="bold"))
    else:
        console.print(f"None of the {len(lines)} companies needs you.")
    console.print(f"More of one: {typed('status --company ID', config)}", style="dim")


def _standing(company_id: str, one: dict[str, Any], zone: ZoneInfo, config: Path | None) -> list[Line]:
    """What keeps this computer from working on it at all."""
    if one["recovering"]:
        since = local(one["recovering"]["since"], zone)
        why = f"nothing is texted or booked since {since}: {one['recovering']['why']}"
        said = f"{why}.\nSee: {typed(f'recover {company_id}', config)}"
        return [Line("recovery", said, warns=True, needs_you=True)]
    if one["elsewhere"]:
        heard = local(one["elsewhere"]["at"], zone)
        who = f'the computer "{one["elsewhere"]["host"]}" works on it, last heard of {heard}; this one does nothing'
        said = f"{who}.\nSee: {typed(f'attention --company {company_id}', config)}"
        return [Line("elsewhere", said, warns=True, needs_you=True)]
    return []


def _lines(company_id: str, one: dict[str, Any], zone: ZoneInfo, config: Path | None) -> list[Line]:
    """All that is said of a company."""
    counts, last = one["counts"], one["last_text_at"]
    lines = _standing(company_id, one, zone, config)
    if one["paused"]:
        why = f" ({one['paused']['why']})" if one["paused"]["why"] else ""
        since = local(one["paused"]["since"], zone)
        # On a line of its own: copied over a break it would be "duebird resume", of every company.
        again = typed(f"resume {company_id}", config)
        lines.append(Line("paused", f"no texts since {since}{why}.\nTo go on: {again}", warns=True, needs_you=True))
    lines += _approval(company_id, one, config)
    if not one["enabled"]:
        lines.append(Line("disabled", "left alone: enabled = false in the configuration", warns=True))
    lines += [
        Line("invoices", f"{counts['open']:,} open"),
        Line("texts", f"{counts['texts']:,} sent" + (f", the last {_ago(last, present())}" if last else "")),
        Line("payments", f"{counts['booked']:,} booked"),
    ]
    if counts["planned"]:
        lines.append(Line("planned", f"{counted(counts['planned'], 'thing')} to be done"))
    if counts["uncertain"]:
        doubt = f"{counted(counts['uncertain'], 'thing')}, being looked up at the service"
        lines.append(Line("in doubt", doubt, warns=True))
    lines.append(Line("last read", _reads(one["read"])))
    lines += [_budget(service, budget) for service, budget in one["budgets"].items()]
    lines += _sign_in(company_id, one, zone, config)
    if one["clock_off_by_seconds"]:
        off = f"this computer's clock is off by {one['clock_off_by_seconds']:,} seconds: set it right"
        lines.append(Line("clock", f"{off}, or texts go out at wrong hours", warns=True, needs_you=True))
    if one["attention"]:
        command = typed(f"attention --company {company_id}", config)
        said = f"{counted(one['attention'], 'thing')}. Type: {command}"
        lines.append(Line("needs you", said, warns=True, needs_you=True))
    return lines


def _approval(company_id: str, one: dict[str, Any], config: Path | None) -> list[Line]:
    """That the company is in draft, and how many texts wait for the owner's word."""
    waiting = one["counts"]["awaiting_approval"]
    lines = []
    if one["draft"]:
        go = typed(f"go-live {company_id}", config)
        lines.append(Line("draft", f"nothing goes out that you have not approved.\nTo end that: {go}", warns=True))
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        see = typed(f"approve --company {company_id}", config)
        said = f"{counted(waiting, 'text')} {verb} for your approval. See: {see}"
        lines.append(Line("to approve", said, warns=True, needs_you=True))
    return lines


def _reads(read: dict[str, datetime | None]) -> str:
    now = present()
    if all(at is None for at in read.values()):
        return "never"
    return ", ".join(f"{what} {_ago(at, now)}" for what, at in read.items())


def _budget(service: str, budget: dict[str, int]) -> Line:
    span = "a day" if budget["days"] == 1 else f"{budget['days']} days"
    warns = budget["used"] >= NEARLY_SPENT * budget["allowed"]
    slower = ": it looks less often now" if warns else ""
    said = f"{TITLES[service]} {budget['used']:,} of {budget['allowed']:,} in {span}{slower}"
    return Line("calls", said, warns=warns, needs_you=warns)


def _sign_in(company_id: str, one: dict[str, Any], zone: ZoneInfo, config: Path | None) -> list[Line]:
    again = f"Type: {typed(f'connect {company_id}', config)}"
    if not one["connected"]:
        # A company that is disabled may stay unconnected for good.
        return [Line("sign-in", f"not connected. {again}", warns=True, needs_you=one["enabled"])]
    lines = []
    for age in one["sign_in"]:
        if age["what"] == "access":
            continue  # an hour's pass that is renewed by itself tells nobody anything
        if age["ends_at"] is None:
            lines.append(Line("sign-in", f"{age['meaning']} {again}", warns=True, needs_you=True))
            continue
        word = "ended" if age["ends_at"] < present() else "ends"
        ends = f"{word} {age['ends_at'].astimezone(zone):%d %b %Y}: {age['meaning']}"
        lines.append(
            Line("sign-in", f"{ends}. {again}" if age["warn"] else ends, warns=age["warn"], needs_you=age["warn"])
        )
    return lines or [Line("sign-in", "connected")]


def _ago(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "never"
    seconds = int((now - at).total_seconds())
    for size, word in ((86_400, "days"), (3600, "hours"), (60, "minutes")):
        if seconds >= 2 * size:
            return f"{seconds // size} {word} ago"
    return f"{counted(max(seconds, 0), 'second')} ago"
