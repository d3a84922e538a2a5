"""Every message and view that reached the workspace, validated twice by others: slack_sdk's models and slackblocks.

Our own limits are held where blocks are built, and the workspace refuses what Slack would refuse. Here both libraries
read the JSON into their models, which validate, and must write it again as it was.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

import slackblocks
from slack_sdk.models.blocks import Block as SdkBlock
from slack_sdk.models.views import View as SdkView

from bot.slack.blockkit import limits
from simulators.slack.records import BOT_USER
from simulators.slack.server import SlackSimulator

Json = Mapping[str, object]

_POSTS = ("chat.postMessage", "chat.update", "chat.postEphemeral")
_VIEWS = ("views.open", "views.push", "views.update", "views.publish")
_LARGEST_VIEW = 250_000  # characters of JSON that Slack takes for a view

_CLASSES: Mapping[str, str] = {
    "actions": "ActionsBlock",
    "button": "Button",
    "checkboxes": "CheckboxGroup",
    "container": "ContainerBlock",
    "context": "ContextBlock",
    "conversations_select": "ConversationSelectMenu",
    "divider": "DividerBlock",
    "external_select": "ExternalSelectMenu",
    "header": "HeaderBlock",
    "input": "InputBlock",
    "link": "RichTextLink",
    "multi_users_select": "UserMultiSelectMenu",
    "overflow": "OverflowMenu",
    "plain_text_input": "PlainTextInput",
    "radio_buttons": "RadioButtonGroup",
    "rich_text": "RichTextBlock",
    "rich_text_list": "RichTextList",
    "rich_text_preformatted": "RichTextCodeBlock",
    "rich_text_quote": "RichTextQuote",
    "rich_text_section": "RichTextSection",
    "section": "SectionBlock",
    "static_select": "StaticSelectMenu",
    "text": "RichText",
    "user": "RichTextUser",
    "users_select": "UserSelectMenu",
}
_UNKNOWN_TO_SDK = frozenset({"data_visualization"})  # slack_sdk 3.47
_NAMED = {"confirm": "ConfirmationDialogue", "filter": "ConversationFilter"}


def validate(slack: SlackSimulator) -> int:
    """Validate all that the app sent to this workspace; how many messages and views that were."""
    seen = 0
    for where, blocks in messages(slack):
        validate_blocks(blocks, where)
        seen += 1
    for where, view in views(slack):
        validate_view(view, where)
        seen += 1
    return seen


def messages(slack: SlackSimulator) -> Iterator[tuple[str, Sequence[Json]]]:
    """The blocks of every call that posts, and of every message that is there (answers came by other ways)."""
    for entry in slack.ledger.entries:
        if entry.method in _POSTS and entry.status == 200 and not entry.error:
            yield entry.method, cast("Sequence[Json]", _decoded(entry.args.get("blocks")) or [])
    for message in slack.workspace.all_messages():
        if message.user == BOT_USER:
            yield "a message", message.blocks


def views(slack: SlackSimulator) -> Iterator[tuple[str, Json]]:
    """Every modal and Home that was opened, changed or published."""
    for entry in slack.ledger.entries:
        if entry.method in _VIEWS and entry.status == 200 and not entry.error:
            view = _decoded(entry.args.get("view"))
            assert isinstance(view, dict), entry.method
            yield entry.method, view


def validate_blocks(blocks: Sequence[Json], where: str = "", most: int = limits.MESSAGE_BLOCKS) -> None:
    """Both libraries take the blocks, and give them back unchanged."""
    copied: list[dict[str, Any]] = json.loads(json.dumps(blocks))
    assert len(copied) <= most, where
    if most == limits.MESSAGE_BLOCKS:
        assert limits.weight_of(copied) <= limits.ALL_BLOCKS, where
    every = [each for block in copied for each in (block, *block.get("child_blocks", ()))]
    ids = [block["block_id"] for block in every if "block_id" in block]
    _name(copied)
    assert len(set(ids)) == len(ids), f"{where}: block ids are not unique"
    assert all(len(each) <= limits.BLOCK_ID for each in ids), where
    known = [block for block in copied if block["type"] not in _UNKNOWN_TO_SDK]
    again = [block.to_dict() for block in SdkBlock.parse_all(known)]
    assert _slim(again) == _slim(known), f"{where}: slack_sdk reads something else"
    assert _slim([_read(block)._resolve() for block in copied]) == _slim(copied), f"{where}: slackblocks differs"


def validate_view(view: Json, where: str = "") -> None:
    """The same for a view with its blocks."""
    copied: dict[str, Any] = json.loads(json.dumps(view))
    _name(copied["blocks"])
    assert len(json.dumps(copied)) <= _LARGEST_VIEW, where
    validate_blocks(copied["blocks"], where, limits.VIEW_BLOCKS)
    # The SDK's own check of views (24 characters, 3,000 of metadata, submit with inputs) is part of `to_dict`.
    known = copied | {"blocks": [block for block in copied["blocks"] if block["type"] not in _UNKNOWN_TO_SDK]}
    assert _slim(SdkView(**known).to_dict()) == _slim(known), f"{where}: slack_sdk reads something else"
    parts = {key: value for key, value in copied.items() if key != "type"}
    parts |= {key: _text(copied[key]) for key in ("title", "submit", "close") if key in copied}
    parts["blocks"] = [_read(block) for block in copied["blocks"]]
    made = slackblocks.HomeTabView(**parts) if copied["type"] == "home" else slackblocks.ModalView(**parts)
    assert _slim(made._resolve()) == _slim(copied), f"{where}: slackblocks differs"


def _read(value: Json) -> Any:
    """A block or element as slackblocks' own object; it validates what it is built from."""
    kind = str(value["type"])
    if kind in ("mrkdwn", "plain_text"):
        return _text(value)
    if kind == "data_visualization":
        parts: dict[str, Any] = dict(value) | {"chart": _bar_chart(value["chart"])}
        del parts["type"]
        return slackblocks.DataVisualizationBlock(**parts)
    assert kind in _CLASSES, f"slackblocks' name of {kind} is missing here"
    parts = {key: _part(key, inner) for key, inner in value.items() if key != "type"}
    if kind in ("text", "user", "link"):  # a rich text's style is spread over arguments
        parts |= dict(value.get("style") or {})  # type: ignore[call-overload]  # an object of flags
        parts.pop("style", None)
    return getattr(slackblocks, _CLASSES[kind])(**parts)


def _part(key: str, value: object) -> object:
    if key in ("options", "initial_options") and isinstance(value, list):
        return [_option(each) for each in value]
    if key == "initial_option" and isinstance(value, dict):
        return _option(value)
    if key == "option_groups" and isinstance(value, list):
        return [slackblocks.OptionGroup(_text(g["label"]), [_option(each) for each in g["options"]]) for g in value]
    if key in _NAMED and isinstance(value, dict):
        return getattr(slackblocks, _NAMED[key]).from_dict(value)
    if isinstance(value, dict) and "type" in value:
        return _read(value)
    if isinstance(value, list):
        return [_read(each) if isinstance(each, dict) else each for each in value]
    return value


def _bar_chart(chart: Any) -> Any:
    assert chart["type"] == "bar", "the only chart of ours"
    series = [
        slackblocks.DataSeries(each["name"], [slackblocks.DataPoint(**point) for point in each["data"]])
        for each in chart["series"]
    ]
    return slackblocks.BarChart(series, slackblocks.AxisConfig(**chart["axis_config"]))


def _name(blocks: Sequence[dict[str, Any]]) -> None:
    """A block id for each block without one: slackblocks would make one up, as Slack does."""
    for number, block in enumerate(blocks):
        block.setdefault("block_id", f"unnamed.{number}")
        for child_number, child in enumerate(block.get("child_blocks", ())):
            child.setdefault("block_id", f"unnamed.{number}.{child_number}")


def _option(value: Json) -> Any:
    return slackblocks.Option.from_dict(dict(value))


def _text(value: object) -> Any:
    assert isinstance(value, dict)
    return slackblocks.Text.from_dict(value)


def _slim(value: object) -> object:
    """Without what says nothing: false flags and absent values, which either library may leave out or add."""
    if isinstance(value, dict):
        return {
            key: _slim(inner)
            for key, inner in value.items()
            if inner is not None
            and inner is not False
            and not (key in ("offset", "border", "indent") and inner == 0)
            and not (key == "width" and inner == "standard")  # of a container: the default
        }
    return [_slim(inner) for inner in value] if isinstance(value, list | tuple) else value


def _decoded(value: object) -> object:
    return json.loads(value) if isinstance(value, str) and value else value
