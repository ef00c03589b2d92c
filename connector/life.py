"""The whole life of one invoice, from what is on record: seen, agreed, decided, texted, delivered, paid, booked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from connector.domain.approval import Verdict, shown
from connector.domain.dunning import SENTENCES, Reason
from connector.domain.effect import EffectKind
from connector.domain.message import plain_amount
from connector.domain.money import Money
from connector.domain.phone import Phone
from state.books import receivable_of
from state.names import DISPUTE, PROMISE
from state.queries import Queries
from state.tables import ApprovalRow, CustomerRow, EffectRow, HoldRow, PaymentRow, ReceivableRow, TextRow


@dataclass(frozen=True, slots=True)
class Moment:
    """Something that happened, when, and the id to find it by at the service named `at`."""

    at: datetime
    what: str
    where: str = ""  # "QuickBooks", "Stripe", "Twilio", "Duebird"
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An effect that is not concluded. `status`: planned, in_flight, uncertain, rejected."""

    key: str
    kind: str
    status: str
    due_at: datetime
    error: str


@dataclass(frozen=True, slots=True)
class ForPerson:
    """What only a person can settle about it."""

    key: str
    happened: str
    not_done: str
    command: str


@dataclass(frozen=True, slots=True)
class Life:
    """One invoice on one page. Times are UTC; `timezone` is the company's, for showing them."""

    company: str
    timezone: str
    ledger_id: str
    number: str | None
    customer: str
    phone: str
    total: str
    balance: str
    state: str
    issued_on: str
    due_on: str | None
    reason: str
    now_because: str
    decided_at: datetime | None
    next_look: datetime | None
    held: str | None
    moments: tuple[Moment, ...]
    unsettled: tuple[Unsettled, ...]
    attention: tuple[ForPerson, ...]

    @property
    def label(self) -> str:
        """What people call it."""
        return self.number or self.ledger_id


LEDGERS: Final = {"quickbooks": "QuickBooks", "xero": "Xero"}

_PLANNED: Final = {
    EffectKind.CREATE_LINK: "to make a payment link",
    EffectKind.RETIRE_LINK: "to take the payment link down",
    EffectKind.SEND_TEXT: "to send a text",
    EffectKind.BOOK_PAYMENT: "to book the payment",
    EffectKind.BOOK_CREDIT: "to book what is too much as the customer's credit",
    EffectKind.REVERSE_BOOKING: "to take an entry out of the ledger",
    EffectKind.BOOK_REFUND: "to enter in the ledger what went back of a payment",
    EffectKind.BOOK_FEE: "to book the fee",
    EffectKind.BOOK_PAYOUT: "to book the payout",
    EffectKind.BOOK_EXCHANGE: "to enter a difference of exchange",
}
_DONE: Final = {
    EffectKind.CREATE_LINK: "Payment link made",
    EffectKind.RETIRE_LINK: "Payment link taken down",
    EffectKind.BOOK_PAYMENT: "Payment booked in the ledger",
    EffectKind.BOOK_CREDIT: "Customer's credit booked in the ledger",
    EffectKind.REVERSE_BOOKING: "Entry taken out of the ledger",
    EffectKind.BOOK_REFUND: "What went back entered in the ledger",
    EffectKind.BOOK_FEE: "Fee booked in the ledger",
    EffectKind.BOOK_PAYOUT: "Payout booked in the ledger",
    EffectKind.BOOK_EXCHANGE: "Difference of exchange entered in the ledger",
    EffectKind.SEND_TEXT: "Text sent",
}
_SERVICES: Final = {
    EffectKind.BOOK_PAYMENT: "",
    EffectKind.BOOK_CREDIT: "",
    EffectKind.REVERSE_BOOKING: "",
    EffectKind.BOOK_REFUND: "",
    EffectKind.BOOK_FEE: "",
    EffectKind.BOOK_PAYOUT: "",
    EffectKind.BOOK_EXCHANGE: "",
    EffectKind.SEND_TEXT: "Twilio",
}
_TEXTS: Final = {"notice": "Text", "receipt": "Receipt", "owner": "Word to the owner"}
_METHODS: Final = {"us_bank_account": "US bank account"}  # others read well once their underlines are gone
_TURNS: Final = {"uncertain": "In doubt", "rejected": "Refused", "cancelled": "Left undone"}
_VERDICTS: Final = {
    "open": "not worked on yet",
    "ordered": "what does not fit is to be a credit, by your word",
    "allocated": "being booked",
    "booked": "booked",
    "crediting": "being booked as the customer's credit",
    "credited": "the customer's credit",
    "held": "held for a person",
    "reversed": "its booking was taken out of the ledger again",
}


def life_of(queries: Queries, row: ReceivableRow, timezone: str) -> Life:
    """Everything on record about a receivable, oldest first."""
    company, ledger_id = row.company, row.ledger_id
    receivable = receivable_of(row)
    customer = queries.customers(company, [row.customer_id]).get(row.customer_id)
    effects = queries.effects_of(company, ledger_id)
    bound = queries.company(company)
    ledger = LEDGERS.get(bound.ledger_kind, bound.ledger_kind) if bound else "the ledger"
    moments = [
        Moment(row.first_seen_at, f"First seen in {ledger}", ledger, ledger_id),
        *(moment for effect in effects for moment in _effect(queries, effect, ledger)),
        *(_text(text) for text in queries.texts_of(company, ledger_id)),
        *(_payment(payment) for payment in queries.payments_of(company, ledger_id)),
        *_said(queries, company, customer),
        *(_word(word) for word in queries.words_on(company, ledger_id)),
    ]
    return Life(
        company=company,
        timezone=timezone,
        ledger_id=ledger_id,
        number=receivable.number,
        customer=receivable.customer_name,
        phone=Phone(customer.phone).masked if customer and customer.phone else "no mobile number",
        total=plain_amount(receivable.total),
        balance=plain_amount(receivable.balance),
        state=receivable.state,
        issued_on=receivable.issued_on.isoformat(),
        due_on=receivable.due_on.isoformat() if receivable.due_on else None,
        reason=row.reason,
        now_because=SENTENCES[Reason(row.reason)],
        decided_at=row.decided_at,
        next_look=row.review_at,
        held=_held(queries.holds(company), row),
        moments=tuple(sorted(moments, key=lambda one: one.at)),
        unsettled=tuple(
            Unsettled(one.key, one.kind, one.status, one.due_at, one.error or "")
            for one in effects
            if one.status in {"planned", "in_flight", "uncertain", "rejected"}
        ),
        attention=tuple(
            ForPerson(one.key, one.happened, one.not_done, one.command)
            for one in queries.attention(company)
            if one.subject == ledger_id
        ),
    )


def _held(holds: list[HoldRow], row: ReceivableRow) -> str | None:
    for hold in holds:
        if (hold.scope, hold.subject) in {("invoice", row.ledger_id), ("customer", row.customer_id)}:
            who = "" if hold.scope == "invoice" else "the customer is "
            return f"{who}held since {hold.since:%Y-%m-%d}" + (f": {hold.why}" if hold.why else "")
        if hold.subject == row.ledger_id and hold.scope in {DISPUTE, PROMISE} and not _is_over(hold, row):
            what = f"payment is promised for {hold.until}" if hold.scope == PROMISE else "in dispute"
            return f"{what}, since {hold.since:%Y-%m-%d}" + (f": {hold.why}" if hold.why else "")
    return None


def _is_over(hold: HoldRow, row: ReceivableRow) -> bool:
    """A promise that was not kept holds nothing any more, by the time of the last decision."""
    return hold.until is not None and row.decided_at is not None and row.decided_at.date() > hold.until


def _effect(queries: Queries, effect: EffectRow, ledger: str) -> Iterator[Moment]:
    """What is said of an effect beside its result: a text tells its own."""
    kind = EffectKind(effect.kind)
    service = _SERVICES.get(kind, "Stripe") or ledger
    for event in queries.effect_history(effect.key):
        if event.after == "planned" and event.before is None:
            yield Moment(event.at, f"Decided {_PLANNED[kind]}: {_why(effect, event.note)}", "Duebird", effect.key)
        elif event.before == "done":  # its entry was taken out of the ledger, and a person wants it there
            yield Moment(event.at, f"{_PLANNED[kind].capitalize()} again: {event.note}", "Duebird", effect.key)
        elif event.after == "planned":
            yield Moment(event.at, f"Not done yet, to be tried again: {event.note}", "Duebird", effect.key)
        elif event.after == "done" and (kind is not EffectKind.SEND_TEXT or event.note) and not effect.leader:
            note = f" ({event.note})" if event.note else ""
            yield Moment(event.at, f"{_DONE[kind]}{note}", service, effect.remote_id or "")
        elif event.after in _TURNS:
            what = _PLANNED[kind].removeprefix("to ")
            yield Moment(event.at, f"{_TURNS[event.after]}: {what}. {event.note}".strip(), "Duebird", effect.key)


def _why(effect: EffectRow, note: str) -> str:
    """Why an effect was planned; of a text that is no notice, the kind of text and its payment."""
    if effect.purpose in {"receipt", "owner"}:
        return f"{_TEXTS[effect.purpose].lower()}, {note.partition(' for ')[2] or note}"
    return note


def _text(text: TextRow) -> Moment:
    cost = f", {text.price.lstrip('-')} {text.price_currency}" if text.price else ""
    error = f" (error {text.error_code})" if text.error_code else ""
    said = f"{_TEXTS.get(text.purpose, text.purpose)} sent to {Phone(text.phone).masked}: {text.state}{error}{cost}"
    return Moment(text.sent_at, said, "Twilio", text.text_id)


def _payment(payment: PaymentRow) -> Moment:
    amount = plain_amount(Money.from_minor(payment.amount, payment.currency))
    verdict = _VERDICTS.get(payment.verdict, payment.verdict)
    state = verdict if payment.state == "succeeded" else payment.state
    said = f"Payment of {amount} by {_METHODS.get(payment.method, payment.method.replace('_', ' '))}: {state}"
    return Moment(payment.paid_at or payment.created_at, said, "Stripe", payment.payment_id)


def _word(word: ApprovalRow) -> Moment:
    """What the owner was asked about a notice, and said."""
    amount = plain_amount(Money.from_minor(word.amount, word.currency))
    about = f"the {word.step} text over {amount} to {Phone(word.phone).masked}"
    void = " (from before a recovery: counts no more)" if word.void else ""
    if word.verdict == Verdict.ASKED:
        return Moment(word.at, f"Put before you: {about}: “{shown(word.body)}”{void}", "Duebird")
    return Moment(word.at, f"{word.verdict.capitalize()} by {word.by}: {about}{void}", "Duebird")


def _said(queries: Queries, company: str, customer: CustomerRow | None) -> Iterator[Moment]:
    """What the customer agreed to, and what they wrote."""
    if customer is None or not customer.phone:
        return
    for record in queries.consent(company, customer.phone):
        words = f": “{record.wording}”" if record.wording else ""
        state = {"granted": "Agreed to texts", "revoked": "Wants no texts"}.get(record.state, record.state)
        yield Moment(record.recorded_at, f"{state}, by {record.method}{words}")
    for reply in queries.replies_from(company, customer.phone):
        said = f"Reply: “{reply.body}” ({reply.meaning.replace('_', ' ')})"
        yield Moment(reply.received_at, said, "Twilio", reply.text_id)
