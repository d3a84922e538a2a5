"""Socket Mode: one WebSocket to Slack, kept open by connecting again with a fresh address each time.

slack_sdk's own client is not used. It repeats one single-use address for as long as the handshake fails
(python-slack-sdk #1110, #1379), connects again at once when Slack has too many connections (bolt-js #2225,
python-slack-sdk #1940), and closes the old connection before it opens the next. Bolt gets each payload as it does over
HTTP, and what it does not answer with 200 is not acknowledged, so Slack sends it again.
"""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

import aiohttp
import structlog
from slack_bolt.response import BoltResponse

from bot.domain.errors import Misconfigured, RateLimited, StepError
from bot.ports.clock import Clock
from bot.slack.api.client import SlackClient, SlackRefusal
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, as_object, integer, text

PING_SECONDS = 15.0  # a pong has half of it: bolt-js #2496 saw more than 5 s while Slack replaces its containers
HANDSHAKE_SECONDS = 10.0
HELLO_SECONDS = 30.0  # Slack says hello within a second; a connection without it gets no event and answers pings
STEADY_SECONDS = 30.0  # a connection that lasted this long was sound: the next one is opened at once
LONGEST_PAUSE_SECONDS = 60.0
LONGEST_MESSAGE = 16 * 1024 * 1024  # bytes; Slack's are a few kilobytes
CLOSE_SECONDS = 3.0  # an acknowledgement that is later is of no use
MOST_CONNECTIONS = 10  # Slack's limit for one app (docs.slack.dev, Socket Mode)
_TOO_MANY = "too_many_websockets"

_log = structlog.get_logger(__name__)

Dispatch = Callable[[Json], Awaitable[BoltResponse]]
"""Has Bolt handle one payload."""


@dataclass(eq=False)
class _Connection:
    """One WebSocket. `leaving` is set when the next one should be opened: it failed, ended, or Slack will close it."""

    leaving: asyncio.Event = field(default_factory=asyncio.Event)
    opened_at: float | None = None  # when Slack said hello
    reason: str = ""  # why it ended, in words without its address
    wait: float = 0.0  # what Slack asked to wait
    websocket: aiohttp.ClientWebSocketResponse | None = None


class Socket:
    """Keeps the app connected while `run` runs.

    `on_connect` is called at each `hello` with how long there was no connection: None for the first one, 0.0 where the
    new one was opened before the old one closed. A connection without a `hello` is closed after `hello_seconds`.
    """

    def __init__(
        self,
        client: SlackClient,
        dispatch: Dispatch,
        app_token: str,
        clock: Clock,
        on_connect: Callable[[float | None], None],
        hello_seconds: float = HELLO_SECONDS,
    ) -> None:
        self._client = client
        self._dispatch = dispatch
        self._app_token = app_token
        self._clock = clock
        self._on_connect = on_connect
        self._hello_seconds = hello_seconds
        self._open: set[_Connection] = set()
        self._lost_at: float | None = None
        self._failures = 0
        self._answers: set[asyncio.Task[None]] = set()
        self._refusal = ""  # why Slack refuses the app token
        self._closing = False

    async def run(self) -> None:
        """Connect, and connect again whenever that is needed, until cancelled."""
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=HANDSHAKE_SECONDS)
        connector, jar = aiohttp.TCPConnector(ssl=self._client.network.trust), aiohttp.DummyCookieJar()
        async with (
            aiohttp.ClientSession(timeout=timeout, connector=connector, trust_env=False, cookie_jar=jar) as session,
            asyncio.TaskGroup() as connections,
        ):
            while not self._closing:
                connection = _Connection()
                connections.create_task(self._serve(session, connection), name="slack connection")
                await connection.leaving.wait()
                await self._clock.sleep(self._pause(connection))

    def _pause(self, connection: _Connection) -> float:
        """Seconds until the next attempt: none after a sound connection, growing ones after failures in a row."""
        lasted = 0.0 if connection.opened_at is None else self._clock.now() - connection.opened_at
        if lasted >= STEADY_SECONDS and connection.reason != _TOO_MANY:
            self._failures = 0
            return 0.0
        self._failures += 1
        if self._failures == 2:  # one failure is daily life
            _log.warning("slack_disconnected", reason=connection.reason)
        if connection.reason == _TOO_MANY:
            return LONGEST_PAUSE_SECONDS
        growing = min(2.0 ** (self._failures - 1), LONGEST_PAUSE_SECONDS)
        jitter = random.uniform(0.75, 1.0)  # noqa: S311  # not a secret
        return max(growing * jitter, connection.wait)

    async def _serve(self, session: aiohttp.ClientSession, connection: _Connection) -> None:
        """Open one WebSocket and read it until it ends. Never raises for Slack's sake."""
        try:
            answer = await self._client.call(Method.OPEN_SOCKET, app_token=self._app_token)
            self._refusal = ""
            url = text(answer, "url")
            proxy = self._client.network.proxy_for(url)
            async with asyncio.timeout(HANDSHAKE_SECONDS):
                websocket = await session.ws_connect(
                    url, heartbeat=PING_SECONDS, max_msg_size=LONGEST_MESSAGE, proxy=proxy
                )
            connection.websocket = websocket
            await self._read(websocket, connection)
        except (Misconfigured, SlackRefusal) as error:
            if error.detail != self._refusal:
                _log.error("slack_refuses_socket", detail=error.detail)
            self._refusal = connection.reason = error.detail
        except RateLimited as error:
            connection.reason, connection.wait = error.detail, error.retry_after
        except StepError as error:
            connection.reason = error.detail
        except aiohttp.WSServerHandshakeError as error:  # its own words contain the address
            connection.reason = f"the handshake was answered with {error.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            connection.reason = connection.reason or type(error).__name__
        finally:
            if connection in self._open:
                self._open.remove(connection)
                if not self._open:
                    self._lost_at = self._clock.now()
            connection.reason = connection.reason or "closed"
            connection.leaving.set()

    async def _read(self, websocket: aiohttp.ClientWebSocketResponse, connection: _Connection) -> None:
        """Read a WebSocket until it ends; close it when Slack does not say hello in time."""
        try:
            async with websocket, asyncio.timeout(self._hello_seconds) as hello:
                async for message in websocket:
                    if message.type is aiohttp.WSMsgType.TEXT:
                        self._take(websocket, connection, message.data)
                    if connection.opened_at is not None:
                        hello.reschedule(None)
        except TimeoutError:
            connection.reason = connection.reason or "Slack did not say hello"

    def _take(self, websocket: aiohttp.ClientWebSocketResponse, connection: _Connection, data: str) -> None:
        try:
            message = as_object(json.loads(data))
        except ValueError:
            return
        match text(message, "type"):
            case "hello":
                self._connected(connection, integer(message, "num_connections"))
            case "disconnect":
                connection.reason = text(message, "reason") or "disconnect"
                connection.leaving.set()  # it is read until Slack closes it
            case _ if (envelope := text(message, "envelope_id")) and not self._closing:
                answer = asyncio.create_task(self._answer(websocket, envelope, as_object(message.get("payload"))))
                self._answers.add(answer)
                answer.add_done_callback(self._answers.discard)

    def _connected(self, connection: _Connection, count: int) -> None:
        now = self._clock.now()
        gap = None if self._lost_at is None and not self._open else 0.0
        if not self._open and self._lost_at is not None:
            gap = max(0.0, now - self._lost_at)
        self._open.add(connection)
        connection.opened_at = now
        _log.info("slack_connected", gap=gap, attempts=self._failures + 1, connections=count)
        if count >= MOST_CONNECTIONS:
            _log.warning("slack_connections_used_up", connections=count)
        self._on_connect(gap)

    async def _answer(self, websocket: aiohttp.ClientWebSocketResponse, envelope: str, payload: Json) -> None:
        try:
            response = await self._dispatch(payload)
        except Exception:  # Bolt's own bug must not end the connection; it is reported, and Slack sends the event again
            _log.exception("not_dispatched")
            return
        if response.status != 200:
            return
        answer: dict[str, object] = {"envelope_id": envelope}
        if response.body:
            kind = next(iter(response.headers.get("content-type", [])), "")
            answer["payload"] = json.loads(response.body) if "json" in kind else {"text": response.body}
        try:
            await websocket.send_str(json.dumps(answer))
        except ConnectionError:
            _log.info("acknowledgement_lost")  # Slack sends it again

    @property
    def fault(self) -> str:
        """What the operator should know of the connection: a sentence, "" while it is open."""
        if self._open:
            return ""
        what = "Check SLACK_APP_TOKEN, and that Socket Mode is on: threadscribe doctor says which."
        why = f" Slack refuses the connection ({self._refusal}). {what}" if self._refusal else ""
        return f"Slack is not connected.{why} Recordings shared meanwhile are found when it is back; buttons wait."

    async def close(self) -> None:
        """Take nothing more, let what was taken be acknowledged, then close; the rest comes again."""
        self._closing = True
        if self._answers:
            await asyncio.wait(self._answers, timeout=CLOSE_SECONDS)
        for connection in list(self._open):
            if connection.websocket is not None:
                await connection.websocket.close()
