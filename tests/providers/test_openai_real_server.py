"""The provider against a server that nobody here wrote: faster-whisper-server, with the local engine's own weights."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import jiwer
import numpy as np
import pytest
from faster_whisper import decode_audio

from bot.app import open_core, open_providers
from bot.audio.disk import DiskFile
from bot.domain.job import Options, Origin
from bot.domain.transcript import Transcript
from bot.ports.store import NewJob
from bot.providers.local.settings import LocalSettings
from bot.providers.local.weights import model_path
from tests.providers.peers import settings_for
from tests.providers.test_through_the_engine import SAMPLES, Thread
from tests.simulators.provider.openai_peers import encoded
from tests.support.harnesses.local_engine import JFK
from tests.support.machine.processes import free_port

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


@pytest.fixture
async def base_url(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """The server's address; it runs in a process of its own until the test ends."""
    cache = tmp_path_factory.mktemp("weights")
    model = model_path(LocalSettings(model="tiny.en", cache_dir=str(cache)))
    port = free_port()
    command = (sys.executable, "-m", "faster_whisper_server", model, "--host", "127.0.0.1", "--port", str(port))
    process = await asyncio.create_subprocess_exec(*command)
    try:
        async with httpx.AsyncClient() as http, asyncio.timeout(60):
            while True:
                try:
                    if (await http.get(f"http://127.0.0.1:{port}/health")).status_code == 200:
                        break
                except httpx.ConnectError:
                    await asyncio.sleep(0.1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        await process.wait()


def environment(base_url: str, tmp_path: Path) -> dict[str, str]:
    return {
        "PROVIDER": "openai",
        "OPENAI_BASE_URL": base_url,
        "OPENAI_PIECE_SECONDS": "60",
        "DATABASE_URL": f"sqlite:///{tmp_path}/one.db",
        "PORT": str(free_port()),
        "ADMIN_PORT": "0",
    }


async def transcribed(base_url: str, recording: Path, tmp_path: Path) -> Transcript:
    thread = Thread(recording)
    async with open_core(settings_for(environment(base_url, tmp_path)), thread) as core:
        origin = Origin("T1", "C1", "1.0", "1.0", "F1", "U1")
        await core.store.add_job(NewJob(origin, DiskFile(recording).facts, Options()), core.clock.now())
        core.wakeups.notify_all()
        job, transcript = await asyncio.wait_for(thread.answer, 280)
    assert transcript is not None, job
    assert transcript.provider == "openai"
    return transcript


def words(text: str) -> str:
    return " ".join("".join(c for c in text.lower() if c.isalpha() or c.isspace()).split())


async def test_a_sample_is_transcribed_with_times(base_url: str, tmp_path: Path) -> None:
    transcript = await transcribed(base_url, SAMPLES / "jfk.wav", tmp_path)
    assert jiwer.wer(JFK, words(transcript.text)) <= 0.05
    assert transcript.language == "en"
    assert transcript.seconds == pytest.approx(11.0, abs=0.1)
    for segment in transcript.segments:
        assert segment.start is not None
        assert segment.end is not None
        assert 0 <= segment.start < segment.end <= 11.1


@pytest.mark.slow
async def test_a_long_recording_is_put_together_from_its_pieces(base_url: str, tmp_path: Path) -> None:
    speech = decode_audio(str(SAMPLES / "jfk.wav"))
    pause = np.zeros(16_000, np.float32)
    whole = np.concatenate([np.concatenate([speech, pause]) for _ in range(6)])
    recording = tmp_path / "long.flac"
    recording.write_bytes(encoded((whole * 32767).astype(np.int16)))
    transcript = await transcribed(base_url, recording, tmp_path)
    assert jiwer.wer(" ".join([JFK] * 6), words(transcript.text)) <= 0.05
    starts = [segment.start for segment in transcript.segments if segment.start is not None]
    assert starts == sorted(starts)
    assert len(starts) == len(transcript.segments)
    asked = [s.start for s in transcript.segments if s.start is not None and "fellow" in s.text.lower()]
    assert [round(at / 12) for at in asked] == list(range(6))  # each where it was said


async def test_doctor_finds_it_well(base_url: str, tmp_path: Path) -> None:
    async with open_providers(settings_for(environment(base_url, tmp_path))) as providers:
        assert all(finding.ok for finding in await providers["openai"].check())
