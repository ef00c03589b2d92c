"""How hard the fuzz tests try: seconds in the pipeline, minutes before a release.

`pytest tests/fuzz` draws the same examples each time, so that it passes or fails for the change and not for luck.
`pytest tests/fuzz --hypothesis-profile=deep` draws a hundred times as many, others each time; what it finds stays
beside the test as an `@example`.
"""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, settings

QUICK: Final = 100
DEEP: Final = 10_000

# No deadline: other work on the machine must not fail a test. A strategy that filters much is slow, not wrong.
_COMMON: Final = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])


def register() -> None:
    """Make both efforts known, and the quick one the usual."""
    settings.register_profile("quick", _COMMON, max_examples=QUICK, derandomize=True)
    settings.register_profile("deep", _COMMON, max_examples=DEEP, derandomize=False, print_blob=True)
    settings.load_profile("quick")


def effort(share: float = 1.0) -> settings:
    """A share of the examples of the chosen profile, for tests whose examples are dear (or cheap: above 1)."""
    return settings(max_examples=max(10, int(settings().max_examples * share)))
