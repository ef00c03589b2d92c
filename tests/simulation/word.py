"""The owner's word on single notices and invoices: what he reads on his list, and the commands he types on it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from connector.assemble import State
from connector.domain.approval import Verdict
from connector.domain.receivable import ReceivableState
from state.names import DISPUTE, PROMISE
from tests.simulation.machine import COMPANY, Machine
from tests.simulation.manners import Manners, Said, Talk, Topic, What
from tests.simulation.town import START, ZONE, Town

BY: Final = "owner"
MOST: Final = 50  # items he reads at once


class OwnersWord:
    """What he says, from the seed. Every word is on the town's record, with the true time."""

    def __init__(self, seed: str, town: Town) -> None:
        self._dice = Random(f"{seed}/word")
        self._town = town
        self._manners: Manners = town.manners
        self._live_at = START + timedelta(days=self._manners.live_on)

    def types(self, machine: Machine, state: State, now: datetime, *, calm: bool, alone: bool) -> bool:
        """Whether he let go what waited. `now` is by the machine's clock; `calm`: he leaves nothing for another day.

        Where it is not `alone`, he does not know which of his computers he would have to tell a promise.
        """
        before = len(self._town.said)
        self._goes_live(machine, state, now, calm=calm)
        if self._manners.drafts or self._manners.ask_always:
            self._on_notices(machine, state, now, calm=calm)
        if self._town.talks and alone:
            self._on_replies(machine, state, now, calm=calm)
        if not calm and alone:
            self._by_hand(machine, state, now)
        return any(one.what in {What.APPROVED, What.LIVE} for one in self._town.said[before:])

    def tells_again(self, machine: Machine, state: State, now: datetime) -> None:
        """After a recovery, before he lets texts go on: what no service knows he enters again."""
        machine.agree()
        known = {(scope, subject) for scope, subject in machine.on_record("select scope, subject from holds")}
        for one in list(self._standing(What.PROMISED, What.NO_PROMISE)):
            if one.until is not None and one.until >= self._today() and (PROMISE, one.ledger_id) not in known:
                self._promises(state, one.ledger_id, one.until, now)
        for one in list(self._standing(What.DISPUTED, What.NO_DISPUTE)):
            if (DISPUTE, one.ledger_id) not in known:
                self._disputes(state, one.ledger_id, now)

    def _standing(self, begun: What, ended: What) -> list[Said]:
        """Words of that kind that were not taken back."""
        last = {one.ledger_id: one for one in self._town.said if one.what in {begun, ended}}
        return [one for one in last.values() if one.what is begun]

    def _today(self) -> date:
        return self._town.clock.now().astimezone(ZONE).date()

    def _say(self, what: What, ledger_id: str = "", **more: object) -> None:
        self._town.said.append(Said(self._town.clock.now(), what, ledger_id, **more))  # type: ignore[arg-type]

    # --------------------------------------------------------------------------------------- before a text goes out

    def _goes_live(self, machine: Machine, state: State, now: datetime, *, calm: bool) -> None:
        if not self._manners.drafts or not (calm or self._town.clock.now() >= self._live_at):
            return
        if machine.on_record("select 1 from holds where scope = 'draft'"):
            state.store.went_live(COMPANY, BY, now)
            self._say(What.LIVE)

    def _on_notices(self, machine: Machine, state: State, now: datetime, *, calm: bool) -> None:
        if not machine.on_record("select 1 from receivables where reason = 'awaiting_approval'"):
            return
        for one in state.queries.awaiting(COMPANY, MOST):
            row = one.asked
            shown = {"phone": row.phone, "step": row.step, "amount": row.amount, "body": row.body}
            self._say(What.SHOWN, row.ledger_id, **shown)
            kind = self._dice.random()
            if not calm and kind >= 0.75:
                continue  # later
            approves = calm or kind < 0.55
            state.store.said(COMPANY, [row], Verdict.APPROVED if approves else Verdict.REFUSED, BY, now)
            self._say(What.APPROVED if approves else What.REFUSED, row.ledger_id, **shown)

    # ------------------------------------------------------------------------------------- about what customers say

    def _on_replies(self, machine: Machine, state: State, now: datetime, *, calm: bool) -> None:
        items = machine.on_record(
            "select key from attention where closed_at is null and key like '%/reply/%' order by key"
        )
        for (key,) in items:
            talk = self._town.talks.get(key.rpartition("/")[2])
            if not calm and self._dice.random() < 0.4:
                continue
            if talk is not None and not self._on_talk(state, talk, now):
                continue
            state.store.attention_closed(COMPANY, key, "a person", now)

    def _on_talk(self, state: State, talk: Talk, now: datetime) -> bool:
        """Whether he has done with it."""
        texted = state.queries.texted_about(COMPANY, talk.phone.e164, MOST)
        # A promise is taken of what is owed on record; `duebird promise` says so of anything else.
        promise = talk.topic is Topic.PROMISE
        about = [row.ledger_id for row in texted if not promise or row.state == ReceivableState.OPEN]
        kind = self._dice.random()
        if talk.topic is not Topic.PROMISE:
            if kind < 0.5:
                return False  # it is not settled
            for ledger_id in about:
                if state.store.hold_over(COMPANY, DISPUTE, ledger_id, now):
                    self._say(What.NO_DISPUTE, ledger_id)
            return True
        if kind < 0.5 and talk.day is not None and talk.day >= self._today():
            for ledger_id in about:
                self._promises(state, ledger_id, talk.day, now)
            self._answers(state, talk.phone.e164, now)
        elif kind < 0.7:
            for ledger_id in about:
                if state.store.hold_over(COMPANY, PROMISE, ledger_id, now):
                    self._say(What.NO_PROMISE, ledger_id)
            self._answers(state, talk.phone.e164, now)
        return True

    def _answers(self, state: State, phone: str, now: datetime) -> None:
        if state.store.answered(COMPANY, phone, now):
            self._say(What.ANSWERED, phone=phone)

    # ------------------------------------------------------------------------------------------ told on the phone

    def _by_hand(self, machine: Machine, state: State, now: datetime) -> None:
        for one in self._standing(What.DISPUTED, What.NO_DISPUTE):
            if self._dice.random() < 0.1:
                state.store.hold_over(COMPANY, DISPUTE, one.ledger_id, now)
                self._say(What.NO_DISPUTE, one.ledger_id)
        if self._dice.random() >= 0.04:
            return
        question = "select ledger_id from receivables where state = 'open' and issued_on >= ? order by ledger_id"
        open_ones = machine.on_record(question, str(START.date()))
        if not open_ones:
            return
        ledger_id = self._dice.choice(open_ones)[0]
        if self._dice.random() < 0.6:
            self._promises(state, ledger_id, self._today() + timedelta(days=self._dice.randint(1, 9)), now)
        else:
            self._disputes(state, ledger_id, now)

    def _promises(self, state: State, ledger_id: str, until: date, now: datetime) -> None:
        state.store.promised(COMPANY, ledger_id, until, "on the phone", now)
        self._say(What.PROMISED, ledger_id, until=until)

    def _disputes(self, state: State, ledger_id: str, now: datetime) -> None:
        state.store.disputed(COMPANY, [ledger_id], "on the phone", now)
        self._say(What.DISPUTED, ledger_id)
