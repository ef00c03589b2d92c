"""What an audit can read of every service, said against what was done there before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import ReceivableState
from connector.domain.records import EntryKind, EntryRecord, TextFate, TextRecord
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from connector.ports.records import Links
from tests.contract.harness import LedgerHarness, MessengerHarness, ProcessorHarness
from tests.contract.ledger_steps import issue, request, standing, usd
from tests.contract.looking import look_again

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
ROSA, OMAR = Phone("+12025550143"), Phone("+12025550177")
OURS = "DB" + "A2B3C4D5E6F7G2H3I4J"
DOLLARS = Money.of("120.00", "USD")


def entries(h: LedgerHarness, *, number: int, since: datetime = LONG_AGO) -> list[EntryRecord]:
    return look_again(h, lambda: list(h.reader.entries_since(since)), lambda found: len(found) >= number)


def test_a_booking_is_read_with_its_reference_and_a_cheque_is_not(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    ledger_id, other = issue(h), h.issue(h.add_customer("Omar Haddad"), usd(h, "80.00"))
    made = h.ledger.book(request(h, ledger_id, "100.00", reference=OURS))
    h.pay_by_hand(other, usd(h, "80.00"))

    found = entries(h, number=1)

    assert [(one.entry_id, one.ledger_id, one.amount) for one in found] == [
        (made.booking_id, ledger_id, usd(h, "100.00"))
    ]
    assert (found[0].kind, found[0].live, found[0].account_id) == (EntryKind.PAYMENT, True, h.payment_account_id)
    assert OUR_REFERENCE.fullmatch(found[0].reference)
    assert found[0].booked_on == standing(h, ledger_id).issued_on


def test_a_booking_that_somebody_deleted_is_never_read_as_live(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    made = h.ledger.book(request(h, issue(h), reference=OURS))
    h.delete_booking(made.booking_id)
    assert [one.entry_id for one in entries(h, number=0) if one.live] == []


def test_bookings_from_before_the_time_asked_about_are_left_out(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    h.ledger.book(request(h, issue(h), reference=OURS))
    assert len(entries(h, number=1)) == 1
    assert list(h.reader.entries_since(datetime.now(UTC) + timedelta(days=365))) == []


def test_many_invoices_are_read_by_their_ids_and_unknown_ones_left_out(ledger_harness: LedgerHarness) -> None:
    h = ledger_harness
    first, second = issue(h), h.issue(h.add_customer("Omar Haddad"), usd(h, "80.00"))
    h.void(second)
    unknown = getattr(h, "unknown_id", "999999")

    found = {one.ledger_id: one for one in h.reader.receivables([first, second, unknown])}

    assert set(found) == {first, second}
    assert found[first] == standing(h, first)
    assert found[second].state is ReceivableState.VOIDED
    assert list(h.reader.receivables([])) == []


def links(h: ProcessorHarness, *, number: int) -> Links:
    return look_again(h, h.reader.our_links, lambda found: len(found.links) >= number)


def link_request(reference: str) -> LinkRequest:
    metadata = {"duebird_invoice": "inv1", "duebird_tenant": "books-1"}
    return LinkRequest(reference, DOLLARS, "Invoice 1", "", "", "", "", metadata, f"key-{reference}")


def test_our_links_are_read_open_and_closed_with_what_they_name(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    first = h.processor.create_link(link_request("REF1"))
    second = h.processor.create_link(link_request("REF2"))
    h.processor.retire_link(first.link_id, "Thank you.")

    found = links(h, number=2)

    assert found.whole
    assert {one.link_id: (one.reference, one.active, one.url) for one in found.links} == {
        first.link_id: ("REF1", False, first.url),
        second.link_id: ("REF2", True, second.url),
    }
    assert {one.ledger_id for one in found.links} == {"inv1"}


def test_what_a_link_asks_is_read_and_nothing_of_an_unknown_one(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made = h.processor.create_link(link_request("REF1"))
    assert h.reader.amount_of_link(made.link_id) == DOLLARS
    assert h.reader.amount_of_link("plink_unknown") is None


def test_refunds_are_read_with_the_payment_they_are_of(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    payment_id = h.pay(h.processor.create_link(link_request("REF1")).url)
    assert payment_id is not None
    h.refund(payment_id, Money.of("20.00", "USD"))

    found = look_again(h, lambda: list(h.reader.refunds_since(LONG_AGO)), bool)

    assert [(one.payment_id, one.amount) for one in found] == [(payment_id, Money.of("20.00", "USD"))]
    assert list(h.reader.refunds_since(found[0].made_at + timedelta(days=1))) == []


def texts(h: MessengerHarness, since: datetime, *, number: int) -> list[TextRecord]:
    return look_again(h, lambda: list(h.reader.texts_since(since)), lambda found: len(found) >= number)


def test_texts_to_everybody_are_read_oldest_first(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    first = h.messenger.send(TextRequest(ROSA, "Invoice 1", timedelta(hours=4)))
    second = h.messenger.send(TextRequest(OMAR, "Invoice 2", timedelta(hours=4)))
    h.deliver(second.text_id)
    h.reply(ROSA, "thanks")

    found = texts(h, first.created_at, number=2)

    assert {(one.text_id, one.to, one.body) for one in found} == {
        (first.text_id, ROSA, "Invoice 1"),
        (second.text_id, OMAR, "Invoice 2"),
    }
    assert {one.text_id: one.fate for one in found}[second.text_id] is TextFate.ARRIVED
    assert [one.created_at for one in found] == sorted(one.created_at for one in found)


def test_texts_from_before_the_time_asked_about_are_left_out(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.messenger.send(TextRequest(ROSA, "Invoice 1", timedelta(hours=4)))
    h.let_time_pass(timedelta(days=2))
    later = h.messenger.send(TextRequest(ROSA, "Invoice 1", timedelta(hours=4)))
    found = texts(h, later.created_at - timedelta(hours=1), number=1)
    assert [one.text_id for one in found] == [later.text_id]


def test_a_text_that_failed_is_read_as_such(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(TextRequest(ROSA, "Invoice 1", timedelta(hours=4)))
    h.fail_delivery(sent.text_id, "30003")
    found = look_again(
        h,
        lambda: list(h.reader.texts_since(sent.created_at)),
        lambda found: [one.fate for one in found] == [TextFate.LOST],
    )
    assert [one.fate for one in found] == [TextFate.LOST]
