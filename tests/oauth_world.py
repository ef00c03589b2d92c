"""A connection in some world: our refresher and store here, the sign-in service of `oauth_server` there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.clock import ManualClock
from adapters.oauth.client import OAuthClient, quickbooks_client, xero_client
from adapters.oauth.refreshing import RefreshingTokens
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.sandbox.base import Served
from adapters.tokens import EncryptedTokenStore, FileKey
from adapters.xero.settings import XeroSettings
from connector.pointers import SecretPointer
from connector.ports.calls import CallKind, CallSeen, TokenSet, TokenStore, Wire
from tests.oauth_server import CLIENT_ID, CLIENT_SECRET, OAuthServer

CONNECTION = "the connection"
START = datetime(2026, 11, 23, 12, tzinfo=UTC)


class NoMeter:
    """Fails a test in which a token call is metered."""

    def before(self, service: str, kind: CallKind) -> None:
        raise AssertionError(f"a token call was metered: {service} {kind}")

    def after(self, call: CallSeen) -> None:
        raise AssertionError(f"a token call was metered: {call}")

    def pause(self, service: str, until: datetime) -> None:
        raise AssertionError(f"a token call was metered: {service} until {until}")


def resolve(pointer: SecretPointer) -> str:
    return {"env:ID": CLIENT_ID, "env:SECRET": CLIENT_SECRET}[str(pointer)]


def quickbooks_settings(base: str, **more: object) -> QuickBooksSettings:
    values = {
        "kind": "quickbooks",
        "client_id": "env:ID",
        "client_secret": "env:SECRET",
        "base_url": base,
        "authorize_url": f"{base}/authorize",
        "token_url": f"{base}/token",
        "revoke_url": f"{base}/revoke",
    }
    return QuickBooksSettings.model_validate(values | more)


def xero_settings(base: str, **more: object) -> XeroSettings:
    values = {
        "kind": "xero",
        "grant": "code",
        "client_id": "env:ID",
        "client_secret": "env:SECRET",
        "authorize_url": f"{base}/authorize",
        "token_url": f"{base}/token",
        "revoke_url": f"{base}/revoke",
        "connections_url": f"{base}/connections",
    }
    return XeroSettings.model_validate(values | more)


def store_in(folder: Path) -> EncryptedTokenStore:
    return EncryptedTokenStore(folder / "tokens", FileKey(folder / "token.key"), lock_wait=30)


@dataclass
class World:
    """One connection that somebody signed in to an hour and a half ago: its access token is over."""

    server: OAuthServer
    client: OAuthClient
    folder: Path
    clock: ManualClock
    store: EncryptedTokenStore

    @property
    def wire(self) -> Wire:
        return Wire("bakery", self.clock, NoMeter(), connect_timeout=5, read_timeout=5)

    def tokens(self, store: TokenStore | None = None) -> RefreshingTokens:
        """A refresher as a daemon that starts now would make it."""
        return RefreshingTokens(store or self.store, self.client, CONNECTION, self.wire)

    def stored(self) -> TokenSet:
        """What is on the disk, read by a store of its own."""
        found = store_in(self.folder).load(CONNECTION)
        assert found is not None
        return found

    def put(self, tokens: TokenSet) -> None:
        with self.store.exclusive(CONNECTION):
            self.store.save(CONNECTION, tokens)

    def let_pass(self, time: timedelta) -> None:
        """Time passes for both sides."""
        self.clock.advance(time)
        self.server.let_pass(time)


@contextmanager
def world(folder: Path, manners: str) -> Iterator[World]:
    server = OAuthServer(manners)
    with Served(server) as served:
        base = served.base_url
        client = (
            quickbooks_client(quickbooks_settings(base), resolve)
            if manners == "intuit"
            else xero_client(xero_settings(base), resolve)
        )
        here = World(server, client, folder, ManualClock(START), store_in(folder))
        consent = server.consent()
        begun = START - timedelta(minutes=90)
        here.put(
            TokenSet(
                access_token="canary-old-access",
                access_expires_at=begun + timedelta(seconds=server.access_seconds),
                refresh_token=consent.live,
                refresh_expires_at=begun + client.refresh_life,
                obtained_at=begun,
            )
        )
        yield here


def lasting(tokens: TokenSet) -> TokenSet:
    """The same with an access token that has 20 minutes left."""
    return replace(tokens, access_expires_at=START + timedelta(minutes=20))
