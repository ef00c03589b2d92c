"""Attempt what is planned: re-read the truth, look for evidence, record, call once, conclude."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from connector.domain.effect import EffectKind, EffectStatus
from connector.domain.instalments import amounts
from connector.domain.joint import Part
from connector.domain.money import Money
from connector.errors import (
    ConfigProblem,
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
)
from connector.failpoints import Boundary, reach
from connector.flows import book, brakes, cash, cash_back, credit, lease, link, listen, refund, reversal, text
from connector.flows.attempts import LOOKS, Attempt, conclude_error
from connector.flows.company import Company, Counts
from connector.flows.poll import read_customers
from connector.flows.situation import being_paid
from connector.flows.trouble import as_trouble
from connector.ports.processor import LinkRequest
from state.books import receivable_of
from state.names import INBOUND_SINCE
from state.store import Attention
from state.tables import EffectRow, LinkRow

BATCH: Final = 100  # effects taken at a time; between batches replies are polled again when they are a minute old
BATCHES_A_RUN: Final = 60  # 6,000 effects a run; the rest is due and comes in the next
REPLIES_FRESH_FOR: Final = timedelta(seconds=60)  # nobody who wrote STOP a minute ago is texted
# A sub-customer's number may be its parent's, and a change of that is listed for the parent alone: so whoever is about
# to be texted is read again. One call for a hundred people, and none for those read for the notice just planned.
CUSTOMERS_FRESH_FOR: Final = timedelta(minutes=5)

UNREACHED: Final = 5  # so many out of reach in one pass: the service is down, the rest waits for the next pass
_ENTRIES: Final = frozenset(
    {
        EffectKind.BOOK_PAYMENT,
        EffectKind.BOOK_CREDIT,
        EffectKind.BOOK_FEE,
        EffectKind.BOOK_PAYOUT,
        EffectKind.BOOK_EXCHANGE,
    }
)
_LINKS: Final = frozenset({EffectKind.CREATE_LINK, EffectKind.RETIRE_LINK})
# The kinds of one service are out of reach together. A text asks every service, and a reversal two: of such a kind
# nobody knows which of them is down, so it stands for itself.
_TOGETHER: Final = {**dict.fromkeys(_ENTRIES, _ENTRIES), **dict.fromkeys(_LINKS, _LINKS)}
LEFT: Final = "left for later"
HELD_BACK: Final = "texts held back: replies or customers could not be read"

ALL_KINDS: Final = frozenset(EffectKind)


@dataclass(slots=True)
class Reach:
    """How often what was out of reach in one pass, by kinds of one service, and the kinds that wait for the next."""

    missed: Counter[frozenset[EffectKind]] = field(default_factory=Counter)
    down: set[EffectKind] = field(default_factory=set)

    def note(self, kind: EffectKind) -> None:
        """One more of that kind was out of reach."""
        together = _TOGETHER.get(kind, frozenset({kind}))
        self.missed[together] += 1
        if self.missed[together] >= UNREACHED:
            self.down |= together


def run_once(company: Company, pool: Executor, reach_so_far: Reach | None = None) -> Counts:
    """Attempt everything that is due. One effect's trouble never stops another's; a dead service stops what needs it.

    `reach_so_far`: of the rounds before in the same pass, so that an outage costs few effects a try of theirs.
    """
    counts = Counts()
    reached = reach_so_far or Reach()
    # Money is looked for before it is booked, and a link made twice under its key is one link: only texts must wait.
    stopped = {EffectKind.SEND_TEXT} if lease.texts_wait(company) else set[EffectKind]()
    tried: set[str] = set()
    for _ in range(BATCHES_A_RUN):
        if company.stop_asked():
            break
        rows = company.store.effects.due(
            company.id, company.clock.now(), BATCH, kinds=ALL_KINDS - stopped - reached.down
        )
        # Each effect once a run: what could not even be put off must not be tried again and again.
        rows = [row for row in rows if row.key not in tried]
        if not rows or lease.renew(company) is not lease.Standing.OURS:
            break
        texts = [row for row in rows if row.kind == EffectKind.SEND_TEXT]
        if texts and not _people_are_known(company, texts, counts):
            stopped.add(EffectKind.SEND_TEXT)
            continue
        rows = _within_caps(company, rows, tried)
        attempt = partial(_perform, company, stopped=stopped, reached=reached, heard=_heard_at(company))
        for key, kind, outcome in pool.map(attempt, rows):
            counts.add(f"{kind} {outcome}")
            if outcome != LEFT:
                tried.add(key)
    return counts


def _within_caps(company: Company, rows: list[EffectRow], tried: set[str]) -> list[EffectRow]:
    """Leave notices and requests beyond the caps for later; receipts and the owner's own notices are not counted."""
    notices = [row for row in rows if row.purpose in {"notice", "request"}]
    left = brakes.notices_left(company, company.clock.now()) if notices else None
    if left is None or len(notices) <= left:
        return rows
    beyond = [row.key for row in notices[left:]]
    if left == 0:  # else those before them may come to nothing, and leave them room
        brakes.wait_for_room(company, beyond, company.clock.now())
        tried.update(beyond)
    return [row for row in rows if row.key not in beyond]


def _people_are_known(company: Company, texts: list[EffectRow], counts: Counts) -> bool:
    """See STOPs and who the recipients are before texting; when they cannot be seen, nobody is texted."""
    try:
        listen.replies_if_older(company, REPLIES_FRESH_FOR, counts)
        company.store.consents_kept(company.id, company.clock.now())
        owners = company.queries.owners(company.id, [row.subject for row in texts])
        read_customers(company, owners, fresh_for=CUSTOMERS_FRESH_FOR)
    except DuebirdError as error:
        listen.note_trouble(company, error)
        if error.code == "journal" or isinstance(error, ConfigProblem):
            _nobody_would_remember(company, error)
        counts.add(HELD_BACK)
        return False
    return True


def _nobody_would_remember(company: Company, error: DuebirdError) -> None:
    now = company.clock.now()
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/journal/{now:%Y-%m-%d}",
            subject="journal",
            happened=f"{company.policy.business}: {error.message}",
            not_done="Texts wait. Payments are booked all the same.",
            command=error.advice,
        ),
        now,
    )


def _perform(
    company: Company,
    row: EffectRow,
    stopped: set[EffectKind],
    reached: Reach,
    heard: datetime | None,
) -> tuple[str, str, str]:
    kind = EffectKind(row.kind)
    if kind in stopped | reached.down or company.stop_asked() or not lease.is_good(company):
        return row.key, kind, LEFT
    if kind is EffectKind.SEND_TEXT and _is_old(company, heard):
        return row.key, kind, LEFT
    attempt = Attempt(company, row, _SAYS[kind](row) if kind in _SAYS else _WHAT[kind])
    try:
        outcome = _PERFORM[kind](attempt)
    except Exception as error:  # noqa: BLE001  one effect's surprise must not stop the others
        trouble = as_trouble(error, f"{company.id}: {kind} {row.key}")
        if type(trouble) is Transient:
            reached.note(kind)
        if isinstance(trouble, Throttled | NeedsReauthorisation):
            stopped.add(kind)
        return row.key, kind, conclude_error(attempt, trouble, started=_started(company, row))
    finally:
        company.cut_off.end()
    reach(Boundary.FOLLOWED, row.kind, row.purpose)
    return row.key, kind, outcome


def _heard_at(company: Company) -> datetime | None:
    read = company.queries.cursor(company.id, INBOUND_SINCE)
    return read.moved_at if read else None


def _is_old(company: Company, heard: datetime | None) -> bool:
    """A batch can take long when services are slow: what was fresh at its start may not be fresh at its end."""
    return heard is None or abs(company.clock.now() - heard) > 2 * REPLIES_FRESH_FOR


def _started(company: Company, row: EffectRow) -> bool:
    current = company.store.effects.get(row.key)
    return current is not None and current.status == EffectStatus.IN_FLIGHT


def request_of(row: EffectRow) -> Mapping[str, Any]:
    """The frozen values of an effect."""
    values: Mapping[str, Any] = json.loads(row.request)
    return values


def create_link(attempt: Attempt) -> str:
    """Make the payment link. Stripe repeats the first answer for the same key and values within 24 hours.

    Under another key it would make another link: then what an earlier try may have made is looked for first.
    """
    company, row = attempt.company, attempt.row
    values = request_of(row)
    amount = Money.of(values["amount"], values["currency"])
    parts = link.parts_of(row)
    moved = next((why for one in parts if (why := _no_longer_wanted(company, row, one))), "")
    history = company.store.effects.history(row.key) if row.attempts else []  # what was never tried is in no doubt
    doubted = max((one.at for one in history if one.after == EffectStatus.UNCERTAIN), default=None)
    if moved and doubted is None:
        company.store.effect_cancelled(company.id, row.key, company.clock.now(), moved)
        return "cancelled"
    # Ordered again by a person, or in doubt: since the last look the computer may have slept for longer than the
    # processor remembers a key.
    if (doubted is not None or row.slot) and (there := company.processor.links_with_reference(values["reference"])):
        company.store.effects.start(row.key, company.clock.now(), company.owner)
        return "found" if link.adopt(company, row, there, "found at the processor; not made again") else LEFT
    if moved and doubted is not None:
        return _given_up(company, row, moved, doubted)
    reach(Boundary.REREAD, row.kind)
    lease.begin(attempt)
    made = company.processor.create_link(
        LinkRequest(
            reference=values["reference"],
            amount=amount,
            title=values["title"],
            description=values["description"],
            receipt_line=values["receipt_line"],
            inactive_message=values["inactive_message"],
            after_payment=values["after_payment"],
            metadata=values["metadata"],
            idempotency_key=f"{row.key}-{row.slot}",
        )
    )
    reach(Boundary.ANSWERED, row.kind)
    company.store.link_made(
        company.id, row.key, made, parts=parts, generation=values["generation"], now=company.clock.now(), note=""
    )
    reach(Boundary.CONCLUDED, row.kind)
    return "done"


def _no_longer_wanted(company: Company, row: EffectRow, part: Part) -> str:
    """Why no link is needed any more, from what is on record: after an outage the world may have moved on."""
    known, payments, links = company.queries.owing(company.id, part.ledger_id)
    if known is None or being_paid(receivable_of(known), payments):
        return "nothing is to be paid on it any more"
    if part.amount not in amounts(receivable_of(known), company.policy):
        return "the amount owed has changed"
    # One made for another amount that is owed no more, or is owed again: two could both be paid.
    return "another payment link of it is open" if any(_is_another(one, row) for one in links) else ""


def _is_another(link_row: LinkRow, row: EffectRow) -> bool:
    return link_row.retired_at is None and link_row.reference != row.key


def _given_up(company: Company, row: EffectRow, why: str, doubted: datetime) -> str:
    """A link that is wanted no more and was looked for in vain: nor will it come, once its call is too old for that."""
    now, patience = company.clock.now(), LOOKS[EffectKind.CREATE_LINK][-1]
    if now < doubted + patience <= now + patience:  # a doubt of days to come was noted on a wrong clock
        company.store.effects.postpone(row.key, doubted + patience, now, f"{why}; it may still be made")
        return "postponed"
    company.store.effect_cancelled(company.id, row.key, now, f"{why}; looked for in vain at the processor")
    return "cancelled"


def retire_link(attempt: Attempt) -> str:
    """Take a link down and its open pages with it; what was paid meanwhile is stored, never lost."""
    company, row = attempt.company, attempt.row
    values = request_of(row)
    lease.begin(attempt)
    try:
        retired = company.processor.retire_link(values["link_id"], values["message"])
    except Rejected as refusal:
        if refusal.because is not RejectedBecause.NOT_FOUND:
            raise
        company.store.link_retired(
            company.id, row.key, values["link_id"], company.clock.now(), "the processor has no such link any more"
        )
        return "done"
    reach(Boundary.ANSWERED, row.kind)
    now = company.clock.now()
    if retired.still_open:
        for payment in retired.payments:
            company.store.payment_read(company.id, payment, row.subject, now)
        # A page lives a day at most; whoever stands at his bank's check is done in minutes.
        wait = min(timedelta(minutes=1) * 2 ** min(row.attempts, 4), timedelta(minutes=15))
        company.store.effects.postpone(row.key, now + wait, now, "pages of it are still open")
        return "postponed"
    note = f"payments on it: {len(retired.payments)}"
    company.store.link_retired(company.id, row.key, values["link_id"], now, note, retired.payments)
    reach(Boundary.CONCLUDED, row.kind)
    return "done"


_PERFORM: Final[dict[EffectKind, Callable[[Attempt], str]]] = {
    EffectKind.CREATE_LINK: create_link,
    EffectKind.RETIRE_LINK: retire_link,
    EffectKind.SEND_TEXT: text.send,
    EffectKind.BOOK_PAYMENT: book.book,
    EffectKind.BOOK_CREDIT: credit.book_credit,
    EffectKind.REVERSE_BOOKING: reversal.reverse,
    EffectKind.BOOK_REFUND: refund.book_refund,
    EffectKind.BOOK_FEE: cash.book,
    EffectKind.BOOK_PAYOUT: cash.book,
    EffectKind.BOOK_EXCHANGE: cash.book,
}
_WHAT: Final[dict[EffectKind, str]] = {
    EffectKind.CREATE_LINK: "make the payment link",
    EffectKind.RETIRE_LINK: "take the payment link down",
    EffectKind.SEND_TEXT: "send the text",
    EffectKind.BOOK_PAYMENT: "book the payment in the ledger",
    EffectKind.BOOK_FEE: "book the fee in the ledger",
    EffectKind.BOOK_EXCHANGE: "enter the difference of exchange in the ledger",
}
_SAYS: Final[dict[EffectKind, Callable[[EffectRow], str]]] = {
    EffectKind.BOOK_CREDIT: credit.what,
    EffectKind.REVERSE_BOOKING: reversal.what,
    EffectKind.BOOK_REFUND: refund.what,
    EffectKind.BOOK_PAYOUT: cash_back.what,
}
