"""Check what actions answer against Rasa's schema, without checking the schema too each time.

Rasa does both for every action (rasa/core/actions/action.py, `_validate_action_result`), and
checking the fixed schema takes longer than all the rest of a turn.
"""

from functools import cache
from typing import Any

from jsonschema.validators import validator_for
from rasa.core.actions.action import RemoteAction

_rasas_check = RemoteAction._validate_action_result


def check_quickly() -> None:
    """Call this before an agent or a server of Rasa answers."""
    RemoteAction._validate_action_result = _check


def _check(action: RemoteAction, result: dict[str, Any]) -> bool:
    """Whether the answer fits; where it does not, Rasa's own check raises and says why."""
    return bool(_validator().is_valid(result) or _rasas_check(action, result))


@cache
def _validator() -> Any:
    schema = RemoteAction.action_response_format_spec()
    return validator_for(schema)(schema)
