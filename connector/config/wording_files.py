"""Wordings in files of their own, `issued = "file:words/issued.txt"`, read when the configuration is loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from connector.config.company import LANGUAGES
from connector.config.document import KeyPath

SCHEME: Final = "file:"
MOST_BYTES: Final = 1_300  # 320 characters, four bytes each at most, and an end of line


class Unreadable(ValueError):
    """A wording's file cannot be used: what is wrong, and what to do."""

    def __init__(self, wrong: str, fix: str) -> None:
        super().__init__(wrong)
        self.wrong, self.fix = wrong, fix


@dataclass(frozen=True, slots=True)
class WithWordings:
    """The configuration with its wordings in place.

    `files`: where each wording came from, by its place in the configuration; `faults`: those that could not be read,
    which stand nowhere in `raw`.
    """

    raw: Mapping[str, Any]
    files: dict[KeyPath, str] = field(default_factory=dict)
    faults: dict[KeyPath, Unreadable] = field(default_factory=dict)


def with_wordings(raw: Mapping[str, Any], folder: Path) -> WithWordings:
    """Put what stands in files into the `words` tables of `[defaults]` and of every company. `folder`: of the file."""
    done = WithWordings(dict(raw))
    assert isinstance(done.raw, dict)  # noqa: S101  made in the line above
    if isinstance(raw.get("defaults"), Mapping):
        done.raw["defaults"] = _filled(raw["defaults"], ("defaults",), folder, done)
    if isinstance(raw.get("company"), list):
        done.raw["company"] = [
            _filled(one, ("company", index), folder, done) if isinstance(one, Mapping) else one
            for index, one in enumerate(raw["company"])
        ]
    return done


def _filled(owner: Mapping[str, Any], at: KeyPath, folder: Path, done: WithWordings) -> dict[str, Any]:
    words = owner.get("words")
    if not isinstance(words, Mapping):
        return dict(owner)
    table = _read_table(words, (*at, "words"), folder, done)
    for code in LANGUAGES:
        if isinstance(table.get(code), Mapping):
            table[code] = _read_table(table[code], (*at, "words", code), folder, done)
    return {**owner, "words": table}


def _read_table(table: Mapping[str, Any], at: KeyPath, folder: Path, done: WithWordings) -> dict[str, Any]:
    read: dict[str, Any] = {}
    for key, value in table.items():
        if not isinstance(value, str) or not value.startswith(SCHEME):
            read[key] = value
            continue
        path = (*at, key)
        try:
            read[key] = wording_of(value.removeprefix(SCHEME).strip(), folder)
            done.files[path] = value
        except Unreadable as fault:
            done.faults[path] = fault
    return read


def wording_of(name: str, folder: Path) -> str:
    """The wording in a file below `folder`; one end of line at its end is dropped.

    Raises:
        Unreadable: it is not there, not below, no plain file, too long for a text, or no UTF-8.
    """
    inside = "Write its path relative to the configuration, inside that folder, such as 'file:words/issued.txt'."
    given = Path(name)
    if not name or "\0" in name or given.is_absolute() or given.drive or ".." in given.parts:
        raise Unreadable("is not a path inside the configuration's folder", inside)
    target = folder / given
    try:
        # A link that leads elsewhere is no file of this folder, whoever put it there.
        if not target.resolve(strict=True).is_relative_to(folder.resolve()):
            raise Unreadable("leads out of the configuration's folder", inside)
        if not target.is_file():  # a pipe would be waited for
            raise Unreadable("is no plain file", inside)
        with target.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle, before Python 3.13
        reason = getattr(error, "strerror", None) or "it cannot be followed"
        raise Unreadable(f"cannot be read: {reason}", "Check the path, and that this account may read it.") from None
    if len(data) > MOST_BYTES:
        raise Unreadable("is longer than any text", "Write one wording into it, of at most 320 characters.")
    try:
        text = data.decode("utf-8-sig")  # Notepad puts a mark in front
    except UnicodeDecodeError:
        raise Unreadable("is not UTF-8 text", "Save it as UTF-8 in your editor.") from None
    return text.removesuffix("\n").removesuffix("\r")
