"""Spanish."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:pago|transferencia|cheque|dinero|deposito)"

SPANISH: Final = AnswerWords(
    code="es",
    promise=whole_words(
        r"pagare|pagaremos|transferire|depositare|abonare",
        r"(?:voy|vamos|va) a (?:\w+ )?(?:pagar\w*|transferir\w*|depositar\w*|abonar\w*)",
        rf"{_THING} (?:\w+ )?(?:llegara|saldra|se hara|estara)",
    ),
    pay=whole_words(rf"pag(?:o|ar|arlo|arle|arla|are|amos|aremos)|transfiero|deposito|abono|{_THING}|cobro"),
    paid=whole_words(
        r"(?:ya|he|hemos|ha|esta|fue|quedo) (?:\w+ ){0,2}(?:pagad[oa]|pague|pagamos|abonad[oa]|transferid[oa])",
        r"^pagad[oa]$|(?:lo|la|les|le) pague|pague (?:ayer|hoy|el|la|ya)|pagamos (?:ayer|ya)",
        rf"(?:hice|hicimos|he hecho|hemos hecho|envie|mande|realice) (?:\w+ ){{0,2}}{_THING}",
        rf"{_THING} (?:ya )?(?:esta |fue |ha sido )*(?:hecho|hecha|enviado|enviada|realizado|realizada)",
    ),
    dispute=whole_words(
        r"(?:esta|es|son|parece) (?:\w+ ){0,2}(?:mal|equivocad[oa]|incorrect[oa]|erronea|erroneo|un error|demasiado)",
        r"hay (?:\w+ ){0,2}error",
        r"no (?:es|esta) (?:\w+ ){0,2}(?:correct[oa]|bien|mi[oa]|mi (?:factura|pedido)|lo que)",
        r"(?:no|nunca|jamas) (?:\w+ ){0,2}(?:pedi|pedimos|ordene|recibi|recibimos|solicite|firme|acepte|"
        r"contrate|compre)",
        r"no (?:les |le |te |os )?(?:debo|debemos) (?:nada)?",
        r"no (?:\w+ )?(?:pienso|voy a|vamos a|pagare|pagaremos) ?(?:pagar\w*|nada)?$|me niego a pagar",
        r"disput\w+|reclam(?:o|acion|ar)|no estoy de acuerdo|me cobraron (?:de mas|dos veces|doble)",
        r"(?:monto|importe|precio|factura|cantidad) (?:equivocad[oa]|incorrect[oa]|erronea|erroneo)",
        r"(?:trabajo|pedido|obra|mercancia|entrega)\b.{0,30}\b(?:no (?:esta )?(?:terminad[oa]|llego|acabad[oa]|"
        r"entregad[oa]|lleg\w+)|sin terminar|danad[oa]|defectuos[oa]|rot[oa])",
        r"(?:cancele|devolvi) (?:\w+ ){0,3}(?:pedido|orden|mercancia)|quiero (?:un |mi |que me )?(?:reembols\w+|"
        r"devuelv\w+)",
    ),
    harmless=whole_words(
        r"(?:no|nunca) (?:\w+ )?(?:he |hemos |esta |ha sido )?(?:pagado|pagada|pague)",
        r"no (?:\w+ )?recibi (?:\w+ ){0,2}(?:factura|enlace|link|mensaje|correo|sueldo)",
        r"(?:por|en|de) la manana",
    ),
    days={"hoy": 0, "esta (?:noche|tarde)": 0, "manana": 1, "pasado manana": 2},
    weekdays=("lunes", "martes", "miercoles", "jueves", "viernes", "sabado", "domingo"),
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre|setiembre", "octubre", "noviembre", "diciembre"),
    ),
    week_end=(r"(?:el )?(?:fin|final(?:es)?) de (?:la |esta )?semana|esta semana",),
    next_week=(r"(?:la )?(?:proxima semana|semana (?:que viene|proxima|entrante))",),
    month_end=(r"(?:a |el )?(?:fin|final|finales|fines) (?:de |del |de este )?mes|este mes",),
    next_month=(r"(?:el )?(?:proximo mes|mes (?:que viene|proximo|entrante))",),
    within=r"(?:en|dentro de) (?:unos |unas )?(?P<n>\d{1,3}|\w+) (?P<unit>dias?|semanas?|mes(?:es)?)",
    units={"dia": 1, "dias": 1, "semana": 7, "semanas": 7, "mes": 30, "meses": 30},
    numbers={
        "un": 1,
        "una": 1,
        "dos": 2,
        "tres": 3,
        "cuatro": 4,
        "cinco": 5,
        "seis": 6,
        "ocho": 8,
        "diez": 10,
        "quince": 15,
    },
    the_day=r"(?:el |el dia |dia )(?P<d>\d{1,2})(?: de)?",
)
