"""What Slack makes of the text behind a slash command before it reaches the app.

Sources: docs.slack.dev, "Implementing slash commands" (the setting "Escape channels, users, and links sent to your
app", `should_escape` in a manifest, and its example `<@U012ABCDEF|worf> <#C012ABCDE|d-social>`) and "Formatting message
text" (the three characters that are always entities).
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from simulators.slack.records import Channel, User

_NAMED = re.compile(r"(?<![\w&;])([@#])([\w.-]*\w)")
_ADDRESS = re.compile(r"https?://[^\s<>|]+")


def entities(text: str) -> str:
    """Return the text with `&`, `<` and `>` as HTML entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def command_text(typed: str, *, escape: bool, users: Iterable[User], channels: Iterable[Channel]) -> str:
    """Return the `text` of a slash command for what a person typed.

    With `escape`, known names become `<@ID|name>` and `<#ID|name>` and addresses become links; without it they stay as
    they were typed.
    """
    text = entities(typed)
    if not escape:
        return text
    ids = {f"@{user.name}": user.id for user in users} | {f"#{each.name}": each.id for each in channels if each.name}

    def named(found: re.Match[str]) -> str:
        return f"<{found[1]}{ids[found[0]]}|{found[2]}>" if found[0] in ids else found[0]

    return _NAMED.sub(named, _ADDRESS.sub(r"<\g<0>>", text))
