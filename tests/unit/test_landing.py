"""What people paste after signing in, and what comes by redirect."""

from __future__ import annotations

import pytest

from connector.signin.landing import SignInRefused, WrongLanding, read_landing

STATE = "the-state"
GOOD = "https://books.example/landing?code=canary-code&state=the-state&realmId=9130355377388383"


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"  {GOOD}\n",
        f"'{GOOD}'",
        f"<{GOOD}>",
        GOOD.replace("&state", "&\n  state"),
        GOOD.partition("?")[2],
        "?" + GOOD.partition("?")[2],
        GOOD + "#fragment",
        "/landing?" + GOOD.partition("?")[2],
    ],
)
def test_an_address_is_read_however_it_was_copied(text: str) -> None:
    landing = read_landing(text, STATE)
    assert (landing.code, landing.realm_id) == ("canary-code", "9130355377388383")
    assert "canary" not in repr(landing)


def test_a_service_without_realms_sends_none() -> None:
    assert read_landing("https://x.example/?code=c&state=the-state", STATE).realm_id is None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "Nothing was pasted"),
        ("   ", "Nothing was pasted"),
        ("https://appcenter.intuit.com/connect/oauth2?response_type=code&state=the-state", "was to be opened"),
        ("canary-code", "no 'state='"),
        ("https://books.example/landing", "no 'state='"),
        ("https://books.example/landing?code=canary-code", "no 'state='"),
        (GOOD.replace("the-state", "another"), "another sign-in"),
        (GOOD + "&state=the-state", "another sign-in"),
        (GOOD.replace("the-state", "th%C3%A9-state"), "another sign-in"),
        ("https://books.example/landing?state=the-state", "no 'code='"),
        (GOOD + "&code=second", "no 'code='"),
        (GOOD.replace("9130355377388383", "../etc"), "not a number"),
        ("https://books.example/?error=access_denied&state=another", "another sign-in"),
    ],
)
def test_a_wrong_paste_is_refused_with_what_to_paste_instead(text: str, says: str) -> None:
    with pytest.raises(WrongLanding, match=says) as caught:
        read_landing(text, STATE)
    assert caught.value.advice
    assert "canary" not in str(caught.value)


def test_a_no_is_understood() -> None:
    with pytest.raises(SignInRefused, match="answered with no"):
        read_landing("https://books.example/?error=access_denied&state=the-state", STATE)


def test_another_error_is_named_only_when_it_is_a_plain_word() -> None:
    with pytest.raises(SignInRefused, match="invalid_scope"):
        read_landing("https://books.example/?error=invalid_scope&state=the-state", STATE)
    with pytest.raises(SignInRefused, match="unknown error") as caught:
        read_landing("https://books.example/?error=%1b[31mcanary&state=the-state", STATE)
    assert "canary" not in str(caught.value)
