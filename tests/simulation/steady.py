"""A town in which people do what they do at set hours, whatever befalls the daemon: two runs of it can be compared."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from random import Random
from typing import Final

from adapters.clock import ManualClock
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.errors import Rejected
from connector.ports.messenger import SentText
from tests.simulation.cells import Tally
from tests.simulation.manners import Manners
from tests.simulation.purse import Purse
from tests.simulation.subjects import LINK_HOST
from tests.simulation.town import Person, Town

# What becomes of an invoice, and how often. Each draws from a stream of its own, so that none shifts another.
FATES: Final = (("pays", 9), ("debits", 3), ("cheque", 2), ("voided", 2), ("raised", 2), ("waits", 3))
# By then its first notice has long gone out, unless the machine slept for a week or the services were away.
SETTLED_AFTER: Final = (8.0, 12.0)  # days
CUSTOMERS, INVOICES = 4, 8


class SteadyTown(Town):
    """Nobody acts because of when a text came, and nobody meddles with a call."""

    def __init__(self, seed: str, clock: ManualClock, end: datetime, tally: Tally, purse: Purse | None = None) -> None:
        self._seed = seed
        self.texted: dict[str, str] = {}  # by invoice: the link in its newest text
        super().__init__(seed, clock, end, tally, purse)

    def _manners(self, seed: str) -> Manners:
        del seed
        return Manners()

    def _settle_in(self) -> None:
        dice = Random(f"{self._seed}/steady")
        for number in range(CUSTOMERS):
            phone = Phone(f"+121255501{number:02d}")
            customer_id = self.ledger.add_customer(f"Customer {number}", mobile=phone.e164, given_name=f"Dana{number}")
            self.people.append(Person(customer_id, phone, self.clock.now()))
        days = (self.peace - self.clock.now()).days
        for number in range(INVOICES):
            moment = self.clock.now() + timedelta(days=dice.uniform(0, days - SETTLED_AFTER[1] - 2))
            self.at(moment, lambda number=number: self._issue_number(number))  # type: ignore[misc]

    def _issue_number(self, number: int) -> None:
        dice = Random(f"{self._seed}/steady/{number}")
        amount = Money.from_minor(dice.choice((4999, 12000, 250_00, 99_999)), "USD")
        ledger_id = self.ledger.issue(
            self.people[number % CUSTOMERS].customer_id, amount, due_on=self._due(dice.choice((None, 3, 7, 14, 30)))
        )
        fate = dice.choices([one for one, _ in FATES], [weight for _, weight in FATES])[0]
        moment = self.clock.now() + timedelta(days=dice.uniform(*SETTLED_AFTER))
        self.at(moment, lambda: self._befalls(ledger_id, fate))

    def _due(self, days: int | None) -> date | None:
        return self.ledger.today() + timedelta(days=days) if days is not None else None

    def _befalls(self, ledger_id: str, fate: str) -> None:
        url, standing = self.texted.get(ledger_id), self.ledger.standing(ledger_id)
        try:
            if fate == "cheque":
                self.ledger.pay_by_hand(ledger_id, standing.balance, reference="cheque 12")
            elif fate == "voided":
                self.ledger.void(ledger_id)
            elif fate == "raised":
                self.ledger.edit_amount(ledger_id, standing.total + Money.of("15.00", "USD"))
            elif fate == "pays" and url is not None:
                self.processor.pay(url)
            elif fate == "debits" and url is not None and (page := self.processor.start_debit(url)) is not None:
                ends = self.clock.now() + timedelta(days=2)
                self.at(ends, lambda: self._debit_ends(page, succeeds=True))
        except (ValueError, Rejected):
            return  # nothing is left to be changed

    def _got(self, text: SentText) -> None:
        self.at(self.clock.now() + timedelta(seconds=8), lambda: self._deliver(text.text_id))
        if LINK_HOST in text.body:
            url = text.body[text.body.index(LINK_HOST) :].split()[0]
            self.texted[self._invoice_of(url)] = url

    def meddle_with_text(self, url: str, phone: Phone) -> bool:
        """Nobody."""
        del url, phone
        return False

    def meddle_with_invoice(self, ledger_id: str) -> bool:
        """Nobody."""
        del ledger_id
        return False

    def meddle_with_link(self, link_id: str) -> bool:
        """Nobody."""
        del link_id
        return False
