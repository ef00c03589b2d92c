"""Reading the file as TOML, and telling where and why it is none."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, Final

from connector.config.describe import all_sections, settings_of
from connector.config.document import printable
from connector.config.problems import InvalidConfig, Problem

MAX_BYTES: Final = 1_000_000  # a company needs about 1,500 bytes; this carries 600 of them

_POSITION: Final = re.compile(r"\s*\(at (?:line (\d+), column (\d+)|end of document)\)\s*$")

# tomllib's words -> ours. Its messages are not promised, so an unknown one falls back to a general sentence.
_SENTENCES: Final = (
    (r"^Invalid value", "the value after '=' cannot be read", 'Text needs quotes: name = "Acme".'),
    (r"^Cannot overwrite a value", "this key is written twice", "Keep one of the two."),
    (r"^Cannot declare .* twice", "this [section] is written twice", "Join the two; companies have [[company]]."),
    (r"^Cannot mutate|^Cannot redefine|^Cannot declare", "this name is already used for something else", "Rename it."),
    (r"^Duplicate inline table key", "a key is written twice", "Keep one of the two."),
    (r"^Expected '=' after a key", "there is no '=' after the key", "Write key = value."),
    (r"^Expected ']'|^Expected ']]'|^Expected '\]", "a [section] line is not closed", "Close it with ] (or ]])."),
    (r"^Unclosed array", "a list is not closed", "Close it with ]."),
    (r"^Unclosed inline table", "a table in braces is not closed", "Close it with }."),
    (r"^Unterminated string|^Illegal character '\\n'", "a text is not closed", "Close it with a quote."),
    (r"^Unescaped '\\\\'|^Invalid hex|^Escaped", "a backslash in double quotes means something else in TOML",
     "Write the text in single quotes: 'C:\\Users\\me'."),
    (r"^Expected newline or end of document", "something is left over behind the value", "Put text in quotes."),
    (r"^Invalid initial character for a key|^Invalid statement", "this line is neither 'key = value' nor a [section]",
     "Correct it, or put # before it."),
    (r"^Invalid date", "there is no such date", "Write it as 2026-12-01."),
)  # fmt: skip


def read_file(path: Path) -> str:
    """The file's text.

    Raises:
        InvalidConfig: it cannot be read, is no UTF-8, or is far too big.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _unreadable(
            path, f"cannot be read: {reason}", "Check the path, and that this account may read it."
        ) from (None)
    if len(data) > MAX_BYTES:
        raise _unreadable(path, f"has more than {MAX_BYTES} bytes", "Is this the right file?")
    try:
        return data.decode("utf-8-sig")  # Notepad puts a mark in front
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _unreadable(
            path, f"is not UTF-8 text; the first wrong letter is in line {line}", "Save it as UTF-8 in your editor."
        ) from None


def _unreadable(path: Path, wrong: str, fix: str) -> InvalidConfig:
    return InvalidConfig([Problem(str(path), "", wrong, fix)], origin=path)


def parse(text: str, origin: Path) -> dict[str, Any]:
    """The text as TOML.

    Raises:
        InvalidConfig: it is none; with line, column, and the line as far as it may be shown.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidConfig([_syntax_problem(text, str(error))], origin=origin) from None
    except (RecursionError, ValueError):  # brackets within brackets without end; a number of 5,000 digits
        raise _unreadable(
            origin, "is not something a configuration can hold", "Compare it with: duebird config example"
        ) from None


def _syntax_problem(text: str, message: str) -> Problem:
    position = _POSITION.search(message)
    said = _POSITION.sub("", message)
    lines = text.splitlines() or [""]
    number = int(position[1]) if position and position[1] else len(lines)
    column = int(position[2]) if position and position[2] else len(lines[-1]) + 1
    wrong, fix = next(
        ((wrong, fix) for pattern, wrong, fix in _SENTENCES if re.search(pattern, said)),
        ("this is not TOML", "Compare the line with: duebird config example"),
    )
    line = lines[number - 1] if number <= len(lines) else ""
    return Problem(f"line {number}, column {column}", _showable(line), wrong, fix)


def _showable(line: str) -> str:
    """The line, if it can hold no secret; else only its key.

    A line of a known, harmless setting or a section header is shown. Anything else may be a secret's second half.
    """
    head = re.match(r"\s*([A-Za-z0-9_-]+)\s*(=?)", line)
    if re.fullmatch(r"\s*\[{1,2}[A-Za-z0-9_.\s-]*\]{0,2}\s*", line):
        return printable(line.strip())
    if not head:
        return ""
    key = head[1]
    if key in _harmless() and not re.search(r"[{}]", line):
        return printable(line.strip())
    return f"{key} = …" if head[2] and (key in _known()) else ""


def _known() -> frozenset[str]:
    return frozenset(name for model in all_sections().values() for name in settings_of(model))


def _harmless() -> frozenset[str]:
    found = [setting for model in all_sections().values() for setting in settings_of(model).values()]
    return frozenset(one.name for one in found if not one.secret and not one.table and not one.phone)
