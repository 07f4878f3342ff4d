"""The first component of the pipeline: an emergency is an intent of its own, always certain."""

from __future__ import annotations

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.component import Component
from bot.safety import Safety

EMERGENCY = "emergency"
# The key in a message's parse data that says what was found: {"level", "kind"}.
SAFETY = "safety"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER], is_trainable=False)
class SafetyCheck(Component):
    """Marks messages that bot/safety.py takes for an emergency, or for one that may be.

    The channels ask bot/safety.py before Rasa is even called; this makes Rasa's own shell and REST
    channel as safe. Registered as a tokenizer because Rasa runs those first.
    """

    def __init__(self) -> None:
        """Load data/safety.yml."""
        self._safety = Safety.load()

    def process(self, messages: list[Message]) -> list[Message]:
        """Set the intent of an emergency, and note what was found in `safety`."""
        for message in messages:
            alarm = self._safety.check(message.get(TEXT) or "")
            if alarm is None:
                continue
            found = {"level": alarm.level, "kind": alarm.kind}
            message.set(SAFETY, found, add_to_output=True)
            if alarm.level == "interrupt":
                message.set(INTENT, {"name": EMERGENCY, "confidence": 1.0}, add_to_output=True)
        return messages
