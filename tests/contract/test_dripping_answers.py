"""An answer that comes drop by drop is given up when the whole has taken too long, whichever SDK waits for it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.quickbooks.faults import Errand
from adapters.quickbooks.wire import QuickBooksWire
from adapters.stripe.settings import StripeSettings
from adapters.stripe.wire import StripeWire
from adapters.twilio.settings import TwilioSettings
from adapters.twilio.wire import connect
from adapters.xero.wire import XeroWire
from connector.errors import DuebirdError, Transient, Uncertain
from connector.ports.calls import Wire
from tests.contract.rows import quickbooks, xero
from tests.contract.rows.stripe import CountingMeter

PIECE_BY_PIECE = {
    "headers": (b"HTTP/1.1 200 OK\r\nX-Drops: ", b"d"),
    "body": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
}
PATIENCE = 0.2  # seconds for a write's answer
BETWEEN = 0.02  # seconds between drops: each of them in time
MOST = 500  # drops, ten seconds of them: who takes all was never going to give up


class Dripper:
    """Answers every call for ten seconds, a drop at a time, and counts what was taken."""

    def __init__(self, start: bytes, drop: bytes) -> None:
        self._start, self._drop = start, drop
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._over = threading.Event()
        self.base_url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.calls = 0
        self.drops = 0
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):  # until it is closed
            while True:
                line = self._listening.accept()[0]
                self.calls += 1
                with line, suppress(OSError):
                    line.recv(65536)
                    line.sendall(self._start)
                    for _ in range(MOST):
                        if self._over.wait(BETWEEN):
                            return
                        line.sendall(self._drop)
                        self.drops += 1

    def close(self) -> None:
        self._over.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(timeout=5)


@pytest.fixture(params=list(PIECE_BY_PIECE))
def dripper(request: pytest.FixtureRequest) -> Iterator[Dripper]:
    made = Dripper(*PIECE_BY_PIECE[request.param])
    yield made
    made.close()


def wire() -> Wire:
    return Wire("acme", SystemClock(), CountingMeter(), connect_timeout=2.0, read_timeout=PATIENCE)


def text(base_url: str) -> Any:
    settings = TwilioSettings.model_validate(
        {"account_sid": "AC" + "0" * 32, "auth_token": "env:T", "from_number": "+15550100001", "base_url": base_url}
    )
    messages = connect(settings, settings.account_sid, "token", wire()).messages
    return messages.create(to="+15550100002", from_="+15550100001", body="Hi")


def retired(base_url: str) -> Any:
    settings = StripeSettings.model_validate({"key": "env:K", "base_url": base_url})
    stripe = StripeWire(settings, "rk_test_1", wire())
    return stripe.write("take a link down", lambda client: client.v1.payment_links.update("plink_1", {"active": False}))


def quickbooks_booking(base_url: str) -> Any:
    books = QuickBooksWire(quickbooks.settings(base_url), "123", quickbooks.Tokens(["token"]), wire())
    return books.create(
        "Payment", {"TotalAmt": 1}, "once", Errand("book a payment", "Nothing was booked.", writes=True)
    )


def xero_booking(base_url: str) -> Any:
    books = XeroWire(base_url, xero.Tokens(["token"]), wire())
    return books.write(lambda api: api.create_payments("tenant", {"Payments": []}, _preload_content=False))


WRITES: list[Callable[[str], Any]] = [text, retired, quickbooks_booking, xero_booking]


@pytest.mark.parametrize("write", WRITES)
def test_a_write_whose_answer_drips_is_in_doubt_after_one_time_out(
    dripper: Dripper, write: Callable[[str], Any]
) -> None:
    with pytest.raises(Uncertain):
        write(dripper.base_url)
    assert dripper.calls == 1
    assert dripper.drops < MOST


def test_a_read_whose_answer_drips_was_out_of_reach(dripper: Dripper) -> None:
    stripe = StripeWire(StripeSettings.model_validate({"key": "env:K", "base_url": dripper.base_url}), "k", wire())
    with pytest.raises(Transient):
        stripe.read("read the account", lambda client: client.v1.accounts.retrieve_current())
    assert dripper.drops < MOST


def test_a_page_that_takes_longer_than_a_writes_answer_is_still_read() -> None:
    """A read has more time: half a second of drops, then the end."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with listening.accept()[0] as line:
            line.recv(65536)
            line.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
            for _ in range(15):
                threading.Event().wait(BETWEEN)
                line.sendall(b" ")
            line.sendall(b'{"object": "account", "id": "acct_1"}')

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    stripe = StripeWire(StripeSettings.model_validate({"key": "env:K", "base_url": base_url}), "k", wire())
    try:
        assert stripe.read("read it", lambda client: client.v1.accounts.retrieve_current())["id"] == "acct_1"
    except DuebirdError as error:
        pytest.fail(str(error))
    finally:
        listening.close()
        thread.join(timeout=5)
