"""The scene before the play: a configuration, secrets, sign-ins, consents and books, all made as a newcomer would."""

from __future__ import annotations

import csv
import os
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
from connector.consent_import import Office, read_csv
from connector.demo.cast import (
    BUSINESSES,
    FIRST_CONTACT,
    OPTED_OUT_BEFORE,
    PARTS,
    Act,
    Business,
    Customer,
    Part,
    customers_of,
)
from connector.demo.configuration import config_text, today_of
from connector.demo.doors import Doors
from connector.demo.night import Night, night
from connector.demo.verdict import Agreed
from connector.domain.calendar import start_of_day
from connector.errors import ConfigProblem, DuebirdError
from connector.flows.text import SHORTEST_QUEUE
from connector.signin.company import custody_of, wire_of
from connector.signin.steps import connect

CONFIG: Final = "duebird.toml"
SIGN_IN_PATIENCE: Final = 10.0  # seconds; the stand-ins' sign-in pages say yes at once
A_PLAY: Final = 90.0  # seconds; its limit is less
# A business whose window ends with the day texts nobody any more in the last minutes of it.
LAST_MINUTES: Final = SHORTEST_QUEUE.total_seconds()
# What one unit is worth in the books of the business that bills in it: on the invoice, and to Stripe on the day of the
# payment. The difference is a gain or loss of the business, and none of the clearing account's.
RATES: Final = {"EUR": "1.08", "JPY": "0.0105"}
STRIPES_RATES: Final = {"EUR": "1.0641", "JPY": "0.010387"}
HELD_MOST: Final = 10.0  # seconds for which the ledger keeps one reading waiting while a cheque is entered
WORDING: Final = "You may text me about my invoices."


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
    write_private(config, config_text(addresses, now).encode())
    return Setting(folder, config, load(config, os.environ))


def _secrets() -> dict[str, str]:
    return {
        "intuit-id": world.QUICKBOOKS_CLIENT,
        "intuit-secret": world.QUICKBOOKS_SECRET,
        "xero-id": world.XERO_CLIENT,
        "twilio": world.TWILIO_TOKEN,
    } | {f"{business.id}-stripe": business.seed.stripe_key for business in BUSINESSES}


def until_midnight_is_over(now: datetime) -> float:
    """Seconds to wait so that no day ends in the middle of a play: what is due today would be late then.

    Nor may the last minutes begin in it in which texts wait for the morning, where somebody's night shuts the window.
    """
    longest = 0.0
    for business in BUSINESSES:
        tomorrow = start_of_day(today_of(business, now) + timedelta(days=1), ZoneInfo(business.zone))
        left = (tomorrow - now).total_seconds()
        is_shut = any(one.away for one in customers_of(business))
        if left < A_PLAY + (LAST_MINUTES if is_shut else 0):
            longest = max(longest, left + 1)
    return longest


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
    # At once, where the real one takes up to an hour: nobody wants to wait here.
    rates = {name.lower(): rate for name, rate in STRIPES_RATES.items()}
    doors.post("stripe", "settings", fee_delay_seconds=0, rates=rates)
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
        sent=part.sent,
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
    sent: bool = True,
) -> str:
    """Issue an invoice, mailed by the ledger or not; returns the ledger's id."""
    body = {"number": number, "amount": amount, "currency": currency, "due_date": due_on.isoformat()}
    if business.ledger == "quickbooks":
        rate = {"exchange_rate": RATES.get(currency, RATES["EUR"])} if currency != business.currency else {}
        status = "EmailSent" if sent else "NeedToSend"
        more = {"customer": customer_id, "txn_date": issued_on.isoformat(), "email_status": status} | rate
        return str(doors.post("quickbooks", "invoices", **body, **more)["Id"])
    at = {"rate": RATES.get(currency, RATES["EUR"])} if currency != business.currency else {}
    made = doors.post("xero", "invoices", **body, **at, contact=customer_id, date=issued_on.isoformat())
    return str(made["InvoiceID"])


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
