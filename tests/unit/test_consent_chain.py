"""The chain of the consent register: what was changed, taken out, put in or moved afterwards shows."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.consent_chain import BEGINNING, NAMED, Entry, fits, flaws_of, hash_of, linked, tail_of
from connector.domain.phone import Phone

WHEN = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


def said(number: int, state: ConsentState = ConsentState.GRANTED) -> ConsentRecord:
    phone = Phone(f"+1212555{number:04d}")
    return ConsentRecord(phone, state, ConsentMethod.FORM, WHEN, "owner", wording="Yes", source=f"row {number}")


def chain(count: int, company: str = "acme") -> list[Entry]:
    return linked(company, (0, BEGINNING), [(said(number), WHEN) for number in range(1, count + 1)])


def sentences(entries: list[Entry], kept: list[Entry]) -> list[str]:
    return [one.sentence for one in flaws_of(entries, kept)]


def made_anew(entries: list[Entry], place: int, wording: str) -> list[Entry]:
    """What a forger does who knows the hashes: an entry changed, and all behind it made to follow on it."""
    records = [
        (replace(one.record, wording=wording) if one.place == place else one.record, one.entered_at) for one in entries
    ]
    return linked("acme", (0, BEGINNING), records)


def test_a_chain_as_it_was_written_has_no_flaw() -> None:
    entries = chain(7)
    assert [one.place for one in entries] == [1, 2, 3, 4, 5, 6, 7]
    assert all(after.previous_hash == before.entry_hash for before, after in pairwise(entries))
    assert flaws_of(entries, entries) == ()
    assert flaws_of([], []) == ()
    assert tail_of(entries) == (7, entries[-1].entry_hash)
    assert tail_of([]) == (0, BEGINNING)


def test_the_hash_of_one_entry_is_known_for_ever() -> None:
    """Schema 1: hashes that auditors hold must come out the same in every later version."""
    assert hash_of("acme", 1, BEGINNING, said(1), None) == FIRST
    elsewhere = replace(said(1), recorded_at=WHEN.astimezone(timezone(timedelta(hours=5))))
    assert hash_of("acme", 1, BEGINNING, elsewhere, None) == FIRST


FIRST = "c4092ad6482404974d6a7eeef8e24e1c3616e15cbae03d327de5248a3f122698"


@pytest.mark.parametrize(
    "change",
    [
        {"phone": Phone("+12125559999")},
        {"state": ConsentState.REVOKED},
        {"method": ConsentMethod.PAPER},
        {"recorded_at": WHEN + timedelta(microseconds=1)},
        {"recorded_by": "nobody"},
        {"wording": "No"},
        {"evidence": "none"},
        {"source": "row 0"},
    ],
)
def test_whatever_is_changed_in_an_entry_shows_and_the_journal_tells_what_stood_there(
    change: dict[str, object],
) -> None:
    entries = chain(3)
    changed = [entries[0], replace(entries[1], record=replace(entries[1].record, **change)), entries[2]]  # type: ignore[arg-type]
    first = sentences(changed, entries)[0]
    assert first.startswith("Entry 2 (+1•••••")
    assert first.endswith("was changed after it was written. The journal has it as it was written: granted by form.")
    assert "was changed after it was written." in sentences(changed, [])[-1]


def test_company_place_and_the_time_it_was_entered_are_sealed_too() -> None:
    one = chain(1)[0]
    assert one.is_true
    assert not replace(one, company="other").is_true
    assert not replace(one, place=2).is_true
    assert not replace(one, entered_at=None).is_true
    assert not replace(one, previous_hash="1" * 64).is_true


def test_an_entry_taken_out_is_missed_and_the_journal_tells_which() -> None:
    entries = chain(4)
    without = [entries[0], entries[2], entries[3]]
    assert (
        "Entry 2 is missing from the register. The journal still has: Entry 2 (+1•••••0002, 23 Nov 2026"
        in sentences(without, entries)[0]
    )
    assert sentences([entries[0], entries[3]], [])[1] == "Entries 2 to 3 are missing from the register."
    assert "Entry 1 is missing" in sentences(entries[1:], entries[1:])[0]


def test_an_entry_changed_with_its_hash_no_longer_carries_the_next() -> None:
    entries = chain(3)
    forged = [entries[0], made_anew(entries, 2, "Anything")[1], entries[2]]
    assert (
        "Entry 3 (+1•••••0003, 23 Nov 2026 17:00 UTC) does not follow on what stands before it"
        in sentences(forged, entries)[1]
    )
    first = [made_anew(entries, 1, "x")[0], *entries[1:]]
    assert any("entry 1 is not the one that stood there" in one for one in sentences(first, first))
    headless = [replace(entries[0], previous_hash="1" * 64)]
    assert any("it was not the first" in one for one in sentences(headless, headless))


def test_a_chain_that_is_made_anew_from_a_forged_entry_on_is_not_the_journals() -> None:
    entries = chain(4)
    forged = made_anew(entries, 2, "Anything")
    told = sentences(forged, entries)
    assert len(told) == 1
    assert told[0].startswith(
        "The journal lacks 3 of the register: Entry 2 (+1•••••0002, 23 Nov 2026 17:00 UTC); Entry 3"
    )
    assert told[0].endswith("Lines were taken out of it, or it could not be written to.")


def test_a_register_put_back_from_a_backup_is_behind_its_journal() -> None:
    entries = chain(NAMED + 4)
    told = sentences(entries[:2], entries)
    assert len(told) == 1
    assert told[0].startswith(f"The journal is ahead of the register by {NAMED + 2}: Entry 3 (")
    assert f"Entry {NAMED + 2}" in told[0]
    assert " and 2 more. An older backup" in told[0]
    assert sentences([], entries)[0].startswith("The journal is ahead")


def test_another_entry_in_the_same_place_of_the_journal_is_told() -> None:
    entries = chain(2)
    other = linked("acme", tail_of(entries[:1]), [(said(9, ConsentState.REVOKED), WHEN)])
    told = sentences(entries, [*entries, *other])
    assert told == [
        "Entry 2 (+1•••••0009, 23 Nov 2026 17:00 UTC), revoked by form, stands in the journal and not in the register."
    ]


def test_what_the_journal_says_under_another_number_too_is_no_loss() -> None:
    entries = chain(3)
    moved = linked("acme", (0, BEGINNING), [(said(3), WHEN)])
    assert flaws_of(entries, [*moved, *entries]) == ()


def test_a_line_of_the_journal_that_was_changed_is_told() -> None:
    entries = chain(2)
    bad = replace(entries[0], record=replace(entries[0].record, wording="x"))
    told = sentences(entries, [bad, *entries])
    assert told == [
        "Entry 1 (+1•••••0001, 23 Nov 2026 17:00 UTC) was changed in the journal after it was written there."
    ]


def test_an_entry_fits_where_it_stood_and_nowhere_else() -> None:
    entries = chain(4)
    places = {one.place: one for one in entries}
    for one in entries:
        others = {place: two for place, two in places.items() if place != one.place}
        assert fits(one, others)
        assert not fits(replace(one, entered_at=None), others)
        assert not fits(one, places)
    forged = made_anew(entries, 2, "x")
    assert not fits(forged[1], {1: entries[0], 3: entries[2]})
    assert not fits(entries[3], {1: entries[0]})
    assert not fits(forged[2], {2: entries[1]})
    assert fits(entries[0], {})
