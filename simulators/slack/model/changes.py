"""What happened in the workspace, as values for those who watch it: the app's events and the browser page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simulators.slack.records import Channel, File, Message, View

FileOrder = Literal["message_first", "file_first", "message_only", "file_only"]


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """A message appeared; `order` and `repeats` say how its events are sent (None: as the delivery is set)."""

    message: Message
    order: FileOrder | None = None
    repeats: int | None = None


@dataclass(frozen=True, slots=True)
class MessageChanged:
    """A message was edited; `previous` is how it was."""

    message: Message
    previous: Message


@dataclass(frozen=True, slots=True)
class MessageDeleted:
    """A message is gone (or, with replies below it, became a tombstone)."""

    message: Message


@dataclass(frozen=True, slots=True)
class ThreadGrew:
    """A root message's reply count or latest reply changed."""

    root: Message


@dataclass(frozen=True, slots=True)
class Reacted:
    """A reaction was added or taken back."""

    message: Message
    user: str
    name: str
    removed: bool


@dataclass(frozen=True, slots=True)
class FileDeleted:
    """A file was deleted."""

    file: File


@dataclass(frozen=True, slots=True)
class Joined:
    """A user joined a conversation."""

    channel: Channel
    user: str
    inviter: str | None


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A user opened a tab of the app's home: `home` (`view` is what is published there) or `messages`."""

    user: str
    channel: Channel
    view: View | None
    tab: Literal["home", "messages"] = "home"


@dataclass(frozen=True, slots=True)
class ViewChanged:
    """A view was opened, updated, published or closed for its person."""

    view: View
    what: Literal["opened", "updated", "published", "closed"]


@dataclass(frozen=True, slots=True)
class BotSeen:
    """The app came online or went away."""

    online: bool


@dataclass(frozen=True, slots=True)
class AccessLost:
    """The app's tokens were revoked or the app was uninstalled."""

    uninstalled: bool


Change = (
    MessagePosted
    | MessageChanged
    | MessageDeleted
    | ThreadGrew
    | Reacted
    | FileDeleted
    | Joined
    | HomeOpened
    | ViewChanged
    | BotSeen
    | AccessLost
)
Watcher = Callable[[Change], None]
