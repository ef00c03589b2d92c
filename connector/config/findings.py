"""What the checks across settings have found."""

from __future__ import annotations

from dataclasses import dataclass, field

from connector.config.describe import settings_of
from connector.config.document import Document, KeyPath, shown
from connector.config.explain import model_at
from connector.config.problems import Problem, Warned


@dataclass(frozen=True, slots=True)
class Findings:
    """Collects, and tells the same thing once, however many companies share it."""

    document: Document
    problems: list[Problem] = field(default_factory=list)
    warnings: list[Warned] = field(default_factory=list)

    def problem(self, path: KeyPath, wrong: str, fix: str) -> None:
        """Nothing may start before this is changed."""
        found = Problem(self.document.named(path), self._seen(path), wrong, fix)
        if found not in self.problems:
            self.problems.append(found)

    def warn(self, path: KeyPath, wrong: str, fix: str) -> None:
        """It works, but."""
        found = Warned(self.document.named(path), self._seen(path), wrong, fix)
        if found not in self.warnings:
            self.warnings.append(found)

    def _seen(self, path: KeyPath) -> str:
        model = model_at(self.document, path[:-1])
        value = self.document.value(path)
        setting = settings_of(model).get(str(path[-1])) if model else None
        return shown(value, setting)
