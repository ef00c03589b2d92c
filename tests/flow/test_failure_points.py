"""At each failure point in turn the program dies, sleeps, or loses the answer: what the services hold stays right."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.cash_world import SALES
from adapters.memory.faults import Crash
from adapters.memory.treasury import MemoryTreasury
from connector import assemble
from connector.domain.asking import is_request
from connector.domain.calendar import ALL_WEEK, Window
from connector.domain.effect import OPEN, EffectKind
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.records import EntryKind
from connector.domain.settlement import Refunds, Surplus
from connector.errors import ConfigProblem, Uncertain
from connector.failpoints import POINTS, STEPS, Boundary, Hook, Place, are_armed, armed, reach
from state.place import DATABASE_NAME, sqlite_url
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, WANTED, Office
from tests.flow.reversing import NOTHING, reverses
from tests.flow.test_exchange_differences import WITH_ACCOUNT
from tests.flow.test_foreign_money import EUROS, exchanging
from tests.flow.test_foreign_refunds import at_stripe
from tests.migrated import empty_database
from tests.oauth_world import world
from tests.simulation.machine import loaded

OWNER = Phone("+12125550177")
LATER_RATES = {"EUR": Decimal("1.1171")}  # what a euro is worth to Stripe when the money goes back
CHEQUE = Money.of("50.00", "USD")
TEXTS = ("request", "notice", "receipt", "owner")
# Whoever dies or loses an answer there cannot know whether the text went out: it is looked for, then a person is told.
IN_THE_DARK = {f"{what}.{step}" for what, step in product(TEXTS, (Boundary.CLAIMED, Boundary.CALLING))}
EFFECT_POINTS = sorted(POINTS - set(Place))
SECOND_LIFE = {Boundary.DOUBTED, Boundary.FOUND}  # what a life after a crash comes to
LATER = {f"{what}.{step}" for what in STEPS for step in SECOND_LIFE}


class Trap:
    """Does something at a point, the first time it is reached; notes all that are reached."""

    def __init__(self, point: str = "", act: Callable[[], None] | None = None) -> None:
        self.point, self.act = point, act
        self.reached: list[str] = []
        self.sprung = False

    def __call__(self, point: str) -> None:
        self.reached.append(point)
        if point == self.point and not self.sprung and self.act is not None:
            self.sprung = True
            self.act()


def die() -> None:
    raise Crash


def lose_the_answer() -> None:
    raise Uncertain("The answer was lost.")


def requests_in(office: Office) -> list[str]:
    return [one for one in office.texts(MOBILE) if is_request(one)]


def others_in(office: Office) -> list[str]:
    """Texts to the customer: a notice first."""
    return [one for one in office.texts(MOBILE) if not is_request(one)]


def turn(office: Office) -> None:
    """A pass, and a start after a crash; the customer agrees when asked, and pays as soon as there is a notice.

    What is about a reversal or a refund: once that is booked, all of it is given back.
    Where fees and payouts are booked, Stripe pays out then.
    """
    try:
        office.run()
    except Crash:
        office.restart(crashed=True)
    if requests_in(office) and not office.carrier.received:
        office.carrier.reply(MOBILE, "YES")
    if others_in(office) and not office.stripe_world.all_payments():
        page = office.stripe_world.open_page(office.link_in(others_in(office)[0]))
        if office.policy.surplus is Surplus.CREDIT:
            [one] = office.ledger_world.invoices
            office.ledger_world.pay_by_hand(one, CHEQUE)
        if page is not None:
            office.stripe_world.pay_page(page)
    elif _books_cash(office) and office.stripe_world.balance.changes and not office.stripe_world.balance.payouts:
        with office.stripe_world.moment():
            office.stripe_world.balance.pay_out("USD")
    if office.policy.refunds is not Refunds.ASK and not office.stripe_world.refunds:
        for payment in office.company.queries.payments("acme"):
            if payment.verdict == "booked":
                office.stripe_world.balance.rates.update(LATER_RATES if _exchanges(office) else {})
                office.stripe_world.refund(payment.payment_id)
    office.wait(minutes=11)


def _books_cash(office: Office) -> bool:
    return office.wanted is not None and office.wanted.reads_balance


def _exchanges(office: Office) -> bool:
    """Its invoices are in euros, and what their entries leave is entered."""
    return office.wanted is not None and office.wanted.exchange_account_id is not None


def is_over(office: Office, invoice: str) -> bool:
    """Paid and booked, or booked and reversed or refunded, and nothing is planned, under way or in doubt."""
    balance = office.stripe_world.balance
    effects = office.company.store.effects.of_subjects("acme", [invoice, *balance.changes, *balance.payouts])
    if office.policy.refunds is Refunds.REOPEN:
        entered = not _exchanges(office) or EffectKind.BOOK_EXCHANGE in {one.kind for one in effects}
        return reverses(office) > 0 and entered and not any(one.status in OPEN for one in effects)
    if office.policy.refunds is Refunds.BOOK and EffectKind.BOOK_REFUND not in {one.kind for one in effects}:
        return False
    if _books_cash(office) and not {EffectKind.BOOK_FEE, EffectKind.BOOK_PAYOUT} <= {one.kind for one in effects}:
        return False
    return not office.owed(invoice).is_positive and not any(one.status in OPEN for one in effects)


def lead(office: Office, hook: Hook) -> str:
    """One invoice from its issue until nothing happens any more; returns its id."""
    with armed(hook):
        # Where customers are asked, nothing is on record of this one.
        customer = office.customer(agrees=not office.policy.ask)
        invoice = office.issue(customer, EUROS) if _exchanges(office) else office.issue(customer)
        # The last look for a text comes after an hour, and the balance is read once an hour.
        for _ in range(24 if office.wanted else 12):
            turn(office)
            if is_over(office, invoice):
                break
        turn(office)
    return invoice


@pytest.fixture
def opened(open_office: OpenOffice, tmp_path: Path) -> OpenOffice:
    """An office whose owner wants to hear of payments, on a database made beforehand: a hundred would cost too much.

    For what concerns a request for consent, one that asks for it; its notice may follow on the same day, at any hour.
    For what concerns a fee or a payout, one in which those are booked. For what concerns a credit, one in which a
    cheque comes beside the payment, which leaves too much of that. For what concerns a reversal or a refund, one in
    which the payment is given back once it is booked. For what concerns a difference of exchange, that in euros.
    """

    def at(folder: str = "state", *, about: str = "") -> Office:
        sqlite_url(tmp_path / folder)
        (tmp_path / folder / DATABASE_NAME).write_bytes(empty_database())
        asks = {"ask": True, "max_per_number_per_day": 2, "window": Window(0, 24 * 60, ALL_WEEK)}
        more: dict[str, dict[str, Any]] = {
            "request": asks,
            "credit": {"surplus": Surplus.CREDIT},
            "reversal": {"refunds": Refunds.REOPEN},
            "refund": {"refunds": Refunds.BOOK, "refund_account_id": SALES.account_id},
            "exchange": {"refunds": Refunds.REOPEN},
        }
        made = open_office(folder, owner_phone=OWNER, **more.get(about.partition(".")[0], {}))
        if about.startswith(("fee", "payout")):
            made.wanted = WANTED
            made.restart()
        if about.startswith("exchange"):
            made.wanted = WITH_ACCOUNT
            exchanging(made).restart()
            made.run()
        return made

    return at


def assert_booked(office: Office, invoice: str) -> None:
    """The payment is in the books once; where a cheque came beside it, what fits on the invoice, the rest as credit.

    One that was given back is out of them again, and was in them once, or is in them as what it was and what went back.
    """
    if office.policy.refunds is Refunds.REOPEN:
        assert office.bookings(invoice) == []
        exchanged = _exchanges(office)
        assert (office.owed(invoice), reverses(office)) == (EUROS if exchanged else DOLLARS, 1)
        assert len(office.ledger_world.all_entries()) == 1
        assert len(office.cash.all_entries()) == exchanged
        assert office.clearing() == (at_stripe(office) if exchanged else NOTHING)
        return
    beside = office.policy.surplus is Surplus.CREDIT
    assert office.bookings(invoice) == ([CHEQUE, DOLLARS - CHEQUE] if beside else [DOLLARS])
    assert office.credits() == ([CHEQUE] if beside else [])
    made = [one.entry.kind for one in office.cash.all_entries() if one.entry.kind is not EntryKind.CREDIT]
    back = [EntryKind.REVERSAL] if office.policy.refunds is Refunds.BOOK else []
    assert sorted(made) == ([EntryKind.EXPENSE, EntryKind.TRANSFER] if office.wanted else back)
    assert not back or office.clearing() == NOTHING
    assert not office.wanted or office.clearing() == Money.zero("USD")


def assert_one_of_each(office: Office, invoice: str, *, lost: str = "") -> None:
    """`lost`: the text that may be missing, because nobody knows whether it went out."""
    texts = others_in(office)
    assert len(requests_in(office)) == (office.policy.ask and lost != "request")
    assert len([one for one in texts if "http" in one]) == (lost not in {"request", "notice"})
    if lost in {"request", "notice"}:
        assert office.bookings(invoice) == []
    else:
        assert_booked(office, invoice)
        assert len(texts) == 1 + (lost != "receipt")
        assert len(office.texts(OWNER)) == (lost != "owner")
        assert office.stripe_world.live_links() == []
    if lost:
        assert any("may or may not have gone out" in one for one in office.attention())
    assert office.company.queries.counts("acme")["uncertain"] == bool(lost)
    assert office.broken() == []


@pytest.mark.parametrize("point", sorted(set(EFFECT_POINTS) - LATER))
def test_a_crash_at_any_point_of_an_effect_leaves_one_of_each(opened: OpenOffice, point: str) -> None:
    office = opened(about=point)
    trap = Trap(point, die)
    invoice = lead(office, trap)
    assert trap.sprung
    assert_one_of_each(office, invoice, lost=point.split(".", maxsplit=1)[0] if point in IN_THE_DARK else "")


@pytest.mark.parametrize("point", sorted(LATER & POINTS))
def test_a_second_crash_while_the_first_is_looked_into_leaves_one_of_each(opened: OpenOffice, point: str) -> None:
    what, _, _ = point.partition(".")
    office = opened(about=what)
    first, second = Trap(f"{what}.{Boundary.ANSWERED}", die), Trap(point, die)

    def both(reached: str) -> None:
        first(reached)
        second(reached)

    invoice = lead(office, both)
    assert first.sprung
    assert second.sprung
    assert_one_of_each(office, invoice)


@pytest.mark.parametrize("what", sorted(STEPS))
def test_an_answer_that_is_lost_is_looked_for(opened: OpenOffice, what: str) -> None:
    office = opened(about=what)
    trap = Trap(f"{what}.{Boundary.ANSWERED}", lose_the_answer)
    invoice = lead(office, trap)
    assert trap.sprung
    assert_one_of_each(office, invoice)


@pytest.mark.parametrize("point", sorted(set(EFFECT_POINTS) - LATER))
def test_a_computer_that_sleeps_a_day_at_any_point_does_nothing_twice(opened: OpenOffice, point: str) -> None:
    office = opened(about=point)
    trap = Trap(point, lambda: office.clock.advance(timedelta(days=1)))
    invoice = lead(office, trap)
    assert trap.sprung
    assert len(requests_in(office)) == office.policy.ask
    assert len([one for one in others_in(office) if "http" in one]) == 1
    assert len(others_in(office)) <= 2
    assert len(office.texts(OWNER)) == 1
    assert_booked(office, invoice)
    assert office.stripe_world.live_links() == []
    assert office.broken() == []


@pytest.mark.parametrize("place", [one for one in Place if one.startswith(("claim", "payment"))])
def test_a_crash_around_the_claim_or_a_stored_payment_leaves_one_of_each(opened: OpenOffice, place: Place) -> None:
    office = opened()
    trap = Trap(place, die)
    with armed(trap):
        if place in {Place.LETTING_GO, Place.LET_GO}:
            with pytest.raises(Crash):
                office.restart()
            office.restart(crashed=True)
        invoice = lead(office, trap)
    assert trap.sprung
    assert_one_of_each(office, invoice)


def take_over(office: Office, folder: Path) -> Office:
    """Another computer with a copy of the database, to which a person gives the company this very moment."""
    folder.mkdir(mode=0o700)
    office.database.copy_to(folder / DATABASE_NAME)
    other = Office(folder, host="laptop", beside=office)
    other.policy, other.agreements = office.policy, office.agreements
    other.company = replace(other.company, policy=office.policy)
    for _ in range(2):
        other.company.store.recovery_needed("acme", "ordered", other.clock.now())
        other.run()
        other.company.store.resume("acme", other.clock.now())
        other.run()
    return other


@pytest.mark.parametrize(
    "point",
    sorted(
        f"{what}.{step}"
        for what in ("request", "notice", "booking", "credit", "reversal", "refund")
        for step in STEPS[what] - SECOND_LIFE
    ),
)
def test_another_computer_that_takes_over_at_any_point_makes_no_second_one(
    opened: OpenOffice, tmp_path: Path, point: str
) -> None:
    office = opened(about=point)
    others: list[Office] = []
    trap = Trap(point, lambda: others.append(take_over(office, tmp_path / "laptop")))
    invoice = lead(office, trap)
    with closing(others[0].database):
        for _ in range(8):
            turn(others[0])
            others[0].company.store.resume("acme", others[0].clock.now())  # once its memory is rebuilt
        turn(office)
        assert others[0].company.lease.standing is not None
    assert len(requests_in(office)) == office.policy.ask
    assert len([one for one in others_in(office) if "http" in one]) == 1
    assert_booked(office, invoice)
    assert len(others_in(office)) <= 2
    assert len(office.texts(OWNER)) <= 1
    assert office.broken() == []


# --------------------------------------------------------------------------------------------- the list is whole


def test_every_point_is_reached_and_there_are_no_others(
    opened: OpenOffice, tmp_path_factory: pytest.TempPathFactory
) -> None:
    reached: set[str] = set()
    for what in STEPS:
        office = opened(what, about=what)
        trap = Trap(f"{what}.{Boundary.ANSWERED}", die)
        lead(office, trap)
        with armed(trap):
            office.restart()
        reached.update(trap.reached)
    trap = Trap()
    for rare in ("request", "credit", "reversal", "refund", "fee", "exchange"):  # the only ones so far met their death
        lead(opened(f"undisturbed-{rare}", about=rare), trap)
    with world(tmp_path_factory.mktemp("tokens"), "xero") as here, armed(trap):
        here.tokens().current()
    assert reached | set(trap.reached) == POINTS


def test_a_company_with_a_live_account_is_not_put_together_while_points_are_armed(opened: OpenOffice) -> None:
    office = opened()
    office.stripe_world.account = replace(office.stripe_world.account, live=True)
    company = office.company
    parts = assemble.Adapters(
        company.ledger,
        company.processor,
        company.messenger,
        company.lease.anchor,
        company.identity.tenant_id,
        "",
        company.cut_off,
        MemoryTreasury(office.stripe_world),
    )
    state = assemble.State(office.folder, office.database, company.store, company.queries)
    with armed(Trap()), pytest.raises(ConfigProblem, match="live Stripe account"):
        assemble.company(loaded(0, ask=False), "acme", state, office.clock, parts, instance="till")


def test_outside_of_a_test_nothing_happens_at_a_point() -> None:
    trap = Trap()
    with armed(trap):
        pass
    reach(Boundary.CLAIMED, "send_text", "notice")
    assert not trap.reached
    assert not are_armed()
