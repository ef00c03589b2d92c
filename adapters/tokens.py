"""Custody of OAuth tokens: one encrypted file for each connection, and the key that opens them.

What this protects against: other users of the machine, a backup or a disk that gets into wrong hands without the
key, a file put in another's place. What it does not protect against: whoever runs programs as the same user. Such
a program can read the key as Duebird does, from the file and on most systems from the keyring too.

Light: the cipher and the keyring are imported when first used.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal, Protocol

from adapters.private_files import (
    locked,
    private_folder,
    read_private,
    remove_private,
    sweep_leftovers,
    write_private,
)
from connector.errors import ConfigProblem, NeedsReauthorisation
from connector.ports.calls import TokenSet

FORMAT: Final = 1
KEY_BYTES: Final = 32  # AES-256
NONCE_BYTES: Final = 12  # the size AES-GCM is made for
# A refresher that holds the lock may connect (5 s) and wait for an answer (30 s), twice, and then save.
LOCK_WAIT: Final = 90.0

# ---------------------------------------------------------------------------------------------------- the key


class KeySource(Protocol):
    """Where the key that opens the token files is kept."""

    @property
    def kind(self) -> str:
        """'file' or 'keyring'."""
        ...

    def key(self, *, create: bool) -> bytes:
        """The key of 32 bytes; a new one where there is none and `create` says so.

        Raises:
            ConfigProblem: it cannot be had, and why.
        """
        ...


class FileKey:
    """The key in a file of its own, readable by its owner only."""

    kind = "file"

    def __init__(self, path: Path) -> None:
        self._path = path

    def key(self, *, create: bool) -> bytes:
        """Read the key, or make it once: two processes that both find none end up with the same."""
        private_folder(self._path.parent)
        text = read_private(self._path)
        if text is None and create:
            with locked(_lock_beside(self._path), wait=LOCK_WAIT, busy="Another Duebird is making the token key."):
                text = read_private(self._path)
                if text is None:
                    text = base64.b64encode(secrets.token_bytes(KEY_BYTES))
                    write_private(self._path, text)
        if text is None:
            raise ConfigProblem(
                f"The key of the saved sign-ins is missing: {self._path}.",
                advice="Put it back from a backup, or sign in again for each company: duebird connect COMPANY",
            )
        return _decoded(text, str(self._path))


class Keyring(Protocol):
    """The two calls of the `keyring` package's backends that we use."""

    def get_password(self, service: str, username: str) -> str | None: ...  # noqa: D102 - named by the package
    def set_password(self, service: str, username: str, password: str) -> None: ...  # noqa: D102 - named by the package


class KeyringKey:
    """The key in the operating system's keyring, one entry for each state folder."""

    kind = "keyring"

    def __init__(self, backend: Keyring, marker: Path) -> None:
        """Args: backend: as `keyring.get_keyring()` gives it. marker: file that remembers that the key is there."""
        self._backend = backend
        self._marker = marker
        self._entry = "tokens " + hashlib.sha256(str(marker.absolute()).encode()).hexdigest()[:16]

    def key(self, *, create: bool) -> bytes:
        """Read the key from the keyring, or put a new one there."""
        text = self._read()
        if text is None and create:
            private_folder(self._marker.parent)
            with locked(_lock_beside(self._marker), wait=LOCK_WAIT, busy="Another Duebird is making the token key."):
                text = self._read() or self._make()
        if text is None:
            raise ConfigProblem(
                "The key of the saved sign-ins is not in this user's keyring any more.",
                advice="Sign in again for each company: duebird connect COMPANY",
            )
        return _decoded(text.encode(), "the keyring")

    def _read(self) -> str | None:
        try:
            return self._backend.get_password("duebird", self._entry)
        except Exception as error:
            raise self._closed(error) from error

    def _make(self) -> str:
        text = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
        try:
            self._backend.set_password("duebird", self._entry, text)
        except Exception as error:
            raise self._closed(error) from error
        if self._read() != text:
            raise ConfigProblem("The keyring did not keep the token key.", advice="Keep it in a file instead.")
        write_private(self._marker, b"The key of the saved sign-ins is in this user's keyring.\n")
        return text

    @staticmethod
    def _closed(error: Exception) -> ConfigProblem:
        return ConfigProblem(
            f"The keyring that holds the key of the saved sign-ins cannot be used ({type(error).__name__}).",
            advice="Unlock it (sign in to the desktop as this user) and start Duebird again.",
        )


@dataclass(frozen=True, slots=True)
class KeyChoice:
    """Which key source is used, and the reason as a sentence for `duebird check`."""

    source: KeySource
    why: str


def choose_key_source(
    state_folder: Path, prefer: Literal["auto", "keyring", "file"] = "auto", backend: Keyring | None = None
) -> KeyChoice:
    """Decide where the key is kept; once decided, it stays, so that tokens are never locked out by a better idea.

    On its own it takes the keyring of macOS and Windows, which open with the user's session, and a file elsewhere:
    desktop keyrings of Linux stay locked after a start of the machine until a person signs in, which would keep
    an unattended daemon down.

    Args:
        state_folder: the private folder of this installation.
        prefer: 'keyring' insists on it, for a daemon started from a desktop session; 'file' avoids it.
        backend: the keyring to use; by default the one the `keyring` package finds, where that is installed.

    Raises:
        ConfigProblem: the keyring is insisted on, or holds the key already, and is not there.
    """
    file, marker = state_folder / "token.key", state_folder / "token.key.in-keyring"
    if file.exists():
        return KeyChoice(FileKey(file), f"the key is in {file}")
    if not marker.exists() and prefer == "file":
        return KeyChoice(FileKey(file), f"the settings ask for a file: {file}")
    found = backend if backend is not None else _system_keyring()
    trouble = keyring_trouble(found)
    if found is not None and (marker.exists() or not trouble):
        return KeyChoice(KeyringKey(found, marker), "the key is in this user's keyring")
    if found is not None and prefer == "keyring":
        return KeyChoice(KeyringKey(found, marker), f"the settings ask for the keyring, though {trouble}")
    if marker.exists() or prefer == "keyring":
        raise ConfigProblem(
            "The key of the saved sign-ins should be in this user's keyring, but no keyring is to be found.",
            advice="Install Duebird with its keyring extra (pipx install 'duebird[keyring]') and run it as that user.",
        )
    return KeyChoice(FileKey(file), f"a file holds the key, because {trouble}")


def keyring_trouble(backend: Keyring | None) -> str:
    """Why a keyring would leave an unattended daemon without its key, "" where it would not."""
    if backend is None:
        return "no keyring is installed"
    every = [type(one).__module__ for one in getattr(backend, "backends", None) or [backend]]
    best = every[0]  # of a chain, the first is asked first
    if best.startswith(("keyring.backends.fail", "keyring.backends.null")):
        return "this machine has no keyring"
    if re.search(r"SecretService|libsecret|kwallet", best, re.IGNORECASE):
        return "the keyring of this desktop stays locked after a restart until somebody signs in"
    if best.startswith(("keyring.backends.macOS", "keyring.backends.Windows")):
        return ""
    return "this keyring may ask a person to unlock it"


def _system_keyring() -> Keyring | None:
    try:
        import keyring
    except ImportError:
        return None
    backend: Keyring = keyring.get_keyring()
    return backend


def _decoded(text: bytes, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY_BYTES:
        raise ConfigProblem(
            f"What is in {where} is not a key of saved sign-ins; it was damaged or written by hand.",
            advice=f"Put it back from a backup; or remove {where} and sign in again for each company: "
            "duebird connect COMPANY",
        )
    return key


def _lock_beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.lock")


# -------------------------------------------------------------------------------------------------- the store


class EncryptedTokenStore:
    """Tokens in one file for each connection, encrypted with AES-256-GCM, the connection's name bound in.

    Binding the name means that one connection's file put in another's place does not open. Save inside
    `exclusive`; loading needs no lock, because files are replaced in one step.
    """

    def __init__(self, folder: Path, key_source: KeySource, *, lock_wait: float = LOCK_WAIT) -> None:
        """Args: folder: for nothing else. key_source: of the key. lock_wait: seconds `exclusive` waits at most."""
        self._folder = folder
        self._key_source = key_source
        self._lock_wait = lock_wait

    def __repr__(self) -> str:
        return f"EncryptedTokenStore({self._folder}, key in {self._key_source.kind})"

    def ready(self) -> None:
        """Make sure that tokens could be saved: folder, key and room. Ask before a sign-in, not after it.

        Raises:
            ConfigProblem: permissions or key are wrong.
            Transient: the place cannot be written.
        """
        private_folder(self._folder)
        self._key_source.key(create=True)
        probe = self._folder / "room"
        write_private(probe, bytes(4096))  # as much as a token file at most
        remove_private(probe)

    def load(self, connection: str) -> TokenSet | None:
        """The newest tokens, None when not connected.

        Raises:
            NeedsReauthorisation: the file is damaged or was locked with another key.
            ConfigProblem: permissions are too wide, or the key cannot be had.
        """
        private_folder(self._folder)
        path = self._path(connection)
        content = read_private(path)
        if content is None:
            return None
        key = self._key_source.key(create=False)
        try:
            return _tokens(json.loads(_opened(content, key, connection)))
        except (ValueError, KeyError, TypeError) as error:
            raise NeedsReauthorisation(
                f"The saved sign-in '{connection}' cannot be read: {path} is damaged, or was locked with another key.",
                code="unreadable",
                advice="Put the file and its key back from one backup, or sign in again: duebird connect COMPANY",
            ) from error

    def save(self, connection: str, tokens: TokenSet) -> None:
        """Make them durable before returning. Call it inside `exclusive`.

        Raises:
            Transient: not written (disk full, read-only); what was there before still is.
            ConfigProblem: permissions are too wide, or the key cannot be had.
        """
        private_folder(self._folder)
        key = self._key_source.key(create=True)
        write_private(self._path(connection), _closed(json.dumps(_plain(tokens)).encode(), key, connection))

    def forget(self, connection: str) -> None:
        """Remove them; harmless where there are none."""
        private_folder(self._folder)
        remove_private(self._path(connection))

    @contextmanager
    def exclusive(self, connection: str) -> Iterator[None]:
        """One refresher at a time, among threads and processes of this machine. Not re-entrant.

        Raises:
            Transient: another one held it for longer than `lock_wait`.
        """
        private_folder(self._folder)
        path = self._path(connection)
        busy = f"Another Duebird has been at work on the sign-in '{connection}' for {self._lock_wait:.0f} seconds."
        with locked(path.with_suffix(".lock"), wait=self._lock_wait, busy=busy):
            sweep_leftovers(path)
            yield

    def _path(self, connection: str) -> Path:
        """A name any file system takes, readable, and different for any two connections."""
        words = re.sub(r"[^a-z0-9]+", "-", connection.lower()).strip("-")[:60]
        return self._folder / f"{words}.{hashlib.sha256(connection.encode()).hexdigest()[:12]}.tokens"


def _closed(plain: bytes, key: bytes, connection: str) -> bytes:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(NONCE_BYTES)  # random: far fewer than 2**32 saves will ever use one key
    sealed = AESGCM(key).encrypt(nonce, plain, _bound(connection))
    return json.dumps({"format": FORMAT, "sealed": base64.b64encode(nonce + sealed).decode()}).encode()


def _opened(content: bytes, key: bytes, connection: str) -> bytes:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    envelope = json.loads(content)
    if envelope["format"] != FORMAT:
        raise ValueError("written by another version of Duebird")
    sealed = base64.b64decode(envelope["sealed"], validate=True)
    try:
        return AESGCM(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], _bound(connection))
    except InvalidTag as error:
        raise ValueError("does not open") from error


def _bound(connection: str) -> bytes:
    return f"duebird tokens {FORMAT} {connection}".encode()


def _plain(tokens: TokenSet) -> dict[str, str | None]:
    values = {field.name: getattr(tokens, field.name) for field in fields(tokens)}
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in values.items()}


def _tokens(values: dict[str, Any]) -> TokenSet:
    ends = _time(values["access_expires_at"])
    if ends is None:
        raise ValueError("no end of the access token")
    return TokenSet(
        access_token=str(values["access_token"]),
        access_expires_at=ends,
        refresh_token=values["refresh_token"],
        refresh_expires_at=_time(values["refresh_expires_at"]),
        hard_expires_at=_time(values["hard_expires_at"]),
        obtained_at=_time(values["obtained_at"]),
        refresh_started_at=_time(values["refresh_started_at"]),
    )


def _time(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)
