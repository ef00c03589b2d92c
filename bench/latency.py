"""(e) from a payment hint to its booking, at 20 hints a second.

Measured on the real adapters over HTTP: from the moment a hint arrives at this process, as a webhook would bring it
(`Store.hints_read`, durable before anything else), to the moment the ledger's stand-in received the payment entry by
its own log. In between: the payment fetched from Stripe, the invoice read, allocated, read again, our reference
searched, the intent recorded. The same passes also take down the link and thank the payer, as they do in life.
"""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import ExitStack
from datetime import UTC, datetime
from statistics import quantiles

from adapters.clock import SystemClock
from bench import names
from bench.ours import Ours, installation
from bench.report import Found, Line, Say
from bench.world import World
from connector.ports.processor import Hint

RATE = 20.0  # hints a second
PATIENCE = 120.0  # seconds after the last hint until all must be booked
COMPANY = names.company_of(0)
_PAYMENT = re.compile(r"\bpi_\w+")


def run(say: Say, *, payments: int) -> list[Found]:
    """The feed in one thread, passes one after another in this one."""
    with ExitStack() as stack:
        world = stack.enter_context(World())
        ours = stack.enter_context(installation(world, SystemClock()))
        ours.worker.once(COMPANY)
        ours.agree(payments)
        say(f"(e) {payments} invoices to be texted first")
        world.issue(payments)
        ours.worker.once(COMPANY)
        links = world.live_links()
        assert len(links) == payments, f"{len(links)} links for {payments} invoices"
        world.forget_requests()
        say(f"(e) {payments} hints at {RATE:.0f} a second")
        arrived = _feed_and_work(world, ours, links)
        booked = _booked(world)
    missing = arrived.keys() - booked.keys()
    assert not missing, f"{len(missing)} payments were not booked within {PATIENCE:.0f} s"
    delays = sorted((booked[one] - arrived[one]).total_seconds() for one in arrived)
    cuts = quantiles(delays, n=100, method="inclusive")
    last = max(booked.values()) - max(arrived.values())
    lines = [
        Line("p50", f"{cuts[49]:.2f} s"),
        Line("p99", f"{cuts[98]:.2f} s"),
        Line("the last booking after the last hint", f"{last.total_seconds():.2f} s"),
    ]
    title = f"payment hint to booking, {payments} hints at {RATE:.0f} a second"
    return [Found("e", title, lines, {"p50": cuts[49], "p99": cuts[98], "seconds": delays})]


def _feed_and_work(world: World, ours: Ours, links: list[str]) -> dict[str, datetime]:
    """Passes until everything is booked; when each hint arrived, by payment id."""
    arrived: dict[str, datetime] = {}
    feed = threading.Thread(target=_feed, args=(world, ours, links, arrived), name="bench-feed")
    feed.start()
    deadline = time.monotonic() + len(links) / RATE + PATIENCE
    while time.monotonic() < deadline:
        fed = not feed.is_alive()
        ours.worker.work(COMPANY)
        if fed and ours.state.queries.counts(COMPANY)["booked"] == len(links):
            break
    feed.join()
    return arrived


def _feed(world: World, ours: Ours, links: list[str], arrived: dict[str, datetime]) -> None:
    """A customer pays, and the processor's webhook says so; no look at the processor's own list helps."""
    begin = time.monotonic()
    for number, link in enumerate(links):
        time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
        paid = world.play("stripe", "pay", link=link)
        now = datetime.now(UTC)
        arrived[paid["payment_intent"]] = now
        hint = Hint(f"evt_bench_{number}", "checkout.session.completed", paid["session"], now, "{}")
        ours.state.store.hints_read(COMPANY, [hint], None, now)


def _booked(world: World) -> dict[str, datetime]:
    """When the ledger received each payment's entry, by the payment id in its note."""
    found: dict[str, datetime] = {}
    for seen in world.requests_seen("quickbooks"):
        if seen["method"] == "POST" and seen["path"].endswith("/payment"):
            note = json.loads(seen["body"]).get("PrivateNote", "")
            if matched := _PAYMENT.search(note):
                found.setdefault(matched.group(), datetime.fromisoformat(seen["at"]))
    return found
