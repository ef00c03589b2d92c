"""The last step of all: no further text, and a person is told what was tried so far."""

from __future__ import annotations

from connector.domain.calendar import local_day
from connector.domain.message import plain_amount
from connector.domain.situation import Situation
from connector.flows.company import Company
from state.store import Attention
from state.tables import TextRow


def hand_over(company: Company, situation: Situation) -> None:
    """Put an invoice before a person, once: what is owed since when, and what was sent about it."""
    receivable, now = situation.receivable, company.clock.now()
    since = f" since {receivable.due_on.day} {receivable.due_on:%b %Y}" if receivable.due_on else ""
    whose = f"{receivable.customer_name}, {situation.phone.masked}" if situation.phone else receivable.customer_name
    company.store.attend(
        company.id,
        Attention(
            key=key_of(company.id, receivable.ledger_id),
            subject=receivable.ledger_id,
            happened=f"{company.policy.business}, invoice {receivable.label} of {whose}: "
            f"{plain_amount(receivable.balance)} is owed{since}. {_sent(company, receivable.ledger_id)}",
            not_done="Duebird sends no more texts about it: it is yours to call the customer, to agree on instalments "
            "or to write it off. Its payment link stays open, and a payment is booked as ever.",
            command=f"duebird show {receivable.label if receivable.number else receivable.ledger_id} "
            f"--company {company.id}",
        ),
        now,
    )


def key_of(company_id: str, ledger_id: str) -> str:
    """The name of the matter in a person's list."""
    return f"{company_id}/handover/{ledger_id}"


def _sent(company: Company, ledger_id: str) -> str:
    notices = [row for row in company.queries.texts_of(company.id, ledger_id) if row.purpose == "notice"]
    if not notices:
        return "No text was sent about it."
    told = ", ".join(f"{_day(company, row)} ({row.state})" for row in notices)
    return f"Texts sent about it: {told}."


def _day(company: Company, row: TextRow) -> str:
    day = local_day(row.sent_at, company.policy.zone)
    return f"{day.day} {day:%b}"
