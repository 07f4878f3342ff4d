"""The gate: what Otto answers, what it asks about, and what it leaves alone."""

from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.classifier import LABELS
from bot.nlu.entities import ONLY_PLACE, PERHAPS_PLACE
from bot.nlu.gate import Gate, Thresholds, describes_somebody

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.52, far=0.25, far_likeness=0.5)


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
    message.set(PERHAPS_PLACE, perhaps_place)
    (after,) = Gate(THRESHOLDS).process([message])
    intent: dict[str, Any] = after.get(INTENT)
    return intent


@pytest.mark.parametrize(
    ("confidence", "likeness", "intent"),
    [
        (0.5, 0.52, None),
        (0.99, 0.99, None),
        (0.99, 0.51, "nlu_fallback"),
        (0.1, 0.97, None),
        (0.49, 0.96, "nlu_fallback"),
        (0.25, 0.1, "nlu_fallback"),
        (0.1, 0.5, "nlu_fallback"),
        (0.24, 0.49, "out_of_scope"),
        (0.0, 0.0, "out_of_scope"),
    ],
)
def test_sure_is_answered_near_is_asked_about_and_far_is_out_of_scope(
    confidence: float, likeness: float, intent: str | None
) -> None:
    assert THRESHOLDS.decide([label("faq/ages", confidence, likeness)]) == intent


@pytest.mark.parametrize(
    ("name", "intent"),
    [
        ("faq/ages", "nlu_fallback"),
        ("recommend_therapy", "nlu_fallback"),
        ("find_location", "nlu_fallback"),
        ("faq/ns_salary", None),
        ("faq/booking", None),
        ("small_talk/thank", None),
        ("out_of_scope", None),
    ],
)
def test_only_what_commits_otto_needs_a_like_example(name: str, intent: str | None) -> None:
    assert THRESHOLDS.decide([label(name, 0.9, 0.3)]) == intent


def test_a_message_is_not_far_off_if_any_label_has_a_like_example() -> None:
    labels = [label("faq/ages", 0.2, 0.1), label("faq/autism", 0.1, 0.6)]
    assert THRESHOLDS.decide(labels) == "nlu_fallback"


@pytest.mark.parametrize(
    ("text", "name", "kinds", "describes"),
    [
        ("my son can't hold a pencil", "inform", {"person", "difficulty"}, True),
        ("I am 45 with low back pain", "faq/cond_backpain", {"age", "condition"}, True),
        ("my dad had a stroke, OT or PT?", "faq/cond_stroke", {"person", "condition"}, True),
        ("my mom has falls, who should she see", "faq/cond_falls", {"person", "condition"}, True),
        ("does OT help my son with autism?", "faq/cond_devdelay", {"person", "condition"}, False),
        ("how can my mom walk again", "faq/cond_stroke", {"person", "difficulty"}, False),
        ("my son has trouble dressing", "faq/session_length", {"person", "difficulty"}, False),
        ("my son", "inform", {"person"}, False),
        ("low back pain", "faq/cond_backpain", {"condition"}, False),
        ("nothing of this", "inform", set(), False),
    ],
)
def test_who_has_which_difficulty_is_told_from_a_question(
    text: str, name: str, kinds: set[str], describes: bool
) -> None:
    assert describes_somebody(text, name, kinds) is describes


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


def test_a_message_that_was_not_ranked_is_left_alone() -> None:
    assert passed("he is not breathing")["name"] == "before"


def test_the_gate_answers_everything_unless_the_configuration_says_otherwise() -> None:
    thresholds = Thresholds(**Gate.get_default_config())
    assert thresholds.decide([label("faq/ages", 0.0, 0.0)]) is None
