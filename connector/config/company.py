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
    Words,
    WordsWithLink,
    Zone,
    minutes_of,
)
from connector.settings import Contradiction, Means, StrictSettings

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class NoticeSettings(StrictSettings):
    """Which texts are sent, when, and to whom not."""

    issued: bool = Field(default=True, description="Text the payment link when an invoice is issued.")
    due: bool = Field(default=True, description="Text again on the due date when something is still owed.")
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
    window_start: ClockTime = Field(
        default="08:00",
        description="Earliest time of day for a text, in the customer's time zone. "
        "US law starts at 08:00. '00:00' with window_end '24:00' is the whole day.",
    )
    window_end: ClockTime = Field(
        default="20:00",
        description="Latest time of day for a text, in the customer's time zone. The strictest US states end at 20:00.",
    )
    days: Annotated[tuple[Day, ...], ListOf] = Field(
        default=("mon", "tue", "wed", "thu", "fri", "sat"),
        min_length=1,
        description="Days on which texts may go out. Sundays are out: several countries' carriers block them.",
    )
    max_texts_per_number_per_day: int = Field(
        default=1,
        ge=1,
        le=20,
        description="Texts one number may get in a day, over all its invoices. A second one feels like harassment.",
    )
    excluded_customers: Annotated[tuple[Line, ...], ListOf] = Field(
        default=(),
        description="Customers who never get a text, by their name or id in the ledger, exactly as written there.",
        examples=[["Grandma's Bakery", "58"]],
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
        """A window that opens before it closes."""
        start, end = minutes_of(self.window_start), minutes_of(self.window_end)
        if start is not None and end is not None and start >= end:
            yield Contradiction(
                "window_start",
                f"is '{self.window_start}', not before window_end '{self.window_end}': no text could ever be sent",
                "Write a start before the end, such as '08:00' and '20:00'; the whole day is '00:00' and '24:00'.",
            )

    @property
    def window(self) -> tuple[int, int]:
        """First and last minute of the day (0 to 1440, the end not included), in the customer's zone."""
        return minutes_of(self.window_start) or 0, minutes_of(self.window_end) or 0


class ConsentSettings(StrictSettings):
    """What counts as a customer's agreement to be texted. Without it there is no text."""

    rule: Literal["record", "ledger_marker"] = Field(
        default="record",
        description="'record': only who stands in Duebird's own consent register, which says when and how they agreed. "
        "'ledger_marker': also who carries `marker` in the ledger.",
    )
    marker: Line | None = Field(
        default=None,
        description="What stands for consent in the ledger: in Xero the name of a contact group; in QuickBooks "
        "a #tag in the customer's notes, 'type:NAME' of a customer type, or 'FIELD=VALUE' of a custom field.",
        examples=["Texts OK"],
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """A marker where the rule needs one."""
        if self.rule == "ledger_marker" and self.marker is None:
            yield Contradiction(
                "marker",
                "is missing, and rule = 'ledger_marker' needs it",
                "Add marker, the name of what stands for consent there, such as 'Texts OK'; or use rule = 'record'.",
            )


class WordSettings(StrictSettings):
    """Your own words for the texts, where the built-in ones do not suit.

    Variables: {business}, {first_name}, {amount}, {invoice}, {due}, {link}. What stands in square brackets falls away
    where a value in it is missing.
    """

    issued: WordsWithLink | None = Field(
        default=None,
        description="Text for a newly issued invoice. Built-in words when left out.",
        examples=["[Hi {first_name}, ]{business} here. Your invoice[ {invoice}] for {amount} is ready. Pay: {link}"],
    )
    due: WordsWithLink | None = Field(
        default=None,
        description="Text for the due date. Built-in words when left out.",
        examples=[
            "[Hi {first_name}, ]{business} here. Your invoice[ {invoice}] for {amount} is due today. Pay: {link}"
        ],
    )
    receipt: Words | None = Field(
        default=None,
        description="Text after the payment is booked. Built-in words when left out.",
        examples=["{business}: thank you[ {first_name}], we received {amount}[ for invoice {invoice}]."],
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
    replies: ReplySettings = Field(default_factory=ReplySettings, description="What becomes of customers' replies.")
    polling: PollingSettings = Field(default_factory=PollingSettings, description="How often to look.")

    @property
    def name_in_texts(self) -> str:
        """What texts call the company."""
        return self.text_name or self.name
