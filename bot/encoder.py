"""The sentence encoder: all-MiniLM-L6-v2 as quantised ONNX, run on the CPU."""

import hashlib
import json
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from tokenizers import Tokenizer

from bot.errors import OttoError
from bot.paths import MODELS

Vectors = npt.NDArray[np.float32]

DIMENSIONS = 384
# The model was trained on texts of up to 128 word pieces; what stands after 256 changes little.
MAX_TOKENS = 256


class EncoderError(OttoError):
    """The encoder's files are missing or changed; the message says which and what to do."""


class Encoder:
    """Turns texts into vectors whose inner product is their likeness in meaning, at most 1."""

    def __init__(self, folder: Path = MODELS / "encoder") -> None:
        """Load the files of `folder`, checking them against its checksums.json.

        Raises:
            EncoderError: a file is missing, or is not the one the checksums describe.
        """
        verify(folder)
        options = onnxruntime.SessionOptions()
        # One sentence is too short to share out: threads would only get in each other's way.
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "model.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.no_padding()
        self._tokenizer.enable_truncation(MAX_TOKENS)

    def encode(self, texts: Iterable[str]) -> Vectors:
        """One row of length 1 and 384 numbers for each text.

        Texts are run one by one: the quantised model scales its numbers over a whole batch, so a
        text's vector would depend on its neighbours.
        """
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            rows = list(pool.map(self.encode_one, texts))
        return np.vstack(rows) if rows else np.empty((0, DIMENSIONS), dtype=np.float32)

    def encode_one(self, text: str) -> Vectors:
        """The vector of one text, shape (1, 384)."""
        # A lone surrogate is no character; the tokenizer takes only characters.
        tokens = self._tokenizer.encode(text.encode("utf-8", "replace").decode("utf-8"))
        feed = {"input_ids": np.array([tokens.ids], dtype=np.int64)}
        vector: Vectors = self._session.run(["vector"], feed)[0]
        return vector


def common_words(folder: Path = MODELS / "encoder") -> frozenset[str]:
    """The English words that stand whole in the encoder's vocabulary, in lower case.

    Raises:
        EncoderError: a file is missing, or is not the one the checksums describe.
    """
    verify(folder)
    vocabulary = Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab()
    return frozenset(word for word in vocabulary if word.isalpha())


def verify(folder: Path) -> None:
    """Compare the encoder's files with its checksums.json.

    Raises:
        EncoderError: a file is missing, or is not the one the checksums describe.
    """
    try:
        checksums: dict[str, str] = json.loads((folder / "checksums.json").read_text())
        for name, expected in checksums.items():
            if hashlib.sha256((folder / name).read_bytes()).hexdigest() != expected:
                raise EncoderError(f"{folder / name} was changed; restore it with git checkout")
    except (OSError, ValueError) as error:
        raise EncoderError(f"the encoder in {folder} cannot be read: {error}") from error
