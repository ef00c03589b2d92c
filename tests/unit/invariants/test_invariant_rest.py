"""Invariants 4, 8, 9 and 13 to 17: hours, corrections, manners, secrets, and how it all ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from connector.domain.asking import request_words
from connector.domain.calendar import Window
from connector.domain.invariants import NotCheckable, check
from connector.domain.invariants.endings import confluent, done, rebuilt
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer
from connector.domain.records import EntryKind, Records, RefundRecord, Service, Shown, TextFate, TextRecord
from tests.unit.invariants.month import (
    DANA,
    GOOD,
    LATER,
    NOON,
    OWED,
    RULES,
    TEXTED,
    doubts,
    entry,
    invoice,
    link,
    metadata,
    minutes,
    payment,
    request,
    standing,
    text,
    thanks,
    unpaid,
    violations,
    with_entries,
    with_invoices,
    with_links,
    with_payments,
    with_requests,
    with_rules,
    with_texts,
)

OPEN = unpaid()
NIGHT = NOON + timedelta(hours=9)  # 21:00 in New York; the hours for texts end at 20:00
EVENING = NOON + timedelta(hours=7, minutes=30)  # 19:30
CALIFORNIA = Phone("+14155550123")

# ------------------------------------------------------------------------------------------------------- hours


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(text(at=NIGHT), id="at night"),
        pytest.param(text(at=NOON - timedelta(hours=2), to=CALIFORNIA), id="before the hours where the phone is"),
        pytest.param(text(at=EVENING), id="might wait until night"),
        pytest.param(text(valid_for=timedelta(hours=30)), id="might wait over the night"),
        pytest.param(text(valid_for=None, handed_on_at=NIGHT), id="given to the carrier at night"),
        pytest.param(thanks(at=NIGHT), id="thanks at night"),
    ],
)
def test_a_text_outside_of_the_hours_is_rejected(bad: TextRecord) -> None:
    assert len(violations(with_texts(bad, of=OPEN), 4)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(text(at=EVENING, valid_for=minutes(30)), id="until the hours end"),
        pytest.param(
            text(at=NOON + timedelta(hours=8, seconds=20), valid_for=minutes(5)), id="asked for a moment before"
        ),
        pytest.param(text(valid_for=None, handed_on_at=TEXTED), id="given to the carrier at noon"),
        pytest.param(
            text(at=NOON + timedelta(hours=9, minutes=30), to=CALIFORNIA, valid_for=minutes(5)), id="far west"
        ),
    ],
)
def test_a_text_within_the_hours_is_accepted(good: TextRecord) -> None:
    assert violations(with_texts(good, of=OPEN), 4) == []
    assert doubts(with_texts(good, of=OPEN), 4) == []


def test_how_long_a_text_might_wait_is_not_told_by_a_live_service() -> None:
    untold = text(valid_for=None)
    assert len(doubts(with_texts(untold, of=OPEN), 4)) == 1
    assert doubts(with_texts(replace(untold, fate=TextFate.NEVER_SENT), of=OPEN), 4) == []


LAWFUL = with_rules(OPEN, by_law=True, keep_holidays=True)
THANKSGIVING, SUNDAY = NOON + timedelta(days=3), NOON + timedelta(days=6)


def living(*states: str, whole: bool = True, of: Records = LAWFUL) -> Records:
    """The customer lives, or lived, in those states of the United States."""
    homes = tuple(Customer("cust1", "Dana Reed", country="US", region=state) for state in states)
    return with_invoices(invoice((NOON, standing()), customers=homes, phones_whole=whole), of=of)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(at=THANKSGIVING), of=living("NY")), id="on a holiday"),
        pytest.param(with_texts(text(at=SUNDAY), of=living("AL")), id="on a Sunday where the law shuts it"),
        pytest.param(with_texts(text(at=NOON - timedelta(hours=2)), of=living("KY")), id="before ten in Kentucky"),
        pytest.param(with_texts(text(at=NOON - timedelta(hours=3)), of=living("CA")), id="by the address"),
        pytest.param(with_texts(text(at=NOON + timedelta(hours=2, minutes=30)), of=living("RI")), id="queued past 18"),
        pytest.param(with_texts(text(at=NOON - timedelta(hours=3)), of=LAWFUL), id="in a state that is not known"),
        pytest.param(with_texts(thanks(at=NOON + timedelta(hours=7)), of=living("RI")), id="thanks past the law"),
        pytest.param(
            with_texts(
                text(at=NOON - timedelta(hours=1)), of=with_rules(living("NY"), window=Window(12 * 60, 14 * 60))
            ),
            id="before the owner's window",
        ),
    ],
)
def test_a_text_outside_of_the_law_or_on_a_holiday_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 4)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(with_texts(text(at=SUNDAY), of=living("NY")), id="on a Sunday where it is lawful"),
        pytest.param(with_texts(text(at=NOON - timedelta(hours=3)), of=living("CA", "NY")), id="before they moved"),
        pytest.param(
            with_texts(
                thanks(at=NOON - timedelta(hours=1)), of=with_rules(living("NY"), window=Window(12 * 60, 14 * 60))
            ),
            id="thanks before the owner's window",
        ),
        pytest.param(
            with_texts(text(at=THANKSGIVING), of=with_rules(living("NY"), keep_holidays=False)),
            id="by choice",
        ),
        pytest.param(with_texts(thanks(at=THANKSGIVING), of=living("NY")), id="thanks on a holiday"),
    ],
)
def test_a_text_within_the_law_is_accepted(good: Records) -> None:
    assert violations(good, 4) == []
    assert doubts(good, 4) == []


def test_a_request_for_consent_keeps_to_the_hours_of_notices_where_the_customer_lives() -> None:
    def asked(at: datetime, of: Records) -> Records:
        return with_texts(text(at=at, body=request_words("Acme Plumbing")), of=of)

    early = NOON - timedelta(hours=3)  # nine in New York, six in California
    assert violations(asked(early, living("NY")), 4) == []
    assert len(violations(asked(early, living("CA")), 4)) == 1
    assert len(violations(asked(early, LAWFUL), 4)) == 1  # in a state that is not known
    assert len(violations(asked(THANKSGIVING, living("NY")), 4)) == 1


def test_where_only_the_present_address_is_known_a_move_may_explain_it() -> None:
    early = text(at=NOON - timedelta(hours=2))
    assert violations(with_texts(early, of=living("CA", whole=False)), 4) == []
    assert len(doubts(with_texts(early, of=living("CA", whole=False)), 4)) == 1
    assert len(violations(with_texts(text(at=NIGHT), of=living("CA", whole=False)), 4)) == 1


ASKED = request_words(RULES.business)
EARLY = NOON - timedelta(hours=3)  # nine in the morning: too early where nothing but the country is known


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(at=EARLY, body=ASKED), of=living("CA")), id="by the address"),
        pytest.param(with_texts(text(at=EARLY, body=ASKED, to=CALIFORNIA), of=living("NY")), id="nobody's number"),
        pytest.param(with_texts(text(at=THANKSGIVING, body=ASKED), of=living("NY")), id="on a holiday"),
    ],
)
def test_a_request_for_consent_outside_of_the_hours_of_whoever_has_that_number_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 4)) == 1


def test_a_request_for_consent_is_judged_by_the_address_of_whoever_has_that_number() -> None:
    asked = text(at=EARLY, body=ASKED)
    assert violations(with_texts(asked, of=living("NY")), 4) == []
    # In Kentucky it would have been too early, and so it would by the number alone.
    assert len(violations(with_texts(asked, of=living("KY", whole=False)), 4)) == 1


# ------------------------------------------------------------------------------------------------- corrections

REVERSAL, FEE = entry("rev1", kind=EntryKind.REVERSAL), entry("exp1", kind=EntryKind.EXPENSE)
PAYOUT = replace(FEE, entry_id="tr1", kind=EntryKind.TRANSFER)
REFUND = RefundRecord("re_1", "pi_1", OWED, LATER)


def refunded(*refunds: RefundRecord, of: Records = GOOD) -> Records:
    return replace(of, processor=replace(of.processor, refunds=refunds))


@pytest.mark.parametrize("ledger_id", ["inv1", None])
def test_an_entry_of_a_refund_stands_there_once(ledger_id: str | None) -> None:
    one = replace(REVERSAL, ledger_id=ledger_id)
    again = replace(one, entry_id="rev2")
    assert violations(with_entries(entry(), one), 8) == []
    assert violations(with_entries(entry(), one, replace(again, live=False)), 8) == []
    (twice,) = violations(refunded(REFUND, of=with_entries(entry(), one, again)), 8)
    assert "A refund stands in the ledger 2 times" in twice


def test_a_refund_that_the_books_do_not_show_is_a_doubt() -> None:
    assert len(doubts(refunded(REFUND), 8)) == 1
    assert doubts(refunded(REFUND, of=with_entries(entry(live=False, ended_at=LATER))), 8) == []
    assert doubts(refunded(replace(REFUND, payment_id="pi_of_shop"), REFUND), 8) == doubts(refunded(REFUND), 8)
    assert doubts(refunded(REFUND, REFUND, of=with_entries()), 8) == []
    assert doubts(replace(GOOD, processor=replace(GOOD.processor, refunds=None)), 8) == [
        "Refunds at the processor were not read."
    ]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_entries(entry(), FEE, replace(FEE, entry_id="exp2")), id="a fee"),
        pytest.param(
            with_entries(entry(), FEE, replace(FEE, entry_id="exp2", amount=Money.of("3.78", "USD"))),
            id="with another amount",
        ),
        pytest.param(with_entries(entry(), PAYOUT, replace(PAYOUT, entry_id="tr2")), id="a payout"),
    ],
)
def test_a_fee_or_payout_that_stands_there_twice_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 9)) == 1


def test_a_fee_and_a_payout_that_stand_there_once_are_accepted() -> None:
    other = replace(FEE, entry_id="exp2", reference=f"DBF{'A' * 18}")
    assert check(with_entries(entry(), FEE, other, PAYOUT), healthy=True) == ()


def test_fees_that_people_book_are_accepted() -> None:
    by_hand = replace(FEE, reference="Stripe fees Nov", by_us=False)
    again = replace(by_hand, entry_id="exp2")
    assert check(with_entries(entry(), by_hand, again, FEE, replace(FEE, live=False)), healthy=True) == ()


# ----------------------------------------------------------------------------------------------------- manners

TRIES = [request(Service.PROCESSOR, "create_link", "KEY", NOON + minutes(n), outcome="fail_before") for n in range(60)]
DEAD = [
    request(Service.LEDGER, "changes", "", NOON + minutes(n / 60), writing=False, outcome="dead") for n in range(60)
]


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_requests(*TRIES), id="an effect tried every minute"),
        pytest.param(
            with_requests(*(replace(one, at=NOON + minutes(n * 60)) for n, one in enumerate(TRIES))), id="every hour"
        ),
        pytest.param(with_requests(*DEAD), id="a refused connection called every second"),
        pytest.param(
            with_requests(*(request(Service.MESSENGER, "send", DANA.e164, occasion="x") for _ in range(60))),
            id="one text",
        ),
    ],
)
def test_trying_without_end_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 13)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(with_requests(*TRIES[:9]), id="a few tries"),
        pytest.param(with_requests(*(replace(one, outcome="throttle") for one in TRIES)), id="asked to wait"),
        pytest.param(
            with_requests(*(replace(one, at=NOON + timedelta(hours=3 * n)) for n, one in enumerate(TRIES))),
            id="over days",
        ),
        pytest.param(
            with_requests(*(replace(one, at=NOON + minutes(15 * n)) for n, one in enumerate(DEAD))), id="quarter hours"
        ),
    ],
)
def test_trying_with_patience_is_accepted(good: Records) -> None:
    assert violations(good, 13) == []


def test_retries_cannot_be_counted_at_a_live_service() -> None:
    assert len(doubts(replace(GOOD, requests=None), 13)) == 1


# ----------------------------------------------------------------------------------------------------- secrets

KEY = "sk_live_" + "4eC39HqLyjWDarjtT1zdp7dc"


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(), thanks(body=f"Thanks {KEY}")), id="in a text"),
        pytest.param(with_entries(entry(note="whsec_" + "a" * 24)), id="in a note"),
        pytest.param(with_links(link(metadata={**metadata(), "x": "Bearer " + "a" * 24})), id="in metadata"),
        pytest.param(
            with_payments(payment(metadata={**metadata(), "x": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0"})), id="a token"
        ),
        pytest.param(with_texts(text(), thanks(body="-----BEGIN " + "RSA PRIVATE KEY-----")), id="a private key"),
    ],
)
def test_a_secret_in_sight_is_rejected_and_not_repeated(bad: Records) -> None:
    found = [one for one in check(bad, healthy=True) if one.number == 14]
    assert len(found) == 1
    assert KEY not in repr(found)


# ------------------------------------------------------------------------------------------------------ the end


@pytest.mark.parametrize("count", [1, 2, 3])
def test_what_is_in_doubt_and_untold_in_the_end_is_rejected(count: int) -> None:
    open_ends = replace(GOOD, shown=Shown(in_doubt=tuple(f"booking {n}" for n in range(count))))
    assert len(violations(open_ends, 15)) == count
    assert violations(open_ends, 15, healthy=False) == []


def test_what_is_in_doubt_cannot_be_read_at_the_services() -> None:
    assert [type(one) for one in check(replace(GOOD, shown=None), healthy=True) if one.number == 15] == [NotCheckable]


TWICE_TEXTED = with_texts(text(), text("SM9"), thanks())
LOST = with_entries()


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(TWICE_TEXTED, id="texted again"),
        pytest.param(with_entries(entry(), entry("pay2")), id="booked again"),
        pytest.param(with_links(link(active=True, retired_at=None)), id="link open again"),
        pytest.param(LOST, id="a booking is missing"),
        pytest.param(with_texts(text(), thanks(), thanks("SM9")), id="thanked again"),
    ],
)
def test_a_rebuilt_installation_that_differs_is_rejected(after: Records) -> None:
    assert [one.number for one in rebuilt(GOOD, after)] == [16]


def test_a_rebuilt_installation_that_did_the_same_is_accepted() -> None:
    assert list(rebuilt(GOOD, GOOD)) == []
    assert sum(done(GOOD).values()) == 3  # a notice, a booking, thanks


@pytest.mark.parametrize(
    ("faulty", "may_differ"),
    [
        pytest.param(TWICE_TEXTED, frozenset({"notice"}), id="more texts are never right"),
        pytest.param(LOST, frozenset({"notice"}), id="a lost booking"),
        pytest.param(with_texts(thanks()), frozenset(), id="a lost text"),
    ],
)
def test_a_run_with_faults_that_ended_otherwise_is_rejected(faulty: Records, may_differ: frozenset[str]) -> None:
    assert [one.number for one in confluent(GOOD, faulty, may_differ=may_differ)] == [17]


def test_a_notice_that_came_too_late_may_be_missing_after_faults() -> None:
    assert list(confluent(GOOD, with_texts(thanks()), may_differ=frozenset({"notice"}))) == []
    failed = with_texts(text(fate=TextFate.NEVER_SENT), thanks(fate=TextFate.NEVER_SENT))
    assert {one.look_at[0].what for one in confluent(GOOD, failed) if not isinstance(one, NotCheckable)} == {
        "notice",
        "courtesy",
    }


def test_a_payment_that_has_another_id_in_another_life_of_the_processor_is_the_same_booking() -> None:
    again = with_payments(payment("pi_9"), of=with_entries(entry(of="pi_9")))
    assert list(confluent(GOOD, again)) == []
    assert [one.number for one in rebuilt(GOOD, again)] == [16, 16]  # of one life: one lost, one made


def test_what_never_had_an_effect_is_not_counted_as_done() -> None:
    gone = with_entries(entry(live=False, ended_at=LATER), of=with_texts(text(fate=TextFate.NEVER_SENT)))
    assert sum(done(gone).values()) == 0


def test_a_courtesy_that_names_no_invoice_is_counted_by_its_words() -> None:
    bare = with_texts(text(), thanks(body="Thank you!"))
    assert done(bare)[Service.MESSENGER, "courtesy", "", "Thank you!"] == 1
