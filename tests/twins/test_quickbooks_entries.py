"""Expenses, transfers, refunds, deposits and credits of the QuickBooks stand-in, as a client sees them over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest

from tests.twins.quickbooks_desk import REALM, World, fault, opened


@pytest.fixture
def world() -> Iterator[World]:
    with opened() as ready:
        yield ready


def ref(value: str) -> dict[str, str]:
    return {"value": value}


def account(world: World, name: str) -> str:
    return world.twin.realms[REALM].account(name)


def purchase(world: World, **more: Any) -> dict[str, Any]:
    kind = "AccountBasedExpenseLineDetail"
    line = {"Amount": 3.2, "DetailType": kind, kind: {"AccountRef": ref(account(world, "Stripe fees"))}}
    clearing = ref(account(world, "Stripe clearing"))
    return {"PaymentType": "Cash", "AccountRef": clearing, "Line": [line], "DocNumber": "DBFEE1", **more}


def transfer(world: World, **more: Any) -> dict[str, Any]:
    ends = {"FromAccountRef": ref(account(world, "Stripe clearing")), "ToAccountRef": ref(account(world, "Checking"))}
    return {**ends, "Amount": 96.8, "PrivateNote": "DBPAY1 po_1", **more}


def sale(world: World, **more: Any) -> dict[str, Any]:
    item = {"ItemRef": ref(world.twin.realms[REALM].service_item)}
    line = {"Amount": 20, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}
    return {"CustomerRef": ref(world.customer()), "Line": [line], "DocNumber": "DBREF1", **more}


def refund(world: World, **more: Any) -> dict[str, Any]:
    return {**sale(world), "DepositToAccountRef": ref(account(world, "Stripe clearing")), **more}


def deposit(world: World, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"DepositToAccountRef": ref(account(world, "Checking")), "Line": list(lines), **more}


FORMS = {"purchase": purchase, "transfer": transfer, "refundreceipt": refund, "creditmemo": sale}
NAMES = {"purchase": "Purchase", "transfer": "Transfer", "refundreceipt": "RefundReceipt", "creditmemo": "CreditMemo"}
EVERY = pytest.mark.parametrize("path", list(FORMS))


def create(world: World, path: str, **more: Any) -> httpx.Response:
    params = {"requestid": more.pop("requestid")} if "requestid" in more else {}
    return world.call("POST", path, json=FORMS[path](world, **more), params=params)


def made(world: World, path: str, **more: Any) -> dict[str, Any]:
    response = create(world, path, **more)
    assert response.status_code == 200, response.text
    row: dict[str, Any] = response.json()[NAMES[path]]
    return row


def act(world: World, path: str, row: dict[str, Any], **params: str) -> httpx.Response:
    body = {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True}
    return world.call("POST", path, json=body, params=params)


def balance(world: World, name: str, on: str = "") -> str:
    address = f"{world.base_url}/_sandbox/balances/{account(world, name)}"
    text: str = world.http.get(address, params={"on": on} if on else {}).json()["balance"]
    return text


def trial(world: World) -> Any:
    return world.http.get(f"{world.base_url}/_sandbox/trial_balance").json()


# ------------------------------------------------------------------------------------------------------ every kind


@EVERY
def test_an_entry_is_made_read_listed_and_deleted(world: World, path: str) -> None:
    row = made(world, path)
    assert world.call("GET", f"{path}/{row['Id']}").json()[NAMES[path]] == row
    text = " ".join(("SELECT * FROM", NAMES[path], "WHERE TxnDate = '2026-11-23' ORDERBY MetaData.CreateTime DESC"))
    assert [one["Id"] for one in world.found(text, NAMES[path])] == [row["Id"]]
    assert fault(act(world, path, {**row, "SyncToken": "7"}, operation="delete")) == "5010"
    gone = act(world, path, row, operation="delete")
    assert gone.json()[NAMES[path]] == {"domain": "QBO", "status": "Deleted", "Id": row["Id"]}
    assert fault(world.call("GET", f"{path}/{row['Id']}")) == "610"
    assert trial(world) == {"accounts": [], "total": "0"}


@EVERY
def test_none_of_them_can_be_voided_through_the_api(world: World, path: str) -> None:
    row = made(world, path)
    assert fault(act(world, path, row, operation="void")) == "500"
    assert fault(act(world, path, row, operation="update", include="void")) == "500"


@EVERY
def test_closed_books_refuse_to_make_to_change_and_to_delete(world: World, path: str) -> None:
    row = made(world, path)
    later = made(world, path, TxnDate="2026-11-24", DocNumber="DB2")
    world.control("settings", close_date="2026-11-23")
    assert fault(create(world, path)) == "6200"
    assert fault(act(world, path, row, operation="delete")) == "6200"
    if path != "purchase":
        note = {"Id": row["Id"], "SyncToken": row["SyncToken"], "sparse": True, "PrivateNote": "changed"}
        assert fault(world.call("POST", path, json=note)) == "6200"
        back = {"Id": later["Id"], "SyncToken": later["SyncToken"], "sparse": True, "TxnDate": "2026-11-01"}
        assert fault(world.call("POST", path, json=back)) == "6200"
    world.control("settings", close_password=True)
    assert fault(create(world, path)) == "6210"
    assert act(world, path, later, operation="delete").status_code == 200


@EVERY
def test_the_same_requestid_repeats_its_answer_even_of_an_entry_deleted_since(world: World, path: str) -> None:
    row = made(world, path, requestid="key-1")
    act(world, path, row, operation="delete")
    assert made(world, path, requestid="key-1") == row
    assert trial(world)["total"] == "0"
    assert fault(world.call("GET", f"{path}/{row['Id']}")) == "610"


@EVERY
def test_changes_and_deletions_are_told(world: World, path: str) -> None:
    row = made(world, path)
    act(world, path, row, operation="delete")
    params = {"entities": NAMES[path], "changedSince": "2026-11-23T19:00:00Z"}
    [part] = world.call("GET", "cdc", params=params).json()["CDCResponse"][0]["QueryResponse"]
    assert [(one["Id"], one["status"]) for one in part[NAMES[path]]] == [(row["Id"], "Deleted")]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("SELECT * FROM Purchase WHERE DocNumber = 'DBFEE1'", ""),
        ("SELECT * FROM RefundReceipt WHERE DocNumber = 'DBREF1'", ""),
        ("SELECT * FROM CreditMemo WHERE DocNumber = 'DBREF1'", ""),
        ("SELECT * FROM Deposit WHERE DocNumber = 'DBFEE1'", ""),
        ("SELECT * FROM Purchase WHERE PrivateNote = 'x'", "4001"),
        ("SELECT * FROM Purchase WHERE AccountRef = '1'", "4001"),
        ("SELECT * FROM Transfer WHERE DocNumber = 'DBPAY1'", "4001"),
        ("SELECT * FROM Transfer WHERE PrivateNote LIKE 'DBPAY1%'", "4001"),
        ("SELECT * FROM Transfer WHERE Amount = '96.8'", "4001"),
        ("SELECT * FROM RefundReceipt WHERE PrivateNote = 'x'", "4001"),
        ("SELECT * FROM CreditMemo WHERE PrivateNote = 'x'", "4001"),
    ],
)
def test_only_some_fields_can_be_asked_for(world: World, text: str, code: str) -> None:
    response = world.query(text)
    assert ("" if response.status_code == 200 else fault(response)) == code


# -------------------------------------------------------------------------------------------------- each refusal


def line(**detail: Any) -> dict[str, Any]:
    kind = "AccountBasedExpenseLineDetail"
    return {"Amount": 1, "DetailType": kind, kind: detail}


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"PaymentType": None}, "2020"),
        ({"PaymentType": "Barter"}, "2010"),
        ({"AccountRef": None}, "2020"),
        ({"AccountRef": {"value": "999"}}, "2500"),
        ({"AccountRef": {"value": "4"}}, "6000"),  # an income account
        ({"Credit": True}, "6000"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 1, "DetailType": "ItemBasedExpenseLineDetail"}]}, "2020"),
        ({"Line": [line(AccountRef={"value": "999"})]}, "2500"),
        ({"Line": [line(AccountRef={"value": "4"}, TaxCodeRef={"value": "VAT"})]}, "2500"),
        ({"Line": [{**line(AccountRef={"value": "4"}), "Amount": -1}]}, "6000"),
        ({"Line": [{**line(AccountRef={"value": "4"}), "Amount": "1"}]}, "2010"),
        ({"DocNumber": "X" * 22}, "2050"),
        ({"PrivateNote": "X" * 4001}, "2050"),
    ],
)
def test_an_expense_is_checked_and_leaves_nothing_when_refused(world: World, more: dict[str, Any], code: str) -> None:
    assert fault(create(world, "purchase", **more)) == code
    assert world.records()["entries"] == []


def test_an_expense_on_receivables_must_name_the_customer(world: World) -> None:
    lines = [line(AccountRef=ref(account(world, "Accounts Receivable (A/R)")))]
    assert fault(create(world, "purchase", Line=lines)) == "6000"
    assert fault(create(world, "purchase", Line=lines, EntityRef={"type": "Customer", "value": "99"})) == "2500"
    customer = world.customer()
    made(world, "purchase", Line=lines, EntityRef={"type": "Customer", "value": customer})
    answer = world.http.get(f"{world.base_url}/_sandbox/ageing").json()
    assert (answer["customers"][0]["total"], answer["by_journal"]) == ("1.00", {customer: "1.00"})


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"Amount": None}, "2020"),
        ({"Amount": 0}, "6000"),
        ({"Amount": -5}, "6000"),
        ({"ToAccountRef": None}, "2020"),
        ({"ToAccountRef": {"value": "1"}}, "6000"),  # where it came from
        ({"FromAccountRef": {"value": "4"}}, "6000"),
    ],
)
def test_a_transfer_is_checked(world: World, more: dict[str, Any], code: str) -> None:
    assert fault(create(world, "transfer", **more)) == code
    assert world.records()["entries"] == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"CustomerRef": {}}, "2020"),
        ({"DepositToAccountRef": None}, "2020"),
        ({"DepositToAccountRef": {"value": "4"}}, "6000"),
        ({"Line": []}, "2020"),
        ({"Line": [{"Amount": 5, "DetailType": "DescriptionOnly"}]}, "2020"),
        ({"Line": [{"Amount": 5, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}]}, "2020"),
    ],
)
def test_a_refund_receipt_is_checked(world: World, more: dict[str, Any], code: str) -> None:
    assert fault(create(world, "refundreceipt", **more)) == code
    assert world.records()["entries"] == []


def test_an_inactive_account_is_none(world: World) -> None:
    closed = world.control("accounts", name="Old", kind="Bank", active=False)["Id"]
    assert fault(create(world, "purchase", AccountRef=ref(closed))) == "2500"


def test_a_transfer_drops_the_number_it_does_not_have(world: World) -> None:
    assert "DocNumber" not in made(world, "transfer", DocNumber="DBPAY1")


def test_a_number_may_stand_twice_unless_the_company_minds(world: World) -> None:
    made(world, "purchase")
    made(world, "purchase")
    world.control("settings", refuses_same_number=True)
    assert fault(create(world, "purchase")) == "6140"


def test_tax_comes_on_top_unless_it_is_included(world: World) -> None:
    world.control("settings", tax_percent={"20": "20"})
    lines = [line(AccountRef=ref(account(world, "Stripe fees")), TaxCodeRef=ref("20"))]
    assert made(world, "purchase", Line=lines)["TotalAmt"] == 1.2
    row = made(world, "purchase", Line=lines, GlobalTaxCalculation="TaxInclusive")
    assert (row["TotalAmt"], row["TxnTaxDetail"]["TotalTax"]) == (1, 0.17)
    assert balance(world, "Stripe clearing") == "-2.20"
    assert balance(world, "Sales tax payable") == "0.37"


def test_with_several_currencies_each_entry_names_its_own(world: World) -> None:
    world.control("settings", multicurrency=True)
    euro = world.control("accounts", name="Euro bank", kind="Bank", currency="EUR")["Id"]
    assert fault(create(world, "purchase")) == "2020"
    assert fault(create(world, "transfer", ToAccountRef=ref(euro), CurrencyRef=ref("USD"))) == "6000"
    row = made(world, "purchase", AccountRef=ref(euro), CurrencyRef=ref("EUR"), ExchangeRate=1.1)
    assert row["ExchangeRate"] == 1.1
    assert (balance(world, "Euro bank"), balance(world, "Stripe fees")) == ("-3.20", "3.52")


# --------------------------------------------------------------------------------------------- deposits and credits


def test_a_deposited_payment_cannot_be_voided_until_its_deposit_is_gone(world: World) -> None:
    payment = world.pay(world.invoice("120.00"), 120.0).json()["Payment"]
    waiting = {"Amount": 120, "LinkedTxn": [{"TxnId": payment["Id"], "TxnType": "Payment", "TxnLineId": "0"}]}
    fee = {"Amount": -3.2, "DepositLineDetail": {"AccountRef": ref(account(world, "Stripe fees"))}}
    form = deposit(world, waiting, fee)
    row = world.call("POST", "deposit", json=form).json()["Deposit"]
    assert (row["TotalAmt"], balance(world, "Checking"), balance(world, "Undeposited Funds")) == (
        116.8,
        "116.80",
        "0.00",
    )
    assert fault(world.call("POST", "deposit", json=form)) == "620"
    payment = world.call("GET", f"payment/{payment['Id']}").json()["Payment"]
    void = act(world, "payment", payment, operation="update", include="void")
    assert (fault(void), "deposited" in void.text) == ("6000", True)
    assert fault(act(world, "payment", payment, operation="delete")) == "6000"
    act(world, "deposit", row, operation="delete")
    payment = world.call("GET", f"payment/{payment['Id']}").json()["Payment"]
    assert act(world, "payment", payment, operation="update", include="void").status_code == 200
    assert world.records()["invoices"][0]["balance"] == "120.00"


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ([], "2020"),
        ([{"Amount": 5}], "2020"),
        ([{"Amount": -5, "DepositLineDetail": {"AccountRef": {"value": "4"}}}], "6000"),
        ([{"Amount": 5, "LinkedTxn": [{"TxnId": "999", "TxnType": "Payment"}]}], "610"),
    ],
)
def test_a_deposit_is_checked(world: World, lines: list[dict[str, Any]], code: str) -> None:
    assert fault(world.call("POST", "deposit", json=deposit(world, *lines))) == code


def test_the_lines_of_a_payment_are_all_or_nothing(world: World) -> None:
    customer = world.customer()
    first, second = world.invoice("50.00", customer), world.invoice("70.00", customer)
    payment = world.pay(first, 50.0).json()["Payment"]
    body = {"Id": payment["Id"], "SyncToken": payment["SyncToken"], "sparse": True}
    payment = world.call("POST", "payment", json={**body, "PrivateNote": "x"}).json()["Payment"]
    assert payment["UnappliedAmt"] == 0
    body["SyncToken"] = payment["SyncToken"]
    wanted = [{"Amount": 30, "LinkedTxn": [{"TxnId": second, "TxnType": "Invoice"}]}]
    payment = world.call("POST", "payment", json={**body, "Line": wanted}).json()["Payment"]
    assert payment["UnappliedAmt"] == 20
    assert [one["balance"] for one in world.records()["invoices"]] == ["50.00", "40.00"]
    body["SyncToken"] = payment["SyncToken"]
    too_much = [{"Amount": 60, "LinkedTxn": [{"TxnId": second, "TxnType": "Invoice"}]}]
    assert fault(world.call("POST", "payment", json={**body, "Line": too_much})) == "6000"
    assert fault(world.call("POST", "payment", json={**body, "SyncToken": "0", "Line": []})) == "5010"
    assert [one["balance"] for one in world.records()["invoices"]] == ["50.00", "40.00"]
    body["SyncToken"] = world.call("GET", f"payment/{payment['Id']}").json()["Payment"]["SyncToken"]
    payment = world.call("POST", "payment", json={**body, "Line": []}).json()["Payment"]
    assert payment["UnappliedAmt"] == 50


@pytest.mark.parametrize("path", ["invoice", "payment"])
def test_closed_books_refuse_to_change_and_to_void_invoices_and_payments(world: World, path: str) -> None:
    payment = world.pay(world.invoice("120.00"), 120.0).json()["Payment"]
    row = payment if path == "payment" else world.call("GET", "invoice/" + payment["Line"][0]["LinkedTxn"][0]["TxnId"])
    found = row if isinstance(row, dict) else row.json()["Invoice"]
    world.control("settings", close_date="2026-11-23")
    note = {"Id": found["Id"], "SyncToken": found["SyncToken"], "sparse": True, "PrivateNote": "changed"}
    assert fault(world.call("POST", path, json=note)) == "6200"
    params = {"operation": "void"} if path == "invoice" else {"operation": "update", "include": "void"}
    assert fault(act(world, path, found, **params)) == "6200"
    assert fault(act(world, path, found, operation="delete")) == "6200"


def test_a_credit_put_on_an_invoice_is_free_again_when_the_invoice_is_voided(world: World) -> None:
    customer = world.customer()
    invoice = world.invoice("120.00", customer)
    memo = world.control("creditmemos", customer=customer, amount="20.00", invoice=invoice)["Id"]
    world.control(f"invoices/{invoice}/void")
    row = world.call("GET", f"creditmemo/{memo}").json()["CreditMemo"]
    assert (row["Balance"], row["RemainingCredit"], row["LinkedTxn"]) == (20, 20, [])
    world.control(f"entries/creditmemo/{memo}/delete")
    assert trial(world)["accounts"] == []


# ------------------------------------------------------------------------------------------------ the people's doors


def test_a_person_writes_into_closed_books_and_the_trial_balance_shows_it(world: World) -> None:
    world.control("settings", close_date="2026-11-30")
    sides = [("Debit", "Stripe clearing"), ("Credit", "Opening Balance Equity")]
    lines = [
        {"Amount": "50.00", "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ref(account(world, name))}}
        for side, name in sides
    ]
    world.control("entries/journalentry", Line=lines, TxnDate="2026-10-31")
    held = {one["name"]: one["balance"] for one in trial(world)["accounts"]}
    assert held == {"Stripe clearing": "50.00", "Opening Balance Equity": "-50.00"}
    assert balance(world, "Stripe clearing", on="2026-10-30") == "0"
    assert balance(world, "Stripe clearing", on="2026-10-31") == "50.00"


def test_a_person_voids_an_expense_on_its_form(world: World) -> None:
    row = made(world, "purchase")
    world.control(f"entries/purchase/{row['Id']}/void")
    assert [(one["status"], one["amount"]) for one in world.records()["entries"]] == [("voided", "0")]
    assert trial(world)["accounts"] == []


@pytest.mark.parametrize("debit", ["5.00", "6.00"])
def test_a_journal_entry_must_balance_and_name_whom_it_is_about(world: World, debit: str) -> None:
    sides = [("Debit", "Accounts Receivable (A/R)", debit), ("Credit", "Sales", "5.00")]
    lines = [
        {"Amount": amount, "JournalEntryLineDetail": {"PostingType": side, "AccountRef": ref(account(world, name))}}
        for side, name, amount in sides
    ]
    response = world.http.post(f"{world.base_url}/_sandbox/entries/journalentry", json={"Line": lines})
    assert (response.status_code, response.json()["code"]) == (400, "6000")


def test_the_ageing_puts_what_is_owed_by_days_overdue_and_agrees_with_the_journal(world: World) -> None:
    customer = world.customer()
    for due in ("2026-12-01", "2026-11-22", "2026-10-01", "2026-01-01"):
        world.invoice("10.00", customer, due_date=due)
    world.call("POST", "payment", json={"CustomerRef": ref(customer), "TotalAmt": 4})
    answer = world.http.get(f"{world.base_url}/_sandbox/ageing").json()
    assert answer["customers"] == [
        {
            "customer": customer,
            "current": "6.00",
            "1 - 30": "10.00",
            "31 - 60": "10.00",
            "61 - 90": "0",
            "91 and over": "10.00",
            "total": "36.00",
        }
    ]
    assert answer["by_journal"] == {customer: "36.00"}


def test_an_account_tells_what_it_holds(world: World) -> None:
    made(world, "purchase")
    row = world.call("GET", f"account/{account(world, 'Stripe clearing')}").json()["Account"]
    assert row["CurrentBalance"] == -3.2


# --------------------------------------------------------------------------------------------------------- reports


def ledger(world: World, **params: str) -> Any:
    chosen = {"account": account(world, "Stripe clearing"), "start_date": "2026-11-23", "end_date": "2026-11-30"}
    response = world.call("GET", "reports/GeneralLedger", params={**chosen, **params})
    assert response.status_code == 200, response.text
    return response.json()


def cells(row: dict[str, Any]) -> list[str]:
    return [cell["value"] for cell in row["ColData"]]


def test_the_general_ledger_shows_every_line_of_an_account_with_its_balance(world: World) -> None:
    made(world, "purchase", TxnDate="2026-11-01")
    moved = made(world, "transfer")
    made(world, "purchase", TxnDate="2026-12-01")
    report = ledger(world)
    keys = [column["MetaData"][0]["Value"] for column in report["Columns"]["Column"]]
    assert keys == ["tx_date", "txn_type", "doc_num", "name", "memo", "split_acc", "subt_nat_amount", "rbal_nat_amount"]
    [section] = report["Rows"]["Row"]
    assert section["Header"]["ColData"][0] == {"value": "Stripe clearing", "id": account(world, "Stripe clearing")}
    before, line = section["Rows"]["Row"]
    assert (cells(before)[0], cells(before)[-1]) == ("Beginning Balance", "-3.20")
    assert cells(line) == ["2026-11-23", "Transfer", "", "", "DBPAY1 po_1", "Checking", "-96.80", "-100.00"]
    assert line["ColData"][1]["id"] == moved["Id"]


def test_an_account_without_lines_is_not_in_the_report(world: World) -> None:
    report = ledger(world)
    assert (report["Rows"], report["Header"]["Option"]) == ({}, [{"Name": "NoReportData", "Value": "true"}])


def test_columns_come_in_quickbooks_order_and_by_the_companys_currencies(world: World) -> None:
    asked = {"columns": "rbal_nat_amount,subt_nat_amount,subt_nat_home_amount,tx_date,txn_type"}
    made(world, "purchase")
    [section] = ledger(world, **asked)["Rows"]["Row"]
    assert cells(section["Rows"]["Row"][0]) == ["2026-11-23", "Expense", "-3.20", "", "-3.20"]
    world.control("settings", multicurrency=True)
    [section] = ledger(world, **asked)["Rows"]["Row"]
    assert cells(section["Rows"]["Row"][0]) == ["2026-11-23", "Expense", "", "-3.20", ""]


def test_a_report_that_is_too_long_is_cut_with_a_sentence(world: World) -> None:
    for _ in range(3):
        made(world, "purchase")
    world.control("settings", report_rows_most=2)
    [section] = ledger(world)["Rows"]["Row"]
    assert cells(section["Rows"]["Row"][-1]) == ["Unable to display more data. Please reduce the date range."]
    assert len(section["Rows"]["Row"]) == 3


@pytest.mark.parametrize(
    "params", [{"start_date": "soon"}, {"start_date": "2026-12-01"}, {"columns": "tx_date,weather"}]
)
def test_a_report_asked_for_wrongly_is_refused(world: World, params: dict[str, str]) -> None:
    asked = {"start_date": "2026-11-01", "end_date": "2026-11-30", **params}
    assert fault(world.call("GET", "reports/GeneralLedger", params=asked)) == "4001"


def test_amounts_of_a_form_may_be_written_as_text_at_the_peoples_door_only(world: World) -> None:
    form = transfer(world, Amount="12.34")
    assert fault(world.call("POST", "transfer", json=form)) == "2010"
    world.control("entries/transfer", **form)
    assert Decimal(balance(world, "Checking")) == Decimal("12.34")
