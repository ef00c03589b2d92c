"""Money in the books: payments, what they are applied to, voids and deletions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from adapters.sandbox.quickbooks.books import Books
from adapters.sandbox.quickbooks.shapes import Refused, Row, bad_reference, business_rule, missing, number

DEPOSIT_TYPES = frozenset(("Bank", "Other Current Asset"))
REFERENCE_LENGTH = 21


@dataclass(frozen=True)
class Piece:
    """A part of a payment that goes to, or comes from, one other entry."""

    kind: str
    entity_id: str
    amount: Decimal


def create_payment(books: Books, body: Row, *, by_person: bool = False) -> Row:
    """Take a payment, as `POST /payment` does. Without `Line` it succeeds and leaves the invoice open."""
    if body.get("TotalAmt") is None:
        raise missing("TotalAmt")
    total = number(body["TotalAmt"], "TotalAmt")
    customer = (body.get("CustomerRef") or {}).get("value")
    if not customer:
        raise missing("CustomerRef")
    if str(customer) not in books.records["Customer"]:
        raise bad_reference("Customer", str(customer))
    day = body.get("TxnDate") or books.today()
    if not by_person:
        books.check_open_period(day)
    _check_references(books, body)
    pieces = _pieces(books, body, str(customer))
    used = _used(pieces)
    if used > total:
        raise business_rule("The amount applied is more than the amount of the payment.")
    if used < 0:
        raise business_rule("The credits are more than what they are put on.")
    currency = _currency(books, body, str(customer), pieces)
    account = (body.get("DepositToAccountRef") or {}).get("value") or books.account("Undeposited Funds")
    _check_account_currency(books, str(account), currency)
    row = books.create(
        "Payment",
        {
            **{k: v for k, v in body.items() if k not in {"Id", "SyncToken", "MetaData", "Line"}},
            "CustomerRef": {"value": str(customer), "name": books.row("Customer", str(customer))["DisplayName"]},
            "TotalAmt": total,
            "TxnDate": day,
            "DepositToAccountRef": {"value": account},
            "UnappliedAmt": total - used,
            "ProcessPayment": False,
            "LinkedTxn": [],
            "Line": [_line(books, piece) for piece in pieces],
            **currency,
        },
    )
    for piece in pieces:
        _link(books, piece, row["Id"])
    return row


def _used(pieces: list[Piece]) -> Decimal:
    """What invoices take less what credits give."""
    return sum((p.amount if p.kind == "Invoice" else -p.amount for p in pieces), Decimal(0))


def _check_references(books: Books, body: Row) -> None:
    if len(body.get("PaymentRefNum") or "") > REFERENCE_LENGTH:
        raise Refused(
            "2050",
            "String length is either shorter or longer than supported by specification",
            f"Max:{REFERENCE_LENGTH} PaymentRefNum",
            element="PaymentRefNum",
        )
    account = (body.get("DepositToAccountRef") or {}).get("value")
    if account:
        record = books.records["Account"].get(str(account))
        if record is None or not record.now.row["Active"]:
            raise bad_reference("Account", str(account))
        if record.now.row["AccountType"] not in DEPOSIT_TYPES:
            raise business_rule("You must deposit to a bank or other current asset account.")
    method = (body.get("PaymentMethodRef") or {}).get("value")
    if method and str(method) not in books.records["PaymentMethod"]:
        raise bad_reference("PaymentMethod", str(method))


def _pieces(books: Books, body: Row, customer: str, held: Iterable[Piece] = ()) -> list[Piece]:
    """What the lines ask for; what the payment holds already is free to be asked for again."""
    pieces: list[Piece] = []
    taken: dict[tuple[str, str], Decimal] = {}
    for piece in held:
        taken[piece.kind, piece.entity_id] = taken.get((piece.kind, piece.entity_id), Decimal(0)) - piece.amount
    for line in body.get("Line") or []:
        amount = number(line.get("Amount"), "Line.Amount")
        for linked in line.get("LinkedTxn") or []:
            kind, entity_id = linked.get("TxnType"), str(linked.get("TxnId"))
            record = books.records.get(kind, {}).get(entity_id) if kind in {"Invoice", "CreditMemo"} else None
            if record is None or record.now.deleted or record.now.row["TotalAmt"] == 0:
                raise _not_linkable(entity_id)
            if record.now.row["CustomerRef"]["value"] != customer:
                raise _not_linkable(entity_id)
            balance = record.now.row["Balance"] - taken.get((kind, entity_id), Decimal(0))
            if amount > balance:
                if not books.settings.keeps_over_application:
                    raise business_rule(f"The amount applied, {amount}, is more than the open balance, {balance}.")
                amount = balance
            if amount > 0:
                taken[kind, entity_id] = taken.get((kind, entity_id), Decimal(0)) + amount
                pieces.append(Piece(kind, entity_id, amount))
    return pieces


def _not_linkable(entity_id: str) -> Refused:
    return Refused("620", "Transaction can not be linked", f"Transaction {entity_id} can not be linked")


def _currency(books: Books, body: Row, customer: str, pieces: list[Piece]) -> Row:
    if not books.settings.multicurrency:
        return {}
    currency = (body.get("CurrencyRef") or {}).get("value")
    if not currency:
        raise missing("CurrencyRef")
    for piece in pieces:
        if books.row(piece.kind, piece.entity_id)["CurrencyRef"]["value"] != currency:
            raise business_rule("The currency of the payment is not that of the invoice.")
    if books.row("Customer", customer)["CurrencyRef"]["value"] != currency:
        raise business_rule("The currency of the payment is not that of the customer.")
    books.receivables_account(currency)
    home = currency == books.settings.home_currency
    rate = Decimal(1) if home else number(body.get("ExchangeRate", 1), "ExchangeRate")
    return {"CurrencyRef": {"value": currency}, "ExchangeRate": rate}


def _check_account_currency(books: Books, account: str, currency: Row) -> None:
    kept_in = books.row("Account", account)["CurrencyRef"]["value"]
    if currency and kept_in not in {books.settings.home_currency, currency["CurrencyRef"]["value"]}:
        raise business_rule("The currency of the account is not that of the payment.")


def _line(books: Books, piece: Piece) -> Row:
    row = books.row(piece.kind, piece.entity_id)
    extra = [
        {"name": "txnId", "value": piece.entity_id},
        {"name": "txnOpenBalance", "value": str(row["Balance"])},
        {"name": "txnReferenceNumber", "value": row.get("DocNumber", "")},
    ]
    return {
        "Amount": piece.amount,
        "LinkedTxn": [{"TxnId": piece.entity_id, "TxnType": piece.kind}],
        "LineEx": {"any": [{"name": "{http://schema.intuit.com/finance/v3}NameValue", "value": one} for one in extra]},
    }


def _link(books: Books, piece: Piece, payment_id: str) -> None:
    row = books.row(piece.kind, piece.entity_id)
    linked = [*row.get("LinkedTxn", []), {"TxnId": payment_id, "TxnType": "Payment"}]
    _settle(books, piece.kind, piece.entity_id, row["Balance"] - piece.amount, linked)


def _unlink(books: Books, piece: Piece, payment_id: str) -> None:
    record = books.records[piece.kind].get(piece.entity_id)
    if record is None or record.now.deleted:
        return
    row = record.now.row
    linked = [one for one in row["LinkedTxn"] if one["TxnId"] != payment_id]
    _settle(books, piece.kind, piece.entity_id, row["Balance"] + piece.amount, linked)


def _settle(books: Books, kind: str, entity_id: str, balance: Decimal, linked: list[Row]) -> None:
    change = books.change if books.settings.payments_bump_invoices else books.change_unseen
    rest: Row = {"RemainingCredit": balance} if kind == "CreditMemo" else {}
    change(kind, entity_id, Balance=balance, LinkedTxn=linked, **rest)


def pieces_of(row: Row) -> list[Piece]:
    """What a payment row is applied to."""
    return [
        Piece(linked["TxnType"], linked["TxnId"], line["Amount"])
        for line in row.get("Line", [])
        for linked in line.get("LinkedTxn", [])
    ]


def _check_not_deposited(row: Row) -> None:
    if any(one["TxnType"] == "Deposit" for one in row["LinkedTxn"]):
        raise business_rule(
            "This transaction has been deposited. Delete the deposit first, or take this line out of it."
        )


def delete_payment(books: Books, payment_id: str) -> Row:
    """Take the payment away; what it paid is open again."""
    row = books.row("Payment", payment_id)
    _check_not_deposited(row)
    gone = books.remove("Payment", payment_id)
    for piece in pieces_of(row):
        _unlink(books, piece, payment_id)
    return gone


def apply_anew(books: Books, payment_id: str, body: Row) -> Row:
    """The lines of a payment in an update: all or nothing, so what is not sent again is not applied any more."""
    row = books.row("Payment", payment_id)
    _check_not_deposited(row)
    held = pieces_of(row)
    pieces = _pieces(books, body, row["CustomerRef"]["value"], held)
    if not 0 <= _used(pieces) <= row["TotalAmt"]:
        raise business_rule("The amount applied is more than the amount of the payment.")
    for piece in held:
        _unlink(books, piece, payment_id)
    lines = [_line(books, piece) for piece in pieces]
    changed = books.change("Payment", payment_id, Line=lines, UnappliedAmt=row["TotalAmt"] - _used(pieces))
    for piece in pieces:
        _link(books, piece, payment_id)
    return changed


def void_payment(books: Books, payment_id: str) -> Row:
    """Keep the payment with nothing in it. Doing it again changes nothing but the version."""
    row = books.row("Payment", payment_id)
    _check_not_deposited(row)
    if row["TotalAmt"] == 0 and not row["Line"]:
        return books.change("Payment", payment_id, happened="voided")
    for piece in pieces_of(row):
        _unlink(books, piece, payment_id)
    return books.change(
        "Payment",
        payment_id,
        happened="voided",
        TotalAmt=Decimal(0),
        UnappliedAmt=Decimal(0),
        Line=[],
        PrivateNote=voided_note(books, row),
    )


def void_invoice(books: Books, invoice_id: str) -> Row:
    """Keep the invoice with nothing owed; payments on it become unapplied credit."""
    _release(books, invoice_id)
    row = books.row("Invoice", invoice_id)
    lines = [{**line, "Amount": Decimal(0)} for line in row["Line"] if line.get("DetailType") == "SalesItemLineDetail"]
    return books.change(
        "Invoice",
        invoice_id,
        happened="voided",
        TotalAmt=Decimal(0),
        Balance=Decimal(0),
        Deposit=None,
        HomeTotalAmt=Decimal(0) if books.settings.multicurrency else None,
        Line=lines,
        LinkedTxn=[],
        TxnTaxDetail=None,
        PrivateNote=voided_note(books, row),
    )


def delete_invoice(books: Books, invoice_id: str) -> Row:
    """Take the invoice away; payments on it become unapplied credit."""
    _release(books, invoice_id)
    return books.remove("Invoice", invoice_id)


def voided_note(books: Books, row: Row) -> str:
    """What a void makes of a note."""
    word = books.settings.voided_word
    return f"{word} - {row['PrivateNote']}" if row.get("PrivateNote") else word


def _release(books: Books, invoice_id: str) -> None:
    for linked in books.row("Invoice", invoice_id)["LinkedTxn"]:
        if linked["TxnType"] != "Payment":
            continue
        payment = books.row("Payment", linked["TxnId"])
        if payment["TotalAmt"] == 0:
            delete_payment(books, payment["Id"])  # it only put a credit there, which is free again
            continue
        kept, released = [], Decimal(0)
        for line in payment["Line"]:
            if any(one["TxnId"] == invoice_id and one["TxnType"] == "Invoice" for one in line["LinkedTxn"]):
                released += line["Amount"]
            else:
                kept.append(line)
        books.change("Payment", payment["Id"], Line=kept, UnappliedAmt=payment["UnappliedAmt"] + released)


def give_credit(
    books: Books, customer_id: str, amount: Decimal, invoice_id: str | None = None, rate: Decimal = Decimal(1)
) -> str:
    """Write a credit memo and, where an invoice is named, apply it: QuickBooks does that by an empty payment."""
    customer = books.row("Customer", customer_id)
    currency: dict[str, Any] = {}
    if books.settings.multicurrency:
        currency = {"CurrencyRef": customer["CurrencyRef"], "ExchangeRate": rate}
    body: dict[str, Any] = {
        "CustomerRef": {"value": customer_id, "name": customer["DisplayName"]},
        "TxnDate": books.today(),
        "TotalAmt": amount,
        "Balance": amount,
        "RemainingCredit": amount,
        "LinkedTxn": [],
        "Line": [{"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}],
        **currency,
    }
    memo_id = str(books.create("CreditMemo", body)["Id"])
    if invoice_id is not None:
        lines = [
            {"Amount": amount, "LinkedTxn": [{"TxnId": target, "TxnType": kind}]}
            for target, kind in ((invoice_id, "Invoice"), (memo_id, "CreditMemo"))
        ]
        payment = {"CustomerRef": {"value": customer_id}, "TotalAmt": Decimal(0), "Line": lines, **currency}
        create_payment(books, payment, by_person=True)
    return memo_id
