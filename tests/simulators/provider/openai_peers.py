"""Recordings for OpenAI-compatible servers: tones at known times, in any container, and a plain client."""

import io
from collections.abc import Mapping, Sequence

import av
import httpx
import numpy as np
from av.audio.stream import AudioStream
from numpy.typing import NDArray

from simulators.openai import OpenAISimulator

RATE = 16_000
_FRAME = 65_536

TYPES = {
    "flac": "audio/flac",
    "mp3": "audio/mpeg",
    "ogg": "audio/ogg",
    "wav": "audio/wav",
    "webm": "audio/webm",
    "m4a": "audio/mp4",
}


def tones(seconds: float, sounds: Sequence[tuple[float, float, float]] = (), rate: int = RATE) -> NDArray[np.int16]:
    """Return silence of `seconds` with sine tones in it: (pitch in Hz, start, end)."""
    samples = np.zeros(int(seconds * rate), np.float64)
    for pitch, start, end in sounds:
        first, last = int(start * rate), min(int(end * rate), len(samples))
        samples[first:last] = 0.4 * np.sin(2 * np.pi * pitch * np.arange(last - first) / rate)
    return (samples * 32767).astype(np.int16)


def encoded(samples: NDArray[np.int16], container: str = "flac", codec: str = "", rate: int = RATE) -> bytes:
    """Return mono samples as a file: flac, ogg (Vorbis, or Opus by `codec`), wav, mp3, webm or m4a."""
    names = {
        "flac": "flac",
        "ogg": "vorbis",
        "wav": "pcm_s16le",
        "mp3": "libmp3lame",
        "webm": "libopus",
        "m4a": "aac",
    }
    formats = {"m4a": "ipod"}
    target = io.BytesIO()
    name = codec or names[container]
    layout = "stereo" if name == "vorbis" else "mono"  # FFmpeg's own Vorbis encoder knows nothing else
    with av.open(target, "w", format=formats.get(container, container)) as sink:
        out_rate = 48_000 if name == "libopus" else rate
        stream = sink.add_stream(name, rate=out_rate, layout=layout, options={"strict": "experimental"})
        assert isinstance(stream, AudioStream)
        stream.codec_context.open()
        resampler = av.AudioResampler(stream.format.name, layout, out_rate, stream.codec_context.frame_size or None)
        for at in range(0, len(samples), _FRAME):
            frame = av.AudioFrame.from_ndarray(samples[at : at + _FRAME].reshape(1, -1), format="s16", layout="mono")
            frame.sample_rate, frame.pts = rate, at
            for one in resampler.resample(frame):
                sink.mux(stream.encode(one))
        for one in resampler.resample(None):
            sink.mux(stream.encode(one))
        sink.mux(stream.encode(None))
    return target.getvalue()


class Client:
    """A client that keeps the contract and returns bare responses."""

    def __init__(self, server: OpenAISimulator, http: httpx.AsyncClient) -> None:
        self.server, self.http = server, http

    @property
    def base(self) -> str:
        """The base URL that the bot would have."""
        return self.server.environment()["OPENAI_BASE_URL"].partition("?")[0]

    @property
    def headers(self) -> dict[str, str]:
        """The dialect's credential."""
        key, name = self.server.settings.api_key, self.server.settings.facts.key_header
        return {name: f"Bearer {key}" if name == "Authorization" else key} if key else {}

    async def send(
        self,
        content: bytes,
        name: str = "audio.flac",
        fields: Mapping[str, str | list[str]] | None = None,
        mime: str | None = None,
        headers: Mapping[str, str] | None = None,
        path: str | None = None,
    ) -> httpx.Response:
        """POST one recording; `fields` are added to the model, or replace it."""
        settings = self.server.settings
        known: dict[str, str | list[str]] = {"model": settings.model} if settings.facts.needs_model else {}
        known |= fields or {}
        mime = TYPES.get(name.rpartition(".")[2], "application/octet-stream") if mime is None else mime
        return await self.http.post(
            self.base + (path or settings.facts.path),
            params={"api-version": settings.api_version} if settings.dialect == "azure" else None,
            files={"file": (name, content, mime)},
            data=known,
            headers=self.headers if headers is None else headers,
            timeout=30,
        )

    async def models(self) -> httpx.Response:
        """GET the list of models."""
        return await self.http.get(f"{self.base}/models", headers=self.headers)
