"""A mail server in RAM: what it has taken, and the errors it is to raise next."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from connector.errors import DuebirdError
from connector.ports.findings import Finding, Weight
from connector.ports.mail import Mail


@dataclass
class MemoryPost:
    """`errors` are raised one a letter, first to last. `keeps`: whether a letter that is answered so has arrived."""

    errors: list[Exception] = field(default_factory=list)
    keeps: bool = False
    taken: list[Mail] = field(default_factory=list)
    tries: int = 0
    arrived: Callable[[], None] = lambda: None  # called when a letter has arrived, before the answer

    def send(self, mail: Mail) -> None:
        """See the port."""
        self.tries += 1
        error = self.errors.pop(0) if self.errors else None
        if error is None or self.keeps:
            self.taken.append(mail)
            self.arrived()
        if error is not None:
            raise error

    def inspect(self) -> Sequence[Finding]:
        """See the port."""
        if self.errors and isinstance(self.errors[0], DuebirdError):
            raise self.errors[0]
        return [Finding(Weight.OK, "Mail", "answers")]
