"""Voice clips as Slack serves them: a transcode to MP4/AAC, under the recorder's own name, type and size.

Source: captured payloads and a measured download (`size` 309514, 171187 bytes served as `audio/mp4`). Both addresses
of a clip point to `/files-tmb/TEAM-FILE-HASH/…/audio_message_audio.mp4`; `mimetype` and `size` are the recorder's.
"""

from __future__ import annotations

import asyncio
import hashlib
from pathlib import Path

import av

from simulators.slack.records import File

SUBTYPE = "slack_audio"
SERVED_NAME = "audio_message_audio.mp4"
SERVED_TYPE = "audio/mp4"
_RATE = 48_000
_BIT_RATE = 72_000  # what the measured clip had: 171,187 bytes for 19.1 s


def clip_hash(file: File) -> str:
    """The third part of a clip's address."""
    return hashlib.sha256(file.id.encode()).hexdigest()[:10]


async def transcode(file: File) -> None:
    """Replace the stored bytes of a recorded clip by their transcode; what cannot be played is served as it is."""
    if file.path is None:
        return
    target = file.path.with_suffix(".mp4")
    try:
        seconds = await asyncio.to_thread(_to_mp4, file.path, target)
    except (av.FFmpegError, IndexError):
        target.unlink(missing_ok=True)
        return
    file.announced, file.duration_ms = file.size, round(seconds * 1000)
    target.replace(file.path)
    file.size = file.path.stat().st_size


def _to_mp4(source: Path, target: Path) -> float:
    """Write the audio of `source` as MP4/AAC, its index at the end; its length in seconds."""
    with av.open(str(source)) as recorded, av.open(str(target), "w", format="mp4") as made:
        track = recorded.streams.audio[0]
        stream = made.add_stream("aac", rate=_RATE, layout="mono", bit_rate=_BIT_RATE)
        resampler, fifo, samples = av.AudioResampler("fltp", "mono", _RATE), av.AudioFifo(), 0
        frames = [*recorded.decode(track), None]
        for frame in frames:
            if frame is not None:
                frame.pts = None
            for piece in resampler.resample(frame):
                fifo.write(piece)
                samples += piece.samples
            while (part := fifo.read(1024, partial=frame is None)) is not None:
                made.mux(stream.encode(part))
        made.mux(stream.encode(None))
    return samples / _RATE
