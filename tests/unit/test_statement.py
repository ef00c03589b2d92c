"""A statement: what is read, what it says of each thing that is not alike, and how it looks on paper."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.clock import ManualClock
from adapters.memory.cash_world import CashWorld
from adapters.memory.entries import MemoryEntries
from adapters.memory.ledger_world import CLEARING, LedgerWorld
from adapters.memory.processor import MemoryProcessor
from adapters.memory.processor_world import StripeLikeWorld
from adapters.memory.treasury import MemoryTreasury
from adapters.sandbox.stripe import balance
from adapters.stripe.movements import change_from, held_from
from connector.domain.balance import BalanceChange, ChangeKind, Payout, PayoutState
from connector.domain.clearing import plan_entries
from connector.domain.effect import BooksIdentity, booking_reference
from connector.domain.money import Money
from connector.domain.reconciliation import Cause
from connector.domain.records import EntryKind
from connector.errors import Rejected, Transient
from connector.ports.entries import AccountLine
from connector.ports.treasury import ChangePage
from connector.statement.matters import matters_of, recognised_in
from connector.statement.page import html_page
from connector.statement.reading import TRIES, read_books, read_till
from connector.statement.remarks import remarks_of, verdict_of
from connector.statement.tables import csv_file, plain
from connector.statement.values import (
    NOTHING_ON_RECORD,
    PAYMENTS_ONLY,
    Books,
    ClearingLine,
    Month,
    OnRecord,
    Statement,
    Subject,
    Till,
    statement_of,
)
from tests.twins.stripe_acts import HISTORIES, Account
from tests.unit.memory_steps import link_request, usd

BOOKS = BooksIdentity("quickbooks", "realm-1", "acct_1")
ZONE = ZoneInfo("America/New_York")
NOVEMBER = Month(2026, 11)
LATER = datetime(2026, 12, 15, 17, tzinfo=UTC)
K, C = ChangeKind, Cause
PAY, BACK, FEE, OUT = EntryKind.PAYMENT, EntryKind.REVERSAL, EntryKind.EXPENSE, EntryKind.TRANSFER
ZERO = usd("0.00")


def subject(ledger: str = "quickbooks", now: datetime = LATER, month: Month = NOVEMBER) -> Subject:
    return Subject("acme", "Acme & Sons", ledger, ZONE, month, now)


def change(number: int, kind: ChangeKind, amount: str, fee: str = "0.00", day: int = 10, **more: Any) -> BalanceChange:
    at = datetime(2026, 11, day, 17, tzinfo=UTC)
    return BalanceChange(f"txn_{number}", kind, usd(amount), usd(fee), usd(amount) - usd(fee), "", at, at, **more)


PAID = change(1, K.PAYMENT, "120.00", "3.78", payment_id="pi_1")
PAID_OUT = change(2, K.PAYOUT, "-116.22", day=14, payout_id="po_1")
REFUNDED = change(3, K.REFUND, "-20.00", day=16, payment_id="pi_1", refund_id="re_1")
RESERVED = change(4, K.OTHER, "-5.00", day=17, description="Reserve")

SENT_PAYOUT = Payout(
    "po_1", usd("116.22"), PayoutState.PAID, date(2026, 11, 16), automatic=True, created_at=PAID_OUT.created_at
)
ALL = {**PAYMENTS_ONLY, EntryKind.EXPENSE: date(2026, 11, 1), EntryKind.TRANSFER: date(2026, 11, 1)}


def right(*changes: BalanceChange) -> list[ClearingLine]:
    """The lines of books in which everything stands as it should."""
    return [
        ClearingLine(f"e{number}", one.kind, str(one.kind), one.booked_on, one.amount, one.reference, "")
        for number, one in enumerate(plan_entries(changes, BOOKS, ZONE))
    ]


def line(amount: str, day: int, kind: EntryKind | None = None, reference: str = "", **more: str) -> ClearingLine:
    said = {"named": kind.value if kind else "Journal Entry", "note": ""} | more
    return ClearingLine(f"h{day}", kind, said["named"], date(2026, 11, day), usd(amount), reference, said["note"])


def stated(
    changes: Sequence[BalanceChange],
    lines: Sequence[ClearingLine],
    on_record: OnRecord = NOTHING_ON_RECORD,
    about: Subject | None = None,
    booked: Mapping[EntryKind, date] = PAYMENTS_ONLY,
    **more: Any,
) -> Statement:
    about = about or subject()
    held = {"USD": sum((one.net for one in changes if one.currency == "USD"), ZERO)}
    inside = [one for one in lines if about.month.first <= one.booked_on <= about.last]
    books = Books("Stripe clearing", ZERO, tuple(lines), sum((one.amount for one in inside), ZERO))
    till = Till(held, tuple(changes), (), ())
    for name, value in more.items():
        if hasattr(books, name):
            books = replace(books, **{name: value})
        else:
            till = replace(till, **{name: value})
    found = statement_of(about, BOOKS, books, till, on_record, booked=booked)
    rows = [row.difference for one in (*matters_of(found), *recognised_in(found)) for row in one.rows]
    assert sum(rows, found.found.carried + found.untold) == found.difference, "explained row by row"
    return found


def titles(found: Statement) -> list[str]:
    return [one.title for one in matters_of(found)]


# --------------------------------------------------------------------------------------------------------- the month


def test_a_month_is_read_as_people_write_it_to_programs() -> None:
    month = Month.read("2024-02")
    assert (month.first, month.last, str(month), str(month.before)) == (
        date(2024, 2, 1),
        date(2024, 2, 29),
        "2024-02",
        "2024-01",
    )
    assert str(Month.of(date(2026, 1, 31)).before) == "2025-12"


@pytest.mark.parametrize("words", ["2026-13", "2026-00", "0000-01", "2026-1", "2026-11-01", "November", "", "²026-11"])
def test_what_is_no_month_is_refused(words: str) -> None:
    with pytest.raises(ValueError, match=r"month|year"):
        Month.read(words)


def test_a_month_that_is_not_over_is_looked_at_until_the_companys_day() -> None:
    late = datetime(2026, 11, 24, 3, tzinfo=UTC)  # still the day before in New York
    assert subject(now=late).last == date(2026, 11, 23)
    assert subject().last == date(2026, 11, 30)


# ------------------------------------------------------------------------------------------------ books that balance


def test_books_in_which_everything_stands_need_nothing() -> None:
    found = stated([PAID, PAID_OUT], right(PAID, PAID_OUT))
    assert (found.settled, found.difference, found.found.matched) == (True, ZERO, 3)
    assert (matters_of(found), recognised_in(found), remarks_of(found, ())) == ((), (), ())
    assert verdict_of(found).startswith("The clearing account holds what Stripe holds, and every line")


def test_what_was_entered_by_hand_with_the_amount_and_near_the_day_needs_nothing_either() -> None:
    payment = right(PAID)[:1]
    found = stated([PAID, PAID_OUT], [*payment, line("-3.78", 12, FEE), line("-116.22", 16, OUT)])
    assert found.settled
    (fee, payout) = recognised_in(found)
    assert (fee.title, payout.title) == ("1 fee matched by amount and day", "1 payout matched by amount and day")
    assert (fee.settle, fee.difference) == ("", ZERO)


# ----------------------------------------------------------------------------------------------- what is not alike


def test_what_people_enter_is_said_to_be_so_once_however_many_there_are() -> None:
    more = [change(10 + n, K.PAYMENT, "50.00", "1.75", payment_id=f"pi_{n}") for n in range(5)]
    paid = [one for one in right(*more) if one.kind is PAY]
    found = stated([*more, PAID_OUT, REFUNDED], paid)
    matters = matters_of(found)
    assert [one.title for one in matters] == [
        "1 refund not in QuickBooks",
        "5 fees not in QuickBooks",
        "1 payout not in QuickBooks",
    ]
    assert all(one.by_hand for one in matters)
    assert sum("entered by hand" in one for one in remarks_of(found, matters)) == 1
    assert [one.settle.split("(")[0] for one in matters] == [
        'QuickBooks, + New > Refund receipt, from "Stripe clearing"; or void the payment',
        'QuickBooks, + New > Expense, with "Stripe clearing" as the payment account',
        'QuickBooks, + New > Transfer, from "Stripe clearing" to your bank account',
    ]


def test_a_fee_of_today_is_not_promised_to_the_next_pass() -> None:
    now = datetime(2026, 11, 10, 20, tzinfo=UTC)
    found = stated([PAID], right(PAID)[:1], about=subject("xero", now))
    (fee,) = matters_of(found)
    assert (fee.cause, fee.title, fee.by_hand) == (C.NOT_BOOKED, "1 fee not in Xero", True)
    assert fee.settle == 'Xero, Accounting > Bank accounts, "Stripe clearing" > Manage account > Spend money'


def test_fees_that_duebird_books_are_not_said_to_be_entered_by_hand_from_their_first_day_on() -> None:
    old, new = (change(day, K.PAYMENT, "50.00", "1.75", day, payment_id=f"pi_{day}") for day in (9, 12))
    found = stated(
        [old, new], [one for one in right(old, new) if one.kind is PAY], booked=ALL | {FEE: date(2026, 11, 10)}
    )
    by_hand, ours = matters_of(found)
    assert (by_hand.by_hand, ours.by_hand) == (True, False)
    assert [len(one.rows) for one in (by_hand, ours)] == [1, 1]
    assert ours.settle == "duebird attention --company acme"
    [said] = [one for one in remarks_of(found, matters_of(found)) if "entered by hand" in one]
    assert "fees from 2026-11-10 on, payouts from 2026-11-01 on. Refunds and disputes are entered by hand" in said


def test_refunds_that_duebird_books_are_not_said_to_be_entered_by_hand() -> None:
    old = change(9, K.PAYMENT, "50.00", "1.75", 9, payment_id="pi_9")
    paid = [one for one in right(old) if one.kind is PAY]

    def said(booked: dict[EntryKind, date]) -> str:
        found = stated([old], paid, booked={**booked, EntryKind.PAYMENT: date.min})
        return " ".join(remarks_of(found, matters_of(found)))

    refunds = {EntryKind.REVERSAL: date(2026, 11, 2)}
    assert "invoices, refunds and disputes from 2026-11-02 on. Fees, payouts are entered by hand" in said(refunds)
    assert 'with refunds = "book" under [company.payments]' in said({})
    assert 'refunds = "book"' not in said(refunds)
    later = dict.fromkeys((EntryKind.EXPENSE, EntryKind.TRANSFER), date(2026, 11, 10))
    assert "What is of before is entered by hand" in said({**refunds, **later})


def test_a_payout_on_its_way_is_said_to_be_so_and_booked_by_itself() -> None:
    state = replace(SENT_PAYOUT, state=PayoutState.IN_TRANSIT)
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID), payouts=(state,), booked=ALL))
    assert (payout.cause, payout.by_hand) == (C.NOT_BOOKED_YET, False)
    assert "the bank does not have it yet" in payout.sentence
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID), payouts=(SENT_PAYOUT,), booked=ALL))
    assert payout.cause is C.NOT_BOOKED
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID), payouts=(state,)))
    assert (payout.cause, payout.by_hand) == (C.NOT_BOOKED, True)


def test_a_payment_that_is_not_booked_leads_to_its_invoice() -> None:
    known = OnRecord({}, frozenset({"pi_1"}), {"pi_1": ("1001",)})
    (payment,) = matters_of(stated([PAID], right(PAID)[1:], known))
    assert (payment.title, payment.settle) == ("1 payment not in QuickBooks", "duebird show 1001 --company acme")
    assert payment.rows[0].words == "payment pi_1, invoice 1001"
    several = replace(known, invoices={"pi_1": ("1001", "1002")})
    assert matters_of(stated([PAID], right(PAID)[1:], several))[0].settle == "duebird attention --company acme"
    now = datetime(2026, 11, 10, 20, tzinfo=UTC)
    (payment,) = matters_of(stated([PAID], right(PAID)[1:], known, subject(now=now)))
    assert (payment.cause, payment.by_hand) == (C.NOT_BOOKED_YET, False)


def test_a_payment_over_several_invoices_is_one_payment() -> None:
    parts = [
        line(amount, 10, PAY, booking_reference(BOOKS, "pi_1", part)) for part, amount in (("7", "70"), ("8", "50"))
    ]
    fee = right(PAID)[1:]
    whole = booking_reference(BOOKS, "pi_1")
    known = OnRecord({one.reference: whole for one in parts}, frozenset({"pi_1"}), {"pi_1": ("7", "8")})
    assert stated([PAID], [*parts, *fee], known).settled
    assert not stated([PAID], [*parts, *fee]).settled


PAYMENT, *_ = right(PAID)
EXCHANGED = replace(PAID, source_amount=Money.of("100.00", "EUR"), exchange_rate=Decimal("1.2"))
CASES = {
    C.OTHER_SALE: (
        [PAID],
        [],
        OnRecord({}, frozenset(), {}),
        "payment of another sale, not in QuickBooks",
        "the register",
    ),
    C.UNKNOWN_MOVEMENT: ([RESERVED], [], NOTHING_ON_RECORD, "other movement at Stripe that only you", "Balances"),
    C.NOT_AT_PROCESSOR: ([], [PAYMENT], NOTHING_ON_RECORD, "entry of Duebird in QuickBooks, and no", "duebird audit"),
    C.NOT_OURS: ([], [line("7.00", 9)], NOTHING_ON_RECORD, "entry in QuickBooks fitting nothing", "the register of"),
    C.BOOKED_TWICE: (
        [PAID],
        [*right(PAID), replace(PAYMENT, entry_id="d")],
        NOTHING_ON_RECORD,
        "payment in QuickBooks more often",
        "Delete the younger",
    ),
    C.AMOUNT_DIFFERS: (
        [PAID],
        [replace(PAYMENT, amount=usd("12.00")), *right(PAID)[1:]],
        NOTHING_ON_RECORD,
        "payment with another amount in QuickBooks",
        "Correct it",
    ),
    C.OTHER_RATE: (
        [EXCHANGED],
        [replace(PAYMENT, amount=usd("118.20")), *right(PAID)[1:]],
        NOTHING_ON_RECORD,
        "payment booked in QuickBooks at another rate than Stripe",
        f"Correct the exchange rate of entry {PAYMENT.entry_id} in ",
    ),
    C.OTHER_PERIOD: (
        [PAID],
        [replace(PAYMENT, booked_on=date(2026, 12, 2)), *right(PAID)[1:]],
        NOTHING_ON_RECORD,
        "payment of which one side is outside",
        "Nothing, if the day",
    ),
}


@pytest.mark.parametrize("cause", CASES)
def test_each_cause_has_its_sentence_and_what_settles_it(cause: Cause) -> None:
    changes, lines, on_record, title, settle = CASES[cause]
    found = stated(changes, lines, on_record)
    first = next(one for one in matters_of(found) if one.cause is cause)
    assert first.title.startswith(f"1 {title}")
    assert settle in first.settle
    assert first.sentence.endswith(".")
    assert "{" not in f"{first.title}{first.sentence}{first.settle}"
    assert not found.settled


def test_an_entry_of_ours_from_today_may_only_be_listed_late() -> None:
    now = datetime(2026, 11, 10, 20, tzinfo=UTC)
    (entry,) = matters_of(stated([], [PAYMENT], about=subject(now=now)))
    assert entry.cause is C.NOT_AT_PROCESSOR_YET
    assert entry.settle == "Ask again in an hour: duebird reconcile acme --month 2026-11"


def test_a_payment_entered_less_its_fee_is_right_in_the_balance() -> None:
    found = stated([PAID], [line("116.22", 12, PAY)])
    assert found.settled
    (net,) = recognised_in(found)
    assert (net.cause, net.title) == (C.BOOKED_NET, "1 payment entered less the fee")


def test_fees_in_one_sum_are_counted_and_the_first_of_them_named() -> None:
    more = [change(10 + n, K.PAYMENT, "50.00", "1.75", day=2 + n, payment_id=f"pi_{n}") for n in range(9)]
    paid = [one for one in right(*more) if one.kind is PAY]
    found = stated(more, [*paid, line("-15.75", 30, FEE)])
    assert found.settled
    (fees,) = recognised_in(found)
    assert fees.title == "9 fees entered in one sum"
    assert fees.rows[0].words.endswith("fee of payment pi_2; and 6 more")
    assert fees.rows[0].some_ids == "txn_10 txn_11 txn_12 ... h30"
    assert len(fees.rows[0].ids) == 10
    assert "9 fees entered in one sum. Somebody entered them together" in html_page(found, "1.0").decode()


def test_a_payout_says_when_it_reaches_the_bank_and_how_the_bank_calls_it() -> None:
    at = datetime(2026, 11, 14, 17, tzinfo=UTC)
    there = Payout("po_1", usd("116.22"), PayoutState.PAID, date(2026, 11, 16), True, at, trace="TRACE1")  # noqa: FBT003  as the port has it
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID), payouts=(there,)))
    assert payout.rows[0].words == "payout po_1, at the bank on 16 Nov 2026, the bank's reference TRACE1"
    by_hand = replace(there, trace="", automatic=False, failure="account closed")
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID), payouts=(by_hand,)))
    assert "asked for by hand: Stripe does not say what is in it, sent back: account closed" in payout.rows[0].words
    (payout,) = matters_of(stated([PAID, PAID_OUT], right(PAID)))
    assert payout.rows[0].words == "payout po_1"


# ------------------------------------------------------------------------------------------- what stands in no line


def test_what_stood_there_before_leads_to_the_month_before() -> None:
    found = stated([PAID], right(PAID), opening=usd("5.00"), closing=usd("121.22"))
    assert (found.difference, found.settled) == (usd("5.00"), False)
    (said,) = remarks_of(found, ())
    assert said.startswith("$5.00 of the difference stood there before 01 Nov 2026.")
    assert said.endswith("duebird reconcile acme --month 2026-10")
    assert verdict_of(found) == "The clearing account holds $5.00 more than Stripe."


def test_a_balance_that_its_own_lines_do_not_make_up_is_told() -> None:
    found = stated([PAID], right(PAID), closing=usd("100.00"))
    assert (found.untold, found.difference) == (usd("-16.22"), usd("-16.22"))
    assert remarks_of(found, ())[0].startswith("QuickBooks tells a balance that is -$16.22 beyond the lines it lists")
    assert verdict_of(found) == "The clearing account holds $16.22 less than Stripe."


def test_what_could_not_be_read_is_not_passed_over() -> None:
    found = stated(
        [PAID], right(PAID), unreadable=("Stripe's balance_transaction txn_9 has an amount that cannot be.",)
    )
    assert not found.settled
    assert "txn_9" in remarks_of(found, ())[0]
    assert verdict_of(found) == "The clearing account holds what Stripe holds. Yet there is something to look at."


def euros(amount: str, month: int) -> BalanceChange:
    at, there, none = datetime(2026, month, 10, 17, tzinfo=UTC), Money.of(amount, "EUR"), Money.zero("EUR")
    return BalanceChange(f"txn_e{month}", K.PAYMENT, there, none, there, "", at, at, payment_id=f"pi_e{month}")


def test_another_balance_is_told_where_it_held_something_then_or_moved() -> None:
    held = {"USD": PAID.net, "EUR": Money.of("40.00", "EUR")}
    found = stated([PAID, euros("40.00", 11)], right(PAID), held=held)
    assert (found.apart, found.settled) == ((Money.of("40.00", "EUR"),), False)
    assert remarks_of(found, ())[0].startswith("Stripe has a balance in EUR too, EUR 40.00 at the end.")
    assert stated([PAID, euros("40.00", 12)], right(PAID), held=held).settled, "it came after these days"
    both = [PAID, euros("40.00", 11), replace(euros("-40.00", 11), change_id="txn_back")]
    back = stated(both, right(PAID), held={"USD": PAID.net})
    assert back.apart == (Money.zero("EUR"),)


def test_a_clearing_account_in_a_currency_that_stripe_does_not_hold_is_not_compared() -> None:
    with pytest.raises(Rejected, match='"Stripe clearing" is in USD, and the balance at Stripe is in AUD'):
        stated([], [], held={"AUD": Money.of("1.00", "AUD")})


# ---------------------------------------------------------------------------------------------------------- on paper


def test_words_of_others_do_nothing_on_a_page_or_in_a_spreadsheet() -> None:
    evil = line("7.00", 9, None, "=1+1", named="<script>", note="=HYPERLINK()")
    found = stated([PAID], [*right(PAID), evil], account_name="<b>Clearing</b>")
    page = html_page(found, "1.0").decode()
    assert "<script>" not in page
    assert "<b>Clearing" not in page
    assert "Acme &amp; Sons" in page
    rows = list(csv.reader(io.StringIO(csv_file(found).decode("utf-8-sig"))))
    assert not [one for row in rows for one in row if one.startswith(("=", "+", "@"))]
    amounts = [row[3] for row in rows if row[0] == "ledger"]
    assert amounts == ["120.00", "-3.78", "7.00"], "an amount below zero stays a number"


def test_a_page_of_test_mode_cannot_be_taken_for_one_of_real_money() -> None:
    found = stated([PAID], right(PAID))
    assert "test mode" not in html_page(found, "1.0").decode()
    assert "acct_1 (test mode: no real money)" in html_page(replace(found, live=False), "1.0").decode()


def test_the_page_and_the_program_tell_the_same_figures() -> None:
    found = stated([PAID, PAID_OUT], right(PAID))
    facts = plain(found)
    page = html_page(found, "1.0").decode()
    assert (facts["closing"], facts["ledger_closing"], facts["difference"]) == ("0.00", "116.22", "116.22")
    for shown in ("$120.00", "-$3.78", "-$116.22", "$116.22 more than Stripe", "1 payout not in QuickBooks"):
        assert shown in page


# ---------------------------------------------------------------------------------------------------------- reading


class Shop:
    """A company's books and balance in memory, with one payment that is booked and one fee that is not."""

    def __init__(self) -> None:
        self.clock = ManualClock(datetime(2026, 11, 20, 15, tzinfo=UTC))
        self.books = LedgerWorld(self.clock)
        self.cash = CashWorld(self.books)
        self.ledger = MemoryEntries(self.cash)
        self.stripe = StripeLikeWorld(self.clock)
        self.processor = MemoryProcessor(self.stripe)
        self.about = subject(now=self.clock.now())

    def pay(self) -> None:
        made = self.processor.create_link(link_request(key=f"k{len(self.stripe.balance.changes)}"))
        assert self.stripe.pay(made.url) is not None
        self.clock.advance(timedelta(minutes=1))  # until it stands in the balance


class Restless(MemoryTreasury):
    """An account on which somebody pays while its changes are read, so many times."""

    def __init__(self, shop: Shop, times: int) -> None:
        super().__init__(shop.stripe)
        self.shop, self.times = shop, times

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        found = super().changes_since(since, cursor)
        if self.times:
            self.times -= 1
            self.shop.pay()
        return found


def test_a_balance_that_moves_while_it_is_read_is_read_again() -> None:
    shop = Shop()
    shop.pay()
    said: list[str] = []
    till = read_till(shop.about, Restless(shop, 2), said.append)
    assert len(till.changes) == 3
    assert till.held["USD"] == sum((one.net for one in till.changes), ZERO)
    assert said[-1] == "payouts, and what is in them"


def test_a_balance_that_never_rests_is_given_up_with_nothing_concluded() -> None:
    shop = Shop()
    with pytest.raises(Transient, match=f"moved each of {TRIES} times it was read, so nothing was concluded"):
        read_till(shop.about, Restless(shop, TRIES), lambda _: None)


class Endless(MemoryTreasury):
    """An account that always has one more page, at most so many."""

    def __init__(self, shop: Shop, pages: int) -> None:
        super().__init__(shop.stripe)
        self.pages = pages

    def changes_since(self, since: datetime, cursor: str | None = None) -> ChangePage:
        found = super().changes_since(since)
        number = int(cursor or 0) + 1
        return replace(found, cursor=str(number) if number < self.pages else None, unreadable=(f"txn_{number % 2}",))


def test_every_page_of_the_balance_is_read_and_what_comes_twice_counts_once() -> None:
    shop = Shop()
    shop.pay()
    till = read_till(shop.about, Endless(shop, 3), lambda _: None)
    assert (len(till.changes), till.unreadable) == (1, ("txn_1", "txn_0"))


def test_of_a_balance_without_end_nothing_is_concluded() -> None:
    shop = Shop()
    with pytest.raises(Rejected, match="moved more often since 2026-10-25 than Duebird reads"):
        read_till(shop.about, Endless(shop, 1000), lambda _: None)


def test_the_books_are_read_with_the_balance_of_the_day_before() -> None:
    shop = Shop()
    shop.cash.enter(usd("-3.78"), note="Stripe fee")
    read = read_books(shop.about, shop.ledger, CLEARING, lambda _: None)
    assert (read.opening, read.closing) == (ZERO, usd("-3.78"))
    assert [(one.kind, one.amount, one.note) for one in read.lines] == [(FEE, usd("-3.78"), "Stripe fee")]


class Late(MemoryEntries):
    """Books whose list lags behind their balance, so many times."""

    def __init__(self, shop: Shop, times: int) -> None:
        super().__init__(shop.cash)
        self.times, self.asked = times, 0

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        self.asked += 1
        return super().account_entries(account_id, since, until) if self.asked > self.times else ()


@pytest.mark.parametrize(("times", "asked", "lines"), [(0, 1, 1), (1, 2, 1), (9, 3, 0)])
def test_lines_that_do_not_add_up_are_read_again_and_not_for_ever(times: int, asked: int, lines: int) -> None:
    shop = Shop()
    shop.cash.enter(usd("-3.78"))
    ledger = Late(shop, times)
    read = read_books(shop.about, ledger, CLEARING, lambda _: None)
    assert (ledger.asked, len(read.lines), read.closing) == (asked, lines, usd("-3.78"))


# --------------------------------------------------------------------------------------------------- whatever happens


@settings(max_examples=40, deadline=None)
@given(HISTORIES, st.sets(st.integers(0, 60)), st.integers(0, 40))
def test_whatever_happened_every_row_is_on_paper_and_together_they_are_the_difference(
    acts: list[tuple[str, Any, Any]], forgotten: set[int], ago: int
) -> None:
    account = Account()
    for what, first, second in acts:
        account.act(what, first, second)
    changes = [change_from(row) for row in account.entries()]
    now = account.twin.clock.now()
    month = Month.of((now - timedelta(days=ago)).astimezone(ZONE).date())
    about = subject(now=now, month=month)
    lines = [one for one in right(*changes) if one.amount.currency == "USD"]
    kept = [one for number, one in enumerate(lines) if number not in forgotten]
    held = {name: one.total for name, one in held_from(balance.shown(account.world, account.books)).items()}
    before = sum((one.amount for one in lines if one.booked_on < month.first), ZERO)
    inside = sum((one.amount for one in kept if month.first <= one.booked_on <= about.last), ZERO)
    more: dict[str, Any] = {"held": held, "opening": before, "closing": before + inside}
    found = stated(changes, kept, about=about, **more)
    shown = [row for one in matters_of(found) for row in one.rows]
    rows = list(csv.DictReader(io.StringIO(csv_file(found).decode("utf-8-sig"))))
    assert sum(one["part"] == "unmatched" for one in rows) == len(shown)
    totals = sum((usd(one["amount"]) for one in rows if one["part"] == "stripe"), ZERO)
    assert found.found.opening + totals == found.found.closing
    page = html_page(found, "1.0").decode()
    assert all(one.ids[0] in page for one in shown)
    if not forgotten:
        assert (found.difference, shown) == (ZERO, [])
