"""Invariant 4: texts are sent, and can arrive, only within the hours for texts, wherever the recipient may be."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from connector.domain.calendar import zones_of
from connector.domain.invariants.finding import Finding, NotCheckable, Violation, counted, of_text
from connector.domain.invariants.reading import Reading

NUMBER: Final = 4
HARM: Final = "A phone rang at night: in many places texts outside of set hours are against the law."
# A text is asked for within the hours; the service writes its time when it has it. A call takes 30 s at most.
ON_THE_WAY: Final = timedelta(minutes=1)
# What a service accepts after we gave up comes within ten minutes; its queue's time counts from then.
ACCEPTED_LATE: Final = timedelta(minutes=10)


def check(reading: Reading) -> Iterator[Finding]:
    """Texts that were sent, or might have arrived, outside of the window of the settings."""
    rules = reading.records.rules
    untold = 0
    for text in reading.our_texts:
        zones = zones_of(text.to, rules.zone)
        opened = next((at for at in (text.moment, text.moment - ON_THE_WAY) if rules.window.is_open(at, zones)), None)
        if opened is None:
            sentence = f"A text to {text.to} was sent outside of the hours for texts."
            yield Violation(NUMBER, sentence, (of_text(text),), HARM)
            continue
        left = rules.window.time_left(opened, zones)
        if text.valid_for is not None:
            if text.valid_for > left + ACCEPTED_LATE:
                sentence = f"A text to {text.to} might have waited in a queue until after the hours for texts."
                yield Violation(NUMBER, sentence, (of_text(text),), HARM)
        elif text.handed_on_at is None:
            untold += text.counts
        elif text.handed_on_at > opened + left + ACCEPTED_LATE:
            sentence = f"A text to {text.to} went to the carrier outside of the hours for texts."
            yield Violation(NUMBER, sentence, (of_text(text),), HARM)
    if untold:
        why = f"Of {counted(untold, 'text')} it is not told until when it might have arrived."
        yield NotCheckable(NUMBER, why)
