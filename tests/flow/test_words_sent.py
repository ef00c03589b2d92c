"""What customers and the owner read on their phones: in their language, and how to stop as often as it should be."""

from __future__ import annotations

from dataclasses import replace

from connector.domain.phone import Phone
from connector.domain.wordings import BUILT_IN, Occasion
from connector.words import Wording
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

OWNER = Phone("+12125550199")
OTHER = Phone("+12125550777")
STOP = BUILT_IN["en"].opt_out


def says_stop(office: Office, phone: Phone = MOBILE) -> list[bool]:
    return [STOP in body for body in office.texts(phone)]


def a_text_a_day(office: Office, days: int) -> None:
    customer = office.customer()
    for _ in range(days):
        office.issue(customer)
        office.run(2)
        office.wait(days=1)


def test_the_first_text_to_a_number_says_how_to_stop_and_then_every_so_many_th(open_office: OpenOffice) -> None:
    office = open_office(stop_every=3, max_per_number_per_week=7)
    a_text_a_day(office, 5)
    assert says_stop(office) == [True, False, False, True, False]
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run(2)
    assert says_stop(office, OTHER) == [True], "each number has its own count"


def test_each_text_says_it_where_the_owner_wants_that(open_office: OpenOffice) -> None:
    office = open_office(stop_every=1)
    a_text_a_day(office, 3)
    assert says_stop(office) == [True, True, True]


def test_a_text_that_never_arrived_does_not_count(office: Office) -> None:
    customer = office.customer()
    office.issue(customer)
    office.run(2)
    office.carrier.fail(office.carrier.all_texts()[0].text_id, "30003")
    office.wait(minutes=1)
    office.run(2)
    office.wait(days=1)
    office.issue(customer)
    office.run(2)
    assert says_stop(office) == [True, True]


def test_receipts_and_words_to_the_owner_count_and_say_it_too(open_office: OpenOffice) -> None:
    office = open_office(stop_every=2, owner_phone=OWNER)
    customer = office.customer()
    for _ in range(2):
        office.issue(customer)
        office.run(2)
        office.stripe_world.pay(office.link_in(office.texts()[-1]))
        office.wait(minutes=1)
        office.run(2)
        office.wait(days=1)
    assert ["hank you!" in body for body in office.texts()] == [False, True, False, True]
    assert says_stop(office) == [True, False, True, False]
    assert says_stop(office, OWNER) == [True, False]
    assert office.texts(OWNER)[0].startswith("Duebird for Acme Plumbing: Dana Reed paid $120.00")


def test_a_customer_is_written_to_in_the_language_that_the_ledger_marks(office: Office) -> None:
    office.company = replace(office.company, words=Wording(country="US", markers={"Deutsch": "de"}))
    customer = office.customer()
    office.ledger_world.edit_customer(customer, markers=frozenset({"deutsch"}), country="DE", given_name="Dana")
    office.issue(customer, number="R-7")
    office.run(2)
    [notice] = office.texts()
    assert notice.startswith("Guten Tag Dana, Ihre Rechnung R-7 von Acme Plumbing: 120,00 $, f\u00e4llig am 7. Dez.")
    assert BUILT_IN["de"].opt_out in notice
    office.stripe_world.pay(office.link_in(notice))
    office.wait(minutes=1)
    office.run(2)
    assert office.texts()[-1] == (
        "Guten Tag Dana, vielen Dank! Acme Plumbing hat Ihre Zahlung von 120,00 $ f\u00fcr Rechnung R-7 erhalten."
    )


def test_words_for_the_owner_that_cannot_be_made_cost_nobody_the_receipt(open_office: OpenOffice) -> None:
    office = open_office(owner_phone=OWNER)
    own = {("en", Occasion.ISSUED): "{business}: {invoice} {link}"}
    office.company = replace(office.company, words=Wording(own=own))
    invoice = office.issue(office.customer("\u6771\u4eac\u6c34\u9053" * 10), number="A-2026-00017-" + "\u6771" * 8)
    office.run(2)
    office.stripe_world.pay(office.link_in(office.texts()[-1]))
    office.wait(minutes=1)
    office.run(2)
    assert len(office.bookings(invoice)) == 1
    assert len(office.texts()) == 2
    [told] = office.texts(OWNER)
    assert "A customer paid $120.00" in told
