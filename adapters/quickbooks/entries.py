"""The `Entries` port over QuickBooks Online.

Where each kind goes, and how it is found again:

- expense: a Purchase, or for a fee given back a Deposit; both are asked for by DocNumber
- transfer: a Transfer, which has no number and whose note cannot be asked for: the newest are read and their notes
  looked through, see `_transfers`
- credit: a Payment without lines, by PaymentRefNum
- reversal by VOID: the payment, voided, with our reference in its note; by REFUND: a RefundReceipt, and of a credit a
  Purchase on Accounts Receivable, which a person may still match to the credit; both by DocNumber

Ids are unique over all kinds of entries of a company. QuickBooks voids payments and deletes the others.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Final

from adapters.quickbooks import account_report, bodies, checks, translate
from adapters.quickbooks.account_report import AccountReport, Form
from adapters.quickbooks.bodies import Terms
from adapters.quickbooks.faults import SERVICE, Errand, Gone
from adapters.quickbooks.ledger import PAGE, REPLAYED, QuickBooksLedger, check_reference, is_id, unreadable
from adapters.quickbooks.translate import OUR_BEGINNING, Unreadable, quoted
from adapters.quickbooks.wire import Row
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.errors import Bug, Rejected, RejectedBecause, Transient, Uncertain
from connector.ports.entries import (
    AccountLine,
    CreditRequest,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TaxCode,
    TransferRequest,
)
from connector.ports.ledger import BookingState, LedgerAccount

Asked = ExpenseRequest | TransferRequest | CreditRequest | ReversalRequest
Write = Callable[[Terms], tuple[str, dict[str, Any]]]  # the entity, and the form to send

ENTITIES: Final = {
    EntryKind.PAYMENT: ("Payment",),
    EntryKind.CREDIT: ("Payment",),
    EntryKind.EXPENSE: ("Purchase", "Deposit"),
    EntryKind.TRANSFER: ("Transfer",),
    EntryKind.REVERSAL: ("RefundReceipt", "Purchase"),
}
EXPENSE_KINDS: Final = ("Expense", "Other Expense", "Cost of Goods Sold")
INCOME_KINDS: Final = ("Income", "Other Income")
EXCHANGE_KINDS: Final = ("Expense", "Other Expense", *INCOME_KINDS)
SAME_REFERENCE_MOST: Final = 100  # one is right, two a disaster, a hundred impossible
TRANSFER_PAGES: Final = 5  # 5,000 transfers: a payout on every day of thirteen years
REPORTS_MOST: Final = 64  # of one question: its days are halved where a report is cut off, six times at most
FIRST_DAY: Final = date(2000, 1, 1)  # before QuickBooks Online could hold anything
STILL: Final = timedelta(days=366)  # an account that did not move in a year is asked for all its days
_UNCHANGED = "Nothing was changed."
_NOT_BOOKED = "Nothing was booked."
_LOOK = "Look at the account and the day in QuickBooks, and enter it by hand if it is right."


class QuickBooksEntries(QuickBooksLedger):
    """One company (realm), with the entries beside payments."""

    def expense_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of the types that a purchase's line may name as an expense. One read."""
        return checks.accounts_of(self._wire, EXPENSE_KINDS, "list its expense accounts")

    def exchange_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of income and expense; a purchase's line, and a deposit's, may name any. One read."""
        return checks.accounts_of(self._wire, EXCHANGE_KINDS, "list its accounts of gains and losses")

    def tax_codes(self) -> Sequence[TaxCode]:
        """The company's tax codes. One read, and the company's facts, which are kept."""
        return checks.tax_codes(self._wire, american=self._known_facts().profile.country == "US")

    def refund_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of income that an active service books to: the line of a refund receipt names that. Two reads."""
        served = checks.served_accounts(self._wire)
        listed = checks.accounts_of(self._wire, INCOME_KINDS, "list its income accounts")
        return [one for one in listed if one.account_id in served]

    def receivable_accounts(self) -> Sequence[LedgerAccount]:
        """Those of the type Accounts Receivable, one in each currency. One read."""
        return checks.accounts_of(self._wire, ("Accounts Receivable",), "list its accounts of receivables")

    # ---------------------------------------------------------------------------------------------------- finding

    def entries_with_reference(self, kind: EntryKind, reference: str) -> Sequence[Entry]:
        """Entries with that reference. Deleted ones never appear, voided ones do; lists may lag a fresh write."""
        if not reference:
            return []
        if kind is EntryKind.TRANSFER:
            return self._transfers(reference)
        field = "PaymentRefNum" if kind in {EntryKind.PAYMENT, EntryKind.CREDIT} else "DocNumber"
        found: list[Entry] = []
        for entity in ENTITIES[kind]:
            text = f"SELECT * FROM {entity} WHERE {field} = {quoted(reference)} MAXRESULTS {SAME_REFERENCE_MOST}"  # noqa: S608  # QuickBooks' query language; the value is quoted
            rows = self._wire.rows(entity, text, Errand(f"look for entries with number {reference}", _UNCHANGED))
            found.extend(self._entry(entity, kind, row) for row in rows)
        return [*found, *self._voided(reference)] if kind is EntryKind.REVERSAL else found

    def _transfers(self, reference: str) -> list[Entry]:
        """By the notes of all transfers, the newest first, until one names the reference.

        The order of making never changes, so neither an edited day nor a later look can hide one. A person who takes
        our reference out of the note does.
        """
        errand = Errand(f"look through its transfers for {reference}", _UNCHANGED)
        for page in range(TRANSFER_PAGES):
            text = (
                f"SELECT * FROM Transfer ORDERBY MetaData.CreateTime DESC STARTPOSITION {page * PAGE + 1} "  # noqa: S608  # QuickBooks' query language; the values are numbers
                f"MAXRESULTS {PAGE}"
            )
            rows = self._wire.rows("Transfer", text, errand)
            ours = [row for row in rows if bodies.names(str(row.get("PrivateNote") or ""), reference)]
            if ours or len(rows) < PAGE:
                return [self._entry("Transfer", EntryKind.TRANSFER, row) for row in ours]
        raise Rejected(
            f"QuickBooks has more than {TRANSFER_PAGES * PAGE:,} transfers; whether one is {reference} is not known.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice=f"Look in QuickBooks whether a transfer has {reference} in its memo.",
        )

    def _voided(self, reference: str) -> list[Entry]:
        """Voided payments whose note names the reference, the last changed first: the void is what changed them."""
        text = f"SELECT * FROM Payment WHERE TotalAmt = '0' ORDERBY MetaData.LastUpdatedTime DESC MAXRESULTS {PAGE}"  # noqa: S608  # QuickBooks' query language; the value is a number
        rows = self._wire.rows("Payment", text, Errand(f"look through voided payments for {reference}", _UNCHANGED))
        ours = (row for row in rows if bodies.names(str(row.get("PrivateNote") or ""), reference))
        return [self._reversal(row, reference) for row in ours if self._is_void(row)]

    def _entry(self, entity: str, kind: EntryKind, row: Row) -> Entry:
        try:
            return bodies.entry(entity, kind, row, self._home())
        except Unreadable as problem:
            raise unreadable(f"{entity} id {row.get('Id')}", problem) from problem

    def _reversal(self, payment: Row, reference: str) -> Entry:
        """A voided payment as the reversal it is: it counts, though QuickBooks keeps no amount of it."""
        named = bodies.names(str(payment.get("PrivateNote") or ""), reference)
        made = self._entry("Payment", EntryKind.REVERSAL, payment)
        return replace(made, reference=reference if named else "", live=True)

    def _is_void(self, payment: Row) -> bool:
        return self._booking(payment, None).state is BookingState.DELETED

    # ----------------------------------------------------------------------------------------------------- making

    def make_expense(self, request: ExpenseRequest) -> Entry:
        """A fee out of clearing, or back into it. A payee QuickBooks does not know as a vendor is left out."""
        vendor = checks.vendor_id(self._wire, request.payee) if request.payee else None
        words = f"book {request.amount} of fees (reference {request.reference})"
        entity, body = self._written(request, words, lambda terms: bodies.expense(request, terms, vendor))
        return self._create(entity, EntryKind.EXPENSE, body, request, words)

    def make_transfer(self, request: TransferRequest) -> Entry:
        """A payout from clearing to the bank."""
        words = f"book a transfer of {request.amount} (reference {request.reference})"
        entity, body = self._written(request, words, lambda terms: ("Transfer", bodies.transfer(request, terms)))
        return self._create(entity, EntryKind.TRANSFER, body, request, words)

    def make_credit(self, request: CreditRequest) -> Entry:
        """A payment without lines. Where the company applies credits by itself, QuickBooks may put it on an invoice."""
        words = f"book {request.amount} as a credit of customer id {request.customer_id}"
        method = request.payment_method_id or self._method_id()
        entity, body = self._written(request, words, lambda terms: ("Payment", bodies.credit(request, terms, method)))
        return self._create(entity, EntryKind.CREDIT, body, request, words)

    def reverse(self, request: ReversalRequest) -> Entry:
        """Void the payment, or book money out to the customer."""
        check_reference(request, f"A reversal of payment id {request.booking_id}")
        if not is_id(request.booking_id):
            raise Bug(f"{request.booking_id!r} is no payment of QuickBooks; nothing was sent.", service=SERVICE)
        if request.manner is ReversalManner.VOID:
            return self._reversal(self._void_all(request), request.reference)
        words = f"book a refund of {request.amount} (reference {request.reference})"
        entity, body = self._written(request, words, self._refund_form(request))
        return self._create(entity, EntryKind.REVERSAL, body, request, words)

    def _refund_form(self, request: ReversalRequest) -> Write:
        """A credit goes back as what the customer had to get, a payment as income that is not earned."""
        rate = self._refund_rate(request)
        if request.of_kind is EntryKind.CREDIT:
            owed = self._receivables_account(request)
            return lambda terms: ("Purchase", bodies.credit_back(request, terms, owed, rate))
        item = self._item(request)
        return lambda terms: ("RefundReceipt", bodies.refund(request, terms, item, rate))

    def _written(self, request: Asked, words: str, write: Write) -> tuple[str, dict[str, Any]]:
        """Entity and body, after the checks; what cannot be written is refused before anything is sent."""
        check_reference(request, f"An entry over {request.amount}")
        profile = self._known_facts().profile
        terms = Terms(profile.base_currency, not profile.multicurrency, profile.country == "US")
        try:
            entity, body = write(terms)
        except Unreadable as problem:
            raise Rejected(
                f"Duebird could not {words}: {problem}. {_NOT_BOOKED}",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                advice="Enter it by hand in QuickBooks, with the rate of that day.",
            ) from problem
        return entity, body

    def _create(self, entity: str, kind: EntryKind, body: Mapping[str, Any], request: Asked, words: str) -> Entry:
        errand = Errand(words, _NOT_BOOKED, writes=True, advice=_LOOK)
        row, answered_at = self._wire.create(entity, body, bodies.request_id(request.idempotency_key), errand)
        try:
            entry = bodies.entry(entity, kind, row, self._home())
            made_at = translate.created_at(row)
        except Unreadable as problem:
            raise Uncertain(
                f"QuickBooks answered when asked to {words}, but not readably: {problem}.", service=SERVICE
            ) from problem
        if answered_at is not None and answered_at - made_at > REPLAYED:
            return self._as_it_is(entity, entry, words)
        if entry.amount != request.amount:
            self._undo(entity, row, words, entry.amount)
        return entry

    def _as_it_is(self, entity: str, entry: Entry, words: str) -> Entry:
        """A repeated answer tells what was once made; somebody may have deleted or edited it since."""
        errand = Errand(f"read {entity} id {entry.entry_id} again", "Whether it still stands is not known.")
        try:
            return self._entry(entity, entry.kind, self._wire.read(entity, entry.entry_id, errand))
        except Gone:
            return replace(entry, live=False)
        except (Transient, Rejected) as problem:
            raise Uncertain(
                f"QuickBooks repeated an earlier answer when asked to {words}, and whether that entry still stands "
                "could not be read.",
                service=SERVICE,
            ) from problem

    def _undo(self, entity: str, row: Row, words: str, made: Money) -> None:
        """QuickBooks wrote another amount: it put tax on top. The entry is taken away again at once."""
        errand = Errand(f"take {entity} id {row.get('Id')} away again", f"It stands there with {made}.", writes=True)
        try:
            self._wire.delete(entity, _version(row), errand)
        except (Transient, Rejected) as problem:
            raise Uncertain(
                f"QuickBooks wrote {made} when asked to {words}, and would not delete it again.", service=SERVICE
            ) from problem
        raise Rejected(
            f"QuickBooks wrote {made} when asked to {words}, so it was deleted again. {_NOT_BOOKED}",
            because=RejectedBecause.SETUP,
            service=SERVICE,
            advice="Choose a tax code that adds no tax to the amount, then run `duebird check`.",
        )

    # --------------------------------------------------------------------------------------------- what a refund needs

    def _item(self, request: ReversalRequest) -> str:
        """A service whose income goes to the account to be lessened: a receipt's line takes an item, not an account."""
        found = checks.item_id(self._wire, request.income_account_id) if request.income_account_id else None
        if found is None:
            raise Rejected(
                f"No product or service of QuickBooks books to income account id {request.income_account_id}, so no "
                f"refund of {request.amount} could be written. {_NOT_BOOKED}",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                advice="In QuickBooks: Sales > Products and services > New > Service, such as 'Refunds', with that "
                "income account.",
            )
        return found

    def _receivables_account(self, request: ReversalRequest) -> str:
        """Accounts Receivable in the currency of the credit: QuickBooks keeps one for each."""
        found = checks.receivables_id(self._wire, request.amount.currency, self._home())
        if found is None:
            raise Rejected(
                f"QuickBooks has no Accounts Receivable in {request.amount.currency}, so no refund of "
                f"{request.amount} could be written. {_NOT_BOOKED}",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                advice="Look in QuickBooks under Accounting > Chart of accounts whether it was made inactive.",
            )
        return found

    def _refund_rate(self, request: ReversalRequest) -> Decimal | None:
        """The rate of the payment that is refunded, where the request names none: no difference comes of it."""
        if request.exchange_rate is not None or request.amount.currency == self._home():
            return request.exchange_rate
        errand = Errand(f"read payment id {request.booking_id}", _NOT_BOOKED)
        try:
            return translate.exchange_rate(self._wire.read("Payment", request.booking_id, errand))
        except Gone:
            return None

    # ------------------------------------------------------------------------------------------------- taking back

    def _void_all(self, request: ReversalRequest) -> Row:
        words = f"void payment id {request.booking_id} (reference {request.reference})"
        errand = Errand(f"read payment id {request.booking_id}", _UNCHANGED)
        try:
            row = self._wire.read("Payment", request.booking_id, errand)
        except Gone:
            raise Rejected(
                f"Payment id {request.booking_id} is not in QuickBooks any more: somebody deleted it. {_UNCHANGED}",
                because=RejectedBecause.NOT_FOUND,
                service=SERVICE,
                advice="The money is off the invoice already; there is nothing to take back.",
            ) from None
        standing = self._entry("Payment", EntryKind.PAYMENT, row)
        if self._is_void(row):
            return row
        if standing.amount != request.amount:
            raise Rejected(
                f"Payment id {request.booking_id} is over {standing.amount} and can only be voided whole; "
                f"{request.amount} was to be taken back. {_UNCHANGED}",
                because=RejectedBecause.AMOUNT,
                service=SERVICE,
                advice="Book a part of a payment back as a refund.",
            )
        checks.as_booked(self._booking(row, request.ledger_id or None), row, request)
        return self._void(row, f"{request.reference} {request.note}".strip(), words)

    def _void(self, row: Row, because: str, words: str) -> Row:
        """Void a payment, once; first its note says why, for a void that is answered by nobody to be found by it."""
        if self._is_void(row):
            return row
        errand = Errand(words, "The payment stands as it was.", writes=True, advice=_LOOK)
        if because and because not in str(row.get("PrivateNote") or ""):
            row = self._wire.change("Payment", {**_version(row), **bodies.noted(row, because)}, errand)
        return self._wire.change("Payment", _version(row), errand, void=True)

    def take_back(self, kind: EntryKind, entry_id: str, note: str) -> None:
        """Void a payment or credit, with `note` on it; delete any other, which leaves no place for a note."""
        if not is_id(entry_id):
            raise Bug(f"{entry_id!r} is no entry of QuickBooks; nothing was sent.", service=SERVICE)
        for entity in ENTITIES[kind]:
            words = f"take back {entity} id {entry_id}"
            try:
                row = self._wire.read(entity, entry_id, Errand(f"read {entity} id {entry_id}", _UNCHANGED))
            except Gone:
                continue
            self._check_ours(entity, kind, row)
            if entity == "Payment":
                self._void(row, note, words)
            else:
                errand = Errand(words, "It stands as it was.", writes=True, advice=_LOOK)
                self._wire.delete(entity, _version(row), errand)
            return
        if kind is EntryKind.REVERSAL:
            self._refuse_void(entry_id)

    def _check_ours(self, entity: str, kind: EntryKind, row: Row) -> None:
        entry = self._entry(entity, kind, row)
        if not entry.reference.startswith(OUR_BEGINNING):
            raise Rejected(
                f"{entity} id {entry.entry_id} over {entry.amount} carries no reference of Duebird's. {_UNCHANGED}",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Only entries of Duebird's own are taken back; change it in QuickBooks if it is wrong.",
            )

    def _refuse_void(self, entry_id: str) -> None:
        """A reversal that was a void cannot be taken back; one that was a refund is gone already, which is well."""
        try:
            self._wire.read("Payment", entry_id, Errand(f"read payment id {entry_id}", _UNCHANGED))
        except Gone:
            return
        raise Rejected(
            f"Payment id {entry_id} was voided, and QuickBooks cannot bring a voided payment back. {_UNCHANGED}",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Book the payment again.",
        )

    # ------------------------------------------------------------------------------------------------- the account

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        """By the General Ledger report, whose days are halved as long as QuickBooks cuts it off."""
        form = self._form(account_id)
        found: list[AccountLine] = []
        waiting = [(since, until)] if since <= until else []
        for _ in range(REPORTS_MOST):
            if not waiting:
                return found
            begin, end = waiting.pop()
            report = self._report(account_id, form, begin, end)
            if report.whole:
                found.extend(report.lines)
                continue
            if begin == end:
                break
            middle = begin + (end - begin) // 2
            waiting += [(middle + timedelta(days=1), end), (begin, middle)]
        raise Rejected(
            f"Account id {account_id} has more lines from {since} to {until} than QuickBooks reports. {_UNCHANGED}",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Ask for fewer days.",
        )

    def account_balance(self, account_id: str, on: date) -> Money:
        """By the same report of that day alone; where the account did not move, of a year, and else of all days."""
        form = self._form(account_id)
        if form.balance is None:
            lines = self.account_entries(account_id, FIRST_DAY, on)
            return Money(sum((one.amount.amount for one in lines), Decimal(0)), form.currency)
        for begin in (on, on - STILL, FIRST_DAY):
            report = self._report(account_id, form, begin, on)
            if report.closing is not None and report.whole:
                return report.closing
        return Money.zero(form.currency)

    def _form(self, account_id: str) -> Form:
        profile = self._known_facts().profile
        currency = self._account_currency(account_id) if profile.multicurrency else profile.base_currency
        return Form.of(currency, profile.base_currency, multicurrency=profile.multicurrency)

    def _account_currency(self, account_id: str) -> str:
        if not is_id(account_id):
            raise Bug(f"{account_id!r} is no account of QuickBooks; nothing was asked.", service=SERVICE)
        errand = Errand(f"read account id {account_id}", _UNCHANGED)
        try:
            account = translate.account(self._wire.read("Account", account_id, errand))
        except Gone:
            raise Rejected(
                f"There is no account with id {account_id} in QuickBooks. {_UNCHANGED}",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                advice="Run `duebird check`: it says which account does not fit.",
            ) from None
        return account.currency or self._home()

    def _report(self, account_id: str, form: Form, begin: date, end: date) -> AccountReport:
        errand = Errand(f"report on account id {account_id} from {begin} to {end}", _UNCHANGED)
        answer = self._wire.report(account_report.NAME, form.question(account_id, begin, end), errand)
        try:
            return account_report.read(answer, account_id, form)
        except Unreadable as problem:
            raise unreadable(f"The report on account id {account_id}", problem) from problem


def _version(row: Row) -> dict[str, Any]:
    return {"Id": row.get("Id"), "SyncToken": row.get("SyncToken"), "sparse": True}
