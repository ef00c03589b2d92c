"""The steps of `duebird disconnect`: tell the service first, then forget; never end what other companies use."""

from __future__ import annotations

from dataclasses import dataclass

from adapters.oauth.calls import drop_xero_connection, revoke, xero_connections
from adapters.oauth.client import TITLES, Grant, OAuthClient
from adapters.oauth.refreshing import RefreshingTokens
from connector.errors import NeedsReauthorisation
from connector.ports.calls import Wire
from connector.signin.book import ConnectionEntry
from connector.signin.company import Custody, SignInCompany, client_of


@dataclass(frozen=True, slots=True)
class Left:
    """What `disconnect` did. `entry` is None when there was nothing to do."""

    entry: ConnectionEntry | None
    title: str  # of the service
    told_service: bool
    note: str = ""  # what a person should still do


def disconnect(company: SignInCompany, custody: Custody, wire: Wire, *, only_here: bool = False) -> Left:
    """End a company's connection at its service and forget its tokens. Harmless to repeat.

    Args:
        company: to be disconnected.
        custody: where its tokens are.
        wire: for the calls.
        only_here: forget the tokens without telling the service.

    Raises:
        Transient: the service could not be told; nothing was changed here.
        NeedsReauthorisation: our own keys are wrong, so the service cannot be told.
    """
    entry, title = custody.book.get(company.company), TITLES[company.ledger.kind]
    if entry is None:
        return Left(None, title, told_service=False)
    shared = bool(custody.book.users_of(entry.connection) & (company.companies - {company.company}))
    elsewhere = f"Remove Duebird in {title} as well, in its list of connected apps."
    told, note = False, elsewhere
    if entry.kind == company.ledger.kind and not only_here:
        told, note = _tell(client_of(company), custody, entry, wire, elsewhere)
    custody.book.remove(company.company)
    if not shared:
        with custody.store.exclusive(entry.connection):
            custody.store.forget(entry.connection)
    return Left(entry, title, told, note)


def _tell(
    client: OAuthClient, custody: Custody, entry: ConnectionEntry, wire: Wire, elsewhere: str
) -> tuple[bool, str]:
    """Whether the service was told, and what is left to a person."""
    if client.grant is Grant.CLIENT_CREDENTIALS:
        return False, "A custom connection is ended by its owner in Xero: Settings, Connected apps."
    try:
        if client.service == "quickbooks":
            return _revoke(client, custody, entry, wire), ""
        return _leave_organisation(client, custody, entry, wire), ""
    except NeedsReauthorisation as error:
        if error.code in {"invalid_grant", "not_connected", "401", "403"}:
            return False, f"{client.title} had already ended this connection."
        if error.code == "unreadable":
            return False, elsewhere
        raise


def _revoke(client: OAuthClient, custody: Custody, entry: ConnectionEntry, wire: Wire) -> bool:
    with custody.store.exclusive(entry.connection):
        tokens = custody.store.load(entry.connection)
        if tokens is None:
            return False
        revoke(client, tokens.refresh_token or tokens.access_token, wire)
        return True


def _leave_organisation(client: OAuthClient, custody: Custody, entry: ConnectionEntry, wire: Wire) -> bool:
    """Leave this one organisation. Revoking the token would take away all the user's others as well."""
    access = RefreshingTokens(custody.store, client, entry.connection, wire).current()
    for seat in xero_connections(client, access, wire):
        if seat.tenant_id == entry.tenant_id:
            drop_xero_connection(client, access, seat.connection_id, wire)
    return True
