"""What becomes of money at the sandbox's Stripe once it was paid: refunds, disputes, payouts, each as a sentence."""

from __future__ import annotations

from typing import Any

from connector.demo.cast import BUSINESSES, Business
from connector.demo.doors import Doors
from connector.demo.hands import NotThere, amount_of, invoice_of
from connector.demo.records import Paid, read_records
from connector.domain.message import plain_amount
from connector.domain.money import Money


def refund(doors: Doors, number: str, amount: str | None = None) -> str:
    """Refund what was paid online for an invoice, as its owner would in Stripe's dashboard.

    Args:
        doors: the stand-ins.
        number: of the invoice.
        amount: in major units of the payment's currency; None: all that is left.

    Raises:
        NotThere: nothing was paid online for it. DoorProblem: Stripe refuses, because less is left.
        DuebirdError: not an amount.
    """
    paid = _paid(doors, number)
    wish: dict[str, Any] = {}
    if amount is not None:
        wish["amount"] = amount_of(amount, paid.amount.currency, "A refund", "Nothing was refunded.").minor
    made = doors.post("stripe", "refund", payment_intent=paid.payment_id, **wish)
    back = Money.from_minor(int(made["amount"]), paid.amount.currency)
    return f"{plain_amount(back)} of {plain_amount(paid.amount)} for {number} refunded in Stripe's dashboard."


def dispute(doors: Doors, number: str) -> str:
    """Let the customer's bank take back what was paid online for an invoice.

    Raises:
        NotThere: nothing was paid online for it. DoorProblem: Stripe refuses.
    """
    paid = _paid(doors, number)
    doors.post("stripe", "dispute", payment_intent=paid.payment_id)
    return (
        f"The customer's bank disputes {plain_amount(paid.amount)} for {number}: Stripe has taken it, and a fee, out "
        f"of the balance. Let the network decide: duebird sandbox dispute {number} --won, or --lost"
    )


def decide(doors: Doors, number: str, *, won: bool) -> str:
    """Let the card network decide the dispute about an invoice; `won`: for the business.

    Raises:
        NotThere: nothing about it is in dispute.
    """
    business = _business_of(doors, number)
    paid = {one.payment_id for one in read_records(doors).payments(number)}
    kept = doors.get("stripe", "records")["accounts"][business.seed.stripe_account]["test"]["disputes"]
    open_ones = [one for one in kept if one["payment_intent"] in paid and one["status"] not in {"won", "lost"}]
    if not open_ones:
        raise NotThere(f"No payment for {number} is in dispute. Nothing was done.")
    doors.post("stripe", "dispute_end", dispute=open_ones[0]["id"], won=won)
    amount = Money.from_minor(int(open_ones[0]["amount"]), open_ones[0]["currency"].upper())
    came = "Stripe has put it back into the balance" if won else "it is gone for good"
    return f"The dispute about {plain_amount(amount)} for {number} is {'won' if won else 'lost'}: {came}."


def pay_out(doors: Doors, business: Business) -> str:
    """Let Stripe pay a business all that it holds, as it does by itself every few days; below zero it is drawn back.

    Raises:
        NotThere: it holds nothing.
    """
    account, currency = business.seed.stripe_account, business.currency
    sent = doors.post("stripe", "payout", account=account, currency=currency.lower())["payout"]
    if sent is None:
        raise NotThere(f"Stripe holds nothing of {business.name}. Nothing was paid out.")
    minor = int(sent["amount"])
    amount = plain_amount(Money.from_minor(abs(minor), currency))
    if minor < 0:
        return f"More went back than came in: Stripe draws {amount} from the bank of {business.name}."
    return f"Stripe pays out {amount} to the bank of {business.name}, its fees kept."


def _paid(doors: Doors, number: str) -> Paid:
    records = read_records(doors)
    invoice_of(records, number)
    paid = [one for one in records.payments(number) if one.state == "succeeded"]
    if not paid:
        raise NotThere(
            f"Nothing was paid online for {number}. Nothing was done.", advice="See: duebird sandbox records"
        )
    return paid[-1]


def _business_of(doors: Doors, number: str) -> Business:
    invoice = invoice_of(read_records(doors), number)
    return next(one for one in BUSINESSES if one.id == invoice.business)
