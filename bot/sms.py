"""What a text message can hold: its two alphabets, its segments, and how a long text is cut."""

from bisect import bisect_right
from dataclasses import dataclass
from unicodedata import normalize

import regex

# 3GPP TS 23.038, section 6.2.1: the default alphabet, and the characters reached by an escape,
# which cost two places each.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

GSM7, UCS2 = "GSM-7", "UCS-2"
# What one message to a visitor may take.
MOST_SEGMENTS = 2
# How many places one segment has that stands alone, and each of several, whose heads take some.
ONE_SEGMENT = 160
EACH_OF_SEVERAL = 153
PLACES = {GSM7: (ONE_SEGMENT, EACH_OF_SEVERAL), UCS2: (70, 67)}

# What GSM-7 has no place for, and what says the same. A letter with an accent is not among them:
# without it, a word may mean something else.
REPLACEMENTS = {
    **dict.fromkeys("“”„‟″«»", '"'),
    **dict.fromkeys("‘’‚‛′`´ʼ", "'"),
    **dict.fromkeys("‐‑‒–—―−", "-"),
    **dict.fromkeys("•·●▪", "-"),
    **dict.fromkeys("\u00a0\u2002\u2003\u2007\u2009\u200a\u202f\t", " "),
    **dict.fromkeys("\u00ad\u200b\u200c\u2060\ufeff", ""),
    **{"…": "...", "×": "x", "→": "->", "≤": "<=", "≥": ">=", "½": "1/2", "¼": "1/4", "¾": "3/4"},
    **{"™": "(TM)", "©": "(C)", "®": "(R)", "ﬁ": "fi", "ﬂ": "fl", "⁄": "/"},
}
TYPOGRAPHIC = str.maketrans(REPLACEMENTS)

# A text may be cut after spaces, but not within a number that is written with some, nor before
# what belongs to the space.
CUT = regex.compile(
    r"(?<!\d\)?\s+)(?<=\s)(?=[^\s\p{M}\p{Cf}])|(?<=\s)(?=[^\s\d(\p{M}\p{Cf}])", regex.V1
)
CHARACTER = regex.compile(r"\X")
SENTENCE_END = regex.compile(r"[.!?:]\W*$")


@dataclass(frozen=True)
class Size:
    """What a text takes to send: its alphabet, its places in it, and its segments."""

    encoding: str
    places: int
    segments: int


def plain_letters(text: str) -> str:
    """The text with what is only typography written in GSM-7's characters."""
    return normalize("NFC", text).translate(TYPOGRAPHIC)


def outside_gsm7(text: str) -> list[str]:
    """The characters of `text`, in order and without repeats, that GSM-7 cannot say."""
    return [char for char in dict.fromkeys(text) if char not in BASIC and char not in EXTENDED]


def size(text: str) -> Size:
    """How a text is sent: in GSM-7 if that has all of its characters, else in UCS-2.

    A character of two places, which is an escaped one in GSM-7 and one beyond the first 65,536
    (an emoji) in UCS-2, is never split over two segments (3GPP TS 23.040, section 9.2.3.24.1).
    """
    if outside_gsm7(text):
        encoding, widths = UCS2, [2 if ord(char) > 0xFFFF else 1 for char in text]
    else:
        encoding, widths = GSM7, [2 if char in EXTENDED else 1 for char in text]
    alone, each = PLACES[encoding]
    places = sum(widths)
    if places <= alone:
        return Size(encoding, places, 1)
    count, room = 1, each
    for width in widths:
        if width > room:
            count, room = count + 1, each
        room -= width
    return Size(encoding, places, count)


def segments(text: str) -> int:
    """How many segments a text takes."""
    return size(text).segments


def pieces(text: str, most: int, tail: str) -> list[str]:
    """The text in pieces that are all of it, each to be sent alone.

    The spaces between two pieces end the first of them. A piece is cut at the end of a line or a
    sentence if one is in its second half, else between two words; a word that is longer than a
    whole piece is cut between two characters as a reader sees them.

    Args:
        text: what to cut.
        most: how many segments a piece may take.
        tail: what will be added to each but the last.
    """
    found = []
    while segments(text.rstrip()) > most:
        longest = bisect_right(
            range(1, len(text)), most, key=lambda end: segments(text[:end].rstrip() + tail)
        )
        end = _cut(text, max(longest, 1))
        found.append(text[:end])
        text = text[end:]
    return [*found, text]


def _cut(text: str, longest: int) -> int:
    """Where to cut a text, at most `longest` characters from its beginning."""
    cuts: list[int] = [match.start() for match in CUT.finditer(text, 1, longest + 1)]
    ends = [end for end in cuts if end <= longest]
    late = [end for end in ends if 2 * end > longest]
    lines = [end for end in late if "\n" in text[len(text[:end].rstrip()) : end]]
    sentences = [end for end in late if SENTENCE_END.search(text[:end])]
    for kind in (lines, sentences, ends):
        if kind:
            return kind[-1]
    characters: list[int] = [m.end() for m in CHARACTER.finditer(text) if m.end() <= longest]
    return characters[-1] if characters else longest
