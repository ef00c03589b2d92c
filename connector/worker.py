"""One pass over one company after another: when each service is looked at, and what to do while one is out of reach."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from connector import assemble
from connector.companies import company_settings
from connector.config import Loaded
from connector.domain.cadence import Activity, Intervals, affordable, wanted
from connector.domain.lease import instance_of
from connector.errors import DuebirdError, NeedsReauthorisation
from connector.flows import lease
from connector.flows.budget import Budget
from connector.flows.company import Company, Counts, Lease, Turns
from connector.flows.listen import DELIVERY_LOOKS
from connector.flows.passes import Look, Report, run_pass
from connector.flows.perform import HELD_BACK
from connector.flows.poll import WAITS
from connector.lock import place_of
from connector.places import Places
from connector.ports.calls import Clock
from state.names import LEDGER_CURSOR
from state.store import Attention

log = logging.getLogger(__name__)

# Calls one look costs, for stretching intervals to the budget. The two lists of Xero are the dearest.
CALLS_A_LOOK: Final = {"quickbooks": 1, "xero": 2, "stripe": 1}
RETRY_BUILD: Final = timedelta(minutes=1)  # a company whose services cannot be reached at start is tried every minute
# Between passes over what is due while a service is out of reach: a tenth of the time for which it has been, so that a
# short trouble is over soon after its end, and a day of it does not cost every other service three thousand looks.
TROUBLED: Final = timedelta(seconds=30)
TROUBLED_LONG: Final = timedelta(minutes=5)
OBJECTS_EVERY: Final = timedelta(hours=24)
# What answers weigh is what takes memory: forty passes at once took 240 MB, four take 150 (bench d); and two full
# readings keep two processors busy. A pass without trouble takes a second; one that does not end in ten waits for a
# service.
PASSES_AT_ONCE: Final = 4
PATIENCE: Final = 10.0
READINGS_AT_ONCE: Final = 2
LETTING_GO: Final = 5.0  # seconds a stop waits for that; systemd and people wait longer
NEXT_TURN: Final = timedelta(seconds=5)  # until a company that waits for its first reading asks again
# Replies cost nothing at the messaging service and an unheard STOP costs trust: looked at in every pass.


@dataclass(frozen=True, slots=True)
class Assembled:
    """A company put together, and what its passes are timed by."""

    company: Company
    budget: Budget
    intervals: Intervals
    ledger_kind: str


# The last is the name of this start of the program.
Assemble = Callable[[Loaded, str, assemble.State, Clock, str], Assembled]


def assembled(loaded: Loaded, company_id: str, state: assemble.State, clock: Clock, instance: str) -> Assembled:
    """The company with the services its settings name.

    Raises:
        DuebirdError: it is not connected, cannot be asked, or its settings cannot be true.
    """
    parts = assemble.services(loaded, company_id, state, clock)
    company = assemble.company(loaded, company_id, state, clock, parts.adapters, instance=instance)
    settings = company_settings(loaded, company_id)
    return Assembled(company, parts.budget, assemble.intervals_of(loaded, settings), settings.ledger.kind)


@dataclass(slots=True)
class _Running:
    """A company that is being worked on."""

    company: Company
    budget: Budget
    intervals: Intervals
    ledger_kind: str
    ledger_next: datetime
    payments_next: datetime
    objects_next: datetime
    looked_at: datetime
    last_event_at: datetime | None = None
    troubled_at: float | None = None  # by `Clock.elapsed`, since when passes meet with trouble

    def pause(self, elapsed: float, *, calm: bool) -> timedelta:
        """How long what is due still waits for the next pass."""
        if calm:
            self.troubled_at = None
            return DELIVERY_LOOKS[0] / 4
        if self.troubled_at is None:
            self.troubled_at = elapsed
        return min(max(TROUBLED, timedelta(seconds=elapsed - self.troubled_at) / 10), TROUBLED_LONG)


@dataclass(slots=True)
class Status:
    """The last pass over a company, for `run --once` and the health check."""

    at: datetime
    counts: Counts = field(default_factory=Counts)
    troubles: list[str] = field(default_factory=list)


class Worker:
    """Does passes. One company's trouble stays its own. Safe to call for different companies from several threads."""

    def __init__(
        self,
        loaded: Loaded,
        state: assemble.State,
        clock: Clock,
        assemble_company: Assemble = assembled,
        *,
        instance: str = "",
    ) -> None:
        """`instance` names this start of the program; left out, it is named by the folder's lock and by chance."""
        self._loaded, self._state, self._clock = loaded, state, clock
        self._assemble = assemble_company
        self._running: dict[str, _Running] = {}
        self._instance = instance  # named when the lock of the folder is held
        self._leases: dict[str, Lease] = {}  # they outlive a change of settings
        self._poked: set[str] = set()
        self._lock = threading.Lock()
        self._stopping = False
        self._turns = Turns(READINGS_AT_ONCE)
        self._places = Places(PASSES_AT_ONCE, PATIENCE)
        self.statuses: dict[str, Status] = {}

    def stop(self) -> None:
        """Begin nothing new: passes end after what is in hand. Takes no lock, so that a signal handler may call it."""
        self._stopping = True

    def reload(self, loaded: Loaded) -> None:
        """Take new settings; every company is assembled anew at its next pass."""
        with self._lock:
            self._loaded = loaded
            self._running.clear()

    def poke(self, company_id: str) -> None:
        """Look at everything of this company in its next pass."""
        with self._lock:
            self._poked.add(company_id)

    def is_elsewhere(self, company_id: str) -> bool:
        """Whether another installation works on that company, as far as the passes of this one have seen."""
        with self._lock:
            lease_now = self._leases.get(company_id)
        return lease_now is not None and lease_now.lost

    def work(self, company_id: str) -> timedelta:
        """One pass; returns in how long the next one is wanted."""
        before = self.statuses.get(company_id)
        with self._places.taken(apart=before is not None and bool(before.troubles)):
            return self._work(company_id)

    def _work(self, company_id: str) -> timedelta:
        try:
            running = self._get(company_id)
        except Exception as error:  # noqa: BLE001  whatever it is, it must neither end the job nor stay unseen
            return self._failed(company_id, "cannot start", error)
        try:
            look = self._look(running)
            report = run_pass(running.company, look)
            self._note(running, report)
            self.statuses[company_id] = Status(self._clock.now(), report.counts, report.troubles)
            running.budget.flush()
            if report.counts.names:
                log.info("%s: %s", company_id, ", ".join(f"{name} {by}" for name, by in report.counts.names.items()))
            if report.recovering:
                return TROUBLED  # nothing else is done before its memory is whole
            if report.counts[WAITS] and self._state.queries.cursor(company_id, LEDGER_CURSOR) is None:
                return NEXT_TURN  # nothing is known of it yet, and its look is due still
            return self._next(running, look, calm=_is_calm(report))
        except Exception as error:  # noqa: BLE001  see above
            return self._failed(company_id, "the pass broke off", error)

    def _failed(self, company_id: str, what: str, error: Exception) -> timedelta:
        """Log it, show it, and try again in a while."""
        if isinstance(error, DuebirdError):
            log.warning("%s: %s: %s", company_id, what, error)
            said = str(error)
        else:
            log.error("%s: %s: unexpected error", company_id, what, exc_info=error)
            said = f"an unexpected error ({type(error).__name__}); the log has the details"
        before = self.statuses.get(company_id, Status(self._clock.now()))
        told = f"{what}: {said}"
        if isinstance(error, NeedsReauthorisation):
            self._needs_a_person(company_id, error)
        self.statuses[company_id] = Status(self._clock.now(), before.counts, [told])
        return RETRY_BUILD

    def once(self, company_id: str) -> Status:
        """One pass that looks at everything."""
        self.poke(company_id)
        self.work(company_id)
        return self.statuses[company_id]

    def _needs_a_person(self, company_id: str, error: NeedsReauthorisation) -> None:
        """A company that cannot even start has no flow that would tell a person why."""
        now = self._clock.now()
        matter = f"{company_id}/connection/{error.service or 'service'}"
        item = Attention(
            key=f"{matter}/{now:%Y-%m-%d}",
            matter=matter,
            subject=error.service or "connection",
            happened=f"{company_id}: {error.message}",
            not_done="Nothing is read from or written to its services until they are connected. Nothing is lost.",
            command=error.advice or f"duebird check {company_id}",
        )
        try:
            self._state.store.attend(company_id, item, now)
        except DuebirdError as trouble:
            log.warning("%s: could not be put on the list: %s", company_id, trouble)

    def _get(self, company_id: str) -> _Running:
        with self._lock:
            known = self._running.get(company_id)
            loaded = self._loaded
            self._instance = self._instance or instance_of(place_of(self._state.folder), assemble.new_id())
        if known is not None:
            return known
        whole = self._assemble(loaded, company_id, self._state, self._clock, self._instance)
        company = replace(
            whole.company,
            stop_asked=lambda: self._stopping,
            clock_error=whole.budget.clock_error,
            answers=whole.budget.answers,
            turns=self._turns,
        )
        now = self._clock.now()
        made = _Running(
            company=company,
            budget=whole.budget,
            intervals=whole.intervals,
            ledger_kind=whole.ledger_kind,
            ledger_next=now,
            payments_next=now,
            objects_next=now,
            looked_at=now,
            last_event_at=self._state.queries.last_text_at(company_id),
        )
        with self._lock:
            before = self._leases.get(company_id)
            if before is not None:
                company.lease.carry_on(before)
            self._leases[company_id] = company.lease
            return self._running.setdefault(company_id, made)

    def let_go(self) -> None:
        """At a clean stop, when no pass is under way: the next start need not wait. Takes `LETTING_GO` at most."""
        threads = [
            threading.Thread(target=self._let_go, args=(one.company,), name=f"let-go-{one.company.id}", daemon=True)
            for one in self._running.values()
        ]
        for thread in threads:
            thread.start()
        until = self._clock.elapsed() + LETTING_GO
        for thread in threads:
            thread.join(max(0.0, until - self._clock.elapsed()))

    def _let_go(self, company: Company) -> None:
        try:
            lease.let_go(company)
        except Exception as error:  # noqa: BLE001  whatever it is, it must not stand in the way of stopping
            log.warning("%s: could not let go of it, so the next start waits before it texts: %s", company.id, error)

    def _look(self, running: _Running) -> Look:
        now = self._clock.now()
        if now < running.looked_at:
            # The clock was set back: what is to come at an hour of before would wait for as long as it was wrong.
            running.ledger_next = running.payments_next = running.objects_next = now
        running.looked_at = now
        with self._lock:
            poked = running.company.id in self._poked
            self._poked.discard(running.company.id)
        look = Look(
            ledger=poked or now >= running.ledger_next,
            payments=poked or now >= running.payments_next,
            objects=now >= running.objects_next,
        )
        if look.objects:
            running.objects_next = now + OBJECTS_EVERY
        return look

    def _note(self, running: _Running, report: Report) -> None:
        """What keeps looks quick for a while: a text, a payment, a link."""
        if any(name.startswith(("send_text", "payments", "create_link")) for name in report.counts.names):
            running.last_event_at = self._clock.now()

    def _next(self, running: _Running, look: Look, *, calm: bool) -> timedelta:
        now = self._clock.now()
        activity = Activity(running.last_event_at, links_out=self._state.queries.has_live_links(running.company.id))
        base = wanted(running.intervals, activity, now)
        budget = running.budget
        if look.ledger:
            kind = running.ledger_kind
            running.ledger_next = now + affordable(base, CALLS_A_LOOK[kind], budget.allowance(kind), now)
        if look.payments:
            running.payments_next = now + affordable(base, CALLS_A_LOOK["stripe"], budget.allowance("stripe"), now)
        # What is planned for later and texts on their way are worked on between looks, without a look at the ledger.
        soonest = min(running.ledger_next, running.payments_next)
        planned = self._state.queries.next_work_at(running.company.id)
        least = running.pause(self._clock.elapsed(), calm=calm)
        if planned is not None:
            # What could not be worked on just now is due all the same: it must not make the passes chase each other.
            soonest = min(soonest, max(planned, now + least))
        return max(soonest - now, timedelta())


def _is_calm(report: Report) -> bool:
    """Whether nothing was out of reach: then what is due still is worked on again soon."""
    return not (report.troubles or report.waiting or report.counts[HELD_BACK])
