"""A phone in the terminal."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from bot.sms_shell import talk
from tests.channels.web import EMERGENCY, Agent


def shown(capsys: pytest.CaptureFixture[str], *lines: str, answers: Any = ("Yes.",)) -> str:
    async def typed() -> AsyncIterator[str]:
        for line in lines:
            yield line

    asyncio.run(talk(Agent(*answers), typed()))  # type: ignore[arg-type]
    return capsys.readouterr().out


def test_an_answer_is_shown_with_what_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "Hi", "Hi", answers=("two\nlines",))
    assert out.endswith("  | two\n  | lines\n  [1 segment, GSM-7, 9 places]\n\n")


def test_other_letters_are_shown_to_cost_more(capsys: pytest.CaptureFixture[str]) -> None:
    assert "[2 segments, UCS-2, 100 places]" in shown(capsys, "Hi", answers=("á" * 100,))


def test_what_the_phone_company_answers_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, "STOP", "Hi")
    assert "[nothing is sent: the phone company answers this word]" in out
    assert out.count("[this number wants no texts; START brings them back]") == 2


def test_a_photo_can_be_sent(capsys: pytest.CaptureFixture[str]) -> None:
    assert "I can't see photos" in shown(capsys, "/photo")


def test_an_emergency_is_answered(capsys: pytest.CaptureFixture[str]) -> None:
    assert "| Call 911 now." in shown(capsys, EMERGENCY)


def test_a_long_script_is_not_taken_for_a_machine(capsys: pytest.CaptureFixture[str]) -> None:
    out = shown(capsys, *(f"question {number}" for number in range(40)))
    assert out.count("| Yes.") == 40
