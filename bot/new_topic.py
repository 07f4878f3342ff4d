"""`otto new`: the file of a new topic, to be filled in by an editor."""

import re
from pathlib import Path

from bot.answers import INTENT, TO_WRITE
from bot.errors import OttoError

ID = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", re.ASCII)
LONGEST = 40

SCAFFOLD = f"""\
version: "3.1"

# docs/content.md explains each part. Replace every {TO_WRITE}, then run `otto check`.

nlu:
- intent: {INTENT}/{{id}}
  examples: |
    - {TO_WRITE}: a clear question, such as: Where can I park?
    - {TO_WRITE}: the same as people really type it, a line each, at least 15 lines in all

responses:
  utter_{INTENT}/{{id}}:
  - text: >-
      {TO_WRITE}: the answer on the website, at most 80 words. The first sentence answers.
    metadata:
      question: "{TO_WRITE}: the first example again, word for word"
      # Where the documents say it; data/sources.yml lists them and their sections. If none does,
      # put `sources: []` here and `covered: false` above it, say so in the answer, and say who
      # to ask. {{contact}} becomes the clinic's phone number and hours.
      sources:
      - {{{{id: "{TO_WRITE}", section: "{TO_WRITE}"}}}}
      # Topics that people may ask about next: names of files in this folder.
      related: ["{TO_WRITE}"]
  - channel: sms
    text: >-
      {TO_WRITE}: the answer as a text message, at most 300 characters with its source.
"""


class TopicError(OttoError):
    """A topic cannot be made; the message says why and what to do."""


def scaffold(id_: str) -> str:
    """The content of a new topic's file."""
    return SCAFFOLD.format(id=id_, contact="{clinic_contact}")


def create(id_: str, folder: Path) -> Path:
    """Put the file of a new topic into `folder` and return its path.

    Raises:
        TopicError: it cannot be called that, is there already, or cannot be written.
    """
    if not ID.fullmatch(id_) or len(id_) > LONGEST:
        raise TopicError(
            f"a topic cannot be called {id_!r}; please take at most {LONGEST} small letters and "
            "digits, with _ between words, such as parking_fees"
        )
    path = folder / f"{id_}.yml"
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(scaffold(id_))
    except FileExistsError as error:
        raise TopicError(f"{path} is there already; please edit it or take another name") from error
    except OSError as error:
        raise TopicError(f"{path} cannot be written ({error.strerror})") from error
    return path
