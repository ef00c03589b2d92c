"""What the engine needs of a mail server: to take letters to the owner, and to be tried out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from connector.ports.findings import Finding


class Tls(StrEnum):
    """How the way to a mail server is kept from others."""

    IMPLICIT = "implicit"  # from the first byte (RFC 8314), port 465
    STARTTLS = "starttls"  # asked for in the open, and insisted on, port 587
    NONE = "none"  # to this machine itself only


@dataclass(frozen=True, slots=True)
class MailServer:
    """Which mail server takes letters, and from whom to whom. Addresses as in RFC 5321, without a name."""

    host: str
    port: int
    tls: Tls
    sender: str
    to: str
    user: str | None = None
    trust: str | None = None  # a file of certificates to trust beside the machine's own
    seconds: float = 30.0  # for a whole letter, from the connection to the server's yes


@dataclass(frozen=True, slots=True)
class Mail:
    """A letter on its way. `mail_id` is the same at every try: mail programs show two of one id once, if they can."""

    mail_id: str
    subject: str
    body: str
    at: datetime


class Post(Protocol):
    """A mail server. A letter may be taken twice after an `Uncertain`: that is allowed here, and nowhere else."""

    def send(self, mail: Mail) -> None:
        """Hand over one letter; returns when the server has taken it.

        Raises:
            Transient: certainly not taken, and likely to be taken later.
            Uncertain: sent, and not answered in time.
            NeedsReauthorisation: user or password are refused.
            Rejected: for good; `because` is SETUP where every other letter would be refused too.
        """
        ...

    def inspect(self) -> Sequence[Finding]:
        """Connect, insist on TLS, sign in, and leave: what was found, for `duebird check`. Sends nothing.

        Raises:
            DuebirdError: as `send`.
        """
        ...
