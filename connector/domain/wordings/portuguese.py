"""Portuguese, of Brazil and Portugal, in words that both use. GSM-7 has no á ã ç í ó ú: 'Ola', as phones write it."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

PORTUGUESE: Final = LanguageWords(
    code="pt",
    name="Portuguese",
    issued=(
        "[Ola {first_name}, ]segue a sua fatura[ {invoice}] de {business}: {amount}[, vencimento {due}]. Pagar: {link}"
    ),
    upcoming=(
        "[Ola {first_name}, ]lembrete de {business}: a sua fatura[ {invoice}] de {amount}[ vence em {due}]. "
        "Pagar: {link}"
    ),
    due="[Ola {first_name}, ]lembrete de {business}: a sua fatura[ {invoice}] de {amount} vence hoje. Pagar: {link}",
    past_due=(
        "[Ola {first_name}, ]lembrete de {business}: a sua fatura[ {invoice}] de {amount} venceu[ em {due}]. "
        "Pagar: {link}"
    ),
    overdue=(
        "[Ola {first_name}, ]{business}: fatura[ {invoice}] de {amount}[, vencimento {due},] segue em "
        "aberto. Pagar: {link}"
    ),
    overdue_2=(
        "[Ola {first_name}, ]{business}: fatura[ {invoice}] de {amount} segue em aberto. Perguntas? "
        "Responda. Pagar: {link}"
    ),
    overdue_3=(
        "[Ola {first_name}, ]{business}, sobre a fatura[ {invoice}] de {amount}. Algum problema? Responda. "
        "Pagar: {link}"
    ),
    joint="[Ola {first_name}, ]{business}: {count} faturas[ ({invoice})] em aberto, {amount} no total. Pagar: {link}",
    receipt=(
        "[Ola {first_name}, ]obrigado! {business} recebeu o seu pagamento de {amount}[ da fatura {invoice}]."
        "[ Faltam {rest}.]"
    ),
    paid="Duebird para {business}: {customer} pagou {amount}[ da fatura {invoice}]. O pagamento consta nos livros.",
    request="Aqui {business}. {ask}",
    ask="Responda SIM para receber as nossas faturas e lembretes de pagamento por SMS.",
    part="parcela {which} de {count}[, total {total}]",
    opt_out="Sair: responda STOP.",
    somebody="Um cliente",
)
