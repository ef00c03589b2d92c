"""A person's list holds what a person must do, and nothing that has mended itself."""

from __future__ import annotations

from dataclasses import replace

from adapters.memory.faults import FaultKind
from connector.flows.company import Answers
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.test_brakes import issue_many


def test_a_connection_that_works_again_is_off_the_list_and_on_it_when_it_ends_again(office: Office) -> None:
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    office.run()
    [item] = office.attention()
    assert "no longer accepts this connection" in item
    office.wait(minutes=5)
    office.run()
    assert office.attention() == [item], "nobody said that it works"
    office.company = replace(office.company, answers=lambda: Answers(answered={"ledger": office.clock.now()}))
    office.run()
    assert office.attention() == []
    office.wait(minutes=5)
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    office.company = replace(office.company, answers=Answers)
    office.run()
    assert office.attention() == [item]


def test_what_a_person_has_closed_is_not_shown_again_by_the_same_fact(office: Office) -> None:
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    office.run()
    [row] = office.company.queries.attention("acme")
    office.company.store.attention_closed("acme", row.key, "a person", office.clock.now())
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    office.run()
    assert office.attention() == []


def test_the_question_before_catching_up_is_off_the_list_once_it_is_answered(open_office: OpenOffice) -> None:
    office = open_office(catch_up=3)
    office.wait(days=3)
    issue_many(office, 4)
    office.run()
    assert any("would be texted at once" in item for item in office.attention())
    office.run()
    assert any("would be texted at once" in item for item in office.attention())
    office.company.store.resume("acme", office.clock.now())
    office.run(2)
    assert not any("would be texted at once" in item for item in office.attention())
    assert len(office.carrier.all_texts()) == 4


def test_a_cap_that_allows_texts_again_is_off_the_list(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=1, texts_per_day=50)
    issue_many(office, 2)
    office.run(3)
    assert any("cap of 1 texts an hour" in item for item in office.attention())
    office.wait(minutes=61)
    office.run(3)
    office.wait(minutes=61)
    office.run(1)
    assert office.attention() == []


def test_an_outage_of_a_week_is_one_item_and_one_that_was_closed_is_told_again_the_next_day(office: Office) -> None:
    office.ledger_faults.revoked = True
    for _ in range(7):
        office.run()
        office.wait(days=1)
    assert len([item for item in office.attention() if "no longer accepts" in item]) == 1
    for row in office.company.queries.attention("acme"):
        office.company.store.attention_closed("acme", row.key, "a person", office.clock.now())
    office.run()
    assert len([item for item in office.attention() if "no longer accepts" in item]) == 1
