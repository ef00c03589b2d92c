"""What a joint link says of its receivables, and when several of them go into one text."""

from __future__ import annotations

import pytest

from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.joint import MOST_PARTS, PARTS_KEY, Part, link_key, parts_in, whole, written
from connector.domain.money import Money

BOOKS = BooksIdentity("quickbooks", "books-1", "acct_1")


def part(ledger_id: str, amount: str, currency: str = "USD") -> Part:
    return Part(ledger_id, Money.of(amount, currency))


TWO = (part("70", "120.00"), part("71", "80.50"))


def test_what_is_written_is_read_again() -> None:
    assert written(TWO) == "USD 70:12000 71:8050"
    assert parts_in({PARTS_KEY: written(TWO)}) == TWO
    assert whole(TWO) == Money.of("200.50", "USD")


def test_the_longest_ids_and_amounts_of_eight_fit_into_a_metadata_value() -> None:
    longest = "243216c5-369e-4056-ac67-05388f86dc81"
    eight = tuple(part(f"{number}{longest[1:]}", "9999999999.99") for number in range(MOST_PARTS))
    assert len(written(eight)) <= 500
    assert parts_in({PARTS_KEY: written(eight)}) == eight


@pytest.mark.parametrize(
    "words",
    [
        "",
        "USD",
        "USD 70:12000",  # one alone is no joint link
        "USD 70:12000 70:8000",
        "USD 70:12000 71:0",
        "USD 70:12000 71:-5",
        "USD 70:12000 71:8²",
        "USD 70:12000 71:",
        "USD 70:12000 :8000",
        "USD 70:12000 71:1234567890123456",
        "usd 70:12000 71:8000",
        "dollars 70:12000 71:8000",
        "USD 70:12000 71",
        "USD " + " ".join(f"{number}:100" for number in range(MOST_PARTS + 1)),
    ],
)
def test_what_nobody_of_us_wrote_is_no_joint_link(words: str) -> None:
    assert parts_in({PARTS_KEY: words}) == ()


def test_the_key_of_a_link_for_one_is_as_it_always_was() -> None:
    one = (part("70", "120.00"),)
    assert link_key(BOOKS, 3, one) == natural_key(BOOKS, "link", "70", 3, 12000, "USD")


def test_other_parts_of_one_sum_are_another_link() -> None:
    other = (part("70", "119.00"), part("71", "81.50"))
    assert whole(other) == whole(TWO)
    assert len({link_key(BOOKS, 1, TWO), link_key(BOOKS, 1, other), link_key(BOOKS, 2, TWO)}) == 3
