"""One address in front of several simulated workspaces: finds which one a request is for and forwards it."""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlencode

import aiohttp
from aiohttp import web

from simulators.slack.api.router import bearer
from simulators.slack.cloud.grants import Grants, Place, Token
from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import Outcome, envelope
from simulators.slack.records import BOT_ID, BOT_USER
from simulators.slack.server import SlackSimulator
from simulators.slack.wire import Json, SlackError, parse_object

ADMIN = "U0ALICE"  # who installs the app
BY_TEAM = frozenset({"users.conversations", "files.list", "conversations.list", "users.list"})
"""Methods that need `team_id` when they are called with an organisation's token."""
_DROPPED = frozenset({"host", "content-length", "transfer-encoding", "authorization", "connection"})


class SlackCloud:
    """Several workspaces: `async with SlackCloud([Options(team_id="T0ONE"), …], redirect_uris=(…)) as cloud:`.

    Workspaces whose options have an `enterprise_id` are an organisation's; their conversations' ids end in the
    team's id, since those of an organisation are unique in it. `strays` are tokens that came to a workspace of others.
    """

    def __init__(
        self, workspaces: Sequence[Options], redirect_uris: tuple[str, ...], *, rotation: bool = False
    ) -> None:
        first = workspaces[0]
        self.client_id = f"{secrets.randbelow(10**12)}.{secrets.randbelow(10**12)}"
        self.client_secret = secrets.token_hex(16)
        self.signing_secret = first.signing_secret
        self.grants = Grants(
            first.app_id, self.client_id, self.client_secret, redirect_uris, first.scopes, BOT_USER, rotation
        )
        self._given = [
            replace(each, signing_secret=self.signing_secret, app_id=first.app_id, scopes=first.scopes)
            for each in workspaces
        ]
        self.workspaces: dict[str, SlackSimulator] = {}
        self.calls: list[tuple[str, str, str]] = []  # (team, method, error), in their order
        self.without_access: set[str] = set()  # workspaces that their organisation took the app out of
        self._runner: web.AppRunner | None = None
        self._session: aiohttp.ClientSession | None = None
        self.url = ""

    @property
    def api_url(self) -> str:
        """The base URL for a Slack client."""
        return f"{self.url}/api/"

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/oauth/v2/authorize", self._authorize)
        app.router.add_route("*", "/api/{method}", self._api)
        app.router.add_route("*", "/{rest:.*}", self._elsewhere)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        self._session = aiohttp.ClientSession(auto_decompress=False)
        for options in self._given:
            simulator = SlackSimulator(replace(options, public_url=self.url))
            if options.enterprise_id:
                _own_ids(simulator)
            await simulator.start()
            self.workspaces[options.team_id] = simulator
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for simulator in self.workspaces.values():
            await simulator.close()
        if self._session is not None:
            await self._session.close()
        if self._runner is not None:
            await self._runner.cleanup()

    async def use_http(self, request_url: str) -> None:
        """Send everything of every workspace to this address from now on."""
        for simulator in self.workspaces.values():
            await simulator.use_http(request_url, options_load_url=request_url)

    def place(self, team_id: str = "", enterprise_id: str = "") -> Place:
        """What may be installed into: a workspace by its id, or an organisation."""
        if team_id:
            options = self.workspaces[team_id].options
            return Place(team_id, options.team_name, options.enterprise_id, f"{options.enterprise_id} Ltd")
        return Place("", "", enterprise_id, f"{enterprise_id} Ltd")

    def uninstall(self, team_id: str) -> None:
        """Remove the app from a workspace and send it the events."""
        self.workspaces[team_id].workspace.access_lost(uninstalled=True)
        self.grants.take(team_id, "account_inactive")

    async def revoke_access(self, team_id: str) -> Outcome:
        """Take an organisation's app out of one workspace and send the event, if the app's manifest asks for it.

        The token stays good for the others; a call about this one is refused: `team_access_not_granted`
        (https://docs.slack.dev/reference/methods/conversations.list, errors). Nothing of it is sent any more.
        """
        self.without_access.add(team_id)
        outcome = await self._access_event("team_access_revoked", team_id)
        self.workspaces[team_id].delivery.flow = "drop"
        return outcome

    async def grant_access(self, team_id: str, *, say: bool = True) -> Outcome:
        """Give the app access again; with `say` the event is sent, without it was lost."""
        self.without_access.discard(team_id)
        self.workspaces[team_id].delivery.flow = "on"
        return await self._access_event("team_access_granted", team_id) if say else Outcome()

    async def _access_event(self, name: str, team_id: str) -> Outcome:
        """The body as https://api.slack.com/events/team_access_revoked has it: no team, the organisation beside.

        Unverified: `authorizations`; the newer page (docs.slack.dev) fills them with a sample of all events. The worse
        reading is that they name no workspace either.
        """
        simulator = self.workspaces[team_id]
        options = simulator.options
        if name not in options.events:
            return Outcome("not_subscribed")
        event: Json = {"type": name, "team_ids": [team_id], "event_ts": simulator.workspace.next_ts()}
        body = envelope(options, event, team_id=None, whole=True) | {"enterprise_id": options.enterprise_id}
        return await simulator.delivery.once("events_api", body)

    # --- routes

    async def _authorize(self, request: web.Request) -> web.Response:
        """Answer for Slack's consent page, whose user agrees at once.

        `team` or `enterprise` in the address is what the user chooses; with `deny` they do not agree.
        """
        query = request.query
        redirect_uri, state = query.get("redirect_uri", ""), query.get("state", "")
        if query.get("client_id") != self.client_id or redirect_uri not in self.grants.redirect_uris:
            return web.Response(status=400, text="invalid_client_id or bad_redirect_uri")
        asked = set(query.get("scope", "").split(","))
        if not asked or asked - set(self.grants.scopes):
            return web.Response(status=400, text="invalid_scope")
        if "deny" in query:
            answer = {"error": "access_denied", "state": state}
        else:
            team = query.get("team", "") or ("" if "enterprise" in query else next(iter(self.workspaces)))
            place = self.place(team, query.get("enterprise", ""))
            answer = {"code": self.grants.code(place, redirect_uri), "state": state}
        return web.Response(status=302, headers={"Location": f"{redirect_uri}?{urlencode(answer)}"})

    async def _api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        if method == "oauth.v2.access":
            return await self._access(request)
        try:
            token = self.grants.find(bearer(request))
            if token.place.whole:
                return await self._whole(request, method, token)
            return await self._passed(request, self.workspaces[token.place.team_id], method)
        except SlackError as error:
            self.calls.append(("", method, error.code))
            return web.json_response(error.body())

    async def _access(self, request: web.Request) -> web.Response:
        """`oauth.v2.access`: the client's id and secret in the form, or by HTTP Basic, as Slack prefers."""
        if request.method != "POST" or request.content_type != "application/x-www-form-urlencoded":
            return web.json_response({"ok": False, "error": "invalid_post_type"})
        given = dict(parse_qsl((await request.read()).decode()))
        scheme, _, basic = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            try:
                name, _, secret = base64.b64decode(basic, validate=True).decode().partition(":")
            except (binascii.Error, ValueError):
                return web.json_response({"ok": False, "error": "invalid_client_id"})
            given = {"client_id": name, "client_secret": secret, **given}
        try:
            return web.json_response(self.grants.access(given, ADMIN))
        except SlackError as error:
            return web.json_response(error.body())

    async def _whole(self, request: web.Request, method: str, token: Token) -> web.StreamResponse:
        """A call with the token of an organisation. `auth.test` names no workspace then."""
        enterprise = token.place.enterprise_id
        if method == "auth.test":
            body: Json = {
                "ok": True,
                "url": f"{self.url}/",
                "team": token.place.enterprise_name,
                "user": "threadscribe",
                "team_id": enterprise,
                "user_id": BOT_USER,
                "bot_id": BOT_ID,
                "enterprise_id": enterprise,
                "is_enterprise_install": True,
            }
            return web.json_response(body, headers={"x-oauth-scopes": ",".join(self.grants.scopes)})
        arguments = await _arguments(request)
        mine = [each for each in self.workspaces.values() if each.options.enterprise_id == enterprise]
        meant = _meant(mine, method, arguments)
        if meant.options.team_id in self.without_access:
            raise SlackError("team_access_not_granted")
        return await self._passed(request, meant, method)

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        """Files and response URLs: their path names the team, an upload's its key."""
        token = bearer(request)
        try:
            grant = self.grants.find(token) if token else None
        except SlackError:
            grant = None
        team = next((name for name in self.workspaces if f"/{name}" in request.path), "")
        if team:
            simulator = self.workspaces[team]
            mine = grant is not None and (
                grant.place.team_id == team
                or (grant.place.whole and grant.place.enterprise_id == simulator.options.enterprise_id)
            )
            if token and grant is not None and not mine:
                self.calls.append((team, "stray", grant.place.team_id or grant.place.enterprise_id))
            lets_in = mine and team not in self.without_access
            return await self._passed(request, simulator, request.path, signed_in=lets_in)
        for simulator in self.workspaces.values():
            response = await self._passed(request, simulator, request.path, signed_in=False)
            if response.status != 404:
                break
        return response

    async def _passed(
        self, request: web.Request, simulator: SlackSimulator, method: str, *, signed_in: bool = True
    ) -> web.Response:
        """What the workspace answers."""
        if self._session is None:
            raise RuntimeError("the front is not open")
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _DROPPED}
        headers["Host"] = request.host
        if signed_in:
            headers["Authorization"] = f"Bearer {simulator.bot_token}"
        target = f"http://127.0.0.1:{simulator.port}{request.path_qs}"
        async with self._session.request(
            request.method, target, headers=headers, data=await request.read(), allow_redirects=False
        ) as answer:
            content = await answer.read()
            self.calls.append((simulator.options.team_id, method, ""))
            kept = {name: value for name, value in answer.headers.items() if name.lower() not in _DROPPED}
            return web.Response(status=answer.status, body=content, headers=kept)


async def _arguments(request: web.Request) -> Mapping[str, object]:
    raw = await request.read()
    if request.content_type == "application/json":
        try:
            return parse_object(raw)
        except ValueError:
            return {}
    return {**request.query, **dict(parse_qsl(raw.decode("utf-8", "replace")))}


def _meant(workspaces: Iterable[SlackSimulator], method: str, arguments: Mapping[str, object]) -> SlackSimulator:
    """The workspace of an organisation's call: the one it names, or the one that has what it is about."""
    known = {each.options.team_id: each for each in workspaces}
    team = str(arguments.get("team_id") or "")
    if team:
        if team not in known:
            raise SlackError("team_not_found")
        return known[team]
    if method in BY_TEAM:
        raise SlackError(
            "missing_argument", response_metadata={"messages": ["[ERROR] missing required field: team_id"]}
        )
    view = str(arguments.get("view_id") or "")
    for simulator in known.values():
        places, files = simulator.workspace.channels, simulator.workspace.files
        if str(arguments.get("channel") or arguments.get("channel_id") or "") in places:
            return simulator
        if str(arguments.get("file") or "") in files or (view and simulator.views.find(view)):
            return simulator
        if simulator.views.knows(str(arguments.get("trigger_id") or "")):
            return simulator
    return next(iter(known.values()))


def _own_ids(simulator: SlackSimulator) -> None:
    team = simulator.options.team_id
    renamed = [replace(channel, id=f"{channel.id}{team}") for channel in simulator.workspace.channels.values()]
    simulator.workspace.channels = {channel.id: channel for channel in renamed}
