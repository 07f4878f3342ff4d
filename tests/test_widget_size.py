import gzip

from bot.paths import ROOT

WIDGET = ROOT / "bot" / "widget" / "otto-chat.js"
MOST = 15_000


def test_the_chat_element_stays_small() -> None:
    size = len(gzip.compress(WIDGET.read_bytes(), 9))
    assert size <= MOST, f"{WIDGET.name} is {size} bytes gzipped; {MOST} are allowed"
