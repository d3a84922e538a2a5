"""Slack's Web API: one shared session, retries by method, and every failure classified once.

    never left (no connection)                          Transient
    cut, timed out, 5xx, unreadable, internal_error     Transient; Ambiguous for what must not happen twice
    429, `ratelimited`                                  RateLimited
    revoked or missing token                            Misconfigured("slack")
    missing scope                                       MissingScope("slack"), a Misconfigured
    any other error that Slack names                    SlackRefusal (a Rejected) with that name as `code`

The SDK's traps that are closed here: its default handlers repeat `chat.postMessage` after a dropped connection; a
session that is passed in ignores its `timeout`; proxies are taken from the environment; at DEBUG it logs whole
bodies, and it asks the logger's own level, which is 0 for a fresh one; its errors quote whole answers.
"""

import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import cast

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.http_retry.async_handler import AsyncRetryHandler
from slack_sdk.http_retry.builtin_async_handlers import (
    AsyncConnectionErrorRetryHandler,
    AsyncRateLimitErrorRetryHandler,
    AsyncServerErrorRetryHandler,
)
from slack_sdk.http_retry.request import HttpRequest
from slack_sdk.http_retry.response import HttpResponse
from slack_sdk.http_retry.state import RetryState
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from bot.domain.errors import (
    Ambiguous,
    Misconfigured,
    MissingScope,
    Problem,
    ProblemCode,
    RateLimited,
    Rejected,
    StepError,
    Transient,
)
from bot.http import retry_after, why_not_connected
from bot.network import Network, network_of
from bot.ports.clock import Clock
from bot.settings import Settings
from bot.slack.api.methods import Method
from bot.slack.api.pacing import TIER_2_SECONDS, TIER_3_SECONDS, RequestPacing
from bot.slack.api.payloads import Json, as_object, text
from bot.slack.api.tokens import FixedToken, TokenSource

TIMEOUT_SECONDS = 30.0
SHORT_PAUSE_SECONDS = 3  # a Retry-After up to this is waited out in place; a longer one goes to the job's row
DEFAULT_PAUSE_SECONDS = 30.0  # when Slack names no Retry-After

TOKEN_ERRORS = frozenset(
    {
        "invalid_auth",
        "not_authed",
        "token_revoked",
        "token_expired",
        "account_inactive",
        "team_access_not_granted",  # an organisation took the app out of this workspace
        "missing_scope",
        "not_allowed_token_type",
        "ekm_access_denied",
        "invalid_token",
    }
)
BUSY_ERRORS = frozenset(
    {"service_unavailable", "team_added_to_org", "org_login_required", "accesslimited", "fetch_members_failed"}
)
MAYBE_DONE_ERRORS = frozenset({"internal_error", "fatal_error", "request_timeout"})  # "some aspect may have succeeded"
RATE_ERRORS = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

_PACED = {
    Method.UPDATE: TIER_3_SECONDS,
    Method.DELETE: TIER_3_SECONDS,
    Method.REACT: TIER_3_SECONDS,
    Method.UNREACT: TIER_2_SECONDS,
}
_LOGGER = logging.getLogger("bot.slack.api")
_LOGGER.setLevel(logging.INFO)  # the SDK writes tokens' neighbours and transcripts at DEBUG


class SlackRefusal(Rejected):
    """Slack said no and will say no again; `code` is Slack's name for the reason."""

    def __init__(self, method: str, code: str) -> None:
        super().__init__(Problem(ProblemCode.FILE_GONE), f"{method}: {code}")
        self.code = code


class _ShortPause(AsyncRateLimitErrorRetryHandler):
    """Waits in place only where the pause is short: a step must not sleep through its lease."""

    async def _can_retry_async(
        self,
        *,
        state: RetryState,
        request: HttpRequest,
        response: HttpResponse | None = None,
        error: Exception | None = None,
    ) -> bool:
        if response is None or response.status_code != 429:
            return False
        named = {key.lower(): value[0] for key, value in response.headers.items() if value}
        pause = named.get("retry-after", "")
        return pause.isdecimal() and int(pause) <= SHORT_PAUSE_SECONDS


class SlackClient:
    """Calls Slack as the bot. Build it with `open_client`."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        session: aiohttp.ClientSession,
        network: Network,
        on_limited: Callable[[], None],
        source: TokenSource | None = None,
    ) -> None:
        self.source = source or FixedToken(settings.slack_bot_token.get_secret_value())
        self._settings = settings
        proxy = network.proxy_for(settings.slack_api_url)

        def build(*handlers: AsyncRetryHandler) -> AsyncWebClient:
            web = AsyncWebClient(
                base_url=settings.slack_api_url,
                timeout=int(TIMEOUT_SECONDS),
                session=session,
                ssl=network.trust,
                logger=_LOGGER,
                retry_handlers=list(handlers),
            )
            web.proxy = proxy  # by our settings; the SDK has just read one from the environment
            return web

        self._build = build
        self.web = build()
        """The SDK's client without any retries, for Bolt."""
        self._patient = build(AsyncConnectionErrorRetryHandler(), AsyncServerErrorRetryHandler(), _ShortPause())
        self.session = session
        self.network = network
        self.pace = RequestPacing(clock)
        self._on_limited = on_limited  # called for each answer 429 that is not waited out in place
        self._clock = clock

    def of_workspace(self, source: TokenSource) -> "SlackClient":
        """A client over the same connections with the token of a workspace, and with its own pace."""
        client = SlackClient(self._settings, self._clock, self.session, self.network, self._on_limited, source)
        client.pace = self.pace.of(f"{source.account}:")
        return client

    def web_without_token(self) -> AsyncWebClient:
        """The SDK's client without a token and without retries, for what the app's own secret opens."""
        return self._build()

    async def call(self, method: Method, **arguments: object) -> Json:
        """Call a method with Slack's own argument names; the whole answer. Edits and reactions wait their turn here;
        posts where their intent is committed (`bot.slack.posts`).

        Raises `Transient`, `RateLimited`, `Ambiguous`, `Misconfigured` or `SlackRefusal`.
        """
        answer, _ = await self.ask(method, **arguments)
        return answer

    async def ask(self, method: Method, **arguments: object) -> tuple[Json, Mapping[str, str]]:
        """As `call`, with the headers of the answer (lower-case names)."""
        if method is Method.OPEN_SOCKET:  # takes the app's own token
            return await self._ask(method, "", arguments)
        token = await self.source.token()
        if method.value.by_team and (team := await self.source.team_for()):
            arguments["team_id"] = team
        try:
            return await self._ask(method, token, arguments)
        except Misconfigured:
            if not await self.source.refused(token):
                raise
        return await self._ask(method, await self.source.token(), arguments)

    async def _ask(self, method: Method, token: str, arguments: Mapping[str, object]) -> tuple[Json, Mapping[str, str]]:
        facts = method.value
        key = str(arguments.get("channel", "")) if method is Method.POST else facts.name
        if seconds := _PACED.get(method):
            await self.pace.turn(key, seconds)
        web = self._patient if facts.repeatable else self.web
        web.token = token or None
        function = cast("Callable[..., Awaitable[AsyncSlackResponse]]", getattr(web, facts.name.replace(".", "_")))
        try:
            response = await function(**arguments)
        except SlackApiError as error:
            failure = self._classify(method, error)
            if isinstance(failure, RateLimited):
                self.pace.hold(key, failure.retry_after)
                self._on_limited()
            raise failure from None  # the SDK's error quotes the whole answer
        except aiohttp.ClientConnectorError as error:
            raise Transient(f"{facts.name}: {why_not_connected(error)}") from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, AttributeError) as error:
            # ValueError and AttributeError: the SDK's own words for an answer that is not a JSON object.
            raise _unknown(method, type(error).__name__) from None
        headers = {str(name).lower(): str(value) for name, value in response.headers.items()}
        return as_object(response.data), headers

    async def pages(self, method: Method, **arguments: object) -> AsyncGenerator[Json, None]:
        """Every page of a method that gives cursors."""
        cursor = ""
        while True:
            page = await self.call(method, **arguments, **({"cursor": cursor} if cursor else {}))
            yield page
            cursor = text(as_object(page.get("response_metadata")), "next_cursor")
            if not cursor:
                return

    async def post_bytes(self, url: str, content: bytes) -> None:
        """Send a file's bytes to the address that Slack reserved; no token goes along."""
        await self._post(url, "upload", data=content)

    async def respond(self, url: str, message: Json) -> None:
        """Answer through a `response_url` (5 uses within 30 minutes)."""
        await self._post(url, "response_url", json=dict(message))

    async def _post(self, url: str, what: str, data: bytes | None = None, json: Json | None = None) -> None:
        proxy = self.network.proxy_for(url)
        try:
            async with self.session.post(
                url,
                allow_redirects=False,
                proxy=proxy,
                data=data,
                json=json,
            ) as response:
                if response.status == 429:
                    named = {name.lower(): value for name, value in response.headers.items()}
                    pause = retry_after(named, self._clock.now(), DEFAULT_PAUSE_SECONDS)
                    raise RateLimited(f"{what}: too many calls", pause)
                if response.status >= 500:
                    raise Transient(f"{what}: status {response.status}")
                if response.status != 200:
                    raise SlackRefusal(what, f"status_{response.status}")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Transient(f"{what}: no answer ({type(error).__name__})") from None

    def _classify(self, method: Method, error: SlackApiError) -> StepError:
        name = method.value.name
        response: object = error.response
        if not isinstance(response, AsyncSlackResponse):
            return _unknown(method, "an answer that is not JSON")
        body = as_object(response.data)
        code = text(body, "error")
        if response.status_code == 429 or code in RATE_ERRORS:
            headers = {str(key).lower(): str(value) for key, value in response.headers.items()}
            return RateLimited(f"{name}: ratelimited", retry_after(headers, self._clock.now(), DEFAULT_PAUSE_SECONDS))
        if code in TOKEN_ERRORS:
            needed = text(body, "needed")
            kind = MissingScope if code == "missing_scope" else Misconfigured
            return kind(self.source.account, f"{name}: {code}" + (f" (needs {needed})" if needed else ""))
        if code in BUSY_ERRORS:
            return Transient(f"{name}: {code}")
        if not code or code in MAYBE_DONE_ERRORS:
            return _unknown(method, code or f"status {response.status_code}")
        return SlackRefusal(name, code)


def _unknown(method: Method, cause: str) -> StepError:
    detail = f"{method.value.name}: {cause}"
    return Transient(detail) if method.value.repeatable else Ambiguous(detail)


class _Redirected(aiohttp.ClientError):
    """Slack's Web API does not redirect. The SDK would follow, with the text of a message after a 307 or 308."""


async def _refuse_redirect(*_: object) -> None:
    raise _Redirected


@asynccontextmanager
async def open_client(
    settings: Settings, clock: Clock, on_limited: Callable[[], None] = lambda: None
) -> AsyncGenerator[SlackClient, None]:
    """A client with its session, closed at the end."""
    timeout = aiohttp.ClientTimeout(total=TIMEOUT_SECONDS, sock_connect=10.0)
    network = network_of(settings)
    connector, jar = aiohttp.TCPConnector(ssl=network.trust), aiohttp.DummyCookieJar()
    traces = aiohttp.TraceConfig()
    traces.on_request_redirect.append(_refuse_redirect)
    async with aiohttp.ClientSession(
        timeout=timeout, connector=connector, trust_env=False, cookie_jar=jar, trace_configs=[traces]
    ) as session:
        yield SlackClient(settings, clock, session, network, on_limited)
