"""What the messenger ends up with when a company's sender is another's too, is not registered, or is a name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.flows.company import SenderLooks
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import SenderSeen
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, NOON, Office

OURS, THEIRS = "+12125550100", "+12125550101"
BRITON = Phone("+447400123456")
UNREGISTERED = Finding(Weight.PROBLEM, "US registration", "no campaign: carriers refuse it (30034)", "Register it.")


def beside(office: Office, **others: str) -> None:
    """The other companies of the settings, as after a start: the sender is looked at anew."""
    office.company = replace(office.company, apart_from=others, sender_looks=SenderLooks())


def items(office: Office) -> list[str]:
    return [one.key.split("/")[1] for one in office.company.queries.attention("acme")]


def test_nothing_is_texted_from_a_sender_that_is_another_companys_too(office: Office) -> None:
    beside(office, beta=OURS)
    invoice = office.issue()
    office.run(2)
    assert office.texts() == []
    assert office.stripe_world.live_links() == []
    assert office.reason(invoice) == "sender_shared"
    [item] = office.company.queries.attention("acme")
    assert "third-party debt collection" in item.happened
    assert "beta" in item.happened
    assert "shares_sender" in item.command


def test_a_number_that_belongs_to_the_others_messaging_service_is_found_out_by_asking(office: Office) -> None:
    office.carrier.sender = SenderSeen(frozenset({OURS, "mgservice", THEIRS}))
    beside(office, beta="mgservice", gamma="mgother")
    office.issue()
    office.run(2)
    assert office.texts() == []
    assert office.company.queries.on_sender("acme") == (frozenset({"beta"}), frozenset())


def test_texts_go_once_the_two_are_settled_and_nobody_must_tick_it_off(office: Office) -> None:
    beside(office, beta=OURS)
    invoice = office.issue()
    office.run()
    beside(office, beta=THEIRS)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) != "sender_shared"
    assert items(office) == []
    assert office.broken() == []


def test_the_refusal_holds_through_a_restart_an_outage_and_a_resume(office: Office) -> None:
    beside(office, beta=OURS)
    office.issue()
    office.run()
    office.restart()
    beside(office, beta=OURS)
    office.carrier_faults.program(FaultKind.FAIL_BEFORE, "sender", times=5)
    office.company.store.pause("acme", "holiday", office.clock.now())
    office.company.store.resume("acme", office.clock.now())
    office.run(2)
    assert office.texts() == []


def test_receipts_and_the_owners_notices_wait_too(open_office: OpenOffice) -> None:
    office = open_office(owner_phone=Phone("+12125550177"))
    invoice = office.issue()
    office.run()
    [first] = office.texts()
    beside(office, beta=OURS)
    office.stripe_world.pay(office.link_in(first))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS], "money is booked all the same"
    assert office.texts() == [first]
    assert office.texts(Phone("+12125550177")) == []
    beside(office)
    office.wait(minutes=20)
    office.run(2)
    assert len(office.texts()) == 2
    assert len(office.texts(Phone("+12125550177"))) == 1


def test_the_sender_is_looked_at_at_the_start_and_then_once_a_day(office: Office) -> None:
    beside(office)
    seen = 0
    for _ in range(50):
        office.wait(hours=1)
        seen += office.run().counts["senders looked at"]
    assert seen == 3


def test_a_look_that_fails_is_made_again_in_an_hour_and_stops_nothing(office: Office) -> None:
    beside(office)
    office.carrier_faults.program(FaultKind.REFUSE, "sender")
    office.issue()
    assert office.run(1).counts["senders looked at"] == 0
    office.run()
    assert len(office.texts()) == 1
    office.wait(minutes=59)
    assert office.run().counts["senders looked at"] == 0
    office.wait(minutes=2)
    assert office.run().counts["senders looked at"] == 1


def test_a_clock_set_back_does_not_put_the_look_off() -> None:
    looks = SenderLooks(NOON + timedelta(days=40))
    assert looks.are_due(NOON)
    assert not SenderLooks(NOON + timedelta(hours=3)).are_due(NOON)


def test_a_registration_that_is_gone_is_told_once_and_stops_nothing_yet(office: Office) -> None:
    office.carrier.sender = SenderSeen(frozenset({OURS}), (UNREGISTERED,), registered=False)
    for _ in range(3):
        beside(office)
        office.run()
        office.wait(hours=24)
    [item] = office.company.queries.attention("acme")
    assert "US registration" in item.happened
    assert "Register it." in item.command
    office.issue()
    office.run(2)
    assert len(office.texts()) == 1
    office.carrier.sender = SenderSeen(frozenset({OURS}))
    beside(office)
    office.run()
    assert items(office) == []


def refused_by_carriers(office: Office) -> str:
    """One text that carriers refused because the sender is not registered."""
    first = office.issue()
    office.run()
    [sent] = office.carrier.texts_to(MOBILE)
    office.carrier.fail(sent.text_id, "30034")
    office.wait(minutes=1)
    office.run()
    return first


def test_only_after_a_refusal_texts_to_that_country_stop_and_no_others(office: Office) -> None:
    refused_by_carriers(office)
    american = office.issue(office.customer("Abe", mobile="+12125550140"))
    british = office.issue(office.customer("Bea", mobile=BRITON.e164))
    office.run(2)
    assert office.texts(Phone("+12125550140")) == []
    assert len(office.texts(BRITON)) == 1
    assert office.reason(american) == "sender_unregistered"
    assert office.reason(british) != "sender_unregistered"
    [told] = [one for one in office.company.queries.attention("acme") if "/setup/" in one.key]
    assert "Nobody else in US is texted" in told.not_done
    assert "duebird resume acme" in told.command


def look_again(office: Office) -> None:
    office.wait(hours=2)
    beside(office)


def resume(office: Office) -> None:
    assert office.company.store.resume("acme", office.clock.now())
    assert not office.company.store.resume("acme", office.clock.now())


@pytest.mark.parametrize("open_again", [look_again, resume])
def test_they_go_on_once_it_is_registered_or_the_owner_says_so(
    office: Office, open_again: Callable[[Office], None]
) -> None:
    refused_by_carriers(office)
    waiting = office.issue(office.customer("Abe", mobile="+12125550140"), Money.of("75.00", "USD"))
    office.run(2)
    assert office.reason(waiting) == "sender_unregistered"
    open_again(office)
    office.run(2)
    assert len(office.texts(Phone("+12125550140"))) == 1


def test_a_look_that_finds_it_unregistered_opens_nothing(office: Office) -> None:
    refused_by_carriers(office)
    office.carrier.sender = SenderSeen(frozenset({OURS}), (UNREGISTERED,), registered=False)
    office.issue(office.customer("Abe", mobile="+12125550140"))
    look_again(office)
    office.run(2)
    assert office.texts(Phone("+12125550140")) == []


def test_a_name_texts_britons_without_a_word_of_stop_and_americans_never(open_office: OpenOffice) -> None:
    office = open_office(two_way=False)
    office.issue(office.customer("Bea", mobile=BRITON.e164))
    american = office.issue()
    office.run(2)
    [text] = office.texts(BRITON)
    assert "STOP" not in text
    assert office.texts() == []
    assert office.reason(american) == "name_refused"
