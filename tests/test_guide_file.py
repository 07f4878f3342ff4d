"""The guide's file: what is wrong with it is named, and every label in it is understood."""

from pathlib import Path

import pytest

from bot.guide_file import ASKED, PATH, GuideError, read
from bot.therapy_guide import Guide

GUIDE = Guide.load()


def broken(tmp_path: Path, old: str, new: str) -> Path:
    text = PATH.read_text(encoding="utf-8")
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
        ("questions:", "question_s:", "the file: needs `questions`"),
        ("    - Who is it for?\n", "", "questions.person: needs 3 different `wordings`"),
        ("    again: Sorry", "    agin: Sorry", "questions.person: needs `again`"),
        ("  resume: Back", "  resum: Back", "leads: needs `resume`"),
        ("  hand_use: hand, ", "  hands: hand, ", "body.hands: is neither a difficulty nor"),
        ("speaking_of:", "speaking:", "the file: needs `speaking_of`"),
    ],
)
def test_names_what_is_wrong(tmp_path: Path, old: str, new: str, fault: str) -> None:
    with pytest.raises(GuideError, match=fault):
        read(broken(tmp_path, old, new))


def test_a_missing_guide_is_named(tmp_path: Path) -> None:
    with pytest.raises(GuideError, match=r"none\.yml: cannot be read"):
        read(tmp_path / "none.yml")


def test_the_guide_knows_how_to_ask_for_everything_that_it_asks_for() -> None:
    assert set(GUIDE.questions) == set(ASKED)


OFFERED = [
    *(("condition", id_, c) for id_, c in GUIDE.conditions.items() if c.parts),
    *(("difficulties", id_, c) for id_, c in GUIDE.difficulties.items()),
]


@pytest.mark.parametrize("person", GUIDE.persons)
def test_the_label_of_a_person_is_read_as_that_person(person: str) -> None:
    assert GUIDE.read(GUIDE.persons[person].label).person == person


@pytest.mark.parametrize(("kind", "id_", "concern"), OFFERED)
@pytest.mark.parametrize("which", ["label", "short"])
def test_a_label_is_read_as_what_it_stands_for(
    kind: str, id_: str, concern: object, which: str
) -> None:
    told = getattr(GUIDE.read(getattr(concern, which)), kind)
    assert told == (id_ if kind == "condition" else (id_,))


@pytest.mark.parametrize("which", ["label", "short"])
def test_all_the_labels_of_difficulties_together_tell_all_of_them(which: str) -> None:
    text = " and ".join(getattr(trouble, which) for trouble in GUIDE.difficulties.values())
    assert set(GUIDE.read(text).difficulties) == set(GUIDE.difficulties)
