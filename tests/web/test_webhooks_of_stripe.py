"""A Stripe event is believed for its signature alone, and then only as a hint."""

from __future__ import annotations

import pytest

from state.names import HINTS_SINCE
from tests.web.reception import STRIPE_SECRET, Reception, paid, stripe_signature


def test_a_genuine_event_is_stored_and_the_company_is_worked_on(reception: Reception) -> None:
    assert reception.stripe(paid()) == 200
    assert reception.hints() == ["evt_1"]
    assert reception.worked == ["acme"]


def test_a_genuine_event_leads_to_the_booking_of_what_stripe_itself_says(reception: Reception) -> None:
    office = reception.office
    invoice = office.issue()
    office.run()
    link = office.link_in(office.texts()[0])
    session = office.stripe_world.open_page(link)
    assert session is not None
    office.stripe_world.pay_page(session)
    event = paid(session)
    event["data"]["object"]["amount_total"] = 1  # what the event says of the amount is of no interest
    assert reception.stripe(event) == 200
    office.run()
    assert len(office.bookings(invoice)) == 1
    assert office.owed(invoice).amount == 0


def test_a_forged_paid_event_stores_nothing_and_books_nothing(reception: Reception) -> None:
    office = reception.office
    invoice = office.issue()
    office.run()
    session = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert session is not None
    before = reception.stored()
    assert reception.stripe(paid(session), secret="whsec_guessed") == 401
    office.run(2)
    assert (reception.stored(), office.bookings(invoice), reception.worked) == (before, [], [])


def test_a_genuine_event_about_a_page_nobody_paid_books_nothing(reception: Reception) -> None:
    office = reception.office
    invoice = office.issue()
    office.run()
    session = office.stripe_world.open_page(office.link_in(office.texts()[0]))
    assert session is not None
    assert reception.stripe(paid(session)) == 200
    office.run(2)
    assert office.bookings(invoice) == []


def test_an_event_sent_a_hundred_times_is_one_hint_and_wakes_once(reception: Reception) -> None:
    assert {reception.stripe(paid(), at=number) for number in range(100)} == {200}
    assert reception.hints() == ["evt_1"]
    assert reception.worked == ["acme"]


def test_a_webhook_never_moves_how_far_the_events_were_read(reception: Reception) -> None:
    queries = reception.office.company.queries
    before = queries.cursor("acme", HINTS_SINCE)
    reception.stripe(paid())
    assert before is not None
    assert queries.cursor("acme", HINTS_SINCE) == before


@pytest.mark.parametrize(("at", "status"), [(-299, 200), (299, 200), (-302, 401), (302, 401), (86_400, 401)])
def test_a_stamp_counts_for_five_minutes_either_way(reception: Reception, at: int, status: int) -> None:
    assert reception.stripe(paid(), at=at) == status
    assert len(reception.hints()) == (1 if status == 200 else 0)


def test_each_signature_is_tried_while_a_secret_is_rolled(reception: Reception) -> None:
    body = b'{"id":"evt_2","type":"payout.paid","created":1795000000,"data":{"object":{"id":"po_1"}}}'
    now = int(reception.office.clock.now().timestamp())
    old, new = stripe_signature(body, now, "whsec_old"), stripe_signature(body, now)
    header = old.replace(",v0=00", "") + "," + new.partition(",")[2]
    assert reception.post("acme/stripe", body, {"Stripe-Signature": header}).status_code == 200
    assert reception.hints() == ["evt_2"]


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "v1=00", "t=,v1=", "t=1,t=2,v1=00", "t=١٢,v1=00", "t=1e9,v1=00", ",".join(["v1=00"] * 500), "=,=,="],
)
def test_a_header_that_is_no_signature_is_refused(reception: Reception, header: str) -> None:
    answer = reception.post("acme/stripe", b"{}", {"Stripe-Signature": header.encode()})  # type: ignore[dict-item]  # bytes of any kind
    assert (answer.status_code, answer.content) == (401, b"")


def test_a_signature_in_another_scheme_alone_is_refused(reception: Reception) -> None:
    now = int(reception.office.clock.now().timestamp())
    header = stripe_signature(b"{}", now).replace("v1=", "v2=")
    assert reception.post("acme/stripe", b"{}", {"Stripe-Signature": header}).status_code == 401


def test_a_body_changed_after_signing_is_refused(reception: Reception) -> None:
    now = int(reception.office.clock.now().timestamp())
    header = stripe_signature(b'{"id":"evt_1"}', now, STRIPE_SECRET)
    assert reception.post("acme/stripe", b'{"id":"evt_2"}', {"Stripe-Signature": header}).status_code == 401


def test_events_that_do_not_concern_us_are_thanked_for_and_forgotten(reception: Reception) -> None:
    assert reception.stripe({**paid(), "type": "customer.created"}) == 200
    assert (reception.hints(), reception.worked, reception.looked) == ([], [], [])


@pytest.mark.parametrize(
    "event",
    [
        b"",
        b"[]",
        b"null",
        b"[" * 100_000,
        b'{"type": "payout.paid"}',
        b'{"id": 5, "type": "payout.paid", "created": 1e400, "data": 7}',
        b'{"id": "evt_\\ud800", "type": "payout.paid", "created": 1795000000, "data": {"object": {"id": "po_1"}}}',
        b'{"id": "evt_1", "type": "payout.paid", "created": 99999999999999999, "data": {"object": {"id": "po_1"}}}',
        b'{"id": "evt_1", "type": "payout.paid", "created": 1795000000, "data": {"object": {"id": "../../x"}}}',
        b'{"id": "evt_1", "type": ["payout.paid"], "created": 1795000000}',
        b"\xff\xfe",
    ],
)
def test_a_signed_body_that_cannot_be_read_is_left_to_the_next_look(reception: Reception, event: bytes) -> None:
    assert reception.stripe(event) == 200
    assert reception.hints() == []


def test_what_cannot_be_made_durable_is_sent_again_by_the_service(reception: Reception) -> None:
    database = reception.office.database
    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE hints RENAME TO hints_away")
    assert reception.stripe(paid()) == 503
    with database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE hints_away RENAME TO hints")
    assert reception.worked == []
    assert reception.stripe(paid()) == 200
    assert reception.hints() == ["evt_1"]
