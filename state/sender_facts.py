"""Facts about who sends and who receives: a sender shared or refused, and what a look-up said of a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from connector.domain.dunning import Reason
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from state import asked, books
from state.facts import Attention, Facts, put_attention, put_hold, review_scope
from state.names import COUNTRY, SENDER
from state.rows import change, first, records, table_of
from state.tables import HoldRow, LookedUpRow, ReceivableRow, UnreachableRow

_HOLD, _RECEIVABLE = table_of(HoldRow), table_of(ReceivableRow)
_LIFTED: Final = delete(_HOLD).where(
    _HOLD.c.company == bindparam("whose"), _HOLD.c.scope == bindparam("what"), _HOLD.c.subject == bindparam("which")
)
_SEEN, _OUT = table_of(LookedUpRow), table_of(UnreachableRow)
_LOOKED_UP: Final = insert(_SEEN)
_LOOKED_UP_AGAIN: Final = (
    update(_SEEN)
    .where(_SEEN.c.company == bindparam("at_company"), _SEEN.c.phone == bindparam("at_phone"))
    .values({name: bindparam(name) for name in ("line", "reassigned", "looked_at")})
)
_UNREACHABLE: Final = insert(_OUT)
_UNREACHABLE_KNOWN: Final = select(_OUT.c.code).where(
    _OUT.c.company == bindparam("at_company"), _OUT.c.phone == bindparam("at_phone")
)
_DECIDED_ANEW: Final = (
    update(_RECEIVABLE)
    .where(
        _RECEIVABLE.c.company == bindparam("whose"),
        _RECEIVABLE.c.state == ReceivableState.OPEN.value,
        _RECEIVABLE.c.reason == bindparam("why"),
    )
    .values(review_at=bindparam("at"))
)


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a look-up said of a number and what follows: `code` where no text reaches it, customers to be `held`."""

    line: str
    reassigned: bool | None
    code: str = ""
    held: tuple[str, ...] = ()
    why: str = ""
    told: Attention | None = None


class SenderFacts(Facts):
    """What was seen of the sender."""

    def sender_shared(self, company: str, told: Mapping[str, Attention], now: datetime) -> bool:
        """It is also the sender of exactly these companies: until none is left nothing is texted from it.

        `told`: what a person reads, by the other company. Returns whether that is other than before.
        """
        if not told and not self._held(company, SENDER):  # nearly always: then there is nothing to write down
            return False
        with self.database.record() as connection:
            known = _subjects(connection, company, SENDER)
            for other, attention in told.items():
                put_hold(connection, company, SENDER, other, "both companies text from it", now)
                put_attention(connection, company, attention, now)
            self._lift(connection, company, SENDER, set(known) - set(told), now)
        return set(known) != set(told)

    def country_closed(self, company: str, country: str, why: str, now: datetime) -> None:
        """Carriers of that country refuse the sender: it texts nobody there until it is opened again."""
        with self.database.record() as connection:
            put_hold(connection, company, COUNTRY, country, why, now)

    def countries_opened(self, company: str, before: datetime, now: datetime) -> list[str]:
        """Text again to the countries that were closed before then; which they were."""
        if not self._held(company, COUNTRY):
            return []
        with self.database.record() as connection:
            known = _subjects(connection, company, COUNTRY)
            opened = sorted(country for country, since in known.items() if since <= before)
            self._lift(connection, company, COUNTRY, opened, now)
        return opened

    def number_looked_up(self, company: str, phone: Phone, learnt: Learnt, now: datetime) -> None:
        """What a look-up said, and everything that follows from it, together."""
        with self.database.record() as connection:
            values = {"line": learnt.line, "reassigned": learnt.reassigned, "looked_at": now}
            place = {"at_company": company, "at_phone": phone.e164}
            if not change(connection, _LOOKED_UP_AGAIN, {**place, **values}):
                change(connection, _LOOKED_UP, {"company": company, "phone": phone.e164, **values})
            if learnt.code and first(connection, _UNREACHABLE_KNOWN, **place) is None:
                refused = {"company": company, "phone": phone.e164, "code": learnt.code, "since": now}
                change(connection, _UNREACHABLE, refused)
                books.review_phone(connection, company, phone.e164, now)
            for customer in learnt.held:
                put_hold(connection, company, "customer", customer, learnt.why, now)
                review_scope(connection, company, "customer", customer, now)
            if learnt.told is not None:
                put_attention(connection, company, learnt.told, now)

    def _held(self, company: str, scope: str) -> bool:
        with self.database.ask() as connection:
            return bool(_subjects(connection, company, scope))

    @staticmethod
    def _lift(connection: Connection, company: str, scope: str, subjects: set[str] | list[str], now: datetime) -> None:
        why = Reason.SENDER_SHARED if scope == SENDER else Reason.SENDER_UNREGISTERED
        for subject in subjects:
            change(connection, _LIFTED, {"whose": company, "what": scope, "which": subject})
        if subjects:
            change(connection, _DECIDED_ANEW, {"whose": company, "why": why.value, "at": now})


def _subjects(connection: Connection, company: str, scope: str) -> dict[str, datetime]:
    rows = records(connection, HoldRow, asked.ON_SENDER, company=company)
    return {row.subject: row.since for row in rows if row.scope == scope}
