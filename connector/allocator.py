"""What the C library does with memory that many threads gave back."""

from __future__ import annotations

import contextlib
import ctypes
import sys
from typing import Final

# malloc.h of the GNU C library; see mallopt(3)
M_MMAP_THRESHOLD: Final = -3
M_ARENA_MAX: Final = -8
ARENAS: Final = 2  # one for each thread that can run Python at a time, and one for those that wait for the network
# An answer of a ledger with 1,000 invoices has three megabytes: given back to the system when it is read. Left alone,
# the library learns from the first such answer to keep the room of all later ones.
LARGE: Final = 256 * 1024  # bytes


def give_memory_back() -> None:
    """Keep freed memory in few places, where other threads find it again, and large pieces not at all.

    The GNU C library gives each of the first threads a place of its own, eight for each processor: a daemon of many
    short-lived threads then holds a third more than it uses. Elsewhere nothing happens.
    """
    if sys.platform == "linux":
        with contextlib.suppress(AttributeError, OSError):  # another C library has no such call
            library = ctypes.CDLL(None)
            library.mallopt(M_ARENA_MAX, ARENAS)
            library.mallopt(M_MMAP_THRESHOLD, LARGE)
