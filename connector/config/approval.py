"""Settings of what the owner approves before it goes out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from connector.config.values import Line, ListOf
from connector.domain.dunning import Step
from connector.settings import Contradiction, StrictSettings

_STEPS = ", ".join(f"'{step.value}'" for step in Step)


class ApprovalSettings(StrictSettings):
    """Which texts wait for your approval: `duebird approve` shows them and lets them go."""

    draft_first: bool = Field(
        default=True,
        description="A new company begins in draft: every text is prepared and shown, and none goes out that you have "
        "not approved, until `duebird go-live`. false: it is live from the start.",
    )
    ask_always: Annotated[tuple[Line, ...], ListOf] = Field(
        default=(),
        description=f"Steps whose every text you approve, also once the company is live: any of {_STEPS}.",
        examples=[["due"]],
    )
    ask_first_time: Annotated[tuple[Line, ...], ListOf] = Field(
        default=(),
        description="Steps whose texts you approve only for numbers that never had a text from this company.",
        examples=[["issued"]],
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """Steps that there are, each asked about in one way."""
        known = {step.value for step in Step}
        for name, steps in (("ask_always", self.ask_always), ("ask_first_time", self.ask_first_time)):
            for step in steps if isinstance(steps, tuple) else ():
                if step not in known:
                    yield Contradiction(name, f"names '{step}', which is no step", f"Write any of {_STEPS}.")
        always, first = self.ask_always, self.ask_first_time
        if isinstance(always, tuple) and isinstance(first, tuple) and (both := sorted(set(always) & set(first))):
            yield Contradiction(
                "ask_first_time",
                f"names '{both[0]}', and so does ask_always",
                "Leave it in one of the two: always, or only for numbers that never had a text.",
            )
