"""`otto review --accept`: what is typed, and what then stands in the files."""

import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import review_loop
from bot.acceptance import Judge
from bot.paths import TOPICS
from bot.review import Asked, Group
from bot.review_loop import accept, agrees
from bot.safety import Safety

POOL, SAUNA = "is there a swimming pool", "is there a sauna too"
EMERGENCY = "my husband can't breathe"
Accept = Callable[..., int]


def group(*texts: str) -> Group:
    asked = tuple(Asked(text, 1000.0, "web", "asked back") for text in texts)
    return Group(asked, ("session_length", "ages"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The topics in a folder of the test's own."""
    own = tmp_path / "faq"
    shutil.copytree(TOPICS, own)
    monkeypatch.setattr(review_loop, "TOPICS", own)
    judge = Judge(["is there a steam room"], {"faq/risks": ["what are the risks"]}, Safety.load())
    monkeypatch.setattr(Judge, "load", lambda *_: judge)
    return own


@pytest.fixture
def type_(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Accept:
    """Go through groups with lines typed, and return how many examples were added."""

    def run(groups: list[Group], *lines: str) -> int:
        monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))
        return accept(groups)

    return run


def new_lines(folder: Path, topic: str) -> list[str]:
    before = (TOPICS / f"{topic}.yml").read_text(encoding="utf-8").splitlines()
    after = (folder / f"{topic}.yml").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in after if line not in before]


def untouched(folder: Path) -> bool:
    return all(
        (folder / path.name).read_bytes() == path.read_bytes() for path in TOPICS.glob("*.yml")
    )


@pytest.mark.parametrize("topic", ["ages", "2"])
def test_all_wordings_go_to_the_topic_that_is_named_or_chosen_by_number(
    type_: Accept, folder: Path, topic: str
) -> None:
    assert type_([group(POOL, SAUNA)], topic, "", "y") == 2
    assert new_lines(folder, "ages") == [f"- {POOL}", f"- {SAUNA}"]


def test_wordings_can_be_chosen(type_: Accept, folder: Path) -> None:
    assert type_([group(POOL, SAUNA)], "ages", "2", "y") == 1
    assert new_lines(folder, "ages") == [f"- {SAUNA}"]


def test_one_wording_need_not_be_chosen(type_: Accept, folder: Path) -> None:
    assert type_([group(POOL)], "ages", "y") == 1


@pytest.mark.parametrize(
    "lines",
    [("",), ("q",), (), ("ages", "n"), ("ages", ""), ("ages",), ("ages", "q")],
    ids=["left", "ended", "end of input", "no", "Enter", "end at the diff", "ended at the diff"],
)
def test_without_a_yes_no_file_is_touched(
    type_: Accept, folder: Path, lines: tuple[str, ...]
) -> None:
    assert type_([group(POOL)], *lines) == 0
    assert untouched(folder)


def test_the_diff_is_shown_before_it_is_asked_for(
    type_: Accept, capsys: pytest.CaptureFixture[str]
) -> None:
    type_([group(POOL)], "ages", "n")
    out = capsys.readouterr().out
    assert 0 < out.index(f"+    - {POOL}") < out.index("Add this to ages? (y/N)")


def test_a_group_that_is_left_leads_to_the_next(type_: Accept, folder: Path) -> None:
    assert type_([group(POOL), group(SAUNA)], "", "ages", "y") == 1
    assert new_lines(folder, "ages") == [f"- {SAUNA}"]


@pytest.mark.parametrize("text", [EMERGENCY, "is there a steam room?", "What are the risks?"])
def test_what_must_not_be_learnt_is_left_out_with_the_reason(
    type_: Accept, folder: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_([group(text)], "ages") == 0
    assert f"left out: {text}\n      because it" in capsys.readouterr().out
    assert untouched(folder)


def test_the_rest_of_a_group_can_still_be_added(type_: Accept, folder: Path) -> None:
    assert type_([group(EMERGENCY, POOL)], "ages", "", "y") == 1
    assert new_lines(folder, "ages") == [f"- {POOL}"]


def test_no_sentence_is_given_to_two_topics(type_: Accept, folder: Path) -> None:
    assert type_([group(POOL), group(POOL)], "ages", "y", "risks") == 1
    assert new_lines(folder, "risks") == []


def test_a_topic_that_is_not_there_is_asked_for_again(
    type_: Accept, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_([group(POOL)], "agess", "ages", "y") == 1
    assert "There is no topic agess. Did you mean ages" in capsys.readouterr().out


@pytest.mark.parametrize("numbers", ["3", "0", "one"])
def test_a_number_that_is_not_there_is_asked_for_again(
    type_: Accept, numbers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert type_([group(POOL, SAUNA)], "ages", numbers, "1, 2", "y") == 2
    assert "Please type numbers from 1 to 2." in capsys.readouterr().out


def test_a_file_that_cannot_be_written_is_told_and_the_next_group_comes(
    type_: Accept, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "ages.yml.new").mkdir()
    assert type_([group(POOL), group(SAUNA)], "ages", "y", "risks", "y") == 1
    assert "otto: " in capsys.readouterr().out


def test_without_groups_nothing_is_asked(type_: Accept, capsys: pytest.CaptureFixture[str]) -> None:
    assert type_([]) == 0
    assert "Topic" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("answer", "agreed"), [("y", True), ("Yes", True), ("", False), ("no", False), ("q", False)]
)
def test_only_yes_is_yes(answer: str, agreed: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{answer}\n"))
    assert agrees("Train now?") is agreed
    assert not agrees("At the end of input?")
