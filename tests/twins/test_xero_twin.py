"""The stand-in for Xero, asked as any program would ask it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.twins.xero_desk import OTHER_TENANT, Desk, opened
from tests.xero_spec import check_answer, document


@pytest.fixture
def desk() -> Iterator[Desk]:
    with opened() as made:
        yield made


# --------------------------------------------------------------------------------- shapes, against the OpenAPI file


def test_every_answer_is_what_the_description_promises(desk: Desk) -> None:
    document()
    books = desk.twin.books
    contact = books.add_contact(
        "Ada",
        mobile="21 555 123",
        groups=["Text me"],
        addresses=[{"AddressType": "STREET", "City": "Napier", "Country": "New Zealand"}],
    )
    invoice = books.issue(contact, Decimal("115.50"), expected_on=date(2026, 12, 24))
    paid = books.issue(contact, Decimal(10))
    books.pay(paid, Decimal(10), reference="by hand")
    books.period_lock_date = date(2026, 1, 31)
    calls: list[tuple[str, dict[str, Any]]] = [
        ("/Organisation", {}),
        ("/Accounts", {}),
        ("/TaxRates", {}),
        ("/Contacts", {}),
        ("/Contacts", {"page": 1}),
        ("/Invoices", {}),
        ("/Invoices", {"page": 1, "pageSize": 10, "Statuses": "PAID,AUTHORISED"}),
        (f"/Invoices/{invoice.invoice_id}", {}),
        (f"/Invoices/{paid.invoice_id}", {}),
        ("/Payments", {"page": 1}),
    ]
    for path, params in calls:
        answer = desk.get(path, params)
        assert answer.status_code == 200
        check_answer("GET", f"/api.xro/2.0{path}", answer.json())
    made = desk.put({"Payments": [desk.payment(invoice, "15.50")]})
    check_answer("PUT", "/api.xro/2.0/Payments", made.json())
    refused = desk.put({"Payments": [desk.payment(invoice, "500")]})
    check_answer("PUT", "/api.xro/2.0/Payments", refused.json(), refused.status_code)
    payment_id = made.json()["Payments"][0]["PaymentID"]
    gone = desk.http.post(f"/api.xro/2.0/Payments/{payment_id}", json={"Status": "DELETED"})
    check_answer("POST", f"/api.xro/2.0/Payments/{payment_id}", gone.json())


def test_times_are_milliseconds_and_days_are_midnight_utc(desk: Desk) -> None:
    invoice = desk.issue(due_on=date(2026, 10, 18))
    row = desk.listed("/Invoices")[0]
    assert row["DueDate"] == "/Date(1792281600000+0000)/"
    assert row["DueDateString"] == "2026-10-18T00:00:00"
    assert row["UpdatedDateUTC"] == f"/Date({round(invoice.updated.timestamp() * 1000)}+0000)/"


def test_without_a_page_the_rows_are_thin(desk: Desk) -> None:
    invoice = desk.issue()
    desk.twin.books.pay(invoice, Decimal(40))
    assert desk.listed("/Invoices")[0]["Payments"] == []
    full = desk.listed("/Invoices", {"page": 1})[0]
    assert [p["Amount"] for p in full["Payments"]] == [40]
    assert len(full["LineItems"]) == 1


def test_whoever_does_not_ask_for_json_gets_xml(desk: Desk) -> None:
    assert desk.get("/Organisation", Accept="*/*").text.startswith("<Response")


# --------------------------------------------------------------------------------------------------------- lists


def test_a_page_size_above_a_thousand_is_cut(desk: Desk) -> None:
    for _ in range(3):
        desk.issue()
    body = desk.get("/Invoices", {"page": 1, "pageSize": 5000}).json()
    assert body["pagination"] == {"page": 1, "pageSize": 1000, "pageCount": 1, "itemCount": 3}
    second = desk.get("/Invoices", {"page": 2, "pageSize": 2}).json()
    assert len(second["Invoices"]) == 1
    assert second["pagination"]["pageCount"] == 2


def test_lists_filter_by_where_statuses_and_ids(desk: Desk) -> None:
    sale, bill, voided = desk.issue("50"), desk.issue("60", kind="ACCPAY"), desk.issue("70")
    desk.twin.books.void(voided)

    def found(**params: Any) -> list[str]:
        return [row["InvoiceID"] for row in desk.listed("/Invoices", params)]

    assert found(where='Type=="ACCPAY"') == [bill.invoice_id]
    assert found(where='Type=="ACCREC" AND AmountDue > 0') == [sale.invoice_id]
    assert found(Statuses="VOIDED,DELETED") == [voided.invoice_id]
    assert found(IDs=f"{bill.invoice_id},{sale.invoice_id}", order="InvoiceNumber DESC") == [
        bill.invoice_id,
        sale.invoice_id,
    ]
    of_contact = f'Contact.ContactID==guid("{sale.contact.contact_id}")&&Total>=60'
    assert set(found(where=of_contact)) == {bill.invoice_id, voided.invoice_id}
    assert found(where="DueDate < DateTime(2020,01,01)") == []


def test_a_filter_that_cannot_be_read_is_a_400(desk: Desk) -> None:
    answer = desk.get("/Invoices", {"where": "Colour==1"})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "QueryParseException"


def test_if_modified_since_takes_only_the_documented_form(desk: Desk) -> None:
    invoice = desk.issue()
    before = (invoice.updated - timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    after = (invoice.updated + timedelta(seconds=2)).strftime("%Y-%m-%dT%H:%M:%S")
    assert len(desk.listed("/Invoices", If_Modified_Since=before)) == 1
    assert desk.listed("/Invoices", If_Modified_Since=after) == []
    assert desk.get("/Invoices", If_Modified_Since="Mon, 23 Nov 2026 08:00:00 GMT").status_code == 400


def test_a_new_due_date_of_a_part_paid_invoice_does_not_move_its_time(desk: Desk) -> None:
    invoice = desk.issue()
    desk.twin.books.pay(invoice, Decimal(40))
    before = desk.listed("/Invoices")[0]["UpdatedDateUTC"]
    desk.twin.clock.offset += timedelta(hours=1)

    edited = desk.http.post(f"/_sandbox/invoices/{invoice.invoice_id}/edit", json={"due_date": "2027-01-01"})

    assert edited.status_code == 200
    row = desk.listed("/Invoices")[0]
    assert row["DueDateString"] == "2027-01-01T00:00:00"
    assert row["UpdatedDateUTC"] == before


def test_a_fresh_write_stays_out_of_lists_while_they_lag(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"lag_seconds": 30})
    invoice = desk.issue()
    assert desk.listed("/Invoices") == []
    assert desk.get(f"/Invoices/{invoice.invoice_id}").status_code == 200
    desk.twin.clock.offset += timedelta(seconds=31)
    assert len(desk.listed("/Invoices")) == 1


def test_archived_contacts_come_only_when_asked_for(desk: Desk) -> None:
    contact = desk.twin.books.add_contact("Old friend", status="ARCHIVED")
    assert desk.listed("/Contacts", {"IDs": contact.contact_id}) == []
    assert len(desk.listed("/Contacts", {"IDs": contact.contact_id, "includeArchived": "true"})) == 1
    assert "Phones" not in desk.listed("/Contacts", {"includeArchived": "true", "summaryOnly": "true"})[0]


# ------------------------------------------------------------------------------------------------------ payments


def test_payments_are_found_by_reference_invoice_and_kind(desk: Desk) -> None:
    invoice = desk.issue()
    made = desk.put({"Payments": [desk.payment(invoice, "30")]}).json()["Payments"][0]
    desk.twin.books.pay(invoice, Decimal(10), reference="other")

    def found(where: str) -> list[str]:
        return [row["PaymentID"] for row in desk.listed("/Payments", {"where": where, "page": 1})]

    assert found('Reference=="K2M9 pi_1"') == [made["PaymentID"]]
    assert found('Reference!=null AND Reference.StartsWith("K2M9")') == [made["PaymentID"]]
    assert len(found(f'Invoice.InvoiceID==guid("{invoice.invoice_id}")')) == 2
    assert len(found('PaymentType=="ACCRECPAYMENT"')) == 2
    assert found('PaymentType=="ACCPAYPAYMENT"') == []


def test_a_payment_in_full_makes_the_invoice_paid_and_deleting_it_opens_it_again(desk: Desk) -> None:
    invoice = desk.issue()
    made = desk.put({"Payments": [desk.payment(invoice, "100")]}).json()["Payments"][0]
    assert (made["Invoice"]["Status"], made["Invoice"]["AmountDue"]) == ("PAID", 0)

    desk.http.post(f"/api.xro/2.0/Payments/{made['PaymentID']}", json={"Status": "DELETED"})

    row = desk.get(f"/Invoices/{invoice.invoice_id}").json()["Invoices"][0]
    assert (row["Status"], row["AmountDue"], row["Payments"]) == ("AUTHORISED", 100, [])
    assert desk.listed("/Payments", {"page": 1})[0]["Status"] == "DELETED"


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"Amount": 100.01}, "Payment amount exceeds the amount outstanding on this document"),
        ({"Account": {"Code": "200"}}, "Account could not be found or is not valid for payments"),
        ({"Date": "2026-01-31"}, "The document date cannot be before the period lock date"),
        ({"Invoice": {"InvoiceID": OTHER_TENANT}}, "Invoice could not be found"),
    ],
)
def test_refusals_are_400_with_a_text_in_each_element(desk: Desk, change: dict[str, Any], text: str) -> None:
    desk.twin.books.period_lock_date = date(2026, 1, 31)
    invoice = desk.issue()
    answer = desk.put({"Payments": [desk.payment(invoice, "100", **change)]})
    assert answer.status_code == 400
    assert answer.json()["Type"] == "ValidationException"
    assert answer.json()["Elements"][0]["ValidationErrors"] == [{"Message": text}]
    assert desk.twin.books.payments == {}


def test_only_authorised_invoices_take_payments_and_enabled_accounts_do_too(desk: Desk) -> None:
    draft = desk.issue(status="DRAFT")
    answer = desk.put({"Payments": [desk.payment(draft, "10")]})
    assert "Authorised documents" in answer.text
    other = desk.issue()
    assert desk.put({"Payments": [desk.payment(other, "10", Account={"Code": "970"})]}).status_code == 200


def test_without_summarised_errors_each_element_says_for_itself_inside_a_200(desk: Desk) -> None:
    invoice = desk.issue()
    body = {"Payments": [desk.payment(invoice, "60"), desk.payment(invoice, "500")]}
    assert desk.put(body).status_code == 400
    assert desk.twin.books.payments == {}

    answer = desk.put(body, {"summarizeErrors": "false"})

    good, bad = answer.json()["Payments"]
    assert answer.status_code == 200
    assert good["HasValidationErrors"] is False
    assert bad["HasValidationErrors"] is True
    assert bad["StatusAttributeString"] == "ERROR"
    assert [p.amount for p in desk.twin.books.payments.values()] == [Decimal(60)]


# --------------------------------------------------------------------------------------------------- idempotency


def test_a_key_repeats_its_answer_for_six_minutes_and_then_creates_again(desk: Desk) -> None:
    body = {"Payments": [desk.payment(desk.issue(), "10")]}
    first = desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"]
    assert desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"] == first
    desk.twin.clock.offset += timedelta(minutes=6)
    assert desk.put(body, Idempotency_Key="k1").json()["Payments"][0]["PaymentID"] != first
    assert len(desk.twin.books.payments) == 2


def test_a_key_repeats_an_error_too_and_refuses_another_request(desk: Desk) -> None:
    invoice = desk.issue()
    too_much = {"Payments": [desk.payment(invoice, "500")]}
    assert desk.put(too_much, Idempotency_Key="k1").status_code == 400
    desk.twin.books.edit(invoice, amount=Decimal(900))
    assert "exceeds the amount outstanding" in desk.put(too_much, Idempotency_Key="k1").text

    other = desk.put({"Payments": [desk.payment(invoice, "1")]}, Idempotency_Key="k1")

    assert other.status_code == 400
    assert "is used with a different request" in other.text
    assert desk.put(too_much, Idempotency_Key="x" * 129).status_code == 400
    assert desk.twin.books.payments == {}


# -------------------------------------------------------------------------------------------- limits and refusals


def test_limits_count_down_and_refuse_with_their_name(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"minute_limit": 2, "day_limit": 3})
    first = desk.get("/Organisation")
    assert (first.headers["X-MinLimit-Remaining"], first.headers["X-DayLimit-Remaining"]) == ("1", "2")
    assert first.headers["X-AppMinLimit-Remaining"] == "9999"
    desk.get("/Organisation")

    refused = desk.get("/Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "minute")
    assert 0 < int(refused.headers["Retry-After"]) <= 61

    desk.twin.clock.offset += timedelta(minutes=1)
    assert desk.get("/Organisation").status_code == 200
    refused = desk.get("/Organisation")
    assert refused.headers["X-Rate-Limit-Problem"] == "day"
    assert int(refused.headers["Retry-After"]) > 80_000


def test_a_sixth_call_at_once_is_refused(desk: Desk) -> None:
    desk.twin.tenant().limits.running = 5  # five that take their time
    refused = desk.get("/Organisation")
    assert (refused.status_code, refused.headers["X-Rate-Limit-Problem"]) == (429, "concurrent")
    assert "Retry-After" not in refused.headers
    desk.twin.tenant().limits.running = 4
    assert desk.get("/Organisation").status_code == 200


def test_dead_tokens_missing_scopes_and_other_tenants_are_told_apart(desk: Desk) -> None:
    desk.twin.seed_token("short", life=timedelta(minutes=30))
    desk.twin.seed_token("poor", scopes=frozenset({"accounting.contacts.read"}))
    desk.twin.clock.offset += timedelta(minutes=31)

    def detail(**headers: str) -> tuple[int, str]:
        answer = desk.get("/Organisation", None, **headers)
        return answer.status_code, answer.json()["Detail"].split(":")[0]

    assert detail(Authorization="Bearer nobody") == (401, "AuthenticationUnsuccessful")
    assert detail(Authorization="Bearer short") == (401, "TokenExpired")
    assert detail(xero_tenant_id=OTHER_TENANT) == (403, "AuthenticationUnsuccessful")
    poor = desk.get("/Organisation", Authorization="Bearer poor")
    assert (poor.status_code, poor.headers["WWW-Authenticate"]) == (401, "insufficent_scope")


def test_an_organisation_offline_answers_in_plain_text(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"offline": True})
    answer = desk.get("/Organisation")
    assert (answer.status_code, answer.text) == (503, "The Organisation is offline")


def test_answers_are_compressed_for_those_who_accept_it(desk: Desk) -> None:
    desk.http.post("/_sandbox/settings", json={"compress": True})
    for _ in range(5):
        desk.issue()
    answer = desk.get("/Invoices", {"page": 1}, Accept_Encoding="gzip")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.json()["Invoices"]) == 5
