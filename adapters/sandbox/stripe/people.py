"""What people do at Stripe: open a page, pay, let a debit bounce, refund, dispute; and what then happens by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from adapters.sandbox.stripe import money, objects
from adapters.sandbox.stripe.forms import Obj, StripeProblem
from adapters.sandbox.stripe.world import Books, World

Method = Literal["card", "bank", "declined"]

CARD_RATE = Decimal("0.029")
CARD_FIXED = 30  # minor units: a US card's 2.9 % + 30 cents, https://stripe.com/pricing
DEBIT_RATE = Decimal("0.008")
DEBIT_CAP = 500


def open_page(world: World, books: Books, link: Obj) -> Obj | None:
    """Every visit to a live link makes a session of its own; a dead one makes none."""
    if not link["active"]:
        return None
    made = objects.session(world, books, link)
    books.sessions[made["id"]] = made
    books.sessions_of_link.setdefault(link["id"], []).append(made["id"])
    world.later(datetime.fromtimestamp(made["expires_at"], UTC), lambda: _run_out(world, books, made))
    return made


def _run_out(world: World, books: Books, one: Obj) -> None:
    if one["status"] == "open":
        expire(world, books, one)


def expire(world: World, books: Books, one: Obj) -> None:
    if one["status"] != "open":
        raise StripeProblem(
            400,
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of '
            f"`{one['status']}`.",
            stored=True,
        )
    one["status"] = "expired"
    one["url"] = None
    world.emit(books, "checkout.session.expired", one)


def pay(world: World, books: Books, one: Obj, method: Method) -> str:
    """Press the button: "paid", "processing", "declined", or "refused" when the page is open no more."""
    link = books.payment_links[one["payment_link"]]
    if one["status"] != "open":
        return "refused"
    if world.settings.enforce_limit_at_completion and not link["active"]:
        return "refused"
    intent = _intent(world, books, link, one)
    if method == "declined":
        intent["last_payment_error"] = {"type": "card_error", "code": "card_declined", "message": "Declined."}
        made = money.charge(world, books, intent, "card", "failed")
        made["failure_code"] = "card_declined"
        books.charges[made["id"]] = made
        intent["latest_charge"] = made["id"]
        world.emit(books, "charge.failed", made)
        world.emit(books, "payment_intent.payment_failed", intent)
        return "declined"
    made = money.charge(world, books, intent, method, "succeeded" if method == "card" else "pending")
    books.charges[made["id"]] = made
    intent["latest_charge"] = made["id"]
    intent["last_payment_error"] = None
    if method == "card":
        _succeed(world, books, intent, made)
    else:
        intent["status"] = "processing"
        world.emit(books, "payment_intent.processing", intent)
        world.emit(books, "charge.pending", made)
    _complete(world, books, link, one, paid=method == "card")
    return "paid" if method == "card" else "processing"


def _intent(world: World, books: Books, link: Obj, one: Obj) -> Obj:
    if one["payment_intent"] is not None:  # a second try on the same page
        return books.payment_intents[one["payment_intent"]]
    intent = money.payment_intent(world, books, link, one)
    books.payment_intents[intent["id"]] = intent
    books.session_of_intent[intent["id"]] = one["id"]
    one["payment_intent"] = intent["id"]
    world.emit(books, "payment_intent.created", intent)
    return intent


def _complete(world: World, books: Books, link: Obj, one: Obj, *, paid: bool) -> None:
    one["status"] = "complete"
    one["payment_status"] = "paid" if paid else "unpaid"
    one["url"] = None
    world.emit(books, "checkout.session.completed", one)
    completed = (link["restrictions"] or {}).get("completed_sessions")
    if completed is None:
        return
    completed["count"] += 1
    if completed["count"] >= completed["limit"] and link["active"]:
        link["active"] = False
        world.emit(books, "payment_link.updated", link, {"active": True})


def _succeed(world: World, books: Books, intent: Obj, made: Obj) -> None:
    made.update(status="succeeded", paid=True, captured=True, amount_captured=made["amount"])
    intent.update(status="succeeded", amount_received=intent["amount"])
    world.emit(books, "charge.succeeded", made)
    world.emit(books, "payment_intent.succeeded", intent)
    delay = timedelta(seconds=world.settings.fee_delay_seconds)
    world.later(world.clock.now() + delay, lambda: _account_for(world, books, made))


def _account_for(world: World, books: Books, made: Obj) -> None:
    """The balance transaction, which says fee and net, comes after the payment.

    https://docs.stripe.com/payments/payment-intents/asynchronous-capture
    """
    by_card = made["payment_method_details"]["type"] == "card"
    exact = made["amount"] * (CARD_RATE if by_card else DEBIT_RATE)
    fee = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    fee = fee + CARD_FIXED if by_card else min(fee, DEBIT_CAP)
    entry = money.balance_transaction(
        world, made, "charge" if by_card else "payment", amount=made["amount"], fee=fee, category="charge"
    )
    books.balance_transactions[entry["id"]] = entry
    made["balance_transaction"] = entry["id"]
    world.emit(books, "charge.updated", made, {"balance_transaction": None})


def finish_debit(world: World, books: Books, one: Obj, *, succeeds: bool) -> None:
    """The bank answers, days later."""
    intent = books.payment_intents.get(one["payment_intent"] or "")
    if intent is None or intent["status"] != "processing":
        raise StripeProblem(400, "This session has no bank debit under way.")
    made = books.charges[intent["latest_charge"]]
    if succeeds:
        _succeed(world, books, intent, made)
        one["payment_status"] = "paid"
        world.emit(books, "checkout.session.async_payment_succeeded", one)
        return
    made.update(status="failed", failure_code="insufficient_funds", failure_message="Insufficient funds.")
    intent.update(
        status="requires_payment_method",
        last_payment_error={"type": "invalid_request_error", "code": "payment_intent_payment_attempt_failed"},
    )
    world.emit(books, "charge.failed", made)
    world.emit(books, "payment_intent.payment_failed", intent)
    world.emit(books, "checkout.session.async_payment_failed", one)


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
    made = books.charges.get(intent["latest_charge"] or "")
    if made is None or made["status"] != "succeeded":
        raise StripeProblem(400, "This PaymentIntent does not have a successful charge to refund.", stored=True)
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
    entry = money.balance_transaction(world, {**one, "description": "REFUND"}, "refund", amount=-wanted)
    one["balance_transaction"] = entry["id"]
    books.refunds[one["id"]] = one
    books.balance_transactions[entry["id"]] = entry
    made["amount_refunded"] += wanted
    made["refunded"] = made["amount_refunded"] == made["amount"]
    world.emit(books, "refund.created", one)
    world.emit(books, "charge.refunded", made)
    return one


def complain(world: World, books: Books, intent: Obj) -> Obj:
    """The payer's bank takes the money back until the dispute is settled."""
    made = books.charges.get(intent["latest_charge"] or "")
    if made is None or made["status"] != "succeeded":
        raise StripeProblem(400, "There is no successful charge to dispute.")
    one = money.dispute(world, made)
    entry = money.balance_transaction(
        world, {**one, "description": "Chargeback"}, "adjustment", amount=-made["amount"], fee=1500, category="dispute"
    )
    one["balance_transactions"] = [entry]
    books.balance_transactions[entry["id"]] = entry
    books.disputes[one["id"]] = one
    made["disputed"] = True
    world.emit(books, "charge.dispute.created", one)
    world.emit(books, "charge.dispute.funds_withdrawn", one)
    return one


def pay_out(world: World, books: Books, currency: str) -> Obj | None:
    """Move everything not yet paid out in that currency to the bank; None when there is nothing."""
    waiting = [
        entry
        for entry in books.balance_transactions.values()
        if entry["currency"] == currency and entry["id"] not in books.payout_of and entry["type"] != "payout"
    ]
    if not waiting:
        return None
    one = money.payout(world, books, currency, sum(entry["net"] for entry in waiting))
    own = money.balance_transaction(world, one, "payout", amount=-one["amount"])
    one["balance_transaction"] = own["id"]
    books.balance_transactions[own["id"]] = own
    books.payouts[one["id"]] = one
    for entry in (*waiting, own):
        entry["status"] = "available"
        books.payout_of[entry["id"]] = one["id"]
    world.emit(books, "payout.created", one)
    world.emit(books, "payout.paid", one)
    world.emit(books, "payout.reconciliation_completed", one)
    return one
