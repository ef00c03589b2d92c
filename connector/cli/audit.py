"""`audit`: what the services hold, read anew and held against what must always be true."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FOUND,
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    fail,
    hanging,
    present,
    print_json,
    read_config,
    screen,
    told,
    working,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rich.console import Console

    from connector.auditing import Audit
    from connector.config import Loaded
    from connector.domain.invariants import Finding, LookAt

USUAL_REACH: Final = timedelta(days=90)  # a quarter: what a bookkeeper looks at together, in some twenty calls
TITLES: Final = {"quickbooks": "QuickBooks", "xero": "Xero", "stripe": "Stripe", "twilio": "Twilio"}
# Where to click, by the ledger's kind or the service, and by what it is.
_PLACES: Final = {
    ("quickbooks", "invoice"): "QuickBooks, Sales > Invoices",
    ("quickbooks", "payment"): "QuickBooks, Sales > All sales",
    ("xero", "invoice"): "Xero, Business > Invoices",
    ("xero", "payment"): "Xero, Business > Invoices, on the invoice",
    ("processor", "payment link"): "Stripe, Payment Links",
    ("processor", "payment"): "Stripe, Transactions",
    ("processor", "refund"): "Stripe, Transactions",
    ("messenger", "text"): "Twilio, Monitor > Logs > Messaging",
    ("messenger", "reply"): "Twilio, Monitor > Logs > Messaging",
}

_SINGULAR: Final = {
    "payment links": "payment link",
    "payments": "payment",
    "texts": "text",
    "replies": "reply",
    "bookings": "booking",
    "invoices": "invoice",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird audit --since 2026-11-01")(audit)


def audit(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    since: Annotated[
        str | None,
        typer.Option(metavar="DATE", help="How far back, as 2026-11-01.", show_default="90 days, or the start date"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Read what your services hold, and see that nobody was texted twice and every payment is booked once.

    Only reads, and believes nothing that Duebird itself remembers. Ends with 3 when something is not right.
    """
    with told():
        loaded = read_config(config, with_secrets=True)
        wanted = _day(since)
        done = {one: _one(loaded, one, wanted) for one in company_ids(loaded, company)}
        if as_json:
            print_json({one: _plain(*result) for one, result in done.items()})
        else:
            console = screen()
            for place, (one, result) in enumerate(done.items()):
                if place:
                    console.print()
                _print(console, loaded, one, *result)
        if any(_violations(result.findings) for result, _ in done.values()):
            raise typer.Exit(EXIT_FOUND)


def _day(since: str | None) -> date | None:
    if since is None:
        return None
    try:
        return date.fromisoformat(since)
    except ValueError:
        raise typer.BadParameter(f"{since} is no date. Write it as 2026-11-01.", param_hint="--since") from None


def _one(loaded: Loaded, company_id: str, since: date | None) -> tuple[Audit, Mapping[str, int]]:
    from connector import assemble
    from connector.assemble_readers import CallCounter, SitsOut, readers
    from connector.auditing import Subject
    from connector.auditing import audit as read_and_check
    from connector.companies import company_settings
    from connector.domain.calendar import local_day, start_of_day

    settings = company_settings(loaded, company_id)
    now = present()
    with _budget(loaded, company_id) as (budget, expected):
        counter = CallCounter(budget)
        patience = SitsOut(assemble.system_clock())
        parts = readers(loaded, company_id, assemble.system_clock(), counter, patience)
        policy = assemble.policy_of(settings, payment_account_id=None, live=parts.processor.account().live)
        day = since or max(policy.start_on, local_day(now - USUAL_REACH, policy.zone))
        start = start_of_day(day, policy.zone)
        if start >= now:
            fail(f"{day} has not come yet in {settings.timezone}. Nothing was read.")
        subject = Subject(company_id, parts.ledger_kind, parts.tenant_id, policy, start, now)
        some = f", in some {expected} calls" if expected else ""
        with working(f"Reading what the services hold of {settings.name} since {day}{some}:") as say:
            patience.say = say
            result = read_and_check(subject, parts.ledger, parts.processor, parts.messenger, say)
    return result, counter.made


@contextmanager
def _budget(loaded: Loaded, company_id: str) -> Iterator[tuple[Any, int]]:
    """The company's budget of calls, counted beside the daemon's, and about how many there will be.

    No budget, and 0, where nothing is on record yet or any more.
    """
    from connector import assemble
    from connector.auditing import calls_expected
    from connector.companies import company_settings, limits
    from connector.errors import DatabaseTrouble
    from connector.flows.budget import Budget

    try:
        state = assemble.open_state(loaded.state_dir, create=False)
    except DatabaseTrouble:
        yield None, 0  # an audit needs none of it: after a loss it is just what one wants
        return
    settings = company_settings(loaded, company_id)
    budget = Budget(company_id, limits(loaded, settings), state.queries, state.store, assemble.system_clock())
    try:
        counts = state.queries.counts(company_id)
        yield budget, calls_expected(counts["texts"], counts["open"])
    finally:
        try:
            budget.flush()
        finally:
            state.close()


def _violations(findings: Sequence[Finding]) -> list[Any]:
    from connector.domain.invariants import broken

    return list(broken(findings))


# ------------------------------------------------------------------------------------------------ for programs


def _plain(result: Audit, calls: Mapping[str, int]) -> dict[str, Any]:
    from connector.auditing import command_for
    from connector.domain.invariants import INVARIANTS, Violation

    records = result.records

    def shown(finding: Finding) -> dict[str, Any]:
        facts = {
            "invariant": finding.number,
            "look_at": [
                {"service": one.service, "what": one.what, "id": one.object_id, "words": one.words}
                for one in finding.look_at
            ],
            "command": command_for(records, finding),
        }
        if isinstance(finding, Violation):
            return {"sentence": finding.sentence, "harm": finding.harm, **facts}
        return {"why": finding.why, **facts}

    found = [one for one in result.findings if isinstance(one, Violation)]
    untold = [one for one in result.findings if not isinstance(one, Violation)]
    return {
        "since": records.since,
        "at": records.at,
        "read": _read(result),
        "calls": dict(calls),
        "invariants": [{"number": one.number, "sentence": one.sentence} for one in INVARIANTS],
        "violations": [shown(one) for one in found],
        "not_checkable": [shown(one) for one in untold],
    }


def _read(result: Audit) -> dict[str, int]:
    records = result.records
    return {
        "payment links": len(records.processor.links),
        "payments": len(records.processor.payments),
        "texts": len(records.messenger.texts),
        "replies": len(records.messenger.replies),
        "bookings": len(records.ledger.entries),
        "invoices": len(records.ledger.invoices),
    }


# ------------------------------------------------------------------------------------------------- on the screen


def _print(console: Console, loaded: Loaded, company_id: str, result: Audit, calls: Mapping[str, int]) -> None:
    from rich.text import Text

    from connector.companies import company_settings
    from connector.domain.invariants import INVARIANTS, Violation

    settings = company_settings(loaded, company_id)
    since: datetime = result.records.since or result.records.at
    zone = result.records.rules.zone
    console.print(Text.assemble((settings.name, "bold"), f"  ({company_id}), since {since.astimezone(zone):%d %b %Y}"))
    read = ", ".join(counted(count, _SINGULAR[what], what) for what, count in _read(result).items())
    made = ", ".join(f"{TITLES[name]} {count:,}" for name, count in sorted(calls.items()))
    hanging(console, Text("read", style="dim"), read, width=5)
    hanging(console, Text("calls", style="dim"), made, width=5)
    found = [one for one in result.findings if isinstance(one, Violation)]
    untold = [one for one in result.findings if not isinstance(one, Violation)]
    if found:
        console.print(Text(f"\n{counted(len(found), 'thing is', 'things are')} not right:", style="bold red"))
    for one in found:
        body = Text.assemble((_named(one.sentence), "bold"), "\n", _named(one.harm))
        hanging(console, Text(f"{one.number}", style="bold red"), body, width=2)
        _print_objects(console, settings.ledger.kind, result, one)
    concerned = {one.number for one in result.findings}
    held = [one for one in INVARIANTS if one.number not in concerned]
    if held:
        console.print("\nWhat holds, of everything that was read:")
    for invariant in held:
        hanging(console, Text(f"{invariant.number}", style="green"), invariant.sentence, width=2)
    if untold:
        console.print("\nWhat these services do not tell, or you must look at yourself:")
    for doubt in untold:
        hanging(console, Text(f"{doubt.number}", style="yellow"), _named(doubt.why), width=2)
        if doubt.look_at:
            _print_objects(console, settings.ledger.kind, result, doubt)
    if not found:
        console.print(Text("\nNothing was found that is not right.", style="bold"))


def _print_objects(console: Console, ledger_kind: str, result: Audit, finding: Finding) -> None:
    from rich.text import Text

    from connector.auditing import command_for

    for one in finding.look_at:
        words = f"  ({one.words})" if one.words else ""
        body = Text.assemble(f"{one.what} {one.object_id}{words}", "\n", (_place(ledger_kind, one), "dim"))
        hanging(console, "-", body, width=1, indent=6)
    hanging(console, "→", Text(command_for(result.records, finding), style="cyan"), width=1, indent=6)


def _named(sentence: str) -> str:
    """The engine does not know whose accounts they are; a bookkeeper knows them by their names only."""
    return sentence.replace("the processor", "Stripe").replace("the messaging service", "Twilio")


def _place(ledger_kind: str, one: LookAt) -> str:
    room = ledger_kind if one.service == "ledger" else one.service.value
    return _PLACES.get((room, one.what), TITLES.get(room, room))
