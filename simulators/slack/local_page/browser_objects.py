"""The page's own shapes of users, channels, messages, files and views (BROWSER_API.md)."""

from __future__ import annotations

from simulators.slack.api.call import Parts
from simulators.slack.model.objects import file_url, thread_summary
from simulators.slack.records import BOT_USER, SLACKBOT, Channel, File, Message, User, View
from simulators.slack.wire import Json

VIEW_KEYS = ("type", "title", "submit", "close", "blocks", "callback_id", "private_metadata")


class BrowserObjects:
    """Makes what the page reads."""

    def __init__(self, parts: Parts) -> None:
        self.parts, self.workspace = parts, parts.workspace

    @property
    def bot_online(self) -> bool:
        """Whether the app can be reached: a socket is open, or a request URL is set."""
        return self.parts.sockets.online or bool(self.parts.options.request_url)

    def state(self, user: str, samples: list[Json]) -> Json:
        """Return what the page shows around a conversation."""
        workspace, options = self.workspace, self.parts.options
        home = self.parts.views.homes.get(user)
        return {
            "team": {"id": options.team_id, "name": options.team_name},
            "me": self.user(workspace.users[user]) if user in workspace.users else None,
            "users": [self.user(person) for person in workspace.users.values() if person.id != SLACKBOT],
            "channels": [self.channel(channel) for channel in workspace.conversations_of(user)],
            "commands": [
                {"command": c.command, "description": c.description, "usage_hint": c.usage_hint}
                for c in options.commands
            ],
            "shortcuts": [
                {"callback_id": s.callback_id, "name": s.name} for s in options.shortcuts if s.kind == "message"
            ],
            "samples": list(samples),
            "notice": options.page_notice,
            "bot_online": self.bot_online,
            "home": self.view(home) if home is not None else None,
        }

    def history(self, user: str, channel: str) -> list[Json]:
        """Return the root messages a person sees, oldest first."""
        return [self.message(m) for m in self.workspace.roots(channel) if m.ephemeral_to in {None, user}]

    def thread(self, user: str, channel: str, ts: str) -> list[Json]:
        """Return a thread as a person sees it, root first."""
        root = self.workspace.message(channel, ts)
        messages = [*([root] if root is not None else []), *self.workspace.replies(channel, ts)]
        return [self.message(m) for m in messages if m.ephemeral_to in {None, user}]

    def user(self, user: User) -> Json:
        """Return a person."""
        return {
            "id": user.id,
            "name": user.name,
            "real_name": user.real_name,
            "is_admin": user.is_admin,
            "is_bot": user.is_bot,
            "color": user.color,
        }

    def channel(self, channel: Channel) -> Json:
        """Return a conversation."""
        return {
            "id": channel.id,
            "name": channel.name or self.workspace.users[BOT_USER].name,
            "is_im": channel.is_im,
            "is_private": channel.kind != "public",
            "is_member": True,
            "topic": channel.topic,
            "bot_is_member": BOT_USER in channel.members,
        }

    def message(self, message: Message) -> Json:
        """Return a message."""
        author = self.workspace.users.get(message.user)
        shown: Json = {
            "ts": message.ts,
            "channel": message.channel,
            "user": message.user,
            "bot": message.is_bot,
            "username": author.real_name if author is not None else message.user,
            "text": message.text,
            "blocks": message.blocks if message.is_bot else [],
            "files": [self.file(self.workspace.files[file]) for file in message.files],
            "reactions": self.reactions(message),
            "edited": message.edited,
            "ephemeral": message.ephemeral_to is not None,
            "reply_count": 0,
        }
        if message.thread_ts is not None:
            shown["thread_ts"] = message.thread_ts
        summary = thread_summary(self.workspace, message)
        for key in ("reply_count", "latest_reply", "reply_users"):
            if key in summary:
                shown[key] = summary[key]
        return shown

    def reactions(self, message: Message) -> list[Json]:
        """Return a message's reactions."""
        return [{"name": name, "users": list(users)} for name, users in message.reactions.items()]

    def file(self, file: File) -> Json:
        """Return a file, with the beginning of a text file."""
        shown: Json = {
            "id": file.id,
            "name": file.name,
            "title": file.title,
            "mimetype": file.mimetype,
            "filetype": file.filetype,
            "size": file.size if file.announced is None else file.announced,
            "url": file_url(self.workspace, file).removeprefix(self.workspace.url),
            "mode": file.mode,
        }
        if file.subtype:
            shown["subtype"] = file.subtype
        preview = self.parts.store.preview(file)
        if preview is not None:
            shown["preview"] = preview
        return shown

    def view(self, view: View) -> Json:
        """Return a modal or a Home tab."""
        return {"id": view.id} | {key: view.body[key] for key in VIEW_KEYS if key in view.body}
