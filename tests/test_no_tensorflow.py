"""Rasa runs without TensorFlow, unless config.yml asks for a component that may use it."""

import subprocess
import sys
from pathlib import Path

import pytest

from bot.no_tensorflow import needed
from bot.paths import ROOT

CONFIG = "pipeline:\n- name: {component}\npolicies:\n- name: {policy}\n"


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()


def test_ottos_own_pipeline_needs_none() -> None:
    assert not needed(ROOT / "config.yml")


@pytest.mark.parametrize(
    ("component", "policy"),
    [("DIETClassifier", "RulePolicy"), ("bot.nlu.gate.Gate", "TEDPolicy")],
)
def test_a_stock_component_gets_the_real_one(component: str, policy: str, tmp_path: Path) -> None:
    config = tmp_path / "config.yml"
    config.write_text(CONFIG.format(component=component, policy=policy))
    assert needed(config)


def test_rasa_starts_on_placeholders() -> None:
    code = (
        "from bot import no_tensorflow; no_tensorflow.install();"
        "import rasa.core.run, rasa.model_training, tensorflow;"
        "print(type(tensorflow).__module__)"
    )
    assert run(code) == "bot.no_tensorflow"


def test_a_placeholder_can_be_subclassed_called_and_asked_for_more() -> None:
    code = (
        "from bot import no_tensorflow; no_tensorflow.install();"
        "import tensorflow as tf; from tensorflow.keras.layers import Dense;"
        "Mine = type('Mine', (tf.keras.Model,), {'x': 1}); print(Mine(3).x, Dense.__name__)"
    )
    assert run(code) == "1 Dense"


def test_it_does_nothing_once_tensorflow_is_there() -> None:
    code = (
        "import sys; sys.modules['tensorflow'] = object(); before = list(sys.meta_path);"
        "from bot import no_tensorflow; no_tensorflow.install(); print(sys.meta_path == before)"
    )
    assert run(code) == "True"
