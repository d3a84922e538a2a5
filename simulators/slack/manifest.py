"""Options read from an app manifest (`manifest.yml`): scopes, events, slash commands and shortcuts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import yaml

from simulators.slack.options import Options, Shortcut, SlashCommand
from simulators.slack.wire import as_list, as_object, as_objects, as_text


def with_manifest(options: Options, path: Path) -> Options:
    """Return the options as the manifest at `path` has them; ValueError when it is not a mapping."""
    loaded: object = yaml.safe_load(path.read_text(encoding="utf-8"))
    if not isinstance(loaded, dict):
        message = f"{path} is not an app manifest"
        raise ValueError(message)  # noqa: TRY004 - a wrong file, not a wrong type of argument
    manifest = as_object(loaded)
    features = as_object(manifest.get("features"))
    settings = as_object(manifest.get("settings"))
    scopes = as_list(as_object(as_object(manifest.get("oauth_config")).get("scopes")).get("bot"))
    events = as_list(as_object(settings.get("event_subscriptions")).get("bot_events"))
    return replace(
        options,
        scopes=tuple(as_text(scope) for scope in scopes),
        events=tuple(as_text(event) for event in events),
        commands=tuple(
            SlashCommand(
                as_text(command.get("command")),
                as_text(command.get("description")),
                as_text(command.get("usage_hint")),
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
