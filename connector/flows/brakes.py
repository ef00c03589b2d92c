"""Brakes: what is normal for this company. Beyond it texts wait and a person is asked; money goes on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from connector.domain.calendar import local_day
from connector.domain.pace import Pace
from connector.domain.unusual import LOOK_BACK, all_gone, busiest_day, is_flood
from connector.flows.company import Company
from connector.ports.messenger import DeliveryAdvice, FailureKind
from state.names import PASSED
from state.store import Attention

# Faults that stand in the way of every text alike: the sender, its words, the account.
_OURS: Final = frozenset((FailureKind.FILTERED, FailureKind.SETUP))
# A night and a weekend evening are no stop; a machine that was off longer comes back to a backlog worth a question.
AWAY: Final = timedelta(hours=12)
A_DAY: Final = timedelta(days=1)
LONGEST_WAIT: Final = timedelta(hours=1)  # for room within the caps, before it is looked at again
CLOCK_MAY_ERR: Final = timedelta(minutes=2)  # what is known is allowed for; above it nobody knows what is right


def notices_left(company: Company, now: datetime) -> int | None:
    """How many notices may still be attempted now by the hourly and daily caps, None where there are none.

    When none is left, a person is told once a day.
    """
    left = _left(company, now)
    if not left:
        return None
    fewest, cap, span = min(left)
    if fewest <= 0:
        _tell_cap(company, cap, span, now)
    return max(fewest, 0)


def caps_allow(company: Company, now: datetime) -> bool:
    """Whether the caps allow another notice now."""
    return all(more > 0 for more, _, _ in _left(company, now))


def wait_for_room(company: Company, keys: Sequence[str], now: datetime) -> None:
    """Let texts beyond the caps wait until the caps leave room for each, in their order.

    For an hour at most: by then the owner may have raised a cap, or what was to go before did not go. Due all the
    while, they would make the passes chase each other for as long as a cap holds.
    """
    had = company.queries.counted_since(company.id, now - A_DAY)
    pace, turns = Pace(company.policy.texts_per_hour, company.policy.texts_per_day, had), dict[str, datetime]()
    for key in keys:
        turns[key] = min(pace.first(now), now + LONGEST_WAIT)
        pace.count(turns[key])
    company.store.wait_for_turns(turns, "the cap of texts an hour or a day is reached")


def _left(company: Company, now: datetime) -> list[tuple[int, int, timedelta]]:
    """For each cap there is: how many are left, the cap, and its span."""
    caps = ((company.policy.texts_per_hour, timedelta(hours=1)), (company.policy.texts_per_day, A_DAY))
    return [
        (cap - company.queries.notices_since(company.id, now - span), cap, span)
        for cap, span in caps
        if cap is not None
    ]


def _tell_cap(company: Company, cap: int, span: timedelta, now: datetime) -> None:
    word = "an hour" if span <= timedelta(hours=1) else "a day"
    company.store.attend(
        company.id,
        Attention(
            key=f"{company.id}/cap/{word}/{now:%Y-%m-%d}",
            subject="texts",
            happened=f"{company.policy.business}: the cap of {cap} texts {word} is reached.",
            not_done="Further texts wait until the cap allows them. Payments are booked all the same.",
            command=f"duebird preview --company {company.id}   (raise caps in the settings if so many are right)",
        ),
        now,
    )


def ask_before_catching_up(company: Company) -> bool:
    """After a stop, or at the very first start: pause texts when more are waiting than may go out unasked.

    Returns whether it paused. Called when the first decisions of a run are recorded and nothing was attempted yet.
    Where the pass before was made on a clock that was ahead, what that one put off is looked at now.
    """
    most = company.policy.catch_up
    now = company.clock.now()
    last = company.queries.cursor(company.id, PASSED)
    away = now - last.moved_at if last else None
    if away is not None and away < -CLOCK_MAY_ERR:
        company.store.put_off_no_longer(company.id, now)
    if most is None or (away is not None and away < AWAY) or company.queries.paused(company.id):
        return False
    waiting = company.queries.notices_wanted(company.id)
    if waiting <= most:
        return False
    since = f"was away for {_span(away)}" if away else "starts for the first time"
    why = f"Duebird {since}, and {waiting} customers would be texted at once"
    company.store.pause(
        company.id,
        why,
        now,
        Attention(
            key=f"{company.id}/catch-up/{now:%Y-%m-%dT%H}",
            subject="texts",
            happened=f"{company.policy.business}: {why}.",
            not_done="No text went out. Payments are booked all the same.",
            command=f"duebird preview --company {company.id}, then: duebird resume {company.id}",
        ),
    )
    return True


def ask_about_a_flood(company: Company) -> bool:
    """Pause texts when today would see far more than any day of the last weeks. Returns whether it paused.

    Asked at most once a day: what the owner let go on stays going.
    """
    usual = company.policy.usual_day
    waiting = company.queries.notices_wanted(company.id) if usual is not None else 0
    if usual is None or not waiting or company.queries.paused(company.id):
        return False
    now = company.clock.now()
    day_ago = now - A_DAY
    today = company.queries.notices_since(company.id, day_ago) + waiting
    if today <= usual:
        return False
    texted_at = company.queries.noticed_between(company.id, now - LOOK_BACK, day_ago)
    busiest = busiest_day(texted_at, company.policy.zone)
    if not is_flood(today, busiest, usual):
        return False
    why = f"{today} texts would go out within a day, and on no day of the last five weeks more than {busiest} did"
    return company.store.pause_once(
        company.id,
        why,
        now,
        Attention(
            key=f"{company.id}/flood/{local_day(now, company.policy.zone)}",
            subject="texts",
            happened=f"{company.policy.business}: {why}.",
            not_done=f"{waiting} texts wait. Payments are booked all the same.",
            command=f"duebird preview --company {company.id}, then: duebird resume {company.id}",
        ),
    )


def ask_where_they_went(company: Company, before: int, left: int) -> None:
    """Pause texts when nearly all open invoices are gone since the full reading before: settled, or out of sight."""
    if not all_gone(before, left):
        return
    now = company.clock.now()
    why = f"of {before} invoices that were open, {left} still are"
    asked = Attention(
        key=f"{company.id}/gone/{local_day(now, company.policy.zone)}",
        subject="texts",
        happened=f"{company.policy.business}: {why}. The others were paid, voided or deleted in the ledger, or Duebird "
        "cannot see them any more.",
        not_done="No texts go out until you say so. Links of invoices that are not open are taken down, and payments "
        "are booked all the same.",
        command=f"duebird invoices --company {company.id}, and where the ledger agrees: duebird resume {company.id}",
    )
    if company.queries.paused(company.id):  # by somebody, whose reason stays
        company.store.attend(company.id, asked, now)
    else:
        company.store.pause_once(company.id, why, now, asked)


def stop_after_failures(company: Company, text_id: str, advice: DeliveryAdvice, now: datetime) -> None:
    """Pause texts when two in a row were filtered, or met the same fault of the account: the next would fare no better.

    One alone may be a carrier's whim, or one country's rule. Each further one is paid for, and hurts the sender's
    standing with the carriers. At most once a day and cause: who resumed knows of the ones still under way.
    """
    if advice.kind not in _OURS:
        return
    before = company.queries.last_fate(company.id, text_id)
    if before is None or before.error_code != advice.code:
        return
    why = f"two texts in a row did not arrive: {advice.meaning}"
    company.store.pause_once(
        company.id,
        why,
        now,
        Attention(
            key=f"{company.id}/failing/{advice.code}/{now:%Y-%m-%d}",
            subject="texts",
            happened=f"{company.policy.business}: {why}",
            not_done=f"No more texts go out until you say so. Payments are booked all the same. {advice.todo}".strip(),
            command=f"duebird check {company.id}, then: duebird resume {company.id}",
        ),
    )


def _span(away: timedelta) -> str:
    hours = int(away.total_seconds() // 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"  # noqa: PLR2004  two days read better as days


def passed(company: Company) -> None:
    """Remember that a pass was made: a long gap after this is a stop."""
    company.store.set_cursor(company.id, PASSED, "", company.clock.now())
