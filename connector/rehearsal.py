"""`duebird preview`: the real decision on a copy of what is on record, with today's ledger. Changes nothing."""

from __future__ import annotations

import json
import os
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from connector import assemble
from connector.accounts import exchanges_into
from connector.companies import DATABASE_URL, company_settings
from connector.config import Loaded
from connector.domain.approval import SAMPLE_LINK, Verdict, last_word
from connector.domain.calendar import local_day
from connector.domain.dunning import SENTENCES, Reason, Step
from connector.domain.effect import BooksIdentity
from connector.domain.gates import A_WEEK, Gate, may_text, needs_approval
from connector.domain.hours import home_of
from connector.domain.instalments import Instalment, asks_of
from connector.domain.joint import whole
from connector.domain.joint_notice import joint_body, together
from connector.domain.message import MessageProblem, plain_amount
from connector.domain.money import Money
from connector.domain.phone import Phone, region_of
from connector.domain.places import places_of
from connector.domain.plan import decide
from connector.domain.receivable import Receivable, ReceivableState
from connector.domain.segments import segments
from connector.domain.situation import LinkFact, Situation, parts_owed
from connector.errors import DatabaseTrouble, DuebirdError
from connector.flows import poll
from connector.flows.company import Company
from connector.flows.situation import situations
from connector.ports.calls import Pauses
from connector.ports.ledger import LedgerAccount
from connector.ports.messenger import SegmentPrice
from state.database import Database
from state.elsewhere import EMPTY, is_elsewhere
from state.migrate import migrate
from state.place import DATABASE_NAME, sqlite_url
from state.queries import Queries
from state.store import Store
from state.views import Sought

LOOKS_AHEAD: Final = 24  # next steps followed for one invoice: windows, caps and steps alternate a few times at most
HORIZON: Final = timedelta(days=40)  # what lies further away is decided when it is nearer


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would become of one invoice. `when`: in the customer's own time. `body`: empty where nothing goes out.

    `cost`: of the whole text by the messaging service's list, the dearest carrier's; None where it cannot be told.
    """

    invoice: str
    customer: str
    phone: str
    amount: str
    why: str
    when: datetime | None
    body: str
    segments: int
    cost: SegmentPrice | None
    entry: str
    step: str = ""
    waits_for_approval: bool = False  # it goes out then only if the owner has approved it

    @property
    def price(self) -> str:
        """The cost in words, empty where it cannot be told."""
        return _said(self.cost.amount, self.cost.currency) if self.cost else ""


@dataclass(frozen=True, slots=True)
class Scene:
    """A company read anew onto a copy of what is on record, and the situations of its open invoices."""

    company: Company
    situations: tuple[Situation, ...]  # in the order in which the engine decides
    now: datetime
    account: LedgerAccount  # that receives card money
    accounts: Sequence[LedgerAccount]  # that take payments
    draft: bool  # the company has not gone live


def cost_of(texts: Sequence[Rehearsed]) -> str:
    """What they cost together, by currency; empty where no price is known. Some may have none: "and more" then."""
    by_currency: dict[str, Decimal] = defaultdict(Decimal)
    for text in texts:
        if text.cost is not None:
            by_currency[text.cost.currency] += text.cost.amount
    said = " and ".join(_said(amount, currency) for currency, amount in sorted(by_currency.items()))
    return f"{said} and more" if said and any(text.cost is None for text in texts) else said


def _said(amount: Decimal, currency: str) -> str:
    return f"{amount} {currency}"


def rehearse(loaded: Loaded, company_id: str, limit: int, pauses: Pauses | None = None) -> list[Rehearsed]:
    """Every open invoice with what would happen to it next. `pauses`: what the reading waits out.

    Raises:
        DuebirdError: the ledger could not be read, or the company is not connected.
    """
    with rehearsing(loaded, company_id, limit, pauses=pauses) as scene:
        rehearsal = Rehearsal(scene.company, scene.now, scene.account.name, scene.situations)
        # Two invoices of one customer must not both have the first turn.
        return sorted((rehearsal.one(one) for one in scene.situations), key=_by_turn)


@contextmanager
def rehearsing(
    loaded: Loaded, company_id: str, limit: int, invoice: str = "", pauses: Pauses | None = None
) -> Iterator[Scene]:
    """Today's books on a copy of what is on record; at most `limit` open invoices, or those of that number or id.

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
            parts = assemble.services(loaded, company_id, state, clock, pauses).adapters
            yield _scene(loaded, company_id, parts, state, limit, invoice)
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


def _scene(
    loaded: Loaded, company_id: str, parts: assemble.Adapters, state: assemble.State, limit: int, invoice: str
) -> Scene:
    clock = assemble.system_clock()
    settings = company_settings(loaded, company_id)
    account = parts.processor.account()
    accounts = parts.ledger.payment_accounts()
    booked_to = assemble.payment_account(settings, accounts)
    company = Company(
        id=company_id,
        identity=BooksIdentity(settings.ledger.kind, parts.tenant_id, account.account_id),
        policy=assemble.policy_of(
            settings,
            payment_account_id=booked_to.account_id,
            live=account.live,
            clearing_currency=exchanges_into(booked_to, parts.ledger.profile().base_currency),
        ),
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
    if invoice:
        named = state.queries.find_receivables(company_id, invoice, limit)
        ids = [row.ledger_id for row in named if row.state == ReceivableState.OPEN]
    else:
        ids = [row.ledger_id for row in state.queries.receivables(company_id, Sought(states=("open",)), limit=limit)]
    poll.read_customers(company, _owners(company, ids))
    now = clock.now()
    found = situations(company, ids, now)
    draft = company.policy.draft_first and company.queries.in_draft(company_id)
    by_turn = tuple(replace(found[one], draft=draft) for one in sorted(found))
    return Scene(company, by_turn, now, booked_to, accounts, draft)


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


class Rehearsal:
    """One preview of one company, invoice by invoice: who has had their text of a day counts for the next one.

    `beside`: the situations among which there may be some that go into one text.
    """

    def __init__(self, company: Company, now: datetime, account: str, beside: Sequence[Situation] = ()) -> None:
        self._company, self._now, self._account = company, now, account
        self._beside = beside if company.policy.joint else ()
        self._joined: dict[str, str] = {}  # those told of with another one, by ledger id, and why they are
        self._told: set[str] = set()
        # What waits for the owner is shown with its words all the same.
        self._policy = replace(company.policy, ask_always=frozenset(), ask_first_time=frozenset())
        self._prices: dict[str, SegmentPrice | None] = {}
        self._planned: defaultdict[str, list[datetime]] = defaultdict(list)  # when notices will go out, by number

    def one(self, situation: Situation, *, start: datetime | None = None, until: datetime | None = None) -> Rehearsed:
        """What would become of it next, from `start` on (now, where left out), and not after `until`."""
        company, receivable = self._company, situation.receivable
        when, gate = self._when(replace(situation, draft=False), start or self._now, until or self._now + HORIZON)
        if gate.reason is Reason.NO_CONSENT and company.policy.ask:
            gate = replace(gate, reason=Reason.ASKED)
        label, amount = receivable.label, plain_amount(receivable.balance)
        phone = situation.phone.masked if situation.phone else "no mobile number"
        why = self._joined.get(receivable.ledger_id)
        nothing = Rehearsed(
            label, receivable.customer_name, phone, amount, why or SENTENCES[gate.reason], None, "", 0, None, ""
        )
        if why:
            return nothing
        if when is None or situation.phone is None or gate.step is None:
            return nothing
        members = self._members(situation, gate.step, when)
        if members:
            return self._together(members, nothing, gate.step, when)
        self._told.add(receivable.ledger_id)
        asked = asks_of(situation, company.policy, gate.step)
        assert asked is not None, "a step that asks nothing has no open gate"  # noqa: S101
        amount = plain_amount(asked.amount)
        word = last_word(situation.words, gate.step, asked.amount, situation.phone)
        asks = needs_approval(situation, company.policy, gate.step)
        if asks and word is not None and word.verdict is Verdict.REFUSED:
            return replace(nothing, why=SENTENCES[Reason.NOT_APPROVED])
        decision = decide(self._dressed(situation, situation.phone, asked.amount), self._policy, company.words, when)
        texts = [one for one in decision.effects if one.kind == "send_text"]
        if not texts:
            return replace(nothing, why=decision.problem or SENTENCES[decision.reason])
        self._planned[situation.phone.e164].append(when)
        body = str(json.loads(texts[0].request)["body"])
        count = segments(body)
        return Rehearsed(
            invoice=label,
            customer=receivable.customer_name,
            phone=phone,
            amount=_of_total(amount, asked),
            why=SENTENCES[Reason.GO],
            when=when.astimezone(self._zone(situation, situation.phone)),
            body=body,
            segments=count,
            cost=self._cost(situation.phone, count),
            entry=f"a payment of {amount} on invoice {label}, received in {self._account}; " + _then(receivable, asked),
            step=gate.step,
            waits_for_approval=asks and (word is None or word.verdict is not Verdict.APPROVED),
        )

    def _members(self, situation: Situation, step: Step, when: datetime) -> tuple[Situation, ...]:
        """It and those that go with it into one text then, in their order; none where it goes alone."""
        customer = situation.receivable.customer_id
        if not self._beside or needs_approval(situation, self._company.policy, step):
            return ()
        others = [
            one
            for one in self._beside
            if one.receivable.customer_id == customer and one.receivable.ledger_id not in self._told
        ]
        return self._group(situation, others, when)

    def _group(self, situation: Situation, others: Sequence[Situation], when: datetime) -> tuple[Situation, ...]:
        found = together([(one, self._gate(one, when)) for one in others], self._company.policy)
        ids = [frozenset(one.receivable.ledger_id for one in group) for group in found]
        mine = (group for group, known in zip(found, ids, strict=True) if situation.receivable.ledger_id in known)
        group = next(mine, ())
        return group if group and not self._company.processor.problem_with(whole(parts_owed(group))) else ()

    def _together(self, members: Sequence[Situation], nothing: Rehearsed, step: Step, when: datetime) -> Rehearsed:
        """The text about several invoices; those that are told of later are told to be in it."""
        lead, phone = members[0], members[0].phone
        assert phone is not None, "the gates saw to it"  # noqa: S101
        parts = parts_owed(members)
        labels, amount = ", ".join(one.receivable.label for one in members), whole(parts)
        try:
            body = self._joint_body(members, phone, when)
        except MessageProblem as problem:
            return replace(nothing, why=str(problem))
        self._told |= {one.ledger_id for one in parts}
        self._joined |= {one.ledger_id: f"goes out in the text about {labels}" for one in parts}
        self._planned[phone.e164].append(when)
        count = segments(body)
        return replace(
            nothing,
            invoice=labels,
            amount=plain_amount(amount),
            why=SENTENCES[Reason.GO],
            when=when.astimezone(self._zone(lead, phone)),
            body=body,
            segments=count,
            cost=self._cost(phone, count),
            entry=f"a payment on each of the invoices {labels}, {plain_amount(amount)} in all, received in "
            f"{self._account}; they are then paid",
            step=step,
        )

    def _joint_body(self, members: Sequence[Situation], phone: Phone, when: datetime) -> str:
        link = LinkFact("preview", SAMPLE_LINK, whole(parts_owed(members)))
        dressed = [self._dressed(one, phone, one.receivable.balance) for one in members]
        return joint_body(dressed, link, self._policy, self._company.words, when)

    def joined(
        self, situation: Situation, others: Sequence[Situation], when: datetime
    ) -> tuple[tuple[Situation, ...], int]:
        """Which of `others` go into the text about it that `one` has put there then, and its segments; none: alone."""
        policy, phone = self._company.policy, situation.phone
        if not policy.joint or not others or phone is None:
            return (), 0
        self.withdraw(phone.e164, when)  # it must not stand in the way of those that go into it
        members = self._group(situation, [situation, *others], when)
        self._planned[phone.e164].append(when)
        if not members:
            return (), 0
        try:
            body = self._joint_body(members, phone, when)
        except MessageProblem:
            return (), 0
        return tuple(one for one in members if one is not situation), segments(body)

    def withdraw(self, number: str, when: datetime) -> None:
        """A text that `one` had put there does not go then."""
        self._planned[number].remove(when)

    def _dressed(self, situation: Situation, phone: Phone, asked: Money) -> Situation:
        """As it will be when its turn has come: with a link, and with nothing that only today stands in the way."""
        fitting = tuple(one for one in situation.live_links if _is_own(one, asked))
        return replace(
            situation,
            draft=False,
            live_links=fitting or (LinkFact("preview", SAMPLE_LINK, asked),),
            notices_today=0,
            notices_this_week=(),
            texts_had=situation.texts_had + len(self._planned.get(phone.e164, ())),
        )

    def _zone(self, situation: Situation, phone: Phone) -> ZoneInfo:
        """The recipient's; of several the likeliest."""
        places = places_of(phone, situation.customer, home_of(self._company.policy))
        return next((one for one in places if one.likely), places[0]).zone

    def _when(self, situation: Situation, start: datetime, until: datetime) -> tuple[datetime | None, Gate]:
        """The first instant at which the gates are open, by following each gate's own word on when to look again.

        With it the gate then; without one, the gate at the start, which says why.
        """
        at, first = start, self._gate(situation, start)
        gate = first
        for _ in range(LOOKS_AHEAD):
            if gate.open:
                return at, gate
            if gate.review_at is None or gate.review_at > until or gate.review_at <= at:
                break
            at = gate.review_at
            later = self._gate(situation, at)
            if later.reason == gate.reason and gate.reason in _DAILY_HOPE:
                break
            gate = later
        return None, first

    def _gate(self, situation: Situation, at: datetime) -> Gate:
        """The gates at an instant to come, with the texts that will have gone out on that day by then."""
        if situation.phone is not None:
            planned = self._planned.get(situation.phone.e164, [])
            zone = self._zone(situation, situation.phone)
            day = local_day(at, zone)
            had = situation.notices_today if day == local_day(self._now, zone) else 0
            situation = replace(
                situation,
                notices_today=had + sum(local_day(one, zone) == day for one in planned),
                notices_this_week=tuple(
                    one for one in (*situation.notices_this_week, *planned) if at - A_WEEK < one <= at
                ),
            )
        return may_text(situation, self._policy, at)

    def _cost(self, phone: Phone, count: int) -> SegmentPrice | None:
        country = region_of(phone)
        if country is None:
            return None
        if country not in self._prices:
            try:
                self._prices[country] = self._company.messenger.price_per_segment(country)
            except DuebirdError:
                self._prices[country] = None  # a price list out of reach must not hide the words
        price = self._prices[country]
        return SegmentPrice(price.amount * count, price.currency) if price else None


def _is_own(link: LinkFact, asked: Money) -> bool:
    return link.amount == asked and not link.used and not link.joint


def _of_total(amount: str, asked: Instalment) -> str:
    return f"{amount} of {plain_amount(asked.total)}" if asked.is_part else amount


def _then(receivable: Receivable, asked: Instalment) -> str:
    """How the invoice stands when that is paid."""
    rest = receivable.balance - asked.amount
    return f"{plain_amount(rest)} of the invoice is then left" if rest.is_positive else "the invoice is then paid"


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
