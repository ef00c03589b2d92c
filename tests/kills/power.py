"""`python -m tests.kills.power`: the power goes off, or the disk fails, at one operation of SQLite after another.

One company in one process, with a disk under SQLite that loses what was not synced (`tests/disk.py`).
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any, Final

from adapters.memory.faults import Crash
from connector.domain.effect import OPEN
from connector.domain.phone import Phone
from connector.failpoints import STEPS, Boundary, armed
from state.place import DATABASE_NAME, sqlite_url
from tests.disk import FULL, IOERR, IOERR_FSYNC, IOERR_WRITE, OK, READONLY, Disk
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.migrated import empty_database

OWNER: Final = Phone("+12125550177")
ACTS: Final = {"create_link": "create_link", "send": "send_text", "book": "book_payment", "retire_link": "retire_link"}
TURNS: Final = 12  # the last look for a text in doubt comes after an hour
FAILURES: Final = {"full": FULL, "read-only": READONLY, "unwritable": IOERR_WRITE, "a sync that fails": IOERR_FSYNC}


class Cell:
    """An office on a disk of its own; `dead` once the power is off."""

    def __init__(self, folder: Path, **more: Any) -> None:
        sqlite_url(folder)
        (folder / DATABASE_NAME).write_bytes(empty_database())
        self.disk = Disk(folder)
        self.dead = False
        self.acted: list[str] = []
        self._folder, self._more = folder, more

    @contextmanager
    def running(self) -> Iterator[Office]:
        with self.disk.under():
            self.office = Office(self._folder, owner_phone=OWNER, **self._more)
            office = self.office
            for faults in (office.ledger_faults, office.stripe_faults, office.carrier_faults, office.anchor_faults):
                faults.decide = self.calls
            try:
                yield office
            finally:
                office.close()

    def calls(self, port: str, method: str, args: tuple[Any, ...]) -> None:
        """An outside call is about to be made."""
        del port, args
        if self.dead:
            raise Crash
        if method in ACTS:
            self.acted.append(method)

    def turn(self) -> None:
        """A pass; the customer pays as soon as there is a text."""
        office = self.office
        try:
            office.run()
        except Crash:
            assert self.dead
        if self.dead:
            return
        if office.texts(MOBILE) and not office.stripe_world.all_payments():
            office.stripe_world.pay(office.link_in(office.texts(MOBILE)[0]))
        office.wait(minutes=11)

    def finish(self, invoice: str) -> list[str]:
        """Go on until nothing is left to do; what is not as it should be then."""
        office = self.office
        for _ in range(TURNS):
            self.turn()
            effects = office.company.store.effects.of_subjects("acme", [invoice])
            if office.bookings(invoice) and not any(one.status in OPEN for one in effects):
                break
        return list(self._wrong(invoice))

    def _wrong(self, invoice: str) -> Iterator[str]:
        office = self.office
        yield from office.broken()
        notices = [one for one in office.texts(MOBILE) if "http" in one]
        effects = office.company.store.effects.of_subjects("acme", [invoice])
        doubts = [one.purpose for one in effects if one.status == "uncertain"]
        told = sum("may or may not have gone out" in one for one in office.attention())
        texts = {"notice": len(notices), "receipt": len(office.texts(MOBILE)) - len(notices)}
        texts["owner"] = len(office.texts(OWNER))
        for purpose, count in texts.items():
            if "notice" in doubts and purpose != "notice":
                continue  # nobody was asked to pay, so nothing followed
            if count + doubts.count(purpose) != 1:
                yield f"{count} texts as {purpose}, {doubts.count(purpose)} in doubt"
        if told != len(doubts):
            yield f"{len(doubts)} texts in doubt, and a person is told of {told}"
        if office.bookings(invoice) != ([] if "notice" in doubts else [DOLLARS]):
            yield f"booked: {[str(one) for one in office.bookings(invoice)]}"
        if office.stripe_world.live_links() and "notice" not in doubts:
            yield "a link is still up"


def operations(folder: Path) -> int:
    """How many operations of the disk a whole life takes, from its issue on."""
    cell = Cell(folder)
    with cell.running() as office:
        invoice = office.issue()
        before = cell.disk.operations
        assert cell.finish(invoice) == []
        return cell.disk.operations - before


def cut(number: int, most: int, folder: Path) -> list[str]:
    """The power goes off at an operation that `number` chooses of `most`; whatever is not right afterwards."""
    dice = Random(f"power/{number}")
    at = dice.randint(1, most)
    torn = dice.random() < 0.7  # else all is lost that was not synced
    cell = Cell(folder)
    image: dict[str, bytes] = {}
    with cell.running() as office:
        invoice = office.issue()
        begin = cell.disk.operations

        def judge(so_far: int, _what: str, _name: str) -> int:
            if so_far - begin < at:
                return OK
            if not cell.dead:
                cell.dead = True
                image.update(cell.disk.image(dice if torn else None))
            return IOERR

        cell.disk.judge = judge
        for _ in range(TURNS):
            cell.turn()
            if cell.dead:
                break
        office.close()
        if not cell.dead:
            return [f"the power never went off at {at} of {most}"]
        cell.disk.judge = lambda *_: OK
        cell.disk.cut(image)
        cell.dead = False
        office.company = office.open()
        return [f"cut {number}, at operation {at} of {most}: {one}" for one in cell.finish(invoice)]


def window(what: str, folder: Path) -> int:
    """How many operations there are from the moment an effect has been planned until nothing is left to do for it."""
    return _failing(what, 0, OK, folder)[0]


def fail(what: str, at: int, how: str, folder: Path) -> list[str]:
    """The disk fails from an operation of that effect's life on, until the pass is over; what is not right."""
    return [f"{what}, {how} from operation {at}: {one}" for one in _failing(what, at, FAILURES[how], folder)[1]]


def _failing(what: str, at: int, code: int, folder: Path) -> tuple[int, list[str]]:
    cell = Cell(folder)
    begin = end = 0
    failed_after: list[int] = []

    def reached(point: str) -> None:
        nonlocal begin, end
        if point == f"{what}.{Boundary.PLANNED}" and not begin:
            begin = cell.disk.operations
        if point == f"{what}.{Boundary.FOLLOWED}" and not end:
            end = cell.disk.operations

    def judge(so_far: int, kind: str, _name: str) -> int:
        if not at or not begin or so_far - begin < at or mended or (code == IOERR_FSYNC and kind != "sync"):
            return OK
        failed_after.append(len(cell.acted))
        return code

    mended = False
    with cell.running() as office, armed(reached):
        cell.disk.judge = judge
        invoice = office.issue()
        for _ in range(TURNS):
            cell.turn()
            if failed_after or end:
                break
        mended = True
        wrong = [] if at == 0 or failed_after else ["the disk never failed"]
        if failed_after and len(cell.acted) > failed_after[0]:
            wrong.append(f"{cell.acted[failed_after[0] :]} while nothing could be recorded")
        wrong += cell.finish(invoice)
    return end - begin, wrong


def _numbered(number: int, most: int) -> list[str]:
    with TemporaryDirectory(prefix="duebird-power-") as folder:
        return cut(number, most, Path(folder) / "state")


def _fault(job: tuple[str, int, str]) -> list[str]:
    with TemporaryDirectory(prefix="duebird-disk-") as folder:
        return fail(*job, Path(folder) / "state")


def main() -> int:
    """Returns 1 where something is not as it should be."""
    parser = argparse.ArgumentParser(prog="python -m tests.kills.power", description=__doc__)
    parser.add_argument("--cuts", type=int, default=200, help="power cuts")
    parser.add_argument("--first", type=int, default=0, help="number of the first cut")
    parser.add_argument("--faults", action="store_true", help="also every kind of failing disk, at every operation")
    parser.add_argument("--jobs", type=int, default=2)
    asked = parser.parse_args()
    begin = time.monotonic()
    with TemporaryDirectory(prefix="duebird-disk-") as folder, ProcessPoolExecutor(asked.jobs) as pool:
        most = operations(Path(folder) / "whole")
        jobs = [
            (what, at, how)
            for what in STEPS
            for at in range(1, window(what, Path(folder) / what) + 1)
            for how in FAILURES
            if asked.faults
        ]
        wrong = [
            one
            for some in pool.map(partial(_numbered, most=most), range(asked.first, asked.first + asked.cuts))
            for one in some
        ]
        wrong += [one for some in pool.map(_fault, jobs, chunksize=8) for one in some]
    print("\n".join(wrong[:50]))
    took = time.monotonic() - begin
    print(f"{asked.cuts} power cuts, {len(jobs)} failing disks, {len(wrong)} things wrong, {took:.0f} s")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
