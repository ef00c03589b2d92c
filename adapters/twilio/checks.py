"""What `duebird check` asks Twilio: credentials, sender, whether replies would be seen, balance. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any, Final

from adapters.twilio.settings import TwilioSettings
from adapters.twilio.translate import can_text
from connector.domain.phone import Phone
from connector.errors import DuebirdError, NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight

Read = Callable[[Callable[[], Any]], Any]

_LOW: Final = Decimal(5)  # some 300 texts in North America, fewer elsewhere: a day's work, and time to top up
_POOL: Final = 400  # Twilio's limit of senders in a service
_SERVICES: Final = 100  # messaging services of one account; a business has one or two
_DEMO_HOST: Final = "demo.twilio.com"  # what a fresh number points to: it answers customers with a sample sentence

_STOP_LOST = (
    "A customer's STOP and every other reply would be dropped and never shown. In the Twilio Console open "
    "Messaging > Services > (this service) > Integration and choose 'Defer to sender's webhook', or choose "
    "'Send a webhook' and give the address of a TwiML Bin that answers <Response/>. Do not choose 'Drop the message'."
)


def inspect(client: Any, settings: TwilioSettings, read: Read) -> Sequence[Finding]:
    """All findings; the later ones are left out where the credentials do not work."""
    try:
        balance = read(client.api.v2010.account.balance.fetch)
    except NeedsReauthorisation as error:
        return (Finding(Weight.PROBLEM, "Twilio credentials", error.message, error.advice),)
    except Rejected:
        balance = None  # subaccounts have none of their own
    except DuebirdError as error:
        return (Finding(Weight.PROBLEM, "Twilio", error.message, error.advice),)
    findings = [Finding(Weight.OK, "Twilio credentials", "accepted"), _balance(balance)]
    try:
        service = settings.messaging_service_sid
        findings += _service(client, service, read) if service else _number(client, str(settings.from_number), read)
    except DuebirdError as error:
        findings.append(Finding(Weight.PROBLEM, "Sender", error.message, error.advice))
    findings.append(
        Finding(
            Weight.OK,
            "Countries",
            "which countries may be texted cannot be asked by program",
            "Customers abroad? Tick their countries in the Console under Messaging > Settings > Geo permissions.",
        )
    )
    return tuple(findings)


def _balance(balance: Any) -> Finding:
    try:
        amount = Decimal(balance.balance)
    except (AttributeError, InvalidOperation, TypeError):
        return Finding(
            Weight.OK, "Balance", "not shown for this account", "Look at the main account's balance now and then."
        )
    seen = f"{amount:.2f} {balance.currency}"
    top_up = "Top up in the Twilio Console under Admin > Account billing, and switch on auto-recharge there."
    if amount <= 0:
        return Finding(Weight.PROBLEM, "Balance", f"{seen}: Twilio sends nothing", top_up)
    return Finding(Weight.WARNING, "Balance", seen, top_up) if amount < _LOW else Finding(Weight.OK, "Balance", seen)


def _number(client: Any, number: str, read: Read) -> list[Finding]:
    held = read(lambda: client.incoming_phone_numbers.list(phone_number=number, limit=1))
    shown = Phone(number).masked
    if not held:
        fix = "Check from_number against Phone Numbers > Manage > Active numbers in the Twilio Console."
        return [Finding(Weight.PROBLEM, "Sender", f"{shown} is not a number of this Twilio account", fix)]
    if not can_text(held[0].capabilities):
        return [_cannot_text(shown)]
    findings = [Finding(Weight.OK, "Sender", f"{shown} can send texts")]
    if (dropped := _dropped_by_a_service(client, number, read)) is not None:
        findings.append(dropped)
    elif _DEMO_HOST in (held[0].sms_url or ""):
        findings.append(_sample_answer(shown))
    else:
        findings.append(Finding(Weight.OK, "Replies", "kept by Twilio and read from there"))
    return findings


def _dropped_by_a_service(client: Any, number: str, read: Read) -> Finding | None:
    """What comes in on a number inside a messaging service goes by the service's setting, not by the number's own."""
    services = client.messaging.v1.services
    try:
        for service in read(lambda: services.list(limit=_SERVICES)):
            if service.inbound_request_url or service.use_inbound_webhook_on_number:
                continue
            pool = read(partial(services(service.sid).phone_numbers.list, limit=_POOL))
            if number in {row.phone_number for row in pool}:
                seen = f"the number is in the messaging service '{service.friendly_name}', which drops every reply"
                return Finding(Weight.PROBLEM, "Replies", seen, _STOP_LOST)
    except DuebirdError as error:
        seen = f"it could not be seen whether the number is in a service that drops replies: {error.message}"
        return Finding(Weight.WARNING, "Replies", seen, "Look under Messaging > Services in the Twilio Console.")
    return None


def _service(client: Any, sid: str, read: Read) -> list[Finding]:
    context = client.messaging.v1.services(sid)
    try:
        service = read(context.fetch)
    except Rejected as error:
        if error.because is not RejectedBecause.NOT_FOUND:
            raise
        fix = "Check messaging_service_sid against Messaging > Services in the Twilio Console."
        return [Finding(Weight.PROBLEM, "Sender", f"this Twilio account has no messaging service {sid}", fix)]
    pool = read(lambda: context.phone_numbers.list(limit=_POOL))
    codes = read(lambda: context.short_codes.list(limit=_POOL))
    able = [row for row in pool if can_text(row.capabilities)]
    findings = [_pool(str(service.friendly_name), [*pool, *codes], [*able, *codes])]
    names = read(lambda: context.alpha_senders.list(limit=_POOL))
    if names:
        findings.append(_names(", ".join(str(row.alpha_sender) for row in names)))
    findings += _replies(client, service, able, read)
    if service.us_app_to_person_registered is False and any(row.country_code == "US" for row in able):
        findings.append(
            Finding(
                Weight.WARNING,
                "US registration",
                "no A2P 10DLC campaign: US carriers refuse texts from ordinary US numbers (error 30034)",
                "Register the company and its campaign under Messaging > Regulatory compliance. "
                "A verified toll-free number needs none.",
            )
        )
    return findings


def _pool(name: str, pool: Sequence[Any], able: Sequence[Any]) -> Finding:
    where = f"Open Messaging > Services > {name} > Sender pool in the Twilio Console and add a number that can text."
    if not pool:
        return Finding(Weight.PROBLEM, "Sender", f"the messaging service '{name}' has no number", where)
    if not able:
        return Finding(Weight.PROBLEM, "Sender", f"no number of the messaging service '{name}' can text", where)
    return Finding(Weight.OK, "Sender", f"messaging service '{name}' with {len(able)} number(s) that can text")


def _names(names: str) -> Finding:
    """Alphanumeric senders go one way only. https://www.twilio.com/docs/glossary/what-alphanumeric-sender-id."""
    return Finding(
        Weight.WARNING,
        "Names as senders",
        f"{names}: who gets a text from a name cannot reply, so cannot say STOP, though the text offers it",
        "Take the name out of the service's Sender pool and let a number send, or tell customers another way to say "
        "no and enter it with `duebird consent`.",
    )


def _replies(client: Any, service: Any, able: Sequence[Any], read: Read) -> list[Finding]:
    """A service with no inbound address disables receiving, and what is sent to it is not logged.

    https://www.twilio.com/docs/messaging/api/service-resource (InboundRequestUrl).
    """
    if service.use_inbound_webhook_on_number:
        held = {row.phone_number: row for row in read(lambda: client.incoming_phone_numbers.list(limit=_POOL))}
        sample = [
            _sample_answer(Phone(row.phone_number).masked)
            for row in able
            if row.phone_number in held and _DEMO_HOST in (held[row.phone_number].sms_url or "")
        ]
        return sample or [Finding(Weight.OK, "Replies", "kept by Twilio and read from there")]
    if not service.inbound_request_url:
        return [Finding(Weight.PROBLEM, "Replies", "the messaging service drops every reply", _STOP_LOST)]
    return [Finding(Weight.OK, "Replies", "kept by Twilio and read from there")]


def _cannot_text(shown: str) -> Finding:
    fix = "Rent a number whose capabilities include SMS, under Phone Numbers > Manage > Buy a number."
    return Finding(Weight.PROBLEM, "Sender", f"{shown} cannot send texts", fix)


def _sample_answer(shown: str) -> Finding:
    fix = (
        "In the Twilio Console open Phone Numbers > Manage > Active numbers > (this number) > Messaging and clear "
        "'A message comes in', or give a TwiML Bin that answers <Response/>."
    )
    return Finding(Weight.WARNING, "Replies", f"{shown} answers every customer with Twilio's sample sentence", fix)
