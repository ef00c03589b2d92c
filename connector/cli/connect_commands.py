"""`duebird connect` and `duebird disconnect`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.frame import ConfigOption, told

if TYPE_CHECKING:
    from connector.signin.company import SignInCompany
    from connector.signin.leaving import Left
    from connector.signin.steps import Connected

LoadCompany = Callable[[Path | None, str], "SignInCompany"]

_Company = Annotated[str, typer.Argument(metavar="COMPANY", help="The company's id in the configuration.")]
_Json = Annotated[bool, typer.Option("--json", help="Print the result as JSON; all else goes to standard error.")]


class Terminal:
    """The person at the terminal. With `aside`, talk goes to standard error and standard output stays clean."""

    def __init__(self, *, aside: bool) -> None:
        self._aside = aside

    def say(self, text: str) -> None:
        """Show a line."""
        typer.echo(text, err=self._aside)

    def ask(self, question: str) -> str:
        """Wait for a line."""
        answer: str = typer.prompt(question, default="", show_default=False, err=self._aside)
        return answer

    def open_browser(self, address: str) -> bool:
        """Try to open a browser."""
        import webbrowser

        try:
            return webbrowser.open(address)
        except webbrowser.Error:
            return False


def register(app: typer.Typer, load_company: LoadCompany) -> None:
    """Add both commands. `load_company(config, company)` reads the configuration; it raises `DuebirdError`."""

    @app.command(epilog="Example: duebird connect bakery")
    def connect(
        company: _Company,
        *,
        config: ConfigOption = None,
        browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open a browser.")] = True,
        paste: Annotated[
            bool, typer.Option("--paste", help="Paste the address you land on, for a browser on another machine.")
        ] = False,
        as_json: _Json = False,
    ) -> None:
        """Sign in to the company's books (QuickBooks or Xero), for the first time or again."""
        with told():
            from connector.signin import company as signin
            from connector.signin import steps

            wanted = load_company(config, company)
            custody, person = signin.custody_of(wanted.state_folder), Terminal(aside=as_json)
            done = steps.connect(wanted, custody, person, signin.wire_of(wanted), browser=browser, paste=paste)
            typer.echo(_connected_json(wanted, done) if as_json else _connected_text(wanted, done))

    @app.command(epilog="Example: duebird disconnect bakery")
    def disconnect(
        company: _Company,
        *,
        config: ConfigOption = None,
        only_here: Annotated[
            bool, typer.Option("--only-here", help="Forget the sign-in without telling the service.")
        ] = False,
        as_json: _Json = False,
    ) -> None:
        """End the company's connection to its books and forget the sign-in. No text or entry is touched."""
        with told():
            from connector.signin import company as signin
            from connector.signin import leaving

            wanted = load_company(config, company)
            left = leaving.disconnect(
                wanted, signin.custody_of(wanted.state_folder), signin.wire_of(wanted), only_here=only_here
            )
            typer.echo(_left_json(wanted, left) if as_json else _left_text(wanted, left))


def _connected_text(company: SignInCompany, done: Connected) -> str:
    entry, tokens = done.entry, done.tokens
    lines = [
        f"Connected: {company.name} ({company.company}) to {done.title}, {_books(entry.tenant_name, entry.tenant_id)}."
    ]
    if tokens.refresh_expires_at is not None:
        lines.append(
            f"The sign-in renews itself while Duebird runs; unused, it ends on {tokens.refresh_expires_at:%Y-%m-%d}."
        )
    if tokens.hard_expires_at is not None:
        lines.append(f"Somebody must sign in again before {tokens.hard_expires_at:%Y-%m-%d}; `duebird status` reminds.")
    lines += ["No invoice was read and nothing was sent yet.", f"Next: duebird check {company.company}"]
    return "\n".join(lines)


def _connected_json(company: SignInCompany, done: Connected) -> str:
    entry, tokens = done.entry, done.tokens
    return json.dumps(
        {
            "company": company.company,
            "service": entry.kind,
            "tenant_id": entry.tenant_id,
            "tenant_name": entry.tenant_name,
            "connected_at": entry.connected_at.isoformat(),
            "ends_unused_at": tokens.refresh_expires_at.isoformat() if tokens.refresh_expires_at else None,
            "ends_at": tokens.hard_expires_at.isoformat() if tokens.hard_expires_at else None,
        }
    )


def _left_text(company: SignInCompany, left: Left) -> str:
    if left.entry is None:
        return f"{company.name} ({company.company}) is not connected to {left.title}. Nothing was changed."
    books = _books(left.entry.tenant_name, left.entry.tenant_id)
    lines = [f"Disconnected: {company.name} ({company.company}) from {left.title}, {books}."]
    lines.append(
        f"{left.title} was told, and the sign-in was forgotten here."
        if left.told_service
        else f"The sign-in was forgotten here; {left.title} was not told."
    )
    if left.note:
        lines.append(left.note)
    lines.append(f"To connect again: duebird connect {company.company}")
    return "\n".join(lines)


def _left_json(company: SignInCompany, left: Left) -> str:
    return json.dumps(
        {
            "company": company.company,
            "was_connected": left.entry is not None,
            "service_told": left.told_service,
            "note": left.note,
        }
    )


def _books(name: str, tenant_id: str) -> str:
    return f"'{name}' ({tenant_id})" if name else f"company {tenant_id}"
