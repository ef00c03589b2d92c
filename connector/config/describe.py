"""What the settings classes say about themselves: the one source of example, reference, schema and errors."""

from __future__ import annotations

import types
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Final, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from adapters.registry import LEDGER_SETTINGS
from adapters.stripe.settings import StripeSettings
from adapters.twilio.settings import TwilioSettings
from connector.config.approval import ApprovalSettings
from connector.config.company import (
    CapSettings,
    CompanySettings,
    ConsentSettings,
    LanguageWordSettings,
    NoticeSettings,
    PollingSettings,
    WordSettings,
)
from connector.config.mail import MailSettings
from connector.config.payments import PaymentSettings
from connector.config.replies import ReplySettings
from connector.config.settings import DaemonSettings, Settings
from connector.pointers import SecretPointer
from connector.settings import Means, StrictSettings

# Sections of a company, in the order in which a person fills them in; the ledger is one class per kind.
COMPANY_SECTIONS: Final[dict[str, type[StrictSettings]]] = {
    "stripe": StripeSettings,
    "twilio": TwilioSettings,
    "notices": NoticeSettings,
    "consent": ConsentSettings,
    "words": WordSettings,
    "caps": CapSettings,
    "approval": ApprovalSettings,
    "payments": PaymentSettings,
    "replies": ReplySettings,
    "mail": MailSettings,
    "polling": PollingSettings,
}
# Sections of a section, shown once for all languages.
WITHIN: Final[dict[str, dict[str, type[StrictSettings]]]] = {"words": {"fr": LanguageWordSettings}}
SERVICES: Final = ("ledger", "stripe", "twilio")

# What each company must say for itself, because a shared value would be a mistake.
NEVER_SHARED: Final = ("id", "name")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting: a key of the TOML file."""

    name: str
    description: str
    required: bool
    default: Any  # None: left out
    examples: tuple[Any, ...]
    means: str  # what its value is, in words
    choices: tuple[str, ...]
    secret: bool
    phone: bool
    table: bool  # a section of its own, not a value

    @property
    def example(self) -> Any:
        """A sensible value: an example, else the default, else the first choice."""
        if self.examples:
            return self.examples[0]
        if self.name.endswith("_url"):
            return "http://127.0.0.1:8080"
        return self.default if self.default is not None or not self.choices else self.choices[0]


@cache
def settings_of(model: type[StrictSettings]) -> dict[str, Setting]:
    """The settings of a class by the name they have in the file, in order."""

    def rank(name: str) -> int:
        """What a section is, then its own settings, then those that every service has."""
        return 0 if name == "kind" else 1 if name in model.__annotations__ else 2

    fields = sorted(model.model_fields.items(), key=lambda item: rank(item[0]))
    return {field.alias or name: _setting(field.alias or name, field) for name, field in fields}


def all_sections() -> dict[str, type[StrictSettings]]:
    """Every section by its name in the file; a ledger's by "company.ledger (kind)"."""
    ledgers = {f"company.ledger ({kind})": model for kind, model in LEDGER_SETTINGS.items()}
    parts: dict[str, type[StrictSettings]] = {}
    for name, model in COMPANY_SECTIONS.items():
        parts[f"company.{name}"] = model
        parts |= {f"company.{name}.{inner}": held for inner, held in WITHIN.get(name, {}).items()}
    return {"": Settings, "daemon": DaemonSettings, "company": CompanySettings, **ledgers, **parts}


def section_model(name: str, kind: object) -> type[StrictSettings] | None:
    """The class of a company's section; the ledger's depends on its kind."""
    if name == "ledger":
        return LEDGER_SETTINGS.get(kind) if isinstance(kind, str) else None
    return COMPANY_SECTIONS.get(name)


def _setting(name: str, field: FieldInfo) -> Setting:
    metadata: list[Any] = list(field.metadata)
    kinds = list(_flatten(field.annotation, metadata))
    default = None if field.is_required() else field.get_default(call_default_factory=True)
    words = [item.words for item in metadata if isinstance(item, Means)]
    choices = tuple(str(value) for kind in kinds if get_origin(kind) is Literal for value in get_args(kind))
    described = words[0] if words else _in_words(kinds, metadata, choices)
    if tuple in kinds:
        described = f"a list, each {described}"
    return Setting(
        name=name,
        description=field.description or "",
        required=field.is_required(),
        default=None if default is PydanticUndefined else default,
        examples=tuple(field.examples or ()),
        means=described,
        choices=choices,
        secret=SecretPointer in kinds,
        phone=any("phone number" in word for word in words) or name.endswith("_number"),
        table=any(isinstance(kind, type) and issubclass(kind, StrictSettings) for kind in kinds),
    )


def _flatten(annotation: Any, metadata: list[Any]) -> list[Any]:
    """The plain types inside an annotation, None left out; what is annotated on the way joins `metadata`."""
    origin = get_origin(annotation)
    if origin is Annotated:
        inner, *extra = get_args(annotation)
        for item in extra:
            metadata.extend(item.metadata if isinstance(item, FieldInfo) else [item])
        return _flatten(inner, metadata)
    if origin in {Union, types.UnionType}:
        return [kind for part in get_args(annotation) for kind in _flatten(part, metadata)]
    if origin is tuple:
        return [tuple, *(kind for part in get_args(annotation) for kind in _flatten(part, metadata))]
    return [] if annotation in {type(None), Ellipsis} else [annotation]


_NAMES: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text in quotes",
    date: "a date without quotes, such as 2026-12-01",
    Decimal: 'an amount in quotes such as "5.00"',
    SecretPointer: "where a secret is, such as 'env:NAME' or 'file:PATH'",
}


def _in_words(kinds: list[Any], metadata: list[Any], choices: tuple[str, ...]) -> str:
    if choices:
        *most, last = [f"'{choice}'" for choice in choices]
        return f"{', '.join(most)} or {last}" if most else last
    name = next((_NAMES[kind] for kind in kinds if kind in _NAMES), "a table of settings")
    return name + _bounds(metadata)


def _bounds(metadata: list[Any]) -> str:
    said = ""
    for item in metadata:
        if isinstance(item, Ge):
            said += f" from {item.ge}"
        elif isinstance(item, Gt):
            said += f" above {item.gt}"
        elif isinstance(item, Le):
            said += f" to {item.le}"
        elif isinstance(item, Lt):
            said += f" below {item.lt}"
    return said
