"""What is wrong with some blocks, worded as Slack words it, with a JSON pointer to the place."""

from __future__ import annotations

from collections.abc import Collection

from simulators.slack.rules import properties
from simulators.slack.wire import Json, as_object, as_text

TEXT_KINDS = {"plain_text", "mrkdwn"}


def units(text: str) -> int:
    """Return a text's length in UTF-16 units, the larger of the two that Slack's "characters" may mean."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


class Faults:
    """What is wrong with some blocks, in Slack's words."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, pointer: str, message: str) -> None:
        """Note one fault at a place."""
        self.found.append(f"{message} [json-pointer:{pointer}]")

    def text(self, value: object, pointer: str, most: int, kinds: Collection[str] = TEXT_KINDS) -> None:
        """Check a text object: its type, and its length from 1 to `most` characters."""
        text = as_object(value)
        if not text:
            self.add(pointer, "must provide an object")
            return
        if text.get("type") not in kinds:
            self.add(f"{pointer}/type", "must be one of: " + ", ".join(sorted(kinds)))
        self.only(text, properties.TEXTS.get(as_text(text.get("type")), text), pointer)
        self.length(text.get("text"), f"{pointer}/text", most)

    def length(self, value: object, pointer: str, most: int, least: int = 1) -> None:
        """Check a string's length in UTF-16 units."""
        if not isinstance(value, str):
            self.add(pointer, "must provide a string")
        elif units(value) > most:
            self.add(pointer, f"must be less than {most + 1} characters")
        elif len(value) < least:
            self.add(pointer, f"must be more than {least - 1} characters")

    def only(self, value: Json, known: Collection[str], pointer: str) -> None:
        """Check that an object has no property beside those known."""
        for name in value:
            if name not in known:
                self.add(pointer, f"invalid additional property: {name}")

    def count(self, items: list[object], pointer: str, most: int, least: int = 1) -> None:
        """Check how many items there are."""
        if len(items) > most:
            self.add(pointer, f"no more than {most} items allowed")
        elif len(items) < least:
            self.add(pointer, f"no fewer than {least} items allowed")
