"""For the record: the same requests by hand, without any SDK, on one urllib3 pool. What HTTP itself costs here."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import urllib3

from bench import names
from bench.bare import THREADS
from bench.world import World


class Raw:
    """One company's calls as plain requests."""

    def __init__(self, world: World, number: int = 0) -> None:
        self._pool = urllib3.PoolManager(maxsize=THREADS, retries=False)
        self._ledger = f"{world.quickbooks}/v3/company/{names.realm_of(number)}"
        self._stripe = f"{world.stripe}/v1"
        self._twilio = f"{world.twilio}/2010-04-01/Accounts/{names.TWILIO_ACCOUNT}/Messages.json"
        self._sender = names.sender_of(number)
        basic = base64.b64encode(f"{names.TWILIO_ACCOUNT}:{names.TWILIO_TOKEN}".encode()).decode()
        form = "application/x-www-form-urlencoded"
        self._of_ledger = {"Authorization": f"Bearer {names.bearer_of(number)}", "Accept": "application/json"}
        self._of_stripe = {"Authorization": f"Bearer {names.stripe_key_of(number)}", "Content-Type": form}
        self._of_twilio = {"Authorization": f"Basic {basic}", "Content-Type": form}
        self._links: dict[str, tuple[str, str]] = {}  # link id -> invoice, mobile

    def _ask(self, method: str, url: str, headers: dict[str, str], body: str | None = None) -> Any:
        answer = self._pool.request(method, url, headers=headers, body=body, timeout=30.0)
        assert answer.status < 300, (method, url, answer.status, answer.data[:300])
        return json.loads(answer.data)

    def text(self, invoices: list[tuple[str, str]]) -> int:
        """For each (invoice, mobile): make the link, then read the invoice, look for texts, send one."""
        since = (datetime.now(UTC) - timedelta(minutes=10)).strftime("%Y-%m-%dT%H:%M:%SZ")
        query = urlencode({"entities": "Invoice,Customer", "changedSince": since, "minorversion": 75})
        self._ask("GET", f"{self._ledger}/cdc?{query}", self._of_ledger)
        with ThreadPoolExecutor(THREADS) as pool:
            urls = list(pool.map(self._link, invoices))
            list(pool.map(self._send, invoices, urls))
        return len(invoices)

    def _link(self, invoice: tuple[str, str]) -> str:
        form = {
            "line_items[0][price_data][currency]": "usd",
            "line_items[0][price_data][unit_amount]": "12300",
            "line_items[0][price_data][product_data][name]": f"Invoice {invoice[0]}",
            "line_items[0][price_data][product_data][description]": "Company 0",
            "line_items[0][quantity]": "1",
            "restrictions[completed_sessions][limit]": "1",
            "inactive_message": "This invoice has been paid or has changed. Thank you.",
            "metadata[duebird_invoice]": invoice[0],
            "payment_intent_data[metadata][duebird_invoice]": invoice[0],
        }
        headers = {**self._of_stripe, "Idempotency-Key": f"RAW{invoice[0]}"}
        made = self._ask("POST", f"{self._stripe}/payment_links", headers, urlencode(form))
        self._links[made["id"]] = invoice
        return str(made["url"])

    def _send(self, invoice: tuple[str, str], url: str) -> None:
        self._ask("GET", f"{self._ledger}/invoice/{invoice[0]}?minorversion=75", self._of_ledger)
        self._message(invoice[1], f"Company 0: Hi, your invoice {invoice[0]} is ready. Pay here: {url}")

    def _message(self, to: str, body: str) -> None:
        self._ask("GET", f"{self._twilio}?{urlencode({'To': to, 'PageSize': 100})}", self._of_twilio)
        form = {"To": to, "From": self._sender, "Body": body, "ValidityPeriod": "14400"}
        self._ask("POST", self._twilio, self._of_twilio, urlencode(form))

    def book(self) -> int:
        """Read the events; for each payment all the requests that end with it booked and thanked for."""
        sessions: list[str] = []
        after = ""
        while True:
            query = f"limit=100&types[]=checkout.session.completed{after}"
            page = self._ask("GET", f"{self._stripe}/events?{query}", self._of_stripe)
            sessions += [one["data"]["object"]["id"] for one in page["data"]]
            if not page["has_more"]:
                break
            after = f"&starting_after={page['data'][-1]['id']}"
        with ThreadPoolExecutor(THREADS) as pool:
            list(pool.map(self._settle, sessions))
        return len(sessions)

    def _settle(self, session: str) -> None:
        expand = "expand[]=payment_intent.latest_charge.balance_transaction"
        paid = self._ask("GET", f"{self._stripe}/checkout/sessions/{session}?{expand}", self._of_stripe)
        invoice, mobile = self._links[paid["payment_link"]]
        address = f"{self._ledger}/invoice/{invoice}?minorversion=75"
        for _ in range(3):
            found = self._ask("GET", address, self._of_ledger)["Invoice"]
        line = {"Amount": found["Balance"], "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}
        entry = {"CustomerRef": found["CustomerRef"], "TotalAmt": found["Balance"], "Line": [line]}
        headers = {**self._of_ledger, "Content-Type": "application/json"}
        target = f"{self._ledger}/payment?minorversion=75&requestid=RAW{invoice}"
        self._ask("POST", target, headers, json.dumps(entry))
        self._ask("GET", address, self._of_ledger)
        link = paid["payment_link"]
        self._ask("POST", f"{self._stripe}/payment_links/{link}", self._of_stripe, "active=false")
        lists = f"{self._stripe}/checkout/sessions?limit=100&payment_link={link}"
        self._ask("GET", f"{lists}&status=open", self._of_stripe)
        self._ask("GET", f"{lists}&status=complete&expand[]=data.payment_intent", self._of_stripe)
        self._message(mobile, "Company 0: Thank you, we received your payment.")
