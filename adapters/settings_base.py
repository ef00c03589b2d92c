"""What all settings of services share. Light on purpose: it is imported by every command."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from connector.settings import Means, StrictSettings

# Ten minutes is longer than any service works on one call; a call that may wait for ever stops a company in silence.
Seconds = Annotated[float, Field(gt=0, le=600), Means("a number of seconds above 0, at most 600")]


class ServiceSettings(StrictSettings):
    """Frozen, and strict about unknown keys: a misspelt setting must not be ignored in silence."""

    connect_timeout: Seconds = Field(
        default=5.0, description="Seconds to wait for a connection. A host that does not accept in 5 s is down."
    )
    read_timeout: Seconds = Field(
        default=30.0,
        description="Seconds to wait for a write's whole answer, and for each piece of a read's, which may take four "
        "times as long as a whole. Below 30 s our own timer, not the service's answer, would decide.",
    )
