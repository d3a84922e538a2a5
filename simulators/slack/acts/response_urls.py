"""Response URLs: five uses within thirty minutes, to answer, replace or delete without a token."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from aiohttp import web

from simulators.slack.model.workspace import Workspace
from simulators.slack.records import BOT_USER, Message
from simulators.slack.rules.limits import message_blocks, post_text
from simulators.slack.wire import Json, SlackError, as_text, parse_object


@dataclass(slots=True)
class _Target:
    user: str
    channel: str
    message_ts: str
    until: float
    uses: int = 0


class ResponseUrls:
    """The response URLs that were handed out, and the route that takes their answers."""

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        self._targets: dict[str, _Target] = {}

    def create(self, user: str, channel: str, *, family: str, message_ts: str = "") -> str:
        """Return a new response URL for an act of a person in a conversation."""
        key = secrets.token_urlsafe(18)
        until = time.monotonic() + self.workspace.options.response_url_lifetime
        self._targets[key] = _Target(user, channel, message_ts, until)
        team = self.workspace.options.team_id
        return f"{self.workspace.url}/{family}/{team}/{secrets.randbelow(10**12)}/{key}"

    async def handle(self, request: web.Request) -> web.Response:
        """Take one answer posted to a response URL."""
        try:
            target = self._use(request.match_info["key"])
        except SlackError as error:
            return web.json_response(error.body(), status=404)
        try:
            self.respond(target, parse_object(await request.read()))
        except ValueError:
            return web.json_response({"ok": False, "error": "invalid_payload"}, status=400)
        except SlackError as error:
            return web.json_response(error.body(), status=500)
        return web.Response(text="ok")

    def _use(self, key: str) -> _Target:
        target = self._targets.get(key)
        if target is None:
            raise SlackError("invalid_url")
        if target.until < time.monotonic():
            raise SlackError("expired_url")
        if target.uses >= self.workspace.options.response_url_uses:
            raise SlackError("used_url")
        target.uses += 1
        return target

    def answer(self, url: str, answer: Json) -> None:
        """Take an answer given in the acknowledgement itself; it does not count as a use."""
        self.respond(self._targets[url.rsplit("/", 1)[-1]], answer)

    def respond(self, target: _Target, answer: Json) -> None:
        """Post, replace or delete as the answer says.

        A `thread_ts` counts for answers that everybody sees; private ones show in the channel (bolt-js 963).
        """
        original = self.workspace.message(target.channel, target.message_ts) if target.message_ts else None
        if answer.get("delete_original") is True:
            if original is not None:
                self.workspace.delete(original)
            return
        blocks = message_blocks(answer.get("blocks"), self.workspace.options.refused_blocks)
        text = as_text(answer.get("text"))
        if not text and not blocks and not answer.get("attachments"):
            raise SlackError("no_text")
        if original is not None and answer.get("replace_original") is True:
            self.workspace.edit(original, text=text, blocks=blocks or [])
            return
        visible_to = None if answer.get("response_type") == "in_channel" else target.user
        thread_ts = as_text(answer.get("thread_ts")) if visible_to is None else ""
        self.workspace.post(
            Message(
                target.channel,
                "",
                BOT_USER,
                post_text(text),
                blocks=blocks or [],
                thread_ts=thread_ts or None,
                ephemeral_to=visible_to,
            )
        )
