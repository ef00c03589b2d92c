"""Both listeners of a daemon, opened and closed with it. The world's and the owner's never share an address."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from connector.config import Loaded
from connector.config.values import split_address
from connector.errors import ConfigProblem
from connector.ports.calls import Clock
from connector.web.doors import doors_of
from connector.web.health import Health, LastPass
from connector.web.hooks import Hooks
from connector.web.intake import Intake, Nudges
from connector.web.listener import Listener
from state.queries import Queries
from state.store import Store

log = logging.getLogger(__name__)


class Front:
    """What of the daemon can be reached over the network."""

    def __init__(
        self,
        store: Store,
        queries: Queries,
        clock: Clock,
        nudges: Nudges,
        passes: Callable[[], Mapping[str, LastPass]],
    ) -> None:
        self._queries, self._clock, self._nudges, self._passes = queries, clock, nudges, passes
        self._intake = Intake(store, queries)
        self._since = clock.now()
        self._companies: list[str] = []
        self._hooks: tuple[str, Listener, Hooks] | None = None
        self._health: tuple[str, Listener, Health] | None = None

    @property
    def webhook_port(self) -> int | None:
        """Where webhooks are taken, None where they are not."""
        return self._hooks[1].port if self._hooks else None

    @property
    def dashboard_port(self) -> int | None:
        """Where our health can be asked for, None where it cannot."""
        return self._health[1].port if self._health else None

    def open(self, loaded: Loaded) -> None:
        """Serve what the settings ask for; called again with new settings, change over to those.

        Raises:
            ConfigProblem: an address cannot be had; what was served at others goes on.
        """
        self._companies = [one.id for one in loaded.settings.companies if one.enabled]
        self._open_health(loaded.settings.daemon.dashboard_listen)
        self._open_hooks(loaded)

    def close(self) -> None:
        """Take no more requests and finish those in hand."""
        self._close_hooks()
        self._close_health()

    def _open_hooks(self, loaded: Loaded) -> None:
        address = loaded.settings.daemon.webhook_listen
        if self._hooks is not None and self._hooks[0] != address:
            self._close_hooks()
        if address is None:
            return
        doors = doors_of(loaded)
        if self._hooks is not None:
            self._hooks[2].doors = doors
        else:
            hooks = Hooks(doors, self._intake, self._nudges, self._clock)
            listener = _listener(hooks, address, "webhook_listen")
            self._hooks = (address, listener, hooks)
        names = ", ".join(f"{company}/{name}" for company, name in doors) or "none: no company has a webhook secret"
        log.info("webhooks are taken on %s: %s", address, names)

    def _open_health(self, address: str | None) -> None:
        if self._health is not None and self._health[0] != address:
            self._close_health()
        if address is None or self._health is not None:
            return
        health = Health(self._queries, lambda: self._companies, self._passes, self._since, address)
        self._health = (address, _listener(health, address, "dashboard_listen"), health)

    def _close_hooks(self) -> None:
        if self._hooks is not None:
            _, listener, hooks = self._hooks
            self._hooks = None
            listener.stop()
            hooks.close()

    def _close_health(self) -> None:
        if self._health is not None:
            _, listener, health = self._health
            self._health = None
            listener.stop()
            health.close()


def _listener(behind: Hooks | Health, address: str, setting: str) -> Listener:
    host, port = split_address(address) or ("", 0)  # the settings have checked it
    try:
        listener = Listener(behind.app(), host, port, setting)
    except ConfigProblem:
        behind.close()
        raise
    listener.start()
    return listener
