"""The words a company uses: its own where it has some, else the built-in ones."""

from __future__ import annotations

from dataclasses import dataclass

from connector.domain.dunning import PAST_DUE, Step
from connector.domain.message import (
    Template,
    TextValues,
    clean_name,
    notice_on_due_date,
    notice_on_issue,
    notice_past_due,
    notice_upcoming,
    plain_amount,
    receipt,
)
from connector.domain.plan import NoticeFacts, ReceiptFacts


@dataclass(frozen=True, slots=True)
class Wording:
    """Templates of one company; None stands for the built-in wording."""

    issued: Template | None = None
    due: Template | None = None
    paid_template: Template | None = None

    @classmethod
    def of(cls, issued: str | None, due: str | None, thanks: str | None) -> Wording:
        """From the settings.

        Raises:
            MessageProblem: a wording of the settings cannot be used.
        """
        return cls(*(Template(text) if text else None for text in (issued, due, thanks)))

    def notice(self, facts: NoticeFacts) -> str:
        """The body of a notice, link last."""
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            invoice=facts.invoice,
            first_name=facts.given_name,
            due=facts.due_on,
            link=facts.link,
        )
        first = facts.first_text and facts.two_way  # what is added then is how to stop: by a reply
        if facts.step is Step.ISSUED:
            return notice_on_issue(values, first=first, template=self.issued).body
        if facts.step is Step.UPCOMING:
            return notice_upcoming(values, first=first).body
        if facts.step in PAST_DUE or (facts.due_on is not None and facts.due_on < facts.today):
            return notice_past_due(values, first=first).body
        return notice_on_due_date(values, first=first, template=self.due).body

    def receipt(self, facts: ReceiptFacts) -> str:
        """What a customer gets once the payment is booked."""
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            invoice=facts.invoice,
            first_name=facts.given_name,
        )
        return receipt(values, template=self.paid_template).body

    def paid(self, facts: ReceiptFacts) -> str:
        """What the owner gets once the payment is booked."""
        who = clean_name(facts.customer) or "A customer"
        return f"{who} paid {plain_amount(facts.amount)} for invoice {facts.invoice}. It is booked. Duebird"
