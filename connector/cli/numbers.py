"""`numbers`: whose phone number keeps which invoices from being texted, and where to mend it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from connector.cli.frame import (
    CompanyOption,
    ConfigOption,
    JsonOption,
    company_ids,
    counted,
    hanging,
    print_json,
    remembered,
    screen,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import Console

    from connector.domain.numbers import NumberTrouble

SHOWN: Final = 100  # customers of a company on the screen: a few pages; --json has all
FEW: Final = 5  # invoices of a customer that are named one by one
LONGEST: Final = 40  # characters of what a ledger has for a number
WHERE: Final = {
    "quickbooks": "In QuickBooks: Sales > Customers > {name} > Edit > Mobile",
    "xero": "In Xero: Contacts > {name} > Edit > Phone > Mobile",
}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird numbers --company acme")(numbers)


def numbers(
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most customers of each company.")] = SHOWN,
    as_json: JsonOption = False,
) -> None:
    """List customers whose phone number keeps invoices from being texted, longest owed first, and where to mend it."""
    with told(), remembered(config) as (loaded, state):
        from connector.companies import company_settings
        from connector.flows.numbers import look

        ids = company_ids(loaded, company)
        settings = {one: company_settings(loaded, one) for one in ids}
        found = {one: look(state.queries, one, settings[one].country) for one in ids}
        if as_json:
            print_json([_json(one, trouble) for one in ids for trouble in found[one].troubles])
            return
        console = screen()
        for one in ids:
            listed, waiting = found[one].troubles, found[one].unread
            _print(console, one, listed[:limit], settings[one].ledger.kind)
            if len(listed) > limit:
                typer.echo(f"There are {len(listed) - limit:,} more. See them with --limit {len(listed)}.")
            if waiting:
                verb = "was" if waiting == 1 else "were"
                typer.echo(f"{counted(waiting, 'customer')} {verb} not looked at yet: no text to them was due so far.")


def _json(company: str, one: NumberTrouble) -> dict[str, Any]:
    return {
        "company": company,
        "customer_id": one.customer_id,
        "customer": one.name,
        "fault": one.fault,
        "blocks": one.blocks,
        "number_in_ledger": _has(one),
        "probably_meant": _meant(one) or None,
        "same_number": list(one.others),
        "invoices": [
            {"invoice": two.label, "owed": two.balance.amount, "currency": two.balance.currency, "since": two.since}
            for two in one.invoices
        ],
    }


def _print(console: Console, company: str, found: list[NumberTrouble], ledger: str) -> None:
    from rich.text import Text

    blocked = [one for one in found if one.blocks]
    if not found:
        console.print(f"{company}: every customer who owes something, and was looked at, can be texted.")
        return
    for head, group in (
        (f"{counted(len(blocked), 'customer')} cannot be texted", blocked),
        ("These can be texted, but others have the same number", [one for one in found if not one.blocks]),
    ):
        if not group:
            continue
        console.print(Text.assemble((company, "bold"), f": {head}. They owe {_sum(group)}."))
        for one in group:
            hanging(console, Text(_plain(one.name), style="bold"), _body(one, ledger), width=24, indent=2)
        console.print()


def _body(one: NumberTrouble, ledger: str) -> Any:
    from rich.text import Text

    from connector.domain.numbers import WORDS

    has = f": {_has(one)}" if one.has else ""
    named = ", ".join(f"{_plain(two.label)} ({two.balance}, since {two.since:%d %b %Y})" for two in one.invoices[:FEW])
    more = f" and {len(one.invoices) - FEW} more" if len(one.invoices) > FEW else ""
    return Text.assemble(f"{WORDS[one.fault]}{has}\n", (f"{named}{more}\n", "dim"), (f"→ {_todo(one, ledger)}", "cyan"))


def _todo(one: NumberTrouble, ledger: str) -> str:
    from connector.domain.numbers import NumberFault

    where = WHERE[ledger].format(name=_plain(one.name))
    if one.fault is NumberFault.SHARED:
        names = ", ".join(map(_plain, one.others[:FEW]))
        return f"Also that of {names}. If that is one person or office, all is well; if not: {where}"
    if one.fault is NumberFault.UNREACHABLE:
        return f"{where}: ask the customer for a mobile number, and type that instead"
    if one.fault is NumberFault.MISSING and one.meant:
        return f"{where}: type the mobile number that stands under another phone ({_meant(one)}), if it is theirs"
    if one.meant:
        return f"{where}: if {one.meant} is the customer's mobile, type it just so; if not, ask for it"
    return f"{where}: type the mobile number with + and its country, such as +1 212 555 0123"


def _sum(found: Iterable[NumberTrouble]) -> str:
    from connector.domain.money import Money

    sums: dict[str, Money] = {}
    for money in (money for one in found for money in one.owed):
        known = sums.get(money.currency)
        sums[money.currency] = money if known is None else known + money
    return ", ".join(str(sums[currency]) for currency in sorted(sums))


def _has(one: NumberTrouble) -> str:
    """What the ledger holds. What could be dialled is masked, as on every screen; a slip must be seen to be mended."""
    from connector.domain.numbers import NumberFault

    told = _plain(one.has)
    if one.fault in {NumberFault.MALFORMED, NumberFault.LETTERS, NumberFault.EXTENSION}:
        return told
    digits = [place for place, c in enumerate(told) if c.isdigit()]
    return "".join("•" if place in digits[2:-4] else c for place, c in enumerate(told))


def _meant(one: NumberTrouble) -> str:
    from connector.domain.numbers import NumberFault
    from connector.domain.phone import Phone

    return Phone(one.meant).masked if one.meant and one.fault is NumberFault.MISSING else one.meant


def _plain(text: str) -> str:
    """A ledger's words on one line, without what would move the cursor or turn the reading direction."""
    return "".join(c if c.isprintable() else " " for c in text)[:LONGEST].strip()
