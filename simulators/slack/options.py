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


Unready = Literal["no_address", "size_zero", "no_type", "login_page", "http_404", "file_not_found"]
UNREADY: tuple[Unready, ...] = ("no_address", "size_zero", "no_type", "login_page", "http_404", "file_not_found")
"""How a file can be incomplete just after its upload: no address, size 0, no type; the download answers with the login
page or 404; `files.info` does not know it."""


@dataclass(frozen=True, slots=True)
class SlashCommand:
    """A registered slash command; `command` begins with a slash, `url` is its address in HTTP mode.

    `should_escape` is Slack's setting "Escape channels, users, and links sent to your app".
    """

    command: str
    description: str = ""
    usage_hint: str = ""
    url: str = ""
    should_escape: bool = False


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A registered shortcut; `kind` is `message` or `global`."""

    callback_id: str
    name: str
    kind: Literal["message", "global"] = "message"


@dataclass(slots=True)
class Options:
    """How a workspace is set up; times are seconds.

    HTTP mode: `request_url` switches from Socket Mode to HTTP and takes events, `interactivity_url` takes buttons,
    modals and shortcuts (`request_url` when empty), `options_load_url` alone takes what fills a menu, and a slash
    command goes to its own `url` (`request_url` when empty).

    Events: `retry_delays` are the waits before each repeat of an event that was not acknowledged (Slack: at once,
    1 min, 5 min). `offline_events` says what becomes of an event while no socket is open: repeated on the same schedule
    (reported by users of Socket Mode) or dropped (the worse reading). `tickets_last` is the life of an unused address
    of a WebSocket, `most_sockets` how many an app may have open.

    Answers: `members_page` is the most that one page of `conversations.members` holds, whatever `limit` asks for.
    `limited_history` is what Slack does to apps that are distributed outside its Marketplace: `conversations.history`
    and `.replies` once in `limited_history_period` with 15 items. `latency` (method or pattern: seconds) delays
    answers.
    `files_list_skips_ims` keeps files of direct messages out of `files.list`.

    Files: with `unready_seconds` each uploaded file is incomplete for up to that time in one of `unready_forms`, drawn
    by `unready_seed`. `completing_twice` says what a second `files.completeUploadExternal` of one file does;
    `reserved_is_known` makes `files.info` know an upload that is not completed. `orphan_replies` says what becomes of a
    reply under a message that is gone.

    Blocks: `refused_blocks` are kinds that this workspace does not take (`message/container`): a message with one is
    `invalid_blocks`, a view `invalid_arguments`. In App Home Slack's documents disagree, so both newer ones are refused
    unless a test or the trial wants them.

    The page opens only with `page_token` in its address; `/control/` is served only with `control`. `page_notice` is a
    sentence that the page's header shows.

    `enterprise_id` is the organisation that the workspace belongs to; with `org_installed` the app is installed in all
    of it, and what the app is sent says so.

    Tokens open this one workspace only: a bot of one that has ended, whose port this one may have got, is a stranger
    here.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    team_id: str = "T0LOCAL"
    team_name: str = "Local workspace"
    team_domain: str = "local-workspace"
    enterprise_id: str = ""
    org_installed: bool = False
    app_id: str = "A0LOCAL"
    bot_token: str = field(default_factory=lambda: f"xoxb-local-{secrets.token_hex(8)}-threadscribe")
    app_token: str = field(default_factory=lambda: f"xapp-1-A0LOCAL-{secrets.token_hex(8)}-local")
    page_token: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    page_notice: str = ""
    control: bool = False
    signing_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    scopes: tuple[str, ...] = LEAST_SCOPES
    events: tuple[str, ...] = DEFAULT_EVENTS
    commands: tuple[SlashCommand, ...] = (
        SlashCommand("/transcribe", "Transcribe, and ask where things stand", "[status | list | help]"),
    )
    shortcuts: tuple[Shortcut, ...] = (Shortcut("transcribe", "Transcribe"),)
    request_url: str = ""
    interactivity_url: str = ""
    options_load_url: str = ""
    ack_timeout: float = 3.0
    retry_delays: tuple[float, ...] = (0.0, 60.0, 300.0)
    offline_events: Literal["retry", "drop"] = "retry"
    tickets_last: float = 30.0
    most_sockets: int = 10
    members_page: int = 200
    limited_history: bool = False
    limited_history_period: float = 60.0
    latency: dict[str, float] = field(default_factory=dict)
    files_list_skips_ims: bool = False
    unready_seconds: float = 0.0
    unready_forms: tuple[Unready, ...] = UNREADY
    unready_seed: int = 0
    completing_twice: Literal["refused", "shares_again"] = "refused"
    reserved_is_known: bool = False
    orphan_replies: Literal["refused", "unthreaded"] = "refused"
    trigger_lifetime: float = 3.0
    response_url_lifetime: float = 1800.0
    response_url_uses: int = 5
    share_delay: float = 0.1
    shares_delay: float = 0.0
    unauthorised_download: Literal["page", "redirect"] = "page"
    withhold_metadata: bool = False
    rate_limits: bool = False
    uploads_refused: str = ""
    refused_blocks: tuple[str, ...] = ("home/container", "home/data_visualization")
    samples: Path | None = None
    directory: Path | None = None
    page: Path = field(default_factory=lambda: Path(__file__).parent / "page")
