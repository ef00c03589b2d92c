"""Xero's JSON to our values and back. Pure; all of Xero's field names live here and in the ledger's queries.

Rows are plain JSON with Decimals, not the SDK's models: those refuse a whole page for one unknown word, and read
null as the text 'None'. Times are `/Date(ms+0000)/`: the milliseconds count from the UTC epoch whatever the offset
says, and a calendar day is midnight UTC. Source of the fields: Xero OpenAPI 16.1.0 and
https://developer.xero.com/documentation/api/accounting/requests-and-responses
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.errors import DuebirdError, Rejected, RejectedBecause, Uncertain
from connector.ports.ledger import Booking, BookingRequest, BookingState, LedgerAccount, LedgerProfile

SERVICE = "xero"
SALES = "ACCREC"  # the other types are bills and credit notes
RECEIPT = "ACCRECPAYMENT"  # AR*PAYMENT types are refunds, not receipts
REFERENCE_MAX = 118  # no maximum is documented; people found longer ones cut
_RATE_UNIT = Decimal("0.000001")  # "[18].[6]" in the specification

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS_DATE = re.compile(r"/Date\((-?\d+)(?:[+-]\d{4})?\)/")

_STATES = {
    "DRAFT": ReceivableState.DRAFT,
    "SUBMITTED": ReceivableState.DRAFT,  # awaiting approval: nothing is owed yet
    "AUTHORISED": ReceivableState.OPEN,
    "PAID": ReceivableState.PAID,
    "VOIDED": ReceivableState.VOIDED,
    "DELETED": ReceivableState.DELETED,
}


class Unreadable(ValueError):
    """A record that says something we do not know. Its text is for a bookkeeper."""


def moment(text: Any) -> datetime:
    """An instant, UTC, from `/Date(1552432238623+0000)/`."""
    match = _MS_DATE.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise Unreadable(f"the time {text!r} is not in Xero's form")
    try:
        return _EPOCH + timedelta(milliseconds=int(match[1]))
    except OverflowError as error:
        raise Unreadable(f"the time {text[:40]!r} lies outside the calendar") from error


def day(text: Any) -> date | None:
    """A calendar day, taken in UTC, never in local time; None for null or nothing."""
    return None if text is None or text == "" else moment(text).date()


def if_modified_since(since: datetime) -> str:
    """The one documented form: to the second, UTC, no offset."""
    return since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def text_of(row: Mapping[str, Any], field: str) -> str:
    """A text field; null and absence are ""."""
    value = row.get(field)
    return value.strip() if isinstance(value, str) else ""


def id_of(row: Mapping[str, Any], field: str) -> str:
    """An identifier that must be there."""
    value = text_of(row, field)
    if not value:
        raise Unreadable(f"it has no {field}")
    return value


def amount_of(row: Mapping[str, Any], field: str, currency: str) -> Money:
    """An amount field, exact.

    Raises:
        Unreadable: it is no number, or not one that the currency can hold.
    """
    value = row.get(field)
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise Unreadable(f"its {field} is {value!r}, not a number")
    try:
        return Money(Decimal(value), currency)
    except (ValueError, InvalidOperation) as error:  # the second: more digits than any money has
        raise Unreadable(f"its {field} cannot be an amount: {error}") from error


def is_sale(row: Mapping[str, Any]) -> bool:
    """Whether the row is a sales invoice; lists and look-ups carry bills too."""
    return row.get("Type") == SALES


def receivable(row: Mapping[str, Any]) -> Receivable:
    """A sales invoice.

    `version` holds more than UpdatedDateUTC, because a new due date of a part-paid invoice does not move that time.

    Raises:
        Unreadable: the row lacks what we must know, or says a status we do not know.
    """
    status = text_of(row, "Status")
    if status not in _STATES:
        raise Unreadable(f"its status is {status!r}, which Duebird does not know")
    currency = id_of(row, "CurrencyCode")
    balance = amount_of(row, "AmountDue", currency)
    updated_at = moment(row.get("UpdatedDateUTC"))
    issued_on, due_on = day(row.get("Date")), day(row.get("DueDate"))
    if issued_on is None:
        raise Unreadable("it has no date")
    contact = row.get("Contact")
    if not isinstance(contact, dict):
        raise Unreadable("it names no contact")
    state = _STATES[status]
    if state is ReceivableState.OPEN and not balance.is_positive:
        state = ReceivableState.PAID
    return Receivable(
        ledger_id=id_of(row, "InvoiceID"),
        number=text_of(row, "InvoiceNumber") or None,
        customer_id=id_of(contact, "ContactID"),
        customer_name=text_of(contact, "Name"),
        total=amount_of(row, "Total", currency),
        balance=balance,
        issued_on=issued_on,
        due_on=due_on,
        state=state,
        version=f"{(updated_at - _EPOCH) // timedelta(milliseconds=1)}/{balance.amount}/{due_on or '-'}",
        updated_at=updated_at,
        promised_on=day(row.get("ExpectedPaymentDate")),
        sent_by_ledger=row["SentToContact"] if isinstance(row.get("SentToContact"), bool) else None,
    )


# -------------------------------------------------------------------------------------------------- customers


def customer(row: Mapping[str, Any]) -> Customer:
    """A contact. Its country is None where the address does not say one that cannot be misread."""
    phones = {text_of(p, "PhoneType"): _phone(p) for p in _dicts(row.get("Phones"))}
    others = (phones.get(kind) for kind in ("DEFAULT", "DDI", "OFFICE"))  # a fax is nobody's phone
    address = _address(_dicts(row.get("Addresses")))
    return Customer(
        customer_id=id_of(row, "ContactID"),
        name=text_of(row, "Name"),
        given_name=text_of(row, "FirstName") or None,
        mobile=phones.get("MOBILE"),
        other_phone=next((phone for phone in others if phone), None),
        country=_country(text_of(address, "Country")),
        region=text_of(address, "Region") or None,
        postal_code=text_of(address, "PostalCode") or None,
        markers=frozenset(name for g in _dicts(row.get("ContactGroups")) if (name := text_of(g, "Name"))),
        active=text_of(row, "ContactStatus") == "ACTIVE" and not text_of(row, "MergedToContactID"),
    )


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _phone(row: Mapping[str, Any]) -> str | None:
    """Join country, area and number as people mean them; who wrote it all into the number is left alone."""
    number = text_of(row, "PhoneNumber")
    if not number or number.startswith("+"):
        return number or None
    if number.startswith("00"):
        return f"+{number[2:]}"
    country = re.sub(r"\D", "", text_of(row, "PhoneCountryCode")).removeprefix("00")
    parts = (f"+{country}" if country else "", text_of(row, "PhoneAreaCode"), number)
    return " ".join(part for part in parts if part)


def _address(rows: Iterable[Mapping[str, Any]]) -> Mapping[str, Any]:
    """The street address where it says anything, else the postal one."""
    told = [r for r in rows if any(text_of(r, name) for name in ("City", "Region", "PostalCode", "Country"))]
    return min(told, key=lambda r: text_of(r, "AddressType") != "STREET", default={})


# Country is free text in Xero. Only names that cannot be misread; anything else is "not said".
_COUNTRIES = {
    "UNITED STATES": "US",
    "UNITED STATES OF AMERICA": "US",
    "USA": "US",
    "UNITED KINGDOM": "GB",
    "UK": "GB",
    "GREAT BRITAIN": "GB",
    "ENGLAND": "GB",
    "SCOTLAND": "GB",
    "WALES": "GB",
    "AUSTRALIA": "AU",
    "NEW ZEALAND": "NZ",
    "CANADA": "CA",
    "IRELAND": "IE",
    "SOUTH AFRICA": "ZA",
    "SINGAPORE": "SG",
    "GERMANY": "DE",
    "FRANCE": "FR",
    "JAPAN": "JP",
}
_ALPHA_2 = 2  # letters in an ISO 3166 alpha-2 code


def _country(said: str) -> str | None:
    word = said.strip().upper().rstrip(".")
    if word in _COUNTRIES:
        return _COUNTRIES[word]
    return word if len(word) == _ALPHA_2 and word.isascii() and word.isalpha() else None


# ------------------------------------------------------------------------------------------- books and accounts


def profile(row: Mapping[str, Any], tenant_id: str) -> LedgerProfile:
    """The organisation. `closed_through` is the later of its two lock dates."""
    locks = [d for d in (day(row.get("PeriodLockDate")), day(row.get("EndOfYearLockDate"))) if d is not None]
    return LedgerProfile(
        tenant_id=tenant_id or text_of(row, "OrganisationID"),
        name=text_of(row, "Name"),
        base_currency=id_of(row, "BaseCurrency"),
        country=text_of(row, "CountryCode") or None,
        timezone=iana_zone(text_of(row, "Timezone")),
        closed_through=max(locks, default=None),
        multicurrency=True,  # Organisation does not say; books without it simply hold no foreign invoices
    )


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    """Xero writes Windows' zone names in capitals, without blanks, points and hyphens."""
    from tzlocal.windows_tz import win_tz

    return {re.sub(r"[^A-Z0-9+()]", "", name.upper()): zone for name, zone in win_tz.items()}


def iana_zone(name: str) -> str | None:
    """`NEWZEALANDSTANDARDTIME` to `Pacific/Auckland`; None where it is not known."""
    return _zones().get(name)


def account(row: Mapping[str, Any]) -> LedgerAccount:
    """An account, and whether a payment may be booked to it.

    https://developer.xero.com/documentation/api/accounting/payments: BANK, or EnablePaymentsToAccount.
    """
    return LedgerAccount(
        account_id=id_of(row, "AccountID"),
        name=text_of(row, "Name"),
        code=text_of(row, "Code") or None,  # bank accounts may have none
        kind=text_of(row, "Type"),
        currency=text_of(row, "CurrencyCode") or None,
        takes_payments=row.get("Type") == "BANK" or row.get("EnablePaymentsToAccount") is True,
        active=text_of(row, "Status") == "ACTIVE",
    )


# --------------------------------------------------------------------------------------------------- bookings


def currency_rate(exchange_rate: Decimal) -> str:
    """What Xero calls a CurrencyRate: units of the other currency for one of the books', with up to six decimals.

    Its documentation says "exchange rate to base currency" and no direction. The examples of its specification tell: a
    quote in AUD of an organisation that keeps its books in NZD carries 0.937053 on 24 October 2019, when one NZD was
    0.94 AUD, and one in NZD of books in USD 1.547150 on 1 February 2020
    (https://github.com/XeroAPI/Xero-OpenAPI/blob/master/xero_accounting.yaml, Quotes).
    """
    return format((1 / exchange_rate).quantize(_RATE_UNIT).normalize(), "f")


def at_home(amount: Decimal, rate: Decimal) -> Decimal:
    """The worth of an amount in the books' currency by a CurrencyRate, not rounded."""
    return amount / rate


def payment_body(request: BookingRequest) -> str:
    """The JSON of `PUT /Payments`, with the amount's exact digits and our reference in front of the note.

    The same request gives the same bytes: an Idempotency-Key fits one body only. `IsReconciled` stays false, because
    a payment marked so would no longer wait for its bank line.
    """
    fields = [
        ("Invoice", json.dumps({"InvoiceID": request.ledger_id})),
        ("Account", json.dumps({"AccountID": request.account_id})),
        ("Date", json.dumps(request.booked_on.isoformat())),
        ("Amount", str(request.amount.amount)),
    ]
    if request.exchange_rate is not None:
        fields.append(("CurrencyRate", currency_rate(request.exchange_rate)))
    fields.append(("Reference", json.dumps(f"{request.reference} {request.note}".strip()[:REFERENCE_MAX])))
    fields.append(("IsReconciled", "false"))
    element = ", ".join(f'"{name}": {value}' for name, value in fields)
    return f'{{"Payments": [{{{element}}}]}}'


def booking(row: Mapping[str, Any], currency: str | None = None) -> Booking:
    """A payment. Its amount is in the invoice's currency, which the nested invoice names, else `currency`.

    Raises:
        Unreadable: it names no currency or amount, so nobody can tell what it pays.
    """
    nested = row.get("Invoice")
    invoice: Mapping[str, Any] = nested if isinstance(nested, dict) else {}
    code = text_of(invoice, "CurrencyCode") or currency
    if not code:
        raise Unreadable("it names no currency")
    booked_on = day(row.get("Date"))
    if booked_on is None:
        raise Unreadable("it has no date")
    reference, _, note = text_of(row, "Reference").partition(" ")
    account = row.get("Account")
    return Booking(
        booking_id=id_of(row, "PaymentID"),
        ledger_id=text_of(invoice, "InvoiceID") or None,
        applied=amount_of(row, "Amount", code),
        unapplied=Money.zero(code),
        booked_on=booked_on,
        reference=reference,
        note=note,
        # an unknown status counts as live: booking twice is worse than asking a person
        state=BookingState.DELETED if text_of(row, "Status") in {"DELETED", "VOIDED"} else BookingState.LIVE,
        entered_at=_entered_at(row),
        account_id=text_of(account, "AccountID") or None if isinstance(account, dict) else None,
    )


def _entered_at(row: Mapping[str, Any]) -> datetime | None:
    """When it was last changed, which is as near as Xero tells; no booking is unreadable for the want of that.

    A payment cannot be edited, only deleted, but reconciling it may move this time.
    """
    try:
        return moment(row.get("UpdatedDateUTC"))
    except Unreadable:
        return None


# --------------------------------------------------------------------------------------------------- refusals


def problems_in(element: Mapping[str, Any]) -> list[str]:
    """What an element of an answer complains of; Xero says so also inside a 200.

    The texts stand in `Message`, in one documented sample in `Description`.
    """
    texts = [
        text
        for entry in _dicts(element.get("ValidationErrors"))
        if (text := text_of(entry, "Message") or text_of(entry, "Description"))
    ]
    flagged = element.get("HasValidationErrors") is True or element.get("HasErrors") is True
    if not texts and (flagged or text_of(element, "StatusAttributeString") == "ERROR"):
        texts.append("Xero refused it without saying why")
    return texts


# Xero gives no codes, and publishes no texts: these are words third parties saw. First fit wins; what fits none is
# BUSINESS_RULE, so that a person reads Xero's own words.
_WORDS: tuple[tuple[RejectedBecause, re.Pattern[str], str], ...] = (
    (
        RejectedBecause.AMOUNT,
        re.compile(r"exceed|amount outstanding|greater than (the )?(amount|balance)|overpay", re.IGNORECASE),
        "Open the invoice in Xero and compare what is still due with the payment.",
    ),
    (
        RejectedBecause.CLOSED_PERIOD,
        re.compile(r"lock(ed)?[ -]?(date|period)|locked|period.{0,20}closed|closed period|year[ -]end", re.IGNORECASE),
        "Move the lock date in Xero (Accounting > Advanced > Financial settings), or book it by hand on an open day.",
    ),
    (
        RejectedBecause.SETUP,
        re.compile(r"\baccount\b|bank account|currency|permission|subscription|tax ?(type|rate)", re.IGNORECASE),
        "Run `duebird check`: it names the payment account and what is wrong with it.",
    ),
    (
        RejectedBecause.NOT_FOUND,
        re.compile(r"(could not|cannot|can't) be found|not found|does not exist", re.IGNORECASE),
        "Look for the invoice and its customer in Xero; they may have been deleted or archived.",
    ),
)
_OTHER_REQUEST = "different request"


def refusal(body: Any, *, write: bool) -> DuebirdError:
    """The error of a 400, or of an element refused inside a 200."""
    told: dict[str, Any] = body if isinstance(body, dict) else {}
    texts = [text for element in _dicts(told.get("Elements")) for text in problems_in(element)]
    said = "; ".join(dict.fromkeys(texts)) or text_of(told, "Message") or text_of(told, "Detail")
    code = text_of(told, "Type") or "400"
    if write and _OTHER_REQUEST in said.lower():
        return Uncertain(
            "Xero has seen this idempotency key with another request, so it is not known whether the payment exists.",
            service=SERVICE,
            code="idempotency",
            advice="Look at the invoice's payments in Xero before booking it again; Duebird does so by itself.",
        )
    if not texts and code in {"PostDataInvalidException", "QueryParseException", "NoDataProcessedException"}:
        message = f"Xero could not read the request: {said}. Nothing was booked."
        return Rejected(message, because=RejectedBecause.INVALID, service=SERVICE, code=code)
    because, advice = next(
        ((reason, what_to_do) for reason, words, what_to_do in _WORDS if words.search(said)),
        (RejectedBecause.BUSINESS_RULE, "Open the invoice in Xero and settle there what it asks for."),
    )
    message = f"Xero refused it, and nothing was booked. Xero says: {said or '(nothing)'}."
    return Rejected(message, because=because, service=SERVICE, code=code, advice=advice)
