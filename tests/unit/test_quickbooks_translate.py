"""QuickBooks' JSON to our values: states, times, amounts, phones, and what an answer that says no means."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from adapters.quickbooks import bodies, translate
from adapters.quickbooks.changes import Burst, Cursor, read_cursor
from adapters.quickbooks.faults import Errand, Gone, error_of, read_answer
from adapters.quickbooks.translate import Unreadable
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from connector.errors import (
    CursorExpired,
    NeedsReauthorisation,
    Rejected,
    RejectedBecause,
    Throttled,
    Transient,
    Uncertain,
)
from connector.ports.ledger import BookingRequest, BookingState

LINE = {"Amount": Decimal("362.07"), "DetailType": "SalesItemLineDetail"}
INVOICE: dict[str, Any] = {
    "Id": "130",
    "SyncToken": "3",
    "DocNumber": "1037",
    "TxnDate": "2026-11-20",
    "DueDate": "2026-12-20",
    "CustomerRef": {"value": "24", "name": "Sonnenschein Family Store"},
    "TotalAmt": Decimal("362.07"),
    "Balance": Decimal("362.07"),
    "EmailStatus": "NotSet",
    "Line": [LINE],
    "LinkedTxn": [],
    "MetaData": {"CreateTime": "2026-11-20T12:00:00-08:00", "LastUpdatedTime": "2026-11-23T15:08:12-08:00"},
}
PAYMENT: dict[str, Any] = {
    "Id": "163",
    "SyncToken": "0",
    "TxnDate": "2026-11-23",
    "TotalAmt": 55,
    "UnappliedAmt": 0,
    "PaymentRefNum": "DB7K2M9QX4T1",
    "PrivateNote": "pi_3Q",
    "Line": [{"Amount": 55, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}],
    "MetaData": {"CreateTime": "2026-11-23T12:00:00-08:00", "LastUpdatedTime": "2026-11-23T12:00:00-08:00"},
}
REQUEST = BookingRequest(
    ledger_id="130",
    customer_id="24",
    amount=Money.of("362.07", "USD"),
    booked_on=date(2026, 11, 23),
    account_id="87",
    reference="DB7K2M9QX4T1",
    note="Duebird pi_3Q invoice 1037",
    idempotency_key="a" * 32,
)


def invoice(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**INVOICE, **changes}.items() if value is not None}


# ----------------------------------------------------------------------------------------------------- invoices


def test_an_open_invoice_is_read_with_its_time_in_utc() -> None:
    read = translate.receivable(INVOICE, "USD")
    assert (read.ledger_id, read.number, read.customer_id, read.version) == ("130", "1037", "24", "3")
    assert read.balance == read.total == Money.of("362.07", "USD")
    assert (read.issued_on, read.due_on) == (date(2026, 11, 20), date(2026, 12, 20))
    assert read.updated_at == datetime(2026, 11, 23, 23, 8, 12, tzinfo=UTC)
    assert read.state is ReceivableState.OPEN
    assert read.sent_by_ledger is False
    assert not read.payable_elsewhere


def test_number_due_date_and_currency_may_be_absent() -> None:
    read = translate.receivable(invoice(DocNumber=None, DueDate=None, TotalAmt=100, Balance=40), "EUR")
    assert (read.number, read.due_on, read.balance) == (None, None, Money.of("40", "EUR"))


def test_a_deposit_that_is_taken_off_the_balance_leaves_the_rest() -> None:
    read = translate.receivable(invoice(Deposit=Decimal("62.07"), Balance=Decimal("300.00")), "USD")
    assert (read.balance, read.state) == (Money.of("300.00", "USD"), ReceivableState.OPEN)


def test_the_invoices_own_currency_goes_before_the_companys() -> None:
    read = translate.receivable(invoice(CurrencyRef={"value": "JPY"}, TotalAmt=5000, Balance=5000), "USD")
    assert read.balance == Money.of("5000", "JPY")


@pytest.mark.parametrize(
    ("changes", "state"),
    [
        ({"Balance": 0}, ReceivableState.PAID),
        ({"Balance": Decimal("0.01")}, ReceivableState.OPEN),
        ({"Balance": 0, "TotalAmt": 0, "PrivateNote": "Voided", "Line": [{"Amount": 0}]}, ReceivableState.VOIDED),
        ({"Balance": 0, "TotalAmt": 0, "PrivateNote": "voided - second job"}, ReceivableState.VOIDED),
        ({"Balance": 0, "TotalAmt": 0, "PrivateNote": "Annulé", "Line": [{"Amount": 0}]}, ReceivableState.VOIDED),
        ({"Balance": 0, "TotalAmt": 0, "Line": [LINE, {"Amount": Decimal("-362.07")}]}, ReceivableState.PAID),
        ({"Balance": 0, "PrivateNote": "Voided cheque replaced"}, ReceivableState.PAID),
    ],
)
def test_voided_is_told_apart_from_paid(changes: dict[str, Any], state: ReceivableState) -> None:
    assert translate.receivable(invoice(**changes), "USD").state is state


@pytest.mark.parametrize(
    "changes",
    [
        {"Balance": "many"},
        {"Balance": None},
        {"Balance": Decimal(-1)},
        {"Deposit": Decimal("0.01")},  # and yet the whole is said to be owed
        {"Deposit": "some"},
        {"TotalAmt": Decimal("1.005")},
        {"TotalAmt": True},
        {"TxnDate": "20/11/2026"},
        {"DueDate": "soon"},
        {"CustomerRef": {}},
        {"CurrencyRef": {"value": "dollars"}},
        {"MetaData": {"LastUpdatedTime": "2026-11-23T15:08:12"}},
        {"MetaData": "none"},
        {"MetaData": {"LastUpdatedTime": "0001-01-01T00:00:00+14:00"}},
        {"Balance": Decimal("1E+400")},
        {"Id": None},
    ],
)
def test_a_record_that_is_not_as_documented_is_refused_by_name(changes: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        translate.receivable(invoice(**changes), "USD")


@pytest.mark.parametrize("flag", ["AllowOnlineCreditCardPayment", "AllowOnlineACHPayment", "AllowOnlinePayment"])
def test_a_second_way_to_pay_is_seen(flag: str) -> None:
    assert translate.receivable(invoice(**{flag: True}), "USD").payable_elsewhere


@pytest.mark.parametrize(
    ("changes", "sent"),
    [
        ({"EmailStatus": "EmailSent"}, True),
        ({"DeliveryInfo": {"DeliveryTime": "2026-11-20T12:00:00-08:00"}}, True),
        ({"EmailStatus": "NeedToSend"}, False),
        ({"EmailStatus": None}, None),
    ],
)
def test_whether_quickbooks_mailed_it(changes: dict[str, Any], sent: object) -> None:
    assert translate.receivable(invoice(**changes), "USD").sent_by_ledger is sent


# ---------------------------------------------------------------------------------------------------- customers

CUSTOMER: dict[str, Any] = {
    "Id": "24",
    "DisplayName": "Rosa Diaz",
    "GivenName": "Rosa",
    "PrimaryPhone": {"FreeFormNumber": "(202) 555-0100"},
    "BillAddr": {"Country": "USA", "CountrySubDivisionCode": "CA", "PostalCode": "94019"},
    "Notes": "Prefers mornings. #SMS-ok #vip",
    "CustomerTypeRef": {"value": "5", "name": "Texts welcome"},
    "CustomField": [{"DefinitionId": "1", "Name": "Consent", "Type": "StringType", "StringValue": "Yes"}],
}


def test_a_customer_is_read_with_place_and_markers() -> None:
    read = translate.customer(CUSTOMER, "mobile")
    assert (read.name, read.given_name) == ("Rosa Diaz", "Rosa")
    assert (read.country, read.region, read.postal_code) == ("US", "CA", "94019")
    assert read.markers == {"sms-ok", "vip", "type:texts welcome", "type:5", "consent=yes"}
    assert read.active


def test_a_primary_phone_stands_in_for_a_mobile_only_when_the_owner_says_so() -> None:
    careful = translate.customer(CUSTOMER, "mobile")
    assert (careful.mobile, careful.other_phone) == (None, "(202) 555-0100")
    assert translate.customer(CUSTOMER, "mobile_or_primary").mobile == "(202) 555-0100"
    with_mobile = {**CUSTOMER, "Mobile": {"FreeFormNumber": "202 555 0143"}}
    assert translate.customer(with_mobile, "mobile_or_primary").mobile == "202 555 0143"


@pytest.mark.parametrize(
    ("country", "code"),
    [("US", "US"), ("uk", "GB"), ("United Kingdom", "GB"), ("Deutschland", None), ("", None), (None, None)],
)
def test_a_country_is_a_code_or_unknown(country: str | None, code: str | None) -> None:
    assert translate.customer({**CUSTOMER, "BillAddr": {"Country": country}}, "mobile").country == code


def test_an_inactive_customer_says_so() -> None:
    assert not translate.customer({**CUSTOMER, "Active": False}, "mobile").active


# ----------------------------------------------------------------------------------------------------- payments


def test_a_payment_is_seen_from_its_invoice() -> None:
    read = translate.booking(PAYMENT, "USD", "130")
    assert (read.booking_id, read.ledger_id, read.reference, read.note) == ("163", "130", "DB7K2M9QX4T1", "pi_3Q")
    assert (read.applied, read.unapplied) == (Money.of("55", "USD"), Money.of("0", "USD"))
    assert (read.booked_on, read.state) == (date(2026, 11, 23), BookingState.LIVE)
    assert translate.booking(PAYMENT, "USD").ledger_id == "130"


def test_a_payment_says_when_it_was_entered_and_where_its_money_went_if_quickbooks_does() -> None:
    read = translate.booking({**PAYMENT, "DepositToAccountRef": {"value": "87"}}, "USD")
    assert (read.entered_at, read.account_id) == (datetime(2026, 11, 23, 20, tzinfo=UTC), "87")
    silent = translate.booking({**PAYMENT, "MetaData": {}}, "USD")
    assert (silent.entered_at, silent.account_id) == (None, None)


def test_a_payment_on_two_invoices_counts_for_each_its_part() -> None:
    lines = [
        {"Amount": Decimal("15.5"), "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]},
        {"Amount": Decimal("39.5"), "LinkedTxn": [{"TxnId": "131", "TxnType": "Invoice"}]},
    ]
    row = {**PAYMENT, "Line": lines}
    assert translate.booking(row, "USD", "131").applied == Money.of("39.50", "USD")
    assert translate.booking(row, "USD").ledger_id is None
    assert translate.invoices_linked(row) == ["130", "131"]


def test_an_unapplied_payment_shows_that_it_pays_nothing() -> None:
    read = translate.booking({**PAYMENT, "Line": [], "UnappliedAmt": 55}, "USD", "130")
    assert (read.applied, read.unapplied) == (Money.of("0", "USD"), Money.of("55", "USD"))


@pytest.mark.parametrize("note", ["Voided - pi_3Q", "Annulé - pi_3Q", "pi_3Q", None])
def test_a_voided_payment_counts_as_deleted_in_any_language(note: str | None) -> None:
    row = {**PAYMENT, "Line": [], "TotalAmt": 0, "PrivateNote": note}
    assert translate.booking(row, "USD", "130").state is BookingState.DELETED


def test_a_payment_of_nothing_that_applies_a_credit_stands() -> None:
    linked = [{"TxnId": "130", "TxnType": "Invoice"}], [{"TxnId": "140", "TxnType": "CreditMemo"}]
    lines = [{"Amount": Decimal("5.00"), "LinkedTxn": one} for one in linked]
    row = {**PAYMENT, "Line": lines, "TotalAmt": 0}
    assert translate.booking(row, "USD", "130").state is BookingState.LIVE


def test_a_payment_that_does_not_speak_of_a_rest_has_none() -> None:
    row = {**PAYMENT, "UnappliedAmt": None}
    assert translate.booking(row, "USD", "130").unapplied == Money.of("0", "USD")


def test_a_link_without_an_id_names_no_payment() -> None:
    assert translate.payments_linked(invoice(LinkedTxn=[{"TxnType": "Payment"}])) == []


def test_the_entry_to_book_links_the_invoice_and_prints_exact_numbers() -> None:
    body = bodies.payment_body(REQUEST, names_currency=False, rate=None, method_id=None)
    assert json.loads(json.dumps(body)) == {
        "CustomerRef": {"value": "24"},
        "TotalAmt": 362.07,
        "TxnDate": "2026-11-23",
        "PaymentRefNum": "DB7K2M9QX4T1",
        "PrivateNote": "Duebird pi_3Q invoice 1037",
        "DepositToAccountRef": {"value": "87"},
        "Line": [{"Amount": 362.07, "LinkedTxn": [{"TxnId": "130", "TxnType": "Invoice"}]}],
    }
    assert '"TotalAmt": 362.07' in json.dumps(body)


def test_currency_and_rate_are_named_only_when_needed() -> None:
    request = replace(REQUEST, amount=Money.of("5000", "JPY"))
    body = bodies.payment_body(request, names_currency=True, rate=Decimal("0.0067"), method_id="3")
    assert (body["CurrencyRef"], body["ExchangeRate"], body["TotalAmt"]) == ({"value": "JPY"}, 0.0067, 5000)
    assert body["PaymentMethodRef"] == {"value": "3"}


def test_a_number_that_a_float_cannot_hold_is_refused() -> None:
    assert bodies.as_number(Decimal("1234567890123.45")) == 1234567890123.45
    with pytest.raises(Unreadable):
        bodies.as_number(Decimal("12345678901234567.89"))


def test_a_request_id_fits_and_never_changes() -> None:
    assert bodies.request_id("a" * 50) == "a" * 50
    long = bodies.request_id("a" * 51)
    assert len(long) == 50
    assert long == bodies.request_id("a" * 51)
    assert bodies.request_id("book:1") != bodies.request_id("book:2")
    assert ":" not in bodies.request_id("book:1")


# ------------------------------------------------------------------------------------------------------ company


def test_the_profile_takes_a_zone_only_when_it_is_one() -> None:
    preferences = {
        "CurrencyPrefs": {"MultiCurrencyEnabled": True, "HomeCurrency": {"value": "USD"}},
        "AccountingInfoPrefs": {"BookCloseDate": "2026-10-31"},
    }
    company = {"CompanyName": "Acme", "Country": "US", "DefaultTimeZone": "America/Los_Angeles"}
    read = translate.profile("9130", company, preferences)
    assert (read.name, read.base_currency, read.timezone, read.multicurrency) == (
        "Acme",
        "USD",
        "America/Los_Angeles",
        True,
    )
    assert read.closed_through == date(2026, 10, 31)
    assert translate.profile("9130", {**company, "DefaultTimeZone": "Pacific Time"}, preferences).timezone is None
    with pytest.raises(Unreadable):
        translate.profile("9130", company, {})


def test_quotes_in_values_are_escaped() -> None:
    assert translate.quoted("O'Neil \\ Sons") == r"'O\'Neil \\ Sons'"


def test_a_cursor_survives_storage_and_a_broken_one_is_expired() -> None:
    at = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    for cursor in (Cursor(at), Cursor(at, ("In1:0@5",)), Cursor(at, burst=Burst(2, at, at, 901, at), deep=at)):
        assert read_cursor(cursor.text()) == cursor
    for text in ("", "{}", "[]", '{"since":"yesterday"}', '{"since":"2026-11-23T20:00:00Z","burst":[1]}'):
        with pytest.raises(CursorExpired):
            read_cursor(text)


# ------------------------------------------------------------------------------------------------------- faults

READ = Errand("read invoice id 130", "Nothing was changed.", by_id=True)
LIST = Errand("list the open invoices", "Nothing was changed.")
WRITE = Errand("book 55.00 USD on invoice id 130", "No payment was booked.", writes=True)


def fault(code: str | None, detail: str = "said so", status: int = 400) -> tuple[int, str]:
    error = {"Message": "m", "Detail": detail, "element": ""} | ({"code": code} if code else {})
    return status, json.dumps({"Fault": {"Error": [error], "type": "ValidationFault"}})


def gateway(code: str, status: int) -> tuple[int, str]:
    return status, json.dumps({"fault": {"error": [{"message": "m", "detail": "d", "code": code}]}})


XML_THROTTLE = (
    '<?xml version="1.0"?><IntuitResponse><Fault type="X"><Error code="3001"><Message>message=ThrottleExceeded; '
    "errorCode=003001; statusCode=429</Message></Error></Fault></IntuitResponse>"
)


@pytest.mark.parametrize(
    ("answer", "on_read", "on_write"),
    [
        (fault("3001", status=429), Throttled, Throttled),
        (gateway("3001", 429), Throttled, Throttled),
        ((429, XML_THROTTLE), Throttled, Throttled),
        ((403, XML_THROTTLE), Throttled, Throttled),
        ((429, "<html>"), Throttled, Throttled),
        (gateway("3100", 403), NeedsReauthorisation, NeedsReauthorisation),
        (gateway("3200", 401), NeedsReauthorisation, NeedsReauthorisation),
        ((403, ""), NeedsReauthorisation, NeedsReauthorisation),
        ((403, "<!DOCTYPE html><html><h1>Blocked by your firewall</h1></html>"), Transient, Uncertain),
        (fault("120"), NeedsReauthorisation, NeedsReauthorisation),
        (fault("140"), Transient, Transient),
        (fault("140", status=503), Transient, Uncertain),
        (fault("10000", status=500), Transient, Uncertain),
        ((502, "<html>Bad gateway</html>"), Transient, Uncertain),
        ((503, ""), Transient, Uncertain),
        ((302, ""), Transient, Uncertain),
        (fault(None), Transient, Uncertain),
        (fault("600"), Rejected, Uncertain),
        (fault("610"), Gone, Rejected),
        (fault("6000"), Rejected, Rejected),
        (fault("9999"), Rejected, Rejected),
    ],
)
def test_an_answer_is_judged_by_what_may_be_done_next(
    answer: tuple[int, str], on_read: type[Exception], on_write: type[Exception]
) -> None:
    seen = read_answer(*answer, {"intuit_tid": "1-abc"})
    assert not seen.ok
    assert type(error_of(seen, READ)) is on_read
    assert type(error_of(seen, WRITE)) is on_write


@pytest.mark.parametrize(
    ("code", "detail", "because"),
    [
        ("6200", "closed", RejectedBecause.CLOSED_PERIOD),
        ("6210", "closed", RejectedBecause.CLOSED_PERIOD),
        ("610", "gone", RejectedBecause.NOT_FOUND),
        ("620", "can not be linked", RejectedBecause.BUSINESS_RULE),
        ("6000", "The amount applied is more than the open balance", RejectedBecause.AMOUNT),
        ("6000", "You must specify a department", RejectedBecause.BUSINESS_RULE),
        ("2500", "Account 77 not found", RejectedBecause.SETUP),
        ("2050", "too long", RejectedBecause.INVALID),
    ],
)
def test_a_refusal_says_why_what_was_not_done_and_on_which_invoice(
    code: str, detail: str, because: RejectedBecause
) -> None:
    error = error_of(read_answer(*fault(code, detail), {}), WRITE)
    assert isinstance(error, Rejected)
    assert error.because is because
    assert (error.code, error.service) == (code, "quickbooks")
    for words in ("invoice id 130", "No payment was booked", detail):
        assert words in error.message
    assert error.advice


def test_only_a_read_by_id_may_find_a_thing_gone() -> None:
    assert type(error_of(read_answer(*fault("610"), {}), LIST)) is Rejected


def test_a_note_that_quotes_a_fault_is_no_fault() -> None:
    body = json.dumps({"Payment": {"Id": "1", "PrivateNote": 'he said "Fault"'}})
    assert read_answer(200, body, {}).ok
    assert not read_answer(200, fault("6000")[1], {}).ok
