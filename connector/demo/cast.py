"""Who is in the play: two businesses, their customers and invoices, and what each customer will do.

Phone numbers are those that nobody has: 555-01xx in North America, and the numbers the Australian regulator keeps for
books and films (https://www.acma.gov.au/phone-numbers-use-tv-shows-films-and-creative-works).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Final

from adapters.sandbox.world import QUICKBOOKS_BUSINESS, XERO_BUSINESS, BusinessSeed
from connector.domain.money import Money

START_DAYS_AGO: Final = 20  # invoices from before that are of an earlier life and get no text
MINIMUM: Final = Decimal(5)  # in the currency of each invoice; the owners want no text about less
FIRST_CONTACT: Final = 21  # days ago on which everybody who agreed to texts did so


class Act(StrEnum):
    """What becomes of an invoice in the play."""

    CARD = "card"  # the customer opens the link and pays by card
    BANK = "bank"  # ... from a bank account: the money comes later
    STOP = "stop"  # the customer answers STOP
    CHEQUE = "cheque"  # the bookkeeper enters a cheque before the text goes out
    DISPUTE = "dispute"  # the owner enters that the customer disputes it, before the text is approved
    PROMISE = "promise"  # ... that the customer has promised to pay
    HOLD = "hold"  # the owner will call this customer, and holds the invoice
    REFUSE = "refuse"  # the owner says no to the text
    NOTHING = "nothing"  # no text goes out, so nobody does anything


@dataclass(frozen=True, slots=True)
class Business:
    """A company of the play. `zone` decides what "today" is."""

    id: str
    ledger: str  # which service keeps its books
    seed: BusinessSeed
    country: str
    zone: str
    currency: str
    owner: str = ""  # the owner's phone, told about each booked payment
    draft: bool = False  # it is new: nothing goes out before the owner has approved it
    fees: str = "Stripe fees"  # the expense account
    bank: str = "Checking"
    income: str = "Sales"  # which a refund takes down
    strict: bool = False  # the owner wants no text before the ledger's own e-mail, and one a day to a number

    @property
    def name(self) -> str:
        """As customers know it."""
        return self.seed.name

    @property
    def short(self) -> str:
        """As its texts call it: the shorter, the more fits into one message."""
        return self.name.partition(" ")[0]


@dataclass(frozen=True, slots=True)
class Customer:
    """Somebody an invoice is addressed to."""

    name: str
    mobile: str = ""  # as a bookkeeper types it
    e164: str = ""
    given: str = ""
    agreed: bool = True
    currency: str = ""  # where it is not the business's own
    away: bool = False  # lives where it is night just now
    left_out: bool = False  # the owner writes to them by hand

    @property
    def short(self) -> str:
        """How the story calls them."""
        return self.given or self.name


@dataclass(frozen=True, slots=True)
class Part:
    """An invoice and its role. Days count from today: negative ones lie in the past."""

    number: str
    customer: Customer
    amount: Money
    issued: int
    due: int
    act: Act
    before: str = ""  # "paid", "voided" or "part paid": its state when Duebird first looks
    paid_before: Decimal = Decimal(0)
    later: bool = False  # issued while the play runs
    sent: bool = True  # the ledger has mailed it

    @property
    def owed(self) -> Money:
        """What is open when Duebird first looks."""
        return Money(self.amount.amount - self.paid_before, self.amount.currency)

    @property
    def is_texted(self) -> bool:
        """Whether a text about it must go out, once."""
        return self.act in {Act.CARD, Act.BANK, Act.STOP}

    @property
    def is_prepared(self) -> bool:
        """Whether, in a company in draft, a text about it waits for the owner."""
        return self.is_texted or self.act in {Act.DISPUTE, Act.PROMISE, Act.HOLD, Act.REFUSE}

    @property
    def is_paid_online(self) -> bool:
        """Whether a payment must arrive through Stripe, and be booked, once."""
        return self.act in {Act.CARD, Act.BANK}

    def issued_on(self, today: date) -> date:
        """Its civil date."""
        return today + timedelta(days=self.issued)

    def due_on(self, today: date) -> date:
        """The civil date it falls due."""
        return today + timedelta(days=self.due)


NORTHSIDE: Final = Business(
    "northside",
    "quickbooks",
    QUICKBOOKS_BUSINESS,
    "US",
    "America/Los_Angeles",
    "USD",
    owner="+15035550199",
    strict=True,
)
SALTBUSH: Final = Business(
    "saltbush",
    "xero",
    XERO_BUSINESS,
    "AU",
    "Australia/Melbourne",
    "AUD",
    draft=True,
    fees="Bank Fees",
    bank="Business Bank Account",
)
BUSINESSES: Final = (NORTHSIDE, SALTBUSH)

_MAYA = Customer("Maya Lindqvist", "(503) 555-0141", "+15035550141", "Maya")
_OTIS = Customer("Otis Freeman", "503-555-0142", "+15035550142", "Otis")
_CORNER = Customer("Corner Books", "503 555 0143", "+15035550143")
_PRIYA = Customer("Priya Raman", "(503) 555-0144", "+15035550144", "Priya")
_ATELIER = Customer("Atelier Brandt", "+1 503 555 0145", "+15035550145", currency="EUR")
_HUGO = Customer("Hugo Marsh", "503.555.0146", "+15035550146", "Hugo")
_LENA = Customer("Lena Ortiz", given="Lena")
_SAM = Customer("Sam Whitfield", "(503) 555-0148", "+15035550148", "Sam", agreed=False)
_DALE = Customer("Dale Pruitt", "(503) 555-0149", "+15035550149", "Dale")
_KENJI = Customer("Kenji Mori", "+1 503 555 0151", "+15035550151", "Kenji", away=True)
_RUTH = Customer("Ruth Ames", "(503) 555-0150", "+15035550150", "Ruth")
_PAUL = Customer("Paul Greer", "(503) 555-0152", "+15035550152", "Paul", left_out=True)
_NORA = Customer("Nora Hill", "(503) 555-0153", "+15035550153", "Nora")
_IRIS = Customer("Iris Blum", "(503) 555-01", given="Iris", agreed=False)
_NELL = Customer("Nell Tremblay", "+1 416 555 0155", "+14165550155", "Nell")
_OWEN = Customer("Owen Tate", "(503) 555-0154", "+15035550154", "Owen")

_ZOE = Customer("Zoe Bennett", "0491 570 156", "+61491570156", "Zoe")
_TANAKA = Customer("Tanaka Ceramics", "0491 570 157", "+61491570157", currency="JPY")
_THEO = Customer("Theo Walsh", "0491 570 158", "+61491570158", "Theo")
_GRACE = Customer("Grace Nolan", "0491 570 159", "+61491570159", "Grace")
_ARI = Customer("Ari Stone", "0491 570 313", "+61491570313", "Ari")
_JOY = Customer("Joy Peters", "0491 570 737", "+61491570737", "Joy")
_KIM = Customer("Kim Farrow", "0491 570 110", "+61491570110", "Kim")
_ELLA = Customer("Ella Quinn", "0491 571 266", "+61491571266", "Ella")
_MAX = Customer("Max Doyle", "0491 571 491", "+61491571491", "Max")

CLOSED_BEFORE: Final = (NORTHSIDE, "CA")  # whose carriers refused a text of its sender, as an unregistered one
OPTED_OUT_BEFORE: Final = (SALTBUSH, _GRACE)  # agreed once, and wrote STOP before the play begins


def _part(number: str, customer: Customer, amount: str, issued: int, due: int, act: Act, **more: object) -> Part:
    business = NORTHSIDE if number.startswith("N-") else SALTBUSH
    money = Money.of(amount, customer.currency or business.currency)
    return Part(number, customer, money, issued, due, act, **more)  # type: ignore[arg-type]  # named in the table below


PARTS: Final[dict[str, tuple[Part, ...]]] = {
    "northside": (
        _part("N-1041", _MAYA, "480.00", 0, 14, Act.CARD),  # new
        _part("N-1027", _OTIS, "1250.00", -14, 0, Act.CARD),  # due today
        _part("N-1025", _CORNER, "310.00", -15, -1, Act.CARD),  # overdue
        _part("N-1038", _PRIYA, "900.00", -3, 11, Act.BANK, before="part paid", paid_before=Decimal("400.00")),
        _part("N-1040", _ATELIER, "640.00", -1, 13, Act.CARD),  # in euros
        _part("N-1042", _HUGO, "220.00", 0, 14, Act.CHEQUE),
        _part("N-1043", _LENA, "95.00", 0, 14, Act.NOTHING),  # no mobile number
        _part("N-1044", _SAM, "150.00", 0, 14, Act.NOTHING),  # never agreed
        _part("N-1045", _KENJI, "260.00", 0, 14, Act.NOTHING),  # it is night where he lives
        _part("N-1046", _PAUL, "340.00", 0, 14, Act.NOTHING),  # left out by the owner
        _part("N-1047", _NORA, "3.50", 0, 14, Act.NOTHING),  # not worth a text
        _part("N-1048", _IRIS, "85.00", 0, 14, Act.NOTHING),  # a digit of her number is missing
        _part("N-1049", _OWEN, "190.00", 0, 14, Act.NOTHING, sent=False),  # not mailed yet
        _part("N-1051", _NELL, "70.00", 0, 14, Act.NOTHING),  # in Canada, where carriers refuse the sender
        _part("N-1050", _MAYA, "60.00", 0, 14, Act.NOTHING, later=True),  # after her text of today
        _part("N-1033", _DALE, "75.00", -9, 5, Act.NOTHING, before="paid", paid_before=Decimal("75.00")),
        _part("N-1034", _RUTH, "130.00", -9, 5, Act.NOTHING, before="voided"),
    ),
    "saltbush": (
        _part("INV-2101", _ZOE, "86.40", 0, 14, Act.CARD),
        _part("INV-2102", _TANAKA, "48000", -2, 12, Act.CARD),  # in yen
        _part("INV-2103", _THEO, "132.00", 0, 14, Act.STOP),
        _part("INV-2104", _GRACE, "58.00", 0, 14, Act.NOTHING),  # opted out before
        _part("INV-2106", _ARI, "77.00", 0, 14, Act.DISPUTE),
        _part("INV-2107", _JOY, "120.00", 0, 14, Act.PROMISE),
        _part("INV-2108", _ELLA, "99.00", 0, 14, Act.HOLD),
        _part("INV-2109", _MAX, "64.00", 0, 14, Act.REFUSE),
        _part("INV-2068", _KIM, "410.00", -60, -46, Act.NOTHING),  # from before the start date
        _part("INV-2105", _THEO, "45.00", 0, 14, Act.NOTHING, later=True),  # after his STOP
    ),
}


def part_of(number: str) -> Part | None:
    """The invoice of that number, if it is in the play."""
    return next((one for parts in PARTS.values() for one in parts if one.number == number), None)


def customers_of(business: Business) -> list[Customer]:
    """Everybody who gets invoices from that business, once."""
    return list(dict.fromkeys(one.customer for one in PARTS[business.id]))


def who_has(number: str) -> str:
    """Whose phone that is, in E.164 form; the number itself where it is nobody's of the play."""
    for business in BUSINESSES:
        if number == business.owner:
            return f"the owner of {business.name}"
        for one in customers_of(business):
            if one.e164 == number:
                return one.name
    return number
