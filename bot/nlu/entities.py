"""Marks places, conditions, difficulties, persons and ages in a message."""

from __future__ import annotations

from functools import partial

from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import directory_file
from bot.nlu.component import Component
from bot.places import PlaceReader
from bot.therapy_guide import Guide

# Set where a message names a place and nothing else.
ONLY_PLACE = "only_place"
# Tells, when called, whether some word is a place if the message is about one. Looking takes a
# millisecond, and hardly any message needs it.
PERHAPS_PLACE = "perhaps_place"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR], is_trainable=False)
class Entities(Component, EntityExtractorMixin):
    """The entities that data/directory.csv and data/therapy_guide.yml describe."""

    def __init__(self) -> None:
        """Build the patterns from the two files."""
        self._places = PlaceReader(directory_file.load())
        self._guide = Guide.load()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add the entities to each message."""
        for message in messages:
            text = message.get(TEXT) or ""
            # “My left hand” is no place, though places are named like that.
            places_in = "" if self._guide.names_only_body(text) else text
            reading = self._places.read(places_in)
            places = [(m.kind, m.value, m.start, m.end) for m in reading.mentions]
            things = [(m.kind, m.value, m.start, m.end) for m in self._guide.mentions(text)]
            entities = [
                {"entity": kind, "value": value, "start": start, "end": end}
                for kind, value, start, end in (*places, *things)
            ]
            entities = self.add_extractor_name(entities)
            message.set(ENTITIES, message.get(ENTITIES, []) + entities, add_to_output=True)
            message.set(ONLY_PLACE, reading.only_place, add_to_output=True)
            message.set(PERHAPS_PLACE, partial(self._perhaps_place, places_in))
        return messages

    def _perhaps_place(self, text: str) -> bool:
        return bool(self._places.read(text, asked=True).mentions)
