"""Replies and delivery reports by webhook do what polling does, once, and a STOP is on record before the answer."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from connector.domain.consent import ConsentState, standing
from connector.ports.messenger import InboundText
from connector.web.doors import doors_of
from state.names import INBOUND_SINCE
from state.tables import TextRow
from tests.flow.office import MOBILE
from tests.web.reception import PUBLIC, STRIPE_SECRET, TWILIO_TOKEN, Reception, settings, twilio_signature

FORM = {"MessageSid": "SM" + "2" * 32, "From": MOBILE.e164, "To": "+15552000001", "Body": "STOP"}


def consent(reception: Reception) -> ConsentState:
    return standing(reception.office.company.queries.consent("acme", MOBILE.e164))


def test_a_stop_is_on_record_with_the_answer_and_blocks_the_next_text(reception: Reception) -> None:
    office = reception.office
    customer = office.customer()
    answer = reception.text("Stop")
    assert (answer.status_code, consent(reception)) == (200, ConsentState.REVOKED)
    office.issue(customer)
    office.run(3)
    assert office.texts() == []


def test_the_answer_asks_twilio_to_reply_nothing(reception: Reception) -> None:
    answer = reception.text("hello")
    assert answer.headers["content-type"].startswith("text/xml")
    assert answer.text.endswith("<Response/>")


def test_a_stop_wins_over_a_consent_of_a_faster_clock(reception: Reception) -> None:
    office = reception.office
    office.wait(minutes=5)
    office.customer()  # agrees, by a service whose clock is five minutes ahead of ours
    office.clock.jump(office.clock.now() - timedelta(minutes=5))
    reception.text("STOP")
    assert consent(reception) is ConsentState.REVOKED


@pytest.mark.parametrize("body", ["STOP", "START"])
def test_without_a_fitting_signature_nothing_is_heard(reception: Reception, body: str) -> None:
    reception.office.customer()
    before = reception.stored()
    form = {**FORM, "Body": body}
    assert reception.twilio("acme/twilio/inbound", form, token="guessed").status_code == 401
    assert reception.post("acme/twilio/inbound", urlencode(form).encode()).status_code == 401
    assert (reception.stored(), reception.worked) == (before, [])


def test_a_reply_that_came_both_ways_is_stored_once(reception: Reception) -> None:
    office = reception.office
    office.issue()
    office.run()
    listed = InboundText("SM" + "5" * 32, MOBILE, "When is this due?", office.clock.now())
    office.carrier.received.append(listed)
    reception.twilio("acme/twilio/inbound", {**FORM, "MessageSid": listed.text_id, "Body": listed.body})
    office.wait(minutes=1)
    office.run()
    assert [row.body for row in office.company.queries.replies_from("acme", MOBILE.e164)] == ["When is this due?"]
    assert len([item for item in office.attention() if "When is this due" in item]) == 1


def test_a_word_that_twilio_itself_took_for_stop_is_a_stop(reception: Reception) -> None:
    office = reception.office
    customer = office.customer()
    office.wait(minutes=1)
    reception.text("NONE OF IT", OptOutType="STOP")
    assert consent(reception) is ConsentState.REVOKED
    office.issue(customer)
    office.run(3)
    assert office.texts() == []


def test_it_is_one_also_where_the_text_was_read_before_without_that_word(reception: Reception) -> None:
    office = reception.office
    office.customer()
    office.wait(minutes=1)
    reception.text("NONE OF IT")
    assert consent(reception) is ConsentState.GRANTED
    for _ in range(3):
        reception.text("NONE OF IT", OptOutType="STOP")
    assert consent(reception) is ConsentState.REVOKED
    assert len(office.company.queries.consent("acme", MOBILE.e164)) == 2


def test_a_reply_sent_twenty_times_is_one_and_wakes_once(reception: Reception) -> None:
    assert {reception.text("And how do I pay?").status_code for _ in range(20)} == {200}
    assert len(reception.office.company.queries.replies_from("acme", MOBILE.e164)) == 1
    assert reception.worked == ["acme"]


def test_an_old_start_cannot_be_played_again_after_a_stop(reception: Reception) -> None:
    reception.office.customer()
    reception.text("START", sid="SM" + "3" * 32)
    reception.text("STOP", sid="SM" + "4" * 32)
    reception.office.wait(minutes=1)
    assert reception.text("START", sid="SM" + "3" * 32).status_code == 200
    assert consent(reception) is ConsentState.REVOKED


def test_a_webhook_never_moves_how_far_the_replies_were_read(reception: Reception) -> None:
    before = reception.office.company.queries.cursor("acme", INBOUND_SINCE)
    reception.office.wait(minutes=1)
    reception.text("hello")
    assert reception.office.company.queries.cursor("acme", INBOUND_SINCE) == before


@pytest.mark.parametrize("change", [{"To": "+15552000003"}, {"From": "32665"}, {"MessageSid": "x"}, {"From": ""}])
def test_what_is_not_a_text_to_this_company_is_not_stored(reception: Reception, change: dict[str, str]) -> None:
    before = reception.stored()
    assert reception.twilio("acme/twilio/inbound", {**FORM, **change}).status_code == 200
    assert reception.stored() == before


def test_the_configured_address_is_what_counts_and_not_the_host_header(reception: Reception) -> None:
    evil = "https://evil.example"
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    headers["X-Twilio-Signature"] = twilio_signature(f"{evil}/hooks/acme/twilio/inbound", FORM)
    assert reception.post("acme/twilio/inbound", urlencode(FORM).encode(), headers).status_code == 401
    headers["X-Twilio-Signature"] = twilio_signature(f"{PUBLIC}/hooks/acme/twilio/inbound", FORM)
    assert reception.post("acme/twilio/inbound", urlencode(FORM).encode(), headers).status_code == 200


def test_a_signature_for_one_company_does_not_open_anothers_door(reception: Reception) -> None:
    headers = {"X-Twilio-Signature": twilio_signature(f"{PUBLIC}/hooks/acme/twilio/inbound", FORM)}
    assert reception.post("gamma/twilio/inbound", urlencode(FORM).encode(), headers).status_code == 401


@pytest.mark.parametrize("url", [f"{PUBLIC}:443/hooks/acme/twilio/inbound", f"{PUBLIC}/hooks/acme/twilio/inbound?a=b"])
def test_the_port_and_the_query_may_be_part_of_the_address(reception: Reception, url: str) -> None:
    target = "acme/twilio/inbound" + ("?a=b" if "?" in url else "")
    headers = {"X-Twilio-Signature": twilio_signature(url, FORM)}
    assert reception.post(target, urlencode(FORM).encode(), headers).status_code == 200


@pytest.mark.parametrize(
    ("algorithm", "named", "status"),
    [("sha256", "HMAC_SHA256", 200), ("sha1", "HMAC_SHA1", 200), ("sha1", "HMAC_SHA256", 401), ("sha1", "NONE", 401)],
)
def test_twilio_may_say_which_algorithm_signs(reception: Reception, algorithm: str, named: str, status: int) -> None:
    headers = {
        "X-Twilio-Signature": twilio_signature(
            f"{PUBLIC}/hooks/acme/twilio/inbound", FORM, TWILIO_TOKEN, algorithm=algorithm
        ),
        "X-Twilio-Webhooks-Signature-Settings": f"key=webhooks_sharedkey_1,algorithm={named}",
    }
    assert reception.post("acme/twilio/inbound", urlencode(FORM).encode(), headers).status_code == status


def sent_an_hour_ago(reception: Reception, *, check_in: timedelta | None) -> str:
    now = reception.office.clock.now()
    text_id = "SM" + "6" * 32
    row = TextRow(
        company="acme",
        text_id=text_id,
        effect_key="made-up",
        ledger_id="1",
        phone=MOBILE.e164,
        purpose="notice",
        state="accepted",
        sent_at=now - timedelta(hours=1),
        check_at=now + check_in if check_in else None,
    )
    with reception.office.database.write() as session:
        session.add(row)
    return text_id


@pytest.mark.parametrize("status", ["delivered", "undelivered", "failed"])
def test_a_final_report_has_twilio_asked_about_the_text_at_once(reception: Reception, status: str) -> None:
    text_id = sent_an_hour_ago(reception, check_in=timedelta(hours=2))
    assert reception.twilio("acme/twilio/status", {"MessageSid": text_id, "MessageStatus": status}).status_code == 200
    due = reception.office.company.queries.texts_to_check("acme", reception.office.clock.now(), 10)
    assert [(row.text_id, row.state) for row in due] == [(text_id, "accepted")]  # the report itself is not believed
    assert reception.worked == ["acme"]


def test_a_report_on_a_text_whose_fate_is_known_asks_nothing(reception: Reception) -> None:
    text_id = sent_an_hour_ago(reception, check_in=None)
    form = {"MessageSid": text_id, "MessageStatus": "delivered"}
    assert reception.twilio("acme/twilio/status", form).status_code == 200
    assert reception.office.company.queries.texts_to_check("acme", reception.office.clock.now(), 10) == []
    assert reception.worked == []


@pytest.mark.parametrize("status", ["queued", "sent", "delivered", "", "nonsense"])
def test_reports_on_texts_we_do_not_know_change_nothing(reception: Reception, status: str) -> None:
    before = reception.stored()
    form = {"MessageSid": "SM" + "9" * 32, "MessageStatus": status}
    assert reception.twilio("acme/twilio/status", form).status_code == 200
    assert (reception.stored(), reception.worked) == (before, [])


def test_a_refusal_is_logged_with_what_to_look_at_and_without_the_request(
    reception: Reception, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        reception.twilio("acme/twilio/inbound", {**FORM, "Body": "my secret words"}, token="guessed")
    assert "acme/twilio/inbound" in caplog.text
    assert "public_url" in caplog.text
    assert "secret words" not in caplog.text
    assert MOBILE.e164 not in caplog.text


def test_without_a_public_address_twilios_doors_are_shut() -> None:
    loaded = settings()
    daemon = loaded.settings.daemon.model_copy(update={"public_url": None})
    doors = doors_of(replace(loaded, settings=loaded.settings.model_copy(update={"daemon": daemon})))
    assert sorted(doors) == [("acme", "quickbooks"), ("acme", "stripe"), ("beta", "xero"), ("gamma", "quickbooks")]


def test_the_text_of_a_door_holds_no_secret() -> None:
    shown = repr(doors_of(settings()))
    assert "acme/stripe" in shown
    assert not [secret for secret in (STRIPE_SECRET, TWILIO_TOKEN) if secret in shown]
