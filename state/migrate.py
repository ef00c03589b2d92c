"""Bring a database to the present schema; a backup is made first."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import make_url

from connector.errors import DatabaseTrouble
from state.database import Database

SCRIPTS: Final = Path(__file__).parent / "migrations"


def configuration(url: str) -> Config:
    """Alembic's settings, without a file."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    return config


def migrate(url: str, alone: Callable[[], AbstractContextManager[object]] = nullcontext) -> str | None:
    """Bring the database to the newest revision; returns the path of the backup made before, if one was needed.

    `alone` keeps everybody else from working on it while inside, or refuses: an older Duebird that still runs would
    write into tables it does not know any more. It is asked only where something is to be changed.

    Raises:
        DatabaseTrouble: the database was made by a newer Duebird, or is damaged. It is left as it is.
    """
    _refuse_damage(url)
    config = configuration(url)
    scripts = ScriptDirectory.from_config(config)
    head = scripts.get_current_head()
    current = current_revision(url)
    if current == head:
        return None
    if current is not None and current not in {script.revision for script in scripts.walk_revisions()}:
        raise DatabaseTrouble(
            f"The database was made by a newer version of Duebird (revision {current}). Nothing was changed.",
            advice="Install that version again, or restore a backup made with this one.",
        )
    with alone():
        current = current_revision(url)  # whoever was alone with it before may have done it all
        backup = _backup(url, current) if current is not None and current != head else None
        command.upgrade(config, "head")
    return backup


def _refuse_damage(url: str) -> None:
    """Before anything is written: a damaged file must stay as it is, for whoever may save something from it."""
    database = Database(url)
    try:
        database.check()
    finally:
        database.close()


def current_revision(url: str) -> str | None:
    """The revision the database stands at, None for an empty one.

    Raises:
        DatabaseTrouble: it is out of reach.
    """
    database = Database(url)
    try:
        return revision_of(database)
    finally:
        database.close()


def revision_of(database: Database) -> str | None:
    """The same of an open one."""
    with database.ask() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def _backup(url: str, revision: str) -> str | None:
    """A whole copy beside the file, named after the revision it holds. An earlier copy of it is left as it is."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None  # a database server has its own backups; the how-to says so
    source = Path(parsed.database)
    target = source.with_name(f"{source.name}.revision-{revision}")
    if not target.exists():
        database = Database(url)
        try:
            database.copy_to(target)
        finally:
            database.close()
    return str(target)
