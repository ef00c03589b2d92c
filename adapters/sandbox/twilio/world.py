"""What Twilio knows: accounts, numbers, services, messages, who opted out. No HTTP here."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import phonenumbers

STOP_WORDS = frozenset(("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"))
START_WORDS = frozenset(("START", "YES", "UNSTOP"))
HELP_WORDS = frozenset(("HELP", "INFO"))

STOP_ANSWER = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
START_ANSWER = (
    "You have successfully been re-subscribed to messages from this number. Reply HELP for help. "
    "Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
HELP_ANSWER = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."

FINAL = frozenset(("delivered", "undelivered", "failed", "canceled", "read", "received"))
WAITING = frozenset(("accepted", "queued", "sending"))

PRICE = Decimal("0.00830")  # a segment; the account pays it when the carrier took the text
EPOCH = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)  # when the account's own things were made

_GSM7 = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM7_TWO = frozenset("^{}\\[~]|€\f")


def new_sid(prefix: str) -> str:
    return prefix + secrets.token_hex(16)


def country_of(number: str) -> str:
    """By country code alone, so that the made-up numbers of tests have a country too."""
    parsed = phonenumbers.parse(number, None)
    return str(phonenumbers.region_code_for_country_code(parsed.country_code or 0))


def segments_of(body: str) -> int:
    if all(c in _GSM7 or c in _GSM7_TWO for c in body):
        sizes = [2 if c in _GSM7_TWO else 1 for c in body]
        one, many = 160, 153
    else:
        sizes = [2 if ord(c) > 0xFFFF else 1 for c in body]
        one, many = 70, 67
    if sum(sizes) <= one:
        return 1
    count, room = 1, many
    for size in sizes:
        if size > room:
            count, room = count + 1, many
        room -= size
    return count


@dataclass
class Number:
    """A phone number the account rents."""

    e164: str
    sid: str = field(default_factory=lambda: new_sid("PN"))
    sms: bool = True
    sms_url: str = ""
    sms_application_sid: str | None = None
    verification: str | None = None  # of a toll-free number: PENDING_REVIEW ... TWILIO_APPROVED; None: never asked for
    rejection_reason: str | None = None


@dataclass
class Service:
    """A messaging service: a pool of numbers with one opt-out list and one setting for what comes in."""

    sid: str
    friendly_name: str = "Reminders"
    numbers: list[str] = field(default_factory=list)
    short_codes: list[str] = field(default_factory=list)
    alpha_senders: list[str] = field(default_factory=list)  # names: they send, and nobody can reply to them
    inbound_request_url: str | None = None
    use_inbound_webhook_on_number: bool = False
    status_callback: str | None = None
    # The US campaign: PENDING, IN_PROGRESS, VERIFIED, FAILED; None: there is none.
    campaign_status: str | None = "VERIFIED"
    campaign_errors: list[dict[str, str]] = field(default_factory=list)
    # Advanced Opt-Out: words beside the standard ones, capitals. https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
    advanced_opt_out: bool = False
    stop_words: list[str] = field(default_factory=list)

    def own_words(self, kind: str) -> list[str]:
        """Words of the business's own choice; there are some only with Advanced Opt-Out, and only for STOP here."""
        return self.stop_words if self.advanced_opt_out and kind == "STOP" else []

    def opt_out_type(self, body: str) -> str:
        """What Twilio says in its webhook that a text was, "" where it says nothing."""
        if not self.advanced_opt_out:
            return ""
        kinds = {"STOP": STOP_WORDS, "START": START_WORDS, "HELP": HELP_WORDS}
        word = body.strip().upper()
        return next((kind for kind, words in kinds.items() if word in words or word in self.own_words(kind)), "")


@dataclass
class Message:
    """One text, either way. `sender` is the number that will carry it; `from_` is what the API shows."""

    sid: str
    account_sid: str
    direction: str
    to: str
    sender: str
    from_: str | None
    service_sid: str | None
    body: str
    status: str
    created_at: datetime
    order: int
    validity: int = 36000
    updated_at: datetime = EPOCH
    sent_at: datetime | None = None
    error_code: int | None = None
    price: Decimal | None = None
    status_callback: str | None = None
    segments: int = 1
    fate: int | None = None  # the error code it will end with, None where it will be delivered


@dataclass
class Account:
    """An account, live, trial or test (test credentials: nothing is sent or kept)."""

    sid: str
    auth_token: str
    friendly_name: str = "A company"
    api_keys: dict[str, str] = field(default_factory=dict)
    test: bool = False
    trial: bool = False
    status: str = "active"
    names_allowed: bool = True  # Alphanumeric Sender ID is switched on for upgraded accounts
    verified: set[str] = field(default_factory=set)
    balance: Decimal = Decimal("25.00")
    numbers: dict[str, Number] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    by_sid: dict[str, Message] = field(default_factory=dict)
    by_to: dict[str, list[Message]] = field(default_factory=dict)
    opted_out: dict[tuple[str, str], datetime] = field(default_factory=dict)  # (service or number, person)

    def keep(self, message: Message) -> None:
        self.messages.append(message)
        self.by_sid[message.sid] = message
        self.by_to.setdefault(message.to, []).append(message)

    def service_of(self, number: str) -> Service | None:
        return next((s for s in self.services.values() if number in (*s.numbers, *s.short_codes)), None)

    def senders_of(self, scope: str) -> list[str]:
        """Every number that a STOP within that scope closes."""
        service = self.services.get(scope)
        return [*service.numbers, *service.short_codes] if service else [scope]

    def scope_of(self, number: str) -> str:
        """What a STOP to that number closes: the service it belongs to, else the number alone."""
        service = self.service_of(number)
        return service.sid if service else number


@dataclass
class Habits:
    """How this Twilio behaves; all of it can be set while it runs."""

    lag_seconds: float = 0.0  # a new message is not in the list before that
    sent_after: float | None = None  # None: stays queued until told
    delivered_after: float | None = None  # None: stays sent until told
    price_after: float = 0.0  # seconds after sending
    geo: list[str] | None = None  # countries that may be texted; None: all
    landlines_refused: bool = True  # False: accepted, then undelivered with 30006, as in some countries
    throttle_next: int = 0
    line_types: dict[str, str] = field(default_factory=dict)  # of numbers that are no mobiles, as Lookup names them
    new_hands: dict[str, str] = field(default_factory=dict)  # number: the day (ISO) it became somebody else's
    forbidden: list[str] = field(default_factory=list)  # parts of paths that API keys may not read
    status_webhook: str | None = None  # for texts that name no callback of their own
    inbound_webhook: str | None = None  # instead of the number's or the service's own address


@dataclass
class World:
    """All of it."""

    habits: Habits = field(default_factory=Habits)
    accounts: dict[str, Account] = field(default_factory=dict)
    landlines: set[str] = field(default_factory=set)
    dropped: list[dict[str, str]] = field(default_factory=list)  # inbound that Twilio did not log
    _order: int = 0

    def owner_of(self, number: str) -> Account | None:
        return next((a for a in self.accounts.values() if number in a.numbers), None)

    def write(self, account: Account, *, now: datetime, **fields: object) -> Message:
        """Make a message; the caller decides whether the account keeps it."""
        self._order += 1
        message = Message(
            sid=new_sid("SM"),
            account_sid=account.sid,
            created_at=now,
            updated_at=now,
            order=self._order,
            **fields,  # type: ignore[arg-type]  # named by the three callers below and beside
        )
        message.segments = segments_of(message.body)
        return message

    def receive(self, person: str, number: str, body: str, now: datetime) -> list[Message]:
        """A person texts one of our numbers: what is logged, the inbound text and Twilio's own answer to it."""
        account = self.owner_of(number)
        if account is None:
            raise LookupError(f"no account has the number {number}")
        logged: list[Message] = []
        service = account.service_of(number)
        if service and service.inbound_request_url is None and not service.use_inbound_webhook_on_number:
            self.dropped.append({"from": person, "to": number, "body": body, "at": now.isoformat()})
        else:
            message = self.write(
                account,
                now=now,
                direction="inbound",
                to=number,
                sender=person,
                from_=person,
                service_sid=service.sid if service else None,
                body=body,
                status="received",
                sent_at=now,
            )
            account.keep(message)
            logged.append(message)
        answer = self._answer_to(account, account.scope_of(number), person, body, now)
        if answer:
            reply = self.write(
                account,
                now=now,
                direction="outbound-reply",
                to=person,
                sender=number,
                from_=number,
                service_sid=service.sid if service else None,
                body=answer,
                status="sent",
                sent_at=now,
            )
            account.keep(reply)
            logged.append(reply)
        return logged

    def _answer_to(self, account: Account, scope: str, person: str, body: str, now: datetime) -> str | None:
        """Twilio's default keywords: the whole message, any case. The block holds without any webhook."""
        word = body.strip().upper()
        service = account.services.get(scope)
        if word in STOP_WORDS or (service and word in service.own_words("STOP")):
            account.opted_out[scope, person] = now
            return STOP_ANSWER
        if word in START_WORDS and (scope, person) in account.opted_out:
            del account.opted_out[scope, person]
            return START_ANSWER
        return HELP_ANSWER if word in HELP_WORDS else None

    def advance(self, account: Account, message: Message, now: datetime) -> bool:
        """Bring one outbound text to where it stands by now; says whether it moved."""
        before = message.status
        waited = (now - message.created_at).total_seconds()
        habits = self.habits
        if message.status in WAITING and habits.sent_after is not None and waited >= habits.sent_after:
            if habits.sent_after > message.validity:
                self.set_status(account, message, "failed", now, 30001)
            else:
                self.set_status(account, message, "sent", message.created_at + timedelta(seconds=habits.sent_after))
        elif message.status in WAITING and waited > message.validity:
            self.set_status(account, message, "failed", now, 30001)
        if (
            message.status == "sent"
            and message.direction == "outbound-api"
            and habits.delivered_after is not None
            and waited >= habits.delivered_after
        ):
            state = "undelivered" if message.fate else "delivered"
            self.set_status(account, message, state, now, message.fate)
        if message.price is None and message.sent_at and message.direction != "inbound":
            self._bill(account, message, now)
        return message.status != before

    def set_status(
        self, account: Account, message: Message, status: str, now: datetime, error_code: int | None = None
    ) -> None:
        message.status = status
        message.error_code = error_code
        message.updated_at = now
        message.from_ = message.sender
        if status in {"sent", "delivered", "undelivered"} and message.sent_at is None:
            message.sent_at = now
        if message.sent_at:
            self._bill(account, message, now)

    def _bill(self, account: Account, message: Message, now: datetime) -> None:
        due = message.sent_at and now >= message.sent_at + timedelta(seconds=self.habits.price_after)
        if due and message.price is None:
            message.price = PRICE * message.segments
            account.balance -= message.price
