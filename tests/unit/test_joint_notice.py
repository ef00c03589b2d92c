"""Which receivables go into one text, and what is decided about each of them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from connector.domain.dunning import Reason, Step
from connector.domain.effect import EffectKind
from connector.domain.gates import Gate, may_text
from connector.domain.joint import MOST_PARTS, parts_in
from connector.domain.joint_notice import decide_together, joint_link, together
from connector.domain.message import MessageProblem
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.plan import Decision, decide, notice_key
from connector.domain.situation import LinkFact, Situation
from connector.words import Wording
from tests.unit.situations import AMOUNT, LINK, NOON, POLICY, TODAY, receivable, situation

WORDS = Wording()
EIGHTY = Money.of("80.00", "USD")
IDS = frozenset({"145", "146"})


def one(ledger_id: str, amount: Money = AMOUNT, due_on: date | None = date(2026, 12, 7), **more: Any) -> Situation:
    owed = receivable(ledger_id=ledger_id, number=f"INV-{ledger_id}", balance=amount, total=amount, due_on=due_on)
    return situation(receivable=owed, **{"live_links": (), "links_made": 0, **more})


def joint(ledger_id: str, amount: Money, **more: Any) -> Situation:
    link = LinkFact("plink_2", "https://buy.stripe.com/both", amount, joint=IDS)
    return one(ledger_id, amount, live_links=(link,), **more)


def gated(*members: Situation) -> list[tuple[Situation, Gate]]:
    return [(member, may_text(member, POLICY, NOON)) for member in members]


def decided(*members: Situation, words: Any = WORDS) -> dict[str, Decision] | None:
    return decide_together(members, Step.ISSUED, POLICY, words, NOON)


class Speechless(Wording):
    """Has words for one invoice, none for several."""

    def joint(self, facts: Any) -> str:
        raise MessageProblem(f"No words for {len(facts.invoices)}.")


def test_the_one_that_was_due_first_leads() -> None:
    later, sooner, undated = (
        one("1", due_on=date(2026, 12, 9)),
        one("2", due_on=date(2026, 12, 1)),
        one("3", due_on=None),
    )
    [members] = together(gated(later, sooner, undated), POLICY)
    assert [each.receivable.ledger_id for each in members] == ["3", "2", "1"]  # undated: by the day it was issued


def test_what_may_not_go_now_stays_out() -> None:
    held, paid = one("2", held=True), one("3", payment_pending=True)
    assert together(gated(one("1"), held, paid), POLICY) == []


def test_other_customers_numbers_currencies_and_steps_stay_out() -> None:
    other_customer = replace(one("2"), receivable=replace(one("2").receivable, customer_id="c2"))
    other_number = one("3", phone=Phone("+12125550177"))
    euros = one("4", Money.of("80.00", "EUR"))
    due_today = replace(one("5", due_on=TODAY), receivable=replace(one("5", due_on=TODAY).receivable, issued_on=TODAY))
    assert together(gated(one("1"), other_customer, other_number, euros, due_today), POLICY) == []


def test_of_two_groups_of_one_number_the_later_step_goes_first() -> None:
    due = [one("5", due_on=TODAY), one("6", due_on=TODAY)]
    [members] = together(gated(one("1"), one("2"), *due), POLICY)
    assert [each.receivable.ledger_id for each in members] == ["5", "6"]


def test_what_the_owner_approves_goes_alone() -> None:
    asking = replace(POLICY, ask_always=frozenset({Step.ISSUED}))
    assert together(gated(one("1"), one("2")), asking) == []


def test_no_more_than_eight() -> None:
    [members] = together(gated(*(one(str(number)) for number in range(10, 20))), POLICY)
    assert len(members) == MOST_PARTS


def test_first_a_link_over_all_of_them_which_the_others_wait_for() -> None:
    found = decided(one("145"), one("146", EIGHTY))
    assert found is not None
    [link] = found["145"].effects
    assert (link.kind, found["145"].reason) == (EffectKind.CREATE_LINK, Reason.GO)
    assert found["146"] == Decision((), Reason.IN_PROGRESS, None)
    request = json.loads(link.request)
    assert (request["amount"], request["reference"]) == ("200.00", link.key)
    assert [(part.ledger_id, part.amount) for part in parts_in(request["metadata"])] == [
        ("145", AMOUNT),
        ("146", EIGHTY),
    ]
    assert "INV-145: $120.00; INV-146: $80.00" in request["description"]


def test_links_that_they_have_alone_come_down_first() -> None:
    found = decided(one("145", live_links=(LINK,)), one("146", EIGHTY))
    assert found is not None
    [retire] = found["145"].effects
    assert retire.kind is EffectKind.RETIRE_LINK
    assert {each.reason for each in found.values()} == {Reason.LINK_CHANGING}
    assert found["146"].effects == ()


def test_then_one_text_and_what_stands_for_it_with_the_other() -> None:
    lead, other = joint("145", AMOUNT), joint("146", EIGHTY)
    found = decided(lead, other)
    assert found is not None
    [text], [follower] = found["145"].effects, found["146"].effects
    assert (text.key, follower.key) == (notice_key(lead, Step.ISSUED), notice_key(other, Step.ISSUED))
    request = json.loads(text.request)
    assert request["also"] == ["146"]
    assert request["body"].endswith("https://buy.stripe.com/both")
    assert "$200.00" in request["body"]
    assert json.loads(follower.request)["with"] == text.key


def test_a_common_link_over_another_sum_or_used_is_none() -> None:
    lead, other = joint("145", AMOUNT), joint("146", EIGHTY)
    assert joint_link((lead, other), POLICY) is not None
    changed = replace(other, receivable=replace(other.receivable, balance=Money.of("70.00", "USD")))
    used = replace(other, live_links=(replace(other.live_links[0], used=True),))
    elsewhere = replace(other, live_links=())
    for one_of_them in (changed, used, elsewhere):
        assert joint_link((lead, one_of_them), POLICY) is None
    assert joint_link((lead, other, one("147")), POLICY) is None


def test_where_the_link_was_refused_or_there_are_no_words_each_goes_alone_and_keeps_its_link() -> None:
    lead, other = one("145", live_links=(LINK,)), one("146", EIGHTY)
    assert decided(lead, other, words=Speechless()) is None
    first = decided(one("145"), other)
    assert first is not None
    [link] = first["145"].effects
    assert decided(replace(lead, refused=frozenset({link.key})), other) is None


def test_where_an_old_link_cannot_be_taken_down_each_goes_alone() -> None:
    lead, other = one("145", live_links=(LINK,)), one("146", EIGHTY)
    first = decided(lead, other)
    assert first is not None
    [retire] = first["145"].effects
    assert decided(replace(lead, refused=frozenset({retire.key})), other) is None


def test_words_that_fail_once_the_link_is_there_are_told_for_each() -> None:
    found = decided(joint("145", AMOUNT), joint("146", EIGHTY), words=Speechless())
    assert found is not None
    assert {each.reason for each in found.values()} == {Reason.NO_WORDS}
    assert all(each.problem and each.review_at is not None for each in found.values())


def test_alone_it_gives_up_a_joint_link_that_fits_and_gets_its_own() -> None:
    found = decide(joint("145", AMOUNT), POLICY, WORDS, NOON)
    [retire] = found.effects
    assert (retire.kind, found.reason) == (EffectKind.RETIRE_LINK, Reason.LINK_CHANGING)


def test_while_nothing_goes_out_a_joint_link_that_fits_stays() -> None:
    evening = NOON + timedelta(hours=9)
    found = decide(joint("145", AMOUNT), POLICY, WORDS, evening)
    assert found.effects == ()


def test_a_joint_link_that_no_longer_fits_says_why_it_is_down() -> None:
    changed = joint("145", EIGHTY)
    changed = replace(changed, receivable=replace(changed.receivable, balance=AMOUNT))
    [retire] = decide(changed, POLICY, WORDS, NOON).effects
    assert json.loads(retire.request)["message"] == (
        "This page was for 2 invoices together. One of them, INV-145, has changed or is paid, so the page is closed. "
        "To pay the others, or to ask, please contact Acme Plumbing."
    )
    assert "2 invoices together" in retire.reason
