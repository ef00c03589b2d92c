"""Money that moves in the books beside payments on invoices: fees, payouts, credits, reversals, and account lines.

It stands beside a `LedgerWorld` and shares its time, keys and lock. One entry is one step: nothing is ever half made.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.memory.ledger_world import CLEARING, MAX_REFERENCE, LedgerWorld
from adapters.memory.world import History
from connector.domain.money import Money, decimals_of
from connector.domain.records import EntryKind
from connector.errors import Rejected, RejectedBecause
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

BANK = LedgerAccount("acc2", "Business bank", "1000", "Bank", None, takes_payments=True, active=True)
FEES = LedgerAccount("acc3", "Processor fees", "6100", "Expense", None, takes_payments=False, active=True)
SALES = LedgerAccount("acc4", "Sales", "4000", "Income", None, takes_payments=False, active=True)
MONEY_KINDS = {"Bank"}
INPUT_TAX = TaxCode("INPUT", "Tax on purchases", active=True, on_expenses=True, on_sales=False)
OUTPUT_TAX = TaxCode("OUTPUT", "Tax on sales", active=True, on_expenses=False, on_sales=True)


@dataclass(frozen=True, slots=True)
class CashEntry:
    """An entry with everything it says, for checkers.

    `effects` are what it does to accounts of money, in home currency. `of` is the entry whose money went back.
    """

    entry: Entry
    effects: tuple[tuple[str, Decimal], ...]
    made_at: datetime
    by_hand: bool = False
    counter_account_id: str | None = None  # fees, or the income a refund takes down
    customer_id: str | None = None
    of: str | None = None


class CashWorld:
    """The other entries of one company's books. Methods named after acts of people are theirs, not a client's."""

    def __init__(self, ledger: LedgerWorld) -> None:
        self.ledger = ledger
        self.accounts: dict[str, LedgerAccount] = {one.account_id: one for one in (CLEARING, BANK, FEES, SALES)}
        self.tax_codes: list[TaxCode] = [INPUT_TAX, OUTPUT_TAX]
        self.entries: dict[str, History[CashEntry]] = {}

    # -------------------------------------------------------------------------------------------- for checkers

    def all_entries(self, *, live_only: bool = True) -> list[CashEntry]:
        """Every entry beside the payments, as it stands now, oldest first."""
        with self.ledger.moment():
            found = [history.latest for history in self.entries.values()]
            return [one for one in found if one.entry.live or not live_only]

    def balance(self, account_id: str = CLEARING.account_id, on: date | None = None) -> Money:
        """What stands in an account of money, in home currency."""
        with self.ledger.moment():
            home = self.ledger.profile.base_currency
            lines = (one for one in self.lines(account_id) if on is None or one.booked_on <= on)
            return sum((line.amount for line in lines), Money.zero(home))

    def lines(self, account_id: str) -> Iterator[AccountLine]:
        """Live lines of an account of money, payments on invoices first."""
        home = self.ledger.profile.base_currency
        for history in self.ledger.entries.values():
            held = history.latest
            booking = held.booking
            if held.account_id == account_id and booking.state is BookingState.LIVE:
                worth = _in_home(booking.applied + booking.unapplied, held.exchange_rate, home)
                yield AccountLine(
                    booking.booking_id, EntryKind.PAYMENT, booking.booked_on, worth, booking.reference, booking.note
                )
        for cash in self.entries.values():
            entry = cash.latest.entry
            for account, amount in cash.latest.effects if entry.live else ():
                if account == account_id:
                    worth = Money(amount, home)
                    yield AccountLine(entry.entry_id, entry.kind, entry.booked_on, worth, entry.reference, entry.note)

    # -------------------------------------------------------------------------------------------- people's acts

    def enter(
        self, amount: Money, account_id: str = CLEARING.account_id, *, reference: str = "", note: str = ""
    ) -> str:
        """Enter money spent from an account, or received into it (`amount` is signed). Returns the id."""
        with self.ledger.moment() as now:
            size = Money(abs(amount.amount), amount.currency)
            entry = Entry(
                self.ledger.new_id("hand"),
                EntryKind.EXPENSE,
                size,
                account_id,
                self.ledger.today(),
                reference,
                note,
                live=True,
                incoming=amount.is_positive,
            )
            worth = self._worth(amount, None)
            return self._keep(CashEntry(entry, ((account_id, worth),), now, by_hand=True)).entry_id

    def delete(self, entry_id: str) -> None:
        """Delete an entry by hand."""
        with self.ledger.moment():
            self._end(entry_id)

    # ------------------------------------------------------------------------------------- the service's side

    def expense(self, request: ExpenseRequest) -> Entry:
        """Check and book a fee, once a key."""

        def make() -> Entry:
            self._check(request.booked_on, request.amount, request.reference)
            self._money(request.account_id)
            if request.expense_account_id not in self.accounts:
                raise _refused("There is no such account for fees.", RejectedBecause.SETUP)
            worth = self._worth(request.amount, request.exchange_rate)
            effects = ((request.account_id, worth if request.incoming else -worth),)
            entry = self._entry(EntryKind.EXPENSE, request, request.account_id, incoming=request.incoming)
            return self._keep(
                CashEntry(entry, effects, self.ledger.now(), counter_account_id=request.expense_account_id)
            )

        return self.ledger.once(request.idempotency_key, request, make)

    def transfer(self, request: TransferRequest) -> Entry:
        """Check and book a payout, once a key."""

        def make() -> Entry:
            self._check(request.booked_on, request.amount, request.reference)
            for account_id in (request.from_account_id, request.to_account_id):
                self._money(account_id)
            worth = self._worth(request.amount, None)
            effects = ((request.from_account_id, -worth), (request.to_account_id, worth))
            entry = self._entry(EntryKind.TRANSFER, request, request.from_account_id)
            return self._keep(CashEntry(entry, effects, self.ledger.now()))

        return self.ledger.once(request.idempotency_key, request, make)

    def credit(self, request: CreditRequest) -> Entry:
        """Check and book money on no invoice, once a key."""

        def make() -> Entry:
            self._check(request.booked_on, request.amount, request.reference)
            self._money(request.account_id)
            if request.customer_id not in self.ledger.customers:
                raise _refused("The ledger has no such customer.", RejectedBecause.NOT_FOUND)
            effects = ((request.account_id, self._worth(request.amount, request.exchange_rate)),)
            entry = self._entry(EntryKind.CREDIT, request, request.account_id, incoming=True)
            return self._keep(CashEntry(entry, effects, self.ledger.now(), customer_id=request.customer_id))

        # A repetition is answered with the entry as it is by then.
        return self._known(self.ledger.once(request.idempotency_key, request, make).entry_id).entry

    def reverse(self, request: ReversalRequest) -> Entry:
        """Void, or refund; what is there already under that reference is not made again."""
        if request.manner is ReversalManner.VOID:
            return self._void(request)
        for cash in self.entries.values():
            there = cash.latest.entry
            if there.kind is EntryKind.REVERSAL and there.reference == request.reference:
                if not there.live:
                    raise _refused("That refund was deleted by somebody.", RejectedBecause.BUSINESS_RULE)
                return there
        self._check(request.booked_on, request.amount, request.reference)
        self._money(request.account_id)
        if request.of_kind is EntryKind.CREDIT:
            if self.remaining(request.booking_id) < request.amount:
                raise _refused("It is more than is left of the credit.", RejectedBecause.AMOUNT)
        elif request.income_account_id is None:
            raise _refused("No income account is set for refunds.", RejectedBecause.SETUP)
        effects = ((request.account_id, -self._worth(request.amount, request.exchange_rate)),)
        entry = self._entry(EntryKind.REVERSAL, request, request.account_id)
        kept = CashEntry(entry, effects, self.ledger.now(), counter_account_id=request.income_account_id)
        return self._keep(replace(kept, customer_id=request.customer_id, of=request.booking_id))

    def remaining(self, credit_id: str) -> Money:
        """What of a credit was not refunded yet."""
        credit = self._known(credit_id).entry
        left = credit.amount if credit.live else Money.zero(credit.amount.currency)
        for cash in self.entries.values():
            if cash.latest.of == credit_id and cash.latest.entry.live:
                left = left - cash.latest.entry.amount
        return left

    def take_back(self, kind: EntryKind, entry_id: str) -> None:
        """Delete an entry; nothing if it is deleted already."""
        if kind is EntryKind.PAYMENT:
            self._delete_payment(entry_id)
            return
        if kind is EntryKind.REVERSAL and entry_id in self.ledger.entries:
            raise _refused("A deleted payment cannot be brought back.", RejectedBecause.BUSINESS_RULE)
        held = self._known(entry_id)
        if not held.entry.live:
            return
        self._open(held.entry.booked_on)
        if kind is EntryKind.CREDIT and self.remaining(entry_id) != held.entry.amount:
            raise _refused("The credit was used.", RejectedBecause.BUSINESS_RULE)
        self._end(entry_id)

    # ---------------------------------------------------------------------------------------------------- parts

    def _void(self, request: ReversalRequest) -> Entry:
        if request.of_kind is EntryKind.CREDIT:
            was = self._known(request.booking_id).entry
        else:
            was = self._payment(request.booking_id)
            self._as_booked(was, request)
        if was.amount != request.amount:
            raise _refused("A part of a payment cannot be taken back.", RejectedBecause.AMOUNT)
        self.take_back(request.of_kind, request.booking_id)
        return replace(
            was, kind=EntryKind.REVERSAL, reference=request.reference, note=request.note, live=True, incoming=False
        )

    def _as_booked(self, was: Entry, request: ReversalRequest) -> None:
        booking = self.ledger.entries[was.entry_id].latest.booking
        if not request.of_reference or not was.live:
            return
        if not was.reference.startswith(request.of_reference):
            raise _refused("That payment does not carry our reference.", RejectedBecause.BUSINESS_RULE)
        if booking.ledger_id != request.ledger_id or booking.unapplied.amount:
            raise _refused("That payment was moved by somebody.", RejectedBecause.BUSINESS_RULE)

    def _payment(self, booking_id: str) -> Entry:
        history = self.ledger.entries.get(booking_id)
        if history is None:
            raise _refused("The ledger has no such payment.", RejectedBecause.NOT_FOUND)
        held, booking = history.latest, history.latest.booking
        return Entry(
            entry_id=booking.booking_id,
            kind=EntryKind.PAYMENT,
            amount=booking.applied + booking.unapplied,
            account_id=held.account_id,
            booked_on=booking.booked_on,
            reference=booking.reference,
            note=booking.note,
            live=booking.state is BookingState.LIVE,
            incoming=True,
        )

    def payments_with(self, reference: str, horizon: datetime) -> list[Entry]:
        """Payments on invoices under that reference, as lists show them that see up to `horizon`."""
        ids = self.ledger.ids_by_reference(reference)
        return [self._payment(one) for one in ids if self.ledger.entries[one].as_of(horizon) is not None]

    def _delete_payment(self, booking_id: str) -> None:
        was = self._payment(booking_id)
        if was.live:
            self._open(was.booked_on)
            self.ledger.delete_booking(booking_id)

    def _known(self, entry_id: str) -> CashEntry:
        history = self.entries.get(entry_id)
        if history is None:
            raise _refused("The ledger has no such entry.", RejectedBecause.NOT_FOUND)
        return history.latest

    def _end(self, entry_id: str) -> None:
        history = self.entries[entry_id]
        was = history.latest
        history.add(self.ledger.now(), replace(was, entry=replace(was.entry, live=False)))

    def _keep(self, made: CashEntry) -> Entry:
        self.entries[made.entry.entry_id] = History(self.ledger.now(), made)
        return made.entry

    def _entry(
        self,
        kind: EntryKind,
        request: ExpenseRequest | TransferRequest | CreditRequest | ReversalRequest,
        account_id: str,
        *,
        incoming: bool = False,
    ) -> Entry:
        return Entry(
            entry_id=self.ledger.new_id(kind),
            kind=kind,
            amount=request.amount,
            account_id=account_id,
            booked_on=request.booked_on,
            reference=request.reference,
            note=request.note,
            live=True,
            incoming=incoming,
        )

    def _check(self, day: date, amount: Money, reference: str) -> None:
        if not amount.is_positive:
            raise _refused(f"{amount} is no amount to book.", RejectedBecause.AMOUNT)
        if len(reference) > MAX_REFERENCE:
            raise _refused("The reference is too long.", RejectedBecause.INVALID)
        self._open(day)

    def _open(self, day: date) -> None:
        closed = self.ledger.profile.closed_through
        if closed is not None and day <= closed:
            raise _refused(f"The books are closed through {closed}.", RejectedBecause.CLOSED_PERIOD)

    def _money(self, account_id: str) -> None:
        account = self.accounts.get(account_id)
        if account is None or not account.active or account.kind not in MONEY_KINDS:
            raise _refused("That account holds no money.", RejectedBecause.SETUP)

    def _worth(self, amount: Money, rate: Decimal | None) -> Decimal:
        return _in_home(amount, rate, self.ledger.profile.base_currency).amount


def _in_home(amount: Money, rate: Decimal | None, home: str) -> Money:
    """In home currency; a foreign amount without a rate counts one for one, as QuickBooks does."""
    if amount.currency == home:
        return amount
    worth = amount.amount * (rate if rate is not None else Decimal(1))
    return Money(worth.quantize(Decimal(1).scaleb(-decimals_of(home)), ROUND_HALF_UP), home)


def _refused(message: str, because: RejectedBecause) -> Rejected:
    return Rejected(f"{message} Nothing was booked.", because=because, service="ledger")
