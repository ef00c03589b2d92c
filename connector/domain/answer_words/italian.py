"""Italian."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:pagamento|bonifico|assegno|versamento|soldi)"

ITALIAN: Final = AnswerWords(
    code="it",
    promise=whole_words(
        r"(?:paghero|pagheremo|saldero|salderemo|versero|faro (?:il |un )?(?:bonifico|pagamento))",
        r"(?:provvedo|provvedero|provvederemo|provvediamo)",
        r"(?:vado a|conto di|posso|riesco a|possiamo) (?:\w+ )?(?:pagare|saldare|fare il (?:bonifico|pagamento))",
        rf"{_THING} (?:\w+ )?(?:arrivera|parte|partira|sara)",
    ),
    pay=whole_words(rf"pag(?:o|are|arla|arlo|hero|heremo|hiamo)|sald(?:o|are|ero)|verso|{_THING}|stipendio"),
    paid=whole_words(
        r"(?:ho|abbiamo|gia|stata|stato|e) (?:\w+ ){0,2}(?:pagat[oaie]|saldat[oaie]|versat[oa])",
        r"^(?:gia )?(?:pagat[oa]|saldat[oa])(?: ieri)?$",
        rf"(?:fatto|effettuato|inviato|mandato|disposto) (?:\w+ ){{0,2}}{_THING}",
        rf"{_THING} (?:\w+ )?(?:gia |e |stato )*(?:fatto|effettuato|inviato|partito)",
    ),
    dispute=whole_words(
        r"(?:e|sono|sembra) (?:\w+ ){0,2}(?:sbagliat[oaie]|errat[oaie]|scorrett[oa]|un errore|troppo alt[oa])",
        r"(?:ce|vi e) (?:\w+ ){0,2}errore|qualcosa non (?:va|torna)|i conti non tornano",
        r"non (?:e|sono) (?:\w+ ){0,2}(?:corrett[oa]|giust[oa]|mi[ao]|la mia|il mio|quello che)",
        r"(?:non|mai) (?:\w+ ){0,3}(?:ordinato|ricevuto|richiesto|firmato|accettato|comprato|chiesto)",
        r"non (?:vi |le |ti )?(?:devo|dobbiamo) (?:niente|nulla|alcun)",
        r"non (?:\w+ )?(?:paghero|pago|intendo pagare|voglio pagare)|mi rifiuto di pagare",
        r"contest\w+|reclamo|non sono daccordo",
        r"(?:importo|fattura|prezzo|cifra) (?:sbagliat[oa]|errat[oa])",
        r"(?:lavor[oi]|ordine|merce|consegna)\b.{0,30}\b(?:non (?:\w+ )?(?:finit[oi]|terminat[oi]|arrivat[oa]|"
        r"consegnat[oa])|incomplet[oi]|danneggiat[oa]|difettos[oa]|rott[oa])",
        r"(?:annullato|restituito) (?:\w+ ){0,3}(?:ordine|merce)|(?:voglio|chiedo) (?:il |un )?rimborso",
        r"(?:addebitat[oa]|fatturat[oa]) due volte",
    ),
    harmless=whole_words(
        r"(?:non|mai) (?:\w+ )?(?:e |ho |abbiamo |stata |stato )*(?:ancora )?(?:pagat[oa]|saldat[oa])",
        r"non (?:\w+ )?(?:ancora )?ricevuto (?:\w+ ){0,2}(?:fattura|link|messaggio|mail|stipendio)",
    ),
    days={"oggi": 0, "stasera": 0, "domani": 1, "dopodomani": 2, "dopo domani": 2},
    weekdays=("lunedi", "martedi", "mercoledi", "giovedi", "venerdi", "sabato", "domenica"),
    months=(
        *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto"),
        *("settembre", "ottobre", "novembre", "dicembre"),
    ),
    week_end=(r"(?:a |la )?fine (?:della )?settimana|questa settimana|(?:il |questo )?week ?end",),
    next_week=(r"(?:la )?(?:prossima settimana|settimana prossima)",),
    month_end=(r"(?:a |la |per )?fine (?:del )?mese|questo mese",),
    next_month=(r"(?:il )?(?:prossimo mese|mese prossimo)",),
    within=r"(?:tra|fra|entro|in) (?P<n>\d{1,3}|\w+) (?P<unit>giorn[oi]|settiman[ae]|mes[ei])",
    units={"giorno": 1, "giorni": 1, "settimana": 7, "settimane": 7, "mese": 30, "mesi": 30},
    numbers={
        "un": 1,
        "uno": 1,
        "una": 1,
        "due": 2,
        "tre": 3,
        "quattro": 4,
        "cinque": 5,
        "sei": 6,
        "sette": 7,
        "otto": 8,
        "dieci": 10,
        "quindici": 15,
    },
    the_day=r"(?:il|entro il|dal|giorno) (?P<d>\d{1,2})",
)
