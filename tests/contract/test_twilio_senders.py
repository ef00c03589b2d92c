"""What Twilio shows of a sender, and what Duebird says of it: the adapter against the twin over HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs

import httpx
import pytest

from adapters.sandbox.twilio import Number, Service
from adapters.twilio.records import TwilioRecords
from adapters.twilio.settings import TwilioSettings
from connector.domain.phone import Phone
from connector.errors import Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight
from connector.ports.messenger import LineType, NumberSeen, TextRequest
from tests.contract.rows.twilio import ACCOUNT, KEY, SECOND_SENDER, SENDER, SERVICE, TwilioWorld, world
from tests.twins.twilio_spec import answer_problems, parameters_of

BRITON = Phone("+447400123456")
FREE = "+18885550100"
OTHER = "MG" + "e" * 32
EVER = datetime(2020, 1, 1, tzinfo=UTC)


@pytest.fixture
def by_service() -> Iterator[TwilioWorld]:
    with world(through_service=True) as made:
        yield made


@pytest.fixture
def by_number() -> Iterator[TwilioWorld]:
    with world(through_service=False) as made:
        yield made


def with_sender(made: TwilioWorld, *, token: bool = False, **sender: str) -> TwilioRecords:
    """An adapter with another sender, on the twin; with the account's own token it may read the account."""
    settings = TwilioSettings.model_validate(
        {"account_sid": ACCOUNT, "auth_token": "env:UNUSED", "base_url": made.served.base_url, **sender}
    )
    signed_in = (ACCOUNT, "made-up-token") if token else (KEY, "made-up-secret")
    return TwilioRecords(settings, *signed_in, made.wire)


def found(adapter: TwilioRecords) -> dict[str, Finding]:
    return {finding.subject: finding for finding in adapter.inspect()}


def us_finding(made: TwilioWorld) -> Finding:
    return found(made.reading())["US registration"]


# --------------------------------------------------------------------------------------------------- registration


def test_an_approved_campaign_is_well(by_service: TwilioWorld) -> None:
    assert us_finding(by_service).weight is Weight.OK


@pytest.mark.parametrize(
    ("status", "says", "todo"),
    [
        (None, "no A2P 10DLC campaign", "Register the company"),
        ("PENDING", "not approved yet (PENDING)", "Wait"),
        ("IN_PROGRESS", "not approved yet (IN_PROGRESS)", "Wait"),
        ("FAILED", "refused or ended (FAILED), the website cannot be reached", "send it in again"),
        ("SUSPENDED", "refused or ended (SUSPENDED)", "fine"),
    ],
)
def test_a_campaign_that_is_not_approved_says_what_happens_and_what_to_do(
    by_service: TwilioWorld, status: str | None, says: str, todo: str
) -> None:
    by_service.service.campaign_status = status
    by_service.service.campaign_errors = [{"error_code": "30886", "description": "the website cannot be reached."}]
    finding = us_finding(by_service)
    assert finding.weight is Weight.PROBLEM
    assert says in finding.seen
    assert "30034" in finding.seen
    assert todo in finding.fix
    assert "Regulatory compliance" in finding.fix


def test_a_service_without_an_american_number_needs_no_campaign(by_service: TwilioWorld) -> None:
    by_service.service.numbers = [SECOND_SENDER]
    by_service.service.campaign_status = None
    assert "US registration" not in found(by_service.reading())


def test_a_number_in_no_service_is_in_no_campaign(by_number: TwilioWorld) -> None:
    finding = us_finding(by_number)
    assert finding.weight is Weight.PROBLEM
    assert "in no messaging service" in finding.seen
    assert SENDER not in finding.seen
    by_number.account.services[SERVICE] = by_number.service
    assert us_finding(by_number).weight is Weight.OK
    by_number.service.campaign_status = "FAILED"
    assert us_finding(by_number).weight is Weight.PROBLEM


def test_a_canadian_number_is_only_warned_about(by_number: TwilioWorld) -> None:
    by_number.account.numbers["+14165550123"] = Number("+14165550123")
    adapter = with_sender(by_number, from_number="+14165550123")
    finding = found(adapter)["US registration"]
    assert finding.weight is Weight.WARNING
    assert "within Canada" in finding.seen


def test_a_foreign_number_needs_no_registration_in_the_us(by_number: TwilioWorld) -> None:
    assert "US registration" not in found(with_sender(by_number, from_number=SECOND_SENDER))


@pytest.mark.parametrize(
    ("status", "weight", "says"),
    [
        ("TWILIO_APPROVED", Weight.OK, "is verified"),
        (None, Weight.PROBLEM, "is not verified"),
        ("PENDING_REVIEW", Weight.PROBLEM, "not finished (PENDING_REVIEW)"),
        ("IN_REVIEW", Weight.PROBLEM, "not finished (IN_REVIEW)"),
        ("TWILIO_REJECTED", Weight.PROBLEM, "was refused, no website"),
    ],
)
@pytest.mark.parametrize("through_service", [True, False])
def test_a_toll_free_number_is_asked_about_by_itself(
    through_service: bool,  # noqa: FBT001  a parameter of the test
    status: str | None,
    weight: Weight,
    says: str,
) -> None:
    with world(through_service=through_service) as made:
        made.account.numbers[FREE] = Number(FREE, verification=status, rejection_reason="no website")
        made.account.numbers["+18885550109"] = Number("+18885550109", verification="TWILIO_APPROVED")  # another's
        made.service.numbers = [FREE]
        adapter = made.reading() if through_service else with_sender(made, from_number=FREE)
        seen = found(adapter)
        assert seen["Toll-free verification"].weight is weight
        assert says in seen["Toll-free verification"].seen
        assert ("30032" in seen["Toll-free verification"].seen) is (weight is Weight.PROBLEM)
        assert "US registration" not in seen


def test_what_a_key_may_not_see_is_said_to_be_unseen(by_service: TwilioWorld) -> None:
    by_service.twin.world.habits.forbidden = ["/Compliance/", "/Tollfree/"]
    by_service.account.numbers[FREE] = Number(FREE)
    by_service.service.numbers.append(FREE)
    seen = found(by_service.reading())
    assert {seen[one].weight for one in ("US registration", "Toll-free verification")} == {Weight.WARNING}
    assert "could not be seen" in seen["US registration"].seen


# --------------------------------------------------------------------------------------------- account and replies


def test_a_trial_account_and_a_suspended_one_are_seen_with_the_accounts_own_token(by_service: TwilioWorld) -> None:
    adapter = with_sender(by_service, token=True, messaging_service_sid=SERVICE)
    assert found(adapter)["Account"].weight is Weight.OK
    by_service.account.trial = True
    assert found(adapter)["Account"].weight is Weight.WARNING
    assert "verified" in found(adapter)["Account"].seen
    by_service.account.status = "suspended"
    assert found(adapter)["Account"].weight is Weight.PROBLEM
    assert "Account" not in found(by_service.reading()), "a standard key may not read it"


@pytest.mark.parametrize(
    ("balance", "weight", "texts"),
    [("25", Weight.OK, "3,012 texts"), ("4.99", Weight.WARNING, "601 texts"), ("0", Weight.PROBLEM, "sends nothing")],
)
def test_the_balance_says_how_many_texts_it_pays(
    by_service: TwilioWorld, balance: str, weight: Weight, texts: str
) -> None:
    by_service.account.balance = Decimal(balance)
    assert found(by_service.reading())["Balance"].weight is weight
    assert texts in found(by_service.reading())["Balance"].seen


def test_five_dollars_are_little_where_a_text_is_dear(by_number: TwilioWorld) -> None:
    by_number.account.numbers["+33757000001"] = Number("+33757000001")
    by_number.account.balance = Decimal("7.50")
    balance = found(with_sender(by_number, from_number="+33757000001"))["Balance"]
    assert balance.weight is Weight.WARNING
    assert "93 texts of one segment to FR" in balance.seen


def test_an_application_on_the_number_is_named_and_goes_before_its_address(by_number: TwilioWorld) -> None:
    number = by_number.account.numbers[SENDER]
    number.sms_url = "https://demo.twilio.com/welcome/sms/reply/"
    assert found(by_number.reading())["Replies"].weight is Weight.WARNING
    number.sms_application_sid = "AP" + "0" * 32
    replies = found(by_number.reading())["Replies"]
    assert replies.weight is Weight.OK
    assert number.sms_application_sid in replies.seen


def test_a_number_in_a_service_that_defers_to_it_goes_by_its_own_setting(by_number: TwilioWorld) -> None:
    by_number.account.services[SERVICE] = by_number.service
    by_number.service.inbound_request_url = None
    assert found(by_number.reading())["Replies"].weight is Weight.PROBLEM
    by_number.service.use_inbound_webhook_on_number = True
    assert found(by_number.reading())["Replies"].weight is Weight.OK
    by_number.account.numbers[SENDER].sms_url = "https://demo.twilio.com/welcome/sms/reply/"
    assert found(by_number.reading())["Replies"].weight is Weight.WARNING


# ------------------------------------------------------------------------------------------------ a name as sender


def test_a_name_sends_and_its_texts_are_found_again(by_number: TwilioWorld) -> None:
    adapter = with_sender(by_number, sender_name="AcmePlumb")
    sent = adapter.send(TextRequest(BRITON, "Acme: hello", timedelta(hours=1)))
    assert by_number.account.by_sid[sent.text_id].from_ == "AcmePlumb"
    assert [one.text_id for one in adapter.sent_to(BRITON, EVER)] == [sent.text_id]
    assert [one.text_id for one in adapter.texts_since(EVER)] == [sent.text_id]
    assert adapter.inbound(EVER) == ()
    assert not [one for one in by_number.twin.requests if "To" in parse_qs(one.query) and "DateSent>" in one.query]


def test_a_name_is_refused_where_names_may_not_text(by_number: TwilioWorld) -> None:
    adapter = with_sender(by_number, sender_name="AcmePlumb")
    with pytest.raises(Rejected) as refused:
        adapter.send(TextRequest(Phone("+12125550123"), "Acme: hello", timedelta(hours=1)))
    assert refused.value.because is RejectedBecause.SETUP
    assert by_number.account.messages == []


def test_a_name_is_said_to_hear_no_stop(by_number: TwilioWorld) -> None:
    seen = found(with_sender(by_number, sender_name="AcmePlumb"))
    assert seen["Replies"].weight is Weight.WARNING
    assert "nobody can say STOP" in seen["Replies"].seen
    assert "consent revoke" in seen["Replies"].fix
    assert "ACMA" in seen["Sender"].fix


# ------------------------------------------------------------------------------------- what else sends from the same


def test_a_number_shares_with_its_service_and_all_that_is_in_it(by_number: TwilioWorld) -> None:
    assert by_number.reading().sender().marks == {SENDER}
    by_number.account.services[SERVICE] = by_number.service
    by_number.service.alpha_senders = ["AcmePlumb"]
    assert by_number.reading().sender().marks == {
        SENDER,
        SECOND_SENDER,
        SERVICE.lower(),
        f"{ACCOUNT}/acmeplumb".lower(),
    }


def test_a_service_is_each_of_its_senders(by_service: TwilioWorld) -> None:
    by_service.service.alpha_senders = ["AcmePlumb"]
    by_service.service.short_codes = ["72345"]
    seen = by_service.reading().sender().marks
    assert seen == {SERVICE.lower(), SENDER, SECOND_SENDER, "72345", f"{ACCOUNT}/acmeplumb".lower()}


def test_a_name_shares_with_a_service_that_has_it_too(by_number: TwilioWorld) -> None:
    adapter = with_sender(by_number, sender_name="AcmePlumb")
    by_number.account.services = {
        SERVICE: by_number.service,
        OTHER: Service(OTHER, numbers=[SECOND_SENDER], alpha_senders=["ACMEPLUMB"]),
    }
    assert adapter.sender().marks == {f"{ACCOUNT}/acmeplumb".lower(), OTHER.lower()}
    by_number.twin.world.habits.forbidden = ["/v1/Services"]
    assert adapter.sender().marks == {f"{ACCOUNT}/acmeplumb".lower()}


def test_a_sender_that_is_not_there_is_only_itself(by_number: TwilioWorld) -> None:
    assert with_sender(by_number, from_number="+12125550199").sender().marks == {"+12125550199"}
    gone = with_sender(by_number, messaging_service_sid=OTHER).sender()
    assert gone.marks == {OTHER.lower()}
    assert gone.findings[0].weight is Weight.PROBLEM


def test_requests_about_senders_fit_twilios_own_description(by_service: TwilioWorld) -> None:
    by_service.account.numbers[FREE] = Number(FREE)
    by_service.service.numbers.append(FREE)
    by_service.reading().sender()
    described = {
        r"/v1/Services/\w+/Compliance/Usa2p": "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p",
        r"/v1/Tollfree/Verifications": "/v1/Tollfree/Verifications",
    }
    for pattern, path in described.items():
        [seen] = [one for one in by_service.twin.requests if re.fullmatch(pattern, one.path)]
        assert set(parse_qs(seen.query)) <= parameters_of("messaging_v1", path, "get")


# -------------------------------------------------------------------------------------------------------- look-ups

ABE = Phone("+12125550123")


def asked(made: TwilioWorld) -> list[dict[str, list[str]]]:
    return [parse_qs(one.query) for one in made.twin.requests if one.path.startswith("/v2/PhoneNumbers/")]


def looking(made: TwilioWorld, **settings: bool) -> TwilioRecords:
    chosen = made.settings.model_copy(update={"base_url": made.served.base_url, **settings})
    return TwilioRecords(chosen, KEY, "made-up-secret", made.wire)


@pytest.mark.parametrize(
    ("twilio_says", "line"),
    [
        ("mobile", LineType.MOBILE),
        ("nonFixedVoip", LineType.INTERNET),
        ("fixedVoip", LineType.LANDLINE),
        ("landline", LineType.LANDLINE),
        ("pager", LineType.OTHER),
        ("tollFree", LineType.OTHER),
        ("somethingNew", LineType.UNKNOWN),
    ],
)
def test_a_look_up_tells_the_kind_of_line(by_number: TwilioWorld, twilio_says: str, line: LineType) -> None:
    by_number.twin.world.habits.line_types[ABE.e164] = twilio_says
    assert looking(by_number, lookup=True).looked_up(ABE, date(2026, 11, 1)) == NumberSeen(line)
    assert asked(by_number) == [{"Fields": ["line_type_intelligence"]}]


@pytest.mark.parametrize(("day", "reassigned"), [("2026-11-02", True), ("2026-11-01", False), (None, False)])
def test_a_look_up_tells_whether_a_number_changed_hands_since_the_consent(
    by_number: TwilioWorld,
    day: str | None,
    reassigned: bool,  # noqa: FBT001  a parameter of the test
) -> None:
    if day:
        by_number.twin.world.habits.new_hands[ABE.e164] = day
    seen = looking(by_number, lookup_reassigned=True).looked_up(ABE, date(2026, 11, 1))
    assert seen == NumberSeen(LineType.UNKNOWN, reassigned)
    assert asked(by_number) == [{"Fields": ["reassigned_number"], "LastVerifiedDate": ["20261101"]}]


def test_only_what_is_ordered_and_can_be_told_is_paid_for(by_number: TwilioWorld) -> None:
    assert looking(by_number).looked_up(ABE, date(2026, 11, 1)) == NumberSeen(LineType.UNKNOWN)
    both = looking(by_number, lookup_reassigned=True)
    assert both.looked_up(ABE, None).reassigned is None
    assert both.looked_up(BRITON, date(2026, 11, 1)).reassigned is None
    assert asked(by_number) == []


def test_look_ups_fit_twilios_own_description(by_number: TwilioWorld) -> None:
    looking(by_number, lookup=True, lookup_reassigned=True).looked_up(ABE, date(2026, 11, 1))
    path = "/v2/PhoneNumbers/{PhoneNumber}"
    [query] = asked(by_number)
    assert set(query) <= parameters_of("lookups_v2", path, "get")
    answer = httpx.get(
        f"{by_number.served.base_url}/v2/PhoneNumbers/{ABE.e164}",
        params={one: value[0] for one, value in query.items()},
        auth=(KEY, "made-up-secret"),
    )
    # Packages that were not asked for are null, as in Twilio's own examples; the description calls them objects.
    body = {name: value for name, value in answer.json().items() if value is not None}
    body["line_type_intelligence"].pop("error_code")
    body["reassigned_number"].pop("error_code")
    assert answer_problems("lookups_v2", path, "get", answer.status_code, body) == []
