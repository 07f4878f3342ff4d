"""Actions that fail and say what they were given; tests/test_privacy.py runs them."""

from typing import Any

from rasa_sdk import Action


class Broken(Action):
    def name(self) -> str:
        return "action_broken"

    def run(self, dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
        raise ValueError(f"cannot handle {tracker.latest_message['text']}")
