"""What a storage may answer to an upload, and what that means for the job."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web

from bot.domain.errors import Misconfigured, RateLimited, Rejected, Transient, UploadUrlRefused
from bot.http import Http
from bot.providers.presigned import put_audio
from tests.providers.peers import Meter, Recording
from tests.support.machine.http_server import serving


class Storage:
    """Answers every PUT with `status` and `body`."""

    status, body = 200, ""
    url = ""

    async def put(self, request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=self.status, text=self.body)


@pytest.fixture
async def storage() -> AsyncIterator[Storage]:
    found = Storage()
    app = web.Application()
    app.router.add_put("/{path:.*}", found.put)
    async with serving(app) as address:
        found.url = f"{address}/k?sig=hush"
        yield found


def coded(code: str) -> str:
    return f"<?xml version='1.0'?><Error><Code>{code}</Code><Signature>hush</Signature></Error>"


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (403, "", UploadUrlRefused, "upload URL refused"),
        (403, coded("AccessDenied"), UploadUrlRefused, "upload URL refused"),
        (401, "", UploadUrlRefused, "upload URL refused"),
        (404, coded("NoSuchKey"), UploadUrlRefused, "upload URL refused"),
        (410, "gone", UploadUrlRefused, "upload URL refused"),
        (400, coded("ExpiredToken"), UploadUrlRefused, "upload URL refused"),
        (403, coded("SignatureDoesNotMatch"), Misconfigured, "Content-Type"),
        (400, coded("RequestTimeout"), Transient, "400"),
        (409, "", Transient, "409"),
        (500, "", Transient, "500"),
        (503, coded("SlowDown"), Transient, "503"),
        (429, "", RateLimited, "too many"),
        (400, coded("InvalidMedia"), Rejected, "InvalidMedia"),
        (413, "", Rejected, "413"),
        (400, coded("EntityTooLarge"), Rejected, "EntityTooLarge"),
        (302, "", Rejected, "302"),
    ],
)
async def test_each_refusal_has_its_meaning_and_quotes_no_signature(
    storage: Storage, http: Http, status: int, body: str, error: type[Exception], words: str
) -> None:
    storage.status, storage.body = status, body
    with pytest.raises(error, match=words) as caught:
        await put_audio(http, "acme", "Acme", storage.url, "audio/mpeg", Recording(b"x" * 9000), Meter().progress)
    assert type(caught.value) is error
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize("status", [200, 201, 204])
async def test_any_success_is_one(storage: Storage, http: Http, status: int) -> None:
    storage.status = status
    await put_audio(http, "acme", "Acme", storage.url, "", Recording(b"x" * 9000), Meter().progress)
