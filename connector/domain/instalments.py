"""A receivable that is asked for in instalments: how much each step asks, and which amounts a link may ask. Pure.

The shares are percentages of the invoice's total. The first notice that the settings have asks the first share, the
second the first two together, and so on; with the last share, as for an invoice that is not divided, all that is owed
is asked. What was paid counts from the front, whatever way it came: nobody is asked for a share that is paid, and
nobody ever for more than is owed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from connector.domain.dunning import NOTICES, Policy, Step
from connector.domain.money import Money, decimals_of

if TYPE_CHECKING:
    from connector.domain.receivable import Receivable
    from connector.domain.situation import Situation

INSTALMENT_KEY: Final = "duebird_instalment"
_MOST_DIGITS: Final = 15  # more than any ledger holds, and no number that takes time to read
_THREE_DECIMALS: Final = 3  # currencies whose last digit processors want to be 0: https://docs.stripe.com/currencies


@dataclass(frozen=True, slots=True)
class Instalment:
    """What a step asks of a receivable: `amount` of its `total`, which are the shares `first` to `last` of `count`."""

    amount: Money
    total: Money
    first: int
    last: int
    count: int

    @property
    def which(self) -> str:
        """`1`, or `1-2` where two shares are asked at once."""
        return str(self.last) if self.first == self.last else f"{self.first}-{self.last}"

    @property
    def is_part(self) -> bool:
        """Less than all of the invoice at once."""
        return (self.first, self.last) != (1, self.count)


def is_divided(receivable: Receivable, policy: Policy) -> bool:
    """Whether it is asked for in instalments: the owner allows it, it is large enough, and it has a due date.

    Without one it gets a single notice, and a rest would never be asked. An invoice in another currency than that of
    the settings' amounts cannot be compared with them, and is not divided.
    """
    comparable = policy.minimum_in in {None, receivable.total.currency}
    large = comparable and receivable.total.is_positive and receivable.total.amount >= policy.instalments_from
    return bool(policy.instalments) and large and receivable.due_on is not None


def asked_at(
    receivable: Receivable, policy: Policy, step: Step, uncharged: Collection[Money] = frozenset()
) -> Instalment | None:
    """What that step asks of a receivable on which something is owed; None where by then enough is paid.

    A share that is too small to be asked alone (`uncharged`: amounts that the processor does not take) is asked with
    the next one. Where it would leave a rest that is too small, all that is owed is asked.
    """
    owed, total = receivable.balance, receivable.total
    if not is_divided(receivable, policy):
        return Instalment(owed, total, 1, 1, 1)
    marks = _marks(total, policy.instalments)
    count, paid = len(marks), _paid(receivable)
    first = 1 + sum(mark <= paid for mark in marks[:-1])
    last = min(max(_place(policy, step), 1), count)
    if last == count:
        return Instalment(owed, total, first, count, count)
    if marks[last - 1] <= paid:
        return None
    amount = marks[last - 1] - paid
    if _too_small(amount, policy, uncharged):
        return None
    if amount == owed or _too_small(owed - amount, policy, uncharged):
        return Instalment(owed, total, first, count, count)
    return Instalment(amount, total, first, last, count)


def asks_of(situation: Situation, policy: Policy, step: Step) -> Instalment | None:
    """What that step asks of the receivable of a situation; None where by then enough is paid."""
    return asked_at(situation.receivable, policy, step, situation.uncharged)


def amounts(receivable: Receivable, policy: Policy) -> frozenset[Money]:
    """Every amount that a link for the receivable may ask as it stands, whichever step made it.

    None of them is more than is owed.
    """
    owed = receivable.balance
    if not is_divided(receivable, policy):
        return frozenset({owed})
    paid = _paid(receivable)
    asked = (mark - paid for mark in _marks(receivable.total, policy.instalments)[:-1] if not mark <= paid)
    return frozenset({owed, *asked})


def next_amount(receivable: Receivable, policy: Policy) -> Money:
    """The smallest of those: what the customer is asked for next, as far as no step has been passed over."""
    return min(amounts(receivable, policy), key=lambda one: one.minor)


def rests(receivable: Receivable, policy: Policy) -> frozenset[Money]:
    """What would be left of the balance after each of those amounts, where anything would."""
    owed = receivable.balance
    return frozenset(owed - one for one in amounts(receivable, policy) if one != owed)


def written(instalment: Instalment) -> str:
    """`USD 15000 50000`, in minor units: what the metadata of a link says, of how much of which total it is."""
    return f"{instalment.amount.currency} {instalment.amount.minor} {instalment.total.minor}"


def asked_in(metadata: Mapping[str, str]) -> tuple[Money, Money] | None:
    """Amount and total by the metadata of a link; None where it is for no instalment, or says what we never write.

    Anybody with access to the processor's dashboard can write metadata: believe the amount only where the link's
    reference is the `link_key` of it.
    """
    currency, *figures = metadata.get(INSTALMENT_KEY, "").split(" ")
    if len(figures) != len(("amount", "total")) or not all(_is_minor(one) for one in figures):
        return None
    try:
        amount, total = (Money.from_minor(int(one), currency) for one in figures)
    except ValueError:
        return None
    return amount, total


def _is_minor(figure: str) -> bool:
    return figure.isascii() and figure.isdigit() and len(figure) <= _MOST_DIGITS


def _marks(total: Money, shares: Collection[int]) -> list[Money]:
    """How much is paid once each share is, the last of them all of it. Half a unit is rounded up."""
    unit = 10 if decimals_of(total.currency) == _THREE_DECIMALS else 1
    cuts = [unit * ((2 * total.minor * percent + 100 * unit) // (200 * unit)) for percent in accumulate(shares)]
    return [*(Money.from_minor(min(cut, total.minor), total.currency) for cut in cuts[:-1]), total]


def _paid(receivable: Receivable) -> Money:
    """Whatever is not owed of the total any more; nothing where more is owed than that."""
    nothing = Money.zero(receivable.total.currency)
    return nothing if receivable.total < receivable.balance else receivable.total - receivable.balance


def _place(policy: Policy, step: Step) -> int:
    """The how many-th of the settings' notices a step is."""
    order = list(Step)
    return sum(rule.step in NOTICES and order.index(rule.step) <= order.index(step) for rule in policy.steps)


def _too_small(amount: Money, policy: Policy, uncharged: Collection[Money]) -> bool:
    """Whether no text and no link would be made for that amount alone. The currency is one that can be compared."""
    return amount in uncharged or amount.amount < policy.minimum
