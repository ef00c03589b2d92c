"""`duebird preview`: the real decision on a copy of what is on record, with today's ledger. Changes nothing."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from connector import assemble
from connector.config import Loaded
from connector.domain.calendar import zones_of
from connector.domain.dunning import SENTENCES, Reason
from connector.domain.effect import BooksIdentity
from connector.domain.message import plain_amount
from connector.domain.phone import region_of
from connector.domain.plan import LinkFact, Situation, decide, may_text
from connector.domain.segments import segments
from connector.errors import DuebirdError
from connector.flows import poll
from connector.flows.company import Company
from connector.flows.situation import situations
from connector.ports import Clock
from state.database import DATABASE_NAME, Database, sqlite_url
from state.migrate import migrate
from state.queries import Queries
from state.store import Store

LOOKS_AHEAD: Final = 12  # next steps followed for one invoice: windows, caps and steps alternate a few times at most
HORIZON: Final = timedelta(days=40)  # what lies further away is decided when it is nearer
CUSTOMERS_AT_ONCE: Final = 100

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
        migrate(url)
        database = Database(url)
        try:
            state = assemble.State(Path(folder), database, Store(database), Queries(database))
            return _rehearse(loaded, company_id, state, clock, limit)
        finally:
            database.close()


def _copy(loaded: Loaded, folder: Path) -> None:
    source = loaded.state_dir / DATABASE_NAME
    if source.exists():
        target = folder / DATABASE_NAME
        target.unlink()
        original = Database(f"sqlite:///{source}")
        try:
            original.copy_to(target)
        finally:
            original.close()


def _rehearse(loaded: Loaded, company_id: str, state: assemble.State, clock: Clock, limit: int) -> list[Rehearsed]:
    parts = assemble.services(loaded, company_id, state, clock)
    settings = assemble.company_settings(loaded, company_id)
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
    )
    poll.run_once(company)
    ids = [row.ledger_id for row in state.queries.receivables(company_id, states=["open"], limit=limit)]
    poll.read_customers(company, _owners(company, ids))
    now = clock.now()
    prices: dict[str, str] = {}
    found = situations(company, ids, now)
    return [_one(company, found[one], now, booked_to.name, prices) for one in ids if one in found]


def _owners(company: Company, ids: Sequence[str]) -> list[str]:
    now = company.clock.now()
    found = situations(company, ids, now)
    # Customers whose invoices can get no text anyway are not worth a call.
    return [
        one.receivable.customer_id
        for one in found.values()
        if may_text(one, company.policy, now).reason not in {Reason.BASELINE, Reason.EXCLUDED, Reason.HELD}
    ]


def _one(company: Company, situation: Situation, now: datetime, account: str, prices: dict[str, str]) -> Rehearsed:
    when, reason = _when(company, situation, now)
    receivable = situation.receivable
    label, amount = receivable.label, plain_amount(receivable.balance)
    phone = situation.phone.masked if situation.phone else "no mobile number"
    nothing = Rehearsed(label, receivable.customer_name, phone, amount, SENTENCES[reason], None, "", 0, "", "")
    if when is None or situation.phone is None:
        return nothing
    dressed = replace(
        situation,
        live_links=situation.live_links or (LinkFact("preview", SAMPLE_LINK, receivable.balance),),
        notices_today=0,
    )
    decision = decide(dressed, company.policy, company.words, when)
    texts = [one for one in decision.effects if one.kind == "send_text"]
    if not texts:
        return replace(nothing, why=decision.problem or SENTENCES[decision.reason])
    body = _body(texts[0].request)
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
        price=_price(company, situation, count, prices),
        entry=f"a payment of {amount} on invoice {label}, received in {account}; the invoice is then paid",
    )


def _when(company: Company, situation: Situation, now: datetime) -> tuple[datetime | None, Reason]:
    """The first instant at which the gates are open, by following each gate's own word on when to look again."""
    at = now
    gate = may_text(situation, company.policy, at)
    for _ in range(LOOKS_AHEAD):
        if gate.open:
            return at, Reason.GO
        if gate.review_at is None or gate.review_at - now > HORIZON or gate.review_at <= at:
            break
        if gate.reason is Reason.DAILY_CAP:
            situation = replace(situation, notices_today=0)
        at = gate.review_at
        later = may_text(situation, company.policy, at)
        if later.reason == gate.reason and gate.reason in _DAILY_HOPE:
            break
        gate = later
    return None, may_text(situation, company.policy, now).reason


# These are looked at again every day in case the ledger was mended; nothing says that they will be.
_DAILY_HOPE: Final = frozenset(
    {
        Reason.NO_CUSTOMER,
        Reason.CUSTOMER_INACTIVE,
        Reason.NO_MOBILE,
        Reason.BAD_MOBILE,
        Reason.UNREACHABLE,
        Reason.NO_CONSENT,
        Reason.OPTED_OUT,
    }
)


def _body(request: str) -> str:
    import json

    return str(json.loads(request)["body"])


def _price(company: Company, situation: Situation, count: int, prices: dict[str, str]) -> str:
    country = region_of(situation.phone) if situation.phone else None
    if country is None:
        return ""
    if country not in prices:
        try:
            price = company.messenger.price_per_segment(country)
        except DuebirdError:
            price = None  # a price list out of reach must not hide the words
        prices[country] = f"{price.amount * count} {price.currency}" if price else ""
    return prices[country]
