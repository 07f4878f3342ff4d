"""What docs/sms.md claims is so."""

import re

import pytest

from benchmarks.sms import DOCUMENT, listing, sizes, summary
from bot import sms_texts
from bot.age import DAY
from bot.answers import topics
from bot.channels import sms_guard, sms_service, sms_store
from bot.channels.turn import MAX_CHARACTERS
from bot.settings import Clinic
from bot.sms_keywords import CARRIER

TEXT = DOCUMENT.read_text(encoding="utf-8")
ONE_LINE = " ".join(TEXT.split())
CLINIC = Clinic("Riverside OT", "555-0100")


def between(name: str) -> str:
    return TEXT.split(f"<!-- {name} -->\n")[1].split(f"<!-- end of {name} -->")[0].strip()


def test_the_costs_are_those_of_the_answers() -> None:
    assert between("summary") == summary()
    assert between("answers") == listing()


def test_every_answer_is_listed() -> None:
    assert len(sizes()) == len(topics())
    assert max(each.segments for each in sizes().values()) == 2


def test_the_texts_to_give_to_twilio_are_ottos_own() -> None:
    assert re.sub(r"^- \*\*[\w-]+:\*\* ", "", between("texts"), flags=re.MULTILINE).split("\n") == [
        sms_texts.stopped(CLINIC),
        sms_texts.started(CLINIC),
        sms_texts.help_(CLINIC),
    ]


@pytest.mark.parametrize("word", CARRIER)
def test_every_word_of_the_carriers_is_explained(word: str) -> None:
    assert f"`{word}`" in TEXT


@pytest.mark.parametrize(
    "claim",
    [
        f"{sms_guard.PER_MINUTE} messages a minute and {sms_guard.PER_DAY} a day",
        f"After {sms_service.ANSWER_SECONDS:.0f} Otto apologises",
        f"`MORE` brings the next page, for {sms_store.SESSION_SECONDS // 60} minutes",
        f"table `sms_messages` | {sms_store.REPLAY_SECONDS // DAY} days |",
        f"table `sms_numbers` | {sms_store.RETENTION_SECONDS // DAY} days |",
        f"more than {MAX_CHARACTERS:,} characters",
    ],
)
def test_every_number_is_the_codes(claim: str) -> None:
    assert claim in ONE_LINE


def test_the_words_for_a_machine_are_the_codes() -> None:
    assert (sms_guard.SAME, sms_guard.FAST) == (3, 5)
    assert sms_store.STRANGER_SECONDS == 7 * DAY
    assert "The same words four times in a row, or five messages in a row" in ONE_LINE
