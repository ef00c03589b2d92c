"""Settings of one company: one set of books, one Stripe account, one sender, its own rules."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from adapters.registry import LedgerSettings
from adapters.stripe.settings import StripeSettings
from adapters.twilio.settings import TwilioSettings
from connector.config.approval import ApprovalSettings
from connector.config.instalments import NOTICES, DividedFrom, Shares, contradictions_of
from connector.config.mail import MailSettings
from connector.config.payments import PaymentSettings
from connector.config.replies import ReplySettings
from connector.config.values import (
    Amount,
    ClockTime,
    Country,
    Currency,
    Interval,
    Line,
    ListOf,
    PhoneNumber,
    ShortLine,
    Slug,
    WordsOfRequest,
    WordsOfSeveral,
    WordsWithLink,
    WordsWithoutLink,
    Zone,
    minutes_of,
)
from connector.domain.dunning import DAYS_BETWEEN, STOP_EVERY
from connector.settings import Contradiction, Means, StrictSettings

DaysLate = Annotated[int, Field(ge=1, le=365)]
LATE_STEPS = ("overdue", "overdue_2", "overdue_3", "handover")
LANGUAGES = ("en", "fr", "es", "de", "it", "pt", "nl")  # those with built-in words; a test holds them together
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class NoticeSettings(StrictSettings):
    """Which texts are sent, when, and to whom not."""

    issued: bool = Field(default=True, description="Text the payment link when an invoice is issued.")
    upcoming: bool = Field(
        default=True,
        description="Text a reminder before the due date. Never within a week of the text for a new invoice: on short "
        "terms that one says it all.",
    )
    upcoming_days: Annotated[int, Field(ge=1, le=30)] = Field(
        default=3, description="How many days before the due date that is."
    )
    due: bool = Field(default=True, description="Text again on the due date when something is still owed.")
    overdue: bool = Field(default=True, description="Text a reminder once the due date is past.")
    overdue_days: DaysLate = Field(default=3, description="How many days after the due date that is.")
    overdue_2: bool = Field(default=False, description="Text a second reminder.")
    overdue_2_days: DaysLate = Field(default=10, description="How many days after the due date that is.")
    overdue_3: bool = Field(default=False, description="Text a third and last reminder.")
    overdue_3_days: DaysLate = Field(
        default=24, description="How many days after the due date that is. Growing gaps are heard better than a drum."
    )
    handover: bool = Field(
        default=False,
        description="In the end hand the invoice over to you: no more texts about it, and `duebird attention` shows it "
        "with what was sent so far.",
    )
    handover_days: DaysLate = Field(
        default=45, description="How many days after the due date that is. A call does more by then than a fifth text."
    )
    receipt: bool = Field(
        default=True, description="Text the customer a receipt once the payment is booked. It ends the worry, politely."
    )
    owner_notice: PhoneNumber | None = Field(
        default=None,
        description="Number that is told about each booked payment; nobody when left out.",
        examples=["+15550100099"],
    )
    minimum_amount: Amount = Field(
        default=Decimal(0),
        description="Invoices that owe less get no text; in the company's `currency`, or each invoice's own where that "
        "is left out. A text costs cents: 0 leaves none out.",
        examples=["5.00"],
    )
    instalments: Shares = ()
    instalments_from: DividedFrom = Decimal(0)
    window_start: ClockTime = Field(
        default="10:00",
        description="Earliest time of day for a notice, in the customer's time zone. Late morning is when most pay. "
        "'00:00' with window_end '24:00' is the whole day.",
    )
    window_end: ClockTime = Field(
        default="14:00",
        description="Latest time of day for a notice, in the customer's time zone. Receipts, and words to you, go out "
        "by day: 08:00 to 20:00, or in this window where it is wider.",
    )
    days: Annotated[tuple[Day, ...], ListOf] = Field(
        default=("mon", "tue", "wed", "thu", "fri"),
        min_length=1,
        description="Days on which notices may go out.",
    )
    public_holidays: bool = Field(
        default=False,
        description="true: notices also go out on public holidays of the customer's country and state. Where the law "
        "shuts those, they stay shut.",
    )
    hours_by_law: bool = Field(
        default=True,
        description="Keep to the legal hours of every place the customer may be in, whatever the window says. Only a "
        "company whose texts go to a stand-in on this machine may write false.",
    )
    max_texts_per_number_per_day: int = Field(
        default=1,
        ge=1,
        le=20,
        description="Texts one number may get in a day, over all its invoices. A second one feels like harassment.",
    )
    max_texts_per_number_per_week: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Notices one number may get in seven days, over all its invoices.",
    )
    joint: bool = Field(
        default=True,
        description="Several invoices of one customer whose texts would go out at the same step go into one text, with "
        "one link and one sum. false: each gets a text of its own, on days of their own. Texts that you approve first "
        "always go alone.",
    )
    excluded_customers: Annotated[tuple[Line, ...], ListOf] = Field(
        default=(),
        description="Customers who never get a text, by their name or id in the ledger, exactly as written there.",
        examples=[["Grandma's Bakery", "58"]],
    )
    excluded_groups: Annotated[tuple[Line, ...], ListOf] = Field(
        default=(),
        description="Groups of customers who never get a text: in Xero the names of contact groups; in QuickBooks "
        "'type:NAME' of a customer type, a #tag in the customer's notes, or 'FIELD=VALUE' of a custom field.",
        examples=[["Key accounts", "type:Government"]],
    )
    max_ledger_age_minutes: int = Field(
        default=120,
        ge=5,
        le=1440,
        description="No text goes out on what the ledger said longer ago. The invoice is read again in the seconds "
        "before each text anyway; this is for the customer's record when the ledger does not give it.",
    )
    skip_payable_elsewhere: bool = Field(
        default=True,
        description="Send no link where the ledger offers its own way to pay online: "
        "two ways to pay are how an invoice gets paid twice.",
    )
    require_sent_by_ledger: bool = Field(
        default=False,
        description="Wait until the ledger itself has mailed the invoice. Off: printed ones never count as sent.",
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """A window that opens before it closes, and steps in the order of time."""
        yield from self._days_that_do_not_grow()
        yield from contradictions_of(self.instalments, self.instalments_from, [getattr(self, one) for one in NOTICES])
        start, end = minutes_of(self.window_start), minutes_of(self.window_end)
        if start is not None and end is not None and start >= end:
            yield Contradiction(
                "window_start",
                f"is '{self.window_start}', not before window_end '{self.window_end}': no text could ever be sent",
                "Write a start before the end, such as '08:00' and '20:00'; the whole day is '00:00' and '24:00'.",
            )

    def _days_that_do_not_grow(self) -> Iterator[Contradiction]:
        before: tuple[str, int] | None = None
        for step in LATE_STEPS:
            if not getattr(self, step):
                continue
            days = getattr(self, f"{step}_days")
            if before is not None and days < before[1] + DAYS_BETWEEN:
                yield Contradiction(
                    f"{step}_days",
                    f"is {days}, and {before[0]}_days is {before[1]}: these steps need at least {DAYS_BETWEEN} days "
                    "between them",
                    f"Write {before[1] + DAYS_BETWEEN} or more, or {step} = false.",
                )
            before = (step, days)

    @property
    def window(self) -> tuple[int, int]:
        """First and last minute of the day (0 to 1440, the end not included), in the customer's zone."""
        return minutes_of(self.window_start) or 0, minutes_of(self.window_end) or 0


class ConsentSettings(StrictSettings):
    """What counts as a customer's agreement to be texted. Without it there is no text."""

    rule: Literal["record", "ledger_marker", "number_given"] = Field(
        default="record",
        description="'record': only who stands in Duebird's own consent register, which says when and how they agreed. "
        "'ledger_marker': also who carries `marker` in the ledger. 'number_given': also who gave this business the "
        "number in the ledger for its invoices, where the law of the number's country lets that do for informational "
        "texts; proving it is up to you. An opt-out ends all of them.",
    )
    marker: Line | None = Field(
        default=None,
        description="What stands for consent in the ledger: in Xero the name of a contact group; in QuickBooks "
        "a #tag in the customer's notes, 'type:NAME' of a customer type, or 'FIELD=VALUE' of a custom field.",
        examples=["Texts OK"],
    )
    ask: bool = Field(
        default=False,
        description="Text a customer with an invoice and a mobile number, of whom nothing is on record, one request to "
        "reply YES; nothing more without it. The request is a text itself: switch this on only where you may send it.",
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """A marker where the rule needs one."""
        if self.rule == "ledger_marker" and self.marker is None:
            yield Contradiction(
                "marker",
                "is missing, and rule = 'ledger_marker' needs it",
                "Add marker, the name of what stands for consent there, such as 'Texts OK'; or use rule = 'record'.",
            )


class StepWordSettings(StrictSettings):
    """A wording of your own for each text."""

    issued: WordsWithLink | None = Field(
        default=None,
        description="Text for a newly issued invoice. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} here. Your invoice[ {invoice}] for {amount} is ready. Pay: {link}"],
    )
    upcoming: WordsWithLink | None = Field(
        default=None,
        description="Text for some days before the due date. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} here. Invoice[ {invoice}] for {amount}[ is due {due}]. Pay: {link}"],
    )
    due: WordsWithLink | None = Field(
        default=None,
        description="Text for the due date. Built-in words when left out.",
        examples=[
            "[Hi {first_name}, ]{business} here. Your invoice[ {invoice}] for {amount} is due today. Pay: {link}"
        ],
    )
    past_due: WordsWithLink | None = Field(
        default=None,
        description="The same where it goes out some days later, after a weekend or a stop. Built-in words when left "
        "out.",
        examples=["[Hi {first_name}, ]{business} here. Invoice[ {invoice}] for {amount} was due[ {due}]. Pay: {link}"],
    )
    overdue: WordsWithLink | None = Field(
        default=None,
        description="Text for some days after the due date. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} here. Invoice[ {invoice}] for {amount} is still open. Pay: {link}"],
    )
    overdue_2: WordsWithLink | None = Field(
        default=None,
        description="Text for the step after that. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} again, on invoice[ {invoice}], {amount}. Questions? Pay: {link}"],
    )
    overdue_3: WordsWithLink | None = Field(
        default=None,
        description="Text for the last step before you take over. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} on invoice[ {invoice}], {amount}. Can we help? Just reply. {link}"],
    )
    joint: WordsOfSeveral | None = Field(
        default=None,
        description="Text about several invoices at once, at whichever step they are. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} here. {count} invoices[ ({invoice})], {amount} in all. Pay: {link}"],
    )
    receipt: WordsWithoutLink | None = Field(
        default=None,
        description="Text after the payment is booked; without {link}. Built-in words when left out.",
        examples=["{business}: thank you[ {first_name}], we received {amount}[ for invoice {invoice}]."],
    )

    request: WordsOfRequest | None = Field(
        default=None,
        description="The one request for consent, where `ask` is on. {business} and {ask} must be in it: {ask} is the "
        "built-in sentence that asks for a YES, by which the request is found again. Built-in words when left out.",
        examples=["{business} here, your plumber. {ask}"],
    )

    @property
    def own(self) -> dict[str, str]:
        """The wordings that are given, by the name of their setting."""
        found = {name: getattr(self, name) for name in StepWordSettings.model_fields}
        return {name: text for name, text in found.items() if text is not None}


class LanguageWordSettings(StepWordSettings):
    """Your own words in one more language: [company.words.fr], or en, es, de, it, pt, nl.

    What is left out is said in built-in words of that language. How to stop is always said in built-in ones: the word
    STOP is what Twilio listens for.
    """

    marker: Line | None = Field(
        default=None,
        description="What in the ledger says that a customer is to be written to in this language: in Xero the name of "
        "a contact group; in QuickBooks a #tag in the customer's notes, 'type:NAME' or 'FIELD=VALUE'.",
        examples=["Français"],
    )


class WordSettings(StepWordSettings):
    """Your own words for the texts, in the company's `language`, where the built-in ones do not suit.

    Variables: {business}, {first_name}, {amount}, {invoice}, {due}, {link}. What stands in square brackets falls away
    where a value in it is missing. A wording may stand in a file of its own: "file:words/issued.txt", relative to the
    configuration and inside its folder.
    """

    stop_every: int = Field(
        default=STOP_EVERY,
        ge=1,
        le=20,
        description="Each so many-th text to a number says how to stop, beside the first one. Texts of one invoice are "
        "five in all, so that 5 says it about once an invoice; 1 is in every text.",
    )
    en: LanguageWordSettings | None = Field(default=None, description="Your own words in English.")
    fr: LanguageWordSettings | None = Field(default=None, description="Your own words in French.")
    es: LanguageWordSettings | None = Field(default=None, description="Your own words in Spanish.")
    de: LanguageWordSettings | None = Field(default=None, description="Your own words in German.")
    it: LanguageWordSettings | None = Field(default=None, description="Your own words in Italian.")
    pt: LanguageWordSettings | None = Field(default=None, description="Your own words in Portuguese.")
    nl: LanguageWordSettings | None = Field(default=None, description="Your own words in Dutch.")

    @property
    def languages(self) -> dict[str, LanguageWordSettings]:
        """The languages with words or a marker of their own, by their code."""
        found = {code: getattr(self, code) for code in LANGUAGES}
        return {code: words for code, words in found.items() if words is not None}

    def contradictions(self) -> Iterator[Contradiction]:
        """A marker that stands for two languages."""
        seen: dict[str, str] = {}
        for code in LANGUAGES:
            words = getattr(self, code, None)
            marker = words.get("marker") if isinstance(words, dict) else getattr(words, "marker", None)
            if isinstance(marker, str) and (first := seen.setdefault(marker.casefold(), code)) != code:
                yield Contradiction(
                    code, f"has the marker '{marker}', which stands for {first} too", "Give each language its own."
                )


class CapSettings(StrictSettings):
    """Brakes: how many texts are normal for this company. Above them Duebird stops and asks."""

    texts_per_hour: int = Field(
        default=60, ge=1, le=100_000, description="Texts an hour; a US long code carries about one a second anyway."
    )
    texts_per_day: int = Field(
        default=200, ge=1, le=1_000_000, description="Texts a day; few small businesses issue 200 invoices in one day."
    )
    catch_up: int = Field(
        default=25,
        ge=0,
        le=100_000,
        description="Texts that may go out unasked when Duebird comes back after a stop; for more it asks the owner, "
        "who may not want 25 customers to hear of last week today.",
    )
    usual_day: int = Field(
        default=50,
        ge=0,
        le=1_000_000,
        description="Texts of one day that never need a question. For more Duebird asks when they are also more than "
        "five times those of the busiest day of the last five weeks: an import, or a mistake.",
    )


class PollingSettings(StrictSettings):
    """How often to look, where this company differs from `[daemon]`."""

    quick: Interval | None = Field(
        default=None, description="Seconds between looks while something is afoot.", examples=[10]
    )
    slow: Interval | None = Field(
        default=None, description="Seconds between looks while links are out and nobody is paying.", examples=[120]
    )
    idle: Interval | None = Field(
        default=None, description="Seconds between looks while no link is out.", examples=[600]
    )
    sweep: Interval | None = Field(
        default=None, description="Seconds between full readings of all open invoices.", examples=[43200]
    )


class CompanySettings(StrictSettings):
    """One company: a ledger, a Stripe account and a sender of its own."""

    id: Slug = Field(
        description="Short name you type in commands. Keep it: what was sent and booked is remembered under it.",
        examples=["acme"],
    )
    name: Line = Field(description="Business name as customers know it.", examples=["Acme Plumbing"])
    text_name: ShortLine | None = Field(
        default=None, description="Shorter name for texts, where `name` is long.", examples=["Acme"]
    )
    country: Country = Field(
        description="Country of the business (ISO 3166): how phone numbers without a country code are read.",
        examples=["US"],
    )
    timezone: Zone = Field(
        description="Time zone of the business (IANA name): when its day begins.", examples=["America/New_York"]
    )
    language: Literal["en", "fr", "es", "de", "it", "pt", "nl"] = Field(
        default="en",
        description="Language of the texts to you, and to customers of whom the ledger does not say another "
        "(`marker` under [company.words.fr]).",
    )
    currency: Currency | None = Field(
        default=None,
        description="Currency the books should be in (ISO 4217), and that of minimum_amount. Left out: whatever "
        "currency the ledger and each invoice are in. `duebird check` says when the books are in another one.",
        examples=["USD"],
    )
    start_on: Annotated[date, Means("a date without quotes, such as 2026-12-01")] = Field(
        description="Invoices issued before this day get no text, so that a first start does not text about old debts.",
        examples=[date(2026, 12, 1)],
    )
    enabled: bool = Field(
        default=True, description="false: Duebird leaves this company alone, reads nothing and sends nothing."
    )
    shares_sender: bool = Field(
        default=False,
        description="true: another company of this file may text from the same number. Only for two names of one "
        "legal business: texting about others' invoices is third-party collection, which US and Canadian law forbid.",
    )
    ledger: LedgerSettings = Field(description="Where the books are.")
    stripe: StripeSettings = Field(description="Where the card money arrives.")
    twilio: TwilioSettings = Field(description="What the texts are sent with.")
    notices: NoticeSettings = Field(default_factory=NoticeSettings, description="Which texts, when, to whom not.")
    consent: ConsentSettings = Field(default_factory=ConsentSettings, description="What counts as agreement.")
    words: WordSettings = Field(default_factory=WordSettings, description="Your own words.")
    caps: CapSettings = Field(default_factory=CapSettings, description="Brakes.")
    approval: ApprovalSettings = Field(default_factory=ApprovalSettings, description="Which texts wait for your word.")
    payments: PaymentSettings = Field(default_factory=PaymentSettings, description="What becomes of money.")
    replies: ReplySettings = Field(default_factory=ReplySettings, description="What becomes of customers' replies.")
    mail: MailSettings = Field(default_factory=MailSettings, description="E-mails to you.")
    polling: PollingSettings = Field(default_factory=PollingSettings, description="How often to look.")

    @property
    def name_in_texts(self) -> str:
        """What texts call the company."""
        return self.text_name or self.name
