"""Where the records of an installation are: in a file of its state folder, or on a server; and that they stay there.

Whoever forgets to say `DUEBIRD_DATABASE_URL` in one shell, or says it for an installation that has a file already,
would begin anew with an empty memory: no consents, no holds, no opt-outs. So the folder remembers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from connector.errors import ConfigProblem, DatabaseTrouble
from state.place import DATABASE_NAME, private_folder, sqlite_url

EMPTY: Final = "empty"  # the code of the trouble that nothing is on record yet
MARK: Final = "database.elsewhere"  # holds the database's name and its host, and no password


def is_elsewhere(folder: Path, written: str) -> bool:
    """Whether the records are on a server. `written`: what DUEBIRD_DATABASE_URL says, "" where it is not set.

    Raises:
        ConfigProblem: they were on a server, and now nobody says which.
    """
    mark = folder / MARK
    if not written.strip() and mark.exists():
        raise ConfigProblem(
            f"The records of this installation are in the PostgreSQL database {mark.read_text('utf-8').strip()}, and "
            "DUEBIRD_DATABASE_URL is not set here. Nothing was done.",
            advice="Set it as it is for the daemon. To begin anew with a file, without consents and history, remove "
            f"{mark}",
        )
    return bool(written.strip())


def database_url(folder: Path, written: str, *, create: bool) -> str:
    """The address of the records, as SQLAlchemy wants it. `written` as in `is_elsewhere`.

    Raises:
        ConfigProblem: the address cannot be used, the folder is open to others, or the records are elsewhere.
        DatabaseTrouble: the server is out of reach; or there is nothing on record yet, and `create` is False.
    """
    if not is_elsewhere(folder, written):
        return sqlite_url(folder, create=create)
    from state.migrate import current_revision  # only they load what migrates
    from state.server import server_url, shown

    url = server_url(written)
    if current_revision(url) is not None:
        if create:
            _remember(folder, shown(url))
        return url
    if not create:
        raise DatabaseTrouble(
            f"There is nothing on record yet: the PostgreSQL database {shown(url)} is empty.",
            code=EMPTY,
            advice="Connect a company and start Duebird: duebird connect COMPANY, then duebird run",
        )
    if (folder / DATABASE_NAME).exists():
        raise ConfigProblem(
            f"The PostgreSQL database {shown(url)} is empty, and the state folder has records in "
            f"{folder / DATABASE_NAME}. They are not carried over. Nothing was started.",
            advice="To go on with that file, unset DUEBIRD_DATABASE_URL. To begin anew on the server, without its "
            "consents and history, move the file away.",
        )
    _remember(folder, shown(url))
    return url


def _remember(folder: Path, where: str) -> None:
    mark = private_folder(folder) / MARK
    if not mark.exists() or mark.read_text("utf-8") != where + "\n":
        mark.write_text(where + "\n", "utf-8")
