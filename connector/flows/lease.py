"""Be the only one that works on a company, and know it: claim it, renew the claim, let go, or find that it is lost.

The order of a change: read what stands at the processor; write what is to stand there into the database and the
journal, durably; write it there under a key that only one successor of what was read can use; believe only an answer,
or a look, that shows our own values. Effects come after that, for as long as the claim is good.
"""

from __future__ import annotations

import contextlib
from enum import StrEnum
from typing import Final

from connector.domain.lease import (
    KEYS_LAST,
    MARGIN,
    RENEWED_FOR,
    Claim,
    Held,
    Judgement,
    Marked,
    Verdict,
    anchor_id,
    anchor_name,
    judge_memory,
    judge_running,
    judge_start,
    next_claim,
    succession_key,
)
from connector.errors import (
    ConfigProblem,
    DatabaseTrouble,
    DuebirdError,
    Rejected,
    RejectedBecause,
    Transient,
    Uncertain,
)
from connector.failpoints import Boundary, Place, reach
from connector.flows.attempts import Attempt, setup
from connector.flows.company import Company
from state.names import REBUILD
from state.recovery_facts import CLAIMED, progress_of
from state.store import Attention

# Looks at the claim for one change of it: one, and another where a predecessor's last word arrived in between.
ROUNDS: Final = 2
# Refusals after which somebody's claim stands there that must be looked at.
_OVERTAKEN: Final = frozenset((RejectedBecause.KEY_REUSED, RejectedBecause.EXISTS, RejectedBecause.NOT_FOUND))


class Standing(StrEnum):
    """What a company may do."""

    OURS = "ours"
    ELSEWHERE = "elsewhere"  # another installation works on it
    RECOVERING = "recovering"  # its memory is to be rebuilt first


def stand(company: Company) -> Standing:
    """Where a company stands at the beginning of a pass. The first time, it is claimed.

    Raises:
        DuebirdError: the processor or the journal could not be asked. Nothing may be sent or booked.
    """
    if company.queries.recovering(company.id) is None:
        if company.lease.lost:
            return Standing.ELSEWHERE
        standing = Standing.OURS if company.lease.standing is not None else _start(company)
        if standing is not Standing.RECOVERING:
            return standing
    return _stand_recovering(company)


def _stand_recovering(company: Company) -> Standing:
    """In a recovery the company is claimed before anything is read: who else worked on it stops, and is read whole.

    Were it claimed when all is read, what the other did between the reading and the claim would be done again.
    """
    lease, progress = company.lease, progress_of(company.queries.cursor(company.id, REBUILD))
    if progress is None or CLAIMED not in progress.done:
        _begin_anew(company)
    elif lease.lost:
        return Standing.ELSEWHERE
    if lease.standing is None:
        standing = _start(company)
        return Standing.RECOVERING if standing is Standing.OURS else standing
    return Standing.RECOVERING


def renew(company: Company) -> Standing:
    """Before a batch of effects: the claim is good, or it is renewed, or it is lost. Makes no call while it is good.

    Raises:
        DuebirdError: it could not be renewed. Nothing may be sent or booked.
    """
    lease = company.lease
    if lease.lost:
        return Standing.ELSEWHERE
    if lease.standing is None:
        return stand(company)
    if is_good(company, RENEWED_FOR):
        return Standing.OURS
    known = company.queries.lease(company.id)
    if known is None:
        return _recover(company, "what was on record of who works on these books is gone")
    for _ in range(ROUNDS):
        looked_at = company.clock.elapsed()
        seen = _look(company)
        found = judge_running(known.held, seen, lease.instance, lease.host)
        if found.verdict in {Verdict.ELSEWHERE, Verdict.RECOVER}:
            return _give_up(company, found, seen)
        if _change(company, seen, looked_at):
            if found.verdict is Verdict.AGAIN:
                _tell_gone(company)
            return Standing.OURS
        known = company.queries.lease(company.id) or known
    raise _contested()


def is_good(company: Company, seconds: float = RENEWED_FOR + MARGIN) -> bool:
    """Whether our claim was seen to stand less than that long ago. Sleep counts."""
    lease = company.lease
    return not lease.lost and lease.renewed_at is not None and company.clock.elapsed() - lease.renewed_at <= seconds


def begin(attempt: Attempt) -> None:
    """Record that an effect is being attempted, and be sure once more, directly before its call.

    The call itself looks again when it has a connection, just before its first byte (`CutOff`): nobody knows how long
    a line, or a computer that was shut, keeps it.

    Raises:
        Transient: nobody can be sure any more; nothing was done.
    """
    company = attempt.company
    company.store.effects.start(attempt.row.key, company.clock.now(), company.owner)
    reach(Boundary.CLAIMED, attempt.row.kind, attempt.row.purpose)
    if not is_good(company):
        raise Transient(
            "This computer was busy or asleep for too long to be sure that it is still the only one at work. "
            "Nothing was done; it is looked at again first."
        )
    renewed_at = company.lease.renewed_at or 0.0
    company.cut_off.begin(company.clock, renewed_at + RENEWED_FOR + MARGIN - company.clock.elapsed())
    reach(Boundary.CALLING, attempt.row.kind, attempt.row.purpose)


def texts_wait(company: Company) -> bool:
    """Whether somebody from whom the company was taken may still be about to text."""
    return company.clock.elapsed() < company.lease.texts_from


def let_go(company: Company) -> None:
    """At a clean stop: say that nobody works on the company any more, so that the next start need not wait.

    Makes one attempt and raises nothing of a service's: without it the next start waits, no more.
    """
    lease = company.lease
    standing, known = lease.standing, company.queries.lease(company.id)
    if standing is None or lease.lost or known is None or known.held.claim != standing:
        return
    now = company.clock.now()
    claim = next_claim(standing, known.held, lease.instance, lease.host, now, holds=False)
    with contextlib.suppress(DuebirdError):
        _write_down(company, claim, standing, 0)
        reach(Place.LETTING_GO)
        lease.standing = None
        key = succession_key(company.identity, standing, claim, 0)
        lease.anchor.replace(anchor_id(company.identity), claim, key)
        reach(Place.LET_GO)


# ------------------------------------------------------------------------------------------------------- claiming


def _start(company: Company) -> Standing:
    lease = company.lease
    known = company.queries.lease(company.id)
    held = known.held if known else None
    if why := judge_memory(held, lease.journal.marked(company.id)):
        return _recover(company, why)
    for _ in range(ROUNDS):
        looked_at = company.clock.elapsed()
        seen = _look(company)
        # What was on record when we came: a predecessor's claim that arrives only now is still a predecessor's.
        found = judge_start(held, seen, lease.host, lease.instance.rpartition(".")[0])
        if found.verdict in {Verdict.ELSEWHERE, Verdict.RECOVER}:
            return _give_up(company, found, seen)
        if _change(company, seen, looked_at):
            if found.texts_wait:
                lease.texts_from = company.clock.elapsed() + lease.takeover_wait
            if found.verdict is Verdict.AGAIN and held is not None and held.claim is not None and held.claim.mark > 1:
                _tell_gone(company)  # at the first mark it may never have been there
            return Standing.OURS
    raise _contested()


def _look(company: Company) -> Claim | None:
    try:
        seen = company.lease.anchor.read(anchor_id(company.identity))
    except Rejected as refusal:
        company.store.attend(company.id, setup(company, refusal), company.clock.now())
        raise
    reach(Place.CLAIM_SEEN)
    return seen


def _change(company: Company, seen: Claim | None, looked_at: float) -> bool:
    """Replace what was seen by a claim of ours; False where something else stands there by now.

    Raises:
        Transient: it could not be written; the next time another key is tried.
        DuebirdError: the processor could not be asked.
    """
    lease, now = company.lease, company.clock.now()
    known = company.queries.lease(company.id)
    held = known.held if known else Held(lease.new_id(), None)
    again = known is not None and held.claim is not None and held.before == seen  # an earlier try to replace just this
    tries = known.tries if known is not None and again else 0
    claim = held.claim
    if claim is None or not again or claim.instance != lease.instance or claim == lease.standing:
        claim = next_claim(seen, held, lease.instance, lease.host, now)
    _write_down(company, claim, seen, tries)
    reach(Place.CLAIM_MEANT)
    there = _written(company, claim, seen, tries, looked_at)
    reach(Place.CLAIM_ANSWERED)
    if there == claim:
        if company.clock.elapsed() - looked_at > KEYS_LAST:
            # Asleep between the last look at the clock and the word itself: it may have gone over somebody's claim.
            _recover(company, "this computer slept for a day while it noted that it works, and another may have worked")
            raise Transient("This computer slept for a day while it noted at Stripe that it works. Nothing was done.")
        lease.standing, lease.renewed_at = claim, looked_at
        return True
    if there == seen:
        company.store.lease_meant(company.id, Held(claim.lineage, claim, seen), tries + 1, now)
        raise Transient("It could not be noted at Stripe that this computer works on these books. Nothing was done.")
    return False


def _written(company: Company, claim: Claim, seen: Claim | None, tries: int, looked_at: float) -> Claim | None:
    """Write it, and again under the same key where no answer came and a look shows nothing; what stands there then."""
    lease, place = company.lease, anchor_id(company.identity)
    key = succession_key(company.identity, seen, claim, tries)
    there = seen
    for _ in range(2):
        if company.clock.elapsed() - looked_at > RENEWED_FOR:
            # The machine slept: the key may be forgotten by now, and what was seen may be long gone.
            raise Transient("This computer was asleep while it noted at Stripe that it works. Nothing was done.")
        try:
            if seen is None:
                return lease.anchor.create(place, anchor_name(company.policy.business), claim, key)
            return lease.anchor.replace(place, claim, key)
        except Uncertain:
            there = lease.anchor.read(place)
        except Rejected as refusal:
            if refusal.because not in _OVERTAKEN:
                raise
            return lease.anchor.read(place)
        if there != seen:
            break
    return there


def _write_down(company: Company, claim: Claim, before: Claim | None, tries: int) -> None:
    """Before it is written there: whatever stands there later is known here."""
    company.store.lease_meant(company.id, Held(claim.lineage, claim, before), tries, company.clock.now())
    _mark(company, Marked(claim.lineage, claim.epoch, claim.mark))


def _mark(company: Company, marked: Marked) -> None:
    try:
        company.lease.journal.mark(company.id, marked)
    except (ConfigProblem, DatabaseTrouble) as trouble:
        now = company.clock.now()
        item = Attention(
            key=f"{company.id}/journal/{now:%Y-%m-%d}",
            subject="journal",
            happened=f"{company.policy.business}: {trouble.message}",
            not_done="Nothing is texted or booked meanwhile. Nothing is lost.",
            command=trouble.advice,
        )
        company.store.attend(company.id, item, now)
        raise


def _contested() -> Transient:
    return Transient(
        "Who works on these books changed at Stripe while it was looked at. Nothing was done.",
        advice="Make sure that Duebird runs on one computer only.",
    )


# --------------------------------------------------------------------------------------------------------- losing


def _give_up(company: Company, found: Judgement, seen: Claim | None) -> Standing:
    if found.verdict is Verdict.RECOVER or seen is None:
        return _recover(company, found.why)
    lease, now = company.lease, company.clock.now()
    lease.lost = True
    company.store.lease_lost(
        company.id,
        seen,
        Attention(
            key=f"{company.id}/elsewhere/{seen.instance}",
            subject="another computer",
            happened=f"{company.policy.business}: Duebird works on the same invoices in another place: {found.why}.",
            not_done="This computer texts and books nothing for them any more, so that nobody is texted twice.",
            command=f"Stop Duebird where it is not to run. If it is to run here: duebird recover {company.id} --begin",
        ),
        now,
    )
    return Standing.ELSEWHERE


def _recover(company: Company, why: str) -> Standing:
    company.store.recovery_needed(company.id, why, company.clock.now())
    _begin_anew(company)
    return Standing.RECOVERING


def _begin_anew(company: Company) -> None:
    """What is rebuilt is a new life of the memory, which takes whatever claim stands there; all is read after that."""
    lease = company.lease
    lease.forget()
    lineage = lease.new_id()
    _mark(company, Marked(lineage, 0, 0))
    company.store.lease_begins_anew(company.id, lineage, company.clock.now())


def _tell_gone(company: Company) -> None:
    """The note was deleted: it is there again, and somebody should know what it is for."""
    standing = company.lease.standing
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/claim-gone/{standing.mark if standing else 0}",
            subject="Stripe",
            happened=f"{company.policy.business}: the product in Stripe in which Duebird notes which computer works on "
            "these invoices was gone: deleted in the dashboard, or the key is of the other mode (test or live) now.",
            not_done="Nothing was lost: it was made again.",
            command="Leave it there: it is in Stripe's product catalog, among the archived ones.",
        ),
        company.clock.now(),
    )
