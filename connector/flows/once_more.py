"""What the owner's order to book a payment once more comes to, after its entries were taken out of the ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from connector.domain.effect import ONCE_MORE, OPEN, EffectKind, EffectStatus
from connector.flows import credit, reversal
from state.queries import Queries
from state.reversal_facts import OnceMore
from state.tables import EffectRow, PaymentRow


@dataclass(frozen=True, slots=True)
class Again:
    """A payment whose entries on one receivable are out of the ledger.

    `in_the_way`: a credit of it that stands there, or is on its way into it.
    """

    order: OnceMore
    in_the_way: EffectRow | None


def again_of(queries: Queries, company_id: str, parts: Sequence[PaymentRow]) -> list[Again]:
    """What booking a payment once more comes to, on each of its receivables of which entries are out by our log.

    What is owed may have changed, so that the whole payment is decided about anew. Where its booking stands and only
    its credit is out, that is repeated. A credit that stands beside a booking that is out must go first: nobody could
    decide anew about a payment of which a part is somewhere else.
    """
    seen = [(part, *_begun_and_out(queries, company_id, part)) for part in parts if part.verdict == "reversed"]
    return [_again(company_id, part, begun, out) for part, begun, out in seen if out]


def _begun_and_out(
    queries: Queries, company_id: str, part: PaymentRow
) -> tuple[dict[str, EffectRow], dict[str, list[str]]]:
    """What is or will be booked of it, by key; and of that the keys of what is out, each with its reversals' keys."""
    effects = queries.effects_of(company_id, part.ledger_id)
    mine = [one for one in effects if json.loads(one.request).get("payment_id") == part.payment_id]
    begun = {one.key: one for one in mine if one.kind in ONCE_MORE and one.status in {*OPEN, EffectStatus.DONE}}
    out: dict[str, list[str]] = {}
    for one in mine:
        values = json.loads(one.request) if reversal.is_done(one, EffectKind.REVERSE_BOOKING) else {}
        booked = begun.get(values["booking"]) if values else None
        if booked is not None and booked.status == EffectStatus.DONE and booked.remote_id == values["entry_id"]:
            out.setdefault(booked.key, []).append(one.key)
    return begun, out


def _again(company_id: str, part: PaymentRow, begun: Mapping[str, EffectRow], out: Mapping[str, list[str]]) -> Again:
    standing = {one.kind: one for key, one in begun.items() if key not in out}
    repeats = EffectKind.BOOK_PAYMENT in standing
    divided = any(
        one.kind == EffectKind.BOOK_CREDIT or json.loads(one.request).get(credit.ORDERED, False)
        for one in begun.values()
    )
    verdict = "booked" if repeats else credit.ORDERED if divided else "open"
    shared = part.ledger_id if part.shared else ""
    order = OnceMore(
        part.payment_id,
        part.ledger_id,
        anew=() if repeats else tuple(out),
        repeated=tuple(out) if repeats else (),
        verdict=verdict,
        settles=tuple(reversal.told_key(company_id, key) for reversals in out.values() for key in reversals),
        told_before=(
            credit.held_key(company_id, part.payment_id, shared),
            credit.credited_key(company_id, part.payment_id, shared),
        ),
    )
    return Again(order, standing.get(EffectKind.BOOK_CREDIT))
