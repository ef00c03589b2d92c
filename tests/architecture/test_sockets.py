"""No test reaches the outside; loopback, which the sandbox needs, stays open."""

from __future__ import annotations

import asyncio
import socket
import threading

import pytest
import requests
from pytest_socket import SocketConnectBlockedError

# The guard warns before it refuses; elsewhere that warning is an error, here the refusal itself is looked at.
quiet_guard = pytest.mark.filterwarnings("ignore:A test tried to use")
OUTSIDE = "192.0.2.1"  # kept for documentation by RFC 5737: nobody lives there, should the guard ever be gone


@quiet_guard
def test_a_connection_to_the_outside_is_refused() -> None:
    with pytest.raises(SocketConnectBlockedError):
        socket.create_connection((OUTSIDE, 443), timeout=0.2)


@quiet_guard
def test_a_request_to_the_outside_is_refused() -> None:
    with pytest.raises(SocketConnectBlockedError):
        requests.get(f"http://{OUTSIDE}/", timeout=0.2)


def test_a_server_on_loopback_can_be_reached() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            line, _ = server.accept()
            line.close()

        answering = threading.Thread(target=answer)
        answering.start()
        with socket.create_connection(server.getsockname(), timeout=5) as line:
            assert line.recv(1) == b""
        answering.join(timeout=5)


def test_an_event_loop_can_serve_on_loopback() -> None:
    async def talk() -> bytes:
        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(b"here")
            writer.close()
            await writer.wait_closed()

        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            heard = await reader.read()
            writer.close()
            await writer.wait_closed()
            return heard

    assert asyncio.run(talk()) == b"here"
