"""What a follow-up question leads to: from the topic under discussion, or from none."""

from pathlib import Path

import pytest
import yaml

from bot.answers import topics
from bot.follow_ups import DEFAULT, INTENT, FollowUpError, load, merged, topic_for
from bot.intents import Guess
from bot.paths import DATA

FILE = DATA / "follow_ups.yml"
EXAMPLES = DATA / "nlu" / "follow_up.yml"
KINDS = sorted(load())


def read(text: str, tmp_path: Path) -> dict[str, dict[str | None, str]]:
    path = tmp_path / "follow_ups.yml"
    path.write_text(text, encoding="utf-8")
    return load(path)


def test_every_kind_has_examples_and_every_example_a_kind() -> None:
    content = yaml.safe_load(EXAMPLES.read_text(encoding="utf-8"))
    intents = {entry["intent"] for entry in content["nlu"]}
    assert intents == {f"{INTENT}/{kind}" for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS)
def test_every_topic_leads_every_kind_to_a_topic(kind: str) -> None:
    assert {topic_for(kind, id_) for id_ in topics()} <= topics().keys()


@pytest.mark.parametrize("kind", KINDS)
def test_a_topic_named_in_the_table_leads_where_it_is_named(kind: str) -> None:
    content = yaml.safe_load(FILE.read_text(encoding="utf-8"))[kind]
    named = [
        (id_, target)
        for target, ids in content.items()
        if target != DEFAULT
        for id_ in ids
        if "*" not in id_
    ]
    assert [(id_, topic_for(kind, id_)) for id_, _ in named] == named


@pytest.mark.parametrize(
    ("kind", "under_discussion", "topic"),
    [
        ("how_long", "education_path", "time_to_become"),
        ("how_long", "what_to_expect", "session_length"),
        ("how_long", "cond_stroke", "ns_recovery_timeline"),
        ("how_long", "booking", "ns_waiting_times"),
        ("how_often", "session_length", "session_frequency"),
        ("kids", "referral", "children_start"),
        ("kids", "autism", "autism"),
        ("adults", "ages", "ages"),
        ("pt", "ot_definition", "pt_definition"),
        ("pt", "time_to_become", "otpt_education"),
        ("cost", "education_path", "ns_career"),
        ("where", "referral", "find_care"),
        ("home", "cond_falls", "home_modification"),
        ("who", "stage_assessment", "stage_assessment"),
    ],
)
def test_a_follow_up_is_about_the_topic_under_discussion(
    kind: str, under_discussion: str, topic: str
) -> None:
    assert topic_for(kind, under_discussion) == topic


@pytest.mark.parametrize("under_discussion", [None, "risks", "a_topic_of_former_days"])
def test_a_follow_up_on_anything_else_has_a_topic_of_its_own(under_discussion: str | None) -> None:
    assert topic_for("how_long", under_discussion) == "therapy_duration"


def test_a_kind_that_the_table_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="how_far"):
        topic_for("how_far", None)


def test_a_star_stands_for_every_topic_that_begins_so(tmp_path: Path) -> None:
    row = read("kids:\n  default: ages\n  autism: ['cond_*']\n", tmp_path)["kids"]
    begin_so = [id_ for id_ in topics() if id_.startswith("cond_")]
    assert row == {None: "ages"} | dict.fromkeys(begin_so, "autism")


def test_of_two_that_fit_the_first_one_counts(tmp_path: Path) -> None:
    row = read("kids:\n  default: ages\n  risks: [cond_knee]\n  autism: ['cond_*']\n", tmp_path)
    assert (row["kids"]["cond_knee"], row["kids"]["cond_hand"]) == ("risks", "autism")


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("kids:\n  default: agse\n", "kids: there is no topic agse"),
        ("kids:\n  default: ages\n  autims: [risks]\n", "kids: there is no topic autims"),
        ("kids:\n  default: ages\n  autism: [risk]\n", "kids: there is no topic risk"),
        ("kids:\n  default: ages\n  autism: ['cnd_*']\n", r"kids: there is no topic cnd_\*"),
        ("kids:\n  autism: [risks]\n", r"cannot be read as follow-up questions \('default'\)"),
        ("kids:\n  default: ages\n  autism:\n", "cannot be read as follow-up questions"),
        ("kids: ages\n", "cannot be read as follow-up questions"),
        ("kids: [ages\n", "cannot be read as follow-up questions"),
        ("", "cannot be read as follow-up questions"),
    ],
)
def test_what_is_wrong_with_a_table_is_named_with_its_file(
    text: str, wrong: str, tmp_path: Path
) -> None:
    with pytest.raises(FollowUpError, match=rf"follow_ups\.yml: {wrong}"):
        read(text, tmp_path)


def test_a_missing_table_is_named(tmp_path: Path) -> None:
    with pytest.raises(FollowUpError, match=r"nowhere\.yml: cannot be read .*No such file"):
        load(tmp_path / "nowhere.yml")


def test_a_table_that_is_no_utf8_is_named(tmp_path: Path) -> None:
    path = tmp_path / "follow_ups.yml"
    path.write_bytes(b"kids:\n  default: \xe9\n")
    with pytest.raises(FollowUpError, match=r"follow_ups\.yml: cannot be read"):
        load(path)


def test_a_follow_up_and_the_topic_it_means_by_itself_are_one() -> None:
    ranking = [
        Guess("faq/ages", 0.4, 0.5),
        Guess("follow_up/cost", 0.3, 0.6),
        Guess("faq/cost_insurance", 0.2, 0.7),
        Guess("faq/autism", 0.1, 0.1),
    ]
    assert merged(ranking) == [
        Guess("follow_up/cost", 0.5, 0.7),
        Guess("faq/ages", 0.4, 0.5),
        Guess("faq/autism", 0.1, 0.1),
        Guess("faq/cost_insurance", 0.0, 0.7),
    ]
