"""POST Messages: every check Twilio makes before it accepts a text, in its order."""

from __future__ import annotations

import re
from datetime import datetime
from urllib.parse import urlsplit

from adapters.sandbox.twilio.refusals import Refusal
from adapters.sandbox.twilio.world import Account, Message, Service, World, country_of

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}")
NO_NAMES = frozenset(("US", "CA"))  # +1 as a whole, since a twin goes by country code alone

# Magic numbers of test credentials. https://www.twilio.com/docs/iam/test-credentials
_TEST_FROM = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
_TEST_TO = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}


def create_message(world: World, account: Account, form: dict[str, str], now: datetime) -> Message:
    """Accept a text or raise `Refusal`. Test credentials validate and keep nothing."""
    _check_form(form)
    to, body = form["To"], form["Body"]
    if not _E164.fullmatch(to):
        raise Refusal(21211, to)
    if account.test:
        return _pretend(world, account, form, now)
    service, sender = _sender(account, form)
    _check_recipient(world, account, sender, service, to)
    landline = to in world.landlines
    message = world.write(
        account,
        now=now,
        direction="outbound-api",
        to=to,
        sender=sender,
        from_=None if service else sender,
        service_sid=service.sid if service else None,
        body=f"Sent from your Twilio trial account - {body}" if account.trial else body,
        status="accepted" if service else "queued",
        validity=int(form.get("ValidityPeriod") or 36000),
        status_callback=form.get("StatusCallback") or (service.status_callback if service else None),
        fate=30006 if landline else None,
    )
    account.keep(message)
    return message


def _check_form(form: dict[str, str]) -> None:
    if not form.get("To"):
        raise Refusal(21604)
    if not form.get("From") and not form.get("MessagingServiceSid"):
        raise Refusal(21603)
    if not form.get("Body"):
        raise Refusal(21602)
    if len(form["Body"]) > 1600:
        raise Refusal(21617)
    period = form.get("ValidityPeriod")
    if period and not (period.isdigit() and 1 <= int(period) <= 36000):
        raise Refusal(20001, "ValidityPeriod")
    callback = form.get("StatusCallback")
    if callback and (not urlsplit(callback).hostname or "_" in (urlsplit(callback).hostname or "")):
        raise Refusal(21609, callback)


def _pretend(world: World, account: Account, form: dict[str, str], now: datetime) -> Message:
    sender = form.get("From", "")
    if sender != "+15005550006":
        raise Refusal(_TEST_FROM.get(sender, 21606), sender)
    if form["To"] in _TEST_TO:
        raise Refusal(_TEST_TO[form["To"]], form["To"])
    return world.write(
        account,
        now=now,
        direction="outbound-api",
        to=form["To"],
        sender=sender,
        from_=sender,
        service_sid=None,
        body=form["Body"],
        status="queued",
    )


def _sender(account: Account, form: dict[str, str]) -> tuple[Service | None, str]:
    sid, number = form.get("MessagingServiceSid"), form.get("From")
    if not sid:
        number = number or ""  # the form was checked: one of the two is there
        if not _E164.fullmatch(number):
            return None, _name(account, number, form["To"])
        if number not in account.numbers or not account.numbers[number].sms:
            raise Refusal(21606, number)
        return None, number
    service = account.services.get(sid)
    if service is None:
        raise Refusal(21705, sid)
    if not service.numbers:
        raise Refusal(21704)
    usable = [n for n in service.numbers if n in account.numbers and account.numbers[n].sms]
    if number and number not in usable:
        raise Refusal(21606, number)
    if not usable:
        raise Refusal(21703)
    return service, number or _sticky(account, service, usable, form["To"])


def _name(account: Account, name: str, to: str) -> str:
    """A name as sender. https://help.twilio.com/articles/223181348: up to 11, a letter among them, no trial account."""
    if not _NAME.fullmatch(name) or account.trial or not account.names_allowed:
        raise Refusal(21212, name)
    if country_of(to) in NO_NAMES:
        raise Refusal(21612, to)
    return name


def _sticky(account: Account, service: Service, usable: list[str], to: str) -> str:
    """The number that person knows already, else one of that person's country, else the first."""
    known = next((m.sender for m in reversed(account.by_to.get(to, [])) if m.service_sid == service.sid), None)
    if known in usable:
        return str(known)
    return next((n for n in usable if country_of(n) == country_of(to)), usable[0])


def _check_recipient(world: World, account: Account, sender: str, service: Service | None, to: str) -> None:
    if to == sender:
        raise Refusal(21211, to)
    if world.habits.geo is not None and country_of(to) not in world.habits.geo:
        raise Refusal(21408, to)
    if account.trial and to not in account.verified:
        raise Refusal(21608, to)
    if (service.sid if service else account.scope_of(sender), to) in account.opted_out:
        raise Refusal(21610)
    if to in world.landlines and world.habits.landlines_refused:
        raise Refusal(21614, to)
