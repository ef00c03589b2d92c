"""A list of people who agreed, as CSV: read whole, every problem told with its row, nothing taken until it is clean."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState, standing
from connector.domain.phone import Phone, parse_mobile, trouble_with
from connector.errors import DuebirdError

COLUMNS: Final = ("phone", "agreed_on", "method", "wording", "evidence", "company")
NEEDED: Final = ("phone", "agreed_on", "method", "wording")
METHODS: Final = ("form", "paper", "verbal")
MOST_BYTES: Final = 20_000_000  # some 200,000 rows; a larger file is not a list of one business's customers
MOST_PROBLEMS: Final = 1_000  # more are not read by anybody, and have one cause
LONGEST: Final = 2_000  # characters of a cell: a page of wording; more is a cell that swallowed its neighbours
_SAY_AFTER: Final = 500  # rows, some tenths of a second

_SCIENTIFIC: Final = re.compile(r"\+?\d+([.,]\d+)?E\+?\d+", re.IGNORECASE)
_FORMULA: Final = re.compile(r'="?(.*?)"?')
_WHOLE_FLOAT: Final = re.compile(r"(\+?\d{7,15})[.,]0")
_ISO_LIKE: Final = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T]00:00(?::00)?)?")
_SLASHED: Final = re.compile(r"\d{1,2}[/.-]\d{1,2}[/.-](\d{4}|\d{2})")
_SERIAL: Final = re.compile(r"\d{5}([.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Office:
    """A company a list may speak of: how its numbers and days are read."""

    company: str
    country: str
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Read:
    """What a list holds: records to take, by company, or problems to mend."""

    records: Mapping[str, Sequence[ConsentRecord]]
    problems: tuple[str, ...]

    @property
    def count(self) -> int:
        """How many consents it holds."""
        return sum(len(one) for one in self.records.values())


Register = Mapping[str, Sequence[ConsentRecord]]  # what is on record, by number


def read_csv(
    path: Path,
    offices: Sequence[Office],
    now: datetime,
    *,
    registered: Callable[[str], Register] = lambda _: {},
    told: Callable[[int], None] = lambda _: None,
) -> Read:
    """Read a list. `agreed_on` is a civil date of the company's zone.

    Args:
        path: the file.
        offices: the companies its rows may be for; with several of them a column `company` must say which.
        now: UTC.
        registered: what a company has on record: who wanted no more texts is not brought back by a list.
        told: is told now and then how many rows were read.

    Raises:
        DuebirdError: it cannot be read as CSV at all.
    """
    raw = _content(path)
    text = _decoded(raw, path)
    delimiter, text = _delimiter(text)
    rows = csv.reader(io.StringIO(text, newline=""), strict=True, delimiter=delimiter)
    reading = _Reading(path, hashlib.sha256(raw).hexdigest()[:16], {one.company: one for one in offices}, now)
    try:
        header = _header(next(rows, []), path, several=len(offices) > 1)
        for number, cells in enumerate(rows, 2):
            reading.take(number, header, cells)
            if number % _SAY_AFTER == 0:
                told(number)
            if len(reading.problems) >= MOST_PROBLEMS:
                break
    except csv.Error as error:
        reading.problems.append((rows.line_num, f"Line {rows.line_num}: not readable as CSV ({error})."))
    reading.mind_the_register(registered)
    problems = [sentence for _, sentence in sorted(reading.problems)][:MOST_PROBLEMS]
    if len(problems) == MOST_PROBLEMS:
        problems.append("... and perhaps more; these first.")
    return Read({company: [one for _, one in found] for company, found in reading.found.items()}, tuple(problems))


@dataclass(slots=True)
class _Reading:
    """A list half read."""

    path: Path
    digest: str
    offices: Mapping[str, Office]
    now: datetime
    found: dict[str, list[tuple[int, ConsentRecord]]] = field(default_factory=dict)
    problems: list[tuple[int, str]] = field(default_factory=list)
    rows_of: dict[tuple[str, str], int] = field(default_factory=dict)

    def take(self, number: int, header: Sequence[str], cells: Sequence[str]) -> None:
        """One row."""
        row = dict.fromkeys(COLUMNS, "") | {
            name: _typed(cell) for name, cell in zip(header, cells, strict=False) if name in COLUMNS
        }
        if not any(cell.strip() for cell in cells):
            return
        office = self._office(row["company"])
        wrong = [*_shape(header, cells), *([] if office else [self._no_office(row["company"])])]
        phone, agreed = None, None
        if office is not None:
            phone, agreed, more = _values(row, office, self.now)
            wrong += more
        if office is not None and phone is not None:
            first = self.rows_of.setdefault((office.company, phone.e164), number)
            if first != number:
                wrong.append(f"the same number as in row {first}. Keep the one that holds.")
        self.problems += [(number, f"Row {number}: {one}") for one in wrong]
        if office is None or phone is None or agreed is None or wrong:
            return
        record = ConsentRecord(
            phone=phone,
            state=ConsentState.GRANTED,
            method=ConsentMethod.IMPORT,
            recorded_at=datetime.combine(agreed, time(0), office.zone).astimezone(UTC),
            recorded_by=f"list {_printable(self.path.name)}",
            wording=row["wording"],
            evidence=f"{row['method'].lower()}: {row['evidence']}".strip(": "),
            source=f"import:{self.digest}:{phone.e164}:{agreed.isoformat()}",
        )
        self.found.setdefault(office.company, []).append((number, record))

    def mind_the_register(self, registered: Callable[[str], Register]) -> None:
        """Who wanted no more texts: the row would change nothing, and whoever wrote it may not know."""
        for company, found in self.found.items():
            known = registered(company)
            for number, record in found:
                earlier = known.get(record.phone.e164, ())
                if standing(earlier) is not ConsentState.REVOKED or any(one.source == record.source for one in earlier):
                    continue
                last = max((one for one in earlier if one.state is ConsentState.REVOKED), key=_when)
                day = last.recorded_at.astimezone(self.offices[company].zone)
                sentence = (
                    f"Row {number}: this number wanted no more texts on {day:%d %b %Y} ({last.method}). Take the row "
                    "out; if they have agreed again since: duebird consent add NUMBER --anew --evidence '...'"
                )
                self.problems.append((number, sentence))

    def _office(self, named: str) -> Office | None:
        if not named and len(self.offices) == 1:
            return next(iter(self.offices.values()))
        return self.offices.get(named.lower()) or self.offices.get(named)

    def _no_office(self, named: str) -> str:
        return f"company '{_short(named)}' is not one of: {', '.join(self.offices)}."


def _when(record: ConsentRecord) -> datetime:
    return record.recorded_at


# ------------------------------------------------------------------------------------------------- the file itself


def _content(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DuebirdError(f"{path} cannot be read: {error.strerror}. Nothing was imported.") from error
    if len(raw) > MOST_BYTES:
        raise DuebirdError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB. Nothing was imported.")
    if raw.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise DuebirdError(
            f"{path} is a workbook. Nothing was imported.", advice="Save it as 'CSV UTF-8' in your spreadsheet."
        )
    return raw


def _decoded(raw: bytes, path: Path) -> str:
    """As text: UTF-8, or what spreadsheets call Unicode text."""
    encoding = "utf-16" if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise DuebirdError(
            f"{path} is not UTF-8 text. Nothing was imported.", advice="Save it as 'CSV UTF-8' in your spreadsheet."
        ) from error


def _delimiter(text: str) -> tuple[str, str]:
    """What parts the columns, and the rest: where a comma is the decimal mark, spreadsheets write semicolons."""
    first, _, rest = text.partition("\n")
    said = re.fullmatch(r'"?sep=(.)"?\s*', first, re.IGNORECASE)
    if said and said[1] in ",;\t":
        return said[1], rest
    return max((",", ";", "\t"), key=first.count), text


def _header(cells: Sequence[str], path: Path, *, several: bool) -> list[str]:
    header = [re.sub(r"[\s_-]+", "_", _typed(name)).lower() for name in cells]
    twice = sorted({name for name in header if name in COLUMNS and header.count(name) > 1})
    if twice:
        raise DuebirdError(f"{path} has two columns {twice[0]}. Nothing was imported.", advice="Take one of them out.")
    missing = [name for name in (*NEEDED, *(["company"] if several else [])) if name not in header]
    if missing:
        raise DuebirdError(
            f"{path} has no column {', '.join(missing)}. Nothing was imported.",
            advice=f"The first row must name the columns: {', '.join(COLUMNS[:-1])} (evidence may be left out). "
            "Where the list is for several companies, a column company names one in each row; else add --company.",
        )
    return header


# --------------------------------------------------------------------------------------------------------- the cells


def _shape(header: Sequence[str], cells: Sequence[str]) -> Iterator[str]:
    if any(cell.strip() for cell in cells[len(header) :]):
        yield "it has more cells than the first row. Put a cell that holds a comma in double quotes."
    for name, cell in zip(header, cells, strict=False):
        if name in COLUMNS and len(cell) > LONGEST:
            yield f"{name} has more than {LONGEST:,} characters."
        if name in COLUMNS and any(unicodedata.category(c) in {"Cc", "Cs"} and c not in "\t\r\n" for c in cell):
            yield f"{name} holds a character that nobody can see. Type it anew."


def _values(row: Mapping[str, str], office: Office, now: datetime) -> tuple[Phone | None, date | None, list[str]]:
    wrong = []
    typed = _WHOLE_FLOAT.sub(r"\1", row["phone"])
    phone = parse_mobile(typed, office.country)
    if phone is None:
        wrong.append(_no_phone(typed, office.country))
    agreed, trouble = _day(row["agreed_on"])
    if trouble:
        wrong.append(trouble)
    if agreed is not None and agreed > now.astimezone(office.zone).date():
        wrong.append(f"agreed_on {agreed} lies in the future.")
    if row["method"].lower() not in METHODS:
        wrong.append(f"method '{_short(row['method'])}' is not one of {', '.join(METHODS)}.")
    if not row["wording"]:
        wrong.append("wording is empty; write what the person agreed to.")
    return phone, agreed, wrong


def _no_phone(typed: str, country: str) -> str:
    if _SCIENTIFIC.fullmatch(typed):
        return (
            f"phone '{_short(typed)}': the spreadsheet has rounded the number. Format the column as text, and put the "
            "numbers in again."
        )
    return f"phone {trouble_with(typed, country)}; write it with its country code, such as +12125550123."


def _day(typed: str) -> tuple[date | None, str]:
    """The civil day, or what is wrong. 03/04/2026 is refused: half of the world reads another day in it."""
    if match := _ISO_LIKE.fullmatch(typed):
        try:
            return date(int(match[1]), int(match[2]), int(match[3])), ""
        except ValueError:
            return None, f"agreed_on '{typed}' is not a day of the calendar."
    if _SLASHED.fullmatch(typed) or _SERIAL.fullmatch(typed):
        return None, (
            f"agreed_on '{typed}' could be read as another day. Format the column as yyyy-mm-dd, as in 2026-03-31."
        )
    return None, f"agreed_on '{_short(typed)}' is not a date; write it like 2026-03-31."


def _typed(cell: str) -> str:
    """What somebody typed, without what spreadsheets put around it to keep it as text: ="...", or a leading '."""
    plain = cell.strip().strip("\u200b\u200e\u200f\u202a\u202c\ufeff").strip()
    if plain.startswith("="):
        match = _FORMULA.fullmatch(plain)
        plain = match[1] if match else plain
    return plain.removeprefix("'").strip()


def _short(typed: str) -> str:
    """As it may stand in a sentence."""
    return _printable(typed if len(typed) <= 30 else f"{typed[:29]}…")  # noqa: PLR2004  a number, a date or a word


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\ufffd" for c in text)
