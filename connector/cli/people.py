"""What a person decides: attention, retry, hold, release, pause, resume."""

from __future__ import annotations

import base64
import hashlib
import shlex
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    counted,
    fail,
    hanging,
    local,
    present,
    print_json,
    remembered,
    screen,
    told,
    typed,
    typed_in,
    zone_of,
)

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from connector.assemble import State
    from connector.config import Loaded
    from state.tables import AttentionRow, EffectRow

Subject = Annotated[str, typer.Argument(metavar="INVOICE", help="Its number, or its id in the ledger.")]
CustomerFlag = Annotated[
    bool, typer.Option("--customer", help="It is the name or id of a customer: all invoices of theirs.")
]
Why = Annotated[str, typer.Option(help="For your own memory.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird attention")(attention)
    app.command(epilog="Example: duebird retry MB2XK4TQ")(retry)
    app.command(epilog="Example: duebird hold INV-1042 --why 'called, pays Friday'")(hold)
    app.command(epilog="Example: duebird release INV-1042")(release)
    app.command(epilog="Example: duebird pause acme --why 'holiday'")(pause)
    app.command(epilog="Example: duebird resume acme")(resume)


def attention(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    close: Annotated[
        str | None, typer.Option(metavar="ITEM", help="You settled this item; take it off the list.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """List what only you can settle: what happened, what was not done, and the command to type."""
    with told(), remembered(config) as (loaded, state):
        ids = company_ids(loaded, company)
        rows = [row for one in ids for row in state.queries.attention(one)]
        if close is not None:
            row = _close(state, rows, close, config)
            answer(f"Closed: {row.happened}", {"closed": _item(row)}, as_json=as_json)
        elif as_json:
            print_json([_item(row) for row in rows])
        else:
            _print_items(loaded, rows, config, several=len(ids) > 1)


def item_name(key: str) -> str:
    """What an item is called on the screen: the same whatever else is on the list. 30 bits: enough for one list."""
    return base64.b32encode(hashlib.sha256(key.encode()).digest()).decode()[:6]


def _item(row: AttentionRow) -> dict[str, Any]:
    return {
        "item": item_name(row.key),
        "key": row.key,
        "company": row.company,
        "since": row.opened_at,
        "happened": row.happened,
        "not_done": row.not_done,
        "command": row.command,
    }


def _print_items(loaded: Loaded, rows: list[AttentionRow], config: Path | None, *, several: bool) -> None:
    """Company by company, the one that has waited longest first."""
    from rich.text import Text

    if not rows:
        typer.echo("Nothing needs you.")
        return
    console = screen()
    by_company: dict[str, list[AttentionRow]] = {}
    for row in sorted(rows, key=lambda one: one.opened_at):
        by_company.setdefault(row.company, []).append(row)
    for company, items in by_company.items():
        if several:
            console.print(Text.assemble((company, "bold"), f": {counted(len(items), 'thing')}"))
        for row in items:
            since = local(row.opened_at, zone_of(loaded, company))
            command = (f"→ {typed_in(row.command, config)}", "cyan")
            body = Text.assemble(row.happened, (f"  ({since})\n", "dim"), row.not_done, "\n", command)
            hanging(console, Text(item_name(row.key), style="bold"), body, width=6, indent=2 if several else 0)
        console.print()
    if several:
        where = ", ".join(f"{company} {len(items)}" for company, items in by_company.items())
        verb = "needs" if len(rows) == 1 else "need"
        console.print(Text(f"{counted(len(rows), 'thing')} {verb} you: {where}.", style="bold"))
    console.print(Text(f"When you have settled one: {typed('attention --close ITEM', config)}", style="dim"))


def _close(state: State, rows: list[AttentionRow], wanted: str, config: Path | None) -> AttentionRow:
    """By its name, its key, or the effect it is about. An effect in doubt is left undone for good."""
    found = [
        row for row in rows if wanted.upper() == item_name(row.key) or wanted in {row.key, *row.key.split("/")[2:]}
    ]
    if not found:
        see = typed("attention", config)
        fail(f"There is no item {wanted}. Nothing was changed.\nSee those there are: {see}", EXIT_FAILED)
    if len(found) > 1:
        names = ", ".join(item_name(row.key) for row in found)
        fail(f"{wanted} may be any of these: {names}. Nothing was changed.", EXIT_FAILED)
    row = found[0]
    now = present()
    doubt = row.key.partition("/doubt/")[2].partition("/")[0]
    effect = state.queries.effect(row.company, doubt) if doubt else None
    if effect is not None and effect.status == "uncertain":
        state.store.effects.close_by_person(effect.key, now)
        state.store.review_now(row.company, effect.subject, now)
    state.store.attention_closed(row.company, row.key, "a person", now)
    return row


def retry(
    effect: Annotated[str, typer.Argument(metavar="EFFECT", help="As named by `duebird attention` or `show`.")],
    *,
    first_open_day: Annotated[
        bool, typer.Option("--first-open-day", help="An entry of a closed period: book it on the first day after it.")
    ] = False,
    already_booked: Annotated[
        str | None,
        typer.Option("--already-booked", metavar="ENTRY", help="That entry in the ledger is it: book nothing."),
    ] = None,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Order another try of something that was refused or is in doubt, after you have mended or looked at the cause.

    The service is asked once more whether it happened before anything is sent.
    """
    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            row = state.queries.effect(one, effect)
            if row is None:
                continue
            if row.status not in {"rejected", "uncertain"}:
                fail(f"It is {row.status}: there is nothing to retry. Nothing was changed.", EXIT_FAILED)
            now = present()
            due_at = _ordered(state, row, already_booked, now, first_open_day=first_open_day)
            for kind in ("doubt", "effect"):
                for item in state.queries.attention(one):
                    if item.key.startswith(f"{one}/{kind}/{row.key}"):
                        state.store.attention_closed(one, item.key, "retry ordered", now)
            when = "in the next pass" if due_at <= now else f"from {local(due_at, zone_of(loaded, one))} on"
            answer(
                f"It will be tried again {when}, after a look whether it happened after all.",
                {"company": one, "effect": row.key, "kind": row.kind, "status": "planned"},
                as_json=as_json,
            )
            return
        fail(
            f"Nothing on record is named {effect}. Nothing was changed.\n"
            "Copy the name from `duebird attention` or `duebird show INVOICE`; its first 8 characters are enough.",
            EXIT_FAILED,
        )


def _ordered(
    state: State, row: EffectRow, already_booked: str | None, now: datetime, *, first_open_day: bool
) -> datetime:
    """Order it as it was meant; when it will be tried."""
    from connector.flows.already import may_be_answered, said_of
    from connector.flows.attempts import order_retry
    from connector.flows.closed import ENTRIES, ordered

    if first_open_day and (row.status != "rejected" or row.kind not in ENTRIES):
        fail("Only an entry that was refused can be put on another day. Nothing was changed.", EXIT_FAILED)
    if already_booked and not may_be_answered(row, already_booked):
        fail(f"It does not ask about an entry {already_booked}. Nothing was changed.", EXIT_FAILED)
    if first_open_day:
        return state.store.first_open_day_ordered(row.key, ordered(row), now).due_at
    said = said_of(row, already_booked)
    if said is None:
        return order_retry(state.store.effects, row, now).due_at
    why = f"ordered by a person: the entry {already_booked} is it" if already_booked else "ordered by a person"
    return state.store.entry_recognised(row.key, said, now, why=why, ordered=True).due_at


# ------------------------------------------------------------------------------------------------- hold, release


def hold(
    subject: Subject,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    customer: CustomerFlag = False,
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """Send no texts about an invoice, or to a customer, until you release it. Payments are booked all the same."""
    with told(), remembered(config) as (loaded, state):
        what = _subject(state, company_ids(loaded, company), subject, config, customer=customer)
        state.store.hold(what.company, what.scope, what.id, why, present())
        again = f"release {shlex.quote(subject)}" + " --customer" * customer
        again += f" --company {what.company}" if company else ""  # there may be another of that name elsewhere
        said = f"Held: {what.label}. No texts until: {typed(again, config)}"
        answer(said, what.facts("held"), as_json=as_json)


def release(
    subject: Subject,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    customer: CustomerFlag = False,
    as_json: JsonOption = False,
) -> None:
    """End a hold; or let in an invoice that was issued before the start date."""
    with told(), remembered(config) as (loaded, state):
        what = _subject(state, company_ids(loaded, company), subject, config, customer=customer)
        now = present()
        if state.store.release(what.company, what.scope, what.id, now):
            answer(f"Released: {what.label}.", what.facts("released"), as_json=as_json)
            return
        row = state.queries.receivable(what.company, what.id) if what.scope == "invoice" else None
        if row is not None and row.reason == "baseline":
            state.store.admit(what.company, what.id, now)
            said = (
                f"Let in: {what.label}. It gets its notices from now on, with consent and within the hours as always."
            )
            answer(said, what.facts("let in"), as_json=as_json)
            return
        fail(f"Not held: {what.label}. Nothing was changed.", EXIT_FAILED)


def invoice_named(state: State, companies: list[str], subject: str, config: Path | None) -> Named:
    """The one invoice of that number or id; ends the command where there is none, or several."""
    return _subject(state, companies, subject, config, customer=False)


class Named(NamedTuple):
    """An invoice or a customer that was named."""

    scope: str
    company: str
    id: str
    label: str

    def facts(self, done: str) -> dict[str, str]:
        """For programs."""
        return {"company": self.company, self.scope: self.id, "done": done}


def _subject(state: State, companies: list[str], subject: str, config: Path | None, *, customer: bool) -> Named:
    if customer:
        found = [
            Named("customer", one, customer_id, f"customer {name}")
            for one in companies
            for customer_id, name in state.queries.find_customers(one, subject)
        ]
    else:
        found = [
            Named("invoice", one, row.ledger_id, f"invoice {row.number or row.ledger_id} of {row.customer_name}")
            for one in companies
            for row in state.queries.find_receivables(one, subject)
        ]
    kind = "customer" if customer else "invoice"
    if not found:
        # Customers are known by their invoices, and found there by a part of the name.
        see = (
            f"invoices --all --find {shlex.quote(subject.split(maxsplit=1)[0])}"
            if customer and subject.split()
            else "invoices --all"
        )
        fail(
            f"No {kind} {subject} is on record. Nothing was changed.\nSee those there are: {typed(see, config)}",
            EXIT_FAILED,
        )
    if len(found) > 1:
        where = ", ".join(f"{one.id} of {one.company}" for one in found)
        fail(
            f"Several {kind}s are called {subject}. Nothing was changed.\nUse the id, with --company: {where}.",
            EXIT_FAILED,
        )
    return found[0]


# ------------------------------------------------------------------------------------------------- pause, resume


def pause(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Left out: every company.")] = None,
    *,
    config: ConfigOption = None,
    why: Why = "",
    as_json: JsonOption = False,
) -> None:
    """Send no texts until `duebird resume`. Works at once, also offline; payments are booked all the same."""
    with told(), remembered(config) as (loaded, state):
        ids = company_ids(loaded, company)
        for one in ids:
            state.store.pause(one, why or "paused by you", present())
            if not as_json:
                typer.echo(f"Paused: {one} sends no texts until: {typed(f'resume {one}', config)}")
        if as_json:
            print_json({"paused": ids})


def resume(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Left out: every company.")] = None,
    *,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let texts go out again. See first who would get one: duebird preview."""
    with told(), remembered(config) as (loaded, state):
        resumed = []
        for one in company_ids(loaded, company):
            if state.queries.recovering(one):
                said = (
                    f"{one} is being rebuilt from its services, and sends no texts before that is done. "
                    f"See: duebird recover {one}"
                )
            elif state.store.resume(one, present()):
                resumed.append(one)
                said = f"Resumed: {one} sends texts again, within its hours and caps."
            else:
                said = f"{one} was not paused."
            if not as_json:
                typer.echo(said)
        if as_json:
            print_json({"resumed": resumed})
