"""Which entries Duebird makes by itself for a company, by its settings, and from which day on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from connector.config.payments import PaymentSettings
from connector.domain.calendar import local_day
from connector.domain.records import EntryKind
from connector.flows.cash_place import Place
from connector.flows.refunded import begun
from state.names import BALANCE_PLACE
from state.queries import Queries


def wanted_kinds(said: PaymentSettings) -> frozenset[EntryKind]:
    """The kinds that the settings want booked; payments always are."""
    fees = {EntryKind.EXPENSE} if said.fee_account is not None else set()
    payouts = {EntryKind.TRANSFER} if said.payout_account is not None else set()
    refunds = {EntryKind.REVERSAL} if said.books_refunds else set()
    return frozenset({EntryKind.PAYMENT} | fees | payouts | refunds)


def booked_since(
    said: PaymentSettings, queries: Queries | None, company: str, zone: ZoneInfo
) -> Mapping[EntryKind, date]:
    """The company's first day of each kind that is booked, in its zone; what was not begun yet is not among them.

    `queries` is None where nothing is on record.
    """
    row = queries.cursor(company, BALANCE_PLACE) if queries is not None else None
    place = Place.of(row.value) if row is not None else Place()
    first = begun(queries, company) if queries is not None else None
    days = {
        EntryKind.EXPENSE: place.fees_from,
        EntryKind.TRANSFER: place.payouts_from,
        EntryKind.REVERSAL: local_day(first, zone) if first is not None else None,
    }
    wanted = wanted_kinds(said)
    found = {kind: said.book_from or day for kind, day in days.items() if kind in wanted}
    return {EntryKind.PAYMENT: date.min} | {kind: day for kind, day in found.items() if day is not None}
