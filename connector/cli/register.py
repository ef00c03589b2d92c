"""`consent list` and `consent verify`: the register as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FOUND,
    EXIT_USAGE,
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    fail,
    hanging,
    one_company,
    print_json,
    remembered,
    screen,
    told,
    typed,
    zone_of,
)

if TYPE_CHECKING:
    from connector.assemble import State
    from state.consent_check import Verified

MOST_LISTED: Final = 10_000  # more numbers than one business texts; nobody reads on
USUAL: Final = 50
STATES: Final = ("granted", "revoked", "none")
WORDS: Final = {"granted": "agrees to texts", "revoked": "wants no texts", "none": "has no consent now"}
SHORTEST_HEAD: Final = 12  # characters of a hash that somebody may type: 48 bits, unique among a register's entries


def register(app: typer.Typer) -> None:
    """Add them to `duebird consent`."""
    app.command("list", epilog="Example: duebird consent list --state revoked")(consent_list)
    app.command("verify", epilog="Example: duebird consent verify --expect 9f2c51...")(consent_verify)


def consent_list(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    state_word: Annotated[
        str | None, typer.Option("--state", help="Only those who stand so: granted, revoked or none.")
    ] = None,
    find: Annotated[str, typer.Option("--find", help="Only numbers or customers with this text.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=MOST_LISTED, help="How many to show.")] = USUAL,
    as_json: JsonOption = False,
) -> None:
    """List who is in the consent register, where each number stands and since when, with the customer's name."""
    if state_word is not None and state_word not in STATES:
        fail(f"{state_word} is no state of a consent. Use one of: {', '.join(STATES)}.", EXIT_USAGE)
    with told(), remembered(config) as (loaded, state):
        ids = company_ids(loaded, company)
        found = {one: _standings(state, one, state_word, find) for one in ids}
        if as_json:
            print_json({one: {"numbers": len(rows), "shown": rows[:limit]} for one, rows in found.items()})
            return
        console = screen()
        for one, rows in found.items():
            zone = zone_of(loaded, one)
            typer.echo(f"{one}: {counted(len(rows), 'number')}" + (" like that" if state_word or find else ""))
            for row in rows[:limit]:
                who = f"{row['phone']}  {row['customer']}".strip()
                last = f"{WORDS[row['standing']]}, by {row['method']} of {row['since'].astimezone(zone):%d %b %Y}"
                hanging(console, who, last, width=40)
            if len(rows) > limit:
                typer.echo(f"  ... and {len(rows) - limit:,} more. To see them: --limit {len(rows)}, or --find TEXT")


def _standings(state: State, company: str, wanted: str | None, text: str) -> list[dict[str, Any]]:
    from connector.domain.consent import standing

    names = state.queries.names_by_phone(company)
    rows = []
    for phone, records in state.queries.consents_by_phone(company).items():
        stands = standing(records)
        named = ", ".join(names.get(phone, ()))
        if wanted not in {None, str(stands)} or not _says(text, phone, named):
            continue
        last = max(records, key=lambda one: one.recorded_at)
        rows.append(
            {
                "phone": last.phone.masked,
                "customer": named,
                "standing": str(stands),
                "method": str(last.method),
                "since": last.recorded_at,
                "entries": len(records),
            }
        )
    return sorted(rows, key=lambda row: (row["customer"].casefold() or "\uffff", row["phone"]))


def _says(text: str, phone: str, named: str) -> bool:
    """Whether somebody who typed this means that number: by a part of the name, or of the number however written."""
    digits = "".join(c for c in text if c.isdigit())
    return text.casefold() in named.casefold() or (len(digits) > 2 and digits in phone)  # noqa: PLR2004  two are in many


def consent_verify(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    expect: Annotated[
        str | None, typer.Option("--expect", metavar="HEAD", help="A head that an earlier proof or verify printed.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """See that nothing in the consent register was changed or lost since it was written. Changes nothing."""
    if expect is not None and len(expect) < SHORTEST_HEAD:
        fail(f"A head has 64 characters; give {SHORTEST_HEAD} of them at least. Nothing was looked at.", EXIT_USAGE)
    with told(), remembered(config) as (loaded, state):
        from state.consent_check import verify
        from state.consent_journal import ConsentJournal
        from state.journal import beside

        ids = [one_company(loaded, company)] if expect is not None else company_ids(loaded, company)
        journal = ConsentJournal(beside(state.folder))
        found = {one: verify(state.database, journal, one) for one in ids}
        broken = any(one.flaws or (expect is not None and _place_of(one, expect) is None) for one in found.values())
        if as_json:
            print_json({one: _json(verified, expect) for one, verified in found.items()})
        else:
            for one, verified in found.items():
                _tell(one, verified, expect)
            if broken:
                typer.echo(
                    "What the journal has and the register lacks is put back before the next text goes out, or with: "
                    f"{typed('recover', config)}\n"
                    f"What was changed stays as it is, for you to see. To keep a copy: {typed('backup', config)}",
                    err=True,
                )
        raise typer.Exit(EXIT_FOUND if broken else 0)


def _place_of(verified: Verified, expect: str) -> int | None:
    return verified.place_of(expect.lower())


def _tell(company: str, verified: Verified, expect: str | None) -> None:
    count = counted(len(verified.entries), "entry", "entries")
    if verified.flaws:
        typer.echo(f"{company}: the consent register of {count} is not as it was written:", err=True)
        for flaw in verified.flaws:
            typer.echo(f"  {flaw.sentence}", err=True)
    else:
        typer.echo(f"{company}: the consent register is whole: {count}, each following on the one before it,")
        typer.echo("  and the journal beside the state folder holds the same.")
    typer.echo(f"  Head: {verified.head}")
    if verified.loose:
        old = counted(verified.loose, "line", "lines")
        typer.echo(f"  {old} of the journal {'is' if verified.loose == 1 else 'are'} from before it was chained.")
    if expect is None:
        return
    place = _place_of(verified, expect)
    if place is None:
        typer.echo(
            f"  No entry has the head {expect[:SHORTEST_HEAD]}... : since it was printed the register was made anew, "
            "or cut short, or it is another company's.",
            err=True,
        )
        return
    since = len(verified.entries) - place
    typer.echo(
        f"  The head you gave is that of entry {place}: up to there the register is what it was then, and "
        f"{counted(since, 'entry', 'entries')} came after it."
    )


def _json(verified: Verified, expect: str | None) -> dict[str, object]:
    found: dict[str, object] = {
        "whole": not verified.flaws,
        "entries": len(verified.entries),
        "head": verified.head,
        "flaws": [{"entry": one.place, "sentence": one.sentence} for one in verified.flaws],
        "journal_lines_before_the_chain": verified.loose,
    }
    if expect is not None:
        found["expected_head_at_entry"] = _place_of(verified, expect)
    return found
