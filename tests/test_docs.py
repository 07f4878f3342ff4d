"""What the documents claim is so."""

import asyncio
import re
import subprocess

import pytest
from rasa.core.agent import Agent

from bot import sms_shell
from bot.cli import parser
from bot.paths import ROOT
from bot.settings import TABLE
from bot.shell import talk

README = (ROOT / "README.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
LINKS = re.compile(r"\]\((?!https?:|#)([^)]+)\)")


def commands() -> list[str]:
    (action,) = [a for a in parser()._actions if a.metavar == "COMMAND"]
    return list(action.choices or ())


def test_the_transcript_in_the_readme_is_what_otto_says(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    transcript = re.search(r"```\n(You: .*?)```", README, re.DOTALL)
    assert transcript
    said = re.findall(r"^You: (.*)$", transcript[1], re.MULTILINE)

    def typed():
        for line in said:
            print(f"You: {line}")
            yield line

    asyncio.run(talk(agent, typed(), "web"))
    assert capsys.readouterr().out.strip() == transcript[1].strip()


def test_the_text_messages_in_the_readme_are_what_otto_sends(
    agent: Agent, capsys: pytest.CaptureFixture[str]
) -> None:
    section = README.split("## By text message")[1]
    transcript = section.split("```\n")[1]
    said = re.findall(r"^You: (.*)$", transcript, re.MULTILINE)

    def typed():
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
        "docs/sms.md",
        "docs/widget.md",
    ],
)
def test_links_lead_somewhere(document: str) -> None:
    path = ROOT / document
    for link in LINKS.findall(path.read_text(encoding="utf-8")):
        assert (path.parent / link).exists(), link


@pytest.mark.parametrize(
    "path", sorted(p for p in [*ROOT.glob("bot/*.py"), *ROOT.glob("data/*.*")]), ids=str
)
def test_every_module_and_data_file_has_its_room_in_the_architecture(path) -> None:
    name = path.stem if path.suffix == ".py" else path.name
    wildcard = "data/place_*" if path.name.startswith("place_") else f"`{name}`"
    assert name == "__init__" or wildcard in ARCHITECTURE or f"/{path.name}`" in ARCHITECTURE


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
