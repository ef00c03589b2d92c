"""What the companies of a chain have in their books and at Stripe, by the stand-ins' own doors; and what moves it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from connector.demo.doors import DoorProblem
from tests.e2e.house import SALT, SHOPS, House, Invoice, Ledger, Shop

CLEARING: Final = "Stripe clearing"
FEES: Final[Mapping[Ledger, str]] = {"quickbooks": "Stripe fees", "xero": "Bank Fees"}
BANKS: Final[Mapping[Ledger, str]] = {"quickbooks": "Checking", "xero": "Business Bank Account"}
OWED: Final[Mapping[Ledger, str]] = {"quickbooks": "Accounts Receivable (A/R)", "xero": "Accounts Receivable"}
CURRENCIES: Final[Mapping[Ledger, str]] = {"quickbooks": "usd", "xero": "aud"}
SALES: Final = "Sales"
# Where some are invoiced in another currency, and what one of its units is worth: by the invoice for good, at Stripe
# from payment to refund another time.
ABROAD: Final = SALT
EUROS: Final = "EUR"
BY_INVOICE: Final = Decimal("1.6")
AT_STRIPE: Final = Decimal("1.6125")
BY_MOVE: Final = Decimal("0.0125")
DIFFERENCES: Final = "Exchange differences"
CHARGE: Final = -125  # minor units
_WANTED: Final = """
[company.payments]
fee_account = "{fees}"
payout_account = "{bank}"
surplus = "credit"
{refunds}
"""
_REOPEN: Final = 'refunds = "reopen"'
_ENTER: Final = f'refunds = "book"\nrefund_account = "{SALES}"'
_STRIPE: Final = '\n[company.stripe]\nkey = "env:HOUSE_STRIPE_{ledger}"'


def with_money(config: str, entering: Shop) -> str:
    """The configuration of an owner who has fees and payouts booked, differences of exchange too, and surplus credited.

    `entering`: the shop in whose books refunds are entered; in the other a payment that is given back is taken out.
    """
    for shop in SHOPS:
        before = _STRIPE.format(ledger=shop.ledger)
        refunds = _ENTER if shop is entering else _REOPEN
        if shop is ABROAD:
            refunds += f'\nexchange_account = "{DIFFERENCES}"'
        wanted = _WANTED.format(fees=FEES[shop.ledger], bank=BANKS[shop.ledger], refunds=refunds)
        config = config.replace(before, wanted + before)
    return config


@dataclass(frozen=True)
class Held:
    """What stands at Stripe, and what ought to stand in the books for it."""

    balance: Decimal
    fees: Decimal
    payouts: Decimal


class Books:
    """Those of every shop."""

    def __init__(self, house: House) -> None:
        self._house, self._doors = house, house.doors
        self._stripe = house.sandbox.stripe.world.settings
        self._stripe.fee_delay_seconds = 0.0
        self._stripe.rates.setdefault(EUROS.lower(), str(AT_STRIPE))

    # --------------------------------------------------------------------------------------------- what moves money

    def charge(self, shop: Shop) -> None:
        """Stripe takes a fee of its own."""
        self._doors.post("stripe", "charge_account", amount=CHARGE, **self._account(shop))

    def pay_out(self, shop: Shop) -> None:
        """All that is there; what is missing is drawn from the bank."""
        if self._doors.post("stripe", "payout", **self._account(shop))["payout"] is None:
            self.charge(shop)
            self._doors.post("stripe", "payout", **self._account(shop))

    def _account(self, shop: Shop) -> dict[str, str]:
        return {"account": shop.seed.stripe_account, "currency": CURRENCIES[shop.ledger]}

    def pay_beside_cheque(self, invoice: Invoice, link: str, cheque: str) -> None:
        """Somebody opens the page, the bookkeeper enters a cheque that goes to the bank, and the page is paid.

        Raises:
            DoorProblem: the link takes no payment any more; nothing was done.
        """
        page = self._doors.post("stripe", "open", link=link)["session"]
        if page is None:
            raise DoorProblem(f"The page {link} takes no payment any more. Nothing was paid.")
        given = {"invoice": invoice.id, "amount": cheque, "reference": "Cheque 7", "account": self._bank(invoice.shop)}
        self._doors.post(invoice.shop.ledger, "payments", **given)
        outcome = self._doors.post("stripe", "pay", session=page)["outcome"]
        assert outcome == "paid", f"the page {link} was {outcome}"

    def _bank(self, shop: Shop) -> str:
        name, sandbox = BANKS[shop.ledger], self._house.sandbox
        if shop.ledger == "quickbooks":
            return sandbox.quickbooks.realms[shop.seed.books_id].account(name)
        return sandbox.xero.tenant().books.account(name).account_id

    def rate_moves(self) -> None:
        """From now on the other currency is worth more at Stripe."""
        rates, name = self._stripe.rates, EUROS.lower()
        rates[name] = str(Decimal(rates[name]) + BY_MOVE)

    def refund(self, shop: Shop, link: str, amount: str) -> str:
        """So much of what was paid on that link is given back; returns the refund's id."""
        records = self._at_stripe(shop)
        [link_id] = [one["id"] for one in records["links"] if one["url"] == link]
        [paid] = [one for one in records["sessions"] if one["payment_link"] == link_id and one["payment_intent"]]
        cents = int(Decimal(amount) * 100)
        return str(self._doors.post("stripe", "refund", payment_intent=paid["payment_intent"], amount=cents)["id"])

    def refund_fails(self, refund: str) -> None:
        """The payer's bank could not take it: the money is at Stripe again."""
        self._doors.post("stripe", "refund_fail", refund=refund)

    # ------------------------------------------------------------------------------------------------ what is there

    def _at_stripe(self, shop: Shop) -> dict[str, Any]:
        account = shop.seed.stripe_account
        found: dict[str, Any] = self._doors.get("stripe", "records", account=account)["accounts"][account]["test"]
        return found

    def held(self, shop: Shop) -> Held:
        """By the sum of all that ever moved Stripe's balance."""
        records = self._at_stripe(shop)
        moved = records["balance_transactions"]
        own = sum(one["net"] for one in moved if one["type"] == "stripe_fee")
        cents = (
            sum(one["net"] for one in moved),
            sum(one["fee"] for one in moved) - own,
            sum(one["amount"] for one in records["payouts"]),
        )
        return Held(*(Decimal(one) / 100 for one in cents))

    def stands(self, shop: Shop) -> dict[str, Decimal]:
        """What stands in the accounts, by name; `total` is to be nothing."""
        if shop.ledger == "quickbooks":
            trial = self._doors.get("quickbooks", "trial_balance")
            found = {str(one["name"]): Decimal(one["balance"]) for one in trial["accounts"]}
        else:
            trial = self._doors.get("xero", "trial-balance")
            found = {name: Decimal(amount) for name, amount in trial["accounts"].items()}
        return found | {"total": Decimal(trial["total"])}

    def owed(self, shop: Shop) -> dict[str, Decimal]:
        """What each customer owes by the ageing, by name; below zero is a credit."""
        found: dict[str, Decimal] = defaultdict(Decimal)
        if shop.ledger == "quickbooks":
            named = {one["Id"]: one["DisplayName"] for one in self._doors.get("quickbooks", "records")["customers"]}
            for one in self._doors.get("quickbooks", "ageing")["customers"]:
                found[named[one["customer"]]] += Decimal(one["total"])
        else:
            for one in self._doors.get("xero", "ageing")["rows"]:
                found[one["contact"]] += Decimal(one["open"])
        return {name: amount for name, amount in found.items() if amount}

    def agree(self, shop: Shop) -> bool:
        """Whether the clearing account holds what Stripe holds."""
        return self.stands(shop).get(CLEARING, Decimal(0)) == self.held(shop).balance

    def wrong(
        self, shop: Shop, owed: Mapping[str, Decimal], worth: Decimal, cheques: Decimal, income: Decimal
    ) -> Iterator[str]:
        """What does not hold.

        `owed` is what each customer is to owe, each in the currency of his invoice, and `worth` what all of it is worth
        by the invoices; `cheques` what else came to the bank, `income` sales less refunds.
        """
        stands, held = self.stands(shop), self.held(shop)
        expected = {
            CLEARING: held.balance,
            FEES[shop.ledger]: held.fees,
            BANKS[shop.ledger]: held.payouts + cheques,
            OWED[shop.ledger]: worth,
            SALES: -income,
            "total": Decimal(0),
        }
        for name, amount in expected.items():
            if stands.get(name, Decimal(0)) != amount:
                yield f"{shop.id}: {name} holds {stands.get(name)}, and should hold {amount}"
        aged, should = self.owed(shop), {name: amount for name, amount in owed.items() if amount}
        for name in sorted(aged.keys() | should.keys()):
            if aged.get(name) != should.get(name):
                yield f"{shop.id}: {name} owes {aged.get(name)}, and should owe {should.get(name)}"
