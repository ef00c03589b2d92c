"""Own wordings in the settings and in files beside them: by step and language, all mistakes told at once."""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

import pytest

from connector import assemble
from connector.config import InvalidConfig, Loaded, Problem, load_text
from connector.domain.dunning import Step
from connector.domain.money import Money
from connector.domain.plan import NoticeFacts
from connector.domain.wordings import Occasion
from tests.unit.config_text import ENVIRON, company, loaded, the_problem, warned

NOTICE = NoticeFacts(
    Step.ISSUED,
    "Acme",
    None,
    Money.of("1", "USD"),
    "7",
    date(2026, 12, 1),
    None,
    "https://buy.stripe.com/1",
    says_stop=False,
)
ISSUED = "{business}: votre facture[ {invoice}], {amount}. {link}"


def beside(folder: Path, text: str) -> Loaded:
    return load_text(text, folder / "duebird.toml", ENVIRON)


def problems_beside(folder: Path, text: str) -> list[Problem]:
    with pytest.raises(InvalidConfig) as caught:
        beside(folder, text)
    return list(caught.value.problems)


def words(rest: str) -> str:
    return company(rest=f"[company.words]\n{rest}\n")


def test_without_a_word_of_its_own_a_company_speaks_english_and_says_how_to_stop_every_fifth_time() -> None:
    (acme,) = loaded(company()).settings.companies
    assert (acme.language, acme.words.stop_every, acme.words.own, acme.words.languages) == ("en", 5, {}, {})
    wording = assemble.wording(acme)
    assert (wording.language, wording.country, wording.own) == ("en", "US", {})
    assert wording.hosts == frozenset({"buy.stripe.com"})


def test_own_words_are_the_companys_language_and_each_other_language_has_a_table() -> None:
    text = company(
        top='language = "fr"',
        stripe='key = "env:ACME_STRIPE"\nlink_host = "pay.acme-plumbing.net"',
        rest=f"""
[company.words]
stop_every = 3
issued = "{ISSUED}"
[company.words.nl]
marker = "Vlaams"
overdue_2 = "{{business}}: nog open. {{link}}"
[company.words.de]
marker = "Deutsch"
""",
    )
    (acme,) = loaded(text).settings.companies
    wording = assemble.wording(acme)
    assert wording.own == {
        ("fr", Occasion.ISSUED): ISSUED,
        ("nl", Occasion.SECOND_OVERDUE): "{business}: nog open. {link}",
    }
    assert wording.markers == {"Vlaams": "nl", "Deutsch": "de"}
    assert wording.hosts == frozenset({"buy.stripe.com", "pay.acme-plumbing.net"})
    assert assemble.policy_of(acme, payment_account_id=None, live=False).stop_every == 3


def test_the_table_of_the_companys_own_language_wins_over_its_general_words() -> None:
    text = words(f'issued = "{ISSUED}"\n[company.words.en]\nissued = "{{business}} here: {{link}}"')
    (acme,) = loaded(text).settings.companies
    assert assemble.wording(acme).own == {("en", Occasion.ISSUED): "{business} here: {link}"}


@pytest.mark.parametrize(
    ("text", "path", "wrong", "fix"),
    [
        (company(top='language = "pl"'), "language", "possible words", "'fr'"),
        (words("stop_every = 0"), "words.stop_every", "at least 1", "number"),
        (words('[company.words.fr]\nissued = "{business}"'), "words.fr.issued", "link", "{link}"),
        (words('[company.words.fr]\nisued = "x"'), "words.fr.isued", "not a setting", "Did you mean 'issued'?"),
        (words("fr = 3"), "words.fr", "must be a table", "[company.words.fr]"),
        (words("[company.words.pl]"), "words.pl", "not a setting", ""),
        (words('receipt = "{business} {link}"'), "words.receipt", "must not carry the payment link", "Take {link} out"),
        (
            words('[company.words.fr]\nmarker = "X"\n[company.words.de]\nmarker = "x"'),
            "words.de",
            "stands for fr too",
            "its own",
        ),
        (company(stripe='key = "env:ACME_STRIPE"\nlink_host = "https://x.y"'), "stripe.link_host", "right form", ""),
    ],
)
def test_a_mistake_in_the_words_is_one_problem_with_its_place(text: str, path: str, wrong: str, fix: str) -> None:
    problem = the_problem(text)
    assert problem.path == f'company[1] "acme".{path}'
    assert wrong in problem.wrong
    assert fix in problem.fix


def test_a_marker_for_two_languages_is_told_also_beside_another_fault() -> None:
    text = words('due = "x"\n[company.words.fr]\nmarker = "X"\n[company.words.de]\nmarker = "X"')
    with pytest.raises(InvalidConfig) as caught:
        loaded(text)
    assert [one.path.partition(".words.")[2] for one in caught.value.problems] == ["due", "de"]


def test_letters_that_would_make_each_text_dear_are_told_and_look_alikes_are_used() -> None:
    text = words(
        "issued = '{business} \u2014 re\u00e7u\u2026 {link}'\n[company.words.fr]\ndue = '{business} \u0447 {link}'"
    )
    odd = {path.partition(".words.")[2]: wrong for path, wrong in warned(text).items()}
    assert "(\u2014\u00e7\u2026); texts will use look-alikes" in odd["issued"]
    assert "with \u0447 each text is two messages" in odd["fr.due"]
    (acme,) = loaded(text).settings.companies
    assert assemble.wording(acme).notice(NOTICE) == f"Acme - recu... {NOTICE.link}"


@pytest.mark.parametrize(("letter", "most"), [("a", 200), ("\u0447", 45)])
def test_a_wording_that_can_never_fit_is_refused_when_it_is_read(letter: str, most: int) -> None:
    def wording(length: int) -> str:
        return words(f"issued = '{{business}} {letter * length} {{link}}'")

    assert loaded(wording(most))
    problem = the_problem(wording(min(most * 2, 300)))
    assert problem.wrong == "would be 3 messages long, with how to stop"
    assert problem.fix == "Shorten it: 2 is the most."


# ------------------------------------------------------------------------------------------------- in files


def test_a_wording_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "words").mkdir()
    (tmp_path / "words" / "issued.txt").write_bytes(f"\ufeff{ISSUED}\r\n".encode())
    (tmp_path / "due fr.txt").write_text("{business} : c'est aujourd'hui. {link}", encoding="utf-8")
    text = words('issued = "file:words/issued.txt"\n[company.words.fr]\ndue = "file: due fr.txt"')
    (acme,) = beside(tmp_path, text).settings.companies
    assert assemble.wording(acme).own == {
        ("en", Occasion.ISSUED): ISSUED,
        ("fr", Occasion.DUE): "{business} : c'est aujourd'hui. {link}",
    }


def test_shared_wordings_may_stand_in_files_too_and_are_told_once(tmp_path: Path) -> None:
    (tmp_path / "shared.txt").write_text(ISSUED, encoding="utf-8")
    shared = '[defaults.words]\nissued = "file:shared.txt"\n'
    (acme,) = beside(tmp_path, shared + company()).settings.companies
    assert acme.words.issued == ISSUED
    (tmp_path / "shared.txt").write_text("no link", encoding="utf-8")
    both = company() + company("beta", stripe='key = "env:BETA_STRIPE"', twilio='from_number = "+15552000002"')
    (problem,) = problems_beside(tmp_path, shared + both)
    assert (problem.path, problem.seen) == ("defaults.words.issued", "'file:shared.txt'")


def test_every_file_that_cannot_be_used_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("x" * 1301, encoding="utf-8")
    (tmp_path / "latin.txt").write_bytes(b"{business} \xe9 {link}")
    (tmp_path / "bad.txt").write_text("{business} {amuont} {link}", encoding="utf-8")
    (tmp_path / "lines.txt").write_text("{business}\n{link}\n", encoding="utf-8")
    outside = tmp_path.parent / "outside.txt"
    outside.write_text(ISSUED, encoding="utf-8")
    named = {
        "issued": "../outside.txt",
        "upcoming": "missing.txt",
        "due": "long.txt",
        "past_due": "latin.txt",
        "overdue": "bad.txt",
        "overdue_2": "lines.txt",
        "overdue_3": ".",
        "receipt": "",
    }
    lines = [f"{name} = 'file:{file}'" for name, file in named.items()]
    text = words("\n".join([*lines, "[company.words.fr]", f"issued = 'file:{outside}'"]))
    found = {one.path.partition(".words.")[2]: one for one in problems_beside(tmp_path, text)}
    wrong = {
        "issued": "is not a path inside",
        "upcoming": "cannot be read: No such file",
        "due": "longer than any text",
        "past_due": "is not UTF-8",
        "overdue": "cannot be used as the words",
        "overdue_2": "cannot be used as the words",
        "overdue_3": "is no plain file",
        "receipt": "is not a path inside",
        "fr.issued": "is not a path inside",
    }
    assert {name: found[name].wrong for name in wrong if wrong[name] not in found[name].wrong} == {}
    assert set(found) == set(wrong)
    assert found["overdue"].seen == "'file:bad.txt'"
    assert "{amount}" in found["overdue"].fix
    assert all(one.fix for one in found.values())


@pytest.mark.skipif(sys.platform == "win32", reason="links and pipes of POSIX")
def test_a_link_out_of_the_folder_a_circle_of_links_and_a_pipe_are_refused(tmp_path: Path) -> None:
    here = tmp_path / "here"
    here.mkdir()
    (tmp_path / "secret.txt").write_text(ISSUED, encoding="utf-8")
    (here / "out.txt").symlink_to(tmp_path / "secret.txt")
    (here / "round.txt").symlink_to(here / "round.txt")
    os.mkfifo(here / "pipe.txt")
    text = words('issued = "file:out.txt"\ndue = "file:round.txt"\noverdue = "file:pipe.txt"')
    found = {one.path.partition(".words.")[2]: one.wrong for one in problems_beside(here, text)}
    assert "leads out of" in found["issued"]
    assert "cannot be read" in found["due"]
    assert "no plain file" in found["overdue"]


@pytest.mark.parametrize("odd", ["words = 3", "[defaults]\nwords = 'x'", "defaults = 3", "[company]\nid = 'a'"])
def test_what_is_no_table_is_left_to_the_settings_to_refuse(odd: str, tmp_path: Path) -> None:
    more = "" if "company" in odd else company()
    assert problems_beside(tmp_path, f"{odd}\n{more}")
