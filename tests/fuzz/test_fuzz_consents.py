"""Lists of consents: whatever is in the file, nobody is taken for having agreed whose clean row does not say so."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.consent_import import COLUMNS, METHODS, Office, Read, read_csv
from connector.domain.consent import ConsentState
from connector.domain.phone import parse_mobile
from connector.errors import DuebirdError
from tests.fuzz.effort import effort

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
OFFICES = [Office("acme", "US", ZoneInfo("America/New_York")), Office("lyon", "FR", ZoneInfo("Europe/Paris"))]
phones = st.sampled_from(
    ["+12125550123", "(212) 555-0124", "0612345678", "+33142685300", "12", "1.2E+10", '="+12125550125"']
)
days = st.sampled_from(
    ["2026-10-02", "2026/1/2", "03/04/2026", "46297", "2026-13-01", "2131-01-01", ""]
) | st.dates().map(str)
words = st.text(max_size=12) | st.sampled_from(["form", "paper", "verbal", "Yes, please", "=1+1", "acme", "lyon", ""])
rows = st.lists(st.tuples(phones | words, days | words, words, words, words, words), max_size=6)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lists") / "list.csv"


def reading(file: Path, content: bytes) -> Read | None:
    """What it holds; None where it is refused as a whole."""
    file.write_bytes(content)
    try:
        return read_csv(file, OFFICES, NOW)
    except DuebirdError as error:
        assert "Nothing was imported" in error.message  # noqa: PT017  any other error fails the test by itself
        return None


@effort()
@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: ",".join(COLUMNS).encode() + b"\n" + text.encode("utf-8", "surrogatepass"))
)
def test_any_bytes_are_read_or_refused_in_words(file: Path, content: bytes) -> None:
    found = reading(file, content)
    for problem in found.problems if found else ():
        assert re.match(r"(Row|Line) \d+: |\.\.\. and perhaps more", problem)
        assert problem.isprintable()


@effort()
@given(rows, st.sampled_from(",;\t"))
def test_each_row_is_a_consent_or_a_problem_and_says_which(
    file: Path, typed: list[tuple[str, ...]], delimiter: str
) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerows([COLUMNS, *typed])
    found = reading(file, text.getvalue().encode("utf-8", "replace"))
    if found is None:
        return
    told = {int(number) for one in found.problems for number in re.findall(r"^Row (\d+)", one)}
    filled = {number for number, cells in enumerate(typed, 2) if any(cell.strip() for cell in cells)}
    unread = any(one.startswith("Line") for one in found.problems)
    assert told <= filled
    assert unread or found.count == len(filled - told)
    for company, records in found.records.items():
        numbers = [one.phone for one in records]
        assert len(set(numbers)) == len(numbers)
        for one in records:
            assert company in {"acme", "lyon"}
            assert one.state is ConsentState.GRANTED
            assert one.recorded_at <= NOW
            assert one.wording
            assert one.evidence.partition(":")[0] in METHODS
            assert parse_mobile(one.phone.e164, None) == one.phone
