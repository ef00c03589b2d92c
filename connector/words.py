"""The words a company uses: its own where it has some, else the built-in ones of the customer's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Final

from connector.domain.asking import request_words
from connector.domain.dunning import Step
from connector.domain.instalments import Instalment
from connector.domain.link_page import Reader
from connector.domain.message import (
    COUNT,
    CUSTOMER,
    PART,
    PLACEHOLDERS,
    REST,
    TOTAL,
    MessageProblem,
    Template,
    TextValues,
    clean_name,
    compose,
)
from connector.domain.plan import JointFacts, NoticeFacts, ReceiptFacts, RequestFacts
from connector.domain.receivable import Customer
from connector.domain.segments import to_gsm7
from connector.domain.spelling import spelled_amount
from connector.domain.wordings import BUILT_IN, Occasion, language_code, occasion_of

DEFAULT_LANGUAGE: Final = "en"
# What a wording of these may name; any other is of a notice about one invoice.
KNOWN_IN: Final = {Occasion.JOINT: (*PLACEHOLDERS, COUNT), Occasion.RECEIPT: (*PLACEHOLDERS, REST)}


@lru_cache(256)  # the wordings of some ten companies
def _held_to_its_rules(text: str, known: tuple[str, ...]) -> Template:
    return Template(text, known)


@dataclass(frozen=True, slots=True)
class Wording:
    """How one company speaks.

    `language` is the company's, for customers of whom no other is known, and for the owner; `country` that of the
    company, for customers without one. `own`: its own wordings by language and occasion, `markers`: what in the ledger
    says that a customer is to be written to in which language. `hosts`: where a payment link may lead.
    """

    language: str = DEFAULT_LANGUAGE
    country: str | None = None
    own: Mapping[tuple[str, Occasion], str] = field(default_factory=dict)
    markers: Mapping[str, str] = field(default_factory=dict)
    hosts: frozenset[str] | None = None

    def notice(self, facts: NoticeFacts) -> str:
        """The body of a notice, link last."""
        if facts.step is Step.HANDOVER:
            raise MessageProblem("The last step hands the invoice over to you: it has no text.")
        language = self.language_of(facts.language, facts.markers)
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            invoice=facts.invoice,
            first_name=facts.given_name,
            due=facts.due_on,
            link=facts.link,
            language=language,
            country=facts.country or self.country,
        )
        if facts.instalment is not None:
            values = _of_instalment(values, facts.instalment)
        template = self._template(language, occasion_of(facts.step, facts.due_on, facts.today))
        opt_out = BUILT_IN[language].opt_out if facts.says_stop else None
        return compose(template, values, opt_out=opt_out, hosts=self.hosts).body

    def joint(self, facts: JointFacts) -> str:
        """The body of a notice about several invoices, link last."""
        language = self.language_of(facts.language, facts.markers)
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            # Where one has no number, none is named: some of them would look like all of them.
            invoice=", ".join(facts.invoices) if all(facts.invoices) else None,
            count=len(facts.invoices),
            first_name=facts.given_name,
            link=facts.link,
            language=language,
            country=facts.country or self.country,
        )
        opt_out = BUILT_IN[language].opt_out if facts.says_stop else None
        return compose(self._template(language, Occasion.JOINT), values, opt_out=opt_out, hosts=self.hosts).body

    def receipt(self, facts: ReceiptFacts) -> str:
        """What a customer gets once the payment is booked."""
        language = self.language_of(facts.language, facts.markers)
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            invoice=facts.invoice,
            first_name=facts.given_name,
            rest=facts.rest,
            language=language,
            country=facts.country or self.country,
        )
        template = self._template(language, Occasion.RECEIPT)
        if template.has_link:
            raise MessageProblem("A receipt carries no link: take {link} out of its wording.")
        return compose(template, values, opt_out=BUILT_IN[language].opt_out if facts.says_stop else None).body

    def paid(self, facts: ReceiptFacts) -> str:
        """What the owner gets once the payment is booked, in the company's language."""
        words = BUILT_IN[self.language]
        values = TextValues(
            business=facts.business,
            amount=facts.amount,
            on=facts.today,
            invoice=facts.invoice,
            customer=clean_name(facts.customer) or words.somebody,
            language=self.language,
            country=self.country,
        )
        template = Template(words.of(Occasion.PAID), (*PLACEHOLDERS, CUSTOMER))
        opt_out = words.opt_out if facts.says_stop else None
        try:
            return compose(template, values, opt_out=opt_out).body
        except MessageProblem:  # a long name in another script: the amount and the invoice say enough
            return compose(template, replace(values, customer=words.somebody), opt_out=opt_out).body

    def request(self, facts: RequestFacts) -> str:
        """The one request for consent, in the customer's language."""
        language = self.language_of(facts.language, facts.markers)
        return request_words(facts.business, language, self.own.get((language, Occasion.REQUEST)))

    def reader(self, customer: Customer | None) -> Reader:
        """Who reads what is written to that customer; of one who is not known, the company's own language."""
        if customer is None:
            return Reader(self.language, self.country)
        return Reader(self.language_of(customer.language, customer.markers), customer.country or self.country)

    def language_of(self, written: str | None, markers: frozenset[str]) -> str:
        """The language to write in: the ledger's word, else a marker there, else the company's own.

        A language there are no words in does not count. Two markers that disagree say nothing.
        """
        known = language_code(written)
        if known is not None:
            return known
        # One ledger lower-cases its markers, the other keeps them as typed; people mean the same.
        carried = {marker.casefold() for marker in markers}
        marked = {language for marker, language in self.markers.items() if marker.casefold() in carried}
        return marked.pop() if len(marked) == 1 else self.language

    def _template(self, language: str, occasion: Occasion) -> Template:
        own = self.own.get((language, occasion))
        # A curly apostrophe or a lower-case c with a cedilla would make a text of two messages one of three, refused.
        known = KNOWN_IN.get(occasion, (*PLACEHOLDERS, PART, TOTAL))
        return _held_to_its_rules(to_gsm7(own) if own is not None else BUILT_IN[language].of(occasion), known)


def _of_instalment(values: TextValues, instalment: Instalment) -> TextValues:
    """The same, with which instalment the amount is, in the reader's language."""
    total = spelled_amount(instalment.total, values.language, values.country)
    said = BUILT_IN[values.language].part.format(which=instalment.which, count=instalment.count, total=total)
    alone, _, more = said.partition("[")
    return replace(values, part=f"{alone}{more.rstrip(']')}", part_alone=alone, total=instalment.total)
