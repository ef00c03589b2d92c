"""Portuguese, of Brazil and Portugal."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:pagamento|transferencia|cheque|dinheiro|deposito|pix)"

PORTUGUESE: Final = AnswerWords(
    code="pt",
    promise=whole_words(
        r"pagarei|pagaremos|transferirei",
        r"(?:vou|vamos|irei|consigo|posso) (?:\w+ )?(?:pagar|transferir|depositar|fazer (?:o |a |um )?(?:pix|"
        r"pagamento|"
        r"transferencia|deposito))",
        rf"{_THING} (?:\w+ )?(?:chegara|vai (?:chegar|sair)|sera feit[oa])",
    ),
    pay=whole_words(rf"pag(?:o|ar|arei|amos|aremos)|transfiro|deposito|{_THING}|salario|recebo"),
    paid=whole_words(
        r"(?:ja|foi|esta|tinha|tenho|temos) (?:\w+ ){0,2}(?:pag[oa]|paguei|pagamos|pagad[oa]|transferi|liquidad[oa])",
        r"^pag[oa]$|paguei (?:ontem|hoje|isso|a|o|ja|tudo)|^paguei$",
        rf"(?:fiz|fizemos|enviei|mandei|efetuei) (?:\w+ ){{0,2}}{_THING}",
        rf"{_THING} (?:ja )?(?:foi |esta )*(?:feit[oa]|enviad[oa]|efetuad[oa]|realizad[oa])",
    ),
    dispute=whole_words(
        r"(?:esta|e|sao|parece) (?:\w+ ){0,2}(?:errad[oa]s?|incorret[oa]|um (?:erro|engano)|alto demais)",
        r"(?:ha|tem|houve) (?:\w+ ){0,2}(?:erro|engano)",
        r"nao (?:e|esta) (?:\w+ ){0,2}(?:corret[oa]|cert[oa]|minha?|meu|nossa|o que)",
        r"(?:nao|nunca|jamais) (?:\w+ ){0,2}(?:pedi|encomendei|recebi|solicitei|assinei|aceitei|contratei|comprei)",
        r"nao (?:\w+ )?(?:devo|devemos) (?:nada)?",
        r"nao (?:\w+ )?(?:vou pagar|pago|pagarei|vamos pagar)$|recuso(?: me)? a pagar",
        r"contest\w+|reclamac\w+|reclamar|nao concordo|discordo",
        r"(?:valor|fatura|preco|conta) (?:errad[oa]|incorret[oa])",
        r"(?:trabalho|servico|obra|pedido|mercadoria|encomenda|entrega)\b.{0,30}\b(?:nao (?:\w+ )?(?:terminad[oa]|"
        r"pront[oa]|chegou|concluid[oa]|entregue)|inacabad[oa]|danificad[oa]|com defeito|quebrad[oa])",
        r"(?:cancelei|devolvi) (?:\w+ ){0,3}(?:pedido|encomenda|mercadoria)|quero (?:um |o |meu )?(?:reembolso|"
        r"dinheiro de volta)",
        r"cobrad[oa] (?:duas vezes|em dobro)|cobraram (?:a mais|duas vezes)",
    ),
    harmless=whole_words(
        r"(?:nao|nunca) (?:\w+ )?(?:foi |esta |tinha )?(?:pag[oa]|paguei)(?! (?:isso|isto|essa))",
        r"nao recebi (?:\w+ ){0,2}(?:fatura|link|mensagem|email|salario|boleto)",
    ),
    days={"hoje": 0, "amanha": 1, "depois de amanha": 2},
    weekdays=(
        "segunda(?: feira)",
        "terca(?: feira)?",
        "quarta(?: feira)?",
        "quinta(?: feira)?",
        "sexta(?: feira)?",
        "sabado",
        "domingo",
    ),
    months=(
        *("janeiro", "fevereiro", "marco", "abril", "maio", "junho", "julho", "agosto"),
        *("setembro", "outubro", "novembro", "dezembro"),
    ),
    week_end=(r"(?:o |no )?(?:fim|final) de semana|(?:fim|final) da semana|esta semana|essa semana",),
    next_week=(r"(?:a |na )?(?:proxima semana|semana que vem|semana proxima)",),
    month_end=(r"(?:o |no |ate o )?(?:fim|final) do mes|este mes|esse mes",),
    next_month=(r"(?:o |no )?(?:proximo mes|mes que vem)",),
    within=r"(?:em|dentro de|daqui a) (?P<n>\d{1,3}|\w+) (?P<unit>dias?|semanas?|mes(?:es)?)",
    units={"dia": 1, "dias": 1, "semana": 7, "semanas": 7, "mes": 30, "meses": 30},
    numbers={
        "um": 1,
        "uma": 1,
        "dois": 2,
        "duas": 2,
        "tres": 3,
        "quatro": 4,
        "cinco": 5,
        "seis": 6,
        "oito": 8,
        "dez": 10,
        "quinze": 15,
    },
    the_day=r"(?:o dia|no dia|dia|ate o dia|ate dia) (?P<d>\d{1,2})(?: de)?",
)
