"""Money that went back while nobody heard the events: after a long stop, a lost memory, or before its payment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from adapters.memory.cash_world import SALES
from connector.domain.money import Money
from connector.domain.settlement import Refunds
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause
from connector.flows.given_back import debits
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import paid, reversals, settle, told_of, verdict

TWENTY = Money.of("20.00", "USD")


def disputed(office: Office, payment: str) -> str:
    with office.stripe_world.moment():
        return office.stripe_world.balance.dispute(payment)


def ended(office: Office, dispute: str, *, won: bool) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.end_dispute(dispute, won=won)


def bounced(office: Office, payment: str) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.bounce(payment)


def failed(office: Office, refund: str) -> None:
    with office.stripe_world.moment():
        office.stripe_world.balance.fail_refund(refund)


def long_stop(office: Office, act: Callable[[], object]) -> None:
    """Five days into a stop of forty something happens: its event is kept no more when Duebird runs again."""
    office.wait(days=5)
    act()
    office.wait(days=35)
    office.run(2)
    office.wait(minutes=3)
    office.run(2)


# ----------------------------------------------------------------------------------------------------- a long stop


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda office, payment: office.stripe_world.refund(payment, TWENTY), "was given back"),
        (disputed, "a customer disputes a payment"),
        (lambda office, payment: failed(office, office.stripe_world.refund(payment)), "a refund failed"),
        (lambda office, payment: ended(office, disputed(office, payment), won=False), "was closed"),
    ],
    ids=["refund", "dispute", "refund that failed", "dispute that was lost"],
)
def test_what_went_back_in_a_stop_longer_than_events_are_kept_is_told_once(
    office: Office, act: Callable[[Office, str], object], said: str
) -> None:
    invoice, payment = paid(office)
    long_stop(office, lambda: act(office, payment))
    assert len(told_of(office, said)) == 1
    assert len(told_of(office, payment)) == 1
    office.wait(days=2)
    office.run(2)
    assert len(told_of(office, payment)) == 1
    assert office.bookings(invoice) == [DOLLARS]


def test_a_debit_that_came_back_in_a_long_stop_is_told(office: Office) -> None:
    _, payment = paid(office, method="us_bank_account")
    long_stop(office, lambda: bounced(office, payment))
    assert len(told_of(office, "the bank took a bank debit back")) == 1


@pytest.mark.parametrize("method", ["card", "us_bank_account"])
def test_what_went_back_whole_in_a_long_stop_is_taken_out_where_the_owner_wants_that(
    open_office: OpenOffice, method: str
) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office, method=method)
    long_stop(office, lambda: office.stripe_world.refund(payment) if method == "card" else bounced(office, payment))
    assert (office.bookings(invoice), office.owed(invoice)) == ([], DOLLARS)
    assert verdict(office, payment) == "reversed"
    assert len(reversals(office, invoice)) == 1


def test_a_dispute_begun_before_a_long_stop_and_lost_in_it_is_told_and_one_heard_of_before_is_not_told_again(
    office: Office,
) -> None:
    _, payment = paid(office)
    office.stripe_world.refund(payment, TWENTY)
    dispute = disputed(office, payment)
    settle(office)
    assert (len(told_of(office, "was given back")), len(told_of(office, "disputes a payment"))) == (1, 1)
    long_stop(office, lambda: ended(office, dispute, won=False))
    assert [len(told_of(office, one)) for one in ("was given back", "disputes a payment", "was closed")] == [1, 1, 1]


def test_a_refund_to_a_bank_that_was_heard_of_before_a_long_stop_is_judged_again_by_the_rule(
    open_office: OpenOffice,
) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office, method="us_bank_account")
    office.stripe_world.event_delay = lambda _hint: None
    office.stripe_world.refund(payment)
    office.wait(days=1)
    office.run()
    assert office.bookings(invoice) == [DOLLARS]
    long_stop(office, lambda: None)
    assert office.bookings(invoice) == []


def test_what_the_account_sells_besides_is_no_business_of_ours_after_a_long_stop_either(office: Office) -> None:
    _, payment = paid(office)
    balance = office.stripe_world.balance

    def act() -> None:
        with office.stripe_world.moment():
            balance.refunded("re_shop", "pi_of_the_web_shop", TWENTY)

    long_stop(office, act)
    assert told_of(office, "given back") == []
    assert told_of(office, payment) == []


@pytest.mark.parametrize(
    "trouble",
    [
        NeedsReauthorisation("The key may not read disputes.", service="stripe"),
        Rejected("There are more than 30,000.", because=RejectedBecause.BUSINESS_RULE, service="stripe"),
    ],
)
def test_where_they_cannot_be_listed_a_person_is_told_and_what_is_new_is_heard(
    office: Office, trouble: Exception
) -> None:
    invoice, payment = paid(office)

    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == "returned_since":
            raise trouble

    office.stripe_faults.decide = decide
    long_stop(office, lambda: office.stripe_world.refund(payment))
    [said] = told_of(office, "could not be listed after a long stop")
    assert "Nothing was changed" in said
    disputed(office, payment)
    office.wait(minutes=3)
    office.run(2)
    assert len(told_of(office, "disputes a payment")) == 1
    assert office.bookings(invoice) == [DOLLARS]


# -------------------------------------------------------------------------------------------------- a lost memory


def lost(office: Office) -> None:
    put_back(office, office.folder, None)
    office.wait(hours=3)
    until_calm(office)


def test_after_a_lost_memory_disputes_failed_refunds_and_returned_debits_are_told_in_one_item(office: Office) -> None:
    _, card = paid(office)
    customer = office.customer("Eli Roe", mobile="+12125550177")
    second = office.issue(customer)
    office.run()
    [text] = [one.body for one in office.carrier.all_texts() if one.to.e164 == "+12125550177"]
    page = office.stripe_world.start_debit(office.link_in(text))
    assert page is not None
    office.wait(hours=1)
    office.stripe_world.finish_debit(page, succeeds=True)
    debit = office.stripe_world.pages[page].latest.payment_id
    assert debit is not None
    settle(office)
    assert office.bookings(second) == [DOLLARS]
    failed(office, office.stripe_world.refund(card, TWENTY))
    disputed(office, card)
    bounced(office, debit)
    lost(office)
    [said] = told_of(office, "went back lately at Stripe")
    assert f"dispute over 120.00 USD on {card} (open: answer it in the Stripe dashboard in time)" in said
    assert f"And refunds that failed lately at Stripe, so that you have the money: 20.00 USD on {card}." in said
    assert f"bank debit of 120.00 USD that came back ({debit})" in said
    assert office.bookings(second) == [DOLLARS]


def test_after_a_lost_memory_a_dispute_that_was_won_is_not_told_as_money_that_went_back(office: Office) -> None:
    invoice, card = paid(office)
    ended(office, disputed(office, card), won=True)
    lost(office)
    assert told_of(office, "went back lately at Stripe") == []
    assert office.bookings(invoice) == [DOLLARS]


def test_after_a_lost_memory_a_refund_that_failed_is_told_for_itself(office: Office) -> None:
    _, card = paid(office)
    failed(office, office.stripe_world.refund(card, TWENTY))
    ended(office, disputed(office, card), won=True)
    lost(office)
    assert told_of(office, "went back lately at Stripe") == []
    [said] = told_of(office, "refunds that failed lately at Stripe")
    assert card in said
    assert "dispute" not in said


@pytest.mark.parametrize("method", ["card", "us_bank_account"])
def test_a_lost_dispute_or_returned_debit_of_the_lost_time_is_reversed_once_by_the_rule(
    open_office: OpenOffice, method: str
) -> None:
    office = open_office(refunds=Refunds.REOPEN)
    invoice, payment = paid(office, method=method)
    put_back(office, office.folder, None)
    if method == "card":
        ended(office, disputed(office, payment), won=False)
    else:
        bounced(office, payment)
    office.wait(hours=3)
    until_calm(office)
    settle(office)
    assert (office.bookings(invoice), verdict(office, payment)) == ([], "reversed")
    assert len(reversals(office, invoice)) == 1


def test_a_clock_far_ahead_on_a_lost_memory_does_not_ask_for_what_went_back_in_days_to_come(office: Office) -> None:
    _, payment = paid(office)
    put_back(office, office.folder, None)
    ahead = timedelta(days=500)
    right = office.clock.now()
    disputed(office, payment)
    office.clock.jump(right + ahead)
    office.company = replace(office.company, clock_error=lambda: ahead)
    until_calm(office)
    assert len(told_of(office, "went back lately at Stripe")) == 1


def test_only_the_newest_debits_are_asked_for_and_none_that_is_too_old_to_come_back(office: Office) -> None:
    _, payment = paid(office, method="us_bank_account")
    now = office.clock.now()
    assert [one.payment_id for one in debits(office.company, now + timedelta(days=80))] == [payment]
    assert debits(office.company, now + timedelta(days=91)) == []


# ---------------------------------------------------------------------------------------------- before its payment


@pytest.mark.parametrize("refunds", list(Refunds))
def test_news_of_a_refund_waits_for_a_payment_that_is_read_later(open_office: OpenOffice, refunds: Refunds) -> None:
    office = open_office(refunds=refunds, refund_account_id=SALES.account_id)
    invoice = office.issue()
    office.run()
    address = office.link_in(office.texts()[0])
    office.stripe_world.event_delay = lambda hint: 0.0 if hint.kind == "charge.refunded" else 3600.0
    payment = office.stripe_world.pay(address)
    assert payment is not None
    office.stripe_world.refund(payment)
    for _ in range(2):
        office.wait(minutes=3)
        office.run(2)
    assert told_of(office, payment) == []
    for _ in range(4):
        office.wait(minutes=40)
        office.run(2)
    assert len(told_of(office, payment)) == 1
    assert office.bookings(invoice) == ([] if refunds is Refunds.REOPEN else [DOLLARS])


def test_news_of_a_payment_that_no_listing_knows_is_let_go_after_a_day(office: Office) -> None:
    office.stripe_world.tell("charge.refunded", "pi_of_the_web_shop")
    office.wait(minutes=1)
    office.run()
    waiting = office.company.queries.hints_about("acme", ["pi_of_the_web_shop"])
    assert [one.worked_at for one in waiting] == [None]
    for _ in range(6):
        office.wait(hours=5)
        office.run()
    [hint] = office.company.queries.hints_about("acme", ["pi_of_the_web_shop"])
    assert hint.worked_at is not None
    assert office.attention() == []


def test_news_of_an_unknown_payment_is_let_go_after_three_days_where_nothing_can_be_listed(office: Office) -> None:
    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == "payments_since":
            raise Rejected("It is closed.", because=RejectedBecause.BUSINESS_RULE, service="stripe")

    office.stripe_faults.decide = decide
    office.stripe_world.tell("charge.dispute.created", "pi_1")
    for _ in range(2):
        office.wait(hours=30)
        office.run()
    assert len(told_of(office, "disputes a payment")) == 1
    assert [one.worked_at for one in office.company.queries.hints_about("acme", ["pi_1"])] == [None]
    office.wait(hours=60)
    office.run()
    assert [one.worked_at is None for one in office.company.queries.hints_about("acme", ["pi_1"])] == [False]
