"""Stripe's JSON and our values, without a wire."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.stripe import translate
from connector.domain.money import Money
from connector.ports.processor import LinkRequest, PaymentState

SPECS = Path(os.environ.get("DUEBIRD_SPECS", Path(__file__).parents[3] / "shared" / "specs"))

CURRENCIES = ["USD", "EUR", "GBP", "JPY", "KRW", "CLP", "ISK", "UGX", "HUF", "TWD", "MGA", "KWD", "BHD", "TND"]


@st.composite
def amounts(draw: st.DrawFn) -> Money:
    currency = draw(st.sampled_from(CURRENCIES))
    return Money.from_minor(draw(st.integers(1, 10**11)), currency)


# ------------------------------------------------------------------------------------------------- minor units


@given(amounts())
def test_an_amount_comes_back_from_stripe_as_it_went_or_does_not_go(amount: Money) -> None:
    try:
        minor = translate.to_minor(amount)
    except ValueError:
        return
    assert translate.from_minor(minor, amount.currency.lower()) == amount


@given(amounts())
def test_what_is_sent_keeps_stripes_rules(amount: Money) -> None:
    try:
        minor = translate.to_minor(amount)
    except ValueError:
        assert amount.currency in {"MGA", "KWD", "BHD", "TND"}, "every other currency goes at every amount it has"
        return
    if amount.currency in {"KWD", "BHD", "TND"}:
        assert minor % 10 == 0
    if amount.currency in {"ISK", "UGX"}:
        assert minor % 100 == 0


@given(st.sampled_from(CURRENCIES), st.integers(1, 10**9))
def test_more_money_is_more_minor_units(currency: str, whole: int) -> None:
    less, more = Money(Decimal(whole), currency), Money(Decimal(whole + 1), currency)
    assert translate.to_minor(less) < translate.to_minor(more)


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.50", "USD", 1250),
        ("0.50", "EUR", 50),
        ("500", "JPY", 500),
        ("5", "UGX", 500),
        ("1999", "ISK", 199900),
        ("5.12", "KWD", 5120),
        ("10.45", "HUF", 1045),
        ("800.45", "TWD", 80045),
        ("3", "MGA", 3),
        ("2500", "CLP", 2500),
    ],
)
def test_minor_units_of_each_kind_of_currency(amount: str, currency: str, minor: int) -> None:
    assert translate.to_minor(Money.of(amount, currency)) == minor


@pytest.mark.parametrize(
    ("amount", "currency"), [("5.124", "KWD"), ("3.20", "MGA"), ("1.000", "IQD"), ("1.000", "LYD")]
)
def test_an_amount_stripe_has_no_number_for_is_refused(amount: str, currency: str) -> None:
    with pytest.raises(ValueError, match=currency):
        translate.to_minor(Money.of(amount, currency))
    assert currency in str(translate.problem_with(Money.of(amount, currency)))


def test_a_fraction_of_a_whole_currency_is_not_read() -> None:
    with pytest.raises(ValueError, match="ISK"):
        translate.from_minor(550, "isk")


@pytest.mark.parametrize(
    ("least", "below", "currency"),
    [
        ("0.50", "0.49", "USD"),
        ("0.30", "0.29", "GBP"),
        ("50", "49", "JPY"),
        ("175.00", "174.99", "HUF"),
        ("15.00", "14.99", "CZK"),
        ("10.00", "9.99", "MXN"),
    ],
)
def test_the_minimum_itself_is_charged_and_less_is_not(least: str, below: str, currency: str) -> None:
    assert translate.problem_with(Money.of(least, currency)) is None
    assert "at least" in str(translate.problem_with(Money.of(below, currency)))


def test_the_maximum_is_twelve_digits() -> None:
    assert translate.problem_with(Money.of("9999999999.99", "USD")) is None
    assert "at most" in str(translate.problem_with(Money.of("10000000000.00", "USD")))
    assert translate.problem_with(Money.of("999999999999", "JPY")) is None
    assert translate.problem_with(Money.of("1000000000000", "JPY")) is not None


@pytest.mark.parametrize("amount", ["0.00", "-5.00"])
def test_nothing_and_less_cannot_be_paid(amount: str) -> None:
    assert translate.problem_with(Money.of(amount, "USD")) is not None


@given(st.sampled_from(CURRENCIES))
def test_a_whole_unit_goes_and_comes_back_in_every_currency(currency: str) -> None:
    one = Money(Decimal(1), currency)
    assert translate.from_minor(translate.to_minor(one), currency.lower()) == one


# ------------------------------------------------------------------------------------------------------- links


def request(**more: Any) -> LinkRequest:
    given: dict[str, Any] = {
        "reference": "DB1",
        "amount": Money.of("12.50", "EUR"),
        "title": "Invoice INV-1",
        "description": "Due 1 December 2026",
        "receipt_line": "Invoice INV-1",
        "inactive_message": "Settled.",
        "after_payment": "Thank you.",
        "metadata": {"duebird_install": "i1"},
        "idempotency_key": "k",
    }
    return LinkRequest(**{**given, **more})


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published API descriptions are not here: set DUEBIRD_SPECS")
@pytest.mark.parametrize(
    "more",
    [{}, {"description": "", "receipt_line": "", "inactive_message": "", "after_payment": ""}, {"title": "é" * 6000}],
)
def test_what_is_sent_is_what_stripe_describes(more: dict[str, Any]) -> None:
    spec = json.loads((SPECS / "stripe_spec3_subset.json").read_text())

    def schema(path: str) -> dict[str, Any]:
        content = spec["paths"][path]["post"]["requestBody"]["content"]
        return {**content["application/x-www-form-urlencoded"]["schema"], "components": spec["components"]}

    jsonschema.Draft202012Validator(schema("/v1/payment_links")).validate(translate.link_params(request(**more)))
    retiring = translate.retiring_params("x" * 900)
    jsonschema.Draft202012Validator(schema("/v1/payment_links/{payment_link}")).validate(retiring)


def test_the_same_request_gives_the_same_bytes() -> None:
    assert json.dumps(translate.link_params(request())) == json.dumps(translate.link_params(request()))


def test_the_reference_cannot_be_overwritten_by_other_metadata() -> None:
    params = translate.link_params(request(metadata={"duebird_ref": "other", "a": "b"}))
    assert params["metadata"] == {"duebird_ref": "DB1", "a": "b"}
    assert params["payment_intent_data"]["metadata"] == params["metadata"]


def test_an_empty_text_is_left_out_rather_than_sent_empty() -> None:
    params = translate.link_params(request(description="", receipt_line="", inactive_message="", after_payment=""))
    assert '""' not in json.dumps(params)


# ---------------------------------------------------------------------------------------------------- payments


def session(**more: Any) -> dict[str, Any]:
    charge = {
        "id": "ch_1",
        "created": 1_800_000_100,
        "payment_method_details": {"type": "card"},
        "balance_transaction": {"id": "txn_1", "created": 1_800_009_999},
    }
    given: dict[str, Any] = {
        "id": "cs_1",
        "status": "complete",
        "payment_status": "paid",
        "payment_link": "plink_1",
        "payment_intent": {"id": "pi_1", "status": "succeeded", "latest_charge": charge},
        "payment_method_types": ["card", "us_bank_account"],
        "amount_total": 1250,
        "currency": "eur",
        "created": 1_800_000_000,
        "metadata": {"duebird_ref": "DB1"},
        "livemode": True,
        "presentment_details": {"presentment_amount": 2000, "presentment_currency": "cad"},
    }
    return {**given, **more}


def unpaid(intent_status: str, method: str = "us_bank_account") -> dict[str, Any]:
    charge = {"id": "py_1", "created": 1_800_000_100, "payment_method_details": {"type": method}}
    intent = {"id": "pi_1", "status": intent_status, "latest_charge": charge}
    return session(payment_status="unpaid", payment_intent=intent)


def test_a_paid_session_is_a_payment_in_the_currency_of_the_link() -> None:
    payment = translate.payment_from(session())
    assert payment is not None
    assert (payment.payment_id, payment.state, payment.amount) == (
        "pi_1",
        PaymentState.SUCCEEDED,
        Money.of("12.50", "EUR"),
    )
    assert payment.paid_at == datetime.fromtimestamp(1_800_000_100, UTC)
    assert payment.live


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("processing", PaymentState.PENDING),
        ("requires_action", PaymentState.PENDING),
        ("succeeded", PaymentState.PENDING),  # the session has the last word
        ("something_new", PaymentState.PENDING),
        ("requires_payment_method", PaymentState.FAILED),
        ("canceled", PaymentState.FAILED),
    ],
)
def test_an_unpaid_session_is_pending_until_its_intent_says_failed(status: str, state: PaymentState) -> None:
    payment = translate.payment_from(unpaid(status))
    assert payment is not None
    assert (payment.state, payment.paid_at, payment.method) == (state, None, "us_bank_account")


def test_a_debit_is_paid_when_its_money_came_not_when_it_was_started() -> None:
    settled = session()
    settled["payment_intent"]["latest_charge"]["payment_method_details"]["type"] = "sepa_debit"
    payment = translate.payment_from(settled)
    assert payment is not None
    assert payment.paid_at == datetime.fromtimestamp(1_800_009_999, UTC)


@pytest.mark.parametrize(
    "more",
    [
        {"status": "open"},
        {"status": "expired"},
        {"payment_link": None},
        {"payment_intent": None, "payment_status": "no_payment_required"},
    ],
)
def test_what_was_not_completed_on_a_link_is_no_payment(more: dict[str, Any]) -> None:
    assert translate.payment_from(session(**more)) is None


def test_an_intent_that_was_not_expanded_is_read_by_its_id() -> None:
    payment = translate.payment_from(session(payment_intent="pi_9"))
    assert payment is not None
    assert (payment.payment_id, payment.method) == ("pi_9", "card")


def test_an_impossible_amount_is_told_on_ours_and_passed_over_on_others() -> None:
    strange = {"currency": "isk", "amount_total": 550}
    with pytest.raises(ValueError, match="ISK"):
        translate.payment_from(session(**strange))
    assert translate.payment_from(session(**strange, metadata={})) is None


def test_an_event_is_read_for_its_ids_only() -> None:
    event = {
        "id": "evt_1",
        "type": "charge.refunded",
        "created": 1_800_000_000,
        "data": {"object": {"id": "ch_1", "amount": "in some old shape"}},
    }
    hint = translate.hint_from(event)
    assert (hint.event_id, hint.kind, hint.object_id) == ("evt_1", "charge.refunded", "ch_1")
    assert hint.occurred_at == datetime.fromtimestamp(1_800_000_000, UTC)
    assert json.loads(hint.raw) == event


@pytest.mark.parametrize(
    ("kind", "thing"),
    [
        ("charge.refunded", {"id": "ch_1", "payment_intent": "pi_1"}),
        ("refund.failed", {"id": "re_1", "payment_intent": "pi_1", "charge": "ch_1"}),
        ("charge.dispute.created", {"id": "du_1", "payment_intent": {"id": "pi_1", "object": "payment_intent"}}),
    ],
)
def test_what_happens_to_money_after_it_was_paid_names_the_payment(kind: str, thing: dict[str, Any]) -> None:
    event = {"id": "evt_1", "type": kind, "created": 1_800_000_000, "data": {"object": thing}}
    assert translate.hint_from(event).object_id == "pi_1"


def test_a_completed_page_is_named_and_not_its_payment() -> None:
    thing = {"id": "cs_1", "payment_intent": "pi_1"}
    event = {"id": "e", "type": "checkout.session.completed", "created": 1, "data": {"object": thing}}
    assert translate.hint_from(event).object_id == "cs_1"


def test_at_most_twenty_kinds_of_events_are_asked_for() -> None:
    assert len(set(translate.KINDS)) == len(translate.KINDS) <= 20
