"""What whoever keeps the claim on a company must do, said against what its world holds afterwards."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connector.domain.lease import Claim
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Throttled, Transient, Uncertain
from tests.contract.harness import ProcessorHarness

PLACE = "duebird_abc234"
NAME = "Duebird: do not delete (which computer works on the invoices of Hill Plumbing)"
CLAIM = Claim(1, 1, "life-1", "till-1", "till", held=True, at=datetime(2026, 11, 23, 17, 0, tzinfo=UTC))
NEXT = replace(CLAIM, mark=2, held=False)


def made(h: ProcessorHarness) -> None:
    assert h.anchor.create(PLACE, NAME, CLAIM, "key-1") == CLAIM


def test_where_nothing_was_claimed_there_is_none(processor_harness: ProcessorHarness) -> None:
    assert processor_harness.anchor.read(PLACE) is None


def test_a_claim_is_read_as_it_was_made_and_as_it_was_changed(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    assert h.anchor.read(PLACE) == CLAIM
    assert h.anchor.replace(PLACE, NEXT, "key-2") == NEXT
    assert h.anchor.read(PLACE) == NEXT
    assert h.claims_in_world() == {PLACE: NEXT.words()}


def test_of_two_that_make_a_claim_the_second_is_refused(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    with pytest.raises(Rejected) as refused:
        h.anchor.create(PLACE, NAME, replace(CLAIM, instance="laptop-1"), "key-other")
    assert refused.value.because is RejectedBecause.EXISTS
    assert h.claims_in_world() == {PLACE: CLAIM.words()}


def test_of_two_that_replace_one_claim_the_second_is_refused(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    h.anchor.replace(PLACE, NEXT, "key-2")
    with pytest.raises(Rejected) as refused:
        h.anchor.replace(PLACE, replace(NEXT, instance="laptop-1"), "key-2")
    assert refused.value.because is RejectedBecause.KEY_REUSED
    assert h.claims_in_world() == {PLACE: NEXT.words()}


def test_a_lost_answer_repeated_with_its_key_changes_nothing_more(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    h.lose_next_write_answer()
    with pytest.raises(Uncertain):
        h.anchor.replace(PLACE, NEXT, "key-2")
    assert h.claims_in_world() == {PLACE: NEXT.words()}
    assert h.anchor.replace(PLACE, NEXT, "key-2") == NEXT


def test_a_claim_that_is_gone_cannot_be_replaced_but_made_again(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    h.delete_claim(PLACE)
    assert h.anchor.read(PLACE) is None
    with pytest.raises(Rejected) as refused:
        h.anchor.replace(PLACE, NEXT, "key-2")
    assert refused.value.because is RejectedBecause.NOT_FOUND
    assert h.anchor.create(PLACE, NAME, NEXT, "key-3") == NEXT
    assert h.anchor.read(PLACE) == NEXT


def test_a_key_is_forgotten_after_a_day(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    h.anchor.replace(PLACE, NEXT, "key-2")
    h.let_time_pass(timedelta(hours=25))
    other = replace(NEXT, instance="laptop-1")
    assert h.anchor.replace(PLACE, other, "key-2") == other


def test_trouble_is_told_apart(processor_harness: ProcessorHarness) -> None:
    h = processor_harness
    made(h)
    h.refuse_next_connection()
    with pytest.raises(Transient):
        h.anchor.replace(PLACE, NEXT, "key-2")
    h.throttle_next_call()
    with pytest.raises(Throttled):
        h.anchor.replace(PLACE, NEXT, "key-2")
    assert h.claims_in_world() == {PLACE: CLAIM.words()}
    h.let_time_pass(timedelta(minutes=1))
    h.revoke_access()
    with pytest.raises(NeedsReauthorisation):
        h.anchor.read(PLACE)
