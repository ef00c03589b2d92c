"""What payers and their banks do at Stripe: open a page, pay, answer a debit; and what then happens by itself."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal

from adapters.sandbox.stripe import balance, money, objects
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


def pay(world: World, books: Books, one: Obj, method: Method, shown: Obj | None = None) -> str:
    """Press the button: "paid", "processing", "declined", or "refused" when the page is open no more.

    `shown` is what the payer saw and pays instead, `{"amount": minor units, "currency": ...}` (Adaptive Pricing).
    """
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
    if shown is not None:
        details = {"presentment_amount": shown["amount"], "presentment_currency": shown["currency"]}
        for holder in (one, intent, made):
            holder["presentment_details"] = dict(details)
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
    world.later(world.now() + delay, lambda: _account_for(world, books, made))


def _account_for(world: World, books: Books, made: Obj) -> None:
    """The balance transaction, which says fee and net, comes after the payment.

    https://docs.stripe.com/payments/payment-intents/asynchronous-capture
    """
    by_card = made["payment_method_details"]["type"] == "card"
    settled, _currency, _rate = balance.settled(world, books, made["amount"], made["currency"])
    exact = settled * (CARD_RATE if by_card else DEBIT_RATE)
    fee = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
    fee = fee + CARD_FIXED if by_card else min(fee, DEBIT_CAP)
    entry = balance.enter(
        world,
        books,
        made,
        "charge" if by_card else "payment",
        amount=made["amount"],
        fee=fee,
        category="charge",
        days=balance.CARD_DAYS if by_card else balance.DEBIT_DAYS,
    )
    if world.settings.entries_dated_back:
        entry["created"] = made["created"]
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
