"""The refresher against a service that rotates tokens as Intuit and Xero do: nothing is lost, nothing asked twice."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from adapters.oauth.calls import client_credentials, refresh
from adapters.oauth.client import (
    Grant,
    OAuthClient,
)
from adapters.oauth.refreshing import COOL_DOWN, RefreshingTokens
from adapters.sandbox.base import Fault
from connector.errors import NeedsReauthorisation, Throttled, Transient
from connector.ports.calls import TokenSet, TokenStore
from tests.oauth_world import CONNECTION, START, World, lasting, store_in, world
from tests.ports import free_port

ROOT = Path(__file__).parents[2]
DAY = timedelta(days=1)


@pytest.fixture
def intuit(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "intuit") as here:
        yield here


@pytest.fixture
def xero(tmp_path: Path) -> Iterator[World]:
    with world(tmp_path, "xero") as here:
        yield here


@pytest.fixture(params=["intuit", "xero"])
def either(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[World]:
    with world(tmp_path, request.param) as here:
        yield here


class PowerCut(BaseException):
    """The machine stops here."""


class FailingStore:
    """A real store whose saves fail as told: one entry for each save, None to let it pass."""

    def __init__(self, inner: TokenStore, plan: list[BaseException | None]) -> None:
        self._inner = inner
        self.plan = plan

    def load(self, connection: str) -> TokenSet | None:
        return self._inner.load(connection)

    def save(self, connection: str, tokens: TokenSet) -> None:
        failure = self.plan.pop(0) if self.plan else None
        if failure is not None:
            raise failure
        self._inner.save(connection, tokens)

    def forget(self, connection: str) -> None:
        self._inner.forget(connection)

    def exclusive(self, connection: str) -> AbstractContextManager[None]:
        return self._inner.exclusive(connection)


def is_accepted(here: World, access: str) -> bool:
    """Whether the service would let a call with this token pass."""
    consent = here.server.access_tokens.get(access)
    return consent is not None and consent.alive


# ------------------------------------------------------------------------------------------------ ordinary days


def test_a_token_is_asked_for_once_and_used_until_little_of_it_is_left(either: World) -> None:
    tokens = either.tokens()
    first = tokens.current()
    assert is_accepted(either, first)
    assert {tokens.current() for _ in range(20)} == {first}
    assert either.server.refreshes == 1
    life = timedelta(seconds=either.server.access_seconds)
    either.let_pass(life - timedelta(seconds=100))
    assert tokens.current() == first
    either.let_pass(timedelta(seconds=20))
    assert tokens.current() != first
    assert either.server.refreshes == 2


def test_the_new_tokens_are_on_the_disk_before_they_are_handed_out(either: World) -> None:
    access = either.tokens().current()
    assert either.stored().access_token == access
    assert either.stored().refresh_token == either.server.consents[0].live
    assert either.stored().refresh_started_at is None


def test_another_process_that_refreshed_already_saves_us_the_call(either: World) -> None:
    ours, theirs = either.tokens(), either.tokens(store_in(either.folder))
    assert theirs.current() == ours.current()
    assert either.server.refreshes == 1


def test_a_refused_token_is_renewed_once_for_all_who_were_refused(either: World) -> None:
    ours, theirs = either.tokens(), either.tokens(store_in(either.folder))
    refused = ours.current()
    assert theirs.current() == refused
    fresh = ours.renewed(refused)
    assert fresh != refused
    assert theirs.renewed(refused) == fresh
    assert ours.renewed(refused) == fresh
    assert either.server.refreshes == 2


def test_a_year_of_use_keeps_a_connection_alive(either: World) -> None:
    tokens = either.tokens()
    for _ in range(12):
        either.let_pass(timedelta(days=30))
        assert is_accepted(either, tokens.current())
    assert either.stored().refresh_token == either.server.consents[0].live


def test_the_end_that_no_refresh_passes_is_asked_for_and_kept(intuit: World) -> None:
    intuit.tokens().current()
    assert intuit.stored().hard_expires_at == START + timedelta(seconds=157680000)
    assert intuit.stored().refresh_expires_at == START + timedelta(seconds=8726400)


def test_an_answer_that_does_not_tell_the_end_leaves_the_one_known(intuit: World) -> None:
    intuit.tokens().current()
    silent = replace(intuit.client, token_headers={})
    intuit.let_pass(2 * DAY)
    RefreshingTokens(intuit.store, silent, CONNECTION, intuit.wire).current()
    assert intuit.stored().obtained_at == START + 2 * DAY
    assert intuit.stored().hard_expires_at == START + timedelta(seconds=157680000)


def test_xero_does_not_say_when_an_unused_token_dies_so_we_count_sixty_days(xero: World) -> None:
    xero.tokens().current()
    assert xero.stored().refresh_expires_at == START + timedelta(days=60)
    assert xero.stored().hard_expires_at is None


# -------------------------------------------------------------------------------------------------------- races


def test_the_race_that_the_lock_prevents_kills_an_intuit_connection(intuit: World) -> None:
    old = intuit.stored().refresh_token or ""
    intuit.let_pass(2 * DAY)
    won = refresh(intuit.client, old, intuit.wire)
    with pytest.raises(NeedsReauthorisation):
        refresh(intuit.client, old, intuit.wire)
    with pytest.raises(NeedsReauthorisation):
        refresh(intuit.client, won.refresh_token or "", intuit.wire)


def test_eight_threads_make_one_refresh(either: World) -> None:
    either.let_pass(2 * DAY)
    either.server.faults.append(Fault("delay_after", path="/token", times=8, seconds=0.2))
    shared = either.tokens()
    refreshers = [shared] * 4 + [either.tokens(store_in(either.folder)) for _ in range(4)]
    seen: list[str] = []
    start = threading.Barrier(8)

    def ask(tokens: RefreshingTokens) -> None:
        start.wait()
        seen.append(tokens.current())

    threads = [threading.Thread(target=ask, args=(tokens,)) for tokens in refreshers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 8
    assert set(seen) == {either.stored().access_token}
    assert either.server.refreshes == either.server.token_calls() == 1


PROCESS = """
import sys, threading
from datetime import datetime
from pathlib import Path
from adapters.clock import ManualClock
from adapters.oauth.client import quickbooks_client, xero_client
from adapters.oauth.refreshing import RefreshingTokens
from connector.ports.calls import Wire
from tests.oauth_world import CONNECTION, NoMeter, quickbooks_settings, resolve, store_in, xero_settings

folder, base, service, now = sys.argv[1:]
client = (quickbooks_client(quickbooks_settings(base), resolve) if service == "quickbooks"
          else xero_client(xero_settings(base), resolve))
wire = Wire("bakery", ManualClock(datetime.fromisoformat(now)), NoMeter())
tokens = RefreshingTokens(store_in(Path(folder)), client, CONNECTION, wire)
found = []
threads = [threading.Thread(target=lambda: found.append(tokens.current())) for _ in range(8)]
print("ready", flush=True)
sys.stdin.readline()
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), len(set(found)), flush=True)
"""


def test_two_processes_of_eight_threads_make_one_refresh(either: World) -> None:
    either.let_pass(2 * DAY)
    either.server.faults.append(Fault("delay_after", path="/token", times=16, seconds=0.3))
    command = [sys.executable, "-c", PROCESS, str(either.folder), either.server.base_url, either.client.service]
    processes = [
        subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [*command, either.clock.now().isoformat()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.communicate()[0] for process in processes] == ["8 1\n", "8 1\n"]
    assert either.server.refreshes == either.server.token_calls() == 1
    assert either.server.consents[0].alive
    assert either.stored().refresh_token == either.server.consents[0].live


# ------------------------------------------------------------------------------------- lost answers, power cuts


def test_xero_takes_the_old_token_again_when_its_answer_was_lost(xero: World) -> None:
    xero.server.faults.append(Fault("drop_after", path="/token"))
    assert is_accepted(xero, xero.tokens().current())
    assert xero.server.refreshes == 2
    assert xero.stored().refresh_token == xero.server.consents[0].live
    assert xero.stored().refresh_started_at is None


def test_intuit_takes_the_old_token_again_on_the_day_its_value_did_not_change(intuit: World) -> None:
    intuit.server.faults.append(Fault("drop_after", path="/token"))
    assert is_accepted(intuit, intuit.tokens().current())


def test_an_answer_lost_on_the_day_intuit_changes_the_value_ends_the_connection_and_is_asked_about_no_more(
    intuit: World,
) -> None:
    intuit.let_pass(2 * DAY)
    intuit.server.faults.append(Fault("drop_after", path="/token"))
    tokens = intuit.tokens()
    with pytest.raises(NeedsReauthorisation, match=r"'bakery'.*2026-11-25 12:00 UTC was lost.*duebird connect bakery"):
        tokens.current()
    assert intuit.server.token_calls() == 2
    for _ in range(5):
        intuit.let_pass(timedelta(hours=1))
        with pytest.raises(NeedsReauthorisation, match="was lost"):
            tokens.current()
    assert intuit.server.token_calls() == 2


def test_two_lost_answers_keep_the_old_token_and_the_next_try_within_the_grace_succeeds(xero: World) -> None:
    xero.server.faults.append(Fault("drop_after", path="/token", times=2))
    tokens = xero.tokens()
    with pytest.raises(Transient, match="did not answer"):
        tokens.current()
    assert xero.stored().refresh_started_at == START
    xero.let_pass(timedelta(minutes=5))
    assert is_accepted(xero, tokens.current())
    assert xero.server.token_calls() == 3


def test_a_lost_answer_that_is_not_looked_into_within_the_grace_ends_a_xero_connection(xero: World) -> None:
    xero.server.faults.append(Fault("drop_after", path="/token", times=2))
    with pytest.raises(Transient):
        xero.tokens().current()
    xero.let_pass(timedelta(minutes=31))
    with pytest.raises(NeedsReauthorisation, match=r"begun 2026-11-23 12:00 UTC was lost.*30 minutes only"):
        xero.tokens().current()


def test_while_a_lost_answer_stays_unexplained_each_later_call_asks_once_at_most(either: World) -> None:
    either.server.faults.append(Fault("drop_before", path="/token", times=100))
    tokens = either.tokens()
    for _ in range(4):
        with pytest.raises(Transient):
            tokens.current()
        with pytest.raises(Transient):
            tokens.current()  # at once: not even asked
        either.let_pass(COOL_DOWN)
    assert either.server.token_calls() == 2 + 3
    assert either.stored().refresh_started_at == START  # of the first, from which any grace counts


def test_a_page_of_html_is_a_lost_answer(either: World) -> None:
    either.server.faults.append(Fault("garbage", path="/token"))
    assert is_accepted(either, either.tokens().current())
    assert either.server.token_calls() == 2


def test_power_lost_between_answer_and_save_is_mended_with_the_old_token(either: World) -> None:
    with pytest.raises(PowerCut):
        either.tokens(FailingStore(either.store, [None, PowerCut()])).current()
    assert either.server.refreshes == 1
    assert either.stored().refresh_started_at == START
    assert is_accepted(either, either.tokens().current())
    assert either.stored().refresh_token == either.server.consents[0].live


def test_power_lost_between_answer_and_save_on_the_day_of_change_says_what_happened(intuit: World) -> None:
    intuit.let_pass(2 * DAY)
    with pytest.raises(PowerCut):
        intuit.tokens(FailingStore(intuit.store, [None, PowerCut()])).current()
    with pytest.raises(NeedsReauthorisation, match=r"begun 2026-11-25 12:00 UTC was lost"):
        intuit.tokens().current()
    assert intuit.server.token_calls() == 2


def test_power_lost_between_save_and_use_costs_nothing(either: World) -> None:
    class CutAfterSave(FailingStore):
        def save(self, connection: str, tokens: TokenSet) -> None:
            super().save(connection, tokens)
            if tokens.refresh_started_at is None:
                raise PowerCut

    with pytest.raises(PowerCut):
        either.tokens(CutAfterSave(either.store, [])).current()
    assert is_accepted(either, either.tokens().current())
    assert either.server.refreshes == 1


def test_power_lost_before_the_call_costs_nothing(either: World) -> None:
    with pytest.raises(PowerCut):
        either.tokens(FailingStore(either.store, [PowerCut()])).current()
    assert is_accepted(either, either.tokens().current())
    assert either.server.token_calls() == 1


def test_a_refresh_cut_off_is_looked_into_at_once_while_the_grace_lasts(xero: World) -> None:
    """Its access token has 20 minutes left, the grace of the old refresh token less: waiting would lose it."""
    old = xero.stored().refresh_token or ""
    refresh(xero.client, old, xero.wire)  # the cut-off one: the service moved on, we did not see it
    xero.put(replace(lasting(xero.stored()), refresh_started_at=START))
    assert is_accepted(xero, xero.tokens().current())
    assert xero.stored().refresh_token == xero.server.consents[0].live
    assert xero.stored().refresh_started_at is None


def test_a_refresh_cut_off_that_cannot_be_looked_into_leaves_the_token_that_still_works(xero: World) -> None:
    xero.put(replace(lasting(xero.stored()), refresh_started_at=START))
    xero.server.faults.append(Fault("status", path="/token", status=503, times=100))
    tokens = xero.tokens()
    assert {tokens.current() for _ in range(5)} == {"canary-old-access"}
    assert xero.server.token_calls() == 1
    with pytest.raises(Transient):
        tokens.renewed("canary-old-access")


# ------------------------------------------------------------------------------------------------- a full disk


def test_without_room_for_the_answer_the_question_is_not_asked(either: World) -> None:
    tokens = either.tokens(FailingStore(either.store, [Transient("disk full")]))
    with pytest.raises(Transient, match="disk full"):
        tokens.current()
    assert either.server.token_calls() == 0
    assert is_accepted(either, tokens.current())


def test_tokens_that_could_not_be_saved_wait_unused_until_they_can(either: World) -> None:
    full = Transient("disk full")
    store = FailingStore(either.store, [None, full, full, full])
    tokens = either.tokens(store)
    with pytest.raises(Transient, match="disk full"):
        tokens.current()
    store.plan[:] = [full, full, full]
    with pytest.raises(Transient, match="disk full"):
        tokens.current()
    access = tokens.current()
    assert is_accepted(either, access)
    assert either.stored().access_token == access
    assert either.server.token_calls() == 1


def test_a_hiccup_of_the_disk_is_waited_out(either: World) -> None:
    tokens = either.tokens(FailingStore(either.store, [None, Transient("busy")]))
    assert either.stored().access_token != tokens.current() == either.stored().access_token
    assert either.server.token_calls() == 1


def test_tokens_that_could_not_be_saved_give_way_to_a_new_sign_in(either: World) -> None:
    full = Transient("disk full")
    tokens = either.tokens(FailingStore(either.store, [None, full, full, full]))
    with pytest.raises(Transient):
        tokens.current()
    consent = either.server.consent()
    either.put(replace(either.stored(), refresh_token=consent.live, refresh_started_at=None))
    assert is_accepted(either, tokens.current())
    assert either.stored().refresh_token == consent.live


# ---------------------------------------------------------------------------------------------------- refusals


def test_a_connection_ended_by_its_owner_names_the_company_and_the_command(either: World) -> None:
    either.server.consents[0].alive = False
    tokens = either.tokens()
    with pytest.raises(NeedsReauthorisation, match=r"company 'bakery'.*duebird connect bakery") as caught:
        tokens.current()
    assert caught.value.code == "invalid_grant"
    assert "lost" not in str(caught.value)
    with pytest.raises(NeedsReauthorisation) as again:
        tokens.current()
    assert "lost" not in str(again.value)
    assert either.server.token_calls() == 1


def test_a_new_sign_in_is_picked_up_by_the_running_daemon(either: World) -> None:
    either.server.consents[0].alive = False
    tokens = either.tokens()
    with pytest.raises(NeedsReauthorisation):
        tokens.current()
    consent = either.server.consent()
    either.put(replace(either.stored(), refresh_token=consent.live))
    assert is_accepted(either, tokens.current())


def test_a_company_that_never_signed_in_is_told_how(either: World) -> None:
    either.store.forget(CONNECTION)
    with pytest.raises(NeedsReauthorisation, match=r"'bakery' is not connected.*duebird connect bakery"):
        either.tokens().current()


def test_wrong_keys_of_our_own_do_not_drop_the_connection(either: World) -> None:
    before = either.stored()
    wrong = replace(either.client, client_secret="canary-wrong")
    tokens = RefreshingTokens(either.store, wrong, CONNECTION, either.wire)
    with pytest.raises(NeedsReauthorisation, match=r"own keys.*not dropped.*client_secret") as caught:
        tokens.current()
    assert caught.value.code == "invalid_client"
    assert either.stored() == before
    assert is_accepted(either, either.tokens().current())


@pytest.mark.parametrize("status", [500, 503, 403, 302])
def test_trouble_at_the_token_service_keeps_everything(either: World, status: int) -> None:
    elsewhere = {"location": f"{either.server.base_url}/elsewhere"}
    either.server.faults.append(Fault("status", path="/token", status=status, headers=elsewhere, body="canary"))
    tokens = either.tokens()
    with pytest.raises(Transient, match=f"HTTP {status}"):
        tokens.current()
    with pytest.raises(Transient, match=f"HTTP {status}"):
        tokens.current()
    assert len(either.server.requests) == 1
    either.let_pass(COOL_DOWN)
    assert is_accepted(either, tokens.current())


def test_being_asked_to_wait_is_passed_on_and_obeyed(either: World) -> None:
    either.server.faults.append(Fault("status", path="/token", status=429, headers={"retry-after": "120"}))
    tokens = either.tokens()
    with pytest.raises(Throttled) as caught:
        tokens.current()
    assert caught.value.retry_after == timedelta(seconds=120)
    either.let_pass(timedelta(seconds=100))
    with pytest.raises(Throttled) as again:
        tokens.current()
    assert again.value.retry_after == timedelta(seconds=20)
    assert either.server.token_calls() == 1
    assert either.stored().refresh_started_at is None
    either.let_pass(timedelta(seconds=20))
    assert is_accepted(either, tokens.current())


def test_a_service_that_cannot_be_reached_was_not_asked(either: World) -> None:
    nowhere = replace(either.client, token_url=f"http://127.0.0.1:{free_port()}/token")
    before = either.stored()
    with pytest.raises(Transient, match="could not be reached"):
        RefreshingTokens(either.store, nowhere, CONNECTION, either.wire).current()
    assert either.stored() == before


def test_a_damaged_token_file_names_the_company_to_connect(either: World) -> None:
    either.store._path(CONNECTION).write_bytes(b"damaged")
    with pytest.raises(NeedsReauthorisation, match=r"is damaged.*duebird connect bakery"):
        either.tokens().current()


# ----------------------------------------------------------------------------------------- custom connections


def custom(here: World) -> OAuthClient:
    return replace(here.client, grant=Grant.CLIENT_CREDENTIALS, scopes=("accounting.payments",))


def test_a_custom_connection_asks_anew_each_half_hour(xero: World) -> None:
    xero.store.forget(CONNECTION)
    tokens = RefreshingTokens(xero.store, custom(xero), CONNECTION, xero.wire)
    first = tokens.current()
    assert tokens.current() == first
    assert (xero.stored().refresh_token, xero.stored().refresh_expires_at) == (None, None)
    xero.let_pass(timedelta(minutes=29))
    assert tokens.current() != first
    assert xero.server.token_calls() == 2


def test_a_custom_connection_whose_answer_was_lost_asks_once_more(xero: World) -> None:
    xero.server.faults.append(Fault("drop_after", path="/token"))
    tokens = RefreshingTokens(xero.store, custom(xero), CONNECTION, xero.wire)
    assert tokens.current() in xero.server.access_tokens
    xero.server.faults.append(Fault("drop_after", path="/token", times=2))
    with pytest.raises(Transient):
        tokens.renewed(tokens.current())
    assert xero.server.token_calls() == 4


def scopes_asked(here: World) -> list[list[str]]:
    bodies = [parse_qs(seen.body) for seen in here.server.requests if seen.path == "/token"]
    return [one["scope"][0].split() for one in bodies]


def test_a_custom_connection_goes_on_without_what_is_only_wished_for(xero: World) -> None:
    wishing = replace(custom(xero), wished=("accounting.banktransactions.read",))
    client_credentials(wishing, xero.wire)
    xero.server.faults.append(Fault("status", path="/token", status=400, body='{"error": "invalid_scope"}'))
    assert client_credentials(wishing, xero.wire).access_token in xero.server.access_tokens
    needed = ["accounting.payments"]
    both = [*needed, "accounting.banktransactions.read"]
    assert scopes_asked(xero) == [both, both, needed]


def test_a_wrong_key_of_a_custom_connection_is_not_tried_again(xero: World) -> None:
    wishing = replace(custom(xero), wished=("accounting.banktransactions.read",))
    xero.server.faults.append(Fault("status", path="/token", status=400, body='{"error": "invalid_client"}'))
    with pytest.raises(NeedsReauthorisation, match="invalid_client"):
        client_credentials(wishing, xero.wire)
    assert xero.server.token_calls() == 1


def test_scopes_the_app_may_not_ask_for_are_our_own_fault(xero: World) -> None:
    xero.server.faults.append(Fault("status", path="/token", status=400, body='{"error": "invalid_scope"}', times=2))
    with pytest.raises(NeedsReauthorisation, match=r"invalid_scope.*not dropped"):
        client_credentials(custom(xero), xero.wire)
