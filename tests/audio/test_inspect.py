"""What dropped bytes are, decided by content, from a fraction of the file."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.audio.disk import DiskFile
from bot.audio.inspection import look
from bot.audio.messages import Probe, Refused
from bot.audio.preparer import AudioPreparer
from bot.domain.errors import ProblemCode, Rejected
from bot.ports.audio import AudioFacts
from tests.support.audio.recordings import SAMPLES, Announced, CountingFile, noise, record, silent_film, tone
from tests.support.machine.processes import children


async def problem_of(preparer: AudioPreparer, data: bytes, name: str) -> ProblemCode:
    with pytest.raises(Rejected) as caught:
        await preparer.inspect(Announced(data, len(data), name))
    return caught.value.problem.code


@pytest.mark.parametrize(
    ("name", "codec", "mime", "seconds"),
    [
        ("jfk.wav", "pcm_s16le", "audio/wav", 11.0),
        ("sense_passage.mp3", "mp3", "audio/mpeg", 27.7),
        ("sense_0870.m4a", "aac", "audio/mp4", 7.1),
        ("sense_0880.flac", "flac", "audio/flac", 3.0),
        ("sense_0890.ogg", "opus", "audio/ogg", 5.3),
        ("sense_0920.webm", "opus", "audio/webm", 6.06),
        ("jfk_video.mp4", "aac", "video/mp4", 11.0),
    ],
)
async def test_every_sample_is_known_by_its_content_whatever_its_name(
    preparer: AudioPreparer, tmp_path: Path, name: str, codec: str, mime: str, seconds: float
) -> None:
    anonymous = tmp_path / "upload.bin"
    anonymous.write_bytes((SAMPLES / name).read_bytes())
    facts = await preparer.inspect(DiskFile(anonymous))
    assert (facts.codec, facts.mime, facts.has_video) == (codec, mime, mime.startswith("video"))
    assert facts.seconds == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("codec", "container", "rate", "mime"),
    [
        ("aac", "adts", 16_000, "audio/aac"),
        ("libopencore_amrnb", "amr", 8_000, "audio/amr"),
        ("libopus", "ogg", 48_000, "audio/ogg"),
        ("pcm_s16be", "aiff", 16_000, "audio/aiff"),
        ("aac", "mov", 16_000, "audio/mp4"),
        ("wmav2", "asf", 16_000, "audio/x-ms-wma"),
    ],
)
async def test_rarer_formats_are_known_too(
    preparer: AudioPreparer, tmp_path: Path, codec: str, container: str, rate: int, mime: str
) -> None:
    path = record(
        tmp_path / "a", noise(4, rate), codec, container, rate, {"amr": 12_200, "asf": 32_000}.get(container, 0)
    )
    facts = await preparer.inspect(DiskFile(path))
    assert facts.mime == mime
    assert facts.seconds == pytest.approx(4, rel=0.2)


async def test_an_index_at_the_end_is_found_without_reading_the_file(preparer: AudioPreparer, tmp_path: Path) -> None:
    path = record(tmp_path / "long.m4a", noise(300), "alac", "ipod")
    source = CountingFile(path)
    facts = await preparer.inspect(source)
    assert facts.seconds == pytest.approx(300, abs=0.1)
    assert path.stat().st_size > 5_000_000
    assert source.taken < 1_500_000


async def test_the_length_of_a_long_ogg_is_read_from_its_last_page(preparer: AudioPreparer, tmp_path: Path) -> None:
    source = CountingFile(record(tmp_path / "a.ogg", noise(60, 48_000), "libopus", "ogg", 48_000, 96_000))
    assert (await preparer.inspect(source)).seconds == pytest.approx(60, abs=0.1)
    assert source.taken < source.facts.size / 3


async def test_a_browsers_recording_without_a_duration_is_measured_by_its_last_block(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    live = {"live": "1"}  # what MediaRecorder writes: no duration, no index
    path = record(tmp_path / "a.webm", noise(30, 48_000), "libopus", "webm", 48_000, 64_000, options=live)
    assert (await preparer.inspect(DiskFile(path))).seconds == pytest.approx(30, abs=0.1)


async def test_cover_art_makes_no_video_of_a_song(preparer: AudioPreparer, tmp_path: Path) -> None:
    song = record(tmp_path / "a.mp3", tone(3), "libmp3lame").read_bytes()
    picture = b"\x89PNG\r\n\x1a\n" + bytes(700_000)
    body = b"\0image/png\0\x03\0" + picture
    apic = b"APIC" + len(body).to_bytes(4, "big") + b"\0\0" + body
    size = len(apic)
    synchsafe = bytes((size >> shift) & 0x7F for shift in (21, 14, 7, 0))
    covered = b"ID3\x03\0\0" + synchsafe + apic + song
    facts = await preparer.inspect(Announced(covered, len(covered)))
    assert (facts.mime, facts.has_video) == ("audio/mpeg", False)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"dear diary, " * 900, "diary.mp3"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "talk.m4a"),
        (b"%PDF-1.7\n" + os.urandom(5000), "talk.pdf"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "talk.wav"),
        (b"PK\x03\x04" + os.urandom(5000), "talk.zip"),
        (b"1\n00:00:01,000 --> 00:00:02,000\nhello\n\n" * 50, "talk.srt"),
    ],
)
async def test_what_is_no_audio_is_called_so(preparer: AudioPreparer, data: bytes, name: str) -> None:
    assert await problem_of(preparer, data, name) is ProblemCode.NOT_AUDIO


async def test_no_bytes_are_an_empty_file(preparer: AudioPreparer) -> None:
    assert await problem_of(preparer, b"", "talk.mp3") is ProblemCode.EMPTY_FILE


@pytest.mark.parametrize("name", ["sense_0870.m4a", "sense_passage.mp3", "sense_0890.ogg", "sense_0920.webm"])
async def test_audio_whose_inside_is_rubbish_is_corrupt(preparer: AudioPreparer, name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    broken = data[:24] + os.urandom(len(data) - 24)
    assert await problem_of(preparer, broken, name) is ProblemCode.CORRUPT


async def test_a_download_cut_before_its_index_is_corrupt(preparer: AudioPreparer) -> None:
    data = (SAMPLES / "sense_0870.m4a").read_bytes()
    assert await problem_of(preparer, data[: len(data) // 2], "a.m4a") is ProblemCode.CORRUPT


async def test_a_film_without_sound_has_no_audio_track(preparer: AudioPreparer, tmp_path: Path) -> None:
    data = silent_film(tmp_path / "a.mp4").read_bytes()
    assert await problem_of(preparer, data, "a.mp4") is ProblemCode.NO_AUDIO_TRACK


async def test_bought_and_locked_audio_is_protected(preparer: AudioPreparer) -> None:
    data = (SAMPLES / "sense_0870.m4a").read_bytes()
    for entry in (b"enca", b"drms", b"aavd"):
        at = data.index(b"mp4a", data.index(b"stsd"))
        assert await problem_of(preparer, data[:at] + entry + data[at + 4 :], "a.m4a") is ProblemCode.PROTECTED
    locked = (
        bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
        + bytes(14)
        + bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e")
    )
    assert await problem_of(preparer, locked + bytes(100), "a.wma") is ProblemCode.PROTECTED


async def test_a_decoder_that_dies_is_replaced(preparer: AudioPreparer) -> None:
    sample = DiskFile(SAMPLES / "jfk.wav")
    others = set(children())  # such as the database server of other tests
    await preparer.inspect(sample)
    for child in set(children()) - others:
        os.kill(child, signal.SIGKILL)
    assert (await preparer.inspect(sample)).codec == "pcm_s16le"


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    name=st.sampled_from(["jfk.wav", "sense_0870.m4a", "sense_0890.ogg", "sense_0920.webm", "sense_0880.flac"]),
    cut=st.integers(1, 60_000),
    edits=st.lists(st.tuples(st.integers(0, 4000), st.binary(min_size=1, max_size=8)), max_size=6),
)
def test_damaged_files_are_described_or_refused_but_never_bring_the_probe_down(
    name: str, cut: int, edits: list[tuple[int, bytes]]
) -> None:
    data = bytearray((SAMPLES / name).read_bytes()[:cut])
    for at, patch in edits:
        data[at : at + len(patch)] = patch
    answer = look(Probe(len(data), [[0, len(data)]], bytes(data), last=True))
    if isinstance(answer, Refused):
        ProblemCode(answer.code)
    else:
        assert AudioFacts(**{f: getattr(answer, f) for f in answer.__slots__}).container
