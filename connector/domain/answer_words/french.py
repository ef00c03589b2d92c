"""French."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_THING: Final = r"(?:paiement|reglement|virement|cheque|argent)"

FRENCH: Final = AnswerWords(
    code="fr",
    promise=whole_words(
        r"(?:je (?:vais|vous|te|la|le|les) )*(?:paierai|payerai|reglerai|virerai|enverrai)",
        r"(?:paierons|payerons|reglerons)",
        r"(?:je vais|on va|nous allons|vais|je compte|je peux) (?:\w+ ){0,2}(?:payer|regler|virer|faire le virement)",
        rf"{_THING} (?:\w+ )?(?:sera|arrive(?:ra)?|partira|va (?:arriver|partir|etre fait))",
    ),
    pay=whole_words(rf"pai(?:e|es|ement|erai|erons)|paye\w*|regl\w+|vire|virement|{_THING}|envoie"),
    paid=whole_words(
        r"(?:jai|avons|ai|a|ete|est|on a|deja|cest|tout est) (?:\w+ ){0,2}(?:paye|payee|payes|payees|regle|"
        r"reglee|regles|reglees)",
        r"^(?:paye|payee|regle|reglee)(?: hier)?$",
        rf"{_THING} (?:\w+ )?(?:a ete |est |deja |ete )*(?:fait|effectue|envoye|parti|emis|poste)",
        rf"(?:fait|effectue|envoye|emis|poste) (?:\w+ ){{0,2}}{_THING}",
    ),
    dispute=whole_words(
        r"(?:est|sont|semble|parait|cest) (?:\w+ ){0,2}(?:fausse?s?|incorrecte?s?|erronee?s?|une erreur|"
        r"trop (?:eleve|cher)e?)",
        r"(?:il y a|ya|y a) (?:\w+ ){0,2}erreur",
        r"(?:nest|est) pas (?:\w+ ){0,2}(?:correcte?|juste|bon(?:ne)?|la mienne|ma (?:facture|commande)|normal)",
        r"(?:jai|nai|navons|avons) (?:jamais|rien|pas) (?:\w+ )?(?:commande|recu|demande|signe|accepte|achete)",
        r"(?:je|on|nous) (?:ne )?(?:vous |te )?(?:dois|doit|devons) (?:rien|pas)",
        r"(?:je )?(?:ne )?(?:paierai|payerai|paye|paie|reglerai) (?:pas|rien)|refuse de (?:payer|regler)",
        r"contest\w+|litige|reclamation|surfactur\w+|en desaccord|pas daccord",
        r"(?:mauvais|mauvaise) (?:montant|facture|prix|client|commande)",
        r"(?:travail|travaux|chantier|commande|livraison|marchandise)\b.{0,30}\b(?:pas (?:fini\w*|termine\w*|"
        r"livre\w*|"
        r"arrive\w*|fait\w*)|inacheve\w*|abime\w*|defectueu\w+|casse\w*)",
        r"annule (?:\w+ ){0,3}(?:commande|rendez vous)|(?:veux|demande) (?:un |etre )?rembours\w+",
        r"facture\w* (?:deux fois|en double)|compte double",
    ),
    harmless=whole_words(
        r"(?:pas|jamais|rien) (?:encore )?(?:ete )?(?:paye|payee|regle|reglee)",
        r"pas (?:encore )?recu (?:\w+ ){0,2}(?:facture|lien|message|sms|mail|salaire|paie|paye)",
        r"pas de (?:reclamation|litige)",
    ),
    days={"aujourdhui": 0, "ce (?:soir|matin|midi)": 0, "cet apres midi": 0, "demain": 1, "apres demain": 2},
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        *("janvier", "fevrier", "mars", "avril", "mai", "juin", "juillet", "aout"),
        *("septembre", "octobre", "novembre", "decembre"),
    ),
    week_end=(r"(?:la )?fin de (?:la |cette )?semaine|cette semaine|(?:ce|le) week ?end",),
    next_week=("(?:la )?semaine prochaine",),
    month_end=(r"(?:la )?fin (?:de |du |de ce )?mois|ce mois ci",),
    next_month=("(?:le )?mois prochain",),
    within=r"(?:dans|sous|dici) (?:les )?(?P<n>\d{1,3}|\w+) (?P<unit>jours?|semaines?|mois)",
    units={"jour": 1, "jours": 1, "semaine": 7, "semaines": 7, "mois": 30},
    numbers={
        "un": 1,
        "une": 1,
        "deux": 2,
        "trois": 3,
        "quatre": 4,
        "cinq": 5,
        "six": 6,
        "huit": 8,
        "dix": 10,
        "quinze": 15,
    },
    the_day=r"le (?P<d>\d{1,2})(?:er)?",
)
