"""What somebody at a second terminal does in a sandbox that was kept running, by invoice number, link or phone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from connector.demo.cast import BUSINESSES, Business
from connector.demo.configuration import today_of
from connector.demo.doors import Doors, Method
from connector.demo.records import Invoice, Records, Text, names, read_records
from connector.demo.setting import add_customer, issue, pay_by_cheque, void
from connector.domain.message import plain_amount
from connector.domain.money import Money
from connector.errors import DuebirdError

USUAL_TERM: Final = timedelta(days=14)
_NUMBER: Final = re.compile(r"(.*?)(\d+)")


class NotThere(DuebirdError):
    """What was named is not in the sandbox; nothing was done."""


@dataclass(frozen=True, slots=True)
class Bill:
    """An invoice to be issued, as typed."""

    customer: str
    amount: str
    currency: str | None
    due: date | None
    number: str | None
    mobile: str | None  # of a customer who is not there yet


def business_of(ledger: str) -> Business:
    """The business that keeps its books there.

    Raises:
        NotThere: no such ledger or company.
    """
    for business in BUSINESSES:
        if ledger.strip().lower() in {business.ledger, business.id}:
            return business
    raise NotThere(f"There is no company {ledger} in the sandbox. Nothing was done.", advice="Use quickbooks or xero.")


def issue_bill(doors: Doors, business: Business, bill: Bill, now: datetime) -> Invoice:
    """Issue an invoice, dated today where the business is.

    Raises:
        NotThere: no such customer, and no mobile number to enter one with.
        DuebirdError: the amount or the currency cannot be.
    """
    records = read_records(doors)
    customers = _customers(doors, business)
    known = {name.casefold(): (customer_id, currency) for name, (customer_id, currency) in customers.items()}
    found = known.get(bill.customer.strip().casefold())
    if found is None and bill.mobile is None:
        raise NotThere(
            f"{business.name} has no customer {bill.customer}. Nothing was issued.",
            advice=f"There are: {', '.join(customers)}. Or enter a new one by adding --mobile NUMBER.",
        )
    currency = (bill.currency or (found[1] if found else "") or business.currency).upper()
    if found is not None and found[1] and found[1] != currency:
        raise DuebirdError(f"QuickBooks bills {bill.customer} in {found[1]} only. Nothing was issued.")
    amount = amount_of(bill.amount, currency, "An invoice", "Nothing was issued.")
    if found is not None:
        customer_id = found[0]
    else:
        its = currency if currency != business.currency else ""
        customer_id = add_customer(doors, business, bill.customer, bill.mobile or "", currency=its)
    today = today_of(business, now)
    ledger_id = issue(
        doors,
        business,
        customer_id,
        number=bill.number or _next_number(records, business),
        amount=str(amount.amount),
        currency=currency,
        issued_on=today,
        due_on=bill.due or today + USUAL_TERM,
    )
    return next(
        one for one in read_records(doors).invoices if one.ledger_id == ledger_id and one.business == business.id
    )


def pay(doors: Doors, what: str, by: Method) -> str:
    """Pay as the customer, by link or invoice number; returns what happened, as a sentence.

    Raises:
        NotThere: no page is open for it.
    """
    records = read_records(doors)
    link = records.link_at(what) or next((one for one in records.links if one.active and names(one.number, what)), None)
    if link is None:
        invoice_of(records, what)
        raise NotThere(
            f"No payment page is open for {what}: it was not texted, or it is settled. Nothing was paid.",
            advice="See: duebird sandbox records",
        )
    before = {one.session_id for one in records.paid}
    doors.pay(link.url, by)
    done = next((one for one in read_records(doors).paid if one.session_id not in before), None)
    if done is None:
        return f"The card was declined. Nothing was paid on {link.number}; its page is still open."
    if done.state == "pending":
        return (
            f"{plain_amount(done.amount)} for {link.number} is on its way from a bank account. "
            f"Let the bank answer: duebird sandbox bank {link.number}"
        )
    return f"{plain_amount(done.amount)} paid for {link.number} by card."


def bank_answers(doors: Doors, number: str, *, fails: bool) -> str:
    """The bank pays a debit under way, or does not; returns what happened, as a sentence.

    Raises:
        NotThere: no debit is under way for that invoice.
    """
    pending = next((one for one in read_records(doors).payments(number) if one.state == "pending"), None)
    if pending is None:
        raise NotThere(f"No bank payment is under way for {number}. Nothing was done.")
    doors.post("stripe", "debit", session=pending.session_id, succeeds=not fails)
    return f"The bank has {'refused' if fails else 'paid'} {plain_amount(pending.amount)} for {number}."


def reply(doors: Doors, phone: str, words: str) -> list[Text]:
    """Somebody texts the business that texted them last; returns what Twilio logged of it.

    Raises:
        NotThere: not a number in international form.
    """
    number = re.sub(r"[\s().-]", "", phone)
    if not re.fullmatch(r"\+[1-9]\d{6,14}", number):
        raise NotThere(f"{phone} is no phone number. Nothing was sent.", advice="Write it like +15035550142.")
    before = {one.sid for one in read_records(doors).texts}
    doors.reply(number, None, words)
    return [one for one in read_records(doors).texts if one.sid not in before]


def void_invoice(doors: Doors, number: str) -> Invoice:
    """Void it in its ledger.

    Raises:
        NotThere: no such invoice. DoorProblem: the ledger refuses, because something was paid on it.
    """
    invoice = invoice_of(read_records(doors), number)
    void(doors, _business(invoice), invoice.ledger_id)
    return invoice_of(read_records(doors), number)


def cheque(doors: Doors, number: str) -> Invoice:
    """Enter a cheque over all that is owed on it.

    Raises:
        NotThere: no such invoice, or nothing is owed on it.
    """
    invoice = invoice_of(read_records(doors), number)
    if not invoice.balance.is_positive:
        raise NotThere(f"Nothing is owed on {number}: it is {invoice.status}. No cheque was entered.")
    pay_by_cheque(doors, _business(invoice), invoice.ledger_id, str(invoice.balance.amount))
    return invoice_of(read_records(doors), number)


def invoice_of(records: Records, number: str) -> Invoice:
    """The invoice of that number.

    Raises:
        NotThere: neither ledger has it.
    """
    found = records.invoice(number)
    if found is None:
        raise NotThere(
            f"Neither ledger of the sandbox has an invoice {number}. Nothing was done.",
            advice="See: duebird sandbox records",
        )
    return found


def _business(invoice: Invoice) -> Business:
    return next(one for one in BUSINESSES if one.id == invoice.business)


def _customers(doors: Doors, business: Business) -> dict[str, tuple[str, str]]:
    """Name to id, and the one currency that QuickBooks allows a customer."""
    if business.ledger == "quickbooks":
        rows = doors.get("quickbooks", "records")["customers"]
        return {one["DisplayName"]: (one["Id"], one["CurrencyRef"]["value"]) for one in rows}
    return {one["Name"]: (one["ContactID"], "") for one in doors.get("xero", "records")["contacts"]}


def amount_of(text: str, currency: str, what: str, undone: str) -> Money:
    """An amount as typed. `what`: that needs one, such as "An invoice"; `undone`: the sentence of what was not done.

    Raises:
        DuebirdError: no amount of that currency, or not above zero.
    """
    try:
        amount = Money.of(text, currency)
    except ValueError as error:
        raise DuebirdError(f"{text} {currency} is no amount: {error}. {undone}") from error
    if amount.amount <= Decimal(0):
        raise DuebirdError(f"{what} needs an amount above zero, not {text}. {undone}")
    return amount


def _next_number(records: Records, business: Business) -> str:
    parts = [_NUMBER.fullmatch(one.number) for one in records.invoices if one.business == business.id]
    head, last = max(((part[1], int(part[2])) for part in parts if part), key=lambda one: one[1])
    return f"{head}{last + 1}"


def as_json(records: Records) -> dict[str, Any]:
    """All records, for programs. Amounts as text, times in UTC."""
    return {
        "texts": [
            {"from": one.sender, "to": one.to, "body": one.body, "at": one.at, "status": one.status,
             "inbound": one.inbound, "automatic": one.automatic}
            for one in records.texts
        ],
        "invoices": [
            {"company": one.business, "invoice": one.number, "customer": one.customer, "total": str(one.total.amount),
             "balance": str(one.balance.amount), "currency": one.total.currency, "status": one.status}
            for one in records.invoices
        ],
        "links": [{"invoice": one.number, "url": one.url, "active": one.active} for one in records.links],
        "payments": [
            {"invoice": one.number, "payment": one.payment_id, "amount": str(one.amount.amount),
             "returned": str(one.returned.amount), "currency": one.amount.currency, "method": one.method,
             "state": one.state}
            for one in records.paid
        ],
        "ledger_entries": [
            {"company": one.business, "entry": one.entry_id, "amount": str(one.amount.amount),
             "currency": one.amount.currency, "says": one.said, "live": one.live}
            for one in records.entries
        ],
        "opt_outs": [{"number": one.number, "sender": one.sender, "at": one.at} for one in records.opt_outs],
        "calls": {name: {"reads": one.reads, "writes": one.writes} for name, one in records.calls.items()},
    }  # fmt: skip
