"""Records of the worlds in memory say when each thing was so, to the moment."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from adapters.clock import ManualClock
from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.faults import FaultKind
from adapters.memory.ledger import MemoryLedger
from adapters.memory.ledger_world import LedgerWorld
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.processor import MemoryProcessor
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.records import records_of
from connector.domain.dunning import Policy
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from connector.domain.records import PaidState, Records, TextFate
from connector.errors import Uncertain
from connector.ports.ledger import BookingRequest
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from tests.simulation.town import LooseBooks

START = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
DANA = Phone("+12125550123")
OWED = Money.of("120.00", "USD")
NEW_YORK = ZoneInfo("America/New_York")
POLICY = Policy("Acme", NEW_YORK, "US", date(2026, 11, 1), by_law=True, keep_holidays=True, live=False)
TEXT = TextRequest(DANA, "Invoice 1", timedelta(hours=1))
LINK = LinkRequest("REF1", OWED, "Invoice 1", "", "", "", "", {"duebird_invoice": "inv1"}, "key1")


class Worlds:
    def __init__(self) -> None:
        self.clock = ManualClock(START)
        self.books, self.stripe, self.carrier = (
            LedgerWorld(self.clock),
            StripeLikeWorld(self.clock),
            CarrierWorld(self.clock),
        )
        self.ledger, self.processor = MemoryLedger(self.books), MemoryProcessor(self.stripe)
        self.messenger = MemoryMessenger(self.carrier)

    def wait(self, minutes: float) -> datetime:
        self.clock.advance(timedelta(minutes=minutes))
        return self.clock.now()

    def records(self, lists_lag: timedelta = timedelta()) -> Records:
        identity = BooksIdentity("memory", "memory-books-1", "acct_memory")
        return records_of("acme", identity, POLICY, self.books, self.stripe, self.carrier, lists_lag=lists_lag)

    def issue(self) -> str:
        return self.books.issue(self.books.add_customer("Dana Reed", mobile="212-555-0123"), OWED)

    def book(self, invoice: str) -> None:
        customer = self.books.standing(invoice).customer_id
        today = self.books.today()
        self.ledger.book(BookingRequest(invoice, customer, OWED, today, "acc1", "DBREF", "Duebird pi_1", "key"))


@pytest.fixture
def worlds() -> Worlds:
    return Worlds()


def test_a_text_that_the_service_accepted_late_says_when_it_was_asked_for(worlds: Worlds) -> None:
    worlds.messenger.faults.program(FaultKind.COMMIT_LATE, "send", seconds=120)
    with pytest.raises(Uncertain):
        worlds.messenger.send(TEXT)
    worlds.wait(5)
    (text,) = worlds.records().messenger.texts
    assert (text.asked_at, text.created_at) == (START, START + timedelta(seconds=120))
    assert (text.to, text.valid_for, text.fate) == (DANA, timedelta(hours=1), TextFate.ON_ITS_WAY)


def test_what_became_of_a_text_and_when_the_carrier_had_it_is_told(worlds: Worlds) -> None:
    sent = worlds.messenger.send(TEXT)
    taken = worlds.wait(1)
    worlds.carrier.take(sent.text_id)
    worlds.wait(1)
    worlds.carrier.fail(sent.text_id, "30003")
    (text,) = worlds.records().messenger.texts
    assert (text.handed_on_at, text.fate) == (taken, TextFate.LOST)


def test_an_invoice_tells_how_it_stood_at_each_moment(worlds: Worlds) -> None:
    invoice = worlds.issue()
    edited = worlds.wait(10)
    worlds.books.edit_amount(invoice, Money.of("90.00", "USD"))
    voided = worlds.wait(10)
    worlds.books.void(invoice)
    (record,) = worlds.records().ledger.invoices
    assert record.standings.since == (START, edited, voided)
    assert [one.balance.minor for one in record.standings.states] == [12000, 9000, 0]
    assert record.standings.latest.state is ReceivableState.VOIDED
    assert record.phones == (DANA,)


def test_every_number_a_customer_ever_had_is_among_its_numbers(worlds: Worlds) -> None:
    parent = worlds.books.add_customer("Reed Group", mobile="+12125550144")
    customer = worlds.books.add_customer("Dana Reed", parent_id=parent)
    worlds.books.issue(customer, OWED)
    worlds.books.edit_customer(customer, mobile="212-555-0123")
    worlds.books.edit_customer(customer, mobile="no number")
    (record,) = worlds.records().ledger.invoices
    assert record.phones is not None
    assert {one.e164 for one in record.phones} == {"+12125550123", "+12125550144"}


def test_a_booking_keeps_the_invoice_it_was_made_for_when_that_is_voided(worlds: Worlds) -> None:
    invoice = worlds.issue()
    worlds.book(invoice)
    worlds.wait(1)
    worlds.books.void(invoice)
    deleted = worlds.wait(1)
    worlds.books.delete_booking(worlds.books.all_entries()[0].booking.booking_id)
    (entry,) = worlds.records().ledger.entries
    assert (entry.ledger_id, entry.amount, entry.reference, entry.by_us) == (invoice, OWED, "DBREF", True)
    assert (entry.made_at, entry.live, entry.ended_at) == (START, False, deleted)


def test_a_booking_of_more_than_was_owed_is_recorded_in_full(worlds: Worlds) -> None:
    worlds.books = LooseBooks(worlds.clock)
    worlds.ledger = MemoryLedger(worlds.books)
    invoice = worlds.issue()
    worlds.wait(1)
    worlds.books.pay_by_hand(invoice, Money.of("20.00", "USD"))
    worlds.book(invoice)
    assert [one.amount for one in worlds.records().ledger.entries if one.by_us] == [OWED]


def test_a_link_and_a_debit_on_it_tell_each_step(worlds: Worlds) -> None:
    link = worlds.processor.create_link(LINK)
    begun = worlds.wait(10)
    session = worlds.stripe.start_debit(link.url)
    assert session is not None
    came = worlds.wait(60)
    worlds.stripe.finish_debit(session, succeeds=True)
    records = worlds.records().processor
    assert (records.links[0].made_at, records.links[0].retired_at, records.links[0].active) == (START, begun, False)
    states = records.payments[0].states
    assert (states.since, states.states) == ((begun, came), (PaidState.PENDING, PaidState.SUCCEEDED))


def test_a_reply_is_readable_once_the_lists_show_it(worlds: Worlds) -> None:
    worlds.carrier.reply(DANA, "STOP")
    (reply,) = worlds.records(lists_lag=timedelta(seconds=90)).messenger.replies
    assert (reply.received_at, reply.readable_at) == (START, START + timedelta(seconds=90))


def test_requests_say_what_they_were_about_and_how_they_ended(worlds: Worlds) -> None:
    worlds.processor.create_link(LINK)
    worlds.processor.faults.program(FaultKind.NEVER_COMMIT, "retire_link")
    with pytest.raises(Uncertain):
        worlds.processor.retire_link("plink_1", "over")
    worlds.messenger.send(TEXT)
    worlds.book(worlds.issue())
    requests = worlds.records().requests
    assert requests is not None
    writes = {(one.method, one.subject, one.outcome) for one in requests if one.writing}
    assert writes == {
        ("create_link", "REF1", "done"),
        ("retire_link", "plink_1", "never_commit"),
        ("send", DANA.e164, "done"),
        ("book", "DBREF", "done"),
    }
