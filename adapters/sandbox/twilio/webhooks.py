"""Twilio's own requests: signed as Twilio signs them, sent once, never waited for.

https://www.twilio.com/docs/usage/webhooks/webhooks-security. Only loopback addresses are called: a sandbox must
not reach out, and a TwiML bin set as the inbound address is only a setting here.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from urllib.parse import urlsplit

import httpx

from adapters.sandbox.twilio.world import Account, Habits, Message

_PATIENCE = 15.0  # seconds, as at Twilio
_LOOPBACK = frozenset(("127.0.0.1", "::1", "localhost"))


def signature(auth_token: str, url: str, form: dict[str, str]) -> str:
    """Base64 of HMAC-SHA1 over the URL and each parameter's name and value, sorted by name."""
    text = url + "".join(f"{name}{form[name]}" for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


class Postman:
    """Posts to the application's addresses."""

    def __init__(self, habits: Habits) -> None:
        self._habits = habits
        self._under_way: set[asyncio.Task[None]] = set()

    def status(self, account: Account, message: Message) -> None:
        """Tell the status callback where a text stands."""
        form = {
            "AccountSid": account.sid,
            "ApiVersion": "2010-04-01",
            "From": message.sender,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "To": message.to,
        }
        if message.error_code:
            form["ErrorCode"] = str(message.error_code)
        if message.service_sid:
            form["MessagingServiceSid"] = message.service_sid
        self._post(account, message.status_callback or self._habits.status_webhook, form)

    def inbound(self, account: Account, message: Message) -> None:
        """Hand what came in to the number's or the service's address."""
        service = account.service_of(message.to)
        on_number = account.numbers[message.to].sms_url
        kind = service.opt_out_type(message.body) if service else ""
        url = on_number if service is None or service.use_inbound_webhook_on_number else service.inbound_request_url
        self._post(
            account,
            self._habits.inbound_webhook or url,
            {
                "AccountSid": account.sid,
                "ApiVersion": "2010-04-01",
                "Body": message.body,
                "From": message.sender,
                "FromCity": "",
                "MessageSid": message.sid,
                "NumMedia": "0",
                "NumSegments": str(message.segments),
                "SmsMessageSid": message.sid,
                "SmsSid": message.sid,
                "SmsStatus": "received",
                "To": message.to,
                **({"OptOutType": kind} if kind else {}),
                **({"MessagingServiceSid": service.sid} if service else {}),
            },
        )

    def _post(self, account: Account, url: str | None, form: dict[str, str]) -> None:
        if not url or urlsplit(url).hostname not in _LOOPBACK:
            return
        task = asyncio.get_running_loop().create_task(self._send(url, form, signature(account.auth_token, url, form)))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _send(self, url: str, form: dict[str, str], signed: str) -> None:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            try:
                await client.post(url, data=form, headers={"X-Twilio-Signature": signed})
            except httpx.HTTPError:
                return  # nobody listens: Twilio notes it in its debugger and goes on
