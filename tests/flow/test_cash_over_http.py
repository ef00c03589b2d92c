"""Fees and payouts over HTTP, in the stand-ins for QuickBooks and Xero, which keep double entry: each once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.faults import Crash
from adapters.memory.treasury import MemoryTreasury
from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks.journal import balances
from connector.domain.calendar import local_day
from connector.domain.closed_period import ClosedPeriod
from connector.domain.phone import Phone
from connector.domain.records import EntryKind
from connector.failpoints import armed
from connector.flows.company import Cash
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.restoring import put_back, until_calm
from tests.flow.till import Till, open_till

FEES = {"quickbooks": "Stripe fees", "xero": "Bank Fees"}
BANKS = {"quickbooks": "Checking", "xero": "Business Bank Account"}


@dataclass
class CashTill(Till):
    """One whose fees and payouts are booked too."""

    h: Any  # either stand-in's harness, with the twin behind it

    def connect(self) -> None:
        super().connect()
        office = self.office
        kind = office.company.identity.ledger_kind
        named = {one.name: one.account_id for one in self.ledger.expense_accounts()}
        banks = {one.name: one.account_id for one in self.ledger.payment_accounts()}
        cash = Cash(
            MemoryTreasury(office.stripe_world),
            self.h.home_currency,
            self.h.payment_account_id,
            named[FEES[kind]],
            banks[BANKS[kind]],
            book_from=office.policy.start_on,
        )
        office.company = replace(office.company, cash=cash)

    def stands(self) -> dict[str, Decimal]:
        """What stands in the accounts of the books, by name; it must add up to nothing."""
        if self.office.company.identity.ledger_kind == "xero":
            books = self.h.twin.books
            found = {books.accounts[one].name: held for one, held in books.journal.balances().items()}
        else:
            found = {self.h.books.row("Account", one)["Name"]: held[0] for one, held in balances(self.h.books).items()}
        assert sum(found.values()) == 0
        return {name: amount for name, amount in found.items() if amount}

    def made(self) -> list[EntryKind]:
        """Kinds of our entries in clearing, as the ledger itself lists them."""
        far = self.office.clock.now().date() + timedelta(days=400)
        lines = self.ledger.account_entries(self.h.payment_account_id, self.office.policy.start_on, far)
        return sorted(EntryKind(one.kind) for one in lines if one.reference.startswith("DB"))

    def later(self, times: int = 3) -> None:
        for _ in range(times):
            self.office.wait(hours=2)
            self.run()


@pytest.fixture(params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[CashTill]:
    with open_till(request.param, tmp_path, CashTill) as made:
        yield made


def paid_out(till: CashTill) -> None:
    """An invoice of 120.00 that is paid by card and booked; then Stripe sends what is left of it to the bank."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    till.h.issue(till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164), till.amount("120.00"))
    till.run(2)
    page = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert page is not None
    assert office.stripe_world.pay_page(page)
    office.wait(minutes=1)
    till.run(2)
    with office.stripe_world.moment():
        office.stripe_world.balance.pay_out(till.h.home_currency)


def assert_right(till: CashTill) -> None:
    """Clearing holds what Stripe holds, which is nothing; the bank has what was paid out, to the cent."""
    kind = till.office.company.identity.ledger_kind
    stands = till.stands()
    assert (stands[FEES[kind]], stands[BANKS[kind]]) == (Decimal("3.78"), Decimal("116.22"))
    assert "Stripe clearing" not in stands
    assert till.made() == sorted([EntryKind.PAYMENT, EntryKind.EXPENSE, EntryKind.TRANSFER])


def test_clearing_holds_what_stripe_holds_and_the_bank_what_was_paid_out(till: CashTill) -> None:
    paid_out(till)
    till.later()
    assert_right(till)


@pytest.mark.parametrize("what", ["fee", "payout"])
@pytest.mark.parametrize("step", ["calling", "answered"])
def test_a_crash_around_the_call_leaves_each_there_once(till: CashTill, what: str, step: str) -> None:
    paid_out(till)
    struck: list[str] = []

    def die(point: str) -> None:
        if point == f"{what}.{step}" and not struck:
            struck.append(point)
            raise Crash

    till.office.wait(hours=2)
    with armed(die), pytest.raises(Crash):
        till.run()
    till.office.restart(crashed=True)
    till.connect()
    till.later()
    assert struck
    assert_right(till)


@pytest.mark.parametrize("path", [r"(?i)/(purchase|banktransactions)\b", r"(?i)/(transfer|banktransfers)\b"])
def test_an_answer_that_is_lost_leaves_each_there_once(till: CashTill, path: str) -> None:
    paid_out(till)
    fault = Fault("drop_after", method="POST|PUT", path=path)
    till.h.twin.faults.append(fault)
    till.later()
    assert fault.hits == 1
    assert_right(till)


def test_of_a_closed_day_both_are_on_the_first_open_day_with_their_own_in_the_note(till: CashTill) -> None:
    office = till.office
    office.policy = replace(office.policy, closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    till.connect()
    paid_out(till)
    office.wait(days=2)
    own = local_day(office.clock.now(), office.policy.zone) - timedelta(days=2)
    through = own + timedelta(days=1)
    till.h.close_books_through(through)
    till.later()
    assert_right(till)
    far = through + timedelta(days=400)
    lines = till.ledger.account_entries(till.h.payment_account_id, own, far)
    moved = [one for one in lines if one.kind in {EntryKind.EXPENSE, EntryKind.TRANSFER}]
    assert [one.booked_on for one in moved] == [through + timedelta(days=1)] * 2
    words = f"of {own}, books closed through {through}"
    assert all(words in f"{one.reference} {one.note}" for one in moved)


@pytest.mark.parametrize("lost", [False, True], ids=["answered", "answer lost"])
def test_a_payout_that_the_bank_sends_back_is_booked_back_and_clearing_has_it_again(
    till: CashTill, *, lost: bool
) -> None:
    paid_out(till)
    till.later()
    office = till.office
    [payout_id] = office.stripe_world.balance.payouts
    with office.stripe_world.moment():
        office.stripe_world.balance.fail_payout(payout_id)
    if lost:
        till.h.twin.faults.append(Fault("drop_after", method="POST|PUT", path=r"(?i)/(transfer|banktransfers)\b"))

    def assert_back() -> None:
        kind = office.company.identity.ledger_kind
        stands = till.stands()
        assert (stands["Stripe clearing"], stands[FEES[kind]]) == (Decimal("116.22"), Decimal("3.78"))
        assert BANKS[kind] not in stands, "what came to the bank went from it again"
        assert till.made().count(EntryKind.TRANSFER) == 2

    till.later()
    assert_back()
    assert len([one for one in office.attention() if "was sent back by the bank" in one]) == 1
    put_back(office, office.folder, None)
    till.connect()
    until_calm(office)
    assert_back()


def test_a_lost_memory_books_nothing_a_second_time(till: CashTill) -> None:
    paid_out(till)
    till.later()
    put_back(till.office, till.office.folder, None)
    till.connect()
    until_calm(till.office)
    assert_right(till)
