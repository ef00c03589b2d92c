"""The journal of consents: who agreed and who said stop, in a file beside the state folder.

What customers told a person by word of mouth exists nowhere else: no service can give it back when the database is lost
or an older one is put in its place. So each entry of the consent register is appended here before the database has it,
with its number and the hashes that chain it (`connector.domain.consent_chain`). The file only grows; it holds phone
numbers, and is readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.consent_chain import Entry
from connector.domain.phone import Phone
from connector.errors import ConfigProblem, DatabaseTrouble

NAME: Final = "consents.jsonl"
_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)
_BINARY: Final = getattr(os, "O_BINARY", 0)

Stamp = tuple[int, int, int]  # which file it is, how long, when changed: the same as long as nobody wrote to it


@dataclass(frozen=True, slots=True)
class Kept:
    """A line of the journal. `entry` is None in lines of before the register was chained."""

    company: str
    record: ConsentRecord
    entry: Entry | None = None


class ConsentJournal:
    """The journal of one installation. Several processes may append to it: each line is written in one stroke.

    Args:
        folder: beside the state folder; made when first written to.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def append(self, entries: Sequence[Entry]) -> None:
        """Add entries; they are on the disk when this returns.

        Raises:
            DatabaseTrouble: they could not be written.
            ConfigProblem: others can look into the folder.
        """
        if not entries:
            return
        try:
            self._private_folder()
            handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | _NOFOLLOW | _BINARY, 0o600)
            try:
                new = os.fstat(handle).st_size == 0
                lines = b"".join(_line(one) for one in entries)
                # A power cut may have left half a line. It is closed off, and stays behind as a line that says nothing.
                os.write(handle, lines if self._is_whole(handle) else b"\n" + lines)
                os.fsync(handle)
            finally:
                os.close(handle)
            if new:
                _flush_folder(self.path.parent)
        except OSError as error:
            raise self._out_of_reach(error) from error

    def entries(self) -> list[Kept]:
        """Everything in it, oldest first. What is no entry (half a line after a power cut) is passed over.

        Raises:
            DatabaseTrouble: it is there and cannot be read.
        """
        try:
            content = self.path.read_bytes()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise self._out_of_reach(error) from error
        found = (_kept(line) for line in content.split(b"\n"))
        return [one for one in found if one is not None]

    def chained(self, company: str) -> list[Entry]:
        """Of its lines those that carry a company's entries with their hashes.

        Raises:
            DatabaseTrouble: it is there and cannot be read.
        """
        return [one.entry for one in self.entries() if one.company == company and one.entry is not None]

    def stamp(self) -> Stamp | None:
        """Changes whenever somebody wrote to it; None where there is none.

        Raises:
            DatabaseTrouble: nobody could write to it, so nothing that is said now would be kept.
        """
        try:
            seen = self.path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._out_of_reach(error) from error
        if not os.access(self.path, os.R_OK | os.W_OK):
            raise self._out_of_reach(PermissionError(13, "it may not be written to"))
        return seen.st_ino, seen.st_size, seen.st_mtime_ns

    @staticmethod
    def _is_whole(handle: int) -> bool:
        size = os.fstat(handle).st_size
        if size == 0:
            return True
        os.lseek(handle, size - 1, os.SEEK_SET)
        return os.read(handle, 1) == b"\n"

    def _private_folder(self) -> None:
        folder = self.path.parent
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix" and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            raise ConfigProblem(
                f"The journal {folder} can be read by other users, and holds phone numbers. Nothing was written to it.",
                advice=f"Close it: chmod 700 '{folder}'",
            )

    def _out_of_reach(self, error: OSError) -> DatabaseTrouble:
        return DatabaseTrouble(
            f"The journal of consents {self.path} is out of reach ({error.strerror}). No texts go out meanwhile: a "
            "STOP that came now might be forgotten.",
            code="journal",
            advice=f"Make room on that disk, or make the folder {self.path.parent} writable for the user Duebird runs "
            "as; Duebird then goes on by itself.",
        )


def _line(entry: Entry) -> bytes:
    record = entry.record
    values = {
        "company": entry.company,
        "place": entry.place,
        "previous_hash": entry.previous_hash,
        "entry_hash": entry.entry_hash,
        "entered_at": entry.entered_at.isoformat() if entry.entered_at else None,
        "phone": record.phone.e164,
        "state": record.state.value,
        "method": record.method.value,
        "recorded_at": record.recorded_at.isoformat(),
        "recorded_by": record.recorded_by,
        "wording": record.wording,
        "evidence": record.evidence,
        "source": record.source,
    }
    return json.dumps(values, sort_keys=True).encode() + b"\n"


def _kept(line: bytes) -> Kept | None:
    try:
        values: dict[str, Any] = json.loads(line)
        company = str(values["company"])
        record = ConsentRecord(
            phone=Phone(values["phone"]),
            state=ConsentState(values["state"]),
            method=ConsentMethod(values["method"]),
            recorded_at=datetime.fromisoformat(values["recorded_at"]),
            recorded_by=str(values["recorded_by"]),
            wording=str(values["wording"]),
            evidence=str(values["evidence"]),
            source=str(values["source"]),
        )
        if "entry_hash" not in values:
            return Kept(company, record)
        entered = values["entered_at"]
        entered_at = datetime.fromisoformat(entered) if entered else None
        hashes = str(values["previous_hash"]), str(values["entry_hash"])
        return Kept(company, record, Entry(company, int(values["place"]), *hashes, record, entered_at))
    except (ValueError, KeyError, TypeError, AttributeError):  # half a line, or a line of a later form
        return None


def _flush_folder(folder: Path) -> None:
    """Make a new file's name durable. Windows has no such call and writes the folder with the file."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
