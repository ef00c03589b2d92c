"""What follows from a genuine webhook: made durable first, then the daemon is told to look."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from adapters.incoming import Heard
from connector.flows.listen import Inbox, replies_heard
from connector.ports.messenger import InboundText
from connector.web.doors import Doors, OpenDoor
from state.queries import Queries
from state.store import Store

# A look costs calls, and services send a webhook for each of a hundred edits. One a minute stays inside the smallest
# budget (1,000 calls a day at Xero, two a look) over a whole working day of edits.
LOOK_GAP: Final = 60.0


@dataclass(frozen=True, slots=True)
class Nudges:
    """How the daemon is told. `work`: a pass now over what is on record. `look`: one that asks every service."""

    work: Callable[[str], None]
    look: Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whom to nudge."""

    work: frozenset[str] = frozenset()
    look: frozenset[str] = frozenset()


class Intake:
    """Stores what was heard. Runs in a thread: the database may make it wait."""

    def __init__(self, store: Store, queries: Queries) -> None:
        self._store, self._queries = store, queries

    def take(self, door: OpenDoor, heard: Heard, doors: Doors, now: datetime) -> Wanted:
        """Durable when it returns. Repeats change nothing and wake nobody.

        Never moves a watermark: what a webhook did not bring must still be found by the next look.
        """
        news = heard.work and not (heard.hints or heard.texts or heard.settled_texts)
        if heard.hints:
            news |= self._store.hints_read(door.company, heard.hints, None, now) > 0
        if heard.texts:
            news |= self._replies(door, heard, now)
        for text_id in heard.settled_texts:
            news |= self._store.delivery_due(door.company, text_id, now)
        return Wanted(
            work=frozenset({door.company}) if news else frozenset(),
            look=self._concerned(door, heard, doors) if heard.look else frozenset(),
        )

    def _replies(self, door: OpenDoor, heard: Heard, now: datetime) -> bool:
        inbox = Inbox(
            door.company,
            door.business,
            self._store,
            self._queries,
            zone=door.zone,
            country=door.country,
            take_promises=door.take_promises,
            forward_to=door.forward_to,
            mails=door.mails,
            owners=door.owners,
        )
        texts = [self._in_order(door.company, text) for text in heard.texts]
        counts = replies_heard(inbox, texts, None, now, opted_out=heard.opted_out)
        return counts["replies"] > 0

    def _in_order(self, company: str, text: InboundText) -> InboundText:
        """What a person says now comes after everything they said before, even where our clock is slow.

        Polled texts carry the service's time, these carry ours. Without this, a STOP taken by a clock two minutes
        behind would stand before the consent it ends. Where both are of one instant, STOP wins.
        """
        known = self._queries.consent(company, text.sender.e164)
        latest = max((record.recorded_at for record in known), default=text.received_at)
        return replace(text, received_at=max(text.received_at, latest))

    def _concerned(self, door: OpenDoor, heard: Heard, doors: Doors) -> frozenset[str]:
        """Companies that share the app, and so its one address, where their books changed."""
        if heard.tenants is None:
            return frozenset({door.company})
        sharing = [one for one in doors.values() if one.name == door.name and one.secret == door.secret]
        return frozenset(one.company for one in sharing if self._tenant(one.company) in heard.tenants)

    def _tenant(self, company: str) -> str | None:
        bound = self._queries.identity(company)
        return bound.tenant_id.lower() if bound else None  # not bound yet: its first pass will look at everything


class Paced:
    """Looks at most once in `LOOK_GAP` seconds a company; what comes too soon is put off to then, never dropped."""

    def __init__(self, look: Callable[[str], None], elapsed: Callable[[], float]) -> None:
        self._look, self._elapsed = look, elapsed
        self._next: dict[str, float] = {}  # as many entries as companies
        self._put_off: set[str] = set()

    def look(self, company: str, later: Callable[[float, Callable[[], None]], object]) -> None:
        """Look now, or have it done by `later(seconds, action)`."""
        if company in self._put_off:
            return
        now = self._elapsed()
        wait = self._next.get(company, now) - now
        if wait <= 0:
            self._next[company] = now + LOOK_GAP
            self._look(company)
            return
        self._put_off.add(company)
        later(wait, lambda: self._put_off_look(company))

    def _put_off_look(self, company: str) -> None:
        self._put_off.discard(company)
        self._next[company] = self._elapsed() + LOOK_GAP
        self._look(company)
