"""What a workspace is made of: people, conversations, messages, files and views, as plain records."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from simulators.slack.options import Unready
from simulators.slack.wire import Json

Kind = Literal["public", "private", "im", "mpim"]
Posting = Literal["", "restricted", "read_only", "non_threadable", "thread_only"]
FileMode = Literal["hosted", "external", "snippet", "tombstone", "hidden_by_limit"]

SCOPE_PREFIX: dict[Kind, str] = {"public": "channels", "private": "groups", "im": "im", "mpim": "mpim"}
CHANNEL_TYPE: dict[Kind, str] = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}

BOT_USER = "U0BOT"
BOT_ID = "B0BOT"
SLACKBOT = "USLACKBOT"


@dataclass(slots=True)
class User:
    """A person, the bot, or Slackbot; `team` is set for a member of another organisation (Slack Connect)."""

    id: str
    name: str
    real_name: str
    is_admin: bool = False
    is_bot: bool = False
    is_guest: bool = False
    color: str = "757575"
    deleted: bool = False
    locale: str = "en-US"
    team: str = ""


@dataclass(slots=True)
class Channel:
    """A conversation of any kind; `members` are user ids in the order they joined.

    `posting` says who may post there and how (each kind has its refusal); `refuses_files` is the error that sharing a
    file there answers with.
    """

    id: str
    name: str
    kind: Kind
    members: list[str]
    topic: str = ""
    archived: bool = False
    created: int = 0
    creator: str = "U0ALICE"
    posting: Posting = ""
    refuses_files: str = ""

    @property
    def is_im(self) -> bool:
        """Whether it is a direct message of two."""
        return self.kind == "im"

    @property
    def scope(self) -> str:
        """The first half of the scopes that open this kind of conversation."""
        return SCOPE_PREFIX[self.kind]

    def partner(self, user: str = BOT_USER) -> str:
        """Return the other member of a direct message."""
        return next((member for member in self.members if member != user), user)


@dataclass(slots=True)
class Share:
    """One place where a file was shared."""

    channel: str
    ts: str
    thread_ts: str | None


@dataclass(slots=True)
class File:
    """A file; its bytes are on disk at `path`, or are `sample` repeated up to `size`, or are nowhere.

    `forwards` are messages that show it without sharing it. It is incomplete in the way of `unready` until `ready_at`
    (event loop time). `recorded` is a recorded file object that is shown instead of one made from these fields.
    `announced` is the size in its file object where another number of bytes is served, as for voice clips.
    """

    id: str
    name: str
    title: str
    mimetype: str
    filetype: str
    size: int
    user: str
    created: int
    path: Path | None = None
    sample: bytes = b""
    mode: FileMode = "hosted"
    subtype: str = ""
    external_url: str = ""
    connect: bool = False
    shares: list[Share] = field(default_factory=list)
    shares_from: float = 0.0
    duration_ms: int = 0
    forwards: list[Share] = field(default_factory=list)
    unready: Unready | Literal[""] = ""
    ready_at: float = 0.0
    recorded: Json | None = None
    announced: int | None = None

    def is_unready(self, form: Unready, now: float) -> bool:
        """Whether the file is still incomplete in this way at a time of the event loop."""
        return self.unready == form and now < self.ready_at

    @property
    def is_external(self) -> bool:
        """Whether the bytes lie with another service (Drive, Box)."""
        return self.mode == "external"


@dataclass(frozen=True, slots=True)
class Forward:
    """Another message that a message shows: forwarded on purpose (`shared`), or unfurled from a link in its text."""

    channel: str
    ts: str
    author: str
    text: str
    files: tuple[str, ...]
    shared: bool = True


@dataclass(slots=True)
class Message:
    """A message; `visible_from` is the time (seconds, event loop) at which the read methods begin to show it."""

    channel: str
    ts: str
    user: str
    text: str
    blocks: list[Json] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    thread_ts: str | None = None
    metadata: Json | None = None
    subtype: str = ""
    broadcast: bool = False
    edited: bool = False
    ephemeral_to: str | None = None
    reactions: dict[str, list[str]] = field(default_factory=dict)
    client_msg_id: str = ""
    visible_from: float = 0.0
    state: Json = field(default_factory=dict)
    forwards: list[Forward] = field(default_factory=list)

    @property
    def is_bot(self) -> bool:
        """Whether the app wrote it."""
        return self.user == BOT_USER

    @property
    def root(self) -> str:
        """The ts of the thread it belongs to, its own when it stands alone."""
        return self.thread_ts or self.ts

    @property
    def is_reply(self) -> bool:
        """Whether it lies in a thread under another message."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass(slots=True)
class View:
    """A modal or a Home tab as the app gave it, with what Slack adds."""

    id: str
    user: str
    body: Json
    root_id: str
    previous_id: str | None
    hash: str
    values: Json = field(default_factory=dict)

    @property
    def is_home(self) -> bool:
        """Whether it is a Home tab."""
        return self.body.get("type") == "home"
