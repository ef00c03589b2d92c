"""Stripe's balance transactions, refunds, disputes and payouts to our values. Pure: no clock, no calls.

Shapes: https://docs.stripe.com/api/balance_transactions/object and its neighbours. What a movement is for the books is
said by its `reporting_category`, not by its `type`: https://docs.stripe.com/reports/reporting-categories
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from adapters.stripe.translate import Json, from_minor, minor_unit
from connector.domain.balance import (
    BalanceChange,
    ChangeKind,
    Dispute,
    DisputeState,
    Held,
    Payout,
    PayoutState,
    Refund,
    RefundState,
)
from connector.domain.money import Money

_KINDS: Final = {
    "charge": ChangeKind.PAYMENT,
    "charge_failure": ChangeKind.PAYMENT_FAILURE,
    "refund": ChangeKind.REFUND,
    "refund_failure": ChangeKind.REFUND_FAILURE,
    "dispute": ChangeKind.DISPUTE,
    "dispute_reversal": ChangeKind.DISPUTE_REVERSAL,
    "fee": ChangeKind.FEE,
    "network_cost": ChangeKind.FEE,
    "tax": ChangeKind.FEE,  # on Stripe's own fees
    "payout": ChangeKind.PAYOUT,
    "payout_reversal": ChangeKind.PAYOUT_FAILURE,
}
_REFUNDS: Final = {
    "pending": RefundState.PENDING,
    "requires_action": RefundState.PENDING,
    "succeeded": RefundState.SUCCEEDED,
    "failed": RefundState.FAILED,
    "canceled": RefundState.CANCELLED,
}
_DISPUTES: Final = {
    "warning_needs_response": DisputeState.INQUIRY,
    "warning_under_review": DisputeState.INQUIRY,
    "warning_closed": DisputeState.CLOSED,
    "prevented": DisputeState.CLOSED,
    "needs_response": DisputeState.OPEN,
    "under_review": DisputeState.OPEN,
    "won": DisputeState.WON,
    "lost": DisputeState.LOST,
}
_PAYOUTS: Final = {
    "pending": PayoutState.PENDING,
    "in_transit": PayoutState.IN_TRANSIT,
    "paid": PayoutState.PAID,
    "failed": PayoutState.FAILED,
    "canceled": PayoutState.CANCELLED,
}
_EXCHANGED: Final = frozenset(("charge", "refund", "dispute"))  # sources in the currency of the payment
# Which of our ids names a source of that object.
_HELD_UNDER: Final = {"refund": "refund_id", "dispute": "dispute_id", "payout": "payout_id"}


def change_from(row: Json) -> BalanceChange:
    """A `balance_transaction` whose `source` was expanded.

    Raises:
        ValueError: an amount is not one of its currency, or the figures do not add up.
    """
    currency = row["currency"]
    amount = from_minor(row["amount"], currency)
    source = row.get("source")
    opened: Json = source if isinstance(source, Mapping) else {}
    source_amount = _source_amount(row, amount, opened)
    ids = {_HELD_UNDER[opened["object"]]: opened["id"]} if opened.get("object") in _HELD_UNDER else {}
    return BalanceChange(
        change_id=row["id"],
        kind=_KINDS.get(row["reporting_category"], ChangeKind.OTHER),
        amount=amount,
        fee=from_minor(row["fee"], currency),
        net=from_minor(row["net"], currency),
        source_id=_id(source),
        created_at=_time(row["created"]),
        available_at=_time(row["available_on"]),
        payment_id=_id(opened.get("payment_intent")) or None,
        source_amount=source_amount,
        exchange_rate=_rate(row.get("exchange_rate"), amount, source_amount),
        fee_tax=_fee_tax(row, currency),
        presentment=_presentment(opened, source_amount),
        description=row.get("description") or "",
        **ids,
    )


def _source_amount(row: Json, amount: Money, source: Json) -> Money | None:
    """What the movement was before any exchange, with its sign."""
    if source.get("object") not in _EXCHANGED:
        return None
    if source["currency"].upper() == amount.currency:
        return amount
    minor = source["amount"]
    if row["reporting_category"] == "charge_failure":
        minor -= source["amount_refunded"]  # of what was given back already nothing is left to take
    whole = from_minor(minor, source["currency"])
    return whole if row["amount"] >= 0 else Money.zero(whole.currency) - whole


def _fee_tax(row: Json, currency: str) -> Money | None:
    taxes = [part["amount"] for part in row.get("fee_details") or () if part["type"] == "tax"]
    return from_minor(sum(taxes), currency) if taxes else None


def _rate(given: Any, amount: Money, source: Money | None) -> Decimal | None:
    """The rate in major units.

    Stripe describes it as the factor between two integers, which for yen is a hundred times the rate of the newspapers,
    and shows only an example of two decimals. Which of the two it is, the amounts themselves tell.
    """
    if given is None:
        return None
    rate = Decimal(str(given))  # JSON's number as it was written
    if not rate.is_finite():
        raise ValueError(f"{given} is no rate of exchange")
    if source is None or not source.amount:
        return rate
    in_major = rate * minor_unit(amount.currency) / minor_unit(source.currency)
    true = amount.amount / source.amount
    return min((rate, in_major), key=lambda one: abs(one - true)).normalize()


def _presentment(source: Json, source_amount: Money | None) -> Money | None:
    shown = source.get("presentment_details")
    if not shown:
        return None
    seen = from_minor(shown["presentment_amount"], shown["presentment_currency"])
    taken = source_amount is not None and source_amount.amount < 0
    return Money.zero(seen.currency) - seen if taken else seen


def refund_from(row: Json) -> Refund:
    """A `refund`. https://docs.stripe.com/api/refunds/object."""
    return Refund(
        refund_id=row["id"],
        payment_id=_id(row.get("payment_intent")),
        amount=from_minor(row["amount"], row["currency"]),
        state=_REFUNDS.get(row.get("status") or "", RefundState.PENDING),
        created_at=_time(row["created"]),
        reason=row.get("failure_reason") or row.get("reason") or "",
    )


def dispute_from(row: Json) -> Dispute:
    """A `dispute`. https://docs.stripe.com/api/disputes/object. A status not known yet is open: a person looks."""
    due = (row.get("evidence_details") or {}).get("due_by")
    return Dispute(
        dispute_id=row["id"],
        payment_id=_id(row.get("payment_intent")),
        amount=from_minor(row["amount"], row["currency"]),
        state=_DISPUTES.get(row["status"], DisputeState.OPEN),
        created_at=_time(row["created"]),
        respond_by=_time(due) if due else None,
        reason=row.get("reason") or "",
    )


def payout_from(row: Json) -> Payout:
    """A `payout`. https://docs.stripe.com/api/payouts/object. Its day of arrival is given as midnight in UTC."""
    return Payout(
        payout_id=row["id"],
        amount=from_minor(row["amount"], row["currency"]),
        state=_PAYOUTS.get(row["status"], PayoutState.PENDING),
        arrives_on=_time(row["arrival_date"]).date(),
        automatic=bool(row["automatic"]),
        created_at=_time(row["created"]),
        itemised=bool(row["automatic"]) and row.get("reconciliation_status") == "completed",
        trace=(row.get("trace_id") or {}).get("value") or "",
        failure=row.get("failure_message") or row.get("failure_code") or "",
    )


def held_from(answer: Json) -> dict[str, Held]:
    """A `balance`. https://docs.stripe.com/api/balance/balance_object.

    A currency that cannot be read (a coin that is none of ISO 4217) is left out: it must not hide the others, and its
    movements are told one by one.
    """
    sums: dict[str, dict[str, int]] = {}
    for kind in ("available", "pending"):
        for row in answer[kind]:
            held = sums.setdefault(row["currency"], {"available": 0, "pending": 0})
            held[kind] += row["amount"]
    return dict(_readable(sums))


def _readable(sums: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, Held]]:
    for currency, held in sums.items():
        with suppress(ValueError):
            there = Held(from_minor(held["available"], currency), from_minor(held["pending"], currency))
            yield there.available.currency, there


def _id(reference: Any) -> str:
    return str(reference["id"] if isinstance(reference, Mapping) else reference or "")


def _time(seconds: int) -> datetime:
    """A moment of Stripe's.

    Raises:
        ValueError: no calendar has it.
    """
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no moment") from error
