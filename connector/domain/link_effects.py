"""The effects on payment links: which one is made, with which words, and which is taken down, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.receivable import ReceivableState

if TYPE_CHECKING:
    from connector.domain.dunning import Policy
    from connector.domain.situation import LinkFact, Situation


def retire_link(situation: Situation, link: LinkFact) -> NewEffect:
    """Take that link down. Its key is the link itself."""
    receivable = situation.receivable
    message, why = _farewell(situation, link)
    request: Mapping[str, object] = {"link_id": link.link_id, "message": message}
    key = natural_key(situation.identity, "retire", link.link_id)
    return NewEffect(key, EffectKind.RETIRE_LINK, receivable.ledger_id, canonical(dict(request)), why)


def _farewell(situation: Situation, link: LinkFact) -> tuple[str, str]:
    """What whoever opens the link later reads, and why it comes down. Who has just paid is not told to pay again."""
    receivable = situation.receivable
    if situation.payment_pending:
        return f"A payment for invoice {receivable.label} is under way. Thank you.", "a payment is under way"
    if situation.payment_arrived or link.used:
        return f"A payment for invoice {receivable.label} has been made. Thank you.", "a payment was made on it"
    why = f"the link asks {link.amount}; the invoice is {receivable.state} with {receivable.balance} owed"
    if receivable.state is ReceivableState.PAID:
        return f"Invoice {receivable.label} is paid. Thank you.", why
    return f"Invoice {receivable.label} has changed or is settled. Please use the newest text, or contact us.", why


def create_link(situation: Situation, policy: Policy) -> NewEffect:
    """Make the next link of the receivable, over what is owed now."""
    receivable = situation.receivable
    generation = situation.links_made + 1
    amount = receivable.balance
    key = natural_key(situation.identity, "link", receivable.ledger_id, generation, amount.minor, amount.currency)
    day = receivable.due_on
    due = f"Due {day.day} {day:%B} {day.year}. " if day else ""  # in words: 3/4 is another day in another country
    request: dict[str, object] = {
        "reference": key,
        "amount": str(amount.amount),
        "currency": amount.currency,
        "title": f"Invoice {receivable.label}",
        "description": f"{due}{policy.business}",
        "receipt_line": f"{policy.business}: invoice {receivable.label}",
        "inactive_message": f"Invoice {receivable.label} has been paid or has changed. Thank you.",
        "after_payment": f"Thank you. {policy.business} has been told that invoice {receivable.label} is paid.",
        "metadata": {
            "duebird_invoice": receivable.ledger_id,
            "duebird_tenant": situation.identity.tenant_id,
            "duebird_generation": str(generation),
            "duebird_number": receivable.label[:200],
        },
        "generation": generation,
    }
    why = f"a notice is due and no link asks {amount}"
    return NewEffect(key, EffectKind.CREATE_LINK, receivable.ledger_id, canonical(request), why)
