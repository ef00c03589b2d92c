"""Who is meant: a number as it is typed, or the number of a customer who is named as in the ledger."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.frame import EXIT_USAGE, fail

if TYPE_CHECKING:
    from connector.assemble import State
    from connector.config import Loaded
    from connector.domain.phone import Phone


def numbers_of(loaded: Loaded, state: State, ids: list[str], who: str) -> dict[str, Phone]:
    """The number as each company's country reads it, or that of the customer who is named.

    Left out where it is none there; ends the command where it is none anywhere, or where two could be meant.
    """
    from connector.companies import company_settings
    from connector.domain.phone import parse_mobile

    read = {one: parse_mobile(who, company_settings(loaded, one).country) for one in ids}
    found = {one: number for one, number in read.items() if number is not None}
    if found:
        return found
    named = {one: phone for one in ids if (phone := _number_of(state, one, who)) is not None}
    if not named:
        fail(
            f"{who} is not a mobile number. Nothing was recorded.\n"
            "Write it with its country code, such as +12125550123, or name a customer as the ledger does.",
            EXIT_USAGE,
        )
    return named


def _number_of(state: State, company_id: str, who: str) -> Phone | None:
    """The one number of the customers of that name or id; None where there is no such customer."""
    from connector.domain.phone import Phone

    people = state.queries.people_named(company_id, who)
    if not people:
        return None
    numbers = {one.phone for one in people}
    phone = numbers.pop()
    if numbers:
        several = "\n".join(
            f"  {one.customer_id}: {one.name}, {Phone(one.phone).masked if one.phone else 'no mobile number'}"
            for one in people
        )
        said = f"{company_id} has several customers {who}. Nothing was recorded."
        fail(f"{said}\n{several}\nName one by its id, or write the number.", EXIT_USAGE)
    if phone is None:
        fail(
            f"No mobile number of {people[0].name} is known at {company_id}. Nothing was recorded.\n"
            "Write the number instead, with its country code.",
            EXIT_USAGE,
        )
    return Phone(phone)
