"""The words that a phone company acts on itself, and the few that are Otto's own."""

import re
from dataclasses import dataclass
from enum import Enum


class Keyword(Enum):
    """What a keyword asks for."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"
    MORE = "MORE"
    FORGET = "FORGET"


# What Twilio acts on where a message is nothing else, in any case
# (twilio.com/docs/messaging/tutorials/advanced-opt-out). Otto's texts never invite one of these.
CARRIER = {
    **dict.fromkeys(
        ("STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"),
        Keyword.STOP,
    ),
    **dict.fromkeys(("START", "UNSTOP", "YES"), Keyword.START),
    **dict.fromkeys(("HELP", "INFO"), Keyword.HELP),
}
# An everyday answer too, so it asks for texts again only where there were to be none.
EVERYDAY = "YES"
# What no phone company acts on and is as plain; the rest is for the intents `opt_out` and
# `forget_me` to understand, of which the second says what to text.
OWN = {
    **dict.fromkeys(
        ("OPT OUT", "STOP ALL", "PLEASE STOP", "STOP PLEASE", "STOP TEXTS", "STOP TEXTING"),
        Keyword.STOP,
    ),
    **dict.fromkeys(("MORE", "MORE PLEASE", "READ MORE"), Keyword.MORE),
    # Words alone do it: a sentence may be misunderstood, and what is deleted is gone.
    **dict.fromkeys(
        ("FORGET ME", "DELETE MY DATA", "DELETE MY MESSAGES", "DELETE MY TEXTS"), Keyword.FORGET
    ),
}


@dataclass(frozen=True)
class Match:
    """A keyword, and whether the phone company sees it as well."""

    keyword: Keyword
    by_carrier: bool
    everyday: bool = False


def match(text: str) -> Match | None:
    """The keyword that a whole message is, if any.

    Only the bare word is the phone company's. A keyword with a sign or two ("Stop!") is one for
    Otto alone, but for those of help: a cry for help gets a real answer.
    """
    bare = text.strip().upper()
    if bare in CARRIER:
        return Match(CARRIER[bare], by_carrier=True, everyday=bare == EVERYDAY)
    words = " ".join(re.findall(r"\w+", bare))
    found = OWN.get(words) or CARRIER.get(words)
    if found is None or found is Keyword.HELP:
        return None
    return Match(found, by_carrier=False, everyday=words == EVERYDAY)


# Where a text invites a word: in quotes, in capitals, or after a verb of answering.
_WORDS = "|".join(CARRIER)
_VERBS = (
    r"(?:reply|text|send|say|type|write|answer|respond)(?:ing|ed|s)?(?:\s+(?:with|us|me|back))*"
)
INVITED = re.compile(
    rf"(?P<quoted>[\"'“‘](?i:{_WORDS})[\"'”’.!])|(?P<capital>\b(?:{_WORDS})\b)"
    rf"|(?i:\b{_VERBS}\s+)(?P<bare>(?i:{_WORDS}))\b(?=[\s.,;:!?]|$)"
)
# Words that a text may name because they are meant for another number, or for coming back.
ALLOWED = re.compile(r"text START(?: to \d+)?")


def invited(text: str) -> list[str]:
    """The phone company's words that a text invites, in capitals."""
    found = INVITED.finditer(ALLOWED.sub("", text))
    return list(dict.fromkeys(re.sub(r"\W", "", m[m.lastgroup or 0]).upper() for m in found))
