"""A service that goes down in the middle of a pass: few effects spend a try on it, the rest is done in a later pass."""

from __future__ import annotations

from typing import Any

from adapters.memory.faults import FaultKind
from connector.domain.phone import Phone
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, Office

MANY = 12


def paid_by_many(office: Office) -> list[str]:
    """Invoices that are paid at the processor, and nobody has looked since."""
    mobiles = [Phone(f"+1212555{number:04}") for number in range(200, 200 + MANY)]
    invoices = [office.issue(office.customer(f"Customer {one.e164}", mobile=one.e164)) for one in mobiles]
    office.run()
    for mobile in mobiles:
        assert office.stripe_world.pay(office.link_in(office.texts(mobile)[-1]))
    office.wait(minutes=1)
    return invoices


def tries(office: Office, invoices: list[str], *kinds: str) -> list[int]:
    """How often each effect of those kinds, which waits, has been tried."""
    rows = office.company.store.effects.of_subjects("acme", invoices)
    return sorted(one.attempts for one in rows if one.kind in kinds and one.status == "planned")


def test_a_ledger_that_goes_down_in_a_pass_costs_five_bookings_a_try_and_the_others_none(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    invoices = paid_by_many(office)
    down = True

    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> FaultKind | None:
        return FaultKind.FAIL_BEFORE if down and called in {"bookings_on", "book"} else None

    office.ledger_faults.decide = decide
    office.run()
    assert tries(office, invoices, "book_payment") == [0] * (MANY - 5) + [1] * 5
    down = False
    for _ in range(3):
        office.wait(minutes=1)
        office.run()
    assert [office.bookings(one) for one in invoices] == [[DOLLARS]] * MANY
    assert office.attention() == []
    assert office.broken() == []


def test_a_processor_that_goes_down_in_a_pass_leaves_making_links_and_taking_them_down_alike(
    open_office: OpenOffice,
) -> None:
    office = open_office()
    old = [office.issue(office.customer(f"Customer {one}", mobile=f"+1212555{one:04}")) for one in range(300, 303)]
    office.run()
    for one in old:
        office.ledger_world.pay_by_hand(one, DOLLARS, reference="CHEQUE 7")
    new = [office.issue(office.customer(f"Customer {one}", mobile=f"+1212555{one:04}")) for one in range(400, 408)]
    down = True

    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> FaultKind | None:
        return FaultKind.FAIL_BEFORE if down and called in {"create_link", "retire_link"} else None

    office.stripe_faults.decide = decide
    office.wait(minutes=1)
    office.run()
    assert sum(tries(office, [*old, *new], "create_link", "retire_link")) == 5
    down = False
    for _ in range(3):
        office.wait(minutes=1)
        office.run()
    assert len(office.stripe_world.live_links()) == len(new)
    assert office.broken() == []
