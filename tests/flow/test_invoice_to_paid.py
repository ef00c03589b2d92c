"""The main job on worlds in memory: judged by what the providers ended up with."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office

OTHER = Phone("+12125550177")


def test_a_new_invoice_brings_one_text_with_one_live_link(office: Office) -> None:
    invoice = office.issue()
    office.run(3)
    [body] = office.texts()
    assert office.reason(invoice) == "step_done"
    [record] = office.stripe_world.live_links()
    assert office.link_in(body) == record.link.url


def test_a_payment_is_booked_once_and_the_invoice_is_paid(office: Office) -> None:
    invoice = office.issue()
    office.run()
    assert office.stripe_world.pay(office.link_in(office.texts()[0])) is not None
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.ledger_world.standing(invoice).state is ReceivableState.PAID
    assert office.stripe_world.live_links() == []


def test_the_customer_gets_a_receipt_after_the_booking(office: Office) -> None:
    office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert len(office.texts()) == 2
    assert "received" in office.texts()[1]


def test_invoices_that_existed_before_the_start_date_get_nothing_until_released(office: Office) -> None:
    old = office.issue(due_in=0, issued_on=office.ledger_world.today() - timedelta(days=40))
    office.run()
    assert office.texts() == []
    assert office.reason(old) == "baseline"
    office.company.store.admit("acme", old, office.clock.now())
    office.run()
    assert len(office.texts()) == 1


def test_nobody_is_texted_without_consent(office: Office) -> None:
    invoice = office.issue(office.customer(agrees=False))
    office.run(2)
    assert office.texts() == []
    assert office.reason(invoice) == "no_consent"


def test_consent_given_later_lets_the_text_out(office: Office) -> None:
    office.issue(office.customer(agrees=False))
    office.run()
    office.agree(MOBILE)
    office.run()
    assert len(office.texts()) == 1


def test_a_stop_before_the_text_means_no_text(office: Office) -> None:
    invoice = office.issue()
    office.carrier.reply(MOBILE, "STOP")
    office.run(2)
    assert office.texts() == []
    assert office.reason(invoice) == "opted_out"


def test_a_stop_between_two_notices_means_no_second_one(office: Office) -> None:
    office.issue(due_in=2)
    office.run()
    office.carrier.reply(MOBILE, "STOP")
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1


def test_an_invoice_of_somebody_who_said_stop_says_so_also_after_its_notice(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.carrier.reply(MOBILE, "please stop texting me")
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "opted_out"


def test_the_due_date_brings_a_second_text_with_the_same_link(office: Office) -> None:
    office.issue(due_in=2)
    office.run()
    office.wait(days=1)
    office.run()
    assert len(office.texts()) == 1
    office.wait(days=1)
    office.run(2)
    first, second = office.texts()
    assert office.link_in(first) == office.link_in(second)
    assert first != second


def test_two_invoices_of_one_customer_never_bring_two_texts_on_one_day(office: Office) -> None:
    customer = office.customer()
    office.issue(customer)
    office.issue(customer)
    office.run(3)
    assert len(office.texts()) == 1
    office.wait(days=1)
    office.run(2)
    assert len(office.texts()) == 2


def test_nothing_goes_out_at_night_and_it_goes_out_in_the_morning(office: Office) -> None:
    office.wait(hours=10)  # 22:00 in New York
    office.issue()
    office.run()
    assert office.texts() == []
    office.wait(hours=10, minutes=1)  # 08:01: what waited for the morning is spread over three hours of it
    office.run()
    office.wait(hours=3)
    office.run()
    assert len(office.texts()) == 1


def test_a_number_that_changed_overnight_without_a_word_is_not_texted_in_the_morning(office: Office) -> None:
    office.wait(hours=11)  # 23:00 in New York
    house = office.customer("Hill House")
    kitchen = office.ledger_world.add_customer("Kitchen", parent_id=house)
    office.issue(kitchen)
    office.run(2)
    moved = Phone("+12125550166")
    office.agree(moved)
    office.ledger_world.edit_customer(house, mobile=moved.e164)  # the list of changes names the house alone
    office.wait(hours=12)
    office.run(3)
    assert office.texts() == []
    assert len(office.texts(moved)) == 1


def test_paid_by_cheque_before_the_text_means_no_text(office: Office) -> None:
    office.wait(hours=10)
    invoice = office.issue()
    office.run()
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(hours=11)
    office.run(2)
    assert office.texts() == []
    assert office.reason(invoice) == "paid"


def test_paid_by_cheque_after_the_text_takes_the_link_down(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    url = office.link_in(office.texts()[0])
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.run(2)
    assert office.stripe_world.live_links() == []
    assert office.stripe_world.pay(url) is None
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1


def test_a_voided_invoice_takes_its_link_down_and_gets_no_further_text(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    office.ledger_world.void(invoice)
    office.wait(days=2)
    office.run(2)
    assert office.stripe_world.live_links() == []
    assert len(office.texts()) == 1


def test_an_edited_amount_brings_a_new_link_only_with_the_next_notice(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    office.ledger_world.edit_amount(invoice, Money.of("90.00", "USD"))
    office.run(2)
    assert office.stripe_world.live_links() == []
    office.wait(days=2)
    office.run(2)
    [link] = office.stripe_world.live_links()
    assert office.link_in(office.texts()[1]) == link.link.url
    office.stripe_world.pay(link.link.url)
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [Money.of("90.00", "USD")]


def test_a_bank_debit_under_way_stops_notices_and_is_booked_when_it_succeeds(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    session = office.stripe_world.start_debit(office.link_in(office.texts()[0]))
    assert session is not None
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.bookings(invoice) == []
    assert office.reason(invoice) == "payment_pending"
    office.stripe_world.finish_debit(session, succeeds=True)
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_failed_bank_debit_lets_the_next_notice_carry_a_new_link(office: Office) -> None:
    office.issue(due_in=2)
    office.run()
    old = office.link_in(office.texts()[0])
    session = office.stripe_world.start_debit(old)
    assert session is not None
    office.run()
    office.stripe_world.finish_debit(session, succeeds=False)
    office.wait(days=2)
    office.run(3)
    assert len(office.texts()) == 2
    assert office.link_in(office.texts()[1]) != old
    assert any("bank debit" in item for item in office.attention())


def test_money_for_a_voided_invoice_is_held_and_a_person_is_told(office: Office) -> None:
    invoice = office.issue()
    office.run()
    url = office.link_in(office.texts()[0])
    page = office.stripe_world.open_page(url)
    assert page is not None
    office.ledger_world.void(invoice)
    assert office.stripe_world.pay_page(page) is not None
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == []
    assert any("voided" in item for item in office.attention())


def test_a_zero_decimal_currency_is_booked_to_the_unit(office: Office) -> None:
    invoice = office.issue(amount=Money.of("5000", "JPY"))
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [Money.of("5000", "JPY")]


def test_an_invoice_of_a_customer_without_a_mobile_says_so(office: Office) -> None:
    invoice = office.issue(office.customer(mobile=None))
    office.run()
    assert office.reason(invoice) == "no_mobile"


def test_the_minimum_amount_speaks_of_its_own_currency_only(open_office: OpenOffice) -> None:
    office = open_office(minimum=Decimal(50), minimum_in="USD")
    small = office.issue(amount=Money.of("20.00", "USD"))
    foreign = office.issue(office.customer("Emma", mobile=OTHER.e164), Money.of("20.00", "EUR"))
    office.run(2)
    assert office.reason(small) == "below_minimum"
    assert office.reason(foreign) == "step_done"
    assert (office.texts(), len(office.texts(OTHER))) == ([], 1)


def test_a_held_invoice_waits_and_goes_out_when_released(office: Office) -> None:
    invoice = office.issue()
    office.company.store.hold("acme", "invoice", invoice, "customer called", office.clock.now())
    office.run(2)
    assert office.texts() == []
    office.company.store.release("acme", "invoice", invoice, office.clock.now())
    office.run(2)
    assert len(office.texts()) == 1


def test_a_landline_is_marked_and_not_tried_again(office: Office) -> None:
    office.carrier.landlines.add(MOBILE.e164)
    office.issue(due_in=1)
    office.run()
    office.wait(days=1)
    office.run(2)
    assert office.texts() == []
    sends = [call for call in office.carrier.requests if call.method == "send"]
    assert len(sends) == 1
