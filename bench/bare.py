"""The other side of the comparison: the same adapters, the same calls, the same threads, and no memory at all.

It would text twice after a crash and book twice after a lost answer. It is the fastest an honest client can be that
makes these calls through these SDKs.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from adapters.quickbooks.ledger import QuickBooksLedger
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.stripe.processor import StripeProcessor
from adapters.stripe.settings import StripeSettings
from adapters.twilio.messenger import TwilioMessenger
from adapters.twilio.settings import TwilioSettings
from bench import names
from bench.world import World
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable
from connector.flows.company import Company
from connector.ports.calls import CallKind, CallSeen, Clock, Wire
from connector.ports.ledger import BookingRequest
from connector.ports.messenger import TextRequest
from connector.ports.processor import Hint, LinkRequest, Payment

THREADS = 8  # as many as a pass uses, held against it when a client is made


class Unmetered:
    """Counts nothing, refuses nothing."""

    def before(self, service: str, kind: CallKind) -> None:
        del service, kind

    def after(self, call: CallSeen) -> None:
        del call

    def pause(self, service: str, until: datetime) -> None:
        raise AssertionError(f"{service} asked for a pause until {until}: the bench measures nothing then")


@dataclass(frozen=True)
class Bearer:
    """One token for ever."""

    text: str

    def current(self) -> str:
        return self.text

    def renewed(self, refused: str) -> str:
        raise AssertionError(f"the stand-in refused {refused}")


class Bare:
    """One company's calls."""

    def __init__(self, world: World, clock: Clock, number: int = 0) -> None:
        assert [one.default for one in fields(Company) if one.name == "workers"] == [THREADS]
        wire = Wire(names.company_of(number), clock, Unmetered())
        self._clock = clock
        ledger = {"kind": "quickbooks", "client_id": "env:X", "client_secret": "env:X", "base_url": world.quickbooks}
        self.ledger = QuickBooksLedger(
            QuickBooksSettings.model_validate(ledger), names.realm_of(number), Bearer(names.bearer_of(number)), wire
        )
        stripe = StripeSettings.model_validate({"key": "env:X", "base_url": world.stripe})
        self.processor = StripeProcessor(stripe, names.stripe_key_of(number), wire)
        twilio = {
            "account_sid": names.TWILIO_ACCOUNT,
            "auth_token": "env:X",
            "from_number": names.sender_of(number),
            "base_url": world.twilio,
        }
        self.messenger = TwilioMessenger(
            TwilioSettings.model_validate(twilio), names.TWILIO_ACCOUNT, names.TWILIO_TOKEN, wire
        )
        self.ledger.profile()  # the currency of the books, as at every start
        self._account = self.ledger.payment_accounts()[0].account_id
        self._tenant = names.realm_of(number)
        self._cursor = self.ledger.start_cursor()
        self._phones: dict[str, str] = {}
        self._links: dict[str, str] = {}  # link id -> invoice
        self._mobiles: dict[str, str] = {}  # invoice -> mobile

    # ---------------------------------------------------------------------------------------------- (a) texts

    def text_what_is_new(self) -> int:
        """Read what is new, make a link for each invoice, then text each customer; how many were texted."""
        self._hear()
        found = self._changes()
        self._mobiles |= {one.ledger_id: self._phones[one.customer_id] for one in found.values()}
        with ThreadPoolExecutor(THREADS) as pool:
            links = list(pool.map(self._link, found.values()))
            list(pool.map(self._text, found.values(), links))
        return len(found)

    def _hear(self) -> Sequence[Hint]:
        hints = self.processor.hints(self._clock.now() - timedelta(hours=1))
        self.messenger.inbound(self._clock.now() - timedelta(hours=24))
        return hints

    def _changes(self) -> dict[str, Receivable]:
        found: dict[str, Receivable] = {}
        while True:
            page = self.ledger.changes(self._cursor)
            self._cursor = page.cursor
            found |= {one.ledger_id: one for one in page.receivables if one.is_owed}
            self._phones |= {one.customer_id: one.mobile for one in page.customers if one.mobile}
            if not page.more:
                return found

    def _link(self, invoice: Receivable) -> str:
        reference = f"BARE{invoice.ledger_id}"
        made = self.processor.create_link(
            LinkRequest(
                reference=reference,
                amount=invoice.balance,
                title=f"Invoice {invoice.label}",
                description="Company 0",
                receipt_line=f"Company 0: invoice {invoice.label}",
                inactive_message=f"Invoice {invoice.label} has been paid or has changed. Thank you.",
                after_payment=f"Thank you. Company 0 has been told that invoice {invoice.label} is paid.",
                metadata={
                    "duebird_invoice": invoice.ledger_id,
                    "duebird_tenant": self._tenant,
                    "duebird_generation": "1",
                    "duebird_number": invoice.label,
                },
                idempotency_key=f"{reference}-0",
            )
        )
        self._links[made.link_id] = invoice.ledger_id
        return made.url

    def _text(self, invoice: Receivable, url: str) -> None:
        self.ledger.receivable(invoice.ledger_id)
        to = Phone(self._mobiles[invoice.ledger_id])
        self.messenger.sent_to(to, self._clock.now() - timedelta(days=35))
        body = f"Company 0: Hi, invoice {invoice.label} for ${invoice.balance.amount} is ready. Pay here: {url}"
        self.messenger.send(TextRequest(to, body, timedelta(hours=4)))

    # ------------------------------------------------------------------------------------------- (b) payments

    def book_what_is_paid(self) -> int:
        """Read the events, confirm each payment, book it, take its link down, thank the payer; how many were booked."""
        hints = [one for one in self._hear() if one.kind == "checkout.session.completed"]
        self._changes()
        with ThreadPoolExecutor(THREADS) as pool:
            payments = [one for one in pool.map(self._payment, hints) if one is not None]
            list(pool.map(self._allocate, payments))
            self.ledger.closed_through()  # through which day the books are closed
            list(pool.map(self._book, payments))
            list(pool.map(self._retire, payments))
            list(pool.map(self._thank, payments))
        return len(payments)

    def _payment(self, hint: Hint) -> Payment | None:
        return self.processor.payment_of_session(hint.object_id)

    def _allocate(self, payment: Payment) -> None:
        self.ledger.receivable(self._links[payment.link_id])

    def _book(self, payment: Payment) -> None:
        invoice = self._links[payment.link_id]
        found = self.ledger.receivable(invoice)
        assert found is not None
        self.ledger.bookings_on(invoice)
        self.ledger.book(
            BookingRequest(
                ledger_id=invoice,
                customer_id=found.customer_id,
                amount=payment.amount,
                booked_on=self._clock.now().date(),
                account_id=self._account,
                reference=f"BARE{invoice}",
                note=f"Duebird {payment.payment_id} invoice {found.label}",
                idempotency_key=f"BARE{invoice}-0",
            )
        )
        self.ledger.receivable(invoice)

    def _retire(self, payment: Payment) -> None:
        self.processor.retire_link(payment.link_id, "This invoice is settled.")

    def _thank(self, payment: Payment) -> None:
        to = Phone(self._mobiles[self._links[payment.link_id]])
        self.messenger.sent_to(to, self._clock.now() - timedelta(days=35))
        body = f"Company 0: Thank you, we received ${payment.amount.amount}. Your invoice is paid."
        self.messenger.send(TextRequest(to, body, timedelta(hours=4)))
