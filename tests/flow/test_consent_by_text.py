"""Double opt-in by text: asked once for ever, nothing more without a YES, found again when the memory is lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.memory.faults import FaultKind
from connector.domain.asking import is_request
from connector.domain.consent import ConsentMethod, ConsentState
from connector.domain.phone import Phone
from connector.domain.wordings import Occasion
from connector.failpoints import armed
from connector.flows import perform, poll, propose
from connector.flows.text import find_sent
from connector.words import Wording
from state.tables import TextRow
from tests.flow.office import DOLLARS, MOBILE, Office
from tests.flow.restoring import put_back, until_calm


@pytest.fixture
def asking(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    switch(office, ask=True)
    yield office
    assert office.broken(healthy=False) == []
    office.close()


def switch(office: Office, *, ask: bool) -> None:
    office.policy = replace(office.policy, ask=ask)
    office.company = replace(office.company, policy=office.policy)


def silent(office: Office, name: str = "Dana Reed", phone: Phone = MOBILE) -> str:
    return office.issue(office.customer(name, mobile=phone.e164, agrees=False), due_in=20)


def live(office: Office, *, days: int) -> None:
    for _ in range(days):
        office.wait(days=1)
        office.run(2)


def test_a_customer_of_whom_nothing_is_on_record_is_asked_once_and_gets_nothing_without_a_yes(asking: Office) -> None:
    first = silent(asking)
    asking.issue(asking.ledger_world.invoices[first].latest.customer_id)
    asking.run(2)
    [body] = asking.texts()
    assert is_request(body)
    live(asking, days=25)
    assert asking.texts() == [body]
    assert asking.reason(first) in {"asked", "step_done", "no_step_now"}
    asking.restart()
    live(asking, days=2)
    assert asking.texts() == [body]


@pytest.mark.parametrize("answer", ["YES", "Oui", "sí"])
def test_a_yes_is_a_consent_to_the_very_words_of_the_request(asking: Office, answer: str) -> None:
    silent(asking)
    asking.run(2)
    [asked] = asking.texts()
    asking.wait(hours=1)
    asking.carrier.reply(MOBILE, answer)
    asking.run(2)
    [record] = asking.company.queries.consent("acme", MOBILE.e164)
    assert (record.state, record.method, record.wording) == (ConsentState.GRANTED, ConsentMethod.ANSWER, asked)
    live(asking, days=1)  # the request was this number's text of the day
    assert [is_request(one) for one in asking.texts()] == [True, False]


def test_a_customer_is_asked_in_their_language_and_found_again_in_any(asking: Office) -> None:
    asking.company = replace(asking.company, words=Wording(markers={"Deutsch": "de"}))
    german = asking.ledger_world.add_customer("Uwe", mobile=MOBILE.e164, markers=frozenset({"Deutsch"}))
    asking.issue(german, due_in=20)
    asking.run(2)
    [body] = asking.texts()
    assert "Antworten Sie JA" in body
    asking.company = replace(asking.company, words=Wording(own={("en", Occasion.REQUEST): "Hi, {business}. {ask}"}))
    values = {"to": MOBILE.e164, "body": "Hi", "purpose": "request"}
    assert find_sent(asking.company, values) is None, "it is on record"
    with asking.database.write() as session:
        session.delete(session.get(TextRow, ("acme", asking.carrier.all_texts()[0].text_id)))
    assert find_sent(asking.company, values) is not None
    asking.carrier.reply(MOBILE, "Ja")
    live(asking, days=1)
    assert len(asking.texts()) == 1, "which request it answers is not known any more"


def test_the_words_of_a_request_are_the_owners_where_they_gave_some(asking: Office) -> None:
    own = {("en", Occasion.REQUEST): "Hi, {business}, your plumber. {ask}"}
    asking.company = replace(asking.company, words=Wording(own=own))
    silent(asking)
    asking.run(2)
    assert asking.texts()[0].startswith("Hi, Acme Plumbing, your plumber. Reply YES to get invoices")


@pytest.mark.parametrize("answer", ["ok", "who is this", "STOP", "no", "yes but only on mondays"])
def test_anything_else_is_no_consent(asking: Office, answer: str) -> None:
    silent(asking)
    asking.run(2)
    asking.carrier.reply(MOBILE, answer)
    live(asking, days=3)
    assert len(asking.texts()) == 1


def test_a_yes_after_a_stop_opens_nothing(asking: Office) -> None:
    silent(asking)
    asking.run(2)
    for answer in ("STOP", "YES"):
        asking.wait(minutes=5)
        asking.carrier.reply(MOBILE, answer)
    live(asking, days=3)
    assert len(asking.texts()) == 1


def test_a_yes_of_weeks_later_answers_something_else(asking: Office) -> None:
    silent(asking)
    asking.run(2)
    live(asking, days=15)
    asking.carrier.reply(MOBILE, "yes")
    live(asking, days=6)
    assert len(asking.texts()) == 1


def test_nobody_is_asked_who_said_stop_or_is_held_or_where_it_is_switched_off(asking: Office) -> None:
    stopped = silent(asking)
    asking.agree(MOBILE, ConsentState.REVOKED)
    held = silent(asking, "Ann", Phone("+12125550144"))
    asking.company.store.hold("acme", "invoice", held, "leave it", asking.clock.now())
    asking.run(3)
    assert asking.carrier.all_texts() == []
    assert asking.reason(stopped) == "opted_out"
    asking.company.store.release("acme", "invoice", held, asking.clock.now())
    switch(asking, ask=False)
    asking.run(2)
    assert asking.carrier.all_texts() == []


def test_nobody_is_asked_at_night_and_the_caps_hold(asking: Office) -> None:
    switch(asking, ask=True)
    asking.policy = replace(asking.policy, texts_per_hour=1)
    asking.company = replace(asking.company, policy=asking.policy)
    for number in range(3):
        silent(asking, f"N{number}", Phone(f"+1212555015{number}"))
    asking.run(3)
    assert len(asking.carrier.all_texts()) == 1


def test_a_request_whose_answer_was_lost_is_not_sent_again(asking: Office) -> None:
    silent(asking)
    asking.carrier_faults.program(FaultKind.LOSE_ANSWER, "send")
    asking.run(2)
    live(asking, days=3)
    assert len(asking.texts()) == 1


UNSENT = ("claimed", "calling")  # nobody can know: a person is asked, and it is not sent again by itself


@pytest.mark.parametrize("step", ["planned", "reread", "asked", *UNSENT, "answered", "concluded", "followed"])
def test_a_crash_at_each_boundary_asks_once_at_most(asking: Office, step: str) -> None:
    silent(asking)
    died = []
    with armed(dies_at(f"request.{step}")):
        try:
            asking.run(2)
        except Died:
            died.append(step)
    assert died == [step]
    asking.restart(crashed=True)
    asking.wait(minutes=10)
    asking.run(3)
    live(asking, days=2)
    assert len(asking.texts()) == (0 if step in UNSENT else 1)


class Died(BaseException):
    """The program ends here."""


def dies_at(name: str) -> Callable[[str], None]:
    def hook(point: str) -> None:
        if point == name:
            raise Died

    return hook


def test_with_the_memory_lost_nobody_is_asked_again(asking: Office, tmp_path: Path) -> None:
    silent(asking)
    asking.run(2)
    asking.wait(days=60)
    put_back(asking, tmp_path, None)
    switch(asking, ask=True)
    until_calm(asking)
    asking.company.store.resume("acme", asking.clock.now())
    asking.issue(next(iter(asking.ledger_world.customers)), due_in=10)
    for _ in range(4):
        asking.clock.advance(timedelta(hours=12))
        asking.run(2)
    assert len(asking.texts()) == 1


def planned(office: Office) -> str:
    """An invoice for whose customer a request is planned and has not gone out yet."""
    invoice = silent(office)
    poll.run_once(office.company)
    propose.by_present_rules(office.company)
    assert [one.purpose for one in office.company.queries.effects_of("acme", invoice)] == ["request"]
    return invoice


def test_a_request_that_was_planned_does_not_go_out_once_it_is_switched_off(asking: Office) -> None:
    planned(asking)
    switch(asking, ask=False)
    live(asking, days=1)
    assert asking.texts() == []


def test_a_request_that_was_planned_does_not_go_out_once_the_invoice_is_paid(asking: Office) -> None:
    asking.ledger_world.pay_by_hand(planned(asking), DOLLARS)
    live(asking, days=1)
    assert asking.texts() == []


def test_a_request_goes_to_the_number_that_the_customer_has_by_now(asking: Office) -> None:
    invoice = planned(asking)
    customer = asking.ledger_world.invoices[invoice].latest.customer_id
    asking.ledger_world.edit_customer(customer, mobile="+12125550188")
    asking.wait(minutes=10)
    with asking.company.threads(1) as pool:  # what was decided is attempted before anything is decided anew
        perform.run_once(asking.company, pool)
    assert asking.carrier.all_texts() == []
    live(asking, days=1)
    assert asking.texts() == []
    assert [is_request(one) for one in asking.texts(Phone("+12125550188"))] == [True]


@pytest.mark.parametrize("name", ["Acme Pipes", "☃"])
def test_a_request_goes_out_in_the_name_that_the_business_has_by_now_or_not_at_all(asking: Office, name: str) -> None:
    planned(asking)
    asking.policy = replace(asking.policy, business=name)
    asking.company = replace(asking.company, policy=asking.policy)
    live(asking, days=1)
    assert ["Acme Pipes" in one for one in asking.texts()] == [True] * (name == "Acme Pipes")
