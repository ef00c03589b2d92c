"""What of a payment is booked, what becomes a credit, what is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.domain.clearing import credit_reference, fee_reference
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.invariants.reading import OUR_REFERENCE
from connector.domain.money import Money
from connector.domain.receivable import Receivable, ReceivableState
from connector.domain.settlement import Division, Surplus, Verdict, divide, part_on_record, rest_in_words
from tests.unit.situations import receivable

BOOKS = BooksIdentity("quickbooks", "9130", "acct_1")
NOTHING = Money.zero("USD")


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


def divided(paid: Money, surplus: Surplus, *, live: bool = False, **fields: Any) -> Division:
    return divide(paid, live=live, expect_live=False, receivable=receivable(**fields), surplus=surplus)


HUNDRED = usd("100.00")
PAID_OFF = {"state": ReceivableState.PAID, "balance": NOTHING}
CASES = [
    # paid, live, the receivable (120.00 owed), verdict; with credit: booked, credited, asked
    (HUNDRED, False, {}, Verdict.ALLOCATE, "100.00", "0", "0"),
    (usd("120.00"), False, {}, Verdict.ALLOCATE, "120.00", "0", "0"),
    (usd("120.01"), False, {}, Verdict.TOO_MUCH, "120.00", "0.01", "0"),
    (HUNDRED, False, {"balance": usd("20.00")}, Verdict.TOO_MUCH, "20.00", "80.00", "0"),
    (HUNDRED, True, {}, Verdict.OTHER_MODE, "0", "0", "100.00"),
    (HUNDRED, False, {"state": ReceivableState.VOIDED}, Verdict.CLOSED, "0", "100.00", "0"),
    (HUNDRED, False, {"state": ReceivableState.DELETED}, Verdict.CLOSED, "0", "100.00", "0"),
    (HUNDRED, False, PAID_OFF, Verdict.ALREADY_PAID, "0", "100.00", "0"),
]


@pytest.mark.parametrize(("paid", "live", "fields", "verdict", "booked", "credited", "asked"), CASES)
def test_what_fits_is_booked_and_the_rest_is_a_credit_where_the_owner_chose_so(
    paid: Money,
    live: bool,  # noqa: FBT001
    fields: dict[str, Any],
    verdict: Verdict,
    booked: str,
    credited: str,
    asked: str,
) -> None:
    found = divided(paid, Surplus.CREDIT, live=live, **fields)
    assert found == Division(verdict, usd(booked), usd(credited), usd(asked))


@pytest.mark.parametrize(("paid", "live", "fields", "verdict"), [case[:4] for case in CASES])
def test_where_he_did_not_a_payment_is_booked_whole_or_asked_about_whole(
    paid: Money,
    live: bool,  # noqa: FBT001  a column of the table
    fields: dict[str, Any],
    verdict: Verdict,
) -> None:
    found = divided(paid, Surplus.ASK, live=live, **fields)
    whole = (paid, NOTHING, NOTHING) if verdict is Verdict.ALLOCATE else (NOTHING, NOTHING, paid)
    assert (found.verdict, found.booked, found.credited, found.asked) == (verdict, *whole)
    assert found.fits == (verdict is Verdict.ALLOCATE)


@pytest.mark.parametrize("surplus", Surplus)
@pytest.mark.parametrize("fields", [{}, PAID_OFF, {"state": ReceivableState.VOIDED}])
def test_another_currency_is_asked_about_whatever_the_owner_chose(surplus: Surplus, fields: dict[str, Any]) -> None:
    euros = Money.of("100.00", "EUR")
    found = divided(euros, surplus, **fields)
    assert (found.booked, found.credited, found.asked) == (Money.zero("EUR"), Money.zero("EUR"), euros)


@pytest.mark.parametrize("surplus", Surplus)
def test_without_anything_on_record_nobody_knows_whose_credit_it_would_be(surplus: Surplus) -> None:
    found = divide(HUNDRED, live=True, expect_live=True, receivable=None, surplus=surplus)
    assert found == Division(Verdict.CLOSED, NOTHING, NOTHING, HUNDRED)


_CURRENCIES = ("USD", "JPY", "KWD")


def _of_any_kind(state: ReceivableState, balance: int, currency: str) -> Receivable:
    return receivable(state=state, balance=Money.from_minor(balance, currency))


_RECEIVABLES = st.none() | st.builds(
    _of_any_kind, st.sampled_from(ReceivableState), st.integers(0, 500), st.sampled_from(_CURRENCIES)
)


@given(
    paid=st.builds(Money.from_minor, st.integers(1, 500), st.sampled_from(_CURRENCIES)),
    live=st.booleans(),
    one=_RECEIVABLES,
    surplus=st.sampled_from(Surplus),
)
def test_what_is_booked_credited_and_asked_is_always_what_was_paid(
    paid: Money,
    live: bool,  # noqa: FBT001
    one: Receivable | None,
    surplus: Surplus,
) -> None:
    found = divide(paid, live=live, expect_live=False, receivable=one, surplus=surplus)
    assert found.booked + found.credited + found.asked == paid
    assert min(found.booked.minor, found.credited.minor, found.asked.minor) >= 0
    if found.booked.is_positive:
        assert one is not None
        assert one.is_owed
        assert found.booked <= one.balance
    if surplus is Surplus.ASK:
        assert not found.credited.is_positive


def test_a_credit_carries_a_reference_of_its_own_for_each_payment_and_part() -> None:
    """Golden: a later version must find what this one made."""
    assert credit_reference(BOOKS, "pi_3Q") == "DBCJYR3I6GFSGI5HKLJGS"
    found = {
        credit_reference(BOOKS, "pi_3Q"),
        credit_reference(BOOKS, "pi_3Q", "145"),
        credit_reference(BOOKS, "pi_3Q", "146"),
        credit_reference(BOOKS, "pi_3R"),
        booking_reference(BOOKS, "pi_3Q"),
        fee_reference(BOOKS, "pi_3Q"),
    }
    assert len(found) == 6
    assert all(OUR_REFERENCE.fullmatch(one) for one in found)


def test_a_booking_of_a_part_says_in_words_what_the_rest_is() -> None:
    assert rest_in_words(usd("20.00")) == "20.00 USD of it as credit"


@pytest.mark.parametrize(
    ("there", "note", "part"),
    [
        (usd("100.00"), "Duebird pi_1 invoice INV-7, 20.00 USD of it as credit", usd("100.00")),
        (usd("90.00"), "Duebird pi_1 invoice INV-7, 20.00 USD of it as credit", usd("120.00")),  # changed since
        (usd("100.00"), "Duebird pi_1 invoice INV-7", usd("120.00")),  # made smaller by somebody
        (usd("120.00"), "Duebird pi_1 invoice INV-7", usd("120.00")),
        (Money.of("100.00", "EUR"), "20.00 USD of it as credit", usd("120.00")),
    ],
)
def test_an_entry_stands_for_a_part_of_its_payment_only_where_its_note_says_what_the_rest_is(
    there: Money, note: str, part: Money
) -> None:
    assert part_on_record(there, note, usd("120.00")) == part
