"""A house to test in: two companies, four stand-ins over real HTTP, and `duebird run` as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final, Literal
from zoneinfo import ZoneInfo

from adapters.clock import SystemClock
from adapters.sandbox import world
from adapters.sandbox.base import Twin
from connector import assemble
from connector.config import Loaded, load
from connector.demo.doors import Doors
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.signin.company import custody_of, wire_of
from connector.signin.steps import connect
from tests.ports import free_port

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = (sys.executable, "-m", "connector.cli.main")
# What must not leak from whoever runs the tests into the program under test.
FOREIGN: Final = ("DUEBIRD_DATABASE_URL", "CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "STATE_DIRECTORY", "WATCHDOG_USEC")
PATIENCE: Final = 90.0  # seconds; everything waited for takes one or two, on a busy machine many

Ledger = Literal["quickbooks", "xero"]


@dataclass(frozen=True)
class Shop:
    """A company of the house."""

    id: str
    ledger: Ledger
    name: str
    country: str
    zone: str
    seed: world.BusinessSeed
    mobiles: tuple[str, ...]  # numbers that nobody has


NORTH: Final = Shop(
    "northside",
    "quickbooks",
    "Northside Design",
    "US",
    "America/Los_Angeles",
    world.QUICKBOOKS_BUSINESS,
    tuple(f"+1503555{number:04}" for number in range(110, 160)),
)
SALT: Final = Shop(
    "saltbush",
    "xero",
    "Saltbush Pottery",
    "AU",
    "Australia/Melbourne",
    world.XERO_BUSINESS,
    tuple(f"+6149157{number:04}" for number in range(100, 150)),
)
SHOPS: Final = (NORTH, SALT)

_TOP = """\
state_dir = "state"

[daemon]
poll_quick = 1
poll_slow = 1
poll_idle = 1
takeover_wait = 1
jitter = 0.0
"""
_LEDGERS = {
    "quickbooks": """\
kind = "quickbooks"
environment = "sandbox"
client_id = "env:HOUSE_INTUIT_ID"
client_secret = "env:HOUSE_INTUIT_SECRET"
redirect_uri = "http://localhost:{port}/callback"
base_url = "{at}"
authorize_url = "{at}/connect/oauth2"
token_url = "{at}/oauth2/v1/tokens/bearer"
revoke_url = "{at}/v2/oauth2/tokens/revoke"
""",
    "xero": """\
kind = "xero"
grant = "pkce"
client_id = "env:HOUSE_XERO_ID"
redirect_uri = "http://localhost:{port}/callback"
daily_calls = 1_000_000
base_url = "{at}/api.xro/2.0"
connections_url = "{at}/connections"
authorize_url = "{at}/identity/connect/authorize"
token_url = "{at}/connect/token"
revoke_url = "{at}/connect/revocation"
""",
}
_COMPANY = """
[[company]]
id = "{shop.id}"
name = "{shop.name}"
country = "{shop.country}"
timezone = "{shop.zone}"
start_on = {today}

[company.ledger]
{ledger}payment_account = "Stripe clearing"

[company.stripe]
key = "env:HOUSE_STRIPE_{shop.ledger}"
base_url = "{addresses[stripe]}"
monthly_reads = 1_000_000_000

[company.twilio]
account_sid = "{account}"
auth_token = "env:HOUSE_TWILIO"
from_number = "{shop.seed.number}"
base_url = "{addresses[twilio]}"
messaging_base_url = "{addresses[twilio]}"
pricing_base_url = "{addresses[twilio]}"

[company.approval]
draft_first = false

[company.notices]
window_start = "00:00"
window_end = "24:00"
public_holidays = true
hours_by_law = false
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
"""
SECRETS: Final = {
    "HOUSE_INTUIT_ID": world.QUICKBOOKS_CLIENT,
    "HOUSE_INTUIT_SECRET": world.QUICKBOOKS_SECRET,
    "HOUSE_XERO_ID": world.XERO_CLIENT,
    "HOUSE_TWILIO": world.TWILIO_TOKEN,
    "HOUSE_STRIPE_quickbooks": world.QUICKBOOKS_BUSINESS.stripe_key,
    "HOUSE_STRIPE_xero": world.XERO_BUSINESS.stripe_key,
}


class House:
    """Everything around the program. All that is asserted on is read from the stand-ins."""

    def __init__(self, folder: Path, sandbox: world.SandboxWorld) -> None:
        self.folder, self.sandbox = folder, sandbox
        self.config = folder / "duebird.toml"
        self.state = folder / "state"
        self.doors = Doors(sandbox.addresses)
        self.clock = SystemClock()
        self.env = {name: value for name, value in os.environ.items() if name not in FOREIGN}
        self.env |= SECRETS | {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "80"}
        self._port = free_port()
        self._recorded = False  # whether there is a database yet
        self._numbers = dict.fromkeys((shop.id for shop in SHOPS), 1000)
        self.write_config()

    # ------------------------------------------------------------------------------------------------- our side

    def write_config(self, change: Callable[[str], str] = str) -> None:
        """Write the configuration; `change` makes another one of its text."""
        text = _TOP + "".join(self._company(shop) for shop in SHOPS)
        self.config.write_text(change(text), encoding="utf-8")
        self.config.chmod(0o600)

    def _company(self, shop: Shop) -> str:
        addresses = self.sandbox.addresses
        ledger = _LEDGERS[shop.ledger].format(at=addresses[shop.ledger], port=self._port)
        return _COMPANY.format(
            shop=shop, today=self.today(shop), ledger=ledger, addresses=addresses, account=world.TWILIO_ACCOUNT
        )

    def loaded(self) -> Loaded:
        return load(self.config, SECRETS)

    def connect(self) -> None:
        """Sign both companies in, by the steps of `duebird connect`."""
        loaded = self.loaded()
        for shop in SHOPS:
            company = assemble.sign_in_company(loaded, shop.id)
            connect(company, custody_of(loaded.state_dir), _Browser(self.doors), wire_of(company), patience=PATIENCE)

    def agree(self, shop: Shop, mobile: str) -> None:
        self._consent(shop, mobile, ConsentState.GRANTED)

    def opt_out(self, shop: Shop, mobile: str) -> None:
        self._consent(shop, mobile, ConsentState.REVOKED)

    def _consent(self, shop: Shop, mobile: str, state: ConsentState) -> None:
        now = self.clock.now()
        record = ConsentRecord(
            phone=Phone(mobile),
            state=state,
            wording="You may text me about my invoices.",
            method=ConsentMethod.FORM,
            recorded_at=now,
            recorded_by="owner",
            source=f"house:{mobile}:{now.isoformat()}",
        )
        with self.opened() as state_:
            state_.store.consents_recorded(shop.id, [record], now)

    def lose_the_database(self) -> None:
        """As whoever deletes the file, or installs anew."""
        for file in self.state.glob("duebird.sqlite3*"):
            file.unlink()
        self._recorded = False

    @contextmanager
    def opened(self) -> Iterator[assemble.State]:
        state = assemble.open_state(self.state, create=not self._recorded)
        self._recorded = True
        try:
            yield state
        finally:
            state.close()

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """One command, as a process, to its end."""
        return subprocess.run(  # noqa: S603 -- our own program
            [*COMMAND, *arguments, "--config", str(self.config)],
            env=self.env,
            cwd=self.folder,
            capture_output=True,
            text=True,
            input=stdin,
            timeout=2 * PATIENCE,
            check=False,
        )

    # ------------------------------------------------------------------------------------------------ their side

    def today(self, shop: Shop) -> date:
        return datetime.now(ZoneInfo(shop.zone)).date()

    def customer(self, shop: Shop, mobile: str | None, *, agrees: bool = True, name: str = "") -> str:
        """Somebody in the ledger; returns the ledger's id."""
        name = name or f"Customer {mobile or 'without a phone'}"
        if agrees and mobile:
            self.agree(shop, mobile)
        if shop.ledger == "quickbooks":
            return str(self.doors.post("quickbooks", "customers", name=name, mobile=mobile)["Id"])
        more = {"mobile": mobile} if mobile else {}
        return str(self.doors.post("xero", "contacts", name=name, **more)["contact_id"])

    def issue(self, shop: Shop, customer: str, amount: str = "120.00", number: str = "", **in_xero: str) -> Invoice:
        """An invoice of today, due in two weeks; `in_xero` is what else is said of one there."""
        self._numbers[shop.id] += 1
        number = number or f"{shop.id[0].upper()}-{self._numbers[shop.id]}"
        day = self.today(shop)
        due = date.fromordinal(day.toordinal() + 14).isoformat()
        if shop.ledger == "quickbooks":
            made = self.doors.post(
                "quickbooks",
                "invoices",
                customer=customer,
                amount=amount,
                number=number,
                txn_date=day.isoformat(),
                due_date=due,
            )
            return Invoice(shop, str(made["Id"]), number)
        made = self.doors.post(
            "xero",
            "invoices",
            contact=customer,
            amount=amount,
            number=number,
            date=day.isoformat(),
            due_date=due,
            **in_xero,
        )
        return Invoice(shop, str(made["InvoiceID"]), number)

    def pay_by_cheque(self, invoice: Invoice, amount: str = "120.00") -> None:
        self.doors.post(invoice.shop.ledger, "payments", invoice=invoice.id, amount=amount, reference="Cheque 7")

    def void(self, invoice: Invoice) -> None:
        self.doors.post(invoice.shop.ledger, f"invoices/{invoice.id}/void")

    # --------------------------------------------------------------------------------------------- what is there

    def texts(self, to: str) -> list[str]:
        """Bodies of the texts a number got from a company, oldest first."""
        messages = self.doors.get("twilio", "records", to=to)["messages"]
        return [one["body"] for one in messages if one["direction"] == "outbound-api"]

    def notices(self, to: str) -> list[str]:
        """Those that carry a payment link."""
        return [body for body in self.texts(to) if "http" in body]

    def receipts(self, to: str) -> list[str]:
        """Those that do not."""
        return [body for body in self.texts(to) if "http" not in body]

    def link_to(self, mobile: str) -> str:
        return self.notices(mobile)[-1].rsplit(maxsplit=1)[-1]

    def link_is_active(self, url: str) -> bool:
        accounts = self.doors.get("stripe", "records")["accounts"]
        found = [
            link["active"] for account in accounts.values() for link in account["test"]["links"] if link["url"] == url
        ]
        assert len(found) == 1, f"Stripe has {len(found)} links {url}"
        return bool(found[0])

    def bookings(self, invoice: Invoice) -> list[str]:
        """Amounts of the live payment entries on an invoice, in its ledger."""
        kept = self.doors.get(invoice.shop.ledger, "records")["payments"]
        if invoice.shop.ledger == "quickbooks":
            return [
                line["amount"]
                for one in kept
                if one["status"] == "live"
                for line in one["lines"]
                if line["invoice"] == invoice.id
            ]
        return [one["Amount"] for one in kept if one["InvoiceID"] == invoice.id and one["Status"] == "AUTHORISED"]

    def is_paid(self, invoice: Invoice) -> bool:
        kept = self.doors.get(invoice.shop.ledger, "records")["invoices"]
        if invoice.shop.ledger == "quickbooks":
            return "paid" in [one["status"] for one in kept if one["id"] == invoice.id]
        return "PAID" in [one["Status"] for one in kept if one["InvoiceID"] == invoice.id]

    def twins(self) -> dict[str, Twin]:
        here = self.sandbox
        return {"quickbooks": here.quickbooks, "xero": here.xero, "stripe": here.stripe, "twilio": here.twilio}

    def calls(self) -> int:
        """How many requests the stand-ins have seen."""
        return sum(len(twin.requests) for twin in self.twins().values())


@dataclass(frozen=True)
class Invoice:
    """An invoice in a ledger."""

    shop: Shop
    id: str
    number: str


def open_effects(house: House, *statuses: str) -> list[str]:
    """Kinds of effects in flight or in doubt, as on record."""
    wanted = statuses or ("in_flight", "uncertain")
    with house.opened() as state:
        far = house.clock.now() + timedelta(days=30)
        found = [row for shop in SHOPS for row in state.store.effects.unsettled(shop.id, far, 100)]
    return [row.kind for row in found if row.status in wanted]


class Daemon:
    """`duebird run`, started, watched and ended."""

    def __init__(self, house: House, **environment: str) -> None:
        self._house = house
        self._log = house.folder / f"daemon-{time.monotonic_ns()}.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(  # noqa: S603 -- our own program
                [*COMMAND, "run", "--config", str(house.config)],
                env=house.env | environment,
                cwd=house.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def ready(self) -> Daemon:
        self.says("Duebird is running")
        return self

    @property
    def log(self) -> str:
        return self._log.read_text(encoding="utf-8", errors="replace")

    def says(self, words: str) -> None:
        """Wait until it has written that."""
        self.until(lambda: words in self.log, f"the daemon says '{words}'")

    def until(self, holds: Callable[[], object], what: str) -> None:
        """Wait for something to become true, as long as the daemon lives."""
        deadline = time.monotonic() + PATIENCE
        while not holds():
            assert self.process.poll() is None, f"the daemon ended ({self.process.returncode}):\n{self.log}"
            assert time.monotonic() < deadline, f"not within {PATIENCE:.0f} s: {what}\n{self.log}"
            time.sleep(0.05)

    def passes(self, count: int = 2) -> None:
        """Let every company be looked at a few times, from now on: each look reads the replies."""
        requests = self._house.sandbox.twilio.requests
        before = len(requests)

        def looks(shop: Shop) -> int:
            to = f"To={shop.seed.number}".replace("+", "%2B")
            return sum(one.method == "GET" and to in one.query for one in list(requests)[before:])

        self.until(lambda: all(looks(shop) >= count for shop in SHOPS), f"each company is looked at {count} times")

    def hang_up(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        self.process.terminate()
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(PATIENCE)


class _Browser:
    """Whoever signs in: the browser goes to the page, which says yes by itself."""

    def __init__(self, doors: Doors) -> None:
        self._doors = doors

    def say(self, text: str) -> None:
        del text

    def ask(self, question: str) -> str:
        raise AssertionError(f"the sign-in asked: {question}")

    def open_browser(self, address: str) -> bool:
        self._doors.visit(address)
        return True


def read_json(done: subprocess.CompletedProcess[str]) -> Any:
    """What a command printed for programs."""
    return json.loads(done.stdout)
