"""A client that is signed in at the QuickBooks stand-in, for the tests that look at it over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from adapters.sandbox.base import Served, TwinClock
from adapters.sandbox.quickbooks import QuickBooksTwin, RealmSettings

REALM = "9130355377388383"
OTHER = "4620816365000000000"
START = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)


class StillClock(TwinClock):
    """Stands at START plus the offset."""

    def now(self) -> datetime:
        return START + self.offset

    def pass_(self, **by: float) -> None:
        self.offset += timedelta(**by)


class World:
    """The twin, and a client that is signed in."""

    def __init__(self, twin: QuickBooksTwin, clock: StillClock, base_url: str, http: httpx.Client) -> None:
        self.twin, self.clock, self.base_url, self.http = twin, clock, base_url, http
        self.token = twin.seed_token(REALM)

    def call(self, method: str, path: str, **more: Any) -> httpx.Response:
        params = {"minorversion": "75", **more.pop("params", {})}
        headers = {"Authorization": f"Bearer {self.token}", "Accept": "application/json", **more.pop("headers", {})}
        return self.http.request(
            method, f"{self.base_url}/v3/company/{REALM}/{path}", params=params, headers=headers, **more
        )

    def query(self, text: str) -> httpx.Response:
        return self.call("POST", "query", content=text, headers={"Content-Type": "application/text"})

    def found(self, text: str, entity: str) -> list[dict[str, Any]]:
        response = self.query(text)
        assert response.status_code == 200, response.text
        rows: list[dict[str, Any]] = response.json()["QueryResponse"].get(entity, [])
        return rows

    def control(self, path: str, **body: Any) -> Any:
        response = self.http.post(f"{self.base_url}/_sandbox/{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def records(self) -> Any:
        return self.http.get(f"{self.base_url}/_sandbox/records").json()

    def customer(self, name: str = "Rosa Diaz", **more: Any) -> str:
        return str(self.control("customers", name=name, **more)["Id"])

    def invoice(self, amount: str = "120.00", customer: str | None = None, **more: Any) -> str:
        return str(self.control("invoices", customer=customer or self.customer(), amount=amount, **more)["Id"])

    def pay(self, invoice: str, amount: float, request_id: str = "", **more: Any) -> httpx.Response:
        row = self.call("GET", f"invoice/{invoice}").json()["Invoice"]
        body = {
            "CustomerRef": {"value": row["CustomerRef"]["value"]},
            "TotalAmt": amount,
            "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice, "TxnType": "Invoice"}]}],
            **more,
        }
        return self.call("POST", "payment", json=body, params={"requestid": request_id} if request_id else {})


@contextmanager
def opened() -> Iterator[World]:
    """The twin with two companies, served."""
    clock = StillClock()
    twin = QuickBooksTwin({REALM: RealmSettings(), OTHER: RealmSettings(name="Other")}, clock=clock)
    with Served(twin) as served, httpx.Client(trust_env=False) as http:
        yield World(twin, clock, served.base_url, http)


def fault(response: httpx.Response) -> str:
    code: str = response.json()["Fault"]["Error"][0]["code"]
    return code
