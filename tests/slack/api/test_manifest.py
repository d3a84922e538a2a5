"""`manifest.yml` and the code say the same: each listener has its subscription, each method its scope, none is idle."""

import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft7Validator, ValidationError
from jsonschema.validators import extend

from bot.slack.api.methods import METHOD_SCOPES, Method
from bot.slack.api.payloads import Json, as_object, child, names, rows, text
from bot.slack.command.command import KNOWN
from bot.slack.listeners import Listeners
from bot.slack.texts import COMMAND
from tests.support.harnesses.slack import ROOT, workplace

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


@pytest.fixture
async def listeners(tmp_path: Path) -> AsyncIterator[Listeners]:
    """What the bot listens to."""
    async with workplace(tmp_path, start=False) as place:
        yield place.room.listeners()


async def test_every_listener_has_its_subscription_and_every_subscription_a_listener(
    manifest: Json, listeners: Listeners
) -> None:
    subscribed = set(names(child(manifest, "settings", "event_subscriptions"), "bot_events"))
    assert subscribed == MESSAGE_KINDS | (set(listeners.events) - {"message"})


async def test_the_scopes_are_exactly_those_that_listeners_and_methods_need(
    manifest: Json, listeners: Listeners
) -> None:
    asked = set(names(child(manifest, "oauth_config", "scopes"), "bot"))
    needed = set(METHOD_SCOPES) | {"commands"}
    for event in listeners.events:
        needed |= EVENT_SCOPES.get(event, set())
    assert asked == needed


async def test_command_and_shortcut_are_those_listened_to(manifest: Json, listeners: Listeners) -> None:
    features = child(manifest, "features")
    assert [text(command, "command") for command in rows(features, "slash_commands")] == [COMMAND]
    shortcuts = [text(shortcut, "callback_id") for shortcut in rows(features, "shortcuts")]
    assert shortcuts == list(listeners.shortcuts)
    assert child(manifest, "settings", "interactivity")["is_enabled"] is True
    assert child(manifest, "settings")["socket_mode_enabled"] is True


def schema_faults(manifest: object) -> list[str]:
    """What Slack's own schema says against a manifest; it writes patterns as `regex` in places."""

    def regex(_: object, pattern: str, instance: object, __: object) -> Iterator[ValidationError]:
        if isinstance(instance, str) and not re.search(pattern, instance):
            yield ValidationError(f"{instance!r} does not match {pattern!r}")

    rules = json.loads((Path(__file__).parent / "manifest.schema.json").read_text(encoding="utf-8"))
    checker = extend(Draft7Validator, {"regex": regex})  # type: ignore[no-untyped-call]  # so in its stubs
    return [f"{'.'.join(map(str, fault.path))}: {fault.message}" for fault in checker(rules).iter_errors(manifest)]


def test_the_manifest_passes_slacks_published_schema(manifest: Json) -> None:
    assert schema_faults(manifest) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("display_information", "name"), "x" * 36),
        (("display_information", "description"), "x" * 141),
        (("display_information", "long_description"), "x" * 174),
        (("display_information", "background_color"), "blue"),
        (("features", "slash_commands", "0", "command"), "transcribe"),
        (("features", "shortcuts", "0", "name"), "x" * 26),
        (("features", "bot_user", "display_name"), ""),
        (("oauth_config", "scopes", "bot"), ["x" * 300] * 300),
        (("settings", "socket_mode_enabled"), "yes"),
        (("surprise",), 1),
    ],
)
def test_the_schema_sees_what_slack_would_refuse(path: tuple[str, ...], value: object) -> None:
    wrong = yaml.safe_load((ROOT / "manifest.yml").read_text(encoding="utf-8"))
    node = wrong
    for key in path[:-1]:
        node = node[int(key)] if isinstance(node, list) else node[key]
    node[path[-1]] = value
    assert schema_faults(wrong)


def test_the_manifest_keeps_what_slacks_pages_say_beyond_the_schema(manifest: Json) -> None:
    """docs.slack.dev, app manifest reference and slash commands: counts, lengths and forms."""
    features = child(manifest, "features")
    shown = child(manifest, "display_information")
    assert re.fullmatch(r"#[0-9a-fA-F]{6}", text(shown, "background_color"))
    assert re.fullmatch(r"[A-Za-z0-9._ -]{1,80}", text(child(features, "bot_user"), "display_name"))
    assert 1 <= len(rows(features, "slash_commands")) <= 50
    assert 1 <= len(rows(features, "shortcuts")) <= 10
    for shortcut in rows(features, "shortcuts"):
        assert text(shortcut, "type") in {"message", "global"}
        assert 1 <= len(text(shortcut, "name")) <= 24
        assert len(text(shortcut, "callback_id")) <= 255
        assert 1 <= len(text(shortcut, "description")) <= 150
    for command in rows(features, "slash_commands"):
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", text(command, "command"))
        assert len(text(command, "description")) <= 2000
        assert len(text(command, "usage_hint")) <= 1000
    for many in (names(child(manifest, "oauth_config", "scopes"), "bot"), bot_events(manifest)):
        assert many == sorted(set(many))  # each once, and easy to compare by eye
        assert len(many) <= 100


def bot_events(manifest: Json) -> list[str]:
    return names(child(manifest, "settings", "event_subscriptions"), "bot_events")


def test_the_usage_hint_names_every_word_of_the_command(manifest: Json) -> None:
    (command,) = rows(child(manifest, "features"), "slash_commands")
    hint = re.findall(r"[a-z]+", text(command, "usage_hint"))
    assert sorted(hint) == sorted(KNOWN)  # WORDS is not one of them


def test_every_method_that_is_called_exists_in_the_sdk() -> None:
    from slack_sdk.web.async_client import AsyncWebClient

    for method in Method:
        assert hasattr(AsyncWebClient, method.value.name.replace(".", "_")), method


def test_every_method_is_called_somewhere() -> None:
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "bot" / "slack").rglob("*.py"))
    for method in Method:
        assert f"Method.{method.name}" in source, method
