"""Whether a document names a test that there is."""

import ast
from functools import cache

from bot.paths import ROOT


def is_a_test(name: str) -> bool:
    """Whether there is a test such as `tests/test_lock.py::test_it`, or a file of tests."""
    path, _, function = name.partition("::")
    return path in _files() and (not function or function in _tests(path))


@cache
def _files() -> set[str]:
    return {path.relative_to(ROOT).as_posix() for path in ROOT.glob("tests/**/test_*.py")}


@cache
def _tests(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
