"""`/slack/install` and `/slack/oauth_redirect`: how a workspace installs the app.

The state that goes to Slack and back is good once, for ten minutes, and only in the browser that began: it is in a
cookie, too. So nobody can be led into finishing an installation that somebody else began. What comes back is exchanged
for tokens, and the tokens are asked whose they are before they are stored.
"""

import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from html import escape
from urllib.parse import urljoin, urlsplit

import aiohttp
import structlog
from aiohttp import web
from slack_sdk.errors import SlackApiError
from slack_sdk.oauth import AuthorizeUrlGenerator

from bot.domain.errors import StepError, StoreError
from bot.ports.clock import Clock
from bot.ports.store import Installation, Workspaces
from bot.settings import Settings
from bot.slack.api.client import SlackClient
from bot.slack.api.identity import identify
from bot.slack.api.methods import METHOD_SCOPES
from bot.slack.api.payloads import Json, as_object, child, number, text, truth
from bot.slack.api.tokens import FixedToken

INSTALL, REDIRECT = "/slack/install", "/slack/oauth_redirect"
SCOPES = METHOD_SCOPES | {"app_mentions:read", "commands"}  # those of events and of the command
COOKIE = "threadscribe-install"
STATE_SECONDS = 600.0  # from the click on the link to Slack's answer
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",  # the address has a code in it
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
_AGAIN = f'<a href="{INSTALL}">Begin again</a>.'

_log = structlog.get_logger(__name__)


class InstallPages:
    """The two pages. `on_installed` is called with (team id, enterprise id) after each installation."""

    def __init__(
        self,
        settings: Settings,
        client: SlackClient,
        store: Workspaces,
        clock: Clock,
        on_installed: Callable[[str, str], Awaitable[None]],
    ) -> None:
        self._client = client
        self._store = store
        self._clock = clock
        self._on_installed = on_installed
        self._client_id = settings.slack_client_id
        self._client_secret = settings.slack_client_secret.get_secret_value()
        self._redirect_uri = f"{settings.public_url}{REDIRECT}"
        self._secure = urlsplit(settings.public_url).scheme == "https"
        self._authorize = AuthorizeUrlGenerator(
            client_id=settings.slack_client_id,
            redirect_uri=self._redirect_uri,
            scopes=sorted(SCOPES),
            authorization_url=urljoin(settings.slack_api_url, "/oauth/v2/authorize"),
        )

    def routes(self) -> dict[str, Callable[[web.Request], Awaitable[web.StreamResponse]]]:
        """The pages by their paths."""
        return {INSTALL: self.install, REDIRECT: self.redirect}

    async def install(self, _: web.Request) -> web.Response:
        """Send the browser to Slack, which asks its person whether the app may be installed."""
        state, now = secrets.token_urlsafe(32), self._clock.now()
        try:
            await self._store.add_oauth_state(_digest(state), now + STATE_SECONDS, now)
        except StoreError:
            return _page(503, "Not now", "The bot's database does not answer. Try again in a minute.")
        response = web.Response(status=302, headers={**_HEADERS, "Location": self._authorize.generate(state)})
        response.set_cookie(
            COOKIE,
            state,
            max_age=int(STATE_SECONDS),
            path=REDIRECT,
            httponly=True,
            secure=self._secure,
            samesite="Lax",  # Slack's redirect is a link that is followed
        )
        return response

    async def redirect(self, request: web.Request) -> web.Response:
        """What Slack sends the browser back with."""
        state, code = request.query.get("state", ""), request.query.get("code", "")
        held = request.cookies.get(COOKIE, "")
        same = hmac.compare_digest(state.encode("utf-8", "replace"), held.encode("utf-8", "replace"))
        try:
            if not state or not same or not await self._store.use_oauth_state(_digest(state), self._clock.now()):
                response = _page(
                    400, "Not installed", f"This page was not opened from the link, or it was too late. {_AGAIN}"
                )
            elif request.query.get("error") or not code:
                response = _page(200, "Not installed", f"Slack says that it was cancelled. {_AGAIN}")
            else:
                response = await self._exchange(code)
        except StoreError as error:
            _log.error("install_failed", detail=str(error))
            response = _page(503, "Not installed", f"The bot's database does not answer. {_AGAIN}")
        response.del_cookie(COOKIE, path=REDIRECT)
        return response

    async def _exchange(self, code: str) -> web.Response:
        """Exchange the code, ask whose the token is, store it. Raises `StoreError`."""
        try:
            found = await self._client.web_without_token().oauth_v2_access(
                client_id=self._client_id,
                client_secret=self._client_secret,
                code=code,
                redirect_uri=self._redirect_uri,
            )
            answer = as_object(found.data)
            installation = await self._installation(answer)
        except (SlackApiError, StepError, aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            # The SDK's error quotes the whole answer, which may have tokens in it.
            reason = str(error.response.get("error", "")) if isinstance(error, SlackApiError) else type(error).__name__
            _log.warning("install_refused", reason=reason)
            return _page(502, "Not installed", f"Slack did not complete it ({escape(reason)}). {_AGAIN}")
        await self._store.save_installation(installation, self._clock.now())
        team_id, enterprise_id = installation.team_id, installation.enterprise_id
        _log.info("installed", team=team_id, enterprise=enterprise_id, whole=not team_id)
        await self._on_installed(team_id, enterprise_id)
        return _page(
            200,
            f"Installed in {escape(installation.name or 'Slack')}",
            "Invite the bot into a channel (<code>/invite</code>) and drop a recording there."
            if team_id
            else "Now add the app to the organisation's workspaces, in the administration of Slack.",
        )

    async def _installation(self, answer: Json) -> Installation:
        """What Slack gave, and whose it is as Slack says. Raises `ValueError` for an answer that is not consistent."""
        token, whole = text(answer, "access_token"), truth(answer, "is_enterprise_install")
        team, enterprise = child(answer, "team"), child(answer, "enterprise")
        if text(answer, "token_type") != "bot" or not token.startswith(("xoxb-", "xoxe.xoxb-")):
            raise ValueError("no bot token")
        me = await identify(self._client.of_workspace(FixedToken(token)))
        if whole and text(enterprise, "id") not in (me.enterprise_id, me.team_id, ""):
            raise ValueError("the token is of another organisation")
        if not whole and (not me.team_id or me.team_id != text(team, "id")):
            raise ValueError("the token is of another workspace")
        if whole and not text(enterprise, "id"):
            raise ValueError("no organisation")
        team_id, lasts = "" if whole else text(team, "id"), number(answer, "expires_in")
        return Installation(
            id=team_id or text(enterprise, "id"),
            team_id=team_id,
            enterprise_id=text(enterprise, "id"),
            name=text(enterprise if whole else team, "name"),
            app_id=text(answer, "app_id"),
            bot_user_id=text(answer, "bot_user_id") or me.bot_user_id,
            bot_id=me.bot_id,
            scopes=tuple(scope for scope in text(answer, "scope").split(",") if scope),
            installed_by=text(child(answer, "authed_user"), "id"),
            bot_token=token,
            refresh_token=text(answer, "refresh_token"),
            expires_at=self._clock.now() + lasts if lasts else None,
        )


def _digest(state: str) -> str:
    """What is stored of a state."""
    return hashlib.sha256(state.encode("utf-8", "replace")).hexdigest()


def _page(status: int, title: str, said: str) -> web.Response:
    """A page for the person who installs; `title` and `said` are HTML."""
    body = (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1><p>{said}</p></html>"
    )
    return web.Response(status=status, text=body, content_type="text/html", headers=_HEADERS)
