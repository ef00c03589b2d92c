"""Whether the books balance: what of the processor's money stands in the clearing account, to the cent and once.

Judged from the worlds alone: what Duebird has entered against what the processor's balance consists of. Where the two
differ, the owner must have been told of that very payment, fee or payout; only what he is shown comes from us.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from adapters.memory.cash_world import CashEntry
from adapters.memory.ledger_world import CLEARING, LedgerEntry
from adapters.memory.records import entry_of
from adapters.memory.world import History
from connector.domain.balance import BalanceChange, ChangeKind, DisputeState, PayoutState, RefundState
from connector.domain.joint import parts_in
from connector.domain.money import Money
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds
from connector.ports.ledger import BookingState
from tests.simulation import gains
from tests.simulation.abroad import HOME, worth
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.others import booked_once, in_their_name
from tests.simulation.purse import Order, Ordered
from tests.simulation.subjects import LINK_HOST, OWNER
from tests.simulation.town import START, ZONE, Town

if TYPE_CHECKING:
    from tests.simulation.judge import Shown

NOTHING: Final = Money.zero(HOME)
# From the last look at the processor to the entry's end in the ledger, where that is carried out late.
DECIDED_WITHIN: Final = timedelta(minutes=15)
MOST_TRIES: Final = 60  # of one entry in a run, as of a booking
# How a recovery begins to say that it found none of these in the ledger.
_BEGINS: Final = {"Stripe's fees: none": EntryKind.EXPENSE, "Stripe's payouts: none": EntryKind.TRANSFER}
_CENT: Final = Decimal("0.01")
_WRITES: Final = frozenset({"make_expense", "make_transfer", "make_credit", "reverse", "take_back"})
# What says that something was done, or stays as it is, explains nothing that is missing.
_DONE_KEYS: Final = ("/credited/", "/refund-entered/")
_DONE_WORDS: Final = ("its money came back", "is lost.")
_OF_EXCHANGE: Final = ("/exchange/", "/exchange-difference/")
_TAKEN_OUT: Final = frozenset({EntryKind.PAYMENT, EntryKind.CREDIT, EntryKind.REVERSAL})
_REFUNDS_AWAY: Final = frozenset({RefundState.PENDING, RefundState.SUCCEEDED})
_NAMES: Final = ("pi_", "txn_", "po_", "re_", "du_")


@dataclass(frozen=True, slots=True)
class Line:
    """An entry of Duebird's in the clearing account. `subject`: the payment, balance change or payout it is of."""

    subject: str
    kind: EntryKind
    amount: Money  # signed: above zero is money in
    worth: Money  # by that much it moves the account, in its currency; signed
    booked_on: date
    note: str
    live: bool
    made_at: datetime
    ended_at: datetime | None
    ledger_id: str | None
    object_id: str = ""  # of money that went back: the refund or dispute
    of: str = ""  # and the entry of the payment from which it is taken
    reference: str = ""
    counter_account_id: str | None = None

    @property
    def is_difference(self) -> bool:
        """Whether it is what exchange has left: in the form of a fee, and of a payment."""
        return self.kind is EntryKind.EXPENSE and self.subject.startswith("pi_")


def cleared(town: Town, shown: Shown | None) -> Iterator[str]:
    """Every cent that is not where it should be. `shown` None: only what never heals."""
    with town.ledger.moment(), town.processor.moment():  # what is due by now has happened
        every = list(lines_of(town))
    lines = [one for one in every if _has_name(town, one)]
    yield from (f"an entry of {one.amount} names nothing at Stripe: {one.note}" for one in every if one not in lines)
    yield from _on_their_day(town, lines)
    yield from _paid_out(town, lines)
    yield from _reversals(town, lines)
    yield from _texts_after(town, lines)
    tries = Counter((one.method, _tried(one.args)) for one in town.ledger.requests if one.method in _WRITES)
    yield from (f"{times} calls of {what} for {one}" for (what, one), times in tries.items() if times > MOST_TRIES)
    yield from _twice(lines)
    yield from booked_once(town, lines)
    if shown is not None:
        told, told_of_exchange = _told(shown), _told(shown, of_exchange=True)
        both = _side_by_side(town, lines, _begun_anew(lines, shown))
        yield from _differences(town, lines, told, both)
        yield from exchanged(town, lines, told_of_exchange)
        yield from gains.left_over(town, lines, both, told_of_exchange)
        yield from _too_much_back(town, lines, told)


def _tried(args: tuple[Any, ...]) -> str:
    return str(args[1] if isinstance(args[0], EntryKind) else args[0].reference)


def _told(shown: Shown, *, of_exchange: bool = False) -> set[str]:
    """What is named where something was not done; or only where an entry could not be made at the processor's rate."""
    found = (one for one in shown.standing if _is_of_exchange(one) is of_exchange)
    items = " ".join(one for one in found if not _is_done(one))
    return set("".join(" " if letter in ",.():" else letter for letter in items).split())


def _is_of_exchange(item: str) -> bool:
    return any(one in item.split(maxsplit=1)[0] for one in _OF_EXCHANGE)


def _is_done(item: str) -> bool:
    return any(one in item.split(maxsplit=1)[0] for one in _DONE_KEYS) or any(one in item for one in _DONE_WORDS)


# ------------------------------------------------------------------------------------------------- what stands there


def lines_of(town: Town) -> Iterator[Line]:
    """Every entry that Duebird made, as it stands."""
    owner = {one: history.latest.payment_id for one, history in town.processor.balance.refunds.items()}
    owner |= {one: history.latest.payment_id for one, history in town.processor.balance.disputes.items()}
    for history in town.ledger.entries.values():
        made = entry_of(history)
        if made.by_us:
            yield Line(
                subject=_named(made.note, owner),
                kind=made.kind,
                amount=made.amount,
                worth=worth(made.amount, history.latest.exchange_rate),
                booked_on=made.booked_on,
                note=made.note,
                live=made.live,
                made_at=history.latest.made_at,
                ended_at=made.ended_at,
                ledger_id=made.ledger_id,
                reference=made.reference,
            )
    for cash in town.cash.entries.values():
        yield from _of_cash(cash, owner)


def _of_cash(history: History[CashEntry], owner: dict[str, str]) -> Iterator[Line]:
    held, entry = history.latest, history.latest.entry
    ended = next((at for at, one in history.states() if not one.entry.live), None)
    for account, amount in held.effects:
        if account == CLEARING.account_id:
            yield Line(
                subject=_named(entry.note, owner),
                kind=entry.kind,
                amount=entry.amount if amount > 0 else Money.zero(entry.amount.currency) - entry.amount,
                worth=Money(amount, HOME),
                booked_on=entry.booked_on,
                note=entry.note,
                live=entry.live,
                made_at=held.made_at,
                ended_at=ended,
                ledger_id=None,
                object_id=_object(entry.note) if entry.kind is EntryKind.REVERSAL else "",
                of=held.of or "",
                reference=entry.reference,
                counter_account_id=held.counter_account_id,
            )


def _named(note: str, owner: dict[str, str]) -> str:
    word = next((one for one in note.replace(",", " ").split() if one.startswith(_NAMES)), "")
    return owner.get(word, word)


def _object(note: str) -> str:
    return next((one for one in note.replace(",", " ").split() if one.startswith(("re_", "du_"))), "")


def _has_name(town: Town, line: Line) -> bool:
    balance = town.processor.balance
    return any(line.subject in known for known in (town.processor.payments, balance.changes, balance.payouts))


# ------------------------------------------------------------------------------------------------- clearing = balance


def _differences(town: Town, lines: list[Line], told: set[str], both: gains.Sides) -> Iterator[str]:
    for subject, (books, stripe) in both.items():
        if books != stripe and subject not in told:
            yield f"of {subject} {books} is in the clearing account and {stripe} at Stripe, and nobody was told"
    live = sum((one.worth for one in lines if one.live), NOTHING)
    by_hand = sum((_worth_of(one) for one in _by_hand(town)), NOTHING)
    if town.cash.balance() - by_hand != live:
        yield f"clearing holds {town.cash.balance()}, of which {by_hand} by hand, and the entries come to {live}"


def _by_hand(town: Town) -> Iterator[LedgerEntry]:
    return (one for one in town.ledger.all_entries() if one.by_hand and one.booking.state is BookingState.LIVE)


def _worth_of(entry: LedgerEntry) -> Money:
    return worth(entry.booking.applied + entry.booking.unapplied, entry.exchange_rate)


def _begun_anew(lines: list[Line], shown: Shown) -> dict[EntryKind, date]:
    """From when on fees and payouts are booked since a memory was lost; only where none had stood there before."""
    found = {}
    for words, kind in _BEGINS.items():
        told = [one.partition("are booked from ")[2][:10] for one in shown.not_found if one.startswith(words)]
        if told and not any(one.kind is kind and one.made_at.date() < date.fromisoformat(told[-1]) for one in lines):
            found[kind] = date.fromisoformat(told[-1])
    return found


def _side_by_side(
    town: Town, lines: list[Line], anew: Mapping[EntryKind, date] = MappingProxyType({})
) -> dict[str, tuple[Money, Money]]:
    """In the clearing account, and at the processor: by payment, balance change or payout, in their own currencies."""
    there, held = _sums(lines), _owing(town, anew)
    for payment_id, amount in in_their_name(town, lines).items():
        _add(there, payment_id, amount)
    nothing = {name: Money.zero(one.currency) for name, one in {**there, **held}.items()}
    return {name: (there.get(name, zero), held.get(name, zero)) for name, zero in sorted(nothing.items())}


def _add(found: dict[str, Money], name: str, amount: Money) -> None:
    found[name] = found[name] + amount if name in found else amount


def _sums(lines: list[Line]) -> dict[str, Money]:
    found: dict[str, Money] = {}
    for one in lines:
        if one.live and not one.is_difference:
            _add(found, one.subject, one.amount)
    return found


def _owing(town: Town, anew: Mapping[EntryKind, date]) -> dict[str, Money]:
    """What should stand there by the processor's balance, as far as the owner has it booked."""
    begins = town.purse.book_from or START.astimezone(ZONE).date()
    fees_from, payouts_from = (anew.get(one, begins) for one in (EntryKind.EXPENSE, EntryKind.TRANSFER))
    found: dict[str, Money] = {}
    for change in (one.latest for one in town.processor.balance.changes.values()):
        fee = change.net if change.kind is ChangeKind.FEE else NOTHING - change.fee
        gross = change.source_amount or change.amount
        if town.purse.fees and fee != NOTHING and _made_on(town, change) >= fees_from:
            _add(found, change.change_id, fee)
        if change.payment_id is not None:
            _add(found, change.payment_id, gross if _is_ours(town, change) else Money.zero(gross.currency))
        elif change.payout_id is not None and town.purse.payouts and _made_on(town, change) >= payouts_from:
            _add(found, change.payout_id, gross)
    return found


def _made_on(town: Town, change: BalanceChange) -> date:
    """The day of a payout decides about its return too: what was before the first day, somebody has entered."""
    payout = town.processor.balance.payouts.get(change.payout_id or "")
    made = payout.latest.created_at if payout is not None else change.created_at
    return made.astimezone(ZONE).date()


def _is_ours(town: Town, change: BalanceChange) -> bool:
    """What went back before the first day, somebody has entered; no matter when it came back."""
    since = _went_at(town, change.refund_id or change.dispute_id or "")
    if town.purse.refunds is not Refunds.BOOK or since is None:
        return True
    return since.astimezone(ZONE).date() >= (town.purse.book_from or START.astimezone(ZONE).date())


def _went_at(town: Town, object_id: str) -> datetime | None:
    balance = town.processor.balance
    if object_id in balance.refunds:
        return balance.refunds[object_id].latest.created_at
    return balance.disputes[object_id].latest.created_at if object_id in balance.disputes else None


def _too_much_back(town: Town, lines: list[Line], told: set[str]) -> Iterator[str]:
    """Of no refund or dispute stands more than is away, and nothing once its money came back."""
    entered: dict[str, Money] = {}
    of = {one.object_id: one.subject for one in lines}
    for one in lines:
        if one.live and one.kind is EntryKind.REVERSAL:
            _add(entered, one.object_id, Money.zero(one.amount.currency) - one.amount)
    for object_id, amount in sorted(entered.items()):
        gone = _away(town, object_id, town.end, amount.currency)
        if gone < amount and of[object_id] not in told:
            yield f"of {object_id} {amount} is entered and {gone} is away, and nobody was told"


def _away(town: Town, object_id: str, moment: datetime, currency: str) -> Money:
    """What the processor did not have of a refund or dispute at that time."""
    balance, nothing = town.processor.balance, Money.zero(currency)
    if object_id in balance.refunds:
        refund = balance.refunds[object_id].as_of(moment)
        return refund.amount if refund is not None and refund.state in _REFUNDS_AWAY else nothing
    dispute = balance.disputes[object_id].as_of(moment) if object_id in balance.disputes else None
    return dispute.amount if dispute is not None and dispute.state is not DisputeState.WON else nothing


def _twice(lines: list[Line]) -> Iterator[str]:
    """Of a fee there is one entry, of a payout one each way, of a refund one for each entry that it is taken from.

    What exchange has left of a payment may be several, each by its own reference.
    """
    pieces = Counter((one.object_id, one.of) for one in lines if one.live and one.kind is EntryKind.REVERSAL)
    yield from (f"{what} is entered {times} times out of {of}" for (what, of), times in pieces.items() if times > 1)
    alike = Counter(
        (one.reference if one.is_difference else one.subject, one.amount.is_positive)
        for one in lines
        if one.live and one.kind in {EntryKind.EXPENSE, EntryKind.TRANSFER}
    )
    yield from (
        f"{subject} stands in the clearing account {times} times" for (subject, _), times in alike.items() if times > 1
    )


def _on_their_day(town: Town, lines: list[Line]) -> Iterator[str]:
    """A fee, payout or credit is entered on its own day, or on the first one that was open."""
    for one in lines:
        own = _own_day(town, one)
        if own is not None and one.booked_on != own and not town.dealings.first_open(one.booked_on, own, one.note):
            yield f"the entry of {one.amount} for {one.subject} of {own} is on {one.booked_on}"


def _own_day(town: Town, line: Line) -> date | None:
    if line.kind is EntryKind.EXPENSE and not line.is_difference:
        return town.processor.balance.changes[line.subject].latest.created_at.astimezone(ZONE).date()
    if line.kind is EntryKind.REVERSAL:
        since = _went_at(town, line.object_id)
        return since.astimezone(ZONE).date() if since is not None else None
    if line.kind is EntryKind.CREDIT:
        paid_at = town.processor.payments[line.subject].latest.paid_at
        return paid_at.astimezone(ZONE).date() if paid_at else None
    return None


def _paid_out(town: Town, lines: list[Line]) -> Iterator[str]:
    """What the bank does not have yet is no transfer: a payout may still come to nothing."""
    for one in lines:
        if one.kind is EntryKind.TRANSFER and not _had_arrived(town, one):
            yield f"{one.subject} was booked on {one.made_at:%m-%d %H:%M}, before it was paid"


def _had_arrived(town: Town, line: Line) -> bool:
    """Once it was paid it may come back; a state that lasted no time at all was none."""
    states = list(town.processor.balance.payouts[line.subject].states())
    ends = [*(at for at, _ in states[1:]), town.end]
    since = [at for (at, one), end in zip(states, ends, strict=True) if one.state is PayoutState.PAID and at < end]
    return any(at <= line.made_at for at in since)


# -------------------------------------------------------------------------------------------------- at which rate


def exchanged(town: Town, lines: list[Line], told: set[str]) -> Iterator[str]:
    """Entries of foreign money that move the clearing account by anything but what Stripe made of just that.

    What is then left over is what Stripe gained or lost by giving back at another rate than it took: an entry whose
    money came back is taken out at its own. Whether the difference has an entry of its own is judged apart.
    """
    foreign: defaultdict[str, list[Line]] = defaultdict(list)
    for one in lines:
        if one.live and one.amount.currency != HOME:
            foreign[one.object_id or one.subject].append(one)
    for named, pieces in sorted(foreign.items()):
        change = _moved(town, named)
        if change is not None and not {named, pieces[0].subject} & told:
            yield from _at_its_rate(named, pieces, change)


def _moved(town: Town, named: str) -> BalanceChange | None:
    """By what a payment came into the balance, or a refund or dispute left it."""
    kinds = {ChangeKind.PAYMENT, ChangeKind.REFUND, ChangeKind.DISPUTE}
    changes = (one.latest for one in town.processor.balance.changes.values())
    found = (one for one in changes if one.kind in kinds)
    return next((one for one in found if named == (one.refund_id or one.dispute_id or one.payment_id)), None)


def _at_its_rate(named: str, pieces: list[Line], change: BalanceChange) -> Iterator[str]:
    """All pieces together are what the whole became, and each is its share; where some lack, that is told elsewhere."""
    whole = change.source_amount
    if whole is None:
        return
    entered = sum((one.amount.amount for one in pieces), Decimal(0))
    moved = sum((one.worth.amount for one in pieces), Decimal(0))
    off = any(
        abs(one.worth.amount - change.amount.amount * one.amount.amount / whole.amount) >= _CENT for one in pieces
    )
    if off or (entered == whole.amount and moved != change.amount.amount):
        what = f"{entered} of {whole} of {named} moves clearing by {moved}"
        yield f"{what}, and all of it moved Stripe by {change.amount}, and nobody was told"


# ------------------------------------------------------------------------------------------------------- reversals


def _reversals(town: Town, lines: list[Line]) -> Iterator[str]:
    """An entry is taken out because the owner says so, or because all of its money is gone for good."""
    for one in lines:
        if one.ended_at is None or one.kind not in _TAKEN_OUT:
            continue
        words = (Order.UNDO, Order.UNDO_REFUND) if one.kind is EntryKind.REVERSAL else (Order.UNDO,)
        undone = any(order.payment_id == one.subject and order.at <= one.ended_at for order in _of(town, *words))
        if not undone and not _by_rule(town, one, one.ended_at):
            yield f"the entry of {one.amount} for {one.subject} was taken out on {one.ended_at:%m-%d %H:%M} for nothing"


def _by_rule(town: Town, line: Line, moment: datetime) -> bool:
    if town.purse.refunds is Refunds.ASK:
        return False
    if town.purse.refunds is Refunds.REOPEN:
        return _was_gone(town, line.subject, moment)
    # What went back has entries of its own, which go when its money comes back, and that is for good.
    came_back = line.kind is EntryKind.REVERSAL and _came_back(town, line, moment)
    return came_back or _bounced(town, line.subject, moment)


def _came_back(town: Town, line: Line, moment: datetime) -> bool:
    return not _away(town, line.object_id, moment, line.amount.currency).is_positive


def _of(town: Town, *what: Order) -> Iterator[Ordered]:
    return (one for one in town.ordered if one.what in what)


def _was_gone(town: Town, payment_id: str, moment: datetime) -> bool:
    """Whether all of it was gone for good at some moment shortly before."""
    balance = town.processor.balance
    moments = {at for one in balance.refunds.values() for at, _ in one.states()}
    moments |= {at for one in balance.disputes.values() for at, _ in one.states()}
    since = moment - DECIDED_WITHIN
    looks = [since, *(one for one in moments if since < one < moment), moment]
    return any(gone_for_good(town, payment_id, at) for at in looks)


def gone_for_good(town: Town, payment_id: str, moment: datetime) -> bool:
    """By refunds that had succeeded by then, lost disputes, or a debit that the bank took back."""
    balance, paid = town.processor.balance, town.processor.payments[payment_id].latest.amount
    refunds = (one for one in (each.as_of(moment) for each in balance.refunds.values()) if one is not None)
    disputes = (one for one in (each.as_of(moment) for each in balance.disputes.values()) if one is not None)
    back = [one.amount for one in refunds if one.payment_id == payment_id and one.state is RefundState.SUCCEEDED]
    back += [one.amount for one in disputes if one.payment_id == payment_id and one.state is DisputeState.LOST]
    return _bounced(town, payment_id, moment) or not sum(back, Money.zero(paid.currency)) < paid


def _bounced(town: Town, payment_id: str, moment: datetime) -> bool:
    return any(
        one.latest.kind is ChangeKind.PAYMENT_FAILURE
        and one.latest.payment_id == payment_id
        and one.latest.created_at <= moment
        for one in town.processor.balance.changes.values()
    )


def _texts_after(town: Town, lines: list[Line]) -> Iterator[str]:
    """Nobody is reminded of what is owed again until the owner lets reminders go on, or has it booked again."""
    for one in lines:
        if one.ended_at is None or one.ledger_id is None:
            continue
        goes_on = (
            order.at
            for order in _of(town, Order.RELEASE, Order.REBOOK)
            if one.ledger_id == order.ledger_id and order.at >= one.ended_at
        )
        ends = min(goes_on, default=town.end)
        for name, at, ledger_ids in _texts(town):
            if one.ledger_id in ledger_ids and one.ended_at < at < ends:
                yield f"{name} is about {one.ledger_id}, of which an entry was taken out at {one.ended_at:%m-%d %H:%M}"


def _texts(town: Town) -> Iterator[tuple[str, datetime, set[str]]]:
    asked = {id(call.args[0]): call.at for call in town.carrier.requests if call.method == "send"}
    links = {one.latest.link.url: one.latest.link for one in town.processor.links.values()}
    for record in (one.latest for one in town.carrier.texts.values()):
        body, at = record.text.body, asked[id(record.request)]
        if LINK_HOST in body and record.text.to != OWNER:
            metadata = links[body[body.index(LINK_HOST) :].split(maxsplit=1)[0]].metadata
            about = {metadata["duebird_invoice"], *(one.ledger_id for one in parts_in(metadata))}
            yield f"text {record.text.text_id} at {at:%m-%d %H:%M:%S}", at, about


# ---------------------------------------------------------------------------------------------------------- counts


def count(town: Town, tally: Tally) -> None:
    """What of it there was."""
    lines = list(lines_of(town))
    kinds = Counter(one.kind for one in lines if one.live)
    tally.reached[Sometimes.CREDITED] += kinds[EntryKind.CREDIT]
    tally.reached[Sometimes.FEE_BOOKED] += kinds[EntryKind.EXPENSE]
    tally.reached[Sometimes.PAYOUT_BOOKED] += kinds[EntryKind.TRANSFER]
    tally.reached[Sometimes.REVERSED] += sum(one.ended_at is not None for one in lines)
    tally.reached[Sometimes.MOVED_DAY] += sum("books closed through" in one.note for one in lines)
    refunds = [one for one in lines if one.kind is EntryKind.REVERSAL]
    tally.reached[Sometimes.REFUND_ENTERED] += len(refunds)
    tally.reached[Sometimes.REFUND_IN_PIECES] += len(refunds) > len({one.object_id for one in refunds})
    tally.reached[Sometimes.REFUND_OUT] += sum(
        one.ended_at is not None and _came_back(town, one, one.ended_at) for one in refunds
    )
    both = _side_by_side(town, lines)
    differ = [one for one, (books, stripe) in both.items() if books != stripe]
    right = [one for one in refunds if one.live and one.subject not in differ]
    tally.reached[Sometimes.CLEARED_OF_REFUNDS] += bool(right)
    tally.reached[Sometimes.CLEARED_IN_BETWEEN] += any(_is_undecided(town, one.object_id) for one in right)
    tally.figures["differences the owner knows of"] += len(differ)
    tally.reached[Sometimes.CLEARED] += town.purse.fees and town.purse.payouts and bool(both) and not differ
    _count_foreign(town, lines, tally)


def _count_foreign(town: Town, lines: list[Line], tally: Tally) -> None:
    foreign = [one for one in lines if one.amount.currency != HOME]
    tally.reached[Sometimes.EXCHANGED] += sum(one.live for one in foreign)
    tally.reached[Sometimes.EXCHANGED_BACK] += sum(one.live and one.kind is EntryKind.REVERSAL for one in foreign)
    both = _side_by_side(town, lines)
    gains.count(town, lines, both, tally)
    for payment_id in sorted({one.subject for one in foreign if both[one.subject][0] == both[one.subject][1]}):
        changes = (one.latest for one in town.processor.balance.changes.values())
        stripe = sum((one.amount for one in changes if one.payment_id == payment_id), NOTHING)
        books = sum((one.worth for one in lines if one.live and one.subject == payment_id), NOTHING)
        tally.reached[Sometimes.EXCHANGE_LEFT if books != stripe else Sometimes.EXCHANGED_TO_THE_CENT] += 1


def _is_undecided(town: Town, object_id: str) -> bool:
    balance = town.processor.balance
    if object_id in balance.refunds:
        return balance.refunds[object_id].latest.state is RefundState.PENDING
    return balance.disputes[object_id].latest.state is DisputeState.OPEN
