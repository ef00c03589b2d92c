"""A first configuration for one company, from a few answers."""

from __future__ import annotations

import os
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Final
from zoneinfo import TZPATH

from connector.config.toml import toml_value
from connector.errors import ConfigProblem, Mistyped

_LEDGER_LINES: Final = {
    "quickbooks": """\
client_id = "env:INTUIT_CLIENT_ID"
client_secret = "env:INTUIT_CLIENT_SECRET"
# The https address you registered in the Intuit app. No page need exist there: you paste the address you landed on.
redirect_uri = "https://www.example.com/duebird"
# payment_account = "Stripe clearing"
""",
    "xero": """\
# Of a 'mobile or desktop' app, which needs no secret.
client_id = "env:XERO_CLIENT_ID"
# payment_account = "Stripe clearing"
""",
}

_TEXT: Final = """\
# Duebird. Every setting: duebird config example. Check this file: duebird config check.
# For completion in your editor type: duebird config schema > duebird.schema.json
# and make this the first line of the file:  #:schema ./duebird.schema.json

[[company]]
id = {id}
name = {name}
country = {country}
timezone = {timezone}
# Invoices issued before this day get no text.
start_on = {start_on}
# Language of the texts: en, fr, es, de, it, pt or nl.
# language = "en"

[company.ledger]
kind = {ledger}
{ledger_lines}
[company.stripe]
# A restricted key, rk_live_...
key = "env:{env}_STRIPE_KEY"

[company.twilio]
# From Twilio's console: replace both zeros and number.
account_sid = "AC00000000000000000000000000000000"
auth_token = "env:{env}_TWILIO_AUTH_TOKEN"
from_number = "+15550100001"

[company.notices]
# Reminders go out at these hours of the customer's own time zone, on weekdays that are no holidays there.
window_start = "10:00"
window_end = "14:00"
"""


@dataclass(frozen=True, slots=True)
class InitialAnswers:
    """What has to be known to begin."""

    ledger: str  # a kind of the registry
    name: str  # as customers know the business
    country: str  # ISO 3166 alpha-2
    timezone: str  # IANA name
    start_on: date  # invoices issued before get nothing
    company_id: str = ""  # made from the name when empty


def slug_of(name: str) -> str:
    """A company id made from a name: "Acme & Sons" is "acme-sons"; "company" where nothing is left."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or "company"


def initial_text(answers: InitialAnswers) -> str:
    """The file's text.

    Raises:
        Mistyped: an answer cannot be used; all of them are told at once.
    """
    from connector.config.load import load_text
    from connector.config.problems import InvalidConfig

    company_id = answers.company_id or slug_of(answers.name)
    text = _TEXT.format(
        id=toml_value(company_id),
        name=toml_value(answers.name),
        country=toml_value(answers.country),
        timezone=toml_value(answers.timezone),
        start_on=answers.start_on.isoformat(),
        ledger=toml_value(answers.ledger),
        ledger_lines=_LEDGER_LINES.get(answers.ledger, ""),
        env=re.sub(r"[^A-Z0-9]", "_", company_id.upper()),
    )
    try:
        load_text(text, Path("duebird.toml"), {}, with_secrets=False)
    except InvalidConfig as error:
        listed = "\n\n".join(str(problem) for problem in error.problems)
        raise Mistyped(f"These answers cannot be used; nothing was written.\n\n{listed}") from None
    return text


def write_initial(path: Path, answers: InitialAnswers) -> None:
    """Write a configuration that only its owner can read; never overwrites.

    Raises:
        ConfigProblem: there is a file already, or the folder cannot be written.
        Mistyped: an answer cannot be used.
    """
    text = initial_text(answers)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        # O_EXCL: of two that start at once, one is told; the file is never readable by others, not even at first
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigProblem(
            f"{path} exists already; nothing was changed.",
            advice="Edit it, name another file with --config, or move it away first.",
        ) from None
    except OSError as error:
        raise ConfigProblem(
            f"{path} cannot be written: {error.strerror}.", advice="Name another place with --config."
        ) from None
    with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
        file.write(text)


def variables_of(path: Path) -> list[str]:
    """Names of the environment variables that a configuration points to, in order."""
    return list(dict.fromkeys(re.findall(r'"env:([A-Za-z_][A-Za-z0-9_]*)"', path.read_text("utf-8"))))


def zones_of(country: str) -> list[str]:
    """Time zones of a country (ISO 3166 alpha-2), as far as this machine's zone database lists them."""
    for lines in _zone_tables():
        found = [fields[2] for fields in lines if len(fields) > len(("country", "place")) and fields[0] == country]
        if found:
            return sorted(found)
    return []


def _zone_tables() -> Iterator[list[list[str]]]:
    """Rows of zone.tab: the machine's own, else the one of the tzdata package (Windows, slim containers)."""
    for folder in TZPATH:
        table = Path(folder) / "zone.tab"
        if table.is_file():
            yield _rows(table.read_text("utf-8"))
    try:
        yield _rows(resources.files("tzdata").joinpath("zoneinfo", "zone.tab").read_text("utf-8"))
    except (ModuleNotFoundError, FileNotFoundError):
        return


def _rows(text: str) -> list[list[str]]:
    return [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
