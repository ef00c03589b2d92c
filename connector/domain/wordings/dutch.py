"""Dutch, of the Netherlands and Belgium."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

DUTCH: Final = LanguageWords(
    code="nl",
    name="Dutch",
    issued=(
        "[Beste {first_name}, ]hierbij uw factuur[ {invoice}] van {business}: {amount}[, vervaldatum {due}]. "
        "Betalen: {link}"
    ),
    upcoming=(
        "[Beste {first_name}, ]{business}: uw factuur[ {invoice}] van {amount}[ vervalt op {due}]. Betalen: {link}"
    ),
    due="[Beste {first_name}, ]{business}: uw factuur[ {invoice}] van {amount} vervalt vandaag. Betalen: {link}",
    past_due=(
        "[Beste {first_name}, ]{business}: uw factuur[ {invoice}] van {amount}[, vervaldatum {due}]. Betalen: {link}"
    ),
    overdue=(
        "[Beste {first_name}, ]{business}: uw factuur[ {invoice}] van {amount}[, vervaldatum {due},] staat "
        "open. Betalen: {link}"
    ),
    overdue_2=(
        "[Beste {first_name}, ]{business}: factuur[ {invoice}] van {amount} staat open. Vragen? Antwoord "
        "ons. Betalen: {link}"
    ),
    overdue_3=(
        "[Beste {first_name}, ]{business} over factuur[ {invoice}] van {amount}. Klopt iets niet? Antwoord "
        "ons. Betalen: {link}"
    ),
    joint=(
        "[Beste {first_name}, ]{business}: {count} facturen[ ({invoice})] staan open, samen {amount}. Betalen: {link}"
    ),
    receipt=(
        "[Beste {first_name}, ]dank u wel! {business} heeft uw betaling van {amount}[ voor factuur "
        "{invoice}] ontvangen.[ Nog te betalen: {rest}.]"
    ),
    paid="Duebird voor {business}: {customer} heeft {amount}[ voor factuur {invoice}] betaald. Het is geboekt.",
    request="Dit is {business}. {ask}",
    ask="Antwoord JA om onze facturen en betalingsherinneringen per sms te ontvangen.",
    part="termijn {which} van {count}[, totaal {total}]",
    opt_out="Afmelden met STOP.",
    somebody="Een klant",
)
