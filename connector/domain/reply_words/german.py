"""German, with and without umlauts."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = (
    r"(?:sms|smse|nachrichten?|textnachrichten?|mitteilungen?|erinnerungen?|benachrichtigungen?|mahnungen?|meldungen?|"
    r"zahlungserinnerungen?|messages?|texte)"
)
_END: Final = r"(?:stopp?|stoppen|stoppt|aufh(?:or|oer)en|abmelden|abbestellen|austragen)"
_POLITE: Final = r"(?:bitte|danke|jetzt|sofort|das|damit|es|sie|mal|endlich|umgehend|ok|vielen dank)"
_ME: Final = r"(?:mir|mich|uns|an diese nummer|hier|auf diese nummer)"
_WRITE: Final = (
    r"(?:schreib(?:en|t|e|st)?|schick(?:en|t|e|st)?|send(?:en|et|e|est)?|kontaktier(?:en|t|e|st)?|bel(?:a|"
    r"ae)stig(?:en|t|e|st)?|"
    r"sims(?:en|t)?|nerv(?:en|t|e|st)?|text(?:en|et|e)|anschreiben|angeschrieben|behellig(?:en|t|e))"
)
_GO: Final = r"(?:sie|ihr|du|bitte|endlich|sofort|also|doch|jetzt|mal)"

GERMAN: Final = ReplyWords(
    code="de",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "abbestellen",
            "abmelden",
            "abmeldung",
            "aufhoeren",
            "aufhoren",
            "austragen",
            "genug",
            "hor auf",
            "hoer auf",
            "keine sms mehr",
            "schluss",
            "schluss damit",
            "stopp",
            "stoppen",
        )
    ),
    harmless=whole_words(
        rf"(?:nicht|nie|niemals) (?:mehr )?{_END}",
        r"(?:halte?|stoppe) (?:ich |kurz |morgen |dann )*(?:bei|am|an|vor|in)",
        r"(?:bus|ist|sind|war|bin|es|wir|ich|dann|eben) ?halt(?:estelle)?",
        r"(?:stopp?(?:en|e|t)?|stornier(?:en|e|t)|k(?:u|ue)ndig(?:en|e|t)) (?:(?:bitte|sie|die|den|das|der|meine?n?|"
        r"unsere?n?|alle) )*"
        r"(?:zahlung(?:en)?|lastschrift(?:en)?|abbuchung(?:en)?|(?:u|ue)berweisung(?:en)?|bestellung|auftrag|"
        r"lieferung|arbeiten|"
        r"termin|vertrag|scheck)",
    ),
    limited=whole_words(
        rf"(?:kein\w*|nicht|nie|{_END})\b.{{0,60}}\b(?:{_TEXTS}|{_WRITE})\b.{{0,60}}"
        r"\b(?:bis|vor|nach|w(?:a|ae)hrend|am (?:wochenende|sonntag|samstag|abend)|sonntags|nachts|abends|bei der "
        r"arbeit|"
        r"so (?:fr(?:u|ue)h|sp(?:a|ae)t|oft)|heute|zweimal|doppelt)",
        rf"{_WRITE}\b.{{0,60}}\b(?:nicht|keine?)\b.{{0,40}}\b(?:bis|vor|nach|w(?:a|ae)hrend|am (?:wochenende|sonntag|"
        rf"samstag|abend)|"
        r"sonntags|nachts|abends|bei der arbeit|so (?:fr(?:u|ue)h|sp(?:a|ae)t|oft)|heute|zweimal|doppelt)",
    ),
    revocation=whole_words(
        rf"h(?:o|oe)r(?:en|t|e|st)? (?:{_GO} )*(?:(?:damit|mit (?:den|diesen|euren|ihren|deinen|dem) \w+) )?(?:{_GO} "
        rf")*auf",
        rf"stopp?(?:en|t|e)? (?:(?:{_GO}|mit|die|diese|alle|den|euren?|ihren?|das|dem|diesen) )*(?:{_TEXTS}|{_WRITE})",
        rf"^(?:(?:{_POLITE}|hallo|guten tag|ich m(?:o|oe)chte|ich will) )*{_END}(?: {_POLITE})*$",
        rf"keine? (?:weiteren?|solchen?|einzigen?) {_TEXTS}",
        rf"(?:kein\w*|nie|niemals) (?:\w+ ){{0,2}}(?:{_TEXTS} )?(?:mehr|wieder) (?:\w+ )?(?:bekommen|erhalten|"
        rf"empfangen|kriegen|senden|"
        r"schicken|schreiben|haben)",
        rf"keine? (?:\w+ )?{_TEXTS} mehr",
        r"nichts mehr von (?:ihnen|euch|dir|der firma) h(?:o|oe)ren",
        rf"^(?:(?:bitte|hallo) )*keine? {_TEXTS}(?: {_POLITE})*$",
        rf"(?:m(?:o|oe)chten?|will|wollen|w(?:u|ue)nschen?|brauche) (?:(?:ich|wir|bitte|auch|von ihnen|von euch|ab "
        rf"sofort|in zukunft) )*"
        rf"(?:keine?|nicht|nichts)\b.{{0,40}}\b(?:{_TEXTS}|kontaktiert|angeschrieben|bel(?:a|ae)stigt|benachrichtigt|"
        rf"mehr (?:h(?:o|oe)ren|"
        r"bekommen|erhalten))",
        rf"{_WRITE} (?:{_GO} )*(?:{_ME} )?(?:{_GO} )*(?:keine? (?:\w+ ){{0,3}}mehr|nie (?:wieder|mehr)|nicht (?:mehr|"
        rf"wieder|weiter)|"
        r"nichts mehr|niemals)",
        r"(?:nicht|nie|nichts) (?:mehr|wieder|l(?:a|ae)nger|weiter)\b.{0,20}\b(?:kontaktier\w*|schreiben|"
        r"anschreiben|schicken|senden|"
        r"bel(?:a|ae)stigen|benachrichtigen|texten)",
        r"(?:bitte|mich|m(?:o|oe)chte|will|wie kann ich) (?:(?:mich|uns|bitte|sofort|hier|davon|von \w+) "
        r")*(?:abmelden|austragen|abbestellen)",
        r"meld(?:en|et|e)? (?:sie |ihr )?(?:mich|uns) (?:bitte |sofort |davon )*ab",
        r"trag(?:en|t|e)? (?:sie |ihr )?(?:mich|uns) (?:bitte |sofort )*aus",
        r"(?:l(?:o|oe)sch|entfern|streich)(?:en|t|e)? (?:(?:sie|ihr|bitte|sofort) )*(?:mich|uns|meine? (?:\w*nummer|"
        r"daten|kontakt)|diese nummer)",
        r"(?:meine?|diese) (?:\w*nummer|daten) (?:(?:bitte|sofort|aus der liste) )*(?:l(?:o|oe)schen|entfernen|"
        r"streichen|austragen)",
        r"(?:nehm(?:en|t)|nimm|streich(?:en|t)?) (?:sie |ihr )?(?:mich|uns|meine \w*nummer) (?:bitte )?(?:aus|von) "
        r"(?:der|ihrer|eurer|dem|"
        r"ihrem|eurem) (?:liste|verteiler)",
        r"(?:widerruf\w*|ziehe|entziehe) (?:(?:ich|hiermit|ihnen) )*(?:meine?r? |die )?(?:einwilligung|zustimmung|"
        r"einverst\w+|erlaubnis)",
        r"(?:lass(?:en|t|e)?) (?:sie |ihr )?(?:mich|uns) (?:bitte |endlich |doch )*(?:in (?:ruhe|frieden)|zufrieden)",
        r"(?:verpiss dich|leck mich|verpisst euch|hau ab|haut ab)",
    ),
    wrong_number=whole_words(
        r"falsche[rns]? (?:\w*nummer|person|empf(?:a|ae)nger|ansprechpartner|kontakt|adressat)",
        r"(?:in der|mit der) (?:\w*nummer|person) (?:geirrt|vertan|irren|verw(?:a|ae)hlt)",
        r"verw(?:a|ae)hlt",
        r"(?:nicht|nicht mehr) (?:die )?(?:richtige \w*nummer|seine \w*nummer|ihre \w*nummer|nummer von)",
        r"(?:niemand(?:en)?|keine?n?)(?: \w+){0,2} mit (?:diesem|dem) namen",
        r"(?:geh(?:o|oe)rt|ist) (?:jetzt )?(?:jemand|einem|einer) ander\w+",
    ),
    doubtful=whole_words(
        r"^(?:bitte )?(?:stopp|h(?:o|oe)r(?:en|t)? (?:sie )?auf)",
        r"(?:\w*anw(?:a|ae)lt\w*|strafanzeige|anzeige erstatten|klage\w*|polizei|verbraucherzentrale|dsgvo|"
        r"datenschutz\w*|bundesnetzagentur|"
        r"bel(?:a|ae)stigung|gericht)",
        r"(?:betrug|betr(?:u|ue)ger|spam|phishing|abzocke|masche|melde (?:sie|euch|das))",
        r"(?:nie|niemals|nicht) (?:\w+ )?(?:zugestimmt|eingewilligt|angemeldet|einverstanden|erlaubt)",
        r"(?:gestorben|verstorben|tot|verschieden)",
        r"kenne (?:ich )?(?:sie |euch |den |die )?nicht|wer (?:sind sie|ist das|seid ihr)",
        r"^halt$",
        r"kein interesse",
        r"(?:rufen|ruft|ruf) (?:sie |ihr )?(?:mich|uns) nicht",
    ),
)
