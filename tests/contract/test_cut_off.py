"""A write whose time to leave has passed does not leave, wherever on its way the time was lost."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.clock import ManualClock
from adapters.memory.budget import MemoryMeter
from adapters.memory.ledger import MemoryLedger
from adapters.memory.ledger_world import LedgerWorld
from adapters.transport import MeteredSession
from connector.domain.money import Money
from connector.errors import Transient
from connector.ports.calls import CutOff, Wire
from connector.ports.ledger import BookingRequest

NIGHT = timedelta(hours=9)
NOON = datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


class SleepyClock(ManualClock):
    """The computer is shut for a night just before the clock is looked at for the n-th time from now."""

    looks_left: int | None = None

    def elapsed(self) -> float:
        if self.looks_left is not None:
            self.looks_left -= 1
            if self.looks_left == 0:
                self.advance(NIGHT)
        return super().elapsed()


@dataclass
class Service:
    """A service that keeps what reached it."""

    address: str
    certificate: Path | None
    requests: list[str] = field(default_factory=list)


@pytest.fixture(params=["http", "https"])
def service(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Service]:
    seen: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            seen.append(self.command)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        do_POST = do_GET = _answer  # noqa: N815  the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    certificate = None
    if request.param == "https":
        certificate = _certified(tmp_path)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, tmp_path / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Service(f"{request.param}://127.0.0.1:{server.server_port}/", certificate, seen)
    server.shutdown()
    server.server_close()
    thread.join()


def _certified(folder: Path) -> Path:
    """A certificate of its own for this computer, good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "stand-in")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, plain))
    certificate = folder / "certificate.pem"
    certificate.write_bytes(made.public_bytes(pem))
    return certificate


def session_on(service: Service, wire: Wire) -> MeteredSession:
    session = MeteredSession(wire, "stand-in")
    session.trust_env = False
    session.verify = str(service.certificate) if service.certificate else True
    return session


@pytest.mark.parametrize(("look", "arrives"), [(1, False), (2, False), (3, True)])
def test_a_computer_shut_before_the_first_byte_sends_nothing(service: Service, look: int, *, arrives: bool) -> None:
    """Shut while it waits for a line (1), or for a connection (2). After that only the bytes themselves are left."""
    clock = SleepyClock(NOON)
    wire = Wire("acme", clock, MemoryMeter(clock))
    session = session_on(service, wire)
    wire.cut_off.begin(clock, 90)
    clock.looks_left = look
    if arrives:
        assert session.post(service.address, data="to=you").status_code == 200
    else:
        with pytest.raises(Transient, match="nothing was sent"):
            session.post(service.address, data="to=you")
    assert service.requests == ["POST"] * arrives
    session.close()


def test_a_connection_that_was_kept_is_looked_at_again_too(service: Service) -> None:
    clock = SleepyClock(NOON)
    wire = Wire("acme", clock, MemoryMeter(clock))
    session = session_on(service, wire)
    session.post(service.address)
    wire.cut_off.begin(clock, 90)
    clock.looks_left = 2
    with pytest.raises(Transient):
        session.post(service.address)
    assert service.requests == ["POST"]
    assert session.get(service.address).ok  # a read does no harm however late it is
    wire.cut_off.end()
    assert session.post(service.address).ok
    session.close()


class Queue:
    """A lane in which others are served first, for longer than what was looked at stays true."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock

    def __enter__(self) -> None:
        self.clock.advance(timedelta(seconds=91))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


def test_a_write_that_waited_too_long_for_its_turn_does_not_leave(service: Service) -> None:
    clock = ManualClock(NOON)
    wire = Wire("acme", clock, MemoryMeter(clock), lane=Queue(clock))
    session = session_on(service, wire)
    wire.cut_off.begin(clock, 90)
    with pytest.raises(Transient):
        session.post(service.address)
    assert service.requests == []
    session.close()


def test_a_wall_clock_that_counts_sleep_is_enough_where_the_other_does_not() -> None:
    clock, cut_off = ManualClock(NOON), CutOff()
    cut_off.begin(clock, 90)
    clock.jump(NOON + NIGHT)
    with pytest.raises(Transient):
        cut_off.look("ledger")


def test_each_thread_has_a_time_of_its_own() -> None:
    clock, cut_off = ManualClock(NOON), CutOff()
    cut_off.begin(clock, 90)
    clock.advance(NIGHT)
    other = threading.Thread(target=cut_off.look, args=("ledger",))
    other.start()
    other.join()
    with pytest.raises(Transient):
        cut_off.look("ledger")


def test_the_worlds_in_memory_look_before_a_write_arrives() -> None:
    clock = ManualClock(NOON)
    world = LedgerWorld(clock)
    ledger = MemoryLedger(world)
    owed = Money.of("120.00", "USD")
    invoice = world.issue(world.add_customer("Dana Reed"), owed)
    request = BookingRequest(invoice, world.standing(invoice).customer_id, owed, world.today(), "acc1", "R", "", "key")
    ledger.cut_off.begin(clock, 90)
    clock.advance(NIGHT)
    with pytest.raises(Transient):
        ledger.book(request)
    assert world.all_entries() == []
    ledger.cut_off.end()
    ledger.book(request)
    assert len(world.all_entries()) == 1
