"""What went back of a foreign payment is entered at what it took from Stripe's balance, which is another day's rate."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.cash_world import SALES
from adapters.memory.faults import Crash, FaultKind
from adapters.memory.treasury import MemoryTreasury
from connector.domain.balance import ChangeKind
from connector.domain.money import Money
from connector.domain.settlement import Refunds, Surplus
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.restoring import until_calm
from tests.flow.reversing import settle, told_of, until_quiet
from tests.flow.test_every_crash import _cut, _PowerCut, _until_calm
from tests.flow.test_foreign_money import EUROS, FAULTS, exchanging, usd
from tests.flow.test_refund_entries import entries
from tests.flow.test_surplus import pay, texted

BOOKS: dict[str, Any] = {
    "refunds": Refunds.BOOK,
    "refund_account_id": SALES.account_id,
    "surplus": Surplus.CREDIT,
    "joint": True,
}
LATER = Decimal("1.1171")  # what a euro is worth to Stripe when the money goes back
FORTY = Money.of("40.00", "EUR")


@pytest.fixture(name="foreign")
def fixture_foreign(open_office: OpenOffice) -> Office:
    return exchanging(open_office(**BOOKS))


def paid(office: Office, amount: Money = EUROS) -> tuple[str, str]:
    """An invoice in euros with its payment booked; from then on a euro is worth more."""
    invoice, _, page = texted(office, amount)
    payment = pay(office, page)
    settle(office)
    office.stripe_world.balance.rates["EUR"] = LATER
    return invoice, payment


def refund(office: Office, payment: str, amount: Money = FORTY) -> str:
    named = office.stripe_world.refund(payment, amount)
    office.wait(minutes=1)
    return named


def dispute(office: Office, payment: str, amount: Money) -> str:
    with office.stripe_world.moment():
        named = office.stripe_world.balance.dispute(payment, amount)
    office.wait(minutes=1)
    return named


def at_stripe(office: Office) -> Money:
    """What Stripe holds of payments and what went back, before its fees."""
    found = (one.latest.amount for one in office.stripe_world.balance.changes.values())
    return sum(found, usd("0"))


def forget(office: Office, kind: ChangeKind) -> None:
    """Stripe has not said it yet."""
    changes = office.stripe_world.balance.changes
    for named in [one for one, history in changes.items() if history.latest.kind is kind]:
        del changes[named]


def assert_entered(office: Office, *amounts: Money, held: str) -> None:
    assert sorted(entries(office), key=lambda one: one.amount) == list(amounts)
    assert office.clearing() == at_stripe(office) == usd(held)
    assert told_of(office, "Stripe's rate") == []
    assert office.broken() == []


# --------------------------------------------------------------------------------------------------- what is entered


def test_a_refund_is_entered_at_what_it_took(foreign: Office) -> None:
    _, payment = paid(foreign)
    refund(foreign, payment)
    settle(foreign)
    assert_entered(foreign, FORTY, held="63.69")  # 108.37 less 44.68


def test_a_dispute_is_entered_at_what_it_took_and_goes_out_with_it(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = dispute(foreign, payment, FORTY)
    settle(foreign)
    assert_entered(foreign, FORTY, held="63.69")
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.end_dispute(named, won=True)
    settle(foreign)
    assert_entered(foreign, held="108.37")


def test_a_refund_and_a_dispute_of_one_payment_have_a_rate_each(foreign: Office) -> None:
    _, payment = paid(foreign)
    refund(foreign, payment)
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = Decimal("0.9871")
    rest = Money.of("60.00", "EUR")
    dispute(foreign, payment, rest)
    settle(foreign)
    assert_entered(foreign, FORTY, rest, held="4.46")  # 108.37 less 44.68 and 59.23: lost by the other rates


def test_one_refund_over_several_invoices_is_divided_without_a_cent_left_over(foreign: Office) -> None:
    customer = foreign.customer()
    amounts = [Money.of(one, "EUR") for one in ("33.33", "33.33", "33.35")]
    for one in amounts:
        foreign.issue(customer, one)
    foreign.run(2)
    payment = foreign.stripe_world.pay(foreign.link_in(foreign.texts()[0]))
    assert payment is not None
    settle(foreign)
    foreign.stripe_world.balance.rates["EUR"] = LATER
    refund(foreign, payment, Money.of("100.01", "EUR"))
    settle(foreign)
    assert_entered(foreign, *amounts, held="-3.34")  # 108.38 less 111.72


def test_a_refund_takes_the_credit_and_the_rest_at_one_rate(foreign: Office) -> None:
    invoice, _, page = texted(foreign, EUROS)
    foreign.ledger_world.edit_amount(invoice, Money.of("66.67", "EUR"))
    payment = pay(foreign, page)
    settle(foreign, 3)
    foreign.stripe_world.balance.rates["EUR"] = LATER
    refund(foreign, payment, Money.of("44.44", "EUR"))
    settle(foreign)
    assert_entered(foreign, Money.of("11.11", "EUR"), Money.of("33.33", "EUR"), held="58.73")  # less 49.64


def test_a_refund_in_the_currency_of_the_clearing_account_asks_for_nothing(foreign: Office) -> None:
    foreign.stripe_faults.program(FaultKind.DEAD, "change_of_refund")
    _, payment = paid(foreign, usd("120.00"))
    refund(foreign, payment, usd("20.00"))
    settle(foreign)
    assert_entered(foreign, usd("20.00"), held="100.00")


# ------------------------------------------------------------------------------------------------- what is not known


def test_an_entry_waits_until_stripe_has_said_what_it_took(foreign: Office) -> None:
    _, payment = paid(foreign)
    foreign.stripe_faults.program(FaultKind.REFUSE, "change_of_refund")
    refund(foreign, payment)
    settle(foreign, 1)
    assert entries(foreign) == []
    until_calm(foreign)
    assert_entered(foreign, FORTY, held="63.69")


def test_one_that_waits_and_comes_back_meanwhile_is_not_entered(foreign: Office) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment)
    forget(foreign, ChangeKind.REFUND)
    settle(foreign, 1)
    with foreign.stripe_world.moment():
        foreign.stripe_world.balance.fail_refund(named)
    forget(foreign, ChangeKind.REFUND_FAILURE)
    until_calm(foreign)
    assert_entered(foreign, held="108.37")


@pytest.mark.parametrize("kind", [ChangeKind.REFUND, ChangeKind.DISPUTE])
def test_after_a_day_it_is_entered_at_the_ledgers_own_rate_and_told(foreign: Office, kind: ChangeKind) -> None:
    _, payment = paid(foreign)
    named = refund(foreign, payment) if kind is ChangeKind.REFUND else dispute(foreign, payment, FORTY)
    forget(foreign, kind)
    until_calm(foreign, hours=23)
    assert entries(foreign) == []
    until_calm(foreign, hours=3)
    assert entries(foreign) == [FORTY]
    [said] = told_of(foreign, "Stripe's rate")
    assert "Stripe has not said within a day" in said
    assert f"40.00 EUR ({kind} {named} of the payment {payment}" in said
    assert "at the ledger's own rate" in said


# ------------------------------------------------------------------------------------------------------- exactly once


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_happens_to_the_write_it_is_entered_once_at_the_same_rate(foreign: Office, fault: FaultKind) -> None:
    _, payment = paid(foreign)
    foreign.ledger_faults.program(fault, "reverse")
    refund(foreign, payment)
    try:
        foreign.run()
    except Crash:
        foreign.restart(crashed=True)
    until_quiet(foreign)
    assert_entered(foreign, FORTY, held="63.69")


def test_a_crash_at_each_commit_leaves_one_entry_at_what_it_took(open_office: OpenOffice) -> None:
    def refunded(folder: str) -> Office:
        office = exchanging(open_office(folder, **BOOKS))
        _, payment = paid(office)
        refund(office, payment)
        return office

    whole = refunded("whole")
    cut = _PowerCut(whole)
    whole.run()
    assert cut.commits > 4
    for at in range(1, cut.commits + 1):
        office = refunded(f"cut{at}")
        _cut(office, at)
        _until_calm(office)
        assert_entered(office, FORTY, held="63.69")


def test_without_a_treasury_the_entry_is_at_the_ledgers_own_rate(foreign: Office) -> None:
    _, payment = paid(foreign)
    assert isinstance(foreign.company.treasury, MemoryTreasury)
    foreign.company = replace(foreign.company, treasury=None)
    refund(foreign, payment)
    settle(foreign)
    assert entries(foreign) == [FORTY]
