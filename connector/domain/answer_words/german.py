"""German."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:zahlung|uberweisung|geld|betrag|scheck)"

GERMAN: Final = AnswerWords(
    code="de",
    promise=whole_words(
        r"(?:werde|werden|wird|wollen|will|kann|konnen)\b.{0,50}\b(?:zahlen|bezahlen|uberweisen|begleichen|"
        r"anweisen|bezahlt|uberwiesen)",
        r"(?:zahle|bezahle|uberweise|zahlen|bezahlen|uberweisen) (?:ich |wir )?(?:es |das |sie |die rechnung |"
        r"den betrag )?"
        r"(?:noch |dann |sofort |gleich |bald )",
        rf"{_THING} (?:\w+ )?(?:kommt|folgt|geht (?:raus|ein))",
    ),
    pay=whole_words(rf"zahl(?:e|en|t)|bezahl(?:e|en|t)|uberweise|uberweisen|begleiche|{_THING}|gehalt"),
    paid=whole_words(
        r"(?:habe?|haben|wurde|ist|sind|schon|bereits|langst)\b.{0,40}\b(?:bezahlt|gezahlt|uberwiesen|beglichen|"
        r"angewiesen)",
        r"^(?:schon |bereits |langst )?(?:bezahlt|uberwiesen|beglichen)(?: gestern)?$",
        rf"{_THING} (?:\w+ )?(?:ist |wurde )*(?:raus|unterwegs|erfolgt|getatigt|veranlasst)",
    ),
    dispute=whole_words(
        r"(?:ist|sind|scheint|war) (?:\w+ ){0,2}(?:falsch\w*|fehlerhaft\w*|zu hoch|ein (?:fehler|irrtum)|"
        r"inkorrekt|nicht (?:korrekt|richtig|meine?|unsere?))",
        r"stimmt (?:\w+ ){0,2}nicht|(?:da|hier) (?:ist|liegt) (?:\w+ )?(?:fehler|irrtum)",
        r"(?:nie|niemals|nichts|nicht)\b.{0,20}\b(?:bestellt|erhalten|bekommen|beauftragt|unterschrieben|gekauft)",
        r"schulde\w* (?:ihnen |euch |dir )?nichts",
        r"(?:zahle|bezahle|zahlen|bezahlen|uberweise)\b.{0,25}\b(?:nicht|nichts|keinen)|weigere mich",
        r"reklam\w+|widersprech\w*|widerspruch|beanstand\w+|einspruch|nicht einverstanden",
        r"falsche[rsn]? (?:betrag|rechnung|preis|summe|kunde|menge)",
        r"(?:arbeit\w*|auftrag|lieferung|ware|bestellung)\b.{0,30}\b(?:nicht (?:fertig\w*|erledigt|geliefert|"
        r"angekommen|abgeschlossen|gekommen)|mangelhaft|beschadigt|defekt|kaputt|unvollstandig)",
        r"(?:storniert|zuruckgeschickt|retourniert)|geld zuruck",
        r"doppelt (?:berechnet|abgerechnet)|zu viel berechnet",
    ),
    harmless=whole_words(
        r"(?:nicht|noch nicht|nie|kein\w*) (?:bezahlt|gezahlt|uberwiesen)",
        r"(?:nicht|keine?n?) (?:\w+ )?(?:link|sms|mail|e mail|rechnung|nachricht|gehalt|"
        r"lohn) (?:\w+ )?(?:erhalten|bekommen)",
        r"(?:guten|heute|gestern|am|jeden) morgen",
        r"keine (?:reklamation|beanstandung)\w*",
    ),
    days={"heute": 0, "heut": 0, "morgen": 1, "ubermorgen": 2},
    weekdays=("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag|sonnabend", "sonntag"),
    months=(
        *("januar|janner", "februar", "marz", "april", "mai", "juni", "juli", "august"),
        *("september", "oktober", "november", "dezember"),
    ),
    week_end=(r"ende (?:der|dieser) woche|diese woche|wochenende",),
    next_week=(r"(?:nachste|kommende)r? woche",),
    month_end=(r"(?:zum |am |bis )?(?:monatsende|ende (?:des |diesen |dieses )?monats?|ende des monats)|diesen monat",),
    next_month=(r"(?:nachsten|kommenden) monats?",),
    within=r"(?:in|innerhalb von|binnen) (?:den nachsten )?(?P<n>\d{1,3}|\w+) (?P<unit>tage?n?|wochen?|monate?n?)",
    units={
        "tag": 1,
        "tage": 1,
        "tagen": 1,
        "woche": 7,
        "wochen": 7,
        "monat": 30,
        "monate": 30,
        "monaten": 30,
    },
    numbers={
        "einem": 1,
        "einer": 1,
        "ein": 1,
        "eine": 1,
        "zwei": 2,
        "drei": 3,
        "vier": 4,
        "funf": 5,
        "sechs": 6,
        "sieben": 7,
        "acht": 8,
        "zehn": 10,
        "vierzehn": 14,
    },
    the_day=r"(?:am|bis|bis zum|zum|der|den) (?P<d>\d{1,2})(?:ten|te)?",
)
