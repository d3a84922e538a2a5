"""Options read from an app manifest (YAML or JSON): scopes, events, commands, shortcuts, addresses of HTTP mode."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import yaml

from simulators.slack.options import Options, Shortcut, SlashCommand
from simulators.slack.wire import as_list, as_object, as_objects, as_text


def with_manifest(options: Options, path: Path) -> Options:
    """Return the options as the manifest at `path` has them; ValueError when it is not a mapping.

    With `socket_mode_enabled` the addresses in it are not used, as in Slack.
    """
    loaded = _parsed(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        message = f"{path} is not an app manifest"
        raise ValueError(message)  # noqa: TRY004 - a wrong file, not a wrong type of argument
    manifest = as_object(loaded)
    features = as_object(manifest.get("features"))
    settings = as_object(manifest.get("settings"))
    scopes = as_list(as_object(as_object(manifest.get("oauth_config")).get("scopes")).get("bot"))
    subscriptions = as_object(settings.get("event_subscriptions"))
    events = as_list(subscriptions.get("bot_events"))
    interactivity = as_object(settings.get("interactivity"))
    over_http = settings.get("socket_mode_enabled") is not True
    return replace(
        options,
        scopes=tuple(as_text(scope) for scope in scopes),
        events=tuple(as_text(event) for event in events),
        request_url=as_text(subscriptions.get("request_url")) if over_http else "",
        interactivity_url=as_text(interactivity.get("request_url")) if over_http else "",
        options_load_url=as_text(interactivity.get("message_menu_options_url")) if over_http else "",
        commands=tuple(
            SlashCommand(
                as_text(command.get("command")),
                as_text(command.get("description")),
                as_text(command.get("usage_hint")),
                as_text(command.get("url")) if over_http else "",
                command.get("should_escape") is True,
            )
            for command in as_objects(features.get("slash_commands"))
        ),
        shortcuts=tuple(
            Shortcut(
                as_text(shortcut.get("callback_id")),
                as_text(shortcut.get("name")),
                "global" if shortcut.get("type") == "global" else "message",
            )
            for shortcut in as_objects(features.get("shortcuts"))
        ),
    )


@cache
def _parsed(text: str) -> object:
    """The document, which nobody changes: every simulated workspace of a process reads the same manifest."""
    loaded: object = yaml.safe_load(text)
    return loaded
