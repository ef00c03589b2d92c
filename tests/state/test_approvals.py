"""What the owner says before texts go out, on every database; and that nobody who upgrades is silently stopped."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from alembic import command
from sqlalchemy import text

from connector.domain.approval import Ask, Verdict
from connector.domain.dunning import Reason, Step
from connector.domain.effect import BooksIdentity
from connector.domain.money import Money
from connector.domain.phone import Phone
from state.database import Database
from state.facts import Decided
from state.migrate import configuration, migrate
from state.names import ALL, DISPUTE, DRAFT, PROMISE
from state.queries import Queries
from state.store import Store
from tests.state.house import NOW, House, receivable

BOOKS = BooksIdentity("xero", "tenant", "acct_1")
ASK = Ask(Step.ISSUED, Money.of("120.00", "USD"), Phone("+12125550123"), "Please pay: https://x.example")


def asked(house: House, ledger_id: str = "inv1") -> None:
    decided = Decided(ledger_id, Reason.AWAITING_APPROVAL, NOW + timedelta(days=1), ask=ASK)
    house.store.decided("acme", [decided], NOW)


def test_a_new_company_begins_in_draft_where_the_settings_say_so(house: House) -> None:
    house.store.bind_company("acme", BOOKS, "Acme", NOW, draft=True)
    assert house.queries.in_draft("acme")
    house.store.bind_company("acme", BOOKS, "Acme", NOW, draft=True)
    house.store.went_live("acme", "dana", NOW)
    assert not house.queries.in_draft("acme")
    house.store.bind_company("acme", BOOKS, "Acme", NOW, draft=True)
    assert not house.queries.in_draft("acme"), "only a new company begins"


def test_a_company_that_went_live_before_its_first_contact_is_live(house: House) -> None:
    assert house.queries.in_draft("acme")
    house.store.went_live("acme", "dana", NOW)
    assert not house.queries.in_draft("acme")
    house.store.bind_company("acme", BOOKS, "Acme", NOW, draft=True)
    assert not house.queries.in_draft("acme")


def test_one_that_was_taken_back_before_it_begins_in_draft(house: House) -> None:
    house.store.went_live("acme", "dana", NOW)
    assert house.store.went_back_to_draft("acme", "dana", NOW)
    assert not house.store.went_back_to_draft("acme", "dana", NOW)
    house.store.bind_company("acme", BOOKS, "Acme", NOW, draft=True)
    assert house.queries.in_draft("acme")


def test_what_is_asked_and_said_is_kept_with_who_and_when(house: House) -> None:
    house.read(receivable())
    asked(house)
    [one] = house.queries.awaiting("acme", 10)
    assert (one.asked.step, one.asked.amount, one.asked.currency, one.asked.body) == ("issued", 12_000, "USD", ASK.body)
    later = NOW + timedelta(hours=1)
    house.store.said("acme", [one.asked], Verdict.APPROVED, "dana", later)
    words = [(one.verdict, one.by, one.at, one.void) for one in house.queries.words_on("acme", "inv1")]
    assert words == [("asked", "duebird", NOW, False), ("approved", "dana", later, False)]
    assert house.queries.due_for_review("acme", later, 10) == ["inv1"]


def test_only_open_invoices_that_wait_are_listed_the_first_asked_on_top(house: House) -> None:
    for ledger_id in ("inv2", "inv1", "inv3"):
        house.read(receivable(ledger_id))
        asked(house, ledger_id)
    house.store.receivable_gone("acme", "inv3", NOW)
    assert [one.asked.ledger_id for one in house.queries.awaiting("acme", 10)] == ["inv2", "inv1"]
    assert [one.asked.ledger_id for one in house.queries.awaiting("acme", 1)] == ["inv2"]
    assert house.queries.awaiting("other", 10) == []
    assert house.queries.counts("acme")["awaiting_approval"] == 2


def test_facts_read_what_was_said_where_it_may_count(house: House) -> None:
    house.read(receivable())
    asked(house)
    assert house.queries.facts("acme", ["inv1"], NOW).words == {}
    assert len(house.queries.facts("acme", ["inv1"], NOW, approving=True).words["inv1"]) == 1
    house.store.went_back_to_draft("acme", "dana", NOW)
    assert len(house.queries.facts("acme", ["inv1"], NOW).words["inv1"]) == 1


def test_disputes_and_promises_end_by_hand_and_when_their_invoice_is_settled(house: House) -> None:
    house.read(receivable("inv1"))
    house.read(receivable("inv2"))
    house.store.disputed("acme", ["inv1"], "wrong amount", NOW)
    house.store.promised("acme", "inv2", date(2026, 11, 27), "on the phone", NOW)
    house.store.promised("acme", "inv2", date(2026, 11, 30), "later after all", NOW)
    found = house.queries.facts("acme", ["inv1", "inv2"], NOW)
    assert found.disputed == {"inv1"}
    assert found.promised == {"inv2": date(2026, 11, 30)}
    assert house.store.hold_over("acme", DISPUTE, "inv1", NOW)
    assert not house.store.hold_over("acme", DISPUTE, "inv1", NOW)
    house.store.housekeeping("acme", NOW)
    assert house.queries.facts("acme", ["inv2"], NOW).promised, "its invoice is open"
    house.store.receivable_gone("acme", "inv2", NOW)
    house.store.housekeeping("acme", NOW)
    assert [one.scope for one in house.queries.holds("acme") if one.scope == PROMISE] == []


@pytest.mark.parametrize("texted", [True, False], ids=["one that has texted", "one that never has"])
def test_an_upgrade_leaves_live_what_has_texted_and_tells_so_once(url: str, texted: bool) -> None:  # noqa: FBT001
    command.upgrade(configuration(url), "0003")
    database = Database(url)
    with database.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO companies (company, ledger_kind, tenant_id, processor_account, ledger_name, bound_at) "
                "VALUES ('acme', 'xero', 't', 'a', 'Acme', CURRENT_TIMESTAMP)"
            )
        )
        if texted:
            connection.execute(
                text(
                    "INSERT INTO texts (company, text_id, effect_key, ledger_id, phone, purpose, state, sent_at, looks)"
                    " VALUES ('acme', 'SM1', 'K', 'inv1', '+12125550123', 'notice', 'sent', CURRENT_TIMESTAMP, 0)"
                )
            )
    migrate(url)
    queries = Queries(database)
    assert queries.in_draft("acme") is not texted
    told = [one.happened for one in queries.attention("acme")]
    assert bool(told) is texted
    assert all("counts as live" in one for one in told)
    assert [one.scope for one in queries.holds("acme")] == ([] if texted else [DRAFT])
    store = Store(database)
    store.went_live("acme", "dana", NOW)
    assert not queries.in_draft("acme")
    assert [one.verdict for one in queries.words_on("acme", ALL)] == ["live"]
    database.close()
