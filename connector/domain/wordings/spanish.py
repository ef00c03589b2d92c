"""Spanish, of Spain and the Americas. GSM-7 has é ñ ¿ ¡, but no á í ó ú: words without them."""

from __future__ import annotations

from typing import Final

from connector.domain.wordings.language import LanguageWords

SPANISH: Final = LanguageWords(
    code="es",
    name="Spanish",
    issued=(
        "[Hola {first_name}, ]esta es su factura[ {invoice}] de {business}: {amount}[, vence el {due}]. Pagar: {link}"
    ),
    upcoming=(
        "[Hola {first_name}, ]{business} le recuerda su factura[ {invoice}] de {amount}[, que vence el "
        "{due}]. Pagar: {link}"
    ),
    due="[Hola {first_name}, ]{business} le recuerda su factura[ {invoice}] de {amount}, que vence hoy. Pagar: {link}",
    past_due=(
        "[Hola {first_name}, ]{business} le recuerda su factura[ {invoice}] de {amount}[, vencida el {due}]. "
        "Pagar: {link}"
    ),
    overdue=(
        "[Hola {first_name}, ]{business}: su factura[ {invoice}] de {amount}[, vencida el {due},] sigue "
        "abierta. Pagar: {link}"
    ),
    overdue_2=(
        "[Hola {first_name}, ]{business}: su factura[ {invoice}] de {amount} sigue abierta. ¿Dudas? "
        "Responda. Pagar: {link}"
    ),
    overdue_3=(
        "[Hola {first_name}, ]{business}, sobre la factura[ {invoice}] de {amount}. ¿Hay un problema? "
        "Responda. Pagar: {link}"
    ),
    joint="[Hola {first_name}, ]{business}: {count} facturas[ ({invoice})] abiertas, {amount} en total. Pagar: {link}",
    receipt=(
        "[Hola {first_name}, ]gracias. {business} ha recibido su pago de {amount}[ por la factura {invoice}]."
        "[ Quedan {rest}.]"
    ),
    paid="Duebird para {business}: {customer} ha pagado {amount}[ por la factura {invoice}]. Se ha contabilizado.",
    request="Somos {business}. {ask}",
    ask="Responda SI para recibir nuestras facturas y recordatorios de pago por SMS.",
    part="pago {which} de {count}[, total {total}]",
    opt_out="Baja: responda STOP.",
    somebody="Un cliente",
)
