"""What a statement must say beside its figures, in sentences."""

from __future__ import annotations

from connector.domain.message import signed_amount
from connector.domain.money import Money
from connector.statement.matters import TITLES, Matter, by_hand_words
from connector.statement.values import Statement


def verdict_of(statement: Statement) -> str:
    """In one sentence, how it stands."""
    if statement.settled:
        return "The clearing account holds what Stripe holds, and every line of both has its counterpart."
    difference = statement.difference
    if not difference.amount:
        return "The clearing account holds what Stripe holds. Yet there is something to look at."
    more = "more" if difference.amount > 0 else "less"
    size = max(difference, Money.zero(difference.currency) - difference)
    return f"The clearing account holds {signed_amount(size)} {more} than Stripe."


def remarks_of(statement: Statement, matters: tuple[Matter, ...]) -> tuple[str, ...]:
    """What stands in no line, or is said once for many."""
    subject, ledger = statement.subject, TITLES.get(statement.subject.ledger_kind, "the ledger")
    said: list[str] = []
    if any(one.by_hand for one in matters):
        said.append(by_hand_words(statement))
    if statement.found.carried.amount:
        said.append(
            f"{signed_amount(statement.found.carried)} of the difference stood there before "
            f"{subject.month.first:%d %b %Y}. See: duebird reconcile {subject.company} --month {subject.month.before}"
        )
    if statement.untold.amount:
        said.append(
            f"{ledger} tells a balance that is {signed_amount(statement.untold)} beyond the lines it lists: an "
            "opening balance entered in these days, or a line it lists late. Ask again; then look into the account "
            f"in {ledger}."
        )
    said += [f"{one} It is in no line, and the opening balance is off by it." for one in statement.unreadable]
    said += [
        f"Stripe has a balance in {one.currency} too, {signed_amount(one)} at the end. The clearing account is in "
        f"{statement.currency}, so that balance is in no figure and was not compared."
        for one in statement.apart
    ]
    return tuple(said)
