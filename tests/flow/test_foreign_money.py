"""Foreign invoices: the clearing account gets what Stripe made of the payment, to the cent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from adapters.memory.faults import Crash, FaultKind
from connector.domain.balance import ChangeKind
from connector.domain.closed_period import ClosedPeriod
from connector.domain.exchange import Rate
from connector.domain.money import Money
from connector.domain.settlement import Surplus
from connector.flows import exchange
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, WANTED, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import rebook, undo
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm
from tests.flow.test_surplus import page_of, pay, settle, texted

EUROS = Money.of("100.00", "EUR")
RATES = {"EUR": Decimal("1.0837"), "JPY": Decimal("0.006673"), "KWD": Decimal("3.25641")}
FAULTS = [
    FaultKind.LOSE_ANSWER,
    FaultKind.NEVER_COMMIT,
    FaultKind.COMMIT_LATE,
    FaultKind.FAIL_BEFORE,
    FaultKind.CRASH_BEFORE,
    FaultKind.CRASH_AFTER,
]


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def exchanging(office: Office) -> Office:
    """Stripe exchanges what comes in these currencies."""
    office.stripe_world.balance.rates.update(RATES)
    return office


@pytest.fixture(name="foreign")
def fixture_foreign(open_office: OpenOffice) -> Office:
    return exchanging(open_office())


@pytest.fixture(name="crediting")
def fixture_crediting(open_office: OpenOffice) -> Office:
    return exchanging(open_office(surplus=Surplus.CREDIT))


def at_stripe(office: Office) -> Money:
    """What payments came to in the balance, before fees."""
    found = (one.latest for one in office.stripe_world.balance.changes.values())
    return sum((one.amount for one in found if one.kind is ChangeKind.PAYMENT and one.currency == "USD"), usd("0"))


def assert_right(office: Office, invoice: str, amount: Money = EUROS) -> None:
    assert office.bookings(invoice) == [amount]
    assert office.clearing() == at_stripe(office) != usd("0.00")
    assert office.attention() == []
    assert office.broken() == []


# ---------------------------------------------------------------------------------------------------- what is booked


@pytest.mark.parametrize(
    ("amount", "worth"),
    [(EUROS, "108.37"), (Money.of("98765", "JPY"), "659.06"), (Money.of("12.340", "KWD"), "40.18")],
)
def test_a_foreign_payment_is_booked_at_what_it_became(foreign: Office, amount: Money, worth: str) -> None:
    invoice, _, page = texted(foreign, amount)
    pay(foreign, page)
    settle(foreign)
    assert foreign.clearing() == usd(worth)
    assert_right(foreign, invoice, amount)


def test_with_fees_and_payouts_booked_the_clearing_account_is_stripes_balance(open_office: OpenOffice) -> None:
    office = exchanging(open_office())
    office.wanted = WANTED
    office.restart()
    invoice, _, page = texted(office, Money.of("333.33", "EUR"))
    pay(office, page)
    settle(office)
    office.wait(hours=2)
    office.run(2)
    assert office.clearing() == office.stripe_world.balance.held()["USD"].total == usd("350.45")
    with office.stripe_world.moment():
        office.stripe_world.balance.pay_out("USD")
    office.wait(hours=2)
    office.run(2)
    assert office.clearing() == usd("0.00")
    assert office.bookings(invoice) == [Money.of("333.33", "EUR")]


def test_an_invoice_in_the_currency_of_the_clearing_account_asks_for_nothing(foreign: Office) -> None:
    invoice, _, page = texted(foreign)
    foreign.stripe_faults.program(FaultKind.DEAD, "change_of_payment")
    pay(foreign, page)
    settle(foreign)
    assert_right(foreign, invoice, DOLLARS)


@pytest.mark.parametrize("without", ["treasury", "currency"])
def test_where_nothing_can_be_exchanged_the_ledger_takes_its_own_rate(open_office: OpenOffice, without: str) -> None:
    office = exchanging(open_office(clearing_currency=None if without == "currency" else "USD"))
    if without == "treasury":
        office.company = replace(office.company, treasury=None)
    invoice, _, page = texted(office, EUROS)
    pay(office, page)
    settle(office)
    assert office.bookings(invoice) == [EUROS]
    assert [one.exchange_rate for one in office.ledger_world.entries_on(invoice)] == [None]


def test_what_the_payer_saw_in_a_third_currency_changes_nothing(foreign: Office) -> None:
    invoice, _, page = texted(foreign, EUROS)
    payment = pay(foreign, page)
    foreign.stripe_world.balance.shown[payment] = Money.of("96.20", "CHF")
    settle(foreign)
    assert foreign.clearing() == usd("108.37")
    assert_right(foreign, invoice)


def test_one_payment_over_several_invoices_is_divided_without_a_cent_left_over(open_office: OpenOffice) -> None:
    office = exchanging(open_office(joint=True))
    customer = office.customer()
    amounts = [Money.of(one, "EUR") for one in ("33.33", "33.33", "33.35")]
    invoices = [office.issue(customer, one) for one in amounts]
    office.run(2)
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    settle(office)
    assert [office.bookings(one) for one in invoices] == [[one] for one in amounts]
    assert office.clearing() == at_stripe(office) == usd("108.38")
    assert office.broken() == []


# ----------------------------------------------------------------------------------------------------------- credits


def test_what_is_too_much_is_a_credit_at_the_same_rate(crediting: Office) -> None:
    invoice, customer, page = texted(crediting, EUROS)
    second = page_of(crediting)
    pay(crediting, page)
    pay(crediting, second)
    settle(crediting)
    assert crediting.bookings(invoice) == [EUROS]
    assert crediting.credits(customer) == [EUROS]
    assert crediting.clearing() == at_stripe(crediting) == usd("216.74")
    assert crediting.broken() == []


def test_booking_and_credit_of_one_payment_share_it_to_the_cent(crediting: Office) -> None:
    invoice, customer, page = texted(crediting, EUROS)
    crediting.ledger_world.edit_amount(invoice, Money.of("66.67", "EUR"))
    pay(crediting, page)
    settle(crediting)
    assert crediting.bookings(invoice) == [Money.of("66.67", "EUR")]
    assert crediting.credits(customer) == [Money.of("33.33", "EUR")]
    assert crediting.clearing() == usd("108.37")
    assert crediting.broken() == []


def test_a_credit_waits_for_stripe_as_a_booking_does(crediting: Office) -> None:
    invoice, customer, page = texted(crediting, EUROS)
    crediting.stripe_world.balance.fee_delay = timedelta(minutes=50)
    crediting.ledger_world.void(invoice)
    pay(crediting, page)
    settle(crediting)
    assert crediting.credits(customer) == []
    until_calm(crediting)
    assert crediting.credits(customer) == [EUROS]
    assert crediting.clearing() == usd("108.37")


# ------------------------------------------------------------------------------------------------- what is not known


def test_a_booking_waits_until_stripe_has_said_what_it_became(foreign: Office) -> None:
    foreign.stripe_world.balance.fee_delay = timedelta(minutes=50)
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    settle(foreign)
    assert foreign.bookings(invoice) == []
    foreign.wait(minutes=40)
    foreign.run()
    assert (foreign.bookings(invoice), foreign.attention()) == ([], [])
    until_calm(foreign)
    assert_right(foreign, invoice)
    assert len(foreign.texts()) == 2  # the notice, and the thanks


def test_after_a_day_it_is_booked_at_the_ledgers_own_rate_and_told(foreign: Office) -> None:
    foreign.stripe_world.balance.fee_delay = timedelta(days=30)
    invoice, _, page = texted(foreign, EUROS)
    payment = pay(foreign, page)
    until_calm(foreign, hours=23)
    assert foreign.bookings(invoice) == []
    until_calm(foreign, hours=3)
    assert foreign.bookings(invoice) == [EUROS]
    [item] = foreign.company.queries.attention("acme")
    assert "Stripe has not said within a day" in item.happened
    assert payment in item.happened
    assert "at the ledger's own rate" in item.not_done
    assert item.command == "duebird reconcile acme"
    assert foreign.broken() == []


@pytest.mark.parametrize("rate", [None, "third"])
def test_money_that_stripe_keeps_in_another_currency_is_booked_at_once_and_told_in_one_item(
    foreign: Office, rate: str | None
) -> None:
    """`third`: Stripe's balance is in francs, neither the invoice's currency nor the clearing account's."""
    if rate is None:
        foreign.stripe_world.balance.rates.clear()
    else:
        foreign.stripe_world.balance.home = "CHF"
    payments = []
    for _ in range(2):
        invoice, _, page = texted(foreign, EUROS)
        payments.append(pay(foreign, page))
        settle(foreign)
        assert foreign.bookings(invoice) == [EUROS]
        foreign.wait(days=1)
    [item] = foreign.company.queries.attention("acme")
    assert "keeps the money in another currency" in item.happened
    assert ("100.00 EUR at Stripe" if rate is None else "108.37 CHF at Stripe") in item.happened
    assert all(one in item.happened for one in payments)


def test_what_the_digits_of_the_ledger_cannot_say_is_booked_at_the_nearest_and_the_rest_is_named(
    open_office: OpenOffice,
) -> None:
    office = exchanging(open_office())
    amount = Money.of("77777.77", "EUR")
    invoice, _, page = texted(office, amount)
    office.company = replace(office.company, identity=replace(office.company.identity, ledger_kind="xero"))
    pay(office, page)
    settle(office)
    assert office.bookings(invoice) == [amount]
    off = at_stripe(office) - office.clearing()
    assert usd("0.00") < usd(str(abs(off.amount))) < usd("0.05")
    [item] = office.company.queries.attention("acme")
    assert f"{off} of {at_stripe(office)} is left" in item.happened
    assert "at the nearest rate" in item.not_done


def test_an_answer_that_nobody_can_read_is_asked_for_again(foreign: Office) -> None:
    foreign.stripe_faults.program(FaultKind.REFUSE, "change_of_payment")
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    settle(foreign)
    assert foreign.bookings(invoice) == []
    until_calm(foreign)
    assert_right(foreign, invoice)


@pytest.mark.parametrize("fault", [FaultKind.FAIL_BEFORE, FaultKind.THROTTLE, FaultKind.CRASH_BEFORE])
def test_stripe_out_of_reach_only_delays_it(foreign: Office, fault: FaultKind) -> None:
    foreign.stripe_faults.program(fault, "change_of_payment")
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    try:
        settle(foreign)
    except Crash:
        foreign.restart(crashed=True)
    until_calm(foreign)
    assert_right(foreign, invoice)


# ------------------------------------------------------------------------------------------------------- exactly once


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_write_it_is_booked_once_at_the_same_rate(foreign: Office, fault: FaultKind) -> None:
    foreign.ledger_faults.program(fault, "book")
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    foreign.wait(minutes=1)
    try:
        foreign.run()
    except Crash:
        foreign.restart(crashed=True)
    foreign.stripe_world.balance.changes.clear()  # what is frozen is not asked for again
    _until_calm(foreign)
    assert foreign.bookings(invoice) == [EUROS]
    assert foreign.clearing() == usd("108.37")
    assert foreign.broken() == []


def test_one_that_is_in_doubt_from_before_its_rate_was_asked_for_is_repeated_as_it_was(open_office: OpenOffice) -> None:
    office = exchanging(open_office(clearing_currency=None))
    office.ledger_faults.program(FaultKind.NEVER_COMMIT, "book")
    invoice, _, page = texted(office, EUROS)
    pay(office, page)
    office.wait(minutes=1)
    office.run()
    office.policy = replace(office.policy, clearing_currency="USD")
    office.restart()
    _until_calm(office)
    assert office.bookings(invoice) == [EUROS]
    assert [one.exchange_rate for one in office.ledger_world.entries_on(invoice)] == [None]


def test_one_that_was_tried_and_certainly_not_made_goes_out_under_another_key(open_office: OpenOffice) -> None:
    office = exchanging(open_office(clearing_currency=None))
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "book")
    invoice, _, page = texted(office, EUROS)
    pay(office, page)
    office.wait(minutes=1)
    office.run()
    office.policy = replace(office.policy, clearing_currency="USD")
    office.restart()
    _until_calm(office)
    assert_right(office, invoice)
    [entry] = office.ledger_world.entries_on(invoice)
    assert entry.idempotency_key.endswith("-1")


@pytest.mark.parametrize("fault", [FaultKind.LOSE_ANSWER, FaultKind.NEVER_COMMIT])
@pytest.mark.parametrize("method", ["book", "make_credit"])
def test_what_was_in_doubt_in_a_life_before_it_was_undone_has_its_rate_when_it_is_ordered_again(
    crediting: Office, method: str, fault: FaultKind
) -> None:
    crediting.ledger_faults.program(fault, method)
    invoice, _, page = texted(crediting, EUROS)
    if method == "make_credit":
        crediting.ledger_world.void(invoice)
    payment = pay(crediting, page)
    until_calm(crediting)
    assert crediting.clearing() == usd("108.37")
    undo(crediting, payment)
    settle(crediting)
    assert crediting.clearing() == usd("0.00")
    rebook(crediting, payment)
    until_calm(crediting)
    assert crediting.clearing() == usd("108.37")
    assert (crediting.bookings(invoice), crediting.credits()) == (([EUROS], []) if method == "book" else ([], [EUROS]))
    assert crediting.broken() == []


def test_a_crash_at_each_commit_leaves_one_booking_at_what_it_became(open_office: OpenOffice) -> None:
    def paid(folder: str) -> tuple[Office, str]:
        office = exchanging(open_office(folder))
        invoice, _, page = texted(office, EUROS)
        pay(office, page)
        office.wait(minutes=1)
        return office, invoice

    whole, _ = paid("whole")
    cut = _PowerCut(whole)
    whole.run()
    assert cut.commits > 5
    for at in range(1, cut.commits + 1):
        office, invoice = paid(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        assert office.bookings(invoice) == [EUROS], f"after a crash at commit {at}"
        assert office.clearing() == usd("108.37"), f"after a crash at commit {at}"
        assert office.broken() == [], f"after a crash at commit {at}"


def test_on_the_first_open_day_the_rate_is_the_same(open_office: OpenOffice) -> None:
    office = exchanging(open_office(closed_period=ClosedPeriod.FIRST_OPEN_DAY))
    invoice, _, page = texted(office, EUROS)
    pay(office, page)
    office.wait(days=2)
    office.ledger_world.close_books_through(date(2026, 11, 24))
    settle(office)
    [entry] = office.ledger_world.entries_on(invoice)
    assert (entry.booking.booked_on, entry.exchange_rate) == (date(2026, 11, 25), Decimal("1.0837"))
    assert office.clearing() == usd("108.37")


def test_a_lost_memory_finds_the_entry_as_it_is(foreign: Office) -> None:
    invoice, _, page = texted(foreign, EUROS)
    pay(foreign, page)
    settle(foreign)
    put_back(foreign, foreign.folder, None)
    until_calm(foreign)
    assert foreign.company.queries.payments("acme")[0].verdict == "booked"
    assert foreign.bookings(invoice) == [EUROS]
    assert foreign.clearing() == usd("108.37")
    assert foreign.broken() == []


# -------------------------------------------------------------------------------------------------- for other entries


def test_the_rate_of_any_other_entry_is_worked_back_from_both_amounts(foreign: Office) -> None:
    found = exchange.rate_for(foreign.company, Money.of("40.00", "EUR"), usd("43.35"))
    assert found == Rate(Decimal("1.0837"), usd("43.35"), usd("0.00"))
    assert exchange.rate_for(foreign.company, DOLLARS, DOLLARS) is None
