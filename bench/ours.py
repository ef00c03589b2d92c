"""Our side: a whole Duebird installation on the stand-ins, put together as `duebird run` does."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench import names
from bench.world import World
from connector import assemble
from connector.config import Loaded
from connector.config.load import load_text
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.phone import Phone
from connector.ports.calls import Clock, TokenSet
from connector.signin.book import ConnectionEntry
from connector.signin.company import custody_of
from connector.worker import Worker

# The bench says when to look.
_HEAD = """
state_dir = "state"
[daemon]
poll_quick = 3600
poll_slow = 3600
poll_idle = 3600
jitter = 0
"""
# The whole week and the whole day: when texts may go out is not what is measured.
_COMPANY = """
[[company]]
id = "{company}"
name = "Company {number}"
country = "US"
timezone = "America/New_York"
start_on = 2020-01-01
[company.ledger]
kind = "quickbooks"
client_id = "env:BENCH"
client_secret = "env:BENCH"
environment = "sandbox"
payment_account = "Stripe clearing"
base_url = "{quickbooks}"
token_url = "{quickbooks}/oauth2/v1/tokens/bearer"
[company.stripe]
key = "env:STRIPE_{number}"
base_url = "{stripe}"
monthly_reads = 10000000
[company.twilio]
account_sid = "{account}"
auth_token = "env:TWILIO"
from_number = "{sender}"
base_url = "{twilio}"
[company.approval]
draft_first = false
[company.notices]
window_start = "00:00"
window_end = "24:00"
days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
public_holidays = true
hours_by_law = false
[company.caps]
texts_per_hour = 100000
texts_per_day = 1000000
catch_up = 100000
usual_day = 100000
"""


@dataclass(frozen=True)
class Ours:
    """An installation: its settings, its database on disk, and the worker that does the passes."""

    loaded: Loaded
    state: assemble.State
    worker: Worker
    clock: Clock

    def agree(self, customers: int, *, company: int = 0) -> None:
        """The customers' consents, as an import would put them on record."""
        now = self.clock.now()
        records = [
            ConsentRecord(
                phone=Phone(names.mobile_of(one)),
                state=ConsentState.GRANTED,
                method=ConsentMethod.FORM,
                recorded_at=now - timedelta(days=30),
                recorded_by="owner",
                wording="I agree to texts about my invoices.",
                evidence=f"form {one}",
                source=f"bench.csv:{one}",
            )
            for one in range(customers)
        ]
        self.state.store.consents_recorded(names.company_of(company), records, now)


def settings_text(world: World, companies: int) -> str:
    """The configuration of an installation with that many companies."""
    return _HEAD + "".join(
        _COMPANY.format(
            company=names.company_of(number),
            number=number,
            quickbooks=world.quickbooks,
            stripe=world.stripe,
            twilio=world.twilio,
            account=names.TWILIO_ACCOUNT,
            sender=names.sender_of(number),
        )
        for number in range(companies)
    )


def environ(companies: int) -> dict[str, str]:
    """The secrets the settings point to."""
    keys = {f"STRIPE_{number}": names.stripe_key_of(number) for number in range(companies)}
    return {**keys, "TWILIO": names.TWILIO_TOKEN, "BENCH": "bench"}


def configure(world: World, folder: Path, companies: int) -> Loaded:
    """Settings on disk, every company connected."""
    text = settings_text(world, companies)
    path = folder / "duebird.toml"
    path.write_text(text)
    loaded = load_text(text, path, environ(companies))
    custody = custody_of(loaded.state_dir)
    far = datetime.now(UTC) + timedelta(days=3000)
    for number in range(companies):
        connection = f"quickbooks:{names.realm_of(number)}"
        with custody.store.exclusive(connection):
            custody.store.save(connection, TokenSet(names.bearer_of(number), far, "unused", far))
        entry = ConnectionEntry("quickbooks", connection, names.realm_of(number), f"Company {number}", far)
        custody.book.claim(names.company_of(number), entry, {entry.connection})
    return loaded


@contextmanager
def installation(world: World, clock: Clock, companies: int = 1) -> Iterator[Ours]:
    """A fresh one in a temporary folder of the working disk, so that durable means what it says."""
    with tempfile.TemporaryDirectory(prefix=".bench-", dir=Path.cwd()) as name:
        loaded = configure(world, Path(name), companies)
        state = assemble.open_state(loaded.state_dir)
        try:
            yield Ours(loaded, state, Worker(loaded, state, clock), clock)
        finally:
            state.close()
