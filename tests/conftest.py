"""What every test is protected from: another test's logging."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _logging_stays_as_it_was() -> Iterator[None]:
    """`duebird run` sets up logging for its whole process; in a test that process is everybody's."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    known = {
        name: one.level for name, one in logging.root.manager.loggerDict.items() if isinstance(one, logging.Logger)
    }
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    for name, one in logging.root.manager.loggerDict.items():
        if isinstance(one, logging.Logger):
            one.setLevel(known.get(name, logging.NOTSET))
