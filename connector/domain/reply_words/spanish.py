"""Spanish, of Spain and of the Americas."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = (
    r"(?:sms|textos?|mensajes?|mensajitos?|msjs?|recordatorios?|notificaci(?:on|ones)|avisos?|alertas?|msgs?)"
)
_END: Final = (
    r"(?:pare|pares|paren|parar|para ya|detenga|detengan|deten|detente|deje|dejen|deja|dejad|dejar|basta|"
    r"cese|cesen|stop)"
)
_POLITE: Final = (
    r"(?:por favor|porfa|porfavor|xfa|gracias|ya|ahora|inmediatamente|esto|eso|todo|ok|de una vez|ahora mismo)"
)
_BEFORE: Final = (
    r"(?:por favor|porfa|porfavor|hola|buenas|buenos dias|le pido que|les pido que|quiero que|pueden|puede|puedes|"
    r"podrian|"
    r"podria|solicito que|exijo que|les ruego que|y|pero)"
)
_ME: Final = r"(?:me|nos|a este numero)"
_REACH: Final = (
    r"(?:escrib|mand|envi|contact|molest|texte|acos|mensaj|fastidi|spame|notifi|avis|cobr|import)\w*(?:me|nos)?"
)

SPANISH: Final = ReplyWords(
    code="es",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "alto",
            "baja",
            "basta",
            "basta ya",
            "dar de baja",
            "darme de baja",
            "desuscribir",
            "desuscribirme",
            "cancelar suscripcion",
            "no molestar",
            "no mas",
            "no mas mensajes",
            "parar",
            "pare",
            "paren",
            "salir",
        )
    ),
    harmless=whole_words(
        rf"no (?:{_ME} )?(?:dejen?|dejes|paren?|pares|quiero que (?:dejen|paren)|quiero (?:dejar|parar|darme de "
        rf"baja)) ?"
        rf"(?:de)?",
        r"(?:parada|paro|pararme|parare|me paro) (?:de|en|por|manana|a)",
        r"(?:pare|paren|para|detenga|detengan|cancele|cancelen|cancelar|cancela|parar|detener) (?:por favor )?(?:el |"
        r"la |los |las |mi |mis |ese "
        r"|este |un )*(?:pagos?|cheque|pedido|orden|servicio|trabajo|obra|entrega|domiciliacion|cargo|cita|"
        r"transferencia)",
        r"(?:baja|bajo) (?:el|la|de|al|por) (?:precio|medica|laboral|maternidad|paternidad|enfermedad)",
        r"estoy de baja(?: \w+)?",
        r"(?:deje|deja|dejen|dejo|dejar) (?:el |la |un |una |los |mi |su |en )",
    ),
    limited=whole_words(
        rf"(?:no|{_END})\b.{{0,60}}\b(?:{_TEXTS}|{_REACH})\b.{{0,60}}\b(?:antes|despues|hasta|durante|los (?:domingos|"
        r"sabados|fines de semana)|el (?:domingo|sabado|fin de semana)|por la noche|de noche|en el trabajo|tan "
        r"(?:temprano|"
        r"tarde|seguido|a menudo)|hoy|dos veces|repetid\w+)",
    ),
    revocation=whole_words(
        rf"(?!basta (?!de )){_END} (?:ya )?(?:de |con )?(?:(?:{_ME}|por favor|estar) )*{_REACH}",
        rf"(?!basta (?!ya |de |con )){_END} (?:ya )?(?:con |de |estos |esos |los |sus |tantos |todos |la |las |enviar "
        rf"|mandar |tanto )*{_TEXTS}",
        rf"^(?:{_BEFORE} )*{_END}(?: (?:con )?{_POLITE})*$",
        rf"no (?:{_ME} )?(?:vuelvan?|vuelvas) a {_REACH}",
        rf"(?:ya )?no (?:{_ME} )(?:escriban?|escribas?|manden?|mandes?|envien?|envies?|contacten?|contactes?|molesten?|"
        rf"molestes?|texteen|textees|notifiquen)(?: (?:mas|nada|estos|esos|{_TEXTS}|nunca|otra|{_POLITE}).*)?$",
        rf"no (?:quiero|deseo|quisiera|queremos|necesito|me interesa) (?:(?:recibir|que|seguir|mas|ser|volver|a|{_ME}|"
        rf"estos|sus|"
        rf"recibiendo|ningun) )*(?:{_TEXTS}|contactad\w*|contacten|escriban|manden|envien|molesten)",
        r"no (?:quiero|deseo) recibir (?:mas )?nada",
        rf"no (?:mas|enviar mas|mandar mas|mandes mas|manden mas|envien mas) {_TEXTS}",
        rf"(?:ni un|ningun) {_TEXTS} mas",
        r"(?:den|de|dame|denme|deme|darme|darnos|dar|dadme|quiero|deseo|solicito|como)(?: (?:me|darme|de|doy|doy de|"
        r"la|dar|nos))* "
        r"(?:de )?baja",
        r"(?:desuscri|dessuscri)\w+",
        r"(?:quite|saque|borre|elimine|remueva|quita|saca|borra|elimina|retire|quiten|saquen|borren|eliminen|retiren|"
        r"quitar|sacar|borrar|eliminar)n?(?:me|nos)?(?: por favor)?(?: mi (?:numero|telefono|celular|movil|contacto)| "
        r"mis datos| "
        r"este numero| de (?:la|su|esta|esa|sus) listas?)",
        r"(?:dejen|deje|deja|dejad)(?:me|nos) (?:ya )?(?:en paz|tranquil\w+)",
        r"(?:retiro|revoco|cancelo|anulo) (?:mi |el |todo )*(?:consentimiento|permiso|autorizacion)",
        r"no (?:doy|di|autorizo|tienen?|les doy) (?:mi |el |su )?(?:consentimiento|permiso|autorizacion)",
        r"(?:vete|vayanse|vayase) (?:a la mierda|al diablo|al carajo)",
    ),
    wrong_number=whole_words(
        r"(?:numero|persona|telefono|contacto) (?:equivocad\w|incorrect\w|erron\w+)",
        r"(?:se (?:equivoco|equivocaron|han equivocado|ha equivocado)|te (?:equivocaste|has equivocado)|estan? "
        r"equivocad\w+|"
        r"equivocad\w+)(?: de (?:numero|persona))?",
        r"(?:este )?(?:ya )?no es (?:su|el|mi|ese) (?:numero|telefono|celular|movil)",
        r"no (?:es|soy) (?:la persona|esa persona|quien (?:busca|buscan))",
        r"(?:aqui )?no (?:hay|vive|conozco a) (?:nadie|ningun\w*)(?: \w+){0,3} (?:con ese nombre|llamad\w+)",
        r"aqui no es",
    ),
    doubtful=whole_words(
        rf"^(?:{_BEFORE} )*(?!stop|basta|deja|para)(?:{_END})(?! (?:de|la|el|los|las|que)\b)",
        r"(?:abogad\w+|demanda\w*|denunci\w+|policia|acoso|tribunal|consumidor|proteccion de datos|aepd|profeco)",
        r"(?:estafa\w*|fraude|spam|phishing|enganos?|reportar\w*|reporto)",
        r"(?:nunca|no) (?:autorice|acepte|di mi (?:numero|permiso|consentimiento)|me suscribi|pedi|solicite)",
        r"(?:fallecio|murio|fallecid\w|muert\w|difunt\w)",
        r"no (?:conozco|se quien)|quien(?:es)? (?:es|son|eres)",
        r"no (?:me )?interesa",
        r"no (?:me )?(?:llamen|llame|llames)",
    ),
)
