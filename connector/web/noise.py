"""How much noise each remote makes: forged requests and wrong addresses."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 20  # in a window; Xero's intent to receive has a handful of wrong signatures in a row
WINDOW: Final = 60.0  # seconds
REMOTES: Final = 1024  # the oldest is forgotten: memory stays flat however many addresses a stranger has


class Noise:
    """Counts bad requests per remote in windows of a minute.

    It only decides how a bad request is turned away (and that it is not logged any more), never whether a good one is
    taken: behind a proxy or a tunnel all remotes look the same, and a stranger must not be able to shut the services
    out.
    """

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed
        self._seen: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def too_much(self, remote: str) -> bool:
        """Count one more; whether it was one too many."""
        now = self._elapsed()
        began, count = self._seen.pop(remote, (now, 0))
        if now - began >= WINDOW:
            began, count = now, 0
        self._seen[remote] = (began, count + 1)
        if len(self._seen) > REMOTES:
            self._seen.popitem(last=False)
        return count >= MOST
