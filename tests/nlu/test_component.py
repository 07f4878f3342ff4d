"""What the components share: a change in the code behind them makes Rasa train anew."""

import pytest
from rasa.engine.training.fingerprinting import calculate_fingerprint_key

from bot.nlu.classifier import Classifier
from bot.nlu.component import Component
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.entities import Entities
from bot.nlu.gate import Gate
from bot.nlu.safety import SafetyCheck
from bot.nlu.spelling import Spelling


@pytest.mark.parametrize(
    "component", [Classifier, Entities, Gate, SafetyCheck, SentenceEncoder, Spelling]
)
def test_a_step_is_run_again_where_the_code_behind_it_changed(
    component: type[Component], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = calculate_fingerprint_key(component, {}, {})
    monkeypatch.setattr("bot.nlu.component.digest", lambda patterns: "another")
    assert calculate_fingerprint_key(component, {}, {}) != before
