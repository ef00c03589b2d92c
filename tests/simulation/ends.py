"""The ends of the world: an old backup put back, a database lost or spoilt, a copy that works at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Final

from connector.cli.recover import BY_HAND
from tests.simulation.cells import End, Sometimes, Tally
from tests.simulation.machine import COMPANY, Machine
from tests.simulation.town import START, Town

# How old a backup is that is put back. 40 days: older than what the services tell by themselves.
AGES: Final = {
    End.BACKUP_HOUR: timedelta(hours=1),
    End.BACKUP_DAY: timedelta(days=1),
    End.BACKUP_WEEK: timedelta(days=8),
    End.BACKUP_LONG: timedelta(days=40),
    End.MOVED: timedelta(days=1),
}
# One run in eleven sees no end, and shows that the others' failures come from that.
KINDS: Final = (*End, None)
LONGER: Final = 8  # days more for a run whose backup is that old: before it and after it something is to happen
LATER: Final = timedelta(minutes=20)  # a machine that lies down is copied when it is up again


@dataclass(frozen=True, slots=True)
class Ground:
    """What an end of the world acts on. `second` starts another computer of that name on a copy of a database."""

    machine: Machine
    town: Town
    tally: Tally
    folder: Path
    second: Callable[[Path, str], None]

    @property
    def backup(self) -> Path:
        """Where backups lie."""
        return self.folder / "backup.sqlite3"


def _dice(seed: str) -> tuple[Random, End | None]:
    dice = Random(f"{seed}/ends")
    return dice, dice.choice(KINDS)


def days_more(seed: str) -> int:
    """How much longer a run must be for its end to have room."""
    return LONGER if _dice(seed)[1] is End.BACKUP_LONG else 0


def plan_end(seed: str, ground: Ground) -> None:
    """Let one of them happen in this run."""
    dice, kind = _dice(seed)
    ground.tally.figures["runs that may see a world's end"] += 1
    if kind is None:
        return
    town, machine = ground.town, ground.machine
    age = AGES.get(kind, timedelta())
    moment = START + age + (town.peace - START - age) * dice.uniform(0.02, 0.95)

    def backed_up() -> None:
        machine.copy_to(ground.backup)
        _when_up(ground, max(moment, town.clock.now()), lambda: _happens(ground, kind))

    if age:
        _when_up(ground, moment - age, backed_up)
    else:
        _when_up(ground, moment, lambda: _happens(ground, kind))


def _when_up(ground: Ground, moment: datetime, act: Callable[[], None]) -> None:
    def now_or_later() -> None:
        if ground.machine.alive:
            act()
        else:
            ground.town.at(ground.town.clock.now() + LATER, now_or_later)

    ground.town.at(moment, now_or_later)


def _happens(ground: Ground, kind: End) -> None:
    machine = ground.machine
    if kind in {End.CLONE, End.CLONE_HERE}:
        machine.copy_to(ground.backup)
        ground.second(ground.backup, "second" if kind is End.CLONE else machine.host)
    elif kind is End.MOVED:
        machine.retire()
        ground.second(ground.backup, "second")
    elif kind in AGES:
        machine.restore(ground.backup)
    elif kind is End.DAMAGED:
        machine.spoil()
    else:
        machine.wipe(journal_too=kind is End.WIPED)
    ground.tally.reached[kind] += 1


class TwoDesks:
    """What an owner does about two computers: each item on the list says what to do, and he does one of it."""

    def __init__(self, seed: str, machines: Sequence[Machine], tally: Tally) -> None:
        self._machines, self._tally = machines, tally
        # The other half leaves the company where it went to.
        self._wants_first = Random(f"{seed}/desks").random() < 0.5

    def at_work(self) -> list[Machine]:
        """The computers he works at: those that do not say that another one has the company, else all he has."""
        kept = [one for one in self._machines if not one.retired]
        return [one for one in kept if not is_elsewhere(one)] or kept if len(kept) > 1 else kept

    def reads(self) -> None:
        """Where no computer works on the company, or the wrong one does, the command of the item is typed."""
        kept = [one for one in self._machines if not one.retired]
        lost = [one for one in kept if is_elsewhere(one)]
        if not lost or not lost[0].alive:
            return
        if len(lost) < len(kept):
            town = lost[0].town
            # Not any more in the last days: thanks that were planned on the computer he puts away are never said.
            if not (self._wants_first and lost[0] is self._machines[0]) or town.clock.now() >= town.peace:
                return
            for one in kept:
                if one not in lost:
                    one.retire()
        with lost[0].command() as state:
            state.store.recovery_needed(COMPANY, BY_HAND, lost[0].clock.now())
        self._tally.reached[Sometimes.TAKEN_BACK] += 1

    def count(self) -> None:
        """Which states of losing and finding again were reached."""
        for one in self._machines:
            for state, question in _REACHED.items():
                self._tally.reached[state] += int(one.on_record(question)[0][0])


_FOUND: Final = "select count(*) from effect_events where note like "
_TOLD: Final = "select count(*) from attention where key like "
_REACHED: Final = {
    Sometimes.ELSEWHERE_SEEN: _TOLD + "'%/elsewhere/%'",
    Sometimes.REBUILT: _TOLD + "'%/recovered/%'",
    Sometimes.FOUND_AGAIN: _FOUND + "'found at its service when the memory was rebuilt'",
    Sometimes.REQUEST_FOUND_AGAIN: "select count(*) from effects where purpose = 'request' and outcome = "
    "'found at its service when the memory was rebuilt'",
    Sometimes.DROPPED: _FOUND + "'dropped when the memory was rebuilt%'",
    Sometimes.NOTICED_BY_JOURNAL: _TOLD + "'%/recovery/%' and happened like '%the journal beside it%'",
    Sometimes.NOTICED_AT_SERVICE: _TOLD + "'%/recovery/%' and happened like '%last heard of on%'",
}


def is_elsewhere(machine: Machine) -> bool:
    """Whether it says that another installation works on the company."""
    return bool(machine.on_record("select 1 from leases where elsewhere is not null"))
