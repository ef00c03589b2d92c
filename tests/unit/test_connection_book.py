"""Which company is connected through which sign-in."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest

from connector.errors import ConfigProblem
from connector.signin.book import ConnectionBook, ConnectionEntry, TenantTaken

ENTRY = ConnectionEntry("xero", "xero:user@app", "tenant", "Bakery Ltd", datetime(2026, 11, 23, 12, tzinfo=UTC))


def test_an_entry_is_found_again_by_another_book(tmp_path: Path) -> None:
    ConnectionBook(tmp_path / "tokens").claim("bakery", ENTRY, {"bakery"})
    book = ConnectionBook(tmp_path / "tokens")
    assert book.get("bakery") == ENTRY
    assert book.get("smithy") is None
    assert book.users_of("xero:user@app") == {"bakery"}
    book.remove("bakery")
    book.remove("bakery")
    assert book.all() == {}


def test_of_many_that_claim_the_same_books_at_once_one_gets_them(tmp_path: Path) -> None:
    companies = {f"company-{number}" for number in range(8)}
    start, refused = threading.Barrier(8), []

    def claim(company: str) -> None:
        start.wait()
        try:
            ConnectionBook(tmp_path / "tokens").claim(company, ENTRY, companies)
        except TenantTaken as error:
            refused.append(str(error))

    threads = [threading.Thread(target=claim, args=(company,)) for company in companies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    (holder,) = ConnectionBook(tmp_path / "tokens").all()
    assert len(refused) == 7
    assert all(f"duebird disconnect {holder}" in text for text in refused)


def test_a_company_no_longer_configured_holds_nothing(tmp_path: Path) -> None:
    book = ConnectionBook(tmp_path / "tokens")
    book.claim("closed-down", ENTRY, {"closed-down"})
    book.claim("bakery", ENTRY, {"bakery"})
    assert book.holder_of("xero", "tenant", {"bakery"}) == "bakery"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"format": 1, "companies": {"a": {}}}', b'{"format": 2}', b"\xff"])
def test_a_damaged_book_is_named_and_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    book = ConnectionBook(tmp_path / "tokens")
    book.claim("bakery", ENTRY, {"bakery"})
    path = tmp_path / "tokens" / "connections.json"
    path.write_bytes(content)
    with pytest.raises(ConfigProblem, match="damaged") as caught:
        book.claim("smithy", ENTRY, {"smithy"})
    assert str(path) in str(caught.value)
    assert path.read_bytes() == content


@pytest.mark.skipif(os.name != "posix", reason="modes are a POSIX word")
def test_the_book_is_for_its_owner_alone(tmp_path: Path) -> None:
    book = ConnectionBook(tmp_path / "tokens")
    book.claim("bakery", ENTRY, {"bakery"})
    path = tmp_path / "tokens" / "connections.json"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o666)
    with pytest.raises(ConfigProblem, match="chmod 600"):
        book.get("bakery")
