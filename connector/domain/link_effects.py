"""The effects on payment links: which one is made, with which words, and which is taken down, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final

from connector.domain.effect import EffectKind, NewEffect, canonical, natural_key
from connector.domain.instalments import INSTALMENT_KEY, amounts, asks_of
from connector.domain.instalments import written as instalment_written
from connector.domain.joint import PARTS_KEY, Part, link_key, whole, written
from connector.domain.link_page import Line, farewell_of, page_of
from connector.domain.receivable import ReceivableState
from connector.domain.situation import parts_owed

if TYPE_CHECKING:
    from connector.domain.dunning import Policy, Step
    from connector.domain.instalments import Instalment
    from connector.domain.plan import Words
    from connector.domain.situation import LinkFact, Situation


def retire_key(situation: Situation, link: LinkFact) -> str:
    """The key of taking that link down: the link itself, whatever is said about it."""
    return natural_key(situation.identity, "retire", link.link_id)


def retire_link(situation: Situation, link: LinkFact, policy: Policy, words: Words) -> NewEffect:
    """Take that link down. What whoever opens it later reads is in the customer's language."""
    receivable = situation.receivable
    wording, why = _farewell(situation, policy, link)
    reader = words.reader(situation.customer)
    number = None if wording.endswith("_joint") else receivable.number  # of several this is but one
    message = farewell_of(reader, policy.business, wording, number, len(link.joint))
    request: Mapping[str, object] = {"link_id": link.link_id, "message": message}
    key = retire_key(situation, link)
    return NewEffect(key, EffectKind.RETIRE_LINK, receivable.ledger_id, canonical(dict(request)), why)


def _farewell(situation: Situation, policy: Policy, link: LinkFact) -> tuple[str, str]:
    """Which words of the page are true now, and why it comes down. Who has just paid is not told to pay again.

    A payment on the link itself is for all its invoices, one that came another way for this one alone.
    """
    receivable = situation.receivable
    alone = not link.joint
    if situation.payment_pending:
        said = "under_way" if alone else "under_way_joint" if link.used else "one_of_several"
        return said, "a payment is under way"
    if situation.payment_arrived or link.used:
        why = "a payment was made on it"
        if not situation.payment_arrived:  # completed, and nothing came of it yet: no word of a payment that is there
            return "closed" if alone else "closed_joint", why
        return "arrived" if alone else "arrived_joint" if link.used else "one_of_several", why
    why = f"the link asks {link.amount}; the invoice is {receivable.state} with {receivable.balance} owed"
    if not alone:
        why = f"{why}; it is for {len(link.joint)} invoices together"
    if receivable.is_owed and link.amount in amounts(receivable, policy):
        return "replaced", why
    return _OF_STATE.get(receivable.state, "changed") if alone else "one_of_several", why


# Which words tell that an invoice is in that state; in any other it has changed.
_OF_STATE: Final = {
    ReceivableState.PAID: "settled",
    ReceivableState.VOIDED: "withdrawn",
    ReceivableState.DELETED: "withdrawn",
}


def create_link(situation: Situation, policy: Policy, words: Words, step: Step) -> NewEffect:
    """Make the next link of the receivable, over what that step asks of it."""
    asked = asks_of(situation, policy, step)
    assert asked is not None, "a step that asks nothing has no link"  # noqa: S101
    parts = (Part(situation.receivable.ledger_id, asked.amount),)
    return _link([situation], parts, policy, words, asked if asked.is_part else None)


def create_joint_link(members: Sequence[Situation], policy: Policy, words: Words) -> NewEffect:
    """Make one link over what is owed on several receivables of one customer; the first one leads.

    Its page names each with its amount: whoever pays sees what for.
    """
    return _link(members, parts_owed(members), policy, words)


def _link(
    members: Sequence[Situation],
    parts: Sequence[Part],
    policy: Policy,
    words: Words,
    instalment: Instalment | None = None,
) -> NewEffect:
    lead = members[0]
    lines = [Line(one.receivable.number, part.amount) for one, part in zip(members, parts, strict=True)]
    due = lead.receivable.due_on if len(members) == 1 else None
    total = instalment.total if instalment is not None else None
    page = page_of(words.reader(lead.customer), policy.business, lines, due, total)
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
    if instalment is not None:
        metadata[INSTALMENT_KEY] = instalment_written(instalment)
    request: dict[str, object] = {
        "reference": key,
        "amount": str(amount.amount),
        "currency": amount.currency,
        **asdict(page),
        "metadata": metadata | ({PARTS_KEY: written(parts)} if len(parts) > 1 else {}),
        "generation": generation,
    }
    why = f"a notice is due and no link asks {amount}" + (f" for {len(parts)} invoices" if len(parts) > 1 else "")
    why += (
        f", part {instalment.which} of {instalment.count}, total {instalment.total}" if instalment is not None else ""
    )
    return NewEffect(key, EffectKind.CREATE_LINK, lead.receivable.ledger_id, canonical(request), why)
