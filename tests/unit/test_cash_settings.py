"""Which accounts fees and payouts go to, from what the owner wrote."""

from __future__ import annotations

from dataclasses import replace

import pytest

from adapters.oauth.client import XERO_SCOPES
from adapters.xero.inspection import cash_permission
from connector.accounts import clearing_of_xero, exchange_account, exchanges_into, fee_account, payout_account
from connector.assemble import sign_in_company
from connector.config import CompanySettings
from connector.errors import ConfigProblem
from connector.ports.findings import Weight
from connector.ports.ledger import LedgerAccount
from tests.unit.config_text import QUICKBOOKS, XERO, company, loaded, problems, the_problem
from tests.unit.test_xero_credit_permission import token

CLEARING = LedgerAccount("1", "Stripe clearing", "090", "BANK", "USD", takes_payments=True, active=True)
CHECKING = replace(CLEARING, account_id="2", name="Checking", code="091")
FEES = LedgerAccount("3", "Stripe fees", "404", "EXPENSE", None, takes_payments=False, active=True)


def text(*lines: str, ledger: str = XERO) -> str:
    return company(ledger=ledger, rest="\n".join(["[company.payments]", *lines]))


def settings(fees: str = "Stripe fees", bank: str = "Checking") -> CompanySettings:
    [found] = loaded(text(f'fee_account = "{fees}"', f'payout_account = "{bank}"')).settings.companies
    return found


def exchanging(account: str = "Exchange differences", ledger: str = XERO) -> CompanySettings:
    [found] = loaded(text(f'exchange_account = "{account}"', ledger=ledger)).settings.companies
    return found


@pytest.mark.parametrize("written", ["Stripe fees", "stripe FEES ", "404", "3"])
def test_an_account_is_known_by_name_number_and_id(written: str) -> None:
    assert fee_account(settings(fees=written), [FEES]) == FEES


def test_of_several_banks_the_named_one_is_taken_and_one_of_no_currency_is_in_that_of_the_books() -> None:
    other = replace(CHECKING, account_id="4", name="Savings", code=None, currency=None)
    for account in (CHECKING, other):
        assert payout_account(settings(bank=account.name), [CLEARING, CHECKING, other], CLEARING, "USD") == account


@pytest.mark.parametrize(("currency", "into"), [("USD", "USD"), (None, "USD"), ("EUR", None)])
def test_foreign_payments_are_exchanged_into_a_clearing_account_of_the_books_own_currency(
    currency: str | None, into: str | None
) -> None:
    assert exchanges_into(replace(CLEARING, currency=currency), "USD") == into


@pytest.mark.parametrize(
    "account",
    [
        replace(CHECKING, active=False),
        replace(CHECKING, currency="EUR"),
        replace(CHECKING, kind="CURRENT"),
        replace(CLEARING, name="Checking"),
    ],
)
def test_a_bank_that_will_not_do_is_refused_and_those_that_would_are_named(account: LedgerAccount) -> None:
    good = replace(CHECKING, account_id="5", name="Business bank", code=None)
    with pytest.raises(ConfigProblem, match=r"payments\.payout_account") as refused:
        payout_account(settings(), [account, good], CLEARING, "USD")
    assert '"acme"' in refused.value.message
    assert '"Business bank"' in refused.value.advice


def test_an_account_that_is_there_twice_or_not_at_all_is_refused() -> None:
    with pytest.raises(ConfigProblem, match="is more than one expense account"):
        fee_account(settings(), [FEES, replace(FEES, account_id="6")])
    with pytest.raises(ConfigProblem, match="is no expense account") as refused:
        fee_account(settings(), [])
    assert "make one in the ledger" in refused.value.advice


@pytest.mark.parametrize("written", ["Exchange differences", "exchange DIFFERENCES ", "905", "7"])
def test_the_account_of_exchange_differences_is_known_by_name_number_and_id(written: str) -> None:
    account = replace(FEES, account_id="7", name="Exchange differences", code="905")
    assert exchange_account(exchanging(written), [FEES, account]) == account


@pytest.mark.parametrize(("ledger", "remark"), [(XERO, True), (QUICKBOOKS, False)], ids=["xero", "quickbooks"])
def test_an_account_of_exchange_differences_that_will_not_do_is_refused_and_those_that_would_are_named(
    ledger: str,
    remark: bool,  # noqa: FBT001  # a row
) -> None:
    old = replace(FEES, account_id="7", name="Exchange differences", active=False)
    with pytest.raises(ConfigProblem, match=r"payments\.exchange_account") as refused:
        exchange_account(exchanging(ledger=ledger), [old, FEES])
    assert '"acme"' in refused.value.message
    assert "is no income or expense account of the ledger" in refused.value.message
    assert '"Stripe fees"' in refused.value.advice
    assert ("Xero's own accounts of currency gains take no entries" in refused.value.advice) is remark


def test_xero_moves_money_between_bank_accounts_only() -> None:
    assert clearing_of_xero(settings(), CLEARING) == CLEARING
    with pytest.raises(ConfigProblem, match="is no bank account in Xero"):
        clearing_of_xero(settings(), replace(CLEARING, kind="CURRENT"))


@pytest.mark.parametrize("line", ['fee_tax_code = "INPUT"', "book_from = 2026-12-01"])
def test_what_is_said_of_something_that_is_not_booked_is_a_problem(line: str) -> None:
    problem = the_problem(text(line))
    assert problem.path.endswith(line.partition(" ")[0])
    assert "is booked" in problem.wrong
    assert problems(text(line, 'fee_account = "Stripe fees"')) == []


def test_without_a_word_nothing_is_booked() -> None:
    [found] = loaded(company(ledger=XERO)).settings.companies
    assert not found.payments.books_moves


def test_exchange_differences_need_no_fees_and_may_begin_on_a_day_of_their_own() -> None:
    said = exchanging().payments
    assert (said.books_moves, said.books_cash, said.books_exchange) == (True, False, True)
    assert problems(text('exchange_account = "E"', "book_from = 2026-12-01")) == []


def test_xero_is_asked_for_bank_transactions_where_any_of_them_is_wanted() -> None:
    wanted = [(f'{name} = "A"',) for name in ("fee_account", "payout_account", "exchange_account")]
    for lines, asked in (((), False), *((lines, True) for lines in wanted)):
        assert sign_in_company(loaded(text(*lines)), "acme").books_entries is asked


def test_a_connection_that_may_not_book_them_is_told_with_what_to_grant() -> None:
    [finding] = cash_permission(token(*XERO_SCOPES))
    assert finding.weight is Weight.PROBLEM
    assert "accounting.banktransactions" in finding.fix
    for access in (token("accounting.banktransactions"), token("accounting.transactions"), "of another form"):
        assert cash_permission(access) == []
