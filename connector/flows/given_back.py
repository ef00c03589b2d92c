"""Money that went back while nobody heard the processor's events: its refunds and disputes themselves are listed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.balance import Dispute, DisputeState, Refund, RefundState
from connector.domain.money import Money
from connector.domain.reversal import Returned
from connector.errors import NeedsReauthorisation, Rejected, Uncertain
from connector.flows.company import Company
from connector.flows.rebuild_reading import Findings, far_back
from connector.ports.processor import Hint, PaymentState
from state.store import Attention
from state.tables import PaymentRow

# What was begun that long before may have ended since: a bank decides a dispute within three months or so, takes a
# debit back within two, and a refund to a bank account is on its way for two weeks.
DISPUTES_REACH: Final = timedelta(days=120)
DEBITS_REACH: Final = timedelta(days=90)
REFUNDS_REACH: Final = timedelta(days=35)
MOST_DEBITS: Final = 200  # the newest; each is asked for, some three calls
_CLOCKS: Final = timedelta(minutes=1)  # an event says another second than its object

_REFUNDED, _REFUND_ENDED, _REFUND_FAILED = "charge.refunded", "refund.updated", "refund.failed"
_BEGUN, _CLOSED, _BOUNCED = "charge.dispute.created", "charge.dispute.closed", "charge.failed"
_FAILED: Final = frozenset({RefundState.FAILED, RefundState.CANCELLED})
_OPEN: Final = frozenset({DisputeState.OPEN, DisputeState.INQUIRY})


def listed(company: Company, since: datetime) -> Returned:
    """Refunds and disputes of payments on record, begun at or after `since` or ended since then; failed ones too.

    The account's other sales are left out. Where the processor holds too many for one reading, those begun shortly
    before `since` are read, or at last none of before.

    Raises:
        DuebirdError: they could not be listed.
    """
    now = company.clock.now()
    reaches = [max(now - since, timedelta()) + one for one in (DISPUTES_REACH, REFUNDS_REACH, timedelta())]
    found = far_back(company, "refunds and disputes", reaches, company.processor.returned_since, Findings())
    ours = {one.payment_id for one in company.queries.payments(company.id)}
    return Returned(
        tuple(one for one in found.refunds if one.payment_id in ours),
        tuple(one for one in found.disputes if one.payment_id in ours),
    )


def debits(company: Company, since: datetime) -> list[PaymentRow]:
    """Bank debits that succeeded, made up to so long before `since` that a bank may have taken them back after it."""
    found = {
        one.payment_id: one
        for one in company.queries.payments(company.id)
        if one.state == PaymentState.SUCCEEDED
        and one.method != "card"
        and one.verdict != "reversed"
        and one.created_at >= since - DEBITS_REACH
    }
    return list(found.values())[-MOST_DEBITS:]


def unheard(company: Company, since: datetime, until: datetime) -> list[Hint]:
    """News of that time of which no event is on record, as hints; those of after `until` are told by events.

    Where they cannot be listed a person is told, once: what is heard from then on must not wait for that.

    Raises:
        Transient: the processor is out of reach; the same time is to be asked for again.
    """
    try:
        found = listed(company, since)
    except (NeedsReauthorisation, Rejected, Uncertain) as trouble:
        company.store.attend(company.id, _not_listed(company, since, until, trouble.message), company.clock.now())
        found = Returned()
    methods = {one.payment_id: one.method for one in company.queries.payments(company.id)}
    news = [_of_refund(one, since, methods) for one in found.refunds if one.created_at < until]
    news += [_of_dispute(one, since) for one in found.disputes if one.created_at < until]
    news += [
        (_BOUNCED, one.payment_id, one.created_at, f"{one.payment_id}/{since:%Y-%m-%d}")
        for one in debits(company, since)
    ]
    told = [one for one in news if one is not None]
    heard = company.queries.hints_about(company.id, sorted({payment for _, payment, _, _ in told}))
    now = company.clock.now()
    return [
        Hint(f"listed/{name}", kind, payment, now, "{}")
        for kind, payment, begun, name in told
        if not any((one.kind, one.object_id) == (kind, payment) and one.occurred_at >= begun - _CLOCKS for one in heard)
    ]


_News = tuple[str, str, datetime, str]  # the kind of event, the payment, since when there may be such an event, a name


def _of_refund(one: Refund, since: datetime, methods: dict[str, str]) -> _News | None:
    name = f"{one.refund_id}/{one.state}"
    if one.state in _FAILED:
        return _REFUND_FAILED, one.payment_id, one.created_at, name
    if one.created_at >= since:
        return _REFUNDED, one.payment_id, one.created_at, name
    # Begun before, and heard of then. Only to a bank account is it on its way for longer than that.
    slow = one.state is RefundState.SUCCEEDED and methods[one.payment_id] != "card"
    return (_REFUND_ENDED, one.payment_id, one.created_at, name) if slow else None


def _of_dispute(one: Dispute, since: datetime) -> _News | None:
    name = f"{one.dispute_id}/{one.state}"
    if one.state not in _OPEN:
        return _CLOSED, one.payment_id, one.created_at, name
    return (_BEGUN, one.payment_id, one.created_at, name) if one.created_at >= since else None


def _not_listed(company: Company, since: datetime, until: datetime, why: str) -> Attention:
    return Attention(
        key=f"{company.id}/returned-unlisted/{since:%Y-%m-%d}",
        subject="refunds",
        happened=f"{company.policy.business}: refunds and disputes between {since:%Y-%m-%d} and {until:%Y-%m-%d} could "
        f"not be listed after a long stop: {why}",
        not_done="Nothing was changed in the ledger for them.",
        command="Compare them with your ledger, in the Stripe dashboard under Transactions.",
    )


def in_words(found: Returned, bounced: Sequence[PaymentRow]) -> list[str]:
    """What went back, or may, for people; what has a time limit first. `bounced`: debits that the bank took back.

    A dispute that was won, or ended without money going back, is left out, and so is a refund that failed.
    """
    refunds = [f"refund of {one.amount} on {one.payment_id}" for one in found.refunds if one.state not in _FAILED]
    disputes = [
        f"dispute over {one.amount} on {one.payment_id} ({_STANDS[one.state]})"
        for one in found.disputes
        if one.state in _STANDS
    ]
    return [
        *disputes,
        *(
            f"bank debit of {Money.from_minor(one.amount, one.currency)} that came back ({one.payment_id})"
            for one in bounced
        ),
        *refunds,
    ]


_STANDS: Final = {
    DisputeState.OPEN: "open: answer it in the Stripe dashboard in time",
    DisputeState.INQUIRY: "the bank asks: answer it in the Stripe dashboard in time",
    DisputeState.LOST: "lost",
}


def failed_in_words(found: Returned) -> list[str]:
    """Refunds that failed or were cancelled, for people: their payers still wait for that money."""
    return [f"{one.amount} on {one.payment_id}" for one in found.refunds if one.state in _FAILED]
