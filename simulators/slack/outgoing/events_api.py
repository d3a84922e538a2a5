"""The HTTP way to the app: signed requests, URL verification, and the reasons a delivery fails for."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
import ssl
import time
from urllib.parse import urlencode

import aiohttp

from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import Outcome, PayloadKind
from simulators.slack.wire import Json, SlackError, compact, parse_object

LARGEST_ANSWER = 1_000_000
"""Bytes of an answer that are read at most."""


def signature(secret: str, timestamp: str, body: bytes) -> str:
    """Return the `X-Slack-Signature` of a request (scheme v0: HMAC-SHA256 of `v0:timestamp:body`)."""
    base = b"v0:" + timestamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


class EventsApi:
    """Posts events, commands and interactions to the addresses that the app named for each."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.trusted: ssl.SSLContext | bool = True  # which certificates are accepted; Slack: public ones
        self._session: aiohttp.ClientSession | None = None

    async def verify(self) -> None:
        """Ask the request URL to echo a challenge; SlackError `url_verification_failed` when it does not."""
        challenge = secrets.token_hex(16)
        body = compact({"token": "local-verification-token", "challenge": challenge, "type": "url_verification"})
        try:
            status, text, _ = await self._post(self.options.request_url, body.encode(), "application/json", {})
        except (aiohttp.ClientError, TimeoutError) as error:
            raise SlackError("url_verification_failed") from error
        echoed = text.strip()
        if echoed.startswith("{"):
            echoed = str(_object(echoed).get("challenge", ""))
        if status != 200 or echoed != challenge:
            raise SlackError("url_verification_failed")

    async def send(self, kind: PayloadKind, payload: Json, retry: int, reason: str) -> Outcome:
        """Post one payload, signed; anything but a 200 within the time is a failure with Slack's reason."""
        address = self.address(kind, payload)
        if not address:
            return Outcome("no_options_load_url")
        headers = {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": reason} if retry else {}
        if kind == "events_api":
            body, content_type = compact(payload).encode(), "application/json"
        else:
            form = {"payload": compact(payload)} if kind == "interactive" else _flat(payload)
            body, content_type = urlencode(form).encode(), "application/x-www-form-urlencoded"
        try:
            status, text, answer_headers = await self._post(address, body, content_type, headers)
        except TimeoutError:
            return Outcome("http_timeout")
        except aiohttp.ClientError:
            return Outcome("connection_failed")
        if status != 200:
            return Outcome("http_error", stop=answer_headers.get("X-Slack-No-Retry") == "1")
        if kind == "events_api" or not text.strip():
            return Outcome()
        # An answer that does not say that it is JSON is a text, however it looks (docs.slack.dev, slash commands).
        is_json = answer_headers.get("Content-Type", "").partition(";")[0].strip() == "application/json"
        return Outcome(payload=_object(text) if is_json else {"text": text})

    def address(self, kind: PayloadKind, payload: Json) -> str:
        """Return where a payload goes; empty for a menu's options when no Options Load URL is set."""
        options = self.options
        if kind == "events_api":
            return options.request_url
        if kind == "slash_commands":
            named = (command.url for command in options.commands if command.command == payload.get("command"))
            return next(named, "") or options.request_url
        if payload.get("type") == "block_suggestion":
            return options.options_load_url
        return options.interactivity_url or options.request_url

    async def post_raw(self, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
        """Post any body with any headers to the request URL, for forged and malformed requests."""
        async with self._client().post(
            self.options.request_url, data=body, headers=headers, ssl=self.trusted
        ) as response:
            return response.status, await response.text()

    def signed(self, body: bytes, timestamp: int | None = None) -> dict[str, str]:
        """Return the headers that sign a body, now or at another time."""
        moment = str(int(time.time()) if timestamp is None else timestamp)
        return {
            "X-Slack-Request-Timestamp": moment,
            "X-Slack-Signature": signature(self.options.signing_secret, moment, body),
        }

    async def close(self) -> None:
        """Close the connections to the app."""
        if self._session is not None:
            await self._session.close()

    def _client(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(headers={"User-Agent": "Slackbot 1.0 (local workspace)"})
        return self._session

    async def _post(
        self, address: str, body: bytes, content_type: str, headers: dict[str, str]
    ) -> tuple[int, str, dict[str, str]]:
        every = {**headers, **self.signed(body), "Content-Type": content_type}
        async with asyncio.timeout(self.options.ack_timeout):
            post = self._client().post(address, data=body, headers=every, allow_redirects=False, ssl=self.trusted)
            async with post as response:
                text = (await response.content.read(LARGEST_ANSWER)).decode(errors="replace")
                return response.status, text, {k.title(): v for k, v in response.headers.items()}


def _object(text: str) -> Json:
    try:
        return parse_object(text)
    except ValueError:
        return {}


def _flat(payload: Json) -> dict[str, str]:
    return {key: str(value).lower() if isinstance(value, bool) else str(value) for key, value in payload.items()}
