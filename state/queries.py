"""Read-only questions. Each is one short read; lists are bounded by the caller."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Executable, bindparam, literal
from sqlmodel import col, or_, select

from connector.domain.approval import Word
from connector.domain.consent import ConsentRecord
from connector.domain.effect import OPEN, BooksIdentity, EffectKind, EffectStatus
from connector.domain.receivable import Receivable
from connector.ports.messenger import DeliveryState
from state import asked
from state.approval_facts import word_of
from state.books import receivable_of
from state.consent_facts import consent_of
from state.effects import CLOSED_BY_PERSON, subjects_of
from state.lease_facts import Lease, lease_of
from state.letter_views import LetterViews
from state.names import COUNTRY, DISPUTE, DRAFT, PROMISE, RECOVERY, REPLY, SENDER, TEXTS
from state.rows import Row, Some, column, first, records, records_of, scalar, select_of, select_some, table_of
from state.tables import (
    ApprovalRow,
    CompanyRow,
    ConsentRow,
    CursorRow,
    CustomerRow,
    EffectRow,
    HintRow,
    HoldRow,
    InboundRow,
    LeaseRow,
    LinkRow,
    LookedUpRow,
    PaymentRow,
    ReceivableRow,
    TextRow,
    UnreachableRow,
)


@dataclass(slots=True)
class Facts:
    """All we remember about some receivables, read together in a handful of selects."""

    receivables: dict[str, ReceivableRow] = field(default_factory=dict)
    customers: dict[str, CustomerRow] = field(default_factory=dict)
    links: dict[str, list[LinkRow]] = field(default_factory=dict)
    payments: dict[str, list[PaymentRow]] = field(default_factory=dict)
    effects: dict[str, list[EffectRow]] = field(default_factory=dict)
    consents: dict[str, list[ConsentRecord]] = field(default_factory=dict)
    unreachable: set[str] = field(default_factory=set)
    paused: bool = False  # a person, or a brake, stopped all texts of the company
    sender_shared: bool = False  # another company sends from the same
    closed_countries: set[str] = field(default_factory=set)  # whose carriers refuse the sender
    held_invoices: set[str] = field(default_factory=set)
    held_customers: set[str] = field(default_factory=set)
    draft: bool = False  # the company has not gone live
    words: dict[str, list[Word]] = field(default_factory=dict)  # of notices, oldest first; read where they may count
    disputed: set[str] = field(default_factory=set)
    promised: dict[str, date] = field(default_factory=dict)
    replied: dict[str, date] = field(default_factory=dict)  # phone -> the day through which notices wait
    notices: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)  # phone -> (effect key, when)
    joined: dict[str, list[tuple[str, datetime]]] = field(default_factory=dict)  # the same of what went in another's
    texts_had: dict[str, int] = field(default_factory=dict)  # by phone, those that may have arrived
    asked: set[str] = field(default_factory=set)  # phones that were asked for consent; empty where nobody is asked

    def hold(self, row: HoldRow) -> None:
        """Take in one thing that holds texts back."""
        if row.scope in {TEXTS, RECOVERY}:
            self.paused = True
        elif row.scope == DRAFT:
            self.draft = True
        elif row.scope == SENDER:
            self.sender_shared = True
        elif row.scope in {PROMISE, REPLY} and row.until is not None:
            (self.promised if row.scope == PROMISE else self.replied)[row.subject] = row.until
        else:
            self._subjects_of(row.scope).add(row.subject)

    def _subjects_of(self, scope: str) -> set[str]:
        return {
            "invoice": self.held_invoices,
            "customer": self.held_customers,
            DISPUTE: self.disputed,
            COUNTRY: self.closed_countries,
        }[scope]


_EFFECT, _TEXT = table_of(EffectRow).c, table_of(TextRow).c
_CURSOR: Final = select_some(CursorRow, "name")
_RECEIVABLES: Final = select_some(ReceivableRow, "ledger_id")
_CUSTOMERS: Final = select_some(CustomerRow, "customer_id")
_LINKS: Final = select_some(LinkRow, "ledger_id")
_PAYMENTS: Final = select_some(PaymentRow, "ledger_id")
_EFFECTS: Final = select_some(
    EffectRow,
    "subject",
    only="key kind subject phone purpose step status outcome leader",  # without its frozen request, the most of it
)
_CONSENTS: Final = select_some(ConsentRow, "phone")
_UNREACHABLE: Final = select_some(UnreachableRow, "phone")
_LOOKED_UP: Final = select_some(LookedUpRow, "phone", only="looked_at")
_NOTICES: Final = select_some(
    EffectRow,
    "phone",
    _EFFECT.purpose.in_([literal("notice"), literal("request")]),
    _EFFECT.status.not_in([EffectStatus.CANCELLED, EffectStatus.REJECTED]),
    or_(_EFFECT.claimed_at >= bindparam("since"), _EFFECT.planned_at >= bindparam("since")),
    only="key phone claimed_at planned_at leader",
)
_REQUESTS: Final = select_some(
    EffectRow,
    "phone",
    _EFFECT.purpose == "request",
    or_(_EFFECT.status != EffectStatus.CANCELLED.value, _EFFECT.outcome == CLOSED_BY_PERSON),
    only="phone",
)
_LINK: Final = select_some(LinkRow, "link_id")
_PAYMENT: Final = select_some(PaymentRow, "payment_id")
_TEXT_ID: Final = select_some(TextRow, "text_id")
_LOST: Final = [
    literal(state.value) for state in (DeliveryState.UNDELIVERED, DeliveryState.FAILED, DeliveryState.CANCELLED)
]
_TEXTS_HAD: Final = select_some(TextRow, "phone", _TEXT.state.not_in(_LOST), only="phone")
_HOLDS: Final = select_of(HoldRow)
_APPROVAL: Final = table_of(ApprovalRow).c
_WORDS: Final = select_some(ApprovalRow, "ledger_id", _APPROVAL.void.is_(False))


class Queries(LetterViews):
    """What we remember, to read: what decisions need here, what people ask in `Views` and its kin."""

    # ------------------------------------------------------------------------------------------------- decisions

    def _one(self, model: type[Row], question: Some, company: str, wanted: str) -> Row | None:
        with self._db.ask() as connection:
            return next(iter(records_of(connection, model, question, company, [wanted])), None)

    def _many(self, model: type[Row], question: Executable, **values: object) -> list[Row]:
        with self._db.ask() as connection:
            return records(connection, model, question, **values)

    def _values(self, question: Executable, **values: object) -> list[Any]:
        with self._db.ask() as connection:
            return column(connection, question, **values)

    def _value(self, question: Executable, **values: object) -> Any:
        with self._db.ask() as connection:
            return scalar(connection, question, **values)

    def due_for_review(self, company: str, now: datetime, limit: int) -> list[str]:
        """Receivables to decide on now, longest waiting first."""
        return self._values(asked.DUE_FOR_REVIEW, company=company, now=now, most=limit)

    def facts(
        self,
        company: str,
        ledger_ids: Sequence[str],
        notices_since: datetime,
        *,
        also_to: Collection[str] = (),
        approving: bool = False,
        asking: bool = False,
    ) -> Facts:
        """Everything a decision about these receivables needs; at most 500 ids.

        `also_to`: numbers that belong to none of their customers and get a text about them, such as the owner's.
        `approving`: the owner approves some notices. `asking`: also who was asked for consent.
        """
        facts = Facts(
            words=defaultdict(list),
            links=defaultdict(list),
            payments=defaultdict(list),
            effects=defaultdict(list),
            consents=defaultdict(list),
            notices=defaultdict(list),
            joined=defaultdict(list),
        )
        with self._db.ask() as connection:

            def some(model: type[Row], question: Some, wanted: Collection[str], **more: object) -> list[Row]:
                return records_of(connection, model, question, company, wanted, **more)

            facts.receivables = {row.ledger_id: row for row in some(ReceivableRow, _RECEIVABLES, ledger_ids)}
            owners = {row.customer_id for row in facts.receivables.values()}
            facts.customers = {row.customer_id: row for row in some(CustomerRow, _CUSTOMERS, owners)}
            for link in some(LinkRow, _LINKS, ledger_ids):
                facts.links[link.ledger_id].append(link)
            for payment in some(PaymentRow, _PAYMENTS, ledger_ids):
                facts.payments[payment.ledger_id].append(payment)
            for effect in some(EffectRow, _EFFECTS, ledger_ids):
                facts.effects[effect.subject].append(effect)
            for hold in records(connection, HoldRow, _HOLDS, company=company):
                facts.hold(hold)
            for word in sorted(some(ApprovalRow, _WORDS, ledger_ids if approving or facts.draft else ()), key=_said):
                facts.words[word.ledger_id].append(word_of(word))
            phones = {row.phone for row in facts.customers.values() if row.phone}
            for entry in sorted(some(ConsentRow, _CONSENTS, phones), key=_place):
                facts.consents[entry.phone].append(consent_of(entry))
            facts.unreachable = {row.phone for row in some(UnreachableRow, _UNREACHABLE, phones)}
            for effect in some(EffectRow, _NOTICES, phones, since=notices_since):
                told = facts.joined if effect.leader else facts.notices
                told[effect.phone or ""].append((effect.key, effect.claimed_at or effect.planned_at))
            facts.texts_had = Counter(row.phone for row in some(TextRow, _TEXTS_HAD, phones.union(also_to)))
            facts.asked = {row.phone or "" for row in some(EffectRow, _REQUESTS, phones if asking else ())}
        return facts

    # ------------------------------------------------------------------------------------------------- companies

    def identity(self, company: str) -> BooksIdentity | None:
        """Whose books it is bound to, None before the first contact."""
        with self._db.read() as session:
            row = session.get(CompanyRow, company)
        return BooksIdentity(row.ledger_kind, row.tenant_id, row.processor_account) if row else None

    def company(self, company: str) -> CompanyRow | None:
        """The company's row."""
        with self._db.read() as session:
            return session.get(CompanyRow, company)

    def cursor(self, company: str, name: str) -> CursorRow | None:
        """How far a list was read."""
        return self._one(CursorRow, _CURSOR, company, name)

    def cursors(self, company: str, *names: str) -> dict[str, CursorRow]:
        """The same for several, asked for together; those that there are."""
        with self._db.ask() as connection:
            return {row.name: row for row in records_of(connection, CursorRow, _CURSOR, company, names)}

    # ---------------------------------------------------------------------------------------------------- ledger

    def receivable(self, company: str, ledger_id: str) -> ReceivableRow | None:
        """One receivable as last read."""
        return self._one(ReceivableRow, _RECEIVABLES, company, ledger_id)

    def owners(self, company: str, ledger_ids: Sequence[str]) -> list[str]:
        """The customers of these receivables, each once."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, _RECEIVABLES, company, ledger_ids)
        return list(dict.fromkeys(row.customer_id for row in found))

    def has_just_this(self, company: str, value: Receivable, since: datetime, until: datetime) -> bool:
        """Whether that receivable is on record exactly so, and was read in that time."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, _RECEIVABLES, company, [value.ledger_id])
        return bool(found) and since <= found[0].read_at <= until and receivable_of(found[0]) == value

    def known(self, company: str, ledger_ids: Sequence[str]) -> set[str]:
        """Which of these ids we have seen."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, asked.RECEIVABLE_IDS, company, ledger_ids)
        return {row.ledger_id for row in found}

    def reasons(self, company: str, ledger_ids: Sequence[str]) -> dict[str, str]:
        """What was last decided about these receivables."""
        with self._db.ask() as connection:
            found = records_of(connection, ReceivableRow, asked.REASONS, company, ledger_ids)
        return {row.ledger_id: row.reason for row in found}

    def open_unread_since(self, company: str, since: datetime, limit: int) -> list[str]:
        """Receivables to be read one by one, those first that were not read longest.

        Either we think them open, and a sweep since then should have shown them; or something was changed on them.
        """
        return self._values(asked.OPEN_UNREAD_SINCE, company=company, since=since, most=limit)

    def customers(self, company: str, ids: Sequence[str]) -> dict[str, CustomerRow]:
        """Customers as last read."""
        with self._db.ask() as connection:
            rows = records_of(connection, CustomerRow, _CUSTOMERS, company, ids)
        return {row.customer_id: row for row in rows}

    def owner(self, company: str, ledger_id: str) -> CustomerRow | None:
        """The customer of a receivable, as last read."""
        with self._db.ask() as connection:
            known = records_of(connection, ReceivableRow, _RECEIVABLES, company, [ledger_id])
            owners = [row.customer_id for row in known]
            return next(iter(records_of(connection, CustomerRow, _CUSTOMERS, company, owners)), None)

    def customers_with(self, company: str, phone: str) -> list[str]:
        """Ids of the customers whose mobile number this is."""
        # Put in order here: asked to, the database would walk through all customers in that order.
        return sorted(self._values(asked.CUSTOMERS_WITH, company=company, phone=phone))

    # ----------------------------------------------------------------------------------------------------- money

    def link(self, company: str, link_id: str) -> LinkRow | None:
        """A link of ours; of a joint one what it asks for one of its receivables."""
        return self._one(LinkRow, _LINK, company, link_id)

    def unworked_hints(self, company: str, now: datetime, limit: int) -> list[HintRow]:
        """Stored events that nothing has followed from yet and whose time has come, oldest first."""
        return self._many(HintRow, asked.UNWORKED_HINTS, company=company, now=now, most=limit)

    def owing(self, company: str, ledger_id: str) -> tuple[ReceivableRow | None, list[PaymentRow], list[LinkRow]]:
        """A receivable, what has been paid or is being paid on it, and its payment links, closed ones too."""
        with self._db.ask() as connection:
            known = records_of(connection, ReceivableRow, _RECEIVABLES, company, [ledger_id])
            payments = records_of(connection, PaymentRow, _PAYMENTS, company, [ledger_id])
            return next(iter(known), None), payments, records_of(connection, LinkRow, _LINKS, company, [ledger_id])

    def payments_to_settle(self, company: str, now: datetime, limit: int) -> list[PaymentRow]:
        """Payments that have succeeded, are neither allocated, booked nor held, and whose time has come."""
        return self._many(PaymentRow, asked.PAYMENTS_TO_SETTLE, company=company, now=now, most=limit)

    def pending_payments(self, company: str, limit: int) -> list[PaymentRow]:
        """Bank debits under way, those first that were not asked for longest."""
        return self._many(PaymentRow, asked.PENDING_PAYMENTS, company=company, most=limit)

    def payment_parts(self, company: str, payment_id: str) -> list[PaymentRow]:
        """A payment of ours, as it is for each of its receivables."""
        with self._db.ask() as connection:
            return records_of(connection, PaymentRow, _PAYMENT, company, [payment_id])

    def common_links_under_way(self, company: str) -> dict[str, EffectRow]:
        """Links for several receivables that are being made, or nobody knows whether they are, by each of those."""
        rows = self._many(EffectRow, asked.COMMON_LINKS_UNDER_WAY, company=company)
        return {subject: row for row in rows for subject in subjects_of(row)}

    def siblings(self, company: str, customer_ids: Collection[str]) -> list[str]:
        """Ids of all open receivables of these customers."""
        with self._db.ask() as connection:
            rows = records_of(connection, ReceivableRow, asked.SIBLINGS, company, customer_ids)
        return [row.ledger_id for row in rows]

    def payment(self, company: str, payment_id: str) -> PaymentRow | None:
        """One payment."""
        return self._one(PaymentRow, _PAYMENT, company, payment_id)

    # -------------------------------------------------------------------------------------------------- messages

    def notices_since(self, company: str, since: datetime) -> int:
        """How many notices were attempted since then, whatever became of them."""
        return int(self._value(asked.NOTICES_SINCE, company=company, since=since))

    def counted_since(self, company: str, since: datetime) -> list[datetime]:
        """When those were attempted."""
        with self._db.ask() as connection:
            return column(connection, asked.COUNTED_SINCE, company=company, since=since)

    def notices_wanted(self, company: str) -> int:
        """How many notices are about to go out: their texts, or the links they need, are planned."""
        return int(self._value(asked.NOTICES_WANTED, company=company))

    def paused(self, company: str) -> HoldRow | None:
        """The stop of all texts of a company, None where they may go."""
        return next(iter(self._many(HoldRow, asked.STOP, company=company, scope=TEXTS)), None)

    def on_sender(self, company: str) -> tuple[frozenset[str], frozenset[str]]:
        """(companies that send from the same, countries whose carriers refuse the sender), as far as is on record."""
        rows = self._many(HoldRow, asked.ON_SENDER, company=company)
        shared = frozenset(row.subject for row in rows if row.scope == SENDER)
        return shared, frozenset(row.subject for row in rows if row.scope == COUNTRY)

    def looked_up_at(self, company: str, phone: str) -> datetime | None:
        """When the messaging service was last asked about that number, None where it never was."""
        row = self._one(LookedUpRow, _LOOKED_UP, company, phone)
        return row.looked_at if row else None

    def recovering(self, company: str) -> HoldRow | None:
        """Why and since when this company's memory waits to be rebuilt; None where it can be relied on."""
        return next(iter(self._many(HoldRow, asked.STOP, company=company, scope=RECOVERY)), None)

    def lease(self, company: str) -> Lease | None:
        """What is on record about the claim on a company; None where it was never claimed."""
        row = next(iter(self._many(LeaseRow, asked.LEASE, company=company)), None)
        return lease_of(row) if row is not None else None

    def consent(self, company: str, phone: str) -> list[ConsentRecord]:
        """The register's entries for a number, oldest first."""
        with self._db.ask() as connection:
            found = records_of(connection, ConsentRow, _CONSENTS, company, [phone])
        return [consent_of(row) for row in sorted(found, key=_place)]

    def known_inbound(self, company: str, text_ids: Sequence[str]) -> set[str]:
        """Which of these replies are stored."""
        with self._db.ask() as connection:
            return {row.text_id for row in records_of(connection, InboundRow, asked.INBOUND_IDS, company, text_ids)}

    def texts_to_check(self, company: str, now: datetime, limit: int) -> list[TextRow]:
        """Texts whose delivery should be asked for now."""
        return self._many(TextRow, asked.TEXTS_TO_CHECK, company=company, now=now, most=limit)

    def has_live_links(self, company: str) -> bool:
        """Whether any payment link is out."""
        return self._value(asked.LIVE_LINK, company=company) is not None

    def next_work_at(self, company: str) -> datetime | None:
        """When something on record wants to be worked on next: an effect, a decision, a delivery to ask for."""
        with self._db.ask() as connection:
            found = first(connection, asked.NEXT_WORK_AT, company=company)
        return min((one for one in found if one is not None), default=None)

    def text_is_known(self, company: str, text_id: str) -> bool:
        """Whether a text at the service is on record as one of ours."""
        return self._one(TextRow, _TEXT_ID, company, text_id) is not None

    def last_text_to(self, company: str, phone: str) -> TextRow | None:
        """The latest text this number had from us."""
        statement = (
            select(TextRow)
            .where(TextRow.company == company, TextRow.phone == phone)
            .order_by(col(TextRow.sent_at).desc())
            .limit(1)
        )
        with self._db.read() as session:
            return session.exec(statement).first()

    def last_fate(self, company: str, besides: str) -> TextRow | None:
        """The latest text whose fate is known, other than that one. Asked only when a text has failed."""
        known = (DeliveryState.DELIVERED, DeliveryState.UNDELIVERED, DeliveryState.FAILED)
        statement = (
            select(TextRow)
            .where(TextRow.company == company, TextRow.text_id != besides, col(TextRow.state).in_(known))
            .order_by(col(TextRow.sent_at).desc())
            .limit(1)
        )
        with self._db.read() as session:
            return session.exec(statement).first()


def _place(row: ConsentRow) -> int:
    return row.place


def _said(row: ApprovalRow) -> int:
    return row.entry or 0


def step_is_spent(row: EffectRow) -> bool:
    """Whether the occasion of a notice is used up: sent, under way, in doubt, refused, or closed by a person."""
    if row.kind != EffectKind.SEND_TEXT or row.purpose != "notice":
        return False
    return row.status != EffectStatus.CANCELLED or row.outcome == CLOSED_BY_PERSON


def is_open(row: EffectRow) -> bool:
    """Not concluded yet."""
    return EffectStatus(row.status) in OPEN
