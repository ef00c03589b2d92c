"""Stripe as the payment processor, by Payment Links. See https://docs.stripe.com/payment-links/api."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import stripe

from adapters.stripe import translate
from adapters.stripe.inspection import findings
from adapters.stripe.lists import PAGE, Lister, walk
from adapters.stripe.settings import StripeSettings
from adapters.stripe.wire import SERVICE, StripeWire
from connector.domain.money import Money
from connector.errors import Bug, CursorExpired, Rejected, RejectedBecause, Throttled, Transient, Uncertain
from connector.ports.calls import Wire
from connector.ports.findings import Finding
from connector.ports.processor import Hint, LinkRequest, Payment, PaymentLink, ProcessorAccount, RetiredLink

# Bounds on walks, in pages. Each is far beyond a small account; reaching one is told, never passed over in silence.
EVENT_PAGES: Final = 300  # 30,000 events in at most 30 days
SESSION_PAGES: Final = 300
LINK_PAGES: Final = 50  # 5,000 active and as many inactive links: half a percent of a month's GETs each, once a crash
REACH: Final = timedelta(days=29, hours=12)  # Stripe keeps events 30 days; the half day is for a slow walk
SESSION_LIFE: Final = timedelta(hours=24)  # a page opened then may be paid on until now
_SPEND: Final = ["payment_intent.latest_charge.balance_transaction"]  # all a payment needs, in one GET
_SPEND_IN_LIST: Final = ["data.payment_intent.latest_charge.balance_transaction"]


class StripeProcessor:
    """One company's Stripe account, behind the port `PaymentProcessor`.

    Args:
        settings: of this account.
        key: the secret itself, read from where `settings.key` points.
        wire: the company's clock, budget of calls and time-outs.
    """

    def __init__(self, settings: StripeSettings, key: str, wire: Wire) -> None:
        self._stripe = StripeWire(settings, key, wire)
        self._clock = wire.clock
        self._live = "_live_" in key

    # -------------------------------------------------------------------------------------------- account, money

    def account(self) -> ProcessorAccount:
        """The account behind the key. https://docs.stripe.com/api/accounts/retrieve."""
        found = self._stripe.read("read the Stripe account", lambda client: client.v1.accounts.retrieve_current())
        return translate.account_from(found, live=self._live)

    def problem_with(self, amount: Money) -> str | None:
        """Why Stripe cannot charge this amount, or None. Makes no call."""
        return translate.problem_with(amount)

    # ----------------------------------------------------------------------------------------------------- links

    def create_link(self, request: LinkRequest) -> PaymentLink:
        """Make a link that takes one payment of that amount. https://docs.stripe.com/api/payment-link/create.

        Stripe remembers the key for at least 24 hours and answers a repeat with the first link. Later the same key
        makes a second link: look with `links_with_reference` first.

        Raises:
            Uncertain: repeat with the same key within 24 hours, or look.
            Rejected: AMOUNT, KEY_REUSED, SETUP or INVALID; no link was made.
        """
        if problem := translate.problem_with(request.amount):
            raise Rejected(f"No payment link was made: {problem}", because=RejectedBecause.AMOUNT, service=SERVICE)
        if not request.idempotency_key or not request.reference:
            raise Bug("a payment link needs a reference and an idempotency key", service=SERVICE)
        params = translate.link_params(request)
        options: stripe.RequestOptions = {"idempotency_key": request.idempotency_key}
        made = self._stripe.write(
            "make the payment link",
            lambda client: client.v1.payment_links.create(params, options),  # type: ignore[arg-type] # built as a plain dict
        )
        return translate.link_from(made)

    def link(self, link_id: str) -> PaymentLink | None:
        """The link as it stands. https://docs.stripe.com/api/payment-link/retrieve.

        Raises:
            Rejected: SETUP where the link is there, but the key is of the other mode.
        """
        check_id(link_id)
        found = self._or_none("read the payment link", lambda client: client.v1.payment_links.retrieve(link_id))
        return translate.link_from(found) if found is not None else None

    def links_with_reference(self, reference: str) -> Sequence[PaymentLink]:
        """Links that carry our reference, active ones first, newest first among each.

        Stripe has neither a search nor a time for links, so both lists are walked, up to 5,000 links each.

        Raises:
            Uncertain: none was found among those, and there are more.
        """
        if not reference:
            raise Bug("a link cannot be looked for without a reference", service=SERVICE)
        found: list[PaymentLink] = []
        whole = True
        for active in (True, False):
            rows, ended = self._walk("look for the payment link", links_of, {"active": active}, LINK_PAGES)
            whole = whole and ended
            found += [link for link in map(translate.link_from, rows) if link.reference == reference]
        if not found and not whole:
            raise Uncertain(
                f"Looked through the newest {LINK_PAGES * PAGE} active and inactive payment links; none carries "
                f"{reference}, and there are more.",
                service=SERVICE,
                advice="Look for it in the Stripe dashboard under Payment Links.",
            )
        unique = {link.link_id: link for link in found}  # one turned off between the walks is in both: the later look
        return sorted(unique.values(), key=lambda link: not link.active)

    def retire_link(self, link_id: str, message: str) -> RetiredLink:
        """Deactivate a link, expire its open pages, and look who paid meanwhile.

        Deactivating does not close a page that is already open; expiring it does. Only an open one can be expired: a
        refusal means that it may just have been paid, so the completed ones are read last.
        https://docs.stripe.com/api/checkout/sessions/expire

        Raises:
            Rejected: NOT_FOUND where the account has no such link; SETUP where it has, but in the other mode.
        """
        check_id(link_id)
        changed = self._stripe.write(
            "deactivate the payment link",
            lambda client: client.v1.payment_links.update(link_id, translate.retiring_params(message)),  # type: ignore[arg-type] # built as a plain dict
        )
        opened = self._open_sessions(link_id)
        for session_id in opened:
            self._expire(session_id)
        still_open = len(self._open_sessions(link_id)) if opened else 0
        return RetiredLink(translate.link_from(changed), tuple(self.payments_on(link_id)), still_open)

    def _open_sessions(self, link_id: str) -> list[str]:
        rows, _ = self._walk(
            "look for open payment pages", _sessions, {"payment_link": link_id, "status": "open"}, SESSION_PAGES
        )
        return [row["id"] for row in rows]

    def _expire(self, session_id: str) -> None:
        """Close one page. Whether that worked is seen in the list afterwards, so a doubt here is no error.

        Nor is a refusal, in whatever words: it mostly means that the page was paid on a moment ago.
        """
        try:
            self._stripe.write(
                "close an open payment page", lambda client: client.v1.checkout.sessions.expire(session_id)
            )
        except Throttled:
            raise
        except (Transient, Uncertain, Rejected):
            return

    # -------------------------------------------------------------------------------------------------- payments

    def payments_on(self, link_id: str) -> Sequence[Payment]:
        """Payments completed on that link, oldest first, pending and failed ones too."""
        check_id(link_id)
        return self._payments({"payment_link": link_id})

    def payment_of_session(self, session_id: str) -> Payment | None:
        """The payment behind a session, from the session itself. https://docs.stripe.com/checkout/fulfillment."""
        check_id(session_id)
        found = self._or_none(
            "read the payment",
            lambda client: client.v1.checkout.sessions.retrieve(session_id, {"expand": _SPEND}),
        )
        return _payment(found) if found is not None else None

    def payments_since(self, since: datetime) -> Sequence[Payment]:
        """Payments on links completed at or after `since`, oldest first; some earlier ones come along.

        Sessions are listed by when the page was opened, which is up to 24 hours before it was paid on. A debit that
        was started earlier and settled since is not among them: ask `payments_on` for what is pending.
        """
        opened = int((since - SESSION_LIFE).timestamp())
        return self._payments({"created": {"gte": opened}})

    def _payments(self, filters: dict[str, Any]) -> list[Payment]:
        rows, whole = self._walk(
            "read the completed payments",
            _sessions,
            {**filters, "status": "complete", "expand": _SPEND_IN_LIST},
            SESSION_PAGES,
        )
        if not whole:
            raise Uncertain(
                f"There are more than {SESSION_PAGES * PAGE} completed payments in that time; not all were read.",
                service=SERVICE,
                advice="Ask for a shorter time.",
            )
        return [payment for payment in map(_payment, reversed(rows)) if payment is not None]

    # ----------------------------------------------------------------------------------------------------- hints

    def hints(self, since: datetime) -> Sequence[Hint]:
        """Events made at or after `since`, oldest first. https://docs.stripe.com/api/events/list.

        An event may surface behind one that was already listed, and several share a second: ask again from some
        minutes before the newest one seen, and drop repeats by `event_id`.

        Raises:
            CursorExpired: Stripe keeps events 30 days; or there are too many to read. Ask `payments_since`.
        """
        if self._clock.now() - since > REACH:
            raise CursorExpired(
                "Stripe keeps events for 30 days, and more time than that has passed.",
                service=SERVICE,
                advice="Duebird reads the payments themselves instead.",
            )
        params = {"types": list(translate.KINDS), "created": {"gte": int(since.timestamp())}}
        rows, whole = self._walk("read Stripe's events", _events, params, EVENT_PAGES)
        if not whole:
            raise CursorExpired(
                f"More than {EVENT_PAGES * PAGE} events came since then; not all were read.",
                service=SERVICE,
                advice="Duebird reads the payments themselves instead.",
            )
        return [translate.hint_from(row) for row in reversed(rows)]

    def inspect(self) -> Sequence[Finding]:
        """What `duebird check` says of this account. Reads only; each permission costs one GET."""
        return findings(self._stripe, self.account, live=self._live)

    # --------------------------------------------------------------------------------------------------- manners

    def _or_none(self, what: str, call: Callable[[stripe.StripeClient], Any]) -> dict[str, Any] | None:
        try:
            return self._stripe.read(what, call)
        except Rejected as refusal:
            if refusal.because is RejectedBecause.NOT_FOUND:
                return None
            raise

    def _walk(
        self, what: str, lister: Lister, params: Mapping[str, Any], most: int
    ) -> tuple[list[dict[str, Any]], bool]:
        """All rows of a list, newest first, and whether its end was reached within `most` pages."""
        return walk(self._stripe, what, lister, params, most)


def links_of(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    """A page of payment links. https://docs.stripe.com/api/payment-link/list."""
    return client.v1.payment_links.list(params)  # type: ignore[arg-type] # built as a plain dict


def _sessions(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.checkout.sessions.list(params)  # type: ignore[arg-type] # built as a plain dict


def _events(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.events.list(params)  # type: ignore[arg-type] # built as a plain dict


def _payment(session: Mapping[str, Any]) -> Payment | None:
    try:
        return translate.payment_from(session)
    except ValueError as error:
        raise Rejected(
            f"A payment at Stripe has an amount that cannot be: {error} (session {session['id']}).",
            because=RejectedBecause.INVALID,
            service=SERVICE,
            advice="Look at it in the Stripe dashboard; it was not booked.",
        ) from error


def check_id(object_id: str) -> None:
    """An empty id would ask for the whole list instead, and the SDK would not notice."""
    if not re.fullmatch(r"[A-Za-z0-9_]+", object_id):
        raise Bug("an id of Stripe's is empty or malformed; nothing was asked", service=SERVICE)
