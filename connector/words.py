"""The words of texts, from the domain's composer to the port the decision asks for."""

from __future__ import annotations

from connector.domain.money import Money
from connector.domain.plan import NoticeFacts


class PlainWords:
    """Built-in wording."""

    def notice(self, facts: NoticeFacts) -> str:
        """A notice."""
        stop = " Reply STOP to opt out." if facts.first_text else ""
        return f"{facts.business}: invoice {facts.invoice} {facts.amount} ({facts.step}).{stop} {facts.link}"

    def receipt(self, business: str, amount: Money, invoice: str) -> str:
        """A receipt."""
        return f"{business}: we received {amount} for invoice {invoice}. Thank you!"

    def paid(self, customer: str, amount: Money, invoice: str) -> str:
        """To the owner."""
        return f"Duebird: {customer} paid {amount} for invoice {invoice}. It is booked."
