"""The example file, the reference pages and the editors' schema, all written by the classes they are about.

`python -m connector.config.outputs` writes the committed copies again; a test fails when they drift.
"""

from __future__ import annotations

import json
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from adapters.registry import LEDGER_SETTINGS
from connector.config.company import CompanySettings
from connector.config.describe import COMPANY_SECTIONS, NEVER_SHARED, WITHIN, Setting, all_sections, settings_of
from connector.config.settings import DaemonSettings, Settings
from connector.config.toml import toml_value
from connector.config.values import VARIABLES
from connector.settings import StrictSettings
from connector.words_page import words_page

WIDTH: Final = 100
REGENERATE: Final = "python -m connector.config.outputs"

# ------------------------------------------------------------------------------------------------- example.toml

_HEAD: Final = """\
#:schema ./docs/reference/duebird.schema.json
#
# Every setting of Duebird. Lines that begin with '# ' and a key show what holds when you leave them out,
# or, where nothing holds, an example. You need none of them: a company needs some fifteen lines, and
# `duebird init` writes those.
#
# Duebird looks for --config PATH, else ./duebird.toml, else the one in your platform's config folder.
# Check yours with `duebird config check`, which tells all problems at once and changes nothing.
#
# Secrets do not stand here. Write where they are:
#   "env:NAME"                an environment variable
#   "file:PATH"               a file only its owner can read, relative to this one
#   "keyring:SERVICE/NAME"    the keyring of your desktop
#   "credential:NAME"         handed over by systemd (LoadCredential=)
"""

_DEFAULTS: Final = """\
# What companies have in common may stand once, in [defaults]: it is laid under each company, key by key, and
# what a company says itself wins (lists are replaced, not joined). Ledger settings go under their kind. In
# pointers to secrets, {id} stands for the company's id and {ID} for the same in capitals with _ for -.
# An id, a name and a ledger's kind cannot be shared.
#
# [defaults]
# country = "US"
# timezone = "America/New_York"
# [defaults.quickbooks]
# client_id = "env:INTUIT_CLIENT_ID"
# client_secret = "env:INTUIT_CLIENT_SECRET"
# [defaults.xero]
# client_id = "env:XERO_CLIENT_ID"
# [defaults.stripe]
# key = "file:secrets/{id}.stripe"
# [defaults.twilio]
# auth_token = "env:{ID}_TWILIO_AUTH_TOKEN"
# [defaults.notices]
# window_start = "09:00"
"""

# Not required one by one, but live in the example: it could not work without. None: the setting's own example.
_FILLED: Final[dict[str, dict[str, Any]]] = {
    "quickbooks": {"redirect_uri": "https://www.acme.example/duebird"},
    "twilio": {"api_key_sid": None, "api_key_secret": None, "from_number": None},
}
# What the second company has of its own.
_SECOND: Final[dict[str, dict[str, Any]]] = {
    "company": {"id": "bluedoor", "name": "Blue Door Bakery"},
    "stripe": {"key": "env:BLUEDOOR_STRIPE_KEY"},
    "twilio": {"api_key_secret": "env:BLUEDOOR_TWILIO_KEY_SECRET", "from_number": "+15550100002"},
}


def example_toml() -> str:
    """A commented file with every setting, which loads as it stands."""
    lines = [_HEAD.rstrip("\n"), ""]
    lines += _lines(settings_of(Settings).values())
    lines += ["", *_comment(_doc(DaemonSettings)), "[daemon]", *_lines(settings_of(DaemonSettings).values())]
    lines += ["", _DEFAULTS.rstrip("\n")]
    for number, kind in enumerate(LEDGER_SETTINGS):
        lines += _example_company(kind, first=number == 0)
    return "\n".join(lines) + "\n"


def _example_company(kind: str, *, first: bool) -> Iterator[str]:
    company = settings_of(CompanySettings)
    yield from ("", "# " + "-" * (WIDTH - 2), *(_comment(_doc(CompanySettings)) if first else ()), "", "[[company]]")
    others = {} if first else _SECOND
    yield from _lines(company.values(), filled=others.get("company"), brief=not first)
    ledger = LEDGER_SETTINGS[kind]
    yield from ("", *_comment(_doc(ledger)), "[company.ledger]")
    yield from _lines(settings_of(ledger).values(), filled=_FILLED.get(kind))
    for name, model in COMPANY_SECTIONS.items():
        filled = {**_FILLED.get(name, {}), **others.get(name, {})}
        if not first and name not in ("stripe", "twilio"):
            continue
        yield from ("", *(_comment(_doc(model)) if first else ()), f"[company.{name}]")
        yield from _lines(settings_of(model).values(), filled=filled, brief=not first)
        for inner, held in WITHIN.get(name, {}).items():
            yield from ("", *_comment(_doc(held)), f"[company.{name}.{inner}]", *_lines(settings_of(held).values()))
    if not first:
        yield from ("", "# [company.notices] and the other sections as above.")


def _lines(settings: Any, *, filled: dict[str, Any] | None = None, brief: bool = False) -> Iterator[str]:
    """One setting after the other: its description, then it, live if a value is needed and a comment if not.

    `brief` leaves out what is not needed.
    """
    values = filled or {}
    for setting in settings:
        live = setting.required or setting.name in values
        if setting.table or (brief and not live):
            continue
        value = values.get(setting.name)
        if value is None:
            value = setting.example if live or setting.default in (None, ()) else setting.default
        if not brief:
            yield ""
            yield from _comment(setting.description + _choices(setting))
        yield f"{'' if live else '# '}{setting.name} = {toml_value(value)}"


def _choices(setting: Setting) -> str:
    told = all(f"'{choice}'" in setting.description for choice in setting.choices)
    return "" if told or len(setting.choices) <= 1 else f" One of: {', '.join(setting.choices)}."


def _comment(text: str) -> list[str]:
    return [f"# {line}" for line in textwrap.wrap(text, WIDTH - 2, break_long_words=False, break_on_hyphens=False)]


def _doc(model: type[StrictSettings]) -> str:
    return " ".join((model.__doc__ or "").split())


# -------------------------------------------------------------------------------------------- the reference page

_PAGE_HEAD: Final = f"""\
<!-- Written by `{REGENERATE}` from the settings classes. Change those, not this page. -->

# Configuration

One TOML file holds everything: `--config PATH`, else `./duebird.toml`, else `duebird.toml` in the platform's
config folder. `duebird init` writes a first one, `duebird config example` prints one with every setting, and
`duebird config check` tells every problem at once, each with its path, the value seen and the fix. In paths the
first `[[company]]` is `company[1]`.

## Secrets

A secret does not stand in the file; a pointer to it does:

| Pointer | Where the secret is |
|---|---|
| `env:NAME` | in an environment variable |
| `file:PATH` | in a file, relative to the configuration; refused when everybody on the machine can read it |
| `keyring:SERVICE/NAME` | in the desktop's keyring (needs `duebird[keyring]`) |
| `credential:NAME` | handed over by systemd (`LoadCredential=`) |

Anything else counts as the secret itself: that works, with a warning. One newline at the end is dropped. A secret
is read once, when the configuration is loaded; nothing shows it.

## Shared settings

`[defaults]` is laid under each company, key by key: what a company says itself wins, and lists are replaced, not
joined. `[defaults.stripe]`, `[defaults.notices]` and so on go to the company's section of that name;
`[defaults.quickbooks]` and `[defaults.xero]` go to the `[company.ledger]` of that kind. In pointers to secrets
written there, `{{id}}` stands for the company's id and `{{ID}}` for the same in capitals with `_` for `-`:

```toml
[defaults.stripe]
key = "file:secrets/{{id}}.stripe"
```

{", ".join(f"`{name}`" for name in NEVER_SHARED)} and the ledger's `kind` cannot be shared.

## Stand-ins

Every `*_url` setting points Duebird at a stand-in instead of the real service: plain http to this machine, and only
with a Stripe test key (`sk_test_` or `rk_test_`). A live key beside any stand-in is refused.
"""


def reference_markdown() -> str:
    """The reference page: a table for each section."""
    parts = [_PAGE_HEAD]
    for name, model in all_sections().items():
        parts.append(f"## {_title(name)}\n\n{_doc(model)}\n\n{_table(model)}\n")
        if name == "company.words":
            rows = "\n".join(f"| `{{{variable}}}` | {meaning} |" for variable, meaning in VARIABLES.items())
            parts.append(f"| Variable | Stands for |\n|---|---|\n{rows}\n")
    return "\n".join(parts)


def _title(section: str) -> str:
    if not section:
        return "At the top of the file"
    if section == "company":
        return "`[[company]]`"
    name, _, kind = section.partition(" ")
    return f"`[{name}]`" + (f' with `kind = "{kind.strip("()")}"`' if kind else "")


def _table(model: type[StrictSettings]) -> str:
    rows = ["| Setting | Value | When left out | Meaning |", "|---|---|---|---|"]
    for setting in settings_of(model).values():
        if setting.table:
            continue
        default = (
            "must be given" if setting.required else "nothing" if setting.default is None else _code(setting.default)
        )
        example = f" Example: {_code(setting.examples[0])}." if setting.examples else ""
        cells = (f"`{setting.name}`", setting.means, default, setting.description + example)
        rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(rows)


def _code(value: Any) -> str:
    return f"`{toml_value(value)}`"


# ------------------------------------------------------------------------------------------- the editors' schema


def schema() -> dict[str, Any]:
    """A JSON Schema (draft 2020-12) for editors.

    It asks for less than Duebird does: what a company leaves out may stand in `[defaults]`.
    """
    made = Settings.model_json_schema(by_alias=True)
    definitions: dict[str, Any] = made["$defs"]
    for name, definition in definitions.items():
        kept = {"CompanySettings": ["id", "name", "ledger"]}.get(name, ["kind"])
        needed = [key for key in definition.get("required", []) if key in kept]
        definition.pop("required", None)
        if needed:
            definition["required"] = needed
    made["properties"]["defaults"] = _defaults_schema(definitions)
    made["description"] = _doc(Settings)
    made.pop("required", None)  # an empty file is asked for a company by Duebird, not while one is typing
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "duebird.toml"}
    return {**head, **{key: value for key, value in made.items() if key != "title"}}


def _defaults_schema(definitions: dict[str, Any]) -> dict[str, Any]:
    company = definitions["CompanySettings"]["properties"]
    shared = {key: value for key, value in company.items() if key not in {*NEVER_SHARED, "ledger"}}
    for kind, model in LEDGER_SETTINGS.items():
        properties = definitions[model.__name__]["properties"]
        shared[kind] = {
            "type": "object",
            "description": f"Shared by all companies whose ledger is {kind}.",
            "properties": {key: value for key, value in properties.items() if key != "kind"},
            "additionalProperties": False,
        }
    return {
        "type": "object",
        "description": "Laid under each company, key by key; what a company says itself wins.",
        "properties": shared,
        "additionalProperties": False,
    }


def schema_json() -> str:
    """The schema as text."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


COMMITTED: Final = {
    "config.example.toml": example_toml,
    "docs/reference/configuration.md": reference_markdown,
    "docs/reference/duebird.schema.json": schema_json,
    "docs/reference/words.md": words_page,
}


def write_all(root: Path) -> None:
    """Write every committed copy below `root`, the repository."""
    for name, make in COMMITTED.items():
        target = root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(make(), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write_all(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd())
