"""The classifier as Rasa runs it: what it learns, what it stores, and what it fills in."""

from pathlib import Path

import pytest
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, RESPONSE_SELECTOR, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.intents import Guess
from bot.nlu.classifier import LABELS, Classifier, best_by_intent
from bot.nlu.encoder import SentenceEncoder

EXAMPLES = {
    "faq/session_length": ["how long is a session", "how many minutes is a visit"],
    "faq/referral": ["do I need a referral", "must my doctor refer me"],
    "small_talk/greet": ["hello", "good morning"],
    "cancel": ["stop the questions", "never mind"],
}


@pytest.fixture(scope="module")
def encoder() -> SentenceEncoder:
    return SentenceEncoder("encoder", SentenceEncoder.get_default_config())


@pytest.fixture(scope="module")
def stored(
    encoder: SentenceEncoder, tmp_path_factory: pytest.TempPathFactory
) -> tuple[LocalModelStorage, Resource]:
    """A small model, trained and stored."""
    storage = LocalModelStorage.create(tmp_path_factory.mktemp("model"))
    resource = Resource("classifier")
    data = TrainingData(
        [
            Message.build(text=text, intent=intent)
            for intent, texts in EXAMPLES.items()
            for text in texts
        ],
    )
    encoder.process_training_data(data)
    config = Classifier.get_default_config()
    Classifier.create(config, storage, resource, None).train(data)
    return storage, resource


@pytest.fixture
def classifier(stored: tuple[LocalModelStorage, Resource]) -> Classifier:
    return Classifier.load(Classifier.get_default_config(), *stored, None)


def understood(text: str, encoder: SentenceEncoder, classifier: Classifier) -> Message:
    (message,) = classifier.process(encoder.process([Message({TEXT: text})]))
    return message


def test_every_example_is_understood_as_itself(
    encoder: SentenceEncoder, classifier: Classifier
) -> None:
    found = {
        text: understood(text, encoder, classifier).get(LABELS)[0]["name"]
        for texts in EXAMPLES.values()
        for text in texts
    }
    assert found == {text: intent for intent, texts in EXAMPLES.items() for text in texts}


def test_an_intent_stands_by_its_own_name_and_a_label_by_its_full_one(
    encoder: SentenceEncoder, classifier: Classifier
) -> None:
    message = understood("how long is a session", encoder, classifier)
    assert message.get(INTENT)["name"] == "faq"
    assert message.get(LABELS)[0]["name"] == "faq/session_length"


def test_probabilities_add_up_to_one(encoder: SentenceEncoder, classifier: Classifier) -> None:
    labels = understood("a session", encoder, classifier).get(LABELS)
    assert sum(label["confidence"] for label in labels) == pytest.approx(1)


def test_the_response_is_chosen_in_the_form_that_rasas_actions_read(
    encoder: SentenceEncoder, classifier: Classifier
) -> None:
    selection = understood("how long is a session", encoder, classifier).get(RESPONSE_SELECTOR)
    chosen = selection["faq"]["response"]
    assert selection["all_retrieval_intents"] == ["faq", "small_talk"]
    assert chosen["intent_response_key"] == "faq/session_length"
    assert chosen["utter_action"] == "utter_faq/session_length"


def test_a_ranking_is_as_long_as_configured(
    encoder: SentenceEncoder, stored: tuple[LocalModelStorage, Resource]
) -> None:
    config = Classifier.get_default_config() | {"ranking_length": 2}
    message = understood("hello", encoder, Classifier.load(config, *stored, None))
    assert [len(message.get(key)) for key in (LABELS, INTENT_RANKING_KEY)] == [2, 2]


def test_an_emergency_keeps_its_intent(encoder: SentenceEncoder, classifier: Classifier) -> None:
    emergency = {"name": "emergency", "confidence": 1.0}
    message = Message({TEXT: "hello", INTENT: emergency})
    (after,) = classifier.process(encoder.process([message]))
    assert (after.get(INTENT), after.get(LABELS)) == (emergency, None)


@pytest.mark.parametrize("text", ["", None])
def test_a_message_without_words_has_no_intent(text: str | None, classifier: Classifier) -> None:
    (message,) = classifier.process([Message({TEXT: text})])
    assert message.get(INTENT) == {"name": None, "confidence": 0.0}


def test_an_untrained_classifier_has_no_intent_to_give(
    encoder: SentenceEncoder, tmp_path: Path
) -> None:
    storage = LocalModelStorage.create(tmp_path)
    config = Classifier.get_default_config()
    message = understood(
        "hello", encoder, Classifier.create(config, storage, Resource("none"), None)
    )
    assert message.get(INTENT) == {"name": None, "confidence": 0.0}


@pytest.mark.parametrize(
    ("labels", "intents"),
    [
        (["faq/a", "faq/b", "cancel"], ["faq", "cancel"]),
        (["cancel", "faq/b", "faq/a"], ["cancel", "faq"]),
        ([], []),
    ],
)
def test_an_intent_stands_where_its_best_member_stood(
    labels: list[str], intents: list[str]
) -> None:
    ranking = [Guess(name, 1 / rank, 0.5) for rank, name in enumerate(labels, 2)]
    best = best_by_intent(ranking)
    assert [intent["name"] for intent in best] == intents
    assert best[:1] == [{"name": name, "confidence": 0.5} for name in intents[:1]]
