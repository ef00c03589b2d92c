"""Whatever stood in the way, once it is gone the work goes on; and what is said about it meanwhile is true."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.calendar import Window
from connector.domain.dunning import ConsentRule
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.wordings import Occasion
from connector.errors import Bug, Rejected, RejectedBecause, Uncertain
from connector.words import Wording
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office

OTHER = Phone("+12125550177")
OWNER = Phone("+12125550999")


def _refusing(method: str, because: RejectedBecause) -> Callable[[str, str, tuple[Any, ...]], None]:
    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == method:
            raise Rejected("It said no.", because=because, service="stripe", code="no")

    return decide


def _pay(office: Office, phone: Phone = MOBILE) -> None:
    assert office.stripe_world.pay(office.link_in(office.texts(phone)[0])) is not None


def _only_effect(office: Office, kind: str, ledger_id: str) -> str:
    [key] = [row.key for row in office.company.queries.effects_of("acme", ledger_id) if row.kind == kind]
    return key


# --------------------------------------------------------------------------------------------- decisions made anew


def test_a_changed_rule_brings_every_open_invoice_up_again(office: Office) -> None:
    office.company = replace(office.company, policy=replace(office.policy, minimum=Decimal(500)))
    invoice = office.issue()
    office.run()
    assert office.reason(invoice) == "below_minimum"
    office.company = replace(office.company, policy=office.policy)
    office.run()
    assert len(office.texts()) == 1


def test_changed_words_bring_up_what_could_not_be_said(office: Office) -> None:
    too_long = "{business} " + "writes at great length about nothing " * 12 + "{link}"
    long = Wording(own={("en", Occasion.ISSUED): too_long})
    office.company = replace(office.company, words=long)
    invoice = office.issue()
    office.run()
    assert office.reason(invoice) == "no_words"
    office.company = replace(office.company, words=Wording())
    office.run()
    assert len(office.texts()) == 1


def test_a_mobile_that_the_ledger_does_not_report_is_found_within_a_day(office: Office) -> None:
    customer = office.customer(mobile=None)
    office.issue(customer)
    office.run()
    history = office.ledger_world.customers[customer]
    history.add(office.ledger_world.now(), replace(history.latest, mobile=MOBILE.e164))  # without a line in the changes
    office.agree(MOBILE)
    office.wait(hours=24)
    office.run()
    assert len(office.texts()) == 1


def test_a_marker_that_the_ledger_does_not_report_is_found_within_a_day(office: Office) -> None:
    rule = replace(office.policy, consent_rule=ConsentRule.LEDGER_MARKER, consent_marker="texts")
    office.company = replace(office.company, policy=rule)
    customer = office.customer(agrees=False)
    office.issue(customer)
    office.run()
    history = office.ledger_world.customers[customer]
    history.add(office.ledger_world.now(), replace(history.latest, markers=frozenset({"texts"})))
    office.wait(hours=24)
    office.run()
    assert len(office.texts()) == 1


def test_customers_out_of_reach_hold_up_only_their_own_invoices(office: Office) -> None:
    known = office.customer()
    first = office.issue(known, due_in=1)
    office.run()
    stranger = office.customer("Eli Roe", mobile=OTHER.e164)
    office.ledger_world.journal.pop()  # the changes do not tell of this customer
    office.ledger_world.journal_times.pop()
    unknown = office.issue(stranger)
    office.wait(days=1)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "customers", times=1000)
    office.run()
    assert office.reason(unknown) == "in_progress"
    assert office.reason(first) == "go"  # decided, though its text waits until the number is confirmed
    office.ledger_faults.clear()
    office.wait(minutes=3)
    office.run()
    assert (len(office.texts()), len(office.texts(OTHER))) == (2, 1)


# ------------------------------------------------------------------------------------------------------- payments


def test_what_is_added_to_an_invoice_after_its_payment_is_asked_for_again(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    _pay(office)
    office.wait(minutes=1)
    office.run(2)
    office.ledger_world.edit_amount(invoice, Money.of("170.00", "USD"))
    office.wait(days=2)
    office.run(3)
    notices = [body for body in office.texts() if "http" in body]
    assert len(notices) == 2
    assert "$50.00" in notices[1]


def test_nobody_who_paid_is_texted_because_somebody_deleted_the_booking(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    _pay(office)
    office.wait(minutes=1)
    office.run(2)
    [entry] = office.ledger_world.entries_on(invoice)
    office.ledger_world.delete_booking(entry.booking.booking_id)
    office.wait(days=2)
    office.run(3)
    assert len([body for body in office.texts() if "http" in body]) == 1
    assert office.reason(invoice) == "payment_arrived"


def test_a_second_payment_waits_until_the_first_booking_is_certain(office: Office) -> None:
    """Two pages paid for one invoice: the second must not be booked into the gap that a late commit leaves."""
    invoice = office.issue()
    office.run()
    url = office.link_in(office.texts()[0])
    pages = [office.stripe_world.open_page(url), office.stripe_world.open_page(url)]
    for page in pages:
        assert page is not None
        assert office.stripe_world.pay_page(page) is not None
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.COMMIT_LATE, "book", seconds=300)
    for _ in range(20):
        office.run()
        office.wait(minutes=1)
    assert office.bookings(invoice) == [DOLLARS]
    assert any("payment of 120.00 USD" in item for item in office.attention())


def test_a_deleted_booking_is_made_again_only_when_a_person_orders_it(office: Office) -> None:
    invoice = office.issue()
    office.run()
    _pay(office)
    office.ledger_faults.program(FaultKind.LOSE_ANSWER, "book")
    office.wait(minutes=1)
    office.run()
    [entry] = office.ledger_world.entries_on(invoice)
    office.ledger_world.delete_booking(entry.booking.booking_id)
    for _ in range(6):
        office.wait(minutes=10)
        office.run()
    assert office.bookings(invoice) == []
    assert any("deleted in the ledger" in item for item in office.attention())
    office.company.store.effects.order_retry(_only_effect(office, "book_payment", invoice), office.clock.now())
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_receipt_days_after_the_payment_is_not_sent(office: Office) -> None:
    office.issue()
    office.run()
    _pay(office)
    office.wait(days=3)
    office.run(3)
    assert len(office.texts()) == 1


def test_an_owner_who_wrote_stop_is_not_tried_again_and_again(open_office: OpenOffice) -> None:
    office = open_office(owner_phone=OWNER)
    office.carrier.reply(OWNER, "STOP")
    for name, mobile in (("Dana Reed", MOBILE), ("Eli Roe", OTHER)):
        office.issue(office.customer(name, mobile=mobile.e164))
    office.run()
    _pay(office)
    _pay(office, OTHER)
    office.wait(minutes=1)
    office.run(3)
    refused = [call for call in office.carrier.requests if call.method == "send" and "rejected" in call.fate]
    assert refused == []


# ------------------------------------------------------------------------------------------------------------ links


def test_an_account_that_cannot_charge_yet_is_told_once_and_then_goes_on_by_itself(office: Office) -> None:
    for number in range(4):
        office.issue(office.customer(f"Customer {number}", mobile=f"+1212555010{number}"))
    office.stripe_faults.decide = _refusing("create_link", RejectedBecause.SETUP)
    for _ in range(6):
        office.wait(minutes=15)
        office.run()
    assert office.attention() == ["Acme Plumbing: It said no."]
    office.stripe_faults.decide = None
    office.wait(hours=2)
    office.run(2)
    assert len(office.carrier.all_texts()) == 4


def test_a_refused_link_is_not_called_a_text_that_goes_out(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.decide = _refusing("create_link", RejectedBecause.BUSINESS_RULE)
    office.run(2)
    assert office.reason(invoice) == "refused"
    office.stripe_faults.decide = None
    office.company.store.effects.order_retry(_only_effect(office, "create_link", invoice), office.clock.now())
    office.run()
    assert len(office.texts()) == 1
    assert office.attention() == []


def test_a_failure_that_stripe_repeats_for_its_key_is_overcome_with_another_key(office: Office) -> None:
    keys: list[str] = []

    def decide(_port: str, called: str, args: tuple[Any, ...]) -> None:
        if called == "create_link":
            keys.append(args[0].idempotency_key)
            if args[0].idempotency_key == keys[0]:
                raise Uncertain("Stripe answered 500.", service="stripe")

    office.stripe_faults.decide = decide
    office.issue()
    for _ in range(60):
        office.run()
        office.wait(minutes=1)
    assert len(office.texts()) == 1
    assert keys.count(keys[0]) <= 3
    assert len(office.stripe_world.links) == 1


def test_a_link_that_the_processor_no_longer_has_counts_as_down(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    office.ledger_world.edit_amount(invoice, Money.of("90.00", "USD"))
    office.stripe_faults.decide = _refusing("retire_link", RejectedBecause.NOT_FOUND)
    office.run()
    office.stripe_faults.decide = None
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 2


def test_no_link_is_made_for_what_was_paid_while_the_processor_was_down(office: Office) -> None:
    invoice = office.issue()
    office.stripe_faults.program(FaultKind.DEAD, "create_link")
    office.run()
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(hours=1)
    office.run(2)
    assert office.stripe_world.links == {}


def test_a_link_found_down_is_not_texted(office: Office) -> None:
    office.stripe_faults.program(FaultKind.LOSE_ANSWER, "create_link")
    office.issue()
    office.run()
    [link_id] = office.stripe_world.links
    office.stripe_world.deactivate(link_id, "closed by hand")
    office.wait(days=1, hours=1)
    office.run(3)
    [body] = office.texts()
    [live] = office.stripe_world.live_links()
    assert office.link_in(body) == live.link.url


# ------------------------------------------------------------------------------------------------------------ texts


def test_words_that_are_no_longer_true_are_made_anew_before_the_text_goes(office: Office) -> None:
    """Planned on the due date and put off over night, it must not say "today" tomorrow."""
    office.issue(due_in=0)
    office.carrier_faults.program(FaultKind.DEAD, "sent_to")
    office.wait(hours=7, minutes=50)  # 19:50
    office.run()
    office.wait(hours=14)
    office.run(2)
    [body] = office.texts()
    assert "today" not in body
    assert "was due" in body


def test_a_text_just_before_the_window_closes_waits_for_the_morning(office: Office) -> None:
    office.wait(hours=7, minutes=58)
    office.issue()
    office.run()
    assert office.texts() == []
    office.wait(hours=16)  # 11:58: the turn of all that waited has come
    office.run(2)
    assert len(office.texts()) == 1


def test_a_text_at_midnight_is_no_problem_where_the_window_is_the_whole_day(open_office: OpenOffice) -> None:
    office = open_office(window=Window(0, 1440))
    office.wait(hours=11, minutes=58)
    office.issue()
    office.run()
    assert len(office.texts()) == 1


def test_an_unreadable_invoice_does_not_use_up_its_notice(office: Office) -> None:
    office.wait(hours=10)
    invoice = office.issue()
    office.run()
    office.wait(hours=13, minutes=5)
    office.ledger_faults.decide = lambda _port, called, _args: (
        (_ for _ in ()).throw(Rejected("odd value", because=RejectedBecause.INVALID))
        if called == "receivable"
        else None
    )
    office.run(2)
    assert office.texts() == []
    assert any("odd value" in item for item in office.attention())
    office.ledger_faults.decide = None
    office.wait(hours=2)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "step_done"


def test_a_doubt_that_comes_back_after_a_retry_is_shown_again(office: Office) -> None:
    invoice = office.issue()
    office.carrier_faults.program(FaultKind.NEVER_COMMIT, "send", times=2)
    for _ in range(2):
        for _ in range(10):
            office.run()
            office.wait(minutes=10)
        [item] = office.company.queries.attention("acme")
        office.company.store.attention_closed("acme", item.key, "retry ordered", office.clock.now())
        office.company.store.effects.order_retry(_only_effect(office, "send_text", invoice), office.clock.now())
    office.run()
    assert len(office.texts()) == 1


def test_what_was_in_doubt_and_is_found_later_is_taken_off_the_list(office: Office) -> None:
    office.issue()
    office.carrier_faults.program(FaultKind.COMMIT_LATE, "send", seconds=3 * 3600)
    for _ in range(12):
        office.run()
        office.wait(minutes=10)
    assert len(office.attention()) == 1
    for _ in range(10):
        office.wait(hours=1)
        office.run()
    assert len(office.texts()) == 1
    assert office.attention() == []


def test_nothing_that_is_under_way_can_be_ordered_again(office: Office) -> None:
    invoice = office.issue()
    office.run()
    key = _only_effect(office, "send_text", invoice)
    with pytest.raises(Bug):
        office.company.store.effects.order_retry(key, office.clock.now())


def test_a_dead_ledger_is_not_hammered_by_what_is_planned(office: Office) -> None:
    office.wait(hours=10)
    office.issue()
    office.run()
    office.wait(hours=10, minutes=5)
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "receivable", times=10_000)
    for _ in range(240):
        office.run()
        office.wait(seconds=15)
    asked = [call for call in office.ledger_world.requests if call.method == "receivable"]
    assert len(asked) < 15
    for _ in range(20):
        office.wait(minutes=15)
        office.run()
    assert any("could not send the text" in item for item in office.attention())


def test_a_program_told_to_stop_starts_no_further_call(office: Office) -> None:
    for number in range(3):
        office.issue(office.customer(f"Customer {number}", mobile=f"+1212555010{number}"))
    stopped: list[bool] = []
    office.company = replace(office.company, stop_asked=lambda: bool(stopped))
    office.carrier_faults.decide = lambda _port, called, _args: stopped.append(True) if called == "send" else None
    office.run(2)
    assert len(office.carrier.all_texts()) == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0
    stopped.clear()
    office.carrier_faults.decide = None
    office.run()
    assert len(office.carrier.all_texts()) == 3


def test_a_week_asleep_brings_each_number_one_text_and_each_invoice_its_latest_step(office: Office) -> None:
    customers = [office.customer(f"Customer {number}", mobile=f"+121255501{number:02}") for number in range(10)]
    for customer in customers:
        for due_in in (1, 3, 5):
            office.issue(customer, due_in=due_in)
    office.wait(days=7)
    office.run(2)
    texts = office.carrier.all_texts()
    assert len(texts) == 10
    assert len({text.to.e164 for text in texts}) == 10


def test_two_customers_with_one_number_share_its_daily_text_and_its_stop(office: Office) -> None:
    office.issue(office.customer("Dana Reed"))
    office.issue(office.customer("Reed and Sons"))
    office.run(2)
    assert len(office.texts()) == 1
    office.carrier.reply(MOBILE, "STOP")
    office.wait(days=1)
    office.run(2)
    assert len(office.texts()) == 1
    office.carrier.reply(MOBILE, "START")
    office.wait(minutes=5)
    office.run(2)
    assert len(office.texts()) == 2


def test_a_reply_that_needs_a_reader_holds_the_texts_to_its_number(office: Office) -> None:
    office.issue(due_in=2)
    office.run()
    office.carrier.reply(MOBILE, "this is a scam")
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1
    [item] = office.company.queries.attention("acme")
    assert "this is a scam" in item.happened
    assert item.command.startswith("duebird release cust1 --customer")
    office.company.store.release("acme", "customer", "cust1", office.clock.now())
    office.run(2)
    assert len(office.texts()) == 2


def test_no_page_of_a_retired_link_is_asked_for_more_than_a_few_times_an_hour(office: Office) -> None:
    invoice = office.issue()
    office.run()
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    office.stripe_world.stubborn.add(page)
    office.ledger_world.void(invoice)
    for _ in range(120):
        office.run()
        office.wait(minutes=1)
    asked = [call for call in office.stripe_world.requests if call.method == "retire_link"]
    assert len(asked) <= 15
    office.stripe_world.stubborn.clear()
    office.wait(minutes=20)
    office.run()
    assert office.company.queries.counts("acme")["planned"] == 0
    assert office.company.clock.now() - timedelta(days=1) < office.clock.now()


def test_while_replies_cannot_be_read_they_are_asked_for_twice_a_pass_and_not_once_a_round(office: Office) -> None:
    office.issue()
    office.wait(minutes=2)
    for _ in range(20):
        office.carrier_faults.program(FaultKind.DEAD, "inbound")
    before = len(office.carrier.requests)
    office.run()
    asked = [call for call in office.carrier.requests[before:] if call.method == "inbound"]
    assert len(asked) <= 3
    assert office.texts() == []
