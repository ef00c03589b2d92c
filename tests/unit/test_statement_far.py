"""A statement knows an entry of ours again that stands in another month than its money, up to a quarter away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from connector.domain.balance import BalanceChange
from connector.domain.clearing import credit_reference, plan_entries
from connector.domain.money import Money
from connector.domain.reconciliation import Cause
from connector.domain.records import EntryKind
from connector.ports.entries import AccountLine
from connector.ports.ledger import LedgerAccount
from connector.ports.treasury import ChangePage
from connector.statement.reading import read_far
from connector.statement.values import (
    NOTHING_FAR,
    Books,
    ClearingLine,
    Far,
    Month,
    OnRecord,
    Statement,
    Till,
    statement_of,
)
from tests.unit.test_statement import BOOKS, PAID, PAY, ZERO, ZONE, line, right, subject

PAYMENT, _ = plan_entries([PAID], BOOKS, ZONE)  # of 10 November, and its fee
FEE_LINE = right(PAID)[1]
ACCOUNT = LedgerAccount("7", "Stripe clearing", None, "Bank", "USD", takes_payments=True, active=True)


class Sides:
    """A clearing account and a balance that hold what they are given, and note of which days they were asked."""

    def __init__(self, lines: Sequence[ClearingLine] = (), changes: Sequence[BalanceChange] = ()) -> None:
        self.lines, self.changes = lines, changes
        self.asked: list[tuple[date, date]] = []
        self.since: list[datetime] = []

    def account_entries(self, _account: str, since: date, until: date) -> list[AccountLine]:
        self.asked.append((since, until))
        return [
            AccountLine(one.entry_id, one.named, one.booked_on, one.amount, one.reference, one.note)
            for one in self.lines
            if since <= one.booked_on <= until
        ]

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        assert cursor is None
        self.since.append(since)
        return ChangePage(tuple(one for one in self.changes if one.created_at >= since), None)


def on(day: date, reference: str = PAYMENT.reference) -> ClearingLine:
    return replace(line("120.00", 1, PAY, reference), booked_on=day)


def stated(
    sides: Sides, month: Month, near: Sequence[ClearingLine], changes: Sequence[BalanceChange], record: OnRecord
) -> tuple[Statement, Far]:
    """The statement of that month, and what was found far away for it."""
    about = subject(month=month, now=datetime(2027, 3, 20, 17, tzinfo=UTC))
    total = sum((one.amount for one in near), ZERO)
    held = sum((one.net for one in changes), ZERO)
    books, till = Books("Stripe clearing", ZERO, tuple(near), total), Till({"USD": held}, tuple(changes), (), ())
    first = statement_of(about, BOOKS, books, till, record)
    far = read_far(first, record, sides, sides, ACCOUNT, lambda _: None)  # type: ignore[arg-type]
    return statement_of(about, BOOKS, books, till, record, far=far), far


def causes(found: Statement) -> list[Cause]:
    return [one.cause for one in found.found.items]


NOBODY = OnRecord({}, None, {})


@pytest.mark.parametrize("day", [date(2026, 8, 2), date(2026, 10, 20), date(2026, 12, 20), date(2027, 3, 2)])
def test_a_payment_whose_entry_is_up_to_a_quarter_away_is_on_both_sides(day: date) -> None:
    sides = Sides([on(day), on(day, "DBAAAAAAAAAAAAAAAAAAA"), replace(on(day), reference="rent")])
    found, far = stated(sides, Month(2026, 11), [FEE_LINE], [PAID], NOBODY)
    assert causes(found) == [Cause.OTHER_PERIOD]
    assert [one.booked_on for one in far.lines] == [day]
    assert found.found.difference == Money.of("-120.00", "USD")
    assert (len(sides.asked), sides.since) == (2, [])


@pytest.mark.parametrize("day", [date(2026, 7, 31), date(2027, 3, 3)])
def test_one_that_is_further_away_is_not_looked_for(day: date) -> None:
    found, far = stated(Sides([on(day)]), Month(2026, 11), [FEE_LINE], [PAID], NOBODY)
    assert (causes(found), far) == ([Cause.NOT_BOOKED], NOTHING_FAR)


def test_a_credit_of_it_is_known_by_what_is_on_record() -> None:
    reference = credit_reference(BOOKS, "pi_1")
    record = OnRecord({reference: PAYMENT.reference}, frozenset({"pi_1"}), {})
    found, _ = stated(Sides([on(date(2026, 12, 20), reference)]), Month(2026, 11), [FEE_LINE], [PAID], record)
    assert causes(found) == [Cause.OTHER_PERIOD]


def test_an_entry_of_ours_is_known_by_its_money_of_a_month_before() -> None:
    sides = Sides(changes=[PAID])
    late = on(date(2027, 1, 15))
    found, far = stated(sides, Month(2027, 1), [late], [], NOBODY)
    assert causes(found) == [Cause.OTHER_PERIOD]
    assert far.changes == (PAID,)
    assert found.found.totals.total == ZERO
    assert [one.date() for one in sides.since] == [date(2026, 10, 1)]


def test_an_entry_of_ours_is_known_by_its_money_of_a_month_after_without_another_reading() -> None:
    sides = Sides(changes=[PAID])
    found, far = stated(sides, Month(2026, 9), [on(date(2026, 9, 15))], [PAID], NOBODY)
    assert causes(found) == [Cause.OTHER_PERIOD]
    assert (far, sides.asked, sides.since) == (NOTHING_FAR, [], [])


def test_where_everything_has_its_counterpart_nothing_far_away_is_read() -> None:
    sides = Sides()
    found, far = stated(sides, Month(2026, 11), right(PAID), [PAID], NOBODY)
    assert (causes(found), far, sides.asked, sides.since) == ([], NOTHING_FAR, [], [])


def test_what_a_person_enters_is_not_looked_for_far_away() -> None:
    sides = Sides()
    found, _ = stated(sides, Month(2026, 11), [right(PAID)[0]], [PAID], NOBODY)
    assert (causes(found), sides.asked) == ([Cause.NOT_BOOKED], [])
    assert found.found.items[0].entries[0].kind is EntryKind.EXPENSE


def test_in_the_first_days_after_a_month_there_are_no_later_days_to_read() -> None:
    sides = Sides()
    about = subject(now=datetime(2026, 12, 3, 17, tzinfo=UTC))
    books = Books("Stripe clearing", ZERO, (FEE_LINE,), FEE_LINE.amount)
    found = statement_of(about, BOOKS, books, Till({"USD": PAID.net}, (PAID,), (), ()), NOBODY)
    assert read_far(found, NOBODY, sides, sides, ACCOUNT, lambda _: None) == NOTHING_FAR  # type: ignore[arg-type]
    assert [first for first, _ in sides.asked] == [date(2026, 8, 1)]
