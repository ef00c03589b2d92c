"""Which invoices wait for a number: for the owner to mend in the ledger, longest owed first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from connector.domain.money import Money
from connector.domain.phone import Phone, PhoneReading, read_number
from connector.domain.receivable import Customer


class NumberFault(StrEnum):
    """What is the matter with a customer's number; the first nine are those of `PhoneFault`."""

    MISSING = "missing"
    MALFORMED = "malformed"
    LETTERS = "letters"
    EXTENSION = "extension"
    LANDLINE = "landline"
    INTERNET = "internet"
    PAGER = "pager"
    PREMIUM = "premium"
    OTHER = "other"
    UNREACHABLE = "unreachable"  # carriers or the messaging service said that no text reaches it
    SHARED = "shared"  # other customers have it too: blocks nothing, and the invoice of one may reach another


WORDS: Final[dict[NumberFault, str]] = {
    NumberFault.MISSING: "no mobile number",
    NumberFault.MALFORMED: "not a whole phone number",
    NumberFault.LETTERS: "letters in the number",
    NumberFault.EXTENSION: "an extension, which no text reaches",
    NumberFault.LANDLINE: "a landline",
    NumberFault.INTERNET: "an internet (VoIP) number",
    NumberFault.PAGER: "a pager",
    NumberFault.PREMIUM: "a premium-rate number",
    NumberFault.OTHER: "not a personal phone (toll-free, shared-cost or follow-me)",
    NumberFault.UNREACHABLE: "no text reaches it, carriers say",
    NumberFault.SHARED: "several customers have this number",
}


@dataclass(frozen=True, slots=True)
class Owed:
    """An open invoice as far as this list needs it. `since`: its due day, or where it has none its day of issue."""

    label: str
    balance: Money
    since: date


@dataclass(frozen=True, slots=True)
class NumberTrouble:
    """One customer whose number needs a person.

    `has` is what the ledger holds, as it stands there; `meant` a guess at what was meant, to be checked; `others` the
    names of those who have the same number.
    """

    customer_id: str
    name: str
    fault: NumberFault
    has: str
    meant: str
    others: tuple[str, ...]
    invoices: tuple[Owed, ...]

    @property
    def blocks(self) -> bool:
        """Whether its invoices cannot be texted because of it."""
        return self.fault is not NumberFault.SHARED

    @property
    def owed(self) -> tuple[Money, ...]:
        """What these invoices owe together, by currency."""
        sums: dict[str, Money] = {}
        for one in self.invoices:
            known = sums.get(one.balance.currency, Money.zero(one.balance.currency))
            sums[one.balance.currency] = known + one.balance
        return tuple(sums[currency] for currency in sorted(sums))


def number_troubles(
    customers: Mapping[str, tuple[Customer, Phone | None]],
    owed: Iterable[tuple[str, Owed]],
    unreachable: Mapping[str, str],
    same: Mapping[str, Sequence[tuple[str, str]]],
    country: str,
) -> list[NumberTrouble]:
    """Customers with open invoices whose number needs a person: those who block invoices first, longest owed first.

    Args:
        customers: as last read, with the number that is on record for them, by id.
        owed: open invoices with their customer's id; those of customers nobody has read yet are passed over.
        unreachable: numbers in E.164 that no text reaches, with the code that said so.
        same: every customer (id, name) that has a number, by that number.
        country: the company's, for numbers of customers whose address names none.
    """
    by_customer: dict[str, list[Owed]] = defaultdict(list)
    for customer_id, invoice in owed:
        if customer_id in customers:
            by_customer[customer_id].append(invoice)
    found = []
    for customer_id, invoices in by_customer.items():
        customer, phone = customers[customer_id]
        trouble = _trouble(customer, phone, unreachable, same, country)
        if trouble is not None:
            fault, has, meant, others = trouble
            ordered = tuple(sorted(invoices, key=lambda one: (one.since, one.label)))
            found.append(NumberTrouble(customer_id, customer.name, fault, has, meant, others, ordered))
    return sorted(found, key=lambda one: (not one.blocks, one.invoices[0].since, one.name, one.customer_id))


_Trouble = tuple[NumberFault, str, str, tuple[str, ...]]


def _trouble(
    customer: Customer,
    phone: Phone | None,
    unreachable: Mapping[str, str],
    same: Mapping[str, Sequence[tuple[str, str]]],
    country: str,
) -> _Trouble | None:
    home = customer.country or country
    reading = PhoneReading(phone) if phone is not None else read_number(customer.mobile, home)
    phone = reading.phone
    if phone is None:
        fault, meant = NumberFault(str(reading.fault)), reading.meant
        if fault is NumberFault.MISSING and customer.other_phone:
            meant = read_number(customer.other_phone, home).phone  # many a mobile stands under "phone"
        return fault, customer.mobile or "", meant.e164 if meant else "", ()
    if phone.e164 in unreachable:
        return NumberFault.UNREACHABLE, customer.mobile or phone.e164, "", ()
    others = tuple(sorted(name for other, name in same.get(phone.e164, ()) if other != customer.customer_id))
    return (NumberFault.SHARED, customer.mobile or phone.e164, "", others) if others else None
