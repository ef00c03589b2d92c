"""What no single setting can know: companies that collide, and addresses and keys that must not meet.

Every check reads the document as written, not the finished settings, so that it speaks even when something else in
the file is wrong. A check yields problems (nothing starts) and warnings (it works, but will surprise somebody).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from adapters.secrets import ResolvedSecrets
from connector.config.budgets import budgets
from connector.config.company import LANGUAGES, StepWordSettings
from connector.config.describe import SERVICES, settings_of
from connector.config.document import Company, Document, printable
from connector.config.findings import Findings
from connector.config.lawful import consent_rules, hours
from connector.config.stand_ins import LOOPBACK_HOSTS, is_loopback_http, stand_in_addresses
from connector.config.values import outside_gsm7, split_address
from connector.domain.lease import CALL, TEXTS_WAIT, texts_wait
from connector.domain.segments import to_gsm7
from connector.domain.senders import NameRule, name_country
from connector.domain.wordings import NOTICE_OCCASIONS
from connector.pointers import SCHEMES, SecretPointer

# ---------------------------------------------------------------------------------------- two of the same thing


def same_twice(document: Document, found: Findings) -> None:
    """Two companies with one id, one set of books, or one sender."""
    for first, second in _pairs((company, _lower(company.raw.get("id"))) for company in document.companies):
        found.problem(
            second.path("id"),
            f"is also the id of company[{first.index + 1}]: what was sent for one would count for the other",
            "Give each company an id of its own.",
        )
    active = [company for company in document.companies if company.enabled]
    for key in ("realm_id", "tenant_id"):
        for first, second in _pairs((company, _lower(company.text("ledger", key))) for company in active):
            found.problem(
                second.path("ledger", key),
                f"is the same set of books as {_name(first)}: every invoice would be texted twice",
                "Correct it, or remove one of the two companies (or write enabled = false in it).",
            )
    for key in ("from_number", "messaging_service_sid"):
        for first, second in _pairs((company, _lower(company.text("twilio", key))) for company in active):
            _shared_sender(found, first, second, key)
    for first, second in _pairs((company, _lower(company.text("twilio", "sender_name"))) for company in active):
        if _lower(first.text("twilio", "account_sid")) == _lower(second.text("twilio", "account_sid")):
            _shared_sender(found, first, second, "sender_name")
        else:
            found.warn(
                second.path("twilio", "sender_name"),
                f"is also the name that texts of {_name(first)} come from: on phones both stand in one conversation",
                "Give each company a name that customers can tell apart, or a number.",
            )


def _pairs(valued: Iterable[tuple[Company, str | None]]) -> Iterator[tuple[Company, Company]]:
    """The first company with a value, and each later one with the same."""
    seen: dict[str, Company] = {}
    for company, value in valued:
        if value is not None and seen.setdefault(value, company) is not company:
            yield seen[value], company


def _lower(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and value else None


def _name(company: Company) -> str:
    return company.document.named(company.path())


def _shared_sender(found: Findings, first: Company, second: Company, key: str) -> None:
    if first.raw.get("shares_sender") is True and second.raw.get("shares_sender") is True:
        return
    found.problem(
        second.path("twilio", key),
        f"also sends for {_name(first)}: texting about another business's invoices is third-party collection, which "
        "US and Canadian law forbid, and a STOP to one would not stop the other",
        "Give each company a sender of its own. If both are names of one legal business, write shares_sender = true "
        "in both.",
    )


_SAYS_STOP: Final = re.compile(r"\bSTOP\b")


def names_as_senders(document: Document, found: Findings) -> None:
    """A name may not text every country, and nobody can reply to one."""
    for company in document.companies:
        if not company.enabled or company.text("twilio", "sender_name") is None:
            continue
        country = company.raw.get("country")
        rule = name_country(country if isinstance(country, str) else None)
        if rule.rule is NameRule.REFUSED:
            found.problem(
                company.path("twilio", "sender_name"),
                f"cannot text the company's own country {country}: no customer there would get a text",
                f"{rule.todo} Give from_number or messaging_service_sid instead.",
            )
        for key, words in company.section("words").items():
            if isinstance(words, str) and _SAYS_STOP.search(words):
                found.problem(
                    company.path("words", key),
                    "promises that STOP is heard, and nobody can reply to a name",
                    "Say how else to say no (a phone number, an address), and enter it with `duebird consent revoke`.",
                )


# ------------------------------------------------------------------------------------ stand-ins and real services


def addresses(document: Document, found: Findings) -> None:
    """Stand-ins are on this machine, and a company has either stand-ins or the real services."""
    for company in document.companies:
        given = stand_in_addresses(company)
        for service, by_key in given.items():
            for key, value in by_key.items():
                if not is_loopback_http(value):
                    found.problem(
                        company.path(service, key),
                        "is not a plain http address of this machine; other addresses could be anybody's",
                        "Write http://127.0.0.1:PORT (or localhost), or remove the line to use the real service.",
                    )
        if any(given.values()) and company.enabled:
            _half_real(company, given, found)


def _half_real(company: Company, given: dict[str, dict[str, str]], found: Findings) -> None:
    for name, model, _ in company.sections():
        if name not in given or not given[name]:
            continue
        every = [key for key in settings_of(model) if key.endswith("_url")]
        left = [key for key in every if key not in given[name]]
        if left and "base_url" in given[name] and name == "twilio":
            continue  # the messenger sends the calls of all its addresses to base_url
        if left:
            them = "it" if len(left) == 1 else "them"
            found.warn(
                company.path(name),
                f"uses a stand-in, but without {', '.join(left)}: those calls still go to the real service",
                f"Set {them} too, if the stand-in offers {them}.",
            )
    real = [service for service in SERVICES if not given[service] and company.section(service)]
    if real:
        found.warn(
            company.path(),
            f"uses stand-ins for some services, and the real {' and '.join(real)}",
            f"Set base_url for {' and '.join(real)} too, unless you mean it.",
        )


_TEST_KEY: Final = ("sk_test_", "rk_test_")
_LIVE_KEY: Final = ("sk_live_", "rk_live_")


def stripe_keys(document: Document, secrets: ResolvedSecrets, found: Findings) -> None:
    """Live keys with live services, test keys with stand-ins, and nothing between."""
    owners: dict[str, Company] = {}
    for company in document.companies:
        text = company.text("stripe", "key")
        pointer = SecretPointer(text) if text else None
        if not company.enabled or pointer is None or pointer not in secrets:
            continue
        key = secrets.value(pointer)
        _stripe_key(company, key, found)
        if key in owners:
            found.warn(
                company.path("stripe", "key"),
                f"is the same Stripe key as {_name(owners[key])}'s: both companies' money mixes in one Stripe balance",
                "Give each company a Stripe account of its own, or neither's clearing account will ever match.",
            )
        owners.setdefault(key, company)


def _stripe_key(company: Company, key: str, found: Findings) -> None:
    path = company.path("stripe", "key")
    stand_ins = [name for name, by_key in stand_in_addresses(company).items() if by_key]
    if key.startswith(_LIVE_KEY):
        if stand_ins:
            found.problem(
                path,
                f"is a live key beside stand-ins ({', '.join(stand_ins)}): real money would meet made-up invoices",
                "Use a test key (rk_test_… or sk_test_…), or remove the *_url lines of this company.",
            )
        if company.section("ledger").get("environment") == "sandbox":
            found.problem(
                path,
                "is a live key, and the ledger is an Intuit test company: real money would pay made-up invoices",
                "Use a test key (rk_test_… or sk_test_…), or write environment = 'production' under ledger.",
            )
        if key.startswith("sk_"):
            found.warn(
                path,
                "is a full secret key: whoever gets it can pay money out of your Stripe account",
                "Make a restricted key (rk_live_…) in Stripe's dashboard under Developers, API keys.",
            )
    elif key.startswith(_TEST_KEY):
        if not stand_in_addresses(company)["stripe"]:
            found.warn(
                path,
                "is a key of Stripe's test mode: links look real, and no money moves",
                "Use the restricted live key (rk_live_…) before you text customers.",
            )
    else:
        found.problem(
            path,
            "leads to something that is not a Stripe secret key",
            "Secret keys begin with rk_live_, sk_live_, rk_test_ or sk_test_; pk_… is the publishable one.",
        )


# ------------------------------------------------------------------------------------------------------- secrets

_ALMOST_POINTER: Final = re.compile(r"\s*([A-Za-z]{2,12}):|\s*\$\{?[A-Za-z_]", re.ASCII)
_PUBLIC: Final = frozenset({"client_id"})  # an app's id is no secret: it stands in the address of the sign-in page


def pointers(document: Document, found: Findings) -> None:
    """Secrets written where a pointer should be, and pointers with a slip."""
    for company in document.companies:
        for path, pointer in company.pointers():
            if pointer.scheme != "literal":
                continue
            slip = _ALMOST_POINTER.match(pointer.target)
            if slip:
                found.problem(
                    path,
                    "looks like a pointer to a secret, but is none that Duebird knows",
                    f"Write {', '.join(f'{scheme}:…' for scheme in SCHEMES)}, in small letters without spaces.",
                )
            elif path[-1] not in _PUBLIC:
                found.warn(
                    path,
                    "is a secret written in the file itself, where backups and screens show it",
                    "Put it elsewhere and point to it: 'env:NAME', 'file:PATH', "
                    "'keyring:SERVICE/NAME' or 'credential:NAME'.",
                )


# -------------------------------------------------------------------------------------------------------- the rest


def oddities(document: Document, found: Findings) -> None:
    """What is allowed and seldom meant."""
    if document.companies and not any(company.enabled for company in document.companies):
        found.warn(("company",), "are all switched off: Duebird would do nothing", "Write enabled = true in one.")
    listen = document.value(("daemon", "dashboard_listen"))
    address = split_address(listen) if isinstance(listen, str) else None
    if address is not None and not LOOPBACK_HOSTS.fullmatch(address[0]):
        found.warn(
            ("daemon", "dashboard_listen"),
            "lets other machines open the dashboard, which shows customers and what they owe",
            "Write 127.0.0.1 and reach it through an SSH tunnel or a proxy that asks for a password.",
        )
    for company in document.companies:
        _odd_name(company, found)
        _odd_words(company, found)
        if company.enabled:
            _odd_sign_in(company, found)
            _placeholders(company, found)


def _odd_name(company: Company, found: Findings) -> None:
    name = company.raw.get("name")
    if not isinstance(name, str) or company.raw.get("text_name") is not None:
        return
    strange = outside_gsm7(name)
    if strange:
        found.warn(
            company.path("name"),
            f"has characters that phones' plain alphabet lacks ({printable(strange)}); texts will use look-alikes",
            "Set text_name to choose the spelling for texts yourself.",
        )


def _odd_words(company: Company, found: Findings) -> None:
    """Own wordings whose letters are not all in the alphabet of a cheap text."""
    words = company.section("words")
    tables = [((), words), *(((code,), words[code]) for code in LANGUAGES if isinstance(words.get(code), Mapping))]
    for within, table in tables:
        _same_words(company, within, table, found)
        for key in StepWordSettings.model_fields:
            text = table.get(key)
            strange = outside_gsm7(text) if isinstance(text, str) else ""
            if not strange:
                continue
            kept = outside_gsm7(to_gsm7(text))
            found.warn(
                company.path("words", *within, key),
                f"has letters that phones' plain alphabet lacks ({printable(strange)}); "
                + (f"with {printable(kept)} each text is two messages" if kept else "texts will use look-alikes"),
                "Choose words without them, if you mind.",
            )


def _same_words(company: Company, within: tuple[str, ...], table: Mapping[str, object], found: Findings) -> None:
    """Two reminders that are word for word the same: neither a customer nor an audit can tell them apart."""
    notices = [one.value for one in NOTICE_OCCASIONS if isinstance(table.get(one.value), str)]
    for first, second in itertools.combinations(notices, 2):
        if table[first] == table[second]:
            found.warn(
                company.path("words", *within, second),
                f"is word for word the same as {first}: it reads as sent twice by mistake, also to `duebird audit`",
                "Put it in other words.",
            )


def _odd_sign_in(company: Company, found: Findings) -> None:
    ledger = company.section("ledger")
    if company.kind != "quickbooks" or ledger.get("environment", "production") != "production":
        return
    address = ledger.get("redirect_uri", "http://localhost:8484/callback")
    if isinstance(address, str) and address.startswith("http://") and not stand_in_addresses(company)["ledger"]:
        found.warn(
            company.path("ledger", "redirect_uri"),
            "is an http address, which Intuit refuses for production keys",
            "Register an https address of yours with the Intuit app and write it here; no page need exist there.",
        )


# What our own example and `duebird init` write: zeros, North America's made-up numbers, and reserved names.
_PLACEHOLDERS: Final = {
    ("twilio", "account_sid"): re.compile(r"AC0{32}"),
    ("twilio", "api_key_sid"): re.compile(r"SK0{32}"),
    ("twilio", "messaging_service_sid"): re.compile(r"MG0{32}"),
    ("twilio", "from_number"): re.compile(r"\+1555010\d{4}"),
    ("ledger", "redirect_uri"): re.compile(r"https://([\w-]+\.)*example(\.com)?(/.*)?"),
}


def _placeholders(company: Company, found: Findings) -> None:
    """Values of the example that nobody has replaced yet; stand-ins may keep them."""
    for (section, key), pattern in _PLACEHOLDERS.items():
        value = company.text(section, key)
        if value and pattern.fullmatch(value) and not stand_in_addresses(company)[section]:
            found.warn(
                company.path(section, key),
                "is still the example's placeholder",
                "Replace it with your own.",
            )


def takeover(document: Document, found: Findings) -> None:
    """A copy elsewhere may still wait for its last answer when we begin to text."""
    wait = _seconds(document.value(("daemon", "takeover_wait")), TEXTS_WAIT)
    for company in document.companies:
        if not company.enabled or stand_in_addresses(company)["twilio"]:
            continue
        needed = texts_wait(_seconds(company.section("twilio").get("read_timeout"), CALL))
        if wait < needed:
            found.warn(
                ("daemon", "takeover_wait"),
                "is shorter than a copy on another computer may take to notice that it must stop",
                f"Write takeover_wait = {needed:g}, which suits read_timeout under twilio, or lower that.",
            )


def _seconds(given: object, usual: float) -> float:
    return float(given) if isinstance(given, (int, float)) else usual  # what is neither is told elsewhere


def check_all(document: Document, secrets: ResolvedSecrets) -> Findings:
    """Run every check."""
    found = Findings(document)
    same_twice(document, found)
    names_as_senders(document, found)
    addresses(document, found)
    pointers(document, found)
    stripe_keys(document, secrets, found)
    oddities(document, found)
    takeover(document, found)
    hours(document, found)
    consent_rules(document, found)
    budgets(document, found)
    return found
