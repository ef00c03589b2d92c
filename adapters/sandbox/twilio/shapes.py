"""The JSON Twilio answers with: string numbers, RFC 2822 dates in the 2010 API, ISO dates in the newer ones."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any

from adapters.sandbox.twilio.world import EPOCH, WAITING, Account, Message, Number, Service, country_of

API = "/2010-04-01/Accounts"


def rfc2822(at: datetime | None) -> str | None:
    """`Thu, 24 Aug 2023 05:01:45 +0000`: whole seconds, always GMT."""
    return format_datetime(at.replace(microsecond=0)) if at else None


def message_json(message: Message) -> dict[str, Any]:
    uri = f"{API}/{message.account_sid}/Messages/{message.sid}"
    choosing = message.service_sid is not None and message.status == "accepted"
    sign = "" if message.direction == "inbound" else "-"
    return {
        "account_sid": message.account_sid,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc2822(message.created_at),
        "date_sent": rfc2822(message.sent_at),
        "date_updated": rfc2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": None,
        "from": message.from_,
        "messaging_service_sid": message.service_sid,
        "num_media": "0",
        "num_segments": "0" if choosing else str(message.segments),
        "price": f"{sign}{message.price}" if message.price is not None else None,
        "price_unit": "USD" if message.price is not None else None,
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
        "to": message.to,
        "uri": f"{uri}.json",
    }


def account_json(account: Account) -> dict[str, Any]:
    base = f"{API}/{account.sid}"
    return {
        "auth_token": account.auth_token,
        "date_created": rfc2822(EPOCH),
        "date_updated": rfc2822(EPOCH),
        "friendly_name": account.friendly_name,
        "owner_account_sid": account.sid,
        "sid": account.sid,
        "status": account.status,
        "subresource_uris": {"messages": f"{base}/Messages.json", "balance": f"{base}/Balance.json"},
        "type": "Trial" if account.trial else "Full",
        "uri": f"{base}.json",
    }


def number_json(account: Account, number: Number) -> dict[str, Any]:
    return {
        "account_sid": account.sid,
        "address_requirements": "none",
        "address_sid": None,
        "api_version": "2010-04-01",
        "beta": False,
        "bundle_sid": None,
        "capabilities": {"voice": True, "sms": number.sms, "mms": number.sms, "fax": False},
        "date_created": rfc2822(EPOCH),
        "date_updated": rfc2822(EPOCH),
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "emergency_status": "Inactive",
        "friendly_name": number.e164,
        "identity_sid": None,
        "origin": "twilio",
        "phone_number": number.e164,
        "sid": number.sid,
        "sms_application_sid": number.sms_application_sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": number.sms_url,
        "status": "in-use",
        "status_callback": "",
        "status_callback_method": "POST",
        "trunk_sid": None,
        "uri": f"{API}/{account.sid}/IncomingPhoneNumbers/{number.sid}.json",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": None,
        "voice_method": "POST",
        "voice_receive_mode": "voice",
        "voice_url": None,
    }


def service_json(account: Account, service: Service, origin: str) -> dict[str, Any]:
    url = f"{origin}/v1/Services/{service.sid}"
    return {
        "account_sid": account.sid,
        "area_code_geomatch": True,
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "fallback_method": "POST",
        "fallback_to_long_code": False,
        "fallback_url": None,
        "friendly_name": service.friendly_name,
        "inbound_method": "POST",
        "inbound_request_url": service.inbound_request_url,
        "links": {"phone_numbers": f"{url}/PhoneNumbers", "messages": f"{url}/Messages"},
        "mms_converter": True,
        "scan_message_content": "inherit",
        "sid": service.sid,
        "smart_encoding": False,
        "status_callback": service.status_callback,
        "sticky_sender": True,
        "synchronous_validation": False,
        "url": url,
        "us_app_to_person_registered": service.campaign_status == "VERIFIED",
        "use_inbound_webhook_on_number": service.use_inbound_webhook_on_number,
        "usecase": "notifications",
        "validity_period": 36000,
    }


def pool_json(account: Account, service: Service, number: Number, origin: str) -> dict[str, Any]:
    return {
        "account_sid": account.sid,
        "capabilities": ["SMS", "Voice"] if number.sms else ["Voice"],
        "country_code": country_of(number.e164),
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "phone_number": number.e164,
        "service_sid": service.sid,
        "sid": number.sid,
        "url": f"{origin}/v1/Services/{service.sid}/PhoneNumbers/{number.sid}",
    }


def short_code_json(account: Account, service: Service, code: str, origin: str) -> dict[str, Any]:
    sid = "SC" + f"{int(code):032x}"
    return {
        "account_sid": account.sid,
        "capabilities": ["SMS"],
        "country_code": "US",
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "service_sid": service.sid,
        "short_code": code,
        "sid": sid,
        "url": f"{origin}/v1/Services/{service.sid}/ShortCodes/{sid}",
    }


def alpha_sender_json(account: Account, service: Service, name: str, origin: str) -> dict[str, Any]:
    sid = "AI" + name.encode().hex().ljust(32, "0")
    return {
        "account_sid": account.sid,
        "alpha_sender": name,
        "capabilities": ["SMS"],
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "service_sid": service.sid,
        "sid": sid,
        "url": f"{origin}/v1/Services/{service.sid}/AlphaSenders/{sid}",
    }


def campaign_json(account: Account, service: Service, origin: str) -> dict[str, Any]:
    """https://www.twilio.com/docs/messaging/api/usapptoperson-resource."""
    sid = "QE" + service.sid[2:]
    return {
        "account_sid": account.sid,
        "age_gated": False,
        "brand_registration_sid": "BN" + account.sid[2:],
        "campaign_id": "C" + service.sid[2:9].upper() if service.campaign_status == "VERIFIED" else None,
        "campaign_status": service.campaign_status,
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "description": "Texts customers of this business about their own invoices.",
        "direct_lending": False,
        "errors": list(service.campaign_errors),
        "has_embedded_links": True,
        "has_embedded_phone": False,
        "help_keywords": ["HELP"],
        "help_message": "Reply STOP to unsubscribe.",
        "is_externally_registered": False,
        "message_flow": "Customers agree on paper when they place an order.",
        "message_samples": ["Acme: invoice 7 for $120.00 is due today. Pay: https://buy.stripe.com/test_abc"],
        "messaging_service_sid": service.sid,
        "mock": False,
        "opt_in_keywords": ["START"],
        "opt_in_message": "You have successfully been re-subscribed.",
        "opt_out_keywords": ["STOP"],
        "opt_out_message": "You have successfully been unsubscribed.",
        "rate_limits": {"att": {"mps": 75, "msg_class": "T"}, "tmobile": {"brand_tier": "LOW"}},
        "sid": sid,
        "subscriber_opt_in": True,
        "url": f"{origin}/v1/Services/{service.sid}/Compliance/Usa2p/{sid}",
        "us_app_to_person_usecase": "LOW_VOLUME",
    }


def verification_json(account: Account, number: Number, origin: str) -> dict[str, Any]:
    """https://www.twilio.com/docs/messaging/api/tollfree-verification-resource; of the form only what matters."""
    sid = "HH" + number.sid[2:]
    return {
        "account_sid": account.sid,
        "business_name": account.friendly_name,
        "business_type": "PRIVATE_PROFIT",
        "date_created": _iso(EPOCH),
        "date_updated": _iso(EPOCH),
        "edit_allowed": None,
        "edit_expiration": None,
        "error_code": None,
        "message_volume": "1,000",
        "opt_in_type": "PAPER_FORM",
        "rejection_reason": number.rejection_reason,
        "rejection_reasons": None,
        "resource_links": {},
        "sid": sid,
        "status": number.verification,
        "tollfree_phone_number": number.e164,
        "tollfree_phone_number_sid": number.sid,
        "url": f"{origin}/v1/Tollfree/Verifications/{sid}",
        "use_case_categories": ["ACCOUNT_NOTIFICATIONS"],
    }


def lookup_json(
    number: str, wanted: frozenset[str], line: str, verified: str | None, new_hands: str | None
) -> dict[str, Any]:
    """https://www.twilio.com/docs/lookup/v2-api: packages that were not asked for are null."""
    packages = (
        *("caller_name", "sim_swap", "call_forwarding", "line_status", "line_type_intelligence", "identity_match"),
        *("reassigned_number", "sms_pumping_risk", "phone_number_quality_score", "pre_fill"),
    )
    found: dict[str, Any] = dict.fromkeys(packages)
    if "line_type_intelligence" in wanted:
        carrier = {"mobile_country_code": "310", "mobile_network_code": "010", "carrier_name": "Sandbox"}
        found["line_type_intelligence"] = {**carrier, "type": line, "error_code": None}
    if "reassigned_number" in wanted and verified is not None:
        since = new_hands.replace("-", "") if new_hands else ""
        found["reassigned_number"] = {
            "last_verified_date": f"{verified[:4]}-{verified[4:6]}-{verified[6:]}",
            "is_number_reassigned": "yes" if verified < since else "no",
            "error_code": None,
        }
    return {
        **found,
        "calling_country_code": "1",
        "country_code": country_of(number),
        "national_format": number,
        "phone_number": number,
        "url": f"https://lookups.twilio.com/v2/PhoneNumbers/{number}",
        "valid": True,
        "validation_errors": [],
    }


def price_json(country: str, origin: str) -> dict[str, Any]:
    """List prices: https://www.twilio.com/docs/messaging/api/pricing. Figures are made up but of the right size."""
    per_kind = {"US": ("0.0083", "0.0083"), "CA": ("0.0083", "0.0083"), "GB": ("0.0524", "0.0524")}
    local, mobile = per_kind.get(country, ("0.0800", "0.0750"))
    prices = [
        {"number_type": "local", "base_price": local, "current_price": local},
        {"number_type": "mobile", "base_price": mobile, "current_price": mobile},
    ]
    return {
        "country": country,
        "iso_country": country,
        "url": f"{origin}/v1/Messaging/Countries/{country}",
        "outbound_sms_prices": [{"carrier": "Any", "mcc": "310", "mnc": "010", "prices": prices}],
        "inbound_sms_prices": prices[:1],
        "price_unit": "USD",
    }


def record_json(message: Message) -> dict[str, Any]:
    """For the control door: what happened, plainly."""
    return {
        "sid": message.sid,
        "account_sid": message.account_sid,
        "direction": message.direction,
        "from": message.sender,
        "to": message.to,
        "messaging_service_sid": message.service_sid,
        "body": message.body,
        "status": message.status,
        "error_code": message.error_code,
        "segments": message.segments,
        "validity_period": message.validity,
        "created_at": message.created_at.isoformat(),
        "sent_at": message.sent_at.isoformat() if message.sent_at else None,
    }


def is_open(message: Message) -> bool:
    """Whether time may still move it."""
    return message.direction == "outbound-api" and (message.status in WAITING or message.status == "sent")


def _iso(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
