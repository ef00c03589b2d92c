"""Mailing to the owner: put together from the settings, and a job of its own beside the passes of each company."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from zoneinfo import ZoneInfo

from adapters.registry import POST, imported
from connector.assemble import State
from connector.companies import company_settings
from connector.config import Loaded
from connector.flows.company import Counts
from connector.flows.mail import Mailbox, run_once
from connector.ports.calls import Clock
from connector.ports.mail import Post

log = logging.getLogger(__name__)

# A reply by e-mail a minute after it was read is soon enough, and three questions to the database a minute are nothing.
EVERY: Final = timedelta(minutes=1)
_JOB: Final = "mail:"  # before the company's id, which has no colon


def job_of(company_id: str) -> str:
    """The name of a company's job in the job table."""
    return f"{_JOB}{company_id}"


def company_of(job: str) -> str | None:
    """Whose job of mailing that is; None where it is another's."""
    return job.removeprefix(_JOB) if job.startswith(_JOB) else None


def post_of(loaded: Loaded, company_id: str) -> Post | None:
    """The company's mail server; None where it has none. Makes no call."""
    settings = company_settings(loaded, company_id).mail
    trust = str(loaded.path.parent / settings.ca_file) if settings.ca_file else None
    server = settings.server(trust)
    if server is None:
        return None
    password = loaded.secrets.value(settings.password) if settings.password is not None else None
    post: Post = imported(POST)(server, password)
    return post


class Mailman:
    """Mails for every company that has a mail server. `elsewhere`: whether another installation works on a company."""

    def __init__(self, loaded: Loaded, state: State, clock: Clock, elsewhere: Callable[[str], bool]) -> None:
        self._loaded, self._state, self._clock, self._elsewhere = loaded, state, clock, elsewhere
        self._stopping = False

    def stop(self) -> None:
        """Begin no other letter. Takes no lock, so that a signal handler may call it."""
        self._stopping = True

    def reload(self, loaded: Loaded) -> None:
        """Take new settings."""
        self._loaded = loaded

    def companies(self) -> list[str]:
        """Those that have a mail server."""
        return [one.id for one in self._loaded.settings.companies if one.enabled and one.mail.host is not None]

    def work(self, company_id: str) -> timedelta:
        """Mail what is due; returns in how long to look again. Whatever goes wrong is logged."""
        self.once(company_id)
        return EVERY

    def once(self, company_id: str) -> Counts:
        """Mail what is due now, and nothing for a company that another installation works on."""
        try:
            box = self._box(company_id)
            if box is None or self._elsewhere(company_id):
                return Counts()
            counts = run_once(box)
        except Exception as error:  # noqa: BLE001  whatever it is, it must neither end the job nor stay unseen
            log.warning("%s: nothing was mailed to its owner: %s", company_id, error)
            return Counts()
        if counts.names:
            log.info("%s: %s", company_id, ", ".join(f"{name} {by}" for name, by in counts.names.items()))
        return counts

    def _box(self, company_id: str) -> Mailbox | None:
        loaded = self._loaded
        post = post_of(loaded, company_id)
        if post is None:
            return None
        settings = company_settings(loaded, company_id)
        return Mailbox(
            company=company_id,
            business=settings.name_in_texts,
            zone=ZoneInfo(settings.timezone),
            post=post,
            store=self._state.store,
            queries=self._state.queries,
            clock=self._clock,
            about=settings.mail.about,
            digest_at=settings.mail.digest_minute,
            stop_asked=lambda: self._stopping,
        )
