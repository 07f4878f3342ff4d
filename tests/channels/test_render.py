"""A message as plain text, for a terminal and for a phone."""

from typing import Any

import pytest

from bot.answers import load_sources
from bot.channels.render import as_sms, as_terminal, plain

DOCUMENT = next(iter(load_sources()))
NAME = load_sources()[DOCUMENT].name
SHORT = load_sources()[DOCUMENT].short_name


def message(text: str = "Well?", choices: tuple[str, ...] = (), **metadata: Any) -> dict[str, Any]:
    return {
        "text": text,
        "buttons": [{"title": title, "payload": f"payload of {title}"} for title in choices],
        "metadata": metadata,
    }


def cited(*sections: str) -> list[dict[str, str]]:
    return [{"id": DOCUMENT, "section": section} for section in sections]


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**bold** and plain", "bold and plain"),
        ("two **bold** **words**", "two bold words"),
        ("call [911](tel:911)", "call 911"),
        ("[text 988](sms:988)", "text 988"),
        ("[the page](https://example.org/a?b=c)", "the page"),
        ("[write](mailto:me@example.org)", "write"),
        ("**call [911](tel:911)** now", "call 911 now"),
        ("no [brackets] here (at all)", "no [brackets] here (at all)"),
        ("2 * 3 * 4", "2 * 3 * 4"),
        ("- a list\n- of two", "- a list\n- of two"),
    ],
)
def test_markdown_leaves_only_its_words(markdown: str, text: str) -> None:
    assert plain(markdown) == text


def test_a_message_without_extras_is_its_text() -> None:
    assert (as_terminal(message()), as_sms(message())) == ("Well?", "Well?")


@pytest.mark.parametrize(
    ("render", "indent"), [(as_terminal, "  "), (as_sms, "")], ids=["terminal", "sms"]
)
def test_choices_are_numbered_from_one_a_line_each(render: Any, indent: str) -> None:
    shown = render(message(choices=("A child", "An adult")))
    assert shown == f"Well?\n{indent}1. A child\n{indent}2. An adult"


def test_a_terminal_names_a_document_once_with_all_its_sections() -> None:
    shown = as_terminal(message(sources=cited("One", "Two")))
    assert shown == f"Well?\n  Source: {NAME}: “One”, “Two”"


def test_a_text_message_names_a_document_once_and_shortly() -> None:
    assert as_sms(message(sources=cited("One", "Two"))) == f"Well?\nSource: {SHORT}"


def test_a_text_message_that_names_its_source_is_left_as_it_is() -> None:
    text = "OT helps. Source: an article."
    assert as_sms(message(text, sources=cited("One"))) == text


def test_sources_stand_after_the_choices_by_text_message() -> None:
    shown = as_sms(message(choices=("A child",), sources=cited("One")))
    assert shown == f"Well?\n1. A child\nSource: {SHORT}"
