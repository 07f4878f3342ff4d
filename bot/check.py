"""The content rules, checked: is every answer complete, sourced, short, plain and fit for SMS?"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import textstat

from bot.answers import ContentError, Source, Topic, load_topic
from bot.channels.render import with_sources
from bot.sms_lint import text_problems
from bot.words import words

EXAMPLES = 15
WEB_WORDS = 80
GRADE = 8.0

# Long because the professions' names are long; leaving them in would hide how plain the rest is.
PROFESSIONS = re.compile(
    r"\b(occupational|physical)\s+(therapy assistants?|therap(?:y|ist|ists|ies))\b", re.IGNORECASE
)
PLACEHOLDER = re.compile(r"\{(\w+)\}")
PLACEHOLDERS = {"clinic_contact"}
# A stand-in of the length of a real contact sentence.
CONTACT = "You can call Riverside OT Clinic at 555-0100, or book at riverside.example.org/book."


def grade(text: str) -> float:
    """The Flesch-Kincaid grade of `text` with the professions' names left out."""
    plain = re.sub(r"[*_]", "", PROFESSIONS.sub("OT", PLACEHOLDER.sub("Call us.", text)))
    return float(textstat.flesch_kincaid_grade(plain))


def topic_problems(
    topic: Topic, topics: Mapping[str, Topic], sources: Mapping[str, Source]
) -> Iterator[str]:
    """What is wrong with one topic, a sentence each."""
    if len(topic.examples) < EXAMPLES:
        yield f"has {len(topic.examples)} examples, needs {EXAMPLES}"
    if not topic.examples or topic.examples[0] != topic.question:
        yield "its first example must be its canonical question, word for word"
    if not topic.question.endswith("?"):
        yield "its canonical question must end with a question mark"
    words = len(topic.web.split())
    if words > WEB_WORDS:
        yield f"its web answer has {words} words, at most {WEB_WORDS}"
    for channel, text in (("web", topic.web), ("sms", topic.sms)):
        if (level := grade(text)) > GRADE:
            yield f"its {channel} answer reads at grade {level:.1f}, at most {GRADE:.0f}"
        if unknown := set(PLACEHOLDER.findall(text)) - PLACEHOLDERS:
            yield f"its {channel} answer uses an unknown placeholder: {', '.join(sorted(unknown))}"
    sms = with_sources(
        PLACEHOLDER.sub(CONTACT, topic.sms),
        [sources[citation.id] for citation in topic.citations if citation.id in sources],
    )
    for problem in text_problems(topic.sms, sms):
        yield f"its sms answer {problem}"
    if topic.covered and not topic.citations:
        yield "names no source"
    for citation in topic.citations:
        if citation.id not in sources:
            yield f"cites an unknown document: {citation.id}"
        elif citation.section not in sources[citation.id].sections:
            yield f"cites a section {citation.id} does not have: {citation.section}"
    if not topic.related:
        yield "names no related topic"
    for other in topic.related:
        if other not in topics or other == topic.id:
            yield f"names a related topic that does not exist or is itself: {other}"


def broken(folder: Path) -> list[str]:
    """The files of topics that cannot be read or are not finished, a line each."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        try:
            load_topic(path)
        except ContentError as error:
            found.append(str(error))
    return found


def problems(topics: Mapping[str, Topic], sources: Mapping[str, Source]) -> list[str]:
    """Everything wrong with the content, a line each, beginning with the topic's id."""
    found = [
        f"{topic.id}: {problem}"
        for topic in topics.values()
        for problem in topic_problems(topic, topics, sources)
    ]
    owners: dict[str, list[str]] = defaultdict(list)
    for topic in topics.values():
        for example in topic.examples:
            owners[words(example)].append(topic.id)
    for example, ids in owners.items():
        if len(ids) > 1:
            found.append(f"{ids[0]}: “{example}” is an example of {' and of '.join(ids)}")
    return found


def response_problems(responses: Mapping[str, str]) -> list[str]:
    """What is wrong with what else Otto says by text message, by the names of the responses."""
    filled = {name: PLACEHOLDER.sub(CONTACT, text) for name, text in responses.items()}
    return [
        f"{name}: by text message it {problem}"
        for name, text in filled.items()
        for problem in text_problems(text, text)
    ]
