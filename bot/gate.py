"""When Otto is sure enough to answer, unsure enough to ask, and when it is not his business."""

import re
from collections.abc import Collection
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import yaml

from bot import follow_ups
from bot.answers import INTENT as FAQ
from bot.answers import topics
from bot.paths import ROOT

ASK_WHICH = "nlu_fallback"
OUT_OF_SCOPE = "out_of_scope"
FIND_LOCATION = "find_location"
ABOUT_PLACES = {FIND_LOCATION, "correct_location", "location_detail"}
RECOMMEND = "recommend_therapy"
# Dialogues that may be offered after an answer.
OFFERED = {FIND_LOCATION, RECOMMEND}
INFORM = "inform"

PERSON, CONCERN = {"person", "age"}, {"condition", "difficulty"}
# Labels that a description of somebody's difficulties, without a question, is taken for.
DESCRIBED = re.compile(
    r"inform|recommend_therapy|faq/(cond_.*|which_do_i_need|who_needs_ot|children_start"
    r"|ns_child_specifics|ns_diagnosis_request)"
)
QUESTION = re.compile(
    r"\?|\b(how|what|why|when|where|does|do|did|can|could|is|are|was|will|would|should)\b(?!['’]t)",
    re.IGNORECASE,
)
CHOICE = re.compile(
    r"\bwh(?:o|ich)\b.*\b(?:see|need|one|therapy|therapist|go to)\b|\b(?:ot or pt|pt or ot)\b",
    re.IGNORECASE,
)

# A message of nothing but these says neither yes nor no.
MARKS = re.compile(r"[?!.,;\s]+")


@dataclass(frozen=True)
class Thresholds:
    """From where on Otto is sure; metrics/gate.json has the curves they come from.

    A label is sure from the probability `sure` on, or where the message is as like one of its
    examples as `same`. Else the message is far off where neither the probability reaches `far` nor
    the nearest example is as like as `far_likeness`. What gives an answer from the documents, or
    opens a dialogue, must besides be as like an example as `close`: a question about something
    else may be worded just like one of Otto's. And the labels that the documents have no answer for
    may together be no more probable than `doubt`, unless the message is just like an example.
    """

    sure: float
    same: float
    close: float
    doubt: float
    far: float
    far_likeness: float

    def _answers(self, labels: list[dict[str, Any]]) -> bool:
        best = labels[0]["likeness"]
        unanswered = sum(e["confidence"] for e in labels if is_unanswered(e["name"]))
        return bool(best >= self.same or (best >= self.close and unanswered <= self.doubt))

    def decide(self, labels: list[dict[str, Any]]) -> str | None:
        """The intent to put in place of the classifier's, or None to keep it.

        Args:
            labels: name, confidence and likeness, the most confident first.
        """
        best = labels[0]
        if best["confidence"] >= self.sure or best["likeness"] >= self.same:
            return None if not commits(best["name"]) or self._answers(labels) else ASK_WHICH
        likeness = max(entry["likeness"] for entry in labels)
        if best["confidence"] < self.far and likeness < self.far_likeness:
            return OUT_OF_SCOPE
        return ASK_WHICH


def configured(config: Path = ROOT / "config.yml") -> Thresholds:
    """The thresholds that config.yml sets for the gate."""
    pipeline = yaml.safe_load(config.read_text(encoding="utf-8"))["pipeline"]
    (gate,) = [part for part in pipeline if part["name"] == "bot.nlu.gate.Gate"]
    return Thresholds(**{field.name: gate[field.name] for field in fields(Thresholds)})


def is_unanswered(label: str) -> bool:
    """Whether a label stands for what the documents do not answer, or for what is none of it."""
    id_ = label.removeprefix(f"{FAQ}/")
    return label == OUT_OF_SCOPE or (id_ in topics() and not topics()[id_].covered)


def commits(label: str) -> bool:
    """Whether acting on a label says something from the documents or opens a dialogue."""
    id_ = label.removeprefix(f"{FAQ}/")
    if id_ != label:
        return id_ in topics() and topics()[id_].covered
    return label in ABOUT_PLACES | {RECOMMEND, INFORM} or label.startswith(follow_ups.INTENT)


def describes_somebody(text: str, label: str, kinds: Collection[str]) -> bool:
    """Whether a text tells who has which difficulty, and asks nothing or who to see.

    Args:
        text: the message.
        label: the full name of its likeliest intent.
        kinds: the kinds of entities in it.
    """
    if not (PERSON.intersection(kinds) and CONCERN.intersection(kinds)):
        return False
    return bool(DESCRIBED.fullmatch(label) and (CHOICE.search(text) or not QUESTION.search(text)))


def two_questions(
    labels: list[dict[str, Any]], parts: list[dict[str, Any]], thresholds: Thresholds
) -> list[dict[str, Any]]:
    """The two different questions that a message surely asks, or nothing.

    What the message as a whole means counts for more than its parts, if it is surer: then it has
    to be one of the two.

    Args:
        labels: of the whole message, as for `Thresholds.decide`.
        parts: `text` and `labels` of each question in it.

    Returns:
        `label` and `text` of the two, or an empty list.
    """
    sure: dict[str, dict[str, Any]] = {}
    topic, least = None, 1.0
    for part in parts:
        name = part["labels"][0]["name"]
        if thresholds.decide(part["labels"]) is not None:
            continue
        if name.startswith(follow_ups.INTENT):
            kind = name.removeprefix(f"{follow_ups.INTENT}/")
            name = f"{FAQ}/{follow_ups.topic_for(kind, topic)}"
        if name in OFFERED or name.startswith(FAQ):
            topic = name.removeprefix(f"{FAQ}/")
            sure.setdefault(name, {"label": name, "text": part["text"]})
            least = min(least, part["labels"][0]["confidence"])
    whole = labels[0]["name"]
    if thresholds.decide(labels) is None and whole not in sure and labels[0]["confidence"] >= least:
        return []
    # An answer comes before a dialogue, and what the whole means is not cut off.
    found = sorted(sure.values(), key=lambda part: part["label"] in OFFERED)
    if whole in sure and sure[whole] not in found[:2]:
        found[1] = sure[whole]
    return found[:2] if len(found) > 1 and found[0]["label"].startswith(FAQ) else []
