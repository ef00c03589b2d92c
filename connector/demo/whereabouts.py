"""Where a demo runs: a small file in its folder, and one in a place that every terminal of this user knows."""

from __future__ import annotations

import getpass
import json
import os
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from adapters.private_files import private_folder, read_private, remove_private, write_private
from connector.errors import DuebirdError

NAME: Final = "demo.json"


class NoDemo(DuebirdError):
    """No demo is running that a second terminal could play with."""


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A running demo, for whoever comes from another terminal."""

    pid: int
    folder: str
    config: str
    addresses: dict[str, str]


def known_place() -> Path:
    """The folder in which any terminal of this user looks; private, and one for each user."""
    user = "".join(one if one.isalnum() else "-" for one in getpass.getuser())
    return Path(tempfile.gettempdir()) / f"duebird-demo-of-{user}"


def announce(here: Whereabouts) -> None:
    """Write both files; the latest demo is the one that is found without a folder."""
    content = json.dumps(asdict(here), indent=2).encode()
    write_private(Path(here.folder) / NAME, content)
    place = known_place()
    private_folder(place)
    write_private(place / NAME, content)


def withdraw(here: Whereabouts) -> None:
    """Remove both files, the second one only where it still tells of this demo."""
    remove_private(Path(here.folder) / NAME)
    place = known_place() / NAME
    content = read_private(place) if place.parent.is_dir() else None
    if content is not None and json.loads(content).get("pid") == here.pid:
        remove_private(place)
        with suppress(OSError):  # another demo may be announcing itself there at this moment
            place.parent.rmdir()


def find(folder: Path | None) -> Whereabouts:
    """The running demo, in that folder or else the latest.

    Raises:
        NoDemo: none is running.
    """
    place = folder if folder is not None else known_place()
    content = read_private(place / NAME) if place.is_dir() else None
    if content is None:
        where = f" in {folder}" if folder is not None else ""
        raise NoDemo(f"No demo is running{where}. Nothing was done.", advice="Start one: duebird demo --keep")
    here = Whereabouts(**json.loads(content))
    if not _lives(here.pid):
        raise NoDemo(
            "The demo of last time is gone; it did not end cleanly. Nothing was done.",
            advice="Start a new one: duebird demo --keep",
        )
    return here


def _lives(pid: int) -> bool:
    if os.name != "posix":
        return True  # signal 0 would end it there; whether it answers is seen at the first call
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
