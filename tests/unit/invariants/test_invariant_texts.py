"""Invariants 2, 3, 5 and 18: what may be texted to whom, and when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from connector.domain.clearing import credit_reference
from connector.domain.receivable import Customer
from connector.domain.records import Agreement, EntryKind, PaidState, Records, RefundRecord, Service, TextFate
from tests.unit.invariants.month import (
    BOOKED,
    BOOKS,
    DANA,
    GOOD,
    LATER,
    NOON,
    OWNER,
    PAID,
    STRANGER,
    TEXTED,
    URL,
    doubts,
    entry,
    invoice,
    link,
    minutes,
    payment,
    reply,
    request,
    settled,
    standing,
    text,
    thanks,
    unpaid,
    violations,
    with_entries,
    with_invoices,
    with_links,
    with_payments,
    with_replies,
    with_requests,
    with_rules,
    with_texts,
)

OPEN = unpaid()
SECOND = invoice((NOON, standing(ledger_id="inv2", number="INV-2")))
TWO_INVOICES = with_links(
    *OPEN.processor.links,
    link("plink_2", ledger_id="inv2", active=True, retired_at=None),
    of=with_invoices(*OPEN.ledger.invoices, SECOND, of=OPEN),
)
OTHER = "Hi Dana, invoice INV-2. Pay online: https://pay.example/plink_2"


# ------------------------------------------------------------------------------------------------------- flood


def _over_days(*days: int) -> Records:
    """A notice to one number on each of those days."""
    sent = (text(f"SM{day}", TEXTED + timedelta(days=day), body=OTHER) for day in days)
    return with_texts(*sent, of=TWO_INVOICES)


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(
            with_texts(text(), text("SM9", TEXTED + minutes(5), body=OTHER), of=TWO_INVOICES), id="two invoices"
        ),
        pytest.param(with_texts(text(), text("SM9", TEXTED + timedelta(hours=6)), of=OPEN), id="one invoice"),
        pytest.param(
            with_texts(
                *(
                    text(f"SM{n}", TEXTED + minutes(n), to=to, body=f"{n} {URL}")
                    for n, to in enumerate((DANA, STRANGER))
                ),
                of=with_rules(OPEN, texts_per_hour=1),
            ),
            id="cap of an hour",
        ),
        pytest.param(
            with_texts(
                text("SM1", to=OWNER),
                text("SM2", TEXTED + timedelta(hours=7), to=DANA),
                text("SM3", TEXTED + timedelta(hours=23), to=STRANGER),
                of=with_rules(OPEN, texts_per_day=2),
            ),
            id="cap of a day",
        ),
        pytest.param(_over_days(0, 2, 4, 6), id="four in a week"),
        pytest.param(_over_days(0, 10, 12, 14, 16), id="four in a later week"),
        pytest.param(with_rules(_over_days(0, 6), max_per_number_per_week=1), id="two where one is allowed"),
        pytest.param(
            with_invoices(
                invoice((NOON, standing()), customers=(Customer("cust1", "Dana Reed", country="US", region="HI"),)),
                of=with_texts(text(), text("SM9", TEXTED + timedelta(hours=14), body=OTHER), of=TWO_INVOICES),
            ),
            id="one day where the customer lives",
        ),
    ],
)
def test_more_notices_than_the_settings_allow_are_rejected(bad: Records) -> None:
    assert len(violations(bad, 2)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(
            with_texts(text(), text("SM9", TEXTED + timedelta(days=1), body=OTHER), of=TWO_INVOICES), id="next day"
        ),
        pytest.param(
            with_texts(
                text(),
                text("SM9", TEXTED + minutes(1), body=OTHER),
                of=with_rules(TWO_INVOICES, max_per_number_per_day=2),
            ),
            id="two allowed",
        ),
        pytest.param(with_texts(text(), text("SM9", fate=TextFate.NEVER_SENT), of=OPEN), id="one never left"),
        pytest.param(_over_days(0, 2, 4, 7, 9, 11), id="three in each week"),
        pytest.param(
            with_texts(
                text(), text("SM9", TEXTED + timedelta(hours=1), to=OWNER), of=with_rules(OPEN, texts_per_hour=1)
            ),
            id="an hour later",
        ),
    ],
)
def test_notices_within_the_caps_are_accepted(good: Records) -> None:
    assert violations(good, 2) == []


def test_a_text_at_midnight_counts_for_neither_day() -> None:
    midnight = NOON.replace(day=24, hour=5, minute=0, second=30)  # 00:00:30 in New York
    around = with_texts(text(), text("SM9", midnight, body=OTHER), of=TWO_INVOICES)
    assert violations(around, 2) == []


# ----------------------------------------------------------------------------------------------------- opt-out

STOP = reply("STOP", PAID)
IN_WORDS = reply("Please do not text me again", PAID)
AFTER = text("SM9", PAID + timedelta(hours=3))


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_replies(STOP, of=with_texts(text(), AFTER, of=OPEN)), id="stop"),
        pytest.param(with_replies(IN_WORDS, of=with_texts(text(), AFTER, of=OPEN)), id="in other words"),
        pytest.param(with_replies(reply("wrong number", PAID), of=with_texts(AFTER, of=OPEN)), id="wrong number"),
        pytest.param(
            with_replies(reply("STOP", PAID), of=with_texts(text(), thanks(at=PAID + minutes(5)))), id="thanks"
        ),
        pytest.param(
            with_replies(
                STOP, reply("START", PAID + minutes(1)), reply("stop", PAID + minutes(2)), of=with_texts(AFTER, of=OPEN)
            ),
            id="stop again",
        ),
        pytest.param(
            with_replies(STOP, reply("STOP", PAID + timedelta(hours=2, minutes=59)), of=with_texts(AFTER, of=OPEN)),
            id="the first of two counts",
        ),
    ],
)
def test_a_text_after_a_stop_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 3)) == 1


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(with_replies(STOP, of=with_texts(text(), of=OPEN)), id="before the stop"),
        pytest.param(with_replies(STOP, of=with_texts(text("SM9", PAID + minutes(1)), of=OPEN)), id="within a minute"),
        pytest.param(
            with_replies(replace(STOP, readable_at=AFTER.moment), of=with_texts(AFTER, of=OPEN)), id="not readable yet"
        ),
        pytest.param(with_replies(STOP, reply("START", PAID + minutes(9)), of=with_texts(AFTER, of=OPEN)), id="start"),
        pytest.param(with_replies(reply("thanks!", PAID), of=with_texts(AFTER, of=OPEN)), id="other words"),
        pytest.param(with_replies(reply("STOP", PAID, STRANGER), of=with_texts(AFTER, of=OPEN)), id="somebody else"),
        pytest.param(
            replace(
                with_replies(IN_WORDS, of=with_texts(AFTER, of=OPEN)),
                agreements=(Agreement(DANA, PAID + minutes(30)),),
            ),
            id="agreed anew on paper",
        ),
    ],
)
def test_a_text_that_nobody_had_forbidden_is_accepted(good: Records) -> None:
    assert violations(good, 3) == []
    assert doubts(good, 3) == []


def test_a_text_after_other_words_of_stop_is_a_doubt_where_the_register_is_not_known() -> None:
    live = replace(with_replies(IN_WORDS, of=with_texts(AFTER, of=OPEN)), agreements=None)
    assert violations(live, 3) == []
    assert ["own words" in one for one in doubts(live, 3)] == [True]


def test_a_text_after_the_word_stop_is_rejected_even_where_the_register_is_not_known() -> None:
    live = replace(with_replies(STOP, of=with_texts(AFTER, of=OPEN)), agreements=None)
    assert len(violations(live, 3)) == 1


def test_a_number_that_is_tried_again_after_the_service_refused_it_is_rejected() -> None:
    refused = [request(Service.MESSENGER, "send", DANA.e164, at, outcome="rejected:opted_out") for at in (PAID, BOOKED)]
    assert violations(with_requests(refused[0]), 3) == []
    assert len(violations(with_requests(*refused), 3)) == 1
    assert violations(with_replies(reply("START", PAID + minutes(0.5)), of=with_requests(*refused)), 3) == []


def test_refusals_leave_no_trace_at_a_live_service() -> None:
    assert len(doubts(replace(GOOD, requests=None), 3)) == 1


# -------------------------------------------------------------------------------------------- dunning of the paid


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(), text("SM9", BOOKED + minutes(3))), id="paid"),
        pytest.param(with_texts(text("SM9", PAID + minutes(3)), of=with_entries()), id="paid and not booked"),
        pytest.param(
            with_texts(AFTER, of=with_invoices(invoice((NOON, standing()), (PAID, settled())), of=OPEN)),
            id="paid by cheque",
        ),
        pytest.param(
            with_texts(AFTER, of=with_payments(payment("pi_1", (PAID, PaidState.PENDING)), of=OPEN)),
            id="debit under way",
        ),
        pytest.param(
            with_texts(AFTER, of=with_payments(payment(), of=with_invoices(of=OPEN))),
            id="paid, and the invoice is gone",
        ),
        pytest.param(
            replace(
                with_texts(AFTER, of=with_payments(payment(), of=OPEN)),
                processor=replace(
                    with_payments(payment(), of=OPEN).processor,
                    refunds=(RefundRecord("re_1", "pi_1", payment().amount, LATER),),
                ),
            ),
            id="given back only later",
        ),
    ],
)
def test_a_reminder_of_what_is_paid_or_being_paid_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 5)) >= 1


A_CREDIT = entry(
    kind=EntryKind.CREDIT, ledger_id=None, reference=credit_reference(BOOKS, "pi_1"), made_at=PAID + minutes(9)
)
OWED_AGAIN = invoice((NOON, standing()), (BOOKED, settled()), (BOOKED + minutes(30), standing(version="3")))


@pytest.mark.parametrize(
    "good",
    [
        pytest.param(with_texts(text("SM9", PAID + minutes(1)), of=with_entries()), id="paid that minute"),
        pytest.param(
            with_texts(
                AFTER,
                of=with_payments(
                    payment("pi_1", (PAID, PaidState.PENDING), (PAID + minutes(9), PaidState.FAILED)), of=OPEN
                ),
            ),
            id="the debit failed",
        ),
        pytest.param(with_texts(AFTER, of=with_invoices(OWED_AGAIN)), id="booked, then raised"),
        pytest.param(
            with_texts(
                AFTER,
                of=with_invoices(OWED_AGAIN, of=with_entries(entry(reference="", by_us=False, made_at=BOOKED))),
            ),
            id="booked by hand, then raised",
        ),
        pytest.param(
            with_texts(
                AFTER,
                of=replace(
                    with_payments(payment(), of=OPEN),
                    processor=replace(
                        with_payments(payment(), of=OPEN).processor,
                        refunds=(RefundRecord("re_1", "pi_1", payment().amount, PAID + minutes(9)),),
                    ),
                ),
            ),
            id="given back before",
        ),
        pytest.param(
            with_texts(AFTER, of=with_entries(A_CREDIT, of=with_payments(payment(), of=OPEN))),
            id="a credit of the customer's, and still owed",
        ),
    ],
)
def test_a_reminder_of_what_is_owed_is_accepted(good: Records) -> None:
    assert violations(good, 5) == []


def test_a_settled_invoice_that_was_not_changed_since_before_a_text_is_a_doubt() -> None:
    present = with_invoices(invoice((NOON - minutes(9), settled()), whole=False))
    assert violations(present, 5) == []
    assert ["See in the ledger" in one for one in doubts(present, 5)] == [True]


def test_an_invoice_whose_past_is_not_told_is_held_against_payments_only() -> None:
    present = with_invoices(invoice((LATER, settled()), whole=False))
    assert violations(present, 5) == []
    assert ["1 text could be" in one for one in doubts(present, 5)] == [True]


# ------------------------------------------------------------------------------------------------ links in texts


@pytest.mark.parametrize(
    "bad",
    [
        pytest.param(with_texts(text(body="Pay https://pay.exampIe/plink_1")), id="strange address"),
        pytest.param(with_texts(text(body=f"Pay {URL} or {URL}")), id="twice"),
        pytest.param(with_texts(text(body=f"Pay {URL} or http://bad.example")), id="two addresses"),
        pytest.param(with_texts(text(at=NOON)), id="before the link was made"),
        pytest.param(with_texts(text("SM9", TEXTED), of=with_links(link(retired_at=TEXTED - minutes(3)))), id="closed"),
    ],
)
def test_a_text_with_any_other_address_than_one_open_link_is_rejected(bad: Records) -> None:
    assert len(violations(bad, 18)) == 1


def test_a_link_that_closes_while_the_text_goes_out_is_accepted() -> None:
    assert violations(with_texts(text("SM9", TEXTED), of=with_links(link(retired_at=TEXTED - minutes(1)))), 18) == []
    assert violations(with_texts(text(body=f"Pay at {URL}.")), 18) == []


def test_when_a_closed_link_was_open_is_not_told_by_a_live_account() -> None:
    assert len(doubts(with_links(link(made_at=None, retired_at=None)), 18)) == 1


def test_texts_of_other_programs_on_the_account_are_left_alone() -> None:
    shared = with_texts(text(), text("SM9", body="Your table is ready. https://tables.example/7"), of=GOOD)
    foreign = replace(shared, messenger=replace(shared.messenger, ours_alone=False))
    assert violations(foreign, 18) == []


def test_on_a_shared_account_thanks_are_ours_where_they_went_to_somebody_of_the_invoice() -> None:
    night = NOON + timedelta(hours=10)
    mine = [thanks("SM2", night), thanks("SM3", night, to=OWNER), thanks("SM4", night, to=STRANGER)]
    shared = with_rules(with_texts(text(), *mine), owner_phone=OWNER)
    foreign = replace(shared, messenger=replace(shared.messenger, ours_alone=False))
    assert len(violations(foreign, 4)) == 2, "the stranger's text is somebody else's, though it holds the same number"
    unread = with_invoices(invoice((NOON, standing()), (BOOKED, settled()), phones=None), of=foreign)
    assert len(violations(unread, 4)) == 1
