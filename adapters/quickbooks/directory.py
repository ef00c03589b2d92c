"""Customers, with the mobile a sub-customer takes from its nearest ancestor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from adapters.quickbooks import translate
from adapters.quickbooks.faults import Errand
from adapters.quickbooks.translate import MobileField, Unreadable, quoted
from adapters.quickbooks.wire import QuickBooksWire
from connector.domain.receivable import Customer

GROUP = 100  # ids in one query: what the port allows in one call, and well inside one page
DEPTH = 5  # QuickBooks nests customers at most five levels deep; also stops a loop of parents


class Directory:
    """Reads customers in groups and walks up to parents."""

    def __init__(self, wire: QuickBooksWire, mobile_field: MobileField) -> None:
        self._wire = wire
        self._mobile_field = mobile_field

    def find(self, ids: Sequence[str]) -> list[Customer]:
        """Those customers, inactive ones too; unknown ids are left out."""
        return self.with_inherited_mobiles(self._read(ids))

    def with_inherited_mobiles(self, found: Iterable[Customer]) -> list[Customer]:
        """Fill in missing mobiles from the nearest ancestor that has one. An inactive ancestor gives nothing."""
        asked = list(found)
        known = {one.customer_id: one for one in asked}
        absent: set[str] = set()
        for _ in range(DEPTH):
            wanted = {parent for one in asked if (parent := self._missing_link(one, known)) and parent not in absent}
            if not wanted:
                break
            fetched = self._read(sorted(wanted))
            known |= {one.customer_id: one for one in fetched}
            absent |= wanted - known.keys()
        return [_completed(one, known) for one in asked]

    @staticmethod
    def _missing_link(one: Customer, known: dict[str, Customer]) -> str | None:
        """The first ancestor we would have to read to know the mobile; None where nothing more need be read."""
        for _ in range(DEPTH):
            if one.mobile or one.parent_id is None:
                return None
            if one.parent_id not in known:
                return one.parent_id
            one = known[one.parent_id]
        return None

    def _read(self, ids: Sequence[str]) -> list[Customer]:
        found: list[Customer] = []
        unique = list(dict.fromkeys(ids))
        errand = Errand("read customers", "Nothing was changed.")
        for start in range(0, len(unique), GROUP):
            group = ", ".join(quoted(one) for one in unique[start : start + GROUP])
            text = f"SELECT * FROM Customer WHERE Id IN ({group}) AND Active IN (true, false) MAXRESULTS {GROUP}"  # noqa: S608  # QuickBooks' query language; every id is quoted
            for row in self._wire.rows("Customer", text, errand):
                try:
                    found.append(translate.customer(row, self._mobile_field))
                except Unreadable:
                    continue  # a row without an id was not asked for
        return found


def _completed(one: Customer, known: dict[str, Customer]) -> Customer:
    """The customer with a lent mobile, where it has none. The lender's place comes along with the lender's number.

    By its country a number without a prefix is understood (07700 900123 is a British mobile, and in France nobody's),
    and by its place the hours in which whoever holds that phone may be texted.
    """
    lender = None if one.mobile else _lender(one, known)
    if lender is None:
        return one
    return replace(
        one,
        mobile=lender.mobile,
        country=lender.country,
        region=lender.region,
        postal_code=lender.postal_code,
    )


def _lender(one: Customer, known: dict[str, Customer]) -> Customer | None:
    for _ in range(DEPTH):
        parent = known.get(one.parent_id or "")
        if parent is None or not parent.active:
            return None
        if parent.mobile:
            return parent
        one = parent
    return None
