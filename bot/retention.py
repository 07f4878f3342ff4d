"""`otto purge`: delete what has been kept for longer than a time, wherever it is kept."""

import time

import sqlalchemy as sa

from bot import settings
from bot.channels.database import own_file
from bot.channels.web_store import Store
from bot.conversations import OutOfOrderError
from bot.errors import OttoError
from bot.paths import STATE
from bot.store import opened


class PurgeError(OttoError):
    """Something could not be deleted; the message says what to do."""


def purge(older_than: int) -> tuple[int, int]:
    """Delete what is older than so many seconds.

    Returns:
        How many messages of the web log were deleted, and how many turns of conversations.

    Raises:
        PurgeError: a database is out of order.
    """
    now = time.time()
    web = Store(settings.load().web.database or own_file(STATE / "web.db"))
    conversations = opened()
    try:
        return web.purge(now, older_than), conversations.purge(now - older_than)
    except (OSError, sa.exc.SQLAlchemyError, OutOfOrderError) as error:
        raise PurgeError(
            f"the database cannot be used ({type(error).__name__}); nothing more was deleted. "
            "Please see that it runs, and try again"
        ) from None
    finally:
        web.close()
        conversations.close()
