"""Otto's messages as pages of at most two segments."""

from typing import Any

import pytest

from bot.answers import topics
from bot.channels.render import as_sms
from bot.channels.sms_reply import paged, pages
from bot.nlg import topic_metadata
from bot.safety import Safety
from bot.settings import Clinic
from bot.sms import GSM7, MOST_SEGMENTS, segments, size
from bot.sms_texts import MORE_TAIL, NUMBER_TAIL

CLINIC = Clinic(
    "Riverside OT Clinic", "(555) 555-0100", "https://riverside.example/book", "Mon-Fri 8-5"
)
NOTE = Safety.load().check("a stroke")


def message(text: str, choices: tuple[str, ...] = (), **metadata: Any) -> dict[str, Any]:
    buttons = [{"title": title, "payload": title} for title in choices]
    return {"text": text, "buttons": buttons, "metadata": metadata}


@pytest.mark.parametrize("id_", topics())
def test_every_answer_takes_one_page_of_gsm7(id_: str) -> None:
    text = topics()[id_].sms.format(clinic_contact=Clinic(phone="555-0100").contact())
    (only,) = pages([message(text, **topic_metadata(id_))])
    assert size(only).encoding == GSM7
    assert size(only).segments <= MOST_SEGMENTS


@pytest.mark.parametrize("id_", topics())
def test_no_page_of_an_answer_is_longer_however_much_the_clinic_says_of_itself(id_: str) -> None:
    assert NOTE
    text = topics()[id_].sms.format(clinic_contact=CLINIC.contact())
    said = pages([message(f"{text} {NOTE.sms}", **topic_metadata(id_))], note=NOTE.sms)
    assert all(segments(page) <= MOST_SEGMENTS for page in said)
    assert NOTE.sms in said[0]


def test_the_pages_hold_the_whole_text() -> None:
    text = "\n".join(f"{number}. A choice of some length" for number in range(1, 40))
    said = paged(text)
    assert len(said) > 2
    assert all(page.endswith(MORE_TAIL) for page in said[:-1])
    assert "\n".join(page.removesuffix(MORE_TAIL) for page in said) == text


def test_several_messages_are_one_text() -> None:
    (only,) = pages([message("An answer."), message("Back to the question?", ("A child",))])
    assert only == f"An answer.\n\nBack to the question?\n1. A child{NUMBER_TAIL}"


def test_how_to_choose_is_said_where_it_costs_nothing() -> None:
    long = message("a" * 150, ("b",))
    assert pages([long]) == [as_sms(long)]


def test_what_may_be_urgent_is_on_the_first_page() -> None:
    assert NOTE
    text = f"{'So much to say. ' * 20}{NOTE.sms} And more."
    first, *rest = pages([message(text)], note=NOTE.sms)
    assert first.startswith(f"{NOTE.sms}\nSo much to say.")
    assert NOTE.sms not in "".join(rest)
    assert "And more." in rest[-1]


def test_a_text_with_other_letters_is_cut_by_their_count() -> None:
    said = paged("Señora, ¿cómo está? " * 12)
    assert len(said) > 1
    assert all(segments(page) <= MOST_SEGMENTS for page in said)
    assert "cómo" in said[0]


def test_no_markdown_payload_or_typography_goes_out() -> None:
    said = message("**Call** [911](tel:911) – “now”…", ("A child",))
    said["buttons"][0]["payload"] = "/secret{}"
    assert pages([said]) == [f'Call 911 - "now"...\n1. A child{NUMBER_TAIL}']
