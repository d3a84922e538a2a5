"""Wherever a fetch ends, the file is described as if it had been there whole.

The first fetch always has 64 KiB; here its end moves through small files instead, byte by byte, which is the same for
what lies around it.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.audio.disk import DiskFile
from bot.audio.inspection import look
from bot.audio.messages import Facts, Need, Probe, Refused
from bot.audio.preparer import AudioPreparer
from tests.support.audio.recordings import SAMPLES, Announced, record, tone

FIELD = Path(__file__).parent / "field"
_ROUNDS = 6


def described(data: bytes, first: int, further: int) -> Facts | Refused:
    """The answer to fetches of `first` bytes, then of `further`, twice as many and so on, where they are asked for."""
    parts = [(0, data[:first])]
    for left in range(_ROUNDS - 1, -1, -1):
        stretches, blob = [[at, len(part)] for at, part in parts], b"".join(part for _, part in parts)
        answer = look(Probe(len(data), stretches, blob, last=left == 0))
        if not isinstance(answer, Need):
            return answer
        assert answer.start < len(data)
        end = answer.end or answer.start + further
        further *= 4
        known = parts[-1]
        if known[0] + len(known[1]) >= answer.start >= known[0]:
            parts[-1] = (known[0], known[1][: answer.start - known[0]] + data[answer.start : end])
        else:
            parts.append((answer.start, data[answer.start : end]))
    raise AssertionError("it asked once more after the last round")


def boxes(data: bytes) -> dict[bytes, tuple[int, int]]:
    """Start and end of each top-level box of an MP4."""
    found: dict[bytes, tuple[int, int]] = {}
    at = 0
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        found[data[at + 4 : at + 8]] = (at, at + length)
        at += length
    return found


Maker = Callable[[Path], bytes]


def m4a(path: Path) -> bytes:
    return record(path / "a.m4a", tone(2), "aac", "ipod").read_bytes()


def m4a_with_the_index_first(path: Path) -> bytes:
    return record(path / "a.m4a", tone(2), "aac", "ipod", options={"movflags": "faststart"}).read_bytes()


def film(path: Path) -> bytes:
    return record(path / "a.mp4", tone(2), "aac", "mp4", video=True).read_bytes()


def film_with_the_index_first(path: Path) -> bytes:
    options = {"movflags": "faststart"}
    return record(path / "a.mp4", tone(2), "aac", "mp4", video=True, options=options).read_bytes()


@pytest.mark.parametrize(
    "make",
    [
        m4a,
        film_with_the_index_first,
        *(pytest.param(each, marks=pytest.mark.slow) for each in (m4a_with_the_index_first, film)),
    ],
)
def test_an_index_is_found_whole_whichever_of_its_bytes_a_fetch_ends_at(make: Maker, tmp_path: Path) -> None:
    data = make(tmp_path)
    whole = described(data, len(data), 0)
    assert isinstance(whole, Facts)
    assert whole.seconds == pytest.approx(2, abs=0.1)
    start, end = boxes(data)[b"moov"]
    for first in range(start - 20, end + 20):
        assert described(data, first, 100_000) == whole, f"the first fetch ends at {first - start} of {end - start}"
    # The second fetch begins where the index does and ends anywhere in it.
    for further in range(8, end - start, 3):
        assert described(data, start, further) == whole, f"the second fetch ends at {further} of {end - start}"


def containers() -> list[tuple[str, str, int, int]]:
    """(codec, container, rate, bit rate)"""
    return [
        ("pcm_s16le", "wav", 16_000, 0),
        ("flac", "flac", 16_000, 0),
        ("libopus", "ogg", 48_000, 16_000),
        ("libopus", "webm", 48_000, 16_000),
        ("pcm_s16le", "matroska", 16_000, 0),
        ("wmav2", "asf", 16_000, 32_000),
        ("pcm_s16be", "aiff", 16_000, 0),
        ("alac", "caf", 16_000, 0),
        ("aac", "adts", 16_000, 16_000),
        ("libmp3lame", "mp3", 16_000, 16_000),
        ("libopencore_amrnb", "3gp", 8_000, 12_200),
        ("pcm_s16le", "avi", 16_000, 0),
        ("mp2", "mpegts", 16_000, 32_000),
    ]


@pytest.mark.parametrize(("codec", "container", "rate", "bit_rate"), containers())
def test_a_header_is_read_whole_wherever_the_first_fetch_ends(
    tmp_path: Path, codec: str, container: str, rate: int, bit_rate: int
) -> None:
    data = record(tmp_path / "a", tone(2, rate), codec, container, rate, bit_rate).read_bytes()
    whole = described(data, len(data), 0)
    assert isinstance(whole, Facts)
    for first in range(2048, min(6000, len(data)), 37):
        assert described(data, first, 4096) == whole, f"the first fetch ends at {first}"


async def test_a_film_whose_index_ends_just_behind_the_first_fetch_has_sound(preparer: AudioPreparer) -> None:
    facts = await preparer.inspect(DiskFile(FIELD / "film_index_at_64k.mp4"))
    assert (facts.codec, facts.mime) == ("aac", "video/mp4")
    assert facts.seconds == pytest.approx(11, abs=0.1)


@pytest.mark.parametrize("offset", [*range(-40, 41, 5), 300, 700, 1100])
async def test_an_index_at_the_end_of_the_real_first_fetch_is_found(preparer: AudioPreparer, offset: int) -> None:
    data = (SAMPLES / "sense_0870.m4a").read_bytes()
    start, end = boxes(data)[b"moov"]
    assert end == len(data), "the index is last in this sample"
    pad = 64 * 1024 - offset - start
    padded = data[:start] + pad.to_bytes(4, "big") + b"free" + bytes(pad - 8) + data[start:]
    facts = await preparer.inspect(Announced(padded, len(padded), "memo.m4a"))
    assert facts.seconds == pytest.approx(7.1, abs=0.1)
