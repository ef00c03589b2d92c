"""The quick look of `status` says what the questions of the ORM say."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest

from connector.domain.effect import BooksIdentity, EffectKind
from connector.domain.joint import Part
from connector.errors import DatabaseTrouble
from connector.ports.processor import PaymentState
from state.glance import Glance, file_glances
from state.migrate import migrate
from state.names import HINTS_SINCE
from state.place import DATABASE_NAME, sqlite_url
from tests.state.house import NOW, House, attention, link, payment, receivable, sent

SINCE = {"xero": NOW - timedelta(days=1), "stripe": NOW - timedelta(days=30)}


def fill(house: House) -> None:
    """One of everything that is counted, and one of the same that must not be."""
    house.store.bind_company("acme", BooksIdentity("xero", "tenant", "acct_1"), "Acme Books", NOW)
    house.read(receivable())
    house.store.receivables_read("other", [receivable("inv9")], NOW)
    house.plan("LINK")
    house.start("LINK")
    house.store.link_made(
        "acme", "LINK", link(), parts=[Part("inv1", receivable().total)], generation=1, now=NOW, note=""
    )
    house.plan("TEXT", kind=EffectKind.SEND_TEXT)
    house.start("TEXT")
    house.store.text_sent("acme", "TEXT", sent(), NOW + timedelta(seconds=3, microseconds=5), check_at=NOW, note="")
    house.plan("DOUBT", kind=EffectKind.BOOK_PAYMENT)
    house.start("DOUBT")
    house.store.effects.doubt("DOUBT", NOW, NOW, "the answer was lost")
    house.plan("WAITS")
    house.store.payment_read("acme", payment(state=PaymentState.PENDING, paid_at=None), "inv1", NOW)
    house.store.attend("acme", attention("acme/open"), NOW)
    house.store.attend("acme", attention("acme/closed"), NOW)
    house.store.attention_closed("acme", "acme/closed", "a person", NOW)
    house.store.set_cursor("acme", HINTS_SINCE, "2026-11-23", NOW)
    house.store.pause("acme", "holidays", NOW)
    house.store.calls_made([("acme", "xero", NOW.replace(minute=0), 3, 1)])
    house.store.calls_made([("acme", "xero", NOW - timedelta(days=2), 50, 50)])


def test_a_look_at_a_company_counts_what_concerns_it_and_nothing_else(house: House) -> None:
    fill(house)
    found = house.queries.glance("acme", SINCE)
    assert found.books == "Acme Books"
    assert found.pause is not None
    assert found.pause.why == "holidays"
    assert found.counts == {"open": 1, "texts": 1, "booked": 0, "uncertain": 1, "planned": 1, "awaiting_approval": 0}
    assert found.attention == 1
    assert found.last_text_at == NOW + timedelta(seconds=3, microseconds=5)
    assert found.cursors[HINTS_SINCE] == ("2026-11-23", NOW)
    assert found.calls == {"xero": (3, 1), "stripe": (0, 0)}


@pytest.mark.parametrize("company", ["acme", "other", "never seen"])
def test_the_file_read_without_the_orm_says_the_same(house: House, tmp_path: Path, company: str) -> None:
    fill(house)
    if house.database.url.get_backend_name() != "sqlite":
        assert isinstance(house.queries.glance(company, SINCE), Glance)
        return
    with file_glances(tmp_path / "state" / DATABASE_NAME) as glances:
        assert glances.glance(company, SINCE) == house.queries.glance(company, SINCE)


def test_a_look_makes_no_file_and_says_when_it_cannot_be_read(tmp_path: Path) -> None:
    missing = tmp_path / "none.sqlite3"
    with pytest.raises(DatabaseTrouble), file_glances(missing) as glances:
        glances.glance("acme", SINCE)
    assert not missing.exists()
    missing.write_bytes(b"no database at all" * 100)
    with pytest.raises(DatabaseTrouble, match="cannot be used"), file_glances(missing) as glances:
        glances.glance("acme", SINCE)


def test_a_look_does_not_disturb_whoever_is_writing(tmp_path: Path) -> None:
    migrate(sqlite_url(tmp_path / "state"))
    file = tmp_path / "state" / DATABASE_NAME
    writer = sqlite3.connect(file, isolation_level=None)
    try:
        writer.execute("BEGIN IMMEDIATE")
        with file_glances(file) as glances:
            assert glances.glance("acme", {}).counts["open"] == 0
    finally:
        writer.close()
