"""One receivable's situation in which a text would go out, to be changed in one respect."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from connector.domain.approval import Verdict, Word
from connector.domain.consent import ConsentState
from connector.domain.dunning import Policy, Step
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.domain.situation import LinkFact, Situation

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)  # Monday, 12:00 in New York
TODAY = date(2026, 11, 23)
PHONE = Phone("+12125550123")
NEW_YORK = ZoneInfo("America/New_York")
AMOUNT = Money.of("120.00", "USD")
LINK = LinkFact("plink_1", "https://buy.stripe.com/abc", AMOUNT)
POLICY = Policy(
    business="Acme Plumbing", zone=NEW_YORK, country="US", start_on=date(2026, 11, 1), by_law=False, keep_holidays=False
)


def receivable(**fields: Any) -> Receivable:
    one = Receivable(
        ledger_id="145",
        number="INV-7",
        customer_id="c1",
        customer_name="Dana Reed",
        total=AMOUNT,
        balance=AMOUNT,
        issued_on=TODAY,
        due_on=date(2026, 12, 7),
        state=ReceivableState.OPEN,
        version="1",
        updated_at=NOON,
    )
    return replace(one, **fields)


def situation(**fields: Any) -> Situation:
    one = Situation(
        identity=BooksIdentity("quickbooks", "9130", "acct_1"),
        receivable=receivable(),
        customer=Customer("c1", "Dana Reed", given_name="Dana", mobile="(212) 555-0123"),
        phone=PHONE,
        consent=ConsentState.GRANTED,
        live_links=(LINK,),
        links_made=1,
    )
    return replace(one, **fields)


def word(verdict: Verdict, **fields: Any) -> Word:
    """Something said of the notice that would go out in that situation."""
    return replace(Word(verdict, Step.ISSUED, AMOUNT, PHONE, NOON), **fields)
