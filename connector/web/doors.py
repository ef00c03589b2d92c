"""Which webhooks are taken: a table made from the settings, anew whenever they are read."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo

from adapters.incoming import Reader
from adapters.registry import DOORS, imported
from adapters.settings_base import ServiceSettings
from connector.config import CompanySettings, Loaded
from connector.domain.phone import Phone


@dataclass(frozen=True, slots=True)
class OpenDoor:
    """One company's webhook of one service. `url` is the address the world knows it by, "" where nobody asks."""

    company: str
    business: str
    name: str
    secret: str
    settings: ServiceSettings
    url: str
    read: Reader
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))  # these are for replies: see `flows.answers.Inbox`
    country: str = ""
    take_promises: bool = False
    forward_to: Phone | None = None
    mails: bool = False
    owners: frozenset[Phone] = frozenset()

    def __str__(self) -> str:
        return f"{self.company}/{self.name}"

    def __repr__(self) -> str:
        return f"OpenDoor({self})"  # without the secret


Doors = dict[tuple[str, str], OpenDoor]  # by company id and the end of the address


def doors_of(loaded: Loaded) -> Doors:
    """The doors that can tell a genuine request from a forged one; the others stay shut."""
    found: Doors = {}
    for company in loaded.settings.companies:
        if company.enabled:
            found |= {(company.id, name): door for name in DOORS if (door := _door(loaded, company, name)) is not None}
    return found


def _door(loaded: Loaded, company: CompanySettings, name: str) -> OpenDoor | None:
    known, public_url = DOORS[name], loaded.settings.daemon.public_url
    settings: Any = getattr(company, known.section)
    if known.kind and settings.kind != known.kind:
        return None
    pointer = getattr(settings, known.secret)
    if pointer is None or pointer not in loaded.secrets or (known.by_address and public_url is None):
        return None
    return OpenDoor(
        company=company.id,
        business=company.name_in_texts,
        name=name,
        secret=loaded.secrets.value(pointer),
        settings=settings,
        url=f"{public_url}/hooks/{company.id}/{name}" if public_url else "",
        read=imported(known.reader),
        zone=ZoneInfo(company.timezone),
        country=company.country,
        take_promises=company.replies.take_promises,
        forward_to=company.replies.forward_phone,
        mails=company.mail.mails_replies,
        owners=frozenset(Phone(one) for one in (company.notices.owner_notice, company.replies.forward_text) if one),
    )
