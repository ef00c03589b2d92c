"""What an auditor is handed: every text with its words and the consent of that moment, from a life in memory."""

from __future__ import annotations

import csv
import hashlib
import html
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.consent import ConsentMethod, ConsentRecord, ConsentState
from connector.domain.consent_chain import BEGINNING
from connector.domain.phone import Phone
from connector.errors import DuebirdError
from connector.proof.folder import write
from connector.proof.gather import Asked, gather
from connector.proof.page import html_page
from connector.proof.tables import csv_files, json_file
from connector.proof.values import Proof
from state.consent_check import verify
from state.consent_journal import ConsentJournal
from tests.flow.office import MOBILE, Office

OMAR, LENA, OWNER = Phone("+12125550144"), Phone("+12125550155"), Phone("+12125550100")
CARD = "4242 4242 4242 4242"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    """Dana agrees, is texted and pays; Lena agrees, is texted, says STOP; Omar never agreed."""
    office = Office(tmp_path_factory.mktemp("proof"), owner_phone=OWNER)
    office.issue(office.customer("Dana <Reed> & Sons"))
    office.issue(office.customer("Lena Ortiz", mobile=LENA.e164))
    office.issue(office.customer("Omar Said", mobile=OMAR.e164, agrees=False))
    office.run(2)
    office.carrier.reply(MOBILE, f"=HYPERLINK(1) is my card {CARD} ok? <script>alert(1)</script>")
    office.carrier.reply(LENA, "Stop texting me, please")
    office.stripe_world.pay(office.link_in(office.texts(MOBILE)[0]))
    office.wait(minutes=5)
    office.run(3)
    yield office
    office.close()


def proof_of(office: Office, *phones: Phone, days: int = 400) -> Proof:
    now = office.clock.now()
    asked = Asked(
        company="acme",
        business=office.company.policy.business,
        zone=office.company.policy.zone,
        rule="record",
        owner=OWNER,
        since=now.date() - timedelta(days=days),
        until=now.date(),
        phones=list(phones) or None,
        country="US",
    )
    verified = verify(office.database, ConsentJournal(office.journal), "acme")
    return gather(office.database, verified, asked, now, "1.2.3")


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_every_text_at_the_carrier_stands_in_the_proof_with_its_very_words_and_the_consent_of_then(
    lived: Office,
) -> None:
    proof = proof_of(lived)
    shown = {(person.phone, one.text_id, one.body) for person in proof.people for one in person.messages}
    assert shown == {(one.to, one.text_id, one.body) for one in lived.carrier.all_texts()}
    assert len(shown) == 4  # two notices, a receipt, a word to the owner
    assert (proof.unproved, proof.flaws, proof.whole) == (0, (), True)
    for person in proof.people:
        for message in person.messages:
            permitted = message.permission
            assert person.is_owner or (permitted.given and permitted.entry in person.entries)


def test_what_each_customer_wrote_and_paid_is_in_it_without_card_numbers(lived: Office) -> None:
    (dana,) = proof_of(lived, MOBILE).people
    assert dana.names == ("Dana <Reed> & Sons",)
    assert [one.amount for one in dana.payments] == [lived.bookings(next(iter(lived.ledger_world.invoices)))[0]]
    assert dana.payments[0].booked
    assert CARD not in dana.replies[0].body
    (lena,) = proof_of(lived, LENA).people
    assert [one.record.state for one in lena.entries] == [ConsentState.GRANTED, ConsentState.REVOKED]
    assert (lena.stands, lena.replies[0].meaning, lena.payments) == (ConsentState.REVOKED, "revocation_by_meaning", ())


def test_the_files_are_their_owners_alone_and_carry_their_own_sums(lived: Office, tmp_path: Path) -> None:
    folder = tmp_path / "proof"
    names = write(proof_of(lived), folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    assert {one.name for one in folder.iterdir()} == set(names)
    assert {one.stat().st_mode & 0o777 for one in folder.iterdir()} == {0o600}
    for line in (folder / "SHA256SUMS").read_text().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
    with pytest.raises(DuebirdError, match="exists already"):
        write(proof_of(lived), folder)
    with pytest.raises(DuebirdError, match="could not be written"):
        write(proof_of(lived), tmp_path / "nowhere" / "proof")


def test_the_same_records_give_the_same_bytes(lived: Office) -> None:
    one, two = proof_of(lived), proof_of(lived)
    assert html_page(one) == html_page(two)
    assert csv_files(one) == csv_files(two)
    assert json_file(one) == json_file(two)


def test_the_page_runs_nothing_loads_nothing_and_shows_what_people_wrote_as_they_wrote_it(lived: Office) -> None:
    page = html_page(proof_of(lived)).decode()
    assert "<script" not in page
    assert not re.search(r"(?:src|href)=[\"']?(?!#)", page.replace('href="#', ""))
    assert "url(" not in page
    assert "default-src 'none'" in page
    plain = html.unescape(page)
    for one in lived.carrier.all_texts():
        assert one.body in plain
    assert "Dana <Reed> & Sons" in plain
    assert MOBILE.e164 in page
    assert "Omar" not in page  # nothing on record about his number, and nothing was sent to it
    assert "wanted no more texts, by text" in page
    assert "For every text to a customer the register held a consent when it was sent." in page


def test_a_spreadsheet_runs_nothing_of_it_and_has_every_row(lived: Office) -> None:
    files = {name: rows_of(content) for name, content in csv_files(proof_of(lived)).items()}
    assert {name: len(rows) for name, rows in files.items()} == {
        "consents.csv": 3,
        "messages.csv": 4,
        "replies.csv": 2,
        "payments.csv": 1,
    }
    assert files["replies.csv"][0]["words"].startswith("'=HYPERLINK")
    cells = [cell for rows in files.values() for row in rows for name, cell in row.items() if name != "phone"]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


def test_a_program_can_compute_the_chain_again_from_the_json_alone(lived: Office) -> None:
    values: dict[str, Any] = json.loads(json_file(proof_of(lived)))
    entries = sorted((one for person in values["people"] for one in person["consents"]), key=lambda one: one["place"])
    previous = BEGINNING
    for one in entries:
        told = one.pop("hash")
        assert one["previous"] == previous
        spelt = json.dumps(one | {"schema": 1}, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        previous = hashlib.sha256(spelt.encode()).hexdigest()
        assert previous == told
    assert values["register"]["head"] == previous
    assert values["register"]["entries"] == 3


def test_only_the_period_is_shown_and_all_consents_of_before_it(lived: Office) -> None:
    asked = proof_of(lived)
    later = replace(asked, since=asked.until + timedelta(days=1), until=asked.until + timedelta(days=9))
    now = lived.clock.now()
    verified = verify(lived.database, ConsentJournal(lived.journal), "acme")
    wanted = Asked("acme", "Acme", asked.zone, "record", OWNER, later.since, later.until, [MOBILE], "US")
    (dana,) = gather(lived.database, verified, wanted, now, "1").people
    assert (dana.messages, dana.replies, dana.payments) == ((), (), ())
    assert len(dana.entries) == 1


def test_a_consent_that_was_written_down_only_after_the_text_permits_nothing_before(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.issue(office.customer())
    office.run(2)
    with office.database.record() as connection:
        connection.exec_driver_sql("UPDATE consents SET entered_at = '2031-01-01 00:00:00'")
    proof = proof_of(office)
    assert proof.unproved == 1
    assert len(proof.flaws) == 1
    page = html_page(proof).decode()
    assert "1 text went out, or may have, without a consent in the register at that moment." in page
    assert "none on record" in page
    assert "is not as it was written" in page
    office.close()


def test_a_text_of_which_nobody_knows_is_shown_as_that_and_a_refused_one_as_refused(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.issue(office.customer())
    office.issue(office.customer("Lena", mobile=LENA.e164))
    office.carrier_faults.program(FaultKind.NEVER_COMMIT, "send")
    office.carrier_faults.program(FaultKind.REFUSE, "send")
    office.run(2)
    states = sorted(one.state for person in proof_of(office).people for one in person.messages)
    assert states == ["not known", "refused"]
    assert office.texts() == []
    office.close()


def test_a_text_after_a_stop_would_stand_out(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.issue(office.customer())
    office.run(2)
    before = office.clock.now() - timedelta(hours=2)
    stop = ConsentRecord(MOBILE, ConsentState.REVOKED, ConsentMethod.VERBAL, before, "owner", source="x")
    with office.database.record() as connection:  # what a fault of ours would leave behind
        connection.exec_driver_sql("UPDATE consents SET recorded_at = '2020-01-01', entered_at = '2020-01-01'")
    office.company.store.consents_recorded("acme", [stop], before)
    (person,) = proof_of(office).people
    assert [one.permission.state for one in person.unproved] == [ConsentState.REVOKED]
    assert '<span class="bad">no:</span> entry 2' in html_page(proof_of(office)).decode()
    office.close()


def test_a_number_of_many_zones_and_days_around_a_change_of_the_clock_are_told(tmp_path: Path) -> None:
    office = Office(tmp_path)
    office.issue(office.customer("Ann", mobile="+12085550123"))
    office.run(2)
    page = html_page(proof_of(office)).decode()
    assert "The number may be in one of 2 time zones" in page
    assert date.fromisoformat(json.loads(json_file(proof_of(office)))["to"]) == office.clock.now().date()
    office.close()


def test_times_are_those_of_the_customers_address_as_the_hours_for_texts_are(tmp_path: Path) -> None:
    office = Office(tmp_path)
    customer = office.ledger_world.add_customer(
        "Dana Reed", mobile=MOBILE.e164, country="US", region="CA", postal_code="94103"
    )
    office.agree(MOBILE)
    office.issue(customer)
    office.run(2)
    assert len(office.texts()) == 1
    [person] = proof_of(office, MOBILE).people
    assert str(person.zone) == "America/Los_Angeles"
    office.close()
