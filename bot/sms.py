"""What a text message can hold: the GSM-7 alphabet and how a text is cut into segments."""

# 3GPP TS 23.038, section 6.2.1: the default alphabet, and the characters reached by an escape,
# which cost two places each.
BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("\f^{}\\[~]|€")

ONE_SEGMENT = 160
EACH_OF_SEVERAL = 153


def outside_gsm7(text: str) -> list[str]:
    """The characters of `text`, in order and without repeats, that GSM-7 cannot say."""
    return [char for char in dict.fromkeys(text) if char not in BASIC and char not in EXTENDED]


def segments(text: str) -> int:
    """How many segments a GSM-7 text takes: one of 160 places, or several of 153.

    An escaped character takes two places and is never split over two segments
    (3GPP TS 23.040, section 9.2.3.24.1).

    Raises:
        ValueError: `text` holds a character outside GSM-7.
    """
    if foreign := outside_gsm7(text):
        raise ValueError(f"not GSM-7: {' '.join(foreign)}")
    widths = [2 if char in EXTENDED else 1 for char in text]
    if sum(widths) <= ONE_SEGMENT:
        return 1
    count, room = 1, EACH_OF_SEVERAL
    for width in widths:
        if width > room:
            count, room = count + 1, EACH_OF_SEVERAL
        room -= width
    return count
