"""The stand-in for Twilio behaves as Twilio is documented to, seen with a plain HTTP client."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, Self
from urllib.parse import parse_qsl

import httpx
import pytest

from adapters.sandbox.base import Served
from adapters.sandbox.twilio import TwilioTwin
from tests.twins.twilio_spec import answer_problems

ACCOUNT = "AC" + "1" * 32
TOKEN = "made-up-token"
KEY = "SK" + "2" * 32
SERVICE = "MG" + "3" * 32
SENDER = "+15550100001"
OTHER_SENDER = "+15550100002"
ANA = "+15551230001"
API = f"/2010-04-01/Accounts/{ACCOUNT}"
CAMPAIGNS = "/v1/Services/{MessagingServiceSid}/Compliance/Usa2p"
SPEC = "/2010-04-01/Accounts/{AccountSid}"


class Twilio:
    """The twin, an account on it, and a client with the account's credentials."""

    def __init__(self, twin: TwilioTwin, client: httpx.Client) -> None:
        self.twin = twin
        self.client = client

    def control(self, path: str, body: Any = None) -> Any:
        path = f"/_sandbox/{path}"
        answer = self.client.get(path) if body is None else self.client.post(path, json=body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def send(self, to: str = ANA, body: str = "Hello", **form: str) -> httpx.Response:
        sender = {} if "MessagingServiceSid" in form or "From" in form else {"From": SENDER}
        return self.client.post(f"{API}/Messages.json", data={"To": to, "Body": body, **sender, **form})

    def sent(self, **form: str) -> dict[str, Any]:
        answer = self.send(**form)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def message(self, sid: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"{API}/Messages/{sid}.json").json()
        return found

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = self.client.get(f"{API}/Messages.json", params=query).json()["messages"]
        return rows

    def bodies(self, **query: Any) -> list[str]:
        return [row["body"] for row in self.listed(**query)]

    def pass_time(self, seconds: float) -> None:
        self.twin.clock.offset += timedelta(seconds=seconds)


@pytest.fixture
def twilio() -> Iterator[Twilio]:
    twin = TwilioTwin()
    with (
        Served(twin) as served,
        httpx.Client(base_url=served.base_url, auth=(ACCOUNT, TOKEN), trust_env=False) as client,
    ):
        made = Twilio(twin, client)
        made.control(
            "accounts",
            {
                "sid": ACCOUNT,
                "auth_token": TOKEN,
                "api_keys": {KEY: "key-secret"},
                "numbers": [{"e164": SENDER}, {"e164": OTHER_SENDER}],
                "services": [{"sid": SERVICE, "numbers": [OTHER_SENDER], "inbound_request_url": "https://x.example"}],
            },
        )
        yield made


# ------------------------------------------------------------------------------------------------ documented shapes


def test_answers_fit_twilios_own_description(twilio: Twilio) -> None:
    created = twilio.send()
    through_service = twilio.send(MessagingServiceSid=SERVICE)
    twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "hi"})
    pool = {"sid": SERVICE, "numbers": [SENDER], "short_codes": ["72345"], "alpha_senders": ["ACME"]}
    twilio.control("accounts", {"sid": ACCOUNT, "services": [pool]})
    free = {"e164": "+18885550100", "verification": "TWILIO_REJECTED", "rejection_reason": "no website"}
    twilio.control("accounts", {"sid": ACCOUNT, "numbers": [free]})
    get = twilio.client.get
    sid = created.json()["sid"]
    seen = [
        ("api_v2010", f"{SPEC}/Messages.json", "post", created),
        ("api_v2010", f"{SPEC}/Messages.json", "post", through_service),
        ("api_v2010", f"{SPEC}/Messages.json", "get", get(f"{API}/Messages.json", params={"PageSize": 2})),
        ("api_v2010", f"{SPEC}/Messages/{{Sid}}.json", "get", get(f"{API}/Messages/{sid}.json")),
        ("api_v2010", f"{SPEC}/Messages/{{Sid}}.json", "post", twilio.client.post(f"{API}/Messages/{sid}.json")),
        ("api_v2010", f"{SPEC}/Balance.json", "get", get(f"{API}/Balance.json")),
        ("api_v2010", f"{SPEC}/IncomingPhoneNumbers.json", "get", get(f"{API}/IncomingPhoneNumbers.json")),
        ("api_v2010", "/2010-04-01/Accounts/{Sid}.json", "get", get(f"{API}.json")),
        ("messaging_v1", "/v1/Services/{Sid}", "get", get(f"/v1/Services/{SERVICE}")),
        ("messaging_v1", "/v1/Services/{ServiceSid}/PhoneNumbers", "get", get(f"/v1/Services/{SERVICE}/PhoneNumbers")),
        ("messaging_v1", "/v1/Services/{ServiceSid}/ShortCodes", "get", get(f"/v1/Services/{SERVICE}/ShortCodes")),
        ("messaging_v1", "/v1/Services/{ServiceSid}/AlphaSenders", "get", get(f"/v1/Services/{SERVICE}/AlphaSenders")),
        ("messaging_v1", "/v1/Services", "get", get("/v1/Services")),
        ("messaging_v1", CAMPAIGNS, "get", get(f"/v1/Services/{SERVICE}/Compliance/Usa2p")),
        ("messaging_v1", "/v1/Tollfree/Verifications", "get", get("/v1/Tollfree/Verifications")),
    ]
    assert seen[-2][3].json()["compliance"]
    assert seen[-1][3].json()["verifications"]
    for name, path, method, answer in seen:
        assert answer_problems(name, path, method, answer.status_code, answer.json()) == [], path


def test_numbers_are_text_and_dates_are_rfc_2822_in_whole_seconds(twilio: Twilio) -> None:
    made = twilio.sent()
    assert made["num_segments"] == "1"
    assert re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d \+0000", made["date_created"])
    assert (made["date_sent"], made["price"], made["from"], made["status"]) == (None, None, SENDER, "queued")


def test_a_service_chooses_its_sender_later(twilio: Twilio) -> None:
    made = twilio.sent(MessagingServiceSid=SERVICE)
    assert (made["status"], made["from"], made["num_segments"]) == ("accepted", None, "0")
    twilio.control(f"messages/{made['sid']}/status", {"status": "sent"})
    seen = twilio.message(made["sid"])
    assert (seen["status"], seen["from"], seen["num_segments"]) == ("sent", OTHER_SENDER, "1")


# --------------------------------------------------------------------------------------------------------- refusals


def test_wrong_credentials_are_20003(twilio: Twilio) -> None:
    for auth in ((ACCOUNT, "wrong"), ("SK" + "9" * 32, "key-secret"), ("", "")):
        answer = twilio.client.get(f"{API}/Balance.json", auth=auth)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
    foreign = twilio.client.get(f"/2010-04-01/Accounts/AC{'9' * 32}/Balance.json")
    assert foreign.json()["code"] == 20003
    assert twilio.client.get(f"{API}/Balance.json", auth=(KEY, "key-secret")).status_code == 200


@pytest.mark.parametrize(
    ("form", "code"),
    [
        ({"From": SENDER, "Body": "x"}, 21604),
        ({"To": ANA, "Body": "x"}, 21603),
        ({"To": ANA, "From": SENDER}, 21602),
        ({"To": ANA, "From": SENDER, "Body": "x" * 1601}, 21617),
        ({"To": "5551234", "From": SENDER, "Body": "x"}, 21211),
        ({"To": SENDER, "From": SENDER, "Body": "x"}, 21211),
        ({"To": ANA, "From": "12", "Body": "x"}, 21212),
        ({"To": ANA, "From": "+15550109999", "Body": "x"}, 21606),
        ({"To": ANA, "MessagingServiceSid": "MG" + "9" * 32, "Body": "x"}, 21705),
        ({"To": ANA, "From": SENDER, "Body": "x", "ValidityPeriod": "36001"}, 20001),
        ({"To": ANA, "From": SENDER, "Body": "x", "StatusCallback": "http://a_b.example/"}, 21609),
    ],
)
def test_a_bad_request_gets_its_code_and_leaves_nothing(twilio: Twilio, form: dict[str, str], code: int) -> None:
    answer = twilio.client.post(f"{API}/Messages.json", data=form)
    assert answer.status_code == 400
    assert answer.json()["code"] == code
    assert answer.json()["more_info"].endswith(str(code))
    assert twilio.listed() == []


def test_landlines_countries_and_trial_accounts_are_refused(twilio: Twilio) -> None:
    twilio.control("landlines", {"numbers": [ANA]})
    assert twilio.send().json()["code"] == 21614
    twilio.control("settings", {"geo": ["FR"]})
    assert twilio.send("+15551230009").json()["code"] == 21408
    assert twilio.send("+33612345678").status_code == 201
    twilio.control("settings", {"geo": None})
    twilio.control("accounts", {"sid": ACCOUNT, "trial": True, "verified": ["+15551230003"]})
    assert twilio.send("+15551230004").json()["code"] == 21608
    assert twilio.sent(to="+15551230003")["body"] == "Sent from your Twilio trial account - Hello"


def test_throttling_is_429_and_creates_nothing(twilio: Twilio) -> None:
    twilio.control("settings", {"throttle_next": 1})
    answer = twilio.send()
    assert (answer.status_code, answer.json()["code"]) == (429, 20429)
    assert twilio.send().status_code == 201
    assert len(twilio.listed()) == 1


def test_test_credentials_answer_magic_numbers_and_keep_nothing(twilio: Twilio) -> None:
    twilio.control("accounts", {"sid": ACCOUNT, "test": True})
    codes = {"0001": 21211, "0002": 21612, "0003": 21408, "0004": 21610, "0009": 21614}
    for ending, code in codes.items():
        assert twilio.send(f"+1500555{ending}", From="+15005550006").json()["code"] == code
    for ending, code in {"0001": 21212, "0007": 21606, "0008": 21611}.items():
        assert twilio.send(From=f"+1500555{ending}").json()["code"] == code
    assert twilio.send(From="+15005550006").status_code == 201
    answer = twilio.client.get(f"{API}/Messages.json")
    assert (answer.status_code, answer.json()["code"]) == (403, 20008)
    assert twilio.control("records")["messages"] == []


# ---------------------------------------------------------------------------------------------------------- the list


def test_the_list_is_newest_first_and_filters(twilio: Twilio) -> None:
    for body in ("one", "two", "three"):
        twilio.sent(body=body)
    twilio.sent(to="+15551230002", body="other")
    assert twilio.bodies() == ["other", "three", "two", "one"]
    assert twilio.bodies(To=ANA) == ["three", "two", "one"]
    assert twilio.bodies(From=OTHER_SENDER) == []
    assert twilio.bodies(Unknown="ignored") == twilio.bodies()


def test_pages_follow_next_page_uri_and_new_texts_do_not_shift_them(twilio: Twilio) -> None:
    for index in range(5):
        twilio.sent(body=str(index))
    page = twilio.client.get(f"{API}/Messages.json", params={"PageSize": 2, "To": ANA}).json()
    twilio.sent(body="new")
    seen = [row["body"] for row in page["messages"]]
    while page["next_page_uri"]:
        page = twilio.client.get(page["next_page_uri"]).json()
        seen += [row["body"] for row in page["messages"]]
    assert seen == ["4", "3", "2", "1", "0"]


def test_a_page_holds_a_thousand_at_most(twilio: Twilio) -> None:
    page = twilio.client.get(f"{API}/Messages.json", params={"PageSize": 5000}).json()
    assert page["page_size"] == 1000


def test_an_unsent_text_is_hidden_by_a_date_filter(twilio: Twilio) -> None:
    made = twilio.sent()
    today = f"{twilio.twin.clock.now():%Y-%m-%d}"
    tomorrow = f"{twilio.twin.clock.now() + timedelta(days=1):%Y-%m-%d}"
    assert twilio.bodies(**{"DateSent>": today}) == []
    twilio.control(f"messages/{made['sid']}/status", {"status": "sent"})
    assert twilio.bodies(**{"DateSent>": today}) == ["Hello"]
    assert twilio.bodies(**{"DateSent<": today}) == ["Hello"]
    assert twilio.bodies(DateSent=today) == ["Hello"]
    assert twilio.bodies(**{"DateSent>": tomorrow}) == []


def test_the_list_can_lag_while_the_text_can_be_fetched(twilio: Twilio) -> None:
    twilio.control("settings", {"lag_seconds": 60})
    made = twilio.sent()
    assert twilio.listed() == []
    assert twilio.message(made["sid"])["sid"] == made["sid"]
    twilio.pass_time(61)
    assert len(twilio.listed()) == 1


# ------------------------------------------------------------------------------------------------- what becomes of it


def test_time_brings_a_text_to_its_end_and_its_price_later(twilio: Twilio) -> None:
    twilio.control("settings", {"sent_after": 10, "delivered_after": 30, "price_after": 60})
    sid = twilio.sent()["sid"]
    seen = []
    for step in (0, 11, 20, 60):
        twilio.pass_time(step)
        row = twilio.message(sid)
        seen.append((row["status"], row["price"]))
    assert seen == [("queued", None), ("sent", None), ("delivered", None), ("delivered", "-0.00830")]
    assert twilio.client.get(f"{API}/Balance.json").json()["balance"] == "24.99170"


def test_a_text_that_waits_past_its_validity_fails(twilio: Twilio) -> None:
    sid = twilio.sent(ValidityPeriod="60")["sid"]
    twilio.pass_time(61)
    row = twilio.message(sid)
    assert (row["status"], row["error_code"], row["date_sent"]) == ("failed", 30001, None)


def test_a_landline_can_also_be_accepted_and_fail_later(twilio: Twilio) -> None:
    twilio.control("settings", {"landlines_refused": False, "sent_after": 1, "delivered_after": 2})
    twilio.control("landlines", {"numbers": [ANA]})
    sid = twilio.sent()["sid"]
    twilio.pass_time(3)
    row = twilio.message(sid)
    assert (row["status"], row["error_code"]) == ("undelivered", 30006)


def test_a_body_can_be_emptied_and_not_rewritten(twilio: Twilio) -> None:
    sid = twilio.sent()["sid"]
    path = f"{API}/Messages/{sid}.json"
    assert twilio.client.post(path, data={"Body": "other"}).status_code == 400
    assert twilio.client.post(path, data={"Body": ""}).json()["body"] == ""


# --------------------------------------------------------------------------------------------------- what comes back


@pytest.mark.parametrize(
    "word", ["STOP", "stop", " Unsubscribe ", "STOPALL", "cancel", "END", "quit", "revoke", "optout"]
)
def test_a_stop_word_blocks_that_pair_and_is_confirmed_by_twilio(twilio: Twilio, word: str) -> None:
    twilio.sent()
    twilio.control("inbound", {"from": ANA, "body": word})
    answer = twilio.send()
    assert (answer.status_code, answer.json()["code"]) == (400, 21610)
    assert twilio.send(From=OTHER_SENDER).status_code == 201  # the block is per sender
    rows = [(row["direction"], row["body"][:16]) for row in reversed(twilio.listed())]
    assert rows[1] == ("inbound", word)
    assert rows[2] == ("outbound-reply", "You have success")
    assert twilio.control("records")["opt_outs"][0]["number"] == ANA


def test_stop_with_another_word_blocks_nothing(twilio: Twilio) -> None:
    twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "STOP please"})
    assert twilio.send().status_code == 201
    assert [row["direction"] for row in twilio.listed()] == ["outbound-api", "inbound"]


def test_start_opens_again_and_help_is_answered(twilio: Twilio) -> None:
    twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "STOP"})
    twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "HELP"})
    assert twilio.send().json()["code"] == 21610
    twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "start"})
    assert twilio.send().status_code == 201
    answers = [row["body"] for row in twilio.listed() if row["direction"] == "outbound-reply"]
    assert len(answers) == 3


def test_a_stop_to_one_number_of_a_service_closes_the_service(twilio: Twilio) -> None:
    twilio.control(
        "accounts",
        {
            "sid": ACCOUNT,
            "services": [
                {"sid": SERVICE, "numbers": [SENDER, OTHER_SENDER], "inbound_request_url": "https://x.example"}
            ],
        },
    )
    twilio.control("inbound", {"from": ANA, "to": OTHER_SENDER, "body": "STOP"})
    assert twilio.send(MessagingServiceSid=SERVICE).json()["code"] == 21610
    assert twilio.send(From=SENDER).json()["code"] == 21610


def test_a_service_with_no_inbound_address_drops_what_comes_in_and_still_blocks(twilio: Twilio) -> None:
    service = {"sid": SERVICE, "numbers": [OTHER_SENDER], "inbound_request_url": None}
    twilio.control("accounts", {"sid": ACCOUNT, "services": [service]})
    twilio.control("inbound", {"from": ANA, "to": OTHER_SENDER, "body": "STOP"})
    assert [row for row in twilio.listed() if row["direction"] == "inbound"] == []
    assert twilio.control("records")["dropped_inbound"][0]["body"] == "STOP"
    assert twilio.send(MessagingServiceSid=SERVICE).json()["code"] == 21610
    twilio.control("accounts", {"sid": ACCOUNT, "services": [{**service, "use_inbound_webhook_on_number": True}]})
    twilio.control("inbound", {"from": ANA, "to": OTHER_SENDER, "body": "hello"})
    assert [row["body"] for row in twilio.listed() if row["direction"] == "inbound"] == ["hello"]


def test_bad_words_at_the_control_door_change_nothing(twilio: Twilio) -> None:
    before = twilio.control("settings")
    assert twilio.client.post("/_sandbox/settings", json={"lag": 1}).status_code == 400
    assert twilio.client.post("/_sandbox/messages/SM0/status", json={"status": "sent"}).status_code == 404
    assert twilio.client.post("/_sandbox/inbound", json={"from": ANA, "to": "+1", "body": "x"}).status_code == 404
    assert twilio.control("settings") == before


# ---------------------------------------------------------------------------------------------------------- webhooks


class Listener:
    """An application's own address: keeps what is posted to it."""

    def __init__(self) -> None:
        self.posts: list[tuple[str, dict[str, str], str]] = []
        self.arrived = threading.Semaphore(0)
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                form = dict(parse_qsl(body, keep_blank_values=True))
                outer.posts.append((self.path, form, self.headers["X-Twilio-Signature"]))
                self.send_response(204)
                self.end_headers()
                outer.arrived.release()

            def log_message(self, *_: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def signed(url: str, form: dict[str, str]) -> str:
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(TOKEN.encode(), text.encode(), hashlib.sha1).digest()).decode()


def test_a_name_texts_where_names_may_and_nobody_can_reply_to_it(twilio: Twilio) -> None:
    sent = twilio.sent(To="+447400123456", From="AcmePlumb")
    assert sent["from"] == "AcmePlumb"
    refused = [
        twilio.send(To=ANA, From="AcmePlumb"),  # the US
        twilio.send(To="+447400123456", From="AcmePlumbing"),  # twelve characters
        twilio.send(To="+447400123456", From="1234"),
    ]
    assert [answer.json()["code"] for answer in refused] == [21612, 21212, 21212]
    assert twilio.client.post("/_sandbox/inbound", json={"from": "+447400123456", "body": "STOP"}).status_code == 404
    twilio.control("accounts", {"sid": ACCOUNT, "names_allowed": False})
    assert twilio.send(To="+447400123456", From="AcmePlumb").json()["code"] == 21212


def test_verifications_are_listed_by_number_and_by_status(twilio: Twilio) -> None:
    numbers = [{"e164": f"+1888555010{n}", "verification": v} for n, v in enumerate(("IN_REVIEW", "TWILIO_APPROVED"))]
    twilio.control("accounts", {"sid": ACCOUNT, "numbers": [*numbers, {"e164": "+18885550109"}]})

    def seen(**query: str) -> list[str]:
        found = twilio.client.get("/v1/Tollfree/Verifications", params=query).json()["verifications"]
        return [one["tollfree_phone_number"][-4:] for one in found]

    sid = twilio.twin.world.accounts[ACCOUNT].numbers["+18885550101"].sid
    assert seen() == ["0100", "0101"]
    assert seen(TollfreePhoneNumberSid=sid) == seen(Status="TWILIO_APPROVED") == ["0101"]


def test_statuses_and_replies_are_posted_signed(twilio: Twilio) -> None:
    with Listener() as listener:
        numbers = [{"e164": SENDER, "sms_url": f"{listener.url}/in?x=1"}]
        twilio.control("accounts", {"sid": ACCOUNT, "numbers": numbers})
        twilio.control("settings", {"status_webhook": f"{listener.url}/status", "sent_after": 0.01})
        twilio.sent()
        assert listener.arrived.acquire(timeout=10)  # by itself: nobody asked the twin
        twilio.control("settings", {"status_webhook": None, "sent_after": None})
        made = twilio.sent(StatusCallback=f"{listener.url}/status")
        twilio.control(f"messages/{made['sid']}/status", {"status": "undelivered", "error_code": 30005})
        assert listener.arrived.acquire(timeout=10)
        twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "hi"})
        assert listener.arrived.acquire(timeout=10)
    (_, own, _), (path, status, signature), (in_path, inbound, in_signature) = listener.posts
    assert own["MessageStatus"] == "sent"
    assert (path, status["MessageStatus"], status["ErrorCode"]) == ("/status", "undelivered", "30005")
    assert signature == signed(f"{listener.url}/status", status)
    assert (in_path, inbound["Body"], inbound["FromCity"]) == ("/in?x=1", "hi", "")
    assert in_signature == signed(f"{listener.url}/in?x=1", inbound)


def test_a_stop_word_of_the_services_own_blocks_and_is_named_in_the_webhook(twilio: Twilio) -> None:
    with Listener() as listener:
        service = {
            "sid": SERVICE,
            "numbers": [SENDER],
            "inbound_request_url": f"{listener.url}/in",
            "advanced_opt_out": True,
            "stop_words": ["ARRET"],
        }
        twilio.control("accounts", {"sid": ACCOUNT, "services": [service]})
        twilio.control("inbound", {"from": ANA, "to": SENDER, "body": "arret"})
        assert listener.arrived.acquire(timeout=10)
    [(_, form, _)] = listener.posts
    assert (form["OptOutType"], form["MessagingServiceSid"]) == ("STOP", SERVICE)
    assert twilio.send(MessagingServiceSid=SERVICE).json()["code"] == 21610


def test_prices_are_listed_by_country(twilio: Twilio) -> None:
    answer = twilio.client.get("/v1/Messaging/Countries/US").json()
    assert answer["outbound_sms_prices"][0]["prices"][0]["current_price"] == "0.0083"
    assert answer["price_unit"] == "USD"
    # The fields of https://github.com/twilio/twilio-oai spec/json/twilio_pricing_v1.json, messaging_country-instance.
    assert set(answer) == {
        *("country", "iso_country", "url", "outbound_sms_prices", "inbound_sms_prices", "price_unit")
    }
    assert {name for carrier in answer["outbound_sms_prices"] for name in carrier} == {
        "carrier",
        "mcc",
        "mnc",
        "prices",
    }
    rows = [*answer["inbound_sms_prices"], *(row for one in answer["outbound_sms_prices"] for row in one["prices"])]
    assert {name for row in rows for name in row} == {"number_type", "base_price", "current_price"}
    assert twilio.client.get("/v1/Messaging/Countries/nowhere").status_code == 404
