"""`manifest.yml` and the code say the same: each listener has its subscription, each method its scope, none is idle."""

from pathlib import Path

import pytest
import yaml

from bot.slack.app import ACTIONS, EVENTS, SHORTCUTS, SUBMISSIONS
from bot.slack.fields import Json, as_object, child, names, rows, text
from bot.slack.methods import METHOD_SCOPES, Method
from bot.slack.words import COMMAND
from tests.slack.workplace import ROOT, workplace

EVENT_SCOPES = {
    "message": {"channels:history", "groups:history", "im:history", "mpim:history"},
    "file_shared": {"files:read"},
    "file_deleted": {"files:read"},
    "app_mention": {"app_mentions:read"},
    "member_joined_channel": {"channels:read", "groups:read"},
}
MESSAGE_KINDS = {"message.channels", "message.groups", "message.im", "message.mpim"}


@pytest.fixture(scope="module")
def manifest() -> Json:
    return as_object(yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8")))


def test_every_listener_has_its_subscription_and_every_subscription_a_listener(manifest: Json) -> None:
    subscribed = set(names(child(manifest, "settings", "event_subscriptions"), "bot_events"))
    assert subscribed == MESSAGE_KINDS | (set(EVENTS) - {"message"})


async def test_what_is_registered_is_what_the_table_says(tmp_path: Path) -> None:
    async with workplace(tmp_path, start=False) as place:
        listeners = place.room.listeners()
        assert tuple(listeners.events) == EVENTS
        assert tuple(listeners.shortcuts) == SHORTCUTS
        assert tuple(listeners.actions) == ACTIONS
        assert tuple(listeners.submissions) == SUBMISSIONS


def test_the_scopes_are_exactly_those_that_listeners_and_methods_need(manifest: Json) -> None:
    asked = set(names(child(manifest, "oauth_config", "scopes"), "bot"))
    needed = set(METHOD_SCOPES) | {"commands"}
    for event in EVENTS:
        needed |= EVENT_SCOPES.get(event, set())
    assert asked == needed


def test_command_and_shortcut_are_those_listened_to(manifest: Json) -> None:
    features = child(manifest, "features")
    assert [text(command, "command") for command in rows(features, "slash_commands")] == [COMMAND]
    assert [text(shortcut, "callback_id") for shortcut in rows(features, "shortcuts")] == list(SHORTCUTS)
    assert child(manifest, "settings", "interactivity")["is_enabled"] is True
    assert child(manifest, "settings")["socket_mode_enabled"] is True


def test_the_manifest_keeps_slacks_own_limits(manifest: Json) -> None:
    """Lengths: docs.slack.dev, app manifest reference."""
    shown = child(manifest, "display_information")
    assert len(text(shown, "name")) <= 35
    assert len(text(shown, "description")) <= 140
    assert 174 <= len(text(shown, "long_description")) <= 4000
    for shortcut in rows(child(manifest, "features"), "shortcuts"):
        assert len(text(shortcut, "name")) <= 24
        assert len(text(shortcut, "description")) <= 150
    for command in rows(child(manifest, "features"), "slash_commands"):
        assert len(text(command, "description")) <= 2000
        assert len(text(command, "usage_hint")) <= 1000


def test_every_method_that_is_called_exists_in_the_sdk() -> None:
    from slack_sdk.web.async_client import AsyncWebClient

    for method in Method:
        assert hasattr(AsyncWebClient, method.value.name.replace(".", "_")), method


def test_every_method_is_called_somewhere() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "slack").glob("*.py"))
    for method in Method:
        assert f"Method.{method.name}" in source, method
