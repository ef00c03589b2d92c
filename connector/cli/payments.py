"""What a person decides about a payment: `credit`, `undo`, `rebook`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    fail,
    present,
    read_config,
    remembered,
    told,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from connector.assemble import State
    from connector.domain.effect import BooksIdentity
    from connector.ports.processor import Hint
    from state.facts import Planned
    from state.tables import EffectRow, PaymentRow


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird credit pi_3QxYz")(credit)
    app.command(epilog="Example: duebird undo pi_3QxYz --why 'was for another invoice'")(undo)
    app.command(epilog="Example: duebird rebook pi_3QxYz")(rebook)


def credit(
    payment: Annotated[str, typer.Argument(metavar="PAYMENT", help="As named by `duebird attention`: pi_...")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Book what of a held payment its invoice does not take as the customer's credit; what fits goes on the invoice.

    The ledger is asked before anything is written, and Stripe whether it still has the money. Nothing is refunded.
    """
    from connector.domain.money import Money
    from connector.flows.credit import held_key

    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            parts = state.queries.payment_parts(one, payment)
            held = [row for row in parts if row.verdict == "held"]
            if parts and not held:
                fail(f"The payment {payment} does not wait for you. Nothing was changed.", EXIT_FAILED)
            hints, back = _back_of(config, one, parts) if held else ([], "")
            for row in held:
                item = held_key(one, row.payment_id, row.ledger_id if row.shared else "")
                state.store.credit_ordered(one, row.payment_id, row.ledger_id, item, present(), hints=hints)
            if held:
                amount = Money.from_minor(sum(row.amount for row in held), held[0].currency)
                answer(
                    f"Of {amount} ({payment}) what fits will be booked in the next pass, and the rest as a credit of "
                    f"the customer.{back}",
                    {"company": one, "payment": payment, "amount": str(amount.amount), "currency": amount.currency},
                    as_json=as_json,
                )
                return
        fail(
            f"No payment on record is named {payment}. Nothing was changed.\nCopy its name from `duebird attention`.",
            EXIT_FAILED,
        )


# ------------------------------------------------------------------------------------------------------ undo, rebook


def undo(
    booking: Annotated[
        str, typer.Argument(metavar="BOOKING", help="Its payment (pi_...), or the reference in the ledger (DB...).")
    ],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    why: Annotated[str, typer.Option(help="Kept with it, and put on the entry where the ledger has room.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Take an entry of Duebird's own out of the ledger again, and only such a one; its invoice is then owed again.

    The ledger is asked first, in the next pass. Nothing is refunded, the payment is not booked again by itself, and no
    reminder goes out about the invoice until you release it. Of the entry of a refund or dispute (DBR...) only that
    goes, and the invoice stays paid.
    """
    from connector.cli.approval import user
    from connector.domain.money import Money
    from connector.domain.reversal import Cause
    from connector.flows.reversal import adopted_of, entries_of, planned

    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            identity = state.queries.identity(one)
            parts = _parts(state, one, booking, identity)
            if not parts or identity is None:
                _refuse_cash(state, one, booking)
                continue
            entries = [row for row in entries_of(state.queries, one, parts) if _is_meant(row, booking)]
            if not entries:
                adopted = adopted_of(state.queries, one, parts)
                fail(_by_others(booking, adopted) if adopted else _nothing_there(parts, booking), EXIT_FAILED)
            wanted = [planned(identity, row, cause=Cause.UNDO, by=user(), why=why) for row in entries]
            if not state.store.reversals_planned(one, wanted, present()):
                fail(_under_way(state, one, wanted, config), EXIT_FAILED)
            amounts = ", ".join(str(Money.of(*_amount(row))) for row in entries)
            answer(
                f"Will be taken out of the ledger in the next pass: {amounts} ({parts[0].payment_id}). "
                + _then(entries),
                {"company": one, "payment": parts[0].payment_id, "effects": [each.effect.key for each in wanted]},
                as_json=as_json,
            )
            return
        fail(_unknown(booking), EXIT_FAILED)


def rebook(
    payment: Annotated[str, typer.Argument(metavar="PAYMENT", help="As named by `duebird attention`: pi_...")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Have a payment booked once more whose booking was taken out of the ledger again.

    Stripe is asked first whether it still has the money, and then the ledger. What does not fit its invoice any more
    is held, or becomes a credit, as always.
    """
    from connector.cli.approval import user
    from connector.flows.once_more import again_of

    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            parts = state.queries.payment_parts(one, payment)
            if not parts:
                continue
            wanted = again_of(state.queries, one, parts)
            if not wanted:
                fail(f"No booking of {payment} was taken out of the ledger. Nothing was changed.", EXIT_FAILED)
            hints, back = _back_of(config, one, parts)
            blocking = next((each.in_the_way for each in wanted if each.order.anew and each.in_the_way), None)
            if blocking is not None:
                fail(_credit_stands(one, payment, blocking, config), EXIT_FAILED)
            for each in wanted:
                state.store.booking_ordered_again(one, each.order, present(), by=user(), hints=hints)
            effects = [key for each in wanted for key in (*each.order.anew, *each.order.repeated)]
            answer(
                f"The payment {payment} will be booked again in the next pass, after a look at the ledger.{back}",
                {"company": one, "payment": payment, "effects": effects},
                as_json=as_json,
            )
            return
        fail(_unknown(payment), EXIT_FAILED)


def _credit_stands(company: str, payment: str, credit_row: EffectRow, config: Path | None) -> str:
    """The booking is out, and a credit of the same payment is not: what is free of it nobody could say."""
    import json

    from connector.domain.money import Money

    reference = json.loads(credit_row.request)["reference"]
    undo_it = typed(f"undo {reference} --company {company}", config)
    again = typed(f"rebook {payment} --company {company}", config)
    return (
        f"A credit of {Money.of(*_amount(credit_row))} of the payment {payment} still stands in the ledger, or is on "
        f"its way there ({reference}). Nothing was changed.\nHave it taken out first: {undo_it}\nThen: {again}"
    )


def _parts(state: State, company: str, named: str, identity: BooksIdentity | None) -> Sequence[PaymentRow]:
    """The payment that is meant, as it is for each of its invoices; by its id, or by what its entry carries."""
    from connector.domain.clearing import credit_reference
    from connector.domain.effect import booking_reference

    parts = state.queries.payment_parts(company, named)
    if parts or identity is None or not named.startswith("DB"):
        return parts
    for row in state.queries.payments(company):
        part = row.ledger_id if row.shared else None
        if named in {maker(identity, row.payment_id, part) for maker in (booking_reference, credit_reference)}:
            return [row]
        if named.startswith("DBR") and any(_is_meant(one, named) for one in _refunds_of(state, company, row)):
            return [row]
    return []


def _refuse_cash(state: State, company: str, named: str) -> None:
    """Fees, payouts and differences of exchange are of no payment's booking, and a person knows why one is to go."""
    import json

    called = {"DBF": "a fee", "DBP": "a payout", "DBX": "a difference of exchange"}.get(named[:3])
    row = state.queries.cash_entry(company, named) if called else None
    if row is None:
        return
    values = json.loads(row.request)
    fail(
        f"{named} is the entry of {called} ({values['amount']} {values['currency']}, {values['booked_on']}; in the "
        f"ledger its id is {row.remote_id}). Only payments, credits and what went back of them are undone here. "
        "Nothing was changed.\nTake it out in the ledger itself: it is not booked again. Then it is listed by: "
        f"duebird reconcile {company}",
        EXIT_FAILED,
    )


def _refunds_of(state: State, company: str, payment: PaymentRow) -> list[EffectRow]:
    from connector.flows.reversal import entries_of

    return [one for one in entries_of(state.queries, company, [payment]) if one.kind == "book_refund"]


def _then(entries: Sequence[EffectRow]) -> str:
    if all(one.kind == "book_refund" for one in entries):
        return "The payment's own booking stays, and its invoice stays paid."
    return "Then the invoice is owed again, and gets no reminder until you release it."


def _back_of(config: Path | None, company: str, parts: Sequence[PaymentRow]) -> tuple[list[Hint], str]:
    """What went back of a payment, to be entered once it is booked, and the sentence that says so; empty for nothing.

    Stripe is asked now, whatever is on record. Refuses what would book money that it does not have any more: all of
    it, or a part where the settings do not have that entered.
    """
    from connector.assemble import system_clock
    from connector.assemble_readers import CallCounter, readers
    from connector.companies import company_settings
    from connector.domain.money import Money
    from connector.domain.refund_entries import away
    from connector.ports.processor import Hint

    payment, now = parts[0].payment_id, present()
    paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency)
    loaded = read_config(config, with_secrets=True, company=company)
    found = readers(loaded, company, system_clock(), CallCounter(None)).processor.returned(payment)
    if found.debit_failed:
        fail(f"The bank took the payment {payment} back: Stripe has no money of it. Nothing was changed.", EXIT_FAILED)
    gone = away(found)
    if not gone:
        return [], ""
    named = ", ".join(f"{one.amount} ({one.cause.value} {one.object_id})" for one in gone)
    is_part = all(one.amount.currency == paid.currency for one in gone)
    is_part = is_part and sum(one.amount.amount for one in gone) < paid.amount
    if not is_part or not company_settings(loaded, company).payments.books_refunds:
        fail(
            f"Of the payment {payment} Stripe does not have {named} any more. Nothing was changed.\n"
            "Enter by hand what is left of it, out of that payment into the clearing account."
            + (" Or write refunds = 'book' first: then what went back is entered beside it." if is_part else ""),
            EXIT_FAILED,
        )
    news = Hint(f"ordered/{payment}/{now.isoformat()}", "charge.refunded", payment, now, "{}")
    return [news], f" After that what went back is entered, unless you have undone that entry yourself: {named}."


def _is_meant(row: EffectRow, named: str) -> bool:
    import json

    values = json.loads(row.request)
    return named in {values["payment_id"], values["reference"]}


def _amount(row: EffectRow) -> tuple[str, str]:
    import json

    values = json.loads(row.request)
    return values["amount"], values["currency"]


def _by_others(named: str, entries: Sequence[str]) -> str:
    return (
        f"Somebody else has booked {named} in the ledger (entry {' and '.join(entries)}), and Duebird takes out "
        "only its own entries. Nothing was changed.\nTake it out in the ledger itself."
    )


def _nothing_there(parts: Sequence[PaymentRow], named: str) -> str:
    if all(row.verdict == "reversed" for row in parts):
        return f"The booking of {named} was taken out of the ledger already. Nothing was changed."
    return f"Duebird has booked nothing of {named} that stands. Nothing was changed.\nSee: duebird show INVOICE"


def _under_way(state: State, company: str, wanted: Sequence[Planned], config: Path | None) -> str:
    """It was ordered before, and is under way, or the ledger said no."""
    for one in wanted:
        row = state.queries.effect(company, one.effect.key)
        if row is not None and row.status == "rejected":
            again = typed(f"retry {row.key} --company {company}", config)
            return f"The ledger refused that before: {row.error}\nOnce you have mended the cause: {again}"
    return "That is ordered already, and will be done in the next pass. Nothing was changed."


def _unknown(named: str) -> str:
    return (
        f"No payment on record is named {named}. Nothing was changed.\n"
        "Copy its name from `duebird attention` or `duebird show INVOICE`."
    )
