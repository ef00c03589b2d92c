"""Reading what the services hold, in few calls: what `duebird audit` needs, and whoever rebuilds a lost memory.

The rules of `connector.ports` hold here too. These are protocols of their own, so that an audit is handed nothing with
which it could write. The daemon's services can be both: `WholeLedger`, `WholeProcessor`, `WholeMessenger`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable
from connector.domain.records import EntryRecord, LinkRecord, RefundRecord, TextRecord
from connector.domain.reversal import Returned
from connector.ports.entries import Entries
from connector.ports.ledger import Ledger, LedgerProfile
from connector.ports.messenger import InboundText, Messenger
from connector.ports.processor import Payment, PaymentProcessor, ProcessorAccount


class LedgerReader(Protocol):
    """A set of books, to be read."""

    def profile(self) -> LedgerProfile:
        """Whose books they are."""
        ...

    def receivables(self, ledger_ids: Sequence[str]) -> Sequence[Receivable]:
        """Those receivables as they stand, in any order, many a call; ids the ledger does not know are left out.

        Raises:
            Rejected: one of them cannot be read; INVALID.
        """
        ...

    def customers(self, customer_ids: Sequence[str]) -> Sequence[Customer]:
        """Those customers, with inherited mobiles; at most 100 ids a call."""
        ...

    def entries_since(self, since: datetime) -> Sequence[EntryRecord]:
        """Payments and credits that carry a reference of our form, made or changed at or after `since`, oldest first.

        Deleted ones as far as the ledger lists them. Lists may lag a fresh write. A credit may be called a payment
        where the ledger has one kind for both: its reference tells.

        Raises:
            Rejected: there are more than one reading may take; BUSINESS_RULE, ask for a shorter time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Links:
    """Payment links of ours. `whole`: every link of the account was looked at."""

    links: tuple[LinkRecord, ...]
    whole: bool


class ProcessorReader(Protocol):
    """A processor's account, to be read."""

    def account(self) -> ProcessorAccount:
        """Whose account it is."""
        ...

    def our_links(self) -> Links:
        """Every link that carries a reference of ours, newest first."""
        ...

    def amount_of_link(self, link_id: str) -> Money | None:
        """What that link asks; None where the account has no such link. One call."""
        ...

    def payments_since(self, since: datetime) -> Sequence[Payment]:
        """Completed payments on links, those of before Duebird's time and of other programs too."""
        ...

    def returned(self, payment_id: str) -> Returned:
        """What went back of that payment, as it stands now: some three calls, asked when there was news of it.

        Raises:
            NeedsReauthorisation: the key may not read refunds, disputes or payments.
            Rejected: an amount cannot be read; INVALID.
        """
        ...

    def refunds_since(self, since: datetime) -> Sequence[RefundRecord]:
        """Refunds made at or after `since` that are not failed or cancelled, oldest first.

        Raises:
            NeedsReauthorisation: the key may not read refunds.
        """
        ...

    def returned_since(self, since: datetime) -> Returned:
        """Refunds made and disputes begun at or after `since`, as they stand, failed ones too, oldest first.

        Of every payment of the account, also of those on no link of ours. Lists may lag.

        Raises:
            NeedsReauthorisation: the key may not read refunds or disputes.
            Rejected: there are more than one reading may take; BUSINESS_RULE. Or an amount cannot be read; INVALID.
        """
        ...


class MessengerReader(Protocol):
    """A messaging account, to be read."""

    def texts_since(self, since: datetime) -> Sequence[TextRecord]:
        """Texts that programs sent from the company's sender at or after `since`, oldest first. Some may be others'.

        Raises:
            Rejected: there are more than one reading may take; BUSINESS_RULE.
        """
        ...

    def inbound(self, since: datetime) -> Sequence[InboundText]:
        """What came in at or after `since`, oldest first."""
        ...


class WholeLedger(Ledger, LedgerReader, Entries, Protocol):
    """A set of books to work on, and to be read through."""


class WholeProcessor(PaymentProcessor, ProcessorReader, Protocol):
    """A processor's account to work with, and to be read through."""


class WholeMessenger(Messenger, MessengerReader, Protocol):
    """A messaging account to send from, and to be read through."""
