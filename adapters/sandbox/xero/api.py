"""The accounting endpoints Duebird may use, as Xero answers them.

https://developer.xero.com/documentation/api/accounting/invoices, .../payments, .../contacts, .../organisation
"""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from adapters.sandbox.base import json_response
from adapters.sandbox.xero import filters, rendering, rendering_bank
from adapters.sandbox.xero.books import TAX_RATES, Account, Books, Contact, Invoice, Payment, Refused, visible
from adapters.sandbox.xero.documents import Credit, Refund
from adapters.sandbox.xero.guards import Remembered
from adapters.sandbox.xero.identity import Identity, problem
from adapters.sandbox.xero.journal import rate_told
from adapters.sandbox.xero.world import Tenant, World

ROOT = "/api.xro/2.0"
MAX_PAGE_SIZE = 1000  # a larger one is cut, not refused
DEFAULT_PAGE_SIZE = 100
MAX_KEY = 128
GZIP_FROM = 1024  # bytes; below it compressing costs more than it saves

Work = Callable[[Request, Tenant, Any], Response]


class Accounting:
    """Handlers of `/api.xro/2.0`. None awaits between reading and writing the records."""

    def __init__(self, world: World, identity: Identity) -> None:
        self._world = world
        self._identity = identity
        self._remembered: tuple[tuple[Any, ...], list[Any]] = ((), [])

    def routes(self) -> list[Route]:
        table: list[tuple[str, str, str, Work]] = [
            ("GET", "/Organisation", "settings", self._organisation),
            ("GET", "/Accounts", "settings", self._accounts),
            ("GET", "/TaxRates", "settings", self._tax_rates),
            ("GET", "/Contacts", "contacts", self._contacts),
            ("GET", "/Invoices", "invoices", self._invoices),
            ("GET", "/Invoices/{invoice_id}", "invoices", self._invoice),
            ("GET", "/Payments", "payments", self._payments),
            ("PUT", "/Payments", "payments", self._create_many),
            ("POST", "/Payments", "payments", self._create_one),
            ("GET", "/Payments/{payment_id}", "payments", self._payment),
            ("POST", "/Payments/{payment_id}", "payments", self._delete),
        ]
        return [Route(ROOT + path, self.guarded(area, work), methods=[verb]) for verb, path, area, work in table]

    def guarded(self, area: str, work: Work) -> Any:
        """A handler of an accounting call, behind tokens, scopes, limits and remembered keys."""

        async def endpoint(request: Request) -> Response:
            body = await request.body()
            write = request.method != "GET"
            scopes = frozenset({f"accounting.{area}"} | (set() if write else {f"accounting.{area}.read"}))
            refusal = self._identity.refuse(request, scopes)
            if refusal is not None:
                return refusal
            tenant = self._tenant(request)
            if tenant is None:
                return problem(403, "Forbidden", "AuthenticationUnsuccessful")
            limited = tenant.limits.refuse(self._world.clock.now())
            if limited is not None:
                retry = {} if limited[1] is None else {"Retry-After": str(limited[1])}
                headers = {"X-Rate-Limit-Problem": limited[0], **retry, **tenant.limits.headers()}
                return Response(status_code=429, headers=headers)
            tenant.limits.running += 1
            try:
                if self._world.switches.latency_seconds:
                    await asyncio.sleep(self._world.switches.latency_seconds)
                response = self._once(request, tenant, body, work)
            finally:
                tenant.limits.running -= 1
            response.headers.update(tenant.limits.headers())
            return self._as_asked(request, response)

        return endpoint

    def _tenant(self, request: Request) -> Tenant | None:
        token = self._identity.bearer(request)
        wanted = request.headers.get("xero-tenant-id", "")
        if not wanted and token is not None and token.tenants is not None and len(token.tenants) == 1:
            wanted = next(iter(token.tenants))  # a custom connection names no tenant
        tenant = self._world.tenants.get(wanted)
        return tenant if tenant and tenant.connected and self._identity.reaches(token, wanted) else None

    def _once(self, request: Request, tenant: Tenant, body: bytes, work: Work) -> Response:
        """Do it, or give the remembered answer to the same key."""
        key = request.headers.get("idempotency-key")
        now = self._world.clock.now()
        if key is None or request.method == "GET":
            return self._work(request, tenant, body, work)
        if len(key) > MAX_KEY:
            return validation_error([{}], [["Idempotency Key must be at most 128 characters"]])
        asked = (request.method, str(request.url), body.decode("utf-8", "replace"))
        held = tenant.keys.find(key, now)
        if held is not None:
            if held.request != asked:
                return json_response(
                    {"Message": f"Idempotency Key: {key} is used with a different request", "Type": None}, 400
                )
            return Response(held.body, held.status, media_type=held.media_type)
        response = self._work(request, tenant, body, work)
        media_type = response.headers.get("content-type", "application/json")
        tenant.keys.keep(key, Remembered(now, asked, response.status_code, bytes(response.body), media_type))
        return response

    def _work(self, request: Request, tenant: Tenant, body: bytes, work: Work) -> Response:
        if self._world.switches.offline:
            return PlainTextResponse("The Organisation is offline", 503)
        try:
            return work(request, tenant, json.loads(body, parse_float=Decimal) if body else None)
        except filters.BadQuery as error:
            return json_response({"ErrorNumber": 16, "Type": "QueryParseException", "Message": str(error)}, 400)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            message = f"The data could not be read: {error}"
            return json_response({"ErrorNumber": 14, "Type": "PostDataInvalidException", "Message": message}, 400)

    def _as_asked(self, request: Request, response: Response) -> Response:
        """XML to those who do not ask for JSON; gzip where it is switched on and accepted."""
        if response.status_code == 200 and "application/json" not in request.headers.get("accept", ""):
            return Response("<Response><Status>OK</Status></Response>", media_type="text/xml")
        if (
            self._world.switches.compress
            and len(response.body) >= GZIP_FROM
            and "gzip" in request.headers.get("accept-encoding", "")
        ):
            kept = {k: v for k, v in response.headers.items() if k != "content-length"}
            packed = gzip.compress(bytes(response.body), 1)
            return Response(packed, response.status_code, {**kept, "Content-Encoding": "gzip"})
        return response

    # ------------------------------------------------------------------------------------------------ reading

    def _organisation(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        del request
        return self.answer("Organisations", [rendering.organisation(tenant.books)])

    def _accounts(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        del request
        return self.answer("Accounts", [rendering.account(row) for row in tenant.books.accounts.values()])

    def _tax_rates(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        del request, tenant
        return self.answer("TaxRates", [rendering.tax_rate(kind, percent) for kind, percent in TAX_RATES.items()])

    def _contacts(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        rows = list(tenant.books.contacts.values())
        wanted = _csv(request, "IDs")
        if wanted:
            rows = [tenant.books.contacts[one] for one in wanted if one in tenant.books.contacts]
        if request.query_params.get("includeArchived", "").lower() != "true":
            rows = [row for row in rows if row.status == "ACTIVE"]
        rows = self.select(request, tenant, rows, Contact)
        summary = request.query_params.get("summaryOnly", "").lower() == "true"

        def render(row: Contact, *, detail: bool) -> dict[str, Any]:
            dropped = {"Phones", "Addresses"} if summary else set()
            dropped |= set() if detail else {"MergedToContactID", "ContactPersons"}
            return {k: v for k, v in rendering.contact(row).items() if k not in dropped}

        return self.listed("Contacts", rows, request, render)

    def _invoices(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        books = tenant.books
        wanted = _csv(request, "IDs")
        rows = [books.invoices[i] for i in wanted if i in books.invoices] if wanted else list(books.invoices.values())
        statuses = tuple(_csv(request, "Statuses"))
        found = self.select(request, tenant, rows, Invoice, statuses=statuses, ids=tuple(wanted))
        return self.listed("Invoices", found, request, rendering.invoice, always_paged=bool(statuses))

    def _payments(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        books = tenant.books
        _, pinned = filters.where(request.query_params.get("where", ""), filters.PAYMENT_FIELDS)
        prefix = pinned.get("Reference", pinned.get("Reference.StartsWith"))
        if "Invoice.InvoiceID" in pinned:
            invoice = books.invoices.get(pinned["Invoice.InvoiceID"])
            rows: list[Any] = list(invoice.payments) if invoice else []
        elif prefix is not None:
            rows = [*books.payments_starting(prefix), *books.refunds.values()]
        else:
            rows = [*books.payments.values(), *books.refunds.values()]
        found = self.select(request, tenant, rows, Payment)
        return self.listed("Payments", found, request, _payment_row)

    def select(
        self,
        request: Request,
        tenant: Tenant,
        rows: list[Any],
        kind: type,
        *,
        statuses: tuple[str, ...] = (),
        ids: tuple[str, ...] = (),
    ) -> list[Any]:
        """Filter and order; the last selection is remembered, because paging asks for it again and again."""
        query = request.query_params
        lag = self._world.switches.lag_seconds
        asked = (query.get("where"), query.get("order"), request.headers.get("if-modified-since"), statuses, ids)
        key = (id(tenant), kind, tenant.books.revision, *asked)
        if not lag and kind is Invoice and key == self._remembered[0]:
            return self._remembered[1]
        hidden_after = self._world.clock.now() - timedelta(seconds=lag) if lag and kind is not Contact else None
        since = filters.modified_since(request.headers.get("if-modified-since"))
        if since is not None:
            # to the second, and whether the second itself counts is not written: the harsher reading
            rows = [row for row in rows if row.updated.replace(microsecond=0) > since]
        if statuses:
            rows = [row for row in rows if row.status in statuses]
        if query.get("where"):
            test, _ = filters.where(query["where"], filters.FIELDS[kind])
            rows = [row for row in rows if test(row)]
        rows = sorted(rows, key=lambda row: row.identifier)  # settles equal values
        by, descending = filters.order(query.get("order") or "UpdatedDateUTC", filters.FIELDS[kind])
        found = sorted(visible(rows, hidden_after), key=by, reverse=descending)
        self._remembered = (key, found)
        return found

    def listed(
        self, name: str, rows: list[Any], request: Request, render: Any, *, always_paged: bool = False
    ) -> Response:
        query = request.query_params
        if "page" not in query and "pageSize" not in query and not always_paged:
            return self.answer(name, [render(row, detail=False) for row in rows])
        page, size = int(query.get("page", 1)), min(int(query.get("pageSize", DEFAULT_PAGE_SIZE)), MAX_PAGE_SIZE)
        if page < 1 or size < 1:
            raise filters.BadQuery("page and pageSize begin at 1")
        part = rows[(page - 1) * size : page * size]
        pages = (len(rows) + size - 1) // size
        pagination = {"page": page, "pageSize": size, "pageCount": pages, "itemCount": len(rows)}
        return self.answer(name, [render(row, detail=True) for row in part], pagination=pagination)

    def _invoice(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = tenant.books.invoices.get(request.path_params["invoice_id"].lower())
        if row is None:
            return not_found()
        return self.answer("Invoices", [rendering.invoice(row, detail=True)])

    def _payment(self, request: Request, tenant: Tenant, _body: Any) -> Response:
        row = _any_payment(tenant.books, request)
        if row is None:
            return not_found()
        return self.answer("Payments", [_payment_row(row)])

    # ------------------------------------------------------------------------------------------------ writing

    def _create_many(self, request: Request, tenant: Tenant, body: Any) -> Response:
        """All or none, unless `summarizeErrors=false`: then each element says for itself, inside a 200."""
        elements = body["Payments"]
        if any(_of_credit(element) for element in elements):
            return self._refund(tenant.books, elements)
        errors = [_refusals(tenant.books, element) for element in elements]
        lenient = request.query_params.get("summarizeErrors", "").lower() == "false"
        if any(errors) and not lenient:
            return validation_error(elements, errors)
        rows = [
            {**element, "HasValidationErrors": True, "StatusAttributeString": "ERROR", **_messages(problems)}
            if problems
            else _create(tenant.books, element)
            for element, problems in zip(elements, errors, strict=True)
        ]
        return self.answer("Payments", rows)

    def _refund(self, books: Books, elements: list[dict[str, Any]]) -> Response:
        """A payment on a credit note or overpayment; the stand-in takes one a call."""
        (element,) = elements
        try:
            row = books.banking.refund(
                _credit(books, element),
                _target(books, element)[1],
                Decimal(element["Amount"]),
                paid_on=rendering.read_day(element["Date"]),
                reference=element.get("Reference", ""),
                rate=rate_told(element.get("CurrencyRate")),
                reconciled=bool(element.get("IsReconciled", False)),
            )
        except Refused as refusal:
            return validation_error(elements, [[str(refusal)]])
        return self.answer("Payments", [rendering_bank.refund(row)])

    def _create_one(self, request: Request, tenant: Tenant, body: Any) -> Response:
        return self._create_many(request, tenant, {"Payments": [body]})

    def _delete(self, request: Request, tenant: Tenant, body: Any) -> Response:
        row = _any_payment(tenant.books, request)
        if row is None:
            return not_found()
        if body.get("Status") != "DELETED":
            return validation_error([body], [["Payments cannot be updated, only deleted"]])
        try:
            if isinstance(row, Refund):
                tenant.books.banking.delete_refund(row)
            else:
                tenant.books.delete_payment(row)
        except Refused as refusal:
            return validation_error([body], [[str(refusal)]])
        return self.answer("Payments", [_payment_row(row, whole_invoice=True)])

    def answer(self, kind: str, rows: list[dict[str, Any]], **more: Any) -> Response:
        return json_response(rendering.envelope(kind, rows, self._world.clock.now(), **more))


def not_found() -> Response:
    return PlainTextResponse("The resource you're looking for cannot be found", 404)


def _any_payment(books: Books, request: Request) -> Payment | Refund | None:
    wanted = request.path_params["payment_id"].lower()
    return books.payments.get(wanted) or books.refunds.get(wanted)


def _payment_row(row: Payment | Refund, *, detail: bool = False, whole_invoice: bool = False) -> dict[str, Any]:
    if isinstance(row, Refund):
        return rendering_bank.refund(row)
    return rendering.payment(row, detail=detail, whole_invoice=whole_invoice)


def _of_credit(element: dict[str, Any]) -> bool:
    return "CreditNote" in element or "Overpayment" in element


def _credit(books: Books, element: dict[str, Any]) -> Credit | None:
    note = books.credit_notes.get(str(element.get("CreditNote", {}).get("CreditNoteID", "")).lower())
    wanted = str(element.get("Overpayment", {}).get("OverpaymentID", "")).lower()
    over = next((one for one in books.bank_transactions.values() if one.overpayment_id == wanted), None)
    return note or over


def _target(books: Books, element: dict[str, Any]) -> tuple[Invoice | None, Account | None]:
    asked = element.get("Account", {})
    account = books.accounts.get(asked.get("AccountID", "")) or next(
        (a for a in books.accounts.values() if a.code and a.code == asked.get("Code")), None
    )
    return books.invoices.get(element.get("Invoice", {}).get("InvoiceID", "").lower()), account


def _refusals(books: Books, element: dict[str, Any]) -> list[str]:
    invoice, account = _target(books, element)
    return books.refusals(invoice, account, Decimal(element["Amount"]), rendering.read_day(element["Date"]))


def _create(books: Books, element: dict[str, Any]) -> dict[str, Any]:
    invoice, account = _target(books, element)
    if invoice is None:
        raise KeyError("InvoiceID")
    try:
        payment = books.pay(
            invoice,
            Decimal(element["Amount"]),
            account=account,
            paid_on=rendering.read_day(element["Date"]),
            reference=element.get("Reference", ""),
            rate=rate_told(element.get("CurrencyRate")),
            reconciled=bool(element.get("IsReconciled", False)),
        )
    except Refused as refusal:  # an earlier element of the same call used up the balance
        return {**element, "HasValidationErrors": True, "StatusAttributeString": "ERROR", **_messages([str(refusal)])}
    return rendering.payment(payment, whole_invoice=True)


def _messages(problems: list[str]) -> dict[str, Any]:
    return {"ValidationErrors": [{"Message": message} for message in problems]}


def validation_error(elements: list[dict[str, Any]], errors: list[list[str]]) -> Response:
    rows = [{**element, **_messages(problems)} for element, problems in zip(elements, errors, strict=True) if problems]
    body = {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": rows,
    }
    return json_response(body, 400)


def _csv(request: Request, name: str) -> list[str]:
    return [part.strip() for part in request.query_params.get(name, "").split(",") if part.strip()]
