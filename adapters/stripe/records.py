"""What a Stripe account holds of ours, read for `duebird audit`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import stripe

from adapters.stripe import movements, translate
from adapters.stripe.lists import PAGE
from adapters.stripe.processor import SESSION_PAGES, StripeProcessor, check_id, links_of
from adapters.stripe.wire import SERVICE
from connector.domain.money import Money
from connector.domain.records import LinkRecord, RefundRecord
from connector.domain.reversal import Returned
from connector.errors import Rejected, RejectedBecause
from connector.ports.records import Links

# https://docs.stripe.com/api/refunds/object#refund_object-status: these gave no money back
_GAVE_NOTHING: Final = frozenset(("failed", "canceled"))

# 50,000 of each: two links an invoice, two hundred invoices a month, ten years. Read whole by an audit and by a
# recovery only, which may cost a twentieth of a month's GETs.
ALL_LINK_PAGES: Final = 500
RETURN_PAGES: Final = 5  # 500 refunds of one payment: a person gave each of them


class StripeRecords(StripeProcessor):
    """One account, to be read."""

    def our_links(self) -> Links:
        """Links with our reference, 100 a call; Stripe tells neither when a link was made nor when it was closed.

        Open ones first and by themselves: years of closed ones must not hide them. What a link asks is not in the list,
        and reading it would be a call for each; it is part of the reference.
        """
        opened, all_opened = self._walk("read the payment links", links_of, {"active": True}, ALL_LINK_PAGES)
        closed, all_closed = self._walk("read the payment links", links_of, {"active": False}, ALL_LINK_PAGES)
        rows = {row["id"]: row for row in (*opened, *closed)}  # one closed meanwhile is in both
        whole = all_opened and all_closed
        found = (translate.link_from(row) for row in rows.values())
        return Links(
            tuple(
                LinkRecord(one.link_id, one.url, one.reference, one.metadata, amount=None, active=one.active)
                for one in found
                if one.reference
            ),
            whole,
        )

    def amount_of_link(self, link_id: str) -> Money | None:
        """What a link asks. https://docs.stripe.com/api/payment-link/retrieve-line-items."""
        check_id(link_id)
        found = self._or_none(
            "read what the payment link asks", lambda client: client.v1.payment_links.line_items.list(link_id)
        )
        lines = found["data"] if found is not None else []
        if not lines:
            return None
        # One line of ours each; an amount that cannot be belongs to somebody else's link.
        try:
            return translate.from_minor(sum(row["amount_total"] for row in lines), lines[0]["currency"])
        except ValueError:
            return None

    def returned(self, payment_id: str) -> Returned:
        """Its refunds, its disputes, and whether its charge still stands: one GET each, oldest first.

        https://docs.stripe.com/api/refunds/list, /disputes/list, /payment_intents/retrieve. A debit that the bank took
        back fails its charge: https://docs.stripe.com/payments/ach-direct-debit.
        """
        check_id(payment_id)
        mine = {"payment_intent": payment_id}
        refunds, all_refunds = self._walk("read the refunds of a payment", _refunds, mine, RETURN_PAGES)
        disputes, all_disputes = self._walk("read the disputes of a payment", _disputes, mine, RETURN_PAGES)
        intent = self._or_none(
            "read a payment",
            lambda client: client.v1.payment_intents.retrieve(payment_id, {"expand": ["latest_charge"]}),
        )
        charge = (intent or {}).get("latest_charge")
        try:
            found = Returned(
                tuple(movements.refund_from(row) for row in reversed(refunds)),
                tuple(movements.dispute_from(row) for row in reversed(disputes)),
                debit_failed=isinstance(charge, Mapping) and charge.get("status") == "failed",
            )
        except ValueError as error:
            raise _not_read(payment_id, f"has a refund or dispute that cannot be: {error}") from error
        if not (all_refunds and all_disputes):
            raise _not_read(payment_id, "has more refunds or disputes than are read")
        return found

    def refunds_since(self, since: datetime) -> Sequence[RefundRecord]:
        """Refunds, 100 a call. https://docs.stripe.com/api/refunds/list."""
        rows, whole = self._walk(
            "read the refunds", _refunds, {"created": {"gte": int(since.timestamp())}}, SESSION_PAGES
        )
        if not whole:
            raise Rejected(
                f"Stripe has more than {SESSION_PAGES * PAGE:,} refunds since {since:%Y-%m-%d}; not all were read.",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Ask for a shorter time: add --since with a later date.",
            )
        return [_refund(row) for row in reversed(rows) if row.get("status") not in _GAVE_NOTHING]

    def returned_since(self, since: datetime) -> Returned:
        """Refunds and disputes of the account, 100 a call each. https://docs.stripe.com/api/disputes/list."""
        made = {"created": {"gte": int(since.timestamp())}}
        refunds, all_refunds = self._walk("read the refunds", _refunds, made, SESSION_PAGES)
        disputes, all_disputes = self._walk("read the disputes", _disputes, made, SESSION_PAGES)
        if not (all_refunds and all_disputes):
            raise Rejected(
                f"Stripe has more than {SESSION_PAGES * PAGE:,} refunds or disputes since {since:%Y-%m-%d}; not all "
                "were read.",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Look at them in the Stripe dashboard.",
            )
        try:
            return Returned(
                tuple(movements.refund_from(row) for row in reversed(refunds)),
                tuple(movements.dispute_from(row) for row in reversed(disputes)),
            )
        except ValueError as error:
            raise Rejected(
                f"Stripe has a refund or dispute that cannot be: {error}.",
                because=RejectedBecause.INVALID,
                service=SERVICE,
                advice="Look at them in the Stripe dashboard, and correct the ledger by hand.",
            ) from error


def _not_read(payment_id: str, why: str) -> Rejected:
    return Rejected(
        f"The payment {payment_id} at Stripe {why}.",
        because=RejectedBecause.INVALID,
        service=SERVICE,
        advice="Look at it in the Stripe dashboard, and correct the ledger by hand.",
    )


def _disputes(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.disputes.list(params)  # type: ignore[arg-type] # built as a plain dict


def _refunds(client: stripe.StripeClient, params: dict[str, Any]) -> Any:
    return client.v1.refunds.list(params)  # type: ignore[arg-type] # built as a plain dict


def _refund(row: Mapping[str, Any]) -> RefundRecord:
    intent = row.get("payment_intent")
    return RefundRecord(
        refund_id=row["id"],
        payment_id=str(intent["id"] if isinstance(intent, Mapping) else intent or ""),
        amount=translate.from_minor(row["amount"], row["currency"]),
        made_at=datetime.fromtimestamp(row["created"], UTC),
    )
