"""The audio of a request as it really is: container, codec, rate and length, from its bytes and nothing else."""

import io
from dataclasses import dataclass

import av
from av.error import FFmpegError

from simulators.provider.uploads.media import container_of
from simulators.provider.uploads.mpeg import mpeg_seconds


@dataclass(frozen=True, slots=True)
class Sound:
    """What was sent. `container` as in `provider.media`; `seconds` 0.0 when nothing in it decodes."""

    container: str
    codec: str
    rate: int
    channels: int
    seconds: float


def measure(content: bytes) -> Sound:
    """Return what the bytes are, by reading all of them. Blocking."""
    container = container_of(content[:64])
    if container == "unknown":
        return Sound(container, "", 0, 0, 0.0)
    try:
        with av.open(io.BytesIO(content), mode="r") as source:
            stream = source.streams.audio[0]
            codec, base = stream.codec_context, stream.time_base
            found = Sound(container, codec.name, codec.sample_rate, codec.channels, 0.0)
            seconds, heard = 0.0, False
            for packet in source.demux(stream):
                if not heard:
                    heard = any(frame.samples for frame in packet.decode())
                if packet.pts is not None and base is not None:
                    seconds = max(seconds, float((packet.pts + (packet.duration or 0)) * base))
    except (FFmpegError, IndexError, ValueError, EOFError):
        return Sound(container, "", 0, 0, 0.0)
    if container == "mp3":
        seconds = mpeg_seconds(content)
    return Sound(container, found.codec, found.rate, found.channels, seconds if heard else 0.0)
