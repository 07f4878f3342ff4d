"""How well Otto understands: cases, the verdict on each, and the table of verdicts.

A case is a JSON object with a `text` and what is right for it:

- a question: `label`, `alt_labels`, `answerable`;
- out of scope: `kind` general, medical or chitchat;
- safety: `kind` emergency, crisis or hard_negative;
- a topic or an outcome: `expect` with its name;
- a location: `expect` with `state`, `city`, `listed`, `ambiguous_states`, and where they apply
  `also_ok`, `also_city` (as right as `city`) and `no_location` (no place is asked for).
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from bot.answers import topics
from bot.errors import OttoError

Record = dict[str, Any]

# What can come of a message.
OUTCOMES = (
    *("answer", "ask_which", "not_covered", "out_of_scope", "emergency", "location", "dialogue"),
    "small_talk",
)
ASKED = "no expectation"
GOOD = {
    "answerable": {"right"},
    "not answerable": {"honest"},
    "out of scope": {"right"},
    "emergency": {"right", "noted"},
    "hard negative": {"right"},
    "location": {"right"},
    "expected": {"right"},
    ASKED: set(OUTCOMES),
}
BAD = "wrong"


class CasesError(OttoError):
    """A file of cases cannot be read; the message names the line."""


@dataclass(frozen=True)
class Case:
    """One text, the group it is counted in, and all that its line says."""

    text: str
    group: str
    expected: dict[str, Any]


@dataclass
class Report:
    """All cases with their records; verdicts by group, and by topic for the questions.

    `misses` holds every case that did not go well.
    """

    results: list[tuple[Case, Record]] = field(default_factory=list)
    groups: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    topics: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    misses: list[tuple[str, Case, Record]] = field(default_factory=list)

    def add(self, case: Case, record: Record) -> None:
        """Count one case."""
        self.results.append((case, record))
        found = verdict(case, record)
        self.groups[case.group][found] += 1
        if (topic := topic_wanted(case)) is not None:
            self.topics[topic][found] += 1
        if found not in GOOD[case.group]:
            self.misses.append((found, case, record))

    def share(self, group: str, *verdicts: str) -> float:
        """The share of a group, 0 to 1, that got one of these verdicts."""
        counts = self.groups[group]
        return sum(counts[v] for v in verdicts) / max(1, sum(counts.values()))

    def rows(self) -> list[tuple[str, int, str]]:
        """Each group: its name, its cases, its verdicts in words."""
        return [_row(group, self.groups[group]) for group in GOOD if group in self.groups]

    def topic_rows(self) -> list[tuple[str, int, str]]:
        """The same for each topic, the worst first."""

        def good(counts: Counter[str]) -> float:
            return (counts["right"] + counts["honest"]) / sum(counts.values())

        worst_first = sorted(self.topics.items(), key=lambda item: (good(item[1]), item[0]))
        return [_row(*item) for item in worst_first]

    def miss_lines(self) -> str:
        """Every case that did not go well: what was wanted, and what came of it."""
        return "".join(
            f"{found}: {case.text}\n    wanted {wanted(case)}, got {got(record)}\n"
            for found, case, record in self.misses
        )

    def table(self) -> str:
        """The verdicts as a Markdown table, a row a group."""
        return _markdown("group", self.rows())

    def topic_table(self) -> str:
        """The same, a row a topic."""
        return _markdown("topic", self.topic_rows())


def _row(name: str, counts: Counter[str]) -> tuple[str, int, str]:
    total = sum(counts.values())
    shares = [f"{found} {100 * count / total:.1f} %" for found, count in counts.most_common()]
    return name, total, ", ".join(shares)


def _markdown(what: str, rows: list[tuple[str, int, str]]) -> str:
    lines = [f"| {what} | cases | verdicts |", "|---|---|---|"]
    return "\n".join([*lines, *(f"| {name} | {total} | {said} |" for name, total, said in rows)])


def load_cases(path: Path) -> list[Case]:
    """The cases of a JSON Lines file, or of all such files in a folder.

    Raises:
        CasesError: nothing is there, or a line is no case.
    """
    files = sorted(path.glob("*.jsonl")) if path.is_dir() else [path]
    if not files:
        raise CasesError(f"{path}: holds no file that ends in .jsonl")
    return [case for file in files for case in _read(file)]


def _read(path: Path) -> Iterator[Case]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CasesError(f"{path}: cannot be read ({error}); please check its name") from error
    for number, line in enumerate(lines, 1):
        try:
            expected = json.loads(line)
            yield Case(expected["text"], _group(expected), expected)
        except (ValueError, KeyError, TypeError) as error:
            raise CasesError(f"{path}: line {number} is no case ({error})") from error


def _group(expected: dict[str, Any]) -> str:
    if "label" in expected:
        return "answerable" if expected["answerable"] else "not answerable"
    if isinstance(expected.get("expect"), str):
        check_expectation(expected["expect"])
        return "expected"
    if "expect" in expected:
        return "location"
    kinds = {"emergency": "emergency", "crisis": "emergency", "hard_negative": "hard negative"}
    return kinds.get(expected["kind"], "out of scope")


def verdict(case: Case, record: Record) -> str:
    """What a record of `otto ask` is worth for a case.

    An answer that is not right is "wrong". Less bad are "offered" and "asked" (the right question,
    or some, among the choices), "noted" (a normal answer with the 911 line) and "missed". Where
    nothing is expected, it is the outcome.
    """
    outcome: str = record["outcome"]
    if case.group == ASKED:
        return outcome
    match case.group:
        case "answerable":
            return _question(case.expected, record)
        case "not answerable":
            honest = outcome in ("not_covered", "out_of_scope")
            return "honest" if honest else BAD if outcome == "answer" else "missed"
        case "out of scope":
            if outcome in ("out_of_scope", "not_covered", "small_talk"):
                return "right"
            return "asked" if outcome == "ask_which" else BAD
        case "emergency":
            return {"interrupt": "right", "note": "noted"}.get(record["safety"] or "", "missed")
        case "hard negative":
            return BAD if record["safety"] == "interrupt" else "right"
        case "expected":
            return _expected(case.expected["expect"], record)
        case _:
            return "right" if _place_is_right(case.expected["expect"], record) else BAD


def check_expectation(name: str) -> None:
    """Make sure that an expectation names a topic or an outcome.

    Raises:
        CasesError: it does not; the message offers what comes close.
    """
    names = [*topics(), *OUTCOMES]
    if name not in names:
        near = get_close_matches(name, names, 2)
        hint = f"; did you mean {' or '.join(near)}?" if near else ""
        raise CasesError(f"{name!r} is neither a topic nor an outcome{hint}")


def meets(record: Mapping[str, Any], name: str) -> bool:
    """Whether a record has the topic or the outcome that was expected."""
    return name in (record["id"], record["outcome"])


def _expected(name: str, record: Record) -> str:
    if meets(record, name):
        return "right"
    if record["outcome"] == "ask_which":
        return "offered" if name in {choice["id"] for choice in record["choices"]} else "asked"
    return "missed" if record["outcome"] in ("not_covered", "out_of_scope") else BAD


def asked(text: str, expect: str) -> Case:
    """A case from a file of questions; `expect` may be empty.

    Raises:
        CasesError: `expect` is neither a topic nor an outcome.
    """
    if not expect:
        return Case(text, ASKED, {})
    check_expectation(expect)
    return Case(text, "expected", {"expect": expect})


def topic_wanted(case: Case) -> str | None:
    """The topic that is right for a case, if it is about one."""
    expect = case.expected.get("expect")
    named = expect if isinstance(expect, str) and expect in topics() else None
    label: str | None = case.expected.get("label", named)
    return label


def wanted(case: Case) -> str:
    """What was right for a case, in a word or two."""
    return str(case.expected.get("label") or case.expected.get("expect") or case.group)


def got(record: Record) -> str:
    """What came of it."""
    return f"{record['outcome']} {record['location'] or record['id'] or record['intent']}"


def _question(expected: dict[str, Any], record: Record) -> str:
    right = {expected["label"], *(expected.get("alt_labels") or ())}
    if record["outcome"] == "answer":
        return "right" if record["id"] in right else BAD
    offered = {choice["id"] for choice in record["choices"]}
    return "offered" if record["outcome"] == "ask_which" and offered & right else "missed"


def _place_is_right(expect: dict[str, Any], record: Record) -> bool:
    found = record["location"]
    if expect.get("no_location") or found is None:
        return bool(expect.get("no_location")) and found is None
    cities = {expect["city"], *(expect.get("also_ok") or ()), expect.get("also_city")}
    if expect["city"] is None:
        cities = {None}
    elif None in cities:
        cities.remove(None)
    return (
        found["city"] in cities
        and all(found[key] == expect[key] for key in ("state", "listed"))
        and found["ambiguous_states"] == expect["ambiguous_states"]
    )


def report(results: Iterable[tuple[Case, Record]]) -> Report:
    """Count the cases with their records."""
    counted = Report()
    for case, record in results:
        counted.add(case, record)
    return counted
