"""What an editor does about a problem that `otto check` found, in plain words."""

import re
from pathlib import Path

from bot.paths import TOPICS

GUIDE = "docs/content.md explains what an answer needs."
# What a problem says, and what to do about it; the first that fits counts.
STEPS = (
    ("still to write", "write what is asked for wherever the file says TO WRITE."),
    ("is not valid YAML", "compare that line with another file there: spaces at its start count."),
    (
        "missing or misplaced|needs exactly one|is empty",
        "compare with another file there; `otto new` makes one that has every part.",
    ),
    ("UTF-8", "open it in your editor and save it as UTF-8."),
    ("examples, needs", "add ways people ask this below `examples:`, a line each, after “- ”."),
    (
        "first example must be",
        "make the first line below `examples:` and the one after `question:` the same.",
    ),
    ("question mark", "write `question:` and the first example as a question."),
    ("web answer has .* words", "say less in the first `text:`; the first sentence answers."),
    ("reads at grade", "take shorter words and shorter sentences."),
    ("unknown placeholder", "take it out; only {clinic_contact} may stand in an answer."),
    (
        "for which a segment holds",
        "write straight quotes, plain hyphens and plain letters below `channel: sms`.",
    ),
    ("invites", "ask for a number or another word below `channel: sms`."),
    ("segments with its sources", "say less below `channel: sms`."),
    (
        "names no source",
        "add where a document says it (data/sources.yml lists them), or `covered: false`.",
    ),
    ("cites", "copy the document and its section from data/sources.yml, letter by letter."),
    ("related topic", "name topics that people ask next: files in that folder, without .yml."),
    ("is an example of", "keep it in the one topic that should answer it, and delete the other."),
    (
        "is understood as",
        "add examples worded like it, or reword what is like it in the other, and check again.",
    ),
)


def next_step(problem: str) -> str:
    """The next step for a problem as `otto check` words it."""
    for pattern, step in STEPS:
        if re.search(pattern, problem):
            return step
    return GUIDE


def place(problem: str, folder: Path = TOPICS) -> str | None:
    """The file that a problem is in, where its first word is a topic or a topic's file."""
    path = folder / f"{problem.partition(':')[0].removesuffix('.yml').removeprefix('faq/')}.yml"
    return str(path.relative_to(folder.parents[2])) if path.exists() else None
