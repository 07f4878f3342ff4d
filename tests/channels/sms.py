"""What the tests of the text line over HTTP share: Twilio, as it calls and reads the answer."""

import http.client
import itertools
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from multidict import MultiDict
from twilio.request_validator import RequestValidator

PUBLIC_URL = "https://chat.clinic.example"
PATH = "/webhooks/sms/webhook"
TOKEN = "0123456789abcdef" * 2
SETTINGS = {"OTTO_PUBLIC_URL": PUBLIC_URL, "OTTO_TWILIO_TOKEN": TOKEN}
NUMBER = "+15555550123"

_ids = itertools.count(1)


class Twilio:
    """Brings a phone's messages to Otto's webhook, behind a proxy of the public address."""

    def __init__(self, port: int, number: str = NUMBER) -> None:
        self.port = port
        self.number = number

    def post(self, body: bytes, signature: str, query: str = "") -> tuple[int, str]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature,
        }
        try:
            connection.request("POST", PATH + query, body, headers)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def deliver(self, text: str, sid: str = "", **fields: str) -> tuple[int, str]:
        """Deliver a message with the fields that Twilio sends, most of them blank."""
        form: Any = {
            "ToCountry": "US",
            "ToState": "",
            "SmsMessageSid": "",
            "NumMedia": "0",
            "FromCity": "",
            "SmsStatus": "received",
            "MessageSid": sid or f"SM{next(_ids):032x}",
            "From": self.number,
            "To": "+15555550100",
            "Body": text,
        }
        form = MultiDict(form | fields)
        signature = RequestValidator(TOKEN).compute_signature(PUBLIC_URL + PATH, form)
        return self.post(urlencode(list(form.items())).encode(), signature)

    def say(self, text: str, sid: str = "", **fields: str) -> list[str]:
        """Deliver a message and return the texts that come back."""
        status, body = self.deliver(text, sid, **fields)
        assert status == 200, status
        return [found.text or "" for found in ElementTree.fromstring(body).iter("Message")]
