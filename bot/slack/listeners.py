"""The Bolt app: which events, commands, shortcuts and buttons are listened to, and the way in over HTTP.

Bolt's traps that are closed here. Its async runner acknowledges before the listener runs, unless
`process_before_response` is set: then a listener that raises answers 500 (or sends no ack), and Slack repeats. Its
own authorization turns a failing `auth.test` into a 200, which would acknowledge an event that was not stored; ours
raises. `SLACK_CLIENT_ID` and `SLACK_CLIENT_SECRET` in the environment switch OAuth on by themselves. An empty signing
secret would let anybody sign. A slash command whose text has the word "payload" in it is not parsed over HTTP, and
a body that is not JSON raises: so the body is verified and parsed here.
"""

import json
import logging
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response
from slack_bolt.app.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from slack_bolt.context.ack.async_ack import AsyncAck
from slack_bolt.request.async_request import AsyncBoltRequest
from slack_bolt.response import BoltResponse
from slack_sdk.signature import SignatureVerifier

from bot.domain.errors import StepError, StoreError, WebhookRefused
from bot.settings import Settings
from bot.slack.api.client import SlackClient
from bot.slack.api.identity import BotIdentity, Identity
from bot.slack.api.payloads import Json, as_object, text
from bot.slack.incoming.ours import APP_RATE_LIMITED, is_ours, is_well_formed
from bot.slack.texts import COMMAND

TRANSCRIBE_SHORTCUT = "transcribe_message"

ReadBody = Callable[[web.Request], Awaitable[bytes]]
EventHandler = Callable[[Identity, Json], Awaitable[None]]
"""Commits what a request brought; Slack is acknowledged when it returns, and asked again when it raises."""

SubmitHandler = Callable[[Identity, Json], Awaitable[Json | None]]
"""As `EventHandler`, for a submitted modal: None closes it, else Slack's `response_action` with what belongs to it."""

OptionsHandler = Callable[[Json], Sequence[Json]]
"""The options of an external select for what was typed (`value`), at most 100; no look-ups, Slack waits 3 seconds."""

_BOLT = logging.getLogger("bot.slack.bolt")
_BOLT.setLevel(logging.ERROR)  # below that it writes whole requests
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Listeners:
    """Everything that is listened to, by Slack's names; `manifest.yml` is compared with it."""

    events: Mapping[str, EventHandler]
    command: Callable[[Json], None]
    shortcuts: Mapping[str, EventHandler]
    actions: Mapping[str, EventHandler]
    other_action: EventHandler | None = None
    """Takes a press that no handler knows: of another version's message. Bolt would answer 404, which Slack shows."""

    submissions: Mapping[str, SubmitHandler] = field(default_factory=dict)
    options: Mapping[str, OptionsHandler] = field(default_factory=dict)


def build_app(settings: Settings, client: SlackClient, who: BotIdentity, listeners: Listeners) -> AsyncApp:
    """An app that commits before it acknowledges."""

    async def authorize() -> AuthorizeResult:
        me = await who.me()
        return AuthorizeResult(
            enterprise_id=me.enterprise_id or None,
            team_id=me.team_id,
            bot_user_id=me.bot_user_id,
            bot_id=me.bot_id,
            bot_token=await client.source.token(),
        )

    with _without_environment():
        app = AsyncApp(
            name=_BOLT.name,  # Bolt sets the level of the logger of this name: it must not be one that we write to
            logger=_BOLT,
            process_before_response=True,
            signing_secret=signing_secret(settings),
            client=client.web,
            authorize=authorize,
        )

    def taking(take: EventHandler) -> Callable[..., Awaitable[None]]:
        async def event(body: dict[str, object]) -> None:
            inner = as_object(body.get("event"))
            await take(await who.me(), {**inner, "event_id": text(body, "event_id")})

        return event

    def acting(take: EventHandler) -> Callable[..., Awaitable[None]]:
        async def act(ack: AsyncAck, body: dict[str, object]) -> None:
            await take(await who.me(), body)
            await ack()

        return act

    def submitting(submit: SubmitHandler) -> Callable[..., Awaitable[None]]:
        async def take(ack: AsyncAck, body: dict[str, object]) -> None:
            answer = await submit(await who.me(), body)
            await ack(**(answer or {}))  # type: ignore[arg-type]  # Slack's own names for them

        return take

    def offering(offer: OptionsHandler) -> Callable[..., Awaitable[None]]:
        async def suggest(ack: AsyncAck, body: dict[str, object]) -> None:
            await ack(options=[dict(option) for option in offer(body)])

        return suggest

    async def command(ack: AsyncAck, body: dict[str, object]) -> None:
        await ack()
        listeners.command(body)

    for name, take in listeners.events.items():
        app.event(name)(taking(take))
    for callback_id, take in listeners.shortcuts.items():
        app.message_shortcut(callback_id)(acting(take))
    for action_id, take in listeners.actions.items():
        app.action(action_id)(acting(take))
    if listeners.other_action is not None:
        app.action(re.compile(""))(acting(listeners.other_action))  # the first that fits is taken: this is the last
    for callback_id, submit in listeners.submissions.items():
        app.view_submission(callback_id)(submitting(submit))
    for action_id, offer in listeners.options.items():
        app.options(action_id)(offering(offer))
    app.command(COMMAND)(command)
    app.error(not_committed)
    return app


async def not_committed(error: Exception, body: dict[str, object]) -> BoltResponse:
    """Nothing was committed, so Slack is not told that it was."""
    kind = type(error).__name__
    detail = str(error) if isinstance(error, StoreError | StepError) else ""
    _log.error("not_acknowledged", kind=kind, detail=detail, event_id=text(body, "event_id"), exc_info=not detail)
    return BoltResponse(status=500, body="")


def signing_secret(settings: Settings) -> str:
    """The secret that Slack signs with; a random one where none is set, so that nobody's signature is good."""
    return settings.slack_signing_secret.get_secret_value() or secrets.token_hex(32)


class SignedRequests:
    """Reads what Slack sends over HTTP, and nothing else.

    `read` reads a body within its limits and raises `WebhookRefused`; `on_refused` is called with each reason.
    """

    def __init__(self, settings: Settings, read: ReadBody, on_refused: Callable[[str], None]) -> None:
        self._verifier = SignatureVerifier(signing_secret(settings))
        self._read = read
        self._on_refused = on_refused

    async def body(self, request: web.Request) -> Json | web.Response:
        """The payload, or its refusal: 401 for what Slack did not sign (or long ago), 400 for what cannot be read, 408
        and 413 for its length."""
        if not _may_be_signed(request):
            return self._refusal(401, "signature")  # unread
        try:
            raw = await self._read(request)
        except WebhookRefused as refusal:
            return self._refusal(refusal.status, refusal.reason)
        if not self._signed(raw, request.headers):
            return self._refusal(401, "signature")
        return _parse(raw, request.content_type) or self._refusal(400, "malformed")

    def _refusal(self, status: int, reason: str) -> web.Response:
        self._on_refused(reason)
        return web.Response(status=status, text=_REFUSALS.get(reason, "refused"))

    def _signed(self, raw: bytes, headers: Mapping[str, str]) -> bool:
        try:
            return self._verifier.is_valid_request(raw, {name.lower(): value for name, value in headers.items()})
        except ValueError:  # a body that is no text
            return False


class HttpEntrance:
    """`POST /slack/events`: events, commands and interactivity over HTTP, of one workspace."""

    def __init__(
        self,
        app: AsyncApp,
        who: BotIdentity,
        settings: Settings,
        read: ReadBody,
        on_refused: Callable[[str], None],
    ) -> None:
        self._app = app
        self._who = who
        # `xapp-1-A0123-…`; over HTTP the signing secret is the app's own
        self._app_id = [*settings.slack_app_token.get_secret_value().split("-"), "", "", ""][2]
        self._requests = SignedRequests(settings, read, on_refused)
        self._on_refused = on_refused

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer a request as `SignedRequests` and `dispatch` say."""
        body = await self._requests.body(request)
        return body if isinstance(body, web.Response) else await to_aiohttp_response(await self.dispatch(body))

    async def dispatch(self, body: Json) -> BoltResponse:
        """Have Bolt handle a payload that is verified and parsed, as what Socket Mode brings is.

        What is not for this bot is acknowledged and goes nowhere; what cannot be Slack's is refused.
        """
        if (answer := answered_at_once(body, self._on_refused)) is not None:
            return answer
        try:
            me = await self._who.me()
        except StepError as error:
            return await not_committed(error, dict(body))
        if not is_ours(me, body, self._app_id):
            self._on_refused("stranger")
            return BoltResponse(status=200, body="")
        return await self._app.async_dispatch(AsyncBoltRequest(mode="socket_mode", body=dict(body)))


def answered_at_once(body: Json, on_refused: Callable[[str], None]) -> BoltResponse | None:
    """The answer to what is of no workspace: Slack's questions to the app itself, and what cannot be Slack's."""
    if text(body, "type") == APP_RATE_LIMITED:
        _log.warning("slack_holds_events_back", minute=body.get("minute_rate_limited"))
        return BoltResponse(status=200, body="")
    if text(body, "type") == "url_verification":
        return BoltResponse(status=200, body={"challenge": text(body, "challenge")})
    if not is_well_formed(body):
        on_refused("malformed")
        return BoltResponse(status=400, body="")
    return None


_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")  # Unix seconds
_REFUSALS = {"signature": "the signature is not Slack's", "malformed": "the body cannot be read"}


def _may_be_signed(request: web.Request) -> bool:
    """Whether the headers have the shape of Slack's, each of them once; only then is a body read."""
    signatures = request.headers.getall("X-Slack-Signature", [])
    stamps = request.headers.getall("X-Slack-Request-Timestamp", [])
    if len(signatures) != 1 or len(stamps) != 1:
        return False
    return bool(_SIGNATURE.fullmatch(signatures[0]) and _TIMESTAMP.fullmatch(stamps[0]))


def _parse(raw: bytes, content_type: str) -> dict[str, object] | None:
    try:
        decoded = raw.decode()
        if content_type == "application/json":
            found: object = json.loads(decoded)
        else:
            form = dict(parse_qsl(decoded, keep_blank_values=True))
            found = json.loads(form["payload"]) if "payload" in form and "command" not in form else form
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and found else None


@contextmanager
def _without_environment() -> Generator[None, None, None]:
    """Bolt reads these by itself, and acts on them; our settings are the only ones that count."""
    hidden = {name: os.environ.pop(name) for name in _BOLT_VARIABLES if name in os.environ}
    try:
        yield
    finally:
        os.environ.update(hidden)


_BOLT_VARIABLES = (
    "SLACK_CLIENT_ID",
    "SLACK_CLIENT_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
    "SLACK_VERIFICATION_TOKEN",
)
