"""The one refresher of a connection.

The order that loses nothing: lock across processes; read the store again, for another process may have refreshed;
write a mark, which also proves that there is room for what will come; ask; save what came; only then use it.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from adapters.oauth.calls import INVALID_GRANT, client_credentials, refresh
from adapters.oauth.client import Grant, OAuthClient
from connector.errors import DuebirdError, NeedsReauthorisation, Throttled, Transient, Uncertain
from connector.failpoints import Place, reach
from connector.ports.calls import TokenSet, TokenStore, Wire

# After a failure nobody asks again for this long: eight waiting threads must not make eight calls into an outage.
COOL_DOWN: Final = timedelta(seconds=20)
SAVES: Final = 3  # tries to save what cannot be had again; then it is kept in memory and tried at each later call
SAVE_PAUSE: Final = 0.5  # seconds; a virus scanner or a backup lets go of a file within that


class RefreshingTokens:
    """Access tokens of one connection, refreshed when needed. Safe to share among threads.

    Several of these, in one or many processes, may serve the same connection: they agree through the store.
    """

    def __init__(self, store: TokenStore, client: OAuthClient, connection: str, wire: Wire) -> None:
        """Args: connection: the store's name of the sign-in. wire: its company is named in errors."""
        self._store = store
        self._client = client
        self._connection = connection
        self._wire = wire
        self._cached: TokenSet | None = None
        self._unsaved: tuple[str | None, TokenSet] | None = None  # the refresh token it replaces, and what came
        self._dead: str | None = None  # a refresh token the service said is dead: never asked about twice
        self._failure: tuple[float, DuebirdError] | None = None  # until when (elapsed seconds) it is not repeated

    def __repr__(self) -> str:
        return f"RefreshingTokens({self._connection})"

    def current(self) -> str:
        """A token good for at least the next minute.

        Raises:
            NeedsReauthorisation: a person must connect again, or our keys are wrong (then the connection is kept).
            Transient: the token service or the store could not be used; nothing is lost.
        """
        return self._token(refused=None)

    def renewed(self, refused: str) -> str:
        """A token other than `refused`: the store's when it holds another, else a fresh one.

        Raises:
            NeedsReauthorisation, Transient: as `current`.
        """
        return self._token(refused)

    def _token(self, refused: str | None) -> str:
        cached = self._cached
        if cached is not None and self._good(cached, refused):
            return cached.access_token
        with self._store.exclusive(self._connection):
            self._save_what_waited()
            stored = self._load()
            if stored is None or not self._good(stored, refused):
                stored = self._replacement(stored, refused)
            self._cached = stored
            return stored.access_token

    def _good(self, tokens: TokenSet, refused: str | None) -> bool:
        """Worth handing out. A mark left behind means that a refresh was cut off: look into it while grace lasts."""
        return tokens.refresh_started_at is None and self._lasts(tokens) and tokens.access_token != refused

    def _lasts(self, tokens: TokenSet) -> bool:
        return tokens.access_expires_at - self._now() > self._client.access_margin

    def _replacement(self, stored: TokenSet | None, refused: str | None) -> TokenSet:
        try:
            self._do_not_repeat_a_failure()
            if self._client.grant is Grant.CLIENT_CREDENTIALS:
                return self._asked_anew(stored)
            return self._refreshed(self._connected(stored))
        except Transient:
            if stored is not None and self._lasts(stored) and stored.access_token != refused:
                return stored  # a refresh that was cut off cannot be looked into now, but the old token still works
            raise

    def _connected(self, stored: TokenSet | None) -> TokenSet:
        if stored is None or stored.refresh_token is None:
            raise NeedsReauthorisation(
                f"Company '{self._wire.company}' is not connected to {self._client.title}.",
                service=self._client.service,
                code="not_connected",
                advice=f"Type: duebird connect {self._wire.company}",
            )
        return stored

    def _refreshed(self, stored: TokenSet) -> TokenSet:
        old = stored.refresh_token or ""
        if old == self._dead:
            raise self._ended(stored.refresh_started_at)
        since = stored.refresh_started_at
        marked = replace(stored, refresh_started_at=since or self._now())
        self._store.save(self._connection, marked)
        reach(Place.REFRESH_MARKED)
        try:
            fresh = self._ask(old, since)
        except _Unmoved as unmoved:
            self._store.save(self._connection, stored)  # it certainly did not act: no mark
            raise unmoved.reason from unmoved
        fresh = replace(
            fresh,
            refresh_token=fresh.refresh_token or old,
            hard_expires_at=fresh.hard_expires_at or stored.hard_expires_at,
        )
        reach(Place.REFRESH_ANSWERED)
        self._save_new(old, fresh)
        reach(Place.REFRESH_SAVED)
        return fresh

    def _ask(self, old: str, since: datetime | None) -> TokenSet:
        """Ask with the old token; once more, and only once, when the answer was lost just now.

        Xero takes the old token for another 30 minutes, Intuit on most occasions (the value changes daily).

        Raises:
            _Unmoved: the service certainly did not act.
        """
        lost = since is not None
        for _ in range(1 if lost else 2):
            try:
                return refresh(self._client, old, self._wire)
            except Uncertain:
                lost = True
            except NeedsReauthorisation as error:
                if error.code == INVALID_GRANT:
                    self._dead = old
                    if not lost:
                        raise _Unmoved(self._ended(None)) from error
                    raise self._ended(since or self._now()) from error
                raise self._remembered(error, unmoved=not lost) from error
            except Transient as error:
                raise self._remembered(error, unmoved=not lost and not error.code.startswith("5")) from error
        raise self._remembered(
            Transient(
                f"{self._client.title} did not answer when company '{self._wire.company}' asked for a new token. "
                "The old one is kept.",
                service=self._client.service,
                advice="Duebird tries again by itself.",
            )
        )

    def _asked_anew(self, stored: TokenSet | None) -> TokenSet:
        """A custom connection: no refresh token, so asking twice is harmless."""
        for attempt in (1, 2):
            try:
                fresh = client_credentials(self._client, self._wire)
            except Uncertain as error:
                if attempt == 2:  # noqa: PLR2004 - the last of the two
                    raise self._remembered(Transient(error.message, service=self._client.service)) from error
            except (Transient, NeedsReauthorisation) as error:
                raise self._remembered(error) from error
            else:
                self._save_new(stored.refresh_token if stored else None, fresh)
                return fresh
        raise AssertionError("the loop returns or raises")

    def _save_new(self, replaced: str | None, fresh: TokenSet) -> None:
        """Durable before first use. What cannot be saved now waits in memory, unused, for the next call."""
        self._unsaved = (replaced, fresh)
        for attempt in range(1, SAVES + 1):
            try:
                self._store.save(self._connection, fresh)
            except Transient:
                if attempt == SAVES:
                    raise
                self._wire.clock.sleep(SAVE_PAUSE)
            else:
                self._unsaved = self._failure = None
                return

    def _save_what_waited(self) -> None:
        """Save tokens an earlier call could not, unless the store has moved on without us."""
        if self._unsaved is None:
            return
        replaced, fresh = self._unsaved
        stored = self._load()
        if stored is None or stored.refresh_token != replaced:
            self._unsaved = None
            return
        self._save_new(replaced, fresh)

    def _load(self) -> TokenSet | None:
        try:
            return self._store.load(self._connection)
        except NeedsReauthorisation as error:
            raise NeedsReauthorisation(
                error.message,
                service=self._client.service,
                code=error.code,
                advice=error.advice.replace("COMPANY", self._wire.company),
            ) from error

    def _remembered(self, error: DuebirdError, *, unmoved: bool = False) -> DuebirdError:
        pause = COOL_DOWN
        if isinstance(error, Transient) and error.retry_after is not None:
            pause = max(pause, error.retry_after)
        self._failure = (self._wire.clock.elapsed() + pause.total_seconds(), error)
        return _Unmoved(error) if unmoved else error

    def _do_not_repeat_a_failure(self) -> None:
        if self._failure is None:
            return
        until, error = self._failure
        left = until - self._wire.clock.elapsed()
        if left <= 0:
            self._failure = None
            return
        again = copy.copy(error).with_traceback(None)
        if isinstance(again, Throttled):
            again.retry_after = timedelta(seconds=left)
        raise again

    def _ended(self, lost_at: datetime | None) -> NeedsReauthorisation:
        company, title = self._wire.company, self._client.title
        why = ""
        if lost_at is not None:
            why = f" The answer to a renewal begun {lost_at:%Y-%m-%d %H:%M} UTC was lost, and with it the new token."
            if self._client.reuse_old_token_for:
                minutes = self._client.reuse_old_token_for.total_seconds() / 60
                why += f" {title} takes the old one for {minutes:.0f} minutes only."
        return NeedsReauthorisation(
            f"{title} does not accept the sign-in of company '{company}' any more.{why} "
            "Until somebody signs in, nothing is read from or written to its books.",
            service=self._client.service,
            code=INVALID_GRANT,
            advice=f"Type: duebird connect {company}",
        )

    def _now(self) -> datetime:
        return self._wire.clock.now()


class _Unmoved(DuebirdError):
    """Carries the reason through: the service certainly did not act on the refresh token."""

    def __init__(self, reason: DuebirdError) -> None:
        super().__init__(reason.message)
        self.reason = reason
