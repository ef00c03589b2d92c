"""One daemon a state folder. A lock of the operating system, held for life: it cannot be left behind by a crash."""

from __future__ import annotations

import hashlib
import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from connector.errors import AlreadyRunning

NAME: Final = "daemon.lock"
BOOT: Final = Path("/proc/sys/kernel/random/boot_id")  # proc(5): anew at each start of the computer


@contextmanager
def only_daemon(folder: Path) -> Iterator[None]:
    """Be the only daemon of this state folder, or refuse.

    Raises:
        AlreadyRunning: another process holds the lock; says which, and on what machine.
    """
    path = folder / NAME
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+", encoding="utf-8") as file:
        if not _lock(file):
            raise AlreadyRunning(
                f"Duebird is already running on this state folder ({folder}): {_holder(file)}. Nothing was started.",
                advice="Stop that one first, or look at it with `duebird status`.",
            )
        file.seek(0)
        file.truncate()
        json.dump({"pid": os.getpid(), "host": socket.gethostname()}, file)
        file.flush()
        yield  # closing the file lets go of the lock


def running(folder: Path) -> dict[str, object] | None:
    """Who holds the lock now, None when nobody does."""
    path = folder / NAME
    if not path.exists():
        return None
    with path.open("r+", encoding="utf-8") as file:
        if _lock(file):
            return None
        file.seek(0)
        try:
            holder: dict[str, object] = json.loads(file.read())
        except ValueError:
            return {}
        return holder


def place_of(folder: Path) -> str:
    """Names this folder's lock until the computer starts anew; "" where the system does not tell when it did.

    While we hold the lock, whoever ran before under the same name has ended: a copy of the folder has another lock, and
    another computer another start.
    """
    try:
        boot = BOOT.read_text(encoding="ascii").strip()
        file = (folder / NAME).stat()
    except OSError:  # not Linux, or no lock was taken yet
        return ""
    return hashlib.sha256(f"{boot} {file.st_dev} {file.st_ino}".encode()).hexdigest()[:16]


def _holder(file: IO[str]) -> str:
    file.seek(0)
    try:
        who = json.loads(file.read())
        return f"process {who['pid']} on {who['host']}"
    except (ValueError, KeyError, TypeError):
        return "a process that is just starting"


def _lock(file: IO[str]) -> bool:
    if os.name == "nt":
        import msvcrt

        try:
            # One byte far behind the text, so that the text stays readable to others.
            file.seek(1 << 20)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]  # Windows only
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
