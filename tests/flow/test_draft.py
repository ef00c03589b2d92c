"""A company in draft texts nobody whom the owner has not approved; everything else goes on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from connector.domain.approval import Verdict
from connector.domain.consent import ConsentState
from connector.domain.dunning import Step
from connector.domain.money import Money
from connector.domain.phone import Phone
from state.names import ALL
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.flow.restoring import until_calm

OTHER = Phone("+12125550199")


@pytest.fixture
def draft(open_office: OpenOffice) -> Office:
    return in_draft(open_office)


def in_draft(open_office: OpenOffice, **rules: Any) -> Office:
    office = open_office(draft_first=True, **rules)
    assert office.company.store.went_back_to_draft("acme", "dana", office.clock.now())
    return office


def say(office: Office, verdict: Verdict = Verdict.APPROVED, *, most: int = 100) -> int:
    """The owner's word on what waits."""
    waiting = office.company.queries.awaiting("acme", most)
    office.company.store.said("acme", [one.asked for one in waiting], verdict, "dana", office.clock.now())
    return len(waiting)


def live(office: Office) -> None:
    office.company.store.went_live("acme", "dana", office.clock.now())


def test_nothing_is_sent_and_no_link_made_until_the_owner_approves(draft: Office) -> None:
    invoice = draft.issue()
    for _ in range(3):
        draft.run()
        draft.wait(hours=1)
    assert draft.carrier.all_texts() == []
    assert list(draft.stripe_world.live_links()) == []
    assert draft.reason(invoice) == "awaiting_approval"
    [one] = draft.company.queries.awaiting("acme", 10)
    assert (one.asked.amount, one.asked.phone, one.asked.step) == (12_000, MOBILE.e164, "issued")
    say(draft)
    draft.run(2)
    [body] = draft.texts()
    assert body.startswith(one.asked.body.rpartition(" ")[0]), "what went out is what was shown"
    assert draft.reason(invoice) == "step_done"
    draft.run(3)
    assert len(draft.texts()) == 1


def test_an_approval_lets_one_text_go_and_no_other(draft: Office) -> None:
    draft.issue()
    draft.issue(draft.customer("Other", mobile=OTHER.e164))
    draft.run()
    assert say(draft, most=1) == 1
    draft.run(2)
    assert len(draft.carrier.all_texts()) == 1


def test_the_next_step_of_an_approved_invoice_is_asked_about_again(draft: Office) -> None:
    draft.issue(due_in=2)
    draft.run()
    say(draft)
    draft.run(2)
    draft.wait(days=2)
    draft.run(2)
    assert len(draft.texts()) == 1
    [one] = draft.company.queries.awaiting("acme", 10)
    assert one.asked.step == Step.DUE
    assert one.changed is None
    say(draft)
    draft.run(2)
    assert len(draft.texts()) == 2


def test_a_changed_amount_is_asked_about_again_and_the_earlier_approval_is_shown(draft: Office) -> None:
    invoice = draft.issue()
    draft.run()
    say(draft)
    draft.ledger_world.edit_amount(invoice, Money.of("240.00", "USD"))
    draft.run(3)
    assert draft.carrier.all_texts() == []
    [one] = draft.company.queries.awaiting("acme", 10)
    assert one.asked.amount == 24_000
    assert one.changed is not None
    assert one.changed.amount == 12_000
    say(draft)
    draft.run(2)
    assert "$240.00" in draft.texts()[0]


def test_an_amount_that_changes_after_the_approval_is_planned_stops_the_text(draft: Office) -> None:
    invoice = draft.issue()
    draft.run()
    say(draft)
    draft.company.store.pause("acme", "to keep the text planned", draft.clock.now())
    draft.run()
    draft.ledger_world.edit_amount(invoice, Money.of("240.00", "USD"))
    draft.company.store.resume("acme", draft.clock.now())
    draft.run(3)
    assert draft.carrier.all_texts() == []
    assert draft.reason(invoice) == "awaiting_approval"


def test_a_changed_number_is_asked_about_again(draft: Office) -> None:
    customer = draft.customer()
    draft.issue(customer)
    draft.run()
    say(draft)
    draft.ledger_world.edit_customer(customer, mobile=OTHER.e164)
    draft.agree(OTHER)
    draft.run(3)
    assert draft.carrier.all_texts() == []
    [one] = draft.company.queries.awaiting("acme", 10)
    assert one.asked.phone == OTHER.e164
    say(draft)
    draft.run(2)
    assert len(draft.texts(OTHER)) == 1


def test_what_was_refused_is_not_sent_and_not_asked_again_until_its_next_step(draft: Office) -> None:
    invoice = draft.issue(due_in=2)
    draft.run()
    say(draft, Verdict.REFUSED)
    draft.run(2)
    assert draft.reason(invoice) == "not_approved"
    assert draft.company.queries.awaiting("acme", 10) == []
    draft.wait(days=2)
    draft.run(2)
    assert draft.carrier.all_texts() == []
    [one] = draft.company.queries.awaiting("acme", 10)
    assert one.asked.step == Step.DUE


def test_an_approved_text_to_somebody_who_then_says_stop_does_not_go_out(draft: Office) -> None:
    invoice = draft.issue()
    draft.run()
    say(draft)
    draft.carrier.reply(MOBILE, "STOP")
    draft.run(3)
    assert draft.carrier.all_texts() == []
    assert draft.reason(invoice) == "opted_out"


def test_an_approved_text_waits_for_the_hours(open_office: OpenOffice) -> None:
    office = in_draft(open_office)
    office.wait(hours=10)  # 22:00 in New York
    invoice = office.issue()
    office.run()
    assert say(office) == 1, "what waits can be approved in the evening"
    office.run(2)
    assert office.carrier.all_texts() == []
    assert office.reason(invoice) == "outside_window"
    office.wait(hours=11)
    office.run(2)
    assert len(office.texts()) == 1


def test_a_draft_company_books_payments_of_links_that_are_out_and_says_no_thanks_before_it_is_live(
    open_office: OpenOffice,
) -> None:
    office = open_office(draft_first=True)
    invoice = office.issue()
    office.run()
    office.company.store.went_back_to_draft("acme", "dana", office.clock.now())
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.texts()) == 1, "no receipt"
    live(office)
    office.wait(minutes=20)
    office.run(2)
    assert len(office.texts()) == 2


def test_going_live_lets_all_go_and_going_back_stops_what_is_planned(draft: Office) -> None:
    draft.issue()
    draft.run()
    live(draft)
    draft.run(2)
    assert len(draft.texts()) == 1
    draft.issue(draft.customer("Other", mobile=OTHER.e164))
    draft.company.store.went_back_to_draft("acme", "dana", draft.clock.now())
    draft.run(3)
    assert draft.texts(OTHER) == []
    words = [(one.verdict, one.by) for one in draft.company.queries.words_on("acme", ALL)]
    assert words == [("draft", "dana"), ("live", "dana"), ("draft", "dana")]


def test_the_owner_is_told_once_of_a_text_that_waits_longer_than_a_day(draft: Office) -> None:
    draft.issue()
    draft.issue(draft.customer("Other", mobile=OTHER.e164))
    draft.run(2)
    assert draft.attention() == []
    draft.wait(days=1)
    draft.run(2)
    [item] = draft.attention()
    assert "has waited for your approval for more than a day" in item
    assert "and 1 more" in item
    draft.wait(days=1)
    draft.run(2)
    assert len(draft.attention()) == 1
    say(draft)
    assert draft.attention() == []


def test_a_step_that_asks_always_asks_a_live_company_too(open_office: OpenOffice) -> None:
    office = open_office(ask_always=frozenset({Step.DUE}))
    invoice = office.issue(due_in=2)
    office.run(2)
    assert len(office.texts()) == 1
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "awaiting_approval"
    say(office)
    office.run(2)
    assert len(office.texts()) == 2


def test_a_step_that_asks_the_first_time_asks_once_for_a_number(open_office: OpenOffice) -> None:
    office = open_office(ask_first_time=frozenset({Step.ISSUED}))
    customer = office.customer()
    office.issue(customer)
    office.run(2)
    assert office.texts() == []
    say(office)
    office.run(2)
    assert len(office.texts()) == 1
    office.wait(days=1)
    office.issue(customer)
    office.run(2)
    assert len(office.texts()) == 2


def test_an_approval_without_a_grant_of_consent_asks_nobody(draft: Office) -> None:
    invoice = draft.issue(draft.customer("Sam", mobile=OTHER.e164, agrees=False))
    draft.run(2)
    assert draft.reason(invoice) == "no_consent"
    assert draft.company.queries.awaiting("acme", 10) == []
    draft.agree(OTHER, ConsentState.GRANTED)
    draft.run(2)
    assert draft.reason(invoice) == "awaiting_approval"


def test_a_restart_between_approval_and_text_asks_nobody_again(draft: Office) -> None:
    invoice = draft.issue()
    draft.run()
    say(draft)
    draft.restart(crashed=True)
    draft.run()
    draft.wait(minutes=10)
    draft.run(2)
    assert len(draft.texts()) == 1
    assert [one.verdict for one in draft.company.queries.words_on("acme", invoice)] == ["asked", "approved"]


def test_a_draft_that_is_off_in_the_settings_holds_nothing_back(open_office: OpenOffice) -> None:
    office = open_office(draft_first=False)
    office.company.store.went_back_to_draft("acme", "dana", office.clock.now())
    office.issue()
    office.run(2)
    assert len(office.texts()) == 1


def test_after_a_recovery_nobody_knows_what_was_approved(draft: Office) -> None:
    invoice = draft.issue()
    draft.run()
    say(draft)
    draft.restart()
    draft.company.store.recovery_needed("acme", "an older database was put back", draft.clock.now())
    until_calm(draft)
    assert draft.company.queries.recovering("acme") is None
    draft.company.store.resume("acme", draft.clock.now())
    draft.run(3)
    assert draft.carrier.all_texts() == []
    assert draft.reason(invoice) == "awaiting_approval"
    assert [one.void for one in draft.company.queries.words_on("acme", invoice)] == [True, True, False]
    say(draft)
    draft.wait(seconds=1)
    draft.run(2)
    assert len(draft.texts()) == 1


def test_a_text_whose_days_are_over_is_asked_about_no_more(draft: Office) -> None:
    invoice = draft.issue(due_in=None)
    draft.run()
    draft.clock.advance(timedelta(days=8))
    draft.run(2)
    assert draft.reason(invoice) == "no_step_now"
    assert draft.company.queries.awaiting("acme", 10) == []
