"""What each answer takes to send by text message: writes the tables of docs/sms.md.

python -m benchmarks.sms
"""

from statistics import median

from benchmarks.document import put
from bot.answers import Topic, load_sources, topics
from bot.channels.render import with_sources
from bot.check import CONTACT, PLACEHOLDER
from bot.paths import ROOT
from bot.sms import Size, size

DOCUMENT = ROOT / "docs" / "sms.md"


def sent(topic: Topic) -> str:
    """An answer as it goes out, with the contact of a made-up clinic."""
    cited = [load_sources()[citation.id] for citation in topic.citations]
    return with_sources(PLACEHOLDER.sub(CONTACT, topic.sms), cited)


def sizes() -> dict[str, Size]:
    """What each answer takes, by its question."""
    return {topic.question: size(sent(topic)) for topic in topics().values()}


def summary() -> str:
    """The least, the middle and the most."""
    found = list(sizes().values())
    rows = ["| of all answers | least | median | most |", "|---|---|---|---|"]
    for name in ("segments", "places"):
        counts = [getattr(each, name) for each in found]
        rows.append(f"| {name} | {min(counts)} | {median(counts):g} | {max(counts)} |")
    ones = sum(each.segments == 1 for each in found)
    rows.append(f"| answers of one segment, of all | {ones} | | {len(found)} |")
    return "\n".join(rows)


def listing() -> str:
    """Every answer, the shortest first."""
    rows = ["| question | segments | places | alphabet |", "|---|---|---|---|"]
    for question, each in sorted(sizes().items(), key=lambda item: (item[1].places, item[0])):
        rows.append(f"| {question} | {each.segments} | {each.places} | {each.encoding} |")
    return "\n".join(rows)


def main() -> None:
    """Write both tables."""
    put(DOCUMENT, "summary", summary())
    put(DOCUMENT, "answers", listing())


if __name__ == "__main__":
    main()
