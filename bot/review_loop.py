"""`otto review --accept`: which questions of each group belong to which topic."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from difflib import get_close_matches

from prompt_toolkit import prompt
from prompt_toolkit.completion import WordCompleter

from bot import acceptance
from bot.acceptance import Judge
from bot.answers import INTENT, topics
from bot.errors import OttoError
from bot.paths import DATA, ROOT, TOPICS
from bot.review import Group
from bot.review_page import MOST_TEXTS, NONE, lines

CASES = ROOT / "tests" / "cases"
END = "q"
HELP = (
    "Type the topic that a group belongs to, or the number of one that is near; Tab completes.\n"
    f"Enter leaves the group as it is, {END} ends.\n"
)


class Ended(Exception):  # noqa: N818
    """Whoever reviews has had enough."""


def accept(groups: Sequence[Group]) -> int:
    """Go through the groups, and return how many examples were added to topics."""
    if not groups:
        print(NONE)
        return 0
    judge = Judge.load(CASES, DATA / "nlu")
    count = 0
    print(HELP)
    try:
        for number, group in enumerate(groups, 1):
            print(lines(number, group))
            try:
                count += _take(group, judge)
            except OttoError as error:
                print(f"otto: {error}")
            print()
    except Ended:
        pass
    print(f"{count} examples added.")
    return count


def _take(group: Group, judge: Judge) -> int:
    """Ask what is to become of a group, and return how many examples were added."""
    topic = _topic(group)
    if topic is None:
        return 0
    texts = []
    for text in _chosen(group):
        if objection := judge.objection(text, topic):
            print(f"   left out: {text}\n      because {objection}")
        else:
            texts.append(text)
    if not texts:
        return 0
    path = TOPICS / f"{topic}.yml"
    before = path.read_text(encoding="utf-8")
    after = acceptance.added(before, topic, texts)
    print(acceptance.difference(before, after, path))
    if not agrees(f"Add {'this' if len(texts) == 1 else 'these'} to {topic}?"):
        return 0
    acceptance.write(path, after)
    # So that no later group can give the same sentence to another topic.
    judge.examples.setdefault(f"{INTENT}/{topic}", []).extend(texts)
    return len(texts)


def _topic(group: Group) -> str | None:
    """The topic that was chosen for a group, or None to leave it."""
    while answer := _asked("Topic: ", list(topics())):
        if answer.isdecimal() and 0 < int(answer) <= len(group.near):
            return group.near[int(answer) - 1]
        if answer in topics():
            return answer
        near = get_close_matches(answer, topics(), 2)
        hint = f"Did you mean {' or '.join(near)}? " if near else ""
        print(f"There is no topic {answer}. {hint}`otto new` begins one.")
    return None


def _chosen(group: Group) -> list[str]:
    """The wordings that were chosen of those that are shown."""
    texts = group.texts[:MOST_TEXTS]
    if len(texts) == 1:
        return texts
    while answer := _asked("Which questions? (Enter: all; or numbers, such as 1 3) "):
        numbers = answer.replace(",", " ").split()
        if all(n.isdecimal() and 0 < int(n) <= len(texts) for n in numbers):
            return [texts[int(n) - 1] for n in dict.fromkeys(numbers)]
        print(f"Please type numbers from 1 to {len(texts)}.")
    return texts


def agrees(question: str) -> bool:
    """Whether the answer to a question is yes."""
    try:
        return _asked(f"{question} (y/N) ").lower() in ("y", "yes")
    except Ended:
        return False


def _asked(question: str, names: Sequence[str] = ()) -> str:
    """What is typed; the end of input or `END` ends the review.

    Raises:
        Ended: it does.
    """
    try:
        if sys.stdin.isatty():
            answer = prompt(question, completer=WordCompleter(list(names)))
        else:
            answer = input(question)
    except EOFError:
        raise Ended from None
    if answer.strip() == END:
        raise Ended
    return answer.strip()
