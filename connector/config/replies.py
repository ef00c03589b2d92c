"""Settings of what becomes of customers' replies."""

from __future__ import annotations

from pydantic import Field

from connector.config.values import PhoneNumber
from connector.domain.phone import Phone
from connector.settings import StrictSettings


class ReplySettings(StrictSettings):
    """What becomes of customers' replies. Each one is in `duebird attention` in any case."""

    take_promises: bool = Field(
        default=False,
        description='true: a reply such as "I\'ll pay Friday" counts as a promise by itself, where its day was '
        "understood and lies within 31 days. false: notices wait three days for you to accept it.",
    )
    forward_text: PhoneNumber | None = Field(
        default=None,
        description="Number that gets each reply as a text, within the hours for texts, 20 a day at most; nobody when "
        "left out.",
        examples=["+15550100099"],
    )

    @property
    def forward_phone(self) -> Phone | None:
        """The same as a number."""
        return Phone(self.forward_text) if self.forward_text else None
