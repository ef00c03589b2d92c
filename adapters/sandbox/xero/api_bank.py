"""Bank transactions, transfers, credit notes, overpayments and reports, as Xero answers them.

https://developer.xero.com/documentation/api/accounting/banktransactions, .../banktransfers, .../creditnotes,
.../overpayments, .../reports. Which granular scope opens which of them is told by third parties only.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.base import json_response
from adapters.sandbox.xero import filters, rendering_bank, reports
from adapters.sandbox.xero.api import ROOT, Accounting, Work, not_found, validation_error
from adapters.sandbox.xero.books import TAX_RATES, Account, Books, Contact, Refused
from adapters.sandbox.xero.documents import OVERPAYMENT, BankTransaction, BankTransfer, Credit, CreditNote, LineItem
from adapters.sandbox.xero.journal import rate_told
from adapters.sandbox.xero.rendering import read_day
from adapters.sandbox.xero.world import Tenant

Row = TypeVar("Row")
MAKEABLE = ("SPEND", "RECEIVE", OVERPAYMENT)  # prepayments are not needed here; transfers can only be read
NO_CONTACT = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)


class BankingApi:
    """Handlers beside those of `Accounting`, behind the same guards."""

    def __init__(self, accounting: Accounting) -> None:
        self._api = accounting

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, str, Work]] = [
            ("GET", "/BankTransactions", "banktransactions", self._bank_transactions),
            ("PUT", "/BankTransactions", "banktransactions", self._move),
            ("POST", "/BankTransactions", "banktransactions", self._move),
            ("GET", "/BankTransactions/{id}", "banktransactions", self._bank_transaction),
            ("POST", "/BankTransactions/{id}", "banktransactions", self._delete_move),
            ("GET", "/BankTransfers", "banktransactions", self._transfers),
            ("PUT", "/BankTransfers", "banktransactions", self._transfer),
            ("GET", "/BankTransfers/{id}", "banktransactions", self._one_transfer),
            ("POST", "/BankTransfers/{id}", "banktransactions", self._delete_transfer),
            ("GET", "/CreditNotes", "invoices", self._credit_notes),
            ("PUT", "/CreditNotes", "invoices", self._credit_note),
            ("POST", "/CreditNotes", "invoices", self._credit_note),
            ("GET", "/CreditNotes/{id}", "invoices", self._one_credit_note),
            ("POST", "/CreditNotes/{id}", "invoices", self._void_credit_note),
            ("PUT", "/CreditNotes/{id}/Allocations", "invoices", self._allocate_note),
            ("DELETE", "/CreditNotes/{id}/Allocations/{allocation}", "invoices", self._take_note_back),
            ("GET", "/Overpayments", "payments", self._overpayments),
            ("GET", "/Overpayments/{id}", "payments", self._one_overpayment),
            ("PUT", "/Overpayments/{id}/Allocations", "payments", self._allocate_overpayment),
            ("DELETE", "/Overpayments/{id}/Allocations/{allocation}", "payments", self._take_overpayment_back),
            ("GET", "/Reports/TrialBalance", "reports.trialbalance", self._trial_balance),
            ("GET", "/Reports/BankSummary", "reports.banksummary", self._bank_summary),
            ("GET", "/Reports/AgedReceivablesByContact", "reports.aged", self._aged),
        ]
        return [Route(ROOT + path, self._api.guarded(area, work), methods=[verb]) for verb, path, area, work in table]

    # ---------------------------------------------------------------------------------------- bank transactions

    def _bank_transactions(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        """Both sides of every transfer too: they can be read here, not made."""
        books = tenant.books
        sides = [side for row in books.transfers.values() for side in row.sides]
        found = self._api.select(request, tenant, [*books.bank_transactions.values(), *sides], BankTransaction)
        return self._api.listed("BankTransactions", found, request, rendering_bank.bank_transaction)

    def _bank_transaction(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = tenant.books.bank_transactions.get(_id(request))
        return not_found() if row is None else self._told("BankTransactions", rendering_bank.bank_transaction(row))

    def _move(self, _request: Request, tenant: Tenant, body: Any) -> Response:
        element = _single(body, "BankTransactions")
        return self._done(
            "BankTransactions", element, lambda: rendering_bank.bank_transaction(_made_move(tenant.books, element))
        )

    def _delete_move(self, request: Request, tenant: Tenant, body: Any) -> Response:
        """The one change the stand-in knows is deleting."""
        row = tenant.books.bank_transactions.get(_id(request))
        only = ("DELETED", "The stand-in changes nothing of a bank transaction; it can be deleted")
        banking = tenant.books.banking
        return self._ended("BankTransactions", body, row, only, banking.delete_move, rendering_bank.bank_transaction)

    def _ended(
        self,
        what: str,
        body: Any,
        row: Row | None,
        only: tuple[str, str],
        end: Callable[[Row], None],
        rendered: Callable[[Row], dict[str, Any]],
    ) -> Response:
        """A document is deleted or voided. `only`: the one status that may be asked for, and what is said of others."""
        if row is None:
            return not_found()

        def act() -> dict[str, Any]:
            _only(element, *only)
            end(row)
            return rendered(row)

        element = _single(body, what)
        return self._done(what, element, act)

    # ------------------------------------------------------------------------------------------------ transfers

    def _transfers(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        """Not paged; deleted ones only when asked for."""
        with_deleted = request.query_params.get("includeDeleted", "").lower() == "true"
        rows = [row for row in tenant.books.transfers.values() if with_deleted or row.status != "DELETED"]
        found = self._api.select(request, tenant, rows, BankTransfer)
        return self._api.answer("BankTransfers", [rendering_bank.bank_transfer(row) for row in found])

    def _one_transfer(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = tenant.books.transfers.get(_id(request))
        return not_found() if row is None else self._told("BankTransfers", rendering_bank.bank_transfer(row))

    def _transfer(self, _request: Request, tenant: Tenant, body: Any) -> Response:
        element, books = _single(body, "BankTransfers"), tenant.books

        def make() -> dict[str, Any]:
            row = books.banking.transfer(
                _account(books, element["FromBankAccount"]),
                _account(books, element["ToBankAccount"]),
                Decimal(element["Amount"]),
                booked_on=_day(element),
                reference=element.get("Reference", ""),
                reconciled=(bool(element.get("FromIsReconciled")), bool(element.get("ToIsReconciled"))),
            )
            return rendering_bank.bank_transfer(row)

        return self._done("BankTransfers", element, make)

    def _delete_transfer(self, request: Request, tenant: Tenant, body: Any) -> Response:
        row = tenant.books.transfers.get(_id(request))
        if row is None:
            return not_found()

        def delete() -> dict[str, Any]:
            _only(body, "DELETED", "Bank transfers cannot be edited, only deleted")
            tenant.books.banking.delete_transfer(row)
            return rendering_bank.bank_transfer(row)

        return self._done("BankTransfers", body, delete)

    # ---------------------------------------------------------------------------------------------- credit notes

    def _credit_notes(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        found = self._api.select(request, tenant, list(tenant.books.credit_notes.values()), CreditNote)
        return self._api.listed("CreditNotes", found, request, rendering_bank.credit_note)

    def _one_credit_note(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = tenant.books.credit_notes.get(_id(request))
        return not_found() if row is None else self._told("CreditNotes", rendering_bank.credit_note(row))

    def _credit_note(self, _request: Request, tenant: Tenant, body: Any) -> Response:
        element, books = _single(body, "CreditNotes"), tenant.books

        def make() -> dict[str, Any]:
            kind = element["Type"] if element["Type"] != "ACCRECCREDIT" else element.get("Status")
            _only({"Status": kind}, "AUTHORISED", "The stand-in makes authorised sales credit notes only")
            amounts_are = element.get("LineAmountTypes", "Exclusive")
            row = books.banking.issue_credit_note(
                _contact(books, element.get("Contact", {})),
                [_line(books, line, amounts_are) for line in element["LineItems"]],
                booked_on=_day(element),
                reference=element.get("Reference", ""),
                amounts_are=amounts_are,
                currency=element.get("CurrencyCode"),
                rate=rate_told(element.get("CurrencyRate")),
                number=element.get("CreditNoteNumber"),
            )
            return rendering_bank.credit_note(row)

        return self._done("CreditNotes", element, make)

    def _void_credit_note(self, request: Request, tenant: Tenant, body: Any) -> Response:
        row = tenant.books.credit_notes.get(_id(request))
        only = ("VOIDED", "The stand-in changes nothing of a credit note; it can be voided")
        return self._ended(
            "CreditNotes", body, row, only, tenant.books.banking.void_credit_note, rendering_bank.credit_note
        )

    # ---------------------------------------------------------------------------- overpayments and allocations

    def _overpayments(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        rows = [row for row in tenant.books.bank_transactions.values() if row.overpayment_id]
        found = self._api.select(request, tenant, rows, BankTransaction)
        return self._api.listed("Overpayments", found, request, rendering_bank.overpayment)

    def _one_overpayment(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = _overpaid(tenant.books, _id(request))
        return not_found() if row is None else self._told("Overpayments", rendering_bank.overpayment(row))

    def _allocate_note(self, request: Request, tenant: Tenant, body: Any) -> Response:
        return self._allocate(tenant.books, tenant.books.credit_notes.get(_id(request)), body)

    def _allocate_overpayment(self, request: Request, tenant: Tenant, body: Any) -> Response:
        return self._allocate(tenant.books, _overpaid(tenant.books, _id(request)), body)

    def _allocate(self, books: Books, credit: Credit | None, body: Any) -> Response:
        if credit is None:
            return not_found()
        element = _single(body, "Allocations")
        invoice = books.invoices.get(element["Invoice"]["InvoiceID"].lower())
        amount, day = Decimal(element["Amount"]), read_day(element["Date"])
        return self._done(
            "Allocations",
            element,
            lambda: rendering_bank.allocation(books.banking.allocate(credit, invoice, amount, day)),
        )

    def _take_note_back(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        return self._take_back(tenant.books, tenant.books.credit_notes.get(_id(request)), request)

    def _take_overpayment_back(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        return self._take_back(tenant.books, _overpaid(tenant.books, _id(request)), request)

    def _take_back(self, books: Books, credit: Credit | None, request: Request) -> Response:
        wanted = request.path_params["allocation"].lower()
        row = next((one for one in credit.allocations if one.allocation_id == wanted), None) if credit else None
        if row is None:
            return not_found()
        try:
            books.banking.delete_allocation(row)
        except Refused as refusal:
            return validation_error([{"AllocationID": wanted}], [[str(refusal)]])
        return json_response({**rendering_bank.allocation(row), "IsDeleted": True})  # no envelope here, by OpenAPI

    # -------------------------------------------------------------------------------------------------- reports

    def _trial_balance(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        day = _asked_day(request, "date") or tenant.books.today()
        return self._api.answer("Reports", [reports.trial_balance(tenant.books, day)])

    def _bank_summary(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        until = _asked_day(request, "toDate") or tenant.books.today()
        since = _asked_day(request, "fromDate") or until.replace(day=1)
        return self._api.answer("Reports", [reports.bank_summary(tenant.books, since, until)])

    def _aged(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        contact = tenant.books.contacts[request.query_params["contactId"].lower()]
        day = _asked_day(request, "date") or tenant.books.today()
        return self._api.answer("Reports", [reports.aged_receivables(tenant.books, contact, day)])

    def _done(self, kind: str, element: dict[str, Any], work: Callable[[], dict[str, Any]]) -> Response:
        """The row that came of it, or the refusal in Xero's form."""
        try:
            return self._told(kind, work())
        except Refused as refusal:
            return validation_error([element], [[str(refusal)]])

    def _told(self, kind: str, row: dict[str, Any]) -> Response:
        return self._api.answer(kind, [row])


def _only(element: dict[str, Any], status: str, otherwise: str) -> None:
    if element.get("Status") != status:
        raise Refused(otherwise)


def _id(request: Request) -> str:
    return str(request.path_params["id"]).lower()


def _asked_day(request: Request, name: str) -> date | None:
    text = request.query_params.get(name)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise filters.BadQuery(f"{name} {text!r} is not a day") from error


def _single(body: Any, kind: str) -> dict[str, Any]:
    """The stand-in takes one a call."""
    (element,) = body[kind]
    return dict(element)


def _day(element: dict[str, Any]) -> date | None:
    return read_day(element["Date"]) if "Date" in element else None


def _account(books: Books, asked: dict[str, Any]) -> Account | None:
    wanted = books.accounts.get(str(asked.get("AccountID", "")).lower())
    return wanted or next((a for a in books.accounts.values() if a.code and a.code == asked.get("Code")), None)


def _contact(books: Books, asked: dict[str, Any]) -> Contact:
    """By id, else by name; a name nobody has makes a new contact."""
    if "ContactID" in asked:
        found = books.contacts.get(asked["ContactID"].lower())
        if found is None:
            raise Refused("The Contact could not be found")
    elif asked.get("Name"):
        rows = (c for c in books.contacts.values() if c.name == asked["Name"] and c.status == "ACTIVE")
        found = next(rows, None) or books.add_contact(asked["Name"])
    else:
        raise Refused(NO_CONTACT)
    if found.status != "ACTIVE":
        raise Refused("The contact is archived and cannot be used")
    return found


def _line(books: Books, element: dict[str, Any], amounts_are: str, account: Account | None = None) -> LineItem:
    """AccountCode only: that an AccountID alone would do is not written."""
    code, tax_type = element.get("AccountCode"), element.get("TaxType", "NONE")
    if account is None:
        account = next((a for a in books.accounts.values() if a.code and a.code == code), None)
        if account is None or account.kind == "BANK" or account.status != "ACTIVE" or account.system is not None:
            raise Refused(f"Account code '{code}' is not a valid code for this document.")
    elif code not in {None, account.code}:
        raise Refused(f"Account code '{code}' is not a valid code for this document.")
    if tax_type not in TAX_RATES:
        raise Refused(f"The TaxType code '{tax_type}' does not exist or cannot be used for this type of transaction.")
    if not element.get("Description"):
        raise Refused("Description must be at least 1 character")
    return books.banking.line(
        element["Description"],
        Decimal(element["UnitAmount"]),
        account,
        tax_type=tax_type,
        quantity=Decimal(element.get("Quantity", 1)),
        amounts_are=amounts_are,
    )


def _made_move(books: Books, element: dict[str, Any]) -> BankTransaction:
    kind = element["Type"]
    if kind not in MAKEABLE:
        raise Refused(f"A bank transaction of type {kind} cannot be made here")
    over = kind == OVERPAYMENT
    amounts_are = "NoTax" if over else element.get("LineAmountTypes", "Inclusive")
    control = books.control("ACCREC") if over else None
    return books.banking.move(
        kind,
        _contact(books, element.get("Contact", {})),
        _account(books, element["BankAccount"]),
        [_line(books, line, amounts_are, control) for line in element["LineItems"]],
        booked_on=_day(element),
        reference=element.get("Reference", ""),
        amounts_are=amounts_are,
        currency=element.get("CurrencyCode"),
        rate=rate_told(element.get("CurrencyRate")),
        reconciled=bool(element.get("IsReconciled", False)),
    )


def _overpaid(books: Books, overpayment_id: str) -> BankTransaction | None:
    rows = books.bank_transactions.values()
    return next((row for row in rows if row.overpayment_id == overpayment_id), None)
