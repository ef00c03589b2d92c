"""The owner of the business that is new: nothing of it goes out before they have looked, and said so."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Final

from connector.assemble import State
from connector.demo.cast import PARTS, Act, Business, Part
from connector.demo.records import Records
from connector.demo.stage import Stage
from connector.domain.approval import Verdict
from state.views import Waiting

MOST: Final = 50  # texts that wait; the play has a handful
PROMISED_IN: Final = timedelta(days=6)
OWNER: Final = "the owner"


class Owner:
    """Looks at the texts that wait, settles what is to be settled first, approves one, and then lets the company go.

    What they type is done by the same facts that the commands record.
    """

    def __init__(
        self, business: Business, today: date, stage: Stage, state: State, now: Callable[[], datetime]
    ) -> None:
        """`today`: the civil date where the business is. `now`: the present instant, UTC."""
        self._business, self._today, self._stage, self._state, self._now = business, today, stage, state, now
        self._parts = [one for one in PARTS[business.id] if not one.later]
        self._first = next(one for one in self._parts if one.is_texted)
        self._next: Callable[[Records], bool] = self._look
        self.has_let_go = False  # the company is live

    def act(self, records: Records) -> None:
        """Do what is next, if it is time."""
        if not self.has_let_go:
            self._next(records)

    def _look(self, records: Records) -> bool:
        del records
        waiting = {one.receivable.number: one for one in self._state.queries.awaiting(self._business.id, MOST)}
        wanted = [one for one in self._parts if one.is_prepared]
        if any(one.number not in waiting for one in wanted):
            return False
        name, count = self._business.short, len(wanted)
        self._stage.event(
            f"{name} is new, so it is in draft: {count} texts are prepared and wait. Its owner looks at them.", "yellow"
        )
        for part in wanted:
            self._settle(part, waiting[part.number])
        first = waiting[self._first.number]
        self._typed(f"approve {self._first.number}", f"The first text may go, to {self._first.customer.short}.")
        self._state.store.said(self._business.id, [first.asked], Verdict.APPROVED, OWNER, self._now())
        self._next = self._go_live
        return True

    def _settle(self, part: Part, found: Waiting) -> None:
        company, ledger_id, short = self._business.id, found.receivable.ledger_id, part.customer.short
        if part.act is Act.DISPUTE:
            self._typed(f"dispute {part.number}", f"{short} has called: the amount is wrong.")
            self._state.store.disputed(company, [ledger_id], "says the amount is wrong", self._now())
        if part.act is Act.PROMISE:
            day = self._today + PROMISED_IN
            self._typed(f"promise {part.number} --until {day}", f"{short} has called and will pay by then.")
            self._state.store.promised(company, ledger_id, day, "by phone", self._now())
        if part.act is Act.HOLD:
            self._typed(f"hold {part.number}", f"{short} is a friend: a call will do.")
            self._state.store.hold(company, "invoice", ledger_id, "a call will do", self._now())
        if part.act is Act.REFUSE:
            self._typed(f"refuse {part.number}", f"{short} has just been here: not this text.")
            self._state.store.said(company, [found.asked], Verdict.REFUSED, OWNER, self._now())

    def _go_live(self, records: Records) -> bool:
        if not records.notices(self._first.number):
            return False
        self._typed(f"go-live {self._business.id}", "It reads well: the others may go by themselves.")
        self._state.store.went_live(self._business.id, OWNER, self._now())
        self.has_let_go = True
        return True

    def _typed(self, command: str, why: str) -> None:
        self._stage.event(f"{why} The owner's word: duebird {command}", "magenta")
