"""Where the claim on a company is kept: outside of every installation, with whoever takes the payments."""

from __future__ import annotations

from typing import Protocol

from connector.domain.lease import Claim


class Anchor(Protocol):
    """One claim, under an id of our choosing that can be there only once. No call is repeated by itself but `read`."""

    def read(self, anchor_id: str) -> Claim | None:
        """The claim as it stands, never an old picture of it; None where there is none.

        Raises:
            Rejected: INVALID, somebody has changed it so that it cannot be read.
        """
        ...

    def create(self, anchor_id: str, name: str, claim: Claim, idempotency_key: str) -> Claim:
        """Make it. `name` is what an owner reads who meets it.

        Raises:
            Rejected: EXISTS, it is there; KEY_REUSED, another claim came under that key. Nothing was done.
            Uncertain: it may have been made.
        """
        ...

    def replace(self, anchor_id: str, claim: Claim, idempotency_key: str) -> Claim:
        """Write another claim over it; returns what stands there then.

        Raises:
            Rejected: NOT_FOUND; or KEY_REUSED, another claim came under that key. Nothing was done.
            Uncertain: it may have been written.
        """
        ...
