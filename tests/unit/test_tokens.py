"""Custody of tokens: what is on the disk, who may read it, and who may hold it."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.private_files import locked, read_private, write_private
from adapters.tokens import EncryptedTokenStore, FileKey, KeyringKey, choose_key_source, keyring_trouble
from connector.errors import ConfigProblem, NeedsReauthorisation, Transient
from connector.ports.calls import TokenSet

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TOKENS = TokenSet(
    access_token="canary-access",
    access_expires_at=NOW + timedelta(hours=1),
    refresh_token="canary-refresh",
    refresh_expires_at=NOW + timedelta(days=100),
    hard_expires_at=NOW + timedelta(days=1825),
    obtained_at=NOW,
    refresh_started_at=NOW - timedelta(minutes=1),
)
POSIX_ONLY = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX words")


@pytest.fixture
def store(tmp_path: Path) -> EncryptedTokenStore:
    return EncryptedTokenStore(tmp_path / "state" / "tokens", FileKey(tmp_path / "state" / "token.key"), lock_wait=10)


def put(store: EncryptedTokenStore, connection: str, tokens: TokenSet = TOKENS) -> Path:
    """Save and say where: the one file that appeared or changed."""
    with store.exclusive(connection):
        store.save(connection, tokens)
    return store._path(connection)


def test_what_was_saved_is_loaded_whole(store: EncryptedTokenStore) -> None:
    put(store, "quickbooks:9130")
    assert store.load("quickbooks:9130") == TOKENS
    put(store, "xero:custom", TokenSet("a", NOW, None, None))
    assert store.load("xero:custom") == TokenSet("a", NOW, None, None)


def test_nothing_is_loaded_where_nothing_was_saved_or_all_was_forgotten(store: EncryptedTokenStore) -> None:
    assert store.load("quickbooks:1") is None
    put(store, "quickbooks:1")
    store.forget("quickbooks:1")
    store.forget("quickbooks:1")
    assert store.load("quickbooks:1") is None


def test_no_file_of_the_state_folder_holds_a_token_in_the_clear(store: EncryptedTokenStore, tmp_path: Path) -> None:
    put(store, "quickbooks:9130")
    contents = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(contents) >= 2
    assert not any(b"canary" in content for content in contents)
    assert "canary" not in repr(store) + repr(TOKENS) + str(TOKENS)


def test_a_connections_name_can_neither_leave_the_folder_nor_meet_anothers_file(
    store: EncryptedTokenStore, tmp_path: Path
) -> None:
    names = ["../../etc/passwd", "xero:A", "xero:a", "xero/a", "CON", "x" * 500, "", "é"]
    for number, name in enumerate(names):
        put(store, name, replace(TOKENS, access_token=f"token {number}"))
    for number, name in enumerate(names):
        loaded = store.load(name)
        assert loaded is not None
        assert loaded.access_token == f"token {number}"
    files = list(tmp_path.rglob("*.tokens"))
    assert len(files) == len(names)
    assert {path.parent for path in files} == {tmp_path / "state" / "tokens"}


def test_one_connections_file_in_anothers_place_does_not_open(store: EncryptedTokenStore) -> None:
    theirs, ours = put(store, "quickbooks:1"), put(store, "quickbooks:2")
    ours.write_bytes(theirs.read_bytes())
    with pytest.raises(NeedsReauthorisation, match=r"quickbooks-2.*damaged.*duebird connect"):
        store.load("quickbooks:2")


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"not json", b'{"format": 1, "sealed": "AAAA"}', b'{"format": 9}', b"[]"]
)
def test_a_damaged_file_is_named_with_the_command_to_type(store: EncryptedTokenStore, content: bytes) -> None:
    path = put(store, "quickbooks:1")
    path.write_bytes(content)
    with pytest.raises(NeedsReauthorisation, match="duebird connect") as caught:
        store.load("quickbooks:1")
    assert str(path) in str(caught.value)
    put(store, "quickbooks:1")  # signing in again mends it
    assert store.load("quickbooks:1") == TOKENS


def test_any_flipped_bit_is_noticed(store: EncryptedTokenStore) -> None:
    path = put(store, "quickbooks:1")
    content = path.read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        content[:middle] + (b"A" if content[middle : middle + 1] != b"A" else b"B") + content[middle + 1 :]
    )
    with pytest.raises(NeedsReauthorisation):
        store.load("quickbooks:1")


def test_a_lost_key_is_said_and_a_new_sign_in_makes_a_new_one(store: EncryptedTokenStore, tmp_path: Path) -> None:
    put(store, "quickbooks:1")
    (tmp_path / "state" / "token.key").unlink()
    with pytest.raises(ConfigProblem, match="key of the saved sign-ins is missing"):
        store.load("quickbooks:1")
    put(store, "quickbooks:1")
    assert store.load("quickbooks:1") == TOKENS


def test_a_key_file_of_other_content_is_refused_without_showing_it(store: EncryptedTokenStore, tmp_path: Path) -> None:
    put(store, "quickbooks:1")
    (tmp_path / "state" / "token.key").write_bytes(b"canary-short")
    with pytest.raises(ConfigProblem, match="is not a key") as caught:
        store.load("quickbooks:1")
    assert "canary" not in str(caught.value)


@POSIX_ONLY
def test_files_and_folders_are_for_their_owner_alone_whatever_the_umask(
    store: EncryptedTokenStore, tmp_path: Path
) -> None:
    before = os.umask(0)
    try:
        put(store, "quickbooks:1")
    finally:
        os.umask(before)
    for path in (tmp_path / "state" / "tokens").rglob("*"):
        assert path.stat().st_mode & 0o777 == 0o600, path
    assert (tmp_path / "state" / "token.key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state" / "tokens").stat().st_mode & 0o777 == 0o700


@POSIX_ONLY
def test_a_file_others_may_read_is_refused_with_the_command_that_mends_it(store: EncryptedTokenStore) -> None:
    path = put(store, "quickbooks:1")
    path.chmod(0o640)
    with pytest.raises(ConfigProblem, match="chmod 600"):
        store.load("quickbooks:1")


@POSIX_ONLY
def test_a_folder_others_may_look_into_is_refused_with_the_command_that_mends_it(store: EncryptedTokenStore) -> None:
    folder = put(store, "quickbooks:1").parent
    folder.chmod(0o755)
    with pytest.raises(ConfigProblem, match="chmod 700"):
        store.load("quickbooks:1")
    with pytest.raises(ConfigProblem, match="chmod 700"):
        store.ready()


@POSIX_ONLY
def test_a_file_of_another_user_is_refused(store: EncryptedTokenStore) -> None:
    theirs = Path("/etc/passwd")  # root's; and root may give away a file of its own
    if os.geteuid() == 0:
        theirs = put(store, "quickbooks:1")
        os.chown(theirs, 12345, -1)
    with pytest.raises(ConfigProblem, match=r"belongs to another user \(number \d+; Duebird runs as"):
        read_private(theirs)


@POSIX_ONLY
def test_a_link_is_not_followed(store: EncryptedTokenStore, tmp_path: Path) -> None:
    path = put(store, "quickbooks:1")
    elsewhere = tmp_path / "elsewhere"
    path.rename(elsewhere)
    path.symlink_to(elsewhere)
    with pytest.raises(ConfigProblem, match="is a link"):
        store.load("quickbooks:1")


def test_a_save_that_fails_leaves_the_old_tokens_and_no_litter(store: EncryptedTokenStore, tmp_path: Path) -> None:
    path = put(store, "quickbooks:1")
    blocked = tmp_path / "state" / "tokens" / "blocked.tokens"
    blocked.mkdir()  # a folder in the way: replacing a folder by a file fails for every user, root too
    with pytest.raises(Transient, match="could not be written"):
        write_private(blocked, b"anything")
    assert store.load("quickbooks:1") == TOKENS
    assert {one.name for one in path.parent.iterdir()} == {path.name, path.with_suffix(".lock").name, blocked.name}


def test_what_a_crash_left_half_written_is_swept_by_the_next_holder(store: EncryptedTokenStore) -> None:
    path = put(store, "quickbooks:1")
    leftover = path.with_name(f".{path.name}.0badcafe.new")
    leftover.write_bytes(b"half")
    with store.exclusive("quickbooks:1"):
        assert not leftover.exists()
    assert store.load("quickbooks:1") == TOKENS


def test_two_threads_cannot_hold_one_connection_but_can_hold_two(tmp_path: Path) -> None:
    store = EncryptedTokenStore(tmp_path / "tokens", FileKey(tmp_path / "tokens" / "key"), lock_wait=0.0)
    seen: list[str] = []

    def other() -> None:
        with store.exclusive("quickbooks:2"):
            seen.append("held 2")
        try:
            with store.exclusive("quickbooks:1"):
                seen.append("held 1")
        except Transient as error:
            seen.append(str(error))

    with store.exclusive("quickbooks:1"):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert seen[0] == "held 2"
    assert "Another Duebird has been at work on the sign-in 'quickbooks:1'" in seen[1]
    with store.exclusive("quickbooks:1"):
        pass  # free again


def test_another_process_holds_the_lock_until_it_dies(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from adapters.private_files import locked\n"
        "with locked(Path(sys.argv[1]), wait=5, busy='busy'):\n"
        "    print('held', flush=True); sys.stdin.read()\n"
    )
    path = tmp_path / "one.lock"
    holder = subprocess.Popen(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-c", program, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(Transient, match="busy"), locked(path, wait=0.05, busy="busy"):
            pass
        holder.kill()
        holder.wait()
    with locked(path, wait=5, busy="busy"):
        pass


def test_many_threads_that_find_no_key_agree_on_one(tmp_path: Path) -> None:
    source = FileKey(tmp_path / "state" / "token.key")
    keys: list[bytes] = []
    start = threading.Barrier(8)

    def make() -> None:
        start.wait()
        keys.append(source.key(create=True))

    threads = [threading.Thread(target=make) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 8
    assert len(set(keys)) == 1


# ----------------------------------------------------------------------------------------------------- keyring


class Ring:
    """A keyring that opens by itself, as macOS's and Windows's do."""

    def __init__(self) -> None:
        self.held: dict[tuple[str, str], str] = {}
        self.closed = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.closed:
            raise OSError("canary locked")
        return self.held.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.held[service, username] = password


class MacRing(Ring):
    pass


class DesktopRing(Ring):
    pass


class NoRing(Ring):
    pass


MacRing.__module__ = "keyring.backends.macOS"
DesktopRing.__module__ = "keyring.backends.SecretService"
NoRing.__module__ = "keyring.backends.fail"


def test_a_keyring_that_opens_with_the_session_holds_the_key(tmp_path: Path) -> None:
    ring = MacRing()
    first = choose_key_source(tmp_path, backend=ring)
    assert first.source.kind == "keyring"
    key = first.source.key(create=True)
    assert choose_key_source(tmp_path, backend=ring).source.key(create=False) == key
    assert not (tmp_path / "token.key").exists()
    assert len(ring.held) == 1


def test_a_desktop_keyring_is_left_alone_because_the_daemon_would_be_down_after_a_restart(tmp_path: Path) -> None:
    choice = choose_key_source(tmp_path, backend=DesktopRing())
    assert choice.source.kind == "file"
    assert "stays locked after a restart" in choice.why
    insisted = choose_key_source(tmp_path, "keyring", DesktopRing())
    assert insisted.source.kind == "keyring"
    assert "stays locked after a restart" in insisted.why


def test_no_keyring_means_a_file_unless_one_is_insisted_on(tmp_path: Path) -> None:
    choice = choose_key_source(tmp_path, backend=NoRing())
    assert (choice.source.kind, "no keyring" in choice.why) == ("file", True)
    assert "no keyring is installed" in keyring_trouble(None)


def test_a_decision_once_made_stays(tmp_path: Path) -> None:
    choose_key_source(tmp_path, "file").source.key(create=True)
    assert choose_key_source(tmp_path, "keyring", MacRing()).source.kind == "file"
    other = tmp_path / "other"
    ring = DesktopRing()
    choose_key_source(other, "keyring", ring).source.key(create=True)
    assert choose_key_source(other, "auto", ring).source.kind == "keyring"
    assert choose_key_source(other, "file", ring).source.kind == "keyring"


def test_a_chain_of_keyrings_is_judged_by_its_first(tmp_path: Path) -> None:
    class Chain(Ring):
        backends = (DesktopRing(), MacRing())

    assert choose_key_source(tmp_path, backend=Chain()).source.kind == "file"


def test_a_locked_keyring_is_said_without_its_own_words(tmp_path: Path) -> None:
    ring = MacRing()
    source = KeyringKey(ring, tmp_path / "marker")
    source.key(create=True)
    ring.closed = True
    with pytest.raises(ConfigProblem, match="Unlock it") as caught:
        source.key(create=False)
    assert "canary" not in str(caught.value)


def test_a_key_gone_from_the_keyring_asks_for_a_new_sign_in(tmp_path: Path) -> None:
    ring = MacRing()
    source = KeyringKey(ring, tmp_path / "marker")
    source.key(create=True)
    ring.held.clear()
    with pytest.raises(ConfigProblem, match="duebird connect"):
        source.key(create=False)
