"""Xero's own OpenAPI file, held against what the stand-in answers and what the adapter asks.

The file is read once a session. Without it (it is not part of the repository) the tests that need it are skipped.
"""

from __future__ import annotations

import functools
import json
import os
import re
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest
import yaml
from openapi_schema_validator import OAS30Validator
from referencing import Registry
from referencing.jsonschema import DRAFT4

from adapters.sandbox.base import SeenRequest

ROOT = "/api.xro/2.0"
URI = "urn:xero-accounting"
# Sent by Xero (seen in the file's own examples) and missing in its schemas.
UNDESCRIBED = {"Id", "Status", "ProviderName", "DateTimeUTC", "DateString", "DueDateString"}


def folder() -> Path:
    """Where the specifications are; skips the test where they are not."""
    beside = Path(__file__).resolve().parents[2] / "shared" / "specs"
    place = Path(os.environ.get("DUEBIRD_SPECS", beside))
    if not (place / "xero_accounting.yaml").exists():
        pytest.skip(f"Xero's OpenAPI files are not in {place}; set DUEBIRD_SPECS to where they are")
    return place


@functools.cache
def document() -> dict[str, Any]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # 0.2 s against 3 s
    text = (folder() / "xero_accounting.yaml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = yaml.load(text, Loader=loader)  # noqa: S506 -- both are safe loaders
    return loaded


@functools.cache
def _registry() -> Any:
    return Registry().with_resource(URI, DRAFT4.create_resource(document()))


@functools.cache
def _validator(pointer: str) -> Any:
    return OAS30Validator({"$ref": f"{URI}#{pointer}"}, registry=_registry())


def _resolve(schema: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in schema:
        node: Any = document()
        for part in schema["$ref"].removeprefix("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def _pointer(*parts: str) -> str:
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def operation(method: str, path: str) -> tuple[str, dict[str, Any]]:
    """(template, operation) of one request."""
    tail = path.removeprefix(ROOT)
    for template, item in document()["paths"].items():
        pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
        if method.lower() in item and re.fullmatch(pattern, tail):
            return template, item[method.lower()]
    raise AssertionError(f"Xero has no {method} {path}")


def unknown_fields(schema: dict[str, Any], value: Any, where: str = "") -> list[str]:
    """Fields that the description does not know, at any depth: misspelt ones would pass a plain validation."""
    schema = _resolve(schema)
    if isinstance(value, list):
        return [bad for one in value for bad in unknown_fields(schema.get("items", {}), one, where)]
    known = schema.get("properties")
    if not isinstance(value, dict) or not known:
        return []
    bad = [f"{where}.{name}" for name in value if name not in known and name not in UNDESCRIBED]
    return bad + [
        inner
        for name in value
        if name in known
        for inner in unknown_fields(known[name], value[name], f"{where}.{name}")
    ]


def check_answer(method: str, path: str, body: Any, status: int = 200) -> None:
    """Assert that this JSON is what the description promises for that call."""
    template, described = operation(method, path)
    if status == 400:
        pointer, schema = "/components/schemas/Error", document()["components"]["schemas"]["Error"]
        allowed = {".Elements"}  # elements also carry the record itself
    else:
        content = described["responses"][str(status)]["content"]
        assert "application/json" in content
        schema = content["application/json"]["schema"]
        pointer = _pointer("paths", template, method.lower(), "responses", str(status))
        pointer += "/content/application~1json/schema"
        allowed = set()
    problems = [f"{error.json_path}: {error.message}" for error in _validator(pointer).iter_errors(body)]
    problems += [bad for bad in unknown_fields(schema, body) if not any(bad.startswith(a) for a in allowed)]
    assert problems == [], problems


def check_request(seen: SeenRequest) -> None:
    """Assert that this request is one the description knows: path, query, headers, body."""
    _, described = operation(seen.method, seen.path)
    parameters = [_resolve(one) for one in described.get("parameters", [])]
    queries = {one["name"]: _resolve(one["schema"]) for one in parameters if one["in"] == "query"}
    for name, value in parse_qsl(seen.query, keep_blank_values=True):
        assert name in queries, f"{seen.method} {seen.path} knows no parameter {name}"
        assert _fits(queries[name], value), f"{name}={value} does not fit {queries[name]}"
    headers = {one["name"].lower() for one in parameters if one["in"] == "header"}
    for special in ("idempotency-key", "if-modified-since"):
        assert special not in seen.headers or special in headers, f"{seen.method} {seen.path} takes no {special}"
    assert seen.headers.get("xero-tenant-id"), "no tenant is named"
    assert seen.headers["accept"] == "application/json", "without it the answer is XML"
    if seen.body:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        body = json.loads(seen.body)
        pointer = schema["$ref"].removeprefix("#")
        assert [error.message for error in _validator(pointer).iter_errors(body)] == []
        assert unknown_fields(schema, body) == []


def _fits(schema: dict[str, Any], text: str) -> bool:
    kind = schema.get("type")
    if kind == "integer":
        return text.isdigit()
    if kind == "boolean":
        return text in {"true", "false"}
    if kind == "array":
        return all(_fits(_resolve(schema["items"]), one) for one in text.split(","))
    if schema.get("format") == "uuid":
        return str(uuid.UUID(text)) == text.lower()
    return True
