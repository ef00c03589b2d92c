"""Clients of the worlds in memory behind the ports of `connector.ports.records`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from adapters.memory.cash_world import CashWorld
from adapters.memory.entries import MemoryEntries
from adapters.memory.faults import Faults
from adapters.memory.ledger_world import LedgerWorld
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.processor import MemoryProcessor
from adapters.memory.records import credits_of, entry_of, link_of, text_of
from connector.domain.balance import ChangeKind
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import EntryRecord, RefundRecord, TextRecord
from connector.domain.reversal import Returned
from connector.ports.calls import CallMeter
from connector.ports.records import Links

OUR_BEGINNING = "DB"


class MemoryLedgerReader(MemoryEntries):
    """The `WholeLedger` port onto a `LedgerWorld` and the `CashWorld` beside it.

    As a live ledger, it does not tell who made an entry. `cash` may be left out where only payments are booked.
    """

    def __init__(
        self,
        world: LedgerWorld,
        *,
        cash: CashWorld | None = None,
        faults: Faults | None = None,
        meter: CallMeter | None = None,
        service: str | None = None,
    ) -> None:
        super().__init__(cash or CashWorld(world), faults=faults, meter=meter, service=service)

    def receivables(self, ledger_ids: Sequence[str]) -> Sequence[Receivable]:
        """Those invoices as they stand; deleted ones are left out."""
        wanted = tuple(ledger_ids)
        return self._read("receivables", (wanted,), lambda: [one for key in wanted if (one := self._one(key))])

    def entries_since(self, since: datetime) -> Sequence[EntryRecord]:
        """Payments and credits with a reference of our form made at or after `since`; lags with the lists."""
        return self._list("entries_since", (since,), lambda seen: self._entries(since, seen))

    def _entries(self, since: datetime, horizon: datetime) -> list[EntryRecord]:
        found = [entry_of(one) for one in self.world.entries.values() if one.as_of(horizon) is not None]
        found += credits_of(self.cash, horizon)
        return [
            replace(one, by_us=None)
            for one in found
            if one.made_at and one.made_at >= since and one.reference.startswith(OUR_BEGINNING)
        ]


class MemoryProcessorReader(MemoryProcessor):
    """The `ProcessorReader` port onto a `StripeLikeWorld`."""

    def our_links(self) -> Links:
        """Links with a reference, newest first; lags with the lists."""
        return self._list("our_links", (), self._ours)

    def amount_of_link(self, link_id: str) -> Money | None:
        """What a link asks, None where there is none."""
        return self._read("amount_of_link", (link_id,), lambda: self._asked(link_id))

    def _asked(self, link_id: str) -> Money | None:
        history = self.world.links.get(link_id)
        return history.latest.request.amount if history else None

    def returned(self, payment_id: str) -> Returned:
        """What went back of that payment; fresh, since it is read by the payment."""
        return self._read("returned", (payment_id,), lambda: self._returned(payment_id))

    def _returned(self, payment_id: str) -> Returned:
        balance = self.world.balance
        return Returned(
            tuple(one.latest for one in balance.refunds.values() if one.latest.payment_id == payment_id),
            tuple(one.latest for one in balance.disputes.values() if one.latest.payment_id == payment_id),
            debit_failed=any(
                one.latest.kind is ChangeKind.PAYMENT_FAILURE and one.latest.payment_id == payment_id
                for one in balance.changes.values()
            ),
        )

    def refunds_since(self, since: datetime) -> Sequence[RefundRecord]:
        """Refunds made at or after `since`."""
        return self._list("refunds_since", (since,), lambda seen: self._refunds(since, seen))

    def returned_since(self, since: datetime) -> Returned:
        """Refunds made and disputes begun at or after `since`; lags with the lists."""
        return self._list("returned_since", (since,), lambda seen: self._returned_since(since, seen))

    def _returned_since(self, since: datetime, horizon: datetime) -> Returned:
        balance = self.world.balance
        refunds = [one.as_of(horizon) for one in balance.refunds.values()]
        disputes = [one.as_of(horizon) for one in balance.disputes.values()]
        return Returned(
            tuple(one for one in refunds if one is not None and one.created_at >= since),
            tuple(one for one in disputes if one is not None and one.created_at >= since),
        )

    def _ours(self, horizon: datetime) -> Links:
        found = [link_of(one) for one in self.world.links.values() if one.as_of(horizon) is not None]
        return Links(tuple(one for one in reversed(found) if one.reference), whole=True)

    def _refunds(self, since: datetime, horizon: datetime) -> list[RefundRecord]:
        return [
            RefundRecord(one.refund_id, one.payment_id, one.amount, one.made_at)
            for one in self.world.refunds
            if since <= one.made_at <= horizon
        ]


class MemoryMessengerReader(MemoryMessenger):
    """The `MessengerReader` port onto a `CarrierWorld`."""

    def texts_since(self, since: datetime) -> Sequence[TextRecord]:
        """Texts accepted at or after `since`, oldest first; lags with the lists."""
        return self._list("texts_since", (since,), lambda seen: self._texts(since, seen))

    def _texts(self, since: datetime, horizon: datetime) -> list[TextRecord]:
        found = [text_of(one, {}) for one in self.world.texts.values() if one.as_of(horizon) is not None]
        return [one for one in found if one.created_at >= since.replace(microsecond=0)]
