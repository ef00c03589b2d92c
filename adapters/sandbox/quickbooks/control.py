"""Routes under `/_sandbox` that play the people of a company: the bookkeeper, and whoever sets its options.

All take and give JSON. `realm` (in the body or the query) may be left out where there is one realm. Amounts are
given as text or numbers and come back as text.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import asdict, fields
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.base import CONTROL, json_response
from adapters.sandbox.quickbooks import entries, journal, payments
from adapters.sandbox.quickbooks.books import Books, RealmSettings, Version
from adapters.sandbox.quickbooks.oauth import TokenDesk
from adapters.sandbox.quickbooks.shapes import Refused, Row

Handler = Callable[[Books, Row, Request], Any]


def routes(realms: dict[str, Books], tokens: TokenDesk) -> list[Route]:
    """Every control route of the QuickBooks stand-in."""

    def books_route(path: str, handler: Handler, method: str = "POST") -> Route:
        return Route(f"{CONTROL}/{path}", _endpoint(realms, handler), methods=[method])

    async def change_tokens(request: Request) -> Response:
        return json_response(_tokens(tokens, realms, await request.json()))

    return [
        books_route("customers", _add_customer),
        books_route("customers/{id}/edit", _edit_customer),
        books_route("invoices", _add_invoice),
        books_route("pairs", _add_pairs),
        books_route("invoices/{id}/edit", _edit_invoice),
        books_route("invoices/{id}/void", lambda books, _, r: payments.void_invoice(books, r.path_params["id"])),
        books_route("invoices/{id}/delete", lambda books, _, r: payments.delete_invoice(books, r.path_params["id"])),
        books_route("payments", _pay_by_hand),
        books_route("payments/{id}/void", lambda books, _, r: payments.void_payment(books, r.path_params["id"])),
        books_route("payments/{id}/delete", lambda books, _, r: payments.delete_payment(books, r.path_params["id"])),
        books_route("creditmemos", _give_credit),
        books_route("accounts", _add_account),
        books_route("items", _add_item),
        books_route("entries/{kind}", _enter),
        books_route("entries/{kind}/{id}/delete", _take_away),
        books_route("entries/{kind}/{id}/void", _void_on_the_form),
        books_route("trial_balance", _trial_balance, "GET"),
        books_route("balances/{id}", _balance, "GET"),
        books_route("ageing", _ageing, "GET"),
        books_route("settings", _settings),
        books_route("settings", lambda books, _, __: asdict(books.settings), "GET"),
        books_route("records", lambda books, _, __: records(books), "GET"),
        Route(f"{CONTROL}/realms", _list_realms(realms), methods=["GET"]),
        Route(f"{CONTROL}/tokens", change_tokens, methods=["POST"]),
    ]


def _list_realms(realms: dict[str, Books]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        del request
        return json_response({"realms": [{"realm": key, "name": one.settings.name} for key, one in realms.items()]})

    return endpoint


def _endpoint(realms: dict[str, Books], handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        raw = await request.body()
        body: Row = (await request.json()) if raw else {}
        realm_id = str(body.pop("realm", None) or request.query_params.get("realm") or next(iter(realms)))
        if realm_id not in realms:
            return json_response({"error": f"no realm {realm_id}"}, 404)
        try:
            return json_response(handler(realms[realm_id], body, request))
        except Refused as refused:
            return json_response({"error": refused.detail, "code": refused.code}, refused.status)
        except (KeyError, TypeError, ValueError, ArithmeticError) as error:
            return json_response({"error": f"{type(error).__name__}: {error}"}, 400)

    return endpoint


def _customer_id(books: Books, named: str) -> str:
    """A customer by id or by display name."""
    if named in books.records["Customer"]:
        return named
    for version in books.all("Customer"):
        if version.row["DisplayName"] == named:
            return str(version.row["Id"])
    raise KeyError(f"no customer {named}")


def _add_customer(books: Books, body: Row, request: Request) -> Row:
    del request
    if body.get("parent"):
        body["parent"] = _customer_id(books, str(body["parent"]))
    return books.row("Customer", books.add_customer(**body))


def _edit_customer(books: Books, body: Row, request: Request) -> Row:
    """Fields in QuickBooks' own spelling; `mobile` and `phone` for short."""
    for short, name in (("mobile", "Mobile"), ("phone", "PrimaryPhone")):
        if short in body:
            number = body.pop(short)
            body[name] = {"FreeFormNumber": number} if number else None
    return books.change("Customer", request.path_params["id"], **body)


def add_invoice(books: Books, body: Row) -> Row:
    """An invoice as a person would write it: customer, amount, and what else is known."""
    customer_id = _customer_id(books, str(body["customer"]))
    amount = Decimal(str(body["amount"]))
    item = {"ItemRef": {"value": "1", "name": "Services"}, "Qty": 1}
    line = {"Amount": amount, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": item}
    given: Row = {
        "CustomerRef": {"value": customer_id},
        "Line": [line],
        "DocNumber": body.get("number"),
        "TxnDate": body.get("txn_date"),
        "DueDate": body.get("due_date"),
        "PrivateNote": body.get("note"),
        "EmailStatus": body.get("email_status"),
        "Deposit": Decimal(str(body["deposit"])) if body.get("deposit") else None,
        "CurrencyRef": {"value": body["currency"]} if body.get("currency") else None,
        "ExchangeRate": Decimal(str(body["exchange_rate"])) if body.get("exchange_rate") else None,
        "AllowOnlineCreditCardPayment": body.get("online_payment"),
    }
    return books.create_invoice({k: v for k, v in given.items() if v is not None}, by_person=True)


def _add_invoice(books: Books, body: Row, request: Request) -> Row:
    del request
    return add_invoice(books, body)


def _add_pairs(books: Books, body: Row, request: Request) -> Row:
    """Many at once, each a customer with one invoice: `{"pairs": [{"customer": {...}, "invoice": {...}}]}`."""
    del request
    made = []
    for pair in body["pairs"]:
        customer_id = books.add_customer(**pair["customer"])
        invoice = add_invoice(books, {**pair["invoice"], "customer": customer_id})
        made.append({"customer": customer_id, "invoice": invoice["Id"]})
    return {"made": made}


def _edit_invoice(books: Books, body: Row, request: Request) -> Row:
    given: Row = {
        "amount": Decimal(str(body["amount"])) if "amount" in body else None,
        "DueDate": body.get("due_date"),
        "DocNumber": body.get("number"),
        "PrivateNote": body.get("note"),
        "EmailStatus": body.get("email_status"),
    }
    return books.edit_invoice(request.path_params["id"], **{k: v for k, v in given.items() if v is not None})


def pay_by_hand(books: Books, invoice_id: str, amount: Decimal, **said: str) -> Row:
    """A payment as the bookkeeper enters it: a cheque, cash."""
    invoice = books.row("Invoice", invoice_id)
    body: Row = {
        "CustomerRef": {"value": invoice["CustomerRef"]["value"]},
        "TotalAmt": amount,
        "PaymentRefNum": said.get("reference"),
        "PrivateNote": said.get("note"),
        "TxnDate": said.get("date"),
        "Line": [{"Amount": amount, "LinkedTxn": [{"TxnId": invoice_id, "TxnType": "Invoice"}]}],
        "CurrencyRef": invoice.get("CurrencyRef"),
        "ExchangeRate": invoice.get("ExchangeRate"),
        "DepositToAccountRef": {"value": said["account"]} if said.get("account") else None,
    }
    return payments.create_payment(books, {k: v for k, v in body.items() if v is not None}, by_person=True)


def _pay_by_hand(books: Books, body: Row, request: Request) -> Row:
    del request
    invoice_id = str(body.pop("invoice"))
    amount = body.pop("amount", None)
    chosen = books.row("Invoice", invoice_id)["Balance"] if amount is None else Decimal(str(amount))
    return pay_by_hand(books, invoice_id, chosen, **body)


def _give_credit(books: Books, body: Row, request: Request) -> Row:
    del request
    customer_id = _customer_id(books, str(body["customer"]))
    rate = Decimal(str(body.get("exchange_rate", 1)))
    memo = payments.give_credit(books, customer_id, Decimal(str(body["amount"])), body.get("invoice"), rate)
    return books.row("CreditMemo", memo)


def _add_account(books: Books, body: Row, request: Request) -> Row:
    del request
    return books.row("Account", books.add_account(**body))


def _add_item(books: Books, body: Row, request: Request) -> Row:
    del request
    return books.row("Item", books.add_item(**body))


def _kind(request: Request) -> str:
    return next(one for one in journal.REPORT_NAMES if one.lower() == request.path_params["kind"].lower())


def _enter(books: Books, body: Row, request: Request) -> Row:
    """An entry of any kind in QuickBooks' own form, made by a person: closed books do not stop him.

    Amounts may be written as text.
    """
    return entries.create_entry(books, _kind(request), with_amounts(body), by_person=True)


def with_amounts(value: Any) -> Any:
    """The same form with what it names as an amount read as an exact number."""
    if isinstance(value, dict):
        return {
            name: Decimal(str(inner)) if name in {"Amount", "ExchangeRate", "TotalAmt"} else with_amounts(inner)
            for name, inner in value.items()
        }
    return [with_amounts(inner) for inner in value] if isinstance(value, list) else value


def _take_away(books: Books, body: Row, request: Request) -> Row:
    del body
    return entries.delete_entry(books, _kind(request), request.path_params["id"])


def _void_on_the_form(books: Books, body: Row, request: Request) -> Row:
    del body
    return entries.void_by_person(books, _kind(request), request.path_params["id"])


def _day(books: Books, request: Request) -> date:
    return date.fromisoformat(request.query_params.get("on") or books.today())


def _trial_balance(books: Books, body: Row, request: Request) -> Row:
    """Every account that holds something at the end of that day; debits are positive, and `total` is nothing."""
    del body
    on = request.query_params.get("on")
    held = journal.balances(books, date.fromisoformat(on) if on else None)
    rows = [
        {
            "id": account,
            "name": books.row("Account", account)["Name"],
            "type": books.row("Account", account)["AccountType"],
            "currency": books.row("Account", account)["CurrencyRef"]["value"],
            "balance": str(home),
            "in_its_currency": str(own),
        }
        for account, (home, own) in held.items()
        if home or own
    ]
    return {"accounts": rows, "total": str(sum((home for home, _ in held.values()), Decimal(0)))}


def _balance(books: Books, body: Row, request: Request) -> Row:
    """What one account holds at the end of the day `on`, in its own currency."""
    del body
    account = request.path_params["id"]
    _, own = journal.balances(books, _day(books, request))[account]
    return {"id": account, "name": books.row("Account", account)["Name"], "balance": str(own)}


def _ageing(books: Books, body: Row, request: Request) -> Row:
    """The A/R ageing by open balances, and beside it what the journal says that each customer owes."""
    del body
    aged = journal.ageing(books, _day(books, request))
    rows = [
        {"customer": customer, **{bucket: str(amount) for bucket, amount in buckets.items()}}
        for customer, buckets in aged.items()
    ]
    owed = {customer: str(amount) for customer, amount in journal.receivables(books).items()}
    return {"customers": rows, "by_journal": owed}


def _settings(books: Books, body: Row, request: Request) -> Row:
    del request
    known = {one.name for one in fields(RealmSettings)}
    for name, value in body.items():
        if name not in known:
            raise KeyError(f"{name} is no setting; known are {', '.join(sorted(known))}")
        setattr(books.settings, name, value)
    return asdict(books.settings)


def _tokens(desk: TokenDesk, realms: dict[str, Books], body: Row) -> Row:
    """Seed a bearer token, disconnect a realm, or let the sign-in page answer by itself."""
    if "revoke" in body:
        desk.disconnect(str(body["revoke"]))
        return {"revoked": body["revoke"]}
    if "consent_at_once" in body:
        desk.consents_at_once = str(body["consent_at_once"]) if body["consent_at_once"] else None
        return {"consent_at_once": desk.consents_at_once}
    realm_id = str(body.get("realm") or next(iter(realms)))
    life = timedelta(seconds=body.get("seconds", 315_360_000))
    return {"realm": realm_id, "access_token": desk.seed(realm_id, body.get("token"), life)}


def records(books: Books) -> Row:
    """What the books hold at the end of the day: the witness for demo and tests, deleted entries included."""
    statuses = books.statuses()
    return {
        "realm": books.realm_id,
        "name": books.settings.name,
        "customers": [version.row for version in books.all("Customer")],
        "invoices": [_invoice(version.row, statuses[version.row["Id"]], books) for version in books.all("Invoice")],
        "payments": [
            {**_payment(record.now, books), "created_at": record.versions[0].at.isoformat()}
            for record in books.records["Payment"].values()
        ],
        "entries": [
            _entry(kind, version, books)
            for kind in ("Purchase", "Transfer", "RefundReceipt", "Deposit", "CreditMemo", "JournalEntry")
            for version in books.all(kind)
        ],
    }


def _invoice(row: Row, status: str, books: Books) -> Row:
    return {
        "id": row["Id"],
        "number": row.get("DocNumber"),
        "customer_id": row["CustomerRef"]["value"],
        "customer": row["CustomerRef"]["name"],
        "total": str(row["TotalAmt"]),
        "balance": str(row["Balance"]),
        "currency": row.get("CurrencyRef", {}).get("value", books.settings.home_currency),
        "txn_date": row["TxnDate"],
        "due_date": row.get("DueDate"),
        "status": status,
        "version": row["SyncToken"],
        "payments": [linked["TxnId"] for linked in row["LinkedTxn"]],
    }


def _entry(kind: str, version: Version, books: Books) -> Row:
    row = version.row
    amount = row["Amount"] if kind == "Transfer" else row["TotalAmt"]
    voided = amount == 0 and row.get("PrivateNote", "").startswith(books.settings.voided_word)
    return {
        "kind": kind,
        "id": row["Id"],
        "reference": row.get("DocNumber", ""),
        "note": row.get("PrivateNote", ""),
        "amount": str(amount),
        "date": row["TxnDate"],
        "status": "deleted" if version.deleted else "voided" if voided else "live",
    }


def _payment(version: Version, books: Books) -> Row:
    row = version.row
    voided = row["TotalAmt"] == 0 and row.get("PrivateNote", "").startswith(books.settings.voided_word)
    return {
        "id": row["Id"],
        "reference": row.get("PaymentRefNum", ""),
        "note": row.get("PrivateNote", ""),
        "customer_id": row["CustomerRef"]["value"],
        "amount": str(row["TotalAmt"]),
        "unapplied": str(row["UnappliedAmt"]),
        "currency": row.get("CurrencyRef", {}).get("value", books.settings.home_currency),
        "date": row["TxnDate"],
        "account": row["DepositToAccountRef"]["value"],
        "status": "deleted" if version.deleted else "voided" if voided else "live",
        "lines": [
            {"invoice": piece.entity_id, "kind": piece.kind, "amount": str(piece.amount)}
            for piece in payments.pieces_of(row)
        ],
    }
