"""Invariant 17 on simulated runs: with faults and without the same books, and no text beyond those of the calm run."""

from __future__ import annotations

from tests.simulation.confluence import compare, lived
from tests.simulation.run import Run

SHORT = 25  # days


def test_a_run_with_faults_ends_at_the_same_books_as_one_without() -> None:
    assert compare("6", SHORT) == []


def test_what_is_compared_is_no_empty_town_and_only_one_of_the_two_runs_had_faults() -> None:
    calm, faulty = (lived(Run("6", SHORT, steady=True, faultless=one)) for one in (True, False))
    faults = [
        sum(n for name, n in one.outcome.tally.figures.items() if name.startswith("fault")) for one in (calm, faulty)
    ]
    assert faults[0] == 0 < faults[1]
    assert len([one for one in calm.records.processor.payments if one.succeeded]) > 1
    assert len(calm.records.messenger.texts) > len(calm.records.ledger.invoices)
