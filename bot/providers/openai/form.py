"""The request's body: multipart/form-data (RFC 7578), written without a copy of the audio for each field."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

Fields = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file to send: its name (the extension must fit: servers go by it), type and bytes."""

    name: str
    mime: str
    content: bytes


def write_form(fields: Fields, upload: Upload) -> tuple[str, bytes]:
    """The `Content-Type` and the body of a form with these text fields and the file as `file`.

    Names are ours and plain; a value may be any text.
    """
    boundary = secrets.token_hex(16)
    head = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    head += (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{upload.name}"\r\n'
        f"Content-Type: {upload.mime}\r\n\r\n"
    )
    body = b"".join((head.encode("utf-8", "replace"), upload.content, f"\r\n--{boundary}--\r\n".encode()))
    return f"multipart/form-data; boundary={boundary}", body
