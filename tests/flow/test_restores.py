"""The memory is replaced by an older one at every moment of the main story, and by none: the services never show it."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.phone import Phone
from tests.flow.office import MOBILE, Office
from tests.flow.restoring import DOLLARS, IVO, LENA, OMAR, Backups, live_on, put_back, story, until_calm

AGES = {"an hour": timedelta(hours=1), "25 hours": timedelta(hours=25), "8 days": timedelta(days=8)}
AGES["40 days"] = timedelta(days=40)
EVERYBODY = (MOBILE, OMAR, LENA, IVO)


def counts(office: Office) -> dict[Phone, int]:
    return {phone: len(office.texts(phone)) for phone in EVERYBODY}


def judged(office: Office, invoices: dict[str, str], what: str) -> None:
    """What must hold at the services whatever happened to the memory."""
    assert office.bookings(invoices["pays"]) == [DOLLARS], what
    assert office.owed(invoices["pays"]).minor == 0, what
    assert office.broken(healthy=False) == [], what


def recovered(office: Office, folder: Path, backup: bytes | None, invoices: dict[str, str], what: str) -> None:
    """Put it back, let it rebuild, and see that nobody is texted before the owner says so, and nobody twice after."""
    put_back(office, folder, backup)
    before = counts(office)
    until_calm(office)
    assert office.company.queries.recovering("acme") is None, what
    assert office.company.queries.paused("acme") is not None, what
    assert counts(office) == before, f"a text went out before anybody said so: {what}"
    judged(office, invoices, what)
    office.company.store.resume("acme", office.clock.now())
    until_calm(office, hours=30)
    assert len(office.texts(LENA)) == before[LENA], f"somebody who said STOP was texted: {what}"
    judged(office, invoices, what)


def boundaries(folder: Path) -> int:
    office = Office(folder)
    backups = Backups(office, folder)
    story(office)
    office.database.close()
    return len(backups.taken)


@pytest.mark.parametrize("age", AGES.values(), ids=list(AGES))
def test_a_backup_of_any_moment_put_back_later_repeats_nothing_and_loses_no_payment(
    tmp_path: Path, age: timedelta
) -> None:
    count = boundaries(tmp_path / "whole")
    assert count > 20
    # Every eighth moment for each age, shifted by two, so that together they cover every second one: a story takes a
    # second or more.
    first = list(AGES.values()).index(age) * 2
    for at in range(first, count, 8):
        folder = tmp_path / f"at{at}"
        office = Office(folder)
        backups = Backups(office, folder)
        invoices = story(office)
        live_on(office, age)
        recovered(office, folder, backups.taken[at], invoices, f"backup at commit {at}, put back after {age}")
        office.database.close()


@pytest.mark.parametrize("age", AGES.values(), ids=list(AGES))
def test_a_lost_memory_repeats_nothing_and_loses_no_payment(tmp_path: Path, age: timedelta) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    invoices = story(office)
    live_on(office, age)
    recovered(office, folder, None, invoices, f"lost after {age}")
    office.database.close()


@pytest.mark.parametrize("age", AGES.values(), ids=list(AGES))
def test_money_that_came_while_nobody_remembered_is_booked_once(tmp_path: Path, age: timedelta) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    backups = Backups(office, folder)
    invoices = story(office)
    early = backups.taken[len(backups.taken) // 2]
    office.stripe_world.pay(office.link_in(office.texts(OMAR)[0]))
    office.clock.advance(age)
    put_back(office, folder, early)
    until_calm(office)
    judged(office, invoices, "after the restore")
    assert office.bookings(invoices["stands"]) == [DOLLARS]
    office.database.close()
