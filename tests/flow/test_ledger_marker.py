"""A marker in the ledger stands for consent: what it lets go out, what its end stops, and what the register notes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from connector.domain.consent import ConsentState
from connector.domain.dunning import ConsentRule
from state.consent_check import verify
from state.consent_journal import ConsentJournal
from tests.flow.office import MOBILE, Office
from tests.flow.test_never_stuck import OTHER

MARKED = frozenset({"Texts OK"})


@pytest.fixture
def marked(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    office.policy = replace(office.policy, consent_rule=ConsentRule.LEDGER_MARKER, consent_marker="texts ok")
    office.company = replace(office.company, policy=office.policy)
    yield office
    assert office.broken(healthy=False) == []
    assert verify(office.database, ConsentJournal(office.journal), "acme").flaws == ()
    office.close()


def noted(office: Office) -> list[str]:
    return [f"{one.record.state} {one.record.method}" for one in office.company.queries.register("acme")]


def mark(office: Office, customer: str, *, there: bool) -> None:
    office.ledger_world.edit_customer(customer, markers=MARKED if there else frozenset())


def test_the_register_notes_when_a_marker_was_first_seen_before_the_text_and_not_again(marked: Office) -> None:
    customer = marked.customer(agrees=False)
    mark(marked, customer, there=True)
    marked.issue(customer)
    marked.run(2)
    assert len(marked.texts()) == 1
    for _ in range(4):
        marked.wait(hours=8)
        marked.run()
    assert noted(marked) == ["granted ledger_marker"]
    entry = marked.company.queries.register("acme")[0]
    assert entry.record.recorded_at <= marked.carrier.all_texts()[0].created_at
    assert "'texts ok' of Dana Reed in the ledger: seen" in entry.record.evidence


def test_a_marker_that_is_taken_away_ends_the_texts_whatever_else_is_on_record(marked: Office) -> None:
    customer = marked.customer()  # agreed on a form too
    mark(marked, customer, there=True)
    first = marked.issue(customer, due_in=1)
    marked.run(2)
    assert len(marked.texts()) == 1
    mark(marked, customer, there=False)
    marked.wait(days=1)
    marked.run(3)
    assert len(marked.texts()) == 1
    assert marked.reason(first) == "no_consent"
    assert noted(marked) == ["granted form", "granted ledger_marker", "none ledger_marker"]
    mark(marked, customer, there=True)
    marked.wait(days=1)
    marked.run(3)
    assert len(marked.texts()) == 2
    assert noted(marked)[3:] == ["granted ledger_marker"]


def test_of_two_customers_with_one_number_one_marker_will_do_for_the_note(marked: Office) -> None:
    one, two = marked.customer("Ann", agrees=False), marked.customer("Ben", agrees=False)
    mark(marked, one, there=True)
    for each in (one, two):
        marked.issue(each)
    marked.run(3)
    assert noted(marked) == ["granted ledger_marker"]
    mark(marked, one, there=False)
    mark(marked, two, there=True)
    marked.run(2)
    assert marked.company.queries.consent("acme", MOBILE.e164)[-1].state is ConsentState.GRANTED


def test_the_number_a_customer_had_before_carries_the_marker_no_more(marked: Office) -> None:
    customer = marked.customer(agrees=False)
    mark(marked, customer, there=True)
    marked.issue(customer)
    marked.run(2)
    marked.ledger_world.edit_customer(customer, mobile=OTHER.e164)
    marked.run(2)
    was, now = (marked.company.queries.consent("acme", phone.e164)[-1] for phone in (MOBILE, OTHER))
    assert (was.state, now.state) == (ConsentState.NONE, ConsentState.GRANTED)


def test_without_that_rule_nothing_is_noted(tmp_path: Path) -> None:
    office = Office(tmp_path)
    customer = office.customer(agrees=False)
    mark(office, customer, there=True)
    office.issue(customer)
    office.run(2)
    assert noted(office) == []
    assert office.texts() == []
    office.close()
