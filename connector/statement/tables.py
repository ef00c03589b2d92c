"""A statement for spreadsheets and for programs. Amounts are what they do to the clearing account, in its currency."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from connector.domain.money import Money
from connector.papers import cell, csv_of
from connector.statement.matters import Matter, by_hand_words, matters_of, recognised_in, words_of_entry, words_of_line
from connector.statement.payouts import heading, listed, plain_payouts, rows_of
from connector.statement.values import Statement

_COLUMNS: Final = ("part", "day", "what", "amount", "currency", "reference", "id", "cause", "settle")


def figures_of(statement: Statement) -> tuple[tuple[str, str, Money], ...]:
    """The figures from opening to difference: a key for programs, words for people, the amount."""
    found, totals = statement.found, statement.found.totals
    return (
        ("opening", "Opening balance at Stripe", found.opening),
        ("payments", "Payments in", totals.payments),
        ("fees", "Fees", totals.fees),
        ("refunds", "Refunds", totals.refunds),
        ("disputes", "Disputes", totals.disputes),
        ("payouts", "Payouts to the bank", totals.payouts),
        ("other", "Other", totals.other),
        ("closing", "Closing balance at Stripe", found.closing),
        ("ledger_closing", f'Closing balance of "{statement.account_name}"', statement.told),
        ("difference", "Difference", statement.difference),
    )


def csv_file(statement: Statement) -> bytes:
    """Figures, then what is unmatched, then every line of both sides. An entry's day is the company's."""
    return csv_of(_COLUMNS, _rows(statement))


def _rows(statement: Statement) -> Iterable[Sequence[str]]:
    last, currency = str(statement.subject.last), statement.currency
    for key, words, amount in figures_of(statement):
        yield ("figure", last, words, _digits(amount), currency, "", key, "", "")
    carried = statement.found.carried
    yield ("figure", last, "Of it carried over from before", _digits(carried), currency, "", "carried", "", "")
    for part, matters in (("unmatched", matters_of(statement)), ("recognised", recognised_in(statement))):
        for matter in matters:
            for row in matter.rows:
                ids = " ".join(row.ids)
                why = (cell(matter.sentence), cell(matter.settle))
                yield (part, str(row.day), cell(row.words), _digits(row.difference), currency, "", cell(ids), *why)
    yield from _payout_rows(statement)
    for one in statement.entries:
        words, change = words_of_entry(statement, one), one.change.change_id
        yield ("stripe", str(one.booked_on), cell(words), _digits(one.amount), currency, one.reference, change, "", "")
    for line in statement.lines:
        said, named = cell(words_of_line(line)), (cell(line.reference), cell(line.entry_id))
        yield ("ledger", str(line.booked_on), said, _digits(line.amount), currency, *named, "", "")


def _payout_rows(statement: Statement) -> Iterable[Sequence[str]]:
    """What each payout contains: each line names the payout, then the change."""
    currency = statement.currency
    for one in listed(statement):
        named, said = one.payout.payout_id, heading(one) + (f"; {one.remark}" if one.remark else "")
        yield ("payout", str(one.day), cell(said), _digits(one.sent), currency, "", named, "", "")
        for entry, words in rows_of(statement, one):
            ids = f"{named} {entry.change.change_id}"
            amount = _digits(entry.amount)
            yield ("in_payout", str(entry.booked_on), cell(words), amount, currency, entry.reference, ids, "", "")


def _digits(amount: Money) -> str:
    return str(amount.amount)


def plain(statement: Statement) -> dict[str, object]:
    """For programs: amounts as text of exactly their digits."""
    subject, found = statement.subject, statement.found
    return {
        "company": subject.company,
        "name": subject.name,
        "ledger": subject.ledger_kind,
        "clearing_account": statement.account_name,
        "stripe_account": statement.identity.processor_account,
        "live": statement.live,
        "currency": statement.currency,
        "month": str(subject.month),
        "first": found.first,
        "last": found.last,
        "at": subject.now,
        **{key: _digits(amount) for key, _, amount in figures_of(statement)},
        "ledger_opening": _digits(found.ledger_opening),
        "carried": _digits(found.carried),
        "untold": _digits(statement.untold),
        "matched": found.matched,
        "unmatched": _plain(matters_of(statement), by_hand_words(statement)),
        "recognised": _plain(recognised_in(statement), ""),
        "payout_contents": plain_payouts(statement),
        "unreadable": list(statement.unreadable),
        "other_balances": [{"currency": one.currency, "amount": _digits(one)} for one in statement.apart],
        "settled": statement.settled,
    }


def _plain(matters: Iterable[Matter], by_hand: str) -> list[dict[str, object]]:
    return [
        {
            "cause": matter.cause,
            "sentence": f"{matter.sentence} {by_hand}" if matter.by_hand else matter.sentence,
            "settle": matter.settle,
            "day": row.day,
            "what": row.words,
            "stripe": _digits(row.at_stripe) if row.at_stripe is not None else None,
            "ledger": _digits(row.in_ledger) if row.in_ledger is not None else None,
            "difference": _digits(row.difference),
            "ids": list(row.ids),
        }
        for matter in matters
        for row in matter.rows
    ]
