"""`duebird preview --entries`: what a payment on an open invoice would put into the ledger, line by line.

The values are those of the booking itself: planned and read back by the code that books, never put together anew.
"""

from __future__ import annotations

import json
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Final

from connector.booked_kinds import wanted_kinds
from connector.companies import company_settings
from connector.config import Loaded
from connector.domain.effect import canonical
from connector.domain.instalments import next_amount
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import EntryKind
from connector.flows import closed, exchange
from connector.flows.book import plan_booking, request_from
from connector.flows.company import Company
from connector.later_entries import RECEIVABLES, LaterEntry, later_entries, receivables_of
from connector.ports.calls import Pauses
from connector.ports.ledger import LedgerProfile
from connector.rehearsal import rehearsing
from connector.statement.matters import BOOKED_BY_DUEBIRD, TITLES
from state.tables import PaymentRow

UNPAID: Final = "pi_..."  # stands for the payment's id, which Stripe gives when the customer pays

_AT_STRIPES: Final = "at the rate at which Stripe exchanges the payment, known once it is paid"
_RATES: Final = {  # where the clearing account is in another currency than the books
    "quickbooks": "at the exchange rate of the invoice",
    "xero": "at Xero's own rate for the day",
}
_BY_HAND: Final = (
    (EntryKind.EXPENSE, "Stripe's fee on the payment"),
    (EntryKind.TRANSFER, "the payout from Stripe to your bank"),
    (EntryKind.REVERSAL, "refunds, disputes and returned bank debits (or set refunds = 'book')"),
)


@dataclass(frozen=True, slots=True)
class Posting:
    """One line of an entry, in the invoice's currency. One of `debit` and `credit` is set."""

    account: str
    debit: Money | None
    credit: Money | None


@dataclass(frozen=True, slots=True)
class EntryPreview:
    """The entry that a payment of what is asked next would make at this moment, and what would be left to a person.

    That is the whole balance, or the next instalment of an invoice that is divided.

    `later`: what follows every payment, by the settings.

    `reference` is None as long as there is no payment: it is derived from the payment's id. `booked_on` is a day of the
    company's zone. `exchange` and `warning` are empty where there is nothing to say.
    """

    invoice: str
    customer: str
    amount: Money
    booked_on: date
    date_rule: str
    postings: tuple[Posting, ...]
    reference: str | None
    note: str
    exchange: str
    warning: str
    not_booked: tuple[str, ...]
    later: tuple[LaterEntry, ...] = ()


def not_booked(booked: AbstractSet[EntryKind] = BOOKED_BY_DUEBIRD) -> tuple[str, ...]:
    """What comes with a payment and is entered by hand, by the kinds that Duebird books itself."""
    return tuple(words for kind, words in _BY_HAND if kind not in booked)


def preview_entries(
    loaded: Loaded, company_id: str, limit: int, invoice: str = "", pauses: Pauses | None = None
) -> list[EntryPreview]:
    """The entry of each open invoice, or of the one with that number or id. Changes nothing.

    `pauses`: what the reading waits out.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    with rehearsing(loaded, company_id, limit, invoice, pauses) as scene:
        profile = scene.company.ledger.profile()
        settings, ledger = company_settings(loaded, company_id), scene.company.ledger
        left = not_booked(wanted_kinds(settings.payments))
        owed = ledger.receivable_accounts()
        home = receivables_of(owed, profile.base_currency)
        later = later_entries(settings, ledger, scene.accounts, scene.account, home)
        shown = []
        for one in scene.situations:
            named = receivables_of(owed, one.receivable.balance.currency)
            entry = entry_of(scene.company, one.receivable, scene.account.name, profile, scene.now, receivables=named)
            shown.append(replace(entry, not_booked=left, later=later))
        return shown


def entry_of(
    company: Company,
    receivable: Receivable,
    account: str,
    profile: LedgerProfile,
    at: datetime,
    payment_id: str = UNPAID,
    receivables: str = RECEIVABLES,
) -> EntryPreview:
    """The entry for a payment of what is asked next, at that instant.

    `account` and `receivables`: the names of the clearing account, and of that of what customers owe.
    """
    effect = plan_booking(company, _paid(company, receivable, at, payment_id), receivable).effect
    values, through = json.loads(effect.request), profile.closed_through
    day = closed.day_for(company, values, through)
    frozen = effect.request if day is None else canonical(closed.redated(values, day, through))
    request = request_from(frozen, effect.subject, effect.key)
    kind, own = company.identity.ledger_kind, values["booked_on"]
    rule = f"the day of the payment in {company.policy.zone.key}; here as if it were paid now"
    if day is not None and day.isoformat() != own:
        rule = f"the first open day: the payment is of {own}, and the books are closed through {through}"
    foreign = request.amount.currency != profile.base_currency
    return EntryPreview(
        invoice=receivable.label,
        customer=receivable.customer_name,
        amount=request.amount,
        booked_on=request.booked_on,
        date_rule=rule,
        postings=(Posting(account, request.amount, None), Posting(receivables, None, request.amount)),
        reference=None if payment_id == UNPAID else request.reference,
        note=request.note,
        exchange=_rate_in_words(company, request.amount.currency) if foreign else "",
        warning=f"The books are closed through {through}: {TITLES.get(kind, 'the ledger')} would refuse this entry, so "
        "that nothing is booked and Duebird asks you."
        if day is None
        else "",
        not_booked=not_booked(),
    )


def _rate_in_words(company: Company, currency: str) -> str:
    if exchange.clearing_of(company) not in {"", currency}:
        return _AT_STRIPES
    return _RATES.get(company.identity.ledger_kind, "at the ledger's own rate")


def _paid(company: Company, receivable: Receivable, at: datetime, payment_id: str) -> PaymentRow:
    """A payment that is on no record: of everything that is owed, or of the next instalment."""
    asked = next_amount(receivable, company.policy)
    return PaymentRow(
        company=company.id,
        payment_id=payment_id,
        ledger_id=receivable.ledger_id,
        session_id="",
        link_id="",
        state="succeeded",
        amount=asked.minor,
        currency=asked.currency,
        method="",
        live=company.policy.live,
        created_at=at,
        paid_at=at,
        read_at=at,
    )
