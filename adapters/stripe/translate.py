"""Stripe's JSON to our values and back. Pure: no clock, no calls.

Shapes: https://docs.stripe.com/api/payment-link/object, https://docs.stripe.com/api/checkout/sessions/object.
Amounts: https://docs.stripe.com/currencies.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from connector.domain.money import Money
from connector.ports.processor import Hint, LinkRequest, Payment, PaymentLink, PaymentState, ProcessorAccount

Json = Mapping[str, Any]

REFERENCE: Final = "duebird_ref"  # the metadata key that carries our natural key

# What Stripe counts in whole units. Not the ISO list: MGA has decimals there, ISK and UGX have none.
_NO_DECIMALS: Final = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
_THREE_DECIMALS: Final = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))  # the last digit must be 0
# IQD and LYD have three decimals by ISO and are in none of Stripe's lists: how it would count them cannot be told.
_NOT_OFFERED: Final = frozenset(("IQD", "LYD"))

# The least Stripe charges, https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. A currency not
# listed has a minimum of its own only after conversion, which we cannot know.
_LEAST: Final = {
    currency: Decimal(amount)
    for amount, currencies in {
        "0.30": "GBP",
        "0.50": "USD ARS AUD BRL CAD CHF COP EUR IDR ILS INR NZD PHP RUB SGD ZAR",
        "2.00": "AED MYR PLN RON",
        "2.50": "DKK",
        "3.00": "NOK SEK",
        "4.00": "HKD",
        "10": "MXN THB",
        "15.00": "CZK",
        "50": "JPY KRW",
        "175.00": "HUF",
    }.items()
    for currency in currencies.split()
}
_MOST_DIGITS: Final = 12  # of the minor amount, for cards; a bank may refuse less, and says so on the page

# Limits of the text fields in characters. What is longer is cut: a long message must not stop an invoice.
_NAME, _DESCRIPTION, _RECEIPT, _MESSAGE, _CUSTOM = 5000, 40_000, 1000, 500, 1200

# Ways to pay whose money comes days after the payer pressed the button.
# https://docs.stripe.com/payments/payment-methods#payment-notification
_DELAYED: Final = frozenset(
    (
        *("acss_debit", "au_becs_debit", "bacs_debit", "boleto", "customer_balance"),
        *("konbini", "multibanco", "oxxo", "sepa_debit", "us_bank_account"),
    )
)

# Where an intent stands when the payer would have to start again.
_FAILED_INTENT: Final = frozenset(("requires_payment_method", "canceled"))

# The events worth reading; at most 20 may be asked for at once. `checkout.session.expired` is left out: every
# abandoned visit to a link makes one.
KINDS: Final = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "charge.updated",
    "charge.failed",  # also of each card that is declined; of a debit that had succeeded it has no other news
    "charge.refunded",
    "charge.dispute.created",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
    "charge.dispute.closed",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "payout.paid",
    "payout.failed",
    "payout.reconciliation_completed",
    "payment_link.updated",
)


def minor_unit(currency: str) -> Decimal:
    """One of Stripe's minor units, in major units."""
    if currency in _NO_DECIMALS:
        return Decimal(1)
    return Decimal("0.001") if currency in _THREE_DECIMALS else Decimal("0.01")


def _grain(currency: str) -> Decimal:
    """The smallest difference Stripe accepts in a charge, in major units."""
    if currency in _NO_DECIMALS or currency in {"ISK", "UGX"}:  # sent with two decimals, which must be 00
        return Decimal(1)
    return Decimal("0.01")  # also in the currencies of three decimals


def to_minor(amount: Money) -> int:
    """The integer Stripe takes for an amount.

    Raises:
        ValueError: Stripe cannot charge exactly this amount in this currency.
    """
    if amount.currency in _NOT_OFFERED:
        raise ValueError(f"Stripe does not take {amount.currency}")
    if amount.amount % _grain(amount.currency):
        raise ValueError(f"Stripe charges {amount.currency} only in steps of {_grain(amount.currency)}, not {amount}")
    return int(amount.amount / minor_unit(amount.currency))


def from_minor(minor: int, currency: str) -> Money:
    """An amount as Stripe gave it; `currency` in Stripe's small letters.

    Raises:
        ValueError: the currency has no such fraction (0.50 ISK).
    """
    code = currency.upper()
    return Money(minor * minor_unit(code), code)


def problem_with(amount: Money) -> str | None:
    """Why Stripe cannot charge this amount, in a sentence for a person, or None."""
    if not amount.is_positive:
        return f"{amount} is nothing to pay."
    try:
        minor = to_minor(amount)
    except ValueError as error:
        return f"{error}."
    least = _LEAST.get(amount.currency)
    if least is not None and amount.amount < least:
        return f"{amount} is below the {least} {amount.currency} that Stripe charges at least."
    if len(str(minor)) > _MOST_DIGITS:
        most = (10**_MOST_DIGITS - 1) * minor_unit(amount.currency)
        return f"{amount} is above the {most} {amount.currency} that Stripe charges at most."
    return None


def link_params(request: LinkRequest) -> dict[str, Any]:
    """The parameters of a new link; the same request always gives the same bytes.

    An empty text is left out, because Stripe takes an empty value as a wish to unset.
    """
    metadata = {**request.metadata, REFERENCE: request.reference}
    product = {"name": request.title[:_NAME], "description": request.description[:_DESCRIPTION]}
    params: dict[str, Any] = {
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": request.amount.currency.lower(),
                    "unit_amount": to_minor(request.amount),
                    "product_data": {name: text for name, text in product.items() if text},
                },
            }
        ],
        "metadata": metadata,
        # The link's metadata reaches its sessions only; refunds and disputes lead to the intent.
        "payment_intent_data": {"metadata": metadata},
        "restrictions": {"completed_sessions": {"limit": 1}},
        "after_completion": {"type": "hosted_confirmation"},
    }
    if request.receipt_line:
        params["payment_intent_data"]["description"] = request.receipt_line[:_RECEIPT]
    if request.inactive_message:
        params["inactive_message"] = request.inactive_message[:_MESSAGE]
    if request.after_payment:
        params["after_completion"]["hosted_confirmation"] = {"custom_message": request.after_payment[:_MESSAGE]}
    if request.description:
        params["custom_text"] = {"submit": {"message": request.description[:_CUSTOM]}}
    return params


def retiring_params(message: str) -> dict[str, Any]:
    """What takes a link down; `message` is what later visitors read."""
    return {"active": False, **({"inactive_message": message[:_MESSAGE]} if message else {})}


def link_from(link: Json) -> PaymentLink:
    """A `payment_link`."""
    metadata = dict(link["metadata"])
    return PaymentLink(link["id"], link["url"], link["active"], metadata.get(REFERENCE, ""), metadata)


def account_from(account: Json, *, live: bool) -> ProcessorAccount:
    """An `account`. The name is the one payers see."""
    shown = (account.get("business_profile") or {}).get("name")
    internal = ((account.get("settings") or {}).get("dashboard") or {}).get("display_name")
    return ProcessorAccount(
        account_id=account["id"],
        name=shown or internal or "",
        country=account.get("country") or "",
        charges_enabled=bool(account.get("charges_enabled")),
        live=live,
    )


def payment_from(session: Json) -> Payment | None:
    """A completed `checkout.session` with its `payment_intent.latest_charge` expanded.

    None where it was not completed, is not on a payment link, or took no money.

    Raises:
        ValueError: the amount is not one of that currency, on a session of ours.
    """
    intent = session.get("payment_intent")
    if session["status"] != "complete" or not session.get("payment_link") or not intent:
        return None
    metadata = dict(session.get("metadata") or {})
    try:
        amount = from_minor(session["amount_total"], session["currency"])
    except ValueError:
        if REFERENCE not in metadata:
            return None  # somebody else's link on the same account must not stop ours
        raise
    charge = _expanded(intent.get("latest_charge")) if isinstance(intent, Mapping) else {}
    state = _state(session, intent)
    return Payment(
        payment_id=_id(intent),
        session_id=session["id"],
        link_id=_id(session["payment_link"]),
        state=state,
        amount=amount,
        created_at=_time(session["created"]),
        paid_at=_paid_at(session, charge) if state is PaymentState.SUCCEEDED else None,
        method=_method(session, charge),
        reference=metadata.get(REFERENCE, ""),
        metadata=metadata,
        live=bool(session["livemode"]),
    )


def _state(session: Json, intent: Any) -> PaymentState:
    """Paid is what the session says; the intent only tells a failed debit from one under way."""
    if session["payment_status"] == "paid":
        return PaymentState.SUCCEEDED
    failed = isinstance(intent, Mapping) and intent.get("status") in _FAILED_INTENT
    return PaymentState.FAILED if failed else PaymentState.PENDING


def _paid_at(session: Json, charge: Json) -> datetime:
    """When the money was taken.

    Stripe stores no such time. A card is charged when the charge is made; a debit's charge is made when the payer
    starts it, so there the later entry in the balance is taken as soon as there is one.
    """
    made = charge.get("created", session["created"])
    if _method(session, charge) in _DELAYED:
        made = max(made, _expanded(charge.get("balance_transaction")).get("created", made))
    return _time(made)


def _method(session: Json, charge: Json) -> str:
    used = (charge.get("payment_method_details") or {}).get("type")
    return str(used or next(iter(session.get("payment_method_types") or []), ""))


def hint_from(event: Json) -> Hint:
    """An `event`, for its ids only: its payload has the shape of whatever API version the account had.

    Of a charge, refund or dispute the payment is named: it is what we know them by, and their own metadata is empty.
    """
    thing = event["data"]["object"]
    payment = thing.get("payment_intent") if event["type"].startswith(("charge.", "refund.")) else None
    return Hint(
        event_id=event["id"],
        kind=event["type"],
        object_id=_id(payment or thing.get("id") or ""),
        occurred_at=_time(event["created"]),
        raw=json.dumps(event, separators=(",", ":"), ensure_ascii=False),
    )


def _id(reference: Any) -> str:
    return str(reference["id"] if isinstance(reference, Mapping) else reference)


def _expanded(reference: Any) -> Json:
    return reference if isinstance(reference, Mapping) else {}


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
