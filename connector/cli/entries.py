"""`preview --entries` on the screen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from connector.cli.frame import EXIT_FAILED, EXIT_TEMPORARY, fail, hanging, print_json, screen, typed, working

if TYPE_CHECKING:
    from pathlib import Path

    from connector.config import Loaded
    from connector.domain.money import Money
    from connector.entry_preview import EntryPreview


def show_entries(
    loaded: Loaded, companies: Sequence[str], limit: int, invoice: str, config: Path | None, *, as_json: bool
) -> None:
    """Read the books of each company and print what a payment on each open invoice would enter there."""
    from connector.assemble_readers import patience
    from connector.entry_preview import preview_entries
    from connector.errors import DuebirdError, Transient

    found: dict[str, list[EntryPreview]] = {}
    troubles: list[DuebirdError] = []
    for one in companies:
        try:
            with working(f"Reading the books of {one} ...") as say:
                found[one] = preview_entries(loaded, one, limit, invoice, patience(say))
        except DuebirdError as error:
            typer.echo(f"{one}: {error}", err=True)
            troubles.append(error)
    if invoice and not troubles and not any(found.values()):
        fail(f"No open invoice {invoice} was found.\nSee those there are: {typed('invoices', config)}", EXIT_FAILED)
    if as_json:
        print_json({name: [_as_json(one) for one in entries] for name, entries in found.items()})
    else:
        for name, entries in found.items():
            _print(name, entries)
    if troubles:
        soon = all(isinstance(error, Transient) for error in troubles)
        raise typer.Exit(EXIT_TEMPORARY if soon else EXIT_FAILED)


def _as_json(one: EntryPreview) -> dict[str, object]:
    lines = [
        {"account": line.account, "debit": _number(line.debit), "credit": _number(line.credit)} for line in one.postings
    ]
    return {**asdict(one), "amount": _number(one.amount), "currency": one.amount.currency, "postings": lines}


def _number(amount: Money | None) -> str | None:
    return str(amount.amount) if amount is not None else None


def _print(name: str, entries: Sequence[EntryPreview]) -> None:
    from rich.text import Text

    console = screen()
    console.print(Text.assemble((name, "bold"), "" if entries else "  no open invoices"))
    for one in entries:
        console.print(Text(f"Invoice {one.invoice}, {one.customer}: a payment of {one.amount}", style="bold"))
        for line in one.postings:
            side, amount = ("Debit", line.debit) if line.debit is not None else ("Credit", line.credit)
            hanging(console, f"{side:<6}", Text(f"{line.account}  {amount}"), width=8)
        hanging(console, "", Text(f"Date {one.booked_on} ({one.date_rule})"), width=2)
        reference = one.reference or "made from the payment's id when it is paid"
        hanging(console, "", Text(f"Reference {reference}. Memo: {one.note}"), width=2)
        if one.exchange:
            hanging(console, "", Text(f"In the books' own currency: {one.exchange}"), width=2)
        if one.warning:
            hanging(console, "", Text(one.warning, style="yellow"), width=2)
    if entries and entries[0].later:
        console.print(Text("And for every payment:", style="bold"))
        for each in entries[0].later:
            tax = f", tax code {each.tax}" if each.tax else ""
            hanging(console, "Debit", Text(f"{each.debit}  {each.amount}{tax}"), width=8)
            hanging(console, "Credit", Text(f"{each.credit}  the same, {each.when}"), width=8)
    if entries and entries[0].not_booked:
        by_hand = "; ".join(entries[0].not_booked)
        text = f"Not booked by Duebird: {by_hand}. By hand, see duebird reconcile {name}"
        hanging(console, "", Text(text, style="dim"), width=0)
