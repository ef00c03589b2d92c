"""Problems and warnings of a configuration, and how they are told to a person or a program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from connector.errors import ConfigProblem


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing to change. `seen` is the value as it may be shown (secrets and phones masked), or empty."""

    path: str  # such as: company[1] "acme".stripe.key
    seen: str
    wrong: str  # continues "<path> "; no full stop
    fix: str  # a sentence

    def __str__(self) -> str:
        value = f" = {self.seen}" if self.seen else ""
        return f"{self.path}{value}\n    {self.wrong[:1].upper()}{self.wrong[1:]}.\n    {self.fix}"


@dataclass(frozen=True, slots=True)
class Warned(Problem):
    """Works, but will surprise somebody."""


class InvalidConfig(ConfigProblem):
    """The configuration cannot work; `problems` holds every one that was found, at least one."""

    def __init__(self, problems: Sequence[Problem], *, origin: Path | str, warnings: Sequence[Warned] = ()) -> None:
        self.problems = tuple(problems)
        self.warnings = tuple(warnings)
        self.origin = str(origin)
        super().__init__(render_problems(self.problems, origin=self.origin))


def render_problems(problems: Sequence[Problem], *, origin: str, warnings: Sequence[Warned] = ()) -> str:
    """All problems, then all warnings, as text for a terminal or a log."""
    parts = []
    if problems:
        count = "1 problem" if len(problems) == 1 else f"{len(problems)} problems"
        parts.append(f"{origin} has {count}; nothing was started.")
        parts += [f"{number}. {problem}" for number, problem in enumerate(problems, 1)]
    if warnings:
        parts.append(f"{origin} has {'1 warning' if len(warnings) == 1 else f'{len(warnings)} warnings'}.")
        parts += [f"! {warning}" for warning in warnings]
    return "\n\n".join(parts)


def render_problems_json(problems: Sequence[Problem], *, origin: str, warnings: Sequence[Warned] = ()) -> str:
    """The same as a JSON object: `file`, `fine`, `problems`, `warnings`."""
    return json.dumps(
        {
            "file": origin,
            "fine": not problems,
            "problems": [asdict(problem) for problem in problems],
            "warnings": [asdict(warning) for warning in warnings],
        },
        ensure_ascii=False,
        indent=2,
    )
