"""What is wrong with a text for a text message, and what to write instead."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.answers import ContentError
from bot.channels.render import plain
from bot.paths import DATA, ROOT
from bot.sms import (
    MOST_SEGMENTS,
    ONE_SEGMENT,
    PLACES,
    REPLACEMENTS,
    UCS2,
    outside_gsm7,
    plain_letters,
    segments,
)
from bot.sms_keywords import invited


def text_problems(written: str, sent: str) -> Iterator[str]:
    """What is wrong with a text, a clause each.

    Args:
        written: the text as it stands in its file.
        sent: the text as it goes out, with its choices and sources.
    """
    for char in outside_gsm7(written):
        instead = REPLACEMENTS.get(char)
        yield (
            f"has {char}, for which a segment holds {PLACES[UCS2][0]} characters and not "
            f"{ONE_SEGMENT}; please write "
            + ("another word" if instead is None else instead or "nothing")
            + " instead"
        )
    if not outside_gsm7(written) and (count := segments(sent)) > MOST_SEGMENTS:
        yield (
            f"takes {count} segments with its sources, at most {MOST_SEGMENTS}: "
            f"{len(sent)} characters"
        )
    for word in invited(written):
        yield f"invites {word}, which phone companies act on; please ask for another word"


def responses(root: Path = ROOT) -> dict[str, str]:
    """What else Otto says by text message, as it goes out, by the name of the response.

    Raises:
        ContentError: a file is no YAML, or has a response without a text.
    """
    found: dict[str, str] = {}
    data = root / DATA.name
    for path in (root / "domain.yml", *sorted((data / "nlu").glob("*.yml"))):
        try:
            content: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
            for name, variations in (content.get("responses") or {}).items():
                own = [each for each in variations if each.get("channel") == "sms"]
                text = (own or variations)[0]["text"].strip()
                # What is meant for the web is written plainly when it is sent.
                found[name] = text if own else plain_letters(plain(text))
        except (OSError, yaml.YAMLError, KeyError, TypeError, AttributeError, IndexError) as error:
            raise ContentError(f"{path}: cannot be read as responses ({error})") from error
    return found
