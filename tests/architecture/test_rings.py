"""Who may import whom. The rooms are those of docs/explanation/architecture.md."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

import pytest

from tests.architecture.tree import PACKAGES, ROOT, Module, is_module, shipped

# Each room, from the inside out: the first prefix that fits a module names its room.
ROOMS = (
    ("connector.domain", "domain"),
    ("connector.errors", "domain"),
    ("connector.failpoints", "ports"),  # adapters have points too
    ("connector.ports", "ports"),
    ("connector.pointers", "ports"),
    ("connector.settings", "ports"),  # what settings classes on both sides share
    ("connector.flows", "flows"),
    ("connector", "outside"),
    ("adapters.sandbox", "sandbox"),
    ("adapters", "adapters"),
    ("state.database", "database"),
    ("state.migrate", "database"),
    ("state.migrations", "database"),
    ("state", "state"),
)
MAY_IMPORT = {
    "domain": {"domain"},
    "ports": {"domain", "ports"},
    "sandbox": {"sandbox"},
    "adapters": {"domain", "ports", "adapters"},
    "database": {"domain", "ports", "database", "state"},
    "state": {"domain", "ports", "database", "state"},
    "flows": {"domain", "ports", "state", "flows"},  # services through ports, facts through the store: no database
    "outside": {"domain", "ports", "database", "state", "flows", "outside", "adapters", "sandbox"},
}

# The only places that know which service is which. Everything else sees ports, or settings through the registry.
COMPOSERS = ("adapters.registry", "connector.assemble", "connector.signin", "connector.checks", "connector.cli.check")
STAGES = ("connector.demo", "connector.cli.demo", "connector.cli.sandbox", *COMPOSERS)  # may put up a sandbox


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Where each library may be used at all. What is not named here may be used anywhere above the domain.
HOMES = {
    "quickbooks": ("adapters.quickbooks",),
    "intuitlib": ("adapters.quickbooks", "adapters.oauth"),
    "xero_python": ("adapters.xero",),
    "stripe": ("adapters.stripe",),
    "twilio": ("adapters.twilio",),
    "sqlalchemy": ("state",),
    "sqlmodel": ("state",),
    "alembic": ("state",),
    "apscheduler": ("connector.schedule",),
}

# Standard modules that read a clock, throw dice, start something, or reach a disk, a screen or a network.
IMPURE = words(
    """
    asyncio concurrent ctypes fcntl fileinput ftplib getpass glob http imaplib io logging mmap multiprocessing os
    pathlib random sched secrets select selectors shelve shutil signal smtplib socket socketserver sqlite3 ssl
    subprocess sys tempfile threading time urllib uuid warnings webbrowser
    """
)
# Number plans, languages and holidays as data; the form of addresses.
PURE = frozenset({"babel", "holidays", "phonenumbers", "urllib.parse"})
IMPURE_CALLS = words(
    """
    open print input datetime.now datetime.today datetime.utcnow date.today datetime.datetime.now
    datetime.datetime.today datetime.date.today
    """
)

# What makes a start slow, by the name under which it is imported.
HEAVY = words(
    """
    aiohttp alembic apscheduler babel cryptography holidays httpx intuitlib phonenumbers psycopg quickbooks requests
    sqlalchemy sqlmodel starlette stripe tenacity twilio urllib3 uvicorn xero_python
    """
)


def room_of(name: str) -> str:
    return next(room for prefix, room in ROOMS if name == prefix or name.startswith(prefix + "."))


def is_under(name: str, prefixes: tuple[str, ...]) -> bool:
    return any(name == prefix or name.startswith((prefix + ".", prefix + "_")) for prefix in prefixes)


def is_concrete_adapter(name: str) -> bool:
    """One service's adapter, its settings apart: those are light, and the registry hands them out."""
    parts = name.split(".")
    if parts[0] != "adapters" or len(parts) < 3 or parts[2] == "settings":
        return False
    return is_module(f"adapters.{parts[1]}.settings")


def where(module: Module, line: int, what: str) -> str:
    return f"{module.path}:{line}: {what}"


def test_every_module_imports_only_rooms_it_may_know() -> None:
    wrong = [
        where(module, found.line, f"{room_of(module.name)} may not import {found.module} ({room_of(found.module)})")
        for module in shipped()
        for found in module.imports()
        if found.module.split(".")[0] in PACKAGES and room_of(found.module) not in MAY_IMPORT[room_of(module.name)]
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_composers_know_a_concrete_adapter() -> None:
    wrong = [
        where(module, found.line, f"imports {found.module}; only {', '.join(COMPOSERS)} may")
        for module in shipped()
        for found in module.imports()
        if is_concrete_adapter(found.module)
        and module.name.split(".")[:2] != found.module.split(".")[:2]
        and not is_under(module.name, COMPOSERS)
    ]
    assert not wrong, "\n".join(wrong)


def test_only_the_stages_put_up_a_sandbox() -> None:
    wrong = [
        where(module, found.line, f"imports {found.module}; only {', '.join(STAGES)} may")
        for module in shipped()
        for found in module.imports()
        if room_of(module.name) != "sandbox"
        and is_under(found.module, ("adapters.sandbox",))
        and not is_under(module.name, STAGES)
    ]
    assert not wrong, "\n".join(wrong)


def test_each_library_is_used_in_its_own_room_only() -> None:
    wrong = [
        where(module, found.line, f"imports {found.module}; only {', '.join(homes)} may")
        for module in shipped()
        for found in module.imports()
        if (homes := HOMES.get(found.module.split(".")[0])) and not is_under(module.name, homes)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_domain_imports_nothing_that_acts_or_reads_a_clock() -> None:
    wrong = [
        where(module, found.line, f"imports {found.module}")
        for module in shipped()
        if room_of(module.name) == "domain"
        for found in module.imports()
        if found.module not in PURE
        and (top := found.module.split(".")[0]) not in {*PACKAGES, *PURE}
        and (top in IMPURE or top not in sys.stdlib_module_names)
    ]
    assert not wrong, "\n".join(wrong)


def test_the_domain_calls_no_clock_file_or_screen() -> None:
    wrong = [
        where(module, call.lineno, f"calls {name}")
        for module in shipped()
        if room_of(module.name) == "domain"
        for name, call in module.calls()
        if name in IMPURE_CALLS
    ]
    assert not wrong, "\n".join(wrong)


def test_now_comes_from_the_injected_clock_alone() -> None:
    clocks = {"adapters/clock.py"}
    wrong = [
        where(module, call.lineno, f"calls {name}; ask the clock that was handed in")
        for module in shipped()
        if module.path not in clocks and room_of(module.name) != "sandbox"  # a provider's clock is its own
        for name, call in module.calls()
        if name in {"datetime.now", "datetime.datetime.now", "time.time", "date.today", "datetime.date.today"}
    ]
    assert not wrong, "\n".join(wrong)


def loaded_by(statement: str) -> set[str]:
    """Top-level packages that a statement loads, in a process of its own.

    What the bare interpreter holds does not count: intuit-oauth hangs an empty namespace into every start.
    """
    code = (
        f"import json, sys; before = set(sys.modules)\n{statement}\nprint(json.dumps(list(set(sys.modules) - before)))"
    )
    done = subprocess.run(  # noqa: S603 -- our own interpreter, on a statement written in this file
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return {name.split(".")[0] for name in json.loads(done.stdout.splitlines()[-1])}


def test_the_command_line_starts_without_any_heavy_library() -> None:
    assert loaded_by("import connector.cli.main") & HEAVY == set()


def test_telling_how_things_stand_loads_no_orm() -> None:
    """`duebird status` is what people type most; the ORM takes longer to load than all the rest of it."""
    light = "import state.glance, connector.cli.status, connector.companies, connector.signin.company"
    assert loaded_by(light) & {"sqlalchemy", "sqlmodel", "alembic", "httpx", "stripe"} == set()


def test_settings_of_every_service_load_without_its_library() -> None:
    settings = [
        module.name for module in shipped() if module.path.startswith("adapters/") and "settings" in module.path
    ]
    assert settings, "no settings found: the folders moved, and this test looks at nothing"
    assert loaded_by("import " + ", ".join(settings)) & HEAVY == set()


def test_a_relative_import_is_seen_as_the_module_it_means() -> None:
    source = "from .settings import StripeSettings\nfrom .. import clock\nfrom connector import ports\n"
    module = Module("adapters/stripe/wire.py", source, ast.parse(source))
    assert [found.module for found in module.imports()] == [
        "adapters.stripe.settings",
        "adapters.clock",
        "connector.ports",
    ]


@pytest.mark.parametrize(
    ("name", "concrete"),
    [
        ("adapters.stripe.wire", True),
        ("adapters.stripe.settings", False),
        ("adapters.clock", False),
        ("adapters.sandbox.base", False),
        ("stripe.checkout", False),
    ],
)
def test_a_concrete_adapter_is_told_from_shared_manners(name: str, *, concrete: bool) -> None:
    assert is_concrete_adapter(name) is concrete
