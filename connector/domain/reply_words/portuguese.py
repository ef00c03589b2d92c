"""Portuguese, of Brazil and of Portugal."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTS: Final = (
    r"(?:sms|mensage(?:m|ns)|msgs?|mensagenzinhas|textos?|lembretes?|notifica(?:cao|coes)|avisos?|"
    r"alertas?|cobrancas?|torpedos?)"
)
_END: Final = r"(?:pare|parem|para|parar|pares|chega|cesse|cessem|deixe|deixem|stop|basta|interrompa|interrompam)"
_POLITE: Final = (
    r"(?:por favor|pf|pfv|pfvr|porfavor|obrigad[oa]|agora|ja|imediatamente|com isso|isso|com isto|isto|"
    r"tudo|ok|de vez|gente)"
)
_BEFORE: Final = (
    r"(?:por favor|pf|pfv|porfavor|ola|oi|bom dia|boa tarde|boa noite|favor|peco que|gostaria que|quero que|podem|"
    r"pode|poderia|queiram|"
    r"solicito que|exijo que|mas|e)"
)
_REACH: Final = (
    r"(?:(?:escrev|mand|envi|contat|contact|perturb|incomod|chate|amol|import|cobr|assedi|notific|avis|"
    r"encher)\w*(?: (?:me|nos))?)"
)

PORTUGUESE: Final = ReplyWords(
    code="pt",
    stop=frozenset(),
    start=frozenset(),
    help=frozenset(),
    stop_alone=frozenset(
        (
            "cancelar inscricao",
            "chega",
            "descadastrar",
            "descadastre",
            "descadastro",
            "parar",
            "pare",
            "parem",
            "remover",
            "sair",
            "sair da lista",
            "remova",
            "basta",
        )
    ),
    harmless=whole_words(
        rf"nao (?:(?:quero que|me|e para|precisa|quero|vao|vou) )*{_END}(?: de)?",
        r"(?:paro|passo|parada|vou parar|parar) (?:ai|em|no|na|de carro|por|ali|amanha)",
        r"(?:pare|parem|parar) (?:na|no|em|aqui|ai|ali|quando)",
        r"(?:para|deixe|deixa|deixei|deixo|deixar|basta|chega|pare|chegar) (?:o |a |os |as |um |uma |pagar|mim|voces|"
        r"que|amanha|hoje|eu|ver|minha|meu|em(?! paz)|na|no|quando|"
        r"pagamento|saber|com voces|sexta|segunda|terca|quarta|quinta|sabado|dia)",
        r"(?:parem?|cancel\w+|interrompam?|parar|suspend\w+) (?:por favor )?(?:o |a |os |as |meu |minha |esse |este |"
        r"um )*(?:pagamentos?|cheques?|pedidos?|servicos?|obras?|"
        r"trabalhos?|entregas?|debitos?|cobrancas? no cartao|consulta|transferencia)",
    ),
    limited=whole_words(
        rf"(?:nao|{_END}|nada)\b.{{0,60}}\b(?:{_TEXTS}|{_REACH})\b.{{0,60}}\b(?:antes|depois|ate|durante|(?:ao|aos|no|"
        rf"nos) (?:domingos?|sabados?|fins? de "
        r"semana|fim de semana)|a noite|de noite|de madrugada|no trabalho|tao (?:cedo|tarde)|hoje|duas vezes|"
        r"repetid\w+)",
    ),
    revocation=whole_words(
        rf"(?!(?:basta|chega) (?!de )){_END} (?:ja )?(?:de |com |a )?(?:(?:me|nos|por favor|estar|ficar) )*{_REACH}",
        rf"(?!(?:basta|chega) (?!de |com )){_END} (?:ja )?(?:(?:de|com|essas|estas|as|suas|os|esses|tantas|todas|"
        rf"enviar|mandar|me) )*{_TEXTS}",
        rf"^(?:{_BEFORE} )*(?:pare|parem|parar|chega|stop|basta)(?: {_POLITE})*$",
        rf"nao (?:me |nos )?(?:volt\w+ a )?(?:escreva\w*|mande\w*|envie\w*|contate\w*|contacte\w*|contactem|"
        rf"perturbe\w*|incomode\w*|chateie\w*|notifique\w*|enviar|mandar)"
        rf"(?: \w+){{0,2}} (?:mais|nada|{_TEXTS}|nunca)",
        rf"nao (?:me |nos )(?:escreva\w*|mande\w*|envie\w*|contate\w*|contacte\w*|perturbe\w*|incomode\w*|"
        rf"chateie\w*)(?: {_POLITE})*$",
        rf"nao (?:quero|desejo|gostaria|pretendo|queremos|aceito)(?: de)?(?: mais)? (?:(?:mais|receber|ter|ser|suas|"
        rf"essas|estas|nenhuma?|que me|as|continuar a|recebendo|qualquer) )*"
        rf"(?:{_TEXTS}|contatad\w|contactad\w|incomodad\w|enviem|mandem|contatem|contactem)",
        r"nao (?:quero|desejo) (?:mais )?receber (?:mais )?nada",
        rf"(?:chega de|sem mais|nada de|nao mais|nem mais uma|mais nenhuma) {_TEXTS}",
        r"(?:descadastr|descadast|desinscrev|desinscri|dessubscrev|cancelar (?:a )?(?:minha )?(?:inscricao|"
        r"subscricao))\w*",
        r"(?:retir|remov|apag|exclu|elimin|tir|delet)\w* (?:por favor )?(?:me|o meu (?:numero|contacto|contato|"
        r"telefone|nome)|meu (?:numero|contato|contacto|telefone|nome|"
        r"celular)|meus dados|os meus dados|este numero|esse numero|meu numero)",
        r"me (?:retir|remov|tir|exclu|apagu|elimin)\w+(?: (?:da|desta|dessa) (?:\w+ )?lista)?",
        r"(?:quero|desejo|como faco para|gostaria de|para) (?:sair|ser removid\w|me descadastrar)(?: (?:da|desta|"
        r"dessa) lista)?$",
        r"(?:deixe|deixem|deixa)(?: ?(?:me|nos))? (?:em paz|sossegad\w)|me deix\w+ em paz",
        r"(?:revogo|retiro|cancelo|anulo) (?:o |meu |a |minha )*(?:consentimento|autorizacao|permissao)",
        r"nao (?:dou|dei|autorizo|tem|têm|autorizei) (?:o |a |meu |minha |a minha )*(?:consentimento|autorizacao|"
        r"permissao)",
        r"(?:vai se foder|vao se foder|vao a merda|vai a merda|vai tomar no cu)",
    ),
    wrong_number=whole_words(
        r"(?:numero|pessoa|destinatario|contato|contacto|telefone) (?:errad\w|engan\w+|incorret\w)",
        r"(?:foi|e) engano|enganou se|(?:se|estao|esta) enganad\w+|enganaram se",
        r"(?:ja )?nao (?:e|sou) (?:mais )?(?:o |a )?(?:numero|telefone|celular|telemovel|pessoa) (?:del[ea]|d[oa]|"
        r"cert[oa]|que)",
        r"(?:este )?numero nao (?:e|pertence) (?:mais )?(?:del[ea]|a|ao|d[oa])",
        r"(?:aqui )?nao (?:ha|tem|conheco) ninguem(?: \w+)? (?:com esse nome|com este nome|chamad\w)",
    ),
    doubtful=whole_words(
        r"^(?:por favor )?(?:pare|parem|chega)",
        r"(?:advogad\w+|processo judicial|processar|denunci\w*|policia|procon|anatel|assedio|tribunal|lgpd|rgpd|"
        r"protecao de dados)",
        r"(?:golpe|fraude|spam|phishing|burla|golpista\w*|bloquear)",
        r"(?:nunca|nao) (?:autorizei|aceitei|dei (?:o )?(?:meu )?(?:numero|consentimento)|me inscrevi|pedi|solicitei|"
        r"consenti)",
        r"(?:faleceu|morreu|falecid\w|mort[oa])",
        r"nao (?:conheco|sei quem)|quem (?:e|sao|es)",
        r"nao (?:tenho|me|estou) (?:interesse|interessa|interessad\w)",
        r"nao (?:me )?(?:ligue|liguem|ligar)",
    ),
)
