"""The `Entries` port over one Xero organisation: fees, payouts, credits, reversals, and what stands in clearing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from adapters.xero import entry_bodies, entry_rows, translate
from adapters.xero.account import XeroAccount
from adapters.xero.entry_rows import REFUNDS, Row
from adapters.xero.ledger import KEY_MAX, plain, readable, rows_of
from adapters.xero.place import PAGE_SIZE
from adapters.xero.records import OUR_BEGINNING
from adapters.xero.translate import Unreadable
from adapters.xero.wire import SERVICE, check_elements
from connector.domain.records import EntryKind, EntryRecord
from connector.errors import Bug, NeedsReauthorisation, Rejected, RejectedBecause, Uncertain
from connector.ports.entries import (
    CreditRequest,
    Entry,
    ExpenseRequest,
    ReversalManner,
    ReversalRequest,
    TransferRequest,
)
from connector.ports.ledger import LedgerAccount

# Account types of the class EXPENSE: Xero OpenAPI 16.1.0, schema AccountType.
EXPENSE_KINDS = frozenset({"EXPENSE", "OVERHEADS", "DIRECTCOSTS"})
INCOME_KINDS = frozenset({"REVENUE", "SALES", "OTHERINCOME"})  # of the class REVENUE, as above


class XeroEntries(XeroAccount):
    """One Xero organisation as `Ledger`, `LedgerReader` and `Entries`.

    Calls made: `make_expense`, `make_transfer`, `make_credit` 1 each; `reverse` 2 to void, 4 to refund;
    `entries_with_reference` 1 (credits: 1 for 1,000 overpayments there ever were); `take_back` 2, a refund 4;
    `account_entries` 3, more where more than 1,000 lines are read; `account_balance` 1. The accounts (1) and the
    organisation (1) are read once and kept.

    Permissions beside those of a ledger: accounting.banktransactions (fees, credits, payouts), accounting.invoices
    (credit notes) and, for the quick way to a balance, accounting.reports.banksummary.read.
    """

    def expense_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of the expense types, which lines name by their code; one read."""
        return self._accounts_of(EXPENSE_KINDS)

    def refund_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of the income types, which a credit note's line names by their code; one read."""
        return self._accounts_of(INCOME_KINDS)

    def exchange_accounts(self) -> Sequence[LedgerAccount]:
        """Accounts of the expense and the income types, which lines name by their code; one read."""
        return self._accounts_of(EXPENSE_KINDS | INCOME_KINDS)

    def receivable_accounts(self) -> Sequence[LedgerAccount]:
        """Xero's own, of which there is one for all currencies; one read."""
        rows = [row for row in self._accounts_read() if row.get("SystemAccount") == "DEBTORS"]
        return [readable(translate.account, row, "an account") for row in rows]

    def _accounts_read(self) -> list[dict[str, Any]]:
        answer = self._read(lambda api: api.get_accounts(self._tenant_id, _preload_content=False))
        return rows_of(answer, "Accounts")

    def _accounts_of(self, kinds: frozenset[str]) -> list[LedgerAccount]:
        """Without Xero's own, such as Realised Currency Gains: no entry of anybody's may name those."""
        rows = [row for row in self._accounts_read() if not row.get("SystemAccount")]
        accounts = [readable(translate.account, row, "an account") for row in rows]
        return [one for one in accounts if one.kind in kinds and one.code is not None]

    # ------------------------------------------------------------------------------------------------- looking

    def entries_with_reference(self, kind: EntryKind, reference: str) -> Sequence[Entry]:
        """Entries of that kind whose Reference is ours, deleted ones too.

        Received overpayments keep no Reference by Xero's description, so they are read with their lines, whose text
        begins with ours. A reversal by voiding leaves no entry of its own, so none is found for it: `reverse` looks at
        the payment itself.
        """
        marked = f'Reference!=null AND Reference.StartsWith("{plain(reference)}")'
        if kind is EntryKind.TRANSFER:
            rows = _ours(self._transfers(marked, deleted=True), reference)
            found = [self._transfer(row) for row in rows]
        elif kind is EntryKind.EXPENSE:
            rows = _ours(self._moves(marked), reference)
            found = [_move(row) for row in rows if translate.text_of(row, "Type") in entry_rows.MOVES]
        elif kind is EntryKind.CREDIT:
            found = [_move(row) for row in _ours(self._moves(f'Type=="{entry_rows.OVERPAYMENT}"'), reference)]
        else:
            found = [_payment(row) for row in _ours(self._payments(marked), reference)]
        return [entry for entry in found if entry.kind is kind]

    def entries_since(self, since: datetime) -> Sequence[EntryRecord]:
        """Receipts as `XeroRecords` reads them, and received overpayments of ours of the days since then: 1 call more.

        Without the permission for it none was ever made, so that there is none to be read.
        """
        receipts = super().entries_since(since)
        try:
            rows = self._moves(f'Type=="{entry_rows.OVERPAYMENT}"')
        except NeedsReauthorisation as error:
            if "insufficient_scope" in error.code:
                return receipts
            raise
        ours = [_move(row) for row in rows if entry_rows.tag_of(row).startswith(OUR_BEGINNING)]
        # Booked to the day of the payment, in the company's zone, and made after it: a day more covers both.
        first = since.date() - timedelta(days=1)
        return [*receipts, *(_credit_record(one) for one in ours if one.booked_on >= first)]

    def _transfer(self, row: Row) -> Entry:
        return readable(lambda r: entry_rows.transfer(r, self._currency_of(r)), row, "a bank transfer")

    # ------------------------------------------------------------------------------------------------- booking

    def make_expense(self, request: ExpenseRequest) -> Entry:
        """One bank transaction, SPEND (or RECEIVE for a fee given back), on the expense account."""
        self._bank(request.account_id, request.amount.currency)
        body = entry_bodies.expense(request, self._code(request.expense_account_id))
        return self._make(
            "BankTransactions", "create_bank_transactions", body, request.idempotency_key, entry_rows.move
        )

    def make_transfer(self, request: TransferRequest) -> Entry:
        """One bank transfer between two bank accounts of one currency."""
        for account_id in (request.from_account_id, request.to_account_id):
            self._bank(account_id, request.amount.currency)
        body = entry_bodies.transfer(request)
        currency = request.amount.currency
        return self._make(
            "BankTransfers",
            "create_bank_transfer",
            body,
            request.idempotency_key,
            lambda row: entry_rows.transfer(row, currency),
        )

    def make_credit(self, request: CreditRequest) -> Entry:
        """One received overpayment, which stands open at the customer until somebody allocates or refunds it."""
        account = self._bank(request.account_id, None)
        body = entry_bodies.credit(request, foreign=request.amount.currency != account.currency)
        return self._make(
            "BankTransactions", "create_bank_transactions", body, request.idempotency_key, entry_rows.move
        )

    def _make(self, kind: str, method: str, body: str, key: str, read: Callable[[Row], Entry]) -> Entry:
        row = self._written(kind, method, body, key)
        try:
            return read(row)
        except Unreadable as problem:
            raise Uncertain(
                f"Xero's answer to an entry cannot be read: {problem}.",
                service=SERVICE,
                advice="Look in Xero for an entry with our reference; Duebird does so by itself.",
            ) from problem

    def _written(self, kind: str, method: str, body: str, key: str | None, *ids: str) -> Row:
        """One write of one element, once.

        A refusal makes us forget the chart of accounts: a code may have been changed since it was read.
        """
        if key is not None and len(key) > KEY_MAX:
            raise Bug(f"An idempotency key of Xero may have {KEY_MAX} characters.", service=SERVICE)
        keyed = {} if key is None else {"idempotency_key": key}
        try:
            answer = self._xero.write(
                lambda api: getattr(api, method)(self._tenant_id, *ids, body, _preload_content=False, **keyed)
            )
            return check_elements(answer, kind)
        except Rejected:
            self._chart = None
            raise

    # ------------------------------------------------------------------------------------------------ reversing

    def reverse(self, request: ReversalRequest) -> Entry:
        """Void: delete the payment (or the overpayment); Xero reopens the invoice. Nothing if it is deleted already.

        Refund of a payment: a credit note, then its payment out of clearing; the invoice stays paid. Both carry our
        reference, and whichever is there already is not made again. Refund of a credit: its payment out of clearing.
        What a person deleted of it is not made again.

        Raises, beside what every write raises:
            Rejected: AMOUNT when a part of a payment should be voided, which Xero cannot.
        """
        if request.manner is ReversalManner.VOID:
            return self._void(request)
        done = _standing(self.entries_with_reference(EntryKind.REVERSAL, request.reference), "refund")
        if done is not None:
            return done
        self._bank(request.account_id, None)
        if request.of_kind is EntryKind.CREDIT:
            row = self._transaction(request.booking_id)
            target, target_id = "Overpayment", translate.text_of(row, "OverpaymentID")
        else:
            target, target_id = "CreditNote", self._refund_note(request)
        try:
            return self._make(
                "Payments",
                "create_payments",
                entry_bodies.refund(request, target, target_id),
                f"{request.idempotency_key}-out",
                lambda row: entry_rows.payment(row, request.amount.currency),
            )
        except Rejected as refused:
            if target != "CreditNote":
                raise
            raise _half_made(refused) from refused

    def _refund_note(self, request: ReversalRequest) -> str:
        """The credit note of this refund: the one that is there, else a new one."""
        answer = self._read(
            lambda api: api.get_credit_notes(
                self._tenant_id,
                where=f'Reference!=null AND Reference.StartsWith("{plain(request.reference)}")',
                page=1,
                page_size=PAGE_SIZE,
                _preload_content=False,
            )
        )
        rows = [
            row
            for row in rows_of(answer, "CreditNotes")
            if translate.text_of(row, "Reference").partition(" ")[0] == request.reference
        ]
        standing = [row for row in rows if entry_rows.live(row)]
        if rows and len(standing) != 1:
            raise _by_hand("credit note", "voided" if not standing else "made twice")
        if standing:
            return translate.text_of(standing[0], "CreditNoteID")
        if request.income_account_id is None:
            raise Rejected(
                "A refund by credit note needs the income account that it takes down, and none is set. Nothing was "
                "booked.",
                because=RejectedBecause.SETUP,
                service=SERVICE,
                advice="Name the income account in the company's settings, or have refunds void the payment.",
            )
        body = entry_bodies.credit_note(request, self._code(request.income_account_id))
        row = self._written("CreditNotes", "create_credit_notes", body, f"{request.idempotency_key}-note")
        return translate.text_of(row, "CreditNoteID")

    def _void(self, request: ReversalRequest) -> Entry:
        if request.of_kind is EntryKind.CREDIT:
            row: Row = self._transaction(request.booking_id)
            was = readable(entry_rows.move, row, f"bank transaction {request.booking_id}")
        else:
            row = self._payment_row(request.booking_id)
            was = readable(entry_rows.payment, row, f"payment {request.booking_id}")
        if was.amount != request.amount:
            raise Rejected(
                f"Xero can take back the whole of a payment ({was.amount}), not {request.amount} of it. Nothing was "
                "changed.",
                because=RejectedBecause.AMOUNT,
                service=SERVICE,
                advice="Refund by credit note instead, which takes a part.",
            )
        if was.live:
            _as_booked(row, was, request)
            _not_matched(row)
            if request.of_kind is EntryKind.CREDIT:
                self._delete_transaction(row, request.idempotency_key)
            else:
                self._delete_payment(request.booking_id, request.idempotency_key)
        return Entry(
            entry_id=was.entry_id,
            kind=EntryKind.REVERSAL,
            amount=was.amount,
            account_id=was.account_id,
            booked_on=was.booked_on,  # Xero takes it back on the day it was booked to
            reference=request.reference,
            note=request.note,
            live=True,
        )

    # --------------------------------------------------------------------------------------------- taking back

    def take_back(self, kind: EntryKind, entry_id: str, note: str) -> None:
        """Delete one entry; nothing if it is deleted already. `note` has no place in Xero, whose history says who.

        A refund by credit note: its payment, then the note. A reversal by voiding cannot be taken back: book anew.
        """
        del note
        if kind is EntryKind.TRANSFER:
            self._take_transfer_back(entry_id)
        elif kind in {EntryKind.EXPENSE, EntryKind.CREDIT}:
            row = self._transaction(entry_id)
            if entry_rows.live(row):
                _not_matched(row)
                self._delete_transaction(row, None)
        else:
            self._take_payment_back(kind, entry_id)

    def _take_transfer_back(self, entry_id: str) -> None:
        answer = self._read(lambda api: api.get_bank_transfer(self._tenant_id, entry_id, _preload_content=False))
        row = _only(rows_of(answer, "BankTransfers"), f"bank transfer {entry_id}")
        if entry_rows.live(row):
            _not_matched(row)
            self._written("BankTransfers", "delete_bank_transfer", entry_bodies.DELETED, None, entry_id)

    def _take_payment_back(self, kind: EntryKind, entry_id: str) -> None:
        row = self._payment_row(entry_id)
        refunds = REFUNDS.get(translate.text_of(row, "PaymentType"))
        if kind is EntryKind.REVERSAL and refunds is None:
            raise Rejected(
                "A payment that was deleted in Xero cannot be brought back. Nothing was changed.",
                because=RejectedBecause.BUSINESS_RULE,
                service=SERVICE,
                advice="Book the payment again on the invoice.",
            )
        if entry_rows.live(row):
            _not_matched(row)
            self._delete_payment(entry_id, None)
        note = row.get("CreditNote")
        if refunds == "CreditNote" and isinstance(note, dict):
            self._void_note(translate.id_of(note, "CreditNoteID"))

    def _void_note(self, credit_note_id: str) -> None:
        answer = self._read(lambda api: api.get_credit_note(self._tenant_id, credit_note_id, _preload_content=False))
        row = _only(rows_of(answer, "CreditNotes"), f"credit note {credit_note_id}")
        if entry_rows.live(row):
            body = entry_bodies.voided_note(credit_note_id)
            self._written("CreditNotes", "update_credit_note", body, None, credit_note_id)

    def _payment_row(self, payment_id: str) -> dict[str, Any]:
        answer = self._read(lambda api: api.get_payment(self._tenant_id, payment_id, _preload_content=False))
        return _only(rows_of(answer, "Payments"), f"payment {payment_id}")

    def _transaction(self, transaction_id: str) -> dict[str, Any]:
        answer = self._read(
            lambda api: api.get_bank_transaction(self._tenant_id, transaction_id, _preload_content=False)
        )
        return _only(rows_of(answer, "BankTransactions"), f"bank transaction {transaction_id}")

    def _delete_payment(self, payment_id: str, key: str | None) -> None:
        self._written("Payments", "delete_payment", entry_bodies.DELETED, key, payment_id)

    def _delete_transaction(self, row: Row, key: str | None) -> None:
        body = entry_bodies.deleted_transaction(row)
        transaction_id = translate.text_of(row, "BankTransactionID")
        self._written("BankTransactions", "update_bank_transaction", body, key, transaction_id)


def _credit_record(entry: Entry) -> EntryRecord:
    """Xero tells neither when it was made nor when it was deleted."""
    return EntryRecord(
        entry_id=entry.entry_id,
        kind=EntryKind.CREDIT,
        ledger_id=None,
        amount=entry.amount,
        booked_on=entry.booked_on,
        reference=entry.reference,
        note=entry.note,
        account_id=entry.account_id,
        made_at=None,
        live=entry.live,
    )


def _ours(rows: Sequence[Row], reference: str) -> list[Row]:
    """Before anything else of them is read: those of others need not be readable."""
    return [row for row in rows if entry_rows.tag_of(row).partition(" ")[0] == reference]


def _move(row: Row) -> Entry:
    return readable(entry_rows.move, row, f"bank transaction {translate.text_of(row, 'BankTransactionID')}")


def _payment(row: Row) -> Entry:
    return readable(entry_rows.payment, row, f"payment {translate.text_of(row, 'PaymentID')}")


def _only(rows: list[dict[str, Any]], what: str) -> dict[str, Any]:
    if len(rows) != 1:
        raise Rejected(f"Xero has no {what}. Nothing was changed.", because=RejectedBecause.NOT_FOUND, service=SERVICE)
    return rows[0]


def _standing(entries: Sequence[Entry], what: str) -> Entry | None:
    """The one live entry; None where there never was one."""
    there = [entry for entry in entries if entry.live]
    if entries and len(there) != 1:
        raise _by_hand(what, "deleted" if not there else "made twice")
    return there[0] if there else None


def _by_hand(what: str, fate: str) -> Rejected:
    return Rejected(
        f"The {what} with this reference was {fate} in Xero by somebody. Nothing was booked.",
        because=RejectedBecause.BUSINESS_RULE,
        service=SERVICE,
        advice="Look at the customer in Xero, and settle there by hand what is missing.",
    )


def _half_made(refused: Rejected) -> Rejected:
    return Rejected(
        f"The credit note of the refund stands in Xero; its payment out of clearing does not. {refused.message}",
        because=refused.because,
        service=SERVICE,
        code=refused.code,
        advice=f"{refused.advice} Then ask again: the credit note is not made twice.".strip(),
    )


def _as_booked(row: Row, was: Entry, request: ReversalRequest) -> None:
    """Only what carries our reference is taken back, where the caller names it. Nobody can change a payment in Xero."""
    if request.of_reference and entry_rows.tag_of(row).partition(" ")[0] != request.of_reference:
        raise Rejected(
            f"The entry over {was.amount} in Xero does not carry Duebird's reference {request.of_reference}. Nothing "
            "was changed.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="Only entries of Duebird's own are taken back; remove it in Xero if it is wrong.",
        )


def _not_matched(row: Row) -> None:
    """What was matched with a bank line cannot be deleted; say so before asking."""
    if any(row.get(field) is True for field in ("IsReconciled", "FromIsReconciled", "ToIsReconciled")):
        raise Rejected(
            "This entry was matched with a bank line in Xero, so it cannot be taken back. Nothing was changed.",
            because=RejectedBecause.BUSINESS_RULE,
            service=SERVICE,
            advice="In Xero open it, choose Options, Unreconcile, and then ask again.",
        )
