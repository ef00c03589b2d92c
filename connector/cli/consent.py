"""`consent`: who agreed to texts, from a list or one by one, and what is on record about a number."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from connector.cli import proof, register
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
    remembered,
    screen,
    told,
    typed,
    working,
    zone_of,
)
from connector.cli.grouped import Sentences
from connector.cli.whom import numbers_of

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from connector.domain.consent import ConsentRecord
    from connector.domain.consent_chain import Entry

app = typer.Typer(
    cls=Sentences, rich_markup_mode=None, no_args_is_help=True, help="Who agreed to texts: import, add, revoke, show."
)

WhoArgument = Annotated[
    str,
    typer.Argument(
        metavar="WHO", help="A number with its country code, such as +12125550123, or a customer's name or id."
    ),
]
SHOWN: Final = 20  # problems of a list; whoever mends twenty rows runs it again anyway


@app.command("import", epilog="Example: duebird consent import consents.csv --company acme --dry-run")
def consent_import(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV: phone, agreed_on, method, wording, evidence, company.")
    ],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would be imported.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Read a list of people who agreed. Imports all of it or nothing; tells every problem with its row."""
    with told(), remembered(config, create=True) as (loaded, state):
        from connector.companies import company_settings
        from connector.consent_import import Office, read_csv

        offices = [
            Office(one, company_settings(loaded, one).country, zone_of(loaded, one))
            for one in company_ids(loaded, company)
        ]
        with working(f"Reading {file.name}") as say:
            read = read_csv(
                file,
                offices,
                present(),
                registered=state.queries.consents_by_phone,
                told=lambda rows: say(f"{rows:,} rows"),
            )
        if read.problems:
            _tell(file, read.problems, most=len(read.problems) if dry_run else SHOWN, as_json=as_json)
            raise typer.Exit(EXIT_FAILED)
        if dry_run:
            said = f"{file} is fine: {counted(read.count, 'consent')}. Nothing was imported (dry run)."
            answer(said, {"read": read.count, "new": None, "problems": []}, as_json=as_json)
            return
        with working(f"Recording {counted(read.count, 'consent')}") as say:
            new = 0
            for one, records in read.records.items():
                new += state.store.consents_recorded(one, records, present())
                say(f"{one} done")
        whom = ", ".join(company_settings(loaded, one).name for one in read.records) or offices[0].company
        rest = read.count - new
        known = f", {counted(rest, 'was', 'were')} on record already" if rest else ""
        said = f"{counted(new, 'consent')} recorded for {whom}{known}. Next: {typed('preview', config)}"
        answer(said, {"read": read.count, "new": new, "problems": []}, as_json=as_json)


def _tell(file: Path, problems: tuple[str, ...], *, most: int, as_json: bool) -> None:
    if as_json:
        print_json({"read": 0, "new": 0, "problems": list(problems)})
        return
    for problem in problems[:most]:
        typer.echo(problem, err=True)
    if len(problems) > most:
        typer.echo(f"... and {len(problems) - most} more. To see all: --dry-run", err=True)
    typer.echo(
        f"{counted(len(problems), 'problem')} in {file}. Nothing was imported.\n"
        "Mend the rows and import the file again; what is on record already stays one consent.",
        err=True,
    )


@app.command("add", epilog="Example: duebird consent add +12125550123 --method verbal --evidence 'on the phone'")
def consent_add(
    who: WhoArgument,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    method: Annotated[str, typer.Option(help="How they agreed: form, paper or verbal.")] = "form",
    wording: Annotated[str, typer.Option(help="What the person agreed to.")] = "",
    evidence: Annotated[str, typer.Option(help="Where that can be looked up.")] = "",
    anew: Annotated[
        bool, typer.Option("--anew", help="They wanted no more texts, and have agreed again since.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Record that somebody agreed to texts. Who wanted no more needs --anew and --evidence."""
    if anew and not evidence:
        fail(
            "--anew needs --evidence: how and when they agreed again after they wanted no more texts. "
            "Nothing was recorded.",
            EXIT_USAGE,
        )
    _record(who, "granted", config, company, (method, wording, evidence), anew=anew, as_json=as_json)


@app.command("revoke", epilog="Example: duebird consent revoke +12125550123 --evidence 'asked on the phone'")
def consent_revoke(
    who: WhoArgument,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    evidence: Annotated[str, typer.Option(help="How they told you.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Record that somebody wants no more texts. Holds at once."""
    _record(who, "revoked", config, company, ("verbal", "", evidence), as_json=as_json)


def _record(
    who: str,
    state_word: str,
    config: Path | None,
    company: str | None,
    how: tuple[str, str, str],
    *,
    anew: bool = True,
    as_json: bool,
) -> None:
    with told(), remembered(config, create=True) as (loaded, state):
        from connector.consent_import import METHODS
        from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState

        method, wording, evidence = how
        company_id = one_company(loaded, company)
        number = numbers_of(loaded, state, [company_id], who)[company_id]
        if method not in METHODS:
            fail(f"{method} is no way to agree. Nothing was recorded.\nUse one of: {', '.join(METHODS)}.", EXIT_USAGE)
        now = present()
        if not anew:
            _refuse_if_revoked(state.queries.consent(company_id, number.e164), zone_of(loaded, company_id), config)
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
        state.store.consents_recorded(company_id, [record], now)
        done = "agrees to texts" if state_word == "granted" else "gets no more texts"
        facts = {"company": company_id, "phone": number.masked, "state": state_word}
        answer(f"Recorded: {number.masked} {done}.", facts, as_json=as_json)


def _refuse_if_revoked(records: list[ConsentRecord], zone: ZoneInfo, config: Path | None) -> None:
    """A STOP is not to be overruled by a hand that did not know of it."""
    from connector.domain.consent import ConsentState, standing

    if standing(records) is not ConsentState.REVOKED:
        return
    last = max((one for one in records if one.state is ConsentState.REVOKED), key=lambda one: one.recorded_at)
    fail(
        f"{last.phone.masked} wanted no more texts on {last.recorded_at.astimezone(zone):%d %b %Y} "
        f"({last.method}). Nothing was recorded.\n"
        "Only if they have agreed again since, add: --anew --evidence 'how and when'. Where they had texted STOP, they "
        "must also text START themselves: until then Twilio refuses every text to them.\n"
        f"All that is on record of a number: {typed('consent show WHO', config)}",
    )


@app.command("show", epilog="Example: duebird consent show +12125550123")
def consent_show(
    who: WhoArgument,
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show everything on record about a number's consent, oldest first, and where it stands, company by company."""
    with told(), remembered(config) as (loaded, state):
        found = {}
        for one, number in numbers_of(loaded, state, company_ids(loaded, company), who).items():
            found[one] = number, state.queries.entries_of(one, number.e164)
        if as_json:
            print_json({one: _standing_json(entries) for one, (_, entries) in found.items()})
            return
        words = {"granted": "agrees to texts", "revoked": "gets no texts"}
        console = screen()
        several = len(found) > 1
        for one, (number, entries) in found.items():
            if several and not entries:
                continue
            where = f"{one}: " if several else ""
            stands = words.get(_stands(entries), "has no consent on record: gets no texts")
            console.print(f"{where}{number.masked} {stands}")
            zone = zone_of(loaded, one)
            for each in entries:
                head = f"{each.record.recorded_at.astimezone(zone):%d %b %Y %H:%M}"
                hanging(console, head, _in_words(each, zone), width=17)
        silent = sum(1 for _, entries in found.values() if not entries)
        if several and silent:
            typer.echo(f"No consent on record in {counted(silent, 'company', 'companies')}: no texts from there.")


def _stands(entries: list[Entry]) -> str:
    from connector.domain.consent import standing

    return standing([one.record for one in entries])


def _in_words(entry: Entry, zone: ZoneInfo) -> str:
    """One entry as a person reads it: what was said, how, the words, the evidence, who wrote it down, where from."""
    record = entry.record
    parts = [
        record.wording and f"“{record.wording}”",
        record.evidence,
        f"recorded by {record.recorded_by}",
        f"entered {entry.entered_at.astimezone(zone):%d %b %Y %H:%M}" if entry.entered_at else "",
        f"from {_masked_source(entry)}" if record.source else "",
        f"entry {entry.place}",
    ]
    return f"{record.state} by {record.method.replace('_', ' ')}: " + "; ".join(part for part in parts if part)


def _masked_source(entry: Entry) -> str:
    return entry.record.source.replace(entry.record.phone.e164, entry.record.phone.masked)


def _standing_json(entries: list[Entry]) -> dict[str, object]:
    return {"standing": _stands(entries), "records": [_record_json(one) for one in entries]}


def _record_json(entry: Entry) -> dict[str, object]:
    one = entry.record
    return {
        "entry": entry.place,
        "state": one.state,
        "method": one.method,
        "recorded_at": one.recorded_at,
        "by": one.recorded_by,
        "wording": one.wording,
        "evidence": one.evidence,
        "source": _masked_source(entry),
        "entered_at": entry.entered_at,
        "hash": entry.entry_hash,
    }


register.register(app)
proof.register(app)
