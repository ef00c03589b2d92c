"""What may be concluded from what the services hold, where our own memory is lost. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from connector.domain.dunning import NOTICES, Step, StepRule, current_step, rule_of, starts_of
from connector.domain.effect import BooksIdentity
from connector.domain.joint import Part, link_key, parts_in
from connector.domain.money import Money
from connector.domain.receivable import Receivable
from connector.domain.records import GENERATION_KEY, INVOICE_KEY, TENANT_KEY, LinkRecord


@dataclass(frozen=True, slots=True)
class OwnLink:
    """A link at the processor that is ours beyond doubt, and what it asks for which receivables."""

    record: LinkRecord
    generation: int
    parts: tuple[Part, ...]

    @property
    def ledger_id(self) -> str:
        """The receivable it is for; of several the first one."""
        return self.parts[0].ledger_id


def says_ours(identity: BooksIdentity, link: LinkRecord) -> bool:
    """Whether a link carries the marks of these books. Anybody with access to the dashboard can write those."""
    data = link.metadata
    generation = data.get(GENERATION_KEY, "")
    known = data.get(TENANT_KEY) == identity.tenant_id and bool(data.get(INVOICE_KEY)) and bool(link.reference)
    return known and generation.isascii() and generation.isdigit()


def own_link(identity: BooksIdentity, link: LinkRecord, amounts: Iterable[Money]) -> OwnLink | None:
    """The link with the amount among `amounts` that its reference was made from; None where none of them fits.

    A joint link says itself what it asks for each of its receivables.

    A link is ours only if its reference is the very key that its own facts derive.
    """
    if not says_ours(identity, link):
        return None
    ledger_id, generation = link.metadata[INVOICE_KEY], int(link.metadata[GENERATION_KEY])
    joint = parts_in(link.metadata)
    for parts in [joint] if joint else [(Part(ledger_id, amount),) for amount in amounts]:
        if parts[0].ledger_id == ledger_id and link_key(identity, generation, parts) == link.reference:
            return OwnLink(link, generation, parts)
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
    - steps that the settings leave out today count as well, on their usual days: they may have been on.

    Handing an invoice over to a person is no text: that step is never spent by one.

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
        spent |= set(begun) if possible else set(NOTICES)
        doubtful = [step for step in begun if step in in_doubt]
        order = dict.fromkeys([*doubtful, *reversed(begun), *NOTICES])
        step = next((one for one in order if one not in used), None)
        found.append(step)
        if step is not None:
            used.add(step)
    return Turns(tuple(found), frozenset(used | spent))


def _every(rules: Sequence[StepRule]) -> list[StepRule]:
    known = {rule.step: rule for rule in rules}
    return [known.get(step) or rule_of(step) for step in NOTICES]


def _begun(receivable: Receivable | None, rules: Sequence[StepRule], day: date) -> list[Step]:
    """Steps whose time had come by that day, earliest first."""
    if receivable is None:
        return []
    return [rule.step for start, rule in starts_of(receivable, rules) if start <= day]
