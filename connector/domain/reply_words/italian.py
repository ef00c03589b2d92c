"""Italian."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = r"(?:sms|messaggi(?:o|ni)?|msg|promemoria|notific(?:a|he)|avvis[oi]|solleciti?|comunicazion[ei]|testi)"
_END: Final = (
    r"(?:smett(?:a|ete|ila|etela|i|ere|iamola)|finit?(?:ela|ila)|bast[ai]|piant(?:ala|atela)|cess(?:ate|i|"
    r"are|a)|interromp(?:ete|a|i)|stop)"
)
_POLITE: Final = (
    r"(?:per favore|per piacere|perfavore|pf|grazie|ora|adesso|subito|immediatamente|ok|gia|cosi|con "
    r"questo|una volta per tutte)"
)
_BEFORE: Final = (
    r"(?:per favore|per piacere|perfavore|salve|buongiorno|buonasera|ciao|vi prego di|la prego di|prego|vi chiedo di|"
    r"le chiedo di|"
    r"potete|puo|ma|e)"
)
_REACH: Final = (
    r"(?:(?:mandar|inviar|scriver|contattar|disturbar|messaggiar|importunar|sollecitar|molestar|infastidir|spammar|"
    r"rompere|scocciar|"
    r"tormentar|assillar)(?:e|mi|ci|melo|meli|mene)?|rompere)"
)

ITALIAN: Final = ReplyWords(
    code="it",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "basta",
            "basta cosi",
            "basta sms",
            "cancellami",
            "cancellatemi",
            "cancella iscrizione",
            "disiscrivimi",
            "disiscrivetemi",
            "disiscrivi",
            "disdetta sms",
            "smettetela",
            "smettila",
            "stop sms",
        )
    ),
    harmless=whole_words(
        r"(?:non )(?:smett\w+|basta|interromp\w+|cancell(?:atemi|armi|ami))",
        r"(?:mi fermo|fermarmi|passo|fermata) (?:da|domani|al|alla|in|del|dell)",
        r"basta (?:che|solo|pagare|un|una|il|la|cosi poco)|(?:mi|ti|ci|vi|che) basta",
        r"(?:interromp\w+|cancell\w+|annull\w+|bloccate|blocchi|ferm\w+) (?:per favore )?(?:il |la |lo |l|i |le |mio |"
        r"mia |questo |un )*(?:pagament[oi]|"
        r"addebit[oi]|ordin[ei]|bonific[oi]|servizi[oi]?|lavor[oi]|consegn[ae]|appuntament[oi]|assegn[oi]|"
        r"abbonament[oi])",
    ),
    limited=whole_words(
        rf"(?:non|basta|{_END}|niente|piu)\b.{{0,60}}\b(?:{_TEXTS}|{_REACH}|mand\w+|scriv\w+|inviat\w+|"
        rf"contatt\w+)\b.{{0,60}}\b(?:prima|dopo|fino|"
        r"durante|la domenica|il (?:sabato|fine settimana|weekend)|di notte|la notte|la sera|al lavoro|cosi (?:presto|"
        r"tardi|spesso)|oggi|"
        r"due volte|stasera)",
    ),
    revocation=whole_words(
        rf"(?!basta (?!di )){_END} (?:(?:subito|per favore) )*(?:di )?(?:(?:mi|ci) )?{_REACH}",
        rf"{_END} (?:(?:subito|per favore|con|questi|i|vostri|tutti|altri|ad|di|gli|le|inviare|mandare|mandarmi|"
        rf"inviarmi|linvio) )*{_TEXTS}",
        rf"^(?:{_BEFORE} )*{_END}(?: {_POLITE})*$",
        rf"non (?:(?:mi|ci|voglio che mi) )?(?:mand\w+|scriv\w+|invi\w+|contatt\w+|disturb\w+|messaggi\w+|importun\w+|"
        rf"sollecit\w+|molest\w+|"
        rf"mandar\w+|{_REACH})(?: \w+){{0,2}} (?:piu|altri|altro|nulla|niente|{_TEXTS})",
        rf"non (?:mi |ci )(?:mandate|scrivete|scriva|scrivere|inviate|contattate|contatti|contattare|disturbate|"
        rf"disturbi|disturbare|mandi|"
        rf"mandare|inviare|invii)(?: {_POLITE})*$",
        rf"non (?:voglio|desidero|vorrei|intendo|vogliamo|desideriamo)(?: piu)? (?:(?:piu|ricevere|altri|avere|essere|"
        rf"vostri|i|questi|sms|nessun|nessuna|che mi) )*"
        rf"(?:{_TEXTS}|contattat\w+|disturbat\w+|mandiate|scriviate|sollecitat\w+)",
        rf"(?:niente|nessun|mai|non) (?:piu |altr\w+ )(?:{_TEXTS})|(?:niente|nessun) {_TEXTS} (?:piu|per favore|"
        rf"grazie)|mai piu {_TEXTS}",
        r"(?:cancell(?:atemi|armi|ami|i|ate|are|a)|rimuov(?:etemi|ermi|imi|a|ete|ere|i)|togli(?:etemi|ermi|imi|ete|"
        r"ere)|elimin(?:atemi|armi|ate|are|i|a)|"
        r"tolga|depenn\w+)(?: (?:subito|per favore))?(?: (?:il )?mio (?:numero|contatto|nome|telefono|cellulare)| i "
        r"miei dati| questo numero| "
        r"(?:dalla|da questa|dalle|da|d)(?: vostra| sua)?(?: vostre)? ?list\w+)",
        r"(?:cancellatemi|rimuovetemi|toglietemi|disiscriv\w+|disiscrizione|annulla(?:re)? (?:l)?iscrizione)",
        r"(?:lasciat|lasci|lasc)\w*(?:mi|ci) (?:in pace|stare|tranquill\w+)|mi lasci (?:in pace|stare)",
        r"(?:revoco|ritiro|annullo|nego) (?:il mio |il |ogni |la mia )?(?:consenso|autorizzazione|permesso)",
        r"non (?:do|ho dato|avete|vi do|ho mai dato) (?:il mio |il |la mia |l)?(?:consenso|autorizzazione|permesso)",
        r"(?:vaffanculo|andate a (?:quel paese|cagare)|vai a (?:quel paese|cagare))",
    ),
    wrong_number=whole_words(
        r"(?:numero|persona|destinatario|contatto) (?:sbagliat\w|errat\w)",
        r"(?:avete|ha|hai|hanno|ho) sbagliato(?: (?:numero|persona))?",
        r"(?:sbagliato|errato) (?:numero|persona)",
        r"non (?:e|sono) (?:piu )?(?:il suo|il|la|quella|il numero di|suo|il mio) ?(?:numero|persona|giust\w+)",
        r"(?:qui )?non (?:ce|conosco) (?:nessuno|nessun\w*)(?: \w+)? (?:con questo nome|di nome)",
        r"non e (?:piu )?il (?:suo|tuo) numero",
    ),
    doubtful=whole_words(
        rf"^(?:{_BEFORE} )*(?!stop|basta)(?:{_END})(?! (?:che|un|una|il|la|solo)\b)",
        r"(?:avvocat\w+|denunci\w*|querel\w+|polizia|carabinieri|tribunale|garante|molestie|privacy|gdpr)",
        r"(?:truff\w+|frode|spam|phishing|raggiro|segnal\w+)",
        r"(?:mai|non) (?:ho )?(?:dato il (?:mio )?(?:consenso|numero)|accettato|autorizzato|acconsentito|richiesto|"
        r"chiesto)",
        r"(?:mort[oa]|decedut[oa]|mancat[oa]|scompars[oa])",
        r"non (?:vi |la |lo |ti )?conosco|chi (?:siete|sei|e)",
        r"non (?:mi )?interessa|non sono interessat\w",
        r"non (?:mi )?(?:chiamate|chiami|chiamare|telefonate)",
    ),
)
