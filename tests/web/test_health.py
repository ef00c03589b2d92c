"""GET /health tells whoever watches us how we are, and a web page nothing."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from connector.web.health import Health
from connector.web.listener import Listener
from connector.worker import Status
from tests.flow.office import MOBILE, NOON, Office


@pytest.fixture
def asked(office: Office) -> Iterator[httpx.Client]:
    passes = {"acme": Status(NOON, troubles=["could not read the ledger: QuickBooks said no to +12125550123"])}
    health = Health(office.company.queries, lambda: ["acme", "beta"], lambda: passes, NOON, "127.0.0.1:8765")
    listener = Listener(health.app(), "127.0.0.1", 0, "dashboard_listen")
    listener.start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.port}", timeout=10, trust_env=False) as client:
        yield client
    listener.stop()
    health.close()


def test_health_tells_what_was_read_when_and_how_many_troubles_there_are(asked: httpx.Client) -> None:
    told = asked.get("/health").json()
    noon = NOON.isoformat()
    assert (told["status"], told["running_since"]) == ("running", noon)
    assert told["companies"] == {
        "acme": {
            "last_pass": noon,
            "troubles": 1,
            "read": {"ledger": noon, "payments": noon, "replies": noon},
        },
        "beta": {"last_pass": None, "troubles": 0, "read": {"ledger": None, "payments": None, "replies": None}},
    }
    assert told["version"]


def test_health_holds_no_customers_data(asked: httpx.Client, office: Office) -> None:
    office.issue()
    office.run()
    text = asked.get("/health").text
    assert not [word for word in ("Dana", MOBILE.e164, MOBILE.e164[-4:], "120.00", "QuickBooks said") if word in text]


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("localhost:8765", 200),
        ("127.0.0.1", 200),
        ("[::1]:8765", 200),
        ("192.168.1.20:8765", 200),
        ("evil.example", 421),
        ("evil.example:8765", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("evil.example@127.0.0.1.evil.example", 421),
        ("[::1", 421),
        ("", 421),
    ],
)
def test_a_name_that_was_made_to_point_here_is_turned_away(asked: httpx.Client, host: str, status: int) -> None:
    answer = asked.get("/health", headers={"Host": host})
    assert (answer.status_code, "companies" in answer.text) == (status, status == 200)


@pytest.mark.parametrize("path", ["/", "/hooks/acme/stripe", "/docs", "/health/", "/metrics"])
def test_the_dashboards_address_has_nothing_else(asked: httpx.Client, path: str) -> None:
    assert asked.get(path).status_code == 404
    assert asked.post(path).status_code == 404


def test_health_says_so_when_the_database_is_out_of_reach(asked: httpx.Client, office: Office) -> None:
    with office.database.write() as session:
        session.connection().exec_driver_sql("ALTER TABLE cursors RENAME TO cursors_away")
    answer = asked.get("/health")
    assert (answer.status_code, answer.json()) == (503, {"status": "database out of reach"})
