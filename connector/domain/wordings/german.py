"""German, of Germany, Austria and Switzerland."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

GERMAN: Final = LanguageWords(
    code="de",
    name="German",
    issued=(
        "[Guten Tag {first_name}, ]Ihre Rechnung[ {invoice}] von {business}: {amount}[, fällig am {due}]. "
        "Bezahlen: {link}"
    ),
    upcoming=(
        "[Guten Tag {first_name}, ]{business}: Ihre Rechnung[ {invoice}] über {amount}[ ist am {due} "
        "fällig]. Bezahlen: {link}"
    ),
    due=(
        "[Guten Tag {first_name}, ]{business}: Ihre Rechnung[ {invoice}] über {amount} ist heute fällig. "
        "Bezahlen: {link}"
    ),
    past_due=(
        "[Guten Tag {first_name}, ]{business}: Ihre Rechnung[ {invoice}] über {amount} war[ am {due}] "
        "fällig. Bezahlen: {link}"
    ),
    overdue=(
        "[Guten Tag {first_name}, ]{business}: Rechnung[ {invoice}] über {amount} ist[ seit dem {due}] "
        "offen. Bezahlen: {link}"
    ),
    overdue_2=(
        "[Guten Tag {first_name}, ]{business}: Rechnung[ {invoice}] über {amount} ist offen. Fragen? "
        "Antworten Sie. Bezahlen: {link}"
    ),
    overdue_3=(
        "[Guten Tag {first_name}, ]{business} zur Rechnung[ {invoice}] über {amount}. Ein Problem? Antworten "
        "Sie. Bezahlen: {link}"
    ),
    joint=(
        "[Guten Tag {first_name}, ]{business}: {count} offene Rechnungen[ ({invoice})], zusammen "
        "{amount}. Bezahlen: {link}"
    ),
    receipt=(
        "[Guten Tag {first_name}, ]vielen Dank! {business} hat Ihre Zahlung von {amount}[ für Rechnung "
        "{invoice}] erhalten.[ Offen sind noch {rest}.]"
    ),
    paid="Duebird für {business}: {customer} hat {amount}[ für Rechnung {invoice}] bezahlt. Es ist gebucht.",
    request="Hier ist {business}. {ask}",
    ask="Antworten Sie JA, um unsere Rechnungen und Zahlungserinnerungen per SMS zu erhalten.",
    part="Rate {which} von {count}[, gesamt {total}]",
    opt_out="Abmelden mit STOP.",
    somebody="Ein Kunde",
)
