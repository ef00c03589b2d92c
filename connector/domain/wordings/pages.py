"""The words of payment pages, as data: what a customer reads before and after paying, and where a link is down.

Placeholders are as in texts; a page shows any letter, so nothing here keeps to GSM-7. Each wording is true whatever
happens later to the invoice, and whoever reads one that helps no further reads whom to ask. None speaks of "the newest
text": that may be the very one whose link is down.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class PageWords:
    """One language. Those that end in `_joint` are about several invoices."""

    title: str
    title_joint: str
    about: str  # beside the button that pays
    about_part: str  # the same, on a page for an instalment of the invoice
    about_joint: str
    on_receipt: str  # on the processor's own e-mail
    on_receipt_joint: str
    thanks: str  # right after paying; a bank debit may still fail
    thanks_joint: str
    closed: str  # where the link closed itself, upon a payment
    closed_joint: str
    under_way: str
    under_way_joint: str
    arrived: str
    arrived_joint: str
    settled: str
    withdrawn: str
    changed: str
    one_of_several: str  # a link for several of which this invoice is paid or has changed; the others still wait
    replaced: str  # nothing changed: another link takes the place of this one


PAGES: Final = {
    "en": PageWords(
        title="Invoice[ {invoice}] from {business}",
        title_joint="{count} invoices[ ({invoice})] from {business}",
        about="[Due {due}. ]Questions? Please contact {business}.",
        about_part=(
            "[Due {due}. ]Here you pay {amount} of the {total} of this invoice. Questions? Please contact {business}."
        ),
        about_joint="{each}. To pay only one of them, please contact {business}.",
        on_receipt="{business}: invoice[ {invoice}]",
        on_receipt_joint="{business}: {count} invoices[ ({invoice})]",
        thanks="Thank you! Your payment[ for invoice {invoice}] is on its way to {business}.",
        thanks_joint="Thank you! Your payment for {count} invoices[ ({invoice})] is on its way to {business}.",
        closed=(
            "This page is closed: a payment[ for invoice {invoice}] was made on it, or the invoice has changed. "
            "Questions? Please contact {business}."
        ),
        closed_joint=(
            "This page is closed: a payment for {count} invoices[ ({invoice})] was made on it, or one of them has "
            "changed. Questions? Please contact {business}."
        ),
        under_way="Thank you. A payment[ for invoice {invoice}] is under way. Questions? Please contact {business}.",
        under_way_joint="Thank you. A payment for {count} invoices is under way. Questions? Please contact {business}.",
        arrived="Thank you. A payment[ for invoice {invoice}] has been made. Questions? Please contact {business}.",
        arrived_joint="Thank you. A payment for {count} invoices has been made. Questions? Please contact {business}.",
        settled=(
            "Thank you. Nothing is left to pay on this invoice[, {invoice}]. Questions? Please contact {business}."
        ),
        withdrawn="This invoice[, {invoice},] is not to be paid any more. Questions? Please contact {business}.",
        changed=(
            "This invoice[, {invoice},] has changed, so it cannot be paid here any more. To pay it, or to ask, please "
            "contact {business}."
        ),
        one_of_several=(
            "This page was for {count} invoices together. One of them[, {invoice},] has changed or is paid, so the "
            "page is closed. To pay the others, or to ask, please contact {business}."
        ),
        replaced=(
            "This page has been replaced by another. If you have no newer message about it, please contact {business}."
        ),
    ),
    "fr": PageWords(
        title="Facture[ {invoice}] de {business}",
        title_joint="{count} factures[ ({invoice})] de {business}",
        about="[Échéance : {due}. ]Une question ? Contactez {business}.",
        about_part=(
            "[Échéance : {due}. ]Vous réglez ici {amount} sur les {total} de cette facture. Une question ? "
            "Contactez {business}."
        ),
        about_joint="{each}. Pour n'en régler qu'une, contactez {business}.",
        on_receipt="{business} : facture[ {invoice}]",
        on_receipt_joint="{business} : {count} factures[ ({invoice})]",
        thanks="Merci ! Votre paiement[ pour la facture {invoice}] est en route vers {business}.",
        thanks_joint="Merci ! Votre paiement pour {count} factures[ ({invoice})] est en route vers {business}.",
        closed=(
            "Cette page est fermée : un paiement[ pour la facture {invoice}] y a été fait, ou la facture a changé. "
            "Une question ? Contactez {business}."
        ),
        closed_joint=(
            "Cette page est fermée : un paiement pour {count} factures[ ({invoice})] y a été fait, ou l'une d'elles a "
            "changé. Une question ? Contactez {business}."
        ),
        under_way=("Merci. Un paiement[ pour la facture {invoice}] est en cours. Une question ? Contactez {business}."),
        under_way_joint="Merci. Un paiement pour {count} factures est en cours. Une question ? Contactez {business}.",
        arrived="Merci. Un paiement[ pour la facture {invoice}] a été fait. Une question ? Contactez {business}.",
        arrived_joint="Merci. Un paiement pour {count} factures a été fait. Une question ? Contactez {business}.",
        settled="Merci. Il ne reste rien à payer sur cette facture[, {invoice}]. Une question ? Contactez {business}.",
        withdrawn="Cette facture[, {invoice},] n'est plus à payer. Une question ? Contactez {business}.",
        changed=(
            "Cette facture[, {invoice},] a changé et ne peut plus être réglée ici. Pour la régler, ou pour toute "
            "question, contactez {business}."
        ),
        one_of_several=(
            "Cette page concernait {count} factures ensemble. L'une d'elles[, {invoice},] a changé ou est réglée ; la "
            "page est donc fermée. Pour régler les autres, ou pour toute question, contactez {business}."
        ),
        replaced=(
            "Cette page a été remplacée par une autre. Si vous n'avez pas de message plus récent à ce sujet, contactez "
            "{business}."
        ),
    ),
    "es": PageWords(
        title="Factura[ {invoice}] de {business}",
        title_joint="{count} facturas[ ({invoice})] de {business}",
        about="[Vencimiento: {due}. ]¿Alguna pregunta? Contacte con {business}.",
        about_part=(
            "[Vencimiento: {due}. ]Aquí paga {amount} de los {total} de esta factura. ¿Alguna pregunta? Contacte "
            "con {business}."
        ),
        about_joint="{each}. Para pagar solo una de ellas, contacte con {business}.",
        on_receipt="{business}: factura[ {invoice}]",
        on_receipt_joint="{business}: {count} facturas[ ({invoice})]",
        thanks="¡Gracias! Su pago[ de la factura {invoice}] está en camino a {business}.",
        thanks_joint="¡Gracias! Su pago de {count} facturas[ ({invoice})] está en camino a {business}.",
        closed=(
            "Esta página está cerrada: se hizo en ella un pago[ de la factura {invoice}], o la factura ha cambiado. "
            "¿Alguna pregunta? Contacte con {business}."
        ),
        closed_joint=(
            "Esta página está cerrada: se hizo en ella un pago de {count} facturas[ ({invoice})], o una de ellas ha "
            "cambiado. ¿Alguna pregunta? Contacte con {business}."
        ),
        under_way=(
            "Gracias. Un pago[ de la factura {invoice}] está en curso. ¿Alguna pregunta? Contacte con {business}."
        ),
        under_way_joint=(
            "Gracias. Un pago de {count} facturas está en curso. ¿Alguna pregunta? Contacte con {business}."
        ),
        arrived="Gracias. Se ha hecho un pago[ de la factura {invoice}]. ¿Alguna pregunta? Contacte con {business}.",
        arrived_joint="Gracias. Se ha hecho un pago de {count} facturas. ¿Alguna pregunta? Contacte con {business}.",
        settled=(
            "Gracias. No queda nada por pagar de esta factura[, {invoice}]. ¿Alguna pregunta? Contacte con {business}."
        ),
        withdrawn="Esta factura[, {invoice},] ya no hay que pagarla. ¿Alguna pregunta? Contacte con {business}.",
        changed=(
            "Esta factura[, {invoice},] ha cambiado y ya no se puede pagar aquí. Para pagarla, o si tiene preguntas, "
            "contacte con {business}."
        ),
        one_of_several=(
            "Esta página era para {count} facturas juntas. Una de ellas[, {invoice},] ha cambiado o está pagada, por "
            "eso la página está cerrada. Para pagar las otras, o si tiene preguntas, contacte con {business}."
        ),
        replaced=(
            "Esta página ha sido sustituida por otra. Si no tiene ningún mensaje más reciente sobre ella, contacte con "
            "{business}."
        ),
    ),
    "de": PageWords(
        title="Rechnung[ {invoice}] von {business}",
        title_joint="{count} Rechnungen[ ({invoice})] von {business}",
        about="[Fällig am {due}. ]Fragen? Bitte wenden Sie sich an {business}.",
        about_part=(
            "[Fällig am {due}. ]Hier bezahlen Sie {amount} von {total} dieser Rechnung. Fragen? Bitte wenden Sie "
            "sich an {business}."
        ),
        about_joint="{each}. Möchten Sie nur eine davon bezahlen, wenden Sie sich bitte an {business}.",
        on_receipt="{business}: Rechnung[ {invoice}]",
        on_receipt_joint="{business}: {count} Rechnungen[ ({invoice})]",
        thanks="Vielen Dank! Ihre Zahlung[ für Rechnung {invoice}] ist unterwegs zu {business}.",
        thanks_joint="Vielen Dank! Ihre Zahlung für {count} Rechnungen[ ({invoice})] ist unterwegs zu {business}.",
        closed=(
            "Diese Seite ist geschlossen: Hier wurde eine Zahlung[ für Rechnung {invoice}] gemacht, oder die Rechnung "
            "hat sich geändert. Fragen? Bitte wenden Sie sich an {business}."
        ),
        closed_joint=(
            "Diese Seite ist geschlossen: Hier wurde eine Zahlung für {count} Rechnungen[ ({invoice})] gemacht, oder "
            "eine davon hat sich geändert. Fragen? Bitte wenden Sie sich an {business}."
        ),
        under_way=(
            "Vielen Dank. Eine Zahlung[ für Rechnung {invoice}] ist unterwegs. Fragen? Bitte wenden Sie sich an "
            "{business}."
        ),
        under_way_joint=(
            "Vielen Dank. Eine Zahlung für {count} Rechnungen ist unterwegs. Fragen? Bitte wenden Sie sich "
            "an {business}."
        ),
        arrived=(
            "Vielen Dank. Eine Zahlung[ für Rechnung {invoice}] wurde gemacht. Fragen? Bitte wenden Sie sich an "
            "{business}."
        ),
        arrived_joint=(
            "Vielen Dank. Eine Zahlung für {count} Rechnungen wurde gemacht. Fragen? Bitte wenden Sie sich an "
            "{business}."
        ),
        settled=(
            "Vielen Dank. Auf dieser Rechnung[, {invoice},] ist nichts mehr offen. Fragen? Bitte wenden Sie sich an "
            "{business}."
        ),
        withdrawn=(
            "Diese Rechnung[, {invoice},] ist nicht mehr zu bezahlen. Fragen? Bitte wenden Sie sich an {business}."
        ),
        changed=(
            "Diese Rechnung[, {invoice},] hat sich geändert und kann hier nicht mehr bezahlt werden. Um sie zu "
            "bezahlen, oder bei Fragen, wenden Sie sich bitte an {business}."
        ),
        one_of_several=(
            "Diese Seite war für {count} Rechnungen zusammen. Eine davon[, {invoice},] hat sich geändert oder ist "
            "bezahlt, darum ist die Seite geschlossen. Um die anderen zu bezahlen, oder bei Fragen, wenden Sie sich "
            "bitte an {business}."
        ),
        replaced=(
            "Diese Seite wurde durch eine andere ersetzt. Falls Sie keine neuere Nachricht dazu haben, wenden Sie sich "
            "bitte an {business}."
        ),
    ),
    "it": PageWords(
        title="Fattura[ {invoice}] di {business}",
        title_joint="{count} fatture[ ({invoice})] di {business}",
        about="[Scadenza: {due}. ]Domande? Contatti {business}.",
        about_part=(
            "[Scadenza: {due}. ]Qui paga {amount} dei {total} di questa fattura. Domande? Contatti {business}."
        ),
        about_joint="{each}. Per pagarne una sola, contatti {business}.",
        on_receipt="{business}: fattura[ {invoice}]",
        on_receipt_joint="{business}: {count} fatture[ ({invoice})]",
        thanks="Grazie! Il Suo pagamento[ per la fattura {invoice}] è in arrivo a {business}.",
        thanks_joint="Grazie! Il Suo pagamento per {count} fatture[ ({invoice})] è in arrivo a {business}.",
        closed=(
            "Questa pagina è chiusa: qui è stato fatto un pagamento[ per la fattura {invoice}], oppure la fattura è "
            "cambiata. Domande? Contatti {business}."
        ),
        closed_joint=(
            "Questa pagina è chiusa: qui è stato fatto un pagamento per {count} fatture[ ({invoice})], oppure una di "
            "esse è cambiata. Domande? Contatti {business}."
        ),
        under_way="Grazie. Un pagamento[ per la fattura {invoice}] è in corso. Domande? Contatti {business}.",
        under_way_joint="Grazie. Un pagamento per {count} fatture è in corso. Domande? Contatti {business}.",
        arrived="Grazie. È stato fatto un pagamento[ per la fattura {invoice}]. Domande? Contatti {business}.",
        arrived_joint="Grazie. È stato fatto un pagamento per {count} fatture. Domande? Contatti {business}.",
        settled="Grazie. Non resta nulla da pagare su questa fattura[, {invoice}]. Domande? Contatti {business}.",
        withdrawn="Questa fattura[, {invoice},] non è più da pagare. Domande? Contatti {business}.",
        changed=(
            "Questa fattura[, {invoice},] è cambiata e non si può più pagare qui. Per pagarla, o per domande, contatti "
            "{business}."
        ),
        one_of_several=(
            "Questa pagina era per {count} fatture insieme. Una di esse[, {invoice},] è cambiata o è pagata, perciò la "
            "pagina è chiusa. Per pagare le altre, o per domande, contatti {business}."
        ),
        replaced=(
            "Questa pagina è stata sostituita da un'altra. Se non ha un messaggio più recente in merito, contatti "
            "{business}."
        ),
    ),
    "pt": PageWords(
        title="Fatura[ {invoice}] de {business}",
        title_joint="{count} faturas[ ({invoice})] de {business}",
        about="[Vencimento: {due}. ]Alguma pergunta? Fale com {business}.",
        about_part=(
            "[Vencimento: {due}. ]Aqui paga {amount} dos {total} desta fatura. Alguma pergunta? Fale com {business}."
        ),
        about_joint="{each}. Para pagar só uma delas, fale com {business}.",
        on_receipt="{business}: fatura[ {invoice}]",
        on_receipt_joint="{business}: {count} faturas[ ({invoice})]",
        thanks="Obrigado! O seu pagamento[ da fatura {invoice}] está a caminho de {business}.",
        thanks_joint="Obrigado! O seu pagamento de {count} faturas[ ({invoice})] está a caminho de {business}.",
        closed=(
            "Esta página está fechada: foi feito nela um pagamento[ da fatura {invoice}], ou a fatura mudou. Alguma "
            "pergunta? Fale com {business}."
        ),
        closed_joint=(
            "Esta página está fechada: foi feito nela um pagamento de {count} faturas[ ({invoice})], ou uma delas "
            "mudou. Alguma pergunta? Fale com {business}."
        ),
        under_way="Obrigado. Um pagamento[ da fatura {invoice}] está em curso. Alguma pergunta? Fale com {business}.",
        under_way_joint=(
            "Obrigado. Um pagamento de {count} faturas está em curso. Alguma pergunta? Fale com {business}."
        ),
        arrived="Obrigado. Foi feito um pagamento[ da fatura {invoice}]. Alguma pergunta? Fale com {business}.",
        arrived_joint="Obrigado. Foi feito um pagamento de {count} faturas. Alguma pergunta? Fale com {business}.",
        settled="Obrigado. Nada resta a pagar desta fatura[, {invoice}]. Alguma pergunta? Fale com {business}.",
        withdrawn="Esta fatura[, {invoice},] já não precisa ser paga. Alguma pergunta? Fale com {business}.",
        changed=(
            "Esta fatura[, {invoice},] mudou e já não pode ser paga aqui. Para pagar a fatura, ou se tiver perguntas, "
            "fale com {business}."
        ),
        one_of_several=(
            "Esta página era para {count} faturas em conjunto. Uma delas[, {invoice},] mudou ou está paga, por isso a "
            "página está fechada. Para pagar as outras, ou se tiver perguntas, fale com {business}."
        ),
        replaced=(
            "Esta página foi substituída por outra. Se não tiver uma mensagem mais recente sobre ela, fale com "
            "{business}."
        ),
    ),
    "nl": PageWords(
        title="Factuur[ {invoice}] van {business}",
        title_joint="{count} facturen[ ({invoice})] van {business}",
        about="[Vervaldatum: {due}. ]Vragen? Neem contact op met {business}.",
        about_part=(
            "[Vervaldatum: {due}. ]Hier betaalt u {amount} van de {total} van deze factuur. Vragen? Neem contact "
            "op met {business}."
        ),
        about_joint="{each}. Wilt u er maar één betalen, neem dan contact op met {business}.",
        on_receipt="{business}: factuur[ {invoice}]",
        on_receipt_joint="{business}: {count} facturen[ ({invoice})]",
        thanks="Dank u wel! Uw betaling[ voor factuur {invoice}] is onderweg naar {business}.",
        thanks_joint="Dank u wel! Uw betaling voor {count} facturen[ ({invoice})] is onderweg naar {business}.",
        closed=(
            "Deze pagina is gesloten: er is een betaling[ voor factuur {invoice}] op gedaan, of de factuur is "
            "gewijzigd. Vragen? Neem contact op met {business}."
        ),
        closed_joint=(
            "Deze pagina is gesloten: er is een betaling voor {count} facturen[ ({invoice})] op gedaan, of een ervan "
            "is gewijzigd. Vragen? Neem contact op met {business}."
        ),
        under_way="Dank u. Een betaling[ voor factuur {invoice}] is onderweg. Vragen? Neem contact op met {business}.",
        under_way_joint=(
            "Dank u. Een betaling voor {count} facturen is onderweg. Vragen? Neem contact op met {business}."
        ),
        arrived="Dank u. Een betaling[ voor factuur {invoice}] is gedaan. Vragen? Neem contact op met {business}.",
        arrived_joint="Dank u. Een betaling voor {count} facturen is gedaan. Vragen? Neem contact op met {business}.",
        settled=(
            "Dank u. Op deze factuur[, {invoice},] staat niets meer open. Vragen? Neem contact op met {business}."
        ),
        withdrawn=(
            "Deze factuur[, {invoice},] hoeft niet meer betaald te worden. Vragen? Neem contact op met {business}."
        ),
        changed=(
            "Deze factuur[, {invoice},] is gewijzigd en kan hier niet meer betaald worden. Om te betalen, of bij "
            "vragen, neem contact op met {business}."
        ),
        one_of_several=(
            "Deze pagina was voor {count} facturen samen. Een ervan[, {invoice},] is gewijzigd of betaald, daarom is "
            "de pagina gesloten. Om de andere te betalen, of bij vragen, neem contact op met {business}."
        ),
        replaced=(
            "Deze pagina is door een andere vervangen. Hebt u hierover geen nieuwer bericht, neem dan contact op met "
            "{business}."
        ),
    ),
}
