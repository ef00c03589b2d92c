"""Settings of the mail server that takes letters to the owner."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from adapters.settings_base import Seconds
from connector.config.values import ClockTime, Line, minutes_of, refusal
from connector.domain.letters import About
from connector.pointers import SecretPointer
from connector.ports.mail import MailServer, Tls
from connector.settings import Contradiction, Means, StrictSettings

LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS: Final = {Tls.IMPLICIT: 465, Tls.STARTTLS: 587, Tls.NONE: 25}
_ADDRESS: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*|[0-9a-fA-F:.]+", re.ASCII)


def _address(text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        raise refusal("is not an e-mail address", "Write the bare address, such as 'owner@acme.example'.")
    return text


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise refusal("is not the name of a host", "Write it without port or slashes, such as 'smtp.acme.example'.")
    return text


MailAddress = Annotated[
    str, AfterValidator(_address), Field(max_length=254), Means("an e-mail address such as 'owner@acme.example'")
]
HostName = Annotated[
    str, AfterValidator(_host), Field(max_length=253), Means("the name of a host such as 'smtp.acme.example'")
]


class MailSettings(StrictSettings):
    """E-mails to you, through your own mail server; none without `host`. Shared by all companies in [defaults.mail]."""

    host: HostName | None = Field(
        default=None, description="Your mail server; no e-mails when left out.", examples=["smtp.acme.example"]
    )
    port: Annotated[int, Field(ge=1, le=65535)] | None = Field(
        default=None,
        description="Its port. Left out: 465 with tls = 'implicit', 587 with 'starttls', 25 with 'none'.",
        examples=[465],
    )
    tls: Literal["implicit", "starttls", "none"] = Field(
        default="implicit",
        description="'implicit': encrypted from the first byte. 'starttls': encryption is asked for, and insisted on. "
        "'none' only for a server on this machine.",
    )
    user: Line | None = Field(
        default=None, description="Name to sign in with; nothing for a server that wants none.", examples=["duebird"]
    )
    password: SecretPointer | None = Field(
        default=None,
        description="Its password. Gmail and Microsoft want one made for this program, not yours.",
        examples=["env:ACME_MAIL_PASSWORD"],
    )
    from_address: MailAddress | None = Field(
        default=None,
        description="Address the e-mails come from: one that your server lets you send from.",
        examples=["duebird@acme.example"],
    )
    to_address: MailAddress | None = Field(
        default=None, description="Address the e-mails go to.", examples=["owner@acme.example"]
    )
    replies: bool = Field(
        default=True, description="Mail each reply of a customer (not a bare STOP), with their number and what to type."
    )
    attention: Literal["off", "daily", "urgent"] = Field(
        default="off",
        description="What of `duebird attention` is mailed. 'daily': one e-mail a day, where something is new, and on "
        "Mondays what is still open. 'urgent': also at once what stops texts or connections, or is about money.",
    )
    digest_at: ClockTime = Field(
        default="08:00", description="When the daily e-mail goes, in the company's time zone. Before the working day."
    )
    ca_file: Line | None = Field(
        default=None,
        description="File of certificates (PEM) to trust beside the machine's own, for a mail server with one of its "
        "own; relative to this file.",
        examples=["mail-ca.pem"],
    )
    timeout: Seconds = Field(
        default=30.0, description="Seconds for one e-mail, from the connection to the server's yes."
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """A server without addresses, a password for nobody, and letters in the open."""
        if self.host is None:
            return
        for name in ("from_address", "to_address"):
            if getattr(self, name) is None:
                yield Contradiction(name, "is missing, and host is given", f"Add {name}, or remove host.")
        if (self.user is None) != (self.password is None):
            missing = "password" if self.password is None else "user"
            yield Contradiction(missing, "is missing: the server wants both or neither", f"Add {missing}.")
        if self.tls == "none" and str(self.host) not in LOOPBACK:
            yield Contradiction(
                "tls",
                "is 'none', and the mail server is another machine: others could read customers' words on the way",
                "Write 'implicit' or 'starttls'.",
            )

    @property
    def mails_replies(self) -> bool:
        """Whether replies become letters."""
        return self.host is not None and self.replies

    @property
    def about(self) -> About:
        """Which items become letters."""
        return About(self.attention)

    @property
    def digest_minute(self) -> int:
        """Minute of the day of the daily letter."""
        return minutes_of(self.digest_at) or 0

    def server(self, trust: str | None) -> MailServer | None:
        """The mail server; None where there is none. `trust`: the file of certificates, found."""
        if self.host is None or self.from_address is None or self.to_address is None:
            return None
        tls = Tls(self.tls)
        return MailServer(
            self.host,
            self.port or PORTS[tls],
            tls,
            self.from_address,
            self.to_address,
            user=self.user,
            trust=trust,
            seconds=self.timeout,
        )
