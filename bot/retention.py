"""`otto purge`: delete what has been kept for longer than a time, wherever it is kept."""

import time

import sqlalchemy as sa

from bot import settings
from bot.channels.database import own_file
from bot.channels.sms_store import Store as SmsStore
from bot.channels.web_store import Store as WebStore
from bot.conversations import OutOfOrderError
from bot.errors import OttoError
from bot.paths import STATE
from bot.store import opened


class PurgeError(OttoError):
    """Something could not be deleted; the message says what to do."""


def purge(older_than: int) -> tuple[int, int]:
    """Delete what is older than so many seconds, and who texted last before that.

    Returns:
        How many messages of the web log were deleted, and how many turns of conversations.

    Raises:
        PurgeError: a database is out of order.
    """
    now = time.time()
    database = settings.load().web.database
    web = WebStore(database or own_file(STATE / "web.db"))
    sms = SmsStore(database or own_file(STATE / "sms.db"))
    conversations = opened()
    try:
        sms.purge(now, older_than)
        return web.purge(now, older_than), conversations.purge(now - older_than)
    except (OSError, sa.exc.SQLAlchemyError, OutOfOrderError) as error:
        raise PurgeError(
            f"the database cannot be used ({type(error).__name__}); nothing more was deleted. "
            "Please see that it runs, and try again"
        ) from None
    finally:
        web.close()
        sms.close()
        conversations.close()
