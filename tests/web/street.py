"""A street of stand-ins and a real daemon beside it that looks once an hour, so that only webhooks can wake it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from adapters.sandbox.base import CONTROL, Served
from adapters.sandbox.quickbooks import QuickBooksTwin, RealmSettings
from adapters.sandbox.stripe import StripeTwin
from adapters.sandbox.stripe.twin import DEFAULT_KEY
from adapters.sandbox.twilio import Account, Number, TwilioTwin
from connector import assemble
from connector.config import load_text
from connector.daemon import Daemon
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.ports.calls import TokenSet
from connector.signin.book import ConnectionEntry
from connector.signin.company import custody_of
from tests.ports import free_port

REALM = "9130355377388383"
TWILIO_ACCOUNT, TWILIO_TOKEN = "AC" + "a" * 32, "made-up-token"
SENDER, CUSTOMER = "+15035550100", Phone("+12125550123")
PATIENCE = 60.0  # seconds; what is waited for takes well under one, on a machine that does nothing else

CONFIG = """
state_dir = "{folder}/state"
[daemon]
poll_quick = 3600
poll_slow = 3600
poll_idle = 3600
webhook_listen = "127.0.0.1:{hooks}"
dashboard_listen = "127.0.0.1:{health}"
public_url = "http://127.0.0.1:{hooks}"
[[company]]
id = "acme"
name = "Acme Plumbing"
country = "US"
timezone = "America/New_York"
start_on = {start}
[company.ledger]
kind = "quickbooks"
client_id = "env:ID"
client_secret = "env:SECRET"
webhook_verifier = "env:VERIFIER"
payment_account = "{clearing}"
base_url = "{quickbooks}"
authorize_url = "{quickbooks}/authorize"
token_url = "{quickbooks}/token"
revoke_url = "{quickbooks}/revoke"
[company.stripe]
key = "env:STRIPE"
webhook_secret = "env:WHSEC"
base_url = "{stripe}"
[company.twilio]
account_sid = "{account}"
auth_token = "env:TWILIO"
from_number = "{sender}"
base_url = "{twilio}"
messaging_base_url = "{twilio}"
pricing_base_url = "{twilio}"
[company.approval]
draft_first = false
[company.notices]
window_start = "00:00"
window_end = "24:00"
public_holidays = true
hours_by_law = false
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""


def wait_for(what: Callable[[], Any]) -> Any:
    """The first true answer."""
    deadline = time.monotonic() + PATIENCE
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)
    return found


class Street:
    """The services, the daemon, and the people."""

    def __init__(self, folder: Path, quickbooks: Served, stripe: Served, twilio: Served, http: httpx.Client) -> None:
        assert isinstance(quickbooks.twin, QuickBooksTwin)
        assert isinstance(twilio.twin, TwilioTwin)
        self.quickbooks, self.stripe, self.twilio, self.http = quickbooks, stripe, twilio, http
        self.books, self.carrier = quickbooks.twin.realms[REALM], twilio.twin.world
        self.hooks, self.health = free_port(), free_port()
        self.carrier.accounts[TWILIO_ACCOUNT] = Account(
            TWILIO_ACCOUNT, TWILIO_TOKEN, numbers={SENDER: Number(SENDER, sms_url=self.door("twilio/inbound"))}
        )
        text = CONFIG.format(
            folder=folder,
            hooks=self.hooks,
            health=self.health,
            start=(datetime.now(UTC) - timedelta(days=2)).date(),
            clearing=self.books.clearing_account,
            quickbooks=quickbooks.base_url,
            stripe=stripe.base_url,
            twilio=twilio.base_url,
            account=TWILIO_ACCOUNT,
            sender=SENDER,
        )
        environ = {"ID": "id", "SECRET": "secret", "VERIFIER": "verifier", "STRIPE": DEFAULT_KEY}
        environ |= {"TWILIO": TWILIO_TOKEN, "WHSEC": self._endpoint()}
        self.loaded = load_text(text, folder / "duebird.toml", environ)
        self.state = assemble.open_state(self.loaded.state_dir)
        self._connect(quickbooks.twin.seed_token(REALM))
        self.daemon = Daemon(self.loaded, self.state, read_again=lambda: self.loaded)

    def door(self, name: str) -> str:
        return f"http://127.0.0.1:{self.hooks}/hooks/acme/{name}"

    def _endpoint(self) -> str:
        made = self.http.post(
            f"{self.stripe.base_url}/v1/webhook_endpoints",
            data={"url": self.door("stripe"), "enabled_events[0]": "checkout.session.completed"},
            headers={"Authorization": f"Bearer {DEFAULT_KEY}"},
        )
        return str(made.json()["secret"])

    def _connect(self, token: str) -> None:
        now = datetime.now(UTC)
        custody = custody_of(self.loaded.state_dir)
        later = now + timedelta(days=1)
        with custody.store.exclusive(f"quickbooks:{REALM}"):
            custody.store.save(f"quickbooks:{REALM}", TokenSet(token, later, "refresh", later, obtained_at=now))
        custody.book.claim("acme", ConnectionEntry("quickbooks", f"quickbooks:{REALM}", REALM, "", now), {"acme"})
        agreed = ConsentRecord(CUSTOMER, ConsentState.GRANTED, ConsentMethod.FORM, now - timedelta(days=1), "owner")
        self.state.store.consents_recorded("acme", [agreed], now)

    # -------------------------------------------------------------------------------------------------- people

    def play(self, service: Served, act: str, **given: Any) -> Any:
        answer = self.http.post(f"{service.base_url}{CONTROL}/{act}", json=given)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def texts(self) -> list[str]:
        sent = self.carrier.accounts[TWILIO_ACCOUNT].by_to.get(CUSTOMER.e164, [])
        return [message.body for message in sent if message.direction == "outbound-api"]

    def booked(self) -> list[Any]:
        return [version.row["TotalAmt"] for version in self.books.all("Payment") if not version.deleted]

    @contextmanager
    def running(self) -> Iterator[threading.Thread]:
        ready = threading.Event()
        thread = threading.Thread(target=self.daemon.run, kwargs={"ready": ready.set}, name="daemon")
        thread.start()
        try:
            assert ready.wait(PATIENCE)
            yield thread
        finally:
            self.daemon.stop()
            thread.join(PATIENCE)
        assert not thread.is_alive()


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    with ExitStack() as stack:
        http = stack.enter_context(httpx.Client(timeout=10, trust_env=False))
        quickbooks = stack.enter_context(Served(QuickBooksTwin({REALM: RealmSettings(webhook_verifier="verifier")})))
        stripe, twilio = (stack.enter_context(Served(twin)) for twin in (StripeTwin(), TwilioTwin()))
        made = Street(folder, quickbooks, stripe, twilio, http)
        stack.callback(made.state.close)
        yield made
