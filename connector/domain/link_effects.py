"""The effects on payment links: which one is made, with which words, and which is taken down, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.joint import PARTS_KEY, link_key, whole, written
from connector.domain.message import plain_amount
from connector.domain.receivable import ReceivableState
from connector.domain.situation import parts_owed

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
    if link.joint:
        why = f"{why}; it is for {len(link.joint)} invoices together"
        return "One of these invoices has changed or is settled. Please use the newest text, or contact us.", why
    if receivable.state is ReceivableState.PAID:
        return f"Invoice {receivable.label} is paid. Thank you.", why
    return f"Invoice {receivable.label} has changed or is settled. Please use the newest text, or contact us.", why


def create_link(situation: Situation, policy: Policy) -> NewEffect:
    """Make the next link of the receivable, over what is owed now."""
    receivable = situation.receivable
    label, day = receivable.label, receivable.due_on
    due = f"Due {day.day} {day:%B} {day.year}. " if day else ""  # in words: 3/4 is another day in another country
    words: dict[str, object] = {
        "title": f"Invoice {label}",
        "description": f"{due}{policy.business}",
        "receipt_line": f"{policy.business}: invoice {label}",
        "inactive_message": f"Invoice {label} has been paid or has changed. Thank you.",
        "after_payment": f"Thank you. {policy.business} has been told that invoice {label} is paid.",
    }
    return _link([situation], words)


def create_joint_link(members: Sequence[Situation], policy: Policy) -> NewEffect:
    """Make one link over what is owed on several receivables of one customer; the first one leads.

    Its page names each with its amount: whoever pays sees what for.
    """
    receivables = [one.receivable for one in members]
    labels = ", ".join(one.label for one in receivables)
    each = "; ".join(f"{one.label}: {plain_amount(one.balance)}" for one in receivables)
    words: dict[str, object] = {
        "title": f"{len(members)} invoices: {labels}",
        "description": f"{each}. To pay only one of them, please contact {policy.business}.",
        "receipt_line": f"{policy.business}: invoices {labels}",
        "inactive_message": f"Of the invoices {labels} one has been paid or has changed. Please use the newest text.",
        "after_payment": f"Thank you. {policy.business} has been told that the invoices {labels} are paid.",
    }
    return _link(members, words)


def _link(members: Sequence[Situation], words: Mapping[str, object]) -> NewEffect:
    lead = members[0]
    parts = parts_owed(members)
    # Counted by themselves: a joint link that was refused must not come back because others were made since.
    made = lead.links_made if len(parts) == 1 else lead.joint_links_made
    generation, amount = made + 1, whole(parts)
    key = link_key(lead.identity, generation, parts)
    metadata = {
        "duebird_invoice": lead.receivable.ledger_id,
        "duebird_tenant": lead.identity.tenant_id,
        "duebird_generation": str(generation),
        "duebird_number": ", ".join(one.receivable.label for one in members)[:200],
    }
    request: dict[str, object] = {
        "reference": key,
        "amount": str(amount.amount),
        "currency": amount.currency,
        **words,
        "metadata": metadata | ({PARTS_KEY: written(parts)} if len(parts) > 1 else {}),
        "generation": generation,
    }
    why = f"a notice is due and no link asks {amount}" + (f" for {len(parts)} invoices" if len(parts) > 1 else "")
    return NewEffect(key, EffectKind.CREATE_LINK, lead.receivable.ledger_id, canonical(request), why)
