"""What `preview --entries` says of a payment is what the books in memory hold once it is paid."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from adapters.memory.cash_world import CashWorld
from connector.domain.closed_period import ClosedPeriod
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.entry_preview import EntryPreview, entry_of, not_booked
from connector.flows.poll import reread
from connector.later_entries import receivables_of
from connector.ports.ledger import LedgerAccount
from tests.flow.office import DOLLARS, Office


def told(office: Office, invoice: str, payment_id: str = "pi_...", at: datetime | None = None) -> EntryPreview:
    receivable = reread(office.company, invoice)
    assert receivable is not None
    account, profile = office.ledger_world.accounts[0].name, office.ledger_world.profile
    return entry_of(office.company, receivable, account, profile, at or office.clock.now(), payment_id)


@pytest.mark.parametrize("amount", [DOLLARS, Money.of("80.00", "EUR")], ids=["home", "foreign"])
@pytest.mark.parametrize("part", [False, True], ids=["whole", "rest"])
def test_the_books_hold_the_entry_that_was_shown(tmp_path: Path, amount: Money, *, part: bool) -> None:
    office = Office(tmp_path)
    invoice = office.issue(office.customer(), amount)
    if part:
        office.ledger_world.pay_by_hand(invoice, Money.of("30.00", amount.currency))
        office.run()
    owed = office.owed(invoice)
    before = {one.booking.booking_id for one in office.ledger_world.entries_on(invoice)}
    shown = told(office, invoice)
    office.run(3)
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=2)
    office.run(3)
    [held] = [one for one in office.ledger_world.entries_on(invoice) if one.booking.booking_id not in before]
    debit, credit = shown.postings
    assert (debit.account, debit.debit) == ("Card clearing", held.booking.applied + held.booking.unapplied)
    assert (credit.account, credit.credit) == ("Accounts receivable", owed - office.owed(invoice))
    assert held.account_id == office.ledger_world.accounts[0].account_id
    assert (shown.amount, shown.booked_on) == (held.booking.applied, held.booking.booked_on)
    assert ("Stripe exchanges" in shown.exchange) == (amount.currency != "USD")
    lines = CashWorld(office.ledger_world).lines(held.account_id)
    assert [one.kind for one in lines if one.entry_id == held.booking.booking_id] == [EntryKind.PAYMENT]
    paid_id = held.booking.note.split()[1]
    assert shown.reference is None
    assert shown.note.replace("pi_...", paid_id) == held.booking.note
    assert office.broken() == []
    office.close()


@pytest.mark.parametrize(("kind", "words"), [("xero", "Xero's own rate"), ("memory", "the ledger's own rate")])
def test_where_the_clearing_account_is_in_another_currency_the_rate_is_the_ledgers(
    tmp_path: Path, kind: str, words: str
) -> None:
    office = Office(tmp_path, clearing_currency=None)
    invoice = office.issue(office.customer(), Money.of("80.00", "EUR"))
    office.run()
    office.company = replace(office.company, identity=replace(office.company.identity, ledger_kind=kind))
    assert words in told(office, invoice).exchange
    office.close()


def test_a_day_in_closed_books_is_warned_of(tmp_path: Path) -> None:
    office = Office(tmp_path)
    invoice = office.issue(office.customer(), DOLLARS)
    assert told(office, invoice).warning == ""
    office.ledger_world.close_books_through(date(2026, 11, 23))
    assert "closed through 2026-11-23" in told(office, invoice).warning
    assert "Duebird asks you" in told(office, invoice).warning
    assert told(office, invoice, at=datetime(2026, 11, 24, 17, 0, tzinfo=UTC)).warning == ""
    office.close()


def test_what_is_booked_one_day_is_no_longer_said_to_be_entered_by_hand() -> None:
    assert len(not_booked()) == 3
    everything = frozenset({EntryKind.EXPENSE, EntryKind.TRANSFER, EntryKind.REVERSAL})
    assert not_booked(everything) == ()


def test_of_a_closed_day_it_shows_the_first_open_one_and_why_and_the_books_hold_just_that(tmp_path: Path) -> None:
    office = Office(tmp_path, closed_period=ClosedPeriod.FIRST_OPEN_DAY)
    invoice = office.issue(office.customer(), DOLLARS)
    office.run(3)
    paid_at = office.clock.now()
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    office.wait(days=2)
    office.ledger_world.close_books_through(date(2026, 11, 24))
    shown = told(office, invoice, str(payment), paid_at)
    assert shown.booked_on == date(2026, 11, 25)
    assert shown.date_rule == (
        "the first open day: the payment is of 2026-11-23, and the books are closed through 2026-11-24"
    )
    assert shown.warning == ""
    office.run(3)
    [held] = office.ledger_world.entries_on(invoice)
    assert (held.booking.booked_on, held.booking.note) == (shown.booked_on, shown.note)
    office.close()


def receivables(name: str, currency: str | None = None, *, active: bool = True) -> LedgerAccount:
    return LedgerAccount(name, name, None, "Accounts Receivable", currency, takes_payments=False, active=active)


@pytest.mark.parametrize(
    ("accounts", "said"),
    [
        ([], "Accounts receivable"),
        ([receivables("Trade debtors")], "Trade debtors"),
        ([receivables("Debtors", "USD"), receivables("Debtors - EUR", "EUR")], "Debtors - EUR"),
        ([receivables("Debtors", "EUR"), receivables("Old debtors", "EUR", active=False)], "Debtors"),
        ([receivables("Debtors", "EUR"), receivables("More debtors", "EUR")], "Accounts receivable"),
    ],
    ids=["none told", "one for all currencies", "one in each", "one of them not used any more", "two"],
)
def test_the_account_of_what_is_owed_has_the_ledgers_own_name_where_only_one_can_be_meant(
    accounts: list[LedgerAccount], said: str
) -> None:
    assert receivables_of(accounts, "EUR") == said
