"""The gate as Rasa runs it: which intent a message has behind it, and which second question."""

from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.gate import Thresholds
from bot.nlu.classifier import LABELS, PARTS
from bot.nlu.entities import ONLY_PLACE, PERHAPS_PLACE
from bot.nlu.gate import ALSO, Gate

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.52, doubt=0.25, far=0.25, far_likeness=0.5)


def label(name: str, confidence: float = 0.9, likeness: float = 0.9) -> dict[str, Any]:
    return {"name": name, "confidence": confidence, "likeness": likeness}


def passed(
    text: str,
    *labels: dict[str, Any],
    entities: tuple[str, ...] = (),
    only_place: bool = False,
    perhaps_place: bool = False,
) -> dict[str, Any]:
    """The intent that a message has behind the gate."""
    message = Message({TEXT: text, INTENT: {"name": "before", "confidence": 0.1}})
    message.set(LABELS, list(labels))
    message.set(ENTITIES, [{"entity": kind, "value": "x"} for kind in entities])
    message.set(ONLY_PLACE, only_place)
    message.set(PERHAPS_PLACE, lambda: perhaps_place)
    (after,) = Gate(THRESHOLDS).process([message])
    intent: dict[str, Any] = after.get(INTENT)
    return intent


def asked(whole: dict[str, Any], *parts: dict[str, Any]) -> Message:
    """A message that asks `parts`, behind the gate; before it, it stood for faq/autism."""
    message = Message({TEXT: "x", INTENT: {"name": "before", "confidence": 0.1}})
    message.set(LABELS, [whole])
    message.set(PARTS, [{"text": f"about {p['name']}", LABELS: [p]} for p in parts])
    best = {"intent_response_key": "faq/autism", "utter_action": "utter_faq/autism"}
    message.set(RESPONSE_SELECTOR, {"faq": {"response": best}})
    (after,) = Gate(THRESHOLDS).process([message])
    return after


def test_a_sure_intent_is_left_as_it_was() -> None:
    assert passed("how old", label("faq/ages"))["name"] == "before"


def test_a_place_alone_starts_the_location_lookup() -> None:
    unsure = label("out_of_scope", 0.3, 0.3)
    assert passed("Tampa", unsure, only_place=True) == {"name": "find_location", "confidence": 1.0}


def test_a_city_in_an_unsure_message_starts_the_location_lookup() -> None:
    intent = passed("my dad is in Tampa", label("faq/ages", 0.3, 0.6), entities=("city",))
    assert intent["name"] == "find_location"


def test_a_lookup_with_a_word_that_may_be_a_place_needs_no_like_example() -> None:
    unlike = label("find_location", 0.9, 0.3)
    assert passed("anything in chester", unlike, perhaps_place=True)["name"] == "before"
    assert passed("anything in here", unlike)["name"] == "nlu_fallback"


def test_a_description_of_somebody_starts_the_recommendation() -> None:
    intent = passed("my son can't dress", label("inform"), entities=("person", "difficulty"))
    assert intent == {"name": "recommend_therapy", "confidence": 1.0}


def test_an_unsure_message_is_asked_about_with_the_doubt_as_confidence() -> None:
    intent = passed("session", label("faq/booking", 0.25, 0.6))
    assert intent == {"name": "nlu_fallback", "confidence": 0.75}


def test_an_answer_to_the_recommendation_that_says_nothing_of_it_is_asked_about() -> None:
    assert passed("twelve", label("inform"))["name"] == "nlu_fallback"


@pytest.mark.parametrize("kind", ["person", "age", "condition", "difficulty"])
def test_an_answer_to_the_recommendation_with_any_entity_of_it_is_kept(kind: str) -> None:
    assert passed("my son", label("inform"), entities=(kind,))["name"] == "before"


@pytest.mark.parametrize("text", ["?", " ?! ", "..", ","])
def test_a_message_without_words_is_asked_about_however_sure_it_seems(text: str) -> None:
    assert passed(text, label("affirm", 0.9, 1.0))["name"] == "nlu_fallback"
    assert passed(text, label("out_of_scope", 0.9, 1.0))["name"] == "before"


@pytest.mark.parametrize("text", ["👍", ":)", "y", "1"])
def test_a_sign_that_says_something_is_no_message_without_words(text: str) -> None:
    assert passed(text, label("affirm"))["name"] == "before"


def test_a_message_that_was_not_ranked_is_left_alone() -> None:
    assert passed("he is not breathing")["name"] == "before"


UNSURE = label("faq/autism", 0.3)


def test_a_message_with_two_sure_questions_gets_the_answer_to_the_first() -> None:
    message = asked(UNSURE, label("faq/ages"), label("faq/risks"))
    assert message.get(INTENT) == {"name": "faq", "confidence": 0.3}
    assert message.get(RESPONSE_SELECTOR)["faq"]["response"] == {
        "intent_response_key": "faq/ages",
        "utter_action": "utter_faq/ages",
    }


@pytest.mark.parametrize("second", ["faq/risks", "find_location"])
def test_a_message_with_two_sure_questions_keeps_the_second_with_its_words(second: str) -> None:
    message = asked(UNSURE, label("faq/ages"), label(second))
    assert message.get(ALSO) == {"label": second, "text": f"about {second}"}


def test_the_second_question_is_told_to_what_comes_after_the_pipeline() -> None:
    message = asked(UNSURE, label("faq/ages"), label("faq/risks"))
    assert ALSO in message.as_dict(only_output_properties=True)


@pytest.mark.parametrize(
    "parts",
    [(), (label("faq/ages"),), (label("faq/ages"), label("faq/risks", 0.3))],
    ids=["none", "one", "one sure"],
)
def test_a_message_without_two_sure_questions_is_decided_as_a_whole(
    parts: tuple[dict[str, Any], ...],
) -> None:
    message = asked(UNSURE, *parts)
    assert (message.get(INTENT)["name"], message.get(ALSO)) == ("nlu_fallback", None)


def test_the_gate_answers_everything_unless_the_configuration_says_otherwise() -> None:
    thresholds = Thresholds(**Gate.get_default_config())
    assert thresholds.decide([label("faq/ages", 0.0, 0.0)]) is None
