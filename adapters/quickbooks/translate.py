"""QuickBooks' JSON to our values; the way back is in `bodies`. Pure: no call, no clock.

Fields: https://developer.intuit.com/app/developer/qbo/docs/api/accounting/all-entities/invoice (and /payment,
/customer).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from connector.domain.money import Money
from connector.domain.receivable import Customer, Receivable, ReceivableState
from connector.ports.ledger import Booking, BookingState, LedgerAccount, LedgerProfile

Row = Mapping[str, Any]
MobileField = Literal["mobile", "mobile_or_primary"]

REFERENCE_MOST = 21  # the documented limit of DocNumber; none is written for PaymentRefNum
NOTE_MOST = 4000
OUR_BEGINNING = "DB"  # of every reference we write
DEPOSIT_KINDS = frozenset(("Bank", "Other Current Asset"))  # what DepositToAccountRef takes

_TAG = re.compile(r"#([A-Za-z0-9][A-Za-z0-9_-]*)")
_COUNTRIES = {  # the address field is free text; these spellings are common, others stay unknown
    "usa": "US",
    "u.s.a.": "US",
    "united states": "US",
    "united states of america": "US",
    "uk": "GB",
    "united kingdom": "GB",
    "great britain": "GB",
    "england": "GB",
    "canada": "CA",
    "australia": "AU",
    "new zealand": "NZ",
    "ireland": "IE",
    "france": "FR",
    "germany": "DE",
    "japan": "JP",
    "mexico": "MX",
}


class Unreadable(ValueError):
    """A record that does not look as documented. The text says which field, and is fit to be shown."""


# ------------------------------------------------------------------------------------------------ small pieces


def instant(text: Any) -> datetime:
    """A time with its zone, in UTC. One without a zone is refused: it would be some company's local time."""
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise Unreadable(f"the time {text!r} cannot be read") from error
    if moment.tzinfo is None:
        raise Unreadable(f"the time {text!r} has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise Unreadable(f"the time {text!r} lies outside the calendar") from error


def zulu(moment: datetime) -> str:
    """A time as a query or CDC must get it, in whole seconds and ending in Z."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def quoted(text: str) -> str:
    """A value for a query, in single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def updated_at(row: Row) -> datetime:
    """When QuickBooks last changed the record."""
    return instant(_inner(row, "MetaData").get("LastUpdatedTime"))


def created_at(row: Row) -> datetime:
    """When the record was made; it never changes."""
    return instant(_inner(row, "MetaData").get("CreateTime"))


def is_deleted(row: Row) -> bool:
    """A row that CDC shows only to say that it is gone."""
    return str(row.get("status", "")).lower() == "deleted"


def id_of(row: Row) -> str:
    """The record's id."""
    found = row.get("Id")
    if found is None or str(found) == "":
        raise Unreadable("the record has no Id")
    return str(found)


def _inner(row: Row, name: str) -> Row:
    value = row.get(name)
    return value if isinstance(value, Mapping) else {}


def _list(row: Row, name: str) -> Iterator[Row]:
    value = row.get(name)
    for one in value if isinstance(value, list) else []:
        if isinstance(one, Mapping):
            yield one


def _text(value: Any) -> str | None:
    text = str(value).strip() if value is not None else ""
    return text or None


def _decimal(value: Any, name: str) -> Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, str, Decimal)):
        raise Unreadable(f"{name} is not a number")
    try:
        return Decimal(value)
    except InvalidOperation as error:
        raise Unreadable(f"{name} is not a number") from error


def exact_money(value: Any, currency: str, name: str) -> Money:
    """An amount; `name` is what the problem is called where it is none."""
    try:
        return Money(_decimal(value, name), currency)
    except (ValueError, InvalidOperation) as error:
        raise Unreadable(f"{name}: {error}") from error


def money(value: Any, row: Row, home: str) -> Money:
    """An amount of an entry, in the entry's currency."""
    return exact_money(value, _currency(row, home), "The amount")


def civil_day(row: Row) -> date:
    """The day an entry is booked to."""
    return civil(row.get("TxnDate"), "TxnDate")


def civil(value: Any, name: str) -> date:
    """A civil day, as YYYY-MM-DD."""
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise Unreadable(f"{name} is not a date") from error


def _currency(row: Row, home: str) -> str:
    """The record's currency; the field is absent where the company has only one."""
    return str(_inner(row, "CurrencyRef").get("value") or home)


# ---------------------------------------------------------------------------------------------------- invoices


def receivable(row: Row, home: str) -> Receivable:
    """An invoice.

    Raises:
        Unreadable: a field we depend on is missing or not as documented.
    """
    currency = _currency(row, home)
    total = exact_money(row.get("TotalAmt"), currency, "TotalAmt")
    balance = exact_money(row.get("Balance"), currency, "Balance")
    if balance.amount < 0:
        raise Unreadable("Balance is below zero")
    if balance.is_positive and balance.amount > total.amount - _decimal(row.get("Deposit", 0), "Deposit"):
        # That Balance has the deposit taken off stands nowhere in the documentation; nobody is asked for it twice.
        raise Unreadable("Balance does not have the form's deposit taken off")
    customer = _inner(row, "CustomerRef")
    if not customer.get("value"):
        raise Unreadable("CustomerRef is missing")
    due = row.get("DueDate")
    return Receivable(
        ledger_id=id_of(row),
        number=_text(row.get("DocNumber")),
        customer_id=str(customer["value"]),
        customer_name=str(customer.get("name") or ""),
        total=total,
        balance=balance,
        issued_on=civil(row.get("TxnDate"), "TxnDate"),
        due_on=civil(due, "DueDate") if due else None,
        state=_state(row, total, balance),
        version=str(row.get("SyncToken", "")),
        updated_at=updated_at(row),
        sent_by_ledger=_sent(row),
        payable_elsewhere=bool(
            row.get("AllowOnlineCreditCardPayment") or row.get("AllowOnlineACHPayment") or row.get("AllowOnlinePayment")
        ),
    )


def _state(row: Row, total: Money, balance: Money) -> ReceivableState:
    if balance.is_positive:
        return ReceivableState.OPEN
    if total.amount == 0 and (_says_voided(row) or not any(_has_amount(line) for line in _list(row, "Line"))):
        # A balance of zero alone would call a voided invoice paid. The note is in the company's language, the
        # emptied lines are in none; a true invoice over nothing (100 % discount) still has lines with amounts.
        return ReceivableState.VOIDED
    return ReceivableState.PAID


def _says_voided(row: Row) -> bool:
    return str(row.get("PrivateNote") or "").lower().startswith("voided")


def _has_amount(line: Row) -> bool:
    try:
        return _decimal(line.get("Amount", 0), "Amount") != 0
    except Unreadable:
        return True


def _sent(row: Row) -> bool | None:
    if row.get("EmailStatus") == "EmailSent" or _inner(row, "DeliveryInfo").get("DeliveryTime"):
        return True
    return False if row.get("EmailStatus") in ("NotSet", "NeedToSend") else None  # it may be no text


def payments_linked(row: Row) -> list[str]:
    """Ids of the payments on an invoice."""
    return [
        str(link["TxnId"]) for link in _list(row, "LinkedTxn") if link.get("TxnType") == "Payment" and link.get("TxnId")
    ]


def invoices_linked(row: Row) -> list[str]:
    """Ids of the invoices that a payment or a credit memo touches, each once."""
    links = [*_list(row, "LinkedTxn"), *(link for line in _list(row, "Line") for link in _list(line, "LinkedTxn"))]
    found = [str(link.get("TxnId")) for link in links if link.get("TxnType") == "Invoice"]
    return list(dict.fromkeys(found))


def exchange_rate(row: Row) -> Decimal | None:
    """Home units for one unit of the record's currency, None where QuickBooks does not say."""
    value = row.get("ExchangeRate")
    return _decimal(value, "ExchangeRate") if value is not None else None


# --------------------------------------------------------------------------------------------------- customers


def customer(row: Row, mobile_field: MobileField) -> Customer:
    """A customer, with no look at its parent."""
    primary = _phone(row, "PrimaryPhone")
    mobile = _phone(row, "Mobile")
    if mobile is None and mobile_field == "mobile_or_primary":
        mobile = primary
    address = _inner(row, "BillAddr") or _inner(row, "ShipAddr")
    return Customer(
        customer_id=id_of(row),
        name=_text(row.get("DisplayName")) or _text(row.get("FullyQualifiedName")) or "",
        given_name=_text(row.get("GivenName")),
        mobile=mobile,
        other_phone=primary or _phone(row, "AlternatePhone"),
        country=_country(address.get("Country")),
        region=_text(address.get("CountrySubDivisionCode")),
        postal_code=_text(address.get("PostalCode")),
        markers=frozenset(_markers(row)),
        active=row.get("Active") is not False,
        parent_id=_text(_inner(row, "ParentRef").get("value")),
    )


def _phone(row: Row, name: str) -> str | None:
    return _text(_inner(row, name).get("FreeFormNumber"))


def _country(value: Any) -> str | None:
    text = _text(value)
    if text is None:
        return None
    if len(text) == 2 and text.isascii() and text.isalpha():  # noqa: PLR2004  # ISO 3166 alpha-2
        return "GB" if text.upper() == "UK" else text.upper()
    return _COUNTRIES.get(text.lower())


def _markers(row: Row) -> Iterator[str]:
    """Words that may stand for consent, in lower case: `#tags` of the notes, the customer type, custom fields."""
    for tag in _TAG.findall(str(row.get("Notes") or "")):
        yield tag.lower()
    kind = _inner(row, "CustomerTypeRef")
    for name in ("name", "value"):
        if kind.get(name):
            yield f"type:{kind[name]}".lower()
    for one in _list(row, "CustomField"):
        if one.get("Name") and one.get("StringValue"):
            yield f"{one['Name']}={one['StringValue']}".lower()


# ---------------------------------------------------------------------------------------------------- payments


def booking(row: Row, home: str, ledger_id: str | None = None) -> Booking:
    """A payment entry, seen from the invoice asked about, or from the only one it is on.

    Raises:
        Unreadable: a field we depend on is missing or not as documented.
    """
    currency = _currency(row, home)
    invoices = invoices_linked(row)
    about = ledger_id if ledger_id is not None else (invoices[0] if len(invoices) == 1 else None)
    total = exact_money(row.get("TotalAmt"), currency, "TotalAmt")
    unapplied = exact_money(row.get("UnappliedAmt") or 0, currency, "UnappliedAmt")
    applied = sum(
        (_decimal(line.get("Amount"), "Line.Amount") for line in _list(row, "Line") if _touches(line, about)),
        Decimal(0),
    )
    # An entry over nothing, on nothing, was voided: QuickBooks says so in its note too, but in the company's language.
    # (One over nothing that is on an invoice puts a credit on it, and stands.)
    gone = is_deleted(row) or (total.amount == 0 and not invoices)
    return Booking(
        booking_id=id_of(row),
        ledger_id=about,
        applied=exact_money(applied, currency, "Line.Amount"),
        unapplied=unapplied,
        booked_on=civil(row.get("TxnDate"), "TxnDate"),
        reference=str(row.get("PaymentRefNum") or ""),
        note=str(row.get("PrivateNote") or ""),
        state=BookingState.DELETED if gone else BookingState.LIVE,
        entered_at=_entered_at(row),
        account_id=str(_inner(row, "DepositToAccountRef").get("value") or "") or None,
        total=total,
    )


def _entered_at(row: Row) -> datetime | None:
    """When it was entered; no booking is unreadable for the want of that."""
    try:
        return created_at(row)
    except Unreadable:
        return None


def gone(booking: Booking) -> Booking:
    """The same entry, deleted since."""
    return replace(booking, state=BookingState.DELETED)


def _touches(line: Row, ledger_id: str | None) -> bool:
    """Whether a payment's line goes to that invoice, or to any where none is meant."""
    return any(
        link.get("TxnType") == "Invoice" and (ledger_id is None or str(link.get("TxnId")) == ledger_id)
        for link in _list(line, "LinkedTxn")
    )


# ------------------------------------------------------------------------------------------- accounts, company


def account(row: Row) -> LedgerAccount:
    """An account of the chart."""
    kind = str(row.get("AccountType") or "")
    active = row.get("Active") is not False
    return LedgerAccount(
        account_id=id_of(row),
        name=str(row.get("FullyQualifiedName") or row.get("Name") or ""),
        code=_text(row.get("AcctNum")),
        kind=kind,
        currency=_text(_inner(row, "CurrencyRef").get("value")),
        takes_payments=active and kind in DEPOSIT_KINDS,
        active=active,
    )


def profile(realm_id: str, company: Row, preferences: Row) -> LedgerProfile:
    """The company, from CompanyInfo and Preferences.

    Raises:
        Unreadable: QuickBooks does not say the home currency.
    """
    currencies = _inner(preferences, "CurrencyPrefs")
    home = _text(_inner(currencies, "HomeCurrency").get("value"))
    if home is None:
        raise Unreadable("the home currency is missing from Preferences")
    return LedgerProfile(
        tenant_id=realm_id,
        name=name_of(company) or realm_id,
        base_currency=home,
        country=_country(company.get("Country")),
        timezone=_zone(company.get("DefaultTimeZone")),
        closed_through=closed_through(preferences),
        multicurrency=bool(currencies.get("MultiCurrencyEnabled")),
    )


def closed_through(preferences: Row) -> date | None:
    """The last day for which the books are closed, from Preferences.

    Raises:
        Unreadable: it is no date.
    """
    closed = _inner(preferences, "AccountingInfoPrefs").get("BookCloseDate")
    return civil(closed, "BookCloseDate") if closed else None


def name_of(company: Row) -> str:
    """The company's name from CompanyInfo, "" where it has none."""
    return _text(company.get("CompanyName")) or _text(company.get("LegalName")) or ""


def _zone(value: Any) -> str | None:
    """An IANA zone if it is one; QuickBooks promises none."""
    text = _text(value)
    if text is None:
        return None
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def sells_online(preferences: Row) -> bool:
    """Whether QuickBooks itself offers customers a way to pay online."""
    return bool(_inner(preferences, "SalesFormsPrefs").get("ETransactionPaymentEnabled"))


def applies_credits_by_itself(preferences: Row) -> bool:
    """Whether QuickBooks puts credits on open invoices without being asked."""
    return bool(_inner(preferences, "SalesFormsPrefs").get("AutoApplyCredit"))
