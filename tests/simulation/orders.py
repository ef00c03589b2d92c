"""The owner's word on single payments: `undo`, `rebook`, `credit`, `release`, `retry --first-open-day`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from random import Random
from typing import Final

from connector.assemble import State
from connector.domain.effect import EffectKind
from connector.domain.reversal import Cause
from connector.domain.settlement import Refunds
from connector.flows.already import said_of
from connector.flows.closed import ordered
from connector.flows.credit import held_key
from connector.flows.once_more import again_of
from connector.flows.reversal import entries_of, planned
from tests.simulation.cells import Sometimes
from tests.simulation.machine import COMPANY, Machine
from tests.simulation.purse import Order, Ordered
from tests.simulation.town import Town

BY: Final = "owner"


class Orders:
    """What he types, from the seed. Every order is on the town's record, with the true time."""

    def __init__(self, seed: str, town: Town) -> None:
        self._dice = Random(f"{seed}/orders")
        self._of_refunds = Random(f"{seed}/orders/refunds")  # apart, so that all else in a seed stays as it is
        self._town = town

    def types(self, machine: Machine, state: State, now: datetime, *, calm: bool) -> bool:
        """Whether he typed anything. `now` is by the machine's clock; `calm`: nothing new, and nothing is put off."""
        if not self._town.purse.moves:
            return False
        before = len(self._town.ordered)
        rows = machine.on_record(_PAYMENTS)
        if not calm and rows and self._dice.random() < 0.08:
            self._undoes(machine, state, self._dice.choice(rows)[0], now)
        if not calm and self._town.purse.refunds is Refunds.BOOK and self._of_refunds.random() < 0.08:
            self._undoes_refund(machine, state, list(dict.fromkeys(row[0] for row in rows)), now)
        self._on_reversed(state, [payment_id for payment_id, _, verdict, _ in rows if verdict == "reversed"], now)
        if not calm:
            self._credits(state, rows, now)
        self._on_closed(machine, state, now)
        return len(self._town.ordered) > before

    def tries_again(self, state: State, key: str, now: datetime) -> None:
        """As `duebird retry`, with `--already-booked` where he was asked about an entry that is that very payment."""
        row = state.store.effects.get(key)
        said = None if row is None else said_of(row, self._town.others.answer(row))
        if said is None:
            state.store.effects.order_retry(key, now)
        else:
            state.store.entry_recognised(key, said, now, why="ordered by a person", ordered=True)

    def _order(self, what: Order, payment_id: str = "", ledger_id: str = "") -> None:
        self._town.ordered.append(Ordered(self._town.clock.now(), what, payment_id, ledger_id))

    def _undoes(self, machine: Machine, state: State, payment_id: str, now: datetime) -> None:
        entries = entries_of(state.queries, COMPANY, state.queries.payment_parts(COMPANY, payment_id))
        identity = machine.rules.identity
        wanted = [planned(identity, one, cause=Cause.UNDO, by=BY, why="a mistake") for one in entries]
        if wanted and state.store.reversals_planned(COMPANY, wanted, now):
            self._order(Order.UNDO, payment_id)
            self._town.tally.reached[Sometimes.UNDONE] += 1

    def _undoes_refund(self, machine: Machine, state: State, payment_ids: Sequence[str], now: datetime) -> None:
        """One entry of money that went back, by its own reference; the booking stays."""
        found = [
            (payment_id, one)
            for payment_id in payment_ids
            for one in entries_of(state.queries, COMPANY, state.queries.payment_parts(COMPANY, payment_id))
            if one.kind == EffectKind.BOOK_REFUND
        ]
        if not found:
            return
        payment_id, entry = self._of_refunds.choice(found)
        wanted = planned(machine.rules.identity, entry, cause=Cause.UNDO, by=BY, why="it was a mistake")
        if state.store.reversals_planned(COMPANY, [wanted], now):
            self._order(Order.UNDO_REFUND, payment_id)
            self._town.tally.reached[Sometimes.REFUND_UNDONE] += 1

    def _on_reversed(self, state: State, payment_ids: Sequence[str], now: datetime) -> None:
        """He lets reminders go on, or has it booked again where the money is there, or leaves it as it is."""
        for payment_id in dict.fromkeys(payment_ids):
            kind = self._dice.random()
            parts = state.queries.payment_parts(COMPANY, payment_id)
            if kind < 0.15:
                for ledger_id in sorted({one.ledger_id for one in parts}):
                    if state.store.release(COMPANY, "invoice", ledger_id, now):
                        self._order(Order.RELEASE, payment_id, ledger_id)
            elif kind < 0.3 and self._town.dealings.is_whole(payment_id):
                wanted = again_of(state.queries, COMPANY, parts)
                if any(one.order.anew and one.in_the_way for one in wanted):
                    continue  # the command says that a credit must go first
                for one in wanted:
                    state.store.booking_ordered_again(COMPANY, one.order, now, by=BY)
                    self._order(Order.REBOOK, payment_id, one.order.ledger_id)
                    self._town.tally.reached[Sometimes.BOOKED_ONCE_MORE] += 1

    def _credits(self, state: State, rows: Sequence[tuple[str, ...]], now: datetime) -> None:
        """Of what is held he makes a credit, where the money is still there; some of it he leaves."""
        for payment_id, ledger_id, verdict, shared in rows:
            if verdict == "held" and self._dice.random() < 0.25 and self._town.dealings.is_whole(payment_id):
                item = held_key(COMPANY, payment_id, ledger_id if shared else "")
                state.store.credit_ordered(COMPANY, payment_id, ledger_id, item, now)
                self._order(Order.CREDIT, payment_id, ledger_id)

    def _on_closed(self, machine: Machine, state: State, now: datetime) -> None:
        """What the closed books keep out he may have on the first open day."""
        for (key,) in machine.on_record(_REFUSED):
            row = state.store.effects.get(key)
            if row is not None and "closed through" in (row.error or "") and self._dice.random() < 0.3:
                state.store.first_open_day_ordered(key, ordered(row), now)
                self._order(Order.OPEN_DAY, ledger_id=row.subject)


_PAYMENTS: Final = (
    "select payment_id, ledger_id, verdict, shared from payments order by created_at, payment_id, ledger_id"
)
_REFUSED: Final = (
    "select key from effects where status = 'rejected' "
    "and kind in ('book_payment', 'book_credit', 'book_refund') order by key"
)
