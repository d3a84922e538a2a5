"""What the simulated OpenAI-compatible servers break when a test asks for it."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from simulators.openai.dialects import DialectName
from simulators.provider.faults import Fault
from tests.simulators.provider.openai.serving import NAMES, SECOND, file_for, serving
from tests.simulators.provider.peers import until


async def test_a_cut_after_the_work_is_billed_and_one_before_is_not() -> None:
    async with serving() as client:
        for kind, billed in (("cut_before", 0), ("cut_upload", 0), ("cut_after", 1)):
            client.server.faults.add(Fault(kind=kind))
            with pytest.raises(httpx.RemoteProtocolError):
                await client.send(SECOND)
            assert len(client.server.billed) == billed, kind


@pytest.mark.parametrize("dialect", NAMES)
async def test_refusals_have_the_dialects_shape(dialect: DialectName) -> None:
    content, name = file_for(dialect)
    async with serving(dialect) as client:
        client.server.fault("server_error", "transcribe", status=500, text="CUDA out of memory")
        answer = await client.send(content, name)
        assert answer.status_code == 500
        body = answer.json()
        words = {"speaches": body.get("detail"), "whisper.cpp": body.get("error")}.get(dialect)
        assert (words or body["error"]["message"]) == "CUDA out of memory"


async def test_a_200_can_be_an_error_a_page_or_bare_words() -> None:
    async with serving() as client:
        client.server.fault("error_body", "transcribe")
        answer = await client.send(SECOND)
        assert (answer.status_code, set(answer.json())) == (200, {"error"})
        client.server.fault("html", "transcribe")
        page = await client.send(SECOND)
        assert (page.status_code, page.headers["Content-Type"][:9]) == (200, "text/html")
        client.server.fault("plain_text", "transcribe")
        bare = await client.send(SECOND)
        assert (bare.status_code, bare.headers["Content-Type"][:10]) == (200, "text/plain")
        client.server.fault("page_too_large", "transcribe")
        large = await client.send(SECOND)
        assert (large.status_code, large.headers["Content-Type"][:9]) == (413, "text/html")


@pytest.mark.parametrize(
    ("kind", "look"),
    [
        ("duration_text", lambda body: body["duration"] == "1.0"),
        ("no_segments", lambda body: "segments" not in body and body["text"]),
        ("missing_fields", lambda body: "language" not in body and "end" not in body["segments"][-1]),
        ("no_text", lambda body: "text" not in body),
        ("invented", lambda body: body["segments"][-1]["no_speech_prob"] > 0.9),
        ("looped", lambda body: body["segments"][-1]["compression_ratio"] > 5),
    ],
)
async def test_the_shape_of_an_answer_can_be_odd(kind: str, look: Callable[[dict[str, Any]], bool]) -> None:
    async with serving() as client:
        client.server.faults.add(Fault.model_validate({"kind": kind, "operation": "transcribe"}))
        odd = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        usual = (await client.send(SECOND, fields={"response_format": "verbose_json"})).json()
        assert look(odd)
        assert not look(usual)


async def test_an_answer_takes_its_time_and_a_client_that_leaves_is_billed_all_the_same() -> None:
    async with serving(job_seconds=5.0) as client:
        sending = asyncio.create_task(client.send(SECOND))
        await until(lambda: len(client.server.billed) == 1)
        sending.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sending
        assert len(client.server.billed) == 1


async def test_429_faults_come_with_each_form_of_retry_after() -> None:
    async with serving() as client:
        for form, present in (("seconds", True), ("date", True), ("missing", False)):
            client.server.fault("audio_seconds", "transcribe", retry_after=form, seconds=7)
            answer = await client.send(SECOND)
            assert (answer.status_code, "Retry-After" in answer.headers) == (429, present)
