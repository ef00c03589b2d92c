"""Texts that are not sent: receipts nobody may get, and everything once carriers or the account refuse what we send."""

from __future__ import annotations

from connector.domain.consent import ConsentState
from connector.domain.phone import Phone
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

OWNER = Phone("+12125550999")


def _pay_and_book(office: Office, invoice: str) -> None:
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    office.wait(minutes=1)
    office.run(3)
    assert office.owed(invoice).amount == 0


def test_nobody_gets_a_receipt_while_a_doubtful_reply_waits_for_a_person(office: Office) -> None:
    customer = office.customer()
    invoice = office.issue(customer)
    office.run()
    office.carrier.reply(MOBILE, "My lawyer will hear of this")
    office.wait(minutes=2)
    _pay_and_book(office, invoice)
    assert len(office.texts()) == 1
    office.company.store.release("acme", "customer", customer, office.clock.now())
    office.wait(hours=1, minutes=1)
    office.run()
    assert len(office.texts()) == 2


def test_nobody_gets_a_receipt_whose_consent_was_taken_back(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.wait(minutes=1)
    office.agree(MOBILE, ConsentState.NONE)
    _pay_and_book(office, invoice)
    office.wait(hours=2)
    office.run()
    assert len(office.texts()) == 1


def test_while_texts_are_paused_neither_receipt_nor_the_owners_notice_goes_out(open_office: OpenOffice) -> None:
    office = open_office(owner_phone=OWNER)
    invoice = office.issue()
    office.run()
    office.company.store.pause("acme", "holiday", office.clock.now())
    _pay_and_book(office, invoice)
    assert (len(office.texts()), office.texts(OWNER)) == (1, [])
    office.company.store.resume("acme", office.clock.now())
    office.wait(hours=1, minutes=1)
    office.run()
    assert (len(office.texts()), len(office.texts(OWNER))) == (2, 1)


def _text_and_fail(office: Office, number: int, code: str | None) -> None:
    phone = Phone(f"+1212555{number:04}")
    office.issue(office.customer(f"Customer {number}", mobile=phone.e164))
    office.run(2)
    sent = office.carrier.texts_to(phone)
    if sent and code:
        office.carrier.fail(sent[0].text_id, code)
    elif sent:
        office.carrier.deliver(sent[0].text_id)
    office.wait(minutes=2)
    office.run()


def _sent(office: Office) -> int:
    return len(office.carrier.all_texts())


def test_two_texts_in_a_row_that_carriers_filter_stop_all_and_say_so(office: Office) -> None:
    _text_and_fail(office, 100, "30007")
    assert office.company.queries.paused("acme") is None
    _text_and_fail(office, 101, "30007")
    assert office.company.queries.paused("acme") is not None
    _text_and_fail(office, 102, None)
    assert _sent(office) == 2
    [item] = [one for one in office.company.queries.attention("acme") if "in a row" in one.happened]
    assert "duebird resume acme" in item.command


def test_a_sender_that_is_not_registered_is_not_tried_for_every_customer(office: Office) -> None:
    for number in range(100, 104):
        _text_and_fail(office, number, "30034")
    assert _sent(office) == 1
    assert office.company.queries.paused("acme") is None, "customers of other countries still get their texts"


def test_a_delivered_text_between_two_filtered_ones_stops_nothing(office: Office) -> None:
    for number, code in ((100, "30007"), (101, None), (102, "30007")):
        _text_and_fail(office, number, code)
    assert office.company.queries.paused("acme") is None


def test_phones_that_are_off_stop_nothing(office: Office) -> None:
    for number in (100, 101, 102):
        _text_and_fail(office, number, "30003")
    assert office.company.queries.paused("acme") is None


def test_once_resumed_the_failures_of_before_do_not_stop_texts_again_the_same_day(office: Office) -> None:
    for number in (100, 101):
        _text_and_fail(office, number, "30007")
    office.company.store.resume("acme", office.clock.now())
    _text_and_fail(office, 102, "30007")
    assert office.company.queries.paused("acme") is None
    office.wait(hours=24)
    _text_and_fail(office, 103, "30007")
    assert office.company.queries.paused("acme") is not None
