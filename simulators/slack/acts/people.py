"""What people do in the workspace: say, upload, edit, delete, react, invite, open the Home tab."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Sequence
from typing import Literal

from simulators.slack.file_store import FileStore, Upload
from simulators.slack.model.changes import FileOrder, HomeOpened, MessageChanged
from simulators.slack.model.views import Views
from simulators.slack.model.workspace import Workspace
from simulators.slack.records import BOT_USER, Channel, File, Forward, Message, Share, User
from simulators.slack.wire import Json, SlackError


class People:
    """The acts of people, named by user id; SlackError when an act is impossible."""

    def __init__(self, workspace: Workspace, store: FileStore, views: Views) -> None:
        self.workspace, self.store, self.views = workspace, store, views

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None) -> Message:
        """Post a text as a person."""
        self._may_write(user, channel)
        return self.workspace.post(self._message(user, channel, text, thread_ts))

    async def upload(
        self,
        user: str,
        channel: str,
        uploads: Sequence[Upload],
        text: str = "",
        thread_ts: str | None = None,
        *,
        order: FileOrder | None = None,
        repeats: int | None = None,
    ) -> Message:
        """Share files as a person; `order` and `repeats` say how its events are sent (None: as the delivery is set)."""
        self._may_write(user, channel)
        files = [await self.store.add(upload, user) for upload in uploads]
        return self.share(user, channel, files, text, thread_ts, order=order, repeats=repeats)

    def share(
        self,
        user: str,
        channel: str,
        files: Sequence[File],
        text: str = "",
        thread_ts: str | None = None,
        *,
        order: FileOrder | None = None,
        repeats: int | None = None,
    ) -> Message:
        """Share files that are in the workspace already (again, or elsewhere)."""
        self._may_write(user, channel)
        message = self._message(user, channel, text, thread_ts)
        message.files = [file.id for file in files]
        message.subtype = "file_share"
        message.ts = self.workspace.next_ts()
        for file in files:
            self.workspace.share(file, message)
        return self.workspace.post(message, order=order, repeats=repeats)

    def forward(
        self,
        user: str,
        channel: str,
        source: tuple[str, str],
        text: str = "",
        thread_ts: str | None = None,
        *,
        link: bool = False,
    ) -> Message:
        """Forward a message (`source`: its channel and ts) as a person, or with `link` only paste its address.

        A forwarded message carries the other one, with its files, in `attachments`; a pasted link gets the same a
        moment later, by a change of the message, and without `is_share`. Neither is a share of the files.
        """
        self._may_write(user, channel)
        original = self.message(*source)
        if user not in self.channel(original.channel).members:
            raise SlackError("message_not_found")
        shown = Forward(
            original.channel, original.ts, original.user, original.text, tuple(original.files), shared=not link
        )
        address = f"{self.workspace.url}/archives/{original.channel}/p{original.ts.replace('.', '')}"
        message = self._message(user, channel, f"{text} <{address}>".strip() if link else text, thread_ts)
        message.ts = self.workspace.next_ts()
        for name in original.files:
            self.workspace.files[name].forwards.append(Share(channel, message.ts, message.thread_ts))
        if not link:
            message.forwards = [shown]
            return self.workspace.post(message)
        self.workspace.post(message)
        previous = copy.deepcopy(message)
        message.forwards = [shown]
        self.workspace.notify(MessageChanged(message, previous))
        return message

    def partner(self, channel: str, user: str = "U0PARTNER", team: str = "T0PARTNER") -> User:
        """Add a member of another organisation to a conversation, which Slack Connect then shares; returns them."""
        found = self.workspace.users.setdefault(user, User(user, "pat", "Pat Partner", team=team))
        place = self.channel(channel)
        if user not in place.members:
            place.members.append(user)
        return found

    def crowd(self, channel: str, count: int) -> list[str]:
        """Add `count` invented people to a conversation, without events; returns their user ids."""
        place = self.channel(channel)
        first = len(self.workspace.users)
        added = [User(f"U0X{first + i:07d}", f"person{first + i}", f"Person {first + i}") for i in range(count)]
        self.workspace.users |= {user.id: user for user in added}
        place.members.extend(user.id for user in added)
        return [user.id for user in added]

    def edit(self, user: str, channel: str, ts: str, text: str) -> Message:
        """Edit one's own message."""
        message = self.message(channel, ts)
        if message.user != user:
            raise SlackError("cant_update_message")
        return self.workspace.edit(message, text=text, blocks=_rich_text(text))

    def delete(self, user: str, channel: str, ts: str) -> None:
        """Delete a message and its files; a message of somebody else only as an admin."""
        message = self.message(channel, ts)
        if message.user != user and not self.workspace.users[user].is_admin:
            raise SlackError("cant_delete_message")
        files = [self.workspace.files[file] for file in message.files]
        self.workspace.delete(message)
        for file in files:
            file.shares = [s for s in file.shares if (s.channel, s.ts) != (channel, ts)] or file.shares
            if file.shares[0].ts == ts:
                self.workspace.delete_file(file)

    def delete_file(self, user: str, file_id: str) -> None:
        """Delete a file; a file of somebody else only as an admin."""
        file = self.workspace.files.get(file_id)
        if file is None:
            raise SlackError("file_not_found")
        if file.user != user and not self.workspace.users[user].is_admin:
            raise SlackError("cant_delete_file")
        self.workspace.delete_file(file)

    def react(self, user: str, channel: str, ts: str, name: str, *, remove: bool = False) -> None:
        """Add a reaction or take it back."""
        self.workspace.react(self.message(channel, ts), user, name, remove=remove)

    def invite_bot(self, user: str, channel: str) -> None:
        """Invite the app into a conversation."""
        self.workspace.join(self.channel(channel), BOT_USER, user)

    def open_home(self, user: str, tab: Literal["home", "messages"] = "home") -> None:
        """Open the app's Home tab, or its direct messages: Slack sends the same event for both."""
        place = self.workspace.direct_message(user)
        self.workspace.notify(HomeOpened(user, place, self.views.homes.get(user), tab))

    def channel(self, channel: str) -> Channel:
        """Return a conversation; `channel_not_found`."""
        found = self.workspace.channels.get(channel)
        if found is None:
            raise SlackError("channel_not_found")
        return found

    def message(self, channel: str, ts: str) -> Message:
        """Return a message; `message_not_found`."""
        found = self.workspace.message(channel, ts)
        if found is None:
            raise SlackError("message_not_found")
        return found

    def _may_write(self, user: str, channel: str) -> None:
        place = self.channel(channel)
        if user not in self.workspace.users:
            raise SlackError("user_not_found")
        if user not in place.members:
            raise SlackError("not_in_channel")
        if place.archived:
            raise SlackError("is_archived")

    def _message(self, user: str, channel: str, text: str, thread_ts: str | None) -> Message:
        root = None
        if thread_ts:
            root = self.message(channel, thread_ts).root
        return Message(
            channel,
            "",
            user,
            text,
            blocks=_rich_text(text),
            thread_ts=root,
            client_msg_id=str(uuid.uuid4()),
        )


def _rich_text(text: str) -> list[Json]:
    if not text:
        return []
    section: Json = {"type": "rich_text_section", "elements": [{"type": "text", "text": text}]}
    return [{"type": "rich_text", "elements": [section]}]
