"""What signing in needs to know of a company, and where its tokens are kept. Light: `status` imports it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from adapters.clock import SystemClock
from adapters.oauth.client import (
    XERO_BANK_SCOPES,
    XERO_NOTE_SCOPES,
    OAuthClient,
    Resolve,
    quickbooks_client,
    xero_client,
)
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.tokens import EncryptedTokenStore, choose_key_source
from adapters.xero.settings import XeroSettings
from connector.errors import NeedsReauthorisation
from connector.ports.calls import CallKind, CallSeen, Wire
from connector.signin.book import ConnectionBook, ConnectionEntry

if TYPE_CHECKING:
    from adapters.oauth.refreshing import RefreshingTokens


@dataclass(frozen=True, slots=True)
class SignInCompany:
    """One company of the configuration, as far as signing in is concerned."""

    company: str  # its id in the configuration
    name: str
    ledger: QuickBooksSettings | XeroSettings
    resolve: Resolve  # reads a secret
    state_folder: Path
    companies: frozenset[str]  # ids of all companies of the configuration, this one too
    books_refunds: bool = False  # credit notes too
    books_entries: bool = False  # bank transactions too: more is wished for than reading invoices and booking payments


@dataclass(frozen=True, slots=True)
class Custody:
    """The tokens of an installation, and the book of who uses them."""

    store: EncryptedTokenStore
    book: ConnectionBook


@dataclass(frozen=True, slots=True)
class OpenConnection:
    """A company's connection, ready for its ledger adapter."""

    entry: ConnectionEntry
    client: OAuthClient
    tokens: RefreshingTokens


class Unmetered:
    """The meter of a sign-in: its few calls, made by hand, count against no budget."""

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead."""

    def after(self, call: CallSeen) -> None:
        """Count nothing."""

    def pause(self, service: str, until: object) -> None:
        """Hold nothing up."""


def custody_of(state_folder: Path, key_in: Literal["auto", "keyring", "file"] = "auto") -> Custody:
    """Tokens and book of this installation; makes no file yet.

    Args:
        state_folder: the private folder of this installation.
        key_in: where the key of the tokens is to be kept, while that is not decided yet.

    Raises:
        ConfigProblem: the key is in a keyring that is not there.
    """
    folder = state_folder / "tokens"
    return Custody(EncryptedTokenStore(folder, choose_key_source(state_folder, key_in).source), ConnectionBook(folder))


def client_of(company: SignInCompany) -> OAuthClient:
    """The company's app at its ledger's service."""
    if isinstance(company.ledger, QuickBooksSettings):
        return quickbooks_client(company.ledger, company.resolve)
    client = xero_client(company.ledger, company.resolve)
    entries = XERO_BANK_SCOPES if company.books_entries else ()
    notes = XERO_NOTE_SCOPES if company.books_refunds else ()
    return replace(client, wished=(*client.wished, *entries, *notes))


def wire_of(company: SignInCompany) -> Wire:
    """A wire for signing in: the machine's clock, the company's time-outs, no budget."""
    times = company.ledger
    return Wire(company.company, SystemClock(), Unmetered(), times.connect_timeout, times.read_timeout)


def open_connection(company: SignInCompany, custody: Custody, wire: Wire) -> OpenConnection:
    """The connection `duebird connect` made, for whoever builds the ledger adapter. Makes no call.

    Raises:
        NeedsReauthorisation: the company is not connected, or its settings now name other books.
    """
    from adapters.oauth.refreshing import RefreshingTokens  # brings httpx along

    entry, settings = custody.book.get(company.company), company.ledger
    client = client_of(company)
    if entry is None or entry.kind != settings.kind:
        raise NeedsReauthorisation(
            f"Company '{company.company}' is not connected to {client.title}.",
            service=client.service,
            code="not_connected",
            advice=f"Type: duebird connect {company.company}",
        )
    wanted = settings.realm_id if isinstance(settings, QuickBooksSettings) else settings.tenant_id
    if wanted is not None and wanted.lower() != entry.tenant_id.lower():
        raise NeedsReauthorisation(
            f"Company '{company.company}' is connected to the books {entry.tenant_name or entry.tenant_id}, "
            f"but its settings now name {wanted}.",
            service=client.service,
            code="other_books",
            advice=f"Type: duebird connect {company.company}",
        )
    return OpenConnection(entry, client, RefreshingTokens(custody.store, client, entry.connection, wire))
