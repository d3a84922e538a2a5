"""A multipart/form-data body read strictly (RFC 7578): parts with a name, files with a name and a type."""

from dataclasses import dataclass, field
from email.message import Message
from typing import Final

from simulators.provider.refusal import RefusalError

_HEAD_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class FilePart:
    """The recording that was sent."""

    name: str
    content_type: str
    content: bytes


@dataclass(slots=True)
class Form:
    """The parts: text fields by name, several values each; one file."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    file: FilePart | None = None

    def one(self, name: str) -> str | None:
        """Return the only value of a field, None when it was not sent; refuses a repeated one."""
        values = self.fields.get(name, [])
        if len(values) > 1:
            raise RefusalError(400, f"Duplicate field: {name}", violation="repeated-field")
        return values[0] if values else None

    def many(self, name: str) -> list[str]:
        """Return all values of a field in order."""
        return self.fields.get(name, [])


def read_form(content_type: str, body: bytes) -> Form:
    """Return the form in `body`. Raises `RefusalError` (400) for anything that is not a well-formed one."""
    header = Message()
    header["Content-Type"] = content_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise RefusalError(400, "Content-Type must be multipart/form-data", violation="not-multipart")
    mark = b"--" + boundary.encode()
    start, end = body.find(mark), body.rfind(b"\r\n" + mark + b"--")
    if start != 0 or end < 0:
        raise RefusalError(400, "There was an error parsing the body", violation="bad-multipart")
    form = Form()
    for raw in (b"\r\n" + body[:end]).split(b"\r\n" + mark + b"\r\n")[1:]:
        _take(form, raw)
    return form


def _take(form: Form, raw: bytes) -> None:
    head, found, content = raw.partition(_HEAD_END)
    headers = Message()
    for line in head.decode("utf-8", "replace").split("\r\n"):
        name, colon, value = line.partition(":")
        if not colon:
            raise RefusalError(400, "There was an error parsing the body", violation="bad-multipart")
        headers[name] = value.strip()
    field_name = headers.get_param("name", header="content-disposition")
    if not found or headers.get_content_disposition() != "form-data" or not isinstance(field_name, str):
        raise RefusalError(400, "There was an error parsing the body", violation="bad-multipart")
    file_name = headers.get_param("filename", header="content-disposition")
    if field_name == "file":
        if not isinstance(file_name, str) or not file_name:
            raise RefusalError(400, "Unrecognized file format", violation="no-file-name")
        if form.file is not None:
            raise RefusalError(400, "Duplicate field: file", violation="repeated-field")
        form.file = FilePart(file_name, headers.get_content_type() if "content-type" in headers else "", content)
        return
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise RefusalError(400, f"{field_name} is not UTF-8", violation="not-utf8") from None
    form.fields.setdefault(field_name, []).append(text)
