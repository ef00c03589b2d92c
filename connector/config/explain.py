"""What the settings classes found, told in plain sentences with path, value seen and fix."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapters.registry import LEDGER_SETTINGS
from connector.config.company import LANGUAGES, CompanySettings, LanguageWordSettings
from connector.config.describe import (
    COMPANY_SECTIONS,
    NEVER_SHARED,
    Setting,
    all_sections,
    section_model,
    settings_of,
)
from connector.config.document import ABSENT, Document, KeyPath, shown
from connector.config.problems import Problem
from connector.config.settings import DaemonSettings, Settings
from connector.settings import Contradiction, StrictSettings


class Place(NamedTuple):
    """What an error is about."""

    path: KeyPath
    owner: type[StrictSettings] | None  # the section that holds it
    setting: Setting | None  # None for an unknown key
    item: bool  # one entry of a list


def problems_of(document: Document) -> tuple[Settings | None, list[Problem]]:
    """Check the document against the classes: the settings, or every problem found in single sections."""
    found = list(_in_defaults(document))
    settings: Settings | None = None
    try:
        settings = Settings.model_validate(document.raw)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False)
        places = [(_place(document, detail["loc"]), detail) for detail in details]
        for place, detail in places:
            if detail["type"] == "too_short" and document.value(place.path):  # counted after the faulty ones fell out
                continue
            if not document.is_inherited(place.path):  # told once, where it stands
                found += _told(document, place, detail)
        found += _hidden_contradictions(document, {place.path[:-1] for place, _ in places})
    return (None if found else settings), found


def _in_defaults(document: Document) -> Iterator[Problem]:
    """Problems of `[defaults]` itself, so that they are told once and not for each company."""
    for name, value in document.defaults.items():
        path = f"defaults.{name}"
        model = LEDGER_SETTINGS.get(name) or COMPANY_SECTIONS.get(name)
        if name == "ledger":
            kinds = " or ".join(f"[defaults.{kind}]" for kind in LEDGER_SETTINGS)
            yield Problem(path, "", "does not say which kind of ledger it is for", f"Write {kinds}.")
        elif name in NEVER_SHARED:
            yield Problem(path, "", "cannot be shared by all companies", f"Write {name} in each [[company]].")
        elif model is not None:
            content = {"kind": name, **value} if name in LEDGER_SETTINGS and isinstance(value, Mapping) else value
            yield from _of_shared(model, content, name)
        elif name in settings_of(CompanySettings):
            yield from _of_shared(CompanySettings, {name: value}, "")
        else:
            own = settings_of(CompanySettings)
            shareable = [*LEDGER_SETTINGS, *(one for one in own if one not in {*NEVER_SHARED, "ledger"})]
            yield Problem(path, "", "is not something companies can share", _suggestion(name, shareable, ""))


def _of_shared(model: type[StrictSettings], content: Any, name: str) -> Iterator[Problem]:
    prefix: KeyPath = ("defaults", name) if name else ("defaults",)
    try:
        model.model_validate(content)
    except ValidationError as error:
        held = content
        for part in reversed(prefix):
            held = {part: held}
        wrapped = Document(held, frozenset(), {})
        for detail in error.errors(include_url=False, include_input=False):
            # what is missing or contradicts here, a company may still supply
            if detail["type"] in {"missing", "contradiction"}:
                continue
            location = detail["loc"]
            setting = settings_of(model).get(str(location[0])) if location else None
            place = Place((*prefix, *location), model, setting, len(location) > 1)
            yield from _told(wrapped, place, detail)


def _hidden_contradictions(document: Document, faulty: set[KeyPath]) -> Iterator[Problem]:
    """Contradictions in sections with other faults, which the classes themselves were not asked about."""
    for path in sorted(faulty, key=str):
        model, content = model_at(document, path), document.value(path)
        if model is None or not isinstance(content, Mapping):
            continue
        try:
            contradictions = tuple(model.model_construct(**content).contradictions())
        except (AttributeError, TypeError):  # a value it needs is missing or of a wrong type, which is told already
            continue
        for item in contradictions:
            yield _contradiction(document, path, model, item)


def model_at(document: Document, path: KeyPath) -> type[StrictSettings] | None:
    """The class of the section at that path, None where there is none."""
    match path:
        case ():
            return Settings
        case ("daemon",):
            return DaemonSettings
        case ("company", int()):
            return CompanySettings
        case ("company", int(), "words", str(code)) if code in LANGUAGES:
            return LanguageWordSettings
        case ("company", int(), str(name)):
            return section_model(name, document.value((*path, "kind")))
    return None


def _place(document: Document, location: tuple[str | int, ...]) -> Place:
    """Where an error is in the file; the classes name a union's member on the way, the file does not."""
    path: list[str | int] = []
    for index, key in enumerate(location):
        if not (
            index and location[index - 1] == "ledger" and key in LEDGER_SETTINGS and len(path) == len(("c", 0, "l"))
        ):
            path.append(key)
    here = tuple(path)
    item = len(here) > 1 and isinstance(here[-1], int) and here[0] != here[-2]
    holder = here[:-2] if item else here[:-1]
    owner = model_at(document, holder)
    name = here[-2 if item else -1] if here else ""
    setting = settings_of(owner).get(str(name)) if owner and isinstance(name, str) else None
    return Place(here, owner, setting, item)


def _told(document: Document, place: Place, detail: ErrorDetails) -> Iterator[Problem]:
    context = detail.get("ctx", {})
    if detail["type"] == "contradiction":
        owner = model_at(document, place.path)
        for item in context["found"]:
            yield _contradiction(document, place.path, owner, item)
        return
    if detail["type"].startswith("union_tag"):
        place = Place(
            (*place.path, "kind"), None, settings_of(next(iter(LEDGER_SETTINGS.values())))["kind"], item=False
        )
    value = document.value(place.path)
    context = {**context, "value": value}
    wrong, fix = _SENTENCES.get(detail["type"], _unfit)(place, context)
    yield Problem(document.named(place.path) or "the file", shown(value, place.setting), wrong, fix)


def _contradiction(
    document: Document, section: KeyPath, model: type[StrictSettings] | None, item: Contradiction
) -> Problem:
    path = (*section, item.field)
    setting = settings_of(model).get(item.field) if model else None
    return Problem(document.named(path), shown(document.value(path), setting), item.wrong, item.fix)


# ---------------------------------------------------------------------------------------------------- sentences

Sentence = tuple[str, str]


def _write(place: Place) -> str:
    """What to write instead."""
    if place.setting is None:
        return "Write a table of settings."
    example = place.setting.example
    means = place.setting.means.removeprefix("a list, each ") if place.item else place.setting.means
    if place.setting.table:
        return f"Write a [{_header(place)}] line, and its settings below it."
    shows = isinstance(example, str) and "such as" not in means and not place.setting.choices
    return f"Write {means}" + (f", such as '{example}'." if shows else ".")


def _form(place: Place, _: Mapping[str, Any]) -> Sentence:
    example = place.setting.example if place.setting is not None else None
    return "does not have the right form", f"Write it like '{example}'." if isinstance(example, str) else _write(place)


def _header(place: Place) -> str:
    return ".".join(str(key) for key in place.path if isinstance(key, str))


def _missing(place: Place, _: Mapping[str, Any]) -> Sentence:
    if place.path == ("company",):
        return "is missing: there is no company to work for", "Add a [[company]] section; duebird init writes one."
    return "is missing", _write(place)


def _unknown(place: Place, _: Mapping[str, Any]) -> Sentence:
    known = settings_of(place.owner) if place.owner else {}
    name = str(place.path[-1])
    return "is not a setting that exists here", _suggestion(name, known, _header(place).rpartition(".")[0])


def _suggestion(name: str, known: Any, here: str) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    if near:
        return _meant(near[0])
    homes = [section for section, model in all_sections().items() if section != here and name in settings_of(model)]
    if homes:
        home = homes[0].partition(" (")[0]
        return (
            f"'{name}' belongs under {_bracketed(home)}: move it there." if home else "Move it to the top of the file."
        )
    if parts := _longer_or_shorter(name, known):
        return _meant(parts[0])
    return f"Remove it. Known here: {', '.join(known)}." if known else "Remove it."


def _meant(name: str) -> str:
    return f"Did you mean '{name}'? Correct it, or remove the line."


def _longer_or_shorter(name: str, known: Any) -> list[str]:
    """What has the name as its first or last words, or is the last words of it: `from` of `from_number`."""
    return [one for one in known if one.startswith(f"{name}_") or one.endswith(f"_{name}") or name.endswith(f"_{one}")]


def _bracketed(section: str) -> str:
    return "[[company]]" if section == "company" else f"[{section}]"


def _unfit(place: Place, _: Mapping[str, Any]) -> Sentence:
    return "is not what this setting takes", _write(place)


def _refused(_: Place, context: Mapping[str, Any]) -> Sentence:
    return str(context["wrong"]), str(context["fix"])


def _too_small(place: Place, context: Mapping[str, Any]) -> Sentence:
    least = context.get("ge", context.get("gt"))
    return f"is too small: {'at least' if 'ge' in context else 'more than'} {_plain(least)} is needed", _write(place)


def _too_big(place: Place, context: Mapping[str, Any]) -> Sentence:
    most = context.get("le", context.get("lt"))
    return f"is too big: at most {_plain(most)} works", _write(place)


def _plain(number: object) -> str:
    return f"{number:g}" if isinstance(number, float) and number.is_integer() and number < 1e6 else f"{number}"  # noqa: PLR2004 - above it 'g' writes 1e+06


def _too_long(place: Place, context: Mapping[str, Any]) -> Sentence:
    return f"is longer than {context.get('max_length')}", _write(place)


def _too_short(place: Place, _: Mapping[str, Any]) -> Sentence:
    if place.path == ("company",):
        return _missing(place, {})
    return "is empty", _write(place)


def _choice(place: Place, _: Mapping[str, Any]) -> Sentence:
    return "is not one of the possible words", _write(place)


def _kind(_: Place, context: Mapping[str, Any]) -> Sentence:
    kinds = " or ".join(f"kind = '{kind}'" for kind in LEDGER_SETTINGS)
    return "is missing" if context["value"] is ABSENT else "is no ledger that Duebird knows", f"Write {kinds}."


def _no_table(place: Place, _: Mapping[str, Any]) -> Sentence:
    return "must be a table of settings, not a single value", _write(place)


def _no_list(place: Place, _: Mapping[str, Any]) -> Sentence:
    if place.path == ("company",):
        return "must be a list of companies", "Write [[company]], with two brackets on each side."
    return "must be a list", f'Write it in brackets: ["…"]; it is {place.setting.means if place.setting else "a list"}.'


def _wrong_type(place: Place, context: Mapping[str, Any]) -> Sentence:
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text in quotes", list: "a list"}
    is_now = next((words for kind, words in kinds.items() if isinstance(context["value"], kind)), "something else")
    return f"is {is_now}, where something else is needed", _write(place)


_SENTENCES: Final[dict[str, Callable[[Place, Mapping[str, Any]], Sentence]]] = {
    "missing": _missing,
    "extra_forbidden": _unknown,
    "refused": _refused,
    "value_error": lambda place, _: ("cannot be empty", _write(place)),  # SecretPointer's only refusal
    "union_tag_not_found": _kind,
    "union_tag_invalid": _kind,
    "greater_than": _too_small,
    "greater_than_equal": _too_small,
    "less_than": _too_big,
    "less_than_equal": _too_big,
    "string_too_long": _too_long,
    "too_long": _too_long,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "literal_error": _choice,
    "model_type": _no_table,
    "model_attributes_type": _no_table,
    "dict_type": _no_table,
    "tuple_type": _no_list,
    "list_type": _no_list,
    "string_type": _wrong_type,
    "int_type": _wrong_type,
    "int_from_float": _wrong_type,
    "float_type": _wrong_type,
    "bool_type": _wrong_type,
    "date_type": _wrong_type,
    "date_from_datetime_inexact": _wrong_type,
    "finite_number": lambda place, _: ("is not a number one can count with", _write(place)),
    "string_pattern_mismatch": _form,
}
