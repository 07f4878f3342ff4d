"""Whether the files that Otto reads at start can be used; each says for itself what is wrong."""

from bot import directory_file, follow_ups
from bot.answers import load_sources, topics
from bot.safety import Safety
from bot.therapy_guide import Guide


def check() -> None:
    """Read them all.

    Raises:
        OttoError: one is broken; the message names the file, the place in it and what to do.
    """
    directory_file.load()
    Guide.load()
    Safety.load()
    load_sources()
    topics()
    follow_ups.load()
