"""Addresses, codes, revocation, ages; and that no secret is shown."""

from __future__ import annotations

import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.oauth.ages import ages
from adapters.oauth.calls import exchange_code, refresh, revoke
from adapters.oauth.client import (
    XERO_ENTRY_SCOPES,
    Grant,
    authorisation_address,
    challenge_of,
    new_verifier,
    quickbooks_client,
    xero_client,
)
from adapters.oauth.refreshing import COOL_DOWN
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.sandbox.base import Fault
from adapters.xero.settings import XeroSettings
from connector.errors import NeedsReauthorisation, Transient, Uncertain
from connector.ports.calls import TokenSet
from connector.ports.findings import Weight
from tests.oauth_server import CANARY, CLIENT_ID, CLIENT_SECRET
from tests.oauth_world import START, World, resolve, world

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)


@pytest.fixture
def intuit(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "intuit") as here:
        yield here


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "xero") as here:
        yield here


@pytest.fixture(params=["intuit", "xero"])
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    with world(tmp_path, request.param) as here:
        yield here


def test_an_answer_that_comes_drop_by_drop_is_given_up(either: World) -> None:
    listening = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        with suppress(OSError):  # until the other side has had enough
            while True:
                line = listening.accept()[0]
                with line, suppress(OSError):
                    line.recv(65536)
                    line.sendall(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
                    while True:
                        line.sendall(b"1\r\n \r\n")
                        pause.wait(0.01)

    pause = threading.Event()
    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    slow = replace(either.client, token_url=f"http://127.0.0.1:{listening.getsockname()[1]}/token")
    wire = replace(either.wire, clock=SystemClock(), read_timeout=0.15)
    with pytest.raises(Uncertain, match="too slow"):
        refresh(slow, "canary", wire)
    listening.shutdown(socket.SHUT_RDWR)
    listening.close()
    thread.join(timeout=5)


# --------------------------------------------------------------------------------- addresses, codes, revocation


def test_the_real_addresses_are_those_the_services_publish() -> None:
    intuit = quickbooks_client(
        QuickBooksSettings.model_validate({"kind": "quickbooks", "client_id": "env:ID", "client_secret": "env:SECRET"}),
        resolve,
    )
    assert intuit.authorize_url == "https://appcenter.intuit.com/connect/oauth2"
    assert intuit.token_url == "https://oauth.platform.intuit.com/oauth2/v1/tokens/bearer"
    assert intuit.revoke_url == "https://developer.api.intuit.com/v2/oauth2/tokens/revoke"
    xero = xero_client(XeroSettings.model_validate({"kind": "xero", "client_id": "env:ID"}), resolve)
    assert xero.authorize_url == "https://login.xero.com/identity/connect/authorize"
    assert xero.token_url == "https://identity.xero.com/connect/token"
    assert xero.connections_url == "https://api.xero.com/connections"
    assert (xero.grant, xero.client_secret) == (Grant.PKCE, None)
    assert CLIENT_SECRET not in repr(intuit)


def test_xero_is_asked_for_the_granular_scopes_and_lasting_access() -> None:
    settings = {"kind": "xero", "client_id": "env:ID"}
    person = xero_client(XeroSettings.model_validate(settings), resolve, XERO_ENTRY_SCOPES)
    assert set(person.scopes) == {
        "offline_access",
        "accounting.invoices.read",
        "accounting.payments",
        "accounting.contacts.read",
        "accounting.settings.read",
        "accounting.banktransactions",
        "accounting.invoices",
        "accounting.reports.banksummary.read",
    }
    alone = xero_client(
        XeroSettings.model_validate(settings | {"grant": "client_credentials", "client_secret": "env:SECRET"}), resolve
    )
    assert "offline_access" not in alone.scopes
    assert set(person.wished) == {"accounting.banktransactions.read", "accounting.reports.banksummary.read"}
    address = authorisation_address(person, "a state", "a challenge")
    assert "accounting.banktransactions.read" in address
    assert address.count("banksummary") == 1


def test_the_sign_in_address_carries_state_and_challenge(xero: World) -> None:
    address = authorisation_address(xero.client, "a state", "a challenge")
    assert address.startswith(f"{xero.server.base_url}/authorize?response_type=code&client_id={CLIENT_ID}&")
    assert "state=a+state" in address
    assert address.endswith("code_challenge=a+challenge&code_challenge_method=S256")
    assert "code_challenge" not in authorisation_address(xero.client, "a state")


def test_challenges_are_those_of_the_standard() -> None:
    assert challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert 43 <= len(new_verifier()) <= 128
    assert new_verifier() != new_verifier()


def test_an_old_code_says_to_start_again(either: World) -> None:
    with pytest.raises(NeedsReauthorisation, match=r"older than a few minutes.*duebird connect bakery"):
        exchange_code(either.client, "canary-unknown", None, either.wire)


def test_a_sign_in_without_a_refresh_token_is_not_kept(either: World) -> None:
    answer = json.dumps({"access_token": "canary", "expires_in": 1800})
    either.server.faults.append(Fault("status", path="/token", status=200, body=answer))
    with pytest.raises(NeedsReauthorisation, match="no refresh token"):
        exchange_code(either.client, "canary-code", None, either.wire)


def test_revoking_ends_the_consent_and_may_be_repeated(either: World) -> None:
    token = either.stored().refresh_token or ""
    revoke(either.client, token, either.wire)
    revoke(either.client, token, either.wire)
    assert not either.server.consents[0].alive


def test_a_revocation_that_may_not_have_arrived_is_said(either: World) -> None:
    either.server.faults += [Fault("drop_before", path="/revoke"), Fault("status", path="/revoke", status=503)]
    for _ in range(2):
        with pytest.raises(Transient):
            revoke(either.client, "canary", either.wire)
    with pytest.raises(NeedsReauthorisation, match="own keys"):
        revoke(replace(either.client, client_secret="canary-wrong"), "canary", either.wire)


# ------------------------------------------------------------------------------------------------- ages, secrets


def weights(tokens: TokenSet, after: timedelta) -> dict[str, Weight]:
    return {age.what: age.weight for age in ages(tokens, START + after)}


def test_status_warns_weeks_before_an_end(intuit: World) -> None:
    intuit.tokens().current()
    tokens = replace(intuit.stored(), refresh_expires_at=START + 100 * DAY, hard_expires_at=START + 200 * DAY)
    ok, warning, problem = Weight.OK, Weight.WARNING, Weight.PROBLEM
    assert weights(tokens, timedelta()) == {"access": ok, "idle": ok, "hard": ok}
    assert weights(tokens, 85 * DAY) == {"access": ok, "idle": ok, "hard": ok}
    assert weights(tokens, 86 * DAY) == {"access": ok, "idle": warning, "hard": ok}
    assert weights(tokens, 144 * DAY) == {"access": ok, "idle": problem, "hard": warning}
    assert weights(tokens, 200 * DAY) == {"access": ok, "idle": problem, "hard": problem}
    assert [age.what for age in ages(TokenSet("a", START, None, None), START)] == ["access"]


def test_no_secret_is_logged_or_shown(
    either: World, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    tokens = either.tokens()
    tokens.current()
    either.server.faults += [
        Fault("status", path="/token", status=400, body=json.dumps({"error": f"{CANARY}-word", "x": CANARY})),
        Fault("drop_after", path="/token", times=2),
    ]
    shown = [repr(tokens), repr(either.client), repr(either.store), repr(either.stored())]
    for _ in range(2):
        with pytest.raises(Transient) as caught:
            tokens.renewed(either.stored().access_token)
        shown += [str(caught.value), repr(caught.value)]
        either.let_pass(COOL_DOWN)
    either.server.consents[0].alive = False
    with pytest.raises(NeedsReauthorisation) as ended:
        tokens.renewed(either.stored().access_token)
    shown += [str(ended.value), repr(ended.value), *capsys.readouterr()]
    assert caplog.text
    assert CANARY not in caplog.text + "".join(shown)
