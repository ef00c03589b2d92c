"""A link for an instalment asks rightly while it asks no more than is owed of the very total it names."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from connector.domain.instalments import INSTALMENT_KEY
from connector.domain.invariants import INVARIANTS
from connector.domain.joint import Part, link_key
from connector.domain.money import Money
from connector.domain.records import LinkRecord, Records
from tests.unit.invariants.month import (
    BOOKS,
    NOON,
    OWED,
    doubts,
    invoice,
    link,
    metadata,
    settled,
    standing,
    violations,
    with_entries,
    with_invoices,
    with_links,
    with_payments,
    with_texts,
)

THIRTY = Money.of("36.00", "USD")
MARKS = {**metadata(), INSTALMENT_KEY: f"USD {THIRTY.minor} {OWED.minor}"}


def a_part(**fields: Any) -> LinkRecord:
    values: dict[str, Any] = {
        "amount": THIRTY,
        "reference": link_key(BOOKS, 1, [Part("inv1", THIRTY)]),
        "metadata": MARKS,
        "active": True,
        "retired_at": None,
    }
    return link(**(values | fields))


def month(one: LinkRecord, *states: Any) -> Records:
    """One open link and its invoice, with nothing paid or said yet."""
    waiting = with_payments(of=with_entries(of=with_invoices(invoice(*(states or [(NOON, standing())])))))
    return with_links(one, of=with_texts(of=waiting))


@pytest.mark.parametrize("read", [THIRTY, None])
def test_a_link_for_a_part_asks_rightly_whether_its_amount_was_read_or_only_told(read: Money | None) -> None:
    found = month(a_part(amount=read))
    assert violations(found, 10) == []
    assert violations(found, 12) == []
    assert doubts(found, 10) == []


def owing(amount: str, **fields: Any) -> Any:
    return (NOON, replace(standing(), balance=Money.of(amount, "USD"), **fields))


@pytest.mark.parametrize("read", [THIRTY, None])
@pytest.mark.parametrize(
    ("state", "number"),
    [
        pytest.param(owing("35.99"), 10, id="more than is owed"),
        pytest.param(owing("100.00", total=Money.of("100.00", "USD")), 10, id="of another total"),
        pytest.param((NOON, settled()), 10, id="nothing is owed"),
    ],
)
def test_a_link_for_a_part_that_asks_too_much_is_rejected(read: Money | None, state: Any, number: int) -> None:
    assert violations(month(a_part(amount=read), state), number) != []


def test_a_part_of_another_amount_than_the_link_asks_is_not_believed() -> None:
    told = {**metadata(), INSTALMENT_KEY: f"USD 1000 {OWED.minor}"}
    assert violations(month(a_part(metadata=told)), 10) != []
    assert violations(month(a_part(metadata=told, amount=None)), 10) != []
    assert violations(month(a_part(metadata=metadata())), 10) != []


def test_the_sentence_and_what_breaks_it_speak_of_instalments_too() -> None:
    said = {one.number: one.sentence for one in INVARIANTS}[10]
    assert said.endswith("it asks what is owed, or an instalment of it.")
    found = violations(month(a_part(amount=THIRTY, metadata=metadata())), 10)
    assert found == ["The payment link of invoice INV-1 asks another amount than is owed, and no instalment of it."]
