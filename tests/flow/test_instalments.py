"""An invoice in instalments: a link for the part, the rest at the next step; never more than is owed, never twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from adapters.memory.faults import Crash
from connector.domain.dunning import DUE_RULE, ISSUED_RULE, Step, rule_of
from connector.domain.instalments import INSTALMENT_KEY
from connector.domain.money import Money
from connector.domain.receivable import ReceivableState
from connector.entry_preview import entry_of
from connector.flows import poll
from connector.flows.situation import situations
from connector.life import life_of
from connector.rehearsal import Rehearsal
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office
from tests.flow.restoring import put_back, until_calm
from tests.flow.test_draft import say
from tests.flow.test_every_crash import _PowerCut

FIVE_HUNDRED = Money.of("500.00", "USD")
DEPOSIT = Money.of("150.00", "USD")
REST = Money.of("350.00", "USD")
STEPS = (ISSUED_RULE, DUE_RULE, rule_of(Step.OVERDUE))


@pytest.fixture(name="divided")
def fixture_divided(open_office: OpenOffice) -> Office:
    return open_office(instalments=(30, 70), instalments_from=Decimal(200), steps=STEPS, joint=True)


def asked(office: Office) -> list[Money]:
    """What the links ask that can be paid on."""
    return [one.request.amount for one in office.stripe_world.live_links()]


def until_due(office: Office) -> None:
    office.clock.advance(timedelta(days=14))
    office.run(3)


def pay_the_last_link(office: Office) -> None:
    [body, *_] = [one for one in reversed(office.texts()) if "http" in one]
    assert office.stripe_world.pay(office.link_in(body)) is not None
    office.wait(minutes=1)
    office.run(3)


def test_a_deposit_is_texted_paid_booked_and_thanked_for_and_the_next_step_asks_the_rest(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    [first] = divided.texts()
    assert "$150.00 (part 1 of 2, total $500.00)" in first
    [link] = divided.stripe_world.live_links()
    assert link.request.amount == DEPOSIT
    assert link.request.metadata[INSTALMENT_KEY] == "USD 15000 50000"
    assert "Here you pay $150.00 of the $500.00 of this invoice." in link.request.description
    row = divided.company.queries.receivable("acme", invoice)
    assert row is not None
    told = [one.what for one in life_of(divided.company.queries, row, "America/New_York").moments]
    assert any("no link asks 150.00 USD, part 1 of 2, total 500.00 USD" in one for one in told), told
    pay_the_last_link(divided)
    assert divided.bookings(invoice) == [DEPOSIT]
    assert divided.owed(invoice) == REST
    assert asked(divided) == []
    [_, thanks] = divided.texts()
    assert "your payment of $150.00" in thanks
    assert thanks.endswith("$350.00 is left to pay.")
    divided.wait(days=3)
    divided.run(3)
    assert len(divided.texts()) == 2, "nothing more before the next step"
    until_due(divided)
    second = divided.texts()[-1]
    assert "$350.00 (part 2 of 2, total $500.00)" in second
    assert asked(divided) == [REST]
    assert divided.broken() == []
    pay_the_last_link(divided)
    assert divided.bookings(invoice) == [DEPOSIT, REST]
    assert divided.ledger_world.standing(invoice).state is ReceivableState.PAID
    assert "left" not in divided.texts()[-1]
    assert len(divided.texts()) == 4
    assert divided.clearing() == FIVE_HUNDRED
    assert divided.broken() == []


def test_a_deposit_that_is_not_paid_is_asked_with_the_rest_at_the_next_step_on_a_new_link(divided: Office) -> None:
    divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    old = divided.link_in(divided.texts()[0])
    until_due(divided)
    assert asked(divided) == [FIVE_HUNDRED]
    [_, second] = divided.texts()
    assert "$500.00" in second
    assert "part" not in second
    assert divided.stripe_world.open_page(old) is None
    [retired] = [one.latest for one in divided.stripe_world.links.values() if not one.latest.link.active]
    assert "has been replaced by another" in str(retired.message)
    assert divided.broken() == []


def test_three_parts_of_which_two_are_asked_at_once_say_which(open_office: OpenOffice) -> None:
    office = open_office(instalments=(20, 30, 50), steps=STEPS)
    office.issue(amount=FIVE_HUNDRED)
    office.run(3)
    until_due(office)
    assert "$250.00 (part 1-2 of 3, total $500.00)" in office.texts()[-1]
    assert asked(office) == [Money.of("250.00", "USD")]
    pay_the_last_link(office)
    office.wait(days=3)
    office.run(3)
    assert "$250.00 (part 3 of 3, total $500.00)" in office.texts()[-1]
    assert office.broken() == []


def test_who_has_paid_the_part_of_a_step_gets_no_text_at_that_step(open_office: OpenOffice) -> None:
    office = open_office(instalments=(20, 30, 50), steps=STEPS)
    invoice = office.issue(amount=FIVE_HUNDRED)
    office.run(3)
    office.ledger_world.pay_by_hand(invoice, Money.of("250.00", "USD"))
    office.wait(minutes=5)
    office.run(3)
    assert asked(office) == []
    until_due(office)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "instalment_paid"
    office.wait(days=3)
    office.run(3)
    assert "$250.00 (part 3 of 3, total $500.00)" in office.texts()[-1]
    assert office.broken() == []


def test_a_part_payment_elsewhere_takes_the_link_down_and_the_next_step_asks_what_is_left(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    divided.ledger_world.pay_by_hand(invoice, Money.of("100.00", "USD"))
    divided.wait(minutes=5)
    divided.run(3)
    assert asked(divided) == [], "it asked 150.00, and of the first part only 50.00 is left"
    assert len(divided.texts()) == 1
    until_due(divided)
    assert asked(divided) == [Money.of("400.00", "USD")]
    assert divided.broken() == []


def test_an_invoice_that_is_edited_between_asks_its_new_parts(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    divided.ledger_world.edit_amount(invoice, Money.of("600.00", "USD"))
    divided.wait(minutes=5)
    divided.run(3)
    assert asked(divided) == []
    until_due(divided)
    assert asked(divided) == [Money.of("600.00", "USD")]
    assert divided.broken() == []


def test_an_invoice_below_the_smallest_or_without_a_due_date_is_asked_for_at_once(divided: Office) -> None:
    divided.issue(amount=Money.of("199.99", "USD"))
    divided.run(3)
    assert asked(divided) == [Money.of("199.99", "USD")]
    other = divided.customer("Ada Moss", mobile="+12125550188")
    divided.issue(other, FIVE_HUNDRED, due_in=None)
    divided.run(3)
    assert sorted(one.minor for one in asked(divided)) == [19999, 50000]


def test_a_divided_invoice_goes_alone_though_texts_are_joined(divided: Office) -> None:
    customer = divided.customer()
    divided.issue(customer, FIVE_HUNDRED)
    divided.issue(customer, Money.of("80.00", "USD"))
    divided.issue(customer, Money.of("90.00", "USD"))
    for _ in range(2):
        divided.run(4)
        divided.wait(days=1)
    bodies = divided.texts()
    assert len(bodies) == 2
    assert any("2 invoices" in one and "$170.00" in one for one in bodies)
    assert any("part 1 of 2" in one for one in bodies)
    assert divided.broken() == []


def test_money_on_the_page_of_a_part_after_the_whole_was_paid_is_put_before_a_person(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    page = divided.stripe_world.open_page(divided.link_in(divided.texts()[0]))
    assert page is not None
    divided.stripe_world.pay_page(page)
    divided.ledger_world.pay_by_hand(invoice, FIVE_HUNDRED)
    divided.wait(minutes=5)
    divided.run(3)
    assert divided.bookings(invoice) == [FIVE_HUNDRED], "by hand, and nothing beside it"
    [item] = divided.attention()
    assert "150.00 USD" in item
    assert divided.broken() == []


def test_a_part_that_two_people_pay_counts_for_the_next_part_too(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    pages = [divided.stripe_world.open_page(divided.link_in(divided.texts()[0])) for _ in range(2)]
    assert all(divided.stripe_world.pay_page(one) for one in pages if one is not None)
    divided.wait(minutes=1)
    divided.run(3)
    assert divided.bookings(invoice) == [DEPOSIT, DEPOSIT]
    until_due(divided)
    assert "$200.00 (part 2 of 2, total $500.00)" in divided.texts()[-1]
    assert asked(divided) == [Money.of("200.00", "USD")]
    assert divided.broken() == []


def test_one_that_is_approved_is_approved_over_its_part(open_office: OpenOffice) -> None:
    office = open_office(instalments=(30, 70), ask_always=frozenset({Step.ISSUED}))
    invoice = office.issue(amount=FIVE_HUNDRED)
    office.run(3)
    assert office.reason(invoice) == "awaiting_approval"
    assert asked(office) == []
    [one] = office.company.queries.awaiting("acme", 10)
    assert one.asked.amount == DEPOSIT.minor
    assert "part 1 of 2" in one.asked.body
    assert say(office) == 1
    office.run(3)
    assert "part 1 of 2" in office.texts()[0]
    assert asked(office) == [DEPOSIT]
    assert office.broken() == []


def test_a_preview_shows_the_part_and_its_entry(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    poll.run_once(divided.company)
    poll.read_customers(divided.company, [divided.ledger_world.standing(invoice).customer_id])
    now = divided.clock.now()
    [found] = situations(divided.company, [invoice], now).values()
    told = Rehearsal(divided.company, now, "Card clearing").one(found)
    assert told.amount == "$150.00 of $500.00"
    assert "part 1 of 2" in told.body
    assert told.entry.endswith("$350.00 of the invoice is then left")
    profile = divided.company.ledger.profile()
    entry = entry_of(divided.company, found.receivable, "Card clearing", profile, now)
    assert entry.amount == DEPOSIT
    divided.run(3)
    assert divided.texts()[0].partition(")")[0] == told.body.partition(")")[0]


def test_with_the_memory_lost_a_link_for_a_part_is_known_by_what_it_says_and_paid_on(tmp_path: Path) -> None:
    office = Office(tmp_path, instalments=(30, 70))
    invoice = office.issue(amount=FIVE_HUNDRED)
    office.run(3)
    [body] = office.texts()
    office.wait(hours=2)
    put_back(office, tmp_path, None)
    until_calm(office)
    office.company.store.resume("acme", office.clock.now())
    office.run(2)
    assert office.texts() == [body]
    assert asked(office) == [DEPOSIT]
    pay_the_last_link(office)
    assert office.bookings(invoice) == [DEPOSIT]
    assert office.broken(healthy=False) == []
    office.close()


def test_other_shares_take_down_a_link_that_none_of_them_would_ask_and_no_text_goes_out_for_it(divided: Office) -> None:
    divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    divided.policy = replace(divided.policy, instalments=(40, 60))
    divided.restart()
    divided.run(3)
    assert asked(divided) == []
    assert len(divided.texts()) == 1
    divided.policy = replace(divided.policy, instalments=())
    divided.restart()
    until_due(divided)
    assert asked(divided) == [FIVE_HUNDRED]
    assert divided.broken() == []


def test_whoever_stands_on_the_page_of_a_part_when_the_whole_is_asked_pays_once(divided: Office) -> None:
    invoice = divided.issue(amount=FIVE_HUNDRED)
    divided.run(3)
    divided.clock.advance(timedelta(days=14))
    page = divided.stripe_world.open_page(divided.link_in(divided.texts()[0]))
    assert page is not None
    assert divided.stripe_world.pay_page(page) is not None
    divided.run(3)
    divided.wait(minutes=5)
    divided.run(3)
    assert divided.bookings(invoice) == [DEPOSIT]
    assert divided.owed(invoice) == REST
    assert FIVE_HUNDRED not in asked(divided)
    assert divided.broken() == []


def test_a_crash_at_any_commit_brings_no_second_text_and_no_second_booking(open_office: OpenOffice) -> None:
    def life(office: Office) -> None:
        for days in (0, 14):
            office.clock.advance(timedelta(days=days))
            office.run(3)
            for record in office.stripe_world.live_links():
                office.stripe_world.pay(record.link.url)
            office.wait(minutes=1)
            office.run(3)

    whole = open_office("whole", instalments=(30, 70))
    whole.issue(amount=FIVE_HUNDRED)
    cut = _PowerCut(whole)
    life(whole)
    assert whole.texts(MOBILE)[0].count("part 1 of 2") == 1
    for at in range(1, cut.commits + 1, 6):  # each commit of a life is cut in the tests of undivided invoices
        office = open_office(f"cut{at}", instalments=(30, 70))
        invoice = office.issue(amount=FIVE_HUNDRED)
        cut_here = _PowerCut(office)
        cut_here.at = at
        with pytest.raises(Crash):
            life(office)
        office.restart(crashed=True)
        settle_down(office)
        notices = [body for body in office.texts() if "http" in body]
        assert len(notices) == len({step_of(one) for one in notices}), at
        booked = office.bookings(invoice)
        assert booked in ([], [DEPOSIT], [DEPOSIT, REST], [FIVE_HUNDRED]), at
        assert office.broken(healthy=False) == [], at


def step_of(body: str) -> str:
    return "due" if "due today" in body or "was due" in body else "issued"


def settle_down(office: Office, done: Callable[[], bool] = lambda: False) -> None:
    for _ in range(9):
        if done():
            break
        office.wait(minutes=10)
        office.run()
