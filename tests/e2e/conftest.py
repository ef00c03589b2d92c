from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from adapters.sandbox.world import SandboxWorld
from tests.e2e.house import Daemon, House
from tests.postgres import POSTGRES

collect_ignore = [] if POSTGRES else ["test_postgresql.py"]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """Both companies signed in, with empty books."""
    with SandboxWorld() as sandbox:
        here = House(tmp_path, sandbox)
        here.connect()
        yield here
        here.doors.close()


@pytest.fixture
def start(house: House) -> Iterator[Callable[..., Daemon]]:
    """Starts daemons; whatever still runs at the end is ended."""
    started: list[Daemon] = []

    def begin(**environment: str) -> Daemon:
        started.append(Daemon(house, **environment))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.kill()
