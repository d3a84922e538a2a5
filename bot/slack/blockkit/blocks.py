"""Block Kit as plain values: each builder gives one block or element within its limits. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bot.slack.api.payloads import child, text
from bot.slack.blockkit.limits import (
    BUTTON_TEXT,
    CONFIRM_BUTTON,
    CONFIRM_TEXT,
    CONFIRM_TITLE,
    CONTAINER_BLOCKS,
    CONTAINER_TITLE,
    CONTEXT_TEXT,
    HEADER,
    OPTION_TEXT,
    OPTIONS,
    PLACEHOLDER,
    RICH_TEXT,
    SECTION,
    weight_of,
)
from bot.slack.blockkit.text import clip, cut, escape_plain

Block = dict[str, object]


@dataclass(frozen=True, slots=True)
class Message:
    """What is posted: blocks, and the text that notifications and screen readers use."""

    text: str
    blocks: list[Block] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of literal text in one style."""

    text: str
    bold: bool = False
    code: bool = False


def header(text: str, block_id: str = "") -> Block:
    """A heading; longer than 150 characters it ends in an ellipsis."""
    label = clip(escape_plain(text), HEADER, measure=units)
    return _named({"type": "header", "text": {"type": "plain_text", "text": label, "emoji": False}}, block_id)


def fits_header(text: str) -> bool:
    """Whether a heading shows the text whole."""
    return units(escape_plain(text)) <= HEADER


def section(mrkdwn: str, block_id: str = "", accessory: Block | None = None) -> Block:
    """A paragraph of our own words in mrkdwn, at most 3,000 characters; labels in it must be quieted."""
    return _section(_mrkdwn(clip(mrkdwn, SECTION, measure=units)), block_id, accessory)


def words(text: str, block_id: str = "", accessory: Block | None = None) -> Block:
    """A paragraph of somebody else's words, shown literally, at most 3,000 characters."""
    return _section(_plain(clip(text, SECTION, measure=units)), block_id, accessory)


def _section(text: Block, block_id: str, accessory: Block | None) -> Block:
    more: Block = {} if accessory is None else {"accessory": accessory}
    return _named({"type": "section", "text": text, **more}, block_id)


def overflow(action_id: str, options: Sequence[Block]) -> Block:
    """A "..." menu of two to five options."""
    return {"type": "overflow", "action_id": action_id, "options": list(options)}


def context(mrkdwn: str) -> Block:
    """A small grey line of our own words."""
    return {"type": "context", "elements": [_mrkdwn(clip(mrkdwn, CONTEXT_TEXT, measure=units))]}


def actions(block_id: str, *elements: Block) -> Block:
    """A row of buttons."""
    return {"type": "actions", "block_id": block_id, "elements": list(elements)}


def button(label: str, action_id: str, value: str, style: str = "", asks: Block | None = None) -> Block:
    """A button; `style` is primary, danger or empty; `asks` is what Slack asks before it acts."""
    shown = _plain(clip(label, BUTTON_TEXT, measure=units))
    found: Block = {"type": "button", "text": shown, "action_id": action_id, "value": value}
    if style:
        found["style"] = style
    if asks is not None:
        found["confirm"] = asks
    return found


def confirm(title: str, text: str, yes: str, no: str, style: str = "danger") -> Block:
    """Slack's own question before an act; all four are plain text."""
    return {
        "title": _plain(clip(title, CONFIRM_TITLE, measure=units)),
        "text": _plain(clip(text, CONFIRM_TEXT, measure=units)),
        "confirm": _plain(clip(yes, CONFIRM_BUTTON, measure=units)),
        "deny": _plain(clip(no, CONFIRM_BUTTON, measure=units)),
        "style": style,
    }


def option(label: str, value: str) -> Block:
    """One choice of a menu; its label is literal but for emoji shortcodes, which are kept from acting."""
    return {"text": _plain(clip(escape_plain(label), OPTION_TEXT, measure=units)), "value": value}


def select(
    placeholder: str, action_id: str, options: Sequence[Block], chosen: Block | None = None, *, lead: int = 0
) -> Block:
    """A menu of up to 100 options; more are shown in groups of 100 (Slack searches them as one types).

    The first `lead` options are not part of the sorted list: they get a group of their own, named by the placeholder.
    """
    found: Block = {
        "type": "static_select",
        "action_id": action_id,
        "placeholder": _plain(clip(placeholder, PLACEHOLDER, measure=units)),
    }
    if len(options) <= OPTIONS:
        found["options"] = list(options)
    else:
        starts = range(lead, len(options), OPTIONS)
        first = [_named_group(placeholder, options[:lead])] if lead else []
        found["option_groups"] = first + [_group(options[start : start + OPTIONS]) for start in starts]
    if chosen is not None:
        found["initial_option"] = chosen
    return found


def _group(options: Sequence[Block]) -> Block:
    first, last = (text(child(one, "text"), "text") for one in (options[0], options[-1]))
    return _named_group(f"{first} – {last}", options)


def _named_group(label: str, options: Sequence[Block]) -> Block:
    return {"label": _plain(clip(label, OPTION_TEXT, measure=units)), "options": list(options)}


def container(title: str, children: Sequence[Block]) -> Block:
    """Up to 10 blocks folded below their title. Slack has it since June 2026 (`bot.slack.blockkit.support`).

    Slack's page lists more kinds of children than its validator is reported to take; sections and contexts are in both.
    """
    if not 1 <= len(children) <= CONTAINER_BLOCKS:
        raise ValueError(f"a container holds 1 to {CONTAINER_BLOCKS} blocks")
    return {
        "type": "container",
        "title": _plain(clip(escape_plain(title), CONTAINER_TITLE, measure=units)),
        "child_blocks": list(children),
        "is_collapsible": True,
        "default_collapsed": True,
    }


def divider() -> Block:
    """A thin line."""
    return {"type": "divider"}


def bullets(heading: str, items: Sequence[Sequence[Run]]) -> Block:
    """A bold heading over literal items."""
    return {
        "type": "rich_text",
        "elements": [
            {"type": "rich_text_section", "elements": [_element(Run(heading, bold=True))]},
            {
                "type": "rich_text_list",
                "style": "bullet",
                "elements": [
                    {"type": "rich_text_section", "elements": [_element(run) for run in item]} for item in items
                ],
            },
        ],
    }


def literal(runs: Sequence[Run], block_id: str = "") -> Block:
    """One block of literal text; empty runs are left out."""
    elements = [_element(run) for run in runs if run.text]
    block: Block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}
    return _named(block, block_id)


def quotation(runs: Sequence[Run]) -> Block:
    """Literal text with a line at its side, as a quotation."""
    elements = [_element(run) for run in runs if run.text]
    return {"type": "rich_text", "elements": [{"type": "rich_text_quote", "elements": elements}]}


def boxed(text: str) -> Block:
    """Literal text in a box, every sign as wide as the others."""
    return {
        "type": "rich_text",
        "elements": [{"type": "rich_text_preformatted", "elements": [_element(Run(text))]}],
    }


def search_select(placeholder: str, action_id: str, chosen: Block | None = None) -> Block:
    """A menu whose options we are asked for as one types."""
    found: Block = {
        "type": "external_select",
        "action_id": action_id,
        "placeholder": _plain(clip(placeholder, PLACEHOLDER, measure=units)),
        "min_query_length": 0,
    }
    if chosen is not None:
        found["initial_option"] = chosen
    return found


def choices(kind: str, action_id: str, options: Sequence[Block], chosen: Sequence[Block]) -> Block:
    """Round or square boxes (`radio_buttons`, `checkboxes`), at most 10, some of them chosen."""
    found: Block = {"type": kind, "action_id": action_id, "options": list(options)}
    if chosen and kind == "radio_buttons":
        found["initial_option"] = chosen[0]
    elif chosen:
        found["initial_options"] = list(chosen)
    return found


def literals(runs: Sequence[Run], most: int = RICH_TEXT) -> list[Block]:
    """Literal text of any length as blocks that weigh at most `most` each."""
    blocks: list[Block] = []
    held: list[Run] = []
    frame_of_block = weight_of(literal([]))
    room = most - frame_of_block
    for run in runs:
        rest = run.text
        while rest:
            frame = weight_of(_element(Run("", run.bold))) + 1
            if room - frame < min(200, most // 4) and held:
                blocks.append(literal(held))
                held, room = [], most - frame_of_block
            head, rest = cut(rest, room - frame)
            held.append(Run(head, run.bold))
            room -= weight_of(_element(held[-1])) + 1
            if rest:
                blocks.append(literal(held))
                held, room = [], most - frame_of_block
    if held:
        blocks.append(literal(held))
    return blocks


def _element(run: Run) -> Block:
    element: Block = {"type": "text", "text": run.text}
    if style := {name: True for name, on in (("bold", run.bold), ("code", run.code)) if on}:
        element["style"] = style
    return element


def _plain(text: str) -> Block:
    return {"type": "plain_text", "text": text, "emoji": False}


def _mrkdwn(text: str) -> Block:
    return {"type": "mrkdwn", "text": text, "verbatim": True}


def _named(block: Block, block_id: str) -> Block:
    return {**block, "block_id": block_id} if block_id else block


def units(text: str) -> int:
    """The length of a text in UTF-16 units: what JavaScript calls a length, never less than characters."""
    return len(text.encode("utf-16-le", "replace")) // 2
