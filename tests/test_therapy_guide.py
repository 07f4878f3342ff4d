"""The OT/PT recommendation: what it decides, and that every outcome can be said."""

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations

import pytest

from bot.answers import load_sources
from bot.check import grade
from bot.sms import EACH_OF_SEVERAL, outside_gsm7, segments
from bot.therapy_guide import Facts, Guide, Recommendation

WEB_WORDS = 145
GRADE = 8.0
GUIDE = Guide.load()
PT_TROUBLES = {"movement", "strength", "pain", "walking"}
WORKED = {
    "stroke": "cond_stroke",
    "hand_injury": "cond_hand",
    "developmental_delay": "cond_devdelay",
    "fall_risk": "cond_falls",
    "low_back_pain": "cond_backpain",
    "knee_replacement": "cond_knee",
}


def subsets() -> Iterator[tuple[str, ...]]:
    for size in range(len(GUIDE.difficulties) + 1):
        yield from combinations(GUIDE.difficulties, size)


@cache
def every_recommendation(person: str | None) -> dict[Facts, Recommendation]:
    return {
        facts: GUIDE.recommend(facts)
        for condition in (None, *GUIDE.conditions)
        for chosen in subsets()
        for facts in [Facts(person, condition, chosen)]
    }


# What it decides


@pytest.mark.parametrize(
    ("facts", "result", "lead"),
    [
        (Facts(), "ask_physician", None),
        (Facts("child", "none"), "ask_physician", None),
        (Facts(condition="gone", difficulties=("gone",)), "ask_physician", None),
        (Facts(difficulties=("self_care",)), "ot", None),
        (Facts(difficulties=("pain", "walking")), "pt", None),
        (Facts(difficulties=("pain", "cognition")), "both", None),
        (Facts(condition="none", difficulties=("work",)), "ot", None),
        (Facts(condition="autism"), "ot", None),
        (Facts(condition="autism", difficulties=("walking",)), "both", None),
        (Facts(condition="arthritis"), "pt", None),
        (Facts(condition="stroke"), "both", None),
        (Facts(condition="stroke", difficulties=("self_care",)), "both", "ot"),
        (Facts(condition="stroke", difficulties=("walking", "strength")), "both", "pt"),
        (Facts(condition="stroke", difficulties=("walking", "cognition")), "both", None),
        (Facts(condition="hand_injury"), "both", "ot"),
        (Facts(condition="hand_injury", difficulties=("strength",)), "both", None),
    ],
)
def test_decides(facts: Facts, result: str, lead: str | None) -> None:
    recommendation = GUIDE.recommend(facts)
    assert (recommendation.result, recommendation.lead) == (result, lead)


@pytest.mark.parametrize(("condition", "topic"), WORKED.items())
def test_a_worked_condition_says_what_each_therapy_does(condition: str, topic: str) -> None:
    recommendation = GUIDE.recommend(Facts(condition=condition))
    assert recommendation.result == "both"
    assert recommendation.topic == topic
    assert recommendation.citations[0].id == "ot_vs_pt"
    for text in (GUIDE.web(recommendation), GUIDE.sms(recommendation)):
        for _, part in recommendation.parts:
            assert part in text
    assert {therapy for therapy, _ in recommendation.parts} == {"ot", "pt"}


def test_only_the_worked_conditions_have_parts_and_a_topic_of_their_own() -> None:
    assert {id_ for id_, condition in GUIDE.conditions.items() if condition.parts} == set(WORKED)
    for id_, condition in GUIDE.conditions.items():
        assert condition.topic == WORKED.get(id_, "which_do_i_need")


def test_the_lead_comes_first() -> None:
    recommendation = GUIDE.recommend(Facts(condition="knee_replacement", difficulties=("pain",)))
    assert [therapy for therapy, _ in recommendation.parts] == ["pt", "ot"]
    assert "mainly PT" in GUIDE.web(recommendation)


def test_says_it_on_the_web() -> None:
    facts = Facts("child", None, ("self_care", "pain"))
    assert GUIDE.web(GUIDE.recommend(facts)).split("\n\n") == [
        "From what you told me, **OT and PT together** look like the likely fit.",
        "- You mentioned self-care: that is what OT works on.\n"
        "- You mentioned pain: that is what PT works on.",
        "This is based on: a child, trouble with pain, self-care. "
        "If I got one of these wrong, just tell me.",
        "Ask your physician: “Does my child need OT, PT or both?”",
        "This is general information, not a diagnosis.",
    ]


def test_says_it_by_sms() -> None:
    assert GUIDE.sms(GUIDE.recommend(Facts(difficulties=("cognition",)))) == (
        "Occupational therapy (OT) looks like the likely fit. "
        "You mentioned thinking skills: that is what OT works on. "
        "This is based on: trouble with thinking skills. "
        "Ask your physician: Do I need OT, PT or both? "
        "Source: OT vs. PT article. "
        "General information, not a diagnosis."
    )


def test_with_nothing_to_go_on_it_still_helps() -> None:
    recommendation = GUIDE.recommend(Facts())
    assert recommendation.reasons == (GUIDE.sentences["nothing"],)
    assert recommendation.basis == ()
    assert recommendation.topic == "which_do_i_need"
    for text in (GUIDE.web(recommendation), GUIDE.sms(recommendation)):
        assert "Do I need OT, PT or both?" in text
        assert "moving, strength, pain and walking" in text
        assert "daily tasks, self-care, work" in text


def test_what_it_goes_by_is_named_and_nothing_else() -> None:
    facts = Facts("older_adult", "stroke", ("self_care", "unknown", "gone"))
    assert GUIDE.recommend(facts).basis == ("an older adult", "a stroke", "trouble with self-care")


def test_no_condition_is_named_too() -> None:
    assert GUIDE.named(Facts("child", "none")) == ("a child", "no condition")


def test_what_was_skipped_is_not_named() -> None:
    assert GUIDE.named(Facts("unknown", "unknown", ("unknown",))) == ()


def test_the_copy_is_plain_text_with_reasons_a_question_and_sources_by_document() -> None:
    facts = Facts("child", "adhd", ("pain",))
    assert GUIDE.copy_text(GUIDE.recommend(facts)).split("\n\n") == [
        "From what you told me, OT and PT together look like the likely fit.",
        "- You mentioned ADHD: there is evidence that OT helps young people.\n"
        "- You mentioned pain: that is what PT works on.",
        "This is based on: a child, ADHD, trouble with pain.",
        "Ask your physician: “Does my child need OT, PT or both?”",
        "Sources:\n"
        "- Health.com, “What Is Occupational Therapy?”: “Occupational Therapy for Children”\n"
        "- “Occupational Therapy vs. Physical Therapy: What Is the Difference?”: "
        "“How to Know Which One You Need”",
        "This is general information, not a diagnosis.",
    ]


@pytest.mark.parametrize("text", ["my hand", "it's her left hand", "hands", "both thumbs"])
def test_a_part_of_the_body_alone_is_no_condition(text: str) -> None:
    assert GUIDE.names_only_body(text)
    assert GUIDE.read(text).condition is None


@pytest.mark.parametrize(
    ("text", "difficulties"),
    [("my hand", ("hand_use",)), ("his fingers", ("hand_use",)), ("my knee", ()), ("neck", ())],
)
def test_a_part_of_the_body_tells_what_the_guide_says(
    text: str, difficulties: tuple[str, ...]
) -> None:
    assert GUIDE.read(text).difficulties == difficulties


@pytest.mark.parametrize(
    "text", ["", "and", "on the other hand, no", "hand injury", "give me a hand", "back to it"]
)
def test_more_than_a_part_of_the_body_is_not_taken_for_one(text: str) -> None:
    assert not GUIDE.names_only_body(text)


# Every person, condition and set of difficulties


def test_every_recommendation_has_reasons_sources_and_sound_logic() -> None:
    sources = load_sources()
    for facts, recommendation in every_recommendation(None).items():
        chosen = set(facts.difficulties)
        told = chosen or (facts.condition not in (None, "none"))
        assert recommendation.reasons
        assert (GUIDE.sentences["nothing"] in recommendation.reasons) == (not told)
        assert (recommendation.result == "ask_physician") == (not told)
        assert recommendation.citations
        assert len(set(recommendation.citations)) == len(recommendation.citations)
        for citation in recommendation.citations:
            assert citation.section in sources[citation.id].sections
        if chosen & PT_TROUBLES:
            assert recommendation.result in ("pt", "both")
        if chosen - PT_TROUBLES:
            assert recommendation.result in ("ot", "both")
        if facts.condition in WORKED:
            assert recommendation.result == "both"
        assert recommendation.lead in (None, "ot", "pt")


@pytest.mark.parametrize("person", GUIDE.persons)
def test_the_person_changes_the_question_and_what_is_named_alone(person: str) -> None:
    for facts, recommendation in every_recommendation(None).items():
        theirs = GUIDE.recommend(replace(facts, person=person))
        ours = {"question": recommendation.question, "basis": recommendation.basis}
        assert replace(theirs, **ours) == recommendation


def test_every_text_keeps_the_content_rules() -> None:
    # The person changes the question alone (above), and the child's is the longest.
    assert max((p.question for p in GUIDE.persons.values()), key=len) == (
        GUIDE.persons["child"].question
    )
    web, sms = set(), set()
    for recommendation in every_recommendation("child").values():
        web.add(GUIDE.web(recommendation))
        body = GUIDE.sms(recommendation)
        sms.add(body)
        # One thing that was told, or what each therapy does, always fits.
        shown = [what for _, what in recommendation.parts] or [recommendation.reasons[0]]
        assert all(text in body for text in shown)
    for text in web:
        assert len(text.split()) <= WEB_WORDS, text
        assert text.endswith("This is general information, not a diagnosis.")
    for text in sms:
        assert not outside_gsm7(text), text
        assert segments(text) <= 2, text
        assert len(text) <= 2 * EACH_OF_SEVERAL
        assert "Source: " in text
        assert text.endswith("General information, not a diagnosis.")
        assert "\n" not in text
        assert "*" not in text
    for copy in map(GUIDE.copy_text, every_recommendation("child").values()):
        assert not re.search(r"[*{}\[]|None", copy), copy
    for text in web | sms:
        assert not re.search(r"[{}]|None| {2}|[Yy]ou need|\.\.", text), text
        assert grade(text) <= GRADE, text
