"""The address the world knows us by is one that a service can call, and that nobody else can listen in on."""

from __future__ import annotations

import pytest

from tests.unit.config_text import company, loaded, problems


def daemon(url: str) -> str:
    return f'[daemon]\npublic_url = "{url}"\n' + company()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("https://hooks.acme.example", "https://hooks.acme.example"),
        ("https://acme.example:8443/duebird/", "https://acme.example:8443/duebird"),
        ("http://127.0.0.1:8766", "http://127.0.0.1:8766"),
    ],
)
def test_a_public_address_is_taken_without_its_last_slash(written: str, meant: str) -> None:
    assert loaded(daemon(written)).settings.daemon.public_url == meant


@pytest.mark.parametrize(
    "url",
    [
        *("http://hooks.acme.example", "hooks.acme.example", "https://", "https://u:p@acme.example", ""),
        *("https://acme.example/?a=b", "https://acme.example/#x", "https://acme.example:x", "https://acmé.example"),
    ],
)
def test_an_address_that_cannot_be_signed_or_is_not_safe_is_refused(url: str) -> None:
    [problem] = problems(daemon(url))
    assert problem.path == "daemon.public_url"
