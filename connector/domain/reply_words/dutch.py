"""Dutch, of the Netherlands and of Belgium."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = (
    r"(?:sms|smsjes|smsen|berichten?|berichtjes?|sms berichten|tekstberichten|herinneringen?|meldingen?|notificaties?|"
    r"aanmaningen?|"
    r"betaalverzoeken|appjes?)"
)
_END: Final = r"(?:stop|stopt|stoppen|hou op|houd op|houdt op|ophouden|kap|kappen)"
_POLITE: Final = (
    r"(?:aub|alstublieft|alsjeblieft|svp|nu|meteen|direct|onmiddellijk|hiermee|ermee|mee|hier mee|er mee|"
    r"daarmee|bedankt|dank u|graag|ok|eens|nou)"
)
_BEFORE: Final = (
    r"(?:aub|alstublieft|alsjeblieft|graag|hallo|goedendag|hoi|wilt u|wil je|kunt u|kun je|kan u|u moet|"
    r"jullie moeten|gelieve|willen jullie|en|maar|te)"
)
_WRITE: Final = (
    r"(?:sms(?:en|t|sen|te)?|sturen|stuur|stuurt|berichten|schrijven|schrijf|contacteren|contacteer|contacteert|"
    r"benaderen|benader|lastigvallen|"
    r"lastig(?: te)? vallen|texten|spammen|appen|bericht|mailen|herinneren|storen|verzenden|zenden|zend)"
)

DUTCH: Final = ReplyWords(
    code="nl",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "afmelden",
            "afmelding",
            "genoeg",
            "hou op",
            "houd op",
            "kappen",
            "kap ermee",
            "ophouden",
            "stoppen",
            "stop sms",
            "uitschrijven",
            "uitschrijving",
        )
    ),
    harmless=whole_words(
        rf"(?:niet|nooit) (?:mee |ermee |te )?(?:{_END}|afmelden|uitschrijven)",
        r"(?:ik|we|wij) stop(?:pen)? (?:morgen|even|bij|langs|met werken|om)",
        r"(?:bus|tram|bij de|halte) ?stop",
        r"(?:stop|stopt|stoppen|annuleer|annuleren) (?:aub |alstublieft |met )?(?:de |het |mijn |een |deze |alle |u "
        r")*(?:betaling(?:en)?|bestelling|levering|incasso|"
        r"afschrijving(?:en)?|werk(?:en|zaamheden)?|opdracht|afspraak|overschrijving|abonnement|dienst)",
        rf"{_TEXTS} (?:heb|is|was|zijn)",
    ),
    limited=whole_words(
        rf"(?:geen|niet|nooit|{_END})\b.{{0,60}}\b(?:{_TEXTS}|{_WRITE})\b.{{0,60}}\b(?:voor|na|tot|tijdens|in het "
        rf"weekend|op (?:zondag|zaterdag|het werk|mijn werk)|"
        r"s nachts|s avonds|zo (?:vroeg|laat|vaak)|vandaag|twee keer|dubbel)",
        rf"{_WRITE}\b.{{0,60}}\b(?:niet|geen)\b.{{0,40}}\b(?:voor|tot|tijdens|in het weekend|op (?:zondag|zaterdag|"
        rf"het werk|mijn werk)|s nachts|s avonds|zo (?:vroeg|laat|"
        r"vaak)|vandaag|twee keer|dubbel)",
    ),
    revocation=whole_words(
        rf"{_END} (?:(?:aub|alstublieft|direct|nu|met|mij|me|ons|het|steeds|te|die|deze|al|jullie|uw|de|van|alle|nou|"
        rf"eens|toch) )*(?:{_TEXTS}|{_WRITE})",
        rf"^(?:{_BEFORE} )*{_END}(?: (?:met )?{_POLITE})*$",
        r"neemt? (?:(?:u|jullie|aub|alstublieft) )*geen contact (?:meer )?(?:met (?:mij|me|ons) )?op",
        rf"^(?:{_BEFORE} )*(?:afmelden|uitschrijven)(?: {_POLITE})*$",
        rf"geen (?:enkele |verdere |nieuwe )?{_TEXTS} (?:meer|naar (?:mij|dit nummer))",
        rf"geen (?:verdere|enkele) {_TEXTS}",
        rf"^(?:(?:graag|aub|alstublieft|hallo) )*geen {_TEXTS}(?: {_POLITE})*$",
        rf"(?:stuur|stuurt|zend|sturen)(?: (?:u|jullie|mij|me|ons|aub|alstublieft|naar mij))* (?:geen|nooit|niets|"
        rf"niks)(?: \w+){{0,2}} (?:meer|{_TEXTS})",
        rf"(?:{_WRITE})(?: (?:u|jullie|mij|me|ons|aub|alstublieft))* (?:niet|nooit) (?:meer|langer|nog)",
        rf"(?:niet|nooit) (?:meer|langer|verder)(?: \w+)? {_WRITE}",
        rf"(?:mij|me|ons) (?:niet|nooit) (?:meer|langer)(?: te)?(?: \w+)? ?{_WRITE}",
        rf"(?:wil|wens|wensen|willen|hoef)(?: (?:ik|we|wij|er|van u|van jullie|graag))* (?:geen|niet|niets|"
        rf"nooit)\b.{{0,40}}(?:{_TEXTS}|ge(?:sms|contacteerd|benaderd)\w*|"
        r"ontvangen|lastiggevallen|meer (?:horen|krijgen))",
        r"(?:schrijf|schrijft|meld|meldt|haal|haalt|gooi|verwijder|wis|schrap|uitschrijf)(?: (?:u|jullie|aub|"
        r"alstublieft))* (?:mij|me|ons|mijn (?:\w*nummer|gegevens)|dit nummer)"
        r"(?: (?:aub|alstublieft|meteen))*(?: (?:uit|af|van|weg).*)?$",
        r"(?:mij|me|ons|mijn (?:\w*nummer|gegevens)) (?:\w+ )?(?:uit te schrijven|uitschrijven|afmelden|af te melden|"
        r"verwijderen|te verwijderen|schrappen|wissen)",
        r"(?:wil|kan|hoe|graag|ik) (?:(?:ik|me|mij|graag|hier|kan|wil|wens) )*(?:uitschrijven|afmelden)",
        r"laat (?:mij|me|ons) (?:met rust|aub met rust|nou met rust)",
        r"(?:trek|trekken|herroep|intrek)(?: ik)? (?:mijn |de )?(?:toestemming|akkoord)(?: (?:hierbij )?in)?",
        r"geef(?: ik)? (?:\w+ )?geen (?:toestemming|akkoord)|geen toestemming (?:gegeven|meer|om)",
        r"(?:rot op|flikker op|sodemieter op|donder op|krijg de)",
    ),
    wrong_number=whole_words(
        r"(?:verkeerd|verkeerde|fout|foute|foutief) (?:verbonden|\w*nummer|persoon|contact)",
        r"(?:niet|niet meer|niet langer) (?:het |zijn |haar |de |mijn )?(?:juiste \w*nummer|\w*nummer van|juiste "
        r"persoon|zijn nummer|haar nummer)",
        r"(?:dit )?(?:nummer )?is niet (?:meer )?(?:zijn|haar|van) (?:\w*nummer|hem|haar|die)",
        r"(?:niemand|geen (?:persoon|mens))(?: \w+){0,2} met (?:die|deze) naam",
        r"u (?:heeft|hebt) (?:het|de) verkeerde",
        r"(?:je|u|jullie) (?:vergist|heeft zich vergist|hebt u vergist)\w*",
    ),
    doubtful=whole_words(
        r"^(?:aub |alstublieft )?(?:hou|houd) (?:eens |nou )?op",
        r"(?:advocaat|deurwaarder|aangifte|politie|klacht|rechtbank|rechter|avg|privacy|autoriteit persoonsgegevens|"
        r"stalking|intimidatie)",
        r"(?:oplichting|oplichters?|fraude|spam|phishing|nep|melden bij|scam)",
        r"(?:nooit|niet) (?:\w+ )?(?:toestemming gegeven|akkoord gegaan|aangemeld|ingeschreven|gevraagd om)",
        r"(?:overleden|gestorven|dood)",
        r"ken (?:u|je|jullie|hem|haar|die) niet|wie (?:is dit|bent u|ben je|zijn jullie)",
        r"(?:geen interesse|niet geinteresseerd)",
        r"(?:bel|belt) (?:mij|me|ons) niet",
    ),
)
