"""The `otto` command: exit codes, and errors of one line that say what to do."""

import asyncio
import io
import json
import logging
import os
import re
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from rasa.core.agent import Agent

from bot import cli
from bot.acceptance import AcceptanceError
from bot.age import AgeError
from bot.answers import ContentError, topics
from bot.baseline import BaselineError
from bot.cli import IMPOSSIBLE, WRONG, main
from bot.conversation import ConversationError
from bot.directory_file import DirectoryError
from bot.doctor import Finding
from bot.encoder import EncoderError
from bot.evaluation import CasesError, Report
from bot.flags import FlagError
from bot.follow_ups import FollowUpError
from bot.kept import KeptError
from bot.model_file import seal
from bot.new_topic import TopicError
from bot.next_steps import GUIDE
from bot.page import PageError
from bot.question_file import QuestionsError
from bot.regression import RunFileError
from bot.safety import SafetyError
from bot.settings import SettingsError
from bot.shell_commands import CommandError
from bot.supervisor import RunError
from bot.training import TrainingError

ERRORS = (
    AcceptanceError,
    AgeError,
    BaselineError,
    CasesError,
    CommandError,
    ContentError,
    ConversationError,
    DirectoryError,
    EncoderError,
    FlagError,
    FollowUpError,
    KeptError,
    PageError,
    QuestionsError,
    RunError,
    RunFileError,
    SafetyError,
    SettingsError,
    TopicError,
    TrainingError,
)
QUESTION = "How long is an OT session?"


@pytest.fixture(autouse=True)
def quiet_only_here(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Put back what the command changes to keep the libraries quiet."""
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    for name in ("RASA_TELEMETRY_ENABLED", "TF_CPP_MIN_LOG_LEVEL"):
        monkeypatch.setenv(name, os.environ.get(name, "3"))
    level, config = logging.getLogger("rasa").level, structlog.get_config()
    yield
    logging.getLogger("rasa").setLevel(level)
    structlog.configure(**config)


@pytest.fixture
def with_agent(agent: Agent, monkeypatch: pytest.MonkeyPatch) -> None:
    """Use the tests' agent instead of loading another."""
    monkeypatch.setattr(cli, "_with_agent", lambda use: asyncio.run(use(agent)))


@pytest.fixture
def without_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail where a model would be trained or loaded."""

    def refuse(*args: Any) -> None:
        raise AssertionError("a model was asked for")

    monkeypatch.setattr(cli, "_model", refuse)
    monkeypatch.setattr(cli, "_with_agent", refuse)


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], str]:
    """Write a file of questions and return its path as the command line takes it."""

    def write(text: str) -> str:
        path = tmp_path / "questions.txt"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


@pytest.fixture
def cases(tmp_path: Path) -> Path:
    """A file of cases: a question that Otto answers, and one that is not what it asks."""
    path = tmp_path / "cases.jsonl"
    lines = [
        {"text": QUESTION, "label": "session_length", "alt_labels": [], "answerable": True},
        {"text": QUESTION, "label": "risks", "alt_labels": [], "answerable": True},
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def raising(error: BaseException) -> Callable[..., int]:
    def command(*args: Any) -> int:
        raise error

    return command


@pytest.mark.parametrize("error", ERRORS)
def test_an_expected_error_is_one_line_that_names_otto(
    error: type[Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "train", raising(error("do this")))
    assert (main(["train"]), *capsys.readouterr()) == (IMPOSSIBLE, "", "otto: do this\n")


@pytest.mark.parametrize(("error", "code"), [(BrokenPipeError(), 2), (KeyboardInterrupt(), 130)])
def test_an_end_from_outside_is_silent(
    error: BaseException,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "train", raising(error))
    assert (main(["train"]), *capsys.readouterr()) == (code, "", "")


def test_an_unexpected_error_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cli, "train", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        main(["train"])


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ([], "COMMAND"),
        (["dance"], "dance"),
        (["ask", QUESTION, "--channel", "fax"], "fax"),
        (["ask", QUESTION, "--loud"], "--loud"),
    ],
)
def test_a_wrong_command_line_is_refused_with_what_is_wrong(
    arguments: list[str], named: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main(arguments)
    assert (error.value.code, named in capsys.readouterr().err) == (IMPOSSIBLE, True)


@pytest.mark.parametrize(
    "command",
    ["run", "train", "shell", "check", "ask", "evaluate", "new", "doctor", "review", "report"],
)
def test_every_command_explains_itself_with_an_example(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as error:
        main([command, "--help"])
    out = capsys.readouterr().out
    assert error.value.code == 0
    assert re.search(rf"^example: .*otto {command}", out, re.MULTILINE)
    assert "exit codes: 0 all is well; 1 something is wrong; 2 it could not be done" in out


@pytest.mark.usefixtures("without_agent")
@pytest.mark.parametrize("arguments", [[], [QUESTION, "--file", "questions.txt"]])
def test_ask_takes_a_question_or_a_file_and_not_both(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert (main(["ask", *arguments]), *capsys.readouterr()) == (
        IMPOSSIBLE,
        "",
        "otto: give one question, or --file with one question a line\n",
    )


@pytest.mark.usefixtures("without_agent")
@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cannot be read (No such file or directory); please check the file's name"),
        (b"one\ncaf\xe9\n", "line 2 is not UTF-8 text; please save the file as UTF-8"),
    ],
    ids=["missing", "not UTF-8"],
)
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(
    content: bytes | None, complaint: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "questions.txt"
    if content is not None:
        path.write_bytes(content)
    assert (main(["ask", "--file", str(path)]), *capsys.readouterr()) == (
        IMPOSSIBLE,
        "",
        f"otto: {path}: {complaint}\n",
    )


@pytest.mark.usefixtures("with_agent")
def test_an_empty_line_is_named(
    write: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ask", "--json", "--file", write(f"{QUESTION}\n\n  \nhello\n")])
    assert (code, capsys.readouterr().err) == (
        WRONG,
        "otto: line 2 is empty; it was left out\notto: line 3 is empty; it was left out\n",
    )


@pytest.mark.usefixtures("with_agent")
def test_the_lines_around_an_empty_one_are_answered(
    write: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ask", "--json", "--file", write(f"{QUESTION}\n\nhello\n")])
    records = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(record["text"], record["outcome"]) for record in records] == [
        (QUESTION, "answer"),
        ("hello", "small_talk"),
    ]


@pytest.mark.usefixtures("with_agent")
def test_answered_questions_are_a_success(
    write: Callable[[str], str], capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ask", "--file", write(f"{QUESTION}\nhello\n")])
    assert (code, capsys.readouterr().err) == (0, "")


@pytest.fixture
def expecting(tmp_path: Path) -> Callable[..., str]:
    """Write a CSV of the question with what is expected of it."""

    def write(*expect: str) -> str:
        path = tmp_path / "questions.csv"
        path.write_text("text,expect\n" + "".join(f"{QUESTION},{name}\n" for name in expect))
        return str(path)

    return write


@pytest.mark.usefixtures("with_agent")
@pytest.mark.parametrize(
    ("expect", "code"), [("session_length", 0), ("answer", 0), ("risks", WRONG), ("", 0)]
)
def test_the_exit_code_tells_whether_all_was_as_expected(
    expecting: Callable[..., str], expect: str, code: int
) -> None:
    assert main(["ask", "--file", expecting(expect)]) == code


@pytest.mark.usefixtures("with_agent")
def test_a_missed_expectation_is_told_and_counted(
    expecting: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ask", "--file", expecting("risks", "answer")])
    out = capsys.readouterr().out
    assert f"wrong: {QUESTION}\n    wanted risks, got answer session_length\n" in out
    assert "| expected | 2 | wrong 50.0 %, right 50.0 % |" in out


@pytest.mark.usefixtures("with_agent")
def test_a_second_run_tells_what_changed_since_the_first(
    expecting: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    file = expecting("answer")
    main(["ask", "--file", file])
    assert "changed since" not in capsys.readouterr().out
    main(["ask", "--file", file])
    assert f"0 of 1 changed since {file}.last.jsonl\n" in capsys.readouterr().out
    main(["ask", "--file", file, "--channel", "sms"])
    assert f"changed: {QUESTION}\n    was Most OT sessions" in capsys.readouterr().out


@pytest.mark.usefixtures("with_agent")
def test_records_that_were_printed_can_be_compared_with_and_are_left_alone(
    expecting: Callable[..., str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    earlier = tmp_path / "earlier.jsonl"
    main(["ask", QUESTION, "--json"])
    earlier.write_text(capsys.readouterr().out.replace('"session_length"', '"risks"'))
    before = earlier.read_text()
    main(["ask", "--file", expecting("answer"), "--json", "--against", str(earlier)])
    out, err = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.splitlines()] == ["session_length"]
    assert "    was answer risks\n    is answer session_length\n" in err
    assert f"1 of 1 changed since {earlier}\n" in err
    assert earlier.read_text() == before
    assert not Path(f"{tmp_path}/questions.csv.last.jsonl").exists()


@pytest.mark.usefixtures("with_agent")
def test_ask_writes_a_page_where_it_is_asked_to(
    expecting: Callable[..., str], tmp_path: Path
) -> None:
    page = tmp_path / "page.html"
    main(["ask", "--file", expecting("risks"), "--html", str(page)])
    assert "<td>answer session_length</td>" in page.read_text(encoding="utf-8")


@pytest.mark.usefixtures("without_agent")
@pytest.mark.parametrize("option", ["--against", "--html"])
def test_what_is_about_a_file_needs_one(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ask", QUESTION, option, "x"]) == IMPOSSIBLE
    assert capsys.readouterr().err == "otto: --against and --html need --file\n"


@pytest.mark.usefixtures("without_agent")
def test_an_earlier_run_that_cannot_be_read_is_named_before_a_model_is_loaded(
    expecting: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["ask", "--file", expecting("answer"), "--against", "/no/such"]) == IMPOSSIBLE
    assert capsys.readouterr().err == "otto: /no/such: cannot be read; please check its name\n"


@pytest.mark.usefixtures("with_agent")
def test_json_keeps_every_letter_readable(capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", "--json", "¿qué es la terapia ocupacional? 字"])
    assert '"text": "¿qué es la terapia ocupacional? 字"' in capsys.readouterr().out


@pytest.mark.usefixtures("with_agent")
@pytest.mark.parametrize(
    "line",
    [QUESTION, "  [health_com: What To Expect]", "  (answer, session_length, "],
)
def test_a_person_reads_the_question_its_source_and_what_came_of_it(
    line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ask", QUESTION])
    assert f"\n{line}" in f"\n{capsys.readouterr().out}"


@pytest.mark.usefixtures("with_agent")
def test_a_person_reads_the_choices_by_number(capsys: pytest.CaptureFixture[str]) -> None:
    main(["ask", "Is there OT in Lancaster?"])
    out = capsys.readouterr().out
    assert "\n  1. Lancaster, California\n  2. Lancaster, Pennsylvania\n" in out


@pytest.mark.usefixtures("with_agent")
@pytest.mark.parametrize("channel", ["web", "sms"])
def test_the_answer_is_the_one_for_the_channel(
    channel: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["ask", QUESTION, "--json", "--channel", channel])
    answer = json.loads(capsys.readouterr().out)["answer"]
    assert answer.startswith(getattr(topics()["session_length"], channel))


@pytest.mark.usefixtures("without_agent")
def test_a_setting_that_cannot_be_used_is_named_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OTTO_PORT", "eighty")
    assert (main(["run"]), *capsys.readouterr()) == (
        IMPOSSIBLE,
        "",
        "otto: OTTO_PORT is 'eighty'; it must be a port, a number from 1 to 65535\n",
    )


def test_run_starts_the_servers_with_the_model_and_the_settings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []
    monkeypatch.setenv("OTTO_PORT", "18080")
    monkeypatch.setattr(cli, "_model", lambda train_now: Path("model.tar.gz"))
    monkeypatch.setattr(
        "bot.supervisor.run",
        lambda settings, *given, **more: started.append((settings.port, *given, more)),
    )
    assert main(["run"]) == 0
    assert main(["run", "--only", "rasa"]) == 0
    model = Path("model.tar.gz")
    assert started == [(18080, model, {"alone": False}), (18080, model, {"alone": True})]


def test_train_says_when_there_is_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "otto-0123456789ab.tar.gz"
    model.touch()
    seal(model)
    monkeypatch.setattr("bot.training.model_path", lambda: model)
    monkeypatch.setattr("bot.training.train", raising(AssertionError("it was trained")))
    assert (main(["train"]), capsys.readouterr().out) == (0, f"Up to date: {model.name}\n")


def test_train_trains_where_there_is_no_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "otto-0123456789ab.tar.gz"
    monkeypatch.setattr("bot.training.model_path", lambda: model)
    monkeypatch.setattr("bot.training.train", lambda: model.touch() or model)
    assert (main(["train"]), model.exists()) == (0, True)


def test_train_trains_again_where_the_model_is_not_what_was_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tmp_path / "otto-0123456789ab.tar.gz"
    model.touch()
    monkeypatch.setattr("bot.training.model_path", lambda: model)
    monkeypatch.setattr("bot.training.train", lambda: model.write_text("new") and model)
    assert (main(["train"]), model.read_text()) == (0, "new")


def test_training_on_the_way_leaves_standard_output_to_the_records(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.training.model_path", lambda: tmp_path / "missing.tar.gz")
    monkeypatch.setattr("bot.training.train", lambda: tmp_path / "trained.tar.gz")
    main(["train"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "understanding", "code"),
    [([], [], 0), (["a: is wrong"], [], WRONG), ([], ["b: is taken for c"], WRONG)],
)
def test_check_fails_where_there_is_a_problem(
    content: list[str], understanding: list[str], code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.check.problems", lambda topics, sources: content)
    monkeypatch.setattr(cli, "_with_agent", lambda use: understanding)
    assert main(["check"]) == code


def test_check_lists_the_problems_and_counts_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bot.check.problems", lambda topics, sources: ["a: is bad", "b: is bad"])
    main(["check"])
    assert capsys.readouterr().out == (
        f"a: is bad\n    Next: {GUIDE}\nb: is bad\n    Next: {GUIDE}\n"
        f"{len(topics())} topics checked, 2 problems\n"
    )


@pytest.mark.parametrize(("level", "code"), [("ok", 0), ("note", 0), ("wrong", WRONG)])
def test_doctor_prints_a_line_a_check_and_fails_where_one_is_wrong(
    level: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("bot.doctor.examine", lambda: iter([Finding(level, "clock", "noon")]))
    assert main(["doctor"]) == code
    assert capsys.readouterr().out == f"{level:5}  clock: noon\n"


@pytest.fixture
def own_topics(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of topics of the test's own, which has none yet."""
    folder = tmp_path / "data" / "nlu" / "faq"
    folder.mkdir(parents=True)
    monkeypatch.setattr("bot.paths.TOPICS", folder)
    return folder


@pytest.mark.usefixtures("without_agent")
def test_a_new_topic_is_a_file_and_check_says_what_is_still_to_write(
    own_topics: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new", "parking"]) == 0
    assert str(own_topics / "parking.yml") in capsys.readouterr().out
    assert main(["check"]) == WRONG
    assert capsys.readouterr().out == (
        "parking.yml: still to write: the examples, the web answer, the question, the sources, "
        "the related topics, the SMS answer\n"
        "    Next: write what is asked for wherever the file says TO WRITE.\n"
        "1 topics checked, 1 problems\n"
    )


@pytest.mark.usefixtures("without_agent", "own_topics")
def test_a_topic_that_is_there_is_never_overwritten(capsys: pytest.CaptureFixture[str]) -> None:
    main(["new", "parking"])
    assert main(["new", "parking"]) == IMPOSSIBLE
    assert "parking.yml is there already; please edit it or take another name" in (
        capsys.readouterr().err
    )


def test_check_names_a_question_that_is_not_understood_as_itself(
    agent: Agent, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("actions.conversation.CANONICAL", {"find_location": QUESTION})
    assert asyncio.run(cli._misunderstood(agent)) == [
        f"find_location: its question “{QUESTION}” is understood as faq/session_length"
    ]


@pytest.mark.usefixtures("with_agent")
def test_evaluate_names_the_misses_then_counts_by_topic_and_by_group(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(cases)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"wrong: {QUESTION}",
        "    wanted risks, got answer session_length",
        "",
        "| topic | cases | verdicts |",
        "|---|---|---|",
        "| risks | 1 | wrong 100.0 % |",
        "| session_length | 1 | right 100.0 % |",
        "",
        "| group | cases | verdicts |",
        "|---|---|---|",
        "| answerable | 2 | right 50.0 %, wrong 50.0 % |",
    ]


@pytest.mark.usefixtures("with_agent")
def test_evaluate_prints_its_numbers_as_json(
    cases: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["evaluate", str(cases), "--json"])
    counted = json.loads(capsys.readouterr().out)
    assert counted["groups"] == {"answerable": {"right": 1, "wrong": 1}}
    assert [miss["text"] for miss in counted["misses"]] == [QUESTION]


@pytest.mark.usefixtures("with_agent")
def test_evaluate_writes_a_page_where_it_is_asked_to(cases: Path, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert main(["evaluate", str(cases), "--html", str(page)]) == 0
    assert page.read_text(encoding="utf-8").count("<img ") == 3


@pytest.mark.parametrize("arguments", [[], ["--json"]])
def test_a_page_changes_nothing_in_what_is_printed(
    arguments: list[str],
    cases: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "_with_agent", lambda use: Report())
    main(["evaluate", str(cases), *arguments])
    printed = capsys.readouterr().out
    main(["evaluate", str(cases), *arguments, "--html", str(tmp_path / "page.html")])
    assert capsys.readouterr().out == printed


def test_a_page_that_cannot_be_written_is_named(
    cases: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(cli, "_with_agent", lambda use: Report())
    page = tmp_path / "missing" / "page.html"
    assert (main(["evaluate", str(cases), "--html", str(page)]), *capsys.readouterr()) == (
        IMPOSSIBLE,
        "",
        f"otto: {page}: cannot be written (No such file or directory)\n",
    )


@pytest.mark.usefixtures("without_agent")
def test_cases_that_cannot_be_read_are_named_before_a_model_is_loaded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", str(tmp_path)]) == IMPOSSIBLE
    assert capsys.readouterr().err == f"otto: {tmp_path}: holds no file that ends in .jsonl\n"


@pytest.mark.usefixtures("with_agent")
def test_shell_answers_what_is_piped_into_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{QUESTION}\n/stop\nhello\n"))
    assert main(["shell", "--channel", "sms"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"You: {QUESTION}\nOtto: Most OT sessions last")
    assert "hello" not in out
    assert "/help lists the commands" in err
