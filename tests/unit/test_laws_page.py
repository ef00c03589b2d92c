"""The page that people read says what the table of laws says."""

from __future__ import annotations

from connector.domain.dunning import USUAL_DAYS, Step
from connector.domain.laws import LAWS, Span
from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs/explanation/hours.md").read_text(encoding="utf-8")


def hours(span: Span | None) -> str:
    return "shut" if span is None else "-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span)


def test_every_law_stands_on_the_page_with_its_hours_and_its_source() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and line.count("|") == 8]
    told = [
        f"| {' '.join(filter(None, (law.country, law.region)))} | {' | '.join(map(hours, law.week[4:]))} | "
        f"{'shut' if law.holidays else ''} | {'yes' if law.confirmed else 'no'} | {law.source} |"
        for law in LAWS
    ]
    assert rows[1:] == told


def test_the_usual_days_of_the_steps_stand_on_the_page() -> None:
    assert f"| upcoming | {USUAL_DAYS[Step.UPCOMING]} days before" in PAGE
    assert f"| overdue | {USUAL_DAYS[Step.OVERDUE]} days after" in PAGE
    late = (USUAL_DAYS[step] for step in (Step.SECOND_OVERDUE, Step.THIRD_OVERDUE, Step.HANDOVER))
    assert [f"{days} days after" in PAGE or f"{days} and" in PAGE for days in late] == [True] * 3
