"""The page's live stream: every change a person may see, as it happens."""

from __future__ import annotations

import asyncio

from aiohttp import WSMsgType, web

from simulators.slack.local_page.browser_objects import BrowserObjects
from simulators.slack.model.changes import (
    BotSeen,
    Change,
    FileDeleted,
    Joined,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    Reacted,
    ThreadGrew,
    ViewChanged,
)
from simulators.slack.model.workspace import Workspace
from simulators.slack.records import Message
from simulators.slack.wire import Json, compact


class Live:
    """The open pages, each with a queue of events for its person."""

    def __init__(self, workspace: Workspace, objects: BrowserObjects) -> None:
        self.workspace, self.objects = workspace, objects
        self._pages: list[tuple[str, asyncio.Queue[Json | None]]] = []
        self._online = False
        workspace.watch(self.changed)

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve one page until it closes."""
        socket = web.WebSocketResponse(heartbeat=30)
        await socket.prepare(request)
        queue: asyncio.Queue[Json | None] = asyncio.Queue()
        page = (request.query.get("user", ""), queue)
        self._pages.append(page)
        queue.put_nowait({"type": "bot", "online": self.objects.bot_online})
        writer = asyncio.create_task(self._write(socket, queue))
        try:
            async for message in socket:
                if message.type is WSMsgType.ERROR:
                    break
        finally:
            self._pages.remove(page)
            queue.put_nowait(None)
            await writer
        return socket

    async def _write(self, socket: web.WebSocketResponse, queue: asyncio.Queue[Json | None]) -> None:
        while (event := await queue.get()) is not None:
            try:
                await socket.send_str(compact(event))
            except ConnectionError:
                return
        await socket.close()

    def close(self) -> None:
        """End every stream."""
        for _, queue in self._pages:
            queue.put_nowait(None)

    def changed(self, change: Change) -> None:
        """Tell the pages about one change."""
        if isinstance(change, MessagePosted):
            self._message("message", change.message)
        elif isinstance(change, MessageChanged):
            self._message("message_changed", change.message)
        elif isinstance(change, ThreadGrew):
            self._message("message_changed", change.root)
        elif isinstance(change, MessageDeleted):
            message = change.message
            event: Json = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
            if message.thread_ts is not None:
                event["thread_ts"] = message.thread_ts
            self._to_channel(message, event)
        elif isinstance(change, Reacted):
            event = {"type": "reaction", "channel": change.message.channel, "ts": change.message.ts}
            event["reactions"] = self.objects.reactions(change.message)
            self._to_channel(change.message, event)
        elif isinstance(change, ViewChanged):
            self._view(change)
        elif isinstance(change, BotSeen) and change.online is not self._online:
            self._online = change.online
            for _, queue in self._pages:
                queue.put_nowait({"type": "bot", "online": change.online})
        elif isinstance(change, Joined):
            event = {"type": "channel", "channel": self.objects.channel(change.channel)}
            self._to_people(change.channel.members, event)
        elif isinstance(change, FileDeleted):
            return

    def _message(self, kind: str, message: Message) -> None:
        self._to_channel(message, {"type": kind, "message": self.objects.message(message)})

    def _to_channel(self, message: Message, event: Json) -> None:
        if message.ephemeral_to is not None:
            self._to_people([message.ephemeral_to], event)
        else:
            self._to_people(self.workspace.channels[message.channel].members, event)

    def _to_people(self, users: list[str], event: Json) -> None:
        for user, queue in self._pages:
            if user in users:
                queue.put_nowait(event)

    def _view(self, change: ViewChanged) -> None:
        view = change.view
        event: Json = {"type": f"view_{change.what}", "view": self.objects.view(view)}
        if change.what == "closed":
            event = {"type": "view_closed", "view_id": view.id}
        elif view.is_home:
            event = {"type": "home", "view": self.objects.view(view)}
        self._to_people([view.user], event)
