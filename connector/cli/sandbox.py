"""`demo`, and `sandbox` for playing with a demo that was kept, from a second terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from connector.cli.frame import EXIT_FAILED, JsonOption, print_json, told


def register(app: typer.Typer) -> None:
    """Add the command and the sub-commands."""
    app.command(epilog="Example: duebird demo --keep")(demo)


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave sandbox and daemon running, to play with.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where configuration, state and log go, and stay.", show_default="a passing one"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play the main job through on stand-ins of the four services, on this computer. Takes half a minute.

    Exit codes: 0 texts and books agree, 1 they do not, or something could not be started.
    """
    with told():
        from rich.console import Console

        from connector.demo import play
        from connector.demo.stage import Stage

        played = play.run(Stage(Console(stderr=as_json, highlight=False)), folder, keep=keep)
        if as_json:
            print_json(played.as_json())
        if not played.agrees:
            raise typer.Exit(EXIT_FAILED)
