"""Facts about the claim on a company: what we mean to write at the processor, and what we saw there instead."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, bindparam, insert, update

from connector.domain.lease import Claim, Held
from state.facts import Attention, Facts, put_attention
from state.glance import claim_of
from state.recovery_facts import put_rebuild_begun
from state.rows import change, table_of
from state.tables import LeaseRow

_LEASE: Final = table_of(LeaseRow)
_NEW: Final = insert(_LEASE)
_AGAIN: Final = (
    update(_LEASE)
    .where(_LEASE.c.company == bindparam("whose"))
    .values({name: bindparam(name) for name in ("lineage", "claim", "before", "tries", "elsewhere", "changed_at")})
)


@dataclass(frozen=True, slots=True)
class Lease:
    """What is on record about the claim on a company."""

    held: Held
    tries: int
    elsewhere: Claim | None  # somebody else's, seen instead of ours


class LeaseFacts(Facts):
    """What we know of the claim. A claim is on record here before it is written there."""

    def lease_meant(self, company: str, held: Held, tries: int, now: datetime) -> None:
        """A claim is about to be written at the processor."""
        claims = {"claim": _written(held.claim), "before": _written(held.before), "tries": tries}
        with self.database.record() as connection:
            _put(connection, company, {"lineage": held.lineage, **claims, "elsewhere": None, "changed_at": now})

    def lease_begins_anew(self, company: str, lineage: str, now: datetime) -> None:
        """A recovery begins a lineage: whatever claim stands there is to be replaced, and all to be read after that."""
        nothing = {"claim": None, "before": None, "tries": 0, "elsewhere": None}
        with self.database.write() as session:
            put_rebuild_begun(session, company, now)
            _put(session.connection(), company, {"lineage": lineage, **nothing, "changed_at": now})

    def lease_lost(self, company: str, seen: Claim, attention: Attention, now: datetime) -> None:
        """Somebody else works on this company. What we held ourselves stays on record."""
        with self.database.write() as session:
            row = session.get(LeaseRow, company)
            if row is not None:
                row.elsewhere, row.changed_at = _written(seen), now
                session.add(row)
            put_attention(session.connection(), company, attention, now)


def _put(connection: Connection, company: str, values: dict[str, object]) -> None:
    if not change(connection, _AGAIN, {"whose": company, **values}):
        change(connection, _NEW, {"company": company, **values})


def lease_of(row: LeaseRow) -> Lease:
    """The value a row holds."""
    return Lease(Held(row.lineage, claim_of(row.claim), claim_of(row.before)), row.tries, claim_of(row.elsewhere))


def _written(claim: Claim | None) -> str | None:
    return json.dumps(claim.words(), sort_keys=True) if claim is not None else None
