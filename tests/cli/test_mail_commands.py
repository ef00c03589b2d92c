"""E-mails to the owner through the program itself: its settings, its check, and a mail server over loopback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.config.mail import MailSettings
from connector.domain.letters import About
from connector.ports.mail import Tls
from tests.cli.desk import NORTH, Desk, desk
from tests.e2e.house import Daemon
from tests.mail_house import PASSWORD, MailHouse, Manners, certificate_in, mail_house
from tests.unit.config_text import company, loaded, paths

ADDRESSES = 'from_address = "bird@acme.example"\nto_address = "owner@acme.example"\n'


@pytest.fixture
def here(tmp_path: Path) -> Iterator[Desk]:
    with desk(tmp_path / "house") as made:
        yield made


def mails(desk: Desk, house: MailHouse, more: str = 'tls = "none"') -> None:
    """Give the first company that mail server."""
    section = f'[company.mail]\nhost = "127.0.0.1"\nport = {house.port}\n{ADDRESSES}{more}\n\n[company.approval]'
    desk.house.write_config(lambda text: text.replace("[company.approval]", section, 1))


def hear(desk: Desk, words: str) -> None:
    """A customer who was texted answers."""
    desk.bill(NORTH, 0, "Dana Reed")
    desk.work()
    desk.house.doors.post("twilio", "inbound", to=NORTH.seed.number, body=words, **{"from": NORTH.mobiles[0]})
    desk.work()


# ------------------------------------------------------------------------------------------------------- settings


def mail(text: str) -> str:
    return company(rest=f"[company.mail]\n{text}")


def test_a_mail_server_needs_three_lines_and_the_port_follows_from_how_it_is_spoken_to() -> None:
    for tls, port in (("implicit", 465), ("starttls", 587)):
        settings = loaded(mail(f'host = "smtp.acme.example"\ntls = "{tls}"\n{ADDRESSES}')).settings.companies[0].mail
        server = settings.server(None)
        assert server is not None
        assert (server.port, server.tls) == (port, Tls(tls))
        assert (settings.mails_replies, settings.about, settings.digest_minute) == (True, About.OFF, 480)
    assert MailSettings().server(None) is None
    assert not MailSettings().mails_replies


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('host = "smtp.acme.example"', ["from_address", "to_address"]),
        (f'host = "smtp.acme.example"\nuser = "x"\n{ADDRESSES}', ["password"]),
        (f'host = "smtp.acme.example"\npassword = "env:TWILIO_TOKEN"\n{ADDRESSES}', ["user"]),
        (f'host = "smtp.acme.example"\ntls = "none"\n{ADDRESSES}', ["tls"]),
        (f'host = "smtp.acme.example:465"\n{ADDRESSES}', ["host"]),
        ('host = "smtp.acme.example"\nfrom_address = "a@b"\nto_address = "Owner <o@acme.example>"', ["to_address"]),
        ('to_address = "o@acme.example\\nBcc: x@y.example"', ["to_address"]),
        ('attention = "weekly"', ["attention"]),
    ],
)
def test_what_cannot_work_is_refused_by_name(text: str, wrong: list[str]) -> None:
    assert paths(mail(text)) == [f'company[1] "acme".mail.{one}' for one in wrong]


# ---------------------------------------------------------------------------------------------------------- check


def test_check_says_that_mail_works_and_sends_nothing(here: Desk, tmp_path: Path) -> None:
    certificate = certificate_in(tmp_path)
    with mail_house(Manners("implicit", asks_password=True), certificate) as post:
        mails(here, post, f'user = "duebird"\npassword = "env:MAIL_PASSWORD"\nca_file = "{certificate}"')
        said = here.type("check", NORTH.id, MAIL_PASSWORD=PASSWORD)
        assert said.code == 0, said.out
        assert "letters go to owner@acme.example" in said.words
        wrong = here.type("check", NORTH.id, MAIL_PASSWORD="not-the-password")
        assert wrong.code == 1
        assert "refused user or password" in wrong.words
        assert "Correct user and password under mail" in wrong.words
        assert "not-the-password" not in wrong.out + wrong.err
    assert post.letters == []
    gone = here.type("check", NORTH.id, MAIL_PASSWORD=PASSWORD)
    assert gone.code == 1
    assert "cannot be reached" in gone.words


def test_check_says_nothing_of_mail_where_there_is_none(here: Desk) -> None:
    assert "Mail" not in here.type("check", NORTH.id).words


# ----------------------------------------------------------------------------------------------------------- work


def test_a_reply_is_in_the_owners_mail_after_one_pass_and_once(here: Desk) -> None:
    with mail_house() as post:
        mails(here, post)
        hear(here, "I'll pay Friday")
        here.work()
    [letter] = post.letters
    assert letter["Subject"] == "Dana Reed replied: I'll pay Friday"
    assert NORTH.mobiles[0] in letter.get_content()


def test_a_mail_server_that_is_gone_stops_no_text_and_is_told_of(here: Desk) -> None:
    with mail_house(Manners(replies={"RCPT": "550 nobody here"})) as post:
        mails(here, post)
        hear(here, "is this real?")
    item = here.type("attention", "--company", NORTH.id).words
    assert "e-mail to you fails" in item
    assert "refused the recipient: 550 nobody here" in item
    invoice = here.bill(NORTH, 1, "Lee Park")
    here.work()
    assert here.house.notices(NORTH.mobiles[1]), invoice


@pytest.mark.slow
def test_the_daemon_mails_beside_its_passes_and_takes_a_new_server_over(
    here: Desk, request: pytest.FixtureRequest
) -> None:
    with mail_house(Manners(hangs_at="greeting")) as hanging, mail_house() as post:
        mails(here, hanging, 'tls = "none"\ntimeout = 2')
        daemon = Daemon(here.house)
        request.addfinalizer(daemon.process.kill)
        daemon.ready()
        here.bill(NORTH, 0, "Dana Reed")
        daemon.until(lambda: here.house.notices(NORTH.mobiles[0]), "a text")
        here.house.doors.post("twilio", "inbound", to=NORTH.seed.number, body="hello?", **{"from": NORTH.mobiles[0]})
        daemon.passes()
        mails(here, post)
        daemon.hang_up()
        daemon.until(lambda: post.letters, "the letter")
        assert daemon.stop() == 0
    assert post.letters[0]["Subject"] == "Dana Reed replied: hello?"
