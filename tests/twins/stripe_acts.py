"""Whatever may happen to an account at Stripe, in any order, on the stand-in without its wire."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from adapters.sandbox.base import TwinClock
from adapters.sandbox.stripe import StripeTwin, balance, payouts, people, returns
from adapters.sandbox.stripe.api import create_link
from adapters.sandbox.stripe.forms import StripeProblem
from adapters.sandbox.stripe.lists import Call
from adapters.sandbox.stripe.twin import DEFAULT_ACCOUNT

CURRENCIES = ("usd", "eur", "jpy", "kwd")
AMOUNTS = st.integers(10, 99_999).map(lambda tens: tens * 10)
_CARD = st.tuples(st.just("card"), AMOUNTS, st.sampled_from(CURRENCIES))
_DEBIT = st.tuples(st.just("debit"), AMOUNTS, st.sampled_from([True, True, False]))
_SHARES = st.integers(1, 100) | st.just(100)
_ACTS = st.one_of(
    _CARD,
    _CARD,
    _DEBIT,
    st.tuples(st.sampled_from(["refund", "dispute", "bounce"]), st.integers(0, 9), _SHARES),
    st.tuples(st.sampled_from(["refund_fail", "dispute_end", "payout_fail"]), st.integers(0, 9), st.booleans()),
    st.tuples(st.just("payout"), st.sampled_from(CURRENCIES), st.booleans()),
    st.tuples(st.sampled_from(["by_hand", "instant", "fee"]), AMOUNTS, st.just(0)),
    st.tuples(st.just("wait"), st.integers(1, 200), st.just(0)),
)
# What may have happened at an account, oldest first; long enough for a payment to be refunded, failed and paid out.
HISTORIES = st.lists(_ACTS, min_size=12, max_size=60) | st.lists(_ACTS, max_size=3)


class Account:
    """The stand-in without its wire: the same acts, many times faster."""

    def __init__(self) -> None:
        self.twin = StripeTwin(TwinClock(), seed=1)
        self.world = self.twin.world
        self.world.settings.rates = {"eur": "1.0850"}
        self.world.settings.fee_tax_rate = "0.10"
        self.books = self.world.accounts[DEFAULT_ACCOUNT].in_mode(live=False)

    def act(self, what: str, first: Any, second: Any) -> None:
        """Whatever may be done now; what may not is refused and moves nothing."""
        try:
            self._act(what, first, second)
        except StripeProblem:
            return
        finally:
            self.world.catch_up()

    def _act(self, what: str, first: Any, second: Any) -> None:
        world, books = self.world, self.books
        if what in {"refund", "dispute", "bounce"}:
            self._take_back(what, _pick(books.payment_intents, first), second)
            return
        acts: dict[str, Callable[[], object]] = {
            "card": lambda: self._session(first, second, "card"),
            "debit": lambda: people.finish_debit(world, books, self._session(first, "usd", "bank"), succeeds=second),
            "refund_fail": lambda: returns.fail_refund(world, books, _pick(books.refunds, first), "declined"),
            "dispute_end": lambda: returns.settle_dispute(world, books, _pick(books.disputes, first), won=second),
            "payout_fail": lambda: payouts.fail(world, books, _pick(books.payouts, first), "account_closed"),
            "payout": lambda: payouts.pay_out(world, books, first, available_only=second),
            "by_hand": lambda: payouts.send(world, books, "usd", first, instant=False),
            "instant": lambda: payouts.send(world, books, "usd", first, instant=True),
            "fee": lambda: balance.charged(world, books, -first, "usd", "stripe_fee", "Radar"),
            "wait": lambda: self._wait(timedelta(hours=first)),
        }
        acts[what]()

    def _take_back(self, what: str, intent: dict[str, Any], percent: int) -> None:
        share = intent["amount"] * percent // 100
        if what == "refund":
            returns.give_back(self.world, self.books, intent, share)
        elif what == "dispute":
            returns.complain(self.world, self.books, intent, share)
        else:
            returns.bounce(self.world, self.books, intent)

    def _wait(self, by: timedelta) -> None:
        self.world.clock.offset += by

    def _session(self, amount: int, currency: str, method: people.Method) -> dict[str, Any]:
        form = {
            "line_items": [
                {
                    "quantity": "1",
                    "price_data": {
                        "currency": currency,
                        "unit_amount": str(amount),
                        "product_data": {"name": "Invoice"},
                    },
                }
            ]
        }
        account = self.world.accounts[DEFAULT_ACCOUNT]
        link = create_link(Call(self.world, account, self.books, "", form, "http://127.0.0.1", "/v1/payment_links"))
        page = people.open_page(self.world, self.books, link)
        assert page is not None
        people.pay(self.world, self.books, page, method)
        return page

    def entries(self) -> list[dict[str, Any]]:
        """Every entry of the balance as the API gives it with its source expanded."""
        found = self.books.balance_transactions.values()
        return [{**one, "source": one["source"] and self.books.find(one["source"])} for one in found]


def _pick(table: dict[str, dict[str, Any]], number: int) -> dict[str, Any]:
    if not table:
        raise StripeProblem(404, "There is none.")
    return list(table.values())[number % len(table)]
