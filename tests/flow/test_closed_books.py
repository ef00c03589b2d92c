"""The books are closed for the day of a payment: it is on the first open day, or waits for a person; never twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.closed_period import ClosedPeriod
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Surplus
from connector.flows import closed
from connector.flows.attempts import order_retry
from connector.ports.calls import CallKind
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm
from tests.flow.test_surplus import by_cheque, pay, settle, texted

PAID, CLOSED, OPEN = date(2026, 11, 23), date(2026, 11, 24), date(2026, 11, 25)
FAULTS = [
    FaultKind.LOSE_ANSWER,
    FaultKind.NEVER_COMMIT,
    FaultKind.COMMIT_LATE,
    FaultKind.FAIL_BEFORE,
    FaultKind.CRASH_AFTER,
]
OF_WRITES = {FaultKind.NEVER_COMMIT, FaultKind.COMMIT_LATE}


@pytest.fixture(name="moving")
def fixture_moving(open_office: OpenOffice) -> Office:
    return open_office(closed_period=ClosedPeriod.FIRST_OPEN_DAY)


@pytest.fixture(name="asking")
def fixture_asking(open_office: OpenOffice) -> Office:
    return open_office()


def paid_and_closed(office: Office) -> tuple[str, str]:
    """Paid on Monday, seen on Wednesday, when the books are closed through Tuesday: the invoice, the payment."""
    invoice, _, page = texted(office)
    payment = pay(office, page)
    office.wait(days=2)
    office.ledger_world.close_books_through(CLOSED)
    return invoice, payment


def days(office: Office, invoice: str) -> list[date]:
    return [one.booking.booked_on for one in office.ledger_world.entries_on(invoice)]


def notes(office: Office, invoice: str) -> list[str]:
    return [one.booking.note for one in office.ledger_world.entries_on(invoice)]


def retry_named_in(office: Office, *, first_open_day: bool = False) -> None:
    [item] = [one for one in office.company.queries.attention("acme") if one.command.startswith("duebird retry ")]
    row = office.company.queries.effect("acme", item.command.split()[2])
    assert row is not None
    now = office.clock.now()
    if first_open_day:
        assert f"retry {row.key} --first-open-day --company acme" in item.not_done
        office.company.store.first_open_day_ordered(row.key, closed.ordered(row), now)
    else:
        order_retry(office.company.store.effects, row, now)


def test_by_setting_it_is_on_the_first_open_day_with_a_note_and_the_owner_is_told(moving: Office) -> None:
    invoice, payment = paid_and_closed(moving)
    settle(moving)
    assert days(moving, invoice) == [OPEN]
    [note] = notes(moving, invoice)
    assert note.startswith(f"Duebird {payment} invoice ")
    assert note.endswith("of 2026-11-23, books closed through 2026-11-24")
    [told] = moving.attention()
    assert payment in told
    assert "120.00 USD" in told
    assert "of 2026-11-23" in told
    assert moving.broken() == []


def test_all_that_one_closing_moves_is_told_in_one_item(moving: Office) -> None:
    paid_and_closed(moving)
    second = moving.issue(moving.customer("Lee Park", mobile="+12125550188"))
    moving.run()
    payment = pay(moving, _page(moving))
    moving.ledger_world.close_books_through(date(2026, 11, 25))
    moving.wait(days=2)
    settle(moving)
    assert days(moving, second) == [date(2026, 11, 26)]
    [told] = moving.attention()
    assert payment in told


def _page(office: Office) -> str:
    from connector.domain.phone import Phone

    page = office.stripe_world.open_page(office.link_in(office.texts(Phone("+12125550188"))[-1]))
    assert page is not None
    return page


def asked(office: Office) -> int:
    """How often the ledger was asked for its closing date."""
    return [one.method for one in office.ledger_world.requests].count("closed_through")


def test_the_closing_date_is_read_once_a_pass_for_all_of_its_entries(moving: Office) -> None:
    first, _, page = texted(moving)
    second = moving.issue(moving.customer("Lee Park", mobile="+12125550188"))
    moving.run()
    pay(moving, page)
    pay(moving, _page(moving))
    before = asked(moving)
    moving.wait(minutes=5)
    moving.run()
    assert days(moving, first) == days(moving, second) == [PAID]
    assert asked(moving) == before + 1
    moving.wait(minutes=5)
    moving.run()
    assert asked(moving) == before + 1


def test_a_payment_of_an_open_day_stays_on_it(moving: Office) -> None:
    invoice, _, page = texted(moving)
    moving.ledger_world.close_books_through(date(2026, 11, 22))
    pay(moving, page)
    settle(moving)
    assert days(moving, invoice) == [PAID]
    assert moving.attention() == []


def test_unless_set_nothing_is_booked_and_the_item_names_both_ways(asking: Office) -> None:
    invoice, payment = paid_and_closed(asking)
    settle(asking)
    assert days(asking, invoice) == []
    [item] = asking.company.queries.attention("acme")
    for word in ("Acme Plumbing", payment, "120.00 USD", "2026-11-23", "2026-11-24"):
        assert word in item.happened
    assert "It was not done." in item.not_done
    assert "as of 2026-11-25" in item.not_done
    tried = len(asking.ledger_world.requests)
    asking.wait(days=1)
    asking.run()
    assert "book" not in [one.method for one in asking.ledger_world.requests[tried:]]


def test_once_the_books_are_open_again_it_is_booked_on_its_own_day(asking: Office) -> None:
    invoice, _ = paid_and_closed(asking)
    settle(asking)
    asking.ledger_world.close_books_through(date(2026, 10, 31))
    retry_named_in(asking)
    settle(asking)
    assert days(asking, invoice) == [PAID]
    assert "closed" not in notes(asking, invoice)[0]
    assert asking.attention() == []
    assert asking.broken() == []


def test_ordered_again_with_closed_books_it_waits_again_and_is_told_again(asking: Office) -> None:
    invoice, _ = paid_and_closed(asking)
    settle(asking)
    retry_named_in(asking)
    settle(asking)
    assert days(asking, invoice) == []
    assert len(asking.attention()) == 2  # the first one is closed by the command, which this test does not type


def test_a_person_orders_it_on_the_first_open_day(asking: Office) -> None:
    invoice, _ = paid_and_closed(asking)
    settle(asking)
    retry_named_in(asking, first_open_day=True)
    settle(asking)
    assert days(asking, invoice) == [OPEN]
    assert "of 2026-11-23, books closed through 2026-11-24" in notes(asking, invoice)[0]
    assert asking.broken() == []


def test_nothing_is_booked_on_a_day_that_is_still_to_come(moving: Office) -> None:
    invoice, _ = paid_and_closed(moving)
    moving.ledger_world.close_books_through(date(2026, 12, 31))
    settle(moving)
    assert days(moving, invoice) == []
    [item] = moving.company.queries.attention("acme")
    assert "--first-open-day" not in item.not_done
    assert "Open the books" in item.not_done


@pytest.mark.parametrize("policy", list(ClosedPeriod))
def test_books_closed_between_the_look_and_the_write(open_office: OpenOffice, policy: ClosedPeriod) -> None:
    office = open_office(closed_period=policy)
    invoice, _, page = texted(office)
    pay(office, page)
    office.wait(days=2)

    def close(service: str, kind: CallKind) -> None:
        if service == "ledger" and kind is CallKind.WRITE:
            office.ledger_world.close_books_through(CLOSED)

    office.line.held = close
    settle(office)
    office.line.held = None
    if policy is ClosedPeriod.ASK:
        assert days(office, invoice) == []
        retry_named_in(office, first_open_day=True)
        settle(office)
    assert days(office, invoice) == [OPEN]
    assert "books closed through 2026-11-24" in notes(office, invoice)[0]
    assert office.broken() == []


def test_books_closed_between_two_entries_of_a_pass_are_seen_by_both(moving: Office) -> None:
    first, _, page = texted(moving)
    second = moving.issue(moving.customer("Lee Park", mobile="+12125550188"))
    moving.run()
    pay(moving, page)
    pay(moving, _page(moving))
    moving.wait(days=2)
    written: list[str] = []

    def close(service: str, kind: CallKind) -> None:
        if service == "ledger" and kind is CallKind.WRITE:
            written.append(service)
            if len(written) > 1:
                moving.ledger_world.close_books_through(CLOSED)

    moving.line.held = close
    settle(moving)
    moving.line.held = None
    assert sorted([*days(moving, first), *days(moving, second)]) == [PAID, OPEN]
    assert moving.broken() == []


def test_what_the_ledger_refuses_although_it_says_the_day_is_open_goes_to_a_person(moving: Office) -> None:
    invoice, _, page = texted(moving)
    moving.ledger_faults.program(FaultKind.REFUSE, "book")
    pay(moving, page)
    settle(moving)
    assert days(moving, invoice) == []
    [item] = moving.company.queries.attention("acme")
    assert item.command.startswith("duebird retry ")


def test_books_closed_for_the_moment_of_the_write_only_go_to_a_person_and_nothing_goes_round(moving: Office) -> None:
    invoice, _, page = texted(moving)
    pay(moving, page)
    moving.wait(days=2)

    def close(service: str, kind: CallKind) -> None:
        if service == "ledger":
            moving.ledger_world.close_books_through(CLOSED if kind is CallKind.WRITE else date(2026, 10, 31))

    moving.line.held = close
    settle(moving)
    moving.line.held = None
    assert days(moving, invoice) == []
    retry_named_in(moving)
    settle(moving)
    assert days(moving, invoice) == [PAID]
    assert moving.broken() == []


def test_books_opened_before_an_entry_was_moved_to_its_day_put_it_back_on_its_own(moving: Office) -> None:
    invoice, _ = paid_and_closed(moving)
    moving.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    moving.wait(minutes=1)
    moving.run()
    moving.ledger_world.close_books_through(date(2026, 10, 31))
    _until_calm(moving)
    assert days(moving, invoice) == [PAID]
    assert "closed" not in notes(moving, invoice)[0]
    assert moving.broken() == []


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        *(("book", fault) for fault in FAULTS),
        # A read commits nothing, so that nothing of it can be committed late or never.
        *((read, fault) for read in ("closed_through", "receivable") for fault in FAULTS if fault not in OF_WRITES),
    ],
)
def test_whatever_happens_to_a_call_it_is_booked_once_on_the_first_open_day(
    moving: Office, call: str, fault: FaultKind
) -> None:
    invoice, _ = paid_and_closed(moving)
    moving.ledger_faults.program(fault, call)
    moving.wait(minutes=1)
    try:
        moving.run()
    except Crash:
        moving.restart(crashed=True)
    _until_calm(moving)
    assert days(moving, invoice) == [OPEN]
    assert moving.broken() == []


def test_an_entry_made_with_a_lost_answer_is_found_wherever_the_books_are_closed_meanwhile(moving: Office) -> None:
    invoice, _, page = texted(moving)
    pay(moving, page)
    moving.wait(minutes=1)
    moving.ledger_faults.program(FaultKind.LOSE_ANSWER, "book")
    moving.run()
    moving.wait(days=2)
    moving.ledger_world.close_books_through(CLOSED)
    _until_calm(moving)
    assert days(moving, invoice) == [PAID]
    assert moving.broken() == []


def test_a_call_that_never_came_through_is_booked_on_the_first_open_day_once_its_day_is_closed(moving: Office) -> None:
    invoice, _, page = texted(moving)
    pay(moving, page)
    moving.wait(minutes=1)
    moving.ledger_faults.program(FaultKind.NEVER_COMMIT, "book")
    moving.run()
    moving.wait(days=2)
    moving.ledger_world.close_books_through(CLOSED)
    _until_calm(moving)
    assert days(moving, invoice) == [OPEN]
    assert moving.broken() == []


@pytest.mark.parametrize("later", ClosedPeriod)
def test_a_lost_memory_finds_the_entry_on_the_other_day(moving: Office, later: ClosedPeriod) -> None:
    invoice, payment = paid_and_closed(moving)
    settle(moving)
    moving.policy = replace(moving.policy, closed_period=later)
    put_back(moving, moving.folder, None)
    until_calm(moving)
    assert days(moving, invoice) == [OPEN]
    assert moving.company.queries.payments("acme")[0].verdict == "booked"
    assert [one for one in moving.attention() if payment in one] == []
    assert moving.broken() == []


def test_an_emptied_memory_holds_what_was_held(asking: Office) -> None:
    invoice, payment = paid_and_closed(asking)
    settle(asking)
    put_back(asking, asking.folder, None)
    until_calm(asking)
    assert days(asking, invoice) == []
    assert len([one for one in asking.attention() if payment in one]) == 1
    assert asking.broken() == []


@pytest.mark.parametrize("policy", list(ClosedPeriod))
def test_a_crash_at_each_commit_leaves_one_entry_on_the_first_open_day(
    open_office: OpenOffice, policy: ClosedPeriod
) -> None:
    office = open_office("counted", closed_period=policy)
    paid_and_closed(office)
    cut = _PowerCut(office)
    office.run()
    assert cut.commits > 4
    for at in range(1, cut.commits + 1):
        office = open_office(f"cut-{at}", closed_period=policy)
        invoice, payment = paid_and_closed(office)
        _cut(office, at)
        _until_calm(office)
        if policy is ClosedPeriod.ASK:
            assert days(office, invoice) == [], f"after a crash at commit {at}"
            assert len([one for one in office.attention() if payment in one]) == 1, f"told after {at}"
            retry_named_in(office, first_open_day=True)
            settle(office)
        assert days(office, invoice) == [OPEN], f"after a crash at commit {at}"
        assert office.broken() == [], f"after a crash at commit {at}"


def test_a_credit_of_a_closed_day_is_on_the_first_open_day_too(open_office: OpenOffice) -> None:
    office = open_office(closed_period=ClosedPeriod.FIRST_OPEN_DAY, surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice, Money.of("70.00", "USD"))
    pay(office, page)
    office.wait(days=2)
    office.ledger_world.close_books_through(CLOSED)
    settle(office)
    assert days(office, invoice) == [PAID, OPEN]
    assert office.credits(customer) == [Money.of("70.00", "USD")]
    [entry] = [one.entry for one in office.cash.all_entries() if one.entry.kind is EntryKind.CREDIT]
    assert entry.booked_on == OPEN
    assert "of 2026-11-23, books closed through 2026-11-24" in entry.note
    assert office.broken() == []


def test_a_credit_waits_for_a_person_and_is_booked_once_ordered(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, customer, page = texted(office)
    by_cheque(office, invoice)
    payment = pay(office, page)
    office.wait(days=2)
    office.ledger_world.close_books_through(CLOSED)
    settle(office)
    assert office.credits(customer) == []
    [told] = office.attention()
    assert payment in told
    assert "credit of Dana Reed" in told
    retry_named_in(office, first_open_day=True)
    settle(office)
    assert office.credits(customer) == [DOLLARS]
    assert office.broken() == []
