"""The real content: complete, understood as itself, and fit to be read on every channel."""

import asyncio
from typing import Any

import pytest
import yaml
from rasa.core.agent import Agent

from actions.conversation import CANONICAL
from bot.answers import load_sources, topics
from bot.ask import ask
from bot.channels.render import as_sms
from bot.check import CONTACT, problems
from bot.paths import DATA, ROOT
from bot.sms import outside_gsm7, segments

# What the documents answer, and where visitors are sent for what they do not.
TOPICS = """
after_session_feelings ages assistive_equipment autism benefits booking can_diagnose can_prescribe
children_ot children_start cond_backpain cond_devdelay cond_falls cond_hand cond_knee cond_stroke
conditions_chronic conditions_dementia_tbi conditions_disability conditions_surgery
conditions_treated cost_insurance education_path family_involvement find_care home_modification
home_visits is_doctor licence_exam mental_health occupation_meaning ongoing_process ot_activities
ot_definition ot_goals ot_interventions ot_role ot_skills ota_role otd_degree otpt_both
otpt_difference otpt_education otpt_focus otpt_goals otpt_interventions otpt_populations
part_of_wider_plan pt_definition referral return_to_work risks sensory_processing session_frequency
session_length settings_where specialisations stage_assessment stage_intervention stage_outcomes
stages_process therapy_duration time_to_become what_to_expect when_see_provider which_do_i_need
who_needs_ot who_practices worth_it
"""
# What people ask all the same, and the documents do not answer.
TOPICS_NOT_COVERED = """
ns_access_rules ns_billing_codes ns_career ns_certifications ns_child_specifics ns_clinic_specific
ns_diagnosis_request ns_exercises ns_home_programme ns_insurance_named ns_medical_question
ns_other_professions ns_pt_details ns_recovery_timeline ns_salary ns_school_iep
ns_specific_treatment ns_speech_therapy ns_telehealth ns_visit_logistics ns_waiting_times
"""
ANSWERED, NOT_IN_THE_SOURCES = TOPICS.split(), TOPICS_NOT_COVERED.split()
LABELS = [*ANSWERED, *NOT_IN_THE_SOURCES]
OUTCOMES = {
    "answer",
    "ask_which",
    "not_covered",
    "out_of_scope",
    "emergency",
    "location",
    "dialogue",
    "small_talk",
}


def responses() -> dict[str, list[dict[str, Any]]]:
    """Rasa's responses other than the answers to topics, by name."""
    files = [ROOT / "domain.yml", *sorted((DATA / "nlu").glob("*.yml"))]
    found: dict[str, list[dict[str, Any]]] = {}
    for path in files:
        found |= yaml.safe_load(path.read_text("utf-8")).get("responses", {})
    return found


RESPONSES = responses()
VARIATIONS = [
    pytest.param(variation, id=f"{name}-{variation.get('channel', 'web')}")
    for name, variations in RESPONSES.items()
    for variation in variations
]
BUTTONS = sorted(
    {
        button["payload"]
        for variations in RESPONSES.values()
        for variation in variations
        for button in variation.get("buttons", [])
    }
)


def text_message(name: str) -> str:
    """A response as it is sent by SMS, with a clinic's details filled in."""
    variations = RESPONSES[name]
    by_sms = [v for v in variations if v.get("channel") == "sms"]
    said = (by_sms or [v for v in variations if "channel" not in v])[0]
    return as_sms(
        {
            "text": said["text"].replace("{clinic_contact}", CONTACT),
            "buttons": said.get("buttons", []),
            "metadata": said.get("metadata", {}),
        }
    )


def test_the_content_has_no_problems() -> None:
    assert problems(topics(), load_sources()) == []


def test_the_list_of_topics_is_whole() -> None:
    assert (len(set(ANSWERED)), len(set(NOT_IN_THE_SOURCES))) == (69, 21)


@pytest.mark.parametrize("label", LABELS)
def test_every_topic_of_the_list_exists(label: str) -> None:
    assert label in topics()


@pytest.mark.parametrize("label", NOT_IN_THE_SOURCES)
def test_what_is_not_in_the_sources_is_not_said_to_be_covered(label: str) -> None:
    assert not topics()[label].covered


@pytest.mark.parametrize("label", LABELS)
def test_a_topics_question_is_understood_as_itself(agent: Agent, label: str) -> None:
    record = asyncio.run(ask(agent, topics()[label].question, "web"))
    assert record["intent"] == f"faq/{label}"


@pytest.mark.parametrize(("intent", "text"), CANONICAL.items())
def test_what_a_choice_says_for_an_intent_is_understood_as_itself(
    agent: Agent, intent: str, text: str
) -> None:
    assert asyncio.run(ask(agent, text, "web"))["intent"] == intent


@pytest.mark.parametrize("channel", ["web", "sms"])
@pytest.mark.parametrize("label", LABELS)
def test_an_answer_holds_no_words_of_the_machine(label: str, channel: str) -> None:
    text = getattr(topics()[label], channel).replace("{clinic_contact}", "")
    assert [word for word in ("{", "}", "None", "utter_") if word in text] == []


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_the_clinics_contact_is_filled_in(agent: Agent, channel: str) -> None:
    answer = asyncio.run(ask(agent, topics()["booking"].question, channel))["answer"]
    assert "I don't have a phone number or web page for the clinic." in answer


@pytest.mark.parametrize("variation", VARIATIONS)
def test_a_response_holds_no_words_of_the_machine(variation: dict[str, Any]) -> None:
    text = variation["text"].replace("{clinic_contact}", "")
    assert [word for word in ("{", "}", "None", "utter_") if word in text] == []


@pytest.mark.parametrize("variation", VARIATIONS)
def test_a_response_tells_its_outcome(variation: dict[str, Any]) -> None:
    assert variation["metadata"]["outcome"] in OUTCOMES


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_can_be_sent_in_plain_letters(name: str) -> None:
    assert outside_gsm7(text_message(name)) == []


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_fits_in_two_segments_with_its_choices(name: str) -> None:
    assert segments(text_message(name)) <= 2


@pytest.mark.parametrize("name", RESPONSES)
def test_a_response_holds_no_markup_by_sms(name: str) -> None:
    assert [mark for mark in ("**", "](", "`") if mark in text_message(name)] == []


@pytest.mark.parametrize("payload", BUTTONS)
def test_a_tapped_choice_is_understood(agent: Agent, payload: str) -> None:
    assert asyncio.run(ask(agent, payload, "web"))["outcome"] not in {"ask_which", "out_of_scope"}
