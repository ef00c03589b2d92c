"""The processor's account: links, the pages payers open on them, payments, and events about all that.

Rules as at Stripe: a link counts *completed* pages, also unpaid bank debits, and closes itself at its limit; closing
a link leaves pages that are already open payable until they expire.
https://docs.stripe.com/payment-links/customize
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from adapters.memory.balance_world import Balance
from adapters.memory.world import History, World
from connector.domain.lease import Claim
from connector.domain.money import Money, decimals_of
from connector.errors import Rejected, RejectedBecause
from connector.ports.calls import Clock
from connector.ports.processor import Hint, LinkRequest, Payment, PaymentLink, PaymentState, ProcessorAccount

PAGE_LIFE = timedelta(hours=24)  # a page opened on a link, https://docs.stripe.com/api/checkout/sessions/create
COMPLETIONS = 1  # `restrictions.completed_sessions.limit` of every link we make
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, as far as tests need them
MINIMUM = {"JPY": 50, "KRW": 50, "GBP": 30, "MXN": 1000, "SEK": 300, "KWD": 500}
USUAL_MINIMUM = 50  # minor units, where the table names no other
MAXIMUM = 99_999_999  # minor units: 8 digits, the least of the methods


class PageState(StrEnum):
    """A checkout session's status."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Page:
    """A checkout session: one visit of somebody to a link. `inactive_message` of the link may be all they see."""

    session_id: str
    link_id: str
    state: PageState
    opened_at: datetime
    payment_id: str | None = None


@dataclass(frozen=True, slots=True)
class LinkRecord:
    """A link with everything it was made with."""

    link: PaymentLink
    request: LinkRequest
    made_at: datetime
    completions: int = 0
    message: str = ""  # what a visitor of the dead link reads


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back on a payment, by a person in the dashboard."""

    refund_id: str
    payment_id: str
    amount: Money
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Event:
    """A hint with the moment from which lists show it, None: never."""

    hint: Hint
    shown_from: datetime | None


@dataclass(frozen=True, slots=True)
class NamedClaim:
    """Who works on some books, with what an owner reads who meets it in the dashboard."""

    name: str
    claim: Claim


class StripeLikeWorld(World):
    """One account at the processor. Methods named after what people do are theirs, not a client's."""

    def __init__(
        self,
        clock: Clock,
        *,
        account: ProcessorAccount | None = None,
        key_memory: timedelta = timedelta(hours=24),  # https://docs.stripe.com/api/idempotent_requests
    ) -> None:
        super().__init__(clock, key_memory=key_memory)
        self.account = account or ProcessorAccount(
            "acct_memory", "Memory Plumbing", "US", charges_enabled=True, live=False
        )
        self.refused_currencies: set[str] = set()
        self.second_completion = True  # two pages opened before the first is paid can both be: not ruled out in life
        self.stubborn: set[str] = set()  # pages that cannot be expired just now: the payer is at his bank's check
        self.event_delay: Callable[[Hint], float | None] | None = None  # seconds until lists show it; None: never
        self.events_kept = timedelta(days=30)  # https://docs.stripe.com/api/events
        self.links: dict[str, History[LinkRecord]] = {}
        self.pages: dict[str, History[Page]] = {}
        self.payments: dict[str, History[Payment]] = {}
        self.refunds: list[Refund] = []
        self.events: list[Event] = []
        self.balance = Balance(self)
        self.claims: dict[str, NamedClaim] = {}  # by the id that was chosen for it
        self._event_times: list[datetime] = []
        self._link_by_url: dict[str, str] = {}
        self._links_by_reference: dict[str, list[str]] = {}
        self._pages_on: dict[str, list[str]] = {}

    # ------------------------------------------------------------------------------------------ people's acts

    def open_page(self, url: str) -> str | None:
        """Visit a link; None where it is dead and the visitor reads its message."""
        with self.moment() as now:
            link_id = self._link_by_url.get(url)
            if link_id is None or not self.links[link_id].latest.link.active:
                return None
            session_id = self.new_id("cs_")
            self.pages[session_id] = History(now, Page(session_id, link_id, PageState.OPEN, now))
            self._pages_on.setdefault(link_id, []).append(session_id)
            self.later(PAGE_LIFE, lambda: self._expire(session_id))
            return session_id

    def pay_page(self, session_id: str, *, method: str = "card") -> str | None:
        """Pay on a page opened before; None where it can be paid no more. Returns the payment's id."""
        with self.moment():
            return self._complete(session_id, method, paid=True)

    def pay(self, url: str, *, method: str = "card") -> str | None:
        """Visit and pay. Returns the payment's id, None where the link is dead."""
        session_id = self.open_page(url)
        return self.pay_page(session_id, method=method) if session_id else None

    def start_debit(self, url: str, *, method: str = "us_bank_account") -> str | None:
        """Visit and pay by bank debit: completed, money not there. Returns the page's id."""
        session_id = self.open_page(url)
        if session_id is None:
            return None
        with self.moment():
            return session_id if self._complete(session_id, method, paid=False) else None

    def finish_debit(self, session_id: str, *, succeeds: bool) -> None:
        """Let the bank answer, days later."""
        with self.moment() as now:
            payment_id = self.pages[session_id].latest.payment_id
            if payment_id is None:
                raise ValueError(f"nobody paid on {session_id}")
            history = self.payments[payment_id]
            if history.latest.state is not PaymentState.PENDING:
                return
            state = PaymentState.SUCCEEDED if succeeds else PaymentState.FAILED
            history.add(now, replace(history.latest, state=state, paid_at=_whole(now) if succeeds else None))
            if succeeds:
                self.balance.paid(history.latest)
            ending = "succeeded" if succeeds else "failed"
            self._tell(f"checkout.session.async_payment_{ending}", session_id)

    def abandon(self, session_id: str) -> None:
        """Let a page's 24 hours be over now."""
        with self.moment():
            self._expire(session_id)

    def refund(self, payment_id: str, amount: Money | None = None) -> str:
        """Give money back from the dashboard; all of it without an amount. Returns the refund's id."""
        with self.moment() as now:
            refund_id = self.new_id("re_")
            given = amount if amount is not None else self.payments[payment_id].latest.amount
            self.refunds.append(Refund(refund_id, payment_id, given, now))
            self.balance.refunded(refund_id, payment_id, given)
            self._tell("charge.refunded", payment_id)
            return refund_id

    # -------------------------------------------------------------------------------------- for checkers

    def live_links(self, reference: str | None = None) -> list[LinkRecord]:
        """Links that can be visited now, of one reference or all, oldest first."""
        with self.moment():
            found = (history.latest for history in self.links.values())
            return [one for one in found if one.link.active and reference in {None, one.link.reference}]

    def all_payments(self) -> list[Payment]:
        """Every payment as it stands now, oldest first."""
        with self.moment():
            return [history.latest for history in self.payments.values()]

    # ---------------------------------------------------------------------------------- the service's side

    def problem_with(self, amount: Money) -> str | None:
        """Why an amount cannot be charged, None where it can."""
        least = MINIMUM.get(amount.currency, USUAL_MINIMUM)
        if amount.currency in self.refused_currencies:
            return f"{amount.currency} cannot be charged here"
        if amount.minor < least:
            return f"the least that can be charged is {Money.from_minor(least, amount.currency)}"
        if amount.minor > MAXIMUM:
            return f"the most that can be charged is {Money.from_minor(MAXIMUM, amount.currency)}"
        if decimals_of(amount.currency) == 3 and amount.minor % 10:  # noqa: PLR2004 - the three-decimal currencies
            return f"the last digit of an amount in {amount.currency} must be 0"
        return None

    def create_link(self, request: LinkRequest) -> PaymentLink:
        """Make a link, once a key."""
        return self.once(request.idempotency_key, request, lambda: self._created(request))

    def deactivate(self, link_id: str, message: str) -> None:
        """Take a link down; visitors read the message. Pages already open stay payable."""
        history = self.links[link_id]
        if history.latest.link.active:
            closed = replace(history.latest.link, active=False)
            history.add(self.now(), replace(history.latest, link=closed, message=message))
            self._tell("payment_link.updated", link_id)

    def expire_pages(self, link_id: str) -> None:
        """Expire the link's open pages, all but the stubborn ones."""
        for session_id in self._pages_on.get(link_id, []):
            if session_id not in self.stubborn:
                self._expire(session_id)

    def pages_on(self, link_id: str) -> list[Page]:
        """Every page ever opened on a link, as it stands."""
        return [self.pages[one].latest for one in self._pages_on.get(link_id, [])]

    def links_by_reference(self, reference: str) -> list[str]:
        """Ids of links that carry a reference."""
        return self._links_by_reference.get(reference, [])

    def events_since(self, since: datetime) -> list[Event]:
        """Events of that second or later, oldest first."""
        return self.events[bisect_left(self._event_times, _whole(since)) :]

    def _created(self, request: LinkRequest) -> PaymentLink:
        problem = self.problem_with(request.amount)
        if problem:
            raise Rejected(f"No link was made: {problem}.", because=RejectedBecause.AMOUNT, service="processor")
        link_id = self.new_id("plink_")
        link = PaymentLink(
            link_id,
            f"https://pay.example/{link_id}",
            active=True,
            reference=request.reference,
            metadata=dict(request.metadata),
        )
        self.links[link_id] = History(self.now(), LinkRecord(link, request, self.now()))
        self._link_by_url[link.url] = link_id
        self._links_by_reference.setdefault(request.reference, []).append(link_id)
        return link

    def _complete(self, session_id: str, method: str, *, paid: bool) -> str | None:
        page = self.pages[session_id].latest
        record = self.links[page.link_id].latest
        full = record.completions >= COMPLETIONS
        if page.state is not PageState.OPEN or (full and not self.second_completion):
            return None
        now = self.now()
        payment = Payment(
            payment_id=self.new_id("pi_"),
            session_id=session_id,
            link_id=page.link_id,
            state=PaymentState.SUCCEEDED if paid else PaymentState.PENDING,
            amount=record.request.amount,
            created_at=_whole(now),
            paid_at=_whole(now) if paid else None,
            method=method,
            reference=record.link.reference,
            metadata=record.link.metadata,
            live=self.account.live,
        )
        self.payments[payment.payment_id] = History(now, payment)
        if paid:
            self.balance.paid(payment)
        self.pages[session_id].add(now, replace(page, state=PageState.COMPLETE, payment_id=payment.payment_id))
        self.links[page.link_id].add(now, replace(record, completions=record.completions + 1))
        self._tell("checkout.session.completed", session_id)
        if record.completions + 1 >= COMPLETIONS:
            self.deactivate(page.link_id, record.request.inactive_message)
        return payment.payment_id

    def _expire(self, session_id: str) -> None:
        history = self.pages[session_id]
        if history.latest.state is PageState.OPEN:
            history.add(self.now(), replace(history.latest, state=PageState.EXPIRED))
            self._tell("checkout.session.expired", session_id)

    def tell(self, kind: str, object_id: str) -> None:
        """An event of the account: by itself, or of something that is not played here."""
        with self.moment():
            self._tell(kind, object_id)

    def _tell(self, kind: str, object_id: str) -> None:
        event_id = self.new_id("evt_")
        at = _whole(self.now())
        raw = json.dumps({"id": event_id, "type": kind, "created": int(at.timestamp()), "object": object_id})
        hint = Hint(event_id, kind, object_id, at, raw)
        delay = self.event_delay(hint) if self.event_delay else 0.0
        self.events.append(Event(hint, None if delay is None else self.now() + timedelta(seconds=delay)))
        self._event_times.append(at)


def _whole(moment: datetime) -> datetime:
    """Times at the processor have whole seconds."""
    return moment.replace(microsecond=0)
