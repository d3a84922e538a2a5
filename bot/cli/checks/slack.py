"""What `doctor` and the start of `serve` ask of Slack: the bot token, its scopes, and the app token."""

from pathlib import Path

import yaml

from bot.clock import SystemClock
from bot.domain.errors import Misconfigured, Rejected, StepError
from bot.ports.provider import Finding
from bot.settings import Settings
from bot.slack.api.client import open_client
from bot.slack.api.identity import identify, socket_mode_is_on

MANIFEST = Path(__file__).parents[3] / "manifest.yml"

_TURN_ON = "Turn on Socket Mode in the app's settings at api.slack.com/apps (Settings, Socket Mode)."
_MAKE_ANOTHER = "Make a new app-level token under Basic Information, with the scope connections:write."
_REMEDIES = {  # by Slack's name for the reason
    "missing_scope": "Make an app-level token with the scope connections:write: this one does not have it.",
    "not_allowed_token_type": "SLACK_APP_TOKEN takes the app-level token (xapp-…, Basic Information), not another one.",
    "invalid_auth": "Copy the app-level token again (xapp-…, under Basic Information, App-Level Tokens).",
    "socket_mode": _TURN_ON,
}
_NETWORK = "Check the network, and SLACK_API_URL if you set it."


async def bot_token(settings: Settings) -> list[Finding]:
    """Who the bot is, and whether the token has every scope of manifest.yml; nothing without a token."""
    if not settings.slack_bot_token.get_secret_value():
        return []
    try:
        async with open_client(settings, SystemClock()) as client:
            me = await identify(client)
    except Misconfigured as error:
        remedy = "Copy the Bot User OAuth Token (xoxb-…) again from Install App; reinstall the app if it was removed."
        return [Finding(False, "Slack", f"Slack refuses SLACK_BOT_TOKEN: {_code(error)}", remedy)]
    except StepError as error:
        return [Finding(False, "Slack", f"Slack cannot be reached: {error.detail}", _NETWORK)]
    findings = [Finding(True, "Slack", f"signed in to {me.team_name or me.team_id} as {me.bot_name or me.bot_user_id}")]
    wanted = manifest_scopes()
    missing = sorted(wanted - me.scopes)
    extra = sorted(me.scopes - wanted)
    if missing:
        remedy = "Add them under OAuth & Permissions (or paste manifest.yml again) and reinstall the app."
        findings.append(Finding(False, "Slack scopes", f"missing: {', '.join(missing)}", remedy))
    else:
        also = f"; not needed: {', '.join(extra)}" if extra else ""
        findings.append(Finding(True, "Slack scopes", f"all {len(wanted)} are there{also}"))
    return findings


async def app_token(settings: Settings) -> list[Finding]:
    """Ask for the address of a WebSocket, as a connection begins: this shows whether the app token works."""
    token = settings.slack_app_token.get_secret_value()
    if not token:
        return []
    subject = "Socket Mode"
    try:
        async with open_client(settings, SystemClock()) as client:
            on = await socket_mode_is_on(client, token)
    except (Misconfigured, Rejected) as error:
        code = _code(error)
        remedy = next((text for name, text in _REMEDIES.items() if name in code), _MAKE_ANOTHER)
        return [Finding(False, subject, f"Slack refuses SLACK_APP_TOKEN: {code}", remedy)]
    except StepError as error:
        return [Finding(False, subject, f"Slack cannot be reached: {error.detail}", _NETWORK)]
    if not on:
        return [Finding(False, subject, "it is off, so no event would come", _TURN_ON)]
    return [Finding(True, subject, "it is on, and Slack takes SLACK_APP_TOKEN")]


async def start_faults(settings: Settings) -> list[str]:
    """Why `serve` must not start: tokens that Slack refuses, Socket Mode off. Nothing while Slack cannot be reached."""
    findings = [*await bot_token(settings), *await app_token(settings)]
    bad = [found for found in findings if not found.ok and found.remedy != _NETWORK and found.subject != "Slack scopes"]
    return [f"{found.detail}. {found.remedy}" for found in bad]


def manifest_scopes() -> frozenset[str]:
    """The bot scopes that manifest.yml asks for."""
    document: object = yaml.safe_load(MANIFEST.read_text(encoding="utf-8"))
    for key in ("oauth_config", "scopes", "bot"):
        document = document.get(key) if isinstance(document, dict) else None
    return frozenset(str(scope) for scope in document) if isinstance(document, list) else frozenset()


def _code(error: StepError) -> str:
    return error.detail.partition(": ")[2] or error.detail
