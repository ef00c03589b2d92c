"""What every messaging service must do, said against what its world holds afterwards."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.phone import Phone
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Throttled, Transient, Uncertain
from connector.ports.messenger import DeliveryState, FailureKind, InboundText, SentText, TextRequest
from tests.contract.harness import MessengerHarness
from tests.contract.looking import look_again

ROSA = Phone("+12025550143")
OMAR = Phone("+12025550177")
BODY = "Hill Plumbing: invoice INV-1042 over $120.00 is due today. Pay: https://pay.example/x1"
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


def text(body: str = BODY, to: Phone = ROSA) -> TextRequest:
    return TextRequest(to, body, valid_for=timedelta(hours=4))


def sent_to(h: MessengerHarness, to: Phone, since: datetime, *, number: int) -> list[SentText]:
    return look_again(h, lambda: list(h.messenger.sent_to(to, since)), lambda found: len(found) >= number)


def inbound(h: MessengerHarness, since: datetime, *, number: int) -> list[InboundText]:
    return look_again(h, lambda: list(h.messenger.inbound(since)), lambda found: len(found) >= number)


def state_of(h: MessengerHarness, text_id: str) -> SentText:
    found = h.messenger.sent_text(text_id)
    assert found is not None
    return found


# ----------------------------------------------------------------------------------------------------- sending


def test_sending_leaves_one_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(text())
    assert h.texts_in_world(ROSA) == [BODY]
    assert (sent.to, sent.body) == (ROSA, BODY)
    assert sent.state in {DeliveryState.ACCEPTED, DeliveryState.SENT}
    assert sent.created_at.utcoffset() == timedelta(0)
    assert sent.error_code is None


def test_a_sent_text_is_found_by_id_and_by_number(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(text())
    h.messenger.send(text(to=OMAR))
    assert (state_of(h, sent.text_id).body, state_of(h, sent.text_id).to) == (BODY, ROSA)
    found = sent_to(h, ROSA, sent.created_at, number=1)
    assert [one.text_id for one in found] == [sent.text_id]


def test_an_unknown_text_is_none(messenger_harness: MessengerHarness) -> None:
    assert messenger_harness.messenger.sent_text("SM" + "0" * 32) is None


def test_every_send_is_another_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    first, second = h.messenger.send(text()), h.messenger.send(text())
    assert first.text_id != second.text_id
    assert h.texts_in_world(ROSA) == [BODY, BODY]


def test_letters_beyond_the_gsm_alphabet_arrive_unchanged(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    body = "Zoë & Søren — 98 000 円, merci ✓ + % €"
    sent = h.messenger.send(text(body))
    assert h.texts_in_world(ROSA) == [body]
    assert state_of(h, sent.text_id).body == body


def test_texts_come_newest_first_and_only_those_since(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    first = h.messenger.send(text("one"))
    h.let_time_pass(timedelta(hours=2))
    second = h.messenger.send(text("two"))

    assert [one.body for one in sent_to(h, ROSA, first.created_at, number=2)] == ["two", "one"]
    assert [one.body for one in sent_to(h, ROSA, second.created_at - timedelta(minutes=5), number=1)] == ["two"]


def test_a_delivered_text_says_so(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(text())
    h.deliver(sent.text_id)
    read = state_of(h, sent.text_id)
    assert (read.state, read.error_code) == (DeliveryState.DELIVERED, None)


def test_a_text_that_did_not_arrive_says_why(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(text())
    h.fail_delivery(sent.text_id, "30006")
    read = state_of(h, sent.text_id)
    assert read.state in {DeliveryState.UNDELIVERED, DeliveryState.FAILED}
    assert read.error_code == "30006"
    assert read.advice is not None
    assert read.advice.kind is FailureKind.BAD_NUMBER


# ---------------------------------------------------------------------------------------------------- refusals


def test_stop_is_seen_and_the_next_send_is_refused_leaving_no_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.messenger.send(text("one"))
    h.reply(ROSA, "STOP")

    assert [(one.sender, one.body) for one in inbound(h, LONG_AGO, number=1)] == [(ROSA, "STOP")]
    with pytest.raises(Rejected) as refused:
        h.messenger.send(text("two"))
    assert refused.value.because is RejectedBecause.OPTED_OUT
    assert h.texts_in_world(ROSA) == ["one"]
    h.messenger.send(text("for another", to=OMAR))
    assert h.texts_in_world(OMAR) == ["for another"]


def test_start_opens_the_number_again(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.reply(ROSA, "stop")
    h.let_time_pass(timedelta(minutes=1))
    h.reply(ROSA, "START")
    h.messenger.send(text())
    assert h.texts_in_world(ROSA) == [BODY]


def test_a_landline_is_refused_leaving_no_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.make_landline(ROSA)
    with pytest.raises(Rejected) as refused:
        h.messenger.send(text())
    assert refused.value.because is RejectedBecause.UNREACHABLE_NUMBER
    assert h.texts_in_world(ROSA) == []


def test_a_refusal_shows_no_whole_number_and_no_body(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.make_landline(ROSA)
    with pytest.raises(Rejected) as refused:
        h.messenger.send(text())
    assert ROSA.e164 not in str(refused.value)
    assert BODY not in str(refused.value)


# ----------------------------------------------------------------------------------------------------- inbound


def test_replies_come_oldest_first(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.reply(ROSA, "I'll pay Friday")
    h.let_time_pass(timedelta(minutes=10))
    h.reply(OMAR, "wrong number")

    found = inbound(h, LONG_AGO, number=2)

    assert [(one.sender, one.body) for one in found] == [(ROSA, "I'll pay Friday"), (OMAR, "wrong number")]
    assert len({one.text_id for one in found}) == 2
    assert all(one.received_at.utcoffset() == timedelta(0) for one in found)


def test_only_replies_since_then_are_listed(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.reply(ROSA, "first")
    h.let_time_pass(timedelta(hours=2))
    h.reply(ROSA, "second")
    both = inbound(h, LONG_AGO, number=2)
    later = inbound(h, both[1].received_at, number=1)
    assert [one.body for one in later] == ["second"]


def test_what_we_sent_is_not_inbound(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.messenger.send(text())
    h.reply(ROSA, "thanks")
    assert [one.body for one in inbound(h, LONG_AGO, number=1)] == ["thanks"]


def test_what_came_in_is_not_among_texts_sent(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    sent = h.messenger.send(text())
    h.reply(ROSA, "thanks")
    assert [one.body for one in sent_to(h, ROSA, sent.created_at, number=1)] == [BODY]


# ------------------------------------------------------------------------------------------------------ faults


def test_a_lost_answer_is_uncertain_and_the_text_can_be_found(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    before = h.messenger.send(text("earlier")).created_at
    h.lose_next_write_answer()

    with pytest.raises(Uncertain):
        h.messenger.send(text())

    assert h.texts_in_world(ROSA) == ["earlier", BODY]
    assert [one.body for one in sent_to(h, ROSA, before, number=2)].count(BODY) == 1


def test_a_refused_connection_is_transient_and_leaves_no_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.refuse_next_connection()
    with pytest.raises(Transient):
        h.messenger.send(text())
    assert h.texts_in_world(ROSA) == []


def test_a_throttled_send_says_so_and_leaves_no_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.messenger.send(text())
    assert h.texts_in_world(ROSA) == []


def test_a_throttled_read_says_so(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.messenger.inbound(LONG_AGO)


def test_revoked_access_needs_a_person_and_leaves_no_text(messenger_harness: MessengerHarness) -> None:
    h = messenger_harness
    h.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        h.messenger.inbound(LONG_AGO)
    with pytest.raises(NeedsReauthorisation):
        h.messenger.send(text())
    assert h.texts_in_world(ROSA) == []
