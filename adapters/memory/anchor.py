"""The claim on a company's books in the processor's world in memory, behind the `Anchor` port."""

from __future__ import annotations

from dataclasses import replace

from adapters.memory.client import Client
from adapters.memory.processor_world import NamedClaim, StripeLikeWorld
from connector.domain.lease import Claim
from connector.errors import Rejected, RejectedBecause


class MemoryAnchor(Client[StripeLikeWorld]):
    """The `Anchor` port onto a `StripeLikeWorld`. What is read is never old."""

    port = "processor"

    def read(self, anchor_id: str) -> Claim | None:
        """The claim as it stands, None where there is none."""
        return self._read("read_claim", (anchor_id,), lambda: self._standing(anchor_id))

    def create(self, anchor_id: str, name: str, claim: Claim, idempotency_key: str) -> Claim:
        """Make it.

        Raises:
            Rejected: EXISTS or KEY_REUSED.
            Uncertain: it may have been made.
        """

        def make() -> Claim:
            if anchor_id in self.world.claims:
                raise Rejected("It is there already. Nothing was done.", because=RejectedBecause.EXISTS)
            self.world.claims[anchor_id] = NamedClaim(name, claim)
            return claim

        return self._write(
            "write_claim",
            (anchor_id, claim, idempotency_key),
            lambda: self.world.once(idempotency_key, (anchor_id, name, claim), make),
        )

    def replace(self, anchor_id: str, claim: Claim, idempotency_key: str) -> Claim:
        """Write another claim over it.

        Raises:
            Rejected: NOT_FOUND or KEY_REUSED.
            Uncertain: it may have been written.
        """

        def write() -> Claim:
            if anchor_id not in self.world.claims:
                raise Rejected("There is no such claim. Nothing was done.", because=RejectedBecause.NOT_FOUND)
            self.world.claims[anchor_id] = replace(self.world.claims[anchor_id], claim=claim)
            return claim

        return self._write(
            "write_claim",
            (anchor_id, claim, idempotency_key),
            lambda: self.world.once(idempotency_key, (anchor_id, claim), write),
        )

    def _standing(self, anchor_id: str) -> Claim | None:
        found = self.world.claims.get(anchor_id)
        return found.claim if found else None
