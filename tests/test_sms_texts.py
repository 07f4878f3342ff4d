"""What Otto says about the text line itself."""

import pytest

from bot import sms_texts
from bot.channels.turn import EMPTY
from bot.settings import Clinic
from bot.sms import GSM7, size
from bot.sms_keywords import invited

CLINICS = (
    Clinic(),
    Clinic("Riverside OT Clinic", "(555) 555-0100"),
    Clinic("The Riverside and Lakeside Center for Hand Therapy and Rehabilitation", "555-0100"),
    Clinic("R" * 200, "555-0100"),
)
OF_A_CLINIC = (
    sms_texts.introduction,
    sms_texts.stopped,
    sms_texts.started,
    sms_texts.help_,
)
FIXED = (
    *(sms_texts.GONE, sms_texts.SLOW, sms_texts.PHOTO, sms_texts.LOCATION, sms_texts.NO_WORDS),
    *(sms_texts.TOO_MANY, EMPTY),
)
TEXTS = (*FIXED, *(say(clinic) for say in OF_A_CLINIC for clinic in CLINICS))


@pytest.mark.parametrize("text", TEXTS)
def test_each_is_one_segment(text: str) -> None:
    assert (size(text).encoding, size(text).segments) == (GSM7, 1)


@pytest.mark.parametrize("text", [*TEXTS, sms_texts.MORE_TAIL, sms_texts.NUMBER_TAIL])
def test_none_invites_a_word_that_phone_companies_act_on(text: str) -> None:
    assert invited(text) == []


@pytest.mark.parametrize("say", OF_A_CLINIC)
def test_the_clinic_is_named_where_there_is_room(say) -> None:
    assert "Riverside OT Clinic" in say(CLINICS[1])
    assert "this clinic" in say(CLINICS[3])


@pytest.mark.parametrize("say", [sms_texts.stopped, sms_texts.started, sms_texts.help_])
def test_who_says_one_word_may_be_in_danger(say) -> None:
    assert "Call 911" in say(CLINICS[1])
    assert "text 988" in say(CLINICS[1])


def test_the_introduction_says_what_otto_is_and_is_not() -> None:
    text = sms_texts.introduction(CLINICS[1])
    for said in ("Otto", "automated", "Not for emergencies", "911", "no private health details"):
        assert said in text


def test_help_names_a_person() -> None:
    assert "(555) 555-0100" in sms_texts.help_(CLINICS[1])
