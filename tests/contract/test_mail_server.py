"""The mail adapter against a mail server over loopback: what arrives, and what each of its refusals means."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.smtp.post import SmtpPost
from connector.errors import DuebirdError, NeedsReauthorisation, Rejected, RejectedBecause, Transient, Uncertain
from connector.ports.findings import Weight
from connector.ports.mail import Mail, MailServer, Tls
from tests.mail_house import PASSWORD, USER, MailHouse, Manners, certificate_in, mail_house
from tests.ports import free_port

LETTER = Mail("acme/reply/SM1", "Dana replied: déjà payé", "> déjà payé\n.\n..\nduebird show 1\n", datetime.now(UTC))


def post_to(house: MailHouse, *, tls: str = "none", password: str | None = None, **more: object) -> SmtpPost:
    values: dict[str, object] = {"seconds": 5.0, "user": USER if password else None} | more
    server = MailServer("127.0.0.1", house.port, Tls(tls), "bird@acme.example", "owner@acme.example", **values)  # type: ignore[arg-type]  # settings of a test
    return SmtpPost(server, password)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate_in(tmp_path_factory.mktemp("mail"))


@pytest.mark.parametrize("tls", ["none", "implicit", "starttls"])
def test_a_letter_arrives_whole_from_the_right_address_to_the_right_one(tls: str, certificate: Path) -> None:
    with mail_house(Manners(tls, asks_password=True), certificate) as house:
        post_to(house, tls=tls, password=PASSWORD, trust=str(certificate)).send(LETTER)
    [letter] = house.letters
    assert house.envelopes == [("bird@acme.example", "owner@acme.example")]
    assert letter["Subject"] == "Dana replied: déjà payé"
    assert letter["From"].addresses[0].addr_spec == "bird@acme.example"
    assert letter.get_content().replace("\r\n", "\n") == LETTER.body
    assert letter["Auto-Submitted"] == "auto-generated"


def test_a_letter_that_is_sent_again_has_the_same_id_and_another_letter_another() -> None:
    with mail_house() as house:
        for mail in (LETTER, LETTER, Mail("acme/reply/SM2", "x", "y", LETTER.at)):
            post_to(house).send(mail)
    first, second, third = (one["Message-ID"] for one in house.letters)
    assert first == second != third


def test_a_subject_cannot_bring_a_header_of_its_own() -> None:
    with mail_house() as house, pytest.raises(ValueError, match="linefeed or carriage return"):
        post_to(house).send(Mail("k", "Hello\r\nBcc: all@world.example", "x", LETTER.at))
    assert house.letters == []


def test_a_server_with_a_certificate_that_nobody_vouches_for_gets_nothing(certificate: Path) -> None:
    for tls in ("implicit", "starttls"):
        with mail_house(Manners(tls), certificate) as house, pytest.raises(Rejected) as refused:
            post_to(house, tls=tls).send(LETTER)
        assert refused.value.because is RejectedBecause.SETUP
        assert "no TLS that can be trusted" in refused.value.message
        assert house.letters == []


def test_a_certificate_of_another_host_or_one_that_is_over_is_refused(tmp_path: Path) -> None:
    for bad in (certificate_in(tmp_path, host="127.0.0.9"), certificate_in(tmp_path, days=-1)):
        with mail_house(Manners("implicit"), bad) as house, pytest.raises(Rejected):
            post_to(house, tls="implicit", trust=str(bad)).send(LETTER)
        assert house.letters == []


def test_a_server_that_offers_no_encryption_gets_neither_password_nor_letter(certificate: Path) -> None:
    manners = Manners("starttls", offers_tls=False, asks_password=True)
    with mail_house(manners, certificate) as house, pytest.raises(Rejected, match="offers no STARTTLS"):
        post_to(house, tls="starttls", password=PASSWORD, trust=str(certificate)).send(LETTER)
    refuses = Manners("starttls", replies={"STARTTLS": "454 not now"})
    with mail_house(refuses, certificate) as house, pytest.raises(Rejected, match="offers no STARTTLS"):
        post_to(house, tls="starttls", trust=str(certificate)).send(LETTER)
    assert house.letters == []


def test_a_server_that_speaks_no_tls_at_all_is_out_of_reach_for_tls() -> None:
    with mail_house() as house, pytest.raises(DuebirdError) as told:
        post_to(house, tls="implicit").send(LETTER)
    assert isinstance(told.value, Rejected | Transient)
    assert house.letters == []


def test_a_wrong_password_is_for_a_person(certificate: Path) -> None:
    manners = Manners("implicit", asks_password=True)
    with mail_house(manners, certificate) as house, pytest.raises(NeedsReauthorisation) as told:
        post_to(house, tls="implicit", password="wrong-secret", trust=str(certificate)).send(LETTER)
    assert "wrong-secret" not in str(told.value)
    with mail_house() as house, pytest.raises(Rejected, match="takes no password"):
        post_to(house, password=PASSWORD).send(LETTER)
    with mail_house(Manners(replies={"MAIL": "530 5.7.0 sign in first"})) as house, pytest.raises(NeedsReauthorisation):
        post_to(house).send(LETTER)


@pytest.mark.parametrize(
    ("at", "reply", "error"),
    [
        ("greeting", "554 go away", Rejected),
        ("greeting", "421 busy", Transient),
        ("greeting", "hello", Rejected),
        ("AUTH", "454 later", Transient),
        ("MAIL", "451 later", Transient),
        ("MAIL", "550 not you", Rejected),
        ("RCPT", "450 greylisted", Transient),
        ("RCPT", "550 5.1.1 nobody here", Rejected),
        ("DATA", "452 full", Transient),
        ("DATA", "554 no", Rejected),
        ("letter", "451 later", Transient),
        ("letter", "554 5.7.1 looks like spam", Rejected),
    ],
)
def test_each_refusal_says_whether_it_is_worth_another_try(at: str, reply: str, error: type[DuebirdError]) -> None:
    with mail_house(Manners(replies={at: reply}, asks_password=True)) as house, pytest.raises(error) as told:
        post_to(house, password=PASSWORD).send(LETTER)
    assert type(told.value) is error
    assert house.letters == []
    if isinstance(told.value, Rejected):
        only_this = told.value.because is RejectedBecause.BLOCKED
        assert only_this == (at in {"DATA", "letter"})


@pytest.mark.parametrize("at", ["greeting", "EHLO", "AUTH", "MAIL", "DATA"])
@pytest.mark.parametrize("how", ["hangs", "drips"])
def test_a_server_that_hangs_or_drips_is_left_when_the_time_is_over(at: str, how: str) -> None:
    manners = Manners(asks_password=True, hangs_at=at if how == "hangs" else "", drips_at=at if how == "drips" else "")
    began = time.monotonic()
    with mail_house(manners) as house, pytest.raises((Transient, Uncertain)):
        post_to(house, password=PASSWORD, seconds=0.5).send(LETTER)
    assert time.monotonic() - began < 10
    assert house.letters == []


def test_a_server_that_never_answers_the_letter_may_have_taken_it() -> None:
    with mail_house(Manners(hangs_at="letter")) as house, pytest.raises(Uncertain, match="whether it took"):
        post_to(house, seconds=0.5).send(LETTER)
    assert len(house.letters) == 1


def test_a_server_that_hangs_in_the_handshake_is_left_too(certificate: Path) -> None:
    with mail_house(Manners(hangs_at="greeting"), certificate) as house, pytest.raises(Transient):
        post_to(house, tls="implicit", seconds=0.5).send(LETTER)


def test_where_nobody_listens_nothing_is_sent() -> None:
    server = MailServer("127.0.0.1", free_port(), Tls.NONE, "bird@acme.example", "owner@acme.example")
    with pytest.raises(Transient, match="cannot be reached"):
        SmtpPost(server).send(LETTER)


def test_how_the_server_says_good_bye_is_no_matter() -> None:
    with mail_house(Manners(hangs_at="QUIT")) as house:
        post_to(house, seconds=0.5).send(LETTER)
    assert len(house.letters) == 1


def test_a_try_connects_and_signs_in_and_sends_nothing(certificate: Path) -> None:
    with mail_house(Manners("starttls", asks_password=True), certificate) as house:
        post = post_to(house, tls="starttls", password=PASSWORD, trust=str(certificate))
        [found] = post.inspect()
    assert found.weight is Weight.OK
    assert "with STARTTLS, signed in as duebird; letters go to owner@acme.example" in found.seen
    assert house.envelopes == []
