"""Italian, of Italy and Switzerland. Dates stand without their article, which depends on the number: l'8, il 9."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

ITALIAN: Final = LanguageWords(
    code="it",
    name="Italian",
    issued=(
        "[Buongiorno {first_name}, ]ecco la fattura[ {invoice}] di {business}: {amount}[, scadenza {due}]. "
        "Pagare: {link}"
    ),
    upcoming=(
        "[Buongiorno {first_name}, ]{business} Le ricorda la fattura[ {invoice}] di {amount}[, scadenza "
        "{due}]. Pagare: {link}"
    ),
    due=(
        "[Buongiorno {first_name}, ]{business} Le ricorda la fattura[ {invoice}] di {amount}, in scadenza "
        "oggi. Pagare: {link}"
    ),
    past_due=(
        "[Buongiorno {first_name}, ]{business} Le ricorda la fattura[ {invoice}] di {amount}[, scaduta: "
        "{due}]. Pagare: {link}"
    ),
    overdue=(
        "[Buongiorno {first_name}, ]{business}: la fattura[ {invoice}] di {amount}[, scadenza {due},] è "
        "aperta. Pagare: {link}"
    ),
    overdue_2=(
        "[Buongiorno {first_name}, ]{business}: la fattura[ {invoice}] di {amount} è aperta. Domande? "
        "Risponda. Pagare: {link}"
    ),
    overdue_3=(
        "[Buongiorno {first_name}, ]{business} per la fattura[ {invoice}] di {amount}. Un problema? "
        "Risponda. Pagare: {link}"
    ),
    joint=(
        "[Buongiorno {first_name}, ]{business}: {count} fatture[ ({invoice})] aperte, {amount} in "
        "totale. Pagare: {link}"
    ),
    receipt=(
        "[Buongiorno {first_name}, ]grazie! {business} ha ricevuto il Suo pagamento di {amount}[ per la "
        "fattura {invoice}].[ Restano {rest}.]"
    ),
    paid="Duebird per {business}: {customer} ha pagato {amount}[ per la fattura {invoice}]. Pagamento registrato.",
    request="Qui {business}. {ask}",
    ask="Risponda SI per ricevere le nostre fatture e i promemoria di pagamento via SMS.",
    part="rata {which} di {count}[, totale {total}]",
    opt_out="Disiscriversi: STOP.",
    somebody="Un cliente",
)
