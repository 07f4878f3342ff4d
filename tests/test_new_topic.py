"""A new topic's file: it is read, it is not finished, and nothing of it reaches a visitor."""

from pathlib import Path

import pytest
import yaml

from bot.answers import ContentError, load_topic
from bot.new_topic import TopicError, create, scaffold


def test_a_new_topic_is_not_finished_and_says_what_is_missing(tmp_path: Path) -> None:
    with pytest.raises(ContentError) as error:
        load_topic(create("parking", tmp_path))
    assert str(error.value) == (
        "parking.yml: still to write: the examples, the web answer, the question, the sources, "
        "the related topics, the SMS answer"
    )


def test_a_new_topic_has_every_part_where_rasa_looks_for_it() -> None:
    content = yaml.safe_load(scaffold("parking"))
    assert [entry["intent"] for entry in content["nlu"]] == ["faq/parking"]
    web, sms = content["responses"]["utter_faq/parking"]
    assert set(web["metadata"]) == {"question", "sources", "related"}
    assert sms["channel"] == "sms"


@pytest.mark.parametrize("id_", ["a", "parking", "parking_fees", "cond_2"])
def test_names_like_those_there_are_are_taken(tmp_path: Path, id_: str) -> None:
    assert create(id_, tmp_path).name == f"{id_}.yml"


@pytest.mark.parametrize(
    "id_",
    [
        "",
        "Parking",
        "parking fees",
        "parking-fees",
        "_a",
        "a_",
        "a__b",
        "2nd",
        "../a",
        "é",
        "a" * 41,
    ],
)
def test_other_names_are_refused_with_what_to_take(tmp_path: Path, id_: str) -> None:
    with pytest.raises(TopicError, match="small letters and digits, with _ between words"):
        create(id_, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "parking.yml"
    path.write_text("mine")
    with pytest.raises(TopicError, match="is there already"):
        create("parking", tmp_path)
    assert path.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="cannot be written"):
        create("parking", tmp_path / "missing")
