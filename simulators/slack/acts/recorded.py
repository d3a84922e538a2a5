"""Recorded payloads: makes what one names exist in this workspace, and sends it as it was recorded.

Only the ids of the recorded app, bot and team and the addresses of files are replaced by this workspace's own; every
other key and value reaches the app unchanged.
"""

from __future__ import annotations

import json
import time

from simulators.slack.acts.response_urls import ResponseUrls
from simulators.slack.file_store import FileStore, Upload
from simulators.slack.model.views import Views
from simulators.slack.model.workspace import Workspace
from simulators.slack.outgoing.delivery import Delivery, Outcome, PayloadKind
from simulators.slack.records import BOT_USER, Channel, File, Kind, Message, Share, User
from simulators.slack.wire import Json, as_list, as_number, as_object, as_objects, as_text, compact

FILE_HOST = "https://files.slack.com"
KIND_OF_CHANNEL_TYPE: dict[str, Kind] = {"channel": "public", "group": "private", "im": "im", "mpim": "mpim"}
INTERACTIVE = {"block_actions", "message_action", "shortcut", "view_submission", "view_closed", "block_suggestion"}
STUBS = {"file_access", "tombstone", "hidden_by_limit"}
"""Modes of file objects without a name and bytes of their own."""


class Recorded:
    """Sends recorded payloads to the app."""

    def __init__(
        self, workspace: Workspace, store: FileStore, delivery: Delivery, views: Views, urls: ResponseUrls
    ) -> None:
        self.workspace, self.store, self.delivery, self.views, self.urls = workspace, store, delivery, views, urls

    async def send(self, payload: Json) -> Outcome:
        """Send a payload as it is, once, and return how the app acknowledged it.

        An event is given as its whole envelope (`type` is `event_callback`), an interaction or a command as its body.
        """
        return await self.delivery.once(kind_of(payload), payload)

    async def play(self, payload: Json, content: bytes = b"") -> Outcome:
        """Make what a recorded payload names exist (`content` is the bytes of its files) and send it."""
        own = self.localised(payload)
        await self.settle(own, content)
        return await self.send(self._answerable(own))

    def _answerable(self, payload: Json) -> Json:
        """Give an interaction a trigger and a response URL of this workspace; those recorded lead elsewhere."""
        if "response_url" not in payload:
            return payload
        user = _user_of(payload)
        channel = as_text(as_object(payload.get("channel")).get("id"))
        message_ts = as_text(as_object(payload.get("message")).get("ts"))
        family = "actions" if payload.get("type") == "block_actions" else "app"
        url = self.urls.create(user, channel, family=family, message_ts=message_ts)
        return payload | {"response_url": url, "trigger_id": self.views.trigger(user)}

    def localised(self, payload: Json) -> Json:
        """Return the payload with this workspace's team, app, bot and file addresses in place of the recorded ones."""
        options, text = self.workspace.options, compact(payload)
        authorization = next(iter(as_objects(payload.get("authorizations"))), {})
        message = as_object(payload.get("message"))
        renamed = {
            FILE_HOST: self.workspace.url,
            as_text(authorization.get("user_id")) or as_text(message.get("user")): BOT_USER,
            as_text(authorization.get("team_id")) or as_text(as_object(payload.get("team")).get("id")): options.team_id,
            as_text(payload.get("api_app_id")): options.app_id,
        }
        for recorded, ours in renamed.items():
            if recorded:
                text = text.replace(recorded, ours)
        return as_object(json.loads(text))

    async def settle(self, payload: Json, content: bytes = b"") -> None:
        """Make the people, the conversation, the message and the files of a payload exist, without any event."""
        event = as_object(payload.get("event")) or payload
        ids = [event.get("channel"), event.get("channel_id"), *as_list(event.get("channel_ids"))]
        channel = as_text(as_object(event.get("channel")).get("id")) or next(filter(None, map(as_text, ids)), "")
        user = _user_of(event)
        shown = as_object(event.get("message")) or event
        user = user or as_text(shown.get("user"))
        place = self._channel(channel, as_text(event.get("channel_type")), user)
        if place is None:
            return
        root = as_text(shown.get("thread_ts"))
        if root and root != shown.get("ts"):
            parent = as_object(shown.get("root"))
            self._message(place, {"ts": root, "user": parent.get("user") or user, "text": "", **parent})
        files = [await self._file(each, user, content) for each in as_objects(shown.get("files"))]
        for attachment in as_objects(shown.get("attachments")):
            for each in as_objects(attachment.get("files")):
                file = await self._file(each, as_text(attachment.get("author_id")), content)
                file.forwards.append(Share(place.id, as_text(shown.get("ts")), root or None))
        if as_text(shown.get("ts")) and event.get("type") in {"message", "app_mention", *INTERACTIVE}:
            self._message(place, shown, files)
        for name in [as_text(event.get("file_id"))] if event.get("file_id") else []:
            shared = self.workspace.files.get(name) or await self._file(
                {"id": name, "name": "audio.m4a"}, user, content
            )
            shared.shares = shared.shares or [Share(place.id, as_text(event.get("event_ts")), None)]

    def _channel(self, channel: str, kind: str, user: str) -> Channel | None:
        if not channel:
            return None
        known = self.workspace.channels
        if channel not in known:
            name = f"recorded-{channel.lower()}"
            made = KIND_OF_CHANNEL_TYPE.get(kind, "im" if channel.startswith("D") else "public")
            known[channel] = Channel(channel, "" if made == "im" else name, made, [BOT_USER])
        for member in (user, BOT_USER):
            if member and member not in known[channel].members:
                known[channel].members.append(member)
            self._user(member)
        return known[channel]

    def _user(self, user: str) -> None:
        if user and user not in self.workspace.users:
            self.workspace.users[user] = User(user, user.lower(), f"Person {user}")

    def _message(self, place: Channel, shown: Json, files: list[File] | None = None) -> None:
        ts, user = as_text(shown.get("ts")), as_text(shown.get("user"))
        if self.workspace.message(place.id, ts) is not None:
            return
        self._user(user)
        thread_ts = as_text(shown.get("thread_ts")) or None
        message = Message(place.id, ts, user, as_text(shown.get("text")), thread_ts=thread_ts)
        message.subtype = as_text(shown.get("subtype"))
        message.broadcast = message.subtype == "thread_broadcast"
        message.blocks = as_objects(shown.get("blocks"))
        message.files = [file.id for file in files or []]
        for file in files or []:
            self.workspace.share(file, message)
        self.workspace.put(message)

    async def _file(self, shown: Json, user: str, content: bytes) -> File:
        file_id = as_text(shown.get("id"))
        if file_id in self.workspace.files:
            return self.workspace.files[file_id]
        self._user(user)
        name = as_text(shown.get("name")) or "partner.m4a"
        file = await self.store.add(Upload(name, content, mimetype=as_text(shown.get("mimetype")) or None), user)
        del self.workspace.files[file.id]
        file.id = file_id
        file.created = int(as_number(shown.get("created"))) or int(time.time())
        if shown.get("mode") in STUBS:
            file.connect = shown.get("mode") == "file_access"
        elif "name" in shown:
            file.recorded = shown
        self.workspace.files[file_id] = file
        return file


def _user_of(event: Json) -> str:
    """Return who acted: an id in events, an object in interactions."""
    named = as_object(event.get("user")).get("id"), event.get("user"), event.get("user_id")
    return next(filter(None, map(as_text, named)), "")


def kind_of(payload: Json) -> PayloadKind:
    """Return how a payload travels: an event, an interaction, or a slash command."""
    if payload.get("type") == "event_callback":
        return "events_api"
    return "interactive" if payload.get("type") in INTERACTIVE else "slash_commands"
