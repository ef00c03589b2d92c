"""Money on its way to the bank, and back from it. https://docs.stripe.com/payouts, https://docs.stripe.com/payouts/reconciliation."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.stripe import balance, money
from adapters.sandbox.stripe.forms import Obj, StripeProblem
from adapters.sandbox.stripe.world import Books, World

INSTANT_RATE = Decimal(
    "0.015"
)  # of the amount, a US account's, https://docs.stripe.com/payouts/instant-payouts#pricing
INSTANT_LEAST = 50


def pay_out(
    world: World, books: Books, currency: str, *, available_only: bool = False, arrives_in_days: int = 0
) -> Obj | None:
    """The automatic payout: everything that none has paid out yet; None when that is nothing.

    Pending money is waited for in no time, unless `available_only`. A negative sum is drawn from the bank.
    """
    waiting = [
        entry
        for entry in books.balance_transactions.values()
        if entry["currency"] == currency
        and entry["id"] not in books.payout_of
        and (entry["status"] == "available" or not available_only)
    ]
    total = sum(entry["net"] for entry in waiting)
    if not total:
        return None
    for entry in waiting:
        balance.release(world, entry)
    one = _made(world, books, currency, total, automatic=True, method="standard", days=arrives_in_days)
    for entry_id in (*(entry["id"] for entry in waiting), one["balance_transaction"]):
        books.payout_of[entry_id] = one["id"]
    _on_its_way(world, books, one)
    return one


def send(world: World, books: Books, currency: str, amount: int, *, instant: bool, arrives_in_days: int = 0) -> Obj:
    """A payout asked for by hand, which Stripe does not itemise; an instant one costs a fee."""
    fee = 0
    if instant:
        fee = max(int((amount * INSTANT_RATE).quantize(Decimal(1), ROUND_HALF_UP)), INSTANT_LEAST)
    there = sum(
        entry["net"]
        for entry in books.balance_transactions.values()
        if entry["currency"] == currency and (instant or entry["status"] == "available")
    )
    if amount <= 0 or amount + fee > there:
        raise StripeProblem(
            400,
            "You have insufficient funds in your Stripe account for this transfer.",
            code="balance_insufficient",
            stored=True,
        )
    method = "instant" if instant else "standard"
    one = _made(world, books, currency, amount, automatic=False, method=method, days=arrives_in_days, fee=fee)
    _on_its_way(world, books, one)
    return one


def _made(
    world: World, books: Books, currency: str, amount: int, *, automatic: bool, method: str, days: int, fee: int = 0
) -> Obj:
    day = world.seconds() + days * balance.DAY
    arrival = day - day % balance.DAY
    one = money.payout(world, books, currency, amount, automatic=automatic, method=method, arrival=arrival)
    own = balance.enter(world, books, one, "payout", amount=-amount, fee=fee, fee_words="Instant payout fee")
    one["balance_transaction"] = own["id"]
    books.payouts[one["id"]] = one
    world.emit(books, "payout.created", one)
    if days:
        world.later(datetime.fromtimestamp(arrival, UTC), lambda: _arrive(world, books, one))
    return one


def _on_its_way(world: World, books: Books, one: Obj) -> None:
    if one["automatic"]:
        one["reconciliation_status"] = "completed"
        world.emit(books, "payout.reconciliation_completed", one)
    if one["arrival_date"] <= world.seconds():
        _arrive(world, books, one)


def _arrive(world: World, books: Books, one: Obj) -> None:
    if one["status"] == "in_transit":
        one.update(status="paid", trace_id={"status": "supported", "value": f"TRACE{one['id'][-10:].upper()}"})
        world.emit(books, "payout.paid", one)


def fail(world: World, books: Books, one: Obj, code: str) -> Obj:
    """The bank sends it back, also days after it was called paid: its money returns to the balance."""
    if one["status"] not in {"in_transit", "paid"}:
        raise StripeProblem(400, f"A payout with the status {one['status']} cannot fail.")
    entry = balance.enter(
        world,
        books,
        {**one, "description": "STRIPE PAYOUT FAILURE"},
        "payout_failure",
        amount=one["amount"],
        category="payout_reversal",
    )
    one.update(
        status="failed",
        failure_code=code,
        failure_message="The bank returned the payout.",
        failure_balance_transaction=entry["id"],
    )
    world.emit(books, "payout.failed", one)
    return one
