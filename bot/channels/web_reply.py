"""A message of Otto's as the web channel keeps it, and as it shows it."""

from typing import Any

from bot.answers import load_sources
from bot.channels.render import Message

Content = dict[str, Any]
Reply = dict[str, Any]

# What a widget may want to know of a message besides its text.
EXTRAS = ("copy_text", "safety", "location", "topic")


def content(message: Message) -> Content:
    """What is kept of a message: all that is shown, and what its choices stand for."""
    metadata = message["metadata"]
    return {
        "text": message["text"],
        "choices": [
            {"title": button["title"], "payload": button["payload"]}
            for button in message["buttons"]
        ],
        "sources": [_source(cited) for cited in metadata.get("sources") or ()],
        "outcome": metadata["outcome"],
    } | {name: metadata[name] for name in EXTRAS if metadata.get(name)}


def shown(kept: Content, id_: str, seq: int) -> Reply:
    """A kept message under its id, its choices by ids of their own."""
    choices = [
        {"id": f"{id_}.{i}", "title": choice["title"]} for i, choice in enumerate(kept["choices"])
    ]
    return kept | {"id": id_, "seq": seq, "choices": choices}


def unsaved(kept: Content) -> Reply:
    """A message that could not be kept: it can be neither voted on nor chosen from."""
    return kept | {"id": None, "seq": None, "choices": []}


def chosen(choice_id: str) -> tuple[str, int] | None:
    """The id of the message that offered a choice, and its place among the choices."""
    id_, dot, place = choice_id.rpartition(".")
    return (id_, int(place)) if dot and place.isascii() and place.isdigit() else None


def _source(cited: dict[str, str]) -> dict[str, str | None]:
    document = load_sources()[cited["id"]]
    return {
        "title": document.title,
        "publisher": document.publisher,
        "section": cited["section"],
        "review": document.review,
    }
