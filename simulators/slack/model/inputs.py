"""What the fields of blocks hold before anybody touched them.

Slack's `state.values` has an entry for every field of a view or message, with its initial value or null, not only for
those that a person used (java-slack-sdk `json-logs`; bolt-js 1258 shows both). When a view is updated, a field with the
same `block_id` and `action_id` keeps its state, touched or not, whatever its new initial value is (bolt-js 290,
bolt-python 572, docs.slack.dev on `views.update`, "Preserving input entry").
"""

from __future__ import annotations

from collections.abc import Iterator

from simulators.slack.rules.newer_blocks import every_block
from simulators.slack.wire import Json, as_list, as_object, as_objects, as_text

_ENTRY: dict[str, tuple[str, str, object]] = {
    **dict.fromkeys(
        ("plain_text_input", "email_text_input", "url_text_input", "number_input"), ("value", "initial_value", None)
    ),
    **dict.fromkeys(("static_select", "external_select", "radio_buttons"), ("selected_option", "initial_option", None)),
    **dict.fromkeys(
        ("checkboxes", "multi_static_select", "multi_external_select"), ("selected_options", "initial_options", [])
    ),
    "users_select": ("selected_user", "initial_user", None),
    "multi_users_select": ("selected_users", "initial_users", []),
    "channels_select": ("selected_channel", "initial_channel", None),
    "multi_channels_select": ("selected_channels", "initial_channels", []),
    "conversations_select": ("selected_conversation", "initial_conversation", None),
    "multi_conversations_select": ("selected_conversations", "initial_conversations", []),
    "datepicker": ("selected_date", "initial_date", None),
    "timepicker": ("selected_time", "initial_time", None),
    "datetimepicker": ("selected_date_time", "initial_date_time", None),
}
"""For each kind of field: its key in the state, the property with its initial value, and the value for none."""


def _elements(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield each block with each of its elements: in a row, beside a section, in an input."""
    for block in every_block(blocks):
        for each in (*as_list(block.get("elements")), block.get("accessory"), block.get("element")):
            if isinstance(each, dict):
                yield block, as_object(each)


def with_action(blocks: list[Json], action_id: str) -> Iterator[tuple[Json, Json]]:
    """Yield each element with this action id, after its block."""
    for block, element in _elements(blocks):
        if element.get("action_id") == action_id:
            yield block, element


def entered(blocks: object, values: Json) -> Json:
    """Return the whole state of the fields of `blocks`: `values` (by block id and action id), else initial values."""
    state: Json = {block_id: dict(as_object(fields)) for block_id, fields in values.items()}
    for block, element in _elements(as_objects(blocks)):
        kind, action_id = as_text(element.get("type")), as_text(element.get("action_id"))
        if kind in _ENTRY:
            key, initial, none = _ENTRY[kind]
            fields = as_object(state.get(as_text(block.get("block_id"))))
            entry = {"type": kind, key: element.get(initial, none)} | as_object(fields.get(action_id))
            state[as_text(block.get("block_id"))] = fields | {action_id: entry}
    return state


def carried_over(blocks: object, before: object, values: Json) -> Json:
    """Return what the fields of an updated view hold already, from `values` of the view `before`."""
    state = entered(before, values)
    kept: Json = {}
    for block, element in _elements(as_objects(blocks)):
        block_id, action_id = as_text(block.get("block_id")), as_text(element.get("action_id"))
        held = as_object(state.get(block_id)).get(action_id)
        if held is not None:
            kept[block_id] = as_object(kept.get(block_id)) | {action_id: held}
    return kept
