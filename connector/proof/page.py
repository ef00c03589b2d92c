"""A proof as a page that a person reads and prints. No scripts, nothing loaded from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from connector.domain.consent import ConsentMethod, ConsentState
from connector.domain.consent_chain import Entry
from connector.papers import page_of
from connector.proof.values import Message, Person, Proof

_STANDS: Final = {
    ConsentState.GRANTED: "agrees to texts",
    ConsentState.REVOKED: "wants no texts",
    ConsentState.NONE: "has no consent on record",
}
_PURPOSES: Final = {
    "notice": "notice",
    "receipt": "receipt",
    "owner": "word to the owner",
    "request": "request for consent",
}
_METHODS: Final = {
    ConsentMethod.FORM: "on a form",
    ConsentMethod.PAPER: "on paper",
    ConsentMethod.VERBAL: "by word of mouth",
    ConsentMethod.REPLY: "by text",
    ConsentMethod.ANSWER: "by YES to the request",
    ConsentMethod.LEDGER_MARKER: "by a marker in the ledger",
    ConsentMethod.IMPORT: "by a list that was imported",
    ConsentMethod.CARRIER: "told by the carrier",
}
_SAID: Final = {
    ConsentState.GRANTED: "agreed",
    ConsentState.REVOKED: "wanted no more texts",
    ConsentState.NONE: "taken back",
}


def html_page(proof: Proof) -> bytes:
    """The whole page, UTF-8."""
    title = f"Proof of consent: {proof.business}"
    body = "\n".join((*_head(proof), *_contents(proof), *(_section(*one) for one in enumerate(proof.people, 1))))
    return page_of(title, f"{body}\n{_foot(proof)}\n")


def _head(proof: Proof) -> Iterable[str]:
    yield f"<h1>Proof of consent to text messages</h1><p>{escape(proof.business)}</p>"
    texts = sum(len(one.messages) for one in proof.people)
    facts = [
        ("Period", f"{_day(proof.since)} to {_day(proof.until)}, both included ({proof.zone})"),
        ("About", f"{_many(len(proof.people), 'number')}" + (", all there are" if proof.whole else "")),
        ("Texts in it", str(texts)),
        ("Consent rule", _rule(proof.rule)),
        ("Made", f"{_moment(proof.made_at, proof.zone)}, by Duebird {proof.version}"),
        ("Company", f"{proof.company} in the configuration of Duebird"),
    ]
    yield "<dl>" + "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in facts) + "</dl>"
    if proof.unproved:
        yield (
            f'<p class="bad">{_many(proof.unproved, "text")} went out, or may have, without a consent in the register '
            "at that moment. Each is marked below.</p>"
        )
    elif texts:
        yield '<p class="good">For every text to a customer the register held a consent when it was sent.</p>'
    yield from _register(proof)


def _register(proof: Proof) -> Iterable[str]:
    count = _many(proof.entries, "entry", "entries")
    if proof.flaws:
        yield f'<p class="bad">The consent register ({count}) is not as it was written:</p><ul>'
        yield "".join(f"<li>{escape(one)}</li>" for one in proof.flaws) + "</ul>"
    else:
        yield (
            f'<p class="good">The consent register is whole: each of its {count} follows by its hash on the one before '
            "it, and the journal kept beside the database holds the same.</p>"
        )
    yield (
        f'<p>Head of the register: <span class="hash">{proof.head}</span></p>'
        '<p class="quiet">Keep this line. Whoever has it can see later, with '
        f"<code>duebird consent verify --company {escape(proof.company)} --expect HEAD</code>, whether anything that "
        "stood in the register then was changed since.</p>"
    )


def _contents(proof: Proof) -> Iterable[str]:
    if len(proof.people) < 2:  # noqa: PLR2004  one needs no list
        return
    rows = "".join(
        f'<tr><td><a href="#n{number}">{_who(one)}</a></td><td>{escape(one.phone.e164)}</td>'
        f"<td>{_stands(one)}</td><td>{len(one.messages)}</td><td>{len(one.replies)}</td></tr>"
        for number, one in enumerate(proof.people, 1)
    )
    head = "".join(_column(name) for name in ("Customer", "Number", "Today", "Texts", "Replies"))
    yield f"<table><tr>{head}</tr>{rows}</table>"


def _section(number: int, person: Person) -> str:
    zones = (
        f" The number may be in one of {person.zones_possible} time zones; texts go out when it is day in all of them."
        if person.zones_possible > 1
        else ""
    )
    title = (
        f'<section id="n{number}"><h2>{_who(person)}</h2>'
        f"<p>{escape(person.phone.e164)} &nbsp; {_stands(person)}</p>"
        f'<p class="quiet">Times are those of {escape(str(person.zone))}.{zones}</p>'
    )
    parts = [
        title,
        _consents(person),
        _messages(person),
        _table("Replies", ("Received", "Words", "Taken as"), _replies(person), "No replies in this period."),
        _table("Payments", ("Paid", "Invoice", "Amount", "At the processor"), _payments(person), ""),
        "</section>",
    ]
    return "\n".join(part for part in parts if part)


def _consents(person: Person) -> str:
    rows = [_consent(person, one) for one in person.entries]
    none = (
        "It is the business's own number." if person.is_owner else "There is nothing in the register about this number."
    )
    return _table("Consent, all entries", ("Said", "What", "Evidence", "Entry"), rows, none)


def _consent(person: Person, entry: Entry) -> str:
    record = entry.record
    source = f'<br><span class="quiet">from {escape(record.source)}</span>' if record.source else ""
    entered = (
        f"<br>entered {_moment(entry.entered_at, person.zone)}"
        if entry.entered_at
        else "<br>entered before that was noted"
    )
    return (
        f'<tr><td class="when">{_moment(record.recorded_at, person.zone)}</td>'
        f"<td>{_SAID[record.state]}, {_METHODS[record.method]}"
        + (f"<br>“{escape(record.wording)}”" if record.wording else "")
        + f"</td><td>{escape(record.evidence) or '-'}{source}<br>"
        f'<span class="quiet">recorded by {escape(record.recorded_by)}{entered}</span></td>'
        f'<td>{entry.place}<br><span class="hash">{entry.entry_hash}</span></td></tr>'
    )


def _messages(person: Person) -> str:
    rows = [_message(person, one) for one in person.messages]
    return _table("Texts", ("Sent", "Words", "Delivery", "Consent then"), rows, "No texts in this period.")


def _message(person: Person, message: Message) -> str:
    why = _PURPOSES.get(message.purpose, message.purpose)
    about = f"{why}, invoice {message.invoice}" if message.invoice else why
    words = escape(message.body) if message.body else '<span class="quiet">the words are not on record</span>'
    error = f"<br>{escape(message.error_code)}" if message.error_code else ""
    return (
        f'<tr><td class="when">{_moment(message.at, person.zone)}<br><span class="quiet">{escape(about)}</span></td>'
        f'<td class="words">{words}</td>'
        f'<td>{escape(message.state)}{error}<br><span class="hash">{escape(message.text_id)}</span></td>'
        f"<td>{_permission(person, message)}</td></tr>"
    )


def _permission(person: Person, message: Message) -> str:
    if person.is_owner:
        return "own number"
    entry = message.permission.entry
    if message.permission.by_number:
        return "none on record; by the settings a number that was given does"
    of = f" entry {entry.place}, {_short_day(entry.record.recorded_at, person.zone)}" if entry else ""
    if message.permission.given:
        return f'<span class="good">yes:</span>{of}'
    if message.permission.state is ConsentState.REVOKED:
        return f'<span class="bad">no:</span>{of}'
    return '<span class="bad">none on record</span>'


def _replies(person: Person) -> list[str]:
    return [
        f'<tr><td class="when">{_moment(one.at, person.zone)}</td><td class="words">{escape(one.body)}</td>'
        f"<td>{escape(one.meaning.replace('_', ' '))}</td></tr>"
        for one in person.replies
    ]


def _payments(person: Person) -> list[str]:
    return [
        f'<tr><td class="when">{_moment(one.at, person.zone)}</td><td>{escape(one.invoice)}</td>'
        f"<td>{escape(str(one.amount))}</td><td>{'booked' if one.booked else escape(one.state)}<br>"
        f'<span class="hash">{escape(one.payment_id)}</span></td></tr>'
        for one in person.payments
    ]


def _table(title: str, names: tuple[str, ...], rows: list[str], none: str) -> str:
    if not rows:
        return f'<h3>{escape(title)}</h3><p class="quiet">{escape(none)}</p>' if none else ""
    head = "".join(_column(name) for name in names)
    return f"<h3>{escape(title)}</h3><table><tr>{head}</tr>{''.join(rows)}</table>"


_WIDTHS: Final = {
    **dict.fromkeys(("Said", "Sent", "Received", "Paid"), "at"),
    **dict.fromkeys(("Delivery", "Consent then", "Taken as", "Number", "Today", "Amount"), "mid"),
    **dict.fromkeys(("Entry", "At the processor"), "hashes"),
    **dict.fromkeys(("Texts", "Replies"), "few"),
}
_HOW_TO_READ: Final = """
<b>Consent then</b> is what the register held at the moment of the text: only entries that were in it already,
nothing that came later. <b>Said</b> is when the customer said so, <i>entered</i> when it was written into the
register. Words are exactly those that were sent; card numbers in replies were taken out before they were
stored. <b>Delivery</b> is what the carrier reported last. The hash of an entry is SHA-256 over its contents and
the hash before it; <code>proof.json</code> beside this page has every field of it, and the documentation of
Duebird (decision 0010) the exact form. <code>SHA256SUMS</code> lists the files of this folder.
"""


def _column(name: str) -> str:
    width = _WIDTHS.get(name)
    return f'<th class="{width}">{escape(name)}</th>' if width else f"<th>{escape(name)}</th>"


def _foot(proof: Proof) -> str:
    return (
        f'<h2>How to read this</h2><p class="quiet">{_HOW_TO_READ} This page holds whole phone numbers of customers of '
        f"{escape(proof.business)}.</p>"
    )


def _who(person: Person) -> str:
    if person.is_owner:
        return "The business itself"
    return escape(", ".join(person.names)) or "Not named in the ledger"


def _stands(person: Person) -> str:
    if person.is_owner:
        return "own number"
    kind = (
        "good" if person.stands is ConsentState.GRANTED else "bad" if person.stands is ConsentState.REVOKED else "quiet"
    )
    return f'<span class="{kind}">{_STANDS[person.stands]}</span>'


def _rule(rule: str) -> str:
    return {
        "record": "only a consent in the register permits a text",
        "ledger_marker": "a consent in the register, or the customer's marker in the ledger",
        "number_given": "a consent in the register, or the number given to the business for its invoices",
    }.get(rule, rule)


def _moment(at: datetime, zone: ZoneInfo) -> str:
    there = at.astimezone(zone)
    offset = there.strftime("%z")
    name = there.tzname() or ""
    zone_name = "" if name.startswith(("+", "-")) else f"{name}, "
    # A true minus, where no line is broken.
    sign = "UTC" if there.utcoffset() == UTC.utcoffset(None) else f"UTC{offset[:3]}:{offset[3:]}".replace("-", "\u2212")
    return f"{there:%a} {there.day} {there:%b %Y}, {there:%H:%M:%S} ({zone_name if sign != name else ''}{sign})"


def _day(day: object) -> str:
    return f"{day:%d %B %Y}".lstrip("0")


def _short_day(at: datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%d %b %Y}".lstrip("0")


def _many(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
