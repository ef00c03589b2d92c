"""Stripe's row of the processor suite: the adapter over HTTP against its stand-in."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import requests

from adapters.clock import ManualClock
from adapters.sandbox.base import CONTROL, Fault, Served
from adapters.sandbox.stripe import StripeTwin
from adapters.sandbox.stripe.twin import DEFAULT_ACCOUNT, DEFAULT_KEY
from adapters.sandbox.stripe.world import Books
from adapters.stripe import translate
from adapters.stripe.anchor import StripeAnchor
from adapters.stripe.processor import StripeProcessor
from adapters.stripe.records import StripeRecords
from adapters.stripe.settings import StripeSettings
from adapters.stripe.treasury import StripeTreasury
from connector.domain.money import Money
from connector.ports.anchor import Anchor
from connector.ports.calls import CallKind, CallSeen, Wire
from connector.ports.processor import PaymentProcessor
from connector.ports.records import ProcessorReader
from connector.ports.treasury import Treasury
from tests.contract.treasury_harness import TreasuryHarness


class CountingMeter:
    """Lets every call through and remembers what it was told."""

    def __init__(self) -> None:
        self.seen: list[CallSeen] = []
        self.pauses: list[str] = []
        self.after_next: Callable[[], object] | None = None

    def before(self, service: str, kind: CallKind) -> None:
        del service, kind

    def after(self, call: CallSeen) -> None:
        self.seen.append(call)
        if self.after_next is not None:
            self.after_next()
            self.after_next = None

    def pause(self, service: str, until: object) -> None:
        del until
        self.pauses.append(service)


class StripeHarness:
    """One account with a restricted test key, and its payers, played through the stand-in's control routes."""

    def __init__(self, served: Served, twin: StripeTwin) -> None:
        self.twin = twin
        self.base_url = served.base_url
        self.clock = ManualClock(twin.clock.now())
        self.meter = CountingMeter()
        self.wire = Wire("acme", self.clock, self.meter, connect_timeout=2.0, read_timeout=5.0)
        self.processor: PaymentProcessor = self.with_key(DEFAULT_KEY)
        self.anchor: Anchor = StripeAnchor(self.settings(), DEFAULT_KEY, self.wire)
        self.reader: ProcessorReader = StripeRecords(self.settings(), DEFAULT_KEY, self.wire)
        self.treasury: Treasury = StripeTreasury(self.settings(), DEFAULT_KEY, self.wire)
        self._session = requests.Session()
        self._session.trust_env = False  # the people are not behind the refused proxy

    def with_key(self, key: str, base_url: str | None = None) -> StripeProcessor:
        """The adapter, with another key or at another address."""
        return StripeProcessor(self.settings(base_url), key, self.wire)

    def settings(self, base_url: str | None = None) -> StripeSettings:
        return StripeSettings.model_validate({"key": "env:STRIPE_KEY", "base_url": base_url or self.base_url})

    def refund(self, payment_id: str, amount: Money) -> None:
        self.control("refund", {"payment_intent": payment_id, "amount": amount.minor})

    def show_other_currency(self, payment_id: str, shown: Money) -> None:
        (charge,) = (one for one in self._books().charges.values() if one["payment_intent"] == payment_id)
        amount = translate.to_minor(shown)
        charge["presentment_details"] = {
            "presentment_amount": amount,
            "presentment_currency": shown.currency.lower(),
        }

    def settle_at(self, currency: str, rate: str) -> None:
        rates = {**self.twin.world.settings.rates, currency.lower(): rate}
        self.control("settings", {"rates": rates})

    def fail_refund(self, refund_id: str) -> None:
        self.control("refund_fail", {"refund": refund_id})

    def dispute(self, payment_id: str, amount: Money | None = None) -> str:
        some = {} if amount is None else {"amount": translate.to_minor(amount)}
        return str(self.control("dispute", {"payment_intent": payment_id, **some})["id"])

    def end_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.control("dispute_end", {"dispute": dispute_id, "won": won})

    def bounce(self, payment_id: str) -> None:
        self.control("bounce", {"payment_intent": payment_id})

    def charge_account(self, amount: Money) -> None:
        given = {"amount": amount.minor, "currency": amount.currency.lower()}
        self.control("charge_account", {"account": DEFAULT_ACCOUNT, **given})

    def pay_out(self, currency: str = "USD") -> str | None:
        made = self.control("payout", {"account": DEFAULT_ACCOUNT, "currency": currency.lower()})["payout"]
        return str(made["id"]) if made is not None else None

    def send(self, amount: Money, *, instant: bool) -> str:
        asked = {"amount": amount.minor, "currency": amount.currency.lower(), "instant": instant}
        return str(self.control("payout", {"account": DEFAULT_ACCOUNT, **asked})["payout"]["id"])

    def fail_payout(self, payout_id: str) -> None:
        self.control("payout_fail", {"payout": payout_id})

    def control(self, act: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        """Play a person at the stand-in."""
        answer = self._session.post(f"{self.base_url}{CONTROL}/{act}", json=given or {}, timeout=5)
        answer.raise_for_status()
        return dict(answer.json())

    def records(self, *, live: bool = False) -> dict[str, Any]:
        """What the stand-in holds of the account."""
        answer = self._session.get(f"{self.base_url}{CONTROL}/records", timeout=5).json()
        return dict(answer["accounts"][DEFAULT_ACCOUNT]["live" if live else "test"])

    def pay(self, link_url: str) -> str | None:
        done = self.control("pay", {"link": link_url, "method": "card"})
        return done["payment_intent"] if done["outcome"] == "paid" else None

    def raise_limit(self, link_id: str, limit: int) -> None:
        """The owner lets a link take more payments, in the dashboard."""
        answer = self._session.post(
            f"{self.base_url}/v1/payment_links/{link_id}",
            data={"restrictions[completed_sessions][limit]": str(limit)},
            headers={"Authorization": f"Bearer {DEFAULT_KEY}"},
            timeout=5,
        )
        answer.raise_for_status()

    def open_page(self, link_url: str) -> str | None:
        session: str | None = self.control("open", {"link": link_url})["session"]
        return session

    def pay_session(self, session_id: str) -> str | None:
        done = self.control("pay", {"session": session_id, "method": "card"})
        return done["payment_intent"] if done["outcome"] == "paid" else None

    def start_debit(self, link_url: str) -> str | None:
        session: str | None = self.control("pay", {"link": link_url, "method": "bank"})["session"]
        return session

    def finish_debit(self, session_id: str, *, succeeds: bool) -> None:
        self.control("debit", {"session": session_id, "succeeds": succeeds})

    def live_links_in_world(self) -> list[str]:
        return [link["id"] for link in self.records()["links"] if link["active"]]

    def products(self) -> dict[str, dict[str, Any]]:
        """Every product of the account as it stands."""
        return self._books().products

    def _books(self) -> Books:
        return self.twin.world.accounts[DEFAULT_ACCOUNT].in_mode(live=False)

    def claims_in_world(self) -> dict[str, dict[str, str]]:
        return {place: one["metadata"] for place, one in self.products().items() if place.startswith("duebird_")}

    def delete_claim(self, anchor_id: str) -> None:
        del self.products()[anchor_id]

    def let_time_pass(self, by: timedelta) -> None:
        self.clock.advance(by)
        self.twin.clock.offset += by

    def refuse_next_connection(self) -> None:
        """The next call is led to a proxy where nobody listens: a connection truly refused, none made."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            nobody = f"http://127.0.0.1:{free.getsockname()[1]}"
        os.environ["http_proxy"] = nobody
        self.meter.after_next = lambda: os.environ.pop("http_proxy", None)

    def lose_next_write_answer(self) -> None:
        self.twin.faults.append(Fault("drop_after", method="POST", path="^/v1/"))

    def throttle_next_call(self) -> None:
        self.twin.throttle()

    def revoke_access(self) -> None:
        self.control("keys", {"account": DEFAULT_ACCOUNT, "keys": [{"secret": DEFAULT_KEY, "state": "revoked"}]})

    def close(self) -> None:
        os.environ.pop("http_proxy", None)
        self._session.close()


@contextmanager
def harness() -> Iterator[StripeHarness]:
    """A fresh stand-in and an adapter on it."""
    twin = StripeTwin()
    with Served(twin) as served:
        made = StripeHarness(served, twin)
        _fits: TreasuryHarness = made
        try:
            yield made
        finally:
            made.close()
