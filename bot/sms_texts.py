"""What Otto says by text message about the text line itself; each fits into one segment."""

from bot.settings import Clinic
from bot.sms import plain_letters, segments

NO_EMERGENCY = "Emergency? Call 911. Crisis? Call or text 988."

MORE_TAIL = "\nReply MORE to read on."
NUMBER_TAIL = "\nReply with the number."
GONE = "I no longer have the rest of that answer. Please ask me again."
SLOW = (
    "I need a little longer for this. Reply MORE in a minute to get my answer. "
    "In an emergency, call 911."
)
PHOTO = "I can't see photos or files. Please write your question in words. I can't call for help."
LOCATION = "I can't read a shared location. Please text me the city and state in words."
NO_WORDS = "I can only read words. Please write your question in a few of them."
FORGOTTEN = (
    "Done: I deleted all I had kept of our texts. They may still be on your phone and with the "
    "phone company."
)
NOT_FORGOTTEN = (
    "I'm sorry, I could not delete your messages just now. Please ask me again in a few minutes."
)
TOO_MANY = (
    "I got many messages at once, so I'll pause for a while. Please try again later. "
    "In an emergency, call 911."
)


def introduction(clinic: Clinic) -> str:
    """Said before the first answer to a number, and after a week of silence."""
    return _named(
        "I'm Otto, the automated assistant{of_clinic}. Not for emergencies: call 911. "
        "Please text no private health details.",
        clinic,
    )


def stopped(clinic: Clinic) -> str:
    """The one confirmation to who wants no more texts."""
    return _named(
        "You'll get no more texts{from_clinic}. To come back, text START. " + NO_EMERGENCY, clinic
    )


def started(clinic: Clinic) -> str:
    """Said to who wants texts again."""
    return _named(
        "You'll get my answers again. I'm Otto, the automated assistant{of_clinic}. "
        + NO_EMERGENCY,
        clinic,
    )


def help_(clinic: Clinic) -> str:
    """Said to who asks for help in one word: who this is, and where there is a person."""
    person = f"A person: {clinic.phone}. " if clinic.phone else ""
    return _named(
        "Otto, the automated text line{of_clinic}. "
        + person
        + "No more texts? Just tell me. "
        + NO_EMERGENCY,
        clinic,
    )


def _named(text: str, clinic: Clinic) -> str:
    """The text with the clinic's name, unless that takes a segment more."""
    named, unnamed = (
        plain_letters(text.format(of_clinic=f" of {name}", from_clinic=f" from {name}"))
        for name in (clinic.name or "this clinic", "this clinic")
    )
    return named if segments(named) == 1 else unnamed
