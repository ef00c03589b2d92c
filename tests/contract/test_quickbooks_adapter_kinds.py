"""What only one kind of entry in QuickBooks does: fees with tax, payouts without a number, voids, refunds, rates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.sandbox.base import Fault
from adapters.sandbox.quickbooks import RealmSettings
from adapters.sandbox.quickbooks.control import records
from adapters.sandbox.quickbooks.entries import create_entry, void_by_person
from adapters.sandbox.quickbooks.journal import receivables
from adapters.sandbox.quickbooks.payments import apply_anew, create_payment, delete_payment, void_payment
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Bug, Rejected, RejectedBecause, Uncertain
from connector.ports.entries import (
    Entry,
    ReversalManner,
    ReversalRequest,
)
from connector.ports.ledger import Booking, BookingRequest
from tests.contract.quickbooks_desk import (
    DAY,
    NOTHING,
    REFERENCE,
    Desk,
    credit,
    expense,
    opened,
    reversal,
    row_of,
    transfer,
    usd,
)


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield from opened()


@pytest.fixture
def multi() -> Iterator[Desk]:
    yield from opened(RealmSettings(multicurrency=True))


# -------------------------------------------------------------------------------------------------------- expenses


def test_a_fee_goes_to_its_account_and_names_a_payee_that_is_known(desk: Desk) -> None:
    vendor = desk.books.add_vendor("Stripe")
    made = desk.entries.make_expense(expense(desk, payee="Stripe"))
    assert desk.held("Stripe fees") == Decimal("3.78")
    assert row_of(desk, "Purchase", made)["EntityRef"]["value"] == vendor
    given_back = expense(desk, payee="Stripe", incoming=True, idempotency_key="key-2", reference="DB3")
    line = row_of(desk, "Deposit", desk.entries.make_expense(given_back))["Line"][0]
    assert line["DepositLineDetail"]["Entity"]["value"] == vendor
    assert desk.held("Stripe fees") == 0


def test_a_payee_quickbooks_does_not_know_holds_up_nothing(desk: Desk) -> None:
    made = desk.entries.make_expense(expense(desk, payee="Stripe"))
    assert "EntityRef" not in row_of(desk, "Purchase", made)


@pytest.mark.parametrize("incoming", [False, True], ids=["out", "back"])
def test_outside_the_us_the_amount_includes_its_tax(incoming: bool) -> None:  # noqa: FBT001  # which way the fee goes
    for desk in opened(RealmSettings(country="GB", home_currency="GBP", tax_percent={"20": "20"})):
        money = Money.of("12.00", "GBP")
        desk.entries.make_expense(expense(desk, amount=money, tax_code="20", incoming=incoming))
        assert abs(desk.held()) == Decimal("12.00")
        entity = "Deposit" if incoming else "Purchase"
        [row] = [version.row for version in desk.books.all(entity)]
        assert row["GlobalTaxCalculation"] == "TaxInclusive"
        if not incoming:
            assert (desk.held("Stripe fees"), desk.held("Sales tax payable")) == (Decimal("10.00"), Decimal("2.00"))


@pytest.mark.parametrize(("country", "fits"), [("GB", True), ("US", False)])
def test_a_tax_code_says_whether_an_expense_may_have_it(country: str, fits: bool) -> None:  # noqa: FBT001  # a row
    for desk in opened(RealmSettings(country=country, tax_percent={"20": "20", "NON": "0"})):
        found = desk.entries.tax_codes()
        assert [(one.code_id, one.name, one.active, one.on_expenses) for one in found] == [
            ("20", "20% tax", True, fits),
            ("NON", "0% tax", True, fits),
        ]


@pytest.mark.parametrize(("country", "fit"), [("GB", {"20", "NON"}), ("US", {"NON"})])
def test_a_tax_code_says_whether_a_refund_may_have_it(country: str, fit: set[str]) -> None:
    for desk in opened(RealmSettings(country=country, tax_percent={"20": "20", "TAX": "0", "NON": "0"})):
        found = {one.code_id for one in desk.entries.tax_codes() if one.on_sales}
        assert found - {"TAX"} == fit
        assert ("TAX" in found) is (country == "GB")


def test_without_a_tax_code_outside_the_us_no_tax_is_counted() -> None:
    for desk in opened(RealmSettings(country="GB", home_currency="GBP")):
        made = desk.entries.make_expense(expense(desk, amount=Money.of("12.00", "GBP")))
        assert row_of(desk, "Purchase", made)["GlobalTaxCalculation"] == "NotApplicable"


def test_a_fee_on_which_quickbooks_puts_tax_is_taken_away_again(desk: Desk) -> None:
    desk.books.settings.tax_percent["TAX"] = "10"
    with pytest.raises(Rejected, match="deleted again") as refused:
        desk.entries.make_expense(expense(desk, tax_code="TAX"))
    assert refused.value.because is RejectedBecause.SETUP
    assert (desk.held(), desk.live()) == (NOTHING, [])


def test_a_fee_with_tax_on_it_that_stays_is_uncertain_and_found(desk: Desk) -> None:
    desk.books.settings.tax_percent["TAX"] = "10"
    desk.h.twin.faults.append(Fault("status", method="POST", path="/purchase$", skip=1, status=400, body=closed()))
    with pytest.raises(Uncertain, match="would not delete it"):
        desk.entries.make_expense(expense(desk, tax_code="TAX"))
    [found] = desk.entries.entries_with_reference(EntryKind.EXPENSE, REFERENCE)
    assert found.amount == usd("4.16")


def closed() -> str:
    return '{"Fault":{"Error":[{"Message":"closed","Detail":"closed","code":"6200"}],"type":"ValidationFault"}}'


def test_where_numbers_may_not_stand_twice_a_second_one_is_looked_for(desk: Desk) -> None:
    desk.books.settings.refuses_same_number = True
    made = desk.entries.make_expense(expense(desk))
    with pytest.raises(Uncertain, match="already knows the number"):
        desk.entries.make_expense(expense(desk, idempotency_key="key-2"))
    assert list(desk.entries.entries_with_reference(EntryKind.EXPENSE, REFERENCE)) == [made]
    assert desk.held() == Decimal("-3.78")


def test_an_expense_that_a_person_voided_is_shown_as_not_live(desk: Desk) -> None:
    made = desk.entries.make_expense(expense(desk))
    void_by_person(desk.books, "Purchase", made.entry_id)
    [found] = desk.entries.entries_with_reference(EntryKind.EXPENSE, REFERENCE)
    assert (found.entry_id, found.live, found.amount) == (made.entry_id, False, usd("0.00"))


# ------------------------------------------------------------------------------------------------------- transfers


def many_transfers(desk: Desk, count: int) -> None:
    ends = {"FromAccountRef": {"value": desk.clearing}, "ToAccountRef": {"value": desk.bank}}
    for number in range(count):
        create_entry(desk.books, "Transfer", {**ends, "Amount": 1, "PrivateNote": f"by hand {number}"})


def test_a_payout_is_found_among_thousands_made_after_it(desk: Desk) -> None:
    made = desk.entries.make_transfer(transfer(desk))
    desk.h.let_time_pass(timedelta(seconds=1))
    many_transfers(desk, 2100)
    before = len(desk.h.twin.requests)
    assert list(desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)) == [made]
    assert len(desk.h.twin.requests) - before == 3


def test_a_fresh_payout_is_found_in_one_call(desk: Desk) -> None:
    many_transfers(desk, 1500)
    desk.h.let_time_pass(timedelta(seconds=1))
    made = desk.entries.make_transfer(transfer(desk))
    before = len(desk.h.twin.requests)
    assert list(desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)) == [made]
    assert len(desk.h.twin.requests) - before == 1


def test_among_more_transfers_than_are_read_it_is_said_that_nobody_knows(desk: Desk) -> None:
    many_transfers(desk, 5000)
    with pytest.raises(Rejected, match="is not known"):
        desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)


def test_a_payout_moved_to_another_day_by_a_person_is_still_found(desk: Desk) -> None:
    made = desk.entries.make_transfer(transfer(desk))
    desk.books.change("Transfer", made.entry_id, TxnDate="2025-01-01", PrivateNote=f"Jan: {REFERENCE}.")
    [found] = desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)
    assert (found.entry_id, found.reference, found.booked_on) == (made.entry_id, REFERENCE, date(2025, 1, 1))


def test_a_reference_that_only_begins_alike_is_another(desk: Desk) -> None:
    desk.entries.make_transfer(transfer(desk, reference="DB23"))
    assert list(desk.entries.entries_with_reference(EntryKind.TRANSFER, "DB2")) == []


# ----------------------------------------------------------------------------------------------------------- voids


def void(desk: Desk, paid: tuple[str, Booking], **more: Any) -> ReversalRequest:
    return reversal(desk, ReversalManner.VOID, paid, **more)


def status(desk: Desk) -> str:
    return str(records(desk.books)["invoices"][0]["status"])


def test_a_void_opens_the_invoice_and_empties_clearing(desk: Desk) -> None:
    paid = desk.paid()
    assert (status(desk), desk.held()) == ("paid", Decimal("120.00"))
    entry = desk.entries.reverse(void(desk, paid))
    assert (status(desk), desk.held()) == ("open", NOTHING)
    assert (entry.entry_id, entry.kind, entry.reference, entry.live) == (
        paid[1].booking_id,
        EntryKind.REVERSAL,
        REFERENCE,
        True,
    )
    assert entry.note == f"Voided - Stripe pi_1 {REFERENCE} Stripe re_1"


def test_the_note_of_a_void_is_written_with_the_lines_that_must_stay(desk: Desk) -> None:
    customer = desk.h.add_customer("Rosa Diaz")
    ledger_id = desk.h.issue(customer, usd("100.00"))
    body = {"CustomerRef": {"value": customer}, "TotalAmt": Decimal("120.50"), "PaymentRefNum": "DB1"}
    line = {"Amount": Decimal("99.95"), "LinkedTxn": [{"TxnId": ledger_id, "TxnType": "Invoice"}]}
    account = {"DepositToAccountRef": {"value": desk.clearing}}
    booking_id = create_payment(desk.books, {**body, **account, "Line": [line]})["Id"]
    desk.h.twin.faults.append(Fault("status", method="POST", path="/payment$", skip=1, status=503))
    with pytest.raises(Uncertain):
        desk.entries.take_back(EntryKind.PAYMENT, booking_id, "undone")
    row = desk.books.row("Payment", booking_id)
    assert (row["PrivateNote"], row["UnappliedAmt"]) == ("undone", Decimal("20.55"))
    assert desk.books.row("Invoice", ledger_id)["Balance"] == Decimal("0.05")


def test_a_void_is_found_by_its_reference_and_done_once(desk: Desk) -> None:
    paid = desk.paid()
    made = desk.entries.reverse(void(desk, paid))
    assert list(desk.entries.entries_with_reference(EntryKind.REVERSAL, REFERENCE)) == [made]
    before = desk.writes()
    assert desk.entries.reverse(void(desk, paid)) == made
    assert desk.writes() == before


@pytest.mark.parametrize("which", [0, 1], ids=["the note", "the void"])
def test_a_void_whose_answer_was_lost_is_done_once(desk: Desk, which: int) -> None:
    paid = desk.paid()
    desk.h.twin.faults.append(Fault("drop_after", method="POST", path="/payment$", skip=which))
    with pytest.raises(Uncertain):
        desk.entries.reverse(void(desk, paid))
    assert len(desk.entries.entries_with_reference(EntryKind.REVERSAL, REFERENCE)) == which
    entry = desk.entries.reverse(void(desk, paid))
    assert (status(desk), desk.held(), entry.note.count(REFERENCE)) == ("open", NOTHING, 1)


def test_a_payment_a_person_voided_is_reversed_already_and_carries_no_reference(desk: Desk) -> None:
    paid = desk.paid()
    void_payment(desk.books, paid[1].booking_id)
    before = desk.writes()
    entry = desk.entries.reverse(void(desk, paid))
    assert (entry.reference, entry.live, desk.writes()) == ("", True, before)


def test_a_payment_a_person_deleted_is_told(desk: Desk) -> None:
    paid = desk.paid()
    delete_payment(desk.books, paid[1].booking_id)
    with pytest.raises(Rejected) as refused:
        desk.entries.reverse(void(desk, paid))
    assert refused.value.because is RejectedBecause.NOT_FOUND


def test_only_an_entry_that_carries_our_reference_is_voided(desk: Desk) -> None:
    paid = desk.paid()
    with pytest.raises(Rejected, match="does not carry Duebird's reference DB2OTHER") as refused:
        desk.entries.reverse(void(desk, paid, of_reference="DB2OTHER"))
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert desk.writes() == ["payment"]
    desk.entries.reverse(void(desk, paid, of_reference=paid[1].reference))
    assert (status(desk), desk.held()) == ("open", NOTHING)


@pytest.mark.parametrize("part", ["0.00", "70.00"], ids=["all of it", "a part"])
def test_a_payment_that_a_person_moved_to_another_invoice_is_not_voided(desk: Desk, part: str) -> None:
    customer, booking = desk.paid()
    other = desk.h.issue(customer, usd("120.00"))
    row = desk.books.row("Payment", booking.booking_id)
    there = Decimal(part)
    amounts = {booking.ledger_id: there, other: Decimal("120.00") - there}
    lines = [
        {"Amount": amount, "LinkedTxn": [{"TxnId": one, "TxnType": "Invoice"}]}
        for one, amount in amounts.items()
        if amount
    ]
    apply_anew(desk.books, booking.booking_id, {**row, "Line": lines})
    with pytest.raises(Rejected, match="somebody has changed it") as refused:
        desk.entries.reverse(void(desk, (customer, booking), of_reference=booking.reference))
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert desk.held() == Decimal("120.00")


def test_a_part_of_a_payment_is_not_voided(desk: Desk) -> None:
    paid = desk.paid()
    with pytest.raises(Rejected) as refused:
        desk.entries.reverse(void(desk, paid, amount=usd("20.00")))
    assert refused.value.because is RejectedBecause.AMOUNT
    assert (status(desk), desk.held()) == ("paid", Decimal("120.00"))


def test_a_void_in_a_closed_period_changes_nothing_not_even_the_note(desk: Desk) -> None:
    paid = desk.paid()
    desk.h.close_books_through(DAY)
    with pytest.raises(Rejected) as refused:
        desk.entries.reverse(void(desk, paid))
    assert refused.value.because is RejectedBecause.CLOSED_PERIOD
    assert desk.books.row("Payment", paid[1].booking_id)["PrivateNote"] == "Stripe pi_1"
    assert status(desk) == "paid"


def test_a_payment_that_went_to_the_bank_in_a_deposit_is_not_voided(desk: Desk) -> None:
    desk.clearing = desk.books.account("Undeposited Funds")
    paid = desk.paid()
    line = {"Amount": 120, "LinkedTxn": [{"TxnId": paid[1].booking_id, "TxnType": "Payment"}]}
    create_entry(desk.books, "Deposit", {"DepositToAccountRef": {"value": desk.bank}, "Line": [line]})
    with pytest.raises(Rejected, match="deposited") as refused:
        desk.entries.reverse(void(desk, paid))
    assert refused.value.because is RejectedBecause.BUSINESS_RULE
    assert (status(desk), desk.held("Checking")) == ("paid", Decimal("120.00"))


def test_a_void_cannot_be_taken_back(desk: Desk) -> None:
    paid = desk.paid()
    made = desk.entries.reverse(void(desk, paid))
    with pytest.raises(Rejected, match="cannot bring a voided payment back"):
        desk.entries.take_back(EntryKind.REVERSAL, made.entry_id, "a mistake")


def test_a_booking_is_taken_back_with_the_reason_on_it(desk: Desk) -> None:
    _, booking = desk.paid()
    desk.entries.take_back(EntryKind.PAYMENT, booking.booking_id, "undone by the owner")
    assert desk.books.row("Payment", booking.booking_id)["PrivateNote"] == "Voided - Stripe pi_1 undone by the owner"
    assert (status(desk), desk.held()) == ("open", NOTHING)


@pytest.mark.parametrize("kind", [EntryKind.EXPENSE, EntryKind.PAYMENT])
def test_what_is_no_id_of_quickbooks_is_not_sent(desk: Desk, kind: EntryKind) -> None:
    with pytest.raises(Bug):
        desk.entries.take_back(kind, "1/../../account/1", "")
    with pytest.raises(Bug):
        desk.entries.reverse(void(desk, desk.paid(), booking_id="x"))
    assert desk.writes() == ["payment"]


# --------------------------------------------------------------------------------------------------------- refunds


def test_a_refund_leaves_the_invoice_paid_and_lessens_income(desk: Desk) -> None:
    paid = desk.paid()
    desk.entries.reverse(reversal(desk, ReversalManner.REFUND, paid, amount=usd("20.00")))
    assert (status(desk), desk.held(), desk.held("Sales")) == ("paid", Decimal("100.00"), Decimal("-100.00"))


def test_outside_the_us_a_refund_counts_its_tax_within_the_amount_or_none() -> None:
    for desk in opened(RealmSettings(country="GB", home_currency="GBP")):
        paid = desk.paid(currency="GBP")
        plain = desk.entries.reverse(reversal(desk, ReversalManner.REFUND, paid, amount=Money.of("20.00", "GBP")))
        row = row_of(desk, "RefundReceipt", plain)
        assert row["GlobalTaxCalculation"] == "NotApplicable"
        assert "TaxCodeRef" not in row["Line"][0]["SalesItemLineDetail"]
        more = {"tax_code": "20", "reference": "DB9", "idempotency_key": "k9", "amount": Money.of("5.00", "GBP")}
        taxed = row_of(desk, "RefundReceipt", desk.entries.reverse(reversal(desk, ReversalManner.REFUND, paid, **more)))
        assert taxed["GlobalTaxCalculation"] == "TaxInclusive"
        assert taxed["Line"][0]["SalesItemLineDetail"]["TaxCodeRef"] == {"value": "20"}


def test_two_refunds_of_one_payment_are_two_entries(desk: Desk) -> None:
    paid = desk.paid()
    for number, amount in enumerate(("20.00", "100.00")):
        more = {"reference": f"DB9{number}", "idempotency_key": f"k{number}", "amount": usd(amount)}
        desk.entries.reverse(reversal(desk, ReversalManner.REFUND, paid, **more))
    assert (desk.held(), desk.held("Sales")) == (NOTHING, NOTHING)
    assert desk.live("RefundReceipt") == [("DB90", "20"), ("DB91", "100")]


@pytest.mark.parametrize("income", [None, "other"])
def test_without_a_service_on_that_income_account_no_refund_is_written(desk: Desk, income: str | None) -> None:
    paid = desk.paid()
    account = desk.books.add_account("Other income", "Income") if income else None
    desk.books.add_item("Hidden", account or desk.sales, active=False)
    desk.books.add_item("Parts", account or desk.sales, kind="Inventory")
    with pytest.raises(Rejected, match="No product or service") as refused:
        desk.entries.reverse(reversal(desk, ReversalManner.REFUND, paid, income_account_id=account))
    assert refused.value.because is RejectedBecause.SETUP
    assert desk.live() == []


def test_a_refund_is_written_on_the_first_service_of_that_account(desk: Desk) -> None:
    other = desk.books.add_account("Other income", "Income")
    desk.h.let_time_pass(timedelta(seconds=1))
    item = desk.books.add_item("Refunds", other)
    made = desk.entries.reverse(reversal(desk, ReversalManner.REFUND, desk.paid(), income_account_id=other))
    detail = row_of(desk, "RefundReceipt", made)["Line"][0]["SalesItemLineDetail"]
    assert (detail["ItemRef"]["value"], detail["TaxCodeRef"]["value"]) == (item, "NON")
    assert desk.held("Other income") == Decimal("120.00")


def credit_back(desk: Desk, made: Entry, customer: str, **more: Any) -> ReversalRequest:
    known = ReversalRequest(
        manner=ReversalManner.REFUND,
        booking_id=made.entry_id,
        ledger_id="",
        customer_id=customer,
        amount=made.amount,
        account_id=desk.clearing,
        income_account_id=None,
        tax_code=None,
        booked_on=DAY,
        reference="DB8BACK",
        note="Stripe re_2",
        idempotency_key="key-9",
        of_kind=EntryKind.CREDIT,
    )
    return replace(known, **more)


def owed_by(desk: Desk, customer: str) -> Decimal:
    return receivables(desk.books).get(customer, NOTHING)


def test_a_credit_that_is_paid_back_leaves_income_alone(desk: Desk) -> None:
    customer = desk.h.add_customer("Rosa Diaz")
    made = desk.entries.make_credit(credit(desk, customer_id=customer))
    assert owed_by(desk, customer) == Decimal("-120.00")
    part = desk.entries.reverse(credit_back(desk, made, customer, amount=usd("20.00")))
    assert (desk.held(), desk.held("Sales"), owed_by(desk, customer)) == (Decimal(100), NOTHING, Decimal(-100))
    assert list(desk.entries.entries_with_reference(EntryKind.REVERSAL, "DB8BACK")) == [part]
    desk.entries.take_back(EntryKind.REVERSAL, part.entry_id, "undone")
    assert (desk.held(), owed_by(desk, customer)) == (Decimal(120), Decimal(-120))


def test_a_credit_is_voided_whole_like_a_payment(desk: Desk) -> None:
    customer = desk.h.add_customer("Rosa Diaz")
    made = desk.entries.make_credit(credit(desk, customer_id=customer))
    desk.entries.reverse(credit_back(desk, made, customer, manner=ReversalManner.VOID))
    assert (desk.held(), owed_by(desk, customer)) == (NOTHING, NOTHING)


def test_a_foreign_credit_goes_back_at_its_own_rate_and_on_its_own_receivables(multi: Desk) -> None:
    customer = multi.books.add_customer("Léa", currency="EUR")
    money = Money.of("10.00", "EUR")
    asked = credit(multi, customer_id=customer, amount=money, exchange_rate=Decimal("1.1"))
    multi.entries.reverse(credit_back(multi, multi.entries.make_credit(asked), customer))
    assert (multi.held(), owed_by(multi, customer)) == (NOTHING, NOTHING)


def test_without_receivables_in_the_currency_no_credit_is_paid_back(multi: Desk) -> None:
    customer = multi.books.add_customer("Léa", currency="EUR")
    money = Money.of("10.00", "EUR")
    asked = credit(multi, customer_id=customer, amount=money, exchange_rate=Decimal("1.1"))
    made = multi.entries.make_credit(asked)
    multi.books.change("Account", multi.books.account("Accounts Receivable (A/R) - EUR"), Active=False)
    with pytest.raises(Rejected, match="no Accounts Receivable in EUR") as refused:
        multi.entries.reverse(credit_back(multi, made, customer))
    assert refused.value.because is RejectedBecause.SETUP
    assert multi.held() == Decimal("11.00")


# ------------------------------------------------------------------------------------------------ several currencies


def test_a_foreign_refund_takes_the_rate_of_its_payment(multi: Desk) -> None:
    customer = multi.books.add_customer("Léa", currency="EUR")
    add = {"customer": customer, "amount": "100.00", "currency": "EUR", "exchange_rate": "1.10"}
    ledger_id = multi.h.issue(customer, Money.of("100.00", "EUR"))
    multi.books.change_unseen("Invoice", ledger_id, ExchangeRate=Decimal(add["exchange_rate"]))
    money = Money.of("100.00", "EUR")
    booking = multi.ledger.book(
        BookingRequest(ledger_id, customer, money, DAY, multi.clearing, "DB5", "pi", "b1", exchange_rate=Decimal("1.2"))
    )
    assert multi.held() == Decimal("120.00")
    multi.entries.reverse(reversal(multi, ReversalManner.REFUND, (customer, booking)))
    assert multi.held() == 0


def test_a_foreign_entry_without_a_rate_is_not_sent(multi: Desk) -> None:
    euro = Money.of("3.00", "EUR")
    customer = multi.books.add_customer("Léa", currency="EUR")
    refused = []
    for call, request in (
        (multi.entries.make_expense, expense(multi, amount=euro)),
        (multi.entries.make_transfer, transfer(multi, amount=euro)),
        (multi.entries.make_credit, credit(multi, amount=euro, customer_id=customer)),
    ):
        with pytest.raises(Rejected, match="no exchange rate is known") as error:
            call(request)  # type: ignore[arg-type]  # each takes its own kind of request
        refused.append(error.value.because)
    assert refused == [RejectedBecause.SETUP] * 3
    assert multi.writes() == []


def test_entries_in_a_company_with_several_currencies_name_theirs(multi: Desk) -> None:
    multi.entries.make_expense(expense(multi))
    multi.entries.make_transfer(transfer(multi, idempotency_key="key-2"))
    customer = multi.books.add_customer("Léa", currency="EUR")
    euro = Money.of("10.00", "EUR")
    multi.entries.make_credit(
        credit(multi, customer_id=customer, amount=euro, exchange_rate=Decimal("1.1"), idempotency_key="key-3")
    )
    assert multi.held() == Decimal("-89.00")
    assert multi.ledger.account_balance(multi.clearing, DAY) == usd("-89.00")


def test_a_foreign_refund_of_a_payment_that_is_gone_has_no_rate_and_is_not_sent(multi: Desk) -> None:
    customer = multi.books.add_customer("Léa", currency="EUR")
    ledger_id = multi.h.issue(customer, Money.of("100.00", "EUR"))
    money = Money.of("100.00", "EUR")
    booking = multi.ledger.book(
        BookingRequest(ledger_id, customer, money, DAY, multi.clearing, "DB5", "pi", "b1", exchange_rate=Decimal("1.2"))
    )
    delete_payment(multi.books, booking.booking_id)
    with pytest.raises(Rejected, match="no exchange rate is known"):
        multi.entries.reverse(reversal(multi, ReversalManner.REFUND, (customer, booking)))
    assert multi.held() == 0


# ---------------------------------------------------------------------------------------------------------- finding


def test_a_fresh_entry_hides_from_the_list_and_a_repeat_still_makes_no_second(desk: Desk) -> None:
    desk.books.settings.lag = 10
    made = desk.entries.make_transfer(transfer(desk))
    assert list(desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)) == []
    assert desk.entries.make_transfer(transfer(desk)) == made
    desk.h.let_time_pass(timedelta(seconds=11))
    assert list(desk.entries.entries_with_reference(EntryKind.TRANSFER, REFERENCE)) == [made]
    assert desk.held() == Decimal("-96.22")


def test_an_entry_that_cannot_be_read_is_named_with_the_field(desk: Desk) -> None:
    made = desk.entries.make_expense(expense(desk))
    row = desk.books.row("Purchase", made.entry_id)
    desk.books.change_unseen("Purchase", made.entry_id, TotalAmt="a lot")
    with pytest.raises(Rejected, match=r"Purchase id \d+ in QuickBooks could not be read") as refused:
        desk.entries.entries_with_reference(EntryKind.EXPENSE, REFERENCE)
    assert refused.value.because is RejectedBecause.INVALID
    desk.books.change_unseen("Purchase", made.entry_id, **row)
