"""The frame of every command: its options, finding the configuration, and how errors are told."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, NoReturn
from zoneinfo import ZoneInfo

import typer

from connector.errors import ConfigProblem, DuebirdError, Mistyped, Transient

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from connector.assemble import State
    from connector.config import Loaded
    from state.glance import Glances

# A command within a sentence ends where the sentence goes on.
_COMMAND: Final = re.compile(r"\bduebird(?: (?!and |then |to |if |in )(?:'[^']*'|[^\s,;()'`]+))+")
# The same of every command; documented in docs/reference/commands.md. The last two are those of sysexits.h
# (https://man.freebsd.org/sysexits), which a service manager can act on.
EXIT_FAILED: Final = 1  # it could not be done; the sentence says why
EXIT_USAGE: Final = 2  # what was typed cannot be used
EXIT_FOUND: Final = 3  # `duebird audit`, `reconcile`, `consent verify`: it was done, and something is not right
EXIT_TEMPORARY: Final = 75  # a service or the database was out of reach: the same may work later
EXIT_CONFIG: Final = 78  # the configuration or the state folder cannot work

TRACEBACK: Final = "DUEBIRD_TRACEBACK"  # environment variable: show where a fault of our own is

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
    """Turn an error into a sentence on standard error and an exit code.

    A fault of our own too: a traceback helps no bookkeeper, and its values might be secrets. DUEBIRD_TRACEBACK=1
    shows it.
    """
    try:
        yield
    except (typer.Exit, typer.Abort, typer.BadParameter):
        raise
    except DuebirdError as error:
        fail("\n".join(part for part in (error.message, error.advice) if part), _code(error))
    except Exception as error:  # last resort of a command
        if os.environ.get(TRACEBACK):
            raise
        fail(_unexpected(error))


def _code(error: DuebirdError) -> int:
    if isinstance(error, Mistyped):
        return EXIT_USAGE
    if isinstance(error, ConfigProblem):
        return EXIT_CONFIG
    return EXIT_TEMPORARY if isinstance(error, Transient) or error.code == "busy" else EXIT_FAILED


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"{where}{error.strerror}. The command was not finished."
    return (
        f"This is a fault of Duebird ({type(error).__name__}). The command was not finished.\n"
        f"To report it, run the same again with {TRACEBACK}=1 before it, and look that no secret is in what you send."
    )


def fail(sentence: str, code: int = EXIT_FAILED) -> NoReturn:
    """One clear sentence, and out."""
    typer.echo(sentence, err=True)
    raise typer.Exit(code)


def read_config(
    config: Path | None, *, with_secrets: bool = False, company: str | None = None, section: str | None = None
) -> Loaded:
    """The configuration. Commands that call no service read it without its secrets.

    Args:
        config: the file that was named, if one was.
        with_secrets: read the secrets too.
        company: of them only this company's.
        section: of them only those under this section, such as "ledger".

    Raises:
        ConfigProblem: it cannot work.
    """
    from connector.config import SecretsOf, find_config, load

    return load(find_config(config), os.environ, with_secrets=with_secrets, secrets_of=SecretsOf(company, section))


@contextmanager
def remembered(config: Path | None, *, create: bool = False) -> Iterator[tuple[Loaded, State]]:
    """Configuration and database, for a command that looks at what is on record. `create`: make it where none is."""
    from connector.assemble import open_state

    loaded = read_config(config)
    state = open_state(loaded.state_dir, create=create)
    try:
        yield loaded, state
    finally:
        state.close()


@contextmanager
def glances(config: Path | None) -> Iterator[tuple[Loaded, Glances]]:
    """Configuration and database, for a command that only tells how things stand: quicker than `remembered`."""
    from connector.companies import DATABASE_URL
    from state.elsewhere import is_elsewhere
    from state.glance import file_glances
    from state.place import database_file

    loaded = read_config(config)
    if is_elsewhere(loaded.state_dir, os.environ.get(DATABASE_URL, "")):
        with remembered(config) as (loaded, state):
            yield loaded, state.queries
        return
    with file_glances(database_file(loaded.state_dir)) as found:
        yield loaded, found


def company_ids(loaded: Loaded, wanted: str | None) -> list[str]:
    """The companies a command is about; ends the command where there is none of that name."""
    known = [one.id for one in loaded.settings.companies]
    if wanted is None:
        return known
    if wanted not in known:
        fail(
            f'There is no company "{wanted}" in {loaded.path}. Nothing was done.\nThere are: {", ".join(known)}.',
            EXIT_USAGE,
        )
    return [wanted]


def one_company(loaded: Loaded, wanted: str | None) -> str:
    """The one company a command is about; ends the command where there are several and none was named."""
    ids = company_ids(loaded, wanted)
    if len(ids) > 1:
        fail(
            "There are several companies, and none was named. Nothing was done.\n"
            f"Add --company with one of: {', '.join(ids)}.",
            EXIT_USAGE,
        )
    return ids[0]


def present() -> datetime:
    """The present instant, UTC, from the machine's clock."""
    from adapters.clock import SystemClock

    return SystemClock().now()


def print_json(value: Any) -> None:
    """For programs: UTF-8, keys as they are, times in ISO 8601 UTC, amounts as text of exactly their digits."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return value.value if isinstance(value, Enum) else str(value)


def answer(sentence: str, facts: dict[str, Any], *, as_json: bool) -> None:
    """What a command did: a sentence for people, or the facts for programs."""
    if as_json:
        print_json(facts)
    else:
        typer.echo(sentence)


# ------------------------------------------------------------------------------------------------- on the screen


def screen(*, aside: bool = False) -> Console:
    """Where people read; `aside` is standard error. Customers' names are shown as they are, never as markup."""
    from rich.console import Console

    return Console(stderr=aside, markup=False, highlight=False, emoji=False)


@contextmanager
def working(what: str) -> Iterator[Callable[[str], None]]:
    """Say that something takes a while, on a terminal only. Hands out a way to say how far it is."""
    console = screen(aside=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(what) as status:
        yield lambda now: status.update(f"{what} {now}")


def hanging(console: Console, head: Text | str, body: Text | str, *, width: int, indent: int = 2) -> None:
    """A line whose further lines stand under its body, not under its head. `width` is that of the head."""
    from rich.padding import Padding
    from rich.table import Table

    line = Table.grid(padding=(0, 2, 0, 0))
    line.add_column(min_width=width, no_wrap=True)
    line.add_column(overflow="fold")
    line.add_row(head, body)
    console.print(Padding(line, (0, 0, 0, indent), expand=False))


def zone_of(loaded: Loaded, company_id: str) -> ZoneInfo:
    """The company's time zone."""
    from connector.companies import company_settings

    return ZoneInfo(company_settings(loaded, company_id).timezone)


def local(at: datetime, zone: ZoneInfo) -> str:
    """An instant as people say it there: Mon 23 Nov 08:51."""
    return f"{at.astimezone(zone):%a %d %b %H:%M}"


def typed(command: str, config: Path | None) -> str:
    """A command to type next: with the configuration that was named this time, or it would find another one."""
    if config is None:
        return f"duebird {command}"
    import shlex

    return f"duebird {command} --config {shlex.quote(str(config))}"


def typed_in(advice: str, config: Path | None) -> str:
    """The same for each command within a sentence, as items of the list have it: the daemon cannot know it."""
    if config is None:
        return advice
    return _COMMAND.sub(lambda found: typed(found[0].removeprefix("duebird "), config), advice)


def counted(count: int, one: str, many: str = "") -> str:
    """As in "1 text" and "3 texts"."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"
