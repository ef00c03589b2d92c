"""The rebuild itself: it may die anywhere, services may be away, and what a person was told survives."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.consent import ConsentState
from connector.ports.processor import LinkRequest
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.flow.restoring import IVO, LENA, OMAR, put_back, story, until_calm
from tests.flow.test_every_crash import _cut, _PowerCut


def lost(folder: Path) -> tuple[Office, dict[str, str]]:
    office = Office(folder)
    invoices = story(office)
    office.wait(hours=2)
    put_back(office, folder, None)
    return office, invoices


def test_the_power_may_go_at_any_commit_of_a_rebuild(tmp_path: Path) -> None:
    office, _ = lost(tmp_path / "whole")
    cut = _PowerCut(office)
    office.run()
    office.database.close()
    assert cut.commits > 20
    for at in range(1, cut.commits + 1, 4):  # every fourth: each is followed by others of its kind
        office, invoices = lost(tmp_path / f"cut{at}")
        before = {phone: len(office.texts(phone)) for phone in (MOBILE, OMAR, LENA, IVO)}
        _cut(office, at)
        until_calm(office, hours=2)
        assert office.company.queries.recovering("acme") is None, at
        assert {phone: len(office.texts(phone)) for phone in before} == before, f"texts after a cut at {at}"
        assert office.bookings(invoices["pays"]) == [DOLLARS], at
        assert office.broken(healthy=False) == [], at
        office.database.close()


@pytest.mark.parametrize("service", ["ledger", "stripe", "carrier"])
def test_while_a_service_is_away_nothing_is_done_and_the_rebuild_goes_on_afterwards(
    tmp_path: Path, service: str
) -> None:
    office, _ = lost(tmp_path / "state")
    faults = {"ledger": office.ledger_faults, "stripe": office.stripe_faults, "carrier": office.carrier_faults}[service]
    faults.program(FaultKind.FAIL_BEFORE, times=1)
    before = len(office.carrier.all_texts())
    report = office.run()
    assert report.troubles
    assert office.company.queries.recovering("acme") is not None
    assert len(office.carrier.all_texts()) == before
    office.wait(minutes=1)
    office.run()
    assert office.company.queries.recovering("acme") is None
    office.database.close()


def test_an_opt_out_told_on_the_phone_survives_the_loss_of_the_database(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    office.customer("Omar", mobile=OMAR.e164)
    office.wait(minutes=1)
    office.agree(OMAR, ConsentState.REVOKED)
    put_back(office, folder, None)
    office.issue(next(iter(office.ledger_world.customers)))
    office.run()
    office.company.store.resume("acme", office.clock.now())
    until_calm(office)
    assert office.texts(OMAR) == []
    office.database.close()


def test_the_owner_is_told_who_would_be_texted_and_nobody_is_before_he_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    story(office)
    new = office.customer("Nora Quist", mobile="+12125550177")
    office.wait(hours=1)
    office.issue(new)
    put_back(office, folder, None)
    office.run()
    told = [item for item in office.attention() if "would be texted" in item]
    assert len(told) == 1
    assert told[0].endswith("(a backup was put back). 1 customer would be texted: Nora Quist.")
    assert [row.customer_name for row in office.company.queries.waiting_for_resume("acme", 9)] == ["Nora Quist"]
    office.company.store.resume("acme", office.clock.now())
    office.wait(minutes=1)
    office.run()
    assert office.attention() == []
    office.database.close()


def test_of_two_links_of_one_reference_one_is_taken_down(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    office.issue()
    office.run()
    made = office.stripe_world.live_links()[0]
    again: LinkRequest = replace(made.request, idempotency_key="another")
    office.stripe_world.create_link(again)
    office.spoilt = {"10"}
    put_back(office, folder, None)
    until_calm(office, hours=1)
    assert len(office.stripe_world.live_links()) == 1
    office.database.close()


def test_the_link_of_an_invoice_that_was_deleted_in_the_ledger_is_taken_down(tmp_path: Path) -> None:
    folder = tmp_path / "state"
    office = Office(folder)
    invoice = office.issue()
    office.run(2)
    [record] = office.stripe_world.live_links()
    office.wait(minutes=5)
    office.ledger_world.delete(invoice)
    put_back(office, folder, None)
    until_calm(office, hours=3)
    assert office.company.queries.recovering("acme") is None
    assert office.stripe_world.live_links() == []
    assert office.stripe_world.pay(record.link.url) is None
    assert office.stripe_world.links[record.link.link_id].latest.message == (
        "This invoice is not to be paid any more. Questions? Please contact Acme Plumbing."
    )
    assert office.broken(healthy=False) == []
    office.database.close()


def test_no_text_goes_out_while_the_journal_is_out_of_reach(office: Office) -> None:
    customer = office.customer()
    kept = office.journal.rename(office.journal.with_name("elsewhere"))
    office.journal.write_bytes(b"a file in the place of the folder")
    office.issue(customer)
    office.run()
    assert office.texts() == []
    assert any("journal of consents" in item for item in office.attention())
    office.journal.unlink()
    kept.rename(office.journal)
    office.wait(minutes=1)
    office.run()
    assert len(office.texts()) == 1


def test_a_receipt_waits_while_texts_are_paused_and_is_dropped_when_it_is_late(office: Office) -> None:
    invoice = office.issue()
    office.run()
    office.stripe_world.pay(office.link_in(office.texts()[0]))
    office.company.store.pause("acme", "holiday", office.clock.now())
    office.wait(minutes=1)
    office.run(2)
    assert office.bookings(invoice) == [DOLLARS]
    assert len(office.texts()) == 1
    office.clock.advance(timedelta(hours=49))
    office.company.store.resume("acme", office.clock.now())
    office.run()
    assert len(office.texts()) == 1
