"""What `duebird check` looks at in QuickBooks, and what to click when it is wrong. Reads only."""

from __future__ import annotations

from collections.abc import Sequence

from adapters.quickbooks import translate
from adapters.quickbooks.faults import SERVICE, Errand, Gone
from adapters.quickbooks.settings import QuickBooksSettings
from adapters.quickbooks.translate import Unreadable, quoted
from adapters.quickbooks.wire import QuickBooksWire, Row
from connector.domain.records import EntryKind
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Transient
from connector.ports.entries import ReversalRequest, TaxCode
from connector.ports.findings import Finding, Weight
from connector.ports.ledger import Booking, LedgerAccount, LedgerProfile

ITEMS = 1000  # most rows of a query; a business with more kinds of service has one that fits among the oldest

_UNCHANGED = "Nothing was changed."
_CONNECT = "Run `duebird connect COMPANY` and sign in as a user who may see the whole company."


def company(wire: QuickBooksWire, realm_id: str) -> tuple[Row, Row]:
    """CompanyInfo and Preferences."""
    return _settings(wire, f"companyinfo/{realm_id}", "CompanyInfo"), preferences(wire)


def preferences(wire: QuickBooksWire) -> Row:
    """Preferences: currencies, closing date, ways to sell. One read."""
    return _settings(wire, "preferences", "Preferences")


def _settings(wire: QuickBooksWire, path: str, name: str) -> Row:
    part = wire.whole(path, Errand("read the company's settings", _UNCHANGED)).get(name)
    return part if isinstance(part, dict) else {}


def company_name(wire: QuickBooksWire, realm_id: str) -> str:
    """What the company calls itself, "" where it does not say. One read."""
    answer = wire.whole(f"companyinfo/{realm_id}", Errand("read the company's name", _UNCHANGED))
    info = answer.get("CompanyInfo")
    return translate.name_of(info if isinstance(info, dict) else {})


def payment_method_id(wire: QuickBooksWire, name: str) -> str | None:
    """The id of an active payment method by its name, None where there is none."""
    text = f"SELECT * FROM PaymentMethod WHERE Name = {quoted(name)} MAXRESULTS 1"  # noqa: S608  # QuickBooks' query language; the value is quoted
    rows = wire.rows("PaymentMethod", text, Errand("look up the payment method", _UNCHANGED))
    return translate.id_of(rows[0]) if rows else None


def vendor_id(wire: QuickBooksWire, name: str) -> str | None:
    """The id of an active vendor by its name, None where there is none."""
    text = f"SELECT * FROM Vendor WHERE DisplayName = {quoted(name)} MAXRESULTS 1"  # noqa: S608  # QuickBooks' query language; the value is quoted
    rows = wire.rows("Vendor", text, Errand(f"look up the vendor {name}", _UNCHANGED))
    return translate.id_of(rows[0]) if rows else None


def item_id(wire: QuickBooksWire, income_account_id: str) -> str | None:
    """The id of an active service that books to that income account, the first made; None where there is none.

    The account of an item cannot be asked for, so the services are read and looked through.
    """
    return next((translate.id_of(row) for row in _services(wire) if _income(row) == income_account_id), None)


def accounts_of(wire: QuickBooksWire, kinds: Sequence[str], errand: str) -> list[LedgerAccount]:
    """Accounts of those types, inactive ones too. `errand`: what it is for, as an error says it. One read."""
    text = (
        f"SELECT * FROM Account WHERE AccountType IN ({', '.join(map(quoted, kinds))}) AND Active IN (true, false) "  # noqa: S608  # QuickBooks' query language; values are constants
        f"MAXRESULTS {ITEMS}"
    )
    return [translate.account(row) for row in wire.rows("Account", text, Errand(errand, _UNCHANGED))]


def served_accounts(wire: QuickBooksWire) -> frozenset[str]:
    """Ids of the accounts that active services book to. One read."""
    return frozenset(_income(row) for row in _services(wire))


def _services(wire: QuickBooksWire) -> list[Row]:
    text = f"SELECT * FROM Item WHERE Type = 'Service' ORDERBY MetaData.CreateTime ASC MAXRESULTS {ITEMS}"  # noqa: S608  # QuickBooks' query language; the values are constants
    return wire.rows("Item", text, Errand("look through the products and services", _UNCHANGED))


def _income(service: Row) -> str:
    account = service.get("IncomeAccountRef")
    return str(account.get("value")) if isinstance(account, dict) else ""


def receivables_id(wire: QuickBooksWire, currency: str, home: str) -> str | None:
    """The id of the first Accounts Receivable in that currency, None where there is none."""
    text = "SELECT * FROM Account WHERE AccountType = 'Accounts Receivable' ORDERBY MetaData.CreateTime ASC"
    for row in wire.rows("Account", text, Errand("look up Accounts Receivable", _UNCHANGED)):
        if (translate.account(row).currency or home) == currency:
            return translate.id_of(row)
    return None


def tax_codes(wire: QuickBooksWire, *, american: bool) -> list[TaxCode]:
    """The active tax codes. An expense may have one that names rates of purchases, which those of the US do not.

    A sale may have one that names rates of sales; in the US a line says only TAX or NON, and TAX would be put on top of
    the amount that went back (https://developer.intuit.com/app/developer/qbo/docs/workflows/manage-sales-tax-for-us-locales).
    """
    text = f"SELECT * FROM TaxCode MAXRESULTS {ITEMS}"  # noqa: S608  # QuickBooks' query language; the value is a constant
    rows = wire.rows("TaxCode", text, Errand("list its tax codes", _UNCHANGED))
    return [
        TaxCode(
            translate.id_of(row),
            str(row.get("Name") or ""),
            active=row.get("Active") is not False,
            on_expenses=_names_rates(row.get("PurchaseTaxRateList")),
            on_sales=translate.id_of(row) == "NON" if american else _names_rates(row.get("SalesTaxRateList")),
        )
        for row in rows
    ]


def _names_rates(rates: object) -> bool:
    return isinstance(rates, dict) and bool(rates.get("TaxRateDetail"))


def inspect(wire: QuickBooksWire, settings: QuickBooksSettings, realm_id: str, account_id: str | None) -> list[Finding]:
    """Connection, currency, closed books, second ways to pay, the payment account and method."""
    try:
        info, preferred = company(wire, realm_id)
        profile = translate.profile(realm_id, info, preferred)
    except NeedsReauthorisation as error:
        return [Finding(Weight.PROBLEM, "Connection", error.message, _CONNECT)]
    except (Transient, Rejected) as error:
        return [Finding(Weight.PROBLEM, "Connection", error.message, error.advice or "Try again in some minutes.")]
    except Unreadable as problem:
        return [Finding(Weight.PROBLEM, "Company", f"Its settings could not be read: {problem}.", _CONNECT)]
    return [
        Finding(Weight.OK, "Connection", f"Connected to {profile.name} ({profile.base_currency})."),
        *_books(profile, preferred),
        *_account(wire, profile, account_id),
        *_method(wire, settings),
    ]


def _books(profile: LedgerProfile, preferred: Row) -> list[Finding]:
    found: list[Finding] = []
    if profile.closed_through:
        found.append(
            Finding(
                Weight.OK,
                "Closed books",
                f"Nothing can be booked on or before {profile.closed_through}. What becomes of a payment of that time "
                "is closed_period under [company.payments].",
            )
        )
    if translate.sells_online(preferred):
        found.append(
            Finding(
                Weight.WARNING,
                "Second way to pay",
                "QuickBooks Payments is on: a customer could pay by QuickBooks' link and by ours.",
                "In QuickBooks: Gear > Account and settings > Payments, or switch online payment off on the invoice.",
            )
        )
    if translate.applies_credits_by_itself(preferred):
        found.append(
            Finding(
                Weight.WARNING,
                "Automatic credits",
                "QuickBooks puts credits on open invoices by itself, so a balance may change without anybody's doing.",
                "In QuickBooks: Gear > Account and settings > Advanced > Automation > Automatically apply credits.",
            )
        )
    return found


def _account(wire: QuickBooksWire, profile: LedgerProfile, account_id: str | None) -> list[Finding]:
    subject = "Payment account"
    if account_id is None:
        return [
            Finding(
                Weight.PROBLEM,
                subject,
                "No account for card payments is chosen.",
                "In QuickBooks: Accounting > Chart of accounts > New, type Bank, such as 'Stripe clearing'; then write "
                "its name as payment_account.",
            )
        ]
    if not account_id.isdigit():
        return [Finding(Weight.PROBLEM, subject, f"{account_id!r} is no account id.", "Write the account's name.")]
    try:
        row = wire.read("Account", account_id, Errand(f"read account id {account_id}", _UNCHANGED))
    except Gone:
        return [
            Finding(
                Weight.PROBLEM,
                subject,
                f"There is no account with id {account_id}, or it is inactive.",
                "Look in QuickBooks under Accounting > Chart of accounts, and correct payment_account.",
            )
        ]
    except (Transient, Rejected, NeedsReauthorisation) as error:
        return [Finding(Weight.PROBLEM, subject, error.message, error.advice or "Try again in some minutes.")]
    return [_account_finding(translate.account(row), profile, subject)]


def _account_finding(account: LedgerAccount, profile: LedgerProfile, subject: str) -> Finding:
    if not account.active:
        return Finding(
            Weight.PROBLEM,
            subject,
            f"{account.name} is inactive.",
            "In QuickBooks: Chart of accounts > show inactive > Make active.",
        )
    if not account.takes_payments:
        return Finding(
            Weight.PROBLEM,
            subject,
            f"{account.name} is of type {account.kind}, which takes no payments.",
            "Choose an account of type Bank or Other Current Asset.",
        )
    if account.currency not in {None, profile.base_currency}:
        return Finding(
            Weight.WARNING,
            subject,
            f"{account.name} is kept in {account.currency}; the company's home currency is {profile.base_currency}.",
            f"Choose an account in {profile.base_currency}, unless all your invoices are in {account.currency}.",
        )
    return Finding(Weight.OK, subject, f"{account.name} ({account.kind}) takes payments.")


def _method(wire: QuickBooksWire, settings: QuickBooksSettings) -> list[Finding]:
    if settings.payment_method is None:
        return []
    try:
        known = payment_method_id(wire, settings.payment_method)
    except (Transient, Rejected, NeedsReauthorisation) as error:
        return [Finding(Weight.PROBLEM, "Payment method", error.message, error.advice)]
    if known is None:
        return [
            Finding(
                Weight.WARNING,
                "Payment method",
                f"There is no payment method {settings.payment_method!r}; payments are booked without one.",
                "In QuickBooks: Gear > All lists > Payment methods > New, or correct payment_method.",
            )
        ]
    return [Finding(Weight.OK, "Payment method", f"{settings.payment_method} is put on the entries.")]


def as_booked(standing: Booking, row: Row, request: ReversalRequest) -> None:
    """Let only what carries our reference and is as we booked it be voided, where the caller names the reference.

    Raises:
        Rejected: BUSINESS_RULE, it is somebody else's, or somebody has moved it.
    """
    if not request.of_reference:
        return
    on = {request.ledger_id} if request.of_kind is EntryKind.PAYMENT else set[str]()
    if not standing.reference.startswith(request.of_reference):
        why, advice = (
            f"does not carry Duebird's reference {request.of_reference}",
            "Only entries of Duebird's own are taken back; change it in QuickBooks if it is wrong.",
        )
    elif set(translate.invoices_linked(row)) != on or (on and standing.applied != request.amount):
        why, advice = (
            "is on other invoices than Duebird booked it to, or not all of it is: somebody has changed it",
            "Put it as it was and order it again, or void it in QuickBooks yourself.",
        )
    else:
        return
    raise Rejected(
        f"Payment id {standing.booking_id} over {request.amount} {why}. {_UNCHANGED}",
        because=RejectedBecause.BUSINESS_RULE,
        service=SERVICE,
        advice=advice,
    )
