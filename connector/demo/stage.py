"""How the play looks: times, phone bubbles, one-line events, the last table. Plain lines where there is no terminal."""

from __future__ import annotations

import textwrap
import time
from collections.abc import Callable, Iterable
from typing import Final

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from connector.demo.cast import BUSINESSES
from connector.demo.records import Calls
from connector.demo.summary import TITLES, Row
from connector.demo.verdict import Expectation

WIDEST: Final = 100  # longer lines are hard to read, however wide the window
BEAT: Final = 0.25  # seconds between two events for a reader's eye; none where nobody watches
INDENT: Final = 7  # the width of the time column
BUBBLE: Final = 64  # characters; a phone's screen is narrow


class Stage:
    """Prints the play. All times are seconds since it began."""

    def __init__(self, console: Console, now: Callable[[], float] = time.monotonic) -> None:
        self._console = console
        self._console.width = min(console.width, WIDEST)
        self._now = now
        self._began = now()
        self._drawn = console.is_terminal and not console.legacy_windows

    def begin(self) -> None:
        """Only now it begins."""
        self._began = self._now()

    @property
    def seconds(self) -> float:
        """Since the play began."""
        return self._now() - self._began

    def say(self, text: str = "", style: str = "") -> None:
        """A line without a time."""
        self._console.print(Text(text, style=style))

    def command(self, text: str) -> None:
        """Something to type: never broken, so that it can be copied."""
        self._console.print(Text(f"  {text}"), soft_wrap=True)

    def headline(self, text: str) -> None:
        """A new scene."""
        self._console.print()
        self._console.print(Text(text, style="bold"))

    def event(self, text: str, style: str = "", *, mark: str = " ") -> None:
        """Something that happened just now."""
        first, *more = textwrap.wrap(text, self._console.width - INDENT, break_long_words=False, break_on_hyphens=False)
        self._console.print(Text.assemble((f"{self._time():>4} ", "dim"), (f"{mark} {first}", style)))
        for line in more:
            self._console.print(Text(f"{'':{INDENT}}{line}", style=style))
        self._beat()

    def bubble(self, to: str, body: str, style: str = "cyan") -> None:
        """A text on somebody's phone, to the letter."""
        if not self._drawn:
            self.event(f"{to}: “{body}”")
            return
        self._console.print(Text.assemble((f"{self._time():>4}   ", "dim"), (to, style)))
        width = min(BUBBLE, self._console.width - INDENT)
        inner = Text(body, overflow="fold")
        panel = Panel(inner, box=ROUNDED, border_style=style, width=width)
        self._console.print(Padding(panel, (0, 0, 0, INDENT), expand=False))
        self._beat()

    def table(self, rows: Iterable[Row]) -> None:
        """Every invoice, by business."""
        kept = list(rows)
        for business in BUSINESSES:
            self.headline(f"{business.name}, as {TITLES[business.ledger]}, Stripe and Twilio have it on record")
            table = Table(
                box=SIMPLE_HEAD if self._drawn else None, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False
            )
            table.add_column("invoice", no_wrap=True)
            table.add_column("customer", max_width=15)
            table.add_column("texts", max_width=28)
            table.add_column("paid", max_width=18)
            table.add_column("ledger says", max_width=16)
            for row in kept:
                if row.business == business.id:
                    table.add_row(row.number, row.customer, _texts(row), row.paid or "-", _says(row))
            self._console.print(table)
        if any(row.why_not for row in kept):
            self.say("Why none: Duebird's own word (duebird invoices); all else is the services'.", "dim")

    def calls(self, calls: dict[str, Calls]) -> None:
        """How often each service was called."""
        said = "; ".join(
            f"{TITLES[name]} {one.reads} reads, {one.writes} {'write' if one.writes == 1 else 'writes'}"
            for name, one in calls.items()
        )
        self.headline("Calls that Duebird made")
        self.say(said)

    def verdict(self, expectations: list[Expectation], doubles: int) -> None:
        """Whether texts and books agree."""
        self.headline("Do texts and books agree?")
        broken = [one for one in expectations if not one.holds]
        for one in expectations:
            if one.holds and not _is_about_one_invoice(one):
                self._console.print(Text.assemble(("  yes  ", "green"), one.sentence))
        for one in broken:
            self._console.print(Text.assemble(("  NO   ", "bold red"), one.sentence))
            for where in one.broken:
                self._console.print(Text(f"       {where}", style="red"))
        fared = sum(1 for one in expectations if _is_about_one_invoice(one) and one.holds)
        if not broken and fared:
            self._console.print(Text.assemble(("  yes  ", "green"), f"All {fared} invoices ended as they should."))
        self._console.print(Text(f"  doubles: {doubles}", style="bold green" if not doubles else "bold red"))

    def _time(self) -> str:
        minutes, seconds = divmod(int(self.seconds), 60)
        return f"{minutes}:{seconds:02}"

    def _beat(self) -> None:
        if self._drawn:
            time.sleep(BEAT)


def _texts(row: Row) -> Text:
    if not row.texts:
        return Text.assemble("none: ", (row.why_not, "italic")) if row.why_not else Text("none")
    return Text(f"{row.texts}{' and a thank-you' if row.thanked else ''}", style="cyan")


def _says(row: Row) -> Text:
    return Text(row.ledger_says, style="green" if row.ledger_says == "paid" else "")


def _is_about_one_invoice(one: Expectation) -> bool:
    return "the ledger says" in one.sentence
