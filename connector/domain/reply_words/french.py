"""French, of France, Belgium, Switzerland and Quebec."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = (
    r"(?:sms|textos?|messages?|msgs?|rappels?|notifications?|relances?|alertes?|mms|sollicitations?|"
    r"demandes de paiement)"
)
_END: Final = r"(?:arret(?:ez|er|e|es)|stop(?:pez|per|pe)?|cess(?:ez|er|e))"
_POLITE: Final = (
    r"(?:svp|stp|sil (?:vous|te) plait|merci|maintenant|immediatement|tout de suite|tout|ca|cela|la|de suite|ok|bonne "
    r"journee|cordialement|enfin|une fois pour toutes)"
)
_BEFORE: Final = (
    r"(?:svp|stp|sil (?:vous|te) plait|merci de|merci d|bonjour|bonsoir|veuillez|je vous (?:demande|prie|dis) de|"
    r"pouvez vous|pourriez vous|peux tu|vous pouvez|je veux que vous|il faut|mais|alors|donc|et)"
)
_REACH: Final = (
    r"(?:(?:m|nous |me |l)?(?:envoyer|ecrire|importuner|envoie|ecris)|(?:me|nous|de me) (?:contacter|deranger|harceler|"
    r"texter|relancer|solliciter|spammer|embeter|saouler|soler|bombarder|joindre)|contacter|deranger|harceler|texter)"
)

FRENCH: Final = ReplyWords(
    code="fr",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "arret",
            "arrete",
            "arreter",
            "arretez",
            "arretes",
            "stoppez",
            "desabonner",
            "desabonnement",
            "desabonnez moi",
            "desinscrire",
            "desinscription",
            "desinscrivez moi",
            "stop sms",
            "plus de sms",
        )
    ),
    harmless=whole_words(
        rf"(?:ne |n)?{_END} (?:surtout )?(?:pas|jamais)",
        r"(?:ne |n)?(?:veux|souhaite|voudrais|vais) pas (?:(?:que vous |vous |me |m|l)?(?:arreter|arretiez|desinscrire|"
        r"desabonner|stopper))",
        r"(?:je |on |nous )?(?:m|s|nous )?(?:arrete(?:rai|rons|ra|rais|r|s)?|arretons) (?:demain|chez|au|a|vous voir|"
        r"par|"
        r"en passant|de travailler|la semaine)",
        r"arretez vous (?:a|de|vers|ou|chez|quand)",
        r"(?:sans|arret de|un|en|aux?|des|les|d|l)arret(?:s)?|(?:sans|en|un|aux?) arrets?",
        r"arret (?:de (?:bus|travail|tram|maladie)|maladie|du (?:bus|tram)|cardiaque)",
        rf"{_END} (?:svp |donc |vite )?(?:le |les |la |l|ce |cette |mon |ma |mes |un |une |tous les )*(?:prelevements?|"
        r"virements?|paiements?|commandes?|livraisons?|travaux|chantier|services?|abonnement|cheques?|contrat|"
        r"interventions?)",
    ),
    limited=whole_words(
        rf"(?:{_END}|plus|pas|ne|jamais)\b.{{0,60}}\b(?:{_TEXTS}|[ml]?(?:ecri|contact|envo)\w+|{_REACH})\b.{{0,60}}"
        r"\b(?:avant|apres|jusqua|jusquau|pendant|le (?:dimanche|samedi|soir|week ?end|matin)|les (?:dimanches|week "
        r"?ends)|"
        r"la nuit|au travail|si (?:tot|tard|souvent)|aussi (?:tot|tard|souvent)|ce soir|aujourdhui|deux fois|en "
        r"double)",
    ),
    revocation=whole_words(
        rf"d?{_END} (?:(?:donc|svp|immediatement|tout de suite|enfin|maintenant) )*(?:de |d)?(?:tout le temps "
        rf")?{_REACH}",
        rf"d?{_END} (?:(?:donc|svp|immediatement|avec|aux?|tous|toutes|les|ces|vos|tes|cet|cette|lenvoi|envoi|les "
        rf"envois|de|des|"
        rf"denvoyer|denvoi) )*{_TEXTS}",
        rf"^(?:{_BEFORE} )*(?:d)?{_END}(?: (?:avec )?{_POLITE})*$",
        r"ne (?:(?:m|nous |me |plus m|plus nous |plus me |pas m|pas me |l)?(?:ecri|envo|contact|text|derang|relanc|"
        r"sollicit|harcel|importun|embet|spam)\w*) (?:plus|pas|jamais|surtout)",
        r"(?:ne |de ne |a ne )(?:plus|pas|jamais) (?:(?:m|nous |me |l)?(?:ecrire|envoyer|contacter|texter|deranger|"
        r"relancer|solliciter|importuner|recevoir|etre (?:contacte|relance|sollicite|derange)\w*))",
        rf"(?:plus|pas) (?:un seul|une seule|aucun|aucune|jamais|daucun|daucune|d|de|ces|vos|ce genre de)* ?{_TEXTS}"
        rf"(?<!jai pas )(?: {_POLITE})*$",
        rf"(?:veux|souhaite|desire|voudrais|souhaiterais|veut|voulons|souhaitons) (?:plus|pas|aucun|aucune)\b.{{0,40}}"
        rf"\b(?:{_TEXTS}|contacte\w*|relance\w*|recevoir|sollicite\w*|ecriviez|contactiez|rien recevoir)",
        r"(?:desinscri(?:re|vez|s|t|ption)|desabonn(?:er|ez|e|ement)|desinscrivez|desabonnez)(?: |$)",
        r"(?:retir|enlev|supprim|effac|ray|sort|ot)(?:ez|er|e|ir|es) (?:moi|nous|mon (?:numero|contact|nom|telephone|"
        r"portable|mobile)|mes (?:coordonnees|donnees)|ce numero)",
        r"(?:laiss|fich|fout|lach)(?:ez|e|es) (?:moi|nous) (?:donc |enfin )?(?:tranquilles?|en paix|la paix)",
        r"(?:retire|revoque|annule|reprends|revoquer|retirer) (?:mon |tout |ma )+(?:consentement|accord|autorisation)",
        r"(?:donne|donner|donnons) (?:plus|pas) (?:mon |le )?(?:consentement|accord|autorisation)",
        r"(?:va te faire|allez vous faire|va chier|casse toi)",
    ),
    wrong_number=whole_words(
        r"(?:mauvais|faux) (?:numero|destinataire|contact)",
        r"mauvaise personne",
        r"(?:vous )?(?:vous )?(?:trompez|etes trompes?|avez trompe|faites erreur|etes trompee)(?: de| sur)? "
        r"(?:numero|personne|la personne|le numero)",
        r"erreur (?:de|sur le|sur la) (?:numero|destinataire|personne)",
        r"(?:pas|plus) (?:le |son |mon |la )?(?:bon|bonne) (?:numero|personne|destinataire)",
        r"(?:pas|plus) (?:son|le sien|leur) (?:numero|telephone|portable)",
        r"(?:vous )?(?:avez|etes sur) (?:le|un) mauvais numero",
        r"(?:personne|pas) (?:ici )?(?:de|a|avec) ce nom",
    ),
    doubtful=whole_words(
        rf"^(?:{_BEFORE} )*(?:arret(?:ez|er|e|es)|cess(?:ez|er))",  # "stop" itself is English's
        r"(?:avocat|huissier|plainte|tribunal|justice|cnil|harcelement|signal(?:e|er|erai|ement)|police|gendarmerie|"
        r"bloctel)",
        r"(?:arnaques?|spam|escroc\w*|escroquerie|fraude|phishing|hameconnage)",
        r"(?:jamais|pas) (?:ete )?(?:accepte|donne (?:mon )?(?:accord|consentement|numero)|consenti|demande|souscrit|"
        r"autorise)",
        r"(?:decede|mort|deces|decedee|morte|disparu)",
        r"(?:connais|connait) pas|qui etes vous",
        r"pas interessee?|ca suffit|ras le bol",
        r"(?:nappelez|ne mappelez|ne mappele[rz]|arretez (?:de )?mappeler) ?(?:plus|pas)?",
    ),
)
