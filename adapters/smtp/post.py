"""The port `Post` over SMTP: the standard library's client, bounded in time as a whole.

`smtplib` bounds each wait by itself: a server that sends a byte now and then would keep it for ever. So the line is
cut from outside when the whole time is over.
"""

from __future__ import annotations

import contextlib
import hashlib
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final, Self

from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause, Transient, Uncertain
from connector.ports.findings import Finding, Weight
from connector.ports.mail import Mail, MailServer, Tls

SERVICE: Final = "mail"
# The name we greet with. Our own would be asked of a name server, which may take longer than the whole letter.
GREETING: Final = "[127.0.0.1]"  # an address literal, RFC 5321 4.1.3
YES: Final = 200
LATER: Final = 400  # replies from here on say: not now (RFC 5321 4.2.1)
FOR_GOOD: Final = 500  # and from here on: never
CONNECTED_WITHIN: Final = 10.0  # seconds for each address of the host, before the line is there to be cut
NOT_SIGNED_IN: Final = frozenset({530, 534, 535, 538})  # RFC 4954
_HUNG_UP: Final = (ssl.SSLEOFError, ssl.SSLZeroReturnError)  # the line ended while TLS was spoken: nobody's setting
SHOWN: Final = 200  # characters of what a server says


class SmtpPost:
    """One mail server, a new connection for each letter: there are a few a day."""

    def __init__(self, server: MailServer, password: str | None = None) -> None:
        self._server = server
        self._password = password
        self._name = f"The mail server {server.host}:{server.port}"

    def send(self, mail: Mail) -> None:
        """Hand over one letter. See the port."""
        message = _message(self._server, mail)
        with self._session() as session:
            self._answered("sender", *session.mail(self._server.sender))
            self._answered("recipient", *session.rcpt(self._server.to))
            try:
                code, said = session.data(message.as_bytes())
            except smtplib.SMTPDataError as error:  # before the letter was sent
                code, said = error.smtp_code, _bytes(error.smtp_error)
            except (OSError, ValueError, smtplib.SMTPException) as error:
                why = "did not say whether it took a letter"
                raise Uncertain(f"{self._name} {why} ({_reason(error)}).", service=SERVICE) from None
            self._answered("letter", code, said)

    def inspect(self) -> Sequence[Finding]:
        """Connect, insist on TLS, sign in. See the port."""
        with self._session() as session:
            self._answered("greeting", *session.noop())
        how = {Tls.IMPLICIT: "with TLS", Tls.STARTTLS: "with STARTTLS", Tls.NONE: "without TLS, on this machine"}
        who = f", signed in as {self._server.user}" if self._server.user else ""
        seen = f"{self._server.host}:{self._server.port} answers {how[self._server.tls]}{who}; letters go to "
        return [Finding(Weight.OK, "Mail", seen + self._server.to)]

    @contextlib.contextmanager
    def _session(self) -> Iterator[_Session]:
        """A connection that is signed in, for as long as a letter may take."""
        with _Cut(self._server.seconds) as cut:
            session = self._connected(cut)
            try:
                self._secured(session)
                self._signed_in(session)
                try:
                    yield session
                except (OSError, ValueError, smtplib.SMTPException) as error:
                    raise self._out_of_reach(error) from None
                with contextlib.suppress(OSError, ValueError, smtplib.SMTPException):
                    session.quit()  # the letter is theirs already: how they say good-bye is no matter
            finally:
                session.close()

    def _connected(self, cut: _Cut) -> _Session:
        try:
            return _Session(self._server, cut, self._trusted())
        except _HUNG_UP as error:
            raise self._out_of_reach(error) from None
        except ssl.SSLError as error:
            raise self._untrusted(error) from None
        except smtplib.SMTPConnectError as error:
            self._answered("greeting", error.smtp_code, _bytes(error.smtp_error))
            raise self._out_of_reach(error) from None
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise self._out_of_reach(error) from None

    def _secured(self, session: _Session) -> None:
        try:
            session.ehlo()
            if self._server.tls is Tls.STARTTLS:
                session.starttls(context=self._trusted())
                session.ehlo()
        except _HUNG_UP as error:
            raise self._out_of_reach(error) from None
        except ssl.SSLError as error:
            raise self._untrusted(error) from None
        except (smtplib.SMTPNotSupportedError, smtplib.SMTPResponseException):
            raise Rejected(
                f"{self._name} offers no STARTTLS. Nothing was sent: others could have read it.",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                code="no-tls",
                advice="Write tls = 'implicit' and the server's port for it, mostly 465.",
            ) from None
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise self._out_of_reach(error) from None

    def _signed_in(self, session: _Session) -> None:
        user, password = self._server.user, self._password
        if user is None or password is None:
            return
        try:
            session.login(user, password)
        except smtplib.SMTPAuthenticationError as error:
            if error.smtp_code < FOR_GOOD:
                raise self._later("sign-in", error.smtp_code, _bytes(error.smtp_error)) from None
            raise self._not_signed_in(error.smtp_code) from None
        except smtplib.SMTPNotSupportedError:
            raise Rejected(
                f"{self._name} takes no password on this way. Nothing was sent.",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                code="no-sign-in",
                advice="Leave user and password out if it needs none, or use the port it takes them on (465 or 587).",
            ) from None
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise self._out_of_reach(error) from None

    def _answered(self, what: str, code: int, said: bytes) -> None:
        """Go on where the server said yes."""
        if code in NOT_SIGNED_IN:
            raise self._not_signed_in(code)
        if code >= FOR_GOOD or code < YES:  # -1: no number at all, so no mail server
            because = RejectedBecause.BLOCKED if what == "letter" else RejectedBecause.SETUP
            raise Rejected(
                f"{self._name} refused the {what}: {code} {_shown(said)}",
                because=because,
                service=SERVICE,
                code=str(code),
                advice="Look at host, from_address and to_address under mail.",
            )
        if code >= LATER:
            raise self._later(what, code, said)

    def _later(self, what: str, code: int, said: bytes) -> Transient:
        message = f"{self._name} put off the {what}: {code} {_shown(said)}"
        return Transient(message, service=SERVICE, code=str(code))

    def _not_signed_in(self, code: int) -> NeedsReauthorisation:
        return NeedsReauthorisation(
            f"{self._name} refused user or password ({code}). Nothing was sent.",
            service=SERVICE,
            code=str(code),
            advice="Correct user and password under mail. Gmail and Microsoft want a password made for this program.",
        )

    def _out_of_reach(self, error: Exception) -> Transient:
        message = f"{self._name} cannot be reached ({_reason(error)}). Nothing was sent."
        return Transient(message, service=SERVICE, advice="Look at host, port and tls under mail.")

    def _untrusted(self, error: ssl.SSLError) -> Rejected:
        return Rejected(
            f"{self._name} speaks no TLS that can be trusted ({_reason(error)}). Nothing was sent.",
            because=RejectedBecause.SETUP,
            service=SERVICE,
            code="tls",
            advice="Look at host, port and tls under mail; for a certificate of your own give ca_file.",
        )

    def _trusted(self) -> ssl.SSLContext:
        context = ssl.create_default_context()  # the machine's certificates, host names checked, TLS 1.2 or newer
        if self._server.trust is not None:
            context.load_verify_locations(self._server.trust)
        return context


class _Session(smtplib.SMTP):
    """The library's client, on a line that can be cut."""

    def __init__(self, server: MailServer, cut: _Cut, trusted: ssl.SSLContext) -> None:
        self._cut, self._tls, self._trusted = cut, server.tls, trusted
        super().__init__(server.host, server.port, GREETING, timeout=min(CONNECTED_WITHIN, server.seconds))
        assert self.sock is not None  # noqa: S101  for the type checker: it is connected, or has raised
        self.sock.settimeout(server.seconds)

    def getreply(self) -> tuple[int, bytes]:
        """The library takes what came before the line was cut for a whole answer."""
        code, said = super().getreply()
        if self._cut.over:
            self.close()
            raise smtplib.SMTPServerDisconnected("the time is over")
        return code, said

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        """As the library's own for TLS from the first byte does."""
        line = socket.create_connection((host, port), timeout)
        self._cut.watch(line)
        return self._trusted.wrap_socket(line, server_hostname=host) if self._tls is Tls.IMPLICIT else line


class _Cut:
    """Cuts the line when the time is over, wherever the work on it stands."""

    def __init__(self, seconds: float) -> None:
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True
        self._line: socket.socket | None = None
        self._ended = threading.Event()

    @property
    def over(self) -> bool:
        """Whether the line was cut."""
        return self._ended.is_set()

    def watch(self, line: socket.socket) -> None:
        """This is the line; a second hold on it, which stays whatever is wrapped around the first."""
        self._line = line.dup()
        if self.over:
            self._cut()

    def _cut(self) -> None:
        self._ended.set()
        if self._line is not None:
            with contextlib.suppress(OSError):
                self._line.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        self._timer.join()
        if self._line is not None:
            self._line.close()


def _message(server: MailServer, mail: Mail) -> EmailMessage:
    """The letter as it is sent.

    The library refuses line breaks in headers; the engine has taken them out before.
    """
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Duebird <{server.sender}>"
    message["To"] = server.to
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.at)
    name = hashlib.sha256(f"{server.to}|{mail.mail_id}".encode()).hexdigest()[:32]
    message["Message-ID"] = f"<{name}@{server.sender.partition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's "I am on holiday" comes back
    message.set_content(mail.body)
    return message


def _reason(error: Exception) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return error.verify_message
    if isinstance(error, TimeoutError | smtplib.SMTPServerDisconnected):
        return "no answer in time, or the line was cut"
    return getattr(error, "strerror", None) or type(error).__name__


def _bytes(said: bytes | str) -> bytes:
    return said if isinstance(said, bytes) else said.encode()


def _shown(said: bytes) -> str:
    text = said[:SHOWN].decode("ascii", "replace")
    return "".join(letter if letter.isprintable() else " " for letter in text)
