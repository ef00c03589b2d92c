"""One record that always fails must cost its own job only: everything behind it goes on, and a person is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.phone import Phone
from connector.domain.plan import NoticeFacts, ReceiptFacts
from connector.errors import Rejected, RejectedBecause, Transient
from connector.ports.processor import LinkRequest
from connector.words import Wording
from tests.flow.office import DOLLARS, MOBILE, Office

OTHER = Phone("+12125550177")
THIRD = Phone("+12125550178")


def _refused() -> Rejected:
    return Rejected("It holds a value nobody expected.", because=RejectedBecause.INVALID)


def _out_of_reach() -> Transient:
    return Transient("The service is out of order for this record.")


def _surprise() -> KeyError:
    return KeyError("surprise")


KINDS = pytest.mark.parametrize("error", [_refused, _out_of_reach, _surprise])


def _failing(method: str, error: Callable[[], Exception], *, about: str) -> Callable[[str, str, tuple[Any, ...]], None]:
    def decide(_port: str, called: str, args: tuple[Any, ...]) -> None:
        if called == method and about in repr(args):
            raise error()

    return decide


def _paid(office: Office, phone: Phone) -> str:
    url = office.link_in(office.texts(phone)[0])
    session = office.stripe_world.open_page(url)
    assert session is not None
    office.stripe_world.pay_page(session)
    return session


@KINDS
def test_a_touched_invoice_that_cannot_be_read_does_not_stop_the_reading_of_others(
    office: Office, error: Callable[[], Exception]
) -> None:
    bad = office.issue()
    office.run()
    office.ledger_faults.decide = _failing("receivable", error, about=repr(bad))
    office.ledger_world.pay_by_hand(bad, DOLLARS)
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.wait(minutes=1)
    office.run(2)
    assert len(office.texts(OTHER)) == 1


@KINDS
def test_a_payment_whose_session_cannot_be_read_does_not_hold_up_the_next_payment(
    office: Office, error: Callable[[], Exception]
) -> None:
    office.issue()
    good = office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run()
    bad_session = _paid(office, MOBILE)
    office.stripe_faults.decide = _failing("payment_of_session", error, about=repr(bad_session))
    _paid(office, OTHER)
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(good) == [DOLLARS]


@KINDS
def test_a_session_that_cannot_be_read_for_a_while_is_not_lost(office: Office, error: Callable[[], Exception]) -> None:
    invoice = office.issue()
    office.run()
    session = _paid(office, MOBILE)
    office.stripe_faults.decide = _failing("payment_of_session", error, about=repr(session))
    office.wait(minutes=1)
    office.run(2)
    office.stripe_faults.decide = None
    for _ in range(4):
        office.wait(hours=1)
        office.run()
    assert office.bookings(invoice) == [DOLLARS]


@KINDS
def test_a_payment_on_an_invoice_that_cannot_be_read_does_not_hold_up_the_next_payment(
    office: Office, error: Callable[[], Exception]
) -> None:
    bad = office.issue()
    good = office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run()
    _paid(office, MOBILE)
    _paid(office, OTHER)
    office.ledger_faults.decide = _failing("receivable", error, about=repr(bad))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(good) == [DOLLARS]
    assert office.bookings(bad) == []
    office.ledger_faults.decide = None
    office.wait(hours=2)
    office.run(2)
    assert office.bookings(bad) == [DOLLARS]


def test_a_payment_that_waits_for_an_unreadable_invoice_is_shown_to_a_person(office: Office) -> None:
    bad = office.issue()
    office.run()
    _paid(office, MOBILE)
    office.ledger_faults.decide = _failing("receivable", _refused, about=repr(bad))
    office.wait(minutes=1)
    office.run(2)
    assert any("payment" in item and "could not be read" in item for item in office.attention())


def test_a_payment_that_waits_does_not_use_up_the_budget_of_calls(office: Office) -> None:
    bad = office.issue()
    office.run()
    _paid(office, MOBILE)
    office.ledger_faults.decide = _failing("receivable", _refused, about=repr(bad))
    for _ in range(60):
        office.wait(seconds=15)
        office.run()
    asked = [call for call in office.ledger_world.requests if call.method == "receivable"]
    assert len(asked) < 12


@KINDS
def test_an_effect_that_always_fails_does_not_stop_the_effects_of_others(
    office: Office, error: Callable[[], Exception]
) -> None:
    office.issue(number="BAD-1")
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.stripe_faults.decide = _failing("create_link", error, about="BAD-1")
    office.run(2)
    assert len(office.texts(OTHER)) == 1
    assert office.texts(MOBILE) == []


def test_an_effect_whose_call_ends_in_a_surprise_is_looked_up_and_not_repeated(office: Office) -> None:
    sent = office.company.messenger.send

    class Surprised:
        def __getattr__(self, name: str) -> Any:
            return getattr(office_messenger, name)

        def send(self, request: Any) -> Any:
            sent(request)
            raise KeyError("sid")

    office_messenger = office.company.messenger
    office.company = replace(office.company, messenger=Surprised())
    office.issue()
    office.run()
    office.company = replace(office.company, messenger=office_messenger)
    for _ in range(8):
        office.wait(minutes=10)
        office.run()
    assert len(office.texts()) == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0


@KINDS
def test_an_effect_in_doubt_that_cannot_be_looked_up_does_not_stop_the_others(
    office: Office, error: Callable[[], Exception]
) -> None:
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send", times=2)
    office.issue()
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run()
    office.carrier_faults.decide = _failing("sent_to", error, about=repr(MOBILE))
    office.wait(minutes=3)
    office.run()
    assert office.company.queries.counts("acme")["uncertain"] == 1


def test_looks_that_failed_do_not_count_as_looks(office: Office) -> None:
    """A text that committed late must not be declared unfindable because the list was out of reach meanwhile."""
    office.carrier_faults.program(FaultKind.COMMIT_LATE, "send", seconds=5)
    office.issue()
    office.run()
    office.carrier_faults.program(FaultKind.FAIL_BEFORE, "sent_to", times=1000)
    for _ in range(40):
        office.wait(minutes=2)
        office.run()
    assert not any("may or may not" in item for item in office.attention())
    office.carrier_faults.clear()
    office.wait(hours=6)
    office.run()
    assert len(office.texts()) == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0


def test_a_booking_is_not_declared_undone_after_a_single_successful_look(office: Office) -> None:
    invoice = office.issue()
    office.run()
    _paid(office, MOBILE)
    office.wait(minutes=1)
    office.ledger_faults.program(FaultKind.COMMIT_LATE, "book", seconds=480)
    office.run()
    office.ledger_faults.program(FaultKind.FAIL_BEFORE, "bookings_on", times=2)
    for _ in range(30):
        office.wait(minutes=1)
        office.run()
    assert office.bookings(invoice) == [DOLLARS]
    assert len([call for call in office.ledger_world.requests if call.method == "book"]) == 1


@KINDS
def test_a_delivery_that_cannot_be_read_does_not_hide_the_others(
    office: Office, error: Callable[[], Exception]
) -> None:
    office.issue()
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run()
    first, second = office.carrier.all_texts()
    office.carrier.deliver(second.text_id)
    office.carrier_faults.decide = _failing("sent_text", error, about=repr(first.text_id))
    office.wait(seconds=30)
    office.run()
    [row] = office.company.queries.texts_of("acme", office.ledger_world.invoice_order[1])
    assert row.state == "delivered"


class _Tongue(Wording):
    """Words that break for one invoice in a way nobody expected."""

    def notice(self, facts: NoticeFacts) -> str:
        if facts.invoice == "BAD-1":
            raise KeyError("placeholder")
        return super().notice(facts)


def test_a_decision_that_fails_does_not_stop_the_decisions_of_others(office: Office) -> None:
    office.company = replace(office.company, words=_Tongue())
    bad = office.issue(number="BAD-1")
    office.issue(office.customer("Eli Roe", mobile=OTHER.e164))
    office.run(2)
    assert len(office.texts(OTHER)) == 1
    assert any("BAD-1" in item or bad in item for item in office.attention())


class _NoReceipt(Wording):
    def receipt(self, facts: ReceiptFacts) -> str:
        raise KeyError(facts.invoice)


def test_words_that_fail_after_a_booking_do_not_undo_it(office: Office) -> None:
    invoice = office.issue()
    office.run()
    _paid(office, MOBILE)
    office.company = replace(office.company, words=_NoReceipt())
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.company.queries.counts("acme")["booked"] == 1
    assert office.company.queries.counts("acme")["uncertain"] == 0


@KINDS
def test_a_booking_whose_invoice_cannot_be_read_back_is_on_record_as_made(
    office: Office, error: Callable[[], Exception]
) -> None:
    invoice = office.issue()
    office.run()
    _paid(office, MOBILE)
    made: list[str] = []

    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == "book":
            made.append(called)
        if called == "receivable" and made:
            raise error()

    office.ledger_faults.decide = decide
    office.wait(minutes=1)
    office.run()
    assert office.bookings(invoice) == [DOLLARS]
    assert office.company.queries.counts("acme")["booked"] == 1


def test_a_stage_that_breaks_unexpectedly_is_told_and_the_others_go_on(office: Office) -> None:
    office.issue()

    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == "hints":
            raise KeyError("data")

    office.stripe_faults.decide = decide
    report = office.run()
    assert any("read payments" in trouble for trouble in report.troubles)
    office.run()
    assert len(office.texts()) == 1


def test_metadata_that_somebody_spoilt_does_not_stop_payments(office: Office) -> None:
    office.spoilt = {"12"}  # it names these books with a key that they do not give
    invoice = office.issue()
    office.run()
    stranger = office.stripe_world.create_link(
        LinkRequest(
            reference="somebody",
            amount=DOLLARS,
            title="",
            description="",
            receipt_line="",
            inactive_message="",
            after_payment="",
            metadata={
                "duebird_invoice": invoice,
                "duebird_generation": "many",
                "duebird_tenant": office.company.identity.tenant_id,
            },
            idempotency_key="stranger",
        )
    )
    office.stripe_world.pay(stranger.url)
    _paid(office, MOBILE)
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert any("no link of" in item for item in office.attention())
