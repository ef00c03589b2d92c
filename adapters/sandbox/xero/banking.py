"""Money that moves without an invoice, and credit: bank transactions, transfers, credit notes, allocations, refunds.

Refusal texts are those third parties quote; Xero publishes none.
"""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.xero.books import TAX_RATES, Account, Books, Contact, Invoice, Refused, new_id
from adapters.sandbox.xero.documents import (
    OVERPAYMENT,
    Allocation,
    BankTransaction,
    BankTransfer,
    Credit,
    CreditNote,
    LineItem,
    Refund,
)
from adapters.sandbox.xero.journal import CENTS, ZERO, Line, home

ONE = Decimal(1)


class Banking:
    """Rules of one organisation. Every method raises `Refused` and then changes nothing."""

    def __init__(self, books: Books) -> None:
        self._books = books

    # --------------------------------------------------------------------------------------------------- parts

    def line(
        self,
        description: str,
        unit_amount: Decimal,
        account: Account,
        *,
        tax_type: str = "NONE",
        quantity: Decimal = ONE,
        amounts_are: str = "Inclusive",
    ) -> LineItem:
        """A line with its tax reckoned."""
        entered = (quantity * unit_amount).quantize(CENTS, ROUND_HALF_UP)
        percent = ZERO if amounts_are == "NoTax" else TAX_RATES[tax_type]
        if amounts_are == "Inclusive":
            tax = (entered * percent / (100 + percent)).quantize(CENTS, ROUND_HALF_UP)
            net = entered - tax
        else:
            tax, net = (entered * percent / 100).quantize(CENTS, ROUND_HALF_UP), entered
        return LineItem(description, account, tax_type, unit_amount, quantity, entered, tax, net, new_id())

    def _check(self, day: date, amount: Decimal) -> None:
        if amount <= 0:
            raise Refused("The total must be greater than zero")
        if closed := self._books.closed(day):
            raise Refused(closed)

    def _post_lines(self, credit: Credit, sign: int) -> list[Line]:
        """The accounts of the lines and the tax, as debits (1) or credits (-1), in home currency."""
        base = self._books.seed.base_currency
        tax = home(credit.tax, credit.rate)
        parts = [(line.account, home(line.net, credit.rate)) for line in credit.lines]
        # what rounding each line leaves over goes to the first, so that the whole is the whole rounded
        over = home(credit.total, credit.rate) - tax - sum((worth for _, worth in parts), ZERO)
        parts[0] = (parts[0][0], parts[0][1] + over)
        lines = [Line(account, sign * worth, sign * worth, base) for account, worth in parts]
        return [*lines, Line(self._books.account("GST"), sign * tax, sign * tax, base)]

    # ---------------------------------------------------------------------------------------- bank transactions

    def move(
        self,
        kind: str,
        contact: Contact,
        account: Account | None,
        lines: list[LineItem],
        *,
        booked_on: date | None = None,
        reference: str = "",
        amounts_are: str = "Inclusive",
        currency: str | None = None,
        rate: Decimal | None = None,
        reconciled: bool = False,
    ) -> BankTransaction:
        """SPEND, RECEIVE or RECEIVE-OVERPAYMENT."""
        books, day = self._books, booked_on or self._books.today()
        account = _bank(account)
        self._check(day, sum((line.net + line.tax for line in lines), ZERO))
        own = account.currency or books.seed.base_currency
        if currency not in {None, own} and (kind != OVERPAYMENT or own != books.seed.base_currency):
            raise Refused("The currency of the bank account cannot be changed on this transaction")
        transaction_id = new_id()
        row = BankTransaction(
            contact,
            day,
            lines,
            amounts_are,
            currency or own,
            rate or ONE,
            # "Only supported for SPEND and RECEIVE transactions" (OpenAPI, BankTransaction.Reference), read harshly
            "" if kind == OVERPAYMENT else reference,
            books.stamp("BANKTRANSACTION", transaction_id, "CREATE"),
            kind=kind,
            account=account,
            reconciled=reconciled,
            transaction_id=transaction_id,
            overpayment_id=new_id() if kind == OVERPAYMENT else None,
        )
        row.bank_amount = books.in_account(row.total, row.currency, row.rate, account)
        books.bank_transactions[row.transaction_id] = row
        self._post_move(row, own)
        return row

    def _post_move(self, row: BankTransaction, own: str) -> None:
        sign = 1 if row.incoming else -1
        worth = home(row.total, row.rate)
        bank = Line(row.account, sign * worth, sign * row.bank_amount, own)
        if row.overpayment_id is None:
            other = self._post_lines(row, -sign)
        else:
            control = self._books.control("ACCREC")
            other = [Line(control, -sign * worth, -sign * row.total, row.currency, row.overpayment_id)]
        kinds = {"SPEND": "CASHPAID", "RECEIVE": "CASHREC", OVERPAYMENT: "AROVERPAYMENT"}
        self._books.journal.post(row.transaction_id, kinds[row.kind], row.booked_on, row.updated, [bank, *other])

    def delete_move(self, row: BankTransaction) -> None:
        if not row.live:
            raise Refused("This Bank Transaction has already been deleted")
        if row.reconciled:
            raise Refused("This Bank Transaction cannot be edited as it has been reconciled with a Bank Statement.")
        if row.used:
            raise Refused("This document cannot be edited as it has a payment or credit note allocated to it.")
        if closed := self._books.closed(row.booked_on):
            raise Refused(closed)
        row.status = "VOIDED"
        row.updated = self._books.stamp("BANKTRANSACTION", row.transaction_id)
        self._books.journal.reverse(row.transaction_id, row.updated)

    # ------------------------------------------------------------------------------------------------ transfers

    def transfer(
        self,
        source: Account | None,
        target: Account | None,
        amount: Decimal,
        *,
        booked_on: date | None = None,
        reference: str = "",
        reconciled: tuple[bool, bool] = (False, False),
    ) -> BankTransfer:
        books, day = self._books, booked_on or self._books.today()
        source, target = _bank(source), _bank(target)
        self._check(day, amount)
        if source is target:
            raise Refused("The From and To bank account must be different")
        if source.currency != target.currency:
            raise Refused("Transfers between bank accounts of different currency cannot be made")
        ids = [new_id() for _ in range(3)]
        stamp = books.stamp("BANKTRANSFER", ids[0], "CREATE")
        row = BankTransfer(source, target, amount, day, reference, stamp, stamp, ids[0], ids[1], ids[2])
        row.from_reconciled, row.to_reconciled = reconciled
        books.transfers[row.transfer_id] = row
        own = source.currency or books.seed.base_currency
        lines = [Line(source, -amount, -amount, own), Line(target, amount, amount, own)]
        books.journal.post(row.transfer_id, "TRANSFER", day, stamp, lines)
        return row

    def delete_transfer(self, row: BankTransfer) -> None:
        if row.status == "DELETED":
            raise Refused("This Bank Transfer has already been deleted")
        if row.from_reconciled or row.to_reconciled:
            raise Refused("This Bank Transfer cannot be deleted as it has been reconciled")
        if closed := self._books.closed(row.booked_on):
            raise Refused(closed)
        row.status, row.updated = "DELETED", self._books.stamp("BANKTRANSFER", row.transfer_id)
        self._books.journal.reverse(row.transfer_id, row.updated)

    # ------------------------------------------------------------------------------------- credit notes and use

    def issue_credit_note(
        self,
        contact: Contact,
        lines: list[LineItem],
        *,
        booked_on: date | None = None,
        reference: str = "",
        amounts_are: str = "Inclusive",
        currency: str | None = None,
        rate: Decimal | None = None,
        number: str | None = None,
    ) -> CreditNote:
        """An authorised ACCRECCREDIT."""
        books, day = self._books, booked_on or self._books.today()
        self._check(day, sum((line.net + line.tax for line in lines), ZERO))
        credit_note_id = new_id()
        row = CreditNote(
            contact,
            day,
            lines,
            amounts_are,
            currency or books.seed.base_currency,
            rate or ONE,
            reference,
            books.stamp("CREDITNOTE", credit_note_id, "CREATE"),
            number=number or f"CN-{len(books.credit_notes) + 1:04d}",
            credit_note_id=credit_note_id,
        )
        books.credit_notes[row.credit_note_id] = row
        control = books.control("ACCREC")
        owed = Line(control, -home(row.total, row.rate), -row.total, row.currency, row.credit_note_id)
        posted = [owed, *self._post_lines(row, 1)]
        books.journal.post(row.credit_note_id, "ACCRECCREDIT", day, row.updated, posted)
        return row

    def void_credit_note(self, row: CreditNote) -> None:
        if not row.live:
            raise Refused("This credit note has already been voided")
        if row.used:
            raise Refused("This document cannot be edited as it has a payment or allocation.")
        if closed := self._books.closed(row.booked_on):
            raise Refused(closed)
        row.status, row.updated = "VOIDED", self._books.stamp("CREDITNOTE", row.credit_note_id)
        self._books.journal.reverse(row.credit_note_id, row.updated)

    def allocate(self, credit: Credit, invoice: Invoice | None, amount: Decimal, day: date | None = None) -> Allocation:
        """Put a part of a credit on an invoice of the same contact and currency."""
        books, day = self._books, day or self._books.today()
        if invoice is None or invoice.status != "AUTHORISED" or invoice.kind != "ACCREC":
            raise Refused("Allocations can only be made against Authorised documents")
        if invoice.contact is not credit.contact or invoice.currency != credit.currency:
            raise Refused("The invoice must be of the same contact and currency as the credit")
        if amount <= 0 or amount > invoice.due:
            raise Refused("The amount to allocate exceeds the amount outstanding on this document")
        if amount > credit.remaining:
            raise Refused("The amount to allocate exceeds the remaining credit")
        if closed := books.closed(day):
            raise Refused(closed)
        row = Allocation(new_id(), credit, invoice, amount, day)
        control = books.control("ACCREC")
        off_credit = books.taken(credit.document, amount, credit.rate)
        off_invoice = books.taken(invoice.invoice_id, amount, invoice.rate)
        lines = [
            Line(control, off_credit, amount, credit.currency, credit.document),
            Line(control, -off_invoice, -amount, invoice.currency, invoice.invoice_id),
            *books.gain(off_invoice - off_credit),
        ]
        books.journal.post(row.allocation_id, "ACCRECCREDIT", day, credit.updated, lines)
        credit.allocations.append(row)
        invoice.allocations.append(row)
        self._touched(credit, invoice)
        return row

    def delete_allocation(self, row: Allocation) -> None:
        if row.deleted:
            raise Refused("This allocation has already been deleted")
        if closed := self._books.closed(row.day):
            raise Refused(closed)
        row.deleted = True
        self._touched(row.credit, row.invoice)
        self._books.journal.reverse(row.allocation_id, row.credit.updated)

    def refund(
        self,
        credit: Credit | None,
        account: Account | None,
        amount: Decimal,
        *,
        paid_on: date | None = None,
        reference: str = "",
        rate: Decimal | None = None,
        reconciled: bool = False,
    ) -> Refund:
        """Pay a credit note or overpayment back."""
        books, day = self._books, paid_on or self._books.today()
        if credit is None:
            raise Refused("The credit note or overpayment could not be found")
        if account is None or not account.payable:
            raise Refused("Account could not be found or is not valid for payments")
        self._check_refund(credit, account, amount, day)
        rate = rate or credit.rate
        banked = books.in_account(amount, credit.currency, rate, account)
        payment_id = new_id()
        stamp = books.stamp("PAYMENT", payment_id, "CREATE")
        row = Refund(credit, account, amount, day, reference, rate, banked, reconciled, stamp, payment_id)
        taken = books.taken(credit.document, amount, credit.rate)
        worth = books.base_of(amount, banked, credit.currency, rate, account)
        lines = [
            Line(books.control("ACCREC"), taken, amount, credit.currency, credit.document),
            Line(account, -worth, -banked, account.currency or books.seed.base_currency),
            *books.gain(worth - taken),
        ]
        books.journal.post(row.payment_id, row.kind, day, stamp, lines)
        credit.refunds.append(row)
        books.refunds[row.payment_id] = row
        self._touched(credit)
        return row

    def _check_refund(self, credit: Credit, account: Account, amount: Decimal, day: date) -> None:
        if not credit.live:
            raise Refused("Payments can only be made against Authorised documents")
        if amount <= 0 or amount > credit.remaining:
            raise Refused("Payment amount exceeds the amount outstanding on this document")
        if account.currency not in {None, self._books.seed.base_currency, credit.currency}:
            raise Refused("The currency of the account must be that of the document or of the organisation")
        if closed := self._books.closed(day):
            raise Refused(closed)

    def delete_refund(self, row: Refund) -> None:
        if row.status == "DELETED":
            raise Refused("This payment has already been deleted")
        if row.reconciled:
            raise Refused("This payment cannot be deleted as it is reconciled")
        if closed := self._books.closed(row.paid_on):
            raise Refused(closed)
        row.status = "DELETED"
        row.updated = self._books.stamp("PAYMENT", row.payment_id)
        self._books.journal.reverse(row.payment_id, row.updated)
        self._touched(row.credit)

    def _touched(self, credit: Credit, invoice: Invoice | None = None) -> None:
        """Their statuses and times after a use was made or taken back."""
        if credit.live:
            credit.status = "PAID" if credit.remaining == 0 else "AUTHORISED"
        category = "CREDITNOTE" if isinstance(credit, CreditNote) else "OVERPAYMENT"
        credit.updated = self._books.stamp(category, credit.document)
        if invoice is not None:
            Books.settle(invoice)
            invoice.updated = self._books.stamp("INVOICE", invoice.invoice_id)

    # --------------------------------------------------------------------------------------------- what is open

    def ageing(self) -> list[tuple[str, Contact, str, Decimal]]:
        """(id, contact, currency, open amount) of all that customers owe; credit they may still use is negative."""
        books = self._books
        owed = [(i.invoice_id, i.contact, i.currency, i.due) for i in books.invoices.values() if _owed(i)]
        credits_: list[Credit] = [*books.credit_notes.values(), *books.bank_transactions.values()]
        mine = [(c.document, c.contact, c.currency, -c.remaining) for c in credits_ if c.document and c.remaining]
        return [*owed, *mine]


def _bank(account: Account | None) -> Account:
    if account is None or account.kind != "BANK" or account.status != "ACTIVE":
        raise Refused("A valid bank account must be specified, of Type BANK and active")
    return account


def _owed(invoice: Invoice) -> bool:
    return invoice.live and invoice.kind == "ACCREC" and invoice.due != 0
