"""What was not answered well is found wherever it is kept, and grouped by what it means."""

from datetime import datetime, timedelta, timezone

import pytest

from bot import review
from bot.age import DAY
from bot.answers import topics
from bot.channels.web_store import Vote
from bot.encoder import Encoder
from bot.flags import Flag
from bot.review import Asked, Group, from_flags, from_turns, from_votes, grouped
from tests.kept import turn

NOW = 100 * DAY
QUESTION = topics()["session_length"].question


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


def asked(text: str, days_ago: float = 0.0, **more: str) -> Asked:
    return Asked(text, NOW - days_ago * DAY, "web", "asked back", **more)


@pytest.mark.parametrize(
    ("outcome", "why"), [("ask_which", ["asked back"]), ("out_of_scope", ["out of scope"])]
)
def test_a_question_without_an_answer_is_found(outcome: str, why: list[str]) -> None:
    assert [each.why for each in from_turns([turn("hm", outcome)])] == why


@pytest.mark.parametrize(
    "outcome", ["answer", "not_covered", "emergency", "location", "dialogue", "small_talk"]
)
def test_what_was_answered_is_not(outcome: str) -> None:
    assert from_turns([turn("hm", outcome)]) == []


@pytest.mark.parametrize("said", ["", "?!", "👍"])
def test_what_has_no_words_is_not(said: str) -> None:
    assert from_turns([turn(said, "out_of_scope")]) == []


def test_what_a_visitor_then_chose_of_the_offered_is_known() -> None:
    (found,) = from_turns([turn("hours per visit", "ask_which"), turn(QUESTION)])
    assert found.chose == "session_length"


def test_only_the_next_message_of_the_same_visitor_is_a_choice() -> None:
    turns = [turn("hm", "ask_which"), turn(QUESTION, sender="web:two"), turn("no"), turn(QUESTION)]
    assert [each.chose for each in from_turns(turns)] == [None]


def test_a_thumb_down_is_found_with_its_reason_and_a_thumb_up_is_not() -> None:
    votes = [Vote("q", 1.0, "down", "not_what_i_asked", "ages"), Vote("r", 1.0, "up", None, "ages")]
    expected = Asked("q", 1.0, "web", "thumbs down: not what i asked", "ages")
    assert list(from_votes(votes)) == [expected]


def test_a_flag_is_found_with_its_note_unless_it_is_too_old() -> None:
    when = datetime(2026, 5, 2, tzinfo=timezone.utc)
    new, old = (
        Flag(at.isoformat(), "wrong", "no room", "sms", "q", "ages", "answer", "a")
        for at in (when, when - timedelta(days=2))
    )
    since = (when - timedelta(days=1)).timestamp()
    expected = Asked("q", when.timestamp(), "sms", "flagged wrong: no room", "ages")
    assert list(from_flags([new, old], since)) == [expected]


def test_questions_that_mean_the_same_are_one_group(encoder: Encoder) -> None:
    groups = grouped(
        [
            asked("do you have a swimming pool"),
            asked("is there a swimming pool at your clinic"),
            asked("which bus goes to the clinic"),
        ],
        NOW,
        encoder,
    )
    assert [len(group.asked) for group in groups] == [2, 1]


def test_the_same_words_are_one_wording(encoder: Encoder) -> None:
    (group,) = grouped([asked("A pool?", 1), asked("a pool"), asked("pools")], NOW, encoder)
    assert group.texts == ["a pool", "pools"]


def test_what_was_asked_much_of_late_comes_first(encoder: Encoder) -> None:
    often, long_ago = [asked("is there a pool")] * 3, [asked("which bus goes there", 60)] * 9
    groups = grouped([*long_ago, *often, asked("do you sell hats")], NOW, encoder)
    assert [group.texts[0] for group in groups] == [
        "is there a pool",
        "do you sell hats",
        "which bus goes there",
    ]


def test_the_newest_question_of_a_group_comes_first(encoder: Encoder) -> None:
    (group,) = grouped([asked("a pool", 3), asked("a pool", 1), asked("a pool", 2)], NOW, encoder)
    assert [NOW - each.at for each in group.asked] == [DAY, 2 * DAY, 3 * DAY]


def test_the_topic_that_comes_nearest_is_named_first(encoder: Encoder) -> None:
    (group,) = grouped([asked("how many hours is a session")], NOW, encoder)
    assert group.near[0] == "session_length"
    assert len(set(group.near)) == 3


def test_what_visitors_chose_themselves_comes_before_what_is_near(encoder: Encoder) -> None:
    (group,) = grouped([asked("how many hours is a session", chose="ages")], NOW, encoder)
    assert group.near[:2] == ("ages", "session_length")


def test_of_very_many_wordings_the_newest_are_looked_at(
    encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(review, "MOST_TEXTS", 2)
    found = [asked("a pool", 5), asked("which bus", 1), asked("do you sell hats", 3)]
    texts = [group.texts[0] for group in grouped(found, NOW, encoder)]
    assert texts == ["which bus", "do you sell hats"]


def test_without_a_question_there_is_no_group() -> None:
    assert grouped([], NOW) == []


def test_each_reason_of_a_group_is_counted() -> None:
    other = Asked("a", NOW, "web", "thumbs down")
    assert Group((asked("a"), asked("a"), other), ()).reasons == {"asked back": 2, "thumbs down": 1}
