"""`reconcile`: the clearing account held against the balance at Stripe, as a statement of one month."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from connector.cli.frame import (
    EXIT_FOUND,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    fail,
    hanging,
    present,
    print_json,
    read_config,
    screen,
    told,
    typed_in,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from connector.config import Loaded
    from connector.statement.matters import Matter
    from connector.statement.values import Month, Statement

ROWS_SHOWN: Final = 20  # of one matter: more scroll the figures off a screen; the page and the table have all
PAGE: Final = "statement.html"
TABLE: Final = "statement.csv"
_SERVICES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird reconcile acme --month 2026-11 --out november")(reconcile)


def reconcile(
    company: Annotated[str, typer.Argument(metavar="COMPANY", help="Its id in the configuration.")],
    *,
    config: ConfigOption = None,
    month: Annotated[
        str | None, typer.Option(metavar="YYYY-MM", help="Which month, as 2026-11.", show_default="this month")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Make this folder with the statement to print and as CSV."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Hold the clearing account in your books against the balance at Stripe: figures, difference, and what explains it.

    Only reads. Ends with 3 when there is something to look at.
    """
    with told():
        loaded = read_config(config, with_secrets=True, company=company)
        (one,) = company_ids(loaded, company)
        wanted = _month(month)
        if out is not None and out.exists():
            fail(f"{out} exists already. Nothing was read or written.\nName a folder that does not exist yet.")
        statement, calls = _made(loaded, one, wanted)
        files = _put_down(statement, out) if out is not None else []
        if as_json:
            from connector.statement.tables import plain

            folder = {"folder": str(out.absolute()), "files": files} if out is not None else {}
            print_json({**plain(statement), "calls": dict(calls), **folder})
        else:
            _print(screen(), statement, calls, config)
            if out is not None:
                typer.echo(f"\nWrote {out / PAGE} to print, and {TABLE} with every line of both sides.")
        raise typer.Exit(0 if statement.settled else EXIT_FOUND)


def _month(words: str | None) -> Month | None:
    from connector.statement.values import Month

    try:
        return Month.read(words) if words is not None else None
    except ValueError:
        raise typer.BadParameter(f"{words} is no month. Write it as 2026-11.", param_hint="--month") from None


def _made(loaded: Loaded, company_id: str, wanted: Month | None) -> tuple[Statement, Mapping[str, int]]:
    from connector.companies import company_settings
    from connector.reconciling import statement_for

    with working(f"Reading what Stripe and the books of {company_settings(loaded, company_id).name} hold:") as say:
        return statement_for(loaded, company_id, wanted, present(), say)


def _put_down(statement: Statement, out: Path) -> list[str]:
    from importlib.metadata import version

    from connector.papers import put_down
    from connector.statement.page import html_page
    from connector.statement.tables import csv_file

    files = {PAGE: html_page(statement, version("duebird")), TABLE: csv_file(statement)}
    return put_down("statement", files, out)


# ------------------------------------------------------------------------------------------------- on the screen


def _print(console: Console, statement: Statement, calls: Mapping[str, int], config: Path | None) -> None:
    from rich.text import Text

    from connector.statement.matters import matters_of, recognised_in
    from connector.statement.remarks import remarks_of, verdict_of

    subject = statement.subject
    days = f"{subject.month.first:%d %b} to {subject.last:%d %b %Y}, in {statement.currency}"
    console.print(Text.assemble((subject.name, "bold"), f"  ({subject.company}), {days}"))
    ledger = _SERVICES.get(subject.ledger_kind, subject.ledger_kind)
    against = f'"{statement.account_name}" in {ledger}, against Stripe {statement.processor_account}'
    hanging(console, Text("books", style="dim"), against, width=5)
    made = ", ".join(f"{_SERVICES.get(name, name)} {count:,}" for name, count in sorted(calls.items()))
    hanging(console, Text("calls", style="dim"), made, width=5)
    console.print()
    _print_figures(console, statement)
    matters = matters_of(statement)
    style = "bold green" if statement.settled else "bold red"
    console.print(Text(f"\n{verdict_of(statement)}", style=style))
    console.print(f"{counted(statement.found.matched, 'thing')} matched without a question.")
    for remark in remarks_of(statement, matters):
        console.print(f"\n{typed_in(remark, config)}")
    _print_matters(console, matters, config)
    recognised = recognised_in(statement)
    if recognised:
        console.print("\nRight in the balance:")
        _print_matters(console, recognised, config)
    _print_payouts(console, statement)


def _print_figures(console: Console, statement: Statement) -> None:
    from rich.padding import Padding
    from rich.table import Table

    from connector.domain.message import signed_amount
    from connector.statement.tables import figures_of

    table = Table.grid(padding=(0, 3, 0, 0))
    table.add_column()
    table.add_column(justify="right", no_wrap=True)
    for key, words, amount in figures_of(statement):
        table.add_row(words, signed_amount(amount), style="bold" if key == "difference" else "")
    console.print(Padding(table, (0, 0, 0, 2), expand=False))


def _print_payouts(console: Console, statement: Statement) -> None:
    from rich.text import Text

    from connector.domain.message import signed_amount
    from connector.statement.payouts import heading, listed, rows_of

    payouts = listed(statement)
    if payouts:
        console.print("\nWhat each payout contains:")
    for one in payouts:
        console.print()
        hanging(console, f"{one.day:%d %b}", Text(heading(one), style="bold"), width=6)
        if one.remark:
            hanging(console, "", one.remark, width=0, indent=4)
        for entry, words in rows_of(statement, one)[:ROWS_SHOWN]:
            body = Text.assemble(f"{signed_amount(entry.amount)}: {words}", (f"  {entry.change.change_id}", "dim"))
            hanging(console, f"{entry.booked_on:%d %b}", body, width=6, indent=4)
        if len(one.entries) > ROWS_SHOWN:
            console.print(f"    and {len(one.entries) - ROWS_SHOWN:,} more; --out FOLDER writes all of them")


def _print_matters(console: Console, matters: Sequence[Matter], config: Path | None) -> None:
    from rich.text import Text

    from connector.domain.message import signed_amount

    for matter in matters:
        console.print(Text(f"\n{matter.title}", style="bold"))
        hanging(console, "", matter.sentence, width=0)
        if matter.settle:
            hanging(console, "→", Text(typed_in(matter.settle, config), style="cyan"), width=1, indent=4)
        for row in matter.rows[:ROWS_SHOWN]:
            sides = (("Stripe", row.at_stripe), ("ledger", row.in_ledger))
            amounts = ", ".join(f"{side} {signed_amount(one)}" for side, one in sides if one is not None)
            body = Text.assemble(f"{amounts}: {row.words}", (f"  {row.some_ids}", "dim"))
            hanging(console, f"{row.day:%d %b}", body, width=6, indent=4)
        if len(matter.rows) > ROWS_SHOWN:
            console.print(f"    and {len(matter.rows) - ROWS_SHOWN:,} more; --out FOLDER writes all of them")
