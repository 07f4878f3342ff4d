"""What the documents claim is so."""

import asyncio
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.metrics import MetricWrapperBase
from rasa.core.agent import Agent

from bot import metrics, sms_shell
from bot.answers import TO_WRITE, load_sources, load_topic, topics
from bot.channels.render import as_terminal
from bot.check import EXAMPLES, GRADE, WEB_WORDS, problems
from bot.cli import parser
from bot.conversation import Conversation
from bot.evaluation import load_cases
from bot.flags import VERDICTS
from bot.metrics import PARTS
from bot.paths import ROOT
from bot.question_file import read
from bot.settings import TABLE
from bot.shell_commands import BY_NAME, COMMANDS, Command
from bot.sms import MOST_SEGMENTS
from tests.named import is_a_test

CONTENT = (ROOT / "docs" / "content.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
MONITORING = (ROOT / "docs" / "monitoring.md").read_text(encoding="utf-8")
NUMBERS = [each for each in vars(metrics).values() if isinstance(each, MetricWrapperBase)]
LINKS = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def commands() -> list[str]:
    (action,) = [a for a in parser()._actions if a.metavar == "COMMAND"]
    return list(action.choices or ())


def test_the_transcript_in_the_readme_is_what_otto_says(agent: Agent) -> None:
    transcript = re.search(r"```\n(You: .*?)```", README, re.DOTALL)
    assert transcript
    conversation = Conversation(agent, "web")

    async def talk() -> str:
        said = ""
        for line in re.findall(r"^You: (.*)$", transcript[1], re.MULTILINE):
            turn = await conversation.say(line)
            answers = [f"Otto: {as_terminal(message)}\n" for message in turn.messages]
            said += "\n".join([f"You: {line}", *answers]) + "\n"
        return said

    assert asyncio.run(talk()).strip() == transcript[1].strip()


def test_the_text_messages_in_the_readme_are_what_otto_sends(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    section = README.split("## By text message")[1]
    transcript = section.split("```\n")[1]
    said = re.findall(r"^You: (.*)$", transcript, re.MULTILINE)

    async def typed():
        for line in said:
            print(f"You: {line}")
            yield line

    asyncio.run(sms_shell.talk(agent, typed()))
    assert capsys.readouterr().out.strip() == transcript.strip()


@pytest.mark.parametrize("setting", TABLE, ids=lambda setting: setting.name)
def test_every_setting_is_in_the_readme(setting) -> None:
    default = f"`{setting.default}`" if setting.default else ""
    row = f"| `{setting.variable}` | {setting.help} | {default} |".replace("|  |", "| |")
    assert row in README


@pytest.mark.parametrize("command", commands())
def test_every_command_is_in_the_readme(command: str) -> None:
    assert f"| `otto {command}" in README


@pytest.mark.parametrize(
    "document",
    [
        "README.md",
        "docs/architecture.md",
        "docs/understanding.md",
        "docs/benchmarks.md",
        "docs/deploy.md",
        "docs/sms.md",
        "docs/monitoring.md",
        "docs/content.md",
        "docs/widget.md",
        "docs/security.md",
        "docs/hazards.md",
    ],
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for link in LINKS.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize("document", ["security.md", "hazards.md"])
def test_every_threat_and_hazard_names_tests_that_there_are(document: str) -> None:
    rows = [
        line
        for line in (ROOT / "docs" / document).read_text(encoding="utf-8").splitlines()
        if line.startswith("|") and "`tests/" in line
    ]
    assert len(rows) >= 19
    for row in rows:
        tests = re.findall(r"`(tests/[^`]+)`", row.rpartition(" | ")[2])
        assert tests, row
        assert [test for test in tests if not is_a_test(test)] == []


def test_every_hazard_has_a_number_of_its_own() -> None:
    text = (ROOT / "docs" / "hazards.md").read_text(encoding="utf-8")
    numbers = [int(number) for number in re.findall(r"(?m)^\| H(\d+) \|", text)]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize(
    "path", sorted(p for p in [*ROOT.glob("bot/*.py"), *ROOT.glob("data/*.*")]), ids=str
)
def test_every_module_and_data_file_has_its_room_in_the_architecture(path) -> None:
    name = path.stem if path.suffix == ".py" else path.name
    wildcard = "data/place_*" if path.name.startswith("place_") else f"`{name}`"
    assert name == "__init__" or wildcard in ARCHITECTURE or f"/{path.name}`" in ARCHITECTURE


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: number._name)
def test_every_metric_is_in_the_guide_with_its_labels(number: Any) -> None:
    suffix = "_total" if number._type == "counter" else ""
    labels = ", ".join(f"`{label}`" for label in number._labelnames)
    row = f"| `{number._name}{suffix}` | {labels} |".replace("|  |", "| |")
    assert row in MONITORING


@pytest.mark.parametrize("part", PARTS)
def test_every_part_that_may_be_out_of_order_is_in_the_guide(part: str) -> None:
    assert f"| `{part}` |" in MONITORING


def test_make_help_lists_every_target_on_one_line() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    assert [line.split()[1] for line in listed] == targets
    assert all(len(line.split()) > 2 for line in listed)


def test_adding_an_answer_is_explained_in_under_a_screen() -> None:
    section = README.split("## Add an answer")[1].split("\n## ")[0]
    assert len(section.strip().splitlines()) <= 24


@pytest.mark.parametrize("table", ["ablation", "robustness"])
def test_the_tables_of_understanding_were_measured(table: str) -> None:
    text = (ROOT / "docs" / "understanding.md").read_text(encoding="utf-8")
    rows = text.split(f"<!-- {table} -->\n")[1].split("<!-- end of")[0].splitlines()
    assert len(rows) > 3
    assert all(row.startswith("|") for row in rows)


def test_the_editors_example_is_a_good_answer(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", CONTENT, re.DOTALL)
    path = tmp_path / "parking.yml"
    path.write_text(example, encoding="utf-8")
    topic = load_topic(path)
    assert problems(topics() | {topic.id: topic}, load_sources()) == []


def test_the_editors_questions_can_be_asked(tmp_path: Path) -> None:
    (table,) = re.findall(r"```\n(text,expect\n.*?)```", CONTENT, re.DOTALL)
    path = tmp_path / "questions.csv"
    path.write_text(table.replace(",parking\n", ",booking\n"), encoding="utf-8")
    assert len(read(path)) == 3


def test_the_editors_case_is_a_case(tmp_path: Path) -> None:
    (line,) = re.findall(r"```json\n(.*?)```", CONTENT, re.DOTALL)
    path = tmp_path / "cases.jsonl"
    path.write_text(line, encoding="utf-8")
    assert [case.group for case in load_cases(path)] == ["not answerable"]


@pytest.mark.parametrize(
    "rule",
    [
        f"at least {EXAMPLES}, a line each",
        f"At most {WEB_WORDS} words on the website, school grade {GRADE:.0f} or lower",
        f"may take {['no', 'one', 'two'][MOST_SEGMENTS]} at most, with its sources",
        f"replace every `{TO_WRITE}`",
        *(f"`/flag {verdict}`" for verdict in VERDICTS),
    ],
)
def test_the_editors_rules_are_those_that_are_checked(rule: str) -> None:
    assert rule in CONTENT


def test_the_commands_that_editors_are_told_of_exist() -> None:
    told = set(re.findall(r"`otto (\w+)", CONTENT))
    assert told >= {"new", "check", "train", "shell", "ask", "evaluate", "run", "review", "report"}
    assert told <= set(commands())
    assert set(re.findall(r"`/(\w+)", CONTENT)) <= BY_NAME.keys()
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert all(f"\n{name}:" in makefile for name in re.findall(r"`make (\w+)", CONTENT))
    assert all(
        (ROOT / path).exists()
        for path in re.findall(r"`((?:data|tests)/[\w/.]+)`", CONTENT)
        if "parking" not in path
    )


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_of_the_shell_is_in_the_editors_guide(command: Command) -> None:
    usage = command.usage.replace("|", "\\|")
    assert f"| `{usage}` | {command.help} |" in CONTENT
