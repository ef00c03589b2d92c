"""The commands as Typer knows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer


def commands_of(app: typer.Typer) -> list[tuple[tuple[str, ...], Any]]:
    """Every command with the words one types for it."""
    return list(_walk((), typer.main.get_command(app)))


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        yield path, command
        return
    for name, one in inner.items():
        yield from _walk((*path, name), one)
