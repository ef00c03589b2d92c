"""What can befall which effect, as data; a run counts hits, and a cell nobody hit fails it."""

from __future__ import annotations

from collections import Counter
from enum import StrEnum
from typing import Final


class Hit(StrEnum):
    """What is befallen: the effects, with texts apart by what they are for."""

    LINK = "link made"
    RETIRE = "link retired"
    NOTICE = "notice"
    RECEIPT = "receipt"
    OWNER = "owner's text"
    BOOKING = "booking"
    CREDIT = "credit"
    REVERSAL = "reversal"
    REFUND = "refund entered"
    FEE = "fee"
    PAYOUT = "payout"
    EXCHANGE = "exchange left"


class By(StrEnum):
    """What befalls it."""

    CRASH_PLANNING = "crash at the commit that plans it"
    CRASH_CLAIMING = "crash at the commit that claims it"
    CRASH_BEFORE = "crash before the call leaves"
    CRASH_AFTER = "crash when the call is carried out"
    CRASH_CONCLUDING = "crash at the commit that concludes it"
    LOSE_ANSWER = "carried out, answer lost"
    NEVER_COMMIT = "not carried out, no answer"
    COMMIT_LATE = "carried out after we gave up"
    THROTTLE = "asked to wait"
    FAIL_BEFORE = "out of reach"
    REFUSE = "refused for good"
    DEAD = "connection refused"
    LAG = "evidence read from an old picture"
    DISK = "disk full or locked"
    CLOCK = "clock set wrong"
    SLEEP = "first pass after a long sleep"
    MEDDLED = "the world moves while it is done"
    SIDE_BY_SIDE = "others are done at the same time"


# Not every pair can be: a link is taken down by its id, which needs no evidence, and a service refuses nothing there
# that we would hold against it; the owner's text follows a booking, so that nobody can meddle with what it says. What
# Stripe has taken never changes, and whoever meddles with a surplus meddles with its booking. Whether a reversal was
# made is told by the entry that it takes out, so that its evidence is counted there.
_NEVER: Final = frozenset(
    {
        (Hit.RETIRE, By.LAG),
        (Hit.RECEIPT, By.MEDDLED),
        (Hit.OWNER, By.MEDDLED),
        (Hit.FEE, By.MEDDLED),
        (Hit.EXCHANGE, By.MEDDLED),
        (Hit.CREDIT, By.MEDDLED),
        (Hit.REVERSAL, By.LAG),
    }
)
# These can be, and are met in one seed of sixty at most, for few payments are more than was owed or go back whole, few
# foreign ones come again, and a company has a few payouts. They are played in tests/flow: what is lost or refused, and
# crashes at every boundary.
_CRASHES: Final = (By.CRASH_PLANNING, By.CRASH_CLAIMING, By.CRASH_BEFORE, By.CRASH_AFTER, By.CRASH_CONCLUDING)
_RARE: Final = {
    Hit.CREDIT: (
        *_CRASHES,
        By.LOSE_ANSWER,
        By.THROTTLE,
        By.FAIL_BEFORE,
        By.REFUSE,
        By.DEAD,
        By.DISK,
        By.CLOCK,
        By.SLEEP,
    ),
    Hit.REVERSAL: (
        *(one for one in _CRASHES if one is not By.CRASH_AFTER),
        By.NEVER_COMMIT,
        By.THROTTLE,
        By.REFUSE,
        By.DEAD,
        By.DISK,
        By.SLEEP,
        By.MEDDLED,
    ),
    Hit.REFUND: (
        *_CRASHES,
        By.LOSE_ANSWER,
        By.NEVER_COMMIT,
        By.COMMIT_LATE,
        By.THROTTLE,
        By.FAIL_BEFORE,
        By.REFUSE,
        By.DEAD,
        By.DISK,
        By.SLEEP,
    ),
    Hit.RECEIPT: (By.CRASH_CLAIMING, By.NEVER_COMMIT),
    Hit.OWNER: (By.DEAD, By.DISK),
    Hit.PAYOUT: (By.CRASH_CLAIMING, By.CRASH_CONCLUDING, By.THROTTLE, By.REFUSE, By.DISK),
    Hit.EXCHANGE: tuple(one for one in By if one is not By.LAG),
}
NOT_LIVE: Final = _NEVER | {(hit, by) for hit, rare in _RARE.items() for by in rare}
LIVE: Final = tuple((hit, by) for hit in Hit for by in By if (hit, by) not in NOT_LIVE)


class Sometimes(StrEnum):
    """States a long run must have reached, or it has not looked where it claims to."""

    LATE_COMMIT_SEEN = "a text in doubt was found at a later look"
    BOOKING_FOUND = "a booking in doubt was found in the ledger"
    LINK_FOUND = "a link in doubt was found at the processor"
    NOT_SENT_AGAIN = "a text was found before it was sent, and not sent again"
    NOT_BOOKED_AGAIN = "a booking was found before it was made, and not made again"
    CERTAINLY_NOT_BOOKED = "a booking was looked for in vain, and made then"
    ASKED_A_PERSON = "a text in doubt was never found, and a person was asked"
    REFUSED_AFTER_STOP = "the messaging service refused a number that said STOP"
    PAYMENT_HELD = "a payment that no longer fits was held"
    PAID_TWICE = "an invoice was paid twice at the processor"
    PAID_ON_OLD_PAGE = "somebody paid on a page of a link that was down"
    JOINT_TEXT = "one text went out about several invoices"
    JOINT_PAID = "one payment was booked on several invoices"
    JOINT_HELD = "of a payment on several invoices a part was booked and a part held"
    DEBIT_FAILED = "a bank debit failed days later"
    CAUGHT_UP_ASKED = "texts were paused after a long stop"
    EVENT_LOST = "an event about a payment never came"
    EVENTS_TOO_OLD = "events were asked for that the processor no longer keeps"
    CURSOR_TOO_OLD = "the ledger let go of our place"
    PASS_BROKEN_OFF = "a pass was broken off for the database"
    CLOCK_DISTRUSTED = "no text went out on a wrong clock"
    SHUT_MIDWAY = "the computer was shut in the middle of something"
    CUT_OFF = "a write did not leave, for too long had passed since the last look"
    APPROVED_NOTICE = "a notice that the owner had approved went out"
    REFUSED_NOTICE = "the owner refused a notice"
    WENT_LIVE = "the owner took the company out of draft"
    PROMISED = "a promise was entered by hand"
    PROMISE_IN_REPLY = "a promise in a reply held notices back"
    DISPUTED = "a dispute was entered by hand"
    DISPUTE_IN_REPLY = "a dispute in a reply held notices back"
    IN_LANGUAGE = "a notice went out in the customer's own language"
    OWN_WORDS = "a notice went out in the owner's own words"
    SHARE_ASKED = "a notice asked an instalment"
    PAID_IN_SHARES = "an invoice was paid in instalments"
    CREDITED = "a customer's credit was booked"
    REVERSED = "an entry was taken out of the ledger again"
    BOOKED_ONCE_MORE = "a payment was booked once more after that"
    UNDONE = "the owner had an entry taken out"
    REFUND_ENTERED = "what went back of a payment was entered"
    REFUND_IN_PIECES = "a refund or dispute was entered in pieces"
    REFUND_OUT = "what was entered of a refund or dispute went out again, for its money came back"
    REFUND_UNDONE = "the owner had what was entered of a refund taken out"
    CLEARED_OF_REFUNDS = "clearing holds what the processor holds, to the cent, with what went back entered"
    CLEARED_IN_BETWEEN = "the same while a dispute is open, or a refund on its way"
    FEE_BOOKED = "a fee was booked"
    PAYOUT_BOOKED = "a payout was booked"
    REFUNDED = "all that was left of a payment was refunded"
    REFUNDED_IN_PART = "a part of a payment was refunded"
    REFUND_TOOK_DAYS = "a refund took its time to arrive"
    REFUND_FAILED = "a refund failed later"
    DISPUTE_WON = "a dispute was won"
    DISPUTE_LOST = "a dispute was lost"
    DEBIT_BOUNCED = "the bank took a debit back after it had succeeded"
    PAYOUT_TOOK_DAYS = "a payout took days to arrive"
    PAYOUT_FAILED = "a payout never arrived"
    PAYOUT_CAME_BACK = "the bank sent a payout back"
    ADOPTED = "a payment that somebody else had booked was adopted"
    ASKED_OF_OTHERS = "the owner was asked whether somebody else had booked a payment"
    WAS_THAT_ENTRY = "he said that an entry was the payment"
    WAS_ANOTHER_MATTER = "he said that an entry was another matter"
    EXCHANGED = "an entry of foreign money was made"
    EXCHANGED_BACK = "what went back of foreign money was entered"
    EXCHANGED_TO_THE_CENT = "clearing holds of a foreign payment what the processor holds of it, to the cent"
    EXCHANGE_LEFT = "what the processor gained or lost by another rate on the way back was left over"
    EXCHANGE_ENTERED = "what the processor gained or lost by another rate on the way back was entered"
    EXCHANGE_CLEARED = "with that, clearing holds of a foreign payment what the processor holds of it, to the cent"
    BOOKS_CLOSED = "the owner closed his books"
    MOVED_DAY = "an entry stands on the first open day"
    CLEARED = "clearing holds what the processor holds, to the cent, with payouts and fees booked"
    DIED_AT_POINT = "the program died at a named failure point"
    REQUEST_FOUND_AGAIN = "a request for consent that the memory had lost was found at its service"
    ELSEWHERE_SEEN = "another computer was found at work"
    REBUILT = "a memory was rebuilt to its end"
    FOUND_AGAIN = "an effect that the memory had lost was found at its service"
    DROPPED = "what an older memory still had in mind was dropped"
    NOTICED_BY_JOURNAL = "an older or lost memory was noticed by the journal beside it"
    NOTICED_AT_SERVICE = "an older or lost memory was noticed by the claim at the processor"
    TAKEN_BACK = "the owner ordered a recovery on a computer that had stopped for another"


class End(StrEnum):
    """Ends of the world: what happens to a memory, and to a machine. With them on, each must have been seen."""

    BACKUP_HOUR = "a backup of an hour ago was put back"
    BACKUP_DAY = "a backup of the day before was put back"
    BACKUP_WEEK = "a backup of last week was put back"
    BACKUP_LONG = "a backup of forty days ago was put back"
    LOST = "the state folder was emptied, and the journal beside it was not"
    WIPED = "the disk was lost, with the journal"
    DAMAGED = "the database was damaged, and set aside"
    CLONE = "a copy was started on a second computer"
    CLONE_HERE = "a copy of the state folder was started on the same computer"
    MOVED = "a computer broke for good, and another began with its backup"


# What an end of the world must have led to, in some run with them on.
AFTER_AN_END: Final = frozenset(
    {
        Sometimes.ELSEWHERE_SEEN,
        Sometimes.REBUILT,
        Sometimes.FOUND_AGAIN,
        Sometimes.REQUEST_FOUND_AGAIN,
        Sometimes.DROPPED,
        Sometimes.NOTICED_BY_JOURNAL,
        Sometimes.NOTICED_AT_SERVICE,
        Sometimes.TAKEN_BACK,
    }
)


class Tally:
    """Counts of one run, or of many together."""

    def __init__(self) -> None:
        self.cells: Counter[tuple[Hit, By]] = Counter()
        self.reached: Counter[Sometimes | End] = Counter()
        self.figures: Counter[str] = Counter()

    def hit(self, hit: Hit, by: By) -> None:
        self.cells[hit, by] += 1

    def add(self, other: Tally) -> None:
        self.cells.update(other.cells)
        self.reached.update(other.reached)
        self.figures.update(other.figures)

    def unhit(self) -> list[tuple[Hit, By]]:
        """Live cells without a hit."""
        return [cell for cell in LIVE if not self.cells[cell]]

    def unreached(self) -> list[Sometimes | End]:
        """States that were never seen, of those that these runs could see."""
        wanted: list[Sometimes | End] = [one for one in Sometimes if one not in AFTER_AN_END]
        if self.figures["runs that may see a world's end"]:
            wanted += [*AFTER_AN_END, *End]
        return sorted(one for one in wanted if not self.reached[one])

    def table(self) -> str:
        """The grid, for people."""
        width = max(len(by) for by in By)
        lines = [" " * width + "".join(f"{hit:>14}" for hit in Hit)]
        for by in By:
            counts = (
                f"{'-' if (hit, by) in NOT_LIVE and not self.cells[hit, by] else self.cells[hit, by]:>14}"
                for hit in Hit
            )
            lines.append(f"{by:<{width}}" + "".join(counts))
        return "\n".join(lines)
