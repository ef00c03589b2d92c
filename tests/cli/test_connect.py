"""Connecting and disconnecting, from the command line to what the service ended up with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import httpx
import pytest
import typer
from typer.testing import CliRunner

from adapters.quickbooks.settings import QuickBooksSettings
from adapters.sandbox.base import Fault, Served
from adapters.tokens import FileKey
from adapters.xero.settings import XeroSettings
from connector.cli.connect_commands import register
from connector.errors import ConfigProblem, DuebirdError, NeedsReauthorisation, Transient
from connector.ports import TokenSet
from connector.signin.company import Custody, SignInCompany, custody_of, open_connection, wire_of
from connector.signin.landing import SignInRefused, WrongLanding
from connector.signin.leaving import disconnect
from connector.signin.steps import Connected, connect
from tests.oauth_server import BAKERY, CANARY, CLIENT_ID, REALM, SMITHY, USER, OAuthServer
from tests.oauth_world import quickbooks_settings, resolve, xero_settings

ROOT = Path(__file__).parents[2]
LANDING_PAGE = "https://books.example/landing"
SHARED = f"xero:{USER}@{CLIENT_ID}"


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


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
        return connect(company, self.custody, person or Visitor(), wire_of(company), patience=5, **how)

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


@pytest.fixture
def intuit(tmp_path: Path) -> Iterator[Office]:
    with Served(OAuthServer("intuit")) as served:
        assert isinstance(served.twin, OAuthServer)
        yield Office(served.twin, tmp_path)


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Office]:
    with Served(OAuthServer("xero")) as served:
        assert isinstance(served.twin, OAuthServer)
        yield Office(served.twin, tmp_path)


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A machine with a browser and a person who says yes; the addresses it was asked to open."""
    opened: list[str] = []

    def visit(address: str) -> bool:
        opened.append(address)
        threading.Thread(target=httpx.get, args=(address,), kwargs={"follow_redirects": True}, daemon=True).start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    return opened


# ----------------------------------------------------------------------------------------------- command line


def test_connect_opens_the_sign_in_page_and_keeps_what_came(intuit: Office, browser: list[str]) -> None:
    code, out, err = intuit.run("connect", "bakery")
    assert (code, err) == (0, "")
    assert f"Connected: The bakery (bakery) to QuickBooks, company {REALM}." in out
    assert out.endswith("Next: duebird check bakery\n")
    assert len(browser) == 1
    tokens = intuit.stored(f"quickbooks:{REALM}")
    assert tokens is not None
    assert tokens.refresh_token == intuit.server.consents[0].live
    entry = intuit.custody.book.get("bakery")
    assert entry is not None
    assert (entry.kind, entry.connection, entry.tenant_id) == ("quickbooks", f"quickbooks:{REALM}", REALM)
    assert CANARY not in out


def test_json_leaves_standard_output_to_the_result(xero: Office, browser: list[str]) -> None:
    code, out, err = xero.run("connect", "bakery", "--json")
    values = json.loads(out)
    assert code == 0
    assert (values["service"], values["tenant_id"], values["tenant_name"]) == ("xero", BAKERY, "Bakery Ltd")
    assert "sign-in page of Xero" in err
    assert browser
    code, out, err = xero.run("disconnect", "bakery", "--json")
    assert (code, json.loads(out)["service_told"], err) == (0, True, "")


def test_a_no_on_the_page_is_one_clear_sentence_and_changes_nothing(intuit: Office, browser: list[str]) -> None:
    intuit.server.says_no = True
    code, out, err = intuit.run("connect", "bakery")
    assert code == 1
    assert "answered with no. Nothing was connected." in err
    assert "Connected" not in out
    assert browser
    assert intuit.custody.book.all() == {}
    assert intuit.server.token_calls() == 0


def test_an_unknown_company_is_one_clear_sentence(intuit: Office) -> None:
    for command in ("connect", "disconnect"):
        code, out, err = intuit.run(command, "bkaery", "--config", "my.toml")
        assert (code, out) == (1, "")
        assert err == "There is no company 'bkaery' in my.toml.\nLook at duebird.toml.\n"


def test_help_shows_an_example(intuit: Office) -> None:
    assert "duebird connect bakery" in intuit.run("connect", "--help")[1]
    assert "duebird disconnect bakery" in intuit.run("disconnect", "--help")[1]


PROGRAM = """
import sys
from pathlib import Path
import typer
from connector.cli.connect_commands import register
from connector.signin.company import SignInCompany
from tests.oauth_world import quickbooks_settings, resolve

base, folder, landing = sys.argv[1:4]
app = typer.Typer()
ledger = quickbooks_settings(base, redirect_uri=landing)
register(app, lambda config, company: SignInCompany(
    company, "The bakery", ledger, resolve, Path(folder), frozenset({"bakery"})))
app(sys.argv[4:])
"""


def test_production_keys_are_connected_by_pasting_the_address_landed_on(intuit: Office) -> None:
    words = [intuit.server.base_url, str(intuit.folder / "state"), LANDING_PAGE, "connect", "bakery", "--no-browser"]
    with subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-u", "-c", PROGRAM, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=ROOT,
    ) as process:
        assert process.stdout is not None
        assert "Open this address" in process.stdout.readline()
        landed = httpx.get(process.stdout.readline().strip()).headers["location"]
        assert landed.startswith(LANDING_PAGE)
        out = process.communicate(f"nonsense\n{landed}\n", timeout=30)[0]
    assert process.returncode == 0
    assert "not the address of a finished sign-in" in out
    assert f"Connected: The bakery (bakery) to QuickBooks, company {REALM}." in out
    assert CANARY not in out.replace(landed, "")
    assert intuit.stored(f"quickbooks:{REALM}") is not None


# ------------------------------------------------------------------------------------------------ the listener


def test_an_answer_to_another_sign_in_is_refused_and_ours_still_taken(intuit: Office) -> None:
    person = Visitor(first=f"{intuit.redirect_uri}?code=canary-theirs&state=theirs&realmId=666666")
    done = intuit.connect(intuit.company(), person, browser=False)
    assert done.entry.tenant_id == REALM
    assert [page.status_code for page in person.pages[:1]] == [400]
    assert "was not used" in person.pages[0].text
    assert intuit.server.token_calls() == 1


def test_other_paths_are_nobodys_business(intuit: Office) -> None:
    person = Visitor(first=intuit.redirect_uri.replace("/callback", "/favicon.ico"))
    intuit.connect(intuit.company(), person, browser=False)
    assert person.pages[0].status_code == 404


def test_the_page_left_in_the_browser_is_not_kept_and_leaks_nothing(intuit: Office) -> None:
    person = Visitor()
    intuit.connect(intuit.company(), person, browser=False)
    person.visit.join()
    (page,) = person.pages
    assert page.status_code == 200
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert CANARY not in page.text
    with pytest.raises(httpx.ConnectError):  # the listener is gone
        httpx.get(intuit.redirect_uri)


def test_nobody_comes(intuit: Office) -> None:
    class Absent(Visitor):
        def say(self, text: str) -> None:
            self.said.append(text)

    company = intuit.company()
    with pytest.raises(DuebirdError, match="Nobody signed in"):
        connect(company, intuit.custody, Absent(), wire_of(company), browser=False, patience=0.01)


def test_a_port_in_use_is_said_before_anything_is_opened(intuit: Office) -> None:
    port = int(intuit.redirect_uri.split(":")[2].partition("/")[0])
    person = Visitor()
    with socket.create_server(("127.0.0.1", port)), pytest.raises(ConfigProblem, match=rf"Port {port}.*--paste"):
        intuit.connect(intuit.company(), person, browser=False)
    assert person.said == []
    if has_ipv6():  # a browser may take 'localhost' for either address, and the code must not go to a stranger
        with socket.create_server(("::1", port), family=socket.AF_INET6), pytest.raises(ConfigProblem, match="Port"):
            intuit.connect(intuit.company(), person, browser=False)
        assert person.said == []


def test_pasting_works_where_a_listener_could_have(intuit: Office) -> None:
    assert intuit.connect(intuit.company(), Visitor([""]), browser=False, paste=True).entry.tenant_id == REALM


def test_three_wrong_pastes_end_it(intuit: Office) -> None:
    person = Visitor(["a", "b", "c", ""])
    with pytest.raises(WrongLanding):
        intuit.connect(intuit.company(redirect_uri=LANDING_PAGE), person, browser=False)
    assert person.answers == [""]
    assert intuit.server.token_calls() == 0


# --------------------------------------------------------------------------------------------------- QuickBooks


def test_another_quickbooks_company_than_the_settings_insist_on_is_refused_before_its_code_is_used(
    intuit: Office,
) -> None:
    with pytest.raises(ConfigProblem, match=rf"{REALM} was chosen.*insist on 123456"):
        intuit.connect(intuit.company(realm_id="123456"), browser=False)
    assert intuit.server.token_calls() == 0
    assert intuit.custody.book.all() == {}
    assert intuit.connect(intuit.company(realm_id=REALM), browser=False).entry.tenant_id == REALM


def test_books_that_another_company_has_are_refused(intuit: Office) -> None:
    intuit.connect(intuit.company("bakery"), browser=False)
    before = intuit.stored(f"quickbooks:{REALM}")
    with pytest.raises(ConfigProblem, match="already belong to company 'bakery'"):
        intuit.connect(intuit.company("smithy"), browser=False)
    assert intuit.stored(f"quickbooks:{REALM}") == before
    assert intuit.server.token_calls() == 1


def test_signing_in_again_replaces_the_tokens(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    intuit.connect(intuit.company(), browser=False)
    tokens = intuit.stored(f"quickbooks:{REALM}")
    assert tokens is not None
    assert tokens.refresh_token == intuit.server.consents[1].live


def test_moving_to_other_books_forgets_the_former_sign_in(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    intuit.server.realm = "5555555"
    intuit.connect(intuit.company(), browser=False)
    assert intuit.stored(f"quickbooks:{REALM}") is None
    assert intuit.stored("quickbooks:5555555") is not None


def test_a_lost_answer_to_the_code_connects_nothing(intuit: Office) -> None:
    intuit.server.faults.append(Fault("drop_after", path="/token"))
    with pytest.raises(DuebirdError):
        intuit.connect(intuit.company(), browser=False)
    assert intuit.server.token_calls() == 1
    assert intuit.custody.book.all() == {}
    assert intuit.stored(f"quickbooks:{REALM}") is None


def test_without_a_place_for_the_tokens_nobody_is_asked_to_sign_in(intuit: Office) -> None:
    (intuit.folder / "state" / "tokens").write_text("a file where a folder should be")
    person = Visitor()
    with pytest.raises(DuebirdError, match="tokens"):
        intuit.connect(intuit.company(), person, browser=False)
    assert person.said == []


def test_without_a_key_for_the_tokens_nobody_is_asked_to_sign_in(intuit: Office) -> None:
    (intuit.folder / "state" / "token.key").write_bytes(b"damaged")
    person = Visitor()
    with pytest.raises(ConfigProblem, match="is not a key"):
        intuit.connect(intuit.company(), person, browser=False)
    assert person.said == []


# --------------------------------------------------------------------------------------------------------- Xero


def test_xero_without_a_secret_binds_the_code_to_this_program(xero: Office) -> None:
    xero.server.pkce = True
    person = Visitor()
    done = xero.connect(xero.company(grant="pkce", client_secret=None), person, browser=False)
    assert done.entry.tenant_name == "Bakery Ltd"
    assert "code_challenge_method=S256" in person.address
    (call,) = [seen for seen in xero.server.requests if seen.path == "/token"]
    assert "code_verifier=" in call.body


def test_tokens_are_kept_by_user_and_app_because_one_sign_in_serves_several_organisations(xero: Office) -> None:
    xero.server.add_organisation(SMITHY, "Smithy Ltd")
    xero.connect(xero.company("bakery", tenant_id=BAKERY), browser=False)
    xero.connect(xero.company("smithy", tenant_id=SMITHY), browser=False)
    entries = xero.custody.book.all()
    assert {entry.connection for entry in entries.values()} == {SHARED}
    assert {name: entry.tenant_name for name, entry in entries.items()} == {
        "bakery": "Bakery Ltd",
        "smithy": "Smithy Ltd",
    }
    tokens = xero.stored(SHARED)
    assert tokens is not None
    assert tokens.refresh_token == xero.server.consents[1].live  # the later sign-in, for both


def test_of_several_organisations_a_person_picks_one(xero: Office) -> None:
    xero.server.add_organisation(SMITHY, "Smithy Ltd")
    person = Visitor(["9", "x", "2"])
    assert xero.connect(xero.company(), person, browser=False).entry.tenant_id == SMITHY
    assert f"  2  Smithy Ltd  ({SMITHY})" in person.said
    again = Visitor()
    assert xero.connect(xero.company(), again, browser=False).entry.tenant_id == SMITHY  # as before, unasked


def test_a_person_who_picks_none_connects_nothing(xero: Office) -> None:
    xero.server.add_organisation(SMITHY, "Smithy Ltd")
    with pytest.raises(SignInRefused, match="No organisation was chosen"):
        xero.connect(xero.company(), Visitor(["9", "x", ""]), browser=False, paste=False)
    assert xero.stored(SHARED) is None
    assert xero.custody.book.all() == {}


def test_the_one_organisation_ticked_in_this_sign_in_is_taken_unasked(xero: Office) -> None:
    xero.server.add_organisation(SMITHY, "Smithy Ltd")

    class Ticks(Visitor):
        def _visit(self) -> None:
            landing = httpx.get(self.address)
            consent, _ = list(xero.server.codes.values())[-1]
            xero.server.organisations[1]["authEventId"] = consent.event
            httpx.get(landing.headers["location"])

    assert xero.connect(xero.company(), Ticks(), browser=False).entry.tenant_id == SMITHY


def test_an_organisation_that_was_not_allowed_is_refused_by_name(xero: Office) -> None:
    with pytest.raises(ConfigProblem, match=rf"{SMITHY}, which was not among those allowed \(Bakery Ltd"):
        xero.connect(xero.company(tenant_id=SMITHY), browser=False)
    assert xero.stored(SHARED) is None


def test_the_only_organisation_of_another_company_is_refused_and_that_company_keeps_working(xero: Office) -> None:
    xero.connect(xero.company("bakery"), browser=False)
    with pytest.raises(ConfigProblem, match="'Bakery Ltd' already belong to company 'bakery'"):
        xero.connect(xero.company("smithy"), browser=False)
    tokens = xero.stored(SHARED)
    assert tokens is not None
    # the refused sign-in replaced the user's tokens at Xero, so the bakery must live on the new ones
    assert tokens.refresh_token == xero.server.consents[1].live


def test_nothing_allowed_is_said(xero: Office) -> None:
    xero.server.organisations.clear()
    with pytest.raises(SignInRefused, match="no organisation was allowed"):
        xero.connect(xero.company(), browser=False)


def test_a_blip_when_listing_organisations_does_not_waste_the_sign_in(xero: Office) -> None:
    xero.server.faults.append(Fault("drop_before", path="/connections"))
    assert xero.connect(xero.company(), browser=False).entry.tenant_id == BAKERY


def test_a_token_that_names_no_user_is_kept_by_organisation(xero: Office) -> None:
    xero.server.with_user_claim = False
    assert xero.connect(xero.company(), browser=False).entry.connection == f"xero:{BAKERY}@{CLIENT_ID}"
    assert xero.stored(f"xero:{BAKERY}@{CLIENT_ID}") is not None


def test_a_custom_connection_asks_nobody(xero: Office) -> None:
    person = Visitor()
    done = xero.connect(xero.company(grant="client_credentials"), person)
    assert (done.entry.tenant_id, done.tokens.refresh_token) == (BAKERY, None)
    assert person.said == []
    left = disconnect(xero.company(grant="client_credentials"), xero.custody, wire_of(xero.company()))
    assert (left.told_service, "ended by its owner in Xero" in left.note) == (False, True)
    assert xero.stored(done.entry.connection) is None


@pytest.mark.parametrize("grant", ["client_credentials", "code"])
def test_a_grant_that_needs_a_secret_says_where_to_write_it(xero: Office, grant: str) -> None:
    with pytest.raises(ConfigProblem, match="client_secret ="):
        xero.connect(xero.company(grant=grant, client_secret=None))
    assert not xero.server.requests


# -------------------------------------------------------------------------------------------------- disconnect


def test_disconnecting_quickbooks_ends_the_consent_there_and_forgets_it_here(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    code, out, err = intuit.run("disconnect", "bakery")
    assert (code, err) == (0, "")
    assert "QuickBooks was told" in out
    assert intuit.server.revoked == [REALM]
    assert intuit.stored(f"quickbooks:{REALM}") is None
    code, out, _ = intuit.run("disconnect", "bakery")
    assert (code, out) == (0, "The bakery (bakery) is not connected to QuickBooks. Nothing was changed.\n")


def test_disconnecting_while_the_service_is_down_changes_nothing_unless_told_so(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    intuit.server.faults.append(Fault("status", path="/revoke", status=503))
    code, _, err = intuit.run("disconnect", "bakery")
    assert (code, "HTTP 503" in err) == (1, True)
    assert intuit.stored(f"quickbooks:{REALM}") is not None
    assert intuit.custody.book.get("bakery") is not None
    code, out, _ = intuit.run("disconnect", "bakery", "--only-here")
    assert code == 0
    assert "QuickBooks was not told" in out
    assert intuit.stored(f"quickbooks:{REALM}") is None
    assert intuit.server.revoked == []


def test_disconnecting_one_xero_company_leaves_the_users_others(xero: Office) -> None:
    xero.server.add_organisation(SMITHY, "Smithy Ltd")
    xero.connect(xero.company("bakery", tenant_id=BAKERY), browser=False)
    xero.connect(xero.company("smithy", tenant_id=SMITHY), browser=False)
    assert xero.run("disconnect", "bakery")[0] == 0
    assert [one["tenantId"] for one in xero.server.organisations] == [SMITHY]
    assert xero.server.revoked == []
    assert xero.stored(SHARED) is not None
    open_connection(xero.company("smithy"), xero.custody, wire_of(xero.company("smithy"))).tokens.current()
    assert xero.run("disconnect", "smithy")[0] == 0
    assert xero.server.organisations == []
    assert xero.stored(SHARED) is None


def test_a_connection_the_owner_ended_already_is_forgotten_here(xero: Office) -> None:
    xero.connect(xero.company(), browser=False)
    xero.server.consents[0].alive = False
    code, out, _ = xero.run("disconnect", "bakery")
    assert code == 0
    assert "Xero had already ended this connection." in out
    assert xero.stored(SHARED) is None


def test_unreadable_tokens_can_still_be_forgotten(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    intuit.custody.store._path(f"quickbooks:{REALM}").write_bytes(b"damaged")
    code, out, _ = intuit.run("disconnect", "bakery")
    assert code == 0
    assert "Remove Duebird in QuickBooks as well" in out
    assert intuit.custody.book.all() == {}


# -------------------------------------------------------------------------------------- what the daemon opens


def test_the_daemon_opens_what_was_connected(intuit: Office) -> None:
    company = intuit.company()
    with pytest.raises(NeedsReauthorisation, match=r"not connected to QuickBooks.*duebird connect bakery"):
        open_connection(company, intuit.custody, wire_of(company))
    intuit.connect(company, browser=False)
    opened = open_connection(company, intuit.custody, wire_of(company))
    assert opened.entry.tenant_id == REALM
    assert opened.tokens.current() in intuit.server.access_tokens
    assert intuit.server.refreshes == 0


def test_settings_that_name_other_books_since_are_not_served_with_the_old_ones(intuit: Office) -> None:
    intuit.connect(intuit.company(), browser=False)
    moved = intuit.company(realm_id="7777777")
    with pytest.raises(NeedsReauthorisation, match="settings now name 7777777"):
        open_connection(moved, intuit.custody, wire_of(moved))
    other = replace(moved, ledger=xero_settings(intuit.server.base_url))
    with pytest.raises(NeedsReauthorisation, match="not connected to Xero"):
        open_connection(other, intuit.custody, wire_of(other))


def test_no_file_born_of_a_sign_in_shows_a_secret(xero: Office) -> None:
    xero.connect(xero.company(), browser=False)
    xero.server.faults.append(Fault("status", path="/connections", status=503))
    with pytest.raises(Transient):
        disconnect(xero.company(), xero.custody, wire_of(xero.company()))
    files = [path for path in xero.folder.rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".key", ".json", ".tokens", ".lock"}
    assert not any(CANARY.encode() in path.read_bytes() for path in files)
