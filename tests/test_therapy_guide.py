"""The OT/PT recommendation: what it reads, what it decides, and that every outcome can be said."""

import re
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import combinations
from pathlib import Path

import pytest

from bot.answers import load_sources
from bot.check import grade
from bot.paths import DATA
from bot.sms import EACH_OF_SEVERAL, outside_gsm7, segments
from bot.therapy_guide import Facts, Guide, GuideError, Recommendation

WEB_WORDS = 110
GRADE = 8.0
GUIDE = Guide.load()
PT_TROUBLES = {"movement", "strength", "pain", "walking"}
WORKED = {
    "stroke": "cond_stroke",
    "hand_injury": "cond_hand",
    "developmental_delay": "cond_devdelay",
    "fall_risk": "cond_falls",
    "low_back_pain": "cond_backpain",
    "knee_replacement": "cond_knee",
}


def subsets() -> Iterator[tuple[str, ...]]:
    for size in range(len(GUIDE.difficulties) + 1):
        yield from combinations(GUIDE.difficulties, size)


@cache
def every_recommendation(person: str | None) -> dict[Facts, Recommendation]:
    return {
        facts: GUIDE.recommend(facts)
        for condition in (None, *GUIDE.conditions)
        for chosen in subsets()
        for facts in [Facts(person, condition, chosen)]
    }


# What it reads


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (
            "my 70 year old mother keeps falling and can't dress",
            Facts("older_adult", "fall_risk", ("self_care",), 70),
        ),
        ("My son is 4 yo and can’t hold a pencil", Facts("child", None, ("child_development",), 4)),
        ("i got a new knee last month", Facts(None, "knee_replacement")),
        ("both knees replaced, TKR in May", Facts(None, "knee_replacement")),
        ("my husband had a cva and forgets things", Facts("adult", "stroke", ("cognition",))),
        ("storke last year, can't cook", Facts(None, "stroke", ("daily_activities",))),
        ("Grandma fell twice this winter", Facts("older_adult", "fall_risk")),
        ("my elderly mom keeps tripping", Facts("older_adult", "fall_risk")),
        (
            "I hurt my hand and can't button my shirt",
            Facts(None, "hand_injury", ("hand_use",)),
        ),
        (
            "my back hurts when I sit at my desk",
            Facts(None, "low_back_pain", ("work",)),
        ),
        (
            "my kid hates loud noises and has trouble with zippers",
            Facts("child", None, ("child_development",)),
        ),
        ("my daughter is ten and has adhd", Facts("child", "adhd", (), 10)),
        ("4 y/o with developmental delays", Facts("child", "developmental_delay", (), 4)),
        (
            "my mother, 82, has dementia",
            Facts("older_adult", "dementia", (), 82),
        ),
        ("my adult son is autistic", Facts("adult", "autism")),
        ("my 45-year-old son broke his arm", Facts("adult", "injury", (), 45)),
        (
            "mom had hip surgery and stairs are hard, she's lonely too",
            Facts("adult", "surgery", ("walking", "mood_social")),
        ),
        (
            "arthritis: it hurts to walk and my grip is weak",
            Facts(None, "arthritis", ("pain", "walking", "hand_use", "strength")),
        ),
        ("not for me, it is for my grandfather", Facts("older_adult")),
        ("he fell off his bike and broke his hand", Facts(None, "hand_injury")),
    ],
)
def test_reads_one_sentence(text: str, facts: Facts) -> None:
    assert GUIDE.read(text) == facts


@pytest.mark.parametrize(
    ("text", "difficulties"),
    [
        ("she has no pain", ()),
        ("I am not in any pain", ()),
        ("she doesn't have trouble walking", ()),
        ("he doesnt have trouble walking or dressing", ()),
        ("no trouble moving around", ()),
        ("no pain, weakness or memory problems", ()),
        ("without pain but very weak", ("strength",)),
        ("pain is not a problem", ()),
        ("walking isn't a problem", ()),
        ("no memory issues", ()),
        ("dad walks fine but can't cook", ("daily_activities",)),
        ("she can't cook, walks fine", ("daily_activities",)),
        ("she can't walk well", ("walking",)),
        ("I want to be able to walk well again", ("walking",)),
        ("she is not able to dress", ("self_care",)),
        ("no strength in my arms", ("strength",)),
        ("he has no balance", ("walking",)),
        ("not just pain, also weakness", ("pain", "strength")),
        ("No. Pain in my knee", ("pain",)),
        ("no, she cannot eat alone", ("self_care",)),
    ],
)
def test_reads_negations(text: str, difficulties: tuple[str, ...]) -> None:
    assert GUIDE.read(text).difficulties == difficulties


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("no condition, he is just clumsy", "none"),
        ("nothing diagnosed", "none"),
        ("she hasn't been diagnosed with anything", "none"),
        ("she hasn't been diagnosed with autism", "none"),
        ("not diagnosed, but he did have a stroke", "stroke"),
        ("he never had a stroke", None),
        ("she is not autistic", None),
        ("never falls", None),
        ("surgery after a car accident and a stroke", "stroke"),
    ],
)
def test_reads_conditions_and_their_absence(text: str, condition: str | None) -> None:
    assert GUIDE.read(text).condition == condition


@pytest.mark.parametrize(
    ("text", "age", "person"),
    [
        ("4 yo", 4, "child"),
        ("4yo boy", 4, "child"),
        ("a 4-year-old", 4, "child"),
        ("2 and a half years old", 2, "child"),
        ("She is 82", 82, "older_adult"),
        ("he's 5 and can't tie his shoes", 5, "child"),
        ("I'm 67", 67, "older_adult"),
        ("aged seven", 7, "child"),
        ("aged eighty-two", 82, "older_adult"),
        ("age of 17", 17, "child"),
        ("just turned 18", 18, "adult"),
        ("18 months old", 1, "child"),
        ("6 weeks old", 0, "child"),
        ("64 yrs old", 64, "adult"),
        ("my dad (65)", 65, "older_adult"),
        ("she is in her late 70s", 70, "older_adult"),
        ("in his eighties", 80, "older_adult"),
        ("my mother", None, "adult"),
        ("is 60 minutes enough", None, None),
        ("30 to 60 minutes", None, None),
        ("999 years old", None, None),
    ],
)
def test_reads_ages(text: str, age: int | None, person: str | None) -> None:
    facts = GUIDE.read(text)
    assert (facts.age, facts.person) == (age, person)


@pytest.mark.parametrize(
    "text",
    [
        *("", "?!", "İ", "how long is a session", "is an OT a doctor", "does OT work"),
        *("what does OT focus on?", "will it hurt", "do i need a referral", "thanks, bye"),
        *("tell me what OT is", "I'm confused about OT and PT", "how far do I have to drive"),
        *("what degree does an OT need", "do you take walk ins", "can an OT do surgery"),
        *("what is the difference between OT and PT", "where can I find an OT in Orlando"),
    ],
)
def test_reads_nothing_where_nothing_is_told(text: str) -> None:
    assert GUIDE.mentions(text) == ()
    assert GUIDE.read(text) == Facts()


def test_mentions_stand_where_they_say() -> None:
    text = "İ: My mom’s 82, had a Stroke; can’t put her shoes on."
    told = [(m.kind, m.value, text[m.start : m.end]) for m in GUIDE.mentions(text)]
    assert told == [
        ("person", "adult", "mom"),
        ("age", "82", "’s 82"),
        ("condition", "stroke", "Stroke"),
        ("difficulty", "self_care", "put her shoes on"),
    ]


def test_every_phrase_is_read_as_its_entry_says() -> None:
    for phrase, meaning in GUIDE.phrases.items():
        told = [(m.kind, m.value) for m in GUIDE.mentions(" ".join(phrase)) if m.kind != "age"]
        assert told == ([(meaning.kind, meaning.value)] if meaning.kind else []), phrase


def test_reading_takes_half_a_millisecond_at_most() -> None:
    text = "my 70 year old mother had a stroke, has no pain but keeps falling and can't dress"
    best = float("inf")
    for _ in range(20):
        start = time.perf_counter()
        for _ in range(20):
            GUIDE.read(text)
        best = min(best, (time.perf_counter() - start) / 20)
    assert best < 0.0005


# What it decides


@pytest.mark.parametrize(
    ("facts", "result", "lead"),
    [
        (Facts(), "ask_physician", None),
        (Facts("child", "none"), "ask_physician", None),
        (Facts(condition="gone", difficulties=("gone",)), "ask_physician", None),
        (Facts(difficulties=("self_care",)), "ot", None),
        (Facts(difficulties=("pain", "walking")), "pt", None),
        (Facts(difficulties=("pain", "cognition")), "both", None),
        (Facts(condition="none", difficulties=("work",)), "ot", None),
        (Facts(condition="autism"), "ot", None),
        (Facts(condition="autism", difficulties=("walking",)), "both", None),
        (Facts(condition="arthritis"), "pt", None),
        (Facts(condition="stroke"), "both", None),
        (Facts(condition="stroke", difficulties=("self_care",)), "both", "ot"),
        (Facts(condition="stroke", difficulties=("walking", "strength")), "both", "pt"),
        (Facts(condition="stroke", difficulties=("walking", "cognition")), "both", None),
        (Facts(condition="hand_injury"), "both", "ot"),
        (Facts(condition="hand_injury", difficulties=("strength",)), "both", None),
    ],
)
def test_decides(facts: Facts, result: str, lead: str | None) -> None:
    recommendation = GUIDE.recommend(facts)
    assert (recommendation.result, recommendation.lead) == (result, lead)


@pytest.mark.parametrize(("condition", "topic"), WORKED.items())
def test_a_worked_condition_says_what_each_therapy_does(condition: str, topic: str) -> None:
    recommendation = GUIDE.recommend(Facts(condition=condition))
    assert recommendation.result == "both"
    assert recommendation.topic == topic
    assert recommendation.citations[0].id == "ot_vs_pt"
    for text in (GUIDE.web(recommendation), GUIDE.sms(recommendation)):
        for _, part in recommendation.parts:
            assert part in text
    assert {therapy for therapy, _ in recommendation.parts} == {"ot", "pt"}


def test_only_the_worked_conditions_have_parts_and_a_topic_of_their_own() -> None:
    assert {id_ for id_, condition in GUIDE.conditions.items() if condition.parts} == set(WORKED)
    for id_, condition in GUIDE.conditions.items():
        assert condition.topic == WORKED.get(id_, "which_do_i_need")


def test_the_lead_comes_first() -> None:
    recommendation = GUIDE.recommend(Facts(condition="knee_replacement", difficulties=("pain",)))
    assert [therapy for therapy, _ in recommendation.parts] == ["pt", "ot"]
    assert "mainly PT" in GUIDE.web(recommendation)


def test_says_it_on_the_web() -> None:
    facts = Facts("child", None, ("self_care", "pain"))
    assert GUIDE.web(GUIDE.recommend(facts)).split("\n\n") == [
        "From what you told me, **OT and PT together** look like the likely fit.",
        "- You mentioned self-care: that is what OT works on.\n"
        "- You mentioned pain: that is what PT works on.",
        "A good question for the doctor: “Does my child need OT, PT or both?”",
        "This is general information, not a diagnosis.",
    ]


def test_says_it_by_sms() -> None:
    assert GUIDE.sms(GUIDE.recommend(Facts(difficulties=("cognition",)))) == (
        "Occupational therapy (OT) looks like the likely fit. "
        "You mentioned thinking skills: that is what OT works on. "
        "Ask the doctor: Do I need OT, PT or both? "
        "Source: OT vs. PT article. "
        "General information, not a diagnosis."
    )


def test_with_nothing_to_go_on_it_still_helps() -> None:
    recommendation = GUIDE.recommend(Facts())
    assert recommendation.reasons == ()
    assert recommendation.topic == "which_do_i_need"
    for text in (GUIDE.web(recommendation), GUIDE.sms(recommendation)):
        assert "Do I need OT, PT or both?" in text
        assert "moving, strength, pain and walking" in text
        assert "daily tasks, self-care, work" in text


# Every person, condition and set of difficulties


def test_every_recommendation_has_reasons_sources_and_sound_logic() -> None:
    sources = load_sources()
    for facts, recommendation in every_recommendation(None).items():
        chosen = set(facts.difficulties)
        told = chosen or (facts.condition not in (None, "none"))
        assert bool(recommendation.reasons) == bool(told)
        assert (recommendation.result == "ask_physician") == (not told)
        assert recommendation.citations
        assert len(set(recommendation.citations)) == len(recommendation.citations)
        for citation in recommendation.citations:
            assert citation.section in sources[citation.id].sections
        if chosen & PT_TROUBLES:
            assert recommendation.result in ("pt", "both")
        if chosen - PT_TROUBLES:
            assert recommendation.result in ("ot", "both")
        if facts.condition in WORKED:
            assert recommendation.result == "both"
        assert recommendation.lead in (None, "ot", "pt")


@pytest.mark.parametrize("person", GUIDE.persons)
def test_the_person_changes_the_question_alone(person: str) -> None:
    for facts, recommendation in every_recommendation(None).items():
        theirs = GUIDE.recommend(replace(facts, person=person))
        assert replace(theirs, question=recommendation.question) == recommendation


def test_every_text_keeps_the_content_rules() -> None:
    # The person changes the question alone (above), and the child's is the longest.
    assert max((p.question for p in GUIDE.persons.values()), key=len) == (
        GUIDE.persons["child"].question
    )
    web, sms = set(), set()
    for recommendation in every_recommendation("child").values():
        web.add(GUIDE.web(recommendation))
        body = GUIDE.sms(recommendation)
        sms.add(body)
        # One thing that was told, or what each therapy does, always fits.
        shown = [what for _, what in recommendation.parts] or [recommendation.reasons[0]]
        assert all(text in body for text in shown)
    for text in web:
        assert len(text.split()) <= WEB_WORDS, text
        assert text.endswith("This is general information, not a diagnosis.")
    for text in sms:
        assert not outside_gsm7(text), text
        assert segments(text) <= 2, text
        assert len(text) <= 2 * EACH_OF_SEVERAL
        assert "Source: " in text
        assert text.endswith("General information, not a diagnosis.")
        assert "\n" not in text
        assert "*" not in text
    for text in web | sms:
        assert not re.search(r"[{}]|None| {2}|[Yy]ou need|\.\.", text), text
        assert grade(text) <= GRADE, text


# What it refuses


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = (DATA / "therapy_guide.yml").read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "guide.yml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("question: Do I need", "question: [", "guide.yml: cannot be read"),
        ("question: Do I need OT, PT or both?", "", "the file: needs `question`"),
        ("persons:", "people:", "the file: needs `persons`"),
        ("    from: 0", "    from: young", "persons.child: needs `from`"),
        ("    from: 0", "    from: 1", "persons: needs one that is `from: 0`"),
        ("  both_pt:", "  bothpt:", "headlines: needs `both_pt`"),
        ("    sms: OT and PT may both fit.\n", "", "headlines.both: needs `sms`"),
        ("  close_web:", "  closing:", "sentences: needs `close_web`"),
        ("    mention: a stroke\n", "", "conditions.stroke: needs `mention`"),
        ("    pt: walking, strength and balance\n", "", "conditions.stroke: needs `pt`"),
        ("points: [ot, pt]", "points: [ot, chiro]", "conditions.stroke: `points` and `main`"),
        ("section: When You Need", "section: Then You Need", "conditions.stroke: cites ot_vs_pt"),
        ("brain attack", "back pain", "“back pain” also stands in"),
        ("brain attack", "brain|", "conditions.stroke: has an empty phrase"),
        ("brain attack", "brain attack,", "conditions.stroke: has an empty phrase"),
        ("    words: stroke|", "    wrds: stroke|", "conditions.stroke: needs `words` or `signs`"),
        ("  fine: fine", "  good: fine", "negation: needs `fine`"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(GuideError, match=fault):
        Guide.load(broken(tmp_path, old, new))


def test_a_missing_guide_is_named(tmp_path: Path) -> None:
    with pytest.raises(GuideError, match=r"none\.yml: cannot be read"):
        Guide.load(tmp_path / "none.yml")
