"""A client of the processor's balance in memory, behind the `Treasury` port."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from adapters.memory.client import Client
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.world import History
from connector.domain.balance import BalanceChange, ChangeKind, Dispute, Held, Payout, Refund
from connector.errors import Rejected, RejectedBecause
from connector.ports.treasury import ChangePage

V = TypeVar("V")
T = TypeVar("T", Refund, Dispute, Payout)
P = TypeVar("P", Refund, Dispute)  # of a payment

PAGE = 1000


class MemoryTreasury(Client[StripeLikeWorld]):
    """The `Treasury` port onto a `StripeLikeWorld`. Lists may lag by its faults; reads by id are fresh."""

    port = "processor"
    page_size = PAGE

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        """Movements from `since` on, oldest first, `page_size` at once; lags with the lists."""
        return self._list("changes_since", (since, cursor), lambda seen: self._page(since, int(cursor or 0), seen))

    def change(self, change_id: str) -> BalanceChange | None:
        """That movement, None where there is none."""
        return self._read("change", (change_id,), lambda: _latest(self.world.balance.changes.get(change_id)))

    def change_of_payment(self, payment_id: str) -> BalanceChange | None:
        """The movement by which that payment came in, None where it is not there yet."""
        return self._read("change_of_payment", (payment_id,), lambda: self._came_in(payment_id))

    def change_of_refund(self, refund_id: str) -> BalanceChange | None:
        """The movement by which that refund left, None where it is not there yet."""
        return self._read("change_of_refund", (refund_id,), lambda: self._left(ChangeKind.REFUND, refund_id))

    def change_of_dispute(self, dispute_id: str) -> BalanceChange | None:
        """The movement by which that dispute took its money, None where it has taken none."""
        return self._read("change_of_dispute", (dispute_id,), lambda: self._left(ChangeKind.DISPUTE, dispute_id))

    def change_of_failed_debit(self, payment_id: str) -> BalanceChange | None:
        """The movement by which that bank debit was taken back, None where it was not."""
        kind, charge = ChangeKind.PAYMENT_FAILURE, f"ch_{payment_id}"
        return self._read("change_of_failed_debit", (payment_id,), lambda: self._left(kind, charge))

    def changes_back(self, payment_id: str) -> Sequence[BalanceChange]:
        """The movements by which money of that payment went back and came again."""
        return self._read("changes_back", (payment_id,), lambda: self._back(payment_id))

    def changes_of_payout(self, payout_id: str) -> Sequence[BalanceChange]:
        """What an automatic payout contains.

        Raises:
            Rejected: BUSINESS_RULE where it was asked for by hand; NOT_FOUND.
        """
        return self._read("changes_of_payout", (payout_id,), lambda: self._contained(payout_id))

    def payout(self, payout_id: str) -> Payout | None:
        """That payout, None where there is none."""
        return self._read("payout", (payout_id,), lambda: _latest(self.world.balance.payouts.get(payout_id)))

    def payouts_since(self, since: datetime) -> Sequence[Payout]:
        """Payouts made from `since` on; lags with the lists."""
        return self._since("payouts_since", since, lambda: self.world.balance.payouts)

    def refunds_since(self, since: datetime) -> Sequence[Refund]:
        """Refunds made from `since` on; lags with the lists."""
        return self._since("refunds_since", since, lambda: self.world.balance.refunds)

    def disputes_since(self, since: datetime) -> Sequence[Dispute]:
        """Disputes begun from `since` on; lags with the lists."""
        return self._since("disputes_since", since, lambda: self.world.balance.disputes)

    def refunds_of(self, payment_id: str) -> Sequence[Refund]:
        """Refunds of one payment; lags with the lists."""
        return self._of("refunds_of", payment_id, lambda: self.world.balance.refunds)

    def disputes_of(self, payment_id: str) -> Sequence[Dispute]:
        """Disputes of one payment; lags with the lists."""
        return self._of("disputes_of", payment_id, lambda: self.world.balance.disputes)

    def balance(self) -> Mapping[str, Held]:
        """What is there now."""
        return self._read("balance", (), self.world.balance.held)

    def _page(self, since: datetime, start: int, horizon: datetime) -> ChangePage:
        known = (history.as_of(horizon) for history in self.world.balance.changes.values())
        whole = since.replace(microsecond=0)
        found = [one for one in known if one is not None and one.created_at >= whole]
        end = start + self.page_size
        return ChangePage(tuple(found[start:end]), str(end) if len(found) > end else None)

    def _came_in(self, payment_id: str) -> BalanceChange | None:
        found = (history.latest for history in self.world.balance.changes.values())
        return next((one for one in found if one.kind is ChangeKind.PAYMENT and one.payment_id == payment_id), None)

    def _left(self, kind: ChangeKind, source_id: str) -> BalanceChange | None:
        found = (history.latest for history in self.world.balance.changes.values())
        return next((one for one in found if one.kind is kind and one.source_id == source_id), None)

    def _back(self, payment_id: str) -> tuple[BalanceChange, ...]:
        found = (history.latest for history in self.world.balance.changes.values())
        return tuple(one for one in found if one.payment_id == payment_id and (one.refund_id or one.dispute_id))

    def _contained(self, payout_id: str) -> tuple[BalanceChange, ...]:
        balance = self.world.balance
        one = _latest(balance.payouts.get(payout_id))
        if one is None:
            raise Rejected("There is no such payout.", because=RejectedBecause.NOT_FOUND, service=self.service)
        if not one.automatic:
            raise Rejected(
                "What a payout contains that was asked for by hand cannot be told.",
                because=RejectedBecause.BUSINESS_RULE,
                service=self.service,
            )
        inside = (
            history.latest
            for change_id, history in balance.changes.items()
            if balance.payout_of.get(change_id) == payout_id
        )
        return tuple(one for one in inside if one.kind is not ChangeKind.PAYOUT or one.payout_id != payout_id)

    def _since(self, method: str, since: datetime, table: Callable[[], Mapping[str, History[T]]]) -> tuple[T, ...]:
        whole = since.replace(microsecond=0)
        return self._list(
            method, (since,), lambda seen: tuple(one for one in _as_of(table(), seen) if one.created_at >= whole)
        )

    def _of(self, method: str, payment_id: str, table: Callable[[], Mapping[str, History[P]]]) -> tuple[P, ...]:
        return self._list(
            method,
            (payment_id,),
            lambda seen: tuple(one for one in _as_of(table(), seen) if one.payment_id == payment_id),
        )


def _as_of(table: Mapping[str, History[V]], horizon: datetime) -> list[V]:
    return [one for history in table.values() if (one := history.as_of(horizon)) is not None]


def _latest(history: History[V] | None) -> V | None:
    return history.latest if history is not None else None
