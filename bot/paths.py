"""Where the project's files are, whatever folder a command is started from."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT / "data"
TOPICS = DATA / "nlu" / "faq"
MODELS = ROOT / "models"
# What Otto writes while it runs; made when it is needed, and ignored by git.
STATE = ROOT / "state"
