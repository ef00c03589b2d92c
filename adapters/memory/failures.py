"""What a code of a failed delivery means, for the few codes that tests and simulations use.

https://www.twilio.com/docs/api/errors; the whole table stands with the adapter of that service.
"""

from __future__ import annotations

from connector.ports.messenger import DeliveryAdvice, FailureKind

_KINDS = {
    "21610": FailureKind.OPTED_OUT,
    "30003": FailureKind.LATER,  # the phone is off or out of reach
    "30004": FailureKind.SOFT_OPT_OUT,  # blocked
    "30005": FailureKind.BAD_NUMBER,  # unknown
    "30006": FailureKind.BAD_NUMBER,  # landline
    "30007": FailureKind.FILTERED,
    "30034": FailureKind.UNREGISTERED,
    "30036": FailureKind.LATER,  # waited past its validity
}


def advice_on(error_code: str | None) -> DeliveryAdvice | None:
    """What a failed text's code means, UNKNOWN for one that is not listed here; None without a code."""
    if error_code is None:
        return None
    kind = _KINDS.get(error_code, FailureKind.UNKNOWN)
    return DeliveryAdvice(error_code, kind, f"The carrier gave code {error_code}.")
