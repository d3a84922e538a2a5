"""What a provider is handed: the very bytes where they fit, else an MP3 of what can be heard."""

import asyncio
import os
import shutil
import signal
from pathlib import Path

import av
import pytest

from bot.audio.disk import DiskFile
from bot.audio.preparer import AudioPreparer
from bot.audio.spool import Spool
from bot.domain.errors import ProblemCode, Rejected, Transient
from bot.domain.job import FileFacts
from bot.ports.audio import AudioFacts, InputLimits, Payload
from tests.support.audio.recordings import SAMPLES, Announced, CountingFile, noise, record, tone
from tests.support.machine.processes import children, until

MP3_ONLY = InputLimits(frozenset({"audio/mpeg"}))
ANYTHING = InputLimits(frozenset(), video=True)
MP3_FACTS = AudioFacts("mp3", "mp3", 10.0, "audio/mpeg")


async def ignore(share: float) -> None:
    pass


async def read(payload: Payload) -> bytes:
    async with payload.stream() as chunks:
        return b"".join([chunk async for chunk in chunks])


def heard(path: Path) -> tuple[str, int, int, float]:
    """Codec, channels, rate and seconds of what decodes."""
    with av.open(str(path)) as recording:
        samples = sum(frame.samples for frame in recording.decode(audio=0))
        context = recording.streams.audio[0].codec_context
        return context.codec.canonical_name, context.channels, context.sample_rate, samples / context.sample_rate


async def test_what_fits_passes_through_untouched(preparer: AudioPreparer, tmp_path: Path) -> None:
    source = DiskFile(SAMPLES / "sense_passage.mp3")
    facts = await preparer.inspect(source)
    async with preparer.prepare("job", source, facts, MP3_ONLY, ignore) as payload:
        data = await read(payload)
        assert data == (SAMPLES / "sense_passage.mp3").read_bytes()
        assert (payload.path, payload.mime, payload.size) == (None, "audio/mpeg", len(data))
        async with payload.stream(100, 200) as chunks:
            assert b"".join([chunk async for chunk in chunks]) == data[100:200]
    assert not (tmp_path / "spool").exists()


async def test_a_provider_that_reads_from_disk_gets_the_same_bytes_there(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    source = DiskFile(SAMPLES / "jfk_video.mp4")
    accepts = InputLimits(frozenset(), video=True, on_disk=True)
    async with preparer.prepare("job", source, await preparer.inspect(source), accepts, ignore) as payload:
        assert payload.path is not None
        assert payload.path.read_bytes() == await read(payload) == (SAMPLES / "jfk_video.mp4").read_bytes()
        for folder in (payload.path.parent, payload.path.parent.parent, tmp_path / "spool"):
            assert folder.stat().st_mode & 0o777 == 0o700
        assert payload.path.stat().st_mode & 0o777 == 0o600
    assert not payload.path.parent.exists()


@pytest.mark.parametrize(
    ("codec", "container", "rate", "video"),
    [
        ("pcm_s16le", "wav", 44_100, False),
        ("aac", "ipod", 44_100, False),
        ("aac", "adts", 16_000, False),
        ("libopus", "ogg", 48_000, False),
        ("libopus", "webm", 48_000, False),
        ("flac", "flac", 44_100, False),
        ("libopencore_amrnb", "amr", 8_000, False),
        ("aac", "mp4", 16_000, True),
        ("aac", "mov", 16_000, True),
    ],
)
async def test_every_other_format_becomes_a_speech_mp3_of_the_same_length(
    preparer: AudioPreparer, tmp_path: Path, codec: str, container: str, rate: int, video: bool
) -> None:
    path = record(tmp_path / "talk.in", tone(20, rate), codec, container, rate, 12_200 if rate == 8_000 else 0, video)
    source = DiskFile(path)
    shares: list[float] = []
    facts = await preparer.inspect(source)
    before = children()  # with the probing child

    async def progress(share: float) -> None:
        shares.append(share)

    async with preparer.prepare("job", source, facts, MP3_ONLY, progress) as payload:
        assert payload.path is not None
        name, channels, out_rate, seconds = heard(payload.path)
        assert (name, channels) == ("mp3", 1)
        assert 16_000 <= out_rate <= 44_100
        assert seconds == pytest.approx(20, abs=0.2)
        assert payload.seconds == pytest.approx(20, abs=0.2)
        assert payload.size == len(await read(payload)) == pytest.approx(160_000, rel=0.02)
        assert (payload.name, payload.mime) == ("talk.mp3", "audio/mpeg")
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert children() == before != []  # the converting one has ended


async def test_bad_packets_are_skipped_and_the_rest_is_kept(preparer: AudioPreparer, tmp_path: Path) -> None:
    path = record(tmp_path / "a.m4a", noise(60, 44_100), "aac", "ipod", 44_100, 64_000)
    data = bytearray(path.read_bytes())
    middle = len(data) // 2
    data[middle : middle + 20_000] = os.urandom(20_000)
    path.write_bytes(data)
    source = DiskFile(path)
    async with preparer.prepare("job", source, await preparer.inspect(source), MP3_ONLY, ignore) as payload:
        assert payload.seconds == pytest.approx(58, abs=3)


async def test_a_recording_that_breaks_off_is_converted_up_to_there(preparer: AudioPreparer, tmp_path: Path) -> None:
    path = record(tmp_path / "a.ogg", noise(60, 48_000), "libopus", "ogg", 48_000, 64_000)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = DiskFile(path)
    async with preparer.prepare("job", source, await preparer.inspect(source), MP3_ONLY, ignore) as payload:
        assert payload.seconds == pytest.approx(30, abs=3)


async def test_joined_recordings_of_different_kinds_are_converted_whole(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    first = record(tmp_path / "a.aac", tone(10), "aac", "adts")
    second = record(tmp_path / "b.aac", tone(10, 44_100), "aac", "adts", 44_100)
    joined = tmp_path / "joined.aac"
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    source = DiskFile(joined)
    async with preparer.prepare("job", source, await preparer.inspect(source), MP3_ONLY, ignore) as payload:
        assert payload.seconds == pytest.approx(20, abs=0.3)


async def test_wav_is_made_where_mp3_is_not_taken(preparer: AudioPreparer) -> None:
    source = DiskFile(SAMPLES / "sense_0870.m4a")
    accepts = InputLimits(frozenset({"audio/wav", "audio/flac"}))
    async with preparer.prepare("job", source, await preparer.inspect(source), accepts, ignore) as payload:
        assert payload.path is not None
        assert heard(payload.path)[0] == "pcm_s16le"
        assert payload.name == "sense_0870.wav"


async def problem_of(
    preparer: AudioPreparer, source: CountingFile, facts: AudioFacts, accepts: InputLimits
) -> Rejected:
    with pytest.raises(Rejected) as caught:
        async with preparer.prepare("job", source, facts, accepts, ignore):
            pytest.fail("nothing may be handed over")
    return caught.value


async def test_limits_are_refused_before_a_byte_is_read(preparer: AudioPreparer) -> None:
    source = CountingFile(SAMPLES / "sense_passage.mp3")
    too_long = await problem_of(preparer, source, MP3_FACTS, InputLimits(frozenset(), max_seconds=5.0))
    assert too_long.problem.code is ProblemCode.TOO_LONG
    assert set(too_long.problem.params) == {"limit_minutes", "minutes"}
    too_large = await problem_of(preparer, source, MP3_FACTS, InputLimits(frozenset({"audio/mpeg"}), max_bytes=1000))
    assert too_large.problem.code is ProblemCode.TOO_LARGE
    assert set(too_large.problem.params) == {"limit_mb", "size_mb"}
    unmakeable = await problem_of(preparer, source, MP3_FACTS, InputLimits(frozenset({"audio/x-rare"})))
    assert unmakeable.problem.code is ProblemCode.NOT_CONVERTIBLE
    hours = AudioFacts("mov", "aac", 36_000.0, "audio/mp4")
    converted = await problem_of(preparer, source, hours, InputLimits(frozenset({"audio/mpeg"}), max_bytes=10_000_000))
    assert converted.problem.code is ProblemCode.TOO_LARGE
    assert source.opened == 0


async def test_a_file_too_large_as_it_is_goes_as_mp3_when_that_fits(preparer: AudioPreparer, tmp_path: Path) -> None:
    source = DiskFile(record(tmp_path / "a.wav", noise(30, 44_100), "pcm_s16le", "wav", 44_100))
    accepts = InputLimits(frozenset({"audio/wav", "audio/mpeg"}), max_bytes=500_000)
    async with preparer.prepare("job", source, await preparer.inspect(source), accepts, ignore) as payload:
        assert payload.mime == "audio/mpeg"
        assert payload.size < 500_000


async def test_a_source_of_another_length_than_announced_breaks_the_stream(preparer: AudioPreparer) -> None:
    data = (SAMPLES / "sense_passage.mp3").read_bytes()
    for announced, failure in ((len(data) + 1, Transient), (len(data) - 1, Rejected)):
        source = Announced(data, announced)
        async with preparer.prepare("job", source, MP3_FACTS, MP3_ONLY, ignore) as payload:
            with pytest.raises(failure):
                await read(payload)
        with pytest.raises(failure):
            async with preparer.prepare("job", source, MP3_FACTS, InputLimits(frozenset(), on_disk=True), ignore):
                pytest.fail("a file of the wrong length was spooled")


async def test_a_login_page_in_place_of_the_file_is_seen_before_anything_is_sent(preparer: AudioPreparer) -> None:
    page = b"<!DOCTYPE html><html>sign in</html>"
    source = Announced(page, len(page))
    async with preparer.prepare("job", source, MP3_FACTS, MP3_ONLY, ignore) as payload:
        with pytest.raises(Rejected) as caught:
            async with payload.stream():
                pytest.fail("the stream was opened")
    assert caught.value.problem.code is ProblemCode.FILE_WITHHELD


class Enormous(CountingFile):
    size = 2**60

    @property
    def facts(self) -> FileFacts:
        return FileFacts("huge.wav", size=self.size)


async def test_a_file_that_the_disk_can_never_hold_is_refused(preparer: AudioPreparer) -> None:
    source = Enormous(SAMPLES / "jfk.wav")
    refused = await problem_of(preparer, source, MP3_FACTS, InputLimits(frozenset(), on_disk=True))
    assert refused.problem.code is ProblemCode.NO_SPACE
    assert source.opened == 0


async def test_a_disk_that_other_jobs_have_booked_is_waited_for(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    share = shutil.disk_usage(tmp_path).free * 6 // 10
    async with spool.folder("other", share):
        with pytest.raises(Transient):
            async with spool.folder("job", share):
                pytest.fail("the disk is booked")
    async with spool.folder("job", share) as folder:
        assert folder.is_dir()
    spool.close()


async def test_cancelling_ends_the_conversion_at_once_and_leaves_nothing(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    source = DiskFile(record(tmp_path / "a.wav", noise(1200), "pcm_s16le", "wav"))
    facts = await preparer.inspect(source)
    before = set(children())
    converting = asyncio.Event()

    async def progress(share: float) -> None:
        if share > 0.45:
            converting.set()

    async def work() -> None:
        async with preparer.prepare("job", source, facts, MP3_ONLY, progress):
            pytest.fail("it was cancelled")

    task = asyncio.create_task(work())
    await converting.wait()
    assert set(children()) - before
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert set(children()) == before
    assert [path.name for path in (tmp_path / "spool").glob("run-*/*")] == ["owner"]


async def test_a_converter_that_is_killed_each_time_leaves_nothing(preparer: AudioPreparer, tmp_path: Path) -> None:
    source = DiskFile(record(tmp_path / "a.wav", noise(1200), "pcm_s16le", "wav"))
    facts = await preparer.inspect(source)
    before = set(children())

    async def shoot(share: float) -> None:
        if share > 0.45:
            for child in set(children()) - before:
                os.kill(child, signal.SIGKILL)

    with pytest.raises(Rejected, match="signal 9"):
        async with preparer.prepare("job", source, facts, MP3_ONLY, shoot):
            pytest.fail("it was killed")
    await until(lambda: not list((tmp_path / "spool").glob("run-*/job-*")))
