"""How a simulated workspace is set up: tokens, scopes, subscriptions, commands and the timings tests shorten."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

LEAST_SCOPES = (
    "chat:write",
    "files:read",
    "files:write",
    "commands",
    "channels:history",
    "groups:history",
    "im:history",
    "mpim:history",
    "channels:read",
    "groups:read",
    "reactions:write",
    "app_mentions:read",
    "users:read",
)

DEFAULT_EVENTS = (
    "message.channels",
    "message.groups",
    "message.im",
    "message.mpim",
    "app_mention",
    "file_shared",
    "file_deleted",
    "member_joined_channel",
    "app_home_opened",
    "tokens_revoked",
    "app_uninstalled",
)


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A registered slash command; `command` begins with a slash."""

    command: str
    description: str = ""
    usage_hint: str = ""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A registered shortcut; `kind` is `message` or `global`."""

    callback_id: str
    name: str
    kind: Literal["message", "global"] = "message"


@dataclass(slots=True)
class Options:
    """Everything a workspace can be told at its start; times are seconds.

    `request_url` switches from Socket Mode to HTTP for events, commands and interactivity. `retry_delays` are
    the waits before each repeat of an event that was not acknowledged (Slack: at once, 1 min, 5 min).
    `offline_events` says what becomes of an event while no socket is open: repeated on the same schedule
    (reported by users of Socket Mode) or dropped (the worse reading). Tokens open this one workspace only: a bot of
    one that has ended, whose port this one may have got, is a stranger here.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    team_id: str = "T0LOCAL"
    team_name: str = "Local workspace"
    team_domain: str = "local-workspace"
    app_id: str = "A0LOCAL"
    bot_token: str = field(default_factory=lambda: f"xoxb-local-{secrets.token_hex(8)}-threadscribe")
    app_token: str = field(default_factory=lambda: f"xapp-1-A0LOCAL-{secrets.token_hex(8)}-local")
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    scopes: tuple[str, ...] = LEAST_SCOPES
    events: tuple[str, ...] = DEFAULT_EVENTS
    commands: tuple[SlashCommand, ...] = (
        SlashCommand("/transcribe", "Transcribe, and ask where things stand", "[status | list | help]"),
    )
    shortcuts: tuple[Shortcut, ...] = (Shortcut("transcribe", "Transcribe"),)
    request_url: str = ""
    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    offline_events: Literal["retry", "drop"] = "retry"
    trigger_lifetime: float = 3.0
    response_url_lifetime: float = 1800.0
    response_url_uses: int = 5
    share_delay: float = 0.1
    shares_delay: float = 0.0
    unauthorised_download: Literal["page", "redirect"] = "page"
    withhold_metadata: bool = False
    rate_limits: bool = False
    uploads_refused: str = ""
    samples: Path | None = None
    directory: Path | None = None
    page: Path = field(default_factory=lambda: Path(__file__).parent / "page")
