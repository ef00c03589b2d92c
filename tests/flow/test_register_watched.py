"""A consent register that was tampered with: found at start and once a day, and texts wait for the owner's word."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import text

from connector.domain.consent import ConsentState
from connector.domain.phone import Phone
from connector.flows.passes import Look, run_pass
from state.consent_journal import ConsentJournal
from tests.flow.office import DOLLARS, MOBILE, Office

OMAR, LENA = Phone("+12125550144"), Phone("+12125550155")


def by_hand(office: Office, statement: str) -> None:
    """What somebody does who opens the database with another program."""
    with office.database.record() as connection:
        connection.execute(text(statement))


def first_look_of_the_day(office: Office) -> list[str]:
    return run_pass(office.company, Look(objects=True)).troubles


def register_items(office: Office) -> list[str]:
    return [one.happened for one in office.company.queries.attention("acme") if "/register/" in one.key]


def test_after_an_entry_was_changed_no_text_goes_out_and_money_goes_on(office: Office) -> None:
    invoice = office.issue()
    office.customer("Omar", mobile=OMAR.e164)
    office.run()
    office.agree(OMAR, ConsentState.REVOKED)
    by_hand(office, "UPDATE consents SET state = 'granted' WHERE state = 'revoked'")
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.issue(list(office.ledger_world.customers)[1])
    office.wait(days=1)
    first_look_of_the_day(office)
    [item] = register_items(office)
    assert "Entry 3 (+1•••••0144, 23 Nov 2026 17:00 UTC) was changed after it was written." in item
    assert "The journal has it as it was written: revoked by form." in item
    office.run(2)
    assert office.texts(OMAR) == []
    assert len(office.texts()) == 1  # not even the receipt
    assert office.bookings(invoice) == [DOLLARS]


def test_the_owner_lets_texts_go_on_and_is_not_stopped_again_by_what_he_has_seen(office: Office) -> None:
    office.customer()
    by_hand(office, "UPDATE consents SET evidence = 'none'")
    first_look_of_the_day(office)
    office.company.store.resume("acme", office.clock.now())
    assert register_items(office) == []
    office.issue(next(iter(office.ledger_world.customers)))
    first_look_of_the_day(office)
    assert len(office.texts()) == 1
    assert register_items(office) == []
    office.customer("Omar", mobile=OMAR.e164)
    by_hand(office, "UPDATE consents SET evidence = 'none' WHERE place = 2")
    office.issue(list(office.ledger_world.customers)[1])
    first_look_of_the_day(office)
    assert office.texts(OMAR) == []
    assert len(register_items(office)) == 1


@pytest.mark.parametrize("gone", ["DELETE FROM consents WHERE place = 2", "DELETE FROM consents"])
def test_entries_that_were_taken_out_are_put_back_and_stop_nothing(office: Office, gone: str) -> None:
    for name, phone in (("Dana", MOBILE), ("Omar", OMAR), ("Lena", LENA)):
        office.customer(name, mobile=phone.e164)
    office.agree(OMAR, ConsentState.REVOKED)
    office.run()
    by_hand(office, gone)
    for customer in office.ledger_world.customers:
        office.issue(customer)
    first_look_of_the_day(office)
    assert register_items(office) == []
    assert [len(office.texts(one)) for one in (MOBILE, OMAR, LENA)] == [1, 0, 1]


def test_lines_taken_out_of_the_journal_are_written_again_and_stop_nothing(office: Office) -> None:
    office.customer()
    file = ConsentJournal(office.journal).path
    file.write_bytes(b"")
    office.issue(next(iter(office.ledger_world.customers)))
    first_look_of_the_day(office)
    assert register_items(office) == []
    assert len(office.texts()) == 1
    assert file.read_bytes().count(b"\n") == 1


def test_many_flaws_are_one_item_and_whoever_paused_before_keeps_his_reason(office: Office) -> None:
    for number in range(5):
        office.customer(f"N{number}", mobile=f"+1212555016{number}")
    by_hand(office, "UPDATE consents SET recorded_by = 'somebody'")
    office.company.store.pause("acme", "holiday", office.clock.now())
    first_look_of_the_day(office)
    office.wait(days=1)
    first_look_of_the_day(office)
    [item] = register_items(office)
    assert item.endswith("And 2 more.")
    paused = office.company.queries.paused("acme")
    assert paused is not None
    assert paused.why == "holiday"


def test_it_is_looked_at_in_the_first_pass_of_a_day_only(office: Office) -> None:
    office.customer()
    by_hand(office, "UPDATE consents SET evidence = 'none'")
    office.run()
    assert register_items(office) == []
    office.clock.advance(timedelta(hours=1))
    first_look_of_the_day(office)
    assert len(register_items(office)) == 1
