"""Routes under `/_sandbox` that play the people of an organisation. JSON in, JSON out; amounts as text or numbers.

Each body may carry `tenant`, the id of an organisation; without it the first one is meant.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.base import CONTROL, json_response
from adapters.sandbox.xero.books import Books, Invoice, Payment, Refused
from adapters.sandbox.xero.identity import ALL_SCOPES, FOR_EVER, Identity
from adapters.sandbox.xero.world import World

Handler = Callable[[Request], Awaitable[Response]]


class Control:
    """What an owner, a bookkeeper or a test does by hand."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world = world
        self._identity = identity

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("POST", "/contacts", self._add_contact),
            ("POST", "/contacts/{id}/edit", self._edit_contact),
            ("POST", "/invoices", self._issue),
            ("POST", "/invoices/{id}/edit", self._edit),
            ("POST", "/invoices/{id}/void", self._void),
            ("POST", "/invoices/{id}/credit", self._credit),
            ("POST", "/payments", self._pay),
            ("POST", "/payments/{id}/delete", self._delete_payment),
            ("POST", "/settings", self._settings),
            ("GET", "/records", self._records),
            ("GET", "/webhooks", self._webhooks),
            ("POST", "/tokens", self._tokens),
        ]
        return [Route(CONTROL + path, refusals_as_409(work), methods=[verb]) for verb, path, work in table]

    async def _body(self, request: Request) -> tuple[dict[str, Any], Books]:
        body = await request.json() if await request.body() else {}
        return body, self._world.tenant(body.pop("tenant", None)).books

    async def _add_contact(self, request: Request) -> Response:
        """name, mobile?, phones?, groups?, addresses?, first_name?, status?"""
        body, books = await self._body(request)
        contact = books.add_contact(**body)
        return json_response({"contact_id": contact.contact_id}, 201)

    async def _edit_contact(self, request: Request) -> Response:
        body, books = await self._body(request)
        books.edit_contact(books.contacts[request.path_params["id"]], **body)
        return json_response({"contact_id": request.path_params["id"]})

    async def _issue(self, request: Request) -> Response:
        """contact, amount, tax?, currency?, due_date?, date?, number?, status?, reference?, rate?, sent?, raw?"""
        body, books = await self._body(request)
        contact = books.contacts[body.pop("contact")]
        invoice = books.issue(contact, **_invoice_fields(body))
        return json_response(_invoice_row(invoice), 201)

    async def _edit(self, request: Request) -> Response:
        """amount?, due_date?, number?, sent?, expected_payment_date?, status?, raw?"""
        body, books = await self._body(request)
        invoice = books.invoices[request.path_params["id"]]
        books.edit(invoice, **_invoice_fields(body))
        return json_response(_invoice_row(invoice))

    async def _void(self, request: Request) -> Response:
        _, books = await self._body(request)
        invoice = books.invoices[request.path_params["id"]]
        books.void(invoice)
        return json_response(_invoice_row(invoice))

    async def _credit(self, request: Request) -> Response:
        """Body: amount."""
        body, books = await self._body(request)
        invoice = books.invoices[request.path_params["id"]]
        books.credit(invoice, Decimal(str(body["amount"])))
        return json_response(_invoice_row(invoice))

    async def _pay(self, request: Request) -> Response:
        """invoice, amount, reference?, date?, account?, reconciled?"""
        body, books = await self._body(request)
        payment = books.pay(
            books.invoices[body["invoice"]],
            Decimal(str(body["amount"])),
            account=books.accounts[body["account"]] if "account" in body else None,
            paid_on=date.fromisoformat(body["date"]) if "date" in body else None,
            reference=body.get("reference", ""),
            reconciled=body.get("reconciled", False),
        )
        return json_response(_payment_row(payment), 201)

    async def _delete_payment(self, request: Request) -> Response:
        _, books = await self._body(request)
        payment = books.payments[request.path_params["id"]]
        books.delete_payment(payment)
        return json_response(_payment_row(payment))

    async def _settings(self, request: Request) -> Response:
        """Change any of the switches.

        Of the tenant: period_lock_date, end_of_year_lock_date, minute_limit, day_limit, concurrent_limit (null: none).
        Of all: lag_seconds, latency_seconds, offline, compress, deny_consent; webhook_url with webhook_key.
        """
        body, books = await self._body(request)
        tenant = self._world.tenant(books.seed.tenant_id)
        for name, value in body.items():
            if name in {"period_lock_date", "end_of_year_lock_date"}:
                setattr(books, name, date.fromisoformat(value) if value else None)
                books.revision += 1
            elif name in {"minute_limit", "day_limit", "concurrent_limit"}:
                setattr(tenant.limits, name.removesuffix("_limit"), value)
            elif name == "webhook_url":
                self._world.webhooks.subscribe(value, body.get("webhook_key", ""))
            elif name in vars(self._world.switches):
                setattr(self._world.switches, name, value)
            elif name != "webhook_key":
                raise KeyError(name)
        return json_response({**vars(self._world.switches), "closed_through": str(books.closed_through)})

    async def _records(self, request: Request) -> Response:
        books = self._world.tenant(request.query_params.get("tenant")).books
        return json_response(
            {
                "tenant_id": books.seed.tenant_id,
                "clearing_account_id": books.clearing_account.account_id,
                "invoices": [_invoice_row(row) for row in books.invoices.values()],
                "payments": [_payment_row(row) for row in books.payments.values()],
                **other_entries(books),
                "contacts": [
                    {"ContactID": c.contact_id, "Name": c.name, "Phones": c.phones, "ContactStatus": c.status}
                    for c in books.contacts.values()
                ],
                "accounts": [
                    {"AccountID": a.account_id, "Name": a.name, "Code": a.code, "Type": a.kind}
                    for a in books.accounts.values()
                ],
            }
        )

    async def _webhooks(self, _request: Request) -> Response:
        hooks = self._world.webhooks
        rows = [{"body": d.body, "signed_rightly": d.signed_rightly, "status": d.status} for d in hooks.deliveries]
        return json_response({"url": hooks.url, "receiver_passed": hooks.receiver_passed, "deliveries": rows})

    async def _tokens(self, request: Request) -> Response:
        """{"seed": TOKEN, "seconds"?, "scopes"?, "tenants"?}, {"revoke": TOKEN} or {"disconnect": TENANT}."""
        body = await request.json()
        if "seed" in body:
            life = timedelta(seconds=body["seconds"]) if "seconds" in body else FOR_EVER
            tenants = frozenset(body["tenants"]) if "tenants" in body else None
            self._identity.mint(frozenset(body.get("scopes", ALL_SCOPES)), life, body["seed"], tenants)
        if "revoke" in body:
            self._identity.access[body["revoke"]].revoked = True
        if "disconnect" in body:
            self._world.tenants[body["disconnect"]].connected = False
        return json_response({"tokens": len(self._identity.access)})


def refusals_as_409(work: Handler) -> Handler:
    """What Xero's screens would refuse, and what this body did not say, as a clear answer."""

    async def endpoint(request: Request) -> Response:
        try:
            return await work(request)
        except Refused as refusal:
            return json_response({"refused": str(refusal)}, 409)
        except KeyError as missing:
            return json_response({"unknown": str(missing)}, 404)
        except (TypeError, ValueError, ArithmeticError) as problem:
            return json_response({"unreadable": str(problem)}, 400)

    return endpoint


_DAYS = {"due_date": "due_on", "date": "issued_on", "expected_payment_date": "expected_on"}


def _invoice_fields(body: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, value in body.items():
        if name in _DAYS:
            fields[_DAYS[name]] = date.fromisoformat(value) if value else None
        elif name in {"amount", "rate", "tax"}:
            fields[name] = Decimal(str(value))
        else:
            fields[name] = value
    return fields


def _invoice_row(row: Invoice) -> dict[str, Any]:
    """Amounts as text, so that nothing is lost on the way to a report."""
    return {
        "InvoiceID": row.invoice_id,
        "InvoiceNumber": row.number,
        "ContactID": row.contact.contact_id,
        "ContactName": row.contact.name,
        "Status": row.status,
        "Total": str(row.amount),
        "AmountDue": str(row.due),
        "AmountPaid": str(row.paid),
        "AmountCredited": str(row.credited),
        "CurrencyCode": row.currency,
        "Date": row.issued_on.isoformat(),
        "DueDate": row.due_on.isoformat() if row.due_on else None,
    }


def other_entries(books: Books) -> dict[str, list[dict[str, Any]]]:
    """What moved money or credit otherwise than by a payment on an invoice."""
    moved = [
        {
            "BankTransactionID": row.transaction_id,
            "OverpaymentID": row.overpayment_id,
            "Type": row.kind,
            "Status": row.shown_status,
            "AccountID": row.account.account_id,
            "ContactName": row.contact.name,
            "Reference": row.reference or row.lines[0].description,
            "Total": str(row.total),
            "CurrencyCode": row.currency,
            "Date": row.booked_on.isoformat(),
        }
        for row in books.bank_transactions.values()
    ]
    transfers = [
        {
            "BankTransferID": row.transfer_id,
            "Status": row.status,
            "From": row.source.name,
            "To": row.target.name,
            "Reference": row.reference,
            "Amount": str(row.amount),
            "Date": row.booked_on.isoformat(),
        }
        for row in books.transfers.values()
    ]
    notes = [
        {
            "CreditNoteID": row.credit_note_id,
            "Status": row.status,
            "ContactName": row.contact.name,
            "Reference": row.reference,
            "Total": str(row.total),
            "RemainingCredit": str(row.remaining),
            "CurrencyCode": row.currency,
            "Date": row.booked_on.isoformat(),
        }
        for row in books.credit_notes.values()
    ]
    refunds = [
        {
            "PaymentID": row.payment_id,
            "PaymentType": row.kind,
            "Status": row.status,
            "AccountID": row.account.account_id,
            "Reference": row.reference,
            "Amount": str(row.amount),
            "CurrencyCode": row.credit.currency,
            "Date": row.paid_on.isoformat(),
        }
        for row in books.refunds.values()
    ]
    return {"bank_transactions": moved, "bank_transfers": transfers, "credit_notes": notes, "refunds": refunds}


def _payment_row(row: Payment) -> dict[str, Any]:
    return {
        "PaymentID": row.payment_id,
        "InvoiceID": row.invoice.invoice_id,
        "InvoiceNumber": row.invoice.number,
        "AccountID": row.account.account_id,
        "Account": row.account.name,
        "Reference": row.reference,
        "Amount": str(row.amount),
        "CurrencyCode": row.invoice.currency,
        "CurrencyRate": str(row.rate),
        "Date": row.paid_on.isoformat(),
        "Status": row.status,
        "IsReconciled": row.reconciled,
        "CreatedAt": row.created.isoformat(),
    }
