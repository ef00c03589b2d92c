"""What every attempt of an effect shares: the error that came back decides what is recorded."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from connector.domain.effect import EffectKind, EffectStatus
from connector.errors import (
    DuebirdError,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
)
from connector.flows.company import Company
from state.effects import EffectLog
from state.store import Attention
from state.tables import EffectRow

# Waiting after a refusal that certainly did nothing: doubling from 10 s, at most 15 min, so that twelve tries span
# two hours and no service is hammered.
FIRST_WAIT: Final = timedelta(seconds=10)
LONGEST_WAIT: Final = timedelta(minutes=15)
TRIES: Final = 12
RARELY: Final = timedelta(hours=6)  # still tried, four times a day, while a person has been told
MENDING: Final = timedelta(hours=1)  # a person mends a setting in hours, not seconds
PARKED_FOR: Final = timedelta(minutes=15)  # how often a dead connection is tried again without a person's word

# When to look for an effect in doubt. A text's list may lag minutes (reports: longer), so the last look is an hour
# later; ledgers show a payment on its invoice at once, a second look covers a slow commit after we gave up.
LOOKS: Final[dict[EffectKind, tuple[timedelta, ...]]] = {
    EffectKind.SEND_TEXT: (
        timedelta(minutes=2),
        timedelta(minutes=5),
        timedelta(minutes=15),
        timedelta(minutes=60),
    ),
    EffectKind.BOOK_PAYMENT: (timedelta(minutes=2), timedelta(minutes=10)),
    # A credit stands on no invoice, which would show it at once: only the lists can be asked.
    EffectKind.BOOK_CREDIT: (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)),
    EffectKind.BOOK_REFUND: (timedelta(minutes=2), timedelta(minutes=10), timedelta(minutes=30)),
    # The entry itself is read by its id, which no list can hide; a second look covers a slow commit after we gave up.
    EffectKind.REVERSE_BOOKING: (timedelta(minutes=2), timedelta(minutes=10)),
    EffectKind.BOOK_FEE: (timedelta(minutes=2), timedelta(minutes=10)),
    EffectKind.BOOK_PAYOUT: (timedelta(minutes=2), timedelta(minutes=10)),
    EffectKind.BOOK_EXCHANGE: (timedelta(minutes=2), timedelta(minutes=10)),
    # The first looks repeat the same key; when that does not help, the links themselves are looked through.
    EffectKind.CREATE_LINK: (timedelta(seconds=20), timedelta(minutes=2), timedelta(minutes=10)),
    EffectKind.RETIRE_LINK: (timedelta(seconds=20),),
}

_CONCLUDED: Final = frozenset({EffectStatus.DONE, EffectStatus.REJECTED, EffectStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of one effect: the company, the row as claimed, and what it would do, for people."""

    company: Company
    row: EffectRow
    what: str  # "send the text"

    @property
    def invoice(self) -> str:
        """The invoice as people know it; looked up only when somebody must be told."""
        return self.company.label(self.row.subject)

    @property
    def about(self) -> str:
        """What it is about, for people: the invoice, or the fee or payout with its amount and day."""
        thing = self.thing
        if not thing:
            return f"invoice {self.invoice}"
        values = json.loads(self.row.request)
        return f"{thing} ({values['amount']} {values['currency']}, {values['booked_on']})"

    @property
    def thing(self) -> str:
        """The fee or payout by its id at the processor; "" where it is about an invoice."""
        what = _CASH.get(EffectKind(self.row.kind))
        if what is None:
            return ""
        of = "return of " if RETURNED in json.loads(self.row.request) else ""
        return f"{of}{what} {self.row.subject}"


RETURNED: Final = "returned"  # in the frozen values of a transfer: it books a payout back that the bank sent back
_CASH: Final = {EffectKind.BOOK_FEE: "fee of balance change", EffectKind.BOOK_PAYOUT: "payout"}
_TO_CUSTOMERS: Final = frozenset({"notice", "request", "receipt"})
UNREACHABLE: Final = "unreachable"


def conclude_error(attempt: Attempt, error: DuebirdError, *, started: bool) -> str:
    """Record what an error means for the effect. Returns the counter's name.

    `started` says whether the effect was in flight: before that, nothing can have happened.
    """
    company, row = attempt.company, attempt.row
    now = company.clock.now()
    if started and (
        not isinstance(error, Transient | Rejected | NeedsReauthorisation) or _may_be_there(attempt, error, now)
    ):
        # Uncertain, or a surprise of our own after the call began: only the service knows.
        company.store.effects.doubt(row.key, now + LOOKS[EffectKind(row.kind)][0], now, _short(error))
        if row.attempts + 1 >= TRIES:
            company.store.attend(company.id, _attention(attempt, error), now)
        return "uncertain"
    if isinstance(error, Rejected) and (not started or error.because is RejectedBecause.SETUP):
        return _mend_first(attempt, error, started=started, now=now)
    if (
        isinstance(error, Rejected)
        and error.because is RejectedBecause.UNREACHABLE_NUMBER
        and row.purpose in _TO_CUSTOMERS
    ):
        # Certainly not sent, and the number is on record as out of reach: the next attempt cancels it for that, and
        # once the number is mended in the ledger it is decided anew. The owner has one item for all such numbers.
        company.store.effects.postpone(row.key, now, now, _short(error), failed=True)
        return UNREACHABLE
    if isinstance(error, Rejected):
        # A STOP needs nobody: it is on record as an opt-out. Everything else is for a person to mend.
        item = None if error.because is RejectedBecause.OPTED_OUT else _attention(attempt, error)
        company.store.effect_rejected(company.id, row.key, now, _short(error), item)
        return "rejected"
    if isinstance(error, NeedsReauthorisation):
        company.store.attend(company.id, parked(company, error), now)
        company.store.effects.postpone(row.key, now + PARKED_FOR, now, _short(error))
        return "parked"
    wait = _wait(row.attempts, error)
    if row.attempts >= TRIES and not isinstance(error, Throttled):
        company.store.attend(company.id, _attention(attempt, error), now)
        wait = RARELY
    company.store.effects.postpone(row.key, now + wait, now, _short(error), failed=not isinstance(error, Throttled))
    return "postponed"


def was_in_doubt(attempt: Attempt) -> bool:
    """Whether an earlier try of an entry may have made it: its answer was lost, and nothing was concluded since.

    What was done, refused or given up after that is known, and a try that follows is one of its own: a person has
    ordered it again, perhaps with other values.
    """
    row = attempt.row
    for event in reversed(attempt.company.store.effects.history(row.key) if row.attempts else []):
        if event.after in _CONCLUDED:
            return False
        if event.after == EffectStatus.UNCERTAIN:
            return True
    return False


def _may_be_there(attempt: Attempt, error: DuebirdError, now: datetime) -> bool:
    """Whether a link that is refused may have been made all the same: it is looked for like anything in doubt.

    An earlier request with its key came through in other words (a newer version's, say); or one whose answer was lost
    minutes ago may still be carried out, whatever became of its repetition.
    """
    row, patience = attempt.row, LOOKS[EffectKind.CREATE_LINK][-1]
    if not isinstance(error, Rejected) or row.kind != EffectKind.CREATE_LINK:
        return False
    history = attempt.company.store.effects.history(row.key)
    return error.because is RejectedBecause.KEY_REUSED or any(
        one.after == EffectStatus.UNCERTAIN and timedelta() <= now - one.at < patience for one in history
    )


def _mend_first(attempt: Attempt, error: Rejected, *, started: bool, now: datetime) -> str:
    """A person must mend something that is not this effect's own: a setting of an account, an unreadable invoice.

    The effect is not used up by it: once that is mended it goes on by itself, without an order for each.
    """
    company, row = attempt.company, attempt.row
    told = setup(company, error) if started or error.because is RejectedBecause.SETUP else _attention(attempt, error)
    company.store.attend(company.id, told, now)
    wait = MENDING if row.attempts < TRIES else RARELY
    # Refused, so certainly not done: under the same key Stripe would only repeat its refusal, for a day.
    company.store.effects.postpone(row.key, now + wait, now, _short(error), failed=True, fresh_slot=started)
    return "waits for a person"


def setup(company: Company, error: DuebirdError) -> Attention:
    """Something in an account must change; one item a cause, not one an effect."""
    matter = f"{company.id}/setup/{error.service or 'service'}/{error.code}"
    return Attention(
        key=f"{matter}/{company.clock.now():%Y-%m-%d}",
        matter=matter,
        subject=error.service or "settings",
        happened=f"{company.policy.business}: {error.message}",
        not_done="What needs it waits, and goes on by itself within the hour once that is mended.",
        command=error.advice or f"duebird check {company.id}",
    )


def parked(company: Company, error: DuebirdError) -> Attention:
    """A connection that needs a person; one item a service, not one an effect."""
    matter = f"{company.id}/connection/{error.service or 'service'}"
    return Attention(
        key=f"{matter}/{company.clock.now():%Y-%m-%d}",
        matter=matter,
        subject=error.service or "connection",
        happened=f"{company.policy.business}: {error.message}",
        not_done="Nothing is read from or written to that service until it works again. Nothing is lost meanwhile.",
        command=error.advice or f"duebird check {company.id}",
    )


def _attention(attempt: Attempt, error: DuebirdError) -> Attention:
    company, row = attempt.company, attempt.row
    return Attention(
        key=effect_item(company, row),
        subject=row.subject,
        happened=f"{company.policy.business}, {attempt.about}: could not {attempt.what}. {error.message}",
        not_done=f"It was not done. {error.advice}".strip(),
        command=f"duebird retry {row.key} --company {company.id}",
    )


def effect_item(company: Company, row: EffectRow) -> str:
    """The name of the item that tells of an effect that was refused."""
    return f"{company.id}/effect/{row.key}/{row.slot}"


def _wait(attempts: int, error: DuebirdError) -> timedelta:
    asked = error.retry_after if isinstance(error, Transient) else None
    doubled = min(FIRST_WAIT * 2 ** min(attempts, 10), LONGEST_WAIT)
    return max(asked, FIRST_WAIT) if asked is not None else doubled


def _short(error: DuebirdError) -> str:
    return f"{error.code}: {error.message}" if error.code else error.message


def look_again(row: EffectRow, claimed_at: datetime, now: datetime) -> datetime | None:
    """When to look for it next; None after the last look."""
    looks = LOOKS[EffectKind(row.kind)]
    done = row.looks + 1
    if done >= len(looks) and now >= claimed_at + looks[-1]:
        return None
    return max(claimed_at + looks[min(done, len(looks) - 1)], now + timedelta(seconds=20))


def order_retry(effects: EffectLog, row: EffectRow, now: datetime) -> EffectRow:
    """A person orders another try.

    One in doubt that was not looked for often enough waits as long as all looks take: until then its service may still
    carry out what was begun, and the look before the new try would not see it.
    """
    looks = LOOKS[EffectKind(row.kind)]
    early = row.status == EffectStatus.UNCERTAIN and row.looks < len(looks)
    return effects.order_retry(row.key, now, due_at=now + looks[-1] if early else now)


def look_later(claimed_at: datetime, now: datetime) -> datetime:
    """When to try again where the service did not even answer: ever more rarely, four times a day at last."""
    return now + min(max(timedelta(minutes=2), (now - claimed_at) / 4), RARELY)
