"""What a bench found, as lines of a table and as JSON."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console

Say = Callable[[str], None]  # progress, for people


@dataclass(frozen=True)
class Line:
    """One figure. `kept` is None where there is no target: it is for the record."""

    name: str
    value: str
    target: str = ""
    kept: bool | None = None


@dataclass(frozen=True)
class Found:
    """What one bench found: lines for the table, and every figure behind them."""

    key: str  # a, b, c ...
    title: str
    lines: Sequence[Line]
    figures: dict[str, Any] = field(default_factory=dict)


def machine() -> dict[str, Any]:
    """Where and when: figures mean nothing without."""
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def as_json(found: Sequence[Found], where: dict[str, Any], *, quick: bool) -> dict[str, Any]:
    """Everything of one run."""
    return {"machine": where, "quick": quick, "benches": {one.key: asdict(one) for one in found}}


def show(console: Console, found: Sequence[Found], where: dict[str, Any]) -> None:
    """One block a bench, one line a figure. No table of Rich's: a narrow terminal would break every line."""
    console.print(
        f"\n{where['date']}, Python {where['python']}, SQLite {where['sqlite']}, {where['cores']} cores, "
        f"load {where['load'] or 0:.1f}",
        soft_wrap=True,
    )
    for one in found:
        console.print(f"\n[bold]({one.key}) {one.title}", highlight=False, soft_wrap=True)
        for line in one.lines:
            verdict = "" if line.kept is None else "[green]pass" if line.kept else "[red]MISS"
            text = f"    {line.name:<48} {line.value:>24}  {line.target:<9} {verdict}"
            console.print(text.rstrip(), highlight=False, soft_wrap=True)
