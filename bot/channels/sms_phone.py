"""A phone to try the text line with: signed like Twilio's messages, answered by the same code.

Nothing that it says reaches the clinic's own memory: it has a folder of its own, which goes when
it does.
"""

import itertools
import secrets
import tempfile
import time
from collections.abc import Callable
from urllib.parse import urlencode
from xml.etree import ElementTree

from bot.channels.sms_service import Forget, Service
from bot.channels.sms_store import Store
from bot.channels.sms_twilio import PATH, Twilio, signed
from bot.channels.turn import Handle
from bot.channels.web_session import Sessions

PUBLIC_URL = "https://phone.invalid"
# The area code 555 and the exchange 01xx are nobody's.
NUMBER = "+15555550123"


class Phone:
    """A phone, or several by their numbers, and what stands between them and Otto."""

    def __init__(
        self,
        handle: Handle,
        forget: Forget,
        answers_keywords: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Speak to Rasa through `handle`; the others are as for `Service`."""
        self._folder = tempfile.TemporaryDirectory(prefix="otto-sms-")
        self._service = Service(
            handle,
            forget,
            Store(f"sqlite:///{self._folder.name}/sms.db"),
            Sessions(secrets.token_hex(32)),
            answers_keywords,
            clock,
        )
        token = secrets.token_hex(16)
        self._twilio = Twilio(self._service, PUBLIC_URL, token)
        self._token = token
        self._ids = (f"SM{number:032x}" for number in itertools.count(1))

    async def send(self, text: str, files: int = 0, number: str = NUMBER) -> list[str]:
        """Send a message and return the texts that come back."""
        # Half a character is nothing that a phone could send.
        body = text.encode("utf-8", "replace").decode("utf-8")
        form = {"MessageSid": next(self._ids), "From": number, "Body": body, "FromCity": ""}
        form["NumMedia"] = str(files)
        signature = signed(PUBLIC_URL + PATH, form, self._token)
        answer = await self._twilio.answer(urlencode(form).encode(), "", signature)
        reply = ElementTree.fromstring(answer.body)  # noqa: S314 - it is our own
        return [message.text or "" for message in reply.iter("Message")]

    async def opted_out(self, number: str = NUMBER) -> bool:
        """Whether it wants no texts."""
        return await self._service.opted_out(number)
