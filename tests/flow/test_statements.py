"""No statement of an ordinary day reads more the more there is on record: their plans are asked of SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from adapters.memory.faults import FaultKind
from adapters.memory.post import MemoryPost
from connector.domain.letters import About
from connector.domain.money import Money
from connector.errors import Transient, Uncertain
from connector.flows.mail import Mailbox, run_once
from state.place import DATABASE_NAME
from tests.flow.conftest import OpenOffice
from tests.flow.office import Office
from tests.flow.test_brakes import issue_many

# Those that grow with the years. The others hold a line for each company, list, service and hour, or hold.
GROWING = {"receivables", "customers", "consents", "links", "payments", "hints", "inbound_texts", "texts", "effects"}
GROWING |= {"looked_up", "unreachable", "letters"}
# What may read all, and when it does.
SELDOM = {
    "receivables.read_at <": "after a full reading, once a day",
    "consents.entered_at \nFROM consents \nWHERE consents.company = ? ORDER": "journal and register, after either grew",
}
_READS = re.compile(r"(?P<how>SCAN|SEARCH) (?P<table>\w+)(?: USING (?:COVERING )?INDEX (?P<index>\w+) \((?P<by>.*)\))?")
_EXTREME = re.compile(r"SELECT (?:min|max)\(\w+\.(?P<column>\w+)\)")


@contextmanager
def listening() -> Iterator[dict[str, Any]]:
    """Every statement that any database is asked, with parameters it had."""
    heard: dict[str, Any] = {}

    def hear(_c: Connection, _k: Any, statement: str, parameters: Any, _x: Any, many: bool) -> None:  # noqa: FBT001
        heard.setdefault(statement, parameters[0] if many else parameters)

    event.listen(Engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(Engine, "before_cursor_execute", hear)


def readers_of_all(file: sqlite3.Connection, statement: str, parameters: Any) -> list[str]:
    """What of its plan walks through all rows of a growing table, or all of a company's."""
    if not statement.startswith(("SELECT", "UPDATE", "DELETE", "WITH")):
        return []
    plan = [row[3] for row in file.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    sorts = any("TEMP B-TREE FOR ORDER BY" in line for line in plan)
    return [line for line in plan if _walks(file, statement, line, sorts=sorts)]


def _walks(file: sqlite3.Connection, statement: str, line: str, *, sorts: bool) -> bool:
    read = _READS.search(line)
    if read is None or read["table"] not in GROWING:
        return False
    if read["how"] == "SEARCH" and read["by"] != "company=?":
        return False
    if "LIMIT" in statement and not sorts:
        return False
    extreme = _EXTREME.match(statement)
    if extreme and read["index"]:
        columns = [row[2] for row in file.execute(f"PRAGMA index_info({read['index']})")]
        return columns[1:2] != [extreme["column"]]
    return True


def live(office: Office) -> None:
    """A week: texts, payments, STOP, a correction, an outage, a cap, a pause, a full reading and its list."""
    issue_many(office, 12)
    stopped = office.issue(office.customer("Stan Stop", mobile="+12125550888"))
    office.run(3)
    for number, record in enumerate(list(office.stripe_world.live_links())):
        if number % 2:
            office.stripe_world.pay(record.link.url)
    office.ledger_world.edit_amount(stopped, Money.of("240.00", "USD"))
    office.carrier.reply(office.carrier.all_texts()[0].to, "STOP")
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    post = MemoryPost(errors=[Transient("away"), Uncertain("lost")])
    box = Mailbox(
        "acme",
        "Acme",
        office.policy.zone,
        post,
        office.company.store,
        office.company.queries,
        office.clock,
        about=About.URGENT,
    )
    for _ in range(7):
        office.carrier.reply(office.carrier.all_texts()[1].to, "is this real?")
        office.wait(hours=6)
        office.run(2)
        run_once(box)
    assert post.taken
    office.restart()
    office.wait(days=3)
    office.run(3)


def test_no_statement_of_a_day_walks_through_all_there_is(open_office: OpenOffice) -> None:
    office = open_office(texts_per_hour=5, texts_per_day=50, catch_up=8, lookup=True, mail_replies=True)
    with listening() as heard:
        live(office)
    with closing(sqlite3.connect(office.folder / DATABASE_NAME)) as file:
        found = {statement: readers_of_all(file, statement, given) for statement, given in heard.items()}
    assert len(found) > 60
    for part in SELDOM:
        assert [found.pop(statement) for statement in list(found) if part in statement], part
    assert "\n".join(f"{lines}: {statement}" for statement, lines in found.items() if lines) == ""


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT count(*) FROM effects WHERE company = ? AND purpose = 'notice' AND planned_at >= ?",
        "SELECT max(sent_at) FROM texts WHERE company = ? AND state = ?",
        "SELECT * FROM links ORDER BY url LIMIT 5",
    ],
)
def test_a_statement_that_does_is_noticed(office: Office, statement: str) -> None:
    with closing(sqlite3.connect(office.folder / DATABASE_NAME)) as file:
        assert readers_of_all(file, statement, ["acme", 1][: statement.count("?")])
