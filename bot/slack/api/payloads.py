"""Reading Slack's JSON: each reader gives a typed value, and a harmless empty one where the field is missing."""

import math
from collections.abc import Mapping
from typing import cast

Json = Mapping[str, object]

MOST = 2**53  # whole numbers up to here are exact in JSON


def as_object(value: object) -> Json:
    """The value as an object; empty when it is something else."""
    return cast("Json", value) if isinstance(value, dict) else {}


def child(source: Json, *keys: str) -> Json:
    """The object at the end of a path of keys."""
    for key in keys:
        source = as_object(source.get(key))
    return source


def text(source: Json, key: str) -> str:
    """A string; "" when it is missing or something else."""
    value = source.get(key)
    return value if isinstance(value, str) else ""


def number(source: Json, key: str) -> float:
    """A finite number; 0 when it is missing or something else. Slack writes some numbers as strings."""
    value = source.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return 0.0
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return 0.0
    return found if math.isfinite(found) else 0.0


def integer(source: Json, key: str) -> int:
    """A whole number that a database takes; 0 when it is missing, too large or something else."""
    found = number(source, key)
    return int(found) if abs(found) < MOST else 0


def truth(source: Json, key: str) -> bool:
    """Whether the field is exactly true."""
    return source.get(key) is True


def rows(source: Json, key: str) -> list[Json]:
    """The objects of an array; anything else in it is left out."""
    value = source.get(key)
    return [cast("Json", item) for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def names(source: Json, key: str) -> list[str]:
    """The strings of an array."""
    value = source.get(key)
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def person(body: Json) -> str:
    """Who acted."""
    return text(child(body, "user"), "id")


def place(body: Json) -> str:
    """The conversation of the message that was acted on."""
    return text(child(body, "channel"), "id") or text(child(body, "container"), "channel_id")


def thread(body: Json) -> str:
    """The thread that the message which was acted on is a reply in; "" if it is in the conversation itself.

    A message shortcut has no `container`: there the thread is in the message.
    """
    message = child(body, "message")
    root = text(child(body, "container"), "thread_ts") or text(message, "thread_ts")
    return "" if root == text(message, "ts") else root


def value(body: Json) -> str:
    """The value of the button, or of the option that was chosen."""
    for action in rows(body, "actions"):
        return text(action, "value") or text(child(action, "selected_option"), "value")
    return ""


def action_id(body: Json) -> str:
    """Which element was used."""
    return next((text(action, "action_id") for action in rows(body, "actions")), "")
