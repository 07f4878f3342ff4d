"""The intent model: each view counts, the ranking is a probability, and saving keeps it."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.intents import Array, IntentModel, Weights, _counts, _features, _features_of

TEXTS = ["where to park", "parking space", "which bus", "bus stop", "opening hours", "open today"]
NAMES = ["parking", "parking", "bus", "bus", "hours", "hours"]
# Each intent points along an axis of its own; the second example of each leans a little away.
VECTORS = np.array(
    [
        [1, 0, 0, 0],
        [0.8, 0, 0, 0.6],
        [0, 1, 0, 0],
        [0, 0.8, 0, 0.6],
        [0, 0, 1, 0],
        [0, 0, 0.8, 0.6],
    ],
    dtype=np.float32,
)
BETWEEN = np.full(4, 0.5, dtype=np.float32)


def fit(vectors: Array = VECTORS, weights: Weights | None = None) -> IntentModel:
    return IntentModel.fit(TEXTS, vectors, NAMES, weights or Weights())


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return fit()


@pytest.mark.parametrize(("text", "vector", "name"), list(zip(TEXTS, VECTORS, NAMES, strict=True)))
def test_an_example_is_understood_as_its_intent(
    model: IntentModel, text: str, vector: Array, name: str
) -> None:
    assert model.rank(text, vector)[0].name == name


def test_every_intent_is_ranked_once(model: IntentModel) -> None:
    assert sorted(guess.name for guess in model.rank("bus", BETWEEN)) == ["bus", "hours", "parking"]


def test_the_likeliest_comes_first(model: IntentModel) -> None:
    confidences = [guess.confidence for guess in model.rank("bus", BETWEEN)]
    assert confidences == sorted(confidences, reverse=True)


@pytest.mark.parametrize("text", ["bus", "", "???", "字", "word " * 1000])
def test_the_confidences_of_any_text_add_up_to_one(model: IntentModel, text: str) -> None:
    assert sum(guess.confidence for guess in model.rank(text, BETWEEN)) == pytest.approx(1)


def test_likeness_is_the_cosine_to_the_nearest_example(model: IntentModel) -> None:
    vector = np.array([0.8, 0.6, 0, 0], dtype=np.float32)
    likeness = {guess.name: guess.likeness for guess in model.rank("xyz", vector)}
    assert likeness == pytest.approx({"parking": 0.8, "bus": 0.6, "hours": 0})


@pytest.mark.parametrize("text", ["bus stop", "busstop", "buss stpo"])
def test_wording_decides_where_the_vectors_say_nothing(text: str) -> None:
    model = fit(np.tile(BETWEEN, (len(TEXTS), 1)))
    assert model.rank(text, BETWEEN)[0].name == "bus"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_meaning_decides_where_no_word_is_known(model: IntentModel, axis: int) -> None:
    vector = np.eye(4, dtype=np.float32)[axis]
    assert model.rank("zq", vector)[0].name == ("parking", "bus", "hours")[axis]


def test_a_view_without_weight_does_not_count() -> None:
    model = fit(weights=Weights(wording=0.0))
    assert model.rank("bus stop", VECTORS[0]) == model.rank("opening hours", VECTORS[0])


def test_likeness_to_an_example_counts() -> None:
    unlike, like = (fit(weights=Weights(likeness=weight)) for weight in (0.0, 5.0))
    before, after = (m.rank("zq", VECTORS[0])[0].confidence for m in (unlike, like))
    assert after > before


@pytest.mark.parametrize(("temperature", "lower"), [(1.5, True), (3.0, True), (0.5, False)])
def test_a_temperature_above_one_makes_the_likeliest_less_likely(
    model: IntentModel, temperature: float, lower: bool
) -> None:
    before = model.rank("bus", BETWEEN)[0].confidence
    after = fit(weights=Weights(temperature=temperature)).rank("bus", BETWEEN)[0].confidence
    assert (after < before) is lower


@pytest.mark.parametrize("temperature", [0.5, 1.5, 3.0])
def test_a_temperature_keeps_the_order_and_the_likeness_of_the_intents(
    model: IntentModel, temperature: float
) -> None:
    before, after = (
        [(guess.name, guess.likeness) for guess in ranked.rank("bus", BETWEEN)]
        for ranked in (model, fit(weights=Weights(temperature=temperature)))
    )
    assert after == before


@pytest.mark.parametrize("temperature", [0.5, 3.0])
def test_the_confidences_add_up_to_one_at_any_temperature(temperature: float) -> None:
    ranking = fit(weights=Weights(temperature=temperature)).rank("bus", BETWEEN)
    assert sum(guess.confidence for guess in ranking) == pytest.approx(1)


def test_a_common_intent_does_not_drown_a_rare_one() -> None:
    texts = [*TEXTS, *(f"which bus number {i}" for i in range(30))]
    vectors = np.vstack([VECTORS, np.tile(VECTORS[2], (30, 1))])
    weights = Weights(strength=1.0, likeness=0.0, wording=0.0)
    model = IntentModel.fit(texts, vectors, [*NAMES, *["bus"] * 30], weights)
    halfway = np.array([0, 0.5**0.5, 0.5**0.5, 0], dtype=np.float32)
    confidence = {guess.name: guess.confidence for guess in model.rank("zq", halfway)}
    assert confidence["hours"] == pytest.approx(confidence["bus"], abs=0.1)


def test_training_twice_on_the_same_examples_gives_the_same_ranking(model: IntentModel) -> None:
    assert fit().rank("bus", BETWEEN) == model.rank("bus", BETWEEN)


def test_a_saved_model_ranks_as_before(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    before, after = (m.rank("bus stop", BETWEEN) for m in (model, IntentModel.load(tmp_path)))
    assert [(g.name, pytest.approx(g.confidence, abs=1e-3)) for g in before] == [
        (g.name, g.confidence) for g in after
    ]


def test_a_saved_model_keeps_its_weights(tmp_path: Path) -> None:
    weights = Weights(strength=3.0, likeness=2.0, wording=0.5, temperature=1.4)
    fit(weights=weights).save(tmp_path)
    assert IntentModel.load(tmp_path).weights == weights


def test_labels_and_weights_are_saved_as_readable_json(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    saved = json.loads((tmp_path / "intents.json").read_text())
    assert saved == {"labels": ["bus", "hours", "parking"], "weights": vars(Weights())}


def test_a_model_file_that_holds_objects_is_refused(model: IntentModel, tmp_path: Path) -> None:
    model.save(tmp_path)
    np.savez(tmp_path / "intents.npz", meaning=np.array([{"any": "object"}], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        IntentModel.load(tmp_path)


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=80))
def test_one_text_has_the_features_that_it_would_have_among_examples(text: str) -> None:
    counts = _counts([text])
    rarity = np.linspace(1, 9, sum(group.shape[1] for group in counts), dtype=np.float32)
    (row,) = _features(counts, rarity)
    row.sort_indices()
    found, weights = _features_of(text, rarity)
    assert found.tolist() == row.indices.tolist()
    assert weights == pytest.approx(row.data, rel=1e-5)
