"""What a look at an account found, for `duebird check`."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """How much a finding of `duebird check` matters."""

    OK = "ok"
    WARNING = "warning"  # works, but will surprise somebody
    PROBLEM = "problem"  # this company cannot run


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing `duebird check` looked at: what was seen, and what to click or type when it is wrong."""

    weight: Weight
    subject: str  # "Payment account", "Sender"
    seen: str
    fix: str = ""
