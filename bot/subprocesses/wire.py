"""The tiny typed protocol between this process and its children: frames of a dataclass each, over pipes.

A frame is two big-endian 32-bit lengths, then that many bytes of JSON (`{"is": class name, field: value…}`) and of
raw data (the message's `blob` field, if it has one). Both ends are this program, of one version.
"""

import dataclasses
import json
import struct

HEAD = struct.Struct(">II")
FRAME_LIMIT = 128 * 1024 * 1024  # bytes of either part; more is a broken stream, not a message


class WireError(Exception):
    """The bytes are not a message that both ends know."""


class Wire:
    """The set of dataclasses that one conversation is made of."""

    def __init__(self, *messages: type) -> None:
        self._messages = {message.__name__: message for message in messages}

    def encode(self, message: object) -> bytes:
        """One frame. Field values must be what JSON has, besides the `blob`."""
        kind = type(message)
        if self._messages.get(kind.__name__) is not kind or not dataclasses.is_dataclass(message):
            raise WireError(f"{kind.__name__} is not part of this conversation")
        fields = {f.name: getattr(message, f.name) for f in dataclasses.fields(message)}
        blob: bytes = fields.pop("blob", b"")
        text = json.dumps({"is": kind.__name__, **fields}, separators=(",", ":")).encode()
        return HEAD.pack(len(text), len(blob)) + text + blob

    def decode(self, text: bytes, blob: bytes) -> object:
        """The message of a frame. Raises `WireError`."""
        try:
            fields = json.loads(text)
            message = self._messages[fields.pop("is")]
            return message(**fields, blob=blob) if blob else message(**fields)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise WireError(f"not a message: {type(error).__name__}") from error


def measure(head: bytes) -> tuple[int, int]:
    """Lengths of the JSON and of the raw data that follow an eight-byte head. Raises `WireError`."""
    text, blob = HEAD.unpack(head)
    if text > FRAME_LIMIT or blob > FRAME_LIMIT:
        raise WireError("frame too long")
    return text, blob
