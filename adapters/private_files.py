"""Files that only their owner may read: written whole or not at all, refused when others could read them.

Windows keeps a user's profile from other users by itself; the owner and mode checks are for POSIX.
"""

from __future__ import annotations

import errno
import os
import secrets
import stat
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from connector.errors import ConfigProblem, Transient

POSIX: Final = os.name == "posix"
BIGGEST: Final = 1 << 20  # tokens and key files are a few KB; a megabyte is somebody else's file
LOCK_POLL: Final = 0.02  # seconds between two tries for a lock another process holds; a refresh lasts some 300 ms

_O_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_O_BINARY: Final = getattr(os, "O_BINARY", 0)

_thread_locks: dict[str, threading.Lock] = {}
_thread_locks_guard = threading.Lock()


def private_folder(folder: Path) -> None:
    """Make the folder for its owner alone, or check that it is so.

    Raises:
        ConfigProblem: others may look inside, or it belongs to somebody else; says the command to type.
        Transient: it could not be made.
    """
    try:
        for missing in reversed([one for one in (folder, *folder.parents) if not one.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would make those between for everybody
    except OSError as error:
        raise _unwritable(folder, error) from error
    if not POSIX:
        return
    seen = folder.lstat()
    if not stat.S_ISDIR(seen.st_mode):
        raise ConfigProblem(
            f"{folder} is not a folder but a link or a file.", advice="Put a real folder there, or remove it."
        )
    _insist_on_owner(folder, seen)
    if seen.st_mode & 0o077:
        raise ConfigProblem(
            f"Other users of this machine can look into {folder}, where sign-ins are kept. Nothing was read.",
            advice=f"Type: chmod 700 '{folder}'",
        )


def read_private(path: Path) -> bytes | None:
    """The content, or None where there is no such file. Never follows a link.

    Raises:
        ConfigProblem: others may read it, it belongs to somebody else, or it is not a plain file.
    """
    try:
        handle = os.open(path, os.O_RDONLY | _O_NOFOLLOW | _O_BINARY)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ConfigProblem(
                f"{path} is a link to another place. It was not read.", advice=f"Type: rm '{path}'"
            ) from error
        raise ConfigProblem(f"{path} cannot be read: {error.strerror}.", advice=f"Type: ls -l '{path}'") from error
    with os.fdopen(handle, "rb") as file:
        if POSIX:
            _insist_on_private_file(path, os.fstat(file.fileno()))
        return file.read(BIGGEST)


def write_private(path: Path, content: bytes) -> None:
    """Replace the file in one step; on return it is on the disk, and a power cut leaves the old or the new one.

    Raises:
        Transient: it could not be written (disk full, read-only); the old content is untouched.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        _write_new(fresh, content)
        fresh.replace(path)
        _flush_folder(path.parent)
    except OSError as error:
        with suppress(OSError):
            fresh.unlink()
        raise _unwritable(path, error) from error


def remove_private(path: Path) -> None:
    """Remove the file; harmless where there is none."""
    try:
        path.unlink(missing_ok=True)
        _flush_folder(path.parent)
    except OSError as error:
        raise _unwritable(path, error) from error


def sweep_leftovers(path: Path) -> None:
    """Remove half-written versions that a crash left beside `path`. Only while holding the lock its writers hold."""
    for leftover in path.parent.glob(f".{path.name}.*.new"):
        with suppress(OSError):
            leftover.unlink()


@contextmanager
def locked(path: Path, *, wait: float, busy: str) -> Iterator[None]:
    """Hold the lock file `path` alone, among threads and among processes; not re-entrant.

    The system drops the lock when its holder dies. The file itself stays: removing it would let two hold 'it'.
    Waiting is on the machine's clock, not the injected one: it is the system's lock that is waited for.

    Args:
        path: the lock file, in a private folder.
        wait: seconds to wait at most.
        busy: the sentence for the person when somebody else holds it for longer.

    Raises:
        Transient: not ours within `wait` seconds.
    """
    deadline = time.monotonic() + wait
    with _thread_locks_guard:
        mine = _thread_locks.setdefault(str(path.absolute()), threading.Lock())
    if not mine.acquire(timeout=wait):
        raise Transient(busy, advice="If it stays so, look for a hanging duebird process: duebird status")
    try:
        handle = _open_lock(path)
        try:
            while not _try_lock(handle):
                if time.monotonic() > deadline:
                    raise Transient(busy, advice="If it stays so, look for a hanging duebird process: duebird status")
                time.sleep(LOCK_POLL)
            try:
                yield
            finally:
                _unlock(handle)
        finally:
            os.close(handle)
    finally:
        mine.release()


if sys.platform == "win32":
    import msvcrt

    def _try_lock(handle: int) -> bool:
        os.lseek(handle, 0, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _unlock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _try_lock(handle: int) -> bool:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)


def _open_lock(path: Path) -> int:
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | _O_NOFOLLOW | _O_BINARY, 0o600)
    except OSError as error:
        raise _unwritable(path, error) from error


def _write_new(path: Path, content: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _O_NOFOLLOW | _O_BINARY, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no such call and writes the folder with the file."""
    if not POSIX:
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _insist_on_private_file(path: Path, seen: os.stat_result) -> None:
    if not stat.S_ISREG(seen.st_mode):
        raise ConfigProblem(f"{path} is not a plain file. It was not read.", advice=f"Type: ls -l '{path}'")
    _insist_on_owner(path, seen)
    if seen.st_mode & 0o077:
        raise ConfigProblem(
            f"Other users of this machine may read or change {path}, which holds secrets. It was not used.",
            advice=f"Type: chmod 600 '{path}'",
        )


def _insist_on_owner(path: Path, seen: os.stat_result) -> None:
    if sys.platform == "win32":
        return  # files carry no owner's number there
    if seen.st_uid != os.geteuid():
        raise ConfigProblem(
            f"{path} belongs to another user (number {seen.st_uid}; Duebird runs as {os.geteuid()}). It was not used.",
            advice=f"Run Duebird as its owner: sudo -u '#{seen.st_uid}' duebird ... "
            f"or give it to this user: sudo chown -R {os.geteuid()} '{path}'",
        )


def _unwritable(path: Path, error: OSError) -> Transient:
    return Transient(
        f"{path} could not be written: {error.strerror}. What was there before is untouched.",
        advice="Make room on that disk, or make it writable; Duebird tries again by itself.",
    )
