"""What a text tells: persons, ages, conditions and difficulties, and what it denies."""

import pytest

from bot.therapy_guide import Facts, Guide

GUIDE = Guide.load()


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
    for phrase, meaning in GUIDE.phrasebook.meanings.items():
        told = [(m.kind, m.value) for m in GUIDE.mentions(" ".join(phrase)) if m.kind != "age"]
        assert told == ([(meaning.kind, meaning.value)] if meaning.kind else []), phrase


@pytest.mark.parametrize(
    ("text", "told", "denied"),
    [
        ("not pain, balance", ("walking",), {"pain"}),
        ("balance, not pain", ("walking",), {"pain"}),
        ("not cooking, dressing", ("self_care",), {"daily_activities"}),
        ("no, it's not cooking, it's dressing", ("self_care",), {"daily_activities"}),
        ("not cooking but dressing", ("self_care",), {"daily_activities"}),
        ("dressing, not cooking", ("self_care",), {"daily_activities"}),
        ("dressing not cooking", ("self_care",), {"daily_activities"}),
        ("she has no pain", (), {"pain"}),
        ("not walking", ("walking",), set()),
        ("not walking, very weak", ("walking", "strength"), set()),
        ("weak, not walking", ("strength", "walking"), set()),
        ("not walking yet and fussy about textures", ("walking", "child_development"), set()),
        ("can't cook, not dressing", ("daily_activities", "self_care"), set()),
        ("getting dressed", ("self_care",), set()),
    ],
)
def test_a_difficulty_may_be_put_in_the_place_of_another(
    text: str, told: tuple[str, ...], denied: set[str]
) -> None:
    assert GUIDE.read(text).difficulties == told
    assert GUIDE.denials(text) == {("difficulty", id_) for id_ in denied}


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("she has dementia, not a stroke", {("condition", "stroke")}),
        ("it's not for my wife, it's for my son", {("person", "adult")}),
        ("she does not have autism or adhd", {("condition", "autism"), ("condition", "adhd")}),
        ("my son has autism", set()),
        ("forget it", set()),
    ],
)
def test_what_is_denied_is_named(text: str, denied: set[tuple[str, str]]) -> None:
    assert GUIDE.denials(text) == denied
