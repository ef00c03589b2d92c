"""`promise` and `dispute`: what a customer said about an invoice, and what that means for its notices."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Final

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    EXIT_USAGE,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    fail,
    present,
    remembered,
    told,
    typed,
    zone_of,
)
from connector.cli.people import invoice_named

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connector.assemble import State

# Who is given longer is given another due date, in the ledger; and 2062 for 2026 is a slip.
FARTHEST: Final = timedelta(days=366)

Subject = Annotated[str, typer.Argument(metavar="INVOICE", help="Its number, or its id in the ledger.")]
Why = Annotated[str, typer.Option(help="What was said; for your own memory.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird promise INV-1042 --until 2026-12-04")(promise)
    app.command(epilog="Example: duebird dispute INV-1042 --why 'says the hours are wrong'")(dispute)


def promise(
    subject: Subject,
    *,
    until: Annotated[
        str | None, typer.Option(metavar="DATE", help="The day payment is promised for, such as 2026-12-04.")
    ] = None,
    drop: Annotated[bool, typer.Option("--drop", help="There is no promise any more.")] = False,
    why: Why = "",
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that payment is promised for a day: no notices about the invoice through it, the rest goes on after.

    Where the ledger has an expected payment date too, the later one counts.
    """
    if (until is None) is not drop:
        fail("Say either --until DATE or --drop. Nothing was changed.", EXIT_USAGE)
    with told(), remembered(config) as (loaded, state):
        found = invoice_named(state, company_ids(loaded, company), subject, config)
        if until is None:
            _drop(state, found.company, found.id)
            answer(f"No promise any more: {found.label}.", found.facts("dropped"), as_json=as_json)
            return
        day = _day(until, zone_of(loaded, found.company))
        state.store.promised(found.company, found.id, day, why, present())
        state.store.answered(found.company, _phone(state, found.company, found.id), present())
        # A day is put off and never brought forward by us: what the ledger says may lie further away.
        row = state.queries.receivable(found.company, found.id)
        later = row.promised_on if row is not None and row.promised_on is not None and row.promised_on > day else None
        more = f" The ledger expects payment on {later}: that counts, because it is later." if later else ""
        back = typed(f"promise {found.id} --drop --company {found.company}", config)
        said = f"Promised for {day}: {found.label}. No notices about it through that day.{more} To end it: {back}"
        answer(said, {**found.facts("promised"), "until": day.isoformat()}, as_json=as_json)


def _day(until: str, zone: ZoneInfo) -> date:
    try:
        day = date.fromisoformat(until)
    except ValueError:
        fail(f"{until} is not a date. Write it like 2026-12-04. Nothing was changed.", EXIT_USAGE)
    today = present().astimezone(zone).date()
    if day < today:
        fail(f"{until} is over. Nothing was changed.", EXIT_USAGE)
    if day > today + FARTHEST:
        fail(f"{until} is more than a year away. Nothing was changed.", EXIT_USAGE)
    return day


def _phone(state: State, company: str, ledger_id: str) -> str:
    row = state.queries.receivable(company, ledger_id)
    customer = state.queries.customers(company, [row.customer_id]).get(row.customer_id) if row is not None else None
    return (customer.phone if customer is not None else None) or ""


def _drop(state: State, company: str, ledger_id: str) -> None:
    """A promise by hand, and the wait for an answer to a reply: whoever says so has read it."""
    from state.names import PROMISE

    promised = state.store.hold_over(company, PROMISE, ledger_id, present())
    replied = state.store.answered(company, _phone(state, company, ledger_id), present())
    if not promised and not replied:
        row = state.queries.receivable(company, ledger_id)
        where = f" The ledger expects payment on {row.promised_on}: change it there." if row and row.promised_on else ""
        fail(f"Nothing is promised for it here.{where} Nothing was changed.", EXIT_FAILED)


def dispute(
    subject: Subject,
    *,
    why: Why = "",
    drop: Annotated[bool, typer.Option("--drop", help="It is settled: notices go on.")] = False,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Record that the customer disputes an invoice: no notices about it until --drop. Payments are booked."""
    from state.names import DISPUTE

    with told(), remembered(config) as (loaded, state):
        found = invoice_named(state, company_ids(loaded, company), subject, config)
        if drop:
            if not state.store.hold_over(found.company, DISPUTE, found.id, present()):
                fail(f"Not in dispute: {found.label}. Nothing was changed.", EXIT_FAILED)
            answer(f"Not in dispute any more: {found.label}.", found.facts("dropped"), as_json=as_json)
            return
        state.store.disputed(found.company, [found.id], why, present())
        back = typed(f"dispute {found.id} --drop --company {found.company}", config)
        said = f"In dispute: {found.label}. No notices about it until: {back}"
        answer(said, found.facts("disputed"), as_json=as_json)
