"""The stand-in itself: which request reaches which part of the books, and who may make it."""

from __future__ import annotations

import json
import secrets
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from adapters.sandbox.base import SeenRequest, Twin, TwinClock, json_response
from adapters.sandbox.quickbooks import control, entries, payments, reports
from adapters.sandbox.quickbooks.books import LEDGER_KINDS, NAMES, Books, RealmSettings
from adapters.sandbox.quickbooks.journal import balances
from adapters.sandbox.quickbooks.oauth import TokenDesk
from adapters.sandbox.quickbooks.query import Shown, parse, select
from adapters.sandbox.quickbooks.shapes import (
    Refused,
    Row,
    local_text,
    missing,
    not_authenticated,
    not_authorised,
    not_found,
    read_time,
    throttled,
    to_xml,
)
from adapters.sandbox.quickbooks.webhooks import Webhooks

REACH = timedelta(days=30)  # how far back CDC looks
CDC_MOST = 1000  # rows in one answer, shared by all entities asked, and silent
REQUEST_ID_LENGTH = 50
MINUTE = timedelta(minutes=1)
ENTITIES = {name.lower(): name for name in (*LEDGER_KINDS, *NAMES)}
CDC_ENTITIES = frozenset((*LEDGER_KINDS, "Customer"))
DEFAULT_REALM = "9130355377388383"


class QuickBooksTwin(Twin):
    """QuickBooks Online for one or several companies (realms)."""

    name: ClassVar[str] = "quickbooks"

    def __init__(
        self,
        realms: dict[str, RealmSettings] | None = None,
        clock: TwinClock | None = None,
        client_id: str = "sandbox-client",
        client_secret: str = "sandbox-secret",
    ) -> None:
        super().__init__(clock)
        self.tokens = TokenDesk(self.clock, client_id, client_secret)
        self.webhooks = Webhooks()
        chosen = {DEFAULT_REALM: RealmSettings()} if realms is None else realms
        self.realms = {realm_id: Books(realm_id, settings, self.clock) for realm_id, settings in chosen.items()}
        for books in self.realms.values():
            books.listeners.append(self.webhooks.tell)
        self._remembered: dict[tuple[str, str], tuple[datetime, Row]] = {}
        self._recent: dict[str, deque[datetime]] = {realm_id: deque() for realm_id in chosen}
        self._swept: tuple[tuple[str, int, str], list[Shown]] | None = None  # the last query's rows, while unchanged

    def seed_token(self, realm_id: str, token: str | None = None) -> str:
        """A bearer token for that realm, without a sign-in."""
        return self.tokens.seed(realm_id, token)

    def response_headers(self, request: SeenRequest) -> dict[str, str]:
        del request
        return {"intuit_tid": f"1-{secrets.token_hex(4)}-{secrets.token_hex(12)}"}

    def control_routes(self) -> list[Route]:
        return control.routes(self.realms, self.tokens)

    def provider_routes(self) -> list[Route]:
        company = "/v3/company/{realm}"
        return [
            Route(f"{company}/query", self._api(self._query), methods=["GET", "POST"]),
            Route(f"{company}/cdc", self._api(self._cdc), methods=["GET"]),
            Route(f"{company}/reports/GeneralLedger", self._api(self._general_ledger), methods=["GET"]),
            Route(f"{company}/preferences", self._api(self._preferences), methods=["GET"]),
            Route(f"{company}/companyinfo/{{id}}", self._api(self._company_info), methods=["GET"]),
            Route(f"{company}/{{entity}}/{{id}}", self._api(self._read), methods=["GET"]),
            Route(f"{company}/{{entity}}", self._api(self._write), methods=["POST"]),
            Route("/connect/oauth2", self._authorize, methods=["GET"]),
            Route("/oauth2/v1/tokens/bearer", self.tokens.token, methods=["POST"]),
            Route("/v2/oauth2/tokens/revoke", self.tokens.revoke, methods=["POST"]),
            Route("/.well-known/openid_configuration", self._discovery, methods=["GET"]),
        ]

    # ----------------------------------------------------------------------------------------------- the way in

    def _api(self, handler: Callable[[Books, Request, bytes], Row]) -> Callable[[Request], Any]:
        async def endpoint(request: Request) -> Response:
            body = await request.body()  # read first: nothing below awaits, so no other request comes between
            xml = "application/json" not in request.headers.get("accept", "")
            books = self.realms.get(request.path_params["realm"])
            now = books.now_text() if books else self.clock.now().isoformat()
            try:
                answer = handler(self._admit(request, books), request, body)
            except Refused as refused:
                return refused.answer(now, xml=xml)
            if xml:
                return Response(to_xml(answer, now), media_type="application/xml")
            return json_response(answer)

        return endpoint

    def _admit(self, request: Request, books: Books | None) -> Books:
        """Token, realm, limit, minor version, in that order."""
        realm_id = self.tokens.realm_of(request.headers.get("authorization"))
        if realm_id is None:
            raise not_authenticated("Token expired: the access token is unknown, over or revoked")
        if books is None or books.realm_id != realm_id:
            raise not_authorised()
        self._count(books)
        if not request.query_params.get("minorversion"):
            raise missing("minorversion")
        return books

    def _count(self, books: Books) -> None:
        if books.settings.throttle_next > 0:
            books.settings.throttle_next -= 1
            raise throttled(books.settings.throttle_form)
        if books.settings.per_minute is None:
            return
        recent, now = self._recent[books.realm_id], self.clock.now()
        while recent and now - recent[0] > MINUTE:
            recent.popleft()
        if len(recent) >= books.settings.per_minute:
            raise throttled(books.settings.throttle_form)
        recent.append(now)

    # -------------------------------------------------------------------------------------------------- reading

    def _query(self, books: Books, request: Request, body: bytes) -> Row:
        if request.method == "POST":
            if not request.headers.get("content-type", "").startswith(("application/text", "text/plain")):
                raise Refused("2010", "Request has invalid or unsupported property", "Content-Type of a query is text")
            text = body.decode()
        else:
            text = request.query_params.get("query", "")
        query = parse(text, books.settings.offset)
        if query.entity in {"CompanyInfo", "Preferences"}:
            row = _company_info(books) if query.entity == "CompanyInfo" else _preferences(books)
            return {"QueryResponse": {query.entity: [row], "maxResults": 1}, "time": books.now_text()}
        if query.entity == "TaxCode":
            rows = _tax_codes(books)[query.start - 1 : query.start - 1 + query.limit]
            return {"QueryResponse": {"TaxCode": rows, "maxResults": len(rows)}, "time": books.now_text()}
        key = (f"{books.realm_id}{query.entity}{query.conditions}{query.order}", books.revision, query.entity)
        if self._swept is None or self._swept[0] != key or books.settings.lag:
            self._swept = (key, select(query, books.shown(query.entity)))
        found = self._swept[1]
        if query.count:
            return {"QueryResponse": {"totalCount": len(found)}, "time": books.now_text()}
        page = [shown.row for shown in found[query.start - 1 : query.start - 1 + query.limit]]
        if query.entity == "Account":
            page = _with_balances(books, page)
        answer: Row = {}
        if page:
            answer = {query.entity: page, "startPosition": query.start, "maxResults": len(page)}
        return {"QueryResponse": answer, "time": books.now_text()}

    def _cdc(self, books: Books, request: Request, body: bytes) -> Row:
        del body
        asked = [name.strip() for name in request.query_params.get("entities", "").split(",") if name.strip()]
        if not asked or not set(asked) <= CDC_ENTITIES:
            raise Refused("4001", "Invalid query", f"QueryValidationError: entities {','.join(asked)} not supported")
        since = read_time(request.query_params.get("changedSince", ""), books.settings.offset)
        if self.clock.now() - since > REACH:
            raise Refused("4001", "Invalid query", "QueryValidationError: changedSince is more than 30 days ago")
        left = CDC_MOST
        parts: list[Row] = []
        for kind in asked:
            rows = [
                _tombstone(kind, version.row["Id"], local_text(version.at, books.settings.offset))
                if version.deleted
                else version.row
                for version in books.changed(kind, since)
            ][:left]
            left -= len(rows)
            counts = {"startPosition": 1, "maxResults": len(rows), "totalCount": len(rows)}
            parts.append({kind: rows, **counts} if rows else {})
        return {"CDCResponse": [{"QueryResponse": parts}], "time": books.now_text()}

    def _preferences(self, books: Books, request: Request, body: bytes) -> Row:
        del request, body
        return {"Preferences": _preferences(books), "time": books.now_text()}

    def _company_info(self, books: Books, request: Request, body: bytes) -> Row:
        del body
        if request.path_params["id"] != books.realm_id:
            raise not_found("CompanyInfo", request.path_params["id"])
        return {"CompanyInfo": _company_info(books), "time": books.now_text()}

    def _read(self, books: Books, request: Request, body: bytes) -> Row:
        del body
        kind = _entity(request)
        row = books.row(kind, request.path_params["id"])
        return {kind: _with_balances(books, [row])[0] if kind == "Account" else row, "time": books.now_text()}

    def _general_ledger(self, books: Books, request: Request, body: bytes) -> Row:
        del body
        return reports.general_ledger(books, reports.read_question(books, request.query_params))

    # -------------------------------------------------------------------------------------------------- writing

    def _write(self, books: Books, request: Request, body: bytes) -> Row:
        kind = _entity(request)
        request_id = request.query_params.get("requestid", "")
        if len(request_id) > REQUEST_ID_LENGTH:
            raise Refused("2130", "Invalid request id format", "The request id has more than 50 characters")
        remembered = self._remembered.get((books.realm_id, request_id)) if request_id else None
        memory = timedelta(hours=books.settings.requestid_hours)
        if remembered and self.clock.now() - remembered[0] <= memory:
            return remembered[1]
        try:
            value = json.loads(body, parse_float=Decimal)
        except ValueError as error:
            raise Refused("2010", "Request has invalid or unsupported property", "The body is not JSON") from error
        answer = {kind: _written(books, kind, request, value), "time": books.now_text()}
        if request_id:
            self._remembered[books.realm_id, request_id] = (self.clock.now(), answer)
        return answer

    # -------------------------------------------------------------------------------------------------- sign-in

    async def _authorize(self, request: Request) -> Response:
        return self.tokens.authorize(request, {realm: books.settings.name for realm, books in self.realms.items()})

    async def _discovery(self, request: Request) -> Response:
        del request
        return json_response(
            {
                "issuer": f"{self.base_url}/op/v1",
                "authorization_endpoint": f"{self.base_url}/connect/oauth2",
                "token_endpoint": f"{self.base_url}/oauth2/v1/tokens/bearer",
                "revocation_endpoint": f"{self.base_url}/v2/oauth2/tokens/revoke",
                "userinfo_endpoint": f"{self.base_url}/v1/openid_connect/userinfo",
                "jwks_uri": f"{self.base_url}/op/v1/jwks",
            }
        )


def _entity(request: Request) -> str:
    try:
        return ENTITIES[request.path_params["entity"].lower()]
    except KeyError as error:
        raise Refused("500", "Unsupported Operation", "Operation is not supported.") from error


def _written(books: Books, kind: str, request: Request, body: Row) -> Row:
    operation = request.query_params.get("operation", "")
    voids = operation == "void" or request.query_params.get("include") == "void"
    if kind not in LEDGER_KINDS or (voids and kind not in _VOID):
        raise Refused("500", "Unsupported Operation", f"Operation is not supported for {kind}.")
    if voids or operation == "delete":
        entity_id = books.check_token(kind, body)
        books.check_open_period(books.row(kind, entity_id)["TxnDate"])
        if voids:
            return _VOID[kind](books, entity_id)
        return _DELETE[kind](books, entity_id) if kind in _DELETE else entries.delete_entry(books, kind, entity_id)
    if "Id" not in body:
        return _CREATE[kind](books, body) if kind in _CREATE else entries.create_entry(books, kind, body)
    return _updated(books, kind, body)


def _updated(books: Books, kind: str, body: Row) -> Row:
    """A sparse update of what may be edited without the amounts."""
    entity_id = books.check_token(kind, body)
    if not body.get("sparse") or kind == "Purchase":  # an expense takes a full update only
        raise Refused("500", "Unsupported Operation", "The stand-in takes only sparse updates")
    books.check_open_period(books.row(kind, entity_id)["TxnDate"])
    if body.get("TxnDate"):
        books.check_open_period(body["TxnDate"])
    if kind == "Payment" and "Line" in body:
        payments.apply_anew(books, entity_id, body)
    computed = {"Id", "SyncToken", "sparse", "MetaData", "TotalAmt", "Balance", "Line", "UnappliedAmt", "LinkedTxn"}
    return books.change(kind, entity_id, **{name: value for name, value in body.items() if name not in computed})


_CREATE: dict[str, Callable[[Books, Row], Row]] = {
    "Invoice": Books.create_invoice,
    "Payment": payments.create_payment,
}
_VOID = {"Invoice": payments.void_invoice, "Payment": payments.void_payment}
_DELETE = {"Invoice": payments.delete_invoice, "Payment": payments.delete_payment}


def _with_balances(books: Books, rows: list[Row]) -> list[Row]:
    """Accounts with what they hold now, in their own currency; QuickBooks tells it of balance sheet accounts only."""
    held = balances(books)
    return [
        {**row, "CurrentBalance": held[row["Id"]][1], "CurrentBalanceWithSubAccounts": held[row["Id"]][1]}
        if row["Classification"] not in {"Revenue", "Expense"}
        else row
        for row in rows
    ]


def _tombstone(kind: str, entity_id: str, time: str) -> Row:
    del kind
    return {"domain": "QBO", "status": "Deleted", "Id": entity_id, "MetaData": {"LastUpdatedTime": time}}


def _company_info(books: Books) -> Row:
    settings = books.settings
    row: Row = {
        "Id": "1",
        "SyncToken": "4",
        "domain": "QBO",
        "sparse": False,
        "CompanyName": settings.name,
        "LegalName": settings.name,
        "Country": settings.country,
        "FiscalYearStartMonth": "January",
        "SupportedLanguages": "en",
        "MetaData": {"CreateTime": "2020-01-01T00:00:00-08:00", "LastUpdatedTime": "2020-01-01T00:00:00-08:00"},
    }
    return row if settings.timezone is None else {**row, "DefaultTimeZone": settings.timezone}


def _tax_codes(books: Books) -> list[Row]:
    """Those of the settings, in the order of their names. In the US a code names no rates of purchases."""
    rate = {"TaxRateDetail": [{"TaxRateRef": {"value": "1"}, "TaxTypeApplicable": "TaxOnAmount", "TaxOrder": 0}]}
    purchases = {"TaxRateDetail": []} if books.settings.country == "US" else rate
    return [
        {"Id": code, "Name": f"{percent}% tax", "Active": True, "TaxGroup": True, "Taxable": True}
        | {"SalesTaxRateList": rate, "PurchaseTaxRateList": purchases}
        for code, percent in sorted(books.settings.tax_percent.items())
    ]


def _preferences(books: Books) -> Row:
    settings = books.settings
    accounting: Row = {"TrackDepartments": False, "CustomerTerminology": "Customers"}
    if settings.close_date:
        accounting["BookCloseDate"] = settings.close_date
    return {
        "Id": "1",
        "SyncToken": "7",
        "domain": "QBO",
        "sparse": False,
        "AccountingInfoPrefs": accounting,
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": settings.multicurrency,
            "HomeCurrency": {"value": settings.home_currency},
        },
        "SalesFormsPrefs": {
            "ETransactionPaymentEnabled": settings.online_payments,
            "AutoApplyCredit": settings.auto_apply_credits,
            "CustomTxnNumbers": False,
            "AllowDeposit": True,
        },
        "MetaData": {"CreateTime": "2020-01-01T00:00:00-08:00", "LastUpdatedTime": "2020-01-01T00:00:00-08:00"},
    }
