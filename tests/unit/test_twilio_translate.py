"""Twilio's words and ours."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st
from urllib3.exceptions import NewConnectionError, ReadTimeoutError, SSLError

from adapters.twilio import translate, wire
from adapters.twilio.codes import because, explain, is_known
from connector.domain.phone import Phone
from connector.errors import (
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.messenger import DeliveryState, FailureKind, SegmentPrice

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
MESSAGE: dict[str, Any] = {
    "sid": "SM1",
    "to": "+15551230001",
    "from_": "+15550100001",
    "body": "Hello",
    "status": "accepted",
    "direction": "outbound-api",
    "date_created": AT,
    "date_sent": None,
    "error_code": None,
    "num_segments": "0",
    "price": None,
    "price_unit": None,
}


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("accepted", DeliveryState.ACCEPTED),
        ("scheduled", DeliveryState.ACCEPTED),
        ("queued", DeliveryState.ACCEPTED),
        ("sending", DeliveryState.ACCEPTED),
        ("sent", DeliveryState.SENT),
        ("delivered", DeliveryState.DELIVERED),
        ("read", DeliveryState.DELIVERED),
        ("undelivered", DeliveryState.UNDELIVERED),
        ("failed", DeliveryState.FAILED),
        ("canceled", DeliveryState.CANCELLED),
        ("a new word", DeliveryState.ACCEPTED),
    ],
)
def test_every_status_has_a_state_and_unknown_ones_are_tolerated(status: str, state: DeliveryState) -> None:
    assert translate.sent_text({**MESSAGE, "status": status}).state is state


def test_an_unknown_status_of_a_text_with_a_sending_date_is_sent() -> None:
    assert translate.sent_text({**MESSAGE, "status": "new", "date_sent": AT}).state is DeliveryState.SENT


def test_an_accepted_text_has_no_segments_and_no_price_yet() -> None:
    text = translate.sent_text(MESSAGE)
    assert (text.segments, text.price, text.price_currency, text.advice) == (None, None, None, None)
    assert (text.text_id, text.to, text.body, text.created_at) == ("SM1", Phone("+15551230001"), "Hello", AT)


def test_a_price_is_what_it_cost() -> None:
    text = translate.sent_text({**MESSAGE, "price": "-0.00830", "price_unit": "usd", "num_segments": "2"})
    assert (text.price, text.price_currency, text.segments) == (Decimal("0.00830"), "USD", 2)


@pytest.mark.parametrize("broken", [{"sid": None}, {"to": "12345"}, {"date_created": None}, {"date_created": "Monday"}])
def test_a_row_that_is_no_message_is_an_error(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  several sentences, one class
        translate.sent_text({**MESSAGE, **broken})


def test_a_failed_text_without_a_code_still_has_advice() -> None:
    advice = translate.sent_text({**MESSAGE, "status": "failed"}).advice
    assert advice is not None
    assert advice.kind is FailureKind.UNKNOWN
    assert advice.todo


def test_a_text_that_went_by_another_channel_is_still_the_persons() -> None:
    stop = translate.inbound_text({**MESSAGE, "from_": "rcs:+15551230001", "body": "STOP"})
    assert stop is not None
    assert stop.sender == Phone("+15551230001")
    assert translate.sent_text({**MESSAGE, "to": "rcs:+15551230001"}).to == Phone("+15551230001")


def test_a_name_or_short_code_as_sender_is_no_customer() -> None:
    assert translate.inbound_text({**MESSAGE, "from_": "12345"}) is None
    assert translate.inbound_text({**MESSAGE, "from_": "Bank"}) is None
    assert translate.inbound_text(MESSAGE) is not None


@pytest.mark.parametrize(
    ("wait", "seconds"),
    [
        (timedelta(seconds=0.2), 1),
        (timedelta(seconds=59.9), 59),
        (timedelta(hours=10), 36000),
        (timedelta(days=3), 36000),
    ],
)
def test_waits_are_whole_seconds_in_range(wait: timedelta, seconds: int) -> None:
    assert translate.wait_seconds(wait) == seconds


def test_times_are_cut_to_twilios_seconds_in_utc() -> None:
    there = datetime(2026, 11, 23, 3, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=-5)))
    assert translate.whole_second(there) == AT
    assert translate.whole_second(there).utcoffset() == timedelta()


def test_the_dearest_carrier_sets_the_price() -> None:
    fields = {
        "price_unit": "usd",
        "outbound_sms_prices": [
            {"prices": [{"number_type": "local", "current_price": "0.0500"}]},
            {"prices": [{"number_type": "mobile", "current_price": "0.0749"}, {"number_type": "x"}]},
            {},
        ],
    }
    assert translate.segment_price(fields) == SegmentPrice(Decimal("0.0749"), "USD")
    assert translate.segment_price({"price_unit": "usd", "outbound_sms_prices": []}) is None


def test_capabilities_are_read_in_both_their_shapes() -> None:
    assert translate.can_text({"sms": True, "voice": False})
    assert translate.can_text({"SMS": True})
    assert translate.can_text(["Voice", "SMS"])
    assert not translate.can_text({"sms": False, "voice": True})
    assert not translate.can_text(["Voice"])
    assert not translate.can_text(None)


# --------------------------------------------------------------------------------------------------------- the codes


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (21610, FailureKind.OPTED_OUT),
        (30004, FailureKind.SOFT_OPT_OUT),
        (30005, FailureKind.BAD_NUMBER),
        (30006, FailureKind.BAD_NUMBER),
        (21614, FailureKind.BAD_NUMBER),
        (30007, FailureKind.FILTERED),
        (30034, FailureKind.UNREGISTERED),
        (30032, FailureKind.UNREGISTERED),
        (21408, FailureKind.SETUP),
        (30003, FailureKind.LATER),
        (30008, FailureKind.LATER),
        (63036, FailureKind.SETUP),  # the phone is well: it has no RCS, and no number was there to send an SMS from
        (63003, FailureKind.SETUP),
        (63024, FailureKind.SETUP),
        (99999, FailureKind.UNKNOWN),
    ],
)
def test_codes_are_explained(code: int, kind: FailureKind) -> None:
    assert explain(code).kind is kind
    assert explain(str(code)) == explain(code)


@given(st.one_of(st.none(), st.integers(), st.text(max_size=8)))
def test_any_code_can_be_explained(code: str | int | None) -> None:
    advice = explain(code)
    assert advice.meaning.endswith(".")


def test_every_fault_of_the_set_up_says_what_to_do() -> None:
    known = [code for code in range(20000, 64000) if is_known(code)]
    assert len(known) > 45
    for code in known:
        advice = explain(code)
        if advice.kind in {FailureKind.SETUP, FailureKind.UNREGISTERED, FailureKind.FILTERED} and code < 63000:
            assert advice.todo, code
        assert (because(code) is RejectedBecause.OPTED_OUT) == (advice.kind is FailureKind.OPTED_OUT)


def refusal(status: int, code: int | None, *, writes: bool = True, message: str = "no") -> DuebirdError:
    body = "{}" if code is None else f'{{"code":{code},"message":"{message}","status":{status}}}'
    return wire.refused(status, {}, body, writes=writes)


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (21610, RejectedBecause.OPTED_OUT),
        (21211, RejectedBecause.UNREACHABLE_NUMBER),
        (21614, RejectedBecause.UNREACHABLE_NUMBER),
        (30005, RejectedBecause.UNREACHABLE_NUMBER),
        (30006, RejectedBecause.UNREACHABLE_NUMBER),
        (21408, RejectedBecause.SETUP),
        (21212, RejectedBecause.SETUP),
        (21606, RejectedBecause.SETUP),
        (21603, RejectedBecause.SETUP),
        (21608, RejectedBecause.SETUP),
        (21703, RejectedBecause.SETUP),
        (21704, RejectedBecause.SETUP),
        (21705, RejectedBecause.SETUP),
        (21709, RejectedBecause.SETUP),
        (30007, RejectedBecause.BLOCKED),
        (21617, RejectedBecause.INVALID),
        (98765, RejectedBecause.INVALID),
    ],
)
def test_a_refused_text_is_rejected_for_its_reason(code: int, reason: RejectedBecause) -> None:
    error = refusal(400, code)
    assert isinstance(error, Rejected)
    assert (error.because, error.code, error.service) == (reason, str(code), "twilio")
    assert "Nothing was sent" in error.message


def test_twilios_own_words_are_shown_without_numbers() -> None:
    error = refusal(400, 98765, message="The number +15551230001 is odd")
    assert "odd" in str(error)
    assert "5551230001" not in str(error)


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (401, 20003, NeedsReauthorisation),
        (403, 20003, NeedsReauthorisation),
        (403, None, NeedsReauthorisation),
        (400, 20003, NeedsReauthorisation),
        (403, 21610, Rejected),
        (403, 21408, Rejected),
        (429, 20429, Throttled),
        (429, None, Throttled),
        (400, 21611, Transient),
        (500, 20500, Uncertain),
        (503, 20503, Uncertain),
        (302, None, Uncertain),
    ],
)
def test_refusals_are_told_apart(status: int, code: int | None, kind: type[DuebirdError]) -> None:
    assert type(refusal(status, code)) is kind


@pytest.mark.parametrize("status", [302, 500, 503])
def test_what_is_uncertain_for_a_text_is_only_transient_for_a_question(status: int) -> None:
    assert type(refusal(status, None, writes=False)) is Transient


def test_an_account_that_is_not_there_is_a_fault_of_the_set_up_when_sending() -> None:
    error = refusal(404, 20404)
    assert isinstance(error, Rejected)
    assert error.because is RejectedBecause.SETUP
    question = refusal(404, 20404, writes=False)
    assert isinstance(question, Rejected)
    assert question.because is RejectedBecause.NOT_FOUND


def test_only_a_connection_that_was_never_made_is_certainly_not_sent() -> None:
    never = requests.ConnectionError(NewConnectionError(None, "refused"))  # type: ignore[arg-type]  # no pool at hand
    assert type(wire.lost(never, writes=True)) is Transient
    untrusted = requests.exceptions.SSLError(SSLError(ssl.SSLCertVerificationError("self-signed")))
    assert type(wire.lost(untrusted, writes=True)) is Transient
    late = requests.ReadTimeout(ReadTimeoutError(None, "/", "late"))  # type: ignore[arg-type]  # no pool at hand
    assert type(wire.lost(late, writes=True)) is Uncertain
    assert type(wire.lost(late, writes=False)) is Transient
    assert type(wire.lost(requests.ConnectionError("reset"), writes=True)) is Uncertain
