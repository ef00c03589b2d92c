"""Stripe's stand-in keeps a true balance: whatever happens, it is the sum of its entries."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings

from adapters.sandbox.stripe import balance
from adapters.sandbox.stripe.twin import DEFAULT_ACCOUNT
from tests.twins.stripe_acts import CURRENCIES, HISTORIES, Account
from tests.twins.stripe_desk import SPECS, Asker, assert_described, open_desk

SETTLED = timedelta(days=5)  # every payment has its entry, and its money can be paid out


@pytest.fixture
def stripe() -> Iterator[Asker]:
    with open_desk() as asker:
        yield asker


def paid(stripe: Asker, amount: int = 12050, currency: str = "usd", **more: Any) -> str:
    """The intent of a card payment whose entry is in the balance."""
    line = "line_items[0][price_data]"
    link = stripe.link(**{f"{line}[currency]": currency, f"{line}[unit_amount]": str(amount)})
    done = stripe.control("pay", {"link": link["url"], "method": "card", **more})
    stripe.pass_time(timedelta(minutes=1))
    return str(done["payment_intent"])


def debited(stripe: Asker) -> str:
    """The intent of a bank debit that has succeeded."""
    done = stripe.control("pay", {"link": stripe.link()["url"], "method": "bank"})
    stripe.control("debit", {"session": done["session"], "succeeds": True})
    stripe.pass_time(timedelta(minutes=1))
    return str(done["payment_intent"])


def entries(stripe: Asker, query: str = "") -> list[dict[str, Any]]:
    """Entries of the balance, oldest first."""
    return list(reversed(stripe.get("/v1/balance_transactions", f"limit=100&{query}").json()["data"]))


def held(stripe: Asker) -> dict[str, tuple[int, int]]:
    """(available, pending) of each currency."""
    answer = stripe.get("/v1/balance").json()
    pending = {row["currency"]: row["amount"] for row in answer["pending"]}
    return {row["currency"]: (row["amount"], pending[row["currency"]]) for row in answer["available"]}


def kinds_since(stripe: Asker, number: int) -> list[str]:
    """The newest events of so many, oldest first."""
    return [row["type"] for row in stripe.get("/v1/events", f"limit={number}").json()["data"]][::-1]


# ------------------------------------------------------------------------------------------------------ payments


def test_money_is_pending_first_and_then_available_less_the_fee(stripe: Asker) -> None:
    stripe.control("pay", {"link": stripe.link()["url"], "method": "card"})
    assert held(stripe) == {"usd": (0, 0)}
    assert stripe.get("/v1/charges").json()["data"][0]["balance_transaction"] is None

    stripe.pass_time(timedelta(minutes=1))
    assert held(stripe) == {"usd": (0, 12050 - 379)}
    (entry,) = entries(stripe)
    assert (entry["amount"], entry["fee"], entry["net"], entry["status"]) == (12050, 379, 11671, "pending")
    assert [(part["type"], part["amount"]) for part in entry["fee_details"]] == [("stripe_fee", 379)]

    stripe.pass_time(timedelta(days=2))
    assert held(stripe) == {"usd": (11671, 0)}
    assert entries(stripe)[0]["status"] == "available"


def test_a_tax_on_the_fee_is_a_part_of_it_of_its_own(stripe: Asker) -> None:
    stripe.control("settings", {"fee_tax_rate": "0.10", "refunds_return_fees": True})
    intent = paid(stripe)
    (entry,) = entries(stripe)
    assert [(part["type"], part["amount"]) for part in entry["fee_details"]] == [("stripe_fee", 379), ("tax", 38)]
    assert (entry["fee"], entry["net"]) == (417, 12050 - 417)
    refund = stripe.control("refund", {"payment_intent": intent})
    assert sum(held(stripe)["usd"]) == 0
    stripe.control("refund_fail", {"refund": refund["id"]})
    assert sum(held(stripe)["usd"]) == 12050 - 417


def test_the_fee_may_settle_as_late_as_a_test_likes_and_then_surface_behind_newer_entries(stripe: Asker) -> None:
    stripe.control("settings", {"fee_delay_seconds": 3600, "entries_dated_back": True})
    paid(stripe)
    stripe.pass_time(timedelta(minutes=20))
    stripe.control("charge_account", {"account": DEFAULT_ACCOUNT, "amount": -200})
    assert [row["type"] for row in entries(stripe)] == ["stripe_fee"]
    stripe.pass_time(timedelta(hours=1))
    assert [row["type"] for row in entries(stripe)] == ["charge", "stripe_fee"]
    assert kinds_since(stripe, 1) == ["charge.updated"]


def test_an_entry_of_a_debit_comes_when_the_bank_has_answered(stripe: Asker) -> None:
    done = stripe.control("pay", {"link": stripe.link()["url"], "method": "bank"})
    stripe.pass_time(timedelta(days=3))
    assert entries(stripe) == []
    stripe.control("debit", {"session": done["session"], "succeeds": True})
    stripe.pass_time(timedelta(minutes=1))
    (entry,) = entries(stripe)
    assert (entry["type"], entry["reporting_category"], entry["fee"]) == ("payment", "charge", 96)


@pytest.mark.parametrize(("currency", "amount"), [("jpy", 98_000), ("kwd", 12_340), ("eur", 1999)])
def test_a_currency_without_a_rate_has_a_balance_of_its_own(stripe: Asker, currency: str, amount: int) -> None:
    paid(stripe, amount, currency)
    (entry,) = entries(stripe)
    assert (entry["currency"], entry["amount"], entry["exchange_rate"]) == (currency, amount, None)
    assert held(stripe)[currency] == (0, entry["net"])


@pytest.mark.parametrize(
    ("currency", "amount", "rate", "settled", "between_minor"),
    [
        ("eur", 1000, "1.234", 1234, 1.234),
        ("jpy", 98_000, "0.0066", 64_680, 0.66),
        ("kwd", 12_340, "3.25", 4_011, 0.325),
    ],
)
def test_a_currency_with_a_rate_settles_in_the_accounts_own(
    stripe: Asker, currency: str, amount: int, rate: str, settled: int, between_minor: float
) -> None:
    stripe.control("settings", {"rates": {currency: rate}})
    paid(stripe, amount, currency)
    (entry,) = entries(stripe)
    assert (entry["currency"], entry["amount"], entry["exchange_rate"]) == ("usd", settled, between_minor)
    assert list(held(stripe)) == ["usd"]


def test_a_payer_may_see_another_currency_than_the_link_asks(stripe: Asker) -> None:
    intent = paid(stripe, 1000, shown={"amount": 1370, "currency": "cad"})
    shown = {"presentment_amount": 1370, "presentment_currency": "cad"}
    session = stripe.get("/v1/checkout/sessions", f"payment_intent={intent}").json()["data"][0]
    charge = stripe.get("/v1/charges", f"payment_intent={intent}").json()["data"][0]
    for one in (session, charge, stripe.get(f"/v1/payment_intents/{intent}").json()):
        assert one["presentment_details"] == shown
    assert (session["amount_total"], session["currency"], entries(stripe)[0]["currency"]) == (1000, "usd", "usd")
    refund = stripe.control("refund", {"payment_intent": intent, "amount": 500})
    assert refund["presentment_details"] == {"presentment_amount": 685, "presentment_currency": "cad"}


# -------------------------------------------------------------------------------------------- money that goes back


def test_a_refund_keeps_the_fee_and_a_failed_one_returns(stripe: Asker) -> None:
    intent = paid(stripe)
    refund = stripe.control("refund", {"payment_intent": intent, "amount": 2050})
    assert sum(held(stripe)["usd"]) == 12050 - 379 - 2050

    failed = stripe.control("refund_fail", {"refund": refund["id"]})
    assert sum(held(stripe)["usd"]) == 12050 - 379
    assert (failed["status"], failed["failure_reason"]) == ("failed", "expired_or_canceled_card")
    entry = stripe.get(f"/v1/balance_transactions/{failed['failure_balance_transaction']}").json()
    assert (entry["type"], entry["reporting_category"], entry["net"]) == ("refund_failure", "refund_failure", 2050)
    assert entry["source"] == refund["id"]
    assert stripe.get("/v1/charges").json()["data"][0]["amount_refunded"] == 0
    assert kinds_since(stripe, 3) == ["refund.updated", "refund.failed", "charge.refund.updated"]
    assert "cannot fail" in stripe.control("refund_fail", {"refund": refund["id"]})["problem"]


def test_an_account_of_old_gets_its_fees_back_with_the_refund(stripe: Asker) -> None:
    stripe.control("settings", {"refunds_return_fees": True})
    intent = paid(stripe)
    refund = stripe.control("refund", {"payment_intent": intent})
    assert held(stripe)["usd"] == (-12050 + 379, 12050 - 379)
    stripe.control("refund_fail", {"refund": refund["id"]})
    assert sum(held(stripe)["usd"]) == 12050 - 379


def test_a_dispute_takes_amount_and_fee_and_a_won_one_gives_the_amount_back(stripe: Asker) -> None:
    dispute = stripe.control("dispute", {"payment_intent": paid(stripe)})
    assert sum(held(stripe)["usd"]) == -379 - 1500
    won = stripe.control("dispute_end", {"dispute": dispute["id"], "won": True})
    assert sum(held(stripe)["usd"]) == 12050 - 379 - 1500
    assert won["status"] == "won"
    assert [one["reporting_category"] for one in won["balance_transactions"]] == ["dispute", "dispute_reversal"]
    assert kinds_since(stripe, 2) == ["charge.dispute.funds_reinstated", "charge.dispute.closed"]
    again = stripe.control("dispute_end", {"dispute": dispute["id"], "won": False})
    assert "already closed" in again["problem"]


def test_a_won_dispute_may_return_its_fee_and_a_lost_one_returns_nothing(stripe: Asker) -> None:
    stripe.control("settings", {"won_disputes_return_fees": True})
    first, second = paid(stripe), paid(stripe)
    won = stripe.control("dispute", {"payment_intent": first})
    lost = stripe.control("dispute", {"payment_intent": second, "amount": 5000})
    stripe.control("dispute_end", {"dispute": won["id"], "won": True})
    stripe.control("dispute_end", {"dispute": lost["id"], "won": False})
    assert sum(held(stripe)["usd"]) == 2 * (12050 - 379) - 5000 - 1500


def test_an_inquiry_takes_no_money(stripe: Asker) -> None:
    inquiry = stripe.control("dispute", {"payment_intent": paid(stripe), "inquiry": True})
    assert (inquiry["status"], inquiry["balance_transactions"]) == ("warning_needs_response", [])
    closed = stripe.control("dispute_end", {"dispute": inquiry["id"], "won": True})
    assert closed["status"] == "warning_closed"
    assert sum(held(stripe)["usd"]) == 12050 - 379


def test_a_debit_that_bounces_after_it_succeeded_takes_its_money_again(stripe: Asker) -> None:
    intent = debited(stripe)
    charge = stripe.control("bounce", {"payment_intent": intent})
    assert sum(held(stripe)["usd"]) == -96
    assert (charge["status"], charge["failure_code"]) == ("failed", "insufficient_funds")
    newest = entries(stripe)[-1]
    assert (newest["type"], newest["reporting_category"]) == ("payment_failure_refund", "charge_failure")
    assert newest["id"] == charge["failure_balance_transaction"]
    assert "Only a bank debit" in stripe.control("bounce", {"payment_intent": paid(stripe)})["problem"]


# -------------------------------------------------------------------------------------------------------- payouts


def test_an_automatic_payout_lists_what_it_contains_and_empties_what_is_available(stripe: Asker) -> None:
    paid(stripe)
    stripe.pass_time(SETTLED)
    paid(stripe, 5000)
    asked = {"account": DEFAULT_ACCOUNT, "available_only": True, "arrives_in_days": 2}
    payout = stripe.control("payout", asked)["payout"]

    assert (payout["amount"], payout["status"], payout["automatic"]) == (11671, "in_transit", True)
    assert held(stripe)["usd"] == (0, 5000 - 175)
    inside = entries(stripe, f"payout={payout['id']}")
    assert [(row["type"], row["net"]) for row in inside] == [("charge", 11671), ("payout", -11671)]
    stripe.pass_time(timedelta(days=2))
    arrived = stripe.get(f"/v1/payouts/{payout['id']}").json()
    assert (arrived["status"], arrived["trace_id"]["status"]) == ("paid", "supported")
    assert arrived["reconciliation_status"] == "completed"
    assert kinds_since(stripe, 1) == ["payout.paid"]


def test_a_failed_payout_returns_and_goes_out_with_the_next(stripe: Asker) -> None:
    paid(stripe)
    first = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]
    failed = stripe.control("payout_fail", {"payout": first["id"]})
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert held(stripe)["usd"] == (11671, 0)
    second = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]
    assert [row["type"] for row in entries(stripe, f"payout={second['id']}")] == ["payout_failure", "payout"]
    assert [row["type"] for row in entries(stripe, f"payout={first['id']}")] == ["charge", "payout"]
    assert held(stripe)["usd"] == (0, 0)
    assert "cannot fail" in stripe.control("payout_fail", {"payout": first["id"]})["problem"]


def test_more_given_back_than_came_in_is_drawn_from_the_bank(stripe: Asker) -> None:
    intent = paid(stripe)
    stripe.control("payout", {"account": DEFAULT_ACCOUNT})
    stripe.control("refund", {"payment_intent": intent})
    drawn = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]
    assert drawn["amount"] == -12050
    assert held(stripe)["usd"] == (0, 0)
    assert stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"] is None


@pytest.mark.parametrize(("instant", "fee"), [(False, 0), (True, 75)])
def test_a_payout_by_hand_is_not_itemised_and_an_instant_one_costs_a_fee(
    stripe: Asker,
    instant: bool,  # noqa: FBT001 - a parameter of the case
    fee: int,
) -> None:
    paid(stripe)
    stripe.pass_time(SETTLED)
    asked = {"account": DEFAULT_ACCOUNT, "amount": 5000, "instant": instant}
    payout = stripe.control("payout", asked)["payout"]
    assert (payout["automatic"], payout["reconciliation_status"]) == (False, "not_applicable")
    assert payout["method"] == ("instant" if instant else "standard")
    assert held(stripe)["usd"] == (11671 - 5000 - fee, 0)
    refused = stripe.get("/v1/balance_transactions", f"payout={payout['id']}")
    assert refused.status_code == 400
    assert "only be filtered on automatic" in refused.json()["error"]["message"]
    assert stripe.get("/v1/balance_transactions", "payout=po_none").status_code == 404
    assert "insufficient funds" in stripe.control("payout", {**asked, "amount": 50_000})["problem"]

    rest = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]
    assert sum(row["net"] for row in entries(stripe, f"payout={rest['id']}")) == 0
    assert held(stripe)["usd"] == (0, 0)


# --------------------------------------------------------------------------------------------------------- shapes


def test_entries_are_found_by_source_type_and_time(stripe: Asker) -> None:
    intent = paid(stripe)
    stripe.pass_time(timedelta(minutes=1))
    refund = stripe.control("refund", {"payment_intent": intent, "amount": 50})
    assert [row["type"] for row in entries(stripe, f"source={refund['id']}")] == ["refund"]
    assert [row["type"] for row in entries(stripe, "type=charge")] == ["charge"]
    later = entries(stripe)[-1]["created"]
    assert [row["type"] for row in entries(stripe, f"created[gte]={later}")] == ["refund"]
    (opened,) = entries(stripe, f"source={refund['id']}&expand[]=data.source")
    assert opened["source"]["payment_intent"] == intent


def test_the_entry_of_a_failure_may_be_asked_for_before_the_refund_has_failed(stripe: Asker) -> None:
    refund = stripe.control("refund", {"payment_intent": paid(stripe), "amount": 50})
    expand = "expand[]=data.balance_transaction&expand[]=data.failure_balance_transaction"
    (opened,) = stripe.get("/v1/refunds", expand).json()["data"]
    assert opened["balance_transaction"]["amount"] == -50
    assert "failure_balance_transaction" not in opened
    stripe.control("refund_fail", {"refund": refund["id"]})
    (opened,) = stripe.get("/v1/refunds", expand).json()["data"]
    assert opened["failure_balance_transaction"]["amount"] == 50


@pytest.mark.skipif(not SPECS.is_dir(), reason="the published API descriptions are not here: set DUEBIRD_SPECS")
def test_every_movement_is_as_stripe_describes_it(stripe: Asker) -> None:
    stripe.control("settings", {"rates": {"eur": "1.0850"}})
    intent = paid(stripe, 1000, "eur", shown={"amount": 1370, "currency": "cad"})
    refund = stripe.control("refund", {"payment_intent": intent, "amount": 100})
    stripe.control("refund_fail", {"refund": refund["id"]})
    for won in (True, False):
        dispute = stripe.control("dispute", {"payment_intent": paid(stripe)})
        stripe.control("dispute_end", {"dispute": dispute["id"], "won": won})
    stripe.control("bounce", {"payment_intent": debited(stripe)})
    stripe.control("charge_account", {"account": DEFAULT_ACCOUNT, "amount": -700})
    stripe.control("charge_account", {"account": DEFAULT_ACCOUNT, "amount": 9000, "type": "topup"})
    stripe.control("payout", {"account": DEFAULT_ACCOUNT, "amount": 500, "instant": True})
    last = stripe.control("payout", {"account": DEFAULT_ACCOUNT})["payout"]
    stripe.control("payout_fail", {"payout": last["id"]})

    assert_described("balance", stripe.get("/v1/balance").json())
    for path, kind in (
        ("charges", "charge"),
        ("payment_intents", "payment_intent"),
        ("checkout/sessions", "checkout.session"),
        ("refunds", "refund"),
        ("disputes", "dispute"),
        ("payouts", "payout"),
        ("balance_transactions", "balance_transaction"),
        ("events", "event"),
    ):
        rows = stripe.get(f"/v1/{path}", "limit=100").json()["data"]
        assert rows, path
        for row in rows:
            assert_described(kind, row)


# --------------------------------------------------------------------------------------------- whatever happens


@settings(max_examples=80, deadline=None)
@given(HISTORIES)
def test_the_balance_is_the_sum_of_its_entries_whatever_happens(acts: list[tuple[str, Any, Any]]) -> None:
    account = Account()
    for what, first, second in acts:
        account.act(what, first, second)

    everything = account.books.balance_transactions.values()
    for entry in everything:
        assert entry["net"] == entry["amount"] - entry["fee"]
        assert sum(part["amount"] for part in entry["fee_details"]) == entry["fee"]
    shown = balance.shown(account.world, account.books)
    for currency in CURRENCIES:
        told = sum(
            row["amount"] for kind in ("available", "pending") for row in shown[kind] if row["currency"] == currency
        )
        assert told == sum(entry["net"] for entry in everything if entry["currency"] == currency)
    for payout in account.books.payouts.values():
        inside = [one for one in everything if account.books.payout_of.get(one["id"]) == payout["id"]]
        assert sum(entry["net"] for entry in inside) == 0
        assert bool(inside) == payout["automatic"]
    for charge in account.books.charges.values():
        given_back = [one for one in account.books.refunds.values() if one["charge"] == charge["id"]]
        assert charge["amount_refunded"] == sum(one["amount"] for one in given_back if one["status"] == "succeeded")
