"""Otto's messages as text messages: one text, cut into pages of at most two segments."""

from collections.abc import Sequence

from bot.channels.render import Message, as_sms
from bot.sms import MOST_SEGMENTS, pieces, plain_letters, segments
from bot.sms_texts import MORE_TAIL, NUMBER_TAIL


def pages(messages: Sequence[Message], note: str = "") -> list[str]:
    """The answer to one message, page by page; all but the last say how to read on.

    Args:
        messages: what Otto says.
        note: the line about emergencies that one of them holds, or nothing. It is never left for
            a page that may go unread.
    """
    text = "\n\n".join(as_sms(message) for message in messages)
    if any(message["buttons"] for message in messages):
        text = _with_hint(text)
    note = plain_letters(note)
    if note and segments(text) > MOST_SEGMENTS and note in text:
        before, _, after = text.partition(note)
        text = f"{note}\n{before.rstrip()}{after}"
    return paged(text)


def paged(text: str) -> list[str]:
    """A text in pages; all but the last say how to read on."""
    *others, last = pieces(text, MOST_SEGMENTS, MORE_TAIL)
    return [*(piece.rstrip() + MORE_TAIL for piece in others), last.rstrip()]


def _with_hint(text: str) -> str:
    """The text with a line on how to choose, where that costs nothing."""
    hinted = text + NUMBER_TAIL
    return hinted if segments(hinted) == segments(text) else text
