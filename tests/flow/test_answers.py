"""Every reply reaches the owner; what it says about the money holds reminders back, and decides nothing."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.money import Money
from connector.domain.phone import Phone
from state.names import DISPUTE, PROMISE, REPLY
from tests.flow.conftest import OpenOffice
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.flow.reversing import release, settle, undo

OWNER = Phone("+12125550999")
CARD = "4111 1111 1111 1111"


def texted(office: Office, *, due_in: int = 2) -> str:
    """An invoice whose customer has had its first text, and whose due text is near."""
    invoice = office.issue(due_in=due_in)
    office.run(2)
    assert len(office.texts()) == 1
    return invoice


def hear(office: Office, body: str, sender: Phone = MOBILE) -> None:
    office.wait(minutes=2)
    office.carrier.reply(sender, body)
    office.run()


def holds(office: Office) -> dict[tuple[str, str], date | None]:
    return {(one.scope, one.subject): one.until for one in office.company.queries.holds("acme")}


def commands(office: Office) -> list[str]:
    return [item.command for item in office.company.queries.attention("acme")]


def not_done(office: Office) -> list[str]:
    return [item.not_done for item in office.company.queries.attention("acme")]


# -------------------------------------------------------------------------------------------------------- promises


def test_a_promise_is_offered_with_its_day_and_nobody_is_reminded_the_next_morning(office: Office) -> None:
    invoice = texted(office)
    hear(office, "Sorry, I'll pay Friday")
    assert holds(office) == {(REPLY, MOBILE.e164): date(2026, 11, 26)}
    [command] = commands(office)
    assert command == f"To accept it: duebird promise {invoice} --until 2026-11-27 --company acme"
    assert "not taken as a promise. Understood was 2026-11-27." in not_done(office)[0]
    office.wait(days=2)  # its due day
    office.run(2)
    assert len(office.texts()) == 1
    assert office.reason(invoice) == "replied"
    office.wait(days=2)  # the wait is over: nobody has granted more
    office.run(2)
    assert len(office.texts()) == 2


def test_a_promise_without_a_day_asks_for_one(office: Office) -> None:
    invoice = texted(office)
    hear(office, "I will pay when I am back")
    assert commands(office) == [f"To accept it: duebird promise {invoice} --until DATE --company acme"]
    assert "No day was understood in it." in not_done(office)[0]


def test_a_promise_counts_by_itself_only_where_the_settings_say_so(open_office: OpenOffice) -> None:
    office = open_office(take_promises=True)
    invoice = texted(office)
    hear(office, "je paie vendredi")
    assert holds(office) == {(PROMISE, invoice): date(2026, 11, 27)}
    assert commands(office) == [f"duebird promise {invoice} --drop --company acme"]
    office.wait(days=4)
    office.run(2)
    assert len(office.texts()) == 1, "the promised day is not over"
    office.wait(days=1)
    office.run(2)
    assert any("promised to pay by 2026-11-27" in item for item in office.attention())


@pytest.mark.parametrize("body", ["I'll pay on March 30th", "I will pay soon"])
def test_a_promise_far_away_or_without_a_day_is_never_taken_by_itself(open_office: OpenOffice, body: str) -> None:
    office = open_office(take_promises=True)
    texted(office)
    hear(office, body)
    assert list(holds(office)) == [(REPLY, MOBILE.e164)]


def test_a_reply_shortens_no_promise_that_was_accepted_by_hand(open_office: OpenOffice) -> None:
    office = open_office(take_promises=True)
    invoice = texted(office)
    office.company.store.promised("acme", invoice, date(2026, 12, 11), "by hand", office.clock.now())
    hear(office, "I'll pay Friday")
    assert holds(office) == {(PROMISE, invoice): date(2026, 12, 11)}


def test_the_day_is_that_of_the_sender_not_of_the_company(open_office: OpenOffice) -> None:
    office = open_office()
    mobile = Phone("+18085550123")  # Honolulu: five hours behind New York
    invoice = office.issue(office.customer("Kai", mobile=mobile.e164))
    office.wait(hours=3)
    office.run(2)
    office.clock.advance(timedelta(hours=10))  # 01:00 on Tuesday in New York, 20:00 on Monday there
    hear(office, "I'll pay tomorrow", mobile)
    assert f"promise {invoice} --until 2026-11-24" in commands(office)[0]


def test_the_day_is_that_of_the_address_in_the_ledger_where_a_number_was_carried_along(open_office: OpenOffice) -> None:
    office = open_office()
    honolulu = office.ledger_world.add_customer("Kai", mobile=MOBILE.e164, country="US", region="HI")
    office.agree(MOBILE)
    invoice = office.issue(honolulu)
    office.wait(hours=3)
    office.run(2)
    office.clock.advance(timedelta(hours=10))  # 01:00 on Tuesday in New York, by the number; 20:00 on Monday there
    hear(office, "I'll pay tomorrow")
    assert f"promise {invoice} --until 2026-11-24" in commands(office)[0]


def test_where_it_may_be_two_days_the_later_is_meant(open_office: OpenOffice) -> None:
    office = open_office()
    moved = office.ledger_world.add_customer("Ann", mobile="+447400123456", country="US", region="NY")
    number = Phone("+447400123456")
    office.agree(number)
    invoice = office.issue(moved)
    office.run(2)
    office.clock.advance(timedelta(hours=9))  # 21:00 on Monday in New York, 02:00 on Tuesday in London
    hear(office, "I'll pay tomorrow", number)
    assert f"promise {invoice} --until 2026-11-25" in commands(office)[0]
    assert holds(office) == {(REPLY, number.e164): date(2026, 11, 27)}


# ------------------------------------------------------------------------------------------------- disputes, paid


def test_who_disputes_is_not_reminded_until_it_is_settled(office: Office) -> None:
    invoice = texted(office)
    hear(office, "This is wrong, I never ordered that")
    assert holds(office) == {(DISPUTE, invoice): None}
    assert commands(office) == [f"When it is settled: duebird dispute {invoice} --drop --company acme"]
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1
    assert office.company.store.hold_over("acme", DISPUTE, invoice, office.clock.now())
    office.run(2)
    assert len(office.texts()) == 2


def test_who_says_it_is_paid_is_not_reminded_and_the_owner_looks_at_the_bank(office: Office) -> None:
    invoice = texted(office)
    hear(office, "Ya pagué")
    [command] = commands(office)
    assert command.startswith("Look for it at the bank. Found: book it in the ledger. Not found: ")
    assert command.endswith(f"duebird dispute {invoice} --drop --company acme")
    assert "Nothing was booked on their word." in not_done(office)[0]
    assert office.bookings(invoice) == []
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.wait(days=2)
    office.run(2)
    assert len(office.texts()) == 1


def test_only_open_invoices_that_the_number_was_texted_about_are_held(office: Office) -> None:
    customer = office.customer()
    about = office.issue(customer, due_in=2)
    office.run(2)
    later = office.issue(customer, Money.of("55.00", "USD"))
    office.run()
    paid = office.issue(office.customer("Other", mobile="+12125550177"))
    office.run(2)
    hear(office, "wrong amount")
    assert (DISPUTE, about) in holds(office)
    assert (DISPUTE, later) not in holds(office)
    assert (DISPUTE, paid) not in holds(office)


def test_a_dispute_in_answer_to_a_text_about_several_invoices_holds_each_of_them(open_office: OpenOffice) -> None:
    office = open_office(joint=True)
    customer = office.customer()
    invoices = [office.issue(customer, due_in=2), office.issue(customer, due_in=2)]
    office.run(2)
    assert len(office.texts()) == 1
    hear(office, "wrong amount")
    office.run()
    assert {office.reason(one) for one in invoices} == {"disputed"}
    office.wait(days=4)
    office.run(2)
    assert len(office.texts()) == 1


def test_a_dispute_counts_while_it_is_in_doubt_whether_the_text_it_answers_went_out(office: Office) -> None:
    invoice = office.issue(due_in=2)
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    office.run()
    assert len(office.texts()) == 1
    hear(office, "this is wrong")
    assert holds(office) == {(DISPUTE, invoice): None}
    office.wait(days=2)  # its due day
    office.run(3)
    assert len(office.texts()) == 1


def test_a_dispute_about_nothing_that_is_open_changes_nothing_and_is_told(office: Office) -> None:
    invoice = texted(office)
    office.ledger_world.pay_by_hand(invoice, DOLLARS)
    office.run()
    hear(office, "I already paid this")
    assert holds(office) == {}
    assert not_done(office) == ["No open invoice that this number was texted about: nothing was changed."]
    assert commands(office) == [f"duebird show {invoice} --company acme"]


def test_a_dispute_counts_while_it_is_on_record_that_all_is_paid_and_the_booking_was_taken_out(office: Office) -> None:
    invoice = texted(office, due_in=4)
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    settle(office)
    [payment] = office.company.queries.payments("acme")
    assert undo(office, payment.payment_id) == 1
    office.wait(minutes=1)
    office.run()  # the entry goes out after the invoices were read
    hear(office, "wrong amount")
    release(office, invoice)
    before = len(office.texts())
    office.wait(days=4)  # its due day
    office.run(3)
    assert (office.owed(invoice), office.reason(invoice)) == (DOLLARS, "disputed")
    assert len(office.texts()) == before


def test_what_the_owner_wrote_of_a_dispute_stays(office: Office) -> None:
    invoice = texted(office)
    office.company.store.disputed("acme", [invoice], "by hand: three hours, not four", office.clock.now())
    hear(office, "the amount is wrong")
    [hold] = office.company.queries.holds("acme")
    assert hold.why == "by hand: three hours, not four"


# ----------------------------------------------------------------------------------------------------- every reply


def test_ten_replies_of_one_conversation_are_one_item_with_all_their_words(office: Office) -> None:
    texted(office)
    for number in range(10):
        hear(office, f"Hello, are you there? Number {number}")
    [item] = office.attention()
    assert all(f"Number {number}”" in item for number in range(10))
    [row] = office.company.queries.attention("acme")
    assert MOBILE.e164 not in row.key + row.happened + row.command
    assert office.company.store.attention_closed("acme", row.key, "dana", office.clock.now())
    hear(office, "One more thing")
    [again] = office.attention()
    assert "One more thing" in again
    assert "Number 9" not in again


def test_a_conversation_without_an_end_stays_readable_and_says_where_the_rest_is(office: Office) -> None:
    texted(office)
    for number in range(12):
        hear(office, f"{number} " + "and another thing " * 20)
    [item] = office.attention()
    assert len(item) < 2_200
    assert item.endswith("`duebird show` has them all.")
    assert len(office.company.queries.replies_from("acme", MOBILE.e164)) == 12


def test_what_is_about_another_matter_is_an_item_of_its_own(office: Office) -> None:
    texted(office)
    hear(office, "Hello?")
    hear(office, "I'll pay Friday")
    hear(office, "do not text me before 9")
    assert len(office.attention()) == 3


def test_a_card_number_is_removed_and_the_owner_is_told(office: Office) -> None:
    texted(office)
    hear(office, f"my card is {CARD} exp 12/29")
    [item] = office.attention()
    assert "1111" not in item
    assert "A card number was in it: it was removed" in item
    assert "1111" not in office.company.queries.replies_from("acme", MOBILE.e164)[0].body


def test_a_stranger_who_was_never_texted_is_no_item_and_a_customer_is(office: Office) -> None:
    hear(office, "Hi, is this the pizza place?", Phone("+12125550111"))
    assert office.attention() == []
    office.issue(office.customer("Sam", mobile="+12125550112", agrees=False))
    office.run()
    hear(office, "Can you call me?", Phone("+12125550112"))
    assert len(office.attention()) == 1


# -------------------------------------------------------------------------------------------------------- forwards


def test_each_reply_goes_to_the_owner_as_a_text_once(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER)
    texted(office)
    hear(office, f"Please call me, card {CARD} www.evil.example")
    office.run(3)
    [body] = office.texts(OWNER)
    assert body.startswith("Duebird: Dana Reed wrote: Please call me")
    assert "1111" not in body
    assert "evil.example" not in body
    assert office.broken() == []


def test_a_forward_whose_answer_was_lost_is_not_sent_twice(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER)
    texted(office)
    office.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    hear(office, "Please call me")
    for _ in range(4):
        office.wait(minutes=20)
        office.run(2)
    assert len(office.texts(OWNER)) == 1


def test_what_the_owner_writes_is_never_forwarded_to_the_owner(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER, owner_phone=Phone("+12125550998"))
    texted(office)
    hear(office, "Please call me")
    for body in ("thanks", "who is this", "ok then"):
        hear(office, body, OWNER)
        hear(office, body, Phone("+12125550998"))
    office.run(3)
    assert len(office.texts(OWNER)) == 1


def test_a_flood_of_replies_sends_no_flood_to_the_owner(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER)
    texted(office)
    for number in range(25):
        office.wait(seconds=5)
        office.carrier.reply(MOBILE, f"message {'abcdefghijklmnopqrstuvwxyz'[number]}")
        office.run()
    office.run(3)
    assert len(office.texts(OWNER)) == 20
    assert len(office.company.queries.replies_from("acme", MOBILE.e164)) == 25


def test_a_forward_waits_for_the_hours_of_the_owner(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER)
    texted(office)
    office.wait(hours=10)  # 22:00
    hear(office, "Please call me")
    office.run(2)
    assert office.texts(OWNER) == []
    office.wait(hours=14)  # its turn in the hours of the next day
    office.run(2)
    assert len(office.texts(OWNER)) == 1


def test_a_stop_is_not_forwarded_and_a_wish_in_other_words_is(open_office: OpenOffice) -> None:
    office = open_office(forward_to=OWNER)
    texted(office)
    hear(office, "STOP")
    hear(office, "please stop texting me")
    office.run(2)
    assert len(office.texts(OWNER)) == 1
