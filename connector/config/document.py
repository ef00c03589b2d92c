"""The configuration as written: shared defaults laid under each company, and where every value came from."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, Final

from adapters.registry import LEDGER_SETTINGS
from adapters.secrets import mask_patterns
from connector.config.describe import COMPANY_SECTIONS, NEVER_SHARED, Setting, section_model, settings_of
from connector.pointers import SCHEMES, SecretPointer
from connector.settings import StrictSettings

KeyPath = tuple[str | int, ...]  # keys from the top of the file, a company by its index from 0

ABSENT: Final = object()


@dataclass(frozen=True, slots=True)
class Document:
    """What the file says, after defaults. Its values are unchecked: any key may be missing or of a wrong type."""

    raw: Mapping[str, Any]
    inherited: frozenset[KeyPath]  # values that stand in [defaults]
    defaults: Mapping[str, Any]

    @property
    def companies(self) -> list[Company]:
        """Every company that is at least a table."""
        listed = self.raw.get("company")
        entries = listed if isinstance(listed, list) else []
        return [Company(self, index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]

    def value(self, path: KeyPath) -> Any:
        """What stands at that path, or ABSENT."""
        here: Any = self.raw
        for key in path:
            try:
                here = here[key]
            except (TypeError, KeyError, IndexError):
                return ABSENT
        return here

    def is_inherited(self, path: KeyPath) -> bool:
        """Whether what stands at that path stands in `[defaults]`."""
        return any(path[:length] in self.inherited for length in range(3, len(path) + 1))

    def named(self, path: KeyPath) -> str:
        """The path as a person reads it: company[1] "acme".stripe.key, or defaults.stripe.key where it was shared."""
        if self.is_inherited(path):
            return _dotted(("defaults", *self._shared_keys(path)))
        if path[:1] != ("company",) or len(path) == 1:
            return _dotted(path)
        company = self.value((*path[:2], "id"))
        label = f' "{printable(company)}"' if isinstance(company, str) and company else ""
        rest = _dotted(path[2:])
        return f"company[{int(path[1]) + 1}]{label}" + (f".{rest}" if rest else "")

    def _shared_keys(self, path: KeyPath) -> KeyPath:
        """Where in [defaults] the value of a company's path stands."""
        rest = path[2:]
        return (str(self.value((*path[:3], "kind"))), *rest[1:]) if rest[0] == "ledger" else rest


@dataclass(frozen=True, slots=True)
class Company:
    """One company as written."""

    document: Document
    index: int
    raw: Mapping[str, Any]

    @property
    def enabled(self) -> bool:
        """Unless switched off in so many words."""
        return self.raw.get("enabled") is not False

    @property
    def kind(self) -> str:
        """The ledger's kind, "" where it names none."""
        kind = self.section("ledger").get("kind")
        return kind if isinstance(kind, str) else ""

    def path(self, *keys: str) -> KeyPath:
        """The path of one of its settings."""
        return ("company", self.index, *keys)

    def section(self, name: str) -> Mapping[str, Any]:
        """One of its tables, empty where missing or no table."""
        found = self.raw.get(name)
        return found if isinstance(found, Mapping) else {}

    def text(self, section: str, key: str) -> str | None:
        """A text of one of its tables, None where missing or no text."""
        found = self.section(section).get(key)
        return found if isinstance(found, str) and found.strip() else None

    def sections(self) -> Iterator[tuple[str, type[StrictSettings], Mapping[str, Any]]]:
        """Its tables that have a class, with it."""
        for name, content in self.raw.items():
            model = section_model(name, self.kind)
            if model is not None and isinstance(content, Mapping):
                yield name, model, content

    def pointers(self) -> Iterator[tuple[KeyPath, SecretPointer]]:
        """Every secret it points to."""
        for name, model, content in self.sections():
            for key, setting in settings_of(model).items():
                text = content.get(key)
                if setting.secret and isinstance(text, str) and text.strip():
                    yield self.path(name, key), SecretPointer(text)


def with_defaults(document: Mapping[str, Any]) -> Document:
    """Lay `[defaults]` under every company: what a company says itself wins, key by key; lists are not joined."""
    shared = document.get("defaults")
    defaults = shared if isinstance(shared, Mapping) else {}
    raw = {key: value for key, value in document.items() if key != "defaults" or not isinstance(value, Mapping)}
    listed = raw.get("company")
    inherited: set[KeyPath] = set()
    if isinstance(listed, list):
        raw["company"] = [
            _merged(index, entry, defaults, inherited) if isinstance(entry, dict) else entry
            for index, entry in enumerate(listed)
        ]
    return Document(raw, frozenset(inherited), defaults)


def _merged(index: int, own: Mapping[str, Any], defaults: Mapping[str, Any], inherited: set[KeyPath]) -> dict[str, Any]:
    company = dict(own)
    for name, shared in defaults.items():
        if name in LEDGER_SETTINGS or name in COMPANY_SECTIONS:
            target = "ledger" if name in LEDGER_SETTINGS else name
            table = company.get(target, {})
            if not isinstance(table, Mapping) or not isinstance(shared, Mapping):
                continue
            if target == "ledger" and table.get("kind") != name:
                continue
            added = {key: _for_company(value, own.get("id")) for key, value in shared.items() if key not in table}
            company[target] = {**table, **added}
            inherited.update(("company", index, target, key) for key in added)
        elif name not in company and name not in NEVER_SHARED and name != "ledger":
            company[name] = shared
            inherited.add(("company", index, name))
    return company


def _for_company(value: Any, company_id: object) -> Any:
    """Fill {id} and {ID} of a shared pointer with the company's id, the latter as environment variables are named."""
    if isinstance(value, str) and isinstance(company_id, str) and value.partition(":")[0] in SCHEMES:
        return value.replace("{id}", company_id).replace("{ID}", company_id.upper().replace("-", "_"))
    return value


def _dotted(path: KeyPath) -> str:
    said = ""
    for key in path:
        if isinstance(key, int):
            said += f"[{key + 1}]"
        else:
            shown = key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else json.dumps(key, ensure_ascii=False)
            said += f".{shown}" if said else shown
    return printable(said)


# ------------------------------------------------------------------------------------------ what may be shown

_LONGEST_SHOWN: Final = 60
_TOKEN: Final = re.compile(r"(?=[^\s/]*\d)(?=[^\s/]*[A-Za-z])[^\s/:.]{16,}")  # a long run of letters and digits
_NAME: Final = re.compile(r"(?:[a-z]+|[A-Z]+|\d+)(?:[_-](?:[a-z]+|[A-Z]+|\d+))+")  # overdue_2_days_x: words and numbers


def printable(text: str) -> str:
    """Cut to a length that fits a line, without control characters, and with what looks like a secret hidden."""
    masked = _TOKEN.sub(_hidden, mask_patterns(text))
    clean = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in masked)
    return clean if len(clean) <= _LONGEST_SHOWN else f"{clean[:_LONGEST_SHOWN]}…"


def _hidden(found: re.Match[str]) -> str:
    return found[0] if _NAME.fullmatch(found[0]) else f"{found[0][:4]}…"


def shown(value: Any, setting: Setting | None) -> str:
    """A value as it may be shown: secrets and phone numbers masked, tables and unknown things not at all."""
    if setting is None or value is ABSENT or (setting.table and not isinstance(value, bool | int | float)):
        return ""
    if setting.secret:
        pointer = SecretPointer(value) if isinstance(value, str) and value.strip() else None
        return f"'{printable(str(pointer))}'" if pointer and pointer.scheme != "literal" else "(hidden)"
    if setting.phone and isinstance(value, str | int):
        return f"'•••••{str(value)[-4:]}'"
    return _plainly(value)


def _plainly(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date | datetime | time | int | float):
        return printable(str(value))
    if isinstance(value, str):
        return f"'{printable(value)}'"
    return "a table" if isinstance(value, Mapping) else "a list"
