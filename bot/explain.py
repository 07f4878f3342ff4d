"""Why Otto answered as it did, in words for staff: pure functions over what a turn left behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.answers import Citation, Source
from bot.channels.render import Message
from bot.gate import ASK_WHICH, OUT_OF_SCOPE, Thresholds, commits, is_unanswered
from bot.paths import DATA
from bot.sms import outside_gsm7, segments

Label = Mapping[str, Any]
Event = Mapping[str, Any]
# Rasa's own steps between two messages.
SILENT = {"action_listen", "action_session_start"}


@dataclass(frozen=True)
class Turn:
    """What was said, what came back, and what is known of how it came about.

    `record` is what `otto ask --json` prints, `events` what Rasa's tracker gained, as dictionaries,
    and `loop` the form that was open before.
    """

    typed: str
    channel: str
    messages: tuple[Message, ...]
    record: Mapping[str, Any]
    events: tuple[Event, ...]
    loop: str | None = None

    @property
    def parsed(self) -> Mapping[str, Any]:
        """What the pipeline found in the message; empty where it never came to that."""
        said = [event["parse_data"] for event in self.events if event["event"] == "user"]
        return said[-1] if said else {}

    @property
    def citations(self) -> list[Citation]:
        """The sources of all its messages, each once."""
        cited = [Citation(**s) for m in self.messages for s in m["metadata"].get("sources", [])]
        return list(dict.fromkeys(cited))


@dataclass(frozen=True)
class Near:
    """A training example and how like it the message is: the cosine of the two."""

    label: str
    text: str
    likeness: float


@dataclass(frozen=True)
class Rule:
    """A rule of data/stories: which action follows which intents, and in which open form."""

    name: str
    file: str
    intents: frozenset[str]
    action: str
    loop: str | None


def summary(turn: Turn, texts: Sequence[str] | None, sources: Mapping[str, Source]) -> str:
    """One line: what was understood, the topic, what came of it, whence, how long, how costly.

    Args:
        turn: the turn.
        texts: what a visitor would get by text message; None where that is not known.
        sources: the documents by id.
    """
    record = turn.record
    parts = [understood(record)]
    if record["id"]:
        parts.append(f"topic {record['id']}")
    parts.append(record["outcome"])
    if names := dict.fromkeys(sources[c.id].short_name for c in turn.citations):
        parts.append(", ".join(names))
    parts.append(f"{record['ms']:.0f} ms")
    if texts is not None:
        parts.append(cost(texts))
    return " | ".join(parts)


def understood(record: Mapping[str, Any]) -> str:
    """The intent with its confidence and the runner-up with its own."""
    labels = record["labels"]
    if not labels:
        return f"{record['intent'] or 'not read'} {record['confidence']:.2f}"
    words = f"{labels[0]['name']} {labels[0]['confidence']:.2f}"
    if len(labels) > 1:
        words += f" (then {labels[1]['name']} {labels[1]['confidence']:.2f})"
    kept = record["intent"] == labels[0]["name"]
    return words if kept else f"{record['intent']} instead of {words}"


def cost(texts: Sequence[str]) -> str:
    """What texts cost to send."""
    if foreign := outside_gsm7("".join(texts)):
        return f"SMS not GSM-7: {' '.join(foreign)}"
    count = sum(segments(text) for text in texts)
    return f"SMS {count} segment{'s' if count != 1 else ''}"


def ranking(labels: Sequence[Label], count: int) -> list[str]:
    """The likeliest labels, a line each."""
    return [
        f"{i:2}. {entry['confidence']:.3f}  likeness {entry['likeness']:.2f}  {entry['name']}"
        for i, entry in enumerate(labels[:count], 1)
    ]


def gate(turn: Turn, thresholds: Thresholds) -> str:
    """What the gate made of the labels, with the numbers it compared."""
    labels, intent = turn.record["labels"], turn.record["intent"]
    if not labels and turn.record["safety"] == "interrupt":
        return "not asked: an emergency comes first"
    if not labels:
        return "not asked: the message was not understood at all"
    best = labels[0]
    if "also" in turn.parsed:
        return f"two questions: {intent}, and {turn.parsed['also']['label']}"
    if turn.parsed.get("only_place"):
        return "the message is a place and nothing else, so it is a location lookup"
    decided = thresholds.decide(list(labels))
    if intent != (decided or best["name"]):
        return f"{intent}, because of the entities in the message"
    numbers = (
        f"confidence {best['confidence']:.2f} (sure from {thresholds.sure:.2f}), "
        f"likeness {best['likeness']:.2f} (close from {thresholds.close:.2f}, same from "
        f"{thresholds.same:.2f})"
    )
    if commits(best["name"]):
        unanswered = sum(e["confidence"] for e in labels if is_unanswered(e["name"]))
        numbers += f", no answer {unanswered:.2f} (doubt from {thresholds.doubt:.2f})"
    verdict = {None: "sure", ASK_WHICH: "not sure, so it asks", OUT_OF_SCOPE: "far off"}
    return f"{verdict[decided]}: {numbers}"


def chosen(turn: Turn, rules: Iterable[Rule]) -> list[str]:
    """Which policy chose which action, and by which rule the first of them."""
    actions = [e for e in turn.events if e["event"] == "action" and e["name"] not in SILENT]
    lines = [f"{e['policy'] or 'no policy'} chose {e['name']}" for e in actions]
    if actions:
        intent = str(turn.record["intent"])
        names = {intent, intent.split("/")[0]}
        fired = [r for r in rules if names & r.intents and r.action == actions[0]["name"]]
        here = [r for r in fired if r.loop == turn.loop] or [r for r in fired if r.loop is None]
        lines[0] += "".join(f", by the rule “{rule.name}” ({rule.file})" for rule in here)
    return lines


def entities(turn: Turn) -> str:
    """The entities of the message."""
    found = [f"{e['entity']} {e['value']}" for e in turn.parsed.get("entities", [])]
    return ", ".join(found) or "none"


def why(
    turn: Turn, thresholds: Thresholds, near: Sequence[Near], rules: Iterable[Rule]
) -> list[str]:
    """All that is known of why a turn went as it did, a line each."""
    lines = [f"understood: {understood(turn.record)}"]
    if near:
        lines.append("nearest examples:")
        lines += [f"  {n.likeness:.2f}  {n.label}: {n.text}" for n in near]
    lines += [f"entities: {entities(turn)}", f"gate: {gate(turn, thresholds)}"]
    lines += chosen(turn, rules) or ["no action was chosen: answered before Rasa"]
    slots = [
        f"{e['name']} = {e['value']}"
        for e in turn.events
        if e["event"] == "slot" and e["value"] not in (None, False, [], 0)
    ]
    return lines + ([f"slots set: {', '.join(slots)}"] if slots else [])


def load_rules(folder: Path = DATA / "stories") -> list[Rule]:
    """The rules that begin with what a visitor says."""
    found = []
    for path in sorted(folder.glob("*.yml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        for rule in content.get("rules", []):
            first, *after = rule["steps"]
            intents = {step["intent"] for step in first.get("or", [first]) if "intent" in step}
            action = next((step["action"] for step in after if "action" in step), "")
            loops = [c["active_loop"] for c in rule.get("condition", []) if "active_loop" in c]
            where = f"{folder.parent.name}/{folder.name}/{path.name}"
            found.append(
                Rule(rule["rule"], where, frozenset(intents), action, loops[0] if loops else None)
            )
    return [rule for rule in found if rule.intents]
