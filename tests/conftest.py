"""What every test is protected from: another test's logging, and luck."""

from __future__ import annotations

import logging

import pytest

from tests.fuzz.effort import register

register()


@pytest.fixture(autouse=True)
def _logging_begins_anew() -> None:
    """`duebird run` sets levels and a handler for its whole process; among tests that process is everybody's.

    Done before each test, since fixtures that live longer than a test may have run the command.
    """
    for one in logging.root.manager.loggerDict.values():
        if isinstance(one, logging.Logger):
            one.setLevel(logging.NOTSET)
