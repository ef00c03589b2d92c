"""Stripe's stand-in as anybody might ask it over plain HTTP, and the description that its answers are held to."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import requests

from adapters.sandbox.base import CONTROL, Served
from adapters.sandbox.stripe import StripeTwin
from adapters.sandbox.stripe.twin import DEFAULT_ACCOUNT, DEFAULT_KEY

SPECS = Path(os.environ.get("DUEBIRD_SPECS", Path(__file__).parents[3] / "shared" / "specs"))


@dataclass
class Asker:
    """Plain HTTP with a key."""

    base_url: str
    twin: StripeTwin
    key: str = DEFAULT_KEY
    http: requests.Session = field(default_factory=requests.Session)

    def get(self, path: str, query: str = "") -> requests.Response:
        return self.http.get(
            f"{self.base_url}{path}?{query}", headers={"Authorization": f"Bearer {self.key}"}, timeout=5
        )

    def post(self, path: str, form: dict[str, str] | None = None, key: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.key}", **({"Idempotency-Key": key} if key else {})}
        return self.http.post(f"{self.base_url}{path}", data=form or {}, headers=headers, timeout=5)

    def control(self, act: str, given: dict[str, Any] | None = None) -> dict[str, Any]:
        return dict(self.http.post(f"{self.base_url}{CONTROL}/{act}", json=given or {}, timeout=5).json())

    def records(self) -> dict[str, Any]:
        answer = self.http.get(f"{self.base_url}{CONTROL}/records", params={"account": DEFAULT_ACCOUNT}, timeout=5)
        return dict(answer.json()["accounts"][DEFAULT_ACCOUNT]["test"])

    def pass_time(self, by: timedelta) -> None:
        self.twin.clock.offset += by

    def link(self, **more: str) -> dict[str, Any]:
        answer = self.post("/v1/payment_links", {**FORM, **more})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


FORM = {
    "line_items[0][quantity]": "1",
    "line_items[0][price_data][currency]": "usd",
    "line_items[0][price_data][unit_amount]": "12050",
    "line_items[0][price_data][product_data][name]": "Invoice INV-1",
    "line_items[0][price_data][product_data][description]": "Due 1 December 2026",
    "metadata[duebird_ref]": "DB1",
    "payment_intent_data[metadata][duebird_ref]": "DB1",
    "restrictions[completed_sessions][limit]": "1",
    "inactive_message": "This invoice is settled.",
}


@cache
def spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SPECS / "stripe_spec3_subset.json").read_text())
    return found


@cache
def components() -> Any:
    return _with_null(spec()["components"])


def _with_null(node: Any) -> Any:
    """OpenAPI 3.0 says `nullable` where JSON Schema says `null`."""
    if isinstance(node, list):
        return [_with_null(one) for one in node]
    if not isinstance(node, dict):
        return node
    inner = {key: _with_null(one) for key, one in node.items() if key != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if node.get("nullable") is True else inner


def assert_described(kind: str, obj: dict[str, Any]) -> None:
    schema = {"$ref": f"#/components/schemas/{kind}", "components": components()}
    errors = list(jsonschema.Draft202012Validator(schema).iter_errors(obj))
    assert not errors, [f"{list(error.path)}: {error.message[:200]}" for error in errors]
    unknown = set(obj) - set(spec()["components"]["schemas"][kind]["properties"])
    assert not unknown, f"{kind} has no {unknown}"


@contextmanager
def open_desk() -> Iterator[Asker]:
    """A fresh stand-in, and somebody to ask it."""
    twin = StripeTwin()
    with Served(twin) as served:
        asker = Asker(served.base_url, twin)
        yield asker
        asker.http.close()
