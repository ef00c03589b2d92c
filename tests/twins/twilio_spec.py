"""Twilio's own OpenAPI descriptions as JSON Schema, for holding answers and requests against them."""

from __future__ import annotations

import json
import os
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # its stubs are not among ours

_FOLDER = Path(os.environ.get("DUEBIRD_SPECS", Path(__file__).parents[3] / "shared" / "specs"))


@cache
def spec(name: str) -> dict[str, Any]:
    """The description `twilio_<name>.json`; skips the test where it is not there."""
    path = _FOLDER / f"twilio_{name}.json"
    if not path.exists():
        pytest.skip(f"Twilio's API description is not at {path}; set DUEBIRD_SPECS to the folder that has it")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


def answer_problems(name: str, path: str, method: str, status: int, body: Any) -> list[str]:
    """What in an answer differs from the description; fields it does not know count too."""
    document = spec(name)
    operation = document["paths"][path][method]
    schema = operation["responses"][str(status)]["content"]["application/json"]["schema"]
    validator = Draft202012Validator(_plain(document, schema))
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(body)]


def parameters_of(name: str, path: str, method: str) -> set[str]:
    """Names a request may carry, in its query or its form."""
    document = spec(name)
    operation = document["paths"][path][method]
    listed = [_plain(document, one) for one in operation.get("parameters", ())]
    form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
    return {one["name"] for one in listed} | set(form.get("schema", {}).get("properties", {}))


def _plain(document: dict[str, Any], schema: Any) -> Any:
    """OpenAPI 3.0 to JSON Schema: references resolved, `nullable` as a type, no unknown properties."""
    if isinstance(schema, list):
        return [_plain(document, item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        target: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _plain(document, target)
    # A schema's own description is text; a mapping is that of a property of this name.
    said = {key for key in ("nullable", "description") if not isinstance(schema.get(key), dict)}
    made = {key: _plain(document, value) for key, value in schema.items() if key not in said}
    if "properties" in made and isinstance(made["properties"], dict) and made.get("type") == "object":
        made["additionalProperties"] = False
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") else made
