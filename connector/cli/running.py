"""`run`, `check`, `backup`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    EXIT_TEMPORARY,
    EXIT_USAGE,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    counted,
    fail,
    hanging,
    print_json,
    read_config,
    remembered,
    screen,
    told,
    typed,
    working,
)

if TYPE_CHECKING:
    from connector.ports.findings import Finding
    from connector.worker import Status


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird run --config /etc/duebird/duebird.toml")(run)
    app.command(epilog="Example: duebird check acme")(check)
    app.command(epilog="Example: duebird backup /media/usb/duebird-2026-11.sqlite3")(backup)


def run(
    *,
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="One pass over every company, then end.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print JSON for programs.")] = False,
) -> None:
    """Run until stopped: read the ledgers, text who agreed, book what was paid.

    Stops cleanly on Ctrl-C or SIGTERM, reads the configuration again on SIGHUP.
    Exit codes: 0 stopped as told, 1 could not start, 75 (with --once) something was out of reach, 78 configuration.
    """
    with told():
        from connector import daemon
        from connector.logs import set_up

        if as_json and not once:
            fail("--json goes with --once. Nothing was started.", EXIT_USAGE)
        loaded = read_config(config, with_secrets=True)
        # A single pass tells what it did itself; the log would say it twice.
        level = loaded.settings.log_level
        set_up("error" if once and level.lower() in {"info", "warning"} else level, loaded.secrets)
        for warning in loaded.warnings:
            typer.echo(f"! {warning}", err=True)
        if not once:
            count = counted(sum(1 for one in loaded.settings.companies if one.enabled), "company", "companies")
            daemon.run(
                loaded,
                ready=lambda: typer.echo(f"Duebird is running for {count}. Stop it with Ctrl-C.", err=True),
            )
            return
        done = daemon.run_once(loaded)
        if as_json:
            print_json({name: {"did": one.counts.names, "troubles": one.troubles} for name, one in done.items()})
        else:
            _print_passes(done, config)
        if any(one.troubles for one in done.values()):
            raise typer.Exit(EXIT_TEMPORARY)


# What a pass counts, in the words of whoever reads it; the rest is for programs and the log.
_DID: Final = (
    ("receivables changed", "invoice new or changed", "invoices new or changed"),
    ("send_text done", "text sent", "texts sent"),
    ("send_text adopted", "text found already sent", "texts found already sent"),
    ("create_link done", "payment link made", "payment links made"),
    ("retire_link done", "payment link taken down", "payment links taken down"),
    ("payments succeeded", "payment arrived", "payments arrived"),
    ("book_payment done", "payment booked", "payments booked"),
    ("book_payment adopted", "payment found already booked", "payments found already booked"),
    ("payments held", "payment held for you", "payments held for you"),
    ("replies", "reply read", "replies read"),
    ("opt-outs", "opt-out", "opt-outs"),
    ("texts not delivered", "text not delivered", "texts not delivered"),
)


def _print_passes(done: dict[str, Status], config: Path | None) -> None:
    for name, one in done.items():
        did = [counted(one.counts[what], single, many) for what, single, many in _DID if one.counts[what]]
        if did or not one.troubles:
            typer.echo(f"{name}: {', '.join(did) or 'nothing to do'}")
        for trouble in one.troubles:
            typer.echo(f"{name}: {trouble}", err=True)
    typer.echo(f"More: {typed('status', config)}, {typed('attention', config)}")


def check(
    company: Annotated[str | None, typer.Argument(metavar="[COMPANY]", help="Only this company.")] = None,
    *,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Try every connection, permission and account setting. Sends nothing, writes nothing in your accounts.

    Exit codes: 0 all is well or only warnings, 1 something must be mended, 78 configuration.
    """
    with told():
        loaded = read_config(config, with_secrets=True, company=company)
        found = {}
        for one in company_ids(loaded, company):
            with working(f"Asking the services of {one} ...") as say:
                found[one] = _check(loaded, one, say)
        if as_json:
            print_json({name: [_finding_json(one) for one in findings] for name, findings in found.items()})
        else:
            _print_findings(found, config)
        if any(one.weight == "problem" for findings in found.values() for one in findings):
            raise typer.Exit(EXIT_FAILED)


def _check(loaded: Any, company_id: str, say: Callable[[str], None]) -> list[Finding]:
    from connector.assemble_readers import patience
    from connector.checks import check_company

    return check_company(loaded, company_id, patience(say))


def _finding_json(one: Finding) -> dict[str, str]:
    return {"weight": one.weight, "subject": one.subject, "seen": one.seen, "fix": one.fix}


def _print_findings(found: dict[str, list[Finding]], config: Path | None) -> None:
    """Of one company everything; of several what is not well, those with something to mend last, by the prompt."""
    from rich.text import Text

    console = screen()
    marks = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "problem": ("MEND", "bold red")}
    bad = {name: sum(1 for one in findings if one.weight == "problem") for name, findings in found.items()}
    for name, findings in sorted(found.items(), key=lambda item: bad[item[0]] > 0):
        console.print(Text(name, style="bold"))
        well = [one for one in findings if one.weight == "ok"] if len(found) > 1 else []
        for one in findings:
            if one in well:
                continue
            word, style = marks[one.weight]
            fix = f"\n{one.fix}" if one.fix and one.weight != "ok" else ""
            body = Text.assemble((f"{one.subject}: ", "bold"), one.seen, fix)
            hanging(console, Text(word, style=style), body, width=4)
        if well:
            said = f"{counted(len(well), 'more thing')} looked at and well. See all: {typed(f'check {name}', config)}"
            hanging(console, Text("ok", style="green"), Text(said, style="dim"), width=4)
        if len(found) == 1:
            again = f"  {bad[name]} to mend, then again: {typed(f'check {name}', config)}"
            console.print(again if bad[name] else f"  Ready. Next: {typed('preview', config)}")
    if len(found) > 1:
        wrong = [name for name, count in bad.items() if count]
        ready = f"{len(found)} companies are ready. Next: {typed('preview', config)}"
        mend = f"{len(wrong)} of {len(found)} companies to mend: {', '.join(wrong)}."
        console.print(Text("\n" + (mend if wrong else ready), style="bold"))


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to write; must not exist yet.")],
    *,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a copy of the database that is whole, also while Duebird runs. Sign-ins are not in it.

    The tokens folder is left out on purpose: after a move to another machine, connect each company again.
    """
    with told(), remembered(config) as (_, state):
        if target.exists():
            fail(f"{target} exists already. Nothing was written.\nName a new file.", EXIT_USAGE)
        if not target.parent.is_dir():
            fail(f"There is no folder {target.parent}. Nothing was written.", EXIT_USAGE)
        size = state.database.copy_to(target)
        said = f"Wrote {target} ({size / 1_000_000:.1f} MB). To go back to it: docs/how-to/backup-and-restore.md"
        answer(said, {"file": str(target.absolute()), "bytes": size}, as_json=as_json)
