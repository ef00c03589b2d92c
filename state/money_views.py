"""Questions about money that are not asked in each pass."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam

from connector.domain.already import NAMED
from connector.domain.effect import EffectKind, EffectStatus
from state import asked
from state.letter_views import LetterViews
from state.rows import records, records_of, select_of, select_some, table_of
from state.tables import AttentionRow, EffectRow, HintRow

_EFFECT = table_of(EffectRow).c
_ADOPTED: Final = select_of(
    EffectRow,
    _EFFECT.kind == EffectKind.BOOK_PAYMENT.value,
    _EFFECT.status == EffectStatus.DONE.value,
    _EFFECT.request.contains(f'"{NAMED}":'),
)
_ITEM_KEYS: Final = select_some(AttentionRow, "key", only="key")

_IN_CLEARING: Final = (EffectKind.BOOK_PAYMENT, EffectKind.BOOK_CREDIT, EffectKind.BOOK_REFUND)
_DONE_SINCE: Final = select_of(
    EffectRow,
    _EFFECT.kind.in_([one.value for one in (*_IN_CLEARING, EffectKind.REVERSE_BOOKING)]),
    _EFFECT.status == EffectStatus.DONE.value,
    _EFFECT.finished_at >= bindparam("since"),
    _EFFECT.finished_at < bindparam("until"),
).order_by(_EFFECT.finished_at, _EFFECT.key)
_FIRST_DONE: Final = _DONE_SINCE.limit(bindparam("most"))
_HINT = table_of(HintRow).c
# That money went back, or how that ended: by the time that is worked on it may have come again. The event of the end
# may never come.
_OF_WHAT_WENT_BACK: Final = (
    "charge.refunded",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
)
_HEARD_AGAIN: Final = (
    select_of(
        HintRow,
        _HINT.kind.in_(_OF_WHAT_WENT_BACK),
        _HINT.worked_at >= bindparam("since"),
        _HINT.worked_at < bindparam("until"),
    )
    .order_by(_HINT.worked_at, _HINT.event_id)
    .limit(bindparam("most"))
)
_DIFFERENCES: Final = select_of(
    EffectRow,
    _EFFECT.kind == EffectKind.BOOK_EXCHANGE.value,
    _EFFECT.status == EffectStatus.DONE.value,
)
_CASH: Final = (EffectKind.BOOK_FEE, EffectKind.BOOK_PAYOUT, EffectKind.BOOK_EXCHANGE)
_CASH_ENTRY: Final = select_of(
    EffectRow,
    _EFFECT.kind.in_([one.value for one in _CASH]),
    _EFFECT.status == EffectStatus.DONE.value,
    _EFFECT.request.contains(bindparam("named")),
)


class MoneyViews(LetterViews):
    """What was adopted, and what was heard and told of a payment."""

    def adopted_bookings(self, company: str) -> list[EffectRow]:
        """Bookings that are done and name an entry of somebody else's in their frozen values."""
        with self._db.ask() as connection:
            return records(connection, EffectRow, _ADOPTED, company=company)

    def entries_done(self, company: str, since: datetime, until: datetime, most: int) -> list[EffectRow]:
        """Bookings, credits and refunds entered, and entries taken out, from `since` to before `until`, oldest first.

        At most so many at once, so that whoever goes on does so from after the last; but those that were concluded at
        one instant are never parted.
        """
        with self._db.ask() as connection:
            of = {"company": company, "until": until}
            found = records(connection, EffectRow, _FIRST_DONE, since=since, most=most, **of)
            if len(found) < most:
                return found
            last = found[-1].finished_at
            whole = [one for one in found if one.finished_at != last]
            return whole or [
                one for one in records(connection, EffectRow, _DONE_SINCE, since=last, **of) if one.finished_at == last
            ]

    def heard_again(self, company: str, since: datetime, until: datetime, most: int) -> list[HintRow]:
        """News that was worked on from `since` to before `until`, of money that may have come again, oldest first."""
        with self._db.ask() as connection:
            return records(connection, HintRow, _HEARD_AGAIN, company=company, since=since, until=until, most=most)

    def exchange_differences(self, company: str) -> list[EffectRow]:
        """Differences of exchange that are entered."""
        with self._db.ask() as connection:
            return records(connection, EffectRow, _DIFFERENCES, company=company)

    def cash_entry(self, company: str, reference: str) -> EffectRow | None:
        """The fee, payout or difference of exchange that is entered under that reference."""
        with self._db.ask() as connection:
            found = records(connection, EffectRow, _CASH_ENTRY, company=company, named=f'"reference":"{reference}"')
        return found[0] if found else None

    def hints_about(self, company: str, object_ids: Sequence[str]) -> list[HintRow]:
        """Every event of those objects, worked on or not. Reads through all events."""
        with self._db.ask() as connection:
            return records_of(connection, HintRow, asked.HINTS_ABOUT, company, object_ids)

    def told_before(self, company: str, keys: Sequence[str]) -> set[str]:
        """Which of those items of attention were ever put before a person, settled or not."""
        with self._db.ask() as connection:
            found = records_of(connection, AttentionRow, _ITEM_KEYS, company, keys)
        return {one.key for one in found}
