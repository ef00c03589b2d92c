"""What a person decides: attention, retry, hold, release, consent."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    fail,
    one_company,
    present,
    print_json,
    remembered,
    told,
)

if TYPE_CHECKING:
    from connector.assemble import State
    from state.tables import AttentionRow, ReceivableRow

Invoice = Annotated[str, typer.Argument(metavar="INVOICE", help="Its number, or its id in the ledger.")]
CustomerFlag = Annotated[bool, typer.Option("--customer", help="The name is a customer's id: all its invoices.")]

consent_app = typer.Typer(no_args_is_help=True, help="Who agreed to texts: import, add, revoke, show.")


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird attention")(attention)
    app.command(epilog="Example: duebird retry MB2XK4TQ")(retry)
    app.command(epilog="Example: duebird hold INV-1042 --why 'called, pays Friday'")(hold)
    app.command(epilog="Example: duebird release INV-1042")(release)
    app.command(epilog="Example: duebird pause acme --why 'holiday'")(pause)
    app.command(epilog="Example: duebird resume acme")(resume)
    app.add_typer(consent_app, name="consent")


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
        companies = company_ids(loaded, company)
        rows = [row for one in companies for row in state.queries.attention(one)]
        if close is not None:
            _close(state, rows, close)
            return
        if as_json:
            print_json([_item(row, number) for number, row in enumerate(rows, 1)])
            return
        _print_items(rows)


def _item(row: AttentionRow, number: int) -> dict[str, Any]:
    return {
        "item": number,
        "key": row.key,
        "company": row.company,
        "since": row.opened_at,
        "happened": row.happened,
        "not_done": row.not_done,
        "command": row.command,
    }


def _print_items(rows: list[AttentionRow]) -> None:
    from rich.console import Console
    from rich.text import Text

    if not rows:
        typer.echo("Nothing needs you.")
        return
    console = Console()
    for number, row in enumerate(rows, 1):
        console.print(
            Text.assemble((f"{number}. ", "bold"), row.happened, (f"  ({row.opened_at:%d %b %H:%M} UTC)", "dim"))
        )
        console.print(Text(f"   {row.not_done}"))
        console.print(Text(f"   → {row.command}", style="cyan"))
    console.print("\nWhen you have settled one: duebird attention --close NUMBER", style="dim")


def _close(state: State, rows: list[AttentionRow], wanted: str) -> None:
    """By its number in the list, or its key. An effect in doubt that it is about is left undone for good."""
    found = [row for number, row in enumerate(rows, 1) if wanted in {str(number), row.key}]
    if not found:
        fail(f"There is no item {wanted}. Nothing was changed. See: duebird attention", EXIT_FAILED)
    row = found[0]
    now = present()
    doubt = row.key.partition("/doubt/")[2].partition("/")[0]
    effect = state.queries.effect(row.company, doubt) if doubt else None
    if effect is not None and effect.status == "uncertain":
        state.store.effects.close_by_person(effect.key, now)
        state.store.review_now(row.company, effect.subject, now)
    state.store.attention_closed(row.company, row.key, "a person", now)
    typer.echo(f"Closed: {row.happened}")


def retry(
    effect: Annotated[str, typer.Argument(metavar="EFFECT", help="As named by `duebird attention` or `show`.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
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
            state.store.effects.order_retry(row.key, present())
            for kind in ("doubt", "effect"):
                for item in state.queries.attention(one):
                    if item.key.startswith(f"{one}/{kind}/{row.key}"):
                        state.store.attention_closed(one, item.key, "retry ordered", present())
            typer.echo("It will be tried again in the next pass, after a look whether it happened after all.")
            return
        fail(f"Nothing on record is named {effect}. Nothing was changed. See: duebird attention", EXIT_FAILED)


def hold(
    subject: Invoice,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    customer: CustomerFlag = False,
    why: Annotated[str, typer.Option(help="For your own memory.")] = "",
) -> None:
    """Send no texts about an invoice, or to a customer, until you release it. Payments are booked all the same."""
    with told(), remembered(config) as (loaded, state):
        one = one_company(loaded, company) if customer or company else None
        scope, company_id, key, label = _subject(state, company_ids(loaded, one), subject, customer=customer)
        state.store.hold(company_id, scope, key, why, present())
        typer.echo(f"Held: {label}. No texts until: duebird release {subject}{' --customer' if customer else ''}")


def release(
    subject: Invoice, *, config: ConfigOption = None, company: CompanyOption = None, customer: CustomerFlag = False
) -> None:
    """End a hold; or let in an invoice that was issued before the start date."""
    with told(), remembered(config) as (loaded, state):
        one = one_company(loaded, company) if customer or company else None
        scope, company_id, key, label = _subject(state, company_ids(loaded, one), subject, customer=customer)
        now = present()
        if state.store.release(company_id, scope, key, now):
            typer.echo(f"Released: {label}.")
            return
        row = state.queries.receivable(company_id, key) if scope == "invoice" else None
        if row is not None and row.reason == "baseline":
            state.store.admit(company_id, key, now)
            typer.echo(
                f"Let in: {label}. It gets its notices from now on, with consent and within the hours as always."
            )
            return
        fail(f"{label} is not held. Nothing was changed.", EXIT_FAILED)


def pause(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Left out: every company.")] = None,
    *,
    config: ConfigOption = None,
    why: Annotated[str, typer.Option(help="For your own memory.")] = "",
) -> None:
    """Send no texts until `duebird resume`. Works at once, also offline; payments are booked all the same."""
    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            state.store.pause(one, why or "paused by you", present())
            typer.echo(f"Paused: {one} sends no texts until: duebird resume {one}")


def resume(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Left out: every company.")] = None,
    *,
    config: ConfigOption = None,
) -> None:
    """Let texts go out again. See first who would get one: duebird preview."""
    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            if state.store.resume(one, present()):
                typer.echo(f"Resumed: {one} sends texts again, within its hours and caps.")
            else:
                typer.echo(f"{one} was not paused.")


def _subject(state: State, companies: list[str], subject: str, *, customer: bool) -> tuple[str, str, str, str]:
    if customer:
        rows = state.queries.customers(companies[0], [subject])
        if subject not in rows:
            fail(f"No customer with id {subject} is on record. Nothing was changed.", EXIT_FAILED)
        return "customer", companies[0], subject, f"customer {rows[subject].name}"
    found: list[ReceivableRow] = [row for one in companies for row in state.queries.find_receivables(one, subject)]
    if not found:
        fail(f"No invoice {subject} is on record. Nothing was changed. See: duebird invoices --all", EXIT_FAILED)
    if len(found) > 1:
        where = ", ".join(f"{row.company}: id {row.ledger_id}" for row in found)
        fail(
            f"Several invoices are called {subject} ({where}). Nothing was changed. Use the id, with --company.",
            EXIT_FAILED,
        )
    row = found[0]
    return "invoice", row.company, row.ledger_id, f"invoice {row.number or row.ledger_id} of {row.customer_name}"


# ------------------------------------------------------------------------------------------------------ consent


@consent_app.command("import", epilog="Example: duebird consent import consents.csv --company acme --dry-run")
def consent_import(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: phone, agreed_on, method, wording, evidence.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be imported.")] = False,
) -> None:
    """Read a list of people who agreed. Imports all of it or nothing; tells every problem with its row."""
    with told():
        from connector.assemble import company_settings, open_state
        from connector.cli.frame import read_config
        from connector.consent_import import read_csv

        loaded = read_config(config)
        company_id = one_company(loaded, company)
        settings = company_settings(loaded, company_id)
        read = read_csv(file, country=settings.country, timezone=settings.timezone, now=present())
        if read.problems:
            for problem in read.problems:
                typer.echo(problem, err=True)
            fail(f"{len(read.problems)} problems in {file}; nothing was imported.", EXIT_FAILED)
        if dry_run:
            typer.echo(f"{len(read.records)} consents in {file}; nothing was imported (dry run).")
            return
        state = open_state(loaded.state_dir)
        try:
            new = state.store.consents_recorded(company_id, read.records, present())
        finally:
            state.close()
        typer.echo(f"{new} consents recorded for {settings.name}, {len(read.records) - new} were on record already.")


@consent_app.command(
    "add", epilog="Example: duebird consent add +12125550123 --method verbal --evidence 'on the phone'"
)
def consent_add(
    phone: Annotated[str, typer.Argument(help="With country code, such as +12125550123.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    method: Annotated[str, typer.Option(help="form, paper or verbal.")] = "form",
    wording: Annotated[str, typer.Option(help="What the person agreed to.")] = "",
    evidence: Annotated[str, typer.Option(help="Where that can be looked up.")] = "",
) -> None:
    """Record that somebody agreed to texts."""
    _record(phone, "granted", config, company, method, wording, evidence)


@consent_app.command("revoke", epilog="Example: duebird consent revoke +12125550123 --evidence 'asked on the phone'")
def consent_revoke(
    phone: Annotated[str, typer.Argument(help="With country code, such as +12125550123.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    evidence: Annotated[str, typer.Option(help="How they told you.")] = "",
) -> None:
    """Record that somebody wants no more texts. Holds at once."""
    _record(phone, "revoked", config, company, "verbal", "", evidence)


def _record(
    phone: str, state_word: str, config: Path | None, company: str | None, method: str, wording: str, evidence: str
) -> None:
    with told():
        from connector.assemble import company_settings, open_state
        from connector.cli.frame import read_config
        from connector.consent_import import METHODS
        from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
        from connector.domain.phone import parse_mobile

        loaded = read_config(config)
        company_id = one_company(loaded, company)
        number = parse_mobile(phone, company_settings(loaded, company_id).country)
        if number is None:
            fail(f"{phone} is not a mobile number. Nothing was recorded. Write it like +12125550123.")
        if method not in METHODS:
            fail(f"{method} is no way to agree. Nothing was recorded. Use one of: {', '.join(METHODS)}.")
        now = present()
        record = ConsentRecord(
            phone=number,
            state=ConsentState(state_word),
            method=ConsentMethod(method),
            recorded_at=now,
            recorded_by="owner",
            wording=wording,
            evidence=evidence,
            source=f"command:{now.isoformat()}",
        )
        state = open_state(loaded.state_dir)
        try:
            state.store.consents_recorded(company_id, [record], now)
        finally:
            state.close()
        typer.echo(f"Recorded for {number.masked}: {state_word}.")


@consent_app.command("show", epilog="Example: duebird consent show +12125550123")
def consent_show(
    phone: Annotated[str, typer.Argument(help="With country code, such as +12125550123.")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything on record about a number's consent, oldest first, and where it stands."""
    with told(), remembered(config) as (loaded, state):
        from connector.assemble import company_settings
        from connector.domain.consent import standing
        from connector.domain.phone import parse_mobile

        company_id = one_company(loaded, company)
        number = parse_mobile(phone, company_settings(loaded, company_id).country)
        if number is None:
            fail(f"{phone} is not a mobile number. Write it like +12125550123.")
        records = state.queries.consent(company_id, number.e164)
        now_stands = standing(records)
        if as_json:
            print_json(
                {
                    "standing": now_stands,
                    "records": [
                        {
                            "state": one.state,
                            "method": one.method,
                            "recorded_at": one.recorded_at,
                            "by": one.recorded_by,
                            "wording": one.wording,
                            "evidence": one.evidence,
                            "source": one.source,
                        }
                        for one in records
                    ],
                }
            )
            return
        typer.echo(f"{number.masked}: {now_stands}")
        for one in records:
            details = "; ".join(part for part in (one.wording, one.evidence) if part)
            typer.echo(f"  {one.recorded_at:%Y-%m-%d %H:%M}Z  {one.state} by {one.method}  {details}")
