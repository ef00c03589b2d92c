"""Which effect a call belongs to, as seen from its arguments."""

from __future__ import annotations

from typing import Any, Final

from connector.domain.exchange_difference import is_difference
from connector.domain.phone import Phone
from connector.domain.records import EntryKind
from connector.ports.entries import ReversalManner
from tests.simulation.cells import Hit

OWNER: Final = Phone("+12125550149")
LINK_HOST: Final = "https://pay.example/"

WRITES: Final = {
    ("ledger", "book"): Hit.BOOKING,
    ("processor", "create_link"): Hit.LINK,
    ("processor", "retire_link"): Hit.RETIRE,
    ("messenger", "send"): Hit.NOTICE,
    ("ledger", "make_credit"): Hit.CREDIT,
    ("ledger", "reverse"): Hit.REVERSAL,
    ("ledger", "take_back"): Hit.REVERSAL,
    ("ledger", "make_expense"): Hit.FEE,
    ("ledger", "make_transfer"): Hit.PAYOUT,
}
_EVIDENCE: Final = {
    ("ledger", "bookings_with_reference"): Hit.BOOKING,
    ("processor", "links_with_reference"): Hit.LINK,
}
_ENTRIES: Final = {
    EntryKind.CREDIT: Hit.CREDIT,
    EntryKind.EXPENSE: Hit.FEE,
    EntryKind.TRANSFER: Hit.PAYOUT,
    EntryKind.REVERSAL: Hit.REFUND,
}


def what(port: str, method: str, args: tuple[Any, ...]) -> Hit | None:
    """The effect a call carries out; None for one that changes nothing."""
    hit = WRITES.get((port, method))
    if hit is Hit.NOTICE:
        request = args[0]
        if request.to == OWNER:
            return Hit.OWNER
        return Hit.NOTICE if LINK_HOST in request.body else Hit.RECEIPT
    if method == "reverse" and args[0].manner is ReversalManner.REFUND:
        return Hit.REFUND
    if method == "make_expense" and is_difference(args[0].reference):
        return Hit.EXCHANGE
    return hit


def evidence_of(port: str, method: str, args: tuple[Any, ...]) -> Hit | None:
    """Of a list that is asked whether an effect has been carried out: which one; None of any other call."""
    if (port, method) == ("ledger", "entries_with_reference"):
        if is_difference(args[1]):
            return Hit.EXCHANGE
        return _ENTRIES.get(args[0])
    return _EVIDENCE.get((port, method))
