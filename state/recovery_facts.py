"""What is remembered of a recovery."""

from __future__ import annotations

from datetime import datetime

from state.facts import Attention, Facts, put_attention
from state.names import ALL, RECOVERY
from state.tables import HoldRow


class RecoveryFacts(Facts):
    """What is remembered of a recovery. Each fact may be repeated without harm."""

    def recovery_needed(self, company: str, why: str, now: datetime) -> bool:
        """No effect of this company any more until its memory is rebuilt; False where that is ordered already."""
        with self.database.write() as session:
            if session.get(HoldRow, (company, RECOVERY, ALL)) is not None:
                return False
            session.add(HoldRow(company=company, scope=RECOVERY, subject=ALL, why=why, since=now))
            put_attention(session, company, _begun(company, why, now), now)
            return True


def _begun(company: str, why: str, now: datetime) -> Attention:
    return Attention(
        key=f"{company}/recovery/{now:%Y-%m-%dT%H:%M:%S}",
        subject="recovery",
        happened=f"{company}: Duebird's memory may be older than what it did, or lost: {why}.",
        not_done="Nothing is texted or booked until what your services hold has been read. That is being done now.",
        command=f"duebird recover {company}",
    )
