"""No sentence of Otto's, wherever it stands, invites a word that phone companies act on."""

import ast
from pathlib import Path

import pytest
import yaml

from bot.answers import ContentError, topics
from bot.paths import DATA, ROOT
from bot.safety import Safety
from bot.sms_keywords import invited
from bot.sms_lint import responses

CODE = sorted([*ROOT.glob("actions/*.py"), *ROOT.glob("bot/**/*.py")])
# The keywords themselves, and the patterns that find them.
ABOUT_KEYWORDS = {"sms_keywords.py", "settings.py", "sms_shell.py", "safety.py"}


def sentences(path: Path) -> list[str]:
    """The text literals of a module that are no documentation and more than one word."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    documentation = {
        ast.get_docstring(node, clean=False)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
    }
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and " " in node.value
        and node.value not in documentation
    ]


@pytest.mark.parametrize(
    "path", [p for p in CODE if p.name not in ABOUT_KEYWORDS], ids=lambda path: path.name
)
def test_no_sentence_in_the_code_invites_one(path: Path) -> None:
    assert [text for text in sentences(path) if invited(text)] == []


@pytest.mark.parametrize("path", ["therapy_guide.yml", "follow_ups.yml"])
def test_no_sentence_in_the_data_invites_one(path: str) -> None:
    def texts(node: object) -> list[str]:
        if isinstance(node, dict):
            return [text for value in node.values() for text in texts(value)]
        if isinstance(node, list):
            return [text for value in node for text in texts(value)]
        # What is no sentence are words to look for, a line each.
        return [node] if isinstance(node, str) and "|" not in node and " " in node else []

    content = yaml.safe_load((DATA / path).read_text(encoding="utf-8"))
    assert [text for text in texts(content) if invited(text)] == []


def test_no_answer_to_an_emergency_invites_one() -> None:
    alarms = Safety.load()._alarms.values()
    assert [alarm.kind for alarm in alarms if invited(alarm.web) or invited(alarm.sms)] == []


def test_no_answer_on_any_channel_invites_one() -> None:
    assert [t.id for t in topics().values() if invited(t.web) or invited(t.sms)] == []


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "domain.yml").write_text("responses: {utter_a: [{channel: sms}]}")
    with pytest.raises(ContentError, match=r"domain\.yml: cannot be read as responses"):
        responses(tmp_path)
