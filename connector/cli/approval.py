"""`approve`, `refuse`, `go-live`: the owner's word before texts go out."""

from __future__ import annotations

import getpass
import sys
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    EXIT_USAGE,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    counted,
    fail,
    hanging,
    one_company,
    present,
    print_json,
    read_config,
    remembered,
    screen,
    told,
    typed,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from connector.assemble import State
    from connector.domain.approval import Verdict
    from connector.forecast import Forecast
    from state.views import Waiting

MOST: Final = 1000  # texts that are shown or approved at once; who has more goes live
NAMED: Final = 5  # customers whom a question names; the list has all

Invoices = Annotated[
    list[str] | None, typer.Argument(metavar="[INVOICE...]", help="Their numbers, or their ids in the ledger.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask whether you mean it.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird approve INV-1042")(approve)
    app.command(epilog="Example: duebird refuse INV-1042")(refuse)
    app.command("go-live", epilog="Example: duebird go-live acme")(go_live)


def user() -> str:
    """Who types: the user of the operating system, as approvals are signed."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container may run under a number without a name
        return "an unnamed user"


def agreed(question: str, *, yes: bool, needed: bool) -> bool:
    """Ask where there is a terminal. Without one, what is `needed` to be asked goes on with --yes only."""
    if yes:
        return True
    if sys.stdin.isatty():
        return typer.confirm(question)
    if needed:
        fail(f"{question}\nNothing was changed. Add --yes to answer yes.", EXIT_USAGE)
    return True


# --------------------------------------------------------------------------------------------- approve, refuse


def approve(
    invoices: Invoices = None,
    *,
    everything: Annotated[bool, typer.Option("--all", help="All that wait.")] = False,
    config: ConfigOption = None,
    company: CompanyOption = None,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """List the texts that wait for your approval, with their words; or approve those of some invoices, or all.

    An approval is for one step of one invoice with that amount and that number: should one of them change before the
    text is out, you are asked again. Consent, hours and caps hold all the same.
    """
    from connector.domain.approval import Verdict

    with told(), remembered(config) as (loaded, state):
        waiting = {one: state.queries.awaiting(one, MOST) for one in company_ids(loaded, company)}
        if not invoices and not everything:
            _list(waiting, config, as_json=as_json)
            return
        if invoices and everything:
            fail("Name invoices, or use --all: not both. Nothing was approved.", EXIT_USAGE)
        chosen = _chosen(state, waiting, invoices, config) if invoices else _all(waiting)
        if not chosen:
            answer("No text waits for your approval.", {"approved": []}, as_json=as_json)
            return
        question = f"Approve {_whom(chosen)}?"
        if not agreed(question, yes=yes, needed=everything):
            answer("Nothing was approved.", {"approved": []}, as_json=as_json)
            return
        _say(state, chosen, Verdict.APPROVED)
        said = f"Approved: {_whom(chosen)}. They go out within the hours for texts, if nothing else stands in the way."
        answer(said, {"approved": [_facts(one) for one in chosen]}, as_json=as_json)


def refuse(
    invoices: Annotated[
        list[str], typer.Argument(metavar="INVOICE...", help="Their numbers, or their ids in the ledger.")
    ],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say no to the text that waits about an invoice. You are asked again at its next step, or for another amount.

    To have no texts about an invoice at all: duebird hold.
    """
    from connector.domain.approval import Verdict

    with told(), remembered(config) as (loaded, state):
        waiting = {one: state.queries.awaiting(one, MOST) for one in company_ids(loaded, company)}
        chosen = _chosen(state, waiting, invoices, config)
        _say(state, chosen, Verdict.REFUSED)
        answer(f"Refused: {_whom(chosen)}.", {"refused": [_facts(one) for one in chosen]}, as_json=as_json)


def _say(state: State, chosen: list[Waiting], verdict: Verdict) -> None:
    by, now = user(), present()
    for company in dict.fromkeys(one.receivable.company for one in chosen):
        asked = [one.asked for one in chosen if one.receivable.company == company]
        state.store.said(company, asked, verdict, by, now)


def _all(waiting: dict[str, list[Waiting]]) -> list[Waiting]:
    return [one for found in waiting.values() for one in found]


def _chosen(state: State, waiting: dict[str, list[Waiting]], invoices: list[str], config: Path | None) -> list[Waiting]:
    """Those that were named, each once; the whole command fails where one of them does not wait."""
    chosen: dict[tuple[str, str], Waiting] = {}
    for name in invoices:
        known = [row for row in state.queries.find_receivables(None, name) if row.company in waiting]
        ids = {(row.company, row.ledger_id) for row in known}
        found = [one for one in _all(waiting) if (one.receivable.company, one.receivable.ledger_id) in ids]
        # One that was refused is asked about no more, but may still be approved.
        found += [one for row in known if (one := _refused(state, row.company, row.ledger_id)) is not None]
        if len(found) > 1:
            where = ", ".join(f"{one.receivable.ledger_id} of {one.receivable.company}" for one in found)
            fail(f"{name} may be any of these: {where}. Nothing was changed.\nUse the id, with --company.", EXIT_FAILED)
        if not found:
            _no_such(name, [row.reason for row in known], config)
        chosen[found[0].receivable.company, found[0].receivable.ledger_id] = found[0]
    return list(chosen.values())


def _refused(state: State, company: str, ledger_id: str) -> Waiting | None:
    from connector.domain.dunning import Reason
    from state.views import Waiting

    row = state.queries.receivable(company, ledger_id)
    if row is None or row.reason != Reason.NOT_APPROVED:
        return None
    said = [one for one in state.queries.words_on(company, ledger_id) if not one.void]
    return Waiting(row, said[-1]) if said else None


def _no_such(name: str, reasons: list[str], config: Path | None) -> None:
    from connector.domain.dunning import SENTENCES, Reason

    why = f"No invoice {name} is on record." if not reasons else f"No text about {name} waits for your approval."
    known = f" Of it is known: {SENTENCES[Reason(reasons[0])]}." if reasons else ""
    fail(f"{why}{known} Nothing was changed.\nSee those that wait: {typed('approve', config)}", EXIT_FAILED)


def _whom(chosen: list[Waiting]) -> str:
    """As in "3 texts to 2 customers: Dana Reed, Sam Field"."""
    names = list(dict.fromkeys(one.receivable.customer_name for one in chosen))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return f"{counted(len(chosen), 'text')} to {counted(len(names), 'customer')}: {', '.join(names[:NAMED])}{more}"


def _facts(one: Waiting) -> dict[str, Any]:
    from connector.domain.approval import shown
    from connector.domain.money import Money
    from connector.domain.phone import Phone
    from connector.domain.segments import segments

    asked = one.asked
    return {
        "company": one.receivable.company,
        "invoice": one.receivable.number or one.receivable.ledger_id,
        "id": one.receivable.ledger_id,
        "customer": one.receivable.customer_name,
        "phone": Phone(asked.phone).masked,
        "amount": str(Money.from_minor(asked.amount, asked.currency).amount),
        "currency": asked.currency,
        "step": asked.step,
        "words": shown(asked.body),
        "segments": segments(asked.body),
        "asked_at": asked.at,
        "changed": _changed(one),
    }


def _changed(one: Waiting) -> str | None:
    """What an earlier approval was for, where something of it has changed since."""
    from connector.domain.message import plain_amount
    from connector.domain.money import Money
    from connector.domain.phone import Phone

    if one.changed is None:
        return None
    amount = plain_amount(Money.from_minor(one.changed.amount, one.changed.currency))
    return f"{one.changed.by} approved it over {amount} to {Phone(one.changed.phone).masked}; that has changed since"


def _list(waiting: dict[str, list[Waiting]], config: Path | None, *, as_json: bool) -> None:
    from rich.text import Text

    rows = [_facts(one) for one in _all(waiting)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        typer.echo("No text waits for your approval.")
        return
    console = screen()
    several = len(waiting) > 1
    for one in rows:
        where = f"{one['company']}: " if several else ""
        about = f"{where}invoice {one['invoice']} of {one['customer']}, {one['amount']} {one['currency']}"
        console.print(Text.assemble((about, "bold")))
        cost = f"{one['step']} text to {one['phone']}, {counted(one['segments'], 'segment')}"
        hanging(console, "", Text(cost, style="dim"), width=2, indent=0)
        hanging(console, "", Text(one["words"]), width=2, indent=0)
        if one["changed"]:
            hanging(console, "", Text(f"Asked again: {one['changed']}.", style="yellow"), width=2, indent=0)
    console.print(
        Text(
            f"\nTo let them go: {typed('approve INVOICE...', config)} or {typed('approve --all', config)}; "
            f"to say no: {typed('refuse INVOICE', config)}",
            style="dim",
        )
    )


# ------------------------------------------------------------------------------------------------------ go-live


def go_live(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Needed where there are several.")] = None,
    *,
    back: Annotated[
        bool, typer.Option("--back", help="The other way: back into draft, at once, also offline.")
    ] = False,
    config: ConfigOption = None,
    yes: Yes = False,
    as_json: JsonOption = False,
) -> None:
    """Say in numbers what will be sent in the next 7 days, ask, and take the company out of draft."""
    with told():
        if back:
            _back(config, company, as_json=as_json)
            return
        from connector.forecast import forecast

        loaded = read_config(config, with_secrets=True, company=company)
        one = one_company(loaded, company)
        with working(f"Reading the books of {one} ..."):
            found = forecast(loaded, one, MOST)
        if not as_json:
            _print_forecast(one, found)
        question = (
            f"Let {one} send {counted(found.total, 'text')} to {counted(len(found.numbers), 'number')} by itself?"
        )
        if not agreed(question, yes=yes, needed=True):
            answer("Nothing was changed.", {"company": one, "live": not found.draft, **found.facts()}, as_json=as_json)
            return
        with remembered(config, create=True) as (_, state):
            state.store.went_live(one, user(), present())
        said = f"{one} is live: what is due goes out within its hours. Back: {typed(f'go-live {one} --back', config)}"
        answer(said, {"company": one, "live": True, **found.facts()}, as_json=as_json)


def _back(config: Path | None, company: str | None, *, as_json: bool) -> None:
    with remembered(config) as (loaded, state):
        from connector.companies import company_settings

        one = one_company(loaded, company)
        if not company_settings(loaded, one).approval.draft_first:
            fail(
                f'Company "{one}" has draft_first = false in {loaded.path}: it is never in draft.\n'
                "Nothing was changed. Set it to true first.",
                EXIT_FAILED,
            )
        went = state.store.went_back_to_draft(one, user(), present())
        said = f"{one} is in draft: nothing goes out that you have not approved." if went else f"{one} was in draft."
        answer(said, {"company": one, "live": False, "changed": went}, as_json=as_json)


def _of_caps(found: Forecast) -> Iterator[str]:
    spans = ((found.per_hour, "an hour"), (found.per_day, "a day"))
    caps = [f"{cap:,} {span}" for cap, span in spans if cap is not None]
    if caps:
        waits = f": {counted(found.later, 'text')} would wait for them." if found.later else "."
        yield f"No more than {' and '.join(caps)} go out, by the caps in the settings{waits}"
    if found.floods:
        days = ", ".join(f"{day:%a %d %b}" for day in found.floods)
        yield f"On {days} Duebird would stop and ask: more than usual ({found.usual_day:,} a day, caps.usual_day)."


def _print_forecast(company: str, found: Forecast) -> None:
    from rich.text import Text

    console = screen()
    console.print(Text.assemble((company, "bold"), "  in the next 7 days, by today's books, if nothing is paid:"))
    for day, steps in sorted(found.texts.items()):
        each = ", ".join(f"{count:,} {step}" for step, count in sorted(steps.items()))
        hanging(console, f"{day:%a %d %b}", f"{counted(sum(steps.values()), 'text')} ({each})", width=10)
    cost = counted(found.segments, "segment")
    console.print(f"{counted(found.total, 'text')} to {counted(len(found.numbers), 'number')}, {cost} in all.")
    if found.asks:
        console.print(f"{found.asks:,} of them would still wait for your approval, as the settings say.")
    for line in _of_caps(found):
        console.print(line)
    for why, count in found.withheld.most_common():
        hanging(console, Text(f"{count:,}", style="dim"), f"without a text: {why}", width=4)
    if found.more:
        console.print(f"There are more open invoices; the first {MOST:,} were looked at.")
    if not found.draft:
        console.print(f"{company} is live already.")
