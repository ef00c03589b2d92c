"""A wish for no more texts holds at once, for that number, across all invoices of the company and what is planned."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.consent import ConsentMethod, ConsentState
from connector.flows import propose
from connector.ports.messenger import SenderSeen
from state.consent_check import verify
from state.consent_journal import ConsentJournal
from tests.flow.office import MOBILE, Office
from tests.flow.test_never_stuck import OTHER


@pytest.fixture
def busy(office: Office) -> Office:
    """Three invoices of two customers who share a number, and one of somebody else; several texts a day are allowed."""
    office.policy = replace(office.policy, max_per_number_per_day=5)
    office.company = replace(office.company, policy=office.policy)
    dana, sam = office.customer(), office.customer("Sam Reed")
    for customer in (dana, dana, sam):
        office.issue(customer)
    office.issue(office.customer("Omar", mobile=OTHER.e164))
    return office


def planned_texts(office: Office) -> int:
    rows = (row for one in office.ledger_world.invoices for row in office.company.queries.effects_of("acme", one))
    return sum(1 for row in rows if row.kind == "send_text" and row.status == "planned")


def reasons(office: Office) -> list[str]:
    return [office.reason(one) for one in office.ledger_world.invoices]


def test_what_is_planned_already_does_not_go_out_after_a_stop_that_comes_in_between(busy: Office) -> None:
    busy.company.store.pause("acme", "to have it all planned", busy.clock.now())
    busy.run()
    busy.company.store.resume("acme", busy.clock.now())
    for _ in range(2):
        propose.run_once(busy.company)
    busy.carrier.reply(MOBILE, "stop texting me")
    busy.run(3)
    assert len(busy.texts(MOBILE)) == 0
    assert len(busy.texts(OTHER)) == 1
    assert planned_texts(busy) == 0
    assert sorted(reasons(busy)) == ["opted_out", "opted_out", "opted_out", "step_done"]


def test_a_revocation_by_hand_holds_for_every_invoice_from_that_moment(busy: Office) -> None:
    busy.agree(MOBILE, ConsentState.REVOKED)
    busy.run(3)
    assert busy.texts(MOBILE) == []
    assert reasons(busy).count("opted_out") == 3


def test_a_number_that_the_service_refuses_because_of_its_stop_is_tried_once_for_all_invoices(busy: Office) -> None:
    busy.carrier.opted_out.add(MOBILE.e164)  # a STOP that we never saw
    busy.run(4)
    tries = [call for call in busy.carrier.requests if call.method == "send" and call.args[0].to == MOBILE]
    assert len(tries) == 1
    last = busy.company.queries.consent("acme", MOBILE.e164)[-1]
    assert (last.state, last.method) == (ConsentState.REVOKED, ConsentMethod.CARRIER)
    assert reasons(busy).count("opted_out") == 3
    assert verify(busy.database, ConsentJournal(busy.journal), "acme").flaws == ()


def test_a_number_whose_carrier_blocks_us_gets_no_more_texts_about_any_invoice(busy: Office) -> None:
    busy.run()
    before = len(busy.texts(MOBILE))
    busy.carrier.fail(busy.carrier.texts_to(MOBILE)[0].text_id, "30004")  # blocked by the person's carrier
    for _ in range(4):
        busy.wait(minutes=2)
        busy.run()
    last = busy.company.queries.consent("acme", MOBILE.e164)[-1]
    assert (last.state, last.method) == (ConsentState.REVOKED, ConsentMethod.CARRIER)
    busy.issue(next(iter(busy.ledger_world.customers)))
    busy.run(3)
    assert len(busy.texts(MOBILE)) == before


def test_a_stop_to_one_sender_holds_for_every_other_sender_of_the_company(busy: Office) -> None:
    """A new number of the company knows nothing of a STOP to the old one, nor does its carrier: the register does."""
    busy.run()
    before = len(busy.texts(MOBILE))
    busy.carrier.reply(MOBILE, "STOP")
    busy.run(2)
    busy.carrier.opted_out.clear()
    busy.carrier.sender = SenderSeen(frozenset({"+12125550188"}))
    busy.restart()
    fresh = busy.issue(next(iter(busy.ledger_world.customers)))
    busy.wait(days=1)
    busy.run(3)
    assert len(busy.texts(MOBILE)) == before
    assert busy.reason(fresh) == "opted_out"


def test_a_stop_to_one_company_is_none_to_another(busy: Office) -> None:
    agreed = busy.company.queries.consent("acme", MOBILE.e164)[0]
    stopped = replace(agreed, state=ConsentState.REVOKED)
    busy.company.store.consents_recorded("other", [stopped], busy.clock.now())
    busy.run(3)
    assert len(busy.texts(MOBILE)) == 3
