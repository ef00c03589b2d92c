"""The verdict on a chain: what the services hold, by `duebird audit` and by their own records."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from connector.domain.asking import is_request
from tests.e2e.house import SHOPS, House, Invoice
from tests.kills.books import BY_INVOICE, Books

NOTHING: Final = "0.00"


@dataclass
class Bill:
    """An invoice to somebody who agreed, or has to be asked first; and whether he has paid.

    `link`: on which; `cheque`: what of it came by cheque besides, so that so much of his payment is too much.
    `settled`: his payment was at its end once. `refund` is what was given back of it since, `returned` its amount, and
    `entered` whether it was at its end once, in books that enter it; in others his payment is taken out. `failed`: it
    came back, and nothing is given back again: of the same payment that would wait for minutes. `abroad`: it is in
    another currency, as are its amounts.
    """

    invoice: Invoice
    mobile: str
    amount: str
    paid: bool = False
    asked: bool = False
    link: str = ""
    cheque: str = NOTHING
    settled: bool = False
    refund: str = ""
    returned: str = NOTHING
    enters: bool = False
    entered: bool = False
    failed: bool = False
    abroad: bool = False

    @property
    def purpose(self) -> str:
        """What the first text about it is for."""
        return "request" if self.asked else "notice"

    @property
    def rate(self) -> Decimal:
        """What one unit of its currency is worth by the invoice."""
        return BY_INVOICE if self.abroad else Decimal(1)

    @property
    def stands(self) -> bool:
        """Whether his payment is to stand in the books."""
        return self.paid and (self.enters or not self.refund)

    @property
    def credit(self) -> Decimal:
        """What of his payment is too much."""
        return Decimal(self.cheque) if self.stands else Decimal(0)

    @property
    def from_credit(self) -> Decimal:
        """What of it went back to him: the credit goes first."""
        return min(self.credit, Decimal(self.returned)) if self.enters else Decimal(0)

    @property
    def income(self) -> Decimal:
        """What he was invoiced, less what went back of that."""
        lost = Decimal(self.returned) - self.from_credit if self.enters else Decimal(0)
        return Decimal(self.amount) - lost

    @property
    def entries(self) -> list[Decimal]:
        """Amounts of what is to stand on the invoice: the cheque, and what fits of his payment beside it."""
        cheque = Decimal(self.cheque)
        fits = Decimal(self.amount) - cheque if self.stands else Decimal(0)
        return sorted(one for one in (cheque, fits) if one)

    @property
    def owed(self) -> Decimal:
        """What he is to owe by the books; below zero is a credit."""
        paid = Decimal(self.amount) if self.stands else Decimal(0)
        return Decimal(self.amount) - Decimal(self.cheque) - paid + self.from_credit


def judged(house: House, bills: Sequence[Bill], owner: str, figures: Counter[str]) -> list[str]:
    """Every promise that does not hold. Adds what there was to `figures`."""
    doubts = _doubts(house, bills)
    figures["texts in doubt, told to the owner"] += sum(doubts.values())
    broken = [*_audited(house, figures), *_booked(house, bills)]
    to_owner = house.texts(owner)
    for bill in bills:
        broken += _of_bill(house, bill, to_owner, doubts)
        figures["notices"] += len(house.notices(bill.mobile))
        figures["receipts"] += len(house.receipts(bill.mobile)) - len(_requests(house, bill))
        figures["requests for consent"] += len(_requests(house, bill))
        figures["bookings"] += len(house.bookings(bill.invoice)) - (bill.cheque != NOTHING)
        figures["payments"] += bill.paid
        figures["credits"] += bill.credit > 0
        figures["reversals"] += bill.paid and not bill.stands
        figures["refunds entered"] += bill.enters and bool(bill.refund)
    figures["texts to the owner"] += len(to_owner)
    return broken


def _doubts(house: House, bills: Sequence[Bill]) -> Counter[tuple[str, str]]:
    """Texts of which nobody can know whether they went out, by invoice and purpose; a person is told of each."""
    found: Counter[tuple[str, str]] = Counter()
    with house.opened() as state:
        for shop in SHOPS:
            ids = [bill.invoice.id for bill in bills if bill.invoice.shop is shop]
            told = " ".join(item.key for item in state.queries.attention(shop.id))
            for row in state.store.effects.of_subjects(shop.id, ids):
                if row.status == "uncertain" and row.key in told:
                    found[row.subject, row.purpose or ""] += 1
    return found


def _audited(house: House, figures: Counter[str]) -> Iterator[str]:
    done = house.run("audit", "--json")
    if done.returncode not in {0, 3}:
        yield f"the audit ended with {done.returncode}: {done.stderr}"
        return
    for company, told in json.loads(done.stdout).items():
        figures["audits"] += 1
        for one in told["violations"]:
            yield f"{company}: {one['invariant']}: {one['sentence']}"


def _booked(house: House, bills: Sequence[Bill]) -> Iterator[str]:
    """The trial balance, what customers owe, and that the clearing account holds what Stripe holds."""
    books = Books(house)
    for shop in SHOPS:
        mine = [one for one in bills if one.invoice.shop is shop]
        cheques = sum((Decimal(one.cheque) for one in mine), Decimal(0))
        income = sum((one.income * one.rate for one in mine), Decimal(0))
        worth = sum((one.owed * one.rate for one in mine), Decimal(0))
        yield from books.wrong(shop, {f"Customer {one.mobile}": one.owed for one in mine}, worth, cheques, income)


def _of_bill(house: House, bill: Bill, to_owner: Sequence[str], doubts: Counter[tuple[str, str]]) -> Iterator[str]:
    invoice, label = bill.invoice, f"{bill.invoice.number} ({bill.amount}, {'paid' if bill.paid else 'open'})"
    notices, requests = house.notices(bill.mobile), _requests(house, bill)
    receipts = [one for one in house.receipts(bill.mobile) if one not in requests]
    told = [one for one in to_owner if f" {invoice.number}." in one or f" {invoice.number} " in one]
    expected = {"notice": 0, "request": 0, "receipt": int(bill.paid), "owner": int(bill.paid)} | {bill.purpose: 1}
    for purpose, texts in (("notice", notices), ("request", requests), ("receipt", receipts), ("owner", told)):
        missing = expected[purpose] - len(texts)
        if missing != doubts[invoice.id, purpose]:
            yield f"{label}: {len(texts)} texts as {purpose}, {doubts[invoice.id, purpose]} in doubt"
    booked = sorted(Decimal(one) for one in house.bookings(invoice))
    if booked != bill.entries:
        yield f"{label}: booked {[str(one) for one in booked]}"
    if bill.stands != house.is_paid(invoice):
        yield f"{label}: the ledger says it is {'paid' if house.is_paid(invoice) else 'open'}"
    if notices and bill.paid == house.link_is_active(house.link_to(bill.mobile)):
        yield f"{label}: its link is {'still' if bill.paid else 'not'} up"


def _requests(house: House, bill: Bill) -> list[str]:
    return [one for one in house.texts(bill.mobile) if is_request(one)]
