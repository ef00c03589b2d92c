"""Letters to the owner about replies and open items: each once, however the mail server behaves."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.memory.faults import FaultKind
from adapters.memory.post import MemoryPost
from connector.domain.letters import About
from connector.domain.phone import Phone
from connector.errors import DatabaseTrouble, NeedsReauthorisation, Rejected, RejectedBecause, Transient, Uncertain
from connector.flows.mail import Mailbox, run_once
from state.letter_facts import KEPT, LETTERS_A_DAY
from state.store import Attention
from tests.flow.conftest import OpenOffice
from tests.flow.office import MOBILE, Office

CARD = "4111 1111 1111 1111"
DOWN = Transient("out of reach")


def box(office: Office, post: MemoryPost, about: About = About.OFF) -> Mailbox:
    company = office.company
    zone = office.policy.zone
    return Mailbox("acme", "Acme", zone, post, company.store, company.queries, office.clock, about=about)


@pytest.fixture
def mailing(open_office: OpenOffice) -> Office:
    office = open_office(mail_replies=True)
    office.issue()
    office.run(2)
    return office


def hear(office: Office, body: str, sender: Phone = MOBILE) -> None:
    office.wait(minutes=2)
    office.carrier.reply(sender, body)
    office.run()


def broken(office: Office, kind: str = "connection", number: int = 1) -> None:
    """Something only a person can settle."""
    item = Attention(
        f"acme/{kind}/{number}", "x", f"Acme: {kind} {number} broke.", "Nothing was done.", "duebird check"
    )
    office.company.store.attend("acme", item, office.clock.now())


def test_each_reply_is_mailed_once_with_the_whole_number_and_no_card(mailing: Office) -> None:
    hear(mailing, f"I'll pay Friday with {CARD}")
    hear(mailing, "Are you there?")
    post = MemoryPost()
    for _ in range(3):
        run_once(box(mailing, post))
        mailing.run()
    first, second = post.taken
    assert "Dana Reed (+12125550123) wrote to Acme Plumbing" in first.body
    assert CARD not in first.body + first.subject
    assert "A card number was in it" in first.body
    assert "not taken as a promise" in first.body
    assert "Are you there?" in second.body
    assert len(mailing.texts()) == 1, "nothing was texted for it"


@pytest.mark.parametrize("body", ["STOP", "HELP", "START"])
def test_what_the_messaging_service_answers_itself_is_not_mailed(mailing: Office, body: str) -> None:
    hear(mailing, body)
    post = MemoryPost()
    run_once(box(mailing, post))
    assert post.taken == []


def test_strangers_and_the_owner_are_not_mailed(open_office: OpenOffice) -> None:
    owner = Phone("+12125550999")
    office = open_office(mail_replies=True, owner_phone=owner)
    office.issue(office.customer("The owner", mobile=owner.e164))
    office.run(2)
    hear(office, "did it arrive?", owner)
    hear(office, "buy my pills", Phone("+12125550777"))
    post = MemoryPost()
    run_once(box(office, post))
    assert post.taken == []


def test_without_the_setting_no_reply_becomes_a_letter(office: Office) -> None:
    office.issue()
    office.run(2)
    hear(office, "hello?")
    assert office.company.queries.letters("acme", 9) == []


def test_a_server_that_is_down_is_asked_once_a_run_and_later_takes_all(mailing: Office) -> None:
    hear(mailing, "one")
    hear(mailing, "two")
    post = MemoryPost(errors=[DOWN, DOWN])
    run_once(box(mailing, post))
    assert (post.tries, post.taken) == (1, [])
    mailing.wait(minutes=1)
    run_once(box(mailing, post))
    mailing.wait(minutes=10)
    run_once(box(mailing, post))
    assert len(post.taken) == 2
    assert not [one for one in mailing.attention() if "e-mail to you fails" in one]


def test_a_letter_whose_answer_is_lost_comes_again_under_the_same_id(mailing: Office) -> None:
    hear(mailing, "one")
    post = MemoryPost(errors=[Uncertain("no answer")], keeps=True)
    run_once(box(mailing, post))
    mailing.wait(minutes=1)
    run_once(box(mailing, post))
    assert len({one.mail_id for one in post.taken}) == 1
    assert len(post.taken) == 2
    mailing.wait(days=1)
    run_once(box(mailing, post))
    assert len(post.taken) == 2, "its yes was heard"


def test_a_crash_after_the_yes_mails_twice_at_most_and_not_at_once(mailing: Office) -> None:
    hear(mailing, "one")

    def die() -> None:
        raise DatabaseTrouble("the power went off")

    post = MemoryPost(arrived=die)
    with pytest.raises(DatabaseTrouble):
        run_once(box(mailing, post))
    mailing.restart(crashed=True)
    post.arrived = lambda: None
    run_once(box(mailing, post))
    assert len(post.taken) == 1, "what was tried waits"
    mailing.wait(minutes=1)
    for _ in range(3):
        run_once(box(mailing, post))
    assert len(post.taken) == 2


def test_a_wrong_password_is_shown_at_once_and_gone_when_mail_works(mailing: Office) -> None:
    hear(mailing, "one")
    bad = NeedsReauthorisation("The mail server refused user or password.", advice="Correct password under mail.")
    post = MemoryPost(errors=[bad, ValueError("odd")])
    for _ in range(3):
        run_once(box(mailing, post))
        mailing.wait(minutes=10)
    [item] = [one for one in mailing.company.queries.attention("acme") if "/mail/" in one.key]
    assert item.command == "Correct password under mail. Then: duebird check acme"
    assert post.tries == 1, "an hour lies between tries"
    mailing.wait(hours=1)
    run_once(box(mailing, post))
    mailing.wait(hours=1)
    run_once(box(mailing, post))
    assert len(post.taken) == 1
    assert not [one for one in mailing.attention() if "e-mail to you fails" in one]


def test_a_server_that_stays_down_is_told_of_once_and_letters_are_given_up_after_three_days(mailing: Office) -> None:
    hear(mailing, "one")
    post = MemoryPost(errors=[DOWN] * 500)
    for _ in range(4):
        run_once(box(mailing, post))
        mailing.wait(minutes=16)
    assert len([one for one in mailing.attention() if "e-mail to you fails. out of reach" in one]) == 1
    for _ in range(80):
        run_once(box(mailing, post))
        mailing.wait(hours=1)
    assert post.tries < 85
    assert len([one for one in mailing.attention() if "e-mail to you fails" in one]) == 1
    [letter] = mailing.company.queries.letters("acme", 9)
    assert (letter.sent_at, letter.try_at, letter.error) == (None, None, "out of reach")
    post.errors.clear()
    run_once(box(mailing, post))
    assert post.taken == [], "what was given up is news no more"


def test_a_letter_that_was_never_tried_in_time_says_so(mailing: Office) -> None:
    hear(mailing, "one")
    mailing.wait(days=4)
    run_once(box(mailing, post := MemoryPost()))
    assert post.tries == 0
    assert mailing.company.queries.letters("acme", 1)[0].error == "it could not be handed over in time"


def test_a_letter_that_is_refused_for_what_it_says_holds_up_no_other(mailing: Office) -> None:
    hear(mailing, "one")
    hear(mailing, "two")
    spam = Rejected("554 looks like spam", because=RejectedBecause.BLOCKED)
    post = MemoryPost(errors=[spam])
    run_once(box(mailing, post))
    assert len(post.taken) == 1
    assert [one for one in mailing.attention() if "was given up: 554 looks like spam" in one] == []
    letters = mailing.company.queries.letters("acme", 9)
    assert sorted(one.error for one in letters) == ["", "554 looks like spam"]


def test_a_stop_ends_the_run_between_two_letters(mailing: Office) -> None:
    hear(mailing, "one")
    run_once(replace(box(mailing, post := MemoryPost()), stop_asked=lambda: True))
    assert post.tries == 0


def test_a_flood_of_replies_is_mailed_up_to_a_hundred_a_day(mailing: Office) -> None:
    for number in range(LETTERS_A_DAY + 5):
        mailing.carrier.reply(MOBILE, f"again {number}")
    mailing.wait(minutes=2)
    mailing.run()
    assert len(mailing.company.queries.letters("acme", 500)) == LETTERS_A_DAY
    mailing.wait(days=2)
    hear(mailing, "and again")
    assert len(mailing.company.queries.letters("acme", 500)) == LETTERS_A_DAY + 1


def test_what_was_mailed_is_forgotten_after_a_month(mailing: Office) -> None:
    hear(mailing, "one")
    run_once(box(mailing, post := MemoryPost()))
    mailing.clock.advance(KEPT + timedelta(days=1))
    hear(mailing, "two")
    run_once(box(mailing, post))
    assert len(post.taken) == 2
    assert len(mailing.company.queries.letters("acme", 9)) == 1


# ---------------------------------------------------------------------------------------------------------- items


def test_items_are_mailed_once_a_day_where_something_is_new(office: Office) -> None:
    post = MemoryPost()
    daily = box(office, post, About.DAILY)
    broken(office)
    run_once(daily)
    assert [one.subject for one in post.taken] == ["Acme: 1 new, 1 open for you"]
    broken(office, "setup", 2)
    for _ in range(3):
        run_once(daily)
    assert len(post.taken) == 1
    office.wait(hours=24)
    run_once(daily)
    assert post.taken[1].subject == "Acme: 1 new, 2 open for you"
    office.wait(hours=24)
    run_once(daily)
    assert len(post.taken) == 2, "Wednesday had no news"


def test_where_nothing_is_open_nothing_is_mailed_and_what_comes_later_waits_for_the_morning(office: Office) -> None:
    daily = box(office, post := MemoryPost(), About.DAILY)
    run_once(daily)
    broken(office, "reply")
    run_once(daily)
    assert post.taken == []
    office.wait(hours=24)
    run_once(daily)
    assert len(post.taken) == 1


def test_urgent_items_are_mailed_at_once_and_the_daily_letter_has_them_too(office: Office) -> None:
    urgent = box(office, post := MemoryPost(), About.URGENT)
    run_once(urgent)
    broken(office)
    broken(office, "reply", 7)
    run_once(urgent)
    assert [one.subject for one in post.taken] == ["Acme needs you: connection 1 broke."]
    broken(office, "failing", 2)
    run_once(urgent)
    assert len(post.taken) == 1, "trouble seldom comes alone"
    office.wait(minutes=15)
    run_once(urgent)
    assert post.taken[1].subject == "Acme needs you: failing 2 broke."
    office.wait(hours=24)
    run_once(urgent)
    assert post.taken[2].subject == "Acme: 3 new, 3 open for you"


def test_a_company_whose_ledger_is_gone_is_told_of_by_mail(office: Office) -> None:
    office.ledger_faults.program(FaultKind.DEAD, "changes")
    office.run()
    run_once(box(office, post := MemoryPost(), About.URGENT))
    [first, _] = post.taken
    assert first.subject.startswith("Acme needs you: ")
    assert "duebird check acme" in first.body
