"""Invariant 17: the same town with faults and without ends at the same books, and no text is sent that was not due.

`python -m tests.simulation.confluence --seeds 20` plays each seed twice.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from connector.domain.invariants import broken
from connector.domain.invariants.endings import confluent
from connector.domain.records import Records
from state.place import DATABASE_NAME
from tests.simulation.run import DAYS, Outcome, Run, live_through

MAY_BE_MISSING = frozenset({"notice", "courtesy"})  # with a cause on record


@dataclass(frozen=True, slots=True)
class Lived:
    """A run: what came of it, what the services hold in the end, and why a notice was not sent, by invoice."""

    outcome: Outcome
    records: Records
    causes: dict[str, list[str]]


def lived(run: Run) -> Lived:
    """Live through one."""
    with live_through(run) as (outcome, records, folder):
        return Lived(outcome, records, _causes(folder))


def compare(seed: str, days: int = DAYS) -> list[str]:
    """What differs between the seed without faults and with them, beyond what may."""
    calm, faulty = (lived(Run(seed, days, steady=True, faultless=one)) for one in (True, False))
    found = [f"without faults: {one}" for one in calm.outcome.broken] + faulty.outcome.broken
    before, after = _texted(calm.records), _texted(faulty.records)
    unlike = {one for one in before.keys() | after.keys() if _paid(calm.records, one) != _paid(faulty.records, one)}
    for ledger_id in sorted(before):
        missing = before[ledger_id] > after.get(ledger_id, 0)
        if missing and not faulty.causes.get(ledger_id) and _is_owed(faulty.records, ledger_id):
            found.append(f"a notice about {ledger_id} was not sent, and no cause is on record")
        if ledger_id in unlike and not missing and not _came_later(calm.records, faulty.records, ledger_id):
            found.append(f"{ledger_id} was paid in one run and not in the other, though it was texted in both by then")
        unlike |= {ledger_id} if missing else set()  # so that its link need not be open
    kept = [_without(one.records, unlike) for one in (calm, faulty)]
    return found + [f"invariant 17: {one.sentence}" for one in broken(confluent(*kept, may_differ=MAY_BE_MISSING))]


def _texted(records: Records) -> dict[str, int]:
    at = {one.url: one.ledger_id for one in records.processor.links}
    found: defaultdict[str, int] = defaultdict(int)
    for text in records.messenger.texts:
        for ledger_id in {name for url, name in at.items() if url in text.body.split()}:
            found[ledger_id] += 1
    return dict(found)


def _is_owed(records: Records, ledger_id: str) -> bool:
    """Whoever pays by cheque before the invoice is first seen gets no text, and nothing of it is on record."""
    return any(one.standings.latest.is_owed for one in records.ledger.invoices if one.ledger_id == ledger_id)


def _came_later(calm: Records, faulty: Records, ledger_id: str) -> bool:
    """Whether in the faulty run no text had come when it was paid in the other: then nobody could pay."""
    paid = [one.states.begins for one in calm.processor.payments if one.ledger_id == ledger_id]
    urls = {one.url for one in faulty.processor.links if one.ledger_id == ledger_id}
    texted = [one.created_at for one in faulty.messenger.texts if urls & set(one.body.split())]
    return bool(paid) and (not texted or min(texted) > min(paid))


def _paid(records: Records, ledger_id: str) -> list[str]:
    return sorted(str(one.amount) for one in records.processor.payments if one.ledger_id == ledger_id and one.succeeded)


def _without(records: Records, ledger_ids: set[str]) -> Records:
    """Without invoices that were not paid alike: what follows from that differs rightly."""
    links = tuple(one for one in records.processor.links if one.ledger_id not in ledger_ids)
    payments = tuple(one for one in records.processor.payments if one.ledger_id not in ledger_ids)
    entries = tuple(one for one in records.ledger.entries if one.ledger_id not in ledger_ids)
    invoices = tuple(one for one in records.ledger.invoices if one.ledger_id not in ledger_ids)
    labels = {one.label for one in records.ledger.invoices if one.ledger_id in ledger_ids}
    texts = tuple(
        one for one in records.messenger.texts if not labels & set(one.body.replace(".", " ").replace(":", " ").split())
    )
    return replace(
        records,
        ledger=replace(records.ledger, entries=entries, invoices=invoices),
        processor=replace(records.processor, links=links, payments=payments),
        messenger=replace(records.messenger, texts=texts),
    )


def _causes(folder: Path) -> dict[str, list[str]]:
    """Refused, in doubt, or no longer of use: as the owner can read it."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    with closing(sqlite3.connect(folder / DATABASE_NAME)) as reader:
        for ledger_id, status, why in reader.execute(
            "select subject, status, coalesce(error, outcome, reason) from effects where kind = 'send_text' "
            "and purpose = 'notice' and status in ('rejected', 'uncertain', 'cancelled')"
        ):
            found[ledger_id].append(f"{status}: {why}")
        for ledger_id, reason in reader.execute("select ledger_id, reason from receivables where reason <> 'go'"):
            found[ledger_id].append(reason)
    return dict(found)


def _all(first: int, seeds: int, days: int) -> Iterator[tuple[str, list[str]]]:
    for number in range(first, first + seeds):
        yield str(number), compare(str(number), days)


def main() -> int:
    """Returns 1 where two runs of a seed do not come to the same."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.confluence", description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--days", type=int, default=DAYS)
    asked = parser.parse_args()
    unlike = 0
    for seed, found in _all(asked.first, asked.seeds, asked.days):
        unlike += bool(found)
        for one in found:
            print(f"seed {seed}: {one}", flush=True)
    print(f"{asked.seeds} seeds played twice, {unlike} did not come to the same")
    return bool(unlike)


if __name__ == "__main__":
    sys.exit(main())
