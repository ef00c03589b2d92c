"""The play itself: tell what the stand-ins record as it happens, and let the customers do their parts."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Final
from urllib.parse import quote

from connector.demo.cast import BUSINESSES, PARTS, Act, Business, Customer, Part, part_of, who_has
from connector.demo.doors import Doors
from connector.demo.owner import Owner
from connector.demo.records import Entry, Invoice, Paid, Records, Text, read_records
from connector.demo.setting import issue_part, pay_by_cheque
from connector.demo.stage import Stage
from connector.demo.summary import TITLES
from connector.demo.verdict import settled_as
from connector.domain.consent import ConsentState, standing
from connector.domain.dunning import SENTENCES, Reason
from connector.domain.message import plain_amount
from connector.errors import DuebirdError
from state.queries import Queries

LIMIT: Final = 80.0  # seconds for the whole play; it takes a quarter of that, and more only where a machine is busy
LOOKS_AFTER: Final = (
    2  # the first may have begun before all was done; a double would come with the second at the latest
)
LOOK: Final = 0.1  # seconds between two looks at the stand-ins: soon enough for an eye


@dataclass(frozen=True, slots=True)
class News:
    """Something that is not told yet: by what it is known, when it happened, and how to tell it."""

    key: str
    at: datetime
    tell: Callable[[], None]


class Story:
    """One playing of it, until everybody has done their part, or time is up."""

    def __init__(
        self,
        doors: Doors,
        stage: Stage,
        queries: Queries,
        alive: Callable[[], None],
        now: datetime,
        owners: Sequence[Owner] = (),
    ) -> None:
        """Prepare.

        Args:
            doors: the stand-ins.
            stage: where it is told.
            queries: Duebird's own record, asked only for why somebody gets no text and how far Duebird has heard.
            alive: raises when the daemon has ended.
            now: the present instant, UTC.
            owners: of the businesses that begin in draft.
        """
        self._owners = owners
        self._doors, self._stage, self._queries, self._alive, self._now = doors, stage, queries, alive, now
        self._seen: set[str] = set()
        self._told: set[str] = set()  # texts that have been shown
        self._acted: set[str] = set()  # invoices whose part is played
        self._looks_wanted: dict[str, int] | None = None  # by business, once everybody has done their part

    def play(self) -> bool:
        """Tell and act; says whether all was done before time was up.

        Raises:
            DuebirdError: the daemon ended, or a stand-in did.
        """
        records = read_records(self._doors)
        self._seen.update(text.sid for text in records.texts)
        self._seen.update(_entry_key(entry) for entry in records.entries)
        while self._stage.seconds < LIMIT:
            records = read_records(self._doors)
            news = min(self._news(records), key=lambda one: one.at, default=None)
            if news is not None:  # one at a time, and what has happened meanwhile may come before the next
                self._seen.add(news.key)
                news.tell()
            self._act(records)
            if news is None:
                if self._done(records) and self._looked_again():
                    return True
                time.sleep(LOOK)
            self._alive()
        return False

    # -------------------------------------------------------------------------------------------------- telling

    def _news(self, records: Records) -> Iterator[News]:
        for text in records.texts:
            if text.sid not in self._seen and not text.inbound and not text.automatic:  # those are told when written
                yield News(text.sid, text.at, partial(self._tell_text, records, text))
        for paid in records.paid:
            if paid.method != "card" and paid.state == "succeeded" and paid.payment_id not in self._seen:
                yield News(paid.payment_id, _arrived(records, paid), partial(self._tell_bank, paid))
        for entry in records.entries:
            if _entry_key(entry) not in self._seen and "Duebird" in entry.said:
                yield News(_entry_key(entry), entry.at, partial(self._tell_entry, records, entry))
        for link in records.links:
            part = part_of(link.number)
            if part is not None and part.act is Act.CHEQUE and not link.active and link.link_id not in self._seen:
                yield News(link.link_id, _AT_ONCE, partial(self._tell_cheque, part))

    def _is_new(self, key: str) -> bool:
        new = key not in self._seen
        self._seen.add(key)
        return new

    def _tell_text(self, records: Records, text: Text) -> None:
        who = who_has(text.to)
        if text.to in {business.owner for business in BUSINESSES}:
            self._stage.event(f"Text to {who}: “{text.body}”", "blue")
            return
        link = records.link_at(text.link)
        about = f", about {link.number}" if link else ", a thank-you"
        self._stage.bubble(f"Text to {who}{about}", text.body, "cyan" if link else "green")
        self._told.add(text.sid)

    def _tell_cheque(self, part: Part) -> None:
        self._stage.event(
            f"Duebird read {part.number} once more before texting and found it paid: no text to "
            f"{part.customer.short}, and the payment page is taken down.",
            "yellow",
        )

    def _tell_bank(self, paid: Paid) -> None:
        self._stage.event(
            f"The bank has paid: {plain_amount(paid.amount)} for {paid.number} is there.", "green", mark="$"
        )

    def _tell_entry(self, records: Records, entry: Entry) -> None:
        ledger = TITLES[next(one.ledger for one in BUSINESSES if one.id == entry.business)]
        booked_on = (entry.business, entry.ledger_id)
        invoice = next(one for one in records.invoices if (one.business, one.ledger_id) == booked_on)
        left = (
            "nothing is owed any more" if not invoice.balance.is_positive else f"{plain_amount(invoice.balance)} left"
        )
        self._stage.event(
            f"{ledger}: {plain_amount(entry.amount)} booked on {invoice.number}, {left}.", "green", mark="="
        )

    # -------------------------------------------------------------------------------------------------- acting

    def _act(self, records: Records) -> None:
        for owner in self._owners:
            owner.act(records)
        for business in BUSINESSES:
            for part in PARTS[business.id]:
                if part.number not in self._acted and self._turn_of(records, business, part):
                    self._acted.add(part.number)

    def _turn_of(self, records: Records, business: Business, part: Part) -> bool:
        """Do what that part asks for, if it is time; says whether it was."""
        if part.act is Act.CHEQUE:
            return self._cheque_comes(records, business, part)
        if part.later:
            return self._issue_later(records, business, part)
        notice = next(iter(records.notices(part.number)), None)
        if notice is None or notice.sid not in self._told or not part.is_texted:
            return False
        person, amount = part.customer.short, plain_amount(part.owed)
        if part.act is Act.CARD:
            self._doors.pay(notice.link, "card")
            self._stage.event(f"{person} opens the link and pays {amount} by card.", "magenta", mark="$")
        elif part.act is Act.BANK:
            self._doors.pay(notice.link, "bank")
            self._stage.event(
                f"{person} opens the link and pays {amount} from a bank account. The money is not there yet.", "magenta"
            )
        elif part.act is Act.STOP:
            self._doors.reply(part.customer.e164, business.seed.number, "STOP")
            self._stage.event(f"{person} answers: “STOP”. Twilio confirms it to {person} by itself.", "red")
        return True

    def _cheque_comes(self, records: Records, business: Business, part: Part) -> bool:
        """While Duebird reads the invoice once more before the text, the bookkeeper enters a cheque."""
        if not any(one["hits"] for one in self._doors.get("quickbooks", "faults")["faults"]):
            return False
        invoice = _invoice(records, part)
        self._stage.event(
            f"A text about {part.number} to {part.customer.short} is ready. In this moment the bookkeeper enters "
            f"{part.customer.short}'s cheque of {plain_amount(part.owed)}.",
            "yellow",
        )
        pay_by_cheque(self._doors, business, invoice.ledger_id, str(part.owed.amount))
        self._doors.clear_faults("quickbooks")
        return True

    def _issue_later(self, records: Records, business: Business, part: Part) -> bool:
        """A second invoice for a customer: of one who said STOP once Duebird has heard it, of another after the text.

        Not sooner: Twilio refuses texts from the STOP on, so that Duebird's own memory would not be put to the test;
        and two invoices at once would go out in one text.
        """
        issued = next(one for one in PARTS[business.id] if one.customer == part.customer and not one.later)
        stopped = issued.act is Act.STOP
        if stopped and standing(self._queries.consent(business.id, part.customer.e164)) is not ConsentState.REVOKED:
            return False
        if not stopped and not any(one.sid in self._told for one in records.notices(issued.number)):
            return False
        customer_id = _customer_id(self._doors, business, part.customer)
        issue_part(self._doors, business, part, customer_id, self._now)
        who = f"who said STOP about {issued.number}" if stopped else f"who had a text about {issued.number} today"
        self._stage.event(f"{business.name} issues {part.number} to {part.customer.short}, {who}.")
        return True

    # -------------------------------------------------------------------------------------------------- the end

    def _done(self, records: Records) -> bool:
        """Everybody has done their part, everything is booked, and Duebird has looked at every invoice."""
        self._let_the_bank_pay(records)
        done = [self._is_done(records, business, part) for business in BUSINESSES for part in PARTS[business.id]]
        # Every part is asked, also behind one that is not done: asking may tell something.
        return all(done) and all(one.has_let_go for one in self._owners)

    def _is_done(self, records: Records, business: Business, part: Part) -> bool:
        invoice = records.invoice(part.number)
        if invoice is None or invoice.status != settled_as(part):
            return False
        if part.is_paid_online:
            return _thanked(records, part)
        if not part.is_texted and part.act is not Act.CHEQUE and not part.before:
            return self._told_why_not(business, part, invoice)
        if part.act is Act.CHEQUE:
            return not any(one.active for one in records.links if one.number == part.number)
        return True

    def _looked_again(self) -> bool:
        """Whether Duebird has looked at everything again since all was done: only then is nothing more to come."""
        asked = self._doors.get("twilio", "requests")["requests"]  # replies are read in every pass
        looks = {
            business.id: sum(
                one["method"] == "GET" and quote(f"={business.seed.number}", safe="=") in one["query"] for one in asked
            )
            for business in BUSINESSES
        }
        if self._looks_wanted is None:
            self._looks_wanted = {name: count + LOOKS_AFTER for name, count in looks.items()}
        return all(looks[name] >= wanted for name, wanted in self._looks_wanted.items())

    def _let_the_bank_pay(self, records: Records) -> None:
        """Days pass for the bank debit, once Duebird has heard that it is under way."""
        for paid in records.paid:
            if paid.state == "pending" and self._reason(paid.business, paid.ledger_id) is Reason.PAYMENT_PENDING:
                self._stage.event(
                    f"Duebird waits for the bank with {paid.number}: nothing is booked, nobody is texted."
                )
                self._stage.event("The bank takes days for that; the sandbox lets them pass.")
                self._doors.post("stripe", "debit", session=paid.session_id, succeeds=True)

    def _told_why_not(self, business: Business, part: Part, invoice: Invoice) -> bool:
        reason = self._reason(business.id, invoice.ledger_id)
        if reason is None:
            return False
        if self._is_new(f"why {part.number}"):
            self._stage.event(f"No text to {part.customer.short} about {part.number}: {SENTENCES[reason]}.", "yellow")
        return True

    def _reason(self, business: str, ledger_id: str) -> Reason | None:
        """Why Duebird texts nobody about it; None while it has not decided for good."""
        row = self._queries.receivable(business, ledger_id)
        return Reason(row.reason) if row is not None and row.reason not in _UNDECIDED else None


_UNDECIDED: Final = frozenset(
    {"", Reason.GO, Reason.IN_PROGRESS, Reason.LINK_CHANGING, Reason.AWAITING_APPROVAL, Reason.IN_DRAFT}
)
_AT_ONCE: Final = datetime.min.replace(tzinfo=UTC)  # told before anything else: it belongs to what was just said
_LAST: Final = datetime.max.replace(tzinfo=UTC)


def _arrived(records: Records, paid: Paid) -> datetime:
    """Stripe's records tell no instant for a debit's end: it comes just before its entry, else after all else."""
    entries = [entry.at for entry in records.entries if paid.payment_id in entry.said]
    return min(entries, default=_LAST)


def _entry_key(entry: Entry) -> str:
    return f"{entry.business} {entry.entry_id}"


def _invoice(records: Records, part: Part) -> Invoice:
    found = records.invoice(part.number)
    if found is None:
        raise DuebirdError(f"{part.number} is not in the ledger of the play.")
    return found


def _customer_id(doors: Doors, business: Business, customer: Customer) -> str:
    if business.ledger == "quickbooks":
        rows = doors.get("quickbooks", "records")["customers"]
        return str(next(one["Id"] for one in rows if one["DisplayName"] == customer.name))
    rows = doors.get("xero", "records")["contacts"]
    return str(next(one["ContactID"] for one in rows if one["Name"] == customer.name))


def _thanked(records: Records, part: Part) -> bool:
    return any(one.to == part.customer.e164 and not one.link and part.number in one.body for one in records.texts)


def reasons(queries: Queries, records: Records) -> dict[str, str]:
    """Duebird's own word for each invoice that got no text, by number."""
    said = {}
    for invoice in records.invoices:
        row = queries.receivable(invoice.business, invoice.ledger_id)
        if row is not None and row.reason:
            said[invoice.number] = SENTENCES[Reason(row.reason)]
        elif invoice.status in {"paid", "voided"}:
            said[invoice.number] = f"{invoice.status} before Duebird first looked"
    return said
