"""Logging for a daemon that runs for years: one line a fact, no secrets, no whole phone numbers."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterable

from adapters.secrets import Redactor


def set_up(level: str, secrets: Iterable[str]) -> None:
    """Log to standard error; systemd and every supervisor know what to do with it."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(Redactor(secrets))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%dT%H:%M:%S%z"))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    # These print requests with bodies, or a line a job, at INFO.
    for noisy in ("stripe", "twilio", "urllib3", "httpx", "httpcore", "xero_python", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns each time a pass is longer than the interval, which is as intended: there is one pass at a time.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
