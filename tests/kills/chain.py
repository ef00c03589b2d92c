"""A chain of kills over one state folder, among people who issue invoices and pay; judged at its end."""

from __future__ import annotations

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Final

from adapters.sandbox.world import SandboxWorld
from connector.demo.doors import DoorProblem
from connector.failpoints import Boundary, Place
from state.names import BALANCE_PLACE, EXCHANGE_SINCE
from state.place import DATABASE_NAME
from tests.e2e.house import SHOPS, Daemon, House, Invoice, Shop
from tests.kills.books import ABROAD, BY_INVOICE, DIFFERENCES, EUROS, Books, with_money
from tests.kills.lives import PATIENCE, Launcher, Stuck
from tests.kills.plan import MOMENT, Kill
from tests.kills.verdict import NOTHING, Bill, judged
from tests.kills.witness import Witness

OWNER: Final = "+15035550199"
STOCK: Final = 2  # texted and unpaid invoices in each shop that the next kills may need
CALM_EVERY: Final = 5  # lives that die, until one is left to finish what they left
# What is in doubt is looked for over an hour. Setting the instants on record back lets that hour pass in a second.
LAPSE: Final = 4200.0
LAST_LOOK: Final = 4  # looks, after which a text in doubt is a person's matter
LONGEST: Final = 2.5  # seconds until a kill at any moment
CHEQUE: Final = "30.00"  # of invoices of a hundred and more
# That an entry is out is found by looking of a payment's only: one of a refund is taken out once more.
FOUND_OUT: Final = f"reversal.{Boundary.FOUND}"
PART: Final = "40.00"  # given back where refunds are entered: more than a cheque, so that it may take two entries


@dataclass
class Result:
    """What one chain came to. `broken`: promises that do not hold, in words."""

    chain: int
    kills: Counter[str] = field(default_factory=Counter)
    figures: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0


def play(seed: str, chain: int, plan: Sequence[Kill], folder: Path, patience: float = PATIENCE) -> Result:
    """Play a chain to its end. `patience`: seconds for whatever a life is started for."""
    begin, result = time.monotonic(), Result(chain)
    with SandboxWorld() as sandbox:
        entering = SHOPS[chain % len(SHOPS)]
        house = house_with_owner(folder, sandbox, entering)
        launcher = Launcher(house, patience)
        witness = Witness(house)
        street = _Street(house, launcher, Random(f"{seed}/{chain}"), result, entering)
        try:
            street.stock_up()
            street.calm()
            for number, kill in enumerate(plan, 1):
                street.kill(kill)
                if number % CALM_EVERY == 0:
                    street.stock_up()
                    street.calm()
            street.end()
        except AssertionError as stuck:  # `Stuck` is one, and so is what a `Daemon` says
            result.broken.append(str(stuck))
        finally:
            launcher.close()
        result.figures["calls that found their intent on record"] = witness.seen - len(witness.unannounced)
        result.broken += witness.unannounced
        if not result.broken:
            result.broken += judged(house, street.bills, OWNER, result.figures)
        house.doors.close()
    result.figures["invoices"], result.figures["chains"] = len(street.bills), 1
    result.seconds = time.monotonic() - begin
    return result


def house_with_owner(folder: Path, sandbox: SandboxWorld, entering: Shop) -> House:
    """Both companies signed in, with empty books and an owner who wants to hear of payments, and has people asked.

    Fees and payouts are booked, what is too much becomes a credit, and a payment that is given back is taken out, or
    in the books of one shop entered as a refund. One invoices abroad too, and has differences of exchange entered.
    """
    house = House(folder, sandbox)
    window = 'window_start = "00:00"'
    approval = "[company.approval]"
    house.write_config(
        lambda text: (
            with_money(text, entering)
            .replace(window, f'owner_notice = "{OWNER}"\n{window}')
            .replace(approval, f"[company.consent]\nask = true\n\n{approval}")
        )
    )
    if house.env.pop("PYTHONDONTWRITEBYTECODE", None):  # a start that compiles everything takes three times as long
        house.env["PYTHONPYCACHEPREFIX"] = str(folder.parent / "pycache")
    house.doors.post(ABROAD.ledger, "accounts", name=DIFFERENCES, kind="EXPENSE", code="499")
    house.connect()
    return house


class _Street:
    """People and a daemon that is killed again and again."""

    def __init__(self, house: House, launcher: Launcher, dice: Random, result: Result, entering: Shop) -> None:
        self.house, self.launcher, self.dice, self.result = house, launcher, dice, result
        [self.reopening] = [one for one in SHOPS if one is not entering]
        self.entering = entering
        self.bills: list[Bill] = []
        self.books = Books(house)
        with house.opened():
            pass  # the database is made before anybody looks into it

    # ------------------------------------------------------------------------------------------------- people

    def issue(self, shop: Shop, *, asked: bool = False, abroad: bool = False) -> Bill:
        """`asked`: to somebody of whom nothing is on record, and who will never answer. `abroad`: in euros."""
        count = sum(one.invoice.shop is shop for one in self.bills)
        mobile = shop.mobiles[count]
        amount = f"{100 + len(self.bills)}.00"  # no two are alike, so a booking tells whose it is
        customer = self.house.customer(shop, mobile, agrees=not asked)
        euros = {"currency": EUROS, "rate": str(BY_INVOICE)} if abroad else {}
        invoice = self.house.issue(shop, customer, amount, **euros)
        bill = Bill(invoice, mobile, amount, asked=asked, enters=shop is self.entering, abroad=abroad)
        self.bills.append(bill)
        return bill

    def stock_up(self) -> None:
        for shop in SHOPS:
            for _ in range(STOCK - len(self._payable(shop))):
                self.issue(shop)

    def _payable(self, shop: Shop, *, abroad: bool = False) -> list[Bill]:
        return [
            one
            for one in self.bills
            if one.invoice.shop is shop and one.abroad is abroad and not one.paid and self.house.notices(one.mobile)
        ]

    def pay(self, shop: Shop, *, cheque: str = "", abroad: bool = False) -> bool:
        """Somebody who was texted pays, with a cheque beside it where one is named; False where there is nobody."""
        for bill in self._payable(shop, abroad=abroad):
            with suppress(DoorProblem):  # its link is just being taken down
                link = self.house.link_to(bill.mobile)
                if cheque:
                    self.books.pay_beside_cheque(bill.invoice, link, cheque)
                    bill.cheque = cheque
                else:
                    self.house.doors.pay(link, "card")
                bill.link, bill.paid = link, True
                return True
        return False

    def refund(self, shop: Shop, *, abroad: bool = False) -> bool:
        """A payment that is booked is given back, a part of it where that is entered; False where there is none."""
        for bill in self.bills:
            may = bill.settled and not bill.failed and (bill.enters or bill.cheque == NOTHING)
            if bill.invoice.shop is shop and bill.abroad is abroad and may and not bill.refund:
                bill.returned = PART if bill.enters else bill.amount
                bill.refund = self.books.refund(shop, bill.link, bill.returned)
                return True
        return False

    def refund_fails(self, *, abroad: bool = False) -> bool:
        """One that is entered comes back; False where there is none."""
        for bill in self.bills:
            if bill.entered and bill.abroad is abroad:
                self.books.refund_fails(bill.refund)
                bill.refund, bill.returned, bill.entered, bill.failed = "", NOTHING, False, True
                return True
        return False

    def _token_ends(self, shop: Shop) -> None:
        """The ledger takes the access token no more, as it does an hour after it was given."""
        if shop.ledger == "quickbooks":
            self.house.sandbox.quickbooks.tokens.access.clear()
        else:
            for token in self.house.sandbox.xero.identity.access.values():
                token.expires_at = self.house.sandbox.xero.clock.now()

    # ------------------------------------------------------------------------------------------------- the daemon

    def kill(self, kill: Kill) -> None:
        if kill.at == MOMENT:
            self._at_any_moment()
            return
        shop = self.dice.choice(SHOPS)
        if kill.at == FOUND_OUT:
            shop = self.reopening
        self._occasion(kill.after or kill.at, shop)
        for point in filter(None, (kill.after, kill.at)):
            life = self.launcher.start(point)
            if point in {Place.LETTING_GO, Place.LET_GO}:
                life.ready()
                life.until(lambda: not self._planned(), "its first passes are over")
                life.ask_to_stop()
            life.dies(point, self._read_the_balance_now)
            self.result.kills[point] += 1

    def _occasion(self, point: str, shop: Shop) -> None:
        """Something happens that makes the program come to that point."""
        what = point.partition(".")[0]
        if what in {"link", "notice", "request", "claim"}:
            self.issue(shop, asked=what == "request")
        elif what == "tokens":
            self._token_ends(shop)
        elif what == "fee":
            self.books.charge(shop)
        elif what == "payout":
            self.books.pay_out(shop)
        elif what == "refund":
            self._refunded(self.entering)
        elif what == "exchange":
            self._exchanged()
        elif what == "reversal":
            if shop is self.reopening or not self.refund_fails():
                self._refunded(self.reopening)
        else:
            self._paid(shop, cheque=CHEQUE if what == "credit" else "")
        self._read_the_balance_now()

    def _paid(self, shop: Shop, *, cheque: str = "") -> None:
        self._once(partial(self.pay, shop, cheque=cheque), f"nobody of {shop.id} could pay", self.stock_up)

    def _refunded(self, shop: Shop) -> None:
        self._once(partial(self.refund, shop), f"nothing was paid to {shop.id}", partial(self._paid, shop))

    def _exchanged(self) -> None:
        """Money in euros goes, or comes again, at another rate than that of its entry, which is taken out."""
        pay = partial(self.pay, ABROAD, abroad=True)
        issue = partial(self.issue, ABROAD, abroad=True)
        refund = partial(self.refund, ABROAD, abroad=True)
        paid = partial(self._once, pay, f"nobody abroad could pay to {ABROAD.id}", issue)
        if ABROAD is self.entering:
            self._once(refund, f"nothing was paid from abroad to {ABROAD.id}", paid)
        else:
            paid()
        self.calm()
        self.books.rate_moves()
        if not (self.refund_fails(abroad=True) if ABROAD is self.entering else self.refund(ABROAD, abroad=True)):
            raise Stuck(f"nothing from abroad could be given back by {ABROAD.id}, or come again")

    def _once(self, act: Callable[[], bool], problem: str, first: Callable[[], object]) -> None:
        """Do what may need something to be done and finished first.

        Raises:
            Stuck: even so it cannot be done.
        """
        if not act():
            first()
            self.calm()
            if not act():
                raise Stuck(problem)

    def _at_any_moment(self) -> None:
        acts: list[Callable[[Shop], object]] = [self.books.charge, self.books.pay_out, self.refund]
        for shop in SHOPS:
            self.issue(shop)
            self.pay(shop, cheque=self.dice.choice(["", "", CHEQUE]))
            self.dice.choice(acts)(shop)
        if self.dice.random() < 0.5:
            self.refund_fails()
        self._read_the_balance_now()
        life = self.launcher.start()
        calls = self.house.calls() + self.dice.randint(1, 45)
        until = time.monotonic() + LONGEST
        while self.house.calls() < calls and time.monotonic() < until:
            time.sleep(0.001)
        time.sleep(self.dice.uniform(0, 0.03))
        life.kill()
        self.result.kills[MOMENT] += 1

    def calm(self) -> None:
        """A life that is left alone until nothing is left to do."""
        life = self.launcher.start().ready()  # told to stop any sooner, it would just die
        life.until(self._is_calm, f"an end of {self._open() or 'the work'}")
        life.stop()
        for bill in self.bills:
            bill.settled = bill.paid
            bill.entered = bill.enters and bool(bill.refund)
        self.result.figures["calm lives"] += 1

    def end(self) -> None:
        """The last life is started as people start it, and left to finish."""
        life = Daemon(self.house).ready()
        life.until(self._is_calm, "an end of the work")
        if life.stop() != 0:
            raise Stuck(f"told to stop it ended otherwise:\n{life.log[-3000:]}")

    def _is_calm(self) -> bool:
        self._let_time_pass()
        return (
            not self._open()
            and all(self.house.texts(bill.mobile) or self._in_doubt(bill.invoice, bill.purpose) for bill in self.bills)
            and all(not self.house.link_is_active(self.house.link_to(bill.mobile)) for bill in self.bills if bill.paid)
            and all(self.books.agree(shop) for shop in SHOPS)
        )

    def _open(self) -> list[tuple[str, str, str]]:
        """Effects that are not at their end, without the texts that only a person can settle."""
        return self._ask(
            "SELECT kind, subject, status FROM effects WHERE status IN ('planned', 'in_flight') "
            "OR (status = 'uncertain' AND NOT (kind = 'send_text' AND looks >= ?))",
            LAST_LOOK,
        )

    def _planned(self) -> list[tuple[str, str, str]]:
        return self._ask("SELECT kind, subject, status FROM effects WHERE status IN ('planned', 'in_flight')")

    def _in_doubt(self, invoice: Invoice, purpose: str) -> bool:
        return bool(
            self._ask(
                "SELECT kind, subject, status FROM effects WHERE status = 'uncertain' AND subject = ? AND purpose = ?",
                invoice.id,
                purpose,
            )
        )

    def _ask(self, question: str, *values: object) -> list[tuple[str, str, str]]:
        with closing(self._database()) as database:
            return database.execute(question, values).fetchall()

    def _database(self) -> sqlite3.Connection:
        return sqlite3.connect(self.house.state / DATABASE_NAME, timeout=30.0)

    def _let_time_pass(self) -> None:
        """For what is in doubt and waits: its next look is now, and its attempt was more than an hour ago."""
        now = "strftime('%Y-%m-%d %H:%M:%f000', 'now')"
        ago = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{LAPSE} seconds')"
        with closing(self._database()) as database, database:
            database.execute(
                f"UPDATE effects SET due_at = {now}, claimed_at = min(claimed_at, {ago}) "  # noqa: S608  our own words
                f"WHERE status = 'uncertain' AND looks < ? AND due_at > {now}",
                (LAST_LOOK,),
            )
        self._read_the_balance_now()

    def _read_the_balance_now(self) -> None:
        """It was read a while ago, and differences of exchange looked for, as far as the next pass can tell."""
        ago = f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-{LAPSE} seconds')"
        with closing(self._database()) as database, database:
            database.execute(
                f"UPDATE cursors SET moved_at = {ago} WHERE name IN (?, ?) AND moved_at > {ago}",  # noqa: S608  as above
                (BALANCE_PLACE, EXCHANGE_SINCE),
            )
