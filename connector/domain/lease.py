"""Which installation works on a company: the claim it keeps at the processor, and what a look at it means.

A claim is known by who made it and by its mark, which every change raises by one. One claim has at most one successor:
whoever replaces it names it in the key of the request, and the processor refuses a second one under that key. So the
claim that stands there tells whether we are still the only ones, and whether our memory is as new as what was done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from connector.domain.effect import BooksIdentity, natural_key

# How long a renewed claim is good for, in seconds. Long enough that a batch of a hundred texts takes one renewal, short
# enough that whoever was replaced notices within the minute.
RENEWED_FOR: Final = 60.0
# What an effect may take between its batch's renewal and its own call: the look at the truth before it waits for a
# service at most this long.
MARGIN: Final = 30.0
# What a call waits for its answer at most (`Wire.read_timeout`).
CALL: Final = 30.0
# How long the processor surely remembers a key, in seconds: a day (https://docs.stripe.com/api/idempotent_requests).
# An hour less is what may be relied on.
KEYS_LAST: Final = 23 * 3600.0


def texts_wait(call: float) -> float:
    """How long texts wait after a claim was taken from somebody who had not let go, in seconds.

    A copy that still runs elsewhere begins its last call RENEWED_FOR + MARGIN after its last renewal and is done `call`
    later: what a write waits for its answer. The rest, 30 s, is for the message list to show what it sent.
    """
    return 2 * RENEWED_FOR + call


TEXTS_WAIT: Final = texts_wait(CALL)


@dataclass(frozen=True, slots=True)
class Claim:
    """Who works on a company, as it stands at the processor.

    `epoch`: starts of a daemon so far. `mark`: changes of the claim so far. `lineage`: one life of a memory, from its
    beginning or its last recovery. `instance`: one start of the program, as `instance_of` names it. `held`: False once
    it has let go by itself.
    """

    epoch: int
    mark: int
    lineage: str
    instance: str
    host: str
    held: bool
    at: datetime  # UTC, whole seconds

    @property
    def place(self) -> str:
        """Where it was made, "" where that is not known: two at once in one place are impossible."""
        return self.instance.rpartition(".")[0]

    def words(self) -> dict[str, str]:
        """As it is written where only words are kept; no value is empty, so that none is lost."""
        return {
            "epoch": str(self.epoch),
            "mark": str(self.mark),
            "lineage": self.lineage,
            "instance": self.instance,
            "host": self.host,
            "held": "yes" if self.held else "no",
            "at": self.at.isoformat(),
        }

    @staticmethod
    def of_words(words: Mapping[str, str]) -> Claim:
        """Read what `words` wrote.

        Raises:
            ValueError: somebody has changed it.
        """
        try:
            at = datetime.fromisoformat(words["at"])
            claim = Claim(
                int(words["epoch"]),
                int(words["mark"]),
                words["lineage"],
                words["instance"],
                words["host"],
                {"yes": True, "no": False}[words["held"]],
                at.astimezone(UTC),
            )
        except KeyError as error:
            raise ValueError(f"{error.args[0]} is missing or has another value") from error
        if at.tzinfo is None:
            raise ValueError("at has no time zone")
        return claim


@dataclass(frozen=True, slots=True)
class Held:
    """What our own memory says: the last claim we wrote or meant to write, and the one that stood before it.

    `claim` None: a recovery has begun this lineage, and nothing was claimed in it yet.
    """

    lineage: str
    claim: Claim | None
    before: Claim | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """How far the journal beside the memory says that it had come."""

    lineage: str
    epoch: int
    mark: int


class Verdict(StrEnum):
    """What a look at the claim means."""

    BEGIN = "begin"  # nobody has ever worked on this: claim it
    AGAIN = "again"  # the claim was ours and is gone: claim it again
    OURS = "ours"  # it is what this very process wrote
    TAKE = "take"  # it is our own predecessor's, or we are to begin anew
    RECOVER = "recover"  # our memory is older than what was done
    ELSEWHERE = "elsewhere"  # another installation works on this company


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict, why, for people, and whether texts wait because whoever had the claim may still be at work."""

    verdict: Verdict
    why: str = ""
    texts_wait: bool = False


def instance_of(place: str, unique: str) -> str:
    """The name of one start of the program. `place`: a state folder and its lock, until the computer starts anew."""
    return f"{place}.{unique}" if place else unique


def anchor_id(identity: BooksIdentity) -> str:
    """The id under which the claim stands in the processor's account: the same for whoever has the same accounts."""
    return f"duebird_{natural_key(identity, 'anchor').lower()}"


def anchor_name(business: str) -> str:
    """What an owner reads who meets it in the dashboard."""
    return f"Duebird: do not delete (which computer works on the invoices of {business})"


def succession_key(identity: BooksIdentity, before: Claim | None, claim: Claim, tries: int) -> str:
    """The key of the request that puts `claim` in the place of `before`: the same for all who saw that one stand there.

    Where nothing stood there it names the claim instead: then the id itself lets only one of them be made. `tries`:
    requests under earlier keys that were answered with a failure, which the processor repeats for a day.
    """
    if before is None:
        return f"{natural_key(identity, 'anchor', 'begin', claim.lineage, claim.mark)}-{tries}"
    return f"{natural_key(identity, 'anchor', before.lineage, before.epoch, before.mark, before.instance)}-{tries}"


def next_claim(seen: Claim | None, held: Held, instance: str, host: str, at: datetime, *, holds: bool = True) -> Claim:
    """What is to replace the claim `seen`, or to stand where there is none: a renewal of our own, else the next epoch.

    Its mark is above everything we know of, so that an older claim can never be taken for a newer one.
    """
    known = [one for one in (seen, held.claim) if one is not None]
    mark = max((one.mark for one in known), default=0) + 1
    epoch = max((one.epoch for one in known), default=0)
    goes_on = bool(known) and known[0].instance == instance
    return Claim(epoch if goes_on else epoch + 1, mark, held.lineage, instance, host, held=holds, at=_whole(at))


def judge_memory(held: Held | None, marked: Marked | None) -> str | None:
    """Why our memory is older than the journal beside it; None where it is not. Needs no service."""
    if marked is None:
        return None
    if held is None:
        return "the database knows nothing of these books, and the journal beside it says that it once did"
    if held.lineage != marked.lineage:
        return "the database is from before the last recovery, by the journal beside it"
    known = held.claim
    if marked.mark > (known.mark if known else 0) or marked.epoch > (known.epoch if known else 0):
        return "the database is older than the journal beside it: a backup was put back, or its last changes were lost"
    return None


def judge_start(held: Held | None, seen: Claim | None, host: str, place: str = "") -> Judgement:
    """What a claim means to an installation that starts. `seen` None: there is none. `host`: this computer's name.

    Where nobody can tell whether a copy of us was at work, or still is, texts wait. `place` is ours, and we hold its
    lock: whoever made a claim in it before has ended.
    """
    if seen is None:
        return (
            Judgement(Verdict.BEGIN) if held is None else Judgement(Verdict.AGAIN, texts_wait=not _begun(held, place))
        )
    if held is None:
        return Judgement(
            Verdict.RECOVER,
            f"the database knows nothing of what Duebird did for these books before, on {_whose(seen, host)}",
        )
    begins = held.claim is None and seen.lineage != held.lineage
    if begins or (_is_ours(held, seen) and held.claim is not None and seen.mark <= held.claim.mark):
        return Judgement(Verdict.TAKE, texts_wait=seen.held and not (place and seen.place == place))
    newer = seen.lineage != held.lineage or held.claim is None or seen.mark > held.claim.mark
    if not newer or (seen.held and seen.host != host):
        return Judgement(Verdict.ELSEWHERE, _whose(seen, host))
    return Judgement(
        Verdict.RECOVER,
        f"the database is older than what Duebird did since, on {_whose(seen, host)}: a backup was put back, "
        "its last changes were lost, or another copy of it was at work",
    )


def judge_running(held: Held, seen: Claim | None, instance: str, host: str) -> Judgement:
    """What a claim means to a process that made one itself. `instance`: this process."""
    if seen is None:
        return Judgement(Verdict.AGAIN)
    if seen.instance != instance:
        return Judgement(Verdict.ELSEWHERE, _whose(seen, host))
    if held.claim is None or seen.lineage != held.lineage or seen.mark > held.claim.mark:
        return Judgement(Verdict.RECOVER, "the database was put back to an older one while Duebird was running")
    return Judgement(Verdict.OURS)


def _begun(held: Held, place: str) -> bool:
    """Whether a beginning in this very place was broken off: what it meant to claim never stood there for anybody."""
    return held.claim is not None and held.claim.mark == 1 and bool(place) and held.claim.place == place


def _is_ours(held: Held, seen: Claim) -> bool:
    mine = {one.instance for one in (held.claim, held.before) if one is not None and one.lineage == held.lineage}
    return seen.lineage == held.lineage and seen.instance in mine


def _whose(seen: Claim, host: str) -> str:
    where = f'another copy on this computer ("{host}")' if seen.host == host else f'the computer "{seen.host}"'
    return f"{where}, last heard of on {seen.at:%d %b %Y at %H:%M} UTC"


def _whole(at: datetime) -> datetime:
    """Whole seconds: what is written down and read back is then the same."""
    return at.astimezone(UTC).replace(microsecond=0)
