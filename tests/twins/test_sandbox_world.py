"""Four stand-ins together, and the one disturbance that a play needs: a request that waits until it is let go."""

from __future__ import annotations

import socket
import threading
import time

import httpx
import pytest

from adapters.sandbox.world import QUICKBOOKS_BUSINESS, XERO_BUSINESS, SandboxWorld

HELD = {"action": "hold_before", "method": "GET", "path": "^/connections$"}


def ask(url: str) -> httpx.Response:
    return httpx.get(url, timeout=10, trust_env=False)


def disturb(base: str, seconds: float) -> None:
    httpx.post(f"{base}/_sandbox/faults", json=HELD | {"seconds": seconds}, timeout=10, trust_env=False)


def test_every_service_answers_for_both_businesses_at_an_address_of_its_own() -> None:
    with SandboxWorld() as world:
        addresses = world.addresses
        assert len(set(addresses.values())) == 4
        realms = ask(f"{addresses['quickbooks']}/_sandbox/realms").json()["realms"]
        assert realms == [{"realm": QUICKBOOKS_BUSINESS.books_id, "name": QUICKBOOKS_BUSINESS.name}]
        assert ask(f"{addresses['xero']}/_sandbox/records").json()["tenant_id"] == XERO_BUSINESS.books_id
        accounts = ask(f"{addresses['stripe']}/_sandbox/records").json()["accounts"]
        assert {QUICKBOOKS_BUSINESS.stripe_account, XERO_BUSINESS.stripe_account} <= set(accounts)
        (account,) = world.twilio.world.accounts.values()
        assert set(account.numbers) == {QUICKBOOKS_BUSINESS.number, XERO_BUSINESS.number}


def test_a_port_that_is_taken_leaves_no_service_running() -> None:
    with SandboxWorld() as first:
        port = int(first.addresses["twilio"].rpartition(":")[2])
        second = SandboxWorld(ports={"twilio": port})
        with pytest.raises(OSError, match="in use"):
            second.start()
        with pytest.raises(httpx.ConnectError):
            ask(f"{second.addresses['quickbooks']}/_sandbox/realms")


def test_a_fixed_port_is_the_one_that_is_used() -> None:
    with SandboxWorld() as probe:
        address = probe.addresses["xero"]
    with SandboxWorld(ports={"xero": int(address.rpartition(":")[2])}) as world:
        assert world.addresses["xero"] == address


def test_neither_ledger_limits_whoever_looks_every_second() -> None:
    world = SandboxWorld()
    [books] = world.quickbooks.realms.values()
    assert books.settings.per_minute is None
    limits = world.xero.tenant().limits
    assert (limits.minute, limits.day) == (None, None)


def test_a_held_request_goes_on_when_the_faults_are_cleared() -> None:
    with SandboxWorld() as world:
        base = world.addresses["xero"]
        disturb(base, seconds=30)
        answers: list[int] = []
        asking = threading.Thread(target=lambda: answers.append(ask(f"{base}/connections").status_code))
        asking.start()
        deadline = time.monotonic() + 10
        while not ask(f"{base}/_sandbox/faults").json()["faults"][0]["hits"]:
            assert time.monotonic() < deadline, "the request never came"
        assert answers == []
        httpx.delete(f"{base}/_sandbox/faults", timeout=10, trust_env=False)
        asking.join(timeout=10)
        assert answers == [401]


def test_a_held_request_goes_on_by_itself_when_its_time_is_up() -> None:
    with SandboxWorld() as world:
        disturb(world.addresses["xero"], seconds=0.1)
        assert ask(f"{world.addresses['xero']}/connections").status_code == 401


@pytest.mark.parametrize("service", ["quickbooks", "xero", "stripe", "twilio"])
def test_no_service_acts_on_a_request_whose_caller_died_before_its_end(service: str) -> None:
    with SandboxWorld() as world:
        address = world.addresses[service].removeprefix("http://").split(":")
        with socket.create_connection((address[0], int(address[1])), timeout=10) as line:
            line.sendall(b"PUT /half HTTP/1.1\r\nHost: half\r\nContent-Length: 50\r\n\r\n{")
        for _ in range(20):  # by then it has seen that the line is gone
            ask(f"{world.addresses[service]}/whole")
            time.sleep(0.01)
        seen = [one["path"] for one in ask(f"{world.addresses[service]}/_sandbox/requests").json()["requests"]]
        assert seen == ["/whole"] * 20
