"""What is not alike, in sentences for a bookkeeper: what it most likely is, and the command or place to settle it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.balance import ChangeKind, PayoutState
from connector.domain.clearing import PlannedEntry
from connector.domain.money import Money
from connector.domain.reconciliation import Cause, Item, Line
from connector.domain.records import EntryKind
from connector.statement.values import ClearingLine, Statement

TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero"}
# What Duebird books for everybody. Fees and payouts are booked where the settings say where to.
BOOKED_BY_DUEBIRD: Final = frozenset({EntryKind.PAYMENT})
_OTHERS: Final = (
    (EntryKind.EXPENSE, "fees"),
    (EntryKind.TRANSFER, "payouts"),
    (EntryKind.REVERSAL, "refunds and disputes"),
)

FEW: Final = 3  # of what is entered in one sum, as many are named; every line of both sides stands in the CSV

_NAMES: Final = {
    ChangeKind.PAYMENT: ("payment", "payments"),
    ChangeKind.PAYMENT_FAILURE: ("returned bank debit", "returned bank debits"),
    ChangeKind.REFUND: ("refund", "refunds"),
    ChangeKind.REFUND_FAILURE: ("failed refund", "failed refunds"),
    ChangeKind.DISPUTE: ("disputed payment", "disputed payments"),
    ChangeKind.DISPUTE_REVERSAL: ("dispute won", "disputes won"),
    ChangeKind.FEE: ("fee", "fees"),
    ChangeKind.PAYOUT: ("payout", "payouts"),
    ChangeKind.PAYOUT_FAILURE: ("returned payout", "returned payouts"),
    ChangeKind.OTHER: ("other movement", "other movements"),
}
# Where a person enters what Duebird does not book: by ledger and kind.
_PLACES: Final = {
    ("quickbooks", EntryKind.EXPENSE): 'QuickBooks, + New > Expense, with "{account}" as the payment account',
    ("quickbooks", EntryKind.TRANSFER): 'QuickBooks, + New > Transfer, from "{account}" to your bank account',
    ("quickbooks", EntryKind.REVERSAL): 'QuickBooks, + New > Refund receipt, from "{account}"; or void the payment',
    ("quickbooks", None): 'QuickBooks, Accounting > Chart of accounts, the register of "{account}"',
    ("xero", EntryKind.EXPENSE): 'Xero, Accounting > Bank accounts, "{account}" > Manage account > Spend money',
    ("xero", EntryKind.TRANSFER): 'Xero, Accounting > Bank accounts, "{account}" > Manage account > Transfer money',
    (
        "xero",
        EntryKind.REVERSAL,
    ): 'Xero, a credit note to the customer, refunded from "{account}"; or remove the payment',
    ("xero", None): 'Xero, Accounting > Bank accounts, "{account}" > Account transactions',
}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing of a matter. `at_stripe` and `in_ledger` are None where there is nothing of it."""

    day: date
    words: str
    at_stripe: Money | None
    in_ledger: Money | None
    difference: Money
    ids: tuple[str, ...]

    @property
    def some_ids(self) -> str:
        """As many of them as fit into a line: the first, and the last, which is the ledger's where it has any."""
        shown = self.ids if len(self.ids) <= FEW + 1 else (*self.ids[:FEW], "...", self.ids[-1])
        return " ".join(shown)


@dataclass(frozen=True, slots=True)
class Matter:
    """Things of one kind with one likely cause. `settle` is where to go or what to type; "" where nothing is to do."""

    cause: Cause
    title: str
    sentence: str
    settle: str
    rows: tuple[Row, ...]
    difference: Money
    by_hand: bool  # Duebird does not book such things, see `by_hand_words`


def matters_of(statement: Statement) -> tuple[Matter, ...]:
    """What is unmatched, each kind once: what is missing in the ledger first."""
    return _grouped(statement, statement.found.unmatched)


def recognised_in(statement: Statement) -> tuple[Matter, ...]:
    """What is right in the balance, and was entered in another way than Duebird enters it."""
    return _grouped(statement, statement.recognised)


def _grouped(statement: Statement, items: Sequence[Item]) -> tuple[Matter, ...]:
    kinds: dict[tuple[Cause, ChangeKind | None, bool], list[Item]] = {}
    for item in items:
        cause, first = item.cause, item.entries[0] if item.entries else None
        ours = first is not None and statement.books(first)
        if cause is Cause.NOT_BOOKED_YET and not ours:
            cause = Cause.NOT_BOOKED  # no pass books it: it does not go away by itself
        elif cause is Cause.NOT_BOOKED and _is_on_its_way(statement, item):
            cause = Cause.NOT_BOOKED_YET
        apart = cause is Cause.NOT_BOOKED and ours  # of one kind some are from before Duebird books it
        kinds.setdefault((cause, first.cause if first else None, apart), []).append(item)
    causes, changes = list(Cause), [*ChangeKind, None]
    order = sorted(kinds, key=lambda one: (causes.index(one[0]), changes.index(one[1]), one[2]))
    return tuple(_matter(statement, one[0], kinds[one]) for one in order)


def _is_on_its_way(statement: Statement, item: Item) -> bool:
    """A payout that Duebird books once the bank has it: until then the ledger has more in clearing than Stripe."""
    entry = item.entries[0]
    payout = statement.payouts.get(entry.change.payout_id or "")
    moving = payout is not None and payout.state in {PayoutState.PENDING, PayoutState.IN_TRANSIT}
    return moving and entry.kind is EntryKind.TRANSFER and statement.books(entry)


def by_hand_words(statement: Statement) -> str:
    """What Duebird books for this company, and what is left to a person."""
    ours = [words for kind, words in _OTHERS if kind in statement.booked]
    theirs = [words for kind, words in _OTHERS if kind not in statement.booked]
    since = [f"{words} from {statement.booked[kind]} on" for kind, words in _OTHERS if kind in statement.booked]
    books = ", ".join(["payments on invoices", *since]) if ours else "payments on invoices"
    if not theirs:
        return f"Duebird books {books}. What is of before is entered by hand, and listed below."
    left, refunds = ", ".join(theirs), EntryKind.REVERSAL in statement.booked
    more = "" if refunds else ' Duebird enters refunds and disputes with refunds = "book" under [company.payments].'
    return (
        f"Duebird books {books}. {left[0].upper()}{left[1:]} are entered by hand; those still to be entered are "
        f"listed below.{more}"
    )


def _matter(statement: Statement, cause: Cause, items: Sequence[Item]) -> Matter:
    first = items[0]
    ledger = TITLES.get(statement.subject.ledger_kind, "the ledger")
    rows = tuple(sorted((_row(statement, one) for one in items), key=lambda one: one.day))
    kind = first.entries[0].kind if first.entries else None
    by_hand = cause is Cause.NOT_BOOKED and not statement.books(first.entries[0])
    sentence, settle = _TO_ENTER if by_hand else _SAID[cause]
    if cause is Cause.NOT_BOOKED_YET and all(_is_on_its_way(statement, one) for one in items):
        sentence, settle = _ON_ITS_WAY
    words = {
        "ledger": ledger,
        "company": shlex.quote(statement.subject.company),
        "month": statement.subject.month,
        "show": _show(statement, items),
        "entry": ", ".join(dict.fromkeys(one.entry_id for item in items[:FEW] for one in item.lines)),
        "enter": _place(statement, kind),
        "register": _place(statement, None),
    }
    return Matter(
        cause,
        _title(cause, items).format(**words),
        sentence.format(**words),
        settle.format(**words),
        rows,
        sum((one.difference for one in items), Money.zero(statement.currency)),
        by_hand,
    )


_TITLES: Final = {
    Cause.NOT_BOOKED: "not in {ledger}",
    Cause.NOT_BOOKED_YET: "not in {ledger} yet",
    Cause.OTHER_SALE: "of another sale, not in {ledger}",
    Cause.UNKNOWN_MOVEMENT: "at Stripe that only you can name",
    Cause.NOT_AT_PROCESSOR: "of Duebird in {ledger}, and no such money at Stripe",
    Cause.NOT_AT_PROCESSOR_YET: "of Duebird in {ledger}, and no such money at Stripe yet",
    Cause.OTHER_BALANCE: "of Duebird in {ledger}, and at Stripe in another currency",
    Cause.NOT_OURS: "in {ledger} fitting nothing at Stripe",
    Cause.BOOKED_TWICE: "in {ledger} more often than at Stripe",
    Cause.AMOUNT_DIFFERS: "with another amount in {ledger} than at Stripe",
    Cause.OTHER_RATE: "booked in {ledger} at another rate than Stripe exchanged at",
    Cause.OTHER_PERIOD: "of which one side is outside these days",
    Cause.BOOKED_NET: "entered less the fee",
    Cause.ONE_SUM: "entered in one sum",
    Cause.BY_HAND: "matched by amount and day",
}
# What it most likely is, and what settles it.
_TO_ENTER: Final = ("Stripe has it; its entry in {ledger} is still to be made.", "{enter}")
_ON_ITS_WAY: Final = (
    "Stripe has sent it, and the bank does not have it yet; Duebird books it within an hour of its being paid.",
    "duebird status --company {company}",
)
_SAID: Final = {
    Cause.NOT_BOOKED: ("Duebird has not booked it; most likely it waits for a decision of yours.", "{show}"),
    Cause.NOT_BOOKED_YET: (
        "It came today or yesterday; the next pass books it, if Duebird is running.",
        "duebird status --company {company}",
    ),
    Cause.OTHER_SALE: (
        "It came by no payment link of Duebird. Whatever else sells through this Stripe account books it, or you do.",
        "{enter}",
    ),
    Cause.UNKNOWN_MOVEMENT: (
        "Stripe moved money for something that is no payment, refund, fee or payout, such as a reserve or a top-up.",
        "Look at it in Stripe under Balances, then enter it: {enter}",
    ),
    Cause.NOT_AT_PROCESSOR: (
        "Stripe has no such money within a week of these days: the entry was copied, or somebody moved its day.",
        "duebird audit --company {company}",
    ),
    Cause.NOT_AT_PROCESSOR_YET: (
        "It is of today or yesterday, and Stripe may list it an hour late.",
        "Ask again in an hour: duebird reconcile {company} --month {month}",
    ),
    Cause.OTHER_BALANCE: (
        "The customer paid it; Stripe keeps it in the currency of the invoice, which is in none of these figures.",
        "Once Stripe has paid that balance out or converted it, enter what came of it: {register}",
    ),
    Cause.NOT_OURS: (
        "No money at Stripe has this amount within a week: a slip, a sum of other things, or the wrong account.",
        "Correct it in {register}",
    ),
    Cause.BOOKED_TWICE: ("One of the entries is too many.", "Delete the younger one in {register}"),
    Cause.AMOUNT_DIFFERS: ("Somebody changed the entry, or entered another amount.", "Correct it in {register}"),
    Cause.OTHER_RATE: (
        "The invoice is paid in full; in the books' own currency the entry holds more or less than Stripe made of it.",
        "Correct the exchange rate of entry {entry} in {register}",
    ),
    Cause.OTHER_PERIOD: (
        "Both sides have it, one on a day of another month, as its note says where the books were closed for its own.",
        "Nothing, if the day in {ledger} is meant; else change it in {register}",
    ),
    Cause.BOOKED_NET: (
        "The balance is right. Sales and fees are both short by the fee.",
        "To set them apart, correct it in {register}",
    ),
    Cause.ONE_SUM: ("Somebody entered them together; it carries no reference of Duebird.", ""),
    Cause.BY_HAND: ("Somebody entered it; it carries no reference of Duebird.", ""),
}


def _title(cause: Cause, items: Sequence[Item]) -> str:
    count = len(items)
    if items[0].entries:
        one, many = _NAMES[items[0].entries[0].cause]
    else:
        one, many = "entry", "entries"
    if cause is Cause.ONE_SUM:
        count = sum(len(each.entries) for each in items)
    return f"{count:,} {one if count == 1 else many} {_TITLES[cause]}"


def _place(statement: Statement, kind: EntryKind | None) -> str:
    ledger = statement.subject.ledger_kind
    found = _PLACES.get((ledger, kind)) or _PLACES.get((ledger, None), "the ledger")
    return found.format(account=statement.account_name)


def _show(statement: Statement, items: Sequence[Item]) -> str:
    """The command for one payment whose invoice is known, else the list of all that waits."""
    company = shlex.quote(statement.subject.company)
    entries = [entry for item in items for entry in item.entries if entry.kind is EntryKind.PAYMENT]
    payments = {entry.change.payment_id or "" for entry in entries}
    invoices = [name for one in payments for name in statement.invoices.get(one, ())]
    if len(invoices) == 1:
        return f"duebird show {shlex.quote(invoices[0])} --company {company}"
    return f"duebird attention --company {company}"


def _row(statement: Statement, item: Item) -> Row:
    zero = Money.zero(statement.currency)
    said = [words_of_entry(statement, one) for one in item.entries] or [words_of_line(one) for one in item.lines]
    words = list(dict.fromkeys(said))
    return Row(
        day=min([*(one.booked_on for one in item.entries), *(one.booked_on for one in item.lines)]),
        words="; ".join(words[:FEW]) + (f"; and {len(words) - FEW:,} more" if len(words) > FEW else ""),
        at_stripe=sum((one.amount for one in item.entries), zero) if item.entries else None,
        in_ledger=sum((one.amount for one in item.lines), zero) if item.lines else None,
        difference=item.difference,
        ids=(
            *dict.fromkeys(one.change.change_id for one in item.entries),
            *dict.fromkeys(one.entry_id for one in item.lines),
        ),
    )


def words_of_entry(statement: Statement, entry: PlannedEntry) -> str:
    """What an entry is for: `fee of payment pi_1, invoice 1001`, `payout po_1, at the bank on 28 Nov 2026`."""
    change, name = entry.change, _NAMES[entry.cause][0]
    if entry.cause in {ChangeKind.PAYOUT, ChangeKind.PAYOUT_FAILURE} and change.payout_id:
        return f"{name} {change.payout_id}{_at_the_bank(statement, change.payout_id)}"
    if change.payment_id:
        invoices = ", ".join(statement.invoices.get(change.payment_id, ()))
        about = f", invoice {invoices}" if invoices else ""
        of = "" if entry.cause is ChangeKind.PAYMENT else "of payment "
        return f"{name} {of}{change.payment_id}{about}"
    said = f" ({change.description})" if change.description else ""
    return f"{name} {change.source_id or change.change_id}{said}"


def _at_the_bank(statement: Statement, payout_id: str) -> str:
    payout = statement.payouts.get(payout_id)
    if payout is None:
        return ""
    trace = f", the bank's reference {payout.trace}" if payout.trace else ""
    asked = "" if payout.automatic else ", asked for by hand: Stripe does not say what is in it"
    failure = f", sent back: {payout.failure}" if payout.failure else ""
    return f", at the bank on {payout.arrives_on:%d %b %Y}{trace}{asked}{failure}"


def words_of_line(line: Line) -> str:
    """What an entry of the ledger says of itself."""
    named, note = (line.named, line.note) if isinstance(line, ClearingLine) else (line.kind or "entry", "")
    said = note if line.reference in note else f"{line.reference} {note}"
    return f"{named} {said}".strip()
