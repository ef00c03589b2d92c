"""Each fact does what it says, all of it or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from sqlalchemy import event

from connector.domain.consent import ConsentState
from connector.domain.dunning import Reason
from connector.domain.effect import EffectKind, NewEffect
from connector.domain.joint import Part
from connector.domain.money import Money
from connector.domain.receivable import Customer, ReceivableState
from connector.ports.ledger import Booking, BookingState, ChangePage
from connector.ports.messenger import DeliveryState, InboundText
from connector.ports.processor import Hint, PaymentState
from state.books import receivable_of
from state.effects import TextFacts
from state.names import LEDGER_CURSOR, RULES, SINGLE_READS
from state.store import Decided, HoldFact, Planned
from tests.state.house import NOW, PHONE, House, attention, consent, link, payment, receivable, sent

LATER = NOW + timedelta(hours=1)
AMOUNT = Money.of("120.00", "USD")


def _review(house: House, at: object = None) -> list[str]:
    del at
    return house.queries.due_for_review("acme", LATER, 10)


def _calm(house: House) -> None:
    house.store.decided("acme", [Decided("inv1", Reason.STEP_DONE, None)], NOW)
    assert _review(house) == []


def test_a_page_of_changes_and_the_place_behind_it_are_stored_together(house: House) -> None:
    customer = Customer("cust1", "Dana Reed", mobile="555", markers=frozenset({"b", "a"}))
    page = ChangePage((receivable(),), (customer, customer), ("gone",), (), (), "c2", more=False)
    changed = house.store.changes_read("acme", page, [(customer, PHONE), (customer, PHONE)], NOW)
    assert changed == ["inv1"]
    cursor = house.queries.cursor("acme", LEDGER_CURSOR)
    assert cursor is not None
    assert cursor.value == "c2"
    assert house.queries.customers("acme", ["cust1"])["cust1"].phone == PHONE.e164
    assert house.queries.customers_with("acme", PHONE.e164) == ["cust1"]


def test_what_is_read_again_unchanged_is_not_decided_again(house: House) -> None:
    house.read(receivable())
    _calm(house)
    assert house.read(receivable(), LATER) == []
    assert _review(house) == []


def test_what_has_changed_is_decided_again(house: House) -> None:
    house.read(receivable())
    _calm(house)
    assert house.read(receivable(due_on=None, version="2"), LATER) == ["inv1"]
    assert _review(house) == ["inv1"]


def test_an_older_version_does_not_talk_over_a_newer_one(house: House) -> None:
    house.read(receivable(state=ReceivableState.PAID, balance=Money.zero("USD"), updated_at=LATER))
    house.read(receivable(), LATER)
    row = house.queries.receivable("acme", "inv1")
    assert row is not None
    assert row.state == "paid"


def test_every_value_of_a_receivable_survives(house: House) -> None:
    one = receivable(
        number=None,
        due_on=None,
        total=Money.of("5000", "JPY"),
        balance=Money.of("4000", "JPY"),
        promised_on=receivable().issued_on,
        sent_by_ledger=False,
        payable_elsewhere=True,
    )
    house.read(one)
    row = house.queries.receivable("acme", "inv1")
    assert row is not None
    assert receivable_of(row) == one


def test_a_deleted_invoice_owes_nothing_and_an_unknown_one_is_ignored(house: House) -> None:
    house.read(receivable())
    house.store.receivable_gone("acme", "inv1", LATER)
    house.store.receivable_gone("acme", "stranger", LATER)
    row = house.queries.receivable("acme", "inv1")
    assert row is not None
    assert (row.state, row.balance) == ("deleted", 0)
    assert house.queries.receivable("acme", "stranger") is None


def test_a_reading_in_the_future_brings_the_invoice_up_again(house: House) -> None:
    house.read(receivable(), NOW + timedelta(days=300))
    house.store.decided("acme", [Decided("inv1", Reason.NO_STEP_NOW, NOW + timedelta(days=301))], NOW)
    house.read(receivable(), LATER)
    assert _review(house) == ["inv1"]


def test_what_was_only_pointed_at_is_read_one_by_one(house: House) -> None:
    house.read(receivable(state=ReceivableState.PAID, balance=Money.zero("USD")))
    house.read(receivable("inv2"))
    assert house.queries.open_unread_since("acme", NOW, 10) == []
    house.store.receivables_unread("acme", ["inv1", "stranger"], NOW)
    assert house.queries.open_unread_since("acme", NOW, 10) == ["inv1"]
    assert house.queries.open_unread_since("acme", LATER, 10) == ["inv1", "inv2"]
    waiting = house.queries.cursor("acme", SINGLE_READS)
    assert waiting is not None
    assert waiting.value
    house.store.receivable_unreadable("acme", "inv1", attention(), NOW)
    assert house.queries.open_unread_since("acme", NOW, 10) == []
    assert len(house.queries.attention("acme")) == 1


def test_a_decision_and_its_effects_are_recorded_together(house: House) -> None:
    house.read(receivable())
    effect = NewEffect("KEY", EffectKind.SEND_TEXT, "inv1", "{}", "why")
    planned = Planned(effect, TextFacts(PHONE.e164, "notice", "issued"))
    assert house.store.decided("acme", [Decided("inv1", Reason.GO, None, (planned,))], NOW) == 1
    assert house.store.decided("acme", [Decided("inv1", Reason.GO, None, (planned,))], NOW) == 0
    row = house.store.effects.get("KEY")
    assert row is not None
    assert (row.phone, row.purpose, row.step) == (PHONE.e164, "notice", "issued")


def test_changed_rules_bring_up_everything_open_and_nothing_else(house: House) -> None:
    house.read(receivable())
    house.read(receivable("inv2", state=ReceivableState.PAID, balance=Money.zero("USD")))
    house.store.decided("acme", [Decided(one, Reason.STEP_DONE, None) for one in ("inv1", "inv2")], NOW)
    house.store.review_all_open("acme", "new", NOW)
    assert _review(house) == ["inv1"]
    rules = house.queries.cursor("acme", RULES)
    assert rules is not None
    assert rules.value == "new"


def test_a_number_change_brings_up_the_customers_invoices(house: House) -> None:
    house.read(receivable())
    customer = Customer("cust1", "Dana Reed")
    house.store.customers_read("acme", [(customer, None)], NOW)
    _calm(house)
    house.store.customers_read("acme", [(customer, None)], NOW)
    assert _review(house) == []
    house.store.customers_read("acme", [(replace(customer, mobile="x"), PHONE)], NOW)
    assert _review(house) == ["inv1"]
    _calm(house)
    house.store.consents_recorded("acme", [consent()], NOW)
    assert _review(house) == ["inv1"]
    _calm(house)
    house.store.number_unreachable("acme", PHONE, "21614", NOW)
    assert _review(house) == ["inv1"]


def test_a_link_found_down_is_kept_as_retired(house: House) -> None:
    house.plan()
    house.start()
    house.store.link_made(
        "acme", "KEY", link(active=False), parts=[Part("inv1", AMOUNT)], generation=1, now=NOW, note=""
    )
    assert not house.queries.has_live_links("acme")
    found = house.queries.link("acme", "plink_1")
    assert found is not None
    assert found.retired_at == NOW


def test_a_link_is_marked_as_texted_with_the_notice_that_carries_it(house: House) -> None:
    house.plan("LINK")
    house.start("LINK")
    house.store.link_made("acme", "LINK", link(), parts=[Part("inv1", AMOUNT)], generation=1, now=NOW, note="")
    house.plan("TEXT", kind=EffectKind.SEND_TEXT)
    house.start("TEXT")
    house.store.text_sent("acme", "TEXT", sent(), LATER, check_at=LATER, note="")
    found = house.queries.link("acme", "plink_1")
    assert found is not None
    assert found.texted_at == LATER
    assert house.queries.text_is_known("acme", "SM1")
    assert house.queries.last_text_at("acme") == LATER
    house.plan("RETIRE", kind=EffectKind.RETIRE_LINK)
    house.start("RETIRE")
    house.store.link_retired("acme", "RETIRE", "plink_1", LATER, "")
    assert not house.queries.has_live_links("acme")


def test_a_payment_that_succeeded_stays_so(house: House) -> None:
    assert house.store.payment_read("acme", payment(state=PaymentState.PENDING, paid_at=None), "inv1", NOW)
    assert [row.payment_id for row in house.queries.pending_payments("acme", 5)] == ["pi_1"]
    assert house.store.payment_read("acme", payment(), "inv1", NOW)
    assert not house.store.payment_read("acme", payment(), "inv1", NOW)
    assert not house.store.payment_read("acme", payment(state=PaymentState.FAILED), "inv1", NOW)
    [row] = house.queries.payments_to_settle("acme", NOW, 5)
    assert row.state == "succeeded"


def test_a_payment_put_off_comes_back_and_holds_up_nothing(house: House) -> None:
    house.store.payment_read("acme", payment(), "inv1", NOW)
    house.store.payment_later("acme", "pi_1", "inv1", LATER, attention(), NOW)
    assert house.queries.payments_to_settle("acme", NOW, 5) == []
    assert len(house.queries.payments_to_settle("acme", LATER, 5)) == 1
    assert len(house.queries.attention("acme")) == 1


def test_what_stands_in_the_way_of_a_thing_no_longer_on_record_is_told_all_the_same(house: House) -> None:
    house.store.hint_later("acme", "evt_gone", LATER, attention("acme/event/evt_gone"), NOW)
    house.store.payment_later("acme", "pi_gone", "inv1", LATER, attention("acme/unsettled/pi_gone"), NOW)
    assert len(house.queries.attention("acme")) == 2
    assert house.queries.unworked_hints("acme", LATER, 5) == []
    assert house.queries.payments_to_settle("acme", LATER, 5) == []


def test_an_allocation_and_its_booking_are_one_stroke_and_so_is_a_hold(house: House) -> None:
    house.store.payment_read("acme", payment(), "inv1", NOW)
    booking = Planned(NewEffect("BOOK", EffectKind.BOOK_PAYMENT, "inv1", "{}", ""))
    house.store.payment_allocated("acme", "pi_1", booking, NOW)
    assert house.queries.payments_to_settle("acme", NOW, 5) == []
    assert house.status("BOOK") == "planned"
    house.store.payment_held("acme", "pi_1", "inv1", attention(), NOW, instead_of="BOOK", why="no longer fits")
    row = house.queries.payment("acme", "pi_1")
    assert row is not None
    assert (row.verdict, house.status("BOOK")) == ("held", "cancelled")


def test_a_booking_is_recorded_with_what_it_left_and_what_follows(house: House) -> None:
    house.read(receivable())
    house.store.payment_read("acme", payment(), "inv1", NOW)
    house.plan("BOOK", kind=EffectKind.BOOK_PAYMENT)
    house.start("BOOK")
    made = Booking("b1", "inv1", AMOUNT, Money.zero("USD"), NOW.date(), "DB1", "", BookingState.LIVE)
    after = receivable(state=ReceivableState.PAID, balance=Money.zero("USD"), version="2")
    thanks = Planned(NewEffect("THX", EffectKind.SEND_TEXT, "inv1", "{}", ""), TextFacts(PHONE.e164, "receipt"))
    house.store.payment_booked("acme", "BOOK", "pi_1", made, after, LATER, note="", follow=[thanks])
    row, paid = house.queries.receivable("acme", "inv1"), house.queries.payment("acme", "pi_1")
    assert row is not None
    assert paid is not None
    assert (row.state, paid.verdict, house.status("BOOK"), house.status("THX")) == ("paid", "booked", "done", "planned")


def test_an_event_is_stored_once_and_worked_on_once(house: House) -> None:
    hint = Hint("evt_1", "checkout.session.completed", "cs_1", NOW, "{}")
    assert house.store.hints_read("acme", [hint, hint], NOW, NOW) == 1
    assert house.store.hints_read("acme", [hint], NOW, NOW) == 0
    house.store.hint_later("acme", "evt_1", LATER, None, NOW)
    assert house.queries.unworked_hints("acme", NOW, 5) == []
    assert len(house.queries.unworked_hints("acme", LATER, 5)) == 1
    house.store.hints_worked("acme", ["evt_1"], LATER)
    assert house.queries.unworked_hints("acme", LATER, 5) == []
    house.store.housekeeping("acme", NOW + timedelta(days=36))
    assert house.store.hints_read("acme", [hint], None, NOW) == 1


def test_news_of_a_payment_that_was_taken_for_nobodys_is_news_again_once_it_is_on_record(house: House) -> None:
    house.read(receivable())
    refunded = Hint("evt_1", "charge.refunded", "pi_1", NOW, "{}")
    other = Hint("evt_2", "charge.refunded", "pi_2", NOW, "{}")
    paid = Hint("evt_3", "payment_intent.succeeded", "pi_1", NOW, "{}")
    house.store.hints_read("acme", [refunded, other, paid], NOW, NOW)
    house.store.hints_worked("acme", ["evt_1", "evt_2"], NOW)
    assert house.store.payment_read("acme", payment(), "inv1", LATER, hints=["evt_3"])
    assert [one.event_id for one in house.queries.unworked_hints("acme", LATER, 5)] == ["evt_1"]
    house.store.hints_worked("acme", ["evt_1"], LATER)
    assert not house.store.payment_read("acme", payment(), "inv1", LATER)
    assert house.queries.unworked_hints("acme", LATER, 5) == []


def test_a_reply_is_stored_once_with_what_it_means(house: House) -> None:
    house.read(receivable())
    house.store.customers_read("acme", [(Customer("cust1", "Dana Reed"), PHONE)], NOW)
    _calm(house)
    text = InboundText("SMin1", PHONE, "STOP", NOW)
    revoked = consent("inbound:SMin1", ConsentState.REVOKED)
    held = HoldFact("customer", "cust1", "a reply that a person should read")
    for _ in range(2):
        house.store.inbound_read("acme", [(text, "stop")], [revoked], NOW, NOW, [(text.text_id, attention())], [held])
    assert house.queries.known_inbound("acme", ["SMin1", "SMin2"]) == {"SMin1"}
    assert [one.state for one in house.queries.consent("acme", PHONE.e164)] == [ConsentState.REVOKED]
    assert [(one.scope, one.subject) for one in house.queries.holds("acme")] == [("customer", "cust1")]
    assert _review(house) == ["inv1"]


def test_a_hold_and_its_end_bring_the_invoice_up(house: House) -> None:
    house.read(receivable())
    _calm(house)
    house.store.hold("acme", "invoice", "inv1", "called", NOW)
    assert _review(house) == ["inv1"]
    _calm(house)
    assert house.store.release("acme", "invoice", "inv1", NOW)
    assert _review(house) == ["inv1"]
    assert not house.store.release("acme", "invoice", "inv1", NOW)


def test_a_delivery_is_kept_and_an_unknown_text_ignored(house: House) -> None:
    house.plan("TEXT", kind=EffectKind.SEND_TEXT)
    house.start("TEXT")
    house.store.text_sent("acme", "TEXT", sent(), NOW, check_at=NOW, note="")
    house.store.delivery_read("acme", replace(sent(), state=DeliveryState.DELIVERED), None, NOW)
    house.store.delivery_read("acme", sent("SM9"), None, NOW)
    assert house.queries.texts_to_check("acme", LATER, 5) == []
    [row] = house.queries.texts_of("acme", "inv1")
    assert (row.state, row.looks) == ("delivered", 1)


def test_one_matter_is_shown_once_and_is_off_the_list_when_closed(house: House) -> None:
    assert house.store.attend("acme", attention(), NOW)
    assert not house.store.attend("acme", attention(), NOW)
    assert not house.store.attention_closed("other", "acme/thing", "x", NOW)
    assert house.store.attention_closed("acme", "acme/thing", "a person", NOW)
    assert not house.store.attention_closed("acme", "acme/thing", "a person", NOW)
    assert house.queries.attention("acme") == []


def test_calls_add_up_by_the_hour(house: House) -> None:
    for _ in range(2):
        house.store.calls_made([("acme", "xero", NOW, 3, 1)])
    assert house.queries.calls_since("acme", "xero", NOW) == (6, 2)
    assert house.queries.calls_since("acme", "xero", LATER) == (0, 0)


def test_the_next_work_is_the_soonest_of_all_kinds(house: House) -> None:
    assert house.queries.next_work_at("acme") is None
    house.read(receivable())
    house.store.decided("acme", [Decided("inv1", Reason.NO_STEP_NOW, LATER)], NOW)
    assert house.queries.next_work_at("acme") == LATER
    house.plan()
    assert house.queries.next_work_at("acme") == NOW


def test_an_admitted_invoice_is_decided_again(house: House) -> None:
    house.read(receivable())
    _calm(house)
    house.store.admit("acme", "inv1", NOW)
    assert _review(house) == ["inv1"]


def test_a_look_at_a_sender_that_is_well_writes_nothing(house: House) -> None:
    commits: list[object] = []
    event.listen(house.database.engine, "commit", commits.append)
    assert not house.store.sender_shared("acme", {}, NOW)
    assert house.store.countries_opened("acme", NOW, NOW) == []
    assert commits == []
    assert house.store.sender_shared("acme", {"beta": attention()}, NOW)
    assert house.store.sender_shared("acme", {}, NOW)
    assert len(commits) == 2
