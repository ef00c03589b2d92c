"""A statement as a page that a bookkeeper prints and files. No scripts, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Final

from connector.domain.message import signed_amount
from connector.domain.money import Money
from connector.papers import page_of
from connector.statement.matters import TITLES, Matter, Row, matters_of, recognised_in
from connector.statement.payouts import heading, listed, rows_of
from connector.statement.remarks import remarks_of, verdict_of
from connector.statement.tables import figures_of
from connector.statement.values import Statement

_SUMS: Final = {"closing", "ledger_closing", "difference"}
_NUMBER: Final = ' style="text-align:right;white-space:nowrap"'
_HOW_TO_READ: Final = """
Amounts are what they do to the clearing account: what came in is above zero, what was taken below. Days are the
company's. Stripe tells no balance of the past: the opening balance is worked back from what it holds now. Every line of
both sides stands in <code>statement.csv</code> beside this page.
"""


def html_page(statement: Statement, version: str) -> bytes:
    """The whole page, UTF-8."""
    subject = statement.subject
    title = f"Reconciliation {subject.month}: {subject.name}"
    matters = matters_of(statement)
    parts = (
        *_head(statement, version),
        *_figures(statement),
        *(f"<p>{escape(one)}</p>" for one in remarks_of(statement, matters)),
        *_matters("To look at", matters),
        *_recognised(recognised_in(statement)),
        *_payouts(statement),
        f'<h2>How to read this</h2><p class="quiet">{_HOW_TO_READ}</p>',
    )
    return page_of(title, "\n".join(parts) + "\n")


def _head(statement: Statement, version: str) -> Iterable[str]:
    subject = statement.subject
    ledger = TITLES.get(subject.ledger_kind, subject.ledger_kind)
    at = subject.now.astimezone(subject.zone)
    yield f"<h1>Stripe clearing reconciliation</h1><p>{escape(subject.name)}</p>"
    facts = (
        ("Period", f"{subject.month.first:%d %b %Y} to {subject.last:%d %b %Y}, both included ({subject.zone})"),
        ("Clearing account", f"{statement.account_name} in {ledger}, in {statement.currency}"),
        ("Stripe account", statement.processor_account),
        ("Matched", f"{statement.found.matched:,} without a question"),
        ("Made", f"{at:%d %b %Y %H:%M %Z}, by Duebird {version}, company {subject.company}"),
    )
    yield "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts) + "</dl>"
    kind = "good" if statement.settled else "bad"
    yield f'<p class="{kind}">{escape(verdict_of(statement))}</p>'


def _figures(statement: Statement) -> Iterable[str]:
    yield '<table class="tight">'
    for key, words, amount in figures_of(statement):
        tag = "th" if key in _SUMS else "td"
        yield f"<tr><{tag}>{escape(words)}</{tag}><{tag}{_NUMBER}>{escape(signed_amount(amount))}</{tag}></tr>"
    yield "</table>"


def _matters(title: str, matters: Sequence[Matter]) -> Iterable[str]:
    if matters:
        yield f"<h2>{escape(title)}</h2>"
    for one in matters:
        yield f"<h3>{escape(one.title)}</h3><p>{escape(one.sentence)} To settle it: {escape(one.settle)}</p>"
        yield from _table(one.rows)


def _recognised(matters: Sequence[Matter]) -> Iterable[str]:
    """Nothing is to be done about these, so they take little room."""
    if not matters:
        return
    yield "<h2>Right in the balance</h2>"
    for one in matters:
        settle = f" {one.settle}" if one.settle else ""
        yield f'<p class="quiet">{escape(f"{one.title}. {one.sentence}{settle}")}</p>'
    yield from _table([row for one in matters for row in one.rows])


def _payouts(statement: Statement) -> Iterable[str]:
    """What came to the bank, and of what it is made: the tables under which the bank's lines are filed."""
    payouts = listed(statement)
    if payouts:
        yield "<h2>What each payout contains</h2>"
    for one in payouts:
        words = heading(one)
        yield f"<h3>{escape(words[:1].upper() + words[1:])}</h3>"
        if one.remark:
            yield f'<p class="quiet">{escape(one.remark[:1].upper() + one.remark[1:])}.</p>'
        if one.entries:
            head = f'<th class="few">Day</th><th style="width:70%">What</th><th{_NUMBER}>Amount</th>'
            yield f'<table class="tight"><tr>{head}</tr>'
            for entry, said in rows_of(statement, one):
                ids = f' <span class="hash">{escape(entry.change.change_id)}</span>'
                amount = f"<td{_NUMBER}>{escape(signed_amount(entry.amount))}</td>"
                yield f"<tr><td>{entry.booked_on:%d %b}</td><td>{escape(said)}{ids}</td>{amount}</tr>"
            yield "</table>"


def _table(rows: Sequence[Row]) -> Iterable[str]:
    head = "".join(f"<th{_NUMBER}>{name}</th>" for name in ("Stripe", "Ledger", "Difference"))
    yield f'<table class="tight"><tr><th class="few">Day</th><th style="width:46%">What</th>{head}</tr>'
    for row in rows:
        shown = (_shown(amount) for amount in (row.at_stripe, row.in_ledger, row.difference))
        sums = "".join(f"<td{_NUMBER}>{escape(one)}</td>" for one in shown)
        ids = f' <span class="hash">{escape(row.some_ids)}</span>'
        yield f"<tr><td>{row.day:%d %b}</td><td>{escape(row.words)}{ids}</td>{sums}</tr>"
    yield "</table>"


def _shown(amount: Money | None) -> str:
    return signed_amount(amount) if amount is not None else "-"
