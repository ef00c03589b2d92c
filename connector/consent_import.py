"""A list of people who agreed, as CSV: read whole, every problem told with its row, nothing taken until it is clean."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone, parse_mobile
from connector.errors import DuebirdError

COLUMNS: Final = ("phone", "agreed_on", "method", "wording", "evidence")
NEEDED: Final = ("phone", "agreed_on", "method", "wording")
METHODS: Final = ("form", "paper", "verbal")
MOST_BYTES: Final = 20_000_000  # some 200,000 rows; a larger file is not a list of one business's customers
MOST_PROBLEMS: Final = 200  # more are not read by anybody


@dataclass(frozen=True, slots=True)
class Read:
    """What a list holds: records to take, or problems to mend."""

    records: tuple[ConsentRecord, ...]
    problems: tuple[str, ...]


def read_csv(path: Path, *, country: str, timezone: str, now: datetime) -> Read:
    """Read a list. `agreed_on` is a civil date of the company's zone.

    Raises:
        DuebirdError: it cannot be read as CSV at all.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DuebirdError(f"{path} cannot be read: {error.strerror}. Nothing was imported.") from error
    if len(raw) > MOST_BYTES:
        raise DuebirdError(f"{path} is larger than {MOST_BYTES // 1_000_000} MB. Nothing was imported.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise DuebirdError(
            f"{path} is not UTF-8 text. Nothing was imported.", advice="Save it as 'CSV UTF-8' in your spreadsheet."
        ) from error
    rows = csv.DictReader(io.StringIO(text), strict=True, delimiter=_delimiter(text))
    header = [name.strip().lower() for name in rows.fieldnames or []]
    missing = [name for name in NEEDED if name not in header]
    if missing:
        raise DuebirdError(
            f"{path} has no column {', '.join(missing)}. Nothing was imported.",
            advice=f"The first row must name the columns: {', '.join(COLUMNS)} (evidence may be left out).",
        )
    rows.fieldnames = header
    digest = hashlib.sha256(raw).hexdigest()[:16]
    return _rows(rows, path, digest, country, ZoneInfo(timezone), now)


def _delimiter(text: str) -> str:
    """What parts the columns: where a comma is the decimal mark, spreadsheets write semicolons, or tabs."""
    first = text.partition("\n")[0]
    return max((",", ";", "\t"), key=first.count)


def _rows(  # what a row needs to be read
    rows: csv.DictReader[str], path: Path, digest: str, country: str, zone: ZoneInfo, now: datetime
) -> Read:
    records: list[ConsentRecord] = []
    problems: list[str] = []
    try:
        for number, row in enumerate(rows, 2):
            clean = {name: (row.get(name) or "").strip() for name in COLUMNS}
            if not any(clean.values()):
                continue
            wrong, phone, agreed = _check(clean, country, zone, now)
            problems += [f"Row {number}: {one}" for one in wrong]
            if phone is not None and agreed is not None and not wrong:
                records.append(
                    ConsentRecord(
                        phone=phone,
                        state=ConsentState.GRANTED,
                        method=ConsentMethod.IMPORT,
                        recorded_at=datetime.combine(agreed, time(0), zone).astimezone(UTC),
                        recorded_by=f"list {path.name}",
                        wording=clean["wording"],
                        evidence=f"{clean['method']}: {clean['evidence']}".strip(": "),
                        source=f"import:{digest}:{phone.e164}:{agreed.isoformat()}",
                    )
                )
            if len(problems) >= MOST_PROBLEMS:
                problems.append("... and perhaps more; these first.")
                break
    except csv.Error as error:
        problems.append(f"Row {rows.line_num}: not readable as CSV ({error}).")
    return Read(tuple(records), tuple(problems))


def _check(
    row: dict[str, str], country: str, zone: ZoneInfo, now: datetime
) -> tuple[list[str], Phone | None, date | None]:
    wrong = []
    phone = parse_mobile(row["phone"], country)
    if phone is None:
        wrong.append("phone is not a mobile number; write it with its country code, such as +12125550123.")
    agreed: date | None = None
    try:
        agreed = date.fromisoformat(row["agreed_on"])
    except ValueError:
        wrong.append(f"agreed_on '{row['agreed_on']}' is not a date; write it like 2026-03-31.")
    if agreed is not None and agreed > now.astimezone(zone).date():
        wrong.append(f"agreed_on {agreed} lies in the future.")
    if row["method"].lower() not in METHODS:
        wrong.append(f"method '{row['method']}' is not one of {', '.join(METHODS)}.")
    if not row["wording"]:
        wrong.append("wording is empty; write what the person agreed to.")
    return wrong, phone, agreed
