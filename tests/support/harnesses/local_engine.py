"""The local provider with a real store, as the engine uses it, and what its tests say and hear."""

import asyncio
import re
import wave
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path

import jiwer
import numpy as np
from faster_whisper import decode_audio
from numpy.typing import NDArray

from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.domain.job import Options, Origin, RemoteJob
from bot.domain.transcript import Segment, Transcript
from bot.ports.provider import Failed, Succeeded, TranscriptionRequest
from bot.ports.store import JobStore, NewJob
from bot.providers.local.provider import LocalProvider
from bot.providers.local.settings import LocalSettings
from storage import open_store

SAMPLES = Path(__file__).parents[3] / "simulators" / "samples"
JFK = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
WORDS = {
    "jfk.wav": JFK,
    "jfk_video.mp4": JFK,
    "sense_0870.m4a": (
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power"
        " to do for them"
    ),
    "sense_0880.flac": "he was not an ill disposed young man",
    "sense_0890.ogg": "unless to be rather cold hearted and rather selfish is to be ill disposed",
    "sense_0920.webm": (
        "had he married a more amiable woman he might have been made still more respectable than he was"
    ),
    "sense_passage.mp3": (
        "and mister john dashwood had then leisure to consider how much there might be prudently in his power"
        " to do for them he was not an ill disposed young man unless to be rather cold hearted and rather selfish"
        " is to be ill disposed had he married a more amiable woman he might have been made still more respectable"
        " than he was he might even have been made amiable himself"
    ),
}
SPANISH = (
    "está a punto de entrar a la prueba de eco en este modo todo lo que diga será repetido tan pronto como sea recibido"
    " por el sistema el propósito de esta prueba es de darle una idea de la demora del sonido entre usted y el sistema"
    " ejecutando la prueba para terminar cuelgue o presione la tecla de número"
)
RATE = 16_000
Sound = NDArray[np.int16]
_places = count(1)


def plain(text: str) -> str:
    """Words alone: lower case, no punctuation, hyphens as spaces."""
    return " ".join(re.sub(r"[^\w\s]", "", text.lower().replace("-", " ").replace("mr.", "mister")).split())


def error_rate(said: str, heard: str) -> float:
    return float(jiwer.wer(plain(said), plain(heard)))


def speech(name: str = "jfk.wav") -> Sound:
    """A sample at 16 kHz."""
    sound: Sound = (decode_audio(str(SAMPLES / name), RATE) * 32_767).astype(np.int16)
    return sound


def pause(seconds: float) -> Sound:
    """Silence of a room: not quite nothing."""
    return np.random.default_rng(3).integers(-3, 4, int(seconds * RATE)).astype(np.int16)


def write(path: Path, *sounds: Sound) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.concatenate(sounds).tobytes())
    return path


def talk(path: Path, rounds: int) -> tuple[Path, str]:
    """A recording and its words: speech at the start of each minute, then a long pause.

    The speeches take turns: Whisper runs in circles when it hears one sentence twice in half a minute.
    """
    names = ["jfk.wav" if number % 2 else "sense_0870.m4a" for number in range(rounds)]
    sounds = [speech(name) for name in names]
    parts = [part for sound in sounds for part in (sound, pause(60 - len(sound) / RATE))]
    return write(path, *parts), " ".join(WORDS[name] for name in names)


def local_settings(model: str, cache: str = "", speakers: str = "none") -> LocalSettings:
    """As the environment would say it; without the work of telling speakers apart, where a test is not about them."""
    return LocalSettings(model=model, cache_dir=cache, workers=1, speakers=speakers)


class CountedBlocks:
    """The store, remembering which blocks were put into it, and in which order."""

    def __init__(self, store: JobStore) -> None:
        self._store = store
        self.put: Counter[tuple[str, int]] = Counter()
        self.order: list[str] = []
        self.changed = asyncio.Event()

    async def put_block(self, job_id: str, number: int, segments: Sequence[Segment], language: str | None) -> bool:
        kept = await self._store.put_block(job_id, number, segments, language)
        self.put[job_id, number] += 1
        self.order.append(job_id)
        self.changed.set()
        return kept

    async def blocks(self, job_id: str) -> Sequence[tuple[int, Sequence[Segment], str | None]]:
        return await self._store.blocks(job_id)

    async def drop_blocks(self, job_id: str) -> None:
        await self._store.drop_blocks(job_id)


class LocalHarness:
    """Hands files over and waits for their transcripts."""

    def __init__(self, place: Path, settings: LocalSettings, store: JobStore) -> None:
        self._ready: dict[str, asyncio.Event] = {}
        self._store = store
        self.blocks = CountedBlocks(store)
        self.preparer = AudioPreparer(place / "spool")
        self.provider = LocalProvider(settings, self.blocks, place / "local", self._on_ready)

    async def new_job(self) -> str:
        number = next(_places)
        job, _ = await self._store.add_job(
            NewJob(Origin("T", "C", f"{number}.1", f"{number}.1", f"F{number}", "U")), 1.0
        )
        return job.id

    async def hand_over(
        self,
        path: Path,
        language: str | None = None,
        job_id: str = "",
        vocabulary: tuple[str, ...] = (),
        speakers: str | None = None,
    ) -> RemoteJob:
        job_id = job_id or await self.new_job()
        source = DiskFile(path)
        facts = await self.preparer.inspect(source)
        accepts = self.provider.capabilities.accepts
        async with self.preparer.prepare(job_id, source, facts, accepts, _ignore) as payload:
            order = TranscriptionRequest(
                *(job_id, "ref", payload.name, payload.mime, payload.size, payload.seconds),
                options=Options(language=language, speakers=speakers),
                vocabulary=vocabulary,
            )
            remote = await self.provider.create(order)
            await self.provider.upload(order, remote, payload, _ignore)
        return remote

    async def finished(self, remote: RemoteJob) -> Succeeded | Failed:
        """The standing once the provider has called."""
        await self._event(remote.ref).wait()
        standing = await self.provider.poll(remote, "ref")
        assert isinstance(standing, Succeeded | Failed)
        return standing

    async def transcribe(
        self, path: Path, language: str | None = None, vocabulary: tuple[str, ...] = (), speakers: str | None = None
    ) -> Transcript:
        remote = await self.hand_over(path, language, vocabulary=vocabulary, speakers=speakers)
        assert isinstance(await self.finished(remote), Succeeded)
        return await self.provider.fetch(remote, "ref")

    async def close(self) -> None:
        await self.provider.close()
        await self.preparer.close()

    def _event(self, job_id: str) -> asyncio.Event:
        return self._ready.setdefault(job_id, asyncio.Event())

    async def _on_ready(self, job_id: str) -> None:
        self._event(job_id).set()


@asynccontextmanager
async def open_harness(place: Path, settings: LocalSettings) -> AsyncIterator[LocalHarness]:
    store = await open_store(f"sqlite:///{place}/jobs.db")
    harness = LocalHarness(place, settings, store)
    try:
        yield harness
    finally:
        await harness.close()
        await store.close()


async def _ignore(share: float) -> None:
    pass
