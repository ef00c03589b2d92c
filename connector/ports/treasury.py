"""The processor's balance, to be read: what came in, what was taken, what went to the bank. Nothing here moves money.

The values stand in `connector.domain.balance`, because the rules of the books work on them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from connector.domain.balance import (
    BalanceChange,
    ChangeKind,
    Dispute,
    DisputeState,
    Held,
    Payout,
    PayoutState,
    Refund,
    RefundState,
)


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some movements, oldest first. `cursor` is None on the last page.

    `unreadable` says of each movement that could not be read which it is and why: it must not hold up the others, and
    must not be forgotten either.
    """

    changes: tuple[BalanceChange, ...]
    cursor: str | None
    unreadable: tuple[str, ...] = ()


class Treasury(Protocol):
    """The balance of one account."""

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        """Movements made at or after `since`, oldest first, page by page until `cursor` is None.

        All of them, at most about a thousand a page. A movement may surface behind newer ones, up to an hour late: ask
        again from two hours before the newest seen, and drop repeats by `change_id`.
        """
        ...

    def change(self, change_id: str) -> BalanceChange | None:
        """That movement; None where the account has none of that id.

        Raises:
            Rejected: INVALID, it cannot be read.
        """
        ...

    def change_of_payment(self, payment_id: str) -> BalanceChange | None:
        """The movement by which that payment came in, in one call; None where it is not there.

        It comes with the payment or up to an hour after it; a bank debit's when the debit has succeeded.

        Raises:
            Rejected: INVALID, it cannot be read.
        """
        ...

    def change_of_refund(self, refund_id: str) -> BalanceChange | None:
        """The movement by which that refund left, in one call; None where it is not there. Not that of its failure.

        Raises:
            Rejected: INVALID, it cannot be read.
        """
        ...

    def change_of_dispute(self, dispute_id: str) -> BalanceChange | None:
        """The movement by which that dispute took its money, in one call; None where it has taken none.

        Not the one by which it came back. Of several the first.

        Raises:
            Rejected: INVALID, it cannot be read.
        """
        ...

    def change_of_failed_debit(self, payment_id: str) -> BalanceChange | None:
        """The movement by which a bank debit that had succeeded was taken back, in one call; None where there is none.

        Raises:
            Rejected: INVALID, it cannot be read.
        """
        ...

    def changes_back(self, payment_id: str) -> Sequence[BalanceChange]:
        """The movements by which money of that payment went back, and by which it came again, in two calls.

        Refunds, those that failed, disputes and those that were won; not a bank debit that was taken back, which has a
        method of its own. What has no movement yet is not among them.

        Raises:
            Rejected: INVALID, one cannot be read.
        """
        ...

    def changes_of_payout(self, payout_id: str) -> Sequence[BalanceChange]:
        """What an automatic payout contains, oldest first, without the payout itself: their `net` sums up to it.

        Ask when the payout is `itemised`; before that the list may be short.

        Raises:
            Rejected: BUSINESS_RULE, the payout was asked for by hand; NOT_FOUND; INVALID, one cannot be read.
        """
        ...

    def payout(self, payout_id: str) -> Payout | None:
        """That payout as it stands; None where the account has none of that id."""
        ...

    def payouts_since(self, since: datetime) -> Sequence[Payout]:
        """Payouts made at or after `since`, as they stand, oldest first.

        Raises:
            Rejected: there are more than one reading may take; BUSINESS_RULE. So for the next two.
        """
        ...

    def refunds_since(self, since: datetime) -> Sequence[Refund]:
        """Refunds made at or after `since`, as they stand, failed ones too, oldest first."""
        ...

    def disputes_since(self, since: datetime) -> Sequence[Dispute]:
        """Disputes begun at or after `since`, as they stand, oldest first."""
        ...

    def refunds_of(self, payment_id: str) -> Sequence[Refund]:
        """Every refund of that payment, oldest first."""
        ...

    def disputes_of(self, payment_id: str) -> Sequence[Dispute]:
        """Every dispute of that payment, oldest first."""
        ...

    def balance(self) -> Mapping[str, Held]:
        """What the account holds now, by currency."""
        ...


__all__ = [
    "BalanceChange",
    "ChangeKind",
    "ChangePage",
    "Dispute",
    "DisputeState",
    "Held",
    "Payout",
    "PayoutState",
    "Refund",
    "RefundState",
    "Treasury",
]
