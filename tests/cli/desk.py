"""A bookkeeper's desk: a real state made by the engine, and every command typed at it in this process."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from adapters.sandbox.world import SandboxWorld
from connector.cli.main import app
from tests.e2e.house import FOREIGN, NORTH, PATIENCE, SALT, SECRETS, House, Invoice, Shop


@dataclass(frozen=True)
class Said:
    """What a command answered."""

    code: int
    out: str
    err: str

    @property
    def words(self) -> str:
        """Standard output without its line breaks, which fall where the screen ends."""
        return " ".join(self.out.split())

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """One installation, in a house."""

    house: House

    def type(self, *words: str, config: Path | None = None, **environment: str | None) -> Said:
        env = dict.fromkeys(FOREIGN) | SECRETS | {"NO_COLOR": "1", "COLUMNS": "80"} | environment
        done = CliRunner().invoke(app, [*words, "--config", str(config or self.house.config)], env=env)
        assert done.exception is None or isinstance(done.exception, SystemExit), repr(done.exception)
        return Said(done.exit_code, done.stdout, done.stderr)

    def bill(self, shop: Shop, which: int, name: str, *, agrees: bool = True, number: str = "") -> Invoice:
        customer = self.house.customer(shop, shop.mobiles[which], agrees=agrees, name=name)
        return self.house.issue(shop, customer, number=number)

    def delivered(self) -> None:
        """Wait until every text has arrived, so that nothing at the services changes by itself any more."""
        deadline = time.monotonic() + PATIENCE
        while any(one["status"] not in {"delivered", "received"} for one in self._messages()):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def _messages(self) -> list[dict[str, Any]]:
        messages: list[dict[str, Any]] = self.house.doors.get("twilio", "records")["messages"]
        return messages

    def work(self) -> None:
        """One pass of the engine over everything."""
        done = self.type("run", "--once")
        assert done.code == 0, done.err


@contextmanager
def desk(folder: Path) -> Iterator[Desk]:
    folder.mkdir(mode=0o700, exist_ok=True)
    with SandboxWorld() as sandbox:
        here = House(folder, sandbox)
        here.connect()
        try:
            yield Desk(here)
        finally:
            here.doors.close()


__all__ = ["NORTH", "SALT", "Desk", "Said", "desk"]
