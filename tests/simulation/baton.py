"""Threads of which one runs at a time: at each pause the seed decides who goes on.

Real threads, because the program under test uses threads; but only the holder of the baton moves, so that the same
seed gives the same interleaving every time.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from random import Random
from typing import Any, TypeVar

T = TypeVar("T")

PATIENCE = 60.0  # seconds of real time; whoever waits longer for the baton has found a fault of this file


class _Runner:
    """Somebody who may hold the baton."""

    def __init__(self) -> None:
        self._gate = threading.Semaphore(0)

    def wait(self) -> None:
        if not self._gate.acquire(timeout=PATIENCE):
            raise RuntimeError("the baton was lost: a thread of the simulation waits for something outside it")

    def wake(self) -> None:
        self._gate.release()


class Baton:
    """Hands the baton on. `switching` is how likely a pause lets somebody else go first."""

    def __init__(self, dice: Random, switching: float) -> None:
        self.switches = 0
        self._dice = dice
        self._switching = switching
        self._running = _Runner()
        self._ready: list[_Runner] = []

    @property
    def waiting(self) -> int:
        """How many others could go on."""
        return len(self._ready)

    def pause(self) -> None:
        """A place where others may act."""
        if self._ready and self._dice.random() < self._switching:
            me = self._running
            self._ready.append(me)
            self.switches += 1
            self._hand_over()
            me.wait()

    def side_by_side(self, works: list[Callable[[], None]]) -> None:
        """Carry out all of them, interleaved; returns when the last one has ended. They must not raise."""
        parent = self._running
        left = len(works)
        threads: list[threading.Thread] = []

        def carry_out(runner: _Runner, work: Callable[[], None]) -> None:
            nonlocal left
            runner.wait()
            work()
            left -= 1
            if left == 0:
                self._ready.append(parent)
            self._hand_over()

        for work in works:
            runner = _Runner()
            thread = threading.Thread(target=carry_out, args=(runner, work), daemon=True)
            thread.start()
            threads.append(thread)
            self._ready.append(runner)
        self._hand_over()
        parent.wait()
        for thread in threads:
            thread.join()

    def _hand_over(self) -> None:
        chosen = self._ready.pop(self._dice.randrange(len(self._ready)))
        self._running = chosen
        chosen.wake()


class BatonExecutor(Executor):
    """What a company's passes use instead of a thread pool."""

    def __init__(self, baton: Baton, workers: int) -> None:
        self._baton, self._workers = baton, workers

    def map(
        self, fn: Callable[..., T], *iterables: Iterable[Any], timeout: float | None = None, chunksize: int = 1
    ) -> Iterator[T]:
        """As the pool does it, but all is done when this returns.

        Raises:
            BaseException: what the first of them raised.
        """
        del timeout, chunksize
        items = list(zip(*iterables, strict=True))
        if min(len(items), self._workers) < 2:
            return iter([fn(*item) for item in items])
        results: dict[int, T] = {}
        errors: dict[int, BaseException] = {}
        queue = iter(enumerate(items))

        def work() -> None:
            for index, item in queue:
                try:
                    results[index] = fn(*item)
                except BaseException as error:  # noqa: BLE001  handed to whoever asked, as a pool does
                    errors[index] = error
                    return

        self._baton.side_by_side([work] * min(len(items), self._workers))
        if errors:
            raise errors[min(errors)]
        return iter([results[index] for index in range(len(items))])
