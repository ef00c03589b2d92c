"""`invoices`, `show`, `preview`: what is known, what became of it, and what would happen next."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    fail,
    print_json,
    read_config,
    remembered,
    told,
)

if TYPE_CHECKING:
    from connector.life import Life
    from connector.rehearsal import Rehearsed
    from state.tables import ReceivableRow

MOST: Final = 1000  # rows of a listing; beyond it a person needs a filter, and a program --company with --offset


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird invoices --company acme --all")(invoices)
    app.command(epilog="Example: duebird show INV-1042")(show)
    app.command(epilog="Example: duebird preview --company acme")(preview)


def invoices(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    everything: Annotated[bool, typer.Option("--all", help="Paid, voided and deleted ones too.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Most rows.")] = 100,
    offset: Annotated[int, typer.Option(min=0, help="Rows to pass over.")] = 0,
    as_json: JsonOption = False,
) -> None:
    """List the invoices on record, newest first, each with why it gets a text or not."""
    with told(), remembered(config) as (loaded, state):
        states = None if everything else ["open"]
        rows = [
            row
            for one in company_ids(loaded, company)
            for row in state.queries.receivables(one, states=states, limit=limit, offset=offset)
        ]
        if as_json:
            print_json([_row_json(row) for row in rows])
        else:
            _print_rows(rows, several=len(company_ids(loaded, company)) > 1)


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


def _print_rows(rows: list[ReceivableRow], *, several: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    if not rows:
        typer.echo("No invoices on record.")
        return
    table = Table(box=None, pad_edge=False)
    for name in (["company"] if several else []) + ["invoice", "customer", "owed", "due", "state", "text"]:
        table.add_column(name, justify="right" if name == "owed" else "left", overflow="fold")
    for row in rows:
        one = _row_json(row)
        cells = [
            one["number"] or one["id"],
            one["customer"],
            f"{one['balance']} {one['currency']}",
            str(one["due_on"] or ""),
            one["state"],
            one["why"],
        ]
        table.add_row(*([one["company"]] if several else []), *cells)
    Console().print(table)


def show(
    invoice: Annotated[str, typer.Argument(metavar="INVOICE", help="Its number, or its id in the ledger.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show the whole life of one invoice: seen, decided, texted, delivered, paid, booked, with times and ids."""
    with told(), remembered(config) as (loaded, state):
        from connector.life import life_of

        ids = company_ids(loaded, company)
        rows = [row for row in state.queries.find_receivables(company, invoice) if row.company in ids]
        if not rows:
            fail(f"No invoice {invoice} is on record. See: duebird invoices --all", EXIT_FAILED)
        lives = [life_of(state.queries, row) for row in rows]
        if as_json:
            print_json([asdict(one) for one in lives])
        else:
            for one in lives:
                _print_life(one)


def _print_life(life: Life) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(
        Text.assemble((f"Invoice {life.label}", "bold"), f"  {life.customer}, {life.phone}  ({life.company})")
    )
    due = f", due {life.due_on}" if life.due_on else ""
    console.print(f"{life.total} issued {life.issued_on}{due}; {life.balance} owed; {life.state}")
    console.print(f"Now: {life.now_because}", highlight=False)
    if life.next_look is not None:
        console.print(f"Next decision: {life.next_look:%Y-%m-%d %H:%M} UTC")
    for moment in life.moments:
        console.print(
            Text.assemble((f"  {moment.at:%Y-%m-%d %H:%M:%S}Z  ", "dim"), moment.what, (f"  {moment.ref}", "dim"))
        )
    for effect in life.open_effects:
        console.print(f"  open: {effect}", highlight=False)


def preview(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST, help="Most invoices of each company.")] = 200,
    as_json: JsonOption = False,
) -> None:
    """Show who would be texted next, when and with which exact words, and what a payment would book. Sends nothing.

    Reads the ledger and the customers as they are now; needs the connections, changes nothing anywhere.
    """
    with told():
        from connector.rehearsal import rehearse

        loaded = read_config(config, with_secrets=True)
        found = {one: rehearse(loaded, one, limit) for one in company_ids(loaded, company)}
        if as_json:
            print_json({name: [asdict(one) for one in rehearsed] for name, rehearsed in found.items()})
        else:
            for name, rehearsed in found.items():
                _print_rehearsal(name, rehearsed)


def _print_rehearsal(name: str, rehearsed: list[Rehearsed]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    console.print(Text(name, style="bold"))
    going = [one for one in rehearsed if one.body]
    for one in going:
        when = f"{one.when:%a %d %b %H:%M}" if one.when else "now"
        price = f", about {one.price}" if one.price else ""
        console.print(
            Text.assemble(
                (f"  {when}", "green"),
                f"  {one.customer}, {one.phone}, invoice {one.invoice}, "
                f"{one.amount}  ({one.segments} segment{'s' if one.segments != 1 else ''}{price})",
            )
        )
        console.print(Text(f"      {one.body}"))
        console.print(Text(f"      When paid: {one.entry}", style="dim"))
    for one in rehearsed:
        if not one.body:
            console.print(
                Text.assemble(("  no text  ", "dim"), f"{one.customer}, invoice {one.invoice}, {one.amount}: {one.why}")
            )
    if not rehearsed:
        console.print("  No open invoices.")
