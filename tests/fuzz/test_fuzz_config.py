"""Whatever is in the file, it loads or every problem is told: there is no third outcome."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.config import (
    InvalidConfig,
    Loaded,
    load_text,
    render_problems_json,
)
from connector.config.outputs import example_toml
from connector.config.toml import toml_value
from tests.unit.config_text import ENVIRON

_KEYS = st.sampled_from(
    [
        "state_dir",
        "log_level",
        "daemon",
        "company",
        "defaults",
        "id",
        "name",
        "country",
        "timezone",
        "start_on",
        "ledger",
        "stripe",
        "twilio",
        "notices",
        "consent",
        "words",
        "caps",
        "polling",
        "kind",
        "key",
        "from_number",
        "days",
        "window_start",
        "base_url",
        "poll_slow",
        "quickbooks",
        "xero",
        "excluded_customers",
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=8)
_SCALARS = (
    st.none().map(lambda _: True)
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.dates()
    | st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=12)
    | st.sampled_from(
        ["env:X", "file:~a/b", "keyring:a", "credential:x", "http://127.0.0.1", "quickbooks", "24:00", "{link}"]
    )
)
_TREES: st.SearchStrategy[Any] = st.recursive(
    _SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=5), max_leaves=20
)


def written(value: Any) -> str:
    """Any tree as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {written(item)}" for key, item in value.items()) + "}"
    return f"[{', '.join(written(item) for item in value)}]" if isinstance(value, list) else toml_value(value)


def loads_or_explains(text: str) -> None:
    outcome = outcome_of(text)
    if isinstance(outcome, InvalidConfig):
        assert outcome.problems
        assert all(one.path and one.wrong and one.fix for one in outcome.problems)
        assert json.loads(render_problems_json(outcome.problems, origin="x", warnings=outcome.warnings))["problems"]


def outcome_of(text: str) -> Loaded | InvalidConfig:
    """Either of the two things that may happen; any other exception fails the test."""
    try:
        return load_text(text, Path("/nowhere/duebird.toml"), ENVIRON)
    except InvalidConfig as error:
        return error


_FUZZ = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@_FUZZ
@given(st.text(max_size=200))
def test_any_text_loads_or_is_explained(text: str) -> None:
    loads_or_explains(text)


@_FUZZ
@given(st.dictionaries(_KEYS, _TREES, max_size=6))
def test_any_toml_loads_or_is_explained(tree: dict[str, Any]) -> None:
    loads_or_explains("\n".join(f"{toml_value(key)} = {written(value)}" for key, value in tree.items()))


_ASSIGNED = re.compile(r"^(#? ?)(\w+) = .*$", re.MULTILINE)
_EXAMPLE = example_toml()
_LINES = [found.span() for found in _ASSIGNED.finditer(_EXAMPLE)]


@_FUZZ
@given(st.lists(st.tuples(st.integers(0, len(_LINES) - 1), _TREES), min_size=1, max_size=4))
def test_the_example_with_any_values_loads_or_is_explained(changes: list[tuple[int, Any]]) -> None:
    text = _EXAMPLE
    for index, value in sorted(dict(changes).items(), reverse=True):
        start, end = _LINES[index]
        key = _EXAMPLE[start:end].lstrip("# ").partition(" =")[0]
        text = f"{text[:start]}{key} = {written(value)}{text[end:]}"
    loads_or_explains(text)
