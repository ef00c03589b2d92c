"""What all settings of services share. Light on purpose: it is imported by every command."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Seconds = Annotated[float, Field(gt=0)]


class ServiceSettings(BaseModel):
    """Frozen, and strict about unknown keys: a misspelt setting must not be ignored in silence."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    connect_timeout: Seconds = Field(
        default=5.0, description="Seconds to wait for a connection. A host that does not accept in 5 s is down."
    )
    read_timeout: Seconds = Field(
        default=30.0,
        description="Seconds to wait for an answer. Below 30 s our own timer, not the service's answer, would decide.",
    )
