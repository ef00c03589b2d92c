"""`demo`, and `sandbox` for playing with a demo that was kept, from a second terminal."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.cli.frame import EXIT_FAILED, JsonOption, print_json, told
from connector.cli.grouped import Sentences

if TYPE_CHECKING:
    from connector.demo.doors import Doors
    from connector.demo.records import Invoice
    from connector.demo.whereabouts import Whereabouts

sandbox_app = typer.Typer(
    cls=Sentences,
    rich_markup_mode=None,
    no_args_is_help=True,
    help="Play with a demo that runs (duebird demo --keep), from a second terminal: issue, pay, answer, refund.",
)

FolderOption = Annotated[
    Path | None, typer.Option("--folder", help="The demo's folder.", show_default="the latest demo that runs")
]
InvoiceArgument = Annotated[str, typer.Argument(metavar="INVOICE", help="Its number.")]


class By(StrEnum):
    """How a customer pays."""

    CARD = "card"
    BANK = "bank"
    DECLINED = "declined"


class LedgerName(StrEnum):
    """Where the books of the sandbox's two companies are."""

    QUICKBOOKS = "quickbooks"
    XERO = "xero"


def register(app: typer.Typer) -> None:
    """Add the command and the sub-commands."""
    app.command(epilog="Example: duebird demo --keep")(demo)
    app.add_typer(sandbox_app, name="sandbox")


def demo(
    *,
    keep: Annotated[bool, typer.Option("--keep", help="Leave sandbox and daemon running, to play with.")] = False,
    folder: Annotated[
        Path | None,
        typer.Option(help="Where configuration, state and log go, and stay.", show_default="one that passes"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Play the main job through on stand-ins of the four services, on this computer. Takes half a minute.

    Exit codes: 0 texts and books agree, 1 they do not or something could not be started, 78 the folder is in use.
    """
    with told():
        from rich.console import Console

        from connector.demo import play
        from connector.demo.stage import Stage

        played = play.run(Stage(Console(stderr=as_json, highlight=False)), folder, keep=keep)
        if as_json:
            print_json(played.as_json())
        if not played.agrees:
            raise typer.Exit(EXIT_FAILED)


@contextmanager
def _found(folder: Path | None) -> Iterator[tuple[Whereabouts, Doors]]:
    with told():
        from connector.demo.doors import Doors
        from connector.demo.whereabouts import find

        here = find(folder)
        doors = Doors(here.addresses)
        try:
            yield here, doors
        finally:
            doors.close()


@sandbox_app.command(epilog='Example: duebird sandbox issue --company xero --customer "Zoe Bennett" --amount 120')
def issue(
    *,
    company: Annotated[LedgerName, typer.Option(help="Whose books.")],
    customer: Annotated[str, typer.Option(help="As the ledger names them.")],
    amount: Annotated[str, typer.Option(help="In major units, such as 120 or 99.50.")],
    currency: Annotated[str | None, typer.Option(help="ISO 4217 code.", show_default="the customer's")] = None,
    due: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Due date.", show_default="in two weeks")
    ] = None,
    number: Annotated[str | None, typer.Option(help="Its number.", show_default="the next one")] = None,
    mobile: Annotated[str | None, typer.Option(help="Mobile number of a customer to be entered.")] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Issue an invoice in one of the ledgers, dated today. Duebird sees it at its next look."""
    with _found(folder) as (here, doors):
        from connector.assemble import system_clock
        from connector.demo import hands

        business = hands.business_of(company)
        bill = hands.Bill(customer, amount, currency, due.date() if due else None, number, mobile)
        made = hands.issue_bill(doors, business, bill, system_clock().now())
        if as_json:
            print_json(_invoice_json(made))
            return
        typer.echo(f"{business.name} issued {made.number} to {made.customer}: {made.total}.")
        if mobile is not None:
            typer.echo(
                "A new customer has not agreed to texts yet: duebird consent add "
                f"'{mobile}' --company {business.id} --config {here.config}"
            )
        typer.echo("Duebird looks within seconds. See: duebird sandbox texts")


@sandbox_app.command(epilog="Example: duebird sandbox pay INV-2103 --by card")
def pay(
    what: Annotated[str, typer.Argument(metavar="LINK|INVOICE", help="The link of a text, or the invoice's number.")],
    *,
    by: Annotated[By, typer.Option(help="How. 'declined' is a card that is refused.")] = By.CARD,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Pay as the customer would, on the payment page."""
    with _found(folder) as (_, doors):
        from connector.demo import hands

        _said(hands.pay(doors, what, by.value), as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox bank N-1038 --fails")
def bank(
    invoice: InvoiceArgument,
    *,
    fails: Annotated[bool, typer.Option("--fails", help="The bank refuses.")] = False,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the bank answer a payment from a bank account that is under way."""
    with _found(folder) as (_, doors):
        from connector.demo import hands

        _said(hands.bank_answers(doors, invoice, fails=fails), as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox reply +15035550142 STOP")
def reply(
    phone: Annotated[str, typer.Argument(help="Whose phone, such as +15035550142.")],
    words: Annotated[str, typer.Argument(metavar="TEXT", help="What they write.")],
    *,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write a text as a customer, to the business that texted them last."""
    with _found(folder) as (_, doors):
        from connector.demo import hands

        logged = hands.reply(doors, phone, words)
        answers = [one.body for one in logged if one.automatic]
        said = f"{phone} wrote “{words}”." + (f" Twilio answered by itself: “{answers[0]}”" if answers else "")
        _said(said, as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox void INV-2103")
def void(invoice: InvoiceArgument, *, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Void an invoice in its ledger, as its bookkeeper would."""
    with _found(folder) as (_, doors):
        from connector.demo import hands

        done = hands.void_invoice(doors, invoice)
        _said(f"{done.number} of {done.customer} is {done.status} in the ledger.", as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox cheque INV-2103")
def cheque(invoice: InvoiceArgument, *, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Enter a cheque over all that is owed on an invoice, as its bookkeeper would."""
    with _found(folder) as (_, doors):
        from connector.demo import hands

        done = hands.cheque(doors, invoice)
        _said(f"A cheque is entered: {done.number} of {done.customer} is {done.status} in the ledger.", as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox refund N-1041 --amount 100")
def refund(
    invoice: InvoiceArgument,
    *,
    amount: Annotated[
        str | None, typer.Option(help="In major units, such as 100 or 99.50.", show_default="all that is left")
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Refund what was paid online for an invoice, as its owner would in Stripe's dashboard."""
    with _found(folder) as (_, doors):
        from connector.demo import till

        _said(till.refund(doors, invoice, amount), as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox dispute N-1027 --won")
def dispute(
    invoice: InvoiceArgument,
    *,
    decided: Annotated[
        bool | None,
        typer.Option("--won/--lost", help="How the card network decides an open one.", show_default="it begins"),
    ] = None,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let the customer's bank take back what was paid online for an invoice; or let the card network decide that."""
    with _found(folder) as (_, doors):
        from connector.demo import till

        said = till.dispute(doors, invoice) if decided is None else till.decide(doors, invoice, won=decided)
        _said(said, as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox payout northside")
def payout(
    company: Annotated[str, typer.Argument(help="Whose money: northside or saltbush.")],
    *,
    folder: FolderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Let Stripe pay a business all that it holds, as it does by itself every few days."""
    with _found(folder) as (_, doors):
        from connector.demo import hands, till

        _said(till.pay_out(doors, hands.business_of(company)), as_json=as_json)


@sandbox_app.command(epilog="Example: duebird sandbox records --json")
def records(*, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Show what the four stand-ins have on record: texts, payments, and what each ledger says."""
    with _found(folder) as (_, doors):
        from rich.console import Console

        from connector.demo import hands, summary
        from connector.demo.records import read_records
        from connector.demo.stage import Stage
        from connector.demo.verdict import doubles

        found = read_records(doors, with_calls=True)
        if as_json:
            print_json(hands.as_json(found) | {"doubles": doubles(found)})
            return
        stage = Stage(Console(highlight=False))
        stage.table(summary.rows(found, None))
        stage.calls(found.calls)
        stage.say(f"doubles: {doubles(found)}")


@sandbox_app.command(epilog="Example: duebird sandbox texts")
def texts(*, folder: FolderOption = None, as_json: JsonOption = False) -> None:
    """Show every text that Twilio's stand-in carried, oldest first."""
    with _found(folder) as (_, doors):
        from connector.demo import hands
        from connector.demo.cast import who_has
        from connector.demo.records import read_records

        found = read_records(doors)
        if as_json:
            print_json(hands.as_json(found)["texts"])
            return
        for one in found.texts:
            who = f"{who_has(one.sender)} wrote" if one.inbound else f"to {who_has(one.to)}, {one.status}"
            typer.echo(f"{one.at:%H:%M:%S}Z  {who}: {one.body}")


def _said(sentence: str, *, as_json: bool) -> None:
    if as_json:
        print_json({"done": sentence})
    else:
        typer.echo(sentence)


def _invoice_json(one: Invoice) -> dict[str, str]:
    return {
        "company": one.business,
        "invoice": one.number,
        "customer": one.customer,
        "total": str(one.total.amount),
        "currency": one.total.currency,
    }
