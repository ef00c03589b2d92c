"""The rarer ways through the effect core, each judged by what the services ended up with."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import col, delete, select

from adapters.memory.faults import FaultKind
from connector.domain.consent import ConsentState, standing
from connector.domain.effect import EffectStatus, booking_reference
from connector.domain.lease import Claim
from connector.domain.money import Money
from connector.domain.phone import Phone
from connector.domain.wordings import Occasion
from connector.errors import Rejected, RejectedBecause
from connector.flows import recover
from connector.ports.anchor import Anchor
from connector.ports.ledger import Booking, BookingState
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from connector.words import Wording
from state.tables import LinkRow, ReceivableRow
from tests.flow.office import DOLLARS, MOBILE, Office

OTHER = Phone("+12125550177")


class Meanwhile:
    """A port before one of whose calls something happens in the world, once."""

    def __init__(self, port: Any, method: str, act: Callable[[], object]) -> None:
        self._port, self._method, self._acts = port, method, [act]

    def __getattr__(self, name: str) -> Any:
        if name == self._method and self._acts:
            self._acts.pop()()
        return getattr(self._port, name)


class Answering:
    """A port that answers one of its calls in a way of its own."""

    def __init__(self, port: Any, method: str, answer: Callable[[Any], Any]) -> None:
        self._port, self._method, self._answer = port, method, answer

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)
        return (lambda *given: self._answer(call(*given))) if name == self._method else call


class Contrary:
    """A place for the claim where something else stands each time it is written, and what was there at each look."""

    def __init__(self, anchor: Anchor) -> None:
        self.read, self.create = anchor.read, anchor.create

    def replace(self, anchor_id: str, claim: Claim, idempotency_key: str) -> Claim:
        del anchor_id, idempotency_key
        return replace(claim, mark=claim.mark + 1000)


def refusing(method: str, because: RejectedBecause) -> Callable[[str, str, tuple[Any, ...]], None]:
    def decide(_port: str, called: str, _args: tuple[Any, ...]) -> None:
        if called == method:
            raise Rejected("It said no.", because=because, service="twilio", code="21614")

    return decide


def pay(office: Office) -> str:
    paid = office.stripe_world.pay(office.link_in(office.texts()[0]))
    assert paid is not None
    return paid


def why_cancelled(office: Office, invoice: str) -> list[str]:
    rows = office.company.queries.effects_of("acme", invoice)
    return [str(row.error) for row in rows if row.status == EffectStatus.CANCELLED]


def planned_but_held_back(office: Office, **how: Any) -> str:
    """An invoice whose text is planned, and cannot be looked for yet."""
    office.carrier_faults.program(FaultKind.DEAD, "sent_to", times=100_000)
    invoice = office.issue(**how)
    office.run()
    assert office.texts() == []
    return invoice


# ----------------------------------------------------------------------------------------------------------- texts


def test_a_text_with_the_link_that_is_there_already_is_taken_for_ours(office: Office) -> None:
    def by_hand() -> None:
        [live] = office.stripe_world.live_links()
        office.carrier.send(TextRequest(MOBILE, f"Please pay: {live.link.url}", timedelta(hours=1)))

    messenger: Any = Meanwhile(office.company.messenger, "sent_to", by_hand)
    office.company = replace(office.company, messenger=messenger)
    invoice = office.issue()
    office.run(3)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "step_done"


def test_a_text_that_could_not_go_for_days_is_not_sent_late(office: Office) -> None:
    invoice = planned_but_held_back(office, due_in=60)
    office.wait(days=9)
    office.carrier_faults.clear()
    office.run()
    assert "it could not be sent while it was of use" in why_cancelled(office, invoice)
    assert office.texts() == []


def test_a_text_whose_link_is_down_by_now_is_made_anew_with_a_live_one(office: Office) -> None:
    planned_but_held_back(office)
    with office.company.store.database.write() as session:
        for row in session.exec(select(LinkRow)).all():
            row.retired_at = office.clock.now()
            office.stripe_world.deactivate(row.link_id, "closed")
    office.wait(hours=1)
    office.carrier_faults.clear()
    office.run(3)
    [body] = office.texts()
    assert office.link_in(body) == office.stripe_world.live_links()[0].link.url


def test_nobody_is_reminded_who_has_paid_though_no_event_of_it_came(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.run()
    office.wait(days=2)
    pay(office)
    office.stripe_faults.program(FaultKind.DEAD, "hints", times=1000)
    office.run(2)
    assert len([body for body in office.texts() if "http" in body]) == 1
    office.stripe_faults.clear()
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_a_notice_overtaken_by_the_next_gives_way_to_it(office: Office) -> None:
    planned_but_held_back(office, due_in=1)
    office.wait(days=1)
    office.carrier_faults.clear()
    office.run(3)
    [body] = office.texts()
    assert "due today" in body


def test_an_amount_that_changes_between_the_decision_and_the_text_is_asked_for_as_it_is(office: Office) -> None:
    invoice = planned_but_held_back(office)
    office.wait(hours=1)
    office.carrier_faults.clear()
    lower = Money.of("90.00", "USD")
    edit = Meanwhile(office.company.ledger, "receivable", lambda: office.ledger_world.edit_amount(invoice, lower))
    ledger: Any = edit
    office.company = replace(office.company, ledger=ledger)
    office.run()
    [text] = [row for row in office.company.queries.effects_of("acme", invoice) if row.kind == "send_text"]
    assert "the amount owed has changed" in [one.note for one in office.company.store.effects.history(text.key)]
    office.run(3)
    [body] = office.texts()
    assert "$90.00" in body


def test_words_that_no_longer_fit_keep_a_planned_text_back(office: Office) -> None:
    invoice = planned_but_held_back(office)
    office.wait(hours=1)
    office.carrier_faults.clear()
    too_long = "{business} " + "writes at great length about nothing " * 12 + "{link}"
    long = Wording(own={("en", Occasion.ISSUED): too_long})
    office.company = replace(office.company, words=long)
    office.run()
    assert any("messages long" in why for why in why_cancelled(office, invoice))
    assert office.texts() == []


def test_a_receipt_for_a_payment_of_the_night_waits_for_the_morning(office: Office) -> None:
    office.issue()
    office.run()
    office.wait(hours=10)  # 22:00
    pay(office)
    office.run(3)
    assert len(office.texts()) == 1
    office.wait(hours=13)
    office.run(2)
    assert len(office.texts()) == 2


def test_a_receipt_goes_to_nobody_when_the_number_has_changed(office: Office) -> None:
    customer = office.customer()
    office.issue(customer)
    office.run()
    pay(office)
    office.carrier_faults.program(FaultKind.DEAD, "sent_to", times=100)
    office.wait(minutes=1)
    office.run(2)
    office.ledger_world.edit_customer(customer, mobile=OTHER.e164)
    office.carrier_faults.clear()
    office.wait(hours=1)
    office.run(2)
    assert (len(office.texts()), office.texts(OTHER)) == (1, [])


def test_a_stop_that_only_the_carrier_knows_is_learnt_from_its_refusal(office: Office) -> None:
    office.carrier_faults.lag_of["inbound"] = 7200
    office.carrier.reply(MOBILE, "STOP")
    office.issue()
    office.run(2)
    assert office.texts() == []
    known = office.company.queries.consent("acme", MOBILE.e164)
    assert standing(known) is ConsentState.REVOKED
    assert office.attention() == []


@pytest.mark.parametrize(
    ("because", "tried"), [(RejectedBecause.UNREACHABLE_NUMBER, 1), (RejectedBecause.BUSINESS_RULE, 2)]
)
def test_a_number_that_cannot_get_texts_is_tried_once_and_no_other_refusal_is_held_against_it(
    office: Office, because: RejectedBecause, tried: int
) -> None:
    office.carrier_faults.decide = refusing("send", because)
    customer = office.customer()
    office.issue(customer)
    office.run(2)
    office.wait(days=1)
    office.issue(customer)
    office.run(2)
    assert len([call for call in office.carrier.requests if call.method == "send"]) == tried
    assert office.texts() == []


# -------------------------------------------------------------------------------------------------------- bookings


def test_an_entry_of_a_life_before_is_adopted_and_no_second_one_made(office: Office) -> None:
    invoice = office.issue()
    office.run()
    reference = booking_reference(office.company.identity, pay(office))
    office.ledger_world.pay_by_hand(invoice, DOLLARS, reference=reference)
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    assert office.attention() == []


def test_an_entry_that_somebody_deleted_while_its_answer_was_on_the_way_is_not_made_again(office: Office) -> None:
    invoice = office.issue()
    office.run()
    pay(office)

    def deleted(made: Booking) -> Booking:
        office.ledger_world.delete_booking(made.booking_id)
        return replace(made, state=BookingState.DELETED)

    ledger: Any = Answering(office.company.ledger, "book", deleted)
    office.company = replace(office.company, ledger=ledger)
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == []
    assert any("was deleted in the ledger by somebody" in item for item in office.attention())


def test_a_part_that_the_ledger_keeps_as_a_credit_is_told(office: Office) -> None:
    office.issue()
    office.run()
    pay(office)
    kept: Any = Answering(office.company.ledger, "book", lambda made: replace(made, unapplied=Money.of("20.00", "USD")))
    office.company = replace(office.company, ledger=kept)
    office.wait(minutes=1)
    office.run(2)
    assert any("left 20.00 USD unapplied" in item for item in office.attention())


def test_a_booking_found_for_an_invoice_no_longer_on_record_is_recorded_without_a_receipt(office: Office) -> None:
    invoice = office.issue()
    office.run()
    pay(office)
    office.ledger_faults.program(FaultKind.LOSE_ANSWER, "book")
    office.wait(minutes=1)
    office.run()
    with office.company.store.database.write() as session:
        session.execute(delete(ReceivableRow).where(col(ReceivableRow.ledger_id) == invoice))
    office.wait(minutes=3)
    recover.run_once(office.company)
    [row] = [row for row in office.company.queries.effects_of("acme", invoice) if row.kind == "book_payment"]
    assert row.status == EffectStatus.DONE
    assert office.bookings(invoice) == [DOLLARS]


def test_who_wrote_stop_and_then_paid_gets_no_receipt(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.carrier.reply(MOBILE, "STOP")
    pay(office)
    office.wait(minutes=2)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.texts()) == 1


# ----------------------------------------------------------------------------------------------------------- links


def test_a_link_that_the_processor_will_not_take_down_is_put_before_a_person(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_faults.decide = refusing("retire_link", RejectedBecause.BUSINESS_RULE)
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(minutes=20)
    office.run(2)
    assert any("take the payment link down" in item for item in office.attention())


def test_a_link_whose_end_is_in_doubt_is_taken_down_again(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_faults.program(FaultKind.NEVER_COMMIT, "retire_link")
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(minutes=20)
    office.run()
    assert len(office.stripe_world.live_links()) == 1
    office.wait(minutes=1)
    office.run(2)
    assert office.stripe_world.live_links() == []


def test_what_was_paid_on_a_page_of_a_link_that_goes_down_is_stored_while_another_page_is_still_open(
    office: Office,
) -> None:
    invoice = office.issue()
    office.run()
    url = office.link_in(office.texts()[0])
    world = office.stripe_world
    first, second = world.open_page(url) or "", world.open_page(url) or ""

    def visit(method: str, step: str) -> None:
        if (method, step) == ("retire_link", "deactivated"):
            assert world.pay_page(first) is not None
        if (method, step) == ("retire_link", "expired"):
            world.pages[second].add(office.clock.now(), page)

    page = world.pages[second].latest
    office.stripe_faults.between = visit
    office.ledger_world.edit_amount(invoice, Money.of("200.00", "USD"))
    office.wait(minutes=1)
    office.run()
    office.stripe_faults.clear()
    office.wait(minutes=10)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]


def two_links_in_doubt(office: Office) -> str:
    """The answer to a link was lost, and there are two of its reference."""
    office.stripe_faults.program(FaultKind.LOSE_ANSWER, "create_link")
    invoice = office.issue()
    office.run()
    [row] = office.company.queries.effects_of("acme", invoice)
    [first] = office.stripe_world.live_links()
    values = json.loads(row.request)
    office.stripe_world.create_link(
        LinkRequest(
            reference=values["reference"],
            amount=DOLLARS,
            title=values["title"],
            description=values["description"],
            receipt_line=values["receipt_line"],
            inactive_message=values["inactive_message"],
            after_payment=values["after_payment"],
            metadata=values["metadata"],
            idempotency_key="another-life",
        )
    )
    assert first.link.active
    return invoice


def test_of_two_links_one_is_kept_and_what_was_paid_on_the_other_is_booked(office: Office) -> None:
    invoice = two_links_in_doubt(office)
    world = office.stripe_world
    pages = [world.open_page(one.link.url) for one in world.live_links()]

    def pay_at_the_last_moment(_method: str, step: str) -> None:
        for page in pages if step == "deactivated" else ():
            assert page is not None
            if not world.links[world.pages[page].latest.link_id].latest.link.active:
                world.pay_page(page)

    office.stripe_faults.between = pay_at_the_last_moment
    office.wait(minutes=1)
    recover.run_once(office.company)
    office.stripe_faults.clear()
    assert len(world.live_links()) == 1
    office.wait(minutes=1)
    office.run(3)
    assert office.bookings(invoice) == [DOLLARS]


def test_who_has_lost_the_company_takes_no_link_of_a_pair_down(office: Office) -> None:
    two_links_in_doubt(office)
    office.wait(minutes=1)
    office.company.lease.lost = True
    assert recover.run_once(office.company)["create_link left to whoever works on it"] == 1
    assert len(office.stripe_world.live_links()) == 2


# --------------------------------------------------------------------------------------------- doubt, and stopping


def test_a_link_that_stays_in_doubt_a_dozen_times_is_put_before_a_person_and_made_once_in_the_end(
    office: Office,
) -> None:
    office.stripe_faults.program(FaultKind.NEVER_COMMIT, "create_link", times=1000)
    office.issue()
    for _ in range(40):
        office.run()
        office.wait(minutes=10)
    assert any("could not make the payment link" in item for item in office.attention())
    office.stripe_faults.clear()
    office.wait(hours=14)
    for _ in range(8):
        office.wait(hours=1)
        office.run()
    assert len(office.texts()) == 1
    assert len(office.stripe_world.live_links()) == 1


def test_when_nobody_can_be_asked_for_a_day_a_person_is_told_and_nothing_is_repeated(office: Office) -> None:
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    office.issue()
    office.run()
    office.carrier_faults.program(FaultKind.DEAD, "sent_to", times=100_000)
    for _ in range(12):
        office.wait(hours=4)
        office.run()
    assert any("for a day nobody could be asked" in item for item in office.attention())
    assert len(office.texts()) == 1


def test_what_is_in_doubt_at_a_stop_waits_for_the_next_start(office: Office) -> None:
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    office.issue()
    office.run()
    office.wait(minutes=3)
    stopping = replace(office.company, stop_asked=lambda: True)
    assert recover.run_once(stopping).names == {}
    office.run()
    assert len(office.texts()) == 1


def test_a_payment_at_a_stop_is_settled_after_the_next_start(office: Office) -> None:
    from connector.flows import settle

    invoice = office.issue()
    office.run()
    pay(office)
    office.wait(minutes=1)
    hints = office.company.processor.hints(office.clock.now() - timedelta(hours=1))
    office.company.store.hints_read("acme", hints, None, office.clock.now())
    stopping = replace(office.company, stop_asked=lambda: True)
    with stopping.threads(1) as pool:
        settle.run_once(stopping, pool)
    assert office.bookings(invoice) == []
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


def test_after_a_clock_was_set_forward_within_a_batch_replies_are_read_again_before_the_next_text(
    office: Office,
) -> None:
    first, second = office.customer(), office.customer("Eli Roe", mobile=OTHER.e164)
    office.issue(first)
    office.issue(second)
    jumps = [timedelta(minutes=10)]

    def forward(sent: Any) -> Any:
        office.clock.jump(office.clock.now() + (jumps.pop() if jumps else timedelta()))
        return sent

    set_forward: Any = Answering(office.company.messenger, "send", forward)
    office.company = replace(office.company, messenger=set_forward)
    office.run()
    asked = [call.method for call in office.carrier.requests]
    one, two = [place for place, method in enumerate(asked) if method == "send"]
    assert "inbound" in asked[one:two]
    assert (len(office.texts()), len(office.texts(OTHER))) == (1, 1)


# ------------------------------------------------------------------------------------------------- whose payment


def test_a_payment_on_another_business_of_the_account_is_none_of_ours(office: Office) -> None:
    values = ("their own", "a mug", "", "", "closed", "thanks")
    made = office.stripe_world.create_link(
        LinkRequest(values[0], DOLLARS, values[1], values[2], values[3], values[4], values[5], {}, "k")
    )
    assert office.stripe_world.pay(made.url) is not None
    office.wait(minutes=1)
    office.run(2)
    assert office.attention() == []
    assert office.ledger_world.all_entries() == []


def test_a_payment_on_a_link_that_is_no_longer_on_record_is_known_by_its_own_facts(office: Office) -> None:
    invoice = office.issue()
    office.run()
    pay(office)
    with office.company.store.database.write() as session:
        session.execute(delete(LinkRow))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]


# ------------------------------------------------------------------------------------------------ who works on it


def test_a_computer_that_fell_asleep_before_it_could_note_that_it_works_looks_again_before_it_does(
    office: Office,
) -> None:
    asleep: Any = Meanwhile(office.company.lease.anchor, "read", lambda: office.clock.advance(timedelta(seconds=70)))
    office.company.lease.anchor = asleep
    office.wait(minutes=2)
    office.issue()
    before = len(office.stripe_world.requests)
    office.run()
    asked = [call.method for call in office.stripe_world.requests[before:] if call.method.endswith("_claim")]
    assert asked == ["read_claim", "read_claim", "write_claim"]
    assert len(office.texts()) == 1


def test_nothing_is_sent_while_the_processor_refuses_the_note_of_who_works(office: Office) -> None:
    office.wait(minutes=2)
    office.anchor_faults.decide = refusing("write_claim", RejectedBecause.BUSINESS_RULE)
    office.issue()
    office.run()
    assert office.texts() == []
    office.anchor_faults.decide = None
    office.run()
    assert len(office.texts()) == 1


@pytest.mark.parametrize("restarted", [False, True])
def test_a_note_that_stands_otherwise_each_time_it_is_written_ends_the_pass_and_nothing_is_sent(
    office: Office, *, restarted: bool
) -> None:
    office.wait(minutes=2)
    if restarted:
        office.restart()
    anchor = office.company.lease.anchor
    otherwise: Any = Contrary(anchor)
    office.company.lease.anchor = otherwise
    office.issue()
    office.run()
    assert office.texts() == []
    office.company.lease.anchor = anchor
    office.wait(minutes=5)
    office.run(2)
    assert len(office.texts()) == 1
