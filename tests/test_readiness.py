"""Whether the parts are in order is asked once for all, and never waited for too long."""

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest

from bot import readiness
from bot.readiness import VALID_SECONDS, Readiness


class Part:
    """A part that is in order or not, and counts how often it was asked."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.asked = 0
        self.hangs = False

    async def __call__(self) -> None:
        self.asked += 1
        await asyncio.sleep(0)
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def run(work: Coroutine[Any, Any, Any]) -> Any:
    return asyncio.run(work)


def test_each_part_is_told_on_its_own() -> None:
    parts = {"well": Part(), "ill": Part(ValueError("x"))}
    assert run(Readiness(parts).parts()) == {"well": True, "ill": False}


def test_many_who_ask_at_once_are_one_question() -> None:
    part = Part()
    found = Readiness({"part": part}, Clock())

    async def ask() -> list[dict[str, bool]]:
        return await asyncio.gather(*(found.parts() for _ in range(20)))

    assert run(ask()) == [{"part": True}] * 20
    assert part.asked == 1


@pytest.mark.parametrize(("later", "asked"), [(VALID_SECONDS - 0.1, 1), (VALID_SECONDS, 2)])
def test_what_was_found_holds_for_a_few_seconds(later: float, asked: int) -> None:
    part, clock = Part(), Clock()
    found = Readiness({"part": part}, clock)

    async def twice() -> None:
        await found.parts()
        clock.now += later
        await found.parts()

    run(twice())
    assert part.asked == asked


def test_a_part_that_hangs_is_out_of_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "PART_SECONDS", 0.01)
    hanging = Part()
    hanging.hangs = True
    parts = {"hanging": hanging, "well": Part()}
    assert run(Readiness(parts).parts()) == {"hanging": False, "well": True}


def test_one_who_gives_up_does_not_end_it_for_the_others() -> None:
    found = Readiness({"part": Part()})

    async def ask() -> Any:
        impatient, patient = (asyncio.create_task(found.parts()) for _ in range(2))
        await asyncio.sleep(0)
        impatient.cancel()
        return await patient

    assert run(ask()) == {"part": True}


def test_a_change_is_logged_once_and_without_an_errors_text(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.WARNING)
    part, clock = Part(OSError("secret")), Clock()
    found = Readiness({"part": part}, clock)

    async def change() -> None:
        for error in (OSError("secret"), None, OSError("secret"), OSError("secret"), None):
            part.error = error
            clock.now += VALID_SECONDS
            await found.parts()

    run(change())
    assert [record.getMessage() for record in caplog.records] == [
        "in order: part",
        "out of order: part (OSError)",
        "in order: part",
    ]
