"""What may be concluded from what the services hold, where our own memory is lost. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from connector.domain.dunning import DUE_RULE, ISSUED_RULE, Step, StepRule, current_step
from connector.domain.effect import BooksIdentity, natural_key
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import GENERATION_KEY, INVOICE_KEY, TENANT_KEY, LinkRecord

_USUAL: Final = (ISSUED_RULE, DUE_RULE)
_NOTICES: Final = tuple(rule.step for rule in _USUAL)


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link at the processor that is ours beyond doubt, and what it asks."""

    record: LinkRecord
    ledger_id: str
    generation: int
    amount: Money


def says_ours(identity: BooksIdentity, link: LinkRecord) -> bool:
    """Whether a link carries the marks of these books. Anybody with access to the dashboard can write those."""
    data = link.metadata
    generation = data.get(GENERATION_KEY, "")
    known = data.get(TENANT_KEY) == identity.tenant_id and bool(data.get(INVOICE_KEY)) and bool(link.reference)
    return known and generation.isascii() and generation.isdigit()


def own_link(identity: BooksIdentity, link: LinkRecord, amounts: Iterable[Money]) -> OwnLink | None:
    """The link with the amount among `amounts` that its reference was made from; None where none of them fits.

    A link is ours only if its reference is the very key that its own facts derive.
    """
    if not says_ours(identity, link):
        return None
    ledger_id, generation = link.metadata[INVOICE_KEY], int(link.metadata[GENERATION_KEY])
    for amount in amounts:
        if natural_key(identity, "link", ledger_id, generation, amount.minor, amount.currency) == link.reference:
            return OwnLink(link, ledger_id, generation, amount)
    return None


@dataclass(frozen=True, slots=True)
class Turns:
    """Which notice each text was, in the order of the texts (None: more texts than steps), and all that are spent."""

    of_texts: tuple[Step | None, ...]
    spent: frozenset[Step]


def turns_of(
    receivable: Receivable | None,
    sent_on: Sequence[date],
    rules: Sequence[StepRule],
    *,
    taken: Collection[Step] = (),
    in_doubt: Collection[Step] = (),
) -> Turns:
    """Which notices of a receivable the texts found about it were.

    The words do not say (they are the owner's own), so the days do, and where they leave a choice the answer is the one
    after which fewer texts go out:

    - every step that had begun on the day of a text counts as spent, the latest of them as the one it was;
    - where by today's dates no step can have gone out that day, the dates were others then: all steps are spent;
    - each text spends a step of its own, so that two texts leave nothing of two steps;
    - steps that the settings leave out today count as well: they may have been on.

    Args:
        receivable: as it stands; None where the ledger has it no more.
        sent_on: the company's civil days of the texts, oldest first.
        rules: those of the settings.
        taken: steps of which is known which text they were.
        in_doubt: steps that were being sent when the memory ends: a text that fits is one of these first.
    """
    every = _every(rules)
    used, spent = set(taken), set(taken)
    found: list[Step | None] = []
    for day in sent_on:
        begun = _begun(receivable, every, day)
        possible = receivable is not None and current_step(receivable, every, day).step is not None
        spent |= set(begun) if possible else set(_NOTICES)
        doubtful = [step for step in begun if step in in_doubt]
        order = dict.fromkeys([*doubtful, *reversed(begun), *_NOTICES])
        step = next((one for one in order if one not in used), None)
        found.append(step)
        if step is not None:
            used.add(step)
    return Turns(tuple(found), frozenset(used | spent))


def _every(rules: Sequence[StepRule]) -> tuple[StepRule, ...]:
    known = {rule.step for rule in rules}
    return (*rules, *(rule for rule in _USUAL if rule.step not in known))


def _begun(receivable: Receivable | None, rules: Sequence[StepRule], day: date) -> list[Step]:
    """Steps whose time had come by that day, earliest first."""
    if receivable is None:
        return []
    starts = [(start, rule.step) for rule in rules if (start := rule.start(receivable)) is not None and start <= day]
    return [step for _, step in sorted(starts, key=lambda one: (one[0], list(Step).index(one[1])))]
