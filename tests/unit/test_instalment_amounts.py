"""How much each step asks of an invoice that is divided: exact, never more than is owed, never twice."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.dunning import DUE_RULE, ISSUED_RULE, Policy, Reason, Step, rule_of
from connector.domain.instalments import (
    INSTALMENT_KEY,
    Instalment,
    amounts,
    asked_at,
    asked_in,
    is_divided,
    next_amount,
    rests,
    written,
)
from connector.domain.money import Money
from connector.domain.plan import decide
from connector.domain.receivable import Receivable
from connector.words import Wording
from tests.unit.situations import LINK, NOON, POLICY, receivable, situation

FOUR = (ISSUED_RULE, rule_of(Step.UPCOMING), DUE_RULE, rule_of(Step.OVERDUE))
DEPOSIT = replace(POLICY, steps=FOUR, instalments=(30, 70))
THIRDS = replace(POLICY, steps=FOUR, instalments=(20, 30, 50))


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def invoice(total: str = "500.00", balance: str | None = None, currency: str = "USD", **fields: Any) -> Receivable:
    owed = Money.of(balance if balance is not None else total, currency)
    return receivable(total=Money.of(total, currency), balance=owed, **fields)


def asks(one: Receivable, policy: Policy, step: Step) -> tuple[str, int, int, int] | None:
    found = asked_at(one, policy, step)
    return (str(found.amount.amount), found.first, found.last, found.count) if found else None


@pytest.mark.parametrize(
    ("balance", "step", "said"),
    [
        ("500.00", Step.ISSUED, ("150.00", 1, 1, 2)),
        ("500.00", Step.UPCOMING, ("500.00", 1, 2, 2)),
        ("500.00", Step.OVERDUE, ("500.00", 1, 2, 2)),
        ("350.00", Step.ISSUED, None),
        ("350.00", Step.UPCOMING, ("350.00", 2, 2, 2)),
        ("400.00", Step.ISSUED, ("50.00", 1, 1, 2)),
        ("400.00", Step.DUE, ("400.00", 1, 2, 2)),
        ("100.00", Step.ISSUED, None),
        ("100.00", Step.DUE, ("100.00", 2, 2, 2)),
        ("520.00", Step.ISSUED, ("150.00", 1, 1, 2)),  # a late fee that the ledger put on the balance alone
        ("520.00", Step.DUE, ("520.00", 1, 2, 2)),
    ],
)
def test_a_deposit_and_the_rest_step_by_step(balance: str, step: Step, said: tuple[str, int, int, int] | None) -> None:
    assert asks(invoice(balance=balance), DEPOSIT, step) == said


@pytest.mark.parametrize(
    ("balance", "step", "said"),
    [
        ("500.00", Step.ISSUED, ("100.00", 1, 1, 3)),
        ("500.00", Step.UPCOMING, ("250.00", 1, 2, 3)),
        ("400.00", Step.UPCOMING, ("150.00", 2, 2, 3)),
        ("250.00", Step.DUE, ("250.00", 3, 3, 3)),
        ("300.00", Step.DUE, ("300.00", 2, 3, 3)),
    ],
)
def test_three_parts_of_which_unpaid_ones_are_asked_together(
    balance: str, step: Step, said: tuple[str, int, int, int]
) -> None:
    assert asks(invoice(balance=balance), THIRDS, step) == said


def test_a_step_that_the_settings_do_not_have_any_more_counts_as_the_one_before_it() -> None:
    later = replace(DEPOSIT, steps=(DUE_RULE, rule_of(Step.OVERDUE)))
    assert asks(invoice(), later, Step.ISSUED) == ("150.00", 1, 1, 2)
    assert asks(invoice(), later, Step.DUE) == ("150.00", 1, 1, 2)
    assert asks(invoice(), later, Step.OVERDUE) == ("500.00", 1, 2, 2)


@pytest.mark.parametrize(
    ("one", "policy", "divided"),
    [
        (invoice(), DEPOSIT, True),
        (invoice(), POLICY, False),
        (invoice(due_on=None), DEPOSIT, False),
        (invoice(), replace(DEPOSIT, instalments_from=Decimal(500)), True),
        (invoice("499.99"), replace(DEPOSIT, instalments_from=Decimal(500)), False),
        (invoice(balance="20.00"), replace(DEPOSIT, instalments_from=Decimal(500)), True),
        (invoice(), replace(DEPOSIT, minimum_in="USD"), True),
        (invoice(), replace(DEPOSIT, minimum_in="EUR"), False),
        (invoice("0.00"), DEPOSIT, False),
    ],
)
def test_which_invoices_are_divided(one: Receivable, policy: Policy, *, divided: bool) -> None:
    assert is_divided(one, policy) is divided
    if not divided:
        assert asked_at(one, policy, Step.ISSUED) == Instalment(one.balance, one.total, 1, 1, 1)
        assert amounts(one, policy) == {one.balance}
        assert rests(one, policy) == frozenset()
    assert next_amount(one, policy) == min(amounts(one, policy), key=lambda each: each.minor)


def test_a_link_may_ask_what_any_step_asks_of_what_is_owed_now() -> None:
    assert amounts(invoice(), THIRDS) == {usd("100.00"), usd("250.00"), usd("500.00")}
    assert amounts(invoice(balance="400.00"), THIRDS) == {usd("150.00"), usd("400.00")}
    assert amounts(invoice(balance="250.00"), THIRDS) == {usd("250.00")}
    assert rests(invoice(), THIRDS) == {usd("400.00"), usd("250.00")}
    assert next_amount(invoice(balance="400.00"), THIRDS) == usd("150.00")


def test_a_part_that_is_too_small_is_asked_with_the_next_and_no_rest_is_left_that_is_too_small() -> None:
    crumb = replace(DEPOSIT, instalments=(1, 99))
    assert asks(invoice("20.00"), crumb, Step.ISSUED) == ("0.20", 1, 1, 2)
    below = replace(crumb, minimum=Decimal(1))
    assert asks(invoice("20.00"), below, Step.ISSUED) is None
    assert asks(invoice("20.00"), below, Step.UPCOMING) == ("20.00", 1, 2, 2)
    most = replace(below, instalments=(99, 1))
    assert asks(invoice("20.00"), most, Step.ISSUED) == ("20.00", 1, 2, 2)
    cents = frozenset({usd("0.20")})
    assert asked_at(invoice("20.00"), crumb, Step.ISSUED, cents) is None
    assert asked_at(invoice("20.00"), replace(crumb, instalments=(99, 1)), Step.ISSUED, cents) == Instalment(
        usd("20.00"), usd("20.00"), 1, 2, 2
    )


@pytest.mark.parametrize(
    ("total", "currency", "shares", "first"),
    [
        ("100.01", "USD", (50, 50), "50.01"),
        ("1001", "JPY", (50, 50), "501"),
        ("1", "JPY", (99, 1), "1"),
        ("10.010", "KWD", (33, 67), "3.300"),  # processors want the last of three decimals to be 0
    ],
)
def test_parts_are_rounded_to_what_the_currency_has_and_the_last_one_is_what_is_left(
    total: str, currency: str, shares: tuple[int, ...], first: str
) -> None:
    policy = replace(DEPOSIT, instalments=shares)
    found = asked_at(invoice(total, currency=currency), policy, Step.ISSUED)
    assert found is not None
    assert found.amount == Money.of(first, currency)
    rest = found.total - found.amount
    if rest.is_positive:
        left = replace(invoice(total, currency=currency), balance=rest)
        assert asked_at(left, policy, Step.DUE) == Instalment(rest, found.total, 2, 2, 2)
    else:
        assert found == Instalment(found.total, found.total, 1, 2, 2), "a part that is all of it is all of it"


@st.composite
def shares(draw: st.DrawFn) -> tuple[int, ...]:
    cuts = sorted(draw(st.sets(st.integers(1, 99), min_size=1, max_size=3)))
    return tuple(after - before for before, after in zip([0, *cuts], [*cuts, 100], strict=True))


@given(
    shares(),
    st.integers(1, 10**9),
    st.sampled_from(["USD", "JPY", "KWD"]),
    st.lists(st.tuples(st.sampled_from([one.step for one in FOUR]), st.integers(0, 4)), max_size=12),
)
def test_whoever_pays_whatever_is_asked_has_paid_the_invoice_and_never_more(
    parts: tuple[int, ...], minor: int, currency: str, events: list[tuple[Step, int]]
) -> None:
    policy = replace(DEPOSIT, instalments=parts)
    total = Money.from_minor(minor * (10 if currency == "KWD" else 1), currency)
    one = receivable(total=total, balance=total)
    for step, paid in [*events, (Step.OVERDUE, 1)]:
        if not one.is_owed:
            break
        found = asked_at(one, policy, step)
        possible = amounts(one, policy)
        assert all(each.is_positive and each <= one.balance for each in possible)
        if found is None:
            continue
        assert found.amount in possible
        assert 1 <= found.first <= found.last <= found.count == len(parts)
        assert (found.amount == one.balance) is (found.last == found.count)
        if paid == 1:
            one = replace(one, balance=one.balance - found.amount)
            one = one if one.balance.is_positive else replace(one, state=one.state.PAID)
        elif paid > 1:  # some of it, by another way
            some = Money.from_minor(min(one.balance.minor // paid, one.balance.minor - 1), currency)
            one = replace(one, balance=one.balance - some)
    assert one.balance == Money.zero(currency) or not one.is_owed


def test_what_a_link_says_of_its_part_is_read_again_and_nothing_else_is() -> None:
    part = Instalment(usd("150.00"), usd("500.00"), 1, 1, 2)
    assert asked_in({INSTALMENT_KEY: written(part)}) == (usd("150.00"), usd("500.00"))
    for words in ("", "USD", "USD 1", "USD 1 2 3", "usd 1 2", "USD -1 2", "USD 1 x", f"USD 1 {'9' * 16}", "USD ² 2"):
        assert asked_in({INSTALMENT_KEY: words}) is None
    assert asked_in({}) is None


# ------------------------------------------------------------------------------------------------- what is decided


def decided(balance: str, policy: Policy = DEPOSIT, **fields: Any) -> tuple[Reason, list[dict[str, Any]]]:
    case = situation(receivable=invoice(balance=balance), **{"live_links": (), **fields})
    found = decide(case, policy, Wording(), NOON)
    return found.reason, [json.loads(one.request) for one in found.effects]


def test_the_link_of_a_part_says_so_and_its_text_too() -> None:
    reason, [link] = decided("500.00")
    assert (reason, link["amount"], link["metadata"][INSTALMENT_KEY]) == (Reason.GO, "150.00", "USD 15000 50000")
    assert link["description"].endswith(
        "Here you pay $150.00 of the $500.00 of this invoice. Questions? Please contact Acme Plumbing."
    )
    live = replace(LINK, amount=usd("150.00"))
    _, [text] = decided("500.00", live_links=(live,))
    assert "$150.00 (part 1 of 2, total $500.00)" in text["body"]


def test_a_whole_invoice_is_asked_as_ever() -> None:
    _, [link] = decided("500.00", POLICY)
    assert INSTALMENT_KEY not in link["metadata"]
    assert "of the" not in link["description"]


def test_a_step_whose_part_is_paid_sends_nothing() -> None:
    assert decided("350.00") == (Reason.INSTALMENT_PAID, [])


def test_a_link_over_another_part_stays_until_a_text_is_due_and_then_gives_way() -> None:
    for asks_now, owed in (("150.00", "500.00"), ("500.00", "500.00"), ("350.00", "350.00")):
        live = replace(LINK, amount=usd(asks_now))
        assert decided(owed, live_links=(live,), paused=True)[1] == []
    whole = replace(LINK, amount=usd("500.00"))
    reason, [down] = decided("500.00", live_links=(whole,))
    assert reason is Reason.LINK_CHANGING
    assert "replaced" in down["message"]


def test_a_link_that_asks_more_than_its_part_still_owes_comes_down_whatever_the_gates_say() -> None:
    live = replace(LINK, amount=usd("150.00"))
    reason, [down] = decided("400.00", live_links=(live,), paused=True)
    assert reason is Reason.PAUSED
    assert "has changed" in down["message"]
