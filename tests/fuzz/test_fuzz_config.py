"""Whatever is in the file, it loads or every problem is told: there is no third outcome."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from connector.config import (
    InvalidConfig,
    Loaded,
    load_text,
    render_problems_json,
)
from connector.config.initial import InitialAnswers, initial_text
from connector.config.outputs import example_toml
from connector.config.toml import toml_value
from connector.errors import Mistyped
from tests.fuzz.effort import effort
from tests.fuzz.written import ENVIRON as KEYS
from tests.fuzz.written import Mistake, Tree, inline, mistaken, text_of, tree_of, trees
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


def loads_or_explains(text: str) -> None:
    outcome = outcome_of(text, ENVIRON)
    if isinstance(outcome, InvalidConfig):
        assert outcome.problems
        assert all(one.path and one.wrong and one.fix for one in outcome.problems)
        assert json.loads(render_problems_json(outcome.problems, origin="x", warnings=outcome.warnings))["problems"]


def outcome_of(text: str, environ: Mapping[str, str]) -> Loaded | InvalidConfig:
    """Either of the two things that may happen; any other exception fails the test."""
    try:
        return load_text(text, Path("/nowhere/duebird.toml"), environ)
    except InvalidConfig as error:
        return error


@given(st.text(max_size=200))
def test_any_text_loads_or_is_explained(text: str) -> None:
    loads_or_explains(text)


@given(st.dictionaries(_KEYS, _TREES, max_size=6))
def test_any_toml_loads_or_is_explained(tree: dict[str, Any]) -> None:
    loads_or_explains("\n".join(f"{toml_value(key)} = {inline(value)}" for key, value in tree.items()))


_ASSIGNED = re.compile(r"^(#? ?)(\w+) = .*$", re.MULTILINE)
_EXAMPLE = example_toml()
_LINES = [found.span() for found in _ASSIGNED.finditer(_EXAMPLE)]


@given(st.lists(st.tuples(st.integers(0, len(_LINES) - 1), _TREES), min_size=1, max_size=4))
def test_the_example_with_any_values_loads_or_is_explained(changes: list[tuple[int, Any]]) -> None:
    text = _EXAMPLE
    for index, value in sorted(dict(changes).items(), reverse=True):
        start, end = _LINES[index]
        key = _EXAMPLE[start:end].lstrip("# ").partition(" =")[0]
        text = f"{text[:start]}{key} = {inline(value)}{text[end:]}"
    loads_or_explains(text)


# ----------------------------------------------------------------------------------------- drawn from the classes


@given(tree=trees())
def test_what_the_classes_give_as_examples_loads_and_says_the_same_when_written_out_again(tree: Tree) -> None:
    first = outcome_of(text_of(tree), KEYS)
    assert isinstance(first, Loaded), str(first)
    again = outcome_of(text_of(tree_of(first.settings)), KEYS)
    assert isinstance(again, Loaded), str(again)
    assert again.settings == first.settings
    assert again.state_dir == first.state_dir


@effort(2)
@given(planted=mistaken())
def test_all_mistakes_are_told_at_once_each_at_its_place(planted: tuple[Tree, list[Mistake]]) -> None:
    tree, mistakes = planted
    outcome = outcome_of(text_of(tree), KEYS)
    assert isinstance(outcome, InvalidConfig)
    assert len(outcome.problems) >= len(mistakes)
    paths = [problem.path for problem in outcome.problems]
    assert [mistake for mistake in mistakes if not any(mistake.is_told(path) for path in paths)] == [], paths
    assert all(problem.wrong and problem.fix.endswith((".", "?")) for problem in outcome.problems)
    assert not any("\n" in problem.path + problem.seen + problem.wrong for problem in outcome.problems)


# ------------------------------------------------------------------------------------------------------- secrets

# As each service makes them; the letters in the middle are what must not be seen anywhere.
SECRETS = {
    "sk_live_51CANARYabcdefghij0123456789": "CANARYabc",
    "rk_test_51CANARYabcdefghij0123456789": "CANARYabc",
    "whsec_CANARYabcdefghij0123456789xyz": "CANARYabc",
    "c0ffee0123456789abcdef0123456789": "ee0123456789abcdef",
    "0123456789abcdefABCDEF0123456789abcdefABCDEF01": "6789abcdefABCDEF",
}


@st.composite
def with_a_secret(draw: st.DrawFn) -> tuple[str, str]:
    """A file with a secret somewhere, in its place or not, in right TOML or not; and what must not be shown."""
    secret = draw(st.sampled_from(sorted(SECRETS)))
    lines = _EXAMPLE.splitlines()
    spots = [number for number, line in enumerate(lines) if re.match(r"(# )?\w+ = ", line)]
    for _ in range(draw(st.integers(1, 3))):
        spot = draw(st.sampled_from(spots))
        key = lines[spot].removeprefix("# ").partition(" = ")[0]
        lines[spot] = draw(st.sampled_from(_WRITTEN)).replace("KEY", key).replace("SECRET", secret)
    return "\n".join(lines), SECRETS[secret]


_WRITTEN = [
    *('KEY = "SECRET"', "KEY = SECRET", 'KEY = "SECRET', "KEY = 'SECRET'", 'KEY = ["SECRET"]', 'KEY = {a = "SECRET"}'),
    *('KEY = "env:SECRET"', 'KEY = "file:SECRET"', 'KEY = "keyring:a/SECRET"', 'KEY "SECRET"', "SECRET", "[SECRET]"),
    *('SECRET = "KEY"', 'KEY_X = "SECRET"', 'key = "SECRET" x', 'KEY = "SECRET"\nKEY = "SECRET"', "KEY = SECRET = 1"),
    *("KEY.SECRET = 1", '"KEY SECRET" = 1', 'KEY = "x SECRET y"', 'KEY = """\nSECRET'),
]


@effort(2)
@given(case=with_a_secret())
@example(
    case=(
        '[[company]]\nid = "a"\n[company.twilio]\nauth_token = "env:c0ffee0123456789abcdef0123456789"',
        "ee0123456789abcdef",
    )
)
@example(
    case=(
        '[[company]]\nid = "a"\n[company.twilio]\nauth_token = "file:c0ffee0123456789abcdef0123456789"',
        "ee0123456789abcdef",
    )
)
def test_no_message_shows_a_secret_wherever_it_was_written(case: tuple[str, str]) -> None:
    text, canary = case
    outcome = outcome_of(text, {})
    shown = [str(warning) for warning in outcome.warnings]
    if isinstance(outcome, InvalidConfig):
        shown += [str(outcome), *map(str, outcome.problems), render_problems_json(outcome.problems, origin="x")]
    else:
        shown.append(repr(outcome))
    assert [line for line in shown if canary in line] == []


@given(
    name=st.text(max_size=40),
    country=st.sampled_from(["US", "GB", "UK", "", "us"]) | st.text(max_size=3),
    timezone=st.sampled_from(["Europe/London", "../etc/passwd", "Europe"]) | st.text(max_size=12),
    start_on=st.dates(),
    ledger=st.sampled_from(["quickbooks", "xero", "other", "", '"']),
)
@example(name='a"b\\c', country="US", timezone="Europe/London", start_on=date(1, 1, 1), ledger="xero")
def test_a_first_file_is_what_was_answered_or_is_refused(
    name: str, country: str, timezone: str, start_on: date, ledger: str
) -> None:
    answers = InitialAnswers(ledger, name, country, timezone, start_on)
    text = first_file(answers)
    if text is None:
        return
    loaded = load_text(text, Path("/nowhere/duebird.toml"), {}, with_secrets=False)
    [company] = loaded.settings.companies
    assert (company.name, company.country, company.timezone, company.start_on) == (name, country, timezone, start_on)
    assert initial_text(answers) == text


def first_file(answers: InitialAnswers) -> str | None:
    """The file, None where the answers are refused; any other exception fails the test."""
    try:
        return initial_text(answers)
    except Mistyped:
        return None
