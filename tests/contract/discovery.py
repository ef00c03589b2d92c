"""Which rows each contract suite runs over: the modules that stand in `tests/contract/rows/`."""

from __future__ import annotations

import importlib
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

PORTS = ("ledger", "processor", "messenger")
ROWS = Path(__file__).parent / "rows"

# Known rows are not imported to be listed: their SDKs would be loaded for a `--collect-only` too.
KNOWN = {
    "memory_ledger": "ledger",
    "quickbooks": "ledger",
    "xero": "ledger",
    "memory_processor": "processor",
    "stripe": "processor",
    "memory_messenger": "messenger",
    "twilio": "messenger",
}

# What a service has not, so that tests marked `needs(...)` are not made for its row.
LACKS = {
    "xero": {"sub_customers"},  # contacts have no parents there
}


def rows_of(port: str) -> list[str]:
    """Names of the rows of one port, memory first, the others by name."""
    names = [path.stem for path in ROWS.glob("*.py") if not path.stem.startswith("_")]
    mine = [name for name in names if _port_of(name) == port]
    return sorted(mine, key=lambda name: (not name.startswith("memory"), name))


def open_row(name: str) -> AbstractContextManager[Any]:
    """Enter a row: a fresh world with its harness."""
    opened: AbstractContextManager[Any] = _module(name).harness()
    return opened


def _port_of(name: str) -> str:
    port: str = KNOWN[name] if name in KNOWN else _module(name).PORT
    if port not in PORTS:
        raise ValueError(f"tests/contract/rows/{name}.py says PORT = {port!r}; it must be one of {PORTS}")
    return port


def _module(name: str) -> Any:
    return importlib.import_module(f"tests.contract.rows.{name}")
