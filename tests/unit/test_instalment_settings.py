"""Instalments in the settings: percentages that are a whole, and no more of them than notices."""

from __future__ import annotations

from decimal import Decimal

import pytest

from connector import assemble
from tests.unit.config_text import company, loaded, problems, the_problem


def notices(*lines: str) -> str:
    return company(rest="\n".join(["[company.notices]", *lines]))


def test_without_a_word_no_invoice_is_divided() -> None:
    (acme,) = loaded(company()).settings.companies
    policy = assemble.policy_of(acme, payment_account_id=None, live=False)
    assert (policy.instalments, policy.instalments_from) == ((), Decimal(0))


def test_shares_and_the_smallest_invoice_are_the_companys_rules() -> None:
    (acme,) = loaded(notices("instalments = [30, 70]", 'instalments_from = "500"')).settings.companies
    policy = assemble.policy_of(acme, payment_account_id=None, live=False)
    assert (policy.instalments, policy.instalments_from) == ((30, 70), Decimal(500))
    assert (
        policy.fingerprint
        != assemble.policy_of(loaded(company()).settings.companies[0], payment_account_id=None, live=False).fingerprint
    )


@pytest.mark.parametrize(
    ("lines", "name", "wrong"),
    [
        (["instalments = [30, 60]"], "instalments", "90 %"),
        (["instalments = [99, 99]"], "instalments", "198 %"),
        (["instalments = [50]"], "instalments", "50 %"),
        (["instalments = [20, 20, 20, 20, 20]"], "instalments", "only 4 notices are on"),
        (["instalments = [50, 50]", "issued = false", "upcoming = false", "due = false"], "instalments", "only 1"),
        (['instalments_from = "5"'], "instalments_from", "no invoice is divided"),
    ],
)
def test_what_cannot_be_is_told_in_one_sentence(lines: list[str], name: str, wrong: str) -> None:
    found = the_problem(notices(*lines))
    assert found.path.endswith(f"notices.{name}")
    assert wrong in found.wrong


@pytest.mark.parametrize(
    "line",
    [
        "instalments = [0, 100]",
        "instalments = [100]",
        "instalments = [30.5, 69.5]",
        'instalments = ["30", "70"]',
        "instalments = 30",
        "instalments = [10, 10, 10, 10, 10, 10, 40]",
    ],
)
def test_what_is_no_list_of_whole_percentages_is_refused(line: str) -> None:
    assert {one.path.partition("notices.")[2].partition("[")[0] for one in problems(notices(line))} == {"instalments"}


def test_six_parts_need_all_six_notices() -> None:
    six = "instalments = [10, 10, 20, 20, 20, 20]"
    assert "only 4" in the_problem(notices(six)).wrong
    assert problems(notices(six, "overdue_2 = true", "overdue_3 = true")) == []


@pytest.mark.parametrize(
    ("setting", "words", "fits"),
    [
        ("issued", "{business}[, {part}]: {amount}[ of {total}]. {link}", True),
        ("issued", "{business}, {part}: {amount}. {link}", False),
        ("issued", "{business}: {amount}[, {rest}]. {link}", False),
        ("receipt", "{business}: thanks for {amount}.[ {rest} is left.]", True),
        ("receipt", "{business}: thanks for {amount}. {rest} is left.", False),
        ("receipt", "{business}: thanks for {amount}[, {part}].", False),
        ("joint", "{business}: {count} invoices, {amount}[, {part}]. {link}", False),
    ],
)
def test_own_words_name_the_part_only_where_there_may_be_one_and_in_square_brackets(
    setting: str, words: str, *, fits: bool
) -> None:
    assert (problems(company(rest=f'[company.words]\n{setting} = "{words}"\n')) == []) is fits


def test_shares_that_are_not_all_are_told_together_with_another_fault_of_their_section() -> None:
    found = problems(notices("instalments = [30, 60]", 'instalments_from = "much"'))
    assert [one.path.rpartition(".")[2] for one in found] == ["instalments_from", "instalments"]
