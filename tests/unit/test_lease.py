"""What a look at the claim means, in every situation there is."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from connector.domain.effect import BooksIdentity
from connector.domain.lease import (
    Claim,
    Held,
    Marked,
    Verdict,
    anchor_id,
    anchor_name,
    instance_of,
    judge_memory,
    judge_running,
    judge_start,
    next_claim,
    succession_key,
)

NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
US = BooksIdentity("quickbooks", "9130", "acct_1")
OURS = Claim(3, 40, "life-1", "till-7", "till", held=True, at=NOON)
NEXT = replace(OURS, mark=41)
HELD = Held("life-1", NEXT, OURS)  # a renewal is meant, or done
ANEW = Held("life-2", None)


def laptop(**other: Any) -> Claim:
    return replace(OURS, **{"instance": "laptop-1", "host": "laptop", **other})


# ----------------------------------------------------------------------------------------------------- the claim


def test_a_claim_is_read_as_it_was_written() -> None:
    for claim in (OURS, replace(OURS, held=False)):
        assert Claim.of_words(claim.words()) == claim
        assert "" not in claim.words().values(), "the processor takes an empty value for one to be removed"


def test_a_claim_written_in_another_zone_is_read_in_utc() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=-5))).isoformat()
    assert Claim.of_words({**OURS.words(), "at": there}) == OURS


@pytest.mark.parametrize(
    "changed",
    [{"epoch": "three"}, {"mark": ""}, {"held": "maybe"}, {"at": "noon"}, {"at": "2026-11-23T17:00:00"}],
)
def test_a_claim_that_somebody_changed_is_not_believed(changed: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Claim.of_words({**OURS.words(), **changed})


@pytest.mark.parametrize("gone", sorted(OURS.words()))
def test_a_claim_of_which_a_part_is_gone_is_not_believed(gone: str) -> None:
    words = OURS.words()
    del words[gone]
    with pytest.raises(ValueError, match=gone):
        Claim.of_words(words)


def test_the_same_accounts_give_the_same_place_and_others_another() -> None:
    assert anchor_id(US) == anchor_id(BooksIdentity("quickbooks", "9130", "acct_1"))
    assert anchor_id(US) != anchor_id(replace(US, tenant_id="9131"))
    assert anchor_id(US).startswith("duebird_")
    assert anchor_id(US) == anchor_id(US).lower()
    assert "do not delete" in anchor_name("Acme Plumbing")


def test_all_who_saw_a_claim_use_one_key_and_those_who_saw_another_use_others() -> None:
    seen = succession_key(US, OURS, NEXT, 0)
    assert succession_key(US, OURS, laptop(mark=41), 0) == seen
    for other in (replace(OURS, mark=39), replace(OURS, epoch=2), laptop(), replace(OURS, lineage="life-0")):
        assert succession_key(US, other, NEXT, 0) != seen
    assert succession_key(US, OURS, NEXT, 1) != seen
    assert succession_key(US, None, NEXT, 0) not in {seen, succession_key(US, None, OURS, 0)}


def test_a_renewal_keeps_the_epoch_and_a_start_begins_the_next() -> None:
    renewed = next_claim(OURS, HELD, "till-7", "till", NOON + timedelta(microseconds=5))
    assert renewed == Claim(3, 42, "life-1", "till-7", "till", held=True, at=NOON)
    assert next_claim(OURS, HELD, "till-8", "till", NOON).epoch == 4
    assert not next_claim(OURS, HELD, "till-7", "till", NOON, holds=False).held


def test_a_claim_is_above_everything_that_is_known() -> None:
    assert next_claim(laptop(mark=90, epoch=9), ANEW, "till-8", "till", NOON).mark == 91
    assert next_claim(laptop(mark=90, epoch=9), ANEW, "till-8", "till", NOON).epoch == 10
    assert next_claim(laptop(mark=90, epoch=9), ANEW, "till-8", "till", NOON).lineage == "life-2"
    assert next_claim(None, ANEW, "till-8", "till", NOON).mark == 1
    assert next_claim(None, HELD, "till-7", "till", NOON) == Claim(3, 42, "life-1", "till-7", "till", True, NOON)  # noqa: FBT003


# ----------------------------------------------------------------------------------------------------- the memory


@pytest.mark.parametrize(
    ("held", "marked", "older"),
    [
        (None, None, False),
        (HELD, None, False),
        (ANEW, None, False),
        (HELD, Marked("life-1", 3, 41), False),
        (HELD, Marked("life-1", 3, 40), False),
        (ANEW, Marked("life-2", 0, 0), False),
        (None, Marked("life-1", 3, 41), True),
        (HELD, Marked("life-1", 3, 42), True),
        (HELD, Marked("life-1", 4, 41), True),
        (HELD, Marked("life-2", 0, 0), True),
        (ANEW, Marked("life-2", 4, 42), True),
        (ANEW, Marked("life-3", 0, 0), True),
    ],
)
def test_a_memory_is_held_against_the_journal_beside_it(
    held: Held | None, marked: Marked | None, *, older: bool
) -> None:
    assert bool(judge_memory(held, marked)) is older


# ------------------------------------------------------------------------------------------------------- starting


@pytest.mark.parametrize(
    ("held", "seen", "verdict", "waits"),
    [
        (None, None, Verdict.BEGIN, False),
        (HELD, None, Verdict.AGAIN, True),
        (ANEW, None, Verdict.AGAIN, True),
        (HELD, NEXT, Verdict.TAKE, True),  # our own predecessor, ended by a crash
        (HELD, OURS, Verdict.TAKE, True),  # the renewal it meant never arrived
        (HELD, replace(NEXT, held=False), Verdict.TAKE, False),  # it let go
        (ANEW, laptop(), Verdict.TAKE, True),
        (ANEW, laptop(held=False), Verdict.TAKE, False),
        (ANEW, laptop(lineage="life-2"), Verdict.ELSEWHERE, False),  # somebody has begun where we were to
        (ANEW, laptop(lineage="life-2", host="till"), Verdict.RECOVER, False),
        (None, OURS, Verdict.RECOVER, False),  # wiped
        (None, laptop(), Verdict.RECOVER, False),
        (HELD, replace(NEXT, mark=42), Verdict.RECOVER, False),  # a backup was put back, on this computer
        (HELD, replace(NEXT, mark=42, epoch=4, instance="till-8"), Verdict.RECOVER, False),
        (HELD, laptop(mark=42, held=False), Verdict.RECOVER, False),  # moved there and back
        (HELD, laptop(mark=42), Verdict.ELSEWHERE, False),  # a copy works there
        (HELD, laptop(mark=41), Verdict.ELSEWHERE, False),  # no newer than we, and still not ours
        (HELD, laptop(mark=12, host="till", held=False), Verdict.ELSEWHERE, False),
        (HELD, laptop(mark=42, lineage="life-2"), Verdict.ELSEWHERE, False),
        (HELD, laptop(mark=2, lineage="life-2", host="till"), Verdict.RECOVER, False),
    ],
)
def test_what_a_claim_means_to_an_installation_that_starts(
    held: Held | None, seen: Claim | None, verdict: Verdict, *, waits: bool
) -> None:
    found = judge_start(held, seen, "till")
    assert (found.verdict, found.texts_wait) == (verdict, waits)
    assert bool(found.why) is (verdict in {Verdict.RECOVER, Verdict.ELSEWHERE})


def test_texts_need_not_wait_for_a_predecessor_whose_lock_we_hold() -> None:
    crashed = replace(NEXT, instance=instance_of("folder-a", "7"))
    held = Held("life-1", crashed, OURS)
    assert not judge_start(held, crashed, "till", "folder-a").texts_wait
    assert judge_start(held, crashed, "till", "folder-b").texts_wait
    assert judge_start(held, crashed, "till", "").texts_wait
    assert judge_start(HELD, NEXT, "till", "").texts_wait, "where nobody knows the place, it is nobody's"


def test_a_beginning_that_was_broken_off_in_this_place_is_begun_again_at_once() -> None:
    begun = replace(OURS, mark=1, instance=instance_of("folder-a", "7"))
    assert not judge_start(Held("life-1", begun), None, "till", "folder-a").texts_wait
    assert judge_start(Held("life-1", begun), None, "till", "folder-b").texts_wait
    assert judge_start(Held("life-1", begun), None, "till", "").texts_wait
    assert judge_start(Held("life-1", replace(begun, mark=2)), None, "till", "folder-a").texts_wait


def test_a_person_is_told_which_computer_and_when() -> None:
    assert judge_start(HELD, laptop(mark=42), "till").why == (
        'the computer "laptop", last heard of on 23 Nov 2026 at 17:00 UTC'
    )
    here = judge_running(HELD, laptop(host="till"), "till-7", "till").why
    assert here.startswith('another copy on this computer ("till")')


# -------------------------------------------------------------------------------------------------------- running


@pytest.mark.parametrize(
    ("held", "seen", "verdict"),
    [
        (HELD, NEXT, Verdict.OURS),
        (HELD, OURS, Verdict.OURS),
        (HELD, replace(OURS, mark=12), Verdict.OURS),  # our own late word
        (HELD, None, Verdict.AGAIN),
        (HELD, laptop(mark=41), Verdict.ELSEWHERE),
        (HELD, laptop(mark=42, host="till", held=False), Verdict.ELSEWHERE),
        (HELD, replace(NEXT, mark=42), Verdict.RECOVER),
        (HELD, replace(NEXT, lineage="life-2"), Verdict.RECOVER),
        (ANEW, NEXT, Verdict.RECOVER),
    ],
)
def test_what_a_claim_means_to_a_process_that_made_one(held: Held, seen: Claim | None, verdict: Verdict) -> None:
    assert judge_running(held, seen, "till-7", "till").verdict is verdict
