"""Recovery: a company's memory is rebuilt from what its four services hold, before anything is done again.

Nothing is texted, booked or linked meanwhile. Each step stores what it found before the next begins, and may be
repeated: a crash anywhere only reads again. When all is read, money goes on by itself, and texts wait until the owner
has seen how many would go out and to whom.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from connector.flows import lease, listen, poll, propose, rebuild_cash, rebuild_exchange, rebuild_money, rebuild_texts
from connector.flows.company import Company, Counts
from connector.flows.rebuild_reading import Findings, Unfinished
from state.names import LEDGER_CURSOR, REBUILD, SINGLE_READS, SWEEP_PAGE
from state.recovery_facts import Progress, progress_of
from state.store import Attention

log = logging.getLogger(__name__)

# Whoever began something when the old memory ends may have had it done up to ten minutes after giving up (30 s), and
# lists may lag behind that by two: doubled and rounded up. Nothing of ours is so urgent that this hurts.
QUIET: Final = timedelta(minutes=30)
LEDGER_RUNS: Final = 40  # each reads up to 120,000 open invoices, or 50 single ones
DELIVERY_RUNS: Final = 25  # of 200 texts each: as many as the messaging service lists at once
DECISION_RUNS: Final = 20  # of 10,000 decisions each
NAMED: Final = 10  # customers whom the item for the owner names; `duebird recover` shows all
COUNTED: Final = 100_000  # more invoices than one company has open


def run_once(company: Company) -> Counts:
    """Go on with the rebuild where it stands; the recovery ends with the last step. Does nothing where none is due.

    Raises:
        DuebirdError: a service could not be read; the next run begins with the same step.
    """
    counts = Counts()
    hold = company.queries.recovering(company.id)
    if hold is None or company.lease.standing is None or lease.texts_wait(company):
        return counts  # nobody reads while somebody else may still be at work
    now = company.clock.now()
    progress = progress_of(company.queries.cursor(company.id, REBUILD)) or Progress(hold.since, hold.why)
    for name, step in _STEPS.items():
        if name in progress.done:
            continue
        log.info("%s: rebuilding what is known: %s", company.id, name)
        findings = Findings()
        try:
            step(company, findings)
        except Unfinished as unfinished:
            log.info("%s: rebuilding what is known: %s goes on in the next pass (%s)", company.id, name, unfinished)
            return counts
        progress = _with(progress, name, findings)
        company.store.rebuild_came_to(company.id, progress, company.clock.now())
        _say(company, name, findings)
        counts.add("steps of the rebuild")
    if lease.renew(company) is not lease.Standing.OURS:
        return counts  # somebody has taken it meanwhile: what was read is no longer all there is
    now = company.clock.now()
    ended = replace(progress, ended_at=now)
    company.store.recovery_ended(company.id, ended, _for_the_owner(company, ended), now)
    counts.add("recoveries")
    return counts


def _with(progress: Progress, name: str, findings: Findings) -> Progress:
    return replace(
        progress,
        done=(*progress.done, name),
        found={**progress.found, **findings.counts},
        missing=(*progress.missing, *findings.missing),
    )


def _say(company: Company, name: str, findings: Findings) -> None:
    found = ", ".join(f"{what} {count:,}" for what, count in findings.counts.items()) or "nothing"
    log.info("%s: rebuilding what is known: %s done: %s", company.id, name, found)
    for one in findings.missing:
        log.warning("%s: %s", company.id, one)


# --------------------------------------------------------------------------------------------------------- steps


def _old_plans(company: Company, findings: Findings) -> None:
    now = company.clock.now()
    dropped, doubtful = company.store.old_plans_dropped(company.id, now + QUIET, now)
    findings.count("old plans dropped", dropped)
    findings.count("in doubt, being looked up", doubtful)


def _ledger_place(company: Company, findings: Findings) -> None:
    """A place of before may be one that the ledger has let go of, or skip what this memory never saw."""
    del findings
    poll.start_anew(company)


def _ledger(company: Company, findings: Findings) -> None:
    """Everything open, and those known as open that are not any more, one by one."""
    for _ in range(LEDGER_RUNS):
        counts = poll.run_once(company)
        findings.count("invoices new or changed", counts["receivables changed"])
        if counts[poll.WAITS] or company.stop_asked():
            raise Unfinished("another company's books are being read")
        if not _is_unread(company):
            rebuild_money.of_no_invoice(company)
            return
    raise Unfinished("there is more to be read")


def _is_unread(company: Company) -> bool:
    rows = (company.queries.cursor(company.id, name) for name in (SWEEP_PAGE, SINGLE_READS))
    waiting = any(row is not None and row.value for row in rows)
    return waiting or company.queries.cursor(company.id, LEDGER_CURSOR) is None


def _deliveries(company: Company, findings: Findings) -> None:
    """How far the texts came: a failed one may mean that its number wants none."""
    for _ in range(DELIVERY_RUNS):
        if not company.queries.texts_to_check(company.id, company.clock.now(), 1):
            return
        counts = listen.deliveries_once(company)
        findings.count("texts that did not arrive", counts["texts not delivered"])
        if company.stop_asked():
            raise Unfinished("Duebird was told to stop")


def _decisions(company: Company, findings: Findings) -> None:
    """Decide about everything with texts paused: who would get one is then on record with that reason."""
    now = company.clock.now()
    hold = company.queries.recovering(company.id)
    company.store.paused_for_recovery(company.id, hold.why if hold else "", now)
    company.store.everything_decided_anew(company.id, now)
    for _ in range(DECISION_RUNS):
        counts = propose.by_present_rules(company)
        findings.count("decisions", counts["decisions"])
        if company.stop_asked():
            raise Unfinished("Duebird was told to stop")
        if not company.queries.due_for_review(company.id, company.clock.now(), 1):
            return


_STEPS: Final[Mapping[str, Callable[[Company, Findings], None]]] = {
    "consents": rebuild_texts.consents,
    "payment links": rebuild_money.links,
    "payments": rebuild_money.payments,
    "bookings": rebuild_money.bookings,
    "fees and payouts": rebuild_cash.first_days,
    "differences of exchange": rebuild_exchange.adopt,
    "texts": rebuild_texts.texts,
    "requests for consent": rebuild_texts.requests,  # before what answers them
    "replies": rebuild_texts.replies,
    "old plans": _old_plans,
    "place in the ledger": _ledger_place,
    "open invoices": _ledger,
    "deliveries": _deliveries,
    "decisions": _decisions,
}
STEPS: Final = tuple(_STEPS)


def _for_the_owner(company: Company, progress: Progress) -> Attention:
    waiting = company.queries.waiting_for_resume(company.id, COUNTED)
    names = list(dict.fromkeys(row.customer_name for row in waiting))
    if names:
        who = ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
        word = "customer" if len(names) == 1 else "customers"
        would = f"{len(names)} {word} would be texted: {who}"
    else:
        would = "No customer would be texted at this moment"
    return Attention(
        key=f"{company.id}/recovered/{progress.begun_at:%Y-%m-%dT%H:%M:%S}",
        subject="recovery",
        happened=f"{company.policy.business}: Duebird has rebuilt what it knows from your services ({progress.why}). "
        f"{would}.",
        not_done="No text goes out until you say so. Payments are booked all the same.",
        command=f"duebird recover {company.id}; to let them go: duebird resume {company.id}",
    )
