"""Files of questions: each kind is read whole, and a mistake is named with its line."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation import ASKED
from bot.question_file import QuestionsError, read


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write a file of questions and return its path."""

    def write(content: bytes, name: str = "questions.txt") -> Path:
        path = tmp_path / name
        path.write_bytes(content)
        return path

    return write


def texts(path: Path) -> list[str]:
    return [case.text for _, case in read(path)]


def expected(path: Path) -> list[tuple[int, str, object]]:
    return [(number, case.text, case.expected.get("expect")) for number, case in read(path)]


@pytest.mark.parametrize(
    ("content", "questions"),
    [
        pytest.param(b"one\ntwo\n", ["one", "two"], id="lines"),
        pytest.param(b"one\r\ntwo\r\n", ["one", "two"], id="lines of Windows"),
        pytest.param(b"one\ntwo", ["one", "two"], id="no end of line at the end"),
        pytest.param(b"one\n\n  \ntwo\n", ["one", "", "  ", "two"], id="empty lines"),
        pytest.param(b"\xef\xbb\xbfone\n", ["one"], id="byte order mark"),
        pytest.param("¿qué?\n".encode(), ["¿qué?"], id="accents"),
        pytest.param("a\u2028b\r\nc\n".encode(), ["a\u2028b", "c"], id="other separators"),
    ],
)
def test_a_text_is_read_line_by_line(
    write: Callable[..., Path], content: bytes, questions: list[str]
) -> None:
    assert texts(write(content)) == questions


def test_a_line_of_text_expects_nothing(write: Callable[..., Path]) -> None:
    assert [case.group for _, case in read(write(b"one\n"))] == [ASKED]


@pytest.mark.parametrize(
    "content",
    [
        b"text,expect\nHow long?,session_length\nWhy?,\n",
        b"\xef\xbb\xbftext,expect\r\nHow long?,session_length\r\nWhy?,\r\n",
        b"expect,note,text\nsession_length,x,How long?\n,,Why?\n",
        b'text,expect\n"How long?", session_length\nWhy?\n',
    ],
)
def test_a_csv_is_read_by_its_columns(write: Callable[..., Path], content: bytes) -> None:
    assert expected(write(content, "questions.csv")) == [
        (2, "How long?", "session_length"),
        (3, "Why?", None),
    ]


def test_a_text_in_quotes_may_hold_commas_and_lines(write: Callable[..., Path]) -> None:
    content = b'text,expect\n"Well, how\nlong?",answer\n'
    assert expected(write(content, "questions.csv")) == [(3, "Well, how\nlong?", "answer")]


def test_json_lines_are_read_by_their_keys(write: Callable[..., Path]) -> None:
    content = b'{"text": "How long?", "expect": "session_length"}\n{"text": "Why?"}\n'
    assert expected(write(content, "questions.JSONL")) == [
        (1, "How long?", "session_length"),
        (2, "Why?", None),
    ]


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("q.txt", b"", "holds no question; please write one a line"),
        ("q.csv", b"text,expect\n", "holds no question; please write one a line"),
        ("q.csv", b"", "the first line must name the columns: text,expect (or only text)"),
        ("q.csv", b"question;expect\n", "the first line must name the columns"),
        ("q.csv", b"text,expect\na,b,c\n", "line 2 has too many columns; please put a text with"),
        (
            "q.csv",
            b"text,expect\nx,answr\n",
            "line 2: 'answr' is neither a topic nor an outcome; d",
        ),
        ("q.csv", b"text\na\0b\n", "is no CSV"),
        ("q.jsonl", b"one\n", 'line 1 must be like {"text": '),
        ("q.jsonl", b'{"text": "x"}\n\n', "line 2 must be like"),
        ("q.jsonl", b'{"text": 3}\n', "line 1 must be like"),
        ("q.jsonl", b'{"text": "x", "expect": ["answer"]}\n', "line 1 must be like"),
        ("q.txt", b"caf\xe9\n", "line 1 is not UTF-8 text; please save the file as UTF-8"),
        ("q.csv", b"text\ntwo\ncaf\xe9\nfour\n", "line 3 is not UTF-8 text"),
        ("q.txt", "one\n".encode("utf-16"), "line 1 is not UTF-8 text"),
    ],
)
def test_a_mistake_is_named_with_what_to_do(
    write: Callable[..., Path], name: str, content: bytes, told: str
) -> None:
    path = write(content, name)
    with pytest.raises(QuestionsError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: ")
    assert told in str(error.value)


@pytest.mark.parametrize("name", ["missing.txt", "."])
def test_a_file_that_cannot_be_read_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    with pytest.raises(QuestionsError) as error:
        read(path)
    assert str(error.value).startswith(f"{path}: cannot be read (")
    assert str(error.value).endswith("); please check the file's name")
