"""What texts to come cost together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector.ports.messenger import SegmentPrice
from connector.rehearsal import Rehearsed, cost_of


def text(amount: str | None, currency: str = "USD") -> Rehearsed:
    cost = SegmentPrice(Decimal(amount), currency) if amount else None
    return Rehearsed("A-1", "Dana Reed", "+1*******0123", "$120.00", "a text goes out", None, "Hi", 1, cost, "")


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], ""),
        ([text(None)], ""),
        ([text("0.0083"), text("0.0166")], "0.0249 USD"),
        ([text("0.0083"), text("0.08", "EUR"), text("0.08", "EUR")], "0.16 EUR and 0.0083 USD"),
        ([text("0.0083"), text(None)], "0.0083 USD and more"),
    ],
)
def test_what_texts_cost_together_is_told_by_currency_and_says_where_a_price_is_not_known(
    texts: list[Rehearsed], said: str
) -> None:
    assert cost_of(texts) == said
