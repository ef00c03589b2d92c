"""What a stranger can send: none of it is kept, none of it looks like our failure, none of it grows."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.incoming import MOST_BYTES
from adapters.registry import DOORS
from connector.web.noise import MOST, REMOTES, WINDOW, Noise
from tests.flow.office import Office
from tests.web.reception import Reception, paid

OPEN = ["acme/stripe", "acme/twilio/inbound", "acme/twilio/status", "acme/quickbooks", "beta/xero"]
SIGNATURES = [
    "stripe-signature",
    "x-twilio-signature",
    "x-twilio-webhooks-signature-settings",
    "intuit-signature",
    "x-xero-signature",
    "content-type",
    "content-encoding",
    "x-forwarded-for",
    "expect",
]


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reception]:
    """One reception for many requests."""
    office = Office(tmp_path_factory.mktemp("attacked") / "state")
    with Reception(office) as made:
        yield made
    office.database.close()


@pytest.mark.parametrize("door", OPEN)
def test_a_huge_body_is_turned_away(reception: Reception, door: str) -> None:
    answer = reception.post(door, b"x" * (MOST_BYTES + 1))
    assert (answer.status_code, answer.content) == (413, b"")


def test_a_genuine_event_may_be_as_large_as_the_limit(reception: Reception) -> None:
    event = paid()
    event["padding"] = "x" * (MOST_BYTES - 1000)
    assert reception.stripe(event) == 200


def test_a_body_without_a_length_is_counted_as_it_comes(reception: Reception) -> None:
    parts = (b"x" * 10_000 for _ in range(30))
    assert reception.http.post("/hooks/acme/stripe", content=parts).status_code == 413


@pytest.mark.parametrize(
    "path",
    [
        *(f"/hooks/nobody/{door}" for door in DOORS),
        *("/hooks/quiet/xero", "/hooks/beta/quickbooks", "/hooks/acme/xero", "/hooks/beta/stripe"),
        *("/hooks/acme", "/hooks/acme/", "/hooks/acme/stripe/", "/hooks/ACME/stripe", "/hooks/acme/twilio"),
        *("/", "/hooks", "/health", "/docs", "/openapi.json", "/hooks/acme/../acme/stripe/x", "/hooks/%00/stripe"),
    ],
)
def test_everything_that_is_no_open_door_is_not_there(reception: Reception, path: str) -> None:
    answer = reception.http.post(path, content=b"{}", headers={"Stripe-Signature": "t=1,v1=00"})
    assert (answer.status_code, answer.content) == (404, b"")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE"])
def test_only_posts_are_taken(reception: Reception, method: str) -> None:
    answer = reception.http.request(method, "/hooks/acme/stripe")
    assert (answer.status_code, answer.content, "allow" in answer.headers) == (404, b"", False)


def test_an_answer_tells_nothing_about_the_server(reception: Reception) -> None:
    answer = reception.post("acme/stripe", b"{}")
    assert dict(answer.headers) == {"content-length": "0", "connection": "close"}


def test_more_headers_than_any_service_sends_are_turned_away(reception: Reception) -> None:
    headers = {f"x-filler-{number}": "1" for number in range(80)}
    assert reception.post("acme/stripe", b"{}", headers).status_code == 431


def test_a_header_longer_than_any_service_sends_is_turned_away(reception: Reception) -> None:
    answer = reception.post("acme/stripe", b"{}", {"Stripe-Signature": "t=1,v1=" + "0" * 100_000})
    assert answer.status_code == 431


def test_a_signature_given_twice_does_not_fit(reception: Reception) -> None:
    good = reception.twilio("acme/twilio/status", {"MessageStatus": "sent"}).request.headers["X-Twilio-Signature"]
    headers = [("X-Twilio-Signature", good), ("X-Twilio-Signature", good)]
    url, body = f"{reception.base_url}/hooks/acme/twilio/status", b"MessageStatus=sent"
    assert reception.http.post(url, content=body, headers=headers[:1]).status_code == 200
    assert reception.http.post(url, content=body, headers=headers).status_code == 401


def test_after_many_bad_requests_a_stranger_learns_nothing_and_a_service_is_still_heard(
    reception: Reception,
) -> None:
    statuses = [reception.stripe(paid(), secret="whsec_guessed") for _ in range(MOST + 5)]
    assert statuses == [401] * MOST + [429] * 5
    # the same answer whether a company exists or not
    assert reception.post("nobody/stripe", b"{}").status_code == 429
    assert reception.stripe(paid()) == 200
    assert reception.hints() == ["evt_1"]
    reception.office.wait(seconds=WINDOW)
    assert reception.stripe(paid(), secret="whsec_guessed") == 401


def test_the_memory_of_bad_requests_does_not_grow_with_the_number_of_strangers() -> None:
    noise = Noise(lambda: 0.0)
    for number in range(10 * REMOTES):
        noise.too_much(f"203.0.113.{number}")
    assert len(noise._seen) == REMOTES


def test_a_connection_that_sends_rubbish_is_answered_and_closed(reception: Reception) -> None:
    with socket.create_connection(("127.0.0.1", reception.listener.port), timeout=10) as line:
        line.sendall(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n")
        assert line.recv(4096).startswith(b"HTTP/1.1 400 ")
        while line.recv(4096):
            pass
    assert reception.stripe(paid()) == 200


def test_a_sender_that_hangs_up_half_way_is_forgotten(reception: Reception) -> None:
    with socket.create_connection(("127.0.0.1", reception.listener.port), timeout=10) as line:
        line.sendall(b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{")
    assert reception.stripe(paid()) == 200


@settings(
    max_examples=150,
    deadline=None,  # other work on the machine must not fail it
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    door=st.sampled_from(OPEN) | st.text(max_size=30).map(lambda text: "acme/" + text.replace("\0", "")),
    body=st.binary(max_size=2000),
    headers=st.dictionaries(
        st.sampled_from(SIGNATURES), st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=80)
    ),
)
def test_whatever_bytes_come_nothing_is_stored_and_nothing_fails(
    attacked: Reception, door: str, body: bytes, headers: dict[str, str]
) -> None:
    before = attacked.stored()
    answer = attacked.http.post(
        f"/hooks/{quote(door)}",
        content=body,
        headers=[(name.encode(), value.encode("latin-1")) for name, value in headers.items()],
    )
    assert 400 <= answer.status_code < 500
    assert attacked.stored() == before
    assert (attacked.worked, attacked.looked) == ([], [])


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    body=st.binary(max_size=500)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20) | st.just("payout.paid"),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "type", "data", "object", "created", "events", "tenantId"]), inner)
        ),
        max_leaves=10,
    )
)
def test_whatever_is_signed_is_answered_and_stored_only_as_a_whole_event(attacked: Reception, body: object) -> None:
    before = attacked.stored()
    assert attacked.stripe(body) == 200
    assert attacked.intuit(body) == 200
    assert attacked.xero(body).status_code == 200
    assert attacked.stored() == before
