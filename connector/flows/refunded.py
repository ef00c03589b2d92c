"""News of money that went back, where the owner wants it entered: what is to be entered, and what taken out again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from connector.domain.balance import DisputeState
from connector.domain.effect import ONCE_MORE, OPEN, EffectKind, EffectStatus
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.refund_entries import (
    MOST_AGAIN,
    Away,
    Booked,
    Piece,
    RefundPlan,
    away,
    entry_reference,
    laid,
    plan_refunds,
)
from connector.domain.reversal import Cause, Course, Returned, Standing, standing_of
from connector.failpoints import Boundary, reach
from connector.flows import by_others, refund, reversal
from connector.flows.company import Company, Counts
from state.adopting import Found
from state.facts import BY_FACTS
from state.names import REBUILD, REFUNDS_FROM
from state.queries import Queries
from state.recovery_facts import progress_of
from state.store import Attention, Planned, Store
from state.tables import EffectRow, PaymentRow

_OURS: Final = frozenset({EffectKind.BOOK_REFUND, EffectKind.REVERSE_BOOKING})
_WHY: Final = "found in the ledger; it was on no record here"
_BY_HAND: Final = "Enter {amount} by hand, out of the clearing account."
_TOO_OFTEN: Final = f"its entry was taken out {MOST_AGAIN} times before, whenever the money had come back"
_ELSEWHERE: Final = (
    "Enter {amount} by hand, out of the account in which the payment's own entry is. Duebird does not enter it later "
    "either, also where you move that entry."
)
_IF_THERE: Final = (
    "Where the payment is still in your books, enter {amount} by hand, out of the account in which it is; where it is "
    "out of them, nothing is to be entered. Duebird does not enter it later either."
)
ENTERED: Final = "entries of refunds planned"  # so they are counted
FOUND: Final = "entries of refunds"


def begin(store: Store, queries: Queries, company_id: str, now: datetime, first: datetime | None) -> None:
    """Note from when on what goes back is entered: what went back before, somebody has entered by hand, or will.

    `first`: from the owner's own first day on, else from now on, the first time; None: it is not entered any more.
    """
    row = queries.cursor(company_id, REFUNDS_FROM)
    before = datetime.fromisoformat(row.value) if row and row.value else None
    if first is None:
        if before is not None:
            store.set_cursor(company_id, REFUNDS_FROM, "", now)
    elif before is None or first < before:
        store.set_cursor(company_id, REFUNDS_FROM, first.replace(microsecond=0).isoformat(), now)


def begun(queries: Queries, company_id: str) -> datetime | None:
    """From when on it is entered; None: nothing says so, and all of it is."""
    row = queries.cursor(company_id, REFUNDS_FROM)
    return datetime.fromisoformat(row.value) if row and row.value else None


def _from(first: datetime | None, plan: RefundPlan) -> RefundPlan:
    """The plan without what left before that; it has its room all the same, since the money is gone."""
    if first is None:
        return plan
    wanted = tuple((one, piece) for one, piece in plan.wanted if one.since >= first)
    return replace(plan, wanted=wanted, uncovered=tuple(one for one in plan.uncovered if one.since >= first))


def _persons(company: Company, answer: Returned) -> set[str]:
    """Refunds and disputes that a person was told to enter by hand: Duebird never does, wherever the money is put."""
    keys = {_elsewhere_key(company, one.object_id): one.object_id for one in away(answer)}
    return {keys[one] for one in company.queries.told_before(company.id, sorted(keys))}


def _without(persons: Collection[str], plan: RefundPlan) -> RefundPlan:
    """The plan without what a person enters; its money has its room all the same."""
    wanted = tuple((one, piece) for one, piece in plan.wanted if one.object_id not in persons)
    return replace(plan, wanted=wanted)


@dataclass(frozen=True, slots=True)
class Log:
    """What is on record of one payment: what it is booked as, and the entries of what went back of it."""

    booked: tuple[EffectRow, ...]  # in the order in which money is taken from them: of each part the credit first
    refunds: tuple[EffectRow, ...]  # that stand, are about to, or were refused
    ended: tuple[EffectRow, ...]  # that were taken out again
    under_way: bool  # something of it is being booked, entered or taken out, or is in doubt
    persons: frozenset[str] = frozenset()  # refunds and disputes whose entry was taken out by a person's word alone
    theirs: tuple[by_others.Theirs, ...] = ()  # entries by somebody else that stand for it, as the ledger has them now

    def of(self, piece: Piece) -> EffectRow:
        """The entry that is that piece."""
        return next(one for one in self.refunds if _piece(one) == piece)

    def room(self) -> list[Booked]:
        """Of what it is booked as, how much money that has in our clearing account."""
        theirs = {one.row.key: one.amount for one in self.theirs}
        return [replace(one, amount=theirs.get(row.key, one.amount)) for row in self.booked if (one := _booked(row))]

    def again(self, object_id: str, of_reference: str) -> int:
        """How many entries of that refund or dispute were taken out of the ledger before, of that money."""
        before = [values for one in self.ended if (values := _values(one))["object_id"] == object_id]
        return max((one.get(refund.AGAIN, 0) + 1 for one in before if one["of_reference"] == of_reference), default=0)

    def spent(self) -> set[str]:
        """Refunds and disputes that came and went so often that a person must see to them."""
        pairs = [(values["object_id"], values["of_reference"]) for one in self.ended if (values := _values(one))]
        return {one for one, of in pairs if self.again(one, of) >= MOST_AGAIN}


@dataclass(frozen=True, slots=True)
class News:
    """What was made of it. `waits`: something is under way, and the news is to be looked at again after that.

    `silent`: nobody need be told beyond what each entry tells itself. `lost`: disputes that are lost and entered.
    """

    standing: Standing
    waits: bool = False
    silent: bool = False
    lost: tuple[str, ...] = ()


def log_of(
    queries: Queries, company_id: str, parts: Sequence[PaymentRow], theirs: Sequence[by_others.Theirs] = ()
) -> Log:
    """Read what is on record of a payment, part by part in the order of their invoices."""
    payment_id, effects = parts[0].payment_id, list[EffectRow]()
    for ledger_id in sorted({one.ledger_id for one in parts}):
        effects += queries.effects_of(company_id, ledger_id)
    own = [(one, _values(one)) for one in effects if one.kind in _OURS]
    own = [(one, values) for one, values in own if values["payment_id"] == payment_id]
    reversals = [(one, values) for one, values in own if _is_out(one)]
    out = {values["entry_id"] for _, values in reversals}
    made = [one for one, _ in own if one.kind == EffectKind.BOOK_REFUND and one.status != EffectStatus.CANCELLED]
    standing = reversal.entries_of(queries, company_id, parts)
    booked = [one for one in standing if one.kind != EffectKind.BOOK_REFUND]
    booked += [one.row for one in theirs if not one.why]
    ended = tuple(one for one in made if one.remote_id in out)
    return Log(
        tuple(sorted(booked, key=lambda one: (one.subject, one.kind != EffectKind.BOOK_CREDIT))),
        tuple(one for one in made if one.remote_id not in out),
        ended,
        under_way=any(one.status in OPEN for one, _ in own) or _is_being_booked(effects, payment_id),
        persons=frozenset(_persons_own(ended, reversals)),
        theirs=tuple(theirs),
    )


def _is_being_booked(effects: Sequence[EffectRow], payment_id: str) -> bool:
    """Its booking may be done and its credit under way: only then is it known what has room for what went back."""
    return any(
        one.kind in ONCE_MORE and one.status in OPEN and _values(one)["payment_id"] == payment_id for one in effects
    )


def _persons_own(ended: Sequence[EffectRow], reversals: Sequence[tuple[EffectRow, Mapping[str, Any]]]) -> Iterator[str]:
    """What was undone by itself: whoever did that enters it by hand, or has. What went with its booking is not."""
    for row in ended:
        values = _values(row)
        undone = [one for one, each in reversals if (each["booking"], each["cause"]) == (row.key, Cause.UNDO)]
        booking = [one for one, each in reversals if each["entry_id"] == values["entry_id"]]
        if any(all(each.planned_at > one.planned_at for each in booking) for one in undone):
            yield values["object_id"]


def _is_out(row: EffectRow) -> bool:
    return row.kind == EffectKind.REVERSE_BOOKING and row.status == EffectStatus.DONE


def _values(row: EffectRow) -> dict[str, Any]:
    values: dict[str, Any] = json.loads(row.request)
    return values


def _piece(row: EffectRow) -> Piece:
    values = _values(row)
    return Piece(values["object_id"], values["of_reference"], Money.of(values["amount"], values["currency"]))


def look(company: Company, parts: Sequence[PaymentRow], counts: Counts, *, hints: Sequence[str] = ()) -> News:
    """Ask what went back of a payment, and plan what must be entered or taken out. `hints` are worked with the plan."""
    paid = Money.from_minor(sum(one.amount for one in parts), parts[0].currency)
    answer = company.processor.returned(parts[0].payment_id)
    standing = standing_of(paid, answer)
    if answer.debit_failed:
        return News(standing)  # nothing of it was ever the owner's: its booking goes out, with all that was entered
    log = log_of(company.queries, company.id, parts)
    if log.under_way:
        return News(standing, waits=True)
    if any(one.amount.currency != paid.currency for one in away(answer)):
        return News(replace(standing, course=Course.UNCLEAR))
    theirs = by_others.theirs_of(company, parts)
    log = log_of(company.queries, company.id, parts, theirs)
    if _adopted(company, parts, answer, log, counts):
        log = log_of(company.queries, company.id, parts, theirs)
    standing_pieces = [_piece(one) for one in log.refunds]
    plan = plan_refunds(answer, log.room(), standing_pieces, log.persons | log.spent())
    persons = _persons(company, answer)
    plan = _without(persons, _from(begun(company.queries, company.id), plan))
    by_hand = list(_by_hand(company, parts, plan, log))
    for told in by_hand:
        counts.add("refunds and disputes", company.store.attend(company.id, told, company.clock.now()))
    # First what came back: only then is there room again for what left.
    back = [row for one in plan.back if (row := log.of(one)).status == EffectStatus.DONE]
    wanted = [refund.out_again(company, one) for one in back]
    waits = bool(wanted and plan.wanted)
    if not wanted:
        of = {_values(one)["reference"]: one for one in log.booked}
        wanted = [
            refund.planned(
                company, of[piece.of_reference], each, piece, before, log.again(piece.object_id, piece.of_reference)
            )
            for each, piece, before in laid(plan.wanted, standing_pieces)
        ]
    _record(company, wanted, counts, () if waits else hints)
    ever = bool(log.refunds or log.ended or wanted or by_hand or persons)
    lost = {one.dispute_id for one in answer.disputes if one.state is DisputeState.LOST}
    kept = [values for one in log.refunds if (values := _values(one))["object_id"] in lost]
    for one in kept:  # there is nothing to answer any more; that it is lost is told beside it
        item = reversal.entered_key(company.id, one["reference"])
        company.store.attention_closed(company.id, item, BY_FACTS, company.clock.now())
    lost_ones = tuple(sorted({one["object_id"] for one in kept}))
    return News(standing, waits, ever and standing.course is not Course.ASKED_ABOUT, lost_ones)


def _booked(row: EffectRow) -> Booked:
    values = _values(row)
    return Booked(values["reference"], Money.of(values["amount"], values["currency"]))


def _record(company: Company, wanted: Sequence[Planned], counts: Counts, hints: Sequence[str]) -> None:
    if not wanted:
        return
    new = company.store.reversals_planned(company.id, wanted, company.clock.now(), hints=hints)
    counts.add(ENTERED, new)
    for one in wanted:
        reach(Boundary.PLANNED, one.effect.kind)


def _adopted(company: Company, parts: Sequence[PaymentRow], answer: Returned, log: Log, counts: Counts) -> bool:
    """Put on record what stands in the ledger and is on no record here: the memory may be younger than the books."""
    known = {(values["object_id"], values["of_reference"]) for one in log.refunds if (values := _values(one))}
    known |= {(values["object_id"], values["of_reference"]) for one in log.ended if (values := _values(one))}
    most = MOST_AGAIN if _is_from_before(company, parts) else 1
    found = []
    for each in _all_of(answer):
        for row in log.booked:
            if (each.object_id, _booked(row).reference) not in known:
                found += _found(company, row, each, most)
    if found:
        company.store.refunds_found(company.id, found, _WHY)
        counts.add(FOUND, len(found))
    return bool(found)


def _is_from_before(company: Company, parts: Sequence[PaymentRow]) -> bool:
    """Whether a life of the memory before the last recovery may have entered something of it, and taken it out."""
    rebuilt = progress_of(company.queries.cursor(company.id, REBUILD))
    return rebuilt is not None and any(one.created_at <= rebuilt.begun_at for one in parts)


def _found(company: Company, row: EffectRow, each: Away, most: int) -> list[Found]:
    """The entry of it that stands in the ledger, whichever of at most `most` that is."""
    payment_id, of_reference = _values(row)["payment_id"], _booked(row).reference
    for again in range(most):
        reference = entry_reference(company.identity, payment_id, each.cause, each.object_id, of_reference, again)
        entry = refund.evidence(company.ledger.entries_with_reference(EntryKind.REVERSAL, reference))
        if entry is not None and entry.live:
            piece = Piece(each.object_id, of_reference, entry.amount)
            return [Found(refund.planned(company, row, each, piece, again=again).effect, entry.entry_id, each.since)]
    return []


def _all_of(answer: Returned) -> Iterator[Away]:
    """Every refund and dispute, those too whose money the processor has again: their entries may stand."""
    for one in answer.refunds:
        yield Away(one.refund_id, Cause.REFUND, one.amount, one.created_at)
    for each in answer.disputes:
        yield Away(each.dispute_id, Cause.DISPUTE, each.amount, each.created_at)


def _by_hand(company: Company, parts: Sequence[PaymentRow], plan: RefundPlan, log: Log) -> Iterator[Attention]:
    """What is away and is not entered.

    What the owner has undone himself is his; and of a payment that is not booked at all the news itself tells.
    """
    for one in [one for one in plan.again if one.object_id not in log.persons]:
        yield _enter(company, parts[0], one, _TOO_OFTEN, _BY_HAND)
    begun_ones = {piece.object_id for _, piece in plan.wanted} | {_piece(one).object_id for one in log.refunds}
    others = [one for one in log.theirs if one.why]
    for one in plan.uncovered:
        if others and one.object_id not in begun_ones:
            yield _elsewhere(company, parts[0], one, others)
        elif log.booked:
            why = "; ".join(("no entry of the payment in the ledger has so much left", *(one.why for one in others)))
            yield _enter(company, parts[0], one, why, _BY_HAND)


def _enter(company: Company, payment: PaymentRow, one: Away, why: str, then: str) -> Attention:
    invoice = company.label(payment.ledger_id)
    return Attention(
        key=f"{company.id}/refund-by-hand/{one.object_id}",
        subject=payment.ledger_id,
        happened=f"{company.policy.business}, invoice {invoice}: {one.amount} of the payment {payment.payment_id} "
        f"left your Stripe account ({refund.CALLED[one.cause]} {one.object_id}), and {why}.",
        not_done=f"It was not entered in the ledger. {then.format(amount=one.amount)}",
        command=f"duebird reconcile {company.id}",
    )


def _elsewhere(company: Company, payment: PaymentRow, one: Away, others: Sequence[by_others.Theirs]) -> Attention:
    then = _IF_THERE if all(each.is_gone for each in others) else _ELSEWHERE
    told = _enter(company, payment, one, "; ".join(each.why for each in others), then)
    return replace(told, key=_elsewhere_key(company, one.object_id))


def _elsewhere_key(company: Company, object_id: str) -> str:
    return f"{company.id}/refund-elsewhere/{object_id}"
