"""`invoices`, `show`, `preview`: what is known, what became of it, and what would happen next."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from connector.cli.entries import show_entries
from connector.cli.frame import (
    EXIT_FAILED,
    EXIT_TEMPORARY,
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    fail,
    hanging,
    local,
    present,
    print_json,
    read_config,
    remembered,
    screen,
    told,
    typed,
    working,
    zone_of,
)

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from connector.config import Loaded
    from connector.life import Life, Moment
    from connector.rehearsal import Rehearsed
    from state.tables import ReceivableRow
    from state.views import Sought

LIMIT: Final = 100  # rows of a listing where nobody says how many: a few screens
REASON_WIDTH: Final = 18  # a column narrower than this breaks a reason into more lines than anybody reads
MOST: Final = 1000  # rows of a listing; beyond it a person needs a filter, and a program --company with --offset
MOMENT_WIDTH: Final = 19  # of "Mon 23 Nov 08:51:19"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird invoices --company acme --find consent")(invoices)
    app.command(epilog="Example: duebird show INV-1042")(show)
    app.command(epilog="Example: duebird preview --company acme")(preview)


# ----------------------------------------------------------------------------------------------------- invoices


def invoices(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    find: Annotated[
        str, typer.Option(metavar="TEXT", help="Only those with this in number, customer or reason, such as consent.")
    ] = "",
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those past their due date, longest first.")] = False,
    everything: Annotated[bool, typer.Option("--all", help="Paid, voided and deleted ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Most rows of each company.")] = LIMIT,
    offset: Annotated[int, typer.Option(min=0, help="Rows of each company to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the invoices on record, newest first, each with why it gets a text or not, and what is owed together."""
    with told(), remembered(config) as (loaded, state):
        ids = company_ids(loaded, company)
        sought = {one: _sought(loaded, one, find, overdue=overdue, everything=everything) for one in ids}
        found = {
            one: state.queries.receivables(one, sought[one], limit=limit + 1, offset=offset) for one in ids
        }  # one more than shown, to know whether there are more
        rows = [row for one in ids for row in found[one][:limit]]
        if as_json:
            print_json([_row_json(row) for row in rows])
            return
        if not rows:
            typer.echo(_none_found(config, offset=offset, filtered=bool(find) or overdue, everything=everything))
            return
        _print_rows(rows, {one: zone_of(loaded, one) for one in ids})
        typer.echo("\n" + _owed_in_all([line for one in ids for line in state.queries.owed(one, sought[one])]))
        if any(len(one) > limit for one in found.values()):
            same = [f"--company {company}"] if company else []
            same += [f"--find {shlex.quote(find)}"] if find else []
            same += ["--overdue"] * overdue + ["--all"] * everything + [f"--limit {limit}"] * (limit != LIMIT)
            typer.echo(
                f"There are more. See them with: "
                f"{typed(' '.join(['invoices', *same, f'--offset {offset + limit}']), config)}"
            )


def _sought(loaded: Loaded, company_id: str, find: str, *, overdue: bool, everything: bool) -> Sought:
    from connector.domain.dunning import SENTENCES
    from state.views import Sought

    words = find.strip()
    return Sought(
        states=() if everything and not overdue else ("open",),  # what is settled is not overdue
        text=words,
        reasons=tuple(reason for reason, said in SENTENCES.items() if words.lower() in said.lower()),
        due_before=present().astimezone(zone_of(loaded, company_id)).date() if overdue else None,
    )


def _none_found(config: Path | None, *, offset: int, filtered: bool, everything: bool) -> str:
    if offset:
        return "No further invoices."
    what = "No such" if filtered else "No" if everything else "No open"
    more = "" if everything else f" All: {typed('invoices --all', config)}"
    return f"{what} invoices on record.{more}"


def _owed_in_all(lines: list[tuple[str, int, int]]) -> str:
    """What is owed on everything that was asked for, currency by currency, whether it is shown or not."""
    from connector.domain.money import Money

    count, owed = 0, dict[str, int]()
    for currency, many, minor in lines:
        count += many
        owed[currency] = owed.get(currency, 0) + minor
    sums = ", ".join(f"{Money.from_minor(minor, currency).amount:,} {currency}" for currency, minor in owed.items())
    return f"{counted(count, 'invoice')}, {sums} owed."


def _row_json(row: ReceivableRow) -> dict[str, Any]:
    from connector.domain.dunning import SENTENCES, Reason
    from state.books import receivable_of

    one = receivable_of(row)
    return {
        "company": row.company,
        "id": one.ledger_id,
        "number": one.number,
        "customer": one.customer_name,
        "total": str(one.total.amount),
        "balance": str(one.balance.amount),
        "currency": one.balance.currency,
        "issued_on": one.issued_on,
        "due_on": one.due_on,
        "state": one.state,
        "reason": row.reason,
        "why": SENTENCES[Reason(row.reason)],
        "review_at": row.review_at,
    }


def _print_rows(rows: list[ReceivableRow], zones: Mapping[str, ZoneInfo]) -> None:
    from rich.table import Table
    from rich.text import Text

    several = len(zones) > 1
    lines = [_cells(_row_json(row), zones[row.company], several=several) for row in rows]
    console = screen()
    titles = ([("company", 14)] if several else []) + [("invoice", 20), ("customer", 16 if several else 24)]
    titles += [("owed", 20), ("due", 10)]
    widths = [
        min(most, max(len(title), *(len(cells[place]) for cells, _ in lines)))
        for place, (title, most) in enumerate(titles)
    ]
    if console.width < sum(widths) + 2 * len(widths) + REASON_WIDTH:
        for cells, why in lines:  # the reason is what one looks for: it may not fall off a narrow screen
            console.print(Text("  ".join(cells)))
            hanging(console, "", Text(why, style="dim"), width=0)
        return
    table = Table(box=None, pad_edge=False)
    for title, most in titles:
        table.add_column(title, no_wrap=True, max_width=most, justify="right" if title == "owed" else "left")
    table.add_column("text, or why none", overflow="fold")
    for cells, why in lines:
        table.add_row(*(Text(cell) for cell in [*cells, why]))
    console.print(table)


# Of these the time of the next look is when a text may go, as far as anybody can tell.
_TIMED = frozenset(
    {"outside_window", "daily_cap", "weekly_cap", "too_soon", "no_step_now", "step_done", "promised", "instalment_paid"}
)


def _cells(one: dict[str, Any], zone: ZoneInfo, *, several: bool) -> tuple[list[str], str]:
    again = one["review_at"]
    later = f"; not before {local(again, zone)}" if again and one["reason"] in _TIMED else ""
    cells = [one["company"]] if several else []
    cells += [one["number"] or one["id"], one["customer"], f"{one['balance']} {one['currency']}"]
    return [*cells, str(one["due_on"] or "")], one["why"] + later


# --------------------------------------------------------------------------------------------------------- show


def show(
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="Its number, or its id in the ledger.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the whole life of one invoice: seen, decided, texted, delivered, paid, booked, with times and ids.

    Times are those of the company's time zone; with --json, UTC.
    """
    with told(), remembered(config) as (loaded, state):
        from connector.life import life_of

        ids = company_ids(loaded, company)
        rows = [row for row in state.queries.find_receivables(company, invoice) if row.company in ids]
        if not rows:
            see = typed("invoices --all", config)
            fail(f"No invoice {invoice} is on record.\nSee those there are: {see}", EXIT_FAILED)
        lives = [life_of(state.queries, row, zone_of(loaded, row.company).key) for row in rows]
        if as_json:
            print_json([asdict(one) for one in lives])
            return
        console = screen()
        for number, one in enumerate(lives):
            if number:
                console.print()
            _print_life(console, one)


def _print_life(console: Console, life: Life) -> None:
    from rich.text import Text

    zone = ZoneInfo(life.timezone)
    console.print(
        Text.assemble((f"Invoice {life.label}", "bold"), f"  {life.customer}, {life.phone}  ({life.company})")
    )
    due = f", due {life.due_on}" if life.due_on else ""
    console.print(f"{life.total} issued {life.issued_on}{due}; {life.balance} owed; {life.state}")
    decided = f" (decided {local(life.decided_at, zone)})" if life.decided_at else ""
    console.print(f"Now: {life.held or life.now_because}{decided}")
    if life.next_look is not None:
        later = life.next_look > present()
        console.print(f"Next decision: {local(life.next_look, zone) if later else 'in the next pass'}")
    console.print(f"\nTimes of {life.timezone}:", style="dim")
    for moment in life.moments:
        head = f"{moment.at.astimezone(zone):%a %d %b %H:%M:%S}"
        hanging(console, Text(head, style="dim"), _moment(moment), width=MOMENT_WIDTH)
    _print_unsettled(console, life, zone)


def _moment(moment: Moment) -> Text:
    from rich.text import Text

    where = f"{moment.where} {moment.ref}".strip() if moment.ref else ""
    return Text.assemble(moment.what, (f"\n{where}", "dim") if where else "")


def _print_unsettled(console: Console, life: Life, zone: ZoneInfo) -> None:
    from rich.text import Text

    if life.unsettled:
        console.print("\nNot concluded:", style="bold")
    for one in life.unsettled:
        what = f"{one.kind.replace('_', ' ')}, {one.status.replace('_', ' ')}"
        when = f", to be done {local(one.due_at, zone)}" if one.status == "planned" else ""
        why = f". {one.error}" if one.error else ""
        hanging(console, Text(one.key, style="dim"), f"{what}{when}{why}", width=len(one.key))
    if life.attention:
        console.print("\nNeeds you:", style="bold yellow")
    for item in life.attention:
        hanging(console, "-", f"{item.happened} {item.not_done}\n→ {item.command}", width=1)


# ------------------------------------------------------------------------------------------------------ preview


def preview(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Most invoices of each company.")] = 200,
    entries: Annotated[
        bool, typer.Option("--entries", help="Instead of the texts: the entry a payment would make, line by line.")
    ] = False,
    invoice: Annotated[
        str, typer.Option(metavar="INVOICE", help="With --entries: only the one with this number or ledger id.")
    ] = "",
    as_json: JsonOption = False,
) -> None:
    """Show who would be texted next, when and with which exact words, and what a payment would book. Sends nothing.

    Reads the ledger and the customers as they are now; needs the connections, changes nothing anywhere.
    """
    if invoice and not entries:
        raise typer.BadParameter("goes with --entries", param_hint="--invoice")
    with told():
        from connector.assemble_readers import patience
        from connector.errors import DuebirdError, Transient
        from connector.rehearsal import rehearse

        loaded = read_config(config, with_secrets=True, company=company)
        if entries:
            show_entries(loaded, company_ids(loaded, company), limit, invoice, config, as_json=as_json)
            return
        found: dict[str, list[Rehearsed]] = {}
        troubles: list[DuebirdError] = []
        for one in company_ids(loaded, company):
            try:
                with working(f"Reading the books of {one} ...") as say:
                    found[one] = rehearse(loaded, one, limit, patience(say))
            except DuebirdError as error:
                typer.echo(f"{one}: {error}", err=True)
                troubles.append(error)
        if as_json:
            print_json(
                {name: [{**asdict(one), "price": one.price} for one in rehearsed] for name, rehearsed in found.items()}
            )
        else:
            for name, rehearsed in found.items():
                _print_rehearsal(name, rehearsed)
        if troubles:
            soon = all(isinstance(error, Transient) for error in troubles)
            raise typer.Exit(EXIT_TEMPORARY if soon else EXIT_FAILED)


def _print_rehearsal(name: str, rehearsed: list[Rehearsed]) -> None:
    from rich.text import Text

    from connector.rehearsal import cost_of

    console = screen()
    going = [one for one in rehearsed if one.body]
    quiet = [one for one in rehearsed if not one.body]
    total = cost_of(going)
    cost = f" for about {total}" if total else ""
    said = f"{counted(len(going), 'text')} to come{cost}, {counted(len(quiet), 'open invoice')} without one"
    console.print(Text.assemble((name, "bold"), f"  {said if rehearsed else 'no open invoices'}"))
    for one in going:
        when = _theirs(one.when)
        price = f", about {one.price}" if one.price else ""
        head = f"{one.customer}, {one.phone}: invoice {one.invoice}, {one.amount}"
        cost = f"{counted(one.segments, 'segment')}{price}"
        hanging(console, Text(when, style="green"), Text.assemble((head, "bold"), f"  ({cost})"), width=0)
        hanging(console, "", Text(one.body), width=2)
        if one.waits_for_approval:
            hanging(console, "", Text("Waits for your approval: duebird approve", style="yellow"), width=2)
        hanging(console, "", Text(f"When paid: {one.entry}", style="dim"), width=2)
    for one in quiet:
        body = f"{one.customer}, invoice {one.invoice}, {one.amount}: {one.why}"
        hanging(console, Text("no text", style="dim"), Text(body), width=7)


def _theirs(at: datetime | None) -> str:
    """The customer's own time; it is the one that counts."""
    return f"{at:%a %d %b %H:%M %Z}" if at else "now"
