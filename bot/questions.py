"""The questions in a message that asks more than one thing."""

import re

MOST = 3
# A shorter piece ("and why?") means little without the rest.
FEWEST_WORDS = 2

SENTENCE = re.compile(r"[^.?!;\n]+[.?!;]*")
# A word that asks, or a verb before its subject; a verb alone may go on with a statement.
ASKS = (
    r"(?:(?:how|what|when|where|why)\b|who(?:['’]s| is| are| can| does)\b|which\b|"
    r"(?:do|does|did|can|could|is|are|will|would|should|may) "
    r"(?:i|you|we|they|he|she|it|my|your|our|his|her|their|the|an?|this|that|there|ots?|pts?"
    r"|occupational|physical|therap\w+|kids|children|people|parents|anyone|someone|insurance"
    r"|medicare|medicaid)\b)"
)
# "… and how often", "…, also do I need", "…, what does it cost"
JOINT = re.compile(
    rf"(?:\s*,)?\s+(?:and|also|plus|&)\s+(?:also\s+|then\s+)?(?={ASKS})"
    rf"|\s*,\s*(?=(?!who|which){ASKS})",
    re.IGNORECASE,
)
JOINING = re.compile(r"^(?:and|also|plus)\b[\s,]*", re.IGNORECASE)
OPENING = re.compile(
    rf"(?:(?:and|also|but|so|ok|okay|hi|hello|hey|thanks|thank you|plus|please|then)\b[\s,]*)*"
    rf"{ASKS}",
    re.IGNORECASE,
)


def questions(text: str) -> list[str]:
    """The questions of a message as it words them, or nothing where it asks less than two.

    Sentences that only tell something are left out.
    """
    found = [piece for sentence in SENTENCE.findall(text) for piece in _pieces(sentence.strip())]
    return found[:MOST] if len(found) > 1 else []


def _pieces(sentence: str) -> list[str]:
    pieces = [_alone(piece.strip(" ,")) for piece in JOINT.split(sentence)]
    return [
        piece
        for piece in pieces
        if len(piece.split()) >= FEWEST_WORDS and (piece.endswith("?") or OPENING.match(piece))
    ]


def _alone(piece: str) -> str:
    """The piece without the word that joins it to the one before, where enough is left."""
    rest = JOINING.sub("", piece)
    return rest if len(rest.split()) >= FEWEST_WORDS else piece
