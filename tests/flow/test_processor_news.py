"""What the processor tells later: money given back, disputes, debits that failed, late events, odd refusals."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.errors import Rejected, RejectedBecause
from connector.ports.processor import LinkRequest
from tests.flow.office import DOLLARS, Office


def _paid(office: Office) -> tuple[str, str]:
    """An invoice whose payment is booked: its ledger id, and the payment's."""
    invoice = office.issue()
    office.run()
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    return invoice, payment


def _told(office: Office, word: str) -> list[str]:
    return [item for item in office.attention() if word in item]


def test_a_refund_is_told_with_invoice_and_amount_and_changes_nothing_in_the_ledger(office: Office) -> None:
    invoice, payment = _paid(office)
    office.stripe_world.refund(payment)
    office.wait(minutes=1)
    office.run()
    [item] = [one for one in office.company.queries.attention("acme") if "given back" in one.happened]
    known = office.company.queries.receivable("acme", invoice)
    assert known is not None
    assert known.number
    assert known.number in item.happened
    assert "120.00 USD" in item.happened
    assert item.command == f"duebird show {known.number} --company acme"
    assert office.bookings(invoice) == [DOLLARS]


def test_each_refund_of_one_payment_is_told_also_after_the_first_was_settled(office: Office) -> None:
    _, payment = _paid(office)
    for _ in range(2):
        office.stripe_world.refund(payment, Money.of("10.00", "USD"))
        office.wait(minutes=1)
        office.run()
        [item] = [one for one in office.company.queries.attention("acme") if "given back" in one.happened]
        assert office.company.store.attention_closed("acme", item.key, "owner", office.clock.now())


def test_a_refund_of_something_else_on_the_same_account_is_nobodys_business_here(office: Office) -> None:
    office.stripe_world.tell("charge.refunded", "pi_of_the_web_shop")
    office.wait(minutes=1)
    office.run()
    assert office.attention() == []
    assert office.company.queries.unworked_hints("acme", office.clock.now(), 10) == []


def test_a_refund_that_comes_in_one_reading_with_its_payment_is_told(office: Office) -> None:
    office.issue()
    office.run()
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    office.stripe_world.refund(payment)
    office.wait(minutes=1)
    office.run()
    assert len(_told(office, "given back")) == 1


def test_a_dispute_of_an_unknown_payment_is_told_all_the_same(office: Office) -> None:
    office.stripe_world.tell("charge.dispute.created", "pi_from_before_the_state_was_lost")
    office.wait(minutes=1)
    office.run()
    [told] = _told(office, "disputes")
    assert "no payment on record" in told


def test_a_refund_that_is_listed_a_day_late_is_still_heard(office: Office) -> None:
    _, payment = _paid(office)
    office.stripe_world.event_delay = lambda hint: 86_400.0 if hint.kind == "charge.refunded" else 0.0
    office.stripe_world.refund(payment)
    for _ in range(5):  # other events are read meanwhile, so the mark moves past it
        office.wait(hours=8)
        office.stripe_world.tell("payout.paid", "po_1")
        office.run()
    assert len(_told(office, "given back")) == 1


def test_after_more_than_thirty_days_off_the_refunds_that_are_still_listed_are_heard(office: Office) -> None:
    _, payment = _paid(office)
    office.wait(days=20)
    office.stripe_world.refund(payment)
    office.wait(days=20)
    office.run(2)
    assert len(_told(office, "given back")) == 1


def test_a_debit_that_started_and_failed_unseen_is_told_and_says_what_to_do(office: Office) -> None:
    office.issue()
    office.run()
    session = office.stripe_world.start_debit(office.link_in(office.texts()[0]))
    assert session is not None
    office.stripe_world.finish_debit(session, succeeds=False)
    office.wait(minutes=1)
    office.run()
    [item] = [one for one in office.company.queries.attention("acme") if "bank debit" in one.happened]
    assert "no further notice" in item.not_done


def _keys_asked(office: Office) -> list[str]:
    return [
        call.args[0].idempotency_key
        for call in office.stripe_world.requests
        if call.method == "create_link" and isinstance(call.args[0], LinkRequest)
    ]


def test_once_an_account_is_mended_a_link_is_asked_for_under_a_key_with_no_stored_refusal(office: Office) -> None:
    stored: set[str] = set()
    broken = True

    def decide(_port: str, called: str, args: tuple[Any, ...]) -> None:
        # The service repeats what it once answered under a key, for a day, whatever was mended meanwhile.
        if called == "create_link" and (broken or args[0].idempotency_key in stored):
            stored.add(args[0].idempotency_key)
            raise Rejected("Your account cannot do that.", because=RejectedBecause.SETUP, service="stripe", code="x")

    office.stripe_faults.decide = decide
    office.issue()
    office.run()
    broken = False
    office.wait(hours=1, minutes=1)
    office.run(2)
    assert len(office.texts()) == 1
    assert len(office.stripe_world.live_links()) == 1


def test_a_key_that_was_used_before_is_a_doubt_and_the_link_it_made_is_found(office: Office) -> None:
    office.stripe_faults.program(FaultKind.LOSE_ANSWER, "create_link")
    lost: list[str] = []

    def decide(_port: str, called: str, args: tuple[Any, ...]) -> None:
        # As after an update that changed a parameter: the first request with this key was another one.
        if called == "create_link" and args[0].idempotency_key in lost:
            raise Rejected("Other values.", because=RejectedBecause.KEY_REUSED, service="stripe", code="idempotency")
        if called == "create_link":
            lost.append(args[0].idempotency_key)

    invoice = office.issue()
    office.run()
    [first] = office.stripe_world.live_links()
    lost.append(first.request.idempotency_key)
    office.stripe_faults.decide = decide
    for _ in range(12):
        office.wait(minutes=3)
        office.run()
    assert [record.link.link_id for record in office.stripe_world.live_links()] == [first.link.link_id]
    [body] = office.texts()
    assert office.link_in(body) == first.link.url
    assert office.reason(invoice) == "step_done"


def test_a_payment_whose_event_never_came_is_found_after_a_stop_of_two_weeks(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.event_delay = lambda _hint: None
    office.wait(hours=20)
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(hours=24 * 14)
    office.run()
    assert [one.booking.ledger_id for one in office.ledger_world.all_entries()] == [invoice]


def test_the_far_look_at_events_is_made_once_a_day(office: Office) -> None:
    reaches = []
    for _ in range(6):
        office.wait(hours=8)
        office.stripe_world.tell("payout.paid", "po_1")
        asked = len(office.stripe_world.requests)
        office.run()
        [since] = [call.args[0] for call in office.stripe_world.requests[asked:] if call.method == "hints"]
        reaches.append(office.clock.now() - since >= timedelta(days=3))
    assert reaches == [False, False, True, False, False, True]
