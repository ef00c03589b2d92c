"""`consent proof`: a folder for an auditor."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.frame import (
    EXIT_FOUND,
    EXIT_USAGE,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    counted,
    fail,
    one_company,
    present,
    remembered,
    told,
    typed,
    zone_of,
)
from connector.cli.whom import numbers_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connector.assemble import State
    from state.consent_check import Verified


def register(app: typer.Typer) -> None:
    """Add it to `duebird consent`."""
    app.command("proof", epilog="Example: duebird consent proof 'Jane Roe' --from 2026-01-01 --out proof-jane")(
        consent_proof
    )


def consent_proof(
    who: Annotated[
        str | None,
        typer.Argument(metavar="[WHO]", help="A number with its country code, or a customer's name or id."),
    ] = None,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    everybody: Annotated[bool, typer.Option("--all", help="Every number of the company.")] = False,
    since: Annotated[
        datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.", show_default="the first entry")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.", show_default="today")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="The folder to make; must not exist yet.")],
    as_json: JsonOption = False,
) -> None:
    """Make a folder that proves what one customer, or all, agreed to and were sent: a page to print, CSV, JSON."""
    if everybody is (who is not None):
        fail("Name one customer, or add --all. Nothing was written.", EXIT_USAGE)
    with told(), remembered(config) as (loaded, state):
        from importlib.metadata import version

        from connector.companies import company_settings
        from connector.domain.phone import Phone
        from connector.proof.folder import PAGE, write
        from connector.proof.gather import Asked, gather
        from state.consent_check import verify
        from state.consent_journal import ConsentJournal
        from state.journal import beside

        one = one_company(loaded, company)
        settings, zone, now = company_settings(loaded, one), zone_of(loaded, one), present()
        verified = verify(state.database, ConsentJournal(beside(state.folder)), one)
        owner = settings.notices.owner_notice
        asked = Asked(
            company=one,
            business=settings.name,
            zone=zone,
            rule=settings.consent.rule,
            owner=Phone(owner) if owner else None,
            since=since.date() if since else _first_day(state, one, verified, zone) or now.astimezone(zone).date(),
            until=until.date() if until else now.astimezone(zone).date(),
            phones=None if who is None else [numbers_of(loaded, state, [one], who)[one]],
            country=settings.country,
        )
        if asked.since > asked.until:
            fail(f"--from {asked.since} is after --to {asked.until}. Nothing was written.", EXIT_USAGE)
        proof = gather(state.database, verified, asked, now, version("duebird"))
        files = write(proof, out)
        facts = {"folder": str(out.absolute()), "files": files, "numbers": len(proof.people), "head": proof.head}
        facts |= {"register_whole": not proof.flaws, "texts_without_consent_on_record": proof.unproved}
        said = (
            f"Wrote {out / PAGE}, with CSV and JSON beside it: {counted(len(proof.people), 'number')}, "
            f"{asked.since} to {asked.until}.\n"
            "It holds whole phone numbers and what people wrote. Only you can open it; give it to nobody but those "
            f"whom it is for.\nHead of the register: {proof.head}"
        )
        answer(said, facts, as_json=as_json)
        if proof.unproved:
            typer.echo(f"{counted(proof.unproved, 'text')} had no consent on record; the page marks each.", err=True)
        if proof.flaws:
            typer.echo(f"The register is not as it was written. See: {typed('consent verify', config)}", err=True)
        raise typer.Exit(EXIT_FOUND if proof.flaws or proof.unproved else 0)


def _first_day(state: State, company: str, verified: Verified, zone: ZoneInfo) -> date | None:
    """The day of the first entry or the first text."""
    first = state.queries.first_text_at(company)
    moments = [one.record.recorded_at for one in verified.entries] + ([first] if first else [])
    return min(moments).astimezone(zone).date() if moments else None
