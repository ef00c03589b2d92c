"""What foreign entries leave between clearing account and balance is entered once, and then they hold the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.memory.cash_world import FEES, SALES
from adapters.memory.faults import Crash, FaultKind
from connector.domain.balance import ChangeKind
from connector.domain.effect import EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds
from connector.flows import exchange
from connector.life import life_of
from connector.statement.reading import read_books, read_till
from connector.statement.recall import recall
from connector.statement.values import Month, Subject, statement_of
from state.names import EXCHANGE_SINCE
from state.tables import EffectRow
from tests.flow.conftest import OpenOffice
from tests.flow.office import WANTED, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import rebook, settle, told_of, undo
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm
from tests.flow.test_foreign_money import EUROS, FAULTS, exchanging, usd
from tests.flow.test_foreign_refunds import FORTY, LATER, at_stripe, dispute, forget, paid, refund
from tests.flow.test_surplus import pay, texted

WITH_ACCOUNT = replace(
    WANTED, fees_account_id=None, bank_account_id=None, exchange_account_id=FEES.account_id, book_from=None
)
DEARER = Decimal("1.1402")  # what a euro is worth to Stripe when the money comes again


def opened(open_office: OpenOffice, folder: str = "state", *, refunds: Refunds = Refunds.BOOK) -> Office:
    office = exchanging(open_office(folder, refunds=refunds, refund_account_id=SALES.account_id))
    office.wanted = WITH_ACCOUNT
    office.restart()
    office.run()
    return office


@pytest.fixture(name="foreign")
def fixture_foreign(open_office: OpenOffice) -> Office:
    return opened(open_office)


@pytest.fixture(name="reopening")
def fixture_reopening(open_office: OpenOffice) -> Office:
    return opened(open_office, refunds=Refunds.REOPEN)


def differences(office: Office) -> list[tuple[Money, bool]]:
    """Entries against the account of gains and losses: how much, and whether it came into the clearing account."""
    found = [one.entry for one in office.cash.all_entries() if one.entry.kind is EntryKind.EXPENSE]
    return [(one.amount, one.incoming) for one in found if one.live]


def effects(office: Office) -> list[EffectRow]:
    found = office.company.store.effects.of_subjects("acme", list(office.ledger_world.invoices))
    return [one for one in found if one.kind == "book_exchange"]


def fail(office: Office, named: str) -> None:
    office.stripe_world.balance.rates["EUR"] = DEARER
    with office.stripe_world.moment():
        office.stripe_world.balance.fail_refund(named)
    office.wait(minutes=1)


def an_hour_later(office: Office) -> None:
    """The next look for differences is behind it."""
    settle(office, 3)
    office.wait(minutes=61)
    settle(office, 3)


def assert_balanced(office: Office, *entries: tuple[str, bool]) -> None:
    assert differences(office) == [(usd(amount), incoming) for amount, incoming in entries]
    assert office.clearing() == at_stripe(office)
    assert office.broken() == []


def failed_refund(office: Office) -> None:
    _, payment = paid(office)
    named = refund(office, payment)
    settle(office)
    fail(office, named)


def assert_counted(office: Office) -> None:
    """A statement of this month counts each difference with its payment: nothing is left but the fees."""
    company, today = office.company, office.clock.now().date()
    assert company.treasury is not None
    subject = Subject("acme", "Acme", "memory", company.policy.zone, Month.of(today), office.clock.now())
    [account] = [one for one in company.ledger.payment_accounts() if one.account_id == WITH_ACCOUNT.account_id]
    till = read_till(subject, company.treasury, lambda _: None)
    books = read_books(subject, company.ledger, account, lambda _: None)
    on_record = recall(company.queries, "acme", company.identity, till)
    found = statement_of(subject, company.identity, books, till, on_record).found
    left = [one for one in found.unmatched if {each.cause for each in one.entries} != {ChangeKind.FEE} or one.lines]
    assert left == []
    assert found.difference == Money.zero("USD") - found.totals.fees


# --------------------------------------------------------------------------------------------------- what is entered


def test_a_refund_that_failed_at_another_rate_is_put_right(foreign: Office) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))  # 45.61 came again, 44.68 had left
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))
    [invoice] = foreign.ledger_world.invoices
    row = foreign.company.queries.receivable("acme", invoice)
    assert row is not None
    life = life_of(foreign.company.queries, row, "UTC")
    assert "Difference of exchange entered in the ledger" in [one.what for one in life.moments]


def test_a_dispute_that_was_won_at_a_lower_rate_is_put_right(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = dispute(foreign, payment, FORTY)
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = Decimal("1.0912")
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.end_dispute(named, won=True)
    an_hour_later(foreign)
    assert_balanced(foreign, ("1.03", False))  # 43.65 came again, 44.68 had left


def test_a_foreign_booking_that_was_voided_is_put_right(reopening: Office) -> None:
    _, payment = paid(reopening)
    refund(reopening, payment, EUROS)
    an_hour_later(reopening)
    assert_balanced(reopening, ("3.34", False))  # 108.37 came, 111.71 went
    assert reopening.clearing() == usd("-3.34")


def debited(office: Office) -> str:
    """A payment of a hundred euros by bank debit, booked; from then on a euro is worth more."""
    invoice = office.issue(amount=EUROS)
    office.run()
    page = office.stripe_world.start_debit(office.link_in(office.texts()[-1]), method="us_bank_account")
    assert page is not None
    office.wait(hours=1)
    office.run()
    office.stripe_world.finish_debit(page, succeeds=True)
    payment = office.stripe_world.pages[page].latest.payment_id
    assert payment is not None
    settle(office)
    assert office.bookings(invoice) == [EUROS]
    office.stripe_world.balance.rates["EUR"] = LATER
    return payment


def bounce(office: Office, payment: str) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.bounce(payment)
    office.wait(minutes=1)


def test_a_bank_debit_that_the_bank_took_back_is_put_right(reopening: Office) -> None:
    bounce(reopening, debited(reopening))
    an_hour_later(reopening)
    assert_balanced(reopening, ("3.34", False))  # 108.37 came, 111.71 were taken again
    assert_counted(reopening)


def test_a_bank_debit_of_which_a_part_was_refunded_before_is_put_right(foreign: Office) -> None:
    payment = debited(foreign)
    refund(foreign, payment)
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = DEARER
    bounce(foreign, payment)
    an_hour_later(foreign)  # what was entered of the refund goes out first
    an_hour_later(foreign)
    assert_balanced(foreign, ("4.72", False))  # 108.37 came, 44.68 went and then 68.41


def test_one_booked_again_before_it_was_looked_at_is_told_and_not_guessed_at(reopening: Office) -> None:
    _, payment = paid(reopening)
    refund(reopening, payment, EUROS)
    settle(reopening)
    rebook(reopening, payment)
    an_hour_later(reopening)
    assert len(told_of(reopening, "is not known any more")) == 1
    assert differences(reopening) == []


def test_what_a_rate_of_few_digits_leaves_is_put_right(foreign: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(exchange.RULES, "memory", replace(exchange.RULES["xero"], decimals=4))
    invoice, _, page = texted(foreign, Money.of("30000.00", "EUR"))
    payment = pay(foreign, page)
    an_hour_later(foreign)
    assert len(differences(foreign)) == 1
    assert foreign.clearing() == at_stripe(foreign) == usd("32511.00")
    assert told_of(foreign, "Stripe's rate") == []
    refund(foreign, payment, Money.of("30000.00", "EUR"))
    an_hour_later(foreign)
    assert len(differences(foreign)) == 2
    assert foreign.clearing() == at_stripe(foreign) == usd("0.00")
    assert foreign.bookings(invoice)
    assert foreign.broken() == []


@pytest.mark.parametrize("entered", [False, True])
def test_what_a_rate_of_few_digits_leaves_goes_out_with_a_booking_that_is_undone(
    foreign: Office, monkeypatch: pytest.MonkeyPatch, *, entered: bool
) -> None:
    monkeypatch.setitem(exchange.RULES, "memory", replace(exchange.RULES["xero"], decimals=4))
    _, _, page = texted(foreign, Money.of("30000.00", "EUR"))
    payment = pay(foreign, page)
    settle(foreign)
    if entered:
        an_hour_later(foreign)
    undo(foreign, payment)
    an_hour_later(foreign)
    assert len(differences(foreign)) == (2 if entered else 0)
    assert foreign.clearing() == usd("0.00")


def test_a_booking_undone_by_the_owners_word_leaves_nothing_to_put_right(foreign: Office) -> None:
    _, payment = paid(foreign)
    undo(foreign, payment)
    an_hour_later(foreign)
    assert (differences(foreign), effects(foreign)) == ([], [])


def test_an_entry_in_the_currency_of_the_clearing_account_leaves_nothing(foreign: Office) -> None:
    _, payment = paid(foreign, usd("120.00"))
    named = refund(foreign, payment, usd("20.00"))
    settle(foreign)
    fail(foreign, named)
    an_hour_later(foreign)
    assert_balanced(foreign)


def test_money_that_comes_again_at_the_same_rate_leaves_nothing(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    settle(foreign)
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.fail_refund(named)
    an_hour_later(foreign)
    assert_balanced(foreign)


@pytest.mark.parametrize("refunds", [Refunds.BOOK, Refunds.REOPEN])
def test_a_statement_counts_the_entry_with_its_payment(open_office: OpenOffice, refunds: Refunds) -> None:
    office = opened(open_office, refunds=refunds)
    if refunds is Refunds.BOOK:
        failed_refund(office)
    else:
        _, payment = paid(office)
        refund(office, payment, EUROS)
    an_hour_later(office)
    assert len(differences(office)) == 1
    assert_counted(office)


# ------------------------------------------------------------------------------------------------ what is not entered


def assert_left_to_the_owner_without_an_account(office: Office, act: Callable[[Office], object], place: str) -> None:
    """`place`: where the looks have come to, which is forgotten."""
    office.wanted = None
    office.restart()
    office.company = replace(office.company, cash=None)
    act(office)
    an_hour_later(office)
    row = office.company.queries.cursor("acme", place)
    assert row is not None
    assert row.value == ""
    office.wanted = WITH_ACCOUNT
    office.restart()
    office.wait(minutes=1)
    an_hour_later(office)
    assert (differences(office), effects(office)) == ([], [])


def assert_put_right_from_the_first_day(open_office: OpenOffice, act: Callable[[Office], object]) -> None:
    office = exchanging(open_office(refunds=Refunds.BOOK, refund_account_id=SALES.account_id))
    act(office)
    settle(office)
    office.wanted = replace(WITH_ACCOUNT, book_from=WANTED.book_from)
    office.restart()
    office.wait(minutes=1)
    an_hour_later(office)
    assert_balanced(office, ("0.93", True))


def test_without_an_account_nothing_is_entered_and_what_was_meanwhile_is_the_owners(foreign: Office) -> None:
    assert_left_to_the_owner_without_an_account(foreign, failed_refund, EXCHANGE_SINCE)


def test_from_the_owners_first_day_on_what_was_before_is_put_right_too(open_office: OpenOffice) -> None:
    assert_put_right_from_the_first_day(open_office, failed_refund)


def test_one_that_waits_is_left_undone_once_the_account_is_taken_away(foreign: Office) -> None:
    failed_refund(foreign)
    foreign.ledger_faults.program(FaultKind.FAIL_BEFORE, "make_expense", times=3)
    settle(foreign, 2)
    foreign.wait(minutes=61)
    foreign.run()
    assert [one.status for one in effects(foreign)] == [EffectStatus.PLANNED]
    foreign.company = replace(foreign.company, cash=replace(WITH_ACCOUNT, exchange_account_id=None))
    until_calm(foreign)
    assert [one.status for one in effects(foreign)] == [EffectStatus.CANCELLED]
    assert differences(foreign) == []


@pytest.mark.parametrize("unreadable", [False, True])
def test_it_waits_until_stripe_has_said_it_and_after_a_day_the_owner_is_told(
    foreign: Office, *, unreadable: bool
) -> None:
    failed_refund(foreign)
    if unreadable:
        foreign.stripe_faults.program(FaultKind.REFUSE, "changes_back", times=100)
    else:
        forget(foreign, ChangeKind.REFUND_FAILURE)
    an_hour_later(foreign)
    assert (effects(foreign), told_of(foreign, "within a day")) == ([], [])
    for _ in range(25):
        foreign.wait(minutes=61)
        foreign.run()
    [told] = told_of(foreign, "within a day")
    assert "No difference of exchange was entered" in told
    assert (differences(foreign), effects(foreign)) == ([], [])


def test_one_that_is_late_is_entered_once_stripe_has_said_it(foreign: Office) -> None:
    failed_refund(foreign)
    foreign.stripe_faults.program(FaultKind.REFUSE, "changes_back", times=1)
    an_hour_later(foreign)
    foreign.wait(minutes=61)
    settle(foreign)
    assert_balanced(foreign, ("0.93", True))


def test_what_somebody_deletes_is_not_entered_again(foreign: Office) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    [made] = [one.entry for one in foreign.cash.all_entries() if one.entry.kind is EntryKind.EXPENSE]
    foreign.company.ledger.take_back(made.kind, made.entry_id, "by hand")
    for _ in range(3):
        an_hour_later(foreign)
    assert differences(foreign) == []


# ---------------------------------------------------------------------------------------------- once, through trouble


@pytest.mark.parametrize("kind", FAULTS)
def test_a_call_that_goes_wrong_leaves_one_entry(foreign: Office, kind: FaultKind) -> None:
    failed_refund(foreign)
    foreign.ledger_faults.program(kind, "make_expense")
    settle(foreign, 2)
    foreign.wait(minutes=61)
    try:
        foreign.run()
    except Crash:
        foreign.restart(crashed=True)
    until_calm(foreign)
    assert_balanced(foreign, ("0.93", True))


def test_the_power_goes_off_before_each_commit_and_one_entry_is_left(open_office: OpenOffice) -> None:
    def ready(folder: str) -> Office:
        office = opened(open_office, folder)
        failed_refund(office)
        settle(office, 2)
        office.wait(minutes=61)
        return office

    whole = ready("whole")
    cut = _PowerCut(whole)
    whole.run()
    assert cut.commits > 2
    for at in range(1, cut.commits + 1):
        office = ready(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        assert_balanced(office, ("0.93", True))


def test_a_memory_that_is_lost_enters_nothing_twice(foreign: Office) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))
    assert [one.status for one in effects(foreign)] == [EffectStatus.DONE]


@pytest.mark.parametrize("refunds", [Refunds.BOOK, Refunds.REOPEN])
def test_after_a_lost_memory_a_statement_still_counts_the_entry_with_its_payment(
    open_office: OpenOffice, refunds: Refunds
) -> None:
    office = opened(open_office, refunds=refunds)
    if refunds is Refunds.BOOK:
        failed_refund(office)
    else:
        _, payment = paid(office)
        refund(office, payment, EUROS)
    an_hour_later(office)
    before = differences(office)
    put_back(office, office.folder, None)
    until_calm(office)
    an_hour_later(office)
    assert differences(office) == before
    assert len(office.company.queries.exchange_differences("acme")) == 1
    assert_counted(office)


def test_after_a_lost_memory_one_whose_note_was_changed_stays_and_the_log_says_so(
    foreign: Office, caplog: pytest.LogCaptureFixture
) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    [entry_id] = [key for key, one in foreign.cash.entries.items() if one.latest.entry.kind is EntryKind.EXPENSE]
    held = foreign.cash.entries[entry_id]
    held.add(foreign.clock.now(), replace(held.latest, entry=replace(held.latest.entry, note="by the accountant")))
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    assert "names no payment on record" in caplog.text
    assert_balanced(foreign, ("0.93", True))
    assert effects(foreign) == []


def test_a_memory_from_before_the_entry_adopts_it(foreign: Office, tmp_path: Path) -> None:
    failed_refund(foreign)
    settle(foreign, 2)
    foreign.database.copy_to(tmp_path / "before.db")
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))
    put_back(foreign, foreign.folder, (tmp_path / "before.db").read_bytes())
    until_calm(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))


def test_a_memory_that_has_the_entry_is_told_nothing_new_of_it(foreign: Office, tmp_path: Path) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    before = effects(foreign)
    foreign.database.copy_to(tmp_path / "after.db")
    put_back(foreign, foreign.folder, (tmp_path / "after.db").read_bytes())
    until_calm(foreign)
    an_hour_later(foreign)
    assert [(one.key, one.status) for one in effects(foreign)] == [(one.key, one.status) for one in before]
    assert_balanced(foreign, ("0.93", True))


def test_a_lost_memory_does_not_take_such_an_entry_for_the_first_fee(foreign: Office) -> None:
    failed_refund(foreign)
    an_hour_later(foreign)
    assert_balanced(foreign, ("0.93", True))
    foreign.wait(days=3)
    foreign.wanted = replace(WITH_ACCOUNT, fees_account_id=SALES.account_id)  # fees are wanted from this day on
    foreign.restart()
    foreign.run()
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.charge(usd("-7.00"), "Radar")
    an_hour_later(foreign)
    before = differences(foreign)
    assert sorted(before) == sorted([(usd("0.93"), True), (usd("7.00"), False)], key=lambda one: one[0].amount)
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    an_hour_later(foreign)
    assert differences(foreign) == before, "the fee of the payment is of before the first day"
