"""Requests for consent when the memory is lost, older, or in doubt: one request, no second, and a YES still counts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.asking import is_request
from connector.domain.consent import ConsentMethod, ConsentState, standing
from connector.domain.phone import Phone
from tests.flow.office import MOBILE, Office
from tests.flow.restoring import Backups, put_back, until_calm

SECOND = Phone("+12125550144")
AGES = {"an hour": timedelta(hours=1), "two days": timedelta(days=2), "60 days": timedelta(days=60)}


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path, ask=True)
    yield office
    assert office.broken(healthy=False) == []
    office.close()


def silent(office: Office, name: str = "Dana Reed", phone: Phone = MOBILE) -> str:
    return office.issue(office.customer(name, mobile=phone.e164, agrees=False), due_in=20)


def lost(office: Office, folder: Path, backup: bytes | None = None) -> None:
    """The memory is gone, or an older one is put in its place; it is rebuilt, and the owner lets texts go again."""
    put_back(office, folder, backup)
    until_calm(office)
    assert office.company.queries.recovering("acme") is None
    office.company.store.resume("acme", office.clock.now())


def live(office: Office, *, days: int) -> None:
    for _ in range(days * 2):
        office.wait(hours=12)
        office.run(2)


def kinds(office: Office, phone: Phone = MOBILE) -> list[bool]:
    """Of each text to that number whether it is a request."""
    return [is_request(one) for one in office.texts(phone)]


def forget_consents(office: Office) -> None:
    """The disk is lost whole, and with it the journal of consents beside the state folder."""
    for file in office.journal.iterdir():
        file.unlink()


@pytest.mark.parametrize("age", AGES.values(), ids=list(AGES))
def test_whoever_was_asked_counts_as_asked_once_the_memory_is_rebuilt(
    asking: Office, tmp_path: Path, age: timedelta
) -> None:
    invoice = silent(asking)
    asking.run(2)
    asking.clock.advance(age)
    lost(asking, tmp_path)
    assert asking.reason(invoice) in {"asked", "step_done", "no_step_now"}
    assert asking.company.queries.requests_to("acme", [MOBILE.e164]) == {MOBILE.e164}
    silent(asking, "Dana Reed of another invoice")
    live(asking, days=3)
    assert kinds(asking) == [True]


def test_a_yes_that_the_lost_memory_never_read_is_heard_and_a_text_follows_only_then(
    asking: Office, tmp_path: Path
) -> None:
    silent(asking)
    silent(asking, "Omar", SECOND)
    asking.run(2)
    [asked] = asking.texts()
    asking.wait(hours=3)
    asking.carrier.reply(MOBILE, "YES")
    [yes] = asking.carrier.received
    lost(asking, tmp_path)
    live(asking, days=2)
    assert kinds(asking) == [True, False]
    assert kinds(asking, SECOND) == [True]
    [record] = asking.company.queries.consent("acme", MOBILE.e164)
    assert (record.state, record.method, record.wording) == (ConsentState.GRANTED, ConsentMethod.ANSWER, asked)
    assert (record.recorded_at, record.source) == (yes.received_at, f"answer:{yes.text_id}")


def test_a_yes_that_was_read_is_written_again_word_for_word_where_the_journal_is_lost_too(
    asking: Office, tmp_path: Path
) -> None:
    silent(asking)
    asking.run(2)
    asking.wait(hours=1)
    asking.carrier.reply(MOBILE, "yes please")
    asking.run(2)
    [before] = asking.company.queries.consent("acme", MOBILE.e164)
    forget_consents(asking)
    lost(asking, tmp_path)
    assert asking.company.queries.consent("acme", MOBILE.e164) == [before]
    live(asking, days=2)
    assert kinds(asking) == [True, False]


def test_a_yes_after_a_stop_and_a_yes_of_weeks_later_open_nothing_after_a_rebuild(
    asking: Office, tmp_path: Path
) -> None:
    silent(asking)
    silent(asking, "Omar", SECOND)
    asking.run(2)
    for answer in ("STOP", "YES"):
        asking.wait(minutes=5)
        asking.carrier.reply(MOBILE, answer)
    asking.wait(days=15)
    asking.carrier.reply(SECOND, "yes")
    lost(asking, tmp_path)
    live(asking, days=3)
    assert kinds(asking) == [True]
    assert kinds(asking, SECOND) == [True]


def test_a_backup_of_before_the_request_is_told_of_it_and_of_its_yes(asking: Office, tmp_path: Path) -> None:
    backups = Backups(asking, tmp_path)
    silent(asking)
    asking.run(2)
    early = backups.taken[0]
    asking.wait(hours=1)
    asking.carrier.reply(MOBILE, "YES")
    asking.run(1)
    asking.wait(hours=1)
    lost(asking, tmp_path, early)
    live(asking, days=2)
    assert kinds(asking) == [True, False]


def test_a_request_to_somebody_of_whom_nothing_is_open_any_more_is_kept_all_the_same(
    asking: Office, tmp_path: Path
) -> None:
    invoice = silent(asking)
    asking.run(2)
    asking.ledger_world.void(invoice)
    asking.carrier.reply(MOBILE, "YES")
    lost(asking, tmp_path)
    assert asking.company.queries.requests_to("acme", [MOBILE.e164]) == {MOBILE.e164}
    asking.issue(asking.ledger_world.invoices[invoice].latest.customer_id, due_in=20)
    live(asking, days=1)
    assert kinds(asking) == [True, False]


def test_whoever_was_texted_is_not_asked_after_the_register_was_lost_too(asking: Office, tmp_path: Path) -> None:
    invoice = asking.issue(due_in=20)
    asking.run(2)
    assert kinds(asking) == [False]
    asking.wait(days=18)
    forget_consents(asking)
    lost(asking, tmp_path)
    live(asking, days=2)
    assert kinds(asking) == [False]
    assert asking.reason(invoice) == "no_consent"
    asking.agree(MOBILE)
    live(asking, days=2)
    assert kinds(asking) == [False, False]


@pytest.mark.parametrize("looks_in_vain", [0, 3])
def test_a_yes_that_comes_while_it_is_in_doubt_whether_the_request_went_out_counts_once_that_is_known(
    asking: Office, looks_in_vain: int
) -> None:
    silent(asking)
    asking.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    asking.run()
    asking.wait(minutes=1)
    asking.carrier.reply(MOBILE, "YES")
    asking.carrier_faults.program(FaultKind.FAIL_BEFORE, "sent_to", times=looks_in_vain)
    asking.run()
    assert standing(asking.company.queries.consent("acme", MOBILE.e164)) is ConsentState.NONE  # to what they said yes?
    live(asking, days=2)
    assert [one.method for one in asking.company.queries.consent("acme", MOBILE.e164)] == [
        ConsentMethod.REPLY,  # START, as any YES; it re-opens only what was granted before
        ConsentMethod.ANSWER,
    ]
    assert kinds(asking) == [True, False]


def test_whether_a_yes_answers_is_told_by_the_services_clock_and_not_by_ours(asking: Office) -> None:
    silent(asking)
    asking.company = replace(asking.company, clock=_Ahead(asking))
    asking.run()
    asking.wait(seconds=20)
    asking.carrier.reply(MOBILE, "YES")
    asking.run()
    assert [one.method for one in asking.company.queries.consent("acme", MOBILE.e164)] == [ConsentMethod.ANSWER]


class _Ahead:
    """A clock that is a minute fast: less than what stops texts."""

    def __init__(self, office: Office) -> None:
        self._true = office.clock

    def now(self) -> datetime:
        return self._true.now() + timedelta(minutes=1)

    def elapsed(self) -> float:
        return self._true.elapsed()

    def sleep(self, seconds: float) -> None:
        self._true.sleep(seconds)
