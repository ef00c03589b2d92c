"""The account's balance: every entry that moves it, in the currency it settles in, and the sum of them all.

https://docs.stripe.com/payments/balances, https://docs.stripe.com/reports/balance-transaction-types
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal

from adapters.sandbox.stripe import money
from adapters.sandbox.stripe.forms import Obj
from adapters.sandbox.stripe.page import THREE_DECIMAL, ZERO_DECIMAL
from adapters.sandbox.stripe.world import Books, World

DAY = 86_400
CARD_DAYS = 2  # until money can be paid out: a US account's, https://docs.stripe.com/payouts#payout-schedule
DEBIT_DAYS = 4


def places(currency: str) -> int:
    """Digits of a minor unit."""
    return 0 if currency in ZERO_DECIMAL else 3 if currency in THREE_DECIMAL else 2


def settled(world: World, books: Books, amount: int, currency: str) -> tuple[int, str, Decimal | None]:
    """What an amount becomes in the balance: minor units, currency, and the rate between the two minor amounts.

    A currency for which `settings.rates` has a rate is converted to the account's own; every other has a balance of
    its own, as with a bank account in it. https://docs.stripe.com/payouts/multicurrency-settlement
    """
    home = world.accounts[books.account_id].currency
    major = world.settings.rates.get(currency)
    if major is None or currency == home:
        return amount, currency, None
    # "the `amount` in currency A, multiplied by the `exchange_rate`, equals the `amount` in currency B"
    rate = Decimal(major).scaleb(places(home) - places(currency))
    return int((amount * rate).quantize(Decimal(1), ROUND_HALF_UP)), home, rate


def enter(
    world: World,
    books: Books,
    source: Obj | None,
    kind: str,
    *,
    amount: int,
    currency: str | None = None,
    fee: int = 0,
    fee_words: str = "Stripe processing fees",
    category: str | None = None,
    days: int = 0,
) -> Obj:
    """Move the balance. `amount` is in the source's currency (else `currency`), `fee` in the one it settles in.

    `days` pass until it can be paid out; what is taken is taken at once.
    """
    asked = source["currency"] if source is not None else currency or ""
    net, into, rate = settled(world, books, amount, asked)
    ready = world.seconds() + days * DAY
    entry = money.balance_transaction(
        world,
        source,
        kind,
        amount=net,
        currency=into,
        available_on=ready,
        fee=fee,
        fee_tax=int((fee * Decimal(world.settings.fee_tax_rate)).quantize(Decimal(1), ROUND_HALF_UP)),
        fee_words=fee_words,
        category=category,
        rate=rate,
    )
    books.balance_transactions[entry["id"]] = entry
    if days:
        world.later(datetime.fromtimestamp(ready, UTC), lambda: release(world, entry))
    return entry


def release(world: World, entry: Obj) -> None:
    """Let pending money be there now."""
    if entry["status"] == "pending":
        entry.update(status="available", available_on=min(entry["available_on"], world.seconds()))


def charged(world: World, books: Books, amount: int, currency: str, kind: str, words: str) -> Obj:
    """Something of Stripe's own that belongs to no payment: a monthly fee, a top-up, a reserve."""
    entry = enter(world, books, None, kind, amount=amount, currency=currency, category=_CATEGORY.get(kind, kind))
    entry["description"] = words
    return entry


# https://docs.stripe.com/reports/reporting-categories
_CATEGORY = {"stripe_fee": "fee", "stripe_fx_fee": "fee", "tax_fee": "tax", "adjustment": "other_adjustment"}


def shown(world: World, books: Books) -> Obj:
    """`GET /v1/balance`: the sum of every entry, by currency. https://docs.stripe.com/api/balance/balance_object."""
    sums: dict[str, dict[str, int]] = {world.accounts[books.account_id].currency: {"available": 0, "pending": 0}}
    for entry in books.balance_transactions.values():
        held = sums.setdefault(entry["currency"], {"available": 0, "pending": 0})
        held[entry["status"]] += entry["net"]

    def amounts(kind: str) -> list[Obj]:
        return [
            {"amount": held[kind], "currency": currency, "source_types": {"card": held[kind]}}
            for currency, held in sorted(sums.items())
        ]

    return {
        "object": "balance",
        "available": amounts("available"),
        "livemode": books.live,
        "pending": amounts("pending"),
    }
