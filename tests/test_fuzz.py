"""A few of the made-up requests of `make fuzz`, the same ones each time."""

from collections.abc import Iterator

import pytest
from rasa.core.agent import Agent as RasaAgent

from tests.channels.web import Agent
from tests.channels.whole import Whole, whole
from tests.fuzz import KINDS, TALK, Tally, attack


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Whole]:
    with whole("test-fuzz", Agent("An answer."), tmp_path_factory.mktemp("fuzz")) as found:
        yield found


def test_the_shares_of_all_kinds_make_a_whole() -> None:
    assert sum(kind.share for kind in KINDS.values()) == 100


@pytest.mark.parametrize("name", KINDS)
def test_whatever_is_sent_the_answer_is_good_and_the_next_visitor_is_served(
    name: str, client: Whole
) -> None:
    tally = Tally()
    attack(client, KINDS[name], 200, 1, tally, "An answer.")
    assert tally.cases >= 200


def test_whatever_is_said_rasa_answers(
    agent: RasaAgent, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tally = Tally()
    with whole("test-fuzz-talk", agent, tmp_path_factory.mktemp("talk")) as client:
        attack(client, TALK, 100, 1, tally, "30 to 60 minutes")
    assert tally.cases >= 100
