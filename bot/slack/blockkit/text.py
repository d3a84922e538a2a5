"""Text on its way to Slack: made harmless, measured, and cut only where a reader would cut it. Pure.

Transcripts travel in `rich_text` elements, whose text Slack shows as it is: no mention, link, emoji or markup can
come of it, and nothing needs escaping. Labels (names of files, titles) stand in `mrkdwn`, and are quieted for it.
"""

import re
from collections.abc import Callable

import regex  # type: ignore[import-untyped]  # ships no stubs; only \X is used, and typed below

from bot.slack.blockkit.limits import weight
from bot.text.printable import printable

JOINER = "\u2060"  # word joiner: no width, no line break; it keeps a mark from being one
_LOOK_ALIKES = str.maketrans({"*": "∗", "`": "ˋ", "~": "∼"})  # a joiner does not keep these from pairing
_EDGE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")  # an underscore inside a word is only that
_MARKS = re.compile(r"[@#]|:(?=[\w+'/-])|(?<=\bwww)(?=\.)", re.IGNORECASE)
_GRAPHEME = regex.compile(r"\X")
_BREAKS = ("\n\n", "\n", ". ", "։ ", "? ", "! ", "。", "؟ ", "، ", ", ", " ")


def escape(text: str) -> str:
    """The three characters that Slack reads as control characters, written as entities."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_label(text: str) -> str:
    """A label for `mrkdwn`: one line, escaped, and no mark, mention, shortcode or address in it acts.

    Marks that come in pairs are shown as look-alikes; the others are parted from what they would act on.
    """
    label = _EDGE.sub("ˍ", " ".join(printable(text).split()).translate(_LOOK_ALIKES))
    label = escape(_MARKS.sub(lambda mark: f"{mark[0]}{JOINER}", label))
    return f"{JOINER}{label}" if label.startswith("&gt;") else label  # or it would open a quotation


def escape_plain(text: str) -> str:
    """A label for `plain_text`, where only emoji shortcodes could act."""
    return re.sub(r":(?=[\w+'-])", f":{JOINER}", " ".join(printable(text).split()))


def cut(text: str, limit: int, measure: Callable[[str], int] = weight) -> tuple[str, str]:
    """A head that measures at most `limit`, and the rest. The two together are the text.

    The cut is after a paragraph, a line, a sentence or a word where one ends in the second half, else between
    graphemes, and inside one only if it alone is longer than the limit.
    """
    if len(text) <= limit and measure(text) <= limit:  # nothing measures less than its characters
        return text, ""
    size = end = 0
    for grapheme in _GRAPHEME.finditer(text):
        size += measure(grapheme[0])
        if size > limit:
            break
        end = grapheme.end()
    if end == 0:  # one grapheme beyond all measure: a base letter under thousands of marks
        while end < len(text) and measure(text[: end + 1]) <= limit:
            end += 1
        end = max(end, 1)
        return text[:end], text[end:]
    for sign in _BREAKS:
        at = text.rfind(sign, end // 2, end)
        if at >= 0:
            return text[: at + len(sign)], text[at + len(sign) :]
    return text[:end], text[end:]


def split(text: str, limit: int, measure: Callable[[str], int] = weight) -> list[str]:
    """The text in pieces that measure at most `limit` each; joined they are the text."""
    pieces = []
    while text:
        head, text = cut(text, limit, measure)
        pieces.append(head)
    return pieces


def clip(text: str, limit: int, measure: Callable[[str], int] = len) -> str:
    """A label of at most `limit`: whole, or its head with an ellipsis."""
    if measure(text) <= limit:
        return text
    head, _ = cut(text, limit - measure("…"), measure)
    return f"{head.rstrip()}…"
