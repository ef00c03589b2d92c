"""`duebird`: the commands. Only Typer is imported here; each command imports what it needs when it runs."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli import (
    approval,
    audit,
    config_commands,
    connect_commands,
    consent,
    disputes,
    invoices,
    numbers,
    payments,
    people,
    reconcile,
    recover,
    running,
    sandbox,
    status,
)
from connector.cli.grouped import Grouped

if TYPE_CHECKING:
    from connector.signin.company import SignInCompany

app = typer.Typer(
    name="duebird",
    cls=Grouped,
    rich_markup_mode=None,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # a traceback with local variables would print secrets
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Texts customers a payment link for invoices in QuickBooks Online or Xero, once, and books the payment, once.",
    epilog="First time? Type: duebird demo. Then: duebird init",
)


def _version(wanted: bool) -> None:  # noqa: FBT001  Typer's callback
    if wanted:
        from importlib.metadata import version

        typer.echo(f"duebird {version('duebird')}")
        raise typer.Exit


@app.callback()
def _main(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Say what the program is; the options are Typer's."""


def _sign_in(config: Path | None, company: str) -> SignInCompany:
    from connector.assemble import sign_in_company
    from connector.cli.frame import company_ids, read_config

    loaded = read_config(config, with_secrets=True, company=company, section="ledger")
    return sign_in_company(loaded, *company_ids(loaded, company))


app.command()(config_commands.init)
connect_commands.register(app, _sign_in)
running.register(app)
status.register(app)
audit.register(app)
reconcile.register(app)
invoices.register(app)
approval.register(app)
numbers.register(app)
people.register(app)
payments.register(app)
disputes.register(app)
recover.register(app)
sandbox.register(app)
app.add_typer(consent.app, name="consent")
app.add_typer(config_commands.app, name="config")


def _keep_loopback_local() -> None:
    """Never ask a proxy for this very machine: every HTTP library obeys NO_PROXY, and stand-ins live on loopback."""
    for name in ("NO_PROXY", "no_proxy"):
        known = os.environ.get(name, "")
        os.environ[name] = ",".join(filter(None, (known, "127.0.0.1", "localhost", "::1")))


def main() -> None:
    """Entry of the console script."""
    # Imports make hundreds of thousands of objects that live for ever. Python's collector, called after every 700 of
    # them, takes a tenth of a command's time to find nothing; after every 50,000 a daemon's garbage is still small.
    gc.set_threshold(50_000)
    # Pydantic would read the entry points of every distribution installed, for plugins that trace validation.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    _keep_loopback_local()
    # Windows consoles and pipes may not speak UTF-8; a customer's name must never end a command.
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")
    app()


if __name__ == "__main__":
    main()
