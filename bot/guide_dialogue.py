"""The questions of the recommendation: what an answer changes, what is asked next, and how."""

import re
from collections.abc import Iterable
from dataclasses import replace

from bot.guide_file import ASKED
from bot.guide_words import ages
from bot.sms import MOST_SEGMENTS, segments
from bot.therapy_guide import Facts, Guide

PERSON, CONDITION, DIFFICULTIES = ASKED
UNKNOWN, NO_CONDITION = "unknown", "none"
# Leads after which it helps to see what is known so far.
RECALLING = {"known", "resume", "welcome_back", "noted"}

# Intents that stay within the questions, even where the guide knows none of the words.
STAY = {"inform", "dont_know", "deny", "affirm", "repeat", "recommend_therapy", "go_back"}
# Intents that an answer in the visitor's own words is taken for at times.
UNCLEAR = {"nlu_fallback", "out_of_scope"}
PERHAPS = UNCLEAR | {"faq", "small_talk"}
# Longer texts than this, if they tell nothing, are no attempt at an answer.
ANSWER_WORDS = 6
ASKING = re.compile(
    r"^(?:and |so |but |ok(?:ay)?,? |also )?(?:how|what|what's|why|when|where|who|which|does|do|did"
    r"|can|could|is|are|was|will|would|should|tell me|explain)\b(?!['’]t)|\?\s*$",
    re.IGNORECASE,
)
CHOOSING = re.compile(
    r"\b(?:ot or pt|pt or ot|which (?:one|therap)|who (?:do|should))", re.IGNORECASE
)
# Without one of these, a person named in passing does not change who it is for.
CORRECTION = re.compile(
    r"\b(?:actually|sorry|i meant?|it['’]?s for|it is for|instead|or rather|no wait|no my)\b"
    r"|\bno,|^wait\b|\bnot (?:for|my|an?|the)\b|(?:^|, )not\b",
    re.IGNORECASE,
)
ADDITION = re.compile(r"\b(?:also|as well|too|forgot to)\b", re.IGNORECASE)
EVERYTHING = re.compile(
    r"\W*(?:almost |nearly )?(?:everything|all)(?: of (?:them|these|it))?(?:,? really)?\W*",
    re.IGNORECASE,
)
REFERENCE = re.compile(r"\b(?:he|him|his|she|her|hers|they|them|their)\b", re.IGNORECASE)


def missing(guide: Guide, facts: Facts) -> str | None:
    """The next thing to ask, or None when a recommendation can be made.

    A worked example of the guide says what each therapy does whoever it is for.
    """
    condition = guide.conditions.get(facts.condition or "")
    if condition and condition.parts:
        return None
    if facts.person is None:
        return PERSON
    if facts.difficulties:
        return None
    return CONDITION if facts.condition is None else DIFFICULTIES


def is_answer(guide: Guide, text: str, waiting: str, intent: str) -> bool:
    """Whether a text answers the question for `waiting`, or is a matter of its own."""
    told = guide.read(text)
    if intent in STAY or (CORRECTION.search(text) and told != Facts()):
        return True
    if waiting == DIFFICULTIES and EVERYTHING.fullmatch(text):
        return True
    if intent == "follow_up":
        return bool(getattr(told, waiting))
    if intent not in PERHAPS:
        return False
    tells = bool(getattr(told, waiting) or told.condition or told.difficulties)
    if ASKING.search(text):
        return tells and bool(CHOOSING.search(text))
    if tells or guide.names_only_body(text):
        return True
    attempt = intent in UNCLEAR or (waiting == CONDITION and intent == "faq")
    return attempt and len(text.split()) <= ANSWER_WORDS


def answered(guide: Guide, before: Facts, text: str, waiting: str | None) -> Facts:
    """What is known once `text` is added, said in answer to the question for `waiting`, if any.

    A known person changes by a correction or an age; of two conditions the guide's first counts,
    unless the text corrects the other.
    """
    told, denied = guide.read(text), guide.denials(text)
    # A text that names nothing but a person can only mean who it is for.
    corrects = bool(CORRECTION.search(text)) or told == Facts(told.person, age=told.age)
    person = None if ("person", before.person) in denied else before.person
    fits = _fits(guide, person, told) and not CORRECTION.search(text)
    if (
        told.person
        and not fits
        and (corrects or waiting == PERSON or told.age is not None or not person)
    ):
        person = told.person
    condition = None if ("condition", before.condition) in denied else before.condition
    if told.condition:
        both = {told.condition, condition}
        chosen = corrects or waiting == CONDITION or condition not in guide.conditions
        condition = told.condition if chosen else next(c for c in guide.conditions if c in both)
    elif waiting == CONDITION and guide.names_only_body(text):
        condition = NO_CONDITION
    if waiting == DIFFICULTIES and EVERYTHING.fullmatch(text):
        return Facts(person, condition, tuple(guide.difficulties))
    kept = (d for d in before.difficulties if ("difficulty", d) not in denied and d != UNKNOWN)
    return Facts(person, condition, tuple(dict.fromkeys((*kept, *told.difficulties))))


def _fits(guide: Guide, person: str | None, told: Facts) -> bool:
    """Whether a person named without an age may be the one who is known: mom, who is 80."""
    known, named = guide.persons.get(person or ""), guide.persons.get(told.person or "")
    return bool(known and named and told.age is None and known.since > named.since > 0)


def skipped(facts: Facts, waiting: str, refused: bool = False) -> Facts:
    """Go on without an answer: the person never decides alone, a condition may be none."""
    if waiting == DIFFICULTIES:
        return replace(facts, difficulties=(UNKNOWN,))
    if waiting == PERSON:
        return replace(facts, person=UNKNOWN)
    return replace(facts, condition=NO_CONDITION if refused else UNKNOWN)


def unanswered(facts: Facts, slot: str) -> Facts:
    """The facts with one of them taken back."""
    if slot == DIFFICULTIES:
        return replace(facts, difficulties=())
    return replace(facts, person=None) if slot == PERSON else replace(facts, condition=None)


def goes_on(told: Facts, text: str, intent: str) -> bool:
    """Whether a text that tells `told` is about whom the last recommendation was for."""
    if told == Facts():
        return bool(REFERENCE.search(text))
    if CORRECTION.search(text) or ADDITION.search(text):
        return True
    return told.person is None and (intent == "inform" or bool(REFERENCE.search(text)))


def remembered(guide: Guide, texts: Iterable[str], now: str) -> Facts:
    """What earlier `texts` tell of the somebody that `now` speaks of.

    A text that speaks of nobody ("what is a stroke?") tells nothing. One that names another person
    begins anew, since what ails the one is not the other's.
    """
    facts, who = Facts(), set[str]()
    for text in texts:
        if not speaks_of_somebody(guide, text):
            continue
        named = _persons(guide, text)
        if who and named and who.isdisjoint(named) and not CORRECTION.search(text):
            facts, who = Facts(), set()
        facts, who = answered(guide, facts, text, None), who | named
    named = _persons(guide, now)
    return Facts() if who and named and who.isdisjoint(named) else facts


def speaks_of_somebody(guide: Guide, text: str) -> bool:
    """Whether a text speaks of the visitor or of a person close by."""
    said = re.findall(r"[a-z]+(?:'[a-z]+)?", text.lower().replace("’", "'"))
    return not guide.speaking_of.isdisjoint(said) or any(ages(text))


def _persons(guide: Guide, text: str) -> set[str]:
    """The words by which a text names persons."""
    return {
        text[mention.start : mention.end].lower()
        for mention in guide.mentions(text)
        if mention.kind == "person"
    }


def worded(guide: Guide, asked: str, times: int, lead: str | None, facts: Facts) -> str:
    """The question for `asked`, after it was asked `times` before; `lead` as in the guide."""
    question = guide.questions[asked]
    opening = [question.again if lead == "again" else guide.leads[lead]] if lead else []
    if lead == "known":
        opening = []
    if lead in RECALLING and (known := guide.named(facts)):
        opening.append(guide.leads["known"].replace("{what}", ", ".join(known)))
    return " ".join([*opening, question.wordings[times % len(question.wordings)]])


def worded_shortly(
    guide: Guide, asked: str, times: int, lead: str | None, facts: Facts, choices: str
) -> str:
    """The same for a text message: what leaves no room for the numbered `choices` is left out."""
    for said, known in ((lead, facts), (lead, Facts()), (None, Facts())):
        text = worded(guide, asked, times, said, known).replace("“", '"').replace("”", '"')
        if segments(f"{text}\n{choices}") <= MOST_SEGMENTS:
            break
    return text
