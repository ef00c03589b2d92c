from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from adapters.xero import translate
from adapters.xero.translate import Unreadable
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from connector.errors import Rejected, RejectedBecause, Uncertain
from connector.ports.ledger import BookingRequest, BookingState

INVOICE: dict[str, Any] = {
    "Type": "ACCREC",
    "InvoiceID": "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2",
    "InvoiceNumber": "INV-0001",
    "AmountDue": Decimal("60.5"),
    "Total": 100,
    "CurrencyCode": "NZD",
    "Contact": {"ContactID": "a3675fc4-f8dd-4f03-ba5b-f1870566bcd7", "Name": "Barney"},
    "Date": "/Date(1539993600000+0000)/",
    "DueDate": "/Date(1546128000000+0000)/",
    "ExpectedPaymentDate": "/Date(1546214400000+0000)/",
    "Status": "AUTHORISED",
    "SentToContact": True,
    "UpdatedDateUTC": "/Date(1541176592690+0000)/",
}
PAYMENT: dict[str, Any] = {
    "PaymentID": "99ea7f6b-c513-4066-bc27-b7c65dcd76c2",
    "Date": "/Date(1543449600000+0000)/",
    "Amount": Decimal("46.00"),
    "Reference": "K2M9 pi_3Q rest",
    "Status": "AUTHORISED",
    "Invoice": {"InvoiceID": "046d8a6d-1ae1-4b4d-9340-5601bdf41b87", "CurrencyCode": "NZD"},
}
REQUEST = BookingRequest(
    ledger_id="c7c37b83-ac95-45ea-88ba-8ad83a5f22fe",
    customer_id="a3675fc4-f8dd-4f03-ba5b-f1870566bcd7",
    amount=Money.of("1234567890123456.78", "NZD"),
    booked_on=date(2026, 11, 23),
    account_id="5690f1e8-1d02-4893-90c2-ee1a69eff942",
    reference="DBK2M9QX4T1",
    note="pi_3QABC",
    idempotency_key="k",
)


# -------------------------------------------------------------------------------------------------------- times


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("/Date(1552432238623+0000)/", datetime(2019, 3, 12, 23, 10, 38, 623000, tzinfo=UTC)),
        ("/Date(1552432238623)/", datetime(2019, 3, 12, 23, 10, 38, 623000, tzinfo=UTC)),
        ("/Date(1552432238623+1300)/", datetime(2019, 3, 12, 23, 10, 38, 623000, tzinfo=UTC)),  # decoration
        ("/Date(-86400000+0000)/", datetime(1969, 12, 31, tzinfo=UTC)),
    ],
)
def test_milliseconds_count_from_the_utc_epoch_whatever_the_offset_says(text: str, instant: datetime) -> None:
    assert translate.moment(text) == instant


@pytest.mark.parametrize("text", [None, "", "2026-11-23", "/Date(x)/", 5])
def test_a_time_in_another_form_is_not_guessed(text: Any) -> None:
    with pytest.raises(Unreadable):
        translate.moment(text)


def test_if_modified_since_is_bare_seconds_in_utc() -> None:
    east = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC).astimezone()
    assert translate.if_modified_since(east) == "2026-01-02T03:04:05"


@pytest.mark.parametrize(
    ("xero", "iana"),
    [
        ("NEWZEALANDSTANDARDTIME", "Pacific/Auckland"),
        ("EAUSTRALIASTANDARDTIME", "Australia/Brisbane"),
        ("GMTSTANDARDTIME", "Europe/London"),
        ("EASTERNSTANDARDTIME", "America/New_York"),
        ("EASTERNSTANDARDTIME(MEXICO)", "America/Cancun"),
        ("UTC", "Etc/UTC"),
        ("NOWHERESTANDARDTIME", None),
        ("", None),
    ],
)
def test_zones_are_told_in_iana_names(xero: str, iana: str | None) -> None:
    assert translate.iana_zone(xero) == iana


# ----------------------------------------------------------------------------------------------------- invoices


def test_an_invoice_is_read_whole() -> None:
    read = translate.receivable(INVOICE)
    assert read.ledger_id == "d4956132-ed94-4dd7-9eaa-aa22dfdf06f2"
    assert (read.number, read.customer_name) == ("INV-0001", "Barney")
    assert (read.total, read.balance) == (Money.of(100, "NZD"), Money.of("60.50", "NZD"))
    assert (read.issued_on, read.due_on) == (date(2018, 10, 20), date(2018, 12, 30))
    assert read.promised_on == date(2018, 12, 31)
    assert read.sent_by_ledger is True
    assert read.updated_at == datetime(2018, 11, 2, 16, 36, 32, 690000, tzinfo=UTC)
    assert read.is_owed


@pytest.mark.parametrize(
    ("status", "due", "state"),
    [
        ("DRAFT", 100, ReceivableState.DRAFT),
        ("SUBMITTED", 100, ReceivableState.DRAFT),
        ("AUTHORISED", 100, ReceivableState.OPEN),
        ("AUTHORISED", 0, ReceivableState.PAID),
        ("PAID", 0, ReceivableState.PAID),
        ("VOIDED", 0, ReceivableState.VOIDED),
        ("DELETED", 0, ReceivableState.DELETED),
    ],
)
def test_each_status_has_its_state(status: str, due: int, state: ReceivableState) -> None:
    read = translate.receivable({**INVOICE, "Status": status, "AmountDue": due})
    assert read.state is state
    assert read.is_owed is (state is ReceivableState.OPEN)


def test_the_version_moves_where_xeros_time_does_not() -> None:
    seen = {
        translate.receivable(INVOICE).version,
        translate.receivable({**INVOICE, "DueDate": "/Date(1546214400000+0000)/"}).version,
        translate.receivable({**INVOICE, "AmountDue": 60}).version,
        translate.receivable({**INVOICE, "UpdatedDateUTC": "/Date(1541176592691+0000)/"}).version,
        translate.receivable({**INVOICE, "DueDate": None}).version,
    }
    assert len(seen) == 5
    assert translate.receivable({**INVOICE, "AmountDue": Decimal("60.50")}).version in seen


def test_null_fields_are_nothing_and_never_the_word_none() -> None:
    read = translate.receivable(
        {**INVOICE, "InvoiceNumber": None, "DueDate": None, "ExpectedPaymentDate": None, "SentToContact": None}
    )
    assert (read.number, read.due_on, read.promised_on, read.sent_by_ledger) == (None, None, None, None)
    assert read.label.startswith("(no number")


@pytest.mark.parametrize(
    "change",
    [
        {"Status": "ARCHIVED"},
        {"Status": None},
        {"CurrencyCode": None},
        {"CurrencyCode": "dollars"},
        {"AmountDue": None},
        {"AmountDue": "12.50"},
        {"AmountDue": True},
        {"AmountDue": Decimal("1.234")},
        {"UpdatedDateUTC": None},
        {"Date": None},
        {"Contact": None},
        {"Contact": {"Name": "no id"}},
        {"InvoiceID": ""},
    ],
)
def test_what_we_must_know_and_do_not_is_unreadable(change: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        translate.receivable({**INVOICE, **change})


def test_yen_have_no_decimals() -> None:
    read = translate.receivable({**INVOICE, "CurrencyCode": "JPY", "Total": Decimal("5000.00"), "AmountDue": 5000})
    assert read.balance == Money.of(5000, "JPY")


# ----------------------------------------------------------------------------------------------------- contacts


def _contact(**more: Any) -> dict[str, Any]:
    return {"ContactID": "c1", "Name": "Fred", "ContactStatus": "ACTIVE", **more}


def _phone(kind: str, number: str | None, area: str | None = "", country: str | None = "") -> dict[str, Any]:
    return {"PhoneType": kind, "PhoneNumber": number, "PhoneAreaCode": area, "PhoneCountryCode": country}


@pytest.mark.parametrize(
    ("row", "joined"),
    [
        (_phone("MOBILE", "123 456", "21", "64"), "+64 21 123 456"),
        (_phone("MOBILE", "123 456", "021", ""), "021 123 456"),
        (_phone("MOBILE", "7911 123456", "0", "+44"), "+44 0 7911 123456"),
        (_phone("MOBILE", "7911123456", "", "0044"), "+44 7911123456"),
        (_phone("MOBILE", "+64 21 123 456", "21", "64"), "+64 21 123 456"),
        (_phone("MOBILE", "0064 21 123 456", "", "64"), "+64 21 123 456"),
        (_phone("MOBILE", "021 123 456", None, None), "021 123 456"),
        (_phone("MOBILE", ""), None),
        (_phone("MOBILE", None), None),
    ],
)
def test_the_mobile_row_is_joined_as_people_mean_it(row: dict[str, Any], joined: str | None) -> None:
    assert translate.customer(_contact(Phones=[row])).mobile == joined


def test_other_rows_are_no_mobile_and_a_fax_is_no_phone() -> None:
    rows = [_phone("FAX", "1"), _phone("DDI", "2"), _phone("DEFAULT", "3"), _phone("CARRIERPIGEON", "4")]
    read = translate.customer(_contact(Phones=rows))
    assert (read.mobile, read.other_phone) == (None, "3")
    assert translate.customer(_contact(Phones=None)).other_phone is None


@pytest.mark.parametrize(
    ("change", "active"),
    [
        ({}, True),
        ({"ContactStatus": "ARCHIVED"}, False),
        ({"ContactStatus": "GDPRREQUEST"}, False),
        ({"ContactStatus": "SOMETHINGNEW"}, False),
        ({"MergedToContactID": "c2"}, False),
        ({"MergedToContactID": None}, True),
    ],
)
def test_only_an_active_unmerged_contact_may_be_texted(change: dict[str, Any], *, active: bool) -> None:
    assert translate.customer(_contact(**change)).active is active


def test_groups_are_markers_and_the_street_address_tells_the_country() -> None:
    read = translate.customer(
        _contact(
            FirstName="Fred",
            ContactGroups=[{"Name": "Text me", "Status": "ACTIVE"}, {"Name": None}],
            Addresses=[
                {"AddressType": "POBOX", "Country": "Australia"},
                {"AddressType": "STREET", "Region": "CA", "PostalCode": "94020", "Country": "United States"},
            ],
        )
    )
    assert read.markers == frozenset({"Text me"})
    assert (read.given_name, read.country, read.region, read.postal_code) == ("Fred", "US", "CA", "94020")


@pytest.mark.parametrize(("said", "country"), [("nz", "NZ"), ("U.K", None), ("Georgia", None), ("", None)])
def test_a_country_that_can_be_misread_is_not_said(said: str, country: str | None) -> None:
    row = _contact(Addresses=[{"AddressType": "STREET", "City": "X", "Country": said}])
    assert translate.customer(row).country == country


# --------------------------------------------------------------------------------------------- books and accounts


def test_the_later_lock_date_closes_the_books() -> None:
    row = {
        "Name": "Demo",
        "BaseCurrency": "NZD",
        "CountryCode": "NZ",
        "Timezone": "NEWZEALANDSTANDARDTIME",
        "PeriodLockDate": "/Date(1546214400000+0000)/",
        "EndOfYearLockDate": "/Date(1539993600000+0000)/",
        "OrganisationID": "o1",
    }
    read = translate.profile(row, "t1")
    assert (read.tenant_id, read.closed_through, read.timezone) == ("t1", date(2018, 12, 31), "Pacific/Auckland")
    assert translate.profile(row, "").tenant_id == "o1"
    open_books = {**row, "PeriodLockDate": None, "EndOfYearLockDate": None}
    assert translate.profile(open_books, "t1").closed_through is None


@pytest.mark.parametrize(
    ("row", "takes", "active"),
    [
        ({"Type": "BANK", "Status": "ACTIVE"}, True, True),
        ({"Type": "BANK", "Status": "ARCHIVED"}, True, False),
        ({"Type": "EQUITY", "Status": "ACTIVE", "EnablePaymentsToAccount": True}, True, True),
        ({"Type": "REVENUE", "Status": "ACTIVE", "EnablePaymentsToAccount": False}, False, True),
    ],
)
def test_bank_accounts_and_enabled_ones_take_payments(row: dict[str, Any], *, takes: bool, active: bool) -> None:
    read = translate.account({"AccountID": "a1", "Name": "Clearing", "Code": None, **row})
    assert (read.takes_payments, read.active, read.code) == (takes, active, None)


# ----------------------------------------------------------------------------------------------------- payments


def test_the_body_keeps_every_digit_and_puts_our_reference_first() -> None:
    body = translate.payment_body(REQUEST)
    assert '"Amount": 1234567890123456.78' in body
    element = json.loads(body, parse_float=Decimal)["Payments"][0]
    assert element == {
        "Invoice": {"InvoiceID": REQUEST.ledger_id},
        "Account": {"AccountID": REQUEST.account_id},
        "Date": "2026-11-23",
        "Amount": Decimal("1234567890123456.78"),
        "Reference": "DBK2M9QX4T1 pi_3QABC",
        "IsReconciled": False,
    }
    assert translate.payment_body(REQUEST) == body


def test_a_rate_is_sent_only_when_given_and_never_in_exponents() -> None:
    body = translate.payment_body(replace(REQUEST, exchange_rate=Decimal("1E-7")))
    assert '"CurrencyRate": 10000000,' in body


def test_a_rate_is_turned_round_for_xero_which_counts_the_other_currency_for_one_of_the_books() -> None:
    """As in its own example: a document in AUD of books in NZD, at 0.937053."""
    nzd_for_one_aud = Decimal("1.067175")
    assert translate.currency_rate(nzd_for_one_aud) == "0.937053"
    assert translate.at_home(Decimal("20.65"), Decimal("0.937053")).quantize(Decimal("0.01")) == Decimal("22.04")


def test_a_long_note_is_cut_and_the_reference_is_not() -> None:
    body = translate.payment_body(replace(REQUEST, note='"' + "x" * 300))
    reference = json.loads(body)["Payments"][0]["Reference"]
    assert len(reference) == 118
    assert reference.startswith('DBK2M9QX4T1 "xx')


def test_a_payment_is_read_with_its_reference_apart_from_its_note() -> None:
    read = translate.booking(PAYMENT)
    assert (read.reference, read.note) == ("K2M9", "pi_3Q rest")
    assert (read.applied, read.unapplied) == (Money.of(46, "NZD"), Money.zero("NZD"))
    assert (read.booked_on, read.state) == (date(2018, 11, 29), BookingState.LIVE)


def test_a_payment_says_when_it_was_last_changed_and_where_its_money_went_if_xero_does() -> None:
    told = {"UpdatedDateUTC": "/Date(1543449600000+0000)/", "Account": {"AccountID": "5690f1e8"}}
    read = translate.booking({**PAYMENT, **told})
    assert (read.entered_at, read.account_id) == (datetime(2018, 11, 29, tzinfo=UTC), "5690f1e8")
    for silent in ({}, {"UpdatedDateUTC": "soon", "Account": {}}):
        read = translate.booking({**PAYMENT, **silent})
        assert (read.entered_at, read.account_id) == (None, None)


def test_a_deleted_payment_says_so_and_an_unknown_status_counts_as_live() -> None:
    assert translate.booking({**PAYMENT, "Status": "DELETED"}).state is BookingState.DELETED
    assert translate.booking({**PAYMENT, "Status": "PONDERED"}).state is BookingState.LIVE


def test_a_payment_without_a_currency_takes_the_one_given_or_is_unreadable() -> None:
    bare = {**PAYMENT, "Invoice": None, "Reference": None}
    assert translate.booking(bare, "NZD").ledger_id is None
    assert translate.booking(bare, "NZD").reference == ""
    with pytest.raises(Unreadable):
        translate.booking(bare)


# ----------------------------------------------------------------------------------------------------- refusals


def _refused(text: str, field: str = "Message") -> Any:
    return {"Type": "ValidationException", "Elements": [{"ValidationErrors": [{field: text}]}]}


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("Payment amount exceeds the amount outstanding on this document", RejectedBecause.AMOUNT),
        ("The document date cannot be before the period lock date", RejectedBecause.CLOSED_PERIOD),
        ("Date is in a locked period for account 610", RejectedBecause.CLOSED_PERIOD),
        ("Account could not be found or is not valid for payments", RejectedBecause.SETUP),
        ("Invoice could not be found", RejectedBecause.NOT_FOUND),
        ("Payments can only be made against Authorised documents", RejectedBecause.BUSINESS_RULE),
        ("Something Xero has never said before", RejectedBecause.BUSINESS_RULE),
    ],
)
def test_texts_are_matched_loosely_and_passed_on(text: str, because: RejectedBecause) -> None:
    for field in ("Message", "Description"):
        error = translate.refusal(_refused(text, field), write=True)
        assert isinstance(error, Rejected)
        assert error.because is because
        assert text in error.message
        assert error.advice


def test_a_key_used_with_another_request_leaves_the_outcome_open() -> None:
    body = {"Message": "Idempotency Key: k1 is used with a different request"}
    assert isinstance(translate.refusal(body, write=True), Uncertain)


def test_a_request_xero_cannot_read_is_our_fault() -> None:
    error = translate.refusal({"Type": "PostDataInvalidException", "Message": "bad date"}, write=True)
    assert isinstance(error, Rejected)
    assert error.because is RejectedBecause.INVALID


@pytest.mark.parametrize("body", [None, [], "text", {}, {"Elements": None}])
def test_a_400_without_a_reason_is_still_a_refusal(body: Any) -> None:
    error = translate.refusal(body, write=True)
    assert isinstance(error, Rejected)
    assert error.because is RejectedBecause.BUSINESS_RULE


def test_an_element_can_be_refused_without_a_text() -> None:
    assert translate.problems_in({"HasValidationErrors": True})
    assert translate.problems_in({"StatusAttributeString": "ERROR"})
    assert translate.problems_in({"HasErrors": True})
    assert translate.problems_in({"HasValidationErrors": False, "ValidationErrors": []}) == []


def test_days_do_not_depend_on_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    import time

    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert time.timezone == timedelta(hours=5).total_seconds()
        assert translate.day("/Date(1546128000000+0000)/") == date(2018, 12, 30)
    finally:
        monkeypatch.undo()
        time.tzset()
