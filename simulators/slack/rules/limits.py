"""Slack's limits on texts, blocks, metadata and views, with the error names Slack answers with.

Figures are from Slack's Block Kit reference; the total of all blocks is from reports of users (bolt-js 2509, 2867),
counted here in bytes of the blocks' compact JSON, the strictest reading of those reports.
"""

from __future__ import annotations

from collections.abc import Collection

from simulators.slack.rules import properties
from simulators.slack.rules.block_kit import Surface, check_blocks
from simulators.slack.rules.faults import Faults, units
from simulators.slack.wire import Json, SlackError, as_list, as_object, as_objects, as_text, compact, explained

POST_TEXT = 40_000
"""Characters after which chat.postMessage cuts a text silently."""
UPDATE_TEXT = 4_000
"""Characters above which chat.update answers `msg_too_long`."""
ALL_BLOCKS = 13_200
"""Bytes of all blocks as compact JSON above which a message answers `msg_blocks_too_long`."""
MARKDOWN_TOTAL = 12_000
"""Characters of all markdown blocks of one message."""
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100
METADATA = 8_000
"""Characters of message metadata as JSON; Slack names the error but not the figure (unverified)."""
PRIVATE_METADATA = 3_000
VIEW_SIZE = 250_000
"""Bytes of a view as JSON above which views.* answer `view_too_large`."""
VIEW_TITLE = 24


def post_text(text: str) -> str:
    """Return the text as chat.postMessage stores it: cut at 40,000 characters."""
    return text[:POST_TEXT]


def update_text(text: str) -> str:
    """Return the text of an update; `msg_too_long` above 4,000 characters."""
    if units(text) > UPDATE_TEXT:
        raise SlackError("msg_too_long")
    return text


def refused_in(surface: str, refused: Collection[str]) -> set[str]:
    """The kinds of block that a surface does not take, from entries like `home/data_visualization`."""
    return {kind for place, _, kind in (each.partition("/") for each in refused) if place == surface}


def message_blocks(value: object, refused: Collection[str] = ()) -> list[Json] | None:
    """Return the blocks of a message, None when there is no such argument; `refused` as `Options.refused_blocks`.

    Errors: `invalid_blocks_format`, `invalid_blocks` with `response_metadata.messages`, `msg_blocks_too_long`.
    """
    if value is None or value == "":
        return None
    if not isinstance(value, list) or not all(isinstance(block, dict) for block in value):
        raise SlackError("invalid_blocks_format")
    blocks = as_objects(value)
    faults = Faults()
    if len(blocks) + sum(len(as_list(block.get("child_blocks"))) for block in blocks) > MESSAGE_BLOCKS:
        faults.add("/blocks", f"no more than {MESSAGE_BLOCKS} items allowed")
    check_blocks(blocks, faults, surface="message", refused=refused_in("message", refused))
    if faults.found:
        raise explained("invalid_blocks", *faults.found)
    markdown = sum(units(as_text(block.get("text"))) for block in blocks if block.get("type") == "markdown")
    if markdown > MARKDOWN_TOTAL or len(compact(blocks).encode("utf-8", "replace")) > ALL_BLOCKS:
        raise SlackError("msg_blocks_too_long")
    return blocks


def message_metadata(value: object) -> Json | None:
    """Return message metadata, None when absent; `invalid_metadata_format`, `metadata_too_large`."""
    if value is None or value == "":
        return None
    metadata = as_object(value)
    if not as_text(metadata.get("event_type")) or not isinstance(metadata.get("event_payload"), dict):
        raise SlackError("invalid_metadata_format")
    if len(compact(metadata)) > METADATA:
        raise SlackError("metadata_too_large")
    return {"event_type": metadata["event_type"], "event_payload": metadata["event_payload"]}


def view_body(value: object, refused: Collection[str] = ()) -> Json:
    """Return a view that passed Slack's checks; `invalid_arguments` with messages, `view_too_large`."""
    if not isinstance(value, dict):
        raise explained("invalid_arguments", "missing required field: view")
    view = as_object(value)
    if len(compact(view).encode()) > VIEW_SIZE:
        raise SlackError("view_too_large")
    faults = Faults()
    kind = as_text(view.get("type"))
    if kind not in {"modal", "home"}:
        faults.add("/view/type", "must be one of: modal, home")
    faults.only(view, properties.HOME if kind == "home" else properties.MODAL, "/view")
    blocks = as_objects(view.get("blocks"))
    if not isinstance(view.get("blocks"), list):
        faults.add("/view", "missing required field: blocks")
    if len(blocks) > VIEW_BLOCKS or len(as_list(view.get("blocks"))) != len(blocks):
        faults.add("/view/blocks", f"no more than {VIEW_BLOCKS} items allowed")
    place: Surface = "home" if kind == "home" else "modal"
    check_blocks(blocks, faults, surface=place, refused=refused_in(place, refused), root="/view/blocks")
    if units(as_text(view.get("private_metadata"))) > PRIVATE_METADATA:
        faults.add("/view/private_metadata", f"must be less than {PRIVATE_METADATA + 1} characters")
    for name in ("callback_id", "external_id"):
        if units(as_text(view.get(name))) > 255:
            faults.add(f"/view/{name}", "must be less than 256 characters")
    if kind == "modal":
        faults.text(view.get("title"), "/view/title", VIEW_TITLE, kinds={"plain_text"})
        for name in ("submit", "close"):
            if view.get(name) is not None:
                faults.text(view.get(name), f"/view/{name}", VIEW_TITLE, kinds={"plain_text"})
        if any(block.get("type") == "input" for block in blocks) and view.get("submit") is None:
            faults.add("/view", "missing required field: submit")
    if faults.found:
        raise explained("invalid_arguments", *faults.found)
    return view
