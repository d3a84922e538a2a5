"""What a file claims is not believed: it names nothing that is opened, and what it becomes has bounds."""

import asyncio
import resource
import threading
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audio.decoding.lengths import is_believable, longest
from bot.audio.disk import DiskFile
from bot.audio.formats import DEMUXERS
from bot.audio.inspection import look
from bot.audio.messages import Facts, Probe, Refused
from bot.audio.preparer import AudioPreparer
from bot.domain.errors import ProblemCode, Rejected
from bot.ports.audio import AudioFacts, InputLimits
from tests.support.audio.claims import flac_of_silence, with_flac_length
from tests.support.audio.recordings import SAMPLES, record, tone

FIELD = Path(__file__).parent / "field"
MP3_ONLY = InputLimits(frozenset({"audio/mpeg"}))
WAV_ONLY = InputLimits(frozenset({"audio/wav"}))


def answer_to(data: bytes) -> object:
    return look(Probe(len(data), [[0, len(data)]], data, last=True))


async def ignore(share: float) -> None:
    pass


async def refusal(preparer: AudioPreparer, path: Path, facts: AudioFacts, accepts: InputLimits) -> Rejected:
    with pytest.raises(Rejected) as caught:
        async with preparer.prepare("job", DiskFile(path), facts, accepts, ignore):
            pytest.fail("it was handed over")
    return caught.value


def test_nothing_that_names_other_files_or_addresses_is_opened() -> None:
    assert not DEMUXERS & {
        "sdp",
        "rtp",
        "rtsp",
        "sap",
        "hls",
        "dash",
        "concat",
        "image2",
        "lavfi",
        "tedcaptions",
        "data",
    }
    for name in DEMUXERS:
        av.ContainerFormat({"matroska": "matroska,webm", "mov": "mov,mp4,m4a,3gp,3g2,mj2"}.get(name, name), "r")


def test_a_session_description_opens_no_port() -> None:
    data = (FIELD / "session_called.mp3").read_bytes()
    done, seen = threading.Event(), []
    before = Path("/proc/net/udp").read_text()

    def watch() -> None:
        while not done.wait(0.001):
            if (now := Path("/proc/net/udp").read_text().count("\n")) > before.count("\n"):
                seen.append(now)

    watcher = threading.Thread(target=watch)
    watcher.start()
    answer = answer_to(data)
    done.set()
    watcher.join()
    assert isinstance(answer, Refused)
    assert answer.code == ProblemCode.NOT_AUDIO.value
    assert not seen


def test_a_list_of_files_opens_none_of_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("secret.wav").write_bytes((SAMPLES / "jfk.wav").read_bytes())
    answer = answer_to(b"ffconcat version 1.0\nfile secret.wav\n")
    assert isinstance(answer, Refused)
    assert answer.code == ProblemCode.NOT_AUDIO.value


async def test_a_rate_that_no_recording_has_is_refused_by_the_probe(preparer: AudioPreparer) -> None:
    with pytest.raises(Rejected) as caught:
        await preparer.inspect(DiskFile(FIELD / "one_hertz.flac"))
    assert caught.value.problem.code is ProblemCode.CORRUPT


async def test_a_length_guessed_from_a_quiet_start_is_counted_instead(preparer: AudioPreparer) -> None:
    facts = await preparer.inspect(DiskFile(FIELD / "quiet_start.aac"))
    assert facts.seconds == pytest.approx(14.0, abs=0.1)


async def test_a_long_file_of_a_guessed_length_has_none(preparer: AudioPreparer, tmp_path: Path) -> None:
    path = record(tmp_path / "a.aac", tone(120, 44_100), "aac", "adts", 44_100, 128_000)
    path.write_bytes(path.read_bytes() * 2)
    assert path.stat().st_size > 1024 * 1024
    assert (await preparer.inspect(DiskFile(path))).seconds is None


def test_the_length_of_an_mp3_is_known_where_it_has_an_index_and_counted_where_it_is_short(tmp_path: Path) -> None:
    indexed = record(tmp_path / "a.mp3", tone(30), "libmp3lame").read_bytes()
    assert b"Info" in indexed[:4096] or b"Xing" in indexed[:4096]
    for size, expected in ((len(indexed), 30.0), (64 * 1024, 30.0)):
        answer = look(Probe(len(indexed), [[0, size]], indexed[:size], last=True))
        assert isinstance(answer, Facts)
        assert answer.seconds == pytest.approx(expected, abs=0.2)
    plain = record(tmp_path / "b.mp3", tone(30), "libmp3lame", options={"write_xing": "0"}).read_bytes()
    counted = answer_to(plain)
    assert isinstance(counted, Facts)
    assert counted.seconds == pytest.approx(30, abs=0.2)
    guessed = look(Probe(len(plain) * 50, [[0, 64 * 1024]], plain[: 64 * 1024], last=True))
    assert isinstance(guessed, Facts)
    assert guessed.seconds is None


@pytest.mark.parametrize("announced", [1.0, pytest.param(None, marks=pytest.mark.slow), 489_600.0])
async def test_136_hours_in_a_megabyte_end_within_little_time_and_disk(
    preparer: AudioPreparer, tmp_path: Path, announced: float | None
) -> None:
    path = tmp_path / "bomb.flac"
    path.write_bytes(with_flac_length(flac_of_silence(60_000), announced))
    assert path.stat().st_size < 1_000_000
    facts = await preparer.inspect(DiskFile(path))
    assert facts.seconds == (pytest.approx(announced, rel=0.01) if announced else None)
    largest = 0
    done = asyncio.Event()

    async def watch() -> None:
        nonlocal largest
        while not done.is_set():
            used = [file.stat().st_size for file in (tmp_path / "spool").rglob("*") if file.is_file()]
            largest = max(largest, sum(used))
            await asyncio.sleep(0.02)

    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    async with asyncio.TaskGroup() as group:
        group.create_task(watch())
        refused = await refusal(preparer, path, facts, MP3_ONLY)
        done.set()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert refused.problem.code is ProblemCode.TOO_LONG
    assert largest < 64 * 1024 * 1024
    assert after.ru_utime + after.ru_stime - spent.ru_utime - spent.ru_stime < 60
    assert not list((tmp_path / "spool").glob("run-*/job-*"))


async def test_a_conversion_stops_at_the_length_and_size_that_the_provider_takes(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    path = record(tmp_path / "a.flac", tone(600), "flac")
    facts = AudioFacts("flac", "flac", None, "audio/flac")
    short = InputLimits(frozenset({"audio/mpeg"}), max_seconds=60)
    assert (await refusal(preparer, path, facts, short)).problem.code is ProblemCode.TOO_LONG
    small = InputLimits(frozenset({"audio/mpeg"}), max_bytes=200_000)
    assert (await refusal(preparer, path, facts, small)).problem.code is ProblemCode.TOO_LARGE


@given(size=st.integers(1, 10**10), announced=st.none() | st.floats(0.01, 10**6))
def test_no_believable_file_is_stopped_before_its_end(size: int, announced: float | None) -> None:
    limit = longest(size, announced)
    assert limit <= max(7200, size / 125)
    if announced is not None and is_believable(size, announced):
        assert limit >= announced
    # A joined recording announces its first part only; at 16 kbit/s and more all of it is read.
    assert limit >= min(size / 2000, max(7200, size / 125))


async def test_a_joined_recording_much_longer_than_its_header_says_is_converted_whole(
    preparer: AudioPreparer, tmp_path: Path
) -> None:
    one = record(tmp_path / "a.mp3", tone(20), "libmp3lame", bit_rate=32_000).read_bytes()
    path = tmp_path / "joined.mp3"
    path.write_bytes(one * 8)
    facts = AudioFacts("mp3", "mp3", 20.0, "audio/mpeg")
    async with preparer.prepare("job", DiskFile(path), facts, WAV_ONLY, ignore) as payload:
        assert payload.seconds == pytest.approx(160, abs=2)


async def test_a_whole_sample_is_still_converted(preparer: AudioPreparer) -> None:
    source = DiskFile(SAMPLES / "sense_0880.flac")
    async with preparer.prepare("job", source, await preparer.inspect(source), MP3_ONLY, ignore) as payload:
        assert payload.seconds == pytest.approx(3, abs=0.1)
