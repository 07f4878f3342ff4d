"""One message of Otto's as plain text: for a terminal, and for a text message."""

import re
from collections.abc import Sequence
from typing import Any

from bot.answers import Source, load_sources
from bot.sms import plain_letters

Message = dict[str, Any]

MARKUP = re.compile(r"\*\*(.+?)\*\*")
LINK = re.compile(r"\[([^\]]+)\]\((?:tel|https?|mailto|sms):[^)]*\)")


def plain(text: str) -> str:
    """The text without its Markdown."""
    return MARKUP.sub(r"\1", LINK.sub(r"\1", text))


def as_terminal(message: Message) -> str:
    """The message with numbered choices and its sources, a line each."""
    lines = [plain(message["text"])]
    lines += [f"  {i}. {b['title']}" for i, b in enumerate(message["buttons"], 1)]
    sections: dict[str, list[str]] = {}
    for citation in message["metadata"].get("sources", []):
        sections.setdefault(citation["id"], []).append(f"“{citation['section']}”")
    for id_, named in sections.items():
        lines.append(f"  Source: {load_sources()[id_].name}: {', '.join(named)}")
    return "\n".join(lines)


def as_sms(message: Message) -> str:
    """The message as one text: numbered choices, and its sources by their short names."""
    lines = [plain(message["text"])]
    lines += [f"{i}. {b['title']}" for i, b in enumerate(message["buttons"], 1)]
    text = plain_letters("\n".join(lines))
    if "Source:" in text:
        return text
    documents = load_sources()
    return with_sources(text, [documents[c["id"]] for c in message["metadata"].get("sources", [])])


def with_sources(text: str, sources: Sequence[Source]) -> str:
    """The text of a message followed by the short names of its sources, each once."""
    names = dict.fromkeys(source.short_name for source in sources)
    return f"{text}\nSource: {', '.join(names)}" if names else text
