"""What a question like "and for kids?" means after an answer: data/follow_ups.yml, made to run."""

from __future__ import annotations

from fnmatch import fnmatchcase
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from bot.answers import INTENT as FAQ
from bot.answers import topics
from bot.errors import OttoError
from bot.paths import DATA

if TYPE_CHECKING:
    from bot.intents import Guess

INTENT = "follow_up"
DEFAULT = "default"
CONFIDENCE = attrgetter("confidence")

Table = dict[str, dict[str | None, str]]


class FollowUpError(OttoError):
    """The table of follow-up questions does not say what it must; the message says where."""


@cache
def load(path: Path = DATA / "follow_ups.yml") -> Table:
    """For each kind the topic it leads to by the topic under discussion; None stands for the rest.

    Raises:
        FollowUpError: the file is not as the comment at its head describes.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return {kind: _row(kind, entry) for kind, entry in content.items()}
    except FollowUpError as error:
        raise FollowUpError(f"{path}: {error}") from error
    except (OSError, ValueError, yaml.YAMLError, TypeError, AttributeError, KeyError) as error:
        raise FollowUpError(f"{path}: cannot be read as follow-up questions ({error})") from error


def _row(kind: str, entry: dict[str, str | list[str]]) -> dict[str | None, str]:
    row: dict[str | None, str] = {None: str(entry[DEFAULT])}
    for target, patterns in entry.items():
        if target == DEFAULT:
            continue
        for pattern in patterns:
            found = [id_ for id_ in topics() if fnmatchcase(id_, pattern)]
            if not found:
                raise FollowUpError(f"{kind}: there is no topic {pattern}")
            row |= {id_: target for id_ in found if id_ not in row}
    if unknown := sorted(set(row.values()) - topics().keys()):
        raise FollowUpError(f"{kind}: there is no topic {', '.join(unknown)}")
    return row


def topic_for(kind: str, under_discussion: str | None) -> str:
    """The id of the topic that a follow-up asks for.

    Args:
        kind: the name behind `follow_up/` in data/nlu/follow_up.yml.
        under_discussion: the id of the last topic answered, or None where there was none.

    Raises:
        KeyError: the table has no such kind.
    """
    row = load()[kind]
    return row.get(under_discussion, row[None])


def merged(ranking: list[Guess]) -> list[Guess]:
    """The ranking with each follow-up and the topic that it means by itself made one.

    "How much does it cost?" is as much the one as the other; apart they would share its
    probability and neither be sure. The likelier of the two keeps its name and gets the sum.
    """
    found = {guess.name: guess for guess in ranking}
    for kind, row in load().items():
        pair = [found[n] for n in (f"{INTENT}/{kind}", f"{FAQ}/{row[None]}") if n in found]
        if len(pair) == 2:
            weak, strong = sorted(pair, key=CONFIDENCE)
            found[weak.name] = weak._replace(confidence=0.0)
            found[strong.name] = strong._replace(
                confidence=weak.confidence + strong.confidence,
                likeness=max(weak.likeness, strong.likeness),
            )
    return sorted(found.values(), key=CONFIDENCE, reverse=True)
