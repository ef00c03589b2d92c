"""What mends itself goes off the list; what concerns one invoice, payment or person stays until a person says so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.attention import Mended, is_mended

OPENED = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
BEFORE, AFTER = OPENED - timedelta(minutes=1), OPENED + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("key", "mended"),
    [
        ("acme/connection/xero/2026-11-23", Mended(answered={"xero": AFTER})),
        ("acme/setup/twilio/21606/2026-11-23", Mended(wrote={"twilio": AFTER})),
        ("acme/setup/30034/2026-11-23", Mended(delivered_at=AFTER)),
        ("acme/journal/2026-11-23", Mended(delivered_at=AFTER)),
        ("acme/clock/2026-11-23", Mended(clock_agreed_at=AFTER)),
        ("acme/cap/an hour/2026-11-23", Mended(caps_allow=True)),
        ("acme/handover/145", Mended(taken_back=frozenset({"145"}))),
        ("acme/reassigned/0123-2026-11-23-58", Mended(all_released=True)),
    ],
)
def test_what_works_again_is_mended(key: str, mended: Mended) -> None:
    assert is_mended(key, OPENED, mended)
    assert not is_mended(key, OPENED, Mended())


@pytest.mark.parametrize(
    ("key", "other"),
    [
        ("acme/connection/xero/2026-11-23", Mended(answered={"xero": BEFORE, "stripe": AFTER})),
        ("acme/setup/twilio/21606/2026-11-23", Mended(answered={"twilio": AFTER}, wrote={"twilio": BEFORE})),
        ("acme/setup/30034/2026-11-23", Mended(wrote={"twilio": AFTER}, delivered_at=BEFORE)),
        ("acme/journal/2026-11-23", Mended(wrote={"twilio": AFTER}, delivered_at=BEFORE)),
        ("acme/clock/2026-11-23", Mended(clock_agreed_at=BEFORE)),
        ("acme/handover/145", Mended(taken_back=frozenset({"146"}))),
    ],
)
def test_what_worked_before_or_elsewhere_mends_nothing(key: str, other: Mended) -> None:
    assert not is_mended(key, OPENED, other)


@pytest.mark.parametrize(
    "key",
    [
        "acme/payment/pi_1",
        "acme/reply/SM1",
        "acme/doubt/KEY",
        "acme/effect/KEY/0",
        "acme/charge.refunded/ch_1",
        "acme/catch-up/2026-11-23T17",
        "acme",
    ],
)
def test_what_concerns_one_matter_is_settled_by_a_person_alone(key: str) -> None:
    everything = Mended({"xero": AFTER}, {"xero": AFTER}, AFTER, AFTER, caps_allow=True)
    assert not is_mended(key, OPENED, everything)
