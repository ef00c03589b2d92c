"""The worlds in memory keep their providers' rules, and their time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.clock import ManualClock
from adapters.memory.budget import MemoryMeter
from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.faults import FaultKind, Faults
from adapters.memory.ledger import MemoryLedger
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.tokens import FixedTokens
from connector.domain.receivable import ReceivableState
from connector.errors import CursorExpired, NeedsReauthorisation, Rejected, RejectedBecause, Throttled
from connector.ports.calls import CallKind
from connector.ports.messenger import DeliveryState, TextRequest
from connector.ports.processor import Hint
from tests.unit.memory_steps import ROSA, START, Account, Books, link_request, usd

# ------------------------------------------------------------------------------------------------------- the worlds


def test_a_key_counts_until_it_is_forgotten() -> None:
    books = Books()
    books.ledger.book(books.request())
    books.wait(359)
    books.ledger.book(books.request())
    assert books.amounts() == [usd("120.00")]
    books.wait(2)
    books.ledger.book(books.request())
    assert books.amounts() == [usd("120.00"), usd("120.00")]


def test_a_key_with_other_values_is_refused() -> None:
    books = Books()
    books.ledger.book(books.request())
    with pytest.raises(Rejected) as refused:
        books.ledger.book(replace(books.request(), amount=usd("1.00")))
    assert refused.value.because is RejectedBecause.KEY_REUSED


def test_the_providers_time_does_not_jump_with_our_clock() -> None:
    books = Books()
    books.clock.jump(START + timedelta(days=400))
    books.wait(5)
    assert books.world.now() == START + timedelta(seconds=5)


def test_two_daemons_share_one_world_and_have_faults_of_their_own() -> None:
    books = Books()
    other = MemoryLedger(books.world, faults=Faults())
    other.faults.revoked = True
    books.ledger.book(books.request())
    with pytest.raises(NeedsReauthorisation):
        other.receivable(books.ledger_id)
    assert books.amounts() == [usd("120.00")]


def test_a_cursor_of_more_than_thirty_days_ago_has_expired() -> None:
    books = Books()
    cursor = books.ledger.start_cursor()
    books.wait(30 * 86_400 + 1)
    with pytest.raises(CursorExpired):
        books.ledger.changes(cursor)


def test_changes_overlap_and_quiet_down() -> None:
    books = Books()
    first = books.ledger.changes(books.ledger.start_cursor())
    assert [row.ledger_id for row in first.receivables] == [books.ledger_id]
    books.wait(600)
    assert books.ledger.changes(first.cursor).receivables == ()


def test_a_payment_names_its_invoice_among_the_touched_ones() -> None:
    books = Books()
    books.wait(600)
    cursor = books.ledger.start_cursor()
    books.ledger.book(books.request())
    page = books.ledger.changes(cursor)
    assert (page.receivables, page.touched) == ((), (books.ledger_id,))


@pytest.mark.parametrize("state", [ReceivableState.DRAFT, ReceivableState.VOIDED])
def test_what_is_not_issued_takes_no_payment(state: ReceivableState) -> None:
    books = Books()
    books.world.edit(books.ledger_id, state=state)
    with pytest.raises(Rejected) as refused:
        books.ledger.book(books.request())
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert books.amounts() == []


def test_a_row_nobody_can_read_does_not_hide_the_others() -> None:
    books = Books()
    cursor = books.ledger.start_cursor()
    broken, good = (books.world.issue(books.customer_id, usd("5.00")) for _ in range(2))
    books.world.unreadable.add(broken)
    page = books.ledger.changes(cursor)
    assert [one.ledger_id for one in page.quarantined] == [broken]
    assert good in {row.ledger_id for row in page.receivables}
    assert [one.ledger_id for one in books.ledger.open_receivables(None).quarantined] == [broken]
    with pytest.raises(Rejected):
        books.ledger.receivable(broken)


def test_a_credit_note_pays_without_a_payment() -> None:
    books = Books()
    books.world.credit(books.ledger_id, usd("240.00"))
    standing = books.ledger.receivable(books.ledger_id)
    assert standing is not None
    assert standing.state is ReceivableState.PAID
    assert books.ledger.bookings_on(books.ledger_id) == ()


def test_payments_on_a_voided_invoice_become_credits() -> None:
    books = Books()
    books.ledger.book(books.request())
    books.world.void(books.ledger_id)
    freed = books.ledger.bookings_with_reference("DB1")
    assert [(one.ledger_id, one.applied, one.unapplied) for one in freed] == [(None, usd("0.00"), usd("120.00"))]


def test_people_cannot_do_what_no_ledger_lets_them() -> None:
    books = Books()
    books.ledger.book(books.request())
    with pytest.raises(ValueError, match="already paid"):
        books.world.edit_amount(books.ledger_id, usd("119.99"))
    with pytest.raises(ValueError, match="still owes"):
        books.world.credit(books.ledger_id, usd("120.01"))
    with pytest.raises(Rejected):
        books.world.pay_by_hand(books.ledger_id, usd("120.01"))


def test_two_pages_opened_before_the_first_is_paid_can_both_be_paid() -> None:
    account = Account()
    link = account.processor.create_link(link_request())
    pages = [account.world.open_page(link.url) for _ in range(2)]
    paid = [account.world.pay_page(page) for page in pages if page]
    assert None not in paid
    assert len(account.processor.payments_on(link.link_id)) == 2

    account.world.second_completion = False
    other = account.processor.create_link(link_request("k2"))
    pages = [account.world.open_page(other.url) for _ in range(2)]
    assert [account.world.pay_page(page) is None for page in pages if page] == [False, True]


def test_a_page_in_its_banks_check_is_reported_as_still_open() -> None:
    account = Account()
    link = account.processor.create_link(link_request())
    session_id = account.world.open_page(link.url)
    assert session_id is not None
    account.world.stubborn.add(session_id)
    assert account.processor.retire_link(link.link_id, "Updated.").still_open == 1
    account.world.stubborn.clear()
    assert account.processor.retire_link(link.link_id, "Updated.").still_open == 0


def test_events_may_surface_late_behind_newer_ones_or_never() -> None:
    account = Account()

    def delay(hint: Hint) -> float | None:
        return {"checkout.session.completed": 90.0, "payment_link.updated": None}.get(hint.kind, 0.0)

    account.world.event_delay = delay
    link = account.processor.create_link(link_request())
    account.world.pay(link.url)
    other = account.processor.create_link(link_request("k2"))
    session_id = account.world.open_page(other.url)
    assert session_id is not None
    account.world.abandon(session_id)

    assert [hint.kind for hint in account.processor.hints(START)] == ["checkout.session.expired"]
    account.clock.advance(timedelta(seconds=90))
    assert [hint.kind for hint in account.processor.hints(START)] == [
        "checkout.session.completed",
        "checkout.session.expired",
    ]


def test_an_abandoned_page_expires_at_its_own_time() -> None:
    account = Account()
    link = account.processor.create_link(link_request())
    session_id = account.world.open_page(link.url)
    account.clock.advance(timedelta(days=3))
    hints = account.processor.hints(START)
    assert [(one.kind, one.object_id, one.occurred_at) for one in hints] == [
        ("checkout.session.expired", session_id, START + timedelta(hours=24))
    ]


def test_money_given_back_is_an_event_and_a_record() -> None:
    account = Account()
    payment_id = account.world.pay(account.processor.create_link(link_request()).url)
    assert payment_id is not None
    account.world.refund(payment_id, usd("20.00"))
    assert [(one.payment_id, one.amount) for one in account.world.refunds] == [(payment_id, usd("20.00"))]
    assert ("charge.refunded", payment_id) in {(one.kind, one.object_id) for one in account.processor.hints(START)}


def test_a_text_that_waited_too_long_is_dropped_instead_of_delivered() -> None:
    clock = ManualClock(START)
    world = CarrierWorld(clock)
    sent = MemoryMessenger(world).send(TextRequest(ROSA, "due today", timedelta(hours=1)))
    clock.advance(timedelta(hours=2))
    world.deliver(sent.text_id)
    assert [(text.state, text.error_code) for text in world.texts_to(ROSA)] == [(DeliveryState.FAILED, "30036")]


def test_a_final_delivery_state_stays() -> None:
    world = CarrierWorld(ManualClock(START))
    sent = MemoryMessenger(world).send(TextRequest(ROSA, "due today", timedelta(hours=1)))
    world.deliver(sent.text_id)
    world.take(sent.text_id)
    assert [text.state for text in world.texts_to(ROSA)] == [DeliveryState.DELIVERED]


# --------------------------------------------------------------------------------------------- budget and tokens


def test_the_meter_counts_reads_and_writes_and_refuses_above_its_limit() -> None:
    clock = ManualClock(START)
    meter = MemoryMeter(clock, limits={"ledger": 2})
    books = Books()
    ledger = MemoryLedger(books.world, meter=meter)
    ledger.profile()
    ledger.book(books.request())
    with pytest.raises(Throttled):
        ledger.profile()
    assert (meter.made("ledger", CallKind.READ), meter.made("ledger", CallKind.WRITE)) == (1, 1)
    assert len(books.world.requests) == 2


def test_a_throttled_call_pauses_all_of_that_service_until_its_time() -> None:
    books = Books()
    books.faults.retry_after_seconds = 30
    books.faults.program(FaultKind.THROTTLE)
    for _ in range(2):
        with pytest.raises(Throttled):
            books.ledger.profile()
    assert [call.fate for call in books.world.requests] == ["throttle"], "the second never left"
    books.wait(30)
    assert books.ledger.profile().base_currency == "USD"


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    clock = ManualClock(START)
    meter = MemoryMeter(clock)
    meter.pause("ledger", START + timedelta(seconds=60))
    meter.pause("ledger", START + timedelta(seconds=10))
    clock.advance(timedelta(seconds=30))
    with pytest.raises(Throttled) as refused:
        meter.before("ledger", CallKind.READ)
    assert refused.value.retry_after == timedelta(seconds=30)


def test_tokens_are_renewed_while_there_are_some() -> None:
    tokens = FixedTokens("first", "second")
    assert tokens.current() == "first"
    assert tokens.renewed("first") == "second"
    assert tokens.current() == "second"
    with pytest.raises(NeedsReauthorisation):
        tokens.renewed("second")
