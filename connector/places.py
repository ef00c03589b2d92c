"""Who works at the same time: a few, for the sake of memory; but nobody waits for one whose service hangs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class Places:
    """`at_once` places. Where nobody has left one for `patience` seconds, those inside hang: whoever waits goes in."""

    def __init__(self, at_once: int, patience: float) -> None:
        self._at_once = at_once
        self._patience = patience
        self._taken = 0
        self._left = threading.Condition()

    @contextmanager
    def taken(self, *, apart: bool = False) -> Iterator[None]:
        """Have one while inside. `apart`: it is known to hang, so it takes none and waits for none."""
        if apart:
            yield
            return
        with self._left:
            while self._taken >= self._at_once and self._left.wait(self._patience):
                pass
            self._taken += 1
        try:
            yield
        finally:
            with self._left:
                self._taken -= 1
                self._left.notify_all()
