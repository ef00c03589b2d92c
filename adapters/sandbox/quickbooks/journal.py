"""Double entry: what each transaction of a company does to its accounts.

Nothing of it is stored. The journal is derived from the rows as they stand, as QuickBooks itself derives its reports:
an entry that was voided holds nothing any more, a deleted one is not there, and an edited one counts as it reads now.

Amounts are positive for a debit. Each posting has two of them: in the company's home currency, in which a transaction
adds up to nothing, and in the currency of the account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from adapters.sandbox.quickbooks.books import LEDGER_KINDS, Books, currency_of
from adapters.sandbox.quickbooks.payments import pieces_of
from adapters.sandbox.quickbooks.shapes import Row

NO_DECIMALS = frozenset(("JPY", "KRW", "CLP", "VND", "ISK"))
REPORT_NAMES = {  # what the column txn_type of a report calls them
    "Invoice": "Invoice",
    "Payment": "Payment",
    "CreditMemo": "Credit Memo",
    "Purchase": "Expense",
    "Transfer": "Transfer",
    "RefundReceipt": "Refund",
    "Deposit": "Deposit",
    "JournalEntry": "Journal Entry",
}
BUCKETS = ("current", "1 - 30", "31 - 60", "61 - 90", "91 and over")

Rows = Callable[[str], Iterable[Row]]


@dataclass(frozen=True)
class Posting:
    """One side of a transaction on one account."""

    account: str
    home: Decimal
    own: Decimal  # in the account's own currency
    customer: str | None = None


@dataclass(frozen=True)
class Transaction:
    """One entry with all its postings, in the words of a report."""

    kind: str
    entity_id: str
    day: date
    number: str
    name: str
    memo: str
    currency: str
    rate: Decimal
    postings: tuple[Posting, ...]

    @property
    def title(self) -> str:
        return REPORT_NAMES[self.kind]


def journal(books: Books, rows: Rows | None = None) -> list[Transaction]:
    """Every transaction that moves something, by day and then in the order in which they were made."""
    posted = _Posted(books, rows or _standing(books))
    found = [posted.transaction(kind, row) for kind in LEDGER_KINDS for row in posted.rows(kind)]
    return sorted((one for one in found if one.postings), key=lambda one: (one.day, int(one.entity_id)))


def _standing(books: Books) -> Rows:
    return lambda kind: (version.row for version in books.all(kind) if not version.deleted)


def balances(books: Books, until: date | None = None) -> dict[str, tuple[Decimal, Decimal]]:
    """Of every account what it holds at the end of that day: in the home currency and in its own."""
    found: dict[str, list[Decimal]] = {version.row["Id"]: [Decimal(0), Decimal(0)] for version in books.all("Account")}
    for one in journal(books):
        if until is None or one.day <= until:
            for posting in one.postings:
                found[posting.account][0] += posting.home
                found[posting.account][1] += posting.own
    return {account: (home, own) for account, (home, own) in found.items()}


def receivables(books: Books) -> dict[str, Decimal]:
    """What each customer owes by the journal, in the home currency; below zero is a credit."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for one in journal(books):
        for posting in one.postings:
            if posting.customer is not None:
                found[posting.customer] += posting.home
    return {customer: amount for customer, amount in found.items() if amount}


def ageing(books: Books, on: date) -> dict[str, dict[str, Decimal]]:
    """What each customer owes by the open balances on the forms, by days overdue, in the home currency.

    Credits stand in the bucket of their own day, below zero, as on QuickBooks' report.
    """
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: dict.fromkeys((*BUCKETS, "total"), Decimal(0)))
    for customer, day, amount in _open_balances(books):
        if amount:
            found[customer][_bucket((on - day).days)] += amount
            found[customer]["total"] += amount
    return dict(found)


def _open_balances(books: Books) -> Iterator[tuple[str, date, Decimal]]:
    rows = _standing(books)
    for row in rows("Invoice"):
        due = date.fromisoformat(row.get("DueDate") or row["TxnDate"])
        yield row["CustomerRef"]["value"], due, at_home(books, row["Balance"], rate_of(row))
    for row in rows("CreditMemo"):
        yield _customer_and_day(row, -at_home(books, row["Balance"], rate_of(row)))
    for row in rows("Payment"):
        yield _customer_and_day(row, -at_home(books, row["UnappliedAmt"], rate_of(row)))
    for row in rows("Purchase"):
        for line in row["Line"]:  # paid out to a customer: he owes it, or had it to get
            account = books.row("Account", line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"])
            if account["AccountType"] == "Accounts Receivable":
                amount = at_home(books, line["Amount"], rate_of(row))
                yield row["EntityRef"]["value"], date.fromisoformat(row["TxnDate"]), amount
    for row in rows("JournalEntry"):
        for line in row["Line"]:
            detail = line["JournalEntryLineDetail"]
            if "Entity" in detail:
                sign = 1 if detail["PostingType"] == "Debit" else -1
                customer = detail["Entity"]["EntityRef"]["value"]
                yield customer, date.fromisoformat(row["TxnDate"]), sign * at_home(books, line["Amount"], rate_of(row))


def _customer_and_day(row: Row, amount: Decimal) -> tuple[str, date, Decimal]:
    return row["CustomerRef"]["value"], date.fromisoformat(row["TxnDate"]), amount


def _bucket(days: int) -> str:
    return BUCKETS[0] if days <= 0 else BUCKETS[min((days - 1) // 30 + 1, 4)]


def rate_of(row: Row) -> Decimal:
    """Home units for one unit of the row's currency."""
    return Decimal(row.get("ExchangeRate", 1))


def _deposited(row: Row) -> Decimal:
    """What was taken with the form."""
    return Decimal(row.get("Deposit", 0))


def at_home(books: Books, amount: Decimal, rate: Decimal) -> Decimal:
    """An amount in the home currency, in its smallest unit."""
    unit = Decimal(1) if books.settings.home_currency in NO_DECIMALS else Decimal("0.01")
    return (amount * rate).quantize(unit, ROUND_HALF_UP)


@dataclass
class _Open:
    """How much of a form has been settled so far, and at which rate it was written."""

    left: Decimal
    rate: Decimal


@dataclass
class _Posted:
    """Walks the rows once; payments settle forms in the order in which they were made."""

    books: Books
    rows: Rows
    _open: dict[tuple[str, str], _Open] = field(default_factory=dict)
    _settling: dict[str, list[tuple[str, str, Decimal, Decimal]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for kind in ("Invoice", "CreditMemo"):
            for row in self.rows(kind):
                self._open[kind, row["Id"]] = _Open(row["TotalAmt"] - _deposited(row), rate_of(row))
        for row in sorted(self.rows("Payment"), key=lambda one: int(one["Id"])):
            settled = [self._settle(piece.kind, piece.entity_id, piece.amount) for piece in pieces_of(row)]
            self._settling[row["Id"]] = settled

    def _settle(self, kind: str, entity_id: str, amount: Decimal) -> tuple[str, str, Decimal, Decimal]:
        """What a piece of a payment takes off the receivables at home.

        It is the difference of two rounded rests and not a rounded piece: so a form that is paid in parts leaves
        nothing behind.
        """
        form = self._open.get((kind, entity_id)) or _Open(amount, Decimal(1))
        before = at_home(self.books, form.left, form.rate)
        form.left -= amount
        return kind, entity_id, amount, before - at_home(self.books, form.left, form.rate)

    def transaction(self, kind: str, row: Row) -> Transaction:
        postings = getattr(self, f"_{kind.lower()}")(row)
        customer = row.get("CustomerRef") or {}
        return Transaction(
            kind=kind,
            entity_id=row["Id"],
            day=date.fromisoformat(row["TxnDate"]),
            number=str(row.get("DocNumber") or row.get("PaymentRefNum") or ""),
            name=str(customer.get("name") or (row.get("EntityRef") or {}).get("name") or ""),
            memo=str(row.get("PrivateNote") or ""),
            currency=currency_of(self.books, row),
            rate=rate_of(row),
            postings=tuple(one for one in postings if one.home or one.own),
        )

    # ------------------------------------------------------------------------------------------------ each kind

    def _invoice(self, row: Row) -> list[Posting]:
        """A deposit that was taken with the form waits with the undeposited funds; the customer owes the rest."""
        deposit = _deposited(row)
        rest = at_home(self.books, row["TotalAmt"] - deposit, rate_of(row))
        taken = at_home(self.books, row["TotalAmt"], rate_of(row)) - rest
        received = self._on(self.books.account("Undeposited Funds"), taken, deposit)
        return [*self._sale(row, Decimal(1)), received, self._receivable(row, -taken, -deposit)]

    def _creditmemo(self, row: Row) -> list[Posting]:
        return self._sale(row, Decimal(-1))

    def _sale(self, row: Row, sign: Decimal) -> list[Posting]:
        """Owed by the customer, against income and the tax on it."""
        parts = self._income_parts(row)
        total = at_home(self.books, row["TotalAmt"], rate_of(row))
        owed = self._receivable(row, sign * total, sign * row["TotalAmt"])
        return [owed, *self._spread(parts, -sign * total, rate_of(row), -sign)]

    def _refundreceipt(self, row: Row) -> list[Posting]:
        total = at_home(self.books, row["TotalAmt"], rate_of(row))
        paid = self._on(row["DepositToAccountRef"]["value"], -total, -row["TotalAmt"])
        return [paid, *self._spread(self._income_parts(row), total, rate_of(row), Decimal(1))]

    def _payment(self, row: Row) -> list[Posting]:
        """Money in, what it settles at the rates of the forms, and the difference of the rates."""
        received = at_home(self.books, row["TotalAmt"], rate_of(row))
        found = [self._on(row["DepositToAccountRef"]["value"], received, row["TotalAmt"])]
        for kind, _, amount, home in self._settling[row["Id"]]:
            sign = -1 if kind == "Invoice" else 1
            found.append(self._receivable(row, sign * home, sign * amount))
        rest = at_home(self.books, row["UnappliedAmt"], rate_of(row))
        found.append(self._receivable(row, -rest, -row["UnappliedAmt"]))
        difference = sum((one.home for one in found), Decimal(0))
        return [*found, self._on(self.books.account("Exchange Gain or Loss"), -difference, -difference)]

    def _purchase(self, row: Row) -> list[Posting]:
        sign = Decimal(-1) if row.get("Credit") else Decimal(1)
        total = at_home(self.books, row["TotalAmt"], rate_of(row))
        parts = [(line["AccountBasedExpenseLineDetail"]["AccountRef"]["value"], line["Amount"]) for line in row["Line"]]
        tax = (row.get("TxnTaxDetail") or {}).get("TotalTax", Decimal(0))
        if tax and row.get("GlobalTaxCalculation") == "TaxInclusive":
            account, amount = parts[-1]
            parts[-1] = (account, amount - tax)
        parts.append((self.books.account("Sales tax payable"), tax))
        paid = self._on(row["AccountRef"]["value"], -sign * total, -sign * row["TotalAmt"])
        customer = (row.get("EntityRef") or {}).get("value")
        return [paid, *self._spread(parts, sign * total, rate_of(row), sign, customer)]

    def _transfer(self, row: Row) -> list[Posting]:
        amount = at_home(self.books, row["Amount"], rate_of(row))
        return [
            self._on(row["FromAccountRef"]["value"], -amount, -row["Amount"]),
            self._on(row["ToAccountRef"]["value"], amount, row["Amount"]),
        ]

    def _deposit(self, row: Row) -> list[Posting]:
        parts = []
        for line in row["Line"]:
            linked = line.get("LinkedTxn") or []
            account = (
                self.books.account("Undeposited Funds") if linked else line["DepositLineDetail"]["AccountRef"]["value"]
            )
            parts.append((account, line["Amount"]))
        total = at_home(self.books, row["TotalAmt"], rate_of(row))
        received = self._on(row["DepositToAccountRef"]["value"], total, row["TotalAmt"])
        return [received, *self._spread(parts, -total, rate_of(row), Decimal(-1))]

    def _journalentry(self, row: Row) -> list[Posting]:
        found = []
        for line in row["Line"]:
            detail: dict[str, Any] = line["JournalEntryLineDetail"]
            sign = 1 if detail["PostingType"] == "Debit" else -1
            customer = (detail.get("Entity") or {}).get("EntityRef", {}).get("value")
            home = at_home(self.books, line["Amount"], rate_of(row))
            found.append(self._on(detail["AccountRef"]["value"], sign * home, sign * line["Amount"], customer))
        return found

    # -------------------------------------------------------------------------------------------------- pieces

    def _income_parts(self, row: Row) -> list[tuple[str, Decimal]]:
        parts = [
            (self.books.income_of(line), line["Amount"])
            for line in row["Line"]
            if line.get("DetailType") != "SubTotalLineDetail"
        ]
        tax = (row.get("TxnTaxDetail") or {}).get("TotalTax", Decimal(0))
        return [*parts, (self.books.account("Sales tax payable"), tax)]

    def _spread(
        self,
        parts: list[tuple[str, Decimal]],
        total: Decimal,
        rate: Decimal,
        sign: Decimal,
        customer: str | None = None,
    ) -> list[Posting]:
        """The parts of a form at home; the last that is not nothing takes what rounding left."""
        given = [(account, amount) for account, amount in parts if amount]
        found: list[Posting] = []
        left = total
        for number, (account, amount) in enumerate(given, 1):
            home = left if number == len(given) else sign * at_home(self.books, amount, rate)
            left -= home
            owed = self.books.row("Account", account)["AccountType"] == "Accounts Receivable"
            found.append(self._on(account, home, sign * amount, customer if owed else None))
        return found

    def _receivable(self, row: Row, home: Decimal, amount: Decimal) -> Posting:
        account = self.books.receivables_account(currency_of(self.books, row))
        return self._on(account, home, amount, row["CustomerRef"]["value"])

    def _on(self, account: str, home: Decimal, amount: Decimal, customer: str | None = None) -> Posting:
        """On an account: `amount` is in the currency of the form, which a foreign account shares."""
        own = self.books.row("Account", account)["CurrencyRef"]["value"]
        return Posting(account, home, home if own == self.books.settings.home_currency else amount, customer)
