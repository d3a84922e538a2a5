"""Which Slack events a change in the workspace raises for the app, and their JSON.

An event goes out only when the app subscribed to it, holds its scope, and is in the conversation.
"""

from __future__ import annotations

import copy

from simulators.slack.model.changes import (
    AccessLost,
    Change,
    FileDeleted,
    HomeOpened,
    Joined,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    Reacted,
)
from simulators.slack.model.objects import message_object
from simulators.slack.model.views import view_object
from simulators.slack.model.workspace import Workspace
from simulators.slack.outgoing.delivery import Delivery
from simulators.slack.records import BOT_USER, CHANNEL_TYPE, Channel, Message
from simulators.slack.rules.tokens import Tokens
from simulators.slack.wire import Json

MESSAGE_EVENT = {
    "public": "message.channels",
    "private": "message.groups",
    "im": "message.im",
    "mpim": "message.mpim",
}


class EventFeed:
    """Turns changes into events and hands them to the delivery."""

    def __init__(self, workspace: Workspace, tokens: Tokens, delivery: Delivery) -> None:
        self.workspace, self.tokens, self.delivery = workspace, tokens, delivery
        self.events = set(workspace.options.events)
        workspace.watch(self.changed)

    def changed(self, change: Change) -> None:
        """Raise the events of one change."""
        if isinstance(change, MessagePosted):
            self._posted(change)
        elif isinstance(change, MessageChanged):
            self._message_event(change.message, self._edited(change))
        elif isinstance(change, MessageDeleted):
            self._message_event(change.message, self._deleted(change.message))
        elif isinstance(change, Reacted):
            self._reacted(change)
        elif isinstance(change, FileDeleted):
            self._file_deleted(change)
        elif isinstance(change, Joined):
            self._joined(change)
        elif isinstance(change, HomeOpened):
            self._home_opened(change)
        elif isinstance(change, AccessLost):
            self._access_lost(change)

    def _wanted(self, event: str, scope: str = "") -> bool:
        if event not in self.events or self.tokens.bot.lost:
            return False
        return not scope or scope in self.tokens.bot.scopes

    def _hears(self, channel: Channel) -> bool:
        wanted = self._wanted(MESSAGE_EVENT[channel.kind], f"{channel.scope}:history")
        return wanted and BOT_USER in channel.members

    def _message_event(self, message: Message, event: Json, repeats: int | None = None) -> None:
        if message.ephemeral_to is None and self._hears(self.workspace.channels[message.channel]):
            self.delivery.event(event, repeats=repeats)

    def _posted(self, change: MessagePosted) -> None:
        message, repeats = change.message, change.repeats
        if message.ephemeral_to is not None:
            return
        order = change.order or self.delivery.file_order
        if message.files and order in {"file_first", "file_only"}:
            self._files_shared(message, repeats)
        if not message.files or order != "file_only":
            self._message_event(message, self._as_event(message), repeats)
            self._mentioned(message, repeats)
        if message.files and order == "message_first":
            self._files_shared(message, repeats)

    def _as_event(self, message: Message) -> Json:
        channel = self.workspace.channels[message.channel]
        event = message_object(self.workspace, message, metadata=True, event=True)
        event = copy.deepcopy(event)
        event |= {
            "channel": message.channel,
            "event_ts": message.ts,
            "channel_type": CHANNEL_TYPE[channel.kind],
        }
        return event

    def _mentioned(self, message: Message, repeats: int | None) -> None:
        channel = self.workspace.channels[message.channel]
        mentioned = f"<@{BOT_USER}>" in message.text and not message.is_bot
        if not mentioned or channel.is_im or BOT_USER not in channel.members:
            return
        if self._wanted("app_mention", "app_mentions:read"):
            event = self._as_event(message) | {"type": "app_mention"}
            event.pop("channel_type")
            event.pop("subtype", None)
            self.delivery.event(event, repeats=repeats)

    def _files_shared(self, message: Message, repeats: int | None) -> None:
        if BOT_USER not in self.workspace.channels[message.channel].members:
            return
        if not self._wanted("file_shared", "files:read"):
            return
        for file in message.files:
            event: Json = {
                "type": "file_shared",
                "file_id": file,
                "user_id": message.user,
                "file": {"id": file},
                "channel_id": message.channel,
                "event_ts": self.workspace.next_ts(),
            }
            self.delivery.event(event, repeats=repeats)

    def _edited(self, change: MessageChanged) -> Json:
        event = self._hidden(change.message, "message_changed")
        event["message"] = message_object(self.workspace, change.message, metadata=True)
        event["previous_message"] = message_object(self.workspace, change.previous, metadata=True)
        return copy.deepcopy(event)

    def _deleted(self, message: Message) -> Json:
        event = self._hidden(message, "message_deleted")
        event["deleted_ts"] = message.ts
        event["previous_message"] = message_object(self.workspace, message, metadata=True)
        return copy.deepcopy(event)

    def _hidden(self, message: Message, subtype: str) -> Json:
        moment = self.workspace.next_ts()
        return {
            "type": "message",
            "subtype": subtype,
            "channel": message.channel,
            "hidden": True,
            "ts": moment,
            "event_ts": moment,
            "channel_type": CHANNEL_TYPE[self.workspace.channels[message.channel].kind],
        }

    def _reacted(self, change: Reacted) -> None:
        name = "reaction_removed" if change.removed else "reaction_added"
        channel = self.workspace.channels[change.message.channel]
        if BOT_USER in channel.members and self._wanted(name, "reactions:read"):
            self.delivery.event(
                {
                    "type": name,
                    "user": change.user,
                    "reaction": change.name,
                    "item": {"type": "message", "channel": channel.id, "ts": change.message.ts},
                    "item_user": change.message.user,
                    "event_ts": self.workspace.next_ts(),
                }
            )

    def _file_deleted(self, change: FileDeleted) -> None:
        seen = any(BOT_USER in self.workspace.channels[share.channel].members for share in change.file.shares)
        if seen and self._wanted("file_deleted", "files:read"):
            event: Json = {
                "type": "file_deleted",
                "file_id": change.file.id,
                "channel_ids": sorted({share.channel for share in change.file.shares}),
                "event_ts": self.workspace.next_ts(),
            }
            self.delivery.event(event)

    def _joined(self, change: Joined) -> None:
        channel = change.channel
        if BOT_USER in channel.members and self._wanted("member_joined_channel", f"{channel.scope}:read"):
            event: Json = {
                "type": "member_joined_channel",
                "user": change.user,
                "channel": channel.id,
                "channel_type": "C" if channel.kind == "public" else "G",
                "team": self.workspace.options.team_id,
                "event_ts": self.workspace.next_ts(),
            }
            if change.inviter is not None:
                event["inviter"] = change.inviter
            self.delivery.event(event)

    def _home_opened(self, change: HomeOpened) -> None:
        if not self._wanted("app_home_opened"):
            return
        event: Json = {
            "type": "app_home_opened",
            "user": change.user,
            "channel": change.channel.id,
            "tab": change.tab,
            "event_ts": self.workspace.next_ts(),
        }
        if change.view is not None and change.tab == "home":
            event["view"] = view_object(self.workspace.options, change.view)
        self.delivery.event(event)

    def _access_lost(self, change: AccessLost) -> None:
        events: list[Json] = [{"type": "tokens_revoked", "tokens": {"oauth": [], "bot": [BOT_USER]}}]
        if change.uninstalled:
            events.append({"type": "app_uninstalled"})
        for event in events:
            if event["type"] in self.events:
                self.delivery.event(event | {"event_ts": self.workspace.next_ts()})
