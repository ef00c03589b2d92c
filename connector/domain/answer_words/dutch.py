"""Dutch, of the Netherlands and Flanders."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:betaling|overschrijving|overboeking|geld|bedrag)"

DUTCH: Final = AnswerWords(
    code="nl",
    promise=whole_words(
        r"(?:zal|zullen|ga|gaan|kan|kunnen|wil)\b.{0,40}\b(?:betalen|overmaken|overschrijven|voldoen)",
        r"(?:wordt|word)\b.{0,30}\b(?:betaald|overgemaakt)",
        rf"{_THING} (?:\w+ )?(?:komt|volgt)",
    ),
    pay=whole_words(rf"betaal|betalen|betaald|overmaken|maak|voldoe|{_THING}|salaris|loon"),
    paid=whole_words(
        r"(?:heb|hebben|is|zijn|al|reeds|net|werd)\b.{0,40}\b(?:betaald|overgemaakt|voldaan|overgeschreven)",
        r"^(?:al |reeds )?(?:betaald|overgemaakt|voldaan)(?: gisteren)?$",
        rf"{_THING} (?:\w+ )?(?:is |werd )*(?:onderweg|gedaan|verstuurd)",
    ),
    dispute=whole_words(
        r"(?:is|zijn|lijkt|was) (?:\w+ ){0,2}(?:fout|onjuist|verkeerd|een (?:fout|vergissing)|te hoog|"
        r"niet (?:juist|correct|"
        r"van mij|goed|mijn))",
        r"klopt (?:\w+ ){0,2}niet|(?:er|hier) (?:zit|is) (?:\w+ )?fout",
        r"(?:nooit|niets|niks|niet)\b.{0,20}\b(?:besteld|ontvangen|gekregen|aangevraagd|ondertekend|gekocht)",
        r"(?:ben|zijn) (?:u |je |jullie )?(?:niets|niks) (?:verschuldigd|schuldig)",
        r"(?:betaal|betalen)\b.{0,25}\b(?:niet|niets|niks)|weiger te betalen",
        r"betwist\w*|klacht|bezwaar|niet (?:mee )?eens|niet akkoord",
        r"(?:verkeerde?|foute?) (?:bedrag|factuur|prijs|klant)",
        r"(?:werk|opdracht|levering|bestelling|goederen)\b.{0,30}\b(?:niet (?:af|klaar|geleverd|aangekomen|afgerond)|"
        r"onvolledig|beschadigd|defect|kapot)",
        r"(?:geannuleerd|teruggestuurd)|geld terug",
        r"dubbel (?:berekend|gefactureerd)|te veel (?:berekend|gerekend)",
    ),
    harmless=whole_words(
        r"(?:niet|nog niet|nooit) (?:betaald|overgemaakt)",
        r"(?:geen|niet) (?:\w+ )?(?:link|sms|mail|factuur|bericht|salaris|loon) (?:\w+ )?(?:ontvangen|gekregen)",
        r"geen klachten?",
    ),
    days={"vandaag": 0, "vanavond": 0, "vanmiddag": 0, "morgen": 1, "overmorgen": 2},
    weekdays=("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    months=(
        *("januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus"),
        *("september", "oktober", "november", "december"),
    ),
    week_end=(r"(?:het )?(?:einde?|eind) van (?:de|deze) week|deze week|(?:dit |het )?weekend",),
    next_week=(r"volgende week|komende week",),
    month_end=(r"(?:het )?(?:einde?|eind) (?:van )?(?:de |deze )?maand|deze maand",),
    next_month=(r"volgende maand|komende maand",),
    within=r"(?:over|binnen|in) (?P<n>\d{1,3}|\w+) (?P<unit>dag(?:en)?|we(?:ek|ken)|maand(?:en)?)",
    units={"dag": 1, "dagen": 1, "week": 7, "weken": 7, "maand": 30, "maanden": 30},
    numbers={"een": 1, "twee": 2, "drie": 3, "vier": 4, "vijf": 5, "zes": 6, "zeven": 7, "acht": 8, "tien": 10},
    the_day=r"(?:de|op de|op|voor de) (?P<d>\d{1,2})(?:e|de|ste)?",
)
