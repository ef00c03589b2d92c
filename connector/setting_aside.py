"""Opening the state for whoever may set a damaged database aside: the daemon, and `duebird recover`."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from connector import assemble
from connector.companies import DATABASE_URL
from connector.config import Loaded
from connector.errors import DatabaseTrouble
from connector.lock import only_daemon
from state.damaged import set_aside
from state.database import DAMAGED
from state.place import DATABASE_NAME, private_folder

log = logging.getLogger(__name__)


def open_or_set_aside(loaded: Loaded, *, create: bool = True) -> assemble.State:
    """The open state. A damaged file is set aside, and every company of the settings waits for its recovery.

    Raises:
        ConfigProblem: the folder is open to others.
        DatabaseTrouble: it cannot be used for another reason, or it could not be set aside.
        AlreadyRunning: it is damaged, and a daemon works on it.
    """
    try:
        return _checked(loaded, create=create)
    except DatabaseTrouble as trouble:
        if trouble.code != DAMAGED or os.environ.get(DATABASE_URL):
            raise
        damage = trouble
    put_aside(loaded, damage)
    return _checked(loaded, create=create)


def _checked(loaded: Loaded, *, create: bool) -> assemble.State:
    state = assemble.open_state(loaded.state_dir, create=create)
    try:
        state.database.check()
    except BaseException:
        state.close()
        raise
    return state


def put_aside(loaded: Loaded, damage: DatabaseTrouble) -> Path:
    """Set the damaged file aside, alone with it; says where it is now."""
    folder = private_folder(loaded.state_dir)
    with only_daemon(folder):
        target = set_aside(
            folder / DATABASE_NAME,
            [one.id for one in loaded.settings.companies],
            assemble.system_clock().now(),
        )
    log.error(
        "%s It is kept as %s. Duebird begins with an empty one, and rebuilds what is known from your services: "
        "nothing is texted before you say so.",
        damage.message,
        target,
    )
    return target
