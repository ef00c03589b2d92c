"""Routes under `/_sandbox` for the books as a whole: reports a test may ask, entries a person makes by hand.

Each body, or the query of a GET, may carry `tenant`; without it the first organisation is meant. Amounts are texts.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.base import CONTROL, json_response
from adapters.sandbox.xero.books import Account, Books
from adapters.sandbox.xero.control import Handler, refusals_as_409
from adapters.sandbox.xero.documents import OVERPAYMENT, BankTransaction, Credit
from adapters.sandbox.xero.world import World


class BankControl:
    """What a bookkeeper or a test does by hand with the bank and with credit."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/trial-balance", self._trial_balance),
            ("GET", "/balance", self._balance),
            ("GET", "/ageing", self._ageing),
            ("GET", "/journal", self._journal),
            ("POST", "/accounts", self._add_account),
            ("POST", "/bank-transactions", self._move),
            ("POST", "/bank-transactions/{id}/delete", self._delete_move),
            ("POST", "/bank-transfers", self._transfer),
            ("POST", "/bank-transfers/{id}/delete", self._delete_transfer),
            ("POST", "/credits/{id}/allocate", self._allocate),
            ("POST", "/credits/{id}/refund", self._refund),
            ("POST", "/reconciled/{id}", self._reconciled),
        ]
        return [Route(CONTROL + path, refusals_as_409(work), methods=[verb]) for verb, path, work in table]

    async def _body(self, request: Request) -> tuple[dict[str, Any], Books]:
        body = await request.json() if await request.body() else {}
        return body, self._world.tenant(body.pop("tenant", None)).books

    def _asked(self, request: Request) -> tuple[Books, date | None]:
        text = request.query_params.get("on")
        books = self._world.tenant(request.query_params.get("tenant")).books
        return books, date.fromisoformat(text) if text else None

    # ---------------------------------------------------------------------------------------------------- asking

    async def _trial_balance(self, request: Request) -> Response:
        """Query: on?. Home-currency balance by account name, a debit positive; `total` must be 0."""
        books, on = self._asked(request)
        balances = books.journal.balances(on)
        named = {a.name: str(balances[a.account_id]) for a in books.accounts.values() if a.account_id in balances}
        return json_response({"accounts": named, "total": str(sum(balances.values(), Decimal(0)))})

    async def _balance(self, request: Request) -> Response:
        """Query: account (id or name), on?. In the account's own currency."""
        books, on = self._asked(request)
        account = _account(books, request.query_params["account"])
        amount = books.journal.own_balance(account, on)
        return json_response({"amount": str(amount), "currency": account.currency or books.seed.base_currency})

    async def _ageing(self, request: Request) -> Response:
        """What customers owe as it stands, credit they may use as negative amounts."""
        books, _ = self._asked(request)
        rows = [
            {"id": identifier, "contact": contact.name, "currency": currency, "open": str(amount)}
            for identifier, contact, currency, amount in books.banking.ageing()
        ]
        return json_response({"rows": rows})

    async def _journal(self, request: Request) -> Response:
        """Every posting, oldest first."""
        books, on = self._asked(request)
        rows = [
            {
                "number": posting.number,
                "source": posting.source,
                "kind": posting.kind,
                "day": posting.day.isoformat(),
                "account": line.account.name,
                "base": str(line.base),
                "amount": str(line.amount),
                "currency": line.currency,
            }
            for posting, line in books.journal.lines(None, on)
        ]
        return json_response({"lines": rows})

    # ----------------------------------------------------------------------------------------------------- doing

    async def _add_account(self, request: Request) -> Response:
        """name, kind, code?, currency?, takes_payments?, status?"""
        body, books = await self._body(request)
        account = books.add_account(Account(**{"code": None, **body}))
        return json_response({"account_id": account.account_id}, 201)

    async def _move(self, request: Request) -> Response:
        """With kind (SPEND, RECEIVE, RECEIVE-OVERPAYMENT), contact (id), amount, account?, other?, date?, reference?"""
        body, books = await self._body(request)
        over = body["kind"] == OVERPAYMENT
        other = books.control("ACCREC") if over else _account(books, body.get("other", "Bank Fees"))
        line = books.banking.line(body.get("reference", "") or "By hand", Decimal(str(body["amount"])), other)
        row = books.banking.move(
            body["kind"],
            books.contacts[body["contact"]],
            _account(books, body.get("account", "Stripe clearing")),
            [line],
            booked_on=_day(body),
            reference=body.get("reference", ""),
        )
        return json_response(_move_row(row), 201)

    async def _delete_move(self, request: Request) -> Response:
        _, books = await self._body(request)
        row = books.bank_transactions[request.path_params["id"]]
        books.banking.delete_move(row)
        return json_response(_move_row(row))

    async def _transfer(self, request: Request) -> Response:
        """amount, from?, to?, date?, reference?"""
        body, books = await self._body(request)
        row = books.banking.transfer(
            _account(books, body.get("from", "Stripe clearing")),
            _account(books, body.get("to", "Business Bank Account")),
            Decimal(str(body["amount"])),
            booked_on=_day(body),
            reference=body.get("reference", ""),
        )
        return json_response({"BankTransferID": row.transfer_id, "Status": row.status}, 201)

    async def _delete_transfer(self, request: Request) -> Response:
        _, books = await self._body(request)
        row = books.transfers[request.path_params["id"]]
        books.banking.delete_transfer(row)
        return json_response({"BankTransferID": row.transfer_id, "Status": row.status})

    async def _allocate(self, request: Request) -> Response:
        """Id of a credit note or overpayment. invoice, amount, date?"""
        body, books = await self._body(request)
        credit = _credit(books, request.path_params["id"])
        invoice = books.invoices[body["invoice"]]
        row = books.banking.allocate(credit, invoice, Decimal(str(body["amount"])), _day(body))
        return json_response({"AllocationID": row.allocation_id, "RemainingCredit": str(credit.remaining)}, 201)

    async def _refund(self, request: Request) -> Response:
        """Id of a credit note or overpayment. amount, account?, date?, reference?"""
        body, books = await self._body(request)
        row = books.banking.refund(
            _credit(books, request.path_params["id"]),
            _account(books, body.get("account", "Stripe clearing")),
            Decimal(str(body["amount"])),
            paid_on=_day(body),
            reference=body.get("reference", ""),
        )
        return json_response({"PaymentID": row.payment_id, "Status": row.status}, 201)

    async def _reconciled(self, request: Request) -> Response:
        """The bookkeeper matches an entry with its bank line: a payment, refund, bank transaction or transfer."""
        _, books = await self._body(request)
        wanted = request.path_params["id"]
        if wanted in books.transfers:
            books.transfers[wanted].from_reconciled = books.transfers[wanted].to_reconciled = True
        else:
            row = books.payments.get(wanted) or books.refunds.get(wanted) or books.bank_transactions[wanted]
            row.reconciled = True
        books.revision += 1
        return json_response({"id": wanted, "reconciled": True})


def _day(body: dict[str, Any]) -> date | None:
    return date.fromisoformat(body["date"]) if "date" in body else None


def _account(books: Books, wanted: str) -> Account:
    if wanted in books.accounts:
        return books.accounts[wanted]
    found = next((a for a in books.accounts.values() if a.name == wanted), None)
    if found is None:
        raise KeyError(wanted)
    return found


def _credit(books: Books, wanted: str) -> Credit:
    if wanted in books.credit_notes:
        return books.credit_notes[wanted]
    rows = books.bank_transactions.values()
    found = next((row for row in rows if wanted in {row.overpayment_id, row.transaction_id}), None)
    if found is None:
        raise KeyError(wanted)
    return found


def _move_row(row: BankTransaction) -> dict[str, Any]:
    return {
        "BankTransactionID": row.transaction_id,
        "OverpaymentID": row.overpayment_id,
        "Type": row.kind,
        "Status": row.shown_status,
        "Total": str(row.total),
    }
