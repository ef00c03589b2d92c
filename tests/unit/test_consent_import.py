"""A list of consents as people and their spreadsheets really write it: what is taken, and what is told."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from connector.consent_import import MOST_PROBLEMS, Office, Read, read_csv
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.errors import DuebirdError

NOW = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)
ACME = Office("acme", "US", ZoneInfo("America/New_York"))
LYON = Office("lyon", "FR", ZoneInfo("Europe/Paris"))
HEAD = "phone,agreed_on,method,wording,evidence"
ROW = "+12125550123,2026-10-02,form,Text me about my invoices,form 1"


def read(
    tmp_path: Path,
    *rows: str,
    head: str = HEAD,
    offices: Sequence[Office] = (ACME,),
    known: Mapping[str, Sequence[ConsentRecord]] | None = None,
) -> Read:
    path = tmp_path / "list.csv"
    path.write_text("\n".join([head, *rows]), encoding="utf-8")
    return read_csv(path, offices, NOW, registered=lambda _: known or {})


def problem(tmp_path: Path, row: str) -> str:
    found = read(tmp_path, row)
    assert not found.records
    return found.problems[0]


def test_a_row_is_a_consent_of_that_day_with_its_words_and_proof(tmp_path: Path) -> None:
    found = read(tmp_path, ROW)
    record = found.records["acme"][0]
    assert (found.problems, found.count) == ((), 1)
    assert record.phone == Phone("+12125550123")
    assert record.recorded_at == datetime(2026, 10, 2, 4, 0, tzinfo=UTC)  # midnight in New York
    assert (record.method, record.evidence) == (ConsentMethod.IMPORT, "form: form 1")
    assert (record.wording, record.recorded_by) == ("Text me about my invoices", "list list.csv")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ('"=""+12125550123"""', "+12125550123"),
        ("'+12125550123", "+12125550123"),
        ("12125550123.0", "+12125550123"),
        ("12125550123,0", None),
        ("(212) 555-0123", "+12125550123"),
        ("+1 212\u00a0555\u00a00123", "+12125550123"),
        ("\u202a+12125550123\u202c", "+12125550123"),
    ],
)
def test_numbers_as_spreadsheets_keep_them(tmp_path: Path, typed: str, number: str | None) -> None:
    found = read(tmp_path, ROW.replace("+12125550123", typed))
    assert [one.phone.e164 for one in found.records.get("acme", ())] == ([number] if number else [])


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("1.21256E+10", "the spreadsheet has rounded the number. Format the column as text"),
        ('"1,21256E+10"', "the spreadsheet has rounded the number"),
        ("+33 1 42 68 53 00", "phone is a landline, which no text reaches"),
        ("212 555 0123 ext 4", "phone has an extension, which no text reaches"),
        ("12", "phone is not a mobile number; write it with its country code"),
        ("12 34", "phone is not a mobile number"),
        ("1", "phone is not a mobile number"),
        ("none", "phone is missing"),
        ("", "phone is missing"),
    ],
)
def test_a_number_that_cannot_be_texted_is_told_with_its_reason(tmp_path: Path, typed: str, told: str) -> None:
    assert problem(tmp_path, ROW.replace("+12125550123", typed)).startswith("Row 2: ")
    assert told in problem(tmp_path, ROW.replace("+12125550123", typed))


@pytest.mark.parametrize("typed", ["2026-10-02", "2026/10/02", "2026.10.2", "2026-10-02 00:00:00", "2026-10-02T00:00"])
def test_days_that_can_be_read_in_one_way_are(tmp_path: Path, typed: str) -> None:
    record = read(tmp_path, ROW.replace("2026-10-02", typed)).records["acme"][0]
    assert record.recorded_at.astimezone(ACME.zone).date() == date(2026, 10, 2)


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("03/04/2026", "could be read as another day. Format the column as yyyy-mm-dd"),
        ("31.12.26", "could be read as another day"),
        ("46297", "could be read as another day"),
        ("2026-02-30", "is not a day of the calendar"),
        ("yesterday", "is not a date; write it like 2026-03-31."),
        ("2131-01-01", "lies in the future"),
        ("", "is not a date"),
    ],
)
def test_days_that_cannot_be_relied_on_are_told(tmp_path: Path, typed: str, told: str) -> None:
    assert told in problem(tmp_path, ROW.replace("2026-10-02", typed))


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (f"{ROW},more,cells", "it has more cells than the first row"),
        (ROW.replace("Text me", "Text\x07me"), "wording holds a character that nobody can see"),
        (ROW.replace("Text me", "x" * 2_001), "wording has more than 2,000 characters"),
        (ROW.replace("form,", "smoke,"), "method 'smoke' is not one of form, paper, verbal."),
        (ROW.replace("Text me about my invoices", ""), "wording is empty"),
        (ROW.replace("form 1", '"form 1'), "not readable as CSV"),
    ],
)
def test_other_cells_that_cannot_be_used_are_told(tmp_path: Path, row: str, told: str) -> None:
    assert any(told in one for one in read(tmp_path, row).problems)


def test_a_number_that_stands_twice_in_one_list_is_told_with_both_rows(tmp_path: Path) -> None:
    found = read(tmp_path, ROW, ROW.replace("+12125550123", "+12125550199"), ROW.replace("+1212", "(212) "))
    assert found.problems == ("Row 4: the same number as in row 2. Keep the one that holds.",)


def test_who_had_opted_out_is_not_brought_back_by_a_list(tmp_path: Path) -> None:
    stop = ConsentRecord(Phone("+12125550123"), ConsentState.REVOKED, ConsentMethod.REPLY, NOW, "the customer")
    found = read(tmp_path, ROW, known={"+12125550123": [stop]})
    assert len(found.problems) == 1
    assert "Row 2: this number wanted no more texts on 23 Nov 2026 (reply). Take the row out" in found.problems[0]
    # The same list again, after somebody in it said STOP: nothing new is claimed by it.
    before = read(tmp_path, ROW).records["acme"]
    assert read(tmp_path, ROW, known={"+12125550123": [*before, stop]}).problems == ()


def test_a_list_for_several_companies_names_one_in_each_row(tmp_path: Path) -> None:
    head = f"{HEAD},Company"
    rows = (f"{ROW},acme", ROW.replace("+12125550123", "06 12 34 56 78") + ",LYON")
    found = read(tmp_path, *rows, head=head, offices=(ACME, LYON))
    assert {company: [one.phone.e164 for one in records] for company, records in found.records.items()} == {
        "acme": ["+12125550123"],
        "lyon": ["+33612345678"],
    }
    both = read(tmp_path, f"{ROW},acme", f"{ROW},lyon", head=head, offices=(ACME, LYON))
    assert (both.problems, both.count) == ((), 2)  # a consent for one is none for the other: both are needed
    assert (
        "Row 2: company 'x' is not one of: acme, lyon."
        in read(tmp_path, f"{ROW},x", head=head, offices=(ACME, LYON)).problems
    )
    assert "company '' is not one of" in read(tmp_path, f"{ROW},", head=head, offices=(ACME, LYON)).problems[0]
    with pytest.raises(DuebirdError, match="has no column company"):
        read(tmp_path, ROW, offices=(ACME, LYON))
    other = read(tmp_path, f"{ROW},lyon", head=head)
    assert "company 'lyon' is not one of: acme." in other.problems[0]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + f"{HEAD}\r\n{ROW}\r\n".encode(),
        f"{HEAD}\r\n{ROW}\r\n".replace(",", "\t").encode("utf-16"),
        f"sep=;\r\n{HEAD}\r\n{ROW}\r\n".replace(",", ";").encode(),
        f"Phone,Agreed on,METHOD,Wording,\r\n{ROW}\r\n".encode(),
        f"{HEAD},notes\r\n{ROW},anything\r\n,,,,,\r\n".encode(),
        f"{HEAD}\r\n{ROW.replace('Text me', chr(34) + 'Text' + chr(10) + 'me' + chr(34))}".encode()
        .replace(b'"Text\nme"', b'"Text\r\nme')
        .replace(b"invoices", b'invoices"'),
    ],
)
def test_files_as_spreadsheets_save_them(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    found = read_csv(path, [ACME], NOW)
    assert found.problems == ()
    assert [one.phone.e164 for one in found.records["acme"]] == ["+12125550123"]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"PK\x03\x04...", "is a workbook"),
        (f"{HEAD}\n{ROW}é".encode("cp1252"), "is not UTF-8 text"),
        (b"", "has no column phone, agreed_on, method, wording"),
        (f"phone,{HEAD}\n".encode(), "has two columns phone"),
        (b"phone\n", "has no column agreed_on, method, wording"),
        (b" " * 20_000_001, "is larger than 20 MB"),
    ],
)
def test_files_that_are_no_list_are_refused_in_words(tmp_path: Path, content: bytes, told: str) -> None:
    path = tmp_path / "list.csv"
    path.write_bytes(content)
    with pytest.raises(DuebirdError, match="Nothing was imported") as refused:
        read_csv(path, [ACME], NOW)
    assert told in refused.value.message


def test_problems_are_told_up_to_a_number(tmp_path: Path) -> None:
    found = read(tmp_path, *[ROW.replace("form,", "smoke,").replace("0123", f"{n:04d}") for n in range(2_000)])
    assert len(found.problems) == MOST_PROBLEMS + 1
    assert found.problems[-1] == "... and perhaps more; these first."


def test_ten_thousand_rows_are_read_in_seconds_and_tell_how_far_they_are(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = (ROW.replace("+12125550123", f"+1212{2_000_000 + number}") for number in range(10_000))
    path.write_text("\n".join([HEAD, *rows]), encoding="utf-8")
    heard: list[int] = []
    begin = time.process_time()
    found = read_csv(path, [ACME], NOW, told=heard.append)
    assert time.process_time() - begin < 20  # it takes about two; the machine of a test may have other work
    assert (found.problems, found.count) == ((), 10_000)
    assert heard[0] == 500
    assert len(heard) == 20
    assert timedelta() < NOW - found.records["acme"][0].recorded_at
