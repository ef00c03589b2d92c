"""The world around the daemon: an owner who issues and mends invoices, and customers who pay, or not, or say stop."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from random import Random
from typing import Final
from zoneinfo import ZoneInfo

from adapters.clock import ManualClock
from adapters.memory.carrier_world import CarrierWorld
from adapters.memory.cash_world import CashWorld
from adapters.memory.ledger_world import LedgerWorld
from adapters.memory.processor_world import StripeLikeWorld
from connector.domain.asking import is_request
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.receivable import Receivable
from connector.errors import Rejected
from connector.ports.ledger import Booking, BookingRequest
from connector.ports.messenger import DeliveryState, SentText
from connector.ports.processor import PaymentState
from tests.simulation.abroad import Abroad
from tests.simulation.cells import Sometimes, Tally
from tests.simulation.dealings import Dealings
from tests.simulation.manners import LANGUAGES, Manners, Said, Talk, some_words
from tests.simulation.others import Others
from tests.simulation.purse import GAINS, Ordered, Purse
from tests.simulation.subjects import LINK_HOST, OWNER

ZONE: Final = ZoneInfo("America/New_York")
# Runs go through the end of summer time on 1 November; of their last five days, of peace, texts may go on three.
START: Final = datetime(2026, 10, 5, 13, 0, tzinfo=UTC)
PRICE: Final = Decimal("0.0083")
# Where customers live, as far as their ledger says: other zones than their numbers', and stricter laws.
HOMES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"country": "US", "region": "NY", "postal_code": "10001"},
    {"region": "California", "postal_code": "94103"},
    {"country": "US", "region": "FL"},
    {"country": "US", "postal_code": "02903"},
    {"country": "CA", "region": "ON"},
)
_STRICT: Final = 0.5  # of books take no more than is owed
SEVERAL: Final = 0.3  # of the times that an invoice is issued, the same customer gets others with it
WORDS_STOP: Final = ("STOP", "stop", "Unsubscribe")
WORDS_STOP_BY_MEANING: Final = ("please stop texting me", "do not text me again", "remove me from your list")
WORDS_YES: Final = ("YES", "yes please", "Oui")
WORDS_OTHER: Final = ("thanks!", "will pay tomorrow", "who is this?", "I already paid by check", "wrong number")


@dataclass(order=True, slots=True)
class _Turn:
    at: datetime
    number: int
    act: Callable[[], None] = field(compare=False)
    silent: bool = field(compare=False, default=False)


@dataclass(slots=True)
class Person:
    """A customer: whether and when he agreed to texts, and what is to be held against a text to him."""

    customer_id: str
    phone: Phone | None
    agreed_at: datetime | None
    said_yes_at: datetime | None = None  # to the request for consent
    language: str | None = None  # as his ledger says


class LooseBooks(LedgerWorld):
    """Books that take more for an invoice than it owes, and keep the rest as the customer's credit."""

    def _refuse_amount(self, invoice: Receivable, amount: Money) -> None:
        if invoice.balance.is_positive:
            super()._refuse_amount(invoice, min(amount, invoice.balance, key=lambda one: one.minor))
        elif not amount.is_positive or amount.currency != invoice.balance.currency:
            super()._refuse_amount(invoice, amount)

    def _enter(self, request: BookingRequest, *, by_hand: bool) -> Booking:
        owed = self.invoices[request.ledger_id].latest.balance
        if request.amount.minor <= owed.minor:
            return super()._enter(request, by_hand=by_hand)
        made = super()._enter(replace(request, amount=owed), by_hand=by_hand)
        history = self.entries[made.booking_id]
        whole = replace(made, unapplied=request.amount - owed)
        history.add(self.now(), replace(history.latest, booking=whole))
        return whole


def has_loose_books(seed: str) -> bool:
    """Whether the books of a seed take more than an invoice owes."""
    return Random(f"{seed}/town").random() >= _STRICT


class Town:
    """Three worlds and the people in them. What people do is drawn from the seed when its turn comes."""

    def __init__(self, seed: str, clock: ManualClock, end: datetime, tally: Tally, purse: Purse | None = None) -> None:
        self.clock = clock
        self.tally = tally
        self._dice = Random(f"{seed}/town")
        self.ledger = LedgerWorld(clock) if self._dice.random() < _STRICT else LooseBooks(clock)
        self.cash = CashWorld(self.ledger)
        self.cash.accounts[GAINS.account_id] = GAINS
        self.processor = StripeLikeWorld(clock, key_memory=timedelta(minutes=15))
        self.carrier = CarrierWorld(clock)
        self.people: list[Person] = []
        self.spoken: list[tuple[Phone, str, datetime]] = []  # who texted us what, when
        self.restless = True  # somebody did something since this was last looked at
        self.end = end
        self.peace = end - timedelta(days=5)  # no fault any more, and no act that starts anything new but a last one
        self._turns: list[_Turn] = []
        self._numbered = 0
        self._texts_seen = 0
        self._opened: list[str] = []
        self._homes = Random(f"{seed}/homes")
        self._asking = Random(f"{seed}/asking")  # apart, so that all else in a seed stays as it is
        self._joint = Random(f"{seed}/joint")
        self.asks = self._asking.random() < 0.4  # the owner has requests for consent sent
        self._talking = Random(f"{seed}/talking")
        self.manners = self._manners(seed)
        self.talks: dict[str, Talk] = {}  # by the id of the text: what customers wrote about the money
        self.said: list[Said] = []  # what the owner was shown and typed
        self.purse = purse or Purse()  # without one money only comes, and nothing but payments is booked
        self.ordered: list[Ordered] = []  # what he typed about single payments
        self.abroad = Abroad(seed, self)
        self.others = Others(seed, self)
        self.dealings = Dealings(seed, self)
        self._settle_in()

    # ------------------------------------------------------------------------------------------------- the turns

    def at(self, moment: datetime, act: Callable[[], None], *, silent: bool = False) -> None:
        """`silent`: no webhook tells of it."""
        self._numbered += 1
        heapq.heappush(self._turns, _Turn(moment, self._numbered, act, silent))

    def within(self, least: float, most: float, act: Callable[[], None]) -> None:
        """Some hours from now; what would start after the last day does not happen."""
        moment = self.clock.now() + timedelta(hours=self._dice.uniform(least, most))
        if moment < self.end - timedelta(days=1):
            self.at(moment, act)

    def next_at(self) -> datetime:
        return self._turns[0].at if self._turns else self.end

    def take_turns(self) -> None:
        """Everything whose time has come; then people look at the texts they got."""
        self._read_texts()
        while self._turns and self._turns[0].at <= self.clock.now():
            turn = heapq.heappop(self._turns)
            turn.act()
            self.restless = self.restless or not turn.silent
        self._read_texts()
        self.dealings.look()

    # --------------------------------------------------------------------------------------------------- people

    def _manners(self, seed: str) -> Manners:
        return Manners.of(seed)

    def _settle_in(self) -> None:
        dice = self._dice
        for number in range(dice.choice((1, 2, 2, 3))):
            kind = dice.random()
            phone = Phone(f"+121255501{number + (0 if kind > 0.15 or not number else -1):02d}")
            mobile = None if kind > 0.95 else phone.e164
            home, language = self._homes.choice(HOMES), self._talking.choice(LANGUAGES)
            customer_id = self.ledger.add_customer(
                f"Customer {number}", mobile=mobile, given_name=f"Dana{number}", language=language, **home
            )
            self.abroad.settles(customer_id)
            silent = self.asks and self._asking.random() < 0.4
            agreed = None if silent or 0.88 < kind <= 0.95 else self.clock.now()
            person = Person(customer_id, phone if mobile else None, agreed if mobile else None, language=language)
            self.people.append(person)
        if dice.random() < 0.15:
            self.carrier.landlines.add(self.people[-1].phone.e164 if self.people[-1].phone else "")
        if dice.random() < 0.1:
            self.carrier.blocked.add(self.people[0].phone.e164 if self.people[0].phone else "")
        # Of before the start date: nobody is texted about it.
        customer_id = dice.choice(self.people).customer_id
        self.ledger.issue(
            customer_id,
            self._amount(customer_id),
            due_on=START.date() + timedelta(days=dice.randrange(-5, 9)),
            issued_on=START.date() - timedelta(days=dice.randrange(1, 60)),
        )
        days = (self.peace - START).days
        for _ in range(dice.choice((2, 2, 3, 4))):
            moment = START + timedelta(days=dice.uniform(0, days - 8), hours=dice.choice((0, 0, 0, 7)))
            self.at(moment, self._issue)
        # The last one, when nothing goes wrong any more: it must go all the way.
        self.at(self.peace + timedelta(hours=dice.choice((3, 11))), self._issue_last)

    def _amount(self, customer_id: str) -> Money:
        return self.abroad.bill(customer_id, self._dice.choice((4999, 12000, 12000, 250_00, 99_999, 40)))

    def _issue(self) -> None:
        dice = self._dice
        person = dice.choice(self.people)
        due = dice.choice((None, 0, 3, 7, 7, 14, 30))
        due_on = self.ledger.today() + timedelta(days=due) if due is not None else None
        ledger_id = self.ledger.issue(person.customer_id, self._amount(person.customer_id), due_on=due_on)
        if self._joint.random() < SEVERAL:
            self._issue_more(person, due_on)
        for _ in range(dice.choice((0, 0, 0, 1, 1, 2))):
            self.within(0.01, 24 * 16, lambda: self._owner_acts(ledger_id))

    def _issue_more(self, person: Person, due_on: date | None) -> None:
        """Others to the same customer with the same or nearly the same day: they may go into one text."""
        dice = self._joint
        for _ in range(dice.choice((1, 1, 2))):
            amount = self.abroad.bill(person.customer_id, dice.choice((1999, 8000, 30_000)))
            other = self.ledger.issue(person.customer_id, amount, due_on=due_on)
            if dice.random() < 0.4:
                self.within(0.01, 24 * 10, partial(self._owner_acts, other))

    def _issue_last(self) -> None:
        phone = Phone(f"+121255501{50 + len(self.people):02d}")  # nobody else's: his texts are counted
        # In a state whose law shuts no day: the run ends before a Monday could come.
        customer_id = self.ledger.add_customer("Last Customer", mobile=phone.e164, **HOMES[1])
        self.people.append(Person(customer_id, phone, self.clock.now()))
        self.ledger.issue(customer_id, Money.of("77.00", "USD"), due_on=self.ledger.today() + timedelta(days=40))

    def _owner_acts(self, ledger_id: str) -> None:
        """The owner changes an invoice, as one may while money is under way to it."""
        dice, books = self._dice, self.ledger
        standing = books.standing(ledger_id)
        if not standing.is_owed:
            return
        kind = dice.random()
        try:
            if kind < 0.2:
                more = Money.from_minor(dice.choice((-10_00, 15_00)), standing.total.currency)
                books.edit_amount(ledger_id, standing.total + more)
            elif kind < 0.3:
                books.credit(ledger_id, Money.from_minor(5_00, standing.total.currency))
            elif kind < 0.45:
                books.pay_by_hand(ledger_id, self._part(standing), reference="cheque 11")
            elif kind < 0.65:
                books.pay_by_hand(ledger_id, standing.balance, reference="cheque 12")
            elif kind < 0.8:
                books.void(ledger_id)
            elif kind < 0.85:
                books.delete(ledger_id)
            elif standing.due_on is not None:
                books.edit(ledger_id, due_on=standing.due_on + timedelta(days=dice.choice((-3, 5))))
        except (ValueError, Rejected):
            return  # more was paid meanwhile than the change leaves: no ledger lets a person do that

    def _part(self, standing: Receivable) -> Money:
        return Money.from_minor(max(standing.balance.minor // 2, 1), standing.balance.currency)

    # --------------------------------------------------------------------------------------- customers and texts

    def _read_texts(self) -> None:
        texts = list(self.carrier.texts.values())
        for history in texts[self._texts_seen :]:
            self._got(history.latest.text)
        self._texts_seen = len(texts)

    def _got(self, text: SentText) -> None:
        self._carry(text)
        if text.to == OWNER:
            return
        if is_request(text.body):
            self._was_asked(text.to)
            return
        dice = self._dice
        if LINK_HOST not in text.body:
            if dice.random() < 0.05:
                self.within(0.1, 5, lambda: self._say(text.to, dice.choice(WORDS_STOP_BY_MEANING)))
            return
        url = text.body[text.body.index(LINK_HOST) :].split()[0]
        if self.clock.now() >= self.peace:
            self.within(0.2, 20, lambda: self._pay(url))
            return
        to = text.to
        if self._talking.random() < 0.15:
            self._will_talk(to)
        answers: tuple[tuple[int, Callable[[], None]], ...] = (
            (30, lambda: self.within(0.05, 60, lambda: self._pay(url))),
            (12, lambda: self.within(0.05, 20, lambda: self._open(url, 0.2, 23))),
            (10, lambda: self.within(0.05, 20, lambda: self._open_two(url))),
            (15, lambda: self.within(0.05, 40, lambda: self._debit(url))),
            (6, lambda: self.within(0.01, 30, lambda: self._say(to, dice.choice(WORDS_STOP)))),
            (6, lambda: self.within(0.01, 30, lambda: self._say(to, dice.choice(WORDS_STOP_BY_MEANING)))),
            (6, lambda: self.within(0.01, 30, lambda: self._say(to, dice.choice(WORDS_OTHER)))),
            (15, lambda: None),
        )
        dice.choices([act for _, act in answers], [weight for weight, _ in answers])[0]()

    def _carry(self, text: SentText) -> None:
        """Carriers report in seconds or never."""
        kind = self._dice.random() if self.clock.now() < self.peace else 0.5
        if kind < 0.06:
            code = self._dice.choice(("30003", "30005", "30007", "30004"))
            self.at(self.clock.now() + timedelta(seconds=8), lambda: self.carrier.fail(text.text_id, code), silent=True)
        elif kind < 0.97:
            self.at(self.clock.now() + timedelta(seconds=8), lambda: self._deliver(text.text_id), silent=True)

    def _deliver(self, text_id: str) -> None:
        self.carrier.deliver(text_id)
        history = self.carrier.texts[text_id]
        record = history.latest
        if record.text.state is DeliveryState.DELIVERED:
            priced = replace(record.text, price=PRICE, price_currency="USD")
            history.add(self.clock.now(), replace(record, text=priced))

    def _will_talk(self, phone: Phone) -> None:
        """About the money, beside whatever else he does."""
        words, moment = some_words(self._talking), self.clock.now() + timedelta(hours=self._talking.uniform(0.02, 40))
        if moment < self.end - timedelta(days=1):
            self.at(moment, lambda: self._say(phone, words))

    def _was_asked(self, phone: Phone) -> None:
        """Some agree, some want no texts at all, some say something else, most of the rest nothing."""
        kind, hours = self._asking.random(), self._asking.uniform(0.05, 90)
        words = self._asking.choice(WORDS_YES if kind < 0.5 else WORDS_STOP if kind < 0.65 else WORDS_OTHER)
        moment = self.clock.now() + timedelta(hours=hours)
        if kind < 0.8 and moment < self.end - timedelta(days=1):
            self.at(moment, lambda: self._answer(phone, words))

    def _answer(self, phone: Phone, words: str) -> None:
        for person in self.people:
            if person.phone == phone and words in WORDS_YES:
                person.said_yes_at = self.clock.now()
        self._say(phone, words)

    def _say(self, phone: Phone, words: str) -> None:
        text_id, now = self.carrier.reply(phone, words), self.clock.now()
        self.spoken.append((phone, words, now))
        talk = Talk.of(words, phone, now, now.astimezone(ZONE).date())  # the numbers are all of that zone
        if talk is not None:
            self.talks[text_id] = talk

    def _pay(self, url: str) -> None:
        self.processor.pay(url)

    def _open(self, url: str, least: float, most: float) -> None:
        """Look at the page, and pay on it hours later, whatever became of the link."""
        page = self.processor.open_page(url)
        if page is not None:
            self._opened.append(page)
            self.within(least, most, lambda: self._pay_page(page))

    def _open_two(self, url: str) -> None:
        """Two people of one office open the link, and both pay."""
        self._open(url, 0.05, 3)
        self._open(url, 0.05, 3)

    def _pay_page(self, page: str) -> None:
        link = self.processor.links[self.processor.pages[page].latest.link_id].latest
        paid = self.processor.pay_page(page)
        if paid is None:
            return
        if not link.link.active:
            self.tally.reached[Sometimes.PAID_ON_OLD_PAGE] += 1
        if link.completions:
            self.tally.reached[Sometimes.PAID_TWICE] += 1

    def _debit(self, url: str) -> None:
        page = self.processor.start_debit(url)
        if page is not None:
            succeeds = self._dice.random() < 0.6
            days = timedelta(days=self._dice.uniform(0.5, 4))
            latest = self.end - timedelta(days=1, hours=1)
            self.at(min(self.clock.now() + days, latest), lambda: self._debit_ends(page, succeeds=succeeds))

    def _debit_ends(self, page: str, *, succeeds: bool) -> None:
        self.processor.finish_debit(page, succeeds=succeeds)
        if not succeeds:
            self.tally.reached[Sometimes.DEBIT_FAILED] += 1

    # -------------------------------------------------------------------------------------------------- meddling

    def meddle_with_text(self, url: str, phone: Phone) -> bool:
        """While a notice is being sent: its invoice changes, its link is paid, or its reader says stop."""
        kind = self._dice.random()
        if kind < 0.3:
            self._say(phone, self._dice.choice(WORDS_STOP + WORDS_STOP_BY_MEANING))
        elif kind < 0.5 and any(url in one.body for one in self.carrier.all_texts()):
            self._debit(url)  # by whoever had an earlier text with it: nobody else knows the address
        else:
            self._owner_acts(self._invoice_of(url))
        self.restless = True
        return True

    def meddle_with_invoice(self, ledger_id: str) -> bool:
        """While a link is made or a payment booked: the invoice changes."""
        if ledger_id not in self.ledger.invoices:
            return False
        self._owner_acts(ledger_id)
        self.restless = True
        return True

    def meddle_with_link(self, link_id: str) -> bool:
        """While a link is taken down: somebody opens it, or pays on a page opened before."""
        url = self.processor.links[link_id].latest.link.url
        pages = [one for one in self._opened if self.processor.pages[one].latest.link_id == link_id]
        if pages and self._dice.random() < 0.6:
            self._pay_page(self._dice.choice(pages))
        else:
            self._open(url, 0.01, 10)
        self.restless = True
        return True

    def _invoice_of(self, url: str) -> str:
        link = next(one.latest for one in self.processor.links.values() if one.latest.link.url == url)
        return link.link.metadata["duebird_invoice"]

    def succeeded(self) -> int:
        """Payments that went through."""
        return sum(1 for one in self.processor.all_payments() if one.state is PaymentState.SUCCEEDED)
