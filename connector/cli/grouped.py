"""The page of `duebird --help`: the commands by what one wants, each with a whole sentence.

Plain text on purpose. Rich draws boxes around the same words, and loading it takes longer than all the rest of a help
page; a screen reader, a narrow window and a file do better without.
"""

from __future__ import annotations

from typing import Any, Final

from typer.core import TyperGroup

SECTIONS: Final[dict[str, tuple[str, ...]]] = {
    "To begin": ("demo", "init", "config", "connect", "check", "consent", "preview", "go-live"),
    "From then on": (
        "run",
        "status",
        "attention",
        "invoices",
        "numbers",
        "show",
        "audit",
        "reconcile",
        "backup",
        "recover",
    ),
    "What you decide": (
        "approve",
        "refuse",
        "promise",
        "dispute",
        "hold",
        "release",
        "pause",
        "resume",
        "retry",
        "credit",
        "undo",
        "rebook",
        "disconnect",
    ),
    "To play with": ("sandbox",),
}
REST: Final = "Others"
WHOLE: Final = 300  # characters: more than the longest first sentence of a command, so that none is cut


class Grouped(TyperGroup):
    """A group that shows its commands in sections."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write the sections; what is in none of them comes last, so that nothing is ever left out."""
        named = {name for names in SECTIONS.values() for name in names}
        rest = tuple(name for name in self.list_commands(ctx) if name not in named)
        for title, names in {**SECTIONS, REST: rest}.items():
            found = [(name, self.get_command(ctx, name)) for name in names]
            rows = [(name, one.get_short_help_str(WHOLE)) for name, one in found if one is not None and not one.hidden]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)


class Sentences(TyperGroup):
    """A group within one, whose commands too are told in whole sentences."""

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """Write them in their order."""
        found = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        rows = [(name, one.get_short_help_str(WHOLE)) for name, one in found if one is not None and not one.hidden]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
