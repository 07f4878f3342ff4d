"""What Rasa does anew at every turn, done once or not at all; what comes of it stays the same.

Each module is about one part of a turn, and says where in Rasa the time goes.
"""

from bot.shortcuts import actions, graph, rules, trackers


def install() -> None:
    """Call this before an agent or a server of Rasa answers."""
    for part in (actions, graph, rules, trackers):
        part.install()
