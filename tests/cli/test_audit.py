"""`duebird audit` over four stand-ins: what it says when all is well, and when something is not."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.sandbox import world
from connector.cli.frame import EXIT_FOUND, EXIT_USAGE
from tests.cli.desk import NORTH, SALT, Desk, desk
from tests.e2e.house import Invoice, Shop

OUR_FORM = "DB" + "A2B3C4D5E6F7G2H3I4J"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with desk(tmp_path_factory.mktemp("audited") / "office") as made:
        for shop in (NORTH, SALT):
            made.bill(shop, 0, "Maya Lindqvist")
            made.bill(shop, 1, "Sam Ode")
        made.work()
        for shop in (NORTH, SALT):
            made.house.doors.pay(made.house.link_to(shop.mobiles[0]), "card")
        made.work()
        made.delivered()
        yield made


def audited(office: Desk, shop: Shop, *words: str) -> Any:
    return office.type("audit", "--company", shop.id, "--json", *words).json[shop.id]


def sentences(office: Desk, shop: Shop) -> list[str]:
    return [one["sentence"] for one in audited(office, shop)["violations"]]


def test_a_healthy_company_is_found_so_in_few_calls(office: Desk) -> None:
    said = office.type("audit")
    assert said.code == 0, said.out + said.err
    assert "Northside Design (northside)" in said.words
    assert "2 payment links, 1 payment, 3 texts, 0 replies, 1 booking, 2 invoices" in said.words
    assert said.words.count("Nothing was found that is not right.") == 2
    for shop in (NORTH, SALT):
        facts = audited(office, shop)
        assert facts["violations"] == []
        assert sum(facts["calls"].values()) <= 13
        assert {one["number"] for one in facts["invariants"]} >= {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 18}


def test_what_live_services_do_not_tell_is_said_and_not_passed_over(office: Desk) -> None:
    untold = {one["invariant"] for one in audited(office, NORTH)["not_checkable"]}
    assert {3, 11, 13, 15} <= untold
    said = office.type("audit", "--company", NORTH.id)
    assert "What these services do not tell" in said.words


def test_the_calls_of_an_audit_count_in_the_companys_budget(office: Desk) -> None:
    def used() -> int:
        reads: int = office.type("status", "--json").json["companies"][SALT.id]["budgets"]["stripe"]["used"]
        return reads

    before = used()
    calls = audited(office, SALT)["calls"]["stripe"]
    assert used() == before + calls


def test_an_audit_works_where_everything_on_record_was_lost(office: Desk, tmp_path: Path) -> None:
    state = office.house.state / "duebird.sqlite3"
    kept = tmp_path / "kept.sqlite3"
    shutil.move(state, kept)
    try:
        said = office.type("audit", "--company", NORTH.id)
        assert said.code == 0, said.out + said.err
        assert not state.exists(), "an audit only reads"
    finally:
        shutil.move(kept, state)


@pytest.mark.parametrize("words", [("--since", "yesterday"), ("--company", "nobody")])
def test_what_cannot_be_used_is_told_before_any_call(office: Desk, words: tuple[str, ...]) -> None:
    said = office.type("audit", *words)
    assert said.code == EXIT_USAGE
    assert said.out == ""


def test_a_day_that_has_not_come_is_refused(office: Desk) -> None:
    said = office.type("audit", "--since", "2999-01-01")
    assert (said.code, "has not come yet" in said.err) == (1, True)


def enter(office: Desk, invoice: Invoice, reference: str) -> None:
    """Somebody at the ledger enters a payment that looks like one of ours."""
    office.house.doors.post(invoice.shop.ledger, "payments", invoice=invoice.id, amount="1.00", reference=reference)


def text_again(office: Desk, shop: Shop) -> None:
    """Something sends the newest notice once more, from the same number."""
    mobile = shop.mobiles[1]
    body = office.house.notices(mobile)[-1]
    answer = httpx.post(
        f"{office.house.sandbox.addresses['twilio']}/2010-04-01/Accounts/{world.TWILIO_ACCOUNT}/Messages.json",
        data={"To": mobile, "From": shop.seed.number, "Body": body},
        auth=(world.TWILIO_ACCOUNT, world.TWILIO_TOKEN),
    )
    assert answer.status_code == 201, answer.text


@pytest.mark.parametrize("shop", [NORTH, SALT], ids=["quickbooks", "xero"])
def test_a_double_text_and_a_booking_without_money_are_found_with_what_to_look_at(office: Desk, shop: Shop) -> None:
    invoice = office.bill(shop, 2, "Ivo Novak", number=f"{shop.id[0].upper()}-7001")
    office.work()
    text_again(office, shop)
    enter(office, invoice, OUR_FORM)

    said = office.type("audit", "--company", shop.id)

    assert said.code == EXIT_FOUND, said.out + said.err
    assert "for the same reason" in said.words or "The same words" in said.words
    assert "holds a payment of 1.00" in said.words
    assert "there is none at Stripe" in said.words
    assert "audit again later" in said.words, "the invoice has just been changed; its link may be changing too"
    assert f"duebird show {invoice.number} --company {shop.id}" in said.words
    assert "Twilio, Monitor > Logs > Messaging" in said.words
    assert shop.mobiles[1] not in said.out, "numbers are masked"
