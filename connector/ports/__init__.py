"""What the engine needs of the outside, as Protocols with their values.

Rules for every adapter behind a port:
- raise only the errors of `connector.errors`; a write whose outcome is not known raises `Uncertain`;
- one attempt per write; reads may be repeated by the transport's one retry policy;
- every call has a time-out, is metered, and runs without a database transaction open;
- times are aware and in UTC; civil dates are the company's own;
- hand out values of this package and of `connector.domain`, never an SDK's objects.
"""

from __future__ import annotations

from connector.ports.calls import (
    CALLS_AT_ONCE,
    AccessTokens,
    CallKind,
    CallMeter,
    CallSeen,
    Clock,
    TokenSet,
    TokenStore,
    Wire,
)
from connector.ports.findings import (
    Finding,
    Weight,
)
from connector.ports.ledger import (
    Booking,
    BookingRequest,
    BookingState,
    ChangePage,
    Ledger,
    LedgerAccount,
    LedgerProfile,
    OpenPage,
    Quarantined,
)
from connector.ports.messenger import (
    DeliveryAdvice,
    DeliveryState,
    FailureKind,
    InboundText,
    Messenger,
    SegmentPrice,
    SentText,
    TextRequest,
)
from connector.ports.processor import (
    Hint,
    LinkRequest,
    Payment,
    PaymentLink,
    PaymentProcessor,
    PaymentState,
    ProcessorAccount,
    RetiredLink,
)
from connector.ports.records import (
    LedgerReader,
    Links,
    MessengerReader,
    ProcessorReader,
    WholeLedger,
    WholeMessenger,
    WholeProcessor,
)

__all__ = [
    "CALLS_AT_ONCE",
    "AccessTokens",
    "Booking",
    "BookingRequest",
    "BookingState",
    "CallKind",
    "CallMeter",
    "CallSeen",
    "ChangePage",
    "Clock",
    "DeliveryAdvice",
    "DeliveryState",
    "FailureKind",
    "Finding",
    "Hint",
    "InboundText",
    "Ledger",
    "LedgerAccount",
    "LedgerProfile",
    "LedgerReader",
    "LinkRequest",
    "Links",
    "Messenger",
    "MessengerReader",
    "OpenPage",
    "Payment",
    "PaymentLink",
    "PaymentProcessor",
    "PaymentState",
    "ProcessorAccount",
    "ProcessorReader",
    "Quarantined",
    "RetiredLink",
    "SegmentPrice",
    "SentText",
    "TextRequest",
    "TokenSet",
    "TokenStore",
    "Weight",
    "WholeLedger",
    "WholeMessenger",
    "WholeProcessor",
    "Wire",
]
