"""One request to a provider: its credentials and its JSON, read strictly."""

import base64
import binascii
import json

from aiohttp import web
from pydantic import JsonValue

from simulators.provider.ledger import Ledger, RequestRecord
from simulators.provider.refusal import RefusalError

JsonObject = dict[str, JsonValue]


class Call:
    """One request being answered."""

    def __init__(self, request: web.Request, record: RequestRecord, ledger: Ledger) -> None:
        self.request = request
        self.record = record
        self._ledger = ledger

    @property
    def operation(self) -> str:
        """The operation's name."""
        return self.record.operation

    def breach(self, kind: str, detail: str) -> None:
        """Record that this request breaks the contract."""
        self._ledger.breach(self.record.at, kind, self.operation, detail)

    async def json(self, allowed: frozenset[str], required: frozenset[str] = frozenset()) -> JsonObject:
        """Return the JSON object sent; refuses another media type, another shape, unknown and missing fields."""
        if self.request.content_type != "application/json":
            raise RefusalError(
                415, "Content-Type must be application/json", violation="not-json-type", name="invalidRequestBody"
            )
        try:
            body: JsonValue = json.loads(await self.request.read())
        except ValueError:
            raise RefusalError(400, "The body is not JSON", violation="not-json", name="invalidRequestBody") from None
        if not isinstance(body, dict):
            raise RefusalError(400, "The body must be an object", violation="not-json", name="invalidRequestBody")
        for problem, names in (("unknown", body.keys() - allowed), ("missing", required - body.keys())):
            if names:
                words = f"{problem} field: {', '.join(sorted(names))}"
                raise RefusalError(400, words, violation=f"{problem}-field", name="invalidRequestBody")
        return body

    def bearer(self) -> str:
        """Return the bearer token; refuses with 401 when there is none."""
        scheme, _, token = self.request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise RefusalError(401, "Bearer token missing", violation="missing-bearer")
        return token

    def basic(self) -> str:
        """Return the decoded Basic credential; refuses with 401 what is not strict base64 of UTF-8."""
        scheme, _, value = self.request.headers.get("Authorization", "").partition(" ")
        if scheme != "Basic":
            raise RefusalError(401, "Basic credential missing", violation="missing-basic")
        try:
            return base64.b64decode(value, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise RefusalError(401, "Bad credential encoding", violation="bad-basic") from None
