"""A payment over two invoices that another tool has entered by one entry, in the stand-ins for QuickBooks and Xero."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from adapters.sandbox.quickbooks.payments import apply_anew, create_payment
from connector.domain.phone import Phone
from tests.contract.rows import quickbooks, xero
from tests.flow.office import MOBILE
from tests.flow.test_already_booked import booking, say, settle
from tests.flow.till import Till, in_clearing, open_till


@pytest.fixture(name="till", params=[quickbooks.harness, xero.harness], ids=["QuickBooks", "Xero"])
def fixture_till(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Till]:
    more: dict[str, Any] = {"joint": True, "zone": ZoneInfo("UTC")}  # the stand-in for Xero issues on the day of UTC
    with open_till(request.param, tmp_path, Till, **more) as made:
        yield made


@pytest.fixture(name="quickbooks_till")
def fixture_quickbooks_till(tmp_path: Path) -> Iterator[Till]:
    with open_till(quickbooks.harness, tmp_path, Till, joint=True) as made:
        yield made


def paid(till: Till) -> tuple[str, str, str]:
    """Two invoices, of 120.00 and 80.00, and the payment of both that is not booked yet."""
    office = till.office
    office.agree(Phone(MOBILE.e164))
    customer = till.h.add_customer("Rosa Diaz", mobile=MOBILE.e164)
    first, second = (till.h.issue(customer, till.amount(one)) for one in ("120.00", "80.00"))
    till.run(2)
    payment = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert payment is not None
    office.wait(minutes=1)
    return first, second, payment


def enter(till: Till, on: dict[str, str], named: str) -> str:
    """An entry over 200.00 in clearing, with so much of it on each invoice; Xero has one invoice an entry."""
    h: Any = till.h
    account = till.office.policy.payment_account_id
    if isinstance(h, quickbooks.QuickBooksHarness):
        invoice = h.books.row("Invoice", next(iter(on)))
        body: dict[str, Any] = {
            "CustomerRef": {"value": invoice["CustomerRef"]["value"]},
            "TotalAmt": Decimal(200),
            "PaymentRefNum": "Stripe",
            "PrivateNote": named,
            "Line": lines(on),
            "DepositToAccountRef": {"value": account},
            **{name: invoice[name] for name in ("CurrencyRef", "ExchangeRate") if name in invoice},
        }
        return str(create_payment(h.books, body, by_person=True)["Id"])
    books = h.twin.books
    [(invoice_id, amount)] = on.items()
    made = books.pay(books.invoices[invoice_id], Decimal(amount), reference=named, account=books.accounts[account])
    return str(made.payment_id)


def lines(on: dict[str, str]) -> list[dict[str, Any]]:
    linked = ((Decimal(amount), {"TxnId": one, "TxnType": "Invoice"}) for one, amount in on.items())
    return [{"Amount": amount, "LinkedTxn": [link]} for amount, link in linked]


def put_right(till: Till, entry: str, parts: dict[str, str], named: str) -> None:
    """The owner's part of it: in QuickBooks the entry is put on both invoices, in Xero it is replaced by two."""
    h: Any = till.h
    if isinstance(h, quickbooks.QuickBooksHarness):
        row = h.books.row("Payment", entry)
        apply_anew(h.books, entry, {**row, "Line": lines(parts)})
        return
    h.twin.books.delete_payment(h.twin.books.payments[entry])
    for one, amount in parts.items():
        enter(till, {one: amount}, named)


def test_one_entry_over_all_of_it_on_one_invoice_is_never_beside_another_of_ours(till: Till) -> None:
    before = in_clearing(till)
    first, second, payment = paid(till)
    if isinstance(till.h, quickbooks.QuickBooksHarness):
        entry = enter(till, {first: "120.00"}, payment)  # 80.00 of it stay unapplied
    else:
        till.h.edit_amount(first, till.amount("400.00"))  # Xero takes no more than the invoice owes
        entry = enter(till, {first: "200.00"}, payment)
    settle(till.office)
    assert (booking(till.office, first, payment).status, booking(till.office, first, payment).remote_id) == (
        "done",
        entry,
    )
    assert booking(till.office, second, payment).status == "rejected"
    assert till.h.bookings_in_world(second) == []
    assert in_clearing(till) - before == Decimal(200)
    told = " ".join(f"{one.happened} {one.not_done}" for one in till.office.company.queries.attention("acme"))
    assert f"entry {entry} of " in told
    assert "Its part of 80.00" in told
    put_right(till, entry, {first: "120.00", second: "80.00"}, payment)
    say(till.office, booking(till.office, second, payment))
    settle(till.office)
    assert booking(till.office, second, payment).status == "done"
    assert [amount for _, amount in till.h.bookings_in_world(second)] == [till.amount("80.00")]
    assert in_clearing(till) - before == Decimal(200)
    assert till.owed(second) == till.amount("0.00")


@pytest.mark.parametrize("named", [True, False])
def test_one_entry_of_quickbooks_on_both_invoices_stands_for_both_parts(
    quickbooks_till: Till,
    named: bool,  # noqa: FBT001
) -> None:
    till, before = quickbooks_till, in_clearing(quickbooks_till)
    first, second, payment = paid(till)
    entry = enter(till, {first: "120.00", second: "80.00"}, payment if named else "card")
    settle(till.office)
    rows = [booking(till.office, one, payment) for one in (first, second)]
    if not named:
        assert [one.status for one in rows] == ["rejected", "rejected"]
        for one in rows:
            say(till.office, one, entry)
        settle(till.office)
    rows = [booking(till.office, one, payment) for one in (first, second)]
    assert [(one.status, one.remote_id) for one in rows] == [("done", entry)] * 2
    assert in_clearing(till) - before == Decimal(200)
    assert [till.owed(one) for one in (first, second)] == [till.amount("0.00")] * 2
    assert till.office.attention() == []


def test_one_entry_of_quickbooks_on_an_invoice_of_the_payment_and_on_another_matter_holds_the_other_part(
    quickbooks_till: Till,
) -> None:
    till, before = quickbooks_till, in_clearing(quickbooks_till)
    first, second, payment = paid(till)
    customer = till.h.books.row("Invoice", first)["CustomerRef"]["value"]  # type: ignore[attr-defined]
    third = till.h.issue(customer, till.amount("80.00"))
    entry = enter(till, {first: "120.00", third: "80.00"}, payment)
    settle(till.office)
    assert booking(till.office, first, payment).remote_id == entry
    assert booking(till.office, second, payment).status == "rejected"
    assert in_clearing(till) - before == Decimal(200)
