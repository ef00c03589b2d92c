"""Configurations drawn from the settings classes themselves: right ones, and right ones with mistakes planted."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from string import ascii_lowercase
from typing import Any, Final

from hypothesis import strategies as st

from adapters.registry import LEDGER_SETTINGS
from connector.config.describe import COMPANY_SECTIONS, Setting, settings_of
from connector.config.settings import DaemonSettings, Settings
from connector.config.toml import toml_value
from connector.pointers import SecretPointer
from connector.settings import StrictSettings

Tree = dict[str, Any]
Place = tuple[str, ...]  # the sections down to a setting: (), ("daemon",), ("0",) or ("0", "stripe") for a company's

# Each company's own; the rest is as the settings' own examples say.
OWN: Final = (
    {"id": "acme", "name": "Acme Plumbing", "from_number": "+15550100001", "key": "env:KEY_0"},
    {"id": "beta", "name": "Beta Bakery", "from_number": "+15550100002", "key": "env:KEY_1"},
    {"id": "gamma", "name": "Gamma Roofing", "from_number": "+15550100003", "key": "env:KEY_2"},
)
ENVIRON: Final = {
    **{f"KEY_{number}": f"rk_live_{name}0000{number}" for number, name in enumerate(("acme", "beta", "gamma"))},
    "TOKEN": "a-made-up-token",
}
# What would contradict the rest, or a real service: addresses of stand-ins, a second sender, a second sign-in.
LEFT_OUT: Final = frozenset(
    ("messaging_service_sid", "sender_name", "api_key_sid", "api_key_secret", "shares_sender", "realm_id", "user")
)
# By section, what means nothing without something else.
NEEDS: Final = (
    ("mail", "host", ("from_address", "to_address")),
    ("notices", "instalments_from", ("instalments",)),
    ("payments", "fee_tax_code", ("fee_account",)),
    ("payments", "book_from", ("fee_account",)),
    ("payments", "refunds", ("refund_account",)),
    ("payments", "refund_account", ("refunds",)),
    ("payments", "refund_tax_code", ("refunds", "refund_account")),
)


def values_of(model: type[StrictSettings], own: Tree, taken: frozenset[str]) -> Tree:
    """A section with every needed setting, and those others whose names are `taken`, at their examples."""
    found: Tree = {}
    for setting in settings_of(model).values():
        if setting.table or setting.name in LEFT_OUT or setting.name.endswith("_url"):
            continue
        if setting.name in own:
            found[setting.name] = own[setting.name]
        elif setting.secret and (setting.required or setting.name in {"auth_token", "client_secret"}):
            found[setting.name] = "env:TOKEN"
        elif not setting.secret and (setting.required or setting.name in taken | {"redirect_uri"}):
            found[setting.name] = setting.example
    return {key: value for key, value in found.items() if value is not None}


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """A file that loads: one company to three, each with any of the optional settings."""
    names = sorted({name for _, model in sections() for name in settings_of(model)})
    taken = frozenset(draw(st.lists(st.sampled_from(names), max_size=12)))
    tree = values_of(Settings, {}, taken)
    tree["daemon"] = values_of(DaemonSettings, {}, taken)
    tree["company"] = []
    for own in OWN[: draw(st.integers(1, len(OWN)))]:
        kind = draw(st.sampled_from(sorted(LEDGER_SETTINGS)))
        company = values_of(company_model(), own, taken)
        company["ledger"] = values_of(LEDGER_SETTINGS[kind], {**own, "kind": kind}, taken)
        if kind == "xero":
            company["ledger"].pop("client_secret", None)  # of one of its two ways to sign in
        company["ledger"].pop("tenant_id", None)
        for name, model in COMPANY_SECTIONS.items():
            company[name] = values_of(model, own, taken)
        for section, name, needed in NEEDS:
            if name in company[section]:
                company[section] |= {one: settings_of(COMPANY_SECTIONS[section])[one].example for one in needed}
        if company["consent"].get("rule") == "ledger_marker":
            company["consent"]["marker"] = "Texts OK"
        tree["company"].append(company)
    return tree


def sections() -> Iterator[tuple[str, type[StrictSettings]]]:
    yield "", Settings
    yield "daemon", DaemonSettings
    yield "company", company_model()
    yield from COMPANY_SECTIONS.items()
    yield from LEDGER_SETTINGS.items()


def company_model() -> type[StrictSettings]:
    from connector.config.company import CompanySettings

    return CompanySettings


# ------------------------------------------------------------------------------------------------------- mistakes


@dataclass(frozen=True)
class Mistake:
    """One thing wrong at one place; `path` is how the file's problems must name it."""

    place: Place
    key: str
    kind: str  # "unknown", "type", "missing"

    @property
    def path(self) -> str:
        sections = [part for part in self.place if not part.isdigit()]
        return ".".join([*sections, self.key])

    @property
    def company(self) -> str:
        return f"company[{int(self.place[0]) + 1}]" if self.place and self.place[0].isdigit() else ""

    def is_told(self, path: str) -> bool:
        """Whether a problem at that path is this one."""
        tail = path.rpartition('"')[2].removeprefix(self.company).removeprefix(".")
        return path.startswith(self.company) and tail == self.path


@st.composite
def mistaken(draw: st.DrawFn) -> tuple[Tree, list[Mistake]]:
    """A file that loads, and then some mistakes at as many places."""
    tree = deepcopy(draw(trees()))
    places = sorted(places_of(tree))
    chosen = draw(st.lists(st.sampled_from(places), min_size=1, max_size=12, unique=True))
    return tree, [planted(draw, tree, place, number) for number, place in enumerate(chosen)]


def places_of(tree: Tree) -> Iterator[tuple[Place, str]]:
    """Every setting that stands in the tree; a ledger's kind decides how the rest is read, and is left alone."""
    tables: list[tuple[Place, Tree]] = [((), tree), (("daemon",), tree["daemon"])]
    for number, company in enumerate(tree["company"]):
        tables.append(((str(number),), company))
        tables += [((str(number), name), table) for name, table in company.items() if isinstance(table, dict)]
    for place, table in tables:
        yield from ((place, key) for key, value in table.items() if key != "kind" and not is_table(value))


def is_table(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and value != [] and isinstance(value[0], dict))


def table_at(tree: Tree, place: Place) -> Tree:
    here: Any = tree
    for part in place:
        here = here["company"][int(part)] if part.isdigit() else here[part]
    found: Tree = here
    return found


def planted(draw: st.DrawFn, tree: Tree, at: tuple[Place, str], number: int) -> Mistake:
    """Spoil one setting. A table fits none of them, whatever its kind."""
    place, key = at
    table = table_at(tree, place)
    kind = draw(st.sampled_from(["unknown", "type", "missing"]))
    if kind == "missing" and not setting_at(place, key, tree).required:
        kind = "type"
    if kind == "unknown":
        letter = ascii_lowercase[number]  # so that no two are alike
        key = draw(st.sampled_from([f"{key}_{letter}", f"no_such_{letter}", f"{key.upper()}_{letter}"]))
        table[key] = draw(st.sampled_from([1, "x", True, [1], {"a": 1}]))
    elif kind == "type":
        table[key] = {"x": draw(st.integers(0, 9))}
    else:
        del table[key]
    return Mistake(place, key, kind)


def setting_at(place: Place, key: str, tree: Tree) -> Setting:
    if len(place) == 2:
        name = place[1]
        kind = table_at(tree, place)["kind"] if name == "ledger" else ""
        return settings_of(LEDGER_SETTINGS[kind] if kind else COMPANY_SECTIONS[name])[key]
    tops: dict[Place, type[StrictSettings]] = {(): Settings, ("daemon",): DaemonSettings}
    return settings_of(tops.get(place) or company_model())[key]


# -------------------------------------------------------------------------------------------------------- writing


def inline(value: Any) -> str:
    """Any tree as TOML, tables inline."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml_value(key)} = {inline(item)}" for key, item in value.items()) + "}"
    return f"[{', '.join(inline(item) for item in value)}]" if isinstance(value, list | tuple) else toml_value(value)


def text_of(tree: Tree) -> str:
    """The file, one line for each key at the top."""
    return "\n".join(f"{toml_value(key)} = {inline(value)}" for key, value in tree.items())


def tree_of(settings: StrictSettings) -> Tree:
    """Settings as the file that says all of it, what was left out too."""
    found: Tree = {}
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if value is not None:
            found[field.alias or name] = plain(value)
    return found


def plain(value: Any) -> Any:
    if isinstance(value, StrictSettings):
        return tree_of(value)
    if isinstance(value, tuple):
        return [plain(item) for item in value]
    return str(value) if isinstance(value, SecretPointer) else value
