"""What a person decides about a payment: `credit`."""

from __future__ import annotations

from typing import Annotated

import typer

from connector.cli.frame import (
    EXIT_FAILED,
    CompanyOption,
    ConfigOption,
    JsonOption,
    answer,
    company_ids,
    fail,
    present,
    remembered,
    told,
)


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: duebird credit pi_3QxYz")(credit)


def credit(
    payment: Annotated[str, typer.Argument(metavar="PAYMENT", help="As named by `duebird attention`: pi_...")],
    *,
    config: ConfigOption = None,
    company: CompanyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Book what of a held payment its invoice does not take as the customer's credit; what fits goes on the invoice.

    The ledger is asked before anything is written. Nothing is refunded.
    """
    from connector.domain.money import Money
    from connector.flows.credit import held_key

    with told(), remembered(config) as (loaded, state):
        for one in company_ids(loaded, company):
            parts = state.queries.payment_parts(one, payment)
            held = [row for row in parts if row.verdict == "held"]
            if parts and not held:
                fail(f"The payment {payment} does not wait for you. Nothing was changed.", EXIT_FAILED)
            for row in held:
                item = held_key(one, row.payment_id, row.ledger_id if row.shared else "")
                state.store.credit_ordered(one, row.payment_id, row.ledger_id, item, present())
            if held:
                amount = Money.from_minor(sum(row.amount for row in held), held[0].currency)
                answer(
                    f"Of {amount} ({payment}) what fits will be booked in the next pass, and the rest as a credit of "
                    "the customer.",
                    {"company": one, "payment": payment, "amount": str(amount.amount), "currency": amount.currency},
                    as_json=as_json,
                )
                return
        fail(
            f"No payment on record is named {payment}. Nothing was changed.\nCopy its name from `duebird attention`.",
            EXIT_FAILED,
        )
