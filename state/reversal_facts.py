"""Facts about bookings that are taken out of the ledger again, and about those a person orders anew after that."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, update

from connector.domain.effect import ONCE_MORE, EffectStatus
from connector.errors import Bug
from connector.ports.processor import Hint
from state import books
from state.adopting import Found, adopt
from state.facts import BY_FACTS, Attention, Facts, Planned, close_item, put_attention, put_hold, review_scope
from state.money_facts import put_hints
from state.rows import change, records, select_of, table_of
from state.tables import AttentionRow, EffectEventRow, EffectRow, HintRow, HoldRow

INVOICE: Final = "invoice"  # scope of a hold
OURS: Final = "its booking was taken out of the ledger"  # how the reason begins of a hold that follows a reversal

_HINT: Final = table_of(HintRow)
_HINT_WORKED: Final = (
    update(_HINT)
    .where(_HINT.c.company == bindparam("whose"), _HINT.c.event_id == bindparam("which"))
    .values(worked_at=bindparam("now"))
)
_EFFECT: Final = table_of(EffectRow)
_ONE: Final = select_of(EffectRow, _EFFECT.c.key == bindparam("wanted"))
_ONCE_MORE: Final = (
    update(_EFFECT)
    .where(_EFFECT.c.key == bindparam("wanted"), _EFFECT.c.status == EffectStatus.DONE.value)
    .values(
        status=bindparam("becomes"),
        slot=_EFFECT.c.slot + 1,
        due_at=bindparam("now"),
        finished_at=None,
        outcome=None,
    )
)
_EVENT: Final = insert(table_of(EffectEventRow))
_ITEM: Final = table_of(AttentionRow)
_MAY_COME_AGAIN: Final = (  # whoever took it off the list: what is decided anew may have to be told anew
    update(_ITEM)
    .where(_ITEM.c.company == bindparam("whose"), _ITEM.c.key == bindparam("which"))
    .values(closed_at=func.coalesce(_ITEM.c.closed_at, bindparam("now")), closed_by=BY_FACTS)
)
_HOLD: Final = table_of(HoldRow)
_OUR_HOLD_ENDED: Final = delete(_HOLD).where(
    _HOLD.c.company == bindparam("whose"),
    _HOLD.c.scope == INVOICE,
    _HOLD.c.subject == bindparam("which"),
    _HOLD.c.why.startswith(OURS, autoescape=True),
)


@dataclass(frozen=True, slots=True)
class OnceMore:
    """An order to book a payment on one receivable once more; its entries there are out of the ledger.

    `anew`: keys of what is decided about as if it had never been booked, for what is owed may have changed. `repeated`:
    keys of what is booked as it was, because another entry of the payment stands. `verdict`: the payment's, from now
    on. `settles`: items of attention that end. `told_before`: items that may have to come a second time.
    """

    payment_id: str
    ledger_id: str
    anew: tuple[str, ...]
    repeated: tuple[str, ...]
    verdict: str
    settles: tuple[str, ...]
    told_before: tuple[str, ...]


class ReversalFacts(Facts):
    """Reversals: ordered by the owner or by his rule, and concluded."""

    def reversals_planned(
        self,
        company: str,
        planned: Sequence[Planned],
        now: datetime,
        *,
        hints: Sequence[str] = (),
    ) -> int:
        """They are to be made; returns how many are new. `hints`: the events that led to them, which are worked."""
        with self.database.record() as connection:
            new = self.effects.plan_all(connection, company, [(one.effect, one.text) for one in planned], now)
            change(connection, _HINT_WORKED, [{"whose": company, "which": one, "now": now} for one in hints])
            for one in planned:
                books.review(connection, company, one.effect.subject, now)
        return new

    def booking_reversed(
        self,
        company: str,
        key: str,
        payment_id: str,
        entry_id: str,
        attention: Attention,
        now: datetime,
        *,
        note: str,
        holds: bool,
    ) -> None:
        """It is out of the ledger. `holds`: its invoice is owed again; no reminder goes out until it is released."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=entry_id, note=note)
            _reversed(connection, company, payment_id, row.subject, now, holds=holds)
            put_attention(connection, company, attention, now)

    def refund_entered(
        self,
        company: str,
        key: str,
        entry_id: str,
        attention: Attention,
        now: datetime,
        *,
        note: str,
        follow: Sequence[Planned],
    ) -> None:
        """What went back is in the ledger as an entry of its own. `follow`: it is to be taken out again at once."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=entry_id, note=note)
            self.effects.plan_all(connection, company, [(one.effect, one.text) for one in follow], now)
            put_attention(connection, company, attention, now)
            books.review(connection, company, row.subject, now)

    def refund_taken_out(
        self, company: str, key: str, entry_id: str, attention: Attention, now: datetime, *, note: str, told_before: str
    ) -> None:
        """The entry of what went back is out of the ledger; the payment and its invoice are as they were.

        `told_before`: the item that said it was entered. It asks for nothing any more.
        """
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.DONE, now, remote_id=entry_id, note=note)
            put_attention(connection, company, attention, now)
            close_item(connection, company, told_before, BY_FACTS, now)
            books.review(connection, company, row.subject, now)

    def refunds_found(self, company: str, found: Sequence[Found], why: str) -> None:
        """The ledger has entries of what went back that are on no record here."""
        with self.database.record() as connection:
            for one in found:
                adopt(connection, company, one, why)

    def reversal_dropped(self, company: str, key: str, attention: Attention, now: datetime, *, why: str) -> None:
        """The processor says by now that the money did not go back for good: nothing is reversed."""
        with self.database.record() as connection:
            row = self.effects.conclude(connection, key, EffectStatus.CANCELLED, now, note=why)
            put_attention(connection, company, attention, now)
            books.review(connection, company, row.subject, now)

    def reversal_found(
        self,
        company: str,
        payment_id: str,
        found: Sequence[Found],
        attention: Attention,
        now: datetime,
        *,
        holds: bool,
        why: str,
    ) -> bool:
        """The ledger has the entry of this payment, and that it was taken out: what was once booked, and its end.

        Returns whether that is news.
        """
        with self.database.record() as connection:
            new = [adopt(connection, company, one, why) for one in found]
            _reversed(connection, company, payment_id, found[0].effect.subject, now, holds=holds)
            put_attention(connection, company, attention, now)
            return any(new)

    def booking_ordered_again(
        self, company: str, again: OnceMore, now: datetime, *, by: str, hints: Sequence[Hint] = ()
    ) -> None:
        """A person wants a payment booked once more whose entries were reversed; reminders need no hold any more then.

        `hints`: what is to be looked at once it is booked.

        Raises:
            Bug: one is neither booking nor credit, or is not done.
        """
        with self.database.record() as connection:
            for key in again.anew:
                _once_more(connection, company, key, EffectStatus.CANCELLED, now, by)
            for key in again.repeated:
                _once_more(connection, company, key, EffectStatus.PLANNED, now, by)
            books.put_verdict(connection, company, again.payment_id, again.ledger_id, again.verdict)
            change(connection, _OUR_HOLD_ENDED, {"whose": company, "which": again.ledger_id})
            for item in again.settles:
                close_item(connection, company, item, "booked once more", now)
            asked = [{"whose": company, "which": item, "now": now} for item in again.told_before]
            change(connection, _MAY_COME_AGAIN, asked)
            put_hints(connection, company, hints, now)
            books.review(connection, company, again.ledger_id, now)


def _once_more(connection: Connection, company: str, key: str, becomes: EffectStatus, now: datetime, by: str) -> None:
    """What is done and out of the ledger again is free for another try, under a fresh slot."""
    [row] = records(connection, EffectRow, _ONE, company=company, wanted=key)
    values = {"wanted": key, "becomes": becomes.value, "now": now}
    if row.kind not in ONCE_MORE or not change(connection, _ONCE_MORE, values):
        raise Bug(f"effect {key} is {row.status}: it cannot be done once more; it stays as it is")
    before = EffectStatus.DONE.value
    note = f"ordered once more by {by}"
    change(connection, _EVENT, {"key": key, "at": now, "before": before, "after": becomes.value, "note": note})


def _reversed(
    connection: Connection, company: str, payment_id: str, ledger_id: str, now: datetime, *, holds: bool
) -> None:
    books.put_verdict(connection, company, payment_id, ledger_id, "reversed")
    if holds:
        put_hold(connection, company, INVOICE, ledger_id, f"{OURS} ({payment_id})", now)
    review_scope(connection, company, INVOICE, ledger_id, now)
