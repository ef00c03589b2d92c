"""Where an installation's database is, and what is said when it cannot be used. Light: `status` imports it."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Final

from connector.errors import ConfigProblem, DatabaseTrouble

# Another process (the CLI beside the daemon) holds the file for milliseconds; five seconds mean that it hangs.
BUSY_TIMEOUT_MS: Final = 5_000
DATABASE_NAME: Final = "duebird.sqlite3"


def trouble(error: BaseException) -> DatabaseTrouble:
    """What a driver's error means, as one of ours."""
    if "locked" in str(error):
        return DatabaseTrouble(
            f"Another program was writing to the database for {BUSY_TIMEOUT_MS // 1000} seconds. Nothing was recorded.",
            code="busy",
            advice="Try again in a moment.",
        )
    return DatabaseTrouble(
        f"The database cannot be used ({error}). Nothing is sent while that is so.",
        advice="Look at free disk space and at other programs that hold the file; see the log.",
    )


def private_folder(folder: Path) -> Path:
    """Make the state folder 0700, or refuse one that others can look into.

    Raises:
        ConfigProblem: the folder is open to others or belongs to somebody else.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name == "posix":
        found = folder.stat()
        if found.st_uid != os.geteuid():
            raise ConfigProblem(
                f"The state folder {folder} belongs to another user. Nothing was started.",
                advice=f"Give it to the user Duebird runs as: chown {os.geteuid()} {folder}",
            )
        if stat.S_IMODE(found.st_mode) & 0o077:
            raise ConfigProblem(
                f"The state folder {folder} can be read by other users. Nothing was started.",
                advice=f"Close it: chmod 700 {folder}",
            )
    return folder


def sqlite_url(folder: Path, *, create: bool = True) -> str:
    """The address of the database in a state folder; see `database_file`."""
    return f"sqlite:///{database_file(folder, create=create)}"


def database_file(folder: Path, *, create: bool = False) -> Path:
    """The database in a state folder. The file is made 0600 before SQLite opens it.

    Raises:
        ConfigProblem: the folder or the file is open to others.
        DatabaseTrouble: there is no database yet, and `create` is False.
    """
    if not create and not (folder / DATABASE_NAME).exists():
        raise DatabaseTrouble(
            f"There is nothing on record yet: {folder / DATABASE_NAME} does not exist.",
            advice="Connect a company and start Duebird: duebird connect COMPANY, then duebird run",
        )
    path = private_folder(folder) / DATABASE_NAME
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise ConfigProblem(
            f"The database {path} can be read by other users. Nothing was started.",
            advice=f"Close it: chmod 600 {path}",
        )
    return path
