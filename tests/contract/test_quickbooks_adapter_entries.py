"""What is true of every kind of entry in QuickBooks, over HTTP against its stand-in, judged by its double entry."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import records
from adapters.sandbox.quickbooks.entries import delete_entry
from adapters.sandbox.quickbooks.payments import delete_payment
from connector.domain.records import EntryKind
from connector.errors import Bug, Rejected, RejectedBecause, Throttled, Transient, Uncertain
from connector.ports.entries import (
    CreditRequest,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from tests.contract.quickbooks_desk import (
    DAY,
    NOTHING,
    REFERENCE,
    Desk,
    credit,
    expense,
    opened,
    reversal,
    transfer,
    usd,
)


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from opened()


@pytest.fixture
def multi() -> Iterator[Desk]:
    yield from opened(RealmSettings(multicurrency=True))


# ----------------------------------------------------------------------------------- what is true of every kind


@dataclass(frozen=True)
class Case:
    """One kind of entry: how it is asked for, and what it does to the clearing account."""

    name: str
    kind: EntryKind
    path: str
    moves: str
    request: Callable[[Desk], Any]

    def make(self, desk: Desk, request: Any) -> Entry:
        call = {
            ExpenseRequest: desk.entries.make_expense,
            TransferRequest: desk.entries.make_transfer,
            CreditRequest: desk.entries.make_credit,
            ReversalRequest: desk.entries.reverse,
        }[type(request)]
        made: Entry = call(request)  # type: ignore[operator]  # each takes its own kind of request
        return made


def back(desk: Desk) -> TransferRequest:
    return transfer(desk, from_account_id=desk.bank, to_account_id=desk.clearing)


def refund(desk: Desk) -> ReversalRequest:
    return reversal(desk, ReversalManner.REFUND, desk.paid(), amount=usd("20.00"))


CASES = (
    Case("fee", EntryKind.EXPENSE, "purchase", "-3.78", expense),
    Case("fee given back", EntryKind.EXPENSE, "deposit", "3.78", lambda desk: expense(desk, incoming=True)),
    Case("payout", EntryKind.TRANSFER, "transfer", "-96.22", transfer),
    Case("payout that came back", EntryKind.TRANSFER, "transfer", "96.22", back),
    Case("credit", EntryKind.CREDIT, "payment", "120.00", credit),
    Case("refund", EntryKind.REVERSAL, "refundreceipt", "-20.00", refund),
)


every = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@dataclass
class Started:
    """A request that is ready to be made, and what clearing held before."""

    request: Any
    before: Decimal
    entries: int


def start(desk: Desk, case: Case) -> Started:
    request = case.request(desk)
    return Started(request, desk.held(), len(world(desk)))


def world(desk: Desk) -> list[str]:
    """Ids of all live entries and payments in the books."""
    found = records(desk.books)
    return [one["id"] for one in (*found["entries"], *found["payments"]) if one["status"] == "live"]


def moved(desk: Desk, started: Started) -> Decimal:
    return desk.held() - started.before


@every
def test_an_entry_is_made_once_and_moves_clearing_by_its_amount(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    entry = case.make(desk, started.request)
    assert moved(desk, started) == Decimal(case.moves)
    assert len(world(desk)) == started.entries + 1
    assert (entry.kind, entry.amount, entry.reference, entry.booked_on, entry.live) == (
        case.kind,
        started.request.amount,
        REFERENCE,
        DAY,
        True,
    )
    assert "Stripe" in entry.note


@every
def test_an_entry_is_found_again_by_its_reference(desk: Desk, case: Case) -> None:
    made = case.make(desk, case.request(desk))
    assert list(desk.entries.entries_with_reference(case.kind, REFERENCE)) == [made]
    assert list(desk.entries.entries_with_reference(case.kind, REFERENCE[:-1])) == []
    assert list(desk.entries.entries_with_reference(case.kind, "")) == []


@every
def test_after_a_lost_answer_it_is_found_and_a_repeat_leaves_one(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    desk.h.twin.faults.append(Fault("drop_after", method="POST", path=f"/{case.path}$"))
    with pytest.raises(Uncertain):
        case.make(desk, started.request)
    [found] = desk.entries.entries_with_reference(case.kind, REFERENCE)
    assert case.make(desk, started.request) == found
    assert moved(desk, started) == Decimal(case.moves)
    assert len(world(desk)) == started.entries + 1


@every
def test_a_closed_period_is_refused_and_leaves_nothing(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    desk.h.close_books_through(DAY)
    with pytest.raises(Rejected) as refused:
        case.make(desk, started.request)
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)
    desk.h.close_books_through(DAY - timedelta(days=1))
    case.make(desk, started.request)
    assert moved(desk, started) == Decimal(case.moves)


@every
@pytest.mark.parametrize(
    ("account", "because"), [("Sales", RejectedBecause.BUSINESS_RULE), ("none", RejectedBecause.SETUP)]
)
def test_a_wrong_account_is_refused_and_leaves_nothing(
    desk: Desk, case: Case, account: str, because: RejectedBecause
) -> None:
    started = start(desk, case)
    wrong = desk.sales if account == "Sales" else "99999"
    field = "from_account_id" if case.kind is EntryKind.TRANSFER else "account_id"
    with pytest.raises(Rejected) as refused:
        case.make(desk, replace(started.request, **{field: wrong}))
    assert refused.value.because is because
    assert "Nothing was booked." in refused.value.message
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)


@every
def test_an_entry_is_taken_back_and_a_second_time_is_nothing(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    made = case.make(desk, started.request)
    desk.entries.take_back(case.kind, made.entry_id, "undone by the owner")
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)
    desk.entries.take_back(case.kind, made.entry_id, "undone by the owner")
    assert [one.live for one in desk.entries.entries_with_reference(case.kind, REFERENCE)] in ([], [False])
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)


@every
def test_taking_back_after_a_lost_answer_is_done_once(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    made = case.make(desk, started.request)
    desk.h.twin.faults.append(Fault("drop_after", method="POST", path=f"/{case.path}$"))
    with pytest.raises(Uncertain):
        desk.entries.take_back(case.kind, made.entry_id, "undone")
    desk.entries.take_back(case.kind, made.entry_id, "undone")
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)


@every
def test_an_entry_in_a_closed_period_is_not_taken_back(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    made = case.make(desk, started.request)
    desk.h.close_books_through(DAY)
    with pytest.raises(Rejected) as refused:
        desk.entries.take_back(case.kind, made.entry_id, "undone")
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert moved(desk, started) == Decimal(case.moves)


@every
def test_what_a_person_made_is_not_taken_back(desk: Desk, case: Case) -> None:
    made = case.make(desk, case.request(desk))
    entity = next(kind for kind in desk.books.records if kind.lower() == case.path)
    desk.books.change(entity, made.entry_id, DocNumber="17", PaymentRefNum="cheque 17", PrivateNote="by hand")
    with pytest.raises(Rejected, match="carries no reference of Duebird's"):
        desk.entries.take_back(case.kind, made.entry_id, "undone")
    assert made.entry_id in world(desk)


@every
def test_somebody_who_writes_at_the_same_moment_makes_us_look_again(desk: Desk, case: Case) -> None:
    made = case.make(desk, case.request(desk))
    entity = next(kind for kind in desk.books.records if kind.lower() == case.path)

    def edit(seen: Any) -> None:
        if seen.method == "POST" and seen.path.endswith(f"/{case.path}"):
            desk.books.change(entity, made.entry_id)
            desk.h.twin.watch = None

    desk.h.twin.watch = edit
    with pytest.raises(Transient):
        desk.entries.take_back(case.kind, made.entry_id, "undone")
    assert made.entry_id in world(desk)
    desk.entries.take_back(case.kind, made.entry_id, "undone")
    assert made.entry_id not in world(desk)


@every
def test_a_repeated_answer_about_an_entry_deleted_since_says_so(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    made = case.make(desk, started.request)
    entity = next(kind for kind in desk.books.records if kind.lower() == case.path)
    (
        delete_payment(desk.books, made.entry_id)
        if entity == "Payment"
        else delete_entry(desk.books, entity, made.entry_id)
    )
    desk.h.let_time_pass(timedelta(minutes=5))
    again = case.make(desk, started.request)
    assert (again.entry_id, again.live) == (made.entry_id, False)
    assert moved(desk, started) == 0


@every
def test_a_repeated_answer_that_cannot_be_looked_at_again_is_uncertain(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    case.make(desk, started.request)
    desk.h.let_time_pass(timedelta(minutes=5))
    desk.h.twin.faults.append(Fault("status", method="GET", path=rf"/{case.path}/\d+$", times=9))
    with pytest.raises(Uncertain):
        case.make(desk, started.request)
    assert moved(desk, started) == Decimal(case.moves)


@every
def test_nothing_is_written_where_no_connection_was_made_or_quickbooks_was_busy(desk: Desk, case: Case) -> None:
    started = start(desk, case)
    desk.ledger.profile()  # known from here on, so that the next call is the write, where nothing else is read first
    desk.h.throttle_next_call()
    with pytest.raises(Throttled):
        case.make(desk, started.request)
    desk.h.let_time_pass(timedelta(minutes=2))
    desk.h.refuse_next_connection()
    if case.path != "refundreceipt":  # which reads the items first, and a read is repeated
        with pytest.raises(Transient):
            case.make(desk, started.request)
    assert (moved(desk, started), len(world(desk))) == (NOTHING, started.entries)


@every
def test_an_answer_that_cannot_be_read_is_uncertain(desk: Desk, case: Case) -> None:
    request = case.request(desk)
    entity = next(kind for kind in desk.books.records if kind.lower() == case.path)
    body = json.dumps({entity: {"Id": "7", "TotalAmt": "much"}})
    desk.h.twin.faults.append(Fault("status", method="POST", path=f"/{case.path}$", status=200, body=body))
    with pytest.raises(Uncertain, match="not readably"):
        case.make(desk, request)


@every
@pytest.mark.parametrize(
    "wrong", [{"reference": ""}, {"reference": "X" * 22}, {"note": "x" * 4001}, {"amount": usd("0.00")}]
)
def test_what_would_be_our_mistake_is_not_sent(desk: Desk, case: Case, wrong: dict[str, Any]) -> None:
    request = case.request(desk)
    before = len(desk.writes())
    with pytest.raises(Bug):
        case.make(desk, replace(request, **wrong))
    assert len(desk.writes()) == before


def test_the_accounts_of_exchange_differences_are_those_of_four_types_inactive_ones_too(desk: Desk) -> None:
    desk.books.add_account("Old gains", "Other Income", active=False)
    desk.books.add_account("Materials", "Cost of Goods Sold")
    listed = {one.name: one.active for one in desk.entries.exchange_accounts()}
    assert listed == {
        "Sales": True,
        "Stripe fees": True,
        "Office supplies": True,
        "Exchange Gain or Loss": True,
        "Old gains": False,
    }


def test_the_accounts_of_receivables_are_those_of_that_type_each_with_its_currency(desk: Desk) -> None:
    desk.books.add_account("Accounts Receivable (A/R) - EUR", "Accounts Receivable", "EUR")
    listed = {one.name: one.currency for one in desk.entries.receivable_accounts()}
    assert listed == {"Accounts Receivable (A/R)": "USD", "Accounts Receivable (A/R) - EUR": "EUR"}


def test_the_accounts_of_fees_are_the_expenses_of_the_chart_inactive_ones_too(desk: Desk) -> None:
    desk.books.add_account("Old fees", "Cost of Goods Sold", active=False)
    listed = {one.name: one.active for one in desk.entries.expense_accounts()}
    assert listed == {
        "Stripe fees": True,
        "Office supplies": True,
        "Exchange Gain or Loss": True,
        "Old fees": False,
    }
