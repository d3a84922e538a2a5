"""Text of strangers made safe to show: in a terminal, in Slack, in a file.

No control character (terminals act on escapes), no lone surrogate, and none of the characters that turn the direction
of what follows (a file name with U+202E in it reads backwards to the end of the line).
"""

import re
import unicodedata

_CONTROL = {"Cc", "Cs"}
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")  # embeddings, overrides and isolates; plain marks may stay


def printable(text: str) -> str:
    """Line ends as newlines, directions removed; what nothing can show (control characters) as U+FFFD."""
    text = _DIRECTION.sub("", _LINE_ENDS.sub("\n", text))
    if text.isprintable():
        return text
    return "".join(
        "\ufffd" if (unicodedata.category(c) in _CONTROL and c not in "\n\t") or (ord(c) & 0xFFFE) == 0xFFFE else c
        for c in text
    )


def one_line(text: str) -> str:
    """The same on one line, white space folded."""
    return " ".join(printable(text).split())
