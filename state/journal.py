"""The journal: a folder beside the state folder with what must outlive a lost or restored database.

It is beside and not inside, so that deleting the state folder, or putting a backup in its place, leaves it. It holds
no secret, but says whose books these are: it is readable by its owner alone.
"""

from __future__ import annotations

import json
import os
import re
import stat
from contextlib import suppress
from pathlib import Path
from typing import Final

from connector.domain.lease import Marked
from connector.errors import ConfigProblem, DatabaseTrouble

_NOFOLLOW: Final = getattr(os, "O_NOFOLLOW", 0)


def beside(state_folder: Path) -> Path:
    """Where the journal of an installation is."""
    return state_folder.with_name(f"{state_folder.name}.journal")


class Journal:
    """The journal of one installation. Makes its folder when it first writes.

    Args:
        folder: as `beside` names it.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def marked(self, company: str) -> Marked | None:
        """How far the company's claim had come when it was last written; None where it never was.

        Raises:
            DatabaseTrouble: the file is there and cannot be read.
            ConfigProblem: others can look into the folder.
        """
        path = self._lease(company)
        if not path.exists():
            return None
        self._insist_on_privacy()
        try:
            words = json.loads(path.read_text(encoding="utf-8"))
            return Marked(str(words["lineage"]), int(words["epoch"]), int(words["mark"]))
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise DatabaseTrouble(
                f"The journal {path} cannot be read ({error}). Nothing is sent or booked while that is so.",
                advice=f"Set that file aside, then type: duebird recover {company}",
            ) from error

    def mark(self, company: str, marked: Marked) -> None:
        """Write down how far it has come; durable on return, and a power cut leaves the old or the new.

        Raises:
            DatabaseTrouble: it could not be written. What was there before is untouched.
            ConfigProblem: others can look into the folder.
        """
        words = {"lineage": marked.lineage, "epoch": marked.epoch, "mark": marked.mark}
        path = self._lease(company)
        fresh = path.with_name(f".{path.name}.new")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._insist_on_privacy()
            handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | _NOFOLLOW, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                json.dump(words, file)
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
            _flush_folder(self.folder)
        except OSError as error:
            with suppress(OSError):
                fresh.unlink()
            raise DatabaseTrouble(
                f"The journal {path} could not be written ({error.strerror}). Nothing is sent or booked while that is "
                "so.",
                advice=f"Make room on that disk, or make the folder {self.folder} writable for the user Duebird runs "
                "as; Duebird then goes on by itself.",
            ) from error

    def _lease(self, company: str) -> Path:
        # Ids of companies are plain words (`CompanySettings.id`); whatever else may come, it stays in the folder.
        return self.folder / f"lease-{re.sub(r'[^A-Za-z0-9_-]', '_', company)}.json"

    def _insist_on_privacy(self) -> None:
        """Refuse a folder that others can look into.

        Raises:
            ConfigProblem: says the command to type.
        """
        if os.name == "posix" and stat.S_IMODE(self.folder.stat().st_mode) & 0o077:
            raise ConfigProblem(
                f"The journal {self.folder} can be read by other users. Nothing was started.",
                advice=f"Close it: chmod 700 '{self.folder}'",
            )


def _flush_folder(folder: Path) -> None:
    """Make a rename durable. Windows has no such call and writes the folder with the file."""
    if os.name != "posix":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
