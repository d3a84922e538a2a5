"""One Web API call as a method sees it: its arguments, its caller's scopes, and the workspace's parts."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from simulators.slack.faults import FaultBook
from simulators.slack.file_store import FileStore
from simulators.slack.ledger import Ledger
from simulators.slack.model.views import Views
from simulators.slack.model.workspace import Workspace
from simulators.slack.options import Options
from simulators.slack.outgoing.delivery import Delivery
from simulators.slack.outgoing.socket_mode import SocketMode
from simulators.slack.records import BOT_USER, Channel
from simulators.slack.rules.rates import Rates
from simulators.slack.rules.tokens import Grant, TokenKind, Tokens
from simulators.slack.wire import Arguments, Json, SlackError

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a running simulator that methods work on."""

    options: Options
    workspace: Workspace
    tokens: Tokens
    store: FileStore
    delivery: Delivery
    sockets: SocketMode
    views: Views
    ledger: Ledger
    faults: FaultBook
    rates: Rates


@dataclass(frozen=True, slots=True)
class Call:
    """One call after its token was accepted; `visible_after` (seconds) and `unshared` come from a fault."""

    method: str
    args: Arguments
    grant: Grant
    parts: Parts
    visible_after: float = 0.0
    unshared: bool = False

    @property
    def workspace(self) -> Workspace:
        """The workspace the token belongs to."""
        return self.parts.workspace

    def conversation(self, name: str = "channel", *, scope: str = "", member: bool = False) -> Channel:
        """Return the conversation an argument names.

        `scope` is the second half of the scope its kind asks for (`history`, `read`); `member` asks that the app is in
        it. Errors: `channel_not_found` (also for a private one the app is not in), `missing_scope`, `not_in_channel`.
        """
        channel = self.workspace.channels.get(self.args.text(name))
        if channel is None:
            raise SlackError("channel_not_found")
        if scope:
            self.grant.need(f"{channel.scope}:{scope}")
        if BOT_USER not in channel.members:
            if channel.kind != "public":
                raise SlackError("channel_not_found")
            if member:
                raise SlackError("not_in_channel")
        return channel


Handler = Callable[[Call], Awaitable[Json]]


@dataclass(frozen=True, slots=True)
class Method:
    """A Web API method: what it needs and who handles it.

    `json` says whether it reads a JSON body; Slack's older read methods take forms and queries only.
    """

    name: str
    handle: Handler
    tier: int = 3
    scopes: tuple[str, ...] = ()
    token: TokenKind = "bot"  # noqa: S105 - a kind of token
    json: bool = True
    paced: bool = True


def page(items: Sequence[Item], args: Arguments, *, default: int, most: int) -> tuple[list[Item], str]:
    """Return one page of items and the cursor of the next, empty at the end; `invalid_cursor`, `invalid_limit`."""
    limit = args.number("limit", default, most)
    start = read_cursor(args.text("cursor"))
    chosen = list(items[start : start + limit])
    following = start + limit
    return chosen, write_cursor(following) if following < len(items) else ""


def read_cursor(cursor: str) -> int:
    """Return the position a cursor stands for; `invalid_cursor`."""
    if not cursor:
        return 0
    try:
        text = base64.b64decode(cursor, validate=True).decode()
        return int(text.removeprefix("next:"))
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise SlackError("invalid_cursor") from None


def write_cursor(position: int) -> str:
    """Return the cursor for a position."""
    return base64.b64encode(f"next:{position}".encode()).decode()
