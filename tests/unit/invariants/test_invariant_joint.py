"""A joint link, its text and its payment count for each of their invoices, and only where they say so truly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.effect import booking_reference
from connector.domain.invariants import broken, check
from connector.domain.joint import PARTS_KEY, Part, link_key, written
from connector.domain.money import Money
from connector.domain.records import LinkRecord, PaymentRecord, Records
from tests.unit.invariants.month import (
    BOOKED,
    BOOKS,
    NOON,
    OWED,
    doubts,
    entry,
    invoice,
    link,
    metadata,
    minutes,
    payment,
    settled,
    standing,
    text,
    violations,
    with_entries,
    with_invoices,
    with_links,
    with_payments,
    with_texts,
)
from tests.unit.invariants.test_invariant_rest import REFUND, refunded

EIGHTY = Money.of("80.00", "USD")
BOTH = (Part("inv1", OWED), Part("inv2", EIGHTY))
SUM = Money.of("200.00", "USD")
SECOND: dict[str, Any] = {"ledger_id": "inv2", "number": "INV-2", "total": EIGHTY}
MARKS = {**metadata(), PARTS_KEY: written(BOTH)}
BODY = "Acme Plumbing: 2 invoices (INV-1, INV-2) are open, $200.00 in all. Pay: https://pay.example/plink_1"
THANKS = "Hi Dana, thank you! Acme received your payment of $200.00 for invoice INV-1, INV-2."


def joint_link(**fields: Any) -> LinkRecord:
    values: dict[str, Any] = {"amount": SUM, "reference": link_key(BOOKS, 1, BOTH), "metadata": MARKS}
    return link(**(values | fields))


def joint_payment(**fields: Any) -> PaymentRecord:
    values: dict[str, Any] = {"amount": SUM, "reference": link_key(BOOKS, 1, BOTH), "metadata": MARKS}
    return payment(**(values | fields))


def part_of(ledger_id: str, amount: Money, name: str) -> Any:
    reference = booking_reference(BOOKS, "pi_1", ledger_id)
    return entry(name, ledger_id=ledger_id, amount=amount, reference=reference)


ENTRIES = (part_of("inv1", OWED, "pay1"), part_of("inv2", EIGHTY, "pay2"))
INVOICES = (
    invoice((NOON, standing()), (BOOKED, settled())),
    invoice(
        (NOON, replace(standing(), balance=EIGHTY, **SECOND)),
        (BOOKED + minutes(1), replace(settled(), **SECOND)),
    ),
)
_BOOKED = with_entries(*ENTRIES, of=with_invoices(*INVOICES))
_TEXTED = with_texts(text(body=BODY), text("SM2", BOOKED, body=THANKS), of=_BOOKED)
JOINT = replace(with_links(joint_link(), of=with_payments(joint_payment(), of=_TEXTED)), requests=None)


def test_a_month_with_a_joint_text_breaks_nothing() -> None:
    assert [f"{one.number}: {one.sentence}" for one in broken(check(JOINT, healthy=True))] == []


@pytest.mark.parametrize(
    ("bad", "number"),
    [
        pytest.param(with_entries(ENTRIES[0], of=JOINT), 6, id="one part is not booked"),
        pytest.param(
            with_entries(ENTRIES[0], part_of("inv2", OWED, "pay2"), of=JOINT), 6, id="a part is booked with another sum"
        ),
        pytest.param(with_entries(*ENTRIES, part_of("inv2", EIGHTY, "pay3"), of=JOINT), 6, id="a part is booked twice"),
        pytest.param(
            with_links(joint_link(), link("plink_2", generation=2, ledger_id="inv2", amount=EIGHTY), of=JOINT),
            10,
            id="a link beside it for one of them",
        ),
        pytest.param(
            with_texts(text(body=BODY), text("SM3", NOON + minutes(30), body=BODY), of=JOINT),
            1,
            id="the text went out twice",
        ),
        pytest.param(
            with_links(joint_link(metadata={**MARKS, PARTS_KEY: "USD inv1:12000 inv2:9000"}), of=JOINT),
            12,
            id="its parts are not those it was made of",
        ),
        pytest.param(
            with_payments(joint_payment(metadata={**MARKS, PARTS_KEY: "USD inv1:12000 inv2:9000"}), of=JOINT),
            12,
            id="the payment names other parts than its link",
        ),
    ],
)
def test_what_is_wrong_with_a_joint_text_is_rejected(bad: Records, number: int) -> None:
    assert violations(bad, number) != []


def test_an_open_joint_link_asks_rightly_while_each_of_its_invoices_is_owed() -> None:
    waiting = with_payments(of=with_entries(of=JOINT))
    waiting = with_links(joint_link(active=True, retired_at=None), of=waiting)
    open_ones = [invoice((NOON, standing())), invoice((NOON, replace(standing(), balance=EIGHTY, **SECOND)))]
    waiting = with_texts(text(body=BODY), of=waiting)
    assert violations(with_invoices(*open_ones, of=waiting), 10) == []
    unread = with_links(joint_link(active=True, retired_at=None, amount=None), of=waiting)
    assert violations(with_invoices(*open_ones, of=unread), 10) == []
    assert len(violations(with_invoices(open_ones[0], INVOICES[1], of=waiting), 10)) == 1


def test_marks_that_make_no_joint_link_leave_it_one_for_its_first_invoice() -> None:
    for marks in (
        {**MARKS, "duebird_generation": "one"},
        {**MARKS, "duebird_invoice": "inv2"},
        {**MARKS, PARTS_KEY: "nothing"},
    ):
        assert violations(with_links(joint_link(metadata=marks), of=JOINT), 12) != []


def test_a_refund_of_a_payment_for_several_is_told_once() -> None:
    assert len(doubts(refunded(REFUND, of=JOINT), 8)) == 1


def entered_whole(**fields: Any) -> Records:
    """Somebody else's entry over all of it on the first invoice; the second is open, and its part is not booked."""
    values: dict[str, Any] = {"amount": SUM, "reference": "", "note": "Stripe pi_1", "by_us": False}
    open_still = invoice((NOON, replace(standing(), balance=EIGHTY, **SECOND)))
    return with_entries(entry("pay1", **(values | fields)), of=with_invoices(INVOICES[0], open_still, of=JOINT))


@pytest.mark.parametrize("note", ["Stripe pi_1", "card"])
def test_a_part_that_somebody_else_may_have_entered_with_another_invoice_is_a_doubt(note: str) -> None:
    records = entered_whole(note=note)
    assert [one for one in violations(records, 6) if "80.00" in one] == []
    assert ["something else on another of its invoices may be it" in one for one in doubts(records, 6)].count(True) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"amount": OWED},
        {"amount": OWED, "note": "card"},
        {"note": "card", "made_at": NOON - minutes(60)},
        {"amount": Money.of("200.00", "EUR")},
        {"live": False},
    ],
    ids=["over its own part", "and without a name", "from before", "in another currency", "deleted"],
)
def test_a_part_that_stands_nowhere_is_lost_whatever_is_on_the_other_invoice(other: dict[str, Any]) -> None:
    assert [one for one in violations(entered_whole(**other), 6) if "80.00" in one] != []
