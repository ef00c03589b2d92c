"""`duebird config ...` and `duebird init`. Only Typer is imported here: the settings load when a command runs."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.frame import EXIT_CONFIG, ConfigOption, JsonOption, print_json, told
from connector.cli.grouped import Sentences
from connector.errors import ConfigProblem, Mistyped

if TYPE_CHECKING:
    from connector.config.initial import InitialAnswers

app = typer.Typer(
    cls=Sentences,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Look at the configuration: check it, print an example, its reference.",
)


@app.command()
def check(
    *,
    config: ConfigOption = None,
    json: JsonOption = False,
    secrets: Annotated[
        bool, typer.Option(help="Also read every secret. Use --no-secrets where they are not, as on a laptop.")
    ] = True,
) -> None:
    """Tell everything that is wrong with the configuration, at once. Calls no service, changes nothing.

    Example: duebird config check --config /etc/duebird/duebird.toml
    """
    from connector.config import InvalidConfig, Problem, find_config, load, render_problems, render_problems_json

    origin = str(config or "duebird.toml")
    try:
        path = find_config(config)
        origin = str(path)
        loaded = load(path, os.environ, with_secrets=secrets)
    except InvalidConfig as error:
        render = render_problems_json if json else render_problems
        typer.echo(render(error.problems, origin=origin, warnings=error.warnings), err=not json)
        raise typer.Exit(EXIT_CONFIG) from None
    except ConfigProblem as error:
        if json:
            found = [Problem(origin, "", error.message.rstrip("."), error.advice)]
            typer.echo(render_problems_json(found, origin=origin))
        else:
            typer.echo("\n".join(part for part in (error.message, error.advice) if part), err=True)
        raise typer.Exit(EXIT_CONFIG) from None
    if json:
        typer.echo(render_problems_json([], origin=origin, warnings=loaded.warnings))
        return
    if loaded.warnings:
        typer.echo(render_problems([], origin=origin, warnings=loaded.warnings) + "\n", err=True)
    count = len(loaded.settings.companies)
    typer.echo(f"{origin} is fine: {count} {'company' if count == 1 else 'companies'}.")


@app.command()
def example() -> None:
    """Print a configuration with every setting, commented.

    Example: duebird config example > duebird.toml
    """
    from connector.config.outputs import example_toml

    _print(example_toml())


@app.command()
def schema() -> None:
    """Print the JSON Schema, with which editors complete and check the file.

    Example: duebird config schema > duebird.schema.json
    """
    from connector.config.outputs import schema_json

    _print(schema_json())


@app.command()
def reference() -> None:
    """Print the reference of all settings, as Markdown.

    Example: duebird config reference | less
    """
    from connector.config.outputs import reference_markdown

    _print(reference_markdown())


def _print(text: str) -> None:
    typer.echo(text, nl=False)


# --------------------------------------------------------------------------------------------------------- init


def init(
    *,
    config: Annotated[Path, typer.Option("--config", "-c", help="The file to write.")] = Path("duebird.toml"),
    ledger: Annotated[str, typer.Option(help="Where the books are: quickbooks or xero.")] = "",
    name: Annotated[str, typer.Option(help="Name of the business, as customers know it.")] = "",
    country: Annotated[str, typer.Option(help="Country of the business, such as US.")] = "",
    timezone: Annotated[str, typer.Option(help="Its time zone, such as America/New_York.")] = "",
    company: Annotated[str, typer.Option(help="Its short name in commands; made from the name if left out.")] = "",
    start_on: Annotated[
        str, typer.Option(help="First day whose invoices are texted about, such as 2026-12-01; today if left out.")
    ] = "",
    json: JsonOption = False,
) -> None:
    """Write a first configuration for one company. Asks for what is not given; never overwrites.

    Example: duebird init --ledger xero --name "Acme Plumbing" --country GB --timezone Europe/London
    """
    from connector.config.initial import variables_of, write_initial

    with told():
        _not_there(config)
        write_initial(
            config,
            _answers(ledger=ledger, name=name, country=country, timezone=timezone, company=company, start_on=start_on),
        )
    if json:
        facts = {"file": str(config), "company": _company_id(config), "variables": variables_of(config)}
        print_json(facts)
        return
    option = "" if config == Path("duebird.toml") else f" --config {config}"
    typer.echo(f"Wrote {config}, which only you can read. Nothing has been connected or sent.\n\nNext:")
    typer.echo(f"  1. Fill in the Twilio account and number in {config}.")
    typer.echo(f"  2. Set {', '.join(variables_of(config))} in the environment, or point elsewhere (file:, keyring:).")
    typer.echo(f"  3. duebird config check{option}")
    typer.echo(f"  4. duebird connect {_company_id(config)}{option}")
    typer.echo(f"  5. duebird check{option}")


def _not_there(config: Path) -> None:
    """Say it before asking five questions."""
    if config.exists():
        raise ConfigProblem(
            f"{config} exists already; nothing was changed.",
            advice="Edit it, name another file with --config, or move it away first.",
        )


def _company_id(config: Path) -> str:
    from connector.config import load

    return load(config, os.environ, with_secrets=False).settings.companies[0].id


def _answers(*, ledger: str, name: str, country: str, timezone: str, company: str, start_on: str) -> InitialAnswers:
    """What was given, and the answers to questions for what was not."""
    from adapters.clock import SystemClock
    from connector.config.initial import InitialAnswers, zones_of

    try:
        today = SystemClock().now().astimezone().date()  # the owner's own day
        first_day = date.fromisoformat(start_on) if start_on else today
    except ValueError:
        raise Mistyped(
            f"--start-on {start_on} is not a date; nothing was written.", advice="Write it as 2026-12-01."
        ) from None
    # As people write them: QuickBooks, us, America/New York. What is wrong beyond that is told below, all at once.
    ledger, country, timezone = ledger.strip().lower(), country.strip().upper(), timezone.strip().replace(" ", "_")
    ledger = ledger or _ask("Where are the books, quickbooks or xero?", "--ledger").lower()
    name = name or _ask("Name of the business, as customers know it?", "--name")
    country = country or _ask("Country (two letters, such as US)?", "--country").upper()
    zones = zones_of(country)
    if not timezone and len(zones) == 1:
        timezone = zones[0]
    if not timezone:
        hint = f" ({', '.join(zones[:6])}{', ...' if len(zones) > 6 else ''})" if zones else ""  # noqa: PLR2004 - fits a line
        timezone = _ask(f"Time zone{hint}?", "--timezone").replace(" ", "_")
    return InitialAnswers(ledger, name.strip(), country, timezone, first_day, company)


def _ask(question: str, option: str) -> str:
    """Ask a person; a script that left something out is told which option."""
    if not sys.stdin.isatty():
        raise Mistyped(f"{option} is missing; nothing was written.", advice=f"Give {option}; see duebird init --help")
    return str(typer.prompt(question, prompt_suffix=" ")).strip()
