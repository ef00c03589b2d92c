"""`run`, `check`, `backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from connector.cli.frame import (
    EXIT_CONFIG,
    EXIT_FAILED,
    EXIT_TEMPORARY,
    ConfigOption,
    JsonOption,
    company_ids,
    fail,
    print_json,
    read_config,
    remembered,
    told,
)

if TYPE_CHECKING:
    from connector.ports import Finding


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command(epilog="Example: duebird run --config /etc/duebird/duebird.toml")(run)
    app.command(epilog="Example: duebird check acme")(check)
    app.command(epilog="Example: duebird backup /media/usb/duebird-2026-11.sqlite3")(backup)


def run(
    *,
    config: ConfigOption = None,
    once: Annotated[bool, typer.Option("--once", help="One pass over every company, then end.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Run until stopped: read the ledgers, text who agreed, book what was paid.

    Stops cleanly on Ctrl-C or SIGTERM, reads the configuration again on SIGHUP.
    Exit codes: 0 stopped as told, 1 could not start, 75 (with --once) something was out of reach, 78 configuration.
    """
    with told():
        from connector import daemon
        from connector.logs import set_up

        loaded = read_config(config, with_secrets=True)
        set_up(loaded.settings.log_level, loaded.secrets)
        for warning in loaded.warnings:
            typer.echo(f"! {warning}", err=True)
        if not once:
            daemon.run(
                loaded,
                ready=lambda: typer.echo(
                    f"Duebird is running for {len(loaded.settings.companies)} companies. Stop it with Ctrl-C.", err=True
                ),
            )
            return
        done = daemon.run_once(loaded)
        if as_json:
            print_json({name: {"did": one.counts.names, "troubles": one.troubles} for name, one in done.items()})
        else:
            for name, one in done.items():
                did = ", ".join(f"{what} {count}" for what, count in one.counts.names.items()) or "nothing to do"
                typer.echo(f"{name}: {did}")
                for trouble in one.troubles:
                    typer.echo(f"  {trouble}", err=True)
        if any(one.troubles for one in done.values()):
            raise typer.Exit(EXIT_TEMPORARY)


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
        loaded = read_config(config, with_secrets=True)
        found = {one: _check(loaded, one) for one in company_ids(loaded, company)}
        if as_json:
            print_json({name: [_finding_json(one) for one in findings] for name, findings in found.items()})
        else:
            _print_findings(found)
        if any(one.weight == "problem" for findings in found.values() for one in findings):
            raise typer.Exit(EXIT_FAILED)


def _check(loaded: Any, company_id: str) -> list[Finding]:
    from connector.checks import check_company

    return check_company(loaded, company_id)


def _finding_json(one: Finding) -> dict[str, str]:
    return {"weight": one.weight, "subject": one.subject, "seen": one.seen, "fix": one.fix}


def _print_findings(found: dict[str, list[Finding]]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console()
    marks = {"ok": ("ok", "green"), "warning": ("look", "yellow"), "problem": ("MEND", "bold red")}
    for name, findings in found.items():
        console.print(Text(name, style="bold"))
        for one in findings:
            word, style = marks[one.weight]
            console.print(Text.assemble("  ", (f"{word:<5}", style), (f"{one.subject}: ", "bold"), one.seen))
            if one.fix and one.weight != "ok":
                console.print(Text(f"        {one.fix}"))
        bad = sum(1 for one in findings if one.weight == "problem")
        console.print(f"  {bad} to mend." if bad else "  Ready. Next: duebird preview, then duebird run")


def backup(
    target: Annotated[Path, typer.Argument(metavar="FILE", help="The copy to write; must not exist yet.")],
    *,
    config: ConfigOption = None,
) -> None:
    """Write a copy of the database that is whole, also while Duebird runs. Sign-ins are not in it.

    The tokens folder is left out on purpose: after a move to another machine, connect each company again.
    """
    with told(), remembered(config) as (_, state):
        if target.exists():
            fail(f"{target} exists already. Nothing was written. Name a new file.", EXIT_CONFIG)
        if not target.parent.is_dir():
            fail(f"There is no folder {target.parent}. Nothing was written.", EXIT_CONFIG)
        size = state.database.copy_to(target)
        typer.echo(
            f"Wrote {target} ({size / 1_000_000:.1f} MB). To go back to it, see docs/how-to/backup-and-restore.md"
        )
