"""The one kind of error that a user is shown."""


class OttoError(Exception):
    """Something a user can mend: the message says what is wrong and what to do about it."""
