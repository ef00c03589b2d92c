"""Read secrets from where their pointers point, and keep them out of the logs."""

from __future__ import annotations

import importlib
import logging
import os
import re
import stat
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from connector.domain.phone import Phone
from connector.errors import ConfigProblem
from connector.pointers import SecretPointer

MAX_BYTES: Final = 16_384  # the longest secret we know, an OAuth token, has some 4,000; a bigger file is a wrong file

# ------------------------------------------------------------------------------------------------- resolving


def resolve(pointer: SecretPointer, *, base_dir: Path, environ: Mapping[str, str]) -> str:
    """The secret that `pointer` points to.

    Relative files are looked up from `base_dir`, the folder of the configuration file. One newline at the end is
    dropped, because editors and `echo` put it there.

    Raises:
        SecretUnreadable: it is missing, unreadable, readable by everybody, or cannot be a secret. Names the pointer,
            never the value.
    """
    read = _READERS[pointer.scheme]
    return _usable(pointer, read(pointer, base_dir, environ))


class SecretUnreadable(ConfigProblem):
    """A pointer leads to no usable secret. `wrong` is the reason alone."""

    def __init__(self, pointer: SecretPointer, wrong: str, fix: str) -> None:
        # somebody may have pasted the secret itself behind "env:"
        self.wrong = _named(wrong)
        super().__init__(_named(f"The secret {pointer}: {wrong}."), advice=_named(fix))


# Twilio's and Intuit's have no sign of their own. Names of variables and files have a _, a - or a dot before so long.
_BARE: Final = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]{20,}")


def _named(text: str) -> str:
    """What names the place of a secret, unless the secret itself was written there: "env:" before a token."""
    return _BARE.sub(lambda found: f"{found[0][:4]}…", mask_patterns(text))


def _usable(pointer: SecretPointer, raw: str) -> str:
    value = raw.removesuffix("\n").removesuffix("\r")
    if not value.strip():
        raise SecretUnreadable(pointer, "it is empty", "Put the secret there.")
    if len(value.splitlines()) > 1:
        raise SecretUnreadable(pointer, "it has more than one line", "Leave only the secret itself there.")
    if value != value.strip() or not value.isprintable():
        raise SecretUnreadable(
            pointer,
            "it has spaces or invisible characters around or inside it",
            "Copy the secret again, without what surrounds it.",
        )
    return value


def _from_env(pointer: SecretPointer, _: Path, environ: Mapping[str, str]) -> str:
    value = environ.get(pointer.target)
    if value is None:
        raise SecretUnreadable(
            pointer,
            "this environment variable is not set",
            f"Set {pointer.target} for the account that runs Duebird, or write 'file:PATH' instead.",
        )
    return value


def _from_file(pointer: SecretPointer, base_dir: Path, _: Mapping[str, str]) -> str:
    try:
        path = base_dir / Path(pointer.target).expanduser()
    except RuntimeError:  # "~name" of somebody who does not exist
        raise SecretUnreadable(pointer, "there is no such home folder", "Write the whole path.") from None
    return _read(pointer, path, guarded=True)


def _from_credentials(pointer: SecretPointer, _: Path, environ: Mapping[str, str]) -> str:
    # https://systemd.io/CREDENTIALS/ : systemd guards the folder itself
    folder = environ.get("CREDENTIALS_DIRECTORY")
    if not folder:
        raise SecretUnreadable(
            pointer,
            "systemd has handed over no credentials ($CREDENTIALS_DIRECTORY is not set)",
            f"Add 'LoadCredential={pointer.target}:/path/to/it' to the service, and start Duebird through systemd.",
        )
    if Path(pointer.target).name != pointer.target or pointer.target in {".", ".."}:
        raise SecretUnreadable(
            pointer, "a credential's name is not a path", "Write the name that LoadCredential= gives it."
        )
    return _read(pointer, Path(folder) / pointer.target, guarded=False)


def _read(pointer: SecretPointer, path: Path, *, guarded: bool) -> str:
    """Read a small file. `guarded` insists that strangers on this machine cannot."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # before opening: a pipe would wait for ever
            raise SecretUnreadable(pointer, f"{path} is not a file", "Point to a file that holds the secret.")
        with path.open("rb") as file:
            # of the open file, which nobody can swap under us
            if guarded and os.name == "posix" and os.fstat(file.fileno()).st_mode & (stat.S_IROTH | stat.S_IWOTH):
                raise SecretUnreadable(
                    pointer, f"everybody on this machine can read or change {path}", f"Type: chmod 600 '{path}'"
                )
            data = file.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise SecretUnreadable(pointer, f"there is no file {path}", "Create it, or correct the path.") from None
    except PermissionError:
        raise SecretUnreadable(
            pointer, f"this account may not read {path}", "Give the file to the account that runs Duebird (chown)."
        ) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise SecretUnreadable(
            pointer, f"{path} cannot be read ({type(error).__name__})", "Look at the file."
        ) from None
    if len(data) > MAX_BYTES:
        raise SecretUnreadable(
            pointer, f"{path} has more than {MAX_BYTES} bytes, too many for a secret", "Correct the path."
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise SecretUnreadable(pointer, f"{path} is not text", "Save it as plain text (UTF-8).") from None


def _from_keyring(pointer: SecretPointer, _: Path, __: Mapping[str, str]) -> str:
    service, slash, name = pointer.target.partition("/")
    if not (service and slash and name):
        raise SecretUnreadable(pointer, "it does not name a service and an entry", "Write 'keyring:SERVICE/NAME'.")
    try:
        keyring: Any = importlib.import_module("keyring")
    except ImportError:
        raise SecretUnreadable(
            pointer,
            "reading the keyring needs the Python package 'keyring', which is not installed",
            "Type: pipx inject duebird keyring (or: pip install 'duebird[keyring]')",
        ) from None
    try:
        value = keyring.get_password(service, name)
    except keyring.errors.NoKeyringError:
        raise SecretUnreadable(
            pointer,
            "this machine offers no keyring to this account",
            "On a server write 'file:PATH' or 'credential:NAME' instead.",
        ) from None
    except Exception as error:  # each platform's back end raises its own; none of them may stop the other checks  # noqa: BLE001
        raise SecretUnreadable(
            pointer,
            f"the keyring did not answer ({type(error).__name__})",
            "Unlock it; on a server write 'file:PATH' or 'credential:NAME' instead.",
        ) from None
    if value is None:
        raise SecretUnreadable(pointer, "the keyring has no such entry", f"Type: keyring set {service} {name}")
    return str(value)


def _literal(pointer: SecretPointer, _: Path, __: Mapping[str, str]) -> str:
    return pointer.target


_READERS: Final[dict[str, Callable[[SecretPointer, Path, Mapping[str, str]], str]]] = {
    "env": _from_env,
    "file": _from_file,
    "keyring": _from_keyring,
    "credential": _from_credentials,
    "literal": _literal,
}


class ResolvedSecrets:
    """Secrets that were read, by pointer: the value that was checked is the value that gets used."""

    def __init__(self, values: Mapping[SecretPointer, str] | None = None) -> None:
        self._values = dict(values or {})

    def value(self, pointer: SecretPointer) -> str:
        """The secret.

        Raises:
            SecretUnreadable: it was not read (a disabled company's, or read without secrets).
        """
        try:
            return self._values[pointer]
        except KeyError:
            raise SecretUnreadable(pointer, "it has not been read", "Type: duebird config check") from None

    def __contains__(self, pointer: object) -> bool:
        return pointer in self._values

    def __iter__(self) -> Iterator[str]:
        """The values themselves, for a `Redactor`."""
        return iter(self._values.values())

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"ResolvedSecrets({len(self)} hidden)"


# ------------------------------------------------------------------------------------------------- redaction

HIDDEN: Final = "[hidden]"
_SHORTEST: Final = 6  # shorter ones occur in ordinary words: hiding them would garble every line
_PHONE_DIGITS: Final = range(7, 16)  # E.164

_PATTERNS: Final = (
    # Stripe keys and signing secrets; publishable keys too, they name the account
    (re.compile(r"\b((?:sk|rk|pk)_(?:live|test)_|whsec_|sk_org_)[A-Za-z0-9_]{4,}"), rf"\1{HIDDEN}"),
    (re.compile(r"\b(Bearer|Basic)\s+[A-Za-z0-9._~+/=:-]{4,}", re.IGNORECASE), rf"\1 {HIDDEN}"),
    # Twilio account and key SIDs: the last four tell which one
    (re.compile(r"\b(AC|SK)[0-9a-fA-F]{28}([0-9a-fA-F]{4})\b"), r"\1…\2"),
    # OAuth values in bodies and addresses
    (
        re.compile(
            r"(\b(?:access_token|refresh_token|id_token|client_secret|code_verifier|auth_token|password)"
            r"[\"']?\s*[=:]\s*[\"']?)[^\"'&\s,;}]+",
            re.IGNORECASE,
        ),
        rf"\1{HIDDEN}",
    ),
    (re.compile(r"([?&]code=)[^&\s\"']+"), rf"\1{HIDDEN}"),
    (re.compile(r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?"), HIDDEN),  # JSON web tokens
    (re.compile(r"(//)[^/@\s:]+:[^/@\s]+@"), rf"\1{HIDDEN}@"),  # user and password in an address
)
_PHONE: Final = re.compile(r"(?:\+|%2B)\d[\d ().-]{5,22}\d")
_NATIONAL: Final = re.compile(r"(?<![\w+.-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])")


def _masked_phone(found: re.Match[str]) -> str:
    digits = re.sub(r"\D", "", found[0].removeprefix("%2B"))
    return Phone(f"+{digits}").masked if len(digits) in _PHONE_DIGITS else found[0]


def mask_patterns(text: str) -> str:
    """Hide everything that looks like a secret or a phone number, whoever's it is."""
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    text = _PHONE.sub(_masked_phone, text)
    return _NATIONAL.sub(lambda found: f"•••••{found[0][-4:]}", text)


_STANDARD: Final = frozenset(logging.makeLogRecord({}).__dict__) | {"message", "asctime"}


class Redactor(logging.Filter):
    """Masks known secrets, and what looks like one, in a log record's message, arguments, extras and exception.

    Put it on every handler, not on loggers: a logger's filter does not see its children's records.
    """

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        known = {form for secret in secrets if len(secret) >= _SHORTEST for form in (secret, quote(secret, safe=""))}
        # longest first, so that a secret that contains another is hidden whole
        self._known = (
            re.compile("|".join(re.escape(form) for form in sorted(known, key=len, reverse=True))) if known else None
        )

    def mask(self, text: str) -> str:
        """`text` with secrets and phone numbers hidden."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        return mask_patterns(text)

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the record in place, for every handler that comes after; never drops one."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):  # arguments that do not fit: still to be logged, still to be masked
            message = f"{record.msg} {record.args}"
        record.msg, record.args = self.mask(message), None
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        record.exc_info = None  # handlers with formats of their own would print it again, unmasked
        if record.exc_text:
            record.exc_text = self.mask(record.exc_text)
        if record.stack_info:
            record.stack_info = self.mask(record.stack_info)
        for name, value in record.__dict__.items():
            if name not in _STANDARD and value is not None and not isinstance(value, bool | int | float):
                record.__dict__[name] = self.mask(str(value))
        return True
