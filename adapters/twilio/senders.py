"""A company's sender as Twilio shows it: whether it can text, whether replies are kept, what else sends from it.

Reads only: a handful of calls, and one more for each messaging service of the account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from adapters.twilio import registration
from adapters.twilio.registration import HIDDEN, Read
from adapters.twilio.settings import TwilioSettings, name_mark
from adapters.twilio.translate import can_text
from connector.domain.phone import Phone
from connector.domain.senders import NAME_COUNTRIES, NameRule
from connector.errors import Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import SenderSeen

_POOL: Final = 400  # Twilio's limit of senders in a service
_SERVICES: Final = 100  # messaging services of one account; a business has one or two
_DEMO_HOST: Final = "demo.twilio.com"  # what a fresh number points to: it answers customers with a sample sentence
_KEPT: Final = "kept by Twilio and read from there"

_STOP_LOST = (
    "A customer's STOP and every other reply would be dropped and never shown. In the Twilio Console open "
    "Messaging > Services > (this service) > Integration and choose 'Defer to sender's webhook', or choose "
    "'Send a webhook' and give the address of a TwiML Bin that answers <Response/>. Do not choose 'Drop the message'."
)


def look(client: Any, settings: TwilioSettings, read: Read) -> SenderSeen:
    """Everything about the sender. An error of Twilio's is raised: what could not be seen must not pass for well."""
    if settings.messaging_service_sid is not None:
        seen = _service(client, settings, settings.messaging_service_sid, read)
    elif settings.from_number is not None:
        seen = _number(client, settings, settings.from_number, read)
    else:
        seen = _name(client, settings, str(settings.sender_name), read)
    lacking = any(one.weight is not Weight.OK and one.subject in registration.SUBJECTS for one in seen.findings)
    return replace(seen, registered=not lacking)


# ------------------------------------------------------------------------------------------------------- a number


def _number(client: Any, settings: TwilioSettings, number: str, read: Read) -> SenderSeen:
    held = read(lambda: client.incoming_phone_numbers.list(phone_number=number, limit=1))
    shown = Phone(number).masked
    if not held:
        fix = "Check from_number against Phone Numbers > Manage > Active numbers in the Twilio Console."
        problem = Finding(Weight.PROBLEM, "Sender", f"{shown} is not a number of this Twilio account", fix)
        return SenderSeen(frozenset({settings.mark}), (problem,))
    findings = [
        Finding(Weight.OK, "Sender", f"{shown} can send texts")
        if can_text(held[0].capabilities)
        else _cannot_text(shown)
    ]
    marks = {settings.mark}
    try:
        service, pool = _service_with(client, number, read)
        if service is None:
            findings += [_number_replies(held[0]), *registration.without_service(number)]
        else:
            marks |= _marks(client, settings, service, pool, read)
            findings.append(_replies_through(service, held[0]))
            context = client.messaging.v1.services(service.sid)
            findings += registration.of_service(context, str(service.friendly_name), [number], read)
    except HIDDEN as error:  # a key that may not read services: the number itself was seen
        seen = f"it could not be seen whether the number is in a service that drops replies: {error.message}"
        findings.append(
            Finding(Weight.WARNING, "Replies", seen, "Look under Messaging > Services in the Twilio Console.")
        )
    findings += registration.of_toll_free(client, [(number, str(held[0].sid))], read)
    return SenderSeen(frozenset(marks), tuple(findings))


def _service_with(client: Any, number: str, read: Read) -> tuple[Any, list[Any]]:
    """The messaging service that has this number, with its pool: a number is in one at most; (None, []) in none."""
    services = client.messaging.v1.services
    for service in read(lambda: services.list(limit=_SERVICES)):
        pool = read(partial(services(service.sid).phone_numbers.list, limit=_POOL))
        if number in {row.phone_number for row in pool}:
            return service, pool
    return None, []


def _replies_through(service: Any, held: Any) -> Finding:
    """What comes in on a number inside a messaging service goes by the service's setting, not by the number's own."""
    if service.use_inbound_webhook_on_number:
        return _number_replies(held)
    if not service.inbound_request_url:
        seen = f"the number is in the messaging service '{service.friendly_name}', which drops every reply"
        return Finding(Weight.PROBLEM, "Replies", seen, _STOP_LOST)
    return Finding(Weight.OK, "Replies", _KEPT)


def _number_replies(held: Any) -> Finding:
    """By a number's own settings. An application goes before the address; Twilio keeps what comes in either way."""
    if held.sms_application_sid:
        answers = f"; the application {held.sms_application_sid} answers them as well"
        return Finding(Weight.OK, "Replies", f"{_KEPT}{answers}")
    if _DEMO_HOST in (held.sms_url or ""):
        return _sample_answer(Phone(held.phone_number).masked)
    return Finding(Weight.OK, "Replies", _KEPT)


# ------------------------------------------------------------------------------------------------------ a service


def _service(client: Any, settings: TwilioSettings, sid: str, read: Read) -> SenderSeen:
    context = client.messaging.v1.services(sid)
    try:
        service = read(context.fetch)
    except Rejected as error:
        if error.because is not RejectedBecause.NOT_FOUND:
            raise
        fix = "Check messaging_service_sid against Messaging > Services in the Twilio Console."
        problem = Finding(Weight.PROBLEM, "Sender", f"this Twilio account has no messaging service {sid}", fix)
        return SenderSeen(frozenset({settings.mark}), (problem,))
    pool = read(lambda: context.phone_numbers.list(limit=_POOL))
    codes = read(lambda: context.short_codes.list(limit=_POOL))
    names = read(lambda: context.alpha_senders.list(limit=_POOL))
    able = [row for row in pool if can_text(row.capabilities)]
    findings = [_pool(str(service.friendly_name), [*pool, *codes], [*able, *codes])]
    if names:
        findings.append(_names(", ".join(str(row.alpha_sender) for row in names)))
    findings += _replies(client, service, able, read)
    numbers = [str(row.phone_number) for row in able]
    findings += registration.of_service(context, str(service.friendly_name), numbers, read)
    findings += registration.of_toll_free(client, [(str(row.phone_number), str(row.sid)) for row in able], read)
    marks = {settings.mark, *(str(row.phone_number) for row in pool), *(str(row.short_code) for row in codes)}
    return SenderSeen(frozenset(marks | _name_marks(settings, names)), tuple(findings))


def _marks(client: Any, settings: TwilioSettings, service: Any, pool: Sequence[Any], read: Read) -> set[str]:
    """What a number shares with everything else in its messaging service: opt-outs, the brand, the campaign."""
    names = read(partial(client.messaging.v1.services(service.sid).alpha_senders.list, limit=_POOL))
    numbers = {str(row.phone_number) for row in pool}
    return {str(service.sid).lower(), *numbers} | _name_marks(settings, names)


def _name_marks(settings: TwilioSettings, names: Sequence[Any]) -> set[str]:
    return {name_mark(settings.account_sid, str(row.alpha_sender)) for row in names}


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
        own = [_number_replies(held[row.phone_number]) for row in able if row.phone_number in held]
        return [one for one in own if one.weight is not Weight.OK] or [Finding(Weight.OK, "Replies", _KEPT)]
    if not service.inbound_request_url:
        return [Finding(Weight.PROBLEM, "Replies", "the messaging service drops every reply", _STOP_LOST)]
    return [Finding(Weight.OK, "Replies", _KEPT)]


def _cannot_text(shown: str) -> Finding:
    fix = "Rent a number whose capabilities include SMS, under Phone Numbers > Manage > Buy a number."
    return Finding(Weight.PROBLEM, "Sender", f"{shown} cannot send texts", fix)


def _sample_answer(shown: str) -> Finding:
    fix = (
        "In the Twilio Console open Phone Numbers > Manage > Active numbers > (this number) > Messaging and clear "
        "'A message comes in', or give a TwiML Bin that answers <Response/>."
    )
    return Finding(Weight.WARNING, "Replies", f"{shown} answers every customer with Twilio's sample sentence", fix)


# --------------------------------------------------------------------------------------------------------- a name


def _name(client: Any, settings: TwilioSettings, name: str, read: Read) -> SenderSeen:
    """A name is nobody's property at Twilio: only whether a service of the account has it too can be asked."""
    marks = {settings.mark}
    services = client.messaging.v1.services
    try:
        for service in read(lambda: services.list(limit=_SERVICES)):
            names = read(partial(services(service.sid).alpha_senders.list, limit=_POOL))
            if settings.mark in _name_marks(settings, names):
                marks.add(str(service.sid).lower())
    except HIDDEN:
        pass  # a key that may not read services: the settings were compared all the same
    duties = "; ".join(f"{at}: {one.todo}" for at, one in NAME_COUNTRIES.items() if one.rule is NameRule.REGISTERED)
    free = ", ".join(at for at, one in NAME_COUNTRIES.items() if one.rule is NameRule.FREE)
    return SenderSeen(
        frozenset(marks),
        (
            Finding(Weight.OK, "Sender", f"texts come from the name '{name}'; it may text {free} as it is", duties),
            Finding(
                Weight.WARNING,
                "Replies",
                f"nobody can reply to '{name}', so nobody can say STOP",
                "Say in each text how else to say no (words in the settings: a phone number, an address), enter "
                "every such wish with `duebird consent revoke`, or send from a number, which hears STOP by itself.",
            ),
        ),
    )
