"""A pass over one company: everything that can be done for it now, in the order that keeps promises.

Payments in and old links down before any text; replies read before any text. One stage's trouble is noted and the
others go on: an outage at Stripe must not keep a STOP from being heard.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from connector.domain.effect import EffectKind
from connector.errors import DatabaseTrouble, DuebirdError, Throttled
from connector.flows import (
    brakes,
    cash,
    exchange_difference,
    lease,
    listen,
    numbers,
    perform,
    poll,
    propose,
    rebuild,
    reconcile,
    recover,
    register,
    sender,
    settle,
    tidy,
)
from connector.flows.attempts import UNREACHABLE
from connector.flows.company import Company, Counts
from connector.flows.trouble import as_trouble

log = logging.getLogger(__name__)

# A new invoice takes three rounds: link, text, and one that finds nothing left. A replaced link takes one more.
ROUNDS: Final = 6


@dataclass(frozen=True, slots=True)
class Look:
    """Which services this pass looks at; what is already known is always worked on."""

    ledger: bool = True
    payments: bool = True
    replies: bool = True
    objects: bool = False  # the daily net


@dataclass(slots=True)
class Report:
    """What a pass did and what stood in its way, in words for a person."""

    counts: Counts = field(default_factory=Counts)
    troubles: list[str] = field(default_factory=list)
    waiting: bool = False  # a service asked for a pause, or its budget is used up
    recovering: bool = False  # its memory is to be rebuilt first: nothing else is done before


def run_pass(company: Company, look: Look | None = None) -> Report:
    """One pass. Never raises a service's error: it is in the report, and on record where a person must act.

    Ends early, after what is in hand, once the company's `stop_asked` says so.
    """
    report = Report()
    company.closing.forget()
    # One set of threads for the whole pass: each thread keeps its connections, and new ones cost a handshake each.
    with company.threads(company.workers) as pool:
        try:
            standing = _stand(company, report)
            if standing is lease.Standing.OURS or (standing is None and _is_known(company, report)):
                _stages(company, look or Look(), pool, report)
            _tell_standing(company, report)
        except DatabaseTrouble as error:
            # What cannot be recorded must not be done: no further stage, no further call.
            log.error("%s: the pass was broken off: %s", company.id, error)  # noqa: TRY400  for people
            report.troubles.append(f"the pass was broken off: {error}")
    return report


def _stages(company: Company, look: Look, pool: Executor, report: Report) -> None:
    stages: list[tuple[str, Callable[[Company], Counts]]] = [
        ("recover", recover.run_once),
        ("look at the sender", sender.run_once),
    ]
    if look.payments:
        stages.append(("read payments", listen.payments_once))
        stages.append(("read the balance", cash.run_once))
        stages.append(("look for differences of exchange", exchange_difference.run_once))
    if look.replies:
        stages.append(("read replies", listen.replies_once))
    if look.objects:
        stages.append(("reconcile", reconcile.run_once))
        stages.append(("look at the consent register", register.run_once))
    if look.ledger:
        stages.append(("read the ledger", poll.run_once))
    stages.append(("settle payments", partial(settle.run_once, pool=pool)))
    for name, stage in stages:
        _stage(company, name, stage, report)
    reached = perform.Reach()
    for number in range(ROUNDS):
        before = _done(report)
        _stage(company, "decide", propose.run_once if number else propose.by_present_rules, report)
        if number == 0 and (brakes.ask_before_catching_up(company) or brakes.ask_about_a_flood(company)):
            report.troubles.append("texts are paused until `duebird resume`: see `duebird attention`")
        _stage(company, "perform", partial(perform.run_once, pool=pool, reach_so_far=reached), report)
        if _done(report) == before:
            break
    _stage(company, "read deliveries", listen.deliveries_once, report)
    if look.objects or any(report.counts[one] for one in _BAD_NUMBERS):
        _stage(company, "look at the numbers", numbers.run_once, report)
    _stage(company, "take off what is mended", tidy.run_once, report)
    brakes.passed(company)


# A number that was refused, and one whose text did not arrive: the owner is told now, not at the daily look.
_BAD_NUMBERS: Final = (f"{EffectKind.SEND_TEXT} {UNREACHABLE}", listen.BAD_NUMBERS)


def _done(report: Report) -> dict[str, int]:
    """What has come of the pass so far: while that grows, another round may find more to do."""
    # Nothing comes of texts that wait for an answer, and to ask again at once would be all that a round did.
    return {name: count for name, count in report.counts.names.items() if name != perform.HELD_BACK}


def _is_known(company: Company, report: Report) -> bool:
    """Rebuild what is known where that is ordered. Nothing may be decided or done before it is known what was."""
    if not company.queries.recovering(company.id):
        return True
    _stage(company, "rebuild what is known", rebuild.run_once, report)
    if company.queries.recovering(company.id):
        return False
    report.troubles.append("texts wait for your word after a recovery: see `duebird recover`")
    return True


def _stand(company: Company, report: Report) -> lease.Standing | None:
    """Where the company stands; None where it must be seen whether its memory can be relied on.

    Where nobody could be asked, what can be read is read, and no effect follows.
    """
    try:
        standing = lease.stand(company)
    except DatabaseTrouble:
        raise
    except DuebirdError as trouble:
        log.warning("%s: could not be claimed: %s", company.id, trouble)
        listen.note_trouble(company, trouble)
        report.waiting = isinstance(trouble, Throttled)
        report.troubles.append(f"nothing is texted or booked: {trouble}")
        return None
    report.waiting = lease.texts_wait(company)
    return None if standing is lease.Standing.RECOVERING else standing


def _tell_standing(company: Company, report: Report) -> None:
    """What keeps the company from being worked on, found before the pass or in the middle of it."""
    if company.lease.lost:
        report.troubles.append("another computer works on these books: see `duebird attention`")
    elif company.queries.recovering(company.id):
        report.recovering = True
        report.troubles.append(f"its memory is to be rebuilt first: see `duebird recover {company.id}`")


def _stage(company: Company, name: str, stage: Callable[[Company], Counts], report: Report) -> None:
    if company.stop_asked():
        return
    try:
        report.counts.merge(stage(company))
    except Throttled as pause:
        report.waiting = True
        log.info("%s: %s waits: %s", company.id, name, pause.message)
    except Exception as error:  # noqa: BLE001  a surprise in one stage must not keep the others from their work
        trouble = as_trouble(error, f"{company.id}: {name}")
        log.warning("%s: could not %s: %s", company.id, name, trouble)
        listen.note_trouble(company, trouble)
        report.troubles.append(f"could not {name}: {trouble}")
