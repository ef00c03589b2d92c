"""An installation with two companies, and people who sign in to the service of `oauth_server`."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import typer
from typer.testing import CliRunner

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.sandbox.base import Served
from adapters.tokens import FileKey
from adapters.xero.settings import XeroSettings
from connector.cli.connect_commands import register
from connector.errors import ConfigProblem
from connector.ports.calls import TokenSet
from connector.signin.company import Custody, SignInCompany, custody_of, wire_of
from connector.signin.steps import Connected, connect
from tests.oauth_server import CLIENT_ID, USER, OAuthServer
from tests.oauth_world import quickbooks_settings, resolve, xero_settings
from tests.ports import free_port

SHARED = f"xero:{USER}@{CLIENT_ID}"  # the sign-in that serves all organisations of a Xero user


def has_ipv6() -> bool:
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


@dataclass
class Office:
    """An installation with two companies, and the service both sign in to."""

    server: OAuthServer
    folder: Path
    redirect_uri: str = field(default_factory=lambda: f"http://localhost:{free_port()}/callback")

    def __post_init__(self) -> None:
        FileKey(self.folder / "state" / "token.key").key(create=True)  # leaves this machine's real keyring alone

    def company(self, name: str = "bakery", **more: object) -> SignInCompany:
        values = {"redirect_uri": self.redirect_uri} | more
        base = self.server.base_url
        ledger: QuickBooksSettings | XeroSettings = (
            quickbooks_settings(base, **values) if self.server.manners == "intuit" else xero_settings(base, **values)
        )
        companies = frozenset({"bakery", "smithy"})
        return SignInCompany(name, f"The {name}", ledger, resolve, self.folder / "state", companies)

    @property
    def custody(self) -> Custody:
        return custody_of(self.folder / "state")

    def stored(self, connection: str) -> TokenSet | None:
        return self.custody.store.load(connection)

    def connect(self, company: SignInCompany, person: Visitor | None = None, **how: bool) -> Connected:
        return connect(company, self.custody, person or Visitor(), wire_of(company), patience=60, **how)

    def run(self, *words: str) -> tuple[int, str, str]:
        """Type a command; returns exit code, standard output and standard error."""
        app = typer.Typer()

        def load(config: Path | None, company: str) -> SignInCompany:
            if company not in {"bakery", "smithy"}:
                raise ConfigProblem(f"There is no company '{company}' in {config}.", advice="Look at duebird.toml.")
            return self.company(company)

        register(app, load)
        result = CliRunner().invoke(app, list(words))
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.stdout, result.stderr


@dataclass
class Visitor:
    """A person who opens the shown address (on another machine, say), signs in, and pastes or picks as told."""

    answers: list[str] = field(default_factory=list)  # to questions; "" pastes the address landed on
    first: str = ""  # an address somebody else makes the browser ask for before
    said: list[str] = field(default_factory=list)
    pages: list[httpx.Response] = field(default_factory=list)
    address: str = ""
    visit: threading.Thread = field(default_factory=threading.Thread)

    def say(self, text: str) -> None:
        self.said.append(text)
        if text.startswith("http"):
            self.address = text
        if text.startswith("Waiting"):
            self.visit = threading.Thread(target=self._visit, daemon=True)
            self.visit.start()

    def _visit(self) -> None:
        for address in filter(None, (self.first, self.address)):
            self.pages.append(httpx.get(address, follow_redirects=True))

    def ask(self, question: str) -> str:
        self.said.append(question)
        answer = self.answers.pop(0)
        return answer or httpx.get(self.address).headers["location"]

    def open_browser(self, address: str) -> bool:
        raise AssertionError(f"no browser is wanted here for {address}")


@contextmanager
def office(folder: Path, manners: str) -> Iterator[Office]:
    server = OAuthServer(manners)
    with Served(server):
        yield Office(server, folder)
