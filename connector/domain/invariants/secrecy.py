"""Invariant 14: no key, token or signing secret stands in anything that a service shows to people."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from connector.domain.invariants.finding import Finding, LookAt, Violation, of_entry, of_link, of_payment, of_text
from connector.domain.invariants.reading import Reading

NUMBER: Final = 14
HARM: Final = "Whoever reads it can act in your name: change that key at the service at once."
# Forms that only secrets have. https://docs.stripe.com/keys, https://docs.stripe.com/webhooks/signature,
# RFC 7519 (the tokens of both ledgers), RFC 6750 (a bearer header), and the private key of a certificate.
SECRET: Final = re.compile(
    r"\b[sr]k_(?:live|test)_[A-Za-z0-9]{10,}"
    r"|\bwhsec_[A-Za-z0-9+/=]{10,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}"
    r"|\bBearer [A-Za-z0-9._~+/-]{16,}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY"
)


def check(reading: Reading) -> Iterator[Finding]:
    """Whatever looks like a secret in texts, links, payments and entries; the secret itself is not repeated."""
    for shown, look_at in _visible(reading):
        if any(SECRET.search(one) for one in shown):
            sentence = f"A key or token can be read in a {look_at.what}."
            yield Violation(NUMBER, sentence, (LookAt(look_at.service, look_at.what, look_at.object_id),), HARM)


def _visible(reading: Reading) -> Iterator[tuple[tuple[str, ...], LookAt]]:
    records = reading.records
    for text in records.messenger.texts:
        yield (text.body,), of_text(text)
    for link in records.processor.links:
        yield (link.reference, link.url, *link.metadata.values()), of_link(link)
    for payment in records.processor.payments:
        yield (payment.reference, *payment.metadata.values()), of_payment(payment)
    for entry in records.ledger.entries:
        yield (entry.reference, entry.note), of_entry(entry)
