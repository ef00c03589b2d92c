"""The services Duebird knows: their settings, and where their adapters are, without importing those.

A new ledger is one line in `LedgerSettings`, `LEDGER_SETTINGS` and `LEDGERS` each.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import Field

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.settings_base import ServiceSettings
from adapters.xero.settings import XeroSettings

LedgerSettings = Annotated[QuickBooksSettings | XeroSettings, Field(discriminator="kind")]

# kind -> settings class
LEDGER_SETTINGS: Final[dict[str, type[ServiceSettings]]] = {
    "quickbooks": QuickBooksSettings,
    "xero": XeroSettings,
}

# kind -> the class behind the ports `Ledger` and `LedgerReader`, as "module:name"; its module imports an SDK and waits
# until it is needed
LEDGERS: Final[dict[str, str]] = {
    "quickbooks": "adapters.quickbooks.records:QuickBooksRecords",
    "xero": "adapters.xero.entries:XeroEntries",
}

# the class behind the port `Post`, for letters to the owner
POST: Final = "adapters.smtp.post:SmtpPost"


@dataclass(frozen=True, slots=True)
class Door:
    """A webhook a service may call: whose settings (`section`) name the `secret`, and who reads it ("module:name")."""

    section: str
    secret: str
    reader: str
    kind: str = ""  # of the ledger, where the section is that
    by_address: bool = False  # the address is part of what is signed: `daemon.public_url` must be known


# the end of the address -> the door there
DOORS: Final[dict[str, Door]] = {
    "stripe": Door("stripe", "webhook_secret", "adapters.stripe.webhooks:heard"),
    "twilio/inbound": Door("twilio", "auth_token", "adapters.twilio.webhooks:inbound", by_address=True),
    "twilio/status": Door("twilio", "auth_token", "adapters.twilio.webhooks:status", by_address=True),
    "quickbooks": Door("ledger", "webhook_verifier", "adapters.quickbooks.webhooks:heard", kind="quickbooks"),
    "xero": Door("ledger", "webhook_key", "adapters.xero.webhooks:heard", kind="xero"),
}


def imported(dotted: str) -> Any:
    """The object that "package.module:name" names.

    Raises:
        ImportError: the module is missing, or one that it needs.
        AttributeError: the module has no such name.
    """
    module, _, name = dotted.partition(":")
    return getattr(importlib.import_module(module), name)
