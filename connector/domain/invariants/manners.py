"""Invariant 13: no effect is tried without end, and a service that asked for a pause gets it.

It can be seen only where somebody keeps a log of requests: in a simulation. What a service allows a minute is kept by
the adapters, which do not stand between a simulation and its worlds.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from connector.domain.invariants.finding import Finding, NotCheckable, Violation, of_request
from connector.domain.invariants.reading import Reading
from connector.domain.records import RequestRecord, Service

NUMBER: Final = 13
HARM: Final = "The service may shut us out, and a text or booking that is tried so often may happen more than once."
# Twelve within some two hours, then four a day while a person has been told (`connector.flows.attempts`).
MOST_TRIES: Final = 16
DAY: Final = timedelta(days=1)
# After a refused connection one more request with a fresh token is right; then a person must connect again. What was
# under way side by side (four calls at once) may still come.
MOST_REFUSALS: Final = 12
REFUSED_WITHIN: Final = timedelta(minutes=1)
REFUSED: Final = frozenset({"dead", "needsreauthorisation"})
# The service itself said when to come again, or who must act first; nothing can have been done.
NO_TRY: Final = REFUSED | {"throttle", "throttled"}


def check(reading: Reading) -> Iterator[Finding]:
    """Writes of one effect, or calls on a refused connection, beyond any sense."""
    requests = reading.records.requests
    if requests is None:
        yield NotCheckable(NUMBER, "The services keep no list of requests, so retries cannot be counted from here.")
        return
    tries: defaultdict[tuple[Service, str, str, str], list[RequestRecord]] = defaultdict(list)
    refused: defaultdict[Service, list[RequestRecord]] = defaultdict(list)
    for one in requests:
        if one.writing and one.outcome not in NO_TRY:
            tries[one.service, one.method, one.subject, one.occasion].append(one)
        if one.outcome in REFUSED:
            refused[one.service].append(one)
    for (_, method, _, _), made in tries.items():
        if many := _crowd(made, MOST_TRIES, DAY):
            sentence = f"One effect ({method}) was tried {len(many)} times and more within a day."
            yield Violation(NUMBER, sentence, tuple(map(of_request, many)), HARM)
    for service, made in refused.items():
        if many := _crowd(made, MOST_REFUSALS, REFUSED_WITHIN):
            sentence = f"The {service} refused the connection and was called {len(many)} times and more in a minute."
            yield Violation(NUMBER, sentence, tuple(map(of_request, many)), HARM)


def _crowd(made: list[RequestRecord], most: int, span: timedelta) -> list[RequestRecord]:
    """The first requests of more than `most` within that span."""
    times = sorted(made, key=lambda one: one.at)
    for place in range(len(times) - most):
        if times[place + most].at - times[place].at < span:
            return times[place : place + most + 1]
    return []
