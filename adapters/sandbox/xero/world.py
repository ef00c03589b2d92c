"""Everything the stand-in remembers, and the switches people of a test may turn."""

from __future__ import annotations

from dataclasses import dataclass, field

from adapters.sandbox.base import TwinClock
from adapters.sandbox.xero.books import Books, TenantSeed
from adapters.sandbox.xero.guards import IdempotencyMemory, Limits
from adapters.sandbox.xero.webhooks import Webhooks


@dataclass
class Tenant:
    """One organisation: its records, limits and remembered keys."""

    books: Books
    limits: Limits = field(default_factory=Limits)
    keys: IdempotencyMemory = field(default_factory=IdempotencyMemory)
    connected: bool = True


@dataclass
class Switches:
    """What a test or a demonstration may change while the stand-in runs."""

    lag_seconds: float = 0.0  # how long a fresh write stays out of lists
    latency_seconds: float = 0.0  # spent inside each accounting call
    offline: bool = False
    compress: bool = False  # gzip to those who accept it
    deny_consent: bool = False


class World:
    """Organisations by tenant id, the first one being the default of the control routes."""

    def __init__(self, clock: TwinClock, seeds: tuple[TenantSeed, ...]) -> None:
        self.clock = clock
        self.switches = Switches()
        self.webhooks = Webhooks(clock)
        self.tenants: dict[str, Tenant] = {}
        for seed in seeds:
            self.add_tenant(seed)

    def add_tenant(self, seed: TenantSeed) -> Tenant:
        books = Books(seed, self.clock.now)
        books.on_change = lambda category, identifier, kind: self.webhooks.tell(
            seed.tenant_id, category, identifier, kind
        )
        self.tenants[seed.tenant_id] = Tenant(books)
        return self.tenants[seed.tenant_id]

    def tenant(self, tenant_id: str | None = None) -> Tenant:
        return self.tenants[tenant_id] if tenant_id else next(iter(self.tenants.values()))
