"""The content rules: a good topic passes, and each fault is named once, with its topic."""

from dataclasses import replace
from typing import Any

import pytest

from bot.answers import Citation, Source, Topic
from bot.check import EXAMPLES, grade, problems, response_problems
from bot.sms_lint import responses

QUESTION = "Where can I park?"
GOOD = Topic(
    id="parking",
    question=QUESTION,
    web="You can park behind the house.",
    sms="You can park behind the house.",
    citations=(Citation("leaflet", "Getting here"),),
    related=("buses",),
    covered=True,
    examples=(QUESTION, *(f"parking, way {i} to ask" for i in range(1, EXAMPLES))),
)
OTHER = replace(
    GOOD,
    id="buses",
    question="Is there a bus?",
    related=("parking",),
    examples=("Is there a bus?", *(f"bus, way {i} to ask" for i in range(1, EXAMPLES))),
)
SOURCES = {
    "leaflet": Source("leaflet", "Getting here", "The Clinic", "Clinic", None, ("Getting here",))
}
HARD = "Multidisciplinary rehabilitation necessitates comprehensive individualized evaluation."


def found(topic: Topic) -> list[str]:
    return problems({topic.id: topic, OTHER.id: OTHER}, SOURCES)


def test_good_topics_have_no_problems() -> None:
    assert found(GOOD) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"examples": GOOD.examples[:-1]}, "has 14 examples, needs 15"),
        (
            {"examples": GOOD.examples[::-1]},
            "its first example must be its canonical question, word for word",
        ),
        (
            {
                "question": "Tell me where to park",
                "examples": ("Tell me where to park", *GOOD.examples[1:]),
            },
            "its canonical question must end with a question mark",
        ),
        (
            {"web": "Go. " + "You can go in now. " * 16},
            "its web answer has 81 words, at most 80",
        ),
        (
            {"web": "You can call {clinic_phone} now."},
            "its web answer uses an unknown placeholder: clinic_phone",
        ),
        (
            {"sms": "You can call {clinic_phone} now."},
            "its sms answer uses an unknown placeholder: clinic_phone",
        ),
        (
            {"sms": "You can park behind the house – there."},
            "its sms answer has –, for which a segment holds 70 characters and not 160; please "
            "write - instead",
        ),
        (
            {"sms": "You can park at the caf\u00ed."},
            "its sms answer has í, for which a segment holds 70 characters and not 160; please "
            "write another word instead",
        ),
        (
            {"sms": "You can park there. Reply YES."},
            "its sms answer invites YES, which phone companies act on; please ask for another word",
        ),
        ({"citations": ()}, "names no source"),
        (
            {"citations": (Citation("brochure", "Getting here"),)},
            "cites an unknown document: brochure",
        ),
        (
            {"citations": (Citation("leaflet", "Prices"),)},
            "cites a section leaflet does not have: Prices",
        ),
        ({"related": ()}, "names no related topic"),
        (
            {"related": ("trains",)},
            "names a related topic that does not exist or is itself: trains",
        ),
        (
            {"related": ("parking",)},
            "names a related topic that does not exist or is itself: parking",
        ),
    ],
)
def test_a_fault_is_named_with_its_topic(change: dict[str, Any], problem: str) -> None:
    assert found(replace(GOOD, **change)) == [f"parking: {problem}"]


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_an_answer_that_is_hard_to_read_is_named(channel: str) -> None:
    (problem,) = found(replace(GOOD, **{channel: HARD}))
    assert problem.startswith(f"parking: its {channel} answer reads at grade ")


def test_an_sms_answer_must_leave_room_for_its_sources() -> None:
    fits = "Go in by bus. " * 21
    (problem,) = found(replace(GOOD, sms=fits + "Go in by bus."))
    assert problem.startswith("parking: its sms answer takes 3 segments with its sources")


def test_a_contact_in_an_sms_answer_counts_at_full_length() -> None:
    text = "Go in by bus. " * 16
    (problem,) = found(replace(GOOD, sms=text + "{clinic_contact}"))
    assert problem.startswith("parking: its sms answer takes 3 segments with its sources")


def test_a_topic_that_is_not_covered_needs_no_source() -> None:
    assert found(replace(GOOD, covered=False, citations=())) == []


def test_a_topic_without_examples_is_a_problem_and_no_crash() -> None:
    assert "parking: has 0 examples, needs 15" in found(replace(GOOD, examples=()))


@pytest.mark.parametrize("example", ["bus, way 3 to ask", "BUS - way 3, to ask!"])
def test_an_example_of_two_topics_is_named_whatever_its_case_and_marks(example: str) -> None:
    (problem,) = found(replace(GOOD, examples=(*GOOD.examples, example)))
    assert problem == "parking: “bus way 3 to ask” is an example of parking and of buses"


def test_an_example_that_stands_twice_in_one_topic_is_named() -> None:
    (problem,) = found(replace(GOOD, examples=(*GOOD.examples, "Where can I park")))
    assert problem.endswith("is an example of parking and of parking")


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("An occupational therapist can help you.", "An OT can help you."),
        ("Physical Therapists can help you.", "OT can help you."),
        ("You can **walk** again.", "You can walk again."),
        ("Please ask. {clinic_contact}", "Please ask. Call us."),
    ],
)
def test_the_grade_leaves_out_what_nobody_could_write_plainer(text: str, same: str) -> None:
    assert grade(text) == grade(same)


def test_hard_words_raise_the_grade() -> None:
    assert grade(HARD) > grade(GOOD.web)


def test_what_else_otto_says_by_text_message_has_no_problems() -> None:
    assert response_problems(responses()) == []


def test_a_response_is_linted_as_it_goes_out() -> None:
    assert responses()["utter_opt_out"].startswith("All right, I'll send you no more texts.")
    assert "**" not in responses()["utter_small_talk/bot_challenge"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Go there… now.", "has …, for which"),
        ("Go in by bus. " * 23, "takes 3 segments"),
        ("Go in by bus. " * 18 + "{clinic_contact}", "takes 3 segments"),
        ('Say "help" to see more.', "invites HELP"),
    ],
)
def test_a_fault_of_a_response_is_named(text: str, problem: str) -> None:
    (found,) = response_problems({"utter_this": text})
    assert found.startswith(f"utter_this: by text message it {problem}")
