"""What a visitor's text holds that points to a person, taken out before the text is kept.

Phone and other long numbers, e-mail addresses, full dates, street addresses, and a name where it is
given as one. Years, ages, ZIP codes and cities stay, since answers go by them. A number need not be
valid to be private, so these are shapes: a list of all countries' numbering plans, such as the
`phonenumbers` package, would only leave more in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import regex

DASH = r"[-.·‐-―−/\s]"
MONTH = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"
YEAR = r"(?:(?:19|20)\d\d|['’]\d\d)"
STREET = (
    r"(?:street|str|st|avenue|ave|av|road|rd|boulevard|blvd|drive|dr|lane|ln|court|ct|circle|cir|"
    r"place|pl|way|terrace|ter|parkway|pkwy|highway|hwy|trail|trl|square|sq|loop|alley|crescent)"
)
# Words that no street's name holds, but that stand between a number and "way", "place" or "dr".
NO_STREET = (
    r"(?:years?|yrs?|yo|months?|mos?|weeks?|days?|hours?|hrs?|minutes?|mins?|times?|old|and|or|but|"
    r"my|his|her|our|their|your|a|an|is|was|are|has|had|have|in|on|at|to|for|from|with|per|each|"
    r"i|he|she|we|they|it|this|that|kids?|of|no|any|some|can|do|does|need|needs|wants?|percent|"
    r"the|miles?|blocks?|feet|steps?|stairs|a\.?m|p\.?m)"
)

# The first of those that begin at the same place counts.
SHAPES = {
    # From the beginning of a word only, and never back: a long text must not take long.
    "e-mail address": r"(?<![\w.+%'-])[\w.+%'-]++\s?@\s?[\w-]++(?:\.[\w-]++)+"
    r"|(?<![\w.+%'-])[\w.+%'-]++\s\(?at\)?\s[\w-]++\s\(?dot\)?\s(?:com|org|net|edu|gov|us)\b",
    "date": rf"\b\d{{1,2}}\s?[-/.]\s?\d{{1,2}}\s?[-/.]\s?(?:\d{{4}}|\d\d)\b"
    rf"|\b(?:19|20)\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}\b"
    rf"|\b{MONTH}\s{{0,2}}{DAY}\s?,?\s{{0,2}}{YEAR}\b"
    rf"|\b{DAY}\s(?:of\s)?{MONTH}\s?,?\s?{YEAR}\b"
    rf"|(?<=\b(?:born(?:\son)?|birthday(?:\sis)?|dob(?:\sis)?|d\.o\.b\.?|birth(?:\sis)?)\s?:?\s)"
    rf"(?:{MONTH}\s{DAY}|\d{{1,2}}[-/.]\d{{1,2}})\b",
    "street address": rf"\b\d{{1,6}}[a-z]?\s(?:[nsew]\.?\s|(?:north|south|east|west)\s)?"
    rf"(?:(?!{NO_STREET}\b)[\w.'’-]+\s){{1,4}}?{STREET}\b\.?"
    r"(?:\s?,?\s?(?:apt|apartment|unit|suite|ste|no|#)\b?\.?\s?#?\s?\w+)?"
    r"|\bp\.?\s?o\.?\s?box\s\d+",
    # Four digits after a ZIP code belong to it.
    "number": rf"(?<![\w.])(?!\d{{5}}-\d{{4}}\b)"
    rf"[+(]?\d(?:(?:{DASH}|[()]){{0,3}}\d){{6,20}}(?![\w])",
    "id": r"(?<=\b(?:mrn|(?:member|policy|group|account|medicare|medicaid|insurance|patient|record)"
    r"\s?(?:id|number|no\.?|\#))\s?(?:is\s?|:\s?|\#\s?)?)[a-z\d-]*\d[a-z\d-]{2,}\b",
    "name": r"(?<=\bmy\s(?:full\s)?name(?:['’]?s|\sis|:)\s)(?:\p{L}[\p{L}'’.-]*)"
    r"(?:\s(?-i:\p{Lu})[\p{L}'’.-]*){0,3}",
}
LABELS = {f"shape{i}": f"[{label}]" for i, label in enumerate(SHAPES)}
PATTERN = regex.compile(
    "|".join(f"(?P<{name}>{shape})" for name, shape in zip(LABELS, SHAPES.values(), strict=True)),
    regex.IGNORECASE,
)
# Nothing private is found in a text without any of these, and most have none.
PERHAPS = regex.compile(r"\d|@|dot|name", regex.IGNORECASE)


@dataclass(frozen=True)
class Finding:
    """Where a text holds what is private, in characters, and what stands there instead."""

    start: int
    end: int
    label: str


def findings(text: str) -> list[Finding]:
    """All that is private in a text, in its order."""
    found = PATTERN.finditer(text) if PERHAPS.search(text) else ()
    return [Finding(m.start(), m.end(), LABELS[m.lastgroup]) for m in found]


def redact(text: str) -> str:
    """The text with a label, such as [number], in place of what is private."""
    return without(text, findings(text))


def without(text: str, found: list[Finding]) -> str:
    """The text with labels in place of what was found in it."""
    for finding in reversed(found):
        text = f"{text[: finding.start]}{finding.label}{text[finding.end :]}"
    return text


def redact_all(value: Any) -> Any:
    """A copy of a JSON value with every text in it redacted; names of fields stay."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {key: redact_all(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [redact_all(item) for item in value]
    return value


def redact_entities(found: list[Finding], entities: Sequence[Any]) -> Iterator[Any]:
    """Entities as they are in the redacted text: moved, without those that are private.

    Args:
        found: what is private in their text.
        entities: those of the text as it was.
    """
    for entity in entities:
        start, end = entity.get("start"), entity.get("end")
        if not isinstance(start, int) or not isinstance(end, int):
            yield redact_all(entity)
        elif not any(f.start < end and start < f.end for f in found):
            by = sum(len(f.label) - (f.end - f.start) for f in found if f.end <= start)
            yield entity | {"start": start + by, "end": end + by}
