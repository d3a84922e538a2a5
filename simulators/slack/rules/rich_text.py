"""The rules of `rich_text` blocks: their parts, the elements of each part, and their styles.

Source: docs.slack.dev, Block Kit reference, "Rich text block". It names no length: the one here is a section's, which
is a guess.
"""

from __future__ import annotations

from simulators.slack.rules.faults import Faults, units
from simulators.slack.wire import Json, as_list, as_object, as_objects, as_text

MOST_TEXT = 3_000
STYLES = {"bold", "italic", "strike", "code", "underline", "highlight", "client_highlight", "unlink"}

_PARTS: dict[str, set[str]] = {
    "rich_text_section": {"type", "elements"},
    "rich_text_list": {"type", "elements", "style", "indent", "offset", "border"},
    "rich_text_quote": {"type", "elements", "border"},
    "rich_text_preformatted": {"type", "elements", "border", "language"},
}
_ELEMENTS: dict[str, set[str]] = {
    "text": {"type", "text", "style"},
    "link": {"type", "url", "text", "unsafe", "style"},
    "user": {"type", "user_id", "style"},
    "usergroup": {"type", "usergroup_id", "style"},
    "channel": {"type", "channel_id", "style"},
    "broadcast": {"type", "range", "style"},
    "emoji": {"type", "name", "unicode", "skin_tone", "style"},
    "color": {"type", "value", "style"},
    "date": {"type", "timestamp", "format", "url", "fallback", "style"},
}


def check_rich_text(block: Json, pointer: str, faults: Faults) -> None:
    """Check a `rich_text` block."""
    if not isinstance(block.get("elements"), list):
        faults.add(pointer, "missing required field: elements")
    parts = as_objects(block.get("elements"))
    for index, part in enumerate(parts):
        _check_part(part, f"{pointer}/elements/{index}", faults, set(_PARTS))
    if sum(map(_length, parts)) > MOST_TEXT:
        faults.add(pointer, f"must be less than {MOST_TEXT + 1} characters")


def _check_part(part: Json, pointer: str, faults: Faults, allowed: set[str]) -> None:
    kind = as_text(part.get("type"))
    if kind not in allowed:
        faults.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    faults.only(part, _PARTS[kind], pointer)
    elements = as_list(part.get("elements"))
    faults.count(elements, f"{pointer}/elements", most=10_000)
    if kind == "rich_text_list" and part.get("style") not in {"bullet", "ordered"}:
        faults.add(f"{pointer}/style", "must be one of: bullet, ordered")
    for index, element in enumerate(as_objects(elements)):
        place = f"{pointer}/elements/{index}"
        if kind == "rich_text_list":
            _check_part(element, place, faults, {"rich_text_section"})
        else:
            _check_element(element, place, faults)


def _check_element(element: Json, pointer: str, faults: Faults) -> None:
    kind = as_text(element.get("type"))
    if kind not in _ELEMENTS:
        faults.add(f"{pointer}/type", f"unsupported type: {kind}")
        return
    faults.only(element, _ELEMENTS[kind], pointer)
    if kind == "text":
        faults.length(element.get("text"), f"{pointer}/text", MOST_TEXT)
    style = element.get("style")
    if style is not None and not (isinstance(style, dict) and style):
        faults.add(f"{pointer}/style", "must provide an object")
    for name, value in as_object(style).items():
        if name not in STYLES:
            faults.add(f"{pointer}/style", f"invalid additional property: {name}")
        elif not isinstance(value, bool):
            faults.add(f"{pointer}/style/{name}", "must provide a boolean")


def _length(part: Json) -> int:
    return units(as_text(part.get("text"))) + sum(map(_length, as_objects(part.get("elements"))))
