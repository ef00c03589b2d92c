"""French, of France, Belgium, Switzerland and Quebec. GSM-7 has é è à ù, but no ç and no circumflex."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

FRENCH: Final = LanguageWords(
    code="fr",
    name="French",
    issued=(
        "[Bonjour {first_name}, ]voici votre facture[ {invoice}] de {business} : {amount}[, échéance {due}]. "
        "Payer : {link}"
    ),
    upcoming=(
        "[Bonjour {first_name}, ]rappel de {business} : facture[ {invoice}] de {amount}[ à régler le {due}]. "
        "Payer : {link}"
    ),
    due=(
        "[Bonjour {first_name}, ]rappel de {business} : facture[ {invoice}] de {amount} à régler "
        "aujourd'hui. Payer : {link}"
    ),
    past_due=(
        "[Bonjour {first_name}, ]rappel de {business} : facture[ {invoice}] de {amount}[, échéance {due}]. "
        "Payer : {link}"
    ),
    overdue=(
        "[Bonjour {first_name}, ]{business} : facture[ {invoice}] de {amount}[, échéance {due},] reste à "
        "régler. Payer : {link}"
    ),
    overdue_2=(
        "[Bonjour {first_name}, ]{business} : facture[ {invoice}] de {amount} à régler. Question ? Répondez. "
        "Payer : {link}"
    ),
    overdue_3=(
        "[Bonjour {first_name}, ]{business}, au sujet de la facture[ {invoice}], {amount}. Un souci ? "
        "Répondez. Payer : {link}"
    ),
    joint=(
        "[Bonjour {first_name}, ]{business} : {count} factures[ ({invoice})] à régler, {amount} au "
        "total. Payer : {link}"
    ),
    receipt=(
        "[Bonjour {first_name}, ]merci ! {business} a bien enregistré votre paiement de {amount}[ pour la "
        "facture {invoice}].[ Reste {rest} à régler.]"
    ),
    paid="Duebird pour {business} : {customer} a payé {amount}[ pour la facture {invoice}]. C'est comptabilisé.",
    request="Ici {business}. {ask}",
    ask="Répondez OUI pour recevoir nos factures et rappels de paiement par SMS.",
    part="versement {which} sur {count}[, total {total}]",
    opt_out="Refuser les SMS : STOP.",
    somebody="Un client",
)
