"""`duebird preview`: the real decision on a copy of what is on record, with today's ledger. Changes nothing."""

from __future__ import annotations

import json
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

from connector import assemble
from connector.companies import DATABASE_URL, company_settings
from connector.config import Loaded
from connector.domain.calendar import local_day, zones_of
from connector.domain.dunning import SENTENCES, Reason
from connector.domain.effect import BooksIdentity
from connector.domain.message import plain_amount
from connector.domain.phone import Phone, region_of
from connector.domain.plan import Gate, LinkFact, Situation, decide, may_text
from connector.domain.segments import segments
from connector.errors import DatabaseTrouble, DuebirdError
from connector.flows import poll
from connector.flows.company import Company
from connector.flows.situation import situations
from connector.ports.calls import Clock
from connector.ports.messenger import SegmentPrice
from state.database import Database
from state.elsewhere import EMPTY, is_elsewhere
from state.migrate import migrate
from state.place import DATABASE_NAME, sqlite_url
from state.queries import Queries
from state.store import Store
from state.views import Sought

LOOKS_AHEAD: Final = 12  # next steps followed for one invoice: windows, caps and steps alternate a few times at most
HORIZON: Final = timedelta(days=40)  # what lies further away is decided when it is nearer

# What a live link looks like, to the character: the words and their segments are those of the real text.
SAMPLE_LINK: Final = "https://buy.stripe.com/xxxxxxxxxxxxxxxxxxxxxxx"


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would become of one invoice. `when`: in the customer's own time. `body`: empty where nothing goes out."""

    invoice: str
    customer: str
    phone: str
    amount: str
    why: str
    when: datetime | None
    body: str
    segments: int
    price: str
    entry: str


def rehearse(loaded: Loaded, company_id: str, limit: int) -> list[Rehearsed]:
    """Every open invoice with what would happen to it next.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    clock = assemble.system_clock()
    with tempfile.TemporaryDirectory(prefix="duebird-preview-") as folder:
        url = sqlite_url(Path(folder) / "state")
        _copy(loaded, Path(folder) / "state")
        database = Database(url)
        try:
            state = assemble.State(Path(folder), database, Store(database), Queries(database))
            return _rehearse(loaded, company_id, state, clock, limit)
        finally:
            database.close()


def _copy(loaded: Loaded, folder: Path) -> None:
    """What is on record, into a file of this preview's own; nothing where nothing is on record yet."""
    if not is_elsewhere(loaded.state_dir, os.environ.get(DATABASE_URL, "")):
        if (loaded.state_dir / DATABASE_NAME).exists():
            target = folder / DATABASE_NAME
            target.unlink()
            with closing(Database(sqlite_url(loaded.state_dir, create=False))) as original:
                original.copy_to(target)
        migrate(sqlite_url(folder))
        return
    migrate(sqlite_url(folder))
    try:
        state = assemble.open_state(loaded.state_dir, create=False)
    except DatabaseTrouble as trouble:
        if trouble.code != EMPTY:
            raise
        return
    with closing(state), closing(Database(sqlite_url(folder))) as copy:
        state.database.copy_rows_to(copy)


def _rehearse(loaded: Loaded, company_id: str, state: assemble.State, clock: Clock, limit: int) -> list[Rehearsed]:
    parts = assemble.services(loaded, company_id, state, clock).adapters
    settings = company_settings(loaded, company_id)
    account = parts.processor.account()
    booked_to = assemble.payment_account(settings, parts.ledger.payment_accounts())
    company = Company(
        id=company_id,
        identity=BooksIdentity(settings.ledger.kind, parts.tenant_id, account.account_id),
        policy=assemble.policy_of(settings, payment_account_id=booked_to.account_id, live=account.live),
        words=assemble.wording(settings),
        ledger=parts.ledger,
        processor=parts.processor,
        messenger=parts.messenger,
        store=state.store,
        queries=state.queries,
        clock=clock,
        lease=assemble.lease_of(loaded, state.folder, parts, assemble.new_id()),  # a preview claims nothing
    )
    poll.run_once(company)
    ids = [row.ledger_id for row in state.queries.receivables(company_id, Sought(states=("open",)), limit=limit)]
    poll.read_customers(company, _owners(company, ids))
    now = clock.now()
    found = situations(company, ids, now)
    rehearsal = _Rehearsal(company, now, booked_to.name)
    # In the order in which the engine decides: two invoices of one customer must not both have the first turn.
    return sorted((rehearsal.one(found[one]) for one in sorted(found)), key=_by_turn)


def _by_turn(one: Rehearsed) -> tuple[bool, float, str]:
    return one.when is None, one.when.timestamp() if one.when else 0.0, one.invoice


def _owners(company: Company, ids: Sequence[str]) -> list[str]:
    now = company.clock.now()
    found = situations(company, ids, now)
    # Customers whose invoices can get no text anyway are not worth a call.
    return [
        one.receivable.customer_id
        for one in found.values()
        if may_text(one, company.policy, now).reason not in {Reason.BASELINE, Reason.EXCLUDED, Reason.HELD}
    ]


class _Rehearsal:
    """One preview of one company, invoice by invoice: who has had their text of a day counts for the next one."""

    def __init__(self, company: Company, now: datetime, account: str) -> None:
        self._company, self._now, self._account = company, now, account
        self._prices: dict[str, SegmentPrice | None] = {}
        self._planned: Counter[tuple[str, date]] = Counter()  # notices by number and the recipient's day

    def one(self, situation: Situation) -> Rehearsed:
        """What would become of it."""
        company, receivable = self._company, situation.receivable
        when, reason = self._when(situation)
        if reason is Reason.NO_CONSENT and company.policy.ask:
            reason = Reason.ASKED
        label, amount = receivable.label, plain_amount(receivable.balance)
        phone = situation.phone.masked if situation.phone else "no mobile number"
        nothing = Rehearsed(label, receivable.customer_name, phone, amount, SENTENCES[reason], None, "", 0, "", "")
        if when is None or situation.phone is None:
            return nothing
        fitting = tuple(one for one in situation.live_links if one.amount == receivable.balance and not one.used)
        dressed = replace(
            situation,
            live_links=fitting or (LinkFact("preview", SAMPLE_LINK, receivable.balance),),
            notices_today=0,
            texted_before=situation.texted_before or any(number == situation.phone.e164 for number, _ in self._planned),
        )
        decision = decide(dressed, company.policy, company.words, when)
        texts = [one for one in decision.effects if one.kind == "send_text"]
        if not texts:
            return replace(nothing, why=decision.problem or SENTENCES[decision.reason])
        self._planned[situation.phone.e164, self._day(situation.phone, when)] += 1
        body = str(json.loads(texts[0].request)["body"])
        count = segments(body)
        return Rehearsed(
            invoice=label,
            customer=receivable.customer_name,
            phone=phone,
            amount=amount,
            why=SENTENCES[Reason.GO],
            when=when.astimezone(zones_of(situation.phone, company.policy.zone)[0]),
            body=body,
            segments=count,
            price=self._price(situation.phone, count),
            entry=f"a payment of {amount} on invoice {label}, received in {self._account}; the invoice is then paid",
        )

    def _day(self, phone: Phone, at: datetime) -> date:
        return local_day(at, zones_of(phone, self._company.policy.zone)[0])

    def _when(self, situation: Situation) -> tuple[datetime | None, Reason]:
        """The first instant at which the gates are open, by following each gate's own word on when to look again."""
        at, first = self._now, self._gate(situation, self._now)
        gate = first
        for _ in range(LOOKS_AHEAD):
            if gate.open:
                return at, Reason.GO
            if gate.review_at is None or gate.review_at - self._now > HORIZON or gate.review_at <= at:
                break
            at = gate.review_at
            later = self._gate(situation, at)
            if later.reason == gate.reason and gate.reason in _DAILY_HOPE:
                break
            gate = later
        return None, first.reason

    def _gate(self, situation: Situation, at: datetime) -> Gate:
        """The gates at an instant to come, with the texts that will have gone out on that day by then."""
        if situation.phone is not None:
            day = self._day(situation.phone, at)
            had = situation.notices_today if day == self._day(situation.phone, self._now) else 0
            situation = replace(situation, notices_today=had + self._planned[situation.phone.e164, day])
        return may_text(situation, self._company.policy, at)

    def _price(self, phone: Phone, count: int) -> str:
        country = region_of(phone)
        if country is None:
            return ""
        if country not in self._prices:
            try:
                self._prices[country] = self._company.messenger.price_per_segment(country)
            except DuebirdError:
                self._prices[country] = None  # a price list out of reach must not hide the words
        price = self._prices[country]
        return f"{price.amount * count} {price.currency}" if price else ""


# These are looked at again every day in case the ledger was mended; nothing says that they will be.
_DAILY_HOPE: Final = frozenset(
    {
        Reason.NO_CUSTOMER,
        Reason.CUSTOMER_INACTIVE,
        Reason.NO_MOBILE,
        Reason.BAD_MOBILE,
        Reason.UNREACHABLE,
        Reason.NO_CONSENT,
        Reason.ASKED,
        Reason.OPTED_OUT,
    }
)
