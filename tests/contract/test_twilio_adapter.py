"""What only Twilio does, seen at the provider: the adapter against the twin over HTTP."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import pytest

from adapters.sandbox.base import Fault
from adapters.sandbox.twilio import Number, Service
from adapters.twilio.settings import TwilioSettings
from connector.domain.phone import Phone
from connector.errors import (
    Bug,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.calls import CallKind
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import DeliveryState, FailureKind, Messenger, SegmentPrice, TextRequest
from tests.contract.harness import MessengerHarness
from tests.contract.rows.twilio import ACCOUNT, SECOND_SENDER, SENDER, SERVICE, TwilioWorld, world
from tests.twins.twilio_spec import parameters_of

ANA = Phone("+15551230001")
BOB = Phone("+15551230002")
BODY = "Acme: invoice INV-1, $120.00. Pay online: https://buy.stripe.com/abc"
CAMPAIGNS = "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p"
EVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture(params=[False, True], ids=["number", "service"])
def twilio(request: pytest.FixtureRequest) -> Iterator[TwilioWorld]:
    with world(through_service=request.param) as made:
        yield made


@pytest.fixture
def through_service() -> Iterator[TwilioWorld]:
    with world(through_service=True) as made:
        yield made


@pytest.fixture
def through_number() -> Iterator[TwilioWorld]:
    with world(through_service=False) as made:
        yield made


def request_to(to: Phone, body: str = BODY, valid_for: timedelta = timedelta(hours=2)) -> TextRequest:
    return TextRequest(to, body, valid_for)


def posted(made: TwilioWorld) -> list[dict[str, list[str]]]:
    return [parse_qs(seen.body) for seen in made.twin.requests if seen.method == "POST"]


def findings_of(made: TwilioWorld) -> dict[str, Finding]:
    return {finding.subject: finding for finding in made.messenger.inspect()}


def test_adapter_and_world_fit_the_port_and_the_suite(through_service: TwilioWorld) -> None:
    messenger: Messenger = through_service.adapter
    suite: MessengerHarness = through_service
    assert suite.messenger is messenger


# ------------------------------------------------------------------------------------------------------- sending


def test_a_text_arrives_at_the_provider_once_with_its_time_limit(twilio: TwilioWorld) -> None:
    sent = twilio.messenger.send(request_to(ANA, valid_for=timedelta(minutes=90, seconds=30.9)))
    assert twilio.texts_in_world(ANA) == [BODY]
    assert sent.state is DeliveryState.ACCEPTED
    assert sent.to == ANA
    [form] = posted(twilio)
    assert form["ValidityPeriod"] == ["5430"]
    assert form["MessageIntent"] == ["notifications"]
    assert "StatusCallback" not in form
    assert ("MessagingServiceSid" in form) != ("From" in form)
    assert twilio.account.by_sid[sent.text_id].validity == 5430


@pytest.mark.parametrize(("valid_for", "seconds"), [(timedelta(days=2), "36000"), (timedelta(milliseconds=10), "1")])
def test_the_time_limit_stays_in_twilios_range(through_number: TwilioWorld, valid_for: timedelta, seconds: str) -> None:
    through_number.messenger.send(request_to(ANA, valid_for=valid_for))
    assert posted(through_number)[0]["ValidityPeriod"] == [seconds]


def test_a_text_whose_time_has_run_out_is_not_sent(through_number: TwilioWorld) -> None:
    with pytest.raises(Bug):
        through_number.messenger.send(request_to(ANA, valid_for=timedelta()))
    assert posted(through_number) == []


def test_a_lost_answer_leaves_one_text_at_the_provider_that_can_be_found(twilio: TwilioWorld) -> None:
    twilio.lose_next_write_answer()
    before = datetime.now(UTC)
    with pytest.raises(Uncertain) as caught:
        twilio.messenger.send(request_to(ANA))
    assert twilio.texts_in_world(ANA) == [BODY]
    assert len(posted(twilio)) == 1
    assert "Monitor > Logs" in caught.value.advice
    [found] = twilio.messenger.sent_to(ANA, before)
    assert found.body == BODY


def test_a_connection_reset_before_the_answer_is_uncertain_and_not_repeated(through_number: TwilioWorld) -> None:
    through_number.twin.faults.append(Fault("drop_before", method="POST"))
    with pytest.raises(Uncertain):
        through_number.messenger.send(request_to(ANA))
    assert len(posted(through_number)) == 1
    assert through_number.texts_in_world(ANA) == []


def test_no_connection_at_all_is_certainly_not_sent(through_number: TwilioWorld) -> None:
    through_number.refuse_next_connection()
    with pytest.raises(Transient) as caught:
        through_number.messenger.send(request_to(ANA))
    assert not isinstance(caught.value, Throttled)
    assert through_number.messenger.send(request_to(ANA)).to == ANA
    assert through_number.texts_in_world(ANA) == [BODY]


def test_an_answer_that_is_too_late_is_uncertain_and_the_time_out_is_ours() -> None:
    with world(through_service=False, read_timeout=0.2) as made:
        made.twin.faults.append(Fault("delay_after", method="POST", seconds=1.0))
        with pytest.raises(Uncertain):
            made.messenger.send(request_to(ANA))
        assert made.texts_in_world(ANA) == [BODY]


@pytest.mark.parametrize(
    "fault",
    [
        Fault("status", method="POST", status=500, body='{"code":20500,"message":"Internal","status":500}'),
        Fault("status", method="POST", status=503, body="<html>down</html>"),
        Fault("status", method="POST", status=403, body="<html>proxy</html>"),
        Fault("status", method="POST", status=302, headers={"Location": "/elsewhere"}),
        Fault("garbage", method="POST"),
        Fault("status", method="POST", status=201, body="{}"),
        Fault("status", method="POST", status=201, body="[1]"),
    ],
    ids=["500", "503", "proxy page", "redirect", "portal", "empty", "list"],
)
def test_an_answer_that_says_nothing_certain_is_uncertain(through_number: TwilioWorld, fault: Fault) -> None:
    through_number.twin.faults.append(Fault(**vars(fault)))
    with pytest.raises(Uncertain):
        through_number.messenger.send(request_to(ANA))
    assert len(posted(through_number)) == 1


def test_a_refusal_to_an_opted_out_number_is_told_as_that(twilio: TwilioWorld) -> None:
    twilio.messenger.send(request_to(ANA))
    twilio.reply(ANA, "Stop")
    with pytest.raises(Rejected) as caught:
        twilio.messenger.send(request_to(ANA, "another"))
    assert caught.value.because is RejectedBecause.OPTED_OUT
    assert caught.value.code == "21610"
    assert twilio.texts_in_world(ANA) == [BODY]
    twilio.reply(ANA, "START")
    twilio.messenger.send(request_to(ANA, "another"))
    assert twilio.texts_in_world(ANA) == [BODY, "another"]


def test_a_landline_and_a_bad_number_are_unreachable(through_number: TwilioWorld) -> None:
    through_number.make_landline(ANA)
    for to in (ANA, Phone("+0155512300")):
        with pytest.raises(Rejected) as caught:
            through_number.messenger.send(request_to(to))
        assert caught.value.because is RejectedBecause.UNREACHABLE_NUMBER
        assert to.e164 not in str(caught.value)


def test_faults_of_the_set_up_say_what_to_click(twilio: TwilioWorld) -> None:
    twilio.twin.world.habits.geo = ["FR"]
    with pytest.raises(Rejected) as caught:
        twilio.messenger.send(request_to(ANA))
    assert caught.value.because is RejectedBecause.SETUP
    assert "Geo permissions" in caught.value.advice
    twilio.twin.world.habits.geo = None
    twilio.account.numbers.clear()
    with pytest.raises(Rejected) as caught:
        twilio.messenger.send(request_to(ANA))
    assert caught.value.because is RejectedBecause.SETUP
    assert caught.value.advice


def test_wrong_credentials_need_a_person(twilio: TwilioWorld) -> None:
    twilio.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        twilio.messenger.send(request_to(ANA))
    with pytest.raises(NeedsReauthorisation):
        twilio.messenger.sent_to(ANA, EVER)
    assert twilio.texts_in_world(ANA) == []


def test_throttling_pauses_the_whole_company_and_is_not_repeated(twilio: TwilioWorld) -> None:
    twilio.throttle_next_call()
    with pytest.raises(Throttled):
        twilio.messenger.send(request_to(ANA))
    assert twilio.meter.pauses == [("twilio", twilio.clock.now() + timedelta(seconds=10))]
    assert len(twilio.twin.requests) == 1
    retry = {"Retry-After": "90000"}
    twilio.twin.faults.append(Fault("status", status=429, body="slow down", headers=retry))
    with pytest.raises(Throttled) as caught:
        twilio.messenger.sent_to(ANA, EVER)
    assert caught.value.retry_after == timedelta(hours=1)
    assert len(twilio.twin.requests) == 2


def test_calls_are_metered_as_reads_and_writes(through_number: TwilioWorld) -> None:
    through_number.messenger.send(request_to(ANA))
    through_number.messenger.sent_to(ANA, EVER)
    assert [(c.service, c.kind, c.status) for c in through_number.meter.seen] == [
        ("twilio", CallKind.WRITE, 201),
        ("twilio", CallKind.READ, 200),
    ]
    assert all(c.server_time for c in through_number.meter.seen)


def test_nothing_of_a_text_reaches_a_log(through_number: TwilioWorld, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    through_number.messenger.send(request_to(ANA))
    logged = " ".join(record.getMessage() for record in caplog.records)
    assert ANA.e164 not in logged
    assert "INV-1" not in logged


def test_the_environment_is_not_read(through_number: TwilioWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TWILIO_REGION", "TWILIO_EDGE", "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        monkeypatch.setenv(name, "elsewhere")
    through_number.connect().send(request_to(ANA))
    assert through_number.texts_in_world(ANA) == [BODY]


# ----------------------------------------------------------------------------------------------------- looking up


def test_texts_to_one_number_come_newest_first_and_ours_only(twilio: TwilioWorld) -> None:
    for body in ("one", "two"):
        twilio.messenger.send(request_to(ANA, body))
    twilio.messenger.send(request_to(BOB, "other"))
    twilio.reply(ANA, "HELP")
    assert [text.body for text in twilio.messenger.sent_to(ANA, EVER)] == ["two", "one"]


def test_the_search_goes_back_to_since_over_pages_and_not_further(through_number: TwilioWorld) -> None:
    for index in range(150):
        through_number.messenger.send(request_to(ANA, f"old {index}"))
    through_number.let_time_pass(timedelta(hours=3))
    since = through_number.clock.now()
    for index in range(120):
        through_number.messenger.send(request_to(ANA, f"new {index}"))
    through_number.twin.requests.clear()
    found = through_number.messenger.sent_to(ANA, since)
    assert [text.body for text in found] == [f"new {index}" for index in reversed(range(120))]
    lists = [seen.query for seen in through_number.twin.requests]
    assert len(lists) == 2
    assert not any("DateSent" in query for query in lists)


def test_a_text_of_the_very_second_is_found_though_twilio_cuts_fractions(through_number: TwilioWorld) -> None:
    sent = through_number.messenger.send(request_to(ANA))
    since = sent.created_at + timedelta(milliseconds=900)
    assert [text.text_id for text in through_number.messenger.sent_to(ANA, since)] == [sent.text_id]


def test_a_list_that_lags_shows_the_text_later(twilio: TwilioWorld) -> None:
    twilio.twin.world.habits.lag_seconds = 120
    twilio.messenger.send(request_to(ANA))
    assert twilio.messenger.sent_to(ANA, EVER) == ()
    twilio.let_time_pass(timedelta(seconds=121))
    assert len(twilio.messenger.sent_to(ANA, EVER)) == 1


def test_a_list_that_fails_is_tried_thrice_then_transient(through_number: TwilioWorld) -> None:
    through_number.twin.faults.append(Fault("status", method="GET", status=503, body="down", times=3))
    with pytest.raises(Transient) as caught:
        through_number.messenger.sent_to(ANA, EVER)
    assert not isinstance(caught.value, Throttled)
    assert len(through_number.twin.requests) == 3


def test_a_read_that_fails_once_is_not_noticed(through_number: TwilioWorld) -> None:
    sent = through_number.messenger.send(request_to(ANA))
    for fault in (Fault("drop_after", method="GET"), Fault("garbage", method="GET")):
        through_number.twin.faults.append(fault)
        assert through_number.messenger.sent_text(sent.text_id) is not None


def test_a_text_is_followed_to_its_end(twilio: TwilioWorld) -> None:
    sent = twilio.messenger.send(request_to(ANA))
    twilio.deliver(sent.text_id)
    seen = twilio.messenger.sent_text(sent.text_id)
    assert seen is not None
    assert (seen.state, seen.segments, seen.error_code, seen.advice) == (DeliveryState.DELIVERED, 1, None, None)
    assert (seen.price, seen.price_currency) == (Decimal("0.00830"), "USD")


def test_a_failed_delivery_says_what_to_do(twilio: TwilioWorld) -> None:
    sent = twilio.messenger.send(request_to(ANA))
    twilio.fail_delivery(sent.text_id, "30034")
    seen = twilio.messenger.sent_text(sent.text_id)
    assert seen is not None
    assert (seen.state, seen.error_code) == (DeliveryState.UNDELIVERED, "30034")
    assert seen.advice is not None
    assert seen.advice.kind is FailureKind.UNREGISTERED
    assert "A2P" in seen.advice.meaning


def test_an_unknown_text_is_none(through_number: TwilioWorld) -> None:
    assert through_number.messenger.sent_text("SM" + "0" * 32) is None


def test_a_list_that_never_ends_is_not_taken_for_whole(through_number: TwilioWorld) -> None:
    for _ in range(2001):  # each is answered by Twilio itself, which is a row of the list
        through_number.twin.world.receive("+15559990000", SENDER, "HELP", through_number.twin.clock.now())
    with pytest.raises(Rejected, match="not relied on"):
        through_number.messenger.sent_to(Phone("+15559990000"), EVER)


def test_a_next_page_at_another_host_gets_no_credentials(through_service: TwilioWorld) -> None:
    page = '{"meta":{"key":"phone_numbers","next_page_url":"http://127.0.0.2:9/v1"},"phone_numbers":[]}'
    through_service.twin.faults.append(Fault("status", path="PhoneNumbers", status=200, body=page))
    with pytest.raises(Bug, match="foreign"):
        through_service.messenger.inbound(EVER)


# ------------------------------------------------------------------------------------------------------- replies


def test_replies_on_every_number_of_the_sender_come_oldest_first(through_service: TwilioWorld) -> None:
    made = through_service
    now = made.twin.clock.now()
    made.twin.world.receive(ANA.e164, SENDER, "first", now - timedelta(minutes=3))
    made.twin.world.receive(BOB.e164, SECOND_SENDER, "second", now - timedelta(minutes=2))
    made.twin.world.receive(ANA.e164, SENDER, "STOP", now - timedelta(minutes=1))
    texts = made.messenger.inbound(now - timedelta(hours=1))
    assert [(text.sender, text.body) for text in texts] == [(ANA, "first"), (BOB, "second"), (ANA, "STOP")]
    assert [text.body for text in made.messenger.inbound(now - timedelta(minutes=2))] == ["second", "STOP"]


def test_a_reply_just_before_midnight_is_seen_just_after(through_number: TwilioWorld) -> None:
    made = through_number
    midnight = made.twin.clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    made.twin.world.receive(ANA.e164, SENDER, "late", midnight - timedelta(seconds=5))
    assert [text.body for text in made.messenger.inbound(midnight - timedelta(seconds=30))] == ["late"]


def test_the_pool_of_a_service_is_asked_once_an_hour(through_service: TwilioWorld) -> None:
    made = through_service

    def pool_reads() -> int:
        return sum("PhoneNumbers" in seen.path for seen in made.twin.requests)

    for _ in range(3):
        made.messenger.inbound(made.clock.now())
    assert pool_reads() == 1
    made.let_time_pass(timedelta(minutes=61))
    made.account.numbers["+15550100009"] = Number("+15550100009")
    made.service.numbers.append("+15550100009")
    made.twin.world.receive(ANA.e164, "+15550100009", "hello", made.twin.clock.now())
    assert [text.body for text in made.messenger.inbound(made.clock.now() - timedelta(minutes=5))] == ["hello"]
    assert pool_reads() == 2


def test_replies_from_short_codes_are_passed_over(through_number: TwilioWorld) -> None:
    through_number.twin.world.receive("12345", SENDER, "Your code is 1", through_number.twin.clock.now())
    assert through_number.messenger.inbound(EVER) == ()


# ------------------------------------------------------------------------------------------------ price and check


def test_the_price_is_the_dearest_and_asked_once_a_day(through_number: TwilioWorld) -> None:
    for _ in range(2):
        assert through_number.messenger.price_per_segment("FR") == SegmentPrice(Decimal("0.0800"), "USD")
    assert len(through_number.twin.requests) == 1
    assert through_number.messenger.price_per_segment("nowhere") is None
    through_number.clock.advance(timedelta(hours=25))
    before = len(through_number.twin.requests)
    assert through_number.messenger.price_per_segment("FR") == SegmentPrice(Decimal("0.0800"), "USD")
    assert len(through_number.twin.requests) == before + 1, "a new day, a new look"


def test_a_good_set_up_has_nothing_but_good_findings(twilio: TwilioWorld) -> None:
    twilio.account.services[SERVICE] = twilio.service  # registered, as a US number must be
    findings = findings_of(twilio)
    assert {finding.weight for finding in findings.values()} == {Weight.OK}
    assert {"Twilio credentials", "Sender", "Replies", "Balance", "Countries"} <= set(findings)
    assert {seen.method for seen in twilio.twin.requests} == {"GET"}


def test_a_service_that_drops_replies_is_a_problem_that_names_stop(through_service: TwilioWorld) -> None:
    through_service.service.inbound_request_url = None
    finding = findings_of(through_service)["Replies"]
    assert finding.weight is Weight.PROBLEM
    assert "STOP" in finding.fix
    assert "Integration" in finding.fix
    through_service.service.use_inbound_webhook_on_number = True
    assert findings_of(through_service)["Replies"].weight is Weight.OK


def test_a_sender_that_cannot_text_or_is_not_there_is_a_problem(twilio: TwilioWorld) -> None:
    for number in twilio.account.numbers.values():
        number.sms = False
    assert findings_of(twilio)["Sender"].weight is Weight.PROBLEM
    twilio.account.services.clear()
    twilio.account.numbers.clear()
    assert findings_of(twilio)["Sender"].weight is Weight.PROBLEM


def test_a_number_inside_a_service_that_drops_replies_is_a_problem_too(through_number: TwilioWorld) -> None:
    made = through_number
    made.service.numbers.remove(SECOND_SENDER)
    made.service.inbound_request_url = None
    other = Service("MG" + "e" * 32, numbers=[SECOND_SENDER], inbound_request_url=None)
    made.account.services = {other.sid: other}
    assert findings_of(made)["Replies"].weight is Weight.OK  # another number's service
    made.account.services[SERVICE] = made.service
    finding = findings_of(made)["Replies"]
    assert finding.weight is Weight.PROBLEM
    assert "STOP" in finding.fix
    made.twin.world.receive(ANA.e164, SENDER, "STOP", made.twin.clock.now())
    assert made.messenger.inbound(EVER) == (), "and so it is: the twin plays it"


def test_a_sender_that_is_only_a_name_is_a_warning_because_nobody_can_reply_stop(through_service: TwilioWorld) -> None:
    through_service.service.alpha_senders.append("ACME")
    finding = findings_of(through_service)["Names as senders"]
    assert finding.weight is Weight.WARNING
    assert "STOP" in finding.seen
    assert "ACME" in finding.seen


def test_replies_to_a_short_code_of_the_service_are_heard(through_service: TwilioWorld) -> None:
    made = through_service
    made.service.short_codes.append("72345")
    made.account.numbers["72345"] = Number("72345")
    made.twin.world.receive(ANA.e164, "72345", "STOP", made.twin.clock.now())
    assert [text.body for text in made.messenger.inbound(EVER)] == ["STOP"]
    assert findings_of(made)["Sender"].weight is Weight.OK


def test_a_service_without_numbers_is_a_problem(through_service: TwilioWorld) -> None:
    through_service.service.numbers.clear()
    assert findings_of(through_service)["Sender"].weight is Weight.PROBLEM


def test_twilios_sample_answer_to_customers_is_a_warning(twilio: TwilioWorld) -> None:
    twilio.service.use_inbound_webhook_on_number = True
    twilio.account.numbers[SENDER].sms_url = "https://demo.twilio.com/welcome/sms/reply/"
    assert findings_of(twilio)["Replies"].weight is Weight.WARNING


@pytest.mark.parametrize(("balance", "weight"), [("0", Weight.PROBLEM), ("4.99", Weight.WARNING), ("5", Weight.OK)])
def test_the_balance_is_watched(through_number: TwilioWorld, balance: str, weight: Weight) -> None:
    through_number.account.balance = Decimal(balance)
    assert findings_of(through_number)["Balance"].weight is weight


def test_wrong_credentials_are_the_only_finding(twilio: TwilioWorld) -> None:
    twilio.revoke_access()
    [finding] = twilio.messenger.inspect()
    assert (finding.weight, finding.subject) == (Weight.PROBLEM, "Twilio credentials")


def test_an_auth_token_works_as_well_as_a_key(through_number: TwilioWorld) -> None:
    from adapters.twilio.messenger import TwilioMessenger

    settings = TwilioSettings.model_validate(
        {
            "account_sid": ACCOUNT,
            "auth_token": "env:UNUSED",
            "from_number": SENDER,
            "base_url": through_number.served.base_url,
        }
    )
    TwilioMessenger(settings, ACCOUNT, "made-up-token", through_number.wire).send(request_to(ANA))
    assert through_number.texts_in_world(ANA) == [BODY]


def test_the_service_is_named_on_the_wire(through_service: TwilioWorld) -> None:
    through_service.messenger.send(request_to(ANA))
    assert posted(through_service)[0]["MessagingServiceSid"] == [SERVICE]


def test_a_quiet_connection_is_not_trusted_with_a_text(through_number: TwilioWorld) -> None:
    def calls_over_this_connection() -> int:
        session = through_number.adapter.client.http_client._local.session
        pools = session.get_adapter(through_number.served.base_url).poolmanager.pools
        return sum(int(pools[key].num_requests) for key in pools.keys())  # noqa: SIM118  its own container: no iteration

    for body, expected in (("one", 1), ("two", 2)):
        through_number.messenger.send(request_to(ANA, body))
        assert calls_over_this_connection() == expected
    through_number.let_time_pass(timedelta(minutes=5))
    through_number.messenger.send(request_to(ANA, "three"))
    assert calls_over_this_connection() == 1
    assert through_number.texts_in_world(ANA) == ["one", "two", "three"]


def test_every_thread_has_a_session_of_its_own(through_number: TwilioWorld) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda index: through_number.messenger.send(request_to(ANA, str(index))), range(40)))
    assert sorted(map(int, through_number.texts_in_world(ANA))) == list(range(40))


def test_requests_fit_twilios_own_description(twilio: TwilioWorld) -> None:
    sent = twilio.messenger.send(request_to(ANA))
    twilio.messenger.sent_text(sent.text_id)
    twilio.messenger.sent_to(ANA, EVER)
    twilio.messenger.inbound(EVER)
    twilio.messenger.inspect()
    account = "/2010-04-01/Accounts/{AccountSid}"
    described = [
        (r"POST /2010-04-01/Accounts/\w+/Messages.json", "api_v2010", f"{account}/Messages.json", "post"),
        (r"GET /2010-04-01/Accounts/\w+/Messages.json", "api_v2010", f"{account}/Messages.json", "get"),
        (r"GET /2010-04-01/Accounts/\w+/Messages/\w+.json", "api_v2010", f"{account}/Messages/{{Sid}}.json", "get"),
        (r"GET .*/Balance.json", "api_v2010", f"{account}/Balance.json", "get"),
        (r"GET .*/IncomingPhoneNumbers.json", "api_v2010", f"{account}/IncomingPhoneNumbers.json", "get"),
        (r"GET /v1/Services/\w+", "messaging_v1", "/v1/Services/{Sid}", "get"),
        (r"GET /v1/Services/\w+/PhoneNumbers", "messaging_v1", "/v1/Services/{ServiceSid}/PhoneNumbers", "get"),
        (r"GET /v1/Services/\w+/ShortCodes", "messaging_v1", "/v1/Services/{ServiceSid}/ShortCodes", "get"),
        (r"GET /v1/Services/\w+/AlphaSenders", "messaging_v1", "/v1/Services/{ServiceSid}/AlphaSenders", "get"),
        (r"GET /v1/Services/\w+/Compliance/Usa2p", "messaging_v1", CAMPAIGNS, "get"),
        (r"GET /v1/Services", "messaging_v1", "/v1/Services", "get"),
        (r"GET /v1/Messaging/Countries/\w+", "", "", ""),  # of an API whose description is not at hand
        (r"GET /2010-04-01/Accounts/\w+.json", "api_v2010", "/2010-04-01/Accounts/{Sid}.json", "get"),
    ]
    # MessageIntent is in the SDK of 9.13 and in Twilio's pages, and younger than the description.
    younger = {"MessageIntent"}
    for seen in twilio.twin.requests:
        line = f"{seen.method} {seen.path}"
        name, path, method = next(known for pattern, *known in described if re.fullmatch(pattern, line))
        used = set(parse_qs(seen.query)) | set(parse_qs(seen.body))
        assert used <= (parameters_of(name, path, method) if name else set()) | younger, line
