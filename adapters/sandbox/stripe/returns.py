"""Money that goes back after it came: refunds, disputes, bank debits that bounce later.

https://docs.stripe.com/refunds, https://docs.stripe.com/disputes, https://docs.stripe.com/payments/ach-direct-debit
"""

from __future__ import annotations

import copy
from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.stripe import balance, money
from adapters.sandbox.stripe.forms import Obj, StripeProblem
from adapters.sandbox.stripe.world import Books, World

DISPUTE_FEE = 1500  # minor units: a US account's, https://stripe.com/pricing
ENDED = frozenset(("won", "lost"))


def give_back(
    world: World,
    books: Books,
    intent: Obj,
    amount: int | None,
    *,
    metadata: Obj | None = None,
    reason: str | None = None,
) -> Obj:
    """Refund a payment, whole or in part."""
    made = _charge(books, intent, "This PaymentIntent does not have a successful charge to refund.")
    left = made["amount"] - made["amount_refunded"]
    if left == 0:
        raise StripeProblem(
            400, f"Charge {made['id']} has already been refunded.", code="charge_already_refunded", stored=True
        )
    wanted = left if amount is None else amount
    if not 0 < wanted <= left:
        raise StripeProblem(
            400, "Refund amount is greater than unrefunded amount on charge", param="amount", stored=True
        )
    one = money.refund(world, made, wanted, metadata or {}, reason)
    fee = -_share_of_fee(books, made, wanted) if world.settings.refunds_return_fees else 0
    entry = balance.enter(
        world,
        books,
        {**one, "description": "REFUND"},
        "refund" if made["id"].startswith("ch_") else "payment_refund",
        amount=-wanted,
        fee=fee,
        fee_words="Stripe processing fee refund",
        category="refund",
    )
    one["balance_transaction"] = entry["id"]
    books.refunds[one["id"]] = one
    made["amount_refunded"] += wanted
    made["refunded"] = made["amount_refunded"] == made["amount"]
    world.emit(books, "refund.created", one)
    world.emit(books, "charge.refunded", made)
    return one


def _charge(books: Books, intent: Obj, problem: str) -> Obj:
    made = books.charges.get(intent["latest_charge"] or "")
    if made is None or made["status"] != "succeeded":
        raise StripeProblem(400, problem, stored=True)
    return made


def _share_of_fee(books: Books, made: Obj, amount: int) -> int:
    entry = books.balance_transactions.get(made["balance_transaction"] or "")
    if entry is None:
        return 0
    return int((Decimal(_without_tax(entry)) * amount / made["amount"]).quantize(Decimal(1), ROUND_HALF_UP))


def _without_tax(entry: Obj) -> int:
    return sum(part["amount"] for part in entry["fee_details"] if part["type"] != "tax")


def fail_refund(world: World, books: Books, one: Obj, reason: str) -> Obj:
    """The payer's bank could not take a refund: its money returns. https://docs.stripe.com/refunds#failed-refunds."""
    if one["status"] != "succeeded":
        raise StripeProblem(400, f"A refund with the status {one['status']} cannot fail.")
    made = books.charges[one["charge"]]
    taken = books.balance_transactions[one["balance_transaction"]]
    entry = balance.enter(
        world,
        books,
        {**one, "description": "REFUND FAILURE"},
        "refund_failure",
        amount=one["amount"],
        fee=-_without_tax(taken),
        category="refund_failure",
    )
    one.update(status="failed", failure_reason=reason, failure_balance_transaction=entry["id"])
    made["amount_refunded"] -= one["amount"]
    made["refunded"] = False
    world.emit(books, "refund.updated", one, {"status": "succeeded"})
    world.emit(books, "refund.failed", one)
    world.emit(books, "charge.refund.updated", one)
    return one


def complain(world: World, books: Books, intent: Obj, amount: int | None = None, *, inquiry: bool = False) -> Obj:
    """The payer's bank takes the money back until the dispute is settled; an inquiry only asks."""
    made = _charge(books, intent, "There is no successful charge to dispute.")
    one = money.dispute(world, made, made["amount"] if amount is None else amount)
    books.disputes[one["id"]] = one
    made["disputed"] = True
    if inquiry:
        one["status"] = "warning_needs_response"
        world.emit(books, "charge.dispute.created", one)
        return one
    world.emit(books, "charge.dispute.created", one)
    _take(world, books, one)
    return one


def _take(world: World, books: Books, one: Obj) -> None:
    entry = balance.enter(
        world,
        books,
        {**one, "description": f"Chargeback withdrawal for {one['charge']}"},
        "adjustment",
        amount=-one["amount"],
        fee=DISPUTE_FEE,
        fee_words="Dispute fee",
        category="dispute",
    )
    one["balance_transactions"].append(copy.deepcopy(entry))
    world.emit(books, "charge.dispute.funds_withdrawn", one)


def settle_dispute(world: World, books: Books, one: Obj, *, won: bool) -> Obj:
    """The card network decides. Won: the money returns, and the fee where `settings.won_disputes_return_fees`."""
    if one["status"] in {*ENDED, "warning_closed"}:
        raise StripeProblem(400, "This dispute is already closed.")
    if one["status"].startswith("warning"):
        one["status"] = "warning_closed"
        world.emit(books, "charge.dispute.closed", one)
        return one
    one["status"] = "won" if won else "lost"
    if won:
        entry = balance.enter(
            world,
            books,
            {**one, "description": f"Chargeback reversal for {one['charge']}"},
            "adjustment",
            amount=one["amount"],
            fee=-DISPUTE_FEE if world.settings.won_disputes_return_fees else 0,
            fee_words="Dispute fee",
            category="dispute_reversal",
        )
        one["balance_transactions"].append(copy.deepcopy(entry))
        world.emit(books, "charge.dispute.funds_reinstated", one)
    world.emit(books, "charge.dispute.closed", one)
    return one


def bounce(world: World, books: Books, intent: Obj) -> Obj:
    """A bank debit that had succeeded fails after all: the money is taken again, Stripe keeps its fee."""
    made = _charge(books, intent, "There is no successful debit to fail.")
    if made["payment_method_details"]["type"] == "card":
        raise StripeProblem(400, "Only a bank debit can fail after it succeeded.")
    entry = balance.enter(
        world,
        books,
        {**made, "description": "Payment failure refund"},
        "payment_failure_refund",
        amount=-(made["amount"] - made["amount_refunded"]),
        category="charge_failure",
    )
    made.update(
        status="failed",
        paid=False,
        failure_code="insufficient_funds",
        failure_message="Insufficient funds.",
        failure_balance_transaction=entry["id"],
    )
    world.emit(books, "charge.failed", made, {"status": "succeeded"})
    return made
