"""The steps of `duebird connect`.

Whatever goes wrong, the company is as it was before: tokens and book change only at the end, and tokens that other
companies use are never thrown away.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Protocol

from adapters.oauth.calls import XeroConnection, client_credentials, exchange_code, xero_connections
from adapters.oauth.client import Grant, OAuthClient, authorisation_address, challenge_of, new_verifier
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.transport import patiently
from adapters.xero.settings import XeroSettings
from connector.errors import ConfigProblem, NeedsReauthorisation, Rejected, Transient
from connector.ports.calls import TokenSet, Wire
from connector.signin.book import ConnectionEntry, taken
from connector.signin.company import Custody, SignInCompany, client_of
from connector.signin.landing import Landing, SignInRefused, WrongLanding, read_landing
from connector.signin.listener import WAIT, RedirectListener

TRIES: Final = 3  # for a person to paste or to choose; whoever fails three times needs the help text, not a fourth


class Person(Protocol):
    """Whoever sits at the terminal."""

    def say(self, text: str) -> None:
        """Show a line."""
        ...

    def ask(self, question: str) -> str:
        """Wait for a line."""
        ...

    def open_browser(self, address: str) -> bool:
        """Try to open a browser; False when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Connected:
    """What `connect` did."""

    entry: ConnectionEntry
    title: str  # of the service
    tokens: TokenSet


@dataclass(frozen=True, slots=True)
class _Attempt:
    """One run of `connect`."""

    company: SignInCompany
    client: OAuthClient
    custody: Custody
    person: Person
    wire: Wire

    @property
    def others(self) -> frozenset[str]:
        return self.company.companies - {self.company.company}


def connect(
    company: SignInCompany,
    custody: Custody,
    person: Person,
    wire: Wire,
    *,
    browser: bool = True,
    paste: bool = False,
    patience: float = WAIT,
) -> Connected:
    """Sign a company in, or again.

    Args:
        company: to be connected.
        custody: where tokens go.
        person: who signs in.
        wire: for the calls.
        browser: open a browser; else the address is only shown.
        paste: let the person paste the address even where a listener could take it.
        patience: seconds the listener waits.

    Raises:
        DuebirdError: and its kinds; nothing was connected, and what was connected before still is.
    """
    client = client_of(company)
    if client.grant is not Grant.PKCE and client.client_secret is None:
        raise ConfigProblem(
            f"Company '{company.company}' signs in with grant = \"{client.grant}\", which needs a client_secret.",
            advice=f'Write where it is, such as client_secret = "env:XERO_CLIENT_SECRET" (see {client.portal}).',
        )
    custody.store.ready()  # what is given must have a place before it is asked for
    custody.book.all()
    run = _Attempt(company, client, custody, person, wire)
    if client.grant is Grant.CLIENT_CREDENTIALS:
        return _custom_connection(run)
    verifier = new_verifier() if client.grant is Grant.PKCE else None
    landing = _landing(run, verifier, browser=browser, paste=paste, patience=patience)
    if isinstance(company.ledger, QuickBooksSettings):
        return _quickbooks(run, company.ledger, landing)
    return _xero(run, company.ledger, landing, verifier)


# ------------------------------------------------------------------------------------------------ the sign-in page


def _landing(run: _Attempt, verifier: str | None, *, browser: bool, paste: bool, patience: float) -> Landing:
    state = secrets.token_urlsafe(32)
    address = authorisation_address(run.client, state, challenge_of(verifier) if verifier else None)
    if paste or not run.client.listens_here:
        _show(run, address, browser=browser)
        return _pasted(run, state)
    listener = RedirectListener(run.client.redirect_uri, state)
    with listener.listening():
        _show(run, address, browser=browser)
        run.person.say(f"Waiting for the answer (at most {patience / 60:.0f} minutes; Ctrl-C stops) ...")
        return listener.wait(patience)


def _show(run: _Attempt, address: str, *, browser: bool) -> None:
    opened = browser and run.person.open_browser(address)
    run.person.say(
        f"Your browser should now show the sign-in page of {run.client.title}. If it does not, open this address:"
        if opened
        else f"Open this address in a browser and sign in to {run.client.title}:"
    )
    run.person.say(address)


def _pasted(run: _Attempt, state: str) -> Landing:
    run.person.say(
        f"After you have said yes you are sent to an address that begins with {run.client.redirect_uri} - "
        "the page itself may be empty or missing. Copy the whole address from the browser's address bar."
    )
    for left in range(TRIES - 1, -1, -1):
        try:
            return read_landing(run.person.ask("Paste the address here"), state)
        except WrongLanding as wrong:
            if not left:
                raise
            run.person.say(str(wrong))
    raise AssertionError("the loop returns or raises")


# ------------------------------------------------------------------------------------------------------ QuickBooks


def _quickbooks(run: _Attempt, settings: QuickBooksSettings, landing: Landing) -> Connected:
    """One consent is one company. Everything is checked before the code is used: then a refusal leaves nothing."""
    realm = landing.realm_id
    if realm is None:
        raise SignInRefused(
            "QuickBooks did not say which company was chosen ('realmId=' is missing). Nothing was connected.",
            advice="Paste the whole address, unchanged; the app must ask for accounting access.",
        )
    if settings.realm_id is not None and realm != settings.realm_id:
        raise ConfigProblem(
            f"The QuickBooks company {realm} was chosen, but the settings of '{run.company.company}' insist on "
            f"{settings.realm_id}. Nothing was connected.",
            advice="Run the command again and choose that company; or correct realm_id in the settings.",
        )
    holder = run.custody.book.holder_of("quickbooks", realm, run.others)
    if holder is not None:
        raise taken(realm, holder)
    tokens = exchange_code(run.client, landing.code, None, run.wire)
    connection = f"quickbooks:{realm}"
    with _kept(run, connection, tokens):
        name = _company_opened(run, settings, realm, tokens)
        return _entered(run, ConnectionEntry("quickbooks", connection, realm, name, run.wire.clock.now()), tokens)


class _FreshToken:
    """The access token of this sign-in, which is minutes old: one that is refused is no matter of its age."""

    def __init__(self, text: str) -> None:
        self._text = text

    def current(self) -> str:
        return self._text

    def renewed(self, refused: str) -> str:
        del refused
        raise NeedsReauthorisation("QuickBooks does not accept the token it has just given.", service="quickbooks")


def _company_opened(run: _Attempt, settings: QuickBooksSettings, realm: str, tokens: TokenSet) -> str:
    """The company's name, read from it: the id in the address may have been changed on its way to us, the token not.

    "" where QuickBooks cannot be read just now: the sign-in stands, and the name is learned later.
    """
    from adapters.quickbooks.checks import company_name  # brings the SDK along
    from adapters.quickbooks.wire import QuickBooksWire

    try:
        return company_name(QuickBooksWire(settings, realm, _FreshToken(tokens.access_token), run.wire), realm)
    except NeedsReauthorisation as error:
        raise SignInRefused(
            f"This sign-in does not open the company {realm} that the address names. Nothing was connected.",
            code=error.code,
            advice="Run the same command again, and paste the address you land on unchanged. If it stays so, compare "
            "environment in the settings with the keys of your Intuit app: development keys open test companies only.",
        ) from error
    except (Transient, Rejected):
        return ""


# ------------------------------------------------------------------------------------------------------------ Xero


def _xero(run: _Attempt, settings: XeroSettings, landing: Landing, verifier: str | None) -> Connected:
    """One token serves all organisations of a user, and a later consent of that user replaces it for all of them.

    So tokens are kept by user and app, and saved first of all: another company may live on them from now on.
    """
    tokens = exchange_code(run.client, landing.code, verifier, run.wire)
    claims = _claims(tokens.access_token)
    user, consent = claims.get("xero_userid", ""), claims.get("authentication_event_id", "")
    if user:
        connection = f"xero:{user}@{run.client.client_id}"
        with _kept(run, connection, tokens):
            return _entered(run, _chosen(run, settings, connection, tokens, consent), tokens)
    seat = _seat(run, settings, _seats(run, tokens.access_token), consent)
    entry = _entry_for(run, f"xero:{seat.tenant_id}@{run.client.client_id}", seat)
    with _kept(run, entry.connection, tokens):
        return _entered(run, entry, tokens)


def _custom_connection(run: _Attempt) -> Connected:
    """Nobody signs in: the app's own keys open the one organisation it was made for."""
    settings = run.company.ledger
    if not isinstance(settings, XeroSettings):
        raise AssertionError("only Xero has custom connections")  # noqa: TRY004 - our own slip, not a caller's type
    connection = f"xero:custom@{run.client.client_id}"
    tokens = client_credentials(run.client, run.wire)
    with _kept(run, connection, tokens):
        return _entered(run, _chosen(run, settings, connection, tokens, ""), tokens)


def _chosen(run: _Attempt, settings: XeroSettings, connection: str, tokens: TokenSet, consent: str) -> ConnectionEntry:
    return _entry_for(run, connection, _seat(run, settings, _seats(run, tokens.access_token), consent))


def _seats(run: _Attempt, access_token: str) -> list[XeroConnection]:
    return patiently(lambda: xero_connections(run.client, access_token, run.wire), run.wire)


def _seat(run: _Attempt, settings: XeroSettings, seats: Sequence[XeroConnection], consent: str) -> XeroConnection:
    """The organisation this company is to have: the configured one, the only one, or the one a person picks."""
    company = run.company.company
    if settings.tenant_id is not None:
        wanted = [seat for seat in seats if seat.tenant_id.lower() == settings.tenant_id.lower()]
        if not wanted:
            raise ConfigProblem(
                f"The settings of '{company}' insist on the Xero organisation {settings.tenant_id}, which was not "
                f"among those allowed ({_names(seats) or 'none'}). Nothing was connected.",
                advice="Run the command again and choose that organisation; or correct tenant_id in the settings.",
            )
        seats = wanted
    held = {seat.tenant_id: run.custody.book.holder_of("xero", seat.tenant_id, run.others) for seat in seats}
    free = [seat for seat in seats if held[seat.tenant_id] is None]
    if not free:
        for seat in seats:
            raise taken(seat.name or seat.tenant_id, held[seat.tenant_id] or "")
        raise SignInRefused(
            "Xero says that no organisation was allowed. Nothing was connected.",
            advice="Run the command again and choose an organisation on Xero's page.",
        )
    for likely in (
        [seat for seat in free if consent and seat.consent_id == consent],  # chosen on the page a moment ago
        [seat for seat in free if _had_before(run, seat)],
        free,
    ):
        if len(likely) == 1:
            return likely[0]
    return _picked(run.person, free)


def _had_before(run: _Attempt, seat: XeroConnection) -> bool:
    before = run.custody.book.get(run.company.company)
    return before is not None and before.tenant_id == seat.tenant_id


def _picked(person: Person, seats: Sequence[XeroConnection]) -> XeroConnection:
    person.say("You let Duebird into several organisations. Which one is this company?")
    for number, seat in enumerate(seats, 1):
        person.say(f"  {number}  {seat.name}  ({seat.tenant_id})")
    for _ in range(TRIES):
        answer = person.ask(f"Number (1 to {len(seats)})").strip()
        if answer.isascii() and answer.isdigit() and 1 <= int(answer) <= len(seats):
            return seats[int(answer) - 1]
        person.say(f"'{answer[:20]}' is not one of the numbers.")
    raise SignInRefused(
        "No organisation was chosen. Nothing was connected.",
        advice="Run the command again; or write the organisation's id as tenant_id in the settings.",
    )


def _names(seats: Sequence[XeroConnection]) -> str:
    return ", ".join(f"{seat.name} {seat.tenant_id}" for seat in seats)


def _claims(access_token: str) -> dict[str, str]:
    """What Xero's access token says of itself, unverified: it came from Xero over TLS, and decides nothing but a name.

    Empty where it is no JWT.
    """
    try:
        part = access_token.split(".")[1]
        values = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return {k: v for k, v in values.items() if isinstance(v, str)} if isinstance(values, dict) else {}


# --------------------------------------------------------------------------------------------------------- keeping


def _entry_for(run: _Attempt, connection: str, seat: XeroConnection) -> ConnectionEntry:
    return ConnectionEntry("xero", connection, seat.tenant_id, seat.name, run.wire.clock.now())


@contextmanager
def _kept(run: _Attempt, connection: str, tokens: TokenSet) -> Iterator[None]:
    """Tokens are saved on entry, and thrown away again when what follows fails and nobody else lives on them."""
    with run.custody.store.exclusive(connection):
        run.custody.store.save(connection, tokens)
    try:
        yield
    except BaseException:
        _forget_unused(run, connection)
        raise


def _entered(run: _Attempt, entry: ConnectionEntry, tokens: TokenSet) -> Connected:
    before = run.custody.book.get(run.company.company)
    run.custody.book.claim(run.company.company, entry, run.company.companies)
    if before is not None and before.connection != entry.connection:
        _forget_unused(run, before.connection)
    return Connected(entry, run.client.title, tokens)


def _forget_unused(run: _Attempt, connection: str) -> None:
    if run.custody.book.users_of(connection) & run.company.companies:
        return
    with run.custody.store.exclusive(connection):
        run.custody.store.forget(connection)
