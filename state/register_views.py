"""Read-only questions of people about the consent register: whose numbers stand in it, and who is meant by a name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, or_
from sqlmodel import col, select

from connector.domain.consent import ConsentRecord
from connector.domain.consent_chain import Entry
from state.consent_facts import consent_of, entry_of, register_of
from state.rows import records, records_of, select_of, select_some, table_of
from state.tables import ConsentRow, CustomerRow, InboundRow, ReceivableRow, TextRow
from state.views import Views

_CONSENT: Final = table_of(ConsentRow).c
_BY_PHONE: Final = select_of(ConsentRow).order_by(_CONSENT.phone, _CONSENT.place)
_OF_PHONE: Final = select_some(ConsentRow, "phone")
_HOLDERS: Final = select_some(CustomerRow, "phone")
_REQUEST_TO: Final = select_some(TextRow, "phone", table_of(TextRow).c.purpose == "request")
_REPLIES_OF: Final = select_some(InboundRow, "phone")
SAME_NAME: Final = 20  # customers of one name that are told apart; more are not read


@dataclass(frozen=True, slots=True)
class Named:
    """A customer of the ledger whom somebody means. `phone` is None where none that can be texted is known."""

    customer_id: str
    name: str
    phone: str | None


class RegisterViews(Views):
    """The consent register, as a person asks for it."""

    def register(self, company: str) -> list[Entry]:
        """All entries, in their order."""
        with self._db.ask() as connection:
            return register_of(connection, company)

    def entries_of(self, company: str, phone: str) -> list[Entry]:
        """The entries of one number, in their order."""
        with self._db.ask() as connection:
            found = records_of(connection, ConsentRow, _OF_PHONE, company, [phone])
        return sorted((entry_of(row) for row in found), key=lambda one: one.place)

    def consents_by_phone(self, company: str) -> dict[str, list[ConsentRecord]]:
        """Everything in the register, number by number, oldest entry first."""
        found: defaultdict[str, list[ConsentRecord]] = defaultdict(list)
        with self._db.ask() as connection:
            for row in records(connection, ConsentRow, _BY_PHONE, company=company):
                found[row.phone].append(consent_of(row))
        return dict(found)

    def consents_of(self, company: str, phones: Collection[str]) -> dict[str, list[ConsentRecord]]:
        """What the register has of these numbers, in the order in which it came."""
        found: dict[str, list[ConsentRecord]] = {phone: [] for phone in phones}
        with self._db.ask() as connection:
            rows = records_of(connection, ConsentRow, _OF_PHONE, company, phones)
        for row in sorted(rows, key=lambda one: one.place):
            found[row.phone].append(consent_of(row))
        return found

    def holders(self, company: str, phones: Collection[str]) -> list[CustomerRow]:
        """The customers whose numbers these are, as last read."""
        with self._db.ask() as connection:
            return records_of(connection, CustomerRow, _HOLDERS, company, phones)

    def request_to(self, company: str, phone: str) -> TextRow | None:
        """The request for consent that this number had from us, None where it had none."""
        with self._db.ask() as connection:
            return next(iter(records_of(connection, TextRow, _REQUEST_TO, company, [phone])), None)

    def requests_to(self, company: str, phones: Collection[str]) -> set[str]:
        """Those of these numbers that had a request for consent from us."""
        with self._db.ask() as connection:
            return {row.phone for row in records_of(connection, TextRow, _REQUEST_TO, company, phones)}

    def replies_of(self, company: str, phone: str) -> list[InboundRow]:
        """What that number wrote to us, oldest first."""
        with self._db.ask() as connection:
            found = records_of(connection, InboundRow, _REPLIES_OF, company, [phone])
        return sorted(found, key=lambda one: (one.received_at, one.text_id))

    def names_by_phone(self, company: str) -> dict[str, list[str]]:
        """Whose numbers they are, as far as the ledger was read."""
        statement = (
            select(CustomerRow.phone, CustomerRow.name)
            .where(CustomerRow.company == company, col(CustomerRow.phone).is_not(None))
            .order_by(col(CustomerRow.name), col(CustomerRow.customer_id))
        )
        found: defaultdict[str, list[str]] = defaultdict(list)
        with self._db.read() as session:
            for phone, name in session.exec(statement):
                found[phone or ""].append(name)
        return dict(found)

    def people_named(self, company: str, text: str) -> list[Named]:
        """Customers with that id or name, however it is capitalised; also those of whom only an invoice was read."""
        wanted = text.strip()
        # Both sides by the database's own rule: SQLite leaves letters beyond ASCII as they are, Python does not.
        read = select(CustomerRow).where(
            CustomerRow.company == company,
            or_(col(CustomerRow.customer_id) == wanted, func.lower(CustomerRow.name) == func.lower(wanted)),
        )
        billed = (
            select(ReceivableRow.customer_id, func.max(ReceivableRow.customer_name))
            .where(
                ReceivableRow.company == company,
                or_(
                    col(ReceivableRow.customer_id) == wanted,
                    func.lower(ReceivableRow.customer_name) == func.lower(wanted),
                ),
            )
            .group_by(col(ReceivableRow.customer_id))
        )
        with self._db.read() as session:
            found = {
                row.customer_id: Named(row.customer_id, row.name, row.phone)
                for row in session.exec(read.order_by(col(CustomerRow.customer_id)).limit(SAME_NAME))
            }
            for customer_id, name in session.exec(billed.order_by(col(ReceivableRow.customer_id)).limit(SAME_NAME)):
                if customer_id not in found:
                    row = session.get(CustomerRow, (company, customer_id))
                    found[customer_id] = Named(customer_id, name, row.phone if row else None)
        return list(found.values())
