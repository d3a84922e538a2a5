"""Which properties each block, element and composition object may have; any other makes Slack refuse the whole.

Sources: the Block Kit reference (docs.slack.dev, each page's table of fields), slack_sdk's models of the same; the
refusal is `invalid additional property: NAME` (CopilotKit 6462, and users who gave a mrkdwn text an `emoji`).
"""

from __future__ import annotations

_MENU = {"type", "action_id", "placeholder", "confirm", "focus_on_load"}
_CHOICES = {"type", "action_id", "options", "confirm", "focus_on_load"}
_MANY = {"max_selected_items"}

BLOCKS: dict[str, set[str]] = {
    "section": {"type", "block_id", "text", "fields", "accessory", "expand"},
    "header": {"type", "block_id", "text"},
    "divider": {"type", "block_id"},
    "context": {"type", "block_id", "elements"},
    "actions": {"type", "block_id", "elements"},
    "image": {"type", "block_id", "alt_text", "image_url", "slack_file", "title"},
    "input": {"type", "block_id", "label", "element", "dispatch_action", "hint", "optional"},
    "markdown": {"type", "block_id", "text"},
    "rich_text": {"type", "block_id", "elements"},
    "table": {"type", "block_id", "rows", "column_settings"},
    "file": {"type", "block_id", "external_id", "source"},
    "video": {
        *("type", "block_id", "alt_text", "author_name", "description", "provider_icon_url", "provider_name"),
        *("title", "title_url", "thumbnail_url", "video_url"),
    },
}
ELEMENTS: dict[str, set[str]] = {
    "image": {"type", "alt_text", "image_url", "slack_file"},
    "button": {"type", "action_id", "text", "url", "value", "style", "confirm", "accessibility_label"},
    "overflow": {"type", "action_id", "options", "confirm"},
    "checkboxes": _CHOICES | {"initial_options"},
    "radio_buttons": _CHOICES | {"initial_option"},
    "static_select": _MENU | {"options", "option_groups", "initial_option"},
    "external_select": _MENU | {"min_query_length", "initial_option"},
    "users_select": _MENU | {"initial_user"},
    "channels_select": _MENU | {"initial_channel", "response_url_enabled"},
    "conversations_select": _MENU
    | {"initial_conversation", "default_to_current_conversation", "response_url_enabled", "filter"},
    "multi_static_select": _MENU | _MANY | {"options", "option_groups", "initial_options"},
    "multi_external_select": _MENU | _MANY | {"min_query_length", "initial_options"},
    "multi_users_select": _MENU | _MANY | {"initial_users"},
    "multi_channels_select": _MENU | _MANY | {"initial_channels"},
    "multi_conversations_select": _MENU
    | _MANY
    | {"initial_conversations", "default_to_current_conversation", "filter"},
    "datepicker": _MENU | {"initial_date"},
    "timepicker": _MENU | {"initial_time", "timezone"},
    "datetimepicker": {"type", "action_id", "initial_date_time", "confirm", "focus_on_load"},
    "plain_text_input": {
        *("type", "action_id", "initial_value", "multiline", "min_length", "max_length"),
        *("dispatch_action_config", "focus_on_load", "placeholder"),
    },
}
TEXTS: dict[str, set[str]] = {"plain_text": {"type", "text", "emoji"}, "mrkdwn": {"type", "text", "verbatim"}}
OPTION = {"text", "value", "description", "url"}
OPTION_GROUP = {"label", "options"}
CONFIRM = {"title", "text", "confirm", "deny", "style"}
HOME = {"type", "blocks", "private_metadata", "callback_id", "external_id"}
MODAL = HOME | {"title", "submit", "close", "clear_on_close", "notify_on_close", "submit_disabled"}
