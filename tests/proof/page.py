"""The part of the page that the runs themselves write."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.architecture.tree import ROOT

PAGE: Final = ROOT / "docs" / "explanation" / "exactly-once.md"
FIGURES: Final = PAGE.with_suffix(".json")
BEGIN: Final = "<!-- written by `python -m tests.proof`: not by hand -->"
END: Final = "<!-- end -->"

Figures = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """One run: the name of its figures, how it is made again, and what it came to in lines of Markdown."""

    name: str
    title: str
    command: str
    lines: Callable[[Figures], Iterator[str]]


def _simulated(figures: Figures) -> Iterator[str]:
    effects, faults = figures["effects"], figures["faults"]
    hits = sum(1 for row in figures["grid"].values() for count in row.values() if count)
    yield "| | |"
    yield "|---|---|"
    yield f"| seeds, each a small company for {figures['days_a_seed']} days | {figures['seeds']:,} |"
    yield f"| simulated months | {figures['simulated_months']:,} |"
    yield f"| effects carried out | {sum(effects.values()):,}: {_listed(effects)} |"
    yield f"| faults injected | {sum(faults.values()):,}: {_listed(faults)} |"
    yield f"| crashes | {figures['crashes']:,} |"
    yield f"| pairs of effect and fault that occurred | {hits} |"
    yield f"| **promises broken** | **{len(figures['broken'])}** |"
    yield f"| seeds a second | {figures['seeds_a_second']:.1f} |"


def _grid(figures: Figures) -> Iterator[str]:
    effects = list(figures["effects"])
    never = {(effect, fault) for effect, fault in figures["not_live"]}
    yield from _simulated(figures)
    yield ""
    yield "How often what befell which effect; a dash stands where it cannot:"
    yield ""
    yield "| | " + " | ".join(effects) + " |"
    yield "|---|" + "---|" * len(effects)
    for fault, row in sorted(figures["grid"].items()):
        counts = ("-" if (one, fault) in never and not row.get(one) else f"{row.get(one, 0):,}" for one in effects)
        yield f"| {fault} | " + " | ".join(counts) + " |"
    yield ""
    yield from _states(figures)


def _with_states(figures: Figures) -> Iterator[str]:
    yield from _simulated(figures)
    yield ""
    yield from _states(figures)


def _states(figures: Figures) -> Iterator[str]:
    # Those that nothing came of belong to runs of another kind: a run that misses one of its own is not published.
    yield "States that the run came to, and how often:"
    yield ""
    yield from (f"- {state}: {count:,}" for state, count in sorted(figures["states"].items()) if count)


def _mutants(figures: Figures) -> Iterator[str]:
    yield f"**{figures['found']} of {figures['planted']}** defects that were planted in the protocol were found:"
    yield ""
    for name, by in sorted(figures["by"].items()):
        yield f"- {name}: " + (f"by seed {by['seed']}" if by else "**not found**")


def _kills(figures: Figures) -> Iterator[str]:
    kills = figures["kills"]
    points = {name: count for name, count in kills.items() if name != "any moment"}
    yield "| | |"
    yield "|---|---|"
    yield f"| kills at failure points | {sum(points.values()):,}, at {len(points)} points |"
    yield f"| kills at any moment | {kills.get('any moment', 0):,} |"
    for name, count in sorted(figures["figures"].items()):
        yield f"| {name} | {count:,} |"
    yield f"| **promises broken** | **{len(figures['broken'])}** |"


PARTS: Final = (
    Part("simulation", "Simulated months", "python -m tests.simulation --json FILE", _grid),
    Part("ends", "Ends of the world", "python -m tests.simulation --worlds-end --json FILE", _with_states),
    Part("mutants", "Planted defects", "python -m tests.simulation --mutants --json FILE", _mutants),
    Part("kills", "Real kills", "python -m tests.kills --json FILE", _kills),
)


def block(known: Figures) -> str:
    """What the runs whose figures are known came to."""
    lines = [BEGIN, ""]
    for part in PARTS:
        lines += [f"### {part.title}", "", f"`{part.command}`", ""]
        lines += part.lines(known[part.name]) if part.name in known else ["Not run yet."]
        lines.append("")
    return "\n".join([*lines, END])


def with_block(page: str, known: Figures) -> str:
    """The page with that part in its place.

    Raises:
        ValueError: the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE} has no place for figures between {BEGIN} and {END}")
    return before + block(known) + after


def _listed(counts: Figures) -> str:
    return ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in sorted(counts.items()) if count)
