"""The scene before the play: a configuration, secrets, sign-ins, consents and books, all made as a newcomer would."""

from __future__ import annotations

import csv
import os
import socket
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from adapters.private_files import private_folder, write_private
from adapters.sandbox import world
from connector import assemble
from connector.config import Loaded, load
from connector.config.toml import toml_value
from connector.consent_import import Office, read_csv
from connector.demo.cast import (
    BUSINESSES,
    FIRST_CONTACT,
    MINIMUM,
    OPTED_OUT_BEFORE,
    PARTS,
    START_DAYS_AGO,
    Act,
    Business,
    Customer,
    Part,
    customers_of,
)
from connector.demo.doors import Doors
from connector.demo.night import DAY, Night, night
from connector.demo.verdict import Agreed
from connector.domain.calendar import start_of_day
from connector.errors import ConfigProblem, DuebirdError
from connector.signin.company import custody_of, wire_of
from connector.signin.steps import connect

CONFIG: Final = "duebird.toml"
SIGN_IN_PATIENCE: Final = 10.0  # seconds; the stand-ins' sign-in pages say yes at once
A_PLAY: Final = 90.0  # seconds; its limit is less
EURO_RATE: Final = "1.08"  # dollars for a euro, on the invoice as QuickBooks wants it
HELD_MOST: Final = 10.0  # seconds for which the ledger keeps one reading waiting while a cheque is entered
WORDING: Final = "You may text me about my invoices."

# Every second all day long: nobody's phone rings here, and nobody wants to wait for a minute to see a payment booked.
# The budgets are raised to match, or Duebird would slow down to keep within what the real services allow.
_TOP: Final = """\
# Written by `duebird demo`: the four services are stand-ins on this computer, the secrets are made up.
state_dir = "state"

[daemon]
poll_quick = 1
poll_slow = 1
poll_idle = 1
jitter = 0.0
"""
_COMPANY: Final = """
[[company]]
id = {id}
name = {name}
text_name = {text_name}
country = {country}
timezone = {zone}
start_on = {start_on}

[company.ledger]
{ledger}
payment_account = "Stripe clearing"

[company.stripe]
key = {stripe_key}
base_url = {stripe_url}
monthly_reads = 1_000_000_000

[company.twilio]
account_sid = {account_sid}
auth_token = "file:secrets/twilio"
from_number = {number}
base_url = {twilio_url}
messaging_base_url = {twilio_url}
pricing_base_url = {twilio_url}

[company.approval]
# Whether nothing goes out at first that the owner has not approved.
draft_first = {draft}

[company.notices]
# As wide as the hour of the play allows, and shut where one customer lives.
window_start = {opens}
window_end = {closes}
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
# What the owner does not want texts about.
minimum_amount = {minimum}
excluded_customers = {left_out}
# Here nobody has a phone, and somebody plays at whatever hour.
public_holidays = true
hours_by_law = false
# One a day and three a week are what a business wants; here invoice after invoice is issued to the same customer.
max_texts_per_number_per_day = 20
max_texts_per_number_per_week = 100
"""
_QUICKBOOKS: Final = """\
kind = "quickbooks"
environment = "sandbox"
client_id = "file:secrets/intuit-id"
client_secret = "file:secrets/intuit-secret"
redirect_uri = {redirect_uri}
base_url = {url}
authorize_url = {authorize}
token_url = {token}
revoke_url = {revoke}"""
_XERO: Final = """\
kind = "xero"
grant = "pkce"
client_id = "file:secrets/xero-id"
redirect_uri = {redirect_uri}
daily_calls = 1_000_000
base_url = {url}
connections_url = {connections}
authorize_url = {authorize}
token_url = {token}
revoke_url = {revoke}"""


@dataclass(frozen=True, slots=True)
class Setting:
    """A scene that is ready."""

    folder: Path
    config: Path
    loaded: Loaded

    @property
    def log(self) -> Path:
        """Where the daemon writes."""
        return self.folder / "daemon.log"


def today_of(business: Business, now: datetime) -> date:
    """The civil date where that business is."""
    return now.astimezone(ZoneInfo(business.zone)).date()


def agreed() -> Agreed:
    """Who may be texted, as the consent lists say."""
    customers = (one for business in BUSINESSES for one in customers_of(business))
    return Agreed(
        frozenset(one.e164 for one in customers if one.agreed and one.e164),
        frozenset(business.owner for business in BUSINESSES if business.owner),
    )


# ---------------------------------------------------------------------------------------------------- our side


def insist_on_fresh(folder: Path) -> None:
    """Make the folder, or check that no configuration of somebody's stands in it.

    Raises:
        ConfigProblem: it holds a configuration already, or others can look into it.
    """
    private_folder(folder)
    if (folder / CONFIG).exists():
        raise ConfigProblem(
            f"{folder / CONFIG} is there already, and the demo writes one of its own. Nothing was changed.",
            advice="Name a folder that is empty or does not exist yet.",
        )


def prepare(folder: Path, addresses: dict[str, str], now: datetime) -> Setting:
    """Write the configuration and its secrets into a fresh folder, and load it as every command does.

    Raises:
        DuebirdError: it could not be written, or cannot work.
    """
    config = folder / CONFIG
    secrets = folder / "secrets"
    private_folder(secrets)
    for name, value in _secrets().items():
        write_private(secrets / name, value.encode())
    write_private(config, _config_text(addresses, now).encode())
    return Setting(folder, config, load(config, os.environ))


def _secrets() -> dict[str, str]:
    return {
        "intuit-id": world.QUICKBOOKS_CLIENT,
        "intuit-secret": world.QUICKBOOKS_SECRET,
        "xero-id": world.XERO_CLIENT,
        "twilio": world.TWILIO_TOKEN,
    } | {f"{business.id}-stripe": business.seed.stripe_key for business in BUSINESSES}


def _config_text(addresses: dict[str, str], now: datetime) -> str:
    redirect_uri = f"http://localhost:{_free_port()}/callback"
    return _TOP + "".join(_company_text(business, addresses, redirect_uri, now) for business in BUSINESSES)


def _company_text(business: Business, addresses: dict[str, str], redirect_uri: str, now: datetime) -> str:
    at = addresses[business.ledger]
    form, ours = (
        (
            _QUICKBOOKS,
            {
                "url": at,
                "authorize": f"{at}/connect/oauth2",
                "token": f"{at}/oauth2/v1/tokens/bearer",
                "revoke": f"{at}/v2/oauth2/tokens/revoke",
            },
        )
        if business.ledger == "quickbooks"
        else (
            _XERO,
            {
                "url": f"{at}/api.xro/2.0",
                "connections": f"{at}/connections",
                "authorize": f"{at}/identity/connect/authorize",
                "token": f"{at}/connect/token",
                "revoke": f"{at}/connect/revocation",
            },
        )
    )
    away = any(one.away for one in customers_of(business))
    dark = night(now, ZoneInfo(business.zone)) if away else None
    ledger = {name: toml_value(value) for name, value in (ours | {"redirect_uri": redirect_uri}).items()}
    values = {
        "id": business.id,
        "name": business.name,
        "text_name": business.short,
        "country": business.country,
        "zone": business.zone,
        "start_on": today_of(business, now) - timedelta(days=START_DAYS_AGO),
        "stripe_key": f"file:secrets/{business.id}-stripe",
        "stripe_url": addresses["stripe"],
        "account_sid": world.TWILIO_ACCOUNT,
        "number": business.seed.number,
        "twilio_url": addresses["twilio"],
        "draft": business.draft,
        "opens": _clock(dark.opens if dark else 0),
        "closes": _clock(dark.closes if dark else DAY),
        "minimum": MINIMUM,
        "left_out": [one.name for one in customers_of(business) if one.left_out],
    }
    text = _COMPANY.format(ledger=form.format(**ledger), **{name: toml_value(value) for name, value in values.items()})
    return text + (f"owner_notice = {toml_value(business.owner)}\n" if business.owner else "")


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


def until_midnight_is_over(now: datetime) -> float:
    """Seconds to wait so that no day ends in the middle of a play: what is due today would be late then."""
    nights = []
    for business in BUSINESSES:
        tomorrow = start_of_day(today_of(business, now) + timedelta(days=1), ZoneInfo(business.zone))
        nights.append((tomorrow - now).total_seconds())
    return max((left + 1 for left in nights if left < A_PLAY), default=0.0)


def _free_port() -> int:
    """A port nobody listens on at this moment, for the answer of the sign-in pages."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        return port


class _Player:
    """Somebody at the terminal whose browser follows the sign-in page to its end."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def say(self, text: str) -> None:
        """Nobody reads it."""

    def ask(self, question: str) -> str:
        """The stand-ins never make one paste an address."""
        raise DuebirdError(f"The sign-in asked something the demo has no answer to: {question}")

    def open_browser(self, address: str) -> bool:
        """Open the sign-in page; the stand-in says yes and sends one back."""
        self._doors.visit(address)
        return True


def connect_companies(setting: Setting, doors: Doors) -> list[str]:
    """Sign both companies in, by the same steps as `duebird connect`; returns what each was connected to.

    Raises:
        DuebirdError: a sign-in failed.
    """
    said = []
    for business in BUSINESSES:
        company = assemble.sign_in_company(setting.loaded, business.id)
        done = connect(
            company,
            custody_of(setting.loaded.state_dir),
            _Player(doors),
            wire_of(company),
            patience=SIGN_IN_PATIENCE,
        )
        said.append(f"{business.name} in {done.title}")
    return said


def import_consents(setting: Setting, state: assemble.State, now: datetime) -> int:
    """Take in each company's list of customers who agreed, by the same code as `duebird consent import`.

    Raises:
        DuebirdError: a list has a problem.
    """
    count = 0
    for business in BUSINESSES:
        path = setting.folder / f"{business.id}-consents.csv"
        write_private(path, _consent_list(business, now).encode())
        read = read_csv(path, [Office(business.id, business.country, ZoneInfo(business.zone))], now)
        if read.problems:
            raise DuebirdError(f"{path} has problems. Nothing was imported.", advice="\n".join(read.problems))
        count += state.store.consents_recorded(business.id, read.records[business.id], now)
    return count


def _consent_list(business: Business, now: datetime) -> str:
    day = today_of(business, now) - timedelta(days=FIRST_CONTACT)
    text = StringIO()
    rows = csv.writer(text)
    rows.writerow(["phone", "agreed_on", "method", "wording", "evidence"])
    for one in customers_of(business):
        if one.agreed and one.mobile:
            rows.writerow([one.mobile, day.isoformat(), "form", WORDING, f"order form of {one.name}"])
    return text.getvalue()


# -------------------------------------------------------------------------------------------------- their side


def fill_books(doors: Doors, now: datetime) -> None:
    """Customers and invoices as the bookkeepers entered them, and the STOP of one customer from before.

    Raises:
        DoorProblem: a stand-in refused.
    """
    for business in BUSINESSES:
        ids = {
            one.name: add_customer(
                doors, business, one.name, one.mobile, one.given, one.currency, place=_away(business, one, now)
            )
            for one in customers_of(business)
        }
        for part in PARTS[business.id]:
            if not part.later:
                issue_part(doors, business, part, ids[part.customer.name], now)
    business, person = OPTED_OUT_BEFORE
    doors.reply(person.e164, business.seed.number, "STOP")


def _away(business: Business, one: Customer, now: datetime) -> Night | None:
    return night(now, ZoneInfo(business.zone)) if one.away else None


def add_customer(
    doors: Doors,
    business: Business,
    name: str,
    mobile: str,
    given: str = "",
    currency: str = "",
    *,
    place: Night | None = None,
) -> str:
    """Enter a customer; returns the ledger's id. `place`: where they live, as far as the bookkeeper knows."""
    if business.ledger == "quickbooks":
        body = {"name": name, "mobile": mobile or None, "given_name": given or None, "currency": currency or None}
        if place is not None:
            body |= {"country": place.country, "region": place.region or None}
        return str(doors.post("quickbooks", "customers", **body)["Id"])
    more = {"mobile": mobile} if mobile else {}
    return str(doors.post("xero", "contacts", name=name, first_name=given, **more)["contact_id"])


def issue_part(doors: Doors, business: Business, part: Part, customer_id: str, now: datetime) -> None:
    """Issue an invoice of the play, in the state in which Duebird is to find it."""
    today = today_of(business, now)
    issued = issue(
        doors,
        business,
        customer_id,
        number=part.number,
        amount=str(part.amount.amount),
        currency=part.amount.currency,
        issued_on=part.issued_on(today),
        due_on=part.due_on(today),
    )
    if part.paid_before:
        pay_by_cheque(doors, business, issued, str(part.paid_before))
    if part.before == "voided":
        void(doors, business, issued)
    if part.act is Act.CHEQUE:
        # The ledger is slow just then: so the cheque can come between "a text is ready" and "the text goes out".
        path = f"/invoice/{issued}$"
        doors.post("quickbooks", "faults", action="hold_before", method="GET", path=path, seconds=HELD_MOST)


def issue(
    doors: Doors,
    business: Business,
    customer_id: str,
    *,
    number: str,
    amount: str,
    currency: str,
    issued_on: date,
    due_on: date,
) -> str:
    """Issue an invoice; returns the ledger's id."""
    body = {"number": number, "amount": amount, "currency": currency, "due_date": due_on.isoformat()}
    if business.ledger == "quickbooks":
        rate = {"exchange_rate": EURO_RATE} if currency != business.currency else {}
        more = {"customer": customer_id, "txn_date": issued_on.isoformat()} | rate
        return str(doors.post("quickbooks", "invoices", **body, **more)["Id"])
    return str(doors.post("xero", "invoices", **body, contact=customer_id, date=issued_on.isoformat())["InvoiceID"])


def pay_by_cheque(doors: Doors, business: Business, ledger_id: str, amount: str) -> None:
    """The bookkeeper enters a cheque on an invoice."""
    if business.ledger == "quickbooks":
        doors.post("quickbooks", "payments", invoice=ledger_id, amount=amount, reference="Cheque 1207")
    else:
        doors.post("xero", "payments", invoice=ledger_id, amount=amount, reference="Cheque 1207")


def void(doors: Doors, business: Business, ledger_id: str) -> None:
    """The bookkeeper voids an invoice."""
    if business.ledger == "quickbooks":
        doors.post("quickbooks", f"invoices/{ledger_id}/void")
    else:
        doors.post("xero", f"invoices/{ledger_id}/void")
