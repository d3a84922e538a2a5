"""Who we are at Slack: the workspace, our bot user and the token's scopes, asked once."""

import asyncio
from dataclasses import dataclass, replace

from bot.domain.errors import Misconfigured
from bot.slack.api.client import SlackClient
from bot.slack.api.methods import Method
from bot.slack.api.payloads import Json, child, text


@dataclass(frozen=True, slots=True)
class Identity:
    """What `auth.test` says of the token. `url` ends with a slash."""

    team_id: str
    bot_user_id: str
    bot_id: str
    url: str = ""
    enterprise_id: str = ""
    team_name: str = ""
    bot_name: str = ""
    scopes: frozenset[str] = frozenset()

    def wrote(self, message: Json) -> bool:
        """Whether a message is ours."""
        return text(message, "user") == self.bot_user_id or bool(self.bot_id and text(message, "bot_id") == self.bot_id)

    def link(self, channel_id: str, ts: str, thread_ts: str = "") -> str:
        """The address of a message (what `chat.getPermalink` gives, without asking)."""
        address = f"{self.url}archives/{channel_id}/p{ts.replace('.', '')}"
        return f"{address}?thread_ts={thread_ts}&cid={channel_id}" if thread_ts and thread_ts != ts else address


async def identify(client: SlackClient) -> Identity:
    """Ask Slack who the token is. Raises `StepError`s."""
    answer, headers = await client.ask(Method.AUTH_TEST)
    scopes = headers.get("x-oauth-scopes", "")
    return Identity(
        team_id=text(answer, "team_id"),
        bot_user_id=text(answer, "user_id"),
        bot_id=text(answer, "bot_id"),
        url=text(answer, "url"),
        enterprise_id=text(answer, "enterprise_id"),
        team_name=text(answer, "team"),
        bot_name=text(answer, "user"),
        scopes=frozenset(part.strip() for part in scopes.split(",") if part.strip()),
    )


async def socket_mode_is_on(client: SlackClient, app_token: str) -> bool:
    """Ask Slack for the address of a WebSocket, which opens nothing. Raises `StepError`s, also for a wrong token.

    Slack gives an address where Socket Mode is off as well, with "[WARN] Socket Mode is not turned on." beside it; no
    event ever comes through it.
    """
    answer = await client.call(Method.OPEN_SOCKET, app_token=app_token)
    return "not turned on" not in str(child(answer, "response_metadata").get("messages", ""))


class BotIdentity:
    """Our identity, asked at the first need and kept: a start while Slack is down only delays it.

    `team_id` and `enterprise_id` are given for a workspace whose token may be that of its organisation, which says
    nothing of one workspace. Another workspace's token is refused.
    """

    def __init__(self, client: SlackClient, team_id: str = "", enterprise_id: str = "") -> None:
        self._client = client
        self.team_id = team_id
        self._enterprise_id = enterprise_id
        self._lock = asyncio.Lock()
        self._known: Identity | None = None

    async def me(self) -> Identity:
        """Who we are. Raises `StepError`s while Slack cannot be asked for the first time, `Misconfigured` for a token
        that is not of this workspace."""
        if self._known is None:
            async with self._lock:
                if self._known is None:
                    self._known = self._here(await identify(self._client), await self._client.source.team_for())
        return self._known

    def _here(self, answer: Identity, whole: str) -> Identity:
        if not self.team_id:
            return answer
        if whole and self._enterprise_id in (answer.team_id, answer.enterprise_id):
            return replace(answer, team_id=self.team_id, enterprise_id=self._enterprise_id)
        if answer.team_id != self.team_id:
            raise Misconfigured(self._client.source.account, f"the token is of {answer.team_id or 'nobody'}")
        return answer
