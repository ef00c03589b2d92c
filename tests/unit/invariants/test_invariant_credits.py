"""Invariant 6 where a payment was more than was owed: booking and credit together are the payment, to the cent."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.clearing import credit_reference
from connector.domain.money import Money
from connector.domain.records import EntryKind, EntryRecord, Records, RefundRecord, Service, Shown
from connector.domain.settlement import rest_in_words
from tests.unit.invariants.month import (
    BOOKED,
    BOOKS,
    GOOD,
    OWED,
    PAID,
    amount,
    doubts,
    entry,
    invoice,
    metadata,
    minutes,
    payment,
    request,
    settled,
    standing,
    violations,
    with_entries,
    with_invoices,
    with_payments,
    with_requests,
)

HUNDRED, TWENTY = amount("100.00"), amount("20.00")
PART = entry(amount=HUNDRED, note=f"Duebird pi_1 invoice INV-1, {rest_in_words(TWENTY)}")
LESS = with_invoices(invoice((PAID - minutes(90), standing(total=HUNDRED, balance=HUNDRED)), (BOOKED, settled())))


def credit(name: str = "cred1", of: str = "pi_1", **fields: Any) -> EntryRecord:
    values: dict[str, Any] = {
        "kind": EntryKind.CREDIT,
        "ledger_id": None,
        "amount": TWENTY,
        "reference": credit_reference(BOOKS, of),
    }
    return entry(name, of, **(values | fields))


def of(*entries: EntryRecord) -> Records:
    return with_entries(*entries, of=LESS)


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(of(PART, credit()), id="a part and the rest"),
        pytest.param(of(PART, credit(kind=EntryKind.PAYMENT)), id="the ledger calls both a payment"),
        pytest.param(of(credit(amount=OWED)), id="all of it"),
        pytest.param(
            of(PART, credit(live=False, ended_at=BOOKED + minutes(1)), credit("cred2", made_at=None)), id="anew"
        ),
    ],
)
def test_a_payment_that_is_in_the_books_to_the_cent_is_accepted(good: Records) -> None:
    assert violations(good, 6) == []
    assert doubts(good, 6) == []


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(of(entry(), credit()), id="booked whole and credited too"),
        pytest.param(of(entry(), credit(amount=OWED)), id="twice"),
        pytest.param(of(PART, credit(), credit("cred2")), id="credited twice"),
        pytest.param(of(PART, credit(amount=amount("19.99"))), id="a cent is missing"),
        pytest.param(of(PART, credit(amount=Money.of("20.00", "EUR"))), id="another currency"),
        pytest.param(of(credit(amount=amount("120.01"))), id="a cent too much"),
        pytest.param(of(replace(PART, note="Duebird pi_1")), id="nothing says what the rest is"),
        pytest.param(with_payments(of=of(credit(amount=OWED))), id="no payment"),
        pytest.param(of(PART), id="the rest was forgotten"),
        pytest.param(of(credit()), id="the other part is missing"),
    ],
)
def test_a_payment_that_is_not_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 6)) == 1


@pytest.mark.parametrize("half", [PART, credit()], ids=["booking", "credit"])
def test_a_half_is_accepted_while_there_are_faults_or_when_the_owner_knows(half: EntryRecord) -> None:
    assert violations(of(half), 6, healthy=False) == []
    assert violations(replace(of(half), shown=Shown(held=frozenset({"pi_1"}))), 6) == []


def test_where_nobody_knows_what_the_owner_was_told_a_half_is_a_doubt() -> None:
    live = replace(of(PART), shown=None)
    assert violations(live, 6) == []
    assert ["100.00 USD is in the ledger" in one for one in doubts(live, 6)] == [True]


def test_a_credit_is_on_no_invoice_and_overshoots_none() -> None:
    assert violations(of(PART, credit()), 7) == []


def test_a_credit_of_money_of_other_books_is_rejected() -> None:
    elsewhere = with_payments(payment(metadata=metadata(tenant="books-2")), of=of(credit(amount=OWED)))
    assert len(violations(elsewhere, 12)) == 1


def test_a_request_for_a_credit_must_carry_our_reference() -> None:
    ours = request(Service.LEDGER, "make_credit", credit_reference(BOOKS, "pi_1"))
    assert violations(with_requests(ours), 11) == []
    assert len(violations(with_requests(request(Service.LEDGER, "make_credit", "CHEQUE 7")), 11)) == 1


def test_a_refund_of_money_that_is_a_credit_is_told() -> None:
    given_back = RefundRecord("re_1", "pi_1", OWED, BOOKED)
    refunded = of(credit(amount=OWED))
    refunded = replace(refunded, processor=replace(refunded.processor, refunds=(given_back,)))
    assert len(doubts(refunded, 8)) == 1
    assert GOOD.processor.refunds == ()
