"""The stand-in as one object: `Served(XeroTwin())` answers as Xero's three hosts do, on one port."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import ClassVar

from starlette.routing import Route

from adapters.sandbox.base import Twin, TwinClock
from adapters.sandbox.xero.api import Accounting
from adapters.sandbox.xero.api_bank import BankingApi
from adapters.sandbox.xero.books import Books, TenantSeed
from adapters.sandbox.xero.control import Control
from adapters.sandbox.xero.control_bank import BankControl
from adapters.sandbox.xero.identity import ALL_SCOPES, FOR_EVER, App, Identity
from adapters.sandbox.xero.world import Tenant, World

# Apps that exist from the start, one for each way to sign in.
PKCE_CLIENT = "SANDBOXPKCE00000000000000000000"
WEB_CLIENT = "SANDBOXWEB000000000000000000000"
CUSTOM_CLIENT = "SANDBOXCUSTOM000000000000000000"
CLIENT_SECRET = "sandbox-xero-secret"


class XeroTwin(Twin):
    """Xero with one or several organisations.

    Below `base_url`: `/api.xro/2.0` (accounting), `/identity/connect/authorize`, `/connect/token`,
    `/connect/revocation`, `/connections`.
    """

    name: ClassVar[str] = "xero"

    def __init__(self, clock: TwinClock | None = None, tenants: Iterable[TenantSeed] = (TenantSeed(),)) -> None:
        super().__init__(clock)
        self.world = World(self.clock, tuple(tenants))
        self.identity = Identity(self.world)
        for app in (
            App(PKCE_CLIENT, None),
            App(WEB_CLIENT, CLIENT_SECRET),
            App(CUSTOM_CLIENT, CLIENT_SECRET, custom=True),
        ):
            self.identity.apps[app.client_id] = app

    def provider_routes(self) -> list[Route]:
        accounting = Accounting(self.world, self.identity)
        return [*accounting.routes(), *BankingApi(accounting).routes(), *self.identity.routes()]

    def control_routes(self) -> list[Route]:
        return [*Control(self.world, self.identity).routes(), *BankControl(self.world).routes()]

    @property
    def api_url(self) -> str:
        """What stands for https://api.xero.com/api.xro/2.0."""
        return f"{self.base_url}/api.xro/2.0"

    @property
    def books(self) -> Books:
        """Records of the first organisation."""
        return self.world.tenant().books

    def tenant(self, tenant_id: str | None = None) -> Tenant:
        return self.world.tenant(tenant_id)

    def add_tenant(self, seed: TenantSeed) -> Tenant:
        return self.world.add_tenant(seed)

    def seed_token(
        self,
        text: str = "sandbox-xero-token",
        *,
        scopes: frozenset[str] = ALL_SCOPES,
        tenants: frozenset[str] | None = None,
        life: timedelta = FOR_EVER,
    ) -> str:
        """Make an access token valid without any sign-in."""
        return self.identity.mint(scopes, life, text, tenants).text

    def revoke_token(self, text: str) -> None:
        self.identity.access[text].revoked = True
