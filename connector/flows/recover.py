"""Effects in doubt: never repeated blindly. The service is asked; when it cannot know either, a person is."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Final

from connector.domain.effect import EffectKind, EffectStatus
from connector.errors import DuebirdError
from connector.failpoints import Boundary, reach
from connector.flows import book, cash, credit, link, listen, refund, reversal, text
from connector.flows.attempts import look_again, look_later
from connector.flows.company import Company, Counts
from connector.flows.trouble import as_trouble
from connector.ports.ledger import BookingState
from state.store import Attention
from state.tables import EffectRow

EFFECTS_A_RUN: Final = 200  # each costs one or two reads
TELL_AFTER: Final = timedelta(hours=24)  # no outage of these services has lasted longer in living memory
SAME_KEY_TRIES: Final = 2  # Stripe repeats a stored failure for the same key, so more of the same is in vain
KEY_LIVES: Final = timedelta(hours=23)  # Stripe keeps idempotency keys at least 24 h; an hour of margin


def run_once(company: Company) -> Counts:
    """Look for every effect in doubt whose time for a look has come, and for those a crash left in flight.

    Must run while nothing of this company is being performed: whatever is in flight then has no owner any more.
    """
    counts = Counts()
    for found in company.store.effects.unsettled(company.id, company.clock.now(), EFFECTS_A_RUN):
        row = found
        if company.stop_asked():
            break
        if row.status == EffectStatus.IN_FLIGHT:
            now = company.clock.now()
            row = company.store.effects.doubt(row.key, now, now, "the program ended while this was under way")
            reach(Boundary.DOUBTED, row.kind, row.purpose)
        try:
            counts.add(f"{row.kind} {_LOOK[EffectKind(row.kind)](company, row)}")
        except Exception as error:  # noqa: BLE001  one effect's surprise must not stop the look for the others
            _no_answer(company, row, as_trouble(error, f"{company.id}: look for {row.key}"))
            counts.add(f"{row.kind} could not be looked up")
    return counts


def _no_answer(company: Company, row: EffectRow, error: DuebirdError) -> None:
    """Not even an answer: no look at all. Tried again, and after a day a person is asked to look."""
    now = company.clock.now()
    claimed_at = row.claimed_at or now
    listen.note_trouble(company, error)
    if now - claimed_at >= TELL_AFTER:
        company.store.attend(
            company.id,
            Attention(
                key=doubt_key(company, row),
                subject=row.subject,
                happened=f"{company.policy.business}: a {row.kind.replace('_', ' ')} for {row.subject} may or may not "
                f"have been done, and for a day nobody could be asked: {error.message}",
                not_done="It is not repeated by itself.",
                command=error.advice or f"duebird check {company.id}",
            ),
            now,
        )
    company.store.effects.looked(row.key, look_later(claimed_at, now), answered=False)


def doubt_key(company: Company, row: EffectRow) -> str:
    """Names the doubt: of this effect, in this slot; an ordered retry that ends in doubt again is a new one."""
    return f"{company.id}/doubt/{row.key}" + (f"/{row.slot}" if row.slot else "")


def _text(company: Company, row: EffectRow) -> str:
    found = text.find_sent(company, json.loads(row.request))
    if found is not None:
        reach(Boundary.FOUND, row.kind, row.purpose)
        text.concluded_later(company, row, found)
        return "found"
    values = json.loads(row.request)
    return _not_found(
        company,
        row,
        f"a text to {'•••••' + str(values['to'])[-4:]} may or may not have gone out (the answer was lost), and an hour "
        "later the messaging service still does not list it",
        f"Look for it in the Twilio console's message log. To send it after all: duebird retry {row.key} "
        f"--company {company.id}. To leave it: duebird attention --close {row.key}",
    )


def _booking(company: Company, row: EffectRow) -> str:
    request = book.request_of(row)
    listed = company.ledger.bookings_on(row.subject)
    found = book.evidence([*listed, *company.ledger.bookings_with_reference(request.reference)], request.reference)
    if found is not None and found.state is BookingState.LIVE:
        reach(Boundary.FOUND, row.kind)
        book.finish(company, row, found, "found in the ledger when looked for")
        return "found"
    now = company.clock.now()
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    # Looked twice, ten minutes after the attempt, at the invoice itself and by our reference: it did not happen.
    company.store.effects.postpone(row.key, now, now, "not in the ledger after two looks: certainly not done")
    return "planned again"


def _link(company: Company, row: EffectRow) -> str:
    # Looked for first, whatever the key would do: the link itself lasts, the processor's memory of a key does not.
    values = json.loads(row.request)
    links = company.processor.links_with_reference(values["reference"])
    now = company.clock.now()
    if not links and row.attempts <= SAME_KEY_TRIES and now - (row.claimed_at or now) < KEY_LIVES:
        # Lists lag. Same key, same values: the processor hands out the first link if it has made one just now.
        company.store.effects.postpone(row.key, now, now, "to be repeated under the same key")
        return "planned again"
    if not links:
        again = look_again(row, row.claimed_at or now, now)
        if again is not None:
            company.store.effects.looked(row.key, again)
            return "not found yet"
        why = "the processor has no link of this reference after several looks: certainly not made"
        company.store.effects.postpone(row.key, now, now, why, fresh_slot=True)
        return "planned again"
    reach(Boundary.FOUND, row.kind)
    if not link.adopt(company, row, links, "found at the processor when looked for"):
        return "left to whoever works on it"
    return "found"


def _retirement(company: Company, row: EffectRow) -> str:
    now = company.clock.now()
    company.store.effects.postpone(row.key, now, now, "taking a link down is harmless to repeat")
    return "planned again"


def _not_found(company: Company, row: EffectRow, happened: str, command: str) -> str:
    now = company.clock.now()
    again = look_again(row, row.claimed_at or now, now)
    if again is not None:
        company.store.effects.looked(row.key, again)
        return "not found yet"
    company.store.attend(
        company.id,
        Attention(
            key=doubt_key(company, row),
            subject=row.subject,
            happened=f"{company.policy.business}: {happened}.",
            not_done="It is not sent again by itself: a second text would be worse than a missing one.",
            command=command,
        ),
        now,
    )
    # Looked for again now and then: the list may have lagged by hours.
    company.store.effects.looked(row.key, now + timedelta(hours=6))
    return "for a person"


_LOOK: Final[dict[EffectKind, Callable[[Company, EffectRow], str]]] = {
    EffectKind.SEND_TEXT: _text,
    EffectKind.BOOK_PAYMENT: _booking,
    EffectKind.BOOK_CREDIT: credit.look,
    EffectKind.REVERSE_BOOKING: reversal.look,
    EffectKind.BOOK_REFUND: refund.look,
    EffectKind.BOOK_FEE: cash.look,
    EffectKind.BOOK_PAYOUT: cash.look,
    EffectKind.BOOK_EXCHANGE: cash.look,
    EffectKind.CREATE_LINK: _link,
    EffectKind.RETIRE_LINK: _retirement,
}
