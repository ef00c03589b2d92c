"""Stripe's lists, walked page by page to their end, with a bound. https://docs.stripe.com/api/pagination."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import stripe

from adapters.stripe.wire import StripeWire

PAGE: Final = 100  # the most Stripe gives, so the fewest of the 10,000 GETs a month

Lister = Callable[[stripe.StripeClient, dict[str, Any]], Any]


def pages(
    wire: StripeWire, what: str, lister: Lister, params: Mapping[str, Any], most: int
) -> Iterator[tuple[list[dict[str, Any]], bool]]:
    """Each page, newest first, and whether the list ends with it; at most so many."""
    asked: dict[str, Any] = {**params, "limit": PAGE}
    for _ in range(most):
        page = wire.read(what, lambda client, now=dict(asked): lister(client, now))  # type: ignore[misc] # bound now, not when retried
        rows, more = page["data"], page["has_more"]
        yield rows, not more
        if not more or not rows:
            return  # where more is promised and nothing given there is no cursor to go on from
        asked["starting_after"] = rows[-1]["id"]


def walk(
    wire: StripeWire, what: str, lister: Lister, params: Mapping[str, Any], most: int
) -> tuple[list[dict[str, Any]], bool]:
    """All rows of a list, newest first, and whether its end was reached within `most` pages."""
    rows: list[dict[str, Any]] = []
    ended = False
    for page, last in pages(wire, what, lister, params, most):
        rows += page
        ended = last
    return rows, ended
