"""What the ledger booked at a rate of its own is put right by an entry, once Stripe has said what it made of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.balance import ChangeKind
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from connector.flows import exchange_difference
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import rebook, settle, told_of, undo
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm
from tests.flow.test_exchange_differences import (
    WITH_ACCOUNT,
    an_hour_later,
    assert_balanced,
    assert_counted,
    differences,
    effects,
    opened,
)
from tests.flow.test_foreign_money import EUROS, FAULTS, exchanging, usd
from tests.flow.test_foreign_refunds import FORTY, at_stripe, dispute, forget, paid, refund
from tests.flow.test_refund_entries import entries
from tests.flow.test_surplus import page_of, pay, texted

LATE, DAILY = "within a day", "asks daily for 30 days"


@pytest.fixture(name="foreign")
def fixture_foreign(open_office: OpenOffice) -> Office:
    return opened(open_office)


@pytest.fixture(name="reopening")
def fixture_reopening(open_office: OpenOffice) -> Office:
    return opened(open_office, refunds=Refunds.REOPEN)


@contextmanager
def silent(office: Office, kind: ChangeKind = ChangeKind.PAYMENT) -> Iterator[None]:
    """Stripe does not say meanwhile what it made of such money."""
    with office.stripe_world.moment():  # what is due there is done
        changes = office.stripe_world.balance.changes
    kept = {named: one for named, one in changes.items() if one.latest.kind is kind}
    forget(office, kind)
    yield
    office.stripe_world.balance.changes.update(kept)


def hours(office: Office, number: int) -> None:
    for _ in range(number):
        office.wait(minutes=61)
        office.run()


def assert_entered(office: Office, *entries: tuple[str, bool]) -> None:
    """These, in whichever order they were made, and so both accounts hold the same."""
    assert sorted(differences(office), key=str) == sorted([(usd(amount), come) for amount, come in entries], key=str)
    assert office.clearing() == at_stripe(office)
    assert office.broken() == []


def at_own_rate(office: Office, *, hidden: int = 26) -> tuple[str, str]:
    """An invoice in euros that the ledger has booked one to one: Stripe was silent for so many hours."""
    invoice, _, page = texted(office, EUROS)
    payment = pay(office, page)
    office.wait(minutes=1)
    with silent(office):
        office.run()
        hours(office, hidden)
    return invoice, payment


# --------------------------------------------------------------------------------------------------- what is entered


def test_a_payment_of_which_stripe_was_silent_for_a_day_is_put_right_once_it_speaks(foreign: Office) -> None:
    invoice, payment = at_own_rate(foreign)
    assert foreign.clearing() == usd("100.00")
    [said] = told_of(foreign, "Stripe's rate")
    assert payment in said
    assert "What it differs by was not entered yet: that is done once Stripe has said it, which is asked for 30" in said
    an_hour_later(foreign)
    assert_balanced(foreign, ("8.37", True))
    assert foreign.clearing() == usd("108.37")
    assert foreign.bookings(invoice) == [EUROS]
    hours(foreign, 3)
    assert_balanced(foreign, ("8.37", True))
    assert_counted(foreign)


def test_one_that_stripe_names_after_days_is_entered_within_a_day(foreign: Office) -> None:
    at_own_rate(foreign, hidden=80)
    assert len(told_of(foreign, "has not said")) == 1, "when it was booked, and not once more"
    hours(foreign, 24)
    assert_balanced(foreign, ("8.37", True))


def test_what_the_owner_was_told_of_is_off_the_list_once_it_is_entered(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = Decimal("1.1402")
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.fail_refund(named)
    with silent(foreign, ChangeKind.REFUND_FAILURE):
        hours(foreign, 80)
    [said] = told_of(foreign, "was taken out of the ledger, and Stripe has not said")
    assert "No difference of exchange was entered" in said
    assert DAILY in said
    hours(foreign, 24)
    assert_balanced(foreign, ("0.93", True))
    assert told_of(foreign, "Stripe has not said") == []


def test_after_a_month_it_is_not_asked_for_any_more_and_the_owner_is_told(foreign: Office) -> None:
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    foreign.wait(minutes=1)
    with silent(foreign):
        foreign.run()
        hours(foreign, 25)
        for _ in range(33):
            foreign.wait(days=1)
            foreign.run()
    [said] = told_of(foreign, "within 30 days")
    assert "enter the difference by hand" in said
    foreign.stripe_faults.program(FaultKind.DEAD, "change_of_payment")  # of which the owner would be told
    for _ in range(3):
        foreign.wait(days=1)
        foreign.run()
    assert foreign.company.queries.attention("acme")[-1].happened in said
    assert (differences(foreign), foreign.bookings(invoice)) == ([], [EUROS])


@pytest.mark.parametrize("kind", [ChangeKind.REFUND, ChangeKind.DISPUTE])
def test_what_went_back_at_the_ledgers_own_rate_is_put_right(foreign: Office, kind: ChangeKind) -> None:
    _, payment = paid(foreign)
    if kind is ChangeKind.REFUND:
        refund(foreign, payment)
    else:
        dispute(foreign, payment, FORTY)
    with silent(foreign, kind):
        hours(foreign, 26)
    assert entries(foreign) == [FORTY]
    an_hour_later(foreign)
    assert_balanced(foreign, ("4.68", False))  # 44.68 left, 40.00 were entered


def test_a_credit_at_the_ledgers_own_rate_is_put_right(open_office: OpenOffice) -> None:
    office = exchanging(open_office(surplus=Surplus.CREDIT))
    office.wanted = WITH_ACCOUNT
    office.restart()
    office.run()
    _, customer, page = texted(office, EUROS)
    second = page_of(office)
    pay(office, page)
    pay(office, second)
    office.wait(minutes=1)
    with silent(office):
        office.run()
        hours(office, 26)
    assert office.credits(customer) == [EUROS]
    an_hour_later(office)
    assert_balanced(office, ("8.37", True), ("8.37", True))


def paid_together(office: Office) -> None:
    """One payment over three invoices."""
    office.policy = replace(office.policy, joint=True)
    office.restart()
    customer = office.customer()
    for one in ("33.33", "33.33", "33.35"):
        office.issue(customer, Money.of(one, "EUR"))
    office.run(2)
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    office.wait(minutes=1)


def assert_all_there(office: Office) -> None:
    assert office.clearing() == at_stripe(office) == usd("108.38")
    assert office.broken() == []


def test_one_over_several_invoices_is_put_right_to_the_cent(foreign: Office) -> None:
    paid_together(foreign)
    with silent(foreign):
        foreign.run()
        hours(foreign, 26)
    an_hour_later(foreign)
    assert len(differences(foreign)) == 3
    assert_all_there(foreign)


# -------------------------------------------------------------------------------------------- what is taken out again


@pytest.mark.parametrize("named_first", [True, False])
def test_one_that_is_voided_for_its_refund_is_put_right(reopening: Office, *, named_first: bool) -> None:
    _, payment = at_own_rate(reopening)
    if named_first:
        an_hour_later(reopening)
        assert_balanced(reopening, ("8.37", True))
    reopening.stripe_world.balance.rates["EUR"] = Decimal("1.1171")
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    an_hour_later(reopening)
    assert_entered(reopening, ("8.37", True), ("11.71", False))  # 108.37 came, 111.71 went


def test_a_refund_that_failed_and_was_entered_at_the_ledgers_own_rate_is_put_right(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    with silent(foreign, ChangeKind.REFUND):
        hours(foreign, 26)
    an_hour_later(foreign)
    foreign.stripe_world.balance.rates["EUR"] = Decimal("1.1402")
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.fail_refund(named)
    an_hour_later(foreign)
    assert_balanced(foreign, ("4.68", False), ("5.61", True))  # 44.68 left and 45.61 came again


@pytest.mark.parametrize("fault", [*FAULTS, None])
def test_taken_out_by_the_owners_word_its_difference_goes_too_and_booked_again_it_is_stripes(
    foreign: Office, fault: FaultKind | None
) -> None:
    _, payment = at_own_rate(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("8.37", True))
    undo(foreign, payment)
    if fault is not None:
        foreign.ledger_faults.program(fault, "reverse")
    try:
        an_hour_later(foreign)
    except Crash:
        foreign.restart(crashed=True)
    until_calm(foreign)
    assert differences(foreign) == [(usd("8.37"), True), (usd("8.37"), False)]
    assert foreign.clearing() == usd("0.00")
    rebook(foreign, payment)
    until_calm(foreign)
    an_hour_later(foreign)
    assert foreign.clearing() == at_stripe(foreign) == usd("108.37")
    assert len(differences(foreign)) == 2
    assert foreign.broken() == []


def test_undone_before_stripe_has_said_it_there_is_nothing_to_put_right(foreign: Office) -> None:
    _, payment = at_own_rate(foreign)
    undo(foreign, payment)
    an_hour_later(foreign)
    assert (differences(foreign), effects(foreign), foreign.clearing()) == ([], [], usd("0.00"))


def test_undone_and_booked_again_while_stripe_is_silent_it_is_put_right_once(foreign: Office) -> None:
    invoice, payment = at_own_rate(foreign)
    with silent(foreign):
        undo(foreign, payment)
        settle(foreign)
        rebook(foreign, payment)
        hours(foreign, 2)
    an_hour_later(foreign)
    until_calm(foreign)
    assert foreign.bookings(invoice) == [EUROS]
    assert foreign.clearing() == at_stripe(foreign) == usd("108.37")
    assert foreign.broken() == []


def test_undone_and_booked_again_at_the_ledgers_own_rate_only_what_stands_is_put_right(foreign: Office) -> None:
    _, payment = at_own_rate(foreign)
    with silent(foreign):
        undo(foreign, payment)
        settle(foreign)
        rebook(foreign, payment)
        hours(foreign, 4)
    an_hour_later(foreign)
    assert_balanced(foreign, ("8.37", True))


def test_a_refund_entered_before_the_booking_is_voided_goes_out_with_what_it_had_left(foreign: Office) -> None:
    _, payment = paid(foreign)
    refund(foreign, payment)
    with silent(foreign, ChangeKind.REFUND):
        hours(foreign, 26)
    an_hour_later(foreign)
    assert_balanced(foreign, ("4.68", False))
    foreign.policy = replace(foreign.policy, refunds=Refunds.REOPEN)
    foreign.restart()
    refund(foreign, payment, Money.of("60.00", "EUR"))
    until_calm(foreign)
    an_hour_later(foreign)
    assert (entries(foreign), foreign.clearing()) == ([], at_stripe(foreign))
    assert foreign.broken() == []


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_void_the_difference_is_entered_once(reopening: Office, fault: FaultKind) -> None:
    _, payment = at_own_rate(reopening)
    reopening.stripe_world.balance.rates["EUR"] = Decimal("1.1171")
    reopening.ledger_faults.program(fault, "reverse")
    refund(reopening, payment, EUROS)
    try:
        reopening.run(2)
    except Crash:
        reopening.restart(crashed=True)
    until_calm(reopening)
    an_hour_later(reopening)
    assert_entered(reopening, ("8.37", True), ("11.71", False))


def test_the_power_goes_off_before_each_commit_of_a_void_and_each_difference_is_entered_once(
    open_office: OpenOffice,
) -> None:
    def ready(folder: str) -> Office:
        office = opened(open_office, folder, refunds=Refunds.REOPEN)
        _, payment = at_own_rate(office)
        office.stripe_world.balance.rates["EUR"] = Decimal("1.1171")
        refund(office, payment, EUROS)
        return office

    whole = ready("whole")
    cut = _PowerCut(whole)
    whole.run()
    assert cut.commits > 4
    for at in range(1, cut.commits + 1):
        office = ready(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        an_hour_later(office)
        assert_entered(office, ("8.37", True), ("11.71", False))


# -------------------------------------------------------------------------------------------------- what is only told


def test_what_somebody_deleted_in_the_ledger_is_told_and_nothing_is_entered(foreign: Office) -> None:
    invoice, _ = at_own_rate(foreign)
    [entry] = foreign.ledger_world.entries_on(invoice)
    with foreign.ledger_world.moment():
        foreign.ledger_world.delete_booking(entry.booking.booking_id)
    hours(foreign, 26)
    [said] = told_of(foreign, "the ledger does not show it in the clearing account within a day")
    assert entry.booking.booking_id in said
    assert differences(foreign) == []


def test_one_that_somebody_voided_before_its_refund_is_told_at_once(reopening: Office) -> None:
    invoice, payment = at_own_rate(reopening)
    an_hour_later(reopening)
    [entry] = reopening.ledger_world.entries_on(invoice)
    with reopening.ledger_world.moment():
        reopening.ledger_world.delete_booking(entry.booking.booking_id)
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    [said] = told_of(reopening, "is not known any more")
    assert "taken out of the ledger" in said
    assert "enter the difference by hand" in said
    assert differences(reopening) == [(usd("8.37"), True)]


def test_an_account_with_too_many_lines_is_told_of_and_not_guessed_at(foreign: Office) -> None:
    at_own_rate(foreign)
    foreign.ledger_faults.program(FaultKind.REFUSE, "account_entries", times=100)
    hours(foreign, 26)
    assert len(told_of(foreign, "does not show it in the clearing account")) == 1
    assert differences(foreign) == []


def test_one_that_the_ledger_does_not_show_when_it_is_taken_out_is_told_at_once(reopening: Office) -> None:
    _, payment = at_own_rate(reopening)
    an_hour_later(reopening)
    reopening.ledger_faults.program(FaultKind.REFUSE, "account_entries")
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    assert len(told_of(reopening, "is not known any more")) == 1
    assert differences(reopening) == [(usd("8.37"), True)]


def test_where_the_clearing_account_leaves_the_rate_to_the_ledger_nothing_is_entered(foreign: Office) -> None:
    foreign.policy = replace(foreign.policy, clearing_currency=None)
    foreign.restart()
    _, payment = paid(foreign)
    an_hour_later(foreign)
    assert (differences(foreign), effects(foreign), told_of(foreign, payment)) == ([], [], [])


@pytest.mark.parametrize("taken_out", [False, True])
def test_money_that_stripe_keeps_in_another_currency_leaves_nothing_to_enter(
    reopening: Office, *, taken_out: bool
) -> None:
    reopening.stripe_world.balance.rates.clear()
    _, _, page = texted(reopening, EUROS)
    payment = pay(reopening, page)
    settle(reopening)
    an_hour_later(reopening)
    if taken_out:
        refund(reopening, payment, EUROS)
        an_hour_later(reopening)
    assert (differences(reopening), effects(reopening)) == ([], [])
    assert told_of(reopening, "another currency")[0].endswith("The statement of the month names each.")
    assert told_of(reopening, LATE) == []


def test_no_more_wait_at_once_than_the_list_holds_and_the_others_are_put_right_all_the_same(
    foreign: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange_difference, "MOST", 1)
    paid_together(foreign)
    with silent(foreign):
        foreign.run()
        hours(foreign, 30)
    an_hour_later(foreign)
    assert len(differences(foreign)) == 3
    assert_all_there(foreign)


@pytest.mark.parametrize(("batch", "at_once"), [(1, 20), (2, 20), (4, 20), (1, 1)])
def test_however_many_are_looked_at_together_each_is_put_right_once(
    foreign: Office, monkeypatch: pytest.MonkeyPatch, batch: int, at_once: int
) -> None:
    """Those of one pass are concluded at one instant here, and are not parted; the others come one after the other."""
    monkeypatch.setattr(exchange_difference, "BATCH", batch)
    monkeypatch.setattr(exchange_difference, "BATCHES", at_once)
    paid_together(foreign)
    with silent(foreign):
        foreign.run()
        hours(foreign, 26)
    at_own_rate(foreign)
    hours(foreign, 27)
    assert len(differences(foreign)) == 4
    assert foreign.clearing() == at_stripe(foreign)
    assert foreign.broken() == []


# -------------------------------------------------------------------------------------------------- a memory is lost


def test_a_lost_memory_voids_what_it_adopted_and_the_difference_is_entered(reopening: Office) -> None:
    _, payment = paid(reopening)
    put_back(reopening, reopening.folder, None)
    until_calm(reopening)
    refund(reopening, payment, EUROS)
    until_calm(reopening)
    an_hour_later(reopening)
    assert_balanced(reopening, ("3.34", False))  # 108.37 came, 111.71 went


def test_a_lost_memory_does_not_take_back_the_difference_of_what_was_voided_before(reopening: Office) -> None:
    _, payment = at_own_rate(reopening)
    reopening.stripe_world.balance.rates["EUR"] = Decimal("1.1171")
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    an_hour_later(reopening)
    before = differences(reopening)
    assert len(before) == 2
    put_back(reopening, reopening.folder, None)
    until_calm(reopening)
    an_hour_later(reopening)
    assert differences(reopening) == before
    assert told_of(reopening, "difference of exchange") == []
    assert reopening.clearing() == at_stripe(reopening)


def lost(office: Office) -> None:
    put_back(office, office.folder, None)
    until_calm(office)
    an_hour_later(office)


@pytest.mark.parametrize("known_by", ["book_from", "an earlier difference"])
def test_after_a_lost_memory_what_was_not_entered_yet_is_entered(foreign: Office, known_by: str) -> None:
    earlier: list[tuple[str, bool]] = []
    if known_by == "book_from":
        foreign.wanted = replace(WITH_ACCOUNT, book_from=foreign.clock.now().date())
        foreign.restart()
    else:
        at_own_rate(foreign)
        an_hour_later(foreign)
        earlier = [("8.37", True)]
    invoice, _ = at_own_rate(foreign)
    assert differences(foreign) == [(usd(amount), come) for amount, come in earlier]
    lost(foreign)
    assert_balanced(foreign, *earlier, ("8.37", True))
    assert foreign.bookings(invoice) == [EUROS]
    lost(foreign)
    assert_balanced(foreign, *earlier, ("8.37", True))


def test_after_a_lost_memory_what_was_before_the_first_difference_is_the_owners(
    foreign: Office, caplog: pytest.LogCaptureFixture
) -> None:
    at_own_rate(foreign)
    foreign.wait(days=1)
    lost(foreign)
    assert (differences(foreign), effects(foreign)) == ([], [])
    assert "Differences of exchange: none was found in the ledger. They are entered from" in caplog.text


@pytest.mark.parametrize("kind", [ChangeKind.PAYMENT, ChangeKind.REFUND])
def test_after_a_lost_memory_what_was_entered_is_not_entered_again(foreign: Office, kind: ChangeKind) -> None:
    if kind is ChangeKind.PAYMENT:
        at_own_rate(foreign)
    else:
        _, payment = paid(foreign)
        refund(foreign, payment)
        with silent(foreign, kind):
            hours(foreign, 26)
    an_hour_later(foreign)
    before = differences(foreign)
    assert len(before) == 1
    lost(foreign)
    lost(foreign)
    assert differences(foreign) == before
    assert len(foreign.company.queries.exchange_differences("acme")) == 1
    assert foreign.clearing() == at_stripe(foreign)
    assert_counted(foreign)


def test_after_a_lost_memory_what_was_voided_before_is_named_where_no_difference_tells_of_it(
    reopening: Office, caplog: pytest.LogCaptureFixture
) -> None:
    _, payment = paid(reopening)
    refund(reopening, payment, EUROS)
    settle(reopening)
    lost(reopening)
    assert f"(payment {payment}) was taken out of the ledger before. Whether that left a difference" in caplog.text
    assert differences(reopening) == []


def test_an_older_memory_enters_what_is_missing_once(foreign: Office, tmp_path: Path) -> None:
    at_own_rate(foreign)
    foreign.database.copy_to(tmp_path / "before.db")
    an_hour_later(foreign)
    assert_balanced(foreign, ("8.37", True))
    put_back(foreign, foreign.folder, (tmp_path / "before.db").read_bytes())
    until_calm(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("8.37", True))
    assert len(effects(foreign)) == 1
