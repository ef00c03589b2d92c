"""The daemon itself, woken by nothing but the webhooks of the stand-ins."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from connector.domain.consent import ConsentState, standing
from connector.errors import ConfigProblem
from tests.web.street import CUSTOMER, Street, street, wait_for

pytestmark = pytest.mark.slow


@pytest.fixture
def main_street(tmp_path: Path) -> Iterator[Street]:
    with street(tmp_path) as made:
        yield made


def test_webhooks_alone_carry_an_invoice_from_the_books_to_paid(main_street: Street) -> None:
    town = main_street
    with town.running():
        wait_for(lambda: town.daemon.worker.statuses.get("acme"))
        town.play(town.quickbooks, "settings", webhook_url=town.door("quickbooks"))
        customer = town.play(town.quickbooks, "customers", name="Dana Reed", mobile=CUSTOMER.e164)["Id"]
        town.play(town.quickbooks, "invoices", customer=customer, amount="120.00", number="INV-7")
        [text] = wait_for(town.texts)
        town.play(town.stripe, "pay", link=text.rsplit(maxsplit=1)[-1], method="card")
        assert [str(amount) for amount in wait_for(town.booked)] in (["120.00"], ["120.0"], ["120"])
        town.play(town.twilio, "inbound", **{"from": CUSTOMER.e164, "body": "STOP"})
        wait_for(
            lambda: standing(town.state.queries.consent("acme", CUSTOMER.e164)) is ConsentState.REVOKED,
        )
        health = town.http.get(f"http://127.0.0.1:{town.health}/health").json()
    assert len([body for body in town.texts() if "INV-7" in body and "http" in body]) == 1
    assert len(town.booked()) == 1
    assert health["companies"]["acme"]["troubles"] == 0


def test_a_daemon_that_stops_lets_go_of_its_addresses(main_street: Street) -> None:
    town = main_street
    with town.running():
        assert town.http.post(town.door("stripe"), content=b"{}").status_code == 401
    assert refused(town.hooks)
    assert refused(town.health)


def test_settings_read_again_open_and_shut_the_doors(main_street: Street) -> None:
    town = main_street
    with town.running():
        daemon = town.loaded.settings.daemon.model_copy(update={"webhook_listen": None})
        company = town.loaded.settings.companies[0]
        stripe = company.stripe.model_copy(update={"webhook_secret": None})
        before = town.loaded
        shut = company.model_copy(update={"stripe": stripe})
        town.loaded = replace(before, settings=before.settings.model_copy(update={"companies": (shut,)}))
        town.daemon.reload()
        wait_for(lambda: answer_of(town.door("stripe")) == 404)
        town.loaded = replace(before, settings=before.settings.model_copy(update={"daemon": daemon}))
        town.daemon.reload()
        wait_for(lambda: refused(town.hooks))
        assert httpx.get(f"http://127.0.0.1:{town.health}/health", timeout=10, trust_env=False).status_code == 200


def test_an_address_that_is_taken_is_told_before_anything_starts(main_street: Street) -> None:
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # the port is held for the street
        taken.bind(("127.0.0.1", main_street.hooks))
        taken.listen()
        with pytest.raises(
            ConfigProblem, match=rf"cannot listen on 127.0.0.1:{main_street.hooks} .*Nothing was started"
        ):
            main_street.daemon.run()
    assert main_street.daemon.worker.statuses == {}
    assert refused(main_street.health)


def test_without_the_settings_there_is_no_web_at_all(main_street: Street) -> None:
    town = main_street
    daemon = town.loaded.settings.daemon.model_copy(update={"webhook_listen": None, "dashboard_listen": None})
    town.daemon._loaded = replace(town.loaded, settings=town.loaded.settings.model_copy(update={"daemon": daemon}))
    with town.running():
        assert town.daemon.front is None
        assert refused(town.hooks)


def answer_of(address: str) -> int | None:
    """The status an empty call gets, on a connection of its own; None where the door was being shut or opened."""
    try:
        return httpx.post(address, content=b"{}", timeout=10, trust_env=False).status_code
    except httpx.TransportError:
        return None


def refused(port: int) -> bool:
    """Whether nobody listens there. A call that came in while the door was being shut is reset: ask again."""
    try:
        httpx.get(f"http://127.0.0.1:{port}/", timeout=5, trust_env=False)
    except httpx.ConnectError:
        return True
    except httpx.TransportError:
        return False
    return False
