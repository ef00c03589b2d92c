"""Ports of this machine at which nobody listens: for a program under test to listen at, or to find nobody there."""

from __future__ import annotations

import atexit
import socket


def free_port() -> int:
    """A port that stays free until the tests end, save for whoever binds it with SO_REUSEADDR, as servers do.

    It is held, bound and not listening: a call to it is refused, and the system hands it to nobody else, neither to a
    test beside this one nor for an outgoing call. A port that was only looked up may be somebody's a moment later.
    """
    held = socket.socket()
    atexit.register(held.close)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    return port
