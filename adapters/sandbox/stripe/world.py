"""What the stand-in remembers: accounts, keys, and each account's objects by mode."""

from __future__ import annotations

import asyncio
import copy
import heapq
import itertools
import random
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from adapters.sandbox.base import TwinClock
from adapters.sandbox.stripe.forms import Obj

API_VERSION = "2026-10-28.endive"
EVENTS_KEPT = timedelta(days=30)  # https://docs.stripe.com/api/events
KEYS_KEPT = timedelta(hours=24)  # https://docs.stripe.com/api/idempotent_requests
_LETTERS = string.ascii_letters + string.digits


@dataclass
class Key:
    """An API key. `permissions` None: a full secret key; else names such as `payment_link_write`."""

    secret: str
    account_id: str
    live: bool
    permissions: frozenset[str] | None = None
    state: str = "active"  # or "revoked", "expired"

    def may(self, permission: str) -> bool:
        """Writing includes reading."""
        if self.permissions is None:
            return True
        writing = permission.removesuffix("_read") + "_write"
        return permission in self.permissions or writing in self.permissions


@dataclass
class EventRow:
    """An event and when it can first be seen in the list. `held`: not until a person releases it."""

    event: Obj
    visible_at: datetime
    held: bool = False


@dataclass
class Saved:
    """The first result under an idempotency key."""

    request: tuple[str, str, str]  # method, path, body as sent
    at: datetime
    running: bool = True
    status: int = 0
    body: str = ""


@dataclass
class Books:
    """Objects of one account in one mode. Dicts keep the order of making; lists answer newest first."""

    account_id: str
    live: bool
    payment_links: dict[str, Obj] = field(default_factory=dict)
    line_items: dict[str, list[Obj]] = field(default_factory=dict)  # by link
    tokens: dict[str, str] = field(default_factory=dict)  # last part of the page's address -> link
    sessions: dict[str, Obj] = field(default_factory=dict)
    sessions_of_link: dict[str, list[str]] = field(default_factory=dict)
    session_of_intent: dict[str, str] = field(default_factory=dict)
    payment_intents: dict[str, Obj] = field(default_factory=dict)
    charges: dict[str, Obj] = field(default_factory=dict)
    balance_transactions: dict[str, Obj] = field(default_factory=dict)
    refunds: dict[str, Obj] = field(default_factory=dict)
    disputes: dict[str, Obj] = field(default_factory=dict)
    payouts: dict[str, Obj] = field(default_factory=dict)
    payout_of: dict[str, str] = field(default_factory=dict)  # balance transaction -> payout
    products: dict[str, Obj] = field(default_factory=dict)
    prices: dict[str, Obj] = field(default_factory=dict)
    webhook_endpoints: dict[str, Obj] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)  # of the endpoints
    events: list[EventRow] = field(default_factory=list)
    saved: dict[str, Saved] = field(default_factory=dict)
    reads: int = 0  # GETs, which Stripe allots
    writes: int = 0

    def find(self, object_id: str) -> Obj | None:
        """Any object that another one may name by its id."""
        tables = {
            "plink": self.payment_links,
            "cs": self.sessions,
            "pi": self.payment_intents,
            "ch": self.charges,
            "py": self.charges,
            "txn": self.balance_transactions,
            "re": self.refunds,
            "du": self.disputes,
            "po": self.payouts,
            "price": self.prices,
            "prod": self.products,
        }
        table = tables.get(object_id.split("_", 1)[0])
        return table.get(object_id) if table is not None else None


@dataclass
class Account:
    """A business at Stripe."""

    account_id: str
    name: str
    country: str = "US"
    currency: str = "usd"
    charges_enabled: bool = True
    books: dict[bool, Books] = field(default_factory=dict)  # by live

    def in_mode(self, *, live: bool) -> Books:
        if live not in self.books:
            self.books[live] = Books(self.account_id, live)
        return self.books[live]


@dataclass
class Settings:
    """What a test may set about the service's manners."""

    event_lag_seconds: float = 0.0  # an event made now is listed that much later
    hold_events: list[str] = field(default_factory=list)  # types that stay unlisted until released; "*" for all
    fee_delay_seconds: float = 2.0  # the real one is up to an hour; a demo has a minute
    fail_writes: int = 0  # so many writes answer 500, a stored result
    fail_after_acting: bool = False  # whether those did their work first
    hold_writes: bool = False  # writes wait, as under load, until this is off again
    enforce_limit_at_completion: bool = False  # Stripe does not say; the unkind case is the default
    entries_dated_back: bool = False  # a late entry has its payment's time: it surfaces behind others
    fee_tax_rate: str = "0"  # on Stripe's own fees, as in Australia: "0.10"
    refunds_return_fees: bool = False  # as for accounts of long ago, https://docs.stripe.com/refunds
    won_disputes_return_fees: bool = False  # by country and year, https://docs.stripe.com/disputes
    rates: dict[str, str] = field(default_factory=dict)  # currency -> units of the account's own that one unit becomes


def wants(endpoint: Obj, kind: str) -> bool:
    """Whether a webhook endpoint asked for events of that type."""
    return "*" in endpoint["enabled_events"] or kind in endpoint["enabled_events"]


class World:
    """All accounts, and the passage of time over them."""

    def __init__(self, clock: TwinClock, seed: int | None) -> None:
        self.clock = clock
        self.settings = Settings()
        self.accounts: dict[str, Account] = {}
        self.keys: dict[str, Key] = {}
        self.go_on = asyncio.Event()  # set while writes are not held
        self.go_on.set()
        self.deliver: Callable[[Books, Obj], None] = lambda _books, _event: None
        self._random = random.Random(seed)
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._replaying: datetime | None = None

    def new_id(self, prefix: str, length: int = 24) -> str:
        return prefix + "".join(self._random.choices(_LETTERS, k=length))

    def now(self) -> datetime:
        """The time; while something due earlier is caught up with, the moment of that."""
        return self._replaying or self.clock.now()

    def seconds(self) -> int:
        """Now, in Stripe's whole seconds."""
        return int(self.now().timestamp())

    def later(self, at: datetime, act: Callable[[], None]) -> None:
        """Do something when that time has come: at the first request after it."""
        heapq.heappush(self._due, (at, next(self._order), act))

    def catch_up(self) -> None:
        """Let everything happen that is due by now."""
        now = self.clock.now()
        try:
            while self._due and self._due[0][0] <= now:
                self._replaying, _, act = heapq.heappop(self._due)
                act()
        finally:
            self._replaying = None

    def emit(self, books: Books, kind: str, obj: Obj, previous: Obj | None = None) -> Obj:
        """Record that something happened; the payload is the object as of now."""
        data: Obj = {"object": copy.deepcopy(obj)}
        if previous is not None:
            data["previous_attributes"] = previous
        event: Obj = {
            "id": self.new_id("evt_1"),
            "object": "event",
            "api_version": API_VERSION,
            "created": self.seconds(),
            "data": data,
            "livemode": books.live,
            "pending_webhooks": sum(wants(one, kind) for one in books.webhook_endpoints.values()),
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        held = "*" in self.settings.hold_events or kind in self.settings.hold_events
        visible = self.now() + timedelta(seconds=self.settings.event_lag_seconds)
        books.events.append(EventRow(event, visible, held))
        self.deliver(books, event)
        return event

    def all_books(self) -> list[Books]:
        return [books for account in self.accounts.values() for books in account.books.values()]
