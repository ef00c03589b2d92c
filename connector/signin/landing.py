"""What comes back from a sign-in page, by redirect or pasted by a person. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from hmac import compare_digest
from urllib.parse import parse_qs, urlsplit

from connector.errors import DuebirdError


@dataclass(frozen=True, slots=True)
class Landing:
    """A sign-in that was allowed. Its text form does not show the code."""

    code: str
    realm_id: str | None  # QuickBooks says here which company was chosen

    def __repr__(self) -> str:
        return f"Landing(realm_id={self.realm_id})"


class WrongLanding(DuebirdError):
    """This is not the answer to the sign-in that was begun; another try may be."""


class SignInRefused(DuebirdError):
    """The person or the service said no on the sign-in page. Nothing was connected."""


def read_landing(text: str, state: str) -> Landing:
    """Read the address one landed on after signing in, or its part after the question mark.

    Args:
        text: as pasted or as requested; quotes and line breaks from copying are dropped.
        state: what we sent along; an answer without it answers something else.

    Raises:
        WrongLanding: not an answer to this sign-in; says what to paste instead.
        SignInRefused: an answer, and it is no.
    """
    address = re.sub(r"\s+", "", text).strip("'\"<>")
    if not address:
        raise WrongLanding("Nothing was pasted.", advice="Paste the whole address from the browser's address bar.")
    query = urlsplit(address).query or (address.lstrip("?") if "=" in address and "://" not in address else "")
    values = parse_qs(query)
    if "code_challenge" in values or "response_type" in values:
        raise WrongLanding(
            "That is the address that was to be opened.",
            advice="Open it, say yes, and paste the address you are sent to afterwards, even if that page is empty.",
        )
    if not values.get("state"):
        raise WrongLanding(
            "That is not the address of a finished sign-in: it has no 'state=' in it.",
            advice="Paste the whole address from the browser's address bar, from https:// to its end.",
        )
    if len(values["state"]) != 1 or not compare_digest(values["state"][0].encode(), state.encode()):
        raise WrongLanding(
            "That address belongs to another sign-in, not to the one just begun. It was not used.",
            advice="Use the newest address printed here, and paste where that one leads.",
        )
    if "error" in values:
        raise _refusal(values["error"][0])
    codes = values.get("code", [])
    if len(codes) != 1:
        raise WrongLanding(
            "That address has no 'code=' in it.", advice="Paste the whole address, from https:// to its end."
        )
    realm = values.get("realmId", [None])[0]
    if realm is not None and not re.fullmatch(r"\d{5,25}", realm):
        raise WrongLanding(
            "The company id in that address ('realmId=') is not a number.", advice="Paste it as it was, unchanged."
        )
    return Landing(codes[0], realm)


def _refusal(word: str) -> SignInRefused:
    if word == "access_denied":
        return SignInRefused(
            "The sign-in page was answered with no. Nothing was connected.",
            code=word,
            advice="When you are ready, run the same command again and press Connect or Allow.",
        )
    known = word if re.fullmatch(r"[a-zA-Z_]{1,60}", word) else "unknown error"
    return SignInRefused(
        f"The service refused the sign-in ({known}). Nothing was connected.",
        code=known,
        advice="Compare client_id, redirect_uri and the app's permissions with the service's developer page.",
    )
