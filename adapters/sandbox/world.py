"""All four stand-ins together: two businesses, each with its books, its Stripe account and its number to text from."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from adapters.sandbox.base import Served, Twin
from adapters.sandbox.quickbooks import QuickBooksTwin, RealmSettings
from adapters.sandbox.stripe import StripeTwin
from adapters.sandbox.stripe.twin import ALL_NEEDED
from adapters.sandbox.twilio import Account, Number, Service, TwilioTwin
from adapters.sandbox.xero import TenantSeed, XeroTwin
from adapters.sandbox.xero.twin import PKCE_CLIENT

QUICKBOOKS_CLIENT: Final = "sandbox-client"
QUICKBOOKS_SECRET: Final = "sandbox-secret"
XERO_CLIENT: Final = PKCE_CLIENT
TWILIO_ACCOUNT: Final = "AC" + "5a4db0c5" * 4
TWILIO_TOKEN: Final = "sandbox-twilio-token"

# A real carrier takes seconds; who watches should not wait for a stand-in's.
SENT_AFTER: Final = 0.1
DELIVERED_AFTER: Final = 0.3


@dataclass(frozen=True)
class BusinessSeed:
    """A business, as far as the services know it. `books_id` is a realm id or a tenant id."""

    name: str
    books_id: str
    stripe_account: str
    stripe_key: str
    number: str


QUICKBOOKS_BUSINESS: Final = BusinessSeed(
    name="Northside Design",
    books_id="9130355377388383",
    stripe_account="acct_1SandboxNorthside",
    stripe_key="rk_test_sandbox_northside",
    number="+15035550100",  # 555-01xx belongs to nobody
)
XERO_BUSINESS: Final = BusinessSeed(
    name="Saltbush Pottery",
    books_id="70784a63-d24b-46a9-a4db-0e70a274b056",
    stripe_account="acct_1SandboxSaltbush",
    stripe_key="rk_test_sandbox_saltbush",
    number="+61491570006",  # kept by the Australian regulator for stories
)


class SandboxWorld:
    """Four services on loopback ports, each in a thread of its own, from `start` to `stop`.

    A QuickBooks company in US dollars with several currencies, a Xero organisation in Australian dollars, one Stripe
    test account for each, and one Twilio account with a number for each. The QuickBooks sign-in page says yes by
    itself, as Xero's stand-in always does.
    """

    def __init__(
        self,
        quickbooks: BusinessSeed = QUICKBOOKS_BUSINESS,
        xero: BusinessSeed = XERO_BUSINESS,
        ports: dict[str, int] | None = None,
    ) -> None:
        """Prepare the services.

        Args:
            quickbooks: the business whose books are in QuickBooks.
            xero: the one whose books are in Xero.
            ports: fixed ports by service; any free port for those left out.
        """
        self.quickbooks = _quickbooks(quickbooks)
        self.xero = XeroTwin(
            tenants=[TenantSeed(xero.name, xero.books_id, "AUD", "AU", "AUSEASTERNSTANDARDTIME")],
        )
        self.xero.tenant().limits.day = None  # who looks every second would spend a day's calls in half an hour
        self.stripe = StripeTwin()
        self.twilio = _twilio(quickbooks, xero)
        for business, country, currency in ((quickbooks, "US", "usd"), (xero, "AU", "aud")):
            self.stripe.add_account(business.stripe_account, business.name, {business.stripe_key: ALL_NEEDED})
            self.stripe.control.keys({"account": business.stripe_account, "country": country, "currency": currency})
        self._ports = ports or {}
        self._running = ExitStack()

    @property
    def twins(self) -> dict[str, Twin]:
        """Each service by its name."""
        return {"quickbooks": self.quickbooks, "xero": self.xero, "stripe": self.stripe, "twilio": self.twilio}

    @property
    def addresses(self) -> dict[str, str]:
        """Where each service answers, by its name; "" before `start`."""
        return {name: twin.base_url for name, twin in self.twins.items()}

    def start(self) -> Self:
        """Answer from now on.

        Raises:
            OSError: a fixed port is taken; nothing is left running.
        """
        with ExitStack() as starting:
            for name, twin in self.twins.items():
                starting.enter_context(Served(twin, self._ports.get(name, 0)))
            self._running = starting.pop_all()
        return self

    def stop(self) -> None:
        """Answer no more."""
        self._running.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def _quickbooks(business: BusinessSeed) -> QuickBooksTwin:
    settings = RealmSettings(name=business.name, multicurrency=True, timezone="America/Los_Angeles")
    settings.per_minute = None  # who looks every second, and is stopped and started again, is soon above 500 calls
    twin = QuickBooksTwin({business.books_id: settings}, client_id=QUICKBOOKS_CLIENT, client_secret=QUICKBOOKS_SECRET)
    twin.tokens.consents_at_once = business.books_id
    return twin


def _twilio(*businesses: BusinessSeed) -> TwilioTwin:
    twin = TwilioTwin()
    numbers = {one.number: Number(one.number) for one in businesses}
    account = Account(TWILIO_ACCOUNT, TWILIO_TOKEN, "Sandbox account", numbers=numbers)
    for one in businesses:
        if one.number.startswith("+1"):  # registered as US carriers ask: in the service of an approved campaign
            sid = f"MG{int(one.number):032x}"
            account.services[sid] = Service(sid, one.name, [one.number], use_inbound_webhook_on_number=True)
    twin.world.accounts[TWILIO_ACCOUNT] = account
    twin.world.habits.sent_after = SENT_AFTER
    twin.world.habits.delivered_after = DELIVERED_AFTER
    return twin
