"""Why an answer came, in words: each part of it, from what a turn left behind."""

from dataclasses import replace
from typing import Any

import pytest

from bot.answers import Source
from bot.explain import (
    Near,
    Rule,
    Turn,
    chosen,
    cost,
    entities,
    gate,
    load_rules,
    ranking,
    summary,
    understood,
    why,
)
from bot.gate import Thresholds

THRESHOLDS = Thresholds(sure=0.5, same=0.97, close=0.6, doubt=0.25, far=0.25, far_likeness=0.5)
SOURCES = {"leaflet": Source("leaflet", "Getting here", "The Clinic", "Clinic", None, ("Bus",))}
RULES = [
    Rule("Answer", "data/stories/faq.yml", frozenset({"faq"}), "utter_faq", None),
    Rule("Answer, then go on", "data/stories/form.yml", frozenset({"faq"}), "utter_faq", "form"),
    Rule("Help", "data/stories/faq.yml", frozenset({"nlu_fallback"}), "action_ask_which", None),
]


def label(name: str, confidence: float, likeness: float = 0.8) -> dict[str, Any]:
    return {"name": name, "confidence": confidence, "likeness": likeness}


LENGTH, COST = label("faq/session_length", 0.9), label("faq/therapy_duration", 0.04)


def turn(
    *labels: dict[str, Any], intent: str, parsed: dict[str, Any] | None = None, **record: Any
) -> Turn:
    asked = {
        "text": "how long?",
        "intent": intent,
        "confidence": 0.9,
        "labels": list(labels),
        "id": "session_length",
        "outcome": "answer",
        "safety": None,
        "ms": 12.4,
    } | record
    source = {"id": "leaflet", "section": "Bus"}
    messages = ({"text": "An hour.", "buttons": [], "metadata": {"sources": [source]}},) * 2
    events = (
        {"event": "user", "parse_data": parsed or {}},
        {"event": "slot", "name": "city", "value": "Trenton"},
        {"event": "slot", "name": "state", "value": None},
        {"event": "action", "name": "utter_faq", "policy": "RulePolicy"},
        {"event": "action", "name": "action_listen", "policy": "RulePolicy"},
    )
    return Turn("how long?", "web", messages, asked, events)


SURE = turn(LENGTH, COST, intent="faq/session_length")


def test_the_line_under_an_answer_says_it_all() -> None:
    assert summary(SURE, ["An hour."], SOURCES) == (
        "faq/session_length 0.90 (then faq/therapy_duration 0.04) | topic session_length | answer "
        "| Clinic | 12 ms | SMS 1 segment"
    )


def test_the_line_leaves_out_what_there_is_not() -> None:
    bare = replace(turn(intent="x", id=None, outcome="emergency"), messages=())
    assert summary(bare, None, SOURCES) == "x 0.90 | emergency | 12 ms"


def test_an_intent_that_the_gate_put_in_place_of_another_is_told() -> None:
    assert understood(turn(LENGTH, intent="nlu_fallback").record) == (
        "nlu_fallback instead of faq/session_length 0.90"
    )


def test_a_message_without_an_intent_was_not_read() -> None:
    assert understood({"labels": [], "intent": None, "confidence": 0.0}) == "not read 0.00"


@pytest.mark.parametrize(
    ("texts", "words"),
    [
        (["short"], "SMS 1 segment"),
        (["x" * 161], "SMS 2 segments"),
        (["x" * 161, "y"], "SMS 3 segments"),
        (["“quoted”"], "SMS not GSM-7: “ ”"),
    ],
)
def test_what_a_text_message_costs(texts: list[str], words: str) -> None:
    assert cost(texts) == words


def test_the_likeliest_labels_are_numbered() -> None:
    assert ranking([LENGTH, COST], 1) == [" 1. 0.900  likeness 0.80  faq/session_length"]


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (SURE, "sure: confidence 0.90 (sure from 0.50), likeness 0.80"),
        (
            turn(label("faq/session_length", 0.9, 0.4), intent="nlu_fallback"),
            "not sure, so it asks: confidence 0.90 (sure from 0.50), likeness 0.40 (close from 0.6",
        ),
        (
            turn(label("faq/session_length", 0.6), label("out_of_scope", 0.3), intent="x"),
            "x, because of the entities in the message",
        ),
        (
            turn(
                label("faq/session_length", 0.6),
                label("out_of_scope", 0.3),
                intent="nlu_fallback",
            ),
            "no answer 0.30 (doubt from 0.25)",
        ),
        (
            turn(label("faq/session_length", 0.1, 0.2), intent="out_of_scope"),
            "far off: confidence 0.10",
        ),
        (
            turn(label("find_location", 0.3), intent="find_location"),
            "find_location, because of the entities in the message",
        ),
        (turn(label("small_talk/thank", 0.9), intent="small_talk/thank"), "sure: confidence 0.90"),
        (turn(label("repeat", 0.9), intent="repeat"), "sure: confidence 0.90"),
        (turn(intent="emergency", safety="interrupt"), "not asked: an emergency comes first"),
        (
            turn(label("repeat", 0.9), intent="repeat", safety="interrupt"),
            "sure: confidence 0.90",
        ),
        (turn(intent="x"), "not asked: the message was not understood at all"),
        (
            turn(LENGTH, intent="find_location", parsed={"only_place": True}),
            "the message is a place and nothing else",
        ),
        (
            turn(LENGTH, intent="faq/session_length", parsed={"also": {"label": "faq/risks"}}),
            "two questions: faq/session_length, and faq/risks",
        ),
    ],
)
def test_what_the_gate_decided_is_told_with_its_numbers(asked: Turn, words: str) -> None:
    assert words in gate(asked, THRESHOLDS)


def test_a_topic_is_held_to_more_than_small_talk() -> None:
    assert "doubt" not in gate(turn(label("repeat", 0.9), intent="repeat"), THRESHOLDS)


def test_the_rule_that_fired_is_named_with_its_file() -> None:
    assert chosen(SURE, RULES) == [
        "RulePolicy chose utter_faq, by the rule “Answer” (data/stories/faq.yml)"
    ]


def test_in_an_open_form_the_forms_own_rule_is_named() -> None:
    assert chosen(replace(SURE, loop="form"), RULES) == [
        "RulePolicy chose utter_faq, by the rule “Answer, then go on” (data/stories/form.yml)"
    ]


def test_entities_are_listed() -> None:
    found = [{"entity": "city", "value": "Trenton"}, {"entity": "age", "value": 7}]
    assert entities(turn(intent="x", parsed={"entities": found})) == "city Trenton, age 7"


def test_why_tells_everything_in_its_order() -> None:
    near = [Near("faq/session_length", "session length?", 0.92)]
    assert [line.split(":")[0] for line in why(SURE, THRESHOLDS, near, RULES)] == [
        "understood",
        "nearest examples",
        "  0.92  faq/session_length",
        "entities",
        "gate",
        "RulePolicy chose utter_faq, by the rule “Answer” (data/stories/faq.yml)",
        "slots set",
    ]


def test_an_answer_that_rasa_had_no_part_in_is_told() -> None:
    silent = replace(turn(intent="x", labels=[]), events=())
    assert "no action was chosen: answered before Rasa" in why(silent, THRESHOLDS, [], RULES)


def test_the_rules_of_the_project_are_found() -> None:
    rules = load_rules()
    assert (
        Rule("Answer a question", "data/stories/faq.yml", frozenset({"faq"}), "utter_faq", None)
        in rules
    )
    assert any(len(rule.intents) > 1 and rule.action == "utter_emergency" for rule in rules)
    assert any(rule.loop == "recommendation_form" for rule in rules)
