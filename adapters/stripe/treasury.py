"""A Stripe account's balance, read. Nothing here writes. See https://docs.stripe.com/payments/balances."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar

import stripe

from adapters.stripe import movements
from adapters.stripe.lists import PAGE, Lister, pages, walk
from adapters.stripe.processor import check_id
from adapters.stripe.settings import StripeSettings
from adapters.stripe.wire import SERVICE, StripeWire
from connector.domain.balance import BalanceChange, ChangeKind, Dispute, Held, Payout, Refund
from connector.errors import Bug, Rejected, RejectedBecause
from connector.ports.calls import Wire
from connector.ports.treasury import ChangePage

T = TypeVar("T")

CHANGE_PAGES: Final = 10  # 1,000 movements are handed over at once: a small account's year, and no burden to hold
MOST_PAGES: Final = 20  # or up to twice as many, where a part would otherwise begin amid those of one second
LIST_PAGES: Final = 300  # 30,000 rows of any list, ten years of a small account: reaching it is told, never passed over
_ENTRY: Final = ["latest_charge.balance_transaction"]  # of a payment: its charge, and what that did to the balance
_FAILURE: Final = ["latest_charge.failure_balance_transaction"]  # of a debit that was taken back: the same way
_BACK: Final = ["data.balance_transaction", "data.failure_balance_transaction"]  # of refunds
_SOURCE: Final = ["data.source"]  # names the payment, refund, dispute or payout, in the same GET

# Where a reading in parts goes on: the seconds at which its other parts begin, oldest first. Only the last has no end,
# so that nothing is left out, whatever a clock says.
_CURSOR: Final = re.compile(r"\d{1,12}(\+\d{1,12}){0,40}", re.ASCII)


class StripeTreasury:
    """One company's Stripe account, behind the port `Treasury`.

    Args:
        settings: of this account.
        key: the secret itself, read from where `settings.key` points.
        wire: the company's clock, budget of calls and time-outs.
    """

    def __init__(self, settings: StripeSettings, key: str, wire: Wire) -> None:
        self._stripe = StripeWire(settings, key, wire)

    # --------------------------------------------------------------------------------------------------- movements

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        """Movements from `since` on, oldest first. https://docs.stripe.com/api/balance_transactions/list.

        Stripe lists the newest first. What fits into one part (a GET where little happened) is turned round. Of more
        than that the list is walked to its end once, the seconds at which parts begin are noted, and the oldest part
        is handed over; the others are read again when they are asked for.

        Raises:
            Rejected: BUSINESS_RULE, more than 30,000 movements, or about 1,000 in one second.
        """
        begin, *later = _begins(cursor) if cursor is not None else [int(since.timestamp())]
        rows, begins = self._oldest_part(begin, later[0] if later else None)
        return _page(rows, "+".join(map(str, (*begins, *later))) or None)

    def _oldest_part(self, begin: int, end: int | None) -> tuple[list[dict[str, Any]], list[int]]:
        """The oldest movements of a time, newest first, and the seconds at which its other parts begin."""
        created = {"gte": begin, **({} if end is None else {"lt": end})}
        params = {"created": created, "expand": _SOURCE}
        rows: list[dict[str, Any]] = []
        begins: list[int] = []
        ended = False
        for page, last in pages(self._stripe, "read the balance", _changes, params, LIST_PAGES):
            rows += page
            ended = last
            if last or len(rows) >= MOST_PAGES * PAGE:
                break
            if len(rows) >= CHANGE_PAGES * PAGE and rows[-1]["created"] > begin:
                begins.insert(0, rows[-1]["created"])
                rows.clear()
        if not ended:
            raise Rejected(
                f"Stripe's balance moved more than {LIST_PAGES * PAGE:,} times since then, or {CHANGE_PAGES * PAGE:,} "
                "times in one second; not all of it was read.",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Ask for a shorter time, or read the balance from Stripe's own reports.",
            )
        # Movements of the second at which a younger part begins belong to that one.
        return [row for row in rows if not begins or row["created"] < begins[0]], list(dict.fromkeys(begins))

    def change(self, change_id: str) -> BalanceChange | None:
        """One movement. https://docs.stripe.com/api/balance_transactions/retrieve."""
        check_id(change_id)
        found = self._or_none(
            "read a movement of the balance",
            lambda client: client.v1.balance_transactions.retrieve(change_id, {"expand": ["source"]}),
        )
        return _readable(movements.change_from, found) if found is not None else None

    def change_of_payment(self, payment_id: str) -> BalanceChange | None:
        """The entry of a payment's charge. https://docs.stripe.com/api/payment_intents/retrieve.

        A charge has none yet while it is captured: https://docs.stripe.com/payments/payment-intents/asynchronous-capture
        """
        return self._of_charge(payment_id, "read what a payment became in the balance", _ENTRY)

    def change_of_failed_debit(self, payment_id: str) -> BalanceChange | None:
        """The entry by which a charge's money was taken again. https://docs.stripe.com/api/charges/object.

        "The balance transaction that describes the reversal of the balance on your account due to payment failure."
        """
        return self._of_charge(payment_id, "read what a debit that failed took from the balance", _FAILURE)

    def _of_charge(self, payment_id: str, what: str, expanded: list[str]) -> BalanceChange | None:
        """That entry of the latest charge which is expanded."""
        check_id(payment_id)
        found = self._or_none(what, lambda client: client.v1.payment_intents.retrieve(payment_id, {"expand": expanded}))
        charge = (found or {}).get("latest_charge") or {}
        entry = charge.get(expanded[0].rpartition(".")[2])
        return _readable(movements.change_from, {**entry, "source": charge}) if entry else None

    def change_of_refund(self, refund_id: str) -> BalanceChange | None:
        """The entry of a refund, not that of its failure. https://docs.stripe.com/api/refunds/retrieve.

        A refund that waits for something (`requires_action`) has none yet.
        """
        check_id(refund_id)
        found = self._or_none(
            "read what a refund took from the balance",
            lambda client: client.v1.refunds.retrieve(refund_id, {"expand": ["balance_transaction"]}),
        )
        entry = (found or {}).get("balance_transaction")
        return _readable(movements.change_from, {**entry, "source": found}) if entry else None

    def change_of_dispute(self, dispute_id: str) -> BalanceChange | None:
        """The entry of a dispute's withdrawal. https://docs.stripe.com/api/disputes/retrieve.

        A dispute holds its entries whole: none while it is an inquiry, else what was withdrawn and what came back.
        """
        check_id(dispute_id)
        found = self._or_none("read what a dispute took", lambda client: client.v1.disputes.retrieve(dispute_id))
        for entry in (found or {}).get("balance_transactions") or ():
            change = _readable(movements.change_from, {**entry, "source": found})
            if change.kind is ChangeKind.DISPUTE:
                return change
        return None

    def changes_back(self, payment_id: str) -> Sequence[BalanceChange]:
        """The entries of a payment's refunds, of their failures, and of its disputes, which hold theirs; two GETs.

        https://docs.stripe.com/api/refunds/object, https://docs.stripe.com/api/disputes/object
        """
        check_id(payment_id)
        of_payment = {"payment_intent": payment_id}
        rows = []
        for one in self._all("read the refunds", _refunds, {**of_payment, "expand": _BACK}):
            entries = (one.get("balance_transaction"), one.get("failure_balance_transaction"))
            rows += [{**entry, "source": one} for entry in entries if entry]
        for one in self._all("read the disputes", _disputes, of_payment):
            rows += [{**entry, "source": one} for entry in one.get("balance_transactions") or ()]
        return [_readable(movements.change_from, row) for row in rows]

    def changes_of_payout(self, payout_id: str) -> Sequence[BalanceChange]:
        """What an automatic payout contains, oldest first. https://docs.stripe.com/payouts/reconciliation."""
        check_id(payout_id)
        params = {"payout": payout_id, "expand": _SOURCE}
        rows = self._all("read what a payout contains", _changes, params)
        found = [_readable(movements.change_from, row) for row in rows]
        own = ChangeKind.PAYOUT
        return [one for one in found if one.kind is not own or one.payout_id != payout_id]

    # ----------------------------------------------------------------------------------------------------- objects

    def payout(self, payout_id: str) -> Payout | None:
        """One payout. https://docs.stripe.com/api/payouts/retrieve."""
        check_id(payout_id)
        found = self._or_none("read a payout", lambda client: client.v1.payouts.retrieve(payout_id))
        return _readable(movements.payout_from, found) if found is not None else None

    def payouts_since(self, since: datetime) -> Sequence[Payout]:
        """Payouts by when they were made. https://docs.stripe.com/api/payouts/list."""
        rows = self._all("read the payouts", _payouts, _made_since(since))
        return [_readable(movements.payout_from, row) for row in rows]

    def refunds_since(self, since: datetime) -> Sequence[Refund]:
        """Refunds by when they were made. https://docs.stripe.com/api/refunds/list."""
        return self._refunds(_made_since(since))

    def refunds_of(self, payment_id: str) -> Sequence[Refund]:
        """Refunds of one payment, one GET."""
        check_id(payment_id)
        return self._refunds({"payment_intent": payment_id})

    def disputes_since(self, since: datetime) -> Sequence[Dispute]:
        """Disputes by when they began. https://docs.stripe.com/api/disputes/list."""
        return self._disputes(_made_since(since))

    def disputes_of(self, payment_id: str) -> Sequence[Dispute]:
        """Disputes of one payment, one GET."""
        check_id(payment_id)
        return self._disputes({"payment_intent": payment_id})

    def _refunds(self, params: Mapping[str, Any]) -> list[Refund]:
        rows = self._all("read the refunds", _refunds, params)
        return [_readable(movements.refund_from, row) for row in rows]

    def _disputes(self, params: Mapping[str, Any]) -> list[Dispute]:
        rows = self._all("read the disputes", _disputes, params)
        return [_readable(movements.dispute_from, row) for row in rows]

    def balance(self) -> Mapping[str, Held]:
        """What is there, in one GET. https://docs.stripe.com/api/balance/balance_retrieve."""
        return _readable(movements.held_from, self._stripe.read("read the balance", lambda c: c.v1.balance.retrieve()))

    # ----------------------------------------------------------------------------------------------------- manners

    def _all(self, what: str, lister: Lister, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """A whole list, oldest first."""
        rows, whole = walk(self._stripe, what, lister, params, LIST_PAGES)
        if not whole:
            raise Rejected(
                f"Could not {what}: Stripe has more than {LIST_PAGES * PAGE:,} of them; not all were read.",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Ask for a shorter time.",
            )
        return rows[::-1]

    def _or_none(self, what: str, call: Callable[[stripe.StripeClient], Any]) -> dict[str, Any] | None:
        try:
            return self._stripe.read(what, call)
        except Rejected as refusal:
            if refusal.because is RejectedBecause.NOT_FOUND:
                return None
            raise


def _begins(cursor: str) -> list[int]:
    if not _CURSOR.fullmatch(cursor):
        raise Bug("a cursor of the balance is none that was handed out; nothing was asked", service=SERVICE)
    return [int(second) for second in cursor.split("+")]


def _page(rows: list[dict[str, Any]], cursor: str | None) -> ChangePage:
    changes: list[BalanceChange] = []
    unreadable: list[str] = []
    for row in reversed(rows):
        try:
            changes.append(movements.change_from(row))
        except ValueError as error:
            unreadable.append(_unreadable(row, error))
    return ChangePage(tuple(changes), cursor, tuple(unreadable))


def _readable(translated: Callable[[Mapping[str, Any]], T], row: Mapping[str, Any]) -> T:
    try:
        return translated(row)
    except ValueError as error:
        raise Rejected(
            _unreadable(row, error),
            because=RejectedBecause.INVALID,
            service=SERVICE,
            advice="Look at it in the Stripe dashboard; nothing was booked for it.",
        ) from error


def _unreadable(row: Mapping[str, Any], error: ValueError) -> str:
    return f"Stripe's {row.get('object', 'object')} {row.get('id', '')} has an amount that cannot be: {error}."


def _made_since(since: datetime) -> dict[str, Any]:
    return {"created": {"gte": int(since.timestamp())}}


def _changes(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.balance_transactions.list(params)  # type: ignore[arg-type] # built as a plain dict


def _payouts(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.payouts.list(params)  # type: ignore[arg-type] # built as a plain dict


def _refunds(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.refunds.list(params)  # type: ignore[arg-type] # built as a plain dict


def _disputes(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.disputes.list(params)  # type: ignore[arg-type] # built as a plain dict
