"""`duebird check`: every connection, permission and setting looked at, nothing sent, nothing written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from connector import accounts, assemble
from connector.companies import company_settings
from connector.config import CompanySettings, Loaded
from connector.domain.consent_law import NUMBER_GIVEN
from connector.errors import ConfigProblem, DuebirdError, NeedsReauthorisation
from connector.mailing import post_of
from connector.ports.calls import AccessTokens, CallKind, CallSeen, Pauses, Wire
from connector.ports.entries import TaxCode
from connector.ports.findings import Finding, Weight
from connector.ports.ledger import LedgerAccount
from connector.ports.records import WholeLedger
from connector.signin.company import custody_of, open_connection

UNSEEN: Final = frozenset({"Twilio", "Twilio credentials", "Sender"})  # after these there is nothing to compare


class _Uncounted:
    """Checks are made by hand and seldom: they must work even where a budget is used up."""

    def before(self, service: str, kind: CallKind) -> None:
        """Go ahead."""

    def after(self, call: CallSeen) -> None:
        """Count nothing."""

    def pause(self, service: str, until: datetime) -> None:
        """Hold nothing up."""


def check_company(loaded: Loaded, company_id: str, pauses: Pauses) -> list[Finding]:
    """All findings of one company; an error becomes a finding, so that the other services are looked at too.

    `pauses`: those that services ask for and that are waited out.
    """
    from adapters.registry import LEDGERS, imported
    from adapters.stripe.processor import StripeProcessor
    from adapters.twilio.messenger import TwilioMessenger

    settings = company_settings(loaded, company_id)
    clock = assemble.system_clock()

    def wire(service: object) -> Wire:
        return Wire(
            company_id,
            clock,
            _Uncounted(),
            getattr(service, "connect_timeout", 5.0),
            getattr(service, "read_timeout", 30.0),
            pauses=pauses,
        )

    def ledger() -> Sequence[Finding]:
        opened = open_connection(
            assemble.sign_in_company(loaded, company_id), custody_of(loaded.state_dir), wire(settings.ledger)
        )
        build = imported(LEDGERS[settings.ledger.kind])
        books = build(settings.ledger, opened.entry.tenant_id, opened.tokens, wire(settings.ledger))
        chosen = assemble.payment_account(settings, books.payment_accounts())
        found = [*books.inspect(chosen.account_id), *_currency(settings.currency, books.profile().base_currency)]
        if settings.ledger.kind == "xero":
            found += _permissions(settings, opened.tokens)
        return [*found, *_refunds(settings, books), *_cash(settings, books, chosen)]

    def stripe() -> Sequence[Finding]:
        key = loaded.secrets.value(settings.stripe.key)
        return StripeProcessor(settings.stripe, key, wire(settings.stripe)).inspect()

    def twilio() -> Sequence[Finding]:
        username, password = assemble.twilio_sign_in(settings.twilio, loaded)
        messenger = TwilioMessenger(settings.twilio, username, password, wire(settings.twilio))
        found = messenger.inspect()
        apart = assemble.apart_from(loaded, settings)
        if not apart or any(one.weight is Weight.PROBLEM and one.subject in UNSEEN for one in found):
            return found
        return [*found, *_apart(messenger.sender().marks, apart)]

    def mail() -> Sequence[Finding]:
        post = post_of(loaded, company_id)
        return post.inspect() if post is not None else []

    found: list[Finding] = []
    found += _consent(settings.consent.rule, settings.country)
    for name, look in (("Ledger", ledger), ("Stripe", stripe), ("Twilio", twilio), ("Mail", mail)):
        found += _looked(name, look, company_id)
    return found


def _apart(marks: frozenset[str], apart: Mapping[str, str]) -> list[Finding]:
    """Whether another company of the settings sends from the same: the daemon then texts for neither."""
    others = sorted(other for other, mark in apart.items() if mark in marks)
    if not others:
        return [Finding(Weight.OK, "Own sender", "no other company of the settings sends from it")]
    seen = (
        f"{', '.join(others)} would text from the same (one number, name or messaging service): texting about another "
        "business's invoices is third-party debt collection, which US and Canadian law forbid by text. Duebird texts "
        "for none of them"
    )
    fix = "Give each a number or messaging service of its own; two names of one legal business: shares_sender = true."
    return [Finding(Weight.PROBLEM, "Own sender", seen, fix)]


def _consent(rule: str, country: str) -> list[Finding]:
    if rule != "number_given":
        return []
    said = f"whoever gave you a number is texted, without a consent on record. {NUMBER_GIVEN.get(country, '')}"
    fix = "Write rule = 'record' unless you can prove for each number when, to whom and what for it was given."
    return [Finding(Weight.WARNING, "Consent", said, fix)]


def _permissions(settings: CompanySettings, tokens: AccessTokens) -> list[Finding]:
    """What Xero lets a connection do only where it was asked for."""
    from adapters.xero.inspection import cash_permission, credit_permission, refund_permission

    said, found = settings.payments, list[Finding]()
    if said.surplus == "credit":
        found += credit_permission(tokens.current())
    if said.books_moves:
        found += cash_permission(tokens.current())
    if said.books_refunds:
        found += refund_permission(tokens.current())
    return found


def _look(subject: str, find: Callable[[], LedgerAccount | TaxCode]) -> Finding:
    try:
        account = find()
    except ConfigProblem as problem:
        return Finding(Weight.PROBLEM, subject, problem.message, problem.advice)
    return Finding(Weight.OK, subject, f'"{account.name}"')


def _refunds(settings: CompanySettings, books: WholeLedger) -> list[Finding]:
    """The income account of refunds, and the tax on them."""
    if not settings.payments.books_refunds:
        return []
    found = [_look("Refunds", lambda: accounts.refund_account(settings, books.refund_accounts()))]
    if settings.payments.refund_tax_code is not None:
        found.append(_look("Tax on refunds", lambda: accounts.refund_tax_code(settings, books.tax_codes())))
    return found


def _cash(settings: CompanySettings, books: WholeLedger, clearing: LedgerAccount) -> list[Finding]:
    """The accounts of fees, payouts and exchange differences; each by itself, so that all can be mended at once."""
    said, found = settings.payments, list[Finding]()

    def look(subject: str, find: Callable[[], LedgerAccount | TaxCode]) -> None:
        found.append(_look(subject, find))

    if said.fee_account is not None:
        look("Fees", lambda: accounts.fee_account(settings, books.expense_accounts()))
    if said.fee_tax_code is not None:
        look("Tax on fees", lambda: accounts.fee_tax_code(settings, books.tax_codes()))
    if said.payout_account is not None:
        home = books.profile().base_currency
        look("Payouts", lambda: accounts.payout_account(settings, books.payment_accounts(), clearing, home))
    if said.books_exchange:
        look("Exchange differences", lambda: accounts.exchange_account(settings, books.exchange_accounts()))
    if said.books_moves and settings.ledger.kind == "xero" and clearing.kind != "BANK":
        look("Clearing account", lambda: accounts.clearing_of_xero(settings, clearing))
    if said.books_cash:
        since = said.book_from or "the day on which Duebird first runs with these settings"
        found.append(Finding(Weight.OK, "Fees and payouts from", f"{since}; what was before is yours"))
    return found


def _currency(wanted: str | None, found: str) -> list[Finding]:
    if wanted is None or wanted == found:
        return []
    fix = f"Write currency = '{found}', or connect the books you meant."
    return [Finding(Weight.WARNING, "Currency", f"the books are in {found}, the settings say {wanted}", fix)]


def _looked(name: str, look: Callable[[], Sequence[Finding]], company_id: str) -> Sequence[Finding]:
    try:
        return look()
    except NeedsReauthorisation as error:
        return [Finding(Weight.PROBLEM, name, error.message, error.advice or f"duebird connect {company_id}")]
    except DuebirdError as error:
        return [Finding(Weight.PROBLEM, name, error.message, error.advice)]
