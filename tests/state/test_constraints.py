"""What the tables themselves prevent, whatever a flow may think."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError, StatementError

from connector.domain.consent_chain import BEGINNING
from connector.domain.effect import BooksIdentity, EffectKind
from connector.domain.joint import Part
from connector.domain.money import Money
from connector.errors import ConfigProblem
from state.tables import CompanyRow, ConsentRow, EffectRow, PaymentRow, TextRow
from tests.state.house import NOW, PHONE, House, consent, link, payment, sent

BOOKS = BooksIdentity("quickbooks", "9130", "acct_1")


def test_a_naive_time_is_refused(house: House) -> None:
    with pytest.raises((StatementError, ValueError), match="naive"):
        house.store.set_cursor("acme", "ledger", "x", datetime(2026, 11, 23, 17, 0))  # noqa: DTZ001  that is the point


def test_times_come_back_aware_and_in_utc(house: House) -> None:
    house.store.set_cursor("acme", "ledger", "x", NOW)
    row = house.queries.cursor("acme", "ledger")
    assert row is not None
    assert row.moved_at == NOW
    assert row.moved_at.tzinfo is not None


def test_two_companies_cannot_have_the_same_books(house: House) -> None:
    house.store.bind_company("acme", BOOKS, "Acme", NOW)
    with pytest.raises(ConfigProblem):
        house.store.bind_company("other", BOOKS, "Acme", NOW)
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(
            CompanyRow(
                company="other", ledger_kind="quickbooks", tenant_id="9130", processor_account="acct_2", bound_at=NOW
            )
        )


def test_a_company_keeps_its_books_for_ever(house: House) -> None:
    house.store.bind_company("acme", BOOKS, "Acme", NOW)
    house.store.bind_company("acme", BOOKS, "Acme", NOW)
    with pytest.raises(ConfigProblem):
        house.store.bind_company("acme", BooksIdentity("quickbooks", "9130", "acct_2"), "Acme", NOW)
    assert house.queries.identity("acme") == BOOKS


def test_one_effect_cannot_have_two_texts(house: House) -> None:
    house.plan(kind=EffectKind.SEND_TEXT)
    house.start()
    house.store.text_sent("acme", "KEY", sent(), NOW, check_at=NOW, note="")
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(
            TextRow(
                company="acme",
                text_id="SM2",
                effect_key="KEY",
                ledger_id="inv1",
                phone=PHONE.e164,
                purpose="notice",
                state="accepted",
                sent_at=NOW,
            )
        )


def test_one_text_cannot_be_taken_for_two_effects(house: House) -> None:
    for key in ("A", "B"):
        house.plan(key, kind=EffectKind.SEND_TEXT)
        house.start(key)
    house.store.text_sent("acme", "A", sent(), NOW, check_at=NOW, note="")
    with pytest.raises(IntegrityError):
        house.store.text_sent("acme", "B", sent(), NOW, check_at=NOW, note="")
    assert house.status("B") == "in_flight"  # nothing of it was kept: it will be looked up


def test_one_reference_cannot_have_two_links(house: House) -> None:
    for key in ("A", "B"):
        house.plan(key)
        house.start(key)
    parts = [Part("inv1", Money.of("120.00", "USD"))]
    house.store.link_made("acme", "A", link("plink_1", "REF"), parts=parts, generation=1, now=NOW, note="")
    with pytest.raises(IntegrityError):
        house.store.link_made("acme", "B", link("plink_2", "REF"), parts=parts, generation=2, now=NOW, note="")
    assert house.status("B") == "in_flight"


@pytest.mark.parametrize("amount", [0, -1])
def test_a_payment_is_more_than_nothing(house: House, amount: int) -> None:
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(
            PaymentRow(
                company="acme",
                payment_id="pi_0",
                session_id="cs",
                link_id="plink",
                ledger_id="inv1",
                state="succeeded",
                amount=amount,
                currency="USD",
                method="card",
                live=False,
                created_at=NOW,
                read_at=NOW,
            )
        )


def test_amounts_beyond_32_bits_fit(house: House) -> None:
    house.store.payment_read("acme", payment(amount=Money.of("99999999999.99", "USD")), "inv1", NOW)
    row = house.queries.payment("acme", "pi_1")
    assert row is not None
    assert row.amount == 9_999_999_999_999


def test_the_same_consent_is_on_record_once(house: House) -> None:
    assert house.store.consents_recorded("acme", [consent(), consent(), consent("row 2")], NOW) == 2
    assert house.store.consents_recorded("acme", [consent()], NOW) == 0
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(consent_row(source="row 1"))


def consent_row(**fields: Any) -> ConsentRow:
    """A third entry, well chained but for what is given."""
    usual: dict[str, Any] = {
        "company": "acme",
        "phone": PHONE.e164,
        "state": "granted",
        "wording": "",
        "method": "form",
        "recorded_at": NOW,
        "recorded_by": "x",
        "source": "row 3",
        "place": 3,
        "previous_hash": "b" * 64,
        "entry_hash": "c" * 64,
    }
    return ConsentRow(**{**usual, **fields})


@pytest.mark.parametrize("fork", [{"place": 2}, {"previous_hash": BEGINNING}])
def test_nobody_can_begin_a_second_course_of_the_register(house: House, fork: dict[str, Any]) -> None:
    house.store.consents_recorded("acme", [consent(), consent("row 2")], NOW)
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(consent_row(**fork))
    house.store.consents_recorded("other", [consent()], NOW)  # each company has a register of its own
    assert [one.place for one in house.queries.register("other")] == [1]


def test_one_key_cannot_be_two_effects(house: House) -> None:
    house.plan()
    with pytest.raises(IntegrityError), house.database.write() as session:
        session.add(
            EffectRow(
                key="KEY",
                company="other",
                kind="send_text",
                subject="x",
                request="{}",
                reason="",
                status="planned",
                priority=1,
                due_at=NOW,
                planned_at=NOW,
            )
        )


def _half_a_fact(house: House) -> None:
    with house.database.write() as session:
        session.add(CompanyRow(company="x", ledger_kind="k", tenant_id="t", processor_account="p", bound_at=NOW))
        session.flush()
        raise KeyError


def test_a_fact_that_fails_half_way_leaves_nothing(house: House) -> None:
    with pytest.raises(KeyError):
        _half_a_fact(house)
    assert house.queries.company("x") is None
