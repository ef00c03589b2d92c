"""A client of the processor in memory, behind the `PaymentProcessor` port."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from adapters.memory.client import Client
from adapters.memory.processor_world import LinkRecord, PageState, StripeLikeWorld
from connector.domain.money import Money
from connector.errors import CursorExpired, Rejected, RejectedBecause
from connector.ports.findings import Finding, Weight
from connector.ports.processor import Hint, LinkRequest, Payment, PaymentLink, ProcessorAccount, RetiredLink


class MemoryProcessor(Client[StripeLikeWorld]):
    """The `PaymentProcessor` port onto a `StripeLikeWorld`. Lists may lag by its faults; reads by id are fresh.

    `retire_link` is several requests, as in life: `faults.between` is told ("retire_link", "deactivated") and
    ("retire_link", "expired") on the way, so that somebody may pay, or we may die, just there.
    """

    port = "processor"

    def account(self) -> ProcessorAccount:
        """Whose account it is."""
        return self._read("account", (), lambda: self.world.account)

    def problem_with(self, amount: Money) -> str | None:
        """Why this amount cannot be charged, or None. Makes no call."""
        return self.world.problem_with(amount)

    def create_link(self, request: LinkRequest) -> PaymentLink:
        """Make a link; the same key and values within the world's key memory give the first one.

        Raises:
            Uncertain: it may have been made.
            Rejected: AMOUNT or KEY_REUSED.
        """
        return self._write("create_link", (request,), lambda: self.world.create_link(request))

    def link(self, link_id: str) -> PaymentLink | None:
        """The link as it stands, None where there is none."""
        return self._read("link", (link_id,), lambda: self._link(link_id))

    def links_with_reference(self, reference: str) -> Sequence[PaymentLink]:
        """Links that carry the reference, active ones first; lags with the lists."""
        return self._list("links_with_reference", (reference,), lambda seen: self._with_reference(reference, seen))

    def retire_link(self, link_id: str, message: str) -> RetiredLink:
        """Deactivate, expire open pages, look for payments. Harmless to repeat.

        Raises:
            Uncertain: perhaps only some of it was done; repeat it.
            Rejected: NOT_FOUND.
        """
        return self._write("retire_link", (link_id, message), lambda: self._retire(link_id, message))

    def payments_on(self, link_id: str) -> Sequence[Payment]:
        """Payments completed on that link, in any state; does not lag unless told to."""
        lag = self.faults.lag("payments_on", lists=False)
        return self._read("payments_on", (link_id,), lambda: self._paid_on(link_id, self.world.now() - lag))

    def payment_of_session(self, session_id: str) -> Payment | None:
        """The payment behind a page, None where nobody completed it."""
        return self._read("payment_of_session", (session_id,), lambda: self._of_session(session_id))

    def hints(self, since: datetime) -> Sequence[Hint]:
        """Events that lists show by now, at or after `since`, oldest first.

        Raises:
            CursorExpired: `since` is more than 30 days ago.
        """
        return self._list("hints", (since,), lambda seen: self._hints(since, seen))

    def payments_since(self, since: datetime) -> Sequence[Payment]:
        """Payments that were completed or changed at or after `since`, oldest first; lags with the lists."""
        return self._list("payments_since", (since,), lambda seen: self._since(since, seen))

    def inspect(self) -> Sequence[Finding]:
        """Whether the account can charge."""
        return self._read("inspect", (), self._findings)

    def _link(self, link_id: str) -> PaymentLink | None:
        history = self.world.links.get(link_id)
        return history.latest.link if history else None

    def _with_reference(self, reference: str, horizon: datetime) -> tuple[PaymentLink, ...]:
        found = (self.world.links[one].as_of(horizon) for one in self.world.links_by_reference(reference))
        records: list[LinkRecord] = [one for one in found if one is not None]
        return tuple(record.link for record in sorted(records, key=lambda record: not record.link.active))

    def _retire(self, link_id: str, message: str) -> RetiredLink:
        world = self.world
        if link_id not in world.links:
            raise Rejected(
                "The processor has no such link. Nothing was done.",
                because=RejectedBecause.NOT_FOUND,
                service=self.service,
            )
        world.deactivate(link_id, message)
        self.faults.step("retire_link", "deactivated")
        world.expire_pages(link_id)
        self.faults.step("retire_link", "expired")
        still_open = sum(1 for page in world.pages_on(link_id) if page.state is PageState.OPEN)
        return RetiredLink(world.links[link_id].latest.link, self._paid_on(link_id, world.now()), still_open)

    def _paid_on(self, link_id: str, horizon: datetime) -> tuple[Payment, ...]:
        ids = (page.payment_id for page in self.world.pages_on(link_id) if page.payment_id is not None)
        found = (self.world.payments[one].as_of(horizon) for one in ids)
        return tuple(one for one in found if one is not None)

    def _of_session(self, session_id: str) -> Payment | None:
        page = self.world.pages.get(session_id)
        payment_id = page.latest.payment_id if page else None
        return self.world.payments[payment_id].latest if payment_id else None

    def _hints(self, since: datetime, horizon: datetime) -> tuple[Hint, ...]:
        if since < self.world.now() - self.world.events_kept:
            raise CursorExpired(
                "The processor keeps events for 30 days only. Look through its payments instead.", service=self.service
            )
        events = self.world.events_since(since)
        return tuple(one.hint for one in events if one.shown_from is not None and one.shown_from <= horizon)

    def _since(self, since: datetime, horizon: datetime) -> tuple[Payment, ...]:
        found = (history.as_of(horizon) for history in self.world.payments.values())
        whole = since.replace(microsecond=0)
        return tuple(one for one in found if one is not None and max(one.created_at, one.paid_at or whole) >= whole)

    def _findings(self) -> tuple[Finding, ...]:
        account = self.world.account
        if not account.charges_enabled:
            fix = "Finish the account's set-up in its dashboard."
            return (Finding(Weight.PROBLEM, "Payment account", f"{account.name} cannot charge yet.", fix),)
        return (Finding(Weight.OK, "Payment account", f"{account.name} can charge."),)
