"""One company's books: accounts, customers, invoices and their versions, as QuickBooks would hold them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from adapters.sandbox.base import TwinClock
from adapters.sandbox.quickbooks.query import Shown
from adapters.sandbox.quickbooks.shapes import (
    FaultForm,
    Refused,
    Row,
    bad_reference,
    business_rule,
    local_text,
    missing,
    not_found,
    number,
    stale,
)

LEDGER_KINDS = (
    *("Invoice", "Payment", "CreditMemo", "Purchase", "Transfer", "RefundReceipt", "Deposit", "JournalEntry"),
)
NAMES = ("Customer", "Account", "PaymentMethod", "Item", "Vendor")
CHART = (  # beside the clearing account, the bank, Undeposited Funds and Sales
    ("Accounts Receivable (A/R)", "Accounts Receivable"),
    ("Sales tax payable", "Other Current Liability"),
    ("Stripe fees", "Expense"),
    ("Office supplies", "Expense"),
    ("Exchange Gain or Loss", "Other Expense"),
    ("Opening Balance Equity", "Equity"),
)
CLASSES = {
    "Income": "Revenue",
    "Other Income": "Revenue",
    "Expense": "Expense",
    "Other Expense": "Expense",
    "Other Current Liability": "Liability",
    "Credit Card": "Liability",
    "Equity": "Equity",
}
VERSIONS_KEPT = 5  # enough for a lagging list to show the version before the last few edits


@dataclass
class RealmSettings:
    """What a person, or a test, may set about a company and about how its stand-in behaves."""

    name: str = "Sandbox Company"
    home_currency: str = "USD"
    country: str = "US"
    utc_offset_hours: float = -8.0
    timezone: str | None = None
    multicurrency: bool = False
    close_date: str | None = None
    close_password: bool = False
    online_payments: bool = False
    auto_apply_credits: bool = False
    lag: float = 0.0  # seconds in which query and CDC do not show a fresh write
    per_minute: int | None = 500  # None: no limit, for benches
    throttle_next: int = 0
    throttle_form: FaultForm = "json"
    payments_bump_invoices: bool = True  # believed, not established: both can be tried
    keeps_over_application: bool = False  # True: what is above the balance becomes unapplied credit
    refuses_same_number: bool = False  # a preference of the company: a second expense with one DocNumber is 6140
    tax_percent: dict[str, str] = field(default_factory=lambda: {"TAX": "0", "NON": "0"})  # by tax code, on expenses
    report_hides_still_accounts: bool = False  # not established: an account that did not move may not be shown
    report_rows_most: int = 50_000  # what fits in the 400,000 cells of a report with eight columns
    voided_word: str = "Voided"  # what a void writes before the note, in the company's language
    requestid_hours: float = 24.0  # how long a requestid is remembered; not documented
    webhook_url: str | None = None
    webhook_verifier: str = "sandbox-verifier"

    @property
    def offset(self) -> timedelta:
        return timedelta(hours=self.utc_offset_hours)


@dataclass(frozen=True)
class Version(Shown):
    """A row as it was written at a moment; `deleted` marks the end."""

    at: datetime
    deleted: bool = False


@dataclass
class Record:
    """One entity with its last versions."""

    kind: str
    created: datetime
    versions: list[Version] = field(default_factory=list)

    @property
    def now(self) -> Version:
        return self.versions[-1]

    def as_of(self, moment: datetime) -> Version | None:
        return next((version for version in reversed(self.versions) if version.at <= moment), None)


class Books:
    """The state of one realm. Every write makes a new row, so that earlier versions stay as they were."""

    def __init__(self, realm_id: str, settings: RealmSettings | None = None, clock: TwinClock | None = None) -> None:
        self.realm_id = realm_id
        self.settings = settings or RealmSettings()
        self.clock = clock or TwinClock()
        self.records: dict[str, dict[str, Record]] = {kind: {} for kind in (*LEDGER_KINDS, *NAMES)}
        self.revision = 0
        self.listeners: list[Callable[[Books, str, str, str], None]] = []  # books, kind, id, what happened
        self._next_transaction = 100
        self._next_name = 0
        self.clearing_account = self.add_account("Stripe clearing", "Bank")
        self.add_account("Checking", "Bank")
        self.add_account("Undeposited Funds", "Other Current Asset")
        self.add_account("Sales", "Income")
        self.card_method = self.add_payment_method("Credit Card")
        self.add_payment_method("Check")
        for name, kind in CHART:
            self.add_account(name, kind)
        self.service_item = self.add_item("Services", self.account("Sales"))

    # ------------------------------------------------------------------------------------------ reading and writing

    def now_text(self) -> str:
        return local_text(self.clock.now(), self.settings.offset)

    def today(self) -> str:
        return (self.clock.now() + self.settings.offset).date().isoformat()

    def record(self, kind: str, entity_id: str) -> Record:
        record = self.records.get(kind, {}).get(str(entity_id))
        if record is None or record.now.deleted:
            raise not_found(kind, str(entity_id))
        return record

    def row(self, kind: str, entity_id: str) -> Row:
        """The newest row, whatever the lag: reads by id are not behind."""
        return self.record(kind, entity_id).now.row

    def all(self, kind: str) -> Iterator[Version]:
        for record in self.records[kind].values():
            yield record.now

    def shown(self, kind: str) -> Iterator[Version]:
        """Rows as lists show them, which lag behind."""
        return (version for version in self._listed(kind) if not version.deleted)

    def changed(self, kind: str, since: datetime) -> list[Version]:
        """Versions that CDC shows, deleted ones included, oldest change first."""
        fresh = [version for version in self._listed(kind) if version.updated >= since]
        return sorted(fresh, key=lambda version: version.at)

    def _listed(self, kind: str) -> Iterator[Version]:
        """Each record's version that lists have come to know."""
        if not self.settings.lag:
            return (record.versions[-1] for record in self.records[kind].values())
        moment = self.clock.now() - timedelta(seconds=self.settings.lag)
        known = (record.as_of(moment) for record in self.records[kind].values())
        return (version for version in known if version is not None)

    def create(self, kind: str, body: Row) -> Row:
        now = self.clock.now()
        entity_id = self._new_id(kind)
        text = local_text(now, self.settings.offset)
        row = {
            **body,
            "Id": entity_id,
            "SyncToken": "0",
            "domain": "QBO",
            "sparse": False,
            "MetaData": {"CreateTime": text, "LastUpdatedTime": text},
        }
        second = now.replace(microsecond=0)
        record = Record(kind, second, [Version(row, second, second, now)])
        self.records[kind][entity_id] = record
        self._happened(kind, entity_id, "created")
        return row

    def change(self, kind: str, entity_id: str, *, happened: str = "updated", **fields: Any) -> Row:
        """Write a new version; a field given as None is taken away."""
        record = self.record(kind, entity_id)
        now = self.clock.now()
        old = record.now.row
        row = {name: value for name, value in {**old, **fields}.items() if value is not None}
        row["SyncToken"] = str(int(old["SyncToken"]) + 1)
        row["MetaData"] = {**old["MetaData"], "LastUpdatedTime": local_text(now, self.settings.offset)}
        self._add_version(record, now, row)
        self._happened(kind, entity_id, happened)
        return row

    def change_unseen(self, kind: str, entity_id: str, **fields: Any) -> None:
        """Change without a new version: the doubt whether a payment bumps its invoice."""
        record = self.record(kind, entity_id)
        record.versions[-1] = replace(record.now, row={**record.now.row, **fields})
        self.revision += 1

    def remove(self, kind: str, entity_id: str) -> Row:
        record = self.record(kind, entity_id)
        self._add_version(record, self.clock.now(), record.now.row, deleted=True)
        self._happened(kind, entity_id, "deleted")
        return {"domain": "QBO", "status": "Deleted", "Id": entity_id}

    @staticmethod
    def _add_version(record: Record, now: datetime, row: Row, *, deleted: bool = False) -> None:
        version = Version(row, record.created, now.replace(microsecond=0), now, deleted=deleted)
        record.versions = [*record.versions, version][-VERSIONS_KEPT:]

    def check_token(self, kind: str, body: Row) -> str:
        """The id of an update or delete whose SyncToken is the newest; 5010 where it is not."""
        if "Id" not in body:
            raise missing("Id")
        if "SyncToken" not in body:
            raise missing("SyncToken")
        entity_id = str(body["Id"])
        if str(body["SyncToken"]) != self.row(kind, entity_id)["SyncToken"]:
            raise stale()
        return entity_id

    def check_open_period(self, day: str) -> None:
        closed = self.settings.close_date
        if closed and date.fromisoformat(day) <= date.fromisoformat(closed):
            if self.settings.close_password:
                raise Refused(
                    "6210",
                    "Account Period Closed, Require Password",
                    "The account period has closed and a password is needed",
                )
            raise Refused(
                "6200",
                "Account Period Closed, Cannot Update Through Services API",
                "The account period has closed and the account books cannot be updated through the API",
            )

    def _new_id(self, kind: str) -> str:
        if kind in LEDGER_KINDS:
            self._next_transaction += 1
            return str(self._next_transaction)
        self._next_name += 1
        return str(self._next_name)

    def _happened(self, kind: str, entity_id: str, what: str) -> None:
        self.revision += 1
        for listener in self.listeners:
            listener(self, kind, entity_id, what)

    # ------------------------------------------------------------------------------------------------- name lists

    def add_account(self, name: str, kind: str, currency: str | None = None, *, active: bool = True) -> str:
        row = {
            "Name": name,
            "FullyQualifiedName": name,
            "SubAccount": False,
            "Active": active,
            "Classification": CLASSES.get(kind, "Asset"),
            "AccountType": kind,
            "CurrentBalance": Decimal(0),
            "CurrencyRef": {"value": currency or self.settings.home_currency},
        }
        return str(self.create("Account", row)["Id"])

    def account(self, name: str) -> str:
        """The id of an account of the chart by its name."""
        for version in self.all("Account"):
            if version.row["Name"] == name:
                return str(version.row["Id"])
        raise KeyError(f"no account {name}")

    def receivables_account(self, currency: str) -> str:
        """A/R; QuickBooks opens one for each currency when it is first needed."""
        home = currency == self.settings.home_currency
        name = "Accounts Receivable (A/R)" if home else f"Accounts Receivable (A/R) - {currency}"
        try:
            return self.account(name)
        except KeyError:
            return self.add_account(name, "Accounts Receivable", currency)

    def add_item(self, name: str, income_account: str, *, kind: str = "Service", active: bool = True) -> str:
        """Something the company sells, and where its income goes."""
        row = {"Name": name, "FullyQualifiedName": name, "Type": kind, "Active": active, "Taxable": False}
        return str(self.create("Item", {**row, "IncomeAccountRef": {"value": income_account}})["Id"])

    def add_vendor(self, name: str, *, active: bool = True) -> str:
        """Somebody the company pays."""
        return str(self.create("Vendor", {"DisplayName": name, "PrintOnCheckName": name, "Active": active})["Id"])

    def income_of(self, line: Row) -> str:
        """Where a line of a sale is booked: by its item, and else to Sales."""
        item = ((line.get("SalesItemLineDetail") or {}).get("ItemRef") or {}).get("value")
        record = self.records["Item"].get(str(item))
        return str(record.now.row["IncomeAccountRef"]["value"]) if record else self.account("Sales")

    def add_payment_method(self, name: str) -> str:
        return str(self.create("PaymentMethod", {"Name": name, "Active": True, "Type": "NON_CREDIT_CARD"})["Id"])

    def add_customer(
        self,
        name: str,
        *,
        mobile: str | None = None,
        phone: str | None = None,
        parent: str | None = None,
        notes: str | None = None,
        given_name: str | None = None,
        currency: str | None = None,
        country: str | None = None,
        region: str | None = None,
        postal_code: str | None = None,
        email: str | None = None,
        active: bool = True,
    ) -> str:
        """A customer as a person would enter it; returns its id."""
        if parent is not None:
            self.record("Customer", parent)
        address = {"Country": country, "CountrySubDivisionCode": region, "PostalCode": postal_code}
        row: Row = {
            "DisplayName": name,
            "FullyQualifiedName": name,
            "PrintOnCheckName": name,
            "GivenName": given_name,
            "Active": active,
            "Balance": Decimal(0),
            "Job": parent is not None,
            "ParentRef": {"value": parent} if parent else None,
            "Mobile": {"FreeFormNumber": mobile} if mobile else None,
            "PrimaryPhone": {"FreeFormNumber": phone} if phone else None,
            "PrimaryEmailAddr": {"Address": email} if email else None,
            "Notes": notes,
            "CurrencyRef": {"value": currency or self.settings.home_currency},
            "BillAddr": {k: v for k, v in address.items() if v} if any(address.values()) else None,
        }
        return str(self.create("Customer", {k: v for k, v in row.items() if v is not None})["Id"])

    # --------------------------------------------------------------------------------------------------- invoices

    def create_invoice(self, body: Row, *, by_person: bool = False) -> Row:
        customer = self.row("Customer", self.customer_of(body))
        lines = [line for line in body.get("Line", []) if line.get("DetailType") != "SubTotalLineDetail"]
        if not lines:
            raise missing("Line")
        subtotal = sum((number(line.get("Amount"), "Line.Amount") for line in lines), Decimal(0))
        total = subtotal + number((body.get("TxnTaxDetail") or {}).get("TotalTax", 0), "TxnTaxDetail.TotalTax")
        day = body.get("TxnDate", self.today())
        if not by_person:
            self.check_open_period(day)
        deposit = number(body.get("Deposit", 0), "Deposit")
        if not 0 <= deposit <= total:
            raise business_rule("The deposit is more than the form.")
        row: Row = {
            **{k: v for k, v in body.items() if k not in {"Id", "SyncToken", "MetaData"}},
            **({"Deposit": deposit} if deposit else {}),
            "AllowIPNPayment": False,
            "AllowOnlinePayment": False,
            "AllowOnlineCreditCardPayment": body.get("AllowOnlineCreditCardPayment", self.settings.online_payments),
            "AllowOnlineACHPayment": body.get("AllowOnlineACHPayment", self.settings.online_payments),
            "CustomField": body.get("CustomField", []),
            "TxnDate": day,
            "CustomerRef": {"value": customer["Id"], "name": customer["DisplayName"]},
            "LinkedTxn": [],
            "Line": [*lines, {"Amount": subtotal, "DetailType": "SubTotalLineDetail", "SubTotalLineDetail": {}}],
            "TotalAmt": total,
            "Balance": total - deposit,
            "PrintStatus": "NeedToPrint",
            "EmailStatus": body.get("EmailStatus", "NotSet"),
        }
        return self.create("Invoice", {**row, **self.currency_fields(body, customer, total)})

    def customer_of(self, body: Row) -> str:
        """The customer a form names, or the refusal."""
        reference = (body.get("CustomerRef") or {}).get("value")
        if not reference:
            raise missing("CustomerRef")
        record = self.records["Customer"].get(str(reference))
        if record is None or record.now.deleted:
            raise bad_reference("Customer", str(reference))
        return str(reference)

    def currency_fields(self, body: Row, customer: Row, total: Decimal) -> Row:
        """What a sales form says of its currency: nothing where the company has only one."""
        if not self.settings.multicurrency:
            return {}
        currency = (body.get("CurrencyRef") or customer["CurrencyRef"])["value"]
        home = currency == self.settings.home_currency
        rate = Decimal(1) if home else number(body.get("ExchangeRate", 1), "ExchangeRate")
        self.receivables_account(str(currency))
        return {"CurrencyRef": {"value": currency}, "ExchangeRate": rate, "HomeTotalAmt": total * rate}

    def edit_invoice(self, entity_id: str, **fields: Any) -> Row:
        """What a person changes on the form; a new amount keeps what was paid."""
        row = self.row("Invoice", entity_id)
        if "amount" not in fields:
            return self.change("Invoice", entity_id, **fields)
        total = fields.pop("amount")
        balance = total - (row["TotalAmt"] - row["Balance"])
        if balance < 0:
            raise business_rule("The invoice would be less than what was paid on it.")
        tax = (row.get("TxnTaxDetail") or {}).get("TotalTax", Decimal(0))
        line = {"Amount": total - tax, "DetailType": "SalesItemLineDetail", "SalesItemLineDetail": {}}
        return self.change("Invoice", entity_id, TotalAmt=total, Balance=balance, Line=[line], **fields)

    def statuses(self) -> dict[str, str]:
        """Every invoice's state in one word, deleted ones too."""
        return {version.row["Id"]: _status(version, self.settings.voided_word) for version in self.all("Invoice")}


def currency_of(books: Books, row: Row) -> str:
    """The currency of a form; the field is absent where the company has only one."""
    return str((row.get("CurrencyRef") or {}).get("value") or books.settings.home_currency)


def _status(version: Version, voided_word: str) -> str:
    row = version.row
    if version.deleted:
        return "deleted"
    if row["TotalAmt"] == 0 and row.get("PrivateNote", "").startswith(voided_word):
        return "voided"
    if row["Balance"] == 0:
        return "paid"
    return "open" if row["Balance"] == row["TotalAmt"] else "part paid"
