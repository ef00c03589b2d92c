"""The entries of a bookkeeper beside invoices and payments: expenses, transfers, refunds, deposits, credits, journals.

https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/purchase (and /transfer,
/refundreceipt, /deposit, /creditmemo, /journalentry). None of them can be voided through the API; a person can void
some of them on the form.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.quickbooks.books import Books, currency_of
from adapters.sandbox.quickbooks.payments import delete_payment, voided_note
from adapters.sandbox.quickbooks.shapes import Refused, Row, bad_reference, business_rule, missing, number

NUMBER_LENGTH = 21
NOTE_LENGTH = 4000
MONEY_TYPES = frozenset(("Bank", "Other Current Asset"))
PAID_FROM = {"Cash": MONEY_TYPES, "Check": frozenset(("Bank",)), "CreditCard": frozenset(("Credit Card",))}
BALANCE_SHEET = frozenset(("Bank", "Other Current Asset", "Credit Card", "Other Current Liability", "Equity"))
_COMPUTED = frozenset(("Id", "SyncToken", "MetaData", "TotalAmt", "Balance", "sparse", "LinkedTxn", "HomeTotalAmt"))


def create_entry(books: Books, kind: str, body: Row, *, by_person: bool = False) -> Row:
    """Write one, as its POST does. A person may write into closed books: he is asked and says yes."""
    _check_lengths(body)
    day = body.get("TxnDate") or books.today()
    if not by_person:
        books.check_open_period(day)
    if books.settings.refuses_same_number and body.get("DocNumber"):
        _check_number(books, kind, str(body["DocNumber"]))
    kept = {name: value for name, value in body.items() if name not in _COMPUTED}
    made = _MAKE[kind](books, {**kept, "TxnDate": day})
    row = books.create(kind, made)
    if kind == "Deposit":
        _mark_deposited(books, row)
    return row


def _check_lengths(body: Row) -> None:
    for name, most in (("DocNumber", NUMBER_LENGTH), ("PaymentRefNum", NUMBER_LENGTH), ("PrivateNote", NOTE_LENGTH)):
        if len(body.get(name) or "") > most:
            raise Refused(
                "2050",
                "String length is either shorter or longer than supported by specification",
                f"Max:{most} {name}",
                element=name,
            )


def _check_number(books: Books, kind: str, wanted: str) -> None:
    taken = [v.row["Id"] for v in books.all(kind) if not v.deleted and v.row.get("DocNumber") == wanted]
    if taken:
        raise Refused(
            "6140",
            "Duplicate Document Number Error",
            "Duplicate Document Number Error : You must specify a different number. This number was already used. "
            f"DocNumber={wanted} is assigned to TxnType={kind} with TxnId={taken[0]}",
        )


def _account(books: Books, reference: object, element: str, types: frozenset[str] | None = None) -> Row:
    """The account a form names, active and of a type that will do."""
    value = reference.get("value") if isinstance(reference, dict) else None
    if not value:
        raise missing(element)
    record = books.records["Account"].get(str(value))
    if record is None or not record.now.row["Active"]:
        raise bad_reference("Account", str(value))
    row = record.now.row
    if types is not None and row["AccountType"] not in types:
        raise business_rule(
            f"The account type of {row['Name']}, {row['AccountType']}, is not valid for this transaction."
        )
    return row


def _currency(books: Books, body: Row, *accounts: Row) -> Row:
    """Currency and rate of a form; an account of another currency than the form's and the home one is refused."""
    home = books.settings.home_currency
    if not books.settings.multicurrency:
        return {}
    if not (body.get("CurrencyRef") or {}).get("value"):
        raise missing("CurrencyRef")
    currency = currency_of(books, body)
    for account in accounts:
        if account["CurrencyRef"]["value"] not in {home, currency}:
            raise business_rule(f"The currency of {account['Name']} is not that of the transaction.")
    rate = Decimal(1) if currency == home else number(body.get("ExchangeRate", 1), "ExchangeRate")
    return {"CurrencyRef": {"value": currency}, "ExchangeRate": rate}


def _amount(line: Row) -> Decimal:
    return number(line.get("Amount"), "Line.Amount")


def _positive(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise business_rule("The amount of the transaction must be greater than zero.")
    return amount


# ------------------------------------------------------------------------------------------------------ each kind


def _purchase(books: Books, body: Row) -> Row:
    paid_by = body.get("PaymentType")
    if paid_by is None:
        raise missing("PaymentType")
    if paid_by not in PAID_FROM:
        raise Refused("2010", "Request has invalid or unsupported property", f"PaymentType {paid_by}")
    if body.get("Credit") and paid_by != "CreditCard":
        raise business_rule("Only a credit card charge can be a credit.")
    account = _account(books, body.get("AccountRef"), "AccountRef", PAID_FROM[paid_by])
    lines = list(body.get("Line") or [])
    if not lines:
        raise missing("Line")
    accounts = [account]
    customer = _payee(books, body)
    for line in lines:
        detail = line.get("AccountBasedExpenseLineDetail")
        if line.get("DetailType") != "AccountBasedExpenseLineDetail" or not isinstance(detail, dict):
            raise missing("Line.AccountBasedExpenseLineDetail")
        accounts.append(_account(books, detail.get("AccountRef"), "Line.AccountRef"))
        if accounts[-1]["AccountType"] == "Accounts Receivable" and customer is None:
            raise business_rule("When you use Accounts Receivable, you must choose a customer in the Name field.")
        _tax_percent(books, detail)
    subtotal = sum((_amount(line) for line in lines), Decimal(0))
    tax, total = _tax(books, body, lines, subtotal)
    made: Row = {
        **body,
        "Line": [{**line, "Id": str(place)} for place, line in enumerate(lines, 1)],
        "TotalAmt": _positive(total),
        "Credit": bool(body.get("Credit")),
        "PrintStatus": body.get("PrintStatus", "NotSet"),
        **_currency(books, body, *accounts),
    }
    return {**made, "TxnTaxDetail": {"TotalTax": tax}} if tax else made


def _payee(books: Books, body: Row) -> str | None:
    """Whom an expense names; the customer's id where it is one."""
    payee = body.get("EntityRef") or {}
    value, kind = payee.get("value"), payee.get("type", "Vendor")
    if value is not None and str(value) not in books.records.get(kind, {}):
        raise bad_reference(kind, str(value))
    return str(value) if value is not None and kind == "Customer" else None


def _tax_percent(books: Books, detail: Row) -> Decimal:
    code = (detail.get("TaxCodeRef") or {}).get("value")
    if code is None:
        return Decimal(0)
    if code not in books.settings.tax_percent:
        raise bad_reference("TaxCode", str(code))
    return Decimal(books.settings.tax_percent[code])


def _tax(books: Books, body: Row, lines: list[Row], subtotal: Decimal) -> tuple[Decimal, Decimal]:
    """The tax on the lines, and the total: on top of them, unless the form says that they include it."""
    inclusive = body.get("GlobalTaxCalculation") == "TaxInclusive"
    tax = Decimal(0)
    for line in lines:
        percent = _tax_percent(books, line["AccountBasedExpenseLineDetail"])
        base = _amount(line) * percent / ((100 + percent) if inclusive else Decimal(100))
        tax += base.quantize(Decimal("0.01"), ROUND_HALF_UP)
    return tax, subtotal if inclusive else subtotal + tax


def _transfer(books: Books, body: Row) -> Row:
    source = _account(books, body.get("FromAccountRef"), "FromAccountRef", BALANCE_SHEET)
    target = _account(books, body.get("ToAccountRef"), "ToAccountRef", BALANCE_SHEET)
    if source["Id"] == target["Id"]:
        raise business_rule("You cannot transfer from an account to itself.")
    if body.get("Amount") is None:
        raise missing("Amount")
    for unknown in ("DocNumber", "PaymentRefNum"):
        body.pop(unknown, None)  # a transfer has no number: QuickBooks passes over what it does not know
    body["Amount"] = _positive(number(body["Amount"], "Amount"))
    return {**body, **_currency(books, body, source, target)}


def _sales_lines(books: Books, body: Row) -> list[Row]:
    """Lines with an item; a line without one is a remark, whatever amount it names."""
    lines = []
    for line in body.get("Line") or []:
        if line.get("DetailType") == "SubTotalLineDetail":
            continue
        detail = line.get("SalesItemLineDetail")
        if line.get("DetailType") != "SalesItemLineDetail" or not isinstance(detail, dict):
            raise missing("Line.SalesItemLineDetail")
        item = (detail.get("ItemRef") or {}).get("value")
        if item is None:
            continue
        record = books.records["Item"].get(str(item))
        if record is None or not record.now.row["Active"]:
            raise bad_reference("Item", str(item))
        lines.append({**line, "Amount": _amount(line)})
    if not lines:
        raise missing("Line")
    return lines


def _refund_receipt(books: Books, body: Row) -> Row:
    account = _account(books, body.get("DepositToAccountRef"), "DepositToAccountRef", MONEY_TYPES)
    return {**_sale(books, body, account), "Balance": Decimal(0)}


def _credit_memo(books: Books, body: Row) -> Row:
    made = _sale(books, body)
    return {**made, "Balance": made["TotalAmt"], "RemainingCredit": made["TotalAmt"]}


def _sale(books: Books, body: Row, *accounts: Row) -> Row:
    customer = books.row("Customer", books.customer_of(body))
    lines = _sales_lines(books, body)
    total = _positive(sum((line["Amount"] for line in lines), Decimal(0)))
    total += number((body.get("TxnTaxDetail") or {}).get("TotalTax", 0), "TxnTaxDetail.TotalTax")
    currency = _currency(books, body, *accounts)
    if currency and currency["CurrencyRef"]["value"] != customer["CurrencyRef"]["value"]:
        raise business_rule("The currency of the transaction is not that of the customer.")
    books.receivables_account(currency_of(books, body))
    return {
        **body,
        "CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]},
        "Line": lines,
        "TotalAmt": total,
        "LinkedTxn": [],
        "PrintStatus": "NotSet",
        **currency,
    }


def _deposit(books: Books, body: Row) -> Row:
    """Money to the bank: payments that wait in Undeposited Funds, and amounts straight on an account."""
    account = _account(books, body.get("DepositToAccountRef"), "DepositToAccountRef", MONEY_TYPES)
    lines: list[Row] = []
    for line in body.get("Line") or []:
        amount = _amount(line)
        linked = [one for one in line.get("LinkedTxn") or [] if one.get("TxnType") == "Payment"]
        if linked:
            amount = _waiting(books, str(linked[0].get("TxnId")))["TotalAmt"]
        else:
            _account(books, (line.get("DepositLineDetail") or {}).get("AccountRef"), "Line.AccountRef")
        lines.append({**line, "Amount": amount, "Id": str(len(lines) + 1)})
    if not lines:
        raise missing("Line")
    total = sum((line["Amount"] for line in lines), Decimal(0))
    if total < 0:
        raise business_rule("The amount of the transaction must be zero or greater.")
    return {**body, "Line": lines, "TotalAmt": total, **_currency(books, body, account)}


def _waiting(books: Books, payment_id: str) -> Row:
    payment = books.row("Payment", payment_id)
    here = payment["DepositToAccountRef"]["value"] == books.account("Undeposited Funds")
    if not here or deposit_of(payment) or not payment["TotalAmt"]:
        raise Refused("620", "Transaction can not be linked", f"Transaction {payment_id} can not be linked")
    return payment


def deposit_of(payment: Row) -> str | None:
    """The deposit that took a payment to the bank."""
    return next((str(one["TxnId"]) for one in payment.get("LinkedTxn", []) if one["TxnType"] == "Deposit"), None)


def _mark_deposited(books: Books, deposit: Row) -> None:
    for payment_id in _payments_in(deposit):
        books.change("Payment", payment_id, LinkedTxn=[{"TxnId": deposit["Id"], "TxnType": "Deposit"}])


def _payments_in(deposit: Row) -> list[str]:
    return [one["TxnId"] for line in deposit["Line"] for one in line.get("LinkedTxn") or []]


def _journal_entry(books: Books, body: Row) -> Row:
    total = {"Debit": Decimal(0), "Credit": Decimal(0)}
    lines = []
    for line in body.get("Line") or []:
        detail = line.get("JournalEntryLineDetail")
        if not isinstance(detail, dict) or detail.get("PostingType") not in total:
            raise missing("Line.JournalEntryLineDetail")
        account = _account(books, detail.get("AccountRef"), "Line.AccountRef")
        if account["AccountType"] == "Accounts Receivable" and not (detail.get("Entity") or {}).get("EntityRef"):
            raise business_rule("When you use Accounts Receivable, you must choose a customer in the Name field.")
        amount = _amount(line)
        total[detail["PostingType"]] += amount
        lines.append({**line, "Amount": amount})
    if len(lines) < 2 or total["Debit"] != total["Credit"]:
        raise business_rule("The debits and the credits of a journal entry must be the same.")
    return {**body, "Line": lines, "TotalAmt": Decimal(0), **_currency(books, body)}


_MAKE: dict[str, Callable[[Books, Row], Row]] = {
    "Purchase": _purchase,
    "Transfer": _transfer,
    "RefundReceipt": _refund_receipt,
    "CreditMemo": _credit_memo,
    "Deposit": _deposit,
    "JournalEntry": _journal_entry,
}


# ------------------------------------------------------------------------------------------------ taking them back


def delete_entry(books: Books, kind: str, entity_id: str) -> Row:
    """Take it away; what hung on it is free again."""
    row = books.row(kind, entity_id)
    if kind == "CreditMemo":
        free_credit(books, entity_id)
    if kind == "Deposit":
        for payment_id in _payments_in(row):
            books.change("Payment", payment_id, LinkedTxn=[])
    return books.remove(kind, entity_id)


def free_credit(books: Books, memo_id: str) -> None:
    """The credit is on no invoice any more: the empty payments that put it there are gone."""
    for linked in list(books.row("CreditMemo", memo_id)["LinkedTxn"]):
        delete_payment(books, linked["TxnId"])


def void_by_person(books: Books, kind: str, entity_id: str) -> Row:
    """What the form's "Void" does to an expense, a refund or a transfer: it stays, with nothing in it."""
    row = books.row(kind, entity_id)
    fields: Row = {"PrivateNote": voided_note(books, row), "TxnTaxDetail": None}
    if kind == "Transfer":
        return books.change(kind, entity_id, happened="voided", Amount=Decimal(0), **fields)
    lines = [{**line, "Amount": Decimal(0)} for line in row["Line"]]
    return books.change(kind, entity_id, happened="voided", TotalAmt=Decimal(0), Line=lines, **fields)
