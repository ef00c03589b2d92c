"""Stripe's objects as its API shows them (version 2026-10-28.endive), with the fields Duebird or a person may read.

Shapes: https://docs.stripe.com/api/payment-link/object, /checkout/sessions/object and their neighbours.
"""

from __future__ import annotations

from adapters.sandbox.stripe.forms import Obj
from adapters.sandbox.stripe.world import Account, Books, World

SESSION_LIFE = (
    24 * 3600
)  # seconds; https://docs.stripe.com/api/checkout/sessions/object#checkout_session_object-expires_at


def account(one: Account) -> Obj:
    return {
        "id": one.account_id,
        "object": "account",
        "business_profile": {"name": one.name, "support_email": None, "support_phone": None, "url": None},
        "business_type": "company",
        "charges_enabled": one.charges_enabled,
        "country": one.country,
        "default_currency": one.currency,
        "details_submitted": True,
        "payouts_enabled": one.charges_enabled,
        "settings": {"dashboard": {"display_name": one.name, "timezone": "Etc/UTC"}},
        "type": "standard",
    }


def payment_link(world: World, books: Books, params: Obj, currency: str, base_url: str) -> Obj:
    token = ("" if books.live else "test_") + world.new_id("", 18)
    completion = params.get("after_completion") or {}
    limit = params.get("restrictions", {}).get("completed_sessions", {}).get("limit")
    link: Obj = {
        "id": world.new_id("plink_1"),
        "object": "payment_link",
        "active": True,
        "after_completion": {
            "type": completion.get("type", "hosted_confirmation"),
            "hosted_confirmation": {
                "custom_message": (completion.get("hosted_confirmation") or {}).get("custom_message")
            },
        },
        "allow_promotion_codes": params.get("allow_promotion_codes", False),
        "application": None,
        "automatic_tax": {"enabled": False, "liability": None},
        "billing_address_collection": "auto",
        "consent_collection": None,
        "currency": currency,
        "custom_fields": [],
        "custom_text": _custom_text(params),
        "customer_creation": "if_required",
        "inactive_message": params.get("inactive_message"),
        "invoice_creation": None,
        "livemode": books.live,
        "metadata": params.get("metadata", {}),
        "on_behalf_of": None,
        "payment_intent_data": _intent_data(params),
        "payment_method_collection": "always",
        "payment_method_types": params.get("payment_method_types"),
        "phone_number_collection": {"enabled": False},
        "restrictions": {"completed_sessions": {"count": 0, "limit": limit}} if limit is not None else None,
        "shipping_address_collection": None,
        "shipping_options": [],
        "submit_type": params.get("submit_type", "auto"),
        "subscription_data": None,
        "tax_id_collection": {"enabled": False, "required": "never"},
        "transfer_data": None,
        "url": f"{base_url}/pay/{token}",
    }
    books.tokens[token] = link["id"]
    return link


def _custom_text(params: Obj) -> Obj:
    given = params.get("custom_text", {})
    names = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    return {name: given.get(name) for name in names}


def _intent_data(params: Obj) -> Obj | None:
    given = params.get("payment_intent_data")
    if given is None:
        return None
    return {
        "capture_method": None,
        "description": given.get("description"),
        "metadata": given.get("metadata", {}),
        "setup_future_usage": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": given.get("statement_descriptor_suffix"),
        "transfer_group": None,
    }


def product(world: World, books: Books, data: Obj) -> Obj:
    return {
        "id": world.new_id("prod_", 14),
        "object": "product",
        "active": True,
        "created": world.seconds(),
        "description": data.get("description"),
        "images": [],
        "livemode": books.live,
        "marketing_features": [],
        "metadata": data.get("metadata", {}),
        "name": data["name"],
        "package_dimensions": None,
        "shippable": None,
        "tax_code": None,
        "updated": world.seconds(),
        "url": None,
    }


def price(world: World, books: Books, product_id: str, currency: str, unit_amount: int) -> Obj:
    return {
        "id": world.new_id("price_1"),
        "object": "price",
        "active": False,  # made for one link: not offered elsewhere
        "billing_scheme": "per_unit",
        "created": world.seconds(),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": books.live,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": product_id,
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit_amount,
        "unit_amount_decimal": str(unit_amount),
    }


def line_item(world: World, made: Obj, name: str, quantity: int) -> Obj:
    total = made["unit_amount"] * quantity
    return {
        "id": world.new_id("li_1"),
        "object": "item",
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": made["currency"],
        "description": name,
        "price": made,
        "quantity": quantity,
    }


def session(world: World, books: Books, link: Obj) -> Obj:
    total = sum(item["amount_total"] for item in books.line_items[link["id"]])
    made = world.seconds()
    return {
        "id": world.new_id("cs_live_a1" if books.live else "cs_test_a1", 58),
        "object": "checkout.session",
        "after_expiration": None,
        "allow_promotion_codes": link["allow_promotion_codes"],
        "amount_subtotal": total,
        "amount_total": total,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": "auto",
        "cancel_url": None,
        "client_reference_id": None,
        "created": made,
        "currency": link["currency"],
        "custom_fields": [],
        "custom_text": link["custom_text"],
        "customer": None,
        "customer_creation": "if_required",
        "customer_details": None,
        "customer_email": None,
        "expires_at": made + SESSION_LIFE,
        "invoice": None,
        "livemode": books.live,
        "metadata": dict(link["metadata"]),
        "mode": "payment",
        "payment_intent": None,  # made when the payer first presses the button
        "payment_link": link["id"],
        "payment_method_collection": "always",
        "payment_method_types": link["payment_method_types"] or ["card", "us_bank_account"],
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "setup_intent": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": link["submit_type"],
        "subscription": None,
        "success_url": link["url"],
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": link["url"],
    }


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


def charge(world: World, books: Books, intent: Obj, method: str, status: str) -> Obj:
    details: Obj = (
        {"type": "card", "card": {"brand": "visa", "country": "US", "last4": "4242", "funding": "credit"}}
        if method == "card"
        else {"type": "us_bank_account", "us_bank_account": {"bank_name": "STRIPE TEST BANK", "last4": "6789"}}
    )
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
    world: World, source: Obj, kind: str, *, amount: int, fee: int = 0, category: str | None = None
) -> Obj:
    made = world.seconds()
    return {
        "id": world.new_id("txn_3"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": made + 2 * 86400,
        "balance_type": "payments",
        "created": made,
        "currency": source["currency"],
        "description": source.get("description"),
        "exchange_rate": None,
        "fee": fee,
        "fee_details": (
            [
                {
                    "amount": fee,
                    "application": None,
                    "currency": source["currency"],
                    "description": "Stripe processing fees",
                    "type": "stripe_fee",
                }
            ]
            if fee
            else []
        ),
        "net": amount - fee,
        "reporting_category": category or kind,
        "source": source["id"],
        "status": "pending",
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
    }


def dispute(world: World, paid: Obj) -> Obj:
    return {
        "id": world.new_id("du_1"),
        "object": "dispute",
        "amount": paid["amount"],
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


def payout(world: World, books: Books, currency: str, amount: int) -> Obj:
    made = world.seconds()
    return {
        "id": world.new_id("po_1"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": made,
        "automatic": True,
        "balance_transaction": None,
        "created": made,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": None,
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": books.live,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "completed",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "paid",
        "trace_id": None,
        "type": "bank_account",
    }


def webhook_endpoint(world: World, books: Books, params: Obj) -> Obj:
    return {
        "id": world.new_id("we_1"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": world.seconds(),
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": books.live,
        "metadata": params.get("metadata", {}),
        "status": "enabled",
        "url": params["url"],
    }
