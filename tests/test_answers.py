"""Topics and documents as typed values: read whole, or refused with the file and what is wrong."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.answers import Citation, ContentError, Source, Topic, load_sources, load_topic, topics

TOPIC = """\
nlu:
- intent: faq/parking
  examples: |
    - Where can I park?
    - is there parking
responses:
  utter_faq/parking:
  - text: >-
      You can park **behind the house**.
    metadata:
      question: Where can I park?
      sources:
      - {id: leaflet, section: Getting here}
      related: [buses]
  - channel: sms
    text: Park behind the house.
"""
SMS = "  - channel: sms\n    text: Park behind the house.\n"
SOURCES = """\
leaflet:
  title: Getting here
  publisher: The Clinic
  short: Clinic
  review: 2024-05-06
  sections: [Getting here, Hours]
"""


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of content and return its path."""

    def write(text: str, name: str = "parking.yml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_a_topic_is_read_as_it_is_written(write: Callable[..., Path]) -> None:
    assert load_topic(write(TOPIC)) == Topic(
        id="parking",
        question="Where can I park?",
        web="You can park **behind the house**.",
        sms="Park behind the house.",
        citations=(Citation("leaflet", "Getting here"),),
        related=("buses",),
        covered=True,
        examples=("Where can I park?", "is there parking"),
    )


def test_a_topic_can_say_that_the_documents_do_not_cover_it(write: Callable[..., Path]) -> None:
    text = TOPIC.replace("      related:", "      covered: false\n      related:")
    assert not load_topic(write(text)).covered


@pytest.mark.parametrize(
    ("line", "missing"),
    [
        ("nlu:\n", "nlu"),
        ("responses:\n", "responses"),
        ("  utter_faq/parking:\n", "utter_faq/parking"),
        ("    metadata:\n", "metadata"),
        ("      question: Where can I park?\n", "question"),
        ("      related: [buses]\n", "related"),
        ("    text: Park behind the house.\n", "text"),
    ],
)
def test_what_a_topic_lacks_is_named(line: str, missing: str, write: Callable[..., Path]) -> None:
    renamed = line.replace(line.split(":")[0].strip(), "other")
    with pytest.raises(ContentError, match=rf"^parking\.yml: '{missing}' is missing or misplaced$"):
        load_topic(write(TOPIC.replace(line, renamed)))


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TOPIC.replace("intent: faq/parking", "intent: faq/buses"), id="other intent"),
        pytest.param(TOPIC.replace("nlu:\n", "nlu:\n- intent: faq/parking\n"), id="two intents"),
        pytest.param(TOPIC.replace(SMS, ""), id="no sms answer"),
        pytest.param(TOPIC + SMS, id="two sms answers"),
        pytest.param(TOPIC.replace("  - channel: sms\n", "  - x: 1\n"), id="two web answers"),
    ],
)
def test_a_topic_has_one_intent_and_one_answer_for_each_channel(
    text: str, write: Callable[..., Path]
) -> None:
    with pytest.raises(
        ContentError, match=r"^parking\.yml: needs exactly one intent faq/parking, one response"
    ):
        load_topic(write(text))


@pytest.mark.parametrize("text", ["", "- a list", "just words"])
def test_a_file_that_is_no_topic_is_named(text: str, write: Callable[..., Path]) -> None:
    with pytest.raises(ContentError, match=r"^parking\.yml: .* is missing or misplaced$"):
        load_topic(write(text))


def test_a_topic_that_is_no_yaml_is_named(write: Callable[..., Path]) -> None:
    with pytest.raises(ContentError, match=r"^parking\.yml: line 2 is not valid YAML"):
        load_topic(write("nlu: [unclosed\n"))


def test_every_yaml_file_of_the_folder_is_a_topic(
    tmp_path: Path, write: Callable[..., Path]
) -> None:
    write(TOPIC)
    write(TOPIC.replace("faq/parking", "faq/buses"), "buses.yml")
    write("not a topic", "notes.txt")
    assert list(topics(tmp_path)) == ["buses", "parking"]


def test_the_documents_are_read_as_they_are_written(write: Callable[..., Path]) -> None:
    assert load_sources(write(SOURCES)) == {
        "leaflet": Source(
            id="leaflet",
            title="Getting here",
            publisher="The Clinic",
            short_name="Clinic",
            review="2024-05-06",
            sections=("Getting here", "Hours"),
        )
    }


@pytest.mark.parametrize("field", ["publisher", "review"])
def test_what_a_document_does_not_print_stays_unknown(
    field: str, write: Callable[..., Path]
) -> None:
    lines = [f"  {field}: null" if field in line else line for line in SOURCES.splitlines()]
    assert getattr(load_sources(write("\n".join(lines)))["leaflet"], field) is None


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("leaflet: [unclosed", id="no yaml"),
        pytest.param("", id="empty"),
        pytest.param("leaflet: null", id="no entry"),
        pytest.param(SOURCES.replace("title", "name"), id="no title"),
        pytest.param(SOURCES.replace("[Getting here, Hours]", "null"), id="no sections"),
    ],
)
def test_a_broken_list_of_documents_is_named(text: str, write: Callable[..., Path]) -> None:
    with pytest.raises(ContentError, match="cannot be read as a list of documents"):
        load_sources(write(text))


@pytest.mark.parametrize(
    ("publisher", "name"),
    [("The Clinic", "The Clinic, “Getting here”"), (None, "“Getting here”")],
)
def test_a_document_is_named_by_publisher_and_title(publisher: str | None, name: str) -> None:
    assert Source("leaflet", "Getting here", publisher, "Clinic", None, ()).name == name
