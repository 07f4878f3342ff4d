"""Twilio's form of the text line: a signed form comes in, a reply in TwiML goes out.

The reply is the answer to the request, so Otto calls nobody and keeps no key but the token.
twilio.com/docs/messaging/guides/webhook-request has the fields, twilio.com/docs/usage/security
the signature.
"""

from dataclasses import dataclass
from urllib.parse import parse_qsl

from multidict import MultiDict
from twilio.request_validator import RequestValidator
from twilio.twiml.messaging_response import MessagingResponse

from bot.channels.sms_service import Incoming, NotKept, Service
from bot.sms_keywords import Keyword

PATH = "/webhooks/sms/webhook"
XML = "text/xml"
MOST_ID = 64
MOST_FIELDS = 500
# What else a status report names its message by; it comes where an answer was sent, if asked for.
ARRIVED = ("received", "")


@dataclass(frozen=True)
class Answer:
    """What goes back over HTTP; a refusal says nothing."""

    status: int
    body: str = ""


class Twilio:
    """The text line behind Twilio."""

    def __init__(self, service: Service, public_url: str, token: str) -> None:
        """Take what is signed with `token` for an address below `public_url`."""
        self._service = service
        self._url = public_url + PATH
        self._validator = RequestValidator(token)

    async def answer(self, body: bytes, query: str, signature: str) -> Answer:
        """The answer to one request.

        Args:
            body: the form as it came; a parsed one may have lost its blank fields, and with them
                what the signature is made of.
            query: what stands behind the question mark of the address, which is signed as well.
            signature: the header X-Twilio-Signature.
        """
        url = f"{self._url}?{query}" if query else self._url
        text = body.decode("utf-8", "replace")
        try:
            form = MultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
        except ValueError:
            # Twilio sends a few dozen.
            return Answer(403)
        if not self._validator.validate(url, form, signature):
            return Answer(403)
        incoming = message(form)
        if incoming is None:
            return Answer(400)
        if form.get("SmsStatus", "") not in ARRIVED or "MessageStatus" in form:
            return Answer(204)
        try:
            return Answer(200, twiml(await self._service.receive(incoming)))
        except NotKept:
            return Answer(503)


def signed(url: str, form: dict[str, str], token: str) -> str:
    """The header X-Twilio-Signature that a form gets for an address."""
    return str(RequestValidator(token).compute_signature(url, form))


def message(form: "MultiDict[str]") -> Incoming | None:
    """The message in a form, or None if it has no sender or no id."""
    id_, number = form.get("MessageSid", ""), form.get("From", "")
    if not (0 < len(id_) <= MOST_ID and 0 < len(number) <= MOST_ID):
        return None
    files = form.get("NumMedia", "")
    return Incoming(
        id=id_,
        number=number,
        text=form.get("Body", ""),
        files=int(files) if files.isascii() and files.isdecimal() else 0,
        location="Latitude" in form,
        keyword=_handled(form.get("OptOutType", "")),
    )


def twiml(texts: list[str]) -> str:
    """Texts as Twilio is told to send them; none is a reply too."""
    reply = MessagingResponse()
    for text in texts:
        reply.message(text)
    return str(reply)


def _handled(opt_out_type: str) -> Keyword | None:
    """What Twilio's Advanced Opt-Out has acted on and replied to."""
    acted_on = {each.value: each for each in (Keyword.STOP, Keyword.START, Keyword.HELP)}
    return acted_on.get(opt_out_type.upper())
