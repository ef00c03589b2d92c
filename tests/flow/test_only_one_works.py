"""Only one installation works on a company, and it knows when its memory is older than the world it left behind.

Two tills with copies of one database are two computers on which somebody put the same files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.effect import BooksIdentity
from connector.domain.lease import MARGIN, RENEWED_FOR, TEXTS_WAIT, Claim, anchor_id
from connector.errors import Rejected, RejectedBecause
from connector.flows.lease import let_go
from state.journal import beside
from state.names import REBUILD
from state.place import DATABASE_NAME
from state.recovery_facts import progress_of
from tests.flow.office import DOLLARS, MOBILE, Office

LONG = timedelta(seconds=TEXTS_WAIT + 1)


def claim(office: Office) -> Claim:
    (found,) = office.stripe_world.claims.values()
    return found.claim


def calls(office: Office, method: str) -> int:
    return sum(one.method == method for one in office.stripe_world.requests)


def twin(office: Office, folder: Path, host: str = "laptop") -> Office:
    """Another computer with a copy of the database, beside the same world."""
    office.agree(MOBILE)
    folder.mkdir(mode=0o700)
    office.database.copy_to(folder / DATABASE_NAME)
    return Office(folder, host=host, beside=office)


def restore(office: Office, backup: Path) -> None:
    """Put a backup in the place of the database, as the program stands still."""
    office.database.close()
    shutil.copy(backup, office.folder / DATABASE_NAME)
    office.company = office.open()


def why_rebuilt(office: Office) -> str:
    """Why the memory was rebuilt, "" where it never was."""
    progress = progress_of(office.company.queries.cursor("acme", REBUILD))
    return progress.why if progress else ""


def wait_and_run(office: Office, times: int = 6) -> None:
    for _ in range(times):
        office.wait(minutes=1)
        office.run()


@pytest.fixture
def laptop(office: Office, tmp_path: Path) -> Iterator[Office]:
    made = twin(office, tmp_path / "laptop")
    yield made
    made.database.close()


# --------------------------------------------------------------------------------------------------- one at work


def test_a_first_start_claims_the_company_and_texts_at_once(tmp_path: Path) -> None:
    office = Office(tmp_path / "state")
    office.issue()
    office.run()
    assert len(office.texts()) == 1
    assert (claim(office).epoch, claim(office).mark, claim(office).held, claim(office).host) == (1, 1, True, "till")
    (name,) = [one.name for one in office.stripe_world.claims.values()]
    assert "Acme Plumbing" in name
    office.database.close()


def test_an_idle_company_costs_no_look_at_the_claim(office: Office) -> None:
    before = calls(office, "read_claim"), calls(office, "write_claim")
    wait_and_run(office, 30)
    assert (calls(office, "read_claim"), calls(office, "write_claim")) == before


def test_a_claim_is_renewed_once_a_minute_while_there_is_something_to_do(office: Office) -> None:
    for number in range(3):
        office.wait(minutes=2)
        office.issue(office.customer(mobile=f"+1212555014{number}"))
        before = calls(office, "read_claim"), calls(office, "write_claim")
        office.run()
        assert (calls(office, "read_claim"), calls(office, "write_claim")) == (before[0] + 1, before[1] + 1)
    assert (claim(office).epoch, claim(office).mark) == (1, 4)


def test_a_clean_restart_is_the_next_epoch_and_texts_at_once(office: Office) -> None:
    office.restart()
    assert not claim(office).held
    office.issue()
    office.run()
    assert len(office.texts()) == 1
    assert claim(office).epoch == 2
    assert claim(office).held


def test_after_a_crash_money_goes_on_at_once_and_texts_wait(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.issue(office.customer("Ada", mobile="+12125550199"))
    office.restart(crashed=True)
    office.wait(minutes=1)
    report = office.run()
    assert report.waiting
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.carrier.texts) == 1
    office.clock.advance(LONG)
    office.run()
    assert len(office.carrier.texts) == 3  # the receipt, and the other customer's notice


def test_a_stop_that_cannot_let_go_ends_all_the_same(office: Office) -> None:
    office.anchor_faults.program(FaultKind.FAIL_BEFORE, "write_claim")
    office.restart()
    assert claim(office).held
    office.issue()
    wait_and_run(office)
    assert len(office.texts()) == 1


# --------------------------------------------------------------------------------------------- a copy elsewhere


def test_a_copy_started_elsewhere_stops_the_first_and_nobody_is_texted_twice(office: Office, laptop: Office) -> None:
    office.issue()
    laptop.run()
    assert (claim(office).host, claim(office).epoch) == ("laptop", 2)
    office.wait(minutes=1, seconds=1)
    report = office.run()
    assert office.texts() == []
    assert any("another computer" in one for one in report.troubles)
    assert any('the computer "laptop"' in one for one in office.attention())
    laptop.clock.advance(LONG)
    laptop.run()
    assert len(office.texts()) == 1
    wait_and_run(office)
    wait_and_run(laptop)
    assert len(office.texts()) == 1
    assert len(office.attention()) == 1


def test_a_company_lost_to_another_computer_makes_no_call_any_more(office: Office, laptop: Office) -> None:
    office.issue()
    laptop.run()
    office.wait(minutes=2)
    office.run()
    seen = len(office.ledger_world.requests), len(office.stripe_world.requests), len(office.carrier.requests)
    wait_and_run(office, 10)
    assert seen == (len(office.ledger_world.requests), len(office.stripe_world.requests), len(office.carrier.requests))


def test_a_company_lost_and_started_again_here_stays_lost(office: Office, laptop: Office) -> None:
    office.issue()
    laptop.run()
    office.wait(minutes=2)
    office.run()
    office.restart(crashed=True)
    wait_and_run(office)
    assert office.texts() == []
    assert not office.company.queries.recovering("acme")
    known = office.company.queries.lease("acme")
    assert known is not None
    assert known.elsewhere == claim(office)


def test_what_the_other_computer_let_go_of_is_rebuilt_before_anything_is_sent(office: Office, laptop: Office) -> None:
    office.issue()
    laptop.run()
    laptop.clock.advance(LONG)
    laptop.run()
    let_go(laptop.company)
    office.restart(crashed=True)
    wait_and_run(office)
    assert len(office.texts()) == 1
    assert "another copy of it was at work" in why_rebuilt(office)


@pytest.mark.parametrize("first", ["till", "laptop"])
def test_two_at_work_on_copies_send_one_text_of_a_notice_however_they_take_turns(
    office: Office, laptop: Office, first: str
) -> None:
    """They take turns within each other's calls: whenever one looks for evidence, the other does a whole pass."""
    tills = {"till": office, "laptop": laptop}
    one, other = tills[first], tills["laptop" if first == "till" else "till"]
    office.wait(minutes=2)
    office.issue()
    _after_evidence(one, other.run)
    one.run()
    for _ in range(10):
        for till in (one, other):
            till.wait(seconds=20)
            till.run()
    assert len(office.texts()) == 1
    assert office.broken() == []


def test_a_renewal_and_a_start_elsewhere_at_the_same_moment_have_one_winner(office: Office, laptop: Office) -> None:
    office.wait(minutes=2)
    office.issue()
    _before_word(office, laptop.run)  # the laptop starts between the till's look and its word
    office.run()
    assert claim(office).host == "laptop"
    assert office.company.lease.lost
    assert office.texts() == []


@pytest.mark.parametrize("hours", [0.01, 1, 100])
def test_a_computer_that_slept_between_its_look_and_the_text_sends_none(
    office: Office, tmp_path: Path, hours: float
) -> None:
    made: list[Office] = []

    def sleep() -> None:
        """Meanwhile a copy of the disk is started elsewhere, waits, and sends the text."""
        laptop = twin(office, tmp_path / "laptop")
        made.append(laptop)
        laptop.run()
        assert office.texts() == []
        laptop.clock.advance(LONG)
        laptop.run()
        assert len(office.texts()) == 1
        office.clock.advance(timedelta(hours=hours))

    office.wait(minutes=2)
    office.issue()
    _after_evidence(office, sleep)
    office.run()
    wait_and_run(office)
    wait_and_run(made[0])
    assert len(office.texts()) == 1
    assert office.company.lease.lost
    made[0].database.close()


@pytest.mark.parametrize("hours", [0.02, 26])
def test_a_computer_that_slept_between_its_look_and_its_word_sends_nothing_again(
    office: Office, laptop: Office, hours: float
) -> None:
    """A day later the processor has forgotten the key under which the laptop took over, and takes the late word."""

    def sleep() -> None:
        laptop.run()
        laptop.clock.advance(LONG)
        laptop.run()
        office.clock.advance(timedelta(hours=hours))

    office.wait(minutes=2)
    office.issue()
    _before_word(office, sleep)
    office.run()
    wait_and_run(laptop)
    wait_and_run(office)
    assert len(office.texts()) == 1


def test_an_effect_whose_batch_took_too_long_is_left_for_the_next(office: Office) -> None:
    office.issue()
    _after_evidence(office, lambda: office.clock.advance(timedelta(seconds=RENEWED_FOR + MARGIN + 1)))
    office.run()
    assert office.texts() == []
    wait_and_run(office, 2)
    assert len(office.texts()) == 1


# ----------------------------------------------------------------------------------------- an older or lost memory


def test_a_backup_put_back_is_noticed_and_nothing_is_done(office: Office, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    office.database.copy_to(backup)
    office.wait(minutes=2)
    office.issue()
    office.run()
    restore(office, backup)
    wait_and_run(office)
    assert len(office.texts()) == 1
    assert "backup" in why_rebuilt(office)
    assert office.company.queries.paused("acme") is not None
    assert any("has rebuilt what it knows" in one for one in office.attention())


def test_a_backup_put_back_is_noticed_without_any_service_by_the_journal(office: Office, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    office.database.copy_to(backup)
    office.wait(minutes=2)
    office.issue()
    office.run()
    restore(office, backup)
    office.anchor_faults.revoked = True
    office.run()
    assert "journal" in why_rebuilt(office)


def test_a_backup_is_noticed_at_the_service_where_the_journal_is_gone(office: Office, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    office.database.copy_to(backup)
    office.wait(minutes=2)
    office.issue()
    office.run()
    restore(office, backup)
    shutil.rmtree(beside(office.folder))
    office.run()
    assert "older than what Duebird did since" in why_rebuilt(office)


@pytest.mark.parametrize("journal", [True, False])
def test_a_wiped_memory_is_noticed_and_says_who_had_it(tmp_path: Path, *, journal: bool) -> None:
    office = Office(tmp_path / "state")
    office.issue()
    office.run()
    office.database.close()
    shutil.rmtree(office.folder)
    if not journal:
        shutil.rmtree(beside(office.folder))
    again = Office(office.folder, host="new-pc", beside=office)
    wait_and_run(again)
    assert len(office.texts()) == 1
    why = why_rebuilt(again)
    assert ("journal" in why) is journal
    assert ("till" in why) is not journal
    again.database.close()


def test_a_recovery_claims_the_company_in_a_new_life_before_it_reads(office: Office, tmp_path: Path) -> None:
    backup = tmp_path / "backup.sqlite3"
    office.database.copy_to(backup)
    office.wait(minutes=2)
    office.issue()
    office.run()
    before = claim(office)
    restore(office, backup)
    office.run()
    assert claim(office).lineage != before.lineage
    assert (claim(office).epoch, claim(office).mark) == (before.epoch + 1, before.mark + 1)
    assert office.company.queries.recovering("acme")  # whoever had it may be about to text: that is waited for
    wait_and_run(office)
    assert not office.company.queries.recovering("acme")
    office.company.store.resume("acme", office.clock.now())
    wait_and_run(office)
    assert len(office.texts()) == 1
    office.restart()
    office.run()
    assert not office.company.queries.recovering("acme")


def test_what_the_other_computer_does_while_a_recovery_is_ordered_is_not_done_again(
    office: Office, laptop: Office
) -> None:
    laptop.run()
    office.wait(minutes=2)
    office.issue()
    office.run()
    assert office.company.lease.lost
    office.company.store.recovery_needed("acme", "ordered", office.clock.now())
    office.run()
    laptop.run()  # its claim is good for some seconds yet
    assert len(office.texts()) == 0  # it was renewed, and found lost
    for _ in range(3):
        wait_and_run(office)
        wait_and_run(laptop)
    assert not office.company.queries.recovering("acme")
    office.company.store.resume("acme", office.clock.now())
    wait_and_run(office)
    wait_and_run(laptop)
    assert len(office.texts()) == 1
    assert laptop.company.lease.lost


def test_a_recovery_that_another_computer_ended_is_ordered_again_and_reads_all_anew(
    office: Office, laptop: Office
) -> None:
    office.wait(minutes=2)
    office.company.store.recovery_needed("acme", "ordered", office.clock.now())
    office.run()  # claimed, and not read yet
    known = claim(office)
    laptop.company.store.recovery_needed("acme", "ordered there too", office.clock.now())
    laptop.run()
    wait_and_run(laptop)
    laptop.company.store.resume("acme", office.clock.now())
    office.issue()
    wait_and_run(laptop)
    assert len(office.texts()) == 1
    office.restart(crashed=True)
    wait_and_run(office)
    assert office.company.lease.lost
    assert known.lineage != claim(office).lineage
    assert office.company.store.recovery_needed("acme", "ordered again", office.clock.now())
    office.run()
    assert claim(office).host == "till"
    wait_and_run(office)
    assert not office.company.queries.recovering("acme")
    office.company.store.resume("acme", office.clock.now())
    wait_and_run(office)
    wait_and_run(laptop)
    assert len(office.texts()) == 1


def test_a_company_that_a_person_takes_back_stops_the_other_computer(office: Office, laptop: Office) -> None:
    office.issue()
    laptop.run()
    office.wait(minutes=2)
    office.run()
    office.company.store.recovery_needed("acme", "ordered", office.clock.now())
    office.run()
    assert claim(office).host == "till"
    laptop.wait(minutes=2)
    laptop.run()
    assert laptop.company.lease.lost
    wait_and_run(office)
    office.company.store.resume("acme", office.clock.now())
    wait_and_run(office)
    wait_and_run(laptop)
    assert len(office.texts()) == 1


# ------------------------------------------------------------------------------------------ trouble with the claim


def test_a_claim_that_somebody_deleted_is_made_again_and_a_person_is_told_once(office: Office) -> None:
    for number in range(2):
        office.stripe_world.claims.clear()
        office.wait(minutes=2)
        office.issue(office.customer(mobile=f"+1212555014{number}"))
        office.run()
        office.run()
    assert claim(office).mark == 3
    assert len([one for one in office.attention() if "was gone" in one]) == 2  # once for each time


def test_a_claim_deleted_while_the_program_was_down_is_made_again_and_texts_wait(office: Office) -> None:
    office.restart()
    office.stripe_world.claims.clear()
    office.issue()
    office.run()
    assert office.texts() == []
    assert any("was gone" in one for one in office.attention())
    wait_and_run(office)
    assert len(office.texts()) == 1


def test_of_two_copies_that_find_the_claim_deleted_one_makes_it(office: Office, laptop: Office) -> None:
    office.stripe_world.claims.clear()
    office.wait(minutes=2)
    office.issue()
    _before_word(office, laptop.run)
    for _ in range(10):
        for till in (office, laptop):
            till.wait(seconds=20)
            till.run()
    assert len(office.texts()) == 1
    assert claim(office).host == "laptop"


@pytest.mark.parametrize("kind", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT])
@pytest.mark.parametrize("when", ["first", "renewal"])
def test_a_lost_answer_to_a_claim_is_looked_up(tmp_path: Path, kind: FaultKind, when: str) -> None:
    office = Office(tmp_path / "state", baseline=when == "renewal")
    office.wait(minutes=2)
    office.issue()
    office.anchor_faults.program(kind, "write_claim")
    office.run(2)
    assert len(office.texts()) == 1
    assert (claim(office).epoch, claim(office).mark) == (1, 2 if when == "renewal" else 1)
    office.database.close()


def test_a_failure_that_the_processor_repeats_for_a_day_is_left_behind(office: Office) -> None:
    """Stripe stores a failed answer under its key: the same key again would fail until it is forgotten."""
    office.wait(minutes=2)
    office.issue()
    office.anchor_faults.program(FaultKind.NEVER_COMMIT, "write_claim", times=2)
    report = office.run()
    assert any("could not be noted" in one for one in report.troubles)
    office.run()
    assert len(office.texts()) == 1
    *_, first, again, last = [one.args[2] for one in office.stripe_world.requests if one.method == "write_claim"]
    assert first == again
    assert last != again


def test_a_word_of_ours_that_arrives_late_is_still_ours(office: Office) -> None:
    office.wait(minutes=2)
    office.issue()
    office.anchor_faults.program(FaultKind.COMMIT_LATE, "write_claim", times=2, seconds=300)
    office.run()
    wait_and_run(office, 10)
    assert len(office.texts()) == 1
    assert not office.company.lease.lost


@pytest.mark.parametrize("kind", [FaultKind.FAIL_BEFORE, FaultKind.THROTTLE, FaultKind.DEAD])
def test_nothing_is_texted_or_booked_while_the_claim_cannot_be_seen(office: Office, kind: FaultKind) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=2)
    office.anchor_faults.decide = lambda _port, _method, _args: kind
    office.run(2)
    assert office.bookings(invoice) == []
    assert len(office.texts()) == 1
    office.anchor_faults.clear()
    wait_and_run(office, 2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_claim_that_cannot_be_seen_at_the_start_keeps_nothing_else_from_being_read(office: Office) -> None:
    office.restart()
    office.anchor_faults.decide = lambda _port, _method, _args: FaultKind.FAIL_BEFORE
    invoice = office.issue()
    report = office.run()
    assert office.reason(invoice)
    assert office.texts() == []
    assert any("nothing is texted or booked" in one for one in report.troubles)
    office.anchor_faults.clear()
    office.run()
    assert len(office.texts()) == 1


def test_a_claim_that_somebody_changed_by_hand_is_put_before_a_person(office: Office) -> None:
    def unreadable(_anchor_id: str) -> Claim | None:
        raise Rejected("Somebody has changed it.", because=RejectedBecause.INVALID, service="stripe", advice="Look.")

    office.restart()
    office.company.lease.anchor = _Changed(unreadable)
    office.issue()
    office.run()
    assert office.texts() == []
    assert any("Somebody has changed it" in one for one in office.attention())


def test_a_journal_that_cannot_be_written_stops_every_effect_and_tells_a_person(office: Office) -> None:
    folder = beside(office.folder)
    shutil.rmtree(folder)
    folder.write_text("somebody's file")
    office.wait(minutes=2)
    office.issue()
    office.run()
    assert office.texts() == []
    assert any("journal" in one for one in office.attention())
    folder.unlink()
    office.run()
    assert len(office.texts()) == 1


@pytest.mark.parametrize("kind", [FaultKind.CRASH_BEFORE, FaultKind.CRASH_AFTER])
@pytest.mark.parametrize("method", ["read_claim", "write_claim"])
@pytest.mark.parametrize("when", ["first", "renewal"])
def test_a_crash_around_the_claim_costs_a_wait_and_no_more(
    tmp_path: Path, kind: FaultKind, method: str, when: str
) -> None:
    office = Office(tmp_path / "state")
    if when == "first":
        office.restart()
    office.wait(minutes=2)
    office.issue()
    office.anchor_faults.program(kind, method)
    with pytest.raises(Crash):
        office.run()
    office.restart(crashed=True)
    wait_and_run(office)
    assert len(office.texts()) == 1
    assert not office.company.queries.recovering("acme")
    assert not office.company.lease.lost
    office.database.close()


def test_a_record_of_the_claim_that_is_gone_under_a_running_program_is_a_lost_memory(office: Office) -> None:
    from state.tables import LeaseRow

    with office.database.write() as session:
        session.delete(session.get_one(LeaseRow, "acme"))
    office.wait(minutes=2)
    office.issue()
    office.run()
    assert office.texts() == []
    assert office.company.queries.recovering("acme")


def test_two_companies_of_one_account_have_a_claim_each() -> None:
    assert anchor_id(BooksIdentity("xero", "a", "acct_1")) != anchor_id(BooksIdentity("xero", "b", "acct_1"))


# ----------------------------------------------------------------------------------------------------------- tools


class _Changed:
    def __init__(self, read: Callable[[str], Claim | None]) -> None:
        self.read = read

    def create(self, anchor_id: str, name: str, claim: Claim, idempotency_key: str) -> Claim:
        raise AssertionError(f"{anchor_id} {name} {claim} {idempotency_key}")

    def replace(self, anchor_id: str, claim: Claim, idempotency_key: str) -> Claim:
        raise AssertionError(f"{anchor_id} {claim} {idempotency_key}")


class _Interrupted:
    """A port, around one of whose calls something happens, once. Outside of the world's lock: others act meanwhile."""

    def __init__(self, port: Any, calls: tuple[str, ...], act: Callable[[], object], *, after: bool = False) -> None:
        self._port, self._calls, self._act, self._after, self._done = port, calls, act, after, False

    def __getattr__(self, name: str) -> Any:
        if name not in self._calls or self._done:
            return getattr(self._port, name)
        self._done = True
        return self._interrupted(getattr(self._port, name))

    def _interrupted(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def around(*args: Any) -> Any:
            if not self._after:
                self._act()
            answer = call(*args)
            if self._after:
                self._act()
            return answer

        return around


def _after_evidence(office: Office, act: Callable[[], object]) -> None:
    """Between the last look at the truth of a text and the text itself."""
    messenger: Any = _Interrupted(office.company.messenger, ("sent_to",), act, after=True)
    office.company = replace(office.company, messenger=messenger)


def _before_word(office: Office, act: Callable[[], object]) -> None:
    """Between the look at the claim and the word that changes it."""
    anchor: Any = _Interrupted(office.company.lease.anchor, ("create", "replace"), act)
    office.company.lease.anchor = anchor
