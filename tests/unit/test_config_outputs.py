"""Example, reference and schema say what the classes say, and the committed copies say the same."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from connector.config import load_text
from connector.config.describe import all_sections, settings_of
from connector.config.outputs import COMMITTED, REGENERATE, example_toml, reference_markdown, schema
from tests.unit.config_text import company

ROOT = Path(__file__).parents[2]
UNITS = re.compile(
    r"second|a minute|an hour|a day|a month|30 days|days|share|Texts|at the same time|in their own currency",
    re.IGNORECASE,
)

EVERY_SETTING = [
    pytest.param(setting, id=f"{section}.{setting.name}")
    for section, model in all_sections().items()
    for setting in settings_of(model).values()
]


@pytest.mark.parametrize(("name", "make"), COMMITTED.items())
def test_the_committed_copy_is_what_the_settings_say(name: str, make: Callable[[], str]) -> None:
    committed = (ROOT / name).read_text("utf-8") if (ROOT / name).exists() else ""
    assert committed == make(), f"{name} is out of date; regenerate it with: {REGENERATE}"


def test_the_example_loads_and_warns_of_nothing_but_its_placeholders() -> None:
    environ = {
        "INTUIT_CLIENT_ID": "id-1",
        "INTUIT_CLIENT_SECRET": "secret-1",
        "XERO_CLIENT_ID": "id-2",
        "ACME_STRIPE_KEY": "rk_live_acme0001",
        "BLUEDOOR_STRIPE_KEY": "rk_live_blue0001",
        "ACME_TWILIO_KEY_SECRET": "secret-2",
        "BLUEDOOR_TWILIO_KEY_SECRET": "secret-3",
    }
    found = load_text(example_toml(), Path("duebird.toml"), environ)
    assert {warning.wrong for warning in found.warnings} == {"is still the example's placeholder"}
    assert [one.ledger.kind for one in found.settings.companies] == ["quickbooks", "xero"]


def test_the_example_loads_with_each_optional_line_brought_to_life() -> None:
    lines = example_toml().splitlines()
    commented = [number for number, line in enumerate(lines) if re.match(r"# \w+ = ", line)]
    dead = {
        "messaging_service_sid",
        "sender_name",
        "client_secret",
        "host",
        "fee_tax_code",
        "book_from",
        "refund_account",
        "refund_tax_code",
    }  # each excludes a live one, or needs another
    start = lines.index("[[company]]")
    tried = 0
    for number in commented:
        key = lines[number].removeprefix("# ").partition(" =")[0]
        if key in dead or (number < start and "[defaults" in "\n".join(lines[:number])):
            continue
        alive = [*lines[:number], lines[number].removeprefix("# "), *lines[number + 1 :]]
        load_text("\n".join(alive), Path("duebird.toml"), {}, with_secrets=False)
        tried += 1
    assert tried > 40


def test_the_shared_settings_shown_in_the_example_load() -> None:
    lines = example_toml().splitlines()
    first, last = lines.index("# [defaults]"), lines.index("[[company]]")
    shown = [line.removeprefix("# ") for line in lines[first:last] if re.match(r"# (\w+ = |\[)", line)]
    assert "[defaults.twilio]" in shown
    load_text("\n".join([*shown, *lines[last:]]), Path("duebird.toml"), {}, with_secrets=False)


@pytest.mark.parametrize("setting", EVERY_SETTING)
def test_every_setting_is_described(setting: Any) -> None:
    assert setting.description.endswith((".", "'"))
    assert setting.means
    if isinstance(setting.default, float | int) and not isinstance(setting.default, bool):
        assert UNITS.search(setting.description), "a number needs its unit"


@pytest.mark.parametrize("setting", EVERY_SETTING)
def test_every_value_is_in_the_example_and_in_the_reference(setting: Any) -> None:
    if not setting.table:
        assert re.search(rf"^(# )?{setting.name} = ", example_toml(), re.MULTILINE)
        assert f"| `{setting.name}` |" in reference_markdown()


@pytest.mark.parametrize("text", [example_toml(), company()], ids=["example", "short"])
def test_the_schema_accepts_what_loads(text: str) -> None:
    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.validate(_as_json(tomllib.loads(text)), schema(), cls=jsonschema.Draft202012Validator)


def test_the_schema_accepts_a_company_that_leans_on_shared_settings() -> None:
    text = '[defaults.stripe]\nkey = "env:X"\n[defaults.xero]\nclient_id = "env:Y"\n[[company]]\nid = "a"\nname = "A"\n'
    text += '[company.ledger]\nkind = "xero"\n'
    jsonschema.validate(tomllib.loads(text), schema(), cls=jsonschema.Draft202012Validator)


@pytest.mark.parametrize(
    "text",
    [
        "poll = 3",
        "[daemon]\npoll_slow = 0",
        "[daemon]\npoll_slow = '300'",
        "[defaults.stripe]\nkye = 'x'",
        "[defaults]\nid = 'x'",
        "[[company]]\nid = 'a'\nname = 'A'\n[company.ledger]\nkind = 'sage'",
        "[[company]]\nid = 'A B'\nname = 'A'\n[company.ledger]\nkind = 'xero'",
        company(rest="[company.notices]\nwindow_end = '25:00'"),
        company(rest="[company.notices]\nminimum_amount = 5.0"),
    ],
)
def test_the_schema_shows_mistakes_while_one_types(text: str) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(_as_json(tomllib.loads(text)), schema(), cls=jsonschema.Draft202012Validator)


def _as_json(value: Any) -> Any:
    """What an editor hands its validator: dates as text."""
    if isinstance(value, dict):
        return {key: _as_json(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_as_json(item) for item in value]
    return value if isinstance(value, str | int | float | bool) else str(value)
