"""What every payment processor must do, said against what its world holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.money import Money
from connector.errors import (
    CursorExpired,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.processor import Hint, LinkRequest, Payment, PaymentLink, PaymentState
from tests.contract.harness import ProcessorHarness
from tests.contract.looking import look_again

REFERENCE = "DBL7Q2M4K9"
SORRY = "This invoice was updated. Please use the newest text."


def request(amount: str = "120.00", currency: str = "USD", reference: str = REFERENCE) -> LinkRequest:
    return LinkRequest(
        reference=reference,
        amount=Money.of(amount, currency),
        title="Invoice INV-1042",
        description="Due 1 December 2026",
        receipt_line="Invoice INV-1042, Hill Plumbing",
        inactive_message="This invoice is paid or was replaced.",
        after_payment="Thank you. Hill Plumbing has your payment.",
        metadata={"duebird_company": "hill", "duebird_invoice": "1042"},
        idempotency_key=f"key-{reference}",
    )


def make(h: ProcessorHarness, amount: str = "120.00", currency: str = "USD") -> PaymentLink:
    return h.processor.create_link(request(amount, currency))


def paid_on(h: ProcessorHarness, link: PaymentLink, *, number: int = 1) -> list[Payment]:
    return look_again(h, lambda: list(h.processor.payments_on(link.link_id)), lambda found: len(found) >= number)


def the_payment(h: ProcessorHarness, link: PaymentLink) -> Payment:
    found = paid_on(h, link)
    assert len(found) == 1
    return found[0]


def pay(h: ProcessorHarness, link: PaymentLink) -> str:
    payment_id = h.pay(link.url)
    assert payment_id is not None, "a live link must be payable"
    return payment_id


def debit(h: ProcessorHarness, link: PaymentLink) -> str:
    session_id = h.start_debit(link.url)
    assert session_id is not None, "a live link must take a debit"
    return session_id


def of_session(h: ProcessorHarness, session_id: str) -> Payment:
    found = h.processor.payment_of_session(session_id)
    assert found is not None
    return found


# ------------------------------------------------------------------------------------------------------- links


def test_a_new_link_is_live_and_carries_our_reference(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    assert h.live_links_in_world() == [link.link_id]
    assert (link.active, link.reference) == (True, REFERENCE)
    assert link.metadata["duebird_invoice"] == "1042"
    assert link.url.startswith(("http://", "https://"))
    read = h.processor.link(link.link_id)
    assert read is not None
    assert (read.url, read.active, read.reference) == (link.url, True, REFERENCE)


def test_a_link_of_an_unknown_id_is_none(processor_harness: ProcessorHarness) -> None:
    assert processor_harness.processor.link("plink_unknown") is None


def test_a_link_pays_once_and_refuses_a_second_visit(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)

    payment_id = pay(h, link)

    assert h.pay(link.url) is None
    assert h.open_page(link.url) is None
    assert [one.payment_id for one in paid_on(h, link)] == [payment_id]
    assert h.live_links_in_world() == []


def test_a_payment_says_everything_about_itself(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h, "120.00")
    payment_id = pay(h, link)

    payment = the_payment(h, link)

    assert (payment.payment_id, payment.link_id, payment.state) == (payment_id, link.link_id, PaymentState.SUCCEEDED)
    assert payment.amount == Money.of("120.00", "USD")
    assert (payment.reference, payment.metadata["duebird_company"]) == (REFERENCE, "hill")
    assert payment.paid_at is not None
    assert payment.paid_at.utcoffset() == timedelta(0)
    assert payment.method == "card"
    assert not payment.live
    assert h.processor.payment_of_session(payment.session_id) == payment


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.50", "USD"), ("345678.91", "USD"), ("19.99", "EUR"), ("98000", "JPY"), ("12.340", "KWD")],
)
def test_amounts_are_exact_in_every_kind_of_currency(
    processor_harness: ProcessorHarness, amount: str, currency: str
) -> None:
    h = processor_harness
    link = make(h, amount, currency)
    pay(h, link)
    assert the_payment(h, link).amount == Money.of(amount, currency)


def test_too_little_to_charge_is_told_without_a_call(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.refuse_next_connection()
    assert h.processor.problem_with(Money.of("0.10", "USD"))
    assert h.processor.problem_with(Money.of("0.00", "USD"))
    assert h.processor.problem_with(Money.of("12.345", "KWD"))
    assert h.processor.problem_with(Money.of("120.00", "USD")) is None
    assert h.processor.problem_with(Money.of("98000", "JPY")) is None


def test_a_repeated_key_makes_one_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    first, again = h.processor.create_link(request()), h.processor.create_link(request())
    assert first.link_id == again.link_id
    assert h.live_links_in_world() == [first.link_id]


def test_a_key_with_other_values_is_rejected_and_makes_no_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    first = h.processor.create_link(request())
    with pytest.raises(Rejected) as refused:
        h.processor.create_link(replace(request(), amount=Money.of("60.00", "USD")))
    assert refused.value.because is RejectedBecause.KEY_REUSED
    assert h.live_links_in_world() == [first.link_id]


def test_links_are_found_by_reference_active_ones_first(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    old = h.processor.create_link(request())
    h.processor.retire_link(old.link_id, SORRY)
    new = h.processor.create_link(replace(request("60.00"), idempotency_key="key-2"))
    h.processor.create_link(request(reference="DBOTHER"))

    found = look_again(h, lambda: h.processor.links_with_reference(REFERENCE), lambda found: len(found) == 2)

    assert [(one.link_id, one.active) for one in found] == [(new.link_id, True), (old.link_id, False)]


# ------------------------------------------------------------------------------------------------------ retire


def test_a_retired_link_cannot_be_visited(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    retired = h.processor.retire_link(link.link_id, SORRY)
    assert (retired.link.link_id, retired.link.active) == (link.link_id, False)
    assert (retired.payments, retired.still_open) == ((), 0)
    assert h.pay(link.url) is None
    assert h.live_links_in_world() == []


def test_retiring_expires_pages_that_are_open(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    sessions = [h.open_page(link.url), h.open_page(link.url)]

    retired = h.processor.retire_link(link.link_id, SORRY)

    assert (retired.payments, retired.still_open) == ((), 0)
    for session_id in sessions:
        assert session_id is not None
        assert h.pay_session(session_id) is None
        assert h.processor.payment_of_session(session_id) is None
    assert paid_on(h, link) == []


def test_retiring_after_a_payment_reports_it(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    session_id = h.open_page(link.url)
    assert session_id is not None
    payment_id = h.pay_session(session_id)

    retired = h.processor.retire_link(link.link_id, SORRY)

    assert [(one.payment_id, one.state) for one in retired.payments] == [(payment_id, PaymentState.SUCCEEDED)]


def test_retiring_reports_a_debit_under_way(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    session_id = debit(h, link)
    retired = h.processor.retire_link(link.link_id, SORRY)
    assert [(one.session_id, one.state) for one in retired.payments] == [(session_id, PaymentState.PENDING)]


def test_retiring_twice_is_harmless(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    payment_id = pay(h, link)
    h.processor.retire_link(link.link_id, SORRY)
    again = h.processor.retire_link(link.link_id, SORRY)
    assert [one.payment_id for one in again.payments] == [payment_id]
    assert h.live_links_in_world() == []


def test_a_page_outlives_its_day_unpayable(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    session_id = h.open_page(link.url)
    assert session_id is not None
    h.let_time_pass(timedelta(hours=25))
    assert h.pay_session(session_id) is None
    assert h.live_links_in_world() == [link.link_id]


# ------------------------------------------------------------------------------------------------------ debits


@pytest.mark.parametrize(("succeeds", "state"), [(True, PaymentState.SUCCEEDED), (False, PaymentState.FAILED)])
def test_a_bank_debit_is_pending_until_the_bank_answers(
    processor_harness: ProcessorHarness, *, succeeds: bool, state: PaymentState
) -> None:
    h = processor_harness
    link = make(h)
    session_id = debit(h, link)
    pending = of_session(h, session_id)
    assert (pending.state, pending.paid_at) == (PaymentState.PENDING, None)
    assert h.open_page(link.url) is None, "a completed page uses the link up, paid or not"

    h.let_time_pass(timedelta(days=3))
    h.finish_debit(session_id, succeeds=succeeds)

    finished = of_session(h, session_id)
    assert finished.state is state
    assert (finished.paid_at is not None) is succeeds
    assert finished.amount == Money.of("120.00", "USD")
    assert [(one.payment_id, one.state) for one in paid_on(h, link)] == [(finished.payment_id, state)]


# ------------------------------------------------------------------------------------------------------- hints


def hints_of(h: ProcessorHarness, since: datetime, session_id: str, *, number: int = 1) -> list[Hint]:
    def about() -> list[Hint]:
        return [hint for hint in h.processor.hints(since) if hint.object_id == session_id]

    return look_again(h, about, lambda found: len(found) >= number)


def test_hints_name_the_page_that_was_paid(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    pay(h, link)
    payment = the_payment(h, link)

    found = hints_of(h, payment.created_at - timedelta(hours=1), payment.session_id)

    assert [hint.kind for hint in found] == ["checkout.session.completed"]
    assert found[0].event_id in found[0].raw
    assert found[0].occurred_at.utcoffset() == timedelta(0)


def test_hints_of_a_debit_come_oldest_first(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    session_id = debit(h, link)
    since = of_session(h, session_id).created_at - timedelta(hours=1)
    h.let_time_pass(timedelta(days=3))
    h.finish_debit(session_id, succeeds=True)

    found = hints_of(h, since, session_id, number=2)

    assert [hint.kind for hint in found] == ["checkout.session.completed", "checkout.session.async_payment_succeeded"]
    assert len({hint.event_id for hint in found}) == 2
    later = hints_of(h, since + timedelta(days=2), session_id)
    assert [hint.event_id for hint in later] == [found[1].event_id]


def test_hints_of_more_than_thirty_days_ago_have_expired(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    pay(h, link)
    since = the_payment(h, link).created_at - timedelta(days=31)
    with pytest.raises(CursorExpired):
        h.processor.hints(since)


def test_payments_are_found_without_hints(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    link = make(h)
    payment_id = pay(h, link)
    payment = the_payment(h, link)

    found = look_again(h, lambda: h.processor.payments_since(payment.created_at - timedelta(hours=1)), bool)

    assert [one.payment_id for one in found] == [payment_id]


def test_a_session_nobody_completed_has_no_payment(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    session_id = h.open_page(make(h).url)
    assert session_id is not None
    assert h.processor.payment_of_session(session_id) is None


# ------------------------------------------------------------------------------------------------------ faults


def test_a_lost_answer_is_uncertain_and_the_link_can_be_found(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        h.processor.create_link(request())

    found = look_again(h, lambda: h.processor.links_with_reference(REFERENCE), bool)

    assert [one.link_id for one in found] == h.live_links_in_world()
    assert len(found) == 1


def test_the_same_key_after_a_lost_answer_returns_the_one_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        h.processor.create_link(request())
    link = h.processor.create_link(request())
    assert h.live_links_in_world() == [link.link_id]


def test_a_refused_connection_is_transient_and_makes_no_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.refuse_next_connection()
    with pytest.raises(Transient):
        h.processor.create_link(request())
    assert h.live_links_in_world() == []


def test_a_throttled_call_says_so_and_makes_no_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.processor.create_link(request())
    assert h.live_links_in_world() == []


def test_a_revoked_key_needs_a_person_and_makes_no_link(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    h.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        h.processor.payments_since(datetime(2026, 11, 1, tzinfo=UTC))
    with pytest.raises(NeedsReauthorisation):
        h.processor.create_link(request())
    assert h.live_links_in_world() == []


def test_the_account_behind_the_key_is_named(processor_harness: ProcessorHarness) -> None:
    account = processor_harness.processor.account()
    assert account.account_id
    assert account.charges_enabled
    assert not account.live
