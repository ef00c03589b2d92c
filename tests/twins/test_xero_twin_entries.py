"""The stand-in for Xero: bank transactions, transfers, credit and its use, reports, and what it refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from adapters.sandbox.xero.books import Account, Invoice
from tests.twins.xero_desk import OTHER_TENANT, Desk, opened
from tests.xero_spec import check_answer, document

ROOT = "/api.xro/2.0"
LOCKED = "The document date cannot be before the period lock date"


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as made:
        yield made


def clearing(desk: Desk) -> dict[str, str]:
    return {"AccountID": desk.twin.books.clearing_account.account_id}


def bank(desk: Desk) -> dict[str, str]:
    return {"AccountID": desk.twin.books.account("Business Bank Account").account_id}


def spend(desk: Desk, amount: str = "3.20", **changes: Any) -> dict[str, Any]:
    line = {"Description": "Fee", "Quantity": 1, "UnitAmount": float(amount), "AccountCode": "404"}
    element = {
        "Type": "SPEND",
        "Contact": {"Name": "Stripe"},
        "BankAccount": clearing(desk),
        "Date": "2026-11-23",
        "Reference": "DBFEE1 txn_1",
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
        **changes,
    }
    return {"BankTransactions": [element]}


def overpay(desk: Desk, contact_id: str, amount: str = "25.00", **changes: Any) -> dict[str, Any]:
    line = {"Description": "DBOVER1 pi_1", "Quantity": 1, "UnitAmount": float(amount)}
    more = {"Type": "RECEIVE-OVERPAYMENT", "Contact": {"ContactID": contact_id}, "LineItems": [line]}
    return spend(desk, **{**more, **changes})


def move(desk: Desk, amount: str = "90.00", **changes: Any) -> dict[str, Any]:
    element = {
        "FromBankAccount": clearing(desk),
        "ToBankAccount": bank(desk),
        "Amount": float(amount),
        "Date": "2026-11-23",
        "Reference": "DBPAYOUT1 po_1",
    }
    return {"BankTransfers": [{**element, **changes}]}


def note(contact_id: str, amount: str = "40.00", **changes: Any) -> dict[str, Any]:
    line = {"Description": "Refund", "Quantity": 1, "UnitAmount": float(amount), "AccountCode": "200"}
    element = {
        "Type": "ACCRECCREDIT",
        "Status": "AUTHORISED",
        "Contact": {"ContactID": contact_id},
        "Date": "2026-11-23",
        "LineAmountTypes": "NoTax",
        "LineItems": [line],
        "Reference": "DBREFUND1 re_1",
    }
    return {"CreditNotes": [{**element, **changes}]}


def pay_back(desk: Desk, target: dict[str, Any], amount: str, **changes: Any) -> dict[str, Any]:
    element = {"Account": clearing(desk), "Date": "2026-11-24", "Amount": float(amount), "Reference": "DBREFUND1"}
    return {"Payments": [{**target, **element, **changes}]}


def put(desk: Desk, path: str, body: Any, **headers: str) -> httpx.Response:
    return desk.http.put(f"{ROOT}{path}", json=body, headers=headers)


def made(desk: Desk, path: str, body: Any) -> dict[str, Any]:
    """The row of what was made, held against the description."""
    answer = put(desk, path, body)
    assert answer.status_code == 200, answer.text
    check_answer("PUT", f"{ROOT}{path}", answer.json())
    kind = path.rpartition("/")[2]
    (row,) = answer.json()[kind]
    return dict(row)


def posted(desk: Desk, path: str, body: Any) -> httpx.Response:
    answer = desk.http.post(f"{ROOT}{path}", json=body)
    check_answer("POST", f"{ROOT}{path}", answer.json(), answer.status_code)
    return answer


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 400, answer.text
    return str(answer.json()["Elements"][0]["ValidationErrors"][0]["Message"])


def balance(desk: Desk, account: str, on: str | None = None) -> Decimal:
    params = {"account": account} | ({"on": on} if on else {})
    return Decimal(desk.http.get("/_sandbox/balance", params=params).json()["amount"])


def balances(desk: Desk) -> dict[str, Decimal]:
    """By account; asserts that they add up to nothing."""
    told = desk.http.get("/_sandbox/trial-balance").json()
    assert Decimal(told["total"]) == 0
    return {name: Decimal(amount) for name, amount in told["accounts"].items() if Decimal(amount)}


def ageing(desk: Desk) -> Decimal:
    rows = desk.http.get("/_sandbox/ageing").json()["rows"]
    return sum((Decimal(row["open"]) for row in rows), Decimal(0))


# --------------------------------------------------------------------------------------------------- what is posted


def test_an_invoice_with_tax_stands_in_receivables_sales_and_tax(desk: Desk) -> None:
    invoice = desk.issue("115.00", tax=Decimal(15))
    assert balances(desk) == {"Accounts Receivable": 115, "Sales": -100, "GST": -15}
    desk.twin.books.edit(invoice, amount=Decimal(230), tax=Decimal(30))
    assert balances(desk) == {"Accounts Receivable": 230, "Sales": -200, "GST": -30}
    desk.twin.books.void(invoice)
    assert balances(desk) == {}


def test_a_draft_stands_nowhere_until_it_is_authorised(desk: Desk) -> None:
    draft = desk.issue("80", status="DRAFT")
    assert balances(desk) == {}
    desk.twin.books.edit(draft, status="AUTHORISED")
    assert balances(desk) == {"Accounts Receivable": 80, "Sales": -80}


def test_a_payment_moves_the_debt_to_clearing_and_deleting_it_moves_it_back(desk: Desk) -> None:
    invoice = desk.issue("100")
    payment = desk.put({"Payments": [desk.payment(invoice, "60")]}).json()["Payments"][0]
    assert balances(desk) == {"Stripe clearing": 60, "Accounts Receivable": 40, "Sales": -100}
    desk.http.post(f"{ROOT}/Payments/{payment['PaymentID']}", json={"Status": "DELETED"})
    assert balances(desk) == {"Accounts Receivable": 100, "Sales": -100}


def test_a_fee_takes_its_tax_apart_and_a_fee_given_back_puts_it_in_again(desk: Desk) -> None:
    line = {"Description": "Fee", "Quantity": 1, "UnitAmount": 1.15, "AccountCode": "404", "TaxType": "INPUT2"}
    row = made(desk, "/BankTransactions", spend(desk, LineAmountTypes="Inclusive", LineItems=[line]))
    assert (row["SubTotal"], row["TotalTax"], row["Total"]) == (1, 0.15, 1.15)
    assert balances(desk) == {"Stripe clearing": Decimal("-1.15"), "Bank Fees": 1, "GST": Decimal("0.15")}
    made(desk, "/BankTransactions", spend(desk, Type="RECEIVE", LineAmountTypes="Inclusive", LineItems=[line]))
    assert balances(desk) == {}


def test_lines_without_a_word_about_tax_include_it_on_bank_transactions_and_not_on_credit_notes(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Ada")
    taxed = {"Description": "x", "Quantity": 1, "UnitAmount": 115, "TaxType": "OUTPUT2"}
    body = spend(desk, LineItems=[{**taxed, "AccountCode": "404"}])
    del body["BankTransactions"][0]["LineAmountTypes"]
    assert made(desk, "/BankTransactions", body)["Total"] == 115
    body = note(contact.contact_id, LineItems=[{**taxed, "AccountCode": "200"}])
    del body["CreditNotes"][0]["LineAmountTypes"]
    assert made(desk, "/CreditNotes", body)["Total"] == 132.25


def test_a_payout_moves_clearing_to_the_bank_and_can_be_deleted_not_edited(desk: Desk) -> None:
    row = made(desk, "/BankTransfers", move(desk))
    assert balances(desk) == {"Stripe clearing": -90, "Business Bank Account": 90}
    path = f"/BankTransfers/{row['BankTransferID']}"
    assert "cannot be edited" in refusal(posted(desk, path, {"Status": "AUTHORISED"}))
    assert posted(desk, path, {"Status": "DELETED"}).json()["BankTransfers"][0]["Status"] == "DELETED"
    assert "already been deleted" in refusal(posted(desk, path, {"Status": "DELETED"}))
    assert balances(desk) == {}
    assert desk.listed("/BankTransfers") == []
    assert len(desk.listed("/BankTransfers", {"includeDeleted": "true"})) == 1


def test_an_overpayment_is_credit_until_it_is_used_or_paid_back(desk: Desk) -> None:
    invoice = desk.issue("100")
    row = made(desk, "/BankTransactions", overpay(desk, invoice.contact.contact_id))
    over = row["OverpaymentID"]
    assert "Reference" not in row  # only SPEND and RECEIVE carry one
    assert row["LineItems"][0]["Description"] == "DBOVER1 pi_1"
    assert balances(desk) == {"Stripe clearing": 25, "Accounts Receivable": 75, "Sales": -100}

    part = {"Invoice": {"InvoiceID": invoice.invoice_id}, "Amount": 10, "Date": "2026-11-23"}
    made(desk, f"/Overpayments/{over}/Allocations", {"Allocations": [part]})
    assert invoice.due == 90
    made(desk, "/Payments", pay_back(desk, {"Overpayment": {"OverpaymentID": over}}, "15"))

    told = desk.get(f"/Overpayments/{over}").json()
    check_answer("GET", f"{ROOT}/Overpayments/{over}", told)
    assert (told["Overpayments"][0]["RemainingCredit"], told["Overpayments"][0]["Status"]) == (0, "PAID")
    assert balances(desk) == {"Stripe clearing": 10, "Accounts Receivable": 90, "Sales": -100}
    assert ageing(desk) == 90


def test_a_credit_note_paid_back_takes_income_and_clearing_down_and_leaves_the_invoice_paid(desk: Desk) -> None:
    invoice = desk.issue("100")
    desk.twin.books.pay(invoice, Decimal(100))
    row = made(desk, "/CreditNotes", note(invoice.contact.contact_id))
    target = {"CreditNote": {"CreditNoteID": row["CreditNoteID"]}}
    refund = made(desk, "/Payments", pay_back(desk, target, "40"))

    assert refund["PaymentType"] == "ARCREDITPAYMENT"
    assert balances(desk) == {"Stripe clearing": 60, "Sales": -60}
    assert invoice.status == "PAID"
    assert ageing(desk) == 0

    path = f"/CreditNotes/{row['CreditNoteID']}"
    assert "allocation" in refusal(posted(desk, path, {"CreditNotes": [{"Status": "VOIDED"}]}))
    posted(desk, f"/Payments/{refund['PaymentID']}", {"Status": "DELETED"})
    posted(desk, path, {"CreditNotes": [{"CreditNoteID": row["CreditNoteID"], "Status": "VOIDED"}]})
    assert balances(desk) == {"Stripe clearing": 100, "Sales": -100}


def test_an_allocation_can_be_taken_back(desk: Desk) -> None:
    invoice = desk.issue("100")
    row = made(desk, "/CreditNotes", note(invoice.contact.contact_id, "100"))
    part = {"Invoice": {"InvoiceID": invoice.invoice_id}, "Amount": 100, "Date": "2026-11-23"}
    path = f"/CreditNotes/{row['CreditNoteID']}/Allocations"
    made(desk, path, {"Allocations": [part]})
    assert invoice.status == "PAID"
    assert invoice.credited == 100
    used = desk.get(f"/Invoices/{invoice.invoice_id}").json()
    check_answer("GET", f"{ROOT}/Invoices/{invoice.invoice_id}", used)
    assert used["Invoices"][0]["CreditNotes"][0]["AppliedAmount"] == 100

    (allocation,) = invoice.allocations
    answer = desk.http.delete(f"{ROOT}{path}/{allocation.allocation_id}")
    check_answer("DELETE", f"{ROOT}{path}/{allocation.allocation_id}", answer.json())
    assert answer.json()["IsDeleted"] is True
    assert invoice.status == "AUTHORISED"
    assert ageing(desk) == 0


# ------------------------------------------------------------------------------------------------ foreign currency


def test_a_euro_invoice_paid_at_another_rate_leaves_a_realised_gain(desk: Desk) -> None:
    invoice = desk.issue("100", currency="EUR", rate=Decimal("1.80"))
    assert balances(desk) == {"Accounts Receivable": 180, "Sales": -180}
    row = desk.put({"Payments": [desk.payment(invoice, "100", CurrencyRate=0.512821)]}).json()["Payments"][0]
    assert (row["Amount"], row["BankAmount"]) == (100, 195)
    assert balances(desk) == {"Stripe clearing": 195, "Sales": -180, "Realised Currency Gains": -15}


def test_the_last_part_of_a_euro_invoice_takes_the_odd_cents(desk: Desk) -> None:
    invoice = desk.issue("1.00", currency="EUR", rate=Decimal("1.955"))
    for amount in ("0.33", "0.33", "0.34"):
        desk.put({"Payments": [desk.payment(invoice, amount)]})
    assert invoice.status == "PAID"
    assert "Accounts Receivable" not in balances(desk)


def test_a_euro_account_is_kept_in_euros(desk: Desk) -> None:
    books = desk.twin.books
    euros = books.add_account(Account("Stripe EUR", "BANK", None, "EUR"))
    invoice = desk.issue("100", currency="EUR", rate=Decimal("1.80"))
    books.pay(invoice, Decimal(100), account=euros, rate=Decimal("1.95"))
    assert balance(desk, "Stripe EUR") == 100
    assert balances(desk) == {"Stripe EUR": 195, "Sales": -180, "Realised Currency Gains": -15}
    refused = desk.put({"Payments": [desk.payment(desk.issue(), "1", Account={"AccountID": euros.account_id})]})
    assert "currency of the account" in refusal(refused)


def test_an_overpayment_may_be_in_another_currency_than_its_account(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Ada")
    body = overpay(desk, contact.contact_id, "10", CurrencyCode="EUR", CurrencyRate=0.555556)
    assert made(desk, "/BankTransactions", body)["CurrencyCode"] == "EUR"
    assert balances(desk) == {"Stripe clearing": 18, "Accounts Receivable": -18}
    assert "currency" in refusal(put(desk, "/BankTransactions", spend(desk, CurrencyCode="EUR")))


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("path", "change", "text"),
    [
        ("/BankTransactions", {"BankAccount": {"Code": "200"}}, "A valid bank account must be specified"),
        ("/BankTransactions", {"Date": "2026-01-31"}, LOCKED),
        ("/BankTransactions", {"Contact": {}}, "The Contact must contain at least 1"),
        ("/BankTransactions", {"Contact": {"ContactID": OTHER_TENANT}}, "The Contact could not be found"),
        ("/BankTransactions", {"Type": "SPEND-TRANSFER"}, "SPEND-TRANSFER cannot be made"),
        ("/BankTransfers", {"ToBankAccount": {"Code": "404"}}, "A valid bank account must be specified"),
        ("/BankTransfers", {"Date": "2026-01-31"}, LOCKED),
        ("/BankTransfers", {"Amount": 0}, "greater than zero"),
        ("/CreditNotes", {"Date": "2026-01-31"}, LOCKED),
        ("/CreditNotes", {"Contact": {"ContactID": OTHER_TENANT}}, "The Contact could not be found"),
        ("/CreditNotes", {"Status": "DRAFT"}, "authorised sales credit notes only"),
    ],
)
def test_each_refusal_is_a_400_and_changes_nothing(desk: Desk, path: str, change: dict[str, Any], text: str) -> None:
    contact = desk.twin.books.add_contact("Ada")
    desk.http.post("/_sandbox/settings", json={"period_lock_date": "2026-01-31"})
    bodies = {
        "/BankTransactions": lambda: spend(desk, **change),
        "/BankTransfers": lambda: move(desk, **change),
        "/CreditNotes": lambda: note(contact.contact_id, **change),
    }
    assert text in refusal(put(desk, path, bodies[path]()))
    assert balances(desk) == {}


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ({"AccountCode": "999"}, "Account code '999' is not a valid code for this document."),
        ({"AccountCode": "090"}, "Account code '090' is not a valid code"),
        ({"TaxType": "VAT99"}, "The TaxType code 'VAT99' does not exist"),
        ({"Description": ""}, "Description"),
        ({"UnitAmount": -1}, "greater than zero"),
    ],
)
def test_a_line_that_cannot_be_is_refused(desk: Desk, line: dict[str, Any], text: str) -> None:
    whole = {"Description": "Fee", "Quantity": 1, "UnitAmount": 1, "AccountCode": "404", **line}
    assert text in refusal(put(desk, "/BankTransactions", spend(desk, LineItems=[whole])))


def test_the_year_end_lock_has_its_own_words(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"end_of_year_lock_date": "2026-12-31"})
    assert "end of year lock date" in refusal(put(desk, "/BankTransfers", move(desk)))


def test_what_was_booked_before_a_lock_cannot_be_taken_back_after_it(desk: Desk) -> None:
    invoice = desk.issue("100")
    contact = invoice.contact.contact_id
    payment = desk.put({"Payments": [desk.payment(invoice, "60")]}).json()["Payments"][0]["PaymentID"]
    fee = made(desk, "/BankTransactions", spend(desk))["BankTransactionID"]
    payout = made(desk, "/BankTransfers", move(desk))["BankTransferID"]
    credit = made(desk, "/CreditNotes", note(contact))["CreditNoteID"]
    before = balances(desk)
    desk.http.post("/_sandbox/settings", json={"period_lock_date": "2026-11-30"})

    gone = {"Status": "DELETED"}
    assert refusal(posted(desk, f"/Payments/{payment}", gone)) == LOCKED
    assert refusal(posted(desk, f"/BankTransactions/{fee}", {"BankTransactions": [gone]})) == LOCKED
    assert refusal(posted(desk, f"/BankTransfers/{payout}", gone)) == LOCKED
    assert refusal(posted(desk, f"/CreditNotes/{credit}", {"CreditNotes": [{"Status": "VOIDED"}]})) == LOCKED
    assert balances(desk) == before


def test_what_is_matched_with_a_bank_line_cannot_be_taken_back(desk: Desk) -> None:
    fee = made(desk, "/BankTransactions", spend(desk))["BankTransactionID"]
    payout = made(desk, "/BankTransfers", move(desk))["BankTransferID"]
    for one in (fee, payout):
        assert desk.http.post(f"/_sandbox/reconciled/{one}").status_code == 200
    gone = {"Status": "DELETED"}
    assert "reconciled" in refusal(posted(desk, f"/BankTransactions/{fee}", {"BankTransactions": [gone]}))
    assert "reconciled" in refusal(posted(desk, f"/BankTransfers/{payout}", gone))


def test_credit_cannot_be_used_beyond_what_is_left_or_owed_or_for_somebody_else(desk: Desk) -> None:
    invoice, books = desk.issue("30"), desk.twin.books
    other = books.issue(books.add_contact("Somebody else"), Decimal(90))
    credit = made(desk, "/CreditNotes", note(invoice.contact.contact_id, "20"))["CreditNoteID"]

    def allocating(target: Invoice, amount: str) -> str:
        part = {"Invoice": {"InvoiceID": target.invoice_id}, "Amount": float(amount), "Date": "2026-11-23"}
        return refusal(put(desk, f"/CreditNotes/{credit}/Allocations", {"Allocations": [part]}))

    assert "remaining credit" in allocating(invoice, "25")
    assert "exceeds the amount outstanding" in allocating(invoice, "31")
    assert "same contact" in allocating(other, "5")
    refused = put(desk, "/Payments", pay_back(desk, {"CreditNote": {"CreditNoteID": credit}}, "20.01"))
    assert "exceeds the amount outstanding" in refusal(refused)
    assert invoice.due == 30
    assert ageing(desk) == 100


def test_an_overpayment_that_is_in_use_cannot_be_deleted(desk: Desk) -> None:
    invoice = desk.issue("100")
    row = made(desk, "/BankTransactions", overpay(desk, invoice.contact.contact_id))
    answer = desk.http.post(
        f"/_sandbox/credits/{row['OverpaymentID']}/allocate", json={"invoice": invoice.invoice_id, "amount": "5.00"}
    )
    assert answer.json()["RemainingCredit"] == "20.00"
    path = f"/BankTransactions/{row['BankTransactionID']}"
    assert "allocated" in refusal(posted(desk, path, {"BankTransactions": [{"Status": "DELETED"}]}))


# ----------------------------------------------------------------------------------------------- lists and reports


def test_lists_of_bank_transactions_filter_page_and_show_both_ends_of_a_transfer(desk: Desk) -> None:
    fee = made(desk, "/BankTransactions", spend(desk))
    made(desk, "/BankTransfers", move(desk))
    whole = desk.get("/BankTransactions", {"page": 1})
    check_answer("GET", f"{ROOT}/BankTransactions", whole.json())
    assert {row["Type"] for row in whole.json()["BankTransactions"]} == {"SPEND", "SPEND-TRANSFER", "RECEIVE-TRANSFER"}
    assert whole.json()["pagination"]["itemCount"] == 3

    def found(where: str, **headers: str) -> list[str]:
        rows = desk.listed("/BankTransactions", {"where": where, "page": 1}, **headers)
        return [row["Type"] for row in rows]

    account = f'BankAccount.AccountID==guid("{desk.twin.books.clearing_account.account_id}")'
    assert sorted(found(account)) == ["SPEND", "SPEND-TRANSFER"]
    assert found(f'{account} AND Date>=DateTime(2026,11,24) AND Status=="AUTHORISED"') == []
    assert found('Reference!=null AND Reference.StartsWith("DBFEE1")') == ["SPEND"]
    later = (desk.twin.clock.now() + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%S")
    assert found(account, If_Modified_Since=later) == []
    one = desk.get(f"/BankTransactions/{fee['BankTransactionID']}")
    check_answer("GET", f"{ROOT}/BankTransactions/{fee['BankTransactionID']}", one.json())


def test_refunds_stand_among_the_payments(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Ada")
    credit = made(desk, "/CreditNotes", note(contact.contact_id))["CreditNoteID"]
    made(desk, "/Payments", pay_back(desk, {"CreditNote": {"CreditNoteID": credit}}, "40"))
    rows = desk.get("/Payments", {"page": 1, "where": 'Reference!=null AND Reference.StartsWith("DBREFUND1")'})
    check_answer("GET", f"{ROOT}/Payments", rows.json())
    assert [row["PaymentType"] for row in rows.json()["Payments"]] == ["ARCREDITPAYMENT"]
    assert desk.listed("/Payments", {"where": 'PaymentType=="ACCRECPAYMENT"'}) == []
    assert desk.listed("/CreditNotes", {"where": 'Reference!=null AND Reference.StartsWith("DBREFUND1")', "page": 1})


def test_a_key_makes_one_bank_transaction_for_six_minutes(desk: Desk) -> None:
    for _ in range(2):
        assert put(desk, "/BankTransactions", spend(desk), **{"Idempotency-Key": "k"}).status_code == 200
    assert balance(desk, "Stripe clearing") == Decimal("-3.20")
    desk.twin.clock.offset += timedelta(minutes=6, seconds=1)
    put(desk, "/BankTransactions", spend(desk), **{"Idempotency-Key": "k"})
    assert balance(desk, "Stripe clearing") == Decimal("-6.40")


def test_reports_have_the_shape_and_the_sums_of_the_books(desk: Desk) -> None:
    document()
    invoice = desk.issue("100", issued_on=date(2026, 11, 20))
    desk.twin.books.pay(invoice, Decimal(60), paid_on=date(2026, 11, 22))
    made(desk, "/BankTransactions", spend(desk))
    contact = invoice.contact.contact_id
    told: dict[str, list[dict[str, Any]]] = {}
    for name, params in (
        ("TrialBalance", {"date": "2026-11-23"}),
        ("BankSummary", {"fromDate": "2026-11-23", "toDate": "2026-11-23"}),
        ("AgedReceivablesByContact", {"contactId": contact, "date": "2027-01-01"}),
    ):
        answer = desk.get(f"/Reports/{name}", params)
        check_answer("GET", f"{ROOT}/Reports/{name}", answer.json())
        told[name] = answer.json()["Reports"][0]["Rows"]

    def cells(name: str, first: str) -> list[str]:
        rows = [row for section in told[name] for row in section.get("Rows", [])]
        return next([c["Value"] for c in row["Cells"]] for row in rows if row["Cells"][0]["Value"] == first)

    assert cells("TrialBalance", "Stripe clearing") == ["Stripe clearing", "56.80", "", "56.80", ""]
    assert cells("TrialBalance", "Sales (200)") == ["Sales (200)", "", "100.00", "", "100.00"]
    assert cells("TrialBalance", "Total")[3:] == ["100.00", "100.00"]
    assert cells("BankSummary", "Stripe clearing") == ["Stripe clearing", "60.00", "0.00", "3.20", "56.80"]
    assert cells("AgedReceivablesByContact", "Total")[-1] == "40.00"
    assert desk.get("/Reports/TrialBalance", {"date": "soon"}).status_code == 400
    assert balance(desk, "Stripe clearing", "2026-11-22") == 60


def test_a_report_needs_its_own_permission(desk: Desk) -> None:
    desk.twin.seed_token("poor", scopes=frozenset({"accounting.banktransactions"}))
    assert desk.get("/Reports/BankSummary", Authorization="Bearer poor").status_code == 401
    assert desk.get("/BankTransactions", Authorization="Bearer poor").status_code == 200


def test_a_person_can_enter_the_same_by_hand(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Ada").contact_id

    def door(path: str, **body: Any) -> dict[str, Any]:
        answer = desk.http.post(f"/_sandbox/{path}", json=body)
        assert answer.status_code in {200, 201}, answer.text
        return dict(json.loads(answer.text))

    over = door("bank-transactions", kind="RECEIVE-OVERPAYMENT", contact=contact, amount="20.00", reference="cash")
    fee = door("bank-transactions", kind="SPEND", contact=contact, amount="2.00")
    payout = door("bank-transfers", amount="5.00", reference="payout")
    door(f"credits/{over['OverpaymentID']}/refund", amount="7.00")
    assert balance(desk, "Stripe clearing") == 6
    door(f"bank-transactions/{fee['BankTransactionID']}/delete")
    door(f"bank-transfers/{payout['BankTransferID']}/delete")
    assert balance(desk, "Stripe clearing") == 13
    assert ageing(desk) == -13
    records = desk.http.get("/_sandbox/records").json()
    assert [row["Status"] for row in records["bank_transactions"]] == ["AUTHORISED", "DELETED"]
    assert [(row["Reference"], row["Status"]) for row in records["bank_transfers"]] == [("payout", "DELETED")]
    assert [row["PaymentType"] for row in records["refunds"]] == ["AROVERPAYMENTPAYMENT"]
    door("invoices", contact=contact, amount="115.00", tax="15.00")
    assert balances(desk)["GST"] == -15
    assert records["credit_notes"] == []
    euro = door("accounts", name="Stripe EUR", kind="BANK", currency="EUR")
    refused = put(desk, "/BankTransfers", move(desk, ToBankAccount={"AccountID": euro["account_id"]}))
    assert "different currency" in refusal(refused)
    lines = desk.http.get("/_sandbox/journal").json()["lines"]
    assert sum(Decimal(line["base"]) for line in lines) == 0
    kinds = {"AROVERPAYMENT", "CASHPAID", "TRANSFER", "AROVERPAYMENTPAYMENT", "ACCREC"}
    assert {line["kind"] for line in lines} == kinds
