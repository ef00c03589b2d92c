"""English."""

from __future__ import annotations

from typing import Final

from connector.domain.reply_words.language import ReplyWords, whole_words

_TEXTING: Final = r"(?:texting|txting|messaging|msging|contacting|bothering|harassing|spamming|pestering|sms ?ing)"
_TEXTS: Final = r"(?:texts?|txts?|messages?|msgs?|sms|notifications?|reminders?|alerts?)"
_ENDING: Final = r"(?:stop|unsubscribe|opt out|cancel|quit)"
_POLITE: Final = (
    r"(?:it|this|now|please|pls|plz|thanks|thank you|thx|all|immediately|already|right now|that|ok|okay|guys)"
)

ENGLISH: Final = ReplyWords(
    code="en",
    # Twilio's defaults. https://help.twilio.com/articles/223134027
    stop=frozenset(
        (
            "stop",
            "stopall",
            "stop all",
            "unsubscribe",
            "cancel",
            "end",
            "quit",
            "revoke",
            "optout",
            "opt out",
        )
    ),
    start=frozenset(("start", "yes", "unstop")),
    help=frozenset(("help", "info")),
    stop_alone=frozenset(("stop", "stopall", "stop all", "unsubscribe", "optout", "opt out", "unsubscribe me")),
    harmless=whole_words(
        # "I don't want you to stop", but not "you don't stop", "why don't you stop"
        r"(?<!you )(?:do not|dont|never|(?<!do )(?<!did )not|wont|would not|wouldnt|cant|cannot) "
        rf"(?:(?:want|need|mean|have|going|wish|please|ever)(?: you| u)?(?: to)? ){{0,2}}{_ENDING}",
        r"(?:did not|didnt|never) (?:ask|asked|want|wanted|mean|meant|say|said|tell|told)(?: (?:you|u|to|for)){0,3} "
        rf"{_ENDING}",
        r"stop(?:ped|ping|s)? (?:by|in|at|over|off|round|around|near|for|there|here|to|on my way|the bleeding)",
        r"(?:bus|pit|non|one|full|rest|truck) stop",
        r"stop (?:the |a |that |my |your )?(?:payments?|check|cheque|order|service|work|job|delivery|direct debit)",
        r"(?:call|text|phone|ring) (?:me )?(?:to )?(?:when|before) you stop",
    ),
    limited=whole_words(
        r"(?:stop|quit|no more|dont|do not|please not)\b.{0,60}"
        rf"\b(?:text|call|contact|send|{_TEXTING}|{_TEXTS})\b.{{0,60}}"
        r"\b(?:until|till|before|after|during|while|at (?:work|night|this hour)|so (?:early|late|often)|tonight|today|"
        r"on (?:sundays?|saturdays?|weekends?|the weekend)|twice|again until)",
    ),
    revocation=whole_words(
        rf"(?:stop|quit|cease) {_TEXTING}",
        rf"(?:stop|quit|cease) (?:sending|sendin) (?:(?:me|us|these|those|this|any|more|your|the|all|stupid|so many) )*"
        rf"(?:{_TEXTS}|this|these|them|me)",
        rf"(?:stop|end|cancel) (?:(?:all|these|those|the|your|my|any|with the) )*{_TEXTS}",
        rf"^(?:(?:please|pls|plz|just|hi|hello|hey|can you|could you|would you|i said|i want you to) )*"
        rf"stop(?: {_POLITE})*$",
        rf"^(?:please |pls |plz )?(?:unsubscribe|opt(?: me)? out|cease and desist)(?: {_POLITE})*$",
        r"(?:dont|do not|never|not to) (?:ever )?(?:text|txt|message|msg|contact|bother) "
        r"(?:me|us|this|here|my|again|anymore)",
        rf"(?:dont|do not|never) send (?:(?:me|us|any|more|anymore|these|those|your) )*{_TEXTS}",
        rf"enough (?:with|of) (?:(?:the|these|your|all|of) )*{_TEXTS}",
        rf"^(?:(?:please|pls|plz) )?no {_TEXTS}(?: {_POLITE})*$",
        rf"(?:no|not any) (?:more|further) (?:of (?:these|your|those) )?{_TEXTS}",
        rf"(?:dont|do not|no longer) (?:want|wish|need|like)(?: to)? "
        rf"(?:(?:receive|get|see|be|any|more|these|your|the|further) )*"
        rf"(?:{_TEXTS}|texted|messaged|contacted)",
        r"(?:take|remove|delete|drop|get|cross) (?:me|us|my (?:number|name|phone|cell)|this number|my phone number) "
        r"(?:off|from|out of)",
        r"(?:remove|delete|erase|lose|forget|block) (?:me|my (?:number|phone number|cell)|this number)",
        r"(?:unsubscribe|opt) (?:me|us|this number|my number)",
        r"(?:want|like|wish|need|trying|please|how (?:do|can) i) (?:to )?(?:be )?"
        r"(?:unsubscribed?|opt(?:ed)? out|removed)",
        r"i (?:opt out|unsubscribe|revoke|withdraw)",
        r"(?:revoke|withdraw|cancel)(?:ing)? (?:my |any |all )?(?:consent|permission)",
        r"(?:dont|do not|no longer|never) (?:have|had|gave you|give you|give|gave) (?:my |any )?(?:consent|permission)",
        r"(?:dont|do not) consent",
        r"leave me (?:the \w+ )?alone",
        r"(?:fuck|piss|bugger|buzz|sod|f) off",
        r"^(?:just )?go away$",
    ),
    wrong_number=whole_words(
        r"wrong (?:number|person|phone|guy|man|lady|num|contact)",
        r"(?:not|isnt|no longer) (?:his|her|their|the right|the correct) (?:number|person|phone|cell)",
        r"(?:dont|do not|doesnt|does not|no longer) (?:have|own|has|owns|uses?) this (?:number|phone|cell)",
        r"(?:new owner of|just got|new to) this (?:number|phone)",
        r"(?:nobody|no one|noone|no body) (?:here )?(?:by|with|of) (?:that|this) name",
        r"(?:you )?(?:got|have|texted|reached) the wrong",
        r"(?:this|number) (?:number )?belongs to someone else",
    ),
    doubtful=whole_words(
        r"^(?:please |pls |plz )?stop",
        r"stop$",
        r"(?:stop|quit) (?:calling|phoning|ringing|emailing)",
        r"(?:dont|do not|never) (?:call|phone|ring|email)(?: (?:me|us))",
        r"(?:attorney|lawyer|solicitor|lawsuit|sue you|suing|legal action|tcpa|fcc|harass(?:ment|ing)?)",
        r"(?:scam|spam|phishing|fraud|report(?:ing|ed)? (?:you|this|u))",
        r"(?:never|did not|didnt) (?:agree|sign(?:ed)? up|ask for (?:this|these|texts)|consent|subscribe)",
        r"(?:im|i am|this is|this isnt) (?:not )?(?:mr|mrs|ms|dr) \w+$",
        r"(?:dont|do not) know (?:you|who (?:this|you)|any|him|her|them|this person)",
        r"(?:not interested|leave us alone|go to hell|get lost)",
        r"(?:died|passed away|deceased)",
    ),
)
