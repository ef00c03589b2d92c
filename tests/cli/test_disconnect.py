"""Disconnecting, and what the daemon opens of what was connected."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from adapters.sandbox.base import Fault
from connector.errors import NeedsReauthorisation, Transient
from connector.signin.company import open_connection, wire_of
from connector.signin.leaving import disconnect
from tests.oauth_server import BAKERY, CANARY, REALM, SMITHY
from tests.oauth_world import xero_settings
from tests.office import SHARED, Office, office


@pytest.fixture
def intuit(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, "intuit") as here:
        yield here


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path, "xero") as here:
        yield here


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
    assert (code, "HTTP 503" in err) == (75, True)
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
