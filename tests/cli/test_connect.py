"""Connecting and disconnecting, from the command line to what the service ended up with."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from adapters.sandbox.base import Fault
from connector.errors import ConfigProblem, DuebirdError
from connector.signin.company import wire_of
from connector.signin.landing import SignInRefused, WrongLanding
from connector.signin.leaving import disconnect
from connector.signin.steps import connect
from tests.oauth_server import BAKERY, CANARY, CLIENT_ID, REALM, SMITHY
from tests.office import SHARED, Office, Visitor, has_ipv6, office

ROOT = Path(__file__).parents[2]
LANDING_PAGE = "https://books.example/landing"


@pytest.fixture
def intuit(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, "intuit") as here:
        yield here


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, "xero") as here:
        yield here


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
    assert f"Connected: The bakery (bakery) to QuickBooks, 'Bakery Inc' ({REALM})." in out
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
        assert (code, out) == (78, "")
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
    assert f"Connected: The bakery (bakery) to QuickBooks, 'Bakery Inc' ({REALM})." in out
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


def test_a_listener_that_nobody_comes_to_says_so(intuit: Office) -> None:
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


class Misreader(Visitor):
    """Somebody in whose paste the company's id is another one."""

    def ask(self, question: str) -> str:
        return super().ask(question).replace(f"realmId={REALM}", "realmId=666666")


def test_a_company_that_the_sign_in_does_not_open_is_refused(intuit: Office) -> None:
    with pytest.raises(SignInRefused, match="does not open the company 666666"):
        intuit.connect(intuit.company(), Misreader([""]), browser=False, paste=True)
    assert intuit.custody.book.all() == {}
    assert intuit.stored("quickbooks:666666") is None


def test_a_sign_in_is_kept_though_the_companys_name_cannot_be_read_just_now(intuit: Office) -> None:
    intuit.server.faults.append(Fault("status", path="/v3/.*", status=503, times=9))
    entry = intuit.connect(intuit.company(), browser=False).entry
    assert (entry.tenant_id, entry.tenant_name) == (REALM, "")
    assert intuit.stored(f"quickbooks:{REALM}") is not None


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
