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
        "settings": {
            "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
            "card_payments": {
                "statement_descriptor_prefix": None,
                "statement_descriptor_prefix_kana": None,
                "statement_descriptor_prefix_kanji": None,
            },
            "dashboard": {"display_name": one.name, "timezone": "Etc/UTC"},
            "payments": {
                "statement_descriptor": None,
                "statement_descriptor_kana": None,
                "statement_descriptor_kanji": None,
            },
        },
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
        "id": data.get("id") or world.new_id("prod_", 14),
        "object": "product",
        "active": data.get("active", True),
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
