"""Migrating equals declaring; and one whole invoice runs on every database."""

from __future__ import annotations

from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlmodel import SQLModel

import state.tables  # noqa: F401  the tables register themselves
from state.database import Database
from state.migrate import current_revision, migrate
from tests.flow.office import DOLLARS, Office


def test_migrating_gives_what_the_tables_declare(url: str) -> None:
    migrate(url)
    database = Database(url)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, SQLModel.metadata) == []
    database.close()


def test_migrating_twice_changes_nothing(url: str) -> None:
    assert current_revision(url) is None
    assert migrate(url) is None
    revision = current_revision(url)
    assert migrate(url) is None
    assert current_revision(url) == revision


def test_one_invoice_from_new_to_paid(url: str, tmp_path: Path) -> None:
    office = Office(tmp_path / "unused", url=url)
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.texts()) == 2
    assert office.reason(invoice) == "paid"
    office.database.close()
