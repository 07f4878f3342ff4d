"""What an action answers is checked as Rasa does it, only sooner done."""

from typing import Any

import pytest
from jsonschema import ValidationError
from rasa.core.actions.action import RemoteAction

from bot.action_results import check_quickly


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> RemoteAction:
    monkeypatch.setattr(
        RemoteAction, "_validate_action_result", RemoteAction._validate_action_result
    )
    check_quickly()
    return RemoteAction("action_find_location", None)


def test_an_answer_in_rasas_form_is_taken(action: RemoteAction) -> None:
    event = {"event": "slot", "name": "city", "value": "Tampa"}
    assert action._validate_action_result({"events": [event], "responses": [{"text": "Yes."}]})


@pytest.mark.parametrize("answer", [{"events": "none"}, {"events": [{"event": 1}]}, []])
def test_any_other_is_refused_in_rasas_words(action: RemoteAction, answer: Any) -> None:
    with pytest.raises(ValidationError, match="Failed to validate Action server response"):
        action._validate_action_result(answer)


def test_rasas_schema_is_not_checked_anew(
    action: RemoteAction, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr("jsonschema.validate")
    assert action._validate_action_result({"events": [], "responses": []})
