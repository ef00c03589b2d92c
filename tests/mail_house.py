"""A mail server of our own over loopback: small, and as rude as a test wants it."""

from __future__ import annotations

import base64
import contextlib
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "duebird", "correct horse"
LONGEST_WAIT = 20.0  # seconds a hanging conversation is kept; every test is over before


@dataclass
class Manners:
    """How the server behaves. Replies are whole lines without their end, by the command they answer."""

    tls: str = "none"  # implicit, starttls
    replies: dict[str, str] = field(default_factory=dict)
    hangs_at: str = ""  # the command that is never answered
    drips_at: str = ""  # the command that is answered a byte at a time, without an end
    asks_password: bool = False
    offers_tls: bool = True


class MailHouse:
    """Takes letters until it is shut."""

    def __init__(self, manners: Manners, certificate: Path | None = None) -> None:
        self.manners = manners
        self.letters: list[EmailMessage] = []
        self.envelopes: list[tuple[str, str]] = []
        self.greetings = 0
        self._certificate = certificate
        self._open = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self._threads = [threading.Thread(target=self._serve, daemon=True)]
        self._threads[0].start()

    def shut(self) -> None:
        self._open.set()
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for thread in self._threads:
            thread.join(LONGEST_WAIT)

    def _serve(self) -> None:
        while not self._open.is_set():
            try:
                line, _ = self._socket.accept()
            except OSError:
                return
            self.greetings += 1
            thread = threading.Thread(target=self._speak, args=(line,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        assert self._certificate is not None
        context.load_cert_chain(self._certificate)
        return context

    def _speak(self, line: socket.socket) -> None:
        line.settimeout(LONGEST_WAIT)
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as closing:
            closing.callback(line.close)
            if self.manners.tls == "implicit":
                line = closing.enter_context(self._context().wrap_socket(line, server_side=True))
            _Talk(self, line).run()

    def wait(self, seconds: float = LONGEST_WAIT) -> None:
        self._open.wait(seconds)


class _Talk:
    def __init__(self, house: MailHouse, line: socket.socket) -> None:
        self.house, self.line = house, line
        self.file = line.makefile("rb")
        self.sender = self.to = ""
        self.secret = house.manners.tls == "implicit"

    def run(self) -> None:
        try:
            self._say("greeting", "220 here")
            while (words := self.file.readline(4096).decode("ascii", "replace").strip()) and self._answer(words):
                pass
        finally:
            self.file.close()
            self.line.close()

    def _say(self, command: str, reply: str) -> bool:
        manners = self.house.manners
        if manners.hangs_at == command:
            self.house.wait()
            return False
        if manners.drips_at == command:
            self._drip()
            return False
        said = manners.replies.get(command, reply)
        self.line.sendall(said.encode() + b"\r\n")
        return said.startswith(("2", "3"))

    def _drip(self) -> None:
        until = time.monotonic() + LONGEST_WAIT
        while time.monotonic() < until:
            self.line.sendall(b"2")
            self.house.wait(0.05)

    def _answer(self, words: str) -> bool:
        command = words.partition(" ")[0].upper()
        if command == "EHLO":
            self._ehlo()
        elif command == "STARTTLS":
            if self._say(command, "220 go on"):
                self._secure()
        elif command == "AUTH":
            self._sign_in(words)
        elif command == "MAIL":
            self.sender = words.partition("<")[2].partition(">")[0]
            self._say(command, "250 ok")
        elif command == "RCPT":
            self.to = words.partition("<")[2].partition(">")[0]
            self._say(command, "250 ok")
        elif command == "DATA":
            self._data()
        else:
            self._say(command, "221 bye" if command == "QUIT" else "250 ok")
            return command != "QUIT"
        return True

    def _ehlo(self) -> None:
        manners = self.house.manners
        more = ["AUTH PLAIN LOGIN"] if manners.asks_password else []
        more += ["STARTTLS"] if manners.tls == "starttls" and manners.offers_tls and not self.secret else []
        said = ["here", *more]
        self._say("EHLO", "\r\n".join(f"250{'-' if n < len(said) - 1 else ' '}{one}" for n, one in enumerate(said)))

    def _secure(self) -> None:
        self.file.close()
        self.line = self.house._context().wrap_socket(self.line, server_side=True)
        self.file = self.line.makefile("rb")
        self.secret = True

    def _sign_in(self, words: str) -> None:
        given = base64.b64decode(words.rsplit(maxsplit=1)[-1]).decode() if words.count(" ") > 1 else ""
        good = given == f"\0{USER}\0{PASSWORD}"
        self._say("AUTH", "235 welcome" if good else "535 5.7.8 no")

    def _data(self) -> None:
        if not self._say("DATA", "354 go on"):
            return
        body = b""
        while (one := self.file.readline()) and one != b".\r\n":
            body += one[1:] if one.startswith(b"..") else one
        if not one:
            return
        reply = self.house.manners.replies.get("letter", "250 taken")
        if reply.startswith("2"):
            self.house.letters.append(message_from_bytes(body, policy=default))
            self.house.envelopes.append((self.sender, self.to))
        self._say("letter", "250 taken")


@contextlib.contextmanager
def mail_house(manners: Manners | None = None, certificate: Path | None = None) -> Iterator[MailHouse]:
    house = MailHouse(manners or Manners(), certificate)
    try:
        yield house
    finally:
        house.shut()


def certificate_in(folder: Path, *, host: str = "127.0.0.1", days: int = 30) -> Path:
    """A certificate that signs itself, with its key: good as its own authority."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail house")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"mail-{host}-{days}.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path
