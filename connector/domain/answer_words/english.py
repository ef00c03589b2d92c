"""English."""

from __future__ import annotations

from typing import Final

from connector.domain.answer_words.language import AnswerWords, whole_words

_WILL: Final = (
    r"(?:i will|ill|we will|well|im going to|i am going to|were going to|we are going to|gonna|i shall|i promise)"
)
_PAY: Final = (
    r"(?:pay|settle|transfer|wire|send|mail|drop off|get (?:it|this|that|you) (?:paid|sorted|to you)|take care)"
)
_THING: Final = r"(?:payment|money|transfer|wire|cheque|check|cash|funds)"

ENGLISH: Final = AnswerWords(
    code="en",
    promise=whole_words(
        rf"{_WILL} (?:\w+ ){{0,2}}{_PAY}",
        r"(?:will|ll|to) be paid",
        rf"{_THING} (?:is )?(?:coming|will (?:come|be there|be sent|follow))",
    ),
    pay=whole_words(r"pay|paying|paid|payment|payday|settle|transfer|wire|send|sending|money|cheque|check|cash|funds"),
    paid=whole_words(
        r"(?:already|just|have|ve|has|was|been|did|i|we|ive|weve|it is|its|this is) (?:\w+ )?paid",
        r"paid (?:it|this|that|already|yesterday|last|you|in full|by|the|on|with|via|cash|off|today)",
        r"^(?:all )?paid$",
        rf"{_THING} (?:was |has been |is |were |has |already )*(?:sent|made|done|mailed|posted|in the (?:mail|post)|"
        r"on (?:its|the) way|went (?:out|through)|gone (?:out|through))",
        rf"(?:sent|mailed|posted|dropped off|transferred|wired) (?:\w+ ){{0,3}}{_THING}",
        r"(?:already|just) (?:sent|mailed|posted|transferred|wired) it",
    ),
    dispute=whole_words(
        r"(?:is|are|was|were|looks?|seems?|must be|its|thats) (?:\w+ ){0,2}(?:wrong|incorrect|a mistake|an error|"
        r"not (?:right|correct|mine|ours|what)|too (?:much|high)|inflated)",
        r"(?:isnt|arent|wasnt) (?:\w+ ){0,2}(?:right|correct|mine|ours|what)",
        r"(?:never|didnt|did not) (?:\w+ )?(?:order|ordered|receive|received|get|got|agree|agreed|ask|asked|request|"
        r"requested|sign|signed|hire|hired|buy|bought|authori[sz]ed?)",
        r"not (?:my|our) (?:invoice|bill|order|account|debt)",
        r"(?:dont|do not|doesnt|does not) owe",
        r"(?:wont|will not|not going to|refuse to|am not|im not) (?:be )?pay(?:ing)?",
        r"over ?charged?|disput\w+|contest(?:ing)?|complaint|complain(?:ing)?",
        r"wrong (?:amount|invoice|price|bill|total|customer|item|order|hours|rate)",
        r"(?:work|job|order|goods?|delivery|items?|parts?)\b.{0,30}\b(?:not (?:finished|done|complete\w*|delivered|"
        r"arrived|working)|never (?:came|arrived|delivered|finished)|isnt (?:finished|done)|incomplete|unfinished|"
        r"broken|damaged|defective|faulty)",
        r"(?:cancell?ed|returned) (?:\w+ ){0,3}(?:order|it|this|goods|item|job)",
        r"(?:want|need) (?:a |my )?(?:refund|money back)",
        r"(?:charged|billed|invoiced) (?:me |us )?(?:twice|double|too much)",
    ),
    harmless=whole_words(
        r"(?:havent|have not|hasnt|has not|not|never|dont|unpaid|am|get|gets|getting|got|be|"
        r"being) (?:yet )?(?:been )?paid",
        r"(?:nothing|something|anything|whats|what is) (?:is )?wrong",
        r"(?:didnt|did not|never|havent|have not) (?:get|got|received?|receive|see|"
        r"seen) (?:\w+ ){0,2}(?:invoice|bill|link|"
        r"text|message|e ?mail|copy|receipt)",
        r"can(?:not|t)? (?:i |we )?check|(?:to|please|you|me|ill|will) check (?:on|with|my|the|it)",
        r"no complaints?|not complaining",
    ),
    days={
        "today": 0,
        "tonight": 0,
        "this (?:morning|afternoon|evening)": 0,
        "tomorrow": 1,
        "tmrw": 1,
        "tomorow": 1,
        "the day after tomorrow": 2,
        "day after tomorrow": 2,
    },
    weekdays=("monday", "tuesday|tues", "wednesday|weds", "thursday|thurs", "friday|fri", "saturday", "sunday"),
    months=(
        *("january|jan", "february|feb", "march", "april|apr", "may", "june", "july", "august|aug"),
        *("september|sept", "october|oct", "november|nov", "december|dec"),
    ),
    week_end=(r"(?:the )?end of (?:the|this) week|this week|(?:the|this) weekend",),
    next_week=("next week",),
    month_end=(r"(?:the )?end of (?:the|this) month|month end|this month|eom",),
    next_month=(r"(?:the )?(?:end of )?next month",),
    within=r"(?:in|within) (?:the next )?(?:about |around )?(?P<n>\d{1,3}|\w+) (?P<unit>days?|weeks?|months?)",
    units={"day": 1, "days": 1, "week": 7, "weeks": 7, "month": 30, "months": 30},
    numbers={"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "ten": 10},
    the_day=r"(?:the )?(?P<d>\d{1,2})(?:st|nd|rd|th)(?: of)?",
)
