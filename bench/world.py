"""The outside as the bench sees it: stand-ins in another process, their people, and their logs of requests."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Self

import requests

from bench import names

ROOT = Path(__file__).resolve().parent.parent
SECONDS_A_REQUEST = 120.0  # seeding 100,000 invoices is one request
AT_ONCE = 2_500  # customers and invoices seeded in one request

# Ids in addresses, so that a thousand reads of a thousand invoices count as one kind of call.
_IDS = re.compile(r"(?<=/)(?:\d+|(?:plink|cs_test|cs|pi|SM|AC)_?[0-9A-Za-z]{10,})")


class World:
    """The three stand-ins, with `companies` sets of books. Use as a context manager."""

    def __init__(self, companies: int = 1) -> None:
        self.companies = companies
        self._server = subprocess.Popen(
            [sys.executable, "-m", "bench.twins", str(companies)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._server.stdout is not None
        self.addresses: dict[str, str] = json.loads(self._server.stdout.readline())
        self._session = requests.Session()
        self._session.trust_env = False
        self._open_accounts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()
        self._server.communicate()  # closes its input, which ends it

    @property
    def quickbooks(self) -> str:
        return self.addresses["quickbooks"]

    @property
    def stripe(self) -> str:
        return self.addresses["stripe"]

    @property
    def twilio(self) -> str:
        return self.addresses["twilio"]

    def play(self, service: str, act: str, **given: Any) -> dict[str, Any]:
        """Let somebody act at a stand-in."""
        answer = self._session.post(f"{self.addresses[service]}/_sandbox/{act}", json=given, timeout=SECONDS_A_REQUEST)
        answer.raise_for_status()
        return dict(answer.json())

    def records(self, service: str) -> dict[str, Any]:
        """What a stand-in holds."""
        answer = self._session.get(f"{self.addresses[service]}/_sandbox/records", timeout=SECONDS_A_REQUEST)
        answer.raise_for_status()
        return dict(answer.json())

    def requests_seen(self, service: str) -> list[dict[str, Any]]:
        """Every request that reached a stand-in since the log was last cleared."""
        address = f"{self.addresses[service]}/_sandbox/requests"
        return list(self._session.get(address, timeout=SECONDS_A_REQUEST).json()["requests"])

    def forget_requests(self) -> None:
        """Begin the logs anew."""
        for address in self.addresses.values():
            self._session.delete(f"{address}/_sandbox/requests", timeout=SECONDS_A_REQUEST)

    def calls(self) -> Counter[str]:
        """How many requests of which kind reached the stand-ins; ids in the addresses are left out."""
        found: Counter[str] = Counter()
        for service in self.addresses:
            for seen in self.requests_seen(service):
                found[f"{service} {seen['method']} {_IDS.sub('*', seen['path'])}"] += 1
        return found

    def _open_accounts(self) -> None:
        for number in range(self.companies):
            self.play("quickbooks", "tokens", realm=names.realm_of(number), token=names.bearer_of(number))
            self.play(
                "stripe",
                "keys",
                account=names.stripe_account_of(number),
                name=f"Company {number}",
                keys=[{"secret": names.stripe_key_of(number), "permissions": None}],
            )
        # Stripe tells its fee a little later, in an event of its own: at once here, so that both sides see one list.
        self.play("stripe", "settings", fee_delay_seconds=0)
        numbers = [{"e164": names.sender_of(number)} for number in range(self.companies)]
        self.play(
            "twilio", "accounts", sid=names.TWILIO_ACCOUNT, auth_token=names.TWILIO_TOKEN, balance=1e6, numbers=numbers
        )

    def issue(self, count: int, *, company: int = 0, **invoice: str) -> list[tuple[str, str]]:
        """That many customers with a mobile and one new invoice each: (customer id, invoice id)."""
        made: list[tuple[str, str]] = []
        for start in range(0, count, AT_ONCE):
            pairs = [
                {
                    "customer": {"name": f"Customer {one:06d}", "mobile": names.mobile_of(one)},
                    "invoice": {"amount": f"{100 + one % 900}.00", "number": f"B{one:06d}", **invoice},
                }
                for one in range(start, min(start + AT_ONCE, count))
            ]
            answer = self.play("quickbooks", "pairs", realm=names.realm_of(company), pairs=pairs)
            made += [(one["customer"], one["invoice"]) for one in answer["made"]]
        return made

    def live_links(self) -> list[str]:
        """Ids of the links that can be paid."""
        accounts = self.records("stripe")["accounts"].values()
        return [link["id"] for account in accounts for link in account["test"]["links"] if link["active"]]

    def pay(self, link_id: str) -> str:
        """A customer pays by card; the payment's id."""
        return str(self.play("stripe", "pay", link=link_id)["payment_intent"])

    def payments_booked(self) -> int:
        """Live payments in all books."""
        return sum(one["status"] == "live" for one in self.records("quickbooks")["payments"])

    def texts_sent(self) -> int:
        """Texts that Twilio accepted."""
        return len(self.records("twilio")["messages"])
