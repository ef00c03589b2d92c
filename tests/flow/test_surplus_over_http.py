"""The same over HTTP, in the stand-ins for QuickBooks and Xero, which keep double entry."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.phone import Phone
from connector.domain.settlement import Surplus
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.till import Till, in_clearing, open_till, owes


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    with open_till(request.param, tmp_path, Till, surplus=Surplus.CREDIT) as made:
        yield made


def paid_twice(till: Till) -> tuple[str, str, list[str]]:
    """An invoice of 120.00 on whose link two people pay."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    invoice = till.h.issue(customer, till.amount("120.00"))
    till.run(2)
    [text] = office.texts()
    pages = [office.stripe_world.open_page(office.link_in(text)) for _ in range(2)]
    payments = [office.stripe_world.pay_page(one) for one in pages if one is not None]
    office.wait(minutes=1)
    till.run(3)
    return invoice, customer, [one for one in payments if one is not None]


def test_paid_twice_one_is_on_the_invoice_and_the_other_a_credit_of_the_customer(till: Till) -> None:
    before = in_clearing(till)
    invoice, customer, payments = paid_twice(till)
    assert owes(till.h, customer) == Decimal(-120)
    assert till.owed(invoice) == till.amount("0.00")
    assert [one for payment in payments for one in till.credits(payment)] == [till.amount("120.00")]
    assert in_clearing(till) - before == Decimal("240.00")
    [item] = till.office.company.queries.attention("acme")
    called = {"quickbooks": "an unapplied payment in QuickBooks", "xero": "an overpayment in Xero"}
    assert called[till.office.company.identity.ledger_kind] in item.happened
    assert "Rosa Diaz" in item.happened


def test_what_fits_is_booked_and_the_rest_is_a_credit_that_a_lost_memory_finds_again(till: Till) -> None:
    before = in_clearing(till)
    office = till.office
    office.agree(Phone(MOBILE.e164))
    invoice = till.h.issue(till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164), till.amount("120.00"))
    till.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    till.h.pay_by_hand(invoice, till.amount("50.00"))
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    office.wait(minutes=1)
    till.run(3)

    def assert_right() -> None:
        assert till.owed(invoice) == till.amount("0.00")
        assert till.credits(payment) == [till.amount("50.00")]
        assert in_clearing(till) - before in {Decimal("120.00"), Decimal("170.00")}  # the cheque is elsewhere, or not

    assert_right()
    put_back(office, office.folder, None)
    till.connect()
    until_calm(office)
    assert_right()
    assert office.company.queries.payments("acme")[0].verdict == "booked"
    credit = next(one for one in office.company.queries.effects_of("acme", invoice) if one.kind == "book_credit")
    assert credit.status == "done"
