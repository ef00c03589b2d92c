"""Which numbers a company's sender may text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from connector.domain.dunning import Reason
from connector.domain.gates import may_thank
from connector.domain.phone import Phone
from connector.domain.plan import notice
from connector.domain.senders import NAME_COUNTRIES, NameRule, name_country, sender_stop
from connector.words import Wording
from tests.unit.situations import NOON, POLICY, situation

BY_NAME = replace(POLICY, two_way=False)
NOBODY: frozenset[str] = frozenset()


@pytest.mark.parametrize(
    ("number", "stop"),
    [
        ("+447400123456", None),
        ("+33612345678", None),
        ("+61412345678", None),  # once registered there; `check` says so
        ("+353871234567", None),
        ("+12125550123", Reason.NAME_REFUSED),
        ("+14165550123", Reason.NAME_REFUSED),  # Canada shares +1
        ("+17872345678", Reason.NAME_REFUSED),  # so does Puerto Rico
        ("+5491123456789", Reason.NAME_REFUSED),
        ("+6421123456", Reason.NAME_REFUSED),  # New Zealand: nobody has said that it may
        ("+870773111632", Reason.NAME_REFUSED),  # of no country at all
    ],
)
def test_a_name_texts_only_where_it_is_known_that_it_may(number: str, stop: Reason | None) -> None:
    assert sender_stop(BY_NAME, Phone(number), shared=False, closed=NOBODY) is stop
    assert sender_stop(POLICY, Phone(number), shared=False, closed=NOBODY) is None, "a number may text anybody"


def test_a_sender_that_is_another_companys_texts_nobody() -> None:
    assert sender_stop(POLICY, Phone("+447400123456"), shared=True, closed=NOBODY) is Reason.SENDER_SHARED


def test_an_unregistered_sender_is_closed_to_that_country_alone() -> None:
    closed = frozenset({"US"})
    assert sender_stop(POLICY, Phone("+12125550123"), shared=False, closed=closed) is Reason.SENDER_UNREGISTERED
    assert sender_stop(POLICY, Phone("+14165550123"), shared=False, closed=closed) is None
    assert sender_stop(BY_NAME, Phone("+447400123456"), shared=False, closed=frozenset({"GB"})) is (
        Reason.SENDER_UNREGISTERED
    )


def test_every_country_has_a_source_and_every_duty_says_what_to_do() -> None:
    assert all(one.source.startswith("https://") for one in NAME_COUNTRIES.values())
    assert all(one.todo for one in NAME_COUNTRIES.values() if one.rule is not NameRule.FREE)
    assert name_country("ZZ").todo


def test_a_receipt_goes_by_the_same_rules() -> None:
    assert may_thank(situation(), POLICY) is None
    assert may_thank(situation(sender_shared=True), POLICY) is Reason.SENDER_SHARED


def test_a_text_nobody_can_reply_to_promises_no_stop() -> None:
    step = next(iter(POLICY.steps)).step
    assert "STOP" in notice(situation(), POLICY, Wording(), step, NOON).request
    assert "STOP" not in notice(situation(), replace(POLICY, two_way=False), Wording(), step, NOON).request
