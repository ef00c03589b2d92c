"""`recover`: what a recovery found, and who would be texted once it is over; or order one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    EXIT_FOUND,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    fail,
    hanging,
    local,
    present,
    print_json,
    read_config,
    screen,
    told,
    zone_of,
)

if TYPE_CHECKING:
    from rich.console import Console

    from connector.assemble import State
    from connector.config import Loaded
    from state.tables import ReceivableRow

SHOWN: Final = 500  # invoices; whoever has more waiting reads the first pages and decides by them
NEWS: Final = " not on record"
UNTOLD: Final = frozenset(("decisions",))  # of no use to a person
BY_HAND: Final = "you ordered it (duebird recover --begin)"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird recover acme")(recover)


def recover(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Left out: every company.")] = None,
    *,
    config: ConfigOption = None,
    begin: Annotated[
        bool, typer.Option("--begin", help="Order a recovery: you put a backup back, or the memory is wrong.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Show what a recovery found at your services, and who would be texted once you resume. Calls no service.

    Sets a damaged database aside first. Exit codes: 0 nothing waits, 3 a recovery is under way or waits for your word.
    """
    with told():
        from connector.setting_aside import open_or_set_aside

        loaded = read_config(config)
        ids = company_ids(loaded, company)
        if begin and company is None:
            fail("--begin needs the company to recover. Nothing was done.\nType: duebird recover COMPANY --begin")
        # Where nothing is on record any more, ordering a recovery is what makes the new database.
        state = open_or_set_aside(loaded, create=begin)
        try:
            for one in ids if begin else []:
                if not state.store.recovery_needed(one, BY_HAND, present()):
                    fail(f"A recovery of {one} is under way already. Nothing was changed.", EXIT_FAILED)
            shown = {one: _one(loaded, state, one) for one in ids}
        finally:
            state.close()
        if as_json:
            print_json(shown)
        else:
            for one, facts in shown.items():
                _print(screen(), loaded, one, facts)
        if any(facts["state"] != "none" for facts in shown.values()):
            raise typer.Exit(EXIT_FOUND)


def _one(loaded: Loaded, state: State, company_id: str) -> dict[str, Any]:
    from state.names import REBUILD
    from state.recovery_facts import progress_of

    hold, pause = state.queries.recovering(company_id), state.queries.paused(company_id)
    progress = progress_of(state.queries.cursor(company_id, REBUILD))
    waits = hold is None and pause is not None and progress is not None and pause.since >= progress.begun_at
    return {
        "state": "rebuilding" if hold else "waits for your word" if waits else "none",
        "why": hold.why if hold else progress.why if progress else None,
        "noticed_at": hold.since if hold else progress.begun_at if progress else None,
        "ended_at": progress.ended_at if progress else None,
        "steps_done": list(progress.done) if progress else [],
        "found": dict(progress.found) if progress else {},
        "not_found": list(progress.missing) if progress else [],
        "would_be_texted": _waiting(loaded, state, company_id) if waits else [],
    }


def _waiting(loaded: Loaded, state: State, company_id: str) -> list[dict[str, Any]]:
    rows = state.queries.waiting_for_resume(company_id, SHOWN)
    customers = state.queries.customers(company_id, list({row.customer_id for row in rows}))
    phones = {one.customer_id: one.phone for one in customers.values()}
    return [_text(loaded, company_id, row, phones.get(row.customer_id)) for row in rows]


def _text(loaded: Loaded, company_id: str, row: ReceivableRow, phone: str | None) -> dict[str, Any]:
    from connector.assemble import policy_of
    from connector.companies import company_settings
    from connector.domain.calendar import local_day
    from connector.domain.dunning import current_step
    from connector.domain.message import plain_amount
    from connector.domain.phone import Phone
    from state.books import receivable_of

    receivable = receivable_of(row)
    policy = policy_of(company_settings(loaded, company_id), payment_account_id=None, live=True)
    step = current_step(receivable, policy.steps, local_day(present(), policy.zone)).step
    return {
        "invoice": receivable.label,
        "customer": receivable.customer_name,
        "phone": Phone(phone).masked if phone else "no mobile number",
        "amount": plain_amount(receivable.balance),
        "step": step.value if step else None,
    }


# ------------------------------------------------------------------------------------------------- on the screen


def _print(console: Console, loaded: Loaded, company_id: str, facts: dict[str, Any]) -> None:
    from rich.text import Text

    from connector.companies import company_settings

    zone = zone_of(loaded, company_id)
    name = company_settings(loaded, company_id).name
    console.print(Text.assemble((name, "bold"), f"  ({company_id})"))
    if facts["noticed_at"] is None:
        console.print("  There was no recovery, and none is needed as far as is known.")
        return
    hanging(console, Text("why", style="dim"), f"{facts['why']} ({local(facts['noticed_at'], zone)})", width=9)
    hanging(console, Text("found", style="dim"), _found(facts["found"]), width=9)
    for sentence in facts["not_found"]:
        hanging(console, Text("not found", style="yellow"), sentence, width=9)
    if facts["state"] == "rebuilding":
        done = len(facts["steps_done"])
        console.print(f"  Your services are being read ({counted(done, 'step')} done). Until then nothing is done.")
        console.print("  If Duebird does not run, start it: duebird run")
        return
    if facts["state"] == "none":
        console.print("  The recovery is over, and texts go out again.")
        return
    _print_waiting(console, company_id, facts["would_be_texted"])


def _found(counts: dict[str, int]) -> str:
    """As in "4 payment links (1 not on record), 3 payments": what was read, and how much of it was news."""
    told = []
    for what, count in counts.items():
        if not count or what.endswith(NEWS) or what in UNTOLD:
            continue
        news = counts.get(what + NEWS, 0)
        told.append(f"{count:,} {what}" + (f" ({news:,}{NEWS})" if news else ""))
    return ", ".join(told) or ("nothing" if counts else "nothing yet")


def _print_waiting(console: Console, company_id: str, waiting: list[dict[str, Any]]) -> None:
    from rich.text import Text

    if not waiting:
        console.print("  No customer would be texted at this moment.")
        console.print(Text(f"  To let texts go again: duebird resume {company_id}", style="cyan"))
        return
    who = len({(one["customer"], one["phone"]) for one in waiting})
    console.print(Text(f"  {counted(who, 'customer')} would be texted once you resume:", style="bold"))
    for one in waiting:
        step = f", step {one['step']}" if one["step"] else ""
        said = f"{one['customer']}, {one['phone']}: invoice {one['invoice']}, {one['amount']}{step}"
        hanging(console, "-", said, width=1, indent=4)
    console.print("  Did any of them tell you to stop, or pay in another way? Then first:")
    console.print("    duebird consent revoke PHONE, or duebird hold INVOICE")
    console.print("  The exact words: duebird preview")
    console.print(Text(f"  To let them go: duebird resume {company_id}", style="cyan"))
