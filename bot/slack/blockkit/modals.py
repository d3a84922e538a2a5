"""Modals as plain values, within Slack's limits. Pure."""

import json
from collections.abc import Mapping, Sequence

from bot.slack.api.payloads import Json, as_object, child, text
from bot.slack.blockkit.blocks import Block, section, units
from bot.slack.blockkit.limits import PRIVATE_METADATA, VIEW_BLOCKS
from bot.slack.blockkit.text import clip
from bot.text.printable import printable

TITLE = 24  # Slack: title, submit and close have at most 24 characters
LABEL = 2_000
HINT = 2_000
LINES = 3_000


def modal(
    title: str, blocks: Sequence[Block], *, callback_id: str, close: str, submit: str = "", facts: Json | None = None
) -> Block:
    """A modal; without `submit` it only tells. `facts` comes back with it (ids only, at most 3,000 characters)."""
    view: Block = {
        "type": "modal",
        "callback_id": callback_id,
        "title": _plain(clip(title, TITLE, measure=units)),
        "close": _plain(clip(close, TITLE, measure=units)),
        "blocks": list(blocks[:VIEW_BLOCKS]),
    }
    if submit:
        view["submit"] = _plain(clip(submit, TITLE, measure=units))
    if facts:
        kept = json.dumps(dict(facts), separators=(",", ":"))
        if len(kept) > PRIVATE_METADATA:
            raise ValueError("a modal keeps ids, not content")
        view["private_metadata"] = kept
    return view


def notice(title: str, said: str, close: str) -> Block:
    """A modal of one paragraph."""
    return modal(title, [section(said)], callback_id="notice", close=close)


def field(block_id: str, label: str, element: Block, *, hint: str = "", optional: bool = False) -> Block:
    """An input with its label; the texts are literal."""
    block: Block = {
        "type": "input",
        "block_id": block_id,
        "label": _plain(clip(printable(label), LABEL, measure=units)),
        "element": element,
        "optional": optional,
    }
    if hint:
        block["hint"] = _plain(clip(printable(hint), HINT, measure=units))
    return block


def line(action_id: str, value: str, placeholder: str, most: int) -> Block:
    """A field for one line of text."""
    found: Block = {
        "type": "plain_text_input",
        "action_id": action_id,
        "max_length": most,
        "placeholder": _plain(clip(placeholder, 150, measure=units)),
    }
    if value:
        found["initial_value"] = clip(value, most, measure=units)
    return found


def lines(action_id: str, value: str, placeholder: str) -> Block:
    """A field for several lines of text, at most 3,000 characters."""
    return {**line(action_id, value, placeholder, LINES), "multiline": True}


def facts_of(body: Json) -> Json:
    """What `modal` was given as `facts`, from an interaction with the view."""
    try:
        return as_object(json.loads(text(child(body, "view"), "private_metadata") or "{}"))
    except ValueError:
        return {}


def entered(body: Json, block_id: str, action_id: str) -> str:
    """What a field holds: its text, or the value of the option that is chosen."""
    state = child(body, "view", "state", "values", block_id, action_id)
    return text(state, "value") or text(child(state, "selected_option"), "value")


def errors(faults: Mapping[str, str]) -> Json:
    """The answer that keeps a modal open, with a sentence below each wrong field."""
    return {"response_action": "errors", "errors": dict(faults)}


def _plain(said: str) -> Block:
    return {"type": "plain_text", "text": said, "emoji": False}
