"""Whether a connection to Xero may book customers' credits, and that it is asked for where they are wanted."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from adapters.oauth.client import XERO_SCOPES, all_scopes
from adapters.xero.inspection import credit_permission
from adapters.xero.settings import XeroSettings
from connector.ports.findings import Weight
from connector.signin.company import SignInCompany, client_of


def token(*scopes: str) -> str:
    """An access token as Xero makes them, as far as it is read here."""
    said = base64.urlsafe_b64encode(json.dumps({"scope": list(scopes)}).encode()).decode().rstrip("=")
    return f"head.{said}.seal"


def test_a_connection_without_the_permission_is_told_with_what_to_grant() -> None:
    [finding] = credit_permission(token(*XERO_SCOPES))
    assert finding.weight is Weight.PROBLEM
    assert "accounting.banktransactions" in finding.fix


@pytest.mark.parametrize(
    "access", [token("accounting.banktransactions"), token("accounting.transactions"), "of another form"]
)
def test_one_that_has_it_or_does_not_tell_is_let_be(access: str) -> None:
    assert credit_permission(access) == []


@pytest.mark.parametrize("wanted", [True, False])
def test_it_is_asked_for_where_the_settings_want_credits_and_only_there(tmp_path: Path, wanted: bool) -> None:  # noqa: FBT001
    ledger = XeroSettings.model_validate(
        {"kind": "xero", "client_id": "env:X", "redirect_uri": "http://localhost:8080/callback"}
    )
    company = SignInCompany(
        "acme", "Acme", ledger, lambda _: "client-1", tmp_path, frozenset({"acme"}), books_entries=wanted
    )
    assert ("accounting.banktransactions" in all_scopes(client_of(company)).split()) == wanted
