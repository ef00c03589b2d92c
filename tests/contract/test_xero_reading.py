"""What Xero's lists and records say, and how nothing in them is missed; and what a check of a company finds."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from adapters.sandbox.xero.books import Account
from adapters.sandbox.xero.identity import ALL_SCOPES
from connector.domain.money import Money
from connector.errors import (
    Rejected,
)
from connector.ports.findings import Weight
from tests.contract.rows.xero import XeroHarness, harness
from tests.contract.xero_steps import asking, calls, ids, issue, poll, sweep


@pytest.fixture
def h() -> Iterator[XeroHarness]:
    with harness() as made:
        yield made


# ------------------------------------------------------------------------------------------------------- reading


def test_the_start_is_xeros_present_and_not_ours(h: XeroHarness) -> None:
    h.twin.clock.offset = -timedelta(days=3)  # our clock is three days ahead
    cursor = h.ledger.start_cursor()
    invoice = issue(h)
    pages, _ = poll(h, cursor)
    assert ids(pages) == {invoice.invoice_id}


def test_an_invoice_that_shows_later_than_a_newer_one_is_not_missed(h: XeroHarness) -> None:
    invoices = h.twin.books.invoices
    _, cursor = poll(h, h.ledger.start_cursor())
    late = issue(h)
    h.twin.clock.offset += timedelta(seconds=60)
    newer = issue(h)
    held_back = invoices.pop(late.invoice_id)
    pages, cursor = poll(h, cursor)
    assert ids(pages) == {newer.invoice_id}

    h.twin.clock.offset += timedelta(seconds=60)
    invoices[late.invoice_id] = held_back
    h.twin.books.revision += 1

    pages, _ = poll(h, cursor)
    assert late.invoice_id in ids(pages)


def test_more_changes_than_a_page_holds_are_read_without_a_second_page(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    wanted = set()
    for number in range(2300):
        if number % 100 == 0:
            h.twin.clock.offset += timedelta(seconds=2)
        wanted.add(issue(h).invoice_id)
    pages, cursor = poll(h, cursor)
    assert ids(pages) == wanted
    assert all("page=1" in seen.query.split("&") for seen in calls(h) if "page" in seen.query)

    h.twin.clock.offset += timedelta(minutes=10)
    poll(h, poll(h, cursor)[1])
    before = len(calls(h))
    pages, _ = poll(h, poll(h, cursor)[1])
    assert len(calls(h)) - before <= 4
    assert len(ids(pages)) <= 100  # when all is quiet, only the last second is read again


def test_more_changes_in_a_second_than_a_page_holds_are_all_read(h: XeroHarness) -> None:
    """A bulk import: page one alone would show the same thousand for ever."""
    cursor = h.ledger.start_cursor()
    moment = h.twin.clock.now().replace(microsecond=0)
    crowd = [issue(h) for _ in range(2500)]
    for invoice in crowd:
        invoice.updated = moment
    h.twin.clock.offset += timedelta(seconds=5)
    after = issue(h)

    page = h.ledger.changes(cursor)  # full, and on to the crowded second
    page = h.ledger.changes(page.cursor)
    for invoice in crowd[:30]:  # meanwhile some are paid, leave their place and come again at the end
        h.twin.books.pay(invoice, Decimal(100))
    pages, _ = poll(h, page.cursor)

    seen = ids([page, *pages])
    assert {invoice.invoice_id for invoice in crowd[1000:]} | {after.invoice_id} <= seen
    assert {row.ledger_id for one in pages for row in one.receivables if not row.is_owed} == {
        invoice.invoice_id for invoice in crowd[:30]
    }


def test_a_deleted_payment_makes_its_invoice_touched_once(h: XeroHarness) -> None:
    invoice = issue(h)
    payment = h.twin.books.pay(invoice, Decimal(40))
    cursor = h.ledger.start_cursor()
    h.twin.books.delete_payment(payment)
    touched: list[str] = []
    for _ in range(9):
        pages, cursor = poll(h, cursor)
        touched += [one for page in pages for one in page.touched]
    assert touched == [invoice.invoice_id]


def test_a_poll_costs_one_call_and_every_fourth_three(h: XeroHarness) -> None:
    cursor = h.ledger.start_cursor()
    made: list[int] = []
    for _ in range(8):
        h.twin.requests.clear()
        _, cursor = poll(h, cursor)
        made.append(len(calls(h)))
    assert made == [3, 1, 1, 1, 3, 1, 1, 1]


def test_a_due_date_no_list_of_changes_tells_is_seen_by_the_sweep(h: XeroHarness) -> None:
    invoice = issue(h, due_on=date(2026, 12, 1))
    h.twin.books.pay(invoice, Decimal(40))
    before = {row.ledger_id: row.version for row in sweep(h)}
    h.twin.clock.offset += timedelta(hours=1)
    cursor = h.ledger.start_cursor()
    h.twin.books.edit(invoice, due_on=date(2027, 1, 15))

    pages, _ = poll(h, cursor)
    assert ids(pages) == set()

    (row,) = sweep(h)
    assert row.due_on == date(2027, 1, 15)
    assert row.version != before[invoice.invoice_id]


def test_invoices_paid_while_a_long_sweep_goes_on_hide_no_others(h: XeroHarness) -> None:
    issued = [issue(h) for _ in range(2100)]
    seen: set[str] = set()
    place: str | None = None
    pages = 0
    while pages == 0 or place is not None:
        page = h.ledger.open_receivables(place)
        seen |= {row.ledger_id for row in page.receivables}
        place = page.next_page
        pages += 1
        for invoice in [i for i in issued if i.invoice_id in seen and i.status == "AUTHORISED"][:25]:
            h.twin.books.pay(invoice, invoice.due)
    assert pages == 3
    assert {i.invoice_id for i in issued if i.status == "AUTHORISED"} <= seen


def test_one_odd_record_is_set_aside_alone(h: XeroHarness) -> None:
    good, unknown, broken = issue(h), issue(h, raw={"Status": "PONDERING"}), issue(h, raw={"AmountDue": None})
    nulls = issue(h, raw={"InvoiceNumber": None, "Reference": None, "DueDate": None, "LineItems": None})
    pages, _ = poll(h, h.ledger.start_cursor())
    assert ids(pages) == {good.invoice_id, nulls.invoice_id}
    set_aside = {one.ledger_id: one.problem for page in pages for one in page.quarantined}
    assert set(set_aside) == {unknown.invoice_id, broken.invoice_id}
    assert unknown.number in set_aside[unknown.invoice_id]
    assert "PONDERING" in set_aside[unknown.invoice_id]
    assert {row.number for page in pages for row in page.receivables} == {good.number, None}

    with pytest.raises(Rejected, match="cannot be read"):
        h.ledger.receivable(unknown.invoice_id)


@pytest.mark.parametrize(
    "odd",
    [
        {"AmountDue": 10**30},
        {"Total": Decimal("1E+400")},
        {"DueDate": "/Date(99999999999999999999+0000)/"},
        {"UpdatedDateUTC": "/Date(-99999999999999999999+0000)/"},
    ],
)
def test_a_figure_outside_every_calendar_or_purse_is_set_aside_alone(h: XeroHarness, odd: dict[str, object]) -> None:
    good, bad = issue(h), issue(h, raw=odd)
    pages, _ = poll(h, h.ledger.start_cursor())
    assert ids(pages) == {good.invoice_id}
    assert {one.ledger_id for page in pages for one in page.quarantined} == {bad.invoice_id}
    assert [one.ledger_id for one in sweep(h)] == [good.invoice_id]


def test_a_name_cut_in_the_middle_of_a_character_is_read_with_a_mark_in_its_place(h: XeroHarness) -> None:
    contact = h.twin.books.add_contact("Rosa \ud83d")
    h.twin.books.issue(contact, Decimal(5))
    pages, _ = poll(h, h.ledger.start_cursor())
    assert [row.customer_name for page in pages for row in page.receivables] == ["Rosa \ufffd"]
    assert [one.name for one in h.ledger.customers([contact.contact_id])] == ["Rosa \ufffd"]


def test_a_character_of_two_halves_is_left_whole(h: XeroHarness) -> None:
    contact = h.twin.books.add_contact("Rosa \U0001f339")
    assert [one.name for one in h.ledger.customers([contact.contact_id])] == ["Rosa \U0001f339"]


def test_words_the_sdk_does_not_know_are_no_trouble(h: XeroHarness) -> None:
    books = h.twin.books
    contact = books.add_contact("A" * 300, raw={"TaxNumberType": "TAXNUMBERTYPE/SSN", "Phones": None})
    books.add_account(Account("Odd", "NEWTYPE", "999", takes_payments=True))
    invoice = books.issue(contact, Decimal(5), currency="XBT")
    books.pay(invoice, Decimal(1)).raw["PaymentType"] = "ACCRECPAYMENT"
    assert [c.mobile for c in h.ledger.customers([contact.contact_id])] == [None]
    assert "NEWTYPE" in {a.kind for a in h.ledger.payment_accounts()}
    assert [b.applied for b in h.ledger.bookings_on(invoice.invoice_id)] == [Money.of("1.00", "XBT")]


def test_bills_are_no_receivables(h: XeroHarness) -> None:
    bill = issue(h, kind="ACCPAY")
    pages, _ = poll(h, h.ledger.start_cursor())
    assert ids(pages) == set()
    assert sweep(h) == []
    assert h.ledger.receivable(bill.invoice_id) is None


def test_a_deleted_draft_is_told_as_deleted(h: XeroHarness) -> None:
    draft = issue(h, status="DRAFT")
    h.twin.books.void(draft)
    pages, _ = poll(h, h.ledger.start_cursor())
    assert [one for page in pages for one in page.deleted] == [draft.invoice_id]


def test_an_invoice_paid_by_credit_note_is_paid_without_a_payment(h: XeroHarness) -> None:
    invoice = issue(h)
    h.twin.books.credit(invoice, Decimal(100))
    read = h.ledger.receivable(invoice.invoice_id)
    assert read is not None
    assert not read.is_owed
    assert list(h.ledger.bookings_on(invoice.invoice_id)) == []


def test_archived_contacts_are_given_and_marked(h: XeroHarness) -> None:
    contacts = [h.twin.books.add_contact(f"Customer {n}", mobile=f"021 555 {n:04}") for n in range(95)]
    h.twin.books.edit_contact(contacts[7], status="ARCHIVED")
    h.twin.books.edit_contact(contacts[8], status="GDPRREQUEST")
    found = h.ledger.customers([c.contact_id for c in contacts])
    assert len(found) == 95
    assert {c.customer_id for c in found if not c.active} == {contacts[7].contact_id, contacts[8].contact_id}
    assert len(calls(h)) == 3


def test_days_are_not_shifted_where_the_machine_is_in_new_york(h: XeroHarness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        invoice = issue(h, issued_on=date(2026, 11, 1), due_on=date(2026, 11, 2), expected_on=date(2026, 11, 3))
        h.close_books_through(date(2026, 10, 31))
        pages, _ = poll(h, h.ledger.start_cursor())
        (row,) = pages[0].receivables
        booking = h.ledger.book(asking(h, invoice, booked_on=date(2026, 11, 1)))
        profile = h.ledger.profile()
    finally:
        monkeypatch.undo()
        time.tzset()
    assert (row.issued_on, row.due_on, row.promised_on) == (date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 3))
    assert (booking.booked_on, invoice.payments[0].paid_on) == (date(2026, 11, 1), date(2026, 11, 1))
    assert profile.closed_through == date(2026, 10, 31)
    assert row.updated_at.tzinfo is UTC


# ---------------------------------------------------------------------------------------------------------- check


def test_a_good_organisation_has_nothing_to_fix(h: XeroHarness) -> None:
    h.tokens.texts = [h.twin.identity.mint(ALL_SCOPES, timedelta(minutes=30)).text]
    findings = h.ledger.inspect(h.payment_account_id)
    assert {finding.weight for finding in findings} == {Weight.OK}
    assert {seen.method for seen in calls(h)} == {"GET"}


def test_each_missing_permission_is_named_with_what_to_grant(h: XeroHarness) -> None:
    scopes = ALL_SCOPES - {"accounting.payments", "accounting.contacts", "accounting.contacts.read"}
    h.tokens.texts = [h.twin.identity.mint(scopes, timedelta(minutes=30)).text]
    problems = {f.subject: f.fix for f in h.ledger.inspect(h.payment_account_id) if f.weight is Weight.PROBLEM}
    assert set(problems) == {"Reading contacts", "Booking payments"}
    assert "accounting.contacts.read" in problems["Reading contacts"]


def test_a_connection_that_may_not_read_the_clearing_account_works_and_is_told_what_it_lacks(h: XeroHarness) -> None:
    scopes = ALL_SCOPES - {"accounting.banktransactions", "accounting.banktransactions.read"}
    h.tokens.texts = [h.twin.identity.mint(scopes, timedelta(minutes=30)).text]
    (finding,) = [one for one in h.ledger.inspect(h.payment_account_id) if one.weight is not Weight.OK]
    assert (finding.weight, finding.subject) == (Weight.WARNING, "Reading the clearing account")
    assert "`duebird reconcile` does not work" in finding.seen
    assert finding.fix == "Run `duebird connect` again."


def test_an_account_that_takes_no_payments_is_named_with_what_to_click(h: XeroHarness) -> None:
    books = h.twin.books
    archived = books.add_account(Account("Old clearing", "BANK", "098", "NZD", status="ARCHIVED"))
    euros = books.add_account(Account("Euro clearing", "BANK", "099", "EUR"))
    sales = next(a for a in books.accounts.values() if a.name == "Sales")

    def said(account_id: str | None) -> tuple[Weight, str]:
        (finding,) = [f for f in h.ledger.inspect(account_id) if f.subject == "Payment account"]
        return finding.weight, f"{finding.seen} {finding.fix}"

    assert said(sales.account_id)[0] is Weight.PROBLEM
    assert "Enable payments to this account" in said(sales.account_id)[1]
    assert "archived" in said(archived.account_id)[1]
    assert said(euros.account_id)[0] is Weight.WARNING
    assert "Stripe clearing" in said(None)[1]


def test_a_dead_connection_is_one_finding(h: XeroHarness) -> None:
    h.revoke_access()
    (finding,) = h.ledger.inspect(h.payment_account_id)
    assert (finding.weight, finding.subject) == (Weight.PROBLEM, "Connection")
    assert "duebird connect" in finding.fix


def test_the_twins_present_is_the_cursors_present(h: XeroHarness) -> None:
    h.twin.clock.offset = timedelta(days=400)
    held = json.loads(h.ledger.start_cursor())
    asked = datetime.fromisoformat(held["from"]["invoices"])
    assert timedelta(days=399) < asked - h.clock.now() < timedelta(days=401)
