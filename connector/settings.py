"""The base of every settings class: strict, frozen, and able to say which of its values contradict each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, model_validator
from pydantic_core import PydanticCustomError


class Contradiction(NamedTuple):
    """Values that are fine one by one and impossible together; `field` is the one to look at first."""

    field: str
    wrong: str
    fix: str


@dataclass(frozen=True, slots=True)
class Means:
    """In a field's annotation: what the value is, in words for a person, such as "a time of day, as '08:00'"."""

    words: str


class StrictSettings(BaseModel):
    """Frozen; unknown keys and wrong types are refused.

    A misspelt setting must not be ignored in silence, and "300" in quotes is not a number. Errors of this class
    never show the value: it may be a secret.
    """

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        strict=True,
        allow_inf_nan=False,
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
        defer_build=True,  # a class is compiled when it is first used: most commands use none or one of them
    )

    def contradictions(self) -> Iterable[Contradiction]:
        """Every combination of values that cannot work.

        Must cope with values of wrong types: it is also asked of a section that has other faults, so that all
        problems can be told at once.
        """
        return ()

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        found = tuple(self.contradictions())
        if found:
            said = "; ".join(f"{item.field} {item.wrong}" for item in found)
            raise PydanticCustomError("contradiction", "{said}", {"said": said, "found": found})
        return self
