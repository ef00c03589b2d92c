"""What somebody else has booked is adopted or asked about, and never booked a second time."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.effect import booking_reference
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from connector.failpoints import armed
from connector.flows.already import OUTCOME, may_be_answered, said_of
from connector.flows.attempts import order_retry
from connector.flows.reversal import adopted_of, entries_of
from connector.statement.recall import recall
from connector.statement.values import Till as Read
from state.tables import EffectRow
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm

RAISED = Money.of("240.00", "USD")
FIFTY, SEVENTY, THIRTY = (Money.of(one, "USD") for one in ("50.00", "70.00", "30.00"))


def paid(office: Office, total: Money = RAISED) -> tuple[str, str]:
    """A payment of 120.00 that is not booked yet, on an invoice that was raised to `total` after its link went out."""
    invoice = office.issue()
    office.run()
    payment = office.stripe_world.pay(office.link_in(office.texts()[-1]))
    assert payment is not None
    if total != DOLLARS:
        office.ledger_world.edit_amount(invoice, total)
    office.wait(minutes=1)
    return invoice, payment


def by_hand(office: Office, invoice: str, note: str = "", amount: Money = DOLLARS, *, reference: str = "") -> str:
    return office.ledger_world.pay_by_hand(invoice, amount, reference=reference, note=note)


def settle(office: Office, times: int = 3) -> None:
    office.wait(minutes=1)
    office.run(times)


def booking(office: Office, invoice: str, payment: str) -> EffectRow:
    effects = office.company.queries.effects_of("acme", invoice)
    return next(
        one for one in effects if one.kind == "book_payment" and json.loads(one.request)["payment_id"] == payment
    )


def say(office: Office, row: EffectRow, entry: str | None = None) -> None:
    """The owner's answer, as `duebird retry` records it."""
    now = office.clock.now()
    assert entry is None or may_be_answered(row, entry)
    said = said_of(row, entry)
    store = office.company.store
    if said is None:
        order_retry(store.effects, row, now)
    else:
        store.entry_recognised(row.key, said, now, why="ordered by a person", ordered=True)
    for item in office.company.queries.attention("acme"):
        if row.key in item.key:
            store.attention_closed("acme", item.key, "retry ordered", now)


def verdict(office: Office, payment: str) -> str:
    row = office.company.queries.payment("acme", payment)
    assert row is not None
    return row.verdict


def assert_adopted(office: Office, invoice: str, payment: str, entry: str) -> None:
    row = booking(office, invoice, payment)
    assert (row.status, row.remote_id, row.outcome) == ("done", entry, OUTCOME)
    assert verdict(office, payment) == "booked"


# ---------------------------------------------------------------------------------------------- it names the payment


def test_an_entry_that_names_the_payment_is_adopted_where_it_would_fit_once_more(office: Office) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, f"Stripe {payment}")
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.owed(invoice) == DOLLARS
    assert_adopted(office, invoice, payment, entry)
    assert len(office.texts()) == 2  # the notice and the receipt
    assert office.attention() == []
    assert office.broken() == []


@pytest.mark.parametrize("surplus", list(Surplus))
def test_an_invoice_that_is_paid_by_this_very_payment_is_no_surplus(open_office: OpenOffice, surplus: Surplus) -> None:
    office = open_office(surplus=surplus)
    invoice, payment = paid(office, DOLLARS)
    entry = by_hand(office, invoice, reference=payment)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.credits() == []
    assert_adopted(office, invoice, payment, entry)
    assert office.attention() == []
    assert office.broken() == []


@pytest.mark.parametrize("named", ["session_id", "link_id"])
def test_an_entry_that_names_the_payment_page_or_a_link_paid_once_is_adopted(office: Office, named: str) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, getattr(office.stripe_world.payments[payment].latest, named))
    settle(office)
    assert_adopted(office, invoice, payment, entry)
    assert office.bookings(invoice) == [DOLLARS]


def test_paid_twice_stays_a_surplus_and_an_entry_for_the_one_is_not_taken_for_the_other(
    open_office: OpenOffice,
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice = office.issue()
    office.run()
    address = office.link_in(office.texts()[0])
    pages = [office.stripe_world.open_page(address) for _ in range(2)]
    first, second = [office.stripe_world.pay_page(one) for one in pages if one is not None]
    assert first is not None
    assert second is not None
    office.wait(minutes=1)
    entry = by_hand(office, invoice, f"Stripe {second}")
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert_adopted(office, invoice, second, entry)
    assert verdict(office, first) == "credited"
    assert office.credits() == [DOLLARS]
    assert office.broken() == []


def test_an_entry_over_another_amount_or_in_another_account_is_told(office: Office) -> None:
    invoice, payment = paid(office)
    other = replace(office.ledger_world.accounts[0], account_id="acc9", name="Undeposited funds")
    office.ledger_world.accounts.insert(0, other)
    entry = by_hand(office, invoice, payment, FIFTY)
    settle(office)
    assert office.bookings(invoice) == [FIFTY]
    assert_adopted(office, invoice, payment, entry)
    told = " ".join(office.attention())
    assert "is over 50.00 USD here, and 120.00 USD was paid" in told
    assert "is in another account" in told


@pytest.mark.parametrize(("amount", "rest"), [(FIFTY, [SEVENTY]), (THIRTY, [])])
def test_the_rest_becomes_a_credit_only_where_the_entry_is_over_just_what_fits(
    open_office: OpenOffice, amount: Money, rest: list[Money]
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment = paid(office, DOLLARS)
    by_hand(office, invoice, "CHEQUE 7", SEVENTY)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    office.run()
    entry = by_hand(office, invoice, payment, amount)
    settle(office)
    assert office.bookings(invoice) == [SEVENTY, amount]
    assert_adopted(office, invoice, payment, entry)
    assert office.credits() == rest


def test_a_credit_that_is_planned_is_not_made_once_somebody_has_booked_the_payment(open_office: OpenOffice) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    cheque = by_hand(office, invoice, "CHEQUE 7")
    office.wait(minutes=2)
    payment = office.stripe_world.pay_page(page or "")
    assert payment is not None
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "make_credit")
    office.run()
    assert verdict(office, payment) == "crediting"
    office.ledger_world.delete_booking(cheque)  # it was this payment all the while
    entry = by_hand(office, invoice, payment)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.credits() == []
    assert_adopted(office, invoice, payment, entry)
    assert office.broken() == []


# -------------------------------------------------------------------------------------------- only a person can tell


def asked(office: Office, total: Money = RAISED, *, note: str = "card") -> tuple[str, str, str]:
    invoice, payment = paid(office, total)
    entry = by_hand(office, invoice, note)
    settle(office)
    [item] = office.company.queries.attention("acme")
    row = booking(office, invoice, payment)
    assert row.status == "rejected"
    for part in (payment, f"entry {entry} of 120.00 USD", f"2026-11-23, {note}"):
        assert part in item.happened
    assert f"duebird retry {row.key} --already-booked {entry} --company acme" in item.not_done
    assert item.command == f"duebird retry {row.key} --company acme"
    assert office.bookings(invoice) == [DOLLARS]
    assert office.credits() == []
    return invoice, payment, entry


def test_an_entry_of_another_tool_is_asked_about_and_the_owner_says_that_it_is_the_payment(office: Office) -> None:
    invoice, payment, entry = asked(office)
    say(office, booking(office, invoice, payment), entry)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert_adopted(office, invoice, payment, entry)
    assert len(office.texts()) == 2
    assert office.attention() == []
    assert office.broken() == []


def test_no_reminder_goes_out_while_the_owner_is_asked(office: Office) -> None:
    asked(office)
    for _ in range(5):
        office.wait(days=4)
        office.run()
    assert len(office.texts()) == 1
    assert len(office.attention()) == 1


def test_the_owner_says_that_it_is_another_matter_and_the_payment_is_booked(office: Office) -> None:
    invoice, payment, _ = asked(office)
    say(office, booking(office, invoice, payment))
    settle(office)
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]
    assert office.owed(invoice) == Money.zero("USD")
    assert verdict(office, payment) == "booked"
    assert booking(office, invoice, payment).outcome != OUTCOME
    assert office.broken() == []


@pytest.mark.parametrize("surplus", list(Surplus))
def test_another_matter_that_has_paid_the_invoice_leaves_the_payment_as_a_surplus(
    open_office: OpenOffice, surplus: Surplus
) -> None:
    office = open_office(surplus=surplus)
    invoice, payment, _ = asked(office, DOLLARS, note="CHEQUE 7")
    say(office, booking(office, invoice, payment))
    settle(office, 5)
    assert office.bookings(invoice) == [DOLLARS]
    assert verdict(office, payment) == ("credited" if surplus is Surplus.CREDIT else "held")
    assert office.credits() == ([DOLLARS] if surplus is Surplus.CREDIT else [])
    assert office.broken() == []


def test_what_was_ruled_out_is_not_asked_about_again_when_the_payment_is_decided_anew(
    open_office: OpenOffice,
) -> None:
    office = open_office(surplus=Surplus.CREDIT)
    invoice, payment, _ = asked(office, DOLLARS, note="CHEQUE 7")
    say(office, booking(office, invoice, payment))
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "entries_with_reference")
    office.run(2)
    assert verdict(office, payment) == "crediting"
    office.ledger_world.edit_amount(invoice, RAISED)  # it fits after all
    settle(office)
    assert verdict(office, payment) == "booked"
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]
    assert office.credits() == []
    assert office.attention() == []


def test_of_two_that_are_alike_the_owner_names_one(office: Office) -> None:
    invoice, payment = paid(office, Money.of("400.00", "USD"))
    entries = [by_hand(office, invoice, note) for note in ("card", "")]
    settle(office)
    [item] = office.company.queries.attention("acme")
    assert "one of these entries" in item.not_done
    assert "without a reference" in item.happened
    row = booking(office, invoice, payment)
    for one in entries:
        assert f"--already-booked {one} " in item.not_done
    say(office, row, entries[1])
    settle(office)
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]
    assert_adopted(office, invoice, payment, entries[1])


def test_an_entry_that_came_after_the_answer_is_asked_about_too(office: Office) -> None:
    invoice, payment, first = asked(office)
    say(office, booking(office, invoice, payment))
    second = by_hand(office, invoice, "card")
    settle(office)
    [item] = office.company.queries.attention("acme")
    assert second in item.happened
    assert f"entry {first} " not in item.happened
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]


def test_an_entry_that_is_gone_by_the_time_of_the_answer_is_not_adopted_and_can_be_ordered_anew(office: Office) -> None:
    invoice, payment, entry = asked(office)
    say(office, booking(office, invoice, payment), entry)
    office.ledger_world.delete_booking(entry)
    settle(office)
    [told] = office.attention()
    assert "is not on the invoice any more" in told
    assert office.bookings(invoice) == []
    say(office, booking(office, invoice, payment))
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert booking(office, invoice, payment).remote_id != entry
    assert office.broken() == []


def test_one_entry_stands_for_one_payment_whatever_is_answered(office: Office) -> None:
    invoice = office.issue()
    office.run()
    address = office.link_in(office.texts()[0])
    pages = [office.stripe_world.open_page(address) for _ in range(2)]
    payments = [office.stripe_world.pay_page(one) for one in pages if one is not None]
    office.ledger_world.edit_amount(invoice, Money.of("400.00", "USD"))
    office.wait(minutes=1)
    entry = by_hand(office, invoice, "card")
    settle(office)
    rows = [booking(office, invoice, one or "") for one in payments]
    assert [one.status for one in rows] == ["rejected", "rejected"]
    for one in rows:
        say(office, one, entry)
    settle(office)
    assert sorted(booking(office, invoice, one or "").status for one in payments) == ["done", "rejected"]
    [told] = office.attention()
    assert "stands for another payment already" in told
    assert office.bookings(invoice) == [DOLLARS]
    [left] = [one for one in payments if verdict(office, one or "") != "booked"]
    say(office, booking(office, invoice, left or ""))
    settle(office)
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]
    assert office.broken() == []


def test_a_bank_debit_that_was_booked_when_it_was_begun_is_asked_about(office: Office) -> None:
    invoice = office.issue()
    office.run()
    page = office.stripe_world.start_debit(office.link_in(office.texts()[0]), method="us_bank_account")
    assert page is not None
    office.ledger_world.edit_amount(invoice, RAISED)
    office.wait(hours=1)
    entry = by_hand(office, invoice)
    office.run()
    office.wait(days=2)
    office.stripe_world.finish_debit(page, succeeds=True)
    settle(office)
    assert [entry in one for one in office.attention()] == [True]
    assert office.bookings(invoice) == [DOLLARS]


# -------------------------------------------------------------------------------------------- crashes, a lost memory


@pytest.mark.parametrize("kind", [FaultKind.LOSE_ANSWER, FaultKind.FAIL_BEFORE, FaultKind.CRASH_AFTER])
def test_a_look_that_goes_wrong_is_taken_again_and_says_the_same(office: Office, kind: FaultKind) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, payment)
    office.wait(minutes=1)
    office.ledger_faults.program(kind, "receivable", times=2)
    for _ in range(4):
        try:
            office.run()
        except Crash:
            office.restart(crashed=True)
        office.wait(minutes=15)
    assert office.bookings(invoice) == [DOLLARS]
    assert_adopted(office, invoice, payment, entry)
    assert office.broken() == []


@pytest.mark.parametrize("named", [True, False])
def test_a_crash_at_any_commit_leaves_it_adopted_or_asked_about(
    open_office: OpenOffice,
    named: bool,  # noqa: FBT001
) -> None:
    def prepared(folder: str) -> Office:
        office = open_office(folder)
        invoice, payment = paid(office)
        by_hand(office, invoice, payment if named else "card")
        office.wait(minutes=1)
        return office

    first = prepared("whole")
    cut = _PowerCut(first)
    first.run()
    for at in range(1, cut.commits + 1):
        office = prepared(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        [entry] = office.ledger_world.all_entries()
        [payment] = office.stripe_world.all_payments()
        row = booking(office, entry.booking.ledger_id or "", payment.payment_id)
        assert row.status == ("done" if named else "rejected"), f"at commit {at}"
        assert len(office.attention()) == (not named), f"at commit {at}"
        assert office.broken() == [], f"at commit {at}"


def test_that_an_entry_is_over_another_amount_is_told_also_where_the_program_dies_just_after_it_was_adopted(
    office: Office,
) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, payment, FIFTY)
    office.wait(minutes=1)

    def die(point: str) -> None:
        if point == "booking.concluded":
            raise Crash

    with armed(die), pytest.raises(Crash):
        office.run(2)
    office.restart(crashed=True)
    settle(office)
    assert_adopted(office, invoice, payment, entry)
    assert ["is over 50.00 USD here, and 120.00 USD was paid" in one for one in office.attention()] == [True]


def test_what_was_noted_before_a_crash_is_adopted_after_it(office: Office) -> None:
    invoice, payment = paid(office)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    office.run()
    entry = by_hand(office, invoice, "card")
    row = booking(office, invoice, payment)
    values = json.dumps({**json.loads(row.request), "already": entry})
    office.company.store.entry_recognised(row.key, values, office.clock.now(), why="noted")
    office.restart(crashed=True)
    settle(office)
    assert_adopted(office, invoice, payment, entry)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_lost_memory_adopts_it_again_and_nobody_is_thanked_twice(office: Office) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, payment)
    settle(office)
    assert len(office.texts()) == 2
    put_back(office, office.folder, None)
    until_calm(office)
    assert_adopted(office, invoice, payment, entry)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.texts()) == 2
    assert office.broken() == []


def test_a_lost_memory_asks_again(office: Office) -> None:
    invoice, payment, entry = asked(office)
    say(office, booking(office, invoice, payment), entry)
    settle(office)
    put_back(office, office.folder, None)
    until_calm(office)
    assert booking(office, invoice, payment).status == "rejected"
    assert office.bookings(invoice) == [DOLLARS]


# ---------------------------------------------------------------------------------------------- what follows from it


@pytest.mark.parametrize(("refunds", "told"), [(Refunds.REOPEN, "went back whole"), (Refunds.ASK, "was given back")])
def test_what_somebody_else_has_booked_is_not_taken_out_when_the_money_goes_back(
    open_office: OpenOffice, refunds: Refunds, told: str
) -> None:
    office = open_office(refunds=refunds)
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, payment)
    settle(office)
    office.stripe_world.refund(payment, DOLLARS)
    settle(office)
    assert office.bookings(invoice) == [DOLLARS]
    assert_adopted(office, invoice, payment, entry)
    [item] = office.company.queries.attention("acme")
    assert told in item.happened
    assert entry in item.not_done
    assert "Duebird takes out only its own" in item.not_done
    parts = office.company.queries.payment_parts("acme", payment)
    assert entries_of(office.company.queries, "acme", parts) == []
    assert adopted_of(office.company.queries, "acme", parts) == [entry]


def test_a_reconciliation_knows_the_entry_as_the_payment_and_no_other(office: Office) -> None:
    invoice, payment = paid(office)
    entry = by_hand(office, invoice, payment)
    settle(office)
    company = office.company
    known = recall(company.queries, "acme", company.identity, Read({}, (), (), ())).known
    assert known[entry] == booking_reference(company.identity, payment)
    assert len([one for one in known if not one.startswith("DB")]) == 1


def test_a_payment_that_nobody_has_booked_is_booked_though_a_cheque_came_long_before(office: Office) -> None:
    invoice = office.issue(amount=RAISED)
    office.run()
    by_hand(office, invoice, "CHEQUE 7")
    office.clock.advance(timedelta(hours=2))
    office.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[-1]))
    if payment is None:  # the link of the old amount is down; the next notice carries the new one
        office.clock.advance(timedelta(days=14))
        office.run(3)
        payment = office.stripe_world.pay(office.link_in(office.texts()[-1]))
    assert payment is not None
    settle(office)
    assert office.bookings(invoice) == [DOLLARS, DOLLARS]
    assert office.attention() == []
