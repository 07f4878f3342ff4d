"""The sentence encoder: true to the original model, independent of batches, and tamper-evident."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from bot.encoder import DIMENSIONS, Encoder, EncoderError, common_words, verify

REFERENCE = [
    json.loads(line)
    for line in (Path(__file__).parent / "data" / "encoder_reference.jsonl")
    .read_text("utf-8")
    .splitlines()
]
FILES = ("model.onnx", "tokenizer.json")


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return Encoder()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder like the encoder's, with small files and their true checksums."""
    checksums = {}
    for name in FILES:
        (tmp_path / name).write_bytes(name.encode())
        checksums[name] = hashlib.sha256(name.encode()).hexdigest()
    (tmp_path / "checksums.json").write_text(json.dumps(checksums))
    return tmp_path


def cosine(encoder: Encoder, row: dict[str, list[float]]) -> float:
    exact = np.array(row["vector"])
    return float(encoder.encode([row["text"]])[0] @ exact / np.linalg.norm(exact))


@pytest.mark.parametrize("row", REFERENCE, ids=lambda row: row["text"][:40])
def test_a_vector_agrees_with_the_unquantised_model(
    encoder: Encoder, row: dict[str, list[float]]
) -> None:
    assert cosine(encoder, row) >= 0.96


def test_the_vectors_agree_with_the_unquantised_model_on_the_whole(encoder: Encoder) -> None:
    assert np.mean([cosine(encoder, row) for row in REFERENCE]) >= 0.985


@pytest.mark.parametrize(
    "text",
    ["How long is a session?", "", "?", "字", "😀", "\ud800", "\x00", "word " * 5000],
    ids=ascii,
)
def test_any_text_has_a_vector_of_length_one(encoder: Encoder, text: str) -> None:
    assert np.linalg.norm(encoder.encode([text])[0]) == pytest.approx(1, abs=1e-4)


def test_there_is_one_row_for_each_text(encoder: Encoder) -> None:
    assert encoder.encode(["one", "two", "three"]).shape == (3, DIMENSIONS)


def test_no_texts_have_no_rows(encoder: Encoder) -> None:
    assert encoder.encode([]).shape == (0, DIMENSIONS)


def test_a_texts_vector_does_not_depend_on_its_neighbours(encoder: Encoder) -> None:
    texts = [row["text"] for row in REFERENCE]
    together = encoder.encode(texts)
    alone = np.vstack([encoder.encode([text]) for text in texts])
    assert np.array_equal(together, alone)


def test_texts_of_one_meaning_are_more_alike_than_others(encoder: Encoder) -> None:
    one, same, other = encoder.encode(
        ["How long is a session?", "how many minutes does each visit take", "Is there parking?"]
    )
    assert one @ same > one @ other


def test_common_words_are_whole_english_words() -> None:
    words = common_words()
    assert {"hospital", "session", "walk"} <= words
    assert not {"ocupational", "therepist", "##s", "?"} & words


def test_files_as_their_checksums_say_are_accepted(folder: Path) -> None:
    assert verify(folder) is None


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_refused_with_what_to_do(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"something else")
    with pytest.raises(EncoderError, match=rf"{name} was changed; restore it with git checkout$"):
        verify(folder)


@pytest.mark.parametrize("name", [*FILES, "checksums.json"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(EncoderError, match=rf"cannot be read: .*{name}"):
        verify(folder)


def test_checksums_that_are_no_json_are_refused(folder: Path) -> None:
    (folder / "checksums.json").write_text("<<<<<<< mine")
    with pytest.raises(EncoderError, match="cannot be read"):
        verify(folder)


def test_a_changed_model_is_refused_before_it_is_loaded(folder: Path) -> None:
    (folder / "model.onnx").write_bytes(b"something else")
    with pytest.raises(EncoderError, match=r"model\.onnx was changed"):
        Encoder(folder)
