"""The chain of the consent register: each entry carries the hash of the one before it and of its own contents.

So an entry that is changed, taken out, put in or moved afterwards shows, unless all that follow are made anew; and that
shows to whoever has kept an earlier head (docs/decisions/0010).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from connector.domain.consent import ConsentRecord

SCHEMA: Final = 1  # part of every hash: a later way of writing an entry down must not pass for this one
BEGINNING: Final = "0" * 64  # what the first entry of a company carries in place of the hash before it


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of one company's register. `place` counts from 1; `entered_at` is UTC, None where nobody noted it."""

    company: str
    place: int
    previous_hash: str
    entry_hash: str
    record: ConsentRecord
    entered_at: datetime | None

    @property
    def is_true(self) -> bool:
        """Whether its hash is that of its contents."""
        return self.entry_hash == hash_of(self.company, self.place, self.previous_hash, self.record, self.entered_at)


def hash_of(company: str, place: int, previous_hash: str, record: ConsentRecord, entered_at: datetime | None) -> str:
    """SHA-256, in hexadecimal, of the entry as JSON in one spelling: names in order, ASCII, times in UTC to the µs."""
    values = {
        "schema": SCHEMA,
        "company": company,
        "place": place,
        "previous": previous_hash,
        "phone": record.phone.e164,
        "state": record.state.value,
        "method": record.method.value,
        "recorded_at": _instant(record.recorded_at),
        "recorded_by": record.recorded_by,
        "wording": record.wording,
        "evidence": record.evidence,
        "source": record.source,
        "entered_at": _instant(entered_at) if entered_at else None,
    }
    spelt = json.dumps(values, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(spelt.encode()).hexdigest()


def linked(
    company: str, tail: tuple[int, str], records: Iterable[tuple[ConsentRecord, datetime | None]]
) -> list[Entry]:
    """New entries behind a chain that ends with `tail`: its last place and hash, (0, `BEGINNING`) where it is empty."""
    place, previous = tail
    made = []
    for record, entered_at in records:
        place += 1
        own = hash_of(company, place, previous, record, entered_at)
        made.append(Entry(company, place, previous, own, record, entered_at))
        previous = own
    return made


def tail_of(entries: Sequence[Entry]) -> tuple[int, str]:
    """Last place and hash of a chain that is ordered by place."""
    return (entries[-1].place, entries[-1].entry_hash) if entries else (0, BEGINNING)


def fits(entry: Entry, by_place: Mapping[int, Entry]) -> bool:
    """Whether an entry stood at that place of this chain, by the hashes of its neighbours."""
    before, after = by_place.get(entry.place - 1), by_place.get(entry.place + 1)
    expected = before.entry_hash if before else BEGINNING if entry.place == 1 else None
    free = entry.place not in by_place and (after is None or after.previous_hash == entry.entry_hash)
    return free and entry.is_true and entry.previous_hash == expected


# ---------------------------------------------------------------------------------------------------- what is wrong


@dataclass(frozen=True, slots=True)
class Flaw:
    """What does not hold in a register, in words; numbers are masked."""

    place: int
    sentence: str


def flaws_of(entries: Sequence[Entry], kept: Sequence[Entry]) -> tuple[Flaw, ...]:
    """What was tampered with or lost, by the entries of the register (ordered by place) and of the journal."""
    written = {(one.place, one.entry_hash): one for one in kept if one.is_true}
    found = [*_of_chain(entries, written), *_of_journal(entries, kept)]
    return tuple(sorted(found, key=lambda one: one.place))


def _of_chain(entries: Sequence[Entry], written: Mapping[tuple[int, str], Entry]) -> Iterable[Flaw]:
    place, previous = 0, BEGINNING
    for one in entries:
        if one.place != place + 1:
            yield _gap(place + 1, one, written)
        elif one.previous_hash != previous:
            why = f"entry {place} is not the one that stood there" if place else "it was not the first"
            yield Flaw(one.place, f"{named(one)} does not follow on what stands before it: {why}.")
        if not one.is_true:
            original = written.get((one.place, one.entry_hash))
            as_written = f" The journal has it as it was written: {_words(original)}." if original else ""
            yield Flaw(one.place, f"{named(one)} was changed after it was written.{as_written}")
        place, previous = one.place, one.entry_hash


def _gap(first: int, after: Entry, written: Mapping[tuple[int, str], Entry]) -> Flaw:
    last = after.place - 1
    gone = [one for (place, _), one in sorted(written.items()) if first <= place <= last]
    which = f"Entry {first} is" if first == last else f"Entries {first} to {last} are"
    known = "; ".join(f"{named(one)}, {_words(one)}" for one in gone[:NAMED])
    return Flaw(first, f"{which} missing from the register." + (f" The journal still has: {known}." if known else ""))


def _of_journal(entries: Sequence[Entry], kept: Sequence[Entry]) -> Iterable[Flaw]:
    """What register and journal do not both hold. What was told anew under another number is no loss."""
    hashes, facts = {one.entry_hash for one in entries}, {same_fact(one.record) for one in entries}
    journaled = {one.entry_hash: one for one in kept if one.is_true}
    for one in kept:
        if not one.is_true:
            yield Flaw(one.place, f"{named(one)} was changed in the journal after it was written there.")
    last, places = (entries[-1].place if entries else 0), {one.place for one in entries}
    ahead = [one for one in journaled.values() if one.entry_hash not in hashes and same_fact(one.record) not in facts]
    beyond = [one for one in ahead if one.place > last]
    if beyond:
        yield Flaw(
            beyond[0].place,
            f"The journal is ahead of the register by {len(beyond)}: {_names(beyond)}. "
            "An older backup of the database was put in its place, or entries were taken out of it.",
        )
    for one in ahead:
        if one.place in places:
            yield Flaw(one.place, f"{named(one)}, {_words(one)}, stands in the journal and not in the register.")
    behind = [one for one in entries if one.is_true and one.entry_hash not in journaled]
    if behind:
        yield Flaw(
            behind[0].place,
            f"The journal lacks {len(behind)} of the register: {_names(behind)}. "
            "Lines were taken out of it, or it could not be written to.",
        )


def _names(entries: Sequence[Entry]) -> str:
    more = len(entries) - NAMED
    return "; ".join(named(one) for one in entries[:NAMED]) + (f" and {more} more" if more > 0 else "")


NAMED: Final = 5  # entries that a sentence names; `duebird consent list` shows all


def same_fact(record: ConsentRecord) -> tuple[str, str, str]:
    """What makes two entries of a company one: as in the database's constraint."""
    return record.phone.e164, record.state.value, record.source


def named(entry: Entry) -> str:
    """As a person is told of it: its number in the register, whose it is (masked) and of when."""
    return f"Entry {entry.place} ({_whom(entry)})"


def _whom(entry: Entry) -> str:
    return f"{entry.record.phone.masked}, {entry.record.recorded_at.astimezone(UTC):%d %b %Y %H:%M} UTC"


def _words(entry: Entry) -> str:
    return f"{entry.record.state} by {entry.record.method}"


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
