"""Answers of another shape than the documents say: never "nothing was said", and no number that breaks what follows."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.errors import Transient
from bot.domain.job import RemoteJob
from bot.domain.transcript import Transcript
from bot.http import Answer, Http
from bot.ports.provider import Succeeded, WebhookRequest
from bot.providers.invox.provider import InvoxProvider
from bot.providers.json_fields import seconds, upload_url
from bot.providers.nabla.results import read_standing as nabla_standing
from bot.providers.openai.answers import is_error, may_have_been_done
from bot.providers.xosum.provider import read_standing as xosum_standing
from bot.text.exports.formats import available, export
from bot.text.paragraphs import paragraphs
from tests.providers.peers import REF, StillClock
from tests.providers.test_webhook_trust import APP, KEY, SECRET, VECTOR_A
from tests.support.machine.http_server import serving
from tests.support.providers import account

OTHER_SHAPES: list[object] = ["words", {"0": "words"}, 5, ["words"], [["words"]], [{"words": "said"}], [{"text": 5}]]


@asynccontextmanager
async def invox(http: Http, clock: StillClock, transcription: object) -> AsyncIterator[InvoxProvider]:
    """Its account at a server that says `COMPLETED` with this transcription."""

    async def answer(request: web.Request) -> web.Response:
        found = {"accessToken": "t", "expiresIn": 7200, "processingStatus": "COMPLETED", "transcription": transcription}
        return web.json_response(found)

    app = web.Application()
    app.router.add_post("/{path:.*}", answer)
    async with serving(app) as url:
        known = {"INVOX_BASE_URL": url, "INVOX_APP_ID": APP, "INVOX_API_KEY": KEY, "INVOX_APP_SECRET": SECRET}
        yield account("invox", {**known, "PUBLIC_URL": "https://bot.example"}, http, clock)


@pytest.mark.parametrize("transcription", [5, True, ["words"], {"text": "words"}])
def test_a_transcription_of_xosum_that_is_no_text_is_not_silence(transcription: object) -> None:
    with pytest.raises(Transient, match="no text"):
        xosum_standing({"status": "transcribed", "transcription": transcription}, "GET xosum")


@pytest.mark.parametrize("transcript", OTHER_SHAPES[3:])
def test_a_transcript_of_nabla_that_cannot_be_read_is_not_silence(transcript: object) -> None:
    with pytest.raises(Transient, match="cannot be read"):
        nabla_standing({"status": "SUCCEEDED", "payload": {"transcript": transcript}}, "", "GET nabla")


@pytest.mark.parametrize("transcription", OTHER_SHAPES)
async def test_a_transcription_of_invox_that_cannot_be_read_is_not_silence(
    http: Http, clock: StillClock, transcription: object
) -> None:
    async with invox(http, clock, transcription) as provider:
        with pytest.raises(Transient, match="cannot be read"):
            await provider.poll(RemoteJob("r1"), REF)


@pytest.mark.parametrize("transcription", [[], None])
async def test_an_empty_list_of_invox_is_silence(http: Http, clock: StillClock, transcription: object) -> None:
    async with invox(http, clock, transcription) as provider:
        assert await provider.poll(RemoteJob("r1"), REF) == Succeeded(Transcript(()))


@pytest.mark.parametrize("transcription", [*OTHER_SHAPES, None])
async def test_a_callback_that_cannot_be_read_only_wakes(http: Http, clock: StillClock, transcription: object) -> None:
    body = {"requestId": "r1", "status": "COMPLETED", "signature": VECTOR_A, "transcription": transcription}
    async with invox(http, clock, []) as provider:
        news = provider.verify_webhook(WebhookRequest(json.dumps(body).encode(), {}, "token"))
    assert (news.ref, news.result) == ("r1", b"")


@pytest.mark.parametrize(
    "body", [{"text": 5}, {"text": ["words"]}, {"text": {"words": "x"}}, {"segments": {"0": "x"}, "text": "x"}]
)
def test_a_result_of_another_shape_is_an_error_that_may_have_been_billed(body: object) -> None:
    answer = Answer(200, {}, json.dumps(body).encode())
    assert is_error(answer)
    assert may_have_been_done(answer)


NUMBERS = st.floats(allow_nan=True) | st.integers() | st.text() | st.sampled_from([1e300, -1e300, 10**400, "1e308"])


@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=5), NUMBERS)
def test_no_number_of_a_provider_breaks_a_page_or_a_file(times: list[tuple[object, object]], length: object) -> None:
    items = [{"text": "some words", "start_offset_ms": start, "end_offset_ms": end} for start, end in times]
    found = nabla_standing({"status": "SUCCEEDED", "payload": {"transcript": items}}, "", "GET nabla")
    assert isinstance(found, Succeeded)
    assert found.transcript is not None
    list(paragraphs(found.transcript))
    for wanted in available(found.transcript):
        export(found.transcript, wanted, title="A title")
    said = xosum_standing({"status": "transcribed", "transcription": "words", "duration": length}, "GET xosum")
    assert isinstance(said, Succeeded)
    assert said.transcript is not None
    assert said.transcript.seconds is None or 0 <= said.transcript.seconds <= 30 * 86_400


@pytest.mark.parametrize(("value", "read"), [(1.5, 1.5), ("2", 2.0), (-0.2, 0.0), (1e300, None), (-1e300, None)])
def test_a_time_is_within_a_recording(value: object, read: float | None) -> None:
    assert seconds({"at": value}, "at") == read


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://bucket.s3.eu-west-1.amazonaws.com/k?X-Amz-Signature=a%2Fb", True),
        ("https://127.0.0.1:9000/k?sig=a", True),
        ("https://[2001:db8::1]:9000/k", True),
        ("https://my_bucket.minio/k", True),
        ("https://host:99999/k", False),
        ("https://host:port/k", False),
        ("https://ho st/k", False),
        ("https://a..b/k", False),
        ("https://host/a\nb", False),
        ("https://host/\x00", False),
        (" https://host/k", False),
        ("https://host/" + "a" * 70_000, False),
        ("https:///k", False),
        ("http://host/k", False),
        ("file:///etc/passwd", False),
    ],
)
def test_only_an_address_that_can_be_written_to_is_an_upload_url(url: str, taken: bool) -> None:
    assert bool(upload_url({"url": url}, "url", "https://api.example")) is taken
