"""A payout that the bank sends back: what stands in the ledger of it, and its return, which is an entry of its own.

The first transfer stays, because the bank's line of it does; the return is matched with the line by which it came back.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from connector.domain.cash import Transfer, Unbookable, cash_key
from connector.domain.clearing import payout_reference
from connector.domain.effect import EffectKind, EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause
from connector.flows.attempts import LOOKS, RETURNED, Attempt
from connector.flows.company import Company
from state.facts import Attention
from state.tables import EffectRow

_STANDS: Final[Mapping[str, Transfer]] = {
    EffectStatus.DONE: Transfer.MADE,
    EffectStatus.IN_FLIGHT: Transfer.IN_DOUBT,
    EffectStatus.UNCERTAIN: Transfer.IN_DOUBT,
    EffectStatus.PLANNED: Transfer.TO_COME,
    EffectStatus.REJECTED: Transfer.TO_COME,
}
# A list may lag behind a write for as long as the last look for it is waited for.
_LISTED: Final = LOOKS[EffectKind.BOOK_PAYOUT][-1]


def transfer_rows(company: Company, payout_ids: Sequence[str]) -> dict[str, EffectRow]:
    """The effects that make the transfers of those payouts, by payout; their returns are not among them."""
    rows = company.store.effects.of_subjects(company.id, payout_ids) if payout_ids else []
    return {one.subject: one for one in rows if one.key == _transfer_key(company, one.subject)}


def transfer_of(row: EffectRow) -> Transfer | None:
    """How far that transfer has come; None where it was left."""
    return _STANDS.get(row.status)


def is_return(row: EffectRow) -> bool:
    """Whether it books a payout back."""
    return RETURNED in json.loads(row.request)


def what(row: EffectRow) -> str:
    """What the effect of a payout is about to do, for people."""
    return "book the return of the payout in the ledger" if is_return(row) else "book the payout in the ledger"


def transfer_stands(attempt: Attempt) -> bool:
    """Whether the transfer that is to be given back is in the ledger; False: the lists do not show it yet.

    Raises:
        Rejected: somebody has taken it out.
    """
    company, row = attempt.company, attempt.row
    reference = payout_reference(company.identity, row.subject)
    if any(one.live for one in company.ledger.entries_with_reference(EntryKind.TRANSFER, reference)):
        return True
    now = company.clock.now()
    made = transfer_rows(company, [row.subject]).get(row.subject)
    if made is not None and made.finished_at is not None and timedelta() <= now - made.finished_at < _LISTED:
        why = "the ledger does not list the transfer of the payout yet"
        company.store.effects.postpone(row.key, now + _LISTED, now, why)
        return False
    company.store.effects.start(row.key, now, company.owner)
    raise Rejected(
        f"The bank sent payout {row.subject} back, and its transfer ({reference}) is not in the ledger any more.",
        because=RejectedBecause.BUSINESS_RULE,
        advice="If somebody took it out because the payout came back, all is right, and this item can be closed. If "
        "not, enter it again by hand, and its return too.",
    )


def returned_item(company: Company, row: EffectRow) -> Attention | None:
    """What the owner is told once a payout is booked back; None of any other entry."""
    if not is_return(row):
        return None
    values = json.loads(row.request)
    amount = Money.of(values["amount"], values["currency"])
    way = "from the bank to the clearing account" if values["incoming"] else "from the clearing account to the bank"
    return Attention(
        key=f"{company.id}/cash/{Unbookable.SENT_BACK}/{row.subject}",
        subject=row.subject,
        happened=f"{company.policy.business}: Stripe's payout {row.subject} ({amount}), which was booked, was sent "
        f"back by the bank. A transfer {way} was booked for that, on {values['booked_on']} ({values['reference']}).",
        not_done="The first transfer was left in the ledger, because the bank shows both. Duebird sends no money: look "
        "in the Stripe dashboard under Balances > Payouts why it came back.",
        command=f"duebird reconcile {company.id} --month {values['booked_on'][:7]}",
    )


def _transfer_key(company: Company, payout_id: str) -> str:
    return cash_key(company.identity, EntryKind.TRANSFER, payout_id)
