"""`otto shell`: what a tester types and reads, one test a command, and the shell in a terminal."""

import asyncio
import io
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document
from rasa.core.agent import Agent

from bot import flags, shell
from bot.answers import topics
from bot.shell import Shell, Suggestions, coloured, typed
from bot.shell_commands import COMMANDS
from tests.terminal import Terminal

LENGTH = "How long is an OT session?"
START = "Help me choose between OT and PT"
Talk = Callable[..., str]


@pytest.fixture
def talk(agent: Agent, capsys: pytest.CaptureFixture[str]) -> Talk:
    """Type lines into a new shell and return what it prints."""

    def talk(*lines: str, channel: str = "web") -> str:
        async def all_lines() -> AsyncIterator[str]:
            for line in lines:
                yield line

        capsys.readouterr()
        asyncio.run(Shell(agent, channel).talk(all_lines()))
        return capsys.readouterr().out

    return talk


@pytest.fixture(autouse=True)
def own_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep flags where the test can see them."""
    monkeypatch.setattr(flags, "FLAGS", tmp_path / "flags.jsonl")


def test_one_line_stands_under_each_answer(talk: Talk) -> None:
    line = talk(LENGTH).splitlines()[-2]
    assert re.fullmatch(
        r"faq/session_length \d\.\d\d \(then [\w/]+ \d\.\d\d\) \| topic session_length \| answer "
        r"\| Health.com \| \d+ ms \| SMS 1 segment",
        line,
    )


@pytest.mark.parametrize("text", ["My husband has chest pain and can't breathe", " ", "x" * 2000])
def test_what_rasa_never_saw_has_its_line_too(talk: Talk, text: str) -> None:
    assert "otto:" not in talk(text)
    assert re.search(r" \| (emergency|out_of_scope) \| \d+ ms", talk(text))


def test_why_tells_examples_gate_and_rule(talk: Talk) -> None:
    out = talk(LENGTH, "/why")
    assert f"1.00  faq/session_length: {LENGTH}" in out
    assert "gate: sure:" in out
    assert "RulePolicy chose utter_faq, by the rule “Answer a question”" in out


def test_top_lists_as_many_as_are_asked_for(talk: Talk) -> None:
    assert len(re.findall(r"likeness", talk(LENGTH, "/top 3"))) == 3


def test_source_names_document_section_and_review(talk: Talk) -> None:
    out = talk("What are the risks of occupational therapy?", "/source")
    assert "section “What are the risks of occupational therapy?”, reviewed 2024-02-27" in out


def test_as_changes_whose_answers_are_given(talk: Talk) -> None:
    out = talk("/as sms", LENGTH)
    assert f"Otto: {topics()['session_length'].sms}\nSource: Health.com" in out


def test_slots_and_set_show_and_change_what_is_remembered(talk: Talk) -> None:
    assert 'city = "Trenton"\n' in talk("/set city Trenton", "/slots")
    assert 'difficulties = ["walking"]\n' in talk('/set difficulties ["walking"]', "/slots")


def test_back_takes_back_a_turn(talk: Talk) -> None:
    out = talk(START, "1", "/back", "/slots")
    assert "taken back: 1\n" in out
    assert "person = null\n" in out


def test_restart_forgets(talk: Talk) -> None:
    assert "person = null\n" in talk(START, "1", "/restart", "/slots")


@pytest.mark.parametrize("channel", ["web", "sms"])
def test_a_conversation_that_was_saved_is_said_again(
    talk: Talk, tmp_path: Path, channel: str
) -> None:
    path = tmp_path / "talk.txt"
    first = talk(START, "2", "/back", "1", "/set city Ohio", f"/save {path}", channel=channel)
    again = talk(LENGTH, f"/load {path}", "/slots")
    assert re.findall("^Otto: .*", first, re.MULTILINE)[-1] in again
    assert 'person = "child"' in again
    assert 'city = "Ohio"' in again


def test_a_saved_conversation_is_said_on_its_channels(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    talk(LENGTH, "/as sms", LENGTH, "/back", LENGTH, f"/save {path}")
    lines = re.findall("^You: .*", path.read_text(), re.MULTILINE)
    assert lines == [f"You: {LENGTH}", "You: /as sms", f"You: {LENGTH}"]


def test_a_file_with_a_question_a_line_can_be_loaded(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "questions.txt"
    path.write_text(f"{LENGTH}\n\nhello\n")
    assert "2 lines said again" in talk(f"/load {path}")


def test_a_file_that_loads_itself_is_refused(talk: Talk, tmp_path: Path) -> None:
    path = tmp_path / "talk.txt"
    path.write_text(f"/load {path}\n")
    assert "please take that line out" in talk(f"/load {path}")


def test_a_flag_is_kept_for_review(talk: Talk) -> None:
    talk(LENGTH, "/flag unclear too short")
    (kept,) = flags.load(flags.FLAGS)
    assert (kept.verdict, kept.note, kept.text, kept.topic) == (
        "unclear",
        "too short",
        LENGTH,
        "session_length",
    )


def test_expectations_are_counted_to_the_end(talk: Talk) -> None:
    out = talk(LENGTH, "/expect session_length", "/expect risks", "/expect answer")
    assert "right (1 of 1 as expected)" in out
    assert "wrong: session_length (1 of 2 as expected)" in out
    assert out.endswith("2 of 3 as expected\n")


def test_without_expectations_nothing_is_counted(talk: Talk) -> None:
    assert "as expected" not in talk(LENGTH)


def test_help_lists_every_command_with_its_arguments(talk: Talk) -> None:
    lines = talk("/help").splitlines()
    assert [line.split("  ")[0] for line in lines[: len(COMMANDS)]] == [c.usage for c in COMMANDS]


def test_stop_ends_before_the_lines_do(talk: Talk) -> None:
    assert talk("/stop", "hello") == ""


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("/wy", "there is no command /wy; did you mean /why? /help lists them"),
        ("/", "there is no command /; /help lists them"),
        ("/why", "nothing was said yet; ask Otto something first"),
        ("/source", "nothing was said yet; ask Otto something first"),
        ("/as fax", "which one? /as web or /as sms"),
        ("/set", "which slot, and to what? /set city Trenton"),
        ("/set town Trenton", "there is no slot town; /slots lists them"),
        ("/back", "there is nothing to take back"),
        ("/save", "to which file? /save talk.txt"),
        ("/save /no/such/folder", "/no/such/folder: cannot be written (No such file or directory)"),
        ("/load", "which file? /load talk.txt"),
        ("/load /no/such/file", "/no/such/file: cannot be read; please check its name"),
        ("/expect anser", "'anser' is neither a topic nor an outcome; did you mean answer?"),
    ],
)
def test_a_mistake_is_told_in_one_line_and_the_session_goes_on(
    talk: Talk, line: str, told: str
) -> None:
    out = talk(line, "hello")
    assert out.startswith(f"otto: {told}\n\nOtto: ")


@pytest.mark.parametrize("line", ["/top many", "/top 0", "/flag meh", "/flag"])
def test_a_wrong_argument_is_told(talk: Talk, line: str) -> None:
    assert "\notto: " in talk(LENGTH, line)


def test_an_unexpected_error_is_one_line_and_the_session_goes_on(
    talk: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*args: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(shell, "summary", broken)
    out = talk("hello", "/help")
    assert "\notto: that failed (ZeroDivisionError: by zero)\n\n/why" in out


def test_two_slashes_say_one(talk: Talk) -> None:
    assert "Otto: " in talk("//restart")


def completions(text: str) -> list[str]:
    found = Suggestions().get_completions(Document(text), CompleteEvent())
    return [completion.text for completion in found]


@pytest.mark.parametrize(
    ("text", "offered"),
    [
        ("/s", ["/source", "/slots", "/set", "/save", "/stop"]),
        ("/as ", ["web", "sms"]),
        ("/flag u", ["unclear", "unsafe"]),
        ("/expect session_", ["session_frequency", "session_length"]),
        ("/why ", []),
        ("/dance ", []),
        ("how", []),
    ],
)
def test_commands_and_what_they_take_are_completed(text: str, offered: list[str]) -> None:
    assert completions(text) == offered


@pytest.mark.parametrize(
    ("environment", "colours"),
    [({}, True), ({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True), ({"TERM": "dumb"}, False)],
)
def test_colours_are_only_where_they_are_wanted(
    environment: dict[str, str], colours: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name, value in ({"NO_COLOR": "", "TERM": "xterm"} | environment).items():
        monkeypatch.setenv(name, value)
    assert coloured(Terminal()) is colours
    assert coloured(io.StringIO()) is False


def test_piped_lines_are_shown_as_they_are_answered(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def lines() -> list[str]:
        return [line async for line in typed()]

    monkeypatch.setattr("sys.stdin", io.StringIO("one\n\ntwo"))
    assert asyncio.run(lines()) == ["one", "", "two"]
    assert capsys.readouterr().out == "You: one\nYou: \nYou: two\n"


def test_the_shell_in_a_terminal_completes_remembers_and_survives_ctrl_c(
    tmp_path: Path,
) -> None:
    terminal = Terminal("shell", state=tmp_path / "state")
    try:
        at = terminal.wait_for("You:", terminal.wait_for("/help lists the commands"))
        terminal.type("/hel\t")
        at = terminal.wait_for("p", at)
        terminal.type("\r")
        at = terminal.wait_for("You:", terminal.wait_for("//text says", at))
        terminal.type("nonsense\x03")
        at = terminal.wait_for("You:", terminal.wait_for("Ctrl-D or /stop ends.", at))
        terminal.type_until("\x1b[A", "/help")
        terminal.type("\r")
        at = terminal.wait_for("You:", terminal.wait_for("//text says", at))
        terminal.type("hello\r")
        at = terminal.wait_for("\x1b[2msmall_talk/", at)
        at = terminal.wait_for("You:", at)
        assert terminal.end() == 0
        history = tmp_path / "state" / "shell_history"
        assert "+hello" in history.read_text()
        assert [p.stat().st_mode & 0o077 for p in (history, history.parent)] == [0, 0]
    finally:
        terminal.close()
