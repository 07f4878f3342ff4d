"""What is marked in a message: places, persons, ages, conditions and difficulties."""

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.entities import ONLY_PLACE, Entities


@pytest.fixture(scope="module")
def component() -> Entities:
    return Entities()


def read(component: Entities, text: str | None) -> Message:
    (message,) = component.process([Message({TEXT: text})])
    return message


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Is there an OT in Tampa?", [("city", "Tampa", "Tampa")]),
        (
            "Is there an OT in Erie, PA?",
            [("city", "Erie", "Erie"), ("state", "Pennsylvania", "PA")],
        ),
        ("Do you cover Texas?", [("state", "Texas", "Texas")]),
        ("33602", [("zip", "33602", "33602")]),
        ("my son", [("person", "child", "son")]),
        ("my wife has arthritis", [("person", "adult", "wife"), ("condition", "arthritis", None)]),
        ("she is 82 years old", [("age", "82", None)]),
        ("getting dressed is hard", [("difficulty", "self_care", "getting dressed")]),
        ("How long is a session?", []),
        ("", []),
        (None, []),
    ],
)
def test_a_message_is_marked(
    text: str | None, found: list[tuple[str, str, str | None]], component: Entities
) -> None:
    entities = read(component, text).get(ENTITIES)
    assert [(e["entity"], str(e["value"])) for e in entities] == [
        (kind, value) for kind, value, _ in found
    ]
    for entity, (_, _, words) in zip(entities, found, strict=True):
        assert words is None or text[entity["start"] : entity["end"]] == words


@pytest.mark.parametrize(
    ("text", "only"),
    [
        ("Tampa", True),
        ("in Tampa, Florida please", True),
        ("my son in Tampa", False),
        ("my left hand", False),
        ("hi", False),
    ],
)
def test_a_place_and_nothing_else_is_told_apart(text: str, only: bool, component: Entities) -> None:
    assert read(component, text).get(ONLY_PLACE) is only


def test_entities_found_before_are_kept(component: Entities) -> None:
    earlier = {"entity": "other", "value": "x", "start": 0, "end": 1}
    (message,) = component.process([Message({TEXT: "my son", ENTITIES: [earlier]})])
    assert [e["entity"] for e in message.get(ENTITIES)] == ["other", "person"]


def test_every_entity_names_what_found_it(component: Entities) -> None:
    entities = read(component, "my son in Tampa").get(ENTITIES)
    assert {entity["extractor"] for entity in entities} == {"Entities"}


def test_a_city_that_is_also_a_word_is_marked_only_as_a_place(component: Entities) -> None:
    assert read(component, "I like reading books").get(ENTITIES) == []
