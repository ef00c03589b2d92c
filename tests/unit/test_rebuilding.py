"""What is concluded from what the services hold where the memory is lost."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from connector.domain.dunning import DUE_RULE, ISSUED_RULE, NOTICES, Step, rule_of
from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.joint import PARTS_KEY, Part, link_key, written
from connector.domain.money import Money
from connector.domain.rebuilding import own_link, turns_of
from connector.domain.records import INVOICE_KEY, LinkRecord
from tests.state.house import receivable

BOTH = (ISSUED_RULE, DUE_RULE)
TO_UPCOMING = {Step.ISSUED, Step.UPCOMING}
TO_DUE = {Step.ISSUED, Step.UPCOMING, Step.DUE}
ISSUED_ON, DUE_ON = date(2026, 11, 2), date(2026, 11, 16)
INVOICE = replace(receivable(), issued_on=ISSUED_ON, due_on=DUE_ON)
BOOKS = BooksIdentity("quickbooks", "books-1", "acct_1")
DOLLARS, OTHER = Money.of("120.00", "USD"), Money.of("80.00", "USD")


@pytest.mark.parametrize(
    ("sent_on", "steps", "spent"),
    [
        ([date(2026, 11, 3)], [Step.ISSUED], {Step.ISSUED}),
        ([date(2026, 11, 13)], [Step.UPCOMING], TO_UPCOMING),
        ([date(2026, 11, 16)], [Step.DUE], TO_DUE),
        ([date(2026, 11, 3), date(2026, 11, 17)], [Step.ISSUED, Step.DUE], TO_DUE),
        ([date(2026, 11, 19)], [Step.OVERDUE], {*TO_DUE, Step.OVERDUE}),
        ([date(2026, 11, 27)], [Step.SECOND_OVERDUE], {*TO_DUE, Step.OVERDUE, Step.SECOND_OVERDUE}),
        ([date(2026, 12, 12)], [Step.THIRD_OVERDUE], set(NOTICES)),
        # two on days of one step: each spends one of its own
        ([date(2026, 11, 3), date(2026, 11, 4)], [Step.ISSUED, Step.UPCOMING], TO_UPCOMING),
        ([date(2026, 11, 16), date(2026, 11, 17)], [Step.DUE, Step.UPCOMING], TO_DUE),
        # on that day no step could go out by these dates: they were others then
        ([date(2026, 11, 12)], [Step.ISSUED], set(NOTICES)),
        ([date(2026, 11, 1)], [Step.ISSUED], set(NOTICES)),
        ([date(2026, 11, 3)] * 7, [*NOTICES, None], set(NOTICES)),
    ],
)
def test_the_days_of_the_texts_say_which_steps_are_spent(
    sent_on: list[date], steps: list[Step | None], spent: set[Step]
) -> None:
    turns = turns_of(INVOICE, sent_on, BOTH)
    assert list(turns.of_texts) == steps
    assert turns.spent == spent


def test_of_an_invoice_that_is_gone_every_step_is_spent() -> None:
    assert turns_of(None, [date(2026, 11, 3)], BOTH).spent == set(NOTICES)


def test_a_step_that_was_being_sent_is_the_one_a_fitting_text_was() -> None:
    turns = turns_of(INVOICE, [date(2026, 11, 16)], BOTH, in_doubt={Step.ISSUED})
    assert turns.of_texts == (Step.ISSUED,)
    assert turns.spent == TO_DUE


def test_a_step_known_to_be_another_text_is_not_given_away_twice() -> None:
    turns = turns_of(INVOICE, [date(2026, 11, 16)], BOTH, taken={Step.DUE})
    assert turns.of_texts == (Step.UPCOMING,)


def test_a_step_that_the_settings_leave_out_today_counts_all_the_same() -> None:
    assert turns_of(INVOICE, [date(2026, 11, 16)], (ISSUED_RULE,)).of_texts == (Step.DUE,)


def test_a_step_on_other_days_than_the_usual_ones_is_known_by_its_own() -> None:
    late = (*BOTH, rule_of(Step.OVERDUE, 6))
    assert turns_of(INVOICE, [date(2026, 11, 18)], late).of_texts == (Step.DUE,)
    assert turns_of(INVOICE, [date(2026, 11, 22)], late).of_texts == (Step.OVERDUE,)


def test_no_text_spends_the_step_that_hands_an_invoice_to_a_person() -> None:
    handed_over = (*BOTH, rule_of(Step.HANDOVER, 30))
    for day in (date(2026, 11, 3), date(2026, 12, 20)):
        assert Step.HANDOVER not in turns_of(INVOICE, [day], handed_over).spent


def link(generation: str = "1", tenant: str = "books-1", reference: str = "") -> LinkRecord:
    key = reference or natural_key(BOOKS, "link", "inv1", 1, DOLLARS.minor, "USD")
    data = {"duebird_invoice": "inv1", "duebird_tenant": tenant, "duebird_generation": generation}
    return LinkRecord("plink_1", "https://pay.example/1", key, data, None, active=True)


def test_a_link_is_ours_by_the_key_its_own_facts_derive() -> None:
    own = own_link(BOOKS, link(), [OTHER, DOLLARS])
    assert own is not None
    assert (own.ledger_id, own.generation, own.parts) == ("inv1", 1, (Part("inv1", DOLLARS),))


@pytest.mark.parametrize(
    "stranger",
    [link(tenant="books-2"), link(generation="2"), link(generation="one"), link(generation="²"), link(reference="X")],
)
def test_marks_that_anybody_can_write_make_no_link_ours(stranger: LinkRecord) -> None:
    assert own_link(BOOKS, stranger, [DOLLARS]) is None


def test_a_link_that_asks_another_amount_than_its_key_says_is_not_ours() -> None:
    assert own_link(BOOKS, link(), [OTHER]) is None


def test_a_joint_link_says_itself_what_it_asks_for_each_of_its_invoices() -> None:
    parts = (Part("inv1", DOLLARS), Part("inv2", OTHER))
    asked = {PARTS_KEY: written(parts)}
    joint = replace(link(), reference=link_key(BOOKS, 1, parts), metadata={**link().metadata, **asked})
    own = own_link(BOOKS, joint, ())
    assert own is not None
    assert own.parts == parts
    other = replace(joint, metadata={**joint.metadata, PARTS_KEY: written((Part("inv1", OTHER), Part("inv2", OTHER)))})
    assert own_link(BOOKS, other, [DOLLARS]) is None
    led_by_another = replace(joint, metadata={**joint.metadata, INVOICE_KEY: "inv2"})
    assert own_link(BOOKS, led_by_another, [DOLLARS]) is None
