"""Who stands at the services' door: is what a call does on record, for other processes to see, when it arrives?"""

from __future__ import annotations

import json
import re
import sqlite3
from contextlib import closing
from typing import Final
from urllib.parse import parse_qs

from adapters.sandbox.base import SeenRequest
from state.place import DATABASE_NAME
from tests.e2e.house import House

# Requests that do something for an effect, by method and path, and the kinds of effects that make such a request.
ACTS: Final = (
    (re.compile(r"POST /2010-04-01/Accounts/\w+/Messages\.json"), ("send_text",)),
    (re.compile(r"POST /v1/payment_links"), ("create_link",)),
    (re.compile(r"POST /v1/payment_links/\w+"), ("retire_link",)),
    (re.compile(r"POST /v3/company/\w+/payment"), ("book_payment", "book_credit", "reverse_booking")),
    (re.compile(r"POST /v3/company/\w+/refundreceipt"), ("book_refund", "reverse_booking")),
    (re.compile(r"POST /v3/company/\w+/purchase"), ("book_fee", "book_exchange", "book_refund", "reverse_booking")),
    (re.compile(r"POST /v3/company/\w+/transfer"), ("book_payout",)),
    (re.compile(r"(POST|PUT) /api\.xro/2\.0/Payments"), ("book_payment", "book_refund")),
    (re.compile(r"(POST|PUT) /api\.xro/2\.0/CreditNotes"), ("book_refund",)),
    (re.compile(r"POST /api\.xro/2\.0/CreditNotes/[\w-]+"), ("reverse_booking",)),
    (re.compile(r"POST /api\.xro/2\.0/Payments/[\w-]+"), ("reverse_booking",)),
    (re.compile(r"(POST|PUT) /api\.xro/2\.0/BankTransactions"), ("book_fee", "book_exchange", "book_credit")),
    (re.compile(r"POST /api\.xro/2\.0/BankTransactions/[\w-]+"), ("reverse_booking",)),
    (re.compile(r"(POST|PUT) /api\.xro/2\.0/BankTransfers"), ("book_payout",)),
)


class Witness:
    """Looks at the daemon's database, at each acting call, from the thread of the service that gets it."""

    def __init__(self, house: House) -> None:
        self._file = house.state / DATABASE_NAME
        self.seen = 0
        self.unannounced: list[str] = []
        for twin in house.twins().values():
            twin.watch = self.look

    def look(self, request: SeenRequest) -> None:
        """A call arrives."""
        what = f"{request.method} {request.path}"
        kinds = next((kinds for pattern, kinds in ACTS if pattern.fullmatch(what)), ())
        if not kinds:
            return
        self.seen += 1
        under_way = [(kind, *row) for kind in kinds for row in self._in_flight(kind)]
        if not any(_announces(kind, key, asked, request) for kind, key, asked in under_way):
            self.unannounced.append(f"{what} came with no {' or '.join(kinds)} on record as under way")

    def _in_flight(self, kind: str) -> list[tuple[str, str]]:
        with closing(sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=30.0)) as database:
            question = "SELECT key, request FROM effects WHERE status = 'in_flight' AND kind = ?"
            return database.execute(question, (kind,)).fetchall()


def _announces(kind: str, key: str, asked: str, request: SeenRequest) -> bool:
    values = json.loads(asked)
    if kind == "send_text":
        form = parse_qs(request.body)
        return form["To"] == [values["to"]] and form["Body"] == [values["body"]]
    if kind == "retire_link":
        return request.path.endswith(f"/{values['link_id']}")
    if kind == "reverse_booking" and request.path.startswith("/v3/"):  # QuickBooks takes no key for a change
        return bool(json.loads(request.body).get("Id") == values["entry_id"])
    if kind == "reverse_booking" and values["kind"] == "reversal":  # nor does a refund that is deleted in Xero
        return "/CreditNotes/" in request.path or request.path.endswith(f"/{values['entry_id']}")
    return key in request.query or key in "".join(request.headers.values())
