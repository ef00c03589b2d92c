"""The whole configuration: what stands at the top, and the companies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from connector.config.company import CompanySettings
from connector.config.values import Interval, Line, ListenAddress, ListOf, PublicAddress
from connector.domain.lease import TEXTS_WAIT
from connector.settings import Contradiction, StrictSettings


class Intervals(NamedTuple):
    """How often to look at one company's services, in seconds."""

    quick: float
    slow: float
    idle: float
    sweep: float


class DaemonSettings(StrictSettings):
    """How the daemon works. Intervals hold for every company that says nothing else in `[company.polling]`."""

    poll_quick: Interval = Field(
        default=30,
        description="Seconds between looks while something is afoot: a text just sent, a payment page open. "
        "30 s still feels immediate to whoever waits for a receipt.",
    )
    poll_slow: Interval = Field(
        default=300,
        description="Seconds between looks while links are out and nobody is paying. "
        "Every 300 s is 8,640 reads in 30 days, inside Stripe's 10,000.",
    )
    poll_idle: Interval = Field(
        default=900,
        description="Seconds between looks while no link is out: how late a new invoice may be noticed.",
    )
    sweep: Interval = Field(
        default=86_400,
        description="Seconds between full readings of all open invoices, which find what the quick looks cannot see. "
        "A day, as the ledgers' makers advise.",
    )
    jitter: Annotated[float, Field(ge=0, le=0.5)] = Field(
        default=0.1,
        description="Share of each interval by which it varies at random, from 0 to 0.5, so that many companies do "
        "not all call at once.",
    )
    takeover_wait: Interval = Field(
        default=TEXTS_WAIT,
        description="Seconds for which texts wait after a start that follows a crash: a copy of this installation that "
        "still runs elsewhere has stopped by then. Less is for stand-ins only. Payments are booked at once.",
    )
    dashboard_listen: ListenAddress | None = Field(
        default=None,
        description="Address of the dashboard; off when left out. It shows customers' data: keep it on 127.0.0.1.",
        examples=["127.0.0.1:8765"],
    )
    webhook_listen: ListenAddress | None = Field(
        default=None,
        description="Address for webhooks of the services, behind your own https; off when left out. "
        "Duebird needs none: webhooks only save seconds.",
        examples=["127.0.0.1:8766"],
    )
    public_url: PublicAddress | None = Field(
        default=None,
        description="The https address under which the world reaches webhook_listen, without /hooks. "
        "Twilio signs it, so without it Twilio's webhooks are not taken.",
        examples=["https://hooks.acme.example"],
    )

    def contradictions(self) -> Iterator[Contradiction]:
        """Two servers cannot have one address."""
        if self.dashboard_listen is not None and self.dashboard_listen == self.webhook_listen:
            yield Contradiction(
                "webhook_listen",
                "is the same address as dashboard_listen",
                "Give them different ports: the outside world must reach only the webhooks.",
            )


class Settings(StrictSettings):
    """One file for one daemon: settings of the daemon, then every company it works for."""

    state_dir: Line | None = Field(
        default=None,
        description="Folder for the database and the encrypted sign-ins; relative to this file. "
        "Left out: systemd's state folder, or your platform's.",
        examples=["/var/lib/duebird"],
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="How much is logged. 'debug' adds each call's method, path and time, never bodies."
    )
    daemon: DaemonSettings = Field(default_factory=DaemonSettings, description="How the daemon works.")
    companies: Annotated[tuple[CompanySettings, ...], ListOf] = Field(
        alias="company", min_length=1, description="Every company, each in a [[company]] of its own."
    )

    def company(self, company_id: str) -> CompanySettings | None:
        """The company with that id."""
        return next((company for company in self.companies if company.id == company_id), None)

    def intervals(self, company: CompanySettings) -> Intervals:
        """How often to look at that company's services: its own word, else the daemon's."""
        own, shared = company.polling, self.daemon
        return Intervals(
            quick=own.quick or shared.poll_quick,
            slow=own.slow or shared.poll_slow,
            idle=own.idle or shared.poll_idle,
            sweep=own.sweep or shared.sweep,
        )
