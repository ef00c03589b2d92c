"""Reading secrets where they are, and keeping them out of logs."""

from __future__ import annotations

import io
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from hypothesis import given
from hypothesis import strategies as st
from keyring.backend import KeyringBackend
from keyring.backends import fail
from keyring.errors import KeyringLocked

from adapters.secrets import HIDDEN, MAX_BYTES, Redactor, ResolvedSecrets, mask_patterns, resolve
from connector.errors import ConfigProblem
from connector.pointers import SecretPointer

CANARY = "canary-9f8e7d6c"


def read(text: str, base_dir: Path = Path(), **environ: str) -> str:
    return resolve(SecretPointer(text), base_dir=base_dir, environ=environ)


def refusal(text: str, base_dir: Path = Path(), **environ: str) -> str:
    with pytest.raises(ConfigProblem) as caught:
        read(text, base_dir, **environ)
    assert caught.value.advice
    assert CANARY not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    path = tmp_path / "stripe.key"
    path.write_text(CANARY + "\n", "utf-8")
    path.chmod(0o600)
    return path


# ------------------------------------------------------------------------------------------------- where they are


def test_the_environment_is_read() -> None:
    assert read("env:KEY", KEY=CANARY) == CANARY


def test_a_literal_is_itself() -> None:
    assert read(CANARY) == CANARY


def test_a_file_is_read_from_the_configurations_folder_without_its_last_newline(secret: Path) -> None:
    assert read("file:stripe.key", secret.parent) == CANARY
    assert read(f"file:{secret}", Path("/somewhere/else")) == CANARY
    secret.write_bytes(CANARY.encode() + b"\r\n")
    assert read("file:stripe.key", secret.parent) == CANARY


def test_a_credential_of_systemd_is_read(secret: Path) -> None:
    assert read("credential:stripe.key", CREDENTIALS_DIRECTORY=str(secret.parent)) == CANARY


@pytest.mark.parametrize("target", ["../stripe.key", "/etc/passwd", "..", "a/b"])
def test_a_credential_is_a_name_and_not_a_path(secret: Path, target: str) -> None:
    assert "not a path" in refusal(f"credential:{target}", CREDENTIALS_DIRECTORY=str(secret.parent))


def test_what_is_missing_is_named_with_what_to_do() -> None:
    assert "Set NOPE" in refusal("env:NOPE")
    assert "there is no file" in refusal("file:nope", Path("/nonexistent"))
    assert "LoadCredential=nope" in refusal("credential:nope")
    assert "no such home folder" in refusal("file:~nobody-of-that-name/key")


@pytest.mark.skipif(os.name != "posix", reason="Windows has no such permissions")
@pytest.mark.parametrize("mode", [0o644, 0o604, 0o602])
def test_a_file_that_everybody_can_read_is_refused_with_what_to_type(secret: Path, mode: int) -> None:
    secret.chmod(mode)
    assert f"chmod 600 '{secret}'" in refusal("file:stripe.key", secret.parent)


def test_a_file_of_the_owners_group_is_accepted(secret: Path) -> None:
    secret.chmod(0o640)
    assert read("file:stripe.key", secret.parent) == CANARY


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"\n", "empty"),
        (CANARY.encode() + b"\nsecond line\n", "more than one line"),
        (CANARY.encode() + b" ", "spaces"),
        (b"canary\x00-9f8e7d6c", "invisible"),
        (b"\xff\xfe", "not text"),
        (b"x" * (MAX_BYTES + 1), "too many"),
    ],
)
def test_what_can_be_no_secret_is_refused(secret: Path, data: bytes, said: str) -> None:
    secret.write_bytes(data)
    assert said in refusal("file:stripe.key", secret.parent)


def test_a_pipe_or_folder_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    assert "not a file" in refusal("file:pipe", tmp_path)
    assert "not a file" in refusal("file:.", tmp_path)


# ------------------------------------------------------------------------------------------------- keyring


class InMemory(KeyringBackend):  # type: ignore[misc]  # the package is not type-checked here, see pyproject.toml
    """A keyring of one entry, or one that stays locked."""

    priority = 1

    def __init__(self, *, locked: bool = False) -> None:
        super().__init__()
        self.locked = locked

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise KeyringLocked(CANARY)
        return CANARY if (service, username) == ("duebird", "acme/stripe") else None

    def set_password(self, service: str, username: str, password: str) -> None:
        raise AssertionError(f"nobody asked to write {service}/{username} ({len(password)} letters)")


@pytest.fixture
def backend() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


@pytest.mark.usefixtures("backend")
def test_the_keyring_is_read() -> None:
    keyring.set_keyring(InMemory())
    assert read("keyring:duebird/acme/stripe") == CANARY
    assert "keyring set duebird other" in refusal("keyring:duebird/other")


@pytest.mark.usefixtures("backend")
def test_a_keyring_that_is_locked_or_absent_is_told_apart() -> None:
    keyring.set_keyring(InMemory(locked=True))
    assert "did not answer (KeyringLocked)" in refusal("keyring:duebird/acme/stripe")
    keyring.set_keyring(fail.Keyring())
    assert "offers no keyring" in refusal("keyring:duebird/acme/stripe")


def test_without_the_keyring_package_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert "pipx inject duebird keyring" in refusal("keyring:duebird/x")


@pytest.mark.parametrize("target", ["duebird", "duebird/", "/x"])
def test_a_keyring_pointer_names_service_and_entry(target: str) -> None:
    assert "SERVICE/NAME" in refusal(f"keyring:{target}")


# ------------------------------------------------------------------------------------------------- resolved


def test_resolved_secrets_do_not_show_themselves() -> None:
    pointer = SecretPointer("env:KEY")
    secrets = ResolvedSecrets({pointer: CANARY})
    assert secrets.value(pointer) == CANARY
    assert list(secrets) == [CANARY]
    assert pointer in secrets
    assert CANARY not in f"{secrets} {secrets!r}"
    with pytest.raises(ConfigProblem, match="has not been read"):
        secrets.value(SecretPointer("env:OTHER"))


# ------------------------------------------------------------------------------------------------- redaction


@pytest.mark.parametrize(
    ("text", "secret_part"),
    [
        ("key sk_live_51AbCdEfGh used", "51AbCdEfGh"),
        ("key rk_test_51AbCdEfGh used", "51AbCdEfGh"),
        ("signed with whsec_AbCdEf123", "AbCdEf123"),
        ("Authorization: Bearer eyJhbGciOi.abc.def", "eyJhbGciOi"),
        ("authorization: basic QUM6c2VjcmV0", "QUM6c2VjcmV0"),
        ("account AC0123456789abcdef0123456789abcdef", "0123456789abcdef01234"),
        ("key SK0123456789abcdef0123456789abcdef", "0123456789abcdef01234"),
        ("grant_type=refresh_token&refresh_token=AB11xyz&x=1", "AB11xyz"),
        ('{"access_token": "tok-123456", "expires_in": 3600}', "tok-123456"),
        ("{'refresh_token': 'tok-123456'}", "tok-123456"),
        ("GET /callback?code=AB123456&state=s", "AB123456"),
        ("http://user:hunter2@127.0.0.1/", "hunter2"),
        ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.sig", "eyJzdWIiOiIxIn0"),
        ("to +15551234567.", "5551234567"),
        ("to +1 (555) 123-4567", "123-4567"),
        ("To=%2B15551234567&Body=x", "15551234567"),
        ("call 555-123-4567 now", "555-123-4567"),
    ],
)
def test_what_looks_like_a_secret_or_a_phone_number_is_hidden(text: str, secret_part: str) -> None:
    assert secret_part in text
    assert secret_part not in mask_patterns(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-23T08:00:00+00:00 INFO took 12.50 s",
        "invoice INV-1042 of 1,250.00 USD, id 9130355377388383",
        "GET /v1/events?created[gte]=1764000000&limit=100 200",
        "company acme: 3 texts, 2 payments; error 21610",
        "refresh token is 40 days old",
    ],
)
def test_ordinary_lines_stay_as_they_are(text: str) -> None:
    assert mask_patterns(text) == text


class Log:
    """A logger with one redacted handler."""

    def __init__(self, *secrets: str) -> None:
        self.stream = io.StringIO()
        handler = logging.StreamHandler(self.stream)
        handler.setFormatter(logging.Formatter("%(levelname)s %(message)s %(extra)s", defaults={"extra": "-"}))
        handler.addFilter(Redactor(secrets))
        self.logger = logging.Logger("test")  # noqa: LOG001 - one of its own, so that tests cannot meet
        self.logger.addHandler(handler)

    @property
    def text(self) -> str:
        return self.stream.getvalue()


def break_with(secret: str) -> None:
    raise RuntimeError(secret) from ValueError(f"cause {secret}")


def test_a_known_secret_is_hidden_in_message_arguments_extras_exception_and_stack() -> None:
    log = Log(CANARY)
    log.logger.info("plain %s", CANARY)
    log.logger.info(f"in the message {CANARY}")  # noqa: G004 - the case to test
    log.logger.info("as a dict %(key)s", {"key": CANARY})
    log.logger.info("nested %r", {"headers": [CANARY]})
    log.logger.info("extra", extra={"extra": {"key": CANARY}})
    log.logger.info("stack", stack_info=True)
    try:
        break_with(CANARY)
    except RuntimeError:
        log.logger.exception("failed")
    assert CANARY not in log.text
    assert log.text.count(HIDDEN) >= 6
    assert "RuntimeError" in log.text
    assert "The above exception was the direct cause" in log.text


def test_a_record_is_logged_even_when_its_arguments_do_not_fit() -> None:
    log = Log(CANARY)
    log.logger.info("%d texts", CANARY)
    assert "texts" in log.text
    assert CANARY not in log.text


def test_a_secret_is_hidden_in_the_form_it_has_inside_an_address() -> None:
    log = Log("pa/ss word+1")
    log.logger.info("GET /?x=pa%2Fss%20word%2B1")
    assert "word" not in log.text


def test_of_two_secrets_the_longer_is_hidden_whole() -> None:
    assert Redactor(["secret", "secret-tail"]).mask("x secret-tail y") == f"x {HIDDEN} y"


def test_every_handler_after_the_redacted_one_sees_the_masked_record() -> None:
    log = Log(CANARY)
    seen: list[logging.LogRecord] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            seen.append(record)

    log.logger.addHandler(Keeper())
    try:
        break_with(CANARY)
    except RuntimeError:
        log.logger.exception("failed %s", CANARY)
    assert all(CANARY not in str(value) for value in seen[0].__dict__.values())


@given(st.text(alphabet=st.characters(codec="ascii", categories=["L", "N", "P"]), min_size=8, max_size=40), st.text())
def test_no_known_secret_survives_wherever_it_stands(secret: str, around: str) -> None:
    if secret in HIDDEN or secret in around:
        return
    masked = Redactor([secret]).mask(f"{around}{secret}{around}")
    assert secret not in masked
