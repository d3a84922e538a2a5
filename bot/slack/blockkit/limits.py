"""Every length that Slack holds a message to, in one place, and how we measure against it.

Sources: docs.slack.dev (Block Kit reference, chat.postMessage, chat.update) and users' reports, as noted. Where Slack
does not say whether it counts characters, UTF-16 units or bytes, `weight` counts the most expensive: bytes of JSON.
"""

import json

POST_TEXT = 4_000  # advised for chat.postMessage; above 40,000 it is cut without a word
UPDATE_TEXT = 4_000  # chat.update: msg_too_long
SECTION = 3_000
HEADER = 150
CONTEXT_TEXT = 2_000
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
OPTIONS = 100
OPTION_TEXT = 75
PLACEHOLDER = 150
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
BLOCK_ID = 255
MESSAGE_BLOCKS = 50
VIEW_BLOCKS = 100  # modal or Home
MARKDOWN_TOTAL = 12_000
CONTAINER_TITLE = 150
CONTAINER_BLOCKS = 10  # children of a container
CHART_TITLE = 50
CHART_LABEL = 20  # of a point, a category, a series
CHART_POINTS = 20
AXIS_LABEL = 50
ALL_BLOCKS = 13_200  # msg_blocks_too_long, about; seen in bolt-js #2509
PRIVATE_METADATA = 3_000

BLOCKS_BUDGET = 12_800  # what we allow all blocks of a message, by weight
RICH_TEXT = SECTION  # Slack names no limit for a rich_text block; assume a section's


def weight(text: str) -> int:
    """Bytes of the text inside JSON."""
    return len(json.dumps(text, ensure_ascii=False).encode("utf-8", "replace")) - 2


def weight_of(value: object) -> int:
    """Bytes of a value as compact JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace"))
