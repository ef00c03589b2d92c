"""The demo's verdict must see every way in which texts and books can disagree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.demo.cast import part_of
from connector.demo.records import Entry, Invoice, Link, OptOut, Paid, Records, Text
from connector.demo.verdict import Agreed, Expectation, doubles, judge
from connector.domain.money import Money

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SENDER, MAYA, SAM, OWNER = "+15035550100", "+15035550141", "+15035550148", "+15035550199"
AGREED = Agreed(frozenset({MAYA}), frozenset({OWNER}))
URL = "http://127.0.0.1:8080/pay/test_abc"
OWED = Money.of("480.00", "USD")

NOTICE = Text("SM1", SENDER, MAYA, f"Hi Maya, here is your invoice N-1041. Pay online: {URL}", NOON, "delivered")
THANKS = Text("SM2", SENDER, MAYA, "Thank you for N-1041.", NOON + timedelta(seconds=9), "delivered")
INVOICE = Invoice("northside", "107", "N-1041", "Maya Lindqvist", OWED, Money.zero("USD"), "paid")
LINK = Link("northside", "plink_1", URL, "107", "N-1041", active=False)
PAID = Paid("northside", "pi_1", "cs_1", "plink_1", "107", "N-1041", OWED, "card", "succeeded", Money.zero("USD"))
ENTRY = Entry(
    "northside", "131", "107", OWED, "BX4 Duebird pi_1 invoice N-1041", NOON + timedelta(seconds=5), live=True
)
GOOD = Records((NOTICE, THANKS), (INVOICE,), (ENTRY,), (LINK,), (PAID,))


def broken(records: Records) -> list[str]:
    return [one.sentence for one in judge(records, AGREED) if not one.holds]


def fared(records: Records) -> Expectation:
    part = part_of("N-1041")
    assert part is not None
    return judge(records, AGREED, [part])[-1]


def test_records_in_which_all_agrees_pass() -> None:
    assert broken(GOOD) == []
    assert fared(GOOD).holds
    assert doubles(GOOD) == 0


def test_the_same_text_twice_is_seen() -> None:
    again = replace(NOTICE, sid="SM9", at=NOON + timedelta(seconds=1))
    bad = replace(GOOD, texts=(*GOOD.texts, again))
    assert broken(bad) == ["Nobody was texted twice for the same reason."]
    assert doubles(bad) == 1
    assert not fared(bad).holds


def test_a_second_link_for_the_same_invoice_does_not_hide_a_double() -> None:
    other = replace(LINK, link_id="plink_2", url=f"{URL}2")
    again = replace(NOTICE, sid="SM9", body=f"{NOTICE.body}2", at=NOON + timedelta(seconds=1))
    assert doubles(replace(GOOD, texts=(*GOOD.texts, again), links=(LINK, other))) == 1


def test_a_reminder_after_the_first_notice_is_no_double() -> None:
    reminder = replace(NOTICE, sid="SM9", body=f"A reminder from Northside: N-1041. {URL}", at=NOON)
    assert doubles(replace(GOOD, texts=(*GOOD.texts, reminder))) == 0


def test_two_thanks_for_one_payment_are_a_double() -> None:
    bad = replace(GOOD, texts=(*GOOD.texts, replace(THANKS, sid="SM9")))
    assert broken(bad) == ["Nobody was texted twice for the same reason."]


def test_a_text_to_somebody_who_never_agreed_is_seen() -> None:
    bad = replace(GOOD, texts=(*GOOD.texts, replace(THANKS, sid="SM9", to=SAM)))
    assert broken(bad) == ["Nobody was texted who had not agreed."]


def test_a_text_after_a_stop_is_seen_and_one_before_it_is_fine() -> None:
    stop = OptOut(MAYA, SENDER, NOON + timedelta(seconds=7))
    assert broken(replace(GOOD, opt_outs=(stop,))) == ["Nobody was texted after saying STOP."]
    assert broken(replace(GOOD, opt_outs=(replace(stop, at=NOON + timedelta(seconds=10)),))) == []


def test_twilios_own_answer_to_a_stop_is_not_held_against_duebird() -> None:
    stop = OptOut(MAYA, SENDER, NOON + timedelta(seconds=20))
    answer = Text("SM9", SENDER, MAYA, "You are out.", NOON + timedelta(seconds=21), "sent", automatic=True)
    assert broken(replace(GOOD, texts=(*GOOD.texts, answer), opt_outs=(stop,))) == []


def test_asking_for_what_was_paid_before_is_seen() -> None:
    cheque = Entry("northside", "130", "107", OWED, "Cheque 1207", NOON - timedelta(seconds=1), live=True)
    bad = replace(GOOD, texts=(NOTICE,), entries=(cheque,), paid=())
    assert broken(bad) == ["Nobody was asked to pay what was already paid."]


def test_a_link_that_stripe_does_not_know_is_seen() -> None:
    assert "Nobody was asked to pay what was already paid." in broken(replace(GOOD, links=()))


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param((), id="not booked"),
        pytest.param((ENTRY, replace(ENTRY, entry_id="132")), id="booked twice"),
        pytest.param((replace(ENTRY, amount=Money.of("48.00", "USD")),), id="another amount"),
        pytest.param((replace(ENTRY, ledger_id="108"),), id="another invoice"),
        pytest.param((replace(ENTRY, live=False),), id="deleted again"),
    ],
)
def test_a_payment_that_is_not_booked_once_and_in_full_is_seen(entries: tuple[Entry, ...]) -> None:
    assert "Every payment that succeeded is in the books, once, in full." in broken(replace(GOOD, entries=entries))


def test_a_payment_booked_twice_counts_as_a_double() -> None:
    assert doubles(replace(GOOD, entries=(ENTRY, replace(ENTRY, entry_id="132")))) == 1


@pytest.mark.parametrize("state", ["pending", "failed"])
def test_booking_money_that_has_not_come_is_seen(state: str) -> None:
    assert broken(replace(GOOD, paid=(replace(PAID, state=state),))) == ["Nothing is in the books that was not paid."]


def test_a_booking_with_no_payment_at_all_is_seen() -> None:
    assert broken(replace(GOOD, paid=())) == ["Nothing is in the books that was not paid."]


def test_a_link_left_open_on_a_paid_invoice_is_seen() -> None:
    bad = replace(GOOD, links=(replace(LINK, active=True),))
    assert broken(bad) == ["No payment link is open for an invoice on which nothing is owed."]


def test_an_invoice_that_fared_otherwise_than_planned_is_told_with_its_figures() -> None:
    silent = replace(GOOD, texts=(), paid=(), entries=(), invoices=(replace(INVOICE, balance=OWED, status="open"),))
    assert fared(silent).broken == (
        "N-1041: 0 texts went out, 1 expected",
        "N-1041: paid online: nothing",
        "N-1041: the ledger says open, paid expected",
    )
