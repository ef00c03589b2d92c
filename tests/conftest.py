"""What every test is protected from: another test's logging, and luck."""

from __future__ import annotations

import logging
import os
import shutil
from pathlib import Path
from typing import Final

import pytest

from tests.fuzz.effort import register

register()

# A folder in memory, where the system has one. Every commit waits for the disk, several times, and no test asks whether
# a real disk kept its promise: tests/disk.py takes the power from one of its own.
MEMORY: Final = Path("/dev/shm")  # noqa: S108  pytest makes a folder in it that nobody else may enter
ROOM: Final = 2 * 2**30  # bytes that must be free there; what tests of a run leave is well below


def pytest_configure() -> None:
    """Let `tmp_path` be in memory. Whoever names PYTEST_DEBUG_TEMPROOT or --basetemp has it there."""
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(autouse=True)
def _logging_begins_anew() -> None:
    """`duebird run` sets levels and a handler for its whole process; among tests that process is everybody's.

    Done before each test, since fixtures that live longer than a test may have run the command.
    """
    for one in logging.root.manager.loggerDict.values():
        if isinstance(one, logging.Logger):
            one.setLevel(logging.NOTSET)
