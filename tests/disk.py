"""A disk under SQLite that a test can fill up, break, or take the power from.

SQLite reaches files through a table of functions (https://www.sqlite.org/vfs.html). While `Disk.under` is open, that
table is ours: what it writes goes to the real files, and is remembered until SQLite syncs it. What was not synced
may be lost in a power cut, all of it or any part: `image` says what a disk then holds.
"""

from __future__ import annotations

import _sqlite3
import ctypes
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

OK: Final = 0
READONLY: Final = 8
IOERR: Final = 10
FULL: Final = 13
IOERR_WRITE: Final = IOERR | (3 << 8)
IOERR_FSYNC: Final = IOERR | (4 << 8)
SECTOR: Final = 512  # bytes that reach a disk together or not at all

_P, _I, _L, _S = ctypes.c_void_p, ctypes.c_int, ctypes.c_int64, ctypes.c_char_p
_OPEN = ctypes.CFUNCTYPE(_I, _P, _P, _P, _I, _P)  # the name as an address: SQLite keeps it, a copy would be gone
_DELETE = ctypes.CFUNCTYPE(_I, _P, _P, _I)
_CLOSE = ctypes.CFUNCTYPE(_I, _P)
_WRITE = ctypes.CFUNCTYPE(_I, _P, _P, _I, _L)
_TRUNCATE = ctypes.CFUNCTYPE(_I, _P, _L)
_SYNC = ctypes.CFUNCTYPE(_I, _P, _I)


class _Vfs(ctypes.Structure):
    """`sqlite3_vfs`, as far as it is changed here and on to its end."""

    _fields_ = (
        *(("iVersion", _I), ("szOsFile", _I), ("mxPathname", _I), ("pNext", _P), ("zName", _S), ("pAppData", _P)),
        *(("xOpen", _OPEN), ("xDelete", _DELETE), ("rest", _P * 14)),
    )


class _Methods(ctypes.Structure):
    """`sqlite3_io_methods`."""

    _fields_ = (
        *(("iVersion", _I), ("xClose", _CLOSE), ("xRead", _P), ("xWrite", _WRITE), ("xTruncate", _TRUNCATE)),
        *(("xSync", _SYNC), ("rest", _P * 13)),
    )


class _File(ctypes.Structure):
    """`sqlite3_file`."""

    _fields_ = (("pMethods", ctypes.POINTER(_Methods)),)


@dataclass
class _Content:
    """A file: what is surely on the disk, and what was written since, in order. A write of None cuts the file off."""

    durable: bytes
    pending: list[tuple[int, bytes | None]] = field(default_factory=list)


# What becomes of an operation: the number of it so far, "write", "truncate", "sync" or "delete", and the file's name.
Judge = Callable[[int, str, str], int]


def _passes(_number: int, _what: str, _name: str) -> int:
    return OK


def is_possible() -> bool:
    """Whether this Python shares its SQLite with us; one that is linked into the interpreter may hide it."""
    return hasattr(ctypes.CDLL(_sqlite3.__file__), "sqlite3_vfs_register")


class Disk:
    """What SQLite wrote and synced, of the files in one folder. `judge` may let an operation fail, by its code."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._files: dict[str, _Content] = {}
        self._open: dict[int, str] = {}  # by the address of SQLite's own record of an open file
        self._tables: dict[int, tuple[_Methods, _Methods]] = {}  # by the address of the system's: that, and ours
        self._kept: list[Any] = []  # what C points at must not be collected
        self.judge: Judge = _passes
        self.operations = 0

    def pending(self) -> list[str]:
        """Files of which something is written and not synced."""
        return [name for name, content in self._files.items() if content.pending]

    def image(self, dice: Random | None = None) -> dict[str, bytes]:
        """The files after a power cut now: without what was not synced, or with the part of it that dice choose."""
        return {name: _survivor(content, dice) for name, content in self._files.items()}

    def cut(self, image: dict[str, bytes]) -> None:
        """Put those files in the place of the present ones, as found when the power is back; none may be open."""
        for name in self._files:
            (self._folder / name).write_bytes(image[name]) if name in image else (self._folder / name).unlink()
        self._files.clear()

    @contextmanager
    def under(self) -> Iterator[Disk]:
        """Be the disk of every database that is opened while inside."""
        library = ctypes.CDLL(_sqlite3.__file__)
        library.sqlite3_vfs_find.restype = ctypes.POINTER(_Vfs)
        system = library.sqlite3_vfs_find(None)
        ours = _Vfs()
        ctypes.memmove(ctypes.byref(ours), system, ctypes.sizeof(_Vfs))
        ours.zName = f"disk-{id(self)}".encode()
        ours.xOpen, ours.xDelete = _OPEN(self._opener(system)), _DELETE(self._deleter(system))
        self._kept += [library, system, ours]
        library.sqlite3_vfs_register(ctypes.byref(ours), 1)
        try:
            yield self
        finally:
            library.sqlite3_vfs_unregister(ctypes.byref(ours))

    # ------------------------------------------------------------------------------------- what SQLite calls

    def _opener(self, system: Any) -> Callable[..., int]:
        def opened(_vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
            code = int(system.contents.xOpen(ctypes.addressof(system.contents), name, file, flags, out))
            path = _path_at(name) if name else None
            if code == OK and path is not None and path.parent == self._folder:
                self._open[file] = path.name
                known = self._files.get(path.name)
                if known is None:
                    self._files[path.name] = _Content(path.read_bytes())
                record = ctypes.cast(file, ctypes.POINTER(_File)).contents
                record.pMethods = ctypes.pointer(self._table(record.pMethods))
            return code

        return opened

    def _table(self, system: Any) -> _Methods:
        """The system's functions with ours in the place of those that write."""
        address = ctypes.addressof(system.contents)
        if address not in self._tables:
            theirs, ours = _Methods(), _Methods()
            for one in (theirs, ours):
                ctypes.memmove(ctypes.byref(one), address, ctypes.sizeof(_Methods))
            ours.xClose, ours.xSync = _CLOSE(self._closer(theirs)), _SYNC(self._syncer(theirs))
            ours.xWrite, ours.xTruncate = _WRITE(self._writer(theirs)), _TRUNCATE(self._truncater(theirs))
            self._tables[address] = theirs, ours
        return self._tables[address][1]

    def _closer(self, theirs: _Methods) -> Callable[[int], int]:
        def close(file: int) -> int:
            self._open.pop(file, None)
            return int(theirs.xClose(file))

        return close

    def _writer(self, theirs: _Methods) -> Callable[[int, int, int, int], int]:
        def write(file: int, data: int, amount: int, offset: int) -> int:
            name = self._open[file]
            code = self._judged("write", name) or int(theirs.xWrite(file, data, amount, offset))
            if code == OK:
                self._files[name].pending.append((offset, ctypes.string_at(data, amount)))
            return code

        return write

    def _truncater(self, theirs: _Methods) -> Callable[[int, int], int]:
        def truncate(file: int, size: int) -> int:
            name = self._open[file]
            code = self._judged("truncate", name) or int(theirs.xTruncate(file, size))
            if code == OK:
                self._files[name].pending.append((size, None))
            return code

        return truncate

    def _syncer(self, theirs: _Methods) -> Callable[[int, int], int]:
        def sync(file: int, flags: int) -> int:
            name = self._open[file]
            code = self._judged("sync", name) or int(theirs.xSync(file, flags))
            if code == OK:
                content = self._files[name]
                content.durable, content.pending = _applied(content.durable, content.pending), []
            return code

        return sync

    def _deleter(self, system: Any) -> Callable[[int, int, int], int]:
        def delete(_vfs: int, name: int, sync: int) -> int:
            path = _path_at(name)
            here = path.parent == self._folder
            code = self._judged("delete", path.name) if here else OK
            code = code or int(system.contents.xDelete(ctypes.addressof(system.contents), name, sync))
            if code == OK and here:
                self._files.pop(path.name, None)
            return code

        return delete

    def _judged(self, what: str, name: str) -> int:
        self.operations += 1
        return self.judge(self.operations, what, name)


def _path_at(address: int) -> Path:
    return Path(ctypes.string_at(address).decode())


def _survivor(content: _Content, dice: Random | None) -> bytes:
    if dice is None:
        return content.durable
    some: list[tuple[int, bytes | None]] = []
    for offset, data in content.pending:
        pieces = [data] if data is None else [data[at : at + SECTOR] for at in range(0, len(data), SECTOR)]
        some += [
            (offset + number * SECTOR if data is not None else offset, piece)
            for number, piece in enumerate(pieces)
            if dice.random() < 0.5
        ]
    dice.shuffle(some)  # a disk writes in the order it likes
    return _applied(content.durable, some)


def _applied(content: bytes, writes: list[tuple[int, bytes | None]]) -> bytes:
    made = bytearray(content)
    for offset, data in writes:
        if data is None:
            del made[offset:]
        else:
            made.extend(bytes(max(0, offset + len(data) - len(made))))
            made[offset : offset + len(data)] = data
    return bytes(made)
