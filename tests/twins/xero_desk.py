"""A program with a token, in front of a served stand-in for Xero."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import httpx

from adapters.sandbox.base import Served
from adapters.sandbox.xero import XeroTwin
from adapters.sandbox.xero.books import Invoice

REDIRECT = "http://localhost:8484/callback"
OTHER_TENANT = "11111111-2222-4333-8444-555555555555"


@dataclass
class Desk:
    """A program with a token, in front of a served twin."""

    twin: XeroTwin
    http: httpx.Client

    def get(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.http.get(f"/api.xro/2.0{path}", params=params, headers=_names(headers))

    def put(self, body: Any, params: dict[str, Any] | None = None, **headers: str) -> httpx.Response:
        return self.http.put("/api.xro/2.0/Payments", json=body, params=params, headers=_names(headers))

    def issue(self, amount: str = "100.00", **fields: Any) -> Invoice:
        books = self.twin.books
        contact = next(iter(books.contacts.values()), None) or books.add_contact("Barney Rubble", mobile="021 123 456")
        return books.issue(contact, Decimal(amount), **fields)

    def payment(self, invoice: Invoice, amount: str, **fields: Any) -> dict[str, Any]:
        return {
            "Invoice": {"InvoiceID": invoice.invoice_id},
            "Account": {"AccountID": self.twin.books.clearing_account.account_id},
            "Date": "2026-11-23",
            "Amount": float(amount),
            "Reference": "K2M9 pi_1",
            **fields,
        }

    def listed(self, path: str, params: dict[str, Any] | None = None, **headers: str) -> list[dict[str, Any]]:
        body = self.get(path, params, **headers).json()
        return list(body[path.strip("/")])


def _names(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@contextmanager
def opened() -> Iterator[Desk]:
    with Served(XeroTwin()) as served:
        twin = served.twin
        assert isinstance(twin, XeroTwin)
        headers = {
            "Authorization": f"Bearer {twin.seed_token()}",
            "xero-tenant-id": twin.books.seed.tenant_id,
            "Accept": "application/json",
        }
        with httpx.Client(base_url=served.base_url, headers=headers) as client:
            yield Desk(twin, client)
