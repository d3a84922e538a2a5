"""Recordings of several channels or tracks, made on the spot."""

import struct
import wave
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.stream import Disposition
from numpy.typing import NDArray

from tests.support.audio.recordings import Sound


def wav(path: Path, channels: NDArray[np.int16], rate: int = 16_000) -> Path:
    """Write `channels` (channels, samples) as a WAV file without a layout."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(len(channels))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.ascontiguousarray(channels.T).tobytes())
    return path


def float_wav(path: Path, channels: NDArray[np.floating], rate: int = 16_000, places: int = 0) -> Path:
    """Write `channels` (channels, samples) as 32-bit floats; `places`: the mask of the loudspeakers they are meant for.

    WAVEFORMATEXTENSIBLE (Microsoft, "Multiple channel audio data and WAVE files").
    """
    count, sound = len(channels), np.ascontiguousarray(channels.T, "<f4").tobytes()
    floats = bytes.fromhex("0300000000001000800000aa00389b71")
    form = struct.pack("<HHIIHHHHI", 0xFFFE, count, rate, rate * count * 4, count * 4, 32, 22, 32, places) + floats
    parts = b"WAVEfmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", len(sound)) + sound
    path.write_bytes(b"RIFF" + struct.pack("<I", len(parts)) + parts)
    return path


@dataclass(frozen=True, slots=True)
class Part:
    """A mono track to write; it begins `late` seconds after the file."""

    sound: Sound
    default: bool = False
    language: str = ""
    late: float = 0.0


def tracks(path: Path, parts: Sequence[Part], codec: str = "pcm_s16le", rate: int = 16_000) -> Path:
    """Write several mono tracks side by side."""
    with av.open(str(path), "w") as out:
        streams: list[AudioStream] = []
        for part in parts:
            stream = out.add_stream(codec, rate=rate)
            assert isinstance(stream, AudioStream)
            stream.layout = "mono"
            if part.default:
                stream.disposition = Disposition.default
            if part.language:
                stream.metadata["language"] = part.language
            streams.append(stream)
        packets: list[tuple[float, av.Packet[AudioStream]]] = []
        for stream, part in zip(streams, parts, strict=True):
            frame_format = stream.codec_context.format
            assert frame_format is not None
            size = 1024
            for at in range(0, len(part.sound), size):
                piece = part.sound[at : at + size]
                frame = av.AudioFrame.from_ndarray(piece.reshape(1, -1), format="s16", layout="mono")
                frame.sample_rate = rate
                resampler = av.AudioResampler(frame_format.name, "mono", rate)
                for made in [*resampler.resample(frame), *resampler.resample(None)]:
                    made.pts, made.time_base = at + int(part.late * rate), Fraction(1, rate)
                    packets += [(at / rate + part.late, packet) for packet in stream.encode(made)]
            packets += [(len(part.sound) / rate + part.late, packet) for packet in stream.encode(None)]
        for _, packet in sorted(packets, key=lambda one: one[0]):
            out.mux(packet)
    return path
