"""The whole way: a question that Otto cannot answer is flagged, reviewed, learnt and answered."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from rasa.core.agent import Agent

from bot.model_file import checksum_path
from bot.paths import ROOT
from bot.training import model_path
from tests.terminal import Terminal

QUESTION = "could our parrot Zelda sit beside me"
TOPIC = "ns_clinic_specific"
TRAINING_SECONDS = 600.0


@pytest.fixture
def copy(tmp_path: Path, agent: Agent) -> Path:
    """Otto as it is, model included, in a folder of the test's own, with a few of the cases."""
    root = tmp_path / "otto"
    for folder in ("bot", "actions", "data", "models/encoder", "metrics"):
        shutil.copytree(ROOT / folder, root / folder)
    for file in ("config.yml", "domain.yml", "endpoints.yml", "requirements.txt"):
        shutil.copy(ROOT / file, root / file)
    for file in (model_path(), checksum_path(model_path())):
        shutil.copy(file, root / "models")
    cases = (ROOT / "tests" / "cases" / "questions.jsonl").read_text(encoding="utf-8")
    (root / "tests" / "cases").mkdir(parents=True)
    few = "".join(cases.splitlines(keepends=True)[:8])
    (root / "tests" / "cases" / "questions.jsonl").write_text(few, encoding="utf-8")
    return root


@contextmanager
def terminal(*arguments: str, root: Path) -> Iterator[Terminal]:
    started = Terminal(*arguments, state=root / "state", root=root)
    try:
        yield started
    finally:
        started.close()


def ask(shell: Terminal) -> str:
    """Ask the question, and return the line under the answer."""
    at = shell.wait_for("You:", shell.wait_for("/help lists the commands", seconds=120))
    shell.type(f"{QUESTION}\r")
    begin = shell.wait_for("\x1b[2m", at)
    return shell.seen[begin : shell.wait_for("You:", begin)]


def test_what_was_flagged_is_reviewed_accepted_learnt_and_answered(copy: Path) -> None:
    path = copy / "data" / "nlu" / "faq" / f"{TOPIC}.yml"
    before = path.read_text(encoding="utf-8")
    with terminal("shell", root=copy) as shell:
        assert f"topic {TOPIC}" not in ask(shell)
        shell.type("/flag unclear a visitor asked\r")
        shell.wait_for("kept with question and answer")
        assert shell.end() == 0
    with terminal("review", "--accept", root=copy) as review:
        at = review.wait_for("Topic:", review.wait_for(QUESTION))
        review.type(f"{TOPIC}\r")
        at = review.wait_for(f"+    - {QUESTION}", at)
        at = review.wait_for("(y/N)", at)
        assert path.read_text(encoding="utf-8") == before
        review.type("y\r")
        at = review.wait_for("(y/N)", review.wait_for("Train now?", at))
        review.type("y\r")
        at = review.wait_for("(y/N)", review.wait_for("Measure", at))
        review.type("y\r")
        review.wait_for("| answerable |", at, TRAINING_SECONDS)
        assert review.process.wait(60) == 0
    with terminal("shell", root=copy) as shell:
        assert f"topic {TOPIC}" in ask(shell)
    assert f"    - {QUESTION}\n" in path.read_text(encoding="utf-8")
    assert QUESTION not in (ROOT / path.relative_to(copy)).read_text(encoding="utf-8")
