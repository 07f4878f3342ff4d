"""OT, PT or both: what data/therapy_guide.yml makes of what is known of a person.

Nothing here knows a condition or a sentence: both stand in the guide, with their sources.
"""

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from bot.answers import Citation
from bot.guide_file import DEFAULT_TOPIC, PATH, THERAPIES, Content, read
from bot.guide_file import Concern as Concern
from bot.guide_file import GuideError as GuideError
from bot.guide_words import STOPS, Mention, words
from bot.phrases import joined
from bot.sms import MOST_SEGMENTS, segments

# How many difficulties a sentence names before it says "and more".
NAMED = 3
# What may stand beside a part of the body that is named alone: "it's my left hand".
BESIDE_BODY = (
    frozenset(
        ["it", "it's", "its", "is", "and", "or", "both", "left", "right", "just", "only", "mostly"]
    )
    | STOPS
)


@dataclass(frozen=True)
class Facts:
    """What is known of the person: ids of the guide, `age` in full years."""

    person: str | None = None
    condition: str | None = None
    difficulties: tuple[str, ...] = ()
    age: int | None = None


@dataclass(frozen=True)
class Recommendation:
    """The likely fit, and why.

    `result` is "ot", "pt", "both" or "ask_physician" (nothing to go on); `lead` is "ot" or "pt"
    where it is both but mainly one. `basis` names what it goes by. `parts` pairs each therapy with
    what it can do, or is empty; `question` is the one to ask the physician, `topic` the FAQ topic
    that says more.
    """

    result: str
    lead: str | None
    headline: str
    short_headline: str
    reasons: tuple[str, ...]
    basis: tuple[str, ...]
    parts: tuple[tuple[str, str], ...]
    citations: tuple[Citation, ...]
    topic: str
    question: str


class Guide(Content):
    """The guide, read and checked. `Guide.load` makes one."""

    @classmethod
    def load(cls, path: Path = PATH) -> "Guide":
        """The guide in `path`.

        Raises:
            GuideError: it does not say what it must.
        """
        return cls(**vars(read(path)))

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """What `text` tells, in its order; what it denies ("no pain") is left out."""
        return self.phrasebook.mentions(text)

    def denials(self, text: str) -> frozenset[tuple[str, str]]:
        """The kind and id of what `text` says is not so."""
        return frozenset(self.phrasebook.denials(text))

    def read(self, text: str) -> Facts:
        """What `text` tells, put together: an age decides on the person before any word does."""
        told: dict[str, list[str]] = {"person": [], "age": [], "condition": [], "difficulty": []}
        for mention in self.mentions(text):
            told[mention.kind].append(mention.value)
        if self.names_only_body(text):
            told["difficulty"] += filter(None, (self.body.get(word) for word, _, _ in words(text)))
        age = int(told["age"][0]) if told["age"] else None
        if age is None:
            person = next((id_ for id_ in self.persons if id_ in told["person"]), None)
        else:
            reached = [id_ for id_, person in self.persons.items() if person.since <= age]
            person = max(reached, key=lambda id_: self.persons[id_].since)
        return Facts(
            person=person,
            condition=next((id_ for id_ in self.conditions if id_ in told["condition"]), None),
            difficulties=tuple(dict.fromkeys(told["difficulty"])),
            age=age,
        )

    def names_only_body(self, text: str) -> bool:
        """Whether `text` is a part of the body and nothing else, such as "my left hand"."""
        said = {word for word, _, _ in words(text)} - BESIDE_BODY
        return bool(said) and said <= self.body.keys()

    def named(self, facts: Facts) -> tuple[str, ...]:
        """Each thing that is known, as one says it: "an adult", "a stroke", "trouble with pain"."""
        person = self.persons.get(facts.person or "")
        condition = self.conditions.get(facts.condition or "")
        named = [person.label[:1].lower() + person.label[1:]] if person else []
        named += [condition.mention] if condition else []
        troubles = [trouble.mention for trouble in self._troubles(facts)]
        # Once is enough: "trouble with pain, self-care".
        return (*named, *(self._say("trouble", one) for one in troubles[:1]), *troubles[1:])

    def recommend(self, facts: Facts) -> Recommendation:
        """The likely fit. The person shapes the question only; an id not in the guide says nothing.

        The rule is that of the document `ot_vs_pt`, "How to Know Which One You Need": what each
        concern points to, put together, and both where they point to both.
        """
        condition = self.conditions.get(facts.condition or "")
        if condition and not condition.points:
            condition = None
        troubles = self._troubles(facts)
        concerns = [*([condition] if condition else []), *troubles] or [self.general]
        points = {therapy for concern in concerns for therapy in concern.points}
        leads = {concern.main for concern in concerns if concern.main}
        lead = leads.pop() if len(points) == 2 and len(leads) == 1 else None
        result = "both" if len(points) == 2 else next(iter(points), "ask_physician")
        headline = self.headlines[f"{result}_{lead}" if lead else result]
        order = sorted(THERAPIES, key=lambda therapy: therapy != lead)

        reasons = []
        if condition:
            reason = self._say("condition", condition.mention)
            reasons.append(reason.replace("{because}", condition.because))
        for therapy in order:
            if named := [trouble.mention for trouble in troubles if therapy in trouble.points]:
                more = ["more"] if len(named) > NAMED else []
                reasons.append(self._say(therapy, joined([*named[:NAMED], *more])))

        parts = concerns[0].parts
        person = self.persons.get(facts.person or "")
        return Recommendation(
            result=result,
            lead=lead,
            headline=headline["web"],
            short_headline=headline["sms"],
            reasons=tuple(reasons) or (self.sentences["nothing"],),
            basis=self.named(facts),
            parts=tuple((therapy, parts[therapy]) for therapy in order if therapy in parts),
            citations=tuple(dict.fromkeys(c for concern in concerns for c in concern.citations)),
            topic=condition.topic if condition else DEFAULT_TOPIC,
            question=person.question if person else self.question,
        )

    def web(self, recommendation: Recommendation) -> str:
        """The recommendation in Markdown; its sources are shown from its citations."""
        body = self._body(recommendation)
        for basis in self._basis(recommendation):
            body[body.index(basis)] = f"{basis} {self.sentences['mend_web']}"
        return "\n\n".join([*body, self.sentences["close_web"]])

    def copy_text(self, recommendation: Recommendation) -> str:
        """The recommendation with its sources as plain text, to take along to a physician."""
        sections = defaultdict(list)
        for one in recommendation.citations:
            sections[one.id].append(f"“{one.section}”")
        cited = [f"- {self.sources[id_].name}: {', '.join(of)}" for id_, of in sections.items()]
        blocks = [*self._body(recommendation), "\n".join(["Sources:", *cited])]
        return "\n\n".join([*blocks, self.sentences["close_web"]]).replace("**", "")

    def sms(self, recommendation: Recommendation, choices: str = "") -> str:
        """The recommendation for a text message: as much of its reasons as two segments hold.

        `choices` is what stands below it and takes room too.
        """
        parts = [self._say(f"{therapy}_sms", what) for therapy, what in recommendation.parts]
        # What matters most comes first, because what has no room is dropped from the end.
        body = parts or [recommendation.reasons[0]]
        more = [reason for reason in recommendation.reasons if reason not in body]
        body = [*body, *self._basis(recommendation), *more]
        tail = (
            self._say("ask_sms", recommendation.question),
            self._say("source_sms", self.sources[recommendation.citations[0].id].short_name),
            self.sentences["close_sms"],
        )
        while True:
            text = " ".join([recommendation.short_headline, *body, *tail])
            if not body or segments(f"{text}{choices}") <= MOST_SEGMENTS:
                return text
            body.pop()

    def _body(self, recommendation: Recommendation) -> list[str]:
        """The paragraphs of a recommendation up to what to ask."""
        reasons = "\n".join(f"- {reason}" for reason in recommendation.reasons)
        parts = " ".join(self._say(f"{one}_web", what) for one, what in recommendation.parts)
        ask = self._say("ask_web", recommendation.question)
        blocks = [recommendation.headline, reasons, parts, *self._basis(recommendation), ask]
        return [block for block in blocks if block]

    def _basis(self, recommendation: Recommendation) -> list[str]:
        basis = ", ".join(recommendation.basis)
        return [self._say("based_on", basis)] if basis else []

    def _troubles(self, facts: Facts) -> list[Concern]:
        told = set(facts.difficulties)
        return [trouble for id_, trouble in self.difficulties.items() if id_ in told]

    def _say(self, name: str, what: str) -> str:
        return self.sentences[name].replace("{what}", what)
