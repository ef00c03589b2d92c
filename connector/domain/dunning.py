"""The policy: which notice is due, when, and every reason why none goes out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.calendar import Window
from connector.domain.closed_period import ClosedPeriod
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable
from connector.domain.settlement import Refunds, Surplus


class Step(StrEnum):
    """The occasions of a receivable, in their order in time: the notices it may get, and the end of them."""

    ISSUED = "issued"
    UPCOMING = "upcoming"
    DUE = "due"
    OVERDUE = "overdue"
    SECOND_OVERDUE = "overdue_2"
    THIRD_OVERDUE = "overdue_3"
    HANDOVER = "handover"  # no text: from here on a person sees to it


# Those that are texts.
NOTICES: Final = tuple(step for step in Step if step is not Step.HANDOVER)
PAST_DUE: Final = frozenset({Step.OVERDUE, Step.SECOND_OVERDUE, Step.THIRD_OVERDUE})


class Anchor(StrEnum):
    """Which civil date of the receivable a step counts from."""

    ISSUE_DATE = "issue_date"
    DUE_DATE = "due_date"


@dataclass(frozen=True, slots=True)
class StepRule:
    """When a step starts, and for how many days after it may still go out when it was missed."""

    step: Step
    anchor: Anchor
    offset_days: int = 0
    good_for_days: int = 3

    def start(self, receivable: Receivable) -> date | None:
        """The civil day this step starts for the receivable, None where it has no such date."""
        base = receivable.issued_on if self.anchor is Anchor.ISSUE_DATE else receivable.due_on
        return base + timedelta(days=self.offset_days) if base else None


# A week: an invoice entered on a Friday evening and seen on Monday is still news; one a fortnight old is not.
ISSUED_RULE: Final = StepRule(Step.ISSUED, Anchor.ISSUE_DATE, good_for_days=7)
# Three days carry a due date that falls on Saturday over a weekend of closed windows.
DUE_RULE: Final = StepRule(Step.DUE, Anchor.DUE_DATE, good_for_days=3)
# A week carries a reminder over a weekend with holidays on both sides; the next step is further away than that.
OVERDUE_GOOD_FOR: Final = 7
# An invoice that a person must see to stays one: only a payment, or the person, ends it. A century.
HANDOVER_GOOD_FOR: Final = 36_500
# The guide's days (3 before, on the day, 3 after), then a week and a fortnight more: who has not paid after a month and
# a half is better called than texted.
USUAL_DAYS: Final[dict[Step, int]] = {
    Step.UPCOMING: 3,
    Step.OVERDUE: 3,
    Step.SECOND_OVERDUE: 10,
    Step.THIRD_OVERDUE: 24,
    Step.HANDOVER: 45,
}
# The day after a reminder is too soon for the next, though a weekend may have delayed the first of them.
DAYS_BETWEEN: Final = 2


def rule_of(step: Step, days: int | None = None) -> StepRule:
    """The rule of a step, `days` before (upcoming) or after the due date; the usual ones where left out."""
    if step is Step.ISSUED:
        return ISSUED_RULE
    if step is Step.DUE:
        return DUE_RULE
    days = USUAL_DAYS[step] if days is None else days
    if step is Step.UPCOMING:
        # Not on the very eve: where closed days kept it until then, the text of the day itself says it all.
        return StepRule(step, Anchor.DUE_DATE, -days, good_for_days=max(days - 1, 1))
    good_for = HANDOVER_GOOD_FOR if step is Step.HANDOVER else OVERDUE_GOOD_FOR
    return StepRule(step, Anchor.DUE_DATE, days, good_for)


# What a company has that says nothing else.
USUAL_STEPS: Final = (ISSUED_RULE, rule_of(Step.UPCOMING), DUE_RULE, rule_of(Step.OVERDUE))

# One invoice's whole course is five texts (issued, before the day, on it, after it, a receipt), so that each course
# says once how to stop. US carriers ask for it in the first text and "regularly" after.
STOP_EVERY: Final = 5


class ConsentRule(StrEnum):
    """What counts as having agreed."""

    RECORD = "record"  # a record in the consent register, nothing else
    LEDGER_MARKER = "ledger_marker"  # a marker on the customer in the ledger counts too
    NUMBER_GIVEN = "number_given"  # a number given for this business's invoices counts too, where the law lets it


@dataclass(frozen=True, slots=True)
class Policy:
    """One company's rules, as values. `zone` is the company's; amounts are in the receivable's currency.

    `by_law`: the law's hours bind beside the window; not where only stand-ins are texted. `keep_holidays`: no notices
    on the recipient's public holidays.
    """

    business: str
    zone: ZoneInfo
    country: str
    start_on: date
    by_law: bool
    keep_holidays: bool
    steps: tuple[StepRule, ...] = USUAL_STEPS
    window: Window = field(default_factory=Window)
    minimum: Decimal = Decimal(0)
    minimum_in: str | None = None  # the only currency the minimum speaks of; None: each receivable's own
    instalments: tuple[int, ...] = ()  # percentages that sum to 100: notice by notice one more of them is asked
    instalments_from: Decimal = Decimal(0)  # totals below it are asked at once
    joint: bool = False  # several receivables of one customer at one step go into one text
    max_per_number_per_day: int = 1
    max_per_number_per_week: int = 3
    excluded_customers: frozenset[str] = frozenset()
    excluded_groups: frozenset[str] = frozenset()  # markers of the ledger's customers
    fresh_for: timedelta = timedelta(hours=2)  # no text on what the ledger said longer ago
    skip_payable_elsewhere: bool = False
    require_sent: bool = False
    receipts: bool = True
    owner_phone: Phone | None = None
    consent_rule: ConsentRule = ConsentRule.RECORD
    consent_marker: str | None = None
    ask: bool = False  # text one request for consent to a number of which nothing is on record
    payment_account_id: str | None = None
    payment_method_id: str | None = None
    clearing_currency: str | None = None  # into which foreign payments are exchanged; None: into none that is known
    texts_per_hour: int | None = None  # above it texts wait, and a person is told; None: no such brake
    texts_per_day: int | None = None
    catch_up: int | None = None  # notices that may go out unasked after a stop
    usual_day: int | None = None  # notices of one day that never need a question; None: none ever does
    lookup: bool = False  # numbers are looked up at the messaging service before their first text, which costs
    two_way: bool = True  # whether people can reply to the sender; a name as sender goes one way
    stop_every: int = STOP_EVERY  # each so many-th text to a number says how to stop, and the first one
    live: bool = True  # live money at the processor, as opposed to its test mode
    take_promises: bool = False  # a day that a reply names counts as promised
    forward_to: Phone | None = None  # who gets customers' replies as texts
    mail_replies: bool = False  # the owner gets them as e-mails
    draft_first: bool = False  # a company that is in draft sends no notice that the owner has not approved
    ask_always: frozenset[Step] = frozenset()  # steps whose every notice the owner approves, once live
    ask_first_time: frozenset[Step] = frozenset()  # the same, to numbers that never had a text
    surplus: Surplus = Surplus.ASK  # what becomes of money that its receivable does not take
    refunds: Refunds = Refunds.ASK  # what becomes of the booking of a payment whose money went back
    refund_account_id: str | None = None  # the income that an entry of money that went back takes down
    refund_tax_code: str | None = None  # on it; the ledger's own word
    closed_period: ClosedPeriod = ClosedPeriod.ASK  # and of an entry whose day the books are closed for

    @property
    def fingerprint(self) -> str:
        """Differs when a rule does, and only then: decisions made by other rules are made anew."""
        values = ((one.name, getattr(self, one.name)) for one in fields(self))
        return "|".join(f"{name}={_plain(value)}" for name, value in values)


def _plain(value: object) -> str:
    """One spelling for a rule, whatever order a set happens to have."""
    if isinstance(value, frozenset):
        return ",".join(sorted(str(one) for one in value))
    if isinstance(value, Window):
        return f"{value.opens}-{value.closes} {_plain(value.days)}"
    return value.e164 if isinstance(value, Phone) else str(value)


class Reason(StrEnum):
    """Why a receivable gets a text now, or does not."""

    GO = "go"
    PAID = "paid"
    VOIDED = "voided"
    DELETED = "deleted"
    DRAFT = "draft"
    NOTHING_OWED = "nothing_owed"
    BASELINE = "baseline"
    HELD = "held"
    PAYMENT_PENDING = "payment_pending"
    PAYMENT_ARRIVED = "payment_arrived"
    EXCLUDED = "excluded"
    BELOW_MINIMUM = "below_minimum"
    PAYABLE_ELSEWHERE = "payable_elsewhere"
    NOT_SENT_YET = "not_sent_yet"
    DISPUTED = "disputed"
    PROMISED = "promised"
    REPLIED = "replied"
    NO_STEP_NOW = "no_step_now"
    STEP_DONE = "step_done"
    TOO_SOON = "too_soon"
    INSTALMENT_PAID = "instalment_paid"
    HANDED_OVER = "handed_over"
    NO_CUSTOMER = "no_customer"
    CUSTOMER_INACTIVE = "customer_inactive"
    NO_MOBILE = "no_mobile"
    BAD_MOBILE = "bad_mobile"
    UNREACHABLE = "unreachable"
    SENDER_SHARED = "sender_shared"
    SENDER_UNREGISTERED = "sender_unregistered"
    NAME_REFUSED = "name_refused"
    NO_CONSENT = "no_consent"
    ASKED = "asked"
    OPTED_OUT = "opted_out"
    UNCHARGEABLE = "unchargeable"
    DAILY_CAP = "daily_cap"
    WEEKLY_CAP = "weekly_cap"
    OUTSIDE_WINDOW = "outside_window"
    IN_PROGRESS = "in_progress"
    LINK_CHANGING = "link_changing"
    PAUSED = "paused"
    REFUSED = "refused"
    BROKEN = "broken"
    NO_WORDS = "no_words"
    AWAITING_APPROVAL = "awaiting_approval"
    NOT_APPROVED = "not_approved"
    IN_DRAFT = "in_draft"


SENTENCES: Final[dict[Reason, str]] = {
    Reason.GO: "a text goes out",
    Reason.PAID: "already paid in the ledger",
    Reason.VOIDED: "voided in the ledger",
    Reason.DELETED: "deleted in the ledger",
    Reason.DRAFT: "still a draft in the ledger",
    Reason.NOTHING_OWED: "nothing is owed on it",
    Reason.BASELINE: "issued before the start date; `duebird release` lets it in",
    Reason.HELD: "held by you; `duebird release` lets it go",
    Reason.PAYMENT_PENDING: "a payment is under way",
    Reason.PAYMENT_ARRIVED: "a payment has arrived; it is being booked, or waits for you in `duebird attention`",
    Reason.EXCLUDED: "this customer, or a group it is in, is excluded in the settings",
    Reason.BELOW_MINIMUM: "below the minimum amount in the settings",
    Reason.PAYABLE_ELSEWHERE: "the ledger already offers this customer a way to pay online",
    Reason.NOT_SENT_YET: "the ledger has not sent the invoice yet",
    Reason.DISPUTED: "in dispute; `duebird dispute INVOICE --drop` lets it go",
    Reason.PROMISED: "payment is promised for a later day",
    Reason.REPLIED: "the customer has written, and waits for your answer; see `duebird attention`",
    Reason.NO_STEP_NOW: "no notice is due now",
    Reason.STEP_DONE: "this notice has had its turn",
    Reason.TOO_SOON: "its last reminder went out less than two days ago",
    Reason.INSTALMENT_PAID: "its instalment is paid; the next one is asked for with the next notice",
    Reason.HANDED_OVER: "handed over to you: Duebird texts no more about it; see `duebird attention`",
    Reason.NO_CUSTOMER: "the ledger gave no customer record",
    Reason.CUSTOMER_INACTIVE: "the customer is archived in the ledger",
    Reason.NO_MOBILE: "the customer has no mobile number in the ledger",
    Reason.BAD_MOBILE: "the mobile number in the ledger is not a valid mobile number",
    Reason.UNREACHABLE: "the number cannot receive texts",
    Reason.SENDER_SHARED: "the sender is another company's too; see `duebird attention`",
    Reason.SENDER_UNREGISTERED: "the sender is not registered in the customer's country; see `duebird check`",
    Reason.NAME_REFUSED: "a name as sender may not text the customer's country; a number must send",
    Reason.NO_CONSENT: "no consent on record for this number",
    Reason.ASKED: "asked for consent by text once; nothing more goes out without a YES",
    Reason.OPTED_OUT: "this number has opted out",
    Reason.UNCHARGEABLE: "the amount cannot be charged by card",
    Reason.DAILY_CAP: "this number has had its text for today",
    Reason.WEEKLY_CAP: "this number has had its texts for this week",
    Reason.OUTSIDE_WINDOW: "outside the hours for texts where the customer is",
    Reason.IN_PROGRESS: "something is under way for this invoice",
    Reason.LINK_CHANGING: "its payment link is being replaced",
    Reason.PAUSED: "texts are paused; `duebird resume` lets them go",
    Reason.REFUSED: "a service refused what it needs; see `duebird attention`",
    Reason.BROKEN: "no decision could be made; see `duebird attention`",
    Reason.NO_WORDS: "no text can be made for it; see `duebird attention`",
    Reason.AWAITING_APPROVAL: "waits for your approval; `duebird approve` shows its words",
    Reason.NOT_APPROVED: "you refused this text; `duebird approve INVOICE` lets it go",
    Reason.IN_DRAFT: "the company is in draft; `duebird go-live` ends that",
}


@dataclass(frozen=True, slots=True)
class CurrentStep:
    """Which step has its time now, until when (exclusive), and when the next one starts."""

    step: Step | None
    until: date | None
    next_start: date | None


def starts_of(receivable: Receivable, rules: Sequence[StepRule]) -> list[tuple[date, StepRule]]:
    """The steps this receivable has, with the civil day on which each begins, in their order."""
    starts = [(start, rule) for rule in rules if (start := rule.start(receivable)) is not None]
    issued = next((start for start, rule in starts if rule.step is Step.ISSUED), None)
    if issued is not None:
        # Within a week of "here is your invoice", "it will be due" tells nobody anything new.
        early = issued + timedelta(days=ISSUED_RULE.good_for_days)
        starts = [(start, rule) for start, rule in starts if rule.step is not Step.UPCOMING or start >= early]
    return sorted(starts, key=_by_start)


def current_step(receivable: Receivable, rules: Sequence[StepRule], today: date) -> CurrentStep:
    """The latest step whose time has come: an earlier one that was missed is passed over, never sent late beside it."""
    starts = starts_of(receivable, rules)
    begun = [(start, rule) for start, rule in starts if start <= today]
    next_start = next((start for start, _ in starts if start > today), None)
    if not begun:
        return CurrentStep(None, None, next_start)
    start, rule = begun[-1]
    until = start + timedelta(days=rule.good_for_days)
    if next_start is not None:
        until = min(until, next_start)
    return CurrentStep(rule.step if today < until else None, until, next_start)


def _by_start(item: tuple[date, StepRule]) -> tuple[date, int]:
    # Two steps on one day (issued and due today): the later step speaks.
    return item[0], list(Step).index(item[1].step)
