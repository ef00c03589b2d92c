"""What stands on a bank account of a Xero organisation: its lines, its balance, and the lists both are read from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, Final

from adapters.xero import entry_rows, translate
from adapters.xero.entry_rows import Row
from adapters.xero.ledger import TRUE, is_full, plain, readable, rows_of
from adapters.xero.place import PAGE_SIZE
from adapters.xero.records import PAGES, XeroRecords
from adapters.xero.wire import SERVICE
from connector.domain.money import Money
from connector.errors import NeedsReauthorisation, Rejected, RejectedBecause
from connector.ports.entries import AccountLine, TaxCode
from connector.ports.ledger import LedgerAccount

# Xero opened in 2006, and takes no entries of before its conversion date; a sum from here on is a whole one.
BEGINNING_OF_BOOKS: Final = date(2000, 1, 1)


class XeroAccount(XeroRecords):
    """One organisation, with its accounts. The chart of accounts and the home currency are read once and kept."""

    _chart: dict[str, LedgerAccount] | None = None
    _home: str | None = None

    # --------------------------------------------------------------------------------------------- the account

    def account_entries(self, account_id: str, since: date, until: date) -> Sequence[AccountLine]:
        """From the three lists that can touch a bank account: bank transactions, payments, transfers.

        Journals would be one list, but are behind a permission of their own that Xero grants to few apps. A bank
        account takes no manual journals, so the three are all.
        """
        account = self._bank(account_id, None)
        currency = str(account.currency)
        days = f"Date>=DateTime({since:%Y,%m,%d}) AND Date<=DateTime({until:%Y,%m,%d})"
        own = f'AccountID==guid("{plain(account.account_id)}") AND {days}'
        found = [
            *(_line(row, lambda r: entry_rows.line_of_move(r, currency)) for row in self._moves(f"BankAccount.{own}")),
            *(
                _line(row, lambda r: entry_rows.line_of_payment(r, currency))
                for row in self._payments(f"Account.{own}")
            ),
            *(
                _line(row, lambda r: entry_rows.line_of_transfer(r, account.account_id, currency))
                for row in self._transfers(days, deleted=False)
            ),
        ]
        return sorted((line for line in found if line is not None), key=lambda line: (line.booked_on, line.entry_id))

    def account_balance(self, account_id: str, on: date) -> Money:
        """From the Bank Summary report, one call, which speaks the currency of the books.

        Without its permission, and for an account in another currency, every line is added up instead; an opening
        balance entered in Xero is then not in it.
        """
        account = self._bank(account_id, None)
        currency = str(account.currency)
        told = self._reported(account.account_id, on) if currency == self._base_currency() else None
        if told is not None:
            return told
        lines = self.account_entries(account_id, BEGINNING_OF_BOOKS, on)
        return sum((line.amount for line in lines), Money.zero(currency))

    def _reported(self, account_id: str, on: date) -> Money | None:
        try:
            answer = self._read(
                lambda api: api.get_report_bank_summary(
                    self._tenant_id, from_date=on.isoformat(), to_date=on.isoformat(), _preload_content=False
                )
            )
        except NeedsReauthorisation as error:
            if "insufficient_scope" in error.code:
                return None
            raise
        reports = rows_of(answer, "Reports")
        currency = self._base_currency()
        return readable(
            lambda report: entry_rows.closing_balance(report, account_id, currency),
            reports[0] if reports else {},
            "the Bank Summary",
        )

    # --------------------------------------------------------------------------------------------------- taxes

    def tax_codes(self) -> Sequence[TaxCode]:
        """Its tax rates, archived and deleted ones too. 1 call."""
        answer = self._read(lambda api: api.get_tax_rates(self._tenant_id, _preload_content=False))
        return [
            TaxCode(
                translate.text_of(row, "TaxType"),
                translate.text_of(row, "Name"),
                active=row.get("Status") == "ACTIVE",
                on_expenses=row.get("CanApplyToExpenses") is True,
                on_sales=row.get("CanApplyToRevenue") is True,
            )
            for row in rows_of(answer, "TaxRates")
        ]

    # ------------------------------------------------------------------------------------------- what is needed

    def _base_currency(self) -> str:
        if self._home is None:
            self._home = self.profile().base_currency
        return self._home

    def _account(self, account_id: str) -> LedgerAccount | None:
        """Of any kind; read once, and again for an id that is not there."""
        wanted = account_id.lower()
        chart = self._chart
        if chart is None or wanted not in chart:
            answer = self._read(lambda api: api.get_accounts(self._tenant_id, _preload_content=False))
            accounts = [readable(translate.account, row, "an account") for row in rows_of(answer, "Accounts")]
            chart = self._chart = {account.account_id.lower(): account for account in accounts}
        return chart.get(wanted)

    def _bank(self, account_id: str, currency: str | None) -> LedgerAccount:
        """An active bank account, in that currency where one is given: Xero moves money on no other."""
        account = self._account(account_id)
        if account is None or account.kind != "BANK" or not account.active or account.currency is None:
            name = f"'{account.name}'" if account else f"with the id {account_id}"
            raise unsuitable(f"The account {name} is no active bank account of Xero, so no money can be moved on it.")
        if currency not in {None, account.currency}:
            raise unsuitable(f"The account '{account.name}' is in {account.currency}, and this is in {currency}.")
        return account

    def _code(self, account_id: str) -> str:
        """Lines name their account by its code."""
        account = self._account(account_id)
        if account is None or account.code is None or not account.active or account.kind == "BANK":
            name = f"'{account.name}'" if account else f"with the id {account_id}"
            raise unsuitable(f"The account {name} is none that income or fees can be booked to in Xero.")
        return account.code

    def _currency_of(self, transfer: Row) -> str:
        end = transfer.get("FromBankAccount")
        account = self._account(translate.text_of(end, "AccountID")) if isinstance(end, dict) else None
        return (account.currency if account else None) or self._base_currency()

    # --------------------------------------------------------------------------------------------------- lists

    def _moves(self, where: str) -> list[dict[str, Any]]:
        """Bank transactions with their lines."""

        def ask(api: Any, page: int) -> Any:
            return api.get_bank_transactions(
                self._tenant_id,
                where=where,
                order="BankTransactionID ASC",
                page=page,
                page_size=PAGE_SIZE,
                _preload_content=False,
            )

        return self._pages(ask, "BankTransactions", "BankTransactionID")

    def _payments(self, where: str) -> list[dict[str, Any]]:
        def ask(api: Any, page: int) -> Any:
            return api.get_payments(
                self._tenant_id,
                where=where,
                order="PaymentID ASC",
                page=page,
                page_size=PAGE_SIZE,
                _preload_content=False,
            )

        return self._pages(ask, "Payments", "PaymentID")

    def _transfers(self, where: str, *, deleted: bool) -> list[dict[str, Any]]:
        """Xero does not page them."""
        more = {"include_deleted": TRUE} if deleted else {}
        answer = self._read(
            lambda api: api.get_bank_transfers(self._tenant_id, where=where, _preload_content=False, **more)
        )
        return rows_of(answer, "BankTransfers")

    def _pages(self, ask: Callable[[Any, int], Any], kind: str, id_field: str) -> list[dict[str, Any]]:
        """Every page, ordered by an id that never changes: a row made meanwhile may come twice, none is skipped.

        So deleted rows must not be filtered away by the question: one deleted meanwhile would pull a row out of sight.
        """
        found: dict[str, dict[str, Any]] = {}
        for page in range(1, PAGES + 1):
            answer = self._read(lambda api, page=page: ask(api, page))  # type: ignore[misc]  # bound now, for repeats
            rows = rows_of(answer, kind)
            found.update((translate.text_of(row, id_field), row) for row in rows)
            if not is_full(answer, rows, page):
                return list(found.values())
        raise Rejected(
            f"Xero has more than {PAGES * PAGE_SIZE:,} rows of {kind} to look through; not all were read.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Ask for a shorter time.",
        )


def _line(row: Row, read: Callable[[Row], AccountLine | None]) -> AccountLine | None:
    return readable(read, row, "an entry of the account")


def unsuitable(what: str) -> Rejected:
    """The refusal of an account that cannot be what the settings make it."""
    return Rejected(
        f"{what} Nothing was booked.",
        because=RejectedBecause.SETUP,
        service=SERVICE,
        advice="Run `duebird check`, and name another account in the company's settings.",
    )
