"""A job of the Nabla simulator: its status, its transcript, and the download of its audio."""

import hashlib
import tempfile
from typing import Literal

import pytest
from aiohttp import web

from simulators.nabla import NablaSimulator
from simulators.provider.results import mark_of
from tests.simulators.provider.nabla.client import Client
from tests.simulators.provider.peers import MovableClock, Receiver, silent_mp3, until
from tests.support.machine.http_server import serving


async def test_a_job_is_ongoing_without_payload_and_then_succeeded(
    nabla: NablaSimulator, client: Client, clock: MovableClock, receiver: Receiver
) -> None:
    made = (await client.create(client_request_id="mine")).json()
    assert made == {"id": made["id"], "status": "ONGOING", "client_request_id": "mine"}
    await until(lambda: nabla.billed)
    assert (await client.read(made["id"])).json() == made
    clock.advance(9)
    done = (await client.read(made["id"])).json()
    assert done["status"] == "SUCCEEDED"
    items = done["payload"]["transcript"]
    assert items[0].keys() == {"text", "speaker_type", "start_offset_ms", "end_offset_ms"}
    assert [item["speaker_type"] for item in items[:2]] == ["DOCTOR", "PATIENT"]
    assert mark_of(nabla.billed[0].sha256) in items[1]["text"]
    assert [fetch.method for fetch in nabla.fetches] == ["GET"]
    assert "Authorization" not in receiver.fetches[0].headers
    assert nabla.violations == []


@pytest.mark.parametrize(
    ("locale", "word"), [("ARMENIAN_AM", "Բարև"), ("FRENCH_FR", "Bonjour"), ("RUSSIAN_RU", "день"), ("URDU_IN", "Good")]
)
async def test_the_default_transcript_follows_the_locale(
    nabla: NablaSimulator, client: Client, clock: MovableClock, locale: str, word: str
) -> None:
    request = await client.fetched(speech_locale=locale)
    clock.advance(9)
    assert word in (await client.read(request)).json()["payload"]["transcript"][0]["text"]


async def test_items_can_be_split_by_sentence(nabla: NablaSimulator, client: Client, clock: MovableClock) -> None:
    whole, split = await client.fetched(), await client.fetched(split_by_sentence=True)
    clock.advance(9)
    whole_items, items = [(await client.read(one)).json()["payload"]["transcript"] for one in (whole, split)]
    assert len(items) > len(whole_items)
    assert " ".join(item["text"] for item in items) == " ".join(item["text"] for item in whole_items)
    starts = [item["start_offset_ms"] for item in items]
    assert starts == sorted(starts)


async def test_a_create_can_be_answered_when_the_job_has_already_ended(nabla: NablaSimulator, client: Client) -> None:
    nabla.settings.create_waits = True
    nabla.settings.job_seconds = 0
    assert (await client.create()).json()["status"] == "SUCCEEDED"
    client.receiver.files.clear()
    assert (await client.create()).json()["status"] == "FAILED"


@pytest.mark.parametrize("style", ["get", "head", "ranges"])
async def test_the_download_can_use_head_and_ranges(
    nabla: NablaSimulator,
    client: Client,
    receiver: Receiver,
    clock: MovableClock,
    style: Literal["get", "head", "ranges"],
) -> None:
    content = silent_mp3(600, style)

    async def serve(request: web.Request) -> web.StreamResponse:
        response = web.FileResponse(path)
        response.content_type = "audio/mpeg"
        return response

    with tempfile.NamedTemporaryFile(suffix=".mp3") as file:
        file.write(content)
        file.flush()
        path = file.name
        app = web.Application()
        app.router.add_get("/a.mp3", serve)
        nabla.settings.download = style
        async with serving(app) as address:
            await client.fetched(file_url=f"{address}/a.mp3")
    assert nabla.billed[0].sha256 == hashlib.sha256(content).hexdigest()
    methods = {"get": ["GET"], "head": ["HEAD", "GET"], "ranges": ["GET"] * 3}
    assert [fetch.method for fetch in nabla.fetches] == methods[style]
    assert nabla.violations == []
