"""Presigned uploads: one URL for one job, taken verbatim, for a limited time."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import formatdate
from typing import Final
from urllib.parse import quote

from aiohttp import web

from simulators.provider.call import Call
from simulators.provider.clock import ProviderClock
from simulators.provider.faults import FaultBook
from simulators.provider.refusal import CutError, RefusalError
from simulators.provider.uploads.media import Content, Intake

ROUTE: Final = "/storage/{key:.*}"
_CHUNK: Final = 256 * 1024


@dataclass(slots=True)
class _Ticket:
    job: str
    target: str
    expires_at: float
    content_type: str | None
    stored: Content | None = None


class PresignedStore:
    """Issues upload URLs and receives one recording for each.

    `accept` is called once per URL with what arrived. It may refuse; nothing is stored then. A repeated PUT while the
    URL is valid answers 200 as the first did, reads the bytes, and changes nothing.
    """

    def __init__(
        self, clock: ProviderClock, faults: FaultBook, base: Callable[[], str], accept: Callable[[str, Content], None]
    ) -> None:
        self._clock = clock
        self._faults = faults
        self._base = base
        self._accept = accept
        self._tickets: dict[str, _Ticket] = {}
        self._keys: dict[str, str] = {}
        self._secret = secrets.token_bytes(32)

    def issue(self, job: str, seconds: float, content_type: str | None = None) -> str:
        """Return an upload URL that lives for `seconds`; only `content_type` is then taken, None means any audio."""
        now = self._clock.now()
        key = f"/storage/recordings/{secrets.token_hex(8)}/{job}"
        stamp = formatdate(now, usegmt=True)
        signature = hmac.new(self._secret, f"{key}{now}".encode(), hashlib.sha256).hexdigest()
        # Every part of this query is there to break a client that parses it and writes it again: escapes in
        # both cases, a plus, an unescaped tilde, an empty value, a repeated name, an order that is not sorted.
        query = (
            "X-Amz-Algorithm=AWS4-HMAC-SHA256"
            f"&X-Amz-Credential=SIM%2F20250101%2Feu-central-1%2Fs3%2faws4_request&X-Amz-Date={quote(stamp, safe='')}"
            f"&X-Amz-Expires={seconds:.0f}&X-Amz-SignedHeaders=content-type%3Bhost&x-id=PutObject"
            f"&response=a+b%20c&tag=~1&empty=&tag=%7E2&X-Amz-Signature={signature}&a=z"
        )
        target = f"{key}?{query}"
        self._tickets[key] = _Ticket(job, target, now + seconds, content_type)
        self._keys[job] = key
        return self._base() + target

    def expire(self, job: str | None = None) -> None:
        """End the life of one job's upload URL, or of all."""
        for ticket in self._tickets.values():
            if job in (None, ticket.job):
                ticket.expires_at = self._clock.now()

    def job_at(self, path: str) -> str | None:
        """Return the job whose upload URL has this path."""
        ticket = self._tickets.get(path)
        return ticket.job if ticket else None

    async def put(self, call: Call) -> web.Response:
        """Answer one PUT."""
        ticket = self._admit(call)
        content = await self._receive(call, ticket)
        if ticket.stored is None:
            self._accept(ticket.job, content)
            ticket.stored = content
        return web.Response(status=200, headers={"ETag": f'"{content.sha256[:32]}"'})

    def _admit(self, call: Call) -> _Ticket:
        """Return what a PUT may fill; refuses it before its body is read."""
        request = call.request
        ticket = self._tickets.get(request.path)
        if "Authorization" in request.headers:
            words = "Only one auth mechanism allowed"
            raise RefusalError(400, words, name="InvalidArgument", violation="authorization-at-presigned-url")
        if ticket is None:
            raise RefusalError(404, "No such key", name="NoSuchKey", violation="unknown-upload")
        call.record.job = ticket.job
        if request.raw_path != ticket.target:
            words = "The request signature we calculated does not match"
            detail = "the query of the upload URL was changed"
            raise RefusalError(403, words, name="SignatureDoesNotMatch", violation="upload-url-changed", detail=detail)
        if "Transfer-Encoding" in request.headers or request.content_length is None:
            words = "You must provide the Content-Length HTTP header"
            raise RefusalError(411, words, name="MissingContentLength", violation="chunked-upload")
        if self._clock.now() >= ticket.expires_at:
            raise RefusalError(403, "Request has expired", name="AccessDenied")
        sent = request.headers.get("Content-Type")
        if ticket.content_type is not None and sent != ticket.content_type:
            words = "Content-Type differs from the signed one"
            detail = f"{sent!r} instead of {ticket.content_type!r}"
            raise RefusalError(403, words, name="SignatureDoesNotMatch", violation="wrong-upload-type", detail=detail)
        return ticket

    async def _receive(self, call: Call, ticket: _Ticket) -> Content:
        cut = self._faults.take(call.operation, "cut_upload", job=ticket.job)
        intake = Intake()
        if cut is not None and cut.size <= 0:
            call.record.faults.append(cut.kind)
            raise CutError
        async for chunk in call.request.content.iter_chunked(_CHUNK):
            intake.feed(chunk)
            if cut is not None and intake.size >= cut.size:
                call.record.faults.append(cut.kind)
                raise CutError
        content = await intake.content()
        if content.leaked_token:
            raise RefusalError(400, "Foreign credential", name="InvalidArgument", violation="slack-token")
        return content
