"""A payment link that is already at the processor: keep one, take down the others, conclude."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from connector.domain.joint import Part, parts_in
from connector.domain.money import Money
from connector.flows import lease
from connector.flows.company import Company
from connector.ports.processor import PaymentLink
from state.tables import EffectRow


def parts_of(row: EffectRow) -> tuple[Part, ...]:
    """What a link to be made asks for which receivables, from its frozen request."""
    values: Mapping[str, Any] = json.loads(row.request)
    return parts_in(values["metadata"]) or (Part(row.subject, Money.of(values["amount"], values["currency"])),)


def adopt(company: Company, row: EffectRow, links: Sequence[PaymentLink], note: str) -> bool:
    """Conclude with the link that is there, an active one if possible. False where the company is not ours any more.

    Two of them could both be paid: all but one are taken down first, and what was paid on those is stored.
    """
    values: Mapping[str, Any] = json.loads(row.request)
    keep = next((one for one in links if one.active), links[0])
    if len(links) > 1 and lease.renew(company) is not lease.Standing.OURS:
        return False
    for extra in links:
        if extra.active and extra.link_id != keep.link_id:
            retired = company.processor.retire_link(extra.link_id, values["inactive_message"])
            for payment in retired.payments:
                company.store.payment_read(company.id, payment, row.subject, company.clock.now())
    company.store.link_made(
        company.id,
        row.key,
        keep,
        parts=parts_of(row),
        generation=values["generation"],
        now=company.clock.now(),
        note=note,
    )
    return True
