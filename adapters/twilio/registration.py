"""Whether US carriers will take what a sender sends, as far as Twilio's API shows it. Reads only.

Local numbers: https://www.twilio.com/docs/messaging/api/usapptoperson-resource. Toll-free ones:
https://www.twilio.com/docs/messaging/api/tollfree-verification-resource.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from connector.domain.phone import Phone, region_of
from connector.errors import NeedsReauthorisation, Rejected
from connector.ports.findings import Finding, Weight

Read = Callable[[Callable[[], Any]], Any]

# What a key without that right is answered; that the credentials themselves are good was seen before.
HIDDEN: Final = (Rejected, NeedsReauthorisation)

SUBJECT: Final = "US registration"
TOLL_FREE: Final = "Toll-free verification"
SUBJECTS: Final = frozenset((SUBJECT, TOLL_FREE))
_MOST: Final = 20  # campaigns of a service: Twilio allows one; verifications of a number: one, and those of before
_TOLL_FREE_MOST: Final = 20  # toll-free numbers of one service that are asked about, one call each

_TOLL_FREE: Final = re.compile(r"\+1(800|833|844|855|866|877|888)\d{7}", re.ASCII)
_WHERE: Final = "Twilio Console > Messaging > Regulatory compliance"
_LEFT: Final = "US carriers refuse every text from it (error 30034), after Twilio has taken it and its fee"
_APPROVED, _WAITING = "VERIFIED", frozenset(("PENDING", "IN_PROGRESS"))


def is_toll_free(number: str) -> bool:
    """Whether it is a North American toll-free number: these are verified instead of registered."""
    return _TOLL_FREE.fullmatch(number) is not None


def is_us_local(number: str) -> bool:
    """Whether US carriers want it registered: every +1 number that is not toll-free, also a Canadian one."""
    return number.startswith("+1") and not is_toll_free(number)


def without_service(number: str) -> list[Finding]:
    """A number in no messaging service: a campaign belongs to a service, so this number can be in none."""
    if not is_us_local(number):
        return []
    shown = Phone(number).masked
    fix = (
        f"Register the company as brand and a campaign under {_WHERE} > A2P 10DLC, and add the number to the sender "
        "pool of the campaign's messaging service. A small office fits Low-Volume Standard."
    )
    return [
        _lacking([number], SUBJECT, f"{shown} is in no messaging service, so in no A2P 10DLC campaign: {_LEFT}", fix)
    ]


def of_service(context: Any, name: str, numbers: Sequence[str], read: Read) -> list[Finding]:
    """The campaign of a messaging service with these numbers."""
    local = [one for one in numbers if is_us_local(one)]
    if not local:
        return []
    try:
        campaigns = read(partial(context.us_app_to_person.list, limit=_MOST))
    except HIDDEN as refusal:
        return [_hidden(SUBJECT, refusal.message)]
    if any(one.campaign_status == _APPROVED for one in campaigns):
        return [Finding(Weight.OK, SUBJECT, f"the A2P 10DLC campaign of '{name}' is approved")]
    if not campaigns:
        fix = f"Register the company and a campaign for this service under {_WHERE} > A2P 10DLC."
        return [_lacking(local, SUBJECT, f"the messaging service '{name}' has no A2P 10DLC campaign: {_LEFT}", fix)]
    return [_unfinished(campaigns[0], name, local)]


def _unfinished(campaign: Any, name: str, numbers: Sequence[str]) -> Finding:
    status = str(campaign.campaign_status or "of unknown status")
    if status in _WAITING:
        seen = f"the A2P 10DLC campaign of '{name}' is not approved yet ({status}): until then {_LEFT}"
        return _lacking(numbers, SUBJECT, seen, f"Wait: it takes days to weeks. How far it is: {_WHERE} > A2P 10DLC.")
    why = "; ".join(filter(None, (_words(one) for one in campaign.errors or ())))
    seen = f"the A2P 10DLC campaign of '{name}' was refused or ended ({status}){f', {why}' if why else ''}: {_LEFT}"
    fix = f"Mend what it names and send it in again under {_WHERE} > A2P 10DLC. Carriers fine texts that evade it."
    return _lacking(numbers, SUBJECT, seen, fix)


def of_toll_free(client: Any, held: Sequence[tuple[str, str]], read: Read) -> list[Finding]:
    """The verifications of toll-free numbers, each as (number, its SID)."""
    return [_verified(client, number, sid, read) for number, sid in held[:_TOLL_FREE_MOST] if is_toll_free(number)]


def _verified(client: Any, number: str, sid: str, read: Read) -> Finding:
    shown = Phone(number).masked
    ask = partial(client.messaging.v1.tollfree_verifications.list, tollfree_phone_number_sid=sid, limit=_MOST)
    try:
        found = read(ask)
    except HIDDEN as refusal:
        return _hidden(TOLL_FREE, refusal.message)
    statuses = [str(one.status) for one in found]
    if "TWILIO_APPROVED" in statuses:
        return Finding(Weight.OK, TOLL_FREE, f"{shown} is verified")
    refused = "carriers in the US and Canada refuse every text from it (error 30032)"
    where = f"{_WHERE} > Toll-free verification"
    if not found:
        return Finding(
            Weight.PROBLEM, TOLL_FREE, f"{shown} is not verified: {refused}", f"Have it verified under {where}."
        )
    if statuses[0] == "TWILIO_REJECTED":
        why = f", {found[0].rejection_reason}" if found[0].rejection_reason else ""
        seen = f"the verification of {shown} was refused{why}: {refused}"
        return Finding(Weight.PROBLEM, TOLL_FREE, seen, f"Mend what it names and send it in again under {where}.")
    seen = f"the verification of {shown} is not finished ({statuses[0]}): until then {refused}"
    return Finding(Weight.PROBLEM, TOLL_FREE, seen, f"Wait: it takes days. How far it is: {where}.")


def _lacking(numbers: Sequence[str], subject: str, seen: str, fix: str) -> Finding:
    """Canadian numbers text Canadians without it: then it is a surprise, and no reason to stop."""
    abroad = all(region_of(Phone(one)) == "CA" for one in numbers)
    seen = f"{seen}. Texts within Canada are not concerned" if abroad else seen
    return Finding(Weight.WARNING if abroad else Weight.PROBLEM, subject, seen, fix)


def _hidden(subject: str, why: str) -> Finding:
    return Finding(Weight.WARNING, subject, f"it could not be seen: {why}", f"Look there: {_WHERE}.")


def _words(error: Any) -> str:
    """What a campaign's error says: https://www.twilio.com/docs/api/errors/30886 and around."""
    said = error.get("description") or error.get("error_code") or "" if isinstance(error, dict) else error
    return str(said).strip().rstrip(".")
