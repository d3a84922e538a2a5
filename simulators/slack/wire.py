"""JSON values as they cross the wire, the errors Slack answers with, and typed access to a request's arguments."""

from __future__ import annotations

import json
from collections.abc import Mapping

Json = dict[str, object]


class SlackError(Exception):
    """An answer `{"ok": false, "error": code}`; `fields` are sent beside it."""

    def __init__(self, code: str, **fields: object) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

    def body(self) -> Json:
        """Return the JSON body that Slack sends for this error."""
        return {"ok": False, "error": self.code, **self.fields}


def explained(code: str, *messages: str) -> SlackError:
    """Return an error with its explanations in `response_metadata.messages`, as Slack words them."""
    return SlackError(code, response_metadata={"messages": [f"[ERROR] {m}" for m in messages]})


def as_object(value: object) -> Json:
    """Return the JSON object, or an empty one when the value is anything else."""
    return {str(key): item for key, item in value.items()} if isinstance(value, dict) else {}


def as_list(value: object) -> list[object]:
    """Return the JSON array, or an empty one when the value is anything else."""
    return list(value) if isinstance(value, list) else []


def as_objects(value: object) -> list[Json]:
    """Return the objects of a JSON array, without its other items."""
    return [as_object(item) for item in as_list(value) if isinstance(item, dict)]


def as_text(value: object) -> str:
    """Return the string, or an empty one when the value is anything else."""
    return value if isinstance(value, str) else ""


def as_number(value: object, default: float = 0.0) -> float:
    """Return a number, or a string that holds one, as a float; the default for anything else."""
    if isinstance(value, bool):
        return default
    if isinstance(value, (int, float)):
        return float(value)
    try:
        return float(value) if isinstance(value, str) else default
    except ValueError:
        return default


def parse_object(text: str | bytes) -> Json:
    """Return a JSON object read from text; ValueError when it is not JSON or not an object."""
    value: object = json.loads(text)
    if not isinstance(value, dict):
        message = "not a JSON object"
        raise ValueError(message)  # noqa: TRY004 - callers handle one error for every malformed body
    return as_object(value)


def compact(value: object) -> str:
    """Return the value as JSON without spaces, other scripts unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


class Arguments:
    """The arguments of one request, whether they came as a query, a form or JSON.

    A form carries objects and arrays as JSON in a string, so the readers accept both.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self.values: Json = {key: value for key, value in values.items() if value is not None}
        self.nulls = {key for key, value in values.items() if value is None}

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def text(self, name: str, default: str = "") -> str:
        """Return a string; a number or boolean as its text, anything else as the default."""
        value = self.values.get(name)
        if isinstance(value, bool):
            return "true" if value else "false"
        if isinstance(value, (int, float)):
            return str(value)
        return value if isinstance(value, str) else default

    def required(self, name: str) -> str:
        """Return a string that must be there; else `invalid_arguments` with the field's name."""
        value = self.text(name)
        if not value:
            raise explained("invalid_arguments", f"missing required field: {name}")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        """Return a boolean; true/false and 1/0 are taken in any form."""
        value = self.text(name).lower()
        return value in {"1", "true", "yes"} if value else default

    def number(self, name: str, default: int, most: int) -> int:
        """Return a whole number from 1 to `most`, or the default when absent; else `invalid_limit`."""
        value = self.text(name)
        if not value:
            return default
        if not value.isdecimal() or int(value) == 0:
            raise SlackError("invalid_limit")
        return min(int(value), most)

    def decoded(self, name: str) -> object:
        """Return a value that may be JSON within a string; None when absent or not JSON."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            decoded: object = json.loads(value)
        except ValueError:
            return None
        return decoded
