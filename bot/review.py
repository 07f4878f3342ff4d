"""What visitors asked and Otto did not answer well, in groups of the same question."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bot.age import DAY
from bot.answers import topics
from bot.channels.web_store import Vote
from bot.encoder import Encoder, Vectors
from bot.flags import Flag
from bot.kept import Turn
from bot.words import words

# Outcomes after which a visitor has no answer. What the documents do not cover was answered: Otto
# says so, and who to ask; `otto report` counts it.
UNANSWERED = {"ask_which": "asked back", "out_of_scope": "out of scope"}
# Mean distance (1 - cosine) within a group at most. Chosen on tests/cases/questions.jsonl, where
# the groups agree most with the topics (V-measure 0.89, and 97 % homogeneous).
DISTANCE = 0.45
# Groups are found in memory that grows with the square of the texts.
MOST_TEXTS = 3000
# After so many days a question weighs half.
HALF_LIFE_DAYS = 7.0
NEAR, EXAMPLES_A_TOPIC = 3, 8


@dataclass(frozen=True)
class Asked:
    """A question that was not answered well.

    `at` is in seconds since 1970; `why` says in words how one knows; `topic` is what was answered,
    and `chose` what the visitor then chose of what Otto offered, both ids or None.
    """

    text: str
    at: float
    channel: str
    why: str
    topic: str | None = None
    chose: str | None = None


@dataclass(frozen=True)
class Group:
    """Questions that mean much the same, the newest first, and ids of topics that come near."""

    asked: tuple[Asked, ...]
    near: tuple[str, ...]

    @property
    def wordings(self) -> list[list[Asked]]:
        """The questions by their words, those that were used most first."""
        of: dict[str, list[Asked]] = {}
        for each in self.asked:
            of.setdefault(words(each.text), []).append(each)
        return sorted(of.values(), key=lambda same: -len(same))

    @property
    def texts(self) -> list[str]:
        """Each wording as it was last used."""
        return [same[0].text for same in self.wordings]

    @property
    def reasons(self) -> Counter[str]:
        """How often each reason stands behind it."""
        return Counter(each.why for each in self.asked)


def from_turns(turns: Iterable[Turn]) -> list[Asked]:
    """What Otto asked back for or could not help with; turns of a conversation in their order."""
    questions = {topic.question: topic.id for topic in topics().values()}
    found: list[Asked] = []
    # Where in `found` the last question of a conversation is, if Otto offered choices for it.
    offered: dict[str, int] = {}
    for turn in turns:
        said, metadata = turn.said or "", turn.metadata
        before = offered.pop(turn.sender, None)
        if before is not None and said in questions:
            found[before] = replace(found[before], chose=questions[said])
        outcome = metadata.get("outcome")
        if outcome in UNANSWERED and words(said):
            if outcome == "ask_which":
                offered[turn.sender] = len(found)
            found.append(Asked(said, turn.at, turn.channel, UNANSWERED[outcome]))
    return found


def from_votes(votes: Iterable[Vote]) -> Iterator[Asked]:
    """What a visitor of the website was not content with."""
    for vote in votes:
        if vote.value == "down" and words(vote.text):
            reason = f": {vote.reason.replace('_', ' ')}" if vote.reason else ""
            yield Asked(vote.text, vote.at, "web", f"thumbs down{reason}", vote.topic)


def from_flags(flags: Iterable[Flag], since: float) -> Iterator[Asked]:
    """What staff flagged in `otto shell` from a time on."""
    for flag in flags:
        at = datetime.fromisoformat(flag.time).timestamp()
        if at >= since and words(flag.text):
            note = f": {flag.note}" if flag.note else ""
            yield Asked(flag.text, at, flag.channel, f"flagged {flag.verdict}{note}", flag.topic)


def grouped(asked: Sequence[Asked], now: float, encoder: Encoder | None = None) -> list[Group]:
    """The questions in groups, those first that were asked most of late.

    Only the newest `MOST_TEXTS` wordings are looked at.
    """
    newest = sorted(asked, key=lambda each: -each.at)
    of: dict[str, list[Asked]] = {}
    for each in newest:
        of.setdefault(words(each.text), []).append(each)
    wordings = list(of.values())[:MOST_TEXTS]
    if not wordings:
        return []
    encoder = encoder or Encoder()
    vectors = encoder.encode(same[0].text for same in wordings)
    known = _topics(encoder)
    members: dict[int, list[int]] = {}
    for index, number in enumerate(_numbers(vectors)):
        members.setdefault(number, []).append(index)
    groups = []
    for indexes in members.values():
        inside = [each for index in indexes for each in wordings[index]]
        middle = vectors[indexes].mean(axis=0)
        likeness = {id_: float((examples @ middle).max()) for id_, examples in known.items()}
        chosen = [topic for topic, _ in Counter(a.chose for a in inside if a.chose).most_common()]
        nearest = sorted(likeness, key=lambda id_: -likeness[id_])
        near = tuple(dict.fromkeys([*chosen, *nearest]))[:NEAR]
        groups.append(Group(tuple(sorted(inside, key=lambda each: -each.at)), near))
    return sorted(groups, key=lambda group: -_weight(group, now))


def _weight(group: Group, now: float) -> float:
    days = [max(0.0, now - each.at) / DAY for each in group.asked]
    return float(sum(0.5 ** (age / HALF_LIFE_DAYS) for age in days))


def _numbers(vectors: Vectors) -> list[int]:
    """The number of each vector's group."""
    if len(vectors) == 1:
        return [0]
    # It takes a second to import.
    from sklearn.cluster import AgglomerativeClustering

    clustering = AgglomerativeClustering(
        n_clusters=None, distance_threshold=DISTANCE, affinity="cosine", linkage="average"
    )
    numbers: list[int] = clustering.fit_predict(vectors).tolist()
    return numbers


def _topics(encoder: Encoder) -> dict[str, Vectors]:
    """The vectors of a few examples of each topic, a row each, by the topic's id."""
    return {
        topic.id: encoder.encode(topic.examples[:EXAMPLES_A_TOPIC]) for topic in topics().values()
    }
