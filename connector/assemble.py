"""The one composition root: settings become companies with adapters behind their ports."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from adapters.clock import SystemClock
from adapters.registry import LEDGERS, imported
from adapters.settings_base import ServiceSettings
from adapters.twilio.settings import TwilioSettings
from connector import failpoints
from connector.accounts import cash_of, exchanges_into, named, refund_account_id
from connector.companies import DATABASE_URL, company_settings, limits
from connector.config import CompanySettings, Loaded
from connector.config.company import NoticeSettings
from connector.domain.cadence import Intervals
from connector.domain.calendar import Window, start_of_day
from connector.domain.closed_period import ClosedPeriod
from connector.domain.dunning import ConsentRule, Policy, Step, StepRule, rule_of
from connector.domain.effect import BooksIdentity
from connector.domain.phone import Phone
from connector.domain.settlement import Refunds, Surplus
from connector.domain.wordings import Occasion
from connector.errors import ConfigProblem
from connector.flows import cash, refunded
from connector.flows.budget import Budget
from connector.flows.company import Company, Lease
from connector.lock import only_daemon
from connector.ports.anchor import Anchor
from connector.ports.calls import CallMeter, Clock, CutOff, Pauses, Wire
from connector.ports.ledger import LedgerAccount
from connector.ports.records import WholeLedger, WholeMessenger, WholeProcessor
from connector.ports.treasury import Treasury
from connector.signin.company import SignInCompany, custody_of, open_connection
from connector.words import Wording
from state.consent_journal import ConsentJournal
from state.database import Database
from state.elsewhere import database_url
from state.journal import Journal, beside
from state.queries import Queries
from state.store import Store

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True)
class State:
    """The open database of an installation."""

    folder: Path
    database: Database
    store: Store
    queries: Queries

    def close(self) -> None:
        """Let go of it."""
        self.database.close()


@dataclass(frozen=True, slots=True)
class Adapters:
    """A company's adapters, and which books it is connected to."""

    ledger: WholeLedger
    processor: WholeProcessor
    messenger: WholeMessenger
    anchor: Anchor
    tenant_id: str
    tenant_name: str
    cut_off: CutOff
    treasury: Treasury


@dataclass(frozen=True, slots=True)
class Services:
    """A company's adapters, and the budget that counts their calls."""

    adapters: Adapters
    budget: Budget


def open_state(folder: Path, *, create: bool = True) -> State:
    """Open the database, brought to the present schema.

    Raises:
        ConfigProblem: the folder is open to others, or the records are elsewhere than they were.
        DatabaseTrouble: it is damaged, out of reach, made by a newer Duebird, or not there yet and `create` is False.
        AlreadyRunning: its schema must be changed, and a daemon of before works on it.
    """
    url = database_url(folder, os.environ.get(DATABASE_URL, ""), create=create)
    if create:
        from state.migrate import migrate  # half of what a command that only looks would wait for

        migrate(url, partial(_alone, folder, url))
    database = Database(url)
    return State(folder, database, Store(database, ConsentJournal(beside(folder))), Queries(database))


@contextmanager
def _alone(folder: Path, url: str) -> Iterator[None]:
    """No daemon works on it meanwhile: not in this state folder, and on no other machine that reaches the database."""
    with only_daemon(folder), closing(Database(url)) as database, database.claimed(os.getpid(), socket.gethostname()):
        yield


def sign_in_company(loaded: Loaded, company_id: str) -> SignInCompany:
    """What signing in needs of a company.

    Raises:
        ConfigProblem: there is no such company; names those there are.
    """
    settings = company_settings(loaded, company_id)
    return SignInCompany(
        company=settings.id,
        name=settings.name,
        ledger=settings.ledger,
        resolve=loaded.secrets.value,
        state_folder=loaded.state_dir,
        companies=frozenset(one.id for one in loaded.settings.companies),
        books_entries=Surplus(settings.payments.surplus) is Surplus.CREDIT or settings.payments.books_moves,
        books_refunds=settings.payments.books_refunds,
    )


def services(loaded: Loaded, company_id: str, state: State, clock: Clock, pauses: Pauses | None = None) -> Services:
    """A company's adapters, and its budget of calls. Makes no call. `pauses`: what its readings wait out.

    Raises:
        NeedsReauthorisation: it is not connected yet.
    """
    settings = company_settings(loaded, company_id)
    budget = Budget(settings.id, limits(loaded, settings), state.queries, state.store, clock)
    return Services(adapters_of(loaded, company_id, clock, budget, pauses), budget)


def adapters_of(
    loaded: Loaded, company_id: str, clock: Clock, meter: CallMeter, pauses: Pauses | None = None
) -> Adapters:
    """A company's adapters, whose calls are counted by `meter`. Makes no call. `pauses`: what its readings wait out.

    Raises:
        NeedsReauthorisation: it is not connected yet.
    """
    settings, cut_off = company_settings(loaded, company_id), CutOff()
    waits = pauses or Pauses()

    def wire(service: ServiceSettings) -> Wire:
        times = service.connect_timeout, service.read_timeout
        return Wire(settings.id, clock, meter, *times, cut_off=cut_off, pauses=waits)

    opened = open_connection(sign_in_company(loaded, company_id), custody_of(loaded.state_dir), wire(settings.ledger))
    stripe_key, stripe_wire = loaded.secrets.value(settings.stripe.key), wire(settings.stripe)
    build_ledger = imported(LEDGERS[settings.ledger.kind])
    from adapters.stripe.anchor import StripeAnchor
    from adapters.stripe.records import StripeRecords
    from adapters.stripe.treasury import StripeTreasury
    from adapters.twilio.records import TwilioRecords

    username, password = twilio_sign_in(settings.twilio, loaded)
    return Adapters(
        ledger=build_ledger(settings.ledger, opened.entry.tenant_id, opened.tokens, wire(settings.ledger)),
        processor=StripeRecords(settings.stripe, stripe_key, stripe_wire),
        anchor=StripeAnchor(settings.stripe, stripe_key, stripe_wire),
        messenger=TwilioRecords(settings.twilio, username, password, wire(settings.twilio)),
        tenant_id=opened.entry.tenant_id,
        tenant_name=opened.entry.tenant_name,
        cut_off=cut_off,
        treasury=StripeTreasury(settings.stripe, stripe_key, stripe_wire),
    )


def twilio_sign_in(settings: TwilioSettings, loaded: Loaded) -> tuple[str, str]:
    """User and password: the API key where there is one, else the account with its token."""
    if settings.api_key_sid is not None and settings.api_key_secret is not None:
        return settings.api_key_sid, loaded.secrets.value(settings.api_key_secret)
    if settings.auth_token is None:
        raise ConfigProblem("Twilio has neither an API key nor an auth token.", advice="Type: duebird config check")
    return settings.account_sid, loaded.secrets.value(settings.auth_token)


def new_id() -> str:
    """An id that nobody else has: 64 random bits, and a handful of them in a company's life."""
    return secrets.token_hex(8)


def lease_of(loaded: Loaded, folder: Path, parts: Adapters, instance: str) -> Lease:
    """What says whether this process is the only one that works on a company. `folder`: of the state."""
    return Lease(
        parts.anchor,
        Journal(beside(folder)),
        instance,
        socket.gethostname() or "unnamed",
        new_id,
        takeover_wait=loaded.settings.daemon.takeover_wait,
    )


def company(loaded: Loaded, company_id: str, state: State, clock: Clock, parts: Adapters, *, instance: str) -> Company:
    """The company as the flows see it. Its first time binds it to its books and its Stripe account for ever.

    `instance` names this start of the program.

    Raises:
        ConfigProblem: an account that the settings name does not exist, the company is bound to other books, or its
            Stripe account is live while failure points are armed.
        DuebirdError: a service could not be asked.
    """
    settings = company_settings(loaded, company_id)
    bound = state.queries.identity(company_id)
    account = parts.processor.account()
    if account.live and failpoints.are_armed():
        raise ConfigProblem(
            f'Company "{company_id}" has a live Stripe account, and this program was started by a test that disturbs '
            "it on purpose. Nothing was done."
        )
    identity = BooksIdentity(settings.ledger.kind, parts.tenant_id, account.account_id)
    if bound != identity:
        # Not every sign-in tells the name of the books; the ledger itself does.
        name = parts.tenant_name or parts.ledger.profile().name
        draft = settings.approval.draft_first
        state.store.bind_company(company_id, identity, name, clock.now(), draft=draft)
    accounts = parts.ledger.payment_accounts()
    booked_to = payment_account(settings, accounts)
    # Nobody waits for a fee in the books: with the usual intervals once an hour, which is one call more an hour.
    every = 4 * timedelta(seconds=intervals_of(loaded, settings).idle)
    where = cash_of(settings, parts.ledger, parts.treasury, booked_to, accounts, every)
    if where is None:
        cash.switched_off(state.store, state.queries, company_id, clock.now())
    refunded.begin(state.store, state.queries, company_id, clock.now(), _refunds_from(settings, clock))
    return Company(
        id=company_id,
        identity=identity,
        policy=policy_of(
            settings,
            payment_account_id=booked_to.account_id,
            live=account.live,
            clearing_currency=exchanges_into(booked_to, parts.ledger.profile().base_currency),
            refund_account_id=refund_account_id(settings, parts.ledger),
        ),
        words=wording(settings),
        ledger=parts.ledger,
        processor=parts.processor,
        messenger=parts.messenger,
        store=state.store,
        queries=state.queries,
        clock=clock,
        lease=lease_of(loaded, state.folder, parts, instance),
        cash=where,
        treasury=parts.treasury,
        apart_from=apart_from(loaded, settings),
        cut_off=parts.cut_off,
        owner=f"{socket.gethostname()}:{os.getpid()}",
        sweep_every=timedelta(seconds=intervals_of(loaded, settings).sweep),
    )


def _refunds_from(settings: CompanySettings, clock: Clock) -> datetime | None:
    """From when on what goes back is entered; None: it is not."""
    said = settings.payments
    if not said.books_refunds:
        return None
    return start_of_day(said.book_from, ZoneInfo(settings.timezone)) if said.book_from else clock.now()


def apart_from(loaded: Loaded, settings: CompanySettings) -> dict[str, str]:
    """What each other company sends from, of those that may not share a sender with this one."""
    return {
        one.id: one.twilio.mark
        for one in loaded.settings.companies
        if one.enabled and one.id != settings.id and not (one.shares_sender and settings.shares_sender)
    }


def payment_account(settings: CompanySettings, accounts: Sequence[LedgerAccount]) -> LedgerAccount:
    """The clearing account the settings name, by id, code or name.

    Raises:
        ConfigProblem: none is named, it does not exist, or it takes no payments; lists those that would do.
    """
    wanted = settings.ledger.payment_account
    good = [one for one in accounts if one.active and one.takes_payments]
    names = ", ".join(f'"{one.name}"' for one in good[:10]) or "none yet: make one in the ledger"
    if wanted is None:
        raise ConfigProblem(
            f'Company "{settings.id}" does not say which account receives card money (ledger.payment_account).',
            advice=f"Accounts that would do: {names}.",
        )
    found = named(accounts, wanted)
    if len(found) == 1 and found[0] in good:
        return found[0]
    why = "is not in the ledger" if not found else "is there more than once" if len(found) > 1 else "takes no payments"
    raise ConfigProblem(
        f'Company "{settings.id}": the payment account "{wanted}" {why}.', advice=f"Accounts that would do: {names}."
    )


def policy_of(
    settings: CompanySettings,
    *,
    payment_account_id: str | None,
    live: bool,
    clearing_currency: str | None = None,
    refund_account_id: str | None = None,
) -> Policy:
    """A company's rules, from its settings."""
    notices = settings.notices
    opens, closes = notices.window
    return Policy(
        business=settings.name_in_texts,
        zone=ZoneInfo(settings.timezone),
        country=settings.country,
        start_on=settings.start_on,
        by_law=notices.hours_by_law,
        keep_holidays=not notices.public_holidays,
        steps=steps_of(notices),
        window=Window(opens, closes, frozenset(DAYS.index(day) for day in notices.days)),
        minimum=notices.minimum_amount,
        minimum_in=settings.currency,
        instalments=notices.instalments,
        instalments_from=notices.instalments_from,
        joint=notices.joint,
        max_per_number_per_day=notices.max_texts_per_number_per_day,
        max_per_number_per_week=notices.max_texts_per_number_per_week,
        excluded_customers=frozenset(notices.excluded_customers),
        excluded_groups=frozenset(notices.excluded_groups),
        fresh_for=timedelta(minutes=notices.max_ledger_age_minutes),
        skip_payable_elsewhere=notices.skip_payable_elsewhere,
        require_sent=notices.require_sent_by_ledger,
        receipts=notices.receipt,
        owner_phone=Phone(notices.owner_notice) if notices.owner_notice else None,
        consent_rule=ConsentRule(settings.consent.rule),
        consent_marker=settings.consent.marker,
        ask=settings.consent.ask,
        payment_account_id=payment_account_id,
        clearing_currency=clearing_currency,
        texts_per_hour=settings.caps.texts_per_hour,
        texts_per_day=settings.caps.texts_per_day,
        catch_up=settings.caps.catch_up,
        usual_day=settings.caps.usual_day,
        lookup=settings.twilio.lookup or settings.twilio.lookup_reassigned,
        two_way=settings.twilio.two_way,
        stop_every=settings.words.stop_every,
        live=live,
        take_promises=settings.replies.take_promises,
        forward_to=settings.replies.forward_phone,
        mail_replies=settings.mail.mails_replies,
        draft_first=settings.approval.draft_first,
        ask_always=frozenset(map(Step, settings.approval.ask_always)),
        ask_first_time=frozenset(map(Step, settings.approval.ask_first_time)),
        surplus=Surplus(settings.payments.surplus),
        refunds=Refunds(settings.payments.refunds),
        refund_account_id=refund_account_id,
        refund_tax_code=settings.payments.refund_tax_code,
        closed_period=ClosedPeriod(settings.payments.closed_period),
    )


def steps_of(notices: NoticeSettings) -> tuple[StepRule, ...]:
    """The steps that are on, on their days."""
    on = [step for step in Step if getattr(notices, step)]
    return tuple(rule_of(step, getattr(notices, f"{step}_days", None)) for step in on)


def wording(settings: CompanySettings) -> Wording:
    """How the company speaks: its own words where it has some."""
    words = settings.words
    own: dict[tuple[str, Occasion], str] = {
        (settings.language, Occasion(name)): text for name, text in words.own.items()
    }
    for code, in_language in words.languages.items():
        own |= {(code, Occasion(name)): text for name, text in in_language.own.items()}
    return Wording(
        language=settings.language,
        country=settings.country,
        own=own,
        markers={one.marker: code for code, one in words.languages.items() if one.marker is not None},
        hosts=settings.stripe.link_hosts,
    )


def intervals_of(loaded: Loaded, settings: CompanySettings) -> Intervals:
    """How often to look at that company's services, in seconds."""
    own = loaded.settings.intervals(settings)
    return Intervals(own.quick, own.slow, own.idle, own.sweep)


def system_clock() -> Clock:
    """The machine's clock."""
    return SystemClock()
