"""One run: a seed, some weeks of a small company's life, and what was broken at the end."""

from __future__ import annotations

import hashlib
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Final

from adapters.clock import ManualClock
from connector.assemble import State
from connector.domain.effect import EffectKind, EffectStatus
from connector.domain.records import Records
from connector.failpoints import armed
from connector.flows.attempts import order_retry
from tests.simulation import cleared, shares
from tests.simulation.baton import Baton
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.ends import Ground, TwoDesks, days_more, plan_end
from tests.simulation.judge import Shown, judge
from tests.simulation.kept import count
from tests.simulation.machine import COMPANY, Machine, Mutate
from tests.simulation.orders import Orders
from tests.simulation.purse import Purse
from tests.simulation.steady import SteadyTown
from tests.simulation.town import START, Town
from tests.simulation.verdict import records, verdict
from tests.simulation.weather import Weather
from tests.simulation.word import OwnersWord

DAYS: Final = 45
ONCE_A_DAY: Final = timedelta(hours=20)
ONCE_IN_PEACE: Final = timedelta(
    hours=6
)  # what waits for the owner's word once nothing goes wrong has five days to end
MOST_PASSES: Final = 3000  # of a run; some hundred are usual. More means that passes chase each other
SHARED_MEMORY: Final = Path("/dev/shm")  # noqa: S108  the files are our own, in a folder of their own


@dataclass(frozen=True, slots=True)
class Run:
    """What to simulate."""

    seed: str
    days: int = DAYS
    mutate: Mutate | None = None
    worlds_end: bool = False  # also restores of old databases, lost ones, and copies on a second machine
    steady: bool = False  # people act at set hours, so that two runs can be compared
    faultless: bool = False  # nothing goes wrong at all
    plain: bool = False  # nothing but payments is booked, and money only comes


@dataclass(slots=True)
class Outcome:
    """What came of it."""

    seed: str
    broken: list[str]
    digest: str  # of everything the services were asked, in order, and how it ended
    tally: Tally = field(default_factory=Tally)
    season: str = ""


def simulate(run: Run) -> Outcome:
    """Live through one seed. Deterministic: the same seed gives the same digest on any machine."""
    with _quiet(), TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        return _Story(run, Path(folder)).live()


@contextmanager
def live_through(run: Run) -> Iterator[tuple[Outcome, Records, Path]]:
    """Live through one seed; what came of it, what the services hold in the end, and the state folder while inside."""
    with _quiet(), TemporaryDirectory(dir=SHARED_MEMORY if SHARED_MEMORY.is_dir() else None) as folder:
        story = _Story(run, Path(folder))
        outcome = story.live()
        yield outcome, records(story.town, story.machine.rules, None), story.machine.folder


class _Story:
    """The parts of a run and its course."""

    def __init__(self, run: Run, folder: Path) -> None:
        self.run = run
        self.tally = Tally()
        self.clock = ManualClock(START)
        self.end = START + timedelta(days=run.days + (days_more(run.seed) if run.worlds_end else 0))
        purse = Purse() if run.plain or run.steady else Purse.of(run.seed)
        self.town = (SteadyTown if run.steady else Town)(run.seed, self.clock, self.end, self.tally, purse)
        self.weather = Weather(run.seed, START, self.town.peace, self.tally)
        self.weather.broken = run.faultless
        if not run.faultless:
            self.town.processor.event_delay = self.weather.event_delay
        self.baton = Baton(Random(f"{run.seed}/baton"), switching=0.4)
        self.folder = folder
        self.machine = self._machine("first")
        self.machines = [self.machine]
        self.desks = TwoDesks(run.seed, self.machines, self.tally)
        self.machine.agree()
        if run.worlds_end:
            plan_end(run.seed, Ground(self.machine, self.town, self.tally, folder, self._second))
        self._midway: list[str] = []  # what was broken when the faults ended, and might not show in the end
        self.town.at(self.town.peace, self._judge_midway)
        self._owner = Random(f"{run.seed}/owner")
        self._word = OwnersWord(run.seed, self.town)
        self._orders = Orders(run.seed, self.town)
        self._looked_at = START
        self._looks_at: datetime | None = None  # when the owner reads next what the passes since have left him

    def _machine(self, name: str, host: str = "") -> Machine:
        return Machine(
            self.folder / name,
            name,
            self.clock,
            seed=self.run.seed,
            town=self.town,
            weather=self.weather,
            baton=self.baton,
            mutate=self.run.mutate,
            host=host,
        )

    def _second(self, backup: Path, host: str) -> None:
        copy = self._machine("second", host)
        copy.restore(backup)
        self.machines.append(copy)
        for one in self.machines:
            one.neighbours = [other for other in self.machines if other is not one]

    def live(self) -> Outcome:
        with armed(self._at_point):
            broken = self._course()
        shown = self._shown()
        broken += [*self._midway, *judge(self.town, shown), *verdict(self.town, self.machine.rules, shown)]
        for machine in self.machines:
            broken += machine.open_across_a_call[:3] + machine.surprises[:3] + machine.flaws()[:3]
            machine.die()
        self._count()
        return Outcome(self.run.seed, broken, digest(self.town), self.tally, self.weather.season)

    def _at_point(self, _point: str) -> None:
        """Which of several computers has come there is not told: then none dies."""
        if len(self.machines) == 1:
            self.machine.at_point()

    def _judge_midway(self) -> None:
        self._midway = [f"midway: {one}" for one in verdict(self.town, self.machine.rules, None)]

    def _course(self) -> list[str]:
        town, clock = self.town, self.clock
        for _ in range(MOST_PASSES):
            moment = min(town.next_at(), self._looks_at or self.end, *(one.next_at for one in self.machines))
            clock.advance(max(moment - clock.now(), timedelta()))
            if clock.now() >= self.end:
                return []
            town.take_turns()
            if town.restless:
                town.restless = False
                for machine in self.machines:
                    machine.agree()
                    machine.poke()
            due = [one.turn for one in self.machines if one.next_at <= clock.now()]
            if due:
                self._turns(due)
                town.take_turns()
                often = ONCE_IN_PEACE if self.weather.over(clock.now()) else ONCE_A_DAY
                self._looks_at = self._looks_at or max(clock.now(), self._looked_at + often)
            if self._looks_at is not None and self._looks_at <= clock.now():
                self._owner_looks()
        return [f"{MOST_PASSES} passes before {clock.now()}: passes chase each other"]

    def _turns(self, due: list[Callable[[], None]]) -> None:
        if len(due) == 1:
            due[0]()
        else:
            self.baton.side_by_side(due)

    # ----------------------------------------------------------------------------------------- the owner's reading

    def _owner_looks(self) -> None:
        """About once a day the owner reads what waits for him, and types the commands he is told to."""
        self._looked_at, self._looks_at = self.clock.now(), None
        for machine in [one for one in self.desks.at_work() if one.alive]:
            with machine.command() as state:
                typed = self._owner_types(machine, state, machine.clock.now())
            if typed:
                machine.poke()
        self.desks.reads()

    def _owner_types(self, machine: Machine, state: State, now: datetime) -> bool:
        """Whether he typed anything: the daemon follows it within minutes, whatever it has in mind."""
        calm, typed = self.weather.over(self.clock.now()), False
        if state.queries.paused(COMPANY) and (calm or self._owner.random() < 0.7):
            self._word.tells_again(machine, state, now)
            typed = state.store.resume(COMPANY, now)
        alone = sum(not one.retired for one in self.machines) == 1
        typed = self._word.types(machine, state, now, calm=calm, alone=alone) or typed
        typed = self._orders.types(machine, state, now, calm=calm) or typed
        for (key,) in self._rows(machine, _REFUSED):
            if calm or self._owner.random() < 0.5:
                self._orders.tries_again(state, key, now)
                typed = True
        for (key,) in self._rows(machine, "select key from effects where status = 'uncertain' order by key"):
            row = state.store.effects.get(key)
            if row is not None and self._owner.random() < 0.3:  # impatient: it may still be carried out at this moment
                order_retry(state.store.effects, row, now)
                typed = True
        for (item,) in self._rows(machine, _IN_DOUBT) if not calm else ():
            # Most leave a text of which nobody knows; the others get to it another day.
            if self._owner.random() < 0.6:
                self._leave(state, item, now)
                typed = True
        return typed

    def _leave(self, state: State, item: str, now: datetime) -> None:
        """As `duebird attention --close` does."""
        effect = state.queries.effect(COMPANY, item.partition("/doubt/")[2].partition("/")[0])
        if effect is not None and effect.status == EffectStatus.UNCERTAIN and effect.kind == EffectKind.SEND_TEXT:
            state.store.effects.close_by_person(effect.key, now)
            state.store.review_now(COMPANY, effect.subject, now)
            state.store.attention_closed(COMPANY, item, "a person", now)

    def _rows(self, machine: Machine, question: str, *values: str) -> list[tuple[str, ...]]:
        return machine.on_record(question, *values)

    def _shown(self) -> Shown:
        told, standing, open_ones, not_found = [], [], [], []
        for machine in self.desks.at_work():
            told += [f"{key} {what}" for key, what in self._rows(machine, "select key, happened from attention")]
            standing += [f"{key} {what}" for key, what in self._rows(machine, _STANDING)]
            not_found += [one for row in self._rows(machine, _REBUILD) for one in json.loads(row[0])["missing"]]
            open_ones += self._rows(machine, _LEFT_OPEN, f"{self.end - timedelta(hours=30):%Y-%m-%d %H:%M:%S}")
        left = [what for key, what in open_ones if not any(key in one for one in told)]
        return Shown(told, left, standing, not_found)

    # ------------------------------------------------------------------------------------------------------ counts

    def _count(self) -> None:
        tally = self.tally
        tally.figures["seeds"] += 1
        tally.figures["days"] += self.run.days
        tally.figures["texts"] += len(self.town.carrier.texts)
        tally.figures["bookings"] += sum(1 for one in self.town.ledger.all_entries() if not one.by_hand)
        tally.figures["links"] += len(self.town.processor.links)
        tally.figures["switches"] += self.baton.switches
        fates: Counter[tuple[str, str, str]] = Counter()
        for world in (self.town.ledger, self.town.processor, self.town.carrier):
            tally.figures["calls"] += len(world.requests)
            fates.update((call.port, call.method, call.fate) for call in world.requests)
        tally.reached[Sometimes.CURSOR_TOO_OLD] += fates["ledger", "changes", "cursorexpired"]
        tally.reached[Sometimes.EVENTS_TOO_OLD] += fates["processor", "hints", "cursorexpired"]
        tally.reached[Sometimes.REFUSED_AFTER_STOP] += fates["messenger", "send", "rejected:opted_out"]
        together = "select " + ", ".join(f"({question})" for question in _REACHED.values())
        for machine in self.machines:
            for state, times in zip(_REACHED, self._rows(machine, together)[0], strict=True):
                tally.reached[state] += int(times)
        self.desks.count()
        count(self.town, tally)
        cleared.count(self.town, tally)
        shares.count(self.town, tally)


_STANDING: Final = "select key, happened from attention where closed_by is null or closed_by = 'a person'"
_REBUILD: Final = "select value from cursors where name = 'rebuild'"
_REFUSED: Final = "select key from effects where status = 'rejected' and kind != 'send_text' order by key"
_IN_DOUBT: Final = "select key from attention where closed_at is null and key like '%/doubt/%' order by key"
# A day and six hours late: whatever is still open then has been forgotten.
_LEFT_OPEN: Final = (
    "select key, kind || ' for ' || subject || ' ' || status || ' ' || coalesce(error, '') from effects "
    "where status in ('planned', 'in_flight', 'uncertain') and due_at < ?"
)
_EVENTS: Final = "select count(*) from effect_events where note like "
_TOLD: Final = "select count(*) from attention where key like "
_VERDICTS: Final = "select count(*) from (select payment_id from payments where shared and verdict "
_REACHED: Final = {
    Sometimes.JOINT_TEXT: "select count(*) from effects where followers > 0 and status = 'done'",
    Sometimes.JOINT_PAID: _VERDICTS + "= 'booked' group by payment_id having count(*) > 1)",
    Sometimes.JOINT_HELD: _VERDICTS + "in ('booked', 'held') group by payment_id having count(distinct verdict) > 1)",
    Sometimes.ADOPTED: "select count(*) from effects where outcome like 'booked already by somebody else%'",
    Sometimes.ASKED_OF_OTHERS: _EVENTS + "'a person is asked whether somebody else has booked it'",
    Sometimes.LATE_COMMIT_SEEN: _EVENTS + "'found at the messaging service when looked for'",
    Sometimes.BOOKING_FOUND: _EVENTS + "'found in the ledger when looked for'",
    Sometimes.LINK_FOUND: _EVENTS + "'found at the processor when looked for'",
    Sometimes.NOT_SENT_AGAIN: _EVENTS + "'found at the messaging service; not sent again'",
    Sometimes.NOT_BOOKED_AGAIN: _EVENTS + "'found in the ledger; not booked again'",
    Sometimes.CERTAINLY_NOT_BOOKED: _EVENTS + "'not in the ledger after two looks%'",
    Sometimes.ASKED_A_PERSON: _TOLD + "'%/doubt/%'",
    Sometimes.PAYMENT_HELD: _TOLD + "'%/payment/%'",
    Sometimes.CAUGHT_UP_ASKED: _TOLD + "'%/catch-up/%'",
    Sometimes.CLOCK_DISTRUSTED: _TOLD + "'%/clock/%'",
    Sometimes.CUT_OFF: _EVENTS + "'This computer was busy or asleep between its last look and the request%'",
}


def digest(town: Town) -> str:
    """One value for everything the three services were asked and how it ended."""
    whole = hashlib.sha256()
    for world in (town.ledger, town.processor, town.carrier):
        for call in world.requests:
            whole.update(repr((call.at.isoformat(), call.method, call.args, call.fate)).encode())
    return whole.hexdigest()[:16]


@contextmanager
def _quiet() -> Iterator[None]:
    """Thousands of intended failures are logged, and nobody reads that."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(before)
