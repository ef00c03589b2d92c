"""Stripe's objects of money that moves: intents, charges, entries of the balance, refunds, disputes, payouts."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.stripe.forms import Obj
from adapters.sandbox.stripe.world import Books, World


def payment_intent(world: World, books: Books, link: Obj, paid_session: Obj) -> Obj:
    data = link["payment_intent_data"] or {}
    intent_id = world.new_id("pi_3")
    return {
        "id": intent_id,
        "object": "payment_intent",
        "amount": paid_session["amount_total"],
        "amount_capturable": 0,
        "amount_received": 0,
        "application": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "client_secret": None,
        "confirmation_method": "automatic",
        "created": world.seconds(),
        "currency": paid_session["currency"],
        "customer": None,
        "description": data.get("description"),
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": books.live,
        "metadata": dict(data.get("metadata", {})),
        "next_action": None,
        "payment_method": None,
        "payment_method_types": paid_session["payment_method_types"],
        "processing": None,
        "receipt_email": None,
        "status": "requires_payment_method",
    }


def _card() -> Obj:
    return {
        "type": "card",
        "card": {
            "brand": "visa",
            "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
            "country": "US",
            "exp_month": 12,
            "exp_year": 2034,
            "funding": "credit",
            "installments": None,
            "last4": "4242",
            "mandate": None,
            "network": "visa",
            "three_d_secure": None,
            "wallet": None,
        },
    }


def _bank() -> Obj:
    return {
        "type": "us_bank_account",
        "us_bank_account": {
            "account_holder_type": "individual",
            "account_type": "checking",
            "bank_name": "STRIPE TEST BANK",
            "fingerprint": None,
            "last4": "6789",
            "payment_reference": None,
            "routing_number": "110000000",
        },
    }


def charge(world: World, books: Books, intent: Obj, method: str, status: str) -> Obj:
    details = _card() if method == "card" else _bank()
    return {
        "id": world.new_id("ch_3" if method == "card" else "py_3"),
        "object": "charge",
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if status == "succeeded" else 0,
        "amount_refunded": 0,
        "application": None,
        "balance_transaction": None,  # comes later: asynchronous capture
        "billing_details": {"address": None, "email": None, "name": None, "phone": None, "tax_id": None},
        "captured": status == "succeeded",
        "created": world.seconds(),
        "currency": intent["currency"],
        "customer": None,
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": books.live,
        "metadata": dict(intent["metadata"]),
        "outcome": None,
        "paid": status == "succeeded",
        "payment_intent": intent["id"],
        "payment_method": world.new_id("pm_1"),
        "payment_method_details": details,
        "receipt_url": None,
        "refunded": False,
        "status": status,
    }


def balance_transaction(
    world: World,
    source: Obj | None,
    kind: str,
    *,
    amount: int,
    currency: str,
    available_on: int,
    fee: int = 0,
    fee_tax: int = 0,
    fee_words: str = "Stripe processing fees",
    category: str | None = None,
    rate: Decimal | None = None,
) -> Obj:
    """An entry of the balance; `fee` without the `fee_tax` on it. https://docs.stripe.com/api/balance_transactions/object."""
    made = world.seconds()
    parts = [("stripe_fee", fee, fee_words), ("tax", fee_tax, "GST")]
    return {
        "id": world.new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": made,
        "currency": currency,
        "description": source.get("description") if source else None,
        "exchange_rate": float(rate) if rate is not None else None,
        "fee": fee + fee_tax,
        "fee_details": [
            {"amount": part, "application": None, "currency": currency, "description": words, "type": name}
            for name, part, words in parts
            if part
        ],
        "net": amount - fee - fee_tax,
        "reporting_category": category or kind,
        "source": source["id"] if source else None,
        "status": "available" if available_on <= made else "pending",
        "type": kind,
    }


def refund(world: World, paid: Obj, amount: int, metadata: Obj, reason: str | None) -> Obj:
    return {
        "id": world.new_id("re_3"),
        "object": "refund",
        "amount": amount,
        "balance_transaction": None,
        "charge": paid["id"],
        "created": world.seconds(),
        "currency": paid["currency"],
        "metadata": metadata,
        "payment_intent": paid["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
        **presented(paid, amount),
    }


def presented(paid: Obj, amount: int) -> Obj:
    """What the payer saw of so much of a payment; nothing where it was shown in the currency it was asked in.

    https://docs.stripe.com/payments/currencies/localize-prices/adaptive-pricing
    """
    shown = paid.get("presentment_details")
    if shown is None:
        return {}
    share = Decimal(shown["presentment_amount"]) * amount / paid["amount"]
    return {
        "presentment_details": {
            "presentment_amount": int(share.to_integral_value(ROUND_HALF_UP)),
            "presentment_currency": shown["presentment_currency"],
        }
    }


def dispute(world: World, paid: Obj, amount: int) -> Obj:
    return {
        "id": world.new_id("du_1"),
        "object": "dispute",
        "amount": amount,
        "balance_transactions": [],
        "charge": paid["id"],
        "created": world.seconds(),
        "currency": paid["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}},
        "evidence_details": {
            "due_by": world.seconds() + 7 * 86400,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "livemode": paid["livemode"],
        "metadata": {},
        "payment_intent": paid["payment_intent"],
        "reason": "general",
        "status": "needs_response",
    }


def payout(
    world: World, books: Books, currency: str, amount: int, *, automatic: bool, method: str, arrival: int
) -> Obj:
    """A transfer to the bank, or from it where the amount is negative. https://docs.stripe.com/api/payouts/object."""
    return {
        "id": world.new_id("po_1"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": automatic,
        "balance_transaction": None,
        "created": world.seconds(),
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": books.live,
        "metadata": {},
        "method": method,
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress" if automatic else "not_applicable",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "in_transit",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }
