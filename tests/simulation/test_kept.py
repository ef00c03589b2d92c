"""The judge of promises, disputes, approvals and languages: each word that was not kept is seen, a kept one is not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from adapters.clock import ManualClock
from adapters.memory.messenger import MemoryMessenger
from adapters.memory.processor import MemoryProcessor
from connector.domain.asking import request_words
from connector.domain.money import Money
from connector.ports.messenger import TextRequest
from connector.ports.processor import LinkRequest
from tests.simulation.cells import Tally
from tests.simulation.kept import kept
from tests.simulation.manners import BUILT_IN_SPANISH, MONEY_WORDS, Manners, Said, What
from tests.simulation.steady import SteadyTown
from tests.simulation.town import START

WORDS = "Hi Dana0, your invoice INV-1 from Acme Plumbing: $120.00. Pay online:"


class Scene:
    """One customer with one invoice, and hands that send texts and say things."""

    def __init__(self, manners: Manners | None = None) -> None:
        self.clock = ManualClock(START)
        self.town = SteadyTown("0", self.clock, START + timedelta(days=45), Tally())
        self.town.manners = manners or Manners()
        self.person = self.town.people[0]
        self.invoice = self.town.ledger.issue(self.person.customer_id, Money.of("120.00", "USD"))
        self.messenger = MemoryMessenger(self.town.carrier)
        request = LinkRequest(
            "ref", Money.of("120.00", "USD"), "", "", "", "", "", {"duebird_invoice": self.invoice}, "key"
        )
        self.url = MemoryProcessor(self.town.processor).create_link(request).url

    def waits(self, **time: float) -> datetime:
        self.clock.advance(timedelta(**time))
        return self.clock.now()

    def notice(self, words: str = WORDS) -> None:
        self.send(f"{words} {self.url}")

    def send(self, body: str) -> None:
        assert self.person.phone is not None
        self.messenger.send(TextRequest(self.person.phone, body, timedelta(hours=1)))

    def says(self, what: What, until: date | None = None, **more: str) -> None:
        assert self.person.phone is not None
        phone = self.person.phone.e164 if what is What.ANSWERED else more.pop("phone", "")
        about = "" if what in {What.ANSWERED, What.LIVE} else self.invoice
        said = Said(self.clock.now(), what, about, until=until, phone=phone, **more)  # type: ignore[arg-type]
        self.town.said.append(said)

    def writes(self, words: str) -> None:
        assert self.person.phone is not None
        self.town._say(self.person.phone, words)

    @property
    def broken(self) -> list[str]:
        return list(kept(self.town))


def test_no_notice_between_a_promise_by_hand_and_the_end_of_its_day() -> None:
    scene = Scene()
    scene.says(What.PROMISED, date(2026, 10, 8))
    scene.waits(days=3)
    scene.notice()
    assert len(scene.broken) == 1
    assert "was promised for 2026-10-08" in scene.broken[0]
    later = Scene()
    later.says(What.PROMISED, date(2026, 10, 8))
    later.waits(days=4)
    later.notice()
    dropped = Scene()
    dropped.says(What.PROMISED, date(2026, 10, 13))
    dropped.waits(days=1)
    dropped.says(What.NO_PROMISE)
    dropped.waits(days=1)
    dropped.notice()
    corrected = Scene()
    corrected.says(What.PROMISED, date(2026, 10, 9))
    corrected.says(What.PROMISED, date(2026, 10, 8))  # in the same moment: what was said last counts
    corrected.waits(days=4)
    corrected.notice()
    assert later.broken == dropped.broken == corrected.broken == []


def test_no_notice_while_it_is_disputed_by_hand() -> None:
    scene = Scene()
    scene.says(What.DISPUTED)
    scene.waits(days=20)
    scene.notice()
    assert len(scene.broken) == 1
    scene.waits(hours=1)
    scene.says(What.NO_DISPUTE)
    scene.waits(days=1)
    scene.notice()
    assert len(scene.broken) == 1


@pytest.mark.parametrize("words", [words for words, (topic, _) in MONEY_WORDS.items() if topic != "promise"])
def test_no_notice_after_a_reply_that_it_is_wrong_or_paid(words: str) -> None:
    scene = Scene()
    scene.notice()
    scene.waits(hours=1)
    scene.writes(words)
    scene.waits(minutes=3)
    scene.notice()  # it may not have been read yet
    assert scene.broken == []
    scene.waits(days=9)
    scene.notice()
    assert len(scene.broken) == 1


@pytest.mark.parametrize("words", [words for words, (topic, _) in MONEY_WORDS.items() if topic == "promise"])
@pytest.mark.parametrize("taken", [False, True])
def test_no_notice_until_a_promise_in_a_reply_is_over(words: str, *, taken: bool) -> None:
    scene = Scene(Manners(takes_promises=taken))
    scene.notice()
    scene.waits(hours=1)
    scene.writes(words)
    scene.waits(days=1)
    scene.notice()
    assert len(scene.broken) == 1
    answered = Scene(Manners(takes_promises=taken))
    answered.notice()
    answered.waits(hours=1)
    answered.writes(words)
    answered.waits(hours=1)
    answered.says(What.NO_PROMISE)
    answered.says(What.ANSWERED)
    answered.waits(days=1)
    answered.notice()
    assert answered.broken == []
    scene.waits(days=15)
    scene.notice()
    assert len(scene.broken) == 1


def test_nothing_goes_out_in_draft_that_was_not_approved_nor_thanks() -> None:
    scene = Scene(Manners(drafts=True))
    scene.notice()
    scene.send("Thank you!")
    assert ["went out" in one for one in scene.broken] == [True, True]
    approved = Scene(Manners(drafts=True))
    approved.says(What.APPROVED, step="issued", body=f"{WORDS} link")
    approved.waits(hours=1)
    approved.notice()
    live = Scene(Manners(drafts=True))
    live.says(What.LIVE)
    live.waits(hours=1)
    live.notice()
    assert approved.broken == live.broken == []


@pytest.mark.parametrize("what", [What.SHOWN, What.REFUSED])
def test_what_was_shown_or_refused_goes_out_only_once_it_is_approved(what: What) -> None:
    scene = Scene(Manners(ask_always=("issued",)))
    scene.says(what, step="issued", body=f"{WORDS} link")
    scene.waits(hours=1)
    scene.notice("Another step. Pay online:")
    assert scene.broken == []
    scene.notice()
    assert len(scene.broken) == 1
    let_go = Scene(Manners(ask_always=("issued",)))
    let_go.says(what, step="issued", body=f"{WORDS} link")
    let_go.says(What.APPROVED, step="issued", body=f"{WORDS} link")
    let_go.waits(hours=1)
    let_go.notice()
    assert let_go.broken == []


def test_a_text_is_in_the_customers_language_and_in_the_owners_own_words() -> None:
    scene = Scene(Manners(own_words=True))
    scene.town.people[0] = replace(scene.person, language="es")
    scene.notice()
    assert len(scene.broken) == 1
    own = Scene(Manners(own_words=True))
    own.town.people[0] = replace(own.person, language="es")
    own.notice("Hola Dana0, le escribe Acme Plumbing: factura INV-1, $120.00. Pagar:")
    assert own.broken == []
    own.notice(f"Hola Dana0, {BUILT_IN_SPANISH} INV-1. Pagar:")
    assert len(own.broken) == 1


def test_nobody_is_asked_for_consent_twice() -> None:
    scene = Scene()
    scene.send(request_words("Acme Plumbing"))
    assert scene.broken == []
    scene.send(request_words("Acme Plumbing"))
    assert len(scene.broken) == 1
