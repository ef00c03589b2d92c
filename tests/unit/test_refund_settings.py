"""Which income refunds take down, from what the owner wrote; and what Xero must be asked for."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.oauth.client import XERO_SCOPES
from adapters.xero.inspection import refund_permission
from connector.accounts import refund_account
from connector.assemble import policy_of, sign_in_company
from connector.config import CompanySettings
from connector.domain.settlement import Refunds
from connector.errors import ConfigProblem
from connector.ports.findings import Weight
from connector.ports.ledger import LedgerAccount
from connector.signin.company import client_of
from tests.unit.config_text import QUICKBOOKS, XERO, company, loaded, problems, the_problem
from tests.unit.test_xero_credit_permission import token

SALES = LedgerAccount("4", "Sales", "200", "REVENUE", None, takes_payments=False, active=True)
BOOK = ('refunds = "book"', 'refund_account = "Sales"')


def text(*lines: str, ledger: str = XERO) -> str:
    return company(ledger=ledger, rest="\n".join(["[company.payments]", *lines]))


def settings(*lines: str, ledger: str = XERO) -> CompanySettings:
    [found] = loaded(text(*lines, ledger=ledger)).settings.companies
    return found


@pytest.mark.parametrize("written", ["Sales", "sales ", "200", "4"])
def test_the_account_is_known_by_name_number_and_id(written: str) -> None:
    said = settings('refunds = "book"', f'refund_account = "{written}"')
    assert refund_account(said, [SALES]) == SALES


@pytest.mark.parametrize(("ledger", "what"), [(XERO, "income account of"), (QUICKBOOKS, "that a service books to")])
def test_one_that_will_not_do_is_refused_and_those_that_would_are_named(ledger: str, what: str) -> None:
    other = replace(SALES, account_id="5", name="Repairs", code=None)
    with pytest.raises(ConfigProblem, match=r"payments\.refund_account") as refused:
        refund_account(settings(*BOOK, ledger=ledger), [replace(SALES, active=False), other])
    assert what in refused.value.message
    assert '"Repairs"' in refused.value.advice


@pytest.mark.parametrize(
    ("lines", "setting", "wrong"),
    [
        (('refunds = "book"',), "refunds", "no refund_account says"),
        (('refund_account = "Sales"',), "refund_account", "refunds is not 'book'"),
        (('refund_tax_code = "OUTPUT"',), "refund_tax_code", "refunds is not 'book'"),
        (('refunds = "reopen"', 'refund_account = "Sales"'), "refund_account", "refunds is not 'book'"),
    ],
)
def test_one_half_of_it_is_a_problem(lines: tuple[str, ...], setting: str, wrong: str) -> None:
    problem = the_problem(text(*lines))
    assert problem.path.endswith(setting)
    assert wrong in problem.wrong


def test_both_halves_make_the_rule() -> None:
    lines = (*BOOK, 'refund_tax_code = "OUTPUT"')
    assert problems(text(*lines)) == []
    policy = policy_of(settings(*lines), payment_account_id="1", live=False, refund_account_id="4")
    assert (policy.refunds, policy.refund_account_id, policy.refund_tax_code) == (Refunds.BOOK, "4", "OUTPUT")


@pytest.mark.parametrize(("lines", "asked"), [((), False), (BOOK, True)])
def test_xero_is_asked_for_credit_notes_where_refunds_are_booked(lines: tuple[str, ...], asked: bool) -> None:  # noqa: FBT001
    wished = client_of(sign_in_company(loaded(text(*lines)), "acme")).wished
    assert ("accounting.invoices" in wished) is asked


def test_a_connection_that_may_not_make_them_is_told_with_what_to_grant() -> None:
    [finding] = refund_permission(token(*XERO_SCOPES))
    assert finding.weight is Weight.PROBLEM
    assert "accounting.invoices" in finding.fix
    for access in (token("accounting.invoices"), token("accounting.transactions"), "of another form"):
        assert refund_permission(access) == []
