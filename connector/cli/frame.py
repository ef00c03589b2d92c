"""The frame of every command: its options, finding the configuration, and how errors are told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn

import typer

from connector.errors import ConfigProblem, DuebirdError

if TYPE_CHECKING:
    from connector.assemble import State
    from connector.config import Loaded

# https://man.freebsd.org/sysexits: what a service manager can act on
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_TEMPORARY: Final = 75
EXIT_CONFIG: Final = 78

ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", "-c", metavar="FILE", help="The configuration file.", show_default="./duebird.toml"),
]
CompanyOption = Annotated[
    str | None, typer.Option("--company", metavar="ID", help="Only this company.", show_default="all, or the only one")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]


@contextmanager
def told() -> Iterator[None]:
    """Turn an error into a sentence on standard error and an exit code; nothing but Duebird's own errors is caught."""
    try:
        yield
    except ConfigProblem as error:
        fail(str(error), EXIT_CONFIG)
    except DuebirdError as error:
        fail(str(error), EXIT_FAILED)


def fail(sentence: str, code: int = EXIT_FAILED) -> NoReturn:
    """One clear sentence, and out."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def read_config(config: Path | None, *, with_secrets: bool = False) -> Loaded:
    """The configuration. Commands that call no service read it without its secrets.

    Raises:
        ConfigProblem: it cannot work.
    """
    from connector.config import find_config, load

    return load(find_config(config), os.environ, with_secrets=with_secrets)


@contextmanager
def remembered(config: Path | None) -> Iterator[tuple[Loaded, State]]:
    """Configuration and database, for a command that looks at what is on record."""
    from connector.assemble import open_state

    loaded = read_config(config)
    state = open_state(loaded.state_dir, create=False)
    try:
        yield loaded, state
    finally:
        state.close()


def company_ids(loaded: Loaded, wanted: str | None) -> list[str]:
    """The companies a command is about.

    Raises:
        ConfigProblem: there is no such company.
    """
    from connector.assemble import company_settings

    if wanted is not None:
        return [company_settings(loaded, wanted).id]
    return [one.id for one in loaded.settings.companies]


def one_company(loaded: Loaded, wanted: str | None) -> str:
    """The one company a command is about.

    Raises:
        ConfigProblem: several are configured and none was named.
    """
    ids = company_ids(loaded, wanted)
    if len(ids) > 1:
        raise ConfigProblem(
            "There are several companies, and none was named. Nothing was done.",
            advice=f"Add --company with one of: {', '.join(ids)}.",
        )
    return ids[0]


def present() -> datetime:
    """The present instant, UTC, from the machine's clock."""
    from connector.assemble import system_clock

    return system_clock().now()


def print_json(value: Any) -> None:
    """For programs: UTF-8, keys as they are, times in ISO 8601 UTC."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    sys.stdout.write("\n")
