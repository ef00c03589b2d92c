"""Reversals in the stand-ins for QuickBooks and Xero, over HTTP: after them clearing holds what Stripe holds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from connector.domain.phone import Phone
from connector.domain.settlement import Refunds, Surplus
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.reversing import rebook, release, reversals, settle, told_of, undo, verdict
from tests.flow.till import Till, in_clearing, open_till, owes

FEE = Decimal("3.78")  # of a card payment of 120.00; Stripe keeps it


@pytest.fixture(params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    more = {"surplus": Surplus.CREDIT, "refunds": Refunds.REOPEN}
    with open_till(request.param, tmp_path, Till, **more) as made:
        yield made


def paid(till: Till, *, cheque: str = "") -> tuple[str, str, str]:
    """An invoice of 120.00, its customer, and its payment, booked as far as it fits beside a cheque."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    invoice = till.h.issue(customer, till.amount("120.00"))
    till.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[-1]))
    assert page is not None
    if cheque:
        till.h.pay_by_hand(invoice, till.amount(cheque))
    payment = office.stripe_world.pay_page(page)
    assert payment is not None
    settle(office, 3)
    assert till.owed(invoice) == till.amount("0.00")
    return invoice, customer, payment


def at_stripe(till: Till) -> Decimal:
    """What Stripe holds of payments and what went back, before its fees."""
    changes = [one.latest for one in till.office.stripe_world.balance.changes.values()]
    return sum((one.amount.amount for one in changes), Decimal(0))


def test_after_a_whole_refund_and_its_reversal_clearing_and_stripe_differ_by_the_fee_alone(till: Till) -> None:
    before = in_clearing(till)
    invoice, customer, payment = paid(till)
    assert in_clearing(till) - before == Decimal("120.00")
    assert in_clearing(till) - before - at_stripe(till) == 0
    till.office.stripe_world.refund(payment)
    settle(till.office)
    assert till.owed(invoice) == till.amount("120.00")
    assert owes(till.h, customer) == Decimal("120.00")
    assert in_clearing(till) - before - at_stripe(till) == 0
    held = till.office.stripe_world.balance.held()
    assert sum((one.total.amount for one in held.values()), Decimal(0)) == -FEE
    assert verdict(till.office, payment) == "reversed"
    assert told_of(till.office, "taken out of the ledger")
    assert till.office.reason(invoice) == "held"


def test_a_booking_and_its_credit_go_out_together_and_an_emptied_installation_leaves_them_out(till: Till) -> None:
    before = in_clearing(till)
    invoice, _, payment = paid(till, cheque="50.00")
    with_cheque = in_clearing(till) - before
    assert till.credits(payment) == [till.amount("50.00")]
    till.office.stripe_world.refund(payment)
    settle(till.office)

    def assert_out() -> None:
        assert till.owed(invoice) == till.amount("70.00")
        assert till.credits(payment) == []
        assert in_clearing(till) - before == with_cheque - Decimal("120.00")
        assert verdict(till.office, payment) == "reversed"

    assert_out()
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    assert_out()


def test_undone_and_booked_again_there_is_one_entry_that_stands(till: Till) -> None:
    before = in_clearing(till)
    invoice, _, payment = paid(till)
    assert undo(till.office, payment) == 1
    settle(till.office)
    assert (till.owed(invoice), in_clearing(till) - before) == (till.amount("120.00"), Decimal("0.00"))
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    till.office.company.store.resume("acme", till.office.clock.now())
    settle(till.office)
    assert (till.owed(invoice), in_clearing(till) - before) == (till.amount("120.00"), Decimal("0.00"))
    rebook(till.office, payment)
    settle(till.office)
    assert (till.owed(invoice), in_clearing(till) - before) == (till.amount("0.00"), Decimal("120.00"))
    assert verdict(till.office, payment) == "booked"


def test_an_entry_that_a_person_took_out_counts_as_reversed(till: Till) -> None:
    before = in_clearing(till)
    invoice, _, payment = paid(till)
    [booked] = till.ledger.bookings_on(invoice)
    till.h.delete_booking(booked.booking_id)
    till.office.stripe_world.refund(payment)
    settle(till.office)
    assert [one.status for one in reversals(till.office, invoice)] == ["done"]
    assert (verdict(till.office, payment), in_clearing(till)) == ("reversed", before)
    release(till.office, invoice)


def test_an_entry_in_a_closed_period_stays_and_the_owner_is_told(till: Till) -> None:
    before = in_clearing(till)
    invoice, _, payment = paid(till)
    till.h.close_books_through(till.office.clock.now().date() + timedelta(days=1))
    undo(till.office, payment)
    settle(till.office)
    assert (till.owed(invoice), in_clearing(till) - before) == (till.amount("0.00"), Decimal("120.00"))
    [effect] = reversals(till.office, invoice)
    assert effect.status == "rejected"
    [item] = [
        one for one in till.office.company.queries.attention("acme") if "could not take the entry" in one.happened
    ]
    assert item.command == f"duebird retry {effect.key} --company acme"
