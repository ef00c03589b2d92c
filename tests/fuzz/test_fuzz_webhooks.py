"""Webhooks under fire: nothing unsigned leaves a trace, nothing looks like our failure, nothing grows."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import random
import socket
import sqlite3
import sys
import threading
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.incoming import MOST_BYTES
from connector.web.listener import CONNECTIONS
from state.place import database_file
from tests.flow.office import Office
from tests.fuzz.stranger import DOORS, NOW, PATIENCE, STOP, Sent, exchange, requests, statuses
from tests.web.reception import Reception, paid, stripe_signature

# What a webhook may add to: what was heard, and what follows from a person's own word.
HEARD: Final = {"hints", "inbound_texts", "consent_records", "consents", "attention", "inbound"}


class Besieged:
    """A reception, and a look at its files from outside that sees every single write."""

    def __init__(self, folder: Path) -> None:
        self.office = Office(folder)
        self.reception = Reception(self.office)
        self.folder = folder
        self.outside = sqlite3.connect(database_file(folder))
        self.tables = [row[0] for row in self.outside.execute("select name from sqlite_master where type = 'table'")]

    def written(self) -> object:
        """Changes with every commit of anybody, and with every byte in the files beside the database."""
        beside = {
            path.name: (path.stat().st_size, path.stat().st_mtime_ns)
            for folder in (self.folder, self.office.journal.parent)
            for path in folder.iterdir()
            if path.is_file() and "sqlite" not in path.name
        }
        return self.outside.execute("pragma data_version").fetchone(), beside

    def rows(self) -> dict[str, int]:
        return {name: self.outside.execute(f"select count(*) from {name}").fetchone()[0] for name in self.tables}  # noqa: S608

    def calls(self) -> int:
        """Calls to the services, all together."""
        worlds = (self.office.ledger_world, self.office.stripe_world, self.office.carrier)
        return sum(len(world.requests) for world in worlds)

    def nudges(self) -> tuple[list[str], list[str]]:
        return list(self.reception.worked), list(self.reception.looked)


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    made = Besieged(tmp_path_factory.mktemp("besieged") / "state")
    with made.reception:
        yield made
    made.outside.close()
    made.office.database.close()


# -------------------------------------------------------------------------------------------------------- unsigned


@given(request=requests())
@example(
    request=Sent((b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",))
)
@example(request=Sent((b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n" * 3,)))
def test_what_no_service_signed_leaves_no_trace_and_never_looks_like_our_failure(
    besieged: Besieged, request: Sent
) -> None:
    before = besieged.written(), besieged.nudges(), besieged.calls()
    answered = exchange(besieged.reception.listener.port, request)
    assert all(status == 100 or 400 <= status < 500 for status in answered), answered
    assert (besieged.written(), besieged.nudges(), besieged.calls()) == before


def test_a_service_is_heard_while_strangers_hammer_at_the_door(besieged: Besieged) -> None:
    """Each right request is answered rightly, whatever else arrives at the same time."""
    done, seen = threading.Event(), list[int]()

    def hammer(seed: int) -> None:
        noise = random.Random(seed)  # noqa: S311
        while not done.is_set():
            body = noise.randbytes(noise.randrange(4000))
            door = noise.choice(DOORS)
            length = noise.choice((0, len(body), 9999))
            head = f"POST /hooks/{door} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n"
            seen.extend(exchange(besieged.reception.listener.port, Sent((head.encode(), body))))

    strangers = [threading.Thread(target=hammer, args=(seed,)) for seed in range(4)]
    for stranger in strangers:
        stranger.start()
    try:
        answers = [besieged.reception.stripe(paid(event_id=f"evt_h{number}")) for number in range(60)]
    finally:
        done.set()
        for stranger in strangers:
            stranger.join(PATIENCE)
    assert answers == [200] * 60
    assert {f"evt_h{number}" for number in range(60)} <= set(besieged.reception.hints())
    assert seen
    assert all(400 <= status < 500 for status in seen)


HELD: Final = [
    b"",
    b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\n",
    b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n{",
    b"POST /hooks/acme/stripe HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
]


@pytest.mark.parametrize("begun", HELD)
def test_lines_held_open_by_strangers_do_not_shut_a_service_out(besieged: Besieged, begun: bytes) -> None:
    lines = []
    try:
        for _ in range(3 * CONNECTIONS):
            line = socket.create_connection(("127.0.0.1", besieged.reception.listener.port), timeout=PATIENCE)
            lines.append(line)
            line.sendall(begun)
        assert [besieged.reception.stripe(paid(event_id=f"evt_l{number}")) for number in range(3)] == [200] * 3
        heard = b""
        for line in lines:
            line.settimeout(0)
            try:
                heard += line.recv(1000)
            except (BlockingIOError, ConnectionResetError):
                continue
    finally:
        for line in lines:
            line.close()
    assert all(status < 500 for status in statuses(heard))


# ---------------------------------------------------------------------------------------------- signed, and absurd

words = st.sampled_from(
    [
        *("id", "type", "data", "object", "created", "events", "tenantId", "eventNotifications", "realmId"),
        *(
            "intuitaccountid",
            "payment_intent",
            "livemode",
            "checkout.session.completed",
            "charge.refunded",
            "payout.paid",
        ),
        *("evt_1", "cs_live_a1", "9130355377388383", "\0", "\ud800", "'; drop table hints; --", "x" * 300),
    ]
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(words, inner, max_size=6),
    max_leaves=25,
)
events = st.fixed_dictionaries(
    {"id": words | json_values, "type": words | json_values, "created": st.integers() | st.floats() | json_values},
    optional={"data": st.fixed_dictionaries({"object": json_values}) | json_values, "object": words},
)
absurd = st.one_of(
    st.binary(max_size=2000),
    json_values.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    events.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass")),
    st.lists(events, max_size=5).map(lambda value: json.dumps({"events": value, "eventNotifications": value}).encode()),
    st.sampled_from(
        [b"[" * 100_000, b'{"a":' * 50_000, b"9" * 100_000, b"\xef\xbb\xbf{}", b"{}" + b" " * (MOST_BYTES - 2)]
    ),
)


@given(body=absurd, times=st.integers(1, 3))
def test_what_is_signed_and_absurd_is_answered_and_only_makes_the_daemon_look(
    besieged: Besieged, body: bytes, times: int
) -> None:
    before, calls = besieged.rows(), besieged.calls()
    for _ in range(times):
        assert besieged.reception.stripe(body) == 200
        once = besieged.rows()
        assert besieged.reception.intuit(body) == 200
        assert besieged.reception.xero(body).status_code == 200
        assert besieged.rows() == once, "a ledger's webhook only says where to look"
    grown = {name: once[name] - count for name, count in before.items() if once[name] != count}
    assert set(grown) <= {"hints"}
    assert sum(grown.values()) <= 1, "one event is one hint, however often it comes"
    assert besieged.calls() == calls


fields = st.sampled_from(
    ["MessageSid", "From", "To", "Body", "NumMedia", "MessageStatus", "OptOutType", "MessagingServiceSid", "x"]
)
form_values = st.text(st.characters(exclude_categories=["Cs"]), max_size=40) | st.sampled_from(
    [
        *STOP.values(),
        "START",
        "delivered",
        "failed",
        "SM" + "8" * 32,
        "+1",
        "32665",
        "whatsapp:+12125550123",
        "\0",
        "a" * 3000,
    ]
)


@given(form=st.dictionaries(fields, form_values, max_size=9), door=st.sampled_from(["inbound", "status"]))
@example(form={**STOP, "Body": "\0STOP\0"}, door="inbound")
@example(form={**STOP, "From": "+9990000000", "Body": "hello"}, door="inbound")
@example(form={**STOP, "From": "+0000000", "Body": "STOP"}, door="inbound")
def test_any_signed_form_is_answered_and_moves_no_money_and_sends_nothing(
    besieged: Besieged, form: dict[str, str], door: str
) -> None:
    before, calls = besieged.rows(), besieged.calls()
    assert besieged.reception.twilio(f"acme/twilio/{door}", form).status_code == 200
    after = besieged.rows()
    assert {name for name in before if after[name] != before[name]} <= HEARD
    assert besieged.calls() == calls
    assert besieged.reception.twilio(f"acme/twilio/{door}", form).status_code == 200
    assert besieged.rows() == after, "a replay changes nothing"


# ---------------------------------------------------------------------------------------------------------- memory

WARM: Final = 3_000  # until what is kept by design (1,024 strangers' addresses with a count each) is full
MANY: Final = 20_000
# One object kept for one request in a hundred would be 200. The rest is caches of the library that fill by chance.
BLOCKS_MAY_GROW: Final = 150
# What is larger than an object's block is seen in the size of the process: the bodies of these requests have 14 MB.
BYTES_MAY_GROW: Final = 4_000_000


def test_memory_stays_flat_over_tens_of_thousands_of_requests(besieged: Besieged) -> None:
    """At the app itself, without the network, so that it is the work on a request that is measured."""
    logging.getLogger("connector.web").setLevel(logging.CRITICAL)  # what is said of each is kept by the test run
    app: Any = besieged.reception.hooks.app()
    noise = random.Random(7)  # noqa: S311

    async def send(count: int) -> set[int]:
        return {await asked(app, *forged(noise)) for _ in range(count)}

    assert asyncio.run(send(WARM)) <= {401, 404, 413, 429, 431}
    blocks, size = held()
    asyncio.run(send(MANY))
    blocks_after, size_after = held()
    assert blocks_after - blocks < BLOCKS_MAY_GROW
    assert size_after - size < BYTES_MAY_GROW


def held() -> tuple[int, int]:
    """Blocks of memory that Python's objects have, and the size of the process in bytes (0 where nobody tells)."""
    gc.collect()
    statm = Path("/proc/self/statm")
    pages = int(statm.read_text("ascii").split()[1]) if statm.exists() else 0
    return sys.getallocatedblocks(), pages * os.sysconf("SC_PAGE_SIZE") if pages else 0


def forged(noise: random.Random) -> tuple[str, str, list[tuple[bytes, bytes]], list[bytes]]:
    """A stranger's address, the path, headers, and the body in pieces."""
    body = noise.randbytes(noise.choice((0, 30, 2000)))
    stamp = stripe_signature(noise.randbytes(8), NOW).encode()
    headers = [(b"stripe-signature", stamp), (b"x-twilio-signature", noise.randbytes(20).hex().encode())]
    headers += [(b"x-%d" % number, noise.randbytes(40).hex().encode()) for number in range(noise.randrange(5))]
    if noise.randrange(500) == 0:
        body = bytes(2 * MOST_BYTES)
    if noise.randrange(500) == 0:
        headers *= 40
    path = f"/hooks/{noise.choice(DOORS)}" if noise.randrange(3) else f"/hooks/{noise.randbytes(9).hex()}/stripe"
    pieces = [body[start : start + 60_000] for start in range(0, len(body), 60_000)] or [b""]
    return f"203.0.{noise.randrange(256)}.{noise.randrange(256)}", path, headers, pieces


async def asked(app: Any, remote: str, path: str, headers: list[tuple[bytes, bytes]], pieces: list[bytes]) -> int:
    """One request to an ASGI app, and the status of its answer."""
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "root_path": "",
        "headers": headers,
        "client": (remote, 1),
        "server": ("127.0.0.1", 80),
    }
    waiting = [
        {"type": "http.request", "body": piece, "more_body": number < len(pieces)}
        for number, piece in enumerate(pieces, 1)
    ]
    status = 0

    async def receive() -> MutableMapping[str, Any]:
        return waiting.pop(0) if waiting else {"type": "http.disconnect"}

    async def send(message: MutableMapping[str, Any]) -> None:
        nonlocal status
        status = message.get("status", status)

    await app(scope, receive, send)
    return status
