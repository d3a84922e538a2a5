"""The state of the workspace: who is there, what was said, and the operations that change it.

Operations here are Slack's own and do not check the caller, as the Web API does; watchers are notified of every change.
"""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Iterable

from simulators.slack.model.changes import (
    AccessLost,
    BotSeen,
    Change,
    FileDeleted,
    FileOrder,
    Joined,
    MessageChanged,
    MessageDeleted,
    MessagePosted,
    Reacted,
    ThreadGrew,
    Watcher,
)
from simulators.slack.options import Options
from simulators.slack.records import BOT_USER, SLACKBOT, Channel, File, Kind, Message, Share, User
from simulators.slack.rules.newer_blocks import every_block
from simulators.slack.wire import Json


def _people() -> list[User]:
    return [
        User("U0ALICE", "alice", "Alice Petrosyan", is_admin=True, color="4b6fd8"),
        User("U0BOB", "bob", "Bob García", color="c2543d"),
        User(BOT_USER, "threadscribe", "Threadscribe", is_bot=True, color="2f7d5b"),
        User(SLACKBOT, "slackbot", "Slackbot", color="757575"),
    ]


def _channels(created: int) -> list[Channel]:
    everyone = ["U0ALICE", "U0BOB"]
    return [
        Channel("C0CLINIC", "clinic-notes", "public", [*everyone, BOT_USER], "Dictated notes", created=created),
        Channel("C0CALLS", "call-centre", "public", [*everyone, BOT_USER], "Recorded calls", created=created),
        Channel("C0GENERAL", "general", "public", list(everyone), "Everything else", created=created),
        Channel("G0BOARD", "board", "private", ["U0ALICE", BOT_USER], "The board", created=created),
        Channel("D0ALICE", "", "im", ["U0ALICE", BOT_USER], created=created),
        Channel("D0BOB", "", "im", ["U0BOB", BOT_USER], created=created),
    ]


class Workspace:
    """One team's conversations, people and files, in memory."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.users = {user.id: user for user in _people()}
        self.channels = {channel.id: channel for channel in _channels(int(time.time()))}
        self.files: dict[str, File] = {}
        self.url = ""
        self.hosts: set[str] = set()
        self._messages: dict[str, dict[str, Message]] = {}
        self._roots: dict[str, list[str]] = {}
        self._threads: dict[tuple[str, str], list[str]] = {}
        self._watchers: list[Watcher] = []
        self._last_ts = 0

    # --- watching -----------------------------------------------------------------------------------------------

    def watch(self, watcher: Watcher) -> None:
        """Call `watcher` with every later change, in order."""
        self._watchers.append(watcher)

    def notify(self, change: Change) -> None:
        """Notify every watcher of a change."""
        for watcher in self._watchers:
            watcher(change)

    # --- looking up ---------------------------------------------------------------------------------------------

    def next_ts(self) -> str:
        """Return a new message timestamp: seconds and microseconds, never given twice."""
        self._last_ts = max(self._last_ts + 1, time.time_ns() // 1000)
        return f"{self._last_ts // 1_000_000}.{self._last_ts % 1_000_000:06d}"

    def new_id(self, letter: str) -> str:
        """Return a new identifier in Slack's style: a letter and ten capitals and digits."""
        return letter + "0" + secrets.token_hex(5).upper()[:9]

    def find_channel(self, name: str) -> Channel | None:
        """Return a conversation by id, by name, by #name, or a person's direct message by user id."""
        if name in self.channels:
            return self.channels[name]
        if name in self.users:
            return self.direct_message(name)
        bare = name.removeprefix("#")
        return next((c for c in self.channels.values() if c.name and c.name == bare), None)

    def direct_message(self, user: str) -> Channel:
        """Return the conversation of a person with the app, opened now if there is none."""
        for channel in self.channels.values():
            if channel.is_im and user in channel.members:
                return channel
        return self.create_channel("", "im", [user, BOT_USER])

    def message(self, channel: str, ts: str) -> Message | None:
        """Return a message by its place, ephemeral ones included."""
        return self._messages.get(channel, {}).get(ts)

    def roots(self, channel: str) -> list[Message]:
        """Return what the channel itself shows, oldest first: roots and replies that were broadcast."""
        messages = self._messages.get(channel, {})
        return [messages[ts] for ts in self._roots.get(channel, []) if ts in messages]

    def replies(self, channel: str, root: str) -> list[Message]:
        """Return the replies below a root message, oldest first, without the root."""
        messages = self._messages.get(channel, {})
        return [messages[ts] for ts in self._threads.get((channel, root), []) if ts in messages]

    def all_messages(self) -> Iterable[Message]:
        """Yield every message of every conversation."""
        for messages in self._messages.values():
            yield from messages.values()

    def conversations_of(self, user: str) -> list[Channel]:
        """Return the conversations a person is in."""
        return [channel for channel in self.channels.values() if user in channel.members]

    def can_see(self, user: str, file: File) -> bool:
        """Whether a person may open a file: their own, or shared where they are."""
        if file.user == user:
            return True
        places = [*file.shares, *file.forwards]
        return any(user in self.channels[place.channel].members for place in places)

    # --- changing -----------------------------------------------------------------------------------------------

    def create_channel(self, name: str, kind: Kind, members: list[str]) -> Channel:
        """Create a conversation with its members; no event says that they joined.

        Ids of new private channels and group messages begin with C, as those of public channels do.
        """
        channel = Channel(
            self.new_id("D" if kind == "im" else "C"), name, kind, list(members), created=int(time.time())
        )
        self.channels[channel.id] = channel
        return channel

    def join(self, channel: Channel, user: str, inviter: str | None = None) -> None:
        """Add a user to a conversation; nothing happens when they are a member already."""
        if user not in channel.members:
            channel.members.append(user)
            self.notify(Joined(channel, user, inviter))

    def leave(self, channel: Channel, user: str) -> None:
        """Remove a user from a conversation."""
        if user in channel.members:
            channel.members.remove(user)

    def post(
        self,
        message: Message,
        *,
        order: FileOrder | None = None,
        repeats: int | None = None,
    ) -> Message:
        """Put a message into its conversation; gives it a ts when it has none and fills block ids."""
        self.put(message)
        self.notify(MessagePosted(message, order, repeats))
        self._notify_root(message)
        return message

    def put(self, message: Message) -> None:
        """Put a message into its conversation; no watcher is notified."""
        message.ts = message.ts or self.next_ts()
        fill_block_ids(message.blocks)
        self._messages.setdefault(message.channel, {})[message.ts] = message
        if message.is_reply and message.thread_ts is not None:
            self._threads.setdefault((message.channel, message.thread_ts), []).append(message.ts)
        if not message.is_reply or message.broadcast:
            self._roots.setdefault(message.channel, []).append(message.ts)

    def edit(
        self,
        message: Message,
        *,
        text: str | None = None,
        blocks: list[Json] | None = None,
        metadata: Json | None = None,
    ) -> Message:
        """Change a message in place; what is None stays as it is."""
        previous = copy.deepcopy(message)
        if text is not None:
            message.text = text
        if blocks is not None:
            fill_block_ids(blocks)
            message.blocks = blocks
        if metadata is not None:
            message.metadata = metadata
        message.edited = True
        self.notify(MessageChanged(message, previous))
        return message

    def delete(self, message: Message) -> None:
        """Delete a message; a root with replies stays as a tombstone, as in Slack."""
        if self.replies(message.channel, message.ts) and not message.is_reply:
            previous = copy.deepcopy(message)
            message.text, message.user, message.subtype = "This message was deleted.", SLACKBOT, "tombstone"
            message.blocks, message.files, message.metadata = [], [], None
            self.notify(MessageChanged(message, previous))
            return
        self._messages[message.channel].pop(message.ts, None)
        for index in (
            self._roots.get(message.channel, []),
            self._threads.get((message.channel, message.root), []),
        ):
            if message.ts in index:
                index.remove(message.ts)
        self.notify(MessageDeleted(message))
        self._notify_root(message)

    def _notify_root(self, message: Message) -> None:
        root = self.message(message.channel, message.root)
        if message.is_reply and message.ephemeral_to is None and root is not None:
            self.notify(ThreadGrew(root))

    def react(self, message: Message, user: str, name: str, *, remove: bool = False) -> bool:
        """Add a reaction or take it back; False when it was (or was not) there already."""
        if (user in message.reactions.get(name, [])) is not remove:
            return False
        users = message.reactions.setdefault(name, [])
        if remove:
            users.remove(user)
        else:
            users.append(user)
        if not users:
            del message.reactions[name]
        self.notify(Reacted(message, user, name, remove))
        return True

    def share(self, file: File, message: Message) -> None:
        """Note that a message shares a file."""
        file.shares.append(Share(message.channel, message.ts, message.thread_ts))

    def delete_file(self, file: File) -> None:
        """Delete a file: its bytes go, it is a tombstone wherever it was shared, and watchers are notified."""
        if file.mode == "tombstone":
            return
        if file.path is not None:
            file.path.unlink(missing_ok=True)
        file.path, file.sample, file.mode = None, b"", "tombstone"
        self.notify(FileDeleted(file))
        for share in file.shares:
            message = self.message(share.channel, share.ts)
            if message is not None:
                self.notify(MessageChanged(message, copy.deepcopy(message)))

    def bot_seen(self, online: bool) -> None:
        """Notify the watchers that the app came online or went away."""
        self.notify(BotSeen(online))

    def access_lost(self, *, uninstalled: bool) -> None:
        """Notify the watchers that the app lost its tokens."""
        self.notify(AccessLost(uninstalled))


def fill_block_ids(blocks: list[Json]) -> None:
    """Give a random `block_id` to each block without one, as Slack does."""
    for block in every_block(blocks):
        block.setdefault("block_id", secrets.token_urlsafe(4)[:5])
