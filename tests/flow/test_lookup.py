"""Numbers that are looked up before their first text: what is asked, how often, and whom nothing reaches then."""

from __future__ import annotations

from datetime import date

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.consent import ConsentState
from connector.domain.phone import Phone
from connector.ports.messenger import LineType
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

TODAY = date(2026, 11, 23)


@pytest.fixture
def asking(open_office: OpenOffice) -> Office:
    return open_office(lookup=True)


def test_nothing_is_looked_up_unless_it_is_ordered(office: Office) -> None:
    office.issue()
    office.run(2)
    assert len(office.texts()) == 1
    assert office.carrier.looked_up == []


def test_a_number_is_looked_up_once_and_again_after_ninety_days(asking: Office) -> None:
    customer = asking.customer()
    for _ in range(3):
        asking.issue(customer, due_in=None)
        asking.run(2)
        asking.wait(days=2)
    assert len(asking.texts()) == 3
    assert asking.carrier.looked_up == [(MOBILE.e164, TODAY)]
    asking.wait(days=91)
    asking.issue(customer, due_in=None)
    asking.run(2)
    assert len(asking.carrier.looked_up) == 2


def test_nobody_is_looked_up_before_they_agreed_or_after_a_stop(asking: Office) -> None:
    asking.issue(asking.customer("Sam", agrees=False))
    asking.issue(asking.customer("Stan", mobile="+12125550188"))
    asking.agree(Phone("+12125550188"), ConsentState.REVOKED)
    asking.run(2)
    assert asking.carrier.looked_up == []


@pytest.mark.parametrize("line", [LineType.LANDLINE, LineType.OTHER])
def test_a_landline_gets_no_text_and_stands_as_unreachable(asking: Office, line: LineType) -> None:
    asking.carrier.lines[MOBILE.e164] = line
    invoice = asking.issue()
    asking.run(3)
    assert asking.texts() == []
    assert asking.reason(invoice) == "unreachable"
    assert len(asking.carrier.looked_up) == 1


@pytest.mark.parametrize("line", [LineType.INTERNET, LineType.UNKNOWN])
def test_what_may_be_read_is_texted(asking: Office, line: LineType) -> None:
    asking.carrier.lines[MOBILE.e164] = line
    asking.issue()
    asking.run(2)
    assert len(asking.texts()) == 1


@pytest.mark.parametrize("fault", [FaultKind.FAIL_BEFORE, FaultKind.DEAD, FaultKind.REFUSE])
def test_a_look_up_that_fails_blocks_no_text(asking: Office, fault: FaultKind) -> None:
    asking.carrier_faults.program(fault, "looked_up")
    asking.issue()
    asking.run(2)
    assert len(asking.texts()) == 1
    assert asking.broken() == []


def test_a_number_that_changed_hands_gets_nothing_until_the_owner_says_so(asking: Office) -> None:
    asking.carrier.new_hands[MOBILE.e164] = date(2026, 12, 1)
    customer = asking.customer()
    first = asking.issue(customer)
    asking.wait(days=10)  # the number is given to somebody else after the consent
    later = asking.issue(customer)
    asking.run(3)
    assert asking.texts() == []
    assert asking.reason(later) == "held"
    [item] = [one for one in asking.company.queries.attention("acme") if "/reassigned/" in one.key]
    assert "may belong to somebody else" in item.happened
    assert "(consent of 2026-11-23;" in item.happened
    assert MOBILE.e164 not in item.happened + item.key + item.command
    assert f"duebird release {customer} --customer --company acme" in item.happened
    states = [one.state for one in asking.company.queries.consent("acme", MOBILE.e164)]
    assert states == [ConsentState.GRANTED], "it revokes nothing by itself"
    asking.company.store.release("acme", "customer", customer, asking.clock.now())
    asking.run(3)
    assert len(asking.texts()) == 1, "one a day"
    assert not [one for one in asking.attention() if "somebody else" in one], "gone when it is settled"
    assert len(asking.carrier.looked_up) == 1, first


def test_several_that_changed_hands_are_one_item_until_the_last_is_settled(asking: Office) -> None:
    numbers = [f"+121255501{number}" for number in (71, 72)]
    customers = [asking.customer(f"Moved {to[-1]}", mobile=to) for to in numbers]
    for to in numbers:
        asking.carrier.new_hands[to] = date(2026, 12, 1)
    asking.wait(days=10)
    for one in customers:
        asking.issue(one)
    asking.run(3)
    [item] = asking.company.queries.attention("acme")
    for one in customers:
        assert f"duebird release {one} --customer --company acme" in item.happened
        assert [one.key for one in asking.company.queries.attention("acme")] == [item.key]
        asking.company.store.release("acme", "customer", one, asking.clock.now())
        asking.run()
    assert asking.company.queries.attention("acme") == []


def test_what_was_learnt_outlives_a_restart(asking: Office) -> None:
    asking.issue()
    asking.run(2)
    asking.restart()
    asking.wait(days=1)
    asking.issue(asking.ledger_world.add_customer("Dana's Brother", mobile=MOBILE.e164))
    asking.run(2)
    assert len(asking.carrier.looked_up) == 1
