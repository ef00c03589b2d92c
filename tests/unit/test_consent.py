"""What replies mean, and what records of consent add up to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.consent import (
    REDACTED,
    ConsentMethod,
    ConsentRecord,
    ConsentState,
    Marker,
    ReplyMeaning,
    marker_news,
    meaning,
    redact_cards,
    standing,
    standing_apart_from_marker,
)
from connector.domain.phone import Phone

PHONE = Phone("+15551234567")
START_OF_TIME = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

REVOCATIONS = [
    "please stop texting me",
    "Stop texting me!",
    "STOP PLEASE",
    "please stop",
    "Stop it",
    "stop now",
    "Stop, I already paid",
    "Pls stop messaging this number",
    "Quit texting me",
    "Stop sending me these messages",
    "stop sending these texts please",
    "stop all texts",
    "Don\u2019t text me again",
    "do not text me anymore",
    "Please do not contact me",
    "never text me again",
    "No more texts please",
    "no more messages",
    "I don't want any more texts",
    "i do not want to receive texts",
    "I no longer wish to receive messages",
    "take me off your list",
    "Remove me from this list",
    "please remove my number",
    "Delete my number",
    "lose my number",
    "Please unsubscribe",
    "unsubscribe me please",
    "I want to opt out",
    "I'd like to unsubscribe",
    "how do i opt out?",
    "opt me out",
    "I revoke my consent",
    "I withdraw my permission",
    "You do not have my consent to text me",
    "leave me alone",
    "Leave me the hell alone.",
    "Fuck off",
    "I paid yesterday. Stop texting me.",
    "I'll stop by tomorrow, but stop texting me",
    "please stop texting me i will stop by tomorrow",
    "cease and desist",
    "stop sending reminders",
    "Wrong number. Please stop texting me",
    "S\u0301top texting me",
    "You did not stop texting me",
    "why don't you stop texting me",
    "Can\u2019t you stop messaging me?",
    "you never stop texting me",
]

OTHERS = [
    "I'll stop by tomorrow to pick up the cheque",
    "stop by tomorrow to pick up the cheque",
    "Can you stop at the shop on your way?",
    "can you stop in on Friday",
    "don't stop texting me, I like the reminders",
    "I didn't ask you to stop",
    "I never said to stop the reminders",
    "I do not want you to stop",
    "We won't stop ordering from you",
    "I don't want to opt out",
    "The bus stop is across the road",
    "please stop payment on the check",
    "Stop the direct debit please",
    "cancel my appointment",
    "Please cancel the order",
    "in the end I paid by cheque",
    "At the end of the month",
    "I'll pay Friday",
    "paid",
    "Thanks!",
    "Yes I will pay today",
    "yes.",
    "Who is this?",
    "what is this invoice for",
    "This is not right, I was quoted $100",
    "start of the month ok?",
    "can you help me with the link",
    "I quit my job, can I pay in two parts?",
    "info on the second line please",
    "Can you send the texts to my wife's number too?",
    "\U0001f44d",
    "",
    "   ",
]


@pytest.mark.parametrize(
    "body",
    ["STOP", "stop", " Stop. ", "STOP!!!", "'stop'", "StopAll", "UNSUBSCRIBE", "Cancel", "end", "quit", "Revoke"],
)
def test_a_keyword_as_the_whole_message_is_stop(body: str) -> None:
    assert meaning(body) is ReplyMeaning.STOP


def test_stop_with_an_emoji_is_stop() -> None:
    assert meaning("STOP \U0001f6d1") is ReplyMeaning.STOP


@pytest.mark.parametrize("body", ["START", " yes ", "Unstop"])
def test_a_start_keyword_is_start(body: str) -> None:
    assert meaning(body) is ReplyMeaning.START


@pytest.mark.parametrize("body", ["yes!", "Yes please", "start now", "yes, stop texting me"])
def test_start_must_be_the_exact_keyword(body: str) -> None:
    assert meaning(body) is not ReplyMeaning.START


@pytest.mark.parametrize("body", ["HELP", "info", "Help!"])
def test_help_is_help(body: str) -> None:
    assert meaning(body) is ReplyMeaning.HELP


@pytest.mark.parametrize("body", REVOCATIONS)
def test_plain_words_revoke(body: str) -> None:
    assert meaning(body) is ReplyMeaning.REVOCATION_BY_MEANING


@pytest.mark.parametrize("body", OTHERS)
def test_what_only_sounds_like_a_revocation_changes_nothing(body: str) -> None:
    assert meaning(body) is ReplyMeaning.OTHER


@pytest.mark.parametrize(
    "body",
    [
        "wrong number",
        "You have the wrong person",
        "this is not his number",
        "Sorry, this is no longer her number.",
        "I just got this number",
        "He doesn't have this number",
        "Nobody here by that name",
    ],
)
def test_a_wrong_number_is_told_apart(body: str) -> None:
    assert meaning(body) is ReplyMeaning.WRONG_NUMBER


@pytest.mark.parametrize(
    "body",
    [
        "Don't text me until Friday",
        "please stop texting me at work",
        "stop calling me",
        "My lawyer will hear of this",
        "this looks like a scam",
        "I never signed up for this",
        "STOP I already paid this",
        "He passed away in March",
    ],
)
def test_what_a_person_must_read_is_doubtful(body: str) -> None:
    assert meaning(body) is ReplyMeaning.DOUBTFUL


@given(st.text(max_size=200))
def test_any_text_has_a_meaning(body: str) -> None:
    assert meaning(body) in ReplyMeaning


@given(st.sampled_from(REVOCATIONS), st.sampled_from(OTHERS))
def test_a_revocation_is_found_beside_anything_else(revocation: str, other: str) -> None:
    assert meaning(f"{other}. {revocation}") is ReplyMeaning.REVOCATION_BY_MEANING


def test_a_very_long_reply_is_read_quickly() -> None:
    assert meaning("stop the " * 100_000) is not ReplyMeaning.START


# ------------------------------------------------------------------------------------------------------ standing


def record(state: ConsentState, method: ConsentMethod, day: int) -> ConsentRecord:
    return ConsentRecord(PHONE, state, method, START_OF_TIME + timedelta(days=day), recorded_by="test")


GRANT = (ConsentState.GRANTED, ConsentMethod.FORM)
IMPORT = (ConsentState.GRANTED, ConsentMethod.IMPORT)
START = (ConsentState.GRANTED, ConsentMethod.REPLY)
STOP = (ConsentState.REVOKED, ConsentMethod.REPLY)
TAKEN_BACK = (ConsentState.NONE, ConsentMethod.IMPORT)


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ([], ConsentState.NONE),
        ([GRANT], ConsentState.GRANTED),
        ([IMPORT], ConsentState.GRANTED),
        ([GRANT, STOP], ConsentState.REVOKED),
        ([GRANT, STOP, START], ConsentState.GRANTED),
        ([STOP, START], ConsentState.REVOKED),
        ([START], ConsentState.NONE),
        ([STOP], ConsentState.REVOKED),
        ([GRANT, STOP, IMPORT], ConsentState.REVOKED),
        ([STOP, IMPORT, START], ConsentState.GRANTED),
        ([GRANT, STOP, GRANT], ConsentState.GRANTED),
        ([GRANT, TAKEN_BACK], ConsentState.NONE),
        ([GRANT, TAKEN_BACK, START], ConsentState.NONE),
        ([GRANT, STOP, TAKEN_BACK], ConsentState.REVOKED),
        ([GRANT, STOP, TAKEN_BACK, START], ConsentState.REVOKED),
        ([GRANT, STOP, START, STOP], ConsentState.REVOKED),
    ],
)
def test_records_add_up(story: list[tuple[ConsentState, ConsentMethod]], end: ConsentState) -> None:
    records = [record(state, method, day) for day, (state, method) in enumerate(story)]
    assert standing(records) is end
    assert standing(reversed(records)) is end


SEEN = (ConsentState.GRANTED, ConsentMethod.LEDGER_MARKER)
YES = (ConsentState.GRANTED, ConsentMethod.ANSWER)
GONE = (ConsentState.NONE, ConsentMethod.LEDGER_MARKER)


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ([], ConsentState.NONE),
        ([SEEN], ConsentState.NONE),  # that it is there is read in the ledger before each text
        ([GRANT, SEEN], ConsentState.GRANTED),
        ([GRANT, SEEN, GONE], ConsentState.NONE),  # taken out of the group of those who agreed
        ([GRANT, SEEN, GONE, SEEN], ConsentState.NONE),
        ([SEEN, GONE, GRANT], ConsentState.GRANTED),
        ([SEEN, STOP], ConsentState.REVOKED),
        ([SEEN, STOP, START], ConsentState.NONE),  # there was a consent before; the marker must be there now
        ([STOP, START, SEEN], ConsentState.REVOKED),
        ([SEEN, STOP, GONE, SEEN], ConsentState.REVOKED),
    ],
)
def test_a_marker_that_was_seen_permits_nothing_by_itself_and_one_that_went_counts(
    story: list[tuple[ConsentState, ConsentMethod]], end: ConsentState
) -> None:
    records = [record(state, method, day) for day, (state, method) in enumerate(story)]
    assert standing_apart_from_marker(records) is end


@pytest.mark.parametrize(
    ("story", "end"),
    [
        ([YES], ConsentState.GRANTED),
        ([YES, STOP], ConsentState.REVOKED),
        ([YES, STOP, START], ConsentState.GRANTED),
        ([STOP, YES], ConsentState.REVOKED),  # asked, said STOP, then YES: the service hears START, and we no consent
        ([GRANT, STOP, YES], ConsentState.GRANTED),
        ([TAKEN_BACK, YES], ConsentState.GRANTED),
    ],
)
def test_a_yes_to_a_request_is_a_consent_and_after_a_stop_no_more_than_a_start(
    story: list[tuple[ConsentState, ConsentMethod]], end: ConsentState
) -> None:
    assert standing([record(state, method, day) for day, (state, method) in enumerate(story)]) is end


def test_a_marker_is_noted_when_it_comes_and_when_it_goes_and_not_in_between() -> None:
    noted: list[ConsentRecord] = [record(*GRANT, 0)]
    for there in (False, True, True, False, False, True):
        news = marker_news(PHONE, noted, Marker("Texts OK", there, "Dana Reed"), START_OF_TIME)
        noted += [news] if news else []
    assert [one.state.value for one in noted] == ["granted", "granted", "none", "granted"]
    assert [one.source for one in noted[1:]] == ["marker:1", "marker:2", "marker:3"]
    assert noted[2].evidence == "marker 'Texts OK' of Dana Reed in the ledger: gone"


def test_of_two_records_of_one_instant_the_stricter_wins() -> None:
    assert standing([record(*STOP, 1), record(*GRANT, 1)]) is ConsentState.REVOKED


def test_records_of_two_numbers_are_refused() -> None:
    other = ConsentRecord(Phone("+15557654321"), *GRANT, START_OF_TIME, recorded_by="test")
    with pytest.raises(ValueError, match="one number"):
        standing([record(*GRANT, 0), other])


@given(st.lists(st.sampled_from([GRANT, IMPORT, START, STOP, TAKEN_BACK]), max_size=8))
def test_after_a_stop_nothing_is_granted_without_a_later_word(story: list[tuple[ConsentState, ConsentMethod]]) -> None:
    records = [record(state, method, day) for day, (state, method) in enumerate([*story, STOP])]
    assert standing(records) is ConsentState.REVOKED


# --------------------------------------------------------------------------------------------------------- cards


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("my card is 4242424242424242", f"my card is {REDACTED}"),
        ("4242 4242 4242 4242 exp 12/27", f"{REDACTED} exp 12/27"),
        ("4242-4242-4242-4242, 123", f"{REDACTED}, 123"),
        ("4242 4242 4242 4242 12 27 123", f"{REDACTED} 12 27 123"),
        ("amex 3782 822463 10005", f"amex {REDACTED}"),
        ("\uff14242\u00a04242 4242 4242", REDACTED),
        ("invoice 4242424242424241", "invoice 4242424242424241"),
        ("call +1 555 123 4567", "call +1 555 123 4567"),
        ("4242424242424242 and 5555555555554444", f"{REDACTED} and {REDACTED}"),
    ],
)
def test_card_numbers_are_taken_out(body: str, kept: str) -> None:
    assert redact_cards(body) == kept


@given(st.text(max_size=100))
def test_redaction_is_stable(body: str) -> None:
    once = redact_cards(body)
    assert redact_cards(once) == once
